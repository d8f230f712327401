/* SPDX-License-Identifier: MIT */
/*
 * What is done to a node on purpose takes effect, is counted, and ends: in
 * whichever world this was built for (any_world.h).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/any_world.h"
#include "tests/unit/plugins/hurt_tool.h"

static void
close_world(void)
{
	any_close();
}

static void
open_one(void)
{
	any_open(1, 7);
}

static void
open_three(void)
{
	any_open(3, 7);
}

#define DO(call, ...)							\
	do {								\
		struct fr_err err_ = { 0 };				\
		ck_assert_msg(any->ops->call(any, __VA_ARGS__, &err_) == 0, \
			      "%s", err_.text);				\
	} while (0)

#define REFUSED(what, call, ...)					\
	do {								\
		struct fr_err err_ = { 0 };				\
		ck_assert_int_eq(any->ops->call(any, __VA_ARGS__, &err_), \
				 -1);					\
		ck_assert_msg(strstr(err_.text, what) != NULL, "%s",	\
			      err_.text);				\
	} while (0)

/* ---- dying at a point ---------------------------------------------------------- */

static void
crash(uint32_t point, uint32_t count, bool after, const char *in)
{
	struct node_crash c = { .point = point, .count = count,
				.after = after };

	strcpy(c.in, in);
	DO(set_crash, 0, &c);
}

/* What DO_WORK still said, and whether both peers were told. */
static void
expect_work(int64_t last, uint32_t told, const char *words)
{
	char claim[32];
	int64_t i;

	ck_assert_int_eq(any_call(0, DO_WORK, 0, 0), ANY_BROKEN);
	any_until_said("end 0.0 killed: ");
	/* What it sent before it died is under way. */
	if (told > 0)
		any_until_said("told 0 at 1\n");
	for (i = 1; i <= 5; i++) {
		snprintf(claim, sizeof claim, WORK_CLAIM " %d at 0\n", (int)i);
		ck_assert_msg(any_times(claim) == (i <= last ? 1 : 0),
			      "claim %d of %d: %s", (int)i, (int)last,
			      any_said);
	}
	any_pass(20 * ANY_MS);
	ck_assert_uint_eq(any_times("told 0 at"), told);
	ck_assert_msg(strstr(any_said, words) != NULL, "%s", any_said);
	ck_assert_uint_eq(any_effect(0, EFFECT_STRUCK), 1);
	any_boot(0);
	/* It struck once. */
	any_call(0, DO_WORK, 0, 0);
	any_until_said("work 5 at 0\n");
}

START_TEST(it_dies_before_or_after_each_of_its_calls)
{
	static const struct {
		uint32_t point, count;
		bool after;
		const char *in;
		int64_t last;
		uint32_t told;
		const char *words;
	} cases[] = {
		{ CRASH_WRITE, 1, false, "", 1, 0, "before `write`, its 1st "
		  "write since that was asked for, in the handler of request "
		  "`work`" },
		{ CRASH_WRITE, 1, true, "", 1, 0, "after `write`" },
		{ CRASH_SYNC, 1, false, "", 2, 0, "before `sync`" },
		{ CRASH_SYNC, 1, true, "work", 2, 0, "after `sync`" },
		{ CRASH_SEND, 1, false, "", 3, 0, "before `broadcast`" },
		{ CRASH_SEND, 1, true, "", 3, 1, "after `broadcast`, its 1st "
		  "send" },
		{ CRASH_SEND, 2, false, "", 3, 1, "its 2nd send" },
		{ CRASH_SEND, 2, true, "", 3, 2, "its 2nd send" },
		{ CRASH_REPLY, 1, false, "", 4, 2, "before `reply`" },
		{ CRASH_CALL, 3, false, "", 1, 0, "before `claim`, its 3rd "
		  "host call" },
		{ CRASH_CALL, 3, true, "", 2, 0, "after `claim`" },
		{ CRASH_CALL, 2, false, "work", 1, 0, "before `write`, its "
		  "2nd host call in `work` since" },
	};

	crash(cases[_i].point, cases[_i].count, cases[_i].after,
	      cases[_i].in);
	expect_work(cases[_i].last, cases[_i].told, cases[_i].words);
}
END_TEST

