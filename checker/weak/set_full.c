/* SPDX-License-Identifier: MIT */
/*
 * set-full: a set that only grows.  For each element: when was it known to be
 * in (its add was acknowledged, or a read that saw it ended), and which reads
 * saw it.
 *
 *	invented	read, but never added, or only by an add that failed,
 *			or before its add was called
 *	duplicate	more than once in one read
 *	lost		known, and a later read lacks it, and every read that
 *			saw it had ended before that one was called
 *	stale		known, and missing in a later read, but seen again:
 *			counted, and a violation where that is asked for
 *
 * The stable latency of an element is the time from when it was known to the
 * call of the last read that lacked it, 0 where none did.
 */
#include "checker/weak/weak.h"

#include <string.h>

#include "core/base/units.h"

enum { ADD, READ };

static const struct weak_word words_known[] = {
	{ "add", ADD }, { "broadcast", ADD }, { "insert", ADD },
	{ "read", READ }, { "get", READ }, { NULL, 0 }
};

/* What is known of an element. */
struct element {
	uint64_t add;			/* the op that added it; NOBODY       */
	uint64_t add_called;		/* the first add's call; ranks        */
	uint64_t known;			/* rank; NOT: never                   */
	int64_t known_at;		/* ns                                 */
	uint64_t seen_end;		/* the last end of a read that saw it */
	uint64_t seen_by;
	uint32_t absent;		/* reads absent+1 .. all saw it       */
	uint32_t last;			/* the read that saw it last, in the
					   order of the scan, + 1             */
	bool acknowledged, failed_only, reported;
};

#define NOT	UINT64_MAX
#define NOBODY	UINT64_MAX

struct set {
	struct weak *w;
	struct pairs elements;
	struct element *at;
	size_t room;
	struct pairs keys;
	uint32_t *key_of;		/* of an element; room is key_room    */
	size_t key_room;
	uint64_t *reads;		/* ok reads by key, in order of calls */
	uint32_t *first;		/* of a key in reads; keys + 1        */
	uint64_t acknowledged, stable, stale, never_read, seen_pending;
	uint64_t *latency;
	uint64_t latencies;
};

/* Good until the next one is made. */
static struct element *
element(struct set *s, int64_t key, int64_t value, bool *is_new)
{
	uint32_t before = s->elements.count;
	uint32_t id = pairs_number(&s->elements, key, value, true);
	struct element *e;

	*is_new = s->elements.count > before;
	if (!*is_new)
		return &s->at[id];
	weak_grow(s->w, &s->at, &s->room, (size_t)id + 1, sizeof *s->at);
	weak_grow(s->w, &s->key_of, &s->key_room, (size_t)id + 1,
		  sizeof *s->key_of);
	e = &s->at[id];
	memset(e, 0, sizeof *e);
	e->add = NOBODY;
	e->add_called = NOT;
	e->known = NOT;
	e->seen_by = NOBODY;
	e->failed_only = true;
	s->key_of[id] = pairs_number(&s->keys, key, 0, true);
	return e;
}

static void
add_one(struct set *s, uint64_t i, int64_t value)
{
	const struct fr_operation *o = weak_op(s->w, i);
	struct element *e;
	bool is_new;

	e = element(s, o->key, value, &is_new);
	if (o->outcome == FR_FAIL) {
		if (e->add == NOBODY)
			e->add = i;
		return;
	}
	if (e->failed_only) {
		e->add = i;
		e->add_called = o->call_rank;
	}
	e->failed_only = false;
	if (o->outcome != FR_OK)
		return;
	e->acknowledged = true;
	if (o->end_rank < e->known) {
		e->known = o->end_rank;
		e->known_at = o->ended;
	}
}

static void
take_add(struct set *s, uint64_t i)
{
	const struct fr_value *v = &weak_op(s->w, i)->value;
	const int64_t *at;
	uint32_t count, j;

	if (v->kind != FR_LIST) {
		add_one(s, i, weak_number(s->w, i, v));
		return;
	}
	weak_list(s->w, i, v, &at, &count);
	for (j = 0; j < count; j++)
		add_one(s, i, at[j]);
}

