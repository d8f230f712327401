/* SPDX-License-Identifier: MIT */
/*
 * paxos - single-decree Paxos: many agree on one value, once.
 *
 *	Lamport: The Part-Time Parliament.  ACM TOCS 16(2), 1998.
 *	Lamport: Paxos Made Simple.  ACM SIGACT News 32(4), 2001.	("PMS")
 *	Howard, Malkhi, Spiegelman: Flexible Paxos: Quorum Intersection
 *	Revisited.  OPODIS 2016.				(`accepts`)
 *
 * Every key is an instance of its own.  Every node is a proposer, an acceptor
 * and a learner.  Whoever is asked to propose a value picks a ballot that is
 * its own and higher than any it knows of, and goes through two phases (PMS,
 * section 2.2):
 *
 *	1a prepare	"will you take part in ballot b?"
 *	1b promise	"yes, and in no lower one; and the value that I
 *			accepted last is v, in ballot w"
 *	2a accept	"accept v in ballot b": v is the value of the highest w
 *			among the promises; its own only if there was none
 *	2b accepted	"I have"; when enough have, v is chosen, for ever
 *
 * What holds:
 *
 *  1. An acceptor never takes part in a ballot lower than one it promised, and
 *     forgets neither promise nor value: both are on its disk before it says
 *     so.
 *  2. A ballot has one proposer, which asks for one value in it: the number of
 *     its node is in it, and its own acceptor, who promised it first, knows
 *     after a crash which were used.
 *  3. If v may have been chosen in ballot w, every higher ballot is for v:
 *     whoever began it heard a quorum, and one of those had accepted v.
 *
 * Two who outbid each other for ever are possible (Fischer, Lynch, Paterson);
 * who is outbid waits a random while, which makes it unlikely.
 */
#include <fracas/easy.h>

enum { PREPARE, PROMISE, ACCEPT, ACCEPTED, REFUSED, CHOSEN };	/* messages */
enum { RETRY, REOPEN };						/* timers */

#define BUCKETS 256
#define LONGEST FR_S(1)		/* between two tries, or twice that   */

/* All messages are of this shape. */
struct message {
	int64_t key;
	uint64_t ballot;
	uint64_t accepted;		/* of a promise: ballot of value, or 0 */
	int64_t value;
};

enum phase { IDLE, PREPARING, ACCEPTING };

struct waiting {			/* a client                           */
	struct waiting *next;
	uint64_t request;
	int64_t value;
};

/* One instance, in all three roles. */
struct instance {
	struct instance *next;
	int64_t key;
	/* The acceptor, on the disk. */
	uint64_t promised, accepted;	/* ballots; 0: none                   */
	int64_t value;			/* that was accepted                  */
	/* The learner. */
	bool chosen;
	int64_t choice;
	/* The proposer. */
	enum phase phase;
	uint64_t ballot, seen;		/* mine; the highest I heard of       */
	uint64_t best;			/* highest `accepted` of the promises */
	int64_t proposal;
	uint64_t answered[FR_NODES_MAX / 64];
	uint32_t answers;
	int64_t wait;			/* before the next try                */
	struct waiting *waiting;
};

struct record {				/* of the acceptor, in its log        */
	int64_t key, value;
	uint64_t promised, accepted;
};

struct paxos {
	struct instance *instances[BUCKETS];
	struct fr_wal log;
	uint32_t prepares, accepts;	/* quorums of phases 1 and 2          */
	int64_t retry;
	bool silent;			/* the disk would not be read         */
};

static struct instance *
instance_of(struct fr_node *me, int64_t key)
{
	struct paxos *s = me->state;
	struct instance **at = &s->instances[(uint64_t)key % BUCKETS], *i;

	for (i = *at; i != NULL; i = i->next)
		if (i->key == key)
			return i;
	i = fr_alloc(me, sizeof *i);
	if (i == NULL)
		return NULL;
	i->key = key;
	i->next = *at;
	*at = i;
	return i;
}

/* ---- the acceptor ------------------------------------------------------------ */

/* Invariant 1: on the disk, or not at all. */
static bool
keep(struct fr_node *me, struct instance *i, uint64_t promised,
     uint64_t accepted, int64_t value)
{
	struct paxos *s = me->state;
	const struct record r = { i->key, value, promised, accepted };

	if (fr_wal_append(me, &s->log, &r, sizeof r) < 0 ||
	    fr_wal_sync(me, &s->log) < 0)
		return false;
	i->promised = promised;
	i->accepted = accepted;
	i->value = value;
	return true;
}

