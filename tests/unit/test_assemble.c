/* SPDX-License-Identifier: MIT */
/* core/history/assemble.c: events -> operations. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/history/history.h"

static struct assembler *a;
static uint64_t rank;

static void
set_up(void)
{
	a = assembler_new();
	rank = 0;
}

static void
tear_down(void)
{
	assembler_free(a);
}

static struct event
make(enum event_kind kind, int64_t process, int64_t number)
{
	struct event e = {
		.t = (int64_t)rank * 10, .kind = kind, .node = -1, .boot = -1,
		.process = process, .client = (int32_t)(process % 4), .f = 1,
		.key = 7,
	};

	e.value.kind = FR_INT;
	e.value.u.number = number;
	return e;
}

static void
give(struct event e)
{
	assembler_event(a, rank++, &e);
}

static struct fr_history
history(void)
{
	struct fr_history h;

	ck_assert_int_eq(assembler_check(a, NULL), 0);
	assembler_history(a, &h);
	return h;
}

/* The message of the contradiction, which there must be. */
static const char *
contradiction(void)
{
	static struct fr_err err;

	memset(&err, 0, sizeof err);
	ck_assert_int_eq(assembler_check(a, &err), -1);
	ck_assert_int_ne(err.status, 0);
	return err.text;
}

START_TEST(nothing_is_an_empty_history)
{
	struct fr_history h = history();

	ck_assert_uint_eq(h.op_count, 0);
	ck_assert_uint_eq(h.op_stride, sizeof(struct fr_operation));
	ck_assert_int_eq(h.duration, 0);
}
END_TEST

START_TEST(calls_meet_their_ends)
{
	struct event e = make(EVENT_INVOKE, 0, 5);
	struct fr_history h;

	e.node = 3;
	give(e);
	give(make(EVENT_INVOKE, 1, 6));
	give(make(EVENT_OK, 1, 66));
	e = make(EVENT_FAIL, 0, 0);
	e.node = 2;
	give(e);
	give(make(EVENT_INVOKE, 0, 8));
	h = history();
	ck_assert_uint_eq(h.op_count, 3);

	ck_assert_uint_eq(h.ops[0].outcome, FR_FAIL);
	ck_assert_int_eq(h.ops[0].value.u.number, 5);
	ck_assert_uint_eq(h.ops[0].result.kind, FR_NIL);
	ck_assert_uint_eq(h.ops[0].call_rank, 0);
	ck_assert_uint_eq(h.ops[0].end_rank, 3);
	ck_assert_int_eq(h.ops[0].ended, 30);
	ck_assert_uint_eq(h.ops[0].node, 2);	/* redirected there */
	ck_assert_uint_eq(h.ops[0].f, 1);
	ck_assert_int_eq(h.ops[0].key, 7);

	ck_assert_uint_eq(h.ops[1].outcome, FR_OK);
	ck_assert_int_eq(h.ops[1].result.u.number, 66);
	ck_assert_uint_eq(h.ops[1].client, 1);
	ck_assert_uint_eq(h.ops[1].id, 1);

	ck_assert_uint_eq(h.ops[2].outcome, FR_INFO);
	ck_assert_int_eq(h.ops[2].ended, INT64_MAX);
	ck_assert_uint_eq(h.ops[2].end_rank, UINT64_MAX);
	ck_assert_uint_eq(h.ops[2].id, 4);
	ck_assert_uint_eq(h.clients, 2);
	ck_assert_uint_eq(h.nodes, 4);
}
END_TEST

START_TEST(an_info_has_no_end)
{
	struct fr_history h;

	give(make(EVENT_INVOKE, 0, 5));
	give(make(EVENT_INFO, 0, 0));
	h = history();
	ck_assert_uint_eq(h.ops[0].outcome, FR_INFO);
	ck_assert_int_eq(h.ops[0].ended, INT64_MAX);
	ck_assert_uint_eq(h.ops[0].end_rank, UINT64_MAX);
	ck_assert_uint_eq(h.ops[0].result.kind, FR_NIL);
}
END_TEST

