/* SPDX-License-Identifier: MIT */
/*
 * atomic-commit - all or nothing.
 *
 * A transaction is a number.  Who begins one says what each node thinks of it:
 * 1, it can commit, or 0, it cannot (that stands for the work that was done
 * before).  It is answered with what was decided, 1 or 0; and every node can be
 * asked for the outcome at any time: 1 committed, 0 aborted, 2 in doubt (it
 * agreed, and does not know yet), nil (it knows of no such transaction, and so
 * has not committed it).
 *
 * Of the properties of Bernstein, Hadzilacos and Goodman (1987, section 7.3):
 *
 *	AC1, AC2  whoever decides decides the same, for ever
 *	AC3       nothing commits that somebody was against
 *	AC4       what all are for commits, where nothing failed: in the end,
 *	          in a world without faults, one does
 *	AC5       in the end every node knows, and none has lost a commit:
 *	          each is asked for each transaction, again and again until
 *	          `settle` is over
 *
 * That nobody is in doubt for longer than `nonblocking`, faults or not, is more
 * than AC5: it is asked for where it was promised.
 */
#include "common.h"

enum { TRANSACT, OUTCOME };

#define ABORTED		0
#define COMMITTED	1
#define IN_DOUBT	2
#define NOTHING		3		/* in here: for nil                   */

#define TRIES		8
/* Transactions that an `outcome` asks for: the last ones, or the open ones. */
#define RECENT		30
#define OPEN		64

struct state {
	struct final *finals;		/* by client                          */
	int64_t *votes;
	int64_t last, settle;
	int64_t open[OPEN];		/* of which an outcome was missing    */
	uint64_t opened;
	uint64_t next;			/* final                              */
	int64_t final_began;
	int tries;			/* of what has to commit; below 0: done */
	unsigned char *committed;	/* by transaction: somebody said so   */
	int64_t room;
};

static int
commit_start(struct fr_work *w)
{
	struct state *s = w->state;

	s->settle = work_param(w, "settle");
	s->finals = w->host->alloc(w, w->clients * sizeof *s->finals);
	s->votes = w->host->alloc(w, w->nodes * sizeof *s->votes);
	return s->finals == NULL || s->votes == NULL ? -1 : 0;
}

static int
transact(struct fr_work *w, struct fr_op *op, bool all)
{
	struct state *s = w->state;
	uint32_t i, against = (uint32_t)(w->host->random(w) % w->nodes);

	for (i = 0; i < w->nodes; i++)
		s->votes[i] = all || (i != against &&
				      w->host->random(w) % 4 != 0);
	op->f = TRANSACT;
	op->key = ++s->last;
	op->value = fr_list(s->votes, w->nodes);
	return FR_OP;
}

static int
next_main(struct fr_work *w, struct fr_op *op)
{
	struct state *s = w->state;
	uint64_t drawn = w->host->random(w), open = s->opened;
	int64_t recent = s->last < RECENT ? s->last : RECENT;

	if (s->last == 0 || !work_chance(w, "asks"))
		return transact(w, op, !work_chance(w, "noes"));
	op->f = OUTCOME;
	op->node = (uint32_t)(w->host->random(w) % w->nodes);
	if (open > OPEN)
		open = OPEN;
	if (open > 0 && drawn % 2 == 0)
		op->key = s->open[drawn / 2 % open];
	else
		op->key = s->last - (int64_t)(drawn / 2 % (uint64_t)recent);
	return FR_OP;
}

/* Each transaction at each node; what is not settled once more, and one last
 * time when the time is over. */
static int
next_final(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct final *mine = &s->finals[client];

	if (final_next(mine, &s->next, op) == FR_WAIT)
		return FR_WAIT;
	op->f = OUTCOME;
	op->key = (int64_t)(mine->number / w->nodes) + 1;
	op->node = (uint32_t)(mine->number % w->nodes);
	return op->key <= s->last ? FR_OP : FR_DONE;
}

static int
commit_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;

	if (w->phase != FR_PHASE_FINAL)
		return next_main(w, op);
	if (s->final_began == 0)
		s->final_began = w->host->now(w);
	/* AC4; each time at another node. */
	if (client == 0 && s->tries >= 0 && s->tries < TRIES) {
		op->node = (uint32_t)s->tries++ % w->nodes;
		return transact(w, op, true);
	}
	return next_final(w, client, op);
}

static int64_t
answer_of(const struct fr_operation *op)
{
	return op->outcome == FR_OK ? fr_number(op->result, NOTHING) : NOTHING;
}

static void
note_commit(struct fr_work *w, int64_t key)
{
	struct state *s = w->state;
	int64_t room = 2 * key + 64;
	unsigned char *more;

	if (key >= s->room) {
		more = w->host->alloc(w, (size_t)room);
		if (more == NULL)
			return;
		if (s->room > 0)
			memcpy(more, s->committed, (size_t)s->room);
		s->committed = more;
		s->room = room;
	}
	s->committed[key] = 1;
}

