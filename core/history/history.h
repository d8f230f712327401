/* SPDX-License-Identifier: MIT */
/*
 * The store: one SQLite file holds many runs.
 *
 * A run's history is an append-only log of events, in the order in which they
 * happened, an invoke before its request leaves; so any prefix is a valid
 * history, and a supervisor that is killed loses at most the last instants
 * and never makes a lie.
 *
 * Writing is done by a thread of its own behind a bounded queue.  An event is
 * never dropped: where the queue is full, the caller waits (and the time is
 * counted).  A message of the trace is dropped instead, and counted.
 */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <fracas/protocol.h>
#include <fracas/workload.h>

#include "core/base/err.h"
#include "core/base/limit.h"
#include "core/base/mem.h"

struct history;

/* Numbered for ever: they are in people's files. */
enum event_kind {
	EVENT_INVOKE = 1,	/* process, f, key, value; node, client        */
	EVENT_OK = 2,		/* process, f, key, value: the result          */
	EVENT_FAIL = 3,		/* text: why; number: 1, the node said so      */
	EVENT_INFO = 4,		/* the same                                    */
	EVENT_BOOT = 10,	/* node, boot                                  */
	EVENT_READY = 11,
	EVENT_END = 12,		/* name: the cause; text: in words             */
	EVENT_FAULT = 20,	/* number: fault id; name: family; text: what  */
	EVENT_HEAL = 21,	/* number: fault id; name; text: its effect;
				   key: 1, it took effect, else 0              */
	EVENT_CLAIM = 30,	/* name: what; key; number: value              */
	EVENT_NOTE = 31,	/* name; text                                  */
	EVENT_LOG = 32,		/* number: level; name: stdout, stderr, log    */
	EVENT_MISUSE = 33,	/* text                                        */
	EVENT_PHASE = 40	/* name: main, heal, final, end                */
};

extern const char *event_name(enum event_kind kind);	/* "invoke", ... */

/* -1 in node or process: none.  NULL in name or text: none. */
struct event {
	int64_t t;		/* nanoseconds since the run began             */
	enum event_kind kind;
	int32_t node;
	int32_t boot;
	int64_t process;
	int32_t client;
	int32_t f;		/* index in the run's operations; -1: none     */
	int64_t key;		/* FR_NO_KEY: none                             */
	int64_t number;
	struct fr_value value;
	const char *name;
	const char *text;
};

/* One message of the trace. */
struct trace {
	int64_t sent, arrived;	/* -1: never                                   */
	uint32_t src, dst, src_boot, type, size;
	uint8_t fate;
	const void *body;	/* NULL: not kept                              */
};

/* What a run was made of: enough to repeat it.  Texts are JSON where said. */
struct run_row {
	int64_t id;
	char *protocol, *plugin, *sha256;	/* name, path, of the .so      */
	char *workload;
	char *world;		/* "live", "sim"                               */
	uint64_t seed;
	char *config;		/* JSON: every option and parameter            */
	char *plan;		/* the faults, in the plan language            */
	char *ops;		/* JSON array of the operations' names         */
	char *message_types;	/* JSON array                                  */
	char *version, *machine;
	char *command;		/* as a person would type it again             */
	char *door;		/* URL of the running cluster, or NULL         */
	uint32_t nodes, clients;
	int64_t started;	/* wall, ns                                    */
	int64_t ended;		/* wall, ns; 0: running or interrupted         */
	char *status;		/* "running" "done" "interrupted" "broken"     */
	char *verdict;		/* "valid" "invalid" "unknown" or NULL         */
	char *reason;		/* one sentence                                */
	char *report;		/* JSON: the whole verdict line                */
	char *evidence;		/* for people, several lines                   */
	uint64_t messages, message_bytes, trace_dropped;
	int64_t duration;	/* of the main phase, ns                       */
	/* The store counts these itself, from the events that it was given. */
	uint64_t ok, fail, info;	/* operations by their end             */
	int64_t waited;		/* ns for which events waited for the store    */
	char *tape;		/* what else it was made from, or NULL         */
	int64_t shrunk_from;	/* the run that it is the core of; 0: none     */
};

void run_row_free(struct run_row *row);	/* what it points to */

/*
 * Opens (and makes, where `make`) a file; brings an older one forward.  Says
 * clearly: not SQLite, not ours, of a newer version, read-only, locked, full.
 * With `make` the file must be one that can be written; without, a read-only
 * one is read as it is.
 */
struct history *history_open(const char *path, bool make, struct fr_err *err);
/* Waits until everything is written.  -1: something was not. */
int history_close(struct history *h, struct fr_err *err);

/*
 * Begins a run; fills row->id.  Starts the writer thread.  Runs whose
 * supervisor is gone are marked interrupted.  One run at a time: end it before
 * the next begins.
 */
