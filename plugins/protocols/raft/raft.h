/* SPDX-License-Identifier: MIT */
/*
 * raft - a replicated log with a strong leader, and a state machine on it.
 *
 *	Ongaro, Ousterhout: In Search of an Understandable Consensus
 *	Algorithm.  USENIX ATC 2014.				("the paper")
 *	Ongaro: Consensus: Bridging Theory and Practice.  Stanford 2014.
 *								("the thesis")
 *
 *	raft.c		boot, requests of clients, the table of handlers
 *	election.c	terms, pre-votes and votes, handing over the leadership
 *	replicate.c	from the leader's log to the followers', and commitment
 *	snapshot.c	taking, sending and installing the state as a whole
 *	members.c	who votes: changes of one server, and joint ones
 *	read.c		reads that write nothing: read index, and leases
 *	log.c		the log on the disk
 *	../shared/machine.c	what the log is of: objects, sessions
 *
 * What holds (figure 3 of the paper):
 *
 *  1. Election safety: a term has one leader at most.
 *  2. A leader never overwrites or removes entries of its own log.
 *  3. Log matching: two logs with an entry of the same index and term are the
 *     same up to there.
 *  4. Leader completeness: a committed entry is in the log of every later
 *     leader.
 *  5. State machine safety: nobody applies another entry at an index.
 *
 * Whatever a node answers to its peers is on its disk before: term and vote
 * before a vote, entries before their acknowledgement.  A node whose disk
 * fails is as good as crashed: it says nothing more, forgets what it has in
 * memory, and after a while begins anew from what is on the disk, all of which
 * it writes once more before it believes it.
 */
#ifndef RAFT_H
#define RAFT_H

#include <fracas/easy.h>

#include "../shared/image.h"
#include "../shared/journal.h"
#include "../shared/machine.h"
#include "../shared/reads.h"
#include "../shared/set.h"

enum {					/* messages                           */
	ASK_VOTE, VOTE, APPEND, APPENDED, SNAPSHOT, INSTALLED, TIMEOUT_NOW
};
enum { ELECTION, HEARTBEAT, FLUSH, CHURN, REVIVE };	/* timers             */

/* No message is longer. */
#define BODY_MAX	65536u

/* ---- members --------------------------------------------------------------- */

/* Who votes.  In a joint change (section 6) both sets have to agree. */
struct members {
	struct set now, next;
	uint64_t joint;
};

/* ---- the log ----------------------------------------------------------------- */

enum { NOOP, COMMAND, MEMBERS, BASE };		/* entries; BASE: log.c's     */

struct entry {
	uint64_t term;
	uint64_t request;		/* who waits for it here; 0: nobody   */
	uint64_t place;			/* in the file                        */
	uint32_t kind, size;
	unsigned char data[];
};

/* Entries base + 1 .. base + count; what was before is in the snapshot. */
struct log {
	struct journal journal;
	uint64_t base, base_term;
	struct entry **at;
	uint64_t count, room;
};

/* ---- messages ------------------------------------------------------------------ */

struct ask_vote {
	uint64_t term, last, last_term;
	uint32_t pre;			/* only asks whether it would (9.6)   */
	uint32_t handed;		/* the leader wants it (3.10)         */
};

struct vote {
	uint64_t term;
	uint32_t pre, granted;
};

/* Entries follow: struct entry_head and its data, each. */
struct append {
	uint64_t term, prev, prev_term, commit;
	uint64_t round;			/* of reads; comes back               */
	int64_t sent;			/* the leader's clock; comes back     */
	uint64_t count;
};

struct entry_head {
	uint64_t term;
	uint32_t kind, size;
};

struct appended {
	uint64_t term, prev;
	uint64_t match;			/* or where to try next, if not       */
	uint64_t round;
	int64_t sent;
	uint64_t success;
};

/* A piece of it follows. */
struct snapshot {
	uint64_t term;
	struct piece piece;
};

struct installed {
	uint64_t term, last;
	uint64_t offset;		/* so much of it has come             */
	uint64_t whole;
};

struct timeout_now {
	uint64_t term;
};

/* ---- a node ---------------------------------------------------------------------- */

enum role { FOLLOWER, PRE_CANDIDATE, CANDIDATE, LEADER };

/* A follower, in its leader's eyes. */
struct peer {
	uint64_t next, match;
	uint32_t in_flight;		/* appends without an answer          */
	int64_t heard;			/* when last; fr_mono                 */
	int64_t acked;			/* the newest `sent` that came back   */
	uint64_t round;			/* the newest that came back          */
	uint64_t match_before;		/* at the last heartbeat              */
	bool probing;			/* where its log agrees is not known  */
	bool snapshot;			/* it is being sent                   */
	uint64_t snapshot_last, offset;
};

struct raft {
	/* On the disk (figure 2). */
	uint64_t term;
	uint32_t voted;			/* for whom, + 1; 0: nobody           */
	struct log log;

	enum role role;
	uint32_t leader;		/* + 1; 0: not known                  */
	uint64_t commit, applied;
	int64_t leader_heard;
	struct set votes;
	bool handed;			/* this candidacy is the leader's wish*/
	bool silent;			/* the disk failed: as if crashed     */

