/* SPDX-License-Identifier: MIT */
/*
 * One experiment in one world, phase by phase:
 *
 *	boot   every node is started, until each is ready
 *	main   clients work, the nemesis does its worst
 *	heal   every fault ends, every node comes back, every operation ends
 *	progress  where there were faults: clients again, who have to get
 *	       somewhere (epilogue.h)
 *	quiet  until the nodes have nothing more to say to each other
 *	final  clients again, in a world without faults: the last reads
 *	end    the nodes are stopped
 *
 * It stands above world.h and cannot tell which world it is in.
 */
#ifndef RUN_EXPERIMENT_H
#define RUN_EXPERIMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/run/clients.h"
#include "core/run/recorder.h"
#include "core/run/run.h"
#include "core/run/work.h"
#include "core/world/world.h"
#include "nemesis/nemesis.h"

enum phase {
	PHASE_BOOT,
	PHASE_MAIN,
	PHASE_HEAL,
	PHASE_PROGRESS,
	PHASE_QUIET,
	PHASE_FINAL,
	PHASE_END
};

extern const char *const phase_names[];

struct experiment_config {
	struct recorder *recorder;
	struct work *work;
	struct plan *plan;
	const struct ground *ground;		/* that it was made for        */
	uint32_t nodes, clients;
	const uint32_t *const *requests;	/* as in clients.h             */
	const uint32_t *const *other_requests;
	double rate;
	int64_t time, timeout, boot_limit, hang_limit;
	int64_t progress_time;			/* within so long; 0: none
						   is demanded                 */
	bool core;				/* of a core quorum alone      */
	uint64_t ops, seed;
	const struct tape *tape;	/* NULL: the workload has its way      */
	void (*progress)(void *arg, const struct run_progress *p);
	void *arg;
};

/* What a node said last under one name. */
struct belief {
	char name[FR_NAME_MAX + 1];
	char *text;
};

struct experiment_node {
	uint32_t boots;			/* how many were recorded              */
	bool ready;			/* its first boot                      */
	bool crashed;			/* ended by itself, and stays down     */
	bool frozen;			/* outside the core: stopped           */
	bool lost;			/* a fault's doing, and stays down     */
	struct belief *beliefs;
	uint32_t belief_count;
};

struct experiment {
	struct experiment_config config;
	struct world *world;
	struct clients *clients;
	struct nemesis *nemesis;
	struct experiment_node *node;
	enum phase phase;
	int64_t since;			/* when the phase began                */
	int64_t deadline;		/* when it has to end                  */
	int64_t main_began, duration;	/* of the main phase                   */
	uint64_t tick;			/* timer                               */
	uint32_t ready;			/* nodes that were, once               */
	uint64_t sent;			/* messages, when last looked at       */
	int64_t silent_since;
	int64_t progress_at;
	bool core_chosen, shown;		/* of the epilogue             */
	char *stuck;			/* why there was no progress, or NULL  */
	bool interrupted, aborted;
	char *failure;			/* the testbed's own, or NULL          */
};

/* The world's config names these, and the experiment as their `arg`. */
extern const struct world_events experiment_events;
/* The same with every message kept. */
extern const struct world_events experiment_events_traced;

struct experiment *experiment_new(const struct experiment_config *c);
void experiment_free(struct experiment *x);

/* From the first boot to the last node's end.  -1: it could not begin; what
 * went wrong later is in x->failure. */
int experiment_run(struct experiment *x, struct world *w, struct fr_err *err);

/* Ends it in order, or at once; called from the world's loop. */
void experiment_interrupt(struct experiment *x);
void experiment_abort(struct experiment *x);
/* By hand: ends the main phase. */
void experiment_stop(struct experiment *x, const char *why);
/* The testbed cannot go on: the run ends, without a verdict. */
void experiment_fail(struct experiment *x, const char *text);
/* By hand: starts a node that is down. */
int experiment_boot(struct experiment *x, uint32_t node, struct fr_err *err);

#endif
