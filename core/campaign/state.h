/* SPDX-License-Identifier: MIT */
/* What the files that do a campaign share. */
#ifndef CAMPAIGN_STATE_H
#define CAMPAIGN_STATE_H

#include "core/campaign/campaign.h"
#include "core/campaign/live_runs.h"

/* Where a cell stands. */
struct cell_at {
	const struct campaign_cell *c;
	char sha256[65];		/* of its protocol's file              */
	uint64_t *earlier;		/* seeds that were done, sorted        */
	size_t earlier_count, earlier_room;
	uint64_t next, last, limit;	/* seeds: the next; the last that is
					   wanted now, or may ever be          */
	uint64_t valid, invalid, unknown;
	uint64_t lowest;		/* that failed; UINT64_MAX: none       */
	uint64_t *kinds;		/* of failures that were told          */
	size_t kind_count, kind_room;
	enum cell_state state;
};

struct campaign {
	const struct campaign_config *config;
	struct campaign_totals *out;
	struct results *results;
	struct live_runs *live;		/* NULL: no cell is live               */
	struct cell_at *cells, *at;	/* at: the current one                 */
	uint32_t ended;			/* cells                               */
	uint32_t jobs;
	bool stops;			/* a cell ends where it fails          */
	int64_t began, deadline, progress_at;
};

void campaign_tell(struct campaign *k, const char *doing, bool now);
void campaign_count(struct campaign *k, struct cell_at *s, uint64_t seed,
		    const char *verdict);
/* Puts a result on record: seed, verdict, texts, seconds, attempts and run are
 * in the row, the rest is taken from the result. */
int campaign_record(struct campaign *k, struct cell_at *s,
		    const struct run_result *r, struct result_row *row,
		    struct fr_err *err);

/* ---- begin.c: the results are as the file has it, and the cells as the results
 * have them. */
int campaign_begin(struct campaign *k, struct fr_err *err);
void campaign_row(const struct campaign *k, const struct cell_at *s,
		  struct cell_row *row);
/* Whether this shard is to do that seed, and has not. */
bool campaign_wants(const struct campaign *k, const struct cell_at *s,
		    uint64_t seed);

/* ---- disturbed.c: live runs of a cell, from s->next to `to`. */
int campaign_live(struct campaign *k, struct cell_at *s, uint64_t to,
		  struct fr_err *err);

/* ---- examples.c: a small one of each failure of a cell that has none. */
int campaign_shrink(struct campaign *k, struct cell_at *s,
		    struct fr_err *err);

#endif
