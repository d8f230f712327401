/* SPDX-License-Identifier: MIT */
/*
 * three-phase-commit - all or nothing, and no crash makes the others wait.
 *
 *	Skeen: Nonblocking Commit Protocols.  SIGMOD 1981.
 *	Skeen: Crash Recovery in a Distributed Database System.  Ph.D.
 *	thesis, Berkeley 1982.
 *	Bernstein, Hadzilacos, Goodman: Concurrency Control and Recovery in
 *	Database Systems.  1987, section 7.5.			("BHG")
 *
 *	vote-req, vote		do you agree?
 *	pre-commit, ack		all do; know it, and say that you know
 *	decision		commit; or abort, where somebody did not agree
 *
 * A decision to commit is made when nobody that is alive is uncertain (has
 * agreed, and has not heard that all did).  So whoever is left can decide: if
 * all of them are uncertain, nobody has committed, and they abort; if one of
 * them is not, nobody has aborted, and they commit (Skeen 1981, "nonblocking
 * theorem").  When the coordinator is silent the next one, by number, asks for
 * everybody's state and decides so: the termination protocol.
 *
 * What holds, where a message takes less than half of `patience` and a node
 * that is silent for longer is dead:
 *
 *  1. Who agreed knows it after a crash, and a commit is on the disk before
 *     it is told.
 *  2. Nobody commits while somebody alive is uncertain.
 *  3. Who has not agreed can abort alone, and it is on the disk before it is
 *     told.
 *  4. Who crashed in doubt has no say any more: it does not know whether it
 *     was uncertain.  It asks for the decision; and when all have crashed, they
 *     abort, which is safe as soon as all are back and none has committed.
 *
 * A partition looks like crashes.  The side that has heard that all agreed
 * commits, the side that has not aborts: that is what this protocol does not
 * bear (Skeen 1982, chapter 5), and what Paxos Commit is for.
 */
#include "three-phase.h"

enum { AGREED, COMMIT, ABORT };			/* records of the log */

struct record {
	int64_t id;
	uint32_t kind, coordinator;
};

struct transaction *
find(struct fr_node *me, uint64_t id)
{
	struct three_phase *s = me->state;

	return (struct transaction *)decisions_find(&s->all, (int64_t)id);
}

struct transaction *
get(struct fr_node *me, int64_t id, uint32_t coordinator)
{
	struct three_phase *s = me->state;
	struct transaction *t = find(me, (uint64_t)id);

	if (t != NULL || s->silent)
		return s->silent ? NULL : t;
	t = (struct transaction *)decisions_get(me, &s->all, id);
	if (t != NULL)
		t->coordinator = t->leader = coordinator;
	return t;
}

static bool
keep(struct fr_node *me, const struct transaction *t, uint32_t kind)
{
	struct three_phase *s = me->state;
	const struct record r = { t->d.id, kind, t->coordinator };

	return fr_wal_append(me, &s->log, &r, sizeof r) == 0 &&
	       fr_wal_sync(me, &s->log) == 0;
}

void
say(struct fr_node *me, uint32_t to, uint32_t type,
    const struct transaction *t, bool yes)
{
	const struct word m = { t->d.id, t->coordinator, yes };

	fr_send(me, to, type, &m, sizeof m);
}

void
say_to_others(struct fr_node *me, uint32_t type, const struct transaction *t,
	      bool yes)
{
	const struct word m = { t->d.id, t->coordinator, yes };

	fr_broadcast(me, type, &m, sizeof m);
}

void
enter(struct fr_node *me, struct transaction *t, enum phase phase)
{
	struct three_phase *s = me->state;
	bool before = t->phase != FOLLOWS;

	t->phase = phase;
	set_clear(&t->heard);
	s->leading += (phase != FOLLOWS) - before;
	if ((phase != FOLLOWS) != before && s->leading == before)
		fr_note(me, "role", before ? "participant" : "coordinator");
	if (phase == FOLLOWS)
		fr_cancel(me, LEAD, (uint64_t)t->d.id);
	else
		fr_after(me, LEAD, s->patience, (uint64_t)t->d.id);
}

/* ---- deciding ------------------------------------------------------------ */

