/* SPDX-License-Identifier: MIT */
/*
 * A binary heap of item numbers; each item knows its place in the heap, so
 * that it can be taken out again.  The generation in an item's name tells a
 * new item from the one whose room it has got.
 */
#include "core/world/agenda.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

struct agenda_item {
	int64_t t;
	uint64_t order;
	agenda_fn fn;		/* NULL: unused                                */
	void *arg;
	uint32_t generation;
	uint32_t place;		/* in the heap; where unused: the next unused  */
	bool owned;
};

static bool
before(const struct agenda *a, uint32_t i, uint32_t j)
{
	const struct agenda_item *x = &a->items[i], *y = &a->items[j];

	return x->t != y->t ? x->t < y->t : x->order < y->order;
}

static void
put(struct agenda *a, size_t place, uint32_t item)
{
	a->heap[place] = item;
	a->items[item].place = (uint32_t)place;
}

static void
sift_up(struct agenda *a, size_t place)
{
	uint32_t item = a->heap[place];

	while (place > 0 && before(a, item, a->heap[(place - 1) / 2])) {
		put(a, place, a->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	put(a, place, item);
}

static void
sift_down(struct agenda *a, size_t place)
{
	uint32_t item = a->heap[place];
	size_t child;

	while ((child = 2 * place + 1) < a->count) {
		if (child + 1 < a->count &&
		    before(a, a->heap[child + 1], a->heap[child]))
			child++;
		if (!before(a, a->heap[child], item))
			break;
		put(a, place, a->heap[child]);
		place = child;
	}
	put(a, place, item);
}

static uint32_t
new_item(struct agenda *a)
{
	uint32_t item = a->unused;

	if (item > 0) {
		a->unused = a->items[item - 1].place;
		return item - 1;
	}
	FR_ASSERT(a->item_count < UINT32_MAX - 1);
	mem_grow(&a->items, &a->item_room, a->item_count + 1,
		 sizeof *a->items);
	memset(&a->items[a->item_count], 0, sizeof *a->items);
	return (uint32_t)a->item_count++;
}

uint64_t
agenda_add(struct agenda *a, int64_t t, agenda_fn fn, void *arg, bool owned)
{
	uint32_t item = new_item(a);
	struct agenda_item *i = &a->items[item];

	i->t = t;
	i->order = a->order++;
	i->fn = fn;
	i->arg = arg;
	i->owned = owned;
	i->generation++;
	mem_grow(&a->heap, &a->room, a->count + 1, sizeof *a->heap);
	a->heap[a->count] = item;
	sift_up(a, a->count++);
	return (uint64_t)i->generation << 32 | item;
}

/* Out of the heap, and unused; what it was. */
static struct agenda_item
take(struct agenda *a, uint32_t item)
{
	struct agenda_item was = a->items[item];
	uint32_t last = a->heap[--a->count];

	if (last != item) {
		put(a, was.place, last);
		sift_up(a, was.place);
		sift_down(a, a->items[last].place);
	}
	a->items[item].fn = NULL;
	a->items[item].place = a->unused;
	a->unused = item + 1;
	return was;
}

bool
agenda_cancel(struct agenda *a, uint64_t id)
{
	uint32_t item = (uint32_t)id;
	struct agenda_item was;

	if (item >= a->item_count || a->items[item].fn == NULL ||
	    a->items[item].generation != id >> 32)
		return false;
	was = take(a, item);
	if (was.owned)
		free(was.arg);
	return true;
}

int64_t
agenda_first(const struct agenda *a)
{
	return a->count == 0 ? INT64_MAX : a->items[a->heap[0]].t;
}

void
agenda_run(struct agenda *a, int64_t now)
{
	uint64_t end = a->order;
	struct agenda_item was;

	/* An older one behind a newer is due later than it, so stopping at the
	 * first new one only postpones. */
	while (a->count > 0 && a->items[a->heap[0]].t <= now &&
	       a->items[a->heap[0]].order < end) {
		was = take(a, a->heap[0]);
		was.fn(was.arg);
		if (was.owned)
			free(was.arg);
	}
}

void
agenda_free(struct agenda *a)
{
	size_t i;

	for (i = 0; i < a->item_count; i++)
		if (a->items[i].fn != NULL && a->items[i].owned)
			free(a->items[i].arg);
	free(a->items);
	free(a->heap);
	memset(a, 0, sizeof *a);
}
