/* SPDX-License-Identifier: MIT */
/* Parameters: defaults, settings, bounds, and names that nobody declares. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/run/run.h"

/* The texts of a descriptor are copies that it owns; these are not. */
#define T(text) ((char *)(uintptr_t)(text))

static struct wire_param protocol[] = {
	{ .name = T("retry"), .kind = FR_PARAM_TIME, .fallback = T("5ms"),
	  .min = T("1us"), .max = T("1s") },
	{ .name = T("fanout"), .kind = FR_PARAM_INT, .fallback = T("3"),
	  .min = T("-1"), .max = T("64") },
	{ .name = T("batch"), .kind = FR_PARAM_SIZE, .fallback = T("64K"),
	  .min = T("1"), .max = T("1M") },
	{ .name = T("chance"), .kind = FR_PARAM_REAL, .fallback = T("0.25"),
	  .min = T("0"), .max = T("1") },
	{ .name = T("sync"), .kind = FR_PARAM_BOOL, .fallback = T("true") },
	{ .name = T("title"), .kind = FR_PARAM_TEXT, .fallback = T("") },
	{ .name = T("free"), .kind = FR_PARAM_INT, .fallback = T("0") },
};

#define COUNT (sizeof protocol / sizeof *protocol)

static struct wire_param workload[] = {
	{ .name = T("keys"), .kind = FR_PARAM_INT, .fallback = T("4"), .min = T("1"),
	  .max = T("1000") },
	{ .name = T("fanout"), .kind = FR_PARAM_INT, .fallback = T("2"), .min = T("1"),
	  .max = T("5") },
};

static int64_t
number(const struct params *p, const char *name)
{
	const struct param_value *v = params_get(p, name);

	ck_assert_ptr_nonnull(v);
	ck_assert_uint_eq(v->value.kind, FR_INT);
	return v->value.u.number;
}

START_TEST(defaults_are_read)
{
	const struct param_value *v;
	struct params p;
	double real;

	ck_assert_int_eq(params_make(protocol, COUNT, &p, NULL), 0);
	ck_assert_uint_eq(p.count, COUNT);
	ck_assert_int_eq(number(&p, "retry"), 5000000);
	ck_assert_int_eq(number(&p, "fanout"), 3);
	ck_assert_int_eq(number(&p, "batch"), 65536);
	ck_assert_int_eq(number(&p, "sync"), 1);
	v = params_get(&p, "chance");
	ck_assert_uint_eq(v->value.kind, FR_BYTES);
	ck_assert_uint_eq(v->value.count, sizeof real);
	memcpy(&real, v->value.u.bytes, sizeof real);
	ck_assert(real == 0.25);
	v = params_get(&p, "title");
	ck_assert_uint_eq(v->value.count, 0);
	ck_assert_str_eq(v->value.u.bytes, "");
	ck_assert_ptr_null(params_get(&p, "nothing"));
	params_free(&p);
}
END_TEST

START_TEST(settings_replace_them)
{
	struct params p;

	ck_assert_int_eq(params_make(protocol, COUNT, &p, NULL), 0);
	ck_assert_int_eq(params_set(&p, protocol, COUNT, "retry", "250us",
				    NULL), 0);
	ck_assert_int_eq(params_set(&p, protocol, COUNT, "sync", "no", NULL),
			 0);
	ck_assert_int_eq(params_set(&p, protocol, COUNT, "title", "a b", NULL),
			 0);
	ck_assert_int_eq(params_set(&p, protocol, COUNT, "free",
				    "-9223372036854775808", NULL), 0);
	ck_assert_int_eq(number(&p, "retry"), 250000);
	ck_assert_int_eq(number(&p, "sync"), 0);
	ck_assert_int_eq(number(&p, "free"), INT64_MIN);
	ck_assert_str_eq(params_get(&p, "retry")->text, "250us");
	/* Counted without its final zero. */
	ck_assert_uint_eq(params_get(&p, "title")->value.count, 3);
	ck_assert_str_eq(params_get(&p, "title")->value.u.bytes, "a b");
	params_free(&p);
}
END_TEST

static const struct {
	const char *name, *value, *error;
} bad[] = {
	{ "retry", "2s", "2s is not within 1us .. 1s" },
	{ "retry", "5", "'5' is not a time" },
	{ "retry", "0", "is not within" },
	{ "fanout", "65", "65 is not within -1 .. 64" },
	{ "fanout", "-2", "-2 is not within" },
	{ "fanout", "three", "'three' is not a whole number" },
	{ "fanout", "", "'' is not a whole number" },
	{ "batch", "2M", "2M is not within 1 .. 1M" },
	{ "chance", "1.5", "1.5 is not within 0 .. 1" },
	{ "chance", "nan", "is not a number" },
	{ "sync", "maybe", "'maybe' is neither true nor false" },
	{ "fanuot", "3", "there is no parameter 'fanuot'; did you mean "
	  "'fanout'?" },
	{ "xyzzy", "3", "there is no parameter 'xyzzy'" },
};

