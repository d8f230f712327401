/* SPDX-License-Identifier: MIT */
/*
 * kill: processes end without a word (SIGKILL) and are started again when the
 * fault is over.  pause: they are stopped (SIGSTOP) and go on when it is over.
 *
 * 1. A fault touches only the boots that it found: a node that was started
 *    again meanwhile, by hand or by another fault, is left alone.
 * 2. A node that is down already is not killed again: that part of the fault
 *    has no effect, and is not started again by it either.
 */
#include "nemesis/families.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/units.h"
#include "nemesis/target.h"

struct victims {
	int64_t since, until;
	struct victim {
		uint32_t boot;
		bool hit;	/* there was somebody to hurt                  */
		bool hurt;	/* and it was seen to be                       */
		bool over;	/* and it was undone                           */
	} at[];			/* one a node                                  */
};

static int
process_check(const char *argument, uint32_t nodes, struct fr_err *err)
{
	return target_read(argument, nodes, NULL, NULL, err);
}

static char *
process_draw(struct rng *rng, uint32_t nodes)
{
	bool in[FR_NODES_MAX] = { false };
	uint64_t drawn = rng_below(rng, 100);
	const char *whom = "one";
	struct buf text;
	char *copy;

	/* Mostly few, now and then so many that everybody has to stop. */
	if (drawn >= 90)
		whom = "all";
	else if (drawn >= 75)
		whom = "majority";
	else if (drawn >= 50 && nodes > 2)
		whom = "minority";
	if (target_read(whom, nodes, rng, in, NULL) < 0)
		return NULL;
	buf_init(&text, 65536);
	target_text(in, nodes, &text);
	copy = mem_string(text.data);
	buf_free(&text);
	return copy;
}

/* Aims, and does `hurt` to each node that is there to be hurt. */
static int
aim(struct world *w, struct fault *f, const char *label, struct buf *words,
    int (*hurt)(struct world *w, uint32_t node, struct fr_err *err),
    bool (*hurtable)(enum node_state state), struct fr_err *err)
{
	struct rng rng = rng_make(w->config.seed, STREAM_FAULTS, f->id, 0,
				  label);
	uint32_t i, boot, nodes = w->config.nodes, failed = 0, hit = 0;
	bool in[FR_NODES_MAX] = { false };
	struct victims *v;
	struct victim *one;

	if (target_read(f->argument, nodes, &rng, in, err) < 0)
		return -1;
	v = mem_new(sizeof *v + nodes * sizeof *v->at);
	v->since = w->ops->now(w);
	for (i = 0; i < nodes; i++) {
		one = &v->at[i];
		if (!in[i] || !hurtable(w->ops->state(w, i, &one->boot)))
			continue;
		if (hurt(w, i, err) < 0) {
			failed++;
			continue;
		}
		one->hit = true;
		/* A stopped one may be killed before the fault is over. */
		one->hurt = w->ops->state(w, i, &boot) == NODE_PAUSED;
		hit++;
	}
	if (failed > 0 && hit == 0) {
		free(v);
		return -1;
	}
	f->state = v;
	target_words(in, nodes, words);
	return 0;
}

/* What was done to whom; `done` is "dead" or "stopped". */
static bool
effect(struct world *w, struct fault *f, const char *done, struct buf *words)
{
	struct victims *v = f->state;
	uint32_t i, nodes = w->config.nodes, hurt = 0;
	bool in[FR_NODES_MAX] = { false };
	char time[32];

	for (i = 0; i < nodes; i++) {
		in[i] = v->at[i].hurt;
		hurt += in[i];
	}
	if (hurt == 0) {
		buf_printf(words, "nobody was there to be %s",
			   strcmp(done, "dead") == 0 ? "killed" : done);
		return false;
	}
	time_text(v->until - v->since, time, sizeof time);
	target_words(in, nodes, words);
	buf_printf(words, " %s for %s", done, time);
	return true;
}

/* ---- kill -------------------------------------------------------------------- */

static bool
running(enum node_state state)
{
	return state != NODE_DOWN;
}

static int
kill_node(struct world *w, uint32_t node, struct fr_err *err)
{
	return w->ops->kill(w, node, err);
}

static int
kill_start(struct world *w, struct fault *f, struct buf *words,
	   struct fr_err *err)
{
	return aim(w, f, "kill", words, kill_node, running, err);
}

static bool
kill_end(struct world *w, struct fault *f)
{
	struct victims *v = f->state;
	struct fr_err err = { 0 };
	struct victim *one;
	enum node_state state;
	bool all = true;
	uint32_t i, boot;

	v->until = w->ops->now(w);
	for (i = 0; i < w->config.nodes; i++) {
		one = &v->at[i];
		if (!one->hit || one->over)
			continue;
		state = w->ops->state(w, i, &boot);
		if (state != NODE_DOWN && boot == one->boot) {
			all = false;	/* not reaped yet */
			continue;
		}
		one->hurt = one->over = true;
		/* Invariant 1. */
		if (boot == one->boot && w->ops->boot(w, i, &err) < 0)
			log_warn("node %u could not be started again: %s", i,
				 err.text);
	}
	return all;
}

static bool
kill_effect(struct world *w, struct fault *f, struct buf *words)
{
	return effect(w, f, "dead", words);
}

const struct family family_kill = {
	.name = "kill",
	.summary = "processes end without a word, and start again later",
	.argument = "nodes (2, or 1,2, or 0-3), one, minority, majority, all "
		    "or random",
	.check = process_check,
	.draw = process_draw,
	.start = kill_start,
	.end = kill_end,
	.effect = kill_effect,
};

/* ---- pause ------------------------------------------------------------------- */

static bool
awake(enum node_state state)
{
	return state == NODE_UP || state == NODE_BOOTING;
}

static int
pause_node(struct world *w, uint32_t node, struct fr_err *err)
{
	return w->ops->pause(w, node, err);
}

static int
pause_start(struct world *w, struct fault *f, struct buf *words,
	    struct fr_err *err)
{
	return aim(w, f, "pause", words, pause_node, awake, err);
}

static bool
pause_end(struct world *w, struct fault *f)
{
	struct victims *v = f->state;
	struct fr_err err = { 0 };
	struct victim *one;
	uint32_t i, boot;

	v->until = w->ops->now(w);
	for (i = 0; i < w->config.nodes; i++) {
		one = &v->at[i];
		if (!one->hit || one->over)
			continue;
		one->over = true;
		if (w->ops->state(w, i, &boot) != NODE_PAUSED ||
		    boot != one->boot)
			continue;
		one->hurt = true;
		if (w->ops->resume(w, i, &err) < 0)
			log_warn("node %u could not be resumed: %s", i,
				 err.text);
	}
	return true;
}

static bool
pause_effect(struct world *w, struct fault *f, struct buf *words)
{
	return effect(w, f, "stopped", words);
}

const struct family family_pause = {
	.name = "pause",
	.summary = "processes stop where they are, and go on later",
	.argument = "nodes (2, or 1,2, or 0-3), one, minority, majority, all "
		    "or random",
	.check = process_check,
	.draw = process_draw,
	.start = pause_start,
	.end = pause_end,
	.effect = pause_effect,
};
