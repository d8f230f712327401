/* SPDX-License-Identifier: MIT */
/* A simulated run from the store, to be made again. */
#ifndef CLI_STORED_H
#define CLI_STORED_H

#include "core/run/run.h"

struct stored {
	struct arena arena;
	struct run_row row;
	struct run_config config;	/* as the run had it                   */
	const char *db;
};

/* By a number, `last` or `last-failed`; a run that was not simulated is
 * refused.  Whatever comes of it, stored_free has to follow. */
int stored_find(struct stored *s, const char *db, const char *which,
		struct fr_err *err);
/* Of the run, as its verdict line says; 0: it does not. */
uint64_t stored_hash(const struct stored *s);
void stored_free(struct stored *s);

#endif
