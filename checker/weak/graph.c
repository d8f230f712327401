/* SPDX-License-Identifier: MIT */
/*
 * Directed graphs in flat arrays: strong components after Tarjan, an order,
 * and shortest cycles of a given make.
 *
 * 1. Nothing is recursive; what a recursion would keep is in arrays.
 * 2. A cycle lies within one strong component of the kinds that it may have,
 *    so that searches never leave one.
 */
#include "checker/weak/weak.h"

#include <string.h>

void
edges_add(struct weak *w, struct edges *e, uint32_t from, uint32_t to,
	  uint32_t why)
{
	struct edge *at;

	if (e->count == e->room) {
		weak_tick(w);
		weak_grow(w, &e->at, &e->room, e->count + 1, sizeof *e->at);
	}
	at = &e->at[e->count++];
	at->from = from;
	at->to = to;
	at->why = why;
}

void
graph_make(struct graph *g, struct weak *w, uint32_t nodes, uint32_t real,
	   struct edges *e)
{
	uint32_t i, slot;

	FR_ASSERT(e->count < NONE);
	g->nodes = nodes;
	g->real = real;
	g->start = weak_new(w, (size_t)nodes + 2, sizeof *g->start);
	g->to = weak_new(w, e->count, sizeof *g->to);
	g->why = weak_new(w, e->count, sizeof *g->why);
	for (i = 0; i < e->count; i++)
		g->start[e->at[i].from + 2]++;
	for (i = 1; i < nodes; i++)
		g->start[i + 1] += g->start[i];
	for (i = 0; i < e->count; i++) {
		slot = g->start[e->at[i].from + 1]++;
		g->to[slot] = e->at[i].to;
		g->why[slot] = e->at[i].why;
	}
	weak_drop(w, e->at);
	memset(e, 0, sizeof *e);
	weak_tick(w);
}

void
graph_free(struct graph *g, struct weak *w)
{
	weak_drop(w, g->start);
	weak_drop(w, g->to);
	weak_drop(w, g->why);
	memset(g, 0, sizeof *g);
}

/* ---- components ---------------------------------------------------------- */

struct tarjan {
	uint32_t *next;			/* edge to look at                    */
	uint32_t *index;		/* 0: not seen                        */
	uint32_t *low;
	uint32_t *path, *open;		/* the way here; not yet in one       */
	uint32_t depth, opened, seen, components;
};

static void
enter(struct tarjan *t, const struct graph *g, uint32_t u)
{
	t->index[u] = t->low[u] = ++t->seen;
	t->next[u] = g->start[u];
	t->path[t->depth++] = u;
	t->open[t->opened++] = u;
}

static void
leave(struct tarjan *t, uint32_t u, uint32_t *component)
{
	uint32_t v;

	if (--t->depth > 0) {
		v = t->path[t->depth - 1];
		if (t->low[u] < t->low[v])
			t->low[v] = t->low[u];
	}
	if (t->low[u] != t->index[u])
		return;
	do {
		v = t->open[--t->opened];
		component[v] = t->components;
	} while (v != u);
	t->components++;
}

static void
walk(struct weak *w, struct tarjan *t, const struct graph *g, uint32_t kinds,
     uint32_t root, uint32_t *component)
{
	uint32_t u, v, e;

	enter(t, g, root);
	while (t->depth > 0) {
		u = t->path[t->depth - 1];
		if (t->next[u] == g->start[u + 1]) {
			leave(t, u, component);
			continue;
		}
		e = t->next[u]++;
		if ((kinds & KINDS(WHY_KIND(g->why[e]))) == 0)
			continue;
		v = g->to[e];
		if (t->index[v] == 0) {
			enter(t, g, v);
			weak_tick(w);
		} else if (component[v] == NONE && t->index[v] < t->low[u]) {
			t->low[u] = t->index[v];
		}
	}
}

uint32_t
graph_components(struct weak *w, const struct graph *g, uint32_t kinds,
		 uint32_t *component)
{
	struct tarjan t = { 0 };
	uint32_t u;

	t.next = weak_new(w, g->nodes, sizeof *t.next);
	t.index = weak_new(w, g->nodes, sizeof *t.index);
	t.low = weak_new(w, g->nodes, sizeof *t.low);
	t.path = weak_new(w, g->nodes, sizeof *t.path);
	t.open = weak_new(w, g->nodes, sizeof *t.open);
	for (u = 0; u < g->nodes; u++)
		component[u] = NONE;
	for (u = 0; u < g->nodes; u++)
		if (t.index[u] == 0)
			walk(w, &t, g, kinds, u, component);
	weak_drop(w, t.next);
	weak_drop(w, t.index);
	weak_drop(w, t.low);
	weak_drop(w, t.path);
	weak_drop(w, t.open);
	return t.components;
}

uint32_t *
graph_sort(struct weak *w, const struct graph *g, uint32_t kinds)
{
	uint32_t *in = weak_new(w, g->nodes, sizeof *in);
	uint32_t *order = weak_new(w, g->nodes, sizeof *order);
	uint32_t u, e, done = 0, count = 0;

	for (e = 0; e < g->start[g->nodes]; e++)
		if ((kinds & KINDS(WHY_KIND(g->why[e]))) != 0)
			in[g->to[e]]++;
	for (u = 0; u < g->nodes; u++)
		if (in[u] == 0)
			order[count++] = u;
	while (done < count) {
		u = order[done++];
		weak_tick(w);
		for (e = g->start[u]; e < g->start[u + 1]; e++)
			if ((kinds & KINDS(WHY_KIND(g->why[e]))) != 0 &&
			    --in[g->to[e]] == 0)
				order[count++] = g->to[e];
	}
	weak_drop(w, in);
	if (count == g->nodes)
		return order;
	weak_drop(w, order);
	return NULL;
}

