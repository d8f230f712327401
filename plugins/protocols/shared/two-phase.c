/* SPDX-License-Identifier: MIT */
/*
 * Two-phase commit with presumed abort.
 *
 *	Gray: Notes on Data Base Operating Systems.  LNCS 60, 1978.
 *	Lampson: Atomic Transactions.  LNCS 105, 1981.
 *	Bernstein, Hadzilacos, Goodman: Concurrency Control and Recovery in
 *	Database Systems.  1987, chapter 7.			("BHG")
 *	Mohan, Lindsay, Obermarck: Transaction Management in the R*
 *	Distributed Database Management System.  ACM TODS 11(4), 1986.
 *
 *	prepare		the coordinator asks: do you agree?
 *	vote		yes, whatever may come; or no, and that is the end of it
 *	decision	all said yes: commit.  Else: abort
 *	ack		of a commit; when all have it, the coordinator may forget
 *	inquiry		who said yes and hears no decision asks everybody (BHG
 *			7.4, the cooperative termination protocol)
 *
 * What holds:
 *
 *  1. Who said yes can do both, commit and abort, until it hears which one;
 *     and knows it after a crash: the yes is on its disk before it is said.
 *  2. A commit is on the coordinator's disk before anybody hears of it.  So a
 *     coordinator that finds nothing there has not committed: abort is what is
 *     presumed (Mohan et al., section 3), and need not be written.
 *  3. Who has not said yes can decide alone, and the decision is abort.  It is
 *     on the disk before it is told: a later prepare must not find a yes.
 *  4. A commit is told until everybody has acknowledged it.
 *
 * Who said yes and cannot ask anybody who knows is blocked (BHG 7.3): that is
 * no flaw of this program, but of every two-phase protocol (Skeen 1981).
 */
#include "two-phase.h"

enum { AGREED, COMMIT, ABORT, END };		/* records of the log */

struct record {
	int64_t id;
	uint32_t kind, coordinator;
	struct set parts;
};					/* AGREED: what was asked follows     */

static struct transaction *
find(struct fr_node *me, uint64_t id)
{
	struct two_phase *s = me->state;

	return (struct transaction *)decisions_find(&s->all, (int64_t)id);
}

static struct transaction *
get(struct fr_node *me, int64_t id)
{
	struct two_phase *s = me->state;

	return (struct transaction *)decisions_get(me, &s->all, id);
}

/* ---- the log ------------------------------------------------------------- */

static bool
force(struct fr_node *me)
{
	struct two_phase *s = me->state;

	return fr_wal_sync(me, &s->log) == 0;
}

/* In the log; on the disk when it is forced. */
static bool
keep(struct fr_node *me, const struct transaction *t, uint32_t kind)
{
	struct two_phase *s = me->state;
	unsigned char room[sizeof(struct record) + TWO_PHASE_MAX];
	const struct record r = { t->d.id, kind, t->coordinator, t->parts };
	struct fr_writer w = fr_writer(room, sizeof room);

	fr_put_bytes(&w, &r, sizeof r);
	if (kind == AGREED)
		fr_put_bytes(&w, t->asked, t->size);
	return fr_wal_append(me, &s->log, room, (uint32_t)w.size) == 0;
}

static void
say(struct fr_node *me, uint32_t to, uint32_t type,
    const struct transaction *t, bool yes)
{
	const struct word m = { t->d.id, t->coordinator, yes };

	fr_send(me, to, type, &m, sizeof m);
}

/* What it was asked is done, or is not wanted any more. */
static void
finish(struct fr_node *me, struct transaction *t, bool commit)
{
	struct two_phase *s = me->state;

	if (t->asked != NULL && s->owner->settle != NULL)
		s->owner->settle(me, t, commit);
	fr_free(me, t->asked);
	t->asked = NULL;
	t->weighing = false;
}

/* It is over at this node.  Whatever has to be on the disk is. */
static void
settle(struct fr_node *me, struct transaction *t, bool commit)
{
	decision_made(me, &t->d, commit);
	fr_cancel(me, INQUIRE, (uint64_t)t->d.id);
	finish(me, t, commit);
}

/* ---- the coordinator ----------------------------------------------------- */

static void
enter(struct fr_node *me, struct transaction *t, enum phase phase)
{
	struct two_phase *s = me->state;
	bool before = t->phase != IDLE;

	t->phase = phase;
	memset(&t->heard, 0, sizeof t->heard);
	s->coordinating += (phase != IDLE) - before;
	if ((phase != IDLE) != before && s->coordinating == before)
		fr_note(me, "role", before ? "participant" : "coordinator");
	if (phase == IDLE)
		fr_cancel(me, RETRY, (uint64_t)t->d.id);
	else
		fr_after(me, RETRY, s->retry, (uint64_t)t->d.id);
}

