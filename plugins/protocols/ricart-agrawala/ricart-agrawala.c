/* SPDX-License-Identifier: MIT */
/*
 * ricart-agrawala - one lock for all, with as few messages as can be.
 *
 *	Ricart, Agrawala: An Optimal Algorithm for Mutual Exclusion in
 *	Computer Networks.  CACM 24(1), 1981.
 *
 * Lamport's algorithm with acknowledgement and release in one message.  Who
 * wants the lock asks all, with a time stamp; who is asked agrees, unless it
 * has the lock, or wants it and asked earlier: then it agrees when it is done.
 * Whoever everybody has agreed with has the lock: 2(n-1) messages.
 *
 * Earlier is by time stamp, and by node where these are equal.  Of two who
 * want it one is earlier, and does not agree with the other before it is done
 * (the proof is section 4 of the paper).  Links need not keep their order; but
 * no message may be lost, and nobody may crash.
 */
#include "../shared/lock.h"

enum { REQUEST, REPLY };			/* messages */

struct request {
	uint64_t time;
};

struct reply {
	uint64_t time;			/* of the request that it answers     */
};

/* The names of the paper's variables are in quotes. */
struct mutex {
	uint64_t highest;		/* "Highest_Sequence_Number"          */
	uint64_t mine;			/* "Our_Sequence_Number"; 0: not
					   "Requesting_Critical_Section"      */
	uint32_t outstanding;		/* "Outstanding_Reply_Count"          */
	uint64_t deferred[FR_NODES_MAX];	/* "Reply_Deferred": the
					   request's time, or 0               */
	struct lock lock;		/* this node's clients                */
};

static void give_back(struct fr_node *me);

static void
reply(struct fr_node *me, uint32_t to, uint64_t time)
{
	const struct reply m = { time };

	fr_send(me, to, REPLY, &m, sizeof m);
}

static void
enter(struct fr_node *me)
{
	struct mutex *s = me->state;

	if (s->mine == 0 || s->lock.held || s->outstanding > 0)
		return;
	if (!lock_enter(me, &s->lock))
		give_back(me);		/* it was withdrawn */
}

/* For the first client that waits. */
static void
ask(struct fr_node *me)
{
	struct mutex *s = me->state;
	struct request m;
	uint32_t to;

	if (s->lock.first == NULL || s->mine != 0)
		return;
	s->mine = m.time = ++s->highest;
	s->outstanding = me->nodes - 1;
	for (to = 0; to < me->nodes; to++)
		if (to != me->id)
			fr_send(me, to, REQUEST, &m, sizeof m);
	enter(me);
}

static void
mutex_on_request(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	struct mutex *s = me->state;
	const struct request *m = body;
	bool first;

	(void)size;
#ifndef BUG_deaf_clock
	if (m->time > s->highest)
		s->highest = m->time;
#endif
	first = s->mine != 0 && (s->mine < m->time ||
				 (s->mine == m->time && me->id < from));
#ifdef BUG_tie
	first = s->mine != 0 && s->mine < m->time;
#endif
#ifdef BUG_holder_agrees
	first = first && !s->lock.held;
#endif
	if (first)
		s->deferred[from] = m->time;
	else
		reply(me, from, m->time);
}

static void
mutex_on_reply(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	struct mutex *s = me->state;
	const struct reply *m = body;

	(void)from;
	(void)size;
	if (m->time != s->mine)
		return;
	s->outstanding--;
	enter(me);
}

/* ---- clients --------------------------------------------------------------------- */

static void
mutex_on_acquire(struct fr_node *me, const struct fr_request *rq)
{
	struct mutex *s = me->state;

	if (lock_wait(me, &s->lock, rq))
		ask(me);
}

/* What was asked for in the name of a client that has gone is the next one's,
 * or is given back at once. */
static void
give_back(struct fr_node *me)
{
	struct mutex *s = me->state;
	uint32_t to;

	s->mine = 0;
	for (to = 0; to < me->nodes; to++)
		if (s->deferred[to] != 0) {
			reply(me, to, s->deferred[to]);
			s->deferred[to] = 0;
		}
	ask(me);
}

static void
mutex_on_give_back(struct fr_node *me, const struct fr_request *rq)
{
	struct mutex *s = me->state;

	if (lock_leave(me, &s->lock, rq))
		give_back(me);
}

static void
mutex_start(struct fr_node *me)
{
	struct mutex *s = me->state;

	lock_start(me, &s->lock);
}

static void
mutex_describe(uint32_t type, const void *body, size_t size, char *text,
	       size_t max)
{
	const struct request *m = body;

	(void)size;
	snprintf(text, max, type == REQUEST ? "time %llu" : "to the one of "
		 "time %llu", (unsigned long long)m->time);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "ricart-agrawala",
	.summary  = "one lock for all, with as few messages as can be",
	.paper    = "Ricart, Agrawala 1981",
	.promise  = "Nobody has the lock while another has it, and who asks "
		    "gets it, in the order of the requests, while no message "
		    "is lost or doubled and nobody crashes; delays, pauses "
		    "and reordering only take time.",
	.tolerates = FR_TOLERATES(.bears = FR_BEARS_DELAY | FR_BEARS_ORDER |
					   FR_BEARS_CLOCKS | FR_BEARS_RATES),
	.workload = "mutex",
	.state_size = sizeof(struct mutex),
	.start    = mutex_start,
	.messages = FR_MESSAGES(
		[REQUEST] = { "request", mutex_on_request,
			      sizeof(struct request) },
		[REPLY]   = { "reply", mutex_on_reply,
			      sizeof(struct reply) }),
	.requests = FR_REQUESTS(
		{ "acquire", mutex_on_acquire },
		{ "release", mutex_on_give_back }),
	.describe = mutex_describe,
};
