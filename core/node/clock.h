/* SPDX-License-Identifier: MIT */
/*
 * A node's clocks.  Its time runs at `rate` of the real one and never jumps;
 * its wall clock is that time, moved by an offset that does jump.
 *
 *	mono(t) = mono_then + rate * (t - then)
 *	wall(t) = mono(t) + epoch + offset
 *
 * t is the world's real time.  A new rate starts from where mono is now, so
 * that mono is continuous; `epoch` is what has to be added to mono to make
 * the right time of a clock that was always right.
 *
 * What is shown may be coarser than that: both clocks in ticks, and a wall
 * clock that stands still.  Timers go by mono itself, and see neither.
 */
#ifndef NODE_CLOCK_H
#define NODE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock {
	int64_t then, mono_then;
	double rate;
	int64_t epoch;
	int64_t offset;
	int64_t error;		/* the interval clock's half width             */
	int64_t tick;		/* what is shown is a multiple of it; 0: any   */
	bool frozen;		/* the wall clock shows `stopped`              */
	int64_t stopped;
	int64_t right;		/* the offset of a clock that is right         */
	bool wrong;		/* on purpose: rate, offset, tick or frozen    */
};

/*
 * At `base` every clock of the world showed the same.  `epoch` is real wall
 * time less real monotonic time.  A rate that is none (not above 0, not
 * finite) is taken for 1.
 */
void clock_start(struct clock *c, int64_t base, int64_t epoch, double rate,
		 int64_t offset, int64_t error);
void clock_change(struct clock *c, int64_t t, double rate, int64_t offset,
		  int64_t error);
/*
 * How it is shown, after either of the two above: in ticks, and standing still
 * since `frozen` ns ago (-1: it goes).
 */
void clock_show(struct clock *c, int64_t t, int64_t tick, int64_t frozen);
int64_t clock_node_mono(const struct clock *c, int64_t t);
/* As the node is shown it. */
int64_t clock_shown_mono(const struct clock *c, int64_t t);
int64_t clock_node_wall(const struct clock *c, int64_t t);
/* How far off the wall clock is now; ns. */
int64_t clock_off(const struct clock *c, int64_t t);
/* The earliest real time at which mono has reached `mono`. */
int64_t clock_real(const struct clock *c, int64_t mono);

#endif
