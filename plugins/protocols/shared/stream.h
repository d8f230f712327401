/* SPDX-License-Identifier: MIT */
/*
 * Updates flow from the first member of a view down to all others: along a
 * line (chain replication), or from the first one directly (primary and
 * backups).
 *
 *	van Renesse, Schneider: Chain Replication for Supporting High
 *	Throughput and Availability.  OSDI 2004.		("CR")
 *
 *	forward	what is next; stored by who gets it, and then sent on
 *	stored	so far, back to where it came from, and how far all those
 *		behind have it: that is clean, and is done
 *	copy	the whole state, for who has none that fits
 *
 * What holds:
 *
 *  1. Nobody forwards, or says that it stored, what is not on its own disk.
 *  2. Only within the same configuration is anything taken, and only from the
 *     node from which it has to come: who knows of a later one takes nothing
 *     of this one.  So no update is clean in two views that disagree.
 *  3. In a view, what a node has stored is a beginning of what the node before
 *     it has (the Update Propagation Invariant; CR, section 3).  A new view
 *     makes sure of it before it is acknowledged, from the first one on: who
 *     has more than the node before it forgets that, who lacks the beginning
 *     gets a copy, and nobody feeds others before this holds of itself.
 *  4. While a view is not acknowledged, nothing is added, and nothing is clean.
 *
 * Who is no member gets everything, too, when it is alive, from the last one
 * of the line or from the first; nobody waits for it.  So it has a copy by the
 * time when it is needed (CR, section 3.4: extending a chain).
 *
 *	stream.c		the way down, and back
 *	stream_copies.c		the state as a whole, for who lacks it
 *	stream_clients.c	what clients ask
 *
 * The protocol's state begins with a struct stream.
 */
#ifndef SHARED_STREAM_H
#define SHARED_STREAM_H

#include "config.h"
#include "history.h"

/* Messages, behind those of config.h. */
enum {
	STREAM_FORWARD = CONFIG_MESSAGES, STREAM_STORED, STREAM_DONE,
	STREAM_COPY, STREAM_MESSAGES
};

/* Timers: the first ones in the protocol's table. */
enum { STREAM_BEAT, STREAM_FLUSH, STREAM_REVIVE, STREAM_TIMERS };

/* No message is longer. */
#define STREAM_BODY	65536u
/* Updates under way to one node. */
#define STREAM_WINDOW	512u

/* `count` times a size (u32) and a command follow. */
struct forward {
	uint64_t number;		/* of the configuration; in them all  */
	uint64_t after;			/* they stand behind this update      */
	uint64_t base, last;		/* what the sender has                */
	uint64_t clean;
	uint64_t round;			/* of reads; comes back               */
	uint64_t count;
};

struct stored {
	uint64_t number;
	uint64_t have, clean;
	uint64_t round;
	uint64_t copy, offset;		/* so much of that copy has come      */
	uint16_t fits;			/* it knows that its history fits     */
	uint16_t complete;		/* it, and all behind it, have all    */
	uint16_t lacks;			/* it needs a copy                    */
	uint16_t again;			/* it was not asked                   */
	uint32_t reserved[2];
};

/* From the last of a line to the first: for the client (CR, section 3.1). */
struct done {
	uint64_t number, clean;
};

/* A piece of it follows. */
struct copy {
	uint64_t number, base, offset, total;
};

/* A node behind this one, in this one's eyes. */
struct link {
	uint64_t sent, have, clean, round;
	uint64_t complete;		/* all behind it had so much, + 1     */
	uint64_t have_before;		/* when it last spoke unasked         */
	int64_t heard;
	bool fits;
};

/* What makes a protocol of it. */
struct stream_kind {
	bool line;			/* or else: all from the first        */
	const char *first, *middle, *last, *spare;	/* roles              */
	/* Something may be clean, or sure, that was not before. */
	void (*moved)(struct fr_node *me);
};

/* A client that waits for something that reads. */
struct waiting {
	struct waiting *next;
	uint64_t request, round;
	int64_t key;
	int64_t asked;			/* the protocol's                     */
	uint32_t size;
	unsigned char command[];
};

struct stream {
	struct configs configs;
	struct history history;
	const struct stream_kind *kind;
	struct link links[FR_NODES_MAX];
	const char *role;		/* as it was last noted               */
	bool flushing;
	uint64_t round;			/* of reads: this node's own          */
	struct waiting *reads, **reads_end;
	/* Where this one stands, as a node behind another. */
	bool fits, lacks;
	uint64_t source_last, source_round;
	/* A copy at hand, and one that arrives. */
	unsigned char *image, *coming;
	size_t image_size, coming_size, coming_got;
	uint64_t image_base, coming_base;
	int64_t image_used;
	uint64_t compact, chunk;
	unsigned char body[STREAM_BODY];
};

static inline struct stream *
stream(struct fr_node *me)
{
	return me->state;
}

