/* SPDX-License-Identifier: MIT */
/*
 * Workloads over nodes that deliver: numbers, no two alike, are broadcast, and
 * every node has a sequence of deliveries, of which a read gives what stands
 * from an offset on.  A client reads the node that answered it last, mostly
 * from where that node's sequence ended, now and then from a little before.
 * In the end every node is read from its beginning until it shows all that
 * was acknowledged, or shown by anybody, or `settle` has passed.
 *
 * What any broadcast promises, and is looked at here (Hadzilacos and Toueg:
 * A Modular Approach to Fault-Tolerant Broadcasts, 1994):
 *
 *	rewritten  a number stands where that node showed another one before
 *	duplicate  a node delivers one twice			(integrity)
 *	invented   nobody had broadcast it by then, or its
 *	           broadcast had failed				(integrity)
 *	lost       acknowledged, and missing at a node		(validity)
 *	agreement  delivered at a node, missing at another	(agreement)
 *
 * The last two are asked of nodes that answer final reads.  Where the promise
 * is uniform, what a node showed that is gone for good counts, too.
 */
#ifndef WORKLOADS_DELIVERIES_H
#define WORKLOADS_DELIVERIES_H

#include "common.h"

enum { BROADCAST, DELIVERIES };

#define PAUSE		FR_MS(50)
#define BACK_MOST	16	/* how far before the end a read may begin */

/* What workloads with this header have in common, as fields of theirs. */
#define DELIVERIES_WORKLOAD						\
	.params = FR_PARAMS(						\
		{ .name = "reads", .kind = FR_PARAM_REAL,		\
		  .flags = FR_KNOB, .fallback = "0.4",			\
		  .min = "0", .max = "1", .low = "0.1", .high = "0.9",	\
		  .help = "the share of reads" },			\
		{ .name = "settle", .kind = FR_PARAM_TIME,		\
		  .fallback = "5s", .min = "0", .max = "1h",		\
		  .help = "how long nodes may take in the end to "	\
			  "deliver what they lack" }),			\
	.ops = FR_OPS(							\
		{ .name = "broadcast",					\
		  .help = "deliver the number that is given "		\
			  "everywhere; answer when it is delivered "	\
			  "here" },					\
		{ .name = "deliveries", .flags = FR_PURE,		\
		  .help = "answer with a list of what was delivered "	\
			  "here, in its order, from the offset that "	\
			  "is given, or the first part of that" }),	\
	.state_size = sizeof(struct delivery_work),			\
	.start = deliveries_start,					\
	.next = deliveries_next,					\
	.ended = deliveries_ended

/* ---- generating ---------------------------------------------------------- */

struct listener {			/* to one node                        */
	int64_t length;			/* of its sequence, as far as is known*/
	int64_t at;			/* how far it is read in the end      */
	int64_t shown;			/* what was wanted, in the end        */
	bool busy, answered;		/* in the end: to all there was       */
	unsigned char *has;		/* by number                          */
	int64_t room;
};

struct delivery_client {
	bool here;			/* `node` answered it last            */
	uint32_t node;
	bool rest;			/* the last final read was in vain    */
};

struct delivery_work {
	struct listener *nodes;
	struct delivery_client *clients;
	unsigned char *wanted;		/* by number: 1 .. last               */
	int64_t room, last, wanted_count;
	uint32_t turn;
	int64_t deadline;		/* of the final phase; 0: not begun   */
};

FR_UNUSED static int
deliveries_start(struct fr_work *w)
{
	struct delivery_work *s = w->state;

	s->nodes = w->host->alloc(w, w->nodes * sizeof *s->nodes);
	s->clients = w->host->alloc(w, w->clients * sizeof *s->clients);
	return s->nodes == NULL || s->clients == NULL ? -1 : 0;
}

