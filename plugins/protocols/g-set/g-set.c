/* SPDX-License-Identifier: MIT */
/*
 * g-set - a set that only grows, at any node, without asking others.
 *
 *	Shapiro, Preguica, Baquero, Zawirski: A Comprehensive Study of
 *	Convergent and Commutative Replicated Data Types.  INRIA 7506, 2011,
 *	specification 11.
 *
 *	payload		the elements
 *	add		one more
 *	value		all of them
 *	merge		the union
 *
 * A union is all that sets need as long as nothing is taken out; 2p-set and
 * or-set show what it takes then.
 */
#include "../shared/elements.h"

static void
g_set_on_add(struct fr_node *me, const struct fr_request *rq)
{
	const struct gossip_entry e = { .name = { fr_number(rq->value, 0) } };

	if (elements_take(me, rq))
		gossip_change(me, rq, &e, 1);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "g-set",
	.summary  = "a replicated set that grows only (CRDT)",
	.paper    = "Shapiro, Preguica, Baquero, Zawirski 2011",
	.promise  = "Every element that was acknowledged is at every node in "
		    "the end, once, and at its own at once; none is there that "
		    "nobody added.  Any node serves alone.",
	.workload = "eventual-set",
	.start    = elements_start,
	.requests = FR_REQUESTS(
		{ "read", elements_on_read },
		{ "add",  g_set_on_add }),
	GOSSIP_PROTOCOL,
};
