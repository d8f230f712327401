/* SPDX-License-Identifier: MIT */
/*
 * skeen - total order broadcast by everybody's agreement on a time stamp.
 *
 *	Birman, Joseph: Reliable Communication in the Presence of Failures.
 *	ACM Transactions on Computer Systems 5(1), 1987.  (ABCAST, section
 *	4.1, after an unpublished algorithm by Dale Skeen.)
 *
 * Nobody decides alone.  A message is delivered at the highest of the stamps
 * that all nodes propose for it, and no node delivers while a message is
 * pending that may come before:
 *
 *	ask       from the origin to all: here is a message, propose a stamp
 *	propose   from each node: a stamp above all that it has proposed or
 *		  heard of; the message is pending there, at that stamp
 *	final	  from the origin to all: the highest of the proposals
 *	query	  from a node to the origin: I hear nothing of your message
 *
 * Each node keeps the messages that it has not delivered in the order of their
 * stamps, be they its own proposals or final, and delivers the first one when
 * it is final.  A stamp is a logical time and the node that proposed it, so
 * that no two messages have the same one.
 *
 * What holds:
 *
 *  1. What a node proposes it stands by: the proposal is on its disk before it
 *     is told, and asked again it tells the same.  So the final stamp follows
 *     from the message, and an origin that forgot it finds the same again.
 *  2. A message that is not final will be no earlier than it stands: the final
 *     stamp is the highest proposal, and this node's is among them.
 *  3. What a node hears of later stands behind all that it has delivered: its
 *     clock is raised by every final stamp, which is on its disk before the
 *     message is delivered.
 *
 * By 2 and 3 each node delivers in the order of the final stamps.  The price:
 * every node has a word in every message, so that nothing new is delivered
 * anywhere while one node is away.  (The paper's nodes are told by their
 * membership whom not to wait for any more; here they come back.)
 */
#include "../shared/deliveries.h"

enum { ASK, PROPOSE, FINAL, QUERY };		/* messages */
enum { REPEAT };				/* timers */

/* All messages, and the records of the log, are of this shape. */
struct word {
	int64_t value;
	uint64_t number;		/* of its origin's messages, from 0   */
	uint64_t stamp;			/* of propose and final               */
	uint32_t origin;
	uint32_t final;			/* of a record: it was settled        */
};

struct message {
	struct message *next;		/* pending, in the order of stamps    */
	int64_t value;
	uint64_t number, stamp;
	uint32_t origin;
	bool final;
	bool waited;			/* for a period at least              */
	/* The origin's. */
	uint64_t request;		/* 0: nobody waits for it             */
	uint64_t highest;
	uint32_t answers;
	uint64_t answered[FR_NODES_MAX / 64];
};

/* All messages of a node that are known; NULL where one is not. */
struct origin {
	struct message **at;
	uint32_t count, room;
};

struct skeen {
	struct fr_wal log;
	bool silent;			/* the disk would not be read         */
	uint64_t clock;
	struct origin *origins;
	struct message *pending;
	struct deliveries delivered;
	int64_t period;
};

/* ---- stamps ------------------------------------------------------------------ */

static uint64_t
next_stamp(struct fr_node *me)
{
	struct skeen *s = me->state;
	uint64_t stamp = (s->clock + 1) * FR_NODES_MAX + me->id;

#ifdef BUG_ties
	stamp -= me->id;
#endif
	return stamp;
}

static void
hear_of(struct skeen *s, uint64_t stamp)
{
	if (stamp / FR_NODES_MAX > s->clock)
		s->clock = stamp / FR_NODES_MAX;
}

/* ---- what is known, and in which order ----------------------------------------- */

static struct message *
find(struct skeen *s, uint32_t origin, uint64_t number)
{
	const struct origin *o = &s->origins[origin];

	return number < o->count ? o->at[number] : NULL;
}

static void
put_pending(struct skeen *s, struct message *m)
{
	struct message **at = &s->pending;

	while (*at != NULL && (*at)->stamp <= m->stamp)
		at = &(*at)->next;
	m->next = *at;
	*at = m;
}

