/* SPDX-License-Identifier: MIT */
/*
 * twins: two live instances of one node (Bano et al. 2020).  The second has
 * the number, the boot and a copy of the disk of the first; each message to
 * the node reaches one of them or both, as drawn, and what either of them
 * sends is the node's word.
 */
#include "nemesis/families.h"

#include "nemesis/laid.h"

static const struct variant variants[] = {
	{ .name = "both", .needs = 0, .cost = COST_BYZANTINE, .weight = 2,
	  .help = "each message reaches the first, the second or both" },
	{ .name = "split", .needs = 0, .cost = COST_BYZANTINE, .weight = 1,
	  .help = "some peers reach only the first, the others only the "
		  "second" },
	{ .name = NULL },
};

static const struct fr_param params[] = {
	{ .name = "second", .kind = FR_PARAM_REAL,
	  .fallback = "0.4", .min = "0", .max = "1",
	  .help = "chance of a message to reach the second alone" },
	{ .name = "together", .kind = FR_PARAM_REAL,
	  .fallback = "0.2", .min = "0", .max = "1",
	  .help = "chance of a message to reach both" },
	{ .name = NULL },
};

struct twins {
	struct laid laid;
	struct rng rng;
	bool in[FR_NODES_MAX];		/* which nodes have one                */
	uint32_t count;
};

static int
twins_check(const struct fault *f, const struct ground *g, struct fr_err *err)
{
	(void)g;
	if (fault_real(f, "second") + fault_real(f, "together") > 1)
		return err_usage(err, "second and together are more than 1");
	return 0;
}

static int
twins_draw(struct fault *f, const struct ground *g, struct rng *rng,
	   struct fr_err *err)
{
	char text[32];

	(void)err;
	if (*f->target != '\0')
		return 0;
	snprintf(text, sizeof text, "%u", (unsigned)rng_below(rng, g->nodes));
	fault_aim(f, text);
	return 0;
}

/* To whom: half of its peers and clients see only the second, or everybody
 * now this one and now that. */
static void
lay(struct scene *s, struct fault *f, uint32_t node)
{
	struct twins *t = f->state;
	uint32_t from, ends = s->ground.nodes + s->ground.clients;
	bool split = fault_is(f, "split");

	for (from = 0; from < ends; from++)
		if (!split || rng_below(&t->rng, 2) == 0)
			net_lay(t->laid.net, &t->laid.layer, from, node);
}

static int
twins_start(struct scene *s, struct fault *f, struct buf *words,
	    struct fr_err *err)
{
	struct world *w = s->world;
	bool in[FR_NODES_MAX] = { false };
	struct twins *t;
	uint32_t i;

	if (w->ops->twin == NULL)
		return err_set(err, "the %s world has no second instances",
			       w->ops->name);
	if (target_nodes(s, f, in, err) < 0)
		return -1;
	laid_new(s, f, sizeof *t);
	t = f->state;
	t->rng = fault_rng(f, &s->ground, "peers");
	t->laid.layer.second = fault_real(f, "second");
	t->laid.layer.both = fault_real(f, "together");
	if (fault_is(f, "split")) {
		t->laid.layer.second = 1;
		t->laid.layer.both = 0;
	}
	for (i = 0; i < s->ground.nodes; i++) {
		if (!in[i] || w->ops->twin(w, i, err) < 0)
			continue;
		t->in[i] = true;
		t->count++;
		lay(s, f, i);
	}
	if (t->count == 0) {
		laid_drop(f);
		return -1;
	}
	target_words(t->in, s->ground.nodes, words);
	buf_text(words, " twice");
	return 0;
}

static bool
twins_end(struct scene *s, struct fault *f)
{
	struct world *w = s->world;
	struct twins *t = f->state;
	bool over = laid_end(s, f);
	uint32_t i;

	for (i = 0; i < s->ground.nodes; i++) {
		if (!t->in[i] || w->ops->twin_state(w, i) == NODE_DOWN)
			continue;
		w->ops->untwin(w, i);
		over &= w->ops->twin_state(w, i) == NODE_DOWN;
	}
	return over;
}

static bool
twins_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct layer *y = &((struct twins *)f->state)->laid.layer;

	(void)s;
	if (laid_count(words, y->to_second, "message"))
		buf_text(words, " meant for the second instance");
	if (laid_count(words, y->to_both, "message"))
		buf_text(words, " for both");
	if (y->to_second + y->to_both > 0)
		return true;
	buf_text(words, "no message came for the second instance");
	return false;
}

const struct family family_twins = {
	.name = "twins",
	.summary = "two live instances of one node answer to its name",
	.aims = AIM_NODES,
	.variants = variants,
	.params = params,
	.check = twins_check,
	.draw = twins_draw,
	.start = twins_start,
	.end = twins_end,
	.effect = twins_effect,
	.drop = laid_drop,
};
