/* SPDX-License-Identifier: MIT */
/*
 * How people write quantities, read and printed: times "250us" "5ms" "3s"
 * "2m", sizes "64K" "16M", ranges "1..1000", numbers, distributions
 * "const:1ms" "uniform:1ms,5ms" "exp:2ms" "pareto:1ms,1.5", and names with a
 * nearest-word suggestion.  A reader takes the whole text or fails, naming
 * what is wrong and an example of what is right (EXIT_USAGE).
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/rand.h"

int read_int(const char *text, int64_t min, int64_t max, int64_t *out,
	     struct fr_err *err);
int read_real(const char *text, double min, double max, double *out,
	      struct fr_err *err);
int read_bool(const char *text, bool *out, struct fr_err *err);
/* Nanoseconds.  A bare 0 needs no unit; anything else does. */
int read_time(const char *text, int64_t min, int64_t max, int64_t *out,
	      struct fr_err *err);
int read_size(const char *text, uint64_t min, uint64_t max, uint64_t *out,
	      struct fr_err *err);
/* "7" is 7..7. */
int read_range(const char *text, uint64_t *low, uint64_t *high,
	       struct fr_err *err);

struct dist {
	enum { DIST_CONST, DIST_UNIFORM, DIST_EXP, DIST_PARETO } kind;
	int64_t a;		/* the constant, low, mean, or scale; ns       */
	int64_t b;		/* high                                        */
	double shape;		/* of pareto                                   */
};

int read_dist(const char *text, struct dist *out, struct fr_err *err);
void dist_text(const struct dist *d, char *text, size_t max);
int64_t dist_draw(const struct dist *d, struct rng *r);	/* >= 0 */

/* "1.50ms", "3s": at most three significant figures and the best unit. */
void time_text(int64_t ns, char *text, size_t max);
/* Exact and readable back: "1500us". */
void time_exact(int64_t ns, char *text, size_t max);
void size_text(uint64_t bytes, char *text, size_t max);

/*
 * The nearest of `count` words to `word`, or NULL when none is near; words[i]
 * is at (const char *)((char *)first + i * stride).
 */
const char *nearest_word(const char *word, const char *const *first,
			 size_t count, size_t stride);

/* CLOCK_MONOTONIC and CLOCK_REALTIME in nanoseconds. */
int64_t clock_mono(void);
int64_t clock_wall(void);

#endif
