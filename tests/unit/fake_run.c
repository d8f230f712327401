/* SPDX-License-Identifier: MIT */
/*
 * Clients in the fake world.  The rules are those of a real run: one operation
 * at a time for each client, redirects followed, a request that was refused
 * has failed, one that got no answer is unknown (and failed where it is pure),
 * and after an unknown end the client goes on as a new process.
 */
#include "tests/unit/fake_run.h"

#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>

#include "checker/checker.h"
#include "core/base/rand.h"
#include "core/base/units.h"
#include "tests/unit/fake_host.h"

#define TIMEOUT		FR_MS(500)
#define BREATH		FR_MS(5)	/* after a refusal                    */
#define HOPS_MAX	8

struct client {
	struct running *run;
	uint32_t index, process;
	uint64_t request, seq;		/* request 0: none under way          */
	size_t op;
	uint32_t hops;
	bool done;
};

struct running {
	struct fr_work work;		/* comes first                        */
	const struct fake_run *r;
	const struct fr_protocol *protocol;
	const struct fr_workload *workload;
	struct fake *world;
	struct client *clients;
	struct fr_operation *ops;
	size_t count, room;
	uint64_t rank, request;
	uint32_t processes, done;
	struct rng rng;
	struct arena *arena;
	bool main_over;
};

static struct running *
running_of(struct fr_work *w)
{
	return (struct running *)(void *)w;
}

