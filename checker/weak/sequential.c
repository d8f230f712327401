/* SPDX-License-Identifier: MIT */
/*
 * Sequential consistency of registers (Lamport 1979): one order of all
 * operations that keeps each process's own and in which each read returns the
 * last write of its key.  Deciding it is NP-complete; so
 *
 *	1. saturate: the processes' orders, each write before its reads, and,
 *	   for a read r of w and another write v of that key,
 *		v before r  implies  v before w,
 *		w before v  implies  r before v;
 *	   a cycle is a proof that there is no such order;
 *	2. search for one in what is left open, depth first with an own stack,
 *	   reads as soon as they can be, writes in the order of their calls
 *	   first, a write never over a value that is still to be read, and no
 *	   state twice.
 *
 * What was found is checked once more, on the operations themselves.
 */
#include "checker/weak/weak.h"

#include <string.h>

#include "core/base/rand.h"

enum why { SESSION, FROM, OVERWRITTEN, REPLACED };

struct sequential {
	struct weak *w;
	const struct regs *r;
	struct graph graph;
	struct edges derived;		/* by the two rules                   */
	uint32_t *fore, *back;		/* n rows of sessions                 */
};

/* ---- saturation ---------------------------------------------------------- */

static void
make_graph(struct sequential *q)
{
	const struct regs *r = q->r;
	struct edges e = { 0 };
	size_t j;
	uint32_t i;

	for (i = 0; i < r->n; i++) {
		if (i > 0 && r->session[i] == r->session[i - 1])
			edges_add(q->w, &e, i - 1, i, WHY(SESSION, 0));
		if (r->from[i] < r->n)
			edges_add(q->w, &e, r->from[i], i, WHY(FROM, 0));
	}
	for (j = 0; j < q->derived.count; j++)
		edges_add(q->w, &e, q->derived.at[j].from, q->derived.at[j].to,
			  q->derived.at[j].why);
	graph_make(&q->graph, q->w, r->n, r->n, &e);
}

static void
raise(uint32_t *row, const uint32_t *other, uint32_t count)
{
	uint32_t s;

	for (s = 0; s < count; s++)
		if (other[s] > row[s])
			row[s] = other[s];
}

static void
lower(uint32_t *row, const uint32_t *other, uint32_t count)
{
	uint32_t s;

	for (s = 0; s < count; s++)
		if (other[s] < row[s])
			row[s] = other[s];
}

/* fore: nodes of a session below this are before (or it itself); back: those
 * from this on are after it (or it itself). */
static void
fill_clocks(struct sequential *q, const uint32_t *order)
{
	const struct regs *r = q->r;
	const struct graph *g = &q->graph;
	uint32_t i, j, e, k = r->sessions;
	size_t cells = (size_t)r->n * k;

	if (q->fore == NULL) {
		q->fore = weak_new(q->w, cells, sizeof *q->fore);
		q->back = weak_new(q->w, cells, sizeof *q->back);
	}
	memset(q->fore, 0, cells * sizeof *q->fore);
	memset(q->back, 0xff, cells * sizeof *q->back);
	for (j = 0; j < r->n; j++) {
		i = order[j];
		q->fore[(size_t)i * k + r->session[i]] = i + 1;
		for (e = g->start[i]; e < g->start[i + 1]; e++)
			raise(q->fore + (size_t)g->to[e] * k,
			      q->fore + (size_t)i * k, k);
		weak_tick(q->w);
	}
	for (j = r->n; j-- > 0;) {
		i = order[j];
		q->back[(size_t)i * k + r->session[i]] = i;
		for (e = g->start[i]; e < g->start[i + 1]; e++)
			lower(q->back + (size_t)i * k,
			      q->back + (size_t)g->to[e] * k, k);
		weak_tick(q->w);
	}
}

static void
derive(struct sequential *q, uint32_t from, uint32_t to, enum why why,
       uint32_t detail)
{
	if (q->fore[(size_t)to * q->r->sessions + q->r->session[from]] > from)
		return;			/* known */
	edges_add(q->w, &q->derived, from, to, WHY(why, detail));
}

static void
derive_read(struct sequential *q, uint32_t i)
{
	const struct regs *r = q->r;
	const uint32_t *fore = q->fore + (size_t)i * r->sessions;
	uint32_t from = r->from[i], b, v, s;

	for (b = r->first_block[r->key[i]]; b < r->first_block[r->key[i] + 1];
	     b++) {
		s = r->block[b].session;
		v = regs_last(r, &r->block[b], s == r->session[i] ? i :
			      fore[s]);
		if (v != NONE && v != from && from != RF_INITIAL)
			derive(q, v, from, OVERWRITTEN, i);
		v = regs_next(r, &r->block[b], from == RF_INITIAL ? 0 :
			      q->back[(size_t)from * r->sessions + s]);
		if (v == from && v != NONE)
			v = regs_next(r, &r->block[b], v + 1);
		if (v == i)
			v = regs_next(r, &r->block[b], v + 1);
		if (v != NONE)
			derive(q, i, v, REPLACED, i);
	}
}

