/* SPDX-License-Identifier: MIT */
/*
 * paxos-commit - all or nothing, decided by a majority.
 *
 *	Gray, Lamport: Consensus on Transaction Commit.  ACM TODS 31(1),
 *	2006.							("GL")
 *
 * Every node takes part in every transaction (GL's resource manager); the
 * first `acceptors` of them, or all, are acceptors; whoever wants to know is a
 * leader.  What one participant says, prepared or aborted, is one instance of
 * Paxos, and a transaction is committed when prepared is chosen in all of them
 * (GL, section 4.1):
 *
 *	prepare		the leader asks all participants
 *	vote		phase 2a of ballot 0, whose only proposer the participant
 *			is: straight to the acceptors, without a phase 1
 *	accepted	phase 2b; when a majority has accepted prepared of all,
 *			or aborted of one, it is decided
 *	outcome		the leader tells all
 *
 * That is two-phase commit whose coordinator's memory is 2F+1 acceptors, of
 * which F may be gone; with one acceptor it is two-phase commit (GL, section
 * 6).  Who waits too long leads a ballot of its own, in all instances at once
 * (GL, section 4.2):
 *
 *	phase-1a, 1b	who has accepted what, in which ballot?
 *	phase-2a	of each instance the value of the highest ballot; where
 *			there is none, aborted: so it can end whoever is silent
 *
 * What holds:
 *
 *  1. A participant votes once, and has agreed on its disk before it votes.
 *  2. An acceptor accepts in no ballot lower than one that it promised, and
 *     both are on its disk before it says so.
 *  3. A ballot but 0 has one leader: its number is in it, and it was kept
 *     before it was used.
 *  4. What may have been chosen in one ballot is what every higher one is for.
 *
 * An acceptor waits with ballot 0 until it has heard all votes, or one against,
 * and then writes once (GL, section 5, on bundling).
 */
#include "paxos-commit.h"

struct transaction *
find(struct fr_node *me, uint64_t id)
{
	struct paxos_commit *s = me->state;

	return (struct transaction *)decisions_find(&s->all, (int64_t)id);
}

struct transaction *
get(struct fr_node *me, int64_t id)
{
	struct paxos_commit *s = me->state;
	struct transaction *t = s->silent ? NULL :
		(struct transaction *)decisions_get(me, &s->all, id);

	if (t == NULL || t->choices != NULL)
		return t;
	t->votes = fr_alloc(me, me->nodes);
	t->choices = fr_alloc(me, me->nodes * sizeof *t->choices);
	return t->votes == NULL || t->choices == NULL ? NULL : t;
}

bool
log_record(struct fr_node *me, const struct transaction *t, uint32_t kind,
	   uint32_t value)
{
	struct paxos_commit *s = me->state;
	const struct record r = { t->d.id, t->promised, kind, value };
	unsigned char room[sizeof r + FR_NODES_MAX * sizeof(struct choice)];
	struct fr_writer w = fr_writer(room, sizeof room);

	fr_put_bytes(&w, &r, sizeof r);
	if (kind == ACCEPTOR)
		fr_put_bytes(&w, t->choices, me->nodes * sizeof *t->choices);
	return fr_wal_append(me, &s->log, room, (uint32_t)w.size) == 0;
}

bool
force(struct fr_node *me)
{
	struct paxos_commit *s = me->state;

	return fr_wal_sync(me, &s->log) == 0;
}

void
say(struct fr_node *me, uint32_t to, uint32_t type,
    const struct transaction *t, uint64_t ballot, uint32_t value)
{
	const struct word m = { t->d.id, ballot, t->leader, value };

	fr_send(me, to, type, &m, sizeof m);
}

void
say_choices(struct fr_node *me, uint32_t to, uint32_t type,
	    const struct transaction *t, uint64_t ballot,
	    const struct choice *choices)
{
	const struct word m = { t->d.id, ballot, t->leader, NONE };
	unsigned char room[sizeof m + FR_NODES_MAX * sizeof *choices];
	size_t size = me->nodes * sizeof *choices;

	memcpy(room, &m, sizeof m);
	memcpy(room + sizeof m, choices, size);
	fr_send(me, to, type, room, sizeof m + size);
}

