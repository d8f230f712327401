/* SPDX-License-Identifier: MIT */
/*
 * The live world, inside.
 *
 *	live.c		making and ending it, its loop, its clock
 *	live_node.c	the life of a node's process: one table of steps
 *	live_nursery.c	what the nursery says of processes
 *	live_spawn.c	what a process is begun with, and what it leaves
 *	live_twin.c	second instances of nodes
 *	live_switch.c	frames in, frames out: every message passes here
 *	live_words.c	what nodes say besides messages
 *	live_calls.c	requests of clients, and their answers
 *	live_output.c	standard output and error of nodes
 *	live_watch.c	nodes that do not return from a handler
 *	live_hurt.c	what is done to a node on purpose
 *
 *  1. A node is what its descriptor says it is: nothing in a frame names its
 *     sender.
 *  2. What a node says is hostile until it was looked at.  A frame that breaks
 *     the format ends the node.
 *  3. Nothing of a boot is accepted once its carrier is closed, and world_kill
 *     closes it.
 *  4. A node has one process at a time: the next boot is begun when the last
 *     has been reaped and everything it left was read.
 *  5. Events may call the world.  So what is done after an event looks at the
 *     node anew, and a state is set before it is told.
 */
#ifndef WORLD_LIVE_H
#define WORLD_LIVE_H

#include "core/node/nursery.h"
#include "core/world/agenda.h"
#include "core/world/call_table.h"
#include "core/world/live_carrier.h"
#include "core/world/world.h"

/* What may wait for one node; beyond it the newest is dropped. */
#define LIVE_QUEUE_MAX (16u * 1024u * 1024u)

/* How long a process that is to end may take, before it is killed. */
#define LIVE_LINGER_NS 1000000000ll

struct event;
struct live;

/* Bytes head .. size-1 of data wait. */
struct live_queue {
	unsigned char *data;
	size_t head, size, room;
};

/* See live_node.c. */
enum life {
	LIFE_NONE,		/* no process                                  */
	LIFE_ASKED,		/* the nursery was asked for one               */
	LIFE_LOADING,		/* it is there, and has not said HELLO         */
	LIFE_STARTING,		/* it was told START, and has not said READY   */
	LIFE_UP,
	LIFE_PAUSED,
	LIFE_STOPPING,		/* it was told STOP                            */
	LIFE_ENDING,		/* it has been killed, or said it cannot go on */
	LIFE_AGAIN,		/* the same, and is to be booted after that    */
	LIFE_DRAINING,		/* reaped; what it left is being read          */
	LIFE_REVIVING,		/* the same, and is to be booted after that    */
	LIVES
};

enum step_on {
	ON_BOOT, ON_KILL, ON_PAUSE, ON_RESUME,	/* calls of the world          */
	ON_STOP,		/* the end of the run                          */
	ON_SPAWNED, ON_FAILED, ON_REAPED,	/* the nursery says            */
	ON_HELLO, ON_READY, ON_FATAL,		/* the node says               */
	ON_GIVE_UP,		/* we end it, for a reason in n->end           */
	ON_DRAINED,		/* there is nothing left to read of it         */
	STEPS_ON
};

struct live_output {
	int fd;			/* -1: closed                                  */
	enum output_from from;
	struct live_node *node;
	struct event *ready;
	char *line;		/* FR_TEXT_MAX bytes                           */
	size_t size;
	bool cut;		/* the rest of this line is not kept           */
};

/* Why a process ended, or is to end; decided once. */
struct live_end {
	bool decided;
	bool presumed;		/* from its status; its own words count more   */
	enum end_cause cause;
	int status;
	char *text;
	int64_t cpu_ns;
	uint64_t rss_bytes;
};

/* What the watch saw last: see live_watch.c. */
struct live_watch {
	uint64_t turns;
	int64_t since, cpu_ns;
};

struct live_node {
	struct live *live;
	uint32_t id;
	uint32_t slot;		/* in live->nodes; behind all nodes: a twin    */
	char *twin_dir;		/* a twin's; NULL: it never was                */
	enum life life;
	bool booted;		/* ever: `boot` means something                */
	uint32_t boot;		/* as the world counts them                    */
	uint64_t timer;		/* of this life: agenda, 0: none               */

