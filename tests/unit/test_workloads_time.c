/* SPDX-License-Identifier: MIT */
/*
 * What stamps, snapshot and election make of a history: each is a table of
 * histories, and of each the violation that has to be found, or none.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>

#include "tests/unit/fake_run.h"

#define LINES 6

/* A list of at most 15 numbers, which 0 does not end. */
struct numbers {
	uint32_t count;
	int64_t at[15];
};

#define N(...)							\
	{ sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t),	\
	  { __VA_ARGS__ } }

#define NONE { 0, { 0 } }

/* An operation that succeeded, from one rank to another; a rank takes 1 ms. */
struct line {
	uint32_t node, f;
	uint64_t from, to;
	struct numbers value, result;
	bool final;
};

struct tale {
	const char *violation;		/* NULL: none                         */
	struct line lines[LINES];	/* up to one without an end           */
};

static struct fr_value
value_of(const struct numbers *n)
{
	return n->count == 0 ? fr_nil() : n->count == 1 ? fr_int(n->at[0]) :
							  fr_list(n->at, n->count);
}

static void
judge(const char *workload, const struct tale *tale,
      const char *const *settings, struct fake_judged *out)
{
	struct fr_operation ops[LINES];
	struct fr_history h = {
		.size = sizeof h, .nodes = 2, .clients = LINES,
		.op_stride = sizeof *ops, .ops = ops, .duration = FR_S(1),
	};
	uint32_t i;

	for (i = 0; i < LINES && tale->lines[i].to > 0; i++) {
		const struct line *l = &tale->lines[i];

		ops[i] = (struct fr_operation){
			.process = i, .client = i, .node = l->node, .f = l->f,
			.outcome = FR_OK, .key = FR_NO_KEY,
			.phase = l->final ? FR_PHASE_FINAL : FR_PHASE_MAIN,
			.value = value_of(&l->value),
			.result = value_of(&l->result),
			.called = FR_MS((int64_t)l->from),
			.ended = FR_MS((int64_t)l->to),
			.call_rank = l->from, .end_rank = l->to, .id = i + 1,
		};
	}
	h.op_count = i;
	fake_judge(load_workload(workload), &h, settings, out);
}

static void
expect(const char *workload, const struct tale *tale,
       const char *const *settings)
{
	struct fake_judged out = { 0 };

	judge(workload, tale, settings, &out);
	ck_assert_msg(out.unknown == NULL, "%s", out.unknown);
	if (tale->violation == NULL)
		ck_assert_msg(out.violation == NULL, "%s: %s", out.violation,
			      out.sentence);
	else
		ck_assert_str_eq(out.violation == NULL ? "none" :
				 out.violation, tale->violation);
	fake_judged_free(&out);
}

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

/* ---- stamps ------------------------------------------------------------------ */

enum { STAMP, RELAY };

/* So many milliseconds after the clocks' beginning. */
#define AT(ms) (1000000000000 + (ms) * 1000000)

static const struct tale stamped[] = {
	{ NULL, {
		{ 0, STAMP, 1, 2, NONE, N(AT(1), 0, 0) },
		{ 1, STAMP, 3, 4, N(AT(1), 0, 0), N(AT(3), 0, 1) },
		{ 0, RELAY, 5, 6, N(AT(3), 0, 1), N(AT(5), 0, 0, AT(5), 1, 1,
						    AT(5), 2, 1, AT(5), 3, 0) },
	} },
	/* Who is late by less than epsilon borrows the time. */
	{ NULL, {
		{ 0, STAMP, 1, 2, NONE, N(AT(8), 0, 0) },
		{ 1, STAMP, 3, 4, N(AT(8), 0, 0), N(AT(8), 1, 1) },
	} },
	{ "backwards", {		/* than what the client brought */
		{ 0, STAMP, 1, 2, NONE, N(AT(8), 0, 0) },
		{ 1, STAMP, 3, 4, N(AT(8), 0, 0), N(AT(7), 0, 1) },
	} },
	{ "backwards", {		/* along the way */
		{ 0, RELAY, 1, 2, NONE, N(AT(2), 0, 0, AT(3), 0, 1, AT(3), 0,
					  0) },
	} },
	{ "backwards", {		/* on one node */
		{ 0, STAMP, 1, 2, NONE, N(AT(8), 0, 0) },
		{ 0, STAMP, 3, 4, NONE, N(AT(7), 5, 0) },
	} },
	{ NULL, {			/* they overlap: no order is known */
		{ 0, STAMP, 1, 4, NONE, N(AT(8), 0, 0) },
		{ 0, STAMP, 2, 5, NONE, N(AT(7), 5, 0) },
	} },
	{ "duplicate", {
		{ 0, STAMP, 1, 4, NONE, N(AT(3), 0, 0) },
		{ 0, STAMP, 2, 5, NONE, N(AT(3), 0, 0) },
	} },
	{ "far-from-time", {
		{ 0, STAMP, 1, 2, NONE, N(AT(1), 0, 0) },
		{ 1, STAMP, 3, 4, NONE, N(AT(60), 0, 1) },
	} },
	{ "far-from-time", {		/* of one node, which was dragged */
		{ 0, STAMP, 1, 2, NONE, N(AT(1), 0, 0) },
		{ 0, STAMP, 3, 4, NONE, N(AT(60), 0, 0) },
	} },
	{ "no-stamp", {
		{ 0, STAMP, 1, 2, NONE, N(AT(1), 0) },
		{ 0, STAMP, 3, 4, NONE, N(AT(1), 0, 0) },
	} },
	{ "no-stamp", {			/* of no node */
		{ 0, STAMP, 1, 2, NONE, N(AT(1), 0, 2) },
	} },
};

