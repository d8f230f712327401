/* SPDX-License-Identifier: MIT */
/*
 * The clients: each asks one operation after another of the nodes, as the
 * workload has it, and every one of them ends as ok, fail or info.
 *
 * Written above world.h alone: the same against processes and in virtual time.
 */
#ifndef RUN_CLIENTS_H
#define RUN_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/run/recorder.h"
#include "core/run/tape.h"
#include "core/run/work.h"
#include "core/world/world.h"

struct clients;

struct clients_config {
	struct world *world;
	struct recorder *recorder;
	struct work *work;
	uint32_t nodes, clients;
	/* What node i calls operation f: requests[i][f]. */
	const uint32_t *const *requests;
	/* The same while it runs another file: by world->ops->running. */
	const uint32_t *const *other_requests;
	double rate;		/* operations a second in all; 0: free         */
	int64_t timeout;	/* of one operation                            */
	uint64_t ops;		/* in the main phase; 0: no limit              */
	uint64_t seed;
	/* Its operations in the place of the workload's; NULL: those. */
	const struct tape *tape;
	/* The workload did what it must not; said once; nothing more is asked
	 * of it. */
	void (*failed)(void *arg, const struct fr_err *err);
	void *arg;
};

struct clients *clients_new(const struct clients_config *c);
void clients_free(struct clients *c);

/* Begins FR_PHASE_MAIN or FR_PHASE_FINAL. */
void clients_begin(struct clients *c, uint32_t phase);
/* No new operations; those under way go on to their end. */
void clients_stop(struct clients *c);
/* How many operations are under way. */
uint32_t clients_outstanding(const struct clients *c);
/* Whether every client is through with this phase. */
bool clients_done(const struct clients *c);

/* ---- for the epilogue */

/* Clients ask these nodes alone, where the workload leaves the choice to them;
 * NULL: all again. */
void clients_confine(struct clients *c, const bool *in);
/* Since clients_begin: was this one answered by a node, or has it nothing to
 * ask?  Did it ask, and nobody answered?  Was anybody's operation ok? */
bool clients_answered(const struct clients *c, uint32_t client);
bool clients_silent(const struct clients *c, uint32_t client);
bool clients_succeeded(const struct clients *c);
/* "client 2 waits for node 1 (write) since 1.2s". */
void clients_words(const struct clients *c, uint32_t client, struct buf *out);

/* Since when this node owes an answer to anybody; -1: it owes none. */
int64_t clients_owed(const struct clients *c, uint32_t node);

/* From the world. */
void clients_replied(struct clients *c, const struct world_reply *r);
void clients_broken(struct clients *c, uint32_t client, uint64_t token,
		    uint32_t node);

#endif
