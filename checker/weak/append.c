/* SPDX-License-Identifier: MIT */
/*
 * Lists: the longest read of a key is the order of its versions, and every
 * other read must be a prefix of it (after Elle: Kingsbury and Alvaro, "Elle:
 * inferring isolation anomalies from experimental observations", VLDB 2020).
 *
 * An element that no read has is behind all that were read: were it further in
 * front, the longest read would have it.  That holds for one without an answer
 * too, if it is there at all; and if it is not, it does no harm to say so: no
 * edge leads from what nobody saw.
 */
#include "checker/weak/txns.h"

#include <string.h>

struct append {
	struct txns *t;
	const struct micro **longest;	/* of a key                           */
	uint32_t *longest_by;		/* the transaction that read it       */
	uint32_t *unread;		/* values that nobody read,
					   by key                             */
	uint32_t *first_unread;		/* keys + 1                           */
	uint32_t *reads;		/* external reads by key and version  */
	uint32_t *first_read;		/* of (key, version); see slot        */
	uint32_t slots;
};

/* Versions 0 .. n of a key with n elements, for all keys in a row. */
static uint32_t
slot(const struct txns *t, uint32_t key, uint32_t version)
{
	return t->first_version[key] + key + version;
}

static void
find_longest(struct append *a)
{
	struct txns *t = a->t;
	const struct micro *m;
	uint32_t txn, i;

	a->longest = weak_new(t->w, t->keys.count, sizeof *a->longest);
	a->longest_by = weak_new(t->w, t->keys.count, sizeof *a->longest_by);
	for (txn = 0; txn < t->n; txn++)
		for (i = t->first[txn]; i < t->first[txn + 1]; i++) {
			m = &t->micro[i];
			if (m->kind != FR_TXN_LIST ||
			    (a->longest[m->key] != NULL &&
			     m->count <= a->longest[m->key]->count))
				continue;
			a->longest[m->key] = m;
			a->longest_by[m->key] = txn;
		}
}

static void
element_found(struct append *a, uint32_t key, uint32_t txn, int64_t element,
	      uint32_t value)
{
	struct txns *t = a->t;
	const struct written *v;

	if (value == NONE || t->written[value].by == BY_NOBODY) {
		if (anomaly_new(t, A_INVENTED))
			anomaly_found(t, A_INVENTED, &txn, 1,
			      "T1 reads %lld in key "
			      "%lld, which nobody appended",
			      (long long)element, txns_key(t, key));
		return;
	}
	v = &t->written[value];
	if (v->by != BY_FAILED || !anomaly_new(t, A_G1A))
		return;
	anomaly_found(t, A_G1A, &txn, 1,
	      "T1 reads %lld in key %lld, which T2 appended, "
	      "and T2 failed", (long long)element, txns_key(t, key));
	anomaly_failed(t, A_G1A, v->failed_op);
}

static void
dirty_found(struct txns *t, uint32_t key, uint32_t value, uint32_t failed)
{
	anomaly_found(t, A_DIRTY, &t->written[value].by, 1,
	      "T1 appended %s to key %lld behind %s, which T2 appended, and "
	      "T2 failed", txns_value(t, value), txns_key(t, key),
	      txns_value(t, failed));
	anomaly_failed(t, A_DIRTY, t->written[failed].failed_op);
}

/* The versions of a key, from its longest read. */
static void
place_elements(struct append *a, uint32_t key, uint32_t at)
{
	struct txns *t = a->t;
	const struct micro *m = a->longest[key];
	uint32_t i, value, failed = NONE;
	struct written *v;

	for (i = 0; i < m->count; i++) {
		value = pairs_number(&t->values, t->keys.at[key].key,
				     m->list[i], false);
		t->version[at + i] = value;
		if (value == NONE || t->written[value].by >= BY_FAILED)
			element_found(a, key, a->longest_by[key], m->list[i],
				      value);
		if (value == NONE)
			continue;
		v = &t->written[value];
		if (v->place != 0) {
			if (anomaly_new(t, A_DUPLICATE))
				anomaly_found(t, A_DUPLICATE,
				      &a->longest_by[key], 1,
				      "T1 reads %lld twice in key %lld",
				      (long long)m->list[i], txns_key(t, key));
			t->version[at + i] = NONE;
			continue;
		}
		v->place = i + 1;
		if (v->by == BY_FAILED)
			failed = value;
		else if (failed != NONE && v->by < BY_MANY &&
			 anomaly_new(t, A_DIRTY))
			dirty_found(t, key, value, failed);
	}
	weak_tick(t->w);
}

