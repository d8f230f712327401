/* SPDX-License-Identifier: MIT */
/*
 * causal-order - numbers are broadcast, and no node delivers one before those
 * that it may have been caused by.  What is generated, and what is asked of
 * each node's deliveries by themselves: deliveries.h.
 *
 * What happened before what follows from what clients saw.  A number x
 * happened before m, which was broadcast at a node, when before that
 *
 *	- a read at this node had shown x among its deliveries, or
 *	- this node had acknowledged x, which was broadcast there, too.
 *
 * (So m's node had delivered x when it was told of m.)  Then every node that
 * delivers m has to deliver x before:
 *
 *	causality  it delivers m, and x later or never
 *
 * What follows from such pairs in a row need not be looked at: where all of
 * them are in order, what they imply is.
 *
 * Agreement is not uniform: what only nodes showed that are gone for good may
 * be gone with them.
 */
#include "deliveries.h"

/* What had happened at m's node when m was broadcast there. */
struct past {
	uint32_t node;
	uint32_t deliveries;		/* so many of its sequence            */
	uint32_t own;			/* so many of its acknowledged ones   */
};

struct causes {
	struct hearing f;
	struct past *pasts;		/* by message                         */
	uint32_t **own;			/* by node: messages, as acknowledged */
	uint32_t *own_count;
	uint64_t found;			/* pasts that are not empty           */
};

/* An operation begins, or ends. */
struct moment {
	uint64_t rank;
	uint64_t op;
	bool ends;
};

static int
compare_moments(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	return (x->rank > y->rank) - (x->rank < y->rank);
}

static uint64_t
gather_moments(const struct fr_history *h, struct moment *moments)
{
	uint64_t i, count = 0;

	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);

		if (op->node >= h->nodes || op->outcome == FR_FAIL)
			continue;
		moments[count++] = (struct moment){ op->call_rank, i, false };
		if (op->outcome == FR_OK)
			moments[count++] = (struct moment){ op->end_rank, i,
							    true };
	}
	qsort(moments, count, sizeof *moments, compare_moments);
	return count;
}

/* From the first moment to the last, what has happened at each node so far. */
static void
gather_pasts(struct causes *c)
{
	const struct fr_history *h = c->f.h;
	struct fr_judge *j = c->f.j;
	struct moment *moments = j->alloc(j, (2 * h->op_count + 1) *
					  sizeof *moments);
	uint32_t *shown = j->alloc(j, (h->nodes + 1) * sizeof *shown);
	uint64_t count = gather_moments(h, moments), i;

	memset(shown, 0, (h->nodes + 1) * sizeof *shown);
	for (i = 0; i < count; i++) {
		const struct fr_operation *op = op_at(h, moments[i].op);
		uint32_t node = op->node, m;
		int64_t end;

		if (moments[i].ends && is_delivery(op)) {
			end = fr_number(op->value, 0) + op->result.count;
			if (end > c->f.nodes[node].length)
				end = c->f.nodes[node].length;
			if (end > shown[node])
				shown[node] = (uint32_t)end;
		}
		if (op->f != BROADCAST || op->value.kind != FR_INT)
			continue;
		m = (uint32_t)*index_slot(&c->f.index, op->value.u.number) - 1;
		if (c->f.messages[m].op != moments[i].op)
			continue;	/* that number again */
		if (moments[i].ends) {
			c->own[node][c->own_count[node]++] = m;
		} else {
			c->pasts[m] = (struct past){ node, shown[node],
						     c->own_count[node] };
			c->found += shown[node] + c->own_count[node] > 0;
		}
	}
}

/*
 * For each beginning of `list` the message in it that `node` delivers last;
 * one that it does not deliver is later than all.
 */
static void
latest_of(const struct sequence *node, const uint32_t *list, uint32_t count,
	  uint32_t *latest)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		latest[i] = list[i];
		if (i > 0 && node->place[latest[i - 1]] >= node->place[list[i]])
			latest[i] = latest[i - 1];
	}
}

/* Node `i` delivered m in this place, but not x before. */
static void
tell_causality(struct causes *c, uint32_t i, uint32_t place, uint32_t x)
{
	struct hearing *f = &c->f;
	const struct sequence *n = &f->nodes[i];
	uint32_t m = n->at[place];
	char sentence[256], later[40] = "has not delivered";

	if (n->place[x] != NOWHERE)
		snprintf(later, sizeof later, "delivered only as delivery %u",
			 n->place[x]);
	snprintf(sentence, sizeof sentence, "delivery %u of node %u is %lld; "
		 "it was broadcast at node %u after %lld was delivered there, "
		 "which node %u %s", place, i, (long long)f->messages[m].value,
		 c->pasts[m].node, (long long)f->messages[x].value, i, later);
	tell(f, "causality", (uint64_t[]){ f->messages[x].op,
	     f->messages[m].op, n->read[place] }, 3, sentence);
}

/* What node `i` delivers of what was broadcast at node `from`. */
static void
look_at_pair(struct causes *c, uint32_t i, uint32_t from, uint32_t *shown,
	     uint32_t *own)
{
	const struct sequence *n = &c->f.nodes[i], *there = &c->f.nodes[from];
	uint32_t k;

	latest_of(n, there->at, there->length, shown);
	latest_of(n, c->own[from], c->own_count[from], own);
	for (k = 0; k < n->length; k++) {
		const struct past *p = &c->pasts[n->at[k]];

		if (p->node != from)
			continue;
		if (p->deliveries > 0 &&
		    n->place[shown[p->deliveries - 1]] > k) {
			tell_causality(c, i, k, shown[p->deliveries - 1]);
			return;
		}
		if (p->own > 0 && n->place[own[p->own - 1]] > k) {
			tell_causality(c, i, k, own[p->own - 1]);
			return;
		}
	}
}

static void
causal_check(const struct fr_history *h, struct fr_judge *j)
{
	struct causes c = { .found = 0 };
	uint32_t *shown, *own, i, from;
	size_t room;

	deliveries_hear(&c.f, h, j, false);
	room = (c.f.count + 1) * sizeof *shown;
	c.pasts = j->alloc(j, (c.f.count + 1) * sizeof *c.pasts);
	memset(c.pasts, 0xff, (c.f.count + 1) * sizeof *c.pasts);
	c.own = j->alloc(j, (h->nodes + 1) * sizeof *c.own);
	c.own_count = j->alloc(j, (h->nodes + 1) * sizeof *c.own_count);
	memset(c.own_count, 0, (h->nodes + 1) * sizeof *c.own_count);
	for (i = 0; i < h->nodes; i++)
		c.own[i] = j->alloc(j, room);
	gather_pasts(&c);
	shown = j->alloc(j, room);
	own = j->alloc(j, room);
	for (i = 0; i < h->nodes; i++)
		for (from = 0; from < h->nodes; from++)
			look_at_pair(&c, i, from, shown, own);
	j->metric(j, "with a past", (double)c.found, "");
	if (c.found == 0)
		j->unknown(j, "nobody broadcast anything after something "
			   "else: nothing had a cause");
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "causal-order",
	.summary    = "broadcasts numbers that nobody delivers before their "
		      "causes",
	.promise    = "No node delivers a number before those that its "
		      "broadcaster had delivered or broadcast; each is "
		      "delivered once, and in the end everywhere.",
	DELIVERIES_WORKLOAD,
	.check      = causal_check,
};
