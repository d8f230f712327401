/* SPDX-License-Identifier: MIT */
/*
 * From the leader's log to the followers' (section 5.3), and commitment (5.4).
 *
 * Where a follower's log agrees with the leader's is found by probing: one
 * message at a time, each further back.  Then entries are pipelined: up to
 * `window` messages of up to `batch` entries are under way; what gets lost is
 * noticed at a heartbeat, and probing begins again.
 *
 * What is proposed in one moment is sent and synced together (thesis, 10.2):
 * the leader sends first, so that all disks work at the same time, and counts
 * itself only when its own is done.
 */
#include "raft.h"

/* ---- the leader ---------------------------------------------------------------- */

void
replicate_lead(struct fr_node *me)
{
	struct raft *s = me->state;
	uint32_t i;

	s->role = LEADER;
	s->leader = me->id + 1;
	s->lead_since = fr_mono(me);
	s->heir = s->joining = 0;
	s->no_lease = false;
	s->reads.round = 0;
	for (i = 0; i < me->nodes; i++)
		s->peers[i] = (struct peer){
			.next = log_last(&s->log) + 1, .probing = true,
			.heard = s->lead_since, .acked = INT64_MIN,
		};
	fr_claim(me, "leader", (int64_t)s->term, me->id);
	raft_note(me);
	/* Nothing older is committed before something of this term is. */
	s->first_own = replicate_propose(me, NOOP, NULL, 0, 0);
	on_heartbeat(me, 0);
}

void
replicate_soon(struct fr_node *me)
{
	struct raft *s = me->state;

	if (!s->flushing)
		fr_after(me, FLUSH, 0, 0);
	s->flushing = true;
}

uint64_t
replicate_propose(struct fr_node *me, uint32_t kind, const void *data,
		  uint32_t size, uint64_t request)
{
	struct raft *s = me->state;

	if (s->silent)
		return 0;
	if (log_append(me, s->term, kind, data, size) < 0) {
		raft_silence(me, "the disk would not keep the log");
		return 0;
	}
	log_at(&s->log, log_last(&s->log))->request = request;
	if (kind == MEMBERS)
		members_find(me);
	replicate_soon(me);
	return log_last(&s->log);
}

/* ---- sending ------------------------------------------------------------------- */

/* Entries from p->next on, as many as may travel together. */
static void
put_entries(struct raft *s, const struct peer *p, struct append *a,
	    struct fr_writer *w)
{
	struct entry_head head;
	const struct entry *e;

	for (; a->count < s->batch; a->count++) {
		e = log_at(&s->log, p->next + a->count);
		if (e == NULL || w->size + sizeof head + e->size > BODY_MAX)
			break;
		head = (struct entry_head){ e->term, e->kind, e->size };
		fr_put_bytes(w, &head, sizeof head);
		fr_put_bytes(w, e->data, e->size);
	}
}

static void
send_append(struct fr_node *me, uint32_t to, uint64_t prev, bool entries)
{
	struct raft *s = me->state;
	struct peer *p = &s->peers[to];
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	struct append a = {
		.term = s->term, .prev = prev,
		.prev_term = log_term(&s->log, prev), .commit = s->commit,
		.round = s->reads.round, .sent = fr_mono(me),
	};

	fr_put_bytes(&w, &a, sizeof a);
	if (entries)
		put_entries(s, p, &a, &w);
	memcpy(s->body, &a, sizeof a);
	fr_send(me, to, APPEND, s->body, w.size);
	if (!entries)
		return;
	p->in_flight++;
	if (!p->probing)
		p->next += a.count;
}

/* What it lacks, as far as the window allows. */
void
replicate_to(struct fr_node *me, uint32_t to)
{
	struct raft *s = me->state;
	struct peer *p = &s->peers[to];

	if (p->snapshot)
		return;
	if (p->next <= s->log.base) {
		snapshot_send(me, to);
		return;
	}
	if (p->probing) {
		if (p->in_flight == 0)
			send_append(me, to, p->next - 1, true);
		return;
	}
	while (p->next <= log_last(&s->log) && p->in_flight < s->window)
		send_append(me, to, p->next - 1, true);
}

