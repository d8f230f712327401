/* SPDX-License-Identifier: MIT */
/*
 * What workloads make of a history: each kind of violation, by hand, and what
 * is none.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>

#include "tests/unit/fake_run.h"

#define OPS_MAX 64

/* A history, written line by line: each operation called and ended in turn,
 * unless `open` keeps it going. */
struct script {
	struct fr_operation ops[OPS_MAX];
	uint64_t count, rank;
	int64_t lists[OPS_MAX][8];
	const char *const *settings;	/* name, text, ..., NULL              */
	struct fake_judged out;
};

static struct script script;

static struct fr_operation *
call(uint32_t node, uint32_t f, struct fr_value value)
{
	struct fr_operation *op = &script.ops[script.count++];

	*op = (struct fr_operation){
		.process = node, .client = node, .node = node, .f = f,
		.outcome = FR_INFO, .key = FR_NO_KEY, .value = value,
		.called = (int64_t)script.rank * FR_MS(1),
		.ended = INT64_MAX, .call_rank = script.rank++,
		.end_rank = UINT64_MAX, .id = script.count,
	};
	return op;
}

static void
end(struct fr_operation *op, uint32_t outcome, struct fr_value result)
{
	op->outcome = outcome;
	op->result = result;
	op->ended = (int64_t)script.rank * FR_MS(1);
	op->end_rank = script.rank++;
}

static struct fr_operation *
did(uint32_t node, uint32_t f, struct fr_value value, struct fr_value result)
{
	struct fr_operation *op = call(node, f, value);

	end(op, FR_OK, result);
	return op;
}

enum { BROADCAST, READ };

static void
told(uint32_t node, int64_t element)
{
	did(node, BROADCAST, fr_int(element), fr_nil());
}

/* What a read shows: up to 8 numbers, ended by 0. */
static struct fr_operation *
shows(uint32_t node, const int64_t *elements)
{
	int64_t *list = script.lists[script.count];
	uint32_t count;

	for (count = 0; elements[count] != 0; count++)
		list[count] = elements[count];
	return did(node, READ, fr_nil(), fr_list(list, count));
}

#define LIST(...) ((const int64_t[]){ __VA_ARGS__, 0 })
#define EMPTY	  ((const int64_t[]){ 0 })

static void
finally(uint32_t node, const int64_t *elements)
{
	shows(node, elements)->phase = FR_PHASE_FINAL;
}

static void
begin(void)
{
	memset(&script, 0, sizeof script);
}

static const struct fake_judged *
judge(const char *workload, uint32_t nodes)
{
	struct fr_history h = {
		.size = sizeof h, .nodes = nodes, .clients = nodes,
		.op_stride = sizeof *script.ops, .ops = script.ops,
		.op_count = script.count, .messages = 20,
		.duration = FR_S(1),
	};

	fake_judge(load_workload(workload), &h, script.settings, &script.out);
	return &script.out;
}

static void
expect(const char *workload, uint32_t nodes, const char *violation)
{
	const struct fake_judged *out = judge(workload, nodes);

	if (violation == NULL)
		ck_assert_msg(out->violation == NULL, "%s: %s",
			      out->violation, out->sentence);
	else
		ck_assert_str_eq(out->violation == NULL ? "none" :
				 out->violation, violation);
	ck_assert_msg(out->unknown == NULL, "%s", out->unknown);
}

#define B "plugins/workloads/broadcast"

/* ---- broadcast ----------------------------------------------------------- */

