/* SPDX-License-Identifier: MIT */
/* What a liar makes of an answer to a client. */
#include <string.h>

#include "core/node/wire.h"
#include "core/world/world.h"

/* In a reply's body, as wire.h has it: u32 kind, u32 node, u32 value's kind,
 * u32 count, the value. */
#define VALUE_KIND	8u
#define VALUE_COUNT	12u
#define VALUE_AT	16u

static uint32_t
number_at(const unsigned char *body, size_t at)
{
	uint32_t n;

	memcpy(&n, body + at, sizeof n);
	return n;
}

void
world_lie(const struct fate *fate, void *body, size_t size)
{
	unsigned char *b = body;
	size_t count;

	if (fate->edit_count == 0 || size <= VALUE_AT ||
	    number_at(b, 0) != FR_REPLY_OK)
		return;
	switch (number_at(b, VALUE_KIND)) {
	case FR_INT:
		count = 8;
		break;
	case FR_LIST:
		count = (size_t)number_at(b, VALUE_COUNT) * 8;
		break;
	case FR_BYTES:
		count = number_at(b, VALUE_COUNT);
		break;
	default:
		return;
	}
	if (count <= size - VALUE_AT)
		net_edit(fate->edits, fate->edit_count, b + VALUE_AT, count);
}
