/* SPDX-License-Identifier: MIT */
/*
 * The weaker conditions over single keys: small histories with known verdicts,
 * and for those that speak of an order, brute force over all orders.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/weak_help.h"

static struct story s;

static void
setup(void)
{
	story_init(&s);
}

static void
teardown(void)
{
	story_free(&s);
}

static void
again(void)
{
	teardown();
	setup();
}

/* ---- set-full ------------------------------------------------------------ */

static void
add(int64_t value, uint32_t outcome)
{
	story_op(&s, 0, F_ADD, FR_NO_KEY, num(value), outcome, nil());
}

#define SEES(...) story_op(&s, 1, F_READ, FR_NO_KEY, nil(), FR_OK,	\
	LIST(&s, __VA_ARGS__))

START_TEST(a_set_keeps_what_was_added)
{
	add(1, FR_OK);
	add(2, FR_INFO);
	add(3, FR_FAIL);
	SEES(1);
	SEES(2, 1);
	expect(&s, "set-full", VERDICT_VALID, NULL);
	ck_assert(explains(&s, "set-full", "1 elements acknowledged, 1 seen"));
	ck_assert(explains(&s, "set-full", "Stable latency: median 0"));
}
END_TEST

START_TEST(a_set_loses_an_element)
{
	add(1, FR_OK);
	add(2, FR_OK);
	SEES(1, 2);
	SEES(2);
	expect(&s, "set-full", VERDICT_INVALID, "lost");
	again();
	add(1, FR_OK);
	add(2, FR_OK);
	SEES(2);
	expect(&s, "set-full", VERDICT_INVALID, "lost");
	/* One that was never acknowledged, but seen, is in as well. */
	again();
	add(1, FR_OK);
	add(2, FR_INFO);
	SEES(1, 2);
	SEES(1);
	expect(&s, "set-full", VERDICT_INVALID, "lost");
}
END_TEST

START_TEST(a_set_is_stale_for_a_while)
{
	add(1, FR_OK);
	add(2, FR_OK);
	SEES(2);
	SEES(1, 2);
	expect(&s, "set-full", VERDICT_VALID, NULL);
	ck_assert(explains(&s, "set-full", "1 stale for a while"));
	ck_assert(explains(&s, "set-full", "max 3ns"));
	story_set(&s, "stale=forbidden");
	expect(&s, "set-full", VERDICT_INVALID, "stale");
}
END_TEST

START_TEST(a_read_under_way_may_miss_an_element)
{
	add(1, FR_OK);			/* 0 .. 1 */
	SEES(1);			/* 2 .. 3 */
	add(2, FR_OK);
	story_at(&s, 4, 8);
	SEES(1);
	story_at(&s, 5, 9);
	expect(&s, "set-full", VERDICT_VALID, NULL);
	/* The last read lacks it, but another that saw it is under way. */
	again();
	add(1, FR_OK);
	add(2, FR_OK);
	SEES(1, 2);
	story_at(&s, 4, 9);
	SEES(2);
	story_at(&s, 5, 7);
	expect(&s, "set-full", VERDICT_VALID, NULL);
}
END_TEST

START_TEST(a_set_shows_what_it_should_not)
{
	add(1, FR_OK);
	SEES(1, 1);
	expect(&s, "set-full", VERDICT_INVALID, "duplicate");
	again();
	add(1, FR_OK);
	SEES(1, 7);
	expect(&s, "set-full", VERDICT_INVALID, "invented");
	again();
	add(1, FR_OK);
	add(2, FR_FAIL);
	SEES(1, 2);
	expect(&s, "set-full", VERDICT_INVALID, "invented");
	again();
	add(1, FR_OK);
	SEES(1, 2);
	add(2, FR_OK);
	expect(&s, "set-full", VERDICT_INVALID, "invented");
}
END_TEST

START_TEST(a_set_that_nobody_read_is_unknown)
{
	add(1, FR_OK);
	expect(&s, "set-full", VERDICT_UNKNOWN, NULL);
	again();
	SEES(1);
	s.count = 0;
	story_op(&s, 1, F_READ, FR_NO_KEY, nil(), FR_OK, nil());
	add(1, FR_OK);
	expect(&s, "set-full", VERDICT_UNKNOWN, NULL);
	again();
	add(1, FR_INFO);
	SEES(1);
	expect(&s, "set-full", VERDICT_UNKNOWN, NULL);
}
END_TEST

/* ---- total-queue --------------------------------------------------------- */

static void
put(int64_t value, uint32_t outcome)
{
	story_op(&s, 0, F_ENQUEUE, FR_NO_KEY, num(value), outcome, nil());
}

static void
take(struct fr_value value)
{
	story_op(&s, 1, F_DEQUEUE, FR_NO_KEY, nil(), FR_OK, value);
}

START_TEST(a_queue_gives_back_what_it_got)
{
	put(1, FR_OK);
	put(2, FR_INFO);
	put(3, FR_FAIL);
	take(num(2));
	take(num(1));
	take(nil());
	expect(&s, "total-queue", VERDICT_VALID, NULL);
	ck_assert(explains(&s, "total-queue", "1 of them of unanswered"));
}
END_TEST

START_TEST(a_queue_loses_an_element)
{
	put(1, FR_OK);
	put(2, FR_OK);
	take(num(2));
	expect(&s, "total-queue", VERDICT_UNKNOWN, NULL);
	take(nil());
	expect(&s, "total-queue", VERDICT_INVALID, "lost");
	/* A dequeue that was never answered may have taken it. */
	story_op(&s, 2, F_DEQUEUE, FR_NO_KEY, nil(), FR_INFO, nil());
	expect(&s, "total-queue", VERDICT_VALID, NULL);
	again();
	put(1, FR_OK);
	put(2, FR_OK);
	story_op(&s, 1, F_DRAIN, FR_NO_KEY, nil(), FR_OK, LIST(&s, 2));
	expect(&s, "total-queue", VERDICT_INVALID, "lost");
}
END_TEST

