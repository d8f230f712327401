/* SPDX-License-Identifier: MIT */
/*
 * partition: links are cut.
 *
 * A cut holds for everything that was not sent before it, and for one
 * direction: what is cut both ways is two links.  The links of clients stay,
 * but for `clients`.  Its effect is counted: the messages that died on what it
 * had cut at that moment.
 *
 * What is drawn is in the plan: a target where a target can say it (groups,
 * links), and otherwise a number, `draw`, from which the shape follows.
 */
#include "nemesis/families.h"

#include <stdlib.h>
#include <string.h>

#include "nemesis/laid.h"

/* Between two steps of a swizzle that nobody said the length of. */
#define SWIZZLE_GAP INT64_C(300000000)

static const struct variant variants[] = {
	{ .name = "split", .needs = FR_BEARS_PARTITION, .weight = 5,
	  .help = "groups (0,1|2,3,4), or some nodes (2, one, majority, "
		  "role=leader) and all others; mostly one alone, which is "
		  "what breaks most systems" },
	{ .name = "halves", .needs = FR_BEARS_PARTITION, .weight = 2,
	  .help = "two halves" },
	{ .name = "random", .needs = FR_BEARS_PARTITION, .weight = 2,
	  .help = "two sides of any size" },
	{ .name = "ring", .needs = FR_BEARS_PARTITION, .weight = 2,
	  .aims = AIM_ALL,
	  .help = "each node reaches a majority, and no two the same one" },
	{ .name = "bridge", .needs = FR_BEARS_PARTITION, .weight = 2,
	  .help = "two sides, and one node that reaches both" },
	{ .name = "oneway", .needs = FR_BEARS_PARTITION, .weight = 2,
	  .aims = AIM_LINKS,
	  .help = "one side hears the other (0,1>2,3,4 is cut), which hears "
		  "nothing" },
	{ .name = "directed", .needs = FR_BEARS_PARTITION, .weight = 2,
	  .aims = AIM_ALL,
	  .help = "every direction of every link by itself, as drawn" },
	{ .name = "clients", .needs = FR_BEARS_PARTITION, .weight = 1,
	  .aims = AIM_LINKS,
	  .help = "clients are cut off from nodes (c0|1, or clients>2)" },
	{ .name = "flapping", .needs = FR_BEARS_PARTITION, .weight = 2,
	  .help = "groups, cut and joined again and again" },
	{ .name = "swizzle", .needs = FR_BEARS_PARTITION, .weight = 2,
	  .aims = AIM_NODES,
	  .help = "nodes are cut off one by one, and joined in another order" },
	{ .name = NULL },
};

static const struct fr_param params[] = {
	{ .name = "draw", .kind = FR_PARAM_INT,
	  .fallback = "0", .min = "0", .max = "1000000000",
	  .help = "the number that ring, directed and swizzle take their "
		  "shape from" },
	{ .name = "chance", .kind = FR_PARAM_REAL,
	  .fallback = "0.4", .min = "0", .max = "1",
	  .help = "directed: of one direction of one link to be cut" },
	{ .name = "on", .kind = FR_PARAM_TIME,
	  .fallback = "150ms", .min = "1us", .max = "1h",
	  .help = "flapping: how long it is cut each time, about" },
	{ .name = "off", .kind = FR_PARAM_TIME,
	  .fallback = "150ms", .min = "1us", .max = "1h",
	  .help = "flapping: and how long it is not" },
	{ .name = NULL },
};

/* One node of a swizzle: what cuts it off. */
struct swizzled {
	struct layer layer;
	uint32_t node;
};

struct partition {
	struct laid laid;
	struct links links;		/* what is cut, or flaps               */
	struct rng rng;			/* of what is done in steps            */
	uint32_t steps;			/* done so far                         */
	/* swizzle; both orders have `count` entries. */
	struct swizzled *nodes;
	uint32_t *joins;		/* in this order they are joined       */
	uint32_t count;
};

/* ---- shapes ---------------------------------------------------------------------- */

static void
aim_groups(struct fault *f, const uint8_t *group, uint32_t nodes)
{
	struct buf text;

	buf_init(&text, 1 << 16);
	target_groups_text(group, nodes, &text);
	fault_aim(f, text.data);
	buf_free(&text);
}

/* The size of the smaller side. */
static uint32_t
side(const struct fault *f, uint32_t nodes, struct rng *rng)
{
	const uint32_t minority = (nodes - 1) / 2;

	if (nodes == 2 || (fault_is(f, "split") && rng_below(rng, 2) == 0))
		return 1;
	if (fault_is(f, "halves"))
		return nodes / 2;
	if (fault_is(f, "random"))
		return 1 + (uint32_t)rng_below(rng, nodes - 1);
	return 1 + (uint32_t)rng_below(rng, minority);
}

