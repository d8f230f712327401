/* SPDX-License-Identifier: MIT */
/*
 * What the results of a campaign say when they are added up: a cell in one
 * place, and what failed in the same way told once.  Reports and comparisons
 * are made from this.
 */
#ifndef CAMPAIGN_SUMMARY_H
#define CAMPAIGN_SUMMARY_H

#include <stddef.h>

#include "core/base/mem.h"
#include "core/campaign/results.h"

/* Sorted values, one a run or one a fault. */
struct sample {
	double *at;
	size_t count, room;
};

struct cell_summary {
	struct cell_row row;		/* its texts are the summary's        */
	uint64_t runs, valid, invalid, unknown, disturbed;
	uint64_t ok, fail, info;	/* operations                         */
	uint64_t faults_started, faults_effective;
	double seconds;			/* that its runs took                 */
	/* Of the runs, where it is known. */
	struct sample throughput;	/* ok a second                        */
	struct sample median, p99;	/* ns                                 */
	struct sample availability;	/* 0 .. 1                             */
	struct sample longest;		/* recovery of a run, ns; INFINITY: a
					   fault was felt to the end          */
	struct sample recovery;		/* of each fault, the same            */
	uint64_t unknown_seed;		/* the first of them                  */
	const char *unknown_reason;	/* its; NULL: none                    */
};

/* What failed in the same way: one fingerprint of one protocol. */
struct failure_summary {
	const char *protocol;
	uint64_t count;			/* in all cells                       */
	struct failure_place {
		const struct cell_summary *cell;
		struct failure_row row;	/* its texts are the summary's        */
	} *places;			/* the cells, in their order          */
	size_t place_count, room;
	const struct failure_place *example;	/* the smallest that is shrunk,
						   else the first             */
};

struct summary {
	struct arena arena;
	struct campaign_row campaign;	/* the last beginning                 */
	struct cell_summary *cells;	/* in the file's order                */
	size_t cell_count, cell_room;
	struct failure_summary *failures;	/* by their first cell        */
	size_t failure_count, failure_room;
	uint64_t dropped;		/* cells that are not in the file any
					   more: not among the others         */
	uint64_t wanted, runs, valid, invalid, unknown;
	double seconds;
};

int summary_read(struct summary *s, const char *path, struct fr_err *err);
void summary_free(struct summary *s);

#endif
