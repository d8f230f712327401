/* SPDX-License-Identifier: MIT */
/*
 * Two campaigns, before and after a change: what differs by more than chance.
 *
 * 1. Cells are matched by their key; of others nothing is said.
 * 2. Rates by Fisher's exact test, samples by Mann and Whitney's, each value of
 *    which is one run, for faults of one run depend on each other.
 * 3. All comparisons together are corrected by Holm's method: `p` is corrected.
 */
#ifndef CAMPAIGN_COMPARE_H
#define CAMPAIGN_COMPARE_H

#include "core/campaign/summary.h"

enum aspect {
	ASPECT_FAILING,			/* of the judged runs; a share        */
	ASPECT_UNKNOWN,			/* of the runs; a share               */
	ASPECT_THROUGHPUT,		/* ok a second                        */
	ASPECT_MEDIAN,			/* latency, ns                        */
	ASPECT_P99,
	ASPECT_AVAILABILITY,		/* a share                            */
	ASPECT_RECOVERY,		/* the longest of a run, ns           */
	ASPECTS
};

extern const char *const aspect_names[ASPECTS];	/* "failing", ...             */

enum change { CHANGE_NONE, CHANGE_WORSE, CHANGE_BETTER };

struct comparison {
	const struct cell_summary *before, *after;
	enum aspect aspect;
	/* What is shown of it: the rate; or a quantile of the sample, the
	 * median, or where that is the same one that differs, if any does. */
	double was, is;
	uint32_t percent;		/* the quantile; 0: a rate            */
	double p;
	enum change change;
};

struct comparisons {
	struct comparison *at;		/* by cell, then aspect               */
	size_t count, room;
	size_t worse, better, cells;
	/* Texts of the summaries, until those are freed. */
	const struct cell_summary **only_before, **only_after;
	size_t only_before_count, only_after_count;
	/* Of matched cells: what `before` did not show.  By protocol. */
	const struct failure_summary **fresh;
	size_t fresh_count;
};

/* `alpha`: how often a difference may be seen where there is none. */
void compare(const struct summary *before, const struct summary *after,
	     double alpha, struct comparisons *out);
void comparisons_free(struct comparisons *c);

#endif
