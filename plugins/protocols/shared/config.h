/* SPDX-License-Identifier: MIT */
/*
 * Who serves, and in which order: a sequence of configurations, on each of
 * which all nodes agree by Paxos.  What van Renesse and Schneider call the
 * master (OSDI 2004, section 3) and others a view service, without a node
 * whose crash would be the end of it.
 *
 *	Lamport: Paxos Made Simple.  ACM SIGACT News 32(4), 2001.	("PMS")
 *	Lamport, Malkhi, Zhou: Vertical Paxos and Primary-Backup Replication.
 *	PODC 2009.		(a view is used once its state is complete)
 *
 * A view is a list of members.  It serves when it has been acknowledged, which
 * is a decision of its own: its first member asks for it when all members have
 * what the first one has.  Until then whatever was acknowledged to a client is
 * with the members of the view acknowledged before (`old`), and only one of
 * those may be the first of the next view.
 *
 * What holds:
 *
 *  1. Each number has one configuration.
 *  2. Number n + 1 is decided by nodes that know n; who knows n takes part in
 *     nothing older, and not after a crash either: it is on the disk first.
 *  3. A view has more than half of all nodes (`least`), so that whoever is
 *     missing, one of the last acknowledged view is there.
 *
 * A node tells all others in each beat what it knows; who is silent for longer
 * than `patience` is taken for dead.  That is a guess, and may be wrong: then
 * there is a new view without need.
 *
 * The protocol's state begins with a struct configs.
 */
#ifndef SHARED_CONFIG_H
#define SHARED_CONFIG_H

#include <fracas/easy.h>

/* Members of one view. */
#define CONFIG_MAX 64u
/* No view at all. */
#define CONFIG_NONE UINT64_MAX

/* Messages: the first ones in the protocol's table. */
enum {
	CONFIG_PREPARE, CONFIG_PROMISE, CONFIG_ACCEPT, CONFIG_ACCEPTED,
	CONFIG_REFUSED, CONFIG_BEAT, CONFIG_ASK, CONFIG_ANSWER,
	CONFIG_MESSAGES
};

struct config {
	uint64_t number;
	uint64_t view;			/* the number that its members came
					   with                               */
	uint64_t acknowledged;
	uint64_t old_view;		/* that was acknowledged last         */
	uint32_t count, old_count;
	uint16_t members[CONFIG_MAX];
	uint16_t old[CONFIG_MAX];	/* its members                        */
};

struct config_message {
	struct config now;		/* its successor is being decided     */
	uint64_t ballot;
	uint64_t accepted;		/* of a promise: ballot of next, or 0;
					   of a refusal: what stands in the way */
	struct config next;
};

struct config_beat {
	struct config now;
	uint64_t whole;			/* the sender has a copy of this view's
					   state, or CONFIG_NONE              */
};

/* "Is n still the last one?"  "I know of nothing behind it." */
struct config_ask {
	uint64_t number, round;
};

struct config_nodes {
	uint64_t bits[FR_NODES_MAX / 64];
	uint32_t count;
};

struct configs {
	/* The acceptor, of number now.number + 1; on the disk. */
	struct config now;
	uint64_t promised, accepted;
	struct config next;		/* that was accepted                  */
	int64_t accepted_at;
	/* The proposer. */
	enum { CONFIG_IDLE, CONFIG_PREPARING, CONFIG_ACCEPTING } phase;
	uint64_t ballot, seen, best;
	struct config wish;
	struct config_nodes answered;
	int64_t again;			/* when it tries anew                 */
	/* What this node is asked to make sure of. */
	uint64_t round, confirmed, wanted;
	struct config_nodes sure;
	/* The others. */
	struct {
		int64_t heard;
		uint64_t whole;
	} peers[FR_NODES_MAX];
	uint64_t whole;			/* what is said in beats              */
	int64_t beat, patience;
	uint32_t length, least;
	bool silent;			/* the disk failed: as if crashed     */
	/* Another configuration is known now. */
	void (*changed)(struct fr_node *me, const struct config *before);
	/* Rounds up to `confirmed` are. */
	void (*sured)(struct fr_node *me);
};