static void
report_invented(struct set *s, uint64_t read, const struct element *e,
		int64_t value)
{
	uint64_t ops[2] = { read, e->add };

	if (e->add == NOBODY)
		weak_violation(s->w, "invented", ops, 1, "%s saw %lld, which "
			       "nobody added", weak_text(s->w, read),
			       (long long)value);
	else if (e->failed_only)
		weak_violation(s->w, "invented", ops, 2, "%s saw %lld, which "
			       "was not added: %s", weak_text(s->w, read),
			       (long long)value, weak_text(s->w, e->add));
	else
		weak_violation(s->w, "invented", ops, 2, "%s saw %lld before "
			       "it was added: %s", weak_text(s->w, read),
			       (long long)value, weak_text(s->w, e->add));
}

/* Read number `number` (from 0) of its key, which has `reads` of them; called
 * from the last to the first. */
static void
take_read(struct set *s, uint64_t i, uint32_t number, uint32_t reads)
{
	const struct fr_operation *o = weak_op(s->w, i);
	const int64_t *at;
	struct element *e;
	uint32_t count, j;
	bool is_new;

	weak_list(s->w, i, &o->result, &at, &count);
	for (j = 0; j < count; j++) {
		e = element(s, o->key, at[j], &is_new);
		if (is_new || e->seen_by == NOBODY)
			e->absent = reads;
		if (e->last == number + 1) {
			weak_violation(s->w, "duplicate", &i, 1,
				       "%s has %lld more than once",
				       weak_text(s->w, i), (long long)at[j]);
			continue;
		}
		e->last = number + 1;
		if (e->absent == number + 1)
			e->absent = number;
		if ((e->failed_only || o->end_rank < e->add_called) &&
		    !e->reported) {
			e->reported = true;
			report_invented(s, i, e, at[j]);
		}
		if (e->seen_by == NOBODY || o->end_rank > e->seen_end) {
			e->seen_end = o->end_rank;
			e->seen_by = i;
		}
		if (o->end_rank < e->known) {
			e->known = o->end_rank;
			e->known_at = o->ended;
		}
	}
	weak_tick(s->w);
}

static void
report_absent(struct set *s, uint32_t id, uint64_t read, bool lost)
{
	const struct element *e = &s->at[id];
	int64_t value = s->elements.at[id].value.u.number;
	uint64_t ops[3] = { e->add, e->seen_by, read };
	uint32_t count = 3;
	const char *again = "";

	if (e->seen_by == NOBODY) {
		ops[1] = read;
		count = 2;
	} else {
		again = arena_format(&s->w->v.arena, lost ?
				     "; it was last seen: %s" :
				     "; it was seen again: %s",
				     weak_text(s->w, e->seen_by));
	}
	weak_violation(s->w, lost ? "lost" : "stale", ops, count,
		       "%lld was in the set before a read that lacks it was "
		       "called: %s; %s%s", (long long)value,
		       weak_text(s->w, e->add), weak_text(s->w, read), again);
}

/* How an element fared: lost, stale, stable. */
static void
judge(struct set *s, uint32_t id)
{
	struct element *e = &s->at[id];
	const struct fr_operation *o;
	uint32_t first = s->first[s->key_of[id]];
	uint32_t reads = s->first[s->key_of[id] + 1] - first;
	uint64_t absent;

	if (e->add == NOBODY || e->failed_only || e->known == NOT)
		return;
	s->acknowledged += e->acknowledged;
	s->seen_pending += !e->acknowledged;
	if (e->seen_by == NOBODY)
		e->absent = reads;
	if (e->absent > 0) {
		absent = s->reads[first + e->absent - 1];
		o = weak_op(s->w, absent);
		if (o->call_rank > e->known) {
			if (e->seen_by == NOBODY ||
			    e->seen_end < o->call_rank) {
				report_absent(s, id, absent, true);
				return;
			}
			s->stale++;
			if (s->w->stale_forbidden)
				report_absent(s, id, absent, false);
			s->latency[s->latencies++] =
				(uint64_t)(o->called > e->known_at ?
					   o->called - e->known_at : 0);
			return;
		}
	}
	if (e->seen_by == NOBODY) {
		s->never_read++;
		return;
	}
	s->stable++;
	s->latency[s->latencies++] = 0;
}

