/* SPDX-License-Identifier: MIT */
/*
 * Standard output and error of nodes: lines, cut where they are too long,
 * until a boot has written too much; from there the pipe is only emptied.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/world/live.h"

/* What one pipe is read in one turn of the loop. */
#define OUTPUT_READ 65536u

static void
tell(struct live_output *o, uint32_t level, const char *text)
{
	struct live_node *n = o->node;
	const struct world_config *c = &n->live->world.config;

	c->events->said(c->arg, n->id, n->process_boot, o->from, level, text);
}

static void
end_line(struct live_output *o)
{
	struct live_node *n = o->node;
	uint64_t cost = o->size + 1;
	char line[FR_TEXT_MAX];

	memcpy(line, o->line, o->size);
	line[o->size] = '\0';
	o->size = 0;
	o->cut = false;
	if (n->output_left == 0)
		return;
	if (cost > n->output_left) {
		n->output_left = 0;
		tell(o, FR_LOG_WARN, "fracas: this node has written too much; "
		     "the rest of this boot is dropped");
		return;
	}
	n->output_left -= cost;
	tell(o, o->from == OUTPUT_STDERR ? FR_LOG_WARN : FR_LOG_INFO, line);
}

static void
add(struct live_output *o, const char *data, size_t size)
{
	size_t room = FR_TEXT_MAX - 1 - o->size, i;

	if (size > room) {
		size = room;
		o->cut = true;
	}
	for (i = 0; i < size; i++)
		o->line[o->size++] = data[i] == '\0' ? '?' : data[i];
}

static void
take(struct live_output *o, const char *data, size_t size)
{
	const char *end;
	size_t part;

	while (size > 0) {
		end = memchr(data, '\n', size);
		part = end == NULL ? size : (size_t)(end - data);
		if (!o->cut)
			add(o, data, part);
		if (end == NULL)
			return;
		end_line(o);
		data += part + 1;
		size -= part + 1;
	}
}

static void
on_output(evutil_socket_t fd, short what, void *arg)
{
	static char room[OUTPUT_READ];
	struct live_output *o = arg;
	struct live_node *n = o->node;
	ssize_t size;

	(void)what;
	size = read(fd, room, sizeof room);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size > 0) {
		if (n->output_left > 0)
			take(o, room, (size_t)size);
		return;
	}
	if (o->size > 0)
		end_line(o);
	output_close(o);
	life_drained(n);
}

int
output_open(struct live_node *n, struct live_output *o, enum output_from from,
	    int *theirs, struct fr_err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "a pipe for node %u", n->id);
	*theirs = ends[1];
	o->fd = ends[0];
	o->from = from;
	o->node = n;
	o->size = 0;
	o->cut = false;
	o->line = mem_new(FR_TEXT_MAX);
	o->ready = event_new(n->live->base, o->fd, EV_READ | EV_PERSIST,
			     on_output, o);
	if (o->ready == NULL || event_add(o->ready, NULL) < 0 ||
	    fcntl(o->fd, F_SETFL, O_NONBLOCK) < 0)
		return err_set(err, "libevent has no event for node %u",
			       n->id);
	return 0;
}

void
output_close(struct live_output *o)
{
	if (o->fd < 0)
		return;
	if (o->ready != NULL)
		event_free(o->ready);
	close(o->fd);
	free(o->line);
	o->ready = NULL;
	o->line = NULL;
	o->fd = -1;
}
