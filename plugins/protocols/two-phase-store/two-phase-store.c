/* SPDX-License-Identifier: MIT */
/*
 * two-phase-store - a store in shards, with transactions over all of them.
 *
 *	Eswaran, Gray, Lorie, Traiger: The Notions of Consistency and
 *	Predicate Locks in a Database System.  CACM 19(11), 1976.
 *	Rosenkrantz, Stearns, Lewis: System Level Concurrency Control for
 *	Distributed Database Systems.  ACM TODS 3(2), 1978.	(wait-die)
 *	Bernstein, Hadzilacos, Goodman: Concurrency Control and Recovery in
 *	Database Systems.  1987, chapters 3 and 7.
 *
 * Each key has one node.  Who is asked to do a transaction is its coordinator;
 * it sends each node that has one of the keys what is to be done there, as the
 * question of two-phase commit (shared/two-phase.c).  A node agrees when it has
 * the locks of all that it was asked, and its yes brings along what it read.
 * When all have agreed all locks are held, and that moment is the
 * transaction's.  The decision is what they are released by: two-phase
 * locking, and a strict one.
 *
 * What holds:
 *
 *  1. From a node's yes to the decision nothing that the transaction read there
 *     changes, and nobody reads what it will write.
 *  2. A crash releases no lock, of what is read neither: those of a transaction
 *     in doubt are in the log with what it agreed to.
 *  3. Nobody waits for an older one, so no circle of transactions waits: who
 *     would have to says no, and is tried again, as old as it was (so that one
 *     day it is the oldest).
 *  4. A transaction in doubt keeps its locks: what two-phase commit blocks, it
 *     blocks with them.
 *
 * A key holds a list of numbers; as a register it is the last one.  A bank's
 * accounts lie on all nodes: account a of bank k on node (k + a) mod n.
 */
#include <fracas/txn.h>

#include "store.h"

enum { TXN, BANK_OPEN, BANK_TRANSFER, BANK_READ };	/* requests */
enum { BACKOFF = REOPEN + 1 };				/* timers */

/* Acts of one transaction, so that all of them fit into one question. */
#define ACTS_MAX ((TWO_PHASE_MAX - sizeof(struct order)) / sizeof(struct act))

static uint32_t
home_of(const struct fr_node *me, int64_t key)
{
	return (uint32_t)((uint64_t)key % me->nodes);
}

/* ---- what a transaction consists of -------------------------------------- */

static struct act *
add(struct fr_node *me, struct deal *d, int64_t kind, int64_t key)
{
	struct act *a = &d->acts[d->count++];

	*a = (struct act){ kind, home_of(me, key), key, 0, 0 };
	return a;
}

/* Of account a: where it is, and which one it is there. */
static struct act *
add_change(struct fr_node *me, struct deal *d, int64_t account, int64_t by)
{
	struct act *a = add(me, d, CHANGE, d->key);

	a->node = home_of(me, d->key + account);
	a->a = account / me->nodes;
	a->b = by;
	return a;
}

static const char *
plan_txn(struct fr_node *me, struct deal *d, const struct fr_value *v)
{
	struct fr_txn_micro micro;
	uint32_t at = 0;
	int got;

	while ((got = fr_txn_next(v, &at, &micro)) > 0)
		add(me, d, micro.kind == FR_TXN_READ ? GET :
			   micro.kind == FR_TXN_LIST ? GET_LIST : PUT,
		    micro.key)->a = micro.value;
	return got < 0 ? "that is no transaction" : NULL;
}

static const char *
plan_open(struct fr_node *me, struct deal *d, const struct fr_value *v)
{
	int64_t accounts = fr_item(*v, 0, 0), i;
	struct act *a;

	if (accounts < 1 || accounts > 4096 || fr_item(*v, 1, -1) < 0)
		return "given [accounts balance]";
	for (i = 0; i < me->nodes && i < accounts; i++) {
		a = add(me, d, OPEN, d->key);
		a->node = home_of(me, d->key + i);
		a->a = (accounts - i - 1) / me->nodes + 1;
		a->b = fr_item(*v, 1, 0);
	}
	return NULL;
}

static const char *
plan_transfer(struct fr_node *me, struct deal *d, const struct fr_value *v)
{
	int64_t from = fr_item(*v, 0, -1), to = fr_item(*v, 1, -1);
	int64_t amount = fr_item(*v, 2, -1);

	if (from < 0 || to < 0 || from == to || amount < 0)
		return "given [from to amount], two accounts";
	add_change(me, d, from, -amount);
	add_change(me, d, to, amount);
	return NULL;
}

static const char *
plan_read(struct fr_node *me, struct deal *d, const struct fr_value *v)
{
	uint32_t i;

	(void)v;
	for (i = 0; i < me->nodes; i++)
		add(me, d, BALANCES, d->key)->node = i;
	return NULL;
}

