/* SPDX-License-Identifier: MIT */
#include "objects.h"

/* Of one in a snapshot, besides its bytes. */
#define HEAD_SIZE 44u

static struct object **
place(const struct objects *o, int64_t key)
{
	struct object *const *at = &o->at[(uint64_t)key % OBJECT_BUCKETS];

	while (*at != NULL && (*at)->key != key)
		at = &(*at)->next;
	return (struct object **)(uintptr_t)at;
}

struct object *
objects_find(const struct objects *o, int64_t key)
{
	return *place(o, key);
}

struct object *
objects_make(struct fr_node *me, struct objects *o, int64_t key, uint32_t kind)
{
	struct object **at = place(o, key);

	if (*at != NULL)
		return *at;
	*at = fr_alloc(me, sizeof **at);
	if (*at == NULL)
		return NULL;
	(*at)->key = key;
	(*at)->kind = kind;
	o->count++;
	return *at;
}

void
objects_drop(struct fr_node *me, struct objects *o, int64_t key)
{
	struct object **at = place(o, key), *it = *at;

	if (it == NULL)
		return;
	*at = it->next;
	o->count--;
	fr_free(me, it->bytes);
	fr_free(me, it);
}

/* ---- bytes ------------------------------------------------------------------------ */

int
object_insert(struct fr_node *me, struct object *it, uint32_t at,
	      const void *bytes, uint32_t size)
{
	uint32_t room = 2 * (it->size + size);
	unsigned char *more;

	if (it->size + size > it->room) {
		more = fr_alloc(me, room);
		if (more == NULL)
			return -1;
		if (it->size > 0)
			memcpy(more, it->bytes, it->size);
		fr_free(me, it->bytes);
		it->bytes = more;
		it->room = room;
	}
	if (size == 0)
		return 0;
	memmove(it->bytes + at + size, it->bytes + at, it->size - at);
	memcpy(it->bytes + at, bytes, size);
	it->size += size;
	return 0;
}

void
object_cut(struct object *it, uint32_t at, uint32_t size)
{
	it->size -= size;
	if (it->size > at)
		memmove(it->bytes + at, it->bytes + at + size, it->size - at);
}

struct fr_value
object_value(const struct object *it)
{
	switch (it != NULL ? it->kind : OBJECT_NONE) {
	case NUMBER:
		return fr_int(it->number);
	case TEXT:
		return fr_bytes(it->bytes, it->size);
	case LIST:
	case SET:
		return fr_list(object_numbers(it), object_count(it));
	case LOCK:
		return it->held ? fr_int(it->mark) : fr_nil();
	default:
		return fr_nil();
	}
}

/* ---- as a whole -------------------------------------------------------------------- */

size_t
objects_size(const struct objects *o)
{
	const struct object *it;
	size_t size = 8;
	uint32_t i;

	for (i = 0; i < OBJECT_BUCKETS; i++)
		for (it = o->at[i]; it != NULL; it = it->next)
			size += HEAD_SIZE + it->size;
	return size;
}

void
objects_write(const struct objects *o, struct fr_writer *w)
{
	const struct object *it;
	uint32_t i;

	fr_put_u64(w, o->count);
	for (i = 0; i < OBJECT_BUCKETS; i++)
		for (it = o->at[i]; it != NULL; it = it->next) {
			fr_put_i64(w, it->key);
			fr_put_i64(w, it->number);
			fr_put_i64(w, it->mark);
			fr_put_i64(w, it->until);
			fr_put_u32(w, it->held);
			fr_put_u32(w, it->kind);
			fr_put_u32(w, it->size);
			fr_put_bytes(w, it->bytes, it->size);
		}
}

static int
read_one(struct fr_node *me, struct objects *o, struct fr_reader *r)
{
	int64_t key = fr_get_i64(r), number = fr_get_i64(r);
	int64_t mark = fr_get_i64(r), until = fr_get_i64(r);
	uint32_t held = fr_get_u32(r), kind = fr_get_u32(r);
	uint32_t size = fr_get_u32(r);
	const void *bytes = fr_get_bytes(r, size);
	struct object *it;

	if (bytes == NULL || kind == OBJECT_NONE || kind >= OBJECT_KINDS ||
	    objects_find(o, key) != NULL)
		return -1;
	it = objects_make(me, o, key, kind);
	if (it == NULL)
		return -1;
	it->number = number;
	it->mark = mark;
	it->until = until;
	it->held = held != 0;
	return object_insert(me, it, 0, bytes, size);
}

int
objects_read(struct fr_node *me, struct objects *o, struct fr_reader *r)
{
	uint64_t count, i;

	objects_clear(me, o);
	count = fr_get_u64(r);
	for (i = 0; i < count; i++)
		if (read_one(me, o, r) < 0)
			return -1;
	return r->failed ? -1 : 0;
}

void
objects_clear(struct fr_node *me, struct objects *o)
{
	uint32_t i;

	for (i = 0; i < OBJECT_BUCKETS; i++)
		while (o->at[i] != NULL)
			objects_drop(me, o, o->at[i]->key);
}

/* Of what they are, in whichever order they lie. */
uint64_t
objects_digest(const struct objects *o)
{
	const struct object *it;
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < OBJECT_BUCKETS; i++)
		for (it = o->at[i]; it != NULL; it = it->next) {
			const int64_t what[] = { it->key, it->kind,
						 it->number, it->mark,
						 it->until, it->held };

			sum += fr_checksum(fr_checksum(0, what, sizeof what),
					   it->bytes, it->size);
		}
	return sum;
}
