/* SPDX-License-Identifier: MIT */
/*
 * switch BALL.so [INFLIGHT [SECONDS [CARRIER [NODES [trace]]]]] - messages a
 * second through the live world's switch, with real nodes that play ball;
 * with "trace", every message is told to somebody who only counts.
 */
#include <err.h>
#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/node/remove.h"
#include "core/world/world.h"

static struct bench {
	struct world *w;
	uint32_t ready, nodes;
	int64_t length, begin, end;
	uint64_t before, moved, traced;
} b;

static void
on_end(void *arg)
{
	(void)arg;
	b.end = b.w->ops->now(b.w);
	b.moved = b.w->ops->counts(b.w)->delivered - b.before;
	b.w->ops->leave(b.w);
}

static void
on_begin(void *arg)
{
	(void)arg;
	b.begin = b.w->ops->now(b.w);
	b.before = b.w->ops->counts(b.w)->delivered;
	b.w->ops->at(b.w, b.begin + b.length, on_end, NULL);
}

static void
on_ready(void *arg, uint32_t node, uint32_t boot)
{
	(void)arg;
	(void)node;
	(void)boot;
	if (++b.ready == b.nodes)
		b.w->ops->at(b.w, b.w->ops->now(b.w) + b.length / 10, on_begin,
			     NULL);
}

static void
on_ended(void *arg, const struct world_end *e)
{
	(void)arg;
	if (e->cause != END_STOPPED)
		errx(1, "node %u: %s", e->node, e->text);
}

static void
on_said(void *arg, uint32_t node, uint32_t boot, enum output_from from,
	uint32_t level, const char *text)
{
	(void)arg;
	(void)boot;
	(void)from;
	(void)level;
	warnx("node %u: %s", node, text);
}

static void
on_misused(void *arg, uint32_t node, uint32_t boot, const char *text)
{
	(void)arg;
	(void)boot;
	errx(1, "node %u: %s", node, text);
}

static void
on_broke(void *arg, const char *text)
{
	(void)arg;
	errx(1, "%s", text);
}

static void
on_message(void *arg, const struct world_message *m)
{
	(void)arg;
	b.traced += m->fate == FATE_DELIVERED;
}

static struct world_events events = {
	.ready = on_ready,
	.ended = on_ended,
	.said = on_said,
	.misused = on_misused,
	.broke = on_broke,
};

static struct event_base *
make_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

int
main(int argc, char **argv)
{
	const char *inflight = argc > 2 ? argv[2] : "16";
	const struct world_param params[] = { { "inflight", inflight },
					      { "size", "64" } };
	char dir[PATH_MAX], plugin[PATH_MAX];
	const char *tmp = getenv("TMPDIR");
	const char *plugins[FR_NODES_MAX];
	struct fr_err err = { 0 };
	struct topology t;
	struct world_config c = {
		.seed = 1, .plugins = plugins, .params = params,
		.param_count = 2, .dir = dir,
		.carrier = argc > 4 ? argv[4] : "stream",
		.boot_limit = 10000000000ll, .hang_limit = 5000000000ll,
		.memory_max = 1 << 20, .output_max = 1 << 16,
		.events = &events,
	};
	struct event_base *base;
	uint32_t i;

	if (argc < 2 || realpath(argv[1], plugin) == NULL)
		errx(2, "usage: switch BALL.so [INFLIGHT [SECONDS [CARRIER "
		     "[NODES [trace]]]]]");
	b.length = (int64_t)((argc > 3 ? atof(argv[3]) : 2) * 1e9);
	b.nodes = c.nodes = argc > 5 ? (uint32_t)atoi(argv[5]) : 5;
	if (argc > 6)
		events.message = on_message;
	snprintf(dir, sizeof dir, "%s/fracas-bench-XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(dir) == NULL)
		errx(1, "%s", dir);
	for (i = 0; i < FR_NODES_MAX; i++)
		plugins[i] = plugin;
	if (topology_make("complete", c.nodes, 1, &t, &err) < 0)
		errx(1, "%s", err.text);
	c.net = net_new(&t, 0, NULL, 1);
	base = make_base();
	b.w = live_new(&c, base, &err);
	for (i = 0; b.w != NULL && i < c.nodes; i++)
		if (b.w->ops->boot(b.w, i, &err) < 0)
			break;
	if (err.status != 0 || b.w->ops->loop(b.w, &err) < 0)
		errx(1, "%s", err.text);
	b.w->ops->stop(b.w);
	b.w->ops->free(b.w);
	event_base_free(base);
	net_free(c.net);
	topology_free(&t);
	remove_tree(dir);
	printf("%.0f\n", (double)b.moved * 1e9 / (double)(b.end - b.begin));
	return 0;
}
