/* SPDX-License-Identifier: MIT */
/*
 * Clients, phases and judgement in a small world of virtual time: what stands
 * above world.h needs no process, no clock and no store.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>

#include "core/run/experiment.h"
#include "core/run/judge.h"
#include "tests/unit/small_world.h"

/* ---- a workload and nodes for it ----------------------------------------------- */

/*
 * `put` writes numbers that are never used twice, `get` reads.  Behind all
 * nodes stands one register, so that they answer as one.  In the final phase
 * every client reads once.
 */
enum { PUT, GET };

struct put_get {
	int64_t next;
	bool final[64];
};

static uint32_t ask_node = FR_ANY_NODE;
static int64_t ask_wait;
static int ask_nonsense;
static uint32_t ended_count;

static int
work_next_op(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	struct put_get *state = w->state;

	if (ask_nonsense)
		return ask_nonsense;
	op->node = ask_node;
	if (w->phase == FR_PHASE_FINAL) {
		if (state->final[client])
			return FR_DONE;
		state->final[client] = true;
		op->f = GET;
		return FR_OP;
	}
	if (ask_wait > 0 && w->host->random(w) % 2 == 0) {
		op->wait = ask_wait;
		return FR_WAIT;
	}
	op->f = w->host->random(w) % 2 == 0 ? PUT : GET;
	if (op->f == PUT)
		op->value = fr_int(++state->next);
	return FR_OP;
}

static void
work_ended(struct fr_work *w, const struct fr_operation *op)
{
	(void)w;
	ck_assert(op->outcome == FR_OK || op->outcome == FR_FAIL ||
		  op->outcome == FR_INFO);
	ended_count++;
}

/* A get must never see a number that nobody put. */
static void
work_check(const struct fr_history *h, struct fr_judge *j)
{
	int64_t most = 0;
	uint64_t i;

	for (i = 0; i < h->op_count; i++) {
		if (h->ops[i].f == PUT && h->ops[i].value.u.number > most)
			most = h->ops[i].value.u.number;
	}
	for (i = 0; i < h->op_count; i++) {
		if (h->ops[i].f == GET && h->ops[i].outcome == FR_OK &&
		    h->ops[i].result.u.number > most)
			j->violation(j, "invented", &i, 1,
				     "a number that nobody put");
	}
	j->metric(j, "largest", (double)most, "");
}

static const struct fr_workload put_get = {
	FR_WORKLOAD_HEAD,
	.name = "put-get",
	.ops = FR_OPS({ "put", 0, 0, "" }, { "get", FR_PURE, 0, "" }),
	.state_size = sizeof(struct put_get),
	.next = work_next_op,
	.ended = work_ended,
	.check = work_check,
};

/* What the nodes do, and what they saw. */
struct script {
	bool mute, lie, unsure, fail;
	uint32_t mute_node;		/* this one alone never answers; or -1 */
	uint32_t redirect_to;		/* or FR_ANY_NODE                      */
	bool redirect_round;		/* to the next node, for ever          */
	bool redirect_all;		/* also from the node itself           */
	bool needs_all;			/* mute while any node is not up       */
	int64_t delay;
	int64_t held;			/* the register                        */
	uint64_t asked[64];		/* by node                             */
	uint64_t last_process, last_seq;
	bool seq_wrong;
};

static bool
answer(struct small_world *s, uint32_t node, const struct world_request *r,
       struct world_reply *reply, int64_t *delay)
{
	struct script *script = s->config.test;
	uint32_t i;

	script->asked[node]++;
	/* The numbers of a process begin with 1, go up by one, and stay at a
	 * redirect.  (Of what was refused nobody sees a number.) */
	if (s->config.clients == 1 && s->refused == 0 &&
	    (r->process == script->last_process ?
	     r->seq != script->last_seq && r->seq != script->last_seq + 1 :
	     r->seq != 1))
		script->seq_wrong = true;
	script->last_process = r->process;
	script->last_seq = r->seq;
	*delay = script->delay;
	if (script->mute || node == script->mute_node)
		return false;
	for (i = 0; script->needs_all && i < s->config.nodes; i++) {
		if (s->node[i].state != NODE_UP)
			return false;
	}
	if (script->redirect_round) {
		reply->kind = FR_REPLY_REDIRECT;
		reply->redirect = (node + 1) % s->config.nodes;
	} else if (script->redirect_to != FR_ANY_NODE &&
		   (script->redirect_to != node || script->redirect_all)) {
		reply->kind = FR_REPLY_REDIRECT;
		reply->redirect = script->redirect_to;
	} else if (script->unsure) {
		reply->kind = FR_REPLY_UNSURE;
		reply->text = "who knows";
	} else if (script->fail) {
		reply->kind = FR_REPLY_FAIL;
		reply->text = "no";
	} else if (r->f == PUT) {
		script->held = r->value.u.number;
	} else {
		reply->value = fr_int(script->lie ? 1 << 30 : script->held);
	}
	return true;
}

/* ---- a run of it --------------------------------------------------------------- */

struct rig {
	/* Set before. */
	uint32_t nodes, clients;
	uint64_t seed, ops;
	double rate;
	int64_t time, chatter, kill_delay, hang_limit, progress;
	bool core;
	const char *plan;
	struct script script;
	void (*prepare)(struct rig *r);	/* when the world is made              */
	/* Found after. */
	struct small_world *world;
	struct experiment *x;
	struct recorder recorder;
	struct work work;
	struct plan faults;
	struct fr_history history;
	struct run_result result;
};

