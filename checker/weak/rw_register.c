/* SPDX-License-Identifier: MIT */
/*
 * Registers with unique values: a read tells its writer, but nothing tells the
 * order of the versions, only pieces of it:
 *	the first value is before all others;
 *	a transaction that reads a register and then writes it makes a version
 *	later than the one that it read.
 * The second is no assumption but for dirty reads: were it the other way, the
 * write would be before the one that its transaction read, a cycle of a write
 * and a read (G1c).  So a cycle of such orders alone does not rule out read
 * uncommitted; see cycles.c.
 */
#include "checker/weak/txns.h"

struct registers {
	struct txns *t;
	uint32_t slots;			/* of values, then of first values    */
	uint32_t *first_read, *reads;	/* by slot: transactions              */
	uint32_t *first_later, *later;	/* by slot: values                    */
};

static uint32_t
slot(const struct registers *r, const struct seen *s)
{
	return s->value == NONE ? r->t->values.count + s->key : s->value;
}

/* What transaction `txn` left in `key`; NONE where it is not told apart. */
static uint32_t
left_in(const struct txns *t, uint32_t txn, uint32_t key)
{
	const struct micro *m;
	uint32_t i;

	for (i = t->first[txn + 1]; i-- > t->first[txn];) {
		m = &t->micro[i];
		if (m->kind == FR_TXN_WRITE && m->key == key)
			return t->written[m->value].by == txn ? m->value :
				NONE;
	}
	return NONE;
}

static void
anomaly_failed_read(struct txns *t, const struct seen *s, uint64_t failed)
{
	anomaly_found(t, A_G1A, &s->txn, 1, "T1 reads %s from key %lld, which "
		      "T2 wrote, and T2 failed", txns_value(t, s->value),
		      txns_key(t, s->key));
	anomaly_failed(t, A_G1A, failed);
}

/* A read of what no transaction can have left. */
static void
check_read(struct txns *t, const struct seen *s)
{
	const struct written *v;
	uint32_t both[2] = { s->txn, 0 };

	if (s->value == NONE)
		return;
	v = &t->written[s->value];
	if (v->by == BY_NOBODY && anomaly_new(t, A_INVENTED))
		anomaly_found(t, A_INVENTED, both, 1,
		      "T1 reads %s from key %lld, "
		      "which nobody wrote", txns_value(t, s->value),
		      txns_key(t, s->key));
	if (v->by == BY_FAILED && anomaly_new(t, A_G1A))
		anomaly_failed_read(t, s, v->failed_op);
	if (v->by >= BY_MANY || v->final || v->by == s->txn)
		return;
	both[1] = v->by;
	if (anomaly_new(t, A_G1B))
		anomaly_found(t, A_G1B, both, 2,
		      "T1 reads %s from key %lld, which T2 "
		      "wrote before it wrote that key again",
		      txns_value(t, s->value), txns_key(t, s->key));
}

/* Readers and followers of each value, bucketed. */
static void
sort_values(struct registers *r)
{
	struct txns *t = r->t;
	const struct seen *s;
	uint32_t *reads, *later, i, at, left;
	size_t room = (size_t)r->slots + 2;

	reads = r->first_read = weak_new(t->w, room, sizeof *reads);
	later = r->first_later = weak_new(t->w, room, sizeof *later);
	r->reads = weak_new(t->w, t->seens, sizeof *r->reads);
	r->later = weak_new(t->w, t->seens, sizeof *r->later);
	for (i = 0; i < t->seens; i++) {
		s = &t->seen[i];
		at = slot(r, s);
		reads[at + 2]++;
		if (s->writes && s->value != NONE &&
		    left_in(t, s->txn, s->key) != NONE)
			later[at + 2]++;
	}
	for (i = 0; i < r->slots; i++) {
		reads[i + 2] += reads[i + 1];
		later[i + 2] += later[i + 1];
	}
	for (i = 0; i < t->seens; i++) {
		s = &t->seen[i];
		at = slot(r, s);
		r->reads[reads[at + 1]++] = s->txn;
		if (!s->writes || s->value == NONE)
			continue;
		left = left_in(t, s->txn, s->key);
		if (left != NONE)
			r->later[later[at + 1]++] = left;
	}
}

