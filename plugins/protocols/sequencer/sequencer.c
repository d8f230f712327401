/* SPDX-License-Identifier: MIT */
/*
 * sequencer - total order broadcast: one node numbers what all deliver.
 *
 *	Kaashoek, Tanenbaum, Flynn Hummel, Bal: An Efficient Reliable
 *	Broadcast Protocol.  ACM Operating Systems Review 23(4), 1989.
 *	(Amoeba; its method PB, from point to point and then to all.)
 *	Defago, Schiper, Urban: Total Order Broadcast and Multicast Algorithms.
 *	ACM Computing Surveys 36(4), 2004.  (Fixed sequencer, section 4.1.)
 *
 *	submit    from a member to the sequencer: put this into the order
 *	ordered   from the sequencer to all: these are number f, f + 1, ...
 *	fetch     from a member to the sequencer: I have all before n; go on
 *
 * Everybody delivers in the order of the numbers.  Who misses one is the first
 * to know, by the next one that comes, and asks for it (a negative
 * acknowledgement); nobody acknowledges what comes in order.  That the last
 * one was lost shows in nothing, so each member asks every `period`, too.
 *
 * What holds:
 *
 *  1. A number has one entry for ever: it is on the sequencer's disk before
 *     anybody hears of it.  Its log is Amoeba's history buffer; it forgets
 *     nothing, since clients may ask for the deliveries from the first on.
 *  2. What is submitted twice is numbered once.  A member counts what it
 *     submits, and the sequencer takes only the next of its count (so that
 *     each member's entries are in its own order); the count begins anew with
 *     each boot, whose number is part of it.
 *  3. A member delivers number n when it has delivered all before.  What it
 *     loses of its own log in a crash it is told again, and it is the same.
 *
 * The sequencer numbers for as long as it lives, and nobody takes its place
 * (in Amoeba the members would elect another one): while it is away nothing
 * new is delivered anywhere, and then all goes on.
 */
#include "../shared/deliveries.h"

enum { SUBMIT, ORDERED, FETCH };		/* messages */
enum { REPEAT };				/* timers */

#define BATCH 256u				/* entries in one `ordered` */

struct submit {
	uint64_t boot, count;
	int64_t value;
};

/* A delivery, as it travels and as it is stored. */
struct entry {
	int64_t value;
	uint64_t boot, count;			/* its member's, invariant 2 */
	uint64_t member;
};

struct ordered {
	uint64_t first;
	struct entry entries[];
};

struct fetch {
	uint64_t next;
};

/* What a client of this node wants delivered, and is not yet. */
struct submission {
	struct submission *next;
	uint64_t request;
	bool waited;			/* for a period at least              */
	struct submit m;
};

struct sequencer {
	struct fr_wal log;
	bool silent;			/* the disk would not be read         */
	struct deliveries delivered;
	struct entry *entries;		/* of each delivery                   */
	uint32_t room;
	bool asked;			/* about a gap, since the last period */
	int64_t period;
	/* The member's. */
	uint64_t submitted;
	struct submission *pending, **pending_end;
	/* The sequencer's. */
	uint32_t told;			/* entries: safe, and told to all     */
	uint64_t boots[FR_NODES_MAX], counts[FR_NODES_MAX];	/* the last  */
};

static uint32_t
sequencer_of(struct fr_node *me)
{
	return (uint32_t)fr_param(me, "sequencer") % me->nodes;
}

static bool
is_sequencer(struct fr_node *me)
{
	return me->id == sequencer_of(me);
}

/* ---- delivering ------------------------------------------------------------- */

/* Room for one more entry, so that delivering cannot fail. */
static bool
make_room(struct fr_node *me)
{
	struct sequencer *s = me->state;
	struct entry *entries = with_room(me, s->entries, s->delivered.count,
					  &s->room, sizeof *entries);

	if (entries == NULL)
		return false;
	s->entries = entries;
	return deliveries_room(me, &s->delivered);
}

static void
deliver(struct sequencer *s, const struct entry *e)
{
	s->entries[s->delivered.count] = *e;
	deliveries_add(&s->delivered, e->value);
}

/* In the log, and delivered; not yet safe. */
static bool
append(struct fr_node *me, const struct entry *e)
{
	struct sequencer *s = me->state;

	if (!make_room(me) || fr_wal_append(me, &s->log, e, sizeof *e) < 0)
		return false;
	deliver(s, e);
	return true;
}

/* The client who waits for this delivery has it. */
static void
answer(struct fr_node *me, uint32_t number)
{
	struct sequencer *s = me->state;
	const struct entry *e = &s->entries[number];
	struct submission **at = &s->pending, *done;

	fr_claim(me, "delivery", number, e->value);
	if (e->member != me->id || e->boot != me->boot)
		return;
	while (*at != NULL && (*at)->m.count != e->count)
		at = &(*at)->next;
	done = *at;
	if (done == NULL)
		return;
	fr_ok(me, done->request, fr_nil());
	*at = done->next;
	if (*at == NULL)
		s->pending_end = at;
	fr_free(me, done);
}

