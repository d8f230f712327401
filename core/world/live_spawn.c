/* SPDX-License-Identifier: MIT */
/*
 * What a node's process is begun with: a carrier, two pipes, a page; then
 * START, which tells it everything it has to know.
 *
 *  1. Each boot has its own of everything.  A process that a node has left
 *     behind holds nothing of the next.
 *  2. The page is sealed: a node can write nonsense into it, but not take it
 *     away from under the supervisor.
 *  3. A node's wall clock goes on over a restart as if it had never stopped:
 *     what its rate has gained is part of the offset it begins with.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/units.h"
#include "core/world/live.h"

/* A plugin that does wrong all the time is told of this often in a boot. */
#define MISUSE_MAX 100u

static int
make_page(struct live_node *n, struct fr_err *err)
{
	struct node_page *page;
	int fd = memfd_create("fracas-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_sys(err, "a page for node %u", n->id);
	if (ftruncate(fd, sizeof *page) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW |
		  F_SEAL_SEAL) < 0) {
		err_sys(err, "a page for node %u", n->id);
		close(fd);
		return -1;
	}
	page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	if (page == MAP_FAILED) {
		err_sys(err, "a page for node %u", n->id);
		close(fd);
		return -1;
	}
	atomic_store(&page->slow, n->faults.slow);
	n->page = page;
	return fd;
}

void
spawn_release(struct live_node *n)
{
	switch_close(n);
	output_close(&n->output[0]);
	output_close(&n->output[1]);
	if (n->page != NULL) {
		hurt_gather(n);
		munmap(n->page, sizeof *n->page);
	}
	n->page = NULL;
	if (n->described)
		descriptor_free(&n->descriptor);
	n->described = false;
	n->pid = 0;
}

static int
open_ends(struct live_node *n, struct nursery_spawn *s, struct fr_err *err)
{
	struct live *l = n->live;

	n->carrier = l->carrier->open(l->world.config.dir, s, err);
	if (n->carrier == NULL)
		return -1;
	if (switch_attach(n, err) < 0 ||
	    output_open(n, &n->output[0], OUTPUT_STDOUT, &s->out, err) < 0 ||
	    output_open(n, &n->output[1], OUTPUT_STDERR, &s->err, err) < 0)
		return -1;
	s->page = make_page(n, err);
	return s->page < 0 ? -1 : 0;
}

int
spawn_begin(struct live_node *n, struct fr_err *err)
{
	const struct world_config *c = &n->live->world.config;
	char *dir = is_twin(n) ? mem_string(n->twin_dir) :
		    mem_format("%s/node-%u", c->dir, n->id);
	struct nursery_spawn s = {
		.mode = NURSERY_NODE, .node = n->slot, .boot = n->boot,
		.plugin = hurt_plugin(n), .dir = dir,
		.socket = -1, .out = -1, .err = -1, .page = -1,
	};
	struct live_queue waits = n->out;
	int result;

	/* What has come for this boot already is none of the carrier's yet. */
	memset(&n->out, 0, sizeof n->out);
	result = open_ends(n, &s, err);
	if (result == 0)
		result = nursery_spawn(n->live->nursery, &s, err);
	if (s.out >= 0)
		close(s.out);
	if (s.err >= 0)
		close(s.err);
	if (s.page >= 0)
		close(s.page);
	if (n->carrier != NULL)
		n->carrier->ops->asked(n->carrier);
	free(dir);
	if (result < 0) {
		spawn_release(n);
		n->out = waits;
		return err_wrap(err, "boot node %u", n->id);
	}
	n->out = waits;
	n->open = false;
	n->process_boot = n->boot;
	n->output_left = n->log_left = c->output_max;
	n->misuse_left = MISUSE_MAX;
	watch_reset(n);
	return 0;
}

/* ---- START ------------------------------------------------------------------------ */

double
spawn_drift(const struct live_node *n, int64_t now)
{
	return n->drift +
	       (n->clock.rate - 1) * (double)(now - n->clock_set);
}

static void
put_real(struct fr_writer *w, double real)
{
	uint64_t bits;

	memcpy(&bits, &real, sizeof bits);
	fr_put_u64(w, bits);
}

static void
put_neighbours(struct fr_writer *w, const struct live_node *n)
{
	const struct topology *t = n->live->world.config.net->topology;
	const double *row = t->weight + (size_t)n->id * t->nodes;
	uint32_t i, count = 0;

	for (i = 0; i < t->nodes; i++)
		count += i != n->id && row[i] > 0;
	fr_put_u32(w, count);
	for (i = 0; i < t->nodes; i++) {
		if (i == n->id || row[i] <= 0)
			continue;
		fr_put_u32(w, i);
		put_real(w, row[i]);
	}
}

static size_t
start_size(const struct world_config *c)
{
	size_t size = 256 + sizeof(struct node_faults) +
		      12 * (size_t)c->nodes;
	uint32_t i;

	for (i = 0; i < c->param_count; i++)
		size += 8 + strlen(c->params[i].name) +
			strlen(c->params[i].value);
	return size;
}

/* Of the wall clock, as the node is told it. */
static int64_t
told_offset(const struct live_node *n)
{
	return n->clock.offset + n->boot_drift - n->corrected;
}

void
spawn_start(struct live_node *n)
{
	struct live *l = n->live;
	const struct world_config *c = &l->world.config;
	size_t max = start_size(c);
	unsigned char *body = mem_new(max);
	struct fr_writer w = fr_writer(body, max);
	int64_t now = live_now(l);
	uint32_t i;

	n->boot_drift = (int64_t)spawn_drift(n, now);
	fr_put_u32(&w, n->id);
	fr_put_u32(&w, c->nodes);
	fr_put_u32(&w, n->process_boot);
	/* No two instances toss the same coins. */
	fr_put_u64(&w, is_twin(n) ? hash_mix(c->seed, l->twins) : c->seed);
	fr_put_i64(&w, l->began + now);
	fr_put_i64(&w, told_offset(n));
	put_real(&w, n->clock.rate);
	fr_put_i64(&w, n->clock.error);
	fr_put_u64(&w, c->memory_max);
	put_neighbours(&w, n);
	fr_put_u32(&w, c->param_count);
	for (i = 0; i < c->param_count; i++) {
		wire_put_text(&w, c->params[i].name);
		wire_put_text(&w, c->params[i].value);
	}
	world_put_show(&w, &n->clock, now - n->frozen_since, 0);
	fr_put_bytes(&w, &n->faults, sizeof n->faults);
	FR_ASSERT(!w.failed);
	switch_put_first(n, FRAME_START, body, w.size);
	free(body);
}

void
spawn_clock(struct live_node *n)
{
	unsigned char body[64];
	struct fr_writer w = fr_writer(body, sizeof body);

	fr_put_i64(&w, told_offset(n));
	put_real(&w, n->clock.rate);
	fr_put_i64(&w, n->clock.error);
	world_put_show(&w, &n->clock, live_now(n->live) - n->frozen_since, 0);
	FR_ASSERT(!w.failed);
	switch_put(n, FRAME_CLOCK, 0, body, w.size);
}
