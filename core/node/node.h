/* SPDX-License-Identifier: MIT */
/*
 * What the nursery hands to a node it has forked.
 */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include <sys/types.h>

#include "core/node/nursery.h"

struct node_boot {
	enum nursery_mode mode;
	enum nursery_carrier carrier;
	uint32_t node, boot;
	const char *plugin;	/* as people know it                           */
	const char *image;	/* what is opened: the nursery's copy; or NULL */
	const char *trouble;	/* then: why there is no copy                  */
	const char *dir;	/* "" for a probe                              */
	const char *url;
	int socket;		/* NURSERY_STREAM, else -1                     */
	struct node_page *page;
};

/* The child's whole life.  It runs in its own process group already. */
_Noreturn void node_main(const struct node_boot *b);

#endif