static const char *(*const plans[])(struct fr_node *me, struct deal *d,
				    const struct fr_value *v) = {
	[TXN]		= plan_txn,
	[BANK_OPEN]	= plan_open,
	[BANK_TRANSFER]	= plan_transfer,
	[BANK_READ]	= plan_read,
};

/* ---- the coordinator ----------------------------------------------------- */

static void
forget(struct fr_node *me, struct deal *d)
{
	uint32_t i;

	for (i = 0; d->found != NULL && i < d->count; i++)
		fr_free(me, d->found[i].numbers);
	fr_free(me, d->found);
	fr_free(me, d->acts);
	d->found = NULL;
	d->acts = NULL;
}

static void
store_question(struct fr_node *me, struct transaction *t, uint32_t to,
	       struct fr_writer *w)
{
	const struct deal *d = (const struct deal *)t;
	const struct order o = { .age = d->age };
	uint32_t i;

	(void)me;
	fr_put_bytes(w, &o, sizeof o);
	for (i = 0; i < d->count; i++)
		if (d->acts[i].node == to)
			fr_put_bytes(w, &d->acts[i], sizeof d->acts[i]);
}

/* What `from` found, in the order of its acts. */
static bool
store_agreed(struct fr_node *me, struct transaction *t, uint32_t from,
	     const void *body, size_t size)
{
	struct deal *d = (struct deal *)t;
	struct fr_reader r = fr_reader(body, size);
	struct found *f;
	const void *numbers;
	uint32_t i;

	for (i = 0; i < d->count; i++) {
		const struct act *a = &d->acts[i];

		if (a->node != from || a->kind == PUT || a->kind == OPEN)
			continue;
		f = &d->found[i];
		f->count = fr_get_u32(&r);
		if (a->kind == CHANGE) {
			if (f->count == 0)
				d->refused = "so much is not there";
			continue;
		}
		numbers = fr_get_bytes(&r, f->count * sizeof *f->numbers);
		f->numbers = fr_alloc(me, size);
		if (numbers == NULL || f->numbers == NULL)
			return false;
		memcpy(f->numbers, numbers, f->count * sizeof *f->numbers);
	}
	return d->refused == NULL;
}

/* What a client is told; the room is the caller's to free.  NULL: no memory. */
static int64_t *
answer(struct fr_node *me, const struct deal *d, struct fr_value *out)
{
	uint32_t i, room = 1, count = 0;
	struct fr_txn_writer t;
	const struct found *f;
	int64_t *numbers;

	for (i = 0; i < d->count; i++)
		room += 3 + (d->acts[i].kind == CHANGE ? 0 : d->found[i].count);
	numbers = fr_alloc(me, room * sizeof *numbers);
	if (numbers == NULL)
		return NULL;
	t = fr_txn_begin(numbers, room);
	for (i = 0; d->f == TXN && i < d->count; i++) {
		const struct act *a = &d->acts[i];

		f = &d->found[i];
		if (a->kind == PUT)
			fr_txn_write(&t, a->key, a->a);
		else if (a->kind == GET_LIST)
			fr_txn_list(&t, a->key, f->numbers, f->count);
		else
			fr_txn_read(&t, a->key, f->count == 0 ? FR_TXN_NIL :
				    f->numbers[0]);
	}
	/* Account by account, round the nodes; act i is of node i. */
	for (i = 0; d->f == BANK_READ; i++) {
		f = &d->found[home_of(me, d->key + i)];
		if (i / me->nodes >= f->count)
			break;
		numbers[count++] = f->numbers[i / me->nodes];
	}
	*out = d->f == TXN ? fr_txn_value(&t) :
	       d->f == BANK_READ ? fr_list(numbers, count) : fr_nil();
	return numbers;
}

/* One of a name that was never used.  NULL: the client was told. */
static struct deal *
new_deal(struct fr_node *me, uint64_t request)
{
	struct store *s = me->state;
	uint64_t number = ((uint64_t)me->boot << 32) + ++s->issued;

	return (struct deal *)two_phase_new(me, request, (int64_t)
					    (number * FR_NODES_MAX + me->id));
}

static void begin(struct fr_node *me, struct deal *d);

/* Once more, as old as it was, under a name of its own. */
static void
store_on_backoff(struct fr_node *me, uint64_t id)
{
	struct store *s = me->state;
	struct deal *old, *d;

	old = (struct deal *)decisions_find(&s->two_phase.all, (int64_t)id);
	if (old == NULL || old->acts == NULL)
		return;
	d = new_deal(me, old->t.d.request);
	if (d != NULL) {
		d->f = old->f;
		d->age = old->age;
		d->until = old->until;
		d->key = old->key;
		d->acts = old->acts;
		d->count = old->count;
		old->acts = NULL;
	}
	forget(me, old);
	if (d != NULL)
		begin(me, d);
}

