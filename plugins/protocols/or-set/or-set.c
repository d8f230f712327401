/* SPDX-License-Identifier: MIT */
/*
 * or-set - a set of which a removal removes what it has observed, at any node,
 * without asking others: whoever adds at the same time wins.
 *
 *	Shapiro, Preguica, Baquero, Zawirski: A Comprehensive Study of
 *	Convergent and Commutative Replicated Data Types.  INRIA 7506, 2011,
 *	specification 15; in the form for states, as in Bieniusa et al.: An
 *	Optimized Conflict-free Replicated Set.  INRIA 8083, 2012, figure 1.
 *
 *	payload		pairs of an element and a tag that no other add has
 *	add		one more pair, with a new tag
 *	remove		all pairs of the element that are here are removed
 *	value		the elements with a pair that is not
 *	merge		the union, and whoever was removed at either is
 *
 * An add that the remover had not heard of has another tag, and stays: it does
 * not matter in which order the two arrive anywhere.  A tag is the adder's
 * identity and a number that it has not given to this element before; it finds
 * its own tags in its state, removed ones too, which are never forgotten.
 */
#include "../shared/elements.h"

/* name: the element, and the tag: whose, and which. */
static void
or_set_on_add(struct fr_node *me, const struct fr_request *rq)
{
	struct gossip_entry e = {
		.name = { fr_number(rq->value, 0), gossip_identity(me), 1 }
	};
	const struct gossip_object *o;
	uint32_t i;

	if (!elements_take(me, rq))
		return;
	o = gossip_find(me, rq->key);
#ifndef BUG_tags_reused
	for (i = o != NULL ? gossip_from(o, e.name[0]) : 0;
	     o != NULL && i < o->count && o->at[i].name[0] == e.name[0]; i++)
		if (o->at[i].name[1] == e.name[1])
			e.name[2] = o->at[i].name[2] + 1;
#else
	(void)i;
	(void)o;
#endif
	gossip_change(me, rq, &e, 1);
}

static void
or_set_on_remove(struct fr_node *me, const struct fr_request *rq)
{
	struct gossip_entry *observed;
	const struct gossip_object *o;
	int64_t element = fr_number(rq->value, 0);
	uint32_t i, count = 0;

	if (!elements_take(me, rq))
		return;
	o = gossip_find(me, rq->key);
	observed = fr_alloc(me, GOSSIP_DELTA * sizeof *observed);
	for (i = o != NULL ? gossip_from(o, element) : 0;
	     o != NULL && i < o->count && o->at[i].name[0] == element &&
	     observed != NULL && count < GOSSIP_DELTA; i++) {
		if (o->at[i].value[REMOVED] != 0)
			continue;
		observed[count] = o->at[i];
		observed[count++].value[REMOVED] = gossip_gone(me);
#ifdef BUG_removes_one
		break;
#endif
	}
	if (observed == NULL || count == 0 || count == GOSSIP_DELTA)
		fr_fail(me, rq->id, observed == NULL ? "no memory" :
			count == 0 ? "it is not in the set" :
				     "it was added too often");
	else
		gossip_change(me, rq, observed, count);
	fr_free(me, observed);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "or-set",
	.summary  = "a replicated set; concurrent adds win (CRDT)",
	.paper    = "Shapiro, Preguica, Baquero, Zawirski 2011",
	.promise  = "In the end every node has the same: each element with an "
		    "acknowledged add that no removal had observed, and none "
		    "whose adds were all observed by some.  Any node serves "
		    "alone.",
	.workload = "removals",
	.start    = elements_start,
	.requests = FR_REQUESTS(
		{ "read",   elements_on_read },
		{ "add",    or_set_on_add },
		{ "remove", or_set_on_remove }),
	GOSSIP_PROTOCOL,
};
