/* SPDX-License-Identifier: MIT */
/*
 * A set from which nothing is taken, and of which some reads see all: linear
 * in the operations and in what the reads show.
 *
 * 1. What two reads show is one within the other, so reads that show the same
 *    are a *class*, and classes stand in a row.  An element belongs to the
 *    class that shows it first, or behind them all.
 * 2. Let t(x) be the gap in which x comes in (gap g is the instant between rank
 *    g and rank g + 1; within a gap things are in the order of their classes).
 *    It is not before the last call of a lower class, nor of what did not find
 *    x, nor before x is first being added, nor before t(y) of a lower class;
 *    and there is nothing else that holds it back.  So the least t, class by
 *    class, is the best: everything else only asks that t be not too late.
 * 3. There is a linearization exactly when with these t: t(x) <= the last gap of
 *    every read that shows x and of everything that found it, and nobody who
 *    added x was done before x may come in.
 *
 * Where elements are removed the search is asked.
 */
#include "checker/collections.h"
#include "checker/steps.h"

struct element {
	uint32_t class;			/* NONE: no read shows it              */
	uint32_t add;			/* the first called; NONE: nobody      */
	uint32_t call, ret;		/* the first call, the first end       */
	uint32_t found, missed;		/* last gap by which, first gap ...    */
	uint32_t when;			/* t; NONE: it never comes in          */
};

struct class {
	uint32_t last_call, first_ret;	/* of its reads                        */
};

struct sets {
	const struct part *p;
	struct budget *budget;
	struct answer *out;
	uint32_t values;
	struct element *at;
	uint32_t *reads, read_count;	/* by size, then by call               */
	uint32_t *class_of;		/* of a read, in that order            */
	struct class *classes;
	uint32_t class_count;
	uint32_t *members, member_count; /* elements, by class                 */
	uint32_t *items, item_count;	/* operations, before they are sorted  */
	uint32_t *gap;			/* of an item                          */
};

/* ---- what there is ---------------------------------------------------- */

static void
note_add(struct sets *s, uint32_t i)
{
	const struct part *p = s->p;
	struct element *e = &s->at[p->a[i]];

	if (e->add == NONE) {
		e->add = i;
		e->call = p->call[i];
	}
	if (p->ret[i] < e->ret)
		e->ret = p->ret[i];
}

/* false: answered, or not for us. */
static bool
gather(struct sets *s)
{
	const struct part *p = s->p;
	struct element *e;
	uint32_t i, v;

	for (v = 0; v < s->values; v++)
		s->at[v] = (struct element){ NONE, NONE, NONE, NEVER, NEVER,
					     0, NONE };
	for (i = 0; i < p->n; i++) {
		switch (p->kind[i]) {
		case SET_ADD:
			note_add(s, i);
			break;
		case SET_HAS:
			e = &s->at[p->a[i]];
			if (p->b[i] == 0 && p->call[i] > e->missed)
				e->missed = p->call[i];
			if (p->b[i] != 0 && p->ret[i] - 1 < e->found)
				e->found = p->ret[i] - 1;
			break;
		case SET_READ:
			s->reads[s->read_count++] = i;
			break;
		default:
			return false;
		}
	}
	for (i = 0; i < s->read_count; i++)
		if (p->b[s->reads[i]] == NONE)
			return answer_no(s->out, "duplicate",
					 p->ret[s->reads[i]]);
	return true;
}

static uint32_t
size_of(const struct sets *s, uint32_t read)
{
	return s->p->pool[s->p->b[read]];
}

