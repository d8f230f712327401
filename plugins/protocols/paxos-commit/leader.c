/* SPDX-License-Identifier: MIT */
/*
 * The leader: of ballot 0, and of those that end what others began (invariants
 * 3 and 4 of paxos-commit.c).
 */
#include "paxos-commit.h"

static void
conclude(struct fr_node *me, struct transaction *t, bool commit)
{
	uint32_t to;

	learn(me, t, commit);
	for (to = 0; to < me->nodes; to++)
		if (to != me->id)
			say(me, to, OUTCOME, t, 0, commit ? YES : NO);
}

static bool
make_leader(struct fr_node *me, struct transaction *t)
{
	if (t->best == NULL)
		t->best = fr_alloc(me, me->nodes * sizeof *t->best);
	if (t->accepted == NULL)
		t->accepted = fr_alloc(me, me->nodes * sizeof *t->accepted);
	return t->best != NULL && t->accepted != NULL;
}

/* Ballot 0: everybody is asked, until it is over. */
static void
ask(struct fr_node *me, struct transaction *t)
{
	struct paxos_commit *s = me->state;
	uint32_t to;

	for (to = 0; to < me->nodes; to++)
		say(me, to, PREPARE, t, 0, t->opinions[to]);
	fr_after(me, RESEND, s->retry, (uint64_t)t->d.id);
}

void
on_resend(struct fr_node *me, uint64_t id)
{
	struct transaction *t = find(me, id);

	if (t != NULL && t->phase == COLLECTING)
		ask(me, t);
}

void
on_transact(struct fr_node *me, const struct fr_request *rq)
{
	struct transaction *t;
	uint32_t i;

	if (!decision_votes(me, rq))
		return;
	t = get(me, rq->key);
	if (t != NULL && is_decided(&t->d)) {
		fr_ok(me, rq->id, fr_int(t->d.state == COMMITTED));
		return;
	}
	if (t != NULL && t->opinions == NULL)
		t->opinions = fr_alloc(me, me->nodes);
	if (t == NULL || t->opinions == NULL || !make_leader(me, t)) {
		fr_fail(me, rq->id, t == NULL ? "this node cannot" :
						"no memory");
		return;
	}
	/* It may be a client's second attempt: one of its kind is enough. */
	t->d.asked = true;
	t->d.request = rq->id;
	if (t->phase != IDLE)
		return;
	for (i = 0; i < me->nodes; i++)
		t->opinions[i] = fr_item(rq->value, i, 0) == 1 ? YES : NO;
	t->leader = me->id;
	t->ballot = 0;
	enter(me, t, COLLECTING);
	ask(me, t);
	wait_for_outcome(me, t);
}

/* Phase 1, with a ballot above all that it knows of (invariant 3). */
void
on_take_over(struct fr_node *me, uint64_t id)
{
	struct paxos_commit *s = me->state;
	struct transaction *t = find(me, id);
	uint64_t seen;
	uint32_t to;

	if (t == NULL || is_decided(&t->d))
		return;
#ifdef BUG_leader_aborts
	if (t->phase == COLLECTING) {
		conclude(me, t, false);
		return;
	}
#endif
	t->attempts++;
	wait_for_outcome(me, t);
	if (!make_leader(me, t))
		return;
	seen = t->seen > t->promised ? t->seen : t->promised;
	t->ballot = (seen / FR_NODES_MAX + 1) * FR_NODES_MAX + me->id;
	memset(t->best, 0, me->nodes * sizeof *t->best);
	enter(me, t, PREPARING);
	if (!promise(me, t, t->ballot))
		return;
	for (to = 0; to < s->acceptors; to++)
		say(me, to, PHASE_1A, t, t->ballot, NONE);
}

void
on_1b(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct paxos_commit *s = me->state;
	const struct word *m = body;
	struct transaction *t = find(me, (uint64_t)m->id);
	const struct choice *choices = choices_of(me, body, size);
	uint32_t i;

	if (t == NULL || choices == NULL || t->phase != PREPARING ||
	    m->ballot != t->ballot)
		return;
	set_add(&t->answered, from);
	/* Invariant 4. */
	for (i = 0; i < me->nodes; i++)
		if (choices[i].value != NONE &&
		    (t->best[i].value == NONE ||
		     choices[i].ballot > t->best[i].ballot))
			t->best[i] = choices[i];
	if (set_size(&t->answered) < s->quorum)
		return;
	for (i = 0; i < me->nodes; i++) {
#ifdef BUG_free_is_prepared
		if (t->best[i].value == NONE)
			t->best[i].value = YES;
#endif
		if (t->best[i].value == NONE)
			t->best[i].value = NO;
		t->best[i].ballot = t->ballot;
	}
	enter(me, t, ACCEPTING);
	for (i = 0; i < s->acceptors; i++)
		say_choices(me, i, PHASE_2A, t, t->ballot, t->best);
}

void
on_2b(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct paxos_commit *s = me->state;
	const struct word *m = body;
	struct transaction *t = find(me, (uint64_t)m->id);
	const struct choice *choices = choices_of(me, body, size);
	uint32_t i, prepared = 0, aborted = 0, quorum = s->quorum;

	if (t == NULL || choices == NULL || m->ballot != t->ballot ||
	    (t->phase != COLLECTING && t->phase != ACCEPTING))
		return;
#ifdef BUG_one_is_enough
	quorum = 1;
#endif
	for (i = 0; i < me->nodes; i++) {
		if (choices[i].value == NONE)
			continue;
		t->best[i] = choices[i];
		set_add(&t->accepted[i], from);
		if (set_size(&t->accepted[i]) < quorum)
			continue;
		prepared += choices[i].value == YES;
		aborted += choices[i].value == NO;
	}
	if (aborted > 0 || prepared == me->nodes)
		conclude(me, t, aborted == 0);
}

/* Outbid: TAKE_OVER tries again, later. */
void
on_refused(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	const struct word *m = body;
	struct transaction *t = find(me, (uint64_t)m->id);

	(void)from;
	(void)size;
	if (t != NULL && m->ballot > t->seen)
		t->seen = m->ballot;
}