/* Two sides, and the bridge in none.  Which of them is the first must not tell
 * which is the larger: it is node 0's, or node 1's. */
static void
draw_groups(struct fault *f, uint32_t nodes, struct rng *rng)
{
	uint8_t group[FR_NODES_MAX] = { 0 };
	bool in[FR_NODES_MAX] = { false };
	uint32_t bridge = nodes, first, i;

	target_draw(rng, nodes, side(f, nodes, rng), in);
	while (fault_is(f, "bridge") && (bridge == nodes || in[bridge]))
		bridge = (uint32_t)rng_below(rng, nodes);
	first = bridge == 0 ? 1 : 0;
	for (i = 0; i < nodes; i++)
		group[i] = i == bridge ? 0 : in[i] == in[first] ? 1 : 2;
	aim_groups(f, group, nodes);
}

static void
draw_sides(struct fault *f, const struct ground *g, struct rng *rng)
{
	bool in[FR_NODES_MAX] = { false }, out[FR_NODES_MAX] = { false };
	struct buf text;
	uint32_t i;

	target_draw(rng, g->nodes, 1 + (uint32_t)rng_below(rng, g->nodes - 1),
		    in);
	for (i = 0; i < g->nodes; i++)
		out[i] = !in[i];
	buf_init(&text, 1 << 16);
	target_text(in, g->nodes, &text);
	buf_char(&text, '>');
	target_text(out, g->nodes, &text);
	fault_aim(f, text.data);
	buf_free(&text);
}

/* Some clients, or all, and some nodes; both ways, or one. */
static void
draw_clients(struct fault *f, const struct ground *g, struct rng *rng)
{
	bool in[FR_NODES_MAX] = { false };
	uint32_t few = (g->nodes + 1) / 2;
	uint64_t way = rng_below(rng, 4);
	struct buf clients, nodes, text;

	buf_init(&clients, 64);
	buf_init(&nodes, 1 << 16);
	buf_init(&text, 1 << 16);
	if (rng_below(rng, 2) == 0)
		buf_text(&clients, "clients");
	else
		buf_printf(&clients, "c%u",
			   (unsigned)rng_below(rng, g->clients));
	target_draw(rng, g->nodes, 1 + (uint32_t)rng_below(rng, few), in);
	target_text(in, g->nodes, &nodes);
	buf_printf(&text, "%s%c%s", way == 0 ? nodes.data : clients.data,
		   way < 2 ? '>' : '|',
		   way == 0 ? clients.data : nodes.data);
	fault_aim(f, text.data);
	buf_free(&clients);
	buf_free(&nodes);
	buf_free(&text);
}

static bool
is_groups(const struct fault *f)
{
	return (fault_aims(f) & AIM_GROUPS) != 0;
}

static int
partition_check(const struct fault *f, const struct ground *g,
		struct fr_err *err)
{
	if (fault_is(f, "clients") && g->clients == 0)
		return err_usage(err, "there are no clients to be cut off");
	if (fault_is(f, "clients") && *f->target != '\0' &&
	    strchr(f->target, 'c') == NULL)
		return err_usage(err, "'%s' names no client: write c0|1, or "
				 "clients>2", f->target);
	if (fault_is(f, "clients"))
		return 0;
	if (g->nodes < 2)
		return err_usage(err, "a single node cannot be cut off from "
				 "others: take at least 2 nodes");
	if (g->nodes < 3 && fault_is(f, "bridge"))
		return err_usage(err, "a bridge between two sides takes at "
				 "least 3 nodes");
	if (g->nodes < 3 && fault_is(f, "ring"))
		return err_usage(err, "different majorities take at least 3 "
				 "nodes");
	if (is_groups(f) && *f->target != '\0' &&
	    fault_is(f, "split") && strpbrk(f->target, "|=") == NULL &&
	    strcmp(f->target, "all") == 0)
		return err_usage(err, "nobody is left whom all nodes could be "
				 "cut off from");
	return 0;
}

static int
partition_draw(struct fault *f, const struct ground *g, struct rng *rng,
	       struct fr_err *err)
{
	char text[32];

