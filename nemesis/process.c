/* SPDX-License-Identifier: MIT */
/*
 * kill: processes end without a word (SIGKILL).  pause: they are stopped
 * (SIGSTOP) and go on.  slow: each handler takes longer, as on a processor
 * that is busy with something else.
 *
 * A node that is down already is not killed again: that part of the fault has
 * no effect, and is not started again by it either.
 */
#include "nemesis/families.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/protocol.h>

#include "core/base/log.h"
#include "core/base/units.h"
#include "nemesis/target.h"
#include "nemesis/victims.h"

/* Does `hurt` to each node that is there to be hurt; -1: to none, and why. */
static int
each(struct scene *s, struct fault *f, struct buf *words,
     int (*hurt)(struct scene *s, struct fault *f, uint32_t node,
		 struct fr_err *err), struct fr_err *err)
{
	uint32_t i, failed = 0, hit = 0;
	struct victims *v = victims_aim(s, f, words, err);

	if (v == NULL)
		return -1;
	for (i = 0; i < s->world->config.nodes; i++) {
		if (!v->at[i].in)
			continue;
		if (hurt(s, f, i, err) < 0)
			failed++;
		hit += v->at[i].hit;
	}
	if (failed == 0 || hit > 0)
		return 0;
	free(v);
	f->state = NULL;
	return -1;
}

/* What was done to whom; `done` is "dead" or "stopped". */
static bool
effect(struct scene *s, struct fault *f, const char *done, struct buf *words)
{
	const struct victims *v = victims_of(f);
	char time[32];

	if (victims_words(s, f, victim_hurt, words) == 0) {
		buf_printf(words, "nobody was there to be %s",
			   strcmp(done, "dead") == 0 ? "killed" : done);
		return false;
	}
	time_text(v->until - v->since, time, sizeof time);
	buf_printf(words, " %s for %s", done, time);
	return true;
}

/* ---- kill -------------------------------------------------------------------- */

static int
kill_draw(struct fault *f, const struct ground *g, struct rng *rng,
	  struct fr_err *err)
{
	(void)err;
	if (*f->target != '\0')
		return 0;
	if (fault_is(f, "all"))
		fault_aim(f, "all");
	else if (fault_is(f, "quorum"))
		fault_aim(f, "majority");
	else
		victims_draw(f, g, rng);
	return 0;
}

static int
kill_start(struct scene *s, struct fault *f, struct buf *words,
	   struct fr_err *err)
{
	uint32_t i;

	if (each(s, f, words, victim_kill, err) < 0)
		return -1;
	if (fault_is(f, "rapid"))
		f->next = fault_number(f, "every");
	for (i = 0; i < s->world->config.nodes; i++)
		if (fault_is(f, "for-good") && victims_of(f)->at[i].hit &&
		    s->lost != NULL)
			s->lost(s->arg, i);
	return 0;
}

/* rapid: up again, and dead again as soon as it is. */
static void
kill_step(struct scene *s, struct fault *f)
{
	struct world *w = s->world;
	struct victim *v;
	enum node_state state;
	uint32_t i, boot;

	f->next = fault_number(f, "every");
	for (i = 0; i < w->config.nodes; i++) {
		v = &victims_of(f)->at[i];
		if (!v->hit)
			continue;
		state = w->ops->state(w, i, &boot);
		/* Somebody else has started it. */
		if (boot != v->boot)
			v->hit = false;
		else if (state == NODE_DOWN && w->ops->boot(w, i, NULL) == 0)
			(void)w->ops->state(w, i, &v->boot);
		else if (state == NODE_UP && w->ops->kill(w, i, NULL) == 0)
			v->times++;
	}
}

static bool
kill_end(struct scene *s, struct fault *f)
{
	struct victims *all = victims_of(f);
	struct victim *v;
	uint32_t i;

	all->until = s->world->ops->now(s->world);
	for (i = 0; i < s->world->config.nodes; i++) {
		v = &all->at[i];
		if (fault_is(f, "for-good") || (fault_is(f, "rapid") &&
		    v->hit && !victim_is_down(s, f, i)))
			v->hurt = v->over = v->hit;
	}
	return fault_is(f, "for-good") || victims_revive(s, f);
}

