/* SPDX-License-Identifier: MIT */
/* Nodes that something is done to. */
#include "nemesis/victims.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "nemesis/guard.h"
#include "nemesis/target.h"

void
victims_draw(struct fault *f, const struct ground *g, struct rng *rng)
{
	target_draw_some(f, g, rng, guard_most(g, f->variant->cost));
}

struct victims *
victims_aim(struct scene *s, struct fault *f, struct buf *words,
	    struct fr_err *err)
{
	struct world *w = s->world;
	uint32_t i, nodes = w->config.nodes;
	bool in[FR_NODES_MAX] = { false };
	struct victims *v;

	if (target_nodes(s, f, in, err) < 0)
		return NULL;
	v = mem_new(sizeof *v + nodes * sizeof *v->at);
	v->since = v->until = w->ops->now(w);
	for (i = 0; i < nodes; i++) {
		v->at[i].in = in[i];
		(void)w->ops->state(w, i, &v->at[i].boot);
		w->ops->effects(w, i, v->at[i].before);
	}
	f->state = v;
	target_words(in, nodes, words);
	return v;
}

static uint64_t
counted(struct scene *s, uint32_t node, enum node_effect effect)
{
	uint64_t now[NODE_EFFECTS];

	s->world->ops->effects(s->world, node, now);
	return now[effect];
}

void
victim_claim(struct scene *s, struct fault *f, uint32_t node,
	     enum node_effect set)
{
	victims_of(f)->at[node].mine = counted(s, node, set);
}

bool
victim_ours(struct scene *s, struct fault *f, uint32_t node,
	    enum node_effect set)
{
	return victims_of(f)->at[node].mine == counted(s, node, set);
}

uint64_t
victim_gain(struct scene *s, const struct fault *f, uint32_t node,
	    enum node_effect effect)
{
	return counted(s, node, effect) -
	       victims_of(f)->at[node].before[effect];
}

uint64_t
victims_gain(struct scene *s, const struct fault *f, enum node_effect effect)
{
	uint64_t gain = 0;
	uint32_t i;

	for (i = 0; i < s->world->config.nodes; i++)
		if (victims_of(f)->at[i].in)
			gain += victim_gain(s, f, i, effect);
	return gain;
}

/* ---- dead and alive ---------------------------------------------------------- */

int
victim_kill(struct scene *s, struct fault *f, uint32_t node,
	    struct fr_err *err)
{
	struct victim *v = &victims_of(f)->at[node];
	uint32_t boot;

	if (s->world->ops->state(s->world, node, &boot) == NODE_DOWN ||
	    boot != v->boot)
		return 0;
	if (s->world->ops->kill(s->world, node, err) < 0)
		return -1;
	v->hit = true;
	return 0;
}

bool
victim_is_down(struct scene *s, struct fault *f, uint32_t node)
{
	uint32_t boot;

	return s->world->ops->state(s->world, node, &boot) == NODE_DOWN &&
	       boot == victims_of(f)->at[node].boot;
}

bool
victims_revive(struct scene *s, struct fault *f)
{
	struct world *w = s->world;
	struct victims *all = victims_of(f);
	struct fr_err err = { 0 };
	struct victim *v;
	bool over = true;
	uint32_t i, boot;

	all->until = w->ops->now(w);
	for (i = 0; i < w->config.nodes; i++) {
		v = &all->at[i];
		if (!v->hit || v->over)
			continue;
		if (w->ops->state(w, i, &boot) != NODE_DOWN &&
		    boot == v->boot) {
			over = false;	/* not reaped yet */
			continue;
		}
		v->hurt = v->over = true;
		if (boot == v->boot && w->ops->boot(w, i, &err) < 0)
			log_warn("node %u could not be started again: %s", i,
				 err.text);
	}
	return over;
}

/* ---- in words ---------------------------------------------------------------- */

bool
victim_in(const struct victim *v)
{
	return v->in;
}

bool
victim_hurt(const struct victim *v)
{
	return v->hurt;
}

uint32_t
victims_words(struct scene *s, const struct fault *f,
	      bool (*is)(const struct victim *v), struct buf *words)
{
	uint32_t i, nodes = s->world->config.nodes, count = 0;
	bool in[FR_NODES_MAX] = { false };

	for (i = 0; i < nodes; i++) {
		in[i] = is(&victims_of(f)->at[i]);
		count += in[i];
	}
	if (count > 0)
		target_words(in, nodes, words);
	return count;
}

void
count_words(uint64_t count, const char *what, struct buf *words)
{
	buf_printf(words, "%" PRIu64 " %s%s", count, what,
		   count == 1 ? "" : "s");
}
