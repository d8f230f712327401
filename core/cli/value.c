/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON.  What is read came from a socket: nesting is bounded, every
 * byte is looked at before it is taken.
 */
#include "core/cli/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"

#define DEPTH_MAX 64

/* ---- reading ------------------------------------------------------------ */

struct reader {
	struct arena *arena;
	const char *begin, *at, *end;
	const char *wrong;		/* the first thing that was            */
	int depth;
};

static bool
fail(struct reader *r, const char *what)
{
	if (r->wrong == NULL)
		r->wrong = what;
	return false;
}

static void
skip(struct reader *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at) != NULL &&
	       *r->at != '\0')
		r->at++;
}

static bool
take(struct reader *r, char c)
{
	skip(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool
take_word(struct reader *r, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(r->end - r->at) < size ||
	    memcmp(r->at, word, size) != 0)
		return fail(r, "neither true, false nor null");
	r->at += size;
	return true;
}

static size_t
put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static bool
hex4(struct reader *r, uint32_t *out)
{
	uint32_t n = 0;
	int i;

	if (r->end - r->at < 4)
		return fail(r, "an escape that is cut off");
	for (i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)r->at[i];

		if (!isxdigit(c))
			return fail(r, "an escape that is not hexadecimal");
		n = n * 16 + (uint32_t)(isdigit(c) ? c - '0' :
					tolower(c) - 'a' + 10);
	}
	r->at += 4;
	*out = n;
	return true;
}

/* Behind a backslash: what it stands for, at most four bytes. */
static bool
escape(struct reader *r, char *to, size_t *size)
{
	static const char from[] = "\"\\/bfnrt", as[] = "\"\\/\b\f\n\r\t";
	const char *known;
	uint32_t c, low;

	if (r->at == r->end)
		return fail(r, "a text that is cut off");
	known = *r->at != '\0' ? strchr(from, *r->at) : NULL;
	if (known != NULL) {
		*to = as[known - from];
		*size = 1;
		r->at++;
		return true;
	}
	if (*r->at++ != 'u')
		return fail(r, "an escape that JSON does not have");
	if (!hex4(r, &c))
		return false;
	if (c >= 0xd800 && c < 0xdc00 && r->end - r->at >= 6 &&
	    r->at[0] == '\\' && r->at[1] == 'u') {
		r->at += 2;
		if (!hex4(r, &low))
			return false;
		c = low >= 0xdc00 && low < 0xe000 ?
		    0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
	} else if (c >= 0xd800 && c < 0xe000) {
		c = 0xfffd;
	}
	/* A zero byte would end the text for us; it is shown as a blank. */
	*size = put_utf8(to, c == 0 ? ' ' : c);
	return true;
}

/* Behind the opening quote.  Never longer than what it was written as. */
static const char *
read_text(struct reader *r)
{
	const char *end = r->at;
	char *text, *to;
	size_t size;

	while (end < r->end && *end != '"')
		end += *end == '\\' && end + 1 < r->end ? 2 : 1;
	if (end >= r->end) {
		fail(r, "a text that is cut off");
		return NULL;
	}
	text = to = arena_new(r->arena, (size_t)(end - r->at) + 1);
	while (r->at < end) {
		if (*r->at != '\\') {
			*to++ = *r->at++;
			continue;
		}
		r->at++;
		if (!escape(r, to, &size))
			return NULL;
		to += size;
	}
	r->at = end + 1;
	*to = '\0';
	return text;
}

static bool
read_number(struct reader *r, struct value *v)
{
	const char *begin = r->at;
	char *text, *end;

	while (r->at < r->end && (isalnum((unsigned char)*r->at) ||
				  strchr("+-.", *r->at) != NULL) &&
	       *r->at != '\0')
		r->at++;
	text = arena_new(r->arena, (size_t)(r->at - begin) + 1);
	memcpy(text, begin, (size_t)(r->at - begin));
	strtod(text, &end);
	if (end == text || *end != '\0' || strpbrk(text, "xXnN") != NULL)
		return fail(r, "a number that is none");
	v->kind = VALUE_NUMBER;
	v->text = text;
	return true;
}

static bool read_any(struct reader *r, struct value *v);

static bool
read_members(struct reader *r, struct value *v, char closer)
{
	struct value **tail = &v->members;

	if (++r->depth > DEPTH_MAX)
		return fail(r, "values nested too deep");
	v->kind = closer == '}' ? VALUE_OBJECT : VALUE_ARRAY;
	if (!take(r, closer)) {
		do {
			struct value *m = arena_new(r->arena, sizeof *m);

			if (closer == '}' &&
			    (!take(r, '"') ||
			     (m->name = read_text(r)) == NULL ||
			     !take(r, ':')))
				return fail(r, "no name and colon");
			if (!read_any(r, m))
				return false;
			*tail = m;
			tail = &m->next;
		} while (take(r, ','));
		if (!take(r, closer))
			return fail(r, "neither a comma nor an end");
	}
	r->depth--;
	return true;
}

static bool
read_any(struct reader *r, struct value *v)
{
	skip(r);
	if (r->at == r->end)
		return fail(r, "nothing where a value belongs");
	switch (*r->at) {
	case '{':
	case '[':
		return read_members(r, v, *r->at++ == '{' ? '}' : ']');
	case '"':
		r->at++;
		v->kind = VALUE_TEXT;
		return (v->text = read_text(r)) != NULL;
	case 't':
	case 'f':
		v->kind = VALUE_BOOL;
		v->truth = *r->at == 't';
		return take_word(r, v->truth ? "true" : "false");
	case 'n':
		v->kind = VALUE_NULL;
		return take_word(r, "null");
	default:
		return read_number(r, v);
	}
}

int
value_read(struct arena *a, const char *text, size_t size, struct value **out,
	   struct fr_err *err)
{
	struct reader r = {
		.arena = a, .begin = text, .at = text, .end = text + size,
	};
	struct value *v = arena_new(a, sizeof *v);

	if (read_any(&r, v)) {
		skip(&r);
		if (r.at != r.end)
			fail(&r, "more behind the end");
	}
	if (r.wrong != NULL)
		return err_set(err, "this is not JSON: %s, at byte %zu",
			       r.wrong, (size_t)(r.at - r.begin));
	*out = v;
	return 0;
}

const struct value *
value_member(const struct value *v, const char *name)
{
	const struct value *m;

	if (v == NULL || v->kind != VALUE_OBJECT)
		return NULL;
	for (m = v->members; m != NULL; m = m->next)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

const char *
value_string(const struct value *v, const char *name)
{
	const struct value *m = value_member(v, name);

	return m != NULL && (m->kind == VALUE_TEXT ||
			     m->kind == VALUE_NUMBER) ? m->text : NULL;
}

int64_t
value_number(const struct value *v, const char *name, int64_t fallback)
{
	const struct value *m = value_member(v, name);
	int64_t n;

	if (m == NULL || m->kind != VALUE_NUMBER ||
	    read_int(m->text, INT64_MIN, INT64_MAX, &n, NULL) < 0)
		return fallback;
	return n;
}
