/* SPDX-License-Identifier: MIT */
/*
 * Arrays that grow.
 */
#ifndef SHARED_ROOM_H
#define SHARED_ROOM_H

#include <fracas/easy.h>

/*
 * An array of `count` items of that size, with room for one more: the same
 * one, or a larger one in its place.  NULL: no memory, and nothing changed.
 */
FR_UNUSED static void *
with_room(struct fr_node *me, void *array, uint32_t count, uint32_t *room,
	  size_t size)
{
	uint32_t more = *room > 0 ? 2 * *room : 16;
	void *larger;

	if (count < *room)
		return array;
	larger = fr_alloc(me, more * size);
	if (larger == NULL)
		return NULL;
	if (count > 0)
		memcpy(larger, array, count * size);
	fr_free(me, array);
	*room = more;
	return larger;
}

#endif
