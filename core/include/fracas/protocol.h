/* SPDX-License-Identifier: MIT */
/*
 * fracas/protocol.h - the contract between a protocol and its host, version 1.
 *
 * A protocol is a shared object that exports one constant table,
 * `fracas_protocol_v1`, written with the FR_PROTOCOL macro.  The host loads it
 * into one process a node (or, in virtual time, many nodes into one process)
 * and calls the handlers named in the table.  This header is layout only: it
 * holds no code and may be read by a program in any language that knows C
 * structures.  fracas/easy.h adds the inline helpers that people write with.
 *
 * The rules:
 *
 *  1. One node, one thread.  Handlers never overlap and run to completion.
 *     A handler that does not return is a hang; the host names it and ends it.
 *  2. The host owns the state.  It allocates `state_size` zeroed bytes at each
 *     boot, found in me->state.  A crash is forgetting them.
 *  3. Every effect goes through the host (me->host).  Nothing that crosses
 *     this boundary changes its owner: a pointer that a call is given, or
 *     gives, is good until that call returns.
 *  4. A plugin cannot tell which world it is in, and need not.  Calls take
 *     effect at once and in program order, and they can fail.
 *  5. Structures carry their size and grow only at the end.  A structure of an
 *     older, shorter kind is read as if the missing end were zero.  The major
 *     version is in the exported symbol's name; constants are never
 *     renumbered.
 *
 * Times are int64_t nanoseconds throughout.  Functions that return int give 0
 * when they did what was asked and a negative FR_E... otherwise.
 */
#ifndef FRACAS_PROTOCOL_H
#define FRACAS_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this contract: the major one is in the symbol's name. */
#define FR_MAJOR 1
#define FR_MINOR 1

/* Limits that the host enforces; asking for more is an error, never a crash. */
#define FR_MESSAGE_MAX	(1024u * 1024u)		/* bytes in one message body  */
#define FR_STATE_MAX	(1024u * 1024u * 1024u)	/* bytes of state_size        */
#define FR_NAME_MAX	63u			/* bytes in any name          */
#define FR_TABLE_MAX	256u			/* entries in any table       */
#define FR_NODES_MAX	1024u			/* nodes in one run           */
#define FR_FILE_MAX	(1024u * 1024u * 1024u)	/* bytes in one durable file  */
#define FR_TEXT_MAX	4096u			/* bytes in a log line, a note
						   or a reason                */

/* What a host call can answer besides 0. */
#define FR_EINVAL	(-1)	/* the call makes no sense; it is on record    */
#define FR_EIO		(-2)	/* the disk could not: nothing is promised     */
#define FR_ENOSPC	(-3)	/* the disk is full                            */
#define FR_ENOENT	(-4)	/* no such file, parameter or slot             */
#define FR_ELIMIT	(-5)	/* larger than a limit above allows            */

/*
 * A value: nothing, a number, a list of numbers, or bytes.  What `list` and
 * `bytes` point to belongs to whoever made the value (rule 3).
 */
#define FR_NIL		0u
#define FR_INT		1u
#define FR_LIST		2u	/* `count` numbers                             */
#define FR_BYTES	3u	/* `count` bytes                               */

struct fr_value {
	uint32_t kind;
	uint32_t count;
	union {
		int64_t number;
		const int64_t *list;
		const void *bytes;
	} u;
};

struct fr_node;

/* The key of a request that is about no key in particular. */
#define FR_NO_KEY	INT64_MIN

/*
 * A client's request.  `id` names it in the answer, which may be given in the
 * handler or from any later callback of the same boot; answering twice, or
 * answering what was never asked, is a fault of the protocol and recorded.
 * `client` and `seq` identify the operation for protocols that execute each
 * one exactly once: a client has one operation outstanding, numbers them from
 * 1, and a repeated or redirected one keeps its number.
 */
struct fr_request {
	uint32_t size;			/* of this structure                   */
	uint32_t f;			/* index in the table of requests      */
	uint64_t id;
	int64_t key;			/* or FR_NO_KEY                        */
	struct fr_value value;		/* the arguments                       */
	uint64_t client;
	uint64_t seq;
};

/* ---- the tables that a protocol is made of ------------------------------ */