/* Four ahead and one behind: 50 ms are all that fits. */
static const char *const narrow[] = { "epsilon", "10ms", "wild", "0", NULL };

START_TEST(stamps_are_ordered_and_near_the_time)
{
	expect("plugins/workloads/stamps", &stamped[_i], narrow);
}
END_TEST

START_TEST(a_wild_clock_is_left_out_where_there_may_be_one)
{
	static const char *const wild[] = { "epsilon", "10ms", "wild", "1",
					    NULL };
	static const struct tale one = { NULL, {
		{ 0, STAMP, 1, 2, NONE, N(AT(1), 0, 0) },
		{ 1, STAMP, 3, 4, NONE, N(AT(60), 0, 1) },
	} }, both = { "far-from-time", {
		{ 0, STAMP, 1, 2, NONE, N(AT(1), 0, 0) },
		{ 1, STAMP, 1, 2, NONE, N(AT(1), 0, 1) },
		{ 0, STAMP, 3, 4, NONE, N(AT(60), 0, 0) },
		{ 1, STAMP, 3, 4, NONE, N(AT(60), 0, 1) },
	} };

	expect("plugins/workloads/stamps", &one, wild);
	expect("plugins/workloads/stamps", &both, wild);
}
END_TEST

/* ---- snapshot ---------------------------------------------------------------- */

enum { TRANSFER, SNAPSHOT };

#define NOTHING 0, 0, 0

/* Node 0 sends 5 to node 1: that is number 1 of this channel. */
#define SENDS(from, to) { 0, TRANSFER, from, to, N(1, 5), N(1) }

static const struct tale pictures[] = {
	{ NULL, {			/* on its way */
		SENDS(1, 2),
		{ 1, SNAPSHOT, 3, 4, NONE, N(95, NOTHING, 1, 0, 0,
					     100, 0, 0, 1, 5, NOTHING) },
	} },
	{ NULL, {			/* it has arrived */
		SENDS(1, 2),
		{ 1, SNAPSHOT, 3, 4, NONE, N(95, NOTHING, 1, 0, 0,
					     105, 0, 1, 0, NOTHING) },
	} },
	{ NULL, {			/* side by side: either */
		{ 1, SNAPSHOT, 1, 4, NONE, N(100, NOTHING, NOTHING,
					     100, NOTHING, NOTHING) },
		SENDS(2, 3),
	} },
	{ "inconsistent", {
		SENDS(1, 4),
		{ 1, SNAPSHOT, 2, 3, NONE, N(100, NOTHING, NOTHING,
					     105, 0, 1, 0, NOTHING) },
	} },
	{ "channel", {			/* lost */
		SENDS(1, 2),
		{ 1, SNAPSHOT, 3, 4, NONE, N(95, NOTHING, 1, 0, 0,
					     100, NOTHING, NOTHING) },
	} },
	{ "channel", {			/* another amount */
		SENDS(1, 2),
		{ 1, SNAPSHOT, 3, 4, NONE, N(94, NOTHING, 1, 0, 0,
					     100, 0, 0, 1, 6, NOTHING) },
	} },
	{ "too-early", {
		SENDS(1, 2),
		{ 1, SNAPSHOT, 3, 4, NONE, N(100, NOTHING, NOTHING,
					     100, NOTHING, NOTHING) },
	} },
	{ "too-late", {
		{ 1, SNAPSHOT, 1, 2, NONE, N(95, NOTHING, 1, 0, 0,
					     100, 0, 0, 1, 5, NOTHING) },
		SENDS(3, 4),
	} },
	{ "money", {
		{ 1, SNAPSHOT, 1, 2, NONE, N(100, NOTHING, NOTHING,
					     101, NOTHING, NOTHING) },
	} },
	{ "money", {			/* less than nothing */
		{ 1, SNAPSHOT, 1, 2, NONE, N(-1, NOTHING, NOTHING,
					     201, NOTHING, NOTHING) },
	} },
	{ "no-cut", {
		{ 1, SNAPSHOT, 1, 2, NONE, N(100, NOTHING, NOTHING) },
	} },
	{ "no-cut", {			/* more under way than is there */
		{ 1, SNAPSHOT, 1, 2, NONE, N(95, NOTHING, 1, 0, 0,
					     100, 0, 0, 9, 5, NOTHING) },
	} },
	{ "number", {
		SENDS(1, 2), SENDS(3, 4),
		{ 1, SNAPSHOT, 5, 6, NONE, N(100, NOTHING, NOTHING,
					     100, NOTHING, NOTHING) },
	} },
};

