/* SPDX-License-Identifier: MIT */
/*
 * broadcast - what anybody is told, everybody learns.
 *
 *	Demers et al.: Epidemic Algorithms for Replicated Database Maintenance.
 *	PODC 1987.  (Rumours in its section 1.4, anti-entropy in 1.3.)
 *
 * A node numbers the values that its own clients bring.  So a value is named
 * by (origin, number), every node's knowledge of an origin is a beginning of
 * that origin's sequence, and all that a node knows is summed up by one count
 * for each origin: a digest of 4 bytes a node, however many values there are.
 *
 *	news     runs of values that the neighbour is thought not to have
 *	digest   how far I am with every origin: what I lack, send me
 *
 * For each neighbour a node keeps a guess of his digest: what he has said, and
 * what has been sent to him or came from him since.  News are what lies between
 * that guess and what is known, sent to some neighbours soon after something
 * new came (the rumour).  Rumours get lost; so every `period` a node says its
 * digest to a neighbour drawn at random, who puts his guess right and sends
 * what lacks (the anti-entropy).  Both are one mechanism, and little is sent
 * twice but where the guess was wrong.
 *
 * What holds:
 *
 *  1. A value is acknowledged when it is on its origin's disk; it is passed on
 *     only then, so that no (origin, number) ever names two values.
 *  2. A sequence grows at its end only: what comes with a gap before it is
 *     not taken, but asked for.
 *  3. Values of others are written too, but not waited for: what a crash takes
 *     of them, the next digest shows to be lacking.
 */
#include "../shared/room.h"

enum { NEWS, DIGEST };				/* messages */
enum { SPREAD, COMPARE };			/* timers */

#define NEWS_MAX  32768u	/* bytes in one message of news */

static const char damaged[] = "the log is damaged, or there is no memory";

struct sequence {
	int64_t *values;
	uint32_t count, room;
};

struct neighbour {
	uint32_t node;
	bool asked;			/* about a gap, since last compared  */
	uint32_t *guess;		/* how far he is with every origin    */
};

/* A value, as it stands in the log. */
struct entry {
	int64_t value;
	uint32_t origin, number;
};

struct broadcast {
	struct fr_wal log;
	struct sequence *known;		/* one an origin                      */
	uint64_t count;			/* of all of them                     */
	struct neighbour *neighbours;
	uint32_t neighbour_count;
	uint32_t fanout;
	int64_t linger, period;
	bool spreading;			/* the timer runs                     */
	bool damaged;			/* it could not start                 */
	unsigned char body[NEWS_MAX];
};

/* ---- what is known ------------------------------------------------------- */

static int
make_room(struct fr_node *me, struct sequence *known)
{
	int64_t *values = with_room(me, known->values, known->count,
				    &known->room, sizeof *values);

	if (values == NULL)
		return -1;
	known->values = values;
	return 0;
}

/* The next value of that origin, in memory and in the log, not yet synced. */
static int
learn(struct fr_node *me, uint32_t origin, int64_t value)
{
	struct broadcast *s = me->state;
	struct sequence *known = &s->known[origin];
	struct entry entry = { value, origin, known->count };

	if (make_room(me, known) < 0 ||
	    fr_wal_append(me, &s->log, &entry, sizeof entry) < 0)
		return -1;
	known->values[known->count++] = value;
	s->count++;
	return 0;
}

/* The value that was learnt last, again: its place in the log is free. */
static void
unlearn(struct broadcast *s, uint32_t origin, uint64_t log_end)
{
	s->known[origin].count--;
	s->count--;
	s->log.end = log_end;
}

static struct neighbour *
neighbour_of(struct broadcast *s, uint32_t node)
{
	uint32_t i;

	for (i = 0; i < s->neighbour_count; i++)
		if (s->neighbours[i].node == node)
			return &s->neighbours[i];
	return NULL;
}

/* ---- telling ------------------------------------------------------------- */

static void
spread_soon(struct fr_node *me)
{
	struct broadcast *s = me->state;

	if (!s->spreading)
		fr_after(me, SPREAD, s->linger, 0);
	s->spreading = true;
}

