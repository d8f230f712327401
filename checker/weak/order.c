/* SPDX-License-Identifier: MIT */
/*
 * One order of all transactions, as proof of serializability.
 *
 * Cycles of what is known rule it out; that there are none proves it only where
 * the order of all versions is known (lists).  For registers an order is looked
 * for: transactions are taken one after the other, each when what has to come
 * before it is there and the registers hold what it read.
 *
 * 1. What only reads is taken as soon as it can be: that never stands in the
 *    way of anything.  A transaction without an answer whose writes nobody
 *    saw is left out for the same reason.
 * 2. A value that is still to be read is not overwritten.
 * 3. No set of transactions with the same values is gone on from twice.
 * 4. An order that is found is done again from the beginning before anybody
 *    hears of it (replay.c).
 */
#include "checker/weak/txns.h"

#include <string.h>

#include "core/base/rand.h"

enum role { OUT, MUST, MAY };

/* A point at which several could come next. */
struct choice {
	uint32_t depth;			/* steps before it                    */
	size_t first;			/* in options                         */
	uint32_t count, next;
};

struct orders {
	struct txns *t;
	uint32_t kinds;			/* of edges that must be kept         */
	uint8_t *role;			/* of a transaction: enum role        */
	uint32_t *waits;		/* of a node: edges not yet taken     */
	uint32_t *ready, *place;	/* those that wait for none; where    */
	uint32_t ready_count;
	uint32_t *value;		/* of a key: what it holds, or NONE   */
	uint32_t *length;		/* of a key: how often it was written */
	uint32_t *readers;		/* of a value: still to come; then of
					   keys: of their first value         */
	uint32_t *first_write;		/* of a transaction; n + 1            */
	struct last_write {
		uint32_t key, value;
		uint32_t count;		/* all of them to that key            */
	} *writes;			/* the last one to each key           */
	uint32_t *before;		/* of the step's writes: what was there */
	uint32_t *steps, depth;		/* nodes taken                        */
	uint32_t left;			/* MUST that are not                  */
	struct choice *choices;
	size_t choice_count, choice_room;
	uint32_t *options;
	size_t option_count, option_room;
	uint64_t hash[2];
	uint64_t *seen;
	uint64_t seen_count, seen_size;
	uint64_t tries, tries_max;	/* 0: no limit but the budget         */
	uint32_t must, fewest;		/* MUST in all; left at the deepest   */
	uint32_t *stuck, stuck_count;	/* what waited for none there         */
};

#define STUCK_MAX 8u

/* ---- what there is ------------------------------------------------------- */

static void
choose_roles(struct orders *o)
{
	const struct txns *t = o->t;
	uint8_t *read = weak_new(t->w, t->values.count, sizeof *read);
	uint32_t i, j;

	o->role = weak_new(t->w, t->n, sizeof *o->role);
	for (i = 0; i < t->seens; i++)
		if (t->seen[i].value < UNSURE)
			read[t->seen[i].value] = 1;
	/* Of a list all that was read. */
	for (i = 0; t->lists && i < t->values.count; i++)
		read[i] = t->written[i].place != 0;
	for (i = 0; i < t->n; i++) {
		if (txns_ok(t, i))
			o->role[i] = MUST;
		for (j = t->first[i]; j < t->first[i + 1] &&
		     o->role[i] != MUST; j++) {
			const struct micro *m = &t->micro[j];

			if (m->kind == FR_TXN_WRITE && read[m->value])
				o->role[i] = t->written[m->value].by == i ?
					MUST : MAY;
		}
		o->left += o->role[i] == MUST;
	}
	o->must = o->left;
	o->fewest = UINT32_MAX;
	o->stuck = weak_new(t->w, STUCK_MAX, sizeof *o->stuck);
	weak_drop(t->w, read);
}

/* What each leaves behind. */
static void
find_writes(struct orders *o)
{
	const struct txns *t = o->t;
	uint32_t *at = weak_new(t->w, t->keys.count, sizeof *at);
	uint32_t i, j, count = 0;

	o->first_write = weak_new(t->w, (size_t)t->n + 1,
				  sizeof *o->first_write);
	o->writes = weak_new(t->w, t->micros, sizeof *o->writes);
	o->before = weak_new(t->w, t->micros, sizeof *o->before);
	for (i = 0; i < t->n; i++) {
		o->first_write[i] = count;
		for (j = t->first[i]; j < t->first[i + 1]; j++) {
			const struct micro *m = &t->micro[j];

			if (m->kind != FR_TXN_WRITE)
				continue;
			if (at[m->key] <= o->first_write[i]) {
				o->writes[count].key = m->key;
				at[m->key] = ++count;
			}
			o->writes[at[m->key] - 1].value = m->value;
			o->writes[at[m->key] - 1].count++;
		}
	}
	o->first_write[t->n] = count;
	weak_drop(t->w, at);
}

