/* SPDX-License-Identifier: MIT */
/*
 * hlc - hybrid logical clocks: stamps that know what happened before what, and
 * nearly what time it was.
 *
 *	Kulkarni, Demirbas, Madappa, Avva, Leone: Logical Physical Clocks.
 *	OPODIS 2014.
 *
 * A stamp is (l, c, node).  l is the highest physical time that the node has
 * heard of, its own among them; c tells apart what has the same l (figure 5 of
 * the paper); the node's number makes it unique.  Lexicographically:
 *
 *  1. What happened before has the smaller stamp (theorem 1): on one node, over
 *     a message, over a client that brings along the stamp it was given.
 *  2. No two stamps are equal.
 *  3. l is no further ahead of the node's own clock than `limit`, whatever it
 *     hears (section 5.1: a message beyond it is refused, as is one's own past
 *     when the clock was set back); nor behind it at all.
 *
 * Two things keep this up that the paper's algorithm takes for granted.  A
 * restart forgets l: so a node uses no l beyond `bound`, which is on its disk
 * before, and begins behind it.  And clocks are within epsilon of real time:
 * the interval clock says whether this one is, and where it is not the node
 * gives no stamps, since they would be far from the time, or soon refused.
 *
 * With clocks within epsilon, l is at most epsilon behind real time and, as
 * `limit` is 3 epsilon, at most 4 epsilon ahead of it.
 */
#include <fracas/easy.h>

enum { SEND, ANSWER };				/* messages */
enum { PATIENCE };				/* timers */

struct stamp {
	int64_t l, c, node;
};

#define STAMP_NUMBERS 3u
/* No honest c comes near this (section 5.1). */
#define COUNT_MAX (INT64_C(1) << 32)

struct relayed {
	uint64_t request, boot;		/* whose it is                        */
	uint64_t refused;		/* of an answer                       */
	struct stamp chain[3];		/* sent; received; sent back          */
};

/* A client that waits for the way there and back. */
struct waiting {
	struct waiting *next;
	uint64_t request;
};

struct hlc {
	int64_t l, c;			/* of the latest event                */
	int64_t bound;			/* on the disk: no l beyond it        */
	bool ready;			/* the disk has told the bound        */
	bool trusted;			/* and the clock can be               */
	int64_t events;			/* in this boot                       */
	int64_t epsilon, limit;
	struct waiting *waiting;
};

/* ---- the clock ----------------------------------------------------------- */

/* After a restart: behind all that was used before. */
static bool
recover(struct fr_node *me)
{
	struct hlc *s = me->state;
	int64_t got = fr_load(me, "bound", &s->bound, sizeof s->bound);

	s->ready = got == FR_ENOENT || got == sizeof s->bound;
	if (got == sizeof s->bound)
		s->l = s->bound + 1;
#ifdef BUG_no_bound
	s->l = 0;
	s->ready = true;
#endif
	return s->ready;
}

/* No l beyond the bound before a higher one is on the disk. */
static bool
reserve(struct fr_node *me, int64_t l, int64_t now)
{
	struct hlc *s = me->state;
	int64_t bound = l > now + s->epsilon ? l : now + s->epsilon;

#ifdef BUG_no_bound
	return true;
#endif
	if (l <= s->bound)
		return true;
	if (fr_save(me, "bound", &bound, sizeof bound) < 0)
		return false;
	s->bound = bound;
	return true;
}

/* Real time, as far as this node can tell: false where that is not far. */
static bool
physical(struct fr_node *me, int64_t *now)
{
	struct hlc *s = me->state;
	struct fr_bounds b = fr_wall_bounds(me);
	int64_t half = b.latest / 2 - b.earliest / 2;

	*now = b.earliest + half;
	if (s->trusted != (half <= s->epsilon)) {
		s->trusted = !s->trusted;
		fr_note(me, "clock", s->trusted ? "trusted" : "too far off");
	}
	return s->trusted;
}

