/* SPDX-License-Identifier: MIT */
/*
 * disk: what was not synced is lost in other ways than all at once, syncs are
 * slow or lie, reads and writes fail, what was synced rots, goes astray, or
 * turns old.
 *
 * What a disk did shows when it is read again.  So most variants end their
 * nodes: those that lose writes by a power cut at a sync (or a write, or at
 * the fault's end), those that spoil what was synced so that it is read
 * anew.  They start again when the fault is over, and by then the disk is as
 * good as any.
 */
#include "nemesis/families.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/protocol.h>

#include "nemesis/target.h"
#include "nemesis/victims.h"

/* How often it is looked whether what has to come first has come. */
#define LOOK_NS INT64_C(2000000)

/* When a variant ends its node: never, at its end, or at a point of its own
 * choice; and what is then done to the files. */
enum power { POWER_STAYS, POWER_END, POWER_POINT, POWER_FIRST };

static const struct kind {
	const char *name;
	enum power power;
	enum disk_lose lose;
	int32_t harm;			/* enum disk_harm while it is down; -1 */
	enum node_effect effect;
	const char *what, *nothing;
} kinds[] = {
	{ "lose", POWER_POINT, LOSE_ALL, -1, EFFECT_LOST,
	  "not synced lost", "nothing was unsynced" },
	{ "suffix", POWER_POINT, LOSE_SUFFIX, -1, EFFECT_LOST,
	  "not synced lost", "nothing was unsynced" },
	{ "reorder", POWER_POINT, LOSE_REORDER, -1, EFFECT_LOST,
	  "not synced lost", "nothing was unsynced" },
	{ "torn", POWER_POINT, LOSE_TORN, -1, EFFECT_LOST,
	  "not synced lost", "nothing was unsynced" },
	{ "slow-sync", POWER_STAYS, LOSE_ALL, -1, EFFECT_SYNC_SLOW,
	  NULL, "nobody synced" },
	{ "sync-lies", POWER_END, LOSE_ALL, -1, EFFECT_DROPPED,
	  "dropped by a sync that failed", "no sync had anything to do" },
	{ "eio", POWER_STAYS, LOSE_ALL, -1, EFFECT_READ_FAILED,
	  NULL, "nobody read or wrote" },
	{ "full", POWER_STAYS, LOSE_ALL, -1, EFFECT_FULL,
	  NULL, "nobody wanted more space" },
	{ "rot", POWER_FIRST, LOSE_ALL, HARM_ROT, EFFECT_ROTTED,
	  NULL, "there was nothing to rot" },
	{ "sectors", POWER_FIRST, LOSE_ALL, HARM_SECTORS, EFFECT_SECTORS,
	  NULL, "there was nothing to rot" },
	{ "rollback", POWER_END, LOSE_ALL, HARM_BACK, EFFECT_ROLLED,
	  "changed by it", "nothing was newer than that" },
	{ "misdirect", POWER_END, LOSE_ALL, -1, EFFECT_MISDIRECTED,
	  "written elsewhere", "no write went astray" },
};

static const struct kind *
kind_of(const struct fault *f)
{
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (fault_is(f, kinds[i].name))
			return &kinds[i];
	FR_ASSERT(false);
	return NULL;
}

/* ---- before ---------------------------------------------------------------------- */

static const char *const cuts[] = { "sync", "write", "end" };

static int
disk_check(const struct fault *f, const struct ground *g, struct fr_err *err)
{
	const char *cut = fault_text(f, "cut");

	(void)g;
	if (strcmp(cut, cuts[0]) != 0 && strcmp(cut, cuts[1]) != 0 &&
	    strcmp(cut, cuts[2]) != 0)
		return err_usage(err, "cut=%s: the power goes at a sync, at "
				 "write, or at the fault's end", cut);
	return 0;
}

static int
disk_draw(struct fault *f, const struct ground *g, struct rng *rng,
	  struct fr_err *err)
{
	uint64_t cut = rng_below(rng, 4);
	char count[16];

	(void)err;
	if (*f->target == '\0')
		victims_draw(f, g, rng);
	if (kind_of(f)->power == POWER_POINT && !fault_given(f, "cut"))
		fault_set(f, "cut", cuts[cut < 2 ? 0 : cut - 1]);
	snprintf(count, sizeof count, "%u", 1 + (unsigned)rng_below(rng, 6));
	if (kind_of(f)->power == POWER_POINT && !fault_given(f, "count"))
		fault_set(f, "count", count);
	return 0;
}

/* ---- at its beginning ------------------------------------------------------------- */

static struct node_disk
bad_disk(const struct fault *f)
{
	struct node_disk d = { .lose = kind_of(f)->lose };
	uint32_t often = (uint32_t)fault_number(f, "one-in");

	/* One is told from another by this. */
	d.draw = (uint64_t)f->id + 1;
	if (fault_is(f, "slow-sync"))
		d.sync_delay = fault_number(f, "by");
	else if (fault_is(f, "sync-lies"))
		d.sync_fails = 1;
	else if (fault_is(f, "eio"))
		d.read_fails = d.write_fails = often;
	else if (fault_is(f, "full"))
		d.full = 1;
	else if (fault_is(f, "misdirect"))
		d.misdirects = often;
	return d;
}

