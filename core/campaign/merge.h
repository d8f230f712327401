/* SPDX-License-Identifier: MIT */
/* The results of shards, joined: the same totals as of one machine. */
#ifndef CAMPAIGN_MERGE_H
#define CAMPAIGN_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct merged {
	uint64_t runs, there;	/* that came; that were in the file already   */
	uint64_t all;		/* that it has now                            */
	uint64_t cells, open;	/* of these, more is to be done               */
};

/*
 * Joins the results of `in` in the file `out`.  Where that is there it is added
 * to; else it appears when everything is in it.  Whatever happens, it is as
 * before or complete.  Runs that are stored in full come along.
 *
 * Refused: results of different campaign files, of different builds of fracas
 * or of a protocol, and a run that came out differently in two files.
 */
int results_merge(const char *out, char *const *in, size_t count,
		  struct merged *m, struct fr_err *err);

#endif
