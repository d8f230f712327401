/* SPDX-License-Identifier: MIT */
/*
 * Critical sections under a lock: a client takes the lock, holds it for a
 * while, writes the section's number to a register that the lock protects,
 * reads it back, and gives the lock back.  There are several locks, fresh ones
 * after a while (keys.h).
 *
 * With `lease` a lock lapses by itself after that time.  Clients bear it in
 * mind, by their own clock and from when they asked: they begin a write in the
 * first half of it only.  A write that is late all the same, since whoever
 * carries it was stopped or cut off, meets the next holder's: without a fence
 * it is done, and the next holder reads what it did not write (Kleppmann, "How
 * to do distributed locking", 2016).
 *
 * A client that does not know whether it has the lock, or has given it back,
 * tries to give it back, and when that fails nobody asks for that lock again.
 * One that was refused tries now and then to give back what it has not got.
 */
#ifndef WORKLOADS_SECTIONS_H
#define WORKLOADS_SECTIONS_H

#include "keys.h"

/* The operations of such a workload; fenced ones write [token number]. */
enum { TAKE, GIVE, WRITE, READ };

/* Between: what comes next. */
enum { APART, TO_WRITE, TO_READ, TO_GIVE, UNSURE, STRAY };

/* The register that belongs to a lock has its key, with this. */
#define REGISTER (INT64_C(1) << 61)
/* What the client with the last section tries, at most. */
#define LAST_TRIES 50
/* How often somebody tries to give back what he may not have. */
#define UNSURE_TRIES 2

struct holder {
	int stage;
	bool rested;
	int tries;			/* UNSURE: to give it back            */
	bool through;			/* it has read what it wrote          */
	int64_t owner;			/* its number, the client's           */
	int64_t key, token, since, until;
	int64_t number;			/* of its section                     */
};

struct sections {
	struct keys keys;
	struct holder *holders;		/* by client                          */
	int64_t hold, lease, last;
	int64_t list[2];
	int tries;			/* at the last section                */
	bool ended;			/* that was done                      */
};

#define SECTIONS_PARAMS(lease_, flags_, low_, high_)			\
	{ .name = "keys", .kind = FR_PARAM_INT, .flags = FR_KNOB,	\
	  .fallback = "3", .min = "1", .max = "10000",			\
	  .low = "1", .high = "5", .help = "locks in use at a time" },	\
	{ .name = "turn", .kind = FR_PARAM_INT, .fallback = "200",	\
	  .min = "0", .max = "1000000000",				\
	  .help = "times that a lock is asked for before a fresh one "	\
		  "takes its place; 0: never" },			\
	{ .name = "hold", .kind = FR_PARAM_TIME, .flags = FR_KNOB,	\
	  .fallback = "2ms", .min = "0", .max = "1h",			\
	  .low = "0", .high = "20ms",					\
	  .help = "how long a client has it before it writes, on "	\
		  "average" },						\
	{ .name = "lease", .kind = FR_PARAM_TIME, .flags = (flags_),	\
	  .fallback = (lease_), .min = "0", .max = "1h",		\
	  .low = (low_), .high = (high_),				\
	  .help = "after so long a lock lapses; 0: never" },		\
	{ .name = "stray", .kind = FR_PARAM_REAL,			\
	  .fallback = "0.1", .min = "0", .max = "1",			\
	  .help = "how many of those who were refused try to give it "	\
		  "back" }

static int
sections_start(struct fr_work *w)
{
	struct sections *s = w->state;

	s->hold = work_param(w, "hold");
	s->lease = work_param(w, "lease");
	s->holders = w->host->alloc(w, w->clients * sizeof *s->holders);
	return s->holders == NULL ? -1 : keys_start(w, &s->keys);
}

/* ---- what a client does next ------------------------------------------------ */

static int
ask_take(struct fr_work *w, struct holder *c, struct fr_op *op)
{
	struct sections *s = w->state;

	c->since = w->host->now(w);
	op->f = TAKE;
	op->key = c->key;
	op->value = fr_int(c->owner);
	if (s->lease > 0) {
		s->list[0] = c->owner;
		s->list[1] = s->lease;
		op->value = fr_list(s->list, 2);
	}
	return FR_OP;
}

static int
ask_give(struct holder *c, struct fr_op *op)
{
	op->f = GIVE;
	op->key = c->key;
	op->value = fr_int(c->owner);
	return FR_OP;
}

static int
ask_write(struct fr_work *w, struct holder *c, struct fr_op *op, bool fenced)
{
	struct sections *s = w->state;

	/* Too late to begin; in the end nobody else wants it. */
	if (s->lease > 0 && w->phase != FR_PHASE_FINAL &&
	    w->host->now(w) - c->since >= s->lease / 2)
		return ask_give(c, op);
	op->f = WRITE;
	op->key = c->key | REGISTER;
	op->value = fr_int(c->number);
	if (fenced) {
		s->list[0] = c->token;
		s->list[1] = c->number;
		op->value = fr_list(s->list, 2);
	}
	return FR_OP;
}

