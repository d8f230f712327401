/* SPDX-License-Identifier: MIT */
/*
 * broadcast - tells numbers to nodes, no two alike, and reads at all nodes what
 * they know.  In the end every node is read until it knows all that was
 * acknowledged, or `settle` has passed; its last answer counts.
 *
 * What is found, for each element (the words and the idea are those of Jepsen's
 * set-full, with every node's last read in the place of the one last read):
 *
 *	known      since its broadcast was acknowledged, or a read that shows
 *	           it has ended, whichever was first
 *	lost       acknowledged, and missing in the last read of some node
 *	stale      known and not lost, but missing in a read that began later
 *	stable     known and not lost; its stable latency is the time from
 *	           known to the call of the last read that misses it, or 0
 *	duplicate  more than once in one read
 *	invented   in a read, though nobody had broadcast it by then, or its
 *	           broadcast had failed
 *	vanished   never acknowledged, shown by a read, and missing in the last
 *	           read of some node
 *
 * lost, duplicate and invented are violations.  A broadcast with an unknown end
 * may show or not.  stale is measured, and a violation only with
 * --set stale=violation.
 */
#include "common.h"

enum { BROADCAST, READ };

#define PAUSE		FR_MS(50)
#define TRIES		5
#define SHOWN_MAX	8	/* of one kind that are told singly */

/* ---- generating ---------------------------------------------------------- */

/* A client that reads nodes client, client + clients, ... in the end. */
struct reader {
	uint32_t at;			/* how many it is done with           */
	int tries;
	bool again, rested;		/* the last answer was not enough     */
};

struct state {
	struct reader *readers;
	int64_t last;			/* elements are 1 .. last             */
	uint32_t *seen;			/* by element: the last read with it  */
	bool *acknowledged;		/* by element                         */
	int64_t room, acknowledged_count;
	uint32_t reads;
	int64_t deadline;		/* of the final phase; 0: not begun   */
};

/* What --set stale=... says: 1 violation, 0 metric, -1 neither. */
static int
strictness(const struct fr_value *v)
{
	if (v->kind != FR_BYTES)
		return -1;
	if (strcmp(v->u.bytes, "violation") == 0)
		return 1;
	return strcmp(v->u.bytes, "metric") == 0 ? 0 : -1;
}

static int
broadcast_start(struct fr_work *w)
{
	struct state *s = w->state;
	struct fr_value v;

	if (w->host->param(w, "stale", &v) < 0 || strictness(&v) < 0)
		return -1;
	s->readers = w->host->alloc(w, w->clients * sizeof *s->readers);
	return s->readers == NULL ? -1 : 0;
}

/* Room for element number `last`. */
static int
make_room(struct fr_work *w)
{
	struct state *s = w->state;
	int64_t room = s->room > 0 ? 2 * s->room : 1024;
	uint32_t *seen;
	bool *acknowledged;

	if (s->last < s->room)
		return 0;
	seen = w->host->alloc(w, (size_t)room * sizeof *seen);
	acknowledged = w->host->alloc(w, (size_t)room * sizeof *acknowledged);
	if (seen == NULL || acknowledged == NULL)
		return -1;
	if (s->room > 0)
		memcpy(acknowledged, s->acknowledged,
		       (size_t)s->room * sizeof *acknowledged);
	s->seen = seen;			/* what it held is of no use any more */
	s->acknowledged = acknowledged;
	s->room = room;
	return 0;
}

static int
next_main(struct fr_work *w, struct fr_op *op)
{
	struct state *s = w->state;

	if (work_chance(w, "reads")) {
		op->f = READ;
		return FR_OP;
	}
	s->last++;
	if (make_room(w) < 0)
		return FR_DONE;
	op->f = BROADCAST;
	op->value = fr_int(s->last);
	return FR_OP;
}

