/* SPDX-License-Identifier: MIT */
/* Runs in the simulated world, and their record. */
#ifndef RUN_SIMULATE_H
#define RUN_SIMULATE_H

#include "core/run/cell.h"

/* As run_experiment does it, in the simulated world. */
int simulate(const struct run_config *c, struct run_result *out,
	     struct fr_err *err);

/* Everything that simulated runs of one configuration need. */
struct simulation {
	const struct run_config *config;
	struct setup setup;
	struct rundir dir;
	struct history *history;
};

/* On failure there is nothing to close. */
int simulation_open(struct simulation *s, const struct run_config *c,
		    struct fr_err *err);
void simulation_close(struct simulation *s);
/*
 * Stores a run in full: asks the worker for it, with nothing else under way.
 * The setup's seed is set to that of the run.
 */
int simulation_record(struct simulation *s, struct cell_worker *w,
		      uint64_t seed, struct cell_done *done, int64_t *id,
		      struct fr_err *err);

#endif
