/* SPDX-License-Identifier: MIT */
/*
 * The simulated world: all nodes in one process, in virtual time, from one
 * seed.
 *
 *	sim.c		making and ending it, its loop, its clock
 *	sim_queue.c	what is to happen, in order
 *	sim_node.c	the life of a node, and what it takes
 *	sim_route.c	frames that leave a node
 *	sim_calls.c	requests of clients, and their answers
 *	sim_death.c	handlers that do not return as they should
 *
 *  1. Everything that happens is an event of one queue, whose order is total.
 *     Nothing here looks at a clock, an address, or what another run did.
 *  2. Every choice is drawn from H(seed, stream, ..., label, n): of the links
 *     by net_send, of the world itself by sim_choice.
 *  3. Time moves in every circle: a message and a timer take SIM_HOP at least.
 *  4. A handler takes no time but what its calls take (fr_sync, sleeping).  A
 *     node is busy for that long; what comes waits in the order in which it
 *     came.  What a handler sends after such a call leaves when the call is
 *     over, unless the node is gone by then.
 *  5. A plugin's code runs only directly below sim_loop, so that a handler
 *     that crashes, exits or hangs can be left for good.
 *  6. Every step goes into the hash, whoever watches.
 */
#ifndef WORLD_SIM_H
#define WORLD_SIM_H

#include <setjmp.h>
#include <stdatomic.h>

#include "core/base/mem.h"
#include "core/base/rand.h"
#include "core/node/host.h"
#include "core/world/sim_queue.h"
#include "core/world/steps.h"
#include "core/world/world.h"

/* What no message and no timer is faster than. */
#define SIM_HOP		INT64_C(1000)
/* From being asked for to the call of `start`: this, and a drawn part of it. */
#define SIM_BOOT_TIME	INT64_C(1000000)
/* A node's machine has been up for so long when the world begins. */
#define SIM_UPTIME	INT64_C(1000000000000)
/* Of one fr_sync, where nothing else is asked for: a good disk's. */
#define SIM_SYNC_TIME	INT64_C(500000)
/* What may be under way to one node, as in the live world. */
#define SIM_QUEUE_MAX	(16u * 1024u * 1024u)
/* What one handler may send. */
#define SIM_TURN_MAX	(256u * 1024u * 1024u)
/* Steps between two checkpoints of the hash. */
#define SIM_CHECKPOINT	256u

/* What a node is made of.  Several nodes may share one. */
struct sim_plugin {
	const struct fr_protocol *protocol;
	const struct descriptor *descriptor;
	/* Its globals as they were when it was loaded; NULL: it has none. */
	void (*reset)(void *arg);
	void *arg;
};

/* Shared with whoever watches this process. */
struct sim_page {
	struct node_page page;
	_Atomic uint32_t node;
	_Atomic int64_t now;
};

/* One step of the world. */
struct sim_step {
	int64_t t;
	enum sim_step_kind kind;
	uint32_t node, peer;
	uint32_t index;		/* message type, request, timer, frame kind    */
	uint64_t id;
	const void *body;
	size_t size;
};

struct sim_options {
	const struct sim_plugin *const *plugins;	/* by node             */
	int64_t sync_time;
	struct sim_page *page;
	/* NULL: nobody watches. */
	void (*step)(void *arg, const struct sim_step *s, uint64_t hash);
	void *arg;
};

struct world *sim_new(const struct world_config *c,
		      const struct sim_options *o);
/* The hash so far, how many steps it is of, and the checkpoints. */
uint64_t sim_hash(struct world *w, uint64_t *steps);
const uint64_t *sim_checkpoints(struct world *w, size_t *count);

/* ---- for what plugins call (cell/libc.c) ------------------------------------------- */

/* A plugin's code runs. */
bool sim_running(void);
/* The handler ends its node: exit(status). */
_Noreturn void sim_exited(int status);
/* What it wrote to its standard output or error. */
void sim_wrote(enum output_from from, const char *data, size_t size);
/* Virtual time of the node that runs; ns since its machine began. */
int64_t sim_node_time(void);

/* ---- inside ------------------------------------------------------------------------ */

struct sim;

/* Why a boot ends. */
struct sim_end {
	uint32_t boot, life;
	bool down;		/* it is down already, and this only tells     */
	bool leak;		/* what its host has may be damaged            */
	enum end_cause cause;
	int status;
	char *text;
};

/* A boot that is over, with its host to be released. */
struct sim_grave {
	struct sim_grave *next;
	struct host *host;
};

