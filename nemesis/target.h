/* SPDX-License-Identifier: MIT */
/*
 * Whom a fault aims at: sets of nodes, read from text, drawn, and written.
 * A set is an array of one bool a node.
 */
#ifndef NEMESIS_TARGET_H
#define NEMESIS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/rand.h"

/* Adds the nodes of "2", "1,2" or "0-3,7" (`size` bytes) to the set; one that
 * is in it already, or is not there, is an error. */
int target_list(const char *text, size_t size, uint32_t nodes, bool *in,
		struct fr_err *err);

/*
 * The same, or a description: one, minority, majority, all, random.  Without
 * rng only says whether it makes sense for so many nodes, and leaves the set
 * as it is.
 */
int target_read(const char *text, uint32_t nodes, struct rng *rng, bool *in,
		struct fr_err *err);

/* Whether text is a list, and not a description. */
bool target_is_list(const char *text);

/* Exactly `count` of them, drawn at random, into an empty set. */
void target_draw(struct rng *rng, uint32_t nodes, uint32_t count, bool *in);

/* "0-3,7": as target_list reads it. */
void target_text(const bool *in, uint32_t nodes, struct buf *out);
/* For people: "node 2", "nodes 0-3,7". */
void target_words(const bool *in, uint32_t nodes, struct buf *out);

#endif
