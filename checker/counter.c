/* SPDX-License-Identifier: MIT */
/*
 * A counter to which one amount is added again and again: O(n log n).
 *
 * 1. The v-th addition makes the v-th value; let it be at the gap t(v) (gap g
 *    is the instant between rank g and rank g + 1; within a gap things are in
 *    the order of their values).  Only these times matter: a read of the v-th
 *    value fits in exactly when t(v) <= its last gap and its first gap <=
 *    t(v + 1).  So each t(v) has a window, early(v) .. late(v), and since t
 *    grows with v, so may both ends be made to grow.
 * 2. An addition that answered says its v itself: it narrows that window.
 * 3. The other additions take the other v.  Any choice that gives each an
 *    instant within its own time and the window of its v will do: where two
 *    stand in the wrong order, t(v) > t(v + 1), both may change places, since
 *    the windows grow.
 * 4. Such a choice is found by waiting as long as can be: an addition is made
 *    when its end comes, or when a window ends, then the one that ends first;
 *    it gets the least v that is left.  Whatever another choice gives to whom,
 *    it may be exchanged for this one.  A pending addition never ends.
 *
 * Where amounts differ this is a puzzle of sums: the search is asked.
 */
#include "checker/collections.h"

#include <string.h>

#include "checker/steps.h"

#define STEP_MOST	(INT64_C(1) << 30)
#define FIRST_MOST	(INT64_C(1) << 61)

struct counter {
	const struct part *p;
	struct budget *budget;
	struct answer *out;
	int64_t step, first;
	uint32_t most;			/* additions, and so the greatest v    */
	uint32_t *early, *late;		/* of v: gaps; late NEVER: need not be */
	uint32_t *made_by;		/* of v: operation; NONE: any, none    */
	uint32_t *event;		/* of a rank: op * 2, + 1 for its end  */
	uint32_t *heap, heap_count;	/* ranks of ends of what is open       */
	uint32_t *pending, pending_count, pending_used;
	uint32_t *start;		/* of v: where its reads begin ...     */
	uint32_t *reads;		/* ... in here                         */
};

/* ---- what there is ---------------------------------------------------- */

/* The one amount.  false: not for us. */
static bool
find_step(struct counter *c)
{
	const struct part *p = c->p;
	uint32_t i, one = NONE;
	int64_t amount;

	for (i = 0; i < p->n; i++) {
		if (p->kind[i] == COUNT_READ)
			continue;
		if (one != NONE && p->a[i] != one)
			return false;
		if (p->ret[i] == NEVER && p->kind[i] != COUNT_ADD)
			return false;
		one = p->a[i];
		c->most++;
	}
	amount = one == NONE ? 1 : dict_int(p->dict, one);
	if (p->bound->initial.kind == FR_INT)
		c->first = p->bound->initial.u.number;
	c->step = amount;
	return amount != 0 && amount <= STEP_MOST && amount >= -STEP_MOST &&
		c->first <= FIRST_MOST && c->first >= -FIRST_MOST;
}

/* Which v the value is; NONE: none. */
static uint32_t
place_of(const struct counter *c, uint32_t id)
{
	__int128 far = (__int128)dict_int(c->p->dict, id) - c->first;

	if (far % c->step != 0 || far / c->step < 0 ||
	    far / c->step > c->most)
		return NONE;
	return (uint32_t)(far / c->step);
}

static void
narrow(struct counter *c, uint32_t v, uint32_t early, uint32_t late)
{
	if (v >= 1 && v <= c->most && early > c->early[v])
		c->early[v] = early;
	if (v >= 1 && v <= c->most && late < c->late[v])
		c->late[v] = late;
}

/* What reads and answers say about the windows. */
static bool
make_windows(struct counter *c)
{
	const struct part *p = c->p;
	uint32_t i, v;

	memset(c->late, 0xff, (c->most + (size_t)1) * sizeof *c->late);
	memset(c->made_by, 0xff, (c->most + (size_t)1) * sizeof *c->made_by);
	for (i = 0; i < p->n; i++) {
		if (p->kind[i] == COUNT_ADD)
			continue;
		v = place_of(c, p->b[i]);
		if (v != NONE && p->kind[i] == COUNT_GET_ADD)
			v++;
		if (v == NONE || v > c->most ||
		    (v == 0 && p->kind[i] != COUNT_READ))
			return answer_no(c->out, "invented", p->ret[i]);
		if (p->kind[i] == COUNT_READ) {
			narrow(c, v, 0, p->ret[i] - 1);
			narrow(c, v + 1, p->call[i], NEVER);
			c->start[v + 1]++;
			continue;
		}
		if (c->made_by[v] != NONE)
			return answer_no(c->out, "duplicate", p->ret[i]);
		c->made_by[v] = i;
		narrow(c, v, p->call[i], p->ret[i] - 1);
	}
	for (v = 1; v <= c->most; v++)
		if (c->early[v - 1] > c->early[v])
			c->early[v] = c->early[v - 1];
	for (v = c->most; v-- > 1;)
		if (c->late[v + 1] < c->late[v])
			c->late[v] = c->late[v + 1];
	for (v = 1; v <= c->most; v++)
		if (c->early[v] > c->late[v])
			return answer_no(c->out, "order", c->early[v]);
	return true;
}

/* ---- who is when --------------------------------------------------------- */

