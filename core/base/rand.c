/* SPDX-License-Identifier: MIT */
/*
 * Hashing and counter-based randomness.
 *
 * Everything is defined on 64-bit words in little-endian order, so that a seed
 * means the same everywhere.
 */
#include "core/base/rand.h"

#include <string.h>

uint64_t
hash_bytes(uint64_t seed, const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t h = hash_mix(seed, size), word;
	size_t i;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	/* The same at one stroke. */
	for (; size >= sizeof word; p += sizeof word, size -= sizeof word) {
		memcpy(&word, p, sizeof word);
		h = hash_mix(h, word);
	}
#endif
	while (size > 0) {
		word = 0;
		for (i = 0; i < 8 && i < size; i++)
			word |= (uint64_t)p[i] << (8 * i);
		h = hash_mix(h, word);
		p += i;
		size -= i;
	}
	return h;
}

static uint64_t
word_at(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? word :
							   __builtin_bswap64(word);
}

uint64_t
hash_stir_bytes(uint64_t h, const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t other = size;
	size_t i;

	/* Two chains, which a processor works out side by side. */
	for (; size >= 16; p += 16, size -= 16) {
		h = hash_stir(h, word_at(p));
		other = hash_stir(other, word_at(p + 8));
	}
	if (size >= 8) {
		h = hash_stir(h, word_at(p));
		p += 8;
		size -= 8;
	}
	for (i = 0; i < size; i++)
		other ^= (uint64_t)p[i] << (8 * i);
	return hash_stir(h, other);
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
