/* SPDX-License-Identifier: MIT */
/*
 * Workloads of stores that agree in the end only: reading every key at every
 * node until they say the same or `settle` has passed, in a world without
 * faults, and finding these last answers in a history.
 *
 * Keys are 0 .. keys - 1.  What counts of a node is its last answer, since
 * nodes may take their time.  Before that, client 0 does one of each kind on a
 * key of its own (a sample, common.h), which is not looked at any more.
 */
#ifndef WORKLOADS_SETTLE_H
#define WORKLOADS_SETTLE_H

#include "common.h"

#define SETTLE_PAUSE FR_MS(50)
#define SETTLE_TRIES 5		/* of a read that fails, beyond the deadline  */

struct settle {
	struct sample sample;
	int64_t deadline;		/* 0: not begun                       */
	int64_t key;
	uint32_t node;
	int tries;
	bool rests;			/* the next one waits a moment        */
	bool differs;			/* somebody answered otherwise        */
	uint64_t said;			/* by node 0                          */
};

#define SETTLE_PARAMS(keys_, reads_)					\
	{ .name = "keys", .kind = FR_PARAM_INT, .flags = FR_KNOB,	\
	  .fallback = keys_, .min = "1", .max = "10000",		\
	  .low = "1", .high = keys_,					\
	  .help = "keys in use" },					\
	{ .name = "reads", .kind = FR_PARAM_REAL, .flags = FR_KNOB,	\
	  .fallback = reads_, .min = "0", .max = "1",			\
	  .low = "0.1", .high = "0.8",					\
	  .help = "the share of reads" },				\
	{ .name = "settle", .kind = FR_PARAM_TIME, .fallback = "10s",	\
	  .min = "0", .max = "1h",					\
	  .help = "how long nodes may take in the end to agree" }

/* Any key. */
FR_UNUSED static int64_t
settle_draw(struct fr_work *w)
{
	return (int64_t)(w->host->random(w) %
			 (uint64_t)work_param(w, "keys"));
}

/* The same for the same numbers in whatever order. */
FR_UNUSED static uint64_t
settle_sum(const int64_t *at, uint32_t count)
{
	uint64_t sum = count;
	uint32_t i;

	for (i = 0; i < count; i++)
		sum += fr_checksum(0, &at[i], sizeof at[i]);
	return sum;
}

/* The sample, of these kinds, on OWN_KEY, where the caller says with what;
 * then the next final read.  Client 0 alone does all of them. */
FR_UNUSED static int
settle_next(struct fr_work *w, struct settle *s, uint32_t client,
	    const uint32_t *kinds, uint32_t count, uint32_t read,
	    struct fr_op *op)
{
	int result = client != 0 ? FR_DONE :
		     sample_next(w, &s->sample, kinds, count, op);

	if (client != 0 || result != FR_DONE)
		return result;
	if (s->deadline == 0)
		s->deadline = w->host->now(w) + work_param(w, "settle");
	if (s->key >= work_param(w, "keys"))
		return FR_DONE;
	if (s->rests) {
		s->rests = false;
		op->wait = SETTLE_PAUSE;
		return FR_WAIT;
	}
	op->f = read;
	op->key = s->key;
	op->node = s->node;
	return FR_OP;
}

/* `said`: what the answer comes to; anything where there was none. */
FR_UNUSED static void
settle_ended(struct fr_work *w, struct settle *s, const struct fr_operation *op,
	     uint64_t said)
{
	bool late = w->host->now(w) >= s->deadline;

	if (sample_ended(&s->sample, op))
		return;
	if (op->outcome != FR_OK && (!late || ++s->tries < SETTLE_TRIES)) {
		s->rests = true;
		return;
	}
	s->tries = 0;
	if (s->node == 0)
		s->said = said;
	s->differs |= said != s->said || op->outcome != FR_OK;
	if (++s->node < w->nodes)
		return;
	s->node = 0;
	s->rests = s->differs && !late;
	s->key += !s->rests;
	s->differs = false;
}

/* ---- in a history ---------------------------------------------------------- */

/* Whether an operation is on one of the keys that are to agree. */
static inline bool
is_settled(const struct fr_operation *op)
{
	return op->key >= 0 && op->key < OWN_KEY;
}

struct last_reads {
	uint32_t nodes;
	int64_t keys;
	uint64_t *last;			/* by key and node: the op, + 1       */
};

/* Says unknown where a node never answered. */
FR_UNUSED static struct last_reads
last_reads_gather(const struct fr_history *h, struct fr_judge *j, uint32_t read)
{
	struct last_reads f = { .nodes = h->nodes };
	char sentence[128];
	uint64_t i, count;

	for (i = 0; i < h->op_count; i++)
		if (is_settled(op_at(h, i)) && op_at(h, i)->key >= f.keys)
			f.keys = op_at(h, i)->key + 1;
	count = (uint64_t)f.keys * f.nodes;
	f.last = j->alloc(j, (count + 1) * sizeof *f.last);
	memset(f.last, 0, (count + 1) * sizeof *f.last);
	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);

		if (op->f == read && op->outcome == FR_OK && is_settled(op) &&
		    op->phase == FR_PHASE_FINAL && op->node < f.nodes)
			f.last[(uint64_t)op->key * f.nodes + op->node] = i + 1;
	}
	for (i = 0; i < count && f.last[i] != 0; i++)
		;
	if (count > 0 && i == count)
		return f;
	snprintf(sentence, sizeof sentence, count == 0 ?
		 "nothing was asked" : "node %u never answered a final read of "
		 "key %llu", count == 0 ? 0 : (uint32_t)(i % f.nodes),
		 count == 0 ? 0 : (unsigned long long)(i / f.nodes));
	j->unknown(j, sentence);
	return f;
}

/* NULL: there was none. */
FR_UNUSED static const struct fr_operation *
last_read_at(const struct fr_history *h, const struct last_reads *f,
	     int64_t key, uint32_t node, uint64_t *index)
{
	*index = f->last[(uint64_t)key * f->nodes + node];
	return (*index)-- == 0 ? NULL : op_at(h, *index);
}

#endif