static const char *const op_names[] = { "put", "get" };
static const uint32_t same[] = { PUT, GET };

static void
rig_init(struct rig *r)
{
	memset(r, 0, sizeof *r);
	r->nodes = 3;
	r->clients = 3;
	r->seed = 1;
	r->rate = 300;
	r->time = SECOND;
	r->chatter = 10 * MS;
	r->kill_delay = MS;
	r->hang_limit = SECOND;
	r->plan = "";
	r->script.mute_node = r->script.redirect_to = FR_ANY_NODE;
	r->script.delay = MS;
	ask_node = FR_ANY_NODE;
	ask_wait = 0;
	ask_nonsense = 0;
	ended_count = 0;
}

static void
rig_judge(struct rig *r)
{
	const struct judging j = {
		.history = &r->history,
		.tally = &r->recorder.tally,
		.workload = &put_get,
		.op_names = op_names,
		.plan = &r->faults,
		.interrupted = r->x->interrupted,
		.failure = r->x->failure,
	};

	assembler_history(r->recorder.assembler, &r->history);
	r->history.nodes = r->nodes;
	r->history.clients = r->clients;
	r->history.messages = r->world->counts.sent;
	r->history.duration = r->x->duration;
	judge(&j, &r->result);
}

static void
rig_run(struct rig *r)
{
	static const struct params none;
	const uint32_t **requests = mem_array(r->nodes, sizeof *requests);
	struct small_config small = {
		.nodes = r->nodes,
		.clients = r->clients,
		.seed = r->seed,
		.boot_delay = MS,
		.kill_delay = r->kill_delay,
		.latency = MS / 10,
		.chatter = r->chatter,
		.answer = answer,
		.events = &experiment_events,
		.test = &r->script,
	};
	const struct ground ground = {
		.nodes = r->nodes,
		.clients = r->clients,
		.seed = r->seed,
		.world = "sim",
	};
	struct experiment_config config = {
		.recorder = &r->recorder,
		.work = &r->work,
		.plan = &r->faults,
		.ground = &ground,
		.nodes = r->nodes,
		.clients = r->clients,
		.requests = requests,
		.rate = r->rate,
		.time = r->time,
		.timeout = 100 * MS,
		.boot_limit = SECOND,
		.hang_limit = r->hang_limit,
		.progress_time = r->progress,
		.core = r->core,
		.ops = r->ops,
		.seed = r->seed,
	};
	struct fr_err err = { 0 };
	uint32_t i;

	for (i = 0; i < r->nodes; i++)
		requests[i] = same;
	ck_assert_msg(plan_read(r->plan, "p", &ground, &r->faults, &err) == 0,
		      "%s", err.text);
	ck_assert(work_init(&r->work, &put_get, &none, NULL, r->nodes,
			    r->clients, r->seed, NULL) == 0);
	recorder_init(&r->recorder, NULL, r->nodes, op_names, 2);
	r->x = experiment_new(&config);
	small.arg = r->x;
	r->world = small_new(&small);
	if (r->prepare != NULL)
		r->prepare(r);
	ck_assert_msg(experiment_run(r->x, &r->world->base, &err) == 0, "%s",
		      err.text);
	free(requests);
	r->x->config.requests = NULL;
	rig_judge(r);
}

static void
rig_free(struct rig *r)
{
	run_result_free(&r->result);
	experiment_free(r->x);
	r->world->base.ops->free(&r->world->base);
	recorder_free(&r->recorder);
	work_free(&r->work);
	plan_free(&r->faults);
}

/* What holds for every history, whatever happened in it. */
static void
rig_sane(const struct rig *r)
{
	const struct fr_operation *op, *other;
	uint64_t i, k;

	for (i = 0; i < r->history.op_count; i++) {
		op = &r->history.ops[i];
		ck_assert_uint_lt(op->call_rank, op->end_rank);
		ck_assert_int_le(op->called, op->ended);
		/* A get changes nothing: it is never in doubt. */
		if (op->f == GET)
			ck_assert_uint_ne(op->outcome, FR_INFO);
		/* One at a time, and nothing after an info. */
		for (k = i + 1; k < r->history.op_count; k++) {
			other = &r->history.ops[k];
			if (other->process != op->process)
				continue;
			ck_assert_uint_ne(op->outcome, FR_INFO);
			ck_assert_uint_lt(op->end_rank, other->call_rank);
			break;
		}
	}
	ck_assert_uint_eq(ended_count, r->history.op_count);
	ck_assert(!r->script.seq_wrong);
}

/* ---- clients ------------------------------------------------------------------- */

START_TEST(all_goes_well)
{
	struct rig r;

	rig_init(&r);
	rig_run(&r);
	rig_sane(&r);
	ck_assert_uint_gt(r.result.ok, 200);
	ck_assert_uint_eq(r.result.fail + r.result.info, 0);
	ck_assert_int_eq(r.result.verdict, VERDICT_VALID);
	ck_assert_ptr_null(r.result.violation);
	ck_assert_ptr_null(r.x->failure);
	/* A millisecond there and back, and a tenth on the way. */
	ck_assert_int_eq(r.result.ops[PUT].median, MS + MS / 10);
	rig_free(&r);
}
END_TEST

START_TEST(a_run_is_told_by_its_seed)
{
	uint64_t hash[3], seed[] = { 5, 5, 6 };
	struct rig r;
	int i;

	for (i = 0; i < 3; i++) {
		rig_init(&r);
		r.seed = seed[i];
		r.plan = "at 100ms for 200ms partition majority\n"
			 "at 400ms for 100ms kill random\n";
		rig_run(&r);
		hash[i] = r.result.hash;
		rig_free(&r);
	}
	ck_assert_uint_eq(hash[0], hash[1]);
	ck_assert_uint_ne(hash[0], hash[2]);
}
END_TEST

