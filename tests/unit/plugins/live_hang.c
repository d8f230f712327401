/* SPDX-License-Identifier: MIT */
/* A plugin whose constructor never returns. */
#include <fracas/easy.h>

static volatile uint64_t spun;

static __attribute__((constructor)) void
hang(void)
{
	for (;;)
		spun++;
}

FR_PROTOCOL = {
	FR_HEAD,
	.name     = "live-hang",
	.summary  = "cannot be loaded",
	.workload = "none",
};
