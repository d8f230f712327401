/* SPDX-License-Identifier: MIT */
/*
 * What this node has: its own copies, and those that it holds for others
 * (hints, section 4.6), by key and home.  On the disk is a log, of which the
 * last record of a copy is what it is; one without an object is its end.
 */
#include "dynamo.h"

/* A packed object follows, or nothing: it was handed over. */
struct record {
	int64_t key;
	uint32_t home, reserved;
	uint64_t actor;
};

#define RECORD_MAX (sizeof(struct record) + PACKED_MAX)

static struct copy **
place_of(struct dynamo *s, int64_t key, uint32_t home)
{
	struct copy **at = &s->copies[mix((uint64_t)key) % BUCKETS];

	while (*at != NULL && ((*at)->key != key || (*at)->home != home))
		at = &(*at)->next;
	return at;
}

struct copy *
store_find(struct fr_node *me, int64_t key, uint32_t home)
{
	return *place_of(me->state, key, home);
}

void
store_get(struct fr_node *me, int64_t key, uint32_t home, struct object *out)
{
	const struct copy *c = store_find(me, key, home);

	object_clear(out);
	if (c != NULL)
		(void)object_unpack(c->packed, c->size, out);
}

/* In memory only. */
static int
keep(struct fr_node *me, const struct record *r, const void *packed,
     uint32_t size)
{
	struct dynamo *s = me->state;
	struct copy **at = place_of(s, r->key, r->home), *c = *at;
	unsigned char *bytes;
	struct object *o = &s->theirs;
	uint64_t before = c != NULL ? c->hash : 0;

	if (object_unpack(packed, size, o) < 0)
		return -1;
	bytes = fr_alloc(me, size);
	if (c == NULL)
		c = fr_alloc(me, sizeof *c);
	if (bytes == NULL || c == NULL)
		return -1;
	memcpy(bytes, packed, size);
	fr_free(me, c->packed);
	if (*at == NULL) {
		c->key = r->key;
		c->home = r->home;
		c->range = ring_range(me, r->key);
		*at = c;
	}
	c->actor = r->actor;
	c->packed = bytes;
	c->size = size;
	c->hash = object_hash(o);
#ifdef BUG_tree_keeps_deleted
	if (o->value_count == 0)
		return 0;
#endif
	if (r->home == me->id)
		merkle_change(me, r->key, c->range, before, c->hash);
	return 0;
}

static void
discard(struct fr_node *me, struct copy **at)
{
	struct copy *c = *at;

	*at = c->next;
	if (c->home == me->id)
		merkle_change(me, c->key, c->range, c->hash, 0);
	fr_free(me, c->packed);
	fr_free(me, c);
}

/* ---- on the disk -------------------------------------------------------------- */

/* Actors of this node are numbered, and none is ever used again. */
static uint64_t
actor_of(const struct fr_node *me, uint64_t epoch)
{
	return epoch * FR_NODES_MAX + me->id;
}

uint64_t
store_actor(struct fr_node *me, int64_t key, uint32_t home)
{
	struct dynamo *s = me->state;
	const struct copy *c = store_find(me, key, home);

	if (c != NULL && c->actor != 0)
		return c->actor;
#ifdef BUG_one_actor
	return actor_of(me, 1);
#endif
	return actor_of(me, ++s->epochs);
}

int
store_set(struct fr_node *me, int64_t key, uint32_t home, uint64_t actor,
	  const struct object *o)
{
	struct dynamo *s = me->state;
	unsigned char body[RECORD_MAX];
	const struct record r = { key, home, 0, actor };
	uint32_t size;

	memcpy(body, &r, sizeof r);
	size = (uint32_t)object_pack(o, body + sizeof r);
#ifdef BUG_hints_lost
	if (home != me->id)
		return keep(me, &r, body + sizeof r, size);
#endif
	if (ledger_add(me, &s->ledger, body,
			(uint32_t)sizeof r + size) < 0 ||
	    keep(me, &r, body + sizeof r, size) < 0) {
		dynamo_silence(me, "the disk would not store it");
		return -1;
	}
	return 0;
}

int
store_join(struct fr_node *me, int64_t key, uint32_t home,
	   const struct object *o)
{
	struct dynamo *s = me->state;
	const struct copy *c = store_find(me, key, home);

	store_get(me, key, home, &s->mine);
	if (object_join(&s->mine, o) < 0)
		return -1;
	if (c != NULL && object_hash(&s->mine) == c->hash)
		return 0;
	return store_set(me, key, home, c != NULL ? c->actor : 0, &s->mine);
}

int
store_forget(struct fr_node *me, struct copy *c)
{
	struct dynamo *s = me->state;
	const struct record r = { c->key, c->home, 0, c->actor };

#ifndef BUG_hints_lost
	if (ledger_add(me, &s->ledger, &r, sizeof r) < 0) {
		dynamo_silence(me, "the disk would not store it");
		return -1;
	}
#endif
	discard(me, place_of(s, r.key, r.home));
	return 0;
}

void
store_drop(struct fr_node *me)
{
	struct dynamo *s = me->state;
	uint32_t i;

	for (i = 0; i < BUCKETS; i++)
		while (s->copies[i] != NULL)
			discard(me, &s->copies[i]);
	merkle_clear(me);
}

int
store_open(struct fr_node *me)
{
	struct dynamo *s = me->state;
	unsigned char body[RECORD_MAX];
	struct record r;
	struct copy **old;
	uint64_t at = 0, epoch;
	int64_t got;

	if (ledger_open(me, &s->ledger, "copies") < 0)
		return -1;
	while ((got = fr_wal_next(me, &s->ledger.log, &at, body,
				  sizeof body)) > 0) {
		if (got < (int64_t)sizeof r || got > (int64_t)sizeof body)
			return -1;
		memcpy(&r, body, sizeof r);
		epoch = r.actor / FR_NODES_MAX;
		if (s->epochs < epoch)
			s->epochs = epoch;
		if (got > (int64_t)sizeof r) {
			if (keep(me, &r, body + sizeof r,
				 (uint32_t)(got - (int64_t)sizeof r)) < 0)
				return -1;
			continue;
		}
		old = place_of(s, r.key, r.home);
		if (*old != NULL)
			discard(me, old);
	}
	return got == 0 ? 0 : -1;
}
