/* SPDX-License-Identifier: MIT */
/*
 * Reading YAML: the part of it that campaigns and assignments are written in.
 *
 *	name: nightly			# a map; comments
 *	seeds: 1..500
 *	protocols:			a list; of maps, too
 *	  - abd
 *	  - name: raft
 *	    set: {batch: 8}		both on one line
 *	nemeses: [kill, "partition,kill", 'it''s']
 *	words: |			lines as they are; > fills them into one
 *	  some text
 *
 * A text on one line is plain, in single quotes ('' is a quote) or in double
 * quotes (\n \t \" \\ \/ \xNN \uNNNN).  Everything is text, and what is
 * expected says what it means: `no` is no truth and 1.10 no number.  A key with
 * nothing behind it has nothing as its value.
 *
 * Refused, by name: anchors and aliases, tags, several documents, tabs as
 * indentation, keys that are no text, keys that are there twice, plain and
 * quoted texts of several lines (| and > are for these).
 *
 * The bytes may be a stranger's: size, depth and number of nodes have limits,
 * and what is not UTF-8, or a control character, is refused.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define YAML_SIZE_MAX	(1u << 20)
#define YAML_DEPTH_MAX	32u
#define YAML_NODES_MAX	100000u
#define YAML_KEYS_MAX	1000u		/* in one map                          */

enum yaml_kind { YAML_NOTHING, YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_kind kind;
	uint32_t line, column;		/* from 1; columns are characters      */
	const char *text;		/* of YAML_TEXT, else ""               */
	bool quoted;			/* or a block: it is not a plain word  */
	/* In a map: */
	const char *key;		/* else NULL                           */
	uint32_t key_line, key_column;
	struct yaml *first, *next;	/* items or values; the one behind     */
	size_t count;			/* of items or values                  */
};

/*
 * One document; `file` is for messages.  What is read is in the arena; of an
 * empty file that is YAML_NOTHING.  An error begins with "FILE:LINE:COLUMN: ".
 */
int yaml_read(struct arena *a, const char *file, const char *text, size_t size,
	      struct yaml **out, struct fr_err *err);
/* The whole of a file. */
int yaml_read_file(struct arena *a, const char *file, struct yaml **out,
		   const char **text, struct fr_err *err);

/* ---- what is expected ---------------------------------------------------------- */

/* "FILE:LINE:COLUMN: ...", of a node, or of its key; always -1, EXIT_USAGE. */
int yaml_wrong(const char *file, const struct yaml *y, struct fr_err *err,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));
int yaml_wrong_key(const char *file, const struct yaml *y, struct fr_err *err,
		   const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* "a map", "a list", "a text", "nothing" */
const char *yaml_is(const struct yaml *y);
/* A value of a map, or NULL. */
const struct yaml *yaml_member(const struct yaml *map, const char *key);
/*
 * That it is a map with no other keys than these; the error names the nearest.
 * `what` is what the map is of: "a campaign".
 */
int yaml_expect_map(const char *file, const struct yaml *y, const char *what,
		    const char *const *keys, size_t count,
		    struct fr_err *err);
int yaml_expect_text(const char *file, const struct yaml *y,
		     const char *what, struct fr_err *err);

#endif
