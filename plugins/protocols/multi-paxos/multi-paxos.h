/* SPDX-License-Identifier: MIT */
/*
 * multi-paxos - one Paxos after the other, for a log, under a stable leader.
 *
 *	Lamport: Paxos Made Simple.  ACM SIGACT News 32(4), 2001.	("PMS")
 *	Chandra, Griesemer, Redstone: Paxos Made Live.  PODC 2007.	("Live")
 *	van Renesse, Altinbuken: Paxos Made Moderately Complex.
 *	ACM Computing Surveys 47(3), 2015.				("PMMC")
 *	Howard, Malkhi, Spiegelman: Flexible Paxos: Quorum Intersection
 *	Revisited.  OPODIS 2016.					("FPaxos")
 *
 *	multi-paxos.c	boot, requests of clients, the table of handlers
 *	leader.c	who leads; phase 1 for all instances, phase 2 for each
 *	acceptor.c	promises and acceptances, on the disk
 *	learner.c	what is chosen, in order; catching up, snapshots
 *	../shared/	the state machine, and what it shares with its kin
 *
 * What holds:
 *
 *  1. An acceptor takes part in no ballot lower than one it promised, and
 *     forgets neither promise nor acceptance: both are on its disk before it
 *     says so.
 *  2. A ballot has one proposer, its node's number is in it, and that one asks
 *     for one value for each instance in it.
 *  3. If v may have been chosen for an instance in ballot w, every higher
 *     ballot is for v there: whoever leads one heard a quorum of phase 1, which
 *     meets every quorum of phase 2 (FPaxos), and took for each instance the
 *     value of the highest ballot among those reported.
 *  4. So nobody ever applies another command at an instance.
 *
 * A node whose disk fails is as good as crashed: it says nothing more, forgets
 * what it has in memory, and after a while begins anew from what is on the
 * disk, all of which it writes once more before it believes it.
 */
#ifndef MULTI_PAXOS_H
#define MULTI_PAXOS_H

#include <fracas/easy.h>

#include "../shared/image.h"
#include "../shared/journal.h"
#include "../shared/machine.h"
#include "../shared/reads.h"
#include "../shared/set.h"
#include "../shared/slots.h"
#include "../shared/waiting.h"

enum {					/* messages                           */
	PREPARE, PROMISE, ACCEPT, ACCEPTED, REFUSED, LEARN, LEARNED, SNAPSHOT
};
enum { ELECTION, HEARTBEAT, FLUSH, REVIVE };		/* timers             */
enum { NOOP, COMMAND };					/* what is proposed   */

/* No message is longer. */
#define BODY_MAX	65536u
/* Above every ballot: what has it is chosen. */
#define CHOSEN		UINT64_MAX

/* ---- messages ----------------------------------------------------------------- */

/* 1a: all instances from `from` on. */
struct prepare {
	uint64_t ballot, from;
};

/*
 * 1b, or a piece of it: what was accepted at `first` and behind it follows,
 * each as its instance and an entry.  It goes on at `next`, if that is not 0.
 * What is before `first` is chosen, and in a snapshot.
 */
struct promise {
	uint64_t ballot, from, first, next, count;
};

/* 2a: entries for `first` and behind it follow.  Without any it only tells
 * what is chosen, and who leads. */
struct accept {
	uint64_t ballot, first, count;
	uint64_t chosen;		/* all instances up to this one       */
	uint64_t round;			/* of reads; comes back               */
};

struct accepted {			/* 2b                                 */
	uint64_t ballot, first, count, round;
};

struct refused {
	uint64_t ballot;		/* the one it will not take part in   */
	uint64_t promised;		/* since it promised this one         */
};

/* What is chosen for `from` and behind it?  Of the snapshot up to `last`, it
 * has `offset` bytes. */
struct learn {
	uint64_t from, last, offset;
};

/* Entries follow.  Up to `chosen` there would be more. */
struct learned {
	uint64_t first, count, chosen;
};

/* SNAPSHOT: a struct piece, of shared/image.h. */

/* ---- a node ---------------------------------------------------------------------- */

enum role { FOLLOWER, CANDIDATE, LEADER };

/* An acceptor, as who leads, or wants to, knows it. */
struct peer {
	uint64_t want;			/* the next piece of its promise      */
	uint64_t low;			/* it told nothing of what is before  */
	bool promised;			/* every piece has come               */
	uint64_t round;			/* the newest that came back          */
	int64_t heard;			/* when last; fr_mono                 */
};

