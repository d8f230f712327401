/* SPDX-License-Identifier: MIT */
/*
 * A configuration of the general search (search.c): what is linearized, the
 * state, and what can be told from them without looking at all operations.
 * configuration.c sets one up, moves it forth and back, and remembers it;
 * cuts.c knows where a history can be cut.
 */
#ifndef CHECKER_SEARCH_H
#define CHECKER_SEARCH_H

#include "checker/engine.h"

struct key {
	uint64_t low, high;
};

/* What to go back to: the trail's length, and where it stood. */
struct frame {
	uint32_t trail, state, at;
	uint32_t tried_class, tried_rank;	/* the last candidate tried    */
};

/*
 * Where nothing is under way but what never ended: the history can be cut here.
 * sure: whatever was before, the state is the same, if all pending operations
 * are loose.
 */
struct cut {
	uint32_t at;			/* so many completions are before it   */
	bool sure;
};

/* A cut that was reached, and the configuration there. */
struct mark {
	struct key key;
	struct frame start;
	uint32_t goal;			/* the cut that comes next             */
	uint32_t frames;		/* that were dropped until here        */
	bool sure;
};

/* Room for all of the arrays below whose size is known from the beginning. */
enum { MAIN_BLOCK, VALUE_BLOCK, PENDING_BLOCK, BLOCKS };

struct search {
	const struct part *p;
	struct object o;
	struct budget *budget;
	bool plain;
	struct {
		uint32_t *at;
		size_t count;
	} blocks[BLOCKS];
	uint32_t n, ok_count, pending_count, classes;
	/* A ring of the operations not linearized, in order of calls; n is
	 * its head.  Pending ones are not in it. */
	uint32_t *next, *prev;
	uint32_t *by_ret;
	uint8_t *taken;
	uint32_t at;			/* F is by_ret[at]                     */
	uint32_t state;
	struct key hash;
	uint32_t *trail;
	uint32_t trail_length, trail_room;
	struct frame *frames;
	uint32_t frame_count, frame_room;
	/* Operations of the same effect are a class. */
	uint32_t *class_of;
	uint32_t *class_stamp, *class_best;
	uint32_t *pending, *pending_start, *pending_used;
	uint32_t *open, open_count;	/* classes with pending, first first   */
	uint8_t *loose;			/* of a class: rule 6                  */
	/* plain: of each value a ring of those that need it, by deadline, and
	 * one of those that make it, by call; n + 1 + value is its head. */
	uint32_t *user_next, *user_prev, *maker_next, *maker_prev;
	uint32_t *first_class, *next_class;	/* with pending that make it   */
	uint32_t *want_stamp, *want;
	uint32_t want_count;
	uint32_t stamp;
	/* the memory of configurations, since the last mark */
	struct key *memo;
	uint64_t memo_mask, memo_count;
	uint64_t epoch;			/* older ones are forgotten            */
	/* rule 7 */
	struct cut *cuts;
	uint32_t cut_count, cut_room, goal;
	uint32_t settled;		/* `at` of the last sure mark          */
	struct mark *marks;
	uint32_t mark_count, mark_room;
	struct key *dead;
	uint64_t dead_mask, dead_count;
	uint64_t steps, since;		/* since it came further, or restarted */
	uint64_t patience;		/* for as many; 0: for any             */
	uint32_t deepest, reached;	/* reached: since it restarted         */
	uint32_t seed;			/* 0: nothing is drawn by lot          */
};

static inline uint64_t
scramble(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline bool
is_user(const struct part *p, uint32_t i)
{
	return p->a[i] != NONE && p->ret[i] != NEVER &&
		!(p->flags[i] & OP_UNLESS);
}

/* The ring of a value begins and ends here. */
static inline uint32_t
head_of(const struct search *s, uint32_t value)
{
	return s->n + 1 + value;
}

static inline bool
is_loose(const struct search *s, uint32_t i)
{
	return s->p->ret[i] == NEVER && s->loose[s->class_of[i]];
}

/* The state after i, or NONE. */
static inline uint32_t
step(struct search *s, uint32_t i)
{
	const struct part *p = s->p;
	uint32_t a, b;

	if (!s->plain)
		return s->o.step(&s->o, s->state, i);
	a = p->a[i];
	b = p->b[i];
	if (p->flags[i] & OP_UNLESS)
		return s->state == a ? NONE : s->state;
	if (a != NONE && a != s->state && s->state != WILD)
		return NONE;
	return b != NONE ? b : a != NONE ? a : s->state;
}

/* A candidate is called before this rank. */
static inline uint32_t
horizon(const struct search *s)
{
	return s->at < s->ok_count ? s->p->ret[s->by_ret[s->at]] : 0;
}

/* false: no memory; tear down all the same. */
bool search_set_up(struct search *s, const struct part *p,
		   const struct fr_history *h, struct budget *b);
void search_tear_down(struct search *s);
void search_take(struct search *s, uint32_t i, uint32_t state);
void search_go_back(struct search *s, const struct frame *f);
/* Remembers it.  1: the configuration is new; 0: it was here; -1: no memory. */
int search_remember(struct search *s);
/* The configuration, whichever way led to it. */
struct key search_key(const struct search *s);
/* A table of keys, zeroed where empty; false: no memory. */
bool keys_grow(struct budget *b, struct key **table, uint64_t *mask);
/* 1: it is new; 0: it was there. */
int keys_add(struct key *table, uint64_t mask, struct key k);

/* ---- cuts.c ---------------------------------------------------------------- */

bool cuts_find(struct search *s);
void cuts_free(struct search *s);
/* A cut was reached: 1, the search goes on from there; 0: it leads nowhere,
 * as was found before; -1: no memory. */
int cuts_pass(struct search *s);
/* Nothing leads on from the last mark: 1, back at the one before it; 0: there
 * is no linearization; -1: no memory. */
int cuts_back(struct search *s);
/* The same search anew, from a place on its way with up to `at` completions,
 * which is not before what is settled; or from the beginning. */
void cuts_again(struct search *s, uint32_t at);
void cuts_begin(struct search *s);

#endif
