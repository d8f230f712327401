/* SPDX-License-Identifier: MIT */
/*
 * Families that come as plugins.
 *
 * Between such a family and the nemesis stands this: to the nemesis it is a
 * family like any other, to the plugin it is the host.
 *
 * 1. Everything that a plugin does goes on a list here, and what is left of it
 *    when its fault is over is undone.
 * 2. A fault that it began (`begin`) is a part of its own: it holds whom that
 *    one holds, and it took effect if that one did.
 */
#include "nemesis/guest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/nemesis.h>

#include "core/base/log.h"
#include "core/base/units.h"
#include "nemesis/guard.h"
#include "nemesis/param.h"
#include "nemesis/plan.h"
#include "nemesis/target.h"

#define STEP_LEAST	1000		/* ns: a wait of nothing is a spin     */

struct guest_node {
	uint32_t boot;
	bool killed, paused;		/* and not undone yet                  */
	bool died, stopped;		/* it was seen to                      */
	bool skewed, was_skewed;
};

struct guest_cut {
	uint32_t from, to;
	uint64_t dropped;		/* on it, when it was cut              */
	bool over;
};

struct guest_part {			/* a fault of the house                */
	struct fault fault;
	int64_t step_at;		/* world's time; 0: none               */
	enum { PART_ON, PART_ENDING, PART_OVER } stage;
	bool effective;
	struct buf words;
};

struct guest {
	struct fr_fault base;		/* what the plugin sees: comes first   */
	struct scene *scene;
	struct fault *fault;
	struct rng rng;
	struct buf words;		/* what it said                        */
	int64_t step_at;
	bool ended;			/* the plugin's own end is through     */
	uint64_t dropped;		/* on links that are joined again      */
	struct guest_cut *cuts;
	size_t cut_count, cut_room;
	struct guest_part **parts;
	size_t part_count, part_room;
	struct guest_node *node;
	uint8_t aimed[FR_NODES_MAX];
};

static struct guest *
guest_of(struct fr_fault *f)
{
	return (struct guest *)(void *)f;
}

static const struct fr_nemesis *
table_of(const struct fault *f)
{
	return f->family->guest;
}

static int64_t
now(const struct guest *g)
{
	return g->scene->world->ops->now(g->scene->world);
}

/* When the next step of anything in it is due. */
static void
set_next(struct guest *g)
{
	int64_t next = g->step_at, t = now(g);
	size_t i;

	for (i = 0; i < g->part_count; i++) {
		if (g->parts[i]->stage == PART_ON &&
		    g->parts[i]->step_at > 0 &&
		    (next == 0 || g->parts[i]->step_at < next))
			next = g->parts[i]->step_at;
	}
	g->fault->next = next == 0 ? 0 : next > t ? next - t : STEP_LEAST;
}

/* ---- the host's side ----------------------------------------------------------------- */

static uint64_t
host_random(struct fr_fault *f)
{
	return rng_next(&guest_of(f)->rng);
}

static int64_t
host_now(struct fr_fault *f)
{
	return now(guest_of(f));
}

static void
host_after(struct fr_fault *f, int64_t delay)
{
	struct guest *g = guest_of(f);

	g->step_at = now(g) + (delay < STEP_LEAST ? STEP_LEAST : delay);
}

static int
host_param(struct fr_fault *f, const char *name, struct fr_value *out)
{
	const struct fault *fault = guest_of(f)->fault;
	const struct fault_value *v = fault->values;
	const struct fr_param *p;

	for (p = fault->family->params; p != NULL && p->name != NULL;
	     p++, v++) {
		if (strcmp(p->name, name) == 0)
			break;
	}
	if (p == NULL || p->name == NULL)
		return FR_ENOENT;
	memset(out, 0, sizeof *out);
	out->kind = FR_BYTES;
	if (p->kind == FR_PARAM_REAL) {
		out->count = sizeof v->real;
		out->u.bytes = &v->real;
	} else if (p->kind == FR_PARAM_TEXT) {
		out->count = (uint32_t)strlen(v->text);
		out->u.bytes = v->text;
	} else {
		out->kind = FR_INT;
		out->u.number = v->number;
	}
	return 0;
}

static int
host_notes(struct fr_fault *f, uint32_t node, const char *name,
	   const char *text)
{
	const struct scene *s = guest_of(f)->scene;

	return node < f->nodes && s->notes != NULL &&
	       s->notes(s->arg, node, name, text);
}

static uint32_t
host_state(struct fr_fault *f, uint32_t node, uint32_t *boot)
{
	static const uint32_t states[] = {
		[NODE_DOWN] = FR_NODE_DOWN,
		[NODE_BOOTING] = FR_NODE_BOOTING,
		[NODE_UP] = FR_NODE_UP,
		[NODE_PAUSED] = FR_NODE_PAUSED,
	};
	struct world *w = guest_of(f)->scene->world;
	uint32_t unwanted;

	if (node >= f->nodes)
		return FR_NODE_DOWN;
	return states[w->ops->state(w, node, boot == NULL ? &unwanted :
				    boot)];
}

