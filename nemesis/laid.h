/* SPDX-License-Identifier: MIT */
/*
 * What the families of the network have in common: a layer that a fault lays
 * over links (core/net/layer.h), lifts at its end, and reads its evidence
 * from.
 */
#ifndef NEMESIS_LAID_H
#define NEMESIS_LAID_H

#include "core/net/layer.h"
#include "nemesis/nemesis.h"
#include "nemesis/target.h"

/* A fault's state, or the beginning of it. */
struct laid {
	struct net *net;
	struct layer layer;
};

/* Zeroed, with the fault's own key; becomes f->state. */
struct laid *laid_new(const struct scene *s, struct fault *f, size_t size);
/* Lays it over all links between nodes and from or to clients that f aims at,
 * and says which.  -1: none. */
int laid_links(struct scene *s, struct fault *f, struct buf *words,
	       struct fr_err *err);
/* Over every link that leads from (or to) a node, to nodes and, where they are
 * meant, to clients. */
void laid_from(struct laid *l, uint32_t node, bool clients);
void laid_to(struct laid *l, uint32_t node, bool clients);
/* Lifts it; false while something that it held up is still under way. */
bool laid_end(struct scene *s, struct fault *f);
void laid_drop(struct fault *f);

/* "3 messages", "1 message"; false, and nothing added, for none. */
bool laid_count(struct buf *words, uint64_t n, const char *what);

#endif
