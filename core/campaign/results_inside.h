/* SPDX-License-Identifier: MIT */
/* What results.c and results_read.c share. */
#ifndef CAMPAIGN_RESULTS_INSIDE_H
#define CAMPAIGN_RESULTS_INSIDE_H

#include <sqlite3.h>

#include "core/campaign/results.h"
#include "core/history/history.h"

struct results {
	struct history *history;	/* looks after the file                */
	sqlite3 *db;			/* its connection                      */
	const char *path;		/* texts of its                        */
	int64_t owned;			/* our row in `campaign`; 0: none      */
	sqlite3_stmt *add_result, *add_recovery, *add_failure;
};

#endif
