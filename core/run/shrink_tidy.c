/* SPDX-License-Identifier: MIT */
/*
 * Times and numbers that people can read: what happens is laid out on a grid
 * of round times, every time is rounded, clients, keys and values are numbered
 * from the beginning.  Like anything else it counts only where the violation
 * stays what it was.
 *
 * A number is the tidier the fewer digits it has before its zeros; 0 has none.
 * No step makes one untidier, so that this ends.
 */
#include <stdlib.h>
#include <string.h>

#include "core/run/shrink.h"

#define MS INT64_C(1000000)

/* Digits without the zeros behind them. */
static unsigned
digits(int64_t n)
{
	unsigned count = 0;

	for (; n != 0 && n % 10 == 0; n /= 10)
		;
	for (; n != 0; n /= 10)
		count++;
	return count;
}

/* ---- one time after the other --------------------------------------------------------- */

enum { AT, FAULT_AT, FAULT_LENGTH, DELAY, SECOND, START, LENGTH };

struct place {
	int what;
	size_t index;
};

static int64_t *
time_of(struct tape *t, const struct place *p)
{
	switch (p->what) {
	case AT:
		return &t->ops[p->index].at;
	case FAULT_AT:
		return &t->faults[p->index].at;
	case FAULT_LENGTH:
		return &t->faults[p->index].length;
	case DELAY:
		return &t->choices[p->index].message.delay;
	case SECOND:
		return &t->choices[p->index].message.second;
	case START:
		return (int64_t *)(void *)&t->choices[p->index].value;
	default:
		return &t->length;
	}
}

struct places {
	struct place *at;
	size_t count, room;
};

static void
add(struct places *all, int what, size_t index)
{
	mem_grow(&all->at, &all->room, all->count + 1, sizeof *all->at);
	all->at[all->count++] = (struct place){ what, index };
}

static void
find_places(const struct tape *t, struct places *all)
{
	const struct tape_choice *c;
	size_t i;

	for (i = 0; i < t->op_count; i++)
		add(all, AT, i);
	for (i = 0; i < t->fault_count; i++) {
		add(all, FAULT_AT, i);
		add(all, FAULT_LENGTH, i);
	}
	for (i = 0; i < t->choice_count; i++) {
		c = &t->choices[i];
		if (c->kind == CHOICE_WORLD)
			add(all, START, i);
		if (c->kind != CHOICE_MESSAGE || c->message.lost)
			continue;
		add(all, DELAY, i);
		if (c->message.twice)
			add(all, SECOND, i);
	}
	if (t->length > 0)
		add(all, LENGTH, 0);
}

static const int64_t units[] = {
	1000 * MS, 100 * MS, 10 * MS, MS, MS / 10, MS / 100, MS / 1000,
};
#define UNITS (sizeof units / sizeof *units)

struct rounding {
	const struct tape *from;
	struct place place;
	int64_t value, least, most;
};

/* First 0, then down and up to whole seconds, tenths, hundredths ... */
static bool
make_rounded(void *arg, size_t i, struct tape *out)
{
	const struct rounding *r = arg;
	int64_t unit = i == 0 ? 1 : units[(i - 1) / 2], value;

	value = i == 0 ? 0 : r->value / unit * unit + (i % 2 == 0 ? unit : 0);
	if (digits(value) >= digits(r->value) || value < r->least ||
	    value > r->most)
		return false;
	tape_copy(r->from, out);
	*time_of(out, &r->place) = value;
	tape_sort(out);
	return true;
}

/* What chance could have chosen, too: any time that is not shorter than the
 * shortest, where the delays of links are without an end. */
static void
bounds(const struct shrink *s, struct rounding *r)
{
	const struct dist *d = &s->config->run->latency;

	r->least = r->place.what == FAULT_LENGTH || r->place.what == LENGTH;
	r->most = INT64_MAX;
	if (r->place.what == START)
		r->most = MS;
	if (r->place.what != DELAY && r->place.what != SECOND)
		return;
	if (d->kind == DIST_UNIFORM || d->kind == DIST_PARETO)
		r->least = r->value < d->a ? r->value : d->a;
	if (d->kind == DIST_UNIFORM)
		r->most = r->value > d->b ? r->value : d->b;
}

static bool
round_times(struct shrink *s)
{
	struct places all = { 0 };
	struct tape from;
	struct rounding r = { .from = &from };
	bool any = false;
	size_t i;

	find_places(&s->best, &all);
	for (i = 0; i < all.count && !shrink_over(s); i++) {
		r.place = all.at[i];
		r.value = *time_of(&s->best, &r.place);
		if (digits(r.value) < 2)
			continue;
		bounds(s, &r);
		tape_copy(&s->best, &from);
		/* Its place may be another one now, in the new order. */
		if (shrink_try(s, 1 + 2 * UNITS, make_rounded, &r, NULL))
			any = true;
		tape_drop(&from);
	}
	free(all.at);
	return any;
}