START_TEST(a_queue_found_empty_too_early_is_not_drained)
{
	put(1, FR_OK);
	take(nil());
	put(2, FR_OK);
	take(num(2));
	expect(&s, "total-queue", VERDICT_UNKNOWN, NULL);
}
END_TEST

START_TEST(a_queue_gives_too_much)
{
	put(1, FR_OK);
	take(num(1));
	take(num(1));
	expect(&s, "total-queue", VERDICT_INVALID, "duplicate");
	again();
	put(1, FR_OK);
	put(1, FR_INFO);
	take(num(1));
	take(num(1));
	take(nil());
	expect(&s, "total-queue", VERDICT_VALID, NULL);
	again();
	put(1, FR_OK);
	put(2, FR_FAIL);
	take(num(2));
	expect(&s, "total-queue", VERDICT_INVALID, "invented");
	again();
	put(1, FR_OK);
	take(num(2));
	put(2, FR_OK);
	expect(&s, "total-queue", VERDICT_INVALID, "invented");
}
END_TEST

/* ---- identifiers and counters -------------------------------------------- */

START_TEST(identifiers_do_not_repeat)
{
	struct fr_value text = nil();

	expect(&s, "unique-ids", VERDICT_UNKNOWN, NULL);
	text.kind = FR_BYTES;
	text.count = 1;
	text.u.bytes = "5";
	story_op(&s, 0, F_GENERATE, FR_NO_KEY, nil(), FR_OK, num(5));
	story_op(&s, 0, F_GENERATE, FR_NO_KEY, nil(), FR_OK, text);
	story_op(&s, 0, F_GENERATE, FR_NO_KEY, nil(), FR_INFO, nil());
	story_op(&s, 0, F_GENERATE, FR_NO_KEY, nil(), FR_FAIL, nil());
	expect(&s, "unique-ids", VERDICT_VALID, NULL);
	story_op(&s, 1, F_GENERATE, FR_NO_KEY, nil(), FR_OK, num(5));
	expect(&s, "unique-ids", VERDICT_INVALID, "duplicate");
}
END_TEST

static void
change(uint32_t f, int64_t by, uint32_t outcome)
{
	story_op(&s, 0, f, FR_NO_KEY, num(by), outcome, nil());
}

static void
counts(int64_t value)
{
	story_op(&s, 1, F_READ, FR_NO_KEY, nil(), FR_OK, num(value));
}

START_TEST(a_counter_is_within_its_bounds)
{
	int64_t seen;

	/* 3, and of the pending ones +5 and -2 any. */
	for (seen = -2; seen < 12; seen++) {
		again();
		change(F_ADD, 5, FR_OK);
		change(F_ADD, 100, FR_FAIL);
		change(F_SUBTRACT, 2, FR_OK);
		change(F_ADD, 5, FR_INFO);
		change(F_SUBTRACT, 2, FR_INFO);
		counts(seen);
		expect(&s, "counter-bounds", seen >= 1 && seen <= 8 ?
		       VERDICT_VALID : VERDICT_INVALID, "out-of-bounds");
	}
}
END_TEST

START_TEST(a_change_around_a_read_counts_or_not)
{
	int64_t seen;

	for (seen = 9; seen < 16; seen++) {
		again();
		story_set(&s, "initial=10");
		change(F_ADD, 3, FR_OK);
		story_at(&s, 0, 10);
		counts(seen);
		story_at(&s, 2, 4);
		expect(&s, "counter-bounds", seen >= 10 && seen <= 13 ?
		       VERDICT_VALID : VERDICT_INVALID, "out-of-bounds");
	}
	/* What is called after a read has ended does not count. */
	again();
	counts(3);
	change(F_ADD, 3, FR_OK);
	expect(&s, "counter-bounds", VERDICT_INVALID, "out-of-bounds");
}
END_TEST

/* Which the node has read that did the last operation. */
static void
finally_at(uint32_t node)
{
	s.ops[s.count - 1].phase = FR_PHASE_FINAL;
	s.ops[s.count - 1].node = node;
}

START_TEST(a_stale_count_lacks_what_it_likes_until_the_end)
{
	int64_t seen;

	for (seen = -3; seen < 10; seen++) {
		again();
		story_set(&s, "stale=allowed");
		change(F_ADD, 8, FR_OK);
		change(F_SUBTRACT, 2, FR_OK);
		counts(seen);
		counts(5);
		finally_at(0);
		counts(6);
		finally_at(0);
		counts(6);
		finally_at(1);
		expect(&s, "counter-bounds", seen >= -2 && seen <= 8 ?
		       VERDICT_VALID : VERDICT_INVALID, "out-of-bounds");
	}
	again();
	story_set(&s, "stale=allowed");
	change(F_ADD, 8, FR_OK);
	counts(8);
	finally_at(0);
	counts(7);
	finally_at(1);
	expect(&s, "counter-bounds", VERDICT_INVALID, "out-of-bounds");
	again();
	story_set(&s, "stale=allowed");
	change(F_ADD, 8, FR_OK);
	counts(8);
	expect(&s, "counter-bounds", VERDICT_UNKNOWN, NULL);
}
END_TEST

/* ---- log ----------------------------------------------------------------- */

static void
sends(int64_t value, int64_t offset)
{
	story_op(&s, 0, F_SEND, 1, num(value), FR_OK, num(offset));
}

#define POLLS(...) story_op(&s, 1, F_POLL, 1, nil(), FR_OK,		\
	LIST(&s, __VA_ARGS__))