static void
refuse(struct fr_node *me, uint32_t to, const struct instance *i,
       uint64_t ballot)
{
	/* `accepted` tells the ballot that stands in the way. */
	const struct message m = { i->key, ballot, i->promised, 0 };

	fr_send(me, to, REFUSED, &m, sizeof m);
}

static void
paxos_on_prepare(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	const struct message *m = body;
	struct instance *i = instance_of(me, m->key);
	struct message promise;

	(void)size;
	if (i == NULL || ((struct paxos *)me->state)->silent)
		return;
	if (m->ballot < i->promised) {
		refuse(me, from, i, m->ballot);
		return;
	}
	if (m->ballot > i->promised &&
	    !keep(me, i, m->ballot, i->accepted, i->value))
		return;
	promise = (struct message){ i->key, m->ballot, i->accepted, i->value };
	fr_send(me, from, PROMISE, &promise, sizeof promise);
}

static void
paxos_on_accept(struct fr_node *me, uint32_t from, const void *body,
		size_t size)
{
	const struct message *m = body;
	struct instance *i = instance_of(me, m->key);
	uint64_t promised = m->ballot;

	(void)size;
	if (i == NULL || ((struct paxos *)me->state)->silent)
		return;
	if (m->ballot < i->promised) {
		refuse(me, from, i, m->ballot);
		return;
	}
#ifdef BUG_accept_promises_nothing
	promised = i->promised;
#endif
	if (m->ballot != i->accepted &&
	    !keep(me, i, promised, m->ballot, m->value))
		return;
	fr_send(me, from, ACCEPTED, m, sizeof *m);
}

/* ---- the learner --------------------------------------------------------------- */

static void
learn(struct fr_node *me, struct instance *i, int64_t value)
{
	struct waiting *w;

	fr_claim(me, "choice", i->key, value);
	i->chosen = true;
	i->choice = value;
	i->phase = IDLE;
	fr_cancel(me, RETRY, (uint64_t)i->key);
	while ((w = i->waiting) != NULL) {
		fr_ok(me, w->request, fr_int(value));
		i->waiting = w->next;
		fr_free(me, w);
	}
}

static void
paxos_on_chosen(struct fr_node *me, uint32_t from, const void *body,
		size_t size)
{
	const struct message *m = body;
	struct instance *i = instance_of(me, m->key);

	(void)from;
	(void)size;
	if (i != NULL && !i->chosen)
		learn(me, i, m->value);
}

/* ---- the proposer -------------------------------------------------------------- */

/* To everybody, itself included. */
static void
tell(struct fr_node *me, struct instance *i, uint32_t type)
{
	const struct message m = { i->key, i->ballot, 0, i->proposal };
	uint32_t to;

	for (to = 0; to < me->nodes; to++)
		fr_send(me, to, type, &m, sizeof m);
}

static void
enter(struct instance *i, enum phase phase)
{
	i->phase = phase;
	i->answers = 0;
	memset(i->answered, 0, sizeof i->answered);
}

/* Once more, with a ballot above all that it knows of (invariant 2). */
static void
prepare(struct fr_node *me, struct instance *i)
{
	struct paxos *s = me->state;
	uint64_t seen = i->seen > i->promised ? i->seen : i->promised;

#ifdef BUG_ballot_reused
	seen = i->seen;
#endif
	i->ballot = (seen / FR_NODES_MAX + 1) * FR_NODES_MAX + me->id;
#ifdef BUG_shared_ballots
	i->ballot = (seen / FR_NODES_MAX + 1) * FR_NODES_MAX;
#endif
	i->seen = i->ballot;
	i->best = 0;
	enter(i, PREPARING);
	/* Longer each time, by chance: two proposers could else outbid each
	 * other for ever, and one alone itself, over a slow link. */
	if (i->wait == 0)
		i->wait = s->retry;
	else if (i->wait < LONGEST)
		i->wait *= 2;
	fr_after(me, RETRY, fr_random_between(me, i->wait, 2 * i->wait),
		 (uint64_t)i->key);
#ifndef BUG_ballot_reused
	if (!keep(me, i, i->ballot, i->accepted, i->value))
		return;
#endif
	tell(me, i, PREPARE);
}

