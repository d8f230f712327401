/* SPDX-License-Identifier: MIT */
/*
 * siblings - writes registers that keep all values of which none replaced
 * another, and reads them.
 *
 * A read answers with a list: how many values there are, the values, and
 * behind them a context, whatever that is.  A write brings a value and the
 * context of the read that its client did before; it replaces what that read
 * saw, and nothing else.  Without a context it replaces nothing.  A protocol
 * that knows no contexts has `assign` instead: it replaces what its node has.
 *
 *	lost		acknowledged, and not there in the end, though nothing
 *			can have replaced it
 *	resurrected	there in the end, though it was replaced
 *	invented	there, though nobody wrote it
 *	duplicate	more than once in one read
 *	diverged	nodes show different values in the end
 *	stale		acknowledged before a read was called that shows
 *			neither it nor what replaced it: counted, and a
 *			violation with --set stale=violation
 */
#include "settle.h"

enum { READ, WRITE, ASSIGN, DELETE };

#define CONTEXT_MAX 256u

/* What a client read last. */
struct seen {
	bool is;
	int64_t key;
	uint32_t size;
	int64_t context[CONTEXT_MAX];
};

struct state {
	struct settle settle;
	struct seen *seen;		/* by client                          */
	int64_t last;
	int64_t value[CONTEXT_MAX + 1];
};

/* How many values a read shows; 0 where it is no such list. */
static uint32_t
values_of(const struct fr_value *v)
{
	int64_t count = fr_item(*v, 0, 0);

	return count < 0 || v->kind != FR_LIST || count >= v->count ? 0 :
	       (uint32_t)count;
}

static int
siblings_start(struct fr_work *w)
{
	struct state *s = w->state;

	s->seen = w->host->alloc(w, w->clients * sizeof *s->seen);
	return s->seen == NULL ? -1 : 0;
}

/* What op->f is given: a new value, the context of the last read. */
static void
give(struct state *s, const struct seen *seen, struct fr_op *op)
{
	uint32_t size = seen != NULL ? seen->size : 0;

	if (op->f == ASSIGN)
		op->value = fr_int(++s->last);
	if (op->f != WRITE && op->f != DELETE)
		return;
	if (size > 0)
		memcpy(s->value + 1, seen->context, size * sizeof *s->value);
	if (op->f == DELETE) {
		op->value = fr_list(s->value + 1, size);
		return;
	}
	s->value[0] = ++s->last;
	op->value = fr_list(s->value, size + 1);
}

static int
next_final(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	static const uint32_t kinds[] = { READ, WRITE, READ, DELETE, ASSIGN };
	struct state *s = w->state;
	struct seen *seen = &s->seen[client];
	int result = settle_next(w, &s->settle, client, kinds,
				 sizeof kinds / sizeof *kinds, READ, op);

	if (result != FR_OP || op->f == READ)
		return result;
	give(s, seen->is && seen->key == op->key ? seen : NULL, op);
	seen->is = false;		/* a context is good for one change   */
	return FR_OP;
}

static int
siblings_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct seen *seen = &s->seen[client];

	if (w->phase == FR_PHASE_FINAL)
		return next_final(w, client, op);
	op->key = settle_draw(w);
	op->f = READ;
	if (work_chance(w, "reads"))
		return FR_OP;
	op->f = w->host->supported(w, WRITE) ? WRITE : ASSIGN;
	if (op->f == ASSIGN || work_chance(w, "blind")) {
		give(s, NULL, op);
		return FR_OP;
	}
	if (!seen->is) {
		op->f = READ;		/* first, for its context             */
		return FR_OP;
	}
	if (w->host->supported(w, DELETE) && work_chance(w, "deletes"))
		op->f = DELETE;
	op->key = seen->key;
	give(s, seen, op);
	seen->is = false;
	return FR_OP;
}

