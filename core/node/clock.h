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
 */
#ifndef NODE_CLOCK_H
#define NODE_CLOCK_H

#include <stdint.h>

struct clock {
	int64_t then, mono_then;
	double rate;
	int64_t epoch;
	int64_t offset;
	int64_t error;		/* the interval clock's half width             */
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
int64_t clock_node_mono(const struct clock *c, int64_t t);
int64_t clock_node_wall(const struct clock *c, int64_t t);
/* The earliest real time at which mono has reached `mono`. */
int64_t clock_real(const struct clock *c, int64_t mono);

#endif
