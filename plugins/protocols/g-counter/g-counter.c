/* SPDX-License-Identifier: MIT */
/*
 * g-counter - a counter that is counted up at any node, without asking others.
 *
 *	Shapiro, Preguica, Baquero, Zawirski: A Comprehensive Study of
 *	Convergent and Commutative Replicated Data Types.  INRIA 7506, 2011,
 *	specification 6.
 *
 *	payload		for each replica how much it has counted itself
 *	increment	the own entry grows
 *	value		the sum of all entries
 *	merge		of each entry the larger one
 *
 * Nobody but the replica itself writes its entry, and that only grows: so the
 * larger of two is the newer one, and what was counted is neither lost nor
 * counted twice, however often it is heard of.  Who a replica is has to be
 * true for that: see the identity in gossip.h.
 */
#include "../shared/gossip.h"

/* name: whose; value: how much. */
static bool
g_counter_join(struct gossip_entry *mine, const struct gossip_entry *theirs)
{
	if (theirs->value[0] <= mine->value[0])
		return false;
#ifdef BUG_adds
	/* It is what it was and what comes, and soon far too much. */
	if (mine->value[0] > 1000000)
		return false;
	mine->value[0] += theirs->value[0];
	return true;
#endif
	mine->value[0] = theirs->value[0];
	return true;
}

static void
g_counter_on_read(struct fr_node *me, const struct fr_request *rq)
{
	const struct gossip_object *o;
	int64_t sum = 0;
	uint32_t i;

	if (!gossip_serves(me, rq))
		return;
	o = gossip_find(me, rq->key);
	for (i = 0; o != NULL && i < o->count; i++)
		sum += o->at[i].value[0];
	fr_ok(me, rq->id, fr_int(sum));
}

static void
g_counter_on_increment(struct fr_node *me, const struct fr_request *rq)
{
	struct gossip_entry own = { .name = { gossip_identity(me) } };
	const struct gossip_entry *before;
	int64_t by = fr_number(rq->value, 1);

	if (!gossip_serves(me, rq))
		return;
	before = gossip_entry(gossip_find(me, rq->key), own.name[0], 0, 0);
	if (before != NULL)
		own.value[0] = before->value[0];
	if (by < 0 || by > INT64_MAX - own.value[0]) {
		fr_fail(me, rq->id, "it only counts up, and not for ever");
		return;
	}
	own.value[0] += by;
	gossip_change(me, rq, &own, 1);
}

static void
g_counter_start(struct fr_node *me)
{
	gossip_start(me, g_counter_join);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "g-counter",
	.summary  = "a replicated counter that grows only (CRDT)",
	.paper    = "Shapiro, Preguica, Baquero, Zawirski 2011",
	.promise  = "Every increment that was acknowledged is counted at every "
		    "node in the end, once, and at its own at once; no read "
		    "shows more than was asked for.  Any node serves alone.",
	.workload = "eventual-counter",
	.start    = g_counter_start,
	.requests = FR_REQUESTS(
		{ "read",      g_counter_on_read },
		{ "increment", g_counter_on_increment }),
	GOSSIP_PROTOCOL,
};
