/* SPDX-License-Identifier: MIT */
/*
 * Whom a fault aims at: read from text, drawn, and written.
 *
 * Nodes are numbered, "c0" is a client.  Sets are "2", "0-3,7", "c0-2",
 * "nodes", "clients"; several with commas.  A description says how many and
 * leaves open which: one, minority, majority, random; "all" are all.  NAME=TEXT
 * are those that note it of themselves when the fault starts.
 *
 * A set of nodes is an array of one bool a node; one of endpoints goes on with
 * one a client.
 */
#ifndef NEMESIS_TARGET_H
#define NEMESIS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nemesis/nemesis.h"

/* Nodes that no group names are in group 0. */
#define TARGET_GROUPS_MAX 255u

struct pair {
	uint32_t from, to;		/* as in net.h: clients behind nodes   */
};

struct links {
	struct pair *at;
	uint32_t count;
};

/* ---- before the run ----------------------------------------------------------- */

/* Does f's target make sense here? */
int target_check(const struct fault *f, const struct ground *g,
		 struct fr_err *err);
/* A description becomes a list, drawn with rng; anything else stays. */
int target_settle(struct fault *f, const struct ground *g, struct rng *rng,
		  struct fr_err *err);
/* The nodes that f aims at; false where only the run will tell, or it is not
 * nodes that it aims at. */
bool target_static(const struct fault *f, const struct ground *g, bool *in);
/* What may stand there: "nodes (2, or 1,2, or 0-3), one, ..." */
void target_help(uint32_t aims, struct buf *out);

/* Exactly `count` of them, drawn at random, into an empty set. */
void target_draw(struct rng *rng, uint32_t nodes, uint32_t count, bool *in);
/* For `draw`: mostly few, now and then so many that everybody has to stop;
 * at most `most`. */
void target_draw_some(struct fault *f, const struct ground *g,
		      struct rng *rng, uint32_t most);

/* ---- when it starts -------------------------------------------------------------- */

/* The nodes f aims at; what the guard does not let through is left out.  -1:
 * nobody is meant (nobody notes it, say), and why. */
int target_nodes(const struct scene *s, struct fault *f, bool *in,
		 struct fr_err *err);
/* One number a node, from 1; 0: in no group. */
int target_groups(const struct scene *s, const struct fault *f,
		  uint8_t *group, struct fr_err *err);
/* Every link once; only those that the topology has.  at: the caller's to
 * free. */
int target_links(const struct scene *s, const struct fault *f,
		 struct links *out, struct fr_err *err);
int target_clients(const struct scene *s, const struct fault *f, bool *in,
		   struct fr_err *err);

/* ---- in words ------------------------------------------------------------------------ */

/* "0-3,7". */
void target_text(const bool *in, uint32_t nodes, struct buf *out);
/* "c0-3,c7". */
void target_clients_text(const bool *in, uint32_t clients, struct buf *out);
/* "0,1|2-4". */
void target_groups_text(const uint8_t *group, uint32_t nodes,
			struct buf *out);
/* For people: "node 2", "nodes 0-3,7", "every node". */
void target_words(const bool *in, uint32_t nodes, struct buf *out);
/* "0>1", "link 0>1 and 5 more". */
void target_links_words(const struct links *l, uint32_t nodes,
			struct buf *out);

#endif
