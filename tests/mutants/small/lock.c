/* SPDX-License-Identifier: MIT */
/*
 * A lock with a time limit, and no fence: node 0 gives it to one worker at a
 * time, node 1 keeps the registers, all others work.  Who holds the lock loads
 * a register, decides, and stores it, and the keeper takes whatever it is sent.
 *
 * A worker looks at its wall clock before it loads, and counts its time from
 * when it asked, less a tenth.  That bears lost processes, whichever they are.
 * It does not bear a worker that stops between loading and storing, nor clocks
 * that are not right (Kleppmann, "How to do distributed locking", 2016).
 */
#include <fracas/easy.h>

#define LOCK	0u
#define KEEPER	1u
#define FIRST	2u			/* of the workers                      */
#define KEYS	32
#define WAITING 64
#define LIMIT	FR_MS(300)
#define SHORTER (LIMIT - LIMIT / 10)
#define GIVE_UP FR_MS(100)

enum { NEVER_HELD = UINT32_MAX };
enum { ACQUIRE, GIVEN, LOAD, VALUE, STORE, STORED };
enum { LIMIT_OVER, RETRY };
enum { READ, WRITE, CAS };

struct job {
	uint64_t request;
	uint64_t f;
	int64_t key, old, value;
};

struct word {
	uint64_t job;			/* which it is about                   */
	int64_t key, value;
};

struct lock {
	/* The lock. */
	uint32_t holder;
	uint32_t queue[FR_NODES_MAX];	/* who asked, in order                 */
	uint64_t asked_at[FR_NODES_MAX];	/* each one's last word        */
	uint32_t queued;
	/* The keeper. */
	int64_t values[KEYS];
	/* A worker. */
	struct job jobs[WAITING];
	uint32_t first, count;
	uint64_t number;		/* of the job that is being done       */
	bool busy, loaded;
	int64_t until;			/* by the wall clock                   */
	int64_t asked;
};

/* ---- the lock ------------------------------------------------------------------- */

static void
give(struct fr_node *me)
{
	struct lock *s = me->state;
	uint32_t to, i;

	if (s->holder != NEVER_HELD || s->queued == 0)
		return;
	to = s->queue[0];
	s->queued--;
	for (i = 0; i < s->queued; i++)
		s->queue[i] = s->queue[i + 1];
	s->holder = to;
	fr_after(me, LIMIT_OVER, LIMIT, 0);
	fr_send(me, to, GIVEN, &s->asked_at[to], sizeof s->asked_at[to]);
}

static void
on_acquire(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct lock *s = me->state;
	uint32_t i;

	(void)size;
	memcpy(&s->asked_at[from], body, sizeof s->asked_at[from]);
	for (i = 0; i < s->queued && s->queue[i] != from; i++)
		;
	if (i == s->queued && s->queued < FR_NODES_MAX)
		s->queue[s->queued++] = from;
	give(me);
}

static void
on_limit(struct fr_node *me, uint64_t tag)
{
	struct lock *s = me->state;

	(void)tag;
	s->holder = NEVER_HELD;
	give(me);
}

/* ---- the keeper ------------------------------------------------------------------- */

static void
on_load(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct lock *s = me->state;
	struct word w;

	(void)size;
	memcpy(&w, body, sizeof w);
	w.value = s->values[w.key];
	fr_send(me, from, VALUE, &w, sizeof w);
}

static void
on_store(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct lock *s = me->state;
	struct word w;

	(void)size;
	memcpy(&w, body, sizeof w);
	if (fr_write(me, "values", (uint64_t)w.key * 8, &w.value, 8) < 0 ||
	    fr_sync(me, "values") < 0)
		return;
	s->values[w.key] = w.value;
	fr_send(me, from, STORED, &w, sizeof w);
}

/* ---- a worker ----------------------------------------------------------------------- */

static void
next(struct fr_node *me)
{
	struct lock *s = me->state;
	const struct job *j = &s->jobs[s->first];
	struct word w;
	uint64_t asked;

	if (s->busy || s->count == 0)
		return;
	/* The one look at the clock. */
	if (fr_wall(me) >= s->until) {
		asked = (uint64_t)fr_wall(me);
		s->asked = (int64_t)asked;
		fr_send(me, LOCK, ACQUIRE, &asked, sizeof asked);
		fr_after(me, RETRY, 2 * LIMIT, 0);
		return;
	}
	s->busy = true;
	s->loaded = false;
	w = (struct word){ ++s->number, j->key, 0 };
	fr_send(me, KEEPER, LOAD, &w, sizeof w);
	fr_after(me, RETRY, GIVE_UP, 0);
}