START_TEST(the_rate_is_kept)
{
	struct rig r;

	rig_init(&r);
	r.clients = 10;
	r.rate = 1000;
	r.time = 10 * SECOND;
	rig_run(&r);
	ck_assert_uint_gt(r.result.ok, 9000);
	ck_assert_uint_lt(r.result.ok, 11000);
	rig_free(&r);
}
END_TEST

START_TEST(without_a_rate_they_go_as_fast_as_they_are_answered)
{
	struct rig r;

	rig_init(&r);
	r.rate = 0;
	r.clients = 1;
	rig_run(&r);
	/* One in 1.1 ms. */
	ck_assert_uint_gt(r.result.ok, 900);
	ck_assert_uint_lt(r.result.ok, 915);
	rig_free(&r);
}
END_TEST

START_TEST(the_number_of_operations_is_kept_exactly)
{
	uint64_t i, final = 0;
	struct rig r;

	rig_init(&r);
	r.ops = 137;
	r.time = 100 * SECOND;
	rig_run(&r);
	for (i = 0; i < r.history.op_count; i++)
		final += r.history.ops[i].phase == FR_PHASE_FINAL;
	ck_assert_uint_eq(final, 3);
	ck_assert_uint_eq(r.history.op_count, 137 + 3);
	ck_assert_int_lt(r.x->duration, 2 * SECOND);
	rig_free(&r);
}
END_TEST

START_TEST(no_answer_is_info_and_ends_the_process)
{
	uint64_t i, infos = 0, fails = 0;
	const struct fr_operation *op;
	struct rig r;

	rig_init(&r);
	r.clients = 1;
	r.script.mute = true;
	rig_run(&r);
	rig_sane(&r);
	for (i = 0; i < r.history.op_count; i++) {
		op = &r.history.ops[i];
		infos += op->outcome == FR_INFO;
		fails += op->outcome == FR_FAIL;
		if (op->outcome == FR_FAIL)
			ck_assert_int_eq(op->ended - op->called, 100 * MS);
	}
	/* Ten timeouts in a second; puts are in doubt, gets are not. */
	ck_assert_uint_ge(r.history.op_count, 10);
	ck_assert_uint_le(r.history.op_count, 12);
	ck_assert_uint_gt(infos, 0);
	ck_assert_uint_gt(fails, 0);
	/* A new process for each info: 0, 1, 2, ... */
	op = &r.history.ops[r.history.op_count - 1];
	ck_assert_uint_eq(op->process,
			  infos - (op->outcome == FR_INFO));
	ck_assert(!r.script.seq_wrong);
	ck_assert_int_eq(r.result.verdict, VERDICT_UNKNOWN);
	rig_free(&r);
}
END_TEST

START_TEST(an_answer_that_comes_too_late_is_nobodys)
{
	struct rig r;

	rig_init(&r);
	r.script.delay = 250 * MS;
	rig_run(&r);
	rig_sane(&r);
	ck_assert_uint_eq(r.result.ok, 0);
	ck_assert_uint_gt(r.world->late, 0);
	rig_free(&r);
}
END_TEST

START_TEST(whoever_is_refused_asks_another_and_does_not_spin)
{
	uint64_t i, refused = 0, ok = 0;
	struct rig r;

	rig_init(&r);
	r.clients = 1;
	r.rate = 0;
	r.plan = "at 0 for 1s kill 0";
	rig_run(&r);
	rig_sane(&r);
	for (i = 0; i < r.history.op_count; i++) {
		refused += r.history.ops[i].outcome == FR_FAIL;
		ok += r.history.ops[i].outcome == FR_OK;
	}
	/* Home is down: it is asked now and then, the others in between. */
	ck_assert_uint_ge(refused, 10);
	ck_assert_uint_gt(ok, refused);
	ck_assert_uint_lt(r.history.op_count, 1000);
	ck_assert_uint_gt(r.script.asked[1], 10);
	ck_assert_uint_gt(r.script.asked[2], 10);
	rig_free(&r);
}
END_TEST

START_TEST(when_all_are_down_nobody_spins)
{
	struct rig r;

	rig_init(&r);
	r.clients = 1;
	r.rate = 0;
	r.plan = "at 0 for 1s kill all";
	rig_run(&r);
	rig_sane(&r);
	/* 1 to 10 ms each. */
	ck_assert_uint_gt(r.world->refused, 90);
	ck_assert_uint_lt(r.world->refused, 1000);
	rig_free(&r);
}
END_TEST

START_TEST(what_a_node_took_with_it_is_in_doubt)
{
	uint64_t i, infos = 0;
	struct rig r;

	rig_init(&r);
	r.rate = 0;
	r.script.delay = 20 * MS;
	r.plan = "at 105ms for 50ms kill all\nat 300ms for 50ms kill all\n"
		 "at 500ms for 50ms kill all\nat 700ms for 50ms kill all";
	rig_run(&r);
	rig_sane(&r);
	for (i = 0; i < r.history.op_count; i++)
		infos += r.history.ops[i].outcome == FR_INFO;
	ck_assert_uint_gt(infos, 0);
	/* Known at once, and not by a timeout. */
	for (i = 0; i < r.history.op_count; i++) {
		if (r.history.ops[i].outcome == FR_FAIL)
			ck_assert_int_lt(r.history.ops[i].ended -
					 r.history.ops[i].called, 30 * MS);
	}
	rig_free(&r);
}
END_TEST