typedef void (*fr_start_fn)(struct fr_node *me);
typedef void (*fr_message_fn)(struct fr_node *me, uint32_t from,
			      const void *body, size_t size);
typedef void (*fr_request_fn)(struct fr_node *me, const struct fr_request *rq);
typedef void (*fr_timer_fn)(struct fr_node *me, uint64_t tag);
typedef void (*fr_describe_fn)(uint32_t type, const void *body, size_t size,
			       char *text, size_t max);
typedef uint64_t (*fr_digest_fn)(const struct fr_node *me);

/*
 * Upon receiving.  The host drops, and records, a message shorter than
 * min_size before the handler sees it.  A body is aligned to 8 bytes.
 */
struct fr_message {
	const char *name;
	fr_message_fn handler;
	uint32_t min_size;
	uint32_t reserved;
};

/* Upon a client's request. */
struct fr_request_kind {
	const char *name;
	fr_request_fn handler;
};

/* Upon a timer. */
struct fr_timer {
	const char *name;
	fr_timer_fn handler;
};

/*
 * A parameter, set by --set NAME=VALUE.  Everything is written as people write
 * it ("5ms", "64K", "true"); the host reads it and keeps to the bounds.
 */
#define FR_PARAM_INT	1u
#define FR_PARAM_BOOL	2u
#define FR_PARAM_TIME	3u	/* "250us": nanoseconds                        */
#define FR_PARAM_SIZE	4u	/* "64K": bytes                                */
#define FR_PARAM_REAL	5u
#define FR_PARAM_TEXT	6u

#define FR_KNOB		1u	/* a search may turn it                        */

struct fr_param {
	const char *name;
	uint32_t kind;		/* FR_PARAM_...                                */
	uint32_t flags;		/* FR_KNOB                                     */
	const char *fallback;	/* the value when nothing is set               */
	const char *min;	/* NULL: no bound                              */
	const char *max;
	const char *help;
	/*
	 * Of a knob: what a search (`fracas sim --swarm`) draws from, within
	 * min and max; NULL: these.  Within them the protocol has to keep its
	 * promise, at the edges, too.
	 */
	const char *low;
	const char *high;
};

/* A table: its entries, how many, and the size of one in the plugin's eyes. */
struct fr_messages {
	const struct fr_message *at;
	uint32_t count;
	uint32_t stride;
};

struct fr_requests {
	const struct fr_request_kind *at;
	uint32_t count;
	uint32_t stride;
};

struct fr_timers {
	const struct fr_timer *at;
	uint32_t count;
	uint32_t stride;
};

struct fr_params {
	const struct fr_param *at;
	uint32_t count;
	uint32_t stride;
};

#define FR_TABLE_(type, ...)						\
	{ (const type[]){ __VA_ARGS__ },				\
	  (uint32_t)(sizeof((const type[]){ __VA_ARGS__ }) / sizeof(type)), \
	  (uint32_t)sizeof(type) }
#define FR_MESSAGES(...) FR_TABLE_(struct fr_message, __VA_ARGS__)
#define FR_REQUESTS(...) FR_TABLE_(struct fr_request_kind, __VA_ARGS__)
#define FR_TIMERS(...)	 FR_TABLE_(struct fr_timer, __VA_ARGS__)
#define FR_PARAMS(...)	 FR_TABLE_(struct fr_param, __VA_ARGS__)

/*
 * What a protocol keeps its promise under, so that the nemesis asks no more of
 * it than it claims to bear.  One that does not say is tried with everything.
 *
 * Three numbers of nodes, each a count or a share of all nodes:
 */
#define FR_MINORITY	(-1)	/* fewer than half                             */
#define FR_THIRD	(-2)	/* fewer than a third                          */
#define FR_ALL_BUT_ONE	(-3)
#define FR_ALL		(-4)	/* however many                                */

/* And what else may happen without a promise being broken. */
#define FR_BEARS_RECOVERY  0x001u /* nodes that died come back with what they
				     synced: only those dead at one time count
				     as crashed, not all that ever died       */
#define FR_BEARS_PARTITION 0x002u /* links are cut, and joined again          */
#define FR_BEARS_LOSS	   0x004u /* single messages disappear                */
#define FR_BEARS_COPIES	   0x008u /* a message arrives twice, or long after   */
#define FR_BEARS_ORDER	   0x010u /* messages overtake each other             */
#define FR_BEARS_DAMAGE	   0x020u /* messages arrive with bits flipped        */
#define FR_BEARS_DELAY	   0x040u /* messages and nodes may be slow without a
				     bound: it is asynchronous                */