START_TEST(a_log_keeps_its_places)
{
	sends(10, 0);
	sends(11, 1);
	sends(12, 5);
	POLLS(0, 10, 1, 11);
	POLLS(1, 11, 5, 12);
	expect(&s, "log-offsets", VERDICT_VALID, NULL);
}
END_TEST

START_TEST(a_log_is_wrong_in_many_ways)
{
	static const struct {
		int64_t at[8];
		uint32_t count;
		const char *violation;
	} polls[] = {
		{ { 0, 10, 2, 12 }, 4, "lost" },
		{ { 0, 10, 1, 12 }, 4, "inconsistent" },
		{ { 0, 10, 1, 11, 2, 12, 3, 12 }, 8, "duplicate" },
		{ { 1, 11, 0, 10 }, 4, "reordered" },
		{ { 0, 10, 1, 11, 2, 12, 3, 99 }, 8, "invented" },
		{ { 0, 10, 1, 11, 2, 12, 3, 13 }, 8, "invented" },
	};
	size_t i;

	for (i = 0; i < sizeof polls / sizeof *polls; i++) {
		again();
		sends(10, 0);
		sends(11, 1);
		sends(12, 2);
		story_op(&s, 0, F_SEND, 1, num(13), FR_FAIL, nil());
		story_op(&s, 1, F_POLL, 1, nil(), FR_OK,
			 list_of(&s, polls[i].count, polls[i].at));
		expect(&s, "log-offsets", VERDICT_INVALID, polls[i].violation);
	}
	again();
	sends(10, 0);
	sends(11, 1);
	sends(12, 2);
	POLLS(0, 10, 1, 11, 2, 12);
	POLLS(0, 10, 2, 12);
	expect(&s, "log-offsets", VERDICT_INVALID, "skipped");
	again();
	sends(10, 5);
	sends(11, 1);
	POLLS(5, 10);
	expect(&s, "log-offsets", VERDICT_INVALID, "reordered");
}
END_TEST

START_TEST(a_final_poll_that_finds_nothing_shows_the_loss)
{
	struct fr_operation *o;

	sends(10, 0);
	sends(11, 1);
	POLLS(0, 10);
	expect(&s, "log-offsets", VERDICT_VALID, NULL);
	o = story_op(&s, 1, F_POLL, 1, num(1), FR_OK, nil());
	expect(&s, "log-offsets", VERDICT_VALID, NULL);
	o->phase = FR_PHASE_FINAL;
	expect(&s, "log-offsets", VERDICT_INVALID, "lost");
}
END_TEST

static void
commits(int64_t offset, uint32_t outcome)
{
	story_op(&s, 0, F_COMMIT, 1, num(offset), outcome, nil());
}

static void
lists(struct fr_value offset)
{
	story_op(&s, 1, F_LIST, 1, nil(), FR_OK, offset);
}

START_TEST(committed_offsets_do_not_go_back)
{
	sends(10, 0);
	POLLS(0, 10);
	lists(nil());
	commits(3, FR_OK);
	lists(num(3));
	commits(7, FR_INFO);
	lists(num(3));
	lists(num(7));
	expect(&s, "log-offsets", VERDICT_VALID, NULL);
	lists(num(3));
	expect(&s, "log-offsets", VERDICT_INVALID, "commit-back");
	s.count--;
	lists(nil());
	expect(&s, "log-offsets", VERDICT_INVALID, "commit-back");
	s.count--;
	/* Somebody committed the lower one again. */
	commits(3, FR_OK);
	lists(num(3));
	expect(&s, "log-offsets", VERDICT_VALID, NULL);
}
END_TEST

/* ---- convergence --------------------------------------------------------- */

START_TEST(final_reads_agree)
{
	story_write(&s, 0, 1, 5);
	story_write(&s, 1, 1, 6);
	story_read(&s, 0, 1, 5);
	story_read(&s, 1, 1, 5);
	expect(&s, "convergence", VERDICT_VALID, NULL);
	story_read(&s, 1, 1, 6);
	expect(&s, "convergence", VERDICT_INVALID, "diverged");
	again();
	story_write(&s, 0, 1, 5);
	story_read(&s, 0, 1, 7);
	story_read(&s, 1, 1, 7);
	expect(&s, "convergence", VERDICT_INVALID, "invented");
	again();
	story_write(&s, 0, 1, 5);
	story_nil(&s, 0, 1);
	story_nil(&s, 1, 1);
	expect(&s, "convergence", VERDICT_INVALID, "forgotten");
	again();
	story_read(&s, 0, 1, 7);
	story_write(&s, 0, 1, 5);
	story_read(&s, 0, 1, 5);
	expect(&s, "convergence", VERDICT_UNKNOWN, NULL);
}
END_TEST

START_TEST(final_sets_agree_in_any_order)
{
	add(1, FR_OK);
	add(2, FR_INFO);
	SEES(1, 2);
	SEES(2, 1);
	expect(&s, "convergence", VERDICT_VALID, NULL);
	SEES(1);
	expect(&s, "convergence", VERDICT_INVALID, "diverged");
}
END_TEST

START_TEST(only_the_final_phase_counts_where_there_is_one)
{
	story_write(&s, 0, 1, 5);
	story_write(&s, 0, 1, 6);
	story_read(&s, 1, 1, 5);
	story_read(&s, 1, 1, 6);
	s.ops[3].phase = FR_PHASE_FINAL;
	story_read(&s, 2, 1, 6);
	s.ops[4].phase = FR_PHASE_FINAL;
	expect(&s, "convergence", VERDICT_VALID, NULL);
}
END_TEST

