/* SPDX-License-Identifier: MIT */
/*
 * What a supervisor and fracas-cell say to each other.
 *
 * The supervisor says once what is to run (config), then asks for one run
 * after another (struct cell_job).  Each is answered by a struct cell_head and,
 * behind it, the run's log: records, in the order in which they were written
 * by the cell that did the run, into memory that outlives it.
 *
 * Both are of one build, and on one machine.
 */
#ifndef RUN_CELL_WIRE_H
#define RUN_CELL_WIRE_H

#include <stdint.h>

#include "core/base/mem.h"
#include "core/run/run.h"
#include "core/world/world.h"

/* The number changes with anything that they say to each other. */
#define CELL_STAMP "fracas " FRACAS_VERSION ", cell 5"

/* The cell's end of the socket. */
#define CELL_FD 3

#define JOB_EVENTS 1u		/* the whole log of events, and the trace      */
#define JOB_STEPS  2u		/* and every step of the world                 */
#define JOB_CHOICES 4u		/* and what chance had a choice of             */
#define JOB_FIGURES 8u		/* how long operations and recoveries took     */

struct cell_job {
	uint64_t seed;
	uint32_t flags;
	uint32_t tape;		/* bytes of a tape that follow; 0: none        */
	uint64_t stop;		/* the state after so many steps is told, 0:
				   of none                                     */
};

/* How the process ended in which a run was done. */
struct cell_head {
	uint64_t seed;
	uint64_t size;		/* of the log behind this                      */
	uint32_t ended;		/* 0: in order; else it died: status, as of
				   waitpid, or 0 where it was ended            */
	int32_t status;
	uint32_t hung;		/* it was ended                                */
	uint32_t node, doing, index;	/* what it was doing then              */
	int64_t t;
	int64_t cpu_ns;
};

#define RECORD_EVENT  1u
#define RECORD_TRACE  2u
#define RECORD_STEP   3u
#define RECORD_RESULT 4u
#define RECORD_TEXT   5u	/* the cell could not do its work: why         */
#define RECORD_CHOICE 6u	/* as choice_put has it                        */
#define RECORD_STATE  7u	/* a line about the world at job.stop          */

/*
 * What fracas-cell finds in a file when it is started to do one run by itself,
 * in its own process, for a debugger: this, the configuration, and the tape.
 */
struct cell_alone {
	uint64_t config, tape;	/* bytes                                       */
	uint64_t seed, stop;
	uint32_t node;		/* whose handler it is at job.stop             */
	uint32_t reserved;
};

/* A record: this, and a body of `size` bytes, filled up to a multiple of 8. */
struct cell_record {
	uint32_t kind;
	uint32_t size;
};

/* A step, as it travels; behind it a text that describes its body. */
struct cell_step {
	int64_t t;
	uint64_t id, hash, body_hash;
	uint32_t kind, node, peer, index, size;
	uint32_t text;		/* bytes of the text                           */
};

/* What came of one run besides the verdict. */
struct cell_extra {
	uint64_t steps;		/* of the world                                */
	uint64_t events;	/* recorded                                    */
	uint64_t trace_dropped;
	const uint64_t *checkpoints;
	uint32_t checkpoint_count;
};

void cell_put_config(struct buf *b, const struct run_config *c);
/* Everything in the arena. */
int cell_get_config(const void *data, size_t size, struct arena *a,
		    struct run_config *out, struct fr_err *err);
void cell_put_event(struct buf *b, const struct event *e);
/* Points into the data, and to `list`, where there is room for it. */
int cell_get_event(const void *data, size_t size, struct event *e,
		   int64_t **list, size_t *list_room);
void cell_put_trace(struct buf *b, const struct trace *t, uint32_t max_body);
int cell_get_trace(const void *data, size_t size, struct trace *t);
void cell_put_result(struct buf *b, const struct run_result *r,
		     const struct cell_extra *x);
/* Everything in out->arena. */
int cell_get_result(const void *data, size_t size, struct run_result *out,
		    struct cell_extra *x);

#endif
