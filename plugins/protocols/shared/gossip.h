/* SPDX-License-Identifier: MIT */
/*
 * State-based replication by gossip: what the replicated data types are made
 * of.
 *
 *	Shapiro, Preguica, Baquero, Zawirski: Conflict-free Replicated Data
 *	Types.  SSS 2011; and A Comprehensive Study of Convergent and
 *	Commutative Replicated Data Types.  INRIA 7506, 2011.
 *	Almeida, Shoker, Baquero: Delta State Replicated Data Types.  Journal
 *	of Parallel and Distributed Computing 111, 2018.
 *	Demers et al.: Epidemic Algorithms for Replicated Database Maintenance.
 *	PODC 1987.
 *
 * The state of an object is a set of entries: names with values, in the order
 * of names.  To join two states is to join their entries name by name; a name
 * that is not there is below all values it could have.  A type says how two
 * values of one name are joined, and must make it commutative, associative and
 * idempotent: then states grow only, in a semilattice, and whoever has heard
 * the same has the same, in whatever order and however often it came.
 *
 * Any part of a state is a state, too.  So an update makes a small one (a
 * delta), which is joined, logged and told to some neighbours as a rumour, and
 * to some more by those to whom it was news.  What rumours miss, anti-entropy
 * brings: every `period` a node says to a neighbour what its objects add up to,
 * and where that is not the same the two exchange them.
 *
 * What holds:
 *
 *  1. What an answer shows, and what a neighbour hears, is on this node's disk:
 *     what a node has said once it does not forget.
 *  2. Memory is what the disk says.  A node whose disk failed forgets all, says
 *     nothing, and begins anew from what is there.
 *  3. gossip_identity() is of one incarnation of one disk: drawn when there is
 *     none, kept while there is.  A node that lost its disk comes back as
 *     somebody else, and what it did before is not mistaken for what it does.
 */
#ifndef SHARED_GOSSIP_H
#define SHARED_GOSSIP_H

#include <fracas/easy.h>

#include "ledger.h"

#define GOSSIP_NAMES  3
#define GOSSIP_VALUES 4

struct gossip_entry {
	int64_t name[GOSSIP_NAMES];
	int64_t value[GOSSIP_VALUES];
};

/* The value's place where a type says that a name is there no more.  It is
 * never taken back and never forgotten: another replica may not have heard. */
#define GOSSIP_GONE 3

/* The state of one object. */
struct gossip_object {
	int64_t key;
	struct gossip_entry *at;	/* in the order of names              */
	uint32_t count, room;
	uint64_t sum;			/* of all entries, in any order       */
};

/* mine becomes the least that is not below either; whether it changed. */
typedef bool (*gossip_join_fn)(struct gossip_entry *mine,
			       const struct gossip_entry *theirs);

/* No message, and no record in the log, is longer. */
#define GOSSIP_BODY  65536u
/* Entries that one update may bring. */
#define GOSSIP_DELTA 1024u

/* Objects, or parts of them, as they travel and are stored. */
struct gossip_parcel {
	uint64_t size;			/* bytes                              */
	unsigned char bytes[GOSSIP_BODY] __attribute__((aligned(8)));
};

struct gossip_update;

/* The state of a protocol begins with it. */
struct gossip {
	gossip_join_fn join;
	struct gossip_object **objects;	/* in the order of keys               */
	uint32_t object_count, object_room;
	struct ledger ledger;
	int64_t identity;
	uint32_t fanout, copies;
	int64_t linger, period;
	struct fr_neighbour *neighbours;
	uint32_t neighbour_count;
	bool silent;			/* see 2                              */
	bool spreading;			/* the timer runs                     */
	struct gossip_update *updates;	/* that wait for copies               */
	uint64_t last_number;
	int64_t compared;		/* up to this key                     */
	struct gossip_parcel news;	/* of what has just been joined       */
	struct gossip_parcel rumour;	/* to be told soon                    */
	struct gossip_parcel out;
};

/* Every boot. */
void gossip_start(struct fr_node *me, gossip_join_fn join);

/* Whether this node may answer; if not, the client was told. */
bool gossip_serves(struct fr_node *me, const struct fr_request *rq);
/* NULL: nothing was ever said of this key. */
const struct gossip_object *gossip_find(struct fr_node *me, int64_t key);
/* NULL: it has no such entry. */
const struct gossip_entry *gossip_entry(const struct gossip_object *o,
					int64_t a, int64_t b, int64_t c);
