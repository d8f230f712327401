/* SPDX-License-Identifier: MIT */
/*
 * clock: a node's clocks are wrong, by a step, by their rate, by standing
 * still, by ticking coarsely.
 *
 * Timers go by the node's monotonic clock, which a rate changes and a step does
 * not.  The interval clock (fr_wall_bounds) stays honest: its bound covers what
 * is done here, but in the variant `bound`, whose doing is that it does not.
 * When the fault is over the clock is right again.
 */
#include "nemesis/families.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/protocol.h>

#include "core/base/units.h"
#include "nemesis/target.h"
#include "nemesis/victims.h"

/* Beyond what is done on purpose, an honest bound covers this. */
#define BOUND_MORE INT64_C(1000000)

/* ---- what is drawn ------------------------------------------------------------ */

/* From `low` on, each power of ten as likely as any other; by whole numbers of
 * a unit that people read. */
static int64_t
draw_size(struct rng *rng, int64_t low, uint32_t powers)
{
	uint64_t power = rng_below(rng, powers);

	while (power-- > 0)
		low *= 10;
	return low * rng_between(rng, 1, 9);
}

static void
set_time(struct fault *f, const char *name, int64_t ns)
{
	char text[32];

	if (fault_given(f, name))
		return;
	time_exact(ns, text, sizeof text);
	fault_set(f, name, text);
}

/* 1 ppm to 2x, faster or slower. */
static void
draw_rate(struct fault *f, struct rng *rng)
{
	char text[32];
	double off = 1e-6;
	uint64_t power = rng_below(rng, 6);

	if (fault_given(f, "rate"))
		return;
	while (power-- > 0)
		off *= 10;
	off *= (double)rng_between(rng, 1, 9);
	if (off > 1)
		off = 1;
	snprintf(text, sizeof text, "%.9g",
		 rng_below(rng, 2) == 0 ? 1 + off : 1 / (1 + off));
	fault_set(f, "rate", text);
}

static int
clock_draw(struct fault *f, const struct ground *g, struct rng *rng,
	   struct fr_err *err)
{
	int64_t by = draw_size(rng, 1000000, 9);

	(void)err;
	if (*f->target == '\0')
		victims_draw(f, g, rng);
	if (rng_below(rng, 2) == 0)
		by = -by;
	if (fault_is(f, "step") || fault_is(f, "bound"))
		set_time(f, "by", by);
	else if (fault_is(f, "strobe"))
		set_time(f, "by", draw_size(rng, 1000000, 4));
	else if (fault_is(f, "drift"))
		draw_rate(f, rng);
	else if (fault_is(f, "ticks"))
		set_time(f, "tick", draw_size(rng, 1000000, 3));
	return 0;
}

static int
clock_check(const struct fault *f, const struct ground *g,
	    struct fr_err *err)
{
	(void)g;
	if (fault_is(f, "bound") &&
	    llabs(fault_number(f, "by")) <= fault_number(f, "error"))
		return err_usage(err, "by=%s is within the bound error=%s: "
				 "nothing would be violated",
				 fault_text(f, "by"), fault_text(f, "error"));
	return 0;
}

/* ---- what is done -------------------------------------------------------------- */

static int64_t
far(int64_t ns)
{
	return ns < 0 ? -ns : ns;
}

/* The clock that the fault makes, `odd` steps of a strobe after its beginning;
 * it lasts for so long, as far as is known. */
static struct node_clock
wrong_clock(const struct fault *f, bool odd, int64_t length)
{
	struct node_clock c = { .rate = 1, .corrected = true,
				.error = BOUND_MORE };

	if (fault_is(f, "drift")) {
		c.rate = fault_real(f, "rate");
		c.error += (int64_t)(fabs(c.rate - 1) * (double)length);
	} else if (fault_is(f, "freeze")) {
		c.frozen = true;
		c.error += length;
	} else if (fault_is(f, "ticks")) {
		c.tick = fault_number(f, "tick");
		c.error += c.tick;
	} else {
		c.offset = fault_number(f, "by");
		c.error += far(c.offset);
		if (odd)
			c.offset = -c.offset;
	}
	if (fault_is(f, "bound"))
		c.error = fault_number(f, "error");
	return c;
}

/* A fault that somebody ends by hand: its bound covers an hour. */
static int64_t
lasts(const struct fault *f)
{
	return f->length > 0 ? f->length + f->length / 2 :
	       INT64_C(3600000000000);
}

static int
clock_start(struct scene *s, struct fault *f, struct buf *words,
	    struct fr_err *err)
{
	struct node_clock c = wrong_clock(f, false, lasts(f));
	struct victims *v = victims_aim(s, f, words, err);
	uint32_t i;