START_TEST(a_redirect_is_followed_with_the_same_number)
{
	uint64_t i;
	struct rig r;

	rig_init(&r);
	r.clients = 1;
	r.script.redirect_to = 2;
	rig_run(&r);
	rig_sane(&r);
	ck_assert_uint_gt(r.result.ok, 50);
	ck_assert_uint_eq(r.result.ok, r.history.op_count);
	/* It is the node that answered. */
	for (i = 0; i < r.history.op_count; i++)
		ck_assert_uint_eq(r.history.ops[i].node, 2);
	ck_assert_uint_eq(r.script.asked[0], r.script.asked[2]);
	rig_free(&r);
}
END_TEST

START_TEST(a_redirect_in_a_circle_ends)
{
	uint64_t i, asked = 0;
	struct rig r;

	rig_init(&r);
	r.clients = 1;
	r.script.redirect_round = true;
	r.script.delay = 0;
	rig_run(&r);
	rig_sane(&r);
	for (i = 0; i < r.history.op_count; i++)
		ck_assert_uint_eq(r.history.ops[i].outcome, FR_FAIL);
	ck_assert_uint_ge(r.history.op_count, 9);
	for (i = 0; i < r.nodes; i++)
		asked += r.script.asked[i];
	/* After the first hops a pause: 5 ms and not a spin. */
	ck_assert_uint_lt(asked, r.history.op_count * 40);
	ck_assert_int_eq(r.result.verdict, VERDICT_UNKNOWN);
	rig_free(&r);
}
END_TEST

START_TEST(a_redirect_to_nowhere_fails)
{
	struct rig r;

	rig_init(&r);
	r.script.redirect_to = 77;
	rig_run(&r);
	rig_sane(&r);
	ck_assert_uint_gt(r.result.fail, 10);
	ck_assert_uint_eq(r.result.ok + r.result.info, 0);
	rig_free(&r);
}
END_TEST

/* ---- clients that a fault makes misbehave ----------------------------------------- */

static uint64_t
all_asked(const struct rig *r)
{
	return r->script.asked[0] + r->script.asked[1] + r->script.asked[2];
}

START_TEST(what_is_asked_twice_has_one_end)
{
	struct rig r;

	rig_init(&r);
	r.plan = "at 0 for 900ms client:duplicate chance=1";
	rig_run(&r);
	rig_sane(&r);
	ck_assert_uint_gt(r.result.ok, 200);
	ck_assert_uint_eq(r.result.ok, r.history.op_count);
	ck_assert_uint_gt(all_asked(&r), r.history.op_count * 17 / 10);
	ck_assert_uint_lt(all_asked(&r), r.history.op_count * 2);
	ck_assert_uint_eq(r.result.faults_effective, 1);
	rig_free(&r);
}
END_TEST

START_TEST(who_is_impatient_asks_again_here_or_elsewhere)
{
	struct rig r;

	rig_init(&r);
	r.clients = 1;
	r.script.delay = 30 * MS;
	r.plan = "at 0 for 900ms client:retry chance=1 patience=5ms";
	rig_run(&r);
	rig_sane(&r);
	ck_assert_uint_eq(r.result.ok, r.history.op_count);
	ck_assert_uint_gt(all_asked(&r), r.history.op_count * 17 / 10);
	/* Its home is node 0. */
	ck_assert_uint_gt(r.script.asked[0], r.script.asked[1]);
	ck_assert_uint_gt(r.script.asked[1], 0);
	ck_assert_uint_gt(r.script.asked[2], 0);
	/* The same number, by the same process: seq_wrong would be set. */
	rig_free(&r);
	/* Who is answered in time does not. */
	rig_init(&r);
	r.script.delay = MS;
	r.plan = "at 0 for 900ms client:retry chance=1 patience=1h";
	rig_run(&r);
	ck_assert_uint_eq(all_asked(&r), r.history.op_count);
	ck_assert_uint_eq(r.result.faults_effective, 0);
	rig_free(&r);
}
END_TEST

START_TEST(no_answer_to_a_copy_is_a_failure_for_certain)
{
	uint64_t i;
	struct rig r;

	rig_init(&r);
	r.script.fail = true;
	r.plan = "at 0 for 1s client:duplicate chance=1";
	rig_run(&r);
	rig_sane(&r);
	ck_assert_uint_gt(r.history.op_count, 100);
	for (i = 0; i < r.history.op_count; i++) {
		const struct fr_operation *op = &r.history.ops[i];

		if (op->phase == FR_PHASE_MAIN && op->called > 2 * MS)
			ck_assert_uint_eq(op->outcome, op->f == GET ?
					  FR_FAIL : FR_INFO);
	}
	rig_free(&r);
}
END_TEST

START_TEST(who_vanishes_leaves_doubt_and_comes_back_as_another)
{
	const struct fr_operation *op;
	uint64_t i, infos = 0;
	struct rig r;

	rig_init(&r);
	r.clients = 1;
	r.script.delay = 20 * MS;
	r.plan = "at 0 for 900ms client:vanish chance=1";
	rig_run(&r);
	rig_sane(&r);
	for (i = 0; i < r.history.op_count; i++) {
		op = &r.history.ops[i];
		infos += op->outcome == FR_INFO;
		if (op->called < 900 * MS && op->outcome != FR_OK)
			ck_assert_int_lt(op->ended == INT64_MAX ? 0 :
					 op->ended - op->called, 6 * MS);
	}
	ck_assert_uint_gt(infos, 20);
	op = &r.history.ops[r.history.op_count - 1];
	ck_assert_uint_eq(op->process, infos - (op->outcome == FR_INFO));
	ck_assert_uint_gt(r.world->late, 20);
	ck_assert_uint_eq(r.result.faults_effective, 1);
	rig_free(&r);
}
END_TEST

