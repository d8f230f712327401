/* SPDX-License-Identifier: MIT */
/*
 * All that can be found out, and found wrong, before anything is started.
 */
#ifndef RUN_SETUP_H
#define RUN_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/net/net.h"
#include "core/run/run.h"
#include "core/run/rundir.h"
#include "core/run/tape.h"
#include "nemesis/nemesis.h"

/* One shared object, and what its nodes call the workload's operations. */
struct plugin {
	char *path;
	char *copy;			/* private, in the run's folder        */
	char sha256[SHA256_TEXT];
	struct descriptor descriptor;
	bool described;
	uint32_t *requests;		/* by f                                */
};

struct setup {
	const struct run_config *config;
	uint32_t clients;
	double rate;
	int64_t interval;
	struct dist latency;
	char *families;			/* what --nemesis means, or NULL       */
	char *nemesis;			/* those of this seed, or NULL         */
	char *drawn;			/* what --swarm drew, in words; NULL   */
	struct plugin *plugins;		/* the first: the protocol             */
	uint32_t plugin_count;
	uint32_t *plugin_of;		/* by node                             */
	const uint32_t **requests;	/* by node                             */
	char **upgrade_names;		/* as plans name them                  */
	uint32_t *upgrades;		/* and which plugins they are          */
	uint32_t upgrade_count;
	const uint32_t **other_requests;	/* by upgrade                  */
	char *workload_path;
	const struct fr_workload *workload;
	const char **op_names;
	bool *supported;		/* by f                                */
	struct wire_param *declared;	/* of all protocols                    */
	uint32_t declared_count;
	struct params params;
	struct wire_param *work_declared;
	struct params work_params;
	struct topology topology;
	struct ground ground;		/* for the plan                        */
	char *plan_text;		/* of --plan; NULL: drawn, or none     */
	struct plan plan;
	char *beyond;			/* what of it no promise covers        */
	bool any_family;		/* "all", or what a swarm drew         */
	struct tape *tape;		/* NULL: the seed tells all            */
	struct arena tape_arena;
};

/* Reads only.  On failure there is nothing to free. */
int setup_make(struct setup *s, const struct run_config *c,
	       struct fr_err *err);
/* What the configuration says, or has by default where it does not. */
void setup_base(struct setup *s);
double setup_rate(uint32_t clients);
/* What follows from the seed, anew: what a swarm draws, the topology and the
 * plan.  The config's seed has been changed already. */
int setup_seed(struct setup *s, struct fr_err *err);
/* Gives every plugin its private copy. */
int setup_copy(struct setup *s, const struct rundir *dir, struct fr_err *err);
void setup_free(struct setup *s);
/* The plan is the faults of a tape. */
int setup_plan(struct setup *s, const struct tape *t, struct fr_err *err);

/* For the record: JSON of the configuration, an array of names, one line. */
char *setup_config(const struct setup *s, struct arena *a);
char *setup_names(const char *const *names, uint32_t count, struct arena *a);
/* All that is known when the run begins; texts in the arena.  No door. */
void row_fill(const struct setup *s, struct arena *a, struct run_row *row);
/* This machine, in words. */
char *row_machine(struct arena *a);
char *setup_head(const struct setup *s, struct arena *a);

#endif
