/* SPDX-License-Identifier: MIT */
/*
 * log: records with offsets, one log a key, as Kafka keeps them.
 *
 *	inconsistent	one offset, two values
 *	duplicate	one value at more offsets than it was sent times
 *	invented	polled, but never sent, or only by a send that failed,
 *			or before its send was called
 *	reordered	a poll's offsets do not rise; or a send that ended
 *			before another was called has the higher offset
 *	skipped		a poll passes over a record that was known before the
 *			poll was called, and that others saw
 *	lost		the same for a record that was acknowledged and no
 *			poll ever saw; or a poll of the final phase found
 *			nothing at or behind an offset at which it must be
 *	commit-back	a committed offset is lower than one known before, and
 *			nobody has committed it since
 */
#include "checker/weak/weak.h"

#include <string.h>

enum { SEND, POLL, COMMIT, LIST };

static const struct weak_word words_known[] = {
	{ "send", SEND }, { "append", SEND }, { "poll", POLL },
	{ "commit", COMMIT }, { "list", LIST }, { "list-committed", LIST },
	{ "committed", LIST }, { NULL, 0 }
};

#define NOT	UINT64_MAX

/* A place in a log. */
struct slot {
	uint32_t value;			/* the first that was said to be */
	uint64_t by;			/* who said so                        */
	uint64_t known;			/* rank                               */
	bool acknowledged, polled, told;
};

struct sent {
	uint64_t attempts, failed, places;
	uint64_t by, called;		/* the first that did not fail        */
	uint64_t first_place;		/* the op that told of it             */
};

struct kafka {
	struct weak *w;
	const int *words;
	struct pairs slots, values, keys;
	struct slot *slot;
	struct sent *sent;
	size_t slot_room, sent_room;
	uint32_t *order;		/* slots by (key, offset)             */
	uint32_t *first;		/* of a key in order; keys + 1        */
	uint64_t sends, records;
};

static struct sent *
sent_of(struct kafka *k, int64_t key, const struct fr_value *v, uint32_t *id)
{
	uint32_t before = k->values.count;

	*id = pairs_id(&k->values, key, v, true);
	if (k->values.count > before) {
		weak_grow(k->w, &k->sent, &k->sent_room, (size_t)*id + 1,
			  sizeof *k->sent);
		memset(&k->sent[*id], 0, sizeof k->sent[*id]);
	}
	return &k->sent[*id];
}

static struct slot *
slot_of(struct kafka *k, int64_t key, int64_t offset)
{
	uint32_t before = k->slots.count;
	uint32_t id = pairs_number(&k->slots, key, offset, true);
	struct slot *s;

	if (k->slots.count > before) {
		weak_grow(k->w, &k->slot, &k->slot_room, (size_t)id + 1,
			  sizeof *k->slot);
		s = &k->slot[id];
		memset(s, 0, sizeof *s);
		s->value = NONE;
		s->known = NOT;
	}
	return &k->slot[id];
}

/* Operation i says that `value` is at `offset`. */
static void
place(struct kafka *k, uint64_t i, int64_t offset, uint32_t value)
{
	const struct fr_operation *o = weak_op(k->w, i);
	struct slot *s = slot_of(k, o->key, offset);
	struct sent *e = &k->sent[value];
	uint64_t ops[2] = { i, s->by };

	if (o->end_rank < s->known)
		s->known = o->end_rank;
	if (s->value == value)
		return;
	if (s->value != NONE) {
		weak_violation(k->w, "inconsistent", ops, 2,
			"%s has %s at offset %lld, where %s has %s",
			weak_text(k->w, i),
			weak_value_text(k->w, &k->values.at[value].value),
			(long long)offset, weak_text(k->w, s->by),
			weak_value_text(k->w, &k->values.at[s->value].value));
		return;
	}
	s->value = value;
	s->by = i;
	if (e->places++ == 0)
		e->first_place = i;
	ops[1] = e->first_place;
	if (e->attempts > 0 && e->places == e->attempts + 1)
		weak_violation(k->w, "duplicate", ops, 2, "%s has %s at "
			"offset %lld; it was sent once and is elsewhere too: "
			"%s", weak_text(k->w, i),
			weak_value_text(k->w, &k->values.at[value].value),
			(long long)offset, weak_text(k->w, e->first_place));
}

