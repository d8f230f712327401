/* SPDX-License-Identifier: MIT */
/*
 * A simulated run as a story: its steps and what was recorded of it, in
 * numbered lines.  What a node does in a handler stands below what it was
 * called for.
 *
 * A line's number is its place among all lines of the run, whichever of them
 * are wanted.
 */
#ifndef CLI_TELLING_H
#define CLI_TELLING_H

#include "core/run/cell.h"

/* A place in the run: a line, and the steps and the handler until there. */
struct telling_place {
	uint64_t line;			/* 0: none                             */
	int64_t t;
	uint64_t steps;			/* of the world                        */
	uint64_t handler;		/* the last of `handler_of`; 0: none   */
};

/* An event that was recorded, and where it is told. */
struct told_event {
	struct event event;
	struct telling_place place;
};

struct telling {
	const struct setup *setup;
	struct buf *out;		/* NULL: nothing is printed            */
	void (*flush)(struct buf *out);	/* now and then                        */
	bool colour;
	/* What is wanted. */
	int64_t from, to, node;		/* to, node: -1: any                   */
	const char *until;		/* NULL: the end; see telling_check    */
	uint64_t last;			/* nothing behind that line; 0: any    */
	int64_t handler_of;		/* a node                              */
	bool keep;			/* the events                          */

	struct telling_place found;	/* `until`                             */
	struct telling_place first_handler;	/* of `handler_of`, wanted     */
	void *user;
	struct told_event *events;
	size_t event_count, event_room;
	struct arena arena;		/* of what they point to               */

	struct telling_place at;
	int64_t top_t;			/* of the last line that is not below  */
	uint32_t top_node;		/* another, and whose it is            */
	bool said;			/* the last step was that node's word  */
	struct cell_step sent;		/* not told yet; kind 0: none          */
	char *sent_text;
	struct buf sent_to;
	uint32_t sent_count;
};

/* `until`: a line's number, or what happens there: "claim:leader",
 * "message:update", "violation". */
int telling_check(const char *until, struct fr_err *err);
bool telling_is_violation(const char *until);

void telling_init(struct telling *t, const struct setup *s);
void telling_free(struct telling *t);
/* In the order of the log; as struct cell_sink wants them. */
void telling_event(void *telling, const struct event *e);
void telling_step(void *telling, const struct cell_step *s, const char *text);
/* Behind the last. */
void telling_end(struct telling *t);

#endif