START_TEST(a_reply_that_left_is_an_answer)
{
	crash(CRASH_REPLY, 1, true, "");
	ck_assert_int_ne(any_call(0, DO_WORK, 0, 0), ANY_BROKEN);
	any_until_said("after `reply`");
	ck_assert_uint_eq(any_times("work 4 at 0\n"), 1);
	ck_assert_uint_eq(any_times("work 5 at 0\n"), 0);
}
END_TEST

START_TEST(a_synced_write_outlives_the_point_and_another_does_not)
{
	crash(CRASH_SYNC, 1, _i == 1, "save");
	ck_assert_int_eq(any_call(0, DO_SAVE, 77, 0), ANY_BROKEN);
	any_until_said("end 0.0 killed: ");
	any_boot(0);
	ck_assert_int_eq(any_call(0, DO_LOAD, 0, 0), _i == 1 ? 77 : FR_ENOENT);
	ck_assert_uint_eq(any_effect(0, EFFECT_LOST), _i == 1 ? 0 : 8);
}
END_TEST

START_TEST(the_point_waits_over_boots_and_can_be_taken_back)
{
	struct node_crash never = { .point = CRASH_NEVER };

	crash(CRASH_SYNC, 1, false, "save");
	/* Other handlers do not count. */
	ck_assert_int_eq(any_call(0, DO_APPEND, 1, 1), 0);
	any_again(0);
	DO(set_crash, 0, &never);
	ck_assert_int_eq(any_call(0, DO_SAVE, 1, 0), 0);
	crash(CRASH_SYNC, 2, false, "save");
	ck_assert_int_eq(any_call(0, DO_SAVE, 2, 0), 0);
	ck_assert_int_eq(any_call(0, DO_SAVE, 3, 0), ANY_BROKEN);
	any_until_said("its 2nd sync in `save`");
	any_boot(0);
	ck_assert_int_eq(any_call(0, DO_LOAD, 0, 0), 2);
	REFUSED("counted from 1", set_crash, 0,
		(&(struct node_crash){ .point = CRASH_CALL }));
	REFUSED("no point 9", set_crash, 0,
		(&(struct node_crash){ .point = 9 }));
}
END_TEST

/* ---- slow ----------------------------------------------------------------------- */

START_TEST(a_slow_node_takes_longer_for_each_handler)
{
	int64_t began = any->ops->now(any);

	DO(set_slow, 0, 30 * ANY_MS);
	ck_assert_int_eq(any_call(0, DO_ECHO, 5, 0), 5);
	ck_assert_int_ge(any->ops->now(any) - began, 30 * ANY_MS);
	ck_assert_uint_eq(any_effect(0, EFFECT_SLOWED), 1);
	/* And so does its next boot, from its start on. */
	any_again(0);
	began = any->ops->now(any);
	ck_assert_int_eq(any_call(0, DO_ECHO, 5, 0), 5);
	ck_assert_int_ge(any->ops->now(any) - began, 30 * ANY_MS);
	DO(set_slow, 0, 0);
	ck_assert_uint_ge(any_effect(0, EFFECT_SLOWED), 2);
	began = (int64_t)any_effect(0, EFFECT_SLOWED);
	ck_assert_int_eq(any_call(0, DO_ECHO, 6, 0), 6);
	ck_assert_uint_eq(any_effect(0, EFFECT_SLOWED), (uint64_t)began);
	REFUSED("0 .. 1 s", set_slow, 0, -1);
	REFUSED("0 .. 1 s", set_slow, 0, 2 * SLOW_MAX);
}
END_TEST

/* ---- clocks ---------------------------------------------------------------------- */

enum { MONO, WALL, EARLIEST, LATEST };

#define YEAR (INT64_C(365) * 24 * 3600 * 1000 * ANY_MS)

static void
set_clock(int64_t offset, double rate, int64_t error, int64_t tick,
	  bool frozen)
{
	const struct node_clock c = { .offset = offset, .rate = rate,
				      .error = error, .tick = tick,
				      .frozen = frozen };

	DO(set_clock, 0, &c);
}

static void
heal_clock(void)
{
	const struct node_clock c = { .rate = 1, .corrected = true };

	DO(set_clock, 0, &c);
}

/* How far node 0's wall clock is before node 1's, which is right; they are
 * read one after the other. */
static int64_t
off(void)
{
	int64_t theirs, ours;

	any_call(1, DO_TIME, 0, 0);
	theirs = any_list[WALL];
	any_call(0, DO_TIME, 0, 0);
	ours = any_list[WALL];
	return ours - theirs;
}

