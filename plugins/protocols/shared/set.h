/* SPDX-License-Identifier: MIT */
/* Sets of nodes: who has answered, who votes. */
#ifndef SHARED_SET_H
#define SHARED_SET_H

#include <fracas/easy.h>

struct set {
	uint64_t bits[FR_NODES_MAX / 64];
};

static inline bool
set_has(const struct set *s, uint32_t node)
{
	return s->bits[node / 64] >> node % 64 & 1;
}

static inline void
set_add(struct set *s, uint32_t node)
{
	s->bits[node / 64] |= (uint64_t)1 << node % 64;
}

static inline void
set_remove(struct set *s, uint32_t node)
{
	s->bits[node / 64] &= ~((uint64_t)1 << node % 64);
}

static inline void
set_clear(struct set *s)
{
	memset(s, 0, sizeof *s);
}

static inline uint32_t
set_size(const struct set *s)
{
	uint32_t i, count = 0;

	for (i = 0; i < FR_NODES_MAX / 64; i++)
		count += (uint32_t)__builtin_popcountll(s->bits[i]);
	return count;
}

#endif