static void
check_lost(struct registers *r)
{
	struct txns *t = r->t;
	uint32_t *by = weak_new(t->w, r->slots, sizeof *by);
	uint32_t i, at, both[2];
	const struct seen *s;

	for (i = 0; i < t->seens; i++) {
		s = &t->seen[i];
		at = slot(r, s);
		/* What many wrote, they may have seen different ones of. */
		if (!s->writes || (s->value != NONE &&
				   t->written[s->value].by == BY_MANY))
			continue;
		if (by[at] == 0) {
			by[at] = s->txn + 1;
		} else if (anomaly_new(t, A_LOST)) {
			both[0] = by[at] - 1;
			both[1] = s->txn;
			anomaly_found(t, A_LOST, both, 2,
			      "T1 and T2 both read %s from "
			      "key %lld and wrote to it",
			      txns_value(t, s->value), txns_key(t, s->key));
		}
	}
	weak_drop(t->w, by);
}

static void
link_values(struct registers *r)
{
	struct txns *t = r->t;
	uint32_t v, i, by;

	for (v = 0; v < t->values.count; v++) {
		by = t->written[v].by;
		if (by >= BY_MANY)
			continue;
		for (i = r->first_read[v]; i < r->first_read[v + 1]; i++)
			if (r->reads[i] != by)
				edges_add(t->w, &t->edges, by, r->reads[i],
					  WHY(E_WR, v));
		txns_follow(t, by, r->reads + r->first_read[v],
			    r->first_read[v + 1] - r->first_read[v],
			    r->later + r->first_later[v],
			    r->first_later[v + 1] - r->first_later[v]);
		weak_tick(t->w);
	}
}

/* Who saw a key's first value is before all that wrote it; see append.c for
 * those that had no answer and that nobody saw. */
static void
link_first_values(struct registers *r)
{
	struct txns *t = r->t;
	uint32_t *fill, *values, i, k, at;
	const struct written *v;
	const struct micro *m;

	fill = weak_new(t->w, (size_t)t->keys.count + 2, sizeof *fill);
	values = weak_new(t->w, t->micros, sizeof *values);
	for (at = 0; at < 2; at++) {
		for (i = 0; i < t->micros; i++) {
			m = &t->micro[i];
			if (m->kind != FR_TXN_WRITE)
				continue;
			v = &t->written[m->value];
			if (v->by >= BY_MANY || !v->final)
				continue;
			if (at == 0)
				fill[m->key + 2]++;
			else
				values[fill[m->key + 1]++] = m->value;
		}
		for (k = 0; at == 0 && k < t->keys.count; k++)
			fill[k + 2] += fill[k + 1];
	}
	for (k = 0; k < t->keys.count; k++) {
		at = t->values.count + k;
		txns_follow(t, BY_NOBODY, r->reads + r->first_read[at],
			    r->first_read[at + 1] - r->first_read[at],
			    values + fill[k], fill[k + 1] - fill[k]);
	}
	weak_drop(t->w, values);
	weak_drop(t->w, fill);
}

void
txns_registers(struct txns *t)
{
	struct registers r = { .t = t };
	uint32_t i;

	r.slots = t->values.count + t->keys.count;
	for (i = 0; i < t->seens; i++)
		check_read(t, &t->seen[i]);
	sort_values(&r);
	check_lost(&r);
	link_values(&r);
	link_first_values(&r);
	weak_drop(t->w, r.reads);
	weak_drop(t->w, r.later);
	weak_drop(t->w, r.first_read);
	weak_drop(t->w, r.first_later);
}
