/* SPDX-License-Identifier: MIT */
/* A small world in virtual time. */
#include "tests/unit/small_world.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum item_kind {
	ITEM_TIMER, ITEM_READY, ITEM_DEAD, ITEM_ARRIVES, ITEM_REPLY,
	ITEM_BROKEN, ITEM_CHATTER, ITEM_REFUSED
};

struct small_item {
	struct small_item *next;
	enum item_kind kind;
	int64_t t;
	uint64_t id;
	world_timer_fn fn;
	void *arg;
	uint32_t node, boot;
	struct world_request request;
	struct world_reply reply;
	bool forgotten;
};

struct small_world *
small_of(struct world *w)
{
	return (struct small_world *)(void *)w;
}

/* Behind everything of the same time. */
static struct small_item *
add(struct small_world *s, int64_t t, enum item_kind kind, uint32_t node)
{
	struct small_item *item = mem_new(sizeof *item), **at = &s->items;

	item->kind = kind;
	item->t = t < s->now ? s->now : t;
	item->id = ++s->next_id;
	item->node = node;
	item->boot = s->node == NULL ? 0 : s->node[node].boot;
	while (*at != NULL && (*at)->t <= item->t)
		at = &(*at)->next;
	item->next = *at;
	*at = item;
	return item;
}

static int
small_boot(struct world *w, uint32_t node, struct fr_err *err)
{
	struct small_world *s = small_of(w);
	struct small_node *n = &s->node[node];

	if (n->state != NODE_DOWN || n->dying)
		return err_set(err, "node %u is not down", node);
	if (n->booted)
		n->boot++;
	n->booted = true;
	n->state = NODE_BOOTING;
	add(s, s->now + s->config.boot_delay,
	    n->refuses ? ITEM_REFUSED : ITEM_READY, node);
	return 0;
}

/* Requests under way to a node that ends are broken. */
static void
break_requests(struct small_world *s, uint32_t node)
{
	struct small_item *item;

	for (item = s->items; item != NULL; item = item->next) {
		if (item->node == node && (item->kind == ITEM_ARRIVES ||
					   item->kind == ITEM_REPLY))
			item->kind = ITEM_BROKEN;
	}
}

static int
small_kill(struct world *w, uint32_t node, struct fr_err *err)
{
	struct small_world *s = small_of(w);

	if (s->node[node].state == NODE_DOWN)
		return err_set(err, "node %u is down", node);
	if (s->node[node].dying)
		return 0;
	s->node[node].dying = true;
	add(s, s->now + s->config.kill_delay, ITEM_DEAD, node);
	return 0;
}

static int
small_pause(struct world *w, uint32_t node, struct fr_err *err)
{
	struct small_node *n = &small_of(w)->node[node];

	if (n->state != NODE_UP)
		return err_set(err, "node %u is not up", node);
	n->state = NODE_PAUSED;
	return 0;
}

static int
small_resume(struct world *w, uint32_t node, struct fr_err *err)
{
	struct small_node *n = &small_of(w)->node[node];

	if (n->state != NODE_PAUSED)
		return err_set(err, "node %u is not paused", node);
	n->state = NODE_UP;
	return 0;
}

static enum node_state
small_state(struct world *w, uint32_t node, uint32_t *boot)
{
	*boot = small_of(w)->node[node].boot;
	return small_of(w)->node[node].state;
}

static int
small_set_clock(struct world *w, uint32_t node, const struct node_clock *c,
		struct fr_err *err)
{
	(void)w;
	(void)node;
	(void)c;
	return err_set(err, "there are no clocks here");
}

static int
small_request(struct world *w, uint32_t node, const struct world_request *r)
{
	struct small_world *s = small_of(w);
	struct fate fate;

	if (s->node[node].state == NODE_DOWN ||
	    s->node[node].state == NODE_BOOTING) {
		s->refused++;
		return 1;
	}
	s->requests++;
	fate = net_send(w->config.net, s->now, w->config.nodes + r->client,
			node, 32);
	if (fate.kind == FATE_DELIVERED)
		add(s, s->now + s->config.latency, ITEM_ARRIVES,
		    node)->request = *r;
	return 0;
}

