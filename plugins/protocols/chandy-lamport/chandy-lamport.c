/* SPDX-License-Identifier: MIT */
/*
 * chandy-lamport - a picture of all nodes and channels that could have been.
 *
 *	Chandy, Lamport: Distributed Snapshots: Determining Global States of
 *	Distributed Systems.  ACM TOCS 3(1), 1985.
 *
 * Nodes hold money and send it to each other.  Nobody can see all of them at
 * one moment; but a marker on each channel cuts everything that happens into
 * before and after (section 3.1):
 *
 *	sending		who records its state sends a marker on each channel
 *			before anything else
 *	receiving	the first marker: record the state now; that channel is
 *			empty.  Another: the channel's state is what came over
 *			it between recording and the marker
 *
 * What holds of the states and channels together, if channels keep their order
 * and lose nothing (shared/fifo.h):
 *
 *  1. It is consistent: nothing that was received before the cut was sent after
 *     it, and what was sent before and received after it is in a channel.
 *  2. It is reachable from what was there when it began, and what is there when
 *     it ends can be reached from it (theorem 1); so no money is made or lost.
 *
 * Several snapshots go on side by side, each with markers of its own.  Every
 * node tells who began it what it recorded, in a report.  Nobody may crash.
 */
#include "../shared/fifo.h"

enum { TRANSFER, MARKER, REPORT, ACK };		/* messages */
enum { AGAIN };					/* timers */

/* Those that one node has begun and not finished. */
#define CUTS_MOST 64u
/* Messages on one channel; then there are no more transfers. */
#define UNDER_WAY_MOST 512u

struct cut_id {
	uint64_t node, number;		/* who began it, and its how manieth  */
};

struct transfer {
	struct fifo_head head;
	int64_t amount;
};

struct marker {
	struct fifo_head head;
	struct cut_id id;
};

struct report {				/* its numbers follow                 */
	struct fifo_head head;
	struct cut_id id;
};

/* A channel from another node to this one, in one cut. */
struct channel {
	bool closed;			/* its marker has come                */
	int64_t *amounts;		/* under way                          */
	uint32_t count, room;
};

struct cut {
	struct cut *next;
	struct cut_id id;
	/* What this node recorded: its state, */
	int64_t balance;
	int64_t *sent, *received;	/* transfers, by the other node       */
	/* and its channels. */
	struct channel *channels;
	uint32_t open;
	/* Of the one who began it. */
	uint64_t request;
	uint32_t missing;		/* reports                            */
	int64_t total;			/* money in those that came           */
	int64_t **reports;		/* by node: their numbers,            */
	uint32_t *sizes;		/* and how many they are              */
};

struct node {
	struct fifo links;
	int64_t balance;
	int64_t sent[FR_NODES_MAX], received[FR_NODES_MAX];
	struct cut *cuts;
	uint64_t begun;			/* snapshots, by this node            */
	uint32_t unfinished;
};

/* ---- reports ------------------------------------------------------------- */

static void
cut_free(struct fr_node *me, struct cut *c)
{
	struct node *s = me->state;
	struct cut **at = &s->cuts;
	uint32_t i;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	for (i = 0; i < me->nodes; i++) {
		fr_free(me, c->channels[i].amounts);
		if (c->reports != NULL)
			fr_free(me, c->reports[i]);
	}
	fr_free(me, c->sent);
	fr_free(me, c->channels);
	fr_free(me, c->reports);
	fr_free(me, c->sizes);
	fr_free(me, c);
	if (s->cuts == NULL)
		fr_note(me, "role", "idle");
}

/* All of it: each node's numbers, one after the other. */
static void
answer(struct fr_node *me, struct cut *c)
{
	struct node *s = me->state;
	uint32_t i, at, size = 0;
	int64_t *all;

	for (i = 0; i < me->nodes; i++)
		size += c->sizes[i];
	all = fr_alloc(me, size * sizeof *all);
	if (all == NULL) {
		fr_fail(me, c->request, "no memory");
	} else {
		for (i = 0, at = 0; i < me->nodes; at += c->sizes[i++])
			memcpy(all + at, c->reports[i],
			       c->sizes[i] * sizeof *all);
		fr_claim(me, "money in every cut", 0, c->total);
		fr_ok(me, c->request, fr_list(all, size));
	}
	fr_free(me, all);
	s->unfinished--;
	cut_free(me, c);
}

