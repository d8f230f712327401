/* SPDX-License-Identifier: MIT */
/*
 * What the checker says: evidence word for word, models that a workload
 * brings, histories that contradict themselves, and budgets that run out.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/checker.h"
#include "checker/import.h"
#include "core/base/limit.h"
#include "core/base/rand.h"
#include "core/base/units.h"

static struct imported
read_text(const char *text)
{
	struct imported i;
	struct fr_err err = { 0 };

	ck_assert_msg(import_text("t", text, strlen(text), "edn", &i, &err) ==
		      0, "%s", err.text);
	return i;
}

static struct check_config
config_of(const struct imported *i, const char *model)
{
	struct check_config c = { .op_names = i->op_names,
				  .op_count = i->op_count, .model = model };

	return c;
}

static const char stale[] =
	"{:process 0 :type :invoke :f :write :value 1 :time 0}"
	"{:process 0 :type :ok :f :write :value 1 :time 1000}"
	"{:process 1 :type :invoke :f :write :value 2 :time 2000}"
	"{:process 2 :type :invoke :f :write :value 3 :time 2000}"
	"{:process 1 :type :ok :f :write :value 2 :time 3000}"
	"{:process 1 :type :invoke :f :read :value nil :time 4000}"
	"{:process 1 :type :ok :f :read :value 1 :time 5000}"
	"{:process 2 :type :ok :f :write :value 3 :time 6000}";

START_TEST(a_stale_read_is_explained)
{
	struct imported i = read_text(stale);
	struct check_config c = config_of(&i, "register");
	struct verdict v;
	struct fr_err err;

	ck_assert_int_eq(check_linearizable(&i.h, &c, &v, &err), 0);
	ck_assert_int_eq(v.kind, VERDICT_INVALID);
	ck_assert_str_eq(v.violation, "stale-read");
	ck_assert_str_eq(v.algorithm, "zones");
	ck_assert_str_eq(v.reason, "(client 1: read -> 1) has no place among "
			 "2 other operations");
	ck_assert(v.core_minimal);
	ck_assert_uint_eq(v.core_count, 3);
	ck_assert_uint_eq(v.core[0], 0);
	ck_assert_uint_eq(v.core[1], 1);
	ck_assert_uint_eq(v.core[2], 3);
	ck_assert_uint_eq(v.frontier, 3);
	ck_assert_str_eq(v.explanation,
		"No order of these 3 operations is legal, and each of them is "
		"needed for that:\n"
		"\n"
		"  client 0    |-a-|\n"
		"  client 1          |-b-| |-c-|\n"
		"  a  client 0: write 1 -> ok   (from 0s to 1.00us)\n"
		"  b  client 1: write 2 -> ok   (from 2.00us to 3.00us)\n"
		"  c  client 1: read -> 1   (from 4.00us to 5.00us)\n"
		"\n"
		"The longest legal beginning is a, b; then the state is 2.\n"
		"  c cannot be next: it needs 1, and the state is 2\n"
		"Everything that was over before the end of (client 1: read "
		"-> 1) still has a legal order.\n");
	verdict_free(&v);
	import_free(&i);
}
END_TEST

START_TEST(an_order_that_is_none_is_refused)
{
	struct imported i = read_text(
		"{:process 0 :type :invoke :f :write :value 1}"
		"{:process 0 :type :ok :f :write :value 1}"
		"{:process 0 :type :invoke :f :read :value nil}"
		"{:process 0 :type :ok :f :read :value 1}"
		"{:process 0 :type :invoke :f :write :value 2}"
		"{:process 0 :type :fail :f :write :value 2}");
	struct check_config c = config_of(&i, "register");
	static const uint64_t right[] = { 0, 1 }, turned[] = { 1, 0 };
	static const uint64_t twice[] = { 0, 0 }, failed[] = { 0, 1, 2 };
	static const uint64_t far[] = { 0, 77 };
	struct fr_err err;

	ck_assert_int_eq(check_verify(&i.h, &c, right, 2, &err), 0);
	ck_assert_int_eq(check_verify(&i.h, &c, turned, 2, &err), -1);
	ck_assert_int_eq(check_verify(&i.h, &c, right, 1, &err), -1);
	ck_assert_str_eq(err.text, "operation 1 is not in it");
	ck_assert_int_eq(check_verify(&i.h, &c, twice, 2, &err), -1);
	ck_assert_int_eq(check_verify(&i.h, &c, failed, 3, &err), -1);
	ck_assert_str_eq(err.text, "operation 2 failed");
	ck_assert_int_eq(check_verify(&i.h, &c, far, 2, &err), -1);
	import_free(&i);
}
END_TEST

/* ---- a workload's own model: a register that only grows ------------------------------ */

