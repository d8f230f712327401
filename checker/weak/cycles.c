/* SPDX-License-Identifier: MIT */
/*
 * Adya's anomalies as cycles of dependencies ("Weak consistency", 1999):
 *
 *	G0		writes only
 *	G1c		writes, and at least one read of what the other wrote
 *	G-single	exactly one anti-dependency (a read that lacks a later
 *			write); what parallel snapshot isolation forbids
 *	G-nonadjacent	several, of which no two touch; what snapshot isolation
 *			forbids besides (Cerone, Gotsman 2018).  A long fork is
 *			one where reads and anti-dependencies alternate.
 *	G2-item		any other
 *
 * -session: the order of a process's transactions is needed for the cycle;
 * -realtime: that one ended before the other was called.  Real time takes O(n)
 * edges: all that ended since the last call lead to a node, each such node to
 * the next, and to the calls that follow it.
 */
#include "checker/weak/txns.h"

#include <string.h>

#define WORK_MAX	UINT64_C(60000000)

#define WW		KINDS(E_WW)
#define WR		KINDS(E_WR)
#define RW		KINDS(E_RW)
#define THROUGH		KINDS(E_THROUGH)
#define ATOMIC		KINDS(E_ATOMIC)
#define SESSION		KINDS(E_SESSION)
#define TIME		(KINDS(E_TIME) | SESSION)
#define DEPENDS		(WW | WR | ATOMIC | THROUGH)

/* What each is made of.  A pure one of fewer kinds hides those below it: it
 * would be found again in their place. */
#define HIDES(a)	(1u << (a))

static const struct hunt {
	enum anomaly name;
	uint32_t must, rest, apart;
	uint32_t hidden_by;
} hunts[] = {
	{ A_G0, WW, WW | THROUGH, 0, 0 },
	{ A_G1C, WR, WW | WR | THROUGH, 0, 0 },
	{ A_FRACTURED, ATOMIC, WR | ATOMIC, 0, HIDES(A_FRACTURED) },
	{ A_SINGLE, RW, DEPENDS, 0, 0 },
	{ A_APART, RW, DEPENDS | RW, RW, HIDES(A_SINGLE) },
	{ A_G2, RW, DEPENDS | RW, 0,
	  HIDES(A_SINGLE) | HIDES(A_APART) | HIDES(A_FORK) },
	{ A_CAUSAL, KINDS(E_CAUSAL), WR | ATOMIC | SESSION | KINDS(E_CAUSAL),
	  0, HIDES(A_CAUSAL) },
	/* Those below only where they rule out more than is. */
	{ A_G0_SESSION, WW, WW | THROUGH | SESSION, 0, 0 },
	{ A_G1C_SESSION, WR, WW | WR | THROUGH | SESSION, 0, 0 },
	{ A_SINGLE_SESSION, RW, DEPENDS | SESSION, 0, 0 },
	{ A_APART_SESSION, RW, DEPENDS | RW | SESSION, RW, 0 },
	{ A_G2_SESSION, RW, DEPENDS | RW | SESSION, 0, 0 },
	{ A_G0_TIME, WW, WW | THROUGH | TIME, 0, 0 },
	{ A_G1C_TIME, WR, WW | WR | THROUGH | TIME, 0, 0 },
	{ A_SINGLE_TIME, RW, DEPENDS | TIME, 0, 0 },
	{ A_APART_TIME, RW, DEPENDS | RW | TIME, RW, 0 },
	{ A_G2_TIME, RW, DEPENDS | RW | TIME, 0, 0 },
};

/* ---- edges of processes and of time -------------------------------------- */

static void
add_sessions(struct txns *t)
{
	uint32_t *last = weak_new(t->w, t->sessions, sizeof *last), i, s;

	for (i = 0; i < t->n; i++) {
		s = t->session[i];
		if (last[s] > 0)
			edges_add(t->w, &t->edges, last[s] - 1, i,
				  WHY(E_SESSION, 0));
		/* What may not have happened orders nothing. */
		if (txns_ok(t, i))
			last[s] = i + 1;
	}
	weak_drop(t->w, last);
}

static void
add_time(struct txns *t)
{
	uint64_t *ends = weak_new(t->w, t->n, sizeof *ends);
	uint32_t *order, i, next = 0, node = NONE;

	for (i = 0; i < t->n; i++)
		ends[i] = txns_ok(t, i) ? txns_op(t, i)->end_rank : UINT64_MAX;
	order = weak_order(t->w, ends, t->n);
	for (i = 0; i < t->n; i++) {
		if (ends[order[next]] < txns_op(t, i)->call_rank) {
			if (node != NONE)
				edges_add(t->w, &t->edges, node, t->nodes,
					  WHY(E_TIME, 0));
			node = t->nodes++;
		}
		for (; ends[order[next]] < txns_op(t, i)->call_rank; next++)
			edges_add(t->w, &t->edges, order[next], node,
				  WHY(E_TIME, 0));
		if (node != NONE)
			edges_add(t->w, &t->edges, node, i, WHY(E_TIME, 0));
	}
	weak_drop(t->w, ends);
	weak_drop(t->w, order);
}

/* ---- a cycle in words ---------------------------------------------------- */

