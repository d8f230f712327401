/* SPDX-License-Identifier: MIT */
/*
 * Ends of processes that are more than an end.
 *
 * crash-at: a node dies between two calls of one handler.
 * amnesia: it comes back with an empty disk, and the same identity.
 * upgrade: it comes back as another shared object, and later as its own.
 */
#include "nemesis/families.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <fracas/protocol.h>

#include "core/base/log.h"
#include "nemesis/target.h"
#include "nemesis/victims.h"

/* How often it is looked whether what has to come first has come. */
#define LOOK_NS INT64_C(2000000)

/* ---- crash-at ----------------------------------------------------------------- */

static const char *const sides[] = { "before", "after" };

static int
crash_check(const struct fault *f, const struct ground *g,
	    struct fr_err *err)
{
	const char *side = fault_text(f, "side"), *in = fault_text(f, "in");

	(void)g;
	if (strcmp(side, sides[0]) != 0 && strcmp(side, sides[1]) != 0)
		return err_usage(err, "side=%s: it is before or after the "
				 "call", side);
	if (strlen(in) > FR_NAME_MAX)
		return err_usage(err, "in=%s: no handler has a name of more "
				 "than %u bytes", in, FR_NAME_MAX);
	return 0;
}

static int
crash_draw(struct fault *f, const struct ground *g, struct rng *rng,
	   struct fr_err *err)
{
	char count[16];

	(void)err;
	if (*f->target == '\0')
		victims_draw(f, g, rng);
	snprintf(count, sizeof count, "%u",
		 1 + (unsigned)rng_below(rng, fault_is(f, "call") ? 24 : 6));
	if (!fault_given(f, "count"))
		fault_set(f, "count", count);
	if (!fault_given(f, "side"))
		fault_set(f, "side", sides[rng_below(rng, 2)]);
	return 0;
}

/* The variants stand in the order of the points. */
static uint32_t
crash_point(const struct fault *f)
{
	return CRASH_CALL + (uint32_t)(f->variant - f->family->variants);
}

static int
crash_start(struct scene *s, struct fault *f, struct buf *words,
	    struct fr_err *err)
{
	struct node_crash c = { .point = crash_point(f) };
	struct victims *v = victims_aim(s, f, words, err);
	uint32_t i;

	if (v == NULL)
		return -1;
	c.count = (uint32_t)fault_number(f, "count");
	c.after = strcmp(fault_text(f, "side"), "after") == 0;
	snprintf(c.in, sizeof c.in, "%s", fault_text(f, "in"));
	for (i = 0; i < s->world->config.nodes; i++) {
		if (!v->at[i].in)
			continue;
		if (s->world->ops->set_crash(s->world, i, &c, err) < 0) {
			free(v);
			f->state = NULL;
			return -1;
		}
		victim_claim(s, f, i, EFFECT_CRASH_SET);
	}
	buf_printf(words, ", %s %s %u", c.after ? "after" : "before",
		   f->variant->name, c.count);
	if (c.in[0] != '\0')
		buf_printf(words, " in %s", c.in);
	return 0;
}

static bool
crash_end(struct scene *s, struct fault *f)
{
	const struct node_crash never = { .point = CRASH_NEVER };
	struct victims *all = victims_of(f);
	struct victim *v;
	uint32_t i, boot;

	for (i = 0; i < s->world->config.nodes; i++) {
		v = &all->at[i];
		if (!v->in || v->done)
			continue;
		v->done = true;
		if (victim_ours(s, f, i, EFFECT_CRASH_SET))
			(void)s->world->ops->set_crash(s->world, i, &never,
						       NULL);
		/* Whichever boot it was that struck, it is ours to revive. */
		if (victim_gain(s, f, i, EFFECT_STRUCK) > 0) {
			(void)s->world->ops->state(s->world, i, &boot);
			v->boot = boot;
			v->hit = true;
		}
	}
	return victims_revive(s, f);
}

static bool
crash_effect(struct scene *s, struct fault *f, struct buf *words)
{
	uint64_t lost = victims_gain(s, f, EFFECT_LOST);

	if (victims_words(s, f, victim_hurt, words) == 0) {
		buf_text(words, "nobody came to that point");
		return false;
	}
	buf_text(words, " died there");
	if (lost > 0) {
		buf_text(words, ", ");
		count_words(lost, "byte", words);
		buf_text(words, " not synced lost");
	}
	return true;
}