static void
siblings_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	struct seen *seen = &s->seen[op->client];
	const struct fr_value *v = &op->result;
	uint32_t count = values_of(v);

	if (op->phase == FR_PHASE_FINAL)
		settle_ended(w, &s->settle, op, v->kind != FR_LIST ? 0 :
			     settle_sum(v->u.list, count + 1));
	if (op->f != READ || op->outcome != FR_OK)
		return;
	seen->is = v->kind == FR_LIST && v->count > 0 &&
		   v->count - 1 - count <= CONTEXT_MAX;
	if (!seen->is)
		return;
	seen->key = op->key;
	seen->size = v->count - 1 - count;
	memcpy(seen->context, v->u.list + 1 + count,
	       seen->size * sizeof *seen->context);
}

/* ---- judging ------------------------------------------------------------- */

/* A value, and what became of it. */
struct value {
	int64_t key, number;
	uint64_t op;
	uint64_t replaced_by;		/* something that may have, + 1       */
	uint64_t replaced_rank;		/* and when the first such was called */
	uint64_t surely_by;		/* something that has, + 1            */
	uint64_t stamp;			/* the read that shows it, + 1        */
	uint64_t *shown;		/* by node: when first; ranks         */
	uint32_t there, lacking;	/* at how many nodes, in the end      */
	uint64_t at, away;
};

struct finding {
	const struct fr_history *h;
	struct fr_judge *j;
	struct last_reads last;
	struct value *values;
	uint64_t count;
	struct index index;
	uint64_t *read_by;		/* by client: its last read, + 1      */
	uint64_t stale;
	bool strict;
};

/* No number is written twice, to whatever key. */
static struct value *
value_of(struct finding *f, int64_t number)
{
	uint64_t slot = *index_slot(&f->index, number);

	return slot > 0 ? &f->values[slot - 1] : NULL;
}

static void
replace(struct finding *f, struct value *v, uint64_t by, bool surely)
{
	const struct fr_operation *op = op_at(f->h, by);

	if (v->replaced_by == 0 || op->call_rank < v->replaced_rank) {
		v->replaced_by = by + 1;
		v->replaced_rank = op->call_rank;
	}
	if (surely && op->outcome == FR_OK)
		v->surely_by = by + 1;
}

/* A write or delete with the context of its client's last read. */
static void
replace_seen(struct finding *f, uint64_t i)
{
	const struct fr_operation *op = op_at(f->h, i), *read;
	uint32_t skip = op->f == WRITE, k;
	struct value *v;

	if (f->read_by[op->client] == 0 || op->value.kind != FR_LIST ||
	    op->value.count <= skip)
		return;
	read = op_at(f->h, f->read_by[op->client] - 1);
	if (read->key != op->key)
		return;
	for (k = 1; k <= values_of(&read->result); k++) {
		v = value_of(f, read->result.u.list[k]);
		if (v != NULL)
			replace(f, v, i, true);
	}
}

/* An assignment replaces what its node has: for certain what that node had
 * acknowledged or shown, maybe all that had been asked for before it ended. */
static void
replace_older(struct finding *f, uint64_t i)
{
	const struct fr_operation *op = op_at(f->h, i), *older;
	uint64_t k;

	for (k = 0; k < f->count; k++) {
		if (f->values[k].key != op->key || f->values[k].op == i)
			continue;
		older = op_at(f->h, f->values[k].op);
		if (older->call_rank < op->end_rank)
			replace(f, &f->values[k], i, op->node < f->h->nodes &&
				f->values[k].shown[op->node] < op->call_rank);
	}
}

/* When nodes first showed what, or acknowledged it. */
static void
gather_shown(struct finding *f)
{
	const struct fr_operation *op;
	struct value *v;
	uint64_t i;
	uint32_t k;

	for (i = 0; i < f->count; i++) {
		v = &f->values[i];
		v->shown = f->j->alloc(f->j, (f->h->nodes + 1) *
					     sizeof *v->shown);
		memset(v->shown, 0xff, (f->h->nodes + 1) * sizeof *v->shown);
		op = op_at(f->h, v->op);
		if (op->outcome == FR_OK && op->node < f->h->nodes)
			v->shown[op->node] = op->end_rank;
	}
	for (i = 0; i < f->h->op_count; i++) {
		op = op_at(f->h, i);
		if (op->f != READ || op->outcome != FR_OK ||
		    op->node >= f->h->nodes)
			continue;
		for (k = 1; k <= values_of(&op->result); k++) {
			v = value_of(f, op->result.u.list[k]);
			if (v != NULL && v->shown[op->node] > op->end_rank)
				v->shown[op->node] = op->end_rank;
		}
	}
}