START_TEST(a_step_is_seen_and_counted)
{
	static const int64_t steps[] = { ANY_MS, -ANY_MS, 10 * YEAR,
					 -10 * YEAR };
	int64_t step = steps[_i], got;

	set_clock(step, 1, 0, 0, false);
	got = off();
	ck_assert_int_ge(got, step);
	ck_assert_int_lt(got - step, 30 * 1000 * ANY_MS);
	ck_assert_uint_ge(any_effect(0, EFFECT_CLOCK_READ), 2);
	ck_assert_uint_eq(any_effect(0, EFFECT_CLOCK_OFF),
			  (uint64_t)(step < 0 ? -step : step));
	ck_assert_uint_eq(any_effect(1, EFFECT_CLOCK_READ), 0);
	heal_clock();
	got = (int64_t)any_effect(0, EFFECT_CLOCK_READ);
	ck_assert_int_ge(off(), -ANY_MS);
	ck_assert_uint_eq(any_effect(0, EFFECT_CLOCK_READ), (uint64_t)got);
}
END_TEST

START_TEST(a_healed_drift_leaves_a_clock_that_is_right)
{
	int64_t before, got;
	int i;

	set_clock(0, 2, 0, 0, false);
	any_pass(100 * ANY_MS);
	got = off();
	ck_assert_int_ge(got, 50 * ANY_MS);
	if (_i == 1)
		any_again(0);	/* what it has gained stays */
	got = off();
	ck_assert_int_ge(got, 50 * ANY_MS);
	heal_clock();
	/* Two readings of two clocks make up an epoch: nearly right. */
	for (i = 0; i < 2; i++) {
		any_call(1, DO_TIME, 0, 0);
		before = any_list[WALL];
		any_call(0, DO_TIME, 0, 0);
		got = any_list[WALL];
		ck_assert_int_ge(got, before - ANY_MS);
		any_call(1, DO_TIME, 0, 0);
		ck_assert_int_le(got, any_list[WALL] + ANY_MS);
		any_again(0);
	}
}
END_TEST

START_TEST(a_frozen_clock_stands_still_and_catches_up)
{
	int64_t wall, mono;

	set_clock(0, 1, 0, 0, true);
	any_call(0, DO_TIME, 0, 0);
	wall = any_list[WALL];
	mono = any_list[MONO];
	any_pass(20 * ANY_MS);
	any_call(0, DO_TIME, 0, 0);
	ck_assert_int_eq(any_list[WALL], wall);
	ck_assert_int_ge(any_list[MONO], mono + 20 * ANY_MS);
	/* A timer does not wait for it. */
	ck_assert_int_ne(any_call(0, DO_LATER, ANY_MS, 0), ANY_BROKEN);
	any_again(0);
	any_call(0, DO_TIME, 0, 0);
	if (strcmp(any_name, "sim") == 0)
		ck_assert_int_eq(any_list[WALL], wall);
	else	/* two readings of two clocks make up the epoch */
		ck_assert_int_lt(llabs(any_list[WALL] - wall), 10 * ANY_MS);
	heal_clock();
	ck_assert_int_ge(off(), -ANY_MS);
	any_call(0, DO_TIME, 0, 0);
	ck_assert_int_ge(any_list[WALL], wall + 20 * ANY_MS);
}
END_TEST

START_TEST(a_coarse_clock_shows_whole_ticks)
{
	const int64_t tick = 10 * ANY_MS;
	int64_t began, got;
	int i;

	set_clock(0, 1, 0, tick, false);
	for (i = 0; i < 5; i++) {
		any_pass(ANY_MS);
		any_call(0, DO_TIME, 0, 0);
		ck_assert_int_eq(any_list[MONO] % tick, 0);
		ck_assert_int_eq(any_list[WALL] % tick, 0);
	}
	/* Timers know better. */
	began = any->ops->now(any);
	got = any_call(0, DO_LATER, 3 * ANY_MS, 0);
	ck_assert_int_ne(got, ANY_BROKEN);
	ck_assert_int_ge(any->ops->now(any) - began, 3 * ANY_MS);
	heal_clock();
	REFUSED("makes no sense", set_clock, 0,
		(&(struct node_clock){ .rate = 1, .tick = -1 }));
}
END_TEST