#define FR_BEARS_CLOCKS	   0x080u /* clocks are wrong, by any amount          */
#define FR_BEARS_RATES	   0x100u /* clocks run at wrong rates                */
#define FR_BEARS_AMNESIA   0x200u /* a node comes back with an empty disk     */
#define FR_BEARS_DISK	   0x400u /* the disk answers with errors             */
#define FR_BEARS_ROT	   0x800u /* the disk lies: bits rot, writes go astray,
				     an older state comes back                */
#define FR_BEARS_RETRIES   0x1000u /* a client asks the same twice, with one
				     sequence number, of this node or that   */
#define FR_BEARS_SKEW	   0x2000u /* clocks are wrong, and the interval clock
				     says by how much; CLOCKS implies it     */
/* Any network that connects now and then; any timing. */
#define FR_BEARS_ASYNCHRONY (FR_BEARS_PARTITION | FR_BEARS_LOSS |	\
			     FR_BEARS_COPIES | FR_BEARS_ORDER |		\
			     FR_BEARS_DELAY | FR_BEARS_CLOCKS |		\
			     FR_BEARS_RATES)

struct fr_tolerance {
	uint32_t size;
	uint32_t bears;			/* FR_BEARS_...                        */
	int32_t crashes;		/* dead at once, and nothing wrong is
					   done or said                        */
	int32_t missing;		/* dead, stopped or cut off, and the
					   others still make progress          */
	int32_t byzantine;		/* lying, and the others keep their
					   promise                             */
	uint32_t reserved;
};

/* .tolerates = FR_TOLERATES(.crashes = FR_MINORITY, ...) */
#define FR_TOLERATES(...)						\
	(&(const struct fr_tolerance){					\
		.size = sizeof(struct fr_tolerance), __VA_ARGS__ })

/* The protocol itself. */
struct fr_protocol {
	uint32_t size;			/* FR_HEAD fills these two             */
	uint32_t minor;
	const char *name;		/* lower case, digits and dashes       */
	const char *summary;		/* one line                            */
	const char *paper;		/* who, what, when                     */
	const char *promise;		/* what it promises, and under which
					   faults: a sentence or two           */
	const char *workload;		/* what it is tried with by default    */
	struct fr_params params;
	size_t state_size;
	fr_start_fn start;		/* every boot, me->boot says which;
					   or NULL                             */
	struct fr_messages messages;
	struct fr_requests requests;
	struct fr_timers timers;
	fr_describe_fn describe;	/* a message body in words, or NULL    */
	fr_digest_fn digest;		/* what matters of the state, or NULL  */
	/* Since minor version 1. */
	const struct fr_tolerance *tolerates;	/* NULL: it does not say       */
};

#define FR_HEAD .size = sizeof(struct fr_protocol), .minor = FR_MINOR

/* FR_PROTOCOL = { FR_HEAD, .name = "...", ... }; */
#define FR_PROTOCOL							\
	extern __attribute__((visibility("default")))			\
	const struct fr_protocol fracas_protocol_v1;			\
	const struct fr_protocol fracas_protocol_v1

/* ---- what the host offers ----------------------------------------------- */

/* How a request ends. */
#define FR_REPLY_OK	  1u	/* it happened; value is the result            */
#define FR_REPLY_FAIL	  2u	/* it did not happen and never will; text: why */
#define FR_REPLY_UNSURE	  3u	/* it may have happened, or may yet; text: why */
#define FR_REPLY_REDIRECT 4u	/* nothing was done: ask `node`                */

struct fr_reply {
	uint32_t size;
	uint32_t kind;
	uint64_t request;		/* the request's id                    */
	struct fr_value value;
	const char *text;		/* or NULL                             */
	uint32_t node;
	uint32_t reserved;
};

struct fr_neighbour {
	uint32_t node;
	uint32_t reserved;
	double weight;			/* of the link, 1 unless the topology
					   says otherwise                      */
};

/* True time lies within; TrueTime's manner. */
struct fr_bounds {
	int64_t earliest;
	int64_t latest;
};

