/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a transaction whose leader is silent: the termination
 * protocol (BHG 7.5; invariant 2 of three-phase-commit.c), and what those do
 * who were down themselves (invariant 4).
 */
#include "three-phase.h"

/*
 * By the states that were heard of (BHG's TR3 and TR4; a decision, TR1 and
 * TR2, has ended this before).
 */
static void
terminate(struct fr_node *me, struct transaction *t)
{
#ifdef BUG_missing_means_abort
	if (set_size(&t->heard) + 1 < me->nodes)
		t->committable = false;
#endif
	if (!t->committable) {
		(void)decide(me, t, false);
		return;
	}
#ifdef BUG_hasty_termination
	set_clear(&t->uncertain);
#endif
	pre_commit(me, t, &t->uncertain);
}

static void
lead(struct fr_node *me, struct transaction *t)
{
	t->leader = me->id;
	fr_cancel(me, FOLLOW, (uint64_t)t->d.id);
	set_clear(&t->uncertain);
	enter(me, t, ASKING);
	say_to_others(me, STATE_REQ, t, false);
	if (me->nodes == 1)
		terminate(me, t);
}

/* Leaders follow each other in this order. */
static uint32_t
rank(const struct transaction *t, uint32_t node)
{
	return node == t->coordinator ? 0 : node + 1;
}

/* The one that it listened to is dead, or has no say. */
static void
elect(struct fr_node *me, struct transaction *t)
{
	uint32_t next;

	set_add(&t->failed, t->leader);
	for (next = 0; next != me->id && set_has(&t->failed, next); next++)
		;
	if (next == me->id) {
		lead(me, t);
		return;
	}
	follow(me, t, next);
	say(me, next, ELECTED, t, false);
}

void
three_on_follow(struct fr_node *me, uint64_t id)
{
	struct transaction *t = find(me, id);

	if (t != NULL && t->d.state == DOUBT && !t->crashed &&
	    t->phase == FOLLOWS)
		elect(me, t);
}

void
three_on_elected(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	const struct word *m = body;
	struct transaction *t = get(me, m->id, m->coordinator);

	(void)size;
	if (t == NULL || told(me, t, from))
		return;
	if (t->crashed)
		say(me, from, CRASHED, t, false);
	else if (t->phase == FOLLOWS)
		lead(me, t);
}

void
three_on_state_req(struct fr_node *me, uint32_t from, const void *body,
		   size_t size)
{
	const struct word *m = body;
	struct transaction *t = get(me, m->id, m->coordinator);
	uint32_t i;

	(void)size;
	if (t == NULL || told(me, t, from))
		return;
	if (t->crashed) {
		say(me, from, CRASHED, t, false);
		return;
	}
	if (rank(t, from) < rank(t, t->leader))
		return;			/* from before the one there is now */
	for (i = 0; i < from; i++)
		set_add(&t->failed, i);
	set_add(&t->failed, t->coordinator);
	enter(me, t, FOLLOWS);
	follow(me, t, from);
	say(me, from, STATE, t, t->committable);
}

void
three_on_state(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	const struct word *m = body;
	struct transaction *t = find(me, (uint64_t)m->id);

	(void)size;
	if (t == NULL || t->phase != ASKING)
		return;
	set_add(&t->heard, from);
	if (m->yes)
		t->committable = true;
	else
		set_add(&t->uncertain, from);
	if (set_size(&t->heard) + 1 == me->nodes)
		terminate(me, t);
}

/* Who has not answered is dead: in a synchronous network one may say so. */
void
three_on_lead(struct fr_node *me, uint64_t id)
{
	struct three_phase *s = me->state;
	struct transaction *t = find(me, id);

	if (t == NULL || t->phase == FOLLOWS)
		return;
	fr_after(me, LEAD, s->patience, id);
	if (t->phase == VOTING)
		(void)decide(me, t, false);
	else if (t->phase == PRE_COMMITTING)
		(void)decide(me, t, true);
	else
		terminate(me, t);
}

/* ---- crashes ------------------------------------------------------------- */

/* Invariant 4. */
void
three_on_inquire(struct fr_node *me, uint64_t id)
{
	struct three_phase *s = me->state;
	struct transaction *t = find(me, id);

	if (t == NULL || !t->crashed || is_decided(&t->d))
		return;
	say_to_others(me, INQUIRY, t, false);
	fr_after(me, INQUIRE, s->patience, id);
}

void
three_on_inquiry(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	const struct word *m = body;
	struct transaction *t = get(me, m->id, m->coordinator);

	(void)size;
	if (t != NULL && !told(me, t, from) && t->crashed)
		say(me, from, CRASHED, t, false);
}

void
three_on_crashed(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	const struct word *m = body;
	struct transaction *t = find(me, (uint64_t)m->id);

	(void)size;
	if (t == NULL || t->d.state != DOUBT)
		return;
	set_add(&t->heard, from);
	if (t->crashed) {
		if (set_size(&t->heard) + 1 == me->nodes)
			(void)decide(me, t, false);
	} else if (t->phase == ASKING) {
		if (set_size(&t->heard) + 1 == me->nodes)
			terminate(me, t);
	} else if (t->phase == FOLLOWS && t->leader == from) {
		elect(me, t);
	}
}
