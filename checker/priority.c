/* SPDX-License-Identifier: MIT */
/*
 * Priority queues whose numbers are put in once each: near-linear.
 *
 * 1. By falling number: a value is taken in a gap in which no greater one is
 *    there.  The greater ones are settled already; the best for all smaller
 *    ones is to be put in as late and taken as early as can be, so this greedy
 *    choice is exact.  Gaps only ever become covered: each is passed over once.
 * 2. A value that can be put in and taken within one free gap covers nothing.
 * 3. A take that found nothing needs a gap that nothing covers.
 */
#include "checker/collections.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct heap {
	struct collection c;
	uint32_t *order;		/* items, greatest first               */
	uint32_t *next;			/* of a gap: one that is free, maybe   */
	uint32_t *gap;			/* of an item: where it is taken       */
	uint32_t *empty_at;
	uint8_t *at_once;		/* of an item: put in and taken there  */
	uint32_t *which, *deadline;
};

/* The first free gap from g on. */
static uint32_t
free_from(struct heap *h, uint32_t g)
{
	uint32_t root = g, step;

	while (h->next[root] != root)
		root = h->next[root];
	for (; h->next[g] != root; g = step) {
		step = h->next[g];
		h->next[g] = root;
	}
	return root;
}

static void
cover(struct heap *h, uint32_t from, uint32_t to)
{
	uint32_t g;

	for (g = free_from(h, from); g < to; g = free_from(h, g))
		h->next[g] = g + 1;
}

struct ranked {
	int64_t number;
	uint32_t item;
};

static int
greater_first(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->number > y->number ? -1 : x->number < y->number;
}

static bool
sort_numbers(struct heap *h)
{
	struct collection *c = &h->c;
	struct ranked *all = budget_new(c->budget, c->count, sizeof *all);
	uint32_t i;

	if (all == NULL)
		return false;
	for (i = 0; i < c->count; i++) {
		all[i].number = dict_int(c->p->dict, c->p->a[c->items[i].put]);
		all[i].item = i;
	}
	qsort(all, c->count, sizeof *all, greater_first);
	for (i = 0; i < c->count; i++)
		h->order[i] = all[i].item;
	budget_free(c->budget, all, c->count, sizeof *all);
	return true;
}

/*
 * Settles all.  skip: leave out what was never taken.  The item that finds no
 * gap is returned, `count` where an empty take does not, NONE: all is well.
 */
static uint32_t
settle(struct heap *h, bool skip)
{
	struct collection *c = &h->c;
	const struct item *it;
	uint32_t k, i, g, op;

	for (g = 0; g <= c->end + 1; g++)
		h->next[g] = g;
	for (k = 0; k < c->count; k++) {
		i = h->order[k];
		it = &c->items[i];
		if (it->take == NONE) {
			if (!skip)
				cover(h, it->put_ret, c->end);
			continue;
		}
		g = free_from(h, it->take_call);
		if (g >= it->take_ret || g >= c->end)
			return i;
		h->gap[i] = g;
		h->at_once[i] = g < it->put_ret;
		cover(h, it->put_ret, g);
	}
	for (k = 0; k < c->empty_count; k++) {
		op = c->empties[k];
		g = free_from(h, c->p->call[op]);
		if (g >= c->p->ret[op])
			return c->count;
		h->empty_at[k] = g;
	}
	return NONE;
}

/*
 * What was never taken and must have been: a smaller one was taken later, or
 * nothing was found.  The deadlines are those that hold in any case.
 */
static uint32_t
find_forced(struct heap *h)
{
	struct collection *c = &h->c;
	const struct item *it;
	uint32_t k, i, count = 0, latest = 0, due = 0;

	for (k = 0; k < c->empty_count; k++) {
		if (c->p->call[c->empties[k]] > latest)
			latest = c->p->call[c->empties[k]];
		if (c->p->ret[c->empties[k]] > due)
			due = c->p->ret[c->empties[k]];
	}
	for (k = c->count; k-- > 0;) {
		i = h->order[k];
		it = &c->items[i];
		if (it->take != NONE) {
			if (it->take_call > latest)
				latest = it->take_call;
			if (it->take_ret > due)
				due = it->take_ret;
		} else if (latest > it->put_ret) {
			h->which[count] = i;
			h->deadline[count++] = due;
		}
	}
	return count;
}

/* In each gap: takes, the greatest first; empty ones; then what has to be put
 * in before the next rank. */
