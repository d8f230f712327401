/* SPDX-License-Identifier: MIT */
/*
 * Nodes that something is done to, for the families that aim at nodes.
 *
 * 1. A fault touches only the boots that it found: a node that was started
 *    again meanwhile, by hand or by another fault, is left alone.
 * 2. What a fault set it takes back only where nobody has set it anew since.
 * 3. Effects are told by what was counted while the fault was on.
 */
#ifndef NEMESIS_VICTIMS_H
#define NEMESIS_VICTIMS_H

#include "nemesis/nemesis.h"

struct victim {
	bool in;		/* it is aimed at                              */
	bool hit;		/* there was somebody to hurt                  */
	bool hurt;		/* and it was seen to be                       */
	bool over;		/* and it was undone                           */
	bool done;		/* the family's own                            */
	uint32_t boot;		/* that was found                              */
	uint32_t times;		/* the family's own                            */
	uint64_t mine;		/* see victim_claim                            */
	uint64_t off;		/* clock: the furthest that it saw             */
	uint64_t before[NODE_EFFECTS];
};

struct victims {
	int64_t since, until;
	struct victim at[];	/* one a node                                  */
};

/* For `draw`: some of the nodes, as many as the guard lets through. */
void victims_draw(struct fault *f, const struct ground *g, struct rng *rng);

/* Whom f aims at, into f->state; their names are added to `words`. */
struct victims *victims_aim(struct scene *s, struct fault *f,
			    struct buf *words, struct fr_err *err);
static inline struct victims *
victims_of(const struct fault *f)
{
	return f->state;
}

/* Whose word holds on this: from now on it is ours... */
void victim_claim(struct scene *s, struct fault *f, uint32_t node,
		  enum node_effect set);
/* ...and is it still? */
bool victim_ours(struct scene *s, struct fault *f, uint32_t node,
		 enum node_effect set);

/* What was counted since the fault began: of one, of all that it aims at. */
uint64_t victim_gain(struct scene *s, const struct fault *f, uint32_t node,
		     enum node_effect effect);
uint64_t victims_gain(struct scene *s, const struct fault *f,
		      enum node_effect effect);

/* Kills it, where it runs in that boot: 0, also where it is down already. */
int victim_kill(struct scene *s, struct fault *f, uint32_t node,
		struct fr_err *err);
/* Whether that boot is over. */
bool victim_is_down(struct scene *s, struct fault *f, uint32_t node);
/* Boots what this fault has ended; true where it is not down any more, or that
 * is not ours to change. */
bool victims_revive(struct scene *s, struct fault *f);

/* Those of them for whom it holds, in words; how many they are. */
uint32_t victims_words(struct scene *s, const struct fault *f,
		       bool (*is)(const struct victim *v), struct buf *words);
bool victim_in(const struct victim *v);
bool victim_hurt(const struct victim *v);
/* "12 bytes", "1 byte". */
void count_words(uint64_t count, const char *what, struct buf *words);

#endif
