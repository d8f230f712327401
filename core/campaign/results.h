/* SPDX-License-Identifier: MIT */
/*
 * What campaigns come to: tables of their own in a history file (results.c has
 * the schema), beside the runs that are stored in full there.
 *
 *	campaign	each beginning: the file's text, its digest, the shard
 *	cell		one configuration
 *	result		one run of a cell: one seed
 *	recovery	one fault of such a run, and how long it was felt
 *	failure		the runs of a cell that fail in the same way, and the
 *			smallest example of it
 *
 * 1. A run is done when its row in `result` is committed, in one transaction
 *    with its recoveries and its failure: what is killed before that has not
 *    been, and is done again.
 * 2. A cell's id follows from its key, so that it is the same in every file;
 *    joining files is copying rows.
 * 3. What depends on the machine, and not on the seed: result.seconds,
 *    .disturbed, .attempts, .run, failure.run.  Everything else of a simulated
 *    run is the same wherever it is done.
 */
#ifndef CAMPAIGN_RESULTS_H
#define CAMPAIGN_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

struct results;

/* One beginning; the last one says how the campaign stands. */
struct campaign_row {
	const char *name;
	const char *file;	/* as it was called                            */
	const char *text;	/* what it says                                */
	const char *digest;	/* of the text: sha256, hexadecimal            */
	uint32_t shard, shards;	/* 1..shards of them                           */
	const char *version;	/* of fracas                                   */
	const char *machine;
	int64_t begun;		/* wall clock, ns                              */
};

/* Why nothing more is done in a cell. */
enum cell_state {
	CELL_OPEN,		/* something more is                           */
	CELL_DONE,		/* all of its seeds are                        */
	CELL_FAILED,		/* it failed, and that was to be the end       */
	CELL_PROVEN,		/* its confidence bound is reached             */
	CELL_DROPPED		/* the file does not name it any more          */
};

extern const char *const cell_state_names[];	/* "open", "done", ...         */

#define CELL_ID_TEXT	13	/* twelve hexadecimal digits                   */

struct cell_row {
	char id[CELL_ID_TEXT];
	uint32_t position;	/* in the file's order, from 0                 */
	const char *key;	/* canonical; no two have the same             */
	const char *name;	/* what tells it from the others of its file   */
	const char *protocol;	/* its label                                   */
	const char *workload;	/* "": the protocol's own                      */
	const char *nemesis;	/* "": none                                    */
	uint32_t nodes;
	const char *topology;
	const char *world;
	const char *settings;	/* "a=1 b=2", sorted by name                   */
	const char *command;	/* one run of it, but for the --seed           */
	const char *sha256;	/* of the protocol that was run                */
	uint64_t first, last;	/* its seeds; of a shard's cell some of them   */
	uint64_t wanted;	/* how many of them are this file's            */
	enum cell_state state;
};

struct result_row {
	const char *cell;	/* its id                                      */
	uint64_t seed;
	const char *verdict;	/* "valid" "invalid" "unknown"                 */
	const char *violation;	/* NULL: none; so for all texts                */
	const char *fingerprint;
	const char *reason;	/* one sentence                                */
	uint64_t hash;
	uint64_t ok, fail, info;
	double throughput;	/* of the main phase, ok a second              */
	int64_t median_ns, p99_ns;	/* of what ended ok; -1: nothing did   */
	double availability;	/* 0 .. 1; below 0: not known                  */
	uint32_t faults_started, faults_effective;
	double seconds;		/* that it took, here                          */
	bool disturbed;		/* nothing can be said because of the machine  */
	uint32_t attempts;	/* 1: it was not repeated                      */
	int64_t run;		/* where it is stored in full; 0: it is not    */
};

struct recovery_row {
	const char *cell;
	uint64_t seed;
	uint32_t fault;		/* its number in the run                       */
	const char *family;
	int64_t ns;		/* from its end to the end of the first
				   operation that began after it and ended
				   ok; -1: there was none                      */
};

struct failure_row {
	const char *cell;
	const char *fingerprint, *violation, *reason;	/* of the first seed   */
	uint64_t count;
	uint64_t first_seed;
	int64_t run;		/* of the first seed; 0: not stored            */
	const char *command;	/* does the first seed again                   */
	/* The smallest example. */
	bool shrunk;
	uint64_t example_seed;	/* what it was shrunk from                     */
	bool minimal;		/* nothing can be left out                     */
	uint32_t operations, faults, deviations, nodes;
	const char *words, *scenario;
};

/*
 * Opens a file, or makes it; `write`: makes the tables where they are not.
 * Without, a file that has none is an error that says so.
 */
struct results *results_open(const char *path, bool write,
			     struct fr_err *err);
void results_close(struct results *r);
/* Nothing between is in the file before the commit; rows read within see it. */
int results_begin(struct results *r, struct fr_err *err);
int results_commit(struct results *r, struct fr_err *err);
void results_rollback(struct results *r);

/* ---- writing -------------------------------------------------------------------- */

/*
 * Says that the last one put is ours, until results_close: an error where
 * somebody else is at it.  Within a transaction.
 */
int results_own(struct results *r, struct fr_err *err);
int results_put_campaign(struct results *r, const struct campaign_row *c,
			 struct fr_err *err);
/* By its id, in the place of what was there. */
int results_put_cell(struct results *r, const struct cell_row *c,
		     struct fr_err *err);
int results_cell_state(struct results *r, const char *cell,
		       enum cell_state state, struct fr_err *err);
/* Calls every cell dropped; those that are put afterwards are not. */
int results_drop_cells(struct results *r, struct fr_err *err);
/* Forgets what was done in a cell. */
int results_clear_cell(struct results *r, const char *cell,
		       struct fr_err *err);
/*
 * Forgets what is behind a seed, which is the first that failed: where that is
 * the end of a cell, what others did meanwhile is as if it had not been.
 */
int results_trim_cell(struct results *r, const char *cell, uint64_t seed,
		      struct fr_err *err);
/*
 * 0: it is there now, with its failure counted.  1: it was there already,
 * nothing was changed.  `command`: of its failure, if it is the first seed.
 */
int results_put_result(struct results *r, const struct result_row *row,
		       const struct recovery_row *recoveries, uint32_t count,
		       const char *command, struct fr_err *err);
/* The smallest example of a failure that is there. */
int results_put_example(struct results *r, const struct failure_row *f,
			struct fr_err *err);

/* ---- reading --------------------------------------------------------------------- */

/*
 * `each` returns non-zero to stop, which is no failure; the row and its texts
 * are good until it returns.  A cell of NULL: all of them.
 */
/* In the order of their beginning. */
int results_campaigns(struct results *r, int (*each)(void *arg,
		      const struct campaign_row *c), void *arg,
		      struct fr_err *err);
/* By position; those that were dropped last. */
int results_cells(struct results *r, int (*each)(void *arg,
		  const struct cell_row *c), void *arg, struct fr_err *err);
/* By cell, then seed. */
int results_each(struct results *r, const char *cell, int (*each)(void *arg,
		 const struct result_row *row), void *arg, struct fr_err *err);
int results_recoveries(struct results *r, const char *cell,
		       int (*each)(void *arg, const struct recovery_row *row),
		       void *arg, struct fr_err *err);
/* By cell, then first seed. */
int results_failures(struct results *r, const char *cell,
		     int (*each)(void *arg, const struct failure_row *row),
		     void *arg, struct fr_err *err);

#endif
