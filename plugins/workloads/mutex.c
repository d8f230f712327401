/* SPDX-License-Identifier: MIT */
/*
 * mutex - clients take a lock, hold it for a while, and give it back.
 *
 * There is one lock.  Each acquire carries a number of its own, and the release
 * the same one.  A client that has the lock gives it back at the node that gave
 * it.  One whose acquire had no answer in time does not know whether it has it
 * (or will): it releases it all the same, and the node takes back what it gave,
 * or was about to give.  Nobody may be told that it has the lock while another
 * has it.
 */
#include "common.h"

enum { ACQUIRE, RELEASE };
enum { APART, HOLDING, RETURNING };

struct holder {
	int stage;
	uint32_t node;
	int64_t number;
};

struct state {
	struct holder *clients;
	int64_t hold, last;
};

static int
mutex_start(struct fr_work *w)
{
	struct state *s = w->state;

	s->hold = work_param(w, "hold");
	s->clients = w->host->alloc(w, w->clients * sizeof *s->clients);
	return s->clients == NULL ? -1 : 0;
}

static int
mutex_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct holder *c = &s->clients[client];

	switch (c->stage) {
	case HOLDING:
		c->stage = RETURNING;
		op->wait = work_about(w, s->hold);
		return FR_WAIT;
	case RETURNING:
		op->f = RELEASE;
		op->node = c->node;
		op->value = fr_int(c->number);
		return FR_OP;
	default:
		if (w->phase == FR_PHASE_FINAL)
			return FR_DONE;
		op->f = ACQUIRE;
		op->value = fr_int(c->number = ++s->last);
		return FR_OP;
	}
}

static void
mutex_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	struct holder *c = &s->clients[op->client];

	c->node = op->node;
	if (op->f == ACQUIRE)
		c->stage = op->outcome == FR_OK ? HOLDING :
			   op->outcome == FR_INFO ? RETURNING : APART;
	else if (op->outcome != FR_INFO)
		c->stage = APART;
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "mutex",
	.summary    = "clients take a lock, hold it, and give it back",
	.promise    = "Nobody has the lock while another has it.",
	.params     = FR_PARAMS(
		{ .name = "hold", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "2ms", .min = "0", .max = "1h",
		  .low = "0", .high = "20ms",
		  .help = "how long a client keeps it, on average" }),
	.ops        = FR_OPS(
		{ .name = "acquire",
		  .help = "answer when the client has the lock; the number "
			  "is the client's, for the release" },
		{ .name = "release",
		  .help = "give back what was acquired with that number, or "
			  "was to be; fail if it was not had" }),
	.state_size = sizeof(struct state),
	.start      = mutex_start,
	.next       = mutex_next,
	.ended      = mutex_ended,
	.model      = "mutex",
};
