/* SPDX-License-Identifier: MIT */
/*
 * Two scans: identifiers that must not repeat, and a counter whose reads must
 * be possible.
 *
 * A read of a counter saw every change that had ended before it was called,
 * none that was called after it ended, and any of the others: so it lies
 * between what all those others could take away and what they could add.  A
 * change without an answer is one of the others for ever.
 *
 * With stale=allowed that is asked of the last final read at each node only;
 * all others may lack whatever was done elsewhere.
 */
#include "checker/weak/weak.h"

#include <string.h>

/* ---- unique-ids ---------------------------------------------------------- */

void
weak_ids(struct weak *w)
{
	const struct fr_operation *o;
	struct pairs ids;
	uint64_t *first = NULL, ops[2], i;
	size_t room = 0;
	uint32_t id, before;

	pairs_init(&ids, w, w->h->op_count);
	for (i = 0; i < w->h->op_count; i++) {
		o = weak_op(w, i);
		if (o->outcome != FR_OK)
			continue;
		weak_tick(w);
		before = ids.count;
		id = pairs_id(&ids, 0, &o->result, true);
		if (ids.count > before) {
			weak_grow(w, &first, &room, (size_t)id + 1,
				  sizeof *first);
			first[id] = i;
			continue;
		}
		ops[0] = first[id];
		ops[1] = i;
		weak_violation(w, "duplicate", ops, 2,
			       "%s was given twice: %s, and %s",
			       weak_value_text(w, &o->result),
			       weak_text(w, first[id]), weak_text(w, i));
	}
	if (ids.count == 0)
		weak_unknown(w, "no identifier was given");
	weak_note(w, "%u different identifiers.", ids.count);
}

/* ---- counter-bounds ------------------------------------------------------ */

enum { ADD, SUBTRACT, READ };

static const struct weak_word words_known[] = {
	{ "add", ADD }, { "increment", ADD }, { "inc", ADD },
	{ "subtract", SUBTRACT }, { "decrement", SUBTRACT },
	{ "dec", SUBTRACT }, { "read", READ }, { "get", READ }, { NULL, 0 }
};

/* The sums of one counter, as events pass. */
struct counter {
	__int128 ended;			/* all changes that ended             */
	__int128 up, down;		/* rises and falls called, not ended  */
};

/* What a read found when it was called. */
struct open {
	__int128 ended, up, down;	/* then                               */
	__int128 up_ended, down_ended;	/* how much of these has ended before */
};

struct bounds {
	struct weak *w;
	struct counter *key;
	uint32_t *key_of;
	int64_t *change;
	uint8_t *kind;
	struct open *open;		/* of a read, by its index            */
	struct counter *total;		/* up and down ever called, of a key  */
	uint64_t reads;
	int64_t initial;
	bool *exact;			/* by operation; NULL: all are        */
};

static void
text_of(__int128 n, char *text, size_t max)
{
	char digits[48];
	unsigned __int128 rest = n < 0 ? -(unsigned __int128)n :
		(unsigned __int128)n;
	size_t at = sizeof digits;

	digits[--at] = '\0';
	do {
		digits[--at] = (char)('0' + (int)(rest % 10));
		rest /= 10;
	} while (rest > 0);
	if (n < 0)
		digits[--at] = '-';
	strncpy(text, digits + at, max - 1);
	text[max - 1] = '\0';
}

/*
 * What was called by the end of the read and had not ended before its call
 * may count or not: total called now, less what had ended by the call.
 */
static void
judge_read(struct bounds *b, uint64_t i)
{
	const struct fr_operation *o = weak_op(b->w, i);
	const struct counter *total = &b->total[b->key_of[i]];
	const struct open *open = &b->open[i];
	__int128 seen = weak_number(b->w, i, &o->result);
	__int128 base = b->initial + open->ended;
	__int128 high = base + total->up - open->up_ended;
	__int128 low = base + total->down - open->down_ended;
	char low_text[48], high_text[48];

	if (b->w->stale_allowed && (b->exact == NULL || !b->exact[i])) {
		high = (__int128)b->initial + total->up;
		low = (__int128)b->initial + total->down;
	}
	b->reads++;
	if (seen >= low && seen <= high)
		return;
	text_of(low, low_text, sizeof low_text);
	text_of(high, high_text, sizeof high_text);
	weak_violation(b->w, "out-of-bounds", &i, 1, "%s, but the changes "
		       "before and around it allow only %s to %s",
		       weak_text(b->w, i), low_text, high_text);
}

