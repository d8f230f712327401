/* SPDX-License-Identifier: MIT */
/*
 * The structure of YAML: maps and lists, by indentation and in brackets.
 *
 *  1. r->at never goes back, and every loop takes at least one byte of it: the
 *     time is linear in the size, but for keys, which are looked for to the end
 *     of their line first.
 *  2. What calls itself goes through enter(), which knows the depth.
 *  3. Before anything else all bytes are looked at: what is behind that is
 *     UTF-8 without control characters.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "core/base/yaml_inside.h"

/* ---- errors ---------------------------------------------------------------------- */

uint32_t
yaml_column(const struct yaml_reader *r, const char *place)
{
	uint32_t column = 1;
	const char *p;

	for (p = r->line_start; p < place; p++)
		column += (*p & 0xc0) != 0x80;
	return column;
}

int
yaml_error(struct yaml_reader *r, const char *place, const char *format, ...)
{
	struct yaml at = { .line = r->line, .column = yaml_column(r, place) };
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return yaml_wrong(r->file, &at, r->err, "%s", text);
}

static int
wrong(const char *file, uint32_t line, uint32_t column, struct fr_err *err,
      const char *format, va_list args)
{
	char text[768];

	vsnprintf(text, sizeof text, format, args);
	return err_usage(err, "%s:%u:%u: %s", file, line, column, text);
}

int
yaml_wrong(const char *file, const struct yaml *y, struct fr_err *err,
	   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)wrong(file, y->line, y->column, err, format, args);
	va_end(args);
	return -1;
}

int
yaml_wrong_key(const char *file, const struct yaml *y, struct fr_err *err,
	       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)wrong(file, y->key_line, y->key_column, err, format, args);
	va_end(args);
	return -1;
}

/* ---- places ----------------------------------------------------------------------- */

static uint32_t
count_column(struct yaml_reader *r)
{
	if (r->counted == NULL || r->counted < r->line_start) {
		r->counted = r->line_start;
		r->counted_column = 1;
	}
	for (; r->counted < r->at; r->counted++)
		r->counted_column += (*r->counted & 0xc0) != 0x80;
	return r->counted_column;
}

struct yaml *
yaml_node(struct yaml_reader *r, enum yaml_kind kind)
{
	struct yaml *y;

	if (++r->nodes > YAML_NODES_MAX) {
		yaml_error(r, r->at, "there is more in this file than %u "
			   "values", YAML_NODES_MAX);
		return NULL;
	}
	y = arena_new(r->arena, sizeof *y);
	y->kind = kind;
	y->line = r->line;
	y->column = count_column(r);
	y->text = "";
	return y;
}

static void
newline(struct yaml_reader *r)
{
	r->at++;
	r->line++;
	r->line_start = r->at;
}

/* How far the line is indented that is read. */
static int
indent(const struct yaml_reader *r)
{
	return (int)(r->at - r->line_start);
}

/* Blanks and a comment, up to the end of the line or something else. */
static void
skip_blanks(struct yaml_reader *r)
{
	const char *before = r->at;

	while (!yaml_eol(r, r->at) && yaml_blank(*r->at))
		r->at++;
	if (r->at < r->end && *r->at == '#' &&
	    (r->at > before || r->at == r->line_start))
		while (!yaml_eol(r, r->at))
			r->at++;
}

static bool
marker(const struct yaml_reader *r, const char *text)
{
	return r->at == r->line_start && r->end - r->at >= 3 &&
	       memcmp(r->at, text, 3) == 0 && yaml_gap(r, r->at + 3);
}

/* To the next line that has something, from the end of one or its beginning. */
static int
next_content(struct yaml_reader *r)
{
	for (;;) {
		while (r->at < r->end && *r->at == ' ')
			r->at++;
		if (r->at < r->end && *r->at == '\t') {
			const char *tab = r->at;

			skip_blanks(r);
			if (!yaml_eol(r, r->at))
				return yaml_error(r, tab, "a tab cannot "
						  "indent here: use spaces");
		}
		if (r->at < r->end && *r->at == '#')
			while (!yaml_eol(r, r->at))
				r->at++;
		if (r->at >= r->end)
			return 0;
		if (*r->at != '\n')
			break;
		newline(r);
	}
	if (marker(r, "---") || marker(r, "..."))
		return yaml_error(r, r->at, "one document a file: %.3s cannot "
				  "stand here", r->at);
	return 0;
}

