/* SPDX-License-Identifier: MIT */
/*
 * Queues and stacks: numbers, no two alike, are put in and taken out, and what
 * differs is which one comes out.  There are several, fresh ones after a while
 * (keys.h).
 *
 * In the end one client does one of each kind on a pile of its own, and then
 * every pile is emptied until it says that nothing is left: what was put in
 * and has not come out by then is lost.
 */
#ifndef WORKLOADS_PILES_H
#define WORKLOADS_PILES_H

#include "keys.h"

/* The first two operations of such a workload. */
enum { PUT_IN, TAKE_OUT };

struct piles {
	struct keys keys;
	struct sample sample;
	int64_t last;
};

#define PILES_PARAMS							\
	KEYS_TURN_PARAMS("500"),					\
	{ .name = "takes", .kind = FR_PARAM_REAL, .flags = FR_KNOB,	\
	  .fallback = "0.5", .min = "0", .max = "1",			\
	  .low = "0.3", .high = "0.7",					\
	  .help = "the share of operations that take something out" }

static int
piles_start(struct fr_work *w)
{
	struct piles *s = w->state;

	return keys_start(w, &s->keys);
}

static int
piles_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	static const uint32_t kinds[] = { PUT_IN, TAKE_OUT };
	struct piles *s = w->state;
	int what = FR_DONE;

	if (w->phase != FR_PHASE_FINAL) {
		keys_draw(w, &s->keys, &op->key);
		op->f = work_chance(w, "takes") ? TAKE_OUT : PUT_IN;
		what = FR_OP;
	} else if (client == 0) {
		what = sample_next(w, &s->sample, kinds, 2, op);
	}
	if (what == FR_DONE)
		what = keys_final_each(w, &s->keys, client, op, TAKE_OUT, 1);
	if (what == FR_OP && op->f == PUT_IN)
		op->value = fr_int(++s->last);
	return what;
}

static void
piles_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct piles *s = w->state;

	if (sample_ended(&s->sample, op) || op->phase != FR_PHASE_FINAL)
		return;
	keys_final_ended(&s->keys, op);
	if (op->outcome == FR_OK && !fr_is_nil(op->result))
		keys_final_again(&s->keys, op->client);
}

/* How much came out, and how often nothing was there. */
static void
piles_check(const struct fr_history *h, struct fr_judge *j)
{
	uint64_t i, taken = 0, empty = 0;

	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);

		if (op->f != TAKE_OUT || op->outcome != FR_OK)
			continue;
		if (fr_is_nil(op->result))
			empty++;
		else
			taken++;
	}
	j->metric(j, "taken out", (double)taken, "");
	j->metric(j, "found empty", (double)empty, "");
}

#endif
