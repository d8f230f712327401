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
 *	sim_hurt.c	what is done to a node on purpose
 *	sim_twin.c	second instances of nodes
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
#include "core/world/call_table.h"
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
	/* The same globals, out into an image and in again, for where two
	 * instances of one node share them. */
	void (*save)(void *arg, void *image);
	void (*load)(void *arg, const void *image);
	size_t image_size;
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

/*
 * Who chooses in the place of chance, or only looks on.  The number of a
 * choice is counted by whoever chooses.
 */
struct sim_chooser {
	/* In the place of net_send; type: the message's, between nodes. */
	struct fate (*send)(void *arg, struct net *net, int64_t now,
			    uint32_t from, uint32_t to, uint32_t type,
			    uint64_t size);
	/* The world's own. */
	uint64_t (*choice)(void *arg, const char *label, uint32_t node,
			   uint32_t boot, uint64_t drawn);
	/* As struct host's `choose`. */
	uint64_t (*random)(void *arg, uint32_t node, uint32_t boot, uint64_t i,
			   uint64_t drawn);
	bool prompt;		/* the world begins with all nodes started     */
	void *arg;
};

struct sim_options {
	const struct sim_plugin *const *plugins;	/* by node             */
	/* For world_replace: by config.others, and by node in each. */
	const struct sim_plugin *const *others;
	int64_t sync_time;
	struct sim_page *page;
	const struct sim_chooser *chooser;	/* NULL: chance                */
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
	uint32_t slot;		/* in sim->nodes; behind all nodes: a twin     */
	void *image;		/* of its globals, while its twin has them     */
	bool shares;		/* it has a twin to share globals with         */
	bool has_globals;	/* they are in their place now                 */
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
	int64_t corrected;	/* drift that does not show any more           */
	int64_t frozen_since;
	struct node_faults faults;
	uint64_t serial;	/* of what was set last                        */
	_Atomic uint64_t effects[NODE_EFFECTS];
	struct backing *kept;	/* HARM_KEEP                                   */
	uint32_t other, of;	/* what its next boot is of, and its last      */
	struct buf line[2];	/* of its output, not ended yet                */
};

enum sim_death {
	DEATH_NONE, DEATH_SIGNAL, DEATH_EXIT, DEATH_HUNG, DEATH_LEFT,
	DEATH_STRUCK
};


struct sim {
	struct world world;
	struct sim_options options;
	struct sim_node *nodes;		/* and behind them their twins         */
	uint32_t twins;			/* that ever were                      */
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
	struct call_table calls;
	int64_t *list;
	size_t list_room;
};

static inline uint32_t
sim_slots(const struct sim *s)
{
	return 2 * s->world.config.nodes;
}

static inline bool
is_twin(const struct sim_node *n)
{
	return n->slot != n->id;
}

static inline bool
sim_takes(const struct sim_node *n)
{
	return n->started && n->state != NODE_PAUSED && n->host != NULL;
}

/* ---- sim.c */
void sim_step(struct sim *s, enum sim_step_kind kind, uint32_t node,
	      uint32_t peer, uint32_t index, uint64_t id, const void *body,
	      size_t size);
/* The same for whoever watches alone: it is no step. */
void sim_tell(struct sim *s, enum sim_step_kind kind, uint32_t node,
	      uint32_t peer, uint32_t index, uint64_t id, const void *body,
	      size_t size);
/* The world's own choice: 0 .. below - 1. */
uint64_t sim_choice(struct sim *s, const char *label, uint32_t node,
		    uint32_t boot, uint64_t below);

/* What becomes of a message; of one between nodes, of that type. */
static inline struct fate
sim_send(struct sim *s, uint32_t from, uint32_t to, uint32_t type,
	 uint64_t size)
{
	const struct sim_chooser *c = s->options.chooser;

	if (c == NULL)
		return net_send(s->world.config.net, s->now, from, to, size);
	return c->send(c->arg, s->world.config.net, s->now, from, to, type,
		       size);
}

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

/* ---- sim_hurt.c */
int hurt_set_crash(struct sim_node *n, const struct node_crash *c,
		   struct fr_err *err);
int hurt_set_disk(struct sim_node *n, const struct node_disk *d,
		  struct fr_err *err);
int hurt_set_slow(struct sim_node *n, int64_t ns, struct fr_err *err);
int hurt_harm(struct sim_node *n, const struct node_harm *h,
	      struct fr_err *err);
int hurt_replace(struct sim_node *n, uint32_t other, struct fr_err *err);
void hurt_effects(const struct sim_node *n, uint64_t *out);
/* At a boot: what it is made of now. */
void hurt_plugin(struct sim_node *n);
/* Its host is going away: what a crash loses is counted. */
void hurt_lost(struct sim_node *n);

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
void calls_reply(struct sim_node *n, const struct frame *f);
/* True: it goes to the node's handler.  Else it is dealt with. */
bool calls_arrived(struct sim *s, const struct frame *f);
uint32_t calls_client(struct sim *s, uint64_t name);
void calls_replied(struct sim *s, const struct frame *f);
void calls_broken(struct sim *s, uint32_t slot, uint32_t boot);

/* ---- sim_twin.c */
int twin_begin(struct sim_node *n, struct fr_err *err);
void twin_end(struct sim_node *n);
/* It has ended: says so where that was its own doing. */
void twin_ended(struct sim_node *t, const struct sim_end *end);
/* The other instance of its node, where that is up; else NULL. */
struct sim_node *twin_of(struct sim_node *n);
/* Its globals are in their place from now on. */
void twin_globals(struct sim_node *n);
/* Nothing is shared any more. */
void twin_forget(struct sim_node *n);

/* ---- sim_death.c */
void death_watch(struct sim *s);
void death_after(struct sim *s);
/* It dies where it was told to: struct host's die. */
void death_struck(struct host *h);
/* It sends without end. */
_Noreturn void sim_flooded(struct sim_node *n);

#endif