int history_begin(struct history *h, struct run_row *row, struct fr_err *err);
void history_event(struct history *h, const struct event *e);
/* Body is kept when max_body > 0. */
void history_trace(struct history *h, const struct trace *t, uint32_t max_body);
/* Everything so far is in the file when this returns. */
int history_flush(struct history *h, struct fr_err *err);
/* Writes verdict, reason, report, evidence, status, counts, ended. */
int history_end(struct history *h, const struct run_row *row,
		struct fr_err *err);
/* The verdict of a run that has ended, in the place of the one it had. */
int history_verdict(struct history *h, int64_t run, const char *verdict,
		    const char *reason, const char *report,
		    const char *evidence, struct fr_err *err);
/* The writer failed (full disk ...): called once, from the writer's thread.
 * The run shall stop; what was written stays. */
void history_on_failure(struct history *h, void (*fn)(void *arg), void *arg);
/* The failure, if there was one: -1 and err. */
int history_failed(struct history *h, struct fr_err *err);
/* For the figures: events and trace rows written, trace rows dropped. */
void history_counts(struct history *h, uint64_t *events, uint64_t *traces,
		    uint64_t *dropped);

/*
 * Copies a stored run into another file, where it gets another number; 0 where
 * there is no such run.  What it was shrunk from stays behind.  Within the
 * caller's transaction, if there is one.
 */
int history_copy(struct history *to, struct history *from, int64_t run,
		 int64_t *as, struct fr_err *err);

/* ---- many seeds (batch.c) ------------------------------------------------- */

struct batch_row {
	const char *key;	/* the same: the same configuration            */
	const char *protocol, *workload, *config, *command;
};

struct seed_row {
	uint64_t seed;
	const char *verdict, *fingerprint;	/* the latter may be NULL      */
	uint64_t hash, ok, fail, info, messages;
	int64_t run;		/* where it is stored in full; 0: nowhere      */
};

/* `resume`: goes on with the last one of that key, if there is one. */
int history_batch_begin(struct history *h, const struct batch_row *b,
			bool resume, int64_t *id, struct fr_err *err);
/* Soon in the file; in it after history_batch_flush, which has to come before
 * history_begin and history_close. */
int history_batch_seed(struct history *h, int64_t batch,
		       const struct seed_row *r, struct fr_err *err);
int history_batch_flush(struct history *h, struct fr_err *err);
int history_batch_seeds(struct history *h, int64_t batch,
			int (*each)(void *arg, const struct seed_row *r),
			void *arg, struct fr_err *err);

/* ---- reading ------------------------------------------------------------- */

/* "7", "last", or "last-failed": the last one with the verdict invalid. */
int history_find(struct history *h, const char *which, int64_t *id,
		 struct fr_err *err);
int history_run(struct history *h, int64_t id, struct run_row *out,
		struct fr_err *err);
/*
 * Newest first; `each` returns non-zero to stop, which is no failure.  The row
 * and what it points to are good until `each` returns.  So for all of these.
 */
int history_runs(struct history *h, int (*each)(void *arg,
		 const struct run_row *row), void *arg, struct fr_err *err);
int history_events(struct history *h, int64_t run, int (*each)(void *arg,
		   uint64_t rank, const struct event *e), void *arg,
		   struct fr_err *err);
int history_traces(struct history *h, int64_t run, int (*each)(void *arg,
		   const struct trace *t), void *arg, struct fr_err *err);

/*
 * The operations of a run, put together from its events: one that has no end
 * is an info.  Everything is in the arena.  A run that was interrupted can be
 * loaded like any other.
 */
int history_load(struct history *h, int64_t run, struct arena *a,
		 struct fr_history *out, struct fr_err *err);
/* The same within limits (or NULL); beyond them it ends with EXIT_UNKNOWN. */
int history_load_within(struct history *h, int64_t run,
			struct limit *limit, struct arena *a,
			struct fr_history *out, struct fr_err *err);

/*
 * The same, while it happens: the recorder of a run feeds each event that it
 * records to one of these, and judges from it without reading the file back.
 */
struct assembler;

struct assembler *assembler_new(void);
void assembler_event(struct assembler *a, uint64_t rank,
		     const struct event *e);
/*
 * Whether the events so far made sense: -1 and the first that did not, naming
 * event and process (an end without a call, two open calls of one process).
 */
int assembler_check(const struct assembler *a, struct fr_err *err);
/*
 * Good until the next event or assembler_free.  `duration` is what the phases
 * say; the other run-wide counts are the caller's to fill.  The id of an
 * operation is the rank of its invoke.
 */
void assembler_history(struct assembler *a, struct fr_history *out);
void assembler_free(struct assembler *a);

#endif
