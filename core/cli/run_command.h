/* SPDX-License-Identifier: MIT */
/* What `fracas run` and `fracas sim` share: everything but the world. */
#ifndef CLI_RUN_COMMAND_H
#define CLI_RUN_COMMAND_H

#include "core/cli/cli.h"
#include "core/run/run.h"

/* For many seeds. */
extern struct run_many {
	const char *seeds;		/* "A..B", or NULL                     */
	int64_t jobs;
	bool until_failure, resume;
	bool swarm;			/* also for one seed                   */
} run_many;

extern const struct opt run_options[];
/* `world`: NULL, as the options say. */
int run_command(const char *world, int argc, char **argv);
/* The same for many seeds; the exit status (cmd_sim.c). */
int run_seeds(const struct run_config *c, bool json, bool quiet);

#endif
