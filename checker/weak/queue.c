/* SPDX-License-Identifier: MIT */
/*
 * total-queue: what went in and what came out, as multisets; order is not
 * looked at.
 *
 *	invented	came out, but was never put in, or only by an enqueue
 *			that failed, or before its enqueue was called
 *	duplicate	came out more often than it was put in
 *	lost		was acknowledged and never came out, although the
 *			queue was drained, and there are more of these than
 *			dequeues without an answer that may have taken them
 *
 * A queue counts as drained when a dequeue that was called after the last
 * acknowledged enqueue ended found it empty, or a drain called then ended ok.
 */
#include "checker/weak/weak.h"

#include <string.h>

enum { ENQUEUE, DEQUEUE, DRAIN };

static const struct weak_word words_known[] = {
	{ "enqueue", ENQUEUE }, { "put", ENQUEUE }, { "send", ENQUEUE },
	{ "dequeue", DEQUEUE }, { "take", DEQUEUE }, { "poll", DEQUEUE },
	{ "drain", DRAIN }, { NULL, 0 }
};

struct item {
	uint64_t acknowledged, pending, failed, out;
	uint64_t put;			/* an enqueue of it                   */
	uint64_t put_called;		/* the first's call; rank             */
	uint64_t taken[2];		/* the first two dequeues of it       */
};

struct key_state {
	uint64_t last_put;		/* rank: the last acknowledged's end  */
	uint64_t pending_takes;
	bool pending_drain, drained;
	uint64_t lost, lost_op;
};

struct total {
	struct weak *w;
	const int *words;
	struct pairs items, keys;
	struct item *at;
	size_t room;
	struct key_state *key;
	uint64_t puts, takes, recovered;
};

static struct item *
item_of(struct total *t, int64_t key, const struct fr_value *v)
{
	uint32_t before = t->items.count;
	uint32_t id = pairs_id(&t->items, key, v, true);

	if (t->items.count > before) {
		weak_grow(t->w, &t->at, &t->room, (size_t)id + 1,
			  sizeof *t->at);
		memset(&t->at[id], 0, sizeof t->at[id]);
	}
	return &t->at[id];
}

static void
take_enqueue(struct total *t, uint64_t i)
{
	const struct fr_operation *o = weak_op(t->w, i);
	struct item *e = item_of(t, o->key, &o->value);

	if (e->acknowledged + e->pending == 0) {
		e->put = i;
		e->put_called = o->call_rank;
	}
	if (o->outcome == FR_OK) {
		e->acknowledged++;
		t->puts++;
	} else if (o->outcome == FR_INFO) {
		e->pending++;
	} else {
		e->failed++;
	}
}

static void
came_out(struct total *t, uint64_t i, const struct fr_value *v)
{
	const struct fr_operation *o = weak_op(t->w, i);
	struct item *e = item_of(t, o->key, v);
	uint64_t ops[3] = { i, e->put, e->taken[0] };
	const char *text = weak_value_text(t->w, v);

	t->takes++;
	if (e->out < 2)
		e->taken[e->out] = i;
	e->out++;
	if (e->acknowledged + e->pending == 0)
		weak_violation(t->w, "invented", ops, e->failed > 0 ? 2 : 1,
			       e->failed > 0 ? "%s took out %s, whose enqueue "
			       "failed" : "%s took out %s, which was never "
			       "put in", weak_text(t->w, i), text);
	else if (o->end_rank < e->put_called)
		weak_violation(t->w, "invented", ops, 2, "%s took out %s "
			       "before it was put in: %s", weak_text(t->w, i),
			       text, weak_text(t->w, e->put));
	else if (e->out == e->acknowledged + e->pending + 1)
		weak_violation(t->w, "duplicate", ops, 3, "%s took out %s, "
			       "which had come out before: %s",
			       weak_text(t->w, i), text,
			       weak_text(t->w, e->taken[0]));
}