/* A mark for each number up to `last`. */
static bool
marks(struct fr_work *w, unsigned char **array, int64_t *room, int64_t last)
{
	int64_t more = *room > 0 ? *room : 1024;
	unsigned char *new;

	if (last < *room)
		return true;
	while (more <= last)
		more *= 2;
	new = w->host->alloc(w, (size_t)more);
	if (new == NULL)
		return false;
	if (*room > 0)
		memcpy(new, *array, (size_t)*room);
	*array = new;
	*room = more;
	return true;
}

/* Every node is to deliver it. */
static void
want(struct fr_work *w, int64_t number)
{
	struct delivery_work *s = w->state;
	uint32_t i;

	if (number < 1 || number > s->last ||
	    !marks(w, &s->wanted, &s->room, s->last) || s->wanted[number])
		return;
	s->wanted[number] = 1;
	s->wanted_count++;
	for (i = 0; i < w->nodes; i++)
		s->nodes[i].shown += number < s->nodes[i].room &&
				     s->nodes[i].has[number];
}

static int
next_of_main(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct delivery_work *s = w->state;
	const struct delivery_client *c = &s->clients[client];
	int64_t from, back;

	if (!c->here || !work_chance(w, "reads")) {
		op->f = BROADCAST;
		op->value = fr_int(++s->last);
		return FR_OP;
	}
	from = s->nodes[c->node].length;
	back = (int64_t)(w->host->random(w) % (4 * BACK_MOST));
	if (back <= BACK_MOST)
		from -= back < from ? back : from;
	op->f = DELIVERIES;
	op->node = c->node;
	op->value = fr_int(from);
	return FR_OP;
}

/* It lacks something, and nobody is reading it. */
static bool
is_open(const struct delivery_work *s, uint32_t node)
{
	const struct listener *n = &s->nodes[node];

	return !n->busy && (!n->answered || n->shown < s->wanted_count);
}

static int
next_of_final(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct delivery_work *s = w->state;
	struct delivery_client *c = &s->clients[client];
	int64_t now = w->host->now(w);
	uint32_t i;

	if (s->deadline == 0)
		s->deadline = now + work_param(w, "settle");
	if (now > s->deadline)
		return FR_DONE;
	if (c->rest) {
		c->rest = false;
		op->wait = PAUSE;
		return FR_WAIT;
	}
	for (i = 0; i < w->nodes && !is_open(s, s->turn % w->nodes); i++)
		s->turn++;
	if (i == w->nodes)
		return FR_DONE;
	op->f = DELIVERIES;
	op->node = s->turn++ % w->nodes;
	op->value = fr_int(s->nodes[op->node].at);
	s->nodes[op->node].busy = true;
	return FR_OP;
}

FR_UNUSED static int
deliveries_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	op->key = FR_NO_KEY;
	return w->phase == FR_PHASE_FINAL ? next_of_final(w, client, op) :
					    next_of_main(w, client, op);
}

/* A final read: what it shows is there, at that node. */
static void
note_final(struct fr_work *w, const struct fr_operation *op)
{
	struct delivery_work *s = w->state;
	struct listener *n = &s->nodes[op->node];
	const struct fr_value *v = &op->result;
	uint32_t i;

	n->busy = false;
	s->clients[op->client].rest = op->outcome != FR_OK || v->count == 0;
	if (op->outcome != FR_OK)
		return;
	n->answered = v->count == 0;
	n->at += v->kind == FR_LIST ? v->count : 0;
	for (i = 0; v->kind == FR_LIST && i < v->count; i++) {
		int64_t number = v->u.list[i];

		if (number < 1 || number > s->last ||
		    !marks(w, &n->has, &n->room, s->last) || n->has[number])
			continue;
		n->has[number] = 1;
		n->shown += number < s->room && s->wanted[number];
	}
}