/* A run of news: what this neighbour may lack of one origin. */
static void
put_run(struct broadcast *s, struct fr_writer *w, struct neighbour *to,
	uint32_t origin)
{
	const struct sequence *known = &s->known[origin];
	uint32_t first = to->guess[origin], count = known->count - first;
	size_t room = w->max - w->size;

	if (room < 3 * sizeof(uint32_t) + sizeof(int64_t))
		return;
	room = (room - 3 * sizeof(uint32_t)) / sizeof(int64_t);
	if (count > room)
		count = (uint32_t)room;
	fr_put_u32(w, origin);
	fr_put_u32(w, first);
	fr_put_u32(w, count);
	for (to->guess[origin] += count; first < to->guess[origin]; first++)
		fr_put_i64(w, known->values[first]);
}

static void
send_news(struct fr_node *me, struct neighbour *to)
{
	struct broadcast *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	uint32_t origin;

	for (origin = 0; origin < me->nodes; origin++) {
		if (to->guess[origin] < s->known[origin].count)
			put_run(s, &w, to, origin);
		if (to->guess[origin] < s->known[origin].count)
			spread_soon(me);	/* the rest */
	}
	if (w.size > 0)
		fr_send(me, to->node, NEWS, s->body, w.size);
}

/* The rumour: some neighbours are told, the rest will hear it from them. */
static void
broadcast_on_spread(struct fr_node *me, uint64_t tag)
{
	struct broadcast *s = me->state;
	uint32_t n = s->neighbour_count, i, first, origin;

	(void)tag;
	s->spreading = false;
	first = (uint32_t)fr_random_below(me, n);
	for (i = 0; i < n; i++) {
		struct neighbour *to = &s->neighbours[(first + i) % n];

		if (s->fanout == 0 || i < s->fanout) {
			send_news(me, to);
			continue;
		}
		for (origin = 0; origin < me->nodes; origin++)
			if (to->guess[origin] < s->known[origin].count)
				to->guess[origin] = s->known[origin].count;
	}
}

static void
send_digest(struct fr_node *me, uint32_t to, bool answer)
{
	struct broadcast *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	uint32_t origin;

	fr_put_u32(&w, answer);
	for (origin = 0; origin < me->nodes; origin++)
		fr_put_u32(&w, s->known[origin].count);
	fr_send(me, to, DIGEST, s->body, w.size);
}

static void
broadcast_on_compare(struct fr_node *me, uint64_t tag)
{
	struct broadcast *s = me->state;
	uint32_t i;

	(void)tag;
	for (i = 0; i < s->neighbour_count; i++)
		s->neighbours[i].asked = false;
	if (s->neighbour_count > 0) {
		i = (uint32_t)fr_random_below(me, s->neighbour_count);
		send_digest(me, s->neighbours[i].node, true);
	}
	fr_after(me, COMPARE, s->period, 0);
}

/* ---- being told ---------------------------------------------------------- */

static bool
is_ahead(const struct sequence *known, uint32_t number)
{
#ifdef BUG_takes_gaps
	return false;
#endif
	return number > known->count;
}

/* One run; false where there is a gap before it, or no room for it. */
static bool
take_run(struct fr_node *me, struct fr_reader *r, struct neighbour *from)
{
	struct broadcast *s = me->state;
	uint32_t origin = fr_get_u32(r), number = fr_get_u32(r);
	uint32_t end = number + fr_get_u32(r);
	bool whole = true;

	if (r->failed || origin >= me->nodes)
		return false;
	for (; number < end && !r->failed; number++) {
		int64_t value = fr_get_i64(r);

		if (r->failed || number < s->known[origin].count)
			continue;
		if (is_ahead(&s->known[origin], number) ||
		    learn(me, origin, value) < 0)
			whole = false;
		else
			spread_soon(me);
	}
	if (from != NULL && from->guess[origin] < number)
		from->guess[origin] = number;	/* he told us */
	return whole;
}