static void
grow_init(void *state)
{
	memset(state, 0, sizeof(int64_t));
}

static int
grow_step(const void *state, const struct fr_operation *op, void *next)
{
	int64_t n;

	memcpy(&n, state, sizeof n);
	if (op->f == 0) {	/* write: only what is greater */
		if (op->value.u.number <= n)
			return 0;
		n = op->value.u.number;
	} else if (op->outcome == FR_OK && op->result.u.number != n) {
		return 0;
	}
	memcpy(next, &n, sizeof n);
	return 1;
}

static int64_t
grow_partition(const struct fr_operation *op)
{
	return op->key / 10;
}

static void
grow_state(const void *state, char *text, size_t max)
{
	int64_t n;

	memcpy(&n, state, sizeof n);
	snprintf(text, max, "as high as %lld", (long long)n);
}

static void
check_own(const char *text, enum verdict_kind kind, const char *part)
{
	static const struct fr_model model = {
		.size = sizeof model, .state_size = sizeof(int64_t),
		.name = "grows", .init = grow_init, .step = grow_step,
		.partition = grow_partition, .describe_state = grow_state,
	};
	struct imported i = read_text(text);
	struct check_config c = config_of(&i, NULL);
	struct verdict v;
	struct fr_err err;

	c.own = &model;
	ck_assert_msg(check_linearizable(&i.h, &c, &v, &err) == 0, "%s",
		      err.text);
	ck_assert_int_eq(v.kind, kind);
	if (part != NULL)
		ck_assert_ptr_nonnull(strstr(v.explanation, part));
	verdict_free(&v);
	import_free(&i);
}

START_TEST(a_workload_brings_its_own_model)
{
	/* Keys 1 and 2 are one part, 11 another. */
	check_own("{:process 0 :type :invoke :f :write :key 1 :value 5}"
		  "{:process 1 :type :invoke :f :write :key 2 :value 4}"
		  "{:process 0 :type :ok :f :write :key 1 :value 5}"
		  "{:process 1 :type :ok :f :write :key 2 :value 4}"
		  "{:process 1 :type :invoke :f :write :key 11 :value 1}"
		  "{:process 1 :type :ok :f :write :key 11 :value 1}"
		  "{:process 0 :type :invoke :f :read :key 1 :value nil}"
		  "{:process 0 :type :ok :f :read :key 1 :value 5}",
		  VERDICT_VALID, NULL);
	check_own("{:process 0 :type :invoke :f :write :key 1 :value 5}"
		  "{:process 0 :type :ok :f :write :key 1 :value 5}"
		  "{:process 1 :type :invoke :f :write :key 2 :value 4}"
		  "{:process 1 :type :ok :f :write :key 2 :value 4}",
		  VERDICT_INVALID, "it is not legal where the state is as high "
		  "as 5");
	/* A write without an answer may have come between. */
	check_own("{:process 0 :type :invoke :f :write :key 1 :value 5}"
		  "{:process 0 :type :info :f :write :key 1}"
		  "{:process 1 :type :invoke :f :read :key 2 :value nil}"
		  "{:process 1 :type :ok :f :read :key 2 :value 5}",
		  VERDICT_VALID, NULL);
}
END_TEST

/* ---- what is refused ------------------------------------------------------------------- */

static void
refused(const struct fr_history *h, const struct check_config *c,
	const char *message)
{
	struct verdict v;
	struct fr_err err = { 0 };

	ck_assert_int_eq(check_linearizable(h, c, &v, &err), -1);
	ck_assert_str_eq(err.text, message);
	ck_assert_int_eq(err.status, EXIT_USAGE);
}

START_TEST(wrong_models_settings_and_histories_are_named)
{
	static const char *const settings[][2] = {
		{ "nil-read=any", NULL }, { "nil-reads=some", NULL },
		{ "initial", NULL }
	};
	struct imported i = read_text(stale);
	struct check_config c = config_of(&i, "registre");
	struct fr_operation *ops;

	refused(&i.h, &c, "model registre: the checker knows no such one; did "
		"you mean register; `fracas list models` shows them");
	c.model = "queue";
	refused(&i.h, &c, "the model queue has no operation write");
	c.model = "register";
	c.settings = settings[0];
	refused(&i.h, &c, "setting nil-read: the checker knows no such one; "
		"did you mean nil-reads");
	c.settings = settings[1];
	refused(&i.h, &c, "nil-reads=some: it is any (the value is not known) "
		"or nil");
	c.settings = settings[2];
	refused(&i.h, &c, "setting initial: write NAME=VALUE, such as "
		"nil-reads=any");
	c.settings = NULL;
	ops = mem_copy(i.h.ops, i.h.op_count * sizeof *ops);
	i.h.ops = ops;
	ops[3].process = ops[1].process;
	ops[3].call_rank = ops[1].call_rank + 1;
	ops[2].call_rank = ops[1].call_rank;
	refused(&i.h, &c, "operation 3: process 1 called it while its "
		"operation 1 was still open");
	ops[3].call_rank = 0;
	refused(&i.h, &c, "operation 3: it was called before the one that "
		"stands before it");
	ops[3].call_rank = 4;
	ops[3].end_rank = 4;
	refused(&i.h, &c, "operation 3: it ended before it was called");
	free(ops);
	import_free(&i);
}
END_TEST

