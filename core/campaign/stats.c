/* SPDX-License-Identifier: MIT */
/*
 * Statistics, with the least that has to be assumed: nothing here supposes
 * that latencies are normal or that a rate is far from 0.
 *
 * E. B. Wilson, Probable inference, 1927.  R. A. Fisher, Statistical methods
 * for research workers, 1934.  H. B. Mann, D. R. Whitney, On a test of whether
 * one of two random variables is stochastically larger, 1947; with ties and
 * exact: B. Streitberg, J. Roehmel, Exact distributions for permutation and
 * rank tests, 1986.  S. Holm, A simple sequentially rejective multiple test
 * procedure, 1979.
 */
#include "core/campaign/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

/* ---- one rate ------------------------------------------------------- */

double
normal_above(double p)
{
	double low = -40, high = 40, middle;

	FR_ASSERT(p > 0 && p < 1);
	/* Bisection until nothing lies between: erfc is exact in its tail. */
	for (;;) {
		middle = (low + high) / 2;
		if (middle <= low || middle >= high)
			return middle;
		if (erfc(middle / sqrt(2)) / 2 > p)
			low = middle;
		else
			high = middle;
	}
}

struct interval
wilson(uint64_t hits, uint64_t trials, double confidence)
{
	double n = (double)trials, rate, z, square, centre, spread;
	struct interval i = { 0, 1 };

	FR_ASSERT(hits <= trials && confidence > 0 && confidence < 1);
	if (trials == 0)
		return i;
	rate = (double)hits / n;
	z = normal_above((1 - confidence) / 2);
	square = z * z;
	centre = (rate + square / (2 * n)) / (1 + square / n);
	spread = z / (1 + square / n) *
		 sqrt(rate * (1 - rate) / n + square / (4 * n * n));
	/* At the ends the bound is the end itself, but for the last digit. */
	if (hits > 0)
		i.low = centre - spread;
	if (hits < trials)
		i.high = centre + spread;
	return i;
}

/* ---- one sample ----------------------------------------------------- */

static int
by_value(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x > y) - (x < y);
}

void
sort_reals(double *at, size_t count)
{
	if (count > 1)
		qsort(at, count, sizeof *at, by_value);
}

double
quantile(const double *sorted, size_t count, double q)
{
	size_t at = (size_t)ceil(q * (double)count);

	FR_ASSERT(count > 0 && q >= 0 && q <= 1);
	return sorted[at == 0 ? 0 : at - 1];
}

/* ---- two rates ------------------------------------------------------ */

/* A double may miss a tie of two probabilities by this much, as logarithm. */
#define SAME 1e-7

/* Of one table against the one before it, with one hit more on the left. */
static double
log_step(double k, double left, double right, double hits)
{
	return log((left - k) * (hits - k)) -
	       log((k + 1) * (right - hits + k + 1));
}

/* What is summed: weights against the observed table's, whose is 1. */
struct tables {
	double all, extreme;	/* times exp(-top)                            */
	double top;		/* the largest logarithm so far               */
};

static void
table_add(struct tables *t, double weight)
{
	double scale;

	if (weight > t->top) {
		scale = exp(t->top - weight);
		t->all *= scale;
		t->extreme *= scale;
		t->top = weight;
	}
	scale = exp(weight - t->top);
	t->all += scale;
	if (weight <= SAME)
		t->extreme += scale;
}

/*
 * All tables with these margins, from the observed one to both sides, each by
 * its neighbour's weight: in logarithms, so that nothing is too small, and
 * without factorials, so that nothing is too large.
 */
double
fisher(uint64_t a_hits, uint64_t a_trials, uint64_t b_hits, uint64_t b_trials)
{
	double left = (double)a_trials, right = (double)b_trials;
	uint64_t hits = a_hits + b_hits, k;
	uint64_t least = hits > b_trials ? hits - b_trials : 0;
	uint64_t most = hits < a_trials ? hits : a_trials;
	struct tables t = { 0, 0, 0 };
	double weight = 0;

	FR_ASSERT(a_hits <= a_trials && b_hits <= b_trials);
	table_add(&t, 0);
	for (k = a_hits; k < most; k++) {
		weight += log_step((double)k, left, right, (double)hits);
		table_add(&t, weight);
	}
	for (weight = 0, k = a_hits; k > least; k--) {
		weight -= log_step((double)(k - 1), left, right, (double)hits);
		table_add(&t, weight);
	}
	return fmin(t.extreme / t.all, 1);
}

/* ---- two samples ---------------------------------------------------- */

/* Up to this product of all values and the smaller sample's, every division of
 * the values is counted: some million steps. */
#define EXACT_MOST 2000u