FR_UNUSED static void
deliveries_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct delivery_work *s = w->state;
	struct delivery_client *c = &s->clients[op->client];
	const struct fr_value *v = &op->result;
	uint32_t i;

	c->here = op->outcome == FR_OK && op->node < w->nodes;
	c->node = op->node;
	if (op->f == BROADCAST && op->outcome == FR_OK)
		want(w, fr_number(op->value, 0));
	if (op->f != DELIVERIES || op->node >= w->nodes)
		return;
	if (op->outcome == FR_OK && v->kind == FR_LIST) {
		struct listener *n = &s->nodes[op->node];
		int64_t end = fr_number(op->value, 0) + v->count;

		if (n->length < end)
			n->length = end;
		for (i = 0; i < v->count; i++)
			want(w, v->u.list[i]);
	}
	if (op->phase == FR_PHASE_FINAL)
		note_final(w, op);
}

/* ---- what was delivered ----------------------------------------------------- */

#define NOWHERE	UINT32_MAX

struct message {			/* a number, and its broadcast        */
	int64_t value;
	uint64_t op;
	bool acknowledged, failed;
};

/* What a node delivered, as far as reads show it without a gap. */
struct sequence {
	uint32_t *at;			/* messages; NOWHERE: not read        */
	uint64_t *read;			/* who showed it first                */
	uint32_t *place;		/* by message: where it stands        */
	uint32_t length, room;
	bool answered;			/* a final read                       */
	bool partly;			/* there is a gap in what was read    */
	uint32_t end;			/* of the final reads                 */
	int64_t reach;			/* of all reads                       */
};

struct hearing {
	const struct fr_history *h;
	struct fr_judge *j;
	struct message *messages;
	uint32_t count;
	struct index index;		/* by value                           */
	struct sequence *nodes;
	uint64_t told;			/* violations                         */
};

#define TOLD_MAX 8u

/* Up to four operations, the same one not twice. */
FR_UNUSED static void
tell(struct hearing *f, const char *kind, const uint64_t *ops, uint32_t count,
     const char *sentence)
{
	uint64_t shown[4];
	uint32_t i, k, n = 0;

	if (f->told++ >= TOLD_MAX)
		return;
	for (i = 0; i < count; i++) {
		for (k = 0; k < n && shown[k] != ops[i]; k++)
			;
		if (k == n)
			shown[n++] = ops[i];
	}
	f->j->violation(f->j, kind, shown, n, sentence);
}

static bool
is_delivery(const struct fr_operation *op)
{
	return op->f == DELIVERIES && op->outcome == FR_OK &&
	       op->result.kind == FR_LIST;
}

/* Arrays as large as what the reads of each node can fill. */
static void
make_sequences(struct hearing *f)
{
	struct fr_judge *j = f->j;
	uint64_t i;
	uint32_t node;

	f->nodes = j->alloc(j, (f->h->nodes + 1) * sizeof *f->nodes);
	memset(f->nodes, 0, (f->h->nodes + 1) * sizeof *f->nodes);
	for (i = 0; i < f->h->op_count; i++) {
		const struct fr_operation *op = op_at(f->h, i);

		if (is_delivery(op) && op->node < f->h->nodes)
			f->nodes[op->node].room += op->result.count;
	}
	for (node = 0; node < f->h->nodes; node++) {
		struct sequence *n = &f->nodes[node];

		n->at = j->alloc(j, (n->room + 1) * sizeof *n->at);
		n->read = j->alloc(j, (n->room + 1) * sizeof *n->read);
		n->place = j->alloc(j, (f->count + 1) * sizeof *n->place);
		memset(n->at, 0xff, (n->room + 1) * sizeof *n->at);
		memset(n->place, 0xff, (f->count + 1) * sizeof *n->place);
	}
}

