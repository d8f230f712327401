/* SPDX-License-Identifier: MIT */
/*
 * two-phase-commit - all or nothing, decided by one.
 *
 *	Gray 1978; Lampson 1981; Bernstein, Hadzilacos, Goodman 1987, chapter
 *	7; with presumed abort: Mohan, Lindsay, Obermarck 1986.
 *
 * The protocol is shared/two-phase.c: read that.  Here is what it is about:
 * who is asked to begin a transaction is its coordinator, everybody takes part
 * in it, and what each of them thinks of it comes from the client: 1, it can
 * commit, or 0, it cannot.
 */
#include "../shared/two-phase.h"

struct commitment {
	struct transaction t;
	int64_t *votes;			/* as the client has them; of the
					   coordinator                        */
};

static void
commit_question(struct fr_node *me, struct transaction *t, uint32_t to,
		struct fr_writer *w)
{
	const struct commitment *c = (const struct commitment *)t;

	(void)me;
	fr_put_i64(w, c->votes[to]);
}

static void
commit_weigh(struct fr_node *me, struct transaction *t)
{
	struct fr_reader r = fr_reader(t->asked, t->size);

	two_phase_vote(me, t, fr_get_i64(&r) == 1);
}

static const struct two_phase_owner owner = {
	.each     = sizeof(struct commitment),
	.question = commit_question,
	.weigh    = commit_weigh,
};

static void
commit_on_transact(struct fr_node *me, const struct fr_request *rq)
{
	struct transaction *t;
	struct commitment *c;
	uint32_t i;

	if (!decision_votes(me, rq) ||
	    (t = two_phase_new(me, rq->id, rq->key)) == NULL)
		return;
	c = (struct commitment *)t;
	c->votes = fr_alloc(me, me->nodes * sizeof *c->votes);
	if (c->votes == NULL) {
		fr_fail(me, rq->id, "no memory");
		return;
	}
	for (i = 0; i < me->nodes; i++) {
		c->votes[i] = fr_item(rq->value, i, 0);
		set_add(&t->parts, i);
	}
	t->d.asked = true;
	two_phase_begin(me, t);
}

static void
commit_on_outcome(struct fr_node *me, const struct fr_request *rq)
{
	const struct two_phase *s = me->state;

	if (s->silent)
		fr_fail(me, rq->id, "this node's disk failed");
	else
		decision_answer(me, rq, &s->all);
}

static void
commit_start(struct fr_node *me)
{
	two_phase_start(me, &owner);
}

static uint64_t
commit_digest(const struct fr_node *me)
{
	const struct two_phase *s = me->state;

	return decisions_digest(&s->all);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "two-phase-commit",
	.summary  = "atomic commitment, decided by one; blocking",
	.paper    = "Gray 1978; Lampson 1981; Mohan, Lindsay, Obermarck 1986; "
		    "Bernstein, Hadzilacos, Goodman 1987",
	.promise  = "Whoever decides about a transaction decides the same, "
		    "and commits only what all agreed to, under lost, late, "
		    "doubled and reordered messages, partitions, and crashes "
		    "with restart.  Who agreed waits for the coordinator, or "
		    "for somebody who heard from it: it blocks.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = 0,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK),
	.workload = "atomic-commit",
	.params   = FR_PARAMS(TWO_PHASE_PARAMS),
	.state_size = sizeof(struct two_phase),
	.start    = commit_start,
	.messages = FR_MESSAGES(TWO_PHASE_MESSAGES),
	.requests = FR_REQUESTS(
		{ "transact", commit_on_transact },
		{ "outcome",  commit_on_outcome }),
	.timers   = FR_TIMERS(TWO_PHASE_TIMERS),
	.describe = two_phase_describe,
	.digest   = commit_digest,
};
