/* SPDX-License-Identifier: MIT */
/*
 * Causal consistency of registers, after Bouajjani, Enea, Guerraoui and Hamza
 * ("On verifying causal consistency", POPL 2017) and AWDIT (2025).
 *
 * Causal order is the least that contains each process's order and "a write
 * is before the reads that see it".  With unique values a history is causal
 * exactly when
 *	1. that order has no cycle,
 *	2. no read sees a write that another write of the key, which the read
 *	   knows of, came causally after; nor the first value when it knows of
 *	   a write.
 * It converges (one order of the writes to a key for everybody) when besides,
 * with v before w whenever a read that knows of v returned w, there is still
 * no cycle.
 *
 * What is known is a vector clock a node: of each session a prefix.  Of each
 * session only the last write to the key is looked at: those before it are
 * before it causally.  O(n k).
 */
#include "checker/weak/weak.h"

#include <string.h>

enum why { SESSION, FROM, AFTER, PROBE };

struct causal {
	struct weak *w;
	struct regs r;
	uint32_t *clock;	/* n rows: nodes of a session below this  */
	struct edges edges;	/* v before w, for convergence            */
};

static const uint32_t *
row_of(const struct causal *c, uint32_t node)
{
	return c->clock + (size_t)node * c->r.sessions;
}

/* a is causally before b, or b itself. */
static bool
is_before(const struct causal *c, uint32_t a, uint32_t b)
{
	return row_of(c, b)[c->r.session[a]] > a;
}

static void
add_causal(struct causal *c, struct edges *e)
{
	uint32_t i;

	for (i = 0; i < c->r.n; i++) {
		if (i > 0 && c->r.session[i] == c->r.session[i - 1])
			edges_add(c->w, e, i - 1, i, WHY(SESSION, 0));
		if (c->r.from[i] < c->r.n && c->r.from[i] != i)
			edges_add(c->w, e, c->r.from[i], i, WHY(FROM, 0));
	}
}

/* ---- telling ------------------------------------------------------------- */

/* Adds a way's operations, one a line, from `from` on. */
static void
tell_way(struct causal *c, const struct graph *g, const struct cycle *way,
	 uint64_t *ops, uint32_t *count)
{
	static const char *const words[] = {
		"which the same process followed with",
		"which was seen by",
		"which a read has put before"
	};
	uint32_t i, kind;

	for (i = 0; i < way->count; i++) {
		kind = WHY_KIND(g->why[way->edge[i]]);
		ops[(*count)++] = c->r.op[way->from[i]];
		weak_note(c->w, "  %s%s", weak_text(c->w,
			  c->r.op[way->from[i]]), kind >= PROBE ? "" :
			  arena_format(&c->w->v.arena, ", %s", words[kind]));
	}
}

/* The causal way from a to b, told; ops collects it. */
static void
tell_causes(struct causal *c, uint32_t a, uint32_t b, uint64_t *ops,
	    uint32_t *count)
{
	struct quest q = { KINDS(PROBE), KINDS(SESSION) | KINDS(FROM), 0,
			   20000000 };
	struct edges e = { 0 };
	struct cycle way;
	struct graph g;

	add_causal(c, &e);
	edges_add(c->w, &e, b, a, WHY(PROBE, 0));
	graph_make(&g, c->w, c->r.n, c->r.n, &e);
	graph_cycle(c->w, &g, &q, &way);
	if (way.count > 1) {
		/* It begins with the probe, at b: a comes next. */
		memmove(way.from, way.from + 1,
			(way.count - 1) * sizeof *way.from);
		memmove(way.edge, way.edge + 1,
			(way.count - 1) * sizeof *way.edge);
		way.from[way.count - 1] = b;
		way.edge[way.count - 1] = g.start[b];
		way.count--;
		tell_way(c, &g, &way, ops, count);
		weak_note(c->w, "  %s", weak_text(c->w, c->r.op[b]));
		ops[(*count)++] = c->r.op[b];
	}
	graph_free(&g, c->w);
}

static void
report_cycle(struct causal *c, const struct graph *g, const char *kind)
{
	struct quest q = { ALL_KINDS, ALL_KINDS, 0, 20000000 };
	struct cycle way;
	uint64_t *ops;
	uint32_t i;

	graph_cycle(c->w, g, &q, &way);
	ops = weak_new(c->w, way.count, sizeof *ops);
	for (i = 0; i < way.count; i++)
		ops[i] = c->r.op[way.from[i]];
	weak_violation(c->w, kind, ops, way.count, "%u operations are each "
		       "before the next, and the last before the first: %s",
		       way.count, weak_text(c->w, ops[0]));
	i = 0;
	tell_way(c, g, &way, ops, &i);
}

