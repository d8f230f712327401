/* SPDX-License-Identifier: MIT */
/*
 * What is to be done when: calls in order of time, and of being asked for
 * where the times are equal.  {0} is an empty one.  It knows no clock.
 */
#ifndef WORLD_AGENDA_H
#define WORLD_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void (*agenda_fn)(void *arg);

struct agenda_item;

struct agenda {
	struct agenda_item *items;
	size_t item_count, item_room;
	uint32_t *heap;		/* numbers of items, the first due on top      */
	size_t count, room;
	uint32_t unused;	/* a chain through the items; +1, 0: none      */
	uint64_t order;
};

/* Its name, never 0.  Where `owned`, arg is freed once it is of no use. */
uint64_t agenda_add(struct agenda *a, int64_t t, agenda_fn fn, void *arg,
		    bool owned);
/* False where there is no such thing (any more). */
bool agenda_cancel(struct agenda *a, uint64_t id);
/* When the first is due; INT64_MAX: nothing is. */
int64_t agenda_first(const struct agenda *a);
/* Calls what is due; what the calls add waits for the next time. */
void agenda_run(struct agenda *a, int64_t now);
void agenda_free(struct agenda *a);

#endif