START_TEST(the_last_final_read_of_each_node_counts)
{
	story_set(&s, "final=last");
	story_write(&s, 0, 1, 5);
	story_write(&s, 0, 1, 6);
	story_read(&s, 0, 1, 5);
	finally_at(0);
	story_read(&s, 0, 1, 6);
	finally_at(1);
	story_read(&s, 0, 1, 6);
	finally_at(0);
	expect(&s, "convergence", VERDICT_VALID, NULL);
	story_read(&s, 0, 1, 5);
	finally_at(1);
	expect(&s, "convergence", VERDICT_INVALID, "diverged");
}
END_TEST

START_TEST(what_was_deleted_may_be_gone)
{
	story_write(&s, 0, 1, 5);
	story_op(&s, 0, F_DELETE, 1, nil(), FR_OK, nil());
	story_nil(&s, 0, 1);
	story_nil(&s, 1, 1);
	expect(&s, "convergence", VERDICT_VALID, NULL);
	s.ops[1].outcome = FR_FAIL;
	expect(&s, "convergence", VERDICT_INVALID, "forgotten");
}
END_TEST

/* ---- session guarantees, by hand ----------------------------------------- */

START_TEST(session_guarantees_by_hand)
{
	story_write(&s, 0, 1, 5);
	story_write(&s, 0, 1, 6);
	story_read(&s, 1, 1, 6);
	story_read(&s, 1, 1, 5);
	expect(&s, "monotonic-writes", VERDICT_INVALID, "monotonic-writes");
	expect(&s, "monotonic-reads", VERDICT_VALID, NULL);
	expect(&s, "read-your-writes", VERDICT_VALID, NULL);
	expect(&s, "writes-follow-reads", VERDICT_VALID, NULL);
	story_read(&s, 1, 1, 6);
	expect(&s, "monotonic-reads", VERDICT_INVALID, "monotonic-reads");
	expect(&s, "monotonic-writes", VERDICT_UNKNOWN, NULL);

	again();
	story_write(&s, 0, 1, 5);
	story_nil(&s, 0, 1);
	expect(&s, "read-your-writes", VERDICT_INVALID, "read-your-writes");
	expect(&s, "monotonic-reads", VERDICT_VALID, NULL);

	/* The second is seen without the first, of another key. */
	again();
	story_write(&s, 0, 1, 5);
	story_write(&s, 0, 2, 6);
	story_read(&s, 1, 2, 6);
	story_nil(&s, 1, 1);
	expect(&s, "monotonic-writes", VERDICT_INVALID, "monotonic-writes");
	expect(&s, "writes-follow-reads", VERDICT_VALID, NULL);

	again();
	story_write(&s, 0, 1, 5);
	story_read(&s, 1, 1, 5);
	story_write(&s, 1, 2, 6);
	story_read(&s, 2, 2, 6);
	story_nil(&s, 2, 1);
	expect(&s, "writes-follow-reads", VERDICT_INVALID,
	       "writes-follow-reads");
	expect(&s, "monotonic-writes", VERDICT_VALID, NULL);
	expect(&s, "causal", VERDICT_INVALID, "causal");
	expect(&s, "sequential-per-key", VERDICT_VALID, NULL);
	expect(&s, "sequential", VERDICT_INVALID, "sequential");
}
END_TEST

START_TEST(what_nobody_wrote_breaks_every_order)
{
	static const char *const conditions[] = {
		"sequential", "sequential-per-key", "causal",
		"causal-convergence", "read-your-writes", "monotonic-reads",
		"monotonic-writes", "writes-follow-reads"
	};
	size_t i;

	for (i = 0; i < 8; i++) {
		again();
		story_write(&s, 0, 1, 5);
		story_op(&s, 1, F_WRITE, 1, num(6), FR_FAIL, nil());
		story_read(&s, 0, 1, 5);
		expect(&s, conditions[i], VERDICT_VALID, NULL);
		story_read(&s, 0, 1, 6);
		expect(&s, conditions[i], VERDICT_INVALID, "invented");
		again();
		story_op(&s, 1, F_WRITE, 1, num(6), FR_INFO, nil());
		story_read(&s, 0, 1, 6);
		expect(&s, conditions[i], VERDICT_VALID, NULL);
		again();
		story_write(&s, 0, 1, 5);
		expect(&s, conditions[i], VERDICT_UNKNOWN, NULL);
	}
}
END_TEST

START_TEST(values_written_twice_leave_it_open)
{
	story_write(&s, 0, 1, 5);
	story_write(&s, 1, 1, 5);
	story_read(&s, 0, 1, 5);
	expect(&s, "causal", VERDICT_UNKNOWN, NULL);
	expect(&s, "monotonic-reads", VERDICT_UNKNOWN, NULL);
	/* The search does not need to know. */
	expect(&s, "sequential", VERDICT_VALID, NULL);
	story_set(&s, "initial=5");
	story_read(&s, 1, 1, 5);
	expect(&s, "sequential", VERDICT_VALID, NULL);
}
END_TEST

START_TEST(causal_but_not_convergent)
{
	/* Two writes that two processes see in opposite orders. */
	story_write(&s, 0, 1, 5);
	story_write(&s, 1, 1, 6);
	story_read(&s, 2, 1, 5);
	story_read(&s, 2, 1, 6);
	story_read(&s, 3, 1, 6);
	story_read(&s, 3, 1, 5);
	expect(&s, "causal", VERDICT_VALID, NULL);
	expect(&s, "causal-convergence", VERDICT_INVALID,
	       "causal-convergence");
	expect(&s, "sequential", VERDICT_INVALID, "sequential");
}
END_TEST