/* Why each is before the next. */
static void
report_cycle(struct sequential *q)
{
	static const char *const words[] = {
		", which the same process followed with",
		", which was seen by",
		", which cannot be between the next and its read, so is before",
		", which read the value before it was replaced by"
	};
	struct quest quest = { ALL_KINDS, ALL_KINDS, 0, 20000000 };
	struct cycle c;
	uint64_t *ops;
	uint32_t i;

	graph_cycle(q->w, &q->graph, &quest, &c);
	ops = weak_new(q->w, c.count, sizeof *ops);
	for (i = 0; i < c.count; i++)
		ops[i] = q->r->op[c.from[i]];
	weak_violation(q->w, q->w->v.condition, ops, c.count, "in every order "
		       "%s would have to be before itself, by way of %u others",
		       weak_text(q->w, ops[0]), c.count - 1);
	for (i = 0; i < c.count; i++)
		weak_note(q->w, "  %s%s", weak_text(q->w, ops[i]),
			  words[WHY_KIND(q->graph.why[c.edge[i]])]);
	weak_note(q->w, "  the first");
}

/* The order that all must keep, or false: there is none. */
static bool
saturate(struct sequential *q)
{
	const struct regs *r = q->r;
	uint32_t *order, i;
	size_t before;

	do {
		if (q->graph.start != NULL)
			graph_free(&q->graph, q->w);
		make_graph(q);
		order = graph_sort(q->w, &q->graph, ALL_KINDS);
		if (order == NULL) {
			report_cycle(q);
			return false;
		}
		fill_clocks(q, order);
		weak_drop(q->w, order);
		before = q->derived.count;
		for (i = 0; i < r->n; i++) {
			weak_tick(q->w);
			if (r->from[i] != NONE && r->from[i] != RF_MANY)
				derive_read(q, i);
		}
	} while (q->derived.count > before);
	return true;
}

/* ---- search -------------------------------------------------------------- */

/* One step taken; what it changed. */
struct step {
	uint32_t node;
	uint32_t value, writer;		/* of its key, before                 */
};

/* A choice: the writes that could come at this point. */
struct choice {
	uint32_t depth;			/* steps before it                    */
	uint32_t first, count, next;	/* in options                         */
};

struct state {
	struct sequential *q;
	uint32_t *at;			/* of a session: its next node        */
	uint32_t *value, *writer;	/* of a key                           */
	uint32_t *waits;		/* of a node: edges not yet taken     */
	uint32_t *readers;		/* of a write: reads still to come    */
	struct step *steps;
	uint32_t depth, deepest;
	uint32_t *stuck;		/* the heads then                     */
	struct choice *choices;
	size_t choice_count, choice_room;
	uint32_t *options;
	size_t option_count, option_room;
	uint64_t hash[2];
	uint64_t *seen;			/* pairs                              */
	uint64_t seen_count, seen_size;
};

static void
flip(struct state *s, uint32_t what, uint64_t a, uint64_t b)
{
	s->hash[0] ^= hash_mix(hash_mix(what, a), b);
	s->hash[1] ^= hash_mix(hash_mix(what + 10, a), b);
}

static void
take(struct state *s, uint32_t i)
{
	const struct regs *r = s->q->r;
	const struct graph *g = &s->q->graph;
	struct step *step = &s->steps[s->depth++];
	uint32_t k = r->key[i], e;

	step->node = i;
	step->value = s->value[k];
	step->writer = s->writer[k];
	flip(s, 1, r->session[i], i);
	flip(s, 1, r->session[i], i + 1);
	s->at[r->session[i]] = i + 1;
	if (r->from[i] < r->n)
		s->readers[r->from[i]]--;
	if (r->write[i] != NONE) {
		flip(s, 2, k, s->value[k]);
		s->value[k] = r->write[i];
		s->writer[k] = i;
		flip(s, 2, k, s->value[k]);
	}
	for (e = g->start[i]; e < g->start[i + 1]; e++)
		s->waits[g->to[e]]--;
}

