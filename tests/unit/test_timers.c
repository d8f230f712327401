/* SPDX-License-Identifier: MIT */
/* A node's timers, its clocks, and the map both stand on. */
#include <check.h>
#include <stdlib.h>

#include "core/base/rand.h"
#include "core/node/clock.h"
#include "core/node/map.h"
#include "core/node/timers.h"

/* ---- timers, against the simplest there could be ------------------------- */

#define KINDS 3
#define TAGS  40

struct plain {
	bool runs;
	int64_t deadline;
	uint64_t order;
};

static struct plain plain[KINDS][TAGS];

/* The earliest of the plain ones that is due. */
static struct plain *
plain_first(int64_t now, uint32_t *timer, uint64_t *tag)
{
	struct plain *first = NULL;
	uint32_t k;
	uint64_t g;

	for (k = 0; k < KINDS; k++)
		for (g = 0; g < TAGS; g++) {
			struct plain *p = &plain[k][g];

			if (!p->runs || p->deadline > now ||
			    (first != NULL &&
			     (p->deadline > first->deadline ||
			      (p->deadline == first->deadline &&
			       p->order > first->order))))
				continue;
			first = p;
			*timer = k;
			*tag = g;
		}
	return first;
}

START_TEST(timers_do_what_a_list_would)
{
	struct rng r = rng_make((uint64_t)_i, STREAM_PLUGIN, 0, 0, "timers");
	struct timers t;
	struct timer_due due;
	uint64_t order = 0, tag = 0, i;
	uint32_t timer = 0;
	int64_t now = 0;

	ck_assert(timers_init(&t, KINDS));
	for (i = 0; i < 20000; i++) {
		uint32_t k = (uint32_t)rng_below(&r, KINDS);
		uint64_t g = rng_below(&r, TAGS);
		struct plain *p = &plain[k][g];

		switch (rng_below(&r, 4)) {
		case 0:
		case 1:
			*p = (struct plain){true,
				now + rng_between(&r, 0, 20), order++};
			ck_assert(timers_set(&t, k, g, p->deadline));
			break;
		case 2:
			ck_assert_int_eq(timers_cancel(&t, k, g), p->runs);
			p->runs = false;
			break;
		default:
			now += rng_between(&r, 0, 3);
			while (timers_take(&t, now, UINT64_MAX, &due)) {
				p = plain_first(now, &timer, &tag);
				ck_assert_ptr_nonnull(p);
				ck_assert_uint_eq(due.timer, timer);
				ck_assert_uint_eq(due.tag, tag);
				ck_assert_int_eq(due.deadline, p->deadline);
				p->runs = false;
			}
			ck_assert_ptr_null(plain_first(now, &timer, &tag));
		}
	}
	timers_free(&t);
}
END_TEST

START_TEST(a_timer_set_in_a_turn_waits_for_the_next)
{
	struct timers t;
	struct timer_due due;
	uint64_t order;

	ck_assert(timers_init(&t, 1));
	ck_assert(timers_set(&t, 0, 1, 5));
	order = t.order;
	ck_assert(timers_take(&t, 5, order, &due));
	ck_assert(timers_set(&t, 0, 1, 5));
	ck_assert(!timers_take(&t, 5, order, &due));
	ck_assert(timers_take(&t, 5, t.order, &due));
	ck_assert_ptr_null(timers_first(&t));
	timers_free(&t);
	ck_assert(timers_init(&t, 0));
	ck_assert_ptr_null(timers_first(&t));
	timers_free(&t);
}
END_TEST

START_TEST(there_is_an_end_to_timers)
{
	struct timers t;
	uint64_t i;

	ck_assert(timers_init(&t, 1));
	for (i = 0; i < TIMERS_MAX; i++)
		ck_assert(timers_set(&t, 0, i, (int64_t)(i * 7919 % 1000)));
	ck_assert(!timers_set(&t, 0, i, 1));
	ck_assert(timers_set(&t, 0, 0, 1));
	ck_assert(timers_cancel(&t, 0, 5));
	ck_assert(timers_set(&t, 0, i, 1));
	timers_free(&t);
}
END_TEST

/* ---- the map ------------------------------------------------------------- */

