/* SPDX-License-Identifier: MIT */
/*
 * What the files of the judge say to each other: judge.c weighs, hearing.c
 * asks the checker and the workload's own check.
 */
#ifndef RUN_COURT_H
#define RUN_COURT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/mem.h"
#include "core/run/judge.h"

#define COURT_EVIDENCE_MAX	(256u * 1024)
#define COURT_METRICS_MAX	64u
#define COURT_KINDS_MAX		32u

struct court {
	const struct judging *j;
	struct run_result *out;
	const char *violation, *violated;	/* the first: word, sentence   */
	const char *doubt;			/* the first                   */
	const char *proof;			/* why it is valid             */
	struct buf evidence;
	struct kind {
		const char *word;
		uint64_t count;
	} kinds[COURT_KINDS_MAX];
	uint32_t kind_count;
	struct metric metrics[COURT_METRICS_MAX];
	uint32_t metric_count;
};

/*
 * Whether it is the first of its kind, so that its evidence is wanted.  The
 * first of all is the verdict's reason, and needs no heading there.
 */
bool court_violation(struct court *c, const char *word, const char *format,
		     ...) __attribute__((format(printf, 3, 4)));
/* Only the first is kept. */
void court_doubt(struct court *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void court_metric(struct court *c, const char *name, double value,
		  const char *unit);

/* hearing.c: the models and conditions; the workload's own check. */
void court_hear_promises(struct court *c);
void court_hear_check(struct court *c);

#endif