/* Ok reads, bucketed by key. */
static void
sort_reads(struct set *s, const int *words)
{
	struct weak *w = s->w;
	const struct fr_operation *o;
	uint32_t *fill, k;
	uint64_t i;
	int pass;

	for (i = 0; i < w->h->op_count; i++)
		pairs_number(&s->keys, weak_op(w, i)->key, 0, true);
	s->first = weak_new(w, (size_t)s->keys.count + 1, sizeof *s->first);
	fill = weak_new(w, (size_t)s->keys.count + 1, sizeof *fill);
	s->reads = weak_new(w, w->h->op_count, sizeof *s->reads);
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < w->h->op_count; i++) {
			o = weak_op(w, i);
			if (words[o->f] != READ || o->outcome != FR_OK)
				continue;
			k = pairs_number(&s->keys, o->key, 0, false);
			if (pass == 0)
				s->first[k + 1]++;
			else
				s->reads[s->first[k] + fill[k]++] = i;
		}
		for (k = 0; pass == 0 && k < s->keys.count; k++)
			s->first[k + 1] += s->first[k];
	}
}

static void
tell(struct set *s)
{
	struct weak *w = s->w;
	uint32_t *order, n = (uint32_t)s->latencies;
	char median[32], p99[32], max[32];

	weak_note(w, "%llu elements acknowledged, %llu seen of unanswered "
		  "adds: %llu stable, %llu stale for a while, %llu never in "
		  "reach of a read.", (unsigned long long)s->acknowledged,
		  (unsigned long long)s->seen_pending,
		  (unsigned long long)s->stable, (unsigned long long)s->stale,
		  (unsigned long long)s->never_read);
	if (n == 0)
		return;
	order = weak_order(w, s->latency, n);
	time_text((int64_t)s->latency[order[n / 2]], median, sizeof median);
	time_text((int64_t)s->latency[order[(uint64_t)n * 99 / 100]], p99,
		  sizeof p99);
	time_text((int64_t)s->latency[order[n - 1]], max, sizeof max);
	weak_note(w, "Stable latency: median %s, p99 %s, max %s.", median, p99,
		  max);
}

void
weak_set_full(struct weak *w)
{
	const int *words = weak_words(w, words_known);
	struct set s = { .w = w };
	uint32_t k, r, id;
	uint64_t i, read_count = 0;

	pairs_init(&s.elements, w, w->h->op_count);
	pairs_init(&s.keys, w, 16);
	sort_reads(&s, words);
	for (i = 0; i < w->h->op_count; i++)
		if (words[weak_op(w, i)->f] == ADD)
			take_add(&s, i);
	for (k = 0; k + 1 <= s.keys.count; k++) {
		read_count += s.first[k + 1] - s.first[k];
		for (r = s.first[k + 1]; r-- > s.first[k];)
			take_read(&s, s.reads[r], r - s.first[k],
				  s.first[k + 1] - s.first[k]);
	}
	s.latency = weak_new(w, s.elements.count, sizeof *s.latency);
	for (id = 0; id < s.elements.count; id++)
		judge(&s, id);
	if (read_count == 0)
		weak_unknown(w, "no read was answered");
	else if (s.acknowledged == 0)
		weak_unknown(w, "no add was acknowledged");
	else if (s.stable + s.stale == 0)
		weak_unknown(w, "no read came late enough to show an element");
	tell(&s);
}