static bool
is_committed(const struct state *s, int64_t key)
{
	return key < s->room && s->committed[key];
}

static void
commit_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	struct final *mine = &s->finals[op->client];
	int64_t answer = answer_of(op);
	bool settled;

	if (answer == COMMITTED)
		note_commit(w, op->key);
	if (op->phase != FR_PHASE_FINAL) {
		if (answer == IN_DOUBT || op->outcome == FR_INFO)
			s->open[s->opened++ % OPEN] = op->key;
		return;
	}
	if (op->f == TRANSACT) {
		if (answer == COMMITTED)
			s->tries = -1;
		return;
	}
	settled = answer == COMMITTED || answer == ABORTED ||
		  (op->outcome == FR_OK && answer == NOTHING &&
		   !is_committed(s, op->key));
	if (op->called >= s->final_began + s->settle)
		settled = true;
	mine->pending = mine->failed = !settled;
	mine->tries = 0;		/* it is the time that counts */
}

/* ---- what they promise --------------------------------------------------- */

/* What is known of one transaction: operations, as indices + 1. */
struct found {
	uint64_t begun, told[2];	/* by ABORTED and COMMITTED           */
	bool all;			/* are for it                         */
};

struct verdicts {
	const struct fr_history *h;
	struct fr_judge *j;
	struct index index;
	struct found *found;
	uint64_t count;
	int64_t settle, nonblocking, final_began;
	bool all_there;			/* every node answered in the end     */
	bool bad;
};

static void
violate(struct verdicts *v, const char *kind, uint64_t a, uint64_t b,
	const char *what)
{
	const struct fr_operation *x = op_at(v->h, a), *y = op_at(v->h, b);
	char text[200];

	snprintf(text, sizeof text, "transaction %lld: %s (node %u, node %u)",
		 (long long)x->key, what, x->node, y->node);
	violation_2(v->j, kind, a, b, text);
	v->bad = true;
}

static struct found *
found_of(struct verdicts *v, int64_t key)
{
	uint64_t *slot = index_slot(&v->index, key);

	if (*slot == 0) {
		*slot = ++v->count;
		memset(&v->found[*slot - 1], 0, sizeof *v->found);
	}
	return &v->found[*slot - 1];
}

/* AC1 to AC3, of an answer that tells a decision. */
static void
judge_decision(struct verdicts *v, uint64_t i, int64_t answer)
{
	const struct fr_operation *op = op_at(v->h, i);
	struct found *f = found_of(v, op->key);
	uint64_t other = f->told[!answer];

	if (f->told[answer] == 0)
		f->told[answer] = i + 1;
	if (other != 0)
		violate(v, "agreement", other - 1, i, answer == COMMITTED ?
			"aborted, and then committed" :
			"committed, and then aborted");
	else if (answer == COMMITTED && f->begun == 0)
		violate(v, "validity", i, i, "committed, and nobody began it");
	else if (answer == COMMITTED && !f->all)
		violate(v, "validity", f->begun - 1, i,
			"committed, and somebody was against it");
	else if (answer == COMMITTED &&
		 op_at(v->h, f->begun - 1)->outcome == FR_FAIL)
		violate(v, "agreement", f->begun - 1, i,
			"failed, and then committed");
}

/* AC5, and no blocking, of an answer that tells none. */
static void
judge_doubt(struct verdicts *v, uint64_t i, int64_t answer)
{
	const struct fr_operation *op = op_at(v->h, i);
	const struct found *f = found_of(v, op->key);
	bool late = v->all_there && op->phase == FR_PHASE_FINAL &&
		    op->called >= v->final_began + v->settle;

	if (f->begun == 0)
		return;
	if (answer == IN_DOUBT && v->nonblocking > 0 && op->called >
	    op_at(v->h, f->begun - 1)->called + v->nonblocking)
		violate(v, "blocked", f->begun - 1, i,
			"a node is still in doubt of it");
	else if (answer == IN_DOUBT && late)
		violate(v, "undecided", f->begun - 1, i,
			"it was never decided everywhere");
	else if (answer == NOTHING && late && f->told[COMMITTED] != 0)
		violate(v, "forgotten", f->told[COMMITTED] - 1, i,
			"committed, and a node knows nothing of it");
}

static void
look_at(struct verdicts *v, uint64_t i)
{
	const struct fr_operation *op = op_at(v->h, i);
	int64_t answer = answer_of(op);
	uint32_t k;

	if (op->f == TRANSACT) {
		struct found *f = found_of(v, op->key);

		f->begun = i + 1;
		f->all = true;
		for (k = 0; k < op->value.count; k++)
			f->all &= fr_item(op->value, k, 0) == 1;
	}
	if (op->outcome != FR_OK)
		return;
	if (answer == ABORTED || answer == COMMITTED)
		judge_decision(v, i, answer);
	else
		judge_doubt(v, i, answer);
}

