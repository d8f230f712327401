/* SPDX-License-Identifier: MIT */
/*
 * A map from one 64-bit number to another, for what a plugin can make many
 * of.  { 0 } is an empty one.  It stops nobody: where memory is wanting,
 * map_set says so.
 */
#ifndef NODE_MAP_H
#define NODE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No value; it cannot be stored. */
#define MAP_NONE UINT64_MAX

struct map_slot {
	uint64_t key, value;
};

struct map {
	struct map_slot *slots;	/* `room` of them, a power of two, or NULL     */
	size_t count, room;
};

uint64_t map_get(const struct map *m, uint64_t key);
/* False, and unchanged, where there is no memory. */
bool map_set(struct map *m, uint64_t key, uint64_t value);
/* The value that was there, or MAP_NONE. */
uint64_t map_drop(struct map *m, uint64_t key);
void map_free(struct map *m);

#endif
