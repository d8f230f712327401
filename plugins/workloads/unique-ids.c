/* SPDX-License-Identifier: MIT */
/*
 * unique-ids - asks for identifiers: numbers, lists or bytes, whatever the
 * protocol makes of it.  One that occurs twice is a violation.  One that was
 * made and never arrived is nobody's, so that asking changes nothing.
 */
#include "common.h"

enum { GENERATE };

static int
ids_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	(void)client;
	if (w->phase == FR_PHASE_FINAL)
		return FR_DONE;
	op->f = GENERATE;
	op->key = FR_NO_KEY;
	return FR_OP;
}

struct id {
	const struct fr_value *value;
	uint64_t op;
};

/* By what it is, then by when it was asked for. */
static int
compare_ids(const void *a, const void *b)
{
	const struct id *x = a, *y = b;
	const struct fr_value *v = x->value, *u = y->value;
	size_t size;
	int order = 0;

	if (v->kind != u->kind)
		return v->kind < u->kind ? -1 : 1;
	if (v->kind == FR_INT) {
		order = (v->u.number > u->u.number) -
			(v->u.number < u->u.number);
	} else if (v->count != u->count) {
		return v->count < u->count ? -1 : 1;
	} else if (v->count > 0) {
		size = v->kind == FR_LIST ? sizeof(int64_t) : 1;
		order = memcmp(v->u.bytes, u->u.bytes, v->count * size);
	}
	return order != 0 ? order : (x->op > y->op) - (x->op < y->op);
}

static void
ids_check(const struct fr_history *h, struct fr_judge *j)
{
	struct id *ids = j->alloc(j, (h->op_count + 1) * sizeof *ids);
	char sentence[512], id[160];
	uint64_t i, count = 0, twice = 0;

	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);

		if (op->outcome != FR_OK)
			continue;
		ids[count].value = &op->result;
		ids[count++].op = i;
		if (op->result.kind == FR_NIL)
			violation_2(j, "no-id", i, i, "a request was answered "
				    "without an identifier");
	}
	if (count == 0) {
		j->unknown(j, "no identifier was ever generated");
		return;
	}
	qsort(ids, count, sizeof *ids, compare_ids);
	for (i = 1; i < count; i++) {
		if (ids[i].value->kind == FR_NIL ||
		    !same_value(ids[i - 1].value, ids[i].value))
			continue;
		twice++;
		say_value(ids[i].value, id, sizeof id);
		snprintf(sentence, sizeof sentence,
			 "%s was generated twice: by node %u and by node %u",
			 id, op_at(h, ids[i - 1].op)->node,
			 op_at(h, ids[i].op)->node);
		violation_2(j, "duplicate", ids[i - 1].op, ids[i].op,
			    sentence);
	}
	j->metric(j, "identifiers", (double)count, "");
	j->metric(j, "duplicates", (double)twice, "");
	if (h->duration > 0)
		j->metric(j, "identifiers per second",
			  (double)count * 1e9 / (double)h->duration, "/s");
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name    = "unique-ids",
	.summary = "asks every node for identifiers",
	.promise = "No identifier occurs twice.",
	.ops     = FR_OPS({ .name = "generate", .flags = FR_PURE,
			    .help = "answer with a new identifier" }),
	.next    = ids_next,
	.check   = ids_check,
};