static inline struct configs *
configs(struct fr_node *me)
{
	return me->state;
}

/* The place among them, or count: not one of them. */
static inline uint32_t
config_index(const uint16_t *members, uint32_t count, uint32_t node)
{
	uint32_t i;

	for (i = 0; i < count && members[i] != node; i++)
		;
	return i;
}

static inline bool
config_has(const uint16_t *members, uint32_t count, uint32_t node)
{
	return config_index(members, count, node) < count;
}

static inline uint32_t
config_place(struct fr_node *me)
{
	const struct config *now = &configs(me)->now;

	return config_index(now->members, now->count, me->id);
}

/* With the first `length` nodes at first; -1: the disk would not tell. */
int config_start(struct fr_node *me);
/* Once more, what was read. */
int config_save(struct fr_node *me);
/* Each time the protocol's timer fires, every `beat`. */
void config_tick(struct fr_node *me);
/* The first member: all members have what it has. */
void config_acknowledge(struct fr_node *me);
/*
 * Asks whether the present configuration still is the last one.  It was, at
 * some moment after this call, once `confirmed` has come to what is returned.
 */
uint64_t config_confirm(struct fr_node *me);
bool config_alive(struct fr_node *me, uint32_t node);

void config_on_prepare(struct fr_node *me, uint32_t, const void *, size_t);
void config_on_promise(struct fr_node *me, uint32_t, const void *, size_t);
void config_on_accept(struct fr_node *me, uint32_t, const void *, size_t);
void config_on_accepted(struct fr_node *me, uint32_t, const void *, size_t);
void config_on_refused(struct fr_node *me, uint32_t, const void *, size_t);
void config_on_beat(struct fr_node *me, uint32_t, const void *, size_t);
void config_on_ask(struct fr_node *me, uint32_t, const void *, size_t);
void config_on_answer(struct fr_node *me, uint32_t, const void *, size_t);

/* One of the above. */
void config_describe(uint32_t type, const void *body, char *text, size_t max);
uint64_t config_digest(const struct configs *c);

#define CONFIG_TABLE							\
	[CONFIG_PREPARE]  = { "prepare",  config_on_prepare,		\
			      sizeof(struct config_message) },		\
	[CONFIG_PROMISE]  = { "promise",  config_on_promise,		\
			      sizeof(struct config_message) },		\
	[CONFIG_ACCEPT]   = { "accept",   config_on_accept,		\
			      sizeof(struct config_message) },		\
	[CONFIG_ACCEPTED] = { "accepted", config_on_accepted,		\
			      sizeof(struct config_message) },		\
	[CONFIG_REFUSED]  = { "refused",  config_on_refused,		\
			      sizeof(struct config_message) },		\
	[CONFIG_BEAT]     = { "beat",     config_on_beat,		\
			      sizeof(struct config_beat) },		\
	[CONFIG_ASK]      = { "ask",      config_on_ask,		\
			      sizeof(struct config_ask) },		\
	[CONFIG_ANSWER]   = { "answer",   config_on_answer,		\
			      sizeof(struct config_ask) }

#define CONFIG_PARAMS							\
	{ .name = "beat", .kind = FR_PARAM_TIME, .flags = FR_KNOB,	\
	  .fallback = "25ms", .min = "1ms", .max = "10s",		\
	  .low = "10ms", .high = "100ms",				\
	  .help = "time between two heartbeats" },			\
	{ .name = "patience", .kind = FR_PARAM_TIME, .flags = FR_KNOB,	\
	  .fallback = "200ms", .min = "2ms", .max = "1m",		\
	  .low = "100ms", .high = "1s",					\
	  .help = "who is silent so long is taken for dead" },		\
	{ .name = "length", .kind = FR_PARAM_INT, .flags = FR_KNOB,	\
	  .fallback = "1", .min = "0", .max = "64",			\
	  .low = "0", .high = "5",					\
	  .help = "members of a view, if there are so many nodes, but "	\
		  "never less than a majority; 0: all" }

#endif
