/* SPDX-License-Identifier: MIT */
/*
 * Replicas compare what they have (anti-entropy, section 4.7): each keeps a
 * hash tree for each range of keys.  Two that keep the same range begin with
 * the roots and go down where they differ, so that what is exchanged is as
 * much as there is to be mended.
 *
 * A key belongs to a leaf by its hash.  A leaf is the sum of its copies'
 * hashes, which changes with one of them without a look at the others; a node
 * above is the hash of its two children.
 */
#include "dynamo.h"

/* TREE: branches follow. */
struct branches {
	uint32_t range, count;
};

struct branch {
	uint64_t index, hash;
};

/* LEAF: the copies in it follow. */
struct leaf {
	uint32_t range, index;
	uint32_t count;
	uint32_t asks;			/* for the other's list               */
};

struct listed {
	int64_t key;
	uint64_t hash;
};

static uint32_t
leaf_of(int64_t key)
{
	return (uint32_t)(mix((uint64_t)key ^ 0xda3e39cb94b95bdbu) % LEAVES);
}

void
merkle_clear(struct fr_node *me)
{
	struct dynamo *s = me->state;
	uint32_t i;

	for (i = 0; i < s->tokens; i++)
		if (s->trees[i] != NULL)
			memset(s->trees[i], 0, sizeof *s->trees[i]);
}

void
merkle_change(struct fr_node *me, int64_t key, uint32_t range,
	      uint64_t before, uint64_t after)
{
	struct dynamo *s = me->state;
	struct tree *t = s->trees[range];
	uint32_t at = LEAVES - 1 + leaf_of(key);

	if (t == NULL)
		return;
	t->at[at] += mix(after + (uint64_t)key) * (after != 0) -
		     mix(before + (uint64_t)key) * (before != 0);
	while (at > 0) {
		at = (at - 1) / 2;
		t->at[at] = mix(t->at[2 * at + 1] +
				31 * t->at[2 * at + 2]);
	}
}

/* A range that this node keeps, and another that does, by chance. */
void
on_compare(struct fr_node *me, uint64_t tag)
{
	struct dynamo *s = me->state;
	uint32_t nodes[FR_NODES_MAX], first, i, peer;
	struct {
		struct branches head;
		struct branch root;
	} tree = { .head.count = 1 };

	(void)tag;
	fr_after(me, COMPARE, s->period, 0);
	if (s->silent || s->n < 2)
		return;
	first = (uint32_t)fr_random_below(me, s->tokens);
	for (i = 0; i < s->tokens &&
	     s->trees[(first + i) % s->tokens] == NULL; i++)
		;
	if (i == s->tokens)
		return;
	tree.head.range = (first + i) % s->tokens;
	tree.root.hash = s->trees[tree.head.range]->at[0];
	ring_walk(me, tree.head.range, nodes);
	peer = (uint32_t)fr_random_below(me, s->n - 1);
	for (i = 0; i <= peer; i++)
		if (nodes[i] == me->id)
			peer++;
	fr_send(me, nodes[peer], TREE, &tree, sizeof tree);
}

/* What this node has in a leaf. */
static void
send_leaf(struct fr_node *me, uint32_t to, uint32_t range, uint32_t index,
	  bool asks)
{
	struct dynamo *s = me->state;
	struct leaf *head = (void *)s->body;
	struct listed *list = (void *)(head + 1);
	const uint32_t most = (BODY_MAX - sizeof *head) / sizeof *list;
	const struct copy *c;
	uint32_t i;

	*head = (struct leaf){ range, index, 0, asks };
	for (i = 0; i < BUCKETS; i++)
		for (c = s->copies[i]; c != NULL; c = c->next)
			if (c->home == me->id && c->range == range &&
			    leaf_of(c->key) == index && head->count < most)
				list[head->count++] =
					(struct listed){ c->key, c->hash };
	fr_send(me, to, LEAF, head, sizeof *head + head->count * sizeof *list);
}

/* Where the other's hashes are not ours, a step further down. */
void
on_tree(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct dynamo *s = me->state;
	const struct branches *his = body;
	const struct branch *branch = (const void *)(his + 1);
	struct {
		struct branches head;
		struct branch at[2 * TREE_SIZE];
	} mine = { .head.count = 0 };
	const struct tree *t;
	uint32_t i, k;

	dynamo_heard(me, from);
	if (s->silent || his->range >= s->tokens || his->count > TREE_SIZE ||
	    size < sizeof *his + his->count * sizeof *branch)
		return;
	t = s->trees[his->range];
	mine.head.range = his->range;
	for (i = 0; t != NULL && i < his->count; i++, branch++) {
		if (branch->index >= TREE_SIZE ||
		    t->at[branch->index] == branch->hash)
			continue;
		if (branch->index >= LEAVES - 1) {
			send_leaf(me, from, his->range, (uint32_t)
				  branch->index - (LEAVES - 1), true);
			continue;
		}
		for (k = 1; k <= 2; k++) {
			uint64_t child = 2 * branch->index + k;

			mine.at[mine.head.count++] =
				(struct branch){ child, t->at[child] };
		}
	}
	if (mine.head.count > 0)
		fr_send(me, from, TREE, &mine, sizeof mine.head +
			mine.head.count * sizeof *mine.at);
}

/* He lacks what is not in his list, or not the same. */
void
on_leaf(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct dynamo *s = me->state;
	const struct leaf *his = body;
	const struct listed *list = (const void *)(his + 1);
	const struct copy *c;
	struct store head = { .home = from };
	uint32_t i, k;

	dynamo_heard(me, from);
	if (s->silent || his->range >= s->tokens ||
	    s->trees[his->range] == NULL || his->count >
	    (size - sizeof *his) / sizeof *list ||
	    !ring_keeps(me, his->range, from))
		return;
	for (i = 0; i < BUCKETS; i++)
		for (c = s->copies[i]; c != NULL; c = c->next) {
			if (c->home != me->id || c->range != his->range ||
			    leaf_of(c->key) != his->index)
				continue;
			for (k = 0; k < his->count &&
			     list[k].key != c->key; k++)
				;
			if (k < his->count && list[k].hash == c->hash)
				continue;
			head.key = c->key;
			store_get(me, c->key, me->id, &s->mine);
			dynamo_send(me, from, STORE, &head, &s->mine);
		}
	if (his->asks)
		send_leaf(me, from, his->range, his->index, false);
}
