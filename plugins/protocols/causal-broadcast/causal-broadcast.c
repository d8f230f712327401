/* SPDX-License-Identifier: MIT */
/*
 * causal-broadcast - what anybody is told, everybody learns, after its causes.
 *
 *	Birman, Schiper, Stephenson: Lightweight Causal and Atomic Group
 *	Multicast.  ACM Transactions on Computer Systems 9(3), 1991.
 *	(CBCAST, section 5.1.)
 *	Raynal, Schiper, Toueg: The Causal Ordering Abstraction and a Simple
 *	Way to Implement It.  Information Processing Letters 39(6), 1991.
 *
 * Each node counts, for each node, how many of its messages it has delivered:
 * a vector.  A message carries the vector of its origin, itself included, and
 * so names all that may have caused it.  Who receives it delivers it when it
 * is the next one of its origin and all its causes are delivered, and lets it
 * wait until then.  The origin delivers it at once.
 *
 *	news     messages that may be new
 *	digest   my vector: what I lack, send me
 *
 * Links lose messages, so the vector serves once more: every `period` a node
 * says its own to a neighbour drawn at random, who sends what lacks, in the
 * order in which he delivered it himself (anti-entropy).  What one node has
 * delivered it passes on, whoever broadcast it; so it reaches everybody, even
 * if its origin does not come back.
 *
 * What holds:
 *
 *  1. (origin, number) names one message: an origin's own is on its disk
 *     before anybody hears of it, client or node.
 *  2. The log has all that was delivered, in its order.  What a client is
 *     shown is on the disk before; so what it saw is still delivered after a
 *     crash, and is a cause of what it broadcasts then.
 *  3. Delivered in the order of the log each message comes after its causes.
 *
 * Agreement is not uniform (it is the paper's CBCAST without waiting for
 * stability): what only nodes delivered that never come back may be lost.
 */
#include "../shared/deliveries.h"

enum { NEWS, DIGEST };				/* messages */
enum { COMPARE };				/* timers */

#define NEWS_MAX    32768u	/* bytes in one message of news */
#define WAITING_MAX 4096u	/* messages whose causes are lacking */

/* As it travels and is stored; of its origin's messages number
 * vector[origin], from 1. */
struct message {
	int64_t value;
	uint64_t origin;
	uint64_t vector[];
};

struct causal {
	struct fr_wal log;
	bool silent;			/* the disk would not be read         */
	size_t size;			/* of a message                       */
	uint64_t *vector;
	struct deliveries delivered;	/* their values, in order             */
	struct message **messages;	/* and the whole of them              */
	uint32_t room;
	uint32_t **places;		/* by origin and number - 1: where in
					   that order                         */
	uint32_t *places_room;
	struct message **waiting;	/* for what is before them            */
	uint32_t waiting_count, waiting_room;
	struct fr_neighbour *neighbours;
	uint32_t neighbour_count;
	int64_t period;
	unsigned char body[NEWS_MAX];
};

/* ---- the order ---------------------------------------------------------------- */

static uint64_t
number_of(const struct message *m)
{
	return m->vector[m->origin];
}

/* The rule of the paper: the next of its origin, and after all its causes. */
static bool
is_deliverable(const struct fr_node *me, const struct message *m)
{
	const struct causal *s = me->state;
	uint64_t next = s->vector[m->origin] + 1;
	uint32_t k;

#ifdef BUG_takes_twice
	if (number_of(m) < next)
		next = number_of(m);
#endif
	if (number_of(m) != next)
		return false;
#ifdef BUG_ignores_causes
	return true;
#endif
	for (k = 0; k < me->nodes; k++)
		if (k != m->origin && m->vector[k] > s->vector[k])
			return false;
	return true;
}

/* Room for one more of that origin, so that delivering cannot fail. */
static bool
make_room(struct fr_node *me, uint64_t origin)
{
	struct causal *s = me->state;
	struct message **messages;
	uint32_t *places;

	messages = with_room(me, s->messages, s->delivered.count, &s->room,
			     sizeof *messages);
	if (messages == NULL)
		return false;
	s->messages = messages;
	places = with_room(me, s->places[origin], (uint32_t)s->vector[origin],
			   &s->places_room[origin], sizeof *places);
	if (places == NULL)
		return false;
	s->places[origin] = places;
	return deliveries_room(me, &s->delivered);
}

