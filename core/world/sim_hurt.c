/* SPDX-License-Identifier: MIT */
/* What is done on purpose to a node in virtual time. */
#include "core/world/sim.h"

#include <string.h>

#include "core/node/harm.h"

/* Its host is told, and it goes on record. */
static void
tell(struct sim_node *n, enum step_fault what, enum node_effect set,
     const void *body, size_t size)
{
	atomic_fetch_add(&n->effects[set], 1);
	sim_step(n->sim, STEP_FAULT, n->id, 0, (uint32_t)what, n->boot, body,
		 size);
	if (n->host != NULL && n->host->started)
		host_set_faults(n->host, &n->faults);
}

int
hurt_set_crash(struct sim_node *n, const struct node_crash *c,
	       struct fr_err *err)
{
	if (world_check_crash(c, err) < 0)
		return -1;
	n->faults.crash = *c;
	n->faults.crash.serial = ++n->serial;
	tell(n, STEP_SET_CRASH, EFFECT_CRASH_SET, &c->point,
	     offsetof(struct node_crash, in));
	return 0;
}

int
hurt_set_disk(struct sim_node *n, const struct node_disk *d,
	      struct fr_err *err)
{
	if (world_check_disk(d, err) < 0)
		return -1;
	n->faults.disk = *d;
	if (d->draw == 0)
		n->faults.disk.draw = ++n->serial;
	tell(n, STEP_SET_DISK, EFFECT_DISK_SET, d, sizeof *d);
	return 0;
}

int
hurt_set_slow(struct sim_node *n, int64_t ns, struct fr_err *err)
{
	if (world_check_slow(ns, err) < 0)
		return -1;
	n->faults.slow = ns;
	tell(n, STEP_SET_SLOW, EFFECT_SLOW_SET, &ns, sizeof ns);
	return 0;
}

int
hurt_harm(struct sim_node *n, const struct node_harm *h, struct fr_err *err)
{
	uint64_t effects[NODE_EFFECTS] = { 0 };
	uint32_t i;
	int status;

	if (world_check_harm(h, n->id, n->state == NODE_DOWN, err) < 0)
		return -1;
	status = harm_do(n->disk, h, n->sim->world.config.seed, n->id,
			 &n->kept, effects, err);
	for (i = 0; i < NODE_EFFECTS; i++)
		atomic_fetch_add(&n->effects[i], effects[i]);
	sim_step(n->sim, STEP_FAULT, n->id, 0, STEP_HARM, n->boot, effects,
		 sizeof effects);
	return status < 0 ? err_wrap(err, "the disk of node %u", n->id) : 0;
}

int
hurt_replace(struct sim_node *n, uint32_t other, struct fr_err *err)
{
	if (world_check_replace(&n->sim->world.config, other, err) < 0)
		return -1;
	n->other = other;
	sim_step(n->sim, STEP_FAULT, n->id, 0, STEP_REPLACE, n->boot, &other,
		 sizeof other);
	return 0;
}

void
hurt_plugin(struct sim_node *n)
{
	const struct sim_options *o = &n->sim->options;
	const struct sim_plugin *next = n->other == WORLD_OWN ?
		o->plugins[n->id] :
		o->others[n->other * n->sim->world.config.nodes + n->id];

	if (n->other != n->of)
		atomic_fetch_add(&n->effects[EFFECT_REPLACED], 1);
	n->plugin = next;
	n->of = n->other;
}

void
hurt_lost(struct sim_node *n)
{
	uint64_t survives, unsynced;

	if (n->host->disk == NULL)
		return;
	unsynced = disk_unsynced(n->host->disk, &survives);
	atomic_fetch_add(&n->effects[EFFECT_LOST], unsynced - survives);
	atomic_fetch_add(&n->effects[EFFECT_SURVIVED], survives);
}

void
hurt_effects(const struct sim_node *n, uint64_t *out)
{
	uint32_t i;

	for (i = 0; i < NODE_EFFECTS; i++)
		out[i] = atomic_load(&n->effects[i]);
}