static void
take_pending(struct skeen *s, const struct message *m)
{
	struct message **at = &s->pending;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
}

/* A message that nothing was known of. */
static struct message *
learn(struct fr_node *me, const struct word *w)
{
	struct skeen *s = me->state;
	struct origin *o = &s->origins[w->origin];
	struct message **array, *m;

	while (o->count <= w->number) {
		array = with_room(me, o->at, o->count, &o->room, sizeof *array);
		if (array == NULL)
			return NULL;
		o->at = array;
		o->at[o->count++] = NULL;
	}
	m = fr_alloc(me, sizeof *m);
	if (m == NULL)
		return NULL;
	m->value = w->value;
	m->number = w->number;
	m->origin = w->origin;
	m->stamp = w->stamp;
	o->at[w->number] = m;
	hear_of(s, m->stamp);
	put_pending(s, m);
	return m;
}

/* Invariants 1 and 3: on the disk, at the latest when log_is_safe says so. */
static bool
record(struct fr_node *me, const struct message *m, uint64_t stamp, bool final)
{
	struct skeen *s = me->state;
	const struct word w = { m->value, m->number, stamp, m->origin, final };

	return fr_wal_append(me, &s->log, &w, sizeof w) == 0;
}

/* It was never heard of. */
static void
forget(struct fr_node *me, struct message *m)
{
	struct skeen *s = me->state;

	take_pending(s, m);
	s->origins[m->origin].at[m->number] = NULL;
	fr_free(me, m);
}

/* One more message, pending at a stamp of this node's. */
static struct message *
take_in(struct fr_node *me, uint32_t origin, uint64_t number, int64_t value)
{
	const struct word w = { value, number, next_stamp(me), origin, 0 };
	struct message *m = learn(me, &w);

	if (m == NULL || record(me, m, m->stamp, false))
		return m;
	forget(me, m);
	return NULL;
}

static void
say(struct fr_node *me, uint32_t to, uint32_t type, const struct message *m,
    uint64_t stamp)
{
	const struct word w = { m->value, m->number, stamp, m->origin, 0 };

	fr_send(me, to, type, &w, sizeof w);
}

/* ---- delivering ---------------------------------------------------------------- */

static void
deliver_one(struct fr_node *me, struct message *m)
{
	struct skeen *s = me->state;

	fr_claim(me, "delivery", s->delivered.count, m->value);
	deliveries_add(&s->delivered, m->value);
	take_pending(s, m);
	if (m->request != 0)
		fr_ok(me, m->request, fr_nil());
	m->request = 0;
}

/* The first of all that are pending, if it is final (invariant 2). */
static struct message *
deliverable(const struct skeen *s)
{
	struct message *m = s->pending;

#ifdef BUG_ignores_pending
	while (m != NULL && !m->final)
		m = m->next;
#endif
	return m != NULL && m->final ? m : NULL;
}

static void
deliver(struct fr_node *me)
{
	struct skeen *s = me->state;
	struct message *m;

	while ((m = deliverable(s)) != NULL && log_is_safe(me, &s->log) &&
	       deliveries_room(me, &s->delivered))
		deliver_one(me, m);
}

/* Its place is known. */
static void
settle(struct skeen *s, struct message *m, uint64_t stamp)
{
	take_pending(s, m);
	m->stamp = stamp;
	m->final = true;
	put_pending(s, m);
#ifndef BUG_deaf_clock
	hear_of(s, stamp);		/* invariant 3 */
#endif
}

/* ---- every node ------------------------------------------------------------------ */

static void
skeen_on_ask(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct skeen *s = me->state;
	const struct word *w = body;
	struct message *m;

	(void)size;
	if (s->silent || w->origin != from)
		return;
	m = find(s, from, w->number);
	if (m == NULL)
		m = take_in(me, from, w->number, w->value);
	if (m == NULL)
		return;
#ifndef BUG_forgets_proposals
	if (!log_is_safe(me, &s->log))
		return;			/* it will ask again */
#endif
	say(me, from, PROPOSE, m, m->stamp);
}