/* What I take part in has been answered by one more. */
static bool
answered(struct instance *i, uint32_t node, uint32_t quorum)
{
	uint64_t bit = (uint64_t)1 << node % 64;

	if (!(i->answered[node / 64] & bit))
		i->answers++;
	i->answered[node / 64] |= bit;
	return i->answers >= quorum;
}

static void
paxos_on_promise(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	struct paxos *s = me->state;
	const struct message *m = body;
	struct instance *i = instance_of(me, m->key);

	(void)size;
	if (i == NULL || i->phase != PREPARING || m->ballot != i->ballot)
		return;
	/* Invariant 3: what may have been chosen stays chosen. */
#ifdef BUG_last_promise
	if (m->accepted > 0)
		i->best = 0;
#endif
	if (m->accepted > i->best) {
		i->best = m->accepted;
		i->proposal = m->value;
	}
	if (!answered(i, from, s->prepares))
		return;
	if (i->best == 0 && i->waiting != NULL)
		i->proposal = i->waiting->value;
	enter(i, ACCEPTING);
	tell(me, i, ACCEPT);
}

static void
paxos_on_accepted(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	struct paxos *s = me->state;
	const struct message *m = body;
	struct instance *i = instance_of(me, m->key);

	(void)size;
	if (i == NULL || i->phase != ACCEPTING || m->ballot != i->ballot ||
	    !answered(i, from, s->accepts))
		return;
	tell(me, i, CHOSEN);
	learn(me, i, i->proposal);
}

/* Outbid: the timer tries again, later. */
static void
paxos_on_refused(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	const struct message *m = body;
	struct instance *i = instance_of(me, m->key);

	(void)from;
	(void)size;
	if (i == NULL || i->phase == IDLE || m->ballot != i->ballot)
		return;
	if (m->accepted > i->seen)
		i->seen = m->accepted;
	i->phase = IDLE;
}

static void
paxos_on_retry(struct fr_node *me, uint64_t key)
{
	struct instance *i = instance_of(me, (int64_t)key);

	if (i != NULL && !i->chosen && !((struct paxos *)me->state)->silent)
		prepare(me, i);
}

static void
paxos_on_propose(struct fr_node *me, const struct fr_request *rq)
{
	struct paxos *s = me->state;
	struct instance *i = instance_of(me, rq->key);
	struct waiting *w;

	if (rq->value.kind != FR_INT) {
		fr_fail(me, rq->id, "a proposal is a number");
		return;
	}
	if (i != NULL && i->chosen) {
		fr_ok(me, rq->id, fr_int(i->choice));
		return;
	}
	w = i != NULL && !s->silent ? fr_alloc(me, sizeof *w) : NULL;
	if (w == NULL) {
		fr_fail(me, rq->id, s->silent ? "this node's disk failed" :
						"no memory");
		return;
	}
	w->request = rq->id;
	w->value = rq->value.u.number;
	w->next = i->waiting;
	i->waiting = w;
	if (w->next == NULL)
		prepare(me, i);
}

/* ---- boot, and words for people -------------------------------------------------- */

static int
recover(struct fr_node *me)
{
	struct paxos *s = me->state;
	struct instance *i;
	struct record r;
	uint64_t at = 0;
	int64_t got;

	if (fr_wal_open(me, &s->log, "acceptor") < 0)
		return -1;
	while ((got = fr_wal_next(me, &s->log, &at, &r, sizeof r)) > 0) {
		i = instance_of(me, r.key);
		if (got != (int64_t)sizeof r || i == NULL)
			return -1;
		i->promised = r.promised;
		i->accepted = r.accepted;
		i->value = r.value;
	}
	return got == 0 ? 0 : -1;
}

/* Until it can be: without its promises it must not take part. */
static void
paxos_on_reopen(struct fr_node *me, uint64_t tag)
{
	struct paxos *s = me->state;

	(void)tag;
	s->silent = recover(me) < 0;
	if (s->silent)
		fr_after(me, REOPEN, 4 * s->retry, 0);
}

