/* SPDX-License-Identifier: MIT */
/*
 * The statistics of campaigns, each against something that knows nothing of
 * how they are computed: every division counted one by one, the equation that
 * a bound has to solve, and figures from the papers.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/rand.h"
#include "core/campaign/stats.h"

#define NEAR(a, b) ck_assert_double_eq_tol(a, b, 1e-9)

/* ---- one rate ----------------------------------------------------------- */

START_TEST(normal_quantiles)
{
	double p;

	ck_assert_double_eq_tol(normal_above(0.025), 1.959963984540054, 1e-12);
	ck_assert_double_eq_tol(normal_above(0.5), 0, 1e-12);
	ck_assert_double_eq_tol(normal_above(0.9), -1.2815515655446, 1e-12);
	for (p = 1e-12; p < 0.5; p *= 7)
		ck_assert_double_eq_tol(erfc(normal_above(p) / sqrt(2)) / 2 /
					p, 1, 1e-12);
}
END_TEST

/* A bound b is where the rate seen is just z standard errors of b away:
 * (rate - b)^2 = z^2 b (1 - b) / n. */
static void
solves(double bound, uint64_t hits, uint64_t trials, double z)
{
	double rate = (double)hits / (double)trials;

	NEAR((rate - bound) * (rate - bound),
	     z * z * bound * (1 - bound) / (double)trials);
}

START_TEST(wilson_solves_its_equation)
{
	uint64_t trials, hits;
	struct interval i;

	for (trials = 1; trials <= 40; trials++) {
		for (hits = 0; hits <= trials; hits++) {
			i = wilson(hits, trials, 0.95);
			solves(i.low, hits, trials, 1.959963984540054);
			solves(i.high, hits, trials, 1.959963984540054);
			ck_assert(i.low <= (double)hits / (double)trials);
			ck_assert(i.high >= (double)hits / (double)trials);
			ck_assert(i.low < i.high);
		}
	}
	i = wilson(3, 500, 0.99);
	solves(i.low, 3, 500, 2.5758293035489);
	solves(i.high, 3, 500, 2.5758293035489);
}
END_TEST

START_TEST(wilson_at_the_ends)
{
	struct interval i = wilson(0, 10, 0.95);
	double square = 1.959963984540054 * 1.959963984540054;

	ck_assert_double_eq(i.low, 0);
	NEAR(i.high, square / (10 + square));
	i = wilson(10, 10, 0.95);
	ck_assert_double_eq(i.high, 1);
	NEAR(i.low, 10 / (10 + square));
	i = wilson(0, 0, 0.95);
	ck_assert(i.low == 0 && i.high == 1);
	/* As tabled for 81 of 263 by Newcombe, 1998: 0.2553 .. 0.3662. */
	i = wilson(81, 263, 0.95);
	ck_assert_double_eq_tol(i.low, 0.2553, 5e-5);
	ck_assert_double_eq_tol(i.high, 0.3662, 5e-5);
	/* The same: 15 of 148, 0.0624 .. 0.1605. */
	i = wilson(15, 148, 0.95);
	ck_assert_double_eq_tol(i.low, 0.0624, 5e-5);
	ck_assert_double_eq_tol(i.high, 0.1605, 5e-5);
}
END_TEST

/* ---- one sample --------------------------------------------------------- */

START_TEST(quantiles_are_values)
{
	double at[] = { 4, INFINITY, 1, 3, 2 };

	sort_reals(at, 5);
	ck_assert_double_eq(at[0], 1);
	ck_assert_double_eq(quantile(at, 5, 0), 1);
	ck_assert_double_eq(quantile(at, 5, 0.2), 1);
	ck_assert_double_eq(quantile(at, 5, 0.21), 2);
	ck_assert_double_eq(quantile(at, 5, 0.5), 3);
	ck_assert_double_eq(quantile(at, 5, 0.8), 4);
	ck_assert(isinf(quantile(at, 5, 0.99)));
	ck_assert(isinf(quantile(at, 5, 1)));
	ck_assert_double_eq(quantile(at, 4, 0.5), 2);
	ck_assert_double_eq(quantile(at, 1, 0.5), 1);
}
END_TEST

/* ---- Fisher ------------------------------------------------------------- */

static uint32_t
bits(uint32_t set)
{
	return (uint32_t)__builtin_popcount(set);
}

/*
 * Every choice of the trials that hit, as a set of bits: the first a_trials
 * bits are a's.  How often a has k of them is counted; p is the share of those
 * that come no more often than what was seen.
 */
static double
fisher_by_counting(uint32_t a_hits, uint32_t a_trials, uint32_t b_hits,
		   uint32_t b_trials)
{
	uint32_t set, end = 1u << (a_trials + b_trials), all = 0, extreme = 0;
	uint32_t often[32] = { 0 }, k;

	for (set = 0; set < end; set++)
		if (bits(set) == a_hits + b_hits)
			often[bits(set & ((1u << a_trials) - 1))]++;
	for (k = 0; k < 32; k++) {
		all += often[k];
		if (often[k] <= often[a_hits])
			extreme += often[k];
	}
	return (double)extreme / all;
}

