/* SPDX-License-Identifier: MIT */
/*
 * bracha - reliable broadcast among n nodes, of which f < n/3 may lie.
 *
 *	Bracha: Asynchronous Byzantine Agreement Protocols.  Information and
 *	Computation 75(2), 1987.
 *
 * A test's protocol: what a client says is broadcast, and answered when it was
 * delivered here.  No two nodes deliver different values for one broadcast,
 * whatever its sender does: that is a claim.
 *
 *	BUG_2f		quorums of 2f instead of 2f+1: two that do not share
 *			an honest node				byzantine
 *
 * Votes are counted by who sent them, so that copies count once.
 */
#include <fracas/easy.h>

enum { INIT, ECHO, READY, KINDS };		/* messages */

#define VALUES	4u				/* told apart in one broadcast */
#define BUCKETS 1024u
#define INDEX_MAX ((uint64_t)1 << 40)

struct vote {
	uint64_t sender, index;
	int64_t value;
};

struct tally {
	int64_t value;
	uint64_t by[KINDS];			/* bits: who voted             */
};

/* One broadcast, as it is seen here. */
struct round {
	struct round *next;
	uint64_t sender, index, request;
	int64_t asked;
	bool mine, voted[KINDS], delivered;
	uint32_t count;
	struct tally tallies[VALUES];
};

struct bracha {
	struct round *rounds[BUCKETS];
	uint64_t index;
};

static uint32_t
liars(const struct fr_node *me)
{
	return (me->nodes - 1) / 3;
}

static uint32_t
quorum(const struct fr_node *me)
{
#ifdef BUG_2f
	return 2 * liars(me);
#else
	return (me->nodes + liars(me)) / 2 + 1;
#endif
}

static struct round *
round_of(struct fr_node *me, uint64_t sender, uint64_t index)
{
	struct bracha *s = me->state;
	struct round **at = &s->rounds[(sender * 31 + index) % BUCKETS], *r;

	for (; *at != NULL; at = &(*at)->next)
		if ((*at)->sender == sender && (*at)->index == index)
			return *at;
	r = fr_alloc(me, sizeof *r);
	if (r == NULL)
		return NULL;
	r->sender = sender;
	r->index = index;
	*at = r;
	return r;
}

/* NULL: more values than anybody honest says. */
static struct tally *
tally_of(struct round *r, int64_t value)
{
	uint32_t i;

	for (i = 0; i < r->count; i++)
		if (r->tallies[i].value == value)
			return &r->tallies[i];
	if (r->count == VALUES)
		return NULL;
	r->tallies[r->count].value = value;
	return &r->tallies[r->count++];
}

static uint32_t
votes(const struct tally *t, int kind)
{
	return (uint32_t)__builtin_popcountll(t->by[kind]);
}

static void
tell(struct fr_node *me, struct round *r, int kind, int64_t value)
{
	const struct vote v = { r->sender, r->index, value };
	uint32_t i;

	if (r->voted[kind])
		return;
	r->voted[kind] = true;
	for (i = 0; i < me->nodes; i++)
		fr_send(me, i, (uint32_t)kind, &v, sizeof v);
}

static void
deliver(struct fr_node *me, struct round *r, int64_t value)
{
	if (r->delivered)
		return;
	r->delivered = true;
	fr_claim(me, "delivered", (int64_t)(r->sender << 40 | r->index),
		 value);
	if (r->mine)
		fr_ok(me, r->request, fr_int(r->asked));
}

static void
count(struct fr_node *me, uint32_t from, const struct vote *v, int kind)
{
	struct round *r;
	struct tally *t;

	if (v->sender >= me->nodes || v->index >= INDEX_MAX ||
	    (kind == INIT && from != v->sender))
		return;
	r = round_of(me, v->sender, v->index);
	t = r == NULL ? NULL : tally_of(r, v->value);
	if (t == NULL)
		return;
	t->by[kind] |= (uint64_t)1 << from % 64;
	if (kind == INIT)
		tell(me, r, ECHO, v->value);
	if (votes(t, ECHO) >= quorum(me) || votes(t, READY) > liars(me))
		tell(me, r, READY, v->value);
	if (votes(t, READY) >= quorum(me))
		deliver(me, r, v->value);
}

static void
bracha_on_init(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	(void)size;
	count(me, from, body, INIT);
}

static void
bracha_on_vote(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	(void)size;
	count(me, from, body, ECHO);
}

static void
bracha_on_ready(struct fr_node *me, uint32_t from, const void *body,
		size_t size)
{
	(void)size;
	count(me, from, body, READY);
}

static void
bracha_on_echo(struct fr_node *me, const struct fr_request *rq)
{
	struct bracha *s = me->state;
	/* No two boots share an index. */
	uint64_t index = (uint64_t)me->boot << 24 | ++s->index;
	struct round *r = round_of(me, me->id, index);

	if (r == NULL || r->mine) {
		fr_fail(me, rq->id, "no room");
		return;
	}
	r->mine = true;
	r->request = rq->id;
	r->asked = fr_number(rq->value, 0);
	tell(me, r, INIT, r->asked);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name       = "bracha",
	.summary    = "reliable broadcast among some that lie",
	.paper      = "Bracha, Information and Computation 75(2), 1987",
	.promise    = "Honest nodes deliver the same, while fewer than a "
		      "third lie.",
	.workload   = "echo",
	.state_size = sizeof(struct bracha),
	.messages   = FR_MESSAGES(
		[INIT] = { "init", bracha_on_init, sizeof(struct vote) },
		[ECHO] = { "echo", bracha_on_vote, sizeof(struct vote) },
		[READY] = { "ready", bracha_on_ready, sizeof(struct vote) }),
	.requests   = FR_REQUESTS({ "echo", bracha_on_echo }),
	.tolerates  = FR_TOLERATES(.byzantine = FR_THIRD,
				   .bears = FR_BEARS_ASYNCHRONY |
				   FR_BEARS_RETRIES),
};
