/* SPDX-License-Identifier: MIT */
/*
 * Who leads, and what it does.
 *
 * Who has heard of no leader for a while begins a ballot of its own.  One
 * phase 1 is for all instances at once (PMS, section 3): it tells the new
 * leader what may have been chosen, which it proposes again; where nothing was
 * accepted, and something behind it was, it proposes a no-op.  From then on each
 * command takes phase 2 alone, until somebody begins a higher ballot.  There
 * are no leases: two may believe that they lead, but one of them gets no quorum.
 *
 * Up to `window` instances are under way.  What is proposed in one moment is
 * sent and synced together; what gets lost is sent again with a heartbeat.
 */
#include "multi-paxos.h"

void
leader_wait(struct fr_node *me)
{
	struct multi_paxos *s = me->state;

	fr_after(me, ELECTION,
		 fr_random_between(me, s->election, 2 * s->election), 0);
}

void
leader_note(struct fr_node *me)
{
	static const char *const names[] = {
		[FOLLOWER] = "follower", [CANDIDATE] = "candidate",
		[LEADER] = "leader",
	};
	struct multi_paxos *s = me->state;

	fr_note(me, "role", names[s->role]);
}

/* ---- stepping down ---------------------------------------------------------------- */

/* What was proposed may be chosen, by whoever leads next. */
void
leader_follow(struct fr_node *me)
{
	struct multi_paxos *s = me->state;

	if (s->role == FOLLOWER)
		return;
	fr_cancel(me, HEARTBEAT, 0);
	slots_give_up(me, &s->slots, s->applied + 1, slots_last(&s->slots),
		      "its leader was outbid: another may finish it");
	queue_refuse(me, &s->queue, "its leader was outbid");
	reads_refuse(me, &s->reads, "its leader was outbid");
	slots_reset(me, &s->found, 0);
	s->role = FOLLOWER;
	s->leader = 0;
	leader_note(me);
}

void
leader_outbid(struct fr_node *me, uint64_t ballot)
{
	struct multi_paxos *s = me->state;

	if (ballot > s->seen)
		s->seen = ballot;
	if (ballot > s->ballot)
		leader_follow(me);
}

void
leader_heard(struct fr_node *me, uint64_t ballot)
{
	struct multi_paxos *s = me->state;

	leader_outbid(me, ballot);
	s->leader = node_of(ballot) + 1;
	leader_wait(me);
}

void
on_refused(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct multi_paxos *s = me->state;
	const struct refused *r = body;

	(void)from;
	(void)size;
	if (takes_part(s))
		leader_outbid(me, r->promised);
}

/* ---- phase 1 ----------------------------------------------------------------------- */

static void
ask(struct fr_node *me, uint32_t to)
{
	struct multi_paxos *s = me->state;
	const struct prepare p = { s->ballot, s->peers[to].want };

	fr_send(me, to, PREPARE, &p, sizeof p);
}

static void
ask_all(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	uint32_t to;

	for (to = 0; to < me->nodes; to++)
		if (!s->peers[to].promised)
			ask(me, to);
		else if (s->peers[to].low > s->applied + 1)
			learner_ask(me, to);
	fr_after(me, HEARTBEAT, s->heartbeat, 0);
}

/* A ballot above all that it knows of.  Its own acceptor promises it first, and
 * remembers so after a crash which were used (invariant 2). */
static void
campaign(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	uint64_t seen = s->seen > s->promised ? s->seen : s->promised;
	uint32_t i;

	s->seen = s->ballot = (seen / FR_NODES_MAX + 1) * FR_NODES_MAX + me->id;
	s->role = CANDIDATE;
	s->leader = 0;
	slots_reset(me, &s->found, s->applied);
	for (i = 0; i < me->nodes; i++)
		s->peers[i] = (struct peer){ .want = s->applied + 1 };
	leader_note(me);
	if (acceptor_promise(me, s->ballot) < 0)
		silence(me, "the disk would not keep a promise");
	else
		ask_all(me);
}

/* Of what is reported for an instance, the value of the highest ballot counts
 * (invariant 3).  False: no memory. */
static bool
consider(struct fr_node *me, uint64_t index, const struct entry_head *head,
	 const void *data)
{
	struct multi_paxos *s = me->state;
	const struct entry *e = slots_at(&s->found, index);

	if (index <= s->found.base)
		return true;
#ifdef BUG_last_promise
	e = NULL;
#endif
	if (e != NULL && e->ballot >= head->ballot)
		return true;
	return slots_put(me, &s->found, index, head, data) != NULL;
}