START_TEST(the_bound_holds_or_does_not_as_it_was_set)
{
	int64_t right;

	set_clock(50 * ANY_MS, 1, 60 * ANY_MS, 0, false);
	any_call(0, DO_TIME, 0, 0);
	ck_assert_int_ge(any_list[WALL] - any_list[EARLIEST], 59 * ANY_MS);
	right = any_list[WALL] - 50 * ANY_MS;
	ck_assert_int_le(any_list[EARLIEST], right);
	set_clock(50 * ANY_MS, 1, ANY_MS, 0, false);
	any_call(0, DO_TIME, 0, 0);
	right = any_list[WALL] - 50 * ANY_MS;
	ck_assert_int_gt(any_list[EARLIEST], right);
}
END_TEST

START_TEST(timers_go_by_the_rate_and_not_by_the_wall)
{
	int64_t began = any->ops->now(any);

	set_clock(0, 0.5, 0, 0, false);
	ck_assert_int_ne(any_call(0, DO_LATER, 50 * ANY_MS, 0), ANY_BROKEN);
	ck_assert_int_ge(any->ops->now(any) - began, 100 * ANY_MS);
	/* Set while it runs: the step does not make it late or early. */
	heal_clock();
	began = any->ops->now(any);
	set_clock(YEAR, 1, 0, 0, false);
	ck_assert_int_ne(any_call(0, DO_LATER, 20 * ANY_MS, 0), ANY_BROKEN);
	ck_assert_int_ge(any->ops->now(any) - began, 20 * ANY_MS);
}
END_TEST

/* ---- the disk, while it runs ------------------------------------------------------- */

enum { SIZE, WHOLE, ZEROS, OTHERS };

static void
set_disk(struct node_disk d)
{
	DO(set_disk, 0, &d);
}

static void
survey(void)
{
	any_call(0, DO_SURVEY, 0, 0);
}

START_TEST(a_crash_loses_everything_that_was_not_synced)
{
	ck_assert_int_eq(any_call(0, DO_APPEND, 4, 1), 0);
	ck_assert_int_eq(any_call(0, DO_APPEND, 16, 0), 0);
	any_again(0);
	survey();
	ck_assert_int_eq(any_list[SIZE], 4 * 512);
	ck_assert_int_eq(any_list[WHOLE], 4);
	ck_assert_uint_eq(any_effect(0, EFFECT_LOST), 16 * 512);
	ck_assert_uint_eq(any_effect(0, EFFECT_SURVIVED), 0);
}
END_TEST

START_TEST(a_suffix_is_lost_and_the_rest_lasts)
{
	int64_t whole;

	set_disk((struct node_disk){ .lose = LOSE_SUFFIX });
	ck_assert_int_eq(any_call(0, DO_APPEND, 4, 1), 0);
	ck_assert_int_eq(any_call(0, DO_APPEND, 40, 0), 0);
	any_again(0);
	survey();
	whole = any_list[WHOLE];
	ck_assert_int_gt(whole, 4);
	ck_assert_int_lt(whole, 44);
	ck_assert_int_eq(any_list[SIZE], whole * 512);
	ck_assert_uint_eq(any_effect(0, EFFECT_SURVIVED),
			  (uint64_t)(whole - 4) * 512);
	ck_assert_uint_eq(any_effect(0, EFFECT_LOST),
			  (uint64_t)(44 - whole) * 512);
}
END_TEST

START_TEST(of_what_is_reordered_some_sectors_last)
{
	int64_t whole, zeros;

	set_disk((struct node_disk){ .lose = LOSE_REORDER });
	ck_assert_int_eq(any_call(0, DO_APPEND, 4, 1), 0);
	ck_assert_int_eq(any_call(0, DO_APPEND, 40, 0), 0);
	/* The node itself sees nothing of it. */
	survey();
	ck_assert_int_eq(any_list[WHOLE], 44);
	any_again(0);
	survey();
	whole = any_list[WHOLE];
	zeros = any_list[ZEROS];
	ck_assert_int_gt(whole, 4 + 5);
	ck_assert_int_gt(zeros, 5);
	ck_assert_int_eq(any_list[OTHERS], 0);
	ck_assert_int_eq(any_list[SIZE], (whole + zeros) * 512);
	ck_assert_uint_eq(any_effect(0, EFFECT_SURVIVED),
			  (uint64_t)(whole - 4) * 512);
	/* A sync makes up for everything. */
	ck_assert_int_eq(any_call(0, DO_REMOVE, 0, 0), 0);
	ck_assert_int_eq(any_call(0, DO_APPEND, 40, 1), 0);
	any_again(0);
	survey();
	ck_assert_int_eq(any_list[SIZE], 40 * 512);
	ck_assert_int_eq(any_list[WHOLE], 40);
}
END_TEST

