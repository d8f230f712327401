/* SPDX-License-Identifier: MIT */
/*
 * The state as a whole, as it travels: in pieces, each of which says of what
 * it is one.  `last` is the last command that is in it.
 */
#ifndef SHARED_IMAGE_H
#define SHARED_IMAGE_H

#include "machine.h"

#define IMAGE_MAX	(64u << 20)

struct image {
	unsigned char *data;
	uint64_t size, last;
	uint64_t got;			/* of one that arrives: so much of it */
};

/* The head of a piece; its bytes follow. */
struct piece {
	uint64_t last, total, offset;
};

/* A new one of the machine as it is, behind a head.  -1: no memory. */
int image_make(struct fr_node *me, struct image *i, const struct machine *m,
	       uint64_t last, const void *head, size_t size);
/* The head, and the machine becomes what follows it.  -1: it makes no sense. */
int image_use(struct fr_node *me, const struct image *i, struct machine *m,
	      void *head, size_t size);
/* On the disk, in a slot; FR_ENOENT: none was saved; others: as fr_load. */
int image_save(struct fr_node *me, const struct image *i);
int image_load(struct fr_node *me, struct image *i);
/* In the place of what was there. */
void image_keep(struct fr_node *me, struct image *i, const struct image *new);
void image_drop(struct fr_node *me, struct image *i);
/* One piece, with at most `most` bytes, from `offset` on. */
void image_piece(const struct image *i, uint64_t offset, uint64_t most,
		 struct fr_writer *w);
/* One more piece of what arrives; false: it is of no use. */
bool image_collect(struct fr_node *me, struct image *i,
		   const struct piece *piece, const void *data, size_t size);

static inline bool
image_whole(const struct image *i)
{
	return i->data != NULL && i->got == i->size;
}

#endif
