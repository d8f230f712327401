/* SPDX-License-Identifier: MIT */
/*
 * Final operations that one client does one after the other, each tried again
 * a few times where it fails.
 */
#ifndef WORKLOADS_FINAL_H
#define WORKLOADS_FINAL_H

#include "common.h"

struct finals {
	uint64_t number;		/* which one; 0, 1, ...               */
	int tries;			/* of it                              */
	bool failed;			/* the latest one                     */
};

/* FR_OP: f->number is to be done now; FR_WAIT; FR_DONE: all `count` were. */
FR_UNUSED static int
finals_next(struct finals *f, uint64_t count, int most, int64_t pause,
	    struct fr_op *op)
{
	if (f->tries >= most) {
		f->number++;
		f->tries = 0;
		f->failed = false;
	}
	if (f->number >= count)
		return FR_DONE;
	if (f->failed) {
		f->failed = false;
		op->wait = pause;
		return FR_WAIT;
	}
	f->tries++;
	return FR_OP;
}

FR_UNUSED static void
finals_ended(struct finals *f, bool well)
{
	f->failed = !well;
	if (well) {
		f->number++;
		f->tries = 0;
	}
}

#endif
