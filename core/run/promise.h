/* SPDX-License-Identifier: MIT */
/*
 * What a history is held against: the models and conditions that a workload
 * names, with their settings, or the one that was asked for in their place.
 */
#ifndef RUN_PROMISE_H
#define RUN_PROMISE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/run/run.h"

struct promise {
	const char *name;		/* "register", "sequential", ...       */
	const struct fr_model *own;	/* the workload's own model, or NULL   */
	const char *const *settings;	/* "name=value", ended by NULL         */
};

struct promises {
	struct arena arena;		/* of everything below                 */
	struct promise *at;
	uint32_t count;
};

/*
 * `asked`: "NAME" or "NAME:SETTING,SETTING", in the place of all that the
 * workload names; or NULL.  -1: a name or a setting is unknown, or a setting
 * names a parameter that the workload does not have.
 */
int promises_make(struct promises *p, const struct fr_workload *w,
		  const struct params *params, const char *asked,
		  struct fr_err *err);
void promises_free(struct promises *p);

#endif
