/* SPDX-License-Identifier: MIT */
/*
 * The session guarantees (Terry et al. 1994), for registers.
 *
 * A history keeps a guarantee when there is an order of the writes to each
 * key, the first value before them all, and for each read a set of writes that
 * it sees, such that a read returns the last write of its key that it sees,
 * and
 *	read your writes	a read sees what its process wrote before;
 *	monotonic reads		it sees what its process's reads saw before;
 *	monotonic writes	who sees a write sees what its process wrote
 *				before it, and the order of writes is that of
 *				the process;
 *	writes follow reads	who sees a write sees what its process's reads
 *				saw before it, and those are ordered before it.
 * The last two say something only about processes that do not forget what
 * they saw, so they are decided together with monotonic reads; where that
 * fails by itself, they are unknown.
 *
 * Each is so a set of edges "this write is before that one", which must have
 * no cycle; a read that sees v and returned w gives v -> w.  It is enough to
 * take the smallest sets of visible writes.  Nodes behind the writes stand for
 * the first value of each key, and, in read your writes, for "all that this
 * process had written to this key".
 */
#include "checker/weak/weak.h"

#include <string.h>

enum why { FIRST, READS, WROTE, ORDER, SEEN, OWN, FOLLOWS };

struct guarantee {
	struct weak *w;
	struct regs r;
	struct edges edges;
	uint32_t nodes;			/* those for keys included, then more */
	uint32_t *before;		/* the read of that key before a read */
	uint32_t *last;			/* of a key: in the session at hand   */
};

/* The node that a read's value stands for. */
static uint32_t
version(const struct guarantee *g, uint32_t read)
{
	return g->r.from[read] == RF_INITIAL ? g->r.n + g->r.key[read] :
		g->r.from[read];
}

static bool
is_read(const struct guarantee *g, uint32_t i)
{
	return g->r.from[i] != NONE && g->r.from[i] != RF_MANY;
}

static void
edge(struct guarantee *g, uint32_t from, uint32_t to, enum why why,
     uint32_t detail)
{
	if (from != to)
		edges_add(g->w, &g->edges, from, to, WHY(why, detail));
}

static void
begin(struct guarantee *g, struct weak *w)
{
	uint32_t i;

	memset(g, 0, sizeof *g);
	g->w = w;
	w->v.algorithm = "order of writes";
	regs_load(&g->r, w);
	g->nodes = g->r.n + g->r.keys;
	g->before = weak_new(w, g->r.n, sizeof *g->before);
	g->last = weak_new(w, g->r.keys, sizeof *g->last);
	for (i = 0; i < g->r.n; i++)
		if (g->r.write[i] != NONE)
			edge(g, g->r.n + g->r.key[i], i, FIRST, 0);
}

static void
forget(struct guarantee *g)
{
	uint32_t k;

	for (k = 0; k < g->r.keys; k++)
		g->last[k] = NONE;
}

/* ---- telling ------------------------------------------------------------- */

static const char *
name(struct guarantee *g, uint32_t node)
{
	if (node < g->r.n)
		return regs_written(&g->r, g->w, node);
	return arena_format(&g->w->v.arena, "the first value%s",
		weak_key_text(g->w, g->r.names.at[node - g->r.n].key));
}

static const char *
op_text(struct guarantee *g, uint32_t node)
{
	return weak_text(g->w, g->r.op[node]);
}

/* Why `from` is before `to`, and the operations that say so. */
static char *
sentence(struct guarantee *g, uint32_t from, uint32_t to, uint32_t why,
	 uint64_t *ops, uint32_t *count)
{
	struct arena *a = &g->w->v.arena;
	uint32_t i = WHY_DETAIL(why);
	const char *head;

	head = arena_format(a, "%s is before %s", name(g, from), name(g, to));
	if (WHY_KIND(why) == FIRST)
		return arena_format(a, "%s: %s", head, op_text(g, to));
	ops[(*count)++] = g->r.op[i];
	switch (WHY_KIND(why)) {
	case READS:
		ops[(*count)++] = g->r.op[g->before[i]];
		return arena_format(a, "%s: %s, and then %s", head,
				    op_text(g, g->before[i]), op_text(g, i));
	case WROTE:
	case FOLLOWS:
		ops[(*count)++] = g->r.op[to];
		return arena_format(a, "%s: %s, and then %s", head,
				    op_text(g, i), op_text(g, to));
	case SEEN:
		return arena_format(a, "%s, as it was to be seen by then: %s",
				    head, op_text(g, i));
	default:
		ops[(*count)++] = g->r.op[from];
		return arena_format(a, "%s: %s, and then %s", head,
				    op_text(g, from), op_text(g, i));
	}
}