static bool
lay_out(struct heap *h)
{
	struct collection *c = &h->c;
	struct answer *out = c->out;
	uint32_t room = c->end + 2, *take, *put, *empty, *after, i, k, g;

	take = budget_new(c->budget, room, sizeof *take);
	put = budget_new(c->budget, room, sizeof *put);
	empty = budget_new(c->budget, room, sizeof *empty);
	after = h->next;	/* lists through the items and empties */
	if (take == NULL || put == NULL || empty == NULL)
		goto out;
	for (k = c->count; k-- > 0;) {
		i = h->order[k];
		if (c->items[i].take == NONE)
			continue;
		/* Prepended: the greatest comes first. */
		after[i] = take[h->gap[i]];
		take[h->gap[i]] = i + 1;
	}
	for (i = 0; i < c->count; i++)
		if (c->items[i].take == NONE || !h->at_once[i])
			put[c->items[i].put_ret] = i + 1;
	for (k = 0; k < c->empty_count; k++) {
		h->which[k] = empty[h->empty_at[k]];
		empty[h->empty_at[k]] = k + 1;
	}
	for (g = 0; g <= c->end; g++) {
		for (i = take[g]; i > 0; i = after[i - 1]) {
			if (h->at_once[i - 1])
				out->order[out->count++] =
					c->items[i - 1].put;
			out->order[out->count++] = c->items[i - 1].take;
		}
		for (k = empty[g]; k > 0; k = h->which[k - 1])
			out->order[out->count++] = c->empties[k - 1];
		if (put[g + 1] > 0)
			out->order[out->count++] =
				c->items[put[g + 1] - 1].put;
	}
	out->decision = YES;
out:
	budget_free(c->budget, take, room, sizeof *take);
	budget_free(c->budget, put, room, sizeof *put);
	budget_free(c->budget, empty, room, sizeof *empty);
	return out->decision == YES;
}

static void
decide(struct heap *h)
{
	struct collection *c = &h->c;
	struct answer *out = c->out;
	uint32_t bad, forced = 0;

	if (!sort_numbers(h)) {
		out->decision = UNDECIDED;
		out->out = OUT_MEMORY;
		return;
	}
	/* Whatever the pending takes took, the taken values alone are legal. */
	bad = settle(h, c->lost_count > 0);
	if (bad != NONE) {
		out->decision = NO;
		out->violation = bad == c->count ? "not-empty" : "order";
		return;
	}
	if (c->lost_count > 0 && c->left > 0) {
		forced = find_forced(h);
		if (forced > c->lost_count) {
			out->decision = NO;
			out->violation = "order";
			return;
		}
		if (!collection_match(c, h->which, h->deadline, forced) ||
		    settle(h, false) != NONE)
			return;
	}
	lay_out(h);
}

void
priority_decide(const struct part *p, struct answer *out, struct budget *b)
{
	struct heap h;
	uint32_t n = p->n, gaps = p->ranks + 2;

	memset(&h, 0, sizeof h);
	out->algorithm = "priorities";
	if (!collection_gather(&h.c, p, out, b))
		goto out;
	h.order = budget_new(b, n, sizeof *h.order);
	h.gap = budget_new(b, n, sizeof *h.gap);
	h.at_once = budget_new(b, n, 1);
	h.which = budget_new(b, n, sizeof *h.which);
	h.deadline = budget_new(b, n, sizeof *h.deadline);
	h.empty_at = budget_new(b, n, sizeof *h.empty_at);
	h.next = budget_new(b, gaps + n, sizeof *h.next);
	out->count = 0;
	if (h.order != NULL && h.gap != NULL && h.at_once != NULL &&
	    h.which != NULL && h.deadline != NULL && h.empty_at != NULL &&
	    h.next != NULL) {
		decide(&h);
	} else {
		out->decision = UNDECIDED;
		out->out = OUT_MEMORY;
	}
	budget_free(b, h.order, n, sizeof *h.order);
	budget_free(b, h.gap, n, sizeof *h.gap);
	budget_free(b, h.at_once, n, 1);
	budget_free(b, h.which, n, sizeof *h.which);
	budget_free(b, h.deadline, n, sizeof *h.deadline);
	budget_free(b, h.empty_at, n, sizeof *h.empty_at);
	budget_free(b, h.next, gaps + n, sizeof *h.next);
out:
	collection_free(&h.c);
}
