/* SPDX-License-Identifier: MIT */
/*
 * A binary heap by (deadline, order) and, for each timer, a map from tags to
 * places in the heap.  Invariant: places[h.timer][h.tag] is h's place, for
 * every h in the heap, and there is nothing else in the maps.
 */
#include "core/node/timers.h"

#include <stdlib.h>

bool
timers_init(struct timers *t, uint32_t kinds)
{
	*t = (struct timers){ .kinds = kinds };
	if (kinds == 0)
		return true;
	t->places = calloc(kinds, sizeof *t->places);
	return t->places != NULL;
}

void
timers_free(struct timers *t)
{
	uint32_t i;

	for (i = 0; i < t->kinds && t->places != NULL; i++)
		map_free(&t->places[i]);
	free(t->places);
	free(t->heap);
	*t = (struct timers){ 0 };
}

static bool
before(const struct timer_due *a, const struct timer_due *b)
{
	return a->deadline != b->deadline ? a->deadline < b->deadline :
					    a->order < b->order;
}

/* The slot in the map is there already: nothing can fail. */
static void
put(struct timers *t, size_t at, const struct timer_due *due)
{
	t->heap[at] = *due;
	(void)map_set(&t->places[due->timer], due->tag, at);
}

static void
rise(struct timers *t, size_t at)
{
	struct timer_due due = t->heap[at];

	while (at > 0 && before(&due, &t->heap[(at - 1) / 2])) {
		put(t, at, &t->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(t, at, &due);
}

static void
sink(struct timers *t, size_t at)
{
	struct timer_due due = t->heap[at];
	size_t below;

	while ((below = at * 2 + 1) < t->count) {
		if (below + 1 < t->count &&
		    before(&t->heap[below + 1], &t->heap[below]))
			below++;
		if (!before(&t->heap[below], &due))
			break;
		put(t, at, &t->heap[below]);
		at = below;
	}
	put(t, at, &due);
}

static void
take_out(struct timers *t, size_t at)
{
	struct timer_due last = t->heap[--t->count];

	(void)map_drop(&t->places[t->heap[at].timer], t->heap[at].tag);
	if (at == t->count)
		return;
	t->heap[at] = last;
	rise(t, at);
	sink(t, (size_t)map_get(&t->places[last.timer], last.tag));
}

bool
timers_set(struct timers *t, uint32_t timer, uint64_t tag, int64_t deadline)
{
	struct timer_due due = { deadline, t->order, timer, tag };
	uint64_t place = map_get(&t->places[timer], tag);
	struct timer_due *bigger;

	if (place != MAP_NONE) {
		t->order++;
		t->heap[place] = due;
		rise(t, (size_t)place);
		sink(t, (size_t)map_get(&t->places[timer], tag));
		return true;
	}
	if (t->count == TIMERS_MAX)
		return false;
	if (t->count == t->room) {
		size_t room = t->room == 0 ? 16 : t->room * 2;

		bigger = realloc(t->heap, room * sizeof *bigger);
		if (bigger == NULL)
			return false;
		t->heap = bigger;
		t->room = room;
	}
	if (!map_set(&t->places[timer], tag, t->count))
		return false;
	t->order++;
	t->heap[t->count] = due;
	rise(t, t->count++);
	return true;
}

bool
timers_cancel(struct timers *t, uint32_t timer, uint64_t tag)
{
	uint64_t place = map_get(&t->places[timer], tag);

	if (place == MAP_NONE)
		return false;
	take_out(t, (size_t)place);
	return true;
}

const struct timer_due *
timers_first(const struct timers *t)
{
	return t->count == 0 ? NULL : &t->heap[0];
}

bool
timers_take(struct timers *t, int64_t now, uint64_t order,
	    struct timer_due *out)
{
	if (t->count == 0 || t->heap[0].deadline > now ||
	    t->heap[0].order >= order)
		return false;
	*out = t->heap[0];
	take_out(t, 0);
	return true;
}
