/* SPDX-License-Identifier: MIT */
/*
 * pn-counter - a counter that is counted up and down at any node, without
 * asking others.
 *
 *	Shapiro, Preguica, Baquero, Zawirski: A Comprehensive Study of
 *	Convergent and Commutative Replicated Data Types.  INRIA 7506, 2011,
 *	specification 7.
 *
 *	payload		for each replica how much it has counted up (P), and
 *			how much down (N)
 *	increment	the own entry of P grows
 *	decrement	the own entry of N grows
 *	value		the sum of P less that of N
 *	merge		of each entry of both the larger one
 *
 * One number a replica, that goes up and down, would not do: of two such the
 * larger is not the newer one.
 */
#include "../shared/gossip.h"

enum { UP, DOWN };

/* name: whose; value: how much up, how much down. */
static bool
pn_counter_join(struct gossip_entry *mine, const struct gossip_entry *theirs)
{
	bool changed = false;
	int i;

#ifdef BUG_net
	/* One number, and the larger one wins. */
	if (theirs->value[UP] - theirs->value[DOWN] <=
	    mine->value[UP] - mine->value[DOWN])
		return false;
	*mine = *theirs;
	return true;
#endif
	for (i = UP; i <= DOWN; i++)
		if (theirs->value[i] > mine->value[i]) {
			mine->value[i] = theirs->value[i];
			changed = true;
		}
	return changed;
}

static void
pn_counter_on_read(struct fr_node *me, const struct fr_request *rq)
{
	const struct gossip_object *o;
	int64_t sum = 0;
	uint32_t i;

	if (!gossip_serves(me, rq))
		return;
	o = gossip_find(me, rq->key);
	for (i = 0; o != NULL && i < o->count; i++)
		sum += o->at[i].value[UP] - o->at[i].value[DOWN];
	fr_ok(me, rq->id, fr_int(sum));
}

static void
count(struct fr_node *me, const struct fr_request *rq, int way)
{
	struct gossip_entry own = { .name = { gossip_identity(me) } };
	const struct gossip_entry *before;
	int64_t by = fr_number(rq->value, 1);

	if (!gossip_serves(me, rq))
		return;
	before = gossip_entry(gossip_find(me, rq->key), own.name[0], 0, 0);
	if (before != NULL)
		own = *before;
	if (by < 0 || by > INT64_MAX - own.value[way]) {
		fr_fail(me, rq->id, "say how much, above zero, and not for "
				    "ever");
		return;
	}
	own.value[way] += by;
	gossip_change(me, rq, &own, 1);
}

static void
pn_counter_on_increment(struct fr_node *me, const struct fr_request *rq)
{
	count(me, rq, UP);
}

static void
pn_counter_on_decrement(struct fr_node *me, const struct fr_request *rq)
{
	count(me, rq, DOWN);
}

static void
pn_counter_start(struct fr_node *me)
{
	gossip_start(me, pn_counter_join);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "pn-counter",
	.summary  = "a replicated counter, up and down (CRDT)",
	.paper    = "Shapiro, Preguica, Baquero, Zawirski 2011",
	.promise  = "Every change that was acknowledged is counted at every "
		    "node in the end, once; no read shows what the changes "
		    "that were asked for cannot come to.  Any node serves "
		    "alone.",
	.workload = "eventual-counter",
	.start    = pn_counter_start,
	.requests = FR_REQUESTS(
		{ "read",      pn_counter_on_read },
		{ "increment", pn_counter_on_increment },
		{ "decrement", pn_counter_on_decrement }),
	GOSSIP_PROTOCOL,
};