/* Who has not voted, or not acknowledged, is asked, or told. */
static void
tell(struct fr_node *me, struct transaction *t)
{
	struct two_phase *s = me->state;
	unsigned char room[sizeof(struct prepare) + TWO_PHASE_MAX];
	struct prepare m = { .id = t->d.id, .parts = t->parts };
	struct fr_writer w;
	uint32_t to;

	for (to = 0; to < me->nodes; to++) {
		if (!set_has(&t->parts, to) || set_has(&t->heard, to))
			continue;
		if (t->phase == TELLING) {
			say(me, to, DECISION, t, true);
			continue;
		}
		w = fr_writer(room + sizeof m, TWO_PHASE_MAX);
		s->owner->question(me, t, to, &w);
		m.size = w.size;
		memcpy(room, &m, sizeof m);
		fr_send(me, to, PREPARE, room, sizeof m + w.size);
	}
}

/* Invariant 4; nobody has to be told twice who has acknowledged. */
static void
acknowledged(struct fr_node *me, struct transaction *t, uint32_t node)
{
	if (set_has(&t->parts, node))
		set_add(&t->heard, node);
	if (set_size(&t->heard) < set_size(&t->parts))
		return;
	(void)keep(me, t, END);
	enter(me, t, IDLE);
}

static void
announce(struct fr_node *me, struct transaction *t)
{
	enter(me, t, TELLING);
	acknowledged(me, t, me->id);
	if (t->phase == TELLING)
		tell(me, t);
}

static void
conclude(struct fr_node *me, struct transaction *t, bool commit)
{
	struct two_phase *s = me->state;
	uint32_t to;

	fr_cancel(me, PATIENCE, (uint64_t)t->d.id);
	if (commit && t->phase != LOGGING)
		enter(me, t, LOGGING);
#ifdef BUG_tells_before_logging
	for (to = 0; commit && to < me->nodes; to++)
		if (to != me->id && set_has(&t->parts, to))
			say(me, to, DECISION, t, true);
#endif
	/* Invariant 2.  If the disk will not, RETRY comes here once more: it
	 * may be there all the same, so there is no way back. */
	if (commit && !(keep(me, t, COMMIT) && force(me)))
		return;
	if (!is_decided(&t->d))
		settle(me, t, commit);
	if (s->owner->concluded != NULL)
		s->owner->concluded(me, t, commit);
	if (commit) {
		announce(me, t);
		return;
	}
	enter(me, t, IDLE);
	for (to = 0; to < me->nodes; to++)
		if (to != me->id && set_has(&t->parts, to))
			say(me, to, DECISION, t, false);
}

struct transaction *
two_phase_new(struct fr_node *me, uint64_t request, int64_t id)
{
	struct two_phase *s = me->state;
	struct transaction *t = s->silent ? NULL : get(me, id);

	if (t == NULL) {
		fr_fail(me, request, s->silent ? "this node's disk failed" :
						 "no memory");
		return NULL;
	}
	if (t->d.state != UNHEARD || t->phase != IDLE || t->weighing) {
		fr_unsure(me, request, "there is one of this name");
		return NULL;
	}
	t->coordinator = me->id;
	t->d.request = request;
	return t;
}

void
two_phase_begin(struct fr_node *me, struct transaction *t)
{
	struct two_phase *s = me->state;

	enter(me, t, VOTING);
	fr_after(me, PATIENCE, s->patience, (uint64_t)t->d.id);
	tell(me, t);
}

void
two_phase_on_patience(struct fr_node *me, uint64_t id)
{
	struct transaction *t = find(me, id);

	if (t != NULL && t->phase == VOTING)
		conclude(me, t, false);
}

void
two_phase_on_retry(struct fr_node *me, uint64_t id)
{
	struct two_phase *s = me->state;
	struct transaction *t = find(me, id);

	if (t == NULL || t->phase == IDLE)
		return;
	fr_after(me, RETRY, s->retry, id);
	if (t->phase == LOGGING)
		conclude(me, t, true);
	else
		tell(me, t);
}

/* What became of one that this node coordinated: invariant 2. */
static void
inform(struct fr_node *me, uint32_t to, struct transaction *t)
{
	bool commit = t->d.state == COMMITTED;

#ifdef BUG_presumes_commit
	commit = t->d.state != ABORTED;
#endif
	if (!is_decided(&t->d))
		settle(me, t, commit);
	say(me, to, DECISION, t, commit);
}