static void
gather(struct finding *f)
{
	const struct fr_operation *op;
	struct value *v;
	uint64_t i;

	for (i = 0; i < f->h->op_count; i++) {
		op = op_at(f->h, i);
		if ((op->f != WRITE && op->f != ASSIGN) ||
		    op->outcome == FR_FAIL || !is_settled(op))
			continue;
		v = &f->values[f->count++];
		*v = (struct value){ .key = op->key, .op = i };
		v->number = op->f == ASSIGN ? fr_number(op->value, 0) :
					      fr_item(op->value, 0, 0);
		*index_slot(&f->index, v->number) = f->count;
	}
	gather_shown(f);
	for (i = 0; i < f->h->op_count; i++) {
		op = op_at(f->h, i);
		/* A client is sequential: this is what it had read before. */
		if (op->f == READ && op->outcome == FR_OK)
			f->read_by[op->client] = i + 1;
		else if (op->f == ASSIGN && op->outcome != FR_FAIL)
			replace_older(f, i);
		else if (op->f != READ && op->outcome != FR_FAIL)
			replace_seen(f, i);
	}
}

/* What a read shows. */
static void
look_at(struct finding *f, uint64_t i)
{
	const struct fr_operation *op = op_at(f->h, i);
	char sentence[256];
	struct value *v;
	uint32_t k;

	for (k = 1; k <= values_of(&op->result); k++) {
		int64_t number = op->result.u.list[k];

		v = value_of(f, number);
		if (v == NULL || v->key != op->key ||
		    op_at(f->h, v->op)->call_rank > op->end_rank) {
			snprintf(sentence, sizeof sentence, "node %u shows "
				 "%lld, which nobody had written", op->node,
				 (long long)number);
			violation_2(f->j, "invented", i, i, sentence);
		} else if (v->stamp == i + 1) {
			snprintf(sentence, sizeof sentence, "node %u shows "
				 "%lld twice", op->node, (long long)number);
			violation_2(f->j, "duplicate", v->op, i, sentence);
		}
		if (v != NULL)
			v->stamp = i + 1;
	}
}

/* And what it does not, though it might have. */
static void
look_beyond(struct finding *f, uint64_t i)
{
	const struct fr_operation *op = op_at(f->h, i), *write;
	char sentence[256];
	uint64_t k;

	for (k = 0; k < f->count; k++) {
		const struct value *v = &f->values[k];

		write = op_at(f->h, v->op);
		if (v->key != op->key || v->stamp == i + 1 ||
		    write->outcome != FR_OK ||
		    write->end_rank > op->call_rank ||
		    (v->replaced_by != 0 && v->replaced_rank < op->end_rank))
			continue;
		f->stale++;
		if (!f->strict)
			continue;
		snprintf(sentence, sizeof sentence, "%lld was acknowledged "
			 "before a read that shows neither it nor what "
			 "replaced it, at node %u", (long long)v->number,
			 op->node);
		violation_2(f->j, "stale", v->op, i, sentence);
	}
}

