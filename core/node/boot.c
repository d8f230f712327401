/* SPDX-License-Identifier: MIT */
/*
 * What a node hears from the switch besides messages: how to start, what
 * clients ask, what its clock is to show, and when to end.
 */
#include "core/node/host.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"

static double
get_real(struct fr_reader *r)
{
	uint64_t bits = fr_get_u64(r);
	double real;

	memcpy(&real, &bits, sizeof real);
	return real;
}

static void
get_neighbours(struct host *h, struct fr_reader *r)
{
	uint32_t i;

	h->neighbour_count = fr_get_u32(r);
	if (h->neighbour_count > FR_NODES_MAX)
		fatal(h, "the switch named %u neighbours", h->neighbour_count);
	h->neighbours = mem_array(h->neighbour_count, sizeof *h->neighbours);
	for (i = 0; i < h->neighbour_count; i++) {
		h->neighbours[i].node = fr_get_u32(r);
		h->neighbours[i].weight = get_real(r);
	}
}

static struct wire_param
param_of(const struct fr_protocol *p, uint32_t i)
{
	struct fr_param param = protocol_param(p, i);

	/* Only read from; the texts stay the plugin's. */
	return (struct wire_param){
		.name = (char *)(uintptr_t)param.name,
		.fallback = (char *)(uintptr_t)param.fallback,
		.min = (char *)(uintptr_t)param.min,
		.max = (char *)(uintptr_t)param.max,
		.kind = param.kind, .flags = param.flags,
	};
}

static void
set_param(struct host *h, uint32_t i, const char *text)
{
	struct wire_param p = param_of(&h->protocol, i);
	struct fr_err err = { 0 };

	free(h->params[i].value.text);
	h->params[i].value.text = NULL;
	h->params[i].name = p.name;
	if (param_read(&p, text, &h->params[i].value, &err) < 0)
		fatal(h, "parameter `%s`: %s", p.name, err.text);
}

/* Every parameter has its default until the run says otherwise. */
static void
get_params(struct host *h, struct fr_reader *r)
{
	const struct fr_protocol *p = &h->protocol;
	char name[FR_NAME_MAX + 1], *text = mem_new(FR_TEXT_MAX + 1);
	uint32_t count, i, k;

	h->params = mem_array(p->params.count, sizeof *h->params);
	for (i = 0; i < p->params.count; i++)
		set_param(h, i, protocol_param(p, i).fallback);
	count = fr_get_u32(r);
	for (k = 0; k < count && !r->failed; k++) {
		wire_get_text(r, name, sizeof name);
		wire_get_text(r, text, FR_TEXT_MAX + 1);
		/* A peer with another plugin may have others. */
		for (i = 0; i < p->params.count; i++)
			if (strcmp(h->params[i].name, name) == 0)
				set_param(h, i, text);
	}
	free(text);
}

static void
make_state(struct host *h)
{
	if (h->protocol.state_size == 0)
		return;
	h->node.state = calloc(1, h->protocol.state_size);
	if (h->node.state == NULL)
		fatal(h, "no memory for a state of %zu bytes",
		      h->protocol.state_size);
}

static void
count_disk(void *arg, enum node_effect effect, uint64_t by)
{
	struct host *h = arg;

	hurt_count(h->effects, effect, by);
}

static void
open_disk(struct host *h)
{
	struct fr_err err = { 0 };

	if (h->backing == NULL && h->folder < 0)
		h->folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->backing == NULL && h->folder < 0)
		fatal(h, "the node has no folder");
	if (h->backing == NULL)
		h->backing = backing_folder(h->folder);
	h->disk = disk_new(h->backing, &err);
	if (h->disk == NULL)
		fatal(h, "%s", err.text);
	disk_set_count(h->disk, count_disk, h);
	disk_set_faults(h->disk, &h->faults.disk, h->seed, h->id, h->boot);
}

static void
get_faults(struct host *h, struct fr_reader *r)
{
	const void *at = fr_get_bytes(r, sizeof h->faults);
	struct node_faults f;

	if (at == NULL)
		return;
	memcpy(&f, at, sizeof f);
	host_set_faults(h, &f);
}

/* How the clock is shown: behind every word about it. */
static void
get_show(struct host *h, struct fr_reader *r, int64_t t)
{
	int64_t tick = fr_get_i64(r), frozen = fr_get_i64(r);

	uint32_t flags;
	int64_t offset;

	h->clock.right = fr_get_i64(r);
	flags = fr_get_u32(r);
	offset = fr_get_i64(r);
	h->clock.wrong = (flags & 1) != 0;
	/* The world's sum is off by how long its words were under way. */
	if ((flags & 2) != 0 && h->started)
		h->clock.offset = h->clock.right + offset + t -
				  clock_node_mono(&h->clock, t);
	if (!r->failed)
		clock_show(&h->clock, t, tick, frozen);
}