/* What the caller gave may be gone by the next event. */
START_TEST(values_are_kept)
{
	int64_t list[] = { 1, -2, 3 };
	char bytes[] = "some";
	struct event e = make(EVENT_INVOKE, 0, 0);
	struct fr_history h;

	e.value.kind = FR_LIST;
	e.value.count = 3;
	e.value.u.list = list;
	give(e);
	memset(list, 0, sizeof list);
	e = make(EVENT_OK, 0, 0);
	e.value.kind = FR_BYTES;
	e.value.count = 4;
	e.value.u.bytes = bytes;
	give(e);
	memset(bytes, 0, sizeof bytes);
	h = history();
	ck_assert_int_eq(h.ops[0].value.u.list[1], -2);
	ck_assert_int_eq(memcmp(h.ops[0].result.u.bytes, "some", 4), 0);
}
END_TEST

START_TEST(phases_are_known)
{
	struct event e = make(EVENT_PHASE, -1, 0);
	struct fr_history h;

	e.name = "main";
	e.t = 100;
	give(e);
	give(make(EVENT_INVOKE, 0, 1));
	give(make(EVENT_OK, 0, 1));
	e.name = "heal";
	e.t = 1100;
	give(e);
	e.name = "final";
	e.t = 1500;
	give(e);
	give(make(EVENT_INVOKE, 0, 2));
	h = history();
	ck_assert_uint_eq(h.ops[0].phase, FR_PHASE_MAIN);
	ck_assert_uint_eq(h.ops[1].phase, FR_PHASE_FINAL);
	ck_assert_int_eq(h.duration, 1000);
}
END_TEST

START_TEST(a_main_phase_that_was_cut_lasts_until_the_last_event)
{
	struct event e = make(EVENT_PHASE, -1, 0);

	e.name = "main";
	e.t = 100;
	give(e);
	e = make(EVENT_INVOKE, 0, 1);
	e.t = 400;
	give(e);
	ck_assert_int_eq(history().duration, 300);
}
END_TEST

START_TEST(an_end_without_a_call_is_refused)
{
	give(make(EVENT_PHASE, -1, 0));
	give(make(EVENT_OK, 3, 1));
	ck_assert_str_eq(contradiction(),
			 "event 1 (ok of process 3) contradicts the history: "
			 "this process has no operation open");
}
END_TEST

START_TEST(two_ends_of_one_call_are_refused)
{
	give(make(EVENT_INVOKE, 3, 1));
	give(make(EVENT_OK, 3, 1));
	give(make(EVENT_FAIL, 3, 1));
	ck_assert_ptr_nonnull(strstr(contradiction(), "event 2"));
	ck_assert_ptr_nonnull(strstr(contradiction(), "process 3"));
}
END_TEST

START_TEST(two_open_calls_of_one_process_are_refused)
{
	give(make(EVENT_INVOKE, 9, 1));
	give(make(EVENT_INVOKE, 9, 2));
	ck_assert_str_eq(contradiction(),
			 "event 1 (invoke of process 9) contradicts the "
			 "history: the operation that this process called at "
			 "event 0 has not ended");
	/* The first one stays. */
	give(make(EVENT_OK, 77, 2));
	ck_assert_ptr_nonnull(strstr(contradiction(), "process 9"));
}
END_TEST

START_TEST(a_retired_process_is_not_used_again)
{
	give(make(EVENT_INVOKE, 2, 1));
	give(make(EVENT_INFO, 2, 0));
	give(make(EVENT_INVOKE, 2, 2));
	ck_assert_ptr_nonnull(strstr(contradiction(), "event 2"));
	ck_assert_ptr_nonnull(strstr(contradiction(), "info before"));
}
END_TEST

START_TEST(a_late_end_of_a_retired_process_is_refused)
{
	give(make(EVENT_INVOKE, 2, 1));
	give(make(EVENT_INFO, 2, 0));
	give(make(EVENT_OK, 2, 2));
	ck_assert_ptr_nonnull(strstr(contradiction(), "event 2"));
}
END_TEST

START_TEST(an_end_of_something_else_is_refused)
{
	struct event e;

	give(make(EVENT_INVOKE, 2, 1));
	e = make(EVENT_OK, 2, 1);
	e.f = 0;
	give(e);
	ck_assert_ptr_nonnull(strstr(contradiction(),
				     "called at event 0"));
}
END_TEST

