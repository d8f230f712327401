/* SPDX-License-Identifier: MIT */
/*
 * A node's clocks.  Where nothing is wrong with the rate, no floating point
 * comes near a time: 1.0 is exact.
 */
#include "core/node/clock.h"

#include <math.h>

/* Between these every sum below stays within 64 bits for any run. */
#define RATE_MIN 1e-3
#define RATE_MAX 1e3

static double
sound(double rate)
{
	if (!isfinite(rate) || rate <= 0)
		return 1;
	return rate < RATE_MIN ? RATE_MIN : rate > RATE_MAX ? RATE_MAX : rate;
}

static int64_t
add(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

void
clock_start(struct clock *c, int64_t base, int64_t epoch, double rate,
	    int64_t offset, int64_t error)
{
	*c = (struct clock){
		.then = base, .mono_then = base, .rate = sound(rate),
		.epoch = epoch, .offset = offset,
		.error = error < 0 ? 0 : error,
	};
}

void
clock_change(struct clock *c, int64_t t, double rate, int64_t offset,
	     int64_t error)
{
	c->mono_then = clock_node_mono(c, t);
	c->then = t;
	c->rate = sound(rate);
	c->offset = offset;
	c->error = error < 0 ? 0 : error;
}

int64_t
clock_node_mono(const struct clock *c, int64_t t)
{
	double passed;

	if (c->rate == 1)
		return c->mono_then + (t - c->then);
	passed = c->rate * (double)(t - c->then);
	return add(c->mono_then, passed > 9e18 ? INT64_MAX : (int64_t)passed);
}

/* The multiple of the tick below it. */
static int64_t
ticked(const struct clock *c, int64_t ns)
{
	int64_t rest;

	if (c->tick <= 1)
		return ns;
	rest = ns % c->tick;
	return add(ns, rest < 0 ? -rest - c->tick : -rest);
}

int64_t
clock_shown_mono(const struct clock *c, int64_t t)
{
	return ticked(c, clock_node_mono(c, t));
}

int64_t
clock_node_wall(const struct clock *c, int64_t t)
{
	if (c->frozen)
		return c->stopped;
	return ticked(c, add(add(clock_node_mono(c, t), c->epoch), c->offset));
}

int64_t
clock_off(const struct clock *c, int64_t t)
{
	int64_t right = add(add(t, c->epoch), c->right), off;

	if (__builtin_sub_overflow(clock_node_wall(c, t), right, &off))
		return INT64_MAX;
	return off;
}

void
clock_show(struct clock *c, int64_t t, int64_t tick, int64_t frozen)
{
	c->tick = tick < 0 ? 0 : tick;
	c->frozen = false;
	if (frozen >= 0) {
		c->stopped = clock_node_wall(c, t - frozen);
		c->frozen = true;
	}
}

int64_t
clock_real(const struct clock *c, int64_t mono)
{
	double real;
	int64_t t;

	if (c->rate == 1)
		return add(mono, c->then - c->mono_then);
	real = ceil(((double)mono - (double)c->mono_then) / c->rate);
	if (real > 9e18 || mono == INT64_MAX)
		return INT64_MAX;
	t = add(c->then, (int64_t)real);
	/* Rounding may have stopped a nanosecond short. */
	while (clock_node_mono(c, t) < mono && t < INT64_MAX)
		t = add(t, 1 + (int64_t)((double)(mono -
			clock_node_mono(c, t)) / c->rate));
	return t;
}
