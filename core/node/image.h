/* SPDX-License-Identifier: MIT */
/*
 * The nursery's copies of plugins.  Rewriting a shared object in place kills
 * whoever has it mapped, and replacing it would let one run load two versions:
 * so nodes open a copy in memory, made once.
 */
#ifndef NODE_IMAGE_H
#define NODE_IMAGE_H

#include <stddef.h>

struct image {
	char *plugin;		/* the path that was asked for                 */
	char *path;		/* what to open, or NULL                       */
	char *trouble;		/* then: why                                   */
};

struct images {
	struct image *at;
	size_t count, room;
};

/* Never NULL; good until the next call. */
const struct image *image_of(struct images *images, const char *plugin);

#endif
