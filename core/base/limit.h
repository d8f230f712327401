/* SPDX-License-Identifier: MIT */
/*
 * How much memory this process has, by the kernel's own account, and limits
 * for what loads something of a size that nobody knows beforehand.
 */
#ifndef BASE_LIMIT_H
#define BASE_LIMIT_H

#include <stdint.h>

#include "core/base/err.h"

/* Bytes that are resident now, and that were at most; 0: not known.  Of a
 * sanitizer's build nothing is known: most of that is the sanitizer's. */
uint64_t memory_now(void);
uint64_t memory_peak(void);
/* What was freed goes back to the system, as far as it can. */
void memory_trim(void);
/* From now on large blocks are the system's own: they grow without a copy
 * beside them, and go back when they are freed. */
void memory_tidy(void);

/* A block of malloc, where it is large, gets large pages as it is touched. */
void memory_large(const void *block, uint64_t bytes);

struct limit {
	int64_t began, time_max;	/* of clock_mono; ns; 0: none          */
	uint64_t memory_max;		/* bytes of the process; 0: none       */
	const char *out;		/* "time" or "memory", which ran out   */
};

/* Whether there is time, and memory for `more` bytes (l may be NULL); else -1
 * with EXIT_UNKNOWN: "the time budget of 3s ran out WHILE". */
int limit_check(struct limit *l, uint64_t more, const char *during,
		struct fr_err *err);

#endif
