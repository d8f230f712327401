/* SPDX-License-Identifier: MIT */
/*
 * Text that came from a stranger: is it UTF-8, and where may it be cut?
 */
#ifndef NODE_TEXT_H
#define NODE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

bool text_utf8(const char *text, size_t size);

/*
 * The largest number of bytes, at most `max`, that ends with a whole
 * character.
 */
size_t text_cut(const char *text, size_t size, size_t max);

/* Every byte that is not part of a character becomes '?'. */
void text_mend(char *text, size_t size);

/* 1 .. FR_NAME_MAX letters, digits, '_', '-' and '.'. */
bool text_name(const char *text);

#endif