START_TEST(a_node_may_be_unsure)
{
	struct rig r;

	rig_init(&r);
	r.script.unsure = true;
	rig_run(&r);
	rig_sane(&r);
	ck_assert_uint_gt(r.result.ops[PUT].info, 10);
	ck_assert_uint_eq(r.result.ops[PUT].fail, 0);
	ck_assert_uint_gt(r.result.ops[GET].fail, 10);
	rig_free(&r);
}
END_TEST

START_TEST(the_workload_may_choose_the_node)
{
	struct rig r;

	rig_init(&r);
	ask_node = 1;
	rig_run(&r);
	ck_assert_uint_eq(r.script.asked[0] + r.script.asked[2], 0);
	ck_assert_uint_gt(r.script.asked[1], 100);
	rig_free(&r);
}
END_TEST

START_TEST(the_workload_may_wait)
{
	struct rig r;

	rig_init(&r);
	r.rate = 0;
	r.clients = 1;
	ask_wait = 50 * MS;
	rig_run(&r);
	/* Every second time 50 ms: about 20 waits, about 20 operations. */
	ck_assert_uint_gt(r.history.op_count, 8);
	ck_assert_uint_lt(r.history.op_count, 60);
	rig_free(&r);
}
END_TEST

START_TEST(a_workload_that_makes_no_sense_is_the_testbeds_failure)
{
	struct rig r;

	rig_init(&r);
	ask_nonsense = 17;
	rig_run(&r);
	ck_assert_ptr_nonnull(r.x->failure);
	ck_assert(strstr(r.x->failure, "its `next` answered 17") != NULL);
	ck_assert_int_eq(r.result.verdict, VERDICT_UNKNOWN);
	ck_assert_int_eq(run_exit_status(&r.result), EXIT_TESTBED);
	rig_free(&r);
}
END_TEST

/* ---- phases ---------------------------------------------------------------------- */

static const char *const order[] = { "main", "heal", "quiet", "final", "end" };

START_TEST(phases_come_in_their_order)
{
	const struct tally *t;
	struct rig r;
	size_t i;

	rig_init(&r);
	r.plan = "at 100ms for 10s partition 0|1,2\nat 200ms for 10s kill 1\n"
		 "at 300ms for 10s pause 2\nat 900ms for 10s kill 0";
	r.kill_delay = 20 * MS;
	rig_run(&r);
	rig_sane(&r);
	t = &r.recorder.tally;
	ck_assert_uint_eq(t->phase_count, 5);
	for (i = 0; i < 5; i++) {
		ck_assert_str_eq(t->phases[i].name, order[i]);
		ck_assert_int_eq(t->phases[i].before, PHASE_WENT_WELL);
	}
	ck_assert_int_ge(r.x->duration, SECOND);
	ck_assert_int_lt(r.x->duration, SECOND + 10 * MS);
	/* Everything was healed: the final reads all succeed. */
	for (i = 0; i < r.history.op_count; i++) {
		if (r.history.ops[i].phase != FR_PHASE_FINAL)
			continue;
		ck_assert_uint_eq(r.history.ops[i].outcome, FR_OK);
		ck_assert_int_ge(r.history.ops[i].called, t->phases[3].t);
	}
	ck_assert_uint_eq(t->fault_count, 4);
	for (i = 0; i < 4; i++)
		ck_assert_int_le(t->faults[i].ended, t->phases[2].t);
	/* Chatter never ends: two seconds of it are enough. */
	ck_assert_int_ge(t->phases[3].t - t->phases[2].t, 2 * SECOND);
	ck_assert_int_le(t->phases[3].t - t->phases[2].t,
			 2 * SECOND + 10 * MS);
	rig_free(&r);
}
END_TEST

/* ---- the epilogue ------------------------------------------------------------ */

/* The phase's beginning, or -1. */
static int64_t
phase_at(const struct rig *r, const char *name)
{
	const struct tally *t = &r->recorder.tally;
	size_t i;

	for (i = 0; i < t->phase_count; i++) {
		if (strcmp(t->phases[i].name, name) == 0)
			return t->phases[i].t;
	}
	return -1;
}

START_TEST(after_faults_the_clients_go_on)
{
	struct rig r;

	rig_init(&r);
	r.plan = "at 100ms for 300ms kill 1";
	r.progress = 3 * SECOND;
	rig_run(&r);
	rig_sane(&r);
	ck_assert_int_eq(r.result.verdict, VERDICT_VALID);
	ck_assert_int_gt(phase_at(&r, "progress"), phase_at(&r, "heal"));
	ck_assert_int_gt(phase_at(&r, "quiet"), phase_at(&r, "progress"));
	/* It ends as soon as everybody was answered. */
	ck_assert_int_lt(phase_at(&r, "quiet"), phase_at(&r, "progress") +
			 300 * MS);
	rig_free(&r);
}
END_TEST

START_TEST(without_faults_nothing_is_to_be_shown)
{
	struct rig r;

	rig_init(&r);
	r.progress = 3 * SECOND;
	rig_run(&r);
	ck_assert_int_eq(r.result.verdict, VERDICT_VALID);
	ck_assert_int_eq(phase_at(&r, "progress"), -1);
	rig_free(&r);
}
END_TEST