	if (partition_check(f, g, err) < 0)
		return -1;
	if (!fault_given(f, "draw") && (fault_is(f, "ring") ||
	    fault_is(f, "directed") || fault_is(f, "swizzle"))) {
		snprintf(text, sizeof text, "%u",
			 1 + (unsigned)rng_below(rng, 1000000));
		fault_set(f, "draw", text);
	}
	if (*f->target != '\0')
		return 0;
	if (fault_is(f, "clients"))
		draw_clients(f, g, rng);
	else if (fault_is(f, "oneway"))
		draw_sides(f, g, rng);
	else if (fault_is(f, "swizzle"))
		target_draw_some(f, g, rng, g->nodes);
	else if (is_groups(f))
		draw_groups(f, g->nodes, rng);
	return 0;
}

/* ---- which links --------------------------------------------------------------------- */

static void
add_pair(struct links *l, uint32_t from, uint32_t to)
{
	l->at[l->count++] = (struct pair){ from, to };
}

static void
shuffle(uint32_t *order, uint32_t count, struct rng *rng)
{
	uint32_t i, k, was;

	for (i = 0; i < count; i++)
		order[i] = i;
	for (i = count; i > 1; i--) {
		k = (uint32_t)rng_below(rng, i);
		was = order[i - 1];
		order[i - 1] = order[k];
		order[k] = was;
	}
}

/* On a ring in a drawn order, each node reaches those next to it, so many that
 * they are a majority with it.  Of three nodes that would be everybody: there
 * each is heard by the next one alone. */
static void
ring_links(struct links *l, uint32_t nodes, struct rng *rng)
{
	uint32_t order[FR_NODES_MAX], i, k, away, reach = (nodes / 2 + 1) / 2;

	shuffle(order, nodes, rng);
	for (i = 0; i < nodes; i++) {
		for (k = 0; k < nodes; k++) {
			away = (k + nodes - i) % nodes;
			if (away == 0 || (nodes == 3 ? away == 1 :
			    away <= reach || nodes - away <= reach))
				continue;
			add_pair(l, order[i], order[k]);
		}
	}
}

static void
directed_links(struct links *l, uint32_t nodes, double chance,
	       struct rng *rng)
{
	uint32_t i, k, from;

	for (i = 0; i < nodes; i++)
		for (k = 0; k < nodes; k++)
			if (i != k && rng_real(rng) < chance)
				add_pair(l, i, k);
	if (l->count > 0)
		return;
	from = (uint32_t)rng_below(rng, nodes);
	add_pair(l, from, (from + 1) % nodes);
}

static void
group_links(struct links *l, const uint8_t *group, uint32_t nodes)
{
	uint32_t i, k;

	for (i = 0; i < nodes; i++)
		for (k = 0; k < nodes; k++)
			if (group[i] != 0 && group[k] != 0 &&
			    group[i] != group[k])
				add_pair(l, i, k);
}

static int
find_links(struct scene *s, struct fault *f, struct partition *p,
	   struct buf *words, struct fr_err *err)
{
	uint8_t group[FR_NODES_MAX] = { 0 };
	uint32_t nodes = s->ground.nodes;

	if (!is_groups(f) && !fault_is(f, "ring") && !fault_is(f, "directed")) {
		if (target_links(s, f, &p->links, err) < 0)
			return -1;
		buf_text(words, f->target);
		return 0;
	}
	if (is_groups(f) && target_groups(s, f, group, err) < 0)
		return -1;
	p->links.at = mem_array((size_t)nodes * nodes, sizeof *p->links.at);
	if (fault_is(f, "ring")) {
		ring_links(&p->links, nodes, &p->rng);
		buf_text(words, "majorities in a ring");
	} else if (fault_is(f, "directed")) {
		directed_links(&p->links, nodes, fault_real(f, "chance"),
			       &p->rng);
		target_links_words(&p->links, nodes, words);
	} else {
		group_links(&p->links, group, nodes);
		target_groups_text(group, nodes, words);
	}
	return 0;
}

static void
cut_links(struct partition *p)
{
	uint32_t i;

	for (i = 0; i < p->links.count; i++)
		net_lay(p->laid.net, &p->laid.layer, p->links.at[i].from,
			p->links.at[i].to);
}

/* ---- swizzle -------------------------------------------------------------------------- */

static void
cut_node(struct partition *p, struct swizzled *z)
{
	uint32_t i;

	for (i = 0; i < p->laid.net->nodes; i++) {
		net_lay(p->laid.net, &z->layer, z->node, i);
		net_lay(p->laid.net, &z->layer, i, z->node);
	}
}

/* Cuts in the first two fifths, joins in the last two. */
static int64_t
swizzle_gap(const struct fault *f, const struct partition *p)
{
	if (f->length == 0)
		return SWIZZLE_GAP;
	return p->steps == p->count ? f->length / 5 + 1 :
	       f->length * 2 / 5 / (p->count + 1) + 1;
}

