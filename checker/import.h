/* SPDX-License-Identifier: MIT */
/*
 * Histories that others wrote, read from a file, and histories written for
 * others.  The code is in checker/import/, a library of its own.
 *
 *   edn	   Jepsen and Knossos: maps {:process 0, :type :invoke, :f
 *		   :write, :value 3}, in a vector or list, or one after another
 *   porcupine-kv  the same, a map a line, each with a :key
 *   jepsen-log	   lines "INFO  jepsen.util - 0 TAB :invoke TAB :write TAB 3"
 *   jsonl	   {"process":0,"type":"invoke","f":"write","value":3}, one a
 *		   line: this project's own form; IMPORT_JSONL_HELP describes it
 *
 * 1. Nothing of a bad file is imported, and the error names the file, the line
 *    and the column of what is wrong.
 * 2. Events take effect in the order of the file.  An operation without an end
 *    is an FR_INFO.  A process that goes on after an info goes on as another
 *    process of the same client.
 * 3. A value is nil, a whole number, a text (keywords are texts, true and
 *    false are 1 and 0), a list or set of whole numbers, a map from 0 .. n-1 to
 *    whole numbers (which becomes the list), a transfer {from, to, amount}
 *    (which becomes [from to amount]), or a transaction [[:append 1 2] [:r 1
 *    nil]] (which becomes one list as in fracas/txn.h).  What an info or
 *    a fail says, and what is not about an operation, is not looked at.
 * 4. A key is a whole number or a text.  It stands beside the value, or, where
 *    a file has a value [key value] that cannot be anything else, such as
 *    [1 nil], in every value of the file.  A text that is a number is that
 *    number; other texts are numbered in the order in which they are met.
 */
#ifndef CHECKER_IMPORT_H
#define CHECKER_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fracas/workload.h>

#include "core/base/err.h"
#include "core/base/limit.h"
#include "core/base/mem.h"

/* Names and one line each, ended by NULL: name, help, name, help, ... */
extern const char *const import_formats[];
/* What a line of JSON Lines is, exactly. */
#define IMPORT_JSONL_HELP \
"JSON Lines: each line is one event, a JSON object, in the order in which " \
"the events happened. Its members, in any order, others being ignored:\n" \
"\n" \
"  'process'  a whole number: who calls; one operation at a time. A text\n" \
"             ('nemesis') marks an event that is not about an operation.\n" \
"  'type'     'invoke', or how it ended: 'ok' (it happened), 'fail' (it\n" \
"             did not and never will), 'info' (nobody knows).\n" \
"  'f'        what is done: 'read', 'write', ...; the end repeats it.\n" \
"  'value'    the arguments, and at 'ok' the result. One of: null; a\n" \
"             whole number; a text; a list of whole numbers; true (1) or\n" \
"             false (0); {'hex':'00ff'}, bytes that are no text;\n" \
"             {'0':10,'1':20}, the list [10,20]; {'from':0,'to':1,\n" \
"             'amount':5}, the list [0,1,5]; a transaction\n" \
"             [['append',1,2],['r',1,null]] of append, w and r; or\n" \
"             [KEY,VALUE], where KEY is a text or VALUE no whole number:\n" \
"             then every value of the file is read as a key and a value.\n" \
"  'key'      which object it is about: a whole number or a text; without\n" \
"             it there is one object. The end may leave it out.\n" \
"  'time'     nanoseconds, never less than before; in all events or none.\n" \
"  'client'   a whole number (else the process), for the same caller\n" \
"             under several processes.\n" \
"  'node'     a whole number: which node was asked.\n" \
"  'final'    true: it belongs to the phase of final reads.\n" \
"\n" \
"(In the file with double quotes, as JSON has it.) An invoke without an end " \
"is an info. For example:\n" \
"\n" \
"  {\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":7}\n" \
"  {\"process\":1,\"type\":\"invoke\",\"f\":\"read\"}\n" \
"  {\"process\":0,\"type\":\"ok\",\"f\":\"write\"}\n" \
"  {\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"value\":7}\n"

/* What the numbers first .. first + count - 1 mean, where they are keys. */
struct key_names {
	const char *const *at;
	uint32_t count;
	int64_t first;
};

/* Everything is good until import_free. */
struct imported {
	struct fr_history h;
	const char **op_names;
	uint32_t op_count;
	const char *format;		/* what it was read as                */
	const char *model;		/* what it looks like, or NULL        */
	struct key_names keys;
	bool pairs;			/* values were [key value]            */
	bool timed;			/* else a time is an event's number   */
	/* private */
	struct arena arena;
	struct fr_operation *ops;
};

/* format: a name, or NULL or "auto" to look at the file's beginning. */
int import_file(const char *path, const char *format, struct imported *out,
		struct fr_err *err);
/* The same within limits; beyond them it ends with EXIT_UNKNOWN. */
int import_file_within(const char *path, const char *format,
		       struct limit *limit, struct imported *out,
		       struct fr_err *err);
/* The same from memory; `name` is for messages. */
int import_text(const char *name, const char *data, size_t size,
		const char *format, struct imported *out, struct fr_err *err);
void import_free(struct imported *i);

/* What a history looks like from the names of its operations: a model or a
 * condition, or NULL. */
const char *import_guess_model(const struct fr_history *h,
			       const char *const *op_names, uint32_t op_count);

/* ---- writing ------------------------------------------------------------- */

/* Non-zero ends it. */
typedef int (*export_write_fn)(void *arg, const char *data, size_t size);

/* Names and one line each, ended by NULL: name, help, name, help, ... */
extern const char *const export_formats[];

/*
 * Writes a history, which import_text reads back as the same operations: as
 * "jsonl" or "edn" process, client, node, f, key, value, outcome, result,
 * phase, times, and the order of all calls and ends; as "porcupine-kv" or
 * "jepsen-log" process, f, key, value, outcome, result and this order, where
 * the answer "done" becomes a repetition of what was asked, as is the custom
 * there.  -1: the format is none, or cannot express an operation (the first is
 * named, and `write` was never called), an operation has no name, or `write`
 * was not 0.
 */
int export_history(const struct fr_history *h, const char *const *op_names,
		   uint32_t op_count, const struct key_names *keys,
		   const char *format, export_write_fn write, void *arg,
		   struct fr_err *err);

#endif