/*
 * A report is a balance; and of each channel to and from the other nodes how
 * many transfers were sent, how many received, how many are under way to this
 * node, and these.  Its money, or -1: it is none.
 */
static int64_t
money_in(const int64_t *numbers, uint32_t count, uint32_t nodes)
{
	int64_t money = count > 0 ? numbers[0] : -1;
	uint32_t i, at = 1;

	for (i = 0; i < nodes; i++) {
		int64_t left = at + 3 <= count ? numbers[at + 2] : -1;

		at += 3;
		if (left < 0 || left > (int64_t)(count - at))
			return -1;
		for (; left > 0; left--)
			money += numbers[at++];
	}
	return at == count ? money : -1;
}

static void
take_report(struct fr_node *me, struct cut *c, uint32_t from,
	    const int64_t *numbers, uint32_t count)
{
	int64_t money = money_in(numbers, count, me->nodes);
	int64_t *copy = money < 0 ? NULL : fr_alloc(me, count * sizeof *copy);

	if (copy == NULL || c->reports[from] != NULL)
		return;
	memcpy(copy, numbers, count * sizeof *copy);
	c->reports[from] = copy;
	c->sizes[from] = count;
	c->total += money;
	if (--c->missing == 0)
		answer(me, c);
}

static void
record_state(struct fr_node *me, struct cut *c)
{
	struct node *s = me->state;

	c->balance = s->balance;
	memcpy(c->sent, s->sent, me->nodes * sizeof *c->sent);
	memcpy(c->received, s->received, me->nodes * sizeof *c->received);
}

/* All markers have come: what this node recorded is complete. */
static void
report(struct fr_node *me, struct cut *c)
{
	struct node *s = me->state;
	uint32_t i, k, count = 1 + 3 * me->nodes, at = 0;
	size_t size;
	struct report *m;
	int64_t *numbers;

	for (i = 0; i < me->nodes; i++)
		count += c->channels[i].count;
	size = sizeof *m + count * sizeof *numbers;
	m = fr_alloc(me, size);
	if (m == NULL)
		return;
#ifdef BUG_late_state
	record_state(me, c);
#endif
	m->id = c->id;
	numbers = (int64_t *)(m + 1);
	numbers[at++] = c->balance;
	for (i = 0; i < me->nodes; i++) {
		numbers[at++] = c->sent[i];
		numbers[at++] = c->received[i];
		numbers[at++] = c->channels[i].count;
		for (k = 0; k < c->channels[i].count; k++)
			numbers[at++] = c->channels[i].amounts[k];
	}
	if (c->id.node == me->id) {
		take_report(me, c, me->id, numbers, count);
	} else {
		fifo_send(me, &s->links, (uint32_t)c->id.node, REPORT, m, size);
		cut_free(me, c);
	}
	fr_free(me, m);
}

/* ---- the algorithm ------------------------------------------------------- */

static struct cut *
cut_of(struct fr_node *me, const struct cut_id *id)
{
	struct cut *c = ((struct node *)me->state)->cuts;

	while (c != NULL && (c->id.node != id->node ||
			     c->id.number != id->number))
		c = c->next;
	return c;
}

static struct cut *
cut_make(struct fr_node *me, const struct cut_id *id)
{
	struct node *s = me->state;
	size_t numbers = me->nodes * sizeof(int64_t);
	struct cut *c = fr_alloc(me, sizeof *c);

	if (c == NULL)
		return NULL;
	c->sent = fr_alloc(me, 2 * numbers);
	c->channels = fr_alloc(me, me->nodes * sizeof *c->channels);
	if (c->sent == NULL || c->channels == NULL) {
		fr_free(me, c->sent);
		fr_free(me, c->channels);
		fr_free(me, c);
		return NULL;
	}
	c->id = *id;
	c->received = c->sent + me->nodes;
	c->next = s->cuts;
	s->cuts = c;
	return c;
}

