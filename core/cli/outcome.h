/* SPDX-License-Identifier: MIT */
/* What came of a run or a check, in the same words wherever it is printed. */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include <stdint.h>

#include "core/base/mem.h"
#include "core/run/run.h"

/* "Operations", and a row for each kind that was tried. */
void outcome_operations(const struct op_counts *ops, uint32_t count,
			struct buf *out);
/* "Figures", and a row each; nothing where there are none. */
void outcome_metrics(const struct metric *metrics, uint32_t count,
		     struct buf *out);
/*
 * "invalid: stale-read: ...", in the colour of the verdict, between an empty
 * line and the evidence.  Violation and evidence may be NULL.
 */
void outcome_verdict(const char *verdict, const char *violation,
		     const char *reason, const char *evidence,
		     struct buf *out);

#endif
