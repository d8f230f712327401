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

static const char disk_failed[] = "this node's disk failed";

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

/* A message that nothing was known of, with room for its delivery. */
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

static void
say(struct fr_node *me, uint32_t to, uint32_t type, const struct message *m,
    uint64_t stamp)
{
	const struct word w = { m->value, m->number, stamp, m->origin, 0 };

	fr_send(me, to, type, &w, sizeof w);
}