static int
start_swizzle(struct scene *s, struct fault *f, struct partition *p,
	      struct buf *words, struct fr_err *err)
{
	bool in[FR_NODES_MAX] = { false };
	uint32_t order[FR_NODES_MAX], members[FR_NODES_MAX], i;

	if (target_nodes(s, f, in, err) < 0)
		return -1;
	for (i = 0; i < s->ground.nodes; i++)
		if (in[i])
			members[p->count++] = i;
	p->nodes = mem_array(p->count, sizeof *p->nodes);
	p->joins = mem_array(p->count, sizeof *p->joins);
	shuffle(order, p->count, &p->rng);
	for (i = 0; i < p->count; i++) {
		p->nodes[i].node = members[order[i]];
		p->nodes[i].layer.cut = true;
	}
	shuffle(p->joins, p->count, &p->rng);
	target_words(in, s->ground.nodes, words);
	cut_node(p, &p->nodes[p->steps++]);
	f->next = swizzle_gap(f, p);
	return 0;
}

static void
step_swizzle(struct fault *f, struct partition *p)
{
	if (p->steps < p->count)
		cut_node(p, &p->nodes[p->steps]);
	else
		net_lift_all(p->laid.net,
			     &p->nodes[p->joins[p->steps - p->count]].layer);
	p->steps++;
	f->next = p->steps < 2 * p->count ? swizzle_gap(f, p) : 0;
}

/* ---- all of them ------------------------------------------------------------------------ */

static void
partition_drop(struct fault *f)
{
	struct partition *p = f->state;
	uint32_t i;

	if (p != NULL) {
		for (i = 0; i < p->count; i++)
			net_lift_all(p->laid.net, &p->nodes[i].layer);
		free(p->nodes);
		free(p->joins);
		free(p->links.at);
	}
	laid_drop(f);
}

static struct rng
shape(const struct scene *s, const struct fault *f)
{
	if (fault_number(f, "draw") == 0)
		return fault_rng(f, &s->ground, "shape");
	return rng_make((uint64_t)fault_number(f, "draw"), STREAM_FAULTS, 0, 0,
			"partition");
}

/* About so long, evenly from half of it to half as much again. */
static int64_t
about(struct rng *rng, int64_t ns)
{
	return rng_between(rng, ns - ns / 2, ns + ns / 2);
}

static int
partition_start(struct scene *s, struct fault *f, struct buf *words,
		struct fr_err *err)
{
	struct partition *p = (struct partition *)laid_new(s, f, sizeof *p);
	int status;

	p->laid.layer.cut = true;
	p->rng = shape(s, f);
	status = fault_is(f, "swizzle") ? start_swizzle(s, f, p, words, err) :
		 find_links(s, f, p, words, err);
	if (status < 0) {
		partition_drop(f);
		return -1;
	}
	cut_links(p);
	if (fault_is(f, "flapping"))
		f->next = about(&p->rng, fault_number(f, "on"));
	return 0;
}

static void
partition_step(struct scene *s, struct fault *f)
{
	struct partition *p = f->state;

	(void)s;
	if (fault_is(f, "swizzle")) {
		step_swizzle(f, p);
		return;
	}
	if (p->steps++ % 2 == 0) {
		net_lift_all(p->laid.net, &p->laid.layer);
		f->next = about(&p->rng, fault_number(f, "off"));
	} else {
		cut_links(p);
		f->next = about(&p->rng, fault_number(f, "on"));
	}
}

static bool
partition_end(struct scene *s, struct fault *f)
{
	struct partition *p = f->state;
	uint32_t i;

	for (i = 0; i < p->count; i++)
		net_lift_all(p->laid.net, &p->nodes[i].layer);
	return laid_end(s, f);
}

static bool
partition_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct partition *p = f->state;
	uint64_t dropped = p->laid.layer.cut_off;
	uint32_t i;

	(void)s;
	for (i = 0; i < p->count; i++)
		dropped += p->nodes[i].layer.cut_off;
	if (!laid_count(words, dropped, "message")) {
		buf_text(words, "no message wanted to cross");
		return false;
	}
	buf_text(words, " dropped");
	if (fault_is(f, "flapping"))
		buf_printf(words, ", cut %u times", p->steps / 2 + 1);
	return true;
}

const struct family family_partition = {
	.name = "partition",
	.summary = "links are cut: groups, one direction, one by one, ...",
	.aims = AIM_GROUPS | AIM_NODES,
	.variants = variants,
	.params = params,
	.check = partition_check,
	.draw = partition_draw,
	.start = partition_start,
	.step = partition_step,
	.end = partition_end,
	.effect = partition_effect,
	.drop = partition_drop,
};
