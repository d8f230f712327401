/* SPDX-License-Identifier: MIT */
/*
 * One server: node 0 keeps the registers in a file, everybody else sends
 * clients there.  A write is synced before it is answered, a record carries a
 * checksum, and a disk that fails is not used any more.
 *
 * It bears every end of the process and nothing that empties or ages its disk.
 * Planted bugs, each for one kind of fault:
 *
 *	BUG_memory	nothing is stored
 *	BUG_early_ack	answered first, synced a little later
 *	BUG_two_steps	which of two copies is the newest is stored before it
 *	BUG_sync_again	a sync that failed is done once more
 *	BUG_no_sum	records are believed
 *	FORMAT=2	another record, that the first one's reader believes
 */
#include <string.h>

#include <fracas/easy.h>

#ifndef FORMAT
#define FORMAT 1
#endif

#define SERVER	  0u
#define KEYS	  32
#define SYNC_LATE FR_MS(40)

/* Two of them fill a sector's 32 bytes; none lies in two sectors. */
struct record {
	int64_t value;			/* 0: none yet                         */
	uint64_t sum;
};

struct server {
	int64_t values[KEYS];
	int64_t copy[KEYS];		/* the newest: 0 or 1                  */
	bool broken;
};

enum { SYNC };

static uint64_t
place(const struct server *s, int64_t key)
{
	return (uint64_t)(s->copy[key] * KEYS + key) * sizeof(struct record);
}

static bool
known(struct fr_node *me, const struct fr_request *rq)
{
	const struct server *s = me->state;

	if (me->id != SERVER)
		fr_redirect(me, rq->id, SERVER);
	else if (rq->key < 0 || rq->key >= KEYS)
		fr_fail(me, rq->id, "no such register");
	else if (s->broken)
		fr_fail(me, rq->id, "the disk is broken");
	else
		return true;
	return false;
}

static void
on_read(struct fr_node *me, const struct fr_request *rq)
{
	const struct server *s = me->state;

	if (!known(me, rq))
		return;
	fr_ok(me, rq->id, s->values[rq->key] == 0 ? fr_nil() :
	      fr_int(s->values[rq->key]));
}

static int
store(struct fr_node *me, int64_t key, int64_t value)
{
	struct server *s = me->state;
	struct record r = { .value = value * FORMAT };
	int err;

	r.sum = fr_checksum((uint64_t)key, &r.value, sizeof r.value);
#ifdef BUG_memory
	return 0;
#endif
#ifdef BUG_two_steps
	s->copy[key] = 1 - s->copy[key];
	if ((err = fr_write(me, "newest", (uint64_t)key * 8, &s->copy[key],
			    8)) < 0 ||
	    (err = fr_sync(me, "newest")) < 0)
		return err;
#endif
	err = fr_write(me, "values", place(s, key), &r, sizeof r);
	if (err < 0)
		return err;
#ifdef BUG_early_ack
	return fr_after(me, SYNC, SYNC_LATE, 0);
#endif
	err = fr_sync(me, "values");
#ifdef BUG_sync_again
	if (err < 0)
		err = fr_sync(me, "values");
#endif
	return err;
}

static void
on_write(struct fr_node *me, const struct fr_request *rq)
{
	struct server *s = me->state;

	if (!known(me, rq))
		return;
	if (store(me, rq->key, fr_number(rq->value, 0)) < 0) {
		s->broken = true;
		fr_unsure(me, rq->id, "the disk failed");
		return;
	}
	s->values[rq->key] = fr_number(rq->value, 0);
	fr_ok(me, rq->id, fr_nil());
}

static void
on_sync(struct fr_node *me, uint64_t tag)
{
	struct server *s = me->state;

	(void)tag;
	if (fr_sync(me, "values") < 0)
		s->broken = true;
}

static void
server_start(struct fr_node *me)
{
	struct server *s = me->state;
	struct record r;
	int64_t key, got;

	if (me->id != SERVER)
		return;
#ifdef BUG_two_steps
	got = fr_read(me, "newest", 0, s->copy, sizeof s->copy);
	if (got < 0 && got != FR_ENOENT)
		s->broken = true;
#endif
	for (key = 0; key < KEYS && !s->broken; key++) {
		memset(&r, 0, sizeof r);
		got = fr_read(me, "values", place(s, key), &r, sizeof r);
		if (got < 0 && got != FR_ENOENT)
			s->broken = true;
#ifndef BUG_no_sum
		if ((r.value != 0 || r.sum != 0) &&
		    r.sum != fr_checksum((uint64_t)key, &r.value,
					 sizeof r.value))
			s->broken = true;
#endif
		s->values[key] = r.value / FORMAT;
	}
}

FR_PROTOCOL = {
	FR_HEAD,
	.name = "server",
	.summary = "one server, one file",
	.workload = "register",
	.state_size = sizeof(struct server),
	.start = server_start,
	.requests = FR_REQUESTS({ "read", on_read }, { "write", on_write }),
	.timers = FR_TIMERS([SYNC] = { "sync", on_sync }),
};
