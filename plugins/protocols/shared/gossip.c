/* SPDX-License-Identifier: MIT */
/*
 * State-based replication by gossip: see gossip.h.
 */
#include "gossip.h"

#include "gossip_states.h"
#include "set.h"

static const char identity_file[] = "identity";
static const char states_file[] = "states";

/* GOSSIP_NEWS: parts follow.  `number` is not 0 where an answer is due. */
struct news {
	uint64_t number;
};

/* GOSSIP_SUMS: one for each object between `low` and `high`, all of them. */
struct sums {
	int64_t low, high;
};

struct sum {
	int64_t key;
	uint64_t sum;
};

#define SUMS_MAX ((GOSSIP_BODY - sizeof(struct sums)) / sizeof(struct sum))

/* An update that is on this disk, and not yet on as many as it has to be. */
struct gossip_update {
	struct gossip_update *next;
	uint64_t number, request;
	uint32_t copies;
	struct set joined;
	struct news news;
	struct part part;
	struct gossip_entry delta[];
};

/* ---- on the disk --------------------------------------------------------------- */

/* Invariant 2. */
static void
fall_silent(struct fr_node *me, const char *why)
{
	struct gossip *g = me->state;
	struct gossip_update *u;

	fr_log(me, "%s: this node is silent for a while", why);
	while ((u = g->updates) != NULL) {
		g->updates = u->next;
		fr_unsure(me, u->request, why);
		fr_free(me, u);
	}
	states_forget(me);
	g->rumour.size = 0;
	g->silent = true;
	fr_after(me, GOSSIP_REOPEN, FR_MS(100), 0);
}

/* What is packed up as news lasts from now on, and is told to others. */
static int
keep_news(struct fr_node *me)
{
	struct gossip *g = me->state;
	struct gossip_parcel *r = &g->rumour;

	if (g->news.size == 0)
		return 0;
	if (ledger_add(me, &g->ledger, g->news.bytes,
			(uint32_t)g->news.size) < 0)
		return -1;
	/* What is too much for a rumour, anti-entropy finds. */
	if (g->news.size <= sizeof r->bytes - sizeof(struct news) - r->size) {
		memcpy(r->bytes + r->size, g->news.bytes, g->news.size);
		r->size += g->news.size;
	}
	if (!g->spreading)
		fr_after(me, GOSSIP_SPREAD, g->linger, 0);
	g->spreading = true;
	return 0;
}

/* Reads back what was joined; -1 where it cannot be trusted. */
static int
recover(struct fr_node *me)
{
	struct gossip *g = me->state;
	struct part *last;
	const struct part *p;
	uint64_t at = 0;
	int64_t got;
	size_t next;

	if (ledger_open(me, &g->ledger, states_file) < 0)
		return -1;
	while ((got = fr_wal_next(me, &g->ledger.log, &at, g->out.bytes,
				  sizeof g->out.bytes)) > 0) {
		if ((size_t)got > sizeof g->out.bytes)
			return -1;
		for (next = 0; next < (size_t)got;) {
			p = part_next(g->out.bytes, (size_t)got, &next);
			last = NULL;
			g->news.size = 0;
			if (p == NULL || part_join(me, p, &last) < 0)
				return -1;
		}
	}
	return got == 0 ? 0 : -1;
}

/* Invariant 3.  The node is in it for people's sake; the rest is by chance. */
static int
know_identity(struct fr_node *me)
{
	struct gossip *g = me->state;
	int64_t got = fr_load(me, identity_file, &g->identity,
			      sizeof g->identity);

#ifdef BUG_same_identity
	g->identity = me->id;
	return 0;
#endif
	if (got == (int64_t)sizeof g->identity)
		return 0;
	if (got != FR_ENOENT)
		return -1;
	g->identity = (int64_t)((fr_random(me) >> 12) * FR_NODES_MAX + me->id);
	return fr_save(me, identity_file, &g->identity, sizeof g->identity);
}

