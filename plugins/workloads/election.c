/* SPDX-License-Identifier: MIT */
/*
 * election - who leads?  Every node is asked, all the time.
 *
 * There are two kinds of protocols, and each answers one of two questions:
 *
 *	leader		[term leader]: of each term there is one leader.  One of
 *			an earlier term may not know yet that it leads no more.
 *	coordinator	[reign leader]: nobody leads while another does, by
 *			whatever number.  A reign is one stretch of time of one
 *			node, and its number is used by that node for no other.
 *
 * When a node reigns nobody sees, but a coordinator that said of itself that it
 * reigns, twice with one number, has done so all the time between; and one that
 * said so once, at some moment of that question.
 *
 * In the end, in a world without faults, all nodes that answer have to name the
 * same one; they are asked one after the other, and again until they do.
 */
#include "common.h"

enum { LEADER, COORDINATOR };

#define PASSES	10
#define PAUSE	FR_MS(500)

struct state {
	uint32_t f;
	/* In the end: a pass over all nodes. */
	uint32_t node;
	int passes;
	bool agreed, waits;
	uint32_t answers;
	int64_t number, leader;		/* of the first answer                */
};

static int
election_start(struct fr_work *w)
{
	struct state *s = w->state;

	s->f = w->host->supported(w, COORDINATOR) ? COORDINATOR : LEADER;
	s->agreed = true;
	return w->host->supported(w, s->f) ? 0 : -1;
}

static int
next_final(struct fr_work *w, struct fr_op *op)
{
	struct state *s = w->state;

	if (s->node == w->nodes) {
		s->node = 0;
		s->passes++;
		if ((s->agreed && s->answers > 0) || s->passes == PASSES) {
			s->passes = PASSES;
			return FR_DONE;
		}
		s->agreed = true;
		s->answers = 0;
		op->wait = PAUSE;
		return FR_WAIT;
	}
	op->node = s->node++;
	return FR_OP;
}

static int
election_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;

	op->f = s->f;
	op->key = FR_NO_KEY;
	if (w->phase == FR_PHASE_FINAL)
		return client > 0 || s->passes == PASSES ? FR_DONE :
							   next_final(w, op);
	op->node = (uint32_t)(w->host->random(w) % w->nodes);
	return FR_OP;
}

static void
election_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	int64_t number = fr_item(op->result, 0, -1);
	int64_t leader = fr_item(op->result, 1, -1);

	if (op->phase != FR_PHASE_FINAL)
		return;
	if (op->outcome != FR_OK) {
		s->agreed = false;
		return;
	}
	if (s->answers++ == 0) {
		s->number = number;
		s->leader = leader;
	}
	s->agreed = s->agreed && s->number == number && s->leader == leader;
}

/* ---- judging ------------------------------------------------------------- */

static bool
is_answer(const struct fr_operation *op)
{
	return op->outcome == FR_OK && op->result.kind == FR_LIST &&
	       op->result.count == 2;
}

static int64_t
number_of(const struct fr_operation *op)
{
	return fr_item(op->result, 0, -1);
}

static int64_t
leader_of(const struct fr_operation *op)
{
	return fr_item(op->result, 1, -1);
}

/* One leader a term. */
static void
check_terms(const struct fr_history *h, struct fr_judge *j)
{
	struct index terms = index_new(j, h->op_count);
	char text[200];
	uint64_t i, *slot;

	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i), *other;

		if (!is_answer(op))
			continue;
		slot = index_slot(&terms, number_of(op));
		if (*slot == 0)
			*slot = i + 1;
		other = op_at(h, *slot - 1);
		if (leader_of(other) == leader_of(op))
			continue;
		snprintf(text, sizeof text, "term %lld: node %u names node "
			 "%lld as its leader, node %u node %lld",
			 (long long)number_of(op), other->node,
			 (long long)leader_of(other), op->node,
			 (long long)leader_of(op));
		violation_2(j, "two-leaders", *slot - 1, i, text);
		return;
	}
}

/* What is certain of a reign: from the end of one answer to the call of
 * another. */
struct reign {
	int64_t number;
	uint32_t node;
	uint64_t from, to;		/* ranks                              */
	uint64_t first, last;		/* operations                         */
};