START_TEST(who_is_never_answered_again_makes_no_progress)
{
	struct rig r;

	rig_init(&r);
	r.plan = "at 100ms for 300ms kill 1";
	r.progress = 3 * SECOND;
	r.script.mute_node = 2;		/* client 2's home                     */
	rig_run(&r);
	ck_assert_int_eq(r.result.verdict, VERDICT_INVALID);
	ck_assert_str_eq(r.result.violation, "no-progress");
	ck_assert_msg(strstr(r.result.reason, "1 of 3 clients got no answer "
		      "within 3.00s after everything was healed: client 2 "
		      "waits for node 2 (") != NULL, "%s", r.result.reason);
	ck_assert_int_ge(phase_at(&r, "quiet"), phase_at(&r, "progress") +
			 3 * SECOND);
	ck_assert_int_gt(phase_at(&r, "final"), 0);
	rig_free(&r);
}
END_TEST

START_TEST(a_core_has_to_do_without_the_others)
{
	uint32_t i, final = 0;
	struct rig r;
	bool core;

	for (core = false;; core = true) {
		rig_init(&r);
		r.plan = "at 100ms for 300ms kill 1";
		r.progress = 3 * SECOND;
		r.script.needs_all = true;
		r.core = core;
		rig_run(&r);
		if (core)
			break;
		ck_assert_int_eq(r.result.verdict, VERDICT_VALID);
		rig_free(&r);
	}
	ck_assert_str_eq(r.result.violation, "no-progress");
	ck_assert_msg(strstr(r.result.reason, "within 3.00s after a core was "
		      "healed (2 of 3 nodes)") != NULL, "%s",
		      r.result.reason);
	/* And afterwards everybody goes on: they need all to answer. */
	for (i = 0; i < r.history.op_count; i++) {
		if (r.history.ops[i].phase != FR_PHASE_FINAL)
			continue;
		ck_assert_uint_eq(r.history.ops[i].outcome, FR_OK);
		final++;
	}
	ck_assert_uint_gt(final, 0);
	rig_free(&r);
}
END_TEST

START_TEST(silence_is_noticed)
{
	const struct tally *t;
	struct rig r;

	rig_init(&r);
	r.chatter = 0;
	rig_run(&r);
	t = &r.recorder.tally;
	ck_assert_int_le(t->phases[3].t - t->phases[2].t, 210 * MS);
	rig_free(&r);
}
END_TEST

static void
hung_now(void *arg)
{
	small_crash(arg, 2, END_HUNG, "did not return");
}

static void
hung_soon(struct rig *r)
{
	struct world *w = &r->world->base;

	/* Long after the main phase; its limit had not passed before. */
	w->ops->at(w, 2500 * MS, hung_now, r->world);
}

START_TEST(the_run_waits_for_a_node_that_may_hang)
{
	struct rig r;

	rig_init(&r);
	r.time = 300 * MS;
	r.chatter = 0;
	r.hang_limit = 3 * SECOND;
	r.script.mute_node = 2;
	r.prepare = hung_soon;
	rig_run(&r);
	ck_assert_str_eq(r.result.violation, "crash");
	/* Not longer than it takes, and in no way for ever. */
	ck_assert_int_ge(r.world->now, 2500 * MS);
	ck_assert_int_lt(r.world->now, 3 * SECOND);
	rig_free(&r);
	rig_init(&r);
	r.time = 300 * MS;
	r.chatter = 0;
	r.script.mute_node = 2;
	rig_run(&r);
	ck_assert_int_lt(r.world->now, 6 * SECOND);
	rig_free(&r);
}
END_TEST

static void
interrupt_now(void *arg)
{
	experiment_interrupt(arg);
}

static void
interrupt_soon(struct rig *r)
{
	struct world *w = &r->world->base;

	w->ops->at(w, 300 * MS, interrupt_now, r->x);
}

START_TEST(an_interrupted_run_ends_in_order)
{
	uint64_t i, final = 0;
	struct rig r;

	rig_init(&r);
	r.time = 100 * SECOND;
	r.plan = "at 100ms for 10s kill 1";
	r.prepare = interrupt_soon;
	rig_run(&r);
	rig_sane(&r);
	ck_assert_int_lt(r.x->duration, 400 * MS);
	for (i = 0; i < r.history.op_count; i++)
		final += r.history.ops[i].phase == FR_PHASE_FINAL &&
			 r.history.ops[i].outcome == FR_OK;
	ck_assert_uint_eq(final, 3);
	ck_assert(r.result.interrupted);
	ck_assert_int_eq(r.result.verdict, VERDICT_VALID);
	rig_free(&r);
}
END_TEST

static void
abort_now(void *arg)
{
	experiment_abort(arg);
}

static void
abort_soon(struct rig *r)
{
	struct world *w = &r->world->base;

	w->ops->at(w, 300 * MS, interrupt_now, r->x);
	w->ops->at(w, 310 * MS, abort_now, r->x);
}

START_TEST(interrupted_twice_it_stops_at_once)
{
	struct rig r;

	rig_init(&r);
	r.script.mute = true;
	r.prepare = abort_soon;
	rig_run(&r);
	ck_assert(r.x->aborted);
	ck_assert_int_eq(r.world->now, 310 * MS);
	rig_free(&r);
}
END_TEST

/* ---- judgement ---------------------------------------------------------------------- */

static void
crash_now(void *arg)
{
	small_crash(arg, 1, END_SIGNALLED,
		    "killed by SIGSEGV in the handler of message `query`");
}

