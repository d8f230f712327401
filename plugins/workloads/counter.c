/* SPDX-License-Identifier: MIT */
/*
 * counter - counts up and down, and reads: each counter has to behave as if
 * there were one copy (linearizability).
 *
 * Amounts are drawn from 1 .. `most`, so that a read says much about which of
 * the changes it saw.  In the end every counter is read at several nodes.
 */
#include "keys.h"

enum { INCREMENT, DECREMENT, READ };

struct state {
	struct keys keys;
	struct sample sample;
};

static int
counter_start(struct fr_work *w)
{
	struct state *s = w->state;

	return keys_start(w, &s->keys);
}

static int64_t
amount(struct fr_work *w)
{
	return 1 + (int64_t)(w->host->random(w) %
			     (uint64_t)work_param(w, "most"));
}

static int
counter_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	static const uint32_t kinds[] = { INCREMENT, DECREMENT, READ };
	struct state *s = w->state;
	int what = FR_DONE;

	if (w->phase != FR_PHASE_FINAL) {
		keys_draw(w, &s->keys, &op->key);
		op->f = work_chance(w, "reads") ? READ :
			w->host->supported(w, DECREMENT) &&
			work_chance(w, "down") ? DECREMENT : INCREMENT;
		what = FR_OP;
	} else if (client == 0) {
		what = sample_next(w, &s->sample, kinds, 3, op);
	}
	if (what == FR_DONE)
		what = keys_final(w, &s->keys, client, op, READ);
	if (what == FR_OP && op->f != READ)
		op->value = fr_int(amount(w));
	return what;
}

static void
counter_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;

	if (!sample_ended(&s->sample, op) && op->phase == FR_PHASE_FINAL)
		keys_final_ended(&s->keys, op);
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "counter",
	.summary    = "counts up and down, and reads",
	.promise    = "Each counter is linearizable: a read shows the sum of "
		      "all changes that ended before it was called, of none "
		      "that was called after it ended, and each counts once.",
	.params     = FR_PARAMS(
		KEYS_TURN_PARAMS("100"),
		KEYS_FINALS_PARAM,
		{ .name = "reads", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.5", .min = "0", .max = "1",
		  .low = "0.3", .high = "0.8",
		  .help = "the share of reads" },
		{ .name = "down", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.4", .min = "0", .max = "1",
		  .low = "0", .high = "0.5",
		  .help = "the share of decrements among the rest, where the "
			  "protocol has them" },
		{ .name = "most", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "100", .min = "1", .max = "1000000000",
		  .low = "1", .high = "1000",
		  .help = "the greatest amount" }),
	.ops        = FR_OPS(
		[INCREMENT] = { .name = "increment",
				.help = "add the amount" },
		[DECREMENT] = { .name = "decrement", .flags = FR_OPTIONAL,
				.help = "take the amount off" },
		[READ]      = { .name = "read", .flags = FR_PURE,
				.help = "answer with the sum; nil: nobody has "
					"counted yet" }),
	.state_size = sizeof(struct state),
	.start      = counter_start,
	.next       = counter_next,
	.ended      = counter_ended,
	.model      = "counter",
};
