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
	TXNS_WORKLOAD,
	.next       = list_append_next,
	.conditions = FR_CONDITIONS({ "list-append", "isolation=$isolation" }),
};