/* ---- cycles -------------------------------------------------------------- */

/*
 * A breadth-first search in states (node, whether the edge that led there was
 * one of `apart`).  `seen` holds the number of the search that saw it.
 */
struct search {
	struct weak *w;
	const struct graph *g;
	const struct quest *q;
	const uint32_t *component;
	uint32_t *seen;
	uint32_t *by;			/* the edge that led there            */
	uint32_t *before;		/* the state it led from              */
	uint32_t *now, *soon;
	uint32_t round;
	uint64_t work;
};

/* All states at one distance; returns how many there are at the next. */
static uint32_t
search_level(struct search *s, uint32_t count, uint32_t goal, bool *found)
{
	const struct graph *g = s->g;
	uint32_t i, e, u, v, kind, state, more = 0;

	for (i = 0; i < count; i++) {
		u = s->now[i] / 2;
		weak_tick(s->w);
		s->work += g->start[u + 1] - g->start[u];
		for (e = g->start[u]; e < g->start[u + 1]; e++) {
			kind = KINDS(WHY_KIND(g->why[e]));
			v = g->to[e];
			if ((s->q->rest & kind) == 0 ||
			    s->component[v] != s->component[u] ||
			    ((s->now[i] & 1) != 0 && (s->q->apart & kind) != 0))
				continue;
			/* What only passes on does so in this too. */
			state = v * 2 + ((s->q->apart & kind) != 0 ||
					 (s->q->apart != 0 && u >= g->real &&
					  (s->now[i] & 1) != 0));
			if (s->seen[state] == s->round)
				continue;
			s->seen[state] = s->round;
			s->by[state] = e;
			s->before[state] = s->now[i];
			if (state == goal) {
				*found = true;
				return 0;
			}
			if (v >= g->real)
				s->now[count++] = state;
			else
				s->soon[more++] = state;
		}
	}
	return more;
}

/* A way from `start` to `goal` of fewer than `bound` edges: its length.  One
 * search is linear and is never cut short, so that where every edge will do a
 * cycle is always found. */
static uint32_t
search_way(struct search *s, uint32_t start, uint32_t goal, uint32_t bound)
{
	uint32_t count = 1, length = 0, *t;
	bool found = false;

	if (++s->round == 0)
		return 0;
	s->seen[start] = s->round;
	s->before[start] = NONE;
	s->now[0] = start;
	while (count > 0 && ++length < bound) {
		count = search_level(s, count, goal, &found);
		if (found)
			return length;
		t = s->now;
		s->now = s->soon;
		s->soon = t;
	}
	return 0;
}

static void
take_way(struct weak *w, const struct search *s, uint32_t u, uint32_t first,
	 uint32_t goal, uint32_t length, struct cycle *out)
{
	uint32_t state, count = 1, i;

	for (state = goal; s->before[state] != NONE; state = s->before[state])
		count++;
	weak_drop(w, out->from);
	weak_drop(w, out->edge);
	out->from = weak_new(w, count, sizeof *out->from);
	out->edge = weak_new(w, count, sizeof *out->edge);
	out->count = count;
	out->length = length;
	out->from[0] = u;
	out->edge[0] = first;
	for (state = goal, i = count; s->before[state] != NONE;
	     state = s->before[state]) {
		out->edge[--i] = s->by[state];
		out->from[i] = s->before[state] / 2;
	}
}

/* Where `apart` is asked, the first edge is one of those, so that the way back
 * must not end with one; elsewhere a node has one state. */
static void
search_from(struct weak *w, struct search *s, uint32_t u, struct cycle *out)
{
	const struct graph *g = s->g;
	uint32_t e, v, kind, length, own, first;

	for (e = g->start[u]; e < g->start[u + 1] && !out->gave_up; e++) {
		kind = KINDS(WHY_KIND(g->why[e]));
		v = g->to[e];
		if ((s->q->must & kind) == 0 || u == v ||
		    s->component[u] != s->component[v])
			continue;
		weak_tick(w);
		own = (s->q->apart & kind) != 0;
		first = v < g->real;	/* what the edge itself counts */
		length = search_way(s, v * 2 + own, u * 2, out->count == 0 ?
				    NONE : out->length - first);
		if (length > 0)
			take_way(w, s, u, e, u * 2, length + first, out);
		out->gave_up = s->q->work > 0 && s->work > s->q->work;
	}
}

void
graph_cycle(struct weak *w, const struct graph *g, const struct quest *q,
	    struct cycle *out)
{
	struct search s = { 0 };
	uint32_t *component = weak_new(w, g->nodes, sizeof *component);
	uint32_t u, count;

	memset(out, 0, sizeof *out);
	count = graph_components(w, g, q->must | q->rest, component);
	if (count == g->nodes) {
		weak_drop(w, component);
		return;
	}
	s.w = w;
	s.g = g;
	s.q = q;
	s.component = component;
	s.seen = weak_new(w, (size_t)g->nodes * 2, sizeof *s.seen);
	s.by = weak_new(w, (size_t)g->nodes * 2, sizeof *s.by);
	s.before = weak_new(w, (size_t)g->nodes * 2, sizeof *s.before);
	s.now = weak_new(w, (size_t)g->nodes * 2, sizeof *s.now);
	s.soon = weak_new(w, (size_t)g->nodes * 2, sizeof *s.soon);
	for (u = 0; u < g->nodes && !out->gave_up; u++) {
		if (out->count > 0 && out->length <= 2)
			break;
		search_from(w, &s, u, out);
	}
	weak_drop(w, component);
	weak_drop(w, s.seen);
	weak_drop(w, s.by);
	weak_drop(w, s.before);
	weak_drop(w, s.now);
	weak_drop(w, s.soon);
}
