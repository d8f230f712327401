/* SPDX-License-Identifier: MIT */
#include "tests/unit/live_rig.h"

#include <check.h>
#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/node/remove.h"

/* A test that waits for longer has failed. */
#define PATIENCE_NS 60000000000ll

const char *const rig_carriers[2] = { "stream", "nng" };

/* ---- writing down ---------------------------------------------------------------- */

static struct seen *
note(struct rig *r, enum seen_kind kind, uint32_t node, uint32_t boot,
     const char *text)
{
	struct seen *s;

	mem_grow(&r->seen, &r->room, r->count + 1, sizeof *r->seen);
	s = r->seen[r->count++] = mem_new(sizeof *s);
	s->kind = kind;
	s->node = node;
	s->boot = boot;
	s->text = mem_string(text);
	return s;
}

static void
noted(struct rig *r)
{
	/* Whoever waits looks again. */
	r->w->ops->leave(r->w);
	if (r->also != NULL)
		r->also(r, r->seen[r->count - 1]);
}

static void
on_ready(void *arg, uint32_t node, uint32_t boot)
{
	note(arg, SEEN_READY, node, boot, "");
	noted(arg);
}

static void
on_ended(void *arg, const struct world_end *end)
{
	struct seen *s = note(arg, SEEN_ENDED, end->node, end->boot,
			      end->text);

	s->end = *end;
	s->end.text = s->text;
	noted(arg);
}

static void
on_replied(void *arg, const struct world_reply *reply)
{
	struct seen *s = note(arg, SEEN_REPLIED, reply->node, 0, reply->text);

	s->client = reply->client;
	s->token = reply->token;
	s->reply = *reply;
	s->reply.text = s->text;
	if (reply->value.kind == FR_LIST)
		s->reply.value.u.list = s->data =
			mem_copy(reply->value.u.list,
				 reply->value.count * sizeof(int64_t));
	if (reply->value.kind == FR_BYTES)
		s->reply.value.u.bytes = s->data =
			mem_copy(reply->value.u.bytes, reply->value.count);
	noted(arg);
}

static void
on_broken(void *arg, uint32_t client, uint64_t token, uint32_t node)
{
	struct seen *s = note(arg, SEEN_BROKEN, node, 0, "");

	s->client = client;
	s->token = token;
	noted(arg);
}

static void
on_claimed(void *arg, uint32_t node, uint32_t boot, const char *what,
	   int64_t key, int64_t value)
{
	struct seen *s = note(arg, SEEN_CLAIMED, node, boot, what);

	s->key = key;
	s->value = value;
	noted(arg);
}

static void
on_noted(void *arg, uint32_t node, uint32_t boot, const char *name,
	 const char *text)
{
	char both[512];

	snprintf(both, sizeof both, "%s=%s", name, text);
	note(arg, SEEN_NOTED, node, boot, both);
	noted(arg);
}

static void
on_said(void *arg, uint32_t node, uint32_t boot, enum output_from from,
	uint32_t level, const char *text)
{
	struct seen *s = note(arg, SEEN_SAID, node, boot, text);

	s->from = from;
	s->level = level;
	noted(arg);
}

static void
on_misused(void *arg, uint32_t node, uint32_t boot, const char *text)
{
	note(arg, SEEN_MISUSED, node, boot, text);
	noted(arg);
}

static void
on_message(void *arg, const struct world_message *m)
{
	struct seen *s = note(arg, SEEN_MESSAGE, m->dst, m->src_boot,
			      trace_name(m->fate));

	s->message = *m;
	s->message.body = s->data = mem_copy(m->body, m->size);
	noted(arg);
}

static void
on_broke(void *arg, const char *text)
{
	note(arg, SEEN_BROKE, 0, 0, text);
	noted(arg);
}

/* ---- a world --------------------------------------------------------------------------- */

static const char *
build_folder(void)
{
	const char *dir = getenv("top_builddir");

	return dir == NULL ? "." : dir;
}

void
rig_init(struct rig *r, uint32_t nodes, int carrier)
{
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX], real[PATH_MAX];
	size_t i;

	memset(r, 0, sizeof *r);
	snprintf(path, sizeof path, "%s/fracas-node", build_folder());
	ck_assert_msg(realpath(path, real) != NULL, "no %s", path);
	setenv("FRACAS_NODE", real, 1);
	snprintf(path, sizeof path, "%s/tests/unit/plugins/live_tool.so",
		 build_folder());
	ck_assert_msg(realpath(path, real) != NULL, "no %s", path);
	r->plugin = mem_string(real);
	snprintf(r->dir, sizeof r->dir, "%s/fracas-live-XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	ck_assert_ptr_nonnull(mkdtemp(r->dir));
	for (i = 0; i < sizeof r->plugins / sizeof *r->plugins; i++)
		r->plugins[i] = r->plugin;
	r->params[0] = (struct world_param){ "act", "none" };
	r->carrier = carrier;
	r->events = (struct world_events){
		.ready = on_ready, .ended = on_ended, .replied = on_replied,
		.broken = on_broken, .claimed = on_claimed,
		.noted = on_noted, .said = on_said, .misused = on_misused,
		.broke = on_broke,
	};
	r->config = (struct world_config){
		.nodes = nodes, .clients = 2, .seed = 1,
		.plugins = r->plugins, .params = r->params,
		.param_count = 1, .dir = r->dir,
		.carrier = rig_carriers[carrier],
		.boot_limit = PATIENCE_NS / 2, .hang_limit = PATIENCE_NS / 2,
		.memory_max = 1 << 20, .output_max = 1 << 20,
		.events = &r->events, .arg = r,
	};
}