void stream_start(struct fr_node *me, const struct stream_kind *kind);
/* The present view is acknowledged, and this is a member of it. */
bool stream_serves(struct fr_node *me);
bool stream_is_first(struct fr_node *me);
bool stream_is_last(struct fr_node *me);
/* The first: from a client. */
void stream_update(struct fr_node *me, const struct fr_request *rq);
/* What is new goes to all behind this one, or at least the present round. */
void stream_send(struct fr_node *me, bool anyway);
/* The round that all members behind this one have answered. */
uint64_t stream_answered(struct fr_node *me);
/* This one knows now that so much is clean. */
void stream_clean(struct fr_node *me, uint64_t upto);

/* Reads wait for a round; they are answered from what is clean, where `ready`
 * (if it is given) says yes. */
void stream_wait(struct fr_node *me, const struct fr_request *rq,
		 uint64_t round);
void stream_answer(struct fr_node *me, uint64_t round,
		   bool (*ready)(struct fr_node *me, struct waiting *w));
void stream_refuse(struct fr_node *me, const char *why);
/* Sends the client there, or says that nobody can tell where. */
void stream_redirect(struct fr_node *me, const struct fr_request *rq,
		     uint32_t place);

void stream_on_forward(struct fr_node *me, uint32_t, const void *, size_t);
void stream_on_stored(struct fr_node *me, uint32_t, const void *, size_t);
void stream_on_done(struct fr_node *me, uint32_t, const void *, size_t);
void stream_on_copy(struct fr_node *me, uint32_t, const void *, size_t);
void stream_on_beat(struct fr_node *me, uint64_t tag);
void stream_on_flush(struct fr_node *me, uint64_t tag);
void stream_on_revive(struct fr_node *me, uint64_t tag);

/* ---- between its files ----------------------------------------------- */

/* Where a node gets its updates from; me->nodes: from nobody. */
uint32_t stream_source(struct fr_node *me, uint32_t node);
bool stream_is_member(struct fr_node *me, uint32_t node);
/* What this node has is a beginning of what its source has, as far as it can
 * know: it was a member when all was acknowledged, or got a copy since. */
bool stream_is_whole(struct fr_node *me);
bool stream_acknowledged(struct fr_node *me);
/* Tells the source what has come; `again`: without being asked. */
void stream_report(struct fr_node *me, bool again);
/* What is known now may make more clean, the view complete, a read sure. */
void stream_move_on(struct fr_node *me);
/* The disk failed, or there is no memory: as good as a crash. */
void stream_silence(struct fr_node *me, const char *why);
void stream_send_copy(struct fr_node *me, uint32_t to, const struct stored *a);
void stream_drop_coming(struct fr_node *me);

/* ---- for the protocol's tables --------------------------------------- */

void stream_describe(uint32_t type, const void *body, size_t size, char *text,
		     size_t max);
uint64_t stream_digest(const struct fr_node *me);

#define STREAM_TABLE							\
	CONFIG_TABLE,							\
	[STREAM_FORWARD] = { "forward", stream_on_forward,		\
			     sizeof(struct forward) },			\
	[STREAM_STORED]  = { "stored",  stream_on_stored,		\
			     sizeof(struct stored) },			\
	[STREAM_DONE]    = { "done",    stream_on_done,			\
			     sizeof(struct done) },			\
	[STREAM_COPY]    = { "copy",    stream_on_copy,			\
			     sizeof(struct copy) }

#define STREAM_CLOCKS							\
	[STREAM_BEAT]   = { "beat",   stream_on_beat },			\
	[STREAM_FLUSH]  = { "flush",  stream_on_flush },		\
	[STREAM_REVIVE] = { "revive", stream_on_revive }

#define STREAM_PARAMS							\
	CONFIG_PARAMS,							\
	{ .name = "compact", .kind = FR_PARAM_INT, .flags = FR_KNOB,	\
	  .fallback = "1000", .min = "1", .max = "1000000",		\
	  .low = "4", .high = "1000",					\
	  .help = "the state is saved each so many updates" },		\
	{ .name = "chunk", .kind = FR_PARAM_SIZE, .flags = FR_KNOB,	\
	  .fallback = "32K", .min = "64", .max = "60K",			\
	  .low = "1K", .high = "60K",					\
	  .help = "a copy's bytes in one message" }

/* What a protocol that is made of it says of itself. */
#define STREAM_PROTOCOL							\
	.promise  = "Every key is linearizable, and each update happens once, " \
		    "under lost, late, doubled and reordered messages, "	\
		    "partitions, pauses, and crashes with restart; operations " \
		    "end while a majority of the nodes can talk to each other.", \
	.tolerates = FR_TOLERATES(.crashes = FR_ALL, .missing = FR_MINORITY, \
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |	\
			 FR_BEARS_DISK | FR_BEARS_RETRIES),		\
	.workload = "kv",						\
	.params   = FR_PARAMS(STREAM_PARAMS),				\
	.state_size = sizeof(struct stream),				\
	.timers   = FR_TIMERS(STREAM_CLOCKS),				\
	.digest   = stream_digest

#endif
