/* SPDX-License-Identifier: MIT */
/*
 * viewstamped - Viewstamped Replication: a log in memory, and no disk at all.
 *
 *	Oki, Liskov: Viewstamped Replication: A New Primary Copy Method to
 *	Support Highly-Available Distributed Systems.  PODC 1988.
 *	Liskov, Cowling: Viewstamped Replication Revisited.
 *	MIT-CSAIL-TR-2012-021.					("the paper")
 *	Michael, Ports, Sharma, Szekeres: Recovering Shared Objects Without
 *	Stable Storage.  DISC 2017.				("Michael")
 *
 *	viewstamped.c	boot, requests of clients, the table of handlers
 *	normal.c	the primary's log on the backups (section 4.1)
 *	view.c		another primary (4.2)
 *	recovery.c	coming back without any memory (4.3, and Michael)
 *	transfer.c	what a replica lacks of the log, or all of it (5.2, 5.3)
 *	../shared/	the state machine, and what it shares with its kin
 *
 * What holds:
 *
 *  1. The primary of a view alone gives numbers to requests in it: the logs of
 *     all who are normal in it are beginnings of one.
 *  2. What is committed in a view is in the log with which each later view
 *     begins: of f + 1 replicas one had it, and the log of the latest normal
 *     view counts, then the longest.
 *  3. A replica that recovers is not normal before it knows as much as it did
 *     when it crashed; and nobody counts what it said of a view change before.
 *  4. So nobody ever executes another request at a number.
 *
 * The paper's recovery alone does not give the third: a DoViewChange that was
 * sent before a crash may be counted after it (Michael, section 2).  So each
 * replica has an incarnation, learns at boot from others which it was, is known
 * to f + 1 others by the next one before it is normal again, and messages that
 * change views carry what incarnations their sender knows of (crash vectors).
 */
#ifndef VIEWSTAMPED_H
#define VIEWSTAMPED_H

#include <fracas/easy.h>

#include "../shared/image.h"
#include "../shared/machine.h"
#include "../shared/set.h"
#include "../shared/slots.h"
#include "../shared/waiting.h"

enum {					/* messages                           */
	PREPARE, PREPARE_OK, COMMIT, START_VIEW_CHANGE, DO_VIEW_CHANGE,
	START_VIEW, GET_STATE, NEW_STATE, SNAPSHOT, RECOVERY, RECOVERY_RESPONSE
};
enum { VIEW, BEAT, FLUSH };				/* timers             */

/* No message is longer. */
#define BODY_MAX	65536u

/* ---- messages ----------------------------------------------------------------- */

/* Entries for `first` and behind it follow. */
struct prepare {
	uint64_t view, first, commit, count;
};

struct prepare_ok {
	uint64_t view, op;		/* all up to this one                 */
};

struct commit {
	uint64_t view, commit;
};

struct start_view_change {
	uint64_t view;
};

/* The log itself is fetched from the best one (section 5.3).  The sender's
 * crash vector follows: one uint32_t for each node. */
struct do_view_change {
	uint64_t view, normal, op, commit;
};

/* The log with which it begins has `op` entries, and is fetched. */
struct start_view {
	uint64_t view, op, commit;
};

/* What comes from `first` on, in the log of `normal` or, of who is normal, a
 * later one.  Of the image up to `last` it has `offset` bytes. */
struct get_state {
	uint64_t view, normal, first, last, offset;
};

/* Entries for `first` and behind it follow. */
struct new_state {
	uint64_t view, normal, op, commit, first, count;
};

/* SNAPSHOT: a struct piece, of shared/image.h. */

/* Incarnation 0: which was I? */
struct recovery {
	uint64_t nonce, incarnation;
};

/* A crash vector follows. */
struct recovery_response {
	uint64_t nonce, view;
};

/* ---- a node ---------------------------------------------------------------------- */

enum status { NORMAL, VIEW_CHANGE, RECOVERING };

/* Another replica, as far as it matters here. */
struct peer {
	bool joined;			/* it is normal in this view, too     */
	uint64_t op;			/* acknowledged in it                 */
	int64_t heard;			/* when last; fr_mono                 */
	/* Its DoViewChange for this view; its answer to this recovery. */
	bool has;
	uint32_t incarnation;		/* as which it said so                */
	struct do_view_change change;
	uint64_t view;
};

/* State that is being fetched. */
struct transfer {
	uint32_t from;			/* + 1; 0: none is                    */
	uint64_t view, normal;		/* of the log that it wants           */
	struct slots slots;		/* what has come                      */
};

