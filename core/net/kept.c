/* SPDX-License-Identifier: MIT */
/*
 * What nodes have sent to each other, to be had again: of each link an even
 * sample of everything so far (Vitter's reservoir), bounded in number and, all
 * together, in bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/net/inside.h"

#define KEPT_EACH	16u
#define KEPT_SIZE_MAX	65536u
#define KEPT_BYTES_MAX	(64u * 1024u * 1024u)

struct kept {
	uint64_t seen;
	struct old *at[KEPT_EACH];
};

static struct kept *
of_link(const struct net *net, uint32_t from, uint32_t to)
{
	return &net->kept[(size_t)from * net->nodes + to];
}

void
net_keep_on(struct net *net)
{
	uint32_t from, to;

	if (net->kept != NULL)
		return;
	net->kept = mem_array((size_t)net->nodes * net->nodes,
			      sizeof *net->kept);
	for (from = 0; from < net->nodes; from++) {
		for (to = 0; to < net->nodes; to++) {
			if (from == to)
				continue;
			net_link(net, from, to)->kept = true;
			link_shape(net_link(net, from, to));
		}
	}
}

void
kept_free(struct net *net)
{
	size_t i, j;

	if (net->kept == NULL)
		return;
	for (i = 0; i < (size_t)net->nodes * net->nodes; i++)
		for (j = 0; j < KEPT_EACH; j++)
			free(net->kept[i].at[j]);
	free(net->kept);
}

void
net_keep(struct net *net, int64_t now, uint32_t from, uint32_t to,
	 uint16_t type, uint32_t src_boot, const void *body, uint32_t size)
{
	struct kept *k = of_link(net, from, to);
	struct rng r = { .i = 0 };
	struct old *old;
	uint64_t at = k->seen++;

	if (from == to || size > KEPT_SIZE_MAX)
		return;
	if (at >= KEPT_EACH) {
		r.key = hash_mix(hash_mix(net->rng.key ^ 1,
					  (uint64_t)from << 32 | to), at);
		at = rng_below(&r, at + 1);
		if (at >= KEPT_EACH)
			return;
	}
	old = k->at[at];
	if (net->kept_bytes + size - (old == NULL ? 0 : old->size) >
	    KEPT_BYTES_MAX)
		return;
	net->kept_bytes += size - (old == NULL ? 0 : old->size);
	old = mem_resize(old, sizeof *old + size, 1);
	old->sent = now;
	old->src_boot = src_boot;
	old->size = size;
	old->type = type;
	if (size > 0)
		memcpy(old->body, body, size);
	k->at[at] = old;
}

const struct old *
kept_find(const struct net *net, uint32_t from, uint32_t to, int64_t until,
	  const struct rng *r)
{
	const struct kept *k = of_link(net, from, to);
	uint64_t first = draw_below(r, DRAW_WHICH, KEPT_EACH), i;
	const struct old *old;

	for (i = 0; i < KEPT_EACH; i++) {
		old = k->at[(first + i) % KEPT_EACH];
		if (old != NULL && old->sent < until)
			return old;
	}
	return NULL;
}
