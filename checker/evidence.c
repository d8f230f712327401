/* SPDX-License-Identifier: MIT */
/*
 * What is said of a history that has no linearization: the core (minimise.c)
 * as a picture, in sentences, and in one word.
 */
#include "checker/engine.h"

#include <string.h>

#include "core/base/units.h"

#define TIME		INT64_C(5000000000)
#define LONGEST		12u		/* core whose beginnings are searched  */

struct evidence {
	const struct fr_history *h;
	const struct check_config *c;
	struct core core;
};

static const struct fr_operation *
op_at(const struct fr_history *h, uint64_t i)
{
	return (const void *)((const char *)h->ops + i * h->op_stride);
}

/* ---- in words --------------------------------------------------------------------------- */

struct story {
	const struct part *core;
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
	const struct part *p = s->core;
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

/* Why operation i cannot be next, in words that name others by letters. */
static void
say_why_not(struct story *s, uint32_t i, const bool *done, struct buf *out)
{
	const struct part *p = s->core;
	uint32_t because = 0;

	if (!may_be_next(p, done, i, &because)) {
		name(because, out);
		buf_text(out, " was over before it was called");
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
}

/* The deepest point, for programs. */
static void
keep_candidates(struct story *s, const bool *done, struct verdict *v)
{
	const struct part *p = s->core;
	struct obstacle *o;
	struct buf words;
	uint32_t i;

	buf_init(&words, 1 << 20);
	object_describe(&s->o, s->best_state, &words);
	v->state = arena_string(&v->arena, words.data);
	v->beginning = arena_new(&v->arena, (s->best_count + (size_t)1) *
				 sizeof *v->beginning);
	for (i = 0; i < s->best_count; i++)
		v->beginning[v->beginning_count++] = p->op[s->best[i]];
	v->obstacles = arena_new(&v->arena, p->n * sizeof *v->obstacles);
	for (i = 0; i < p->n; i++) {
		if (done[i])
			continue;
		buf_clear(&words);
		say_why_not(s, i, done, &words);
		o = &v->obstacles[v->obstacle_count++];
		o->op = p->op[i];
		o->why = arena_string(&v->arena, words.data);
	}
	buf_free(&words);
}

static void
say_candidates(struct story *s, struct verdict *v, struct buf *out)
{
	const struct part *p = s->core;
	bool done[LONGEST] = { false };
	uint32_t i, k;

	longest(s);
	if (s->best_count == 0 && p->n > 1) {
		buf_text(out, "With what else may have happened each of them "
			 "alone is possible; all of them are not.\n");
		return;
	}
	for (i = 0; i < s->best_count; i++)
		done[s->best[i]] = true;
	keep_candidates(s, done, v);
	if (s->best_count == 0) {
		buf_text(out, "It cannot be first, where the state is ");
	} else {
		buf_text(out, "The longest legal beginning is ");
		for (i = 0; i < s->best_count; i++) {
			if (i > 0)
				buf_text(out, ", ");
			name(s->best[i], out);
		}
		buf_text(out, "; then the state is ");
	}
	buf_printf(out, "%s.\n", v->state);
	for (i = 0, k = 0; i < p->n; i++) {
		if (done[i])
			continue;
		buf_text(out, "  ");
		name(i, out);
		buf_printf(out, " cannot be next: %s\n",
			   v->obstacles[k++].why);
	}
}

static void
explain(const struct evidence *e, struct verdict *v)
{
	struct budget b;
	struct story s;
	struct buf out;

	memset(&s, 0, sizeof s);
	s.core = &e->core.part;
	budget_init(&b, 0, 0, 0);
	buf_init(&out, 1 << 20);
	if (v->core_count == 1)
		buf_text(&out, "This operation can never be legal:\n\n");
	else
		buf_printf(&out, "No order of these %u operations is "
			   "legal%s:\n\n", v->core_count, v->core_minimal ?
			   ", and each of them is needed for that" : "");
	check_draw(e->h, e->c, v->core, v->core_count, &out);
	if (v->core_count <= LONGEST && !s.core->dict->failed) {
		if (object_init(&s.o, s.core, e->h, &b) == 0) {
			buf_char(&out, '\n');
			say_candidates(&s, v, &out);
		}
		object_free(&s.o);
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
summarise(const struct evidence *e, const struct answer *a, struct verdict *v)
{
	const struct fr_operation *last = NULL, *op;
	const struct part *p = &e->core.part;
	uint64_t which = 0;
	uint32_t i;
	struct buf b;

	buf_init(&b, 1 << 16);
	for (i = 0; i < v->core_count; i++) {
		op = op_at(e->h, v->core[i]);
		if (last == NULL || op->end_rank > last->end_rank) {
			last = op;
			which = v->core[i];
		}
	}
	v->violation = a->violation != NULL ? a->violation : "no-order";
	if (p->key != FR_NO_KEY && e->c->own == NULL)
		buf_printf(&b, "key %lld: ", (long long)p->key);
	if (p->n == 1) {
		v->violation = "invented";
		check_describe(e->h, e->c, v->core[0], &b);
		buf_text(&b, ", which nothing that happened can explain");
	} else if (p->n == 2 && (p->flags[0] & OP_PURE) &&
		   p->ret[0] < p->call[1]) {
		v->violation = p->flags[1] & OP_PURE ? "stale-read" :
			"future-read";
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

void
evidence_invalid(const struct part *p, const struct fr_history *h,
		 const struct check_config *c, const struct answer *a,
		 const struct budget *b, struct verdict *v)
{
	struct evidence e = { .h = h, .c = c };
	int64_t left = b->deadline == INT64_MAX ? TIME :
		b->deadline - clock_mono();
	struct budget own;
	uint32_t i;

	/* What is left of the time, but enough for the simple cases. */
	if (left < TIME / 50)
		left = TIME / 50;
	budget_init(&own, 0, left < TIME ? left : TIME,
		    b->memory_max == UINT64_MAX ? 0 : b->memory_max);
	v->frontier = UINT64_MAX;
	v->violation = a->violation != NULL ? a->violation : "no-order";
	if (!core_find(p, h, a, &own, &e.core)) {
		v->reason = arena_string(&v->arena, "it has no linearization "
			"(the memory budget left no room to say why)");
		return;
	}
	v->core_minimal = e.core.minimal;
	v->core = arena_new(&v->arena, (e.core.part.n + (size_t)1) *
			    sizeof *v->core);
	for (i = 0; i < e.core.part.n; i++)
		v->core[v->core_count++] = e.core.part.op[i];
	v->frontier = core_frontier(p, h, &e.core, &own);
	e.core.part.initial = e.core.wild ? NONE : p->initial;
	summarise(&e, a, v);
	explain(&e, v);
	part_free(&e.core.part, &own);
}
