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
 */
#include "checker/steps.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"

#define STEPS		20000u		/* of one experiment                   */
#define TIME		INT64_C(5000000000)
#define LONGEST		12u		/* core whose beginnings are searched  */
#define FRONTIER_MOST	200000u		/* operations                          */

struct evidence {
	const struct part *p;		/* first the whole, then what matters  */
	const struct fr_history *h;
	const struct check_config *c;
	struct budget budget;
	uint8_t *keep, *tried;		/* as for part_weaken                  */
	bool wild;			/* the state at the beginning          */
	bool minimal;
};

static const struct fr_operation *
op_at(const struct fr_history *h, uint64_t i)
{
	return (const void *)((const char *)h->ops + i * h->op_stride);
}

static enum decision
try(struct evidence *e, const uint8_t *keep, bool wild)
{
	struct answer a;
	struct part p;
	uint32_t *from = NULL;

	a.decision = UNDECIDED;
	if (!budget_time(&e->budget))
		return UNDECIDED;
	if (part_weaken(&p, e->p, keep, &from, &e->budget) == 0) {
		if (wild)
			p.initial = NONE;
		a.order = budget_new(&e->budget, p.room, sizeof *a.order);
		if (a.order != NULL) {
			zones_decide(&p, &a, &e->budget);
			if (a.decision == NOT_FOR_ME)
				search_decide(&p, e->h, STEPS, &a, &e->budget);
		}
		budget_free(&e->budget, a.order, p.room, sizeof *a.order);
	}
	budget_free(&e->budget, from, p.room, sizeof *from);
	part_free(&p, &e->budget);
	return a.decision;
}

/* ---- where to look --------------------------------------------------------------- */

/* What had happened before rank `end`, and after `begin`. */
static void
window(const struct part *p, uint32_t begin, uint32_t end, uint8_t *keep)
{
	uint32_t i;

	for (i = 0; i < p->n; i++) {
		if (p->call[i] >= end || p->ret[i] < begin)
			keep[i] = 0;
		else if (p->call[i] < begin || p->ret[i] >= end)
			keep[i] = p->flags[i] & OP_PURE ? 0 : 2;
		else
			keep[i] = 1;
	}
}

/* A window that has no linearization whatever was there before it. */
static void
find_window(struct evidence *e, uint32_t frontier)
{
	const struct part *p = e->p;
	uint32_t end = frontier < p->ranks ? frontier + 1 : p->ranks, size;
	uint32_t more;

	for (more = 16; end < p->ranks; more *= 2) {
		window(p, 0, end, e->keep);
		if (try(e, e->keep, false) == NO)
			break;
		end = more < p->ranks - end ? end + more : p->ranks;
	}
	window(p, 0, end, e->keep);
	if (p->shape != SHAPE_PLAIN)
		return;
	for (size = 16; size < end; size *= 2) {
		window(p, end - size, end, e->tried);
		if (try(e, e->tried, true) == NO) {
			memcpy(e->keep, e->tried, p->n);
			e->wild = true;
			return;
		}
	}
}

/* ---- making it small ---------------------------------------------------------------- */

/*
 * Experiments on items[0 .. count): each belongs to some operations.  Takes
 * away as large pieces as it can, then single ones.
 */
static void
reduce(struct evidence *e, const uint32_t *item_of, uint32_t count, bool gone)
{
	const struct part *p = e->p;
	bool *off = mem_array(count, sizeof *off);
	uint32_t size, at, i, touched;
	enum decision d;

	for (size = count > 1 ? count / 2 : 1; size > 0; size /= 2) {
		for (at = 0; at < count; at += size) {
			memcpy(e->tried, e->keep, p->n);
			touched = 0;
			for (i = 0; i < p->n; i++) {
				if (item_of[i] < at || item_of[i] >= at + size ||
				    item_of[i] >= count || off[item_of[i]] ||
				    e->keep[i] == 0)
					continue;
				if (gone || (p->flags[i] & OP_PURE))
					e->tried[i] = 0;
				else if (e->keep[i] == 1)
					e->tried[i] = 2;
				touched++;
			}
			if (touched == 0)
				continue;
			d = try(e, e->tried, e->wild);
			if (d == NO) {
				memcpy(e->keep, e->tried, p->n);
				for (i = at; i < at + size && i < count; i++)
					off[i] = true;
			} else if (d != YES && size == 1) {
				e->minimal = false;
			}
		}
	}
	free(off);
}