static bool
is_link(const struct fr_fault *f, uint32_t from, uint32_t to)
{
	return from < f->nodes + f->clients && to < f->nodes + f->clients &&
	       from != to;
}

static int
host_cut(struct fr_fault *f, uint32_t from, uint32_t to)
{
	struct guest *g = guest_of(f);
	struct net *net = g->scene->world->config.net;
	struct guest_cut *c;

	if (!is_link(f, from, to))
		return FR_EINVAL;
	mem_grow(&g->cuts, &g->cut_room, g->cut_count + 1, sizeof *g->cuts);
	c = &g->cuts[g->cut_count++];
	*c = (struct guest_cut){ from, to, net_link(net, from, to)->dropped,
				 false };
	net_cut(net, from, to);
	return 0;
}

static void
join(struct guest *g, struct guest_cut *c)
{
	struct net *net = g->scene->world->config.net;

	c->over = true;
	g->dropped += net_link(net, c->from, c->to)->dropped - c->dropped;
	net_join(net, c->from, c->to);
}

static int
host_join(struct fr_fault *f, uint32_t from, uint32_t to)
{
	struct guest *g = guest_of(f);
	size_t i;

	for (i = 0; i < g->cut_count; i++) {
		if (g->cuts[i].over || g->cuts[i].from != from ||
		    g->cuts[i].to != to)
			continue;
		join(g, &g->cuts[i]);
		return 0;
	}
	return FR_EINVAL;	/* nothing of this fault's */
}

/* Is it still in the boot that this fault found? */
static bool
same_boot(struct guest *g, uint32_t node, enum node_state *state)
{
	struct world *w = g->scene->world;
	uint32_t boot;

	*state = w->ops->state(w, node, &boot);
	return boot == g->node[node].boot;
}

static int
host_kill(struct fr_fault *f, uint32_t node)
{
	struct guest *g = guest_of(f);
	struct world *w = g->scene->world;
	uint32_t boot;

	if (node >= f->nodes ||
	    w->ops->state(w, node, &boot) == NODE_DOWN ||
	    w->ops->kill(w, node, NULL) < 0)
		return FR_EINVAL;
	g->node[node].boot = boot;
	g->node[node].killed = true;
	g->node[node].paused = false;
	return 0;
}

static int
host_boot(struct fr_fault *f, uint32_t node)
{
	struct guest *g = guest_of(f);
	struct world *w = g->scene->world;
	enum node_state state;

	if (node >= f->nodes || !g->node[node].killed ||
	    !same_boot(g, node, &state) || state != NODE_DOWN ||
	    w->ops->boot(w, node, NULL) < 0)
		return FR_EINVAL;
	g->node[node].killed = false;
	g->node[node].died = true;
	return 0;
}

static int
host_pause(struct fr_fault *f, uint32_t node)
{
	struct guest *g = guest_of(f);
	struct world *w = g->scene->world;
	uint32_t boot;

	if (node >= f->nodes || w->ops->state(w, node, &boot) != NODE_UP ||
	    w->ops->pause(w, node, NULL) < 0)
		return FR_EINVAL;
	g->node[node].boot = boot;
	g->node[node].paused = g->node[node].stopped = true;
	return 0;
}

static int
host_resume(struct fr_fault *f, uint32_t node)
{
	struct guest *g = guest_of(f);
	struct world *w = g->scene->world;
	enum node_state state;

	if (node >= f->nodes || !g->node[node].paused)
		return FR_EINVAL;
	g->node[node].paused = false;
	if (!same_boot(g, node, &state) || state != NODE_PAUSED ||
	    w->ops->resume(w, node, NULL) < 0)
		return FR_EINVAL;
	return 0;
}

static int
host_clock(struct fr_fault *f, uint32_t node, int64_t offset, double rate)
{
	const struct node_clock c = { .offset = offset, .rate = rate };
	struct guest *g = guest_of(f);
	struct world *w = g->scene->world;

	if (node >= f->nodes || w->ops->set_clock(w, node, &c, NULL) < 0)
		return FR_EINVAL;
	g->node[node].skewed = g->node[node].was_skewed = true;
	return 0;
}

static void
say(struct guest *g, const char *text)
{
	if (g->words.size > 0)
		buf_text(&g->words, ", ");
	buf_text(&g->words, text);
}

static void
host_say(struct fr_fault *f, const char *text)
{
	say(guest_of(f), text == NULL ? "" : text);
}