/* Of all values in ascending order; doubled, so that ties have whole ones. */
struct ranks {
	size_t count, smaller;	/* of all values; of the smaller sample       */
	uint64_t *doubled;
	uint64_t sum;		/* of the smaller sample's                    */
	double ties;		/* sum of t^3 - t over groups of t equal ones */
};

static void
ranks_make(struct ranks *r, const double *small, size_t small_count,
	   const double *large, size_t large_count)
{
	size_t s = 0, l = 0, at = 0, begun, size;
	double value;

	r->count = small_count + large_count;
	r->smaller = small_count;
	r->doubled = mem_array(r->count, sizeof *r->doubled);
	r->sum = 0;
	r->ties = 0;
	while (at < r->count) {
		value = l == large_count || (s < small_count &&
			small[s] <= large[l]) ? small[s] : large[l];
		for (begun = s; s < small_count && small[s] == value; s++)
			;
		size = s - begun;
		for (; l < large_count && large[l] == value; l++)
			size++;
		FR_ASSERT(size > 0);
		/* Twice the mean of the ranks at + 1 .. at + size. */
		r->sum += (s - begun) * (2 * at + size + 1);
		r->ties += (double)size * ((double)size * (double)size - 1);
		for (begun = at; at < begun + size; at++)
			r->doubled[at] = 2 * begun + size + 1;
	}
}

/*
 * The share of all choices of `smaller` among the ranks whose sum is at least
 * as far from its mean: ways[k][s] choices of k ranks sum up to s.
 */
static double
p_exact(const struct ranks *r)
{
	size_t width = r->smaller * 2 * r->count + 1, k, i;
	double *ways = mem_array((r->smaller + 1) * width, sizeof *ways);
	double all = 0, extreme = 0, *to, *from;
	uint64_t mean = r->smaller * (r->count + 1), far, s, most = 0;

	ways[0] = 1;
	for (i = 0; i < r->count; i++) {
		/* Ascending: `most` is the largest sum so far of any k. */
		most += r->doubled[i];
		if (i >= r->smaller)
			most -= r->doubled[i - r->smaller];
		for (k = r->smaller < i + 1 ? r->smaller : i + 1; k > 0; k--) {
			to = ways + k * width + r->doubled[i];
			from = ways + (k - 1) * width;
			for (s = 0; s + r->doubled[i] <= most; s++)
				to[s] += from[s];
		}
	}
	far = r->sum > mean ? r->sum - mean : mean - r->sum;
	for (s = 0; s <= most; s++) {
		all += ways[r->smaller * width + s];
		if ((s > mean ? s - mean : mean - s) >= far)
			extreme += ways[r->smaller * width + s];
	}
	free(ways);
	return extreme / all;
}

/*
 * The normal distribution with the variance that ties leave, and a half for
 * steps.  Where one sample is tiny beside a huge one its tails are too long,
 * which only hides differences.
 */
static double
p_normal(const struct ranks *r)
{
	double n = (double)r->count, m = (double)r->smaller, variance, far;

	variance = m * (n - m) / 12 * ((n + 1) - r->ties / (n * (n - 1)));
	far = fabs((double)r->sum - m * (n + 1)) / 2 - 0.5;
	if (!(variance > 0) || far <= 0)
		return 1;
	return erfc(far / sqrt(2 * variance));
}

struct rank_test
rank_test(const double *a, size_t a_count, const double *b, size_t b_count)
{
	bool swapped = a_count > b_count;
	struct rank_test t;
	struct ranks r;
	double pairs = (double)a_count * (double)b_count, m;

	FR_ASSERT(a_count > 0 && b_count > 0);
	if (swapped)
		ranks_make(&r, b, b_count, a, a_count);
	else
		ranks_make(&r, a, a_count, b, b_count);
	m = (double)r.smaller;
	t.u = (double)r.sum / 2 - m * (m + 1) / 2;
	if (swapped)
		t.u = pairs - t.u;
	t.larger = t.u / pairs;
	t.exact = r.smaller * r.count <= EXACT_MOST;
	t.p = t.exact ? p_exact(&r) : p_normal(&r);
	free(r.doubled);
	return t;
}

/* ---- several comparisons -------------------------------------------- */

struct ordered {
	double p;
	size_t at;
};

static int
by_p(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	return (x->p > y->p) - (x->p < y->p);
}

void
holm(double *p, size_t count)
{
	struct ordered *o = mem_array(count + 1, sizeof *o);
	double corrected = 0;
	size_t i;

	for (i = 0; i < count; i++)
		o[i] = (struct ordered){ p[i], i };
	if (count > 1)
		qsort(o, count, sizeof *o, by_p);
	for (i = 0; i < count; i++) {
		corrected = fmax(corrected, o[i].p * (double)(count - i));
		p[o[i].at] = fmin(corrected, 1);
	}
	free(o);
}
