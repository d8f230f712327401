/* SPDX-License-Identifier: MIT */
/*
 * Queues, stacks and priority queues whose values are put in once each: what
 * their three decisions share.
 *
 * Times are ranks; gap g is the instant between rank g and rank g + 1.  A value
 * is surely there in the gaps put_ret .. take_call - 1, its *critical* ones.
 * One that was never taken is taken at the rank `end`, behind everything.
 *
 * A pending take may have taken any value that was never taken.  Which of
 * these must have been taken, and by when, is told by the others; where that
 * leaves a choice that turns out badly the general search is asked.
 */
#ifndef CHECKER_COLLECTIONS_H
#define CHECKER_COLLECTIONS_H

#include "checker/engine.h"

struct item {
	uint32_t put, take;		/* operations; take NONE: never taken  */
	uint32_t put_call, put_ret;	/* put_ret <= take_ret                 */
	uint32_t take_call, take_ret;	/* take_call >= put_call               */
};

struct collection {
	const struct part *p;
	struct budget *budget;
	struct answer *out;
	struct item *items;
	uint32_t count, room;
	uint32_t end;
	uint32_t *empties, empty_count;	/* takes that found nothing            */
	uint32_t *lost, lost_count;	/* pending takes, in order of calls    */
	uint32_t left;			/* items that were never taken         */
};

/* false: answered already (or not for us). */
bool collection_gather(struct collection *c, const struct part *p,
		       struct answer *out, struct budget *b);
void collection_free(struct collection *c);
void collection_clash(struct collection *c, const char *what, uint32_t item,
		      uint32_t other);
/*
 * Gives pending takes to items[which[0 .. count)], which must have been taken;
 * in the order of their deadlines.  false: there are not enough.
 */
bool collection_match(struct collection *c, const uint32_t *which,
		      const uint32_t *deadline, uint32_t count);

/* Items in order of put_call, take_call, ...; `at` is an offset in items. */
bool collection_sort(const struct collection *c, size_t member, uint32_t *out);

void queue_decide(const struct part *p, struct answer *out, struct budget *b);
void stack_decide(const struct part *p, struct answer *out, struct budget *b);
void priority_decide(const struct part *p, struct answer *out,
		     struct budget *b);
/* These two share nothing with the others but their form. */
void counter_decide(const struct part *p, struct answer *out,
		    struct budget *b);
void set_decide(const struct part *p, struct answer *out, struct budget *b);

#endif
