/* SPDX-License-Identifier: MIT */
/* core/run/tally: progress, and how long faults are felt. */
#include <check.h>
#include <stdlib.h>

#include "core/run/tally.h"

#define MS INT64_C(1000000)

static struct tally t;

static void
setup(void)
{
	tally_init(&t);
}

static void
teardown(void)
{
	tally_free(&t);
}

static void
say(int64_t ms, enum event_kind kind, int32_t client, int64_t number,
    const char *name)
{
	const struct event e = {
		.t = ms * MS, .kind = kind, .node = -1, .boot = -1,
		.process = client, .client = client, .f = client < 0 ? -1 : 0,
		.key = FR_NO_KEY, .number = number, .name = name,
		.text = name,
	};

	tally_event(&t, &e);
}

static void
operation(int64_t from, int64_t to, int32_t client)
{
	say(from, EVENT_INVOKE, client, 0, NULL);
	say(to, EVENT_OK, client, 0, NULL);
}

START_TEST(test_windows_with_progress)
{
	ck_assert_double_eq(tally_availability(&t), -1);
	operation(1, 2, 0);		/* before: counts nowhere */
	say(50, EVENT_PHASE, -1, 0, "main");
	operation(60, 149, 0);		/* window 0 */
	operation(149, 150, 0);		/* window 1 */
	operation(150, 249, 0);
	operation(250, 460, 0);		/* window 4; 2 and 3 had none */
	say(461, EVENT_INVOKE, 0, 0, NULL);
	say(560, EVENT_FAIL, 0, 0, "no");	/* window 5: no progress */
	operation(660, 670, 0);		/* window 6 is not a whole one */
	say(680, EVENT_PHASE, -1, 0, "heal");
	operation(690, 900, 0);		/* after: nowhere */
	ck_assert_uint_eq(t.windows, 6);
	ck_assert_uint_eq(t.moving, 3);
	ck_assert_double_eq(tally_availability(&t), 0.5);
}
END_TEST

START_TEST(test_no_whole_window)
{
	say(50, EVENT_PHASE, -1, 0, "main");
	operation(60, 70, 0);
	say(149, EVENT_PHASE, -1, 0, "heal");
	ck_assert_double_eq(tally_availability(&t), -1);
}
END_TEST

START_TEST(test_recovery_is_of_what_began_later)
{
	say(0, EVENT_PHASE, -1, 0, "main");
	say(10, EVENT_FAULT, -1, 1, "kill");
	say(15, EVENT_FAULT, -1, 2, "cut");
	say(20, EVENT_INVOKE, 0, 0, NULL);	/* before the end */
	say(30, EVENT_HEAL, -1, 1, "kill");
	ck_assert_uint_eq(t.unrecovered, 1);
	say(40, EVENT_OK, 0, 0, NULL);
	ck_assert_int_eq(t.faults[0].recovered, -1);
	/* One that fails shows nothing. */
	say(41, EVENT_INVOKE, 0, 0, NULL);
	say(42, EVENT_FAIL, 0, 0, "no");
	ck_assert_int_eq(t.faults[0].recovered, -1);
	say(43, EVENT_INVOKE, 1, 0, NULL);
	say(44, EVENT_HEAL, -1, 2, "cut");
	/* In the same instant, but behind it. */
	say(44, EVENT_INVOKE, 2, 0, NULL);
	say(50, EVENT_OK, 1, 0, NULL);
	ck_assert_int_eq(t.faults[0].recovered, 50 * MS);
	ck_assert_int_eq(t.faults[1].recovered, -1);
	say(55, EVENT_OK, 2, 0, NULL);
	ck_assert_int_eq(t.faults[1].recovered, 55 * MS);
	ck_assert_int_eq(t.faults[0].recovered, 50 * MS);
	ck_assert_uint_eq(t.unrecovered, 0);
}
END_TEST

START_TEST(test_what_is_on_is_not_waited_for)
{
	say(10, EVENT_FAULT, -1, 1, "kill");
	operation(20, 30, 0);
	ck_assert_int_eq(t.faults[0].recovered, -1);
	ck_assert_uint_eq(t.unrecovered, 0);
	say(40, EVENT_HEAL, -1, 1, "kill");
	ck_assert_uint_eq(t.unrecovered, 1);
	ck_assert_int_eq(t.faults[0].recovered, -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tally");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_windows_with_progress);
	tcase_add_test(c, test_no_whole_window);
	tcase_add_test(c, test_recovery_is_of_what_began_later);
	tcase_add_test(c, test_what_is_on_is_not_waited_for);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