static int
next_final(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct reader *mine = &s->readers[client];
	int64_t now = w->host->now(w);

	if (s->deadline == 0)
		s->deadline = now + work_param(w, "settle");
	if (mine->again && (now < s->deadline || mine->tries < TRIES)) {
		if (!mine->rested) {
			mine->rested = true;
			op->wait = PAUSE;
			return FR_WAIT;
		}
	} else if (mine->again) {
		mine->again = false;
		mine->tries = 0;
		mine->at++;
	}
	op->node = client + mine->at * w->clients;
	if (op->node >= w->nodes)
		return FR_DONE;
	op->f = READ;
	return FR_OP;
}

static int
broadcast_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	op->key = FR_NO_KEY;
	return w->phase == FR_PHASE_FINAL ?
	       next_final(w, client, op) :
	       next_main(w, op);
}

/* Does this read show everything that was acknowledged so far? */
static bool
is_complete(struct state *s, const struct fr_value *v)
{
	int64_t count = 0;
	uint32_t i;

	s->reads++;
	for (i = 0; v->kind == FR_LIST && i < v->count; i++) {
		int64_t element = v->u.list[i];

		if (element < 1 || element > s->last ||
		    s->seen[element] == s->reads)
			continue;
		s->seen[element] = s->reads;
		count += s->acknowledged[element];
	}
	return count == s->acknowledged_count;
}

static void
broadcast_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	struct reader *mine = &s->readers[op->client];

	if (op->f == BROADCAST && op->outcome == FR_OK &&
	    op->value.u.number < s->room) {
		s->acknowledged[op->value.u.number] = true;
		s->acknowledged_count++;
	}
	if (op->f != READ || op->phase != FR_PHASE_FINAL)
		return;
	mine->rested = false;
	mine->tries++;
	mine->again = op->outcome != FR_OK || !is_complete(s, &op->result);
	/* An answer is an answer: only failures are tried beyond settle. */
	if (op->outcome == FR_OK && mine->again)
		mine->tries = TRIES;
	if (!mine->again) {
		mine->tries = 0;
		mine->at++;
	}
}

/* ---- judging ------------------------------------------------------------- */

struct element {
	int64_t value;
	uint64_t op;			/* its broadcast                      */
	bool acknowledged, failed, shown;
	uint64_t known_rank;		/* UINT64_MAX: not known              */
	int64_t known;
	uint64_t stamp;			/* the read it was seen in last, + 1  */
	int64_t missed;			/* called: the last read that missed it
					   though it was known; or -1         */
	uint64_t missed_by;
	uint32_t lacking;		/* nodes that lack it in the end      */
	uint64_t lacked_by;		/* the last read of one of them       */
};

enum { LOST, STALE, DUPLICATE, INVENTED, VANISHED, KINDS };

static const char *const kinds[KINDS] = {
	"lost", "stale", "duplicate", "invented", "vanished",
};

struct finding {
	const struct fr_history *h;
	struct fr_judge *j;
	struct element *elements;
	uint64_t count;
	struct index index;
	uint64_t found[KINDS];
	bool strict;			/* what is stale is a violation       */
};

static void
tell(struct finding *f, int kind, uint64_t a, uint64_t b, const char *sentence)
{
	if (f->found[kind]++ < SHOWN_MAX)
		violation_2(f->j, kinds[kind], a, b, sentence);
}

static bool
is_read(const struct fr_operation *op)
{
	return op->f == READ && op->outcome == FR_OK &&
	       op->result.kind == FR_LIST;
}

static void
gather(struct finding *f)
{
	uint64_t i, *slot;

	f->elements = f->j->alloc(f->j, (f->h->op_count + 1) *
					sizeof *f->elements);
	f->index = index_new(f->j, f->h->op_count);
	for (i = 0; i < f->h->op_count; i++) {
		const struct fr_operation *op = op_at(f->h, i);
		struct element *e;

		if (op->f != BROADCAST || op->value.kind != FR_INT)
			continue;
		slot = index_slot(&f->index, op->value.u.number);
		if (*slot == 0) {
			e = &f->elements[f->count++];
			memset(e, 0, sizeof *e);
			e->value = op->value.u.number;
			e->op = i;
			e->known_rank = UINT64_MAX;
			e->missed = -1;
			e->failed = true;
			*slot = f->count;
		}
		e = &f->elements[*slot - 1];
		e->failed &= op->outcome == FR_FAIL;
		e->acknowledged |= op->outcome == FR_OK;
		if (op->outcome == FR_OK && op->end_rank < e->known_rank) {
			e->known_rank = op->end_rank;
			e->known = op->ended;
		}
	}
}

