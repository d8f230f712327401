/* SPDX-License-Identifier: MIT */
/*
 * Why there is no linearization, in as few operations as can be.
 *
 * 1. Every experiment is a *weakening* of the part: an update may or may not
 *    have happened (it becomes pending), a read is forgotten, what came before
 *    a window is forgotten and the state at its beginning may be anything.
 *    Each only adds behaviours, so "none" stays a proof for the whole.
 * 2. An experiment that cannot be decided in a few steps is not believed:
 *    what it would have taken away stays, and the core is not called minimal.
 * 3. One pass of single experiments is enough: an operation that was needed
 *    stays needed when others are weakened.
 * 4. After each round only what is left is looked at, so that the first rounds
 *    cost the most.
 */
#include "checker/steps.h"

#include <stdlib.h>
#include <string.h>

#define STEPS		20000u		/* of one experiment                   */
#define FRONTIER_MOST	200000u		/* operations                          */
#define SMALL_CORE	8u
#define SMALL_PART	20000u

/* One attempt: what is left of the whole by now. */
struct attempt {
	const struct part *whole;
	const struct fr_history *h;
	struct budget *budget;
	struct part part;
	uint8_t *keep, *tried;		/* as for part_weaken                  */
	bool narrowed;			/* part is there                       */
	bool wild;			/* the state at the beginning          */
	bool minimal;
};

static const struct fr_operation *
op_at(const struct fr_history *h, uint64_t i)
{
	return (const void *)((const char *)h->ops + i * h->op_stride);
}

static enum decision
experiment(const struct part *of, const struct fr_history *h,
	   const uint8_t *keep, bool wild, struct budget *b)
{
	struct answer a;
	struct part p;
	uint32_t *from = NULL;

	a.decision = UNDECIDED;
	if (!budget_time(b))
		return UNDECIDED;
	if (part_weaken(&p, of, keep, &from, b) == 0) {
		if (wild)
			p.initial = NONE;
		a.order = budget_new(b, p.room, sizeof *a.order);
		if (a.order != NULL && !text_flatten(&p, h, &a, b))
			part_decide(&p, h, STEPS, &a, b);
		budget_free(b, a.order, p.room, sizeof *a.order);
	}
	budget_free(b, from, p.room, sizeof *from);
	part_free(&p, b);
	return a.decision;
}

/* ---- where to begin ----------------------------------------------------------------- */

/*
 * What those of keep[] need may have been made by others: these stay as
 * updates that may or may not have happened.
 */
static void
keep_makers(struct attempt *e)
{
	const struct part *p = e->whole;
	bool *needed = mem_array(p->values, sizeof *needed), more = true;
	uint32_t i;

	for (i = 0; i < p->n; i++)
		if (e->keep[i] != 0 && p->a[i] != NONE)
			needed[p->a[i]] = true;
	while (more) {
		more = false;
		for (i = p->n; i-- > 0;) {
			if (e->keep[i] != 0 || p->b[i] == NONE ||
			    !needed[p->b[i]])
				continue;
			e->keep[i] = 2;
			if (p->a[i] != NONE && !needed[p->a[i]])
				more = needed[p->a[i]] = true;
		}
	}
	free(needed);
}

/* Texts: whatever lies in what they read may have been put there. */
static void
keep_pieces(struct attempt *e, const struct answer *a)
{
	const struct part *p = e->whole;
	const struct fr_value *piece, *text;
	size_t unit;
	uint32_t i, k;

	for (i = 0; i < p->n; i++) {
		piece = &op_at(e->h, p->op[i])->value;
		if (e->keep[i] != 0 || (p->flags[i] & OP_PURE) ||
		    (piece->kind != FR_BYTES && piece->kind != FR_LIST))
			continue;
		unit = piece->kind == FR_LIST ? sizeof(int64_t) : 1;
		for (k = 0; k < a->clash_count; k++) {
			text = &op_at(e->h, p->op[a->clash[k]])->result;
			if (text->kind == piece->kind &&
			    memmem(text->u.bytes, text->count * unit,
				   piece->u.bytes, piece->count * unit) !=
			    NULL)
				e->keep[i] = 2;
		}
	}
}