START_TEST(an_end_with_another_key_is_refused)
{
	struct event e;

	give(make(EVENT_INVOKE, 2, 1));
	e = make(EVENT_OK, 2, 1);
	e.key = 8;
	give(e);
	ck_assert_ptr_nonnull(strstr(contradiction(),
				     "called at event 0"));
}
END_TEST

START_TEST(an_end_may_leave_out_operation_and_key)
{
	struct event e;

	give(make(EVENT_INVOKE, 2, 1));
	e = make(EVENT_FAIL, 2, 1);
	e.f = -1;
	e.key = FR_NO_KEY;
	give(e);
	ck_assert_uint_eq(history().ops[0].outcome, FR_FAIL);
}
END_TEST

START_TEST(a_call_by_nobody_is_refused)
{
	give(make(EVENT_INVOKE, -1, 1));
	ck_assert_ptr_nonnull(strstr(contradiction(), "no process"));
}
END_TEST

START_TEST(a_process_too_large_is_refused)
{
	give(make(EVENT_INVOKE, INT64_C(1) << 32, 1));
	ck_assert_ptr_nonnull(strstr(contradiction(), "event 0"));
}
END_TEST

/* Many processes, ended in another order than they were called in. */
START_TEST(many_processes)
{
	enum { N = 20000 };
	struct fr_history h;
	int64_t i;

	for (i = 0; i < N; i++)
		give(make(EVENT_INVOKE, i * 12345, i));
	for (i = N - 1; i >= 0; i--)
		if (i % 3 != 0)
			give(make(i % 3 == 1 ? EVENT_OK : EVENT_INFO,
				  i * 12345, -i));
	h = history();
	ck_assert_uint_eq(h.op_count, N);
	for (i = 0; i < N; i++) {
		if (h.ops[i].value.u.number != i || h.ops[i].outcome !=
		    (i % 3 == 1 ? FR_OK : FR_INFO) ||
		    (i % 3 == 1 && h.ops[i].result.u.number != -i))
			ck_abort_msg("operation %" PRId64 " is another", i);
	}
}
END_TEST

/* However a history is cut, what is left makes sense. */
START_TEST(every_prefix_is_a_history)
{
	struct event events[60];
	struct assembler *one;
	struct fr_history h;
	size_t count = 0, cut, i, open;
	int64_t p;

	for (p = 0; p < 10; p++) {
		events[count++] = make(EVENT_INVOKE, p, p);
		if (p > 1)
			events[count++] = make(p % 2 == 0 ? EVENT_OK :
					       EVENT_INFO, p - 2, p);
	}
	for (cut = 0; cut <= count; cut++) {
		one = assembler_new();
		for (i = open = 0; i < cut; i++) {
			assembler_event(one, i, &events[i]);
			if (events[i].kind == EVENT_INVOKE)
				open++;
			else if (events[i].kind == EVENT_OK)
				open--;
		}
		ck_assert_int_eq(assembler_check(one, NULL), 0);
		assembler_history(one, &h);
		for (i = 0; i < h.op_count; i++)
			open -= h.ops[i].outcome == FR_INFO;
		ck_assert_uint_eq(open, 0);
		assembler_free(one);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("assemble");
	TCase *t = tcase_create("operations");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, nothing_is_an_empty_history);
	tcase_add_test(t, calls_meet_their_ends);
	tcase_add_test(t, an_info_has_no_end);
	tcase_add_test(t, values_are_kept);
	tcase_add_test(t, phases_are_known);
	tcase_add_test(t, a_main_phase_that_was_cut_lasts_until_the_last_event);
	tcase_add_test(t, an_end_without_a_call_is_refused);
	tcase_add_test(t, two_ends_of_one_call_are_refused);
	tcase_add_test(t, two_open_calls_of_one_process_are_refused);
	tcase_add_test(t, a_retired_process_is_not_used_again);
	tcase_add_test(t, a_late_end_of_a_retired_process_is_refused);
	tcase_add_test(t, an_end_of_something_else_is_refused);
	tcase_add_test(t, an_end_with_another_key_is_refused);
	tcase_add_test(t, an_end_may_leave_out_operation_and_key);
	tcase_add_test(t, a_call_by_nobody_is_refused);
	tcase_add_test(t, a_process_too_large_is_refused);
	tcase_add_test(t, many_processes);
	tcase_add_test(t, every_prefix_is_a_history);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
