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
	TXNS_WORKLOAD,
	.next       = rw_register_next,
	.conditions = FR_CONDITIONS({ "rw-register", "isolation=$isolation" }),
};