static void
small_forget(struct world *w, uint32_t client, uint64_t token)
{
	struct small_item *item;

	for (item = small_of(w)->items; item != NULL; item = item->next) {
		if (item->request.client == client &&
		    item->request.token == token)
			item->forgotten = true;
	}
}

static int64_t
small_now(struct world *w)
{
	return small_of(w)->now;
}

static uint64_t
small_at(struct world *w, int64_t t, world_timer_fn fn, void *arg)
{
	struct small_item *item = add(small_of(w), t, ITEM_TIMER, 0);

	item->fn = fn;
	item->arg = arg;
	return item->id;
}

static void
small_cancel(struct world *w, uint64_t id)
{
	struct small_item **at, *item;

	for (at = &small_of(w)->items; *at != NULL; at = &(*at)->next) {
		if ((*at)->id != id || (*at)->kind != ITEM_TIMER)
			continue;
		item = *at;
		*at = item->next;
		free(item);
		return;
	}
}

static void
ended(struct small_world *s, uint32_t node, enum end_cause cause,
      const char *text)
{
	struct world_end end = {
		.node = node,
		.boot = s->node[node].boot,
		.cause = cause,
		.text = text,
	};

	s->node[node].state = NODE_DOWN;
	s->node[node].dying = false;
	break_requests(s, node);
	s->config.events->ended(s->config.arg, &end);
}

void
small_crash(struct small_world *s, uint32_t node, enum end_cause cause,
	    const char *text)
{
	ended(s, node, cause, text);
}

static void
arrives(struct small_world *s, const struct small_item *item)
{
	struct world_reply reply;
	struct small_item *back;
	int64_t delay = 0;

	memset(&reply, 0, sizeof reply);
	reply.client = item->request.client;
	reply.token = item->request.token;
	reply.node = item->node;
	reply.kind = FR_REPLY_OK;
	reply.text = "";
	/* A stopped one answers when it goes on; here: never. */
	if (s->node[item->node].state != NODE_UP ||
	    !s->config.answer(s, item->node, &item->request, &reply, &delay))
		return;
	back = add(s, s->now + delay, ITEM_REPLY, item->node);
	back->request = item->request;
	back->reply = reply;
	back->forgotten = item->forgotten;
}

static void
chatter(struct small_world *s, uint32_t node)
{
	uint32_t next = (node + 1) % s->config.nodes;

	if (s->node[node].state == NODE_UP && next != node) {
		s->counts.sent++;
		s->counts.bytes += 8;
		if (net_send(s->base.config.net, s->now, node, next, 8).kind ==
		    FATE_DELIVERED)
			s->counts.delivered++;
	}
	add(s, s->now + s->config.chatter, ITEM_CHATTER, node);
}

static void
happen(struct small_world *s, struct small_item *item)
{
	const struct world_events *events = s->config.events;
	struct small_node *n = &s->node[item->node];

	switch (item->kind) {
	case ITEM_TIMER:
		item->fn(item->arg);
		break;
	case ITEM_READY:
		if (n->state != NODE_BOOTING || n->boot != item->boot)
			break;
		n->state = NODE_UP;
		events->ready(s->config.arg, item->node, item->boot);
		break;
	case ITEM_REFUSED:
		ended(s, item->node, END_REFUSED, "there is no such thing");
		break;
	case ITEM_DEAD:
		if (n->dying && n->boot == item->boot)
			ended(s, item->node, END_KILLED, "killed");
		break;
	case ITEM_ARRIVES:
		arrives(s, item);
		break;
	case ITEM_REPLY:
		if (item->forgotten)
			s->late++;
		else
			events->replied(s->config.arg, &item->reply);
		break;
	case ITEM_BROKEN:
		if (!item->forgotten)
			events->broken(s->config.arg, item->request.client,
				       item->request.token, item->node);
		break;
	case ITEM_CHATTER:
		chatter(s, item->node);
		break;
	}
}

static int
small_loop(struct world *w, struct fr_err *err)
{
	struct small_world *s = small_of(w);
	struct small_item *item;

	s->left = false;
	while (!s->left) {
		item = s->items;
		if (item == NULL)
			return err_set(err, "nothing will ever happen again");
		s->items = item->next;
		s->now = item->t;
		happen(s, item);
		free(item);
	}
	return 0;
}