/* Behind a value nothing may follow on its line. */
static int
expect_eol(struct yaml_reader *r)
{
	skip_blanks(r);
	if (yaml_eol(r, r->at))
		return 0;
	if (*r->at == ':')
		return yaml_error(r, r->at, "a map cannot begin behind a key "
				  "on the same line: put it on the next, "
				  "indented, or in { }; or the text in "
				  "quotes");
	return yaml_error(r, r->at, "the line should end here");
}

static int
enter(struct yaml_reader *r)
{
	if (++r->depth > YAML_DEPTH_MAX)
		return yaml_error(r, r->at, "more than %u levels deep",
				  YAML_DEPTH_MAX);
	return 0;
}

/* ---- adding ------------------------------------------------------------------------ */

static void
add(struct yaml *to, struct yaml ***tail, struct yaml *y)
{
	if (*tail == NULL)
		*tail = &to->first;
	**tail = y;
	*tail = &y->next;
	to->count++;
}

/* The key at r->at, and the colon; r->at is behind it. */
static int
read_key(struct yaml_reader *r, const struct yaml *map, bool flow,
	 struct yaml **key)
{
	const char *start = r->at;
	const struct yaml *other;

	if (yaml_scalar(r, flow, key) < 0)
		return -1;
	if (map->count == YAML_KEYS_MAX)
		return yaml_error(r, start, "more than %u keys in one map",
				  YAML_KEYS_MAX);
	other = yaml_member(map, (*key)->text);
	if (other != NULL)
		return yaml_error(r, start, "the key '%.100s' is there twice: "
				  "first in line %u", (*key)->text,
				  other->key_line);
	skip_blanks(r);
	return 0;
}

static void
add_value(struct yaml *map, struct yaml ***tail, const struct yaml *key,
	  struct yaml *value)
{
	value->key = key->text;
	value->key_line = key->line;
	value->key_column = key->column;
	add(map, tail, value);
}

/* ---- in brackets ---------------------------------------------------------------------- */

static int flow_value(struct yaml_reader *r, struct yaml **out);

/* Blanks, comments and lines between two things in brackets. */
static int
flow_gap(struct yaml_reader *r, const struct yaml *open, char close)
{
	for (;;) {
		skip_blanks(r);
		if (r->at >= r->end) {
			yaml_wrong(r->file, open, r->err, "this bracket is "
				   "not closed: %c is missing", close);
			return -1;
		}
		if (*r->at != '\n')
			return 0;
		newline(r);
		if (r->at < r->end && *r->at == '\t')
			return yaml_error(r, r->at, "a tab cannot indent here: "
					  "use spaces");
	}
}

/* A comma or the end. */
static int
flow_next(struct yaml_reader *r, const struct yaml *open, char close)
{
	if (flow_gap(r, open, close) < 0)
		return -1;
	if (*r->at == ',') {
		r->at++;
		return flow_gap(r, open, close);
	}
	if (*r->at == close)
		return 0;
	if (*r->at == ':' && close == ']')
		return yaml_error(r, r->at, "a map in a list needs { } around "
				  "it");
	return yaml_error(r, r->at, "a comma or %c was expected here", close);
}

static int
flow_list(struct yaml_reader *r, struct yaml *list)
{
	struct yaml **tail = NULL, *item;

	r->at++;
	if (flow_gap(r, list, ']') < 0)
		return -1;
	while (*r->at != ']') {
		if (flow_value(r, &item) < 0)
			return -1;
		add(list, &tail, item);
		if (flow_next(r, list, ']') < 0)
			return -1;
	}
	r->at++;
	return 0;
}

