/* SPDX-License-Identifier: MIT */
/* Families of faults, and what a protocol bears of them, in words. */
#ifndef CLI_FAULT_WORDS_H
#define CLI_FAULT_WORDS_H

#include <stdbool.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/node/wire.h"
#include "nemesis/nemesis.h"

/* All about one; `path` is a plugin's, or NULL. */
void fault_describe(struct buf *out, const struct family *f, const char *path,
		    bool json);
/* All families of the house as a table in Markdown: the README's. */
void fault_markdown(struct buf *out);

/* What a protocol says that it bears; the caller's to free. */
char *fault_tolerance(const struct descriptor *d);
void fault_tolerance_json(struct json *j, const struct descriptor *d);

#endif