/* Invariant 2. */
static void
hold_with(struct guest *g, const struct guest_part *p)
{
	const uint32_t nodes = g->base.nodes;
	bool in[FR_NODES_MAX] = { false };
	uint32_t i;

	if (p->fault.held == NULL || g->scene->nemesis == NULL)
		return;
	for (i = 0; i < nodes; i++)
		in[i] = p->fault.held[i] ||
			(g->fault->held != NULL && g->fault->held[i]);
	nemesis_hold(g->scene->nemesis, g->fault, in);
}

static int
host_begin(struct fr_fault *f, const char *line)
{
	struct guest *g = guest_of(f);
	struct guest_part *p = mem_new(sizeof *p);
	struct fr_err err = { 0 };
	const char *at;

	buf_init(&p->words, FR_TEXT_MAX);
	if (fault_parse(line, line + strlen(line), &g->scene->ground,
		       &p->fault, &at, &err) < 0)
		goto fail;
	p->fault.at = now(g);
	p->fault.began = now(g);
	p->fault.id = g->fault->id;
	if (p->fault.family->guest != NULL) {
		err_usage(&err, "a plugin's fault is no part of another's");
		goto fail_fault;
	}
	if (fault_settle(&p->fault, &g->scene->ground, &err) < 0 ||
	    p->fault.family->start(g->scene, &p->fault, &p->words, &err) < 0)
		goto fail_fault;
	p->fault.on = true;
	if (p->fault.next > 0)
		p->step_at = now(g) + p->fault.next;
	hold_with(g, p);
	mem_grow(&g->parts, &g->part_room, g->part_count + 1,
		 sizeof *g->parts);
	g->parts[g->part_count++] = p;
	return (int)g->part_count;
fail_fault:
	fault_free(&p->fault);
fail:
	say(g, err.text);
	buf_free(&p->words);
	free(p);
	return FR_EINVAL;
}

static bool
part_end(struct guest *g, struct guest_part *p)
{
	if (p->stage == PART_OVER)
		return true;
	p->stage = PART_ENDING;
	if (!p->fault.family->end(g->scene, &p->fault))
		return false;
	p->stage = PART_OVER;
	p->fault.on = false;
	buf_clear(&p->words);
	p->effective = p->fault.family->effect(g->scene, &p->fault,
					       &p->words);
	return true;
}

static int
host_finish(struct fr_fault *f, int number)
{
	struct guest *g = guest_of(f);

	if (number < 1 || (size_t)number > g->part_count)
		return FR_EINVAL;
	(void)part_end(g, g->parts[number - 1]);
	return 0;
}

static const struct fr_nemesis_host host = {
	.size = sizeof host,
	.minor = FR_MINOR,
	.random = host_random,
	.now = host_now,
	.after = host_after,
	.param = host_param,
	.notes = host_notes,
	.state = host_state,
	.cut = host_cut,
	.join = host_join,
	.kill = host_kill,
	.boot = host_boot,
	.pause = host_pause,
	.resume = host_resume,
	.clock = host_clock,
	.begin = host_begin,
	.finish = host_finish,
	.say = host_say,
};

/* ---- as a family ---------------------------------------------------------------------- */

static int
aim(struct guest *g, struct fr_err *err)
{
	const uint32_t aims = fault_aims(g->fault);
	bool in[FR_NODES_MAX] = { false };
	uint32_t i;

	if (aims & AIM_GROUPS)
		return target_groups(g->scene, g->fault, g->aimed, err);
	if ((aims & AIM_NODES) == 0)
		return 0;
	if (target_nodes(g->scene, g->fault, in, err) < 0)
		return -1;
	for (i = 0; i < g->base.nodes; i++)
		g->aimed[i] = in[i];
	return 0;
}

static int
guest_start(struct scene *s, struct fault *f, struct buf *words,
	    struct fr_err *err)
{
	const struct fr_nemesis *t = table_of(f);
	struct guest *g = mem_new(sizeof *g);

	g->scene = s;
	g->fault = f;
	g->rng = fault_rng(f, &s->ground, f->family->name);
	g->node = mem_array(s->ground.nodes, sizeof *g->node);
	buf_init(&g->words, FR_TEXT_MAX);
	g->base.size = sizeof g->base;
	g->base.nodes = s->ground.nodes;
	g->base.clients = s->ground.clients;
	g->base.variant = (uint32_t)(f->variant - f->family->variants);
	g->base.target = f->target;
	g->base.aimed = g->aimed;
	g->base.host = &host;
	g->base.nemesis = t;
	if (t->state_size > 0)
		g->base.state = mem_new(t->state_size);
	f->state = g;
	if (aim(g, err) < 0)
		return -1;
	if (t->start(&g->base) != 0) {
		err_set(err, "%s", g->words.size > 0 ? g->words.data :
			"it would not begin");
		/* Invariant 1, as far as it can be done at once. */
		g->ended = true;
		(void)f->family->end(s, f);
		return -1;
	}
	buf_text(words, g->words.size > 0 ? g->words.data : f->target);
	buf_clear(&g->words);
	set_next(g);
	return 0;
}

