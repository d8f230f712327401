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
#include "core/node/faults.h"

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

/* ---- what is done to it on purpose (disk_faults.c) ---------------------------- */

/*
 * A crash still loses exactly what is in memory.  For other losses than of
 * everything, parts of what is not synced are written below early, as they
 * come: so it makes no difference what ends the node, nor when.
 *
 * `seed`, `node` and `boot` are what is drawn from, with f->draw.
 */
void disk_set_faults(struct disk *d, const struct node_disk *f, uint64_t seed,
		     uint32_t node, uint32_t boot);

/* Told of each effect. */
typedef void (*disk_count_fn)(void *arg, enum node_effect effect,
			      uint64_t by);
void disk_set_count(struct disk *d, disk_count_fn fn, void *arg);

/* Bytes that were not synced, and how many of them a crash would find again. */
uint64_t disk_unsynced(const struct disk *d, uint64_t *survive);

/* NULL, or what is wrong with such a name, as in "... `a/b`: SLASHES ...". */
const char *disk_name_wrong(const char *file);

#endif
