/* SPDX-License-Identifier: MIT */
/* The lines of tapes and scenarios, word by word, and what is wrong with one. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "core/run/tape.h"

#define TIME_MOST (INT64_C(1000) * 3600 * 1000000000)

/* Where the line ends: before its comment, if that is not in quotes. */
static const char *
end_of(const char *line, const char *eol)
{
	bool quoted = false;

	for (; line < eol; line++) {
		if (*line == '\\' && quoted && line + 1 < eol)
			line++;
		else if (*line == '"')
			quoted = !quoted;
		else if (*line == '#' && !quoted)
			break;
	}
	return line;
}

bool
line_next(struct tape_line *l, const char **rest)
{
	const char *eol;

	if (**rest == '\0')
		return false;
	l->number++;
	l->text = l->at = *rest;
	eol = strchrnul(*rest, '\n');
	l->end = end_of(l->text, eol);
	*rest = eol + (*eol == '\n');
	return true;
}

bool
line_word(struct tape_line *l, struct tape_word *w)
{
	size_t size = 0;

	while (l->at < l->end && isspace((unsigned char)*l->at))
		l->at++;
	w->at = l->at;
	for (; l->at < l->end && !isspace((unsigned char)*l->at); l->at++)
		if (size < sizeof w->text - 1)
			w->text[size++] = *l->at;
	w->text[size] = '\0';
	return size > 0;
}

int
line_error(const struct tape_line *l, const char *at, struct fr_err *err)
{
	char inner[sizeof err->text];

	if (err == NULL)
		return -1;
	memcpy(inner, err->text, sizeof inner);
	return err_usage(err, "%s:%u:%u: %.900s", l->name, l->number,
			 (unsigned)(at - l->text) + 1, inner);
}

int
line_expect(struct tape_line *l, const char *words, struct fr_err *err)
{
	const char *next, *end;
	struct tape_word w;

	for (next = words; *next != '\0'; next = end + (*end == ' ')) {
		end = strchrnul(next, ' ');
		if (line_word(l, &w) &&
		    strlen(w.text) == (size_t)(end - next) &&
		    strncmp(w.text, next, (size_t)(end - next)) == 0)
			continue;
		if (w.text[0] == '\0')
			err_usage(err, "'%.*s' is missing",
				  (int)(end - next), next);
		else
			err_usage(err, "'%s' stands where '%.*s' should",
				  w.text, (int)(end - next), next);
		return line_error(l, w.at, err);
	}
	return 0;
}

int
line_time(struct tape_line *l, int64_t *out, struct fr_err *err)
{
	struct tape_word w;

	if (!line_word(l, &w))
		err_usage(err, "a time such as 5ms is missing");
	else if (read_time(w.text, 0, TIME_MOST, out, err) == 0)
		return 0;
	return line_error(l, w.at, err);
}

int
line_number(struct tape_line *l, int64_t min, int64_t max, int64_t *out,
	    struct fr_err *err)
{
	struct tape_word w;
	size_t size;

	if (!line_word(l, &w)) {
		err_usage(err, "a number is missing");
		return line_error(l, w.at, err);
	}
	/* "node 3: read" */
	size = strlen(w.text);
	if (w.text[size - 1] == ':') {
		w.text[size - 1] = '\0';
		l->at--;
	}
	return read_int(w.text, min, max, out, err) == 0 ? 0 :
	       line_error(l, w.at, err);
}

/* A text in quotes, as JSON has it; *at is behind it afterwards. */
static int
read_quoted(struct tape_line *l, struct buf *out, struct fr_err *err)
{
	static const char plain[] = "nrtbf\"\\/", means[] = "\n\r\t\b\f\"\\/";
	const char *begin = l->at++, *found;
	unsigned code;

	for (; l->at < l->end && *l->at != '"'; l->at++) {
		if (*l->at != '\\') {
			buf_char(out, *l->at);
			continue;
		}
		if (++l->at == l->end)
			break;
		found = strchr(plain, *l->at);
		if (found != NULL) {
			buf_char(out, means[found - plain]);
		} else if (sscanf(l->at, "u%4x", &code) == 1 && code < 256) {
			buf_char(out, (char)code);
			l->at += 4;
		} else {
			err_usage(err, "'\\%c' means nothing in a text", *l->at);
			return line_error(l, l->at, err);
		}
	}
	if (l->at >= l->end) {
		err_usage(err, "the text that begins here has no end: '\"'");
		return line_error(l, begin, err);
	}
	l->at++;
	return 0;
}

/* "[1 2 3]" */
static int
read_list(struct tape_line *l, struct arena *a, struct fr_value *out,
	  struct fr_err *err)
{
	int64_t *list = NULL;
	size_t count = 0, room = 0;
	const char *begin = l->at++;
	char *end;

	for (;;) {
		while (l->at < l->end && (isspace((unsigned char)*l->at) ||
					  *l->at == ','))
			l->at++;
		if (l->at < l->end && *l->at == ']')
			break;
		mem_grow(&list, &room, count + 1, sizeof *list);
		list[count] = strtoll(l->at, &end, 10);
		if (end == l->at || end > l->end) {
			free(list);
			err_usage(err, "a list of numbers is written [1 2 3]");
			return line_error(l, begin, err);
		}
		l->at = end;
		count++;
	}
	l->at++;
	out->kind = FR_LIST;
	out->count = (uint32_t)count;
	out->u.list = arena_copy(a, list, count * sizeof *list);
	free(list);
	return 0;
}

int
line_value(struct tape_line *l, struct arena *a, struct fr_value *out,
	   struct fr_err *err)
{
	struct tape_word w;
	struct buf b;
	int status;

	memset(out, 0, sizeof *out);
	while (l->at < l->end && isspace((unsigned char)*l->at))
		l->at++;
	if (l->at < l->end && *l->at == '[')
		return read_list(l, a, out, err);
	if (l->at < l->end && *l->at == '"') {
		buf_init(&b, FR_MESSAGE_MAX);
		status = read_quoted(l, &b, err);
		out->kind = FR_BYTES;
		out->count = (uint32_t)b.size;
		out->u.bytes = arena_copy(a, b.data, b.size);
		buf_free(&b);
		return status;
	}
	if (!line_word(l, &w))
		err_usage(err, "a value is missing: a number, nil, [1 2], or "
			  "\"text\"");
	else if (strcmp(w.text, "nil") == 0)
		return 0;
	else if (read_int(w.text, INT64_MIN, INT64_MAX, &out->u.number,
			  NULL) == 0) {
		out->kind = FR_INT;
		return 0;
	} else
		err_usage(err, "'%s' is no value: write a number, nil, [1 2], "
			  "or \"text\"", w.text);
	return line_error(l, w.at, err);
}

int
line_end(struct tape_line *l, struct fr_err *err)
{
	struct tape_word w;

	if (!line_word(l, &w))
		return 0;
	err_usage(err, "'%s' is too much: the line should end before it",
		  w.text);
	return line_error(l, w.at, err);
}
