/* SPDX-License-Identifier: MIT */
/*
 * commit-wait - transactions whose time stamps are in the order of real time,
 * and reads of a snapshot, on all nodes, without a lock.
 *
 *	Corbett et al.: Spanner: Google's Globally-Distributed Database.
 *	OSDI 2012; ACM TOCS 31(3), 2013.
 *
 * Each key has one owner, key modulo nodes, which is what a Paxos group and its
 * leader are there.  A transaction that writes is about one owner's keys; one
 * that only reads, about any.  The clock is an interval that contains real time
 * (TrueTime, section 3): TT.now() is fr_wall_bounds.
 *
 *	start		a transaction that writes gets a time stamp no less than
 *			TT.now().latest, and above all before it (4.1.2)
 *	commit wait	and is not answered before TT.after(its stamp)
 *	snapshot read	at t = TT.now().latest of whoever was asked, answered by
 *			each owner with what has a stamp of at most t (4.1.4)
 *	safe time	but not before TT.after(t)
 *
 * Why that is enough:
 *
 *  1. External consistency.  If T1 was answered before T2 was asked for, then
 *     s1 < real time at the answer <= real time at the call <= s2.
 *  2. Who reads at t with t surely past sees all that will ever have a stamp of
 *     at most t: what comes later gets more than real time.  So the owner has
 *     nothing to remember of a read, not even over a crash.
 *  3. What was written, and the latest stamp with it, is on the disk before
 *     anybody hears of it.  After a restart that stamp may be in the future.
 *
 * The wait is the price of uncertainty, twice epsilon.  A node that knows that
 * its clock is worse than that takes no part, rather than let clients wait.
 */
#include <fracas/txn.h>

#include "store.h"

enum { READ, VALUES };				/* messages */
enum { PAST, PATIENCE };			/* timers */

#define LOOK_LEAST FR_US(100)		/* between two looks at the clock     */
#define LOOK_MOST  FR_MS(20)

struct read {				/* a message                          */
	int64_t stamp, key;
	uint64_t request, boot, step;	/* for whom                           */
};

/* What waits until its stamp is surely past: a client for its answer, or a read
 * for its snapshot. */
struct waiting {
	struct waiting *next;
	int64_t stamp;
	bool commits;
	uint64_t request;		/* of the client                      */
	struct read read;		/* of a read, and who sent it         */
	uint32_t from;
	uint32_t count;			/* the answer's numbers               */
	int64_t answer[];
};

struct step {				/* of a transaction that only reads   */
	int64_t kind, key;
	bool known;
	uint32_t count;
	int64_t *values;
};

struct reading {
	struct reading *next;
	uint64_t request;
	uint32_t count;
	struct step steps[];
};

struct node {
	struct store store;		/* of this owner's keys               */
	bool trusted;			/* the clock can be                   */
	int64_t epsilon;
	struct waiting *waiting;	/* by stamp                           */
	struct reading *readings;
};

/* ---- TrueTime ------------------------------------------------------------ */

static bool
after(struct fr_node *me, int64_t stamp)
{
	return fr_wall_bounds(me).earliest > stamp;
}

/* TT.now().latest; false: it is too far from now. */
static bool
latest(struct fr_node *me, int64_t *stamp)
{
	struct node *s = me->state;
	struct fr_bounds b = fr_wall_bounds(me);

	*stamp = b.latest;
#ifdef BUG_earliest
	*stamp = b.earliest;
#endif
	if (s->trusted != (b.latest / 2 - b.earliest / 2 <= s->epsilon)) {
		s->trusted = !s->trusted;
		fr_note(me, "clock", s->trusted ? "trusted" : "too far off");
	}
	return s->trusted;
}

/* ---- what waits ---------------------------------------------------------- */