static void
judge(struct finding *f, const struct value *v)
{
	char sentence[256];

	if (v->there > 0 && v->lacking > 0) {
		snprintf(sentence, sizeof sentence, "%lld is there at %u of %u "
			 "nodes in the end", (long long)v->number, v->there,
			 v->there + v->lacking);
		violation_2(f->j, "diverged", v->at, v->away, sentence);
	}
	if (v->lacking > 0 && v->replaced_by == 0 &&
	    op_at(f->h, v->op)->outcome == FR_OK) {
		snprintf(sentence, sizeof sentence, "%lld was acknowledged, "
			 "and is not there in the end, though nothing replaced "
			 "it", (long long)v->number);
		violation_2(f->j, "lost", v->op, v->away, sentence);
	}
	if (v->there > 0 && v->surely_by != 0) {
		snprintf(sentence, sizeof sentence, "%lld is there in the end, "
			 "though it was replaced", (long long)v->number);
		violation_2(f->j, "resurrected", v->surely_by - 1, v->at,
			    sentence);
	}
}

static void
judge_finals(struct finding *f)
{
	const struct fr_operation *op;
	uint64_t i, k;
	uint32_t node, at;

	for (k = 0; k < f->count; k++) {
		struct value *v = &f->values[k];

		for (node = 0; node < f->last.nodes; node++) {
			op = last_read_at(f->h, &f->last, v->key, node, &i);
			if (op == NULL)
				continue;
			for (at = values_of(&op->result); at > 0 &&
			     op->result.u.list[at] != v->number; at--)
				;
			if (at > 0) {
				v->there++;
				v->at = i;
			} else {
				v->lacking++;
				v->away = i;
			}
		}
		judge(f, v);
	}
}

static void
siblings_check(const struct fr_history *h, struct fr_judge *j)
{
	struct finding f = { .h = h, .j = j };
	size_t readers = (h->clients + 1) * sizeof *f.read_by;
	struct fr_value stale = fr_nil();
	uint64_t i, most = 0;

	j->param(j, "stale", &stale);
	f.strict = stale.kind == FR_BYTES &&
		   strcmp(stale.u.bytes, "violation") == 0;
	f.last = last_reads_gather(h, j, READ);
	f.values = j->alloc(j, (h->op_count + 1) * sizeof *f.values);
	f.index = index_new(j, h->op_count);
	f.read_by = j->alloc(j, readers);
	memset(f.read_by, 0, readers);
	gather(&f);
	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);

		if (op->f != READ || op->outcome != FR_OK || !is_settled(op))
			continue;
		if (values_of(&op->result) > most)
			most = values_of(&op->result);
		look_at(&f, i);
		look_beyond(&f, i);
	}
	judge_finals(&f);
	j->metric(j, "stale", (double)f.stale, "");
	j->metric(j, "most siblings", (double)most, "");
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "siblings",
	.summary    = "writes in the place of what was read, reads all siblings",
	.promise    = "In the end all nodes show the same values: each one "
		      "that was acknowledged and that no write replaced, and "
		      "none that was replaced.",
	.params     = FR_PARAMS(
		SETTLE_PARAMS("5", "0.5"),
		{ .name = "blind", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.1", .min = "0", .max = "1",
		  .low = "0", .high = "0.2",
		  .help = "the share of writes without a context" },
		{ .name = "deletes", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.2", .min = "0", .max = "1",
		  .low = "0", .high = "0.6",
		  .help = "the share of deletes among what replaces, where "
			  "the protocol has them" },
		{ .name = "stale", .kind = FR_PARAM_TEXT,
		  .fallback = "metric",
		  .help = "a read that misses what was acknowledged before: "
			  "\"metric\" counts it, \"violation\" forbids it" }),
	.ops        = FR_OPS(
		{ .name = "read", .flags = FR_PURE,
		  .help = "answer with [n value ... context ...]: n values, "
			  "and the context of a write that replaces them" },
		{ .name = "write", .flags = FR_OPTIONAL,
		  .help = "[value context ...]: write the value in the place "
			  "of what that context covers" },
		{ .name = "assign", .flags = FR_OPTIONAL,
		  .help = "write the value in the place of what this node "
			  "has" },
		{ .name = "delete", .flags = FR_OPTIONAL,
		  .help = "[context ...]: remove what that context covers" }),
	.state_size = sizeof(struct state),
	.start      = siblings_start,
	.next       = siblings_next,
	.ended      = siblings_ended,
	.check      = siblings_check,
};