static void
small_leave(struct world *w)
{
	small_of(w)->left = true;
}

static void
small_stop(struct world *w)
{
	struct small_world *s = small_of(w);
	uint32_t i;

	for (i = 0; i < s->config.nodes; i++) {
		if (s->node[i].state != NODE_DOWN)
			ended(s, i, END_STOPPED, "stopped");
	}
}

static const struct world_counts *
small_counts(struct world *w)
{
	return &small_of(w)->counts;
}

static void
small_free(struct world *w)
{
	struct small_world *s = small_of(w);
	struct small_item *item;

	while ((item = s->items) != NULL) {
		s->items = item->next;
		free(item);
	}
	net_free(w->config.net);
	topology_free(&s->topology);
	free(s->node);
	free(s);
}

/* Its nodes have neither calls nor disks that could be hurt: nothing comes of
 * it, and that is what is told. */
static int
set(struct world *w, uint32_t node, enum node_effect what)
{
	small_of(w)->node[node].effects[what]++;
	return 0;
}

static int
small_set_crash(struct world *w, uint32_t node, const struct node_crash *c,
		struct fr_err *err)
{
	(void)c;
	(void)err;
	return set(w, node, EFFECT_CRASH_SET);
}

static int
small_set_disk(struct world *w, uint32_t node, const struct node_disk *d,
	       struct fr_err *err)
{
	(void)d;
	(void)err;
	return set(w, node, EFFECT_DISK_SET);
}

static int
small_set_slow(struct world *w, uint32_t node, int64_t ns, struct fr_err *err)
{
	(void)ns;
	(void)err;
	return set(w, node, EFFECT_SLOW_SET);
}

static int
small_harm(struct world *w, uint32_t node, const struct node_harm *h,
	   struct fr_err *err)
{
	(void)h;
	return small_of(w)->node[node].dying ?
	       err_set(err, "node %u is not down", node) : 0;
}

static int
small_replace(struct world *w, uint32_t node, uint32_t other,
	      struct fr_err *err)
{
	(void)w;
	(void)node;
	(void)other;
	(void)err;
	return 0;
}

static uint32_t
small_running(struct world *w, uint32_t node)
{
	(void)w;
	(void)node;
	return WORLD_OWN;
}

static void
small_effects(struct world *w, uint32_t node, uint64_t *out)
{
	memcpy(out, small_of(w)->node[node].effects,
	       sizeof small_of(w)->node[node].effects);
}

static const struct world_ops small_ops = {
	.name = "small",
	.free = small_free,
	.boot = small_boot,
	.kill = small_kill,
	.pause = small_pause,
	.resume = small_resume,
	.state = small_state,
	.set_clock = small_set_clock,
	.set_crash = small_set_crash,
	.set_disk = small_set_disk,
	.set_slow = small_set_slow,
	.harm = small_harm,
	.replace = small_replace,
	.running = small_running,
	.effects = small_effects,
	.request = small_request,
	.forget = small_forget,
	.now = small_now,
	.at = small_at,
	.cancel = small_cancel,
	.loop = small_loop,
	.leave = small_leave,
	.stop = small_stop,
	.counts = small_counts,
};

struct small_world *
small_new(const struct small_config *c)
{
	static const struct dist plain;
	struct small_world *s = mem_new(sizeof *s);
	uint32_t i;

	s->config = *c;
	s->base.ops = &small_ops;
	s->base.config.nodes = c->nodes;
	s->base.config.clients = c->clients;
	s->base.config.seed = c->seed;
	s->base.config.events = c->events;
	s->base.config.arg = c->arg;
	if (topology_make("complete", c->nodes, c->seed, &s->topology,
			  NULL) < 0)
		abort();
	s->base.config.net = net_new(&s->topology, c->clients, &plain,
				     c->seed);
	s->node = mem_array(c->nodes, sizeof *s->node);
	if (c->chatter > 0) {
		for (i = 0; i < c->nodes; i++)
			add(s, c->chatter, ITEM_CHATTER, i);
	}
	return s;
}
