/* SPDX-License-Identifier: MIT */
/*
 * Who votes.  The newest set in the log counts, committed or not (section 6).
 *
 *	one by one	a set that differs by one server shares a majority with
 *			the one before: it takes effect at once (thesis, 4.1)
 *	joint		any other change goes through a time in which both sets
 *			have to agree (section 6)
 *
 * One change at a time; and none before the leader has committed an entry of
 * its own term: without that two changes of two leaders, each of one server,
 * can lead to two majorities (Ongaro, raft-dev, July 2015).  Who is to be added
 * receives the log first, and votes when it has nearly all (thesis, 4.2.1).
 *
 * `churn` makes the leader change something now and then, for tests.
 */
#include "raft.h"

void
members_init(struct fr_node *me, struct members *m)
{
	int64_t count = fr_param(me, "members");
	uint32_t i;

	memset(m, 0, sizeof *m);
	for (i = 0; i < me->nodes; i++)
		if (count == 0 || i < count)
			set_add(&m->now, i);
}

void
members_find(struct fr_node *me)
{
	struct raft *s = me->state;
	const struct entry *e;
	uint64_t i;

	s->members = s->base_members;
	s->members_index = s->log.base;
	for (i = log_last(&s->log); i > s->log.base; i--) {
		e = log_at(&s->log, i);
		if (e->kind != MEMBERS || e->size != sizeof s->members)
			continue;
		memcpy(&s->members, e->data, sizeof s->members);
		s->members_index = i;
		return;
	}
}

bool
members_votes(const struct raft *s, uint32_t node)
{
	return set_has(&s->members.now, node) ||
	       (s->members.joint && set_has(&s->members.next, node));
}

bool
members_follows(const struct raft *s, uint32_t node)
{
	return members_votes(s, node) || s->joining == node + 1;
}

static bool
majority(const struct set *all, const struct set *yes)
{
	struct set both;
	uint32_t i;

	for (i = 0; i < FR_NODES_MAX / 64; i++)
		both.bits[i] = all->bits[i] & yes->bits[i];
#ifdef BUG_half
	return set_size(&both) >= (set_size(all) + 1) / 2;
#endif
	return set_size(&both) > set_size(all) / 2;
}

bool
members_quorum(const struct raft *s, const struct set *yes)
{
	return majority(&s->members.now, yes) &&
	       (!s->members.joint || majority(&s->members.next, yes));
}

/* ---- changing -------------------------------------------------------------------- */

static void
propose(struct fr_node *me, const struct members *m)
{
	replicate_propose(me, MEMBERS, m, sizeof *m, 0);
}

/* The leader applied the set at that index. */
void
members_committed(struct fr_node *me, uint64_t index)
{
	struct raft *s = me->state;
	struct members m = { .now = s->members.next };

	if (s->role != LEADER || index != s->members_index)
		return;
	if (s->members.joint)
		propose(me, &m);
	else if (!members_votes(s, me->id))
		election_follow(me, s->term, 0);
}

static bool
may_change(const struct raft *s)
{
#ifdef BUG_hasty_change
	return s->members_index <= s->commit && !s->members.joint;
#endif
	return s->commit >= s->first_own && s->members_index <= s->commit &&
	       !s->members.joint;
}

void
members_caught_up(struct fr_node *me, uint32_t node)
{
	struct raft *s = me->state;
	struct members m = s->members;

	if (s->joining != node + 1 || !may_change(s) ||
	    s->peers[node].match + s->batch < log_last(&s->log))
		return;
	s->joining = 0;
	set_add(&m.now, node);
	propose(me, &m);
}

/* ---- churn ------------------------------------------------------------------------ */

/* A node drawn from those that vote, or do not; me->nodes: there is none. */
static uint32_t
draw(struct fr_node *me, bool votes)
{
	struct raft *s = me->state;
	uint32_t count = 0, node;
	uint64_t which;

	for (node = 0; node < me->nodes; node++)
		count += members_votes(s, node) == votes;
	if (count == 0)
		return me->nodes;
	which = fr_random_below(me, count);
	for (node = 0; node < me->nodes; node++)
		if (members_votes(s, node) == votes && which-- == 0)
			break;
	return node;
}

/* Fewer would not survive a crash. */
static bool
enough(struct fr_node *me, uint32_t voters)
{
	return voters >= (me->nodes < 3 ? me->nodes : 3);
}

static void
remove_one(struct fr_node *me)
{
	struct raft *s = me->state;
	struct members m = s->members;

	set_remove(&m.now, draw(me, true));
	if (enough(me, set_size(&m.now)))
		propose(me, &m);
}

static void
add_one(struct fr_node *me)
{
	struct raft *s = me->state;
	uint32_t node = draw(me, false);

	if (node == me->nodes)
		return;
	s->joining = node + 1;
	s->joining_since = fr_mono(me);
	s->peers[node] = (struct peer){
		.next = log_last(&s->log) + 1, .probing = true,
		.heard = s->joining_since, .acked = INT64_MIN,
	};
	replicate_to(me, node);
}

static void
change_many(struct fr_node *me)
{
	struct raft *s = me->state;
	struct members m = { .now = s->members.now, .joint = 1 };
	uint32_t node;

	for (node = 0; node < me->nodes; node++)
		if (fr_random_below(me, 3) > 0)
			set_add(&m.next, node);
	if (enough(me, set_size(&m.next)))
		propose(me, &m);
}

static void
hand_over(struct fr_node *me)
{
	uint32_t node = draw(me, true);

	if (node != me->id && node < me->nodes)
		election_hand_over(me, node);
}

void
on_churn(struct fr_node *me, uint64_t tag)
{
	static void (*const deeds[])(struct fr_node *) = {
		remove_one, add_one, change_many, hand_over
	};
	struct raft *s = me->state;

	(void)tag;
	if (s->silent)
		return;
	if (s->role == LEADER && may_change(s) && s->joining == 0 &&
	    s->heir == 0)
		deeds[fr_random_below(me, 4)](me);
	fr_after(me, CHURN, s->churn, 0);
}
