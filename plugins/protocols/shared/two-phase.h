/* SPDX-License-Identifier: MIT */
/*
 * Two-phase commit with presumed abort: the whole of the protocol (see
 * two-phase.c), but for what the transactions are about.  That is the owner's:
 * it says what each participant is asked, whether it agrees, and what is done
 * when it is decided.
 */
#ifndef SHARED_TWO_PHASE_H
#define SHARED_TWO_PHASE_H

#include "decisions.h"
#include "set.h"

/* Bytes of what a participant is asked, and of what a yes brings along. */
#define TWO_PHASE_MAX 65536u

enum { PREPARE, VOTE, DECISION, ACK, INQUIRY };			/* messages */
enum { RETRY, PATIENCE, INQUIRE, REOPEN };			/* timers */

/* Of the coordinator. */
enum phase { IDLE, VOTING, LOGGING, TELLING };

/* What a node knows of a transaction, in both roles. */
struct transaction {
	struct decision d;
	uint32_t coordinator;
	struct set parts;		/* the participants                   */
	/* The participant's. */
	bool weighing;			/* asked, and has not said            */
	uint32_t size;
	unsigned char *asked;		/* until it is decided                */
	/* The coordinator's. */
	enum phase phase;
	struct set heard;		/* whose vote, later: acknowledgement */
};

struct two_phase_owner {
	size_t each;			/* a transaction, and what is the
					   owner's behind it                  */
	/* Coordinator: what `to` is asked. */
	void (*question)(struct fr_node *me, struct transaction *t,
			 uint32_t to, struct fr_writer *w);
	/* Coordinator: somebody's yes, and what it brought.  False: that will
	 * not do, and is as good as a no.  May be NULL. */
	bool (*agreed)(struct fr_node *me, struct transaction *t,
		       uint32_t from, const void *body, size_t size);
	/* Coordinator: it is decided; may be NULL.  A client whose request
	 * is in t->d is told anyway. */
	void (*concluded)(struct fr_node *me, struct transaction *t,
			  bool commit);
	/* Participant: t->asked; two_phase_vote() is the answer, now or
	 * later. */
	void (*weigh)(struct fr_node *me, struct transaction *t);
	/* Participant: what a yes brings along; may be NULL. */
	void (*result)(struct fr_node *me, struct transaction *t,
		       struct fr_writer *w);
	/* Participant: it agreed to t->asked before it crashed, and does not
	 * know more; may be NULL. */
	void (*restore)(struct fr_node *me, struct transaction *t);
	/* Participant: do t->asked, or forget it; may be NULL. */
	void (*settle)(struct fr_node *me, struct transaction *t, bool commit);
};

/* The first of the owner's state. */
struct two_phase {
	const struct two_phase_owner *owner;
	struct decisions all;
	struct fr_wal log;
	uint64_t read;			/* of the log, at boot                */
	int64_t retry, patience;
	uint32_t coordinating;
	bool silent;			/* the log has not been read          */
};

void two_phase_start(struct fr_node *me, const struct two_phase_owner *owner);
/* For a client's request.  NULL: this node cannot, and the client was told. */
struct transaction *two_phase_new(struct fr_node *me, uint64_t request,
				  int64_t id);
/* t->parts says who takes part. */
void two_phase_begin(struct fr_node *me, struct transaction *t);
void two_phase_vote(struct fr_node *me, struct transaction *t, bool yes);

void two_phase_on_prepare(struct fr_node *me, uint32_t from, const void *body,
			  size_t size);
void two_phase_on_vote(struct fr_node *me, uint32_t from, const void *body,
		       size_t size);
void two_phase_on_decision(struct fr_node *me, uint32_t from, const void *body,
			   size_t size);
void two_phase_on_ack(struct fr_node *me, uint32_t from, const void *body,
		      size_t size);
void two_phase_on_inquiry(struct fr_node *me, uint32_t from, const void *body,
			  size_t size);
void two_phase_on_retry(struct fr_node *me, uint64_t id);
void two_phase_on_patience(struct fr_node *me, uint64_t id);
void two_phase_on_inquire(struct fr_node *me, uint64_t id);
void two_phase_on_reopen(struct fr_node *me, uint64_t tag);
void two_phase_describe(uint32_t type, const void *body, size_t size,
			char *text, size_t max);

struct prepare {
	int64_t id;
	uint64_t size;			/* of what follows                    */
	struct set parts;
};

struct word {				/* all the others                     */
	int64_t id;
	uint32_t coordinator;
	uint32_t yes;			/* a vote, a decision                 */
};

/* What its owner's tables have of it. */
#define TWO_PHASE_MESSAGES						\
	[PREPARE]  = { "prepare",  two_phase_on_prepare,		\
		       sizeof(struct prepare) },			\
	[VOTE]     = { "vote",     two_phase_on_vote,			\
		       sizeof(struct word) },				\
	[DECISION] = { "decision", two_phase_on_decision,		\
		       sizeof(struct word) },				\
	[ACK]      = { "ack",      two_phase_on_ack,			\
		       sizeof(struct word) },				\
	[INQUIRY]  = { "inquiry",  two_phase_on_inquiry,		\
		       sizeof(struct word) }
#define TWO_PHASE_TIMERS						\
	[RETRY]    = { "retry",    two_phase_on_retry },		\
	[PATIENCE] = { "patience", two_phase_on_patience },		\
	[INQUIRE]  = { "inquire",  two_phase_on_inquire },		\
	[REOPEN]   = { "reopen",   two_phase_on_reopen }
#define TWO_PHASE_PARAMS						\
	{ .name = "retry", .kind = FR_PARAM_TIME, .flags = FR_KNOB,	\
	  .fallback = "100ms", .min = "1ms", .max = "10s",		\
	  .low = "20ms", .high = "400ms",				\
	  .help = "what was not answered for so long is said again" },	\
	{ .name = "patience", .kind = FR_PARAM_TIME, .flags = FR_KNOB,	\
	  .fallback = "400ms", .min = "1ms", .max = "1m",		\
	  .low = "100ms", .high = "800ms",				\
	  .help = "so long the coordinator waits for votes, and a "	\
		  "participant for a decision before it asks around" }

#endif