static void
report(struct verdicts *v)
{
	uint64_t i, willing = 0, committed = 0, open = 0;
	const struct found *f;

	for (i = 0; i < v->count; i++) {
		f = &v->found[i];
		if (f->begun == 0)
			continue;
		open += op_at(v->h, f->begun - 1)->outcome == FR_INFO;
		willing += f->all;
		committed += f->all && f->told[COMMITTED] != 0;
	}
	if (willing > 0)
		v->j->metric(v->j, "committed of what all were for",
			     100.0 * (double)committed / (double)willing, "%");
	v->j->metric(v->j, "begun without an answer", (double)open, "");
}

/* AC4: all of those that ended, in a world without faults, were aborted. */
static void
judge_progress(struct verdicts *v)
{
	const struct fr_operation *op;
	uint64_t i, last = 0, aborted = 0;

	for (i = 0; i < v->h->op_count; i++) {
		op = op_at(v->h, i);
		if (op->phase != FR_PHASE_FINAL || op->f != TRANSACT)
			continue;
		if (answer_of(op) == COMMITTED)
			return;
		aborted += answer_of(op) == ABORTED;
		last = i;
	}
	if (aborted == TRIES)
		violate(v, "no-commit", last, last, "all are for it, nothing "
			"fails, and it is aborted, as were those before");
}

/* What nodes that never came back know cannot be asked for. */
static void
look_at_end(struct verdicts *v)
{
	bool *there = v->j->alloc(v->j, v->h->nodes * sizeof *there);
	const struct fr_operation *op;
	uint32_t count = 0;
	uint64_t i;

	memset(there, 0, v->h->nodes * sizeof *there);
	for (i = v->h->op_count; i-- > 0;) {
		op = op_at(v->h, i);
		if (op->phase != FR_PHASE_FINAL)
			break;
		v->final_began = op->called;
		if (op->outcome == FR_OK && !there[op->node]) {
			there[op->node] = true;
			count++;
		}
	}
	v->all_there = count == v->h->nodes;
}

static void
commit_check(const struct fr_history *h, struct fr_judge *j)
{
	struct verdicts v = { .h = h, .j = j };
	struct fr_value value;
	uint64_t i;

	if (j->param(j, "settle", &value) == 0)
		v.settle = fr_number(value, 0);
	if (j->param(j, "nonblocking", &value) == 0)
		v.nonblocking = fr_number(value, 0);
	v.index = index_new(j, h->op_count);
	v.found = j->alloc(j, (h->op_count + 1) * sizeof *v.found);
	look_at_end(&v);
	for (i = 0; i < h->op_count && !v.bad; i++)
		look_at(&v, i);
	if (!v.bad)
		judge_progress(&v);
	if (!v.bad)
		report(&v);
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "atomic-commit",
	.summary    = "transactions that every node commits, or none",
	.promise    = "Whoever decides about a transaction decides the same, "
		      "for ever; none commits that somebody was against; one "
		      "that all are for commits where nothing fails; in the "
		      "end every node knows.",
	.params     = FR_PARAMS(
		{ .name = "noes", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.2", .min = "0", .max = "1",
		  .low = "0", .high = "0.6",
		  .help = "the share of transactions that somebody is against" },
		{ .name = "asks", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.4", .min = "0", .max = "1",
		  .low = "0.1", .high = "0.7",
		  .help = "the share of questions for an outcome" },
		{ .name = "settle", .kind = FR_PARAM_TIME,
		  .fallback = "20s", .min = "0", .max = "50s",
		  .help = "so long after all faults every transaction has to "
			  "be decided everywhere" },
		{ .name = "nonblocking", .kind = FR_PARAM_TIME,
		  .fallback = "0", .min = "0", .max = "1h",
		  .help = "nobody may be in doubt longer than so after a "
			  "transaction was begun, whatever fails; 0: somebody "
			  "may" }),
	.ops        = FR_OPS(
		{ .name = "transact",
		  .help = "given [v0 v1 ...], 1 where that node is for it and "
			  "0 where it is not: do it everywhere or nowhere, and "
			  "answer with 1 or 0; the key is its name" },
		{ .name = "outcome", .flags = FR_PURE,
		  .help = "answer with what this node knows of it: 1, 0, 2 if "
			  "it is in doubt, nil if it knows of none" }),
	.state_size = sizeof(struct state),
	.start      = commit_start,
	.next       = commit_next,
	.ended      = commit_ended,
	.check      = commit_check,
};
