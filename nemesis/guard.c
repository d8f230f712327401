/* SPDX-License-Identifier: MIT */
/*
 * The guard.
 *
 * What counts together: a node that is dead for a while, and one that does
 * anything, are both lost to the others; so crashes are limited with the
 * byzantine ones among them.  Without FR_BEARS_RECOVERY a node that died once
 * is lost for the rest of the run, whether it comes back or not.
 */
#include "nemesis/guard.h"

#include <stdlib.h>
#include <string.h>

#include <fracas/protocol.h>

#include "nemesis/target.h"

const char *const bears_names[] = {
	"recovery", "nodes that died come back with what they synced",
	"partition", "links are cut, and joined again",
	"loss", "single messages disappear",
	"copies", "messages arrive twice, or long after",
	"order", "messages overtake each other",
	"damage", "messages arrive with bits flipped",
	"delay", "messages and nodes are slow without a bound",
	"clocks", "clocks are wrong by any amount",
	"rates", "clocks run at wrong rates",
	"amnesia", "a node comes back with an empty disk",
	"disk", "the disk answers with errors",
	"rot", "the disk lies",
	"retries", "a client asks the same more than once",
	"skew", "clocks are wrong, and the interval clock says how much",
	NULL
};

static bool
on_guard(const struct ground *g)
{
	return g->bears != NULL && !g->beyond;
}

/* A protocol's number, on so many nodes. */
static uint32_t
share(int32_t number, uint32_t nodes)
{
	switch (number) {
	case FR_MINORITY:
		return (nodes - 1) / 2;
	case FR_THIRD:
		return (nodes - 1) / 3;
	case FR_ALL_BUT_ONE:
		return nodes - 1;
	default:
		return number < 0 || (uint32_t)number > nodes ? nodes :
		       (uint32_t)number;
	}
}

void
bears_number(int32_t number, struct buf *out)
{
	if (number == FR_MINORITY)
		buf_text(out, "fewer than half");
	else if (number == FR_THIRD)
		buf_text(out, "fewer than a third");
	else if (number == FR_ALL_BUT_ONE)
		buf_text(out, "all but one");
	else if (number < 0)
		buf_text(out, "any number");
	else if (number == 0)
		buf_text(out, "none");
	else
		buf_printf(out, "%d", number);
}

uint32_t
guard_most(const struct ground *g, enum cost cost)
{
	if (!on_guard(g))
		return UINT32_MAX;
	switch (cost) {
	case COST_CRASH:
		return g->bears->crashes == FR_ALL ? UINT32_MAX :
		       share(g->bears->crashes, g->nodes);
	case COST_BYZANTINE:
		return share(g->bears->byzantine, g->nodes);
	default:
		return UINT32_MAX;
	}
}

/* Who bears any clock bears one that says how wrong it is. */
static uint32_t
bears_of(const struct ground *g)
{
	uint32_t bears = g->bears->bears;

	return bears & FR_BEARS_CLOCKS ? bears | FR_BEARS_SKEW : bears;
}

int
guard_variant(const struct ground *g, const struct family *f,
	      const struct variant *v, struct fr_err *err)
{
	const char *what = v == f->variants ? "" : v->name;
	uint32_t lacks, i;

	if (!on_guard(g))
		return 0;
	lacks = v->needs & ~bears_of(g);
	if (lacks != 0) {
		for (i = 0; (lacks & (1u << i)) == 0; i++)
			;
		return err_usage(err, "%s%s%s: the protocol does not say that "
				 "it bears '%s' (%s); --beyond tries it all "
				 "the same", f->name, *what ? ":" : "", what,
				 bears_names[2 * i], bears_names[2 * i + 1]);
	}
	if (guard_most(g, v->cost) == 0)
		return err_usage(err, "%s%s%s: the protocol does not say that "
				 "it bears any %s node among %u; --beyond "
				 "tries it all the same", f->name,
				 *what ? ":" : "", what,
				 v->cost == COST_BYZANTINE ? "byzantine" :
				 "crashed", g->nodes);
	return 0;
}

static uint32_t
size_of(const bool *in, uint32_t nodes)
{
	uint32_t i, count = 0;

	for (i = 0; i < nodes; i++)
		count += in[i];
	return count;
}

