/* SPDX-License-Identifier: MIT */
/*
 * A deterministic state machine: what replicated logs are of (Schneider,
 * "Implementing Fault-Tolerant Services Using the State Machine Approach",
 * 1990).  Everything follows from the commands and their order.
 *
 * It holds objects by their keys (objects.h), and knows what can be done with
 * them (verbs.h): a map of numbers and texts, counters, queues, stacks, logs,
 * sets, locks, accounts, and transactions over several keys.
 *
 * For each client its last command is remembered and how it was answered, so
 * that one that comes twice happens once (Ongaro's thesis, 6.3; Viewstamped
 * Replication's client table).
 *
 * A protocol that replicates a log
 *
 *	lists the requests		.requests = FR_REQUESTS(
 *						MACHINE_REQUESTS(on_request),
 *						... its own, if any, after them)
 *	makes a command of each		machine_command(me, rq, body)
 *	puts that into its log, and, in the log's order, everywhere,
 *					machine_apply(me, m, body, size, request)
 *	may, for what only reads, do	machine_answer(me, m, body, size, request)
 *	at a moment when its state is new enough.
 */
#ifndef SHARED_MACHINE_H
#define SHARED_MACHINE_H

#include <fracas/easy.h>

#include "objects.h"

/* What clients may ask: the number of the request, and its name. */
#define MACHINE_EACH(X, handler)					\
	X(GET,		  "get",	    handler),			\
	X(PUT,		  "put",	    handler),			\
	X(APPEND,	  "append",	    handler),			\
	X(CAS,		  "cas",	    handler),			\
	X(DELETE,	  "delete",	    handler),			\
	X(READ,		  "read",	    handler),			\
	X(WRITE,	  "write",	    handler),			\
	X(INCREMENT,	  "increment",	    handler),			\
	X(DECREMENT,	  "decrement",	    handler),			\
	X(ENQUEUE,	  "enqueue",	    handler),			\
	X(DEQUEUE,	  "dequeue",	    handler),			\
	X(PUSH,		  "push",	    handler),			\
	X(POP,		  "pop",	    handler),			\
	X(SEND,		  "send",	    handler),			\
	X(POLL,		  "poll",	    handler),			\
	X(COMMIT,	  "commit",	    handler),			\
	X(LIST_COMMITTED, "list-committed", handler),			\
	X(ADD,		  "add",	    handler),			\
	X(REMOVE,	  "remove",	    handler),			\
	X(CONTAINS,	  "contains",	    handler),			\
	X(LOCK,		  "lock",	    handler),			\
	X(UNLOCK,	  "unlock",	    handler),			\
	X(ACQUIRE,	  "acquire",	    handler),			\
	X(RELEASE,	  "release",	    handler),			\
	X(STORE,	  "store",	    handler),			\
	X(OPEN,		  "open",	    handler),			\
	X(TRANSFER,	  "transfer",	    handler),			\
	X(TXN,		  "txn",	    handler)

#define MACHINE_NUMBER_(id, name, handler)	MACHINE_##id
#define MACHINE_REQUEST_(id, name, handler)	{ (name), (handler) }

enum { MACHINE_EACH(MACHINE_NUMBER_, 0), MACHINE_VERBS };

/*
 * The first entries of a protocol's table of requests: rq->f is then one of
 * the numbers above.
 */
#define MACHINE_REQUESTS(handler) MACHINE_EACH(MACHINE_REQUEST_, handler)

/* Clients that are remembered; then the one that was silent longest goes. */
#define MACHINE_SESSIONS	1024u
/* Bytes of one command. */
#define COMMAND_MAX		16384u

/* As it travels and is stored; the numbers of a list, or the bytes of a text,
 * follow. */
struct command {
	uint64_t client, seq;
	int64_t key, number;
	int64_t at;			/* wall clock of who made it          */
	uint32_t f;			/* MACHINE_GET, ...                   */
	uint32_t kind, count;		/* of the argument: as in fr_value    */
	uint32_t reserved;
};

/* A client's last command, and how it was answered. */
struct session {
	uint64_t client, seq;
	uint64_t order;			/* when that was                      */
	uint32_t refused;		/* why it was not done; 0: it was     */
	uint32_t kind, count;		/* the answer: as in fr_value         */
	int64_t number;
	void *bytes;
};

struct machine {
	struct objects objects;
	uint64_t applied;
	struct session sessions[MACHINE_SESSIONS];
	uint32_t session_count;
#ifdef BUG_two_steps
	struct change {
		int64_t key, place, number;
	} rest[64];			/* to be made with the next command   */
	uint32_t rest_count;
#endif
};

/* Whether it changes nothing. */
bool machine_reads(const struct fr_request *rq);
/*
 * From a client's request, into at least COMMAND_MAX bytes.  Its size, or 0:
 * it makes no sense, and the client was told.
 */
uint32_t machine_command(struct fr_node *me, const struct fr_request *rq,
			 void *out);
/*
 * Does it, and answers `request` where that is not 0.  -1: no memory, and the
 * state is of no use any more.
 */
int machine_apply(struct fr_node *me, struct machine *m, const void *command,
		  uint32_t size, uint64_t request);
/* Answers what only reads from the state as it is, and leaves no trace. */
void machine_answer(struct fr_node *me, struct machine *m,
		    const void *command, uint32_t size, uint64_t request);
/*
 * Whether this request, or a later one of its client, has been done already.
 * If so the client is told what it was told then.
 */
bool machine_repeated(struct fr_node *me, const struct machine *m,
		      const struct fr_request *rq);

/* The number of bytes that machine_write needs. */
size_t machine_size(const struct machine *m);
void machine_write(const struct machine *m, struct fr_writer *w);
/* In the place of what is there.  -1: it makes no sense, or no memory. */
int machine_read(struct fr_node *me, struct machine *m, struct fr_reader *r);
/* Forgets all of it. */
void machine_clear(struct fr_node *me, struct machine *m);
uint64_t machine_digest(const struct machine *m);

#endif