/* The first entry whose first name is not below a: its place. */
uint32_t gossip_from(const struct gossip_object *o, int64_t a);
int64_t gossip_identity(struct fr_node *me);

/* What stands at GOSSIP_GONE then. */
static inline int64_t
gossip_gone(struct fr_node *me)
{
#ifdef BUG_reaps
	return fr_wall(me);
#endif
	(void)me;
	return 1;
}

/* Joins the delta, durably, and answers the request, as soon as `copies` disks
 * have it. */
void gossip_change(struct fr_node *me, const struct fr_request *rq,
		   const struct gossip_entry *delta, uint32_t count);

/* ---- what a protocol's tables take from here -------------------------------- */

enum { GOSSIP_NEWS, GOSSIP_JOINED, GOSSIP_SUMS };	/* messages           */
enum { GOSSIP_SPREAD, GOSSIP_COMPARE, GOSSIP_AGAIN, GOSSIP_REOPEN };

void gossip_on_news(struct fr_node *me, uint32_t from, const void *, size_t);
void gossip_on_joined(struct fr_node *me, uint32_t from, const void *, size_t);
void gossip_on_sums(struct fr_node *me, uint32_t from, const void *, size_t);
void gossip_on_spread(struct fr_node *me, uint64_t tag);
void gossip_on_compare(struct fr_node *me, uint64_t tag);
void gossip_on_again(struct fr_node *me, uint64_t tag);
void gossip_on_reopen(struct fr_node *me, uint64_t tag);
void gossip_describe(uint32_t type, const void *body, size_t size, char *text,
		     size_t max);
uint64_t gossip_digest(const struct fr_node *me);

#define GOSSIP_MESSAGES							\
	[GOSSIP_NEWS]	= { "news",   gossip_on_news,	8 },		\
	[GOSSIP_JOINED] = { "joined", gossip_on_joined, 8 },		\
	[GOSSIP_SUMS]	= { "sums",   gossip_on_sums,	16 }
#define GOSSIP_TIMERS							\
	[GOSSIP_SPREAD]	 = { "spread",	gossip_on_spread },		\
	[GOSSIP_COMPARE] = { "compare", gossip_on_compare },		\
	[GOSSIP_AGAIN]	 = { "again",	gossip_on_again },		\
	[GOSSIP_REOPEN]	 = { "reopen",	gossip_on_reopen }
#define GOSSIP_TOLERATES						\
	FR_TOLERATES(.crashes = FR_ALL, .missing = FR_ALL_BUT_ONE,	\
		.bears = FR_BEARS_RECOVERY | FR_BEARS_ASYNCHRONY |	\
			 FR_BEARS_DISK)
#define GOSSIP_PARAMS							\
	{ .name = "fanout", .kind = FR_PARAM_INT, .flags = FR_KNOB,	\
	  .fallback = "2", .min = "0", .max = "1024",			\
	  .low = "0", .high = "4",					\
	  .help = "neighbours that are told a rumour; 0: all" },	\
	{ .name = "linger", .kind = FR_PARAM_TIME, .flags = FR_KNOB,	\
	  .fallback = "5ms", .min = "0", .max = "10s",			\
	  .low = "0", .high = "50ms",					\
	  .help = "how long news are gathered before they are told" },	\
	{ .name = "period", .kind = FR_PARAM_TIME, .flags = FR_KNOB,	\
	  .fallback = "200ms", .min = "1ms", .max = "1m",		\
	  .low = "10ms", .high = "500ms",				\
	  .help = "time between two comparisons with a neighbour" },	\
	{ .name = "copies", .kind = FR_PARAM_INT, .fallback = "1",	\
	  .min = "1", .max = "1024",					\
	  .help = "disks that have an update before it is acknowledged" }
/* All of a protocol's table but what is its own. */
#define GOSSIP_PROTOCOL							\
	.tolerates = GOSSIP_TOLERATES,					\
	.params = FR_PARAMS(GOSSIP_PARAMS),				\
	.state_size = sizeof(struct gossip),				\
	.messages = FR_MESSAGES(GOSSIP_MESSAGES),			\
	.timers = FR_TIMERS(GOSSIP_TIMERS),				\
	.describe = gossip_describe,					\
	.digest = gossip_digest

#endif
