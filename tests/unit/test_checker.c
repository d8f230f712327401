/* SPDX-License-Identifier: MIT */
/*
 * The checker against a brute-force oracle, and what it says.
 *
 * Seeds are fixed; set FRACAS_ORACLE to a number to try that many histories a
 * model.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/checker.h"
#include "checker/engine.h"
#include "core/base/rand.h"
#include "tests/unit/random_history.h"

static void
show(const struct made *x, const struct verdict *v)
{
	struct buf b;
	uint64_t all[OPS_MOST];
	uint32_t i;

	for (i = 0; i < x->h.op_count; i++)
		all[i] = i;
	buf_init(&b, 1 << 20);
	check_draw(&x->h, &x->c, all, (uint32_t)x->h.op_count, &b);
	fprintf(stderr, "%s\n%s\n%s: %s\n%s\n", x->c.model, b.data,
		v->algorithm, v->reason,
		v->explanation == NULL ? "" : v->explanation);
	buf_free(&b);
}

/*
 * The core has no linearization even where all other updates may or may not
 * have happened and all other reads are forgotten; and it has one as soon as
 * that is said of any one of the core, too.
 */
static bool
core_is_right(const struct made *x, const struct verdict *v)
{
	static const char *const reads[] = {
		"read", "get", "contains", "peek", "top", "size"
	};
	uint32_t order[ORACLE_MOST], must, may, core = 0, i, k;
	struct bound m;
	struct fr_err err;
	bool right;

	ck_assert_int_eq(model_bind(&x->c, &x->h, &m, &err), 0);
	history_masks(x, &m, &must, &may);
	for (k = 0; k < v->core_count; k++)
		core |= 1u << v->core[k];
	right = core != 0 && (core & ~must) == 0;
	may |= must & ~core;
	for (i = 0; i < x->h.op_count; i++)
		for (k = 0; k < sizeof reads / sizeof *reads; k++)
			if (strcmp(x->names[x->ops[i].f], reads[k]) == 0)
				may &= ~(1u << i);
	right = right && !history_orders(&m, x, core, may, order, 0);
	for (i = 0; i < x->h.op_count && right; i++) {
		if (!(core >> i & 1))
			continue;
		for (k = 0; k < sizeof reads / sizeof *reads; k++)
			if (strcmp(x->names[x->ops[i].f], reads[k]) == 0)
				break;
		right = history_orders(&m, x, core & ~(1u << i),
				   k < sizeof reads / sizeof *reads ? may :
				   may | 1u << i, order, 0);
	}
	bound_free(&m);
	return right;
}

static void
compare(struct made *x, bool expected)
{
	struct verdict v;
	struct fr_err err;

	ck_assert_msg(check_linearizable(&x->h, &x->c, &v, &err) == 0, "%s",
		      err.text);
	if (v.kind != (expected ? VERDICT_VALID : VERDICT_INVALID) ||
	    (v.kind == VERDICT_VALID &&
	     check_verify(&x->h, &x->c, v.order, v.order_count, &err) != 0)) {
		show(x, &v);
		ck_abort_msg("%s, and the oracle says %s",
			     verdict_names[v.kind],
			     expected ? "valid" : "invalid");
	}
	if (v.kind == VERDICT_INVALID && !core_is_right(x, &v)) {
		show(x, &v);
		ck_abort_msg("the core is not minimal, or is legal");
	}
	verdict_free(&v);
}

/* Too long for the oracle: a valid one is verified, and of an invalid one the
 * core's operations alone are no more legal. */
static void
compare_long(struct made *x)
{
	struct verdict v;
	struct fr_err err;

	ck_assert_msg(check_linearizable(&x->h, &x->c, &v, &err) == 0, "%s",
		      err.text);
	ck_assert_int_ne(v.kind, VERDICT_UNKNOWN);
	if (v.kind == VERDICT_VALID)
		ck_assert_int_eq(check_verify(&x->h, &x->c, v.order,
					      v.order_count, &err), 0);
	else if (v.core_count == 0 || v.core_count > 10) {
		show(x, &v);
		ck_abort_msg("a core of %u operations", v.core_count);
	}
	verdict_free(&v);
}

START_TEST(every_verdict_is_the_oracles)
{
	const struct spec *s = &specs[_i];
	const char *more = getenv("FRACAS_ORACLE");
	struct rng r = rng_make(1, STREAM_WORKLOAD, (uint32_t)_i, 0, "oracle");
	int i, count = more != NULL ? atoi(more) : 250, valid = 0;
	struct made x;

	for (i = 0; i < count; i++) {
		bool expected;

		history_make(&x, s, &r, ORACLE_MOST, 3);
		x.h.ops = x.ops;
		expected = history_oracle(&x);
		valid += expected;
		compare(&x, expected);
	}
	/* Both kinds must have been tried, or nothing was. */
	ck_assert_int_ge(valid, count / 50);
	ck_assert_int_le(valid, count - count / 50);
}
END_TEST

