/* SPDX-License-Identifier: MIT */
/*
 * A protocol built with the frozen headers of version 1, which has to load and
 * run for ever: registers on node 0, kept in a slot and in a log, both checked
 * against each other at every boot, while the others say hello.
 */
#include <fracas/easy.h>

#define KEYS_MAX 1024

enum { HELLO, WELCOME };
enum { TICK };

struct hello {
	uint64_t boot;
};

struct change {
	int64_t key, value;
};

struct old {
	struct fr_wal log;
	uint64_t changes, hellos;
	bool broken;
	bool set[KEYS_MAX];
	int64_t values[KEYS_MAX];
};

static void
old_start(struct fr_node *me)
{
	struct old *s = me->state;
	struct change change;
	uint64_t at = 0, saved = 0;

	s->broken = fr_wal_open(me, &s->log, "changes") < 0;
	while (fr_wal_next(me, &s->log, &at, &change, sizeof change) > 0) {
		s->set[change.key] = true;
		s->values[change.key] = change.value;
		s->changes++;
	}
	if (fr_load(me, "count", &saved, sizeof saved) > 0 &&
	    saved > s->changes)
		s->broken = true;
	fr_note(me, "role", me->id == 0 ? "home" : "guest");
	fr_log(me, "boot %u with %u changes", me->boot, (unsigned)s->changes);
	fr_after(me, TICK, fr_param(me, "tick"), 7);
}

static void
old_on_hello(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct old *s = me->state;
	struct fr_reader r = fr_reader(body, size);
	unsigned char answer[16];
	struct fr_writer w = fr_writer(answer, sizeof answer);

	s->hellos += 1 + 0 * fr_get_u64(&r);
	fr_put_u64(&w, s->hellos);
	fr_put_u32(&w, me->boot);
	if (fr_got_all(&r) && !w.failed)
		fr_send(me, from, WELCOME, answer, w.size);
}

static void
old_on_welcome(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	(void)me;
	(void)from;
	(void)body;
	(void)size;
}

static void
old_on_tick(struct fr_node *me, uint64_t tag)
{
	struct hello hello = { me->boot };
	struct fr_neighbour some[4];
	struct fr_bounds bounds = fr_wall_bounds(me);

	if (fr_neighbours(me, some, 4) > 0 && tag == 7 && fr_mono(me) > 0 &&
	    bounds.earliest <= bounds.latest)
		fr_broadcast(me, HELLO, &hello, sizeof hello);
	fr_cancel(me, TICK, 8);
	fr_after(me, TICK, FR_MS(10) + (int64_t)fr_random_below(me, 1000), 7);
}

/* True when the request is answered already. */
static bool
elsewhere(struct fr_node *me, const struct fr_request *rq)
{
	struct old *s = me->state;

	if (me->id != 0)
		fr_redirect(me, rq->id, 0);
	else if (s->broken || rq->key < 0 || rq->key >= KEYS_MAX)
		fr_fail(me, rq->id, "no such register here");
	else
		return false;
	return true;
}

static void
old_on_get(struct fr_node *me, const struct fr_request *rq)
{
	struct old *s = me->state;

	if (!elsewhere(me, rq))
		fr_ok(me, rq->id, s->set[rq->key] ?
		      fr_int(s->values[rq->key]) : fr_nil());
}

static void
old_on_put(struct fr_node *me, const struct fr_request *rq)
{
	struct old *s = me->state;
	struct change change = { rq->key, fr_number(rq->value, -1) };
	uint64_t *count;

	if (elsewhere(me, rq))
		return;
	count = fr_alloc(me, sizeof *count);
	if (count == NULL ||
	    fr_wal_append(me, &s->log, &change, sizeof change) < 0 ||
	    fr_wal_sync(me, &s->log) < 0) {
		fr_unsure(me, rq->id, "the disk");
		s->broken = true;
		return;
	}
	*count = ++s->changes;
	fr_save(me, "count", count, sizeof *count);
	fr_free(me, count);
	fr_claim(me, "change", (int64_t)s->changes, change.value);
	s->set[rq->key] = true;
	s->values[rq->key] = change.value;
	fr_ok(me, rq->id, fr_nil());
}

static void
old_describe(uint32_t type, const void *body, size_t size, char *text,
	     size_t max)
{
	(void)body;
	snprintf(text, max, "type %u of %zu bytes", type, size);
}

static uint64_t
old_digest(const struct fr_node *me)
{
	const struct old *s = me->state;

	return fr_checksum(s->changes, s->values, sizeof s->values);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name       = "old",
	.summary    = "built with the headers of version 1",
	.paper      = "none",
	.promise    = "Linearizable.",
	.workload   = "register",
	.params     = FR_PARAMS({ .name = "tick", .kind = FR_PARAM_TIME,
				  .fallback = "5ms" }),
	.state_size = sizeof(struct old),
	.start      = old_start,
	.messages   = FR_MESSAGES(
		[HELLO]   = { "hello", old_on_hello, sizeof(struct hello) },
		[WELCOME] = { "welcome", old_on_welcome, 12 }),
	.requests   = FR_REQUESTS({ "get", old_on_get }, { "put", old_on_put }),
	.timers     = FR_TIMERS([TICK] = { "tick", old_on_tick }),
	.describe   = old_describe,
	.digest     = old_digest,
};