/* Collections: without all operations on some of the values. */
static void
reduce_values(struct evidence *e)
{
	const struct part *p = e->p;
	uint32_t *item_of, i, v, count = dict_size(p->dict);
	bool minimal = e->minimal;

	if (!p->model->projects || p->shape != SHAPE_WORDS ||
	    p->model->step == step_set)
		return;
	item_of = mem_array(p->n, sizeof *item_of);
	for (i = 0; i < p->n; i++) {
		v = p->kind[i] == Q_PUT ? p->a[i] : p->b[i];
		item_of[i] = v == NONE || v == NIL ? NONE : v;
	}
	reduce(e, item_of, count, true);
	e->minimal = minimal;
	free(item_of);
}

static void
reduce_operations(struct evidence *e)
{
	const struct part *p = e->p;
	uint32_t *item_of = mem_array(p->n, sizeof *item_of), i, count = 0;

	for (i = 0; i < p->n; i++)
		item_of[i] = e->keep[i] == 1 && p->ret[i] != NEVER ?
			count++ : NONE;
	reduce(e, item_of, count, false);
	/* What may or may not have happened is no part of the proof. */
	for (i = 0; i < p->n; i++)
		if (e->keep[i] == 2 || p->ret[i] == NEVER)
			e->keep[i] = 0;
	free(item_of);
}

/* ---- the latest point with a linearization -------------------------------------------- */

static uint64_t
find_frontier(struct evidence *e, uint32_t known_bad)
{
	const struct part *p = e->p;
	uint32_t low = 0, high = known_bad, middle, i;
	enum decision d;

	if (p->n > FRONTIER_MOST)
		return UINT64_MAX;
	/* Nothing before `low` is wrong; something before `high` is. */
	while (low < high) {
		middle = low + (high - low) / 2;
		window(p, 0, middle, e->tried);
		d = try(e, e->tried, false);
		if (d == NO)
			high = middle;
		else if (d == YES)
			low = middle + 1;
		else
			return UINT64_MAX;
	}
	for (i = 0; i < p->n; i++)
		if (low > 0 && p->ret[i] == low - 1)
			return p->op[i];
	return UINT64_MAX;
}

/* ---- in words --------------------------------------------------------------------------- */

struct story {
	struct evidence *e;
	struct part core;
	struct object o;
	uint32_t best[LONGEST], best_count, best_state;
};

static bool
may_be_next(const struct part *p, const bool *done, uint32_t i,
	    uint32_t *because)
{
	uint32_t k;

	for (k = 0; k < p->n; k++)
		if (!done[k] && k != i && p->ret[k] < p->call[i]) {
			*because = k;
			return false;
		}
	return true;
}

/* The longest legal beginning of the core, by trying all: it is small. */
static void
longest(struct story *s)
{
	const struct part *p = &s->core;
	uint32_t at[LONGEST + 1], state[LONGEST + 1], next, because;
	uint32_t depth = 0, steps = 0;
	bool done[LONGEST] = { false };

	state[0] = s->best_state = s->o.initial;
	at[0] = 0;
	while (steps++ < 200000) {
		if (at[depth] == p->n) {
			if (depth == 0)
				break;
			depth--;
			done[at[depth]++] = false;
			continue;
		}
		next = NONE;
		if (!done[at[depth]] &&
		    may_be_next(p, done, at[depth], &because))
			next = s->o.step(&s->o, state[depth], at[depth]);
		if (next == NONE) {
			at[depth]++;
			continue;
		}
		done[at[depth]] = true;
		state[++depth] = next;
		if (depth > s->best_count) {
			s->best_count = depth;
			s->best_state = next;
			memcpy(s->best, at, depth * sizeof *at);
		}
		if (depth == p->n)
			break;
		at[depth] = 0;
	}
}