static void
gather_messages(struct hearing *f)
{
	uint64_t i;

	f->messages = f->j->alloc(f->j, (f->h->op_count + 1) *
				  sizeof *f->messages);
	f->index = index_new(f->j, f->h->op_count);
	for (i = 0; i < f->h->op_count; i++) {
		const struct fr_operation *op = op_at(f->h, i);
		uint64_t *slot;

		if (op->f != BROADCAST || op->value.kind != FR_INT)
			continue;
		slot = index_slot(&f->index, op->value.u.number);
		if (*slot != 0)
			continue;	/* that number again */
		f->messages[f->count] = (struct message){
			.value = op->value.u.number, .op = i,
			.acknowledged = op->outcome == FR_OK,
			.failed = op->outcome == FR_FAIL,
		};
		*slot = ++f->count;
	}
}

/* One number in a read: NOWHERE, or which message it is. */
static uint32_t
recognize(struct hearing *f, uint64_t read, int64_t value)
{
	const struct fr_operation *op = op_at(f->h, read);
	uint64_t slot = *index_slot(&f->index, value);
	const struct message *m = slot > 0 ? &f->messages[slot - 1] : NULL;
	char sentence[160];

	if (m != NULL && !m->failed &&
	    op_at(f->h, m->op)->call_rank < op->end_rank)
		return (uint32_t)slot - 1;
	snprintf(sentence, sizeof sentence, "node %u delivered %lld, %s",
		 op->node, (long long)value, m == NULL ?
		 "which nobody has broadcast" : m->failed ?
		 "though its broadcast failed" : "before it was broadcast");
	tell(f, "invented", (uint64_t[]){ m != NULL ? m->op : read, read }, 2,
	     sentence);
	return m != NULL ? (uint32_t)slot - 1 : NOWHERE;
}

/* This read shows message m at that place of its node's sequence. */
static void
place(struct hearing *f, uint64_t read, uint32_t m, uint32_t at)
{
	const struct fr_operation *op = op_at(f->h, read);
	struct sequence *n = &f->nodes[op->node];
	char sentence[200];

	if (n->at[at] == NOWHERE && n->place[m] == NOWHERE) {
		n->at[at] = m;
		n->read[at] = read;
		n->place[m] = at;
	} else if (n->at[at] != NOWHERE && n->at[at] != m) {
		snprintf(sentence, sizeof sentence, "delivery %u of node %u "
			 "was %lld, and is %lld later", at, op->node,
			 (long long)f->messages[n->at[at]].value,
			 (long long)f->messages[m].value);
		tell(f, "rewritten", (uint64_t[]){ n->read[at], read }, 2,
		     sentence);
	} else if (n->place[m] != at) {
		snprintf(sentence, sizeof sentence, "node %u delivered %lld "
			 "twice, as its deliveries %u and %u", op->node,
			 (long long)f->messages[m].value, n->place[m], at);
		tell(f, "duplicate", (uint64_t[]){ n->read[n->place[m]],
						   read }, 2, sentence);
	}
}

static void
take_read(struct hearing *f, uint64_t i)
{
	const struct fr_operation *op = op_at(f->h, i);
	struct sequence *n = &f->nodes[op->node];
	int64_t from = fr_number(op->value, 0), at;
	uint32_t k, m;

	for (k = 0; k < op->result.count; k++) {
		m = recognize(f, i, op->result.u.list[k]);
		at = from + k;
		/* Beyond what the reads fill there is a gap somewhere. */
		if (m != NOWHERE && at >= 0 && at < n->room)
			place(f, i, m, (uint32_t)at);
	}
	at = from + op->result.count;
	if (at > n->reach)
		n->reach = at;
	if (op->phase != FR_PHASE_FINAL)
		return;
	n->answered = true;
	if (at > n->end)
		n->end = at < n->room ? (uint32_t)at : n->room;
}

/* How much of its sequence is known. */
static void
measure_sequence(struct hearing *f, uint32_t node)
{
	struct sequence *n = &f->nodes[node];
	char sentence[120];

	while (n->length < n->room && n->at[n->length] != NOWHERE)
		n->length++;
	if (n->length >= n->reach)
		return;
	/* Nobody knows what it lacks. */
	n->answered = false;
	n->partly = true;
	if (f->told > 0)
		return;			/* reads that contradict each other */
	snprintf(sentence, sizeof sentence, "delivery %u of node %u was never "
		 "read, though later ones were", n->length, node);
	f->j->unknown(f->j, sentence);
}

