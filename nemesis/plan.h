/* SPDX-License-Identifier: MIT */
/* What those share who make plans: plan.c and script.c. */
#ifndef NEMESIS_PLAN_H
#define NEMESIS_PLAN_H

#include "nemesis/nemesis.h"

#define PLAN_BYTES_MAX	(16u * 1024 * 1024)
#define PLAN_FAULTS_MAX 100000u

struct faults {
	struct fault *at;
	size_t count, room;
};

/* Room for one more, not filled in. */
struct fault *faults_add(struct faults *all);
/* Sorts them, and gives them to *out. */
void faults_finish(struct faults *all, struct plan *out);
void faults_free(struct faults *all);

/* World, target and the family's own. */
int fault_check(const struct fault *f, const struct ground *g,
		struct fr_err *err);
/* Draws what it leaves to chance. */
int fault_settle(struct fault *f, const struct ground *g, struct fr_err *err);
/* "kill:for-good 2 mean=1s" without times; the target as it was written.
 * *at is left at what an error is about. */
int fault_parse(const char *text, const char *end, const struct ground *g,
	       struct fault *out, const char **at, struct fr_err *err);

#endif