int
guard_fault(const struct ground *g, const struct fault *f,
	    struct fr_err *err)
{
	const uint32_t most = guard_most(g, f->variant->cost);
	bool in[FR_NODES_MAX] = { false };
	uint32_t count;

	if (guard_variant(g, f->family, f->variant, err) < 0)
		return -1;
	if (most == UINT32_MAX || !target_static(f, g, in))
		return 0;
	count = size_of(in, g->nodes);
	if (count <= most)
		return 0;
	return err_usage(err, "%s of %u nodes: the protocol bears %u of %u at "
			 "once; --beyond tries it all the same",
			 f->family->name, count, most, g->nodes);
}

/* ---- who is held --------------------------------------------------------------- */

uint32_t
ground_missing(const struct ground *g)
{
	return share(g->bears == NULL ? FR_MINORITY : g->bears->missing,
		     g->nodes);
}

bool
guard_together(enum cost cost, enum cost other)
{
	return other == cost ||
	       (cost == COST_CRASH && other == COST_BYZANTINE);
}

/* Takes nodes out of `in`, the last ones first, until those together with
 * `held` are at most `most`. */
static void
fit(bool *in, const bool *held, uint32_t nodes, uint32_t most)
{
	uint32_t i, count = size_of(held, nodes);

	for (i = 0; i < nodes; i++) {
		if (!in[i] || held[i])
			continue;
		if (count < most)
			count++;
		else
			in[i] = false;
	}
}

/* The nodes whose processes a fault holds, as far as that is known. */
static bool
holds(const struct ground *g, const struct fault *f, bool *in)
{
	memset(in, 0, g->nodes);
	return (f->variant->cost == COST_CRASH ||
		f->variant->cost == COST_STOP) && target_static(f, g, in);
}

static bool
at_one_time(const struct fault *a, const struct fault *b)
{
	return (b->length == 0 || a->at < b->at + b->length) &&
	       (a->length == 0 || b->at < a->at + a->length);
}

bool
guard_overlap(const struct ground *g, const struct fault *a,
	      const struct fault *b, uint32_t *node)
{
	bool x[FR_NODES_MAX], y[FR_NODES_MAX];
	uint32_t i;

	if (!at_one_time(a, b) || !holds(g, a, x) || !holds(g, b, y))
		return false;
	for (i = 0; i < g->nodes && !(x[i] && y[i]); i++)
		;
	*node = i;
	return i < g->nodes;
}

static void
aim_at(struct fault *f, const struct ground *g, const bool *in)
{
	struct buf text;

	buf_init(&text, 1 << 16);
	target_text(in, g->nodes, &text);
	fault_aim(f, text.data);
	buf_free(&text);
}

/* Takes one node from a fault that has several, for another; -1: none. */
static int64_t
spare(struct plan *p, uint32_t before, const struct fault *f,
      const struct ground *g)
{
	bool in[FR_NODES_MAX];
	uint32_t i, k;

	for (i = 0; i < before; i++) {
		if (!at_one_time(&p->faults[i], f) ||
		    !holds(g, &p->faults[i], in) || size_of(in, g->nodes) < 2)
			continue;
		for (k = g->nodes; !in[--k];)
			;
		in[k] = false;
		aim_at(&p->faults[i], g, in);
		return k;
	}
	return -1;
}

/* Faults that hold processes at one time share out the nodes. */
static bool
keep_apart(const struct ground *g, struct plan *p, uint32_t index)
{
	bool in[FR_NODES_MAX], other[FR_NODES_MAX];
	bool taken[FR_NODES_MAX] = { false };
	struct fault *f = &p->faults[index];
	int64_t other_one;
	uint32_t i, k;

	if (!holds(g, f, in))
		return true;
	for (i = 0; i < index; i++) {
		if (!at_one_time(&p->faults[i], f) ||
		    !holds(g, &p->faults[i], other))
			continue;
		for (k = 0; k < g->nodes; k++)
			taken[k] |= other[k];
	}
	for (k = 0; k < g->nodes; k++)
		in[k] = in[k] && !taken[k];
	if (size_of(in, g->nodes) == 0) {
		for (k = 0; k < g->nodes && taken[k]; k++)
			;
		other_one = k < g->nodes ? k : spare(p, index, f, g);
		if (other_one < 0)
			return false;
		in[other_one] = true;
	}
	aim_at(f, g, in);
	return true;
}

