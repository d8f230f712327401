/* SPDX-License-Identifier: MIT */
/*
 * A history that a command works on, wherever it came from: a stored run, or
 * a file that others wrote.
 */
#ifndef CLI_SUBJECT_H
#define CLI_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "checker/checker.h"
#include "checker/import.h"
#include "core/base/limit.h"
#include "core/cli/cli.h"
#include "core/history/history.h"

/* How the rows of imported runs name their world. */
#define WORLD_IMPORTED	"imported"

struct subject {
	struct fr_history history;
	const char *const *op_names;
	uint32_t op_count;
	struct key_names keys;
	const char *model;		/* what it looks like, or NULL        */
	const char *format;		/* of a file; NULL: a stored run      */
	bool format_guessed;
	char *name;			/* "run 7", or the file's             */
	int64_t run;			/* 0: a file                          */
	char *beyond;			/* no operations: a limit was reached  */
	bool imported_run;		/* whose verdict comes from here      */
	/* private */
	struct arena arena;
	struct imported imported;
};

/* Whether a word names a file rather than a stored run.  What does not fit
 * within a limit (or NULL) is a subject without operations. */
bool names_file(const char *word);
/* -1 where the run is still being written: it has no verdict yet. */
int subject_refuse_running(const struct run_row *row, struct fr_err *err);
/* A stored run, which has ended or was interrupted. */
int subject_of_run(struct subject *s, struct history *h, int64_t id,
		   struct limit *limit, struct fr_err *err);
int subject_of_file(struct subject *s, const char *path, const char *format,
		    struct limit *limit, struct fr_err *err);
void subject_free(struct subject *s);

/* How it shall be judged. */
struct judging_options {
	const char *model;		/* NULL: what it looks like           */
	const struct settings *settings;
	struct limit limit;
	const char *db;			/* where an imported run is stored    */
	bool explain, json, quiet;
};

/* Judges and tells on stdout: what the command exits with.  An imported run
 * keeps the verdict. */
int subject_judge(const struct subject *s, const struct judging_options *o);

#endif