void
replicate_all(struct fr_node *me)
{
	uint32_t to;

	for (to = 0; to < me->nodes; to++)
		if (to != me->id && members_follows(me->state, to))
			replicate_to(me, to);
}

/* To everybody, though there be nothing to say. */
static void
beat(struct fr_node *me)
{
	struct raft *s = me->state;
	uint32_t to;

	for (to = 0; to < me->nodes; to++) {
		struct peer *p = &s->peers[to];

		if (to == me->id || !members_follows(s, to))
			continue;
		if (p->snapshot)
			snapshot_send(me, to);
		else if (!p->probing && p->match >= s->log.base)
			send_append(me, to, p->match, false);
		else if (p->next > s->log.base)
			send_append(me, to, p->next - 1, false);
	}
}

void
on_heartbeat(struct fr_node *me, uint64_t tag)
{
	struct raft *s = me->state;
	uint32_t i;

	(void)tag;
	if (s->silent || s->role != LEADER)
		return;
	/* What makes no progress was lost: from the last known place again. */
	for (i = 0; i < me->nodes; i++) {
		struct peer *p = &s->peers[i];

		if (p->in_flight > 0 && p->match == p->match_before) {
			p->probing = true;
			p->in_flight = 0;
			if (p->next > p->match + 1 && p->match > 0)
				p->next = p->match + 1;
		}
		p->match_before = p->match;
	}
	beat(me);
	replicate_all(me);
	election_tell_heir(me);
	fr_after(me, HEARTBEAT, s->heartbeat, 0);
}

void
on_flush(struct fr_node *me, uint64_t tag)
{
	struct raft *s = me->state;

	(void)tag;
	s->flushing = false;
	if (s->silent || s->role != LEADER)
		return;
	if (reads_ask(&s->reads)) {
		s->reads.round++;
		beat(me);
	}
	replicate_all(me);
	if (s->synced < log_last(&s->log) && log_sync(me) < 0) {
		raft_silence(me, "the disk would not keep the log");
		return;
	}
	s->synced = log_last(&s->log);
	replicate_commit(me);
	read_serve(me);
}

/* ---- commitment ------------------------------------------------------------------ */

static bool
on_quorum(struct fr_node *me, uint64_t index)
{
	struct raft *s = me->state;
	struct set yes = { { 0 } };
	uint32_t i;

	for (i = 0; i < me->nodes; i++)
		if (i == me->id ? s->synced >= index :
				  s->peers[i].match >= index)
			set_add(&yes, i);
	return members_quorum(s, &yes);
}

/*
 * An entry is committed when a quorum has it and it is of the leader's own
 * term; those before it are then, too.  One of an older term may be on a quorum
 * and be overwritten all the same (5.4.2, figure 8).
 */
void
replicate_commit(struct fr_node *me)
{
	struct raft *s = me->state;
	uint64_t index = s->commit;

	while (index < log_last(&s->log) && on_quorum(me, index + 1))
		index++;
	if (index == s->commit)
		return;
#ifndef BUG_old_term
	if (log_term(&s->log, index) != s->term)
		return;
#endif
	s->commit = index;
	raft_apply(me);
}

/* An answer to an append or a beat. */
static void
advance(struct fr_node *me, uint32_t from, const struct appended *a)
{
	struct raft *s = me->state;
	struct peer *p = &s->peers[from];

	if (p->in_flight > 0)
		p->in_flight--;
	if (a->success) {
		if (p->probing)
			p->next = a->match + 1;
		p->probing = false;
		if (a->match > p->match)
			p->match = a->match;
		if (p->next <= p->match)
			p->next = p->match + 1;
	} else if (a->prev > p->match) {
		/* Its log does not agree there: further back. */
		p->probing = true;
		p->in_flight = 0;
		p->next = a->match + 1 < a->prev ? a->match + 1 : a->prev;
		if (p->next <= p->match)
			p->next = p->match + 1;
	}
}

