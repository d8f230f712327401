/* SPDX-License-Identifier: MIT */
/*
 * abd - a register that every node reads and writes, over majorities.
 *
 *	Attiya, Bar-Noy, Dolev: Sharing Memory Robustly in Message-Passing
 *	Systems.  Journal of the ACM 42(1), 1995.		(one writer)
 *	Lynch, Shvartsman: Robust Emulation of Shared Memory Using Dynamic
 *	Quorum-Acknowledged Broadcasts.  FTCS 1997.		(many writers)
 *
 * Every node is a replica and keeps, for each register, a value and its tag.
 * Tags order all writes: by number, and by node where numbers are equal.  Any
 * node serves any request, in two phases:
 *
 *	query      ask all; when a majority has answered, the newest of their
 *	           values is at least as new as that of every operation that
 *	           had ended when this one began: two majorities share a node
 *	propagate  a write takes a tag above that newest one; a read takes the
 *	           newest as it is.  Tell all; when a majority has stored it,
 *	           no later operation can miss it, and this one may end
 *
 * What holds:
 *
 *  1. A replica's tag never goes down, not at a crash either: what it has not
 *     synced it neither acknowledges nor shows.
 *  2. No tag names two values.  The writer stores its own write first: after
 *     a restart it finds there every number that it has let out, and within
 *     one boot `issued` counts them.
 *  3. A read writes back what it returns (propagate).  Without that, two
 *     reads, one after the other, may see a write that is still on its way
 *     and then not see it (the "new/old inversion" of the 1995 paper).
 */
#include <fracas/easy.h>

enum { QUERY, FOUND, UPDATE, STORED };		/* messages */
enum { RETRY, REOPEN };				/* timers */

#define BUCKETS 256

/* One value of one register.  number 0: never written. */
struct version {
	int64_t key, value;
	uint64_t number;		/* the tag: number, then node         */
	uint64_t node;
};

struct query {				/* QUERY, STORED                      */
	uint64_t op;
	int64_t key;
};

struct update {				/* FOUND, UPDATE                      */
	uint64_t op;
	struct version version;
};

/* An operation under way at this node. */
struct op {
	struct op *next;
	uint64_t id, request;
	bool writes, propagates;
	int64_t wanted;			/* the value that a write brings      */
	struct version version;		/* the newest found; later, the told  */
	uint64_t answered[FR_NODES_MAX / 64];
	uint32_t answers;
};

/* One register at this replica. */
struct cell {
	struct cell *next;
	struct version version;
};

struct abd {
	struct cell *cells[BUCKETS];
	struct fr_wal log;		/* of versions, in the order stored   */
	struct op *ops;
	uint64_t last_op, issued;
	int64_t retry;
	uint32_t quorum;
	bool damaged;			/* the log cannot be read: this replica
					   is silent                          */
};

/* ---- the replica --------------------------------------------------------- */

static bool
newer(const struct version *a, const struct version *b)
{
#ifdef BUG_no_writer
	return a->number > b->number;
#endif
	return a->number != b->number ? a->number > b->number :
					a->node > b->node;
}

static struct cell **
cell_of(struct abd *s, int64_t key)
{
	struct cell **at = &s->cells[(uint64_t)key % BUCKETS];

	while (*at != NULL && (*at)->version.key != key)
		at = &(*at)->next;
	return at;
}

static struct version
version_of(struct abd *s, int64_t key)
{
	struct cell *cell = *cell_of(s, key);

	return cell != NULL ? cell->version : (struct version){ .key = key };
}

/* In memory only. */
static int
keep(struct fr_node *me, const struct version *v)
{
	struct cell **at = cell_of(me->state, v->key);

	if (*at == NULL && (*at = fr_alloc(me, sizeof **at)) == NULL)
		return -1;
	(*at)->version = *v;
	return 0;
}

/* This replica has v or something newer, on its disk (invariant 1). */
static int
store(struct fr_node *me, const struct version *v)
{
	struct abd *s = me->state;
	struct version mine = version_of(s, v->key);

	if (s->damaged)
		return -1;
	if (!newer(v, &mine))
		return 0;
	if (fr_wal_append(me, &s->log, v, sizeof *v) < 0)
		return -1;
#ifndef BUG_early_ack
	if (fr_wal_sync(me, &s->log) < 0)
		return -1;
#endif
	return keep(me, v);
}

static void
abd_on_query(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct abd *s = me->state;
	const struct query *q = body;
	struct update found = { q->op, version_of(s, q->key) };

	(void)size;
	if (!s->damaged)
		fr_send(me, from, FOUND, &found, sizeof found);
}

static void
abd_on_update(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct update *u = body;
	struct query stored = { u->op, u->version.key };

	(void)size;
	if (store(me, &u->version) == 0)
		fr_send(me, from, STORED, &stored, sizeof stored);
}

