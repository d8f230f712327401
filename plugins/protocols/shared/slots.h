/* SPDX-License-Identifier: MIT */
/*
 * A row of numbered places, base + 1 .. base + count, each with an entry or
 * none: a log in memory, of which the beginning is forgotten in time.
 */
#ifndef SHARED_SLOTS_H
#define SHARED_SLOTS_H

#include <fracas/easy.h>

#include "set.h"

/* Behind the base; who is so far behind learns before it takes any more. */
#define SLOTS_MAX	(1u << 20)

struct entry {
	uint64_t ballot;		/* in which it was accepted           */
	uint64_t request;		/* who waits for it here; 0: nobody   */
	struct set yes;			/* who has it, as its proposer knows  */
	bool chosen;
	uint32_t kind, size;
	unsigned char data[];
};

/* An entry as it travels and is stored; its data follows. */
struct entry_head {
	uint64_t ballot;
	uint32_t kind, size;
};

struct slots {
	uint64_t base;
	struct entry **at;
	uint64_t count, room;
};

static inline uint64_t
slots_last(const struct slots *s)
{
	return s->base + s->count;
}

/* NULL: nothing is there, or not any more. */
static inline struct entry *
slots_at(const struct slots *s, uint64_t index)
{
	return index > s->base && index <= slots_last(s) ?
	       s->at[index - s->base - 1] : NULL;
}

/*
 * In the place of what is there; nobody waits for it, nobody has it.  NULL: no
 * memory, or the place is not among them.
 */
struct entry *slots_put(struct fr_node *me, struct slots *s, uint64_t index,
			const struct entry_head *head, const void *data);
/* Forgets the entries from index on; up to index; all, and begins behind it. */
void slots_cut(struct fr_node *me, struct slots *s, uint64_t index);
void slots_forget(struct fr_node *me, struct slots *s, uint64_t index);
void slots_reset(struct fr_node *me, struct slots *s, uint64_t base);
/* Whoever waits from `first` to `last` is told that nobody knows. */
void slots_give_up(struct fr_node *me, struct slots *s, uint64_t first,
		   uint64_t last, const char *why);

/* From `first` on, up to `last`, as many as are there and fit: how many. */
uint64_t slots_write(const struct slots *s, uint64_t first, uint64_t last,
		     struct fr_writer *w);
/* False: there is no room for it. */
bool entry_write(struct fr_writer *w, const struct entry *e);
/* Its data, or NULL: it makes no sense. */
const void *entry_read(struct fr_reader *r, struct entry_head *head);

#endif
