/* SPDX-License-Identifier: MIT */
/*
 * What a campaign came to, for programs: CSV, JSON Lines, JUnit XML.  All are
 * well-formed whatever the texts in the file hold; a byte that is not UTF-8, or
 * that XML has no place for, is told as "\x1b".
 */
#ifndef CAMPAIGN_REPORT_H
#define CAMPAIGN_REPORT_H

#include "core/campaign/stats.h"
#include "core/campaign/summary.h"

/* Text without control characters (a newline and a tab are none, unless
 * `line`), and in UTF-8. */
void plain_text(struct buf *out, const char *text, bool line);

/* Its runs that were judged: the others say nothing of how often it fails. */
uint64_t cell_judged(const struct cell_summary *c);
/* The share of them that is invalid; NAN where there are none. */
double cell_rate(const struct cell_summary *c);
/* Where the rate lies, by 95 %. */
struct interval cell_interval(const struct cell_summary *c);
/* A quantile, or NAN where nothing is known. */
double sample_quantile(const struct sample *x, double q);
/* How many of its values are infinite. */
uint64_t sample_never(const struct sample *x);

/* By RFC 4180, with a first line of names: a line a cell. */
void report_csv_cells(const struct summary *s, struct buf *out);
/* The same: a line for each fingerprint in each cell. */
void report_csv_failures(const struct summary *s, struct buf *out);
/* One object a line: the campaign, its cells, its failures. */
void report_json(const struct summary *s, struct buf *out);
/*
 * One test case a cell: failed where a run is invalid, in error where none is
 * valid, skipped where one is unknown or none was made, and else passed.
 */
void report_junit(const struct summary *s, struct buf *out);

#endif