static const struct variant crash_variants[] = {
	{ .name = "call", .weight = 2, .cost = COST_CRASH,
	  .help = "before or after the count-th call of the host, whichever "
		  "it is" },
	{ .name = "write", .weight = 1, .cost = COST_CRASH,
	  .help = "... that writes, truncates or removes" },
	{ .name = "sync", .weight = 2, .cost = COST_CRASH,
	  .help = "... that syncs" },
	{ .name = "send", .weight = 2, .cost = COST_CRASH,
	  .help = "... message sent, each one of a broadcast" },
	{ .name = "reply", .weight = 1, .cost = COST_CRASH,
	  .help = "... answer to a client" },
	{ .name = NULL },
};

static const struct fr_param crash_params[] = {
	{ "count", FR_PARAM_INT, 0, "1", "1", "1000000",
	  "which of them, from the fault's beginning" },
	{ "side", FR_PARAM_TEXT, 0, "before", NULL, NULL,
	  "before or after it" },
	{ "in", FR_PARAM_TEXT, 0, "", NULL, NULL,
	  "count only in this handler: a message, request or timer, or start" },
	{ .name = NULL },
};

const struct family family_crash_at = {
	.name = "crash-at",
	.summary = "processes die between two calls of one handler, and start "
		   "again later",
	.variants = crash_variants,
	.params = crash_params,
	.aims = AIM_NODES,
	.check = crash_check,
	.draw = crash_draw,
	.start = crash_start,
	.end = crash_end,
	.effect = crash_effect,
};

/* ---- amnesia ------------------------------------------------------------------ */

static int
amnesia_start(struct scene *s, struct fault *f, struct buf *words,
	      struct fr_err *err)
{
	struct victims *v = victims_aim(s, f, words, err);
	uint32_t i;

	if (v == NULL)
		return -1;
	for (i = 0; i < s->world->config.nodes; i++)
		if (v->at[i].in)
			(void)victim_kill(s, f, i, err);
	f->next = LOOK_NS;
	return 0;
}

/* As soon as its process is gone.  Whether there is one that is not. */
static bool
wipe(struct scene *s, struct fault *f)
{
	const struct node_harm h = { .what = HARM_WIPE };
	struct victim *v;
	bool all = true;
	uint32_t i, boot;

	for (i = 0; i < s->world->config.nodes; i++) {
		v = &victims_of(f)->at[i];
		if (!v->hit || v->done)
			continue;
		(void)s->world->ops->state(s->world, i, &boot);
		/* Where another fault has started it again, it is too late. */
		v->done = boot != v->boot ||
			  (victim_is_down(s, f, i) &&
			   s->world->ops->harm(s->world, i, &h, NULL) == 0);
		all &= v->done;
	}
	return all;
}

static void
amnesia_step(struct scene *s, struct fault *f)
{
	f->next = wipe(s, f) ? 0 : LOOK_NS;
}

static bool
amnesia_end(struct scene *s, struct fault *f)
{
	return wipe(s, f) && victims_revive(s, f);
}

static bool
amnesia_effect(struct scene *s, struct fault *f, struct buf *words)
{
	uint64_t files = victims_gain(s, f, EFFECT_WIPED);

	if (files == 0) {
		buf_text(words, "there was nothing to forget");
		return false;
	}
	(void)victims_words(s, f, victim_hurt, words);
	buf_text(words, " lost ");
	count_words(files, "file", words);
	return true;
}

static const struct variant amnesia_variants[] = {
	{ .name = "wipe", .weight = 1, .cost = COST_CRASH,
	  .needs = FR_BEARS_AMNESIA,
	  .help = "killed, and their disks are empty when they start again" },
	{ .name = NULL },
};

const struct family family_amnesia = {
	.name = "amnesia",
	.summary = "processes end, and come back under the same number without "
		   "their files",
	.variants = amnesia_variants,
	.aims = AIM_NODES,
	.start = amnesia_start,
	.step = amnesia_step,
	.end = amnesia_end,
	.effect = amnesia_effect,
};

/* ---- upgrade ------------------------------------------------------------------ */

/* Which of the run's other files it is; -1: there is none. */
static int64_t
find_other(const struct scene *s, const struct fault *f)
{
	const struct world *w = s->world;
	const char *to = fault_text(f, "to");
	uint32_t i;

	if (*to == '\0' && s->ground.upgrade != NULL)
		to = s->ground.upgrade;

	for (i = 0; i < w->config.other_count; i++)
		if (strcmp(w->config.other_names[i], to) == 0)
			return i;
	return -1;
}

static int
upgrade_check(const struct fault *f, const struct ground *g,
	      struct fr_err *err)
{
	if (*fault_text(f, "to") == '\0' && g->upgrade == NULL)
		return err_usage(err, "to which file? Say to=FILE.so, or "
				 "--upgrade FILE.so");
	return 0;
}

