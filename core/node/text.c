/* SPDX-License-Identifier: MIT */
/* Text that came from a stranger. */
#include "core/node/text.h"

#include <stdint.h>
#include <string.h>

#include <fracas/protocol.h>

/*
 * The size of the character at `text`, or 0 where none begins: shortest forms
 * only, no surrogates, nothing past U+10FFFF (RFC 3629).
 */
static size_t
character(const unsigned char *text, size_t left)
{
	uint32_t code;
	size_t size, i;

	if (text[0] < 0x80)
		return 1;
	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		size = 2;
	else if ((text[0] & 0xf0) == 0xe0)
		size = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		size = 4;
	else
		return 0;
	if (size > left)
		return 0;
	code = text[0] & (0x7fu >> size);
	for (i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fu);
	}
	if ((size == 3 && code < 0x800) || (size == 4 && code < 0x10000) ||
	    (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
		return 0;
	return size;
}

bool
text_utf8(const char *text, size_t size)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t done, one;

	for (done = 0; done < size; done += one) {
		one = character(at + done, size - done);
		if (one == 0)
			return false;
	}
	return true;
}

size_t
text_cut(const char *text, size_t size, size_t max)
{
	if (size <= max)
		return size;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

void
text_mend(char *text, size_t size)
{
	size_t done, one;

	for (done = 0; done < size; done += one) {
		one = character((unsigned char *)text + done, size - done);
		if (one == 0) {
			text[done] = '?';
			one = 1;
		}
	}
}

bool
text_name(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-.";
	size_t size;

	if (text == NULL)
		return false;
	size = strnlen(text, FR_NAME_MAX + 1);
	return size > 0 && size <= FR_NAME_MAX && strspn(text, allowed) == size;
}
