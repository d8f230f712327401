/* SPDX-License-Identifier: MIT */
/*
 * 2p-set - a set whose elements come once and go once (two phases), at any
 * node, without asking others.
 *
 *	Shapiro, Preguica, Baquero, Zawirski: A Comprehensive Study of
 *	Convergent and Commutative Replicated Data Types.  INRIA 7506, 2011,
 *	specification 12.
 *
 *	payload		A, what was added, and R, what was removed
 *	add		one more in A
 *	erase		one more in R, of what is in the set (remove)
 *	value		A without R
 *	merge		the unions
 *
 * R is in A, so one flag at each element of A is R.  It is never taken back,
 * and never forgotten: where there was no flag, the element of some replica
 * that has not heard of it would come back.
 */
#include "../shared/elements.h"

static void
two_p_set_on_add(struct fr_node *me, const struct fr_request *rq)
{
	struct gossip_entry e = { .name = { fr_number(rq->value, 0) } };
	const struct gossip_entry *before;

	if (!elements_take(me, rq))
		return;
	before = gossip_entry(gossip_find(me, rq->key), e.name[0], 0, 0);
#ifdef BUG_readd
	/* It is added anew, instead of refused. */
	e.name[1] = before != NULL ? before->value[REMOVED] : 0;
	before = NULL;
#endif
	if (before != NULL && before->value[REMOVED] != 0) {
		fr_fail(me, rq->id, "it was removed, for good");
		return;
	}
	gossip_change(me, rq, &e, 1);
}

static void
two_p_set_on_erase(struct fr_node *me, const struct fr_request *rq)
{
	struct gossip_entry e = { .name = { fr_number(rq->value, 0) } };
	const struct gossip_entry *before;

	if (!elements_take(me, rq))
		return;
	before = gossip_entry(gossip_find(me, rq->key), e.name[0], 0, 0);
	if (before == NULL || before->value[REMOVED] != 0) {
		fr_fail(me, rq->id, "it is not in the set");
		return;
	}
	e.value[REMOVED] = gossip_gone(me);
	gossip_change(me, rq, &e, 1);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "2p-set",
	.summary  = "a replicated set: added once, removed once (CRDT)",
	.paper    = "Shapiro, Preguica, Baquero, Zawirski 2011",
	.promise  = "In the end every node has every acknowledged element that "
		    "nobody erased, and none that somebody did.  Any node "
		    "serves alone.",
	.workload = "removals",
	.start    = elements_start,
	.requests = FR_REQUESTS(
		{ "read",  elements_on_read },
		{ "add",   two_p_set_on_add },
		{ "erase", two_p_set_on_erase }),
	GOSSIP_PROTOCOL,
};
