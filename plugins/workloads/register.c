/* SPDX-License-Identifier: MIT */
/*
 * register - reads, writes and compare-and-sets of single registers, each of
 * which has to behave as if there were one copy (linearizability).
 *
 * No value is written twice, so that a read says which write it saw.  `keys`
 * registers are in use at a time; after `turn` operations a fresh one takes a
 * register's place, which keeps each one's history short enough to be judged
 * whatever happened to it.  In the end every register is read at several
 * nodes, each read repeated a few times where it fails.
 */
#include "common.h"

enum { READ, WRITE, CAS };

#define TRIES		5
#define PAUSE		FR_MS(100)

/* One of the registers in use, and its predecessors: key = slot + keys * i. */
struct slot {
	int64_t fresh;			/* how many keys it has had before    */
	int64_t asked;			/* of this key                        */
	bool known;
	int64_t seen;			/* the value that was last heard of   */
};

/* A final read that has not succeeded. */
struct last_read {
	bool pending, failed;
	uint64_t number;
	int tries;
};

struct state {
	struct slot *slots;
	struct last_read *doing;	/* by client                          */
	int64_t keys, turn, last;
	int64_t cas[2];
	uint64_t final_next;
};

static int
register_start(struct fr_work *w)
{
	struct state *s = w->state;

	s->keys = work_param(w, "keys");
	s->turn = work_param(w, "turn");
	s->slots = w->host->alloc(w, (size_t)s->keys * sizeof *s->slots);
	s->doing = w->host->alloc(w, w->clients * sizeof *s->doing);
	return s->slots == NULL || s->doing == NULL ? -1 : 0;
}

static int
next_main(struct fr_work *w, struct fr_op *op)
{
	struct state *s = w->state;
	int64_t at = (int64_t)(w->host->random(w) % (uint64_t)s->keys);
	struct slot *slot = &s->slots[at];

	if (s->turn > 0 && slot->asked++ >= s->turn) {
		slot->fresh++;
		slot->asked = 1;
		slot->known = false;
	}
	op->key = at + s->keys * slot->fresh;
	op->f = READ;
	if (work_chance(w, "reads"))
		return FR_OP;
	op->f = WRITE;
	op->value = fr_int(++s->last);
	if (slot->known && w->host->supported(w, CAS) &&
	    work_chance(w, "cas")) {
		s->cas[0] = slot->seen;
		s->cas[1] = s->last;
		op->f = CAS;
		op->value = fr_list(s->cas, 2);
	}
	return FR_OP;
}

/* Final read number i is of the i / finals-th key in the order of slots. */
static int
next_final(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct last_read *mine = &s->doing[client];
	uint64_t finals = (uint64_t)work_param(w, "finals"), at;
	int64_t i;

	if (mine->pending && mine->failed && mine->tries < TRIES) {
		mine->failed = false;
		op->wait = PAUSE;
		return FR_WAIT;
	}
	if (!mine->pending || mine->tries >= TRIES) {
		mine->pending = true;
		mine->tries = 0;
		mine->number = s->final_next++;
	}
	if (finals > w->nodes)
		finals = w->nodes;
	at = finals > 0 ? mine->number / finals : UINT64_MAX;
	for (i = 0; i < s->keys; i++) {
		uint64_t had = s->slots[i].asked > 0 ?
			       (uint64_t)s->slots[i].fresh + 1 : 0;

		if (at < had) {
			op->f = READ;
			op->key = i + s->keys * (int64_t)at;
			op->node = (uint32_t)((at + mine->number % finals) %
					      w->nodes);
			mine->tries++;
			return FR_OP;
		}
		at -= had;
	}
	return FR_DONE;
}

static int
register_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	if (w->phase == FR_PHASE_FINAL)
		return next_final(w, client, op);
	return next_main(w, op);
}

static void
register_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	struct slot *slot = &s->slots[op->key % s->keys];
	const struct fr_value *value = op->f == READ ? &op->result :
						       &op->value;

	if (op->phase == FR_PHASE_FINAL) {
		s->doing[op->client].pending = op->outcome != FR_OK;
		s->doing[op->client].failed = op->outcome != FR_OK;
		return;
	}
	if (op->outcome != FR_OK || value->kind == FR_NIL ||
	    op->key != op->key % s->keys + s->keys * slot->fresh)
		return;
	slot->known = true;
	slot->seen = op->f == CAS ? fr_item(*value, 1, 0) :
				    fr_number(*value, 0);
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "register",
	.summary    = "reads, writes and compares-and-sets registers",
	.promise    = "Each register is linearizable: it behaves as if there "
		      "were one copy, on which every operation takes effect "
		      "at one moment between its call and its answer.",
	.params     = FR_PARAMS(
		{ .name = "keys", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "5", .min = "1", .max = "10000",
		  .low = "1", .high = "10",
		  .help = "registers in use at a time" },
		{ .name = "turn", .kind = FR_PARAM_INT, .fallback = "500",
		  .min = "0", .max = "1000000000",
		  .help = "operations on a register before a fresh one takes "
			  "its place; 0: never" },
		{ .name = "reads", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.5", .min = "0", .max = "1",
		  .low = "0.2", .high = "0.9",
		  .help = "the share of reads" },
		{ .name = "cas", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.3", .min = "0", .max = "1",
		  .low = "0.2", .high = "0.8",
		  .help = "the share of compare-and-sets among the rest, where "
			  "the protocol has them" },
		{ .name = "finals", .kind = FR_PARAM_INT, .fallback = "3",
		  .min = "0", .max = "1024",
		  .help = "nodes at which each register is read in the end" }),
	.ops        = FR_OPS(
		{ .name = "read", .flags = FR_PURE,
		  .help = "answer with the register's value, or nil" },
		{ .name = "write",
		  .help = "set it to the number that is given" },
		{ .name = "cas", .flags = FR_OPTIONAL,
		  .help = "given [old new]: set it to new if it is old, "
			  "fail if it is not" }),
	.state_size = sizeof(struct state),
	.start      = register_start,
	.next       = register_next,
	.ended      = register_ended,
	.model      = "register",
};
