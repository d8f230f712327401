/* SPDX-License-Identifier: MIT */
/*
 * SP over ipc, which is what nng speaks: the little of it that the door needs.
 *
 * Each side greets with eight bytes that name its protocol.  Then come frames:
 * a one, the length in eight bytes (the highest first), the body.  The body of
 * a request begins with words of four bytes that say which way the answer
 * goes; the last of them, the request's own, has its highest bit set; the
 * answer begins with the same words.
 */
#ifndef RUN_SP_H
#define RUN_SP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SP_PUB	0x20
#define SP_SUB	0x21
#define SP_REQ	0x30
#define SP_REP	0x31

#define SP_GREETING	8u		/* bytes                               */
#define SP_HEAD		9u
#define SP_HOPS_MAX	9u		/* words before a request's line       */

static inline void
sp_greeting(unsigned char out[SP_GREETING], uint8_t protocol)
{
	memset(out, 0, SP_GREETING);
	out[1] = 'S';
	out[2] = 'P';
	out[5] = protocol;
}

static inline void
sp_head(unsigned char out[SP_HEAD], uint64_t size)
{
	size_t i;

	out[0] = 1;
	for (i = 1; i < SP_HEAD; i++)
		out[i] = (unsigned char)(size >> (8 * (SP_HEAD - 1 - i)));
}

/* The length that a head tells; UINT64_MAX: it is none. */
static inline uint64_t
sp_size(const void *head)
{
	const unsigned char *p = head;
	uint64_t size = 0;
	size_t i;

	if (p[0] != 1)
		return UINT64_MAX;
	for (i = 1; i < SP_HEAD; i++)
		size = size << 8 | p[i];
	return size;
}

#endif
