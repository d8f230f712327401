/* SPDX-License-Identifier: MIT */
/*
 * Doing a campaign: what its file wants and its results do not have yet.
 *
 *  1. What is done is a row in the results; whatever ends this, at most the
 *     runs under way are lost, and the same campaign again does the rest.
 *  2. A cell whose configuration is the same keeps what it has, however the
 *     file changes; but not where its protocol's program is another one.
 *  3. Shards share out all (cell, seed): each is one shard's, whoever asks.
 *  4. Where runs or time are limited, the cells take turns, so that each gets
 *     its share.
 */
#ifndef CAMPAIGN_CAMPAIGN_H
#define CAMPAIGN_CAMPAIGN_H

#include "core/campaign/file.h"
#include "core/run/shrink.h"

/* A live run that came to no good while its supervisor was held up for so long
 * is the machine's doing. */
#define DISTURBED_NS INT64_C(200000000)
/* It is done again, so often. */
#define ATTEMPTS 4u

struct campaign_progress {
	uint64_t done, wanted;		/* runs; wanted changes with budgets   */
	uint64_t invalid, unknown;
	uint32_t cells_ended, cells;
	double rate;			/* runs a second, in this command      */
	double seconds;
	const char *cell;		/* name of the current one             */
	const char *doing;		/* NULL: runs; else in words           */
};

struct campaign_totals {
	uint64_t wanted, done;		/* those of earlier included           */
	uint64_t now;			/* done by this command                */
	uint64_t valid, invalid, unknown;
	uint64_t disturbed;
	uint64_t broken;		/* that fracas could not do: not done  */
	uint32_t cells, cells_failing, cells_open;
	uint64_t repeated, unsteady;	/* of simulated runs                   */
	bool interrupted, late;		/* by a signal; by the budget's time   */
	bool spent;			/* the budget's runs are done          */
	double seconds;
};

struct campaign_config {
	const struct campaign_file *file;
	const char *db;
	uint32_t shard, shards;		/* 1..shards; 1 of 1: all of it        */
	uint32_t jobs;			/* 0: as the file says                 */
	bool again;			/* forget what another build of a
					   protocol did                        */
	/* Each may be NULL. */
	void (*progress)(void *arg, const struct campaign_progress *p);
	/* The first of its fingerprint in this cell, now. */
	void (*failure)(void *arg, const struct campaign_cell *c,
			const struct failure_row *f);
	/* Nothing more is done in a cell, now. */
	void (*ended)(void *arg, const struct campaign_cell *c,
		      const struct cell_row *row, uint64_t valid,
		      uint64_t invalid, uint64_t unknown);
	/* Makes a stored run small. */
	int (*shrink)(void *arg, int64_t run, int64_t budget,
		      struct shrink_result *out, struct fr_err *err);
	void (*warn)(void *arg, const char *text);
	void *arg;
};

/* Whether a run is of shard I (from 1) of N. */
bool campaign_mine(const char *cell, uint64_t seed, uint32_t shard,
		   uint32_t shards);
int campaign_run(const struct campaign_config *c, struct campaign_totals *out,
		 struct fr_err *err);

#endif
