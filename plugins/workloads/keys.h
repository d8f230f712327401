/* SPDX-License-Identifier: MIT */
/*
 * Workloads over many keys: `keys` of them are in use at a time, and after
 * `turn` operations a fresh one takes a key's place, which keeps each one's
 * history short enough to be judged whatever happened to it.  In the end every
 * key is read at several nodes, each read repeated a few times where it fails.
 */
#ifndef WORKLOADS_KEYS_H
#define WORKLOADS_KEYS_H

#include "common.h"

/* One of the keys in use, and its predecessors: key = slot + keys * i. */
struct slot {
	int64_t fresh;			/* how many keys it has had before    */
	int64_t asked;			/* of this key                        */
	int64_t doubts;			/* how often without an answer        */
	bool known;
	int64_t seen;			/* the value that was last heard of   */
};

struct keys {
	struct slot *slots;
	struct final *finals;		/* by client                          */
	int64_t count, turn;
	uint64_t final_next;
};

#define KEYS_TURN_PARAMS(turn_)						\
	{ .name = "keys", .kind = FR_PARAM_INT, .flags = FR_KNOB,	\
	  .fallback = "5", .min = "1", .max = "10000",			\
	  .low = "1", .high = "10",					\
	  .help = "keys in use at a time" },				\
	{ .name = "turn", .kind = FR_PARAM_INT, .fallback = (turn_),	\
	  .min = "0", .max = "1000000000",				\
	  .help = "operations on a key before a fresh one takes its "	\
		  "place; 0: never" }

#define KEYS_FINALS_PARAM						\
	{ .name = "finals", .kind = FR_PARAM_INT, .fallback = "3",	\
	  .min = "0", .max = "1024",					\
	  .help = "nodes at which each key is read in the end" }

#define KEYS_PARAMS KEYS_TURN_PARAMS("500"), KEYS_FINALS_PARAM

FR_UNUSED static int
keys_start(struct fr_work *w, struct keys *k)
{
	k->count = work_param(w, "keys");
	k->turn = work_param(w, "turn");
	k->slots = w->host->alloc(w, (size_t)k->count * sizeof *k->slots);
	k->finals = w->host->alloc(w, w->clients * sizeof *k->finals);
	return k->slots == NULL || k->finals == NULL ? -1 : 0;
}

/* One of them, and its key of now. */
FR_UNUSED static struct slot *
keys_draw(struct fr_work *w, struct keys *k, int64_t *key)
{
	int64_t at = (int64_t)(w->host->random(w) % (uint64_t)k->count);
	struct slot *slot = &k->slots[at];

	if (k->turn > 0 && slot->asked++ >= k->turn) {
		slot->fresh++;
		slot->asked = 1;
		slot->doubts = 0;
		slot->known = false;
	}
	*key = at + k->count * slot->fresh;
	return slot;
}

/* The slot, if the key is still its own; else NULL. */
FR_UNUSED static struct slot *
keys_slot(struct keys *k, int64_t key)
{
	struct slot *slot = &k->slots[key % k->count];

	return key == key % k->count + k->count * slot->fresh ? slot : NULL;
}

/* A fresh key takes its place now. */
FR_UNUSED static void
keys_retire(struct keys *k, int64_t key)
{
	struct slot *slot = keys_slot(k, key);

	if (slot != NULL && k->turn > 0)
		slot->asked = k->turn;
}

/*
 * An operation on it ended without an answer.  A fresh key takes its place when
 * there are some of them: each may have happened at any time since, and who
 * judges has to think of all of that.
 */
#define DOUBTS_MOST 6

FR_UNUSED static void
keys_doubt(struct keys *k, int64_t key)
{
	struct slot *slot = keys_slot(k, key);

	if (slot != NULL && ++slot->doubts >= DOUBTS_MOST)
		keys_retire(k, key);
}

/* What its key holds now, as far as is known: a number, or [old new] of which
 * it is the second; anything else is nothing that a cas could expect. */
FR_UNUSED static void
keys_seen(struct keys *k, int64_t key, const struct fr_value *value)
{
	struct slot *slot = keys_slot(k, key);

	if (slot == NULL)
		return;
	slot->known = value->kind == FR_INT || value->kind == FR_LIST;
	slot->seen = fr_item(*value, 1, fr_number(*value, 0));
}

/* Makes of a write of op->value, sometimes, a compare-and-set to it. */
FR_UNUSED static void
keys_cas(struct fr_work *w, const struct slot *slot, uint32_t cas,
	 int64_t pair[2], struct fr_op *op)
{
	if (!slot->known || !w->host->supported(w, cas) ||
	    !work_chance(w, "cas"))
		return;
	pair[0] = slot->seen;
	pair[1] = op->value.u.number;
	op->f = cas;
	op->value = fr_list(pair, 2);
}

/* Final read number i is of the i / each-th key in the order of slots. */
FR_UNUSED static int
keys_final_each(struct fr_work *w, struct keys *k, uint32_t client,
		struct fr_op *op, uint32_t read, uint64_t each)
{
	struct final *mine = &k->finals[client];
	uint64_t at;
	int64_t i;

	if (each == 0)
		return FR_DONE;
	if (each > w->nodes)
		each = w->nodes;
	if (final_next(mine, &k->final_next, op) == FR_WAIT)
		return FR_WAIT;
	at = mine->number / each;
	for (i = 0; i < k->count; i++) {
		uint64_t had = k->slots[i].asked > 0 ?
			       (uint64_t)k->slots[i].fresh + 1 : 0;

		if (at < had) {
			op->f = read;
			op->key = i + k->count * (int64_t)at;
			op->node = (uint32_t)((at + mine->number % each) %
					      w->nodes);
			return FR_OP;
		}
		at -= had;
	}
	return FR_DONE;
}

/* At as many nodes as the parameter `finals` says. */
FR_UNUSED static int
keys_final(struct fr_work *w, struct keys *k, uint32_t client,
	   struct fr_op *op, uint32_t read)
{
	return keys_final_each(w, k, client, op, read,
			       (uint64_t)work_param(w, "finals"));
}

/* Not enough yet: the same once more, without a pause. */
FR_UNUSED static void
keys_final_again(struct keys *k, uint32_t client)
{
	k->finals[client].pending = true;
	k->finals[client].tries = 0;
}

FR_UNUSED static void
keys_final_ended(struct keys *k, const struct fr_operation *op)
{
	final_ended(&k->finals[op->client], op);
}

#endif