/* Read i knows of write v and returned what v has replaced. */
static void
report_overwritten(struct causal *c, uint32_t i, uint32_t v)
{
	struct weak *w = c->w;
	uint64_t *ops = weak_new(w, (size_t)c->r.n * 2 + 2, sizeof *ops);
	uint32_t count = 2, from = c->r.from[i];

	ops[0] = c->r.op[i];
	ops[1] = c->r.op[v];
	if (from == RF_INITIAL) {
		weak_violation(w, "causal", ops, 2, "%s saw the first value, "
			"but knew of a write: %s",
			weak_text(w, c->r.op[i]), weak_text(w, c->r.op[v]));
	} else {
		ops[count++] = c->r.op[from];
		weak_violation(w, "causal", ops, count, "%s saw what it knew "
			"to be overwritten: %s is before %s",
			weak_text(w, c->r.op[i]),
			weak_text(w, c->r.op[from]), weak_text(w, c->r.op[v]));
		if (w->violations > 1)
			return;
		weak_note(w, "  The one write is before the other:");
		tell_causes(c, from, v, ops, &count);
	}
	if (w->violations > 1)
		return;
	weak_note(w, "  The reader knew of it:");
	tell_causes(c, v, i, ops, &count);
	w->v.core = arena_copy(&w->v.arena, ops, count * sizeof *ops);
	w->v.core_count = count;
}

/* ---- deciding ------------------------------------------------------------ */

static bool
fill_clocks(struct causal *c)
{
	struct regs *r = &c->r;
	struct edges e = { 0 };
	struct graph g;
	uint32_t *order, *row, i, j, s;
	const uint32_t *other;

	add_causal(c, &e);
	graph_make(&g, c->w, r->n, r->n, &e);
	order = graph_sort(c->w, &g, ALL_KINDS);
	if (order == NULL) {
		report_cycle(c, &g, "circular");
		return false;
	}
	graph_free(&g, c->w);
	c->clock = weak_new(c->w, (size_t)r->n * r->sessions,
			    sizeof *c->clock);
	for (j = 0; j < r->n; j++) {
		i = order[j];
		row = c->clock + (size_t)i * r->sessions;
		weak_tick(c->w);
		if (i > r->first[r->session[i]])
			memcpy(row, row_of(c, i - 1),
			       r->sessions * sizeof *row);
		if (r->from[i] < r->n) {
			other = row_of(c, r->from[i]);
			for (s = 0; s < r->sessions; s++)
				if (other[s] > row[s])
					row[s] = other[s];
		}
		row[r->session[i]] = i + 1;
	}
	weak_drop(c->w, order);
	return true;
}

static void
judge_read(struct causal *c, uint32_t i, bool converge)
{
	const struct regs *r = &c->r;
	const uint32_t *row = row_of(c, i);
	uint32_t b, s, v, from = r->from[i];

	for (b = r->first_block[r->key[i]]; b < r->first_block[r->key[i] + 1];
	     b++) {
		s = r->block[b].session;
		/* A cas does not know of its own write. */
		v = regs_last(r, &r->block[b], s == r->session[i] ? i :
			      row[s]);
		if (v == NONE || v == from)
			continue;
		if (from == RF_INITIAL || is_before(c, from, v)) {
			report_overwritten(c, i, v);
			return;
		}
		if (converge)
			edges_add(c->w, &c->edges, v, from, WHY(AFTER, 0));
	}
}

static void
decide(struct weak *w, bool converge)
{
	struct causal c = { .w = w };
	struct graph g;
	uint64_t before;
	uint32_t i;

	w->v.algorithm = "vector clocks";
	regs_load(&c.r, w);
	if (c.r.many > 0 && converge)
		weak_note(w, "Reads of values that were written more than once "
			  "are left out.");
	if (!fill_clocks(&c))
		return;
	before = w->violations;
	for (i = 0; i < c.r.n; i++) {
		weak_tick(w);
		if (c.r.from[i] != NONE && c.r.from[i] != RF_MANY)
			judge_read(&c, i, converge);
	}
	if (converge && w->violations == before) {
		add_causal(&c, &c.edges);
		graph_make(&g, w, c.r.n, c.r.n, &c.edges);
		if (graph_sort(w, &g, ALL_KINDS) == NULL)
			report_cycle(&c, &g, "causal-convergence");
	}
	regs_conclude(&c.r, w);
}

void
weak_causal(struct weak *w)
{
	decide(w, false);
}

void
weak_causal_convergence(struct weak *w)
{
	decide(w, true);
}
