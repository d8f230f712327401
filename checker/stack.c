/* SPDX-License-Identifier: MIT */
/*
 * Last in, first out, each value put in once: O(n log n).
 *
 * 1. A value whose critical gaps are none can be pushed and popped at once,
 *    with no effect on the others: it is left aside.
 * 2. In a gap that no value covers the stack can be empty, whatever else is
 *    legal: pops of what was before it and pushes of what comes after it that
 *    are open there can be moved to it.  So what lies between such gaps can be
 *    looked at alone: a run of covered gaps from a (the rank of a push's end)
 *    to b (of a pop's call).
 * 3. Within a run the stack is never empty, so one value lies at the bottom all
 *    the time: pushed before a and popped after b.  Any that can will do (in
 *    a legal run it can change places with the one at the bottom), and the
 *    rest is a stack on top of it: without it, smaller runs are left.  A run
 *    in which none can has no linearization.
 * 4. Runs are looked at by falling left ends, inner after outer; a value that
 *    could be pushed before a can be pushed before any later one.
 *
 * Two trees over the ranks: how many values cover a gap (add to a range, find
 * the first zero), and the latest pop of values that can be pushed by now.
 */
#include "checker/collections.h"

#include <stddef.h>
#include <string.h>

struct stack {
	struct collection c;
	uint32_t leaves;		/* a power of two                      */
	uint32_t gaps;
	/* Of a node: the least count below it, without what is added above. */
	int32_t *least, *added;
	uint32_t *latest;		/* of a node: item with latest pop, + 1*/
	uint32_t *by_call, *at_ret;	/* items; item + 1 at its put_ret      */
	uint32_t *next_ret;		/* of a rank: the next with an item    */
	struct range {
		uint32_t from, to;
	} *ranges;			/* gaps still to be looked at          */
	uint32_t *from, *to;		/* of an item: its run                 */
	uint32_t *sequence, sequence_count;	/* bottoms, outer first        */
	uint32_t *empty_at;
	uint32_t *which, *deadline;
	uint8_t *aside;
};

/* ---- trees ---------------------------------------------------- */

static void
add(struct stack *s, uint32_t from, uint32_t to, int32_t what)
{
	uint32_t l = from + s->leaves, r = to + s->leaves, left = l, right = r;

	for (; l < r; l /= 2, r /= 2) {
		if (l & 1) {
			s->least[l] += what;
			s->added[l++] += what;
		}
		if (r & 1) {
			s->least[--r] += what;
			s->added[r] += what;
		}
	}
	for (l = left / 2; l > 0; l /= 2)
		s->least[l] = (s->least[2 * l] < s->least[2 * l + 1] ?
			       s->least[2 * l] : s->least[2 * l + 1]) +
			s->added[l];
	for (r = (right - 1) / 2; r > 0; r /= 2)
		s->least[r] = (s->least[2 * r] < s->least[2 * r + 1] ?
			       s->least[2 * r] : s->least[2 * r + 1]) +
			s->added[r];
}

/* The first gap from `from` on that nothing covers. */
static uint32_t
first_free(const struct stack *s, uint32_t from)
{
	uint32_t node = from + s->leaves;
	int32_t above = 0, k;
	uint32_t up;

	for (up = node / 2; up > 0; up /= 2)
		above += s->added[up];
	/* Up, until the zero is to the right; then down to the first. */
	for (;;) {
		if (s->least[node] + above == 0)
			break;
		while (node & 1) {
			if ((node & (node + 1)) == 0)
				return s->gaps;
			node /= 2;
			above -= s->added[node];
		}
		node++;
	}
	while (node < s->leaves) {
		above += s->added[node];
		node *= 2;
		k = s->least[node] + above;
		if (k != 0)
			node++;
	}
	node -= s->leaves;
	return node < s->gaps ? node : s->gaps;
}

static uint32_t
later(const struct stack *s, uint32_t a, uint32_t b)
{
	if (a == 0 || b == 0)
		return a | b;
	return s->c.items[a - 1].take_ret >= s->c.items[b - 1].take_ret ?
		a : b;
}

static void
set_latest(struct stack *s, uint32_t rank, uint32_t item)
{
	uint32_t node = rank + s->leaves;

	s->latest[node] = item;
	for (node /= 2; node > 0; node /= 2)
		s->latest[node] = later(s, s->latest[2 * node],
					s->latest[2 * node + 1]);
}

static uint32_t
find_latest(const struct stack *s, uint32_t from, uint32_t to)
{
	uint32_t l = from + s->leaves, r = to + s->leaves, best = 0;

	for (; l < r; l /= 2, r /= 2) {
		if (l & 1)
			best = later(s, best, s->latest[l++]);
		if (r & 1)
			best = later(s, best, s->latest[--r]);
	}
	return best;
}