START_TEST(a_cas_reads_and_writes)
{
	story_write(&s, 0, 1, 5);
	story_op(&s, 1, F_CAS, 1, LIST(&s, 5, 6), FR_OK, nil());
	story_read(&s, 2, 1, 6);
	expect(&s, "sequential", VERDICT_VALID, NULL);
	story_op(&s, 3, F_CAS, 1, LIST(&s, 5, 7), FR_OK, nil());
	expect(&s, "sequential", VERDICT_INVALID, "sequential");
	s.ops[3].outcome = FR_FAIL;
	expect(&s, "sequential", VERDICT_VALID, NULL);
	/* Without an answer it did not happen, or it did and saw its value. */
	again();
	story_write(&s, 0, 1, 5);
	story_op(&s, 1, F_CAS, 1, LIST(&s, 7, 8), FR_INFO, nil());
	story_read(&s, 2, 1, 5);
	expect(&s, "sequential", VERDICT_VALID, NULL);
	story_read(&s, 2, 1, 8);
	expect(&s, "sequential", VERDICT_INVALID, "invented");
}
END_TEST

/* ---- brute force --------------------------------------------------------- */

#define MOST 8

/* The history without what failed; pending writes of process >= 100. */
struct brute {
	uint32_t n;
	struct fr_operation op[MOST];
	bool optional[MOST];
	int from[MOST];			/* the write read; -1 the first value */
};

static bool
load(struct brute *b)
{
	uint32_t i, j;

	b->n = 0;
	for (i = 0; i < s.count; i++)
		if (s.ops[i].outcome == FR_OK || (s.ops[i].outcome == FR_INFO
						  && s.ops[i].f == F_WRITE)) {
			b->optional[b->n] = s.ops[i].outcome == FR_INFO;
			b->op[b->n++] = s.ops[i];
		}
	for (i = 0; i < b->n; i++) {
		b->from[i] = -1;
		if (b->op[i].f != F_READ || b->op[i].result.kind == FR_NIL)
			continue;
		for (j = 0; j < b->n; j++)
			if (b->op[j].f == F_WRITE &&
			    b->op[j].key == b->op[i].key &&
			    b->op[j].value.u.number ==
			    b->op[i].result.u.number)
				break;
		if (j == b->n)
			return false;	/* nobody wrote it */
		b->from[i] = (int)j;
	}
	return true;
}

static bool
so(const struct brute *b, uint32_t i, uint32_t j)
{
	return i < j && b->op[i].process == b->op[j].process;
}

/* Some order of all, each process's own kept, every read right. */
static bool
brute_sequential(const struct brute *b, uint32_t done, int64_t key,
		 const int64_t *value)
{
	int64_t next[4];
	uint32_t i, j;
	bool all = true;

	for (i = 0; i < b->n; i++) {
		if ((done & 1u << i) != 0 ||
		    (key >= 0 && b->op[i].key != key))
			continue;
		all &= b->optional[i];
		for (j = 0; j < i; j++)
			if ((done & 1u << j) == 0 && so(b, j, i) &&
			    (key < 0 || b->op[j].key == key) &&
			    !b->optional[j])
				break;
		if (j < i)
			continue;
		memcpy(next, value, sizeof next);
		if (b->op[i].f == F_WRITE)
			next[b->op[i].key] = b->op[i].value.u.number;
		else if (next[b->op[i].key] != (b->op[i].result.kind ==
			 FR_NIL ? -1 : b->op[i].result.u.number))
			continue;
		if (brute_sequential(b, done | 1u << i, key, next))
			return true;
	}
	return all;
}

/* Causal order, closed. */
static void
closure(const struct brute *b, bool co[MOST][MOST])
{
	uint32_t i, j, k;

	for (i = 0; i < b->n; i++)
		for (j = 0; j < b->n; j++)
			co[i][j] = so(b, i, j) || b->from[j] == (int)i;
	for (k = 0; k < b->n; k++)
		for (i = 0; i < b->n; i++)
			for (j = 0; j < b->n; j++)
				co[i][j] |= co[i][k] && co[k][j];
}

/* Is there an order of the operations before read r that keeps co and in
 * which the write that r returned is the last one of its key? */
static bool
brute_past(const struct brute *b, bool co[MOST][MOST], uint32_t r,
	   uint32_t done, int last)
{
	uint32_t i, j;
	bool all = true;

	for (i = 0; i < b->n; i++) {
		if ((done & 1u << i) != 0 || !co[i][r])
			continue;
		all = false;
		for (j = 0; j < b->n; j++)
			if (co[j][i] && (done & 1u << j) == 0)
				break;
		if (j < b->n)
			continue;
		if (brute_past(b, co, r, done | 1u << i,
			       b->op[i].f == F_WRITE &&
			       b->op[i].key == b->op[r].key ? (int)i : last))
			return true;
	}
	return all && last == b->from[r];
}

static bool
brute_causal(const struct brute *b)
{
	bool co[MOST][MOST];
	uint32_t i;

	closure(b, co);
	for (i = 0; i < b->n; i++)
		if (co[i][i])
			return false;
	for (i = 0; i < b->n; i++)
		if (b->op[i].f == F_READ && !brute_past(b, co, i, 0, -1))
			return false;
	return true;
}

/* One order of all that keeps co, in which each read returns the last write
 * of its key among those that are causally before it. */
static bool
brute_converges(const struct brute *b, bool co[MOST][MOST], uint32_t done,
		uint32_t *order, uint32_t count)
{
	uint32_t i, j;
	int last;

	if (count == b->n) {
		for (i = 0; i < b->n; i++) {
			if (b->op[i].f != F_READ)
				continue;
			last = -1;
			for (j = 0; j < count; j++)
				if (co[order[j]][i] &&
				    b->op[order[j]].f == F_WRITE &&
				    b->op[order[j]].key == b->op[i].key)
					last = (int)order[j];
			if (last != b->from[i])
				return false;
		}
		return true;
	}
	for (i = 0; i < b->n; i++) {
		if ((done & 1u << i) != 0)
			continue;
		for (j = 0; j < b->n; j++)
			if (co[j][i] && (done & 1u << j) == 0)
				break;
		if (j < b->n)
			continue;
		order[count] = i;
		if (brute_converges(b, co, done | 1u << i, order, count + 1))
			return true;
	}
	return false;
}

