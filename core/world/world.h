/* SPDX-License-Identifier: MIT */
/*
 * What a run needs of a world, and nothing else.  Two stand behind it: live
 * (real processes, real clocks) and sim (virtual time, one seed).  Clients,
 * nemesis, recorder and checker are written once, above it, and cannot tell
 * which they are in.
 *
 * Everything happens in one thread.  What the world has to tell comes through
 * struct world_events, called from `loop` and `stop` and never from inside
 * another call of the world; from inside an event every call of the world but
 * those two and `free` is allowed.  Times are nanoseconds since the world
 * began.
 */
#ifndef WORLD_WORLD_H
#define WORLD_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include <fracas/protocol.h>

#include "core/base/err.h"
#include "core/net/net.h"
#include "core/node/faults.h"
#include "core/node/wire.h"

struct world;

/* How a node's boot ended. */
enum end_cause {
	END_KILLED,		/* the world did it: world_kill                */
	END_STOPPED,		/* in order, at the end of the run             */
	END_EXITED,		/* by itself; status is the exit code          */
	END_SIGNALLED,		/* by a signal; status is its number           */
	END_HUNG,		/* did not return from a handler, and was ended*/
	END_REFUSED,		/* could not start: text says why              */
	END_CAUSES
};

extern const char *const end_names[END_CAUSES];

struct world_end {
	uint32_t node, boot;
	enum end_cause cause;
	int status;
	/* In words, with the handler it was in: "killed by SIGSEGV in the
	 * handler of message `query`".  Never NULL. */
	const char *text;
	int64_t cpu_ns;
	uint64_t rss_bytes;
};

struct world_reply {
	uint32_t client;
	uint64_t token;		/* as given to world_request                   */
	uint32_t node;
	uint32_t kind;		/* FR_REPLY_...                                */
	struct fr_value value;
	const char *text;	/* never NULL                                  */
	uint32_t redirect;	/* FR_REPLY_REDIRECT                           */
};

enum output_from { OUTPUT_STDOUT, OUTPUT_STDERR, OUTPUT_LOG };

/* One message between nodes, as the trace keeps it. */
struct world_message {
	int64_t sent, arrived;	/* arrived: -1 where it never did              */
	uint32_t src, dst, src_boot;
	uint32_t type;
	uint32_t size;
	uint8_t fate;		/* enum fate_kind, or TRACE_...                */
	const void *body;
};

/* Fates beyond the link's: the destination's own. */
#define TRACE_DOWN	16u	/* destination not running, or restarted since */
#define TRACE_FULL	17u	/* its queue was full                          */
#define TRACE_BOUNCED	18u	/* no such node, no such type, too short       */

/* In words, TRACE_... included: "delivered", "cut", "queue full". */
const char *trace_name(uint8_t fate);

struct world_events {
	void (*ready)(void *arg, uint32_t node, uint32_t boot);
	void (*ended)(void *arg, const struct world_end *end);
	void (*replied)(void *arg, const struct world_reply *reply);
	/* The connection was cut under a request that had been sent: its node
	 * ended.  Nobody knows whether it happened. */
	void (*broken)(void *arg, uint32_t client, uint64_t token,
		       uint32_t node);
	void (*claimed)(void *arg, uint32_t node, uint32_t boot,
			const char *what, int64_t key, int64_t value);
	void (*noted)(void *arg, uint32_t node, uint32_t boot,
		      const char *name, const char *text);
	void (*said)(void *arg, uint32_t node, uint32_t boot,
		     enum output_from from, uint32_t level, const char *text);
	/* The protocol did what the contract forbids; it goes on. */
	void (*misused)(void *arg, uint32_t node, uint32_t boot,
			const char *text);
	/* NULL: no trace wanted. */
	void (*message)(void *arg, const struct world_message *m);
	/* The world itself cannot go on (a run then ends with EXIT_TESTBED). */
	void (*broke)(void *arg, const char *text);
};

struct world_param {
	const char *name, *value;	/* all parameters, defaults included   */
};

/* Everything it points to outlives the world. */
struct world_config {
	uint32_t nodes, clients;
	uint64_t seed;
	const char *const *plugins;	/* one path a node; may repeat         */
	const char *const *others;	/* paths for `replace`                 */
	const char *const *other_names;	/* the same as people named them       */
	uint32_t other_count;
	const struct world_param *params;
	uint32_t param_count;
	struct net *net;		/* the run's; the world asks it        */
	const char *dir;		/* the run's directory                 */
	const char *carrier;		/* live: "stream" or "nng"             */
	int64_t boot_limit;		/* to be ready; ns                     */
	int64_t hang_limit;		/* in one handler; ns                  */
	uint64_t memory_max;		/* of a node's fr_alloc; bytes         */
	uint64_t output_max;		/* of a node's stdout and stderr       */
	const struct world_events *events;
	void *arg;
};

struct world_request {
	uint32_t client;
	uint64_t token;			/* unique in the run; comes back       */
	uint32_t f;
	int64_t key;
	struct fr_value value;
	uint64_t process;		/* struct fr_request.client            */
	uint64_t seq;
};

enum node_state {
	NODE_DOWN,		/* not running                                 */
	NODE_BOOTING,		/* started, not ready                          */
	NODE_UP,
	NODE_PAUSED
};

