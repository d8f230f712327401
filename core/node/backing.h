/* SPDX-License-Identifier: MIT */
/*
 * What lies under a node's durable files: what has been synced, and so is
 * found again after a crash.  A folder of real files, or memory.
 *
 * A file is told by a handle while it is open.  Answers are 0, or a negative
 * FR_E....
 */
#ifndef NODE_BACKING_H
#define NODE_BACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

struct backing;

typedef void *backing_file;

/* False: no more of them. */
typedef bool (*backing_each_fn)(void *arg, const char *name, uint64_t size);

struct backing_ops {
	/* Every file there is.  -1 and err: the place cannot be read. */
	int (*each)(struct backing *b, backing_each_fn each, void *arg,
		    struct fr_err *err);
	/* `make`: it is not there, and is to be. */
	int (*open)(struct backing *b, const char *name, bool make,
		    backing_file *out, uint64_t *size);
	void (*close)(struct backing *b, backing_file f);
	/* Fills all of it; what the file does not have is zero. */
	int (*read)(struct backing *b, backing_file f, uint64_t offset,
		    void *data, size_t size);
	int (*write)(struct backing *b, backing_file f, uint64_t offset,
		     const void *data, size_t size);
	int (*resize)(struct backing *b, backing_file f, uint64_t size);
	/* What was written lasts; and so do names, made and removed. */
	int (*sync)(struct backing *b, backing_file f);
	int (*sync_names)(struct backing *b);
	int (*remove)(struct backing *b, const char *name);
	/* The disk above it ends. */
	void (*leave)(struct backing *b);
};

/* Every backing begins with this. */
struct backing {
	const struct backing_ops *ops;
};

/* Takes over the descriptor; ends with the disk. */
struct backing *backing_folder(int folder);

/*
 * In memory, for a node in virtual time.  It outlives its disks, one a boot,
 * until it is freed.
 */
struct backing *backing_memory(void);
void backing_memory_free(struct backing *b);

/* Everything that is in `from`, into `to`, which is empty. */
int backing_copy(struct backing *from, struct backing *to,
		 struct fr_err *err);

#endif
