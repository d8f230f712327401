/* SPDX-License-Identifier: MIT */
/*
 * What a run was seen to do: its events, summed up.  It is fed one event after
 * another, while the run goes on or from the store, and comes to the same in
 * both cases; the story and the verdict are made from it.
 *
 * Some kinds of events use fields beyond what history.h says of them:
 *   EVENT_FAIL, EVENT_INFO  number: 1 where the node itself said so
 *   EVENT_HEAL              key: 1 where the fault took effect, else 0
 *   EVENT_FAULT             key: when it was to begin by the plan, in ns since
 *                           the run began; FR_NO_KEY: by hand
 *   EVENT_PHASE             number: how the phase before it went (below);
 *                           text: why
 */
#ifndef RUN_TALLY_H
#define RUN_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/mem.h"
#include "core/history/history.h"
#include "core/world/world.h"

enum phase_went {
	PHASE_WENT_WELL,
	PHASE_INCOMPLETE,	/* it could not be brought to its end          */
	PHASE_STUCK		/* no progress                                 */
};

/* A fact that two nodes (or two boots of one) state differently. */
struct claim {
	const char *what;
	int64_t key, value;
	int32_t node, boot;
	int64_t t;
};

struct contradiction {
	struct claim first, second;
};

struct tally_end {
	int64_t t;
	int32_t node, boot;
	enum end_cause cause;
	bool booting;		/* it had not been ready                       */
	const char *text;
};

struct tally_fault {
	uint32_t id;
	const char *family, *what, *effect;
	int64_t planned;	/* to begin; -1: by hand                       */
	int64_t began, ended;	/* ended: -1 while it is on                    */
	bool effective;
	uint64_t ended_at;	/* how many events there were before its end   */
	/* When the first operation that began after it ended ok; -1: none. */
	int64_t recovered;
};

struct tally_misuse {
	const char *text;
	uint64_t count;
	int32_t node;		/* the first that did it                       */
	int64_t t;
};

struct tally_phase {
	const char *name, *text;	/* text: NULL or why it began          */
	int64_t t;
	enum phase_went before;		/* how the one before went             */
};

struct tally_op {
	uint64_t invoked, ok, fail, info;
};

struct tally_client {
	uint64_t invoked, answered;
	uint64_t invoked_at;	/* events before its last invoke               */
};

struct tally {
	struct arena arena;
	uint64_t events;
	uint64_t hash;			/* of all of them                      */
	int64_t last;			/* the last event's time               */
	struct tally_op *ops;		/* by f                                */
	size_t op_count, op_room;
	uint64_t invoked, ok, fail, info;
	int64_t first_ok;		/* -1: none                            */
	struct tally_client *clients;
	size_t client_count, client_room;
	struct tally_node {
		uint32_t boots;
		int32_t ready;		/* the boot that was; -1: none         */
	} *nodes;
	size_t node_count, node_room;
	struct tally_end *ends;		/* by themselves or refused            */
	size_t end_count, end_room;
	struct tally_fault *faults;
	size_t fault_count, fault_room;
	struct tally_misuse *misuses;
	size_t misuse_count, misuse_room;
	uint64_t misused;
	struct tally_phase *phases;
	size_t phase_count, phase_room;
	size_t unrecovered;		/* faults that ended, and still felt   */
	/* Windows of the main phase; of the whole ones, those with an ok. */
	bool in_main;
	int64_t main_began, window;	/* window: the last with an ok; -1     */
	uint64_t windows, moving;
	uint64_t logs, notes, claims;
	struct contradiction contradiction;	/* the first, if there is one  */
	uint64_t contradictions;
	struct claim *claim_table;		/* open addressing             */
	size_t claim_room, claim_count;
	uint64_t claims_unkept;
};

/* Progress is looked for in windows of so long. */
#define TALLY_WINDOW	INT64_C(100000000)

void tally_init(struct tally *t);
void tally_free(struct tally *t);
void tally_event(struct tally *t, const struct event *e);
/*
 * A node that ended by its own doing: it keeps no promise from there on.  One
 * that was refused while it started did not: the machine may have been slow.
 */
bool end_is_crash(const struct tally_end *e);
/*
 * The share of the main phase in which there was progress: of its whole windows
 * those in which an operation ended ok.  -1: it had no whole window.
 */
double tally_availability(const struct tally *t);

#endif