START_TEST(a_map_does_what_an_array_would)
{
	struct rng r = rng_make((uint64_t)_i, STREAM_PLUGIN, 0, 0, "map");
	uint64_t plainly[300], i;
	struct map m = { 0 };
	size_t count = 0;

	for (i = 0; i < 300; i++)
		plainly[i] = MAP_NONE;
	for (i = 0; i < 100000; i++) {
		uint64_t n = rng_below(&r, 300), key = n << (_i * 8);

		if (rng_below(&r, 2) == 0) {
			count += plainly[n] == MAP_NONE;
			plainly[n] = i;
			ck_assert(map_set(&m, key, i));
		} else {
			count -= plainly[n] != MAP_NONE;
			ck_assert_uint_eq(map_drop(&m, key), plainly[n]);
			plainly[n] = MAP_NONE;
		}
		n = rng_below(&r, 300);
		ck_assert_uint_eq(map_get(&m, n << (_i * 8)), plainly[n]);
		ck_assert_uint_eq(m.count, count);
	}
	map_free(&m);
	ck_assert_uint_eq(map_get(&m, 1), MAP_NONE);
}
END_TEST

/* ---- clocks -------------------------------------------------------------- */

START_TEST(a_right_clock_is_exact)
{
	const int64_t t = 1700000000123456789;
	struct clock c;

	clock_start(&c, 1000, t, 1, 0, 5);
	ck_assert_int_eq(clock_node_mono(&c, 1000), 1000);
	ck_assert_int_eq(clock_node_mono(&c, 98765432109876543),
			 98765432109876543);
	ck_assert_int_eq(clock_node_wall(&c, 5000), t + 5000);
	ck_assert_int_eq(clock_real(&c, 777), 777);
	ck_assert_int_eq(clock_real(&c, INT64_MAX), INT64_MAX);
}
END_TEST

START_TEST(a_change_of_rate_never_makes_it_jump)
{
	struct rng r = rng_make((uint64_t)_i, STREAM_PLUGIN, 0, 0, "clock");
	int64_t t = 1000000, before, after;
	struct clock c;
	int i;

	clock_start(&c, t, 0, 1, 0, 0);
	for (i = 0; i < 1000; i++) {
		t += rng_between(&r, 0, 10000000000);
		before = clock_node_mono(&c, t);
		clock_change(&c, t, 0.01 + rng_real(&r) * 10,
			     rng_between(&r, -1000, 1000), 0);
		after = clock_node_mono(&c, t);
		ck_assert_int_eq(before, after);
		ck_assert_int_ge(clock_node_mono(&c, t + 1000), after);
	}
}
END_TEST

START_TEST(a_deadline_is_reached_when_the_real_time_is)
{
	struct rng r = rng_make((uint64_t)_i, STREAM_PLUGIN, 0, 0, "real");
	struct clock c;
	int i;

	for (i = 0; i < 10000; i++) {
		int64_t base = rng_between(&r, 0, 1000000000000000), mono, t;

		clock_start(&c, base, 0, 0.001 + rng_real(&r) * 3, 0, 0);
		mono = base + rng_between(&r, 0, 100000000000);
		t = clock_real(&c, mono);
		ck_assert_int_ge(clock_node_mono(&c, t), mono);
		/* And not much later: by what a nanosecond is worth. */
		ck_assert_int_le(clock_node_mono(&c, t) - mono,
				 (int64_t)(c.rate * 3) + 2);
	}
	ck_assert_int_eq(clock_real(&c, INT64_MAX), INT64_MAX);
}
END_TEST

START_TEST(a_rate_that_is_none_is_one)
{
	static const double rates[] = {
		0, -1, 1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0,
	};
	struct clock c;
	size_t i;

	for (i = 0; i < sizeof rates / sizeof *rates; i++) {
		clock_start(&c, 0, 0, rates[i], 0, -5);
		ck_assert_int_eq(clock_node_mono(&c, 12345), 12345);
		ck_assert_int_eq(c.error, 0);
	}
	clock_start(&c, 0, INT64_MAX, 1, INT64_MAX, 0);
	ck_assert_int_eq(clock_node_wall(&c, 5), INT64_MAX);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("timers");
	TCase *t = tcase_create("timers");

	tcase_add_loop_test(t, timers_do_what_a_list_would, 0, 4);
	tcase_add_test(t, a_timer_set_in_a_turn_waits_for_the_next);
	tcase_add_test(t, there_is_an_end_to_timers);
	tcase_add_loop_test(t, a_map_does_what_an_array_would, 0, 4);
	tcase_add_test(t, a_right_clock_is_exact);
	tcase_add_loop_test(t, a_change_of_rate_never_makes_it_jump, 0, 4);
	tcase_add_loop_test(t, a_deadline_is_reached_when_the_real_time_is, 0,
			    4);
	tcase_add_test(t, a_rate_that_is_none_is_one);
	tcase_set_timeout(t, 60);
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