bool
decide(struct fr_node *me, struct transaction *t, bool commit)
{
	bool leads = t->phase != FOLLOWS;

	/* Invariants 1 and 3. */
	if (!keep(me, t, commit ? COMMIT : ABORT))
		return false;
	decision_made(me, &t->d, commit);
	fr_cancel(me, FOLLOW, (uint64_t)t->d.id);
	fr_cancel(me, INQUIRE, (uint64_t)t->d.id);
	enter(me, t, FOLLOWS);
	if (leads)
		say_to_others(me, DECISION, t, commit);
	return true;
}

static void
three_on_decision(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	const struct word *m = body;
	struct transaction *t = get(me, m->id, m->coordinator);

	(void)from;
	(void)size;
	if (t != NULL && !is_decided(&t->d))
		(void)decide(me, t, m->yes);
}

bool
told(struct fr_node *me, struct transaction *t, uint32_t from)
{
	if (t->d.state == UNHEARD && t->phase == FOLLOWS)
		(void)decide(me, t, false);
	if (is_decided(&t->d))
		say(me, from, DECISION, t, t->d.state == COMMITTED);
	return is_decided(&t->d);
}

/* ---- three phases -------------------------------------------------------- */

static void
three_on_transact(struct fr_node *me, const struct fr_request *rq)
{
	struct transaction *t;
	uint32_t to;

	if (!decision_votes(me, rq))
		return;
	t = get(me, rq->key, me->id);
	if (t == NULL || t->d.state != UNHEARD || t->phase != FOLLOWS) {
		fr_unsure(me, rq->id, t == NULL ? "this node cannot" :
			  "there is one of this name");
		return;
	}
	t->d.asked = true;
	t->d.request = rq->id;
	enter(me, t, VOTING);
	for (to = 0; to < me->nodes; to++)
		say(me, to, VOTE_REQ, t, fr_item(rq->value, to, 0) == 1);
}

void
follow(struct fr_node *me, struct transaction *t, uint32_t leader)
{
	struct three_phase *s = me->state;

	t->leader = leader;
	/* A leader may have to wait for `patience` until it can say a word. */
	fr_after(me, FOLLOW, 2 * s->patience, (uint64_t)t->d.id);
}

static void
three_on_vote_req(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	const struct word *m = body;
	struct transaction *t = get(me, m->id, from);
	bool yes;

	(void)size;
	if (t == NULL || t->d.state == DOUBT || t->d.state == COMMITTED)
		return;
	yes = t->d.state == UNHEARD && m->yes;
#ifndef BUG_vote_not_durable
	yes = yes && keep(me, t, AGREED);		/* invariant 1 */
#endif
	if (yes) {
		t->d.state = DOUBT;
		follow(me, t, from);
	} else if (!is_decided(&t->d) && t->phase == FOLLOWS &&
		   !decide(me, t, false)) {
		return;
	}
	say(me, from, VOTE, t, yes);
}

void
pre_commit(struct fr_node *me, struct transaction *t, const struct set *to)
{
	const struct set uncertain = *to;
	uint32_t i;

#ifdef BUG_skips_pre_commit
	(void)decide(me, t, true);
	return;
#endif
	enter(me, t, PRE_COMMITTING);
	t->uncertain = uncertain;
	for (i = 0; i < me->nodes; i++)
		if (set_has(&uncertain, i))
			say(me, i, PRE_COMMIT, t, true);
	if (set_size(&uncertain) == 0)
		(void)decide(me, t, true);
}

static void
three_on_vote(struct fr_node *me, uint32_t from, const void *body,
	      size_t size)
{
	const struct word *m = body;
	struct transaction *t = find(me, (uint64_t)m->id);

	(void)size;
	if (t == NULL || t->phase != VOTING)
		return;
	set_add(&t->heard, from);
	if (!m->yes)
		(void)decide(me, t, false);
	else if (set_size(&t->heard) == me->nodes)
		pre_commit(me, t, &t->heard);
}

static void
three_on_pre_commit(struct fr_node *me, uint32_t from, const void *body,
		    size_t size)
{
	const struct word *m = body;
	struct transaction *t = find(me, (uint64_t)m->id);

	(void)size;
	if (t == NULL || t->d.state != DOUBT || t->crashed ||
	    from != t->leader)
		return;
	t->committable = true;
	follow(me, t, from);
	say(me, from, ACK, t, true);
}

static void
three_on_ack(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct word *m = body;
	struct transaction *t = find(me, (uint64_t)m->id);

	(void)size;
	if (t == NULL || t->phase != PRE_COMMITTING)
		return;
	set_remove(&t->uncertain, from);
	if (set_size(&t->uncertain) == 0)
		(void)decide(me, t, true);
}

