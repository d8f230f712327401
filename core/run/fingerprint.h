/* SPDX-License-Identifier: MIT */
/* What two failures have in common that are the same failure. */
#ifndef RUN_FINGERPRINT_H
#define RUN_FINGERPRINT_H

#include "core/base/mem.h"
#include "core/run/run.h"

/*
 * The kind of violation and its sentence without what is by chance in it:
 * numbers, and values that may stand in the place of a number.  NULL: the run
 * is not invalid.
 */
char *fingerprint(struct arena *a, const struct run_result *r);

#endif