/* The next in this node's order. */
static void
add(struct causal *s, struct message *m)
{
	s->places[m->origin][number_of(m) - 1] = s->delivered.count;
	s->messages[s->delivered.count] = m;
	s->vector[m->origin] = number_of(m);
	deliveries_add(&s->delivered, m->value);
}

/* In the log, too, but not yet safe there.  False: it could not be. */
static bool
deliver(struct fr_node *me, struct message *m)
{
	struct causal *s = me->state;

	if (!make_room(me, m->origin) ||
	    fr_wal_append(me, &s->log, m, (uint32_t)s->size) < 0)
		return false;
	add(s, m);
	return true;
}

/* Invariant 1. */
static void
claim(struct fr_node *me, const struct message *m)
{
	fr_claim(me, "message", (int64_t)(m->origin << 32 | number_of(m)),
		 m->value);
}

/* ---- being told ---------------------------------------------------------------- */

/* Those that wait no longer, and those that these let go. */
static void
deliver_waiting(struct fr_node *me)
{
	struct causal *s = me->state;
	struct message *m;
	uint32_t i = 0;

	while (i < s->waiting_count) {
		m = s->waiting[i];
		if (!is_deliverable(me, m)) {
			i++;
			continue;
		}
		s->waiting[i] = s->waiting[--s->waiting_count];
		if (!deliver(me, m)) {
			fr_free(me, m);	/* he will be asked again */
			return;
		}
		claim(me, m);
		i = 0;
	}
}

static bool
is_known(const struct causal *s, const struct message *m)
{
	uint32_t i;

	if (number_of(m) <= s->vector[m->origin])
		return true;
	for (i = 0; i < s->waiting_count; i++)
		if (s->waiting[i]->origin == m->origin &&
		    number_of(s->waiting[i]) == number_of(m))
			return true;
	return false;
}

static void
take(struct fr_node *me, const struct message *m)
{
	struct causal *s = me->state;
	struct message **waiting, *copy;

#ifndef BUG_takes_twice
	if (is_known(s, m))
		return;
#endif
	if (s->waiting_count >= WAITING_MAX)
		return;			/* they come again, in order */
	waiting = with_room(me, s->waiting, s->waiting_count,
			    &s->waiting_room, sizeof *waiting);
	if (waiting == NULL)
		return;
	s->waiting = waiting;
	copy = fr_alloc(me, s->size);
	if (copy == NULL)
		return;
	memcpy(copy, m, s->size);
	s->waiting[s->waiting_count++] = copy;
	deliver_waiting(me);
}

static void
causal_on_news(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	struct causal *s = me->state;
	const char *at = body;

	(void)from;
	for (; !s->silent && size >= s->size; size -= s->size, at += s->size) {
		const struct message *m = (const void *)at;

		if (m->origin < me->nodes)
			take(me, m);
	}
}

/* ---- telling ------------------------------------------------------------------- */

/* What he lacks, from the first of it on, in the order of this node; he
 * delivers it in that order, too, so the rest is for another time. */
static void
send_news(struct fr_node *me, uint32_t to, const uint64_t *his)
{
	struct causal *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	uint32_t i = s->delivered.count, k;

	if (!log_is_safe(me, &s->log))
		return;
	for (k = 0; k < me->nodes; k++)
		if (his[k] < s->vector[k] && s->places[k][his[k]] < i)
			i = s->places[k][his[k]];
	for (; i < s->delivered.count && w.size + s->size <= w.max; i++) {
		const struct message *m = s->messages[i];

#ifdef BUG_own_only
		if (m->origin != me->id)
			continue;
#endif
		if (number_of(m) > his[m->origin])
			fr_put_bytes(&w, m, s->size);
	}
	if (w.size > 0)
		fr_send(me, to, NEWS, s->body, w.size);
}