void
on_appended(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct raft *s = me->state;
	const struct appended *a = body;
	struct peer *p = &s->peers[from];

	(void)size;
	if (s->silent)
		return;
	if (a->term > s->term) {
		election_follow(me, a->term, 0);
		return;
	}
	if (a->term < s->term || s->role != LEADER)
		return;
	p->heard = fr_mono(me);
	if (a->sent > p->acked)
		p->acked = a->sent;
	if (a->round > p->round)
		p->round = a->round;
	advance(me, from, a);
	replicate_commit(me);
	if (s->silent || s->role != LEADER)
		return;
	read_serve(me);
	replicate_to(me, from);
	members_caught_up(me, from);
	if (s->heir == from + 1)
		election_tell_heir(me);
}

/* ---- the follower ------------------------------------------------------------------ */

/* Where the leader may try next: before the term that does not agree (the end
 * of section 5.3). */
static uint64_t
retreat(const struct raft *s, uint64_t prev)
{
	const struct log *l = &s->log;
	uint64_t term, at = prev - 1;

	if (prev > log_last(l))
		return log_last(l);
	term = log_term(l, prev);
	while (at > s->commit && at > l->base && log_term(l, at) == term)
		at--;
	return at;
}

/* Their clients cannot be told any more whether it will happen. */
static void
give_up_from(struct fr_node *me, uint64_t index)
{
	struct raft *s = me->state;
	struct entry *e;

	for (; (e = log_at(&s->log, index)) != NULL; index++) {
		if (e->request != 0)
			fr_unsure(me, e->request,
				  "another leader's entry took its place");
		e->request = 0;
	}
}

/* True: it is in the log. */
static bool
take_entry(struct fr_node *me, uint64_t index, const struct entry_head *head,
	   const void *data, bool *changed)
{
	struct raft *s = me->state;
	uint64_t mine = log_term(&s->log, index);

	if (index <= s->log.base)
		return true;		/* committed, and the same (4)        */
#ifdef BUG_truncate_always
	if (mine != UINT64_MAX && index > s->commit)
		mine = 0;
#endif
	if (mine == head->term)
		return true;
	if (mine != UINT64_MAX) {
		give_up_from(me, index);
		if (log_cut(me, index) < 0)
			return false;
	}
	*changed = true;
	return log_append(me, head->term, head->kind, data, head->size) == 0;
}

static bool
take_entries(struct fr_node *me, const struct append *a, struct fr_reader *r)
{
	struct entry_head head;
	bool changed = false;
	const void *at;
	uint64_t i;

	for (i = 1; i <= a->count; i++) {
		at = fr_get_bytes(r, sizeof head);
		if (at == NULL)
			return false;
		memcpy(&head, at, sizeof head);
		at = fr_get_bytes(r, head.size);
		if (at == NULL || head.size > COMMAND_MAX)
			return false;
		if (!take_entry(me, a->prev + i, &head, at, &changed)) {
			raft_silence(me, "the disk would not keep the log");
			return false;
		}
	}
	if (!changed)
		return true;
	members_find(me);
#ifdef BUG_early_ack
	return true;
#endif
	if (log_sync(me) == 0)
		return true;
	raft_silence(me, "the disk would not keep the log");
	return false;
}

static bool
agrees(const struct raft *s, const struct append *a)
{
	return a->prev < s->log.base ||
	       log_term(&s->log, a->prev) == a->prev_term;
}

void
on_append(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct raft *s = me->state;
	struct fr_reader r = fr_reader(body, size);
	struct append a;
	struct appended answer = { 0 };

	memcpy(&a, fr_get_bytes(&r, sizeof a), sizeof a);
	if (s->silent)
		return;
	if (a.term >= s->term) {
		if (a.term > s->term || s->role != FOLLOWER ||
		    s->leader != from + 1)
			election_follow(me, a.term, from + 1);
		s->leader_heard = fr_mono(me);
		election_wait(me);
		if (agrees(s, &a)) {
			if (s->silent || !take_entries(me, &a, &r))
				return;
			answer.success = 1;
			answer.match = a.prev + a.count;
		} else {
			answer.match = retreat(s, a.prev);
		}
	}
	answer.term = s->term;
	answer.prev = a.prev;
	answer.round = a.round;
	answer.sent = a.sent;
	fr_send(me, from, APPENDED, &answer, sizeof answer);
	if (answer.success && a.commit > s->commit) {
		s->commit = a.commit < answer.match ? a.commit : answer.match;
		raft_apply(me);
	}
}