const struct choice *
choices_of(const struct fr_node *me, const void *body, size_t size)
{
	if (size != sizeof(struct word) + me->nodes * sizeof(struct choice))
		return NULL;
	return (const struct choice *)((const struct word *)body + 1);
}

/* ---- the outcome --------------------------------------------------------- */

void
enter(struct fr_node *me, struct transaction *t, enum phase phase)
{
	struct paxos_commit *s = me->state;
	bool before = t->phase != IDLE;

	t->phase = phase;
	set_clear(&t->answered);
	if (t->accepted != NULL)
		memset(t->accepted, 0, me->nodes * sizeof *t->accepted);
	s->leading += (phase != IDLE) - before;
	if ((phase != IDLE) != before && s->leading == before)
		fr_note(me, "role", before ? "participant" : "leader");
}

void
learn(struct fr_node *me, struct transaction *t, bool commit)
{
	(void)log_record(me, t, DECIDED, commit ? YES : NO);
	decision_made(me, &t->d, commit);
	enter(me, t, IDLE);
	fr_cancel(me, RESEND, (uint64_t)t->d.id);
	fr_cancel(me, TAKE_OVER, (uint64_t)t->d.id);
	fr_free(me, t->best);
	fr_free(me, t->accepted);
	fr_free(me, t->opinions);
	t->best = NULL;
	t->accepted = NULL;
	t->opinions = NULL;
}

static void
on_outcome(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	const struct word *m = body;
	struct transaction *t = get(me, m->id);

	(void)from;
	(void)size;
	if (t != NULL && !is_decided(&t->d))
		learn(me, t, m->value == YES);
}

bool
told(struct fr_node *me, const struct transaction *t, uint32_t to)
{
	if (is_decided(&t->d))
		say(me, to, OUTCOME, t, 0, t->d.state == COMMITTED ? YES : NO);
	return is_decided(&t->d);
}

void
wait_for_outcome(struct fr_node *me, struct transaction *t)
{
	struct paxos_commit *s = me->state;
	int64_t wait = s->patience << (t->attempts < 6 ? t->attempts : 6);

	/* Longer each time: so those who outbid each other, or are too many
	 * for their disks, come to an end. */
	fr_after(me, TAKE_OVER, fr_random_between(me, wait, 2 * wait),
		 (uint64_t)t->d.id);
}

/* ---- boot, and words for people ------------------------------------------ */

static int
replay(struct fr_node *me, const struct record *r, const struct choice *c,
       size_t size)
{
	struct transaction *t = get(me, r->id);

	if (t == NULL)
		return -1;
	if (r->kind == ACCEPTOR) {
		if (size != me->nodes * sizeof *c)
			return -1;
		t->promised = r->promised;
		memcpy(t->choices, c, size);
		return 0;
	}
	if (r->kind == VOTED)
		t->vote = r->value;
	t->d.state = r->kind == VOTED && r->value == YES ? DOUBT :
		     r->value == YES ? COMMITTED : ABORTED;
	return 0;
}

static int
recover(struct fr_node *me)
{
	struct paxos_commit *s = me->state;
	struct {
		struct record r;
		struct choice choices[FR_NODES_MAX];
	} room;
	uint64_t at = 0;
	int64_t got;

	if (fr_wal_open(me, &s->log, "log") < 0)
		return -1;
	while ((got = fr_wal_next(me, &s->log, &at, &room,
				  sizeof room)) > 0)
		if (got < (int64_t)sizeof room.r ||
		    replay(me, &room.r, room.choices,
			   (size_t)got - sizeof room.r) < 0)
			return -1;
	return got == 0 ? 0 : -1;
}

/* Until it can be: without its promises it must not take part. */
static void
on_reopen(struct fr_node *me, uint64_t tag)
{
	struct paxos_commit *s = me->state;
	struct decision *d;
	uint32_t i;

	(void)tag;
	s->silent = false;
	s->silent = recover(me) < 0;
	if (s->silent) {
		fr_after(me, REOPEN, 4 * s->retry, 0);
		return;
	}
	for (i = 0; i < DECISIONS_BUCKETS; i++)
		for (d = s->all.at[i]; d != NULL; d = d->next)
			if (d->state == DOUBT)
				wait_for_outcome(me, (struct transaction *)d);
}

