/* SPDX-License-Identifier: MIT */
/*
 * Hashing and counter-based randomness.
 *
 * The mixing steps are the finalizer of splitmix64 (Steele, Lea, Flood 2014,
 * "Fast splittable pseudorandom number generators"), whose output for a
 * counter passes the usual test batteries.  Everything is defined on 64-bit
 * words in little-endian order, so that a seed means the same everywhere.
 */
#include "core/base/rand.h"

#include <string.h>

#define GOLDEN 0x9e3779b97f4a7c15ull

static inline uint64_t
mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static inline uint64_t
mix_in(uint64_t h, uint64_t n)
{
	return mix((h * GOLDEN) ^ mix(n + GOLDEN));
}

uint64_t
hash_mix(uint64_t h, uint64_t n)
{
	return mix_in(h, n);
}

uint64_t
hash_bytes(uint64_t seed, const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t h = mix_in(seed, size), word;
	size_t i;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	/* The same at one stroke. */
	for (; size >= sizeof word; p += sizeof word, size -= sizeof word) {
		memcpy(&word, p, sizeof word);
		h = mix_in(h, word);
	}
#endif
	while (size > 0) {
		word = 0;
		for (i = 0; i < 8 && i < size; i++)
			word |= (uint64_t)p[i] << (8 * i);
		h = mix_in(h, word);
		p += i;
		size -= i;
	}
	return h;
}

uint64_t
hash_text(uint64_t seed, const char *text)
{
	return hash_bytes(seed, text, strlen(text));
}

struct rng
rng_make(uint64_t seed, uint32_t stream, uint32_t node, uint32_t boot,
	 const char *label)
{
	struct rng r;

	r.key = hash_mix(hash_mix(seed, stream), (uint64_t)node << 32 | boot);
	r.key = hash_text(r.key, label);
	r.i = 0;
	return r;
}

uint64_t
rng_next(struct rng *r)
{
	return mix(r->key + GOLDEN * ++r->i);
}

uint64_t
rng_below(struct rng *r, uint64_t n)
{
	uint64_t drawn, least;

	if (n < 2)
		return 0;
	/* The first 2^64 mod n values would make a remainder uneven. */
	least = (0 - n) % n;
	do
		drawn = rng_next(r);
	while (drawn < least);
	return drawn % n;
}

int64_t
rng_between(struct rng *r, int64_t low, int64_t high)
{
	uint64_t span = (uint64_t)high - (uint64_t)low + 1;

	if (high <= low)
		return low;
	if (span == 0)
		return (int64_t)rng_next(r);
	return (int64_t)((uint64_t)low + rng_below(r, span));
}

double
rng_real(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}