static int
flow_map(struct yaml_reader *r, struct yaml *map)
{
	struct yaml **tail = NULL, *key, *value;

	r->at++;
	if (flow_gap(r, map, '}') < 0)
		return -1;
	while (*r->at != '}') {
		if (read_key(r, map, true, &key) < 0)
			return -1;
		if (r->at >= r->end || *r->at != ':')
			return yaml_error(r, r->at, "a colon was expected "
					  "behind the key '%.100s'",
					  key->text);
		r->at++;
		if (flow_gap(r, map, '}') < 0)
			return -1;
		if (*r->at == ',' || *r->at == '}') {
			value = yaml_node(r, YAML_NOTHING);
			if (value == NULL)
				return -1;
		} else if (flow_value(r, &value) < 0) {
			return -1;
		}
		add_value(map, &tail, key, value);
		if (flow_next(r, map, '}') < 0)
			return -1;
	}
	r->at++;
	return 0;
}

static int
flow_value(struct yaml_reader *r, struct yaml **out)
{
	bool list = *r->at == '[';
	struct yaml *y;

	if (!list && *r->at != '{')
		return yaml_scalar(r, true, out);
	y = yaml_node(r, list ? YAML_LIST : YAML_MAP);
	if (y == NULL || enter(r) < 0 ||
	    (list ? flow_list(r, y) : flow_map(r, y)) < 0)
		return -1;
	r->depth--;
	*out = y;
	return 0;
}

/* ---- by indentation --------------------------------------------------------------------- */

static int block(struct yaml_reader *r, int parent, struct yaml **out);

static bool
item_here(const struct yaml_reader *r)
{
	return r->at < r->end && *r->at == '-' && yaml_gap(r, r->at + 1);
}

/* A value that is no block, up to the end of its line. */
static int
one_line(struct yaml_reader *r, int parent, struct yaml **out)
{
	if (*r->at == '|' || *r->at == '>')
		return yaml_block_text(r, parent, out);
	if ((*r->at == '[' || *r->at == '{' ? flow_value(r, out) :
	     yaml_scalar(r, false, out)) < 0)
		return -1;
	return expect_eol(r);
}

/*
 * What is on the lines behind `key:` or `-`.  A list may be as far to the left
 * as the key that it belongs to.
 */
static int
below(struct yaml_reader *r, int parent, bool of_key, struct yaml **out)
{
	struct yaml *nothing = yaml_node(r, YAML_NOTHING);

	if (nothing == NULL || next_content(r) < 0)
		return -1;
	if (r->at < r->end &&
	    (indent(r) > parent ||
	     (of_key && indent(r) == parent && item_here(r))))
		return block(r, parent, out);
	*out = nothing;
	return 0;
}

/* Each item or key stands as far to the right as the first. */
static int
in_line(struct yaml_reader *r, int at, bool *more)
{
	*more = false;
	if (next_content(r) < 0)
		return -1;
	if (r->at >= r->end || indent(r) < at)
		return 0;
	if (indent(r) > at)
		return yaml_error(r, r->at, "indented too far: what belongs "
				  "together begins in the same column (here "
				  "%d), and a text of several lines needs | "
				  "or >", at + 1);
	*more = true;
	return 0;
}

static int
block_list(struct yaml_reader *r, struct yaml *list)
{
	struct yaml **tail = NULL, *item;
	int at = indent(r);
	bool more = true;

	while (more && item_here(r)) {
		r->at++;
		skip_blanks(r);
		if (yaml_eol(r, r->at)) {
			if (below(r, at, false, &item) < 0)
				return -1;
		} else if (item_here(r) || yaml_key_here(r)) {
			/* On the same line: as if it were on a line of its
			 * own, so far to the right. */
			if (block(r, at, &item) < 0)
				return -1;
		} else if (one_line(r, at, &item) < 0) {
			return -1;
		}
		add(list, &tail, item);
		if (in_line(r, at, &more) < 0)
			return -1;
	}
	/* What is in its column and no item may be the next key of the map
	 * whose key it belongs to; else it is refused further out. */
	return 0;
}