static void
broadcast_on_news(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	struct broadcast *s = me->state;
	struct neighbour *neighbour = neighbour_of(s, from);
	struct fr_reader r = fr_reader(body, size);
	bool gap = false;

	if (s->damaged)
		return;
	while (!r.failed && !fr_got_all(&r))
		if (!take_run(me, &r, neighbour))
			gap = true;
#ifdef BUG_no_anti_entropy
	return;
#endif
	if (gap && neighbour != NULL && !neighbour->asked) {
		neighbour->asked = true;
		send_digest(me, from, false);
	}
}

static void
broadcast_on_digest(struct fr_node *me, uint32_t from, const void *body,
		    size_t size)
{
	struct broadcast *s = me->state;
	struct neighbour *neighbour = neighbour_of(s, from);
	struct fr_reader r = fr_reader(body, size);
	bool answer = fr_get_u32(&r) != 0, lacking = false;
	uint32_t origin, count;

	if (s->damaged || neighbour == NULL)
		return;
	for (origin = 0; origin < me->nodes; origin++) {
		count = fr_get_u32(&r);
		if (r.failed)
			return;
		neighbour->guess[origin] = count;
		lacking |= count > s->known[origin].count;
	}
	send_news(me, neighbour);
	if (answer && lacking)
		send_digest(me, from, false);
}

/* ---- clients ------------------------------------------------------------- */

static void
broadcast_on_broadcast(struct fr_node *me, const struct fr_request *rq)
{
	struct broadcast *s = me->state;
	uint64_t log_end = s->log.end;

	if (s->damaged || rq->value.kind != FR_INT) {
		fr_fail(me, rq->id, s->damaged ? damaged :
						 "only numbers are broadcast");
		return;
	}
	if (learn(me, me->id, rq->value.u.number) < 0) {
		fr_fail(me, rq->id, "no room for another value");
		return;
	}
#ifndef BUG_early_answer
	if (fr_wal_sync(me, &s->log) < 0) {
		/* After a crash it may be there all the same. */
		unlearn(s, me->id, log_end);
		fr_unsure(me, rq->id, "the disk would not store it");
		return;
	}
#endif
	fr_ok(me, rq->id, fr_nil());
	spread_soon(me);
}

static void
broadcast_on_read(struct fr_node *me, const struct fr_request *rq)
{
	struct broadcast *s = me->state;
	int64_t *all = fr_alloc(me, (s->count + 1) * sizeof *all);
	uint32_t origin, count = 0;

	if (s->damaged) {
		fr_fail(me, rq->id, damaged);
		return;
	}
	for (origin = 0; all != NULL && origin < me->nodes; origin++) {
		const struct sequence *known = &s->known[origin];

		if (known->count > 0)
			memcpy(all + count, known->values,
			       known->count * sizeof *all);
		count += known->count;
	}
	if (all == NULL || fr_ok(me, rq->id, fr_list(all, count)) < 0)
		fr_fail(me, rq->id, "more values than an answer can hold");
	fr_free(me, all);
}

/* ---- boot ---------------------------------------------------------------- */

/* Reads back what was written down; -1 where it cannot be trusted. */
static int
recover(struct fr_node *me)
{
	struct broadcast *s = me->state;
	struct sequence *known;
	struct entry entry;
	uint64_t at = 0;
	int64_t got;

	if (fr_wal_open(me, &s->log, "values") < 0)
		return -1;
	while ((got = fr_wal_next(me, &s->log, &at, &entry,
				  sizeof entry)) > 0) {
		if (got != sizeof entry || entry.origin >= me->nodes)
			return -1;
		known = &s->known[entry.origin];
		if (entry.number != known->count || make_room(me, known) < 0)
			return -1;
		known->values[known->count++] = entry.value;
		s->count++;
	}
	return got == 0 ? 0 : -1;
}

static int
meet_neighbours(struct fr_node *me)
{
	struct broadcast *s = me->state;
	uint32_t count = fr_neighbours(me, NULL, 0), i;
	struct fr_neighbour *found = fr_alloc(me, (count + 1) * sizeof *found);

	s->neighbours = fr_alloc(me, (count + 1) * sizeof *s->neighbours);
	if (found == NULL || s->neighbours == NULL)
		return -1;
	fr_neighbours(me, found, count);
	for (i = 0; i < count; i++) {
		s->neighbours[i].node = found[i].node;
		s->neighbours[i].guess =
			fr_alloc(me, me->nodes * sizeof(uint32_t));
		if (s->neighbours[i].guess == NULL)
			return -1;
	}
	s->neighbour_count = count;
	fr_free(me, found);
	return 0;
}