static void
place_versions(struct append *a)
{
	struct txns *t = a->t;
	uint32_t k, total = 0;

	t->first_version = weak_new(t->w, (size_t)t->keys.count + 1,
				    sizeof *t->first_version);
	for (k = 0; k < t->keys.count; k++) {
		t->first_version[k] = total;
		total += a->longest[k] == NULL ? 0 : a->longest[k]->count;
	}
	t->first_version[k] = total;
	a->slots = total + t->keys.count;
	t->version = weak_new(t->w, total, sizeof *t->version);
	for (k = 0; k < t->keys.count; k++)
		if (a->longest[k] != NULL)
			place_elements(a, k, t->first_version[k]);
}

/* Every read must be a prefix.  One that is not is told, and its own elements
 * are looked at. */
static void
compare_reads(struct append *a)
{
	struct txns *t = a->t;
	const struct micro *m, *longest;
	uint32_t txn, i, j, value, both[2];

	for (txn = 0; txn < t->n; txn++) {
		weak_tick(t->w);
		for (i = t->first[txn]; i < t->first[txn + 1]; i++) {
			m = &t->micro[i];
			if (m->kind != FR_TXN_LIST || m->count == 0)
				continue;
			longest = a->longest[m->key];
			if (m == longest || memcmp(m->list, longest->list,
			    m->count * sizeof *m->list) == 0)
				continue;
			t->unlike[txn] = true;
			for (j = 0; j < m->count; j++) {
				value = pairs_number(&t->values,
					t->keys.at[m->key].key, m->list[j],
					false);
				if (value == NONE ||
				    t->written[value].by >= BY_FAILED)
					element_found(a, m->key, txn,
						      m->list[j], value);
			}
			both[0] = txn;
			both[1] = a->longest_by[m->key];
			if (anomaly_new(t, A_INCOMPATIBLE))
				anomaly_found(t, A_INCOMPATIBLE, both, 2,
				      "T1 and T2 "
				      "read key %lld in orders of which none "
				      "continues the other",
				      txns_key(t, m->key));
		}
	}
}

/* External reads by what they saw, so that the readers of one version are
 * together; those that are no prefix are left out. */
static void
sort_reads(struct append *a)
{
	struct txns *t = a->t;
	uint32_t *fill = weak_new(t->w, (size_t)a->slots + 2, sizeof *fill);
	const struct seen *s;
	uint32_t i;

	for (i = 0; i < t->seens; i++) {
		s = &t->seen[i];
		if (!t->unlike[s->txn])
			fill[slot(t, s->key, s->version) + 2]++;
	}
	for (i = 0; i < a->slots; i++)
		fill[i + 2] += fill[i + 1];
	a->reads = weak_new(t->w, t->seens, sizeof *a->reads);
	for (i = 0; i < t->seens; i++) {
		s = &t->seen[i];
		if (!t->unlike[s->txn])
			a->reads[fill[slot(t, s->key, s->version) + 1]++] = i;
	}
	a->first_read = fill;
}

/* The values of each key that nobody read. */
static void
sort_unread(struct append *a)
{
	struct txns *t = a->t;
	uint32_t *fill = weak_new(t->w, (size_t)t->keys.count + 2,
				  sizeof *fill);
	const struct written *v;
	uint32_t i, j, pass;

	a->unread = weak_new(t->w, t->micros, sizeof *a->unread);
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < t->n; i++)
			for (j = t->first[i]; j < t->first[i + 1]; j++) {
				if (t->micro[j].kind != FR_TXN_WRITE)
					continue;
				v = &t->written[t->micro[j].value];
				if (v->place != 0 || v->by != i)
					continue;
				if (pass == 0)
					fill[t->micro[j].key + 2]++;
				else
					a->unread[fill[t->micro[j].key + 1]++]
						= t->micro[j].value;
			}
		for (i = 0; pass == 0 && i < t->keys.count; i++)
			fill[i + 2] += fill[i + 1];
	}
	a->first_unread = fill;
}