	struct members members;		/* the newest in the log              */
	uint64_t members_index;
	struct members base_members;	/* at the log's base                  */

	/* The leader's. */
	struct peer peers[FR_NODES_MAX];
	uint64_t synced;		/* its own log, on its disk           */
	uint64_t first_own;		/* its first entry of this term       */
	bool flushing;
	struct reads reads;
	int64_t lead_since;
	uint32_t heir;			/* + 1: who takes over; 0: nobody     */
	int64_t heir_since;
	uint32_t joining;		/* + 1: catches up before it votes    */
	int64_t joining_since;
	bool no_lease;			/* it asked for an election           */

	/* The snapshot at hand, and one that arrives. */
	struct image image, coming;

	struct machine machine;

	/* Parameters. */
	int64_t election, heartbeat, churn;
	uint32_t batch, window, chunk, compact;
	bool lease, read_log, pre_vote, check_quorum;
	double drift;

	unsigned char body[BODY_MAX];
};

/* ---- raft.c */
/* The disk failed, or there is no memory. */
void raft_silence(struct fr_node *me, const char *why);
/* What has been committed is applied, and answered. */
void raft_apply(struct fr_node *me);
void raft_note(struct fr_node *me);
/* So far it has applied (5). */
void raft_claim(struct fr_node *me, uint64_t index);

/* ---- election.c */
void election_start(struct fr_node *me);
void election_wait(struct fr_node *me);
/* A higher term is followed at once. */
void election_follow(struct fr_node *me, uint64_t term, uint32_t leader);
void election_campaign(struct fr_node *me, bool handed);
void election_hand_over(struct fr_node *me, uint32_t heir);
/* The heir has all there is: now. */
void election_tell_heir(struct fr_node *me);
void on_ask_vote(struct fr_node *me, uint32_t from, const void *, size_t);
void on_vote(struct fr_node *me, uint32_t from, const void *, size_t);
void on_timeout_now(struct fr_node *me, uint32_t from, const void *, size_t);
void on_election(struct fr_node *me, uint64_t tag);
/* Term and vote, on the disk. */
int election_save(struct fr_node *me);
int election_load(struct fr_node *me);

/* ---- replicate.c */
void replicate_lead(struct fr_node *me);
/* The leader's own: appended, to be sent and synced with what else comes.
 * Its index, or 0. */
uint64_t replicate_propose(struct fr_node *me, uint32_t kind, const void *data,
			   uint32_t size, uint64_t request);
void replicate_all(struct fr_node *me);
void replicate_to(struct fr_node *me, uint32_t to);
/* In half a moment. */
void replicate_soon(struct fr_node *me);
void replicate_commit(struct fr_node *me);
void on_append(struct fr_node *me, uint32_t from, const void *, size_t);
void on_appended(struct fr_node *me, uint32_t from, const void *, size_t);
void on_heartbeat(struct fr_node *me, uint64_t tag);
void on_flush(struct fr_node *me, uint64_t tag);

/* ---- snapshot.c */
int snapshot_load(struct fr_node *me);
/* When enough has been applied since the last one. */
void snapshot_take(struct fr_node *me);
void snapshot_send(struct fr_node *me, uint32_t to);
void on_snapshot(struct fr_node *me, uint32_t from, const void *, size_t);
void on_installed(struct fr_node *me, uint32_t from, const void *, size_t);

/* ---- members.c */
void members_init(struct fr_node *me, struct members *m);
/* The newest in the log, after it was changed. */
void members_find(struct fr_node *me);
bool members_votes(const struct raft *s, uint32_t node);
/* Votes, or is about to: is sent the log. */
bool members_follows(const struct raft *s, uint32_t node);
bool members_quorum(const struct raft *s, const struct set *yes);
void members_committed(struct fr_node *me, uint64_t index);
void members_caught_up(struct fr_node *me, uint32_t node);
void on_churn(struct fr_node *me, uint64_t tag);

/* ---- read.c */
void read_begin(struct fr_node *me, uint64_t request, const void *command,
		uint32_t size);
void read_serve(struct fr_node *me);
/* No longer the leader. */
void read_refuse(struct fr_node *me);
/* From when on a quorum is known to follow: the leader's clock. */
int64_t read_confirmed(struct fr_node *me);

/* ---- log.c */
int log_open(struct fr_node *me);
uint64_t log_last(const struct log *l);
struct entry *log_at(const struct log *l, uint64_t index);
/* UINT64_MAX: not in the log any more, or not yet. */
uint64_t log_term(const struct log *l, uint64_t index);
/* Not yet synced. */
int log_append(struct fr_node *me, uint64_t term, uint32_t kind,
	       const void *data, uint32_t size);
int log_sync(struct fr_node *me);
/* Forgets the entries from index on. */
int log_cut(struct fr_node *me, uint64_t index);
/* Frees what is in memory; whoever waits for an entry is told. */
void log_drop(struct fr_node *me);
/* Forgets those up to index; if `all`, every one. */
int log_rebase(struct fr_node *me, uint64_t index, uint64_t term, bool all);

#endif
