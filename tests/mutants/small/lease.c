/* SPDX-License-Identifier: MIT */
/*
 * Leases, as Gray and Cheriton (1989) have them, without call-backs: node 0
 * keeps the registers, the others keep copies of what they read for as long as
 * a lease lasts.  A write waits until every lease has run out by the server's
 * clock; a reader's begins when it asked, and is shorter by a tenth.
 *
 * So it bears lost and late messages, any end of a process, and wall clocks
 * that show anything.  It does not bear clocks that run at rates more than a
 * tenth apart; nor, as a lease ends with a timer, a reader that stops: what it
 * is asked meanwhile it answers when it goes on, before it sees what time it is.
 */
#include <fracas/easy.h>

#define SERVER	 0u
#define KEYS	 32
#define WAITING	 64
#define LEASE	 FR_MS(150)
#define SHORTER	 (LEASE - LEASE / 10)

struct ask {
	int64_t key;
	int64_t asked;			/* by the reader's clock               */
	uint64_t request;
};

struct grant {
	struct ask ask;
	int64_t value;
	uint64_t leased;
};

struct pending {
	uint64_t request;
	int64_t key, value;
};

struct lease {
	/* The server. */
	int64_t values[KEYS];		/* 0: none yet                         */
	int64_t until;			/* the last lease runs                 */
	struct pending pending[WAITING];	/* writes                      */
	uint32_t count;
	/* A reader. */
	int64_t copies[KEYS];
	bool copied[KEYS];
	bool leased;
};

enum { ASK, GRANT };
enum { EXPIRED, OVER };

/* ---- the server ----------------------------------------------------------------- */

static void
on_ask(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct lease *s = me->state;
	struct grant g;

	(void)size;
	memcpy(&g.ask, body, sizeof g.ask);
	if (me->id != SERVER || g.ask.key < 0 || g.ask.key >= KEYS)
		return;
	g.value = s->values[g.ask.key];
	/* Where a write waits, none is given any more. */
	g.leased = s->count == 0;
	if (g.leased)
		s->until = fr_mono(me) + LEASE;
	fr_send(me, from, GRANT, &g, sizeof g);
}

static void
carry_out(struct fr_node *me)
{
	struct lease *s = me->state;
	struct pending *p;
	uint32_t i;

	for (i = 0; i < s->count; i++) {
		p = &s->pending[i];
		if (fr_write(me, "values", (uint64_t)p->key * 8, &p->value,
			     8) < 0 || fr_sync(me, "values") < 0) {
			fr_unsure(me, p->request, "the disk failed");
			continue;
		}
		s->values[p->key] = p->value;
		fr_ok(me, p->request, fr_nil());
	}
	s->count = 0;
}

static void
on_over(struct fr_node *me, uint64_t tag)
{
	(void)tag;
	carry_out(me);
}

static void
on_write(struct fr_node *me, const struct fr_request *rq)
{
	struct lease *s = me->state;
	int64_t left = s->until - fr_mono(me);

	if (me->id != SERVER) {
		fr_redirect(me, rq->id, SERVER);
		return;
	}
	if (s->count == WAITING || rq->key < 0 || rq->key >= KEYS) {
		fr_fail(me, rq->id, "no room");
		return;
	}
	s->pending[s->count++] = (struct pending){
		rq->id, rq->key, fr_number(rq->value, 0)
	};
	if (left <= 0)
		carry_out(me);
	else if (s->count == 1)
		fr_after(me, OVER, left, 0);
}

/* ---- a reader --------------------------------------------------------------------- */

static void
answer(struct fr_node *me, uint64_t request, int64_t value)
{
	fr_ok(me, request, value == 0 ? fr_nil() : fr_int(value));
}

static void
on_read(struct fr_node *me, const struct fr_request *rq)
{
	struct lease *s = me->state;
	const struct ask ask = { rq->key, fr_mono(me), rq->id };

	if (rq->key < 0 || rq->key >= KEYS)
		fr_fail(me, rq->id, "no such register");
	else if (me->id == SERVER)
		answer(me, rq->id, s->values[rq->key]);
	else if (s->leased && s->copied[rq->key])
		answer(me, rq->id, s->copies[rq->key]);
	else
		fr_send(me, SERVER, ASK, &ask, sizeof ask);
}

static void
on_expired(struct fr_node *me, uint64_t tag)
{
	struct lease *s = me->state;

	(void)tag;
	s->leased = false;
	memset(s->copied, 0, sizeof s->copied);
}

static void
on_grant(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct lease *s = me->state;
	struct grant g;
	int64_t left;

	(void)from;
	(void)size;
	memcpy(&g, body, sizeof g);
	left = g.ask.asked + SHORTER - fr_mono(me);
	if (g.leased && left > 0) {
		s->leased = true;
		s->copied[g.ask.key] = true;
		s->copies[g.ask.key] = g.value;
		fr_after(me, EXPIRED, left, 0);
	}
	answer(me, g.ask.request, g.value);
}

static void
lease_start(struct fr_node *me)
{
	struct lease *s = me->state;

	if (me->id != SERVER)
		return;
	(void)fr_read(me, "values", 0, s->values, sizeof s->values);
	/* What the last boot has given still runs. */
	if (me->boot > 0)
		s->until = fr_mono(me) + LEASE;
}

FR_PROTOCOL = {
	FR_HEAD,
	.name = "lease",
	.summary = "one copy, and leases to read others",
	.paper = "Gray, Cheriton 1989",
	.workload = "register",
	.state_size = sizeof(struct lease),
	.start = lease_start,
	.messages = FR_MESSAGES(
		[ASK] = { "ask", on_ask, sizeof(struct ask) },
		[GRANT] = { "grant", on_grant, sizeof(struct grant) }),
	.requests = FR_REQUESTS({ "read", on_read }, { "write", on_write }),
	.timers = FR_TIMERS([EXPIRED] = { "expired", on_expired },
			    [OVER] = { "over", on_over }),
};