static void
undo(struct state *s)
{
	const struct regs *r = s->q->r;
	const struct graph *g = &s->q->graph;
	const struct step *step = &s->steps[--s->depth];
	uint32_t i = step->node, k = r->key[i], e;

	flip(s, 1, r->session[i], i);
	flip(s, 1, r->session[i], i + 1);
	s->at[r->session[i]] = i;
	if (r->from[i] < r->n)
		s->readers[r->from[i]]++;
	if (r->write[i] != NONE) {
		flip(s, 2, k, s->value[k]);
		flip(s, 2, k, step->value);
		s->value[k] = step->value;
		s->writer[k] = step->writer;
	}
	for (e = g->start[i]; e < g->start[i + 1]; e++)
		s->waits[g->to[e]]++;
}

/* The next node of a session, if it may come now; NONE. */
static uint32_t
head(const struct state *s, uint32_t session)
{
	const struct regs *r = s->q->r;
	uint32_t i = s->at[session], k, left;

	if (i == r->first[session + 1] || s->waits[i] > 0)
		return NONE;
	k = r->key[i];
	if (r->read[i] != NONE && s->value[k] != r->read[i])
		return NONE;
	if (r->write[i] == NONE || s->writer[k] == NONE)
		return i;
	left = s->readers[s->writer[k]];
	return left == 0 || (left == 1 && r->from[i] == s->writer[k]) ? i :
		NONE;
}

static void
take_reads(struct state *s)
{
	const struct regs *r = s->q->r;
	uint32_t session, i;
	bool more = true;

	while (more) {
		more = false;
		for (session = 0; session < r->sessions; session++)
			while ((i = head(s, session)) != NONE &&
			       r->write[i] == NONE) {
				take(s, i);
				more = true;
			}
	}
	if (s->depth <= s->deepest)
		return;
	s->deepest = s->depth;
	memcpy(s->stuck, s->at, r->sessions * sizeof *s->at);
}

/* Whether this state is new. */
static bool
remember(struct state *s)
{
	struct weak *w = s->q->w;
	uint64_t *old = s->seen, size = s->seen_size, i, at;

	if ((s->seen_count + 1) * 2 > size) {
		s->seen_size = size == 0 ? 1024 : size * 2;
		s->seen = weak_new(w, s->seen_size, 2 * sizeof *s->seen);
		for (i = 0; i < size; i++) {
			if ((old[2 * i] | old[2 * i + 1]) == 0)
				continue;
			at = old[2 * i] & (s->seen_size - 1);
			while ((s->seen[2 * at] | s->seen[2 * at + 1]) != 0)
				at = (at + 1) & (s->seen_size - 1);
			s->seen[2 * at] = old[2 * i];
			s->seen[2 * at + 1] = old[2 * i + 1];
		}
		weak_drop(w, old);
	}
	at = s->hash[0] & (s->seen_size - 1);
	for (; (s->seen[2 * at] | s->seen[2 * at + 1]) != 0;
	     at = (at + 1) & (s->seen_size - 1))
		if (s->seen[2 * at] == s->hash[0] &&
		    s->seen[2 * at + 1] == s->hash[1])
			return false;
	s->seen[2 * at] = s->hash[0];
	s->seen[2 * at + 1] = s->hash[1];
	s->seen_count++;
	return true;
}

/* The writes that may come, in the order of their calls. */
static void
add_choice(struct state *s)
{
	const struct regs *r = s->q->r;
	struct weak *w = s->q->w;
	struct choice *c;
	uint32_t session, i, j;

	weak_grow(w, &s->choices, &s->choice_room, s->choice_count + 1,
		  sizeof *c);
	weak_grow(w, &s->options, &s->option_room,
		  s->option_count + r->sessions, sizeof *s->options);
	c = &s->choices[s->choice_count++];
	c->depth = s->depth;
	c->first = (uint32_t)s->option_count;
	c->count = c->next = 0;
	for (session = 0; session < r->sessions; session++) {
		i = head(s, session);
		if (i == NONE)
			continue;
		for (j = c->count++; j > 0 && r->op[s->options[c->first + j -
		     1]] > r->op[i]; j--)
			s->options[c->first + j] = s->options[c->first + j - 1];
		s->options[c->first + j] = i;
	}
	s->option_count += c->count;
}