/* A cycle goes through nodes that stand for several writes: from the write
 * that entered one to the write that it leads to. */
static void
report(struct guarantee *g, const struct graph *graph, const struct cycle *c,
       const char *kind)
{
	struct weak *w = g->w;
	uint32_t i, j, from, to, real = graph->real, count = 0, lines = 0;
	uint64_t *ops = weak_new(w, (size_t)c->count * 3, sizeof *ops);
	char **text = weak_new(w, c->count, sizeof *text);

	for (i = 0; i < c->count; i++) {
		to = c->from[(i + 1) % c->count];
		if (to >= real)
			continue;
		for (j = i; c->from[j] >= real;)
			j = (j + c->count - 1) % c->count;
		from = c->from[j];
		text[lines++] = sentence(g, from, to, graph->why[c->edge[i]],
					 ops, &count);
	}
	weak_violation(w, kind, ops, count, "%s%s%s", text[0],
		       lines > 1 ? "; but " : "", lines > 1 ? text[1] : "");
	for (i = 2; i < lines; i++)
		weak_note(w, "  and %s", text[i]);
}

/* true: there is no cycle. */
static bool
decide(struct guarantee *g, const char *kind)
{
	struct quest q = { ALL_KINDS, ALL_KINDS, 0, 20000000 };
	struct graph graph;
	struct cycle c;

	graph_make(&graph, g->w, g->nodes, g->r.n + g->r.keys, &g->edges);
	graph_cycle(g->w, &graph, &q, &c);
	if (c.count > 0 && kind != NULL)
		report(g, &graph, &c, kind);
	graph_free(&graph, g->w);
	return c.count == 0;
}

/* ---- monotonic reads, read your writes ----------------------------------- */

static void
add_monotonic_reads(struct guarantee *g)
{
	uint32_t s, i, k;

	for (s = 0; s < g->r.sessions; s++) {
		forget(g);
		for (i = g->r.first[s]; i < g->r.first[s + 1]; i++) {
			if (!is_read(g, i))
				continue;
			k = g->r.key[i];
			g->before[i] = g->last[k];
			if (g->last[k] != NONE)
				edge(g, version(g, g->last[k]), version(g, i),
				     READS, i);
			g->last[k] = i;
		}
	}
}

void
weak_monotonic_reads(struct weak *w)
{
	struct guarantee g;

	begin(&g, w);
	add_monotonic_reads(&g);
	decide(&g, "monotonic-reads");
	regs_conclude(&g.r, w);
}

/*
 * A session's own writes to one key.  All others are before `top`, an own
 * write that was read (NONE: none); those of the list came since.  Reads of
 * others' writes share a node `all` for the own ones up to `taken`.
 */
struct own {
	uint32_t top;
	uint32_t *list;
	size_t count, room;
	size_t taken;
	uint32_t all;
};

static void
read_other(struct guarantee *g, struct own *o, uint32_t read)
{
	uint32_t all;

	if (o->top == NONE && o->count == 0)
		return;
	if (o->all == NONE || o->taken < o->count) {
		all = g->nodes++;
		if (o->all != NONE)
			edge(g, o->all, all, OWN, read);
		else if (o->top != NONE)
			edge(g, o->top, all, OWN, read);
		for (; o->taken < o->count; o->taken++)
			edge(g, o->list[o->taken], all, OWN, read);
		o->all = all;
	}
	edge(g, o->all, version(g, read), OWN, read);
}

static void
read_own(struct guarantee *g, struct own *o, uint32_t read)
{
	uint32_t to = g->r.from[read];
	size_t i;

	if (o->top != NONE)
		edge(g, o->top, to, OWN, read);
	for (i = 0; i < o->count; i++)
		edge(g, o->list[i], to, OWN, read);
	o->top = to;
	o->count = o->taken = 0;
	o->all = NONE;
}