/* ---- budgets ----------------------------------------------------------------------------- */

/*
 * Adds of many different amounts, all at once, and a read that only one sum in
 * very many explains, or none: hard for every known way.
 */
static void
make_hard(struct fr_operation *ops, uint32_t count)
{
	struct rng r = rng_make(7, STREAM_WORKLOAD, 0, 0, "hard");
	uint32_t i;

	memset(ops, 0, count * sizeof *ops);
	for (i = 0; i < count; i++) {
		ops[i].process = ops[i].client = i;
		ops[i].key = FR_NO_KEY;
		ops[i].id = i;
		ops[i].outcome = FR_INFO;
		ops[i].end_rank = UINT64_MAX;
		ops[i].call_rank = i;
		ops[i].value.kind = FR_INT;
		ops[i].value.u.number = 2 * (int64_t)rng_below(&r, 1u << 30);
	}
	ops[count - 1].f = 1;
	ops[count - 1].outcome = FR_OK;
	ops[count - 1].end_rank = count;
	memset(&ops[count - 1].value, 0, sizeof ops->value);
	ops[count - 1].result.kind = FR_INT;
	ops[count - 1].result.u.number = 12345678901;	/* odd: none */
}

START_TEST(a_budget_that_ran_out_is_unknown_and_in_time)
{
	static const char *const names[] = { "add", "read" };
	struct fr_operation ops[60];
	struct fr_history h = { .size = sizeof h, .ops = ops, .op_count = 60,
				.op_stride = sizeof ops[0] };
	struct check_config c = { .op_names = names, .op_count = 2,
				  .model = "counter" };
	char size[32], reason[80];
	struct verdict v;
	struct fr_err err;
	int64_t began;

	make_hard(ops, 60);
	c.time_max = 100000000;
	c.memory_max = UINT64_C(256) << 20;
	began = clock_mono();
	ck_assert_int_eq(check_linearizable(&h, &c, &v, &err), 0);
	ck_assert_int_eq(v.kind, VERDICT_UNKNOWN);
	/* Not at once. */
	ck_assert_int_ge(clock_mono() - began, c.time_max / 2);
	ck_assert_str_eq(v.reason, "the time budget of 100ms ran out");
	verdict_free(&v);
	/* It is the whole process's. */
	c.time_max = 0;
	c.memory_max = memory_now() + (16 << 20);
	size_text(c.memory_max, size, sizeof size);
	snprintf(reason, sizeof reason, "the memory budget of %s ran out",
		 size);
	ck_assert_int_eq(check_linearizable(&h, &c, &v, &err), 0);
	ck_assert_int_eq(v.kind, VERDICT_UNKNOWN);
	ck_assert_uint_le(v.memory_bytes, c.memory_max);
	ck_assert_uint_ge(v.memory_bytes, c.memory_max - (14 << 20));
	ck_assert_str_eq(v.reason, reason);
	verdict_free(&v);
	c.memory_max = 1000;
	ck_assert_int_eq(check_linearizable(&h, &c, &v, &err), 0);
	ck_assert_int_eq(v.kind, VERDICT_UNKNOWN);
	verdict_free(&v);
}
END_TEST

START_TEST(nothing_is_valid_and_has_no_operations)
{
	struct fr_operation none[1];
	struct fr_history h = { .size = sizeof h, .ops = none,
				.op_stride = sizeof none[0] };
	struct check_config c = { .model = "register" };
	struct verdict v;
	struct fr_err err;

	ck_assert_int_eq(check_linearizable(&h, &c, &v, &err), 0);
	ck_assert_int_eq(v.kind, VERDICT_VALID);
	ck_assert_uint_eq(v.order_count, 0);
	verdict_free(&v);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("checker says");
	TCase *t = tcase_create("says");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_test(t, a_stale_read_is_explained);
	tcase_add_test(t, an_order_that_is_none_is_refused);
	tcase_add_test(t, a_workload_brings_its_own_model);
	tcase_add_test(t, wrong_models_settings_and_histories_are_named);
	tcase_add_test(t, a_budget_that_ran_out_is_unknown_and_in_time);
	tcase_add_test(t, nothing_is_valid_and_has_no_operations);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