static uint32_t
reader_slot(const struct orders *o, uint32_t key, uint32_t value)
{
	return value == NONE ? o->t->values.count + key : value;
}

static bool
kept(const struct orders *o, uint32_t e)
{
	return (o->kinds & KINDS(WHY_KIND(o->t->graph.why[e]))) != 0;
}

static void
begin(struct orders *o)
{
	const struct txns *t = o->t;
	const struct graph *g = &t->graph;
	uint32_t u, e, i;

	o->waits = weak_new(t->w, g->nodes, sizeof *o->waits);
	o->ready = weak_new(t->w, g->nodes, sizeof *o->ready);
	o->place = weak_new(t->w, g->nodes, sizeof *o->place);
	o->steps = weak_new(t->w, g->nodes, sizeof *o->steps);
	o->value = weak_new(t->w, t->keys.count, sizeof *o->value);
	o->length = weak_new(t->w, t->keys.count, sizeof *o->length);
	o->readers = weak_new(t->w, (size_t)t->values.count + t->keys.count,
			      sizeof *o->readers);
	for (i = 0; i < t->keys.count; i++)
		o->value[i] = NONE;
	for (i = 0; i < t->seens; i++)
		if (t->seen[i].value != UNSURE)
			o->readers[reader_slot(o, t->seen[i].key,
					       t->seen[i].value)]++;
	for (u = 0; u < g->nodes; u++) {
		if (u < t->n && o->role[u] == OUT)
			continue;
		for (e = g->start[u]; e < g->start[u + 1]; e++)
			if (kept(o, e))
				o->waits[g->to[e]]++;
	}
}

/* ---- steps --------------------------------------------------------------- */

static void
make_ready(struct orders *o, uint32_t node)
{
	o->place[node] = o->ready_count;
	o->ready[o->ready_count++] = node;
}

static void
unmake_ready(struct orders *o, uint32_t node)
{
	uint32_t last = o->ready[--o->ready_count];

	o->ready[o->place[node]] = last;
	o->place[last] = o->place[node];
}

static void
flip(struct orders *o, uint64_t what, uint64_t a, uint64_t b)
{
	o->hash[0] ^= hash_mix(hash_mix(what, a), b);
	o->hash[1] ^= hash_mix(hash_mix(what + 10, a), b);
}

static void
put(struct orders *o, uint32_t key, uint32_t value)
{
	flip(o, 2, key, o->value[key]);
	o->value[key] = value;
	flip(o, 2, key, value);
}

static void
count_readers(struct orders *o, uint32_t txn, uint32_t by)
{
	const struct txns *t = o->t;
	uint32_t i;

	for (i = t->first_seen[txn]; i < t->first_seen[txn + 1]; i++)
		if (t->seen[i].value != UNSURE)
			o->readers[reader_slot(o, t->seen[i].key,
					       t->seen[i].value)] += by;
}

/* The node, and all behind it that only pass on. */
static void
take(struct orders *o, uint32_t node)
{
	const struct txns *t = o->t;
	const struct graph *g = &t->graph;
	uint32_t done = o->depth, e, i;

	unmake_ready(o, node);
	o->steps[o->depth++] = node;
	flip(o, 1, node, 0);
	o->left -= o->role[node] == MUST;
	count_readers(o, node, UINT32_MAX);
	for (i = o->first_write[node]; i < o->first_write[node + 1]; i++) {
		o->before[i] = o->value[o->writes[i].key];
		put(o, o->writes[i].key, o->writes[i].value);
		o->length[o->writes[i].key] += o->writes[i].count;
	}
	for (; done < o->depth; done++) {
		node = o->steps[done];
		for (e = g->start[node]; e < g->start[node + 1]; e++) {
			if (!kept(o, e) || --o->waits[g->to[e]] > 0)
				continue;
			if (g->to[e] >= t->n)
				o->steps[o->depth++] = g->to[e];
			else if (o->role[g->to[e]] != OUT)
				make_ready(o, g->to[e]);
		}
	}
}

/* The last transaction, and what it let pass. */
static void
undo(struct orders *o)
{
	const struct txns *t = o->t;
	const struct graph *g = &t->graph;
	uint32_t node, e, i;

	do {
		node = o->steps[--o->depth];
		for (e = g->start[node + 1]; e-- > g->start[node];)
			if (kept(o, e) && o->waits[g->to[e]]++ == 0 &&
			    g->to[e] < t->n && o->role[g->to[e]] != OUT)
				unmake_ready(o, g->to[e]);
	} while (node >= t->n);
	for (i = o->first_write[node + 1]; i-- > o->first_write[node];) {
		put(o, o->writes[i].key, o->before[i]);
		o->length[o->writes[i].key] -= o->writes[i].count;
	}
	count_readers(o, node, 1);
	o->left += o->role[node] == MUST;
	flip(o, 1, node, 0);
	make_ready(o, node);
}