static void
done(struct fr_node *me)
{
	struct lock *s = me->state;

	s->busy = false;
	s->first = (s->first + 1) % WAITING;
	s->count--;
	fr_cancel(me, RETRY, 0);
	next(me);
}

static void
on_given(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct lock *s = me->state;
	int64_t asked;

	(void)from;
	(void)size;
	memcpy(&asked, body, sizeof asked);
	/* It waited for others: from when it was given, and that is at least
	 * as long ago as one message takes. */
	s->until = fr_wall(me) + SHORTER;
	next(me);
}

static void
on_value(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct lock *s = me->state;
	const struct job *j = &s->jobs[s->first];
	struct word w;

	(void)from;
	(void)size;
	memcpy(&w, body, sizeof w);
	if (!s->busy || w.job != s->number || s->loaded)
		return;
	s->loaded = true;
	if (j->f == READ) {
		fr_ok(me, j->request, w.value == 0 ? fr_nil() :
		      fr_int(w.value));
		done(me);
	} else if (j->f == CAS && w.value != j->old) {
		fr_fail(me, j->request, "another value");
		done(me);
	} else {
		w.value = j->value;
		fr_send(me, KEEPER, STORE, &w, sizeof w);
	}
}

static void
on_stored(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct lock *s = me->state;
	struct word w;

	(void)from;
	(void)size;
	memcpy(&w, body, sizeof w);
	if (!s->busy || w.job != s->number)
		return;
	fr_ok(me, s->jobs[s->first].request, fr_nil());
	done(me);
}

/* Somebody is not there: what was not stored did not happen. */
static void
on_retry(struct fr_node *me, uint64_t tag)
{
	struct lock *s = me->state;
	const struct job *j = &s->jobs[s->first];

	(void)tag;
	if (!s->busy) {
		next(me);
		return;
	}
	if (s->loaded)
		fr_unsure(me, j->request, "no answer to a store");
	else
		fr_fail(me, j->request, "no answer to a load");
	done(me);
}

static void
take(struct fr_node *me, const struct fr_request *rq, uint64_t f, int64_t old,
     int64_t value)
{
	struct lock *s = me->state;

	if (me->id < FIRST) {
		fr_redirect(me, rq->id, FIRST + (uint32_t)(rq->client %
			    (me->nodes - FIRST)));
		return;
	}
	if (s->count == WAITING || rq->key < 0 || rq->key >= KEYS) {
		fr_fail(me, rq->id, "no room");
		return;
	}
	s->jobs[(s->first + s->count++) % WAITING] = (struct job){
		rq->id, f, rq->key, old, value
	};
	next(me);
}

static void
on_read(struct fr_node *me, const struct fr_request *rq)
{
	take(me, rq, READ, 0, 0);
}

static void
on_write(struct fr_node *me, const struct fr_request *rq)
{
	take(me, rq, WRITE, 0, fr_number(rq->value, 0));
}

static void
on_cas(struct fr_node *me, const struct fr_request *rq)
{
	take(me, rq, CAS, fr_item(rq->value, 0, 0), fr_item(rq->value, 1, 0));
}

static void
lock_start(struct fr_node *me)
{
	struct lock *s = me->state;

	s->holder = NEVER_HELD;
	/* Whom the last boot has given it to may hold it still. */
	if (me->id == LOCK && me->boot > 0) {
		s->holder = LOCK;
		fr_after(me, LIMIT_OVER, LIMIT, 0);
	}
	if (me->id == KEEPER)
		(void)fr_read(me, "values", 0, s->values, sizeof s->values);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name = "lock",
	.summary = "a lock with a time limit, and no fence",
	.workload = "register",
	.state_size = sizeof(struct lock),
	.start = lock_start,
	.messages = FR_MESSAGES(
		[ACQUIRE] = { "acquire", on_acquire, sizeof(uint64_t) },
		[GIVEN] = { "given", on_given, sizeof(uint64_t) },
		[LOAD] = { "load", on_load, sizeof(struct word) },
		[VALUE] = { "value", on_value, sizeof(struct word) },
		[STORE] = { "store", on_store, sizeof(struct word) },
		[STORED] = { "stored", on_stored, sizeof(struct word) }),
	.requests = FR_REQUESTS({ "read", on_read }, { "write", on_write },
				{ "cas", on_cas }),
	.timers = FR_TIMERS([LIMIT_OVER] = { "limit", on_limit },
			    [RETRY] = { "retry", on_retry }),
};
