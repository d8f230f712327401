/* SPDX-License-Identifier: MIT */
/*
 * queue - first in, first out: each queue has to behave as if there were one
 * copy (linearizability).  See piles.h.
 */
#include "piles.h"

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "queue",
	.summary    = "enqueues and dequeues numbers",
	.promise    = "Each queue is linearizable: what was put in first comes "
		      "out first, once, and a queue that says it is empty is.",
	.params     = FR_PARAMS(PILES_PARAMS),
	.ops        = FR_OPS(
		[PUT_IN]   = { .name = "enqueue",
			       .help = "put the number in, behind all others" },
		[TAKE_OUT] = { .name = "dequeue",
			       .help = "take the first one out and answer with "
				       "it; nil: there is none" }),
	.state_size = sizeof(struct piles),
	.start      = piles_start,
	.next       = piles_next,
	.ended      = piles_ended,
	.model      = "queue",
	.check      = piles_check,
};
