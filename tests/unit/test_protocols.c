/* SPDX-License-Identifier: MIT */
/*
 * The protocols that are shipped, and their mutants, in the fake world: each
 * keeps its promise under the faults that its promise names, over many seeds;
 * each mutant is found.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>

#include "tests/unit/fake_host.h"
#include "tests/unit/fake_run.h"

#define P(name)	"plugins/protocols/" name "/" name
#define M(name)	"tests/mutants/" name
#define W(name)	"plugins/workloads/" name

#define EVERYTHING (FAULT_PARTITION | FAULT_KILL | FAULT_CLOCK | FAULT_DISK)

static const char *const fast_backup[] = {
	"beat", "20ms", "patience", "200ms", NULL,
};

static const char *const one_key[] = { "keys", "1", NULL };
static const char *const few_ids[] = { "reserve", "50ms", NULL };
static const char *const no_linger[] = { "linger", "0", "fanout", "1", NULL };
static const char *const soon[] = { "settle", "1s", NULL };

/* ---- promises kept ------------------------------------------------------- */

static const struct fake_run kept[] = {
	{ P("echo"), W("echo"), .nodes = 3, .clients = 4, .time = FR_S(1),
	  .delay_max = FR_MS(5), .faults = EVERYTHING,
	  .interval = FR_MS(100) },
	{ P("flake-ids"), W("unique-ids"), .nodes = 5, .clients = 10,
	  .time = FR_S(1), .delay_max = FR_MS(1), .faults = EVERYTHING,
	  .interval = FR_MS(50) },
	{ P("flake-ids"), W("unique-ids"), .nodes = 1, .clients = 3,
	  .time = FR_S(1), .delay_max = FR_US(300), .faults = FAULT_CLOCK,
	  .interval = FR_MS(50), .settings = few_ids },
	{ P("broadcast"), W("broadcast"), .nodes = 5, .clients = 5,
	  .time = FR_S(3), .delay_max = FR_MS(20), .pause = FR_MS(10),
	  .loss = 0.1, .duplicate = 0.1, .faults = EVERYTHING,
	  .interval = FR_MS(300) },
	{ P("broadcast"), W("broadcast"), .nodes = 16, .clients = 16,
	  .grid = 4, .time = FR_S(2), .delay_max = FR_MS(20),
	  .pause = FR_MS(30), .loss = 0.2,
	  .faults = FAULT_KILL | FAULT_PARTITION, .interval = FR_MS(300),
	  .settings = no_linger },
	{ P("abd"), W("register"), .nodes = 5, .clients = 5, .time = FR_S(3),
	  .delay_max = FR_MS(10), .loss = 0.05, .duplicate = 0.1,
	  .faults = EVERYTHING, .interval = FR_MS(300) },
	{ P("abd"), W("register"), .nodes = 4, .clients = 8, .time = FR_S(2),
	  .delay_max = FR_MS(30), .faults = FAULT_PARTITION | FAULT_KILL,
	  .interval = FR_MS(200), .settings = one_key },
	{ P("abd"), W("register"), .nodes = 1, .clients = 3, .time = FR_S(1),
	  .delay_max = FR_MS(5) },
	{ P("primary-backup"), W("register"), .nodes = 5, .clients = 5,
	  .time = FR_S(4), .delay_max = FR_MS(10), .faults = FAULT_KILL,
	  .interval = FR_MS(300), .settings = fast_backup },
	{ P("primary-backup"), W("register"), .nodes = 3, .clients = 6,
	  .time = FR_S(4), .delay_max = FR_MS(10), .loss = 0.02,
	  .duplicate = 0.1, .faults = FAULT_KILL, .interval = FR_MS(400),
	  .settings = fast_backup },
	{ P("primary-backup"), W("register"), .nodes = 1, .clients = 2,
	  .time = FR_S(1), .delay_max = FR_MS(10) },
};

#define KEPT (int)(sizeof kept / sizeof *kept)
#define SEEDS 20