/* Marker-sending rule: the state, and a marker before anything else. */
static void
record(struct fr_node *me, struct cut *c)
{
	struct node *s = me->state;
	struct marker m = { .id = c->id };
	uint32_t i;

	fr_note(me, "role", "recording");
	record_state(me, c);
	c->channels[me->id].closed = true;
	c->open = me->nodes - 1;
	for (i = 0; i < me->nodes; i++) {
		if (i == me->id)
			continue;
#ifdef BUG_marker_overtakes
		fr_send(me, i, MARKER, &m, sizeof m);
#else
		fifo_send(me, &s->links, i, MARKER, &m, sizeof m);
#endif
	}
}

/* Marker-receiving rule. */
static void
marker(struct fr_node *me, uint32_t from, const struct marker *m)
{
	struct cut *c = cut_of(me, &m->id);

	if (c == NULL) {
		c = cut_make(me, &m->id);
		if (c == NULL)
			return;
		record(me, c);
	}
	if (c->channels[from].closed)
		return;
	c->channels[from].closed = true;
	c->open--;
	if (c->open == 0)
		report(me, c);
}

/* What comes between recording and the marker is the channel's. */
static void
transfer(struct fr_node *me, uint32_t from, const struct transfer *m)
{
	struct node *s = me->state;
	struct channel *channel;
	struct cut *c;
	int64_t *more;
	uint32_t room;

	s->balance += m->amount;
	s->received[from]++;
#ifdef BUG_deaf_channels
	return;
#endif
	for (c = s->cuts; c != NULL; c = c->next) {
		channel = &c->channels[from];
		if (channel->closed)
			continue;
#ifdef BUG_stops_early
		if (c->open < me->nodes - 2)
			continue;
#endif
		if (channel->count == channel->room) {
			room = channel->room == 0 ? 8 : 2 * channel->room;
			more = fr_alloc(me, room * sizeof *more);
			if (more == NULL)
				continue;
			if (channel->count > 0)
				memcpy(more, channel->amounts,
				       channel->count * sizeof *more);
			fr_free(me, channel->amounts);
			channel->amounts = more;
			channel->room = room;
		}
		channel->amounts[channel->count++] = m->amount;
	}
}

/* ---- messages ------------------------------------------------------------ */

/* In order, and once. */
static void
deliver(struct fr_node *me, uint32_t from, uint32_t type, const void *body,
	size_t size)
{
	const struct report *r = body;
	struct cut *c;

	if (type == TRANSFER)
		transfer(me, from, body);
	else if (type == MARKER)
		marker(me, from, body);
	else if ((c = cut_of(me, &r->id)) != NULL && c->id.node == me->id)
		take_report(me, c, from, (const int64_t *)(r + 1),
			    (uint32_t)((size - sizeof *r) / sizeof(int64_t)));
}

static void
on_transfer(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct node *s = me->state;

	fifo_receive(me, &s->links, from, TRANSFER, body, size);
}

static void
on_marker(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct node *s = me->state;

#ifdef BUG_marker_overtakes
	marker(me, from, body);
	return;
#endif
	fifo_receive(me, &s->links, from, MARKER, body, size);
}

static void
on_report(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct node *s = me->state;

	fifo_receive(me, &s->links, from, REPORT, body, size);
}

static void
on_ack(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct node *s = me->state;

	(void)size;
	fifo_on_ack(me, &s->links, from, body);
}

static void
on_again(struct fr_node *me, uint64_t to)
{
	struct node *s = me->state;

	fifo_on_timer(me, &s->links, to);
}

/* ---- clients ------------------------------------------------------------- */

/* [to amount]; answered by its number on that channel. */
static void
on_ask_transfer(struct fr_node *me, const struct fr_request *rq)
{
	struct node *s = me->state;
	int64_t to = fr_item(rq->value, 0, -1);
	struct transfer m = { .amount = fr_item(rq->value, 1, 0) };

	if (to < 0 || to >= me->nodes || to == me->id || m.amount <= 0)
		fr_fail(me, rq->id, "that is no transfer to another node");
	else if (m.amount > s->balance)
		fr_fail(me, rq->id, "there is not so much money here");
	else if (fifo_under_way(&s->links, (uint32_t)to) >= UNDER_WAY_MOST ||
		 fifo_send(me, &s->links, (uint32_t)to, TRANSFER, &m,
			   sizeof m) < 0)
		fr_fail(me, rq->id, "too much is under way");
	else {
		s->balance -= m.amount;
		fr_ok(me, rq->id, fr_int(++s->sent[to]));
	}
}