static int
by_beginning(const void *a, const void *b)
{
	const struct reign *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

/* The node itself says so. */
static bool
claims(const struct fr_operation *op)
{
	return is_answer(op) && leader_of(op) == (int64_t)op->node;
}

static uint64_t
collect_reigns(const struct fr_history *h, struct fr_judge *j,
	       struct reign *reigns)
{
	struct index known = index_new(j, h->op_count);
	uint64_t i, count = 0, certain = 0, *slot;

	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);
		struct reign *r;

		if (!claims(op))
			continue;
		slot = index_slot(&known, number_of(op) * h->nodes + op->node);
		if (*slot == 0) {
			reigns[count++] = (struct reign){ number_of(op),
				op->node, op->end_rank, op->call_rank, i, i };
			*slot = count;
		}
		r = &reigns[*slot - 1];
		if (op->end_rank < r->from) {
			r->from = op->end_rank;
			r->first = i;
		}
		r->to = op->call_rank;
		r->last = i;
	}
	for (i = 0; i < count; i++)
		if (reigns[i].from < reigns[i].to)
			reigns[certain++] = reigns[i];
	qsort(reigns, certain, sizeof *reigns, by_beginning);
	return certain;
}

static void
two_at_once(struct fr_judge *j, const struct reign *r, uint64_t other,
	    const char *said, uint32_t node, int64_t number)
{
	const uint64_t ops[] = { r->first, other, r->last };
	char text[240];

	snprintf(text, sizeof text, "node %u was the leader (reign %lld), and "
		 "meanwhile node %u %s (reign %lld)", r->node,
		 (long long)r->number, node, said, (long long)number);
	j->violation(j, "two-leaders", ops, 3, text);
}

/* The last of these that begins before the rank; NULL: none does. */
static const struct reign *
reign_at(const struct reign *reigns, uint64_t count, uint64_t rank)
{
	uint64_t low = 0, high = count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (reigns[middle].from < rank)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? &reigns[low - 1] : NULL;
}

/* Nobody leads while another does. */
static void
check_reigns(const struct fr_history *h, struct fr_judge *j)
{
	struct reign *reigns = j->alloc(j, (h->op_count + 1) * sizeof *reigns);
	uint64_t i, count = collect_reigns(h, j, reigns);
	const struct fr_operation *op;
	const struct reign *r;

	for (i = 1; i < count; i++)
		if (reigns[i].from < reigns[i - 1].to) {
			two_at_once(j, &reigns[i - 1], reigns[i].first,
				    "was, too", reigns[i].node,
				    reigns[i].number);
			return;
		}
	/* They are apart: each answer can be within one. */
	for (i = 0; i < h->op_count; i++) {
		op = op_at(h, i);
		r = claims(op) ? reign_at(reigns, count, op->call_rank) : NULL;
		if (r == NULL || op->end_rank > r->to ||
		    (r->node == op->node && r->number == number_of(op)))
			continue;
		two_at_once(j, r, i, "said that it was", op->node,
			    number_of(op));
		return;
	}
	j->metric(j, "reigns that are certain", (double)count, "");
}

/* The latest pass over all nodes. */
static void
check_end(const struct fr_history *h, struct fr_judge *j)
{
	uint64_t i, first = UINT64_MAX;
	uint32_t left = h->nodes;
	const struct fr_operation *op, *other;
	char text[200];

	for (i = h->op_count; i-- > 0 && left > 0;) {
		op = op_at(h, i);
		if (op->phase != FR_PHASE_FINAL)
			break;
		left--;
		if (!is_answer(op))
			continue;
		if (first == UINT64_MAX)
			first = i;
		other = op_at(h, first);
		if (number_of(op) == number_of(other) &&
		    leader_of(op) == leader_of(other))
			continue;
		snprintf(text, sizeof text, "in the end node %u names node "
			 "%lld (%lld), and node %u node %lld (%lld)", op->node,
			 (long long)leader_of(op), (long long)number_of(op),
			 other->node, (long long)leader_of(other),
			 (long long)number_of(other));
		violation_2(j, "disagreement", i, first, text);
		return;
	}
	if (first == UINT64_MAX)
		j->unknown(j, "in the end nobody knew of a leader");
}

static void
election_check(const struct fr_history *h, struct fr_judge *j)
{
	bool terms = true;
	uint64_t i;

	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);

		terms = terms && op->f == LEADER;
		if (op->outcome != FR_OK || is_answer(op))
			continue;
		violation_2(j, "no-leader", i, i, "the question who leads was "
			    "answered with something else");
		return;
	}
	if (terms)
		check_terms(h, j);
	else
		check_reigns(h, j);
	check_end(h, j);
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "election",
	.summary    = "asks every node who leads",
	.promise    = "Each term has one leader; or, without terms, nobody "
		      "leads while another does.  In the end all name the same "
		      "one.",
	.ops        = FR_OPS(
		{ .name = "leader", .flags = FR_PURE | FR_OPTIONAL,
		  .help = "answer with [term leader], as far as it is known: "
			  "of each term there is one" },
		{ .name = "coordinator", .flags = FR_PURE | FR_OPTIONAL,
		  .help = "answer with [reign leader]: of any reigns there is "
			  "one at a time" }),
	.state_size = sizeof(struct state),
	.start      = election_start,
	.next       = election_next,
	.ended      = election_ended,
	.check      = election_check,
};
