/* SPDX-License-Identifier: MIT */
/*
 * What a transaction saw, held against what it must have seen with it: all of
 * another's writes or none (read atomic), and all that came causally before
 * what it saw.
 *
 * Where the order of two versions is known (lists, the first value), a read of
 * the older one is a violation.  Where it is not (registers), seeing the one
 * where the other was due says that the other is older: an edge E_ATOMIC or
 * E_CAUSAL, which must not close a cycle.
 */
#include "checker/weak/txns.h"

#include <string.h>

/* What a transaction wrote last to a key. */
struct last {
	uint32_t key, session, txn, value;
};

struct atomic {
	struct txns *t;
	uint32_t *saw;			/* of a key: its place in seen + 1 */
	uint32_t *clock;		/* a row a transaction: of each session
					   the places below this             */
	struct last *last;		/* by key, session, place            */
	uint32_t lasts;
	uint32_t *first_last;		/* keys + 1                          */
};

enum age { OLDER, SAME, NOT_KNOWN };

/* Is what `s` saw older than `value` (of the same key)? */
static enum age
age(const struct txns *t, const struct seen *s, uint32_t value)
{
	const struct written *v = &t->written[value];

	if (s->value == value || s->value == UNSURE)
		return SAME;
	if (!t->lists)
		return s->value == NONE ? OLDER :
			t->written[s->value].by < BY_MANY ? NOT_KNOWN : SAME;
	/* An element without a place is behind all that were read. */
	if (v->place == 0)
		return OLDER;
	return s->version < v->place ? OLDER : SAME;
}

/* ---- read atomic --------------------------------------------------------- */

static void
check_pair(struct atomic *a, const struct seen *s, uint32_t writer,
	   uint32_t value)
{
	struct txns *t = a->t;
	uint32_t both[2] = { s->txn, writer }, other;

	switch (age(t, s, value)) {
	case OLDER:
		if (anomaly_new(t, A_FRACTURED))
			anomaly_found(t, A_FRACTURED, both, 2,
			      "T1 saw a write of T2, "
			      "but read key %lld without %s, which T2 %s too",
			      txns_key(t, s->key), txns_value(t, value),
			      t->lists ? "appended" : "wrote");
		return;
	case NOT_KNOWN:
		other = t->written[s->value].by;
		if (other != writer)
			edges_add(t->w, &t->edges, writer, other,
				  WHY(E_ATOMIC, s->value));
		return;
	default:
		return;
	}
}

/* All that the writer of one read wrote to the other keys that were read. */
static void
check_writer(struct atomic *a, uint32_t txn, uint32_t writer)
{
	struct txns *t = a->t;
	const struct micro *m;
	uint32_t i, saw;

	for (i = t->first[writer]; i < t->first[writer + 1]; i++) {
		m = &t->micro[i];
		if (m->kind != FR_TXN_WRITE || !t->written[m->value].final ||
		    t->written[m->value].by != writer)
			continue;
		saw = a->saw[m->key];
		if (saw > t->first_seen[txn] && saw <= t->first_seen[txn + 1])
			check_pair(a, &t->seen[saw - 1], writer, m->value);
	}
	weak_tick(t->w);
}

void
txns_atomic(struct txns *t)
{
	struct atomic a = { .t = t };
	uint32_t txn, i, by;

	a.saw = weak_new(t->w, t->keys.count, sizeof *a.saw);
	for (txn = 0; txn < t->n; txn++) {
		if (t->first_seen[txn + 1] - t->first_seen[txn] < 2 ||
		    (t->lists && t->unlike[txn]))
			continue;
		for (i = t->first_seen[txn]; i < t->first_seen[txn + 1]; i++)
			a.saw[t->seen[i].key] = i + 1;
		for (i = t->first_seen[txn]; i < t->first_seen[txn + 1]; i++) {
			if (t->seen[i].value >= UNSURE)
				continue;
			by = t->written[t->seen[i].value].by;
			if (by < BY_MANY && by != txn)
				check_writer(&a, txn, by);
		}
	}
	weak_drop(t->w, a.saw);
}

/* ---- causality ----------------------------------------------------------- */

/* Each transaction's last write to each key, by key; within one by session
 * and place, since transactions are taken in that order. */
static void
sort_lasts(struct atomic *a, const uint32_t *by_place)
{
	struct txns *t = a->t;
	uint32_t *fill = weak_new(t->w, (size_t)t->keys.count + 2,
				  sizeof *fill);
	const struct micro *m;
	struct last *l;
	uint32_t pass, i, j, txn;

	a->last = weak_new(t->w, t->micros, sizeof *a->last);
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < t->n; i++) {
			txn = by_place[i];
			for (j = t->first[txn]; j < t->first[txn + 1]; j++) {
				m = &t->micro[j];
				if (m->kind != FR_TXN_WRITE ||
				    t->written[m->value].by != txn ||
				    !t->written[m->value].final)
					continue;
				if (pass == 0) {
					fill[m->key + 2]++;
					continue;
				}
				l = &a->last[fill[m->key + 1]++];
				l->key = m->key;
				l->session = t->session[txn];
				l->txn = txn;
				l->value = m->value;
			}
		}
		for (i = 0; pass == 0 && i < t->keys.count; i++)
			fill[i + 2] += fill[i + 1];
	}
	a->first_last = fill;
}

