/* SPDX-License-Identifier: MIT */
/*
 * stack - last in, first out: each stack has to behave as if there were one
 * copy (linearizability).  See piles.h.
 */
#include "piles.h"

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "stack",
	.summary    = "pushes and pops numbers",
	.promise    = "Each stack is linearizable: what was put in last comes "
		      "out first, once, and a stack that says it is empty is.",
	.params     = FR_PARAMS(PILES_PARAMS),
	.ops        = FR_OPS(
		[PUT_IN]   = { .name = "push",
			       .help = "put the number on top" },
		[TAKE_OUT] = { .name = "pop",
			       .help = "take the top one and answer with it; "
				       "nil: there is none" }),
	.state_size = sizeof(struct piles),
	.start      = piles_start,
	.next       = piles_next,
	.ended      = piles_ended,
	.model      = "stack",
	.check      = piles_check,
};