static void
name(uint32_t i, struct buf *out)
{
	if (i >= 26)
		buf_char(out, (char)('a' + i / 26 - 1));
	buf_char(out, (char)('a' + i % 26));
}

static void
say_why_not(struct story *s, uint32_t i, const bool *done, struct buf *out)
{
	const struct part *p = &s->core;
	uint32_t because = 0;

	buf_text(out, "  ");
	name(i, out);
	buf_text(out, " cannot be next: ");
	if (!may_be_next(p, done, i, &because)) {
		name(because, out);
		buf_text(out, " was over before it was called\n");
		return;
	}
	if (p->shape == SHAPE_PLAIN || p->shape == SHAPE_TEXT) {
		buf_text(out, p->flags[i] & OP_UNLESS ?
			 "it saw something else than " : "it needs ");
		object_describe(&s->o, p->a[i], out);
		buf_text(out, ", and the state is ");
	} else {
		buf_text(out, "it is not legal where the state is ");
	}
	object_describe(&s->o, s->best_state, out);
	buf_char(out, '\n');
}

static void
say_candidates(struct story *s, struct buf *out)
{
	const struct part *p = &s->core;
	bool done[LONGEST] = { false };
	uint32_t i;

	longest(s);
	if (s->best_count == 0) {
		buf_text(out, "None of them can be first, where the state is ");
	} else {
		buf_text(out, "The longest legal beginning is ");
		for (i = 0; i < s->best_count; i++) {
			if (i > 0)
				buf_text(out, ", ");
			name(s->best[i], out);
			done[s->best[i]] = true;
		}
		buf_text(out, "; then the state is ");
	}
	object_describe(&s->o, s->best_state, out);
	buf_text(out, ".\n");
	for (i = 0; i < p->n; i++)
		if (!done[i])
			say_why_not(s, i, done, out);
}

static void
explain(struct evidence *e, struct verdict *v)
{
	struct story s = { .e = e };
	uint32_t *from = NULL;
	struct buf out;

	buf_init(&out, 1 << 20);
	if (v->core_count == 1)
		buf_text(&out, "This operation can never be legal:\n\n");
	else
		buf_printf(&out, "No order of these %u operations is "
			   "legal%s:\n\n", v->core_count, v->core_minimal ?
			   ", and each of them is needed for that" : "");
	check_draw(e->h, e->c, v->core, v->core_count, &out);
	if (v->core_count <= LONGEST && !e->p->dict->failed &&
	    part_weaken(&s.core, e->p, e->keep, &from, &e->budget) == 0) {
		if (e->wild)
			s.core.initial = NONE;
		if (object_init(&s.o, &s.core, e->h, &e->budget) == 0) {
			buf_char(&out, '\n');
			say_candidates(&s, &out);
		}
		object_free(&s.o);
		budget_free(&e->budget, from, s.core.room, sizeof *from);
		part_free(&s.core, &e->budget);
	}
	if (v->frontier != UINT64_MAX) {
		buf_text(&out, "Everything that was over before the end of (");
		check_describe(e->h, e->c, v->frontier, &out);
		buf_text(&out, ") still has a legal order.\n");
	}
	v->explanation = arena_string(&v->arena, out.data);
	buf_free(&out);
}

/* One sentence, and one word, from what the core is made of. */
static void
summarise(struct evidence *e, const struct answer *a, struct verdict *v)
{
	const struct fr_operation *last = NULL, *op;
	const struct part *p = e->p;
	uint64_t which = 0;
	uint32_t i, kept[2] = { 0, 0 }, count = 0;
	struct buf b;

	buf_init(&b, 1 << 16);
	for (i = 0; i < v->core_count; i++) {
		op = op_at(e->h, v->core[i]);
		if (last == NULL || op->end_rank > last->end_rank) {
			last = op;
			which = v->core[i];
		}
	}
	for (i = 0; i < p->n; i++)
		if (e->keep[i] != 0 && count++ < 2)
			kept[count - 1] = i;
	v->violation = a->violation != NULL ? a->violation : "no-order";
	if (p->key != FR_NO_KEY && e->c->own == NULL)
		buf_printf(&b, "key %lld: ", (long long)p->key);
	if (count == 1) {
		v->violation = "invented";
		check_describe(e->h, e->c, v->core[0], &b);
		buf_text(&b, ", which nothing that happened can explain");
	} else if (count == 2 && (p->flags[kept[0]] & OP_PURE) &&
		   p->ret[kept[0]] < p->call[kept[1]]) {
		v->violation = "future-read";
		buf_char(&b, '(');
		check_describe(e->h, e->c, v->core[0], &b);
		buf_text(&b, ") was over before (");
		check_describe(e->h, e->c, v->core[1], &b);
		buf_text(&b, ") was called");
	} else if (last != NULL) {
		buf_char(&b, '(');
		check_describe(e->h, e->c, which, &b);
		buf_printf(&b, ") has no place among %u other operations",
			   v->core_count - 1);
	}
	v->reason = arena_string(&v->arena, b.data);
	buf_free(&b);
}