/* ---- operations ---------------------------------------------------------- */

/* Says the present phase's word to all who have not answered it; again and
 * again, since words get lost and nodes come back. */
static void
tell(struct fr_node *me, struct op *op)
{
	struct abd *s = me->state;
	struct query query = { op->id, op->version.key };
	struct update update = { op->id, op->version };
	uint32_t to;

	for (to = 0; to < me->nodes; to++) {
		if (op->answered[to / 64] >> to % 64 & 1)
			continue;
		if (op->propagates)
			fr_send(me, to, UPDATE, &update, sizeof update);
		else
			fr_send(me, to, QUERY, &query, sizeof query);
	}
	fr_after(me, RETRY, s->retry, op->id);
}

static void
abd_on_retry(struct fr_node *me, uint64_t id)
{
	struct abd *s = me->state;
	struct op *op;

	for (op = s->ops; op != NULL && op->id != id; op = op->next)
		;
	if (op != NULL)
		tell(me, op);
}

/* One more has answered the present phase; true when that makes a quorum. */
static bool
answered(struct abd *s, struct op *op, uint32_t node)
{
	uint64_t bit = (uint64_t)1 << node % 64;

	if (!(op->answered[node / 64] & bit))
		op->answers++;
	op->answered[node / 64] |= bit;
	return op->answers >= s->quorum;
}

static struct op *
op_in_phase(struct abd *s, uint64_t id, bool propagates)
{
	struct op *op;

	for (op = s->ops; op != NULL; op = op->next)
		if (op->id == id && op->propagates == propagates)
			return op;
	return NULL;
}

static void
forget(struct fr_node *me, struct op *op)
{
	struct abd *s = me->state;
	struct op **at = &s->ops;

	while (*at != op)
		at = &(*at)->next;
	*at = op->next;
	fr_cancel(me, RETRY, op->id);
	fr_free(me, op);
}

static void
finish(struct fr_node *me, struct op *op)
{
	struct fr_value result = fr_nil();

	if (!op->writes && op->version.number > 0)
		result = fr_int(op->version.value);
	fr_ok(me, op->request, result);
	forget(me, op);
}

/* A new tag: above all that a majority knows, and never used before. */
static void
choose(struct fr_node *me, struct op *op)
{
	struct abd *s = me->state;

	if (op->version.number > s->issued)
		s->issued = op->version.number;
	op->version.number = ++s->issued;
	op->version.node = me->id;
	op->version.value = op->wanted;
}

/* Invariant 2, for the testbed to watch. */
static void
claim(struct fr_node *me, const struct version *v)
{
	char what[FR_NAME_MAX + 1];

	snprintf(what, sizeof what, "write to register %lld",
		 (long long)v->key);
	fr_claim(me, what, (int64_t)(v->number * FR_NODES_MAX + v->node),
		 v->value);
}

static void
propagate(struct fr_node *me, struct op *op)
{
	struct abd *s = me->state;
	bool stored;

#ifdef BUG_no_write_back
	if (!op->writes) {
		finish(me, op);
		return;
	}
#endif
	op->propagates = true;
	op->answers = 0;
	memset(op->answered, 0, sizeof op->answered);
	if (op->writes)
		choose(me, op);
#ifdef BUG_tells_first
	if (op->writes) {
		claim(me, &op->version);
		tell(me, op);
		return;
	}
#endif
	stored = store(me, &op->version) == 0;
	if (op->writes && !stored) {
		/* It may be on the disk all the same, and be found there. */
		fr_unsure(me, op->request, "the disk would not store it");
		forget(me, op);
		return;
	}
	if (op->writes)
		claim(me, &op->version);
	if (stored && answered(s, op, me->id))
		finish(me, op);
	else
		tell(me, op);
}

static void
begin(struct fr_node *me, const struct fr_request *rq, bool writes)
{
	struct abd *s = me->state;
	struct op *op = s->damaged ? NULL : fr_alloc(me, sizeof *op);

	if (op == NULL) {
		fr_fail(me, rq->id, s->damaged ? "the log cannot be read" :
						 "no memory");
		return;
	}
	op->id = ++s->last_op;
	op->request = rq->id;
	op->writes = writes;
	op->wanted = fr_number(rq->value, 0);
	op->version = version_of(s, rq->key);
	op->next = s->ops;
	s->ops = op;
	if (answered(s, op, me->id))
		propagate(me, op);
	else
		tell(me, op);
}

static void
abd_on_found(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct update *found = body;
	struct op *op = op_in_phase(me->state, found->op, false);

	(void)size;
	if (op == NULL)
		return;
	if (newer(&found->version, &op->version))
		op->version = found->version;
	if (answered(me->state, op, from))
		propagate(me, op);
}