static bool
kill_effect(struct scene *s, struct fault *f, struct buf *words)
{
	uint64_t lost = victims_gain(s, f, EFFECT_LOST);
	uint32_t i, times = 0;

	if (fault_is(f, "for-good")) {
		if (victims_words(s, f, victim_hurt, words) > 0) {
			buf_text(words, " dead for good");
			return true;
		}
		buf_text(words, "nobody was there to be killed");
		return false;
	}
	if (!effect(s, f, "dead", words))
		return false;
	for (i = 0; i < s->world->config.nodes; i++)
		times += victims_of(f)->at[i].times;
	if (times > 0) {
		buf_text(words, ", killed again ");
		count_words(times, "time", words);
	}
	if (lost > 0) {
		buf_text(words, ", ");
		count_words(lost, "byte", words);
		buf_text(words, " not synced lost");
	}
	return true;
}

static const struct variant kill_variants[] = {
	{ .name = "restart", .weight = 4, .cost = COST_CRASH,
	  .help = "they start again when the fault is over" },
	{ .name = "rapid", .weight = 1, .cost = COST_CRASH,
	  .help = "they start again, and are killed again as soon as they are "
		  "up, until the fault is over" },
	{ .name = "quorum", .weight = 1, .cost = COST_CRASH,
	  .help = "a majority at one instant" },
	{ .name = "all", .weight = 1, .cost = COST_CRASH,
	  .aims = AIM_NODES | AIM_ALL,
	  .help = "every node at one instant" },
	{ .name = "for-good", .cost = COST_CRASH,
	  .help = "they do not come back in this run" },
	{ .name = NULL },
};

static const struct fr_param kill_params[] = {
	{ "every", FR_PARAM_TIME, 0, "100ms", "1ms", "1m",
	  "rapid: between two looks whether it is up" },
	{ .name = NULL },
};

const struct family family_kill = {
	.name = "kill",
	.summary = "processes end without a word, and start again later",
	.variants = kill_variants,
	.params = kill_params,
	.aims = AIM_NODES,
	.draw = kill_draw,
	.start = kill_start,
	.step = kill_step,
	.end = kill_end,
	.effect = kill_effect,
};

/* ---- pause ------------------------------------------------------------------- */

static int
pause_node(struct scene *s, struct fault *f, uint32_t node,
	   struct fr_err *err)
{
	struct victim *v = &victims_of(f)->at[node];
	uint32_t boot;

	if (s->world->ops->state(s->world, node, &boot) != NODE_UP)
		return err_set(err, "node %u is not up", node);
	if (s->world->ops->pause(s->world, node, err) < 0)
		return -1;
	/* It may be killed before the fault is over. */
	v->hit = v->hurt = true;
	return 0;
}

static int
pause_start(struct scene *s, struct fault *f, struct buf *words,
	    struct fr_err *err)
{
	if (each(s, f, words, pause_node, err) < 0)
		return -1;
	if (fault_is(f, "flicker"))
		f->next = fault_number(f, "every");
	return 0;
}

static bool
is_paused(struct scene *s, const struct victim *v, uint32_t node)
{
	uint32_t boot;

	return s->world->ops->state(s->world, node, &boot) == NODE_PAUSED &&
	       boot == v->boot;
}

/* flicker: on and off. */
static void
pause_step(struct scene *s, struct fault *f)
{
	struct world *w = s->world;
	struct victim *v;
	uint32_t i, boot;

	f->next = fault_number(f, "every");
	for (i = 0; i < w->config.nodes; i++) {
		v = &victims_of(f)->at[i];
		if (!v->hit)
			continue;
		if (is_paused(s, v, i))
			(void)w->ops->resume(w, i, NULL);
		else if (w->ops->state(w, i, &boot) == NODE_UP &&
			 boot == v->boot && w->ops->pause(w, i, NULL) == 0)
			v->times++;
	}
}

static bool
pause_end(struct scene *s, struct fault *f)
{
	struct victims *all = victims_of(f);
	struct fr_err err = { 0 };
	struct victim *v;
	uint32_t i;

	all->until = s->world->ops->now(s->world);
	for (i = 0; i < s->world->config.nodes; i++) {
		v = &all->at[i];
		if (!v->hit || v->over)
			continue;
		v->over = true;
		if (is_paused(s, v, i) &&
		    s->world->ops->resume(s->world, i, &err) < 0)
			log_warn("node %u could not be resumed: %s", i,
				 err.text);
	}
	return true;
}

static bool
pause_effect(struct scene *s, struct fault *f, struct buf *words)
{
	uint32_t i, times = 0;

	if (!effect(s, f, "stopped", words))
		return false;
	for (i = 0; i < s->world->config.nodes; i++)
		times += victims_of(f)->at[i].times;
	if (times > 0) {
		buf_text(words, ", and again ");
		count_words(times, "time", words);
	}
	return true;
}