static void
step_text(struct txns *t, uint32_t from, uint32_t to, uint32_t a, uint32_t b,
	  uint32_t kind, uint32_t detail, struct buf *out)
{
	const char *wrote = t->lists ? "appended" : "wrote";
	const char *value = kind == E_SESSION || kind == E_TIME ? "" :
		txns_value(t, detail);
	long long key = kind == E_SESSION || kind == E_TIME ? 0 :
		(long long)t->values.at[detail].key;

	switch (kind) {
	case E_WW:
		buf_printf(out, t->lists ? "T%u appended to key %lld before "
			   "T%u appended %s to it" : "T%u wrote the key %lld "
			   "that T%u read before it wrote %s to it", a, key, b,
			   value);
		break;
	case E_WR:
		buf_printf(out, "T%u %s %s to key %lld, which T%u read", a,
			   wrote, value, key, b);
		break;
	case E_RW:
		buf_printf(out, "T%u read key %lld without %s, which T%u %s",
			   a, key, value, b, wrote);
		break;
	case E_SESSION:
		buf_printf(out, "T%u came before T%u in process %u", a, b,
			   txns_op(t, from)->process);
		break;
	case E_TIME:
		buf_printf(out, "T%u ended before T%u was called (ranks %llu "
			   "and %llu)", a, b, (unsigned long long)
			   txns_op(t, from)->end_rank, (unsigned long long)
			   txns_op(t, to)->call_rank);
		break;
	default:
		buf_printf(out, "T%u is before T%u, since who %s it read %s "
			   "from key %lld, of T%u, where T%u had written too",
			   a, b, kind == E_ATOMIC ? "saw another write of" :
			   "knew of", value, key, b, a);
		break;
	}
}

/* Steps between transactions: what lies between them is passed over. */
static void
tell_cycle(struct txns *t, const struct cycle *c, enum anomaly name)
{
	uint32_t i, j, count = 0, kind, detail, next;
	uint32_t *who = weak_new(t->w, c->count, sizeof *who);
	uint32_t *at = weak_new(t->w, c->count, sizeof *at);
	struct buf text;

	for (i = 0; i < c->count; i++)
		if (c->from[i] < t->n) {
			who[count] = c->from[i];
			at[count++] = i;
		}
	buf_init(&text, 1u << 16);
	for (i = 0; i < count; i++) {
		next = (i + 1) % count;
		kind = WHY_KIND(t->graph.why[c->edge[at[i]]]);
		/* The last edge of the step tells the value. */
		j = (at[next] + c->count - 1) % c->count;
		detail = WHY_DETAIL(t->graph.why[c->edge[j]]);
		if (i > 0)
			buf_text(&text, i + 1 < count ? "; " : "; but ");
		step_text(t, who[i], who[next], i + 1, next + 1, kind, detail,
			  &text);
	}
	anomaly_found(t, name, who, count, "%s", text.data);
	buf_free(&text);
	weak_drop(t->w, who);
	weak_drop(t->w, at);
}

/* Reads and anti-dependencies in turn. */
static bool
is_fork(const struct txns *t, const struct cycle *c)
{
	uint32_t i, kind, before;

	if (c->length != 4)
		return false;
	for (i = 0; i < c->count; i++) {
		kind = WHY_KIND(t->graph.why[c->edge[i]]);
		before = WHY_KIND(t->graph.why[c->edge[(i + c->count - 1) %
						       c->count]]);
		if (kind == E_THROUGH)
			continue;
		if (kind != E_RW && kind != E_WR)
			return false;
		if (kind == E_WR && before != E_RW && before != E_THROUGH)
			return false;
	}
	return true;
}

static void
hunt(struct txns *t, const struct hunt *h)
{
	struct quest q = { h->must, h->rest, h->apart, WORK_MAX };
	enum anomaly name = h->name;
	uint32_t rules = models_ruled_out(t, 1u << name);
	struct cycle c;

	if ((anomalies_found(t) & h->hidden_by) != 0)
		return;
	if (name >= A_G0_SESSION &&
	    (rules & ~models_ruled_out(t, anomalies_found(t))) == 0)
		return;
	graph_cycle(t->w, &t->graph, &q, &c);
	if (c.count == 0) {
		if (c.gave_up)
			t->gave_up |= 1u << name;
		return;
	}
	if (name == A_APART && is_fork(t, &c))
		name = A_FORK;
	if (anomaly_new(t, name))
		tell_cycle(t, &c, name);
	weak_drop(t->w, c.from);
	weak_drop(t->w, c.edge);
}

/* Edges that causality has added to a graph that is already made. */
static void
remake(struct txns *t)
{
	struct graph *g = &t->graph;
	uint32_t u, e;

	for (u = 0; u < g->nodes; u++)
		for (e = g->start[u]; e < g->start[u + 1]; e++)
			edges_add(t->w, &t->edges, u, g->to[e], g->why[e]);
	graph_free(g, t->w);
	graph_make(g, t->w, t->nodes, t->n, &t->edges);
}

/* Where they do not, causality is not decided, but all else is. */
static bool
clocks_fit(const struct txns *t)
{
	uint64_t cells = (uint64_t)t->n * t->sessions;

	return cells <= CLOCKS_MAX && cells * sizeof(uint32_t) <
		budget_left(&t->w->budget) / 2;
}

void
txns_cycles(struct txns *t)
{
	uint32_t *component, i;

	add_sessions(t);
	add_time(t);
	graph_make(&t->graph, t->w, t->nodes, t->n, &t->edges);
	if (clocks_fit(t))
		txns_causal(t);
	else
		t->gave_up |= 1u << A_CAUSAL;
	if (t->edges.count > 0)
		remake(t);
	component = weak_new(t->w, t->nodes, sizeof *component);
	if (graph_components(t->w, &t->graph, ALL_KINDS, component) <
	    t->nodes)
		for (i = 0; i < sizeof hunts / sizeof *hunts; i++)
			hunt(t, &hunts[i]);
	weak_drop(t->w, component);
}
