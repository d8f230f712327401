/* SPDX-License-Identifier: MIT */
/*
 * What the supervisor asks of the nursery: one packet each, with descriptors
 * beside it (SCM_RIGHTS).  The nursery answers with struct nursery_said.
 */
#ifndef NODE_ASK_H
#define NODE_ASK_H

#include <stdint.h>

/*
 * Both programs have to be of one build, and show it by this: argv[2] of
 * `fracas-node nursery`.  The number changes with anything that they, or nodes
 * and the switch, say to each other.
 */
#define ASK_STAMP "fracas " FRACAS_VERSION ", nursery 2"

/* The nursery's end of the socket. */
#define ASK_FD 3

#define ASK_SPAWN  1u		/* followed by plugin, dir, url, each with its
				   final zero                                  */
#define ASK_SIGNAL 2u
#define ASK_END	   3u		/* in order: the folder stays                  */

/* Which descriptors come with ASK_SPAWN, in this order. */
#define ASK_HAS_SOCKET 1u
#define ASK_HAS_OUT    2u
#define ASK_HAS_ERR    4u
#define ASK_HAS_PAGE   8u
#define ASK_FDS	       4u

struct ask {
	uint32_t kind;
	uint32_t mode, carrier;
	uint32_t node, boot;
	int32_t signal;
	uint32_t has;
	uint32_t plugin_size, dir_size, url_size;	/* final zeros counted */
};

/* A packet with three paths. */
#define ASK_MAX (sizeof(struct ask) + 3 * 4096)

#endif
