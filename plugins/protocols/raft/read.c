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
	struct waiting_read *r;

	if (s->applied >= s->first_own && has_lease(me)) {
		machine_answer(me, &s->machine, command, size, request);
		return;
	}
	r = fr_alloc(me, sizeof *r + size);
	if (r == NULL) {
		fr_fail(me, request, "no memory");
		return;
	}
	r->request = request;
	r->size = size;
	memcpy(r->command, command, size);
	r->index = s->commit > s->first_own ? s->commit : s->first_own;
	r->round = s->round + 1;
	*s->reads_end = r;
	s->reads_end = &r->next;
	replicate_soon(me);
}

bool
read_asks(const struct raft *s)
{
	const struct waiting_read *r;

	for (r = s->reads; r != NULL; r = r->next)
		if (r->round > s->round)
			return true;
	return false;
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
	struct waiting_read *r;

	while ((r = s->reads) != NULL && s->role == LEADER &&
	       r->round <= s->round && r->index <= s->applied &&
	       confirmed(me, r->round)) {
		machine_answer(me, &s->machine, r->command, r->size,
			       r->request);
		s->reads = r->next;
		if (s->reads == NULL)
			s->reads_end = &s->reads;
		fr_free(me, r);
	}
}

void
read_refuse(struct fr_node *me)
{
	struct raft *s = me->state;
	struct waiting_read *r;

	while ((r = s->reads) != NULL) {
		fr_fail(me, r->request, "the leader stepped down");
		s->reads = r->next;
		fr_free(me, r);
	}
	s->reads_end = &s->reads;
}