/* The first rank from r on with an item that is left. */
static uint32_t
next_left(struct stack *s, uint32_t r)
{
	uint32_t root = r, step;

	while (s->next_ret[root] != root)
		root = s->next_ret[root];
	for (; s->next_ret[r] != root; r = step) {
		step = s->next_ret[r];
		s->next_ret[r] = root;
	}
	return root;
}

/* ---- setting up ---------------------------------------------------- */

/* Covers, ranks, and who is left aside. */
static bool
build(struct stack *s)
{
	struct collection *c = &s->c;
	const struct item *it;
	uint32_t i, r;

	memset(s->least, 0, 2 * (size_t)s->leaves * sizeof *s->least);
	memset(s->added, 0, 2 * (size_t)s->leaves * sizeof *s->added);
	memset(s->latest, 0, 2 * (size_t)s->leaves * sizeof *s->latest);
	memset(s->at_ret, 0, s->gaps * sizeof *s->at_ret);
	if (!collection_sort(c, offsetof(struct item, put_call), s->by_call))
		return false;
	for (i = 0; i < c->count; i++) {
		it = &c->items[i];
		s->aside[i] = it->take_call <= it->put_ret;
		if (s->aside[i])
			continue;
		s->at_ret[it->put_ret] = i + 1;
		s->least[s->leaves + it->put_ret]++;
		if (it->take_call < s->gaps)
			s->least[s->leaves + it->take_call]--;
	}
	/* What is added at ranks, summed up, is how many cover each gap. */
	for (r = 1; r < s->gaps; r++)
		s->least[s->leaves + r] += s->least[s->leaves + r - 1];
	for (i = s->leaves - 1; i > 0; i--)
		s->least[i] = s->least[2 * i] < s->least[2 * i + 1] ?
			s->least[2 * i] : s->least[2 * i + 1];
	s->next_ret[s->gaps] = s->gaps;
	for (r = s->gaps; r-- > 0;)
		s->next_ret[r] = s->at_ret[r] != 0 ? r : r + 1;
	return true;
}

static bool
place_empties(struct stack *s)
{
	struct collection *c = &s->c;
	uint32_t i, op;

	for (i = 0; i < c->empty_count; i++) {
		op = c->empties[i];
		s->empty_at[i] = first_free(s, c->p->call[op]);
		if (s->empty_at[i] >= c->p->ret[op])
			return false;
	}
	return true;
}

/* ---- bottoms ---------------------------------------------------- */

/* A run of covered gaps: its bottom is found and taken away. */
static bool
take_bottom(struct stack *s, uint32_t a, uint32_t b, uint32_t *called)
{
	struct collection *c = &s->c;
	const struct item *it;
	uint32_t i;

	for (; *called < c->count; (*called)++) {
		i = s->by_call[*called];
		if (c->items[i].put_call >= a)
			break;
		if (!s->aside[i])
			set_latest(s, c->items[i].put_ret, i + 1);
	}
	i = find_latest(s, a, b);
	if (i == 0 || c->items[i - 1].take_ret <= b)
		return false;
	it = &c->items[--i];
	s->from[i] = a;
	s->to[i] = b;
	s->sequence[s->sequence_count++] = i;
	set_latest(s, it->put_ret, 0);
	s->next_ret[it->put_ret] = it->put_ret + 1;
	add(s, it->put_ret, it->take_call < s->gaps ? it->take_call :
	    s->gaps, -1);
	return true;
}

/* All runs, outer before inner, from left to right. */
static bool
dissolve(struct stack *s, struct range *bad)
{
	uint32_t count = 0, called = 0, a, b;
	struct range r;

	s->sequence_count = 0;
	s->ranges[count++] = (struct range){ 0, s->gaps };
	while (count > 0) {
		r = s->ranges[--count];
		a = next_left(s, r.from);
		if (a >= r.to)
			continue;
		b = first_free(s, a);
		if (b > r.to)
			b = r.to;
		if (!take_bottom(s, a, b, &called)) {
			*bad = (struct range){ a, b };
			return false;
		}
		s->ranges[count++] = (struct range){ b, r.to };
		s->ranges[count++] = (struct range){ a, b };
	}
	return true;
}

/* ---- the linearization ---------------------------------------------------- */

/*
 * A bottom is pushed just before the rank where its run begins, the outer
 * first, and popped just behind where it ends, the inner first; what was left
 * aside is pushed and popped at once, just behind the later of its calls.
 */
