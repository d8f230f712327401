/* SPDX-License-Identifier: MIT */
/* What yaml.c (structure) and yaml_text.c (texts) share. */
#ifndef BASE_YAML_INSIDE_H
#define BASE_YAML_INSIDE_H

#include "core/base/yaml.h"

struct yaml_reader {
	struct arena *arena;
	const char *file;
	const char *at, *end;		/* *end is readable, and 0             */
	const char *line_start;
	/* A place in this line, and its column: so that many nodes of one line
	 * do not each count from its beginning. */
	const char *counted;
	uint32_t counted_column;
	uint32_t line, depth, nodes;
	struct fr_err *err;
};

/* -1, with the error at `place`, which is in the line that is read. */
int yaml_error(struct yaml_reader *r, const char *place, const char *format,
	       ...) __attribute__((format(printf, 3, 4)));
/* The column of a place in the line that is read. */
uint32_t yaml_column(const struct yaml_reader *r, const char *place);
struct yaml *yaml_node(struct yaml_reader *r, enum yaml_kind kind);

static inline bool
yaml_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* At the end of a line, or of all. */
static inline bool
yaml_eol(const struct yaml_reader *r, const char *p)
{
	return p >= r->end || *p == '\n';
}

/* Something that ends a word: a blank, or the end of the line. */
static inline bool
yaml_gap(const struct yaml_reader *r, const char *p)
{
	return yaml_eol(r, p) || yaml_blank(*p);
}

/*
 * ---- yaml_clean.c: a copy without a mark at its beginning and with newlines
 * alone at the ends of lines; r->end is its end.
 */
int yaml_clean(struct yaml_reader *r, const char *text, size_t size,
	       char **out);

/* ---- yaml_text.c ----------------------------------------------------------------- */

/*
 * A plain or quoted text at r->at, which is then behind it.  `flow`: within
 * brackets.  A plain one ends before ": ", " #" and, in flow, before ,[]{}.
 */
int yaml_scalar(struct yaml_reader *r, bool flow, struct yaml **out);
/* Lines behind | or >, indented more than `parent` (-1: at all). */
int yaml_block_text(struct yaml_reader *r, int parent, struct yaml **out);
/*
 * Whether a key is at r->at: a text with a colon behind it, on one line.  What
 * is wrong with it is found when it is read.
 */
bool yaml_key_here(const struct yaml_reader *r);

#endif