struct multi_paxos {
	/* The acceptor, on the disk. */
	uint64_t promised;
	struct journal journal;
	struct slots slots;		/* accepted, or chosen                */

	/* The learner. */
	uint64_t applied;		/* up to here all is chosen           */
	struct machine machine;
	struct image image, coming;	/* the snapshot at hand; one arriving */
	int64_t asked, taught;		/* when last                          */

	enum role role;
	uint64_t ballot, seen;		/* mine; the highest heard of         */
	uint32_t leader;		/* + 1; 0: not known                  */
	struct peer peers[FR_NODES_MAX];

	/* Phase 1. */
	struct slots found;		/* the highest reported               */

	/* Phase 2. */
	uint64_t recovered;		/* the last of earlier ballots        */
	uint64_t next;			/* the first without a proposal       */
	uint64_t sent, synced;		/* proposals; on the own disk         */
	struct queue queue;
	struct reads reads;
	bool flushing;
	int64_t lead_since;

	bool silent;			/* the disk failed: as if crashed     */
	const char *refused;		/* parameters that make no sense      */

	/* Parameters. */
	uint32_t prepares, accepts;	/* quorums of phases 1 and 2          */
	int64_t election, heartbeat;
	uint32_t batch, window, chunk, compact;
	bool read_log;

	unsigned char body[BODY_MAX];
};

static inline uint32_t
node_of(uint64_t ballot)
{
	return (uint32_t)(ballot % FR_NODES_MAX);
}

/* Takes part: its disk works, its quorums meet. */
static inline bool
takes_part(const struct multi_paxos *s)
{
	return !s->silent && s->refused == NULL;
}

/* ---- multi-paxos.c */
/* The disk failed, or there is no memory. */
void silence(struct fr_node *me, const char *why);

/* ---- leader.c */
void leader_wait(struct fr_node *me);
void leader_note(struct fr_node *me);
/* Neither leads nor wants to any more; who waits is told. */
void leader_follow(struct fr_node *me);
/* A higher ballot is about. */
void leader_outbid(struct fr_node *me, uint64_t ballot);
/* Who leads in that ballot was heard. */
void leader_heard(struct fr_node *me, uint64_t ballot);
/* Phase 1 may be done: a quorum told of all that this node does not know. */
void leader_try(struct fr_node *me);
void leader_propose(struct fr_node *me, const struct fr_request *rq);
void leader_read(struct fr_node *me, const struct fr_request *rq);
void on_promise(struct fr_node *me, uint32_t from, const void *, size_t);
void on_accepted(struct fr_node *me, uint32_t from, const void *, size_t);
void on_refused(struct fr_node *me, uint32_t from, const void *, size_t);
void on_election(struct fr_node *me, uint64_t tag);
void on_heartbeat(struct fr_node *me, uint64_t tag);
void on_flush(struct fr_node *me, uint64_t tag);

/* ---- acceptor.c */
/* What a crash left. */
int acceptor_load(struct fr_node *me);
/* On the disk when it answers 0. */
int acceptor_promise(struct fr_node *me, uint64_t ballot);
/* Not yet synced; whoever waits for it is named there. */
int acceptor_accept(struct fr_node *me, uint64_t index,
		    const struct entry_head *head, const void *data,
		    uint64_t request);
int acceptor_sync(struct fr_node *me);
/* Forgets what is chosen up to `base`, and writes the rest anew. */
int acceptor_forget(struct fr_node *me, uint64_t base);
void on_prepare(struct fr_node *me, uint32_t from, const void *, size_t);
void on_accept(struct fr_node *me, uint32_t from, const void *, size_t);

/* ---- learner.c */
int learner_load(struct fr_node *me);
/* Applies what is chosen, in order. */
void learner_advance(struct fr_node *me);
/* It is chosen. */
void learner_learn(struct fr_node *me, uint64_t index,
		   const struct entry_head *head, const void *data);
/* All up to `chosen` is; what was accepted in that ballot is what. */
void learner_told(struct fr_node *me, uint32_t from, uint64_t ballot,
		  uint64_t chosen);
/* Asks `from` for what this node lacks. */
void learner_ask(struct fr_node *me, uint32_t from);
void on_learn(struct fr_node *me, uint32_t from, const void *, size_t);
void on_learned(struct fr_node *me, uint32_t from, const void *, size_t);
void on_snapshot(struct fr_node *me, uint32_t from, const void *, size_t);

#endif
