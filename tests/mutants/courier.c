/* SPDX-License-Identifier: MIT */
/*
 * courier - registers that node 0 keeps; the others carry requests to it.
 *
 * A test's protocol: right as it stands, over a network that loses, doubles,
 * delays, reorders, damages and repeats messages, and with clients that ask
 * twice.  Each BUG_... takes one precaution away, and then the faults of one
 * family find it:
 *
 *	no_sum		no checksum			corrupt
 *	no_number	a parcel is what arrives	duplicate
 *	one_bit		numbers of one bit (alternating
 *			bits suffice where links keep
 *			order)				reorder
 *	byte		numbers of eight bits		replay
 *	no_retry	nothing is sent again		loss
 *	impatient	who is silent for long is dead	delay
 *	bulk		parcels that hold everything	bandwidth
 *	no_dedup	requests without a memory	client
 *
 * A node carries one parcel at a time, sends it again until the answer to it
 * comes, and numbers its parcels within a boot.
 */
#include <fracas/easy.h>

enum { PARCEL, ANSWER };			/* messages */
enum { RETRY };					/* timers */
enum { READ, WRITE, CAS };			/* requests */

#if defined BUG_one_bit
#define NUMBERS 1u
#elif defined BUG_byte
#define NUMBERS 0xffu
#else
#define NUMBERS UINT64_MAX
#endif

#define OWNER	0u
#define CELLS	4096u
#define PADDING 24576u

struct parcel {
	uint64_t sum;
	uint64_t boot, number;
	uint64_t client, seq;
	int64_t f, key, value, expected;
};

struct answer {
	uint64_t sum;
	uint64_t boot, number;
	int64_t outcome, value;
};

/* A request that waits to be carried; the first is on its way. */
struct ask {
	struct ask *next;
	uint64_t id;
	struct parcel parcel;
};

struct cell {
	bool used;
	int64_t key, value;
};

/* The last operation of a client. */
struct done {
	bool used;
	uint64_t client, seq;
	struct answer answer;
};

struct peer {
	uint64_t boot, number;		/* of the last parcel taken           */
	struct answer answer;
};

struct courier {
	struct ask *asks, **end;
	uint64_t number;
	int64_t asked;			/* since when an answer is owed       */
	int64_t retry, patience;
	/* The owner's; `cells` are what another node has seen last. */
	struct cell cells[CELLS];
	struct done done[CELLS];
	struct peer peers[FR_NODES_MAX];
	unsigned char bulk[sizeof(struct parcel) + PADDING];
};

static void carry(struct fr_node *me);

/* Of all that follows the sum. */
static uint64_t
sum_of(const void *what, size_t size)
{
	const unsigned char *at = what;
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = sizeof(uint64_t); i < size; i++)
		h = (h ^ at[i]) * 1099511628211u;
	return h;
}

static bool
is_whole(const void *what, size_t size, uint64_t sum)
{
#ifdef BUG_no_sum
	(void)what;
	(void)size;
	(void)sum;
	return true;
#else
	return sum_of(what, size) == sum;
#endif
}

/* ---- the registers --------------------------------------------------------- */

static struct cell *
cell_of(struct courier *s, int64_t key)
{
	uint64_t at = (uint64_t)key * 0x9e3779b97f4a7c15u >> 52, i;

	for (i = 0; i < CELLS; i++, at = (at + 1) % CELLS)
		if (!s->cells[at].used || s->cells[at].key == key)
			break;
	s->cells[at].used = true;
	s->cells[at].key = key;
	return &s->cells[at];
}

static struct done *
done_of(struct courier *s, uint64_t client)
{
	uint64_t at = client * 0x9e3779b97f4a7c15u >> 52, i;

	for (i = 0; i < CELLS; i++, at = (at + 1) % CELLS)
		if (!s->done[at].used || s->done[at].client == client)
			break;
	s->done[at].used = true;
	s->done[at].client = client;
	return &s->done[at];
}

