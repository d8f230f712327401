/* SPDX-License-Identifier: MIT */
/*
 * What a running cluster says, in words.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stdbool.h>

#include "core/base/mem.h"
#include "core/cli/value.h"

/* One value in a line: 5, open, nil, [1 2], a 1, b 2. */
void value_words(struct buf *out, const struct value *v);
/* A whole answer: a line a member, a table for a list of objects; `v` and
 * `type` are left out. */
void answer_words(struct buf *out, const struct value *v);
/* An event in one line, with a newline. */
void event_words(struct buf *out, const struct value *v, bool colour);

#endif