static void
broadcast_start(struct fr_node *me)
{
	struct broadcast *s = me->state;

	s->fanout = (uint32_t)fr_param(me, "fanout");
	s->linger = fr_param(me, "linger");
	s->period = fr_param(me, "period");
	s->known = fr_alloc(me, me->nodes * sizeof *s->known);
	if (s->known == NULL || meet_neighbours(me) < 0 || recover(me) < 0) {
		fr_log(me, "%s: this node stays silent", damaged);
		s->damaged = true;
		return;
	}
#ifndef BUG_no_anti_entropy
	fr_after(me, COMPARE, fr_random_between(me, 0, s->period), 0);
#endif
}

static void
broadcast_describe(uint32_t type, const void *body, size_t size, char *text,
		   size_t max)
{
	struct fr_reader r = fr_reader(body, size);
	uint32_t origin, first, count, runs = 0;
	unsigned long long values = 0;

	if (type == DIGEST) {
		fr_get_u32(&r);
		while (!fr_got_all(&r) && !r.failed)
			values += fr_get_u32(&r);
		snprintf(text, max, "knows %llu values", values);
		return;
	}
	while (!fr_got_all(&r) && !r.failed) {
		origin = fr_get_u32(&r);
		first = fr_get_u32(&r);
		count = fr_get_u32(&r);
		fr_get_bytes(&r, (size_t)count * sizeof(int64_t));
		if (++runs == 1)
			snprintf(text, max, "node %u's values %u to %u",
				 origin, first, first + count - 1);
		values += count;
	}
	if (runs > 1)
		snprintf(text, max, "%llu values of %u nodes", values, runs);
}

static uint64_t
broadcast_digest(const struct fr_node *me)
{
	const struct broadcast *s = me->state;
	uint64_t sum = s->damaged;
	uint32_t i;

	for (i = 0; s->known != NULL && i < me->nodes; i++)
		sum = fr_checksum(sum + s->known[i].count, s->known[i].values,
				  s->known[i].count * sizeof(int64_t));
	return sum;
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "broadcast",
	.summary  = "gossip: rumours at once, anti-entropy for what got lost",
	.paper    = "Demers et al. 1987",
	.promise  = "Every acknowledged value reaches every node, once links "
		    "heal and nodes are back; nothing else ever appears, and "
		    "nothing twice.  Under partitions, loss, duplication and "
		    "crashes with restart.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL,
		.missing = FR_ALL_BUT_ONE,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY),
	.workload = "broadcast",
	.params   = FR_PARAMS(
		{ .name = "fanout", .kind = FR_PARAM_INT, .flags = FR_KNOB,
		  .fallback = "4", .min = "0", .max = "1024",
		  .low = "0", .high = "8",
		  .help = "neighbours that are told a rumour; 0: all" },
		{ .name = "linger", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "5ms", .min = "0", .max = "10s",
		  .low = "0", .high = "50ms",
		  .help = "how long news are gathered before they are sent" },
		{ .name = "period", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "200ms", .min = "1ms", .max = "1m",
		  .low = "10ms", .high = "500ms",
		  .help = "time between two digests to a random neighbour" }),
	.state_size = sizeof(struct broadcast),
	.start    = broadcast_start,
	.messages = FR_MESSAGES(
		[NEWS]   = { "news",   broadcast_on_news,   12 },
		[DIGEST] = { "digest", broadcast_on_digest, 4 }),
	.requests = FR_REQUESTS(
		{ "broadcast", broadcast_on_broadcast },
		{ "read",      broadcast_on_read }),
	.timers   = FR_TIMERS(
		[SPREAD]  = { "spread",  broadcast_on_spread },
		[COMPARE] = { "compare", broadcast_on_compare }),
	.describe = broadcast_describe,
	.digest   = broadcast_digest,
};
