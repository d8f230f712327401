/* SPDX-License-Identifier: MIT */
/*
 * wide-reads - transactions that append to one list, and others that read many.
 *
 * A transaction as in fracas/txn.h.  Who writes appends a number that is used
 * once, to one list, often after reading it; who reads asks for several lists
 * at once, which a protocol may keep in different places.  A list shows in which
 * order its elements came, so that nearly everything is known of the order of
 * all transactions: what was answered before another was asked for has to come
 * before it, and everybody has to see it so (strict serializability).
 *
 * In the end each list is read at several nodes, and one of each kind is done.
 */
#include <fracas/txn.h>

#include "keys.h"

enum { TXN };

struct state {
	struct keys keys;
	struct final each;		/* one of each kind, in the end       */
	uint64_t kinds;			/* that were begun                    */
	int64_t last;
	int64_t *room;			/* the transaction that is asked for  */
	uint32_t size;
};

static int
wide_start(struct fr_work *w)
{
	struct state *s = w->state;

	if (keys_start(w, &s->keys) < 0)
		return -1;
	s->size = 3 * (uint32_t)(s->keys.count < 2 ? 2 : s->keys.count);
	s->room = w->host->alloc(w, s->size * sizeof *s->room);
	return s->room == NULL ? -1 : 0;
}

static void
append_to(struct fr_work *w, struct fr_txn_writer *t, int64_t key)
{
	struct state *s = w->state;

	if (work_chance(w, "looks"))
		fr_txn_list(t, key, NULL, 0);
	fr_txn_append(t, key, ++s->last);
}

/* Some that are in use, in the order of their slots, beginning anywhere. */
static void
read_some(struct fr_work *w, struct fr_txn_writer *t)
{
	struct keys *k = &((struct state *)w->state)->keys;
	uint64_t count = (uint64_t)k->count, at, left;

	at = w->host->random(w) % count;
	for (left = 1 + w->host->random(w) % count; left > 0; left--) {
		fr_txn_list(t, (int64_t)at + k->count * k->slots[at].fresh,
			    NULL, 0);
		at = (at + 1) % count;
	}
}

static int
wide_final(struct fr_work *w, uint32_t client, struct fr_op *op,
	   struct fr_txn_writer *t)
{
	struct state *s = w->state;
	int result = client > 0 ? FR_DONE :
		     final_next(&s->each, &s->kinds, op);

	if (s->each.number >= 2)
		result = FR_DONE;
	if (result == FR_OP && s->each.number == 0)
		append_to(w, t, OWN_KEY);
	else if (result == FR_OP)
		read_some(w, t);
	if (result != FR_DONE)
		return result;
	result = keys_final(w, &s->keys, client, op, TXN);
	if (result == FR_OP)
		fr_txn_list(t, op->key, NULL, 0);
	return result;
}

static int
wide_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct fr_txn_writer t = fr_txn_begin(s->room, s->size);
	int64_t key;
	int result = FR_OP;

	op->f = TXN;
	if (w->phase == FR_PHASE_FINAL) {
		result = wide_final(w, client, op, &t);
	} else if (work_chance(w, "reads")) {
		read_some(w, &t);
	} else {
		keys_draw(w, &s->keys, &key);
		append_to(w, &t, key);
	}
	op->key = FR_NO_KEY;
	op->value = fr_txn_value(&t);
	return result;
}

static void
wide_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;

	if (op->phase != FR_PHASE_FINAL)
		return;
	if (op->client == 0 && s->each.number < 2)
		final_ended(&s->each, op);
	else
		keys_final_ended(&s->keys, op);
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "wide-reads",
	.summary    = "transactions append to a list; others read many at once",
	.promise    = "Transactions are strictly serializable: as if one after "
		      "the other, in the order of real time where there is "
		      "one.",
	.params     = FR_PARAMS(
		KEYS_PARAMS,
		{ .name = "reads", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.5", .min = "0", .max = "1",
		  .low = "0.2", .high = "0.9",
		  .help = "the share of transactions that only read" },
		{ .name = "looks", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.5", .min = "0", .max = "1",
		  .low = "0", .high = "1",
		  .help = "how often the list is read before it is appended "
			  "to" },
		{ .name = "isolation", .kind = FR_PARAM_TEXT,
		  .fallback = "strict-serializable",
		  .help = "what is promised, as in `fracas list "
			  "conditions`" }),
	.ops        = FR_OPS(
		{ .name = "txn",
		  .help = "a transaction as in fracas/txn.h: one list is "
			  "appended to, or several are read" }),
	.state_size = sizeof(struct state),
	.start      = wide_start,
	.next       = wide_next,
	.ended      = wide_ended,
	.conditions = FR_CONDITIONS({ "list-append", "isolation=$isolation" }),
};
