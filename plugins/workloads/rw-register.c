/* SPDX-License-Identifier: MIT */
/*
 * rw-register - transactions that read and write registers.  A read says which
 * write it saw, but not in which order writes happened: less shows than with
 * lists (list-append), and more protocols have registers.  See txns.h.
 */
#include "txns.h"

static int
rw_register_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	return txns_next(w, client, op, false);
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "rw-register",
	.summary    = "transactions that read and write registers",
	.promise    = "Transactions are isolated as the parameter `isolation` "
		      "says: by default as if one were done after the other, "
		      "each between its call and its answer.",
	.params     = FR_PARAMS(TXNS_PARAMS),
	.ops        = FR_OPS(
		{ .name = "txn",
		  .help = "do all of it at once (fracas/txn.h), and answer "
			  "with what was read; fail if none of it was done" }),
	.state_size = sizeof(struct txns),
	.start      = txns_start,
	.next       = rw_register_next,
	.ended      = txns_ended,
	.conditions = FR_CONDITIONS({ "rw-register", "isolation=$isolation" }),
};
