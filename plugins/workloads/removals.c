/* SPDX-License-Identifier: MIT */
/*
 * removals - adds numbers to sets and takes them out, at any node; the same
 * number may be added again.  What has to be there in the end, at every node:
 *
 *	remove	undoes the adds that its node had heard of, and no other: an
 *		add that it did not know wins
 *	erase	takes a number out for good, whatever else is added
 *
 * Both fail where the number is not there.  What a node had heard of is not
 * seen from outside.  For certain it knew what it had acknowledged itself, and
 * where only one add had been asked for, it can only have been that one.
 *
 *	lost		acknowledged, and nowhere in the end, though no removal
 *			can have known it
 *	resurrected	there in the end, though each of its adds was known to
 *			some removal
 *	invented	there, though nobody had added it
 *	diverged	at some node, and not at another
 */
#include "settle.h"

enum { READ, ADD, REMOVE, ERASE };

/* What a client has seen in a set, and where. */
struct seen {
	bool is;
	int64_t key, element;
	uint32_t node;
};

struct state {
	struct settle settle;
	struct seen *seen;		/* by client                          */
	int64_t last;
};

static int
removals_start(struct fr_work *w)
{
	struct state *s = w->state;

	s->seen = w->host->alloc(w, w->clients * sizeof *s->seen);
	return s->seen == NULL ? -1 : 0;
}

/* Of what this client has just seen, or added. */
static void
remove_seen(struct state *s, uint32_t client, struct fr_op *op)
{
	op->key = s->seen[client].key;
	op->value = fr_int(s->seen[client].element);
	op->node = s->seen[client].node;
}

static int
next_final(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	static const uint32_t kinds[] = { ADD, REMOVE, ERASE };
	struct state *s = w->state;
	int result = settle_next(w, &s->settle, client, kinds, 3, READ, op);

	if (result == FR_OP && op->f == ADD)
		op->value = fr_int(++s->last);
	else if (result == FR_OP && op->f != READ)
		remove_seen(s, client, op);
	return result;
}

static int
removals_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;
	struct seen *seen = &s->seen[client];

	if (w->phase == FR_PHASE_FINAL)
		return next_final(w, client, op);
	op->key = settle_draw(w);
	op->f = READ;
	if (work_chance(w, "reads"))
		return FR_OP;
	op->f = ADD;
	op->value = fr_int(s->last + 1);
	if (seen->is && work_chance(w, "removals")) {
		op->f = w->host->supported(w, REMOVE) ? REMOVE : ERASE;
		remove_seen(s, client, op);
		seen->is = false;
	} else if (seen->is && work_chance(w, "again")) {
		op->key = seen->key;
		op->value = fr_int(seen->element);
	} else {
		s->last++;
	}
	return FR_OP;
}

static void
removals_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;
	const struct fr_value *v = &op->result;

	if (op->phase == FR_PHASE_FINAL) {
		if (op->f == ADD && op->outcome == FR_OK)
			s->seen[op->client] = (struct seen){
				true, op->key, op->value.u.number, op->node
			};
		settle_ended(w, &s->settle, op, v->kind != FR_LIST ? 0 :
			     settle_sum(v->u.list, v->count));
		return;
	}
	if (op->f != READ || v->kind != FR_LIST || v->count == 0)
		return;
	s->seen[op->client] = (struct seen){
		true, op->key, v->u.list[w->host->random(w) % v->count],
		op->node
	};
}

/* ---- judging ------------------------------------------------------------- */

/* The operations on one element of one set. */
struct element {
	int64_t key, value;
	uint64_t *ops;
	uint32_t count, room;
	uint32_t there, lacking;	/* at how many nodes, in the end      */
	uint64_t at, away;		/* final reads with it, and without   */
};

struct finding {
	const struct fr_history *h;
	struct fr_judge *j;
	struct last_reads last;
	struct element *elements;
	uint64_t count;
	struct index index;
};

