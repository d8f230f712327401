/* SPDX-License-Identifier: MIT */
/*
 * A lock's clients at one node: who has it, and who waits for it, in a line.
 *
 * A client acquires with a number of its own and releases with the same one.
 * One that waits may release, too: then it does not wait any longer.  When
 * the lock may be had is the protocol's business.
 */
#ifndef SHARED_LOCK_H
#define SHARED_LOCK_H

#include <fracas/easy.h>

struct lock_waiting {			/* a client of this node              */
	struct lock_waiting *next;
	uint64_t request;
	int64_t number;			/* the client's, for the release      */
};

struct lock {
	bool held;			/* by a client of this node           */
	int64_t holder;			/* its number                         */
	struct lock_waiting *first, **end;
};

void lock_start(struct fr_node *me, struct lock *lock);
/* Upon "acquire": it waits.  False: it cannot, and was told. */
bool lock_wait(struct fr_node *me, struct lock *lock,
	       const struct fr_request *rq);
/* The first in line has the lock now.  False: nobody waits any longer. */
bool lock_enter(struct fr_node *me, struct lock *lock);
/* Upon "release": whether it gave the lock back.  If not it was waiting at
 * most, and does so no longer; it was told. */
bool lock_leave(struct fr_node *me, struct lock *lock,
		const struct fr_request *rq);

#endif
