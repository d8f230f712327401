/* SPDX-License-Identifier: MIT */
/* What events are called. */
#include "core/history/history.h"

static const struct {
	enum event_kind kind;
	const char *name;
} event_names[] = {
	{ EVENT_INVOKE, "invoke" }, { EVENT_OK, "ok" },
	{ EVENT_FAIL, "fail" }, { EVENT_INFO, "info" },
	{ EVENT_BOOT, "boot" }, { EVENT_READY, "ready" },
	{ EVENT_END, "end" }, { EVENT_FAULT, "fault" },
	{ EVENT_HEAL, "heal" }, { EVENT_CLAIM, "claim" },
	{ EVENT_NOTE, "note" }, { EVENT_LOG, "log" },
	{ EVENT_MISUSE, "misuse" }, { EVENT_PHASE, "phase" },
};

const char *
event_name(enum event_kind kind)
{
	size_t i;

	for (i = 0; i < sizeof event_names / sizeof event_names[0]; i++)
		if (event_names[i].kind == kind)
			return event_names[i].name;
	return "unknown";
}