START_TEST(of_what_is_torn_only_the_last_write_is_lost)
{
	set_disk((struct node_disk){ .lose = LOSE_TORN });
	ck_assert_int_eq(any_call(0, DO_APPEND, 9, 0), 0);
	any_again(0);
	survey();
	/* One sector is not torn: it is there or it is not. */
	ck_assert_int_eq(any_list[SIZE], 8 * 512);
	ck_assert_int_eq(any_list[WHOLE], 8);
	ck_assert_uint_eq(any_effect(0, EFFECT_LOST), 512);
}
END_TEST

START_TEST(a_sync_can_take_longer)
{
	int64_t began = any->ops->now(any);

	set_disk((struct node_disk){ .sync_delay = 30 * ANY_MS });
	ck_assert_int_eq(any_call(0, DO_APPEND, 1, 1), 0);
	ck_assert_int_ge(any->ops->now(any) - began, 30 * ANY_MS);
	ck_assert_uint_eq(any_effect(0, EFFECT_SYNC_SLOW), 1);
	set_disk((struct node_disk){ 0 });
	ck_assert_int_eq(any_call(0, DO_APPEND, 1, 1), 0);
	ck_assert_uint_eq(any_effect(0, EFFECT_SYNC_SLOW), 1);
	REFUSED("0 .. 1 s", set_disk, 0,
		(&(struct node_disk){ .sync_delay = 2 * SLOW_MAX }));
}
END_TEST

START_TEST(a_sync_fails_once_and_the_next_one_lies)
{
	ck_assert_int_eq(any_call(0, DO_APPEND, 4, 1), 0);
	set_disk((struct node_disk){ .sync_fails = 1 });
	ck_assert_int_eq(any_call(0, DO_APPEND, 4, 1), FR_EIO);
	ck_assert_int_eq(any_call(0, DO_SYNC, 0, 0), 0);
	ck_assert_int_eq(any_call(0, DO_APPEND, 4, 1), 0);
	any_again(0);
	survey();
	ck_assert_int_eq(any_list[SIZE], 12 * 512);
	ck_assert_int_eq(any_list[WHOLE], 8);
	ck_assert_int_eq(any_list[ZEROS], 4);
	ck_assert_uint_eq(any_effect(0, EFFECT_SYNC_FAILED), 1);
	ck_assert_uint_eq(any_effect(0, EFFECT_DROPPED), 4 * 512);
}
END_TEST

START_TEST(reads_and_writes_can_fail)
{
	ck_assert_int_eq(any_call(0, DO_SAVE, 5, 0), 0);
	set_disk((struct node_disk){ .read_fails = 1 });
	ck_assert_int_eq(any_call(0, DO_LOAD, 0, 0), FR_EIO);
	ck_assert_int_eq(any_call(0, DO_SAVE, 6, 0), 0);
	ck_assert_uint_eq(any_effect(0, EFFECT_READ_FAILED), 1);
	set_disk((struct node_disk){ .write_fails = 1 });
	ck_assert_int_eq(any_call(0, DO_LOAD, 0, 0), 6);
	ck_assert_int_eq(any_call(0, DO_SAVE, 7, 0), FR_EIO);
	ck_assert_uint_eq(any_effect(0, EFFECT_WRITE_FAILED), 1);
	set_disk((struct node_disk){ 0 });
	ck_assert_int_eq(any_call(0, DO_SAVE, 8, 0), 0);
	ck_assert_int_eq(any_call(0, DO_LOAD, 0, 0), 8);
}
END_TEST

START_TEST(where_there_is_no_space_nothing_grows)
{
	ck_assert_int_eq(any_call(0, DO_SAVE, 5, 0), 0);
	ck_assert_int_eq(any_call(0, DO_APPEND, 2, 1), 0);
	set_disk((struct node_disk){ .full = 1 });
	ck_assert_int_eq(any_call(0, DO_SAVE, 6, 0), 0);
	ck_assert_int_eq(any_call(0, DO_APPEND, 1, 1), FR_ENOSPC);
	ck_assert_uint_eq(any_effect(0, EFFECT_FULL), 1);
	set_disk((struct node_disk){ 0 });
	ck_assert_int_eq(any_call(0, DO_APPEND, 1, 1), 0);
	survey();
	ck_assert_int_eq(any_list[WHOLE], 3);
}
END_TEST