void
gossip_on_reopen(struct fr_node *me, uint64_t tag)
{
	struct gossip *g = me->state;

	(void)tag;
	if (know_identity(me) < 0 || recover(me) < 0) {
		fall_silent(me, "what was stored cannot be read");
		return;
	}
	g->silent = false;
}

/* ---- telling ------------------------------------------------------------------- */

static void
begin_news(struct gossip *g, uint64_t number)
{
	const struct news head = { number };

	memcpy(g->out.bytes, &head, sizeof head);
	g->out.size = sizeof head;
}

static void
send_news(struct fr_node *me, uint32_t to)
{
	struct gossip *g = me->state;

	if (g->out.size > sizeof(struct news))
		fr_send(me, to, GOSSIP_NEWS, g->out.bytes, g->out.size);
	begin_news(g, 0);
}

/* An object whole, in as many messages as it takes; `o` NULL: nothing is known
 * of the key, which is a state, too. */
static void
tell_object(struct fr_node *me, uint32_t to, int64_t key,
	    const struct gossip_object *o, bool asks)
{
	struct gossip *g = me->state;
	struct part *last = NULL;
	uint32_t i;

	if (g->out.size + sizeof *last > sizeof g->out.bytes)
		send_news(me, to);
	last = (struct part *)(void *)(g->out.bytes + g->out.size);
	*last = (struct part){ .key = key, .asks = asks };
	g->out.size += sizeof *last;
	for (i = 0; o != NULL && i < o->count; i++) {
		if (parcel_add(&g->out, &last, key, &o->at[i]))
			continue;
		send_news(me, to);
		last = NULL;
		parcel_add(&g->out, &last, key, &o->at[i]);
		last->asks = asks;
	}
}

/* The rumour: to some neighbours; the rest will hear it from them. */
void
gossip_on_spread(struct fr_node *me, uint64_t tag)
{
	struct gossip *g = me->state;
	uint32_t n = g->neighbour_count, i, first;

	(void)tag;
	g->spreading = false;
	first = (uint32_t)fr_random_below(me, n);
	for (i = 0; i < n && (g->fanout == 0 || i < g->fanout); i++) {
		begin_news(g, 0);
		memcpy(g->out.bytes + g->out.size, g->rumour.bytes,
		       g->rumour.size);
		g->out.size += g->rumour.size;
		send_news(me, g->neighbours[(first + i) % n].node);
	}
	g->rumour.size = 0;
}

/* Of as many objects as fit, from where the last one ended. */
void
gossip_on_compare(struct fr_node *me, uint64_t tag)
{
	struct gossip *g = me->state;
	struct sums *head = (void *)g->out.bytes;
	struct sum *sum = (void *)(head + 1);
	uint32_t at = states_from(g, g->compared), count = 0;

	(void)tag;
	fr_after(me, GOSSIP_COMPARE, g->period, 0);
	if (g->silent || g->neighbour_count == 0)
		return;
#ifdef BUG_reaps
	states_reap(me);
#endif
#ifdef BUG_no_anti_entropy
	return;
#endif
	head->low = g->compared;
	for (; at < g->object_count && count < SUMS_MAX; at++, count++)
		sum[count] = (struct sum){ g->objects[at]->key,
					   g->objects[at]->sum };
	/* The next one begins where this one ends, or from the first key. */
	g->compared = at < g->object_count ? g->objects[at]->key : INT64_MIN;
	head->high = at < g->object_count ? g->compared - 1 : INT64_MAX;
	fr_send(me, g->neighbours[fr_random_below(me, g->neighbour_count)].node,
		GOSSIP_SUMS, head, sizeof *head + count * sizeof *sum);
}

/* ---- being told ---------------------------------------------------------------- */

