/* SPDX-License-Identifier: MIT */
/*
 * Transactions over lists, or over registers (fracas/txn.h): each is some
 * reads and writes of a few keys, all at once.  No value is written twice, so
 * that a read says whose write it saw.
 *
 * In the end one client does one on a key of its own, and every key is read by
 * transactions at several nodes.
 */
#ifndef WORKLOADS_TXNS_H
#define WORKLOADS_TXNS_H

#include <fracas/txn.h>

#include "keys.h"

#define MICRO_MOST 64

struct txns {
	struct keys keys;
	struct sample sample;
	int64_t last;
	int64_t room[3 * MICRO_MOST];
};

#define TXNS_PARAMS							\
	KEYS_TURN_PARAMS("100"),					\
	KEYS_FINALS_PARAM,						\
	{ .name = "micro", .kind = FR_PARAM_INT, .flags = FR_KNOB,	\
	  .fallback = "4", .min = "1", .max = "64",			\
	  .low = "2", .high = "8",					\
	  .help = "reads and writes in a transaction, at most" },	\
	{ .name = "reads", .kind = FR_PARAM_REAL, .flags = FR_KNOB,	\
	  .fallback = "0.5", .min = "0", .max = "1",			\
	  .low = "0.3", .high = "0.8",					\
	  .help = "the share of reads among them" },			\
	{ .name = "isolation", .kind = FR_PARAM_TEXT,			\
	  .fallback = "strict-serializable",				\
	  .help = "what is promised, by its name in `fracas list "	\
		  "conditions`: serializable, snapshot-isolation, ..." }

/* What the two have alike, besides their names and what is asked. */
#define TXNS_WORKLOAD							\
	.promise    = "Transactions are isolated as the parameter "	\
		      "`isolation` says: by default as if one were done " \
		      "after the other, each between its call and its "	\
		      "answer.",					\
	.params     = FR_PARAMS(TXNS_PARAMS),				\
	.ops        = FR_OPS(						\
		{ .name = "txn",					\
		  .help = "do all of it at once (fracas/txn.h), and "	\
			  "answer with what was read; fail if none of " \
			  "it was done" }),				\
	.state_size = sizeof(struct txns),				\
	.start      = txns_start,					\
	.ended      = txns_ended

static int
txns_start(struct fr_work *w)
{
	struct txns *s = w->state;

	return keys_start(w, &s->keys);
}

static void
txns_read(struct fr_txn_writer *t, int64_t key, bool lists)
{
	if (lists)
		fr_txn_list(t, key, NULL, 0);
	else
		fr_txn_read(t, key, FR_TXN_NIL);
}

static void
draw_all(struct fr_work *w, struct fr_txn_writer *t, bool lists)
{
	struct txns *s = w->state;
	uint64_t most = (uint64_t)work_param(w, "micro");
	uint64_t count = 1 + w->host->random(w) % most;
	int64_t key;

	while (count-- > 0) {
		keys_draw(w, &s->keys, &key);
		if (work_chance(w, "reads"))
			txns_read(t, key, lists);
		else
			fr_txn_write(t, key, ++s->last);
	}
}

static int
txns_next(struct fr_work *w, uint32_t client, struct fr_op *op, bool lists)
{
	static const uint32_t kinds[] = { 0 };
	struct txns *s = w->state;
	struct fr_txn_writer t = fr_txn_begin(s->room, 3 * MICRO_MOST);
	int what = FR_DONE;

	if (w->phase != FR_PHASE_FINAL) {
		draw_all(w, &t, lists);
		op->key = FR_NO_KEY;
		what = FR_OP;
	} else if (client == 0) {
		what = sample_next(w, &s->sample, kinds, 1, op);
		if (what == FR_OP) {
			fr_txn_write(&t, op->key, ++s->last);
			txns_read(&t, op->key, lists);
		}
	}
	if (what == FR_DONE) {
		what = keys_final(w, &s->keys, client, op, 0);
		txns_read(&t, op->key, lists);
		op->key = FR_NO_KEY;
	}
	op->value = fr_txn_value(&t);
	return what;
}

static void
txns_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct txns *s = w->state;

	if (!sample_ended(&s->sample, op) && op->phase == FR_PHASE_FINAL)
		keys_final_ended(&s->keys, op);
}

#endif
