/* SPDX-License-Identifier: MIT */
/*
 * Events -> operations.
 *
 * 1. An operation begins with an invoke and is ended by the next ok, fail or
 *    info of the same process.  A process has one operation open at a time, and
 *    none any more after an info.
 * 2. What has no end yet, or an info, may have happened or may yet: FR_INFO,
 *    ended at the end of time.  So every prefix of a history is a history.
 * 3. Events that break these rules are an error that names event and process;
 *    the first one stays, and nothing is taken after it.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"
#include "core/history/assemble.h"

#define NOBODY	INT64_MIN
#define RETIRED	UINT64_MAX
#define IDLE	(UINT64_MAX - 1)

struct process {
	int64_t id;			/* NOBODY: a free slot                 */
	uint64_t op;			/* open: index; or RETIRED, IDLE       */
};

struct assembler {
	struct arena own, *values;
	struct fr_operation *ops;
	size_t count, room;
	/* By open addressing, at most half full; a power of two. */
	struct process *processes;
	size_t process_count, slots;
	uint32_t phase;
	int64_t main_from, main_to, last;	/* -1: not yet                 */
	uint32_t nodes, clients;		/* one more than was seen      */
	bool wrong;
	struct fr_err err;
};

struct assembler *
assembler_in(struct arena *values)
{
	struct assembler *a = mem_new(sizeof *a);

	a->values = values;
	a->main_from = a->main_to = -1;
	return a;
}

struct assembler *
assembler_new(void)
{
	struct assembler *a = assembler_in(NULL);

	a->values = &a->own;
	return a;
}

void
assembler_free(struct assembler *a)
{
	if (a == NULL)
		return;
	arena_free(&a->own);
	free(a->ops);
	free(a->processes);
	free(a);
}

int
assembler_check(const struct assembler *a, struct fr_err *err)
{
	if (a->wrong && err != NULL)
		*err = a->err;
	return a->wrong ? -1 : 0;
}

/* ---- processes ----------------------------------------------------------- */

static struct process *
slot_of(struct process *table, size_t slots, int64_t id)
{
	size_t i = (size_t)hash_mix(0, (uint64_t)id) & (slots - 1);

	while (table[i].id != NOBODY && table[i].id != id)
		i = (i + 1) & (slots - 1);
	return &table[i];
}

static struct process *
process_of(struct assembler *a, int64_t id)
{
	size_t slots = a->slots == 0 ? 64 : a->slots * 2, i;
	struct process *table, *p;

	if (a->slots < 2 * (a->process_count + 1)) {
		table = mem_array(slots, sizeof *table);
		for (i = 0; i < slots; i++)
			table[i].id = NOBODY;
		for (i = 0; i < a->slots; i++)
			if (a->processes[i].id != NOBODY)
				*slot_of(table, slots, a->processes[i].id) =
					a->processes[i];
		free(a->processes);
		a->processes = table;
		a->slots = slots;
	}
	p = slot_of(a->processes, a->slots, id);
	if (p->id == NOBODY) {
		p->id = id;
		p->op = IDLE;
		a->process_count++;
	}
	return p;
}

/* ---- events -------------------------------------------------------------- */

__attribute__((format(printf, 4, 5)))
static void
wrong(struct assembler *a, uint64_t rank, const struct event *e,
      const char *format, ...)
{
	char words[512];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	a->wrong = true;
	err_set(&a->err, "event %" PRIu64 " (%s of process %" PRId64
		") contradicts the history: %s", rank, event_name(e->kind),
		e->process, words);
}

static struct fr_value
keep(struct assembler *a, const struct fr_value *v)
{
	struct fr_value copy = *v;

	if (v->kind == FR_LIST)
		copy.u.list = arena_copy(a->values, v->u.list,
					 v->count * sizeof *v->u.list);
	else if (v->kind == FR_BYTES)
		copy.u.bytes = arena_copy(a->values, v->u.bytes, v->count);
	return copy;
}

static void
see(uint32_t *count, int64_t i)
{
	if (i >= 0 && i < UINT32_MAX && i >= *count)
		*count = (uint32_t)i + 1;
}