static struct element *
element_of(struct finding *f, int64_t key, int64_t value, bool make)
{
	uint64_t *slot = index_slot(&f->index, value * f->last.keys + key);
	struct element *e;

	if (*slot == 0) {
		if (!make)
			return NULL;
		e = &f->elements[f->count++];
		*e = (struct element){ .key = key, .value = value };
		*slot = f->count;
	}
	return &f->elements[*slot - 1];
}

static void
remember(struct finding *f, uint64_t i)
{
	const struct fr_operation *op = op_at(f->h, i);
	struct element *e;
	uint64_t *wider;

	if (op->f == READ || op->outcome == FR_FAIL || !is_settled(op))
		return;
	e = element_of(f, op->key, fr_number(op->value, 0), true);
	if (e->count == e->room) {
		e->room = e->room > 0 ? 2 * e->room : 4;
		wider = f->j->alloc(f->j, e->room * sizeof *wider);
		if (e->count > 0)
			memcpy(wider, e->ops, e->count * sizeof *wider);
		e->ops = wider;
	}
	e->ops[e->count++] = i;
}

/* May `out` have undone `add`? */
static bool
may_undo(const struct fr_operation *out, const struct fr_operation *add)
{
	return out->f == ERASE || out->end_rank > add->call_rank;
}

/* Has it, for certain? */
static bool
undoes(const struct finding *f, const struct element *e,
       const struct fr_operation *out, uint64_t add)
{
	const struct fr_operation *a = op_at(f->h, add), *other;
	uint32_t i;

	if (out->outcome != FR_OK)
		return false;
	if (out->f == ERASE || (a->outcome == FR_OK && a->node == out->node &&
				a->end_rank < out->call_rank))
		return true;
	if (a->call_rank > out->end_rank)
		return false;
	for (i = 0; i < e->count; i++) {
		other = op_at(f->h, e->ops[i]);
		if (other->f == ADD && e->ops[i] != add &&
		    other->call_rank < out->end_rank)
			return false;
	}
	return true;
}

/* An acknowledged add that nothing can have undone. */
static void
judge_absent(struct finding *f, const struct element *e)
{
	char sentence[256];
	uint32_t i, k;

	for (i = 0; i < e->count; i++) {
		const struct fr_operation *add = op_at(f->h, e->ops[i]);

		if (add->f != ADD || add->outcome != FR_OK)
			continue;
		for (k = 0; k < e->count; k++) {
			const struct fr_operation *out =
				op_at(f->h, e->ops[k]);

			if (out->f != ADD && may_undo(out, add))
				break;
		}
		if (k < e->count)
			continue;
		snprintf(sentence, sizeof sentence, "%lld was added to set "
			 "%lld, and is not there in the end; no removal can "
			 "have known of it", (long long)e->value,
			 (long long)e->key);
		violation_2(f->j, "lost", e->ops[i], e->away, sentence);
		return;
	}
}

/* Each of its adds was undone. */
static void
judge_present(struct finding *f, const struct element *e)
{
	uint64_t last = 0;
	char sentence[256];
	uint32_t i, k;

	for (i = 0; i < e->count; i++) {
		if (op_at(f->h, e->ops[i])->f != ADD)
			continue;
		for (k = 0; k < e->count; k++) {
			const struct fr_operation *out =
				op_at(f->h, e->ops[k]);

			if (out->f != ADD && undoes(f, e, out, e->ops[i]))
				break;
		}
		if (k == e->count)
			return;
		last = e->ops[k];
	}
	snprintf(sentence, sizeof sentence, "%lld is in set %lld in the end, "
		 "though it was taken out after all its adds",
		 (long long)e->value, (long long)e->key);
	violation_2(f->j, "resurrected", last, e->at, sentence);
}

