/* SPDX-License-Identifier: MIT */
/*
 * What gossip.c does with states: objects in memory, and parts of them in
 * parcels.
 */
#ifndef SHARED_GOSSIP_STATES_H
#define SHARED_GOSSIP_STATES_H

#include "gossip.h"

/* An object, or a part of one, in a parcel; its entries follow. */
struct part {
	int64_t key;
	uint32_t count;
	uint32_t asks;			/* for what the other one has of it   */
};

static inline const struct gossip_entry *
entries_of(const struct part *p)
{
	return (const void *)(p + 1);
}

/* The place of the first object whose key is not below this one. */
uint32_t states_from(const struct gossip *g, int64_t key);
void states_forget(struct fr_node *me);
#ifdef BUG_reaps
/* What is gone is forgotten, after half a second. */
void states_reap(struct fr_node *me);
#endif

/* One entry more, to the last part if that is of the same key; false: full. */
bool parcel_add(struct gossip_parcel *p, struct part **last, int64_t key,
		const struct gossip_entry *e);
/* The part at *at, which moves behind it; NULL: none, or no whole one. */
const struct part *part_next(const void *bytes, size_t size, size_t *at);
uint64_t part_sum(const struct part *p);
/* In memory; what it changed is added to the news.  -1: no memory. */
int part_join(struct fr_node *me, const struct part *p, struct part **last);

#endif
