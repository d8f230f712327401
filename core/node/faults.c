/* SPDX-License-Identifier: MIT */
/* What is done to a node on purpose: names, and what it is in words. */
#include "core/node/faults.h"

#include <stdio.h>

const char *const crash_point_names[CRASH_POINTS] = {
	[CRASH_NEVER] = "never",
	[CRASH_CALL] = "call",
	[CRASH_WRITE] = "write",
	[CRASH_SYNC] = "sync",
	[CRASH_SEND] = "send",
	[CRASH_REPLY] = "reply",
};

const char *const host_call_names[HOST_CALLS] = {
	[HOST_SEND] = "send",
	[HOST_BROADCAST] = "broadcast",
	[HOST_NEIGHBOURS] = "neighbours",
	[HOST_AFTER] = "after",
	[HOST_CANCEL] = "cancel",
	[HOST_MONO] = "mono",
	[HOST_WALL] = "wall",
	[HOST_WALL_BOUNDS] = "wall_bounds",
	[HOST_RANDOM] = "random",
	[HOST_WRITE] = "write",
	[HOST_READ] = "read",
	[HOST_SYNC] = "sync",
	[HOST_TRUNCATE] = "truncate",
	[HOST_REMOVE] = "remove",
	[HOST_FILE_SIZE] = "file_size",
	[HOST_LIST] = "list",
	[HOST_REPLY] = "reply",
	[HOST_ALLOC] = "alloc",
	[HOST_FREE] = "free",
	[HOST_LOG] = "log",
	[HOST_PARAM] = "param",
	[HOST_CLAIM] = "claim",
	[HOST_NOTE] = "note",
};

/* 1st, 2nd, 3rd, 4th, 11th, 21st. */
static const char *
ordinal(uint32_t n)
{
	if (n % 100 >= 11 && n % 100 <= 13)
		return "th";
	return n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" :
	       "th";
}

void
crash_text(const struct node_crash *c, uint32_t call, const char *doing,
	   char *text, size_t max)
{
	const char *point = c->point > CRASH_CALL && c->point < CRASH_POINTS ?
			    crash_point_names[c->point] : "host call";

	snprintf(text, max, "crashed on purpose %s `%s`, its %u%s %s%s%s%s "
		 "since that was asked for, %s", c->after ? "after" : "before",
		 call < HOST_CALLS ? host_call_names[call] : "a call",
		 c->count, ordinal(c->count), point,
		 c->in[0] == '\0' ? "" : " in `", c->in,
		 c->in[0] == '\0' ? "" : "`", doing);
}

bool
node_disk_sound(const struct node_disk *d)
{
	return d->lose == LOSE_ALL && d->sync_fails == 0 &&
	       d->read_fails == 0 && d->write_fails == 0 &&
	       d->misdirects == 0 && !d->full && d->sync_delay == 0;
}
