/* SPDX-License-Identifier: MIT */
/*
 * States in memory, and as they travel and are stored: see gossip.h.
 */
#include "gossip_states.h"

#include "mix.h"

/* ---- states --------------------------------------------------------------- */

/* Of one entry; these are added up. */
static uint64_t
sum_of(const struct gossip_entry *e)
{
#ifdef BUG_counts_only
	return 1;
#endif
	return mix(fr_checksum(0, e, sizeof *e));
}

static int
compare_names(const struct gossip_entry *a, const struct gossip_entry *b)
{
	int i;

	for (i = 0; i < GOSSIP_NAMES; i++)
		if (a->name[i] != b->name[i])
			return a->name[i] < b->name[i] ? -1 : 1;
	return 0;
}

/* The place of that name, or where it would be. */
static uint32_t
place_of(const struct gossip_object *o, const struct gossip_entry *name)
{
	uint32_t low = 0, high = o->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_names(&o->at[middle], name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct gossip_entry *
gossip_entry(const struct gossip_object *o, int64_t a, int64_t b, int64_t c)
{
	const struct gossip_entry name = { .name = { a, b, c } };
	uint32_t at;

	if (o == NULL)
		return NULL;
	at = place_of(o, &name);
	return at < o->count && compare_names(&o->at[at], &name) == 0 ?
	       &o->at[at] : NULL;
}

uint32_t
gossip_from(const struct gossip_object *o, int64_t a)
{
	const struct gossip_entry name = {
		.name = { a, INT64_MIN, INT64_MIN }
	};

	return place_of(o, &name);
}

/* The place of the first object whose key is not below this one. */
uint32_t
states_from(const struct gossip *g, int64_t key)
{
	uint32_t low = 0, high = g->object_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (g->objects[middle]->key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct gossip_object *
gossip_find(struct fr_node *me, int64_t key)
{
	const struct gossip *g = me->state;
	uint32_t at = states_from(g, key);

	return at < g->object_count && g->objects[at]->key == key ?
	       g->objects[at] : NULL;
}

/* Room for one more in an array of which *room are there. */
static void *
more_room(struct fr_node *me, void *array, uint32_t count, uint32_t *room,
	  size_t size)
{
	uint32_t more = *room > 0 ? 2 * *room : 8;
	void *wider;

	if (count < *room)
		return array;
	wider = fr_alloc(me, more * size);
	if (wider == NULL)
		return NULL;
	if (count > 0)
		memcpy(wider, array, count * size);
	fr_free(me, array);
	*room = more;
	return wider;
}

/* There from now on; NULL: no memory. */
static struct gossip_object *
object_of(struct fr_node *me, int64_t key)
{
	struct gossip *g = me->state;
	uint32_t at = states_from(g, key);
	struct gossip_object *o, **wider;

	if (at < g->object_count && g->objects[at]->key == key)
		return g->objects[at];
	wider = more_room(me, g->objects, g->object_count, &g->object_room,
			  sizeof *wider);
	if (wider == NULL)
		return NULL;
	g->objects = wider;
	o = fr_alloc(me, sizeof *o);
	if (o == NULL)
		return NULL;
	o->key = key;
	memmove(&g->objects[at + 1], &g->objects[at],
		(g->object_count - at) * sizeof o);
	g->objects[at] = o;
	g->object_count++;
	return o;
}

/* One entry, in memory: the place where it changed, else NULL. */
static const struct gossip_entry *
join_entry(struct fr_node *me, struct gossip_object *o,
	   const struct gossip_entry *theirs, bool *failed)
{
	struct gossip *g = me->state;
	uint32_t at = place_of(o, theirs);
	struct gossip_entry *wider;
	uint64_t before;

	if (at < o->count && compare_names(&o->at[at], theirs) == 0) {
		before = sum_of(&o->at[at]);
		if (!g->join(&o->at[at], theirs))
			return NULL;
		o->sum += sum_of(&o->at[at]) - before;
		return &o->at[at];
	}
	wider = more_room(me, o->at, o->count, &o->room, sizeof *wider);
	if (wider == NULL) {
		*failed = true;
		return NULL;
	}
	o->at = wider;
	memmove(&o->at[at + 1], &o->at[at], (o->count - at) * sizeof *wider);
	o->at[at] = *theirs;
	o->count++;
	o->sum += sum_of(theirs);
	return &o->at[at];
}

void
states_forget(struct fr_node *me)
{
	struct gossip *g = me->state;
	uint32_t i;

	for (i = 0; i < g->object_count; i++) {
		fr_free(me, g->objects[i]->at);
		fr_free(me, g->objects[i]);
	}
	g->object_count = 0;
}

#ifdef BUG_reaps
/* What is gone is forgotten, after half a second. */
void
states_reap(struct fr_node *me)
{
	struct gossip *g = me->state;
	uint32_t i, k, kept;

	for (i = 0; i < g->object_count; i++) {
		struct gossip_object *o = g->objects[i];

		for (k = kept = 0; k < o->count; k++) {
			const struct gossip_entry *e = &o->at[k];

			if (e->value[GOSSIP_GONE] > 0 &&
			    fr_wall(me) - e->value[GOSSIP_GONE] > FR_MS(500))
				o->sum -= sum_of(e);
			else
				o->at[kept++] = *e;
		}
		o->count = kept;
	}
}
#endif

/* ---- parcels --------------------------------------------------------------- */

/* One entry more, to the last part if that is of the same key; false: full. */
bool
parcel_add(struct gossip_parcel *p, struct part **last, int64_t key,
     const struct gossip_entry *e)
{
	bool new = *last == NULL || (*last)->key != key;
	size_t size = sizeof *e + (new ? sizeof **last : 0);

	if (size > sizeof p->bytes - p->size)
		return false;
	if (new) {
		*last = (struct part *)(void *)(p->bytes + p->size);
		**last = (struct part){ .key = key };
		p->size += sizeof **last;
	}
	memcpy(p->bytes + p->size, e, sizeof *e);
	p->size += sizeof *e;
	(*last)->count++;
	return true;
}

/* The part at *at, which moves behind it; NULL: none, or no whole one. */
const struct part *
part_next(const void *bytes, size_t size, size_t *at)
{
	const struct part *p = (const void *)((const char *)bytes + *at);

	if (size - *at < sizeof *p ||
	    p->count > (size - *at - sizeof *p) / sizeof(struct gossip_entry))
		return NULL;
	*at += sizeof *p + p->count * sizeof(struct gossip_entry);
	return p;
}

uint64_t
part_sum(const struct part *p)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < p->count; i++)
		sum += sum_of(&entries_of(p)[i]);
	return sum;
}

/* Joins a part in memory; what it changed is packed up.  -1: no memory. */
int
part_join(struct fr_node *me, const struct part *p, struct part **last)
{
	struct gossip *g = me->state;
	struct gossip_object *o;
	const struct gossip_entry *changed;
	bool failed = false;
	uint32_t i;

	if (p->count == 0)
		return 0;
	o = object_of(me, p->key);
	if (o == NULL)
		return -1;
	for (i = 0; i < p->count; i++) {
		changed = join_entry(me, o, &entries_of(p)[i], &failed);
		/* What changed is no more than what came, and that fitted. */
		if (failed || (changed != NULL &&
			       !parcel_add(&g->news, last, p->key, changed)))
			return -1;
	}
	return 0;
}
