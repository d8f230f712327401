/* SPDX-License-Identifier: MIT */
/*
 * Scenario files: a run told step by step, and what has to come of it.
 *
 *	# The first write is still under way when both reads are asked.
 *	protocol abd
 *	nodes 3
 *	at 0 client 0 node 0: write key 0 value 1
 *	at 10ms client 1 node 1: read key 0 gives 1
 *	message update 1 from node 0 to node 2 takes 1s
 *	expect valid
 *
 *	scenario.c		the file; a run by it
 *	scenario_expect.c	what is expected, and what happened
 *
 * Lines of the run itself are those of a tape (tape_text.c).  In front of them
 * stand those that say what runs (protocol, workload, model, nodes, clients,
 * set, topology, latency, timeout, sync-time, seed).
 */
#ifndef RUN_SCENARIO_H
#define RUN_SCENARIO_H

#include "core/run/run.h"
#include "core/run/tape.h"

struct scenario_config {
	const char *path;
	const char *protocol;		/* in the place of the file's, or NULL */
	const char *db;
};

struct scenario_result {
	struct arena arena;
	int64_t run;
	struct run_result result;
	uint32_t expected, failed;
	const char *complaints;		/* a line for each that failed         */
};

/* -1: the file is wrong, or the run could not be made. */
int scenario_run(const struct scenario_config *c, struct scenario_result *out,
		 struct fr_err *err);
void scenario_result_free(struct scenario_result *r);

/* A run as a scenario file; `words` become its comment. */
void scenario_text(const struct run_config *c, const struct setup *s,
		   const struct tape *t, const struct run_result *r,
		   const char *words, struct buf *out);

/* ---- inside ------------------------------------------------------------------------ */

enum expected {
	EXPECT_GIVES, EXPECT_SUCCEEDS, EXPECT_FAILS, EXPECT_UNSURE,
	EXPECT_NOTE,		/* a node notes name=text                      */
	EXPECT_CLAIM,		/* a node claims name, key, value              */
	EXPECT_VERDICT,
	EXPECT_HASH
};

struct expectation {
	enum expected what;
	uint32_t line;
	const char *words;		/* as it is written                    */
	size_t op;			/* of an answer: which on the tape     */
	struct fr_value value;
	int64_t by;			/* since its phase began; -1: any time */
	bool then;			/* not until `by`, but at that time    */
	uint32_t node;
	const char *name, *text;
	int64_t key, number;
	enum verdict_kind verdict;
	uint64_t hash;
};

struct expectations {
	struct expectation *at;
	size_t count, room;
};

/* Behind an operation on its line; nothing there expects nothing. */
int expect_answer(struct expectations *all, struct tape_line *l, size_t op,
		  struct arena *a, struct fr_err *err);
/* A line that begins with `expect`. */
int expect_line(struct expectations *all, struct tape_line *l, uint32_t nodes,
		struct arena *a, struct fr_err *err);
/* What is not met, a line each; the run is in the store. */
int expect_compare(const struct expectations *all, const struct tape *t,
		   const char *name, struct history *h, int64_t run,
		   const struct run_result *r, struct scenario_result *out,
		   struct fr_err *err);

#endif
