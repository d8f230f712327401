/* SPDX-License-Identifier: MIT */
/*
 * Every variant of the families of processes, clocks and disks: it takes
 * effect, says so, and is over when it is over; in whichever world this was
 * built for (any_world.h).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nemesis/nemesis.h"
#include "tests/unit/any_world.h"
#include "tests/unit/plugins/hurt_tool.h"

/* ---- a nemesis, and what it tells ------------------------------------------------ */

static struct nemesis *nemesis;
static uint32_t started, ended, effective, lost;
static char words[2048];

static void
on_started(void *arg, const struct fault *f, const char *text)
{
	(void)arg;
	(void)f;
	snprintf(words, sizeof words, "%s", text);
	started++;
}

static void
on_ended(void *arg, const struct fault *f, bool did, const char *text)
{
	(void)arg;
	(void)f;
	snprintf(words, sizeof words, "%s", text);
	ended++;
	effective += did;
}

static void
on_lost(void *arg, uint32_t node)
{
	(void)arg;
	(void)node;
	lost++;
}

static const struct nemesis_events events = {
	.started = on_started, .ended = on_ended,
};

static uint32_t nodes;

static void
open_nodes(uint32_t count)
{
	static struct plan none;
	struct scene s = { .lost = on_lost };

	nodes = count;
	any_open(count, 3);
	s.world = any;
	s.ground = (struct ground){ .nodes = count, .clients = 2, .seed = 3,
				    .world = any_name };
	started = ended = effective = lost = 0;
	nemesis = nemesis_new(&s, &none, &events, NULL);
}

static void
open_three(void)
{
	open_nodes(3);
}

static void
close_world(void)
{
	nemesis_free(nemesis);
	any_close();
}

/* Some of everything, at every node that is there: a fault has something to
 * take effect on. */
static void
work(void)
{
	uint32_t i;

	for (i = 0; i < nodes; i++) {
		if (any->ops->state(any, i, NULL) != NODE_UP)
			continue;
		if (any_call(i, DO_APPEND, 3, 0) == ANY_BROKEN ||
		    any_call(i, DO_APPEND, 2, 1) == ANY_BROKEN ||
		    any_call(i, DO_SURVEY, 0, 0) == ANY_BROKEN ||
		    any_call(i, DO_TIME, 0, 0) == ANY_BROKEN)
			continue;
		(void)any_call(i, DO_WORK, 0, 0);
	}
}

/* What any_call would wait for for ever. */
static bool
is_pause(const char *line)
{
	return strncmp(line, "pause", 5) == 0;
}

static void
begin(const char *line)
{
	struct fr_err err = { 0 };

	ck_assert_msg(nemesis_do(nemesis, line, 0, &err) == 0, "%s: %s", line,
		      err.text);
	ck_assert_uint_eq(started, 1);
}

static bool
is_over(uint64_t arg)
{
	(void)arg;
	return nemesis_on(nemesis) == 0;
}

static bool
is_whole(uint64_t arg)
{
	uint32_t i;

	(void)arg;
	for (i = 0; i < nodes; i++)
		if (any->ops->state(any, i, NULL) != NODE_UP)
			return false;
	return true;
}

/* Nothing of it is left: neither in what nodes are, nor in what they do. */
static void
expect_healed(void)
{
	uint64_t before[NODE_EFFECTS], after[NODE_EFFECTS];
	uint32_t i, k;

	any_until(is_whole, 0);
	/* What came before the end of the fault is dealt with before this. */
	for (i = 0; i < nodes; i++)
		ck_assert_int_eq(any_call(i, DO_ECHO, 7, 0), 7);
	for (i = 0; i < nodes; i++) {
		any->ops->effects(any, i, before);
		ck_assert_int_eq(any_call(i, DO_CUT, 0, 0), 0);
		ck_assert_int_eq(any_call(i, DO_APPEND, 8, 1), 0);
		ck_assert_int_eq(any_call(i, DO_SAVE, 9, 0), 0);
		ck_assert_int_ne(any_call(i, DO_TIME, 0, 0), ANY_BROKEN);
		ck_assert_int_eq(any_list[2], any_list[3]);
		any->ops->effects(any, i, after);
		/* The furthest off is forgotten when it hears of the end. */
		after[EFFECT_CLOCK_OFF] = before[EFFECT_CLOCK_OFF];
		for (k = 0; k < NODE_EFFECTS; k++)
			ck_assert_msg(before[k] == after[k], "effect %u of "
				      "node %u", k, i);
		any_again(i);
		ck_assert_int_eq(any_call(i, DO_SURVEY, 0, 0), 8 * 512);
		ck_assert_int_eq(any_list[1], 8);
		ck_assert_int_eq(any_call(i, DO_LOAD, 0, 0), 9);
		ck_assert_int_eq(any_call(i, DO_VERSION, 0, 0), 1);
	}
}

