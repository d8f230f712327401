/* SPDX-License-Identifier: MIT */
/*
 * eventual-counter - counters that are counted up, and down where a protocol
 * can, at any node, and that count everything in the end.
 *
 * While there are faults, a read may miss what others did, but never shows
 * what nobody had asked for; and a node counts what it has acknowledged
 * itself.  In the end every node counts all that was acknowledged, and they
 * agree (counter-bounds with stale=allowed, and the check below).
 */
#include "settle.h"

enum { READ, INCREMENT, DECREMENT };

struct state {
	struct settle settle;
};

static int
next_final(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	static const uint32_t kinds[] = { INCREMENT, DECREMENT };
	struct state *s = w->state;
	int result = settle_next(w, &s->settle, client, kinds, 2, READ, op);

	if (result == FR_OP && op->f != READ)
		op->value = fr_int(1);
	return result;
}

static int
counter_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	if (w->phase == FR_PHASE_FINAL)
		return next_final(w, client, op);
	op->key = settle_draw(w);
	op->f = READ;
	if (work_chance(w, "reads"))
		return FR_OP;
	op->f = INCREMENT;
	op->value = fr_int(1 + (int64_t)(w->host->random(w) % 5));
	if (w->host->supported(w, DECREMENT) && work_chance(w, "decrements"))
		op->f = DECREMENT;
	return FR_OP;
}

static void
counter_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;

	if (op->phase == FR_PHASE_FINAL)
		settle_ended(w, &s->settle, op,
			     (uint64_t)fr_number(op->result, 0));
}

/* What a node has acknowledged of a counter. */
struct own {
	int64_t ended;
	uint64_t open;			/* increments that had not ended when
					   last looked at: the first, + 1     */
};

/* A counter that only grows shows at least what its node has acknowledged
 * before. */
static void
check_own(const struct fr_history *h, struct fr_judge *j,
	  const struct last_reads *f)
{
	size_t count = (size_t)f->keys * f->nodes + 1;
	struct own *owns = j->alloc(j, count * sizeof *owns);
	uint64_t *next = j->alloc(j, (h->op_count + 1) * sizeof *next);
	uint64_t i, *at, last;
	char sentence[256];

	memset(owns, 0, count * sizeof *owns);
	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);
		struct own *own;

		if (op->outcome != FR_OK || !is_settled(op) ||
		    op->node >= f->nodes)
			continue;
		own = &owns[(uint64_t)op->key * f->nodes + op->node];
		if (op->f == INCREMENT) {
			next[i] = own->open;
			own->open = i + 1;
			continue;
		}
		for (last = i, at = &own->open; *at != 0;) {
			const struct fr_operation *before = op_at(h, *at - 1);

			if (before->end_rank > op->call_rank) {
				at = &next[*at - 1];
				continue;
			}
			own->ended += fr_number(before->value, 1);
			last = *at - 1;
			*at = next[last];
		}
		if (fr_number(op->result, 0) >= own->ended)
			continue;
		snprintf(sentence, sizeof sentence, "node %u counts %lld, and "
			 "had acknowledged %lld itself", op->node,
			 (long long)fr_number(op->result, 0),
			 (long long)own->ended);
		violation_2(j, "forgotten", last, i, sentence);
	}
}

static void
counter_check(const struct fr_history *h, struct fr_judge *j)
{
	struct last_reads f = last_reads_gather(h, j, READ);
	const struct fr_operation *one, *other;
	uint64_t i, k, decrements = 0;
	char sentence[256];
	int64_t key;
	uint32_t node;

	for (i = 0; i < h->op_count; i++)
		decrements += op_at(h, i)->f == DECREMENT;
	if (decrements == 0)
		check_own(h, j, &f);
	for (key = 0; key < f.keys; key++) {
		one = last_read_at(h, &f, key, 0, &i);
		for (node = 0; node < f.nodes; node++) {
			other = last_read_at(h, &f, key, node, &k);
			if (one == NULL || other == NULL ||
			    same_value(&one->result, &other->result))
				continue;
			snprintf(sentence, sizeof sentence, "counter %lld is "
				 "%lld at node 0, and %lld at node %u",
				 (long long)key,
				 (long long)fr_number(one->result, 0),
				 (long long)fr_number(other->result, 0), node);
			violation_2(j, "diverged", i, k, sentence);
		}
	}
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "eventual-counter",
	.summary    = "counts up and down at any node, and reads the counts",
	.promise    = "In the end every node counts all that was acknowledged, "
		      "and all count the same; until then a read may miss "
		      "something, but never has what nobody asked for.",
	.params     = FR_PARAMS(
		SETTLE_PARAMS("3", "0.3"),
		{ .name = "decrements", .kind = FR_PARAM_REAL,
		  .flags = FR_KNOB, .fallback = "0.4", .min = "0", .max = "1",
		  .low = "0.1", .high = "0.9",
		  .help = "the share of decrements among the rest, where the "
			  "protocol has them" }),
	.ops        = FR_OPS(
		{ .name = "read", .flags = FR_PURE,
		  .help = "answer with the count" },
		{ .name = "increment", .help = "count up by so much" },
		{ .name = "decrement", .flags = FR_OPTIONAL,
		  .help = "count down by so much" }),
	.state_size = sizeof(struct state),
	.next       = counter_next,
	.ended      = counter_ended,
	.check      = counter_check,
	.conditions = FR_CONDITIONS(
		{ "counter-bounds", "initial=0,stale=allowed" }),
};
