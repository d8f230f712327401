/* SPDX-License-Identifier: MIT */
/*
 * What is to happen in virtual time, and in which order: by time, then by
 * class, then by node, then in the order in which it was asked for.  With it
 * the memory for what travels: frames, in pools by size.
 */
#ifndef WORLD_SIM_QUEUE_H
#define WORLD_SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node/wire.h"
#include "core/world/world.h"

/*
 * In the order in which they happen at one instant: what a node has sent is on
 * its way before anything else is done to it, and a message that waited is
 * before one that arrives.
 */
enum sim_kind {
	SIM_NONE,		/* unused, or taken back                       */
	SIM_DEPART,		/* `frames` leave the node                     */
	SIM_END,		/* its end becomes known                       */
	SIM_CALL,		/* of those above the world                    */
	SIM_BOOT,
	SIM_WAKE,		/* the node is free for what waits             */
	SIM_ARRIVE,		/* `frames`: one, for a node                   */
	SIM_REPLY,		/* `frames`: one, for a client                 */
	SIM_TIMER		/* the first of the node's is due              */
};

struct sim_event {
	uint8_t kind;
	uint16_t node;
	uint32_t life;		/* of the node, when it was asked for          */
	uint32_t generation;	/* of this place                               */
	uint32_t next;		/* +1; in a chain                              */
	union {
		struct {
			world_timer_fn fn;
			void *arg;
		} call;
		struct {
			unsigned char *at;
			size_t size;
			int64_t sent;
		} frames;
		struct sim_end *end;
	};
};

struct sim_entry {
	int64_t t;
	uint64_t order;
	uint32_t event;
};

struct sim_queue {
	struct sim_event *events;
	size_t event_count, event_room;
	uint32_t unused;		/* +1; a chain                         */
	struct sim_entry *heap;		/* four children each                  */
	size_t count, room, dead;
	uint64_t sequence;
	void *spare[8];			/* by size: see sim_room               */
	void *chunks;			/* each begins with the last one       */
	unsigned char *fresh;
	size_t fresh_size;
};

/* Its place; pointers into q->events are good until the next one. */
uint32_t queue_add(struct sim_queue *q, int64_t t, enum sim_kind kind,
		   uint32_t node);
/* One that waits for something else than its time. */
uint32_t queue_hold(struct sim_queue *q, enum sim_kind kind, uint32_t node);
/* False: there is nothing left.  The event keeps its place until it is
 * dropped. */
bool queue_take(struct sim_queue *q, int64_t *t, uint32_t *event);
void queue_drop(struct sim_queue *q, uint32_t event);
/* It does not happen any more; the place is reused when its time has come. */
void queue_cancel(struct sim_queue *q, uint32_t event);
void queue_free(struct sim_queue *q);

/* Memory of so many bytes, 16-aligned, not zeroed; freed with its size. */
void *sim_room(struct sim_queue *q, size_t size);
void sim_room_free(struct sim_queue *q, void *at, size_t size);

#endif
