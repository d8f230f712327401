/* SPDX-License-Identifier: MIT */
/*
 * Bytes that are changed on their way.
 *
 * A message is the protocol's own struct, so a field is a number of 1, 2, 4 or
 * 8 bytes at a multiple of its size.  What it becomes is what breaks programs:
 * its neighbours, the ends of its range, nothing, something small, something
 * wild, or what another field says.
 */
#include <string.h>

#include "core/net/inside.h"

static void
flip(struct rng *r, uint32_t bits, unsigned char *body, size_t size)
{
	uint64_t bit, first = 0;
	uint32_t i;

	for (i = 0; i < bits; i++) {
		bit = rng_below(r, (uint64_t)size * 8);
		if (i == 0)
			first = bit;
		else if (bit == first)	/* the message must not be whole again */
			continue;
		body[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
}

static uint64_t
get(const unsigned char *at, size_t width)
{
	uint64_t v = 0;

	memcpy(&v, at, width);
	return v;
}

static uint64_t
another_number(struct rng *r, uint64_t v, size_t width,
	       const unsigned char *body, size_t size)
{
	switch (rng_below(r, 8)) {
	case 0:
		return v + 1;
	case 1:
		return v - 1;
	case 2:
		return 0;
	case 3:
		return UINT64_MAX;
	case 4:
		return 0 - v;
	case 5:
		return rng_below(r, 16);
	case 6:
		return get(body + rng_below(r, size / width) * width, width);
	default:
		return rng_next(r);
	}
}

static void
change_field(struct rng *r, unsigned char *body, size_t size)
{
	size_t width = (size_t)1 << rng_below(r, 4), at;
	uint64_t was, is, mask;

	while (width > size)
		width /= 2;
	at = (size_t)rng_below(r, size / width) * width;
	mask = width == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * width) - 1;
	was = get(body + at, width);
	is = another_number(r, was, width, body, size) & mask;
	if (is == was)
		is ^= 1;
	memcpy(body + at, &is, width);
}

void
net_edit(const struct edit *edits, uint32_t count, void *body, size_t size)
{
	struct rng r;
	uint32_t i;

	for (i = 0; i < count && size > 0; i++) {
		r.key = edits[i].key;
		r.i = 0;
		switch (edits[i].kind) {
		case EDIT_FLIP:
			flip(&r, edits[i].bits, body, size);
			break;
		case EDIT_LIE:
			r.key = hash_mix(r.key, hash_bytes(0, body, size));
			/* fall through */
		case EDIT_FIELD:
			change_field(&r, body, size);
			break;
		}
	}
}