START_TEST(fisher_counts_every_division)
{
	uint32_t m, n, a, b;

	for (m = 0; m <= 6; m++)
		for (n = 0; n <= 6; n++)
			for (a = 0; a <= m; a++)
				for (b = 0; b <= n; b++)
					NEAR(fisher(a, m, b, n),
					     fisher_by_counting(a, m, b, n));
	NEAR(fisher(1, 9, 6, 8), fisher_by_counting(1, 9, 6, 8));
	NEAR(fisher(7, 10, 1, 8), fisher_by_counting(7, 10, 1, 8));
}
END_TEST

START_TEST(fisher_known)
{
	/* The lady tasting tea: 3 of 4, and all of them. */
	NEAR(fisher(3, 4, 1, 4), 34.0 / 70);
	NEAR(fisher(4, 4, 0, 4), 2.0 / 70);
	/* All hits in one of two equal halves: 2 / C(2n, n). */
	NEAR(fisher(10, 10, 0, 10) / (2.0 / 184756), 1);
	NEAR(fisher(0, 500, 0, 500), 1);
	NEAR(fisher(500, 500, 500, 500), 1);
	NEAR(fisher(0, 0, 3, 9), 1);
}
END_TEST

START_TEST(fisher_bears_large_numbers)
{
	double p, product = 1;
	int i;

	/* k hits among 2n trials, all in the second n: 2 n!/(n-k)! over
	 * (2n)!/(2n-k)!. */
	for (i = 0; i < 12; i++)
		product *= (double)(1000000 - i) / (2000000 - i);
	p = fisher(0, 1000000, 12, 1000000);
	ck_assert_double_eq_tol(p / (2 * product), 1, 1e-9);
	ck_assert_double_eq(fisher(12, 1000000, 0, 1000000), p);
	/* Too unlikely for a double, and the least that can be. */
	p = fisher(0, 100000, 100000, 100000);
	ck_assert(p >= 0 && p < 1e-300);
	p = fisher(50000, 100000, 50000, 100000);
	ck_assert_double_eq_tol(p, 1, 1e-6);
	p = fisher(50000, 100000, 50100, 100000);
	ck_assert(p > 0.6 && p < 0.7);
}
END_TEST

/* ---- Mann-Whitney ------------------------------------------------------- */

/* Twice the pairs in which a is larger, ties for one. */
static int
twice_u(const double *a, size_t m, const double *b, size_t n)
{
	size_t i, j;
	int u = 0;

	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++)
			u += a[i] > b[j] ? 2 : a[i] == b[j];
	return u;
}

/* Each choice of m values of all that are there, for a. */
static double
ranks_by_counting(const double *a, size_t m, const double *b, size_t n)
{
	double all[20], x[20], y[20];
	int mean = (int)(m * n), far = abs(twice_u(a, m, b, n) - mean);
	uint32_t set, count = 0, extreme = 0;
	size_t i, j, k;

	for (i = 0; i < m + n; i++)
		all[i] = i < m ? a[i] : b[i - m];
	for (set = 0; set < 1u << (m + n); set++) {
		if (bits(set) != m)
			continue;
		for (i = j = k = 0; i < m + n; i++) {
			if (set >> i & 1)
				x[j++] = all[i];
			else
				y[k++] = all[i];
		}
		count++;
		extreme += abs(twice_u(x, m, y, n) - mean) >= far;
	}
	return (double)extreme / count;
}

static void
compare(const double *a, size_t m, const double *b, size_t n)
{
	struct rank_test t = rank_test(a, m, b, n);

	ck_assert_double_eq(t.u, twice_u(a, m, b, n) / 2.0);
	NEAR(t.larger, t.u / (double)(m * n));
	ck_assert(t.exact);
	NEAR(t.p, ranks_by_counting(a, m, b, n));
}

/* With few different values there are ties of every kind. */
START_TEST(ranks_count_every_division)
{
	struct rng r = rng_make(7, STREAM_WORKLOAD, 0, 0, "");
	double a[6], b[6];
	uint64_t values;
	size_t m, n, i;

	for (values = 1; values <= 20; values += 3) {
		for (m = 1; m <= 6; m++) {
			for (n = 1; n <= 6; n++) {
				for (i = 0; i < m; i++)
					a[i] = (double)rng_below(&r, values);
				for (i = 0; i < n; i++)
					b[i] = (double)rng_below(&r, values);
				sort_reals(a, m);
				sort_reals(b, n);
				compare(a, m, b, n);
			}
		}
	}
}
END_TEST