/*
 * The definition of a session guarantee for one order of all writes.  What a
 * read sees: a set of writes, the least that the guarantee asks for.
 */
enum guarantee { MR, RYW, MW, WFR };

static bool
brute_session_order(const struct brute *b, enum guarantee g,
		    const uint32_t *order, uint32_t count)
{
	uint32_t sees[MOST] = { 0 }, before, i, j, k;
	int place[MOST] = { 0 }, last;

	for (k = 0; k < count; k++)
		place[order[k]] = (int)k;
	for (i = 0; i < b->n; i++)
		for (j = 0; j < b->n; j++) {
			if (!so(b, i, j) || b->op[j].f != F_WRITE ||
			    b->op[i].key != b->op[j].key)
				continue;
			if (g == MW && b->op[i].f == F_WRITE &&
			    place[i] > place[j])
				return false;
			if (g == WFR && b->op[i].f == F_READ &&
			    b->from[i] >= 0 && place[b->from[i]] > place[j])
				return false;
			if (g == WFR && b->op[i].f == F_READ &&
			    b->from[i] == (int)j)
				return false;
		}
	do {
		before = 0;
		for (i = 0; i < b->n; i++)
			before += (uint32_t)__builtin_popcount(sees[i]);
		for (i = 0; i < b->n; i++) {
			if (b->op[i].f != F_READ)
				continue;
			if (b->from[i] >= 0)
				sees[i] |= 1u << b->from[i];
			for (j = 0; j < b->n; j++) {
				if (so(b, j, i) && g == RYW &&
				    b->op[j].f == F_WRITE)
					sees[i] |= 1u << j;
				if (so(b, j, i) && g != RYW &&
				    b->op[j].f == F_READ)
					sees[i] |= sees[j];
				if ((sees[i] & 1u << j) == 0)
					continue;
				for (k = 0; k < b->n; k++) {
					if (!so(b, k, j))
						continue;
					if (g == MW && b->op[k].f == F_WRITE)
						sees[i] |= 1u << k;
					if (g == WFR && b->op[k].f == F_READ)
						sees[i] |= sees[k];
				}
			}
		}
		for (i = 0, k = 0; i < b->n; i++)
			k += (uint32_t)__builtin_popcount(sees[i]);
	} while (k > before);
	for (i = 0; i < b->n; i++) {
		if (b->op[i].f != F_READ)
			continue;
		last = -1;
		for (k = 0; k < count; k++)
			if ((sees[i] & 1u << order[k]) != 0 &&
			    b->op[order[k]].key == b->op[i].key)
				last = (int)order[k];
		if (last != b->from[i])
			return false;
	}
	return true;
}

static bool
brute_session(const struct brute *b, enum guarantee g, uint32_t done,
	      uint32_t *order, uint32_t count)
{
	uint32_t i;
	bool all = true;

	for (i = 0; i < b->n; i++) {
		if ((done & 1u << i) != 0 || b->op[i].f != F_WRITE)
			continue;
		all = false;
		order[count] = i;
		if (brute_session(b, g, done | 1u << i, order, count + 1))
			return true;
	}
	return all && brute_session_order(b, g, order, count);
}

/* A read that depends on itself: the checker calls that circular. */
static bool
wfr_circular(const struct brute *b)
{
	bool co[MOST][MOST] = { { false } };
	uint32_t i, j, k;

	for (i = 0; i < b->n; i++)
		for (j = 0; j < b->n; j++)
			co[i][j] = (so(b, i, j) && b->op[i].f == F_READ) ||
				b->from[j] == (int)i;
	for (k = 0; k < b->n; k++)
		for (i = 0; i < b->n; i++)
			for (j = 0; j < b->n; j++)
				co[i][j] |= co[i][k] && co[k][j];
	for (i = 0; i < b->n; i++)
		if (co[i][i])
			return true;
	return false;
}

/* ---- random histories ---------------------------------------------------- */

/* Values 0, 1, ... each written once; reads of any of them or of nothing. */
static void
random_story(uint64_t seed)
{
	struct rng r = rng_make(seed, STREAM_WORKLOAD, 0, 0, "weak");
	uint32_t n = 3 + (uint32_t)rng_below(&r, MOST - 3), i, process;
	uint32_t processes = 1 + (uint32_t)rng_below(&r, 4), outcome;
	uint32_t writes = 0, pending = 100;
	int64_t keys = 1 + (int64_t)rng_below(&r, 2), key_of[MOST], key;
	uint8_t kind[MOST];

	again();
	for (i = 0; i < n; i++) {
		kind[i] = rng_below(&r, 2) == 0;
		if (kind[i])
			key_of[writes++] = (int64_t)rng_below(&r,
							(uint64_t)keys);
	}
	writes = 0;
	for (i = 0; i < n; i++) {
		process = (uint32_t)rng_below(&r, processes);
		if (kind[i]) {
			outcome = rng_below(&r, 8) == 0 ? FR_INFO : FR_OK;
			if (outcome == FR_INFO)
				process = pending++;
			if (rng_below(&r, 20) == 0)
				outcome = FR_FAIL;
			story_op(&s, process, F_WRITE, key_of[writes],
				 num(writes), outcome, nil());
			writes++;
			continue;
		}
		key = (int64_t)rng_below(&r, (uint64_t)keys);
		story_nil(&s, process, key);
	}
	/* What the reads saw, now that all writes are there. */
	for (i = 0; i < n; i++) {
		key = (int64_t)rng_below(&r, writes + 1);
		if (s.ops[i].f == F_READ && key < (int64_t)writes) {
			s.ops[i].key = key_of[key];
			s.ops[i].result = num(key);
		}
	}
}