void
weak_read_your_writes(struct weak *w)
{
	struct guarantee g;
	struct own *own, *o;
	uint32_t s, i, k;

	begin(&g, w);
	own = weak_new(w, g.r.keys, sizeof *own);
	for (s = 0; s < g.r.sessions; s++) {
		for (k = 0; k < g.r.keys; k++) {
			own[k].top = own[k].all = NONE;
			own[k].count = own[k].taken = 0;
		}
		for (i = g.r.first[s]; i < g.r.first[s + 1]; i++) {
			o = &own[g.r.key[i]];
			if (is_read(&g, i)) {
				if (g.r.from[i] < i &&
				    g.r.from[i] >= g.r.first[s])
					read_own(&g, o, i);
				else
					read_other(&g, o, i);
			}
			if (g.r.write[i] == NONE)
				continue;
			weak_grow(w, &o->list, &o->room, o->count + 1,
				  sizeof *o->list);
			o->list[o->count++] = i;
		}
	}
	decide(&g, "read-your-writes");
	regs_conclude(&g.r, w);
}

/* ---- monotonic writes ---------------------------------------------------- */

/* A write that a read was to see: it is before the one that it returned. */
static void
add_seen(struct guarantee *g, uint32_t read, uint32_t seen)
{
	if (seen != NONE && seen != read)
		edge(g, seen, version(g, read), SEEN, read);
}

static void
add_monotonic_writes(struct guarantee *g)
{
	const struct regs *r = &g->r;
	uint32_t *clock = weak_new(g->w, r->sessions, sizeof *clock);
	uint32_t s, i, k, b, from;

	for (s = 0; s < r->sessions; s++) {
		forget(g);
		memset(clock, 0, r->sessions * sizeof *clock);
		for (i = r->first[s]; i < r->first[s + 1]; i++) {
			k = r->key[i];
			if (is_read(g, i)) {
				from = r->from[i];
				if (from != RF_INITIAL &&
				    from >= clock[r->session[from]])
					clock[r->session[from]] = from + 1;
				for (b = r->first_block[k];
				     b < r->first_block[k + 1]; b++)
					add_seen(g, i, regs_last(r,
						&r->block[b],
						clock[r->block[b].session]));
				weak_tick(g->w);
			}
			if (r->write[i] == NONE)
				continue;
			if (g->last[k] != NONE)
				edge(g, g->last[k], i, WROTE, g->last[k]);
			g->last[k] = i;
		}
	}
	weak_drop(g->w, clock);
}

/* Monotonic reads first, whose failure would be blamed on the writes. */
static bool
reads_are_monotonic(struct weak *w)
{
	struct guarantee g;
	uint64_t before = w->violations;

	begin(&g, w);
	add_monotonic_reads(&g);
	if (w->violations > before)
		return false;		/* invented reads: that is told       */
	if (decide(&g, NULL))
		return true;
	weak_unknown(w, "monotonic reads does not hold, so that the order in "
		     "which a process sees writes says nothing about them");
	return false;
}

void
weak_monotonic_writes(struct weak *w)
{
	struct guarantee g;

	if (!reads_are_monotonic(w))
		return;
	begin(&g, w);
	add_monotonic_reads(&g);
	add_monotonic_writes(&g);
	decide(&g, "monotonic-writes");
	regs_conclude(&g.r, w);
}

/* ---- writes follow reads ------------------------------------------------- */

/*
 * For each session the reads up to clock[s] were seen before: kept for each
 * read, in an order in which what it depends on comes first.
 */
struct follow {
	uint32_t *clock;		/* n rows of `sessions`               */
	uint32_t *previous;		/* the read before, in its session    */
};