/* ---- each fast decision against the search ------------------------------------------------- */

/* Of the only part of x; false: the fast way was not for it. */
static bool
both_ways(const struct made *x, int *valid)
{
	struct budget b;
	struct bound m;
	struct split split;
	struct part p;
	struct answer fast, slow = { .order = (uint32_t[OPS_MOST]){ 0 } };
	struct fr_err err;
	uint32_t order[OPS_MOST];
	bool mine = false;

	budget_init(&b, 0, 0, 0);
	ck_assert_int_eq(model_bind(&x->c, &x->h, &m, &err), 0);
	ck_assert_int_eq(split_make(&split, &x->h, &m, &b, &err), 0);
	if (split.parts == 1) {
		ck_assert_int_eq(part_make(&p, &split, 0, &m, &b, &err), 0);
		search_decide(&p, &x->h, 0, &slow, &b);
		fast.order = order;
		if (!text_flatten(&p, &x->h, &fast, &b))
			part_decide(&p, &x->h, 0, &fast, &b);
		mine = strcmp(fast.algorithm, "search") != 0;
		if (fast.decision != slow.decision) {
			struct verdict v;

			check_linearizable(&x->h, &x->c, &v, &err);
			show(x, &v);
			ck_abort_msg("%s says %d and the search %d",
				     fast.algorithm, fast.decision,
				     slow.decision);
		}
		*valid += slow.decision == YES;
		part_free(&p, &b);
	}
	split_free(&split);
	bound_free(&m);
	/* Whatever was charged was given back. */
	ck_assert_uint_eq(b.memory, 0);
	return mine;
}

START_TEST(fast_decisions_are_the_searchs)
{
	const struct spec *s = &specs[_i];
	const char *more = getenv("FRACAS_ORACLE");
	struct rng r = rng_make(2, STREAM_WORKLOAD, (uint32_t)_i, 0, "both");
	int i, count = more != NULL ? atoi(more) : 250, valid = 0, mine = 0;
	struct made x;

	if (!s->unique)
		return;
	for (i = 0; i < count; i++) {
		history_make(&x, s, &r, 14 + (uint32_t)i % 11,
			     3 + (uint32_t)i % 4);
		x.h.ops = x.ops;
		mine += both_ways(&x, &valid);
		compare_long(&x);
	}
	ck_assert_int_ge(valid, count / 20);
	ck_assert_int_le(valid, count - count / 20);
	ck_assert_int_ge(mine, count / 4);
}
END_TEST

/* "ab" was a and b, and yet "abc" is a and bc. */
START_TEST(a_text_is_not_cut_too_early)
{
	static const char *const names[] = { "put", "append", "get" };
	static const struct {
		uint32_t f;
		const char *text;
	} done[] = {
		{ 0, "a" }, { 1, "b" }, { 2, "ab" }, { 0, "a" }, { 1, "bc" },
		{ 2, "abc" }, { 1, "c" }, { 2, "abcc" },
	};
	struct fr_operation ops[8], *op;
	struct fr_history h = { .size = sizeof h, .ops = ops, .op_count = 8,
				.op_stride = sizeof *ops };
	struct check_config c = { .op_names = names, .op_count = 3,
				  .model = "kv" };
	struct verdict v;
	struct fr_value text;
	uint32_t i;

	memset(ops, 0, sizeof ops);
	for (i = 0; i < 8; i++) {
		op = &ops[i];
		memset(&text, 0, sizeof text);
		text.kind = FR_BYTES;
		text.count = (uint32_t)strlen(done[i].text);
		text.u.bytes = done[i].text;
		op->f = done[i].f;
		op->id = i;
		op->key = FR_NO_KEY;
		op->outcome = FR_OK;
		op->call_rank = 2 * i;
		op->end_rank = 2 * i + 1;
		if (op->f == 2)
			op->result = text;
		else
			op->value = text;
	}
	ck_assert_int_eq(check_linearizable(&h, &c, &v, NULL), 0);
	ck_assert_int_eq(v.kind, VERDICT_VALID);
	verdict_free(&v);
	ops[7].result.count = 3;	/* "abc", after the c was appended */
	ck_assert_int_eq(check_linearizable(&h, &c, &v, NULL), 0);
	ck_assert_int_eq(v.kind, VERDICT_INVALID);
	verdict_free(&v);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("checker");
	TCase *t = tcase_create("oracle");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_loop_test(t, every_verdict_is_the_oracles, 0, spec_count);
	tcase_add_loop_test(t, fast_decisions_are_the_searchs, 0, spec_count);
	tcase_add_test(t, a_text_is_not_cut_too_early);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
