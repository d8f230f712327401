/* SPDX-License-Identifier: MIT */
/*
 * A workload at work: the loaded table with this run's parameters, seed and
 * state, and the host's side for its generator.
 */
#ifndef RUN_WORK_H
#define RUN_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/mem.h"
#include "core/base/rand.h"
#include "core/run/run.h"
#include "core/world/world.h"

struct work {
	struct fr_work base;		/* what the workload sees: comes first */
	const struct fr_workload *workload;
	const struct params *params;
	struct world *world;		/* for the time; NULL: not begun       */
	const bool *supported;		/* by f; NULL: all                     */
	struct rng rng;
	struct arena arena;
};

/* The workload's operation f, its condition i, and its parameters, whatever
 * its version. */
struct fr_op_kind workload_op(const struct fr_workload *w, uint32_t f);
struct fr_condition workload_condition(const struct fr_workload *w,
				       uint32_t i);
/* Both are the caller's to free; the texts stay the workload's. */
struct wire_param *workload_params(const struct fr_workload *w);
const char **workload_op_names(const struct fr_workload *w);

/* -1 where the workload's start refused. */
int work_init(struct work *work, const struct fr_workload *w,
	      const struct params *params, const bool *supported,
	      uint32_t nodes, uint32_t clients, uint64_t seed,
	      struct fr_err *err);
void work_free(struct work *work);
/* FR_OP, FR_WAIT or FR_DONE; -1: what it answered makes no sense. */
int work_next(struct work *work, uint32_t client, struct fr_op *op,
	      struct fr_err *err);

#endif
