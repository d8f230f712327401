/* SPDX-License-Identifier: MIT */
/*
 * Terms and votes (section 5.2), with what keeps a node that cannot win from
 * disturbing those that work:
 *
 *	pre-vote	it asks first whether it would be elected, and raises
 *			no term for the question (thesis, 9.6)
 *	stickiness	who has heard of a leader lately does not vote (section
 *			6; thesis, 4.2.3), on which leases are built, too
 *	check-quorum	a leader that no quorum answers steps down
 *
 * and with handing over the leadership (thesis, 3.10).
 */
#include "raft.h"

struct saved {
	uint64_t term, generation;
	uint32_t voted, reserved;
};

int
election_save(struct fr_node *me)
{
	struct raft *s = me->state;
	struct saved saved = { s->term, s->log.journal.generation, s->voted, 0 };

#ifdef BUG_term_not_durable
	saved.term = 0;
#endif
	return fr_save(me, "term", &saved, sizeof saved);
}

int
election_load(struct fr_node *me)
{
	struct raft *s = me->state;
	struct saved saved = { 0 };
	int64_t got = fr_load(me, "term", &saved, sizeof saved);

	if (got == FR_ENOENT)
		return 0;
	if (got != (int64_t)sizeof saved)
		return -1;
	s->term = saved.term;
	s->voted = saved.voted;
	s->log.journal.generation = saved.generation;
	return 0;
}

void
election_wait(struct fr_node *me)
{
	struct raft *s = me->state;

	fr_after(me, ELECTION,
		 fr_random_between(me, s->election, 2 * s->election), 0);
}

void
election_start(struct fr_node *me)
{
	struct raft *s = me->state;

	/* Before the crash it may have heard of a leader: a lease may run. */
	s->leader_heard = fr_mono(me);
	election_wait(me);
}

/* ---- following ------------------------------------------------------------------ */

static void
leave_office(struct fr_node *me)
{
	struct raft *s = me->state;

	fr_cancel(me, HEARTBEAT, 0);
	s->heir = s->joining = 0;
	s->no_lease = false;
	read_refuse(me);
}

void
election_follow(struct fr_node *me, uint64_t term, uint32_t leader)
{
	struct raft *s = me->state;

	if (s->role == LEADER)
		leave_office(me);
	s->role = FOLLOWER;
	s->leader = leader;
	if (term > s->term) {
		s->term = term;
		s->voted = 0;
		if (election_save(me) < 0)
			raft_silence(me, "the disk would not keep the term");
	}
	raft_note(me);
}

/* ---- standing for election -------------------------------------------------------- */

static void
ask(struct fr_node *me, bool pre)
{
	struct raft *s = me->state;
	const struct ask_vote ask = {
		.term = s->term + pre, .last = log_last(&s->log),
		.last_term = log_term(&s->log, log_last(&s->log)),
		.pre = pre, .handed = s->handed,
	};
	uint32_t to;

	for (to = 0; to < me->nodes; to++)
		if (to != me->id && members_votes(s, to))
			fr_send(me, to, ASK_VOTE, &ask, sizeof ask);
}

static void
stand(struct fr_node *me)
{
	struct raft *s = me->state;

	s->role = CANDIDATE;
	s->leader = 0;
	s->term++;
	s->voted = me->id + 1;
	memset(&s->votes, 0, sizeof s->votes);
	set_add(&s->votes, me->id);
	if (election_save(me) < 0) {
		raft_silence(me, "the disk would not keep the vote");
		return;
	}
	raft_note(me);
	if (members_quorum(s, &s->votes))
		replicate_lead(me);
	else
		ask(me, false);
}

void
election_campaign(struct fr_node *me, bool handed)
{
	struct raft *s = me->state;

	s->handed = handed;
	if (handed || !s->pre_vote) {
		stand(me);
		return;
	}
	s->role = PRE_CANDIDATE;
	s->leader = 0;
	memset(&s->votes, 0, sizeof s->votes);
	set_add(&s->votes, me->id);
	raft_note(me);
	if (members_quorum(s, &s->votes))
		stand(me);
	else
		ask(me, true);
}

