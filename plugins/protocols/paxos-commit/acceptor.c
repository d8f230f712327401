/* SPDX-License-Identifier: MIT */
/*
 * The participant, which votes, and the acceptor, which remembers: invariants
 * 1 and 2 of paxos-commit.c.
 */
#include "paxos-commit.h"

/* ---- the participant ----------------------------------------------------- */

void
on_prepare(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	struct paxos_commit *s = me->state;
	const struct word *m = body;
	struct transaction *t = get(me, m->id);
	uint32_t to;

	(void)size;
	if (t == NULL || (t->vote == NONE && told(me, t, from)))
		return;
	t->leader = from;
	if (t->vote == NONE) {
		/* Invariant 1. */
		if (!log_record(me, t, VOTED, m->value) || !force(me))
			return;
		t->vote = m->value;
		/* Nobody else can make this instance prepared. */
		if (t->vote == NO)
			learn(me, t, false);
		else
			t->d.state = DOUBT;
	}
	if (t->d.state == DOUBT && t->phase == IDLE)
		wait_for_outcome(me, t);
	for (to = 0; to < s->acceptors; to++)
		say(me, to, VOTE, t, 0, t->vote);
}

/* ---- the acceptor -------------------------------------------------------- */

/* Invariant 2. */
bool
promise(struct fr_node *me, struct transaction *t, uint64_t ballot)
{
	uint64_t before = t->promised;

	t->promised = ballot;
#ifdef BUG_promise_not_durable
	return true;
#endif
	if (log_record(me, t, ACCEPTOR, NONE) && force(me))
		return true;
	t->promised = before;
	return false;
}

static bool
accept(struct fr_node *me, struct transaction *t, uint64_t ballot,
       const struct choice *choices)
{
	const size_t size = me->nodes * sizeof *choices;
	struct choice before[FR_NODES_MAX];
	uint64_t promised = t->promised;

	memcpy(before, t->choices, size);
	memcpy(t->choices, choices, size);
	t->promised = ballot;
#ifdef BUG_accepted_not_durable
	return true;
#endif
	if (log_record(me, t, ACCEPTOR, NONE) && force(me))
		return true;
	memcpy(t->choices, before, size);
	t->promised = promised;
	return false;
}

/* Ballot 0: what was heard of is accepted when it is enough. */
void
on_vote(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	const struct word *m = body;
	struct transaction *t = get(me, m->id);
	struct choice choices[FR_NODES_MAX];
	uint32_t i, heard = 0;
	bool news = false, against = false;

	(void)size;
	if (t == NULL || told(me, t, m->leader))
		return;
#ifndef BUG_promise_ignored
	if (t->promised > 0)
		return;
#endif
	t->leader = m->leader;
	t->votes[from] = (unsigned char)m->value;
	for (i = 0; i < me->nodes; i++) {
		choices[i] = (struct choice){ 0, t->votes[i] };
		heard += t->votes[i] != NONE;
		against |= t->votes[i] == NO;
		news |= t->votes[i] != t->choices[i].value;
	}
	if (heard < me->nodes && !against)
		return;
	if (!news || accept(me, t, 0, choices))
		say_choices(me, t->leader, PHASE_2B, t, 0, t->choices);
}

void
on_1a(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct word *m = body;
	struct transaction *t = get(me, m->id);

	(void)size;
	if (t == NULL || told(me, t, from))
		return;
	if (m->ballot < t->promised)
		say(me, from, REFUSED, t, t->promised, NONE);
	else if (m->ballot == t->promised || promise(me, t, m->ballot))
		say_choices(me, from, PHASE_1B, t, m->ballot, t->choices);
}

void
on_2a(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct word *m = body;
	struct transaction *t = get(me, m->id);
	const struct choice *choices = choices_of(me, body, size);

	if (t == NULL || choices == NULL || told(me, t, from))
		return;
	if (m->ballot < t->promised)
		say(me, from, REFUSED, t, t->promised, NONE);
	else if (accept(me, t, m->ballot, choices))
		say_choices(me, from, PHASE_2B, t, m->ballot, t->choices);
}