/* Collections: pending takes could have taken what those of keep[] left. */
static void
keep_pending(struct attempt *e)
{
	const struct part *p = e->whole;
	uint32_t i;

	for (i = 0; i < p->n; i++)
		if (p->ret[i] == NEVER && p->kind[i] == Q_TAKE)
			e->keep[i] = 2;
}

/* A prefix that has none; the whole has none, so there is one. */
static void
find_prefix(struct attempt *e, uint32_t frontier)
{
	const struct part *p = e->whole;
	uint32_t end = frontier < p->ranks ? frontier + 1 : p->ranks;
	uint32_t more;

	for (more = 16; end < p->ranks; more *= 2) {
		window_make(p, 0, end, e->keep);
		if (experiment(p, e->h, e->keep, false, e->budget) == NO)
			break;
		end = more < p->ranks - end ? end + more : p->ranks;
	}
	window_make(p, 0, end, e->keep);
}

/* ---- making it small ------------------------------------------------------------------ */

/* What keep[] leaves becomes the part, and all of it is kept. */
static bool
narrow(struct attempt *e)
{
	const struct part *of = e->narrowed ? &e->part : e->whole;
	uint32_t *from = NULL;
	struct part small;
	int status = part_weaken(&small, of, e->keep, &from, e->budget);

	budget_free(e->budget, from, small.room, sizeof *from);
	if (status != 0) {
		part_free(&small, e->budget);
		return false;
	}
	if (e->narrowed)
		part_free(&e->part, e->budget);
	e->narrowed = true;
	e->part = small;
	memset(e->keep, 1, small.n);
	return true;
}

/* Numbers what can be taken away: values, or operations that have to be. */
static uint32_t
number_items(const struct part *p, bool values, uint32_t *item_of)
{
	uint32_t i, v, count = 0, *numbers = NULL;

	if (values)
		numbers = mem_array(dict_size(p->dict), sizeof *numbers);
	for (i = 0; i < p->n; i++) {
		item_of[i] = NONE;
		if (!values) {
			if (p->ret[i] != NEVER)
				item_of[i] = count++;
			continue;
		}
		v = p->kind[i] == Q_PUT ? p->a[i] : p->b[i];
		if (v == NONE || v == NIL)
			continue;
		if (numbers[v] == 0)
			numbers[v] = ++count;
		item_of[i] = numbers[v] - 1;
	}
	free(numbers);
	return count;
}

/* One round: pieces of `size` items are taken away where nothing changes. */
static void
reduce_by(struct attempt *e, bool values, const uint32_t *item_of,
	  uint32_t count, uint32_t size)
{
	const struct part *p = &e->part;
	enum decision d;
	uint32_t at, i;

	for (at = 0; at < count && budget_time(e->budget); at += size) {
		memcpy(e->tried, e->keep, p->n);
		for (i = 0; i < p->n; i++)
			if (item_of[i] >= at && item_of[i] - at < size)
				e->tried[i] = values ||
					(p->flags[i] & OP_PURE) ? 0 : 2;
		d = experiment(p, e->h, e->tried, e->wild, e->budget);
		if (d == NO)
			memcpy(e->keep, e->tried, p->n);
		else if (d != YES && size == 1 && !values)
			e->minimal = false;
	}
	if (at < count && !values)
		e->minimal = false;
}

static bool
reduce(struct attempt *e, bool values)
{
	uint32_t *item_of = mem_array(e->part.n, sizeof *item_of);
	uint32_t count, size = UINT32_MAX;
	bool ok = true;

	while (ok) {
		count = number_items(&e->part, values, item_of);
		size = size / 2 < count / 2 ? size / 2 : count / 2;
		if (size == 0)
			size = 1;
		reduce_by(e, values, item_of, count, size);
		ok = narrow(e);
		if (size == 1 || !budget_time(e->budget))
			break;
	}
	free(item_of);
	return ok;
}

/* ---- the whole ------------------------------------------------------------------------- */