/* ---- and what is missing in the end ------------------------------------------ */

/* Somebody has to answer for it: who acknowledged or showed it, as an index
 * of an operation; UINT64_MAX: nobody. */
static uint64_t
witness(const struct hearing *f, uint32_t m, bool uniform)
{
	const struct message *message = &f->messages[m];
	uint32_t node = op_at(f->h, message->op)->node, i;

	if (message->acknowledged && node < f->h->nodes &&
	    (uniform || f->nodes[node].answered))
		return message->op;
	for (i = 0; i < f->h->nodes; i++) {
		const struct sequence *n = &f->nodes[i];

		if (n->place[m] != NOWHERE && (uniform || n->answered))
			return n->read[n->place[m]];
	}
	return UINT64_MAX;
}

/* What some node lacks that answered final reads. */
static void
look_at_the_end(struct hearing *f, bool uniform)
{
	char sentence[200];
	uint32_t m, i, by;

	for (m = 0; m < f->count; m++) {
		const uint64_t seen = witness(f, m, uniform);
		bool acknowledged;

		for (i = 0; i < f->h->nodes && seen != UINT64_MAX; i++) {
			struct sequence *n = &f->nodes[i];

			if (!n->answered || n->place[m] < n->end)
				continue;
			acknowledged = seen == f->messages[m].op;
			by = op_at(f->h, seen)->node;
			snprintf(sentence, sizeof sentence, "%lld, %s node "
				 "%u, is not among the %u deliveries of node "
				 "%u in the end",
				 (long long)f->messages[m].value, acknowledged ?
				 "acknowledged by" : "delivered at", by, n->end,
				 i);
			tell(f, acknowledged ? "lost" : "agreement",
			     (uint64_t[]){ f->messages[m].op, seen }, 2,
			     sentence);
			break;
		}
	}
}

static void
measure(struct hearing *f)
{
	uint32_t m, i, acknowledged = 0, most = 0;
	char sentence[120];

	for (m = 0; m < f->count; m++)
		acknowledged += f->messages[m].acknowledged;
	for (i = 0; i < f->h->nodes; i++) {
		if (f->nodes[i].length > most)
			most = f->nodes[i].length;
		if (f->nodes[i].answered || f->nodes[i].partly)
			continue;
		snprintf(sentence, sizeof sentence, "node %u never answered a "
			 "final read: nobody knows what it lacks", i);
		f->j->unknown(f->j, sentence);
	}
	f->j->metric(f->j, "acknowledged", acknowledged, "");
	f->j->metric(f->j, "delivered", most, "");
	if (f->h->nodes == 0)
		f->j->unknown(f->j, "the history does not say how many nodes "
			      "there were");
	else if (acknowledged == 0)
		f->j->unknown(f->j, "no broadcast was ever acknowledged");
	else if (most == 0)
		f->j->unknown(f->j, "nobody showed a delivery");
}

/* All of the above; then f->nodes has the sequences. */
FR_UNUSED static void
deliveries_hear(struct hearing *f, const struct fr_history *h,
		struct fr_judge *j, bool uniform)
{
	uint64_t i;
	uint32_t k;

	memset(f, 0, sizeof *f);
	f->h = h;
	f->j = j;
	gather_messages(f);
	make_sequences(f);
	for (i = 0; i < h->op_count; i++)
		if (is_delivery(op_at(h, i)) && op_at(h, i)->node < h->nodes)
			take_read(f, i);
	for (k = 0; k < h->nodes; k++)
		measure_sequence(f, k);
	look_at_the_end(f, uniform);
	measure(f);
}

#endif