/* What the nodes' last reads show. */
static void
look_at_finals(struct finding *f)
{
	const struct fr_operation *op;
	char sentence[256];
	struct element *e;
	uint64_t i, k;
	int64_t key;
	uint32_t node, at;

	for (key = 0; key < f->last.keys; key++)
		for (node = 0; node < f->last.nodes; node++) {
			op = last_read_at(f->h, &f->last, key, node, &i);
			for (at = 0; op != NULL && at < op->result.count;
			     at++) {
				e = element_of(f, key,
					       fr_item(op->result, at, 0),
					       false);
				if (e != NULL) {
					e->there++;
					e->at = i;
					continue;
				}
				snprintf(sentence, sizeof sentence, "node %u "
					 "has %lld in set %lld, which nobody "
					 "added", node, (long long)
					 fr_item(op->result, at, 0),
					 (long long)key);
				violation_2(f->j, "invented", i, i, sentence);
			}
		}
	/* Who has not got it. */
	for (k = 0; k < f->count; k++) {
		e = &f->elements[k];
		for (node = 0; node < f->last.nodes; node++) {
			op = last_read_at(f->h, &f->last, e->key, node, &i);
			for (at = 0; op != NULL && at < op->result.count &&
			     op->result.u.list[at] != e->value; at++)
				;
			if (op != NULL && at == op->result.count) {
				e->lacking++;
				e->away = i;
			}
		}
	}
}

static void
removals_check(const struct fr_history *h, struct fr_judge *j)
{
	struct finding f = { .h = h, .j = j };
	uint64_t i, outs = 0;
	char sentence[256];

	f.last = last_reads_gather(h, j, READ);
	f.elements = j->alloc(j, (h->op_count + 1) * sizeof *f.elements);
	f.index = index_new(j, h->op_count);
	for (i = 0; i < h->op_count; i++) {
		remember(&f, i);
		outs += op_at(h, i)->f > ADD && op_at(h, i)->outcome == FR_OK;
	}
	look_at_finals(&f);
	for (i = 0; i < f.count; i++) {
		struct element *e = &f.elements[i];

		if (e->there > 0 && e->lacking > 0) {
			snprintf(sentence, sizeof sentence, "%lld is in set "
				 "%lld at %u of %u nodes", (long long)e->value,
				 (long long)e->key, e->there,
				 e->there + e->lacking);
			violation_2(j, "diverged", e->at, e->away, sentence);
		}
		if (e->lacking > 0)
			judge_absent(&f, e);
		if (e->there > 0)
			judge_present(&f, e);
	}
	j->metric(j, "taken out", (double)outs, "");
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "removals",
	.summary    = "adds numbers to sets and takes them out, at any node",
	.promise    = "In the end all nodes have the same: every acknowledged "
		      "number that no removal can have known, and none of "
		      "which each add was known to some removal.  What was "
		      "erased is out for good.",
	.params     = FR_PARAMS(
		SETTLE_PARAMS("3", "0.4"),
		{ .name = "removals", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.5", .min = "0", .max = "1",
		  .low = "0.1", .high = "0.9",
		  .help = "the share of removals among the rest, of what the "
			  "client has just seen" },
		{ .name = "again", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.5", .min = "0", .max = "1",
		  .low = "0", .high = "1",
		  .help = "the share of adds that add what is there, of what "
			  "the client has just seen" }),
	.ops        = FR_OPS(
		{ .name = "read", .flags = FR_PURE,
		  .help = "answer with a list of all that is in the set" },
		{ .name = "add", .help = "put the number in" },
		{ .name = "remove", .flags = FR_OPTIONAL,
		  .help = "undo the adds of the number that this node has "
			  "heard of; fail where there is none" },
		{ .name = "erase", .flags = FR_OPTIONAL,
		  .help = "take the number out for good; fail where it is not "
			  "there" }),
	.state_size = sizeof(struct state),
	.start      = removals_start,
	.next       = removals_next,
	.ended      = removals_ended,
	.check      = removals_check,
};