START_TEST(a_protocol_keeps_its_promise)
{
	struct fake_run r = kept[_i / SEEDS];
	struct fake_judged out;
	uint32_t f;
	uint64_t ok = 0;

	r.seed = (uint64_t)(_i % SEEDS) + 1;
	fake_run(&r, &out);
	ck_assert_msg(out.violation == NULL, "%s, seed %d: %s: %s",
		      r.protocol, _i % SEEDS + 1, out.violation,
		      out.sentence);
	ck_assert_msg(out.unknown == NULL, "%s: %s", r.protocol, out.unknown);
	for (f = 0; f < 4; f++)
		ok += out.ok[f];
	ck_assert_uint_gt(ok, 20);
	/* Every kind of operation succeeded sometime: nothing is vacuous. */
	ck_assert_uint_gt(out.ok[0], 0);
	if (strcmp(r.workload, W("register")) == 0)
		ck_assert_uint_gt(out.ok[1], 0);
	fake_judged_free(&out);
}
END_TEST

START_TEST(one_seed_has_one_result)
{
	struct fake_run r = kept[_i];
	struct fake_judged first, second;

	r.seed = 7;
	fake_run(&r, &first);
	fake_run(&r, &second);
	ck_assert_uint_eq(first.hash, second.hash);
	ck_assert_uint_eq(first.events, second.events);
	ck_assert_uint_eq(first.messages, second.messages);
	fake_judged_free(&second);
	r.seed = 8;
	fake_run(&r, &second);
	ck_assert_uint_ne(first.hash, second.hash);
	fake_judged_free(&first);
	fake_judged_free(&second);
}
END_TEST

/* ---- mutants found ------------------------------------------------------- */

/* `kinds` are the violations that would do; each is found within TRIES. */
static const struct mutant {
	struct fake_run run;
	const char *kinds;
} mutants[] = {
	{ { M("echo-stale_answer"), W("echo"), .nodes = 3, .clients = 3,
	    .time = FR_S(1), .delay_max = FR_MS(5) }, "mismatch" },
	{ { M("flake-ids-no_node"), W("unique-ids"), .nodes = 3, .clients = 6,
	    .time = FR_S(1), .delay_max = FR_US(50) }, "duplicate" },
	{ { M("flake-ids-forgetful"), W("unique-ids"), .nodes = 3,
	    .clients = 6, .time = FR_S(2), .delay_max = FR_US(50),
	    .faults = FAULT_KILL | FAULT_CLOCK, .interval = FR_MS(2) },
	  "duplicate" },
	{ { M("broadcast-no_anti_entropy"), W("broadcast"), .nodes = 5,
	    .clients = 5, .time = FR_S(2), .delay_max = FR_MS(5),
	    .pause = FR_MS(10), .faults = FAULT_PARTITION,
	    .interval = FR_MS(200), .settings = soon }, "lost" },
	/* Loss keeps a write at few nodes until it is told again. */
	{ { M("abd-no_write_back"), W("register"), .nodes = 5, .clients = 5,
	    .time = FR_S(4), .delay_max = FR_MS(10), .loss = 0.3,
	    .settings = one_key }, "not-linearizable" },
	{ { M("abd-half"), W("register"), .nodes = 4, .clients = 8,
	    .time = FR_S(4), .delay_max = FR_MS(20), .settings = one_key },
	  "not-linearizable" },
	{ { M("primary-backup-early_answer"), W("register"), .nodes = 5,
	    .clients = 5, .time = FR_S(4), .delay_max = FR_MS(5),
	    .faults = FAULT_KILL, .interval = FR_MS(300),
	    .settings = fast_backup }, "not-linearizable misdeed" },
	/* No mutant, but a promise that is not made. */
	{ { P("primary-backup"), W("register"), .nodes = 5, .clients = 5,
	    .time = FR_S(4), .delay_max = FR_MS(5),
	    .faults = FAULT_PARTITION, .interval = FR_MS(500),
	    .settings = fast_backup }, "not-linearizable misdeed" },
};

#define MUTANTS (int)(sizeof mutants / sizeof *mutants)
#define TRIES 5

START_TEST(a_mutant_is_found)
{
	struct fake_run r = mutants[_i].run;
	struct fake_judged out;
	bool found = false;

	for (r.seed = 1; r.seed <= TRIES && !found; r.seed++) {
		fake_run(&r, &out);
		found = out.violation != NULL;
		if (found)
			ck_assert_msg(strstr(mutants[_i].kinds,
					     out.violation) != NULL,
				      "%s: %s: %s", r.protocol, out.violation,
				      out.sentence);
		fake_judged_free(&out);
	}
	ck_assert_msg(found, "%s was not found in %d runs", r.protocol, TRIES);
}
END_TEST

