/* SPDX-License-Identifier: MIT */
#include "core/campaign/keep.h"

const char *
keep_text(struct arena *a, const char *text)
{
	return text == NULL ? NULL : arena_string(a, text);
}

struct campaign_row
keep_campaign(struct arena *a, const struct campaign_row *from)
{
	struct campaign_row to = *from;

	to.name = keep_text(a, from->name);
	to.file = keep_text(a, from->file);
	to.text = keep_text(a, from->text);
	to.digest = keep_text(a, from->digest);
	to.version = keep_text(a, from->version);
	to.machine = keep_text(a, from->machine);
	return to;
}

struct cell_row
keep_cell(struct arena *a, const struct cell_row *from)
{
	struct cell_row to = *from;

	to.key = keep_text(a, from->key);
	to.name = keep_text(a, from->name);
	to.protocol = keep_text(a, from->protocol);
	to.workload = keep_text(a, from->workload);
	to.nemesis = keep_text(a, from->nemesis);
	to.topology = keep_text(a, from->topology);
	to.world = keep_text(a, from->world);
	to.settings = keep_text(a, from->settings);
	to.command = keep_text(a, from->command);
	to.sha256 = keep_text(a, from->sha256);
	return to;
}

struct failure_row
keep_failure(struct arena *a, const struct failure_row *from)
{
	struct failure_row to = *from;

	to.cell = keep_text(a, from->cell);
	to.fingerprint = keep_text(a, from->fingerprint);
	to.violation = keep_text(a, from->violation);
	to.reason = keep_text(a, from->reason);
	to.command = keep_text(a, from->command);
	to.words = keep_text(a, from->words);
	to.scenario = keep_text(a, from->scenario);
	return to;
}