static bool
only_reads(const struct orders *o, uint32_t txn)
{
	return o->first_write[txn] == o->first_write[txn + 1];
}

/* Whether the registers hold what it read, and nobody needs what it ends. */
static bool
fits(const struct orders *o, uint32_t txn)
{
	const struct txns *t = o->t;
	const struct seen *s;
	uint32_t i, j, k, left;

	for (i = t->first_seen[txn]; i < t->first_seen[txn + 1]; i++) {
		s = &t->seen[i];
		if (s->value != UNSURE && s->value != o->value[s->key])
			return false;
		if (t->lists && s->version != o->length[s->key])
			return false;
	}
	for (i = o->first_write[txn]; i < o->first_write[txn + 1]; i++) {
		k = o->writes[i].key;
		/* What many wrote may come again. */
		if (o->value[k] != NONE &&
		    t->written[o->value[k]].by >= BY_MANY)
			continue;
		left = o->readers[reader_slot(o, k, o->value[k])];
		for (j = t->first_seen[txn]; j < t->first_seen[txn + 1]; j++)
			left -= t->seen[j].key == k &&
				t->seen[j].value == o->value[k];
		if (left > 0)
			return false;
	}
	return true;
}

static void
take_reads(struct orders *o)
{
	uint32_t i;

	for (i = 0; i < o->ready_count;) {
		if (only_reads(o, o->ready[i]) && fits(o, o->ready[i])) {
			take(o, o->ready[i]);
			i = 0;
		} else {
			i++;
		}
		weak_tick(o->t->w);
	}
	if (o->left >= o->fewest)
		return;
	o->fewest = o->left;
	o->stuck_count = 0;
	for (i = 0; i < o->ready_count && o->stuck_count < STUCK_MAX; i++)
		if (o->role[o->ready[i]] == MUST)
			o->stuck[o->stuck_count++] = o->ready[i];
}

/* ---- the search ---------------------------------------------------------- */

static bool
remember(struct orders *o)
{
	struct weak *w = o->t->w;
	uint64_t *old = o->seen, size = o->seen_size, i, at;

	if ((o->seen_count + 1) * 2 > size) {
		o->seen_size = size == 0 ? 1024 : size * 2;
		o->seen = weak_new(w, o->seen_size, 2 * sizeof *o->seen);
		for (i = 0; i < size; i++) {
			if ((old[2 * i] | old[2 * i + 1]) == 0)
				continue;
			at = old[2 * i] & (o->seen_size - 1);
			while ((o->seen[2 * at] | o->seen[2 * at + 1]) != 0)
				at = (at + 1) & (o->seen_size - 1);
			o->seen[2 * at] = old[2 * i];
			o->seen[2 * at + 1] = old[2 * i + 1];
		}
		weak_drop(w, old);
	}
	at = o->hash[0] & (o->seen_size - 1);
	for (; (o->seen[2 * at] | o->seen[2 * at + 1]) != 0;
	     at = (at + 1) & (o->seen_size - 1))
		if (o->seen[2 * at] == o->hash[0] &&
		    o->seen[2 * at + 1] == o->hash[1])
			return false;
	o->seen[2 * at] = o->hash[0];
	o->seen[2 * at + 1] = o->hash[1];
	o->seen_count++;
	return true;
}

/* All that can come next, in the order of their calls. */
static void
add_choice(struct orders *o)
{
	struct weak *w = o->t->w;
	struct choice *c;
	uint32_t i, j;

	weak_grow(w, &o->choices, &o->choice_room, o->choice_count + 1,
		  sizeof *c);
	weak_grow(w, &o->options, &o->option_room,
		  o->option_count + o->ready_count, sizeof *o->options);
	c = &o->choices[o->choice_count++];
	c->depth = o->depth;
	c->first = o->option_count;
	c->count = c->next = 0;
	for (i = 0; i < o->ready_count; i++) {
		weak_tick(w);
		if (!fits(o, o->ready[i]))
			continue;
		for (j = c->count++; j > 0 && o->options[c->first + j - 1] >
		     o->ready[i]; j--)
			o->options[c->first + j] = o->options[c->first + j - 1];
		o->options[c->first + j] = o->ready[i];
	}
	o->option_count += c->count;
}