void
two_phase_on_vote(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	struct two_phase *s = me->state;
	const struct word *m = body;
	struct transaction *t = s->silent ? NULL : get(me, m->id);

	if (t == NULL || t->phase == LOGGING)
		return;
	t->coordinator = me->id;
	if (t->phase != VOTING) {
		inform(me, from, t);
		return;
	}
	if (!m->yes) {
		conclude(me, t, false);
		return;
	}
	if (set_has(&t->heard, from))
		return;
	set_add(&t->heard, from);
	if (s->owner->agreed != NULL &&
	    !s->owner->agreed(me, t, from, m + 1, size - sizeof *m)) {
		conclude(me, t, false);
		return;
	}
	if (set_size(&t->heard) == set_size(&t->parts))
		conclude(me, t, true);
}

void
two_phase_on_ack(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	const struct word *m = body;
	struct transaction *t = find(me, (uint64_t)m->id);

	(void)size;
	if (t != NULL && t->phase == TELLING)
		acknowledged(me, t, from);
}

/* ---- the participant ----------------------------------------------------- */

/* Invariant 3. */
static bool
abort_alone(struct fr_node *me, struct transaction *t)
{
	if (!keep(me, t, ABORT) || !force(me))
		return false;
	settle(me, t, false);
	return true;
}

static void
say_yes(struct fr_node *me, struct transaction *t)
{
	struct two_phase *s = me->state;
	unsigned char room[sizeof(struct word) + TWO_PHASE_MAX];
	const struct word m = { t->d.id, t->coordinator, true };
	struct fr_writer w = fr_writer(room + sizeof m, TWO_PHASE_MAX);

	if (s->owner->result != NULL)
		s->owner->result(me, t, &w);
	memcpy(room, &m, sizeof m);
	fr_send(me, t->coordinator, VOTE, room, sizeof m + w.size);
}

void
two_phase_vote(struct fr_node *me, struct transaction *t, bool yes)
{
	struct two_phase *s = me->state;

	t->weighing = false;
#ifndef BUG_agreed_not_durable
	/* Invariant 1. */
	yes = yes && keep(me, t, AGREED) && force(me);
#endif
	if (yes) {
		t->d.state = DOUBT;
		fr_after(me, INQUIRE, s->patience, (uint64_t)t->d.id);
		say_yes(me, t);
	} else if (abort_alone(me, t)) {
		say(me, t->coordinator, VOTE, t, false);
	} else {
		finish(me, t, false);	/* as if nobody had asked */
	}
}

void
two_phase_on_prepare(struct fr_node *me, uint32_t from, const void *body,
		     size_t size)
{
	struct two_phase *s = me->state;
	const struct prepare *m = body;
	struct transaction *t;

	if (s->silent || m->size > TWO_PHASE_MAX ||
	    size != sizeof *m + m->size || (t = get(me, m->id)) == NULL)
		return;
	if (t->d.state == ABORTED)
		say(me, from, VOTE, t, false);
	else if (t->d.state == DOUBT)
		say_yes(me, t);
	if (t->d.state != UNHEARD || t->weighing)
		return;
	t->asked = fr_alloc(me, m->size + 1);
	if (t->asked == NULL)
		return;
	memcpy(t->asked, m + 1, m->size);
	t->size = (uint32_t)m->size;
	t->parts = m->parts;
	t->coordinator = from;
	t->weighing = true;
	s->owner->weigh(me, t);
}

void
two_phase_on_decision(struct fr_node *me, uint32_t from, const void *body,
		      size_t size)
{
	struct two_phase *s = me->state;
	const struct word *m = body;
	struct transaction *t = s->silent ? NULL : get(me, m->id);

	(void)from;
	(void)size;
	if (t == NULL)
		return;
	if (t->phase == VOTING && !m->yes) {
		conclude(me, t, false);
	} else if (!is_decided(&t->d)) {
		t->coordinator = m->coordinator;
		if (!keep(me, t, m->yes ? COMMIT : ABORT))
			return;
		/* Its acknowledgement lets the coordinator forget. */
		if (m->yes && !force(me))
			return;
		settle(me, t, m->yes);
	}
	if (m->yes && t->d.state == COMMITTED)
		say(me, t->coordinator, ACK, t, true);
}

/* In doubt for too long. */
void
two_phase_on_inquire(struct fr_node *me, uint64_t id)
{
	struct two_phase *s = me->state;
	struct transaction *t = find(me, id);
	uint32_t to;

	if (t == NULL || t->d.state != DOUBT)
		return;
#ifdef BUG_impatient
	(void)abort_alone(me, t);
	return;
#endif
	for (to = 0; to < me->nodes; to++)
		if (to != me->id && (to == t->coordinator ||
				     set_has(&t->parts, to)))
			say(me, to, INQUIRY, t, true);
	fr_after(me, INQUIRE, s->patience, id);
}