static void
call(struct bounds *b, uint64_t i)
{
	struct counter *total = &b->total[b->key_of[i]];
	const struct counter *key = &b->key[b->key_of[i]];
	int64_t change = b->change[i];

	if (b->kind[i] != READ) {
		if (change > 0)
			total->up += change;
		else
			total->down += change;
		return;
	}
	b->open[i].ended = key->ended;
	b->open[i].up_ended = key->up;
	b->open[i].down_ended = key->down;
}

static void
end(struct bounds *b, uint64_t i)
{
	struct counter *key = &b->key[b->key_of[i]];
	int64_t change = b->change[i];

	if (b->kind[i] == READ) {
		judge_read(b, i);
		return;
	}
	key->ended += change;
	if (change > 0)
		key->up += change;
	else
		key->down += change;
}

static void
load(struct bounds *b, const int *words, struct pairs *keys)
{
	struct weak *w = b->w;
	const struct fr_operation *o;
	int64_t change;
	uint64_t i;

	for (i = 0; i < w->h->op_count; i++) {
		o = weak_op(w, i);
		b->key_of[i] = pairs_number(keys, o->key, 0, true);
		b->kind[i] = (uint8_t)words[o->f];
		if (words[o->f] == READ)
			continue;
		change = o->value.kind == FR_NIL ? 1 :
			weak_number(w, i, &o->value);
		if (change == INT64_MIN)
			weak_refuse(w, i, "a counter cannot change by %lld",
				    (long long)change);
		b->change[i] = words[o->f] == SUBTRACT ? -change : change;
	}
	b->key = weak_new(w, keys->count, sizeof *b->key);
	b->total = weak_new(w, keys->count, sizeof *b->total);
}

void
weak_counter(struct weak *w)
{
	const int *words = weak_words(w, words_known);
	uint32_t n = (uint32_t)w->h->op_count, i, next = 0;
	struct bounds b = { .w = w };
	const struct fr_operation *o;
	uint64_t *ends;
	uint32_t *order;
	struct pairs keys;

	pairs_init(&keys, w, 16);
	b.initial = w->initial.kind == FR_INT ? w->initial.u.number : 0;
	b.key_of = weak_new(w, n, sizeof *b.key_of);
	b.change = weak_new(w, n, sizeof *b.change);
	b.kind = weak_new(w, n, sizeof *b.kind);
	b.open = weak_new(w, n, sizeof *b.open);
	load(&b, words, &keys);
	if (w->stale_allowed)
		b.exact = weak_last_reads(w, words, READ);
	ends = weak_new(w, n, sizeof *ends);
	for (i = 0; i < n; i++)
		ends[i] = weak_op(w, i)->outcome == FR_OK ?
			weak_op(w, i)->end_rank : UINT64_MAX;
	order = weak_order(w, ends, n);
	/* Calls in order, and between them the ends that come before. */
	for (i = 0; i <= n; i++) {
		for (; next < n && ends[order[next]] != UINT64_MAX &&
		     (i == n || ends[order[next]] <
		      weak_op(w, i)->call_rank); next++)
			end(&b, order[next]);
		weak_tick(w);
		if (i == n)
			break;
		o = weak_op(w, i);
		if (o->outcome != FR_FAIL)
			call(&b, i);
	}
	if (b.reads == 0)
		weak_unknown(w, "no read was answered");
	else if (w->stale_allowed && b.exact == NULL)
		weak_unknown(w, "there is no read in the final phase");
	weak_note(w, "%llu reads checked.", (unsigned long long)b.reads);
}