static void
take_send(struct kafka *k, uint64_t i)
{
	const struct fr_operation *o = weak_op(k->w, i);
	uint32_t id;
	struct sent *e = sent_of(k, o->key, &o->value, &id);

	if (o->outcome == FR_FAIL) {
		e->failed++;
		if (e->attempts == 0)
			e->by = i;
		return;
	}
	if (e->attempts++ == 0) {
		e->by = i;
		e->called = o->call_rank;
	}
}

static void
take_offset(struct kafka *k, uint64_t i)
{
	const struct fr_operation *o = weak_op(k->w, i);
	int64_t offset;

	if (o->outcome != FR_OK)
		return;
	k->sends++;
	offset = weak_number(k->w, i, &o->result);
	place(k, i, offset, pairs_id(&k->values, o->key, &o->value, false));
	slot_of(k, o->key, offset)->acknowledged = true;
}

static void
take_poll(struct kafka *k, uint64_t i)
{
	const struct fr_operation *o = weak_op(k->w, i);
	struct fr_value v = { .kind = FR_INT };
	const int64_t *at;
	uint32_t count, j, id;
	struct sent *e;
	uint64_t ops[2];

	weak_list(k->w, i, &o->result, &at, &count);
	if (count % 2 != 0)
		weak_refuse(k->w, i, "a poll's answer is a list of pairs of "
			    "offset and value; this one has %u numbers", count);
	for (j = 0; j < count; j += 2) {
		v.u.number = at[j + 1];
		e = sent_of(k, o->key, &v, &id);
		k->records++;
		ops[0] = i;
		ops[1] = e->by;
		if (e->attempts == 0)
			weak_violation(k->w, "invented", ops,
				e->failed > 0 ? 2 : 1, "%s has %lld, %s",
				weak_text(k->w, i), (long long)at[j + 1],
				e->failed > 0 ? "whose send failed" :
				"which was never sent");
		else if (o->end_rank < e->called)
			weak_violation(k->w, "invented", ops, 2, "%s has %lld "
				"before it was sent: %s", weak_text(k->w, i),
				(long long)at[j + 1], weak_text(k->w, e->by));
		place(k, i, at[j], id);
		slot_of(k, o->key, at[j])->polled = true;
		if (j > 0 && at[j] <= at[j - 2])
			weak_violation(k->w, "reordered", &i, 1, "%s has "
				"offset %lld behind %lld", weak_text(k->w, i),
				(long long)at[j], (long long)at[j - 2]);
	}
	weak_tick(k->w);
}

/* Slots by key and offset. */
static void
sort_slots(struct kafka *k)
{
	struct weak *w = k->w;
	uint32_t n = k->slots.count, i, *by_offset, *fill, key;
	uint64_t *offset = weak_new(w, n, sizeof *offset);

	for (i = 0; i < n; i++)		/* the sign turned, for the order */
		offset[i] = (uint64_t)k->slots.at[i].value.u.number ^
			UINT64_C(1) << 63;
	by_offset = weak_order(w, offset, n);
	k->order = weak_new(w, n, sizeof *k->order);
	k->first = weak_new(w, (size_t)k->keys.count + 1, sizeof *k->first);
	fill = weak_new(w, (size_t)k->keys.count + 1, sizeof *fill);
	for (i = 0; i < n; i++)
		k->first[pairs_number(&k->keys, k->slots.at[i].key, 0, false) +
			 1]++;
	for (key = 0; key < k->keys.count; key++)
		k->first[key + 1] += k->first[key];
	for (i = 0; i < n; i++) {
		key = pairs_number(&k->keys, k->slots.at[by_offset[i]].key, 0,
				   false);
		k->order[k->first[key] + fill[key]++] = by_offset[i];
	}
}