static void
skeen_on_final(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	struct skeen *s = me->state;
	const struct word *w = body;
	struct message *m;

	(void)size;
	if (s->silent || w->origin != from)
		return;
	m = find(s, from, w->number);
	if (m == NULL || m->final || !record(me, m, w->stamp, true))
		return;
	settle(s, m, w->stamp);
	deliver(me);
}

/* ---- the origin ------------------------------------------------------------------ */

/* What it speaks of, if that is of this node. */
static struct message *
mine(struct fr_node *me, const struct word *w)
{
	struct skeen *s = me->state;

	if (s->silent || w->origin != me->id)
		return NULL;
	return find(s, me->id, w->number);
}

static bool
has_answered(const struct message *m, uint32_t node)
{
	return m->answered[node / 64] >> node % 64 & 1;
}

/* All who have not answered yet. */
static void
ask(struct fr_node *me, const struct message *m)
{
	struct skeen *s = me->state;
	uint32_t to;

	if (!log_is_safe(me, &s->log))
		return;			/* the timer tries again */
	for (to = 0; to < me->nodes; to++)
		if (!has_answered(m, to))
			say(me, to, ASK, m, 0);
}

/* When all have: the stamp is final. */
static void
conclude(struct fr_node *me, struct message *m)
{
	struct skeen *s = me->state;
	uint32_t to;

#ifdef BUG_own_proposal
	m->highest = m->stamp;
#endif
	if (m->answers < me->nodes || !record(me, m, m->highest, true))
		return;
	for (to = 0; to < me->nodes; to++)
		if (to != me->id)
			say(me, to, FINAL, m, m->highest);
	settle(s, m, m->highest);
	deliver(me);
}

static void
skeen_on_propose(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	const struct word *w = body;
	struct message *m = mine(me, w);

	(void)size;
	if (m == NULL || m->final)
		return;
	if (!has_answered(m, from))
		m->answers++;
	m->answered[from / 64] |= (uint64_t)1 << from % 64;
	if (w->stamp > m->highest)
		m->highest = w->stamp;
	conclude(me, m);
}

static void
skeen_on_query(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	const struct word *w = body;
	struct message *m = mine(me, w);

	(void)size;
	if (m != NULL && m->final)
		say(me, from, FINAL, m, m->stamp);
}

static int recover(struct fr_node *me);

/* Nothing has come of it for a period. */
static void
repeat(struct fr_node *me, struct message *m)
{
	if (m->origin != me->id) {
		say(me, m->origin, QUERY, m, 0);
		return;
	}
	ask(me, m);
	conclude(me, m);		/* the disk may do it now */
}

static void
skeen_on_repeat(struct fr_node *me, uint64_t tag)
{
	struct skeen *s = me->state;
	struct message *m, *next;

	(void)tag;
	fr_after(me, REPEAT, s->period, 0);
	if (s->silent || s->log.broken)
		s->silent = recover(me) < 0;
	if (s->silent)
		return;
	deliver(me);
	/* What is delivered meanwhile stays in memory, and is final. */
	for (m = s->pending; m != NULL; m = next) {
		next = m->next;
		if (m->waited && !m->final)
			repeat(me, m);
		m->waited = true;
	}
}

/* ---- clients --------------------------------------------------------------------- */

static void
skeen_on_broadcast(struct fr_node *me, const struct fr_request *rq)
{
	struct skeen *s = me->state;
	struct message *m;

	if (!can_broadcast(me, rq, s->silent))
		return;
	m = take_in(me, me->id, s->origins[me->id].count, rq->value.u.number);
	if (m == NULL) {
		fr_fail(me, rq->id, disk_failed);
		return;
	}
	m->request = rq->id;
	ask(me, m);
}

static void
skeen_on_deliveries(struct fr_node *me, const struct fr_request *rq)
{
	struct skeen *s = me->state;

	deliveries_answer(me, rq, &s->delivered, s->delivered.count,
			  s->silent);
}

