/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a disk at rest: harm done to what was synced, below whatever
 * disk stands on it now, or while its node is down.
 */
#ifndef NODE_HARM_H
#define NODE_HARM_H

#include "core/base/err.h"
#include "core/node/backing.h"
#include "core/node/faults.h"

/* What HARM_KEEP can keep. */
#define HARM_KEEP_MAX (256u * 1024u * 1024u)

/*
 * Does `h` to what lies in b.  `kept` is where HARM_KEEP puts what was there
 * (NULL in it: nothing is kept); it is freed with backing_memory_free.
 * `effects` (NODE_EFFECTS of them) are added to; what is drawn follows from
 * seed, node and h->draw.
 */
int harm_do(struct backing *b, const struct node_harm *h, uint64_t seed,
	    uint32_t node, struct backing **kept, uint64_t *effects,
	    struct fr_err *err);

#endif
