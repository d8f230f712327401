/* SPDX-License-Identifier: MIT */
/*
 * The campaign file: from YAML to the configurations that it means.
 *
 *	name: nightly
 *	protocols: [abd, {path: ./raft.so, label: new}]
 *	nemeses: [none, kill, "partition,kill"]
 *	nodes: [3, 5]
 *	time: 3s
 *	set: {batch: [1, 8]}
 *	seeds: 1..500
 *	include:
 *	  - {protocol: paxos, nemesis: all, swarm: yes, nodes: 5}
 *	exclude:
 *	  - {protocol: abd, nodes: 3}
 *	budget: {time: 10m, until: failure}
 *	jobs: 2
 *
 * Every key of a run (axes.h) may have one value or a list of them; the cells
 * are what they come to together, in the order of the file.
 */
#ifndef CAMPAIGN_FILE_H
#define CAMPAIGN_FILE_H

#include "core/base/yaml.h"
#include "core/campaign/axes.h"
#include "core/campaign/results.h"
#include "core/run/run.h"

#define CELLS_MAX 10000u
#define SEEDS_MAX UINT64_C(1000000000)	/* of one cell                         */

struct campaign_cell {
	char id[CELL_ID_TEXT];
	const char *key, *name, *command, *settings_text;
	const struct yaml *at;		/* where its protocol is named         */
	struct axis_value values[AXES];
	struct setting *settings;	/* sorted by name                      */
	uint32_t setting_count;
	uint64_t first, last;
	struct run_config config;	/* but for db and seed                 */
};

enum campaign_until { UNTIL_SEEDS, UNTIL_FAILURE, UNTIL_FIRST_FAILURE };

struct campaign_file {
	struct arena arena;		/* of everything below                 */
	const char *file, *text;
	char digest[65];		/* sha256 of the text                  */
	const char *name;
	struct campaign_cell *cells;
	uint32_t cell_count;
	uint64_t runs_max;		/* 0: no limit                         */
	int64_t time_max;		/* ns; 0: none                         */
	enum campaign_until until;
	uint64_t proof;			/* so many valid runs without a failure
					   are enough; 0: all seeds            */
	bool seeds_said;
	const char *proof_text;		/* "95% below 0.1%"                    */
	int64_t shrink_budget;		/* of one failure; ns; 0: do not       */
	uint32_t jobs;			/* 0: not said                         */
};

int campaign_read(const char *file, struct campaign_file *out,
		  struct fr_err *err);
void campaign_file_free(struct campaign_file *f);
/* That every cell can be run: plugins, parameters, faults.  Takes a moment for
 * each. */
int campaign_check(const struct campaign_file *f, struct fr_err *err);
/* Runs without a failure that show, with this confidence, that the rate of
 * failures is below `rate`; both within 0 .. 1. */
uint64_t campaign_proof(double confidence, double rate);

#endif