static void
guest_step(struct scene *s, struct fault *f)
{
	struct guest *g = f->state;
	const int64_t t = now(g);
	struct guest_part *p;
	size_t i;

	for (i = 0; i < g->part_count; i++) {
		p = g->parts[i];
		if (p->stage != PART_ON || p->step_at == 0 || p->step_at > t)
			continue;
		p->fault.next = 0;
		p->fault.family->step(s, &p->fault);
		p->step_at = p->fault.next > 0 ? t + p->fault.next : 0;
	}
	if (g->step_at > 0 && g->step_at <= t) {
		g->step_at = 0;
		if (table_of(f)->step != NULL)
			table_of(f)->step(&g->base);
	}
	set_next(g);
}

/* What was done to one node is undone; false: not yet. */
static bool
mend(struct guest *g, uint32_t node)
{
	static const struct node_clock right = { .rate = 1 };
	struct guest_node *n = &g->node[node];
	struct world *w = g->scene->world;
	struct fr_err err = { 0 };
	enum node_state state;

	if (n->skewed && w->ops->set_clock(w, node, &right, &err) < 0)
		log_warn("the clock of node %u: %s", node, err.text);
	n->skewed = false;
	if (n->paused)
		(void)host_resume(&g->base, node);
	if (!n->killed)
		return true;
	if (!same_boot(g, node, &state)) {
		n->killed = false;	/* somebody else started it */
		n->died = true;
		return true;
	}
	if (state != NODE_DOWN)
		return false;		/* not reaped yet */
	if (host_boot(&g->base, node) != 0)
		log_warn("node %u could not be started again", node);
	n->killed = false;
	n->died = true;
	return true;
}

static bool
guest_end(struct scene *s, struct fault *f)
{
	struct guest *g = f->state;
	bool all = true;
	uint32_t k;
	size_t i;

	(void)s;
	if (!g->ended && table_of(f)->end != NULL &&
	    table_of(f)->end(&g->base) != 0)
		return false;
	g->ended = true;
	for (i = 0; i < g->cut_count; i++) {
		if (!g->cuts[i].over)
			join(g, &g->cuts[i]);
	}
	for (k = 0; k < g->base.nodes; k++)
		all = mend(g, k) && all;
	for (i = 0; i < g->part_count; i++)
		all = part_end(g, g->parts[i]) && all;
	return all;
}

static void
tell_nodes(struct guest *g, const char *done, size_t member)
{
	bool in[FR_NODES_MAX] = { false }, any = false;
	uint32_t i;

	for (i = 0; i < g->base.nodes; i++) {
		in[i] = *(const bool *)((const char *)&g->node[i] + member);
		any |= in[i];
	}
	if (!any)
		return;
	if (g->words.size > 0)
		buf_text(&g->words, ", ");
	target_words(in, g->base.nodes, &g->words);
	buf_printf(&g->words, " %s", done);
}

static bool
guest_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct fr_nemesis *t = table_of(f);
	struct guest *g = f->state;
	bool effective;
	size_t i;

	(void)s;
	buf_clear(&g->words);
	tell_nodes(g, "died", offsetof(struct guest_node, died));
	tell_nodes(g, "stopped", offsetof(struct guest_node, stopped));
	tell_nodes(g, "had wrong clocks",
		   offsetof(struct guest_node, was_skewed));
	if (g->dropped > 0)
		buf_printf(&g->words, "%s%" PRIu64 " message%s dropped",
			   g->words.size > 0 ? ", " : "", g->dropped,
			   g->dropped == 1 ? "" : "s");
	effective = g->words.size > 0;
	for (i = 0; i < g->part_count; i++) {
		effective |= g->parts[i]->effective;
		if (g->parts[i]->effective)
			say(g, g->parts[i]->words.data);
	}
	if (t->effect != NULL)
		effective = t->effect(&g->base) != 0;
	buf_text(words, g->words.size > 0 ? g->words.data :
		 "nothing came of it");
	return effective;
}

static void
guest_drop(struct fault *f)
{
	struct guest *g = f->state;
	struct guest_part *p;
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->part_count; i++) {
		p = g->parts[i];
		if (p->fault.family->drop != NULL)
			p->fault.family->drop(&p->fault);
		else
			free(p->fault.state);
		fault_free(&p->fault);
		buf_free(&p->words);
		free(p);
	}
	free(g->parts);
	free(g->cuts);
	free(g->node);
	free(g->base.state);
	buf_free(&g->words);
	free(g);
	f->state = NULL;
}

const struct family guest_family = {
	.start = guest_start,
	.step = guest_step,
	.end = guest_end,
	.effect = guest_effect,
	.drop = guest_drop,
};
