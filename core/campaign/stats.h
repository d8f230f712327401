/* SPDX-License-Identifier: MIT */
/*
 * The statistics of campaigns: how sure a rate is, what a sample is like, and
 * whether two samples differ by more than chance.
 */
#ifndef CAMPAIGN_STATS_H
#define CAMPAIGN_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interval {
	double low, high;
};

/* What a standard normal variable exceeds with probability `p`, 0 < p < 1. */
double normal_above(double p);

/*
 * Where the rate lies that gave `hits` in `trials`, with the given confidence
 * (0.95): Wilson's score interval.  No trials: 0 .. 1.
 */
struct interval wilson(uint64_t hits, uint64_t trials, double confidence);

/* Sorts ascending; infinities are values like others, NaN is none. */
void sort_reals(double *at, size_t count);

/*
 * The smallest of the values that at least the share `q` (0 .. 1) of them does
 * not exceed; they are sorted, and there is one at least.
 */
double quantile(const double *sorted, size_t count, double q);

/*
 * The probability that chance alone divides the hits at least as unevenly:
 * Fisher's exact test, two-sided, of a_hits in a_trials against b_hits in
 * b_trials.  Hits are never more than trials.
 */
double fisher(uint64_t a_hits, uint64_t a_trials, uint64_t b_hits,
	      uint64_t b_trials);

/* Whether values of one sample tend to be larger than those of another. */
struct rank_test {
	double u;		/* pairs in which a's is larger; ties a half  */
	double larger;		/* the share of pairs: 0.5 where neither tends */
	double p;		/* two-sided                                  */
	bool exact;		/* p is of all divisions, else approximated   */
};

/* Mann and Whitney's U.  Both samples are sorted and not empty. */
struct rank_test rank_test(const double *a, size_t a_count, const double *b,
			   size_t b_count);

/*
 * Corrects p values of several comparisons, in place, so that with all of them
 * together a false alarm is as rare as with one: Holm's step-down method.
 */
void holm(double *p, size_t count);

#endif