void
on_promise(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct multi_paxos *s = me->state;
	struct fr_reader r = fr_reader(body, size);
	struct peer *peer = &s->peers[from];
	struct entry_head head;
	const void *index, *data;
	struct promise p;

	memcpy(&p, fr_get_bytes(&r, sizeof p), sizeof p);
	if (!takes_part(s) || s->role != CANDIDATE || p.ballot != s->ballot ||
	    peer->promised || p.from != peer->want)
		return;
	for (; p.count > 0; p.count--) {
		uint64_t at;

		index = fr_get_bytes(&r, sizeof at);
		data = entry_read(&r, &head);
		if (data == NULL)
			return;
		memcpy(&at, index, sizeof at);
		if (!consider(me, at, &head, data)) {
			leader_follow(me);
			return;
		}
	}
	if (p.first > p.from)
		peer->low = p.first;
	if (p.next > p.from) {
		peer->want = p.next;
		ask(me, from);
		return;
	}
	peer->promised = true;
	if (peer->low > s->applied + 1)
		learner_ask(me, from);
	leader_try(me);
}

/* ---- leading ------------------------------------------------------------------------ */

static void
soon(struct fr_node *me)
{
	struct multi_paxos *s = me->state;

	if (!s->flushing)
		fr_after(me, FLUSH, 0, 0);
	s->flushing = true;
}

static bool
propose(struct fr_node *me, uint64_t index, uint32_t kind, const void *data,
	uint32_t size, uint64_t request)
{
	struct multi_paxos *s = me->state;
	const struct entry_head head = { s->ballot, kind, size };

	if (acceptor_accept(me, index, &head, data, request) == 0)
		return true;
	silence(me, "the disk would not keep a proposal");
	return false;
}

/* What may have been chosen before, and no-ops for what was not. */
static void
finish(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	uint64_t i, last = slots_last(&s->found);
	const struct entry *e;

	for (i = s->applied + 1; i <= last; i++) {
		e = slots_at(&s->found, i);
		if (e != NULL && e->ballot == CHOSEN) {
			const struct entry_head head = { CHOSEN, e->kind,
							 e->size };

			learner_learn(me, i, &head, e->data);
			continue;
		}
#ifdef BUG_gaps
		if (e == NULL)
			continue;
#endif
		if (!propose(me, i, e != NULL ? e->kind : NOOP,
			     e != NULL ? e->data : NULL,
			     e != NULL ? e->size : 0, 0))
			return;
	}
	s->recovered = last > s->applied ? last : s->applied;
	slots_reset(me, &s->found, 0);
}

void
leader_try(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	uint32_t i, promises = 0;

	if (s->silent || s->role != CANDIDATE)
		return;
	for (i = 0; i < me->nodes; i++)
		promises += s->peers[i].promised &&
			    s->peers[i].low <= s->applied + 1;
	if (promises < s->prepares)
		return;
	s->role = LEADER;
	s->leader = me->id + 1;
	s->lead_since = fr_mono(me);
	s->sent = s->synced = s->applied;
	reads_init(&s->reads);
	for (i = 0; i < me->nodes; i++) {
		s->peers[i].round = 0;
		s->peers[i].heard = s->lead_since;
	}
	leader_note(me);
	finish(me);
	s->next = s->recovered + 1;
	learner_advance(me);
	if (s->silent)
		return;
	on_heartbeat(me, 0);
	soon(me);
}

/* ---- phase 2 ------------------------------------------------------------------------- */

/* What `to` has not accepted, from `index` on: as many as may travel together.
 * Where it goes on. */
static uint64_t
send_some(struct fr_node *me, uint32_t to, uint64_t index)
{
	struct multi_paxos *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	struct accept a = { .ballot = s->ballot, .chosen = s->applied,
			    .round = s->reads.round };
	const struct entry *e = NULL;

	for (; index < s->next; index++) {
		e = slots_at(&s->slots, index);
		if (e != NULL && !e->chosen && !set_has(&e->yes, to))
			break;
	}
	a.first = index;
	fr_put_bytes(&w, &a, sizeof a);
	for (; index < s->next && a.count < s->batch; index++, a.count++) {
		e = slots_at(&s->slots, index);
		if (e == NULL || e->chosen || set_has(&e->yes, to) ||
		    !entry_write(&w, e))
			break;
	}
	memcpy(s->body, &a, sizeof a);
	fr_send(me, to, ACCEPT, s->body, w.size);
	return index;
}

/* At least one message each. */
static void
send_all(struct fr_node *me, uint64_t first)
{
	struct multi_paxos *s = me->state;
	uint64_t index;
	uint32_t to;

	for (to = 0; to < me->nodes; to++) {
		if (to == me->id)
			continue;
		index = first;
		do
			index = send_some(me, to, index);
		while (index < s->next);
	}
}

