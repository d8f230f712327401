/* SPDX-License-Identifier: MIT */
/*
 * agreement - clients propose, everybody is to get the same answer.
 *
 * Each key is an instance of consensus.  A proposal is answered with the value
 * that was chosen: one of those proposed (validity), the same for all
 * (agreement), and none that was proposed only after somebody had been told.
 * Together: each key is a cell that the first proposal fills, for ever.  In
 * the end every node is asked once more for every instance (termination: they
 * have to answer in a world without faults).
 */
#include "common.h"

enum { PROPOSE };

struct state {
	struct final *finals;		/* by client                          */
	int64_t instance, proposed, each, last;
	uint64_t next;
};

static int
agreement_start(struct fr_work *w)
{
	struct state *s = w->state;

	s->each = work_param(w, "proposals");
	s->finals = w->host->alloc(w, w->clients * sizeof *s->finals);
	return s->finals == NULL ? -1 : 0;
}

static int
next_final(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct final *mine = &s->finals[client];
	uint64_t last = s->proposed > 0 ? (uint64_t)s->instance + 1 : 0;

	if (final_next(mine, &s->next, op) == FR_WAIT)
		return FR_WAIT;
	if (mine->number / w->nodes >= last)
		return FR_DONE;
	op->key = (int64_t)(mine->number / w->nodes);
	op->node = (uint32_t)(mine->number % w->nodes);
	op->value = fr_int(++s->last);
	return FR_OP;
}

static int
agreement_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;

	op->f = PROPOSE;
	if (w->phase == FR_PHASE_FINAL)
		return next_final(w, client, op);
	if (s->proposed == s->each) {
		s->proposed = 0;
		s->instance++;
	}
	s->proposed++;
	op->key = s->instance;
	op->value = fr_int(++s->last);
	return FR_OP;
}

static void
agreement_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;

	if (op->phase == FR_PHASE_FINAL)
		final_ended(&s->finals[op->client], op);
}

/* ---- what they promise ------------------------------------------------------- */

struct cell {
	int64_t full, value;
};

static void
cell_init(void *state)
{
	memset(state, 0, sizeof(struct cell));
}

static int
cell_step(const void *state, const struct fr_operation *op, void *next)
{
	struct cell c;

	memcpy(&c, state, sizeof c);
	if (!c.full) {
		c.full = 1;
		c.value = fr_number(op->value, 0);
	}
	if (op->outcome == FR_OK && (op->result.kind != FR_INT ||
				     op->result.u.number != c.value))
		return 0;
	memcpy(next, &c, sizeof c);
	return 1;
}

static int64_t
cell_partition(const struct fr_operation *op)
{
	return op->key;
}

static void
cell_describe(const void *state, char *text, size_t max)
{
	struct cell c;

	memcpy(&c, state, sizeof c);
	if (c.full)
		snprintf(text, max, "%lld is chosen", (long long)c.value);
	else
		snprintf(text, max, "nothing is chosen");
}

static const struct fr_model consensus = {
	.size = sizeof consensus,
	.state_size = sizeof(struct cell),
	.name = "consensus",
	.init = cell_init,
	.step = cell_step,
	.partition = cell_partition,
	.describe_state = cell_describe,
};

/* The two plain ways to be wrong, by their names. */
static void
agreement_check(const struct fr_history *h, struct fr_judge *j)
{
	struct index answers = index_new(j, h->op_count);
	struct index proposals = index_new(j, h->op_count);
	const struct fr_operation *op, *other;
	uint64_t i, *slot;
	char text[200];

	for (i = 0; i < h->op_count; i++)
		*index_slot(&proposals, fr_number(op_at(h, i)->value, 0)) =
			i + 1;
	for (i = 0; i < h->op_count; i++) {
		op = op_at(h, i);
		if (op->outcome != FR_OK)
			continue;
		slot = index_slot(&proposals, fr_number(op->result, INT64_MIN));
		if (*slot == 0 || op_at(h, *slot - 1)->key != op->key) {
			snprintf(text, sizeof text, "instance %lld: %lld was "
				 "chosen, which nobody proposed",
				 (long long)op->key,
				 (long long)fr_number(op->result, 0));
			violation_2(j, "validity", i, i, text);
			return;
		}
		slot = index_slot(&answers, op->key);
		if (*slot == 0)
			*slot = i + 1;
		other = op_at(h, *slot - 1);
		if (same_value(&op->result, &other->result))
			continue;
		snprintf(text, sizeof text, "instance %lld: client %u was told "
			 "%lld, client %u %lld", (long long)op->key,
			 other->client, (long long)fr_number(other->result, 0),
			 op->client, (long long)fr_number(op->result, 0));
		violation_2(j, "agreement", *slot - 1, i, text);
		return;
	}
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "agreement",
	.summary    = "clients propose; everybody is to get the same answer",
	.promise    = "For each instance one of the values that were proposed "
		      "is chosen, and every answer is that one.",
	.params     = FR_PARAMS(
		{ .name = "proposals", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "10", .min = "1", .max = "1000000",
		  .low = "2", .high = "50",
		  .help = "proposals for an instance before the next begins" }),
	.ops        = FR_OPS(
		{ .name = "propose",
		  .help = "answer with the number that is chosen: this one, or "
			  "another's" }),
	.state_size = sizeof(struct state),
	.start      = agreement_start,
	.next       = agreement_next,
	.ended      = agreement_ended,
	.own_model  = &consensus,
	.check      = agreement_check,
};