static void
start(struct fr_node *me)
{
	struct paxos_commit *s = me->state;

	s->all.each = sizeof(struct transaction);
	s->retry = fr_param(me, "retry");
	s->patience = fr_param(me, "patience");
	s->acceptors = (uint32_t)fr_param(me, "acceptors");
	if (s->acceptors == 0 || s->acceptors > me->nodes)
		s->acceptors = me->nodes;
	s->quorum = s->acceptors / 2 + 1;
	fr_note(me, "role", "participant");
	on_reopen(me, 0);
}

static void
on_ask(struct fr_node *me, const struct fr_request *rq)
{
	const struct paxos_commit *s = me->state;

	if (s->silent)
		fr_fail(me, rq->id, "this node's disk failed");
	else
		decision_answer(me, rq, &s->all);
}

static void
describe(uint32_t type, const void *body, size_t size, char *text,
		size_t max)
{
	const struct word *m = body;
	const struct choice *c = (const struct choice *)(m + 1);
	size_t i, count = (size - sizeof *m) / sizeof *c;
	int at;

	at = snprintf(text, max, "transaction %lld", (long long)m->id);
	if (type == PREPARE || type == VOTE || type == OUTCOME)
		snprintf(text + at, max - (size_t)at, ": %s",
			 m->value == YES ? "yes" : "no");
	else
		at += snprintf(text + at, max - (size_t)at, ", ballot %llu.%u",
			       (unsigned long long)m->ballot / FR_NODES_MAX,
			       (unsigned)(m->ballot % FR_NODES_MAX));
	for (i = 0; i < count && (size_t)at + 8 < max; i++)
		at += snprintf(text + at, max - (size_t)at, "%s%s",
			       i == 0 ? ": " : ", ",
			       c[i].value == NONE ? "-" :
			       c[i].value == YES ? "yes" : "no");
}

static uint64_t
digest(const struct fr_node *me)
{
	const struct paxos_commit *s = me->state;

	return decisions_digest(&s->all);
}

#define HEARS(name_, handler_) { name_, on_##handler_,		\
				 sizeof(struct word) }

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "paxos-commit",
	.summary  = "atomic commitment, decided by a majority; nonblocking",
	.paper    = "Gray, Lamport 2006",
	.promise  = "Whoever decides about a transaction decides the same, "
		    "and commits only what all agreed to, under lost, late, "
		    "doubled and reordered messages, partitions, and crashes "
		    "with restart; and it is decided where a majority of the "
		    "acceptors can be reached.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = FR_MINORITY,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK | FR_BEARS_RETRIES),
	.workload = "atomic-commit",
	.params   = FR_PARAMS(
		{ .name = "acceptors", .kind = FR_PARAM_INT,
		  .fallback = "0", .min = "0", .max = "1024",
		  .help = "so many nodes, the first ones, are acceptors; 0: "
			  "all" },
		{ .name = "retry", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "100ms", .min = "1ms", .max = "10s",
		  .low = "20ms", .high = "400ms",
		  .help = "participants are asked again after so long" },
		{ .name = "patience", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "200ms", .min = "1ms", .max = "1m",
		  .low = "50ms", .high = "300ms",
		  .help = "who is in doubt for so long, up to twice, leads a "
			  "ballot of its own" }),
	.state_size = sizeof(struct paxos_commit),
	.start    = start,
	.messages = FR_MESSAGES(
		[PREPARE]  = HEARS("prepare", prepare),
		[VOTE]     = HEARS("vote", vote),
		[PHASE_1A] = HEARS("phase-1a", 1a),
		[PHASE_1B] = HEARS("phase-1b", 1b),
		[PHASE_2A] = HEARS("phase-2a", 2a),
		[PHASE_2B] = HEARS("accepted", 2b),
		[REFUSED]  = HEARS("refused", refused),
		[OUTCOME]  = HEARS("outcome", outcome)),
	.requests = FR_REQUESTS(
		{ "transact", on_transact },
		{ "outcome",  on_ask }),
	.timers   = FR_TIMERS(
		[RESEND]    = { "resend",    on_resend },
		[TAKE_OVER] = { "take-over", on_take_over },
		[REOPEN]    = { "reopen",    on_reopen }),
	.describe = describe,
	.digest   = digest,
};