static void
paxos_start(struct fr_node *me)
{
	struct paxos *s = me->state;
	uint32_t accepts = (uint32_t)fr_param(me, "accepts");

	s->retry = fr_param(me, "retry");
	s->accepts = accepts == 0 || accepts > me->nodes ? fr_majority(me) :
							   accepts;
	/* Each quorum of phase 1 meets each of phase 2; no more is needed. */
	s->prepares = me->nodes + 1 - s->accepts;
	if (accepts == 0)
		s->prepares = fr_majority(me);
#ifdef BUG_quorums_miss
	s->prepares = me->nodes - s->accepts;
#endif
	paxos_on_reopen(me, 0);
}

static void
paxos_describe(uint32_t type, const void *body, size_t size, char *text,
	       size_t max)
{
	const struct message *m = body;
	unsigned long long round = m->ballot / FR_NODES_MAX;
	unsigned node = (unsigned)(m->ballot % FR_NODES_MAX);
	long long key = (long long)m->key, value = (long long)m->value;

	(void)size;
	if (type == PREPARE)
		snprintf(text, max, "instance %lld, ballot %llu.%u", key,
			 round, node);
	else if (type == PROMISE && m->accepted == 0)
		snprintf(text, max, "instance %lld, ballot %llu.%u, accepted "
			 "nothing yet", key, round, node);
	else if (type == PROMISE)
		snprintf(text, max, "instance %lld, ballot %llu.%u, accepted "
			 "%lld in ballot %llu.%u", key, round, node, value,
			 (unsigned long long)m->accepted / FR_NODES_MAX,
			 (unsigned)(m->accepted % FR_NODES_MAX));
	else if (type == REFUSED)
		snprintf(text, max, "instance %lld, ballot %llu.%u, promised "
			 "%llu.%u", key, round, node,
			 (unsigned long long)m->accepted / FR_NODES_MAX,
			 (unsigned)(m->accepted % FR_NODES_MAX));
	else
		snprintf(text, max, "instance %lld, ballot %llu.%u, value "
			 "%lld", key, round, node, value);
}

static uint64_t
paxos_digest(const struct fr_node *me)
{
	const struct paxos *s = me->state;
	const struct instance *i;
	uint64_t sum = 0;
	int b;

	for (b = 0; b < BUCKETS; b++)
		for (i = s->instances[b]; i != NULL; i = i->next) {
			const struct record r = { i->key, i->value,
						  i->promised, i->accepted };

			sum += fr_checksum(i->chosen, &r, sizeof r);
		}
	return sum;
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "paxos",
	.summary  = "single-decree Paxos: many agree on one value, once",
	.paper    = "Lamport 1998, 2001; Howard, Malkhi, Spiegelman 2016",
	.promise  = "Of the values proposed for a key one is chosen, and every "
		    "answer is that one, under lost, late, doubled and "
		    "reordered messages, partitions, and crashes with "
		    "restart; proposals end where a quorum can be reached.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = FR_MINORITY,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK | FR_BEARS_RETRIES),
	.workload = "agreement",
	.params   = FR_PARAMS(
		{ .name = "accepts", .kind = FR_PARAM_INT,
		  .fallback = "0", .min = "0", .max = "1024",
		  .help = "acceptors of a value that make it chosen, of which "
			  "phase 1 asks as many as have to meet them (Flexible "
			  "Paxos); 0: a majority in both" },
		{ .name = "retry", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "100ms", .min = "1ms", .max = "10s",
		  .low = "20ms", .high = "500ms",
		  .help = "who gets no answer, or was outbid, tries again "
			  "after so long, up to twice; each time longer" }),
	.state_size = sizeof(struct paxos),
	.start    = paxos_start,
	.messages = FR_MESSAGES(
		[PREPARE]  = { "prepare",  paxos_on_prepare,
			       sizeof(struct message) },
		[PROMISE]  = { "promise",  paxos_on_promise,
			       sizeof(struct message) },
		[ACCEPT]   = { "accept",   paxos_on_accept,
			       sizeof(struct message) },
		[ACCEPTED] = { "accepted", paxos_on_accepted,
			       sizeof(struct message) },
		[REFUSED]  = { "refused",  paxos_on_refused,
			       sizeof(struct message) },
		[CHOSEN]   = { "chosen",   paxos_on_chosen,
			       sizeof(struct message) }),
	.requests = FR_REQUESTS({ "propose", paxos_on_propose }),
	.timers   = FR_TIMERS(
		[RETRY]  = { "retry",  paxos_on_retry },
		[REOPEN] = { "reopen", paxos_on_reopen }),
	.describe = paxos_describe,
	.digest   = paxos_digest,
};
