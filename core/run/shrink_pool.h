/* SPDX-License-Identifier: MIT */
/*
 * Candidates, tried side by side.  What comes out does not depend on how many
 * workers there are: of several that keep the violation the first one counts,
 * as if they had been tried one after the other.
 */
#ifndef RUN_SHRINK_POOL_H
#define RUN_SHRINK_POOL_H

#include "core/run/cell.h"

struct pool {
	const struct setup *setup;
	struct pool_worker *workers;
	uint32_t count;
	const char *fingerprint;	/* what has to be kept                 */
	uint64_t tried;
	int64_t deadline;		/* on clock_mono; INT64_MAX: none      */
	int signals;			/* readable when there was one         */
	bool late, interrupted;		/* nothing more is tried               */
	void (*progress)(void *arg);
	void *arg;
};

/* Makes candidate i; false: there is no such thing. */
typedef bool (*pool_make_fn)(void *arg, size_t i, struct tape *out);

int pool_start(struct pool *p, const struct setup *s, uint32_t jobs,
	       struct fr_err *err);
void pool_stop(struct pool *p);
/* *which: the first of `count` that keeps the violation, or `count`. */
int pool_first(struct pool *p, size_t count, pool_make_fn make, void *arg,
	       size_t *which, struct fr_err *err);
/* One run by this tape, or as the setup has it where that is NULL, with all
 * that is asked for.  The result is the caller's to free. */
int pool_run(struct pool *p, const struct tape *t, uint32_t flags,
	     const struct cell_sink *sink, struct cell_done *done,
	     struct fr_err *err);

static inline bool
pool_over(const struct pool *p)
{
	return p->late || p->interrupted;
}

#endif
