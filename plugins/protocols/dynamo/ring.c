/* SPDX-License-Identifier: MIT */
/*
 * Who keeps a key: consistent hashing with virtual nodes (4.2), and the order
 * in which nodes follow a place on the ring (the preference list, 4.3).
 *
 * Every node has `tokens` places on the ring, which follow from its number, so
 * that everybody knows the same ring.  Who belongs to it does not change here
 * (in the paper an administrator does that, and gossip spreads it).
 */
#include "dynamo.h"

#include <stdlib.h>

static int
compare_tokens(const void *a, const void *b)
{
	const struct token *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

int
ring_build(struct fr_node *me)
{
	struct dynamo *s = me->state;
	uint32_t each = (uint32_t)fr_param(me, "tokens"), i;

	s->tokens = me->nodes * each;
	s->ring = fr_alloc(me, s->tokens * sizeof *s->ring);
	if (s->ring == NULL)
		return -1;
	for (i = 0; i < s->tokens; i++) {
		s->ring[i].node = i / each;
		s->ring[i].at = mix(((uint64_t)(i / each) << 32 | i % each) +
				    0x9e3779b97f4a7c15u);
	}
	qsort(s->ring, s->tokens, sizeof *s->ring, compare_tokens);
	return 0;
}

/* The first token that is not before the key's place, around the ring. */
uint32_t
ring_range(struct fr_node *me, int64_t key)
{
	const struct dynamo *s = me->state;
	uint64_t at = mix((uint64_t)key ^ 0x5851f42d4c957f2du);
	uint32_t low = 0, high = s->tokens, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (s->ring[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low % s->tokens;
}

uint32_t
ring_walk(struct fr_node *me, uint32_t range, uint32_t *nodes)
{
	const struct dynamo *s = me->state;
	bool seen[FR_NODES_MAX] = { false };
	uint32_t i, count = 0, node;

	for (i = 0; i < s->tokens && count < me->nodes; i++) {
		node = s->ring[(range + i) % s->tokens].node;
		if (!seen[node])
			nodes[count++] = node;
		seen[node] = true;
	}
	return count;
}

bool
ring_keeps(struct fr_node *me, uint32_t range, uint32_t node)
{
	const struct dynamo *s = me->state;
	uint32_t nodes[FR_NODES_MAX], i;

	ring_walk(me, range, nodes);
	for (i = 0; i < s->n; i++)
		if (nodes[i] == node)
			return true;
	return false;
}
