/* SPDX-License-Identifier: MIT */
/*
 * NOTE to who works on checker/: the importers are being written in
 * checker/import/ (a library of its own, IMPORT_LIBS), with this interface.
 * The first version in checker/import*.c and scan.h is not to be extended; it
 * goes when the new one is in.
 *
 * Histories that others wrote, read from a file: nothing of a bad file is
 * imported, and the error names the line and the column of what is wrong.
 *
 *   edn	 Jepsen, Knossos, Porcupine: maps {:process 0, :type :invoke, :f
 *		 :write, :value 3}, in a vector or list, or one after another
 *   jepsen-log	 lines "INFO  jepsen.util - 0 TAB :invoke TAB :write TAB 3"
 *   jsonl	 {"process":0,"type":"invoke","f":"write","value":3}, one a line
 *
 * Each event may have a key, a time in nanoseconds, a node and a client.  A
 * value is nil, a whole number, a text (keywords are texts, true and false are
 * 1 and 0), a list or set of whole numbers, or a transaction [[:append 1 2]
 * [:r 1 nil]], which becomes one list as in checker/weak/txn.h.
 *
 * Events take effect in the order of the file.  An operation without an end is
 * an info.  A process that goes on after an info goes on as a new one.
 */
#ifndef CHECKER_IMPORT_H
#define CHECKER_IMPORT_H

#include <stddef.h>
#include <stdint.h>

#include <fracas/workload.h>

#include "core/base/err.h"
#include "core/base/mem.h"

/* Names and one line each, ended by NULL: name, help, name, help, ... */
extern const char *const import_formats[];

/* Everything is good until import_free. */
struct imported {
	struct fr_history h;
	const char **op_names;
	uint32_t op_count;
	const char *format;		/* what it was read as                 */
	const char *model;		/* what it looks like, or NULL         */
	/* private */
	struct arena arena;
	struct fr_operation *ops;
	void *map;
	size_t map_size;
};

/* format: a name, or NULL or "auto" to look at the file's beginning. */
int import_file(const char *path, const char *format, struct imported *out,
		struct fr_err *err);
/* The same from memory, which must stay; `name` is for messages. */
int import_text(const char *name, const char *data, size_t size,
		const char *format, struct imported *out, struct fr_err *err);
void import_free(struct imported *i);

#endif