/* ---- what a run would not show ------------------------------------------- */

struct answers {
	uint32_t kind[16];
	int64_t number[16];
};

static void
note_answer(void *arg, uint64_t id, const struct fr_reply *reply)
{
	struct answers *a = arg;

	ck_assert_uint_lt(id, 16);
	a->kind[id] = reply != NULL ? reply->kind : UINT32_MAX;
	if (reply != NULL && reply->value.kind == FR_INT)
		a->number[id] = reply->value.u.number;
}

static void
ask(struct fake *f, uint32_t node, uint64_t id, uint32_t what,
    struct fr_value value)
{
	struct fr_request rq = { .size = sizeof rq, .f = what, .id = id,
				 .key = 1, .value = value, .client = id,
				 .seq = 1 };

	ck_assert(fake_ask(f, node, &rq));
}

static void
run_for(struct fake *f, int64_t time)
{
	int64_t end = fake_now(f) + time;

	while (fake_now(f) < end && fake_step(f))
		;
}

static struct fake *
small_world(const char *protocol, struct answers *a)
{
	struct fake_config c = { .protocol = load_protocol(protocol),
				 .nodes = 3, .seed = 1,
				 .delay_max = FR_MS(1),
				 .replied = note_answer, .arg = a };

	memset(a, 0, sizeof *a);
	return fake_new(&c);
}

START_TEST(a_replica_with_a_rotten_log_is_silent)
{
	struct answers a;
	struct fake *f = small_world(P("abd"), &a);
	uint64_t i;

	for (i = 0; i < 5; i++) {
		ask(f, 0, i, 1, fr_int((int64_t)i + 100));
		run_for(f, FR_MS(50));
		ck_assert_uint_eq(a.kind[i], FR_REPLY_OK);
	}
	fake_kill(f, 0);
	ck_assert(fake_rot(f, 0, "versions"));
	fake_boot(f, 0);
	ask(f, 0, 5, 0, fr_nil());
	run_for(f, FR_MS(50));
	ck_assert_uint_eq(a.kind[5], FR_REPLY_FAIL);
	/* The other two are a majority, and lean on each other only. */
	ask(f, 1, 6, 0, fr_nil());
	run_for(f, FR_MS(500));
	ck_assert_uint_eq(a.kind[6], FR_REPLY_OK);
	ck_assert_int_eq(a.number[6], 104);
	fake_kill(f, 2);
	ask(f, 1, 7, 0, fr_nil());
	run_for(f, FR_S(5));
	ck_assert_uint_eq(a.kind[7], 0);
	fake_free(f);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	static const int64_t three[] = { 1, 2, 3 };
	struct answers a;
	struct fake *f;

	f = small_world(P("abd"), &a);
	ask(f, 0, 1, 1, fr_list(three, 3));
	ask(f, 1, 2, 1, fr_nil());
	run_for(f, FR_MS(50));
	ck_assert_uint_eq(a.kind[1], FR_REPLY_FAIL);
	ck_assert_uint_eq(a.kind[2], FR_REPLY_FAIL);
	fake_free(f);
	f = small_world(P("primary-backup"), &a);
	run_for(f, FR_MS(50));
	ask(f, 0, 1, 2, fr_list(three, 3));
	ask(f, 0, 2, 2, fr_int(5));
	ask(f, 0, 3, 2, fr_list(three, 2));
	ask(f, 2, 4, 0, fr_nil());
	run_for(f, FR_MS(50));
	ck_assert_uint_eq(a.kind[1], FR_REPLY_FAIL);
	ck_assert_uint_eq(a.kind[2], FR_REPLY_FAIL);
	ck_assert_uint_eq(a.kind[3], FR_REPLY_FAIL);	/* nil is not 1 */
	ck_assert_uint_eq(a.kind[4], FR_REPLY_REDIRECT);
	fake_free(f);
	f = small_world(P("broadcast"), &a);
	ask(f, 0, 1, 0, fr_list(three, 3));
	run_for(f, FR_MS(50));
	ck_assert_uint_eq(a.kind[1], FR_REPLY_FAIL);
	fake_free(f);
}
END_TEST