	if (v == NULL)
		return -1;
	for (i = 0; i < s->world->config.nodes; i++) {
		if (!v->at[i].in)
			continue;
		if (s->world->ops->set_clock(s->world, i, &c, err) < 0) {
			free(v);
			f->state = NULL;
			return -1;
		}
		victim_claim(s, f, i, EFFECT_CLOCK_SET);
		v->at[i].hit = true;
	}
	if (fault_is(f, "drift"))
		buf_printf(words, " at %.9g of the right rate", c.rate);
	else if (fault_is(f, "ticks"))
		buf_printf(words, " in ticks of %s", fault_text(f, "tick"));
	else if (!fault_is(f, "freeze"))
		buf_printf(words, " by %s", fault_text(f, "by"));
	if (fault_is(f, "strobe"))
		f->next = fault_number(f, "every");
	return 0;
}

/* The furthest that it was seen to be off, before that is forgotten. */
static void
remember_off(struct scene *s, struct fault *f, uint32_t node)
{
	uint64_t now[NODE_EFFECTS];
	struct victim *v = &victims_of(f)->at[node];

	s->world->ops->effects(s->world, node, now);
	if (now[EFFECT_CLOCK_OFF] > v->off)
		v->off = now[EFFECT_CLOCK_OFF];
}

static void
clock_set_all(struct scene *s, struct fault *f, const struct node_clock *c)
{
	struct victim *v;
	uint32_t i;

	for (i = 0; i < s->world->config.nodes; i++) {
		v = &victims_of(f)->at[i];
		if (!v->hit || !victim_ours(s, f, i, EFFECT_CLOCK_SET))
			continue;
		remember_off(s, f, i);
		if (s->world->ops->set_clock(s->world, i, c, NULL) == 0)
			victim_claim(s, f, i, EFFECT_CLOCK_SET);
	}
}

/* strobe: to the other side. */
static void
clock_step(struct scene *s, struct fault *f)
{
	struct victim *first = victims_of(f)->at;
	struct node_clock c;

	first->done = !first->done;
	c = wrong_clock(f, first->done, lasts(f));
	clock_set_all(s, f, &c);
	f->next = fault_number(f, "every");
}

static bool
clock_end(struct scene *s, struct fault *f)
{
	const struct node_clock right = { .rate = 1, .corrected = true };

	clock_set_all(s, f, &right);
	return true;
}

static bool
clock_effect(struct scene *s, struct fault *f, struct buf *words)
{
	uint64_t reads = victims_gain(s, f, EFFECT_CLOCK_READ), off = 0;
	char time[32];
	uint32_t i;

	if (reads == 0) {
		buf_text(words, "nobody looked at a clock");
		return false;
	}
	for (i = 0; i < s->world->config.nodes; i++)
		if (victims_of(f)->at[i].off > off)
			off = victims_of(f)->at[i].off;
	buf_text(words, "wrong clocks were looked at ");
	count_words(reads, "time", words);
	time_text(off > INT64_MAX ? INT64_MAX : (int64_t)off, time,
		  sizeof time);
	buf_printf(words, ", up to %s off", time);
	return true;
}

static const struct variant clock_variants[] = {
	{ .name = "step", .weight = 2, .needs = FR_BEARS_SKEW,
	  .help = "the wall clock jumps, and back when the fault is over" },
	{ .name = "drift", .weight = 2,
	  .needs = FR_BEARS_SKEW | FR_BEARS_RATES,
	  .help = "all clocks, and timers, run at another rate" },
	{ .name = "strobe", .weight = 1, .needs = FR_BEARS_SKEW,
	  .help = "the wall clock jumps to and fro" },
	{ .name = "freeze", .weight = 1, .needs = FR_BEARS_SKEW,
	  .help = "the wall clock stands still" },
	{ .name = "ticks", .weight = 1, .needs = FR_BEARS_SKEW,
	  .help = "all clocks show multiples of a tick" },
	{ .name = "bound", .weight = 1, .needs = FR_BEARS_CLOCKS,
	  .help = "the wall clock jumps, and the interval clock's bound does "
		  "not cover it" },
	{ .name = NULL },
};

static const struct fr_param clock_params[] = {
	{ "by", FR_PARAM_TIME, 0, "500ms", "-876000h", "876000h",
	  "step, strobe, bound: how far the wall clock jumps" },
	{ "rate", FR_PARAM_REAL, 0, "1.1", "0.01", "100",
	  "drift: how fast it runs; 1.000001 gains a millionth" },
	{ "every", FR_PARAM_TIME, 0, "50ms", "1ms", "1m",
	  "strobe: between two jumps" },
	{ "tick", FR_PARAM_TIME, 0, "15ms", "1us", "1m", "ticks: of so long" },
	{ "error", FR_PARAM_TIME, 0, "0", "0", "1h",
	  "bound: the bound that the interval clock claims" },
	{ .name = NULL },
};

const struct family family_clock = {
	.name = "clock",
	.summary = "clocks are wrong",
	.variants = clock_variants,
	.params = clock_params,
	.aims = AIM_NODES,
	.check = clock_check,
	.draw = clock_draw,
	.start = clock_start,
	.step = clock_step,
	.end = clock_end,
	.effect = clock_effect,
};