static struct answer
apply(struct courier *s, const struct parcel *p)
{
	struct answer a = { .outcome = FR_REPLY_OK };
	struct done *done = done_of(s, p->client);
	struct cell *cell;

#ifndef BUG_no_dedup
	/* To an older one nobody waits for an answer any more. */
	if (p->seq <= done->seq)
		return done->answer;
#endif
	cell = cell_of(s, p->key);
	if (p->f == READ)
		a.value = cell->value;
	else if (p->f == WRITE || cell->value == p->expected)
		cell->value = p->value;
	else
		a.outcome = FR_REPLY_FAIL;
	done->seq = p->seq;
	done->answer = a;
	return a;
}

static void
reply(struct fr_node *me, const struct ask *ask, const struct answer *a)
{
	if (a->outcome != FR_REPLY_OK)
		fr_fail(me, ask->id, "another value stands there");
	else if (ask->parcel.f == READ && a->value == 0)
		fr_ok(me, ask->id, fr_nil());
	else if (ask->parcel.f == READ)
		fr_ok(me, ask->id, fr_int(a->value));
	else
		fr_ok(me, ask->id, fr_nil());
}

/* ---- the owner ------------------------------------------------------------- */

static void
courier_on_parcel(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	struct courier *s = me->state;
	struct peer *peer = &s->peers[from];
	struct parcel p;

	(void)size;
	memcpy(&p, body, sizeof p);
	if (me->id != OWNER || !is_whole(&p, sizeof p, p.sum))
		return;
#ifndef BUG_no_number
	if (p.boot < peer->boot)
		return;
	if (p.boot > peer->boot) {
		peer->boot = p.boot;
		peer->number = 0;
	}
	if (((p.number ^ (peer->number + 1)) & NUMBERS) != 0) {
		/* The last one again: its answer did not arrive, perhaps. */
		if (((p.number ^ peer->number) & NUMBERS) == 0)
			fr_send(me, from, ANSWER, &peer->answer,
				sizeof peer->answer);
		return;
	}
#endif
	peer->number++;
	peer->answer = apply(s, &p);
	peer->answer.boot = p.boot;
	peer->answer.number = p.number;
	peer->answer.sum = sum_of(&peer->answer, sizeof peer->answer);
	fr_send(me, from, ANSWER, &peer->answer, sizeof peer->answer);
}

/* ---- who carries ------------------------------------------------------------- */

static void
take_away(struct fr_node *me)
{
	struct courier *s = me->state;
	struct ask *ask = s->asks;

	s->asks = ask->next;
	if (s->asks == NULL)
		s->end = &s->asks;
	fr_free(me, ask);
	fr_cancel(me, RETRY, 0);
	carry(me);
}

static void
send_parcel(struct fr_node *me)
{
	struct courier *s = me->state;
	const struct parcel *p = &s->asks->parcel;

#ifdef BUG_bulk
	memcpy(s->bulk, p, sizeof *p);
	fr_send(me, OWNER, PARCEL, s->bulk, sizeof s->bulk);
#else
	fr_send(me, OWNER, PARCEL, p, sizeof *p);
#endif
#ifndef BUG_no_number
	fr_after(me, RETRY, s->retry, 0);
#endif
}

/* The first that waits goes on its way. */
static void
carry(struct fr_node *me)
{
	struct courier *s = me->state;
	struct parcel *p;

	if (s->asks == NULL) {
		s->asked = -1;
		return;
	}
	p = &s->asks->parcel;
	p->boot = me->boot + 1;
	p->number = ++s->number & NUMBERS;
	p->sum = sum_of(p, sizeof *p);
	if (s->asked < 0)
		s->asked = fr_mono(me);
	send_parcel(me);
}

static void
courier_on_retry(struct fr_node *me, uint64_t tag)
{
	(void)tag;
#ifndef BUG_no_retry
	send_parcel(me);
#else
	(void)me;
#endif
}