static void
on_ask_snapshot(struct fr_node *me, const struct fr_request *rq)
{
	struct node *s = me->state;
	const struct cut_id id = { me->id, s->begun + 1 };
	struct cut *c;

	if (s->unfinished == CUTS_MOST) {
		fr_fail(me, rq->id, "too many snapshots are under way");
		return;
	}
	c = cut_make(me, &id);
	if (c == NULL) {
		fr_fail(me, rq->id, "no memory");
		return;
	}
	c->reports = fr_alloc(me, me->nodes * sizeof *c->reports);
	c->sizes = fr_alloc(me, me->nodes * sizeof *c->sizes);
	if (c->reports == NULL || c->sizes == NULL) {
		cut_free(me, c);
		fr_fail(me, rq->id, "no memory");
		return;
	}
	c->request = rq->id;
	c->missing = me->nodes;
	s->begun++;
	s->unfinished++;
	record(me, c);
	if (c->open == 0)		/* there is nobody else */
		report(me, c);
}

static void
start(struct fr_node *me)
{
	struct node *s = me->state;

	s->links.ack = ACK;
	s->links.timer = AGAIN;
	s->links.again = fr_param(me, "again");
	s->links.deliver = deliver;
	s->balance = fr_param(me, "money");
}

static void
describe(uint32_t type, const void *body, size_t size, char *text, size_t max)
{
	const struct transfer *t = body;
	const struct marker *m = body;
	const struct fifo_ack *a = body;

	(void)size;
	if (type == TRANSFER)
		snprintf(text, max, "number %llu, %lld",
			 (unsigned long long)t->head.number,
			 (long long)t->amount);
	else if (type == ACK)
		snprintf(text, max, "all before number %llu",
			 (unsigned long long)a->next);
	else
		snprintf(text, max, "number %llu, snapshot %llu of node %llu",
			 (unsigned long long)m->head.number,
			 (unsigned long long)m->id.number,
			 (unsigned long long)m->id.node);
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "chandy-lamport",
	.summary  = "snapshots of nodes and channels while money moves",
	.paper    = "Chandy, Lamport 1985",
	.promise  = "A snapshot is a consistent cut: nothing in it was received "
		    "and not sent, its channels hold just what was sent and "
		    "not received, and no money is made or lost; under lost, "
		    "late, doubled and reordered messages, partitions and "
		    "pauses, while nobody crashes.",
	.tolerates = FR_TOLERATES(.bears = FR_BEARS_ASYNCHRONY),
	.workload = "snapshot",
	.params   = FR_PARAMS(
		{ .name = "money", .kind = FR_PARAM_INT,
		  .fallback = "1000", .min = "0", .max = "1000000000",
		  .help = "what each node has at first" },
		{ .name = "again", .kind = FR_PARAM_TIME, .flags = FR_KNOB,
		  .fallback = "50ms", .min = "1ms", .max = "1m",
		  .low = "5ms", .high = "300ms",
		  .help = "what has no acknowledgement is repeated so often" }),
	.state_size = sizeof(struct node),
	.start    = start,
	.messages = FR_MESSAGES(
		[TRANSFER] = { "transfer", on_transfer,
			       sizeof(struct transfer) },
		[MARKER]   = { "marker", on_marker, sizeof(struct marker) },
		[REPORT]   = { "report", on_report, sizeof(struct report) },
		[ACK]      = { "ack", on_ack, sizeof(struct fifo_ack) }),
	.requests = FR_REQUESTS(
		{ "transfer", on_ask_transfer },
		{ "snapshot", on_ask_snapshot }),
	.timers   = FR_TIMERS([AGAIN] = { "again", on_again }),
	.describe = describe,
};
