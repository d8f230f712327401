/* SPDX-License-Identifier: MIT */
/*
 * What a supervisor and fracas-cell say to each other, written and read.
 *
 * A cell runs a stranger's code: what comes from it is read as from a
 * stranger.  A text is a u32 count and its bytes; UINT32_MAX: there is none.
 */
#include "core/run/cell_wire.h"

#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>

/* ---- writing ------------------------------------------------------------------------- */

static void
put(struct buf *b, const void *data, size_t size)
{
	buf_add(b, data, size);
}

static void
put_u32(struct buf *b, uint32_t n)
{
	put(b, &n, sizeof n);
}

static void
put_u64(struct buf *b, uint64_t n)
{
	put(b, &n, sizeof n);
}

static void
put_i64(struct buf *b, int64_t n)
{
	put(b, &n, sizeof n);
}

static void
put_real(struct buf *b, double n)
{
	put(b, &n, sizeof n);
}

static void
put_text(struct buf *b, const char *text)
{
	size_t size = text == NULL ? 0 : strlen(text);

	put_u32(b, text == NULL ? UINT32_MAX : (uint32_t)size);
	put(b, text, size);
}

/* ---- reading ------------------------------------------------------------------------- */

struct input {
	struct fr_reader r;
	struct arena *arena;
};

static void
get(struct input *in, void *out, size_t size)
{
	const void *at = fr_get_bytes(&in->r, size);

	if (at == NULL)
		memset(out, 0, size);
	else
		memcpy(out, at, size);
}

static uint32_t
get_u32(struct input *in)
{
	uint32_t n;

	get(in, &n, sizeof n);
	return n;
}

static uint64_t
get_u64(struct input *in)
{
	uint64_t n;

	get(in, &n, sizeof n);
	return n;
}

static int64_t
get_i64(struct input *in)
{
	return (int64_t)get_u64(in);
}

static double
get_real(struct input *in)
{
	double n;

	get(in, &n, sizeof n);
	return n;
}

static char *
get_text(struct input *in)
{
	uint32_t size = get_u32(in);
	const char *at;
	char *text;

	if (size == UINT32_MAX || in->r.failed)
		return NULL;
	at = fr_get_bytes(&in->r, size);
	if (at == NULL)
		return NULL;
	text = arena_new(in->arena, (size_t)size + 1);
	memcpy(text, at, size);
	return text;
}

/* A count of things that have so many bytes each, at least. */
static uint32_t
get_count(struct input *in, size_t each)
{
	uint32_t count = get_u32(in);

	if (count > in->r.size / each)
		in->r.failed = true;
	return in->r.failed ? 0 : count;
}

/* ---- the configuration --------------------------------------------------------------- */

static void
put_settings(struct buf *b, const struct setting *s, uint32_t count)
{
	uint32_t i;

	put_u32(b, count);
	for (i = 0; i < count; i++) {
		put_text(b, s[i].name);
		put_text(b, s[i].value);
	}
}

static const struct setting *
get_settings(struct input *in, uint32_t *count)
{
	struct setting *s;
	uint32_t i;

	*count = get_count(in, 8);
	s = arena_new(in->arena, *count * sizeof *s);
	for (i = 0; i < *count; i++) {
		s[i].name = get_text(in);
		s[i].value = get_text(in);
		if (s[i].name == NULL || s[i].value == NULL)
			in->r.failed = true;
	}
	return s;
}

void
cell_put_config(struct buf *b, const struct run_config *c)
{
	put_text(b, c->protocol);
	put_text(b, c->workload);
	put_text(b, c->model);
	put_u32(b, c->nodes);
	put_u32(b, c->clients);
	put_real(b, c->rate);
	put_i64(b, c->time);
	put_u64(b, c->ops);
	put_text(b, c->nemesis);
	put_text(b, c->nemeses);
	put_i64(b, c->interval);
	put_text(b, c->plan);
	put_text(b, c->plan_text);
	put_u32(b, c->byzantine);
	put_u32(b, c->beyond);
	put_i64(b, c->progress_time);
	put_u32(b, c->core);
	put_u32(b, c->swarm);
	put_u32(b, c->latency_given);
	put_text(b, c->topology);
	put(b, &c->latency, sizeof c->latency);
	put_text(b, c->world);
	put_u64(b, c->seed);
	put_settings(b, c->settings, c->setting_count);
	put_settings(b, c->others, c->other_count);
	put_text(b, c->upgrade);
	put_settings(b, c->upgrades, c->upgrade_count);
	put_u32(b, c->trace);
	put_text(b, c->carrier);
	put_i64(b, c->timeout);
	put_i64(b, c->boot_limit);
	put_i64(b, c->hang_limit);
	put_i64(b, c->check_time);
	put_u64(b, c->check_memory);
	put_i64(b, c->sync_time);
}