struct digest {
	uint64_t answer;		/* and tell me yours                  */
	uint64_t vector[];
};

static void
send_digest(struct fr_node *me, uint32_t to, bool answer)
{
	struct causal *s = me->state;
	struct digest *m = (void *)s->body;

	m->answer = answer;
	memcpy(m->vector, s->vector, me->nodes * sizeof *m->vector);
	fr_send(me, to, DIGEST, m, sizeof *m + me->nodes * sizeof *m->vector);
}

static void
causal_on_digest(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	struct causal *s = me->state;
	const struct digest *m = body;
	bool lacking = false;
	uint32_t k;

	if (s->silent || size < sizeof *m + me->nodes * sizeof *m->vector)
		return;
	for (k = 0; k < me->nodes; k++)
		lacking |= m->vector[k] > s->vector[k];
	send_news(me, from, m->vector);
	if (m->answer && lacking)
		send_digest(me, from, false);
}

static int recover(struct fr_node *me);

static void
compare(struct fr_node *me)
{
	struct causal *s = me->state;
	uint64_t drawn = fr_random_below(me, s->neighbour_count);

#ifdef BUG_never_compares
	return;
#endif
	if (!s->silent && s->neighbour_count > 0)
		send_digest(me, s->neighbours[drawn].node, true);
}

static void
causal_on_compare(struct fr_node *me, uint64_t tag)
{
	struct causal *s = me->state;

	(void)tag;
	if (s->silent || s->log.broken)
		s->silent = recover(me) < 0;
	compare(me);
	fr_after(me, COMPARE, s->period, 0);
}

/* ---- clients ------------------------------------------------------------------- */

/* A message that has all that was delivered here for its causes. */
static struct message *
compose(struct fr_node *me, int64_t value)
{
	struct causal *s = me->state;
	struct message *m = fr_alloc(me, s->size);

	if (m == NULL)
		return NULL;
	m->value = value;
	m->origin = me->id;
	memcpy(m->vector, s->vector, me->nodes * sizeof *m->vector);
#ifdef BUG_names_no_causes
	memset(m->vector, 0, me->nodes * sizeof *m->vector);
#endif
	m->vector[me->id] = s->vector[me->id] + 1;
	return m;
}

static void
causal_on_broadcast(struct fr_node *me, const struct fr_request *rq)
{
	struct causal *s = me->state;
	struct message *m;

	if (!can_broadcast(me, rq, s->silent))
		return;
	m = compose(me, rq->value.u.number);
	if (m == NULL || !deliver(me, m)) {
		fr_free(me, m);
		fr_fail(me, rq->id, disk_failed);
		return;
	}
#ifndef BUG_early_news
	if (!log_is_safe(me, &s->log)) {
		/* It will be told when it is safe, if this node lives. */
		fr_unsure(me, rq->id, disk_failed);
		return;
	}
#endif
	claim(me, m);
	fr_ok(me, rq->id, fr_nil());
	fr_broadcast(me, NEWS, m, s->size);
}

static void
causal_on_deliveries(struct fr_node *me, const struct fr_request *rq)
{
	struct causal *s = me->state;
	bool safe = true;

	/* Invariant 2. */
#ifndef BUG_shows_early
	safe = log_is_safe(me, &s->log);
#endif
	deliveries_answer(me, rq, &s->delivered, s->delivered.count,
			  s->silent || !safe);
}

/* ---- boot, and words for people ------------------------------------------------ */

static void
forget_all(struct fr_node *me)
{
	struct causal *s = me->state;

	while (s->waiting_count > 0)
		fr_free(me, s->waiting[--s->waiting_count]);
	while (s->delivered.count > 0)
		fr_free(me, s->messages[--s->delivered.count]);
	memset(s->vector, 0, me->nodes * sizeof *s->vector);
}

