/* SPDX-License-Identifier: MIT */
/*
 * What lies between the thread that a run happens in and the writer: chunks
 * of memory, filled with one record behind the other.
 *
 * A record is a head, the structure as the caller gave it, and behind it what
 * the structure points to; its pointers point there.  A chunk never moves, so
 * they stay good, and a chunk is what one transaction writes.
 */
#ifndef HISTORY_QUEUE_H
#define HISTORY_QUEUE_H

#include <stdalign.h>

#include "core/history/store.h"

/* Some three thousand events. */
#define CHUNK_SIZE	(384u * 1024u)

struct chunk {
	struct chunk *next;
	size_t used, room;
	uint64_t events, traces;	/* records of each kind                */
	alignas(16) char data[];
};

struct queued {
	uint32_t size;			/* with all behind it; a multiple of 8 */
	enum { QUEUED_EVENT, QUEUED_TRACE } what;
};

struct queued_event {
	struct queued head;
	int64_t key;			/* of the row                          */
	int64_t name;			/* in the table of names; 0: as text   */
	struct event event;
};

struct queued_trace {
	struct queued head;
	int64_t key;
	struct trace trace;
	uint32_t body;			/* bytes kept of it                    */
};

static inline size_t
queued_round(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

/* The record at *at, which is moved past it; NULL at the end. */
static inline struct queued *
chunk_next(const struct chunk *c, size_t *at)
{
	struct queued *q;

	if (*at >= c->used)
		return NULL;
	q = (struct queued *)(c->data + *at);
	*at += q->size;
	return q;
}

/* ---- feed.c -------------------------------------------------------------- */

/*
 * A chunk as two tables that SQLite can read, feed_event and feed_message, so
 * that one statement writes a whole chunk.  *chunk is looked at when it runs.
 */
int feed_register(sqlite3 *db, struct chunk **chunk);

extern const char feed_insert_events[], feed_insert_messages[];

#endif