void
host_start(struct host *h, const void *body, size_t size)
{
	struct fr_reader r = fr_reader(body, size);
	int64_t base, offset, error;
	uint32_t boot;
	uint64_t seed;
	double rate;

	h->id = fr_get_u32(&r);
	h->nodes = fr_get_u32(&r);
	boot = fr_get_u32(&r);
	seed = fr_get_u64(&r);
	base = fr_get_i64(&r);
	offset = fr_get_i64(&r);
	rate = get_real(&r);
	error = fr_get_i64(&r);
	h->memory_max = fr_get_u64(&r);
	get_neighbours(h, &r);
	get_params(h, &r);
	h->seed = seed;
	clock_start(&h->clock, base, h->time != NULL ? HOST_EPOCH :
		    clock_wall() - clock_mono(), rate, offset, error);
	if (!r.failed && r.at < r.size) {
		get_show(h, &r, base);
		get_faults(h, &r);
	}
	if (!fr_got_all(&r) || boot != h->boot || h->id >= h->nodes ||
	    h->nodes > FR_NODES_MAX)
		fatal(h, "the switch's word to start makes no sense");
	interpose_make(&h->libc, &h->clock, h->time, seed, h->id, h->boot);
	h->libc.effects = h->effects;
	interpose_use(&h->libc);
	h->random = rng_make(seed, STREAM_PLUGIN, h->id, h->boot, "fr_random");
	if (!timers_init(&h->timers, h->protocol.timers.count))
		fatal(h, "no memory for timers");
	open_disk(h);
	make_state(h);
	h->node.size = sizeof h->node;
	h->node.id = h->id;
	h->node.nodes = h->nodes;
	h->node.boot = h->boot;
	h->node.host = &host_calls;
	h->node.protocol = h->raw;
	h->started = true;
	if (h->protocol.start != NULL) {
		plugin_enter(h, DOING_START, 0);
		h->protocol.start(&h->node);
		plugin_leave(h);
	}
	(void)out_begin(h, 0);
	out_end(h, FRAME_READY, 0, 0, 0, 0);
}

/* The host's own answer, without asking the protocol: nothing was done. */
static void
refuse(struct host *h, uint64_t id, const char *why)
{
	struct fr_value nil = fr_nil();
	size_t max = 64 + strlen(why);
	struct fr_writer w = fr_writer(out_begin(h, max), max);

	fr_put_u32(&w, FR_REPLY_FAIL);
	fr_put_u32(&w, 0);
	wire_put_value(&w, &nil);
	wire_put_text(&w, why);
	out_end(h, FRAME_REPLY, 0, 0, id, w.size);
}

void
host_request(struct host *h, const struct frame *f, const void *body)
{
	struct fr_reader r = fr_reader(body, f->body);
	struct fr_request rq = { .size = sizeof rq };

	rq.f = fr_get_u32(&r);
	rq.id = f->id;
	rq.key = fr_get_i64(&r);
	rq.client = fr_get_u64(&r);
	rq.seq = fr_get_u64(&r);
	wire_get_value(&r, &rq.value);
	if (r.failed || rq.f >= h->protocol.requests.count) {
		refuse(h, f->id, "the protocol answers no such request");
		return;
	}
	if (h->open.count >= REQUESTS_MAX) {
		refuse(h, f->id, "the node has too many requests that it did "
		       "not answer");
		return;
	}
	if (rq.value.kind == FR_LIST) {
		h->list = malloc((size_t)rq.value.count * sizeof *h->list +
				 1);
		if (h->list == NULL) {
			refuse(h, f->id, "the node has no memory");
			return;
		}
		wire_fix_list(&rq.value, h->list);
	}
	if (map_set(&h->open, rq.id, 0)) {
		plugin_enter(h, DOING_REQUEST, rq.f);
		h->requests[rq.f].handler(&h->node, &rq);
		plugin_leave(h);
	} else {
		refuse(h, f->id, "the node has no memory");
	}
	free(h->list);
	h->list = NULL;
}

void
host_clock(struct host *h, const void *body, size_t size)
{
	struct fr_reader r = fr_reader(body, size);
	int64_t offset = fr_get_i64(&r);
	double rate = get_real(&r);
	int64_t error = fr_get_i64(&r), now = host_time(h);

	atomic_store(&h->effects[EFFECT_CLOCK_OFF], 0);
	if (!r.failed) {
		clock_change(&h->clock, now, rate, offset, error);
		clock_show(&h->clock, now, 0, -1);
	}
	if (!r.failed && r.at < r.size)
		get_show(h, &r, now);
	if (!fr_got_all(&r))
		fatal(h, "the switch's word about the clock makes no sense");
}

void
host_faults(struct host *h, const void *body, size_t size)
{
	struct fr_reader r = fr_reader(body, size);

	get_faults(h, &r);
	if (!fr_got_all(&r))
		fatal(h, "the switch's word about faults makes no sense");
}

_Noreturn void
host_stop(struct host *h)
{
	host_flush(h);
	plugin_enter(h, DOING_EXIT, 0);
	interpose_plugin = false;
	h->carrier->ops->close(h->carrier);
	/* Destructors are plugin code. */
	interpose_plugin = true;
	exit(0);
}
