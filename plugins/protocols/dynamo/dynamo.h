/* SPDX-License-Identifier: MIT */
/*
 * dynamo - a store that always takes writes, and shows what they came to.
 *
 *	DeCandia et al.: Dynamo: Amazon's Highly Available Key-value Store.
 *	SOSP 2007.						("the paper")
 *	Almeida, Baquero, Goncalves, Preguica, Fonte: Scalable and Accurate
 *	Causality Tracking for Eventually Consistent Stores.  DAIS 2014.
 *								("DVV")
 *
 *	dynamo.c	boot, hints handed over, the table of handlers
 *	ring.c		who keeps a key (4.2, 4.3)
 *	object.c	versions and their clocks (4.4)
 *	store.c		objects in memory and on the disk
 *	coordinator.c	requests, quorums, read repair (4.5, 4.6, 5)
 *	merkle.c	replicas compare what they have (4.7)
 *
 * A key belongs to N nodes, those that its place on the ring is followed by.
 * Any node takes a request, and asks R of them to read, W of them to write; who
 * cannot be reached is stood in for by another node, which keeps a hint for
 * whom it was meant and hands it over later.  So reads and writes need not meet
 * (a sloppy quorum), and writers may not have seen each other: then both
 * values are kept as siblings, a read shows all of them and a context, and the
 * next write with that context takes their place.
 *
 * What holds:
 *
 *  1. What is acknowledged, and what others are told, is on the disk before.
 *  2. A version is named by a dot: its coordinator (an actor) and that one's
 *     count.  No dot names two versions.
 *  3. An object's clock covers a dot only if the object has that version, or
 *     had it, or something that replaced it.  So whoever lacks a version
 *     that its clock covers knows that it was replaced.
 *  4. For that, an actor is one copy of one object: a copy that begins anew,
 *     as those of stand-ins do after they were handed over, is another actor
 *     (the paper's clocks have one entry a node, which is not enough then).
 *  5. Clocks are not cut short (the paper does, at ten entries), and of what
 *     was deleted the clock stays, since a copy that has not heard of the
 *     deletion may turn up at any time.
 */
#ifndef DYNAMO_H
#define DYNAMO_H

#include <fracas/easy.h>

#include "../shared/ledger.h"
#include "../shared/mix.h"

enum { STORE, STORED, FETCH, FETCHED, TREE, LEAF };		/* messages   */
enum { PATIENCE, COMPARE, HAND_OVER, REOPEN };			/* timers     */

#define CLOCK_MAX  512u		/* entries of one object's clock              */
#define VALUES_MAX 1024u	/* siblings                                   */
#define PUT_MAX	   64u		/* beyond these, none is added: so replicas
				   that refuse still have room for what
				   others have taken                          */
#define REPLICAS_MAX 16u	/* N                                          */
#define BODY_MAX   65536u

/* ---- versions (object.c) ------------------------------------------------------ */

struct dot {
	uint64_t actor, count;
};

struct sibling {
	struct dot dot;
	int64_t value;
};

/* An object: siblings, in the order of dots, and what they had seen, in the
 * order of actors. */
struct object {
	uint32_t clock_count, value_count;
	struct dot clock[CLOCK_MAX];
	struct sibling values[VALUES_MAX];
};

/* As it travels and is stored: dots and siblings follow. */
struct packed {
	uint32_t clock_count, value_count;
};

#define PACKED_MAX (sizeof(struct packed) +				\
		    CLOCK_MAX * sizeof(struct dot) +			\
		    VALUES_MAX * sizeof(struct sibling))

void object_clear(struct object *o);
/* Up to which count the clock covers that actor. */
uint64_t object_covers(const struct object *o, uint64_t actor);
/* mine becomes what both come to; -1: too large, and it is spoilt. */
int object_join(struct object *mine, const struct object *theirs);
/* What the context covers goes, and a new version comes, if `value` is not
 * NULL; -1: there are too many, and it is spoilt. */
int object_put(struct object *o, const struct dot *context, uint32_t count,
	       uint64_t actor, const int64_t *value);
/* Into at least PACKED_MAX bytes; the size. */
size_t object_pack(const struct object *o, void *out);
/* -1: it makes no sense. */
int object_unpack(const void *data, size_t size, struct object *out);
/* The same for the same object only. */
uint64_t object_hash(const struct object *o);

/* ---- the ring (ring.c) ----------------------------------------------------------- */

/* A virtual node: keys between the one before it and this are its range. */
struct token {
	uint64_t at;
	uint32_t node, reserved;
};

int ring_build(struct fr_node *me);
uint32_t ring_range(struct fr_node *me, int64_t key);
/* All nodes in the order in which they follow that range (its first N keep
 * it); how many. */