START_TEST(what_everybody_knows_in_the_end_is_valid)
{
	begin();
	told(0, 1);
	told(1, 2);
	finally(0, LIST(1, 2));
	finally(1, LIST(2, 1));
	expect(B, 2, NULL);
	ck_assert_double_eq(fake_metric(&script.out, "acknowledged"), 2);
	ck_assert_double_eq(fake_metric(&script.out, "stale"), 0);
	ck_assert_double_eq(fake_metric(&script.out, "stable latency max"), 0);
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(acknowledged_and_missing_at_one_node_is_lost)
{
	begin();
	told(0, 1);
	told(1, 2);
	finally(0, LIST(1, 2));
	finally(1, LIST(2));
	expect(B, 2, "lost");
	ck_assert_double_eq(fake_metric(&script.out, "lost"), 1);
	ck_assert_ptr_nonnull(strstr(script.out.sentence, "1 of 2 nodes"));
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(the_last_final_read_of_a_node_counts)
{
	begin();
	told(0, 1);
	finally(1, EMPTY);
	finally(0, LIST(1));
	finally(1, LIST(1));
	expect(B, 2, NULL);
	ck_assert_double_eq(fake_metric(&script.out, "stale"), 1);
	fake_judged_free(&script.out);
	begin();
	told(0, 1);
	finally(1, LIST(1));
	finally(0, LIST(1));
	finally(1, EMPTY);
	expect(B, 2, "lost");
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(stale_is_measured_from_known_to_the_last_read_that_misses)
{
	struct fr_operation *broadcast;

	begin();
	told(0, 1);			/* known at 1 ms */
	shows(1, EMPTY);		/* called at 2   */
	shows(1, EMPTY);		/* called at 4   */
	shows(1, LIST(1));
	finally(0, LIST(1));
	finally(1, LIST(1));
	expect(B, 2, NULL);
	ck_assert_double_eq(fake_metric(&script.out, "stale"), 1);
	ck_assert_double_eq_tol(fake_metric(&script.out,
				"stable latency max"), 3, 1e-9);
	fake_judged_free(&script.out);
	/* A read that began before it was known may miss it. */
	begin();
	broadcast = call(0, BROADCAST, fr_int(1));	/* 0 */
	shows(1, EMPTY);				/* 1 2 */
	end(broadcast, FR_OK, fr_nil());
	finally(0, LIST(1));
	expect(B, 1, NULL);
	ck_assert_double_eq(fake_metric(&script.out, "stale"), 0);
	fake_judged_free(&script.out);
	/* One that was shown is known, acknowledged or not. */
	begin();
	call(0, BROADCAST, fr_int(1));
	shows(0, LIST(1));
	shows(1, EMPTY);
	told(0, 2);
	finally(0, LIST(1, 2));
	expect(B, 1, NULL);
	ck_assert_double_eq(fake_metric(&script.out, "stale"), 1);
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(a_read_that_must_not_miss_and_does_is_stale)
{
	static const char *const strict[] = { "stale", "violation", NULL };

	begin();
	script.settings = strict;
	told(0, 1);
	shows(1, EMPTY);
	finally(0, LIST(1));
	finally(1, LIST(1));
	expect(B, 2, "stale");
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(twice_in_one_read_is_a_duplicate)
{
	begin();
	told(0, 1);
	shows(0, LIST(1));
	shows(0, LIST(1, 1));
	finally(0, LIST(1));
	expect(B, 1, "duplicate");
	ck_assert_double_eq(fake_metric(&script.out, "duplicate"), 1);
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(what_nobody_broadcast_is_invented)
{
	struct fr_operation *failed;

	begin();
	told(0, 1);
	finally(0, LIST(1, 7));
	expect(B, 1, "invented");
	fake_judged_free(&script.out);
	/* Before it was broadcast. */
	begin();
	shows(0, LIST(1));
	told(0, 1);
	finally(0, LIST(1));
	expect(B, 1, "invented");
	fake_judged_free(&script.out);
	/* Though it had failed. */
	begin();
	failed = call(0, BROADCAST, fr_int(1));
	end(failed, FR_FAIL, fr_nil());
	told(0, 2);
	finally(0, LIST(1, 2));
	expect(B, 1, "invented");
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(an_unknown_end_may_show_or_not)
{
	begin();
	call(0, BROADCAST, fr_int(1));
	call(1, BROADCAST, fr_int(2));
	told(1, 3);
	shows(1, LIST(2));
	finally(0, LIST(1, 3));
	finally(1, LIST(3));
	expect(B, 2, NULL);
	ck_assert_double_eq(fake_metric(&script.out, "vanished"), 2);
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(what_cannot_be_judged_is_unknown)
{
	begin();
	told(0, 1);
	finally(0, LIST(1));
	ck_assert_ptr_nonnull(judge(B, 2)->unknown);	/* node 1 is silent */
	ck_assert_ptr_null(script.out.violation);
	fake_judged_free(&script.out);
	begin();
	call(0, BROADCAST, fr_int(1));
	finally(0, EMPTY);
	ck_assert_ptr_nonnull(judge(B, 1)->unknown);	/* no news at all */
	fake_judged_free(&script.out);
	begin();
	ck_assert_ptr_nonnull(judge(B, 1)->unknown);
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(many_losses_are_told_by_some_and_counted_all)
{
	int64_t i;

	begin();
	for (i = 1; i <= 40; i++)
		told(0, i);
	finally(0, LIST(40));
	expect(B, 1, "lost");
	ck_assert_double_eq(fake_metric(&script.out, "lost"), 39);
	ck_assert_uint_eq(script.out.violations, 8);
	fake_judged_free(&script.out);
}
END_TEST

/* ---- echo and unique-ids ------------------------------------------------- */

#define NIL		{ .kind = FR_NIL }
#define INT(n)		{ .kind = FR_INT, .u = { .number = (n) } }
#define LIST_OF(n, l)	{ .kind = FR_LIST, .count = (n), .u = { .list = (l) } }
#define BYTES(n, b) { .kind = FR_BYTES, .count = (n), .u = { .bytes = (b) } }

START_TEST(an_answer_that_differs_is_a_mismatch)
{
	static const int64_t a[] = { 1, 2 }, b[] = { 1, 3 };
	static const struct {
		struct fr_value said, heard;
		const char *violation;
	} cases[] = {
		{ INT(5), INT(5), NULL },
		{ INT(5), INT(6), "mismatch" },
		{ INT(5), NIL, "mismatch" },
		{ LIST_OF(2, a), LIST_OF(2, a), NULL },
		{ LIST_OF(2, a), LIST_OF(2, b), "mismatch" },
		{ LIST_OF(2, a), LIST_OF(1, a), "mismatch" },
		{ LIST_OF(2, a), INT(1), "mismatch" },
	};

	begin();
	did(0, 0, cases[_i].said, cases[_i].heard);
	expect("plugins/workloads/echo", 1, cases[_i].violation);
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(an_identifier_that_occurs_twice_is_a_duplicate)
{
	static const int64_t a[] = { 1, 2 }, same[] = { 1, 2 };
	static const struct {
		struct fr_value one, two;
		const char *violation;
	} cases[] = {
		{ INT(5), INT(6), NULL },
		{ INT(5), INT(5), "duplicate" },
		{ LIST_OF(2, a), LIST_OF(2, same), "duplicate" },
		{ LIST_OF(2, a), LIST_OF(1, a), NULL },
		{ BYTES(3, "abc"), BYTES(3, "abc"), "duplicate" },
		{ BYTES(3, "abc"), BYTES(3, "abd"), NULL },
		{ INT(5), NIL, "no-id" },
	};

	begin();
	did(0, 0, fr_nil(), cases[_i].one);
	did(0, 0, fr_nil(), fr_int(100));
	did(1, 0, fr_nil(), cases[_i].two);
	expect("plugins/workloads/unique-ids", 2, cases[_i].violation);
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(no_answer_at_all_is_unknown)
{
	static const char *const names[] = { "plugins/workloads/echo",
					     "plugins/workloads/unique-ids" };

	begin();
	call(0, 0, fr_int(1));
	ck_assert_ptr_nonnull(judge(names[_i], 1)->unknown);
	fake_judged_free(&script.out);
}
END_TEST

/* ---- deliveries ----------------------------------------------------------- */

#define T "plugins/workloads/total-order"
#define C "plugins/workloads/causal-order"

static const char *const both[] = { T, C };

static struct fr_operation *
delivers(uint32_t node, int64_t from, const int64_t *elements)
{
	struct fr_operation *op = shows(node, elements);

	op->value = fr_int(from);
	return op;
}

static void
in_the_end(uint32_t node, const int64_t *elements)
{
	delivers(node, 0, elements)->phase = FR_PHASE_FINAL;
}

/* Two nodes; 1 and then 2 were broadcast at node 0, which showed both. */
static void
begin_deliveries(void)
{
	begin();
	told(0, 1);
	delivers(0, 0, LIST(1));
	told(0, 2);
	delivers(0, 1, LIST(2));
}

static void
judge_deliveries(const char *workload, const char *violation)
{
	expect(workload, 2, violation);
	fake_judged_free(&script.out);
}

START_TEST(the_same_deliveries_everywhere_are_valid)
{
	begin_deliveries();
	in_the_end(0, LIST(1, 2));
	in_the_end(1, LIST(1));
	delivers(1, 1, LIST(2))->phase = FR_PHASE_FINAL;
	judge_deliveries(both[_i], NULL);
}
END_TEST

START_TEST(a_node_that_takes_back_a_delivery_has_rewritten_it)
{
	begin_deliveries();
	told(1, 3);
	delivers(1, 0, LIST(3));
	in_the_end(0, LIST(1, 2, 3));
	in_the_end(1, LIST(1, 2, 3));
	judge_deliveries(both[_i], "rewritten");
}
END_TEST

START_TEST(a_number_in_two_places_is_a_duplicate)
{
	begin_deliveries();
	in_the_end(0, LIST(1, 2));
	in_the_end(1, LIST(1, 2, 1));
	judge_deliveries(both[_i], "duplicate");
}
END_TEST

START_TEST(a_delivery_that_nobody_broadcast_is_invented)
{
	struct fr_operation *late;

	begin_deliveries();
	in_the_end(0, LIST(1, 2, 9));
	in_the_end(1, LIST(1, 2, 9));
	judge_deliveries(both[_i], "invented");
	/* Its broadcast failed. */
	begin_deliveries();
	end(call(1, BROADCAST, fr_int(9)), FR_FAIL, fr_nil());
	in_the_end(0, LIST(1, 2, 9));
	in_the_end(1, LIST(1, 2, 9));
	judge_deliveries(both[_i], "invented");
	/* It was shown too early. */
	begin_deliveries();
	delivers(1, 2, LIST(9));
	late = call(1, BROADCAST, fr_int(9));
	in_the_end(0, LIST(1, 2, 9));
	in_the_end(1, LIST(1, 2, 9));
	end(late, FR_OK, fr_nil());
	judge_deliveries(both[_i], "invented");
}
END_TEST

START_TEST(what_was_acknowledged_is_delivered_everywhere_in_the_end)
{
	begin_deliveries();
	in_the_end(0, LIST(1, 2));
	in_the_end(1, LIST(1));
	judge_deliveries(both[_i], "lost");
	/* That it was there once does not help. */
	begin_deliveries();
	delivers(1, 0, LIST(1, 2));
	in_the_end(0, LIST(1, 2));
	in_the_end(1, LIST(1));
	judge_deliveries(both[_i], "lost");
}
END_TEST

START_TEST(what_one_node_delivers_the_others_do)
{
	begin_deliveries();
	call(1, BROADCAST, fr_int(3));
	in_the_end(0, LIST(1, 2, 3));
	in_the_end(1, LIST(1, 2));
	judge_deliveries(both[_i], "agreement");
}
END_TEST

/* Node 2, which is gone in the end, alone showed 3. */
START_TEST(total_order_is_uniform_and_causal_order_is_not)
{
	const struct fake_judged *out;
	int i;

	for (i = 0; i < 2; i++) {
		begin_deliveries();
		told(2, 3);
		delivers(2, 0, LIST(1, 2, 3));
		in_the_end(0, LIST(1, 2));
		in_the_end(1, LIST(1, 2));
		out = judge(both[i], 3);
		ck_assert_ptr_nonnull(out->unknown);
		if (i == 0)
			ck_assert_str_eq(out->violation, "lost");
		else
			ck_assert_ptr_null(out->violation);
		fake_judged_free(&script.out);
	}
}
END_TEST

START_TEST(two_nodes_with_two_orders)
{
	static const char *const violations[] = { "order", NULL };

	begin();
	told(0, 4);
	told(0, 1);
	call(1, BROADCAST, fr_int(2));
	in_the_end(0, LIST(4, 1, 2));
	in_the_end(1, LIST(2, 4, 1));
	judge_deliveries(both[_i], violations[_i]);
}
END_TEST

/* 1 was delivered at node 0 before 2 was broadcast, at node 1. */
START_TEST(what_is_acknowledged_comes_before_what_is_broadcast_later)
{
	static const char *const violations[] = { "order", NULL };

	begin();
	told(0, 3);
	told(0, 1);
	told(1, 2);
	in_the_end(0, LIST(3, 2, 1));
	in_the_end(1, LIST(3, 2, 1));
	judge_deliveries(both[_i], violations[_i]);
}
END_TEST

START_TEST(a_cause_that_a_client_saw_comes_first)
{
	/* 2 is broadcast at node 1, which showed 1. */
	begin();
	told(0, 1);
	delivers(1, 0, LIST(1));
	told(1, 2);
	in_the_end(0, LIST(1, 2));
	in_the_end(1, LIST(1, 2));
	in_the_end(2, LIST(2, 1));
	expect(C, 3, "causality");
	ck_assert_ptr_nonnull(strstr(script.out.sentence, "delivery 0 of node "
		"2 is 2; it was broadcast at node 1 after 1 was delivered "
		"there"));
	fake_judged_free(&script.out);
	/* And is not put right by coming later. */
	begin();
	told(0, 1);
	delivers(1, 0, LIST(1));
	told(1, 2);
	delivers(2, 0, LIST(2));
	in_the_end(0, LIST(1, 2));
	in_the_end(1, LIST(1, 2));
	in_the_end(2, LIST(2));
	expect(C, 3, "lost");
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(own_broadcasts_keep_their_order)
{
	begin();
	told(0, 1);
	told(0, 2);
	in_the_end(0, LIST(1, 2));
	in_the_end(1, LIST(2, 1));
	judge_deliveries(C, "causality");
}
END_TEST

START_TEST(what_nobody_saw_is_no_cause)
{
	struct fr_operation *first, *second;

	/* Node 1 may have delivered 1 after it broadcast 2: the read that
	 * shows it was not over when 2 was broadcast. */
	begin();
	told(0, 3);
	told(0, 1);
	first = delivers(1, 0, LIST(3, 1));
	second = call(1, BROADCAST, fr_int(2));
	first->end_rank = script.rank++;
	end(second, FR_OK, fr_nil());
	in_the_end(0, LIST(3, 1, 2));
	in_the_end(1, LIST(3, 1, 2));
	in_the_end(2, LIST(2, 3, 1));
	expect(C, 3, NULL);
	ck_assert_double_eq(fake_metric(&script.out, "with a past"), 1);
	fake_judged_free(&script.out);
	/* Broadcasts of two clients at one node, none after the other. */
	begin();
	told(0, 3);
	first = call(0, BROADCAST, fr_int(1));
	second = call(0, BROADCAST, fr_int(2));
	end(first, FR_OK, fr_nil());
	end(second, FR_OK, fr_nil());
	in_the_end(0, LIST(3, 1, 2));
	in_the_end(1, LIST(3, 2, 1));
	judge_deliveries(C, NULL);
}
END_TEST

START_TEST(deliveries_that_nobody_saw_are_no_success)
{
	/* A node that never answers in the end. */
	begin_deliveries();
	in_the_end(0, LIST(1, 2));
	ck_assert_ptr_nonnull(judge(both[_i], 2)->unknown);
	fake_judged_free(&script.out);
	/* Nothing acknowledged. */
	begin();
	call(0, BROADCAST, fr_int(1));
	in_the_end(0, LIST(1));
	in_the_end(1, LIST(1));
	ck_assert_ptr_nonnull(judge(both[_i], 2)->unknown);
	fake_judged_free(&script.out);
	/* Nothing with a cause: only causal-order minds. */
	begin();
	told(0, 1);
	in_the_end(0, LIST(1));
	in_the_end(1, LIST(1));
	ck_assert_int_eq(judge(both[_i], 2)->unknown != NULL, _i);
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(a_gap_in_what_was_read_is_unknown)
{
	const struct fake_judged *out;

	/* What stands between 1 and 2 at node 1 nobody read. */
	begin_deliveries();
	in_the_end(0, LIST(1, 2));
	in_the_end(1, LIST(1));
	delivers(1, 2, LIST(2))->phase = FR_PHASE_FINAL;
	out = judge(both[_i], 2);
	ck_assert_ptr_null(out->violation);
	ck_assert_ptr_nonnull(out->unknown);
	fake_judged_free(&script.out);
}
END_TEST

/* ---- atomic-commit --------------------------------------------------------- */

enum { TRANSACT, OUTCOME };
#define KNOWS_NONE 3

/* An operation on transaction 1 (of 2 nodes), and how it ended. */
struct deed {
	uint32_t node, f;
	int64_t votes, answer;		/* votes: 11, 10, ...                 */
	uint32_t outcome, phase;
};

#define BEGUN(votes, answer) { 0, TRANSACT, votes, answer, FR_OK, 0 }
#define SAYS(node, answer) { node, OUTCOME, 0, answer, FR_OK, 0 }
#define LATE(node, answer) { node, OUTCOME, 0, answer, FR_OK, 1 }

static const struct {
	const char *violation;
	struct deed deeds[6];
} commitments[] = {
	{ NULL, { BEGUN(11, 1), SAYS(1, 2), SAYS(1, 1), LATE(0, 1),
		  LATE(1, 1) } },
	{ NULL, { BEGUN(10, 0), SAYS(1, KNOWS_NONE), LATE(0, 0),
		  LATE(1, KNOWS_NONE) } },
	{ NULL, { { 0, TRANSACT, 11, 0, FR_INFO, 0 }, LATE(0, 1),
		  LATE(1, 1) } },
	{ "agreement", { BEGUN(11, 1), SAYS(1, 0) } },
	{ "agreement", { BEGUN(11, 0), LATE(1, 1) } },
	{ "agreement", { { 0, TRANSACT, 11, 0, FR_FAIL, 0 }, SAYS(1, 1) } },
	{ "validity", { BEGUN(10, 1) } },
	{ "validity", { { 0, TRANSACT, 1, 0, FR_INFO, 0 }, SAYS(1, 1) } },
	{ "validity", { SAYS(1, 1) } },
	{ "undecided", { BEGUN(11, 1), LATE(0, 1), LATE(1, 2) } },
	{ "forgotten", { BEGUN(11, 1), LATE(0, 1), LATE(1, KNOWS_NONE) } },
	/* Whoever is not there in the end cannot be asked. */
	{ NULL, { BEGUN(11, 1), LATE(1, 2) } },
};

#define COMMITMENTS (int)(sizeof commitments / sizeof *commitments)
#define COMMIT "plugins/workloads/atomic-commit"

static void
does(const struct deed *d)
{
	static const int64_t votes[2][2][2] = { { { 0, 0 }, { 0, 1 } },
						{ { 1, 0 }, { 1, 1 } } };
	struct fr_operation *op = call(d->node, d->f, fr_nil());

	op->key = 1;
	op->phase = d->phase;
	if (d->f == TRANSACT)
		op->value = fr_list(votes[d->votes / 10][d->votes % 10], 2);
	if (d->outcome == FR_INFO)
		return;
	end(op, d->outcome, d->answer == KNOWS_NONE ? fr_nil() :
			    fr_int(d->answer));
}

START_TEST(all_or_nothing)
{
	static const char *const now[] = { "settle", "0s", NULL };
	const struct deed *d = commitments[_i].deeds;

	begin();
	script.settings = now;
	for (; d->outcome != 0; d++)
		does(d);
	expect(COMMIT, 2, commitments[_i].violation);
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(in_doubt_for_too_long_is_blocked_where_that_was_promised)
{
	static const char *const soon[] = { "nonblocking", "3ms", NULL };
	static const struct deed begun = BEGUN(11, 1), doubts = SAYS(1, 2);
	int i;

	begin();
	does(&begun);
	for (i = 0; i < 3; i++)
		does(&doubts);
	expect(COMMIT, 2, NULL);
	fake_judged_free(&script.out);
	script.settings = soon;
	expect(COMMIT, 2, "blocked");
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(what_never_commits_is_a_violation)
{
	static const struct deed begun = { 0, TRANSACT, 11, 0, FR_OK, 1 };
	int i;

	begin();
	for (i = 0; i < 8; i++) {
		does(&begun);
		script.ops[i].key = i;
	}
	script.ops[7].result = fr_int(1);
	expect(COMMIT, 2, NULL);
	fake_judged_free(&script.out);
	script.ops[7].result = fr_int(0);
	expect(COMMIT, 2, "no-commit");
	fake_judged_free(&script.out);
}
END_TEST

/* ---- what agrees in the end only ------------------------------------------- */

#define V "plugins/workloads/siblings"
#define X "plugins/workloads/removals"
#define Z "plugins/workloads/convergence"
#define K "plugins/workloads/eventual-counter"

/* f 0 reads; of a line with `final` the phase is the final one.  A list ends
 * with -1. */
struct line {
	uint32_t node, f;
	bool final;
	int64_t number;
	int64_t given[6], answer[6];
	uint32_t outcome;
};

#define SEEN(node_, ...) { .node = node_, .outcome = FR_OK,		\
	.answer = { __VA_ARGS__, -1 } }
#define LAST(node_, ...) { .node = node_, .outcome = FR_OK,		\
	.final = true, .answer = { __VA_ARGS__, -1 } }
#define GIVEN(node_, f_, ...) { .node = node_, .f = f_,			\
	.outcome = FR_OK, .given = { __VA_ARGS__, -1 } }
#define PUT(node_, f_, n) { .node = node_, .f = f_, .outcome = FR_OK,	\
	.number = n }
#define ASKED(node_, f_, n) { .node = node_, .f = f_,			\
	.outcome = FR_INFO, .number = n }

/* Lists of numbers and contexts, or numbers. */
static const struct {
	const char *workload;
	const char *violation;
	struct line lines[10];
} eventual[] = {
	/* Siblings: 1 writes, 2 assigns, 3 deletes. */
	{ V, NULL, { GIVEN(0, 1, 11), SEEN(0, 1, 11, 7, 1),
		     GIVEN(0, 1, 12, 7, 1), LAST(0, 1, 12, 7, 2),
		     LAST(1, 1, 12, 7, 2) } },
	{ V, "lost", { GIVEN(0, 1, 11), SEEN(0, 1, 11, 7, 1),
		       GIVEN(0, 1, 12, 7, 1), LAST(0, 0), LAST(1, 0) } },
	{ V, "resurrected", { GIVEN(0, 1, 11), SEEN(0, 1, 11, 7, 1),
			      GIVEN(0, 1, 12, 7, 1), LAST(0, 2, 11, 12),
			      LAST(1, 2, 11, 12) } },
	{ V, "diverged", { GIVEN(0, 1, 11), LAST(0, 1, 11), LAST(1, 0) } },
	{ V, "duplicate", { GIVEN(0, 1, 11), LAST(0, 2, 11, 11),
			    LAST(1, 2, 11, 11) } },
	{ V, "invented", { GIVEN(0, 1, 11), LAST(0, 2, 11, 13),
			   LAST(1, 2, 11, 13) } },
	/* Without a context it replaces nothing. */
	{ V, "lost", { GIVEN(0, 1, 11), SEEN(0, 1, 11, 7, 1),
		       GIVEN(0, 1, 12), LAST(0, 1, 12), LAST(1, 1, 12) } },
	{ V, NULL, { GIVEN(0, 1, 11), SEEN(1, 1, 11, 7, 1),
		     GIVEN(1, 3, 7, 1), LAST(0, 0, 7, 1), LAST(1, 0, 7, 1) } },
	/* Only the last answer of a node counts. */
	{ V, NULL, { GIVEN(0, 1, 11), LAST(1, 0), LAST(0, 1, 11),
		     LAST(1, 1, 11) } },
	/* An assignment replaces what its node has shown. */
	{ V, NULL, { PUT(0, 2, 11), PUT(1, 2, 12), LAST(0, 2, 11, 12),
		     LAST(1, 2, 12, 11) } },
	{ V, NULL, { PUT(0, 2, 11), PUT(1, 2, 12), LAST(0, 1, 12),
		     LAST(1, 1, 12) } },
	{ V, "resurrected", { PUT(0, 2, 11), SEEN(1, 1, 11), PUT(1, 2, 12),
			      LAST(0, 2, 11, 12), LAST(1, 2, 11, 12) } },
	{ V, "lost", { PUT(0, 2, 11), PUT(1, 2, 12), LAST(0, 1, 11),
		       LAST(1, 1, 11) } },

	/* Removals: 1 adds, 2 removes, 3 erases. */
	{ X, NULL, { PUT(0, 1, 5), PUT(0, 1, 6), PUT(1, 2, 5), LAST(0, 6),
		     LAST(1, 6) } },
	{ X, "lost", { PUT(0, 1, 5), PUT(0, 1, 6), PUT(1, 2, 5),
		       LAST(0, -1), LAST(1, -1) } },
	{ X, "resurrected", { PUT(0, 1, 5), PUT(1, 2, 5), LAST(0, 5),
			      LAST(1, 5) } },
	{ X, "diverged", { PUT(0, 1, 5), PUT(0, 1, 6), PUT(0, 2, 6),
			   LAST(0, 5), LAST(1, -1) } },
	{ X, "invented", { PUT(0, 1, 5), PUT(0, 1, 6), PUT(0, 2, 6),
			   LAST(0, 5, 9), LAST(1, 5, 9) } },
	/* Which of two adds node 2 had heard of nobody knows: any may be left,
	 * or none, but not what it had acknowledged itself. */
	{ X, NULL, { PUT(0, 1, 5), PUT(1, 1, 5), PUT(2, 2, 5), LAST(0, 5),
		     LAST(1, 5), LAST(2, 5) } },
	{ X, NULL, { PUT(0, 1, 5), PUT(1, 1, 5), PUT(2, 2, 5), LAST(0, -1),
		     LAST(1, -1), LAST(2, -1) } },
	{ X, "resurrected", { PUT(0, 1, 5), PUT(0, 1, 5), PUT(0, 2, 5),
			      LAST(0, 5), LAST(1, 5) } },
	{ X, "lost", { PUT(0, 1, 5), PUT(0, 2, 5), PUT(0, 1, 5),
		       LAST(0, -1), LAST(1, -1) } },
	{ X, NULL, { PUT(0, 1, 5), PUT(0, 3, 5), PUT(1, 1, 5),
		     LAST(0, -1), LAST(1, -1) } },
	{ X, "resurrected", { PUT(0, 1, 5), PUT(0, 3, 5), PUT(1, 1, 5),
			      LAST(0, 5), LAST(1, 5) } },
};

/* One number is its own answer here. */
static const struct {
	const char *workload;
	const char *newest;
	const char *violation;
	struct line lines[8];
} numbers[] = {
	/* Convergence: 1 writes. */
	{ Z, "no", NULL, { PUT(0, 1, 5), PUT(1, 1, 6), LAST(0, 5),
			   LAST(1, 5) } },
	{ Z, "world", "overwritten", { PUT(0, 1, 5), PUT(1, 1, 6), LAST(0, 5),
				       LAST(1, 5) } },
	{ Z, "world", NULL, { PUT(0, 1, 5), PUT(1, 1, 6), LAST(0, 6),
			      LAST(1, 6) } },
	{ Z, "world", NULL, { PUT(0, 1, 5), ASKED(1, 1, 6), LAST(0, 5),
			      LAST(1, 5) } },
	{ Z, "node", NULL, { PUT(0, 1, 5), PUT(1, 1, 6), LAST(0, 5),
			     LAST(1, 5) } },
	{ Z, "node", "overwritten", { PUT(0, 1, 5), PUT(0, 1, 6), LAST(0, 5),
				      LAST(1, 5) } },
	{ Z, "node", "overwritten", { PUT(0, 1, 5), SEEN(1, 5), PUT(1, 1, 6),
				      LAST(0, 5), LAST(1, 5) } },
	/* Counters: 1 counts up. */
	{ K, NULL, NULL, { PUT(0, 1, 5), SEEN(1, 0), LAST(0, 5),
			   LAST(1, 5) } },
	{ K, NULL, "forgotten", { PUT(0, 1, 5), SEEN(0, 4), LAST(0, 5),
				  LAST(1, 5) } },
	{ K, NULL, "diverged", { PUT(0, 1, 5), LAST(0, 5), LAST(1, 4) } },
};

static struct fr_value
list_of(const int64_t *numbers_)
{
	uint32_t count;

	for (count = 0; numbers_[count] != -1; count++)
		;
	return fr_list(numbers_, count);
}

static uint32_t
play(const struct line *line, bool lists)
{
	struct fr_operation *op;
	uint32_t nodes = 2;

	for (; line->outcome != 0; line++) {
		op = call(line->node, line->f, line->number != 0 ?
			  fr_int(line->number) : line->f != 0 ?
			  list_of(line->given) : fr_nil());
		op->key = 0;
		op->phase = line->final ? FR_PHASE_FINAL : FR_PHASE_MAIN;
		nodes = line->node >= nodes ? line->node + 1 : nodes;
		if (line->outcome != FR_OK)
			continue;
		end(op, line->outcome, line->f != 0 ? fr_nil() : lists ?
		    list_of(line->answer) : fr_int(line->answer[0]));
	}
	return nodes;
}

START_TEST(what_stores_come_to_in_the_end)
{
	begin();
	expect(eventual[_i].workload, play(eventual[_i].lines, true),
	       eventual[_i].violation);
	fake_judged_free(&script.out);
}
END_TEST

START_TEST(what_registers_and_counters_come_to_in_the_end)
{
	const char *const settings[] = { "newest", numbers[_i].newest, NULL };

	begin();
	if (numbers[_i].newest != NULL)
		script.settings = settings;
	expect(numbers[_i].workload, play(numbers[_i].lines, false),
	       numbers[_i].violation);
	fake_judged_free(&script.out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("workloads");
	TCase *t = tcase_create("judgements");
	SRunner *r;
	int failed;

	tcase_add_test(t, what_everybody_knows_in_the_end_is_valid);
	tcase_add_test(t, acknowledged_and_missing_at_one_node_is_lost);
	tcase_add_test(t, the_last_final_read_of_a_node_counts);
	tcase_add_test(t,
		stale_is_measured_from_known_to_the_last_read_that_misses);
	tcase_add_test(t, a_read_that_must_not_miss_and_does_is_stale);
	tcase_add_test(t, twice_in_one_read_is_a_duplicate);
	tcase_add_test(t, what_nobody_broadcast_is_invented);
	tcase_add_test(t, an_unknown_end_may_show_or_not);
	tcase_add_test(t, what_cannot_be_judged_is_unknown);
	tcase_add_test(t, many_losses_are_told_by_some_and_counted_all);
	tcase_add_loop_test(t, an_answer_that_differs_is_a_mismatch, 0, 7);
	tcase_add_loop_test(t, an_identifier_that_occurs_twice_is_a_duplicate,
			    0, 7);
	tcase_add_loop_test(t, no_answer_at_all_is_unknown, 0, 2);
	tcase_add_loop_test(t, all_or_nothing, 0, COMMITMENTS);
	tcase_add_test(t,
		in_doubt_for_too_long_is_blocked_where_that_was_promised);
	tcase_add_test(t, what_never_commits_is_a_violation);
	suite_add_tcase(s, t);
	t = tcase_create("deliveries");
	tcase_add_loop_test(t, the_same_deliveries_everywhere_are_valid, 0, 2);
	tcase_add_loop_test(t, a_node_that_takes_back_a_delivery_has_rewritten_it,
			    0, 2);
	tcase_add_loop_test(t, a_number_in_two_places_is_a_duplicate, 0, 2);
	tcase_add_loop_test(t, a_delivery_that_nobody_broadcast_is_invented,
			    0, 2);
	tcase_add_loop_test(t,
		what_was_acknowledged_is_delivered_everywhere_in_the_end, 0, 2);
	tcase_add_loop_test(t, what_one_node_delivers_the_others_do, 0, 2);
	tcase_add_test(t, total_order_is_uniform_and_causal_order_is_not);
	tcase_add_loop_test(t, two_nodes_with_two_orders, 0, 2);
	tcase_add_loop_test(t,
		what_is_acknowledged_comes_before_what_is_broadcast_later, 0, 2);
	tcase_add_test(t, a_cause_that_a_client_saw_comes_first);
	tcase_add_test(t, own_broadcasts_keep_their_order);
	tcase_add_test(t, what_nobody_saw_is_no_cause);
	tcase_add_loop_test(t, deliveries_that_nobody_saw_are_no_success, 0, 2);
	tcase_add_loop_test(t, a_gap_in_what_was_read_is_unknown, 0, 2);
	suite_add_tcase(s, t);
	t = tcase_create("in the end");
	tcase_add_loop_test(t, what_stores_come_to_in_the_end, 0,
			    (int)(sizeof eventual / sizeof *eventual));
	tcase_add_loop_test(t, what_registers_and_counters_come_to_in_the_end,
			    0, (int)(sizeof numbers / sizeof *numbers));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