	/* The process; its boot is older than the node's in LIFE_AGAIN and
	 * LIFE_REVIVING. */
	uint32_t process_boot;
	pid_t pid;
	struct live_carrier *carrier;	/* NULL: closed                        */
	struct event *readable, *writable;
	struct node_page *page;
	struct descriptor descriptor;	/* while described                     */
	bool described;
	struct live_output output[2];
	uint64_t output_left, log_left;	/* bytes until no more is told         */
	uint32_t misuse_left;
	struct live_end end;
	struct live_watch watch;

	/* What it is to receive. */
	bool takes;		/* messages are accepted for it                */
	bool open;		/* and can be written to the carrier           */
	bool dirty;		/* it is in live->dirty                        */
	bool blocked;		/* waiting for `writable`                      */
	struct live_queue out;
	uint64_t flying;	/* bytes on slow links to it                   */

	struct node_clock clock;
	int64_t clock_set;	/* when its rate was set; ns                   */
	double drift;		/* of its clock, until then; ns                */
	int64_t boot_drift;	/* what the running process began with         */
	int64_t corrected;	/* drift that does not show any more           */
	int64_t frozen_since;

	struct node_faults faults;
	uint64_t serial;	/* of what was set last                        */
	uint64_t effects[NODE_EFFECTS];	/* of its earlier boots                */
	struct backing *kept;	/* HARM_KEEP                                   */
	uint32_t other, running;	/* its next boot's file, and its last's*/
};

struct live {
	struct world world;
	struct event_base *base;
	struct nursery *nursery;
	struct event *nursery_ready;
	const struct live_carrier_ops *carrier;
	struct live_node *nodes;	/* and behind them their twins         */
	uint32_t twins;			/* that ever were                      */
	int64_t began;			/* clock_mono                          */

	struct agenda agenda;
	struct event *alarm;		/* for the first of the agenda         */
	int64_t alarm_at;		/* INT64_MAX: not set                  */

	bool looping, left, broken;
	char *broke;

	/* The switch. */
	unsigned char *room;		/* that frames are received in         */
	struct live_carrier *reading;	/* whose frames are being looked at    */
	bool reading_closed;		/* and which is to be closed then      */
	struct event *flush;
	bool flushing;			/* it has been activated               */
	struct live_node **dirty;
	size_t dirty_count;
	struct world_counts counts;

	/* Calls. */
	struct call_table calls;
	int64_t *list;			/* room for a value's list             */
	size_t list_room;

	int64_t watched;		/* when the watch looked last          */
	int64_t watched_cpu;		/* what the supervisor had used by then*/
};

static inline uint32_t
live_slots(const struct live *l)
{
	return 2 * l->world.config.nodes;
}

static inline bool
is_twin(const struct live_node *n)
{
	return n->slot != n->id;
}

/* The other instance of its node, where that is up; else NULL. */
static inline struct live_node *
twin_of(struct live_node *n)
{
	struct live_node *t = n + n->live->world.config.nodes;

	return t->life == LIFE_UP ? t : NULL;
}

/* ---- live.c --------------------------------------------------------------------- */

int64_t live_now(struct live *l);
/* A call from the loop; where `owned`, arg is freed afterwards. */
uint64_t live_at(struct live *l, int64_t t, agenda_fn fn, void *arg,
		 bool owned);
void live_cancel(struct live *l, uint64_t *id);
/* The world cannot go on. */
void live_break(struct live *l, const char *text);

/* ---- live_node.c ------------------------------------------------------------------ */

/* Makes a step, where the table has one.  -1: it has none, or it failed. */
int life_step(struct live_node *n, enum step_on on, struct fr_err *err);
/* Fixes why the process ends, if nothing but its status has before; text is
 * taken over. */
void life_decide(struct live_node *n, enum end_cause cause, int status,
		 char *text);
/* Ends it for what it did: cause END_REFUSED, or another; text is taken. */
void life_give_up(struct live_node *n, enum end_cause cause, char *text);
/* The node's end of the carrier is closed. */
void life_deaf(struct live_node *n);
/* Something that was left is read now: perhaps it was the last. */
void life_drained(struct live_node *n);
enum node_state life_state(const struct live_node *n);
/* What it is doing, from its page, in words. */
void life_doing(const struct live_node *n, char *text, size_t max);

