/* SPDX-License-Identifier: MIT */
/*
 * byzantine: a node lies.  Its own program is as honest as before: what it
 * sends is changed behind it, so that every protocol can be tried with liars.
 * (A liar that is one by its program is given with --node I=FILE.)
 *
 * 1. Only what leaves a liar is touched; whoever hears it knows that it comes
 *    from that node.  No other node's word is changed, and no client's.
 * 2. Clients are lied to by `answer` alone: what a node answers is on nobody's
 *    oath but its own, and most protocols let a client trust one node.
 */
#include "nemesis/families.h"

#include "nemesis/guard.h"
#include "nemesis/laid.h"

static const struct variant variants[] = {
	{ .name = "mutate", .cost = COST_BYZANTINE, .weight = 3,
	  .help = "a field of a message becomes another number" },
	{ .name = "equivocate", .cost = COST_BYZANTINE, .weight = 3,
	  .help = "some peers are told one thing, the others the same other "
		  "thing" },
	{ .name = "withhold", .cost = COST_BYZANTINE, .weight = 2,
	  .help = "some peers are told less, or nothing" },
	{ .name = "forge", .cost = COST_BYZANTINE, .weight = 2,
	  .help = "it says what others said, or nobody did" },
	{ .name = "answer", .cost = COST_BYZANTINE, .weight = 0,
	  .help = "clients are given wrong results" },
	{ .name = NULL },
};

static const struct fr_param params[] = {
	{ .name = "chance", .kind = FR_PARAM_REAL,
	  .fallback = "0.3", .min = "0", .max = "1",
	  .help = "of each message to be tampered with" },
	{ .name = NULL },
};

struct liars {
	struct laid laid;
	bool camp[FR_NODES_MAX];	/* who is deceived                     */
};

static int
byzantine_check(const struct fault *f, const struct ground *g,
		struct fr_err *err)
{
	if (g->liars > g->nodes)
		return err_usage(err, "%u liars among %u node%s", g->liars,
				 g->nodes, g->nodes == 1 ? "" : "s");
	if (g->nodes < 2 && !fault_is(f, "answer"))
		return err_usage(err, "a single node has nobody to lie to but "
				 "clients: byzantine:answer");
	return 0;
}

/* One of them; or those who are the liars of this run. */
static int
byzantine_draw(struct fault *f, const struct ground *g, struct rng *rng,
	       struct fr_err *err)
{
	struct rng chosen = rng_make(g->seed, STREAM_FAULTS, 0, 0, "liars");
	const uint32_t most = guard_most(g, COST_BYZANTINE);
	bool in[FR_NODES_MAX] = { false };
	struct buf text;

	if (byzantine_check(f, g, err) < 0)
		return -1;
	if (*f->target != '\0')
		return 0;
	if (g->liars > most)
		return err_usage(err, "%u liars: the protocol says that it "
				 "bears %u among %u nodes; --beyond tries it "
				 "all the same", g->liars, most, g->nodes);
	if (g->liars > 0)
		target_draw(&chosen, g->nodes, g->liars, in);
	else
		in[rng_below(rng, g->nodes)] = true;
	buf_init(&text, 65536);
	target_text(in, g->nodes, &text);
	fault_aim(f, text.data);
	buf_free(&text);
	return 0;
}

/* About half of all nodes; at least one, and not all where it can be helped.
 * Every liar tells the same camp the same lies: they are of one mind. */
static void
draw_camp(struct scene *s, const struct fault *f, const bool *liar,
	  bool *camp)
{
	struct rng rng = fault_rng(f, &s->ground, "camp");
	uint32_t peers[FR_NODES_MAX], count = 0, i, k;

	for (i = 0; i < s->ground.nodes; i++) {
		if (!liar[i])
			peers[count++] = i;
	}
	if (count == 0) {
		for (i = 0; i < s->ground.nodes; i++)
			camp[i] = i % 2 == 0;
		return;
	}
	k = (count + (uint32_t)rng_below(&rng, 2)) / 2;
	if (k == 0)
		k = 1;
	for (i = 0; i < count && k > 0; i++) {
		if (rng_below(&rng, count - i) < k) {
			camp[peers[i]] = true;
			k--;
		}
	}
}

static void
become(struct layer *y, const struct fault *f)
{
	double chance = fault_real(f, "chance");

	if (fault_is(f, "equivocate"))
		/* A lie that is told now and then is soon found out. */
		y->lie = fault_given(f, "chance") ? chance : 1;
	else if (fault_is(f, "withhold"))
		y->withhold = fault_given(f, "chance") ? chance : 0.8;
	else if (fault_is(f, "forge"))
		y->forge = chance;
	else
		y->field = chance;
}

static void
keep(struct scene *s, const struct fault *f)
{
	if (fault_is(f, "forge"))
		net_keep_on(s->world->config.net);
}

/* From one liar to whom it lies to. */
static void
lay(struct scene *s, struct fault *f, uint32_t node)
{
	struct liars *l = f->state;
	bool some = fault_is(f, "equivocate") || fault_is(f, "withhold");
	uint32_t i;

	if (fault_is(f, "answer")) {
		for (i = 0; i < s->ground.clients; i++)
			net_lay(l->laid.net, &l->laid.layer, node,
				s->ground.nodes + i);
		return;
	}
	for (i = 0; i < s->ground.nodes; i++)
		if (!some || l->camp[i])
			net_lay(l->laid.net, &l->laid.layer, node, i);
}

static int
byzantine_start(struct scene *s, struct fault *f, struct buf *words,
		struct fr_err *err)
{
	bool in[FR_NODES_MAX] = { false };
	struct liars *l;
	uint32_t i;

	if (target_nodes(s, f, in, err) < 0)
		return -1;
	laid_new(s, f, sizeof *l);
	l = f->state;
	draw_camp(s, f, in, l->camp);
	become(&l->laid.layer, f);
	keep(s, f);
	for (i = 0; i < s->ground.nodes; i++)
		if (in[i])
			lay(s, f, i);
	target_words(in, s->ground.nodes, words);
	if (fault_is(f, "equivocate") || fault_is(f, "withhold")) {
		buf_text(words, " to ");
		target_words(l->camp, s->ground.nodes, words);
	}
	return 0;
}

static bool
byzantine_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct layer *y = &((struct liars *)f->state)->laid.layer;
	const char *what = fault_is(f, "answer") ? "answer" : "message";

	(void)s;
	if (laid_count(words, y->mutated, what))
		buf_text(words, " changed");
	if (laid_count(words, y->lied, what))
		buf_text(words, " changed for some");
	if (laid_count(words, y->withheld, what))
		buf_text(words, " withheld");
	if (laid_count(words, y->forged, what))
		buf_text(words, " forged");
	if (y->mutated + y->lied + y->withheld + y->forged > 0)
		return true;
	buf_text(words, "it had nothing to say");
	return false;
}

const struct family family_byzantine = {
	.name = "byzantine",
	.summary = "nodes lie: what they send is changed, withheld or forged",
	.aims = AIM_NODES,
	.variants = variants,
	.params = params,
	.check = byzantine_check,
	.draw = byzantine_draw,
	.prepare = keep,
	.start = byzantine_start,
	.end = laid_end,
	.effect = byzantine_effect,
	.drop = laid_drop,
};
