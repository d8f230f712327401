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

#define HASH_GOLDEN 0x9e3779b97f4a7c15ull

/*
 * The mixing steps are the finalizer of splitmix64 (Steele, Lea, Flood 2014,
 * "Fast splittable pseudorandom number generators"), whose output for a
 * counter passes the usual test batteries.
 */
static inline uint64_t
hash_word(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Mixes one more word in (a bijection of n for a fixed h). */
static inline uint64_t
hash_mix(uint64_t h, uint64_t n)
{
	return hash_word((h * HASH_GOLDEN) ^ hash_word(n + HASH_GOLDEN));
}

/* The same for what is hashed by the million, where two runs are compared and
 * nothing is drawn: a bijection, too, in a third of the time. */
static inline uint64_t
hash_stir(uint64_t h, uint64_t n)
{
	h = (h ^ n) * HASH_GOLDEN;
	return h ^ h >> 32;
}

/* Bytes and how many they are, stirred in. */
uint64_t hash_stir_bytes(uint64_t h, const void *data, size_t size);

/* The streams, so that none disturbs another.  Never renumbered. */
#define STREAM_NETWORK	1u
#define STREAM_FAULTS	2u
#define STREAM_WORKLOAD	3u
#define STREAM_PLUGIN	4u
#define STREAM_TOPOLOGY	5u
#define STREAM_DISK	6u
#define STREAM_WORLD	7u
#define STREAM_SWARM	8u

struct rng {
	uint64_t key;		/* of everything but the counter               */
	uint64_t i;		/* how many were drawn                         */
};

struct rng rng_make(uint64_t seed, uint32_t stream, uint32_t node,
		    uint32_t boot, const char *label);
uint64_t rng_below(struct rng *r, uint64_t n);		/* 0 for n = 0 */
int64_t rng_between(struct rng *r, int64_t low, int64_t high);

static inline uint64_t
rng_next(struct rng *r)
{
	return hash_word(r->key + HASH_GOLDEN * ++r->i);
}

/* [0, 1) */
static inline double
rng_real(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

#endif