/* ---- messages that are only late ------------------------------------------------------ */

struct plainer {
	const struct tape *from;
	size_t which;
};

/* Without its copy, or not passed by others. */
static bool
make_plainer(void *arg, size_t i, struct tape *out)
{
	const struct plainer *p = arg;
	const struct net_choice *was = &p->from->choices[p->which].message;
	struct net_choice *m;

	if (!(i == 0 ? was->twice : was->held))
		return false;
	tape_copy(p->from, out);
	m = &out->choices[p->which].message;
	if (i == 0)
		m->twice = false;
	else
		m->held = false;
	return true;
}

static bool
make_plain(struct shrink *s)
{
	struct tape from;
	struct plainer p = { .from = &from };
	bool any = false;

	for (; p.which < s->best.choice_count && !shrink_over(s); p.which++) {
		if (s->best.choices[p.which].kind != CHOICE_MESSAGE)
			continue;
		tape_copy(&s->best, &from);
		any |= shrink_try(s, 2, make_plainer, &p, NULL);
		tape_drop(&from);
	}
	return any;
}

/* ---- on a grid ------------------------------------------------------------------------ */

static const int64_t grids[] = { 100 * MS, 10 * MS, 5 * MS, 2 * MS, MS };
/* What is so close to each other happens at one time. */
static const int64_t merged[] = { 0, 2 * MS, 5 * MS };
#define GRIDS	(sizeof grids / sizeof *grids)
#define MERGED	(sizeof merged / sizeof *merged)
/* What becomes of delays: as they are; the long ones to beyond the end. */
#define DELAYS	2u

