/* SPDX-License-Identifier: MIT */
/* What the tests of core/history share. */
#ifndef TEST_HISTORY_HELP_H
#define TEST_HISTORY_HELP_H

#include <sqlite3.h>

#include "core/history/history.h"

/* A directory of the test's own; dir_path gives a name in it, good until the
 * 128th call after. */
void dir_make(void);
void dir_remove(void);
const char *dir_path(const char *name);

/* Opened, or the test has failed with the message. */
struct history *must_open(const char *path, bool make);
/* A run of 5 nodes begun. */
void must_begin(struct history *h, struct run_row *row);
void must_close(struct history *h);

/* An event about nothing. */
struct event plain_event(enum event_kind kind);
/* The i-th event of a run of 4 clients, any prefix of which is a history. */
struct event numbered_event(uint64_t i);
/* Reads the run and checks that it is a prefix of numbered events; gives its
 * length. */
uint64_t check_events(struct history *h, int64_t run);
/* And that of its operations the open ones, and no others, are infos: for a
 * run that nobody writes any more. */
uint64_t check_numbered(struct history *h, int64_t run);

/* With the sqlite3 shell's eyes: the first column of the first row as text
 * ("NULL" for null), or the test has failed. */
const char *ask_sqlite(const char *path, const char *sql);
void tell_sqlite(const char *path, const char *sql);

#endif