static int
block_map(struct yaml_reader *r, struct yaml *map)
{
	struct yaml **tail = NULL, *key, *value;
	int at = indent(r);
	bool more = true;

	while (more) {
		if (item_here(r))
			return yaml_error(r, r->at, "an item of a list among "
					  "the keys of a map");
		if (!yaml_key_here(r))
			return yaml_error(r, r->at, "a key and a colon were "
					  "expected here");
		if (read_key(r, map, false, &key) < 0)
			return -1;
		r->at++;	/* the colon */
		skip_blanks(r);
		if (yaml_eol(r, r->at)) {
			if (below(r, at, true, &value) < 0)
				return -1;
		} else if (one_line(r, at, &value) < 0) {
			return -1;
		}
		add_value(map, &tail, key, value);
		if (in_line(r, at, &more) < 0)
			return -1;
	}
	return 0;
}

static int
block(struct yaml_reader *r, int parent, struct yaml **out)
{
	bool list = item_here(r);
	struct yaml *y;

	if (!list && *r->at == '?' && yaml_gap(r, r->at + 1))
		return yaml_error(r, r->at, "a key is a text on one line: "
				  "? is not read here");
	if (!list && !yaml_key_here(r))
		return one_line(r, parent, out);
	y = yaml_node(r, list ? YAML_LIST : YAML_MAP);
	if (y == NULL || enter(r) < 0 ||
	    (list ? block_list(r, y) : block_map(r, y)) < 0)
		return -1;
	r->depth--;
	*out = y;
	return 0;
}

/* ---- all of it ------------------------------------------------------------------------- */

static int
document(struct yaml_reader *r, struct yaml **out)
{
	while (r->at < r->end && (*r->at == '#' || *r->at == '\n')) {
		skip_blanks(r);
		if (r->at < r->end)
			newline(r);
	}
	if (r->at < r->end && *r->at == '%')
		return yaml_error(r, r->at, "directives (%%) are not read "
				  "here");
	if (marker(r, "---")) {
		r->at += 3;
		if (expect_eol(r) < 0)
			return -1;
	}
	if (next_content(r) < 0)
		return -1;
	if (r->at >= r->end) {
		*out = yaml_node(r, YAML_NOTHING);
		return *out == NULL ? -1 : 0;
	}
	if (block(r, -1, out) < 0 || next_content(r) < 0)
		return -1;
	if (r->at < r->end)
		return yaml_error(r, r->at, "this is no part of what is above: "
				  "it is indented less, or the text above ends "
				  "on its line");
	return 0;
}

int
yaml_read(struct arena *a, const char *file, const char *text, size_t size,
	  struct yaml **out, struct fr_err *err)
{
	struct yaml_reader r = { .arena = a, .file = file, .line = 1,
				 .line_start = text, .err = err };
	struct yaml *y = NULL;
	char *copy = NULL;

	if (size > YAML_SIZE_MAX)
		return yaml_error(&r, text, "larger than %u KiB",
				  YAML_SIZE_MAX / 1024);
	if (yaml_clean(&r, text, size, &copy) < 0)
		return -1;
	r.at = r.line_start = copy;
	r.line = 1;
	if (document(&r, &y) < 0)
		return -1;
	*out = y;
	return 0;
}

int
yaml_read_file(struct arena *a, const char *file, struct yaml **out,
	       const char **text, struct fr_err *err)
{
	FILE *f = fopen(file, "re");
	char *data;
	size_t size;
	int status;

	if (f == NULL) {
		err_sys(err, "%s", file);
		goto usage;
	}
	data = arena_new(a, YAML_SIZE_MAX + 2);
	size = fread(data, 1, YAML_SIZE_MAX + 1, f);
	status = ferror(f) ? err_sys(err, "%s", file) : 0;
	fclose(f);
	if (status < 0)
		goto usage;
	status = yaml_read(a, file, data, size, out, err);
	if (status == 0)
		*text = data;
	return status;
usage:
	if (err != NULL)
		err->status = EXIT_USAGE;
	return -1;
}
