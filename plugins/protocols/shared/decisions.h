/* SPDX-License-Identifier: MIT */
/*
 * What a node knows of transactions and what became of them: a table, the
 * claim that a decision is, and the answers to clients.  Protocols for atomic
 * commitment keep what else they know of a transaction behind the decision.
 */
#ifndef SHARED_DECISIONS_H
#define SHARED_DECISIONS_H

#include <fracas/easy.h>

#define DECISIONS_BUCKETS 1024u

/* UNHEARD: it has not agreed to anything.  DOUBT: it has, and does not know
 * what was decided.  The other two are for ever. */
enum { UNHEARD, DOUBT, ABORTED, COMMITTED };

struct decision {
	struct decision *next;
	int64_t id;
	uint32_t state;
	bool asked;			/* a client of this node waits        */
	uint64_t request;
};

struct decisions {
	struct decision *at[DECISIONS_BUCKETS];
	size_t each;			/* bytes: a decision and what follows */
};

/* NULL: nothing is known of it. */
struct decision *decisions_find(const struct decisions *all, int64_t id);
/* The same, made where there is none; NULL: no memory. */
struct decision *decisions_get(struct fr_node *me, struct decisions *all,
			       int64_t id);
/* It is so from now on; who began it here is told. */
void decision_made(struct fr_node *me, struct decision *d, bool commit);
static inline bool
is_decided(const struct decision *d)
{
	return d->state == ABORTED || d->state == COMMITTED;
}

/* Whether a client's `transact` makes sense: one number a node.  If not, the
 * client was told. */
bool decision_votes(struct fr_node *me, const struct fr_request *rq);
/* A client asks what became of one: the answer to `outcome`. */
void decision_answer(struct fr_node *me, const struct fr_request *rq,
		     const struct decisions *all);
/* Of all that is decided, in whatever order. */
uint64_t decisions_digest(const struct decisions *all);

#endif