/* The first slot of a key whose offset is at least this: a place in order. */
static uint32_t
slot_from(const struct kafka *k, uint32_t key, int64_t offset)
{
	uint32_t low = k->first[key], high = k->first[key + 1], middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (k->slots.at[k->order[middle]].value.u.number < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
report_missing(struct kafka *k, uint64_t poll, uint32_t id)
{
	struct slot *s = &k->slot[id];
	uint64_t ops[2] = { poll, s->by };

	if (s->told)
		return;
	s->told = true;
	weak_violation(k->w, s->polled ? "skipped" : "lost", ops, 2,
		"%s passes over %s at offset %lld, which was there before: "
		"%s%s",
		weak_text(k->w, poll), s->value == NONE ? "what is" :
		weak_value_text(k->w, &k->values.at[s->value].value),
		(long long)k->slots.at[id].value.u.number,
		weak_text(k->w, s->by),
		s->polled ? "" : "; no poll ever saw it");
}

/* What is within a poll's reach must be in it. */
static void
judge_poll(struct kafka *k, uint64_t i)
{
	const struct fr_operation *o = weak_op(k->w, i);
	const int64_t *at = o->result.u.list;
	uint32_t count = o->result.kind == FR_LIST ? o->result.count : 0;
	uint32_t key = pairs_number(&k->keys, o->key, 0, false), j = 0, p;
	struct slot *s;
	int64_t from, offset, last;

	if (count == 0 && o->phase != FR_PHASE_FINAL)
		return;			/* it may just not have come so far */
	from = o->value.kind == FR_INT ? o->value.u.number :
		count > 0 ? at[0] : INT64_MIN;
	last = count > 0 ? at[count - 2] : INT64_MAX;
	for (p = slot_from(k, key, from); p < k->first[key + 1]; p++) {
		offset = k->slots.at[k->order[p]].value.u.number;
		if (offset > last)
			break;
		while (j < count && at[j] < offset)
			j += 2;
		if (j < count && at[j] == offset)
			continue;
		s = &k->slot[k->order[p]];
		if (s->known >= o->call_rank || (count == 0 && s->polled))
			continue;
		report_missing(k, i, k->order[p]);
	}
	weak_tick(k->w);
}

/* ---- orders in real time ------------------------------------------------- */

/* The highest offset known so far, of one key. */
struct height {
	int64_t offset;
	uint64_t by;
	bool any;
};

static void
raise(struct height *h, int64_t offset, uint64_t by)
{
	if (h->any && offset <= h->offset)
		return;
	h->any = true;
	h->offset = offset;
	h->by = by;
}

/* Sends whose offsets contradict the order in which they were made. */
static void
judge_send(struct kafka *k, uint64_t i, const struct height *h)
{
	const struct fr_operation *o = weak_op(k->w, i);
	uint64_t ops[2] = { i, h->by };

	if (o->outcome == FR_OK && h->any && o->result.u.number < h->offset)
		weak_violation(k->w, "reordered", ops, 2, "%s was called after "
			"this had ended with a higher offset: %s",
			weak_text(k->w, i), weak_text(k->w, h->by));
}

/* Was `offset` committed again by one called after `than`, before `before`
 * ended? */
static bool
committed_since(struct kafka *k, int64_t offset, uint64_t than,
		uint64_t before)
{
	const struct fr_operation *l = weak_op(k->w, before), *o;
	uint64_t i;

	for (i = 0; i < k->w->h->op_count; i++) {
		o = weak_op(k->w, i);
		weak_tick(k->w);
		if (o->call_rank > l->end_rank)
			return false;
		if (k->words[o->f] == COMMIT && o->outcome != FR_FAIL &&
		    o->key == l->key && o->value.kind == FR_INT &&
		    o->value.u.number == offset &&
		    o->end_rank > weak_op(k->w, than)->call_rank)
			return true;
	}
	return false;
}

static void
judge_list(struct kafka *k, uint64_t i, const struct height *h)
{
	const struct fr_operation *o = weak_op(k->w, i);
	uint64_t ops[2] = { i, h->by };

	if (o->outcome != FR_OK || !h->any)
		return;
	if (o->result.kind != FR_NIL) {
		if (weak_number(k->w, i, &o->result) >= h->offset ||
		    committed_since(k, o->result.u.number, h->by, i))
			return;
	}
	weak_violation(k->w, "commit-back", ops, 2, "%s, but this had ended "
		       "before it was called: %s", weak_text(k->w, i),
		       weak_text(k->w, h->by));
}

static void
judge_orders(struct kafka *k)
{
	struct weak *w = k->w;
	uint32_t n = (uint32_t)w->h->op_count, i, next = 0, key, *order;
	struct height *sent, *committed;
	const struct fr_operation *o;
	uint64_t *ends = weak_new(w, n, sizeof *ends);

	sent = weak_new(w, k->keys.count, sizeof *sent);
	committed = weak_new(w, k->keys.count, sizeof *committed);
	for (i = 0; i < n; i++)
		ends[i] = weak_op(w, i)->outcome == FR_OK ?
			weak_op(w, i)->end_rank : NOT;
	order = weak_order(w, ends, n);
	for (i = 0; i < n; i++) {
		for (; ends[order[next]] < weak_op(w, i)->call_rank; next++) {
			o = weak_op(w, order[next]);
			key = pairs_number(&k->keys, o->key, 0, false);
			if (k->words[o->f] == SEND)
				raise(&sent[key], o->result.u.number,
				      order[next]);
			else if (k->words[o->f] == COMMIT)
				raise(&committed[key], weak_number(w,
				      order[next], &o->value), order[next]);
			else if (k->words[o->f] == LIST &&
				 o->result.kind == FR_INT)
				raise(&committed[key], o->result.u.number,
				      order[next]);
		}
		o = weak_op(w, i);
		key = pairs_number(&k->keys, o->key, 0, false);
		if (k->words[o->f] == SEND)
			judge_send(k, i, &sent[key]);
		else if (k->words[o->f] == LIST)
			judge_list(k, i, &committed[key]);
		weak_tick(w);
	}
}

void
weak_log(struct weak *w)
{
	struct kafka k = { .w = w };
	const struct fr_operation *o;
	uint64_t i, before;

	k.words = weak_words(w, words_known);
	pairs_init(&k.slots, w, w->h->op_count);
	pairs_init(&k.values, w, w->h->op_count);
	pairs_init(&k.keys, w, 16);
	for (i = 0; i < w->h->op_count; i++) {
		pairs_number(&k.keys, weak_op(w, i)->key, 0, true);
		if (k.words[weak_op(w, i)->f] == SEND)
			take_send(&k, i);
	}
	for (i = 0; i < w->h->op_count; i++) {
		o = weak_op(w, i);
		if (k.words[o->f] == SEND)
			take_offset(&k, i);
		else if (k.words[o->f] == POLL && o->outcome == FR_OK)
			take_poll(&k, i);
	}
	sort_slots(&k);
	before = w->violations;
	for (i = 0; i < w->h->op_count; i++) {
		o = weak_op(w, i);
		if (k.words[o->f] == POLL && o->outcome == FR_OK)
			judge_poll(&k, i);
	}
	judge_orders(&k);
	if (k.sends == 0)
		weak_unknown(w, "no send was acknowledged");
	else if (k.records == 0)
		weak_unknown(w, "no record was polled");
	weak_note(w, "%llu sends acknowledged, %llu records polled, %llu "
		  "findings about places.", (unsigned long long)k.sends,
		  (unsigned long long)k.records,
		  (unsigned long long)(w->violations - before));
}
