/* SPDX-License-Identifier: MIT */
/* What the files of two-phase-store share; two-phase-store.c tells it all. */
#ifndef STORE_H
#define STORE_H

#include "../shared/objects.h"
#include "../shared/two-phase.h"

/* What is done with one key, on its node. */
enum { GET, GET_LIST, PUT,		/* the last number, all, one more     */
       BALANCES, OPEN, CHANGE };	/* of a bank: what this node has of it */

struct act {
	int64_t kind, node, key;
	int64_t a, b;			/* PUT: a is the number; OPEN: a
					   accounts with b each; CHANGE: b more
					   in account a                       */
};

/* What one node is asked to do. */
struct order {
	uint64_t age;			/* of the transaction: less is older  */
	struct act acts[];
};

/* What an act found. */
struct found {
	int64_t *numbers;
	uint32_t count;
};

struct deal {
	struct transaction t;
	/* The participant: among those that have locks, or wait. */
	struct deal *next;
	bool listed, holds;
	/* The coordinator. */
	uint32_t f;			/* what the client asked              */
	uint64_t age;
	int64_t until;			/* then it is given up                */
	int64_t key;
	struct act *acts;
	struct found *found;		/* by act                             */
	uint32_t count;
	const char *refused;
};

struct store {
	struct two_phase two_phase;	/* first                              */
	struct objects objects;
	struct deal *deals;		/* the oldest first: the locks        */
	bool granting;
	uint64_t clock, issued;
	int64_t give_up;
};

static inline bool
act_writes(const struct act *a)
{
	return a->kind == PUT || a->kind == OPEN || a->kind == CHANGE;
}

/* shard.c */
void shard_weigh(struct fr_node *me, struct transaction *t);
void shard_result(struct fr_node *me, struct transaction *t,
		  struct fr_writer *w);
void shard_restore(struct fr_node *me, struct transaction *t);
void shard_settle(struct fr_node *me, struct transaction *t, bool commit);

#endif
