/* SPDX-License-Identifier: MIT */
/*
 * A node's timers: each fires once, is known by (timer, tag), and is set anew
 * where it runs.  Equal deadlines fire in the order in which they were set.
 * Pure: it knows no clock.
 */
#ifndef NODE_TIMERS_H
#define NODE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node/map.h"

/* So many can run at once in a node. */
#define TIMERS_MAX 1000000u

struct timer_due {
	int64_t deadline;
	uint64_t order;		/* of being set: later ones are greater        */
	uint32_t timer;
	uint64_t tag;
};

struct timers {
	struct timer_due *heap;	/* the earliest first                          */
	size_t count, room;
	struct map *places;	/* for each timer: tag -> place in the heap    */
	uint32_t kinds;
	uint64_t order;		/* of the next one                             */
};

/* `kinds` timers, 0 .. kinds - 1; false where there is no memory. */
bool timers_init(struct timers *t, uint32_t kinds);
void timers_free(struct timers *t);
/* False where there are TIMERS_MAX already, or no memory. */
bool timers_set(struct timers *t, uint32_t timer, uint64_t tag,
		int64_t deadline);
/* Whether it ran. */
bool timers_cancel(struct timers *t, uint32_t timer, uint64_t tag);
/* The earliest, or NULL. */
const struct timer_due *timers_first(const struct timers *t);
/*
 * Takes out the earliest that is due at `now` and was set before `order`
 * (t->order of when the turn began: a timer that is set again and again for
 * at once does not keep its node from everything else).
 */
bool timers_take(struct timers *t, int64_t now, uint64_t order,
		 struct timer_due *out);

#endif
