/* SPDX-License-Identifier: MIT */
/*
 * The recorder: everything that is observed passes here, once, in the order
 * in which it happened, and goes to the store, to the history that will be
 * judged, to the tally, and to whoever watches through the door.
 *
 * The number of an event, its rank, is counted here.
 */
#ifndef RUN_RECORDER_H
#define RUN_RECORDER_H

#include <stdint.h>

#include "core/history/history.h"
#include "core/run/door.h"
#include "core/run/tally.h"

struct recorder {
	struct history *history;	/* NULL: not stored                    */
	struct assembler *assembler;
	struct tally tally;
	uint64_t rank;			/* of the next event                   */
	struct door *door;		/* or NULL                             */
	const char *const *op_names;	/* for those who watch                 */
	uint32_t op_count;
	/* A node's talk is kept up to a bound; what is beyond is counted. */
	uint32_t nodes;
	uint64_t *talk;			/* kept of each node                   */
	uint64_t silenced;
	struct buf line;
};

void recorder_init(struct recorder *r, struct history *h, uint32_t nodes,
		   const char *const *op_names, uint32_t op_count);
void recorder_free(struct recorder *r);
/* Its rank. */
uint64_t recorder_event(struct recorder *r, const struct event *e);
/* The same for notes, logs and misuse, of which a node may make too many. */
void recorder_talk(struct recorder *r, const struct event *e);
/* An event of that kind about nothing in particular. */
struct event event_make(int64_t t, enum event_kind kind);
/* One event as one JSON object. */
void event_json(const struct event *e, const char *const *op_names,
		uint32_t op_count, uint64_t rank, struct buf *out);

#endif
