/* SPDX-License-Identifier: MIT */
/*
 * Time and randomness of libc, as plugin code finds them: the node's wall
 * clock, and numbers that follow from (seed, node, boot).
 *
 * fracas-node defines these functions itself and exports them, so that they
 * come before libc's in every shared object it loads; also in libevent and
 * libc's neighbours.  Hence the scope: they are the node's only in a thread
 * that runs plugin code, and libc's everywhere else.
 *
 * Wrapped: clock_gettime and clock_nanosleep's absolute form (the clocks of
 * CLOCK_REALTIME's kind), gettimeofday, time, timespec_get; getrandom,
 * getentropy, arc4random and its two sisters, rand, srand, random, srandom,
 * drand48, lrand48, mrand48, srand48.  What a seed gives is the same each
 * time, and another in each node.
 *
 * Left alone: CLOCK_MONOTONIC, sleeping for a while, and generators that keep
 * their state with the caller (rand_r, erand48, random_r), which follow from
 * it anyway.  What escapes: raw system calls, /dev/urandom, RDTSC and RDRAND,
 * Go and other programs that do without libc, threads of the plugin's own,
 * initstate and setstate.
 */
#ifndef NODE_INTERPOSE_H
#define NODE_INTERPOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/rand.h"
#include "core/node/clock.h"

/* This thread runs plugin code. */
extern _Thread_local bool interpose_plugin;

/* Finds libc's own functions, and tests that a shared object would get ours. */
int interpose_start(struct fr_err *err);

/* What libc shows to one node. */
struct interposed {
	const struct clock *clock;
	int64_t *time;		/* virtual, or NULL: the machine's             */
	/* getrandom's kind; rand's; drand48's. */
	struct rng entropy, seeded, seeded48;
	uint64_t seeded_key, seeded48_key;
	/* Where it is counted that a wrong clock was read; or NULL. */
	_Atomic uint64_t *effects;
};

/* Clock and time outlive it. */
void interpose_make(struct interposed *i, const struct clock *clock,
		    int64_t *time, uint64_t seed, uint32_t node,
		    uint32_t boot);
/* This one is shown from now on; it has to stay as long. */
void interpose_use(struct interposed *i);
/* In virtual time nobody can sleep: told instead, for so long, by whom. */
extern void (*interpose_slept)(const char *function, int64_t ns);

#endif
