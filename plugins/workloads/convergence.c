/* SPDX-License-Identifier: MIT */
/*
 * convergence - writes registers at any node, deletes them where a protocol
 * can, and reads them.  In the end, at every node, each shows the same, and
 * something that was written to it (convergence).
 *
 * That says nothing of what happened to all the other writes.  `newest` asks
 * for more: what is there in the end is not older than any write that was
 * acknowledged.  `world`: a write is older than another that was called after
 * it had ended.  `node`: than one that was called at a node which had
 * acknowledged it, or shown it.
 */
#include "settle.h"

enum { READ, WRITE, DELETE };
enum { NOWHERE, NODE, WORLD };

struct state {
	struct settle settle;
	int64_t last;
};

/* What --set newest=... says, or -1. */
static int
where(const struct fr_value *v)
{
	static const char *const words[] = { "no", "node", "world" };
	int i;

	for (i = NOWHERE; v->kind == FR_BYTES && i <= WORLD; i++)
		if (strcmp(v->u.bytes, words[i]) == 0)
			return i;
	return -1;
}

static int
convergence_start(struct fr_work *w)
{
	struct fr_value v;

	return w->host->param(w, "newest", &v) < 0 || where(&v) < 0 ? -1 : 0;
}

static int
next_final(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	static const uint32_t kinds[] = { WRITE, DELETE };
	struct state *s = w->state;
	int result = settle_next(w, &s->settle, client, kinds, 2, READ, op);

	if (result == FR_OP && op->f == WRITE)
		op->value = fr_int(++s->last);
	return result;
}

static int
convergence_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;

	if (w->phase == FR_PHASE_FINAL)
		return next_final(w, client, op);
	op->key = settle_draw(w);
	op->f = READ;
	if (work_chance(w, "reads"))
		return FR_OP;
	op->f = DELETE;
	if (w->host->supported(w, DELETE) && work_chance(w, "deletes"))
		return FR_OP;
	op->f = WRITE;
	op->value = fr_int(++s->last);
	return FR_OP;
}

static void
convergence_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;

	if (op->phase == FR_PHASE_FINAL)
		settle_ended(w, &s->settle, op,
			     (uint64_t)fr_number(op->result, 0));
}

/* ---- judging ------------------------------------------------------------- */

/* Whether `op` can be what is there in the end. */
static bool
wrote(const struct fr_operation *op, const struct fr_operation *final)
{
	if (op->key != final->key || op->outcome == FR_FAIL)
		return false;
	return fr_is_nil(final->result) ? op->f == DELETE :
	       op->f == WRITE && same_value(&op->value, &final->result);
}

/* When `node` knew of a write: it had acknowledged it, or shown it. */
static uint64_t
known(const struct fr_history *h, const struct fr_operation *one,
      uint32_t node)
{
	uint64_t rank = one->node == node ? one->end_rank : UINT64_MAX, i;

	for (i = 0; i < h->op_count && one->f == WRITE; i++) {
		const struct fr_operation *op = op_at(h, i);

		if (op->f == READ && op->outcome == FR_OK &&
		    op->key == one->key && op->node == node &&
		    op->end_rank < rank && same_value(&op->result, &one->value))
			rank = op->end_rank;
	}
	return rank;
}

/* An acknowledged write that is newer than this one; UINT64_MAX: none. */
static uint64_t
newer(const struct fr_history *h, struct fr_judge *j,
      const struct fr_operation *one, int asked)
{
	uint64_t *since = j->alloc(j, (h->nodes + 1) * sizeof *since), i;
	uint32_t node;

	for (node = 0; node < h->nodes; node++)
		since[node] = asked == WORLD ? one->end_rank :
					       known(h, one, node);
	for (i = h->op_count; i-- > 0;) {
		const struct fr_operation *op = op_at(h, i);

		if (op->key == one->key && op->f != READ &&
		    op->outcome == FR_OK && op->node < h->nodes &&
		    op->call_rank > since[op->node])
			return i;
	}
	return UINT64_MAX;
}

static void
check_key(const struct fr_history *h, struct fr_judge *j,
	  const struct fr_operation *final, uint64_t index, int asked,
	  uint64_t *lost)
{
	uint64_t ops[3] = { 0, 0, index }, i, after;
	char sentence[256];
	bool any = false;

	for (i = 0; i < h->op_count; i++) {
		const struct fr_operation *op = op_at(h, i);

		if (!wrote(op, final))
			continue;
		after = newer(h, j, op, asked == NOWHERE ? WORLD : asked);
		if (after == UINT64_MAX)
			return;
		any = true;
		ops[0] = i;
		ops[1] = after;
	}
	if (!any)
		return;
	(*lost)++;
	if (asked == NOWHERE)
		return;
	snprintf(sentence, sizeof sentence, "register %lld: what is there in "
		 "the end is older than a write that was acknowledged, and is "
		 "lost", (long long)final->key);
	j->violation(j, "overwritten", ops, 3, sentence);
}

static void
convergence_check(const struct fr_history *h, struct fr_judge *j)
{
	struct last_reads f = last_reads_gather(h, j, READ);
	const struct fr_operation *final;
	struct fr_value v = fr_nil();
	uint64_t i, lost = 0;
	int64_t key;
	int asked;

	j->param(j, "newest", &v);
	asked = where(&v);
	for (key = 0; key < f.keys; key++) {
		final = last_read_at(h, &f, key, 0, &i);
		if (final != NULL)
			check_key(h, j, final, i, asked, &lost);
	}
	j->metric(j, "registers with a newer write lost", (double)lost, "");
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "convergence",
	.summary    = "writes registers at any node, and reads what they agree on",
	.promise    = "In the end all nodes show the same, and something that "
		      "was written; with newest=node or newest=world nothing "
		      "that is older than an acknowledged write.",
	.params     = FR_PARAMS(
		SETTLE_PARAMS("10", "0.2"),
		{ .name = "deletes", .kind = FR_PARAM_REAL, .flags = FR_KNOB,
		  .fallback = "0.2", .min = "0", .max = "1",
		  .low = "0", .high = "0.6",
		  .help = "the share of deletes among the rest, where the "
			  "protocol has them" },
		{ .name = "newest", .kind = FR_PARAM_TEXT, .fallback = "no",
		  .help = "what is there in the end is the newest write of the "
			  "\"world\", of its \"node\", or need not be: "
			  "\"no\"" }),
	.ops        = FR_OPS(
		{ .name = "read", .flags = FR_PURE,
		  .help = "answer with the register's value, or nil" },
		{ .name = "write", .help = "set it to the number" },
		{ .name = "delete", .flags = FR_OPTIONAL,
		  .help = "it is nil from now on" }),
	.state_size = sizeof(struct state),
	.start      = convergence_start,
	.next       = convergence_next,
	.ended      = convergence_ended,
	.check      = convergence_check,
	.conditions = FR_CONDITIONS(
		{ "convergence", "final=last" }),
};
