/* SPDX-License-Identifier: MIT */
/*
 * stamps - clients ask for time stamps, and bring along those that they know.
 *
 * A stamp is [time count node], and stamps are compared in that order; time is
 * in nanoseconds.  A client tells the node the largest stamp that it was given
 * or, now and then, that another client was given before: so what it asks for
 * happened after that, whatever nodes and clocks have to do with it.  An answer
 * has one stamp, or several, each of which happened after the one before.
 *
 * What happened before has to have the smaller stamp (along a client, along a
 * message, on one node); no two may be equal; and all have to be near the time.
 * Nobody tells what time it was, but there has to be one: a time at which the
 * run began such that each stamp is no more than epsilon behind, and four ahead
 * of, the moment at which it was made.  Each node's stamps allow a stretch of
 * such times, and the largest number of nodes that agree on one (Marzullo 1984)
 * must be all but the `wild` ones.
 */
#include "common.h"

enum { STAMP, RELAY };

#define AHEAD		4		/* epsilons                           */

struct stamp {
	int64_t time, count, node;
};

#define NUMBERS 3u

struct state {
	struct stamp *known;		/* by client; time 0: none            */
	struct final final;
	uint64_t finals;		/* things that are done in the end    */
	struct stamp brought;
};

static int
compare_stamps(const struct stamp *a, const struct stamp *b)
{
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return (a->node > b->node) - (a->node < b->node);
}

/* The i-th of a value; false: it has not so many. */
static bool
stamp_at(const struct fr_value *v, uint32_t i, struct stamp *out)
{
	if (v->kind != FR_LIST || v->count / NUMBERS <= i)
		return false;
	memcpy(out, v->u.list + i * NUMBERS, sizeof *out);
	return true;
}

static uint32_t
stamps_of(const struct fr_value *v)
{
	return v->kind == FR_LIST && v->count % NUMBERS == 0 ?
	       v->count / NUMBERS : 0;
}

/* ---- generating ---------------------------------------------------------- */

static int
stamps_start(struct fr_work *w)
{
	struct state *s = w->state;

	s->known = w->host->alloc(w, w->clients * sizeof *s->known);
	return s->known == NULL ? -1 : 0;
}

static int
stamps_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct stamp *mine = &s->known[client], *other;
	bool relays = w->nodes > 1 && w->host->supported(w, RELAY);
	int result;

	op->key = FR_NO_KEY;
	op->node = (uint32_t)(w->host->random(w) % w->nodes);
	if (w->phase == FR_PHASE_FINAL) {
		result = client > 0 ? FR_DONE :
			 final_next(&s->final, &s->finals, op);
		op->f = s->final.number == 0 ? STAMP : RELAY;
		return s->final.number > relays ? FR_DONE : result;
	}
	op->f = relays && work_chance(w, "relays") ? RELAY : STAMP;
	other = &s->known[w->host->random(w) % w->clients];
	if (work_chance(w, "handed") && compare_stamps(other, mine) > 0)
		*mine = *other;
	if (mine->time != 0) {
		s->brought = *mine;
		op->value = fr_list(&s->brought.time, NUMBERS);
	}
	return FR_OP;
}

/* One that no node wants is forgotten, or its client would be stuck. */
static void
stamps_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	struct stamp *mine = &s->known[op->client];
	uint32_t count = stamps_of(&op->result);

	if (op->phase == FR_PHASE_FINAL)
		final_ended(&s->final, op);
	else if (op->outcome == FR_FAIL)
		mine->time = 0;
	else if (op->outcome == FR_OK && count > 0)
		stamp_at(&op->result, count - 1, mine);
}

/* ---- judging ------------------------------------------------------------- */

struct made {				/* a stamp that was given             */
	struct stamp stamp;
	const struct fr_operation *op;
	uint64_t index;			/* of the operation                   */
};

static void
say_stamp(const struct stamp *s, char *text, size_t max)
{
	snprintf(text, max, "%lld.%lld of node %lld", (long long)s->time,
		 (long long)s->count, (long long)s->node);
}

static void
wrong(struct fr_judge *j, const char *kind, const struct made *before,
      const struct made *after, const char *what)
{
	char sentence[400], a[100], b[100];

	say_stamp(&before->stamp, a, sizeof a);
	say_stamp(&after->stamp, b, sizeof b);
	snprintf(sentence, sizeof sentence, "%s %s, %s", b, what, a);
	violation_2(j, kind, before->index, after->index, sentence);
}