struct node_clock {
	int64_t offset;		/* of the wall clock                           */
	double rate;		/* of everything; 1 is right                   */
	int64_t error;		/* the interval clock's half width             */
	int64_t tick;		/* it shows multiples of this only; 0: all     */
	bool frozen;		/* the wall clock stands still                 */
	bool corrected;		/* what its rate has gained until now is taken
				   back: with offset 0 and rate 1 it is right  */
};

struct world_counts {
	uint64_t sent, delivered, bytes;	/* between nodes               */
	uint64_t dropped[32];			/* by fate                     */
	uint64_t late;		/* replies that nobody waited for any more     */
	/* The longest that the machine kept the world from what was due; ns.
	 * Its own work is not counted.  In virtual time 0. */
	int64_t held_up;
};

typedef void (*world_timer_fn)(void *arg);

struct world_ops {
	const char *name;
	void (*free)(struct world *w);
	int (*boot)(struct world *w, uint32_t node, struct fr_err *err);
	int (*kill)(struct world *w, uint32_t node, struct fr_err *err);
	int (*pause)(struct world *w, uint32_t node, struct fr_err *err);
	int (*resume)(struct world *w, uint32_t node, struct fr_err *err);
	enum node_state (*state)(struct world *w, uint32_t node, uint32_t *boot);
	int (*set_clock)(struct world *w, uint32_t node,
			 const struct node_clock *c, struct fr_err *err);
	/* What is done to it on purpose, whether it runs or not: each of them
	 * goes on over boots, until it is set anew.  `serial` and `draw` may
	 * stay the caller's 0. */
	int (*set_crash)(struct world *w, uint32_t node,
			 const struct node_crash *c, struct fr_err *err);
	int (*set_disk)(struct world *w, uint32_t node,
			const struct node_disk *d, struct fr_err *err);
	int (*set_slow)(struct world *w, uint32_t node, int64_t ns,
			struct fr_err *err);
	/* Its files, now. */
	int (*harm)(struct world *w, uint32_t node, const struct node_harm *h,
		    struct fr_err *err);
	/* Its next boots are of config.others[other]; WORLD_OWN: of its own. */
	int (*replace)(struct world *w, uint32_t node, uint32_t other,
		       struct fr_err *err);
	/* What its last boot is of: as for `replace`. */
	uint32_t (*running)(struct world *w, uint32_t node);
	/* What came of all that since the world began: NODE_EFFECTS of them. */
	void (*effects)(struct world *w, uint32_t node, uint64_t *out);
	/* 0: on its way.  1: refused, the node is not there; it did not happen
	 * and never will. */
	int (*request)(struct world *w, uint32_t node,
		       const struct world_request *r);
	/* The client gives up waiting; a later reply is dropped, and counted. */
	void (*forget)(struct world *w, uint32_t client, uint64_t token);
	int64_t (*now)(struct world *w);
	/* One shot.  Returns an id for cancel, never 0. */
	uint64_t (*at)(struct world *w, int64_t t, world_timer_fn fn,
		       void *arg);
	void (*cancel)(struct world *w, uint64_t id);
	/* Runs until world_leave.  -1: the world broke. */
	int (*loop)(struct world *w, struct fr_err *err);
	void (*leave)(struct world *w);
	/* Ends every node in order, waits for the last, kills what lingers. */
	void (*stop)(struct world *w);
	const struct world_counts *(*counts)(struct world *w);
	/*
	 * A second live instance of a node: its number and boot, its peers,
	 * what its disk holds now, and a state of its own.  The link table
	 * says which of the two takes a message (struct fate, instances).  Its
	 * ends, claims and notes are nobody's; what it logs is told.  -1: the
	 * node is not up, or has one already.
	 */
	int (*twin)(struct world *w, uint32_t node, struct fr_err *err);
	/* Ends it, where there is one. */
	void (*untwin)(struct world *w, uint32_t node);
	enum node_state (*twin_state)(struct world *w, uint32_t node);
};

/* Every world begins with this. */
struct world {
	const struct world_ops *ops;
	struct world_config config;
};

#define WORLD_OWN UINT32_MAX

struct event_base;

/*
 * Nodes are not booted yet: the run does that.  To be called before this
 * process has threads.  The base is made with EVENT_BASE_FLAG_PRECISE_TIMER,
 * and others may use it, too.  A message to a node that is booting waits for
 * it; a request is refused until it is up.
 */
struct world *live_new(const struct world_config *c, struct event_base *base,
		       struct fr_err *err);

/* ---- for both worlds ----------------------------------------------------------- */

int world_check_clock(const struct node_clock *c, struct fr_err *err);
int world_check_crash(const struct node_crash *c, struct fr_err *err);
int world_check_disk(const struct node_disk *d, struct fr_err *err);
int world_check_slow(int64_t ns, struct fr_err *err);
int world_check_replace(const struct world_config *c, uint32_t other,
			struct fr_err *err);
/* How a clock is shown, as FRAME_START and FRAME_CLOCK end. */
void world_put_show(struct fr_writer *w, const struct node_clock *c,
		    int64_t frozen_for, int64_t right);
int world_check_harm(const struct node_harm *h, uint32_t node, bool down,
		     struct fr_err *err);

/* Changes the value of an answer (the body of FRAME_REPLY) as its fate says;
 * everything else about it stays in order. */
void world_lie(const struct fate *fate, void *body, size_t size);

/* The handler a node was in, in words. */
void doing_text(const struct descriptor *d, uint32_t doing, uint32_t index,
		char *text, size_t max);

#endif
