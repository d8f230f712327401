/* SPDX-License-Identifier: MIT */
/*
 * Hashing and counter-based randomness.
 *
 * A random number is H(seed, stream, node, boot, label, i): no generator has a
 * hidden state that one choice could disturb for another, so taking a choice
 * away never reshuffles the rest, and a run is told by its seed.
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

/* A well mixed 64-bit hash of bytes; the same on every machine. */
uint64_t hash_bytes(uint64_t seed, const void *data, size_t size);
uint64_t hash_text(uint64_t seed, const char *text);
/* Mixes one more word in (a bijection of n for a fixed h). */
uint64_t hash_mix(uint64_t h, uint64_t n);

/* The streams, so that none disturbs another.  Never renumbered. */
#define STREAM_NETWORK	1u
#define STREAM_FAULTS	2u
#define STREAM_WORKLOAD	3u
#define STREAM_PLUGIN	4u
#define STREAM_TOPOLOGY	5u
#define STREAM_DISK	6u
#define STREAM_WORLD	7u

struct rng {
	uint64_t key;		/* of everything but the counter               */
	uint64_t i;		/* how many were drawn                         */
};

struct rng rng_make(uint64_t seed, uint32_t stream, uint32_t node,
		    uint32_t boot, const char *label);
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n);		/* 0 for n = 0 */
int64_t rng_between(struct rng *r, int64_t low, int64_t high);
double rng_real(struct rng *r);				/* [0, 1) */

#endif
