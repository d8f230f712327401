/* SPDX-License-Identifier: MIT */
/*
 * Histories with moments at which nothing is under way, where the search cuts
 * them: the verdict must be the one of the same history with an operation more
 * that says nothing, and lasts from the beginning to the end, so that there is
 * no such moment.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "checker/checker.h"
#include "core/base/rand.h"

#define OPS	40
#define OPEN	4		/* at once                                    */

enum { READ, CHANGE, CAS };	/* names[f] of either model                   */

static const char *const register_names[] = { "read", "write", "cas" };
static const char *const counter_names[] = { "read", "add", "cas" };

struct story {
	struct fr_operation ops[OPS + 1];
	int64_t pairs[OPS + 1][2];
	struct fr_history h;
	struct check_config c;
	struct rng r;
	bool counter;
	int64_t state;			/* 0: nil                             */
	uint64_t rank;
	uint32_t count;
	bool done[OPS + 1];		/* it took effect                     */
};

static struct fr_value
value_of(const struct story *x, int64_t n)
{
	struct fr_value v = { .kind = FR_INT, .u.number = n };

	if (n == 0 && !x->counter)
		v.kind = FR_NIL;
	return v;
}

static void
call(struct story *x)
{
	struct fr_operation *op = &x->ops[x->count];
	int64_t *pair = x->pairs[x->count];

	memset(op, 0, sizeof *op);
	x->done[x->count] = false;
	op->id = op->process = op->client = x->count++;
	op->key = FR_NO_KEY;
	op->outcome = FR_INFO;
	op->f = (uint32_t)rng_below(&x->r, x->counter ? 2 : 3);
	pair[0] = 1 + (int64_t)rng_below(&x->r, 3);
	pair[1] = 1 + (int64_t)rng_below(&x->r, 3);
	if (op->f == CHANGE)
		op->value = value_of(x, pair[0]);
	else if (op->f == CAS)
		op->value = (struct fr_value){ FR_LIST, 2, { .list = pair } };
	op->call_rank = x->rank++;
	op->end_rank = UINT64_MAX;
	op->ended = INT64_MAX;
}

static void
take_effect(struct story *x, uint32_t i)
{
	struct fr_operation *op = &x->ops[i];

	if (x->done[i])
		return;
	x->done[i] = true;
	if (op->f == READ)
		op->result = value_of(x, x->state);
	else if (op->f == CHANGE && x->counter)
		x->state += x->pairs[i][0];
	else if (op->f == CHANGE)
		x->state = x->pairs[i][0];
	else
		op->result = (struct fr_value){ .kind = FR_INT,
			.u.number = x->state == x->pairs[i][0] };
	if (op->f == CAS && op->result.u.number != 0)
		x->state = x->pairs[i][1];
}

/* What never ended happens late, or never. */
static void
haunt(struct story *x)
{
	uint32_t i = (uint32_t)rng_below(&x->r, x->count);

	if (x->ops[i].outcome == FR_INFO && rng_below(&x->r, 3) == 0)
		take_effect(x, i);
}

/* A few operations, some at once, until none of them is under way. */
static void
burst(struct story *x)
{
	uint32_t open[OPEN], count = 0, k, i;
	uint32_t left = 1 + (uint32_t)rng_below(&x->r, 6);

	while (left > 0 || count > 0) {
		if (x->count > 0)
			haunt(x);
		if (left > 0 && count < OPEN && x->count < OPS &&
		    rng_below(&x->r, 2) == 0) {
			open[count++] = x->count;
			call(x);
			left--;
			continue;
		}
		if (x->count == OPS)
			left = 0;
		if (count == 0)
			continue;
		k = (uint32_t)rng_below(&x->r, count);
		i = open[k];
		if (rng_below(&x->r, 2) == 0) {
			take_effect(x, i);
			continue;
		}
		open[k] = open[--count];
		/* Without an end: so it may yet take effect. */
		if (rng_below(&x->r, 5) == 0)
			continue;
		take_effect(x, i);
		x->ops[i].outcome = FR_OK;
		x->ops[i].ended = 0;
		x->ops[i].end_rank = x->rank++;
	}
}

static void
make(struct story *x)
{
	uint32_t i;

	x->state = 0;
	x->rank = 1;
	x->count = 0;
	while (x->count < OPS)
		burst(x);
	if (rng_below(&x->r, 2) == 0) {
		i = (uint32_t)rng_below(&x->r, OPS);
		if (x->ops[i].f == READ && x->ops[i].outcome == FR_OK)
			x->ops[i].result.u.number =
				x->ops[i].result.u.number % 3 + 1;
	}
	for (i = 0; i < OPS; i++)
		if (x->ops[i].outcome == FR_INFO)
			memset(&x->ops[i].result, 0,
			       sizeof x->ops[i].result);
	x->h.size = sizeof x->h;
	x->h.ops = x->ops;
	x->h.op_count = OPS;
	x->h.op_stride = sizeof *x->ops;
	x->c.op_names = x->counter ? counter_names : register_names;
	x->c.op_count = x->counter ? 2 : 3;
	x->c.model = x->counter ? "counter" : "register";
}

static enum verdict_kind
verdict(const struct story *x)
{
	struct fr_err err = { 0 };
	enum verdict_kind kind;
	struct verdict v;

	ck_assert_msg(check_linearizable(&x->h, &x->c, &v, &err) == 0, "%s",
		      err.text);
	kind = v.kind;
	if (kind == VERDICT_VALID)
		ck_assert_int_eq(check_verify(&x->h, &x->c, v.order,
					      v.order_count, NULL), 0);
	verdict_free(&v);
	return kind;
}

/* A cas from what is never there fails at any time; nothing may be added at
 * any time. */
static void
bridge(struct story *x)
{
	struct fr_operation *op = x->ops;
	static const int64_t never[2] = { 8, 9 };

	memmove(op + 1, op, OPS * sizeof *op);
	memset(op, 0, sizeof *op);
	op->id = op->process = op->client = OPS;
	op->key = FR_NO_KEY;
	op->outcome = FR_OK;
	op->end_rank = x->rank + 1;
	op->f = x->counter ? CHANGE : CAS;
	op->value = x->counter ? value_of(x, 0) :
		(struct fr_value){ FR_LIST, 2, { .list = never } };
	op->result = (struct fr_value){ .kind = x->counter ? FR_NIL : FR_INT };
	x->h.op_count = OPS + 1;
}

START_TEST(a_cut_changes_no_verdict)
{
	const char *more = getenv("FRACAS_ORACLE");
	int i, count = more != NULL ? atoi(more) : 1500, valid = 0;
	enum verdict_kind cut, whole;
	struct story x;

	memset(&x, 0, sizeof x);
	x.counter = _i;
	x.r = rng_make(3, STREAM_WORKLOAD, (uint32_t)_i, 0, "cuts");
	for (i = 0; i < count; i++) {
		make(&x);
		cut = verdict(&x);
		bridge(&x);
		whole = verdict(&x);
		ck_assert_msg(cut == whole, "history %d: %s with cuts, %s "
			      "without", i, verdict_names[cut],
			      verdict_names[whole]);
		valid += whole == VERDICT_VALID;
	}
	ck_assert_int_ge(valid, count / 2);
	ck_assert_int_le(valid, count - count / 20);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cuts");
	TCase *t = tcase_create("cuts");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_loop_test(t, a_cut_changes_no_verdict, 0, 2);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
