/* SPDX-License-Identifier: MIT */
#include "tests/unit/any_world.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/units.h"
#ifdef ANY_SIM
#include "core/node/load.h"
#include "core/world/sim.h"
#else
#include <event2/event.h>

#include "core/node/remove.h"
#endif

/* A test that waits for longer has failed. */
#define PATIENCE INT64_C(60000000000)

struct world *any;
char any_said[65536];
int64_t any_list[8];

static struct net *net;
static struct topology topology;
static char plugin[PATH_MAX], second[PATH_MAX];
static uint64_t token, answered;
static bool broke_off;

__attribute__((format(printf, 1, 2)))
static void
say(const char *format, ...)
{
	size_t size = strlen(any_said);
	va_list args;

	va_start(args, format);
	vsnprintf(any_said + size, sizeof any_said - size, format, args);
	va_end(args);
	any->ops->leave(any);
}

/* ---- what it tells -------------------------------------------------------------- */

static void
on_ready(void *arg, uint32_t node, uint32_t boot)
{
	(void)arg;
	say("ready %u.%u\n", node, boot);
}

static void
on_ended(void *arg, const struct world_end *e)
{
	(void)arg;
	say("end %u.%u %s: %s\n", e->node, e->boot, end_names[e->cause],
	    e->text);
}

static void
on_replied(void *arg, const struct world_reply *r)
{
	uint32_t i;

	(void)arg;
	memset(any_list, 0, sizeof any_list);
	any_list[0] = fr_number(r->value, 0);
	for (i = 0; r->value.kind == FR_LIST && i < r->value.count && i < 8;
	     i++)
		any_list[i] = r->value.u.list[i];
	answered = r->token;
	any->ops->leave(any);
}

static void
on_broken(void *arg, uint32_t client, uint64_t t, uint32_t node)
{
	(void)arg;
	(void)client;
	(void)node;
	answered = t;
	broke_off = true;
	any->ops->leave(any);
}

static void
on_claimed(void *arg, uint32_t node, uint32_t boot, const char *what,
	   int64_t key, int64_t value)
{
	(void)arg;
	(void)boot;
	(void)value;
	say("%s %lld at %u\n", what, (long long)key, node);
}

static void
on_noted(void *arg, uint32_t node, uint32_t boot, const char *name,
	 const char *text)
{
	(void)arg;
	(void)boot;
	say("%u notes %s=%s\n", node, name, text);
}

static void
on_words(void *arg, uint32_t node, uint32_t boot, enum output_from from,
	 uint32_t level, const char *text)
{
	(void)arg;
	(void)boot;
	(void)from;
	(void)level;
	say("%u said %s\n", node, text);
}

static void
on_misused(void *arg, uint32_t node, uint32_t boot, const char *text)
{
	(void)arg;
	say("misuse %u.%u: %s\n", node, boot, text);
}

static void
on_broke(void *arg, const char *text)
{
	(void)arg;
	ck_abort_msg("the world broke: %s", text);
}

static const struct world_events events = {
	.ready = on_ready, .ended = on_ended, .replied = on_replied,
	.broken = on_broken, .claimed = on_claimed, .noted = on_noted,
	.said = on_words, .misused = on_misused, .broke = on_broke,
};

/* ---- making it -------------------------------------------------------------------- */

static const char *plugins[ANY_NODES_MAX], *others[1] = { second };
static const char *names[1] = { "second" };

static void
find(const char *name, char *out)
{
	const char *dir = getenv("top_builddir");
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", dir == NULL ? "." : dir, name);
	ck_assert_msg(realpath(path, out) != NULL, "no %s", path);
}

#ifdef ANY_SIM

const char *const any_name = "sim";
static struct sim_page page;

static struct sim_plugin
load(const char *path)
{
	static char body[65536];
	struct fr_writer w = fr_writer(body, sizeof body);
	struct descriptor *d = mem_new(sizeof *d);
	struct sim_plugin made = { .descriptor = d };
	struct fr_err err = { 0 };

	ck_assert_msg(load_protocol(path, &made.protocol, &err) == 0, "%s",
		      err.text);
	wire_put_descriptor(&w, made.protocol);
	ck_assert_msg(wire_get_descriptor(body, w.size, d, &err) == 0, "%s",
		      err.text);
	return made;
}

static struct sim_plugin first, other;

static struct world *
make(struct world_config *c)
{
	static const struct sim_plugin *all[2 * ANY_NODES_MAX];
	const struct sim_options options = {
		.plugins = all, .others = all + ANY_NODES_MAX,
		.sync_time = SIM_SYNC_TIME, .page = &page,
	};
	uint32_t i;

	first = load(plugin);
	other = load(second);
	for (i = 0; i < ANY_NODES_MAX; i++) {
		all[i] = &first;
		all[ANY_NODES_MAX + i] = &other;
	}
	return sim_new(c, &options);
}

static void
unload(struct sim_plugin *p)
{
	struct descriptor *d = (struct descriptor *)(uintptr_t)p->descriptor;

	descriptor_free(d);
	free(d);
}

static void
unmake(void)
{
	unload(&first);
	unload(&other);
}

#else

const char *const any_name = "live";
static char dir[256];
static struct event_base *base;