/* ---- the sequencer ---------------------------------------------------------- */

/* The last of that member that is numbered. */
static void
count(struct sequencer *s, const struct entry *e)
{
	s->boots[e->member] = e->boot;
	s->counts[e->member] = e->count;
}

static void
send_entries(struct fr_node *me, uint32_t to, uint32_t first)
{
	struct sequencer *s = me->state;
	uint32_t count = s->told - first;
	struct ordered *m;
	size_t size;

	if (count > BATCH)
		count = BATCH;
	size = sizeof *m + count * sizeof *m->entries;
	m = fr_alloc(me, size);
	if (m == NULL)
		return;
	m->first = first;
	memcpy(m->entries, s->entries + first, count * sizeof *m->entries);
	fr_send(me, to, ORDERED, m, size);
	fr_free(me, m);
}

/* What is numbered and nobody has heard of, once it is safe (invariant 1). */
static void
tell(struct fr_node *me)
{
	struct sequencer *s = me->state;
	uint32_t first = s->told, to;

	if (first == s->delivered.count)
		return;
#ifndef BUG_early_number
	if (!log_is_safe(me, &s->log))
		return;			/* the timer tries again */
#endif
	while (s->told < s->delivered.count)
		answer(me, s->told++);
	for (to = 0; to < me->nodes; to++)
		if (to != me->id)
			send_entries(me, to, first);
}

static void
sequencer_on_submit(struct fr_node *me, uint32_t from, const void *body,
		    size_t size)
{
	struct sequencer *s = me->state;
	const struct submit *m = body;
	const struct entry e = { m->value, m->boot, m->count, from };

	(void)size;
	if (s->silent || !is_sequencer(me))
		return;
	/* Invariant 2. */
#ifndef BUG_numbers_twice
	if (m->boot < s->boots[from] ||
	    (m->boot == s->boots[from] && m->count != s->counts[from] + 1) ||
	    (m->boot > s->boots[from] && m->count != 1))
		return;
#endif
	if (append(me, &e))
		count(s, &e);
	tell(me);
}

static void
sequencer_on_fetch(struct fr_node *me, uint32_t from, const void *body,
		   size_t size)
{
	struct sequencer *s = me->state;
	const struct fetch *m = body;

	(void)size;
	if (!s->silent && is_sequencer(me) && m->next < s->told)
		send_entries(me, from, (uint32_t)m->next);
}

/* ---- the members ------------------------------------------------------------- */

static void
fetch(struct fr_node *me)
{
	struct sequencer *s = me->state;
	const struct fetch m = { s->delivered.count };

#ifndef BUG_never_fetches
	if (!is_sequencer(me))
		fr_send(me, sequencer_of(me), FETCH, &m, sizeof m);
#endif
}

static void
sequencer_on_ordered(struct fr_node *me, uint32_t from, const void *body,
		     size_t size)
{
	struct sequencer *s = me->state;
	const struct ordered *m = body;
	uint64_t end = m->first + (size - sizeof *m) / sizeof *m->entries;
	uint64_t number;

	(void)from;
	if (s->silent || is_sequencer(me))
		return;
	/* Invariant 3. */
	for (number = m->first; number < end; number++) {
		if (number < s->delivered.count)
			continue;
#ifndef BUG_skips_gaps
		if (number > s->delivered.count)
			break;
#endif
		if (!append(me, &m->entries[number - m->first]))
			break;
		answer(me, s->delivered.count - 1);
	}
	/* There is more behind a full one, and something before a gap. */
	if (number == end ? end - m->first == BATCH : !s->asked) {
		s->asked = true;
		fetch(me);
	}
}

static int recover(struct fr_node *me);

static void
sequencer_on_repeat(struct fr_node *me, uint64_t tag)
{
	struct sequencer *s = me->state;
	struct submission *p;

	(void)tag;
	fr_after(me, REPEAT, s->period, 0);
	if (s->silent || s->log.broken)
		s->silent = recover(me) < 0;
	if (s->silent)
		return;
	s->asked = false;
	if (is_sequencer(me))
		tell(me);
	else
		(void)log_is_safe(me, &s->log);	/* the less to fetch again */
	fetch(me);
	for (p = s->pending; p != NULL; p = p->next) {
		if (p->waited)
			fr_send(me, sequencer_of(me), SUBMIT, &p->m,
				sizeof p->m);
		p->waited = true;
	}
}

/* ---- clients ------------------------------------------------------------------ */

