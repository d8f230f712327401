/* SPDX-License-Identifier: MIT */
/*
 * The objects of a state machine, by their keys: numbers, texts, lists, sets
 * and locks.  One that is not there has the kind OBJECT_NONE and can become
 * any; which one it is, is decided by what is first done with it.
 */
#ifndef SHARED_OBJECTS_H
#define SHARED_OBJECTS_H

#include <fracas/easy.h>

enum { OBJECT_NONE, NUMBER, TEXT, LIST, SET, LOCK, OBJECT_KINDS };

#define OBJECT_BUCKETS	1024u

struct object {
	struct object *next;
	int64_t key;
	uint32_t kind;
	uint32_t size, room;		/* of its bytes                       */
	/* Up to the kind. */
	int64_t number;			/* a number; a list: taken from its
					   front; a lock: its last token      */
	int64_t mark;			/* a list: the offset committed, + 1;
					   a lock: its owner; a number: the
					   last token that was there          */
	int64_t until;			/* a lock: then it lapses             */
	bool held;			/* a lock                             */
	unsigned char *bytes;		/* a text; a list's or set's numbers  */
};

struct objects {
	struct object *at[OBJECT_BUCKETS];
	uint64_t count;
};

/* NULL: there is none. */
struct object *objects_find(const struct objects *o, int64_t key);
/* Makes one where there is none.  NULL: no memory. */
struct object *objects_make(struct fr_node *me, struct objects *o,
			    int64_t key, uint32_t kind);
void objects_drop(struct fr_node *me, struct objects *o, int64_t key);

/* Puts `size` bytes in at place `at`, the rest behind them.  -1: no memory. */
int object_insert(struct fr_node *me, struct object *it, uint32_t at,
		  const void *bytes, uint32_t size);
void object_cut(struct object *it, uint32_t at, uint32_t size);

/* The numbers of a list or a set. */
static inline uint32_t
object_count(const struct object *it)
{
	return it->size / (uint32_t)sizeof(int64_t);
}

static inline int64_t *
object_numbers(const struct object *it)
{
	return (int64_t *)(void *)it->bytes;
}

/* The whole of it; good until it is changed. */
struct fr_value object_value(const struct object *it);

size_t objects_size(const struct objects *o);
void objects_write(const struct objects *o, struct fr_writer *w);
int objects_read(struct fr_node *me, struct objects *o, struct fr_reader *r);
void objects_clear(struct fr_node *me, struct objects *o);
uint64_t objects_digest(const struct objects *o);

#endif