/* A read of what its transaction's writer went on to extend. */
static void
check_final(struct txns *t, const struct seen *s)
{
	const struct written *v;
	uint32_t both[2];

	if (s->value >= UNSURE)
		return;
	v = &t->written[s->value];
	if (v->by >= BY_MANY || v->by == s->txn || v->final ||
	    !anomaly_new(t, A_G1B))
		return;
	both[0] = s->txn;
	both[1] = v->by;
	anomaly_found(t, A_G1B, both, 2,
	      "T1 read key %lld just behind %s, which T2 "
	      "appended before it appended more to that key",
	      txns_key(t, s->key), txns_value(t, s->value));
}

/* Two that saw the same version and wrote both: one was lost. */
static void
check_lost(struct append *a, uint32_t from, uint32_t to)
{
	struct txns *t = a->t;
	uint32_t i, both[2], count = 0;
	const struct seen *s;

	for (i = from; i < to && count < 2; i++) {
		s = &t->seen[a->reads[i]];
		if (s->writes && txns_ok(t, s->txn))
			both[count++] = s->txn;
	}
	if (count == 2 && anomaly_new(t, A_LOST))
		anomaly_found(t, A_LOST, both, 2,
		      "T1 and T2 both read the same "
		      "version of key %lld and appended to it",
		      txns_key(t, t->seen[a->reads[from]].key));
}

/* Edges from one version of a key to what comes next. */
static void
link_version(struct append *a, uint32_t key, uint32_t version,
	     uint32_t writer, uint32_t *readers)
{
	struct txns *t = a->t;
	uint32_t at = slot(t, key, version), i, n, count, next;
	const uint32_t *order = t->version + t->first_version[key];

	count = t->first_version[key + 1] - t->first_version[key];
	for (i = a->first_read[at], n = 0; i < a->first_read[at + 1]; i++) {
		readers[n] = t->seen[a->reads[i]].txn;
		if (writer < BY_MANY && writer != readers[n] && version > 0 &&
		    order[version - 1] != NONE &&
		    t->written[order[version - 1]].by == writer)
			edges_add(t->w, &t->edges, writer, readers[n],
				  WHY(E_WR, order[version - 1]));
		check_final(t, &t->seen[a->reads[i]]);
		n++;
	}
	if (n > 1)
		check_lost(a, a->first_read[at], a->first_read[at + 1]);
	/* What failed or is not told apart is passed over. */
	for (next = version; next < count; next++)
		if (order[next] != NONE && t->written[order[next]].by < BY_MANY)
			break;
	if (next > version && next < count && n == 0)
		return;
	if (next < count)
		txns_follow(t, next == version ? writer : BY_NOBODY, readers,
			    n, &order[next], 1);
	else
		txns_follow(t, writer, readers, n,
			    a->unread + a->first_unread[key],
			    a->first_unread[key + 1] - a->first_unread[key]);
}

static void
link_key(struct append *a, uint32_t key, uint32_t *readers)
{
	struct txns *t = a->t;
	const uint32_t *order = t->version + t->first_version[key];
	uint32_t count = t->first_version[key + 1] - t->first_version[key];
	uint32_t version, writer = BY_NOBODY;

	for (version = 0; version <= count; version++) {
		if (version > 0 && order[version - 1] != NONE &&
		    t->written[order[version - 1]].by < BY_MANY)
			writer = t->written[order[version - 1]].by;
		link_version(a, key, version, writer, readers);
	}
	weak_tick(t->w);
}

void
txns_lists(struct txns *t)
{
	struct append a = { .t = t };
	uint32_t k, *readers;

	t->unlike = weak_new(t->w, t->n, sizeof *t->unlike);
	find_longest(&a);
	place_versions(&a);
	compare_reads(&a);
	sort_reads(&a);
	sort_unread(&a);
	readers = weak_new(t->w, t->seens, sizeof *readers);
	for (k = 0; k < t->keys.count; k++)
		link_key(&a, k, readers);
	weak_drop(t->w, readers);
	weak_drop(t->w, a.reads);
	weak_drop(t->w, a.first_read);
	weak_drop(t->w, a.unread);
	weak_drop(t->w, a.first_unread);
}
