/* SPDX-License-Identifier: MIT */
/* What the files behind `fracas describe` say to each other. */
#ifndef CLI_DESCRIBE_H
#define CLI_DESCRIBE_H

#include <stdbool.h>

#include "core/base/mem.h"
#include "core/cli/catalogue.h"

/* A row of a table: what, and the text; nothing where there is no text. */
void describe_fact(struct buf *rows, const char *name, const char *text);
/* "NAME, a KIND:", and its summary. */
void describe_title(struct buf *out, const char *kind, const char *name,
		    const char *summary);
void describe_condition(struct buf *out, const struct item *item, bool json);

#endif