/* ---- boot, and words for people ------------------------------------------ */

static int
recover(struct fr_node *me)
{
	struct three_phase *s = me->state;
	struct transaction *t;
	struct record r;
	uint64_t at = 0;
	int64_t got;

	if (fr_wal_open(me, &s->log, "log") < 0)
		return -1;
	while ((got = fr_wal_next(me, &s->log, &at, &r, sizeof r)) > 0) {
		t = get(me, r.id, r.coordinator);
		if (got != (int64_t)sizeof r || t == NULL)
			return -1;
		t->d.state = r.kind == AGREED ? DOUBT :
			     r.kind == COMMIT ? COMMITTED : ABORTED;
		t->crashed = r.kind == AGREED;
#ifdef BUG_crashed_takes_part
		t->crashed = false;
		if (r.kind == AGREED)
			follow(me, t, t->leader);
#endif
		if (t->crashed)
			fr_after(me, INQUIRE, 0, (uint64_t)r.id);
	}
	return got == 0 ? 0 : -1;
}

static void
three_on_outcome(struct fr_node *me, const struct fr_request *rq)
{
	const struct three_phase *s = me->state;

	if (s->silent)
		fr_fail(me, rq->id, "this node's disk failed");
	else
		decision_answer(me, rq, &s->all);
}

static void
three_start(struct fr_node *me)
{
	struct three_phase *s = me->state;

	s->all.each = sizeof(struct transaction);
	s->patience = fr_param(me, "patience");
	fr_note(me, "role", "participant");
	if (recover(me) < 0) {
		s->silent = true;
		fr_log(me, "the log cannot be read: this node is silent");
	}
}

static void
three_describe(uint32_t type, const void *body, size_t size, char *text,
	       size_t max)
{
	const struct word *m = body;
	const char *what = "";

	(void)size;
	if (type == VOTE_REQ || type == VOTE)
		what = m->yes ? ": yes" : ": no";
	else if (type == DECISION)
		what = m->yes ? ": commit" : ": abort";
	else if (type == STATE)
		what = m->yes ? ": committable" : ": uncertain";
	snprintf(text, max, "transaction %lld%s", (long long)m->id, what);
}

static uint64_t
three_digest(const struct fr_node *me)
{
	const struct three_phase *s = me->state;

	return decisions_digest(&s->all);
}

#define HEARS(name) { #name, three_on_##name, sizeof(struct word) }

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "three-phase-commit",
	.summary  = "atomic commitment that no crash blocks; no partitions",
	.paper    = "Skeen 1981, 1982; Bernstein, Hadzilacos, Goodman 1987",
	.promise  = "Whoever decides about a transaction decides the same, "
		    "and commits only what all agreed to, whoever crashes and "
		    "comes back; and as long as one has not crashed, those who "
		    "have not decide.  All that in a network that delivers "
		    "every message within half of `patience`: not where it is "
		    "cut.",
	/* Nobody may be missing that is only stopped, and goes on. */
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = 0,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_CLOCKS),
	.workload = "atomic-commit",
	.params   = FR_PARAMS(
		{ .name = "patience", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "500ms", .min = "1ms", .max = "1m",
		  .low = "300ms", .high = "800ms",
		  .help = "who was asked, and is silent for so long, is dead; "
			  "leaders are given twice the time" }),
	.state_size = sizeof(struct three_phase),
	.start    = three_start,
	.messages = FR_MESSAGES(
		[VOTE_REQ]   = HEARS(vote_req),
		[VOTE]       = HEARS(vote),
		[PRE_COMMIT] = HEARS(pre_commit),
		[ACK]        = HEARS(ack),
		[DECISION]   = HEARS(decision),
		[ELECTED]    = HEARS(elected),
		[STATE_REQ]  = HEARS(state_req),
		[STATE]      = HEARS(state),
		[INQUIRY]    = HEARS(inquiry),
		[CRASHED]    = HEARS(crashed)),
	.requests = FR_REQUESTS(
		{ "transact", three_on_transact },
		{ "outcome",  three_on_outcome }),
	.timers   = FR_TIMERS(
		[LEAD]    = { "lead",    three_on_lead },
		[FOLLOW]  = { "follow",  three_on_follow },
		[INQUIRE] = { "inquire", three_on_inquire }),
	.describe = three_describe,
	.digest   = three_digest,
};
