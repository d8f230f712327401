/* SPDX-License-Identifier: MIT */
/*
 * What the replicated sets share: entries whose first name is the element, and
 * whose value says whether they were removed.
 */
#ifndef SHARED_ELEMENTS_H
#define SHARED_ELEMENTS_H

#include "gossip.h"

/* An element is in the set while one of its entries is not removed. */
#define REMOVED GOSSIP_GONE

/* Removed once is removed for ever. */
FR_UNUSED static bool
elements_join(struct gossip_entry *mine, const struct gossip_entry *theirs)
{
	if (theirs->value[REMOVED] <= mine->value[REMOVED])
		return false;
	mine->value[REMOVED] = theirs->value[REMOVED];
	return true;
}

FR_UNUSED static void
elements_start(struct fr_node *me)
{
	gossip_start(me, elements_join);
}

/* Answers with its elements, in their order. */
FR_UNUSED static void
elements_on_read(struct fr_node *me, const struct fr_request *rq)
{
	const struct gossip_object *o;
	int64_t *all, element;
	uint32_t i, count = 0;

	if (!gossip_serves(me, rq))
		return;
	o = gossip_find(me, rq->key);
	all = fr_alloc(me, ((o != NULL ? o->count : 0) + 1) * sizeof *all);
	for (i = 0; all != NULL && o != NULL && i < o->count; i++) {
		element = o->at[i].name[0];
		if (o->at[i].value[REMOVED] == 0 &&
		    (count == 0 || all[count - 1] != element))
			all[count++] = element;
	}
	if (all == NULL || fr_ok(me, rq->id, fr_list(all, count)) < 0)
		fr_fail(me, rq->id, "more than an answer can hold");
	fr_free(me, all);
}

/* Whether the request makes sense; if not, the client was told. */
FR_UNUSED static bool
elements_take(struct fr_node *me, const struct fr_request *rq)
{
	if (rq->value.kind == FR_INT)
		return gossip_serves(me, rq);
	fr_fail(me, rq->id, "the elements are numbers");
	return false;
}

#endif