static void
heap_put(struct counter *c, uint32_t end)
{
	uint32_t at = c->heap_count++, up;

	for (; at > 0 && c->heap[up = (at - 1) / 2] > end; at = up)
		c->heap[at] = c->heap[up];
	c->heap[at] = end;
}

static uint32_t
heap_take(struct counter *c)
{
	uint32_t least = c->heap[0], last = c->heap[--c->heap_count];
	uint32_t at = 0, down;

	while ((down = at * 2 + 1) < c->heap_count) {
		if (down + 1 < c->heap_count &&
		    c->heap[down + 1] < c->heap[down])
			down++;
		if (c->heap[down] >= last)
			break;
		c->heap[at] = c->heap[down];
		at = down;
	}
	c->heap[at] = last;
	return least;
}

/* The one that is to be made next; NONE: there is none. */
static uint32_t
next_addition(struct counter *c)
{
	if (c->heap_count > 0)
		return c->event[heap_take(c)] / 2;
	return c->pending_used < c->pending_count ?
		c->pending[c->pending_used++] : NONE;
}

/* The least v that is left and that no answer says. */
static uint32_t
next_place(const struct counter *c, uint32_t v)
{
	while (v <= c->most && c->made_by[v] != NONE)
		v++;
	return v;
}

static void
note_events(struct counter *c)
{
	const struct part *p = c->p;
	uint32_t i;

	memset(c->event, 0xff, (p->ranks + (size_t)1) * sizeof *c->event);
	for (i = 0; i < p->n; i++) {
		if (p->kind[i] != COUNT_ADD)
			continue;
		c->event[p->call[i]] = i * 2;
		if (p->ret[i] != NEVER)
			c->event[p->ret[i]] = i * 2 + 1;
	}
}

static bool
sweep(struct counter *c)
{
	const struct part *p = c->p;
	uint32_t gap, v = next_place(c, 1), i;

	note_events(c);
	for (gap = 0; gap < p->ranks; gap++) {
		i = c->event[gap];
		if (i != NONE && !(i & 1) && p->ret[i / 2] != NEVER)
			heap_put(c, p->ret[i / 2]);
		else if (i != NONE && !(i & 1))
			c->pending[c->pending_count++] = i / 2;
		while (v <= c->most && c->late[v] == gap) {
			i = next_addition(c);
			if (i == NONE)
				return answer_no(c->out, "invented", gap + 1);
			c->made_by[v] = i;
			v = next_place(c, v + 1);
		}
		/* What ends now and was not made yet is the first to end. */
		if (c->heap_count == 0 || c->heap[0] != gap + 1)
			continue;
		if (v > c->most || c->early[v] > gap)
			return answer_no(c->out, "lost", v > c->most ? gap + 1 :
				  c->early[v]);
		c->made_by[v] = next_addition(c);
		v = next_place(c, v + 1);
	}
	return true;
}

static void
lay_out(struct counter *c)
{
	const struct part *p = c->p;
	struct answer *out = c->out;
	uint32_t i, v, at, from;

	for (v = 1; v <= c->most + 1; v++)
		c->start[v] += c->start[v - 1];
	for (i = 0; i < p->n; i++)
		if (p->kind[i] == COUNT_READ)
			c->reads[c->start[place_of(c, p->b[i])]++] = i;
	/* Each start is now where the next one was. */
	for (v = 0, from = 0; v <= c->most; v++) {
		if (v > 0 && c->made_by[v] != NONE)
			out->order[out->count++] = c->made_by[v];
		for (at = from; at < c->start[v]; at++)
			out->order[out->count++] = c->reads[at];
		from = c->start[v];
	}
	out->decision = YES;
}

void
counter_decide(const struct part *p, struct answer *out, struct budget *b)
{
	struct counter c = { .p = p, .budget = b, .out = out };
	size_t room, ranks = p->ranks + (size_t)1;

	out->algorithm = "counter";
	out->decision = NOT_FOR_ME;
	out->clash_count = 0;
	out->violation = NULL;
	out->out = OUT_NOTHING;
	out->count = 0;
	out->frontier = p->ranks;
	if (!find_step(&c))
		return;
	room = c.most + (size_t)2;
	c.early = budget_new(b, room, sizeof *c.early);
	c.late = budget_new(b, room, sizeof *c.late);
	c.made_by = budget_new(b, room, sizeof *c.made_by);
	c.start = budget_new(b, room, sizeof *c.start);
	c.heap = budget_new(b, room, sizeof *c.heap);
	c.pending = budget_new(b, room, sizeof *c.pending);
	c.reads = budget_new(b, p->n, sizeof *c.reads);
	c.event = budget_new(b, ranks, sizeof *c.event);
	if (c.early == NULL || c.late == NULL || c.made_by == NULL ||
	    c.start == NULL || c.heap == NULL || c.pending == NULL ||
	    c.reads == NULL || c.event == NULL) {
		out->decision = UNDECIDED;
		out->out = OUT_MEMORY;
	} else if (make_windows(&c) && sweep(&c)) {
		lay_out(&c);
	}
	budget_free(b, c.early, room, sizeof *c.early);
	budget_free(b, c.late, room, sizeof *c.late);
	budget_free(b, c.made_by, room, sizeof *c.made_by);
	budget_free(b, c.start, room, sizeof *c.start);
	budget_free(b, c.heap, room, sizeof *c.heap);
	budget_free(b, c.pending, room, sizeof *c.pending);
	budget_free(b, c.reads, p->n, sizeof *c.reads);
	budget_free(b, c.event, ranks, sizeof *c.event);
}