static int
recover(struct fr_node *me)
{
	struct causal *s = me->state;
	struct message *m;
	uint64_t at = 0;
	int64_t got;

	forget_all(me);
	if (fr_wal_open(me, &s->log, "deliveries") < 0)
		return -1;
	for (;;) {
		m = fr_alloc(me, s->size);
		if (m == NULL)
			return -1;
		got = fr_wal_next(me, &s->log, &at, m, s->size);
		if (got != (int64_t)s->size || m->origin >= me->nodes ||
		    number_of(m) != s->vector[m->origin] + 1 ||
		    !make_room(me, m->origin))
			break;
		add(s, m);
	}
	fr_free(me, m);
	return got == 0 ? 0 : -1;
}

static void
causal_start(struct fr_node *me)
{
	struct causal *s = me->state;
	uint32_t count = fr_neighbours(me, NULL, 0);

	s->period = fr_param(me, "period");
	s->silent = true;		/* until it could recover */
	s->size = sizeof(struct message) + me->nodes * sizeof(uint64_t);
	s->vector = fr_alloc(me, me->nodes * sizeof *s->vector);
	s->places = fr_alloc(me, me->nodes * sizeof *s->places);
	s->places_room = fr_alloc(me, me->nodes * sizeof *s->places_room);
	s->neighbours = fr_alloc(me, (count + 1) * sizeof *s->neighbours);
	if (s->vector == NULL || s->places == NULL ||
	    s->places_room == NULL || s->neighbours == NULL)
		return;
	s->neighbour_count = fr_neighbours(me, s->neighbours, count);
	s->silent = recover(me) < 0;
	if (me->boot > 0)
		compare(me);		/* it has missed something */
	fr_after(me, COMPARE, fr_random_between(me, s->period / 2, s->period),
		 0);
}

static void
say_vector(const uint64_t *vector, size_t count, char *text, size_t max)
{
	size_t at = 0, k;

	for (k = 0; k < count && at < max; k++)
		at += (size_t)snprintf(text + at, max - at, "%s%llu",
				       k == 0 ? "" : ",",
				       (unsigned long long)vector[k]);
}

static void
causal_describe(uint32_t type, const void *body, size_t size, char *text,
		size_t max)
{
	const struct digest *digest = body;
	const struct message *m = body;
	char vector[160] = "";

	if (type == DIGEST) {
		say_vector(digest->vector, (size - sizeof *digest) /
			   sizeof *digest->vector, text, max);
		return;
	}
	/* Whether more follow is not to be seen: a vector has no end. */
	say_vector(m->vector, (size - sizeof *m) / sizeof *m->vector, vector,
		   sizeof vector);
	snprintf(text, max, "%lld of node %llu, at %s", (long long)m->value,
		 (unsigned long long)m->origin, vector);
}

static uint64_t
causal_digest(const struct fr_node *me)
{
	const struct causal *s = me->state;

	return fr_checksum(s->waiting_count, s->delivered.values,
			   s->delivered.count * sizeof *s->delivered.values);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "causal-broadcast",
	.summary  = "what anybody is told, everybody learns, after its causes",
	.paper    = "Birman, Schiper, Stephenson 1991; Raynal, Schiper, "
		    "Toueg 1991",
	.promise  = "No node delivers a number before those that its origin "
		    "had delivered; each is delivered once, and in the end "
		    "everywhere, unless all who had delivered it never come "
		    "back.  Under partitions, lost, late, doubled and "
		    "reordered messages and crashes with restart.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL,
		.missing = FR_ALL_BUT_ONE,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK),
	.workload = "causal-order",
	.params   = FR_PARAMS(
		{ .name = "period", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "50ms", .min = "1ms", .max = "10s",
		  .low = "10ms", .high = "500ms",
		  .help = "how often a node compares with another" }),
	.state_size = sizeof(struct causal),
	.start    = causal_start,
	.messages = FR_MESSAGES(
		[NEWS]   = { "news",   causal_on_news,
			     sizeof(struct message) },
		[DIGEST] = { "digest", causal_on_digest,
			     sizeof(struct digest) }),
	.requests = FR_REQUESTS(
		{ "broadcast",  causal_on_broadcast },
		{ "deliveries", causal_on_deliveries }),
	.timers   = FR_TIMERS([COMPARE] = { "compare", causal_on_compare }),
	.describe = causal_describe,
	.digest   = causal_digest,
};