enum beginning { FROM_CLASH, FROM_WINDOW, FROM_PREFIX };

static bool
begin(struct attempt *e, enum beginning how, const struct answer *a)
{
	const struct part *p = e->whole;
	uint32_t i, frontier = a->frontier;

	if (how == FROM_PREFIX) {
		find_prefix(e, frontier);
		return true;
	}
	if (how == FROM_WINDOW) {
		e->wild = true;
		return window_refute(p, e->h, frontier, STEPS, e->keep,
				     e->budget);
	}
	for (i = 0; i < a->clash_count; i++)
		e->keep[a->clash[i]] = 1;
	if (p->shape == SHAPE_PLAIN)
		keep_makers(e);
	else if (p->shape == SHAPE_TEXT)
		keep_pieces(e, a);
	else if (p->model->projects)
		keep_pending(e);
	return a->clash_count > 0 &&
		experiment(p, e->h, e->keep, false, e->budget) == NO;
}

/* false: this is no beginning. */
static bool
attempt(const struct part *p, const struct fr_history *h,
	const struct answer *a, enum beginning how, struct budget *b,
	struct core *out)
{
	struct attempt e = { .whole = p, .h = h, .budget = b,
			     .minimal = true };
	uint32_t i;
	bool ok;

	e.keep = mem_array(p->n, 1);
	e.tried = mem_array(p->n, 1);
	ok = begin(&e, how, a) && narrow(&e);
	if (ok && p->model->projects && p->shape == SHAPE_WORDS &&
	    p->model->kind != MODEL_SET)
		ok = reduce(&e, true);
	ok = ok && reduce(&e, false);
	/* What may or may not have happened is no part of the proof. */
	for (i = 0; ok && i < e.part.n; i++)
		e.keep[i] = e.part.ret[i] != NEVER;
	ok = ok && narrow(&e);
	if (ok) {
		out->part = e.part;
		out->wild = e.wild;
		out->minimal = e.minimal;
	} else if (e.narrowed) {
		part_free(&e.part, b);
	}
	free(e.keep);
	free(e.tried);
	return ok;
}

bool
core_find(const struct part *p, const struct fr_history *h,
	  const struct answer *a, struct budget *b, struct core *out)
{
	struct core other;

	if (attempt(p, h, a, FROM_CLASH, b, out))
		return true;
	if (!attempt(p, h, a, FROM_WINDOW, b, out))
		return attempt(p, h, a, FROM_PREFIX, b, out);
	/* The state being open costs operations that say what it was. */
	if (out->part.n <= SMALL_CORE || p->n > SMALL_PART ||
	    !attempt(p, h, a, FROM_PREFIX, b, &other))
		return true;
	if (other.part.n < out->part.n) {
		part_free(&out->part, b);
		*out = other;
	} else {
		part_free(&other.part, b);
	}
	return true;
}

/* ---- the latest point with a linearization -------------------------------------------- */

uint64_t
core_frontier(const struct part *p, const struct fr_history *h,
	      const struct core *c, struct budget *b)
{
	uint32_t low = 0, high = 0, middle, i, k = 0;
	enum decision d = YES;
	uint8_t *keep;

	if (p->n > FRONTIER_MOST)
		return UINT64_MAX;
	/* Ranks of a part and of a weaker one are the same. */
	for (i = 0; i < p->n && k < c->part.n; i++) {
		if (p->op[i] != c->part.op[k])
			continue;
		k++;
		if (p->ret[i] + 1 > high)
			high = p->ret[i] + 1;
	}
	keep = mem_array(p->n, 1);
	/* Nothing before `low` is wrong; something before `high` is. */
	while (low < high && d != UNDECIDED) {
		middle = low + (high - low) / 2;
		window_make(p, 0, middle, keep);
		d = experiment(p, h, keep, false, b);
		if (d == NO)
			high = middle;
		else
			low = middle + 1;
	}
	free(keep);
	for (i = 0; i < p->n && d != UNDECIDED; i++)
		if (low > 0 && p->ret[i] == low - 1)
			return p->op[i];
	return UINT64_MAX;
}