static void
sequencer_on_broadcast(struct fr_node *me, const struct fr_request *rq)
{
	struct sequencer *s = me->state;
	struct submission *p;

	if (!can_broadcast(me, rq, s->silent))
		return;
	p = fr_alloc(me, sizeof *p);
	if (p == NULL) {
		fr_fail(me, rq->id, "no memory");
		return;
	}
	p->request = rq->id;
	p->m = (struct submit){ me->boot, ++s->submitted,
				rq->value.u.number };
	*s->pending_end = p;
	s->pending_end = &p->next;
	fr_send(me, sequencer_of(me), SUBMIT, &p->m, sizeof p->m);
}

static void
sequencer_on_deliveries(struct fr_node *me, const struct fr_request *rq)
{
	struct sequencer *s = me->state;

	deliveries_answer(me, rq, &s->delivered, is_sequencer(me) ? s->told :
			  s->delivered.count, s->silent);
}

/* ---- boot, and words for people ----------------------------------------------- */

static int
recover(struct fr_node *me)
{
	struct sequencer *s = me->state;
	struct entry e;
	uint64_t at = 0;
	int64_t got;

	s->delivered.count = s->told = 0;
	memset(s->boots, 0, sizeof s->boots);
	memset(s->counts, 0, sizeof s->counts);
	if (fr_wal_open(me, &s->log, "deliveries") < 0)
		return -1;
	while ((got = fr_wal_next(me, &s->log, &at, &e, sizeof e)) > 0) {
		if (got != (int64_t)sizeof e || e.member >= me->nodes ||
		    !make_room(me))
			return -1;
		deliver(s, &e);
#ifndef BUG_forgets_members
		count(s, &e);
#endif
	}
	if (got == 0 && log_is_safe(me, &s->log))
		s->told = s->delivered.count;
	return got == 0 ? 0 : -1;
}

static void
sequencer_start(struct fr_node *me)
{
	struct sequencer *s = me->state;

	s->period = fr_param(me, "period");
	s->pending_end = &s->pending;
	s->silent = true;
	fr_note(me, "role", is_sequencer(me) ? "sequencer" : "member");
	sequencer_on_repeat(me, 0);
}

static void
sequencer_describe(uint32_t type, const void *body, size_t size, char *text,
		   size_t max)
{
	const struct submit *submit = body;
	const struct ordered *ordered = body;
	const struct fetch *next = body;

	if (type == SUBMIT)
		snprintf(text, max, "%lld, which is %llu of boot %llu",
			 (long long)submit->value,
			 (unsigned long long)submit->count,
			 (unsigned long long)submit->boot);
	else if (type == FETCH)
		snprintf(text, max, "from %llu on",
			 (unsigned long long)next->next);
	else
		snprintf(text, max, "%zu from %llu on: %lld",
			 (size - sizeof *ordered) / sizeof *ordered->entries,
			 (unsigned long long)ordered->first,
			 (long long)ordered->entries[0].value);
}

static uint64_t
sequencer_digest(const struct fr_node *me)
{
	const struct sequencer *s = me->state;

	return fr_checksum(s->told, s->delivered.values,
			   s->delivered.count * sizeof *s->delivered.values);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "sequencer",
	.summary  = "total order broadcast: one node numbers what all deliver",
	.paper    = "Kaashoek, Tanenbaum, Flynn Hummel, Bal 1989; Defago, "
		    "Schiper, Urban 2004",
	.promise  = "All nodes deliver the same numbers in the same order, "
		    "uniformly: what one delivered all will.  Under "
		    "partitions, lost, late, doubled and reordered messages "
		    "and crashes with restart; while the sequencer is away "
		    "nothing new is delivered.",
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = 0,
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |
			 FR_BEARS_DISK),
	.workload = "total-order",
	.params   = FR_PARAMS(
		{ .name = "sequencer", .kind = FR_PARAM_INT,
		  .flags = FR_KNOB, .fallback = "0", .min = "0",
		  .max = "1023", .low = "0", .high = "4",
		  .help = "the node that numbers, modulo how many there are" },
		{ .name = "period", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "50ms", .min = "1ms", .max = "10s",
		  .low = "10ms", .high = "500ms",
		  .help = "how often what was not delivered is submitted "
			  "again, and what was not heard of is asked for" }),
	.state_size = sizeof(struct sequencer),
	.start    = sequencer_start,
	.messages = FR_MESSAGES(
		[SUBMIT]  = { "submit",  sequencer_on_submit,
			      sizeof(struct submit) },
		[ORDERED] = { "ordered", sequencer_on_ordered,
			      sizeof(struct ordered) + sizeof(struct entry) },
		[FETCH]   = { "fetch",   sequencer_on_fetch,
			      sizeof(struct fetch) }),
	.requests = FR_REQUESTS(
		{ "broadcast",  sequencer_on_broadcast },
		{ "deliveries", sequencer_on_deliveries }),
	.timers   = FR_TIMERS([REPEAT] = { "repeat", sequencer_on_repeat }),
	.describe = sequencer_describe,
	.digest   = sequencer_digest,
};