START_TEST(bad_settings_are_refused_and_change_nothing)
{
	struct fr_err err = { 0 };
	struct params p;

	ck_assert_int_eq(params_make(protocol, COUNT, &p, NULL), 0);
	ck_assert_int_eq(params_set(&p, protocol, COUNT, bad[_i].name,
				    bad[_i].value, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_msg(strstr(err.text, bad[_i].error) != NULL, "%s", err.text);
	ck_assert_int_eq(number(&p, "retry"), 5000000);
	ck_assert_int_eq(number(&p, "fanout"), 3);
	ck_assert_int_eq(number(&p, "batch"), 65536);
	params_free(&p);
}
END_TEST

START_TEST(a_default_out_of_bounds_is_an_error)
{
	struct wire_param wrong = { .name = T("x"), .kind = FR_PARAM_INT,
				    .fallback = T("7"), .max = T("5") };
	struct wire_param strange = { .name = T("y"), .kind = 99,
				      .fallback = T("7") };
	struct fr_err err = { 0 };
	struct params p = { 0 };

	ck_assert_int_eq(params_make(&wrong, 1, &p, &err), -1);
	ck_assert(strstr(err.text, "the default of parameter 'x'") != NULL);
	ck_assert_int_eq(params_make(&strange, 1, &p, &err), -1);
	ck_assert(strstr(err.text, "of a kind (99)") != NULL);
	ck_assert_ptr_null(p.at);
}
END_TEST

struct both {
	struct params protocol, workload;
	struct param_set sets[2];
};

static void
both_make(struct both *b)
{
	ck_assert_int_eq(params_make(protocol, COUNT, &b->protocol, NULL), 0);
	ck_assert_int_eq(params_make(workload, 2, &b->workload, NULL), 0);
	b->sets[0] = (struct param_set){ &b->protocol, protocol, COUNT,
					 "protocol p" };
	b->sets[1] = (struct param_set){ &b->workload, workload, 2,
					 "workload w" };
}

START_TEST(a_setting_goes_to_all_who_declare_it)
{
	const struct setting set[] = { { "fanout", "4" }, { "keys", "9" },
				       { "keys", "10" } };
	struct both b;

	both_make(&b);
	ck_assert_int_eq(params_apply(set, 3, b.sets, 2, NULL), 0);
	ck_assert_int_eq(number(&b.protocol, "fanout"), 4);
	ck_assert_int_eq(number(&b.workload, "fanout"), 4);
	/* The last one counts. */
	ck_assert_int_eq(number(&b.workload, "keys"), 10);
	params_free(&b.protocol);
	params_free(&b.workload);
}
END_TEST

START_TEST(a_setting_has_to_suit_all_of_them)
{
	/* Within the protocol's bounds, not within the workload's. */
	const struct setting set = { "fanout", "6" };
	struct fr_err err = { 0 };
	struct both b;

	both_make(&b);
	ck_assert_int_eq(params_apply(&set, 1, b.sets, 2, &err), -1);
	ck_assert_str_eq(err.text, "--set fanout=6 (workload w): parameter "
			 "'fanout': 6 is not within 1 .. 5");
	params_free(&b.protocol);
	params_free(&b.workload);
}
END_TEST

START_TEST(the_nearest_name_is_looked_for_everywhere)
{
	const struct setting set[] = { { "kyes", "6" }, { "rety", "1s" } };
	struct fr_err err = { 0 };
	struct both b;

	both_make(&b);
	ck_assert_int_eq(params_apply(&set[0], 1, b.sets, 2, &err), -1);
	ck_assert(strstr(err.text, "did you mean 'keys'?") != NULL);
	ck_assert_int_eq(params_apply(&set[1], 1, b.sets, 2, &err), -1);
	ck_assert(strstr(err.text, "did you mean 'retry'?") != NULL);
	ck_assert_int_eq(params_apply(&set[0], 1, NULL, 0, &err), -1);
	ck_assert(strstr(err.text, "nothing can be set here") != NULL);
	params_free(&b.protocol);
	params_free(&b.workload);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("params");
	TCase *t = tcase_create("params");
	SRunner *runner;
	int failed;

	tcase_add_test(t, defaults_are_read);
	tcase_add_test(t, settings_replace_them);
	tcase_add_loop_test(t, bad_settings_are_refused_and_change_nothing, 0,
			    sizeof bad / sizeof *bad);
	tcase_add_test(t, a_default_out_of_bounds_is_an_error);
	tcase_add_test(t, a_setting_goes_to_all_who_declare_it);
	tcase_add_test(t, a_setting_has_to_suit_all_of_them);
	tcase_add_test(t, the_nearest_name_is_looked_for_everywhere);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
