/* SPDX-License-Identifier: MIT */
/* A layer that a fault lays over links. */
#include "nemesis/laid.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct laid *
laid_new(const struct scene *s, struct fault *f, size_t size)
{
	struct laid *l = mem_new(size);

	l->net = s->world->config.net;
	l->layer.key = fault_rng(f, &s->ground, f->family->name).key;
	f->state = l;
	return l;
}

int
laid_links(struct scene *s, struct fault *f, struct buf *words,
	   struct fr_err *err)
{
	struct laid *l = f->state;
	struct links links;
	uint32_t i;

	if (target_links(s, f, &links, err) < 0) {
		laid_drop(f);
		return -1;
	}
	for (i = 0; i < links.count; i++)
		net_lay(l->net, &l->layer, links.at[i].from, links.at[i].to);
	if (*f->target == '\0' || strcmp(f->target, "all") == 0)
		buf_text(words, "every link between nodes");
	else
		target_links_words(&links, s->ground.nodes, words);
	free(links.at);
	return 0;
}

void
laid_from(struct laid *l, uint32_t node, bool clients)
{
	uint32_t to, ends = l->net->nodes + (clients ? l->net->clients : 0);

	for (to = 0; to < ends; to++)
		net_lay(l->net, &l->layer, node, to);
}

void
laid_to(struct laid *l, uint32_t node, bool clients)
{
	uint32_t from, ends = l->net->nodes + (clients ? l->net->clients : 0);

	for (from = 0; from < ends; from++)
		net_lay(l->net, &l->layer, from, node);
}

bool
laid_end(struct scene *s, struct fault *f)
{
	struct laid *l = f->state;

	net_lift_all(l->net, &l->layer);
	return s->world->ops->now(s->world) >= l->layer.last;
}

void
laid_drop(struct fault *f)
{
	struct laid *l = f->state;

	if (l != NULL)
		net_lift_all(l->net, &l->layer);
	free(l);
	f->state = NULL;
}

bool
laid_count(struct buf *words, uint64_t n, const char *what)
{
	if (n == 0)
		return false;
	if (words->size > 0)
		buf_text(words, ", ");
	buf_printf(words, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
	return true;
}
