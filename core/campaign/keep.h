/* SPDX-License-Identifier: MIT */
/* Rows of results that outlive their reading: with their texts in an arena. */
#ifndef CAMPAIGN_KEEP_H
#define CAMPAIGN_KEEP_H

#include "core/base/mem.h"
#include "core/campaign/results.h"

/* NULL for NULL. */
const char *keep_text(struct arena *a, const char *text);
struct campaign_row keep_campaign(struct arena *a,
				  const struct campaign_row *from);
struct cell_row keep_cell(struct arena *a, const struct cell_row *from);
struct failure_row keep_failure(struct arena *a,
				const struct failure_row *from);

#endif