int
cell_get_config(const void *data, size_t size, struct arena *a,
		struct run_config *c, struct fr_err *err)
{
	struct input in = { fr_reader(data, size), a };

	memset(c, 0, sizeof *c);
	c->protocol = get_text(&in);
	c->workload = get_text(&in);
	c->model = get_text(&in);
	c->nodes = get_u32(&in);
	c->clients = get_u32(&in);
	c->rate = get_real(&in);
	c->time = get_i64(&in);
	c->ops = get_u64(&in);
	c->nemesis = get_text(&in);
	c->nemeses = get_text(&in);
	c->interval = get_i64(&in);
	c->plan = get_text(&in);
	c->plan_text = get_text(&in);
	c->byzantine = get_u32(&in);
	c->beyond = get_u32(&in) != 0;
	c->progress_time = get_i64(&in);
	c->core = get_u32(&in) != 0;
	c->swarm = get_u32(&in) != 0;
	c->latency_given = get_u32(&in) != 0;
	c->topology = get_text(&in);
	get(&in, &c->latency, sizeof c->latency);
	c->world = get_text(&in);
	c->seed = get_u64(&in);
	c->settings = get_settings(&in, &c->setting_count);
	c->others = get_settings(&in, &c->other_count);
	c->upgrade = get_text(&in);
	c->upgrades = get_settings(&in, &c->upgrade_count);
	c->trace = get_u32(&in);
	c->carrier = get_text(&in);
	c->timeout = get_i64(&in);
	c->boot_limit = get_i64(&in);
	c->hang_limit = get_i64(&in);
	c->check_time = get_i64(&in);
	c->check_memory = get_u64(&in);
	c->sync_time = get_i64(&in);
	if (!fr_got_all(&in.r) || c->protocol == NULL || c->topology == NULL)
		return err_set(err, "the supervisor's word about the run "
			       "makes no sense");
	return 0;
}

/* ---- events and traces --------------------------------------------------------------- */

struct event_head {
	int64_t t, process, key, number;
	int32_t kind, node, boot, client, f;
	uint32_t form, count;
	uint32_t reserved;
	int64_t value;
};

void
cell_put_event(struct buf *b, const struct event *e)
{
	const struct event_head h = {
		.t = e->t, .process = e->process, .key = e->key,
		.number = e->number, .kind = (int32_t)e->kind,
		.node = e->node, .boot = e->boot, .client = e->client,
		.f = e->f, .form = e->value.kind, .count = e->value.count,
		.value = e->value.kind == FR_INT ? e->value.u.number : 0,
	};

	put(b, &h, sizeof h);
	if (h.form == FR_LIST)
		put(b, e->value.u.list, h.count * sizeof(int64_t));
	else if (h.form == FR_BYTES)
		put(b, e->value.u.bytes, h.count);
	/* With their zeroes, so that they are read where they lie. */
	put_u32(b, e->name == NULL ? 0 : (uint32_t)strlen(e->name) + 1);
	if (e->name != NULL)
		put(b, e->name, strlen(e->name) + 1);
	put_u32(b, e->text == NULL ? 0 : (uint32_t)strlen(e->text) + 1);
	if (e->text != NULL)
		put(b, e->text, strlen(e->text) + 1);
}

static const char *
get_in_place(struct input *in)
{
	uint32_t size = get_u32(in);
	const char *at;

	if (size == 0)
		return NULL;
	at = fr_get_bytes(&in->r, size);
	if (at == NULL || at[size - 1] != '\0') {
		in->r.failed = true;
		return NULL;
	}
	return at;
}