static struct event_base *
make_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	event_config_free(config);
	ck_assert_ptr_nonnull(base);
	return base;
}

void
rig_open(struct rig *r, const char *topology)
{
	struct fr_err err = { 0 };

	ck_assert_msg(topology_make(topology, r->config.nodes, 1,
				    &r->topology, &err) == 0, "%s", err.text);
	r->config.net = net_new(&r->topology, r->config.clients, NULL, 1);
	r->base = make_base();
	r->w = live_new(&r->config, r->base, &err);
	ck_assert_msg(r->w != NULL, "%s", err.text);
}

/* Sets on_message, which tests that send much do without. */
void
rig_trace(struct rig *r)
{
	r->events.message = on_message;
}

void
rig_boot(struct rig *r)
{
	uint32_t i;

	for (i = 0; i < r->config.nodes; i++)
		RIG_DO(r, boot, i);
	for (i = 0; i < r->config.nodes; i++)
		rig_wait(r, SEEN_READY, i);
}

void
rig_free(struct rig *r)
{
	size_t i;

	if (r->w != NULL) {
		r->also = NULL;
		r->w->ops->stop(r->w);
		r->w->ops->free(r->w);
	}
	if (r->base != NULL)
		event_base_free(r->base);
	net_free(r->config.net);
	topology_free(&r->topology);
	for (i = 0; i < r->count; i++) {
		free(r->seen[i]->text);
		free(r->seen[i]->data);
		free(r->seen[i]);
	}
	free(r->seen);
	free(r->plugin);
	ck_assert_int_eq(remove_tree(r->dir), 0);
}

/* ---- waiting ------------------------------------------------------------------------------ */

static void
on_impatience(void *arg)
{
	const struct rig *r = arg;
	size_t i;

	for (i = r->count < 20 ? 0 : r->count - 20; i < r->count; i++)
		fprintf(stderr, "# seen: kind %d, node %u, boot %u: %s\n",
			(int)r->seen[i]->kind, r->seen[i]->node,
			r->seen[i]->boot, r->seen[i]->text);
	ck_abort_msg("what was waited for has not happened");
}

static void
turn(struct rig *r)
{
	struct fr_err err = { 0 };
	uint64_t id = r->w->ops->at(r->w, r->w->ops->now(r->w) + PATIENCE_NS,
				    on_impatience, r);

	if (r->w->ops->loop(r->w, &err) < 0)
		ck_assert_msg(rig_count(r, SEEN_BROKE, 0) > 0, "%s",
			      err.text);
	r->w->ops->cancel(r->w, id);
}

struct seen *
rig_wait_text(struct rig *r, enum seen_kind kind, uint32_t node,
	      const char *part)
{
	size_t i = 0;

	for (;;) {
		for (; i < r->count; i++) {
			struct seen *s = r->seen[i];

			if (s->kind == kind && s->node == node && !s->taken &&
			    strstr(s->text, part) != NULL) {
				s->taken = true;
				return s;
			}
		}
		turn(r);
	}
}

struct seen *
rig_wait(struct rig *r, enum seen_kind kind, uint32_t node)
{
	return rig_wait_text(r, kind, node, "");
}

size_t
rig_count(const struct rig *r, enum seen_kind kind, uint32_t node)
{
	size_t i, n = 0;

	for (i = 0; i < r->count; i++)
		n += r->seen[i]->kind == kind && r->seen[i]->node == node;
	return n;
}

static void
on_tick(void *arg)
{
	struct rig *r = arg;

	r->w->ops->leave(r->w);
}

void
rig_until(struct rig *r, bool (*is)(struct rig *r))
{
	int64_t limit = r->w->ops->now(r->w) + PATIENCE_NS;

	while (!is(r)) {
		ck_assert_msg(r->w->ops->now(r->w) < limit,
			      "what was waited for has not become true");
		r->w->ops->at(r->w, r->w->ops->now(r->w) + 1000000, on_tick,
			      r);
		turn(r);
	}
}

/* ---- asking --------------------------------------------------------------------------------- */

int
rig_ask(struct rig *r, uint32_t node, uint32_t f, struct fr_value value)
{
	struct world_request rq = {
		.client = 0, .token = ++r->token, .f = f, .key = FR_NO_KEY,
		.value = value, .process = 1, .seq = r->token,
	};

	return r->w->ops->request(r->w, node, &rq);
}

int
rig_ask_for(struct rig *r, uint32_t node, uint32_t f, int64_t a, int64_t b,
	    int64_t c, int64_t d)
{
	const int64_t list[4] = { a, b, c, d };

	return rig_ask(r, node, f, fr_list(list, 4));
}

struct seen *
rig_call(struct rig *r, uint32_t node, uint32_t f, int64_t a, int64_t b,
	 int64_t c, int64_t d)
{
	struct seen *s;

	ck_assert_int_eq(rig_ask_for(r, node, f, a, b, c, d), 0);
	do
		s = rig_wait(r, SEEN_REPLIED, node);
	while (s->token != r->token);
	return s;
}