uint32_t ring_walk(struct fr_node *me, uint32_t range, uint32_t *nodes);
/* Whether this node is among the first N. */
bool ring_keeps(struct fr_node *me, uint32_t range, uint32_t node);

/* ---- what this node has (store.c) ------------------------------------------------- */

/* A copy: this node's own, or one that it holds for another (a hint). */
struct copy {
	struct copy *next;
	int64_t key;
	uint32_t home;			/* whose it is                        */
	uint32_t range;
	uint64_t actor;			/* who this copy counts as; 0: has not
					   coordinated a write                */
	uint64_t hash;
	uint32_t size;
	unsigned char *packed;
};

/* Reads back; -1 where it cannot be trusted. */
int store_open(struct fr_node *me);
void store_drop(struct fr_node *me);
/* NULL: none. */
struct copy *store_find(struct fr_node *me, int64_t key, uint32_t home);
/* As it is; an empty one where there is none. */
void store_get(struct fr_node *me, int64_t key, uint32_t home,
	       struct object *out);
/* Durably, in the place of what was there.  -1: it was not, and this node is
 * silent now. */
int store_set(struct fr_node *me, int64_t key, uint32_t home, uint64_t actor,
	      const struct object *o);
/* Joined with what was there. */
int store_join(struct fr_node *me, int64_t key, uint32_t home,
	       const struct object *o);
/* Who this node's next write of that copy counts as. */
uint64_t store_actor(struct fr_node *me, int64_t key, uint32_t home);
/* It was handed over. */
int store_forget(struct fr_node *me, struct copy *c);

/* ---- Merkle trees (merkle.c) -------------------------------------------------------- */

#define LEAVES	  32u
#define TREE_SIZE (2 * LEAVES - 1)

/* Of one range that this node keeps, as are the others that do. */
struct tree {
	uint64_t at[TREE_SIZE];		/* node i's children: 2i + 1, 2i + 2  */
};

void merkle_clear(struct fr_node *me);
/* A copy's hash became another; 0: there is none. */
void merkle_change(struct fr_node *me, int64_t key, uint32_t range,
		   uint64_t before, uint64_t after);
void on_compare(struct fr_node *me, uint64_t tag);
void on_tree(struct fr_node *me, uint32_t from, const void *, size_t);
void on_leaf(struct fr_node *me, uint32_t from, const void *, size_t);

/* ---- requests (coordinator.c) -------------------------------------------------------- */

void on_read(struct fr_node *me, const struct fr_request *rq);
void on_write(struct fr_node *me, const struct fr_request *rq);
void on_delete(struct fr_node *me, const struct fr_request *rq);
void on_stored(struct fr_node *me, uint32_t from, const void *, size_t);
void on_fetched(struct fr_node *me, uint32_t from, const void *, size_t);
void on_patience(struct fr_node *me, uint64_t op);
/* Nothing more comes of them. */
void coordinator_drop(struct fr_node *me, const char *why);

/* ---- messages -------------------------------------------------------------------------- */

/* STORE, FETCHED: a packed object follows. */
struct store {
	uint64_t op;			/* 0: none waits for an answer        */
	int64_t key;
	uint32_t home;			/* for whom                           */
	uint32_t hint;			/* it is handed over: say so          */
};

struct stored {				/* STORED                             */
	uint64_t op;
	int64_t key;
	uint32_t home, hint;
	uint64_t hash;			/* of what came                       */
};

struct fetch {				/* FETCH                              */
	uint64_t op;
	int64_t key;
};

/* ---- a node ------------------------------------------------------------------------------ */

#define BUCKETS 256u

struct dynamo {
	struct ledger ledger;
	struct copy *copies[BUCKETS];
	uint64_t epochs;		/* actors that there have been here   */
	struct token *ring;
	uint32_t tokens;
	struct tree **trees;		/* by range; NULL: not kept here      */
	struct op *ops;
	uint64_t last_op;
	int64_t suspected[FR_NODES_MAX];	/* until then; fr_mono        */
	bool silent;			/* the disk failed                    */
	uint32_t n, r, w;
	bool sloppy, repair;
	int64_t patience, least_patience;
	int64_t give_up, period, hand_over;
	/* For whoever needs them, until he calls somebody else. */
	struct object mine, theirs;
	unsigned char body[BODY_MAX] __attribute__((aligned(8)));
};

/* ---- dynamo.c */
void dynamo_silence(struct fr_node *me, const char *why);
bool dynamo_suspects(struct fr_node *me, uint32_t node);
/* It did not answer in time. */
void dynamo_suspect(struct fr_node *me, uint32_t node);
/* It was heard of. */
void dynamo_heard(struct fr_node *me, uint32_t node);
/* In time, and nobody had to stand in. */
void dynamo_all_answer(struct fr_node *me);
void dynamo_send(struct fr_node *me, uint32_t to, uint32_t type,
		 const struct store *head, const struct object *o);

#endif