/* Invariant 2: this stamp is of this event. */
static void
claim(struct fr_node *me, const struct stamp *stamp)
{
	struct hlc *s = me->state;
	char what[64];

	snprintf(what, sizeof what, "event with stamp %lld of node %lld at",
		 (long long)stamp->c, (long long)stamp->node);
	fr_claim(me, what, stamp->l, (int64_t)me->boot << 32 | ++s->events);
}

/*
 * One event: local, or of sending (heard is NULL), or of receiving.  NULL: it
 * has the stamp *out; else why it may not happen.
 */
static const char *
event(struct fr_node *me, const struct stamp *heard, struct stamp *out)
{
	struct hlc *s = me->state;
	int64_t now, l, c;

	if (!s->ready && !recover(me))
		return "the disk does not tell what was used";
	if (!physical(me, &now))
		return "this node's clock cannot be trusted";
#ifdef BUG_no_merge
	heard = NULL;
#endif
#ifndef BUG_no_limit
	if (heard != NULL && (heard->l > now + s->limit ||
			      heard->c < 0 || heard->c > COUNT_MAX))
		return "that stamp is ahead of all clocks";
#endif
	/* Figure 5. */
	l = s->l;
	c = s->c;
	if (heard != NULL && (heard->l > l || (heard->l == l && heard->c > c))) {
		l = heard->l;
		c = heard->c;
	}
	c++;
	if (now > l) {
		l = now;
		c = 0;
	}
#ifdef BUG_no_count
	c = 0;
#endif
#ifndef BUG_no_limit
	if (l > now + s->limit)
		return "this node's clock is behind its stamps";
#endif
	if (!reserve(me, l, now))
		return "the disk would not keep the bound";
	s->l = l;
	s->c = c;
	*out = (struct stamp){ l, c, me->id };
	claim(me, out);
	return NULL;
}

/* ---- clients ------------------------------------------------------------- */

/* What the client brings along: NULL where that is nothing. */
static const struct stamp *
brought(const struct fr_request *rq, struct stamp *room)
{
	if (rq->value.kind != FR_LIST)
		return NULL;
	room->l = fr_item(rq->value, 0, 0);
	room->c = fr_item(rq->value, 1, 0);
	room->node = fr_item(rq->value, 2, 0);
	return room;
}

static void
hlc_on_stamp(struct fr_node *me, const struct fr_request *rq)
{
	struct stamp room, stamp;
	const char *why = event(me, brought(rq, &room), &stamp);

	if (why != NULL)
		fr_fail(me, rq->id, why);
	else
		fr_ok(me, rq->id, fr_list(&stamp.l, STAMP_NUMBERS));
}

/* There and back: to another node, and the answer, four events. */
static void
hlc_on_relay(struct fr_node *me, const struct fr_request *rq)
{
	struct hlc *s = me->state;
	struct relayed m = { rq->id, me->boot, 0, { { 0, 0, 0 } } };
	struct waiting *w;
	struct stamp room;
	const char *why;
	uint32_t to;

	if (me->nodes < 2) {
		fr_fail(me, rq->id, "there is no other node");
		return;
	}
	why = event(me, brought(rq, &room), &m.chain[0]);
	w = why == NULL ? fr_alloc(me, sizeof *w) : NULL;
	if (w == NULL) {
		fr_fail(me, rq->id, why != NULL ? why : "no memory");
		return;
	}
	w->request = rq->id;
	w->next = s->waiting;
	s->waiting = w;
	to = (me->id + 1 + (uint32_t)fr_random_below(me, me->nodes - 1)) %
	     me->nodes;
	fr_send(me, to, SEND, &m, sizeof m);
	fr_after(me, PATIENCE, fr_param(me, "patience"), rq->id);
}

