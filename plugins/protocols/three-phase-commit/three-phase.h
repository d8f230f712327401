/* SPDX-License-Identifier: MIT */
/* What the files of three-phase-commit share; three-phase-commit.c tells the
 * whole. */
#ifndef THREE_PHASE_H
#define THREE_PHASE_H

#include "../shared/decisions.h"
#include "../shared/set.h"

enum { VOTE_REQ, VOTE, PRE_COMMIT, ACK, DECISION,		/* messages */
       ELECTED, STATE_REQ, STATE, INQUIRY, CRASHED };
enum { LEAD, FOLLOW, INQUIRE };					/* timers */

struct word {				/* all messages                       */
	int64_t id;
	uint32_t coordinator;		/* the first one                      */
	uint32_t yes;			/* of a vote, a decision, and a state:
					   it is committable                  */
};

enum phase { FOLLOWS, VOTING, ASKING, PRE_COMMITTING };

struct transaction {
	struct decision d;		/* DOUBT: uncertain, or committable   */
	uint32_t coordinator;		/* the first one                      */
	uint32_t leader;		/* whom it listens to now             */
	bool committable;		/* all agreed: it has heard so        */
	bool crashed;			/* in doubt, since a crash: 4         */
	struct set failed;
	/* Of a leader. */
	enum phase phase;
	struct set heard;		/* who has answered this phase        */
	struct set uncertain;		/* who said so                        */
};

struct three_phase {
	struct decisions all;
	struct fr_wal log;
	int64_t patience;
	uint32_t leading;
	bool silent;			/* the log cannot be read             */
};

/* three-phase-commit.c */
/* NULL: nothing is known of it; get(): it cannot be. */
struct transaction *find(struct fr_node *me, uint64_t id);
struct transaction *get(struct fr_node *me, int64_t id, uint32_t coordinator);
void say(struct fr_node *me, uint32_t to, uint32_t type,
	 const struct transaction *t, bool yes);
void say_to_others(struct fr_node *me, uint32_t type,
		   const struct transaction *t, bool yes);
/* A new phase, in which nobody has answered yet. */
void enter(struct fr_node *me, struct transaction *t, enum phase phase);
/* On the disk, and a leader tells the others.  False: the disk would not. */
bool decide(struct fr_node *me, struct transaction *t, bool commit);
/*
 * Somebody wants to know.  True: it was told, as this is decided here; or is
 * now, since who has not agreed can abort (invariant 3).
 */
bool told(struct fr_node *me, struct transaction *t, uint32_t from);
void follow(struct fr_node *me, struct transaction *t, uint32_t leader);
/* Invariant 2: `to` are those who may be uncertain. */
void pre_commit(struct fr_node *me, struct transaction *t,
		const struct set *to);

/* termination.c */
void three_on_follow(struct fr_node *me, uint64_t id);
void three_on_elected(struct fr_node *me, uint32_t from, const void *body,
		      size_t size);
void three_on_state_req(struct fr_node *me, uint32_t from, const void *body,
			size_t size);
void three_on_state(struct fr_node *me, uint32_t from, const void *body,
		    size_t size);
void three_on_lead(struct fr_node *me, uint64_t id);
void three_on_inquire(struct fr_node *me, uint64_t id);
void three_on_inquiry(struct fr_node *me, uint32_t from, const void *body,
		      size_t size);
void three_on_crashed(struct fr_node *me, uint32_t from, const void *body,
		      size_t size);

#endif
