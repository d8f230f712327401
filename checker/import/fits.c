/* SPDX-License-Identifier: MIT */
/*
 * What the forms of others cannot say.
 *
 * jsonl and edn are written with all that is known.  Porcupine's kv text is
 * read there by a few patterns, and a line that fits none is stepped over: such
 * a line must not be written.  Jepsen's log takes any operation whose name is a
 * keyword; what must not be written there is what would be read back as
 * something else.  The first operation that would need either is named.
 *
 * Neither form has times, clients, nodes or phases: these stay behind, as the
 * order of the lines tells what a model looks at.
 */
#include <string.h>

#include "checker/import/writer.h"
#include "checker/values.h"

static bool
is_one_of(const char *word, const char *const *words)
{
	while (*words != NULL && strcmp(word, *words) != 0)
		words++;
	return *words != NULL;
}

/* An answer that is not "done", nor what was asked. */
static bool
answers_more(const struct fr_operation *op)
{
	return op->outcome == FR_OK && op->result.kind != FR_NIL &&
		!value_equal(&op->result, &op->value);
}

/* ---- Porcupine's kv text ------------------------------------------------- */

static bool
is_text(const struct fr_value *v)
{
	return v->kind == FR_BYTES && writer_is_text(v->u.bytes, v->count);
}

/* What is wrong with it, or NULL. */
static const char *
kv_misses(const struct writer *w, const struct fr_operation *op)
{
	static const char *const words[] = { "get", "put", "append", NULL };
	const char *f = w->op_names[op->f];
	bool get = strcmp(f, "get") == 0;

	if (!is_one_of(f, words))
		return "the form has get, put and append";
	if (op->key == FR_NO_KEY)
		return "the form has a key in each operation, and this one "
			"has none";
	if (op->outcome == FR_INFO)
		return "nobody knows how it ended, and in the form everything "
			"ends";
	if (op->outcome == FR_FAIL)
		return "it failed, and in the form nothing does";
	if (get ? op->value.kind != FR_NIL : !is_text(&op->value))
		return get ? "a get has no argument in the form" :
			"the form has values that are texts";
	if (get && op->result.kind != FR_NIL && !is_text(&op->result))
		return "the form has values that are texts";
	return !get && answers_more(op) ?
		"the form has no room for its answer" : NULL;
}

/* ---- Jepsen's log -------------------------------------------------------- */

bool
writer_repeats(const char *f)
{
	static const char *const words[] = { "write", "cas", NULL };

	return is_one_of(f, words);
}

static const char *
log_misses(const struct writer *w, const struct fr_operation *op)
{
	const char *f = w->op_names[op->f];
	bool keyed = writer_op(w->h, 0)->key != FR_NO_KEY;

	if (!writer_is_keyword(f))
		return "its name is no keyword";
	if ((op->key != FR_NO_KEY) != keyed)
		return keyed ? "it has no key, and others have one" :
			"it has a key, and others have none";
	return writer_repeats(f) && answers_more(op) ?
		"the form has no room for its answer" : NULL;
}

/* Whether [key value] cannot be a list of two numbers. */
static bool
is_surely_a_pair(const struct writer *w, const struct fr_operation *op)
{
	return writer_key_name(w, op->key) != NULL ||
		op->value.kind != FR_INT ||
		(op->outcome == FR_OK && op->result.kind != FR_INT &&
		 !(op->result.kind == FR_NIL &&
		   writer_repeats(w->op_names[op->f])));
}

/* ---- either -------------------------------------------------------------- */

static int
refuse(const struct writer *w, const struct fr_operation *op,
       const char *reason, struct fr_err *err)
{
	return err_usage(err, "operation %llu (%s) cannot be written as %s: %s",
			 (unsigned long long)op->id, w->op_names[op->f],
			 export_formats[2 * w->form], reason);
}

int
writer_fits(const struct writer *w, struct fr_err *err)
{
	const struct fr_operation *op = NULL;
	bool log = w->form == FORM_LOG, clear = false;
	const char *reason;
	uint64_t i;

	if (!log && w->form != FORM_KV)
		return 0;
	for (i = 0; i < w->h->op_count; i++) {
		op = writer_op(w->h, i);
		reason = log ? log_misses(w, op) : kv_misses(w, op);
		if (reason != NULL)
			return refuse(w, op, reason, err);
		clear = clear || op->key == FR_NO_KEY ||
			is_surely_a_pair(w, op);
	}
	if (log && !clear && op != NULL)
		return refuse(w, writer_op(w->h, 0), "it has a key, and no "
			"value of the history shows that [key value] is not "
			"a list", err);
	return 0;
}
