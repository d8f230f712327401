/* SPDX-License-Identifier: MIT */
/*
 * An order of transactions, done again from the beginning: what order.c finds
 * is believed only after that.  It looks at the transactions themselves, and
 * knows nothing of how the order was found.
 */
#include "checker/weak/txns.h"

#include <string.h>

/* Registers, or lists: what a key holds while the order is done again. */
struct replay {
	const struct txns *t;
	uint32_t *value;		/* registers                          */
	int64_t *element;		/* lists: all keys' appended ones     */
	uint32_t *first, *count;	/* of a key                           */
};

static void
replay_begin(struct replay *r, const struct txns *t)
{
	uint32_t k, i;

	r->t = t;
	r->value = weak_new(t->w, t->keys.count, sizeof *r->value);
	r->first = weak_new(t->w, (size_t)t->keys.count + 1,
			    sizeof *r->first);
	r->count = weak_new(t->w, t->keys.count, sizeof *r->count);
	r->element = weak_new(t->w, t->micros, sizeof *r->element);
	for (i = 0; i < t->micros; i++)
		if (t->micro[i].kind == FR_TXN_WRITE)
			r->first[t->micro[i].key + 1]++;
	for (k = 0; k < t->keys.count; k++) {
		r->first[k + 1] += r->first[k];
		r->value[k] = NONE;
	}
}

/* Whether it can be, now; and does it. */
static bool
replay_micro(struct replay *r, const struct micro *m)
{
	uint32_t k = m->key;

	switch (m->kind) {
	case FR_TXN_WRITE:
		r->value[k] = m->value;
		r->element[r->first[k] + r->count[k]++] =
			r->t->values.at[m->value].value.u.number;
		return true;
	case FR_TXN_READ:
		return m->value == r->value[k];
	default:
		return m->count == r->count[k] && (m->count == 0 ||
			memcmp(m->list, r->element + r->first[k],
			       m->count * sizeof *m->list) == 0);
	}
}

static void
replay_end(struct replay *r)
{
	weak_drop(r->t->w, r->value);
	weak_drop(r->t->w, r->first);
	weak_drop(r->t->w, r->count);
	weak_drop(r->t->w, r->element);
}

bool
txns_replay(const struct txns *t, uint32_t kinds, const uint32_t *order,
	    uint32_t count)
{
	uint32_t *last = weak_new(t->w, t->sessions, sizeof *last);
	uint8_t *there = weak_new(t->w, t->n, sizeof *there);
	const struct fr_operation *op;
	struct replay r;
	uint64_t latest = 0;
	uint32_t i, j, x;
	bool right = true;

	replay_begin(&r, t);
	for (i = 0; i < count && right; i++) {
		x = order[i];
		op = txns_op(t, x);
		right = !there[x]++;
		if ((kinds & KINDS(E_TIME)) != 0 && txns_ok(t, x))
			right = right && op->end_rank >= latest;
		if (op->call_rank > latest)
			latest = op->call_rank;
		if ((kinds & KINDS(E_SESSION)) != 0)
			right = right && t->place[x] >= last[t->session[x]];
		last[t->session[x]] = t->place[x];
		for (j = t->first[x]; j < t->first[x + 1] && right; j++)
			right = replay_micro(&r, &t->micro[j]);
	}
	for (x = 0; x < t->n; x++)
		right = right && (there[x] || !txns_ok(t, x));
	replay_end(&r);
	weak_drop(t->w, last);
	weak_drop(t->w, there);
	return right;
}
