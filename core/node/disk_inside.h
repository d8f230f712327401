/* SPDX-License-Identifier: MIT */
/* A disk's inside, for disk.c and for what is done to it (disk_faults.c). */
#ifndef NODE_DISK_INSIDE_H
#define NODE_DISK_INSIDE_H

#include <stdbool.h>

#include "core/base/rand.h"
#include "core/node/disk.h"
#include "core/node/map.h"

#define PAGE 4096u

struct page {
	uint64_t index;
	uint32_t low, high;	/* the unsynced bytes; low == high: none       */
	uint8_t below;		/* by sector: what the node sees is below all
				   the same, not synced                        */
	uint32_t survives;	/* unsynced bytes of these sectors             */
	unsigned char data[PAGE];
};

struct file {
	char name[FR_NAME_MAX + 1];
	uint64_t size;		/* as the node sees it                         */
	uint64_t keep;		/* bytes of the real file that still count     */
	uint64_t real;		/* bytes that the real file has                */
	bool there;		/* in the node's eyes                          */
	bool on_disk;		/* in the folder                               */
	bool nameless;		/* made, and the folder not synced since       */
	backing_file real_file;	/* NULL: not open now                          */
	uint64_t opened;	/* d->opens when it was                        */
	struct map pages;	/* index -> struct page *                      */
	uint64_t dirty;		/* pages with unsynced bytes                   */
	bool spilled;		/* all of it is below, not synced              */
	bool uncut;		/* the real file is longer than it was cut to  */
	uint64_t cut_to;	/* then: to so much, at least                  */
};

struct disk {
	struct backing *under;
	struct file **files;	/* in order of name                            */
	size_t count, room;
	struct file *last;	/* looked up last                              */
	uint64_t opens;
	uint32_t open_count;
	uint64_t dirty;		/* pages with unsynced bytes, of all files     */
	uint64_t unsynced;	/* those bytes                                 */
	uint64_t survives;	/* and those of them that are below            */
	bool crowded;		/* there are more files than it can know       */

	/* What is done to it on purpose. */
	bool faulty;
	struct node_disk faults;
	uint32_t fails_left;	/* of faults.sync_fails                        */
	struct rng rng;
	disk_count_fn count_fn;
	void *count_arg;
};

/* ---- disk.c */
struct page *disk_page(const struct file *f, uint64_t index);
/* What is not synced of a page from now on. */
void disk_page_range(struct disk *d, struct file *f, struct page *p,
		     uint32_t low, uint32_t high);
/* Which of its sectors are below. */
void disk_page_below(struct disk *d, struct page *p, uint8_t below);
/* Has the real file open: 0, or FR_E.... */
int disk_reach(struct disk *d, struct file *f);
void disk_shut(struct disk *d, struct file *f);
/* The real file becomes what the node sees; nothing is synced. */
int disk_store(struct disk *d, struct file *f);

/* ---- disk_faults.c: called where d->faulty */
/* 0, or why a read or a write does not work. */
int spoil_read(struct disk *d);
int spoil_write(struct disk *d, const struct file *f, uint64_t end);
/* Before anything is changed. */
int spoil_change(struct disk *d);
/* So much was written; cut to its size; removed. */
int spoil_written(struct disk *d, struct file *f, uint64_t offset,
		  uint64_t size);
int spoil_cut(struct disk *d, struct file *f);
int spoil_removed(struct disk *d, struct file *f);
/* Whether this sync fails, and drops what it should have kept. */
bool spoil_sync(struct disk *d, struct file *f);
/* A part of a page goes to the real file: here, or elsewhere. */
int spoil_store(struct disk *d, struct file *f, uint64_t offset,
		const unsigned char *data, uint32_t size);

#endif
