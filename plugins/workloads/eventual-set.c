/* SPDX-License-Identifier: MIT */
/*
 * eventual-set - adds numbers to sets, no two alike, at any node, and reads
 * them.  In the end every node has all that was acknowledged: nothing is lost,
 * nothing is there twice, and nothing that nobody added (set-full), and what
 * the nodes have is the same (convergence).
 */
#include "settle.h"

enum { READ, ADD };

struct state {
	struct settle settle;
	int64_t last;
};

static int
next_final(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	static const uint32_t kinds[] = { ADD };
	struct state *s = w->state;
	int result = settle_next(w, &s->settle, client, kinds, 1, READ, op);

	if (result == FR_OP && op->f == ADD)
		op->value = fr_int(++s->last);
	return result;
}

static int
set_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;

	if (w->phase == FR_PHASE_FINAL)
		return next_final(w, client, op);
	op->key = settle_draw(w);
	op->f = READ;
	if (work_chance(w, "reads"))
		return FR_OP;
	op->f = ADD;
	op->value = fr_int(++s->last);
	return FR_OP;
}

static void
set_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	const struct fr_value *v = &op->result;

	if (op->phase == FR_PHASE_FINAL)
		settle_ended(w, &s->settle, op, v->kind != FR_LIST ? 0 :
			     settle_sum(v->u.list, v->count));
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "eventual-set",
	.summary    = "adds numbers to sets at any node, and reads the sets",
	.promise    = "In the end every node has every acknowledged number, "
		      "once, and none that nobody added; all nodes have the "
		      "same.",
	.params     = FR_PARAMS(
		SETTLE_PARAMS("3", "0.2")),
	.ops        = FR_OPS(
		{ .name = "read", .flags = FR_PURE,
		  .help = "answer with a list of all that is in the set" },
		{ .name = "add", .help = "put the number in" }),
	.state_size = sizeof(struct state),
	.next       = set_next,
	.ended      = set_ended,
	.conditions = FR_CONDITIONS(
		{ "set-full", NULL },
		{ "convergence", "final=last" }),
};
