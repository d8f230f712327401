/* SPDX-License-Identifier: MIT */
/*
 * A second process that is node i, too: started by a mistake of its owner,
 * say, from a copy of its disk.  It has the number, the boot and the peers of
 * the first, and stands behind all nodes in live->nodes, so that everything
 * that is done for a process is done for it as well.
 *
 * Nobody above the world knows it: its end is not the node's end, and what it
 * claims and notes would only be taken for the first one's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/node/backing.h"
#include "core/world/live.h"

static int
open_folder(const char *path, struct backing **out, struct fr_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "open %s", path);
	*out = backing_folder(fd);
	return 0;
}

/* What the node's disk holds now becomes the twin's. */
static int
copy_disk(const struct live_node *n, const char *dir, struct fr_err *err)
{
	char *own = mem_format("%s/node-%u", n->live->world.config.dir, n->id);
	struct backing *from = NULL, *to = NULL;
	int status = -1;

	if (mkdir(dir, 0700) < 0)
		err_sys(err, "make %s", dir);
	else if (open_folder(own, &from, err) == 0 &&
		 open_folder(dir, &to, err) == 0)
		status = backing_copy(from, to, err);
	if (from != NULL)
		from->ops->leave(from);
	if (to != NULL)
		to->ops->leave(to);
	free(own);
	return status;
}

int
twin_begin(struct live_node *n, struct fr_err *err)
{
	struct live *l = n->live;
	struct live_node *t = n + l->world.config.nodes;
	char *dir;

	if (n->life != LIFE_UP && n->life != LIFE_PAUSED)
		return err_set(err, "node %u is not up", n->id);
	if (life_state(t) != NODE_DOWN)
		return err_set(err, "node %u has a twin already", n->id);
	dir = mem_format("%s/node-%u.twin-%u", l->world.config.dir, n->id,
			 l->twins + 1);
	if (copy_disk(n, dir, err) < 0) {
		free(dir);
		return -1;
	}
	l->twins++;
	free(t->twin_dir);
	t->twin_dir = dir;
	t->other = n->running;
	t->clock = n->clock;
	t->clock_set = n->clock_set;
	t->drift = n->drift;
	return life_step(t, ON_BOOT, err);
}

void
twin_end(struct live_node *n)
{
	(void)life_step(n + n->live->world.config.nodes, ON_KILL, NULL);
}

void
twin_ended(struct live_node *t, const struct live_end *end)
{
	const struct world_config *c = &t->live->world.config;
	char text[FR_TEXT_MAX + 1];

	if (end->cause == END_KILLED || end->cause == END_STOPPED)
		return;
	snprintf(text, sizeof text, "fracas: the second instance of this node "
		 "ended: %s", end->text);
	c->events->said(c->arg, t->id, t->process_boot, OUTPUT_LOG,
			FR_LOG_WARN, text);
}