static const struct {
	const char *line, *says;
} cases[] = {
	{ "kill 1", "node 1 dead for" },
	{ "kill:rapid 0,1 every=5ms", "killed again" },
	{ "kill:quorum", "dead for" },
	{ "kill:all", "every node dead for" },
	{ "pause 1,2", "nodes 1,2 stopped for" },
	{ "pause:flicker 0 every=4ms", "and again" },
	{ "slow 0 by=2ms", "handlers took 2.00ms longer" },
	{ "slow:bursts 0,1 by=1ms every=20ms", "handlers took" },
	{ "crash-at 1 count=5", "node 1 died there" },
	{ "crash-at:write 0 side=after", "node 0 died there, 512 bytes not" },
	{ "crash-at:sync 0,1 count=2", "died there" },
	{ "crash-at:send 2 count=2 side=after in=work", "node 2 died there" },
	{ "crash-at:reply all count=4", "every node died there" },
	{ "amnesia 1", "node 1 lost 2 files" },
	{ "upgrade 0,2 to=second", "nodes 0,2 changed files 4 times" },
	{ "upgrade:all-at-once to=second", "every node changed files 6" },
	{ "clock 0 by=-2h", "up to 120m" },
	{ "clock 0 by=1ms", "up to 1.00ms off" },
	{ "clock:drift 0 rate=1.01", "wrong clocks were looked at" },
	{ "clock:strobe 0,1 by=70ms every=3ms", "up to 70.0ms off" },
	{ "clock:freeze 0", "wrong clocks were looked at" },
	{ "clock:ticks 0 tick=20ms", "wrong clocks were looked at" },
	{ "clock:bound 0 by=3s error=1ms", "up to 3.00s off" },
	{ "disk 0 cut=sync", "node 0: 2560 bytes not synced lost" },
	{ "disk:suffix 0 cut=write count=5", "not synced lost" },
	{ "disk:reorder 0 cut=write count=5", "not synced lost, " },
	{ "disk:torn 0 cut=write count=3", "node 0: 512 bytes not synced "
	  "lost, 1024 bytes of the kind not" },
	{ "disk:lose 0 cut=end", "not synced lost" },
	{ "disk:slow-sync 0 by=5ms", "took 5ms longer" },
	{ "disk:sync-lies 0", "dropped by a sync that failed" },
	{ "disk:eio 0 one-in=2", "failed" },
	{ "disk:full 0", "found no space" },
	{ "disk:rot 0 spots=5", "5 bits flipped" },
	{ "disk:sectors 0 spots=2", "2 sectors spoilt" },
	{ "disk:rollback 0", "changed by it" },
	{ "disk:misdirect 0 one-in=2", "written elsewhere" },
};

#define CASES ((int)(sizeof cases / sizeof *cases))

START_TEST(it_takes_effect_and_is_over)
{
	const char *line = cases[_i].line;
	int64_t until;
	int rounds;

	work();		/* there is something on the disks */
	begin(line);
	until = any->ops->now(any) + 60 * ANY_MS;
	for (rounds = 0; rounds < 3 || any->ops->now(any) < until; rounds++) {
		if (!is_pause(line))
			work();
		any_pass(5 * ANY_MS);
	}
	/* Its last word, where the fault's own end is the power cut. */
	if (strstr(line, "cut=end") != NULL)
		ck_assert_int_eq(any_call(0, DO_APPEND, 1, 0), 0);
	nemesis_heal(nemesis);
	any_until(is_over, 0);
	ck_assert_uint_eq(ended, 1);
	ck_assert_msg(effective == 1, "%s: %s", line, words);
	ck_assert_msg(strstr(words, cases[_i].says) != NULL, "%s: %s", line,
		      words);
	expect_healed();
	ck_assert_uint_eq(lost, 0);
}
END_TEST

START_TEST(what_had_nothing_to_do_says_so)
{
	static const char *const lines[] = {
		"slow 0", "crash-at:sync 0", "clock 0", "disk 0 cut=sync",
		"disk:slow-sync 0", "disk:eio 0", "disk:full 0", "disk:rot 0",
		"disk:rollback 0", "disk:misdirect 0", "amnesia 0",
	};
	size_t i;

	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		started = ended = 0;
		begin(lines[i]);
		any_pass(10 * ANY_MS);
		nemesis_end_all(nemesis);
		any_until(is_over, 0);
		ck_assert_uint_eq(ended, 1);
		ck_assert_msg(effective == 0, "%s: %s", lines[i], words);
		any_until(is_whole, 0);
	}
}
END_TEST