START_TEST(a_cut_is_held_against_the_transfers)
{
	static const char *const hundred[] = { "money", "100", NULL };

	expect("plugins/workloads/snapshot", &pictures[_i], hundred);
}
END_TEST

/* ---- election ---------------------------------------------------------------- */

enum { LEADER, COORDINATOR };

#define END(node, f, number, leader)					\
	{ node, f, 90 + (node), 91 + (node), NONE, N(number, leader), true }

static const struct tale leaders[] = {
	{ NULL, {			/* the old one does not know yet */
		{ 0, LEADER, 1, 2, NONE, N(1, 0) },
		{ 1, LEADER, 3, 4, NONE, N(2, 1) },
		{ 0, LEADER, 5, 6, NONE, N(1, 0) },
		END(0, LEADER, 2, 1),
	} },
	{ "two-leaders", {		/* of one term */
		{ 0, LEADER, 1, 2, NONE, N(1, 0) },
		{ 1, LEADER, 3, 4, NONE, N(1, 1) },
		END(0, LEADER, 2, 1),
	} },
	{ NULL, {			/* one after the other */
		{ 0, COORDINATOR, 1, 2, NONE, N(1, 0) },
		{ 1, COORDINATOR, 3, 4, NONE, N(1, 1) },
		{ 0, COORDINATOR, 5, 6, NONE, N(2, 0) },
		END(0, COORDINATOR, 2, 0),
	} },
	{ "two-leaders", {		/* within the other's reign */
		{ 0, COORDINATOR, 1, 2, NONE, N(1, 0) },
		{ 1, COORDINATOR, 3, 4, NONE, N(1, 1) },
		{ 0, COORDINATOR, 5, 6, NONE, N(1, 0) },
		END(0, COORDINATOR, 2, 0),
	} },
	{ "two-leaders", {		/* the end of one, the other's start */
		{ 0, COORDINATOR, 1, 2, NONE, N(1, 0) },
		{ 1, COORDINATOR, 1, 4, NONE, N(1, 1) },
		{ 0, COORDINATOR, 5, 6, NONE, N(1, 0) },
		{ 1, COORDINATOR, 7, 8, NONE, N(1, 1) },
		END(0, COORDINATOR, 2, 0),
	} },
	{ NULL, {			/* it may have been before */
		{ 0, COORDINATOR, 1, 3, NONE, N(1, 0) },
		{ 1, COORDINATOR, 2, 4, NONE, N(1, 1) },
		{ 0, COORDINATOR, 5, 6, NONE, N(1, 0) },
		END(0, COORDINATOR, 2, 0),
	} },
	{ NULL, {			/* others may not know yet */
		{ 0, COORDINATOR, 1, 2, NONE, N(1, 0) },
		{ 1, COORDINATOR, 3, 4, NONE, N(7, 1) },
		{ 0, COORDINATOR, 5, 6, NONE, N(7, 1) },
		END(0, COORDINATOR, 7, 1),
	} },
	{ "disagreement", {
		END(0, COORDINATOR, 1, 0),
		END(1, COORDINATOR, 2, 0),
	} },
	{ "disagreement", {
		END(0, LEADER, 3, 0),
		END(1, LEADER, 2, 1),
	} },
	{ "no-leader", {
		{ 0, LEADER, 1, 2, NONE, N(1) },
		END(0, LEADER, 2, 1),
	} },
};

START_TEST(one_leads)
{
	expect("plugins/workloads/election", &leaders[_i], NULL);
}
END_TEST

START_TEST(what_says_nothing_is_unknown)
{
	static const struct tale none = { NULL, {
		{ 0, LEADER, 1, 2, NONE, N(1, 0) },
	} }, transfer = { NULL, { SENDS(1, 2) } }, nothing = { NULL, { { 0 } } };
	static const char *const hundred[] = { "money", "100", NULL };
	struct fake_judged out = { 0 };

	judge("plugins/workloads/election", &none, NULL, &out);
	ck_assert_ptr_nonnull(out.unknown);
	fake_judged_free(&out);
	memset(&out, 0, sizeof out);
	judge("plugins/workloads/snapshot", &transfer, hundred, &out);
	ck_assert_ptr_nonnull(out.unknown);
	fake_judged_free(&out);
	memset(&out, 0, sizeof out);
	judge("plugins/workloads/stamps", &nothing, narrow, &out);
	ck_assert_ptr_nonnull(out.unknown);
	fake_judged_free(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("workloads over time");
	TCase *t = tcase_create("judgements");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, stamps_are_ordered_and_near_the_time, 0,
			    COUNT(stamped));
	tcase_add_test(t, a_wild_clock_is_left_out_where_there_may_be_one);
	tcase_add_loop_test(t, a_cut_is_held_against_the_transfers, 0,
			    COUNT(pictures));
	tcase_add_loop_test(t, one_leads, 0, COUNT(leaders));
	tcase_add_test(t, what_says_nothing_is_unknown);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