static struct world *
make(struct world_config *c)
{
	struct event_config *how = event_config_new();
	const char *tmp = getenv("TMPDIR");
	static char node[PATH_MAX];
	struct fr_err err = { 0 };
	struct world *w;

	event_config_set_flag(how, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(how);
	event_config_free(how);
	ck_assert_ptr_nonnull(base);
	find("fracas-node", node);
	setenv("FRACAS_NODE", node, 1);
	snprintf(dir, sizeof dir, "%s/fracas-any-XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	c->dir = dir;
	c->carrier = "stream";
	w = live_new(c, base, &err);
	ck_assert_msg(w != NULL, "%s", err.text);
	return w;
}

static void
unmake(void)
{
	event_base_free(base);
	ck_assert_int_eq(remove_tree(dir), 0);
}

#endif

void
any_open(uint32_t nodes, uint64_t seed)
{
	struct world_config c = {
		.nodes = nodes, .clients = 2, .seed = seed,
		.plugins = plugins, .others = others, .other_names = names,
		.other_count = 1,
		.boot_limit = PATIENCE / 2, .hang_limit = PATIENCE / 2,
		.memory_max = 1 << 20, .output_max = 1 << 20,
		.events = &events,
	};
	struct fr_err err = { 0 };
	uint32_t i;

	find("tests/unit/plugins/hurt_tool.so", plugin);
	find("tests/unit/plugins/hurt_tool2.so", second);
	for (i = 0; i < ANY_NODES_MAX; i++)
		plugins[i] = plugin;
	ck_assert_int_eq(topology_make("complete", nodes, 1, &topology, &err),
			 0);
	c.net = net = net_new(&topology, c.clients, NULL, seed);
	any_said[0] = '\0';
	token = answered = 0;
	any = make(&c);
	for (i = 0; i < nodes; i++)
		ck_assert_msg(any->ops->boot(any, i, &err) == 0, "%s",
			      err.text);
	for (i = 0; i < nodes; i++)
		any_until_state(i, NODE_UP);
}

void
any_close(void)
{
	any->ops->stop(any);
	any->ops->free(any);
	net_free(net);
	topology_free(&topology);
	unmake();
}

/* ---- waiting ----------------------------------------------------------------------- */

static void
leave(void *arg)
{
	(void)arg;
	any->ops->leave(any);
}

/* One event, or a millisecond. */
static void
turn(void)
{
	struct fr_err err = { 0 };
	uint64_t id = any->ops->at(any, any->ops->now(any) + ANY_MS, leave,
				   NULL);

	ck_assert_msg(any->ops->loop(any, &err) == 0, "%s", err.text);
	any->ops->cancel(any, id);
}

void
any_until(bool (*holds)(uint64_t arg), uint64_t arg)
{
	int64_t limit = any->ops->now(any) + PATIENCE;

	while (!holds(arg)) {
		ck_assert_msg(any->ops->now(any) < limit, "it never came; "
			      "this was said:\n%s", any_said);
		turn();
	}
}

static bool
in_state(uint64_t arg)
{
	return any->ops->state(any, (uint32_t)arg, NULL) ==
	       (enum node_state)(arg >> 32);
}

void
any_until_state(uint32_t node, enum node_state state)
{
	any_until(in_state, (uint64_t)state << 32 | node);
}

static bool
is_said(uint64_t arg)
{
	return strstr(any_said, (const char *)(uintptr_t)arg) != NULL;
}

void
any_until_said(const char *text)
{
	any_until(is_said, (uint64_t)(uintptr_t)text);
}

static bool
has_passed(uint64_t arg)
{
	return any->ops->now(any) >= (int64_t)arg;
}

void
any_pass(int64_t ns)
{
	any_until(has_passed, (uint64_t)(any->ops->now(any) + ns));
}

static bool
is_answered(uint64_t arg)
{
	return answered == arg;
}

int64_t
any_call(uint32_t node, uint32_t f, int64_t a, int64_t b)
{
	const int64_t numbers[] = { a, b };
	struct world_request r = {
		.client = 0, .token = ++token, .f = f, .key = FR_NO_KEY,
		.value = fr_list(numbers, 2), .process = 1, .seq = token,
	};

	broke_off = false;
	if (any->ops->request(any, node, &r) != 0)
		return ANY_BROKEN;
	any_until(is_answered, token);
	return broke_off ? ANY_BROKEN : any_list[0];
}

uint32_t
any_times(const char *text)
{
	const char *at = any_said;
	uint32_t times = 0;

	while ((at = strstr(at, text)) != NULL) {
		times++;
		at += strlen(text);
	}
	return times;
}

uint64_t
any_effect(uint32_t node, enum node_effect effect)
{
	uint64_t effects[NODE_EFFECTS];

	any->ops->effects(any, node, effects);
	return effects[effect];
}

void
any_kill(uint32_t node)
{
	uint32_t boot;
	struct fr_err err = { 0 };
	char text[64];

	any->ops->state(any, node, &boot);
	ck_assert_msg(any->ops->kill(any, node, &err) == 0, "%s", err.text);
	snprintf(text, sizeof text, "end %u.%u ", node, boot);
	any_until_said(text);
}

void
any_boot(uint32_t node)
{
	struct fr_err err = { 0 };

	ck_assert_msg(any->ops->boot(any, node, &err) == 0, "%s", err.text);
	any_until_state(node, NODE_UP);
}

void
any_again(uint32_t node)
{
	any_kill(node);
	any_boot(node);
}