START_TEST(who_is_killed_for_good_stays_down)
{
	begin("kill:for-good 1");
	any_pass(20 * ANY_MS);
	nemesis_heal(nemesis);
	any_until(is_over, 0);
	ck_assert_uint_eq(effective, 1);
	ck_assert_str_eq(words, "node 1 dead for good");
	ck_assert_uint_eq(lost, 1);
	any_pass(50 * ANY_MS);
	ck_assert_int_eq(any->ops->state(any, 1, NULL), NODE_DOWN);
}
END_TEST

START_TEST(an_upgrade_that_stays_stays)
{
	uint32_t i;

	begin("upgrade:stay 0-2 to=second");
	nemesis_heal(nemesis);
	any_until(is_over, 0);
	any_until(is_whole, 0);
	for (i = 0; i < nodes; i++)
		ck_assert_int_eq(any_call(i, DO_VERSION, 0, 0), 2);
}
END_TEST

START_TEST(a_fault_leaves_alone_what_another_has_set)
{
	int64_t theirs;

	begin("clock 0 by=1h");
	started = 0;
	begin("clock 0 by=2h");
	/* The first one ends, and the second one's word holds. */
	nemesis_end_all(nemesis);
	any_until(is_over, 0);
	any_call(1, DO_TIME, 0, 0);
	theirs = any_list[1];
	any_call(0, DO_TIME, 0, 0);
	ck_assert_int_lt(any_list[1] - theirs, 3600 * 1000 * ANY_MS);
	/* Somebody starts a node that a fault has killed. */
	started = 0;
	begin("kill 1");
	any_until_said("end 1.0 ");
	any_boot(1);
	nemesis_end_all(nemesis);
	any_until(is_over, 0);
	any_pass(20 * ANY_MS);
	ck_assert_uint_eq(any_times("end 1.1 "), 0);
	/* Before its disk was wiped, too: the other comes back all the same. */
	started = 0;
	begin("amnesia 0,2");
	any_until_said("end 0.0 ");
	any_boot(0);
	nemesis_end_all(nemesis);
	any_until(is_over, 0);
	any_until(is_whole, 0);
}
END_TEST

START_TEST(at_one_and_two_nodes_each_makes_sense)
{
	static const char *const lines[] = {
		"kill", "kill:rapid", "kill:quorum", "kill:all", "pause",
		"slow", "crash-at", "amnesia", "upgrade to=second", "clock",
		"clock:drift", "disk", "disk:rot", "disk:rollback",
	};
	size_t i;

	open_nodes((uint32_t)_i);
	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		started = 0;
		begin(lines[i]);
		any_pass(10 * ANY_MS);
		nemesis_end_all(nemesis);
		any_until(is_over, 0);
		any_until(is_whole, 0);
	}
	close_world();
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
		{ "crash-at 0 side=above", "before or after" },
		{ "crash-at 0 count=0", "count" },
		{ "crash-at:vote 0", "crash-at" },
		{ "clock 0 by=soon", "by" },
		{ "clock:drift 0 rate=0", "rate" },
		{ "clock:bound 0 by=1ms error=2ms", "nothing would be violated" },
		{ "disk 0 cut=noon", "the fault's end" },
		{ "disk:slow-sync 0 by=1h", "by" },
		{ "upgrade 0", "to which file" },
		{ "upgrade 0 to=third", "no file of this run" },
		{ "slow 7", "there is no node 7" },
	};
	struct fr_err err;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		memset(&err, 0, sizeof err);
		ck_assert_int_eq(nemesis_do(nemesis, bad[i].line, 0, &err),
				 -1);
		ck_assert_msg(strstr(err.text, bad[i].says) != NULL, "%s: %s",
			      bad[i].line, err.text);
	}
	ck_assert_uint_eq(started, 0);
	expect_healed();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("families");
	TCase *t = tcase_create("three nodes");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, open_three, close_world);
	tcase_add_loop_test(t, it_takes_effect_and_is_over, 0, CASES);
	tcase_add_test(t, what_had_nothing_to_do_says_so);
	tcase_add_test(t, who_is_killed_for_good_stays_down);
	tcase_add_test(t, an_upgrade_that_stays_stays);
	tcase_add_test(t, a_fault_leaves_alone_what_another_has_set);
	tcase_add_test(t, what_makes_no_sense_is_refused);
	suite_add_tcase(s, t);
	t = tcase_create("few nodes");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, at_one_and_two_nodes_each_makes_sense, 1, 3);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