/* What a leader does at its own election time-out. */
static void
look_after_office(struct fr_node *me)
{
	struct raft *s = me->state;
	int64_t now = fr_mono(me), since = read_confirmed(me);

	if (since < s->lead_since)
		since = s->lead_since;
#ifndef BUG_endless_handover
	if (s->heir != 0 && now - s->heir_since > s->election)
		s->heir = 0;		/* it did not come to it */
#endif
	if (s->joining != 0 && now - s->joining_since > 10 * s->election)
		s->joining = 0;
	if (s->check_quorum && now - since > 2 * s->election)
		election_follow(me, s->term, 0);
}

void
on_election(struct fr_node *me, uint64_t tag)
{
	struct raft *s = me->state;

	(void)tag;
	if (s->silent)
		return;
	if (s->role == LEADER)
		look_after_office(me);
	else if (members_votes(s, me->id))
		election_campaign(me, false);
	election_wait(me);
}

/* ---- voting --------------------------------------------------------------------- */

/* Section 5.4.1: its log is as good as mine. */
static bool
up_to_date(const struct raft *s, const struct ask_vote *a)
{
	uint64_t last = log_last(&s->log), term = log_term(&s->log, last);

#ifdef BUG_no_up_to_date
	return true;
#endif
	return a->last_term != term ? a->last_term > term : a->last >= last;
}

static bool
has_leader(struct fr_node *me)
{
	struct raft *s = me->state;

#ifdef BUG_lease_votes
	return false;
#endif
	return s->role == LEADER ||
	       fr_mono(me) - s->leader_heard < s->election;
}

static void
answer_pre_vote(struct fr_node *me, uint32_t from, const struct ask_vote *a)
{
	struct raft *s = me->state;
	bool yes = a->term > s->term && up_to_date(s, a) && !has_leader(me);
	const struct vote vote = { yes ? a->term : s->term, 1, yes };

	fr_send(me, from, VOTE, &vote, sizeof vote);
}

void
on_ask_vote(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct raft *s = me->state;
	const struct ask_vote *a = body;
	struct vote vote = { 0 };

	(void)size;
	if (s->silent)
		return;
	if (a->pre) {
		answer_pre_vote(me, from, a);
		return;
	}
	if (!a->handed && (s->check_quorum || s->lease) && has_leader(me))
		return;
	if (a->term > s->term)
		election_follow(me, a->term, 0);
	if (a->term == s->term && up_to_date(s, a) &&
	    (s->voted == 0 || s->voted == from + 1)) {
		vote.granted = 1;
		s->voted = from + 1;
		election_wait(me);
	}
#ifndef BUG_vote_not_durable
	if (vote.granted && election_save(me) < 0)
		raft_silence(me, "the disk would not keep the vote");
#endif
	if (s->silent)
		return;
	vote.term = s->term;
	fr_send(me, from, VOTE, &vote, sizeof vote);
}

void
on_vote(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct raft *s = me->state;
	const struct vote *v = body;

	(void)size;
	if (s->silent)
		return;
	if (v->term > s->term && !(v->pre && v->granted)) {
		election_follow(me, v->term, 0);
		return;
	}
	if (!v->granted || v->term != s->term + v->pre ||
	    s->role != (v->pre ? PRE_CANDIDATE : CANDIDATE))
		return;
	set_add(&s->votes, from);
	if (!members_quorum(s, &s->votes))
		return;
	if (v->pre)
		stand(me);
	else
		replicate_lead(me);
}

/* ---- handing over ------------------------------------------------------------------ */

void
election_hand_over(struct fr_node *me, uint32_t heir)
{
	struct raft *s = me->state;

	s->heir = heir + 1;
	s->heir_since = fr_mono(me);
	replicate_to(me, heir);
	election_tell_heir(me);
}

void
election_tell_heir(struct fr_node *me)
{
	struct raft *s = me->state;
	const struct timeout_now now = { s->term };

	if (s->heir == 0 || s->peers[s->heir - 1].match < log_last(&s->log))
		return;
	/* It will be elected in spite of every promise not to vote. */
	s->no_lease = true;
	fr_send(me, s->heir - 1, TIMEOUT_NOW, &now, sizeof now);
}

void
on_timeout_now(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct raft *s = me->state;
	const struct timeout_now *now = body;

	(void)size;
	(void)from;
	if (s->silent || now->term != s->term || s->role != FOLLOWER ||
	    !members_votes(s, me->id))
		return;
	election_campaign(me, true);
	election_wait(me);
}