void
two_phase_on_inquiry(struct fr_node *me, uint32_t from, const void *body,
		     size_t size)
{
	struct two_phase *s = me->state;
	const struct word *m = body;
	struct transaction *t = s->silent ? NULL : get(me, m->id);

	(void)size;
	if (t == NULL || t->phase == VOTING || t->phase == LOGGING)
		return;
	t->coordinator = m->coordinator;
	if (is_decided(&t->d) || t->coordinator == me->id) {
		inform(me, from, t);
		return;
	}
	if (t->d.state == DOUBT)
		return;			/* it would like to know, too */
#ifdef BUG_forgets_its_abort
	say(me, from, DECISION, t, false);
	return;
#endif
	if (abort_alone(me, t))
		say(me, from, DECISION, t, false);
}

/* ---- boot ---------------------------------------------------------------- */

static int
replay(struct fr_node *me, const struct record *r, const void *asked,
       size_t size)
{
	struct transaction *t = get(me, r->id);

	if (t == NULL)
		return -1;
	t->coordinator = r->coordinator;
	t->parts = r->parts;
	switch (r->kind) {
	case AGREED:
		t->asked = fr_alloc(me, size + 1);
		if (t->asked == NULL)
			return -1;
		memcpy(t->asked, asked, size);
		t->size = (uint32_t)size;
		t->d.state = DOUBT;
		return 0;
	case END:
		t->phase = IDLE;
		return 0;
	default:
		t->d.state = r->kind == COMMIT ? COMMITTED : ABORTED;
		finish(me, t, r->kind == COMMIT);
		if (r->kind == COMMIT && t->coordinator == me->id)
			t->phase = TELLING;
		return 0;
	}
}

/* It goes on where it had to stop. */
static int
recover(struct fr_node *me)
{
	struct two_phase *s = me->state;
	unsigned char room[sizeof(struct record) + TWO_PHASE_MAX];
	struct record r;
	int64_t got;

	if (s->read == 0 && fr_wal_open(me, &s->log, "log") < 0)
		return -1;
	while ((got = fr_wal_next(me, &s->log, &s->read, room,
				  sizeof room)) > 0) {
		if (got < (int64_t)sizeof r || got > (int64_t)sizeof room)
			return -1;
		memcpy(&r, room, sizeof r);
		if (replay(me, &r, room + sizeof r,
			   (size_t)got - sizeof r) < 0)
			return -1;
	}
	return got == 0 ? 0 : -1;
}

/* What was under way when it crashed. */
static void
resume(struct fr_node *me, struct transaction *t)
{
	struct two_phase *s = me->state;

	if (t->phase == TELLING) {
		t->phase = IDLE;
		announce(me, t);
	}
	if (t->d.state != DOUBT)
		return;
	if (s->owner->restore != NULL)
		s->owner->restore(me, t);
#ifndef BUG_presumes_commit
	if (t->coordinator == me->id) {		/* invariant 2 */
		settle(me, t, false);
		return;
	}
#endif
	fr_after(me, INQUIRE, s->retry, (uint64_t)t->d.id);
}

void
two_phase_on_reopen(struct fr_node *me, uint64_t tag)
{
	struct two_phase *s = me->state;
	struct decision *d;
	uint32_t i;

	(void)tag;
	s->silent = recover(me) < 0;
	if (s->silent) {
		fr_after(me, REOPEN, 4 * s->retry, 0);
		return;
	}
	for (i = 0; i < DECISIONS_BUCKETS; i++)
		for (d = s->all.at[i]; d != NULL; d = d->next)
			resume(me, (struct transaction *)d);
}

void
two_phase_start(struct fr_node *me, const struct two_phase_owner *owner)
{
	struct two_phase *s = me->state;

	s->owner = owner;
	s->all.each = owner->each;
	s->retry = fr_param(me, "retry");
	s->patience = fr_param(me, "patience");
	fr_note(me, "role", "participant");
	two_phase_on_reopen(me, 0);
}

void
two_phase_describe(uint32_t type, const void *body, size_t size, char *text,
		   size_t max)
{
	const struct word *m = body;

	(void)size;
	if (type == VOTE)
		snprintf(text, max, "transaction %lld: %s", (long long)m->id,
			 m->yes ? "yes" : "no");
	else if (type == DECISION)
		snprintf(text, max, "transaction %lld: %s", (long long)m->id,
			 m->yes ? "commit" : "abort");
	else
		snprintf(text, max, "transaction %lld", (long long)m->id);
}