/* A durable file that fr_host.list found. */
struct fr_file {
	char name[FR_NAME_MAX + 1];
	uint64_t size;
};

#define FR_LOG_DEBUG	0u
#define FR_LOG_INFO	1u
#define FR_LOG_WARN	2u
#define FR_LOG_ERROR	3u

/*
 * The host's side.  A plugin checks `size` before it uses a function that a
 * later minor version brought; those below are always there.
 */
struct fr_host {
	uint32_t size;
	uint32_t minor;

	/* Sends to one node (itself included), or to every neighbour. */
	int (*send)(struct fr_node *me, uint32_t to, uint32_t type,
		    const void *body, size_t size);
	int (*broadcast)(struct fr_node *me, uint32_t type, const void *body,
			 size_t size);
	/* Fills at most max; returns how many there are.  Never this node. */
	uint32_t (*neighbours)(struct fr_node *me, struct fr_neighbour *out,
			       uint32_t max);

	/*
	 * A timer fires once.  (timer, tag) is its identity: setting one that
	 * runs sets it anew.  Delays run on this node's own clock rate.
	 * Cancelling one that does not run is not an error.
	 */
	int (*after)(struct fr_node *me, uint32_t timer, int64_t delay,
		     uint64_t tag);
	int (*cancel)(struct fr_node *me, uint32_t timer, uint64_t tag);

	/* Time since some point before the boot; since 1970; within bounds. */
	int64_t (*mono)(struct fr_node *me);
	int64_t (*wall)(struct fr_node *me);
	struct fr_bounds (*wall_bounds)(struct fr_node *me);

	uint64_t (*random)(struct fr_node *me);

	/*
	 * Durable files: a flat folder a node, kept across boots.  A write is
	 * seen by reads at once and survives a crash once sync answered 0;
	 * without it any part may be lost.  Names: letters, digits, '.', '_',
	 * '-'; no leading '.'.  A file is made by its first write.  read
	 * returns the number of bytes, 0 at or past the end.
	 */
	int (*write)(struct fr_node *me, const char *file, uint64_t offset,
		     const void *data, size_t size);
	int64_t (*read)(struct fr_node *me, const char *file, uint64_t offset,
			void *data, size_t size);
	int (*sync)(struct fr_node *me, const char *file);
	int (*truncate)(struct fr_node *me, const char *file, uint64_t size);
	int (*remove)(struct fr_node *me, const char *file);
	/* The size in bytes, or FR_ENOENT. */
	int64_t (*file_size)(struct fr_node *me, const char *file);
	/* Fills at most max, in order of name; returns how many there are. */
	uint32_t (*list)(struct fr_node *me, struct fr_file *out, uint32_t max);

	int (*reply)(struct fr_node *me, const struct fr_reply *reply);

	/* Zeroed memory that a crash frees; NULL past the node's limit. */
	void *(*alloc)(struct fr_node *me, size_t size);
	void (*free)(struct fr_node *me, void *memory);

	void (*log)(struct fr_node *me, uint32_t level, const char *text);

	/*
	 * A parameter: numbers, booleans, times and sizes as an FR_INT, a real
	 * one as FR_BYTES of one double, text as FR_BYTES with a final zero
	 * that is not counted.  Good until the node ends.
	 */
	int (*param)(struct fr_node *me, const char *name,
		     struct fr_value *out);

	/*
	 * States a fact: `what` about `key` is `value`, on every node, for
	 * ever.  Two values for one (what, key) are a safety violation.
	 */
	void (*claim)(struct fr_node *me, const char *what, int64_t key,
		      int64_t value);
	/* What this node believes now: faults aim at it, reports show it. */
	void (*note)(struct fr_node *me, const char *name, const char *text);
};

/*
 * A node, as its protocol sees it.  The host's own part lies behind it and is
 * nobody's business.
 */
struct fr_node {
	uint32_t size;
	uint32_t id;			/* 0 .. nodes - 1                      */
	uint32_t nodes;
	uint32_t boot;			/* 0, then one more at each restart    */
	void *state;			/* state_size bytes, or NULL for 0     */
	const struct fr_host *host;
	const struct fr_protocol *protocol;
};

#ifdef __cplusplus
}
#endif
#endif