START_TEST(ranks_known)
{
	const double low[] = { 1, 2, 3, 4 }, high[] = { 5, 6, 7, INFINITY };
	struct rank_test t = rank_test(low, 4, high, 4);

	/* Nothing is more uneven: 2 of the C(8, 4) divisions. */
	NEAR(t.p, 2.0 / 70);
	ck_assert_double_eq(t.u, 0);
	t = rank_test(high, 4, low, 4);
	NEAR(t.p, 2.0 / 70);
	ck_assert_double_eq(t.larger, 1);
	t = rank_test(low, 4, low, 4);
	NEAR(t.p, 1);
	ck_assert_double_eq(t.larger, 0.5);
}
END_TEST

/* The share of 4000 drawn divisions that are as uneven. */
static double
ranks_by_drawing(const double *a, size_t m, const double *b, size_t n)
{
	struct rng r = rng_make(11, STREAM_WORKLOAD, 0, 0, "");
	double all[80], x;
	int mean = (int)(m * n), far = abs(twice_u(a, m, b, n) - mean);
	uint32_t draw, extreme = 0;
	size_t i, j;

	for (i = 0; i < m + n; i++)
		all[i] = i < m ? a[i] : b[i - m];
	for (draw = 0; draw < 4000; draw++) {
		for (i = 0; i < m; i++) {
			j = i + rng_below(&r, m + n - i);
			x = all[i];
			all[i] = all[j];
			all[j] = x;
		}
		extreme += abs(twice_u(all, m, all + m, n) - mean) >= far;
	}
	return extreme / 4000.0;
}

/* Ties throughout, more than can be counted, from no shift to a large one. */
START_TEST(the_approximation_is_near)
{
	double a[40], b[35], last = 2;
	struct rank_test t;
	int shift, i;

	for (shift = 0; shift <= 12; shift += 2) {
		for (i = 0; i < 40; i++)
			a[i] = i / 2 + shift / 2;
		for (i = 0; i < 35; i++)
			b[i] = i * 4 / 7;
		t = rank_test(a, 40, b, 35);
		ck_assert(!t.exact);
		ck_assert_double_eq(t.u, twice_u(a, 40, b, 35) / 2.0);
		ck_assert_double_eq_tol(t.p, ranks_by_drawing(a, 40, b, 35),
					0.02);
		ck_assert(t.p < last);
		last = t.p;
	}
	ck_assert(last < 0.01);
}
END_TEST

/* By hand: 40 ones and 10 twos against 30 ones and 20 twos; U = 1000, mean
 * 1250, variance 50 * 50 / 12 * (101 - (70^3 - 70 + 30^3 - 30) / 9900). */
START_TEST(the_approximation_knows_ties)
{
	double a[50], b[50], sigma;
	struct rank_test t;
	int i;

	for (i = 0; i < 50; i++) {
		a[i] = i < 40 ? 1 : 2;
		b[i] = i < 30 ? 1 : 2;
	}
	t = rank_test(a, 50, b, 50);
	ck_assert(!t.exact);
	ck_assert_double_eq(t.u, 1000);
	sigma = sqrt(2500.0 / 12 * (101 - (342930 + 26970) / 9900.0));
	NEAR(t.p, erfc(249.5 / sigma / sqrt(2)));
	for (i = 0; i < 50; i++)
		a[i] = b[i] = 3;
	t = rank_test(a, 50, b, 50);
	NEAR(t.p, 1);
}
END_TEST

/* ---- Holm --------------------------------------------------------------- */

START_TEST(holm_steps_down)
{
	double p[] = { 0.01, 0.04, 0.03, 0.005 }, one[] = { 0.2 };
	double equal[] = { 0.02, 0.02 }, large[] = { 0.5, 0.9 };

	holm(p, 4);
	NEAR(p[3], 0.02);	/* 4 x 0.005 */
	NEAR(p[0], 0.03);	/* 3 x 0.01  */
	NEAR(p[2], 0.06);	/* 2 x 0.03  */
	NEAR(p[1], 0.06);	/* no less than the one before it */
	holm(one, 1);
	NEAR(one[0], 0.2);
	holm(equal, 2);
	NEAR(equal[0], 0.04);
	NEAR(equal[1], 0.04);
	holm(large, 2);
	NEAR(large[0], 1);
	NEAR(large[1], 1);
	holm(NULL, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stats");
	TCase *t = tcase_create("stats");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, normal_quantiles);
	tcase_add_test(t, wilson_solves_its_equation);
	tcase_add_test(t, wilson_at_the_ends);
	tcase_add_test(t, quantiles_are_values);
	tcase_add_test(t, fisher_counts_every_division);
	tcase_add_test(t, fisher_known);
	tcase_add_test(t, fisher_bears_large_numbers);
	tcase_add_test(t, ranks_count_every_division);
	tcase_add_test(t, ranks_known);
	tcase_add_test(t, the_approximation_is_near);
	tcase_add_test(t, the_approximation_knows_ties);
	tcase_add_test(t, holm_steps_down);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