static bool
any_read(void)
{
	uint32_t i;

	for (i = 0; i < s.count; i++)
		if (s.ops[i].f == F_READ)
			return true;
	return false;
}

static void
compare(const char *condition, bool holds, uint64_t seed)
{
	enum verdict_kind kind = judge(&s, condition);

	if (kind != (holds ? VERDICT_VALID : VERDICT_INVALID))
		ck_abort_msg("seed %llu: %s is %s by brute force, and "
			     "otherwise here", (unsigned long long)seed,
			     condition, holds ? "valid" : "invalid");
}

#define ROUNDS 3000

START_TEST(brute_force_agrees)
{
	static const int64_t first[4] = { -1, -1, -1, -1 };
	uint32_t order[MOST], valid[4] = { 0 };
	bool co[MOST][MOST], explained, holds, mr;
	struct brute b;
	uint64_t seed;

	for (seed = 0; seed < ROUNDS; seed++) {
		random_story(seed);
		if (!any_read())
			continue;
		explained = load(&b);
		holds = explained && brute_sequential(&b, 0, -1, first);
		compare("sequential", holds, seed);
		valid[0] += holds;
		compare("sequential-per-key", explained &&
			brute_sequential(&b, 0, 0, first) &&
			brute_sequential(&b, 0, 1, first), seed);
		holds = explained && brute_causal(&b);
		compare("causal", holds, seed);
		valid[1] += holds;
		closure(&b, co);
		holds = holds && brute_converges(&b, co, 0, order, 0);
		compare("causal-convergence", holds, seed);
		valid[2] += holds;
		mr = explained && brute_session(&b, MR, 0, order, 0);
		compare("monotonic-reads", mr, seed);
		compare("read-your-writes", explained &&
			brute_session(&b, RYW, 0, order, 0), seed);
		valid[3] += mr;
		if (explained && !mr) {
			ck_assert_int_eq(judge(&s, "monotonic-writes"),
					 VERDICT_UNKNOWN);
			continue;
		}
		compare("monotonic-writes", mr &&
			brute_session(&b, MW, 0, order, 0), seed);
		compare("writes-follow-reads", mr && !wfr_circular(&b) &&
			brute_session(&b, WFR, 0, order, 0), seed);
	}
	/* A test of nothing but invalid ones would be none. */
	for (seed = 0; seed < 4; seed++) {
		ck_assert_uint_gt(valid[seed], ROUNDS / 10);
		ck_assert_uint_lt(valid[seed], ROUNDS * 9 / 10);
	}
}
END_TEST

static const char *const orders[] = {
	"sequential", "sequential-per-key", "causal", "causal-convergence",
	"monotonic-reads", "read-your-writes", "monotonic-writes",
	"writes-follow-reads"
};

START_TEST(names_do_not_matter)
{
	enum verdict_kind kind[8];
	uint64_t seed;
	uint32_t i;
	size_t c;

	for (seed = 0; seed < 500; seed++) {
		random_story(seed);
		for (c = 0; c < 8; c++)
			kind[c] = judge(&s, orders[c]);
		for (i = 0; i < s.count; i++) {
			s.ops[i].process = 7000 - s.ops[i].process * 3;
			s.ops[i].key = 17 - s.ops[i].key;
			s.ops[i].value.u.number = 100 -
				s.ops[i].value.u.number * 5;
			s.ops[i].result.u.number = 100 -
				s.ops[i].result.u.number * 5;
		}
		for (c = 0; c < 8; c++)
			ck_assert_int_eq(judge(&s, orders[c]), kind[c]);
	}
}
END_TEST

START_TEST(fewer_reads_never_break_what_held)
{
	bool held[8];
	uint64_t seed;
	uint32_t i;
	size_t c;

	for (seed = 0; seed < 500; seed++) {
		random_story(seed);
		for (c = 0; c < 8; c++)
			held[c] = judge(&s, orders[c]) == VERDICT_VALID;
		for (i = 0; i < s.count; i++)
			if (s.ops[i].f == F_READ)
				break;
		if (i == s.count)
			continue;
		s.ops[i].outcome = FR_FAIL;
		for (c = 0; c < 8; c++)
			if (held[c])
				ck_assert_int_ne(judge(&s, orders[c]),
						 VERDICT_INVALID);
	}
}
END_TEST

/* ---- what is not a history, budgets -------------------------------------- */