void
on_heartbeat(struct fr_node *me, uint64_t tag)
{
	struct multi_paxos *s = me->state;

	(void)tag;
	if (!takes_part(s) || s->role == FOLLOWER)
		return;
	if (s->role == CANDIDATE) {
		ask_all(me);
		return;
	}
	send_all(me, s->applied + 1);
	s->sent = s->next - 1;
	fr_after(me, HEARTBEAT, s->heartbeat, 0);
}

static void
vote(struct fr_node *me, uint64_t index, uint32_t from)
{
	struct multi_paxos *s = me->state;
	struct entry *e = slots_at(&s->slots, index);
	uint32_t quorum = s->accepts;

	(void)me;
	if (e == NULL || e->chosen || e->ballot != s->ballot)
		return;
	set_add(&e->yes, from);
#ifdef BUG_early_answer
	quorum--;
#endif
	e->chosen = set_size(&e->yes) >= quorum;
}

/* So many others answered the round, and had promised nothing higher: no other
 * leader got through phase 1 before it began. */
static void
serve_reads(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	const struct read *r;
	uint32_t i, yes;

	while ((r = s->reads.first) != NULL && s->role == LEADER &&
	       r->round <= s->reads.round && r->index <= s->applied) {
		for (i = yes = 0; i < me->nodes; i++)
			yes += i == me->id || s->peers[i].round >= r->round;
		if (yes < s->accepts)
			break;
		reads_answer(me, &s->reads, &s->machine);
	}
}

/* More is chosen, perhaps; then more may be proposed. */
static void
decide(struct fr_node *me)
{
	struct multi_paxos *s = me->state;

	learner_advance(me);
	if (s->silent || s->role != LEADER)
		return;
	serve_reads(me);
	if (s->queue.first != NULL)
		soon(me);
}

/* As the window allows. */
static void
fill(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	struct waiting *w;

	while (!s->silent && s->next <= s->applied + s->window &&
	       (w = queue_take(&s->queue)) != NULL) {
		propose(me, s->next++, COMMAND, w->command, w->size,
			w->request);
		fr_free(me, w);
	}
}

/* The leader sends first, so that all disks work at the same time, and counts
 * itself when its own is done. */
void
on_flush(struct fr_node *me, uint64_t tag)
{
	struct multi_paxos *s = me->state;
	bool asks;

	(void)tag;
	s->flushing = false;
	if (!takes_part(s) || s->role != LEADER)
		return;
	fill(me);
	asks = reads_ask(&s->reads);
	s->reads.round += asks;
	if (s->silent)
		return;
	if (asks || s->sent + 1 < s->next)
		send_all(me, s->sent + 1);
	s->sent = s->next - 1;
	if (s->synced < s->sent && acceptor_sync(me) < 0) {
		silence(me, "the disk would not keep a proposal");
		return;
	}
	while (s->synced < s->sent)
		vote(me, ++s->synced, me->id);
	decide(me);
}

void
on_accepted(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct multi_paxos *s = me->state;
	const struct accepted *a = body;
	struct peer *peer = &s->peers[from];
	uint64_t i;

	(void)size;
	if (!takes_part(s) || s->role != LEADER || a->ballot != s->ballot)
		return;
	peer->heard = fr_mono(me);
	if (a->round > peer->round)
		peer->round = a->round;
	for (i = a->first; i < a->first + a->count && i < s->next; i++)
		vote(me, i, from);
	decide(me);
}

/* ---- elections ------------------------------------------------------------------------ */

/* Whether enough others were heard of lately to get anything accepted. */
static bool
heard_of_enough(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	uint32_t i, count = 0;

	for (i = 0; i < me->nodes; i++)
		count += i == me->id ||
			 fr_mono(me) - s->peers[i].heard < 2 * s->election;
	return count >= s->accepts;
}

void
on_election(struct fr_node *me, uint64_t tag)
{
	struct multi_paxos *s = me->state;

	(void)tag;
	if (!takes_part(s))
		return;
	if (s->role != LEADER)
		campaign(me);
	else if (!heard_of_enough(me))
		leader_follow(me);
	leader_wait(me);
}

/* ---- clients --------------------------------------------------------------------------- */

void
leader_propose(struct fr_node *me, const struct fr_request *rq)
{
	struct multi_paxos *s = me->state;

	queue_add(me, &s->queue, &s->machine, rq);
	soon(me);
}

/* It has to see what earlier ballots left, and what was answered before. */
void
leader_read(struct fr_node *me, const struct fr_request *rq)
{
	struct multi_paxos *s = me->state;
	unsigned char body[COMMAND_MAX];
	uint32_t size = machine_command(me, rq, body);

	if (size == 0)
		return;
	reads_add(me, &s->reads, rq->id, body, size,
		  s->applied > s->recovered ? s->applied : s->recovered);
#ifdef BUG_local_reads
	while (s->reads.first != NULL && s->applied >= s->recovered)
		reads_answer(me, &s->reads, &s->machine);
#endif
	soon(me);
}
