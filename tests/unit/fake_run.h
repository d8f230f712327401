/* SPDX-License-Identifier: MIT */
/*
 * A run in the fake world: clients of a real workload against a real protocol,
 * both loaded as they are shipped, faults drawn from the seed, and the
 * workload's own judgement (with the checker's, where it names a model).
 */
#ifndef TESTS_FAKE_RUN_H
#define TESTS_FAKE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <fracas/workload.h>

#include "core/base/mem.h"

#define FAULT_PARTITION	1u
#define FAULT_KILL	2u	/* a minority at a time                       */
#define FAULT_CLOCK	4u	/* steps of the wall clock, up to 10 s        */
#define FAULT_DISK	8u	/* one call in twenty fails                   */

struct fake_run {
	const char *protocol, *workload;	/* as in the build directory  */
	uint32_t nodes, clients, grid;
	uint64_t seed;
	int64_t time;			/* of the main phase                  */
	int64_t delay_max;
	int64_t pause;			/* of a client between two operations */
	double loss, duplicate;
	uint32_t faults;
	int64_t interval;		/* between two faults                 */
	const char *const *settings;	/* name, text, ..., NULL              */
};

struct fake_judged {
	struct arena arena;
	const char *violation;		/* its kind, or NULL                  */
	const char *sentence;
	const char *unknown;		/* or NULL                            */
	uint64_t violations;
	uint64_t ok[4], fail[4], info[4];	/* by operation               */
	uint64_t messages, events;
	uint64_t hash;			/* of the whole history               */
	struct {
		char name[64];
		double value;
	} metrics[64];
	uint32_t metric_count;
};

/* One of `metrics`, or -1. */
double fake_metric(const struct fake_judged *j, const char *name);
void fake_run(const struct fake_run *r, struct fake_judged *out);
void fake_judged_free(struct fake_judged *j);

/* From the build directory: "protocols/echo/echo", "workloads/echo". */
const struct fr_protocol *load_protocol(const char *name);
const struct fr_workload *load_workload(const char *name);
/* Judges a history by the workload alone, with these settings: name, text,
 * ..., NULL; or NULL. */
void fake_judge(const struct fr_workload *w, const struct fr_history *h,
		const char *const *settings, struct fake_judged *out);

#endif