/* Those that only one of the two has, and those that are not the same. */
void
gossip_on_sums(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct gossip *g = me->state;
	const struct sums *head = body;
	const struct sum *his = (const void *)(head + 1);
	const struct sum *end = his + (size - sizeof *head) / sizeof *his;
	uint32_t at = states_from(g, head->low);

	if (g->silent)
		return;
	begin_news(g, 0);
	for (;;) {
		const struct gossip_object *o = at < g->object_count &&
			g->objects[at]->key <= head->high ?
			g->objects[at] : NULL;

		if (o == NULL && his == end)
			break;
		if (his == end || (o != NULL && o->key < his->key)) {
			tell_object(me, from, o->key, o, false);
			at++;
		} else if (o == NULL || his->key < o->key) {
			tell_object(me, from, his->key, NULL, true);
			his++;
		} else {
			if (o->sum != his->sum)
				tell_object(me, from, o->key, o, true);
			at++;
			his++;
		}
	}
	send_news(me, from);
}

/* Whoever asks gets the whole of it, if that is more than he said. */
static void
answer_asks(struct fr_node *me, uint32_t from, const void *parts, size_t size)
{
	const struct gossip_object *o;
	const struct part *p;
	size_t at = 0;

	begin_news(me->state, 0);
	while (at < size && (p = part_next(parts, size, &at)) != NULL) {
		o = gossip_find(me, p->key);
		if (p->asks && o != NULL && o->sum != part_sum(p))
			tell_object(me, from, p->key, o, false);
	}
	send_news(me, from);
}

void
gossip_on_news(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct gossip *g = me->state;
	const struct news *head = body;
	const void *parts = head + 1;
	struct part *last = NULL;
	const struct part *p;
	size_t at = 0;

	if (g->silent)
		return;
	size -= sizeof *head;
	g->news.size = 0;
	while (at < size && (p = part_next(parts, size, &at)) != NULL)
		if (part_join(me, p, &last) < 0) {
			fall_silent(me, "there is no memory");
			return;
		}
	if (keep_news(me) < 0) {
		fall_silent(me, "the disk would not store it");
		return;
	}
	if (head->number != 0)
		fr_send(me, from, GOSSIP_JOINED, head, sizeof *head);
	answer_asks(me, from, parts, size);
}

/* ---- updates ------------------------------------------------------------------- */

bool
gossip_serves(struct fr_node *me, const struct fr_request *rq)
{
	const struct gossip *g = me->state;

	if (g->silent)
		fr_fail(me, rq->id, "this node's disk failed");
	return !g->silent;
}

int64_t
gossip_identity(struct fr_node *me)
{
	return ((struct gossip *)me->state)->identity;
}

/* To all that have not joined it. */
static void
tell_update(struct fr_node *me, struct gossip_update *u)
{
	struct gossip *g = me->state;
	uint32_t i;

	for (i = 0; i < g->neighbour_count; i++) {
		uint32_t to = g->neighbours[i].node;

		if (!set_has(&u->joined, to))
			fr_send(me, to, GOSSIP_NEWS, &u->news,
				sizeof u->news + sizeof u->part +
				u->part.count * sizeof *u->delta);
	}
	fr_after(me, GOSSIP_AGAIN, g->period, u->number);
}

