/* SPDX-License-Identifier: MIT */
/*
 * The folder of a run: ${TMPDIR:-/tmp}/fracas-UID/run-PID-XXXXXX, for its
 * owner alone, with node-I/ for each node's files and plugins/ for private
 * copies of what the nodes load.
 *
 * Whoever uses one holds a lock on the file `lock` in it.  One that nobody
 * holds belongs to a supervisor that is gone, and is swept away by the next.
 */
#ifndef RUN_RUNDIR_H
#define RUN_RUNDIR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

struct rundir {
	char *base, *path;
	int lock;
};

/* Sweeps what others left, and makes a new one. */
int rundir_make(struct rundir *d, uint32_t nodes, struct fr_err *err);
/* What is in it stays: under a new name, which nothing sweeps away, and which
 * becomes d->path. */
int rundir_keep(struct rundir *d, struct fr_err *err);
/* Lets go of it, and removes it unless `keep`. */
void rundir_free(struct rundir *d, bool keep);

#define SHA256_TEXT 65
/* A copy of a file in the folder's plugins/, read-only; its path is the
 * caller's to free.  sha256 is the copy's, in hexadecimal. */
int rundir_copy(const struct rundir *d, const char *file, char **path,
		char sha256[SHA256_TEXT], struct fr_err *err);

#endif
