/* SPDX-License-Identifier: MIT */
/*
 * A history of updates and the state that it leads to, on one node's disk.
 *
 * Updates are numbered from 1.  `clean` of them are known to be everywhere
 * where they have to be, and are done (machine.h); those behind it wait.  Up
 * to `base` they are in the state that was saved as a whole, and are forgotten
 * one by one.
 *
 * The disk has the saved state in one slot, and the updates behind it in a
 * file of its own, the name of which is in the slot: so that both change at
 * once, whenever a crash comes.
 */
#ifndef SHARED_HISTORY_H
#define SHARED_HISTORY_H

#include "machine.h"

struct update {
	uint64_t request;		/* who waits for it here; 0: nobody   */
	uint32_t size;
	unsigned char command[];
};

struct history {
	uint64_t base, clean, synced, last;
	uint64_t copied;		/* the view in which the state came
					   from another node                  */
	struct update **at;		/* base + 1 .. last                   */
	uint64_t room;
	struct machine machine;
	struct fr_wal file;
	uint64_t generation;		/* of the file                        */
	char name[FR_NAME_MAX + 1];
};

/* All of these: -1 where the disk failed, or there is no memory; this node
 * must not go on with what it has in memory then. */
int history_open(struct fr_node *me, struct history *h);
/* Behind the last; not yet synced. */
int history_append(struct fr_node *me, struct history *h, const void *command,
		   uint32_t size, uint64_t request);
int history_sync(struct fr_node *me, struct history *h);
/* Does all up to `upto`, and answers who waits for it. */
int history_do(struct fr_node *me, struct history *h, uint64_t upto);
/* Those behind `upto`, none of which is done, never were. */
int history_cut(struct fr_node *me, struct history *h, uint64_t upto);
/* Forgets what is done, and writes everything anew. */
int history_compact(struct fr_node *me, struct history *h);

/* NULL: it is not in memory any more, or not yet. */
struct update *history_at(const struct history *h, uint64_t number);
/* Nobody knows what becomes of what they wait for. */
void history_give_up(struct fr_node *me, struct history *h, const char *why);
/* Frees what is in memory. */
void history_drop(struct fr_node *me, struct history *h);

/* The state as it is now, to be sent to another node.  NULL: no memory. */
unsigned char *history_image(struct fr_node *me, const struct history *h,
			     size_t *size);
/* In the place of what is there. */
int history_install(struct fr_node *me, struct history *h,
		    const unsigned char *image, size_t size, uint64_t view);
uint64_t history_digest(const struct history *h);

#endif