static void
get_value(struct input *in, const struct event_head *h, struct fr_value *v,
	  int64_t **list, size_t *room)
{
	const void *at;

	v->kind = h->form;
	v->count = h->form == FR_LIST || h->form == FR_BYTES ? h->count : 0;
	if (h->form == FR_INT) {
		v->u.number = h->value;
	} else if (h->form == FR_LIST) {
		at = fr_get_bytes(&in->r, h->count * sizeof **list);
		mem_grow(list, room, (size_t)h->count + 1, sizeof **list);
		if (at != NULL && h->count > 0)
			memcpy(*list, at, h->count * sizeof **list);
		v->u.list = *list;
	} else if (h->form == FR_BYTES) {
		v->u.bytes = fr_get_bytes(&in->r, h->count);
	} else if (h->form != FR_NIL) {
		in->r.failed = true;
	}
}

int
cell_get_event(const void *data, size_t size, struct event *e, int64_t **list,
	       size_t *list_room)
{
	struct input in = { fr_reader(data, size), NULL };
	struct event_head h;

	memset(e, 0, sizeof *e);
	get(&in, &h, sizeof h);
	if (h.count > FR_MESSAGE_MAX)
		return -1;
	e->t = h.t;
	e->kind = (enum event_kind)h.kind;
	e->node = h.node;
	e->boot = h.boot;
	e->process = h.process;
	e->client = h.client;
	e->f = h.f;
	e->key = h.key;
	e->number = h.number;
	get_value(&in, &h, &e->value, list, list_room);
	e->name = get_in_place(&in);
	e->text = get_in_place(&in);
	return fr_got_all(&in.r) ? 0 : -1;
}

void
cell_put_trace(struct buf *b, const struct trace *t, uint32_t max_body)
{
	struct trace plain = *t;
	uint32_t kept = t->size < max_body ? t->size : max_body;

	if (t->body == NULL)
		kept = 0;
	plain.body = NULL;
	put(b, &plain, sizeof plain);
	put_u32(b, kept);
	put(b, t->body, kept);
}

int
cell_get_trace(const void *data, size_t size, struct trace *t)
{
	struct input in = { fr_reader(data, size), NULL };
	uint32_t kept;

	get(&in, t, sizeof *t);
	kept = get_u32(&in);
	t->body = kept > 0 ? fr_get_bytes(&in.r, kept) : NULL;
	return fr_got_all(&in.r) && kept <= t->size ? 0 : -1;
}

/* ---- the result ---------------------------------------------------------------------- */

static void
put_operations(struct buf *b, const struct run_result *r)
{
	uint32_t i;

	put_u32(b, r->op_count);
	for (i = 0; i < r->op_count; i++) {
		const struct op_counts *o = &r->ops[i];

		put_text(b, o->name);
		put_u64(b, o->ok);
		put_u64(b, o->fail);
		put_u64(b, o->info);
		put_i64(b, o->median);
		put_i64(b, o->p99);
		put_i64(b, o->max);
	}
	put_u32(b, r->metric_count);
	for (i = 0; i < r->metric_count; i++) {
		put_text(b, r->metrics[i].name);
		put_real(b, r->metrics[i].value);
		put_text(b, r->metrics[i].unit);
	}
}

static void
put_figures(struct buf *b, const struct run_result *r)
{
	uint32_t i;

	put_i64(b, r->median);
	put_i64(b, r->p99);
	put_real(b, r->availability);
	put_u32(b, r->recovery_count);
	for (i = 0; i < r->recovery_count; i++) {
		put_u32(b, r->recoveries[i].fault);
		put_text(b, r->recoveries[i].family);
		put_i64(b, r->recoveries[i].ns);
	}
}