static int
by_call(const void *a, const void *b)
{
	const struct made *x = a, *y = b;

	return (x->op->call_rank > y->op->call_rank) -
	       (x->op->call_rank < y->op->call_rank);
}

static int
by_end(const void *a, const void *b)
{
	const struct made *x = a, *y = b;

	return (x->op->end_rank > y->op->end_rank) -
	       (x->op->end_rank < y->op->end_rank);
}

static int
by_stamp(const void *a, const void *b)
{
	const struct made *x = a, *y = b;
	int order = compare_stamps(&x->stamp, &y->stamp);

	return order != 0 ? order : by_call(a, b);
}

/* All stamps of all answers, after those that each was to be larger than. */
static uint64_t
collect(const struct fr_history *h, struct fr_judge *j, struct made *out)
{
	struct made last, next;
	uint64_t i, count = 0;
	uint32_t k;

	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);
		uint32_t stamps = stamps_of(&op->result);
		bool follows;

		if (op->outcome != FR_OK)
			continue;
		if (stamps == 0)
			violation_2(j, "no-stamp", i, i, "a request was "
				    "answered without a stamp");
		last = next = (struct made){ .op = op, .index = i };
		follows = stamp_at(&op->value, 0, &last.stamp);
		for (k = 0; k < stamps; k++) {
			stamp_at(&op->result, k, &next.stamp);
			if (follows && compare_stamps(&next.stamp,
						      &last.stamp) <= 0)
				wrong(j, "backwards", &last, &next, k == 0 ?
				      "was given to who knew of a later one" :
				      "is no later than what led to it");
			last = out[count++] = next;
			follows = true;
		}
	}
	return count;
}

static void
check_unique(struct fr_judge *j, struct made *made, uint64_t count)
{
	uint64_t i;

	qsort(made, count, sizeof *made, by_stamp);
	for (i = 1; i < count; i++)
		if (compare_stamps(&made[i - 1].stamp, &made[i].stamp) == 0)
			wrong(j, "duplicate", &made[i - 1], &made[i],
			      "was given twice: the other is");
}

/* On each node what was over has the smaller stamp. */
static void
check_nodes(const struct fr_history *h, struct fr_judge *j, struct made *made,
	    uint64_t count)
{
	struct made *ended = j->alloc(j, (count + 1) * sizeof *ended);
	const struct made **latest = j->alloc(j, h->nodes * sizeof *latest);
	uint64_t i, k = 0;

	memset(latest, 0, h->nodes * sizeof *latest);
	memcpy(ended, made, count * sizeof *ended);
	qsort(ended, count, sizeof *ended, by_end);
	qsort(made, count, sizeof *made, by_call);
	for (i = 0; i < count; i++) {
		const struct made **at;

		for (; k < count && ended[k].op->end_rank <
		       made[i].op->call_rank; k++) {
			at = &latest[ended[k].stamp.node];
			if (*at == NULL || compare_stamps(&(*at)->stamp,
						&ended[k].stamp) < 0)
				*at = &ended[k];
		}
		at = &latest[made[i].stamp.node];
		if (*at != NULL && compare_stamps(&made[i].stamp,
						  &(*at)->stamp) < 0)
			wrong(j, "backwards", *at, &made[i],
			      "was given after a later one of that node");
	}
}

/* When the run can have begun, by the stamps of one node. */
struct stretch {
	int64_t from, to;
	const struct made *first, *last;	/* that say so                */
};

static int64_t
param_of(struct fr_judge *j, const char *name)
{
	struct fr_value v;

	return j->param(j, name, &v) == 0 ? fr_number(v, 0) : 0;
}

/* How many of them hold `time`. */
static uint32_t
agree(const struct stretch *at, uint32_t nodes, int64_t time)
{
	uint32_t i, count = 0;

	for (i = 0; i < nodes; i++)
		count += at[i].from <= time && time <= at[i].to;
	return count;
}