void
guard_apart(const struct ground *g, struct plan *p)
{
	uint32_t i, kept = 0;

	for (i = 0; i < p->count; i++) {
		p->faults[kept] = p->faults[i];
		if (keep_apart(g, p, kept))
			kept++;
		else
			fault_free(&p->faults[kept]);
	}
	p->count = kept;
}

/* Who is held when f begins by what was begun before it and is not over. */
static void
held_before(const struct ground *g, const struct plan *p, uint32_t index,
	    bool *held)
{
	const struct fault *f = &p->faults[index], *o;
	const bool ever = (g->bears->bears & FR_BEARS_RECOVERY) == 0;
	bool in[FR_NODES_MAX];
	uint32_t i, k;

	for (i = 0; i < index; i++) {
		o = &p->faults[i];
		if (!guard_together(f->variant->cost, o->variant->cost))
			continue;
		if (o->length != 0 && o->at + o->length < f->at &&
		    !(ever && o->variant->cost == COST_CRASH))
			continue;
		memset(in, 0, sizeof in);
		if (!target_static(o, g, in))
			continue;
		for (k = 0; k < g->nodes; k++)
			held[k] |= in[k];
	}
}

void
guard_plan(const struct ground *g, struct plan *p)
{
	bool in[FR_NODES_MAX], held[FR_NODES_MAX];
	uint32_t i, kept = 0, most;
	struct fault *f;

	if (!on_guard(g))
		return;
	for (i = 0; i < p->count; i++) {
		/* Those before it stand at 0 .. kept - 1. */
		p->faults[kept] = p->faults[i];
		f = &p->faults[kept];
		most = guard_most(g, f->variant->cost);
		memset(in, 0, sizeof in);
		memset(held, 0, sizeof held);
		kept++;
		if (most == UINT32_MAX || !target_static(f, g, in))
			continue;
		held_before(g, p, kept - 1, held);
		fit(in, held, g->nodes, most);
		if (size_of(in, g->nodes) > 0)
			aim_at(f, g, in);
		else
			fault_free(&p->faults[--kept]);
	}
	p->count = kept;
}

/* What one fault does that the guard would not have let it do. */
static bool
goes_beyond(const struct ground *g, const struct plan *p, uint32_t index,
	    struct buf *words)
{
	const struct fault *f = &p->faults[index];
	const uint32_t most = guard_most(g, f->variant->cost);
	bool in[FR_NODES_MAX] = { false }, held[FR_NODES_MAX] = { false };
	uint32_t i;

	fault_name(f, words);
	if (guard_variant(g, f->family, f->variant, NULL) < 0)
		return true;
	if (most == UINT32_MAX || !target_static(f, g, in))
		return false;
	held_before(g, p, index, held);
	for (i = 0; i < g->nodes; i++)
		held[i] |= in[i];
	buf_printf(words, " of %u nodes", size_of(held, g->nodes));
	return size_of(held, g->nodes) > most;
}

bool
plan_beyond(const struct plan *p, const struct ground *ground,
	    struct buf *out)
{
	struct ground g = *ground;
	struct buf words;
	bool any = false;
	uint32_t i;

	/* Nobody goes beyond by mistake. */
	if (!g.beyond || g.bears == NULL)
		return false;
	g.beyond = false;
	buf_init(&words, 4096);
	for (i = 0; i < p->count; i++) {
		buf_clear(&words);
		if (!goes_beyond(&g, p, i, &words) ||
		    (any && strstr(out->data, words.data) != NULL))
			continue;
		buf_printf(out, "%s%s", any ? ", " : "", words.data);
		any = true;
	}
	buf_free(&words);
	return any;
}

int
guard_admit(const struct scene *s, struct fault *f, bool *in,
	    struct fr_err *err)
{
	const struct ground *g = &s->ground;
	const uint32_t most = guard_most(g, f->variant->cost);
	bool held[FR_NODES_MAX] = { false };

	if (f->variant->cost == COST_NONE || s->nemesis == NULL)
		return 0;
	if (most != UINT32_MAX) {
		nemesis_held(s->nemesis, f, held);
		fit(in, held, g->nodes, most);
		if (size_of(in, g->nodes) == 0)
			return err_set(err, "as many nodes are gone already "
				       "as the protocol bears");
	}
	nemesis_hold(s->nemesis, f, in);
	return 0;
}