/* Where the power goes at a point of its own choice. */
static int
set_cut(struct scene *s, struct fault *f, uint32_t node, struct fr_err *err)
{
	const char *cut = fault_text(f, "cut");
	const bool sync = strcmp(cut, "sync") == 0;
	const struct node_crash c = {
		.point = sync ? CRASH_SYNC : CRASH_WRITE,
		.after = !sync,
		.count = (uint32_t)fault_number(f, "count"),
	};

	if (kind_of(f)->power != POWER_POINT || strcmp(cut, "end") == 0)
		return 0;
	return s->world->ops->set_crash(s->world, node, &c, err);
}

static int
begin(struct scene *s, struct fault *f, uint32_t node, struct fr_err *err)
{
	const struct node_harm keep = { .what = HARM_KEEP };
	const struct kind *k = kind_of(f);
	struct node_disk d = bad_disk(f);

	if (set_cut(s, f, node, err) < 0)
		return -1;
	victim_claim(s, f, node, EFFECT_CRASH_SET);
	if (k->harm == HARM_BACK &&
	    s->world->ops->harm(s->world, node, &keep, err) < 0)
		return -1;
	if (k->power == POWER_FIRST)
		return victim_kill(s, f, node, err);
	/* Last, so that the other one of its kind is the one that counts. */
	if (s->world->ops->set_disk(s->world, node, &d, err) < 0)
		return -1;
	victims_of(f)->at[node].mine = 0;
	victim_claim(s, f, node, EFFECT_DISK_SET);
	return 0;
}

static int
disk_start(struct scene *s, struct fault *f, struct buf *words,
	   struct fr_err *err)
{
	struct victims *v = victims_aim(s, f, words, err);
	uint32_t i;

	if (v == NULL)
		return -1;
	for (i = 0; i < s->world->config.nodes; i++) {
		if (!v->at[i].in)
			continue;
		if (begin(s, f, i, err) < 0) {
			free(v);
			f->state = NULL;
			return -1;
		}
	}
	if (kind_of(f)->power == POWER_FIRST)
		f->next = LOOK_NS;
	return 0;
}

/* ---- at its end --------------------------------------------------------------------- */

/* Done once to each, when it is down.  Whether there is one where it is not. */
static bool
harm_all(struct scene *s, struct fault *f)
{
	const struct kind *k = kind_of(f);
	const struct node_harm h = {
		.what = (uint32_t)k->harm,
		.count = (uint32_t)fault_number(f, "spots"),
		.draw = (uint64_t)f->id + 1,
	};
	const struct node_harm forget = { .what = HARM_FORGET };
	struct victim *v;
	bool all = true;
	uint32_t i;

	for (i = 0; i < s->world->config.nodes && k->harm >= 0; i++) {
		v = &victims_of(f)->at[i];
		if (!v->hit || v->done)
			continue;
		v->done = victim_is_down(s, f, i) &&
			  s->world->ops->harm(s->world, i, &h, NULL) == 0;
		if (v->done && k->harm == HARM_BACK)
			(void)s->world->ops->harm(s->world, i, &forget, NULL);
		all &= v->done;
	}
	return all;
}

static void
disk_step(struct scene *s, struct fault *f)
{
	f->next = harm_all(s, f) ? 0 : LOOK_NS;
}

/* The power goes where it has not yet, and the disk is good again. */
static void
finish(struct scene *s, struct fault *f, uint32_t node)
{
	static const struct node_crash never = { .point = CRASH_NEVER };
	static const struct node_disk good = { .lose = LOSE_ALL };
	const struct kind *k = kind_of(f);
	struct victim *v = &victims_of(f)->at[node];
	struct world *w = s->world;
	uint32_t boot;

	v->times++;
	(void)w->ops->state(w, node, &boot);
	if (victim_gain(s, f, node, EFFECT_STRUCK) > 0) {
		v->boot = boot;
		v->hit = true;
	} else if (k->power == POWER_POINT || k->power == POWER_END) {
		v->boot = boot;
		(void)victim_kill(s, f, node, NULL);
	}
	if (k->power == POWER_POINT)
		(void)w->ops->set_crash(w, node, &never, NULL);
	if (k->power != POWER_FIRST &&
	    victim_ours(s, f, node, EFFECT_DISK_SET))
		(void)w->ops->set_disk(w, node, &good, NULL);
}

static bool
disk_end(struct scene *s, struct fault *f)
{
	struct victims *all = victims_of(f);
	uint32_t i;

	for (i = 0; i < s->world->config.nodes; i++)
		if (all->at[i].in && all->at[i].times == 0)
			finish(s, f, i);
	return harm_all(s, f) && victims_revive(s, f);
}

