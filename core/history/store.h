/* SPDX-License-Identifier: MIT */
/*
 * What the files of core/history share, and nobody else sees but
 * core/campaign/results.c, whose tables are in the same file.
 *
 * A struct history has one connection of its own, used by the caller's thread
 * alone, and while a run is written its writer has a second one, used by the
 * writer's thread alone; so no connection is ever in two threads, and SQLite's
 * own locks are left out (SQLITE_OPEN_NOMUTEX).
 */
#ifndef HISTORY_STORE_H
#define HISTORY_STORE_H

#include <sqlite3.h>

#include "core/history/history.h"

struct writer;

struct history {
	sqlite3 *db;
	char *path;
	bool writable;
	int64_t run;			/* being written; 0: none              */
	struct writer *writer;		/* NULL until the first run            */
	sqlite3_stmt *batch_insert;	/* see batch.c                         */
	uint32_t batch_rows;		/* not committed                       */
	int64_t batch_since;
	void (*on_failure)(void *arg);
	void *on_failure_arg;
};

/* "frac", in the header of every file of ours. */
#define STORE_APPLICATION	0x66726163
#define STORE_BUSY_MS		5000

/*
 * Events and messages are keyed by (run, rank) in one integer, so that rows of
 * a run lie together and need no index: 2^40 of them in each of 2^23 runs.
 */
#define STORE_RANK_BITS	40
#define STORE_RUNS_MAX	((INT64_C(1) << 23) - 1)

static inline int64_t
store_key(int64_t run, uint64_t rank)
{
	return (int64_t)((uint64_t)run << STORE_RANK_BITS | rank);
}

/* ---- schema.c ------------------------------------------------------------ */

/* store_steps[i] brings a file of version i to version i + 1. */
extern const char *const store_steps[];
extern const int store_version;		/* how many: the version of this code  */

/* ---- store.c ------------------------------------------------------------- */

/* What SQLite said, in words that name the file and what to do; always -1. */
int store_error(sqlite3 *db, const char *path, const char *doing,
		struct fr_err *err);
/* Opens a further connection to a file that is known to be ours. */
int store_connect(const char *path, sqlite3 **out, struct fr_err *err);
int store_exec(sqlite3 *db, const char *path, const char *sql,
	       struct fr_err *err);
int store_prepare(sqlite3 *db, const char *path, const char *sql,
		  sqlite3_stmt **out, struct fr_err *err);

/* ---- owner.c ------------------------------------------------------------- */

/* This process, in words that a later one can tell from any other. */
void owner_self(char *text, size_t max);
/* Whether that process is certainly gone. */
bool owner_gone(const char *text);

/* ---- writer.c ------------------------------------------------------------ */

int writer_new(struct history *h, struct writer **out, struct fr_err *err);
void writer_begin(struct writer *w, int64_t run);
int writer_flush(struct writer *w, struct fr_err *err);
/* What was counted in this run, from the events: of a struct run_row. */
void writer_totals(struct writer *w, struct run_row *row);
/* Waits for the last row. */
int writer_free(struct writer *w, struct fr_err *err);

#endif