static int
compare_times(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The points in time at which something begins or ends, in their order. */
static size_t
find_points(const struct tape *t, int64_t *points)
{
	size_t i, count = 0;

	for (i = 0; i < t->op_count; i++)
		if (t->ops[i].phase == FR_PHASE_MAIN)
			points[count++] = t->ops[i].at;
	for (i = 0; i < t->fault_count; i++) {
		points[count++] = t->faults[i].at;
		points[count++] = t->faults[i].at + t->faults[i].length;
	}
	if (count > 0)
		qsort(points, count, sizeof *points, compare_times);
	return count;
}

/* The place of a point on the grid. */
static int64_t
placed(int64_t t, const int64_t *points, size_t count, int64_t grid,
       int64_t close)
{
	int64_t at = 0, last = count > 0 ? points[0] : 0;
	size_t i;

	for (i = 0; i < count && points[i] <= t; i++) {
		if (points[i] - last > close)
			at += grid;
		last = points[i];
	}
	return at;
}

static void
stretch(struct tape_choice *c, int64_t beyond)
{
	if (c->kind == CHOICE_MESSAGE && !c->message.lost &&
	    c->message.delay >= 2 * MS)
		c->message.delay = beyond;
}

struct layout {
	const struct tape *from;
	const int64_t *points;
	size_t count;
	unsigned untidy;
	bool bounded;		/* no delay may be longer than the longest     */
};

static unsigned
untidy(const struct tape *t)
{
	struct places all = { 0 };
	struct tape copy = *t;
	unsigned sum = 0;
	size_t i;

	find_places(t, &all);
	for (i = 0; i < all.count; i++)
		sum += digits(*time_of(&copy, &all.at[i]));
	free(all.at);
	return sum;
}

static bool
make_layout(void *arg, size_t i, struct tape *out)
{
	const struct layout *l = arg;
	int64_t grid = grids[i / DELAYS / MERGED];
	int64_t close = merged[i / DELAYS % MERGED], end, at;
	size_t k;

	if (l->bounded && i % DELAYS == 1)
		return false;
	tape_copy(l->from, out);
	for (k = 0; k < out->op_count; k++)
		if (out->ops[k].phase == FR_PHASE_MAIN)
			out->ops[k].at = placed(out->ops[k].at, l->points,
						l->count, grid, close);
	for (k = 0; k < out->fault_count; k++) {
		at = out->faults[k].at;
		end = placed(at + out->faults[k].length, l->points, l->count,
			     grid, close);
		out->faults[k].at = placed(at, l->points, l->count, grid,
					   close);
		out->faults[k].length = end > out->faults[k].at ?
					end - out->faults[k].at : grid;
	}
	if (i % DELAYS == 1) {
		end = 10 * grid;
		while (end < (int64_t)l->count * grid)
			end *= 10;
		for (k = 0; k < out->choice_count; k++)
			stretch(&out->choices[k], end);
	}
	tape_sort(out);
	if (untidy(out) < l->untidy)
		return true;
	tape_drop(out);
	return false;
}

static bool
lay_out(struct shrink *s)
{
	struct tape from;
	struct layout l = { .from = &from };
	int64_t *points;
	bool found;

	tape_copy(&s->best, &from);
	points = mem_array(from.op_count + 2 * (size_t)from.fault_count + 1,
			   sizeof *points);
	l.count = find_points(&from, points);
	l.points = points;
	l.untidy = untidy(&from);
	l.bounded = s->config->run->latency.kind == DIST_UNIFORM;
	found = shrink_try(s, GRIDS * MERGED * DELAYS, make_layout, &l, NULL);
	tape_drop(&from);
	free(points);
	return found;
}

/* ---- numbered from the beginning ------------------------------------------------------- */

struct numbers {
	int64_t *at;
	size_t count, room;
};

static int64_t
number(struct numbers *all, int64_t n)
{
	size_t i;

	for (i = 0; i < all->count && all->at[i] != n; i++)
		;
	if (i == all->count) {
		mem_grow(&all->at, &all->room, i + 1, sizeof *all->at);
		all->at[all->count++] = n;
	}
	return (int64_t)i;
}

static void
number_value(struct numbers *all, struct fr_value *v, struct arena *a)
{
	int64_t *list;
	uint32_t i;

	if (v->kind == FR_INT) {
		v->u.number = 1 + number(all, v->u.number);
	} else if (v->kind == FR_LIST) {
		list = arena_copy(a, v->u.list, v->count * sizeof *list);
		for (i = 0; i < v->count; i++)
			list[i] = 1 + number(all, list[i]);
		v->u.list = list;
	}
}

/* False: a client that has nothing to do any more. */
static bool
number_end(struct numbers *all, size_t clients, uint32_t *end)
{
	if (*end >= TAPE_CLIENT)
		*end = TAPE_CLIENT + (uint32_t)number(all, *end - TAPE_CLIENT);
	return *end < TAPE_CLIENT || *end - TAPE_CLIENT < clients;
}

static void
number_ends(struct numbers *all, struct tape *t)
{
	size_t clients = all->count, i, kept = 0;

	t->clients = clients > 0 ? (uint32_t)clients : 1;
	for (i = 0; i < t->choice_count; i++)
		if (number_end(all, clients, &t->choices[i].from) &&
		    number_end(all, clients, &t->choices[i].to))
			t->choices[kept++] = t->choices[i];
	t->choice_count = kept;
}

struct numbering {
	struct shrink *shrink;
	const struct tape *from;
	size_t which;		/* 0: clients; 1: keys; 2: values; 3: faults   */
};

static bool
make_numbered(void *arg, size_t i, struct tape *out)
{
	const struct numbering *n = arg;
	struct numbers all = { 0 };
	struct tape_op *op;

	tape_copy(n->from, out);
	for (i = 0; i < out->op_count; i++) {
		op = &out->ops[i];
		if (n->which == 0)
			op->client = (uint32_t)number(&all, op->client);
		else if (n->which == 1 && op->key != FR_NO_KEY)
			op->key = number(&all, op->key);
		else if (n->which == 2)
			number_value(&all, &op->value, &n->shrink->arena);
	}
	if (n->which == 0)
		number_ends(&all, out);
	for (i = 0; i < out->fault_count && n->which == 3; i++)
		out->faults[i].id = (uint32_t)i + 1;
	free(all.at);
	return true;
}

static bool
same_numbers(const struct tape *a, const struct tape *b)
{
	struct buf x, y;
	bool same;

	buf_init(&x, 1u << 30);
	buf_init(&y, 1u << 30);
	tape_put(&x, a);
	tape_put(&y, b);
	/* Behind the heads, which hold where the arrays are. */
	same = a->clients == b->clients && x.size == y.size &&
	       memcmp(x.data + sizeof *a, y.data + sizeof *b,
		      x.size - sizeof *a) == 0;
	buf_free(&x);
	buf_free(&y);
	return same;
}

static bool
renumber(struct shrink *s)
{
	struct numbering n = { .shrink = s };
	struct tape from, wanted;
	bool any = false, same;

	for (n.which = 0; n.which < 4 && !shrink_over(s); n.which++) {
		tape_copy(&s->best, &from);
		n.from = &from;
		(void)make_numbered(&n, 0, &wanted);
		same = same_numbers(&from, &wanted);
		tape_drop(&wanted);
		if (!same)
			any |= shrink_try(s, 1, make_numbered, &n, NULL);
		tape_drop(&from);
	}
	return any;
}

bool
shrink_tidy(struct shrink *s)
{
	bool any;

	s->stage = "times and numbers";
	any = renumber(s);
	any |= make_plain(s);
	any |= lay_out(s);
	any |= round_times(s);
	return any;
}