START_TEST(a_misdirected_write_is_missing_here_and_spoils_there)
{
	ck_assert_int_eq(any_call(0, DO_APPEND, 40, 1), 0);
	set_disk((struct node_disk){ .misdirects = 4 });
	ck_assert_int_eq(any_call(0, DO_APPEND, 40, 1), 0);
	ck_assert_uint_gt(any_effect(0, EFFECT_MISDIRECTED), 0);
	set_disk((struct node_disk){ 0 });
	any_again(0);
	survey();
	ck_assert_int_eq(any_list[SIZE], 80 * 512);
	ck_assert_int_gt(any_list[ZEROS], 0);
	ck_assert_int_gt(any_list[OTHERS], 0);
}
END_TEST

START_TEST(cuts_and_removals_are_lost_or_last_too)
{
	static const uint32_t ways[] = { LOSE_SUFFIX, LOSE_REORDER,
					 LOSE_TORN };
	int lasted = 0, lost = 0, i;

	for (i = 0; i < 12; i++) {
		set_disk((struct node_disk){ 0 });
		ck_assert_int_eq(any_call(0, DO_REMOVE, 0, 0),
				 i == 0 ? FR_ENOENT : 0);
		ck_assert_int_eq(any_call(0, DO_APPEND, 8, 1), 0);
		set_disk((struct node_disk){ .lose = ways[_i],
					     .draw = (uint64_t)i + 1 });
		ck_assert_int_eq(any_call(0, DO_CUT, 5, 0), 0);
		any_again(0);
		survey();
		ck_assert_int_eq(any_list[ZEROS] + any_list[OTHERS], 0);
		if (any_list[SIZE] == 5 * 512)
			lasted++;
		else if (any_list[SIZE] == 8 * 512)
			lost++;
		else
			ck_abort_msg("%lld bytes", (long long)any_list[SIZE]);
	}
	ck_assert_int_eq(lasted + lost, 12);
	ck_assert_int_gt(lost, 0);
	if (ways[_i] == LOSE_TORN)	/* it was the last, and is lost */
		ck_assert_int_eq(lasted, 0);
	else
		ck_assert_int_gt(lasted, 0);
}
END_TEST

/* ---- the disk, at rest -------------------------------------------------------------- */

static void
harm(uint32_t what, uint32_t count, uint64_t draw)
{
	const struct node_harm h = { what, count, draw };

	DO(harm, 0, &h);
}

START_TEST(amnesia_leaves_nothing)
{
	const struct node_harm wipe = { .what = HARM_WIPE };

	ck_assert_int_eq(any_call(0, DO_SAVE, 5, 0), 0);
	ck_assert_int_eq(any_call(0, DO_APPEND, 3, 1), 0);
	REFUSED("disk in use", harm, 0, &wipe);
	any_kill(0);
	harm(HARM_WIPE, 0, 0);
	any_boot(0);
	ck_assert_int_eq(any_call(0, DO_LOAD, 0, 0), FR_ENOENT);
	survey();
	ck_assert_int_eq(any_list[SIZE], 0);
	ck_assert_uint_eq(any_effect(0, EFFECT_WIPED), 2);
}
END_TEST

START_TEST(rot_changes_what_was_synced)
{
	ck_assert_int_eq(any_call(0, DO_APPEND, 64, 1), 0);
	/* Down, or running: what is read from below is rotten. */
	if (_i == 0)
		any_kill(0);
	harm(HARM_ROT, 3, 1);
	if (_i == 0)
		any_boot(0);
	survey();
	ck_assert_int_ge(any_list[OTHERS], 1);
	ck_assert_int_le(any_list[OTHERS], 3);
	ck_assert_int_eq(any_list[WHOLE] + any_list[OTHERS], 64);
	ck_assert_uint_eq(any_effect(0, EFFECT_ROTTED), 3);
	harm(HARM_SECTORS, 8, 2);
	survey();
	ck_assert_int_ge(any_list[OTHERS], 4);
	ck_assert_int_eq(any_list[WHOLE] + any_list[OTHERS], 64);
	ck_assert_uint_eq(any_effect(0, EFFECT_SECTORS), 8);
}
END_TEST