static void
abd_on_stored(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct query *stored = body;
	struct op *op = op_in_phase(me->state, stored->op, true);

	(void)size;
	if (op != NULL && answered(me->state, op, from))
		finish(me, op);
}

static void
abd_on_read(struct fr_node *me, const struct fr_request *rq)
{
	begin(me, rq, false);
}

static void
abd_on_write(struct fr_node *me, const struct fr_request *rq)
{
	if (rq->value.kind == FR_INT)
		begin(me, rq, true);
	else
		fr_fail(me, rq->id, "a register holds a number");
}

/* ---- boot, and words for people ------------------------------------------ */

/* Reads back what was stored; -1 where it cannot be trusted. */
static int
recover(struct fr_node *me)
{
	struct abd *s = me->state;
	struct version v, mine;
	uint64_t at = 0;
	int64_t got;

	if (fr_wal_open(me, &s->log, "versions") < 0)
		return -1;
	while ((got = fr_wal_next(me, &s->log, &at, &v, sizeof v)) > 0) {
		mine = version_of(s, v.key);
		if (newer(&v, &mine) && keep(me, &v) < 0)
			return -1;
		if (v.node == me->id && v.number > s->issued)
			s->issued = v.number;
	}
	return got == 0 ? 0 : -1;
}

/* Until the log can be read: whoever does not know what it has vouched for
 * must not answer. */
static void
abd_on_reopen(struct fr_node *me, uint64_t tag)
{
	struct abd *s = me->state;

	s->damaged = recover(me) < 0;
	if (s->damaged && tag == 0)
		fr_log(me, "the log cannot be read: this replica is silent");
	if (s->damaged == (tag == 0))
		fr_note(me, "role", s->damaged ? "silent" : "replica");
	if (s->damaged)
		fr_after(me, REOPEN, 4 * s->retry, 1);
}

static void
abd_start(struct fr_node *me)
{
	struct abd *s = me->state;

	s->retry = fr_param(me, "retry");
	s->quorum = fr_majority(me);
#ifdef BUG_half
	s->quorum = me->nodes / 2;
#endif
	/* An operation of another boot is not mistaken for one of this. */
	s->last_op = (uint64_t)me->boot << 32;
	abd_on_reopen(me, 0);
}

static void
abd_describe(uint32_t type, const void *body, size_t size, char *text,
	     size_t max)
{
	const struct query *q = body;
	const struct update *u = body;

	(void)size;
	if (type == QUERY || type == STORED)
		snprintf(text, max, "op %llu, register %lld",
			 (unsigned long long)q->op, (long long)q->key);
	else
		snprintf(text, max,
			 "op %llu, register %lld = %lld, tag %llu.%u",
			 (unsigned long long)u->op, (long long)u->version.key,
			 (long long)u->version.value,
			 (unsigned long long)u->version.number,
			 (unsigned)u->version.node);
}

/* The registers, in whatever order. */
static uint64_t
abd_digest(const struct fr_node *me)
{
	const struct abd *s = me->state;
	const struct cell *cell;
	uint64_t sum = 0;
	int i;

	for (i = 0; i < BUCKETS; i++)
		for (cell = s->cells[i]; cell != NULL; cell = cell->next)
			sum += fr_checksum(0, &cell->version,
					   sizeof cell->version);
	return sum;
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "abd",
	.summary  = "multi-writer atomic register over majorities",
	.paper    = "Attiya, Bar-Noy, Dolev 1995; Lynch, Shvartsman 1997",
	.promise  = "Every register is linearizable, under lost, late, doubled "
		    "and reordered messages, partitions, and crashes with "
		    "restart; operations end where a majority can be reached.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = FR_MINORITY,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK),
	.workload = "register",
	.params   = FR_PARAMS(
		{ .name = "retry", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "100ms", .min = "1ms", .max = "10s",
		  .low = "2ms", .high = "1s",
		  .help = "ask those again who have not answered so long" }),
	.state_size = sizeof(struct abd),
	.start    = abd_start,
	.messages = FR_MESSAGES(
		[QUERY]  = { "query",  abd_on_query,  sizeof(struct query) },
		[FOUND]  = { "found",  abd_on_found,  sizeof(struct update) },
		[UPDATE] = { "update", abd_on_update, sizeof(struct update) },
		[STORED] = { "stored", abd_on_stored, sizeof(struct query) }),
	.requests = FR_REQUESTS(
		{ "read",  abd_on_read },
		{ "write", abd_on_write }),
	.timers   = FR_TIMERS(
		[RETRY]  = { "retry",  abd_on_retry },
		[REOPEN] = { "reopen", abd_on_reopen }),
	.describe = abd_describe,
	.digest   = abd_digest,
};