static int
go_on(struct fr_work *w, struct holder *c, struct fr_op *op, bool fenced)
{
	if (!c->rested) {
		c->rested = true;
		op->wait = c->until - w->host->now(w);
		if (op->wait > 0)
			return FR_WAIT;
	}
	switch (c->stage) {
	case TO_WRITE:
		return ask_write(w, c, op, fenced);
	case TO_READ:
		op->f = READ;
		op->key = c->key | REGISTER;
		return FR_OP;
	default:
		return ask_give(c, op);
	}
}

static int
sections_next(struct fr_work *w, uint32_t client, struct fr_op *op,
	      bool fenced)
{
	struct sections *s = w->state;
	struct holder *c = &s->holders[client];

	c->owner = client;
	if (w->phase == FR_PHASE_FINAL) {
		/* One more section, of a lock that nobody else has. */
		if (client != 0 || s->ended || s->tries++ == LAST_TRIES)
			return FR_DONE;
		if (c->key != OWN_KEY) {
			memset(c, 0, sizeof *c);
			c->key = OWN_KEY;
			c->number = ++s->last;
		}
	} else if (c->stage == APART) {
		keys_draw(w, &s->keys, &c->key);
		c->number = ++s->last;
	}
	return c->stage == APART ? ask_take(w, c, op) :
				   go_on(w, c, op, fenced);
}

/* ---- and what comes of it ------------------------------------------------------ */

/* The next thing, not before `pause` has passed. */
static void
turn_to(struct fr_work *w, struct holder *c, int stage, int64_t pause)
{
	c->stage = stage;
	c->rested = false;
	c->until = w->host->now(w) + pause;
}

/* It may have it, or not. */
static void
give_up(struct fr_work *w, struct holder *c, bool final)
{
	struct sections *s = w->state;

	if (c->stage != UNSURE)
		c->tries = 0;
	if (c->tries++ < UNSURE_TRIES) {
		turn_to(w, c, UNSURE, final ? FINAL_PAUSE : 0);
		return;
	}
	keys_retire(&s->keys, c->key);
	turn_to(w, c, APART, 0);
}

static void
sections_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct sections *s = w->state;
	struct holder *c = &s->holders[op->client];
	bool ok = op->outcome == FR_OK, final = op->phase == FR_PHASE_FINAL;

	if (op->outcome == FR_INFO)
		keys_doubt(&s->keys, c->key);
	if (op->f == TAKE && ok) {
		c->token = fr_number(op->result, 0);
		turn_to(w, c, TO_WRITE, work_about(w, s->hold));
	} else if (op->f == TAKE) {
		if (op->outcome == FR_INFO || final)
			give_up(w, c, final);
		else if (work_chance(w, "stray"))
			turn_to(w, c, STRAY, 0);
	} else if (op->f == WRITE) {
		turn_to(w, c, ok ? TO_READ : TO_GIVE, 0);
	} else if (op->f == READ) {
		c->through = ok;
		turn_to(w, c, TO_GIVE, 0);
	} else if (ok || c->stage == STRAY) {
		s->ended = final && c->through;
		turn_to(w, c, APART, 0);
	} else {
		give_up(w, c, final);
	}
}

/* What the two have alike; a state that is a `struct word_`, all zeros at
 * first, with word_step, word_partition and word_describe. */
#define SECTIONS_MODEL(word_)						\
	static void							\
	word_##_init(void *state)					\
	{								\
		memset(state, 0, sizeof(struct word_));			\
	}								\
	static const struct fr_model word_ = {				\
		.size = sizeof word_,					\
		.state_size = sizeof(struct word_),			\
		.name = #word_,						\
		.init = word_##_init,					\
		.step = word_##_step,					\
		.partition = word_##_partition,				\
		.describe_state = word_##_describe,			\
	}

#define SECTIONS_WORKLOAD						\
	.state_size = sizeof(struct sections),				\
	.start      = sections_start,					\
	.ended      = sections_ended,					\
	.check      = sections_check

/* ---- judging --------------------------------------------------------------------- */

/* How long sections took, from the take's answer to the call of the give. */
static void
sections_check(const struct fr_history *h, struct fr_judge *j)
{
	int64_t *times = j->alloc(j, (h->op_count + 1) * sizeof *times);
	int64_t *since = j->alloc(j, (h->clients + 1) * sizeof *since);
	uint64_t i, count = 0;

	memset(since, 0, (h->clients + 1) * sizeof *since);
	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);

		if (op->client >= h->clients)
			continue;
		if (op->f == TAKE)
			since[op->client] = op->outcome == FR_OK ? op->ended :
								   0;
		if (op->f != GIVE || since[op->client] == 0)
			continue;
		times[count++] = op->called - since[op->client];
		since[op->client] = 0;
	}
	j->metric(j, "sections", (double)count, "");
	report_times(j, "section", times, count);
}

#endif
