/* SPDX-License-Identifier: MIT */
/*
 * register - reads, writes and compare-and-sets of single registers, each of
 * which has to behave as if there were one copy (linearizability).
 *
 * No value is written twice, so that a read says which write it saw.
 */
#include "keys.h"

enum { READ, WRITE, CAS };

struct state {
	struct keys keys;
	int64_t last;
	int64_t cas[2];
};

static int
register_start(struct fr_work *w)
{
	struct state *s = w->state;

	return keys_start(w, &s->keys);
}

static int
register_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct slot *slot;

	if (w->phase == FR_PHASE_FINAL)
		return keys_final(w, &s->keys, client, op, READ);
	slot = keys_draw(w, &s->keys, &op->key);
	op->f = READ;
	if (work_chance(w, "reads"))
		return FR_OP;
	op->f = WRITE;
	op->value = fr_int(++s->last);
	if (slot->known && w->host->supported(w, CAS) &&
	    work_chance(w, "cas")) {
		s->cas[0] = slot->seen;
		s->cas[1] = s->last;
		op->f = CAS;
		op->value = fr_list(s->cas, 2);
	}
	return FR_OP;
}

static void
register_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	struct slot *slot = keys_slot(&s->keys, op->key);
	const struct fr_value *value = op->f == READ ? &op->result :
						       &op->value;

	if (op->phase == FR_PHASE_FINAL) {
		keys_final_ended(&s->keys, op);
		return;
	}
	if (op->outcome != FR_OK || value->kind == FR_NIL || slot == NULL)
		return;
	slot->known = true;
	slot->seen = op->f == CAS ? fr_item(*value, 1, 0) :
				    fr_number(*value, 0);
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
