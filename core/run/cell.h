/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's side of fracas-cell: a worker process that does one
 * simulated run after another, each in a process of its own.
 *
 * A run follows from its seed alone: which worker does it, and what it did
 * before, makes no difference.
 */
#ifndef RUN_CELL_H
#define RUN_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/run/cell_wire.h"
#include "core/run/setup.h"
#include "core/run/tape.h"

struct cell_worker;

/* Who hears of what a run's log holds, in its order; each may be NULL. */
struct cell_sink {
	void (*event)(void *arg, const struct event *e);
	void (*trace)(void *arg, const struct trace *t);
	void (*step)(void *arg, const struct cell_step *s, const char *text);
	void (*choice)(void *arg, const struct tape_choice *c);
	void (*state)(void *arg, const char *line);
	void *arg;
};

/* What came of one run. */
struct cell_done {
	uint64_t seed;
	bool died;		/* its process did: then extra is all zero     */
	struct run_result result;	/* to be freed                         */
	struct cell_extra extra;	/* in the result's arena               */
	int64_t cpu_ns;
};

/*
 * Starts one.  `perturb`: not 0, memory that a run finds is filled with
 * something else than usual.  The setup is what the supervisor made of the
 * same configuration, with its copies of the plugins.
 */
struct cell_worker *cell_new(const struct setup *s, uint32_t perturb,
			     struct fr_err *err);
void cell_free(struct cell_worker *w);
/* Asks for a run; up to CELL_AHEAD may be asked for before the first is done. */
#define CELL_AHEAD 16u
int cell_ask(struct cell_worker *w, uint64_t seed, uint32_t flags,
	     struct fr_err *err);
/* By a tape; cell_ask takes that of the setup, if it has one. */
int cell_ask_tape(struct cell_worker *w, const struct tape *t, uint32_t flags,
		  struct fr_err *err);
/* From the next run on that is asked for: see struct cell_job. */
void cell_stop_at(struct cell_worker *w, uint64_t step);
/*
 * Writes what fracas-cell needs to do one run by itself, for a debugger that
 * is to stop at a step, which is a handler of `node`.
 */
int cell_alone(const struct setup *s, uint64_t step, uint32_t node,
	       const char *path, struct fr_err *err);
/* The path of fracas-cell: to be freed, or NULL. */
char *cell_program(struct fr_err *err);
/* Its process is not there any more, as far as is known: another may be. */
bool cell_gone(const struct cell_worker *w);
/* Readable when cell_read has something to do. */
int cell_fd(const struct cell_worker *w);
/*
 * Reads what has come.  1: a run is done; call again, there may be more.  0:
 * nothing more now.  -1: the worker cannot go on.  `wait`: never 0.
 */
int cell_read(struct cell_worker *w, bool wait, const struct cell_sink *sink,
	      struct cell_done *done, struct fr_err *err);

#endif
