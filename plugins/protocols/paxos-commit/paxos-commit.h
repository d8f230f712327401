/* SPDX-License-Identifier: MIT */
/* What the files of paxos-commit share; paxos-commit.c tells the whole. */
#ifndef PAXOS_COMMIT_H
#define PAXOS_COMMIT_H

#include "../shared/decisions.h"
#include "../shared/set.h"

enum { PREPARE, VOTE, PHASE_1A, PHASE_1B, PHASE_2A, PHASE_2B, REFUSED,
       OUTCOME };						/* messages */
enum { RESEND, TAKE_OVER, REOPEN };				/* timers */

enum { NONE, NO, YES };		/* of an instance; NO is GL's "aborted"       */

struct choice {			/* of one instance, at an acceptor            */
	uint64_t ballot, value;	/* NONE: nothing accepted                     */
};

struct word {			/* every message; choices may follow          */
	int64_t id;
	uint64_t ballot;	/* of REFUSED: the one that was promised      */
	uint32_t leader;	/* of ballot 0                                */
	uint32_t value;		/* of a vote, an outcome                      */
};

enum { VOTED, ACCEPTOR, DECIDED };		/* records of the log */

struct record {			/* an ACCEPTOR's is followed by its choices   */
	int64_t id;
	uint64_t promised;
	uint32_t kind, value;
};

enum phase { IDLE, COLLECTING, PREPARING, ACCEPTING };

struct transaction {
	struct decision d;
	uint32_t leader;		/* of ballot 0                        */
	uint32_t vote;			/* its own, as participant            */
	/* The acceptor. */
	uint64_t promised;
	struct choice *choices;		/* by instance                        */
	unsigned char *votes;		/* heard in ballot 0, not accepted yet */
	/* The leader. */
	enum phase phase;
	uint64_t ballot, seen;
	uint32_t attempts;		/* at leading a ballot of its own     */
	struct set answered;		/* phase 1                            */
	struct choice *best;		/* what is proposed, and whence       */
	struct set *accepted;		/* by instance: who has               */
	unsigned char *opinions;	/* of the participants; ballot 0      */
};

struct paxos_commit {
	struct decisions all;
	struct fr_wal log;
	int64_t retry, patience;
	uint32_t acceptors, quorum, leading;
	bool silent;			/* the log has not been read          */
};

/* paxos-commit.c */
/* NULL: nothing is known of it; get(): it cannot be. */
struct transaction *find(struct fr_node *me, uint64_t id);
struct transaction *get(struct fr_node *me, int64_t id);
bool log_record(struct fr_node *me, const struct transaction *t, uint32_t kind,
		uint32_t value);
bool force(struct fr_node *me);
void say(struct fr_node *me, uint32_t to, uint32_t type,
	 const struct transaction *t, uint64_t ballot, uint32_t value);
/* The same with a choice for each instance. */
void say_choices(struct fr_node *me, uint32_t to, uint32_t type,
		 const struct transaction *t, uint64_t ballot,
		 const struct choice *choices);
/* NULL: they are not all there. */
const struct choice *choices_of(const struct fr_node *me, const void *body,
				size_t size);
void enter(struct fr_node *me, struct transaction *t, enum phase phase);
/* It was chosen: a majority of acceptors knows, and nobody needs a log. */
void learn(struct fr_node *me, struct transaction *t, bool commit);
/* True: it is decided, and `to` was told. */
bool told(struct fr_node *me, const struct transaction *t, uint32_t to);
/* Who is still in doubt then will lead. */
void wait_for_outcome(struct fr_node *me, struct transaction *t);

/* acceptor.c: the participant, and the acceptor */
bool promise(struct fr_node *me, struct transaction *t, uint64_t ballot);
void on_prepare(struct fr_node *me, uint32_t from, const void *body,
		size_t size);
void on_vote(struct fr_node *me, uint32_t from, const void *body, size_t size);
void on_1a(struct fr_node *me, uint32_t from, const void *body, size_t size);
void on_2a(struct fr_node *me, uint32_t from, const void *body, size_t size);

/* leader.c */
void on_transact(struct fr_node *me, const struct fr_request *rq);
void on_resend(struct fr_node *me, uint64_t id);
void on_take_over(struct fr_node *me, uint64_t id);
void on_1b(struct fr_node *me, uint32_t from, const void *body, size_t size);
void on_2b(struct fr_node *me, uint32_t from, const void *body, size_t size);
void on_refused(struct fr_node *me, uint32_t from, const void *body,
		size_t size);

#endif