static bool
waited_for(struct fr_node *me, uint64_t request)
{
	struct hlc *s = me->state;
	struct waiting **at = &s->waiting, *w;

	while ((w = *at) != NULL && w->request != request)
		at = &w->next;
	if (w == NULL)
		return false;
	*at = w->next;
	fr_free(me, w);
	fr_cancel(me, PATIENCE, request);
	return true;
}

static void
hlc_on_patience(struct fr_node *me, uint64_t request)
{
	if (waited_for(me, request))
		fr_fail(me, request, "the other node did not answer");
}

/* ---- nodes --------------------------------------------------------------- */

static void
hlc_on_send(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct relayed m = *(const struct relayed *)body;

	(void)size;
	m.refused = event(me, &m.chain[0], &m.chain[1]) != NULL ||
		    event(me, NULL, &m.chain[2]) != NULL;
	fr_send(me, from, ANSWER, &m, sizeof m);
}

static void
hlc_on_answer(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	const struct relayed *m = body;
	struct stamp chain[4];
	const char *why;

	(void)from;
	(void)size;
	if (m->boot != me->boot || !waited_for(me, m->request))
		return;
	why = m->refused ? "the other node refused it" :
			   event(me, &m->chain[2], &chain[3]);
	if (why != NULL) {
		fr_fail(me, m->request, why);
		return;
	}
	memcpy(chain, m->chain, sizeof m->chain);
	fr_ok(me, m->request, fr_list(&chain[0].l, 4 * STAMP_NUMBERS));
}

static void
hlc_start(struct fr_node *me)
{
	struct hlc *s = me->state;

	s->epsilon = fr_param(me, "epsilon");
	s->limit = 3 * s->epsilon;
	recover(me);
}

static void
hlc_describe(uint32_t type, const void *body, size_t size, char *text,
	     size_t max)
{
	const struct relayed *m = body;
	const struct stamp *at = &m->chain[type == SEND ? 0 : 2];

	(void)size;
	if (m->refused)
		snprintf(text, max, "refused");
	else
		snprintf(text, max, "stamp %lld.%lld of node %lld",
			 (long long)at->l, (long long)at->c,
			 (long long)at->node);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "hlc",
	.summary  = "stamps that respect causality and are near the time",
	.paper    = "Kulkarni, Demirbas, Madappa, Avva, Leone 2014",
	.promise  = "What happened before has the smaller stamp, no two are "
		    "equal, and none is more than epsilon behind real time or "
		    "4 epsilon ahead of it: under lost, late and doubled "
		    "messages, crashes with restart, and clocks that are wrong "
		    "and say so.  Where a clock is wrong and does not say so, "
		    "the last holds for the other nodes.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL,
		.missing = FR_ALL_BUT_ONE,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_PARTITION |
			 FR_BEARS_LOSS | FR_BEARS_COPIES | FR_BEARS_ORDER |
			 FR_BEARS_DELAY | FR_BEARS_SKEW | FR_BEARS_RATES |
			 FR_BEARS_DISK | FR_BEARS_RETRIES),
	.workload = "stamps",
	.params   = FR_PARAMS(
		{ .name = "epsilon", .kind = FR_PARAM_TIME,
		  .fallback = "250ms", .min = "1us", .max = "1h",
		  .help = "how far from real time a node's clock may be" },
		{ .name = "patience", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "200ms", .min = "1ms", .max = "1m",
		  .low = "20ms", .high = "1s",
		  .help = "how long a relayed message is waited for" }),
	.state_size = sizeof(struct hlc),
	.start    = hlc_start,
	.messages = FR_MESSAGES(
		[SEND]   = { "send", hlc_on_send, sizeof(struct relayed) },
		[ANSWER] = { "answer", hlc_on_answer,
			     sizeof(struct relayed) }),
	.requests = FR_REQUESTS(
		{ "stamp", hlc_on_stamp },
		{ "relay", hlc_on_relay }),
	.timers   = FR_TIMERS([PATIENCE] = { "patience", hlc_on_patience }),
	.describe = hlc_describe,
};