/* What a read shows: duplicate, invented, known. */
static void
look_at(struct finding *f, uint64_t i)
{
	const struct fr_operation *op = op_at(f->h, i);
	char sentence[512];
	uint32_t k;

	for (k = 0; k < op->result.count; k++) {
		int64_t value = op->result.u.list[k];
		uint64_t slot = *index_slot(&f->index, value);
		struct element *e = slot > 0 ? &f->elements[slot - 1] : NULL;

		if (e == NULL || e->failed ||
		    op_at(f->h, e->op)->call_rank > op->end_rank) {
			snprintf(sentence, sizeof sentence,
				 "node %u shows %lld, %s", op->node,
				 (long long)value, e == NULL ?
				 "which nobody has broadcast" : e->failed ?
				 "though its broadcast failed" :
				 "before it was broadcast");
			tell(f, INVENTED, i, e != NULL ? e->op : i, sentence);
			if (e == NULL)
				continue;
		}
		if (e->stamp == i + 1) {
			snprintf(sentence, sizeof sentence, "node %u shows "
				 "%lld more than once in one read", op->node,
				 (long long)value);
			tell(f, DUPLICATE, e->op, i, sentence);
		}
		e->stamp = i + 1;
		e->shown = true;
		if (op->end_rank < e->known_rank) {
			e->known_rank = op->end_rank;
			e->known = op->ended;
		}
	}
}

/* What a read does not show, though it was known when it was called. */
static void
look_beyond(struct finding *f, uint64_t i)
{
	const struct fr_operation *op = op_at(f->h, i);
	uint64_t slot, k;

	for (k = 0; k < op->result.count; k++) {
		slot = *index_slot(&f->index, op->result.u.list[k]);
		if (slot > 0)
			f->elements[slot - 1].stamp = i + 1;
	}
	for (k = 0; k < f->count; k++) {
		struct element *e = &f->elements[k];

		if (e->stamp == i + 1 || e->known_rank >= op->call_rank)
			continue;
		e->missed = op->called;
		e->missed_by = i;
	}
}

/* Each node's last read: what is lacking there stays lacking. */
static void
look_at_the_end(struct finding *f)
{
	uint64_t *last = f->j->alloc(f->j, (f->h->nodes + 1) * sizeof *last);
	char sentence[256];
	uint64_t i, k, slot;
	uint32_t node;

	memset(last, 0, (f->h->nodes + 1) * sizeof *last);
	for (i = 0; i < f->h->op_count; i++) {
		const struct fr_operation *op = op_at(f->h, i);

		if (is_read(op) && op->phase == FR_PHASE_FINAL &&
		    op->node < f->h->nodes)
			last[op->node] = i + 1;
	}
	for (k = 0; k < f->count; k++)
		f->elements[k].stamp = 0;
	for (node = 0; node < f->h->nodes; node++) {
		const struct fr_operation *op;

		if (last[node] == 0) {
			snprintf(sentence, sizeof sentence, "node %u never "
				 "answered a final read: nobody knows what is "
				 "lost there", node);
			f->j->unknown(f->j, sentence);
			continue;
		}
		op = op_at(f->h, last[node] - 1);
		for (k = 0; k < op->result.count; k++) {
			slot = *index_slot(&f->index, op->result.u.list[k]);
			if (slot > 0)
				f->elements[slot - 1].stamp = node + 1;
		}
		for (k = 0; k < f->count; k++) {
			if (f->elements[k].stamp == node + 1)
				continue;
			f->elements[k].lacking++;
			f->elements[k].lacked_by = last[node] - 1;
		}
	}
}