static bool
sort_reads(struct sets *s)
{
	uint32_t most = 0, i, *start, *sorted;
	size_t room;

	for (i = 0; i < s->read_count; i++)
		if (size_of(s, s->reads[i]) > most)
			most = size_of(s, s->reads[i]);
	room = most + (size_t)2;
	start = budget_new(s->budget, room, sizeof *start);
	sorted = budget_new(s->budget, s->p->n, sizeof *sorted);
	if (start == NULL || sorted == NULL) {
		budget_free(s->budget, start, room, sizeof *start);
		budget_free(s->budget, sorted, s->p->n, sizeof *sorted);
		return false;
	}
	for (i = 0; i < s->read_count; i++)
		start[size_of(s, s->reads[i]) + 1]++;
	for (i = 1; i < room; i++)
		start[i] += start[i - 1];
	for (i = 0; i < s->read_count; i++)
		sorted[start[size_of(s, s->reads[i])]++] = s->reads[i];
	budget_free(s->budget, start, room, sizeof *start);
	budget_free(s->budget, s->reads, s->p->n, sizeof *s->reads);
	s->reads = sorted;
	return true;
}

/* Rule 1.  false: two reads are not one within the other. */
static bool
make_classes(struct sets *s)
{
	const struct part *p = s->p;
	uint32_t k, i, read, met, size = 0, class;
	const uint32_t *list;

	for (k = 0; k < s->read_count; k++) {
		read = s->reads[k];
		list = p->pool + p->b[read];
		if (k == 0 || list[0] != size)
			s->classes[s->class_count++] =
				(struct class){ 0, NEVER };
		class = s->class_count - 1;
		for (i = 1, met = 0; i <= list[0]; i++)
			met += s->at[list[i]].class != NONE;
		if (met != size)
			return answer_no(s->out, "order", p->ret[read] >
				  p->ret[s->reads[k - 1]] ? p->ret[read] :
				  p->ret[s->reads[k - 1]]);
		for (i = 1; i <= list[0]; i++) {
			if (s->at[list[i]].class != NONE)
				continue;
			s->at[list[i]].class = class;
			s->members[s->member_count++] = list[i];
		}
		size = list[0];
		s->class_of[k] = class;
		if (p->call[read] > s->classes[class].last_call)
			s->classes[class].last_call = p->call[read];
		if (p->ret[read] < s->classes[class].first_ret)
			s->classes[class].first_ret = p->ret[read];
	}
	for (class = s->class_count; class-- > 1;)
		if (s->classes[class].first_ret <
		    s->classes[class - 1].first_ret)
			s->classes[class - 1].first_ret =
				s->classes[class].first_ret;
	return true;
}

/* ---- when ---------------------------------------------------------------- */

/* Rules 2 and 3 for one element that may not come in before `base`. */
static bool
place(struct sets *s, struct element *e, uint32_t base)
{
	uint32_t last = e->found;

	if (e->class != NONE && s->classes[e->class].first_ret - 1 < last)
		last = s->classes[e->class].first_ret - 1;
	if (e->add == NONE)
		return last == NEVER || answer_no(s->out, "invented", last + 1);
	/* Pending, and nobody saw it: it need not be. */
	if (e->ret == NEVER && last == NEVER)
		return true;
	if (e->missed > base)
		base = e->missed;
	if (e->ret != NEVER && e->ret - 1 < base)
		return answer_no(s->out, "lost", base);
	e->when = e->call > base ? e->call : base;
	return e->when <= last || answer_no(s->out, "order", e->when);
}

static bool
place_all(struct sets *s)
{
	uint32_t class, at = 0, base = 0, reach, v;
	struct element *e;

	for (class = 0; class < s->class_count; class++) {
		reach = base;
		for (; at < s->member_count; at++) {
			e = &s->at[s->members[at]];
			if (e->class != class)
				break;
			if (!place(s, e, base))
				return false;
			if (e->when != NONE && e->when > reach)
				reach = e->when;
		}
		base = reach;
		if (s->classes[class].last_call > base)
			base = s->classes[class].last_call;
	}
	for (v = 0; v < s->values; v++)
		if (s->at[v].class == NONE && !place(s, &s->at[v], base))
			return false;
	return true;
}

/* ---- the linearization ---------------------------------------------------- */