void
cell_put_result(struct buf *b, const struct run_result *r,
		const struct cell_extra *x)
{
	put_u32(b, r->verdict);
	put_text(b, r->violation);
	put_text(b, r->reason);
	put_text(b, r->evidence);
	put_text(b, r->story);
	put_text(b, r->algorithm);
	put_text(b, r->failure);
	put_operations(b, r);
	put_u64(b, r->ok);
	put_u64(b, r->fail);
	put_u64(b, r->info);
	put_u32(b, r->faults_started);
	put_u32(b, r->faults_effective);
	put_figures(b, r);
	put_u64(b, r->messages);
	put_u64(b, r->message_bytes);
	put_i64(b, r->first_ok);
	put_i64(b, r->duration);
	put_real(b, r->check_seconds);
	put_u64(b, r->seed);
	put_u64(b, r->hash);
	put_u64(b, x->steps);
	put_u64(b, x->events);
	put_u64(b, x->trace_dropped);
	put_u32(b, x->checkpoint_count);
	put(b, x->checkpoints, x->checkpoint_count * sizeof *x->checkpoints);
}

static void
get_operations(struct input *in, struct run_result *r)
{
	uint32_t i;

	r->op_count = get_count(in, 52);
	r->ops = arena_new(in->arena, r->op_count * sizeof *r->ops);
	for (i = 0; i < r->op_count; i++) {
		struct op_counts *o = &r->ops[i];

		o->name = get_text(in);
		o->ok = get_u64(in);
		o->fail = get_u64(in);
		o->info = get_u64(in);
		o->median = get_i64(in);
		o->p99 = get_i64(in);
		o->max = get_i64(in);
		if (o->name == NULL)
			o->name = "";
	}
	r->metric_count = get_count(in, 16);
	r->metrics = arena_new(in->arena,
			       r->metric_count * sizeof *r->metrics);
	for (i = 0; i < r->metric_count; i++) {
		r->metrics[i].name = get_text(in);
		r->metrics[i].value = get_real(in);
		r->metrics[i].unit = get_text(in);
		if (r->metrics[i].name == NULL || r->metrics[i].unit == NULL)
			in->r.failed = true;
	}
}

static void
get_figures(struct input *in, struct run_result *r)
{
	uint32_t i;

	r->median = get_i64(in);
	r->p99 = get_i64(in);
	r->availability = get_real(in);
	r->recovery_count = get_count(in, 16);
	r->recoveries = arena_new(in->arena, r->recovery_count *
				  sizeof *r->recoveries);
	for (i = 0; i < r->recovery_count; i++) {
		r->recoveries[i].fault = get_u32(in);
		r->recoveries[i].family = get_text(in);
		r->recoveries[i].ns = get_i64(in);
		if (r->recoveries[i].family == NULL)
			in->r.failed = true;
	}
}

int
cell_get_result(const void *data, size_t size, struct run_result *r,
		struct cell_extra *x)
{
	struct input in = { fr_reader(data, size), &r->arena };
	uint64_t *checkpoints;
	uint32_t verdict;

	memset(r, 0, sizeof *r);
	memset(x, 0, sizeof *x);
	verdict = get_u32(&in);
	r->verdict = verdict <= VERDICT_UNKNOWN ?
		     (enum verdict_kind)verdict : VERDICT_UNKNOWN;
	r->violation = get_text(&in);
	r->reason = get_text(&in);
	r->evidence = get_text(&in);
	r->story = get_text(&in);
	r->algorithm = get_text(&in);
	r->failure = get_text(&in);
	get_operations(&in, r);
	r->ok = get_u64(&in);
	r->fail = get_u64(&in);
	r->info = get_u64(&in);
	r->faults_started = get_u32(&in);
	r->faults_effective = get_u32(&in);
	get_figures(&in, r);
	r->messages = get_u64(&in);
	r->message_bytes = get_u64(&in);
	r->first_ok = get_i64(&in);
	r->duration = get_i64(&in);
	r->check_seconds = get_real(&in);
	r->seed = get_u64(&in);
	r->hash = get_u64(&in);
	x->steps = get_u64(&in);
	x->events = get_u64(&in);
	x->trace_dropped = get_u64(&in);
	x->checkpoint_count = get_count(&in, sizeof *checkpoints);
	checkpoints = arena_new(&r->arena,
				x->checkpoint_count * sizeof *checkpoints);
	get(&in, checkpoints, x->checkpoint_count * sizeof *checkpoints);
	x->checkpoints = checkpoints;
	if (fr_got_all(&in.r) && r->reason != NULL && r->story != NULL &&
	    verdict <= VERDICT_UNKNOWN)
		return 0;
	arena_free(&r->arena);
	memset(r, 0, sizeof *r);
	return -1;
}