/* ---- boot, and words for people ---------------------------------------------------- */

static void
forget_all(struct fr_node *me)
{
	struct skeen *s = me->state;
	uint32_t i, k;

	for (i = 0; i < me->nodes; i++) {
		for (k = 0; k < s->origins[i].count; k++)
			fr_free(me, s->origins[i].at[k]);
		s->origins[i].count = 0;
	}
	s->pending = NULL;
	s->delivered.count = 0;
}

static int
recover(struct fr_node *me)
{
	struct skeen *s = me->state;
	struct message *m;
	struct word w;
	uint64_t at = 0;
	int64_t got;

	forget_all(me);
	if (fr_wal_open(me, &s->log, "stamps") < 0)
		return -1;
	while ((got = fr_wal_next(me, &s->log, &at, &w, sizeof w)) > 0) {
		if (got != (int64_t)sizeof w || w.origin >= me->nodes)
			return -1;
		m = find(s, w.origin, w.number);
		if (m == NULL ? learn(me, &w) == NULL : w.final == 0)
			return -1;
		if (m != NULL)
			settle(s, m, w.stamp);
	}
	if (got == 0)
		deliver(me);
	return got == 0 ? 0 : -1;
}

static void
skeen_start(struct fr_node *me)
{
	struct skeen *s = me->state;

	s->period = fr_param(me, "period");
	s->silent = true;
	s->origins = fr_alloc(me, me->nodes * sizeof *s->origins);
	if (s->origins != NULL)
		skeen_on_repeat(me, 0);
}

static void
skeen_describe(uint32_t type, const void *body, size_t size, char *text,
	       size_t max)
{
	const struct word *w = body;
	unsigned long long time = w->stamp / FR_NODES_MAX;
	unsigned node = (unsigned)(w->stamp % FR_NODES_MAX);

	(void)size;
	if (type == ASK || type == QUERY)
		snprintf(text, max, "%lld, which is %llu of node %u",
			 (long long)w->value, (unsigned long long)w->number,
			 w->origin);
	else
		snprintf(text, max, "%lld at %llu.%u", (long long)w->value,
			 time, node);
}

static uint64_t
skeen_digest(const struct fr_node *me)
{
	const struct skeen *s = me->state;
	const struct message *m;
	uint64_t sum = fr_checksum(s->clock, s->delivered.values,
		s->delivered.count * sizeof *s->delivered.values);

	for (m = s->pending; m != NULL; m = m->next)
		sum = fr_checksum(sum + m->final, &m->stamp, sizeof m->stamp);
	return sum;
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "skeen",
	.summary  = "total order broadcast by agreement on a time stamp",
	.paper    = "Skeen, in Birman, Joseph 1987",
	.promise  = "All nodes deliver the same numbers in the same order, "
		    "uniformly: what one delivered all will.  Under "
		    "partitions, lost, late, doubled and reordered messages "
		    "and crashes with restart; while any node is away nothing "
		    "new is delivered.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = 0,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK),
	.workload = "total-order",
	.params   = FR_PARAMS(
		{ .name = "period", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "50ms", .min = "1ms", .max = "10s",
		  .low = "10ms", .high = "500ms",
		  .help = "how often who has not answered is asked again" }),
	.state_size = sizeof(struct skeen),
	.start    = skeen_start,
	.messages = FR_MESSAGES(
		[ASK]     = { "ask",     skeen_on_ask,
			      sizeof(struct word) },
		[PROPOSE] = { "propose", skeen_on_propose,
			      sizeof(struct word) },
		[FINAL]   = { "final",   skeen_on_final,
			      sizeof(struct word) },
		[QUERY]   = { "query",   skeen_on_query,
			      sizeof(struct word) }),
	.requests = FR_REQUESTS(
		{ "broadcast",  skeen_on_broadcast },
		{ "deliveries", skeen_on_deliveries }),
	.timers   = FR_TIMERS([REPEAT] = { "repeat", skeen_on_repeat }),
	.describe = skeen_describe,
	.digest   = skeen_digest,
};
