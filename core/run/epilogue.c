/* SPDX-License-Identifier: MIT */
/*
 * The liveness epilogue.
 *
 * 1. It demands nothing that a protocol does not promise: where more nodes are
 *    gone for good than it bears, nothing is demanded.
 * 2. A node outside the core is stopped as soon as it can be, and answers
 *    nobody until the epilogue is over.
 */
#include "core/run/epilogue.h"

#include <stdlib.h>

#include "core/base/log.h"
#include "core/base/units.h"

/* So many clients are told of by name. */
#define CLIENTS_TOLD 4u
#define NODES_TOLD   8u

static bool
has_core(const struct experiment *x)
{
	return x->config.core && ground_missing(x->config.ground) > 0;
}

/* Who is in the core follows from the seed; who is lost is not in it. */
static void
choose_core(struct experiment *x)
{
	const struct ground *g = x->config.ground;
	uint32_t out = ground_missing(g), i, left = 0, at;
	struct rng rng = rng_make(g->seed, STREAM_FAULTS, 0, 0, "core");

	for (i = 0; i < g->nodes; i++) {
		if (x->node[i].crashed || x->node[i].lost)
			out -= out > 0;
		else
			left++;
	}
	/* Each in turn with the chance that keeps it even. */
	for (at = 0; at < g->nodes && out > 0; at++) {
		if (x->node[at].crashed || x->node[at].lost)
			continue;
		if (rng_below(&rng, left--) < out) {
			x->node[at].frozen = true;
			out--;
		}
	}
	x->core_chosen = true;
}

void
epilogue_freeze(struct experiment *x)
{
	struct world *w = x->world;
	struct fr_err err = { 0 };
	uint32_t i, boot;

	if (!has_core(x) || !epilogue_wanted(x))
		return;
	if (!x->core_chosen)
		choose_core(x);
	for (i = 0; i < x->config.nodes; i++) {
		if (x->node[i].frozen &&
		    w->ops->state(w, i, &boot) == NODE_UP &&
		    w->ops->pause(w, i, &err) < 0)
			log_warn("node %u could not be stopped: %s", i,
				 err.text);
	}
}

/* Invariant 1. */
bool
epilogue_wanted(const struct experiment *x)
{
	uint32_t i, gone = 0, started, effective;

	/* A tape has no such phase: it says all that is asked. */
	if (x->config.progress_time <= 0 || x->interrupted ||
	    x->nemesis == NULL || x->config.tape != NULL)
		return false;
	nemesis_counts(x->nemesis, &started, &effective);
	for (i = 0; i < x->config.nodes; i++) {
		/* A node that crashed is a violation already. */
		if (x->node[i].crashed)
			return false;
		gone += x->node[i].lost;
	}
	return started > 0 && gone <= ground_missing(x->config.ground);
}

void
epilogue_begin(struct experiment *x)
{
	bool *in = mem_array(x->config.nodes, sizeof *in);
	uint32_t i;

	for (i = 0; i < x->config.nodes; i++)
		in[i] = !x->node[i].frozen && !x->node[i].lost;
	clients_confine(x->clients, in);
	clients_begin(x->clients, FR_PHASE_MAIN);
	free(in);
}

static void
tell_notes(const struct experiment *x, struct buf *why)
{
	const struct experiment_node *n;
	uint32_t i, k, told = 0;

	for (i = 0; i < x->config.nodes && told < NODES_TOLD; i++) {
		n = &x->node[i];
		if (n->frozen || n->lost || n->belief_count == 0)
			continue;
		buf_printf(why, "%s node %u notes", told++ == 0 ? ";" : ",",
			   i);
		for (k = 0; k < n->belief_count && k < 4; k++)
			buf_printf(why, " %s=%s", n->beliefs[k].name,
				   n->beliefs[k].text);
	}
}

static void
tell(const struct experiment *x, struct buf *why)
{
	uint32_t i, told = 0, silent = 0, frozen = 0;
	char time[32];

	for (i = 0; i < x->config.clients; i++)
		silent += clients_silent(x->clients, i);
	for (i = 0; i < x->config.nodes; i++)
		frozen += x->node[i].frozen;
	time_text(x->config.progress_time, time, sizeof time);
	if (silent > 0)
		buf_printf(why, "%u of %u clients got no answer", silent,
			   x->config.clients);
	else
		buf_text(why, "no operation succeeded");
	buf_printf(why, " within %s after %s", time, frozen == 0 ?
		   "everything was healed" : "a core was healed");
	if (frozen > 0)
		buf_printf(why, " (%u of %u nodes)", x->config.nodes - frozen,
			   x->config.nodes);
	for (i = 0; i < x->config.clients && told < CLIENTS_TOLD; i++) {
		if (silent > 0 && !clients_silent(x->clients, i))
			continue;
		buf_text(why, told++ == 0 ? ": " : ", ");
		clients_words(x->clients, i, why);
	}
	tell_notes(x, why);
}

bool
epilogue_over(struct experiment *x, struct buf *why)
{
	const int64_t now = x->world->ops->now(x->world);
	uint32_t i;

	for (i = 0; i < x->config.clients &&
	     clients_answered(x->clients, i); i++)
		;
	if (i == x->config.clients && clients_succeeded(x->clients))
		return true;
	/* The workload has nothing more to ask: nothing can be demanded. */
	if (clients_done(x->clients))
		return true;
	if (now - x->since < x->config.progress_time)
		return false;
	/* Who never had anything to ask may be left out. */
	for (i = 0; i < x->config.clients &&
	     !clients_silent(x->clients, i); i++)
		;
	if (i < x->config.clients || !clients_succeeded(x->clients))
		tell(x, why);
	return true;
}

void
epilogue_end(struct experiment *x)
{
	struct world *w = x->world;
	struct fr_err err = { 0 };
	uint32_t i, boot;

	clients_confine(x->clients, NULL);
	for (i = 0; i < x->config.nodes; i++) {
		if (!x->node[i].frozen)
			continue;
		x->node[i].frozen = false;
		if (w->ops->state(w, i, &boot) == NODE_PAUSED &&
		    w->ops->resume(w, i, &err) < 0)
			log_warn("node %u could not be resumed: %s", i,
				 err.text);
	}
}