static void
take_dequeue(struct total *t, uint64_t i, struct key_state *key)
{
	const struct fr_operation *o = weak_op(t->w, i);
	bool drain = t->words[o->f] == DRAIN;
	const int64_t *at;
	struct fr_value v;
	uint32_t count, j;

	if (o->outcome == FR_INFO) {
		key->pending_takes++;
		key->pending_drain |= drain;
	}
	if (o->outcome != FR_OK)
		return;
	if (o->call_rank > key->last_put &&
	    (drain || o->result.kind == FR_NIL))
		key->drained = true;
	if (!drain) {
		if (o->result.kind != FR_NIL)
			came_out(t, i, &o->result);
		return;
	}
	weak_list(t->w, i, &o->result, &at, &count);
	memset(&v, 0, sizeof v);
	v.kind = FR_INT;
	for (j = 0; j < count; j++) {
		v.u.number = at[j];
		came_out(t, i, &v);
	}
}

/* What was acknowledged and is nowhere. */
static void
judge_lost(struct total *t)
{
	struct key_state *key;
	struct item *e;
	uint64_t missing, open = 0, explained = 0;
	uint32_t id;

	for (id = 0; id < t->items.count; id++) {
		e = &t->at[id];
		if (e->acknowledged + e->pending > 0 &&
		    e->out > e->acknowledged)
			t->recovered += e->out - e->acknowledged;
		missing = e->acknowledged > e->out ?
			e->acknowledged - e->out : 0;
		if (missing == 0)
			continue;
		key = &t->key[pairs_number(&t->keys, t->items.at[id].key, 0,
					   false)];
		key->lost += missing;
		key->lost_op = e->put;
	}
	for (id = 0; id < t->keys.count; id++) {
		key = &t->key[id];
		if (key->lost == 0)
			continue;
		if (!key->drained)
			open += key->lost;
		else if (key->pending_drain || key->lost <= key->pending_takes)
			explained += key->lost;
		else
			weak_violation(t->w, "lost", &key->lost_op, 1,
				"%llu elements were acknowledged and never "
				"came out of the drained queue%s, and %llu "
				"unanswered dequeues cannot have taken them "
				"all; one of them: %s",
				(unsigned long long)key->lost,
				weak_key_text(t->w, t->keys.at[id].key),
				(unsigned long long)key->pending_takes,
				weak_text(t->w, key->lost_op));
	}
	if (open > 0)
		weak_unknown(t->w, "%llu acknowledged elements did not come "
			     "out, but the queue was not drained at the end",
			     (unsigned long long)open);
	if (explained > 0)
		weak_note(t->w, "%llu elements that did not come out may have "
			  "been taken by unanswered dequeues.",
			  (unsigned long long)explained);
}

void
weak_queue(struct weak *w)
{
	struct total t = { .w = w };
	const struct fr_operation *o;
	struct key_state *key;
	uint64_t i;

	t.words = weak_words(w, words_known);
	pairs_init(&t.items, w, w->h->op_count);
	pairs_init(&t.keys, w, 16);
	for (i = 0; i < w->h->op_count; i++)
		pairs_number(&t.keys, weak_op(w, i)->key, 0, true);
	t.key = weak_new(w, t.keys.count, sizeof *t.key);
	for (i = 0; i < w->h->op_count; i++) {
		o = weak_op(w, i);
		key = &t.key[pairs_number(&t.keys, o->key, 0, false)];
		if (t.words[o->f] != ENQUEUE)
			continue;
		take_enqueue(&t, i);
		if (o->outcome == FR_OK && o->end_rank > key->last_put)
			key->last_put = o->end_rank;
		weak_tick(w);
	}
	for (i = 0; i < w->h->op_count; i++) {
		o = weak_op(w, i);
		if (t.words[o->f] == ENQUEUE)
			continue;
		take_dequeue(&t, i, &t.key[pairs_number(&t.keys, o->key, 0,
							 false)]);
		weak_tick(w);
	}
	judge_lost(&t);
	if (t.puts == 0)
		weak_unknown(w, "no enqueue was acknowledged");
	else if (t.takes == 0)
		weak_unknown(w, "nothing was dequeued");
	weak_note(w, "%llu elements acknowledged, %llu came out, %llu of them "
		  "of unanswered enqueues.", (unsigned long long)t.puts,
		  (unsigned long long)t.takes,
		  (unsigned long long)t.recovered);
}