static int
upgrade_draw(struct fault *f, const struct ground *g, struct rng *rng,
	     struct fr_err *err)
{
	(void)err;
	if (!fault_given(f, "to") && g->upgrade != NULL)
		fault_set(f, "to", g->upgrade);
	if (*f->target == '\0' && fault_is(f, "all-at-once"))
		fault_aim(f, "all");
	else if (*f->target == '\0')
		victims_draw(f, g, rng);
	return 0;
}

/*
 * One step of the way: those that are not of `other` yet are killed and
 * booted, one at a time unless it is all at once.  True: all are, and are up.
 */
static bool
roll(struct scene *s, struct fault *f, uint32_t other)
{
	struct world *w = s->world;
	enum node_state state;
	struct victim *v;
	bool all = true;
	uint32_t i, boot;

	for (i = 0; i < w->config.nodes; i++) {
		v = &victims_of(f)->at[i];
		if (!v->in || v->over)
			continue;
		state = w->ops->state(w, i, &boot);
		if (!v->hit) {
			/* One that is down takes it when it boots. */
			v->hit = true;
			v->boot = boot;
			(void)w->ops->replace(w, i, other, NULL);
			if (state == NODE_DOWN)
				v->over = true;
			else if (w->ops->kill(w, i, NULL) == 0)
				v->done = false;
		} else if (state == NODE_DOWN && boot == v->boot) {
			if (!v->done && w->ops->boot(w, i, NULL) == 0)
				v->done = true;
		} else if (boot != v->boot && state == NODE_UP) {
			v->over = true;
		} else if (boot > v->boot && state == NODE_DOWN) {
			v->over = true;	/* it ended by itself */
		}
		all &= v->over;
		if (!v->over && !fault_is(f, "all-at-once"))
			return false;
	}
	return all;
}

static void
upgrade_step(struct scene *s, struct fault *f)
{
	f->next = roll(s, f, (uint32_t)find_other(s, f)) ? 0 : LOOK_NS;
}

static int
upgrade_start(struct scene *s, struct fault *f, struct buf *words,
	      struct fr_err *err)
{
	if (find_other(s, f) < 0)
		return err_set(err, "%s is no file of this run",
			       fault_text(f, "to"));
	if (victims_aim(s, f, words, err) == NULL)
		return -1;
	buf_printf(words, " to %s", fault_text(f, "to"));
	upgrade_step(s, f);
	return 0;
}

static bool
upgrade_end(struct scene *s, struct fault *f)
{
	struct victims *all = victims_of(f);
	uint32_t i;

	/* First the way that was begun: then the way back. */
	if (all->until == all->since) {
		if (!roll(s, f, (uint32_t)find_other(s, f)))
			return false;
		for (i = 0; i < s->world->config.nodes; i++)
			all->at[i].hit = all->at[i].done =
				all->at[i].over = false;
		all->until = s->world->ops->now(s->world) + 1;
		if (fault_is(f, "stay"))
			return true;
	}
	return fault_is(f, "stay") || roll(s, f, WORLD_OWN);
}

static bool
upgrade_effect(struct scene *s, struct fault *f, struct buf *words)
{
	uint64_t boots = victims_gain(s, f, EFFECT_REPLACED);

	if (boots == 0) {
		buf_text(words, "nobody was started as another file");
		return false;
	}
	(void)victims_words(s, f, victim_in, words);
	buf_text(words, " changed files ");
	count_words(boots, "time", words);
	return true;
}

static const struct variant upgrade_variants[] = {
	{ .name = "rolling", .weight = 2, .needs = FR_BEARS_RECOVERY,
	  .help = "one by one to the other file, and later back" },
	{ .name = "stay", .weight = 1, .needs = FR_BEARS_RECOVERY,
	  .help = "one by one, and not back" },
	{ .name = "all-at-once", .weight = 1, .cost = COST_CRASH,
	  .needs = FR_BEARS_RECOVERY, .aims = AIM_NODES | AIM_ALL,
	  .help = "all of them at one instant, and later back" },
	{ .name = NULL },
};

static const struct fr_param upgrade_params[] = {
	{ "to", FR_PARAM_TEXT, 0, "", NULL, NULL,
	  "the shared object that they become" },
	{ .name = NULL },
};

const struct family family_upgrade = {
	.name = "upgrade",
	.summary = "processes end, and start again as another shared object",
	.variants = upgrade_variants,
	.params = upgrade_params,
	.aims = AIM_NODES,
	.check = upgrade_check,
	.draw = upgrade_draw,
	.start = upgrade_start,
	.step = upgrade_step,
	.end = upgrade_end,
	.effect = upgrade_effect,
};
