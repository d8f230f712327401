/* SPDX-License-Identifier: MIT */
/* The steps of a simulated run: in words, and compared. */
#ifndef RUN_STEPS_H
#define RUN_STEPS_H

#include "core/run/cell.h"

/* "node 2 receives `query` from node 1: op 7, register 3". */
void step_words(const struct setup *s, const struct cell_step *step,
		const char *text, struct buf *out);
/*
 * Runs a seed with two workers that should agree and says, in *words, at which
 * step they first do not; or that they did this time.
 */
int steps_differ(struct cell_worker *a, struct cell_worker *b,
		 const struct setup *s, uint64_t seed, char **words,
		 struct fr_err *err);

#endif