/* ---- what came of it ------------------------------------------------------------------ */

static void
more_words(struct scene *s, struct fault *f, uint64_t gain, struct buf *words)
{
	uint64_t survived = victims_gain(s, f, EFFECT_SURVIVED);

	if (fault_is(f, "slow-sync")) {
		count_words(gain, "sync", words);
		buf_printf(words, " took %s longer", fault_text(f, "by"));
	} else if (fault_is(f, "eio")) {
		count_words(gain, "call", words);
		buf_text(words, " failed");
	} else if (fault_is(f, "full")) {
		count_words(gain, "write", words);
		buf_text(words, " found no space");
	} else if (fault_is(f, "rot")) {
		count_words(gain, "bit", words);
		buf_text(words, " flipped");
	} else if (fault_is(f, "sectors")) {
		count_words(gain, "sector", words);
		buf_text(words, " spoilt");
	} else {
		count_words(gain, "byte", words);
		buf_printf(words, " %s", kind_of(f)->what);
	}
	if (survived > 0) {
		buf_text(words, ", ");
		count_words(survived, "byte", words);
		buf_text(words, " of the kind not");
	}
}

static bool
disk_effect(struct scene *s, struct fault *f, struct buf *words)
{
	const struct kind *k = kind_of(f);
	uint64_t gain = victims_gain(s, f, k->effect);

	if (fault_is(f, "eio"))
		gain += victims_gain(s, f, EFFECT_WRITE_FAILED);
	if (gain == 0) {
		buf_text(words, k->nothing);
		return false;
	}
	(void)victims_words(s, f, victim_in, words);
	buf_text(words, ": ");
	more_words(s, f, gain, words);
	return true;
}

static const struct variant disk_variants[] = {
	{ .name = "lose", .weight = 2, .cost = COST_CRASH,
	  .help = "a power cut: all that was not synced is lost" },
	{ .name = "suffix", .weight = 1, .cost = COST_CRASH,
	  .help = "... the first of it lasts, the rest is lost" },
	{ .name = "reorder", .weight = 2, .cost = COST_CRASH,
	  .help = "... some sectors of it last, whichever was first" },
	{ .name = "torn", .weight = 2, .cost = COST_CRASH,
	  .help = "... all lasts but the end of the last write" },
	{ .name = "slow-sync", .weight = 1, .needs = FR_BEARS_DELAY,
	  .help = "syncs take longer" },
	{ .name = "sync-lies", .weight = 1, .cost = COST_CRASH,
	  .needs = FR_BEARS_DISK,
	  .help = "a sync fails once and drops what it had to write; the next "
		  "one says that all is well" },
	{ .name = "eio", .weight = 1, .needs = FR_BEARS_DISK,
	  .help = "reads and writes fail" },
	{ .name = "full", .weight = 1, .needs = FR_BEARS_DISK,
	  .help = "no file can grow" },
	{ .name = "rot", .weight = 1, .cost = COST_CRASH,
	  .needs = FR_BEARS_ROT,
	  .help = "bits of what was synced flip while they are down" },
	{ .name = "sectors", .weight = 1, .cost = COST_CRASH,
	  .needs = FR_BEARS_ROT,
	  .help = "whole sectors of it are spoilt" },
	{ .name = "rollback", .weight = 1, .cost = COST_CRASH,
	  .needs = FR_BEARS_ROT,
	  .help = "they end, and find their files as they were when the fault "
		  "began" },
	{ .name = "misdirect", .weight = 1, .cost = COST_CRASH,
	  .needs = FR_BEARS_ROT,
	  .help = "some of what is synced is written to another place" },
	{ .name = NULL },
};

static const struct fr_param disk_params[] = {
	{ "cut", FR_PARAM_TEXT, 0, "sync", NULL, NULL,
	  "lose, suffix, reorder, torn: the power goes before a sync, after "
	  "a write, or at the fault's end (sync, write, end)" },
	{ "count", FR_PARAM_INT, 0, "1", "1", "1000000",
	  "the same: at which of them, from the fault's beginning" },
	{ "by", FR_PARAM_TIME, 0, "50ms", "1us", "1s",
	  "slow-sync: how much longer each takes" },
	{ "one-in", FR_PARAM_INT, 0, "3", "1", "1000000",
	  "eio: one call in so many; misdirect: one sector" },
	{ "spots", FR_PARAM_INT, 0, "1", "1", "100000",
	  "rot: so many bits; sectors: so many sectors" },
	{ .name = NULL },
};

const struct family family_disk = {
	.name = "disk",
	.summary = "disks lose what was not synced, fail, lie and rot",
	.variants = disk_variants,
	.params = disk_params,
	.aims = AIM_NODES,
	.check = disk_check,
	.draw = disk_draw,
	.start = disk_start,
	.step = disk_step,
	.end = disk_end,
	.effect = disk_effect,
};
