/* SPDX-License-Identifier: MIT */
/*
 * list-append - transactions that append to lists and read them.  A list says
 * in which order it came to be, so nearly every anomaly shows (Kingsbury,
 * Alvaro: "Elle: Inferring Isolation Anomalies from Experimental Observations",
 * VLDB 2020).  See txns.h.
 */
#include "txns.h"

static int
list_append_next(struct fr_work *w, uint32_t client, struct fr_op *op)
{
	return txns_next(w, client, op, true);
}

FR_WORKLOAD = {
	FR_WORKLOAD_HEAD,
	.name       = "list-append",
	.summary    = "transactions that append to lists, and read them",
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
	.next       = list_append_next,
	.ended      = txns_ended,
	.conditions = FR_CONDITIONS({ "list-append", "isolation=$isolation" }),
};