struct sim_node {
	struct sim *sim;
	uint32_t id;
	const struct sim_plugin *plugin;
	enum node_state state;
	bool booted;		/* ever: `boot` means something                */
	bool started;		/* takes messages                              */
	uint32_t boot;
	uint32_t life;		/* +1 at each boot and each end                */
	struct host *host;	/* NULL: down                                  */
	struct carrier carrier;
	struct backing *disk;
	int64_t time;		/* its machine's, as the host sees it          */
	int64_t busy;		/* until then; the world's time                */
	uint64_t flying;	/* bytes under way to it, and waiting          */
	uint32_t first, last;	/* waiting; +1, 0: none                        */
	bool waking;		/* SIM_WAKE is queued                          */
	bool departed;		/* something of this handler is queued         */
	size_t turned;		/* bytes sent by this handler                  */
	int64_t armed;		/* SIM_TIMER is queued for then; else INT64_MAX*/
	uint32_t alarm;		/* that event                                  */
	bool ticking;		/* a timer waits among what waits              */
	bool slept;		/* told in this boot                           */
	uint64_t log_left;
	struct node_clock clock;
	int64_t clock_set;
	double drift;		/* of its clock, until then; ns                */
	int64_t boot_drift;
	struct buf line[2];	/* of its output, not ended yet                */
};

enum sim_death { DEATH_NONE, DEATH_SIGNAL, DEATH_EXIT, DEATH_HUNG, DEATH_LEFT };

struct sim_call_entry;

struct sim {
	struct world world;
	struct sim_options options;
	struct sim_node *nodes;
	struct sim_queue queue;
	int64_t now;
	bool looping, left, broken;
	char *broke;
	struct world_counts counts;
	uint64_t choices;
	struct sim_node *running;	/* whose plugin's code runs            */
	sigjmp_buf jump;
	enum sim_death death;
	int death_status;
	struct sim_grave *graves;
	uint64_t hash, steps;
	uint64_t *checkpoints;
	size_t checkpoint_count, checkpoint_room;

	/* Calls. */
	struct sim_call *calls;
	size_t call_count, call_room;
	uint32_t calls_unused;
	uint32_t *client_calls;
	int64_t *list;
	size_t list_room;
};

static inline bool
sim_takes(const struct sim_node *n)
{
	return n->started && n->state != NODE_PAUSED && n->host != NULL;
}

/* ---- sim.c */
void sim_step(struct sim *s, enum sim_step_kind kind, uint32_t node,
	      uint32_t peer, uint32_t index, uint64_t id, const void *body,
	      size_t size);
/* The world's own choice: 0 .. below - 1. */
uint64_t sim_choice(struct sim *s, const char *label, uint32_t node,
		    uint32_t boot, uint64_t below);

/* ---- sim_node.c */
int node_boot(struct sim_node *n, struct fr_err *err);
int node_kill(struct sim_node *n, struct fr_err *err);
int node_pause(struct sim_node *n, struct fr_err *err);
int node_resume(struct sim_node *n, struct fr_err *err);
int node_set_clock(struct sim_node *n, const struct node_clock *c,
		   struct fr_err *err);
void node_start(struct sim_node *n);
void node_stop(struct sim_node *n);
void node_wake(struct sim_node *n);
void node_tick(struct sim_node *n);
/* A message or a request, which the node takes now or later. */
void node_arrive(struct sim_node *n, uint32_t event);
/* It ends at t; text is taken over. */
struct sim_end *node_end(struct sim_node *n, int64_t t, enum end_cause cause,
			 int status, char *text);
/* It is down from now on. */
void node_down(struct sim_node *n, bool leak);
void node_ended(struct sim_node *n, struct sim_end *e);
/* After a handler. */
void node_settle(struct sim_node *n);
void node_enter(struct sim_node *n);
/* Timers anew: the clock was changed. */
void node_rearm(struct sim_node *n);
void sim_bury(struct sim *s);

/* Whose plugin runs, or NULL. */
struct sim_node *sim_runs(void);

/* ---- sim_route.c */
extern const struct carrier_ops sim_carrier_ops;
/* Whole frames that leave the node now. */
void route_all(struct sim_node *n, const unsigned char *data, size_t size);
/* The same at another time. */
void route_later(struct sim_node *n, int64_t t, const void *data, size_t size);
/* A message is where it was going. */
void route_arrived(struct sim *s, uint32_t event);

/* ---- sim_calls.c */
int calls_request(struct sim *s, uint32_t node, const struct world_request *r);
void calls_forget(struct sim *s, uint32_t client, uint64_t token);
void calls_reply(struct sim_node *n, const struct frame *f);
/* True: it goes to the node's handler.  Else it is dealt with. */
bool calls_arrived(struct sim *s, const struct frame *f);
uint32_t calls_client(struct sim *s, uint64_t name);
void calls_replied(struct sim *s, const struct frame *f);
void calls_broken(struct sim *s, uint32_t node, uint32_t boot);
void calls_free(struct sim *s);

/* ---- sim_death.c */
void death_watch(struct sim *s);
void death_after(struct sim *s);
/* It sends without end. */
_Noreturn void sim_flooded(struct sim_node *n);

#endif
