/* SPDX-License-Identifier: MIT */
/*
 * Reads that write nothing (thesis, 6.4).
 *
 *	index	the leader notes how far is committed, asks a quorum whether
 *		it still leads, and answers when that much is applied
 *	lease	for a while after a quorum followed it, nobody else can have
 *		been elected: the leader answers at once.  This needs clocks
 *		that run alike, within `drift`
 *	log	a read is a command like any other
 *
 * Either way only when an entry of its own term is committed: before that it
 * does not know what is.
 */
#include "raft.h"

static struct set
self(struct fr_node *me)
{
	struct set s = { { 0 } };

	set_add(&s, me->id);
	return s;
}

/* ---- leases ---------------------------------------------------------------------- */

/* The latest moment at which a quorum sent it what has been heard since. */
int64_t
read_confirmed(struct fr_node *me)
{
	struct raft *s = me->state;
	struct set yes = self(me);
	int64_t best = INT64_MIN;
	uint32_t i, j;

	if (members_quorum(s, &yes))
		return fr_mono(me);
	for (i = 0; i < me->nodes; i++) {
		int64_t then = s->peers[i].acked;

		if (i == me->id || then <= best)
			continue;
		yes = self(me);
		for (j = 0; j < me->nodes; j++)
			if (j != me->id && s->peers[j].acked >= then)
				set_add(&yes, j);
		if (members_quorum(s, &yes))
			best = then;
	}
	return best;
}

static bool
has_lease(struct fr_node *me)
{
	struct raft *s = me->state;
	int64_t since = read_confirmed(me);
	double length = (double)s->election * (1 - s->drift) / (1 + s->drift);

	return s->lease && !s->no_lease && since != INT64_MIN &&
	       fr_mono(me) - since < (int64_t)length;
}

/* ---- waiting --------------------------------------------------------------------- */

void
read_begin(struct fr_node *me, uint64_t request, const void *command,
	   uint32_t size)
{
	struct raft *s = me->state;

	if (s->applied >= s->first_own && has_lease(me)) {
		machine_answer(me, &s->machine, command, size, request);
		return;
	}
	reads_add(me, &s->reads, request, command, size,
		  s->commit > s->first_own ? s->commit : s->first_own);
	replicate_soon(me);
}

/* A quorum has answered that round. */
static bool
confirmed(struct fr_node *me, uint64_t round)
{
	struct raft *s = me->state;
	struct set yes = self(me);
	uint32_t i;

	for (i = 0; i < me->nodes; i++)
		if (i != me->id && s->peers[i].round >= round)
			set_add(&yes, i);
	return members_quorum(s, &yes);
}

void
read_serve(struct fr_node *me)
{
	struct raft *s = me->state;
	const struct read *r;

	while ((r = s->reads.first) != NULL && s->role == LEADER &&
	       r->round <= s->reads.round && r->index <= s->applied &&
	       confirmed(me, r->round))
		reads_answer(me, &s->reads, &s->machine);
}

void
read_refuse(struct fr_node *me)
{
	struct raft *s = me->state;

	reads_refuse(me, &s->reads, "the leader stepped down");
}