static void
item(struct sets *s, uint32_t i, uint32_t gap)
{
	gap = gap > s->p->call[i] ? gap : s->p->call[i];
	s->items[s->item_count] = i;
	s->gap[s->item_count++] = gap;
}

/* In the order that they have within a gap. */
static void
list_items(struct sets *s)
{
	const struct part *p = s->p;
	uint32_t i, k = 0, at = 0, class, reach = 0, v;
	struct element *e;

	for (i = 0; i < p->n; i++)
		if (p->kind[i] == SET_HAS && p->b[i] == 0)
			item(s, i, 0);
	for (class = 0; class < s->class_count; class++) {
		for (; at < s->member_count; at++) {
			e = &s->at[s->members[at]];
			if (e->class != class)
				break;
			item(s, e->add, e->when);
			if (e->when > reach)
				reach = e->when;
		}
		for (; k < s->read_count && s->class_of[k] == class; k++)
			item(s, s->reads[k], reach);
	}
	for (v = 0; v < s->values; v++)
		if (s->at[v].class == NONE && s->at[v].when != NONE)
			item(s, s->at[v].add, s->at[v].when);
	for (i = 0; i < p->n; i++) {
		e = &s->at[p->kind[i] == SET_READ ? 0 : p->a[i]];
		if ((p->kind[i] == SET_ADD && i != e->add &&
		     p->ret[i] != NEVER) ||
		    (p->kind[i] == SET_HAS && p->b[i] != 0))
			item(s, i, e->when);
	}
}

static bool
lay_out(struct sets *s)
{
	uint32_t *start, i;
	size_t room = s->p->ranks + (size_t)2;

	start = budget_new(s->budget, room, sizeof *start);
	if (start == NULL)
		return false;
	list_items(s);
	for (i = 0; i < s->item_count; i++)
		start[s->gap[i] + 1]++;
	for (i = 1; i < room; i++)
		start[i] += start[i - 1];
	for (i = 0; i < s->item_count; i++)
		s->out->order[start[s->gap[i]]++] = s->items[i];
	s->out->count = s->item_count;
	s->out->decision = YES;
	budget_free(s->budget, start, room, sizeof *start);
	return true;
}

static bool
decide(struct sets *s)
{
	if (!gather(s))
		return true;
	if (!sort_reads(s))
		return false;
	return !make_classes(s) || !place_all(s) || lay_out(s);
}

void
set_decide(const struct part *p, struct answer *out, struct budget *b)
{
	struct sets s = { .p = p, .budget = b, .out = out };
	uint32_t n = p->n;

	out->algorithm = "set";
	out->decision = NOT_FOR_ME;
	out->clash_count = 0;
	out->violation = NULL;
	out->out = OUT_NOTHING;
	out->count = 0;
	out->frontier = p->ranks;
	s.values = dict_size(p->dict);
	s.at = budget_new(b, s.values, sizeof *s.at);
	s.reads = budget_new(b, n, sizeof *s.reads);
	s.class_of = budget_new(b, n, sizeof *s.class_of);
	s.classes = budget_new(b, n, sizeof *s.classes);
	s.members = budget_new(b, s.values, sizeof *s.members);
	s.items = budget_new(b, n, sizeof *s.items);
	s.gap = budget_new(b, n, sizeof *s.gap);
	if (s.at == NULL || s.reads == NULL || s.class_of == NULL ||
	    s.classes == NULL || s.members == NULL || s.items == NULL ||
	    s.gap == NULL || !decide(&s)) {
		out->decision = UNDECIDED;
		out->out = OUT_MEMORY;
	}
	budget_free(b, s.at, s.values, sizeof *s.at);
	budget_free(b, s.reads, n, sizeof *s.reads);
	budget_free(b, s.class_of, n, sizeof *s.class_of);
	budget_free(b, s.classes, n, sizeof *s.classes);
	budget_free(b, s.members, s.values, sizeof *s.members);
	budget_free(b, s.items, n, sizeof *s.items);
	budget_free(b, s.gap, n, sizeof *s.gap);
}