static void
courier_on_answer(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	struct courier *s = me->state;
	struct ask *ask = s->asks;
	struct answer a;

	(void)from;
	(void)size;
	memcpy(&a, body, sizeof a);
	if (ask == NULL || !is_whole(&a, sizeof a, a.sum))
		return;
#ifndef BUG_no_number
	if (a.boot != me->boot + 1 ||
	    ((a.number ^ ask->parcel.number) & NUMBERS) != 0)
		return;
#endif
	s->asked = -1;
	if (ask->parcel.f == READ)
		cell_of(s, ask->parcel.key)->value = a.value;
	else if (a.outcome == FR_REPLY_OK)
		cell_of(s, ask->parcel.key)->value = ask->parcel.value;
	reply(me, ask, &a);
	take_away(me);
}

/* ---- requests ---------------------------------------------------------------- */

/* The owner has been silent for so long that it must be dead: what it said
 * last holds for ever. */
static bool
from_memory(struct fr_node *me, const struct ask *ask)
{
	struct courier *s = me->state;
	struct answer a = { .outcome = FR_REPLY_OK };

	if (s->patience == 0 || ask->parcel.f != READ || s->asked < 0 ||
	    fr_mono(me) - s->asked < s->patience)
		return false;
	a.value = cell_of(s, ask->parcel.key)->value;
	reply(me, ask, &a);
	return true;
}

static void
courier_ask(struct fr_node *me, const struct fr_request *rq, int64_t f)
{
	struct courier *s = me->state;
	struct answer a;
	struct ask *ask;

	ask = fr_alloc(me, sizeof *ask);
	if (ask == NULL) {
		fr_fail(me, rq->id, "no memory");
		return;
	}
	ask->id = rq->id;
	ask->parcel.f = f;
	ask->parcel.key = rq->key;
	ask->parcel.client = rq->client;
	ask->parcel.seq = rq->seq;
	ask->parcel.value = f == WRITE ? fr_number(rq->value, 0) :
					 fr_item(rq->value, 1, 0);
	ask->parcel.expected = fr_item(rq->value, 0, 0);
	if (me->id == OWNER || from_memory(me, ask)) {
		if (me->id == OWNER) {
			a = apply(s, &ask->parcel);
			reply(me, ask, &a);
		}
		fr_free(me, ask);
		return;
	}
	*s->end = ask;
	s->end = &ask->next;
	if (s->asks == ask)
		carry(me);
}

static void
courier_on_read(struct fr_node *me, const struct fr_request *rq)
{
	courier_ask(me, rq, READ);
}

static void
courier_on_write(struct fr_node *me, const struct fr_request *rq)
{
	courier_ask(me, rq, WRITE);
}

static void
courier_on_cas(struct fr_node *me, const struct fr_request *rq)
{
	courier_ask(me, rq, CAS);
}

static void
courier_start(struct fr_node *me)
{
	struct courier *s = me->state;

	s->end = &s->asks;
	s->asked = -1;
	s->retry = fr_param(me, "retry");
#if defined BUG_impatient
	s->patience = FR_MS(700);
#elif defined BUG_bulk
	s->patience = FR_S(5);
#endif
}

FR_PROTOCOL = {
	FR_HEAD,
	.name       = "courier",
	.summary    = "registers that node 0 keeps, and requests carried to it",
	.promise    = "Registers are linearizable over any network, while "
		      "node 0 is not restarted.",
	.workload   = "register",
	.params     = FR_PARAMS(
		{ .name = "retry", .kind = FR_PARAM_TIME,
		  .fallback = "20ms", .min = "1ms", .max = "1m",
		  .help = "a parcel is sent again after so long" }),
	.state_size = sizeof(struct courier),
	.start      = courier_start,
	.messages   = FR_MESSAGES(
		[PARCEL] = { "parcel", courier_on_parcel,
			     sizeof(struct parcel) },
		[ANSWER] = { "answer", courier_on_answer,
			     sizeof(struct answer) }),
	.requests   = FR_REQUESTS(
		[READ] = { "read", courier_on_read },
		[WRITE] = { "write", courier_on_write },
		[CAS] = { "cas", courier_on_cas }),
	.timers     = FR_TIMERS([RETRY] = { "retry", courier_on_retry }),
	.tolerates  = FR_TOLERATES(.bears = FR_BEARS_ASYNCHRONY |
				   FR_BEARS_DAMAGE | FR_BEARS_RETRIES),
};
