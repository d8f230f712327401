/* SPDX-License-Identifier: MIT */
/*
 * From what was observed to a verdict.
 */
#ifndef RUN_JUDGE_H
#define RUN_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/run/run.h"
#include "core/run/tally.h"
#include "nemesis/nemesis.h"

/* What follows in a reason is no part of what went wrong. */
#define JUDGE_BEYOND "; but this run went beyond"

struct judging {
	const struct fr_history *history;
	const struct tally *tally;
	const struct fr_workload *workload;
	const char *const *op_names;
	const struct params *params;	/* the workload's, or NULL             */
	const char *model;		/* NULL: what the workload names       */
	const struct plan *plan;	/* what had been asked for             */
	int64_t check_time;
	uint64_t check_memory;
	uint32_t check_threads;		/* 0: one a core                       */
	const char *beyond;		/* faults that no promise covers, in
					   words; or NULL                      */
	bool any_family;		/* nobody asked for each family by its
					   name: one without effect is no doubt*/
	bool interrupted;
	const char *failure;		/* of the testbed, or NULL             */
	bool brief;			/* nobody asks how long they took, and
					   how long faults were felt           */
};

/*
 * Fills verdict, violation, reason, evidence, ops, counts, faults, metrics and
 * what else follows from these; the rest of *out is as it was.
 */
void judge(const struct judging *j, struct run_result *out);

/* How many of each of `count` kinds there were and, unless brief, how long they
 * took. */
void count_operations(const struct fr_history *h, const char *const *names,
		      uint32_t count, bool brief, struct arena *a,
		      struct op_counts *out);
/* Availability, and how long faults were felt: so many, of these. */
#define PROGRESS_FIGURES 3
uint32_t progress_figures(const struct tally *t,
			  struct metric out[PROGRESS_FIGURES]);
/* What happened, in words, in the order of time (story.c). */
void story(const struct tally *t, uint32_t nodes, struct buf *out);
/* The JSON verdict line, without its newline (report.c). */
void report(const struct run_result *r, struct buf *out);

#endif