static bool
lay_out(struct stack *s)
{
	struct collection *c = &s->c;
	struct answer *out = c->out;
	uint32_t room = s->gaps + 1, *push, *pop, *once, *empty, i, k, r;
	uint32_t *after_push = s->which, *after_pop = s->deadline;
	const struct item *it;

	push = budget_new(c->budget, room, sizeof *push);
	pop = budget_new(c->budget, room, sizeof *pop);
	once = budget_new(c->budget, room, sizeof *once);
	empty = budget_new(c->budget, room, sizeof *empty);
	if (push == NULL || pop == NULL || once == NULL || empty == NULL)
		goto out;
	for (k = s->sequence_count; k-- > 0;) {
		i = s->sequence[k];
		after_push[i] = push[s->from[i]];
		push[s->from[i]] = i + 1;
	}
	for (k = 0; k < s->sequence_count; k++) {
		i = s->sequence[k];
		after_pop[i] = pop[s->to[i]];
		pop[s->to[i]] = i + 1;
	}
	for (i = 0; i < c->count; i++) {
		it = &c->items[i];
		if (!s->aside[i])
			continue;
		r = it->take_call > it->put_call ? it->take_call :
			it->put_call;
		after_push[i] = once[r];
		once[r] = i + 1;
	}
	for (k = 0; k < c->empty_count; k++) {
		s->by_call[k] = empty[s->empty_at[k]];
		empty[s->empty_at[k]] = k + 1;
	}
	for (r = 0; r < room; r++) {
		for (i = push[r]; i > 0; i = after_push[i - 1])
			out->order[out->count++] = c->items[i - 1].put;
		for (i = pop[r]; i > 0; i = after_pop[i - 1])
			if (c->items[i - 1].take != NONE)
				out->order[out->count++] =
					c->items[i - 1].take;
		for (i = once[r]; i > 0; i = after_push[i - 1]) {
			out->order[out->count++] = c->items[i - 1].put;
			out->order[out->count++] = c->items[i - 1].take;
		}
		for (k = empty[r]; k > 0; k = s->by_call[k - 1])
			out->order[out->count++] = c->empties[k - 1];
	}
	out->decision = YES;
out:
	budget_free(c->budget, push, room, sizeof *push);
	budget_free(c->budget, pop, room, sizeof *pop);
	budget_free(c->budget, once, room, sizeof *once);
	budget_free(c->budget, empty, room, sizeof *empty);
	return out->decision == YES;
}

/* ---- deciding ---------------------------------------------------- */

/*
 * A value that was never popped, and was pushed onto one that was popped
 * later, was popped by a pending pop; and so was one that lay there when the
 * stack was found empty.
 */
static uint32_t
find_forced(struct stack *s)
{
	struct collection *c = &s->c;
	uint32_t *reach = s->next_ret, i, k, r, best = 0, late = 0, count = 0;
	const struct item *it;

	/* reach[r]: the latest pop's call of values pushed before rank r. */
	for (r = 0; r <= s->gaps; r++) {
		reach[r] = best;
		i = r < s->gaps ? s->at_ret[r] : 0;
		if (i > 0 && c->items[i - 1].take != NONE &&
		    c->items[i - 1].take_call > best)
			best = c->items[i - 1].take_call;
	}
	for (k = 0; k < c->empty_count; k++)
		if (c->p->call[c->empties[k]] > late)
			late = c->p->call[c->empties[k]];
	for (k = 0; k < c->count; k++) {
		i = s->by_call[k];
		it = &c->items[i];
		if (it->take != NONE || (reach[it->put_call] <= it->put_ret &&
					 late <= it->put_ret))
			continue;
		s->which[count] = i;
		s->deadline[count++] = NEVER;
	}
	return count;
}

/* Items that were taken to the front; how many they are. */
static uint32_t
taken_first(struct collection *c)
{
	uint32_t i, kept = 0;
	struct item swap;

	for (i = 0; i < c->count; i++) {
		if (c->items[i].take == NONE)
			continue;
		swap = c->items[kept];
		c->items[kept++] = c->items[i];
		c->items[i] = swap;
	}
	return kept;
}

/* Every item of the bad run, as long as they are few. */
static void
clash_of_run(struct stack *s, struct range bad)
{
	struct collection *c = &s->c;
	uint32_t r, i, count = 0;

	for (r = next_left(s, bad.from); r < bad.to;
	     r = next_left(s, r + 1)) {
		i = s->at_ret[r] - 1;
		if (count + 2 > sizeof c->out->clash /
		    sizeof c->out->clash[0]) {
			count = 0;
			break;
		}
		c->out->clash[count++] = c->items[i].put;
		if (c->items[i].take != NONE)
			c->out->clash[count++] = c->items[i].take;
	}
	c->out->clash_count = count;
	c->out->violation = "order";
	c->out->decision = NO;
}