/* ---- live_twin.c ------------------------------------------------------------------- */

int twin_begin(struct live_node *n, struct fr_err *err);
void twin_end(struct live_node *n);
/* It has ended: says so where that was its own doing. */
void twin_ended(struct live_node *t, const struct live_end *end);

/* ---- live_nursery.c ---------------------------------------------------------------- */

/* Hears everything that it has said. */
void nursery_heard(struct live *l);

/* ---- live_spawn.c ------------------------------------------------------------------ */

/* Opens everything and asks the nursery. */
int spawn_begin(struct live_node *n, struct fr_err *err);
/* FRAME_START, ahead of the messages that wait already. */
void spawn_start(struct live_node *n);
void spawn_clock(struct live_node *n);
/* Closes what is still open of the process, but for n->end. */
void spawn_release(struct live_node *n);
/* How much its clock has gained by its rate. */
double spawn_drift(const struct live_node *n, int64_t now);

/* ---- live_hurt.c ------------------------------------------------------------------- */

int hurt_set_crash(struct live_node *n, const struct node_crash *c,
		   struct fr_err *err);
int hurt_set_disk(struct live_node *n, const struct node_disk *d,
		  struct fr_err *err);
int hurt_set_slow(struct live_node *n, int64_t ns, struct fr_err *err);
int hurt_harm(struct live_node *n, const struct node_harm *h,
	      struct fr_err *err);
int hurt_replace(struct live_node *n, uint32_t other, struct fr_err *err);
void hurt_effects(const struct live_node *n, uint64_t *out);
/* At a boot: the file of its plugin now. */
const char *hurt_plugin(struct live_node *n);
/* It has ended: what its page says is kept. */
void hurt_gather(struct live_node *n);
/* Whether it died where it was told to: how, in words.  Else NULL. */
char *hurt_struck(struct live_node *n);

/* ---- live_switch.c ----------------------------------------------------------------- */

int switch_new(struct live *l, struct fr_err *err);
void switch_free(struct live *l);
int switch_attach(struct live_node *n, struct fr_err *err);
/* From now on its frames are received. */
void switch_listen(struct live_node *n);
/* From now on nothing is received or sent. */
void switch_close(struct live_node *n);
/* Forgets what waits to be written. */
void switch_forget(struct live_node *n);
/* Adds a frame to what the node is to receive.  Control frames are accepted
 * beyond LIVE_QUEUE_MAX.  False: the queue is full. */
bool switch_put(struct live_node *n, uint16_t kind, uint64_t id,
		const void *body, size_t size);
bool switch_full(const struct live_node *n, size_t size);
/* The same, before all others. */
void switch_put_first(struct live_node *n, uint16_t kind, const void *body,
		      size_t size);

/* ---- live_words.c -------------------------------------------------------------------- */

/* Everything but FRAME_MESSAGE. */
void words_heard(struct live_node *n, struct frame *f);
/* Tells of it, unless that was done too often in this boot. */
void words_misuse(struct live_node *n, const char *text);

/* ---- live_calls.c -------------------------------------------------------------------- */

int calls_request(struct live *l, uint32_t node, const struct world_request *r);
void calls_reply(struct live_node *n, struct frame *f);
/* A boot has ended: tells those whose request it had not answered. */
void calls_broken(struct live_node *n, uint32_t boot);

/* ---- live_output.c -------------------------------------------------------------------- */

/* Makes the pipe; the end for the process is put into *theirs. */
int output_open(struct live_node *n, struct live_output *o,
		enum output_from from, int *theirs, struct fr_err *err);
void output_close(struct live_output *o);

/* ---- live_watch.c ---------------------------------------------------------------------- */

void watch_start(struct live *l);
void watch_lateness(struct live *l, int64_t late);
/* From now on: it has just begun something, or goes on. */
void watch_reset(struct live_node *n);
/* Whether a process that should have moved since `w` is to blame for it: it
 * used the time, or sleeps.  Not where the machine did not let it run. */
bool watch_guilty(const struct live_node *n, const struct live_watch *w,
		  int64_t limit);
int64_t watch_cpu(const struct live_node *n);

#endif
