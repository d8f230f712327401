/* SPDX-License-Identifier: MIT */
/*
 * lamport-mutex - one lock for all, by logical clocks.
 *
 *	Lamport: Time, Clocks, and the Ordering of Events in a Distributed
 *	System.  CACM 21(7), 1978.
 *
 * The example for which the paper was written.  Every node keeps the queue of
 * requests in the order of their time stamps, ties broken by the node (the
 * total order, "=>", of the paper).  The five rules:
 *
 *  1. To ask for the lock a node sends a time-stamped request to all, and puts
 *     it into its own queue.
 *  2. Who receives one puts it into its queue and acknowledges it.
 *  3. To give the lock back a node removes its request and tells all.
 *  4. Who is told removes that request.
 *  5. A node has the lock when its own request is the first in its queue, and
 *     it has heard something later than that from every other node.
 *
 * Rule 5 is safe because links keep their order: who was heard later than the
 * request has nothing under way that is earlier.  The paper assumes that no
 * message is lost and nobody crashes, and so does this: one silent node stops
 * all.
 */
#include "../shared/lock.h"

enum { REQUEST, ACKNOWLEDGE, RELEASE };		/* messages */

struct stamped {
	uint64_t time;
};

struct mutex {
	uint64_t clock;
	uint64_t queue[FR_NODES_MAX];	/* a request's time; 0: there is none */
	uint64_t heard[FR_NODES_MAX];	/* the latest time stamp from there   */
	struct lock lock;		/* this node's clients                */
};

/* A time stamp of this node's: IR1 of the paper. */
static uint64_t
tick(struct mutex *s)
{
	return ++s->clock;
}

/* IR2: later than what has been heard of. */
static void
hear(struct mutex *s, uint32_t from, uint64_t time)
{
	if (time > s->clock)
		s->clock = time;
	s->clock++;
	s->heard[from] = time;
}

static void
tell_all(struct fr_node *me, uint32_t type, uint64_t time)
{
	const struct stamped m = { time };
	uint32_t to;

	for (to = 0; to < me->nodes; to++)
		if (to != me->id)
			fr_send(me, to, type, &m, sizeof m);
}

/* Rule 1, for the first client that waits. */
static void
ask(struct fr_node *me)
{
	struct mutex *s = me->state;

	if (s->lock.first == NULL || s->queue[me->id] != 0)
		return;
	s->queue[me->id] = tick(s);
	tell_all(me, REQUEST, s->queue[me->id]);
}

/* Rule 5. */
static bool
is_mine(struct fr_node *me)
{
	struct mutex *s = me->state;
	uint64_t mine = s->queue[me->id];
	uint32_t i;

	for (i = 0; i < me->nodes; i++) {
		if (i == me->id)
			continue;
		if (s->queue[i] != 0 && s->queue[i] < mine)
			return false;
#ifndef BUG_tie
		if (s->queue[i] == mine && i < me->id)
			return false;
#endif
#if defined(BUG_hears_once)
		if (s->heard[i] == 0)
			return false;
#elif !defined(BUG_hears_nobody)
		if (s->heard[i] < mine ||
		    (s->heard[i] == mine && i < me->id))
			return false;
#endif
	}
	return mine != 0;
}

static void give_back(struct fr_node *me);

static void
enter(struct fr_node *me)
{
	struct mutex *s = me->state;

	if (s->lock.held || !is_mine(me))
		return;
	if (!lock_enter(me, &s->lock))
		give_back(me);		/* it was withdrawn */
}

static void
mutex_on_request(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	struct mutex *s = me->state;
	const struct stamped *m = body;
	struct stamped answer;

	(void)size;
	hear(s, from, m->time);
	s->queue[from] = m->time;
	answer.time = tick(s);
	fr_send(me, from, ACKNOWLEDGE, &answer, sizeof answer);
	enter(me);
}

static void
mutex_on_acknowledge(struct fr_node *me, uint32_t from, const void *body,
		     size_t size)
{
	const struct stamped *m = body;

	(void)size;
	hear(me->state, from, m->time);
	enter(me);
}

static void
mutex_on_release(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	struct mutex *s = me->state;
	const struct stamped *m = body;

	(void)size;
	hear(s, from, m->time);
	s->queue[from] = 0;
	enter(me);
}

/* ---- clients --------------------------------------------------------------------- */

static void
mutex_on_acquire(struct fr_node *me, const struct fr_request *rq)
{
	struct mutex *s = me->state;

	if (!lock_wait(me, &s->lock, rq))
		return;
	ask(me);
	enter(me);			/* alone in the world */
}

/* Rule 3.  What was asked for in the name of a client that has gone is the
 * next one's, or is given back at once. */
static void
give_back(struct fr_node *me)
{
	struct mutex *s = me->state;

	s->queue[me->id] = 0;
	tell_all(me, RELEASE, tick(s));
	ask(me);
	enter(me);
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
	const struct stamped *m = body;

	(void)type;
	(void)size;
	snprintf(text, max, "time %llu", (unsigned long long)m->time);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "lamport-mutex",
	.summary  = "one lock for all, by logical clocks",
	.paper    = "Lamport 1978",
	.promise  = "Nobody has the lock while another has it, and who asks "
		    "gets it, in the order of the requests, while no message "
		    "is lost, doubled or reordered on its link, and nobody "
		    "crashes; delays and pauses only take time.",
	.tolerates = FR_TOLERATES(.bears = FR_BEARS_DELAY |
					   FR_BEARS_CLOCKS | FR_BEARS_RATES),
	.workload = "mutex",
	.state_size = sizeof(struct mutex),
	.start    = mutex_start,
	.messages = FR_MESSAGES(
		[REQUEST]     = { "request", mutex_on_request,
				  sizeof(struct stamped) },
		[ACKNOWLEDGE] = { "acknowledge", mutex_on_acknowledge,
				  sizeof(struct stamped) },
		[RELEASE]     = { "release", mutex_on_release,
				  sizeof(struct stamped) }),
	.requests = FR_REQUESTS(
		{ "acquire", mutex_on_acquire },
		{ "release", mutex_on_give_back }),
	.describe = mutex_describe,
};
