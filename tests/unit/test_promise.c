/* SPDX-License-Identifier: MIT */
/* From what a workload names, or a person, to what the checker is asked. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/run/promise.h"
#include "core/run/work.h"

static const struct fr_condition conditions[] = {
	{ "monotonic-reads", NULL },
	{ "rw-register", "isolation=$level, initial=3" },
};

static struct fr_workload workload = {
	FR_WORKLOAD_HEAD,
	.name = "w",
	.model = "cas-register",
	.params = FR_PARAMS({ .name = "level", .kind = FR_PARAM_TEXT,
			      .fallback = "serializable" }),
	.conditions = { conditions, 2, sizeof conditions[0] },
};

static struct params params;
static struct wire_param *declared;

static void
setup(void)
{
	declared = workload_params(&workload);
	ck_assert_int_eq(params_make(declared, 1, &params, NULL), 0);
}

static void
teardown(void)
{
	params_free(&params);
	free(declared);
}

START_TEST(all_that_a_workload_names)
{
	struct promises p;
	struct fr_err err = { 0 };

	ck_assert_int_eq(params_set(&params, declared, 1, "level",
				    "snapshot-isolation", &err), 0);
	ck_assert_msg(promises_make(&p, &workload, &params, NULL, &err) == 0,
		      "%s", err.text);
	ck_assert_uint_eq(p.count, 3);
	ck_assert_str_eq(p.at[0].name, "register");
	ck_assert_ptr_null(p.at[0].settings[0]);
	ck_assert_str_eq(p.at[1].name, "monotonic-reads");
	ck_assert_str_eq(p.at[2].settings[0], "isolation=snapshot-isolation");
	ck_assert_str_eq(p.at[2].settings[1], "initial=3");
	ck_assert_ptr_null(p.at[2].settings[2]);
	promises_free(&p);
}
END_TEST

START_TEST(what_is_asked_for_stands_in_its_place)
{
	struct promises p;
	struct fr_err err = { 0 };

	ck_assert_int_eq(promises_make(&p, &workload, &params,
				       "kafka", &err), 0);
	ck_assert_uint_eq(p.count, 1);
	ck_assert_str_eq(p.at[0].name, "log-offsets");
	promises_free(&p);
	ck_assert_int_eq(promises_make(&p, &workload, &params,
				       "register:initial=7,nil-reads=any",
				       &err), 0);
	ck_assert_uint_eq(p.count, 1);
	ck_assert_str_eq(p.at[0].settings[0], "initial=7");
	ck_assert_str_eq(p.at[0].settings[1], "nil-reads=any");
	promises_free(&p);
}
END_TEST

static void
refused(const struct params *with, const char *asked, const char *words)
{
	struct promises p = { .count = 77 };
	struct fr_err err = { 0 };

	ck_assert_int_eq(promises_make(&p, &workload, with, asked, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	if (strstr(err.text, words) == NULL)
		ck_abort_msg("\"%s\" is not in \"%s\"", words, err.text);
	ck_assert_uint_eq(p.count, 77);
}

START_TEST(what_is_wrong_is_said_before_the_run)
{
	struct fr_err err = { 0 };

	refused(&params, "sequentail", "did you mean 'sequential'");
	refused(&params, "register:initail=1", "did you mean initial");
	refused(&params, "register:initial", "write NAME=VALUE");
	refused(NULL, NULL, "no parameter 'level'");
	ck_assert_int_eq(params_set(&params, declared, 1, "level", "strong",
				    &err), 0);
	refused(&params, NULL, "workload 'w': rw-register: setting isolation: "
		"there is no model \"strong\"");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("promise");
	TCase *t = tcase_create("promise");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, all_that_a_workload_names);
	tcase_add_test(t, what_is_asked_for_stands_in_its_place);
	tcase_add_test(t, what_is_wrong_is_said_before_the_run);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
