/* SPDX-License-Identifier: MIT */
/*
 * A history that is being written, and what of it a form can express.
 */
#ifndef IMPORT_WRITER_H
#define IMPORT_WRITER_H

#include <stdbool.h>

#include "checker/import.h"

/* In the order of export_formats. */
enum form { FORM_JSONL, FORM_EDN, FORM_KV, FORM_LOG };

struct writer {
	const struct fr_history *h;
	const char *const *op_names;
	const struct key_names *keys;
	enum form form;
	bool edn;			/* values and names are EDN           */
	bool lists;			/* transactions read lists            */
	struct buf b;
};

static inline const struct fr_operation *
writer_op(const struct fr_history *h, uint64_t i)
{
	return (const void *)((const char *)h->ops + i * h->op_stride);
}

/* ---- export.c ------------------------------------------------------------ */

bool writer_is_text(const char *bytes, size_t size);
/* Whether a name can stand behind a colon in EDN. */
bool writer_is_keyword(const char *text);
const char *writer_key_name(const struct writer *w, int64_t key);

/* ---- fits.c -------------------------------------------------------------- */

/* In the log form: whether the end of such an operation says again what was
 * asked (`write 3` ends as `write 3`), so that it has no room for more. */
bool writer_repeats(const char *f);
/* -1: the form has no words for it, and the first such operation is named. */
int writer_fits(const struct writer *w, struct fr_err *err);

#endif