START_TEST(a_service_whose_nodes_all_crashed_stops_rather_than_lies)
{
	struct answers a;
	struct fake *f = small_world(P("primary-backup"), &a);
	uint32_t i;

	run_for(f, FR_MS(100));
	ask(f, 0, 1, 1, fr_int(5));
	run_for(f, FR_MS(100));
	ck_assert_uint_eq(a.kind[1], FR_REPLY_OK);
	for (i = 0; i < 3; i++)
		fake_kill(f, i);
	for (i = 0; i < 3; i++)
		fake_boot(f, i);
	run_for(f, FR_S(5));
	ask(f, 0, 2, 0, fr_nil());
	run_for(f, FR_S(1));
	ck_assert_uint_eq(a.kind[2], FR_REPLY_FAIL);
	fake_free(f);
}
END_TEST

START_TEST(replicas_end_up_alike)
{
	static const char *const names[] = { P("broadcast"),
					     P("primary-backup") };
	struct answers a;
	struct fake *f = small_world(names[_i], &a);
	uint64_t before;

	run_for(f, FR_MS(100));
	before = fake_digest(f, 0);
	ask(f, 0, 1, _i, fr_int(5));
	run_for(f, FR_S(1));
	ck_assert_uint_eq(a.kind[1], FR_REPLY_OK);
	ck_assert_uint_ne(fake_digest(f, 0), before);
	ck_assert_uint_eq(fake_digest(f, 1), fake_digest(f, 0));
	ck_assert_uint_eq(fake_digest(f, 2), fake_digest(f, 0));
	fake_free(f);
}
END_TEST

/* A hundred nodes, a thousand values: what it costs. */
START_TEST(a_large_grid_learns_cheaply)
{
	static const char *const settings[] = { "reads", "0.01", NULL };
	struct fake_run r = {
		P("broadcast"), W("broadcast"), .nodes = 100, .clients = 100,
		.grid = 10, .time = FR_S(2), .delay_max = FR_MS(2),
		.pause = FR_MS(100),
		.seed = 3, .settings = settings,
	};
	struct fake_judged out;

	fake_run(&r, &out);
	ck_assert_msg(out.violation == NULL, "%s: %s", out.violation,
		      out.sentence);
	ck_assert_ptr_null(out.unknown);
	ck_assert_uint_gt(out.ok[0], 1500);
	ck_assert_double_eq(fake_metric(&out, "lost"), 0);
	/* 360 directed links; without batches and guesses a value would
	 * cross nearly each of them. */
	ck_assert_uint_lt(out.messages / (out.ok[0] + out.ok[1]), 250);
	ck_assert_double_lt(fake_metric(&out, "stable latency max"), 1000);
	fake_judged_free(&out);
}
END_TEST

/* Every message type and size has words, within the room for them. */
START_TEST(messages_are_described_within_their_room)
{
	static const char *const names[] = { P("abd"), P("broadcast"),
					     P("primary-backup") };
	static uint64_t body[64];
	const struct fr_protocol *p = load_protocol(names[_i]);
	char text[64];
	uint32_t type;
	size_t size, max;
	int round;

	for (round = 0; round < 3; round++) {
		memset(body, round == 2 ? 0xff : round, sizeof body);
		for (type = 0; type < p->messages.count; type++)
			for (size = p->messages.at[type].min_size;
			     size <= sizeof body; size += 4)
				for (max = 1; max <= sizeof text; max *= 4) {
					memset(text, 'x', sizeof text);
					text[0] = '\0';
					p->describe(type, body, size, text,
						    max);
					ck_assert_uint_lt(strnlen(text, max),
							  max);
				}
	}
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("protocols");
	TCase *t = tcase_create("promises");

	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, a_protocol_keeps_its_promise, 0, KEPT * SEEDS);
	tcase_add_loop_test(t, one_seed_has_one_result, 0, KEPT);
	suite_add_tcase(s, t);
	t = tcase_create("mutants");
	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, a_mutant_is_found, 0, MUTANTS);
	suite_add_tcase(s, t);
	t = tcase_create("corners");
	tcase_set_timeout(t, 600);
	tcase_add_test(t, a_replica_with_a_rotten_log_is_silent);
	tcase_add_test(t, what_makes_no_sense_is_refused);
	tcase_add_test(t,
		a_service_whose_nodes_all_crashed_stops_rather_than_lies);
	tcase_add_loop_test(t, replicas_end_up_alike, 0, 2);
	tcase_add_test(t, a_large_grid_learns_cheaply);
	tcase_add_loop_test(t, messages_are_described_within_their_room, 0, 3);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