static void
judge_element(struct finding *f, const struct element *e)
{
	char sentence[512];

	if (e->acknowledged && e->lacking > 0) {
		snprintf(sentence, sizeof sentence, "%lld, acknowledged by "
			 "node %u, is missing in the last read of %u of %u "
			 "nodes (node %u for one)", (long long)e->value,
			 op_at(f->h, e->op)->node, e->lacking, f->h->nodes,
			 op_at(f->h, e->lacked_by)->node);
		tell(f, LOST, e->op, e->lacked_by, sentence);
	} else if (e->lacking > 0 && e->shown) {
		f->found[VANISHED]++;
	} else if (e->missed >= 0 && f->strict) {
		snprintf(sentence, sizeof sentence, "%lld was known, and "
			 "missing in a read that began later, at node %u",
			 (long long)e->value,
			 op_at(f->h, e->missed_by)->node);
		tell(f, STALE, e->op, e->missed_by, sentence);
	} else if (e->missed >= 0) {
		f->found[STALE]++;
	}
}

static void
report(struct finding *f)
{
	struct fr_judge *j = f->j;
	int64_t *times = j->alloc(j, (f->count + 1) * sizeof *times);
	uint64_t i, stable = 0, acknowledged = 0;
	int kind;

	for (i = 0; i < f->count; i++) {
		const struct element *e = &f->elements[i];

		acknowledged += e->acknowledged;
		if (e->known_rank != UINT64_MAX && e->lacking == 0)
			times[stable++] = e->missed > e->known ?
					  e->missed - e->known : 0;
	}
	j->metric(j, "acknowledged", (double)acknowledged, "");
	for (kind = 0; kind < KINDS; kind++)
		j->metric(j, kinds[kind], (double)f->found[kind], "");
	report_times(j, "stable latency", times, stable);
	if (acknowledged == 0)
		j->unknown(j, "no broadcast was ever acknowledged");
}

static void
broadcast_check(const struct fr_history *h, struct fr_judge *j)
{
	struct finding f = { .h = h, .j = j };
	struct fr_value stale;
	uint64_t i;

	/* A host of minor version 0 has no parameters for us here. */
	if (j->size >= offsetof(struct fr_judge, param) + sizeof j->param &&
	    j->param(j, "stale", &stale) == 0)
		f.strict = strictness(&stale) == 1;

	gather(&f);
	for (i = 0; i < h->op_count; i++)
		if (is_read(op_at(h, i)))
			look_at(&f, i);
	for (i = 0; i < f.count; i++)
		f.elements[i].stamp = 0;
	for (i = 0; i < h->op_count; i++)
		if (is_read(op_at(h, i)))
			look_beyond(&f, i);
	look_at_the_end(&f);
	if (h->nodes == 0)
		j->unknown(j, "the history does not say how many nodes there "
			   "were: nobody knows what is lost");
	for (i = 0; i < f.count; i++)
		judge_element(&f, &f.elements[i]);
	report(&f);
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "broadcast",
	.summary    = "tells numbers to nodes and reads what they all know",
	.promise    = "In the end every node knows every acknowledged number; "
		      "none is shown twice in one read, and none that nobody "
		      "has broadcast.",
	.params     = FR_PARAMS(
		{ .name = "reads", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.1", .min = "0", .max = "1",
		  .low = "0.05", .high = "0.9",
		  .help = "the share of reads" },
		{ .name = "settle", .kind = FR_PARAM_TIME, .fallback = "5s",
		  .min = "0", .max = "1h",
		  .help = "how long nodes may take in the end to learn what "
			  "they lack" },
		{ .name = "stale", .kind = FR_PARAM_TEXT,
		  .fallback = "metric",
		  .help = "a read that misses what was known: \"metric\" "
			  "counts it, \"violation\" forbids it" }),
	.ops        = FR_OPS(
		{ .name = "broadcast",
		  .help = "let everybody know the number that is given" },
		{ .name = "read", .flags = FR_PURE,
		  .help = "answer with a list of all that is known here" }),
	.state_size = sizeof(struct state),
	.start      = broadcast_start,
	.next       = broadcast_next,
	.ended      = broadcast_ended,
	.check      = broadcast_check,
};
