/* SPDX-License-Identifier: MIT */
/*
 * mv-register - a register that any node writes, without asking others, and
 * that keeps all values of which none had seen another.
 *
 *	Shapiro, Preguica, Baquero, Zawirski: A Comprehensive Study of
 *	Convergent and Commutative Replicated Data Types.  INRIA 7506, 2011,
 *	specification 10.
 *
 *	payload		values, each with the version vector of its write: for
 *			each replica how many of its writes this one had seen,
 *			itself included
 *	assign		one value in the place of all that is here; its vector
 *			is above all of theirs
 *	value		all of them
 *	merge		of both, those that no other one had seen
 *
 * Of one writer's values the last had seen all the others; so there is at most
 * one a writer.  It is kept as one entry for each replica in its vector, which
 * has the number of the write, what the vector says of that replica, and the
 * value; the entry of the higher number wins.  What was seen by another's last
 * write is left out when it is read.
 */
#include "../shared/gossip.h"

enum { NUMBER, SAW, VALUE };

/* name: of whose last write, and what it had seen of whom. */
static bool
mv_register_join(struct gossip_entry *mine, const struct gossip_entry *theirs)
{
	if (theirs->value[NUMBER] <= mine->value[NUMBER])
		return false;
	*mine = *theirs;
	return true;
}

/* Had the last write of somebody else seen this one? */
static bool
was_seen(const struct gossip_object *o, const struct gossip_entry *write)
{
	uint32_t i;

	for (i = 0; i < o->count; i++)
		if (o->at[i].name[1] == write->name[0] &&
		    o->at[i].name[0] != write->name[0] &&
		    o->at[i].value[SAW] >= write->value[NUMBER])
			return true;
	return false;
}

static void
mv_register_on_read(struct fr_node *me, const struct fr_request *rq)
{
	const struct gossip_object *o;
	int64_t list[FR_NODES_MAX + 1];
	uint32_t i, count = 0;

	if (!gossip_serves(me, rq))
		return;
	o = gossip_find(me, rq->key);
	for (i = 0; o != NULL && i < o->count && count < FR_NODES_MAX; i++)
		if (o->at[i].name[0] == o->at[i].name[1] &&
		    !was_seen(o, &o->at[i]))
			list[++count] = o->at[i].value[VALUE];
	list[0] = count;
	fr_ok(me, rq->id, fr_list(list, count + 1));
}

/* The entry about that replica, there from now on; NULL: no room. */
static struct gossip_entry *
about(struct gossip_entry *delta, uint32_t *count, int64_t whom)
{
	uint32_t i;

	for (i = 0; i < *count; i++)
		if (delta[i].name[1] == whom)
			return &delta[i];
	if (*count == GOSSIP_DELTA)
		return NULL;
	delta[i].name[1] = whom;
	return &delta[(*count)++];
}

static void
mv_register_on_assign(struct fr_node *me, const struct fr_request *rq)
{
	struct gossip_entry *delta, *e;
	const struct gossip_object *o;
	int64_t self = gossip_identity(me), number;
	uint32_t i, count = 0;

	if (rq->value.kind != FR_INT) {
		fr_fail(me, rq->id, "a register holds numbers");
		return;
	}
	if (!gossip_serves(me, rq))
		return;
	o = gossip_find(me, rq->key);
	delta = fr_alloc(me, GOSSIP_DELTA * sizeof *delta);
	e = delta != NULL ? about(delta, &count, self) : NULL;
	/* Above all that is here. */
	for (i = 0; e != NULL && o != NULL && i < o->count; i++) {
#ifdef BUG_no_merge
		if (o->at[i].name[0] != self)
			continue;
#endif
		e = about(delta, &count, o->at[i].name[1]);
		if (e != NULL && e->value[SAW] < o->at[i].value[SAW])
			e->value[SAW] = o->at[i].value[SAW];
	}
	if (e == NULL) {
		fr_fail(me, rq->id, "no memory, or too many writers");
		fr_free(me, delta);
		return;
	}
	number = ++delta[0].value[SAW];
	for (i = 0; i < count; i++) {
		delta[i].name[0] = self;
		delta[i].value[NUMBER] = number;
		delta[i].value[VALUE] = rq->value.u.number;
	}
	gossip_change(me, rq, delta, count);
	fr_free(me, delta);
}

static void
mv_register_start(struct fr_node *me)
{
	gossip_start(me, mv_register_join);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "mv-register",
	.summary  = "a replicated register that keeps concurrent values (CRDT)",
	.paper    = "Shapiro, Preguica, Baquero, Zawirski 2011",
	.promise  = "In the end every node has the same values: each that was "
		    "acknowledged and that no write had seen, and none that "
		    "one had.  Any node serves alone.",
	.workload = "siblings",
	.start    = mv_register_start,
	.requests = FR_REQUESTS(
		{ "read",   mv_register_on_read },
		{ "assign", mv_register_on_assign }),
	GOSSIP_PROTOCOL,
};
