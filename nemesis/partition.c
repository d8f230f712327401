/* SPDX-License-Identifier: MIT */
/*
 * partition: the network falls into groups that cannot reach each other.
 *
 * Every link from a node of one group to a node of another is cut, in both
 * directions and at one instant.  Nodes that no group names keep all their
 * links (so "0,1|3,4" of five leaves node 2 as a bridge), and so do clients.
 * Its effect is counted: the messages that died on the links it cut.
 */
#include "nemesis/families.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "nemesis/target.h"

/* The most groups that one argument can name. */
#define GROUPS_MAX 255u

struct partition {
	uint64_t dropped;		/* on its links, when it began         */
	uint8_t group[FR_NODES_MAX];	/* from 1; 0: in none                  */
};

/* "0,1|2,3,4" into groups. */
static int
read_groups(const char *text, uint32_t nodes, uint8_t *group,
	    struct fr_err *err)
{
	bool in[FR_NODES_MAX], before[FR_NODES_MAX];
	const char *end;
	uint32_t number, i;

	memset(in, 0, sizeof in);
	for (number = 1;; number++) {
		if (number > GROUPS_MAX)
			return err_usage(err, "more than %u groups",
					 GROUPS_MAX);
		memcpy(before, in, sizeof before);
		end = strchrnul(text, '|');
		if (target_list(text, (size_t)(end - text), nodes, in, err) < 0)
			return -1;
		for (i = 0; i < nodes; i++) {
			if (in[i] && !before[i])
				group[i] = (uint8_t)number;
		}
		if (*end == '\0')
			break;
		text = end + 1;
	}
	if (number == 1)
		return err_usage(err, "one group alone is cut from nobody: "
				 "write at least two, as in 0,1|2,3,4");
	return 0;
}

/* A node of the larger side, which both sides go on to reach. */
static uint32_t
bridge_node(const bool *in, uint32_t nodes, struct rng *rng)
{
	uint32_t node;

	do
		node = (uint32_t)rng_below(rng, nodes);
	while (in[node]);
	return node;
}

/* Two groups, and the bridge in none.  Which of them is the first must not
 * tell which is the larger: it is node 0's, or node 1's. */
static void
split(const bool *in, uint32_t nodes, uint32_t bridge, uint8_t *group)
{
	uint32_t first = bridge == 0 ? 1 : 0, i;

	for (i = 0; i < nodes; i++)
		group[i] = i == bridge ? 0 : in[i] == in[first] ? 1 : 2;
}

/* The groups of an argument; drawn, where it is a description, with rng. */
static int
read_argument(const char *argument, uint32_t nodes, struct rng *rng,
	      uint8_t *group, struct fr_err *err)
{
	static const char *const names[] = { "one", "halves", "majority",
					     "bridge" };
	const uint32_t names_count = sizeof names / sizeof *names;
	bool in[FR_NODES_MAX];
	const char *near;
	uint32_t i, count;

	if (nodes < 2)
		return err_usage(err, "a single node cannot be cut off from "
				 "others: take at least 2 nodes");
	if (target_is_list(argument))
		return read_groups(argument, nodes, group, err);
	for (i = 0; i < names_count && strcmp(argument, names[i]) != 0; i++)
		;
	if (i == names_count) {
		near = nearest_word(argument, names, names_count,
				    sizeof *names);
		if (near != NULL)
			return err_usage(err, "'%s' are no groups; did you "
					 "mean '%s'?", argument, near);
		return err_usage(err, "'%s' are no groups: write them as in "
				 "0,1|2,3,4, or one, halves, majority or "
				 "bridge", argument);
	}
	if (i == 3 && nodes < 3)
		return err_usage(err, "a bridge between two sides takes at "
				 "least 3 nodes");
	if (rng == NULL)
		return 0;
	/* The smaller side: one, half of them, or any minority. */
	if (i == 0)
		count = 1;
	else if (i == 1 || nodes == 2)
		count = nodes / 2;
	else
		count = 1 + (uint32_t)rng_below(rng, (nodes - 1) / 2);
	memset(in, 0, sizeof in);
	target_draw(rng, nodes, count, in);
	split(in, nodes, i == 3 ? bridge_node(in, nodes, rng) : nodes, group);
	return 0;
}

static void
groups_text(const uint8_t *group, uint32_t nodes, struct buf *out)
{
	bool in[FR_NODES_MAX] = { false };
	uint32_t number, i;
	bool any = true;

	for (number = 1; any; number++) {
		any = false;
		for (i = 0; i < nodes; i++) {
			in[i] = group[i] == number;
			any |= in[i];
		}
		if (any && number > 1)
			buf_char(out, '|');
		target_text(in, nodes, out);
	}
}

static int
partition_check(const char *argument, uint32_t nodes, struct fr_err *err)
{
	uint8_t group[FR_NODES_MAX] = { 0 };

	return read_argument(argument, nodes, NULL, group, err);
}

static char *
partition_draw(struct rng *rng, uint32_t nodes)
{
	static const char *const names[] = { "one", "halves", "majority",
					     "bridge" };
	uint8_t group[FR_NODES_MAX] = { 0 };
	struct buf text;
	char *copy;

	if (read_argument(names[rng_below(rng, nodes < 3 ? 3 : 4)], nodes, rng,
			  group, NULL) < 0)
		return NULL;
	buf_init(&text, 65536);
	groups_text(group, nodes, &text);
	copy = mem_string(text.data);
	buf_free(&text);
	return copy;
}

/* Calls fn for every link between two groups; returns what died on them. */
static uint64_t
each_link(struct world *w, const struct partition *p,
	  void (*fn)(struct net *net, uint32_t from, uint32_t to))
{
	uint32_t i, j, nodes = w->config.nodes;
	uint64_t dropped = 0;

	for (i = 0; i < nodes; i++) {
		for (j = 0; j < nodes; j++) {
			if (p->group[i] == 0 || p->group[j] == 0 ||
			    p->group[i] == p->group[j])
				continue;
			dropped += net_link(w->config.net, i, j)->dropped;
			if (fn != NULL)
				fn(w->config.net, i, j);
		}
	}
	return dropped;
}

static int
partition_start(struct world *w, struct fault *f, struct buf *words,
		struct fr_err *err)
{
	struct rng rng = rng_make(w->config.seed, STREAM_FAULTS, f->id, 0,
				  "partition");
	struct partition *p = mem_new(sizeof *p);

	if (read_argument(f->argument, w->config.nodes, &rng, p->group,
			  err) < 0) {
		free(p);
		return -1;
	}
	f->state = p;
	p->dropped = each_link(w, p, net_cut);
	groups_text(p->group, w->config.nodes, words);
	return 0;
}

static bool
partition_end(struct world *w, struct fault *f)
{
	each_link(w, f->state, net_join);
	return true;
}

static bool
partition_effect(struct world *w, struct fault *f, struct buf *words)
{
	struct partition *p = f->state;
	uint64_t dropped = each_link(w, p, NULL) - p->dropped;

	if (dropped == 0) {
		buf_text(words, "no message wanted to cross");
		return false;
	}
	buf_printf(words, "%" PRIu64 " message%s dropped", dropped,
		   dropped == 1 ? "" : "s");
	return true;
}

const struct family family_partition = {
	.name = "partition",
	.summary = "the network falls into groups that cannot reach each other",
	.argument = "groups (0,1|2,3,4), one, halves, majority or bridge",
	.check = partition_check,
	.draw = partition_draw,
	.start = partition_start,
	.end = partition_end,
	.effect = partition_effect,
};