static void
store_concluded(struct fr_node *me, struct transaction *t, bool commit)
{
	struct store *s = me->state;
	struct deal *d = (struct deal *)t;
	struct fr_value v = fr_nil();
	int64_t *room;

	if (!commit && d->refused == NULL &&
	    fr_mono(me) + s->two_phase.patience < d->until) {
		fr_after(me, BACKOFF, fr_random_between(me, FR_MS(1),
							FR_MS(20)),
			 (uint64_t)t->d.id);
		return;
	}
	if (!commit) {
		fr_fail(me, t->d.request, d->refused != NULL ? d->refused :
			"it could not be done in time");
		forget(me, d);
		return;
	}
	room = answer(me, d, &v);
	if (room == NULL)
		fr_unsure(me, t->d.request, "done, and no memory to tell it");
	else if (d->f == BANK_READ && v.count == 0)
		fr_fail(me, t->d.request, "there is no such bank");
	else
		fr_ok(me, t->d.request, v);
	fr_free(me, room);
	forget(me, d);
}

static void
begin(struct fr_node *me, struct deal *d)
{
	uint32_t i;

	d->found = fr_alloc(me, (d->count + 1) * sizeof *d->found);
	if (d->found == NULL) {
		fr_fail(me, d->t.d.request, "no memory");
		forget(me, d);
		return;
	}
	for (i = 0; i < d->count; i++)
		set_add(&d->t.parts, (uint32_t)d->acts[i].node);
	two_phase_begin(me, &d->t);
}

static void
store_on_request(struct fr_node *me, const struct fr_request *rq)
{
	struct store *s = me->state;
	uint32_t most = rq->value.kind == FR_LIST ? rq->value.count : 0;
	const char *why = NULL;
	struct deal *d;

	most = most / 3 + me->nodes + 2;
	d = new_deal(me, rq->id);
	if (d == NULL)
		return;
	d->f = rq->f;
	d->key = rq->key;
	d->age = ++s->clock * FR_NODES_MAX + me->id;
	d->until = fr_mono(me) + s->give_up;
	d->acts = most > ACTS_MAX ? NULL : fr_alloc(me, most * sizeof *d->acts);
	if (d->acts == NULL)
		why = "too much at once";
	else
		why = plans[d->f](me, d, &rq->value);
	if (why == NULL && d->count == 0)
		why = "there is nothing to do";
	if (why != NULL) {
		fr_fail(me, rq->id, why);
		forget(me, d);
		return;
	}
	begin(me, d);
}

/* ---- the tables ---------------------------------------------------------- */

static const struct two_phase_owner owner = {
	.each      = sizeof(struct deal),
	.question  = store_question,
	.agreed    = store_agreed,
	.concluded = store_concluded,
	.weigh     = shard_weigh,
	.result    = shard_result,
	.restore   = shard_restore,
	.settle    = shard_settle,
};

static void
store_start(struct fr_node *me)
{
	struct store *s = me->state;

	s->give_up = fr_param(me, "give-up");
	two_phase_start(me, &owner);
}

static uint64_t
store_digest(const struct fr_node *me)
{
	const struct store *s = me->state;

	return objects_digest(&s->objects) ^
	       decisions_digest(&s->two_phase.all);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "two-phase-store",
	.summary  = "a store in shards; transactions by locks and two-phase "
		    "commit",
	.paper    = "Eswaran, Gray, Lorie, Traiger 1976; Rosenkrantz, Stearns, "
		    "Lewis 1978; Bernstein, Hadzilacos, Goodman 1987",
	.promise  = "Transactions over any keys are strictly serializable, "
		    "under lost, late, doubled and reordered messages, "
		    "partitions, and crashes with restart.  Each key has one "
		    "copy: what its node is needed for waits for it.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = 0,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK),
	.workload = "list-append",
	.params   = FR_PARAMS(
		TWO_PHASE_PARAMS,
		{ .name = "give-up", .kind = FR_PARAM_TIME,
		  .fallback = "900ms", .min = "1ms", .max = "1h",
		  .help = "so long after a client asked nothing is tried "
			  "again" }),
	.state_size = sizeof(struct store),
	.start    = store_start,
	.messages = FR_MESSAGES(TWO_PHASE_MESSAGES),
	.requests = FR_REQUESTS(
		[TXN]		= { "txn",	store_on_request },
		[BANK_OPEN]	= { "open",	store_on_request },
		[BANK_TRANSFER]	= { "transfer",	store_on_request },
		[BANK_READ]	= { "read",	store_on_request }),
	.timers   = FR_TIMERS(TWO_PHASE_TIMERS,
		[BACKOFF] = { "backoff", store_on_backoff }),
	.describe = two_phase_describe,
	.digest   = store_digest,
};