static bool
solve(struct stack *s, bool final)
{
	struct range bad;

	if (!build(s))
		return false;
	if (!place_empties(s)) {
		if (final) {
			s->c.out->decision = NO;
			s->c.out->violation = "not-empty";
		}
		return false;
	}
	if (!dissolve(s, &bad)) {
		if (final)
			clash_of_run(s, bad);
		return false;
	}
	return true;
}

static void
decide(struct stack *s)
{
	struct collection *c = &s->c;
	uint32_t count = c->count, forced;

	if (c->lost_count == 0 || c->left == 0) {
		if (solve(s, true))
			lay_out(s);
		return;
	}
	/* Whatever the pending pops took, the rest alone has to be legal. */
	c->count = taken_first(c);
	if (!solve(s, true))
		return;
	c->count = count;
	if (!build(s))
		return;
	forced = find_forced(s);
	if (forced > c->lost_count) {
		c->out->decision = NO;
		c->out->violation = "order";
		return;
	}
	if (collection_match(c, s->which, s->deadline, forced) &&
	    solve(s, false))
		lay_out(s);
}

static bool
make_room(struct stack *s, struct budget *b, uint32_t n)
{
	s->least = budget_new(b, 2 * (size_t)s->leaves, sizeof *s->least);
	s->added = budget_new(b, 2 * (size_t)s->leaves, sizeof *s->added);
	s->latest = budget_new(b, 2 * (size_t)s->leaves, sizeof *s->latest);
	s->by_call = budget_new(b, n, sizeof *s->by_call);
	s->at_ret = budget_new(b, s->gaps, sizeof *s->at_ret);
	s->next_ret = budget_new(b, s->gaps + (size_t)1, sizeof *s->next_ret);
	s->ranges = budget_new(b, n + (size_t)2, sizeof *s->ranges);
	s->from = budget_new(b, n, sizeof *s->from);
	s->to = budget_new(b, n, sizeof *s->to);
	s->sequence = budget_new(b, n, sizeof *s->sequence);
	s->empty_at = budget_new(b, n, sizeof *s->empty_at);
	s->which = budget_new(b, n, sizeof *s->which);
	s->deadline = budget_new(b, n, sizeof *s->deadline);
	s->aside = budget_new(b, n, 1);
	return s->least != NULL && s->added != NULL && s->latest != NULL &&
		s->by_call != NULL && s->at_ret != NULL &&
		s->next_ret != NULL && s->ranges != NULL && s->from != NULL &&
		s->to != NULL && s->sequence != NULL && s->empty_at != NULL &&
		s->which != NULL && s->deadline != NULL && s->aside != NULL;
}

static void
free_room(struct stack *s, struct budget *b, uint32_t n)
{
	budget_free(b, s->least, 2 * (size_t)s->leaves, sizeof *s->least);
	budget_free(b, s->added, 2 * (size_t)s->leaves, sizeof *s->added);
	budget_free(b, s->latest, 2 * (size_t)s->leaves, sizeof *s->latest);
	budget_free(b, s->by_call, n, sizeof *s->by_call);
	budget_free(b, s->at_ret, s->gaps, sizeof *s->at_ret);
	budget_free(b, s->next_ret, s->gaps + (size_t)1, sizeof *s->next_ret);
	budget_free(b, s->ranges, n + (size_t)2, sizeof *s->ranges);
	budget_free(b, s->from, n, sizeof *s->from);
	budget_free(b, s->to, n, sizeof *s->to);
	budget_free(b, s->sequence, n, sizeof *s->sequence);
	budget_free(b, s->empty_at, n, sizeof *s->empty_at);
	budget_free(b, s->which, n, sizeof *s->which);
	budget_free(b, s->deadline, n, sizeof *s->deadline);
	budget_free(b, s->aside, n, 1);
}

void
stack_decide(const struct part *p, struct answer *out, struct budget *b)
{
	struct stack s;

	memset(&s, 0, sizeof s);
	out->algorithm = "stack";
	if (!collection_gather(&s.c, p, out, b))
		goto out;
	out->count = 0;
	s.gaps = s.c.end + 1;
	for (s.leaves = 2; s.leaves <= s.gaps; s.leaves *= 2)
		;
	if (make_room(&s, b, p->n)) {
		decide(&s);
	} else {
		out->decision = UNDECIDED;
		out->out = OUT_MEMORY;
	}
	free_room(&s, b, p->n);
out:
	collection_free(&s.c);
}
