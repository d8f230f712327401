/* SPDX-License-Identifier: MIT */
/*
 * Open addressing with linear probing; what is dropped is closed up at once,
 * so that there are no tombstones and a search ends at the first empty slot.
 * At most three quarters are full.
 */
#include "core/node/map.h"

#include <stdlib.h>

static size_t
home(const struct map *m, uint64_t key)
{
	key ^= key >> 32;
	return (size_t)((key * 0x9e3779b97f4a7c15ull) >> 20) & (m->room - 1);
}

/* Where the key is, or the empty slot where it would be. */
static size_t
find(const struct map *m, uint64_t key)
{
	size_t i = home(m, key);

	while (m->slots[i].value != MAP_NONE && m->slots[i].key != key)
		i = (i + 1) & (m->room - 1);
	return i;
}

uint64_t
map_get(const struct map *m, uint64_t key)
{
	return m->count == 0 ? MAP_NONE : m->slots[find(m, key)].value;
}

static bool
grow(struct map *m)
{
	struct map bigger = { .room = m->room == 0 ? 16 : m->room * 2 };
	size_t i;

	bigger.slots = malloc(bigger.room * sizeof *bigger.slots);
	if (bigger.slots == NULL)
		return false;
	for (i = 0; i < bigger.room; i++)
		bigger.slots[i].value = MAP_NONE;
	for (i = 0; i < m->room; i++)
		if (m->slots[i].value != MAP_NONE)
			bigger.slots[find(&bigger, m->slots[i].key)] =
				m->slots[i];
	bigger.count = m->count;
	free(m->slots);
	*m = bigger;
	return true;
}

bool
map_set(struct map *m, uint64_t key, uint64_t value)
{
	size_t i;

	if ((m->count + 1) * 4 > m->room * 3 && !grow(m))
		return false;
	i = find(m, key);
	if (m->slots[i].value == MAP_NONE)
		m->count++;
	m->slots[i] = (struct map_slot){key, value};
	return true;
}

uint64_t
map_drop(struct map *m, uint64_t key)
{
	size_t hole, i, want;
	uint64_t value;

	if (m->count == 0)
		return MAP_NONE;
	hole = find(m, key);
	value = m->slots[hole].value;
	if (value == MAP_NONE)
		return MAP_NONE;
	m->count--;
	/* Whatever comes behind and does not want to be there moves up. */
	for (i = hole;;) {
		i = (i + 1) & (m->room - 1);
		if (m->slots[i].value == MAP_NONE)
			break;
		want = home(m, m->slots[i].key);
		if (((i - want) & (m->room - 1)) <
		    ((i - hole) & (m->room - 1)))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole].value = MAP_NONE;
	return value;
}

void
map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}