/*
 * What those of keep[] need may have been made by others: these stay as
 * updates that may or may not have happened.
 */
static void
keep_makers(struct evidence *e)
{
	const struct part *p = e->p;
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

/* The part with only what keep[] leaves of it, so that experiments are cheap. */
static int
narrow(struct evidence *e, struct part *small)
{
	uint32_t *from = NULL, i;
	int status = part_weaken(small, e->p, e->keep, &from, &e->budget);

	budget_free(&e->budget, from, small->room, sizeof *from);
	if (status != 0) {
		part_free(small, &e->budget);
		return -1;
	}
	e->p = small;
	for (i = 0; i < small->n; i++)
		e->keep[i] = 1;
	return 0;
}

static void
make_core(struct evidence *e, const struct part *whole, struct verdict *v)
{
	const struct part *p = e->p;
	uint32_t i, bad = 0, k = 0;

	v->core = arena_new(&v->arena, (p->n + (size_t)1) * sizeof *v->core);
	for (i = 0; i < p->n; i++) {
		if (e->keep[i] == 0)
			continue;
		v->core[v->core_count++] = p->op[i];
		/* Ranks of a part and of a weaker one are the same. */
		for (; k < whole->n && whole->op[k] != p->op[i]; k++)
			;
		if (k < whole->n && whole->ret[k] + 1 > bad)
			bad = whole->ret[k] + 1;
	}
	v->core_minimal = e->minimal;
	e->p = whole;
	e->keep = mem_resize(e->keep, whole->n, 1);
	e->tried = mem_resize(e->tried, whole->n, 1);
	v->frontier = find_frontier(e, bad);
	e->p = p;
}

void
evidence_invalid(const struct part *p, const struct fr_history *h,
		 const struct check_config *c, const struct answer *a,
		 const struct budget *b, struct verdict *v)
{
	struct evidence e = { .p = p, .h = h, .c = c, .minimal = true };
	int64_t left = b->deadline == INT64_MAX ? TIME :
		b->deadline - clock_mono();
	struct part small;
	uint32_t i;

	if (left < TIME / 50)
		left = TIME / 50;
	budget_init(&e.budget, left < TIME ? left : TIME,
		    b->memory_max == UINT64_MAX ? 0 : b->memory_max);
	e.keep = mem_array(p->n, 1);
	e.tried = mem_array(p->n, 1);
	for (i = 0; i < a->clash_count; i++)
		e.keep[a->clash[i]] = 1;
	if (a->clash_count > 0 && p->shape == SHAPE_PLAIN)
		keep_makers(&e);
	v->frontier = UINT64_MAX;
	if (a->clash_count == 0 || try(&e, e.keep, false) != NO)
		find_window(&e, a->algorithm[0] == 's' ? a->frontier :
			    p->ranks);
	if (narrow(&e, &small) == 0) {
		reduce_values(&e);
		reduce_operations(&e);
		make_core(&e, p, v);
		summarise(&e, a, v);
		explain(&e, v);
		part_free(&small, &e.budget);
	} else {
		v->violation = a->violation;
		v->reason = arena_string(&v->arena, "it has no linearization "
			"(the memory budget left no room to say why)");
	}
	free(e.keep);
	free(e.tried);
}
