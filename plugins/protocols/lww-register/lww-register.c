/* SPDX-License-Identifier: MIT */
/*
 * lww-register - a register that any node writes, without asking others: of
 * two writes the later one stays.
 *
 *	Shapiro, Preguica, Baquero, Zawirski: A Comprehensive Study of
 *	Convergent and Commutative Replicated Data Types.  INRIA 7506, 2011,
 *	specification 8.
 *	Lamport: Time, Clocks, and the Ordering of Events in a Distributed
 *	System.  Communications of the ACM 21(7), 1978.
 *
 *	payload		a value and its timestamp
 *	assign		the value, with a later timestamp than the one here
 *	merge		the one with the later timestamp
 *
 * The paper asks for timestamps that are unique and go along with causality;
 * these are Lamport's: one more than the register's last, and whoever wrote
 * where those are equal.  So a write is never lost to one that it had seen, and
 * no clock is asked.  Of two writes that had not seen each other, one is lost,
 * acknowledged or not: mv-register keeps both.
 */
#include "../shared/gossip.h"

enum { TIME, WRITER, VALUE };

/* One entry, without a name. */
static bool
lww_register_join(struct gossip_entry *mine, const struct gossip_entry *theirs)
{
#ifdef BUG_no_tie
	if (theirs->value[TIME] <= mine->value[TIME])
		return false;
#else
	if (theirs->value[TIME] < mine->value[TIME] ||
	    (theirs->value[TIME] == mine->value[TIME] &&
	     theirs->value[WRITER] <= mine->value[WRITER]))
		return false;
#endif
	*mine = *theirs;
	return true;
}

static void
lww_register_on_read(struct fr_node *me, const struct fr_request *rq)
{
	const struct gossip_entry *e;

	if (!gossip_serves(me, rq))
		return;
	e = gossip_entry(gossip_find(me, rq->key), 0, 0, 0);
	fr_ok(me, rq->id, e != NULL ? fr_int(e->value[VALUE]) : fr_nil());
}

static void
lww_register_on_write(struct fr_node *me, const struct fr_request *rq)
{
	struct gossip_entry mine = { .value[TIME] = 0 };
	const struct gossip_entry *e;

	if (rq->value.kind != FR_INT) {
		fr_fail(me, rq->id, "a register holds a number");
		return;
	}
	if (!gossip_serves(me, rq))
		return;
	e = gossip_entry(gossip_find(me, rq->key), 0, 0, 0);
	if (e != NULL)
		mine = *e;
#ifdef BUG_own_clock
	/* It counts its own writes only. */
	if (mine.value[WRITER] != gossip_identity(me))
		mine.value[TIME] = fr_mono(me) % FR_MS(100);
#endif
	mine.value[TIME]++;
	mine.value[WRITER] = gossip_identity(me);
	mine.value[VALUE] = rq->value.u.number;
	gossip_change(me, rq, &mine, 1);
}

static void
lww_register_start(struct fr_node *me)
{
	gossip_start(me, lww_register_join);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "lww-register",
	.summary  = "a replicated register; the later write wins (CRDT)",
	.paper    = "Shapiro, Preguica, Baquero, Zawirski 2011",
	.promise  = "In the end every node has the same value, which is not "
		    "older than any write that its writer had seen or "
		    "acknowledged itself.  Of concurrent writes all but one "
		    "are lost.  Any node serves alone.",
	.workload = "convergence",
	.start    = lww_register_start,
	.requests = FR_REQUESTS(
		{ "read",  lww_register_on_read },
		{ "write", lww_register_on_write }),
	GOSSIP_PROTOCOL,
};
