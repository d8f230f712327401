/* SPDX-License-Identifier: MIT */
/*
 * What is done on purpose to a node of the live world: it is told, or its
 * folder is changed, and its page says what came of it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/node/harm.h"
#include "core/world/live.h"

static void
tell(struct live_node *n, enum node_effect set)
{
	n->effects[set]++;
	if (n->page != NULL)
		atomic_store(&n->page->slow, n->faults.slow);
	if (n->open)
		switch_put(n, FRAME_FAULTS, 0, &n->faults, sizeof n->faults);
}

int
hurt_set_crash(struct live_node *n, const struct node_crash *c,
	       struct fr_err *err)
{
	if (world_check_crash(c, err) < 0)
		return -1;
	n->faults.crash = *c;
	n->faults.crash.serial = ++n->serial;
	tell(n, EFFECT_CRASH_SET);
	return 0;
}

int
hurt_set_disk(struct live_node *n, const struct node_disk *d,
	      struct fr_err *err)
{
	if (world_check_disk(d, err) < 0)
		return -1;
	n->faults.disk = *d;
	if (d->draw == 0)
		n->faults.disk.draw = ++n->serial;
	tell(n, EFFECT_DISK_SET);
	return 0;
}

int
hurt_set_slow(struct live_node *n, int64_t ns, struct fr_err *err)
{
	if (world_check_slow(ns, err) < 0)
		return -1;
	n->faults.slow = ns;
	tell(n, EFFECT_SLOW_SET);
	return 0;
}

/* ---- files ----------------------------------------------------------------------- */

int
hurt_harm(struct live_node *n, const struct node_harm *h, struct fr_err *err)
{
	const struct world_config *c = &n->live->world.config;
	struct backing *b;
	int fd, status;
	char *dir;

	/* Down, and nobody writes any more: the process has been reaped. */
	if (world_check_harm(h, n->id, n->life == LIFE_NONE, err) < 0)
		return -1;
	dir = mem_format("%s/node-%u", c->dir, n->id);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		err_sys(err, "open %s", dir);
		free(dir);
		return -1;
	}
	free(dir);
	b = backing_folder(fd);
	status = harm_do(b, h, c->seed, n->id, &n->kept, n->effects, err);
	b->ops->leave(b);
	return status < 0 ? err_wrap(err, "the disk of node %u", n->id) : 0;
}

int
hurt_replace(struct live_node *n, uint32_t other, struct fr_err *err)
{
	if (world_check_replace(&n->live->world.config, other, err) < 0)
		return -1;
	n->other = other;
	return 0;
}

const char *
hurt_plugin(struct live_node *n)
{
	const struct world_config *c = &n->live->world.config;

	if (n->other != n->running)
		n->effects[EFFECT_REPLACED]++;
	n->running = n->other;
	return n->other == WORLD_OWN ? c->plugins[n->id] : c->others[n->other];
}

/* ---- what came of it -------------------------------------------------------------- */

static void
add(uint64_t *out, const struct node_page *page)
{
	uint64_t count;
	uint32_t i;

	for (i = 0; i < NODE_EFFECTS; i++) {
		count = atomic_load(&page->effects[i]);
		if (i != EFFECT_CLOCK_OFF)
			out[i] += count;
		else if (count > out[i])
			out[i] = count;
	}
}

/* It is over with the process: what it had not synced is lost. */
static void
add_lost(uint64_t *out, const struct node_page *page)
{
	uint64_t unsynced = atomic_load(&page->unsynced);
	uint64_t survives = atomic_load(&page->survives);

	if (survives > unsynced)
		survives = unsynced;
	out[EFFECT_LOST] += unsynced - survives;
	out[EFFECT_SURVIVED] += survives;
}

void
hurt_effects(const struct live_node *n, uint64_t *out)
{
	memcpy(out, n->effects, sizeof n->effects);
	if (n->page == NULL)
		return;
	add(out, n->page);
	if (n->life >= LIFE_ENDING)
		add_lost(out, n->page);
}

void
hurt_gather(struct live_node *n)
{
	add(n->effects, n->page);
	add_lost(n->effects, n->page);
}

char *
hurt_struck(struct live_node *n)
{
	uint32_t struck = n->page == NULL ? 0 : atomic_load(&n->page->struck);
	char doing[160], text[400];

	if (struck == 0 || n->faults.crash.point == CRASH_NEVER)
		return NULL;
	life_doing(n, doing, sizeof doing);
	crash_text(&n->faults.crash, struck - 1, doing, text, sizeof text);
	n->faults.crash.point = CRASH_NEVER;
	return mem_string(text);
}
