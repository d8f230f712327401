/* SPDX-License-Identifier: MIT */
/*
 * Fewer nodes: one is left out with what is asked of it, said to it and done to
 * it; those behind it take the numbers that are free.  Where that alone is not
 * enough, since with another majority it is another run, chance begins anew.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/run/shrink.h"

/* Seeds that are tried where a node fewer makes it another run. */
#define REDRAWN		192u

struct redraw {
	struct shrink *shrink;
	const struct tape *from;
	uint64_t seed;
};

/*
 * A list of nodes, or groups of them, without one: "0,1|2-4" without node 3 is
 * "0,1|2,3".  NULL: it is something else, or nothing is left of a group.
 */
static char *
without_node(struct arena *a, const char *text, uint32_t gone)
{
	uint64_t low, high;
	bool first = true;
	struct buf b;
	char *end, *made = NULL;

	if (text[strspn(text, "0123456789,|-")] != '\0')
		return NULL;
	buf_init(&b, 65536);
	for (;; text = end + 1) {
		low = high = strtoull(text, &end, 10);
		if (*end == '-')
			high = strtoull(end + 1, &end, 10);
		if (high > FR_NODES_MAX)
			break;
		for (; low <= high; low++) {
			if (low == gone)
				continue;
			buf_printf(&b, "%s%" PRIu64, first ? "" : ",",
				   low > gone ? low - 1 : low);
			first = false;
		}
		if (*end == ',')
			continue;
		if (first)
			break;
		if (*end == '\0') {
			made = arena_string(a, b.data);
			break;
		}
		buf_char(&b, *end);
		first = true;
	}
	buf_free(&b);
	return made;
}

/* "kill 2,3 downtime=1s": a name, perhaps a target, parameters. */
static bool
target_without_node(struct shrink *s, struct tape_fault *f, uint32_t gone,
		    bool last)
{
	const char *target = f->words + strcspn(f->words, " "), *end;
	char *text, *made;

	target += *target == ' ';
	end = target + strcspn(target, " ");
	/* None, a parameter, or what a node notes of itself. */
	if (memchr(target, '=', (size_t)(end - target)) != NULL ||
	    end == target)
		return true;
	text = mem_format("%.*s", (int)(end - target), target);
	made = without_node(&s->arena, text, gone);
	free(text);
	if (made == NULL)
		return last;
	text = mem_format("%.*s%s%s", (int)(target - f->words), f->words, made,
			  end);
	f->words = arena_string(&s->arena, text);
	free(text);
	return true;
}

static bool
faults_without_node(struct shrink *s, struct tape *t, uint32_t gone)
{
	struct ground ground = s->simulation.setup.ground;
	struct fault made;
	uint32_t i;

	ground.nodes = t->nodes;
	for (i = 0; i < t->fault_count; i++) {
		if (!target_without_node(s, &t->faults[i], gone,
					 gone == t->nodes) ||
		    tape_fault_make(&t->faults[i], &ground, &made, NULL) < 0)
			return false;
		fault_free(&made);
	}
	return true;
}

static bool
make_without_node(void *arg, size_t i, struct tape *out)
{
	struct redraw *r = arg;
	const struct tape *from = r->from;
	uint32_t gone = from->nodes - 1 - (uint32_t)i;
	struct tape_choice *c;
	size_t k, kept = 0;

	tape_copy(from, out);
	out->nodes--;
	if (!faults_without_node(r->shrink, out, gone)) {
		tape_drop(out);
		return false;
	}
	for (k = 0; k < out->op_count; k++)
		if (out->ops[k].node > gone || out->ops[k].node == out->nodes)
			out->ops[k].node--;
	for (k = 0; k < out->choice_count; k++) {
		c = &out->choices[k];
		if (c->from == gone ||
		    (c->kind == CHOICE_MESSAGE && c->to == gone))
			continue;
		if (c->from > gone && c->from < TAPE_CLIENT)
			c->from--;
		if (c->to > gone && c->to < TAPE_CLIENT)
			c->to--;
		out->choices[kept++] = *c;
	}
	out->choice_count = kept;
	out->anchored = !out->drawn;
	return true;
}

/* A node fewer, and chance begins anew. */
static bool
make_redrawn(void *arg, size_t i, struct tape *out)
{
	const struct redraw *r = arg;

	if (!make_without_node(arg, i % r->from->nodes, out))
		return false;
	out->seed = r->seed + i;
	out->drawn = true;
	out->anchored = false;
	out->choice_count = 0;
	return true;
}

bool
shrink_nodes(struct shrink *s, bool redrawn)
{
	struct redraw r = { .shrink = s, .seed = s->config->run->seed };
	struct tape from;
	bool any = false, found;

	s->stage = "nodes";
	/* Where they are not all alike, each is there for a reason. */
	while (s->config->run->other_count == 0 && s->best.nodes > 1 &&
	       !shrink_over(s)) {
		shrink_settle(s);
		tape_copy(&s->best, &from);
		r.from = &from;
		found = redrawn ?
			shrink_try(s, REDRAWN, make_redrawn, &r, NULL) :
			shrink_try(s, from.nodes, make_without_node, &r, NULL);
		tape_drop(&from);
		if (!found)
			break;
		any = true;
		shrink_settle(s);
	}
	return any;
}
