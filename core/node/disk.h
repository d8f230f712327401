/* SPDX-License-Identifier: MIT */
/*
 * A node's durable files: what was written and not synced is in memory, over
 * what lasts (backing.h: the real files of a folder, say).  So a process that
 * is killed loses exactly what it had not synced, as a machine without power
 * would.
 *
 * Answers are the contract's: 0 or more, or a negative FR_E....  A file's
 * truncation and removal are writes too: reads see them at once, the disk at
 * the next disk_sync of that name.  A removed file that is written again
 * begins empty; syncing a name that was removed makes the removal last.
 *
 * It knows no loop and no clock; the simulated world can hold many of them.
 */
#ifndef NODE_DISK_H
#define NODE_DISK_H

#include <stddef.h>
#include <stdint.h>

#include <fracas/protocol.h>

#include "core/base/err.h"
#include "core/node/backing.h"

struct disk;

/* A node that holds more than this unsynced is told that the disk is full. */
#define DISK_DIRTY_MAX	(256u * 1024u * 1024u)
/* And so is one with more files than this. */
#define DISK_FILES_MAX	4096u

/* `under` is left when the disk ends, also where this fails. */
struct disk *disk_new(struct backing *under, struct fr_err *err);
/* Forgets what was not synced. */
void disk_free(struct disk *d);

int disk_write(struct disk *d, const char *file, uint64_t offset,
	       const void *data, size_t size);
int64_t disk_read(struct disk *d, const char *file, uint64_t offset,
		  void *data, size_t size);
int disk_sync(struct disk *d, const char *file);
int disk_truncate(struct disk *d, const char *file, uint64_t size);
int disk_remove(struct disk *d, const char *file);
int64_t disk_size(struct disk *d, const char *file);
uint32_t disk_list(struct disk *d, struct fr_file *out, uint32_t max);

/* NULL, or what is wrong with such a name, as in "... `a/b`: SLASHES ...". */
const char *disk_name_wrong(const char *file);

#endif
