/* SPDX-License-Identifier: MIT */
/* Words for a shell. */
#ifndef BASE_SHELL_H
#define BASE_SHELL_H

#include "core/base/mem.h"

/* A word as a shell wants it: in quotes where it needs them. */
void shell_word(struct buf *out, const char *word);

#endif
