/* SPDX-License-Identifier: MIT */
/*
 * register - reads, writes and compare-and-sets of single registers, each of
 * which has to behave as if there were one copy (linearizability).
 *
 * No value is written twice, so that a read says which write it saw.
 *
 * In the end, in a world without faults, one client does one of each kind on
 * a key of its own: what a protocol answers at all, it answers then.
 */
#include "keys.h"

enum { READ, WRITE, CAS };

/* What is done in the end, one after the other. */
static const uint32_t kinds[] = { WRITE, CAS, READ };

struct state {
	struct keys keys;
	struct sample sample;
	int64_t own;			/* the number that was written there  */
	int64_t last;
	int64_t cas[2];
};

static int
register_start(struct fr_work *w)
{
	struct state *s = w->state;

	return keys_start(w, &s->keys);
}

/* FR_DONE: that is all. */
static int
next_kind(struct fr_work *w, struct fr_op *op)
{
	struct state *s = w->state;
	int what = sample_next(w, &s->sample, kinds,
			       sizeof kinds / sizeof *kinds, op);

	if (what != FR_OP || op->f == READ)
		return what;
	s->cas[0] = s->own;
	s->cas[1] = ++s->last;
	op->value = op->f == CAS ? fr_list(s->cas, 2) : fr_int(s->last);
	return FR_OP;
}

static int
register_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct slot *slot;
	int what;

	if (w->phase == FR_PHASE_FINAL) {
		what = client == 0 ? next_kind(w, op) : FR_DONE;
		return what != FR_DONE ? what :
		       keys_final(w, &s->keys, client, op, READ);
	}
	slot = keys_draw(w, &s->keys, &op->key);
	op->f = READ;
	if (work_chance(w, "reads"))
		return FR_OP;
	op->f = WRITE;
	op->value = fr_int(++s->last);
	keys_cas(w, slot, CAS, s->cas, op);
	return FR_OP;
}

static void
register_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	const struct fr_value *value = op->f == READ ? &op->result :
						       &op->value;

	if (sample_ended(&s->sample, op)) {
		if (op->f == WRITE && op->outcome == FR_OK)
			s->own = fr_number(op->value, 0);
	} else if (op->phase == FR_PHASE_FINAL) {
		keys_final_ended(&s->keys, op);
	} else if (op->outcome == FR_OK && value->kind != FR_NIL) {
		keys_seen(&s->keys, op->key, value);
	}
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "register",
	.summary    = "reads, writes and compares-and-sets registers",
	.promise    = "Each register is linearizable: it behaves as if there "
		      "were one copy, on which every operation takes effect "
		      "at one moment between its call and its answer.",
	.params     = FR_PARAMS(
		KEYS_PARAMS,
		{ .name = "reads", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.5", .min = "0", .max = "1",
		  .low = "0.2", .high = "0.9",
		  .help = "the share of reads" },
		{ .name = "cas", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.3", .min = "0", .max = "1",
		  .low = "0.2", .high = "0.8",
		  .help = "the share of compare-and-sets among the rest, where "
			  "the protocol has them" }),
	.ops        = FR_OPS(
		{ .name = "read", .flags = FR_PURE,
		  .help = "answer with the register's value, or nil" },
		{ .name = "write",
		  .help = "set it to the number that is given" },
		{ .name = "cas", .flags = FR_OPTIONAL,
		  .help = "given [old new]: set it to new if it is old, "
			  "fail if it is not" }),
	.state_size = sizeof(struct state),
	.start      = register_start,
	.next       = register_next,
	.ended      = register_ended,
	.model      = "register",
};
