/* SPDX-License-Identifier: MIT */
/*
 * set - numbers, no two alike, are added to sets, and sets are read whole:
 * each has to behave as if there were one copy (linearizability), and nothing
 * is ever taken out.
 *
 * In the end every set is read at several nodes.
 */
#include "keys.h"

enum { ADD, READ };

struct state {
	struct keys keys;
	struct sample sample;
	int64_t last;
};

static int
set_start(struct fr_work *w)
{
	struct state *s = w->state;

	return keys_start(w, &s->keys);
}

static int
set_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	static const uint32_t kinds[] = { ADD, READ };
	struct state *s = w->state;
	int what = FR_DONE;

	if (w->phase != FR_PHASE_FINAL) {
		keys_draw(w, &s->keys, &op->key);
		op->f = work_chance(w, "reads") ? READ : ADD;
		what = FR_OP;
	} else if (client == 0) {
		what = sample_next(w, &s->sample, kinds, 2, op);
	}
	if (what == FR_DONE)
		what = keys_final(w, &s->keys, client, op, READ);
	if (what == FR_OP && op->f == ADD)
		op->value = fr_int(++s->last);
	return what;
}

static void
set_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;

	if (!sample_ended(&s->sample, op) && op->phase == FR_PHASE_FINAL)
		keys_final_ended(&s->keys, op);
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "set",
	.summary    = "adds numbers to sets, and reads sets whole",
	.promise    = "Each set is linearizable: a read shows all that was "
		      "added before it was called, and nothing that was added "
		      "after it ended.",
	.params     = FR_PARAMS(
		KEYS_PARAMS,
		{ .name = "reads", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.3", .min = "0", .max = "1",
		  .low = "0.1", .high = "0.7",
		  .help = "the share of reads" }),
	.ops        = FR_OPS(
		[ADD]  = { .name = "add",
			   .help = "put the number into the set" },
		[READ] = { .name = "read", .flags = FR_PURE,
			   .help = "answer with the list of all numbers in the "
				   "set, in any order; nil: it is empty" }),
	.state_size = sizeof(struct state),
	.start      = set_start,
	.next       = set_next,
	.ended      = set_ended,
	.model      = "set",
};