static struct gossip_update **
update_of(struct gossip *g, uint64_t number)
{
	struct gossip_update **at = &g->updates;

	while (*at != NULL && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

void
gossip_on_again(struct fr_node *me, uint64_t number)
{
	struct gossip_update *u = *update_of(me->state, number);

	if (u != NULL)
		tell_update(me, u);
}

void
gossip_on_joined(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	struct gossip *g = me->state;
	const struct news *joined = body;
	struct gossip_update **at = update_of(g, joined->number), *u = *at;

	(void)size;
	if (u == NULL || set_has(&u->joined, from))
		return;
	set_add(&u->joined, from);
	if (++u->copies < g->copies)
		return;
	fr_ok(me, u->request, fr_nil());
	fr_cancel(me, GOSSIP_AGAIN, u->number);
	*at = u->next;
	fr_free(me, u);
}

/* It has to be on other disks, too. */
static void
wait_for_copies(struct fr_node *me, const struct fr_request *rq,
		const struct gossip_entry *delta, uint32_t count)
{
	struct gossip *g = me->state;
	struct gossip_update *u = fr_alloc(me, sizeof *u +
					   count * sizeof *delta);

	if (u == NULL) {
		fr_unsure(me, rq->id, "no memory to wait for copies");
		return;
	}
	u->number = ++g->last_number;
	u->request = rq->id;
	u->copies = 1;
	u->news.number = u->number;
	u->part = (struct part){ .key = rq->key, .count = count };
	memcpy(u->delta, delta, count * sizeof *delta);
	u->next = g->updates;
	g->updates = u;
	tell_update(me, u);
}

void
gossip_change(struct fr_node *me, const struct fr_request *rq,
	      const struct gossip_entry *delta, uint32_t count)
{
	struct gossip *g = me->state;
	struct part *last = NULL;
	struct gossip_parcel *p = &g->out;
	uint32_t i;

	p->size = 0;
	g->news.size = 0;
	for (i = 0; i < count; i++)
		if (!parcel_add(p, &last, rq->key, &delta[i])) {
			fr_fail(me, rq->id, "too much at once");
			return;
		}
	if (last != NULL) {
		struct part *news_last = NULL;

		if (part_join(me, last, &news_last) < 0 || keep_news(me) < 0) {
			/* After a crash it may be there all the same. */
			fr_unsure(me, rq->id, "the disk would not store it");
			fall_silent(me, "the disk would not store it");
			return;
		}
	}
	if (g->copies > 1)
		wait_for_copies(me, rq, delta, count);
	else
		fr_ok(me, rq->id, fr_nil());
}

/* ---- boot, and words for people ---------------------------------------------- */

void
gossip_start(struct fr_node *me, gossip_join_fn join)
{
	struct gossip *g = me->state;
	uint32_t count = fr_neighbours(me, NULL, 0);

	g->join = join;
	g->fanout = (uint32_t)fr_param(me, "fanout");
	g->copies = (uint32_t)fr_param(me, "copies");
	if (g->copies > me->nodes)
		g->copies = me->nodes;
	g->linger = fr_param(me, "linger");
	g->period = fr_param(me, "period");
	g->compared = INT64_MIN;
	/* An update of another boot is not mistaken for one of this. */
	g->last_number = (uint64_t)me->boot << 32;
	g->neighbours = fr_alloc(me, (count + 1) * sizeof *g->neighbours);
	if (g->neighbours != NULL)
		g->neighbour_count = fr_neighbours(me, g->neighbours, count);
	gossip_on_reopen(me, 0);
	fr_after(me, GOSSIP_COMPARE, fr_random_between(me, 0, g->period), 0);
}

void
gossip_describe(uint32_t type, const void *body, size_t size, char *text,
		size_t max)
{
	const struct news *head = body;
	const struct part *p, *first = NULL;
	unsigned long long entries = 0, parts = 0;
	size_t at = 0;

	if (type == GOSSIP_JOINED) {
		snprintf(text, max, "update %llu",
			 (unsigned long long)head->number);
		return;
	}
	if (type == GOSSIP_SUMS) {
		snprintf(text, max, "sums of %zu keys",
			 (size - sizeof(struct sums)) / sizeof(struct sum));
		return;
	}
	size -= sizeof *head;
	while (at < size && (p = part_next(head + 1, size, &at)) != NULL) {
		first = first != NULL ? first : p;
		entries += p->count;
		parts++;
	}
	snprintf(text, max, "%llu entries of %llu keys (key %lld for one)%s",
		 entries, parts, first != NULL ? (long long)first->key : 0,
		 first != NULL && first->asks ? ", and yours?" : "");
}

uint64_t
gossip_digest(const struct fr_node *me)
{
	const struct gossip *g = me->state;
	uint64_t sum = g->silent;
	uint32_t i;

	for (i = 0; i < g->object_count; i++)
		sum = fr_checksum(sum, &g->objects[i]->sum,
				  sizeof g->objects[i]->sum) +
		      (uint64_t)g->objects[i]->key;
	return sum;
}
