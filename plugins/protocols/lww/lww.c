/* SPDX-License-Identifier: MIT */
/*
 * lww - a store in which the last writer wins, by the clocks on the wall.
 *
 *	Thomas: A Majority Consensus Approach to Concurrency Control for
 *	Multiple Copy Databases.  ACM Transactions on Database Systems 4(2),
 *	1979.  (The write rule: the later timestamp stays.)
 *	Johnson, Thomas: Maintenance of Duplicate Databases.  RFC 677, 1975.
 *	Lakshman, Malik: Cassandra, a Decentralized Structured Storage System.
 *	LADIS 2009.
 *
 * Any node serves any request from its own copy.  A write takes the time of
 * its node's clock; where two meet, the later one stays, of equally late ones
 * that of the higher node, then the larger value.  A delete is a write, too:
 * what was deleted keeps its time (a tombstone), for ever, or an older value
 * would come back from a copy that had not heard of it.  Gossip brings copies
 * together: ../shared/gossip.h.
 *
 * What that promises is that all copies agree in the end: the order is total,
 * and "the later of two" is commutative, associative and idempotent.  It does
 * not promise that the value is the last one: a clock that is behind makes an
 * acknowledged write lose to an older one, at its own node and at once, and
 * nobody is told.  As long as no clock is wrong by more than lies between two
 * writes, the value in the end is not older than any acknowledged one.
 */
#include "../shared/gossip.h"

enum { TIME, NODE, VALUE, DELETED = GOSSIP_GONE };

/* One entry, without a name. */
static bool
lww_join(struct gossip_entry *mine, const struct gossip_entry *theirs)
{
	static const int order[] = { TIME, NODE, DELETED, VALUE };
	size_t i;

	for (i = 0; i < sizeof order / sizeof *order; i++) {
#ifdef BUG_no_tie
		if (i > 0)
			return false;
#endif
		if (theirs->value[order[i]] < mine->value[order[i]])
			return false;
		if (theirs->value[order[i]] > mine->value[order[i]]) {
			*mine = *theirs;
			return true;
		}
	}
	return false;
}

static void
lww_on_read(struct fr_node *me, const struct fr_request *rq)
{
	const struct gossip_entry *e;

	if (!gossip_serves(me, rq))
		return;
	e = gossip_entry(gossip_find(me, rq->key), 0, 0, 0);
	fr_ok(me, rq->id, e != NULL && e->value[DELETED] == 0 ?
	      fr_int(e->value[VALUE]) : fr_nil());
}

static void
write_now(struct fr_node *me, const struct fr_request *rq, bool deletes)
{
	struct gossip_entry e = { .value[NODE] = me->id };

	if (!gossip_serves(me, rq))
		return;
	e.value[TIME] = fr_wall(me);
	if (deletes)
		e.value[DELETED] = gossip_gone(me);
	else
		e.value[VALUE] = rq->value.u.number;
	gossip_change(me, rq, &e, 1);
}

static void
lww_on_write(struct fr_node *me, const struct fr_request *rq)
{
	if (rq->value.kind == FR_INT)
		write_now(me, rq, false);
	else
		fr_fail(me, rq->id, "a register holds a number");
}

static void
lww_on_delete(struct fr_node *me, const struct fr_request *rq)
{
	write_now(me, rq, true);
}

static void
lww_start(struct fr_node *me)
{
	gossip_start(me, lww_join);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "lww",
	.summary  = "a store in which the last writer wins, by wall clocks",
	.paper    = "Johnson, Thomas 1975; Thomas 1979; Lakshman, Malik 2009",
	.promise  = "In the end every node has the same value of each key, "
		    "one that was written.  Not that it is the last one: where "
		    "clocks are wrong, acknowledged writes are lost.  Any node "
		    "serves alone.",
	.workload = "convergence",
	.start    = lww_start,
	.requests = FR_REQUESTS(
		{ "read",   lww_on_read },
		{ "write",  lww_on_write },
		{ "delete", lww_on_delete }),
	GOSSIP_PROTOCOL,
};