struct viewstamped {
	enum status status;
	uint64_t view;
	uint64_t normal;		/* the latest view it was normal in   */
	struct slots log;		/* its last entry: the op-number      */
	uint64_t commit;		/* executed up to here                */
	struct machine machine;		/* with the client table              */

	/* As a primary. */
	struct queue queue;
	uint64_t sent;
	bool flushing;

	/* As one of many. */
	struct peer peers[FR_NODES_MAX];
	struct set changers;		/* who sent StartViewChange           */
	struct transfer transfer;
	struct image image, coming;	/* for others; one that arrives       */
	int64_t asked, taught;		/* when last                          */

	/* Coming back. */
	uint32_t incarnation;		/* mine; 0: not known yet             */
	uint32_t incarnations[FR_NODES_MAX];	/* the crash vector           */
	uint64_t nonce;

	/* Parameters. */
	uint32_t quorum, others;	/* f + 1 of all; of all others, so many
					   that they meet each quorum         */
	int64_t patience, beat;
	uint32_t batch, window, chunk, compact;

	unsigned char body[BODY_MAX];
};

static inline uint32_t
primary_of(struct fr_node *me, uint64_t view)
{
	return (uint32_t)(view % me->nodes);
}

static inline bool
is_primary(struct fr_node *me)
{
	const struct viewstamped *s = me->state;

	return s->status == NORMAL && primary_of(me, s->view) == me->id;
}

/* ---- viewstamped.c */
void note(struct fr_node *me);

/* ---- normal.c */
void normal_request(struct fr_node *me, const struct fr_request *rq);
/* It is normal in that view from now on. */
void normal_enter(struct fr_node *me, uint64_t view);
/* Executes what is committed. */
void normal_commit(struct fr_node *me, uint64_t commit);
/* Nobody is told any more how what waits here ends. */
void normal_leave(struct fr_node *me);
void on_prepare(struct fr_node *me, uint32_t from, const void *, size_t);
void on_prepare_ok(struct fr_node *me, uint32_t from, const void *, size_t);
void on_commit(struct fr_node *me, uint32_t from, const void *, size_t);
void on_flush(struct fr_node *me, uint64_t tag);
/* What was lost is sent again, and that the primary lives. */
void normal_beat(struct fr_node *me);
/* Enough others answer. */
bool normal_heard(struct fr_node *me);

/* ---- view.c */
void view_wait(struct fr_node *me);
void view_change(struct fr_node *me, uint64_t view);
/* The new primary has the log that it chose. */
void view_start(struct fr_node *me);
void view_beat(struct fr_node *me);
void on_view(struct fr_node *me, uint64_t tag);
void on_start_view_change(struct fr_node *me, uint32_t from, const void *,
			  size_t);
void on_do_view_change(struct fr_node *me, uint32_t from, const void *, size_t);
void on_start_view(struct fr_node *me, uint32_t from, const void *, size_t);

/* ---- transfer.c */
/* Fetches the log of `view`, where who is asked is normal or, if `normal` is
 * another, was normal last. */
void transfer_begin(struct fr_node *me, uint32_t from, uint64_t view,
		    uint64_t normal);
void transfer_stop(struct fr_node *me);
void transfer_again(struct fr_node *me);
/* Forgets what is executed, but for the newest. */
void transfer_compact(struct fr_node *me);
void on_get_state(struct fr_node *me, uint32_t from, const void *, size_t);
void on_new_state(struct fr_node *me, uint32_t from, const void *, size_t);
void on_snapshot(struct fr_node *me, uint32_t from, const void *, size_t);

/* ---- recovery.c */
void recovery_begin(struct fr_node *me);
void recovery_beat(struct fr_node *me);
/* It takes too long: whom it asks may be gone. */
void recovery_again(struct fr_node *me);
/* A message with the crash vector behind its head. */
void recovery_send(struct fr_node *me, uint32_t to, uint32_t type,
		   const void *head, size_t size);
/* What is known of crashes, and what stands behind that head.  False: nothing
 * does; else the sender's incarnation then. */
bool recovery_merge(struct fr_node *me, uint32_t from, const void *body,
		    size_t head, size_t size, uint32_t *incarnation);
/* What it said counts, unless it has crashed since. */
bool recovery_counts(const struct viewstamped *s, uint32_t node);
void on_recovery(struct fr_node *me, uint32_t from, const void *, size_t);
void on_recovery_response(struct fr_node *me, uint32_t from, const void *,
			  size_t);

#endif
