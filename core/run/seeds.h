/* SPDX-License-Identifier: MIT */
/*
 * One configuration under many seeds, side by side on all processors.
 *
 * Seeds are handed out in order and are independent of each other and of who
 * runs them.  A run that fails is run a second time, elsewhere in memory, to be
 * recorded in full: this is also the proof that it can be had again.
 */
#ifndef RUN_SEEDS_H
#define RUN_SEEDS_H

#include "core/run/run.h"

struct seeds_progress {
	uint64_t done, all;
	uint64_t valid, invalid, unknown;
	double seconds;
};

/* A run that failed, when it is found. */
struct seeds_failure {
	uint64_t seed;
	int64_t run;			/* where it is stored; 0: it is not    */
	const struct run_result *result;
	const char *fingerprint;
	const char *drawn;		/* by --swarm, or NULL                 */
	bool first;			/* of its fingerprint                  */
};

/* What became of one seed, for who keeps the results himself. */
struct seeds_one {
	uint64_t seed;
	const struct run_result *result;
	const char *fingerprint;	/* NULL: it did not fail               */
	int64_t run;			/* where it is stored; 0: it is not    */
	double seconds;			/* of a processor                      */
};

struct seeds_config {
	const struct run_config *run;
	uint64_t first, last;
	uint32_t jobs;			/* 0: one a processor                  */
	bool until_failure, resume;
	void (*failure)(void *arg, const struct seeds_failure *f);
	void (*progress)(void *arg, const struct seeds_progress *p);
	/*
	 * Where `result` is there, nothing but runs in full is put into the
	 * store, and it is given all figures.
	 */
	bool (*wants)(void *arg, uint64_t seed);	/* NULL: all           */
	int (*result)(void *arg, const struct seeds_one *one,
		      struct fr_err *err);
	uint32_t stored_most;		/* of one fingerprint; 0: as usual     */
	int64_t deadline;		/* on clock_mono: then no more is
					   begun; 0: none                      */
	void *arg;
};

/* Failures with one fingerprint. */
struct seeds_group {
	const char *fingerprint, *violation, *reason;	/* of the first        */
	uint64_t count, seed;		/* how many; the lowest                */
	int64_t run;			/* of that; 0: not stored              */
	const char *drawn;		/* by --swarm for it; NULL: not known  */
};

struct seeds_result {
	struct arena arena;		/* of everything below                 */
	uint64_t done, skipped;		/* now; by an earlier command          */
	uint64_t valid, invalid, unknown;	/* those of earlier included   */
	struct seeds_group *groups;	/* in order of their lowest seed       */
	uint32_t group_count;
	uint64_t repeated;		/* runs that were run twice            */
	uint64_t unsteady;		/* and gave something else             */
	const char *unsteady_words;	/* where the first did, or NULL        */
	uint64_t unsteady_seed;
	uint64_t broken;		/* that could not be done: unknown     */
	const char *doubt;		/* the first unknown one's reason      */
	uint64_t doubt_seed;
	bool interrupted;
	bool late;			/* the deadline came                   */
	double seconds;
};

int seeds_run(const struct seeds_config *c, struct seeds_result *out,
	      struct fr_err *err);
void seeds_result_free(struct seeds_result *r);
int seeds_exit_status(const struct seeds_result *r);

#endif