START_TEST(an_older_state_comes_back)
{
	const struct node_harm back = { .what = HARM_BACK };

	REFUSED("disk in use", harm, 0, &back);
	ck_assert_int_eq(any_call(0, DO_SAVE, 5, 0), 0);
	ck_assert_int_eq(any_call(0, DO_APPEND, 3, 1), 0);
	harm(HARM_KEEP, 0, 0);
	ck_assert_int_eq(any_call(0, DO_SAVE, 6, 0), 0);
	ck_assert_int_eq(any_call(0, DO_APPEND, 3, 1), 0);
	any_kill(0);
	harm(HARM_BACK, 0, 0);
	any_boot(0);
	ck_assert_int_eq(any_call(0, DO_LOAD, 0, 0), 5);
	survey();
	ck_assert_int_eq(any_list[WHOLE], 3);
	ck_assert_uint_eq(any_effect(0, EFFECT_ROLLED), 3 * 512 + 1);
	any_kill(0);
	harm(HARM_FORGET, 0, 0);
	REFUSED("nothing of its disk was kept", harm, 0, &back);
}
END_TEST

/* ---- another file -------------------------------------------------------------------- */

START_TEST(another_file_is_taken_at_the_next_boot)
{
	ck_assert_int_eq(any_call(0, DO_SAVE, 5, 0), 0);
	DO(replace, 0, 0);
	ck_assert_int_eq(any_call(0, DO_VERSION, 0, 0), 1);
	any_again(0);
	ck_assert_int_eq(any_call(0, DO_VERSION, 0, 0), 2);
	/* Another plugin, the same node. */
	ck_assert_int_eq(any_call(0, DO_LOAD, 0, 0), 5);
	any_again(0);
	ck_assert_int_eq(any_call(0, DO_VERSION, 0, 0), 2);
	ck_assert_uint_eq(any_effect(0, EFFECT_REPLACED), 1);
	DO(replace, 0, WORLD_OWN);
	any_again(0);
	ck_assert_int_eq(any_call(0, DO_VERSION, 0, 0), 1);
	ck_assert_uint_eq(any_effect(0, EFFECT_REPLACED), 2);
	REFUSED("no other file 1", replace, 0, 1);
}
END_TEST

static Suite *
hurt_suite(void)
{
	Suite *s = suite_create("hurt");
	TCase *t = tcase_create("three nodes");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, open_three, close_world);
	tcase_add_loop_test(t, it_dies_before_or_after_each_of_its_calls, 0,
			    12);
	tcase_add_test(t, a_reply_that_left_is_an_answer);
	tcase_add_loop_test(t, a_step_is_seen_and_counted, 0, 4);
	tcase_add_loop_test(t, a_healed_drift_leaves_a_clock_that_is_right, 0,
			    2);
	tcase_add_test(t, a_frozen_clock_stands_still_and_catches_up);
	suite_add_tcase(s, t);
	t = tcase_create("one node");
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, open_one, close_world);
	tcase_add_loop_test(t,
		a_synced_write_outlives_the_point_and_another_does_not, 0, 2);
	tcase_add_test(t, the_point_waits_over_boots_and_can_be_taken_back);
	tcase_add_test(t, a_slow_node_takes_longer_for_each_handler);
	tcase_add_test(t, a_coarse_clock_shows_whole_ticks);
	tcase_add_test(t, the_bound_holds_or_does_not_as_it_was_set);
	tcase_add_test(t, timers_go_by_the_rate_and_not_by_the_wall);
	tcase_add_test(t, a_crash_loses_everything_that_was_not_synced);
	tcase_add_test(t, a_suffix_is_lost_and_the_rest_lasts);
	tcase_add_test(t, of_what_is_reordered_some_sectors_last);
	tcase_add_test(t, of_what_is_torn_only_the_last_write_is_lost);
	tcase_add_test(t, a_sync_can_take_longer);
	tcase_add_test(t, a_sync_fails_once_and_the_next_one_lies);
	tcase_add_test(t, reads_and_writes_can_fail);
	tcase_add_test(t, where_there_is_no_space_nothing_grows);
	tcase_add_test(t, a_misdirected_write_is_missing_here_and_spoils_there);
	tcase_add_loop_test(t, cuts_and_removals_are_lost_or_last_too, 0, 3);
	tcase_add_test(t, amnesia_leaves_nothing);
	tcase_add_loop_test(t, rot_changes_what_was_synced, 0, 2);
	tcase_add_test(t, an_older_state_comes_back);
	tcase_add_test(t, another_file_is_taken_at_the_next_boot);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(hurt_suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