static void
serve(struct fr_node *me, const struct waiting *w)
{
	struct node *s = me->state;
	const struct item *i;
	struct fr_writer out;
	uint32_t count, k;
	void *body;

	if (w->commits) {
		fr_ok(me, w->request, fr_list(w->answer, w->count));
		return;
	}
	if (!s->store.ready)
		return;
	i = store_item(&s->store, w->read.key);
	count = store_versions(i, w->read.stamp);
#ifdef BUG_newest
	count = i == NULL ? 0 : i->count;
#endif
	body = fr_alloc(me, sizeof w->read + 8 * (size_t)count);
	if (body == NULL)
		return;
	out = fr_writer(body, sizeof w->read + 8 * (size_t)count);
	fr_put_bytes(&out, &w->read, sizeof w->read);
	for (k = 0; k < count; k++)
		fr_put_i64(&out, i->versions[k].value);
	fr_send(me, w->from, VALUES, body, out.size);
	fr_free(me, body);
}

/* All that is surely past; the timer for the next. */
static void
look(struct fr_node *me)
{
	struct node *s = me->state;
	struct waiting *w;
	int64_t left;

	while ((w = s->waiting) != NULL && after(me, w->stamp)) {
		s->waiting = w->next;
		serve(me, w);
		fr_free(me, w);
	}
	if (w == NULL)
		return;
	/* The bound may shrink before; and a clock that stands still is looked
	 * at again, but not all the time. */
	left = w->stamp - fr_wall_bounds(me).earliest + 1;
	left = left < LOOK_LEAST ? LOOK_LEAST : left;
	fr_after(me, PAST, left > LOOK_MOST ? LOOK_MOST : left, 0);
}

static void
wait_for(struct fr_node *me, struct waiting *w)
{
	struct node *s = me->state;
	struct waiting **at = &s->waiting;

#ifdef BUG_no_wait
	if (w->commits) {
		serve(me, w);
		fr_free(me, w);
		return;
	}
#endif
#ifdef BUG_eager_read
	if (!w->commits) {
		serve(me, w);
		fr_free(me, w);
		return;
	}
#endif
	while (*at != NULL && (*at)->stamp <= w->stamp)
		at = &(*at)->next;
	w->next = *at;
	*at = w;
	look(me);
}

static void
on_past(struct fr_node *me, uint64_t tag)
{
	(void)tag;
	look(me);
}

/* ---- transactions that write --------------------------------------------- */

/* What a step finds: the versions, and behind them what the transaction itself
 * has written. */
static void
find(const struct store *s, const struct fr_txn_micro *m,
     const struct record *r, struct fr_txn_writer *out, int64_t *room)
{
	const struct item *i = store_item(s, m->key);
	uint32_t count = i == NULL ? 0 : i->count, k;

	for (k = 0; k < count; k++)
		room[k] = i->versions[k].value;
	for (k = 0; k < r->count; k++)
		if (r->writes[k].key == m->key)
			room[count++] = r->writes[k].value;
	if (m->kind == FR_TXN_LIST)
		fr_txn_list(out, m->key, room, count);
	else
		fr_txn_read(out, m->key, count > 0 ? room[count - 1] :
						     FR_TXN_NIL);
}

/* How many numbers the answer can have; and the longest list in it. */
static uint32_t
answer_room(const struct store *s, const struct fr_request *rq,
	    uint32_t *longest)
{
	struct fr_txn_micro m;
	const struct item *i;
	uint32_t at = 0, room = 0, most;

	*longest = 0;
	while (fr_txn_next(&rq->value, &at, &m) > 0) {
		i = store_item(s, m.key);
		most = (i == NULL ? 0 : i->count) + STEPS;
		*longest = most > *longest ? most : *longest;
		room += 3 + (m.kind == FR_TXN_LIST ? most : 0);
	}
	return room;
}

static void
write_txn(struct fr_node *me, const struct fr_request *rq)
{
	struct node *s = me->state;
	struct record r = { 0 };
	struct fr_txn_micro m;
	struct fr_txn_writer out;
	struct waiting *w;
	uint32_t longest, room, at = 0;
	int64_t *list;

	room = answer_room(&s->store, rq, &longest);
	if (!latest(me, &r.stamp)) {
		fr_fail(me, rq->id, "this node's clock cannot be trusted");
		return;
	}
	if (r.stamp <= s->store.last)
		r.stamp = s->store.last + 1;
	w = fr_alloc(me, sizeof *w + room * sizeof *w->answer);
	list = w == NULL ? NULL : fr_alloc(me, longest * sizeof *list);
	if (list == NULL) {
		fr_free(me, w);
		fr_fail(me, rq->id, "no memory");
		return;
	}
	out = fr_txn_begin(w->answer, room);
	while (fr_txn_next(&rq->value, &at, &m) > 0) {
		if (m.kind != FR_TXN_WRITE) {
			find(&s->store, &m, &r, &out, list);
			continue;
		}
		fr_txn_write(&out, m.key, m.value);
		r.writes[r.count].key = m.key;
		r.writes[r.count++].value = m.value;
	}
	fr_free(me, list);
	if (!store_commit(me, &s->store, &r)) {
		fr_unsure(me, rq->id, "the disk would not store it");
		fr_free(me, w);
		return;
	}
	w->stamp = r.stamp;
	w->commits = true;
	w->request = rq->id;
	w->count = out.count;
	wait_for(me, w);
}