/* Clocks along sessions and reads; false: these alone have a cycle. */
static bool
fill_clocks(struct atomic *a)
{
	struct txns *t = a->t;
	const uint32_t kinds = KINDS(E_SESSION) | KINDS(E_WR);
	uint32_t *order, *row, i, e, txn, to, s;
	uint32_t *other;

	order = graph_sort(t->w, &t->graph, kinds);
	if (order == NULL)
		return false;
	a->clock = weak_new(t->w, (size_t)t->n * t->sessions,
			    sizeof *a->clock);
	for (i = 0; i < t->graph.nodes; i++) {
		txn = order[i];
		if (txn >= t->n)
			continue;
		row = a->clock + (size_t)txn * t->sessions;
		row[t->session[txn]] = t->place[txn] + 1;
		weak_tick(t->w);
		for (e = t->graph.start[txn]; e < t->graph.start[txn + 1];
		     e++) {
			to = t->graph.to[e];
			if ((kinds & KINDS(WHY_KIND(t->graph.why[e]))) == 0)
				continue;
			other = a->clock + (size_t)to * t->sessions;
			for (s = 0; s < t->sessions; s++)
				if (row[s] > other[s])
					other[s] = row[s];
		}
	}
	weak_drop(t->w, order);
	return true;
}

static void
check_known(struct atomic *a, const struct seen *s, const struct last *l)
{
	struct txns *t = a->t;
	uint32_t both[2] = { s->txn, l->txn }, by;
	enum age how = age(t, s, l->value);

	if (how == NOT_KNOWN) {
		by = t->written[s->value].by;
		if (by == l->txn)
			return;
		/* Older for certain where the one is causally before. */
		if (a->clock[(size_t)l->txn * t->sessions + t->session[by]] >
		    t->place[by])
			how = OLDER;
		else
			edges_add(t->w, &t->edges, l->txn, by,
				  WHY(E_CAUSAL, s->value));
	}
	if (how == OLDER && anomaly_new(t, A_CAUSAL))
		anomaly_found(t, A_CAUSAL, both, 2,
		      "T1 knew of T2, by what it and its "
		      "process had seen, but read key %lld without %s, which "
		      "T2 %s", txns_key(t, s->key), txns_value(t, l->value),
		      t->lists ? "appended" : "wrote");
}

/* Of each session the last transaction that wrote the key and is known. */
static void
check_seen(struct atomic *a, const struct seen *s)
{
	struct txns *t = a->t;
	const uint32_t *row = a->clock + (size_t)s->txn * t->sessions;
	uint32_t i = a->first_last[s->key], end = a->first_last[s->key + 1];
	uint32_t session, low, high, middle, limit, stop;

	for (; i < end; i = stop) {
		session = a->last[i].session;
		/* The end of this session's part, by doubling. */
		for (high = 1; i + high < end &&
		     a->last[i + high].session == session; high *= 2)
			;
		low = i + high / 2;
		high = i + high < end ? i + high : end;
		while (low < high) {
			middle = low + (high - low) / 2;
			if (a->last[middle].session == session)
				low = middle + 1;
			else
				high = middle;
		}
		stop = low;
		limit = session == t->session[s->txn] ? t->place[s->txn] :
			row[session];
		low = i;
		high = stop;
		while (low < high) {
			middle = low + (high - low) / 2;
			if (t->place[a->last[middle].txn] < limit)
				low = middle + 1;
			else
				high = middle;
		}
		if (low > i)
			check_known(a, s, &a->last[low - 1]);
	}
	weak_tick(t->w);
}

void
txns_causal(struct txns *t)
{
	struct atomic a = { .t = t };
	uint64_t *place;
	uint32_t *by_place, i;

	place = weak_new(t->w, t->n, sizeof *place);
	for (i = 0; i < t->n; i++)
		place[i] = (uint64_t)t->session[i] << 32 | t->place[i];
	by_place = weak_order(t->w, place, t->n);
	weak_drop(t->w, place);
	if (!fill_clocks(&a)) {
		weak_drop(t->w, by_place);
		return;		/* the cycle is G1c, in its session form */
	}
	sort_lasts(&a, by_place);
	for (i = 0; i < t->seens; i++)
		if (!t->lists || !t->unlike[t->seen[i].txn])
			check_seen(&a, &t->seen[i]);
	weak_drop(t->w, a.clock);
	weak_drop(t->w, a.last);
	weak_drop(t->w, a.first_last);
	weak_drop(t->w, by_place);
}