static void
begin(struct state *s, struct sequential *q)
{
	const struct regs *r = q->r;
	uint32_t i;

	memset(s, 0, sizeof *s);
	s->q = q;
	s->at = weak_new(q->w, r->sessions, sizeof *s->at);
	s->stuck = weak_new(q->w, r->sessions, sizeof *s->stuck);
	s->value = weak_new(q->w, r->keys, sizeof *s->value);
	s->writer = weak_new(q->w, r->keys, sizeof *s->writer);
	s->waits = weak_new(q->w, r->n, sizeof *s->waits);
	s->readers = weak_new(q->w, r->n, sizeof *s->readers);
	s->steps = weak_new(q->w, r->n, sizeof *s->steps);
	for (i = 0; i < r->sessions; i++)
		s->at[i] = s->stuck[i] = r->first[i];
	for (i = 0; i < r->keys; i++) {
		s->value[i] = r->initial[i];
		s->writer[i] = NONE;
	}
	for (i = 0; i < r->n; i++)
		if (r->from[i] < r->n)
			s->readers[r->from[i]]++;
	for (i = 0; i < q->graph.start[r->n]; i++)
		s->waits[q->graph.to[i]]++;
}

/* true: s->steps is an order. */
static bool
search(struct state *s)
{
	const struct regs *r = s->q->r;
	struct choice *c;

	take_reads(s);
	add_choice(s);
	while (s->depth < r->n) {
		if (s->choice_count == 0)
			return false;
		c = &s->choices[s->choice_count - 1];
		while (s->depth > c->depth)
			undo(s);
		if (c->next == c->count) {
			s->option_count = c->first;
			s->choice_count--;
			continue;
		}
		weak_tick(s->q->w);
		take(s, s->options[c->first + c->next++]);
		take_reads(s);
		if (s->depth < r->n && remember(s))
			add_choice(s);
	}
	return true;
}

/* ---- the answer ---------------------------------------------------------- */

/* An order on the operations themselves: is it one? */
static bool
verify(const struct state *s)
{
	const struct regs *r = s->q->r;
	uint32_t *value = weak_new(s->q->w, r->keys, sizeof *value);
	uint32_t *next = weak_new(s->q->w, r->sessions, sizeof *next), i, j;

	memcpy(value, r->initial, r->keys * sizeof *value);
	memcpy(next, r->first, r->sessions * sizeof *next);
	for (j = 0; j < r->n; j++) {
		i = s->steps[j].node;
		if (i != next[r->session[i]]++)
			return false;
		if (r->read[i] != NONE && r->read[i] != value[r->key[i]])
			return false;
		if (r->write[i] != NONE)
			value[r->key[i]] = r->write[i];
	}
	return true;
}

static void
report_stuck(struct state *s)
{
	const struct regs *r = s->q->r;
	struct weak *w = s->q->w;
	uint64_t *ops = weak_new(w, r->sessions, sizeof *ops);
	uint32_t i, count = 0;

	for (i = 0; i < r->sessions; i++)
		if (s->stuck[i] < r->first[i + 1])
			ops[count++] = r->op[s->stuck[i]];
	weak_violation(w, w->v.condition, ops, count, "every order was tried; "
		       "the longest has %u of %u operations, and none of the "
		       "next ones of each process can follow it", s->deepest,
		       r->n);
	for (i = 0; i < count; i++)
		weak_note(w, "  %s", weak_text(w, ops[i]));
}

/* The order of all, where `keep`, becomes the verdict's. */
static void
decide(struct weak *w, const struct regs *r, bool keep)
{
	struct sequential q = { .w = w, .r = r };
	struct state s;
	uint32_t i;

	if (!saturate(&q))
		return;
	weak_drop(w, q.fore);
	weak_drop(w, q.back);
	begin(&s, &q);
	if (!search(&s)) {
		report_stuck(&s);
		return;
	}
	FR_ASSERT(verify(&s));
	if (!keep)
		return;
	w->v.order = arena_new(&w->v.arena, r->n * sizeof *w->v.order);
	w->v.order_count = r->n;
	for (i = 0; i < r->n; i++)
		w->v.order[i] = r->op[s.steps[i].node];
}

static void
conclude(struct weak *w, const struct regs *r)
{
	weak_note(w, "%u operations of %u processes on %u keys, %u of them "
		  "reads.", r->n, r->sessions, r->keys, r->reads);
	if (r->reads == 0)
		weak_unknown(w, "no read was answered");
}

void
weak_sequential(struct weak *w)
{
	struct regs r;

	w->v.algorithm = "saturation, then search";
	regs_load(&r, w);
	if (w->v.kind != VERDICT_INVALID)
		decide(w, &r, true);
	conclude(w, &r);
}

void
weak_sequential_per_key(struct weak *w)
{
	struct regs r, part;
	uint32_t k;

	w->v.algorithm = "saturation, then search, key by key";
	regs_load(&r, w);
	for (k = 0; k < r.keys && w->v.kind != VERDICT_INVALID; k++) {
		regs_part(&part, &r, w, k);
		decide(w, &part, false);
	}
	conclude(w, &r);
}