/* ---- transactions that only read ----------------------------------------- */

static struct reading **
reading_of(struct fr_node *me, uint64_t request)
{
	struct node *s = me->state;
	struct reading **at = &s->readings;

	while (*at != NULL && (*at)->request != request)
		at = &(*at)->next;
	return at;
}

static void
reading_free(struct fr_node *me, struct reading **at)
{
	struct reading *r = *at;
	uint32_t k;

	fr_cancel(me, PATIENCE, r->request);
	*at = r->next;
	for (k = 0; k < r->count; k++)
		fr_free(me, r->steps[k].values);
	fr_free(me, r);
}

static void
read_txn(struct fr_node *me, const struct fr_request *rq, uint32_t steps)
{
	struct node *s = me->state;
	struct read m = { .request = rq->id, .boot = me->boot };
	struct fr_txn_micro step;
	struct reading *r;
	uint32_t at = 0;

	if (!latest(me, &m.stamp)) {
		fr_fail(me, rq->id, "this node's clock cannot be trusted");
		return;
	}
	r = fr_alloc(me, sizeof *r + steps * sizeof *r->steps);
	if (r == NULL) {
		fr_fail(me, rq->id, "no memory");
		return;
	}
	r->request = rq->id;
	r->next = s->readings;
	s->readings = r;
	fr_after(me, PATIENCE, fr_param(me, "patience"), rq->id);
	while (fr_txn_next(&rq->value, &at, &step) > 0) {
		m.step = r->count++;
		m.key = step.key;
		r->steps[m.step].kind = step.kind;
		r->steps[m.step].key = step.key;
		fr_send(me, (uint32_t)((uint64_t)step.key % me->nodes), READ,
			&m, sizeof m);
	}
}

static void
on_read(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct node *s = me->state;
	struct waiting *w;

	(void)size;
	w = store_recover(me, &s->store) ? fr_alloc(me, sizeof *w) : NULL;
	if (w == NULL)
		return;
	w->read = *(const struct read *)body;
	w->stamp = w->read.stamp;
	w->from = from;
	wait_for(me, w);
}

/* The answer, when all steps have theirs. */
static void
finish(struct fr_node *me, struct reading **at)
{
	struct reading *r = *at;
	struct fr_txn_writer out;
	struct step *step;
	uint32_t room = 0, k;
	int64_t *answer;

	for (k = 0; k < r->count; k++) {
		if (!r->steps[k].known)
			return;
		room += 3 + r->steps[k].count;
	}
	answer = fr_alloc(me, room * sizeof *answer);
	out = fr_txn_begin(answer, answer == NULL ? 0 : room);
	for (k = 0; k < r->count; k++) {
		step = &r->steps[k];
		if (step->kind == FR_TXN_LIST)
			fr_txn_list(&out, step->key, step->values,
				    step->count);
		else
			fr_txn_read(&out, step->key, step->count > 0 ?
				    step->values[step->count - 1] :
				    FR_TXN_NIL);
	}
	if (answer == NULL)
		fr_fail(me, r->request, "no memory");
	else
		fr_ok(me, r->request, fr_txn_value(&out));
	fr_free(me, answer);
	reading_free(me, at);
}

