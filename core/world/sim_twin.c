/* SPDX-License-Identifier: MIT */
/*
 * A second instance of node i, as in the live world (live_twin.c): its number,
 * its boot, its peers, a copy of its disk, and a state of its own.  It stands
 * behind all nodes in sim->nodes.
 *
 * A protocol's globals exist once for each node.  So where it has some, they
 * are exchanged whenever the other of the two instances gets its turn.
 */
#include "core/world/sim.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"

static struct sim_node *
other(struct sim_node *n)
{
	uint32_t nodes = n->sim->world.config.nodes;

	return is_twin(n) ? n - nodes : n + nodes;
}

struct sim_node *
twin_of(struct sim_node *n)
{
	struct sim_node *t = other(n);

	return t->state == NODE_UP ? t : NULL;
}

void
twin_globals(struct sim_node *n)
{
	struct sim_node *o = other(n);
	const struct sim_plugin *p = n->plugin;

	if (n->has_globals)
		return;
	FR_ASSERT(o->has_globals);
	p->save(p->arg, o->image);
	o->has_globals = false;
	p->load(p->arg, n->image);
	n->has_globals = true;
}

/* The first keeps what is in its place; the second begins with a copy, which
 * its boot resets. */
static void
share(struct sim_node *n)
{
	const struct sim_plugin *p = n->plugin;
	struct sim_node *t = other(n);

	if (p->save == NULL)
		return;
	n->image = mem_new(p->image_size);
	t->image = mem_new(p->image_size);
	p->save(p->arg, t->image);
	n->shares = t->shares = n->has_globals = true;
	t->has_globals = false;
}

void
twin_forget(struct sim_node *n)
{
	struct sim_node *t = other(n);

	if (!n->shares)
		return;
	if (!n->has_globals)
		n->plugin->load(n->plugin->arg, n->image);
	free(n->image);
	free(t->image);
	n->image = t->image = NULL;
	n->shares = t->shares = n->has_globals = t->has_globals = false;
}

int
twin_begin(struct sim_node *n, struct fr_err *err)
{
	struct sim_node *t = other(n);

	if (n->state != NODE_UP && n->state != NODE_PAUSED)
		return err_set(err, "node %u is not up", n->id);
	if (t->state != NODE_DOWN)
		return err_set(err, "node %u has a twin already", n->id);
	twin_forget(n);
	backing_memory_free(t->disk);
	t->disk = backing_memory();
	if (backing_copy(n->disk, t->disk, err) < 0)
		return -1;
	t->other = n->other;
	t->plugin = n->plugin;
	t->clock = n->clock;
	t->clock_set = n->clock_set;
	t->drift = n->drift;
	share(n);
	n->sim->twins++;
	return node_boot(t, err);
}

void
twin_end(struct sim_node *n)
{
	(void)node_kill(other(n), NULL);
}

void
twin_ended(struct sim_node *t, const struct sim_end *end)
{
	const struct world_config *c = &t->sim->world.config;
	char text[FR_TEXT_MAX + 1];

	if (end->cause == END_KILLED || end->cause == END_STOPPED)
		return;
	snprintf(text, sizeof text, "fracas: the second instance of this node "
		 "ended: %s", end->text);
	c->events->said(c->arg, t->id, end->boot, OUTPUT_LOG, FR_LOG_WARN,
			text);
}
