/* SPDX-License-Identifier: MIT */
/*
 * Swarm testing (Groce, Zhang, Eide, Chen, Regehr 2012): each seed tries
 * another configuration.  One run cannot be good at everything: what is always
 * on hides what would show without it, and a bug that needs a queue of one is
 * not found with a queue of a thousand, however long the search.
 *
 * Drawn is what the command leaves open, and nothing else:
 *
 *	the faults	which of the families of --nemesis (`all`: of those
 *			there are), and their interval where none is given
 *	the network	the latency of the links, where no --latency is given
 *	the load	clients and rate, where no -c and -r are given
 *	knobs		parameters with FR_KNOB of protocol and workload that
 *			are not --set
 *
 * Every fourth seed is a plain one: the configuration as it would be without.
 * What is drawn follows from the seed and the name of the thing alone: one
 * more family, or one thing fixed by hand, changes nothing for the others.
 */
#ifndef RUN_SWARM_H
#define RUN_SWARM_H

#include "core/run/setup.h"

/* For the seed that the configuration has now; s->drawn says what. */
int swarm_draw(struct setup *s, struct fr_err *err);

#endif