/* Check's own assertions each write a line to a pipe: too much for a loop. */
#define DEMAND(condition)						\
	do {								\
		if (!(condition))					\
			ck_abort_msg("%s", #condition);			\
	} while (0)

/* ---- loading ------------------------------------------------------------- */

static const void *
load(const char *name, const char *symbol)
{
	const char *top = getenv("top_builddir");
	char *path = mem_format("%s/%s.so", top != NULL ? top : ".", name);
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const void *found;

	ck_assert_msg(handle != NULL, "%s: %s", path, dlerror());
	found = dlsym(handle, symbol);
	ck_assert_msg(found != NULL, "%s has no %s", path, symbol);
	free(path);
	return found;
}

const struct fr_protocol *
load_protocol(const char *name)
{
	return load(name, "fracas_protocol_v1");
}

const struct fr_workload *
load_workload(const char *name)
{
	return load(name, "fracas_workload_v1");
}

/* ---- the workload's host ------------------------------------------------- */

static uint64_t
work_random(struct fr_work *w)
{
	return rng_next(&running_of(w)->rng);
}

static int64_t
work_now(struct fr_work *w)
{
	return fake_now(running_of(w)->world);
}

static void *
work_alloc(struct fr_work *w, size_t size)
{
	return arena_new(running_of(w)->arena, size);
}

/* As it was set (name, text, ..., NULL), or else its default. */
static void
param_value(const struct fr_params *p, const char *const *settings,
	    struct arena *arena, const char *name, struct fr_value *out)
{
	const char *const *s, *text = NULL;
	int64_t number = 0;
	double *number_real;
	uint32_t i;

	for (i = 0; i < p->count && strcmp(p->at[i].name, name) != 0; i++)
		;
	if (i == p->count)
		ck_abort_msg("parameter %s is not declared", name);
	text = p->at[i].fallback;
	for (s = settings; s != NULL && s[0] != NULL; s += 2)
		if (strcmp(s[0], name) == 0)
			text = s[1];
	*out = fr_nil();
	if (p->at[i].kind == FR_PARAM_TEXT) {
		*out = fr_bytes(text, (uint32_t)strlen(text));
	} else if (p->at[i].kind == FR_PARAM_REAL) {
		number_real = arena_new(arena, sizeof *number_real);
		DEMAND(read_real(text, -1e9, 1e9, number_real, NULL) == 0);
		*out = fr_bytes(number_real, sizeof *number_real);
	} else {
		DEMAND((p->at[i].kind == FR_PARAM_TIME ?
			read_time(text, 0, INT64_MAX, &number, NULL) :
			read_int(text, INT64_MIN, INT64_MAX, &number,
				 NULL)) == 0);
		*out = fr_int(number);
	}
}

static int
work_param(struct fr_work *w, const char *name, struct fr_value *out)
{
	struct running *run = running_of(w);

	param_value(&run->workload->params, run->r->settings, run->arena,
		    name, out);
	return 0;
}

/* The protocol's request of the name of operation f, or -1. */
static int
request_of(const struct running *run, uint32_t f)
{
	const struct fr_requests *r = &run->protocol->requests;
	uint32_t i;

	for (i = 0; i < r->count; i++)
		if (strcmp(r->at[i].name, run->workload->ops.at[f].name) == 0)
			return (int)i;
	return -1;
}

static int
work_supported(struct fr_work *w, uint32_t f)
{
	return request_of(running_of(w), f) >= 0;
}

static const struct fr_work_host work_host = {
	.size = sizeof work_host, .minor = FR_MINOR, .random = work_random,
	.now = work_now, .param = work_param, .alloc = work_alloc,
	.supported = work_supported,
};

/* ---- clients ------------------------------------------------------------- */

static struct fr_value
keep_value(struct running *run, struct fr_value v)
{
	size_t size = v.kind == FR_LIST ? v.count * sizeof(int64_t) : v.count;

	if ((v.kind == FR_LIST || v.kind == FR_BYTES) && size > 0)
		v.u.bytes = arena_copy(run->arena, v.u.bytes, size);
	return v;
}

static void client_next(void *arg);

static void
end_op(struct client *c, uint32_t outcome, struct fr_value result)
{
	struct running *run = c->run;
	struct fr_operation *op = &run->ops[c->op];
	bool pure = run->workload->ops.at[op->f].flags & FR_PURE;

	if (outcome == FR_INFO && pure)
		outcome = FR_FAIL;
	c->request = 0;
	op->outcome = outcome;
	op->ended = INT64_MAX;
	op->end_rank = UINT64_MAX;
	if (outcome == FR_INFO) {
		c->process = run->processes++;
	} else {
		op->ended = fake_now(run->world);
		op->end_rank = run->rank++;
	}
	if (outcome == FR_OK)
		op->result = keep_value(run, result);
	if (run->workload->ended != NULL)
		run->workload->ended(&run->work, op);
	fake_at(run->world, fake_now(run->world) +
		(outcome == FR_OK ? run->r->pause : BREATH), client_next, c);
}

struct timeout {
	struct client *client;
	uint64_t request;
};

static void
client_timeout(void *arg)
{
	struct timeout *t = arg;

	if (t->client->request == t->request)
		end_op(t->client, FR_INFO, fr_nil());
}

static void
ask(struct client *c, uint32_t node)
{
	struct running *run = c->run;
	struct fr_operation *op = &run->ops[c->op];
	struct fr_request rq = {
		.size = sizeof rq, .id = ++run->request, .key = op->key,
		.f = (uint32_t)request_of(run, op->f), .value = op->value,
		.client = c->process, .seq = c->seq,
	};
	struct timeout *t = arena_new(run->arena, sizeof *t);

	op->node = node;
	c->request = rq.id;
	if (!fake_ask(run->world, node, &rq)) {
		end_op(c, FR_FAIL, fr_nil());
		return;
	}
	*t = (struct timeout){ c, rq.id };
	fake_at(run->world, fake_now(run->world) + TIMEOUT, client_timeout, t);
}

static void
replied(void *arg, uint64_t id, const struct fr_reply *reply)
{
	struct running *run = arg;
	struct client *c;
	uint32_t i;

	for (i = 0; i < run->r->clients && run->clients[i].request != id; i++)
		;
	if (i == run->r->clients)
		return;				/* after the timeout */
	c = &run->clients[i];
	if (reply == NULL || reply->kind == FR_REPLY_UNSURE)
		end_op(c, FR_INFO, fr_nil());
	else if (reply->kind == FR_REPLY_FAIL)
		end_op(c, FR_FAIL, fr_nil());
	else if (reply->kind == FR_REPLY_OK)
		end_op(c, FR_OK, reply->value);
	else if (++c->hops > HOPS_MAX)
		end_op(c, FR_FAIL, fr_nil());
	else
		ask(c, reply->node);
}

static void
client_done(struct client *c)
{
	c->done = true;
	c->run->done++;
}

static void
client_next(void *arg)
{
	struct client *c = arg;
	struct running *run = c->run;
	struct fr_op op = { .size = sizeof op, .node = FR_ANY_NODE };
	struct fr_operation *new;
	int what;

	if (run->work.phase == FR_PHASE_MAIN && run->main_over) {
		client_done(c);
		return;
	}
	what = run->workload->next(&run->work, c->index, &op);
	if (what == FR_DONE) {
		client_done(c);
		return;
	}
	if (what == FR_WAIT) {
		DEMAND(op.wait > 0);
		fake_at(run->world, fake_now(run->world) + op.wait,
			client_next, c);
		return;
	}
	DEMAND(what == FR_OP);
	DEMAND(request_of(run, op.f) >= 0);
	mem_grow(&run->ops, &run->room, run->count + 1, sizeof *run->ops);
	c->op = run->count++;
	new = &run->ops[c->op];
	*new = (struct fr_operation){
		.process = c->process, .client = c->index, .f = op.f,
		.phase = run->work.phase, .key = op.key,
		.value = keep_value(run, op.value),
		.called = fake_now(run->world), .call_rank = run->rank++,
		.id = run->count,
	};
	c->seq++;
	c->hops = 0;
	ask(c, op.node != FR_ANY_NODE ? op.node :
	    (uint32_t)rng_below(&run->rng, run->r->nodes));
}

/* ---- faults -------------------------------------------------------------- */

static void
heal(struct running *run)
{
	uint32_t a, b;

	for (a = 0; a < run->r->nodes; a++) {
		for (b = 0; b < a; b++)
			fake_cut(run->world, a, b, false);
		fake_boot(run->world, a);
	}
	fake_disk_errors(run->world, 0);
}

static void
partition(struct running *run)
{
	uint32_t a, b, n = run->r->nodes;
	bool *side = arena_new(run->arena, n * sizeof *side);

	for (a = 0; a < n; a++)
		side[a] = fake_random(run->world, 2) == 0;
	for (a = 0; a < n; a++)
		for (b = 0; b < a; b++)
			fake_cut(run->world, a, b, side[a] != side[b]);
}

static void
kill_one(struct running *run)
{
	uint32_t i, n = run->r->nodes, down = 0;

	for (i = 0; i < n; i++)
		down += !fake_up(run->world, i);
	if (down < (n - 1) / 2)
		fake_kill(run->world, (uint32_t)fake_random(run->world, n));
}

/* Sometimes a fault, sometimes an end of all faults. */
static void
nemesis(void *arg)
{
	struct running *run = arg;
	uint32_t faults = run->r->faults;

	if (run->main_over)
		return;
	if (fake_random(run->world, 3) == 0)
		heal(run);
	if (faults & FAULT_PARTITION && fake_random(run->world, 2) == 0)
		partition(run);
	if (faults & FAULT_KILL && fake_random(run->world, 2) == 0)
		kill_one(run);
	if (faults & FAULT_CLOCK)
		fake_clock(run->world, (uint32_t)fake_random(run->world,
			   run->r->nodes), (int64_t)fake_random(run->world,
			   (uint64_t)FR_S(20)) - FR_S(10));
	if (faults & FAULT_DISK)
		fake_disk_errors(run->world, fake_random(run->world, 2) == 0 ?
				 0.05 : 0);
	fake_at(run->world, fake_now(run->world) + run->r->interval / 2 +
		(int64_t)fake_random(run->world, (uint64_t)run->r->interval),
		nemesis, run);
}

static void
end_main(void *arg)
{
	struct running *run = arg;

	run->main_over = true;
	heal(run);
}

/* ---- judging ------------------------------------------------------------- */

struct judge {
	struct fr_judge base;		/* comes first                        */
	struct fake_judged *out;
	const struct fr_workload *workload;
	const char *const *settings;
};

static struct fake_judged *
judged_of(struct fr_judge *j)
{
	return ((struct judge *)(void *)j)->out;
}

static void
say_violation(struct fr_judge *j, const char *kind, const uint64_t *ops,
	      uint32_t op_count, const char *sentence)
{
	struct fake_judged *out = judged_of(j);

	DEMAND(ops != NULL && op_count > 0);
	if (out->violations++ > 0)
		return;
	out->violation = arena_string(&out->arena, kind);
	out->sentence = arena_string(&out->arena, sentence);
}

static void
say_unknown(struct fr_judge *j, const char *sentence)
{
	judged_of(j)->unknown = arena_string(&judged_of(j)->arena, sentence);
}

static void
say_metric(struct fr_judge *j, const char *name, double value,
	   const char *unit)
{
	struct fake_judged *out = judged_of(j);

	ck_assert_ptr_nonnull(unit);
	ck_assert_uint_lt(out->metric_count, 64);
	snprintf(out->metrics[out->metric_count].name, 64, "%s", name);
	out->metrics[out->metric_count++].value = value;
}

static void *
judge_alloc(struct fr_judge *j, size_t size)
{
	return arena_new(&judged_of(j)->arena, size > 0 ? size : 1);
}

static int
judge_param(struct fr_judge *j, const char *name, struct fr_value *out)
{
	struct judge *judge = (struct judge *)(void *)j;

	param_value(&judge->workload->params, judge->settings,
		    &judge->out->arena, name, out);
	return 0;
}

double
fake_metric(const struct fake_judged *j, const char *name)
{
	uint32_t i;

	for (i = 0; i < j->metric_count; i++)
		if (strcmp(j->metrics[i].name, name) == 0)
			return j->metrics[i].value;
	return -1;
}

void
fake_judge(const struct fr_workload *w, const struct fr_history *h,
	   const char *const *settings, struct fake_judged *out)
{
	struct judge j = {
		.base = { .size = sizeof j.base, .violation = say_violation,
			  .unknown = say_unknown, .metric = say_metric,
			  .alloc = judge_alloc, .param = judge_param },
		.out = out, .workload = w, .settings = settings,
	};

	if (w->check != NULL)
		w->check(h, &j.base);
}

static void
judge_by_model(const struct running *run, const struct fr_history *h,
	       struct fake_judged *out)
{
	const struct fr_workload *w = run->workload;
	const char *names[8];
	struct check_config c = { .op_names = names, .op_count = w->ops.count,
				  .model = w->model, .threads = 1,
				  .time_max = FR_S(60) };
	struct verdict v;
	struct fr_err err = { 0 };
	uint32_t f;

	for (f = 0; f < w->ops.count; f++)
		names[f] = w->ops.at[f].name;
	ck_assert_msg(check_linearizable(h, &c, &v, &err) == 0, "%s",
		      err.text);
	if (v.kind == VERDICT_INVALID && out->violation == NULL) {
		out->violation = "not-linearizable";
		out->sentence = arena_string(&out->arena, v.reason);
	} else if (v.kind == VERDICT_UNKNOWN) {
		out->unknown = arena_string(&out->arena, v.reason);
	}
	verdict_free(&v);
}

static void
count_ops(const struct running *run, struct fake_judged *out)
{
	size_t i;

	for (i = 0; i < run->count; i++) {
		const struct fr_operation *op = &run->ops[i];
		uint64_t *by = op->outcome == FR_OK ? out->ok :
			       op->outcome == FR_FAIL ? out->fail : out->info;

		by[op->f]++;
		out->hash = hash_mix(out->hash, (uint64_t)op->called);
		out->hash = hash_mix(out->hash, op->outcome);
		out->hash = hash_mix(out->hash, op->end_rank);
	}
}

static void
judge(const struct running *run, struct fake_judged *out)
{
	struct fr_history h = {
		.size = sizeof h, .nodes = run->r->nodes,
		.clients = run->r->clients, .op_stride = sizeof *run->ops,
		.ops = run->ops, .op_count = run->count,
		.messages = fake_messages(run->world),
		.duration = run->r->time,
	};

	out->messages = h.messages;
	count_ops(run, out);
	fake_judge(run->workload, &h, run->r->settings, out);
	if (run->workload->model != NULL)
		judge_by_model(run, &h, out);
	if (fake_misdeed(run->world) != NULL && out->violation == NULL) {
		out->violation = "misdeed";
		out->sentence = arena_string(&out->arena,
					     fake_misdeed(run->world));
	}
}

void
fake_judged_free(struct fake_judged *j)
{
	arena_free(&j->arena);
}

/* ---- the run ------------------------------------------------------------- */

/* Until all clients are done with this phase. */
static void
go_on(struct running *run, struct fake_judged *out)
{
	while (run->done < run->r->clients) {
		DEMAND(fake_step(run->world));
		DEMAND(out->events++ < 50 * 1000 * 1000);
	}
}

static void
begin_phase(struct running *run, uint32_t phase)
{
	uint32_t i;

	run->work.phase = phase;
	run->done = 0;
	for (i = 0; i < run->r->clients; i++) {
		run->clients[i].done = false;
		fake_at(run->world, fake_now(run->world), client_next,
			&run->clients[i]);
	}
}

void
fake_run(const struct fake_run *r, struct fake_judged *out)
{
	struct running run = {
		.r = r, .protocol = load_protocol(r->protocol),
		.workload = load_workload(r->workload), .arena = &out->arena,
		.rng = rng_make(r->seed, STREAM_WORKLOAD, 0, 0, "fake"),
		.processes = r->clients,
	};
	struct fake_config c = {
		.protocol = run.protocol, .nodes = r->nodes, .grid = r->grid,
		.seed = r->seed, .delay_max = r->delay_max, .loss = r->loss,
		.duplicate = r->duplicate, .settings = r->settings,
		.replied = replied, .arg = &run,
	};
	uint32_t i;

	memset(out, 0, sizeof *out);
	run.work = (struct fr_work){
		.size = sizeof run.work, .nodes = r->nodes,
		.clients = r->clients, .host = &work_host,
		.state = arena_new(&out->arena, run.workload->state_size + 1),
	};
	run.clients = arena_new(&out->arena, r->clients * sizeof *run.clients);
	for (i = 0; i < r->clients; i++)
		run.clients[i] = (struct client){ .run = &run, .index = i,
						  .process = i };
	run.world = fake_new(&c);
	if (run.workload->start != NULL)
		ck_assert_int_eq(run.workload->start(&run.work), 0);
	fake_at(run.world, r->time, end_main, &run);
	if (r->interval > 0)
		fake_at(run.world, r->interval, nemesis, &run);
	begin_phase(&run, FR_PHASE_MAIN);
	go_on(&run, out);
	begin_phase(&run, FR_PHASE_FINAL);
	go_on(&run, out);
	judge(&run, out);
	fake_free(run.world);
	free(run.ops);
}