static void
check_time(const struct fr_history *h, struct fr_judge *j,
	   const struct made *made, uint64_t count)
{
	int64_t epsilon = param_of(j, "epsilon"), wild = param_of(j, "wild");
	struct stretch *at = j->alloc(j, h->nodes * sizeof *at), *s;
	const struct stretch *low = at, *high = at;
	char sentence[300];
	uint32_t i, most = 0, agreed;
	uint64_t k;

	for (i = 0; i < h->nodes; i++)
		at[i] = (struct stretch){ INT64_MIN, INT64_MAX, NULL, NULL };
	for (k = 0; k < count; k++) {
		int64_t from = made[k].stamp.time - made[k].op->ended -
			       AHEAD * epsilon;
		int64_t to = made[k].stamp.time - made[k].op->called + epsilon;

		s = &at[made[k].stamp.node];
		if (from > s->from) {
			s->from = from;
			s->last = &made[k];
		}
		if (to < s->to) {
			s->to = to;
			s->first = &made[k];
		}
	}
	for (i = 0; i < h->nodes; i++) {
		agreed = agree(at, h->nodes, at[i].from);
		most = agreed > most ? agreed : most;
		low = at[i].to < low->to ? &at[i] : low;
		high = at[i].from > high->from ? &at[i] : high;
	}
	if ((int64_t)most >= (int64_t)h->nodes - wild)
		return;
	snprintf(sentence, sizeof sentence, "at no time can the run have begun "
		 "by the stamps of more than %u of the %u nodes: %lld (node "
		 "%lld) is too late by %.3f ms beside %lld (node %lld)", most,
		 h->nodes, (long long)high->last->stamp.time,
		 (long long)high->last->stamp.node,
		 (double)(high->from - low->to) / 1e6,
		 (long long)low->first->stamp.time,
		 (long long)low->first->stamp.node);
	violation_2(j, "far-from-time", low->first->index, high->last->index,
		    sentence);
}

static void
stamps_check(const struct fr_history *h, struct fr_judge *j)
{
	struct made *made;
	uint64_t i, count = 0;
	int64_t largest = 0;

	for (i = 0; i < h->op_count; i++)
		count += stamps_of(&op_at(h, i)->result);
	made = j->alloc(j, (count + 1) * sizeof *made);
	count = collect(h, j, made);
	if (count == 0) {
		j->unknown(j, "no stamp was ever given");
		return;
	}
	for (i = 0; i < count; i++) {
		if (made[i].stamp.node < 0 || made[i].stamp.time < 0 ||
		    made[i].stamp.node >= (int64_t)h->nodes ||
		    made[i].stamp.time > INT64_MAX / 2) {
			violation_2(j, "no-stamp", made[i].index,
				    made[i].index, "a stamp is of no node, or "
				    "of no time");
			return;
		}
		if (made[i].stamp.count > largest)
			largest = made[i].stamp.count;
	}
	check_unique(j, made, count);
	check_nodes(h, j, made, count);
	check_time(h, j, made, count);
	j->metric(j, "stamps", (double)count, "");
	j->metric(j, "largest count", (double)largest, "");
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "stamps",
	.summary    = "asks for time stamps, and brings along those it knows",
	.promise    = "What happened before has the smaller stamp, no two are "
		      "equal, and all are near the time.",
	.params     = FR_PARAMS(
		{ .name = "relays", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.3", .min = "0", .max = "1",
		  .low = "0", .high = "0.8",
		  .help = "the share of stamps that go over another node" },
		{ .name = "handed", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.5", .min = "0", .max = "1",
		  .low = "0", .high = "1",
		  .help = "how often a client was told of another's stamp" },
		{ .name = "epsilon", .kind = FR_PARAM_TIME,
		  .fallback = "250ms", .min = "1us", .max = "1h",
		  .help = "how far from real time a node's clock may be" },
		{ .name = "wild", .kind = FR_PARAM_INT,
		  .fallback = "0", .min = "0", .max = "1024",
		  .help = "nodes whose clock may be anywhere" }),
	.ops        = FR_OPS(
		{ .name = "stamp", .flags = FR_PURE,
		  .help = "given a stamp or nothing: answer with a larger one, "
			  "[time count node]" },
		{ .name = "relay", .flags = FR_PURE | FR_OPTIONAL,
		  .help = "the same by way of another node: answer with all "
			  "stamps on the way" }),
	.state_size = sizeof(struct state),
	.start      = stamps_start,
	.next       = stamps_next,
	.ended      = stamps_ended,
	.check      = stamps_check,
};