static bool
fill_clocks(struct guarantee *g, struct follow *f)
{
	const struct regs *r = &g->r;
	struct edges e = { 0 };
	struct graph graph;
	struct quest q = { ALL_KINDS, ALL_KINDS, 0, 20000000 };
	struct cycle c;
	uint32_t i, j, s, last = NONE, from, *order, *row, *other;

	f->previous = weak_new(g->w, r->n, sizeof *f->previous);
	for (i = 0; i < r->n; i++) {
		if (i == 0 || r->session[i] != r->session[i - 1])
			last = NONE;
		f->previous[i] = last;
		if (last != NONE)
			edges_add(g->w, &e, last, i, WHY(WROTE, last));
		if (!is_read(g, i))
			continue;
		last = i;
		from = r->from[i];
		if (from != RF_INITIAL)
			edges_add(g->w, &e, from, i, WHY(SEEN, i));
	}
	graph_make(&graph, g->w, r->n, r->n, &e);
	order = graph_sort(g->w, &graph, ALL_KINDS);
	if (order == NULL) {
		graph_cycle(g->w, &graph, &q, &c);
		weak_violation(g->w, "circular", &r->op[c.from[0]], 1,
			       "%s depends on a read of what came after it",
			       op_text(g, c.from[0]));
		for (i = 0; i < c.count; i++)
			weak_note(g->w, "  %s", op_text(g, c.from[i]));
		return false;
	}
	graph_free(&graph, g->w);
	f->clock = weak_new(g->w, (size_t)r->n * r->sessions,
			    sizeof *f->clock);
	for (j = 0; j < r->n; j++) {
		i = order[j];
		row = f->clock + (size_t)i * r->sessions;
		if (f->previous[i] != NONE)
			memcpy(row, f->clock + (size_t)f->previous[i] *
			       r->sessions, r->sessions * sizeof *row);
		weak_tick(g->w);
		if (!is_read(g, i))
			continue;
		if (r->from[i] != RF_INITIAL) {
			other = f->clock + (size_t)r->from[i] * r->sessions;
			for (s = 0; s < r->sessions; s++)
				if (other[s] > row[s])
					row[s] = other[s];
		}
		row[r->session[i]] = i + 1;
	}
	return true;
}

/* The last read of each session and key that read i was to know of. */
static void
add_known(struct guarantee *g, const struct follow *f, uint32_t i,
	  const uint32_t *reads, const struct block *blocks, uint32_t from,
	  uint32_t to)
{
	const uint32_t *row = f->clock + (size_t)i * g->r.sessions;
	struct regs by_reads = g->r;
	uint32_t b, read;

	by_reads.writes = (uint32_t *)(uintptr_t)reads;
	for (b = from; b < to; b++) {
		read = regs_last(&by_reads, &blocks[b],
				 row[blocks[b].session]);
		if (read != NONE && read != i)
			edge(g, version(g, read), version(g, i), SEEN, i);
	}
}

static void
add_writes_follow_reads(struct guarantee *g, const struct follow *f)
{
	const struct regs *r = &g->r;
	struct weak *w = g->w;
	uint32_t *fill = weak_new(w, (size_t)r->keys + 2, sizeof *fill);
	uint32_t *reads = weak_new(w, r->n, sizeof *reads);
	struct block *blocks = weak_new(w, r->n, sizeof *blocks);
	uint32_t *first = weak_new(w, (size_t)r->keys + 1, sizeof *first);
	uint32_t i, k, j, count = 0;

	for (i = 0; i < r->n; i++)
		if (is_read(g, i))
			fill[r->key[i] + 2]++;
	for (k = 0; k < r->keys; k++)
		fill[k + 2] += fill[k + 1];
	for (i = 0; i < r->n; i++)
		if (is_read(g, i))
			reads[fill[r->key[i] + 1]++] = i;
	for (k = 0; k < r->keys; k++) {
		first[k] = count;
		for (j = fill[k]; j < fill[k + 1]; j++) {
			if (count == first[k] || blocks[count - 1].session !=
			    r->session[reads[j]]) {
				blocks[count].session = r->session[reads[j]];
				blocks[count++].begin = j;
			}
			blocks[count - 1].end = j + 1;
		}
	}
	first[r->keys] = count;
	for (i = 0; i < r->n; i++) {
		k = r->key[i];
		if (is_read(g, i))
			add_known(g, f, i, reads, blocks, first[k],
				  first[k + 1]);
		weak_tick(w);
	}
	/* A write is behind what its process had read of that key. */
	for (i = 0; i < r->n; i++) {
		if (i == 0 || r->session[i] != r->session[i - 1])
			forget(g);
		k = r->key[i];
		if (is_read(g, i))
			g->last[k] = i;
		if (r->write[i] != NONE && g->last[k] != NONE)
			edge(g, version(g, g->last[k]), i, FOLLOWS,
			     g->last[k]);
	}
}

void
weak_writes_follow_reads(struct weak *w)
{
	struct guarantee g;
	struct follow f;

	if (!reads_are_monotonic(w))
		return;
	begin(&g, w);
	if (!fill_clocks(&g, &f))
		return;
	add_monotonic_reads(&g);
	add_writes_follow_reads(&g, &f);
	decide(&g, "writes-follow-reads");
	regs_conclude(&g.r, w);
}
