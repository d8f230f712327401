/* SPDX-License-Identifier: MIT */
/*
 * Live runs of a campaign, each in a process of its own kind: helpers that are
 * forked before SQLite is used, since a connection does not outlast a fork, and
 * do one run after another.
 */
#ifndef CAMPAIGN_LIVE_RUNS_H
#define CAMPAIGN_LIVE_RUNS_H

#include "core/campaign/file.h"

struct live_runs;

struct live_run {
	uint32_t cell;
	uint64_t seed;
	uint32_t attempt;		/* as it was asked for                 */
	struct run_result result;	/* to be freed, where it is there      */
	struct fr_err err;		/* status not 0: there is none         */
	double seconds;
};

/* Before anything opens a store, and before there are threads. */
struct live_runs *live_runs_start(const struct campaign_file *f,
				  const char *db, uint32_t jobs,
				  struct fr_err *err);
/* Ends them; runs that are under way are lost. */
void live_runs_stop(struct live_runs *l);
/* Whether one is free; then it is asked for this run. */
bool live_runs_free(const struct live_runs *l);
uint32_t live_runs_busy(const struct live_runs *l);
int live_runs_ask(struct live_runs *l, uint32_t cell, uint64_t seed,
		  uint32_t attempt, struct fr_err *err);
/*
 * Waits for one that is asked for.  1: a run has ended.  0: `wake` (-1: none)
 * is readable, or the time (on clock_mono; 0: none) has come.
 */
int live_runs_wait(struct live_runs *l, int wake, int64_t until,
		   struct live_run *out, struct fr_err *err);

#endif