static int
refused(const char *condition, const char *const *names, const char *text)
{
	struct fr_history h;
	struct check_config c;
	struct verdict v;
	struct fr_err err;
	int failed;

	memset(&h, 0, sizeof h);
	h.op_stride = sizeof s.ops[0];
	h.ops = s.ops;
	h.op_count = s.count;
	memset(&c, 0, sizeof c);
	c.op_names = names;
	c.op_count = F_COUNT;
	c.settings = s.settings;
	memset(&err, 0, sizeof err);
	memset(&v, 0x5a, sizeof v);
	failed = check_condition(condition, &h, &c, &v, &err);
	ck_assert_int_eq(failed, -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_uint_eq(v.core_count, 0x5a5a5a5a);
	if (strstr(err.text, text) == NULL)
		ck_abort_msg("\"%s\" is not in \"%s\"", text, err.text);
	return failed;
}

START_TEST(what_makes_no_sense_is_refused)
{
	story_write(&s, 0, 1, 5);
	refused("sequentail", story_names, "did you mean sequential");
	refused("set-full", story_names, "write");
	story_set(&s, "colour=red");
	refused("causal", story_names, "colour=red");
	again();
	story_op(&s, 0, F_ADD, 1, nil(), FR_OK, nil());
	refused("set-full", story_names, "operation 0 (add of process 0)");
	again();
	story_op(&s, 0, F_TXN, FR_NO_KEY, LIST(&s, 9, 9, 9), FR_OK, nil());
	refused("serializable", story_names, "micro-operation");
	again();
	story_write(&s, 0, 1, 5);
	story_at(&s, 7, 3);
	refused("causal", story_names, "ended before");
	again();
	story_op(&s, 0, F_COUNT, 1, nil(), FR_OK, nil());
	refused("causal", story_names, "no name");
	again();
	story_op(&s, 0, F_POLL, 1, nil(), FR_OK, LIST(&s, 1, 2, 3));
	refused("log-offsets", story_names, "pairs");
}
END_TEST

START_TEST(a_budget_is_kept_and_said)
{
	struct verdict v;
	uint32_t i;

	for (i = 0; i < 40; i++)
		story_write(&s, i, 1, i % 2);
	for (i = 0; i < 20; i++)
		story_read(&s, 100 + i, 1, i % 2);
	s.memory_max = 2000;
	v = story_check(&s, "sequential");
	ck_assert_int_eq(v.kind, VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(v.reason, "memory budget"));
	arena_free(&v.arena);
	s.memory_max = 0;
	ck_assert_int_eq(judge(&s, "sequential"), VERDICT_VALID);
}
END_TEST

/* Twelve processes write 0 and then 1; nobody can see 27 changes, but every
 * way to come near to that has to be tried. */
START_TEST(a_search_without_end_is_ended)
{
	struct verdict v;
	uint32_t i;

	for (i = 0; i < 12; i++) {
		story_write(&s, i, 1, 0);
		story_write(&s, i, 1, 1);
	}
	for (i = 0; i < 27; i++)
		story_read(&s, 50, 1, i % 2);
	s.time_max = 1000000;
	v = story_check(&s, "sequential");
	ck_assert_int_eq(v.kind, VERDICT_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(v.reason, "time budget"));
	arena_free(&v.arena);
}
END_TEST

START_TEST(every_condition_has_a_line_of_help)
{
	size_t i;

	for (i = 0; condition_names[i] != NULL; i++)
		ck_assert_uint_gt(strlen(condition_names[i]), 2);
	ck_assert_uint_eq(i % 2, 0);
	ck_assert_uint_gt(i, 40);
}
END_TEST

START_TEST(claims_that_contradict_each_other)
{
	struct check_claim c[4] = {
		{ "leader", 1, 7, 0, 0, 0 }, { "leader", 2, 8, 1, 0, 0 },
		{ "leader", 1, 7, 1, 0, 0 }, { "chosen", 1, 9, 1, 0, 0 },
	};
	struct verdict v;

	check_claims(c, 0, &v);
	ck_assert_int_eq(v.kind, VERDICT_UNKNOWN);
	arena_free(&v.arena);
	check_claims(c, 4, &v);
	ck_assert_int_eq(v.kind, VERDICT_VALID);
	arena_free(&v.arena);
	c[2].value = 6;
	check_claims(c, 4, &v);
	ck_assert_int_eq(v.kind, VERDICT_INVALID);
	ck_assert_uint_eq(v.core_count, 2);
	ck_assert_uint_eq(v.core[0], 0);
	ck_assert_uint_eq(v.core[1], 2);
	ck_assert_str_eq(v.reason, "leader 1 is 7 for node 0 (boot 0) and 6 "
			 "for node 1 (boot 0)");
	arena_free(&v.arena);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("weak");
	TCase *t = tcase_create("weak");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_set_keeps_what_was_added);
	tcase_add_test(t, a_set_loses_an_element);
	tcase_add_test(t, a_set_is_stale_for_a_while);
	tcase_add_test(t, a_read_under_way_may_miss_an_element);
	tcase_add_test(t, a_set_shows_what_it_should_not);
	tcase_add_test(t, a_set_that_nobody_read_is_unknown);
	tcase_add_test(t, a_queue_gives_back_what_it_got);
	tcase_add_test(t, a_queue_loses_an_element);
	tcase_add_test(t, a_queue_found_empty_too_early_is_not_drained);
	tcase_add_test(t, a_queue_gives_too_much);
	tcase_add_test(t, identifiers_do_not_repeat);
	tcase_add_test(t, a_counter_is_within_its_bounds);
	tcase_add_test(t, a_change_around_a_read_counts_or_not);
	tcase_add_test(t, a_stale_count_lacks_what_it_likes_until_the_end);
	tcase_add_test(t, a_log_keeps_its_places);
	tcase_add_test(t, a_log_is_wrong_in_many_ways);
	tcase_add_test(t, a_final_poll_that_finds_nothing_shows_the_loss);
	tcase_add_test(t, committed_offsets_do_not_go_back);
	tcase_add_test(t, final_reads_agree);
	tcase_add_test(t, final_sets_agree_in_any_order);
	tcase_add_test(t, only_the_final_phase_counts_where_there_is_one);
	tcase_add_test(t, the_last_final_read_of_each_node_counts);
	tcase_add_test(t, what_was_deleted_may_be_gone);
	tcase_add_test(t, session_guarantees_by_hand);
	tcase_add_test(t, what_nobody_wrote_breaks_every_order);
	tcase_add_test(t, values_written_twice_leave_it_open);
	tcase_add_test(t, causal_but_not_convergent);
	tcase_add_test(t, a_cas_reads_and_writes);
	tcase_add_test(t, brute_force_agrees);
	tcase_add_test(t, names_do_not_matter);
	tcase_add_test(t, fewer_reads_never_break_what_held);
	tcase_add_test(t, what_makes_no_sense_is_refused);
	tcase_add_test(t, a_budget_is_kept_and_said);
	tcase_add_test(t, a_search_without_end_is_ended);
	tcase_add_test(t, every_condition_has_a_line_of_help);
	tcase_add_test(t, claims_that_contradict_each_other);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