static const struct variant pause_variants[] = {
	{ .name = "stop", .weight = 3, .cost = COST_STOP,
	  .needs = FR_BEARS_DELAY,
	  .help = "they go on where they were when the fault is over" },
	{ .name = "flicker", .weight = 1, .cost = COST_STOP,
	  .needs = FR_BEARS_DELAY,
	  .help = "they go on and stop again, until the fault is over" },
	{ .name = NULL },
};

static const struct fr_param pause_params[] = {
	{ "every", FR_PARAM_TIME, 0, "50ms", "1ms", "1m",
	  "flicker: how long they stop, and how long they go on" },
	{ .name = NULL },
};

const struct family family_pause = {
	.name = "pause",
	.summary = "processes stop where they are, and go on later",
	.variants = pause_variants,
	.params = pause_params,
	.aims = AIM_NODES,
	.start = pause_start,
	.step = pause_step,
	.end = pause_end,
	.effect = pause_effect,
};

/* ---- slow -------------------------------------------------------------------- */

static int
set_slow(struct scene *s, struct fault *f, uint32_t node, struct fr_err *err)
{
	struct world *w = s->world;

	if (w->ops->set_slow(w, node, fault_number(f, "by"), err) < 0)
		return -1;
	victims_of(f)->at[node].hit = true;
	victim_claim(s, f, node, EFFECT_SLOW_SET);
	return 0;
}

static int
slow_draw(struct fault *f, const struct ground *g, struct rng *rng,
	  struct fr_err *err)
{
	static const char *const by[] = { "1ms", "5ms", "20ms", "100ms" };

	(void)err;
	if (*f->target == '\0')
		victims_draw(f, g, rng);
	if (!fault_given(f, "by"))
		fault_set(f, "by", by[rng_below(rng, 4)]);
	return 0;
}

static int
slow_start(struct scene *s, struct fault *f, struct buf *words,
	   struct fr_err *err)
{
	if (each(s, f, words, set_slow, err) < 0)
		return -1;
	if (fault_is(f, "bursts"))
		f->next = fault_number(f, "every");
	return 0;
}

/* bursts: on and off. */
static void
slow_step(struct scene *s, struct fault *f)
{
	struct world *w = s->world;
	struct victim *v;
	uint32_t i;

	f->next = fault_number(f, "every");
	for (i = 0; i < w->config.nodes; i++) {
		v = &victims_of(f)->at[i];
		if (!v->hit || !victim_ours(s, f, i, EFFECT_SLOW_SET))
			continue;
		v->done = !v->done;
		if (w->ops->set_slow(w, i, v->done ? 0 :
				     fault_number(f, "by"), NULL) == 0)
			victim_claim(s, f, i, EFFECT_SLOW_SET);
	}
}

static bool
slow_end(struct scene *s, struct fault *f)
{
	struct world *w = s->world;
	uint32_t i;

	for (i = 0; i < w->config.nodes; i++)
		if (victims_of(f)->at[i].hit &&
		    victim_ours(s, f, i, EFFECT_SLOW_SET))
			(void)w->ops->set_slow(w, i, 0, NULL);
	return true;
}

static bool
slow_effect(struct scene *s, struct fault *f, struct buf *words)
{
	uint64_t slowed = victims_gain(s, f, EFFECT_SLOWED);
	char time[32];

	if (slowed == 0) {
		buf_text(words, "there was nothing to do for the slow");
		return false;
	}
	time_text(fault_number(f, "by"), time, sizeof time);
	count_words(slowed, "handler", words);
	buf_printf(words, " took %s longer", time);
	return true;
}

static const struct variant slow_variants[] = {
	{ .name = "steady", .weight = 2, .needs = FR_BEARS_DELAY,
	  .help = "each handler takes longer" },
	{ .name = "bursts", .weight = 1, .needs = FR_BEARS_DELAY,
	  .help = "on and off" },
	{ .name = NULL },
};

static const struct fr_param slow_params[] = {
	{ "by", FR_PARAM_TIME, 0, "20ms", "1us", "1s",
	  "how much longer each handler takes" },
	{ "every", FR_PARAM_TIME, 0, "100ms", "1ms", "1m",
	  "bursts: how long they are slow, and how long they are not" },
	{ .name = NULL },
};

const struct family family_slow = {
	.name = "slow",
	.summary = "processors are busy: every handler takes longer",
	.variants = slow_variants,
	.params = slow_params,
	.aims = AIM_NODES,
	.draw = slow_draw,
	.start = slow_start,
	.step = slow_step,
	.end = slow_end,
	.effect = slow_effect,
};