/* What waits for nothing: transactions, and what only passes on. */
static void
first_ready(struct orders *o)
{
	const struct graph *g = &o->t->graph;
	uint32_t *stack = weak_new(o->t->w, g->nodes, sizeof *stack);
	uint32_t u, e, count = 0;

	for (u = 0; u < g->nodes; u++) {
		if (o->waits[u] > 0)
			continue;
		if (u >= o->t->n)
			stack[count++] = u;
		else if (o->role[u] != OUT)
			make_ready(o, u);
	}
	while (count > 0) {
		u = stack[--count];
		for (e = g->start[u]; e < g->start[u + 1]; e++) {
			if (!kept(o, e) || --o->waits[g->to[e]] > 0)
				continue;
			if (g->to[e] >= o->t->n)
				stack[count++] = g->to[e];
			else if (o->role[g->to[e]] != OUT)
				make_ready(o, g->to[e]);
		}
	}
	weak_drop(o->t->w, stack);
}

static enum order
search(struct orders *o)
{
	struct choice *c;

	first_ready(o);
	take_reads(o);
	if (o->left > 0)
		add_choice(o);
	while (o->left > 0) {
		if (o->choice_count == 0)
			return ORDER_NONE;
		c = &o->choices[o->choice_count - 1];
		/* Only going back is a try: forward is what must be. */
		o->tries += o->depth > c->depth || c->next == c->count;
		if (o->tries_max > 0 && o->tries > o->tries_max)
			return ORDER_UNDECIDED;
		while (o->depth > c->depth)
			undo(o);
		if (c->next == c->count) {
			o->option_count = c->first;
			o->choice_count--;
			continue;
		}
		weak_tick(o->t->w);
		take(o, o->options[c->first + c->next++]);
		take_reads(o);
		if (o->left > 0 && remember(o))
			add_choice(o);
	}
	return ORDER_FOUND;
}

/* ---- what was found ------------------------------------------------------ */

static bool
keep_order(struct orders *o)
{
	struct txns *t = o->t;
	struct verdict *v = &t->w->v;
	uint32_t *order = weak_new(t->w, t->n, sizeof *order), i, count = 0;

	for (i = 0; i < o->depth; i++)
		if (o->steps[i] < t->n)
			order[count++] = o->steps[i];
	if (!txns_replay(t, o->kinds, order, count)) {
		weak_drop(t->w, order);
		return false;
	}
	v->order = arena_new(&v->arena, ((size_t)count + 1) *
			     sizeof *v->order);
	v->order_count = count;
	for (i = 0; i < count; i++)
		v->order[i] = t->op[order[i]];
	weak_drop(t->w, order);
	return true;
}

/* A value that is there at first and written too has a writer or none. */
static bool
writes_the_first(const struct txns *t)
{
	const struct fr_value *first = &t->w->initial;
	uint32_t i;

	for (i = 0; i < t->values.count && first->kind == FR_INT; i++)
		if (t->values.at[i].value.u.number == first->u.number &&
		    t->written[i].by != BY_NOBODY)
			return true;
	return false;
}

/* How far one comes, and who cannot go on from there. */
static void
keep_stuck(const struct orders *o, struct no_order *out)
{
	struct arena *a = &o->t->w->v.arena;
	uint32_t i;

	out->placed = o->must - o->fewest;
	out->must = o->must;
	out->txns = arena_copy(a, o->stuck, o->stuck_count *
			       sizeof *o->stuck);
	out->ops = arena_new(a, (o->stuck_count + (size_t)1) *
			     sizeof *out->ops);
	out->count = o->stuck_count;
	for (i = 0; i < o->stuck_count; i++)
		out->ops[i] = o->t->op[o->stuck[i]];
}

enum order
txns_order(struct txns *t, uint32_t kinds, uint64_t tries_max,
	   struct no_order *out)
{
	struct orders o = { .t = t, .kinds = kinds, .tries_max = tries_max };
	enum order found;

	if (writes_the_first(t))
		return ORDER_UNDECIDED;
	choose_roles(&o);
	find_writes(&o);
	begin(&o);
	found = search(&o);
	if (found == ORDER_NONE)
		keep_stuck(&o, out);
	if (found == ORDER_FOUND && !keep_order(&o))
		found = ORDER_UNDECIDED;
	weak_drop(t->w, o.role);
	weak_drop(t->w, o.stuck);
	weak_drop(t->w, o.first_write);
	weak_drop(t->w, o.writes);
	weak_drop(t->w, o.before);
	weak_drop(t->w, o.waits);
	weak_drop(t->w, o.ready);
	weak_drop(t->w, o.place);
	weak_drop(t->w, o.steps);
	weak_drop(t->w, o.value);
	weak_drop(t->w, o.length);
	weak_drop(t->w, o.readers);
	weak_drop(t->w, o.choices);
	weak_drop(t->w, o.options);
	weak_drop(t->w, o.seen);
	return found;
}