static void
call(struct assembler *a, uint64_t rank, const struct event *e)
{
	struct fr_operation *op;
	struct process *p;

	if (e->process < 0 || e->process > UINT32_MAX || e->f < 0) {
		wrong(a, rank, e, "it has no process or no operation");
		return;
	}
	p = process_of(a, e->process);
	if (p->op == RETIRED) {
		wrong(a, rank, e, "an operation of this process ended as info "
		      "before, so nobody may use it again");
		return;
	}
	if (p->op != IDLE) {
		wrong(a, rank, e, "the operation that this process called at "
		      "event %" PRIu64 " has not ended",
		      a->ops[p->op].call_rank);
		return;
	}
	p->op = a->count;
	mem_grow(&a->ops, &a->room, a->count + 1, sizeof *a->ops);
	op = &a->ops[a->count++];
	memset(op, 0, sizeof *op);
	op->process = (uint32_t)e->process;
	op->client = e->client < 0 ? 0 : (uint32_t)e->client;
	op->node = e->node < 0 ? 0 : (uint32_t)e->node;
	op->f = (uint32_t)e->f;
	op->outcome = FR_INFO;
	op->phase = a->phase;
	op->key = e->key;
	op->value = keep(a, &e->value);
	op->called = e->t;
	op->ended = INT64_MAX;
	op->call_rank = op->id = rank;
	op->end_rank = UINT64_MAX;
	see(&a->clients, e->client);
}

static void
end(struct assembler *a, uint64_t rank, const struct event *e)
{
	struct fr_operation *op;
	struct process *p;

	if (e->process < 0 || e->process > UINT32_MAX) {
		wrong(a, rank, e, "it has no process");
		return;
	}
	p = process_of(a, e->process);
	if (p->op == RETIRED || p->op == IDLE) {
		wrong(a, rank, e, "this process has no operation open");
		return;
	}
	op = &a->ops[p->op];
	if ((e->f >= 0 && (uint32_t)e->f != op->f) ||
	    (e->key != FR_NO_KEY && e->key != op->key)) {
		wrong(a, rank, e, "it is not about the operation and key that "
		      "this process called at event %" PRIu64,
		      op->call_rank);
		return;
	}
	/* Redirected: it was last asked of another node. */
	if (e->node >= 0)
		op->node = (uint32_t)e->node;
	if (e->kind == EVENT_INFO) {
		p->op = RETIRED;
		return;
	}
	p->op = IDLE;
	op->outcome = e->kind == EVENT_OK ? FR_OK : FR_FAIL;
	op->ended = e->t;
	op->end_rank = rank;
	if (e->kind == EVENT_OK)
		op->result = keep(a, &e->value);
}

static void
enter_phase(struct assembler *a, const struct event *e)
{
	const char *name = e->name == NULL ? "" : e->name;

	if (strcmp(name, "main") == 0)
		a->main_from = e->t;
	else if (a->main_from >= 0 && a->main_to < 0)
		a->main_to = e->t;
	if (strcmp(name, "final") == 0)
		a->phase = FR_PHASE_FINAL;
}

void
assembler_event(struct assembler *a, uint64_t rank, const struct event *e)
{
	if (a->wrong)
		return;
	a->last = e->t;
	see(&a->nodes, e->node);
	switch (e->kind) {
	case EVENT_INVOKE:
		call(a, rank, e);
		break;
	case EVENT_OK:
	case EVENT_FAIL:
	case EVENT_INFO:
		end(a, rank, e);
		break;
	case EVENT_PHASE:
		enter_phase(a, e);
		break;
	default:
		break;
	}
}

void
assembler_history(struct assembler *a, struct fr_history *out)
{
	memset(out, 0, sizeof *out);
	out->size = sizeof *out;
	out->nodes = a->nodes;
	out->clients = a->clients;
	out->op_stride = sizeof *a->ops;
	out->ops = a->ops;
	out->op_count = a->count;
	if (a->main_from >= 0)
		out->duration = (a->main_to < 0 ? a->last : a->main_to) -
				a->main_from;
}