static void
crash_soon(struct rig *r)
{
	struct world *w = &r->world->base;

	w->ops->at(w, 500 * MS, crash_now, r->world);
}

START_TEST(a_node_that_crashes_stays_down_and_makes_it_invalid)
{
	struct rig r;

	rig_init(&r);
	r.prepare = crash_soon;
	rig_run(&r);
	rig_sane(&r);
	ck_assert_int_eq(r.result.verdict, VERDICT_INVALID);
	ck_assert_str_eq(r.result.violation, "crash");
	ck_assert(strstr(r.result.reason, "SIGSEGV") != NULL);
	ck_assert_uint_eq(r.world->node[1].boot, 0);
	ck_assert_int_eq(run_exit_status(&r.result), EXIT_INVALID);
	rig_free(&r);
}
END_TEST

START_TEST(the_workloads_violation_tells_more_than_a_crash)
{
	struct rig r;

	rig_init(&r);
	r.prepare = crash_soon;
	r.script.lie = true;
	rig_run(&r);
	ck_assert_int_eq(r.result.verdict, VERDICT_INVALID);
	ck_assert_str_eq(r.result.violation, "invented");
	ck_assert(strstr(r.result.evidence, "crash: ") != NULL);
	rig_free(&r);
}
END_TEST

static void
refuse_all(struct rig *r)
{
	r->world->node[2].refuses = true;
}

