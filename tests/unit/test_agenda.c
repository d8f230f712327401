/* SPDX-License-Identifier: MIT */
/* core/world: what is to be done when. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"
#include "core/world/agenda.h"

static struct agenda a;
static int done[64], count;

static void
tear_down(void)
{
	agenda_free(&a);
}

static void
note(void *arg)
{
	done[count++] = *(int *)arg;
}

START_TEST(what_is_due_is_done_in_order)
{
	static int n[6] = { 0, 1, 2, 3, 4, 5 };

	ck_assert_int_eq(agenda_first(&a), INT64_MAX);
	agenda_add(&a, 30, note, &n[0], false);
	agenda_add(&a, 10, note, &n[1], false);
	agenda_add(&a, 20, note, &n[2], false);
	agenda_add(&a, 10, note, &n[3], false);
	agenda_add(&a, 40, note, &n[4], false);
	ck_assert_int_eq(agenda_first(&a), 10);
	agenda_run(&a, 9);
	ck_assert_int_eq(count, 0);
	agenda_run(&a, 30);
	ck_assert_int_eq(count, 4);
	ck_assert_int_eq(done[0], 1);
	ck_assert_int_eq(done[1], 3);
	ck_assert_int_eq(done[2], 2);
	ck_assert_int_eq(done[3], 0);
	ck_assert_int_eq(agenda_first(&a), 40);
}
END_TEST

static void
again(void *arg)
{
	count++;
	agenda_add(&a, 0, again, arg, false);
}

START_TEST(what_adds_itself_is_done_once_a_time)
{
	agenda_add(&a, 5, again, NULL, false);
	agenda_run(&a, 5);
	ck_assert_int_eq(count, 1);
	agenda_run(&a, 5);
	ck_assert_int_eq(count, 2);
}
END_TEST

START_TEST(what_is_taken_back_is_not_done)
{
	uint64_t first = agenda_add(&a, 5, note, NULL, false), second;

	ck_assert_uint_ne(first, 0);
	ck_assert(agenda_cancel(&a, first));
	ck_assert(!agenda_cancel(&a, first));
	ck_assert(!agenda_cancel(&a, 0));
	ck_assert(!agenda_cancel(&a, UINT64_MAX));
	/* Its room is used again, and its name is not. */
	second = agenda_add(&a, 5, note, malloc(10), true);
	ck_assert_uint_ne(first, second);
	ck_assert(!agenda_cancel(&a, first));
	ck_assert(agenda_cancel(&a, second));
	agenda_run(&a, 100);
	ck_assert_int_eq(count, 0);
	/* What is owned is freed with it: a leak would be told. */
	agenda_add(&a, 5, note, malloc(10), true);
}
END_TEST

/* ---- against a list -------------------------------------------------------------- */

#define ITEMS 500

static struct item {
	uint64_t id;
	int64_t t;
	uint64_t order;
	bool there;
} items[ITEMS];

static struct item *last;

static void
check(void *arg)
{
	struct item *i = arg;

	ck_assert(i->there);
	if (last != NULL)
		ck_assert(last->t < i->t ||
			  (last->t == i->t && last->order < i->order));
	i->there = false;
	last = i;
}

START_TEST(it_agrees_with_a_list)
{
	struct rng r = rng_make(_i, STREAM_FAULTS, 0, 0, "agenda");
	int64_t now = 0, first;
	int step, i;

	memset(items, 0, sizeof items);
	for (step = 0; step < 20000; step++) {
		struct item *it = &items[rng_below(&r, ITEMS)];

		if (it->there && rng_below(&r, 3) == 0) {
			ck_assert(agenda_cancel(&a, it->id));
			it->there = false;
		} else if (!it->there) {
			it->t = now + (int64_t)rng_below(&r, 50);
			it->order = (uint64_t)step;
			it->there = true;
			it->id = agenda_add(&a, it->t, check, it, false);
		}
		if (rng_below(&r, 10) == 0) {
			now += (int64_t)rng_below(&r, 10);
			last = NULL;
			agenda_run(&a, now);
		}
		first = INT64_MAX;
		for (i = 0; i < ITEMS; i++)
			if (items[i].there && items[i].t < first)
				first = items[i].t;
		ck_assert_int_eq(agenda_first(&a), first);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agenda");
	TCase *c = tcase_create("agenda");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, NULL, tear_down);
	tcase_add_test(c, what_is_due_is_done_in_order);
	tcase_add_test(c, what_adds_itself_is_done_once_a_time);
	tcase_add_test(c, what_is_taken_back_is_not_done);
	tcase_add_loop_test(c, it_agrees_with_a_list, 0, 5);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
