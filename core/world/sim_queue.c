/* SPDX-License-Identifier: MIT */
/*
 * A heap with four children a place: half as deep as one with two, and the
 * children of one lie side by side.  What is taken back stays in the heap
 * until its turn, unless most of the heap is such.
 */
#include "core/world/sim_queue.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define ORDER_CLASS	56
#define ORDER_NODE	40

#define TIDY_LEAST	32u

/* Both words as one number: no branch that would be guessed wrong. */
static inline bool
before(const struct sim_entry *a, const struct sim_entry *b)
{
	unsigned __int128 x = (unsigned __int128)(uint64_t)a->t << 64,
			  y = (unsigned __int128)(uint64_t)b->t << 64;

	return (x | a->order) < (y | b->order);
}

static void
rise(struct sim_entry *heap, size_t at, struct sim_entry e)
{
	size_t above;

	for (; at > 0; at = above) {
		above = (at - 1) / 4;
		if (!before(&e, &heap[above]))
			break;
		heap[at] = heap[above];
	}
	heap[at] = e;
}

/* The least of four children that lie side by side. */
static inline size_t
least_of_four(const struct sim_entry *heap, size_t first)
{
	size_t a = first + before(&heap[first + 1], &heap[first]);
	size_t b = first + 2 + before(&heap[first + 3], &heap[first + 2]);

	return before(&heap[b], &heap[a]) ? b : a;
}

/*
 * What is put at the top came from the bottom, and mostly belongs there: the
 * gap goes down all the way, and what fills it up again.
 */
static void
sink(struct sim_entry *heap, size_t count, size_t at, struct sim_entry e)
{
	size_t top = at, first, least, above, i;

	for (; (first = at * 4 + 1) + 4 <= count; at = least) {
		least = least_of_four(heap, first);
		heap[at] = heap[least];
	}
	if (first < count) {
		least = first;
		for (i = first + 1; i < count; i++)
			if (before(&heap[i], &heap[least]))
				least = i;
		heap[at] = heap[least];
		at = least;
	}
	for (; at > top; at = above) {
		above = (at - 1) / 4;
		if (!before(&e, &heap[above]))
			break;
		heap[at] = heap[above];
	}
	heap[at] = e;
}

static uint32_t
place(struct sim_queue *q)
{
	uint32_t at;

	if (q->unused > 0) {
		at = q->unused - 1;
		q->unused = q->events[at].next;
		return at;
	}
	mem_grow(&q->events, &q->event_room, q->event_count + 1,
		 sizeof *q->events);
	at = (uint32_t)q->event_count++;
	q->events[at].generation = 1;
	return at;
}

uint32_t
queue_hold(struct sim_queue *q, enum sim_kind kind, uint32_t node)
{
	uint32_t at = place(q);

	q->events[at].kind = (uint8_t)kind;
	q->events[at].node = (uint16_t)node;
	q->events[at].next = 0;
	return at;
}

uint32_t
queue_add(struct sim_queue *q, int64_t t, enum sim_kind kind, uint32_t node)
{
	uint32_t at = queue_hold(q, kind, node);
	struct sim_entry e = {
		.t = t, .event = at,
		.order = (uint64_t)kind << ORDER_CLASS |
			 (uint64_t)node << ORDER_NODE | q->sequence++,
	};

	if (q->count == q->room)
		mem_grow(&q->heap, &q->room, q->count + 1, sizeof *q->heap);
	rise(q->heap, q->count++, e);
	return at;
}

static void
take_first(struct sim_queue *q)
{
	struct sim_entry last = q->heap[--q->count];

	if (q->count > 0)
		sink(q->heap, q->count, 0, last);
}

bool
queue_take(struct sim_queue *q, int64_t *t, uint32_t *event)
{
	while (q->count > 0) {
		*t = q->heap[0].t;
		*event = q->heap[0].event;
		take_first(q);
		if (q->events[*event].kind != SIM_NONE)
			return true;
		q->dead--;
		queue_drop(q, *event);
	}
	return false;
}

void
queue_drop(struct sim_queue *q, uint32_t event)
{
	struct sim_event *e = &q->events[event];

	e->kind = SIM_NONE;
	e->generation++;
	e->next = q->unused;
	q->unused = event + 1;
}

/* What was taken back leaves the heap. */
static void
tidy(struct sim_queue *q)
{
	size_t i, kept = 0;

	for (i = 0; i < q->count; i++) {
		if (q->events[q->heap[i].event].kind == SIM_NONE)
			queue_drop(q, q->heap[i].event);
		else
			q->heap[kept++] = q->heap[i];
	}
	q->count = kept;
	q->dead = 0;
	for (i = kept / 4 + 1; i-- > 0;)
		if (i < kept)
			sink(q->heap, kept, i, q->heap[i]);
}

void
queue_cancel(struct sim_queue *q, uint32_t event)
{
	q->events[event].kind = SIM_NONE;
	q->dead++;
	/* Whoever asks sets a limit, and most are answered: what is taken
	 * back would soon be most of the heap. */
	if (q->dead > TIDY_LEAST && q->dead > q->count / 2)
		tidy(q);
}

/* ---- memory ----------------------------------------------------------------------- */

#define LEAST_BITS	6
#define LEAST		(1u << LEAST_BITS)	/* bytes of the smallest       */
#define CHUNK		(128u * 1024u)

static int
size_class(size_t size)
{
	return size <= LEAST ? 0 :
	       64 - LEAST_BITS - __builtin_clzll((unsigned long long)size - 1);
}

#define CLASSES ((int)(sizeof ((struct sim_queue *)0)->spare / sizeof(void *)))

void *
sim_room(struct sim_queue *q, size_t size)
{
	int class = size_class(size);
	size_t room;
	void *at;

	if (class >= CLASSES)
		return mem_resize(NULL, size, 1);
	at = q->spare[class];
	if (at != NULL) {
		memcpy(&q->spare[class], at, sizeof at);
		return at;
	}
	room = (size_t)LEAST << class;
	if (q->fresh_size < room) {
		q->fresh = mem_resize(NULL, CHUNK + sizeof at, 1);
		memcpy(q->fresh, &q->chunks, sizeof at);
		q->chunks = q->fresh;
		q->fresh += 2 * sizeof at;
		q->fresh_size = CHUNK - sizeof at;
	}
	at = q->fresh;
	q->fresh += room;
	q->fresh_size -= room;
	return at;
}

void
sim_room_free(struct sim_queue *q, void *at, size_t size)
{
	int class = size_class(size);

	if (class >= CLASSES) {
		free(at);
		return;
	}
	memcpy(at, &q->spare[class], sizeof at);
	q->spare[class] = at;
}

void
queue_free(struct sim_queue *q)
{
	void *next;

	while (q->chunks != NULL) {
		memcpy(&next, q->chunks, sizeof next);
		free(q->chunks);
		q->chunks = next;
	}
	free(q->events);
	free(q->heap);
	memset(q, 0, sizeof *q);
}
