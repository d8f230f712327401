/* SPDX-License-Identifier: MIT */
/*
 * A workload built with the frozen headers of version 1, with a model of its
 * own: it has to load, generate and judge for ever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/workload.h>

enum { GET, PUT };

struct state {
	int64_t last, gone;
	int64_t *ended;
};

struct reg {
	int64_t set, value;
};

static int64_t
number(struct fr_work *w, const char *name)
{
	struct fr_value v;

	return w->host->param(w, name, &v) == 0 && v.kind == FR_INT ?
	       v.u.number : -1;
}

static int
old_start(struct fr_work *w)
{
	struct state *s = w->state;

	s->ended = w->host->alloc(w, w->clients * sizeof *s->ended);
	return s->ended == NULL || number(w, "registers") < 1 ||
	       !w->host->supported(w, GET);
}

static int
old_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct state *s = w->state;

	op->key = (int64_t)(w->host->random(w) %
			    (uint64_t)number(w, "registers"));
	if (w->phase == FR_PHASE_FINAL) {
		op->f = GET;
		op->node = client % w->nodes;
		return s->gone++ < w->clients ? FR_OP : FR_DONE;
	}
	if (w->host->now(w) < 0 || s->ended[client] % 10 == 9) {
		s->ended[client]++;
		op->wait = 1000000;
		return FR_WAIT;
	}
	op->f = w->host->random(w) % 2 == 0 ? GET : PUT;
	if (op->f == PUT) {
		op->value.kind = FR_INT;
		op->value.u.number = ++s->last;
	}
	return FR_OP;
}

static void
old_ended(struct fr_work *w, const struct fr_operation *op)
{
	struct state *s = w->state;

	s->ended[op->client]++;
}

static void
reg_init(void *state)
{
	memset(state, 0, sizeof(struct reg));
}

static int
reg_step(const void *state, const struct fr_operation *op, void *next)
{
	const struct reg *now = state;
	struct reg *then = next;

	*then = *now;
	if (op->f == PUT) {
		then->set = 1;
		then->value = op->value.u.number;
		return 1;
	}
	if (op->outcome == FR_INFO)
		return 1;
	return now->set ? op->result.kind == FR_INT &&
			  op->result.u.number == now->value :
			  op->result.kind == FR_NIL;
}

static int64_t
reg_partition(const struct fr_operation *op)
{
	return op->key;
}

static void
reg_describe(const void *state, char *text, size_t max)
{
	const struct reg *r = state;

	snprintf(text, max, r->set ? "%lld" : "nil", (long long)r->value);
}

static const struct fr_model model = {
	.size = sizeof model, .state_size = sizeof(struct reg),
	.name = "old-register", .init = reg_init, .step = reg_step,
	.partition = reg_partition, .describe_state = reg_describe,
};

static void
old_check(const struct fr_history *h, struct fr_judge *j)
{
	uint64_t *ok = j->alloc(j, sizeof *ok), i;

	for (*ok = 0, i = 0; i < h->op_count; i++)
		*ok += ((const struct fr_operation *)((const char *)h->ops +
			i * h->op_stride))->outcome == FR_OK;
	j->metric(j, "ok", (double)*ok, "");
	if (*ok == 0)
		j->unknown(j, "nothing succeeded");
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "old-work",
	.summary    = "built with the headers of version 1",
	.promise    = "Linearizable.",
	.params     = FR_PARAMS({ .name = "registers", .kind = FR_PARAM_INT,
				  .fallback = "3", .min = "1",
				  .max = "1000" }),
	.ops        = FR_OPS({ .name = "get", .flags = FR_PURE },
			     { .name = "put" }),
	.state_size = sizeof(struct state),
	.start      = old_start,
	.next       = old_next,
	.ended      = old_ended,
	.own_model  = &model,
	.check      = old_check,
};