START_TEST(a_node_that_cannot_start_leaves_it_unknown)
{
	struct rig r;

	rig_init(&r);
	r.prepare = refuse_all;
	rig_run(&r);
	ck_assert_int_eq(r.result.verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(r.result.reason, "node 2 could not be started: there "
			 "is no such thing");
	ck_assert_uint_eq(r.history.op_count, 0);
	rig_free(&r);
}
END_TEST

static void
refuse_later(void *arg)
{
	struct small_world *s = arg;

	s->node[1].refuses = true;
}

static void
refuse_soon(struct rig *r)
{
	struct world *w = &r->world->base;

	w->ops->at(w, 50 * MS, refuse_later, r->world);
}

START_TEST(one_that_cannot_start_again_too)
{
	struct rig r;

	rig_init(&r);
	r.plan = "at 100ms for 100ms kill 1";
	r.prepare = refuse_soon;
	rig_run(&r);
	ck_assert_int_eq(r.result.verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(r.result.reason, "node 1 could not be started again: "
			 "there is no such thing");
	rig_free(&r);
}
END_TEST

static void
claim_things(void *arg)
{
	struct rig *r = arg;
	const struct world_events *e = &experiment_events;

	e->claimed(r->x, 0, 0, "leader", 4, 0);
	e->claimed(r->x, 1, 0, "leader", 4, 0);
	e->claimed(r->x, 1, 0, "leader", 5, 1);
	e->claimed(r->x, 0, 0, "chosen", 4, 9);
	e->claimed(r->x, 2, 1, "leader", 4, 2);
	e->claimed(r->x, 0, 0, "leader", 4, 1);
}

static void
claim_soon(struct rig *r)
{
	struct world *w = &r->world->base;

	w->ops->at(w, 500 * MS, claim_things, r);
}

START_TEST(claims_that_contradict_each_other_are_a_violation)
{
	struct rig r;

	rig_init(&r);
	r.prepare = claim_soon;
	r.script.lie = true;
	rig_run(&r);
	ck_assert_int_eq(r.result.verdict, VERDICT_INVALID);
	ck_assert_str_eq(r.result.violation, "claim");
	ck_assert_str_eq(r.result.reason, "node 0 claims that leader 4 is 0, "
			 "node 2 that it is 2");
	ck_assert(strstr(r.result.evidence, "node 2 (boot 1)") != NULL);
	ck_assert(strstr(r.result.evidence, "1 more") != NULL);
	rig_free(&r);
}
END_TEST

static void
claim_many(void *arg)
{
	const struct world_events *e = &experiment_events;
	struct rig *r = arg;
	uint32_t node;
	int64_t i;

	for (i = 0; i < 20000; i++) {
		for (node = 0; node < 3; node++)
			e->claimed(r->x, node, 0, i % 2 == 0 ? "a" : "b", i,
				   i * 7);
	}
}

static void
claim_many_soon(struct rig *r)
{
	struct world *w = &r->world->base;

	w->ops->at(w, 500 * MS, claim_many, r);
}

START_TEST(claims_that_agree_are_none)
{
	struct rig r;

	rig_init(&r);
	r.prepare = claim_many_soon;
	rig_run(&r);
	ck_assert_uint_eq(r.recorder.tally.claims, 60000);
	ck_assert_uint_eq(r.recorder.tally.claim_count, 20000);
	ck_assert_int_eq(r.result.verdict, VERDICT_VALID);
	rig_free(&r);
}
END_TEST

START_TEST(a_success_that_is_empty_is_unknown)
{
	struct rig r;

	rig_init(&r);
	r.script.fail = true;
	rig_run(&r);
	ck_assert_int_eq(r.result.verdict, VERDICT_UNKNOWN);
	ck_assert(strstr(r.result.reason, "operations succeeded") != NULL);
	ck_assert_int_eq(run_exit_status(&r.result), EXIT_UNKNOWN);
	rig_free(&r);
}
END_TEST

START_TEST(a_client_without_an_answer_is_a_doubt)
{
	struct rig r;

	rig_init(&r);
	r.script.mute_node = 2;		/* client 2's home                     */
	rig_run(&r);
	ck_assert_int_eq(r.result.verdict, VERDICT_UNKNOWN);
	ck_assert(strstr(r.result.reason, "client 2 never got an answer") !=
		  NULL);
	rig_free(&r);
}
END_TEST

START_TEST(a_fault_without_effect_is_a_doubt)
{
	struct rig r;

	rig_init(&r);
	r.chatter = 0;
	r.plan = "at 100ms for 500ms partition 0|1,2\n"
		 "at 200ms for 100ms kill 0";
	rig_run(&r);
	ck_assert_int_eq(r.result.verdict, VERDICT_UNKNOWN);
	ck_assert_str_eq(r.result.reason, "no fault of the family 'partition' "
			 "took effect: 1 of 1 began; no message wanted to "
			 "cross");
	ck_assert_uint_eq(r.result.faults_started, 2);
	ck_assert_uint_eq(r.result.faults_effective, 1);
	rig_free(&r);
}
END_TEST

START_TEST(what_happened_is_told_in_the_order_of_time)
{
	struct rig r;
	struct buf b;
	char *ready, *kill, *crash, *end;

	rig_init(&r);
	r.prepare = crash_soon;
	r.plan = "at 100ms for 100ms kill 0";
	rig_run(&r);
	buf_init(&b, 65536);
	story(&r.recorder.tally, r.nodes, &b);
	ready = strstr(b.data, "3 nodes ready");
	kill = strstr(b.data, "fault 1: kill node 0 for 100ms: node 0 dead");
	crash = strstr(b.data, "node 1 ended by itself: killed by SIGSEGV");
	end = strstr(b.data, "the run ends");
	ck_assert_msg(ready != NULL && kill != NULL && crash != NULL &&
		      end != NULL, "%s", b.data);
	ck_assert(ready < kill && kill < crash && crash < end);
	buf_clear(&b);
	report(&r.result, &b);
	ck_assert_msg(strstr(b.data, "{\"v\":1,\"type\":\"verdict\",\"run\":0,"
			     "\"verdict\":\"invalid\",\"reason\":\"node 1 "
			     "ended by itself: ") == b.data, "%s", b.data);
	ck_assert(strstr(b.data, "\"faults\":{\"started\":1,\"effective\":1},"
			 "\"violation\":\"crash\"") != NULL);
	buf_free(&b);
	rig_free(&r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("run");
	TCase *t = tcase_create("clients"), *p = tcase_create("phases");
	TCase *j = tcase_create("judgement");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, all_goes_well);
	tcase_add_test(t, a_run_is_told_by_its_seed);
	tcase_add_test(t, the_rate_is_kept);
	tcase_add_test(t, without_a_rate_they_go_as_fast_as_they_are_answered);
	tcase_add_test(t, the_number_of_operations_is_kept_exactly);
	tcase_add_test(t, no_answer_is_info_and_ends_the_process);
	tcase_add_test(t, an_answer_that_comes_too_late_is_nobodys);
	tcase_add_test(t, whoever_is_refused_asks_another_and_does_not_spin);
	tcase_add_test(t, when_all_are_down_nobody_spins);
	tcase_add_test(t, what_a_node_took_with_it_is_in_doubt);
	tcase_add_test(t, a_redirect_is_followed_with_the_same_number);
	tcase_add_test(t, a_redirect_in_a_circle_ends);
	tcase_add_test(t, a_redirect_to_nowhere_fails);
	tcase_add_test(t, what_is_asked_twice_has_one_end);
	tcase_add_test(t, who_is_impatient_asks_again_here_or_elsewhere);
	tcase_add_test(t, no_answer_to_a_copy_is_a_failure_for_certain);
	tcase_add_test(t, who_vanishes_leaves_doubt_and_comes_back_as_another);
	tcase_add_test(t, a_node_may_be_unsure);
	tcase_add_test(t, the_workload_may_choose_the_node);
	tcase_add_test(t, the_workload_may_wait);
	tcase_add_test(t,
		a_workload_that_makes_no_sense_is_the_testbeds_failure);
	suite_add_tcase(s, t);
	tcase_set_timeout(p, 60);
	tcase_add_test(p, phases_come_in_their_order);
	tcase_add_test(p, after_faults_the_clients_go_on);
	tcase_add_test(p, without_faults_nothing_is_to_be_shown);
	tcase_add_test(p, who_is_never_answered_again_makes_no_progress);
	tcase_add_test(p, a_core_has_to_do_without_the_others);
	tcase_add_test(p, silence_is_noticed);
	tcase_add_test(p, the_run_waits_for_a_node_that_may_hang);
	tcase_add_test(p, an_interrupted_run_ends_in_order);
	tcase_add_test(p, interrupted_twice_it_stops_at_once);
	suite_add_tcase(s, p);
	tcase_set_timeout(j, 60);
	tcase_add_test(j,
		a_node_that_crashes_stays_down_and_makes_it_invalid);
	tcase_add_test(j, the_workloads_violation_tells_more_than_a_crash);
	tcase_add_test(j, a_node_that_cannot_start_leaves_it_unknown);
	tcase_add_test(j, one_that_cannot_start_again_too);
	tcase_add_test(j,
		claims_that_contradict_each_other_are_a_violation);
	tcase_add_test(j, claims_that_agree_are_none);
	tcase_add_test(j, a_success_that_is_empty_is_unknown);
	tcase_add_test(j, a_client_without_an_answer_is_a_doubt);
	tcase_add_test(j, a_fault_without_effect_is_a_doubt);
	tcase_add_test(j, what_happened_is_told_in_the_order_of_time);
	suite_add_tcase(s, j);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
