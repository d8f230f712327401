/* SPDX-License-Identifier: MIT */
/*
 * The node host's own state, shared by its turns (turn.c), by what it hears
 * (boot.c), by what a protocol can call (calls.c), and by what drives it: the
 * loop of a node's process (host.c), or virtual time, where many of them live
 * in one process (world/sim.c).
 *
 *  1. Whatever the plugin can reach (struct fr_node) is never read back: the
 *     host keeps its own copy of every number.
 *  2. interpose_plugin is true exactly while the plugin's code runs.
 *  3. What is in `out` is whole frames, except within out_begin .. out_end.
 *  4. the_host is the one whose plugin code runs, or ran last.
 */
#ifndef NODE_HOST_H
#define NODE_HOST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <fracas/protocol.h>

#include "core/base/rand.h"
#include "core/base/units.h"
#include "core/node/backing.h"
#include "core/node/carrier.h"
#include "core/node/clock.h"
#include "core/node/descriptor.h"
#include "core/node/disk.h"
#include "core/node/hurt.h"
#include "core/node/interpose.h"
#include "core/node/map.h"
#include "core/node/node.h"
#include "core/node/timers.h"

struct event;
struct event_base;

/* Requests that a node can leave unanswered at one time. */
#define REQUESTS_MAX 65536u

/* What a protocol does wrong is told so often in a boot, and then no more. */
#define MISUSE_MAX 20u

struct host_param {
	const char *name;
	struct param_held value;
};

struct host {
	struct fr_node node;		/* what the plugin sees                */

	/* The protocol: a view, and its tables, copied. */
	struct fr_protocol protocol;
	const struct fr_protocol *raw;
	struct fr_message *messages;
	struct fr_request_kind *requests;
	struct fr_timer *timer_kinds;

	uint32_t id, nodes, boot;
	struct fr_neighbour *neighbours;
	uint32_t neighbour_count;
	struct host_param *params;
	struct rng random;
	/* Where fr_random is not left to chance alone: what the i-th number
	 * is to be.  NULL: what was drawn. */
	uint64_t (*choose)(void *arg, uint32_t node, uint32_t boot, uint64_t i,
			   uint64_t drawn);
	void *choose_arg;
	struct clock clock;
	struct timers timers;
	struct interposed libc;		/* as the plugin finds it              */
	int folder;			/* the node's, until the disk has it   */
	struct backing *backing;	/* instead of a folder, or NULL        */
	struct disk *disk;

	struct map open;		/* requests not answered               */
	int64_t *list;			/* of the request that is handled: a
					   handler may be left by a jump       */
	struct map memory;		/* address -> size, of fr_alloc        */
	uint64_t memory_used, memory_max;

	struct carrier *carrier;
	struct {
		unsigned char *data;
		size_t size, room;
	} out;
	volatile bool sending;		/* `out` is under way                  */

	struct node_page *page;
	uint64_t turns;
	uint32_t stale;			/* handlers since a clock was read     */

	struct event_base *base;
	struct event *readable, *timer;
	int timer_fd;
	int64_t armed;			/* real time, or INT64_MAX             */

	/* Virtual time, or NULL: the machine's.  A host call that takes time
	 * moves it. */
	int64_t *time;
	int64_t sync_time;		/* of one fr_sync, in virtual time     */
	/* Ends the node, with this exit status. */
	void (*leave)(struct host *h, int status);

	/* What is done to it on purpose. */
	bool hurt;			/* something of `faults` may come      */
	bool counts;			/* crash: this handler's calls do      */
	bool strike;			/* crash: where this call ends         */
	uint32_t counted, struck;
	uint64_t seed;
	struct node_faults faults;
	_Atomic uint64_t *effects;	/* NODE_EFFECTS of them                */
	/* At once, as by SIGKILL; but what it sent is on its way. */
	void (*die)(struct host *h);

	bool started;
	uint32_t misuses;
	_Atomic bool foreign;		/* another thread called the host      */
};

extern struct host *the_host;

/* Between 1970 and the beginning of virtual time: 1 January 2020. */
#define HOST_EPOCH INT64_C(1577836800000000000)

static inline int64_t
host_time(const struct host *h)
{
	return h->time == NULL ? clock_mono() : *h->time;
}

/* ---- out (turn.c) -------------------------------------------------------- */

/* Room for a frame with so much body at most, and where the body goes. */
void *out_begin(struct host *h, size_t body_max);
void out_end(struct host *h, uint16_t kind, uint16_t type, uint16_t dst,
	     uint64_t id, size_t body);
/* Both at once. */
void out_message(struct host *h, uint16_t type, uint16_t dst, const void *body,
		 size_t size);
/* Writes what was gathered, and waits until it is taken. */
void host_flush(struct host *h);

/* The protocol did wrong; on record, and `answer` is the answer. */
int misuse(struct host *h, int answer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
_Noreturn void fatal(struct host *h, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- the plugin's code (turn.c) ------------------------------------------ */

#define PAGE_SET(page, field, value)					\
	atomic_store_explicit(&(page)->field, value, memory_order_relaxed)

/* Handlers for which one reading of the clock does. */
#define STALE_MAX 32u

/* Since when it runs, for whoever watches. */
void plugin_since(struct host *h);

static inline void
plugin_enter(struct host *h, uint32_t doing, uint32_t index)
{
	struct node_page *page = h->page;

	if (h->hurt)
		hurt_enter(h, doing, index);
	if (h->time == NULL && h->stale++ % STALE_MAX == 0)
		plugin_since(h);
	PAGE_SET(page, index, index);
	PAGE_SET(page, doing, doing);
	PAGE_SET(page, turns, ++h->turns);
	interpose_plugin = true;
}

static inline void
plugin_leave(struct host *h)
{
	interpose_plugin = false;
	PAGE_SET(h->page, doing, DOING_IDLE);
	PAGE_SET(h->page, turns, ++h->turns);
}

/* The protocol's tables, copied, so that h->messages and the like hold. */
void host_describe(struct host *h, const struct fr_protocol *raw);
void host_message(struct host *h, const struct frame *f, const void *body);
void host_timer(struct host *h, const struct timer_due *due);
/* Frees what the boot had, but for the carrier and what was not its own. */
void host_release(struct host *h);

/* ---- hearing (boot.c) ---------------------------------------------------- */

/* FRAME_START: from here on the node runs. */
void host_start(struct host *h, const void *body, size_t size);
void host_request(struct host *h, const struct frame *f, const void *body);
void host_clock(struct host *h, const void *body, size_t size);
void host_faults(struct host *h, const void *body, size_t size);
_Noreturn void host_stop(struct host *h);

/* ---- what a protocol can call (calls.c) ---------------------------------- */

extern const struct fr_host host_calls;

/* A name for people: a message's, or "type 7". */
const char *message_name(const struct host *h, uint32_t type);

#endif