static void
on_values(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct read *m = body;
	struct reading **at = reading_of(me, m->request);
	struct fr_reader in = fr_reader(m + 1, size - sizeof *m);
	struct step *step;
	uint32_t k;

	(void)from;
	if (m->boot != me->boot || *at == NULL || m->step >= (*at)->count)
		return;
	step = &(*at)->steps[m->step];
	if (step->known)
		return;
	step->count = (uint32_t)(in.size / 8);
	step->values = fr_alloc(me, (step->count + 1) * sizeof *step->values);
	step->known = step->values != NULL;
	for (k = 0; step->known && k < step->count; k++)
		step->values[k] = fr_get_i64(&in);
	finish(me, at);
}

static void
on_patience(struct fr_node *me, uint64_t request)
{
	struct reading **at = reading_of(me, request);

	if (*at == NULL)
		return;
	fr_fail(me, request, "a node did not answer");
	reading_free(me, at);
}

/* ---- clients ------------------------------------------------------------- */

static void
on_txn(struct fr_node *me, const struct fr_request *rq)
{
	struct node *s = me->state;
	struct fr_txn_micro m;
	uint32_t at = 0, steps = 0, owner = 0, to;
	bool writes = false, apart = false;
	int got;

	while ((got = fr_txn_next(&rq->value, &at, &m)) > 0) {
		to = (uint32_t)((uint64_t)m.key % me->nodes);
		apart = apart || (steps > 0 && to != owner);
		owner = to;
		writes = writes || m.kind == FR_TXN_WRITE;
		steps++;
	}
	if (got < 0 || steps == 0 || steps > STEPS)
		fr_fail(me, rq->id, "that is no transaction, or a long one");
	else if (!writes)
		read_txn(me, rq, steps);
	else if (apart)
		fr_fail(me, rq->id, "who writes does so on one node's keys");
	else if (owner != me->id)
		fr_redirect(me, rq->id, owner);
	else if (!store_recover(me, &s->store))
		fr_fail(me, rq->id, "the disk does not tell what is stored");
	else
		write_txn(me, rq);
}

static void
start(struct fr_node *me)
{
	struct node *s = me->state;

	s->epsilon = fr_param(me, "epsilon");
	store_recover(me, &s->store);
}

static void
describe(uint32_t type, const void *body, size_t size, char *text, size_t max)
{
	const struct read *m = body;

	if (type == READ)
		snprintf(text, max, "key %lld at %lld", (long long)m->key,
			 (long long)m->stamp);
	else
		snprintf(text, max, "key %lld at %lld: %zu version(s)",
			 (long long)m->key, (long long)m->stamp,
			 (size - sizeof *m) / 8);
}

static uint64_t
digest(const struct fr_node *me)
{
	const struct node *s = me->state;

	return store_digest(&s->store);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "commit-wait",
	.summary  = "time stamps in the order of real time, reads without locks",
	.paper    = "Corbett et al. 2012 (Spanner)",
	.promise  = "Transactions are strictly serializable: what was answered "
		    "has a smaller stamp than what is asked for later, and a "
		    "read of many keys sees all up to one stamp; under lost, "
		    "late and doubled messages, crashes with restart, and any "
		    "clocks that keep within what they say.  A key is there "
		    "while its owner is.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_PARTITION |
			 FR_BEARS_LOSS | FR_BEARS_COPIES | FR_BEARS_ORDER |
			 FR_BEARS_DELAY | FR_BEARS_SKEW | FR_BEARS_RATES |
			 FR_BEARS_DISK),
	.workload = "wide-reads",
	.params   = FR_PARAMS(
		{ .name = "epsilon", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "100ms", .min = "1us", .max = "1h",
		  .low = "10ms", .high = "500ms",
		  .help = "a node that is less sure of the time takes no "
			  "part" },
		{ .name = "patience", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "1s", .min = "1ms", .max = "1m",
		  .low = "200ms", .high = "3s",
		  .help = "how long the owners of what is read are waited "
			  "for" }),
	.state_size = sizeof(struct node),
	.start    = start,
	.messages = FR_MESSAGES(
		[READ]   = { "read", on_read, sizeof(struct read) },
		[VALUES] = { "values", on_values, sizeof(struct read) }),
	.requests = FR_REQUESTS({ "txn", on_txn }),
	.timers   = FR_TIMERS(
		[PAST]     = { "past", on_past },
		[PATIENCE] = { "patience", on_patience }),
	.describe = describe,
	.digest   = digest,
};
