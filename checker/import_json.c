/* SPDX-License-Identifier: MIT */
/*
 * JSON Lines: one object an event.  What an object has besides is stepped
 * over; an array of such objects is taken as well.
 */
#include "checker/scan.h"

#include <string.h>

static inline void
space(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' ||
				  *s->at == '\t' || *s->at == '\r'))
		s->at++;
}

static int
hex(struct scan *s, const char *at, uint32_t *out)
{
	uint32_t i, n = 0;
	char c;

	for (i = 0; i < 4; i++) {
		c = at + i < s->end ? at[i] : '\0';
		if (c >= '0' && c <= '9')
			n = n * 16 + (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n * 16 + (uint32_t)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			n = n * 16 + (uint32_t)(c - 'A') + 10;
		else
			return scan_error(s, at, "\\u needs four hexadecimal "
					  "digits");
	}
	*out = n;
	return 0;
}

static char *
utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

static int
unescape(struct scan *s, const char *p, const char *end, struct span *out)
{
	char *copy = arena_new(&s->out->arena, (size_t)(end - p) + 1);
	char *to = copy;
	uint32_t c, low;

	for (; p < end; p++) {
		if (*p != '\\') {
			*to++ = *p;
			continue;
		}
		switch (*++p) {
		case 'n': *to++ = '\n'; break;
		case 't': *to++ = '\t'; break;
		case 'r': *to++ = '\r'; break;
		case 'b': *to++ = '\b'; break;
		case 'f': *to++ = '\f'; break;
		case '"': case '\\': case '/': *to++ = *p; break;
		case 'u':
			if (hex(s, p + 1, &c) != 0)
				return -1;
			p += 4;
			if (c >= 0xd800 && c < 0xdc00 && end - p > 6 &&
			    p[1] == '\\' && p[2] == 'u') {
				if (hex(s, p + 3, &low) != 0)
					return -1;
				c = 0x10000 + ((c - 0xd800) << 10) +
					((low - 0xdc00) & 0x3ff);
				p += 6;
			}
			to = utf8(to, c);
			break;
		default:
			return scan_error(s, p, "no such escape in a text");
		}
	}
	out->at = copy;
	out->size = (size_t)(to - copy);
	return 0;
}

static int
text(struct scan *s, struct span *out)
{
	const char *start = s->at, *p = s->at + 1;
	bool plain = true;

	if (s->at == s->end || *s->at != '"')
		return scan_error(s, s->at, "a text in \"...\" belongs here, "
				  "not %s", scan_near(s, s->at));
	for (; p < s->end && *p != '"' && *p != '\n'; p++) {
		if (*p == '\\') {
			plain = false;
			if (++p == s->end)
				break;
		}
	}
	if (p >= s->end || *p == '\n')
		return scan_error(s, start, "a text that does not end");
	s->at = p + 1;
	out->at = start + 1;
	out->size = (size_t)(p - start) - 1;
	if (out->size > UINT32_MAX / 2)
		return scan_error(s, start, "a text that is too long");
	return plain ? 0 : unescape(s, start + 1, p, out);
}

static bool
word(struct scan *s, const char *what)
{
	size_t size = strlen(what);

	if ((size_t)(s->end - s->at) < size ||
	    memcmp(s->at, what, size) != 0)
		return false;
	s->at += size;
	return true;
}

/* Over one value of any shape, however deep, without recursion. */
static int
skip(struct scan *s)
{
	const char *start = s->at;
	struct span ignored;
	uint64_t depth = 0;

	do {
		space(s);
		if (s->at == s->end)
			return scan_error(s, start, "a value that does not "
					  "end");
		if (*s->at == '"') {
			if (text(s, &ignored) != 0)
				return -1;
		} else if (*s->at == '[' || *s->at == '{') {
			depth++;
			s->at++;
		} else if (*s->at == ']' || *s->at == '}') {
			if (depth == 0)
				return scan_error(s, s->at, "a value is "
						  "missing");
			depth--;
			s->at++;
		} else if (depth > 0 && (*s->at == ',' || *s->at == ':')) {
			s->at++;
		} else if ((*s->at >= '0' && *s->at <= '9') ||
			   *s->at == '-') {
			while (s->at < s->end && memchr("0123456789+-.eE",
							*s->at, 15) != NULL)
				s->at++;
		} else if (!word(s, "true") && !word(s, "false") &&
			   !word(s, "null")) {
			return scan_error(s, s->at, "no value is written %s",
					  scan_near(s, s->at));
		}
	} while (depth > 0);
	return 0;
}

static int value(struct scan *s, struct fr_value *out);

/* ["append", key, value]: the inner value is never a transaction again. */
static int
micro(struct scan *s)
{
	const char *start = s->at++;
	struct fr_value v = { FR_NIL, 0, { 0 } };
	struct span f;
	int64_t key = 0;
	int status;

	s->in_micro = true;
	space(s);
	if (text(s, &f) != 0)
		return -1;
	space(s);
	if (s->at < s->end && *s->at == ',')
		s->at++;
	space(s);
	status = scan_number(s, &key);
	if (status < 0)
		return -1;
	space(s);
	if (s->at < s->end && *s->at == ',') {
		s->at++;
		space(s);
		if (value(s, &v) != 0)
			return -1;
		space(s);
	}
	if (s->at == s->end || *s->at != ']')
		return scan_error(s, start, "a micro-operation is "
				  "[\"f\", key, value]");
	s->at++;
	s->in_micro = false;
	return scan_micro(s, start, f, status > 0, key, &v);
}

static int
list(struct scan *s, struct fr_value *out)
{
	const char *start = s->at++;
	size_t first = s->number_count;
	int64_t n;
	int status;

	for (;;) {
		space(s);
		if (s->at == s->end)
			return scan_error(s, start, "a list that does not end");
		if (*s->at == ']')
			break;
		if (*s->at == '[') {
			if (s->in_micro)
				return scan_error(s, s->at,
						  "a list that is too deep");
			if (micro(s) != 0)
				return -1;
		} else {
			status = scan_number(s, &n);
			if (status < 0)
				return -1;
			if (status == 0)
				return scan_error(s, s->at, "a list holds "
					"whole numbers, not %s",
					scan_near(s, s->at));
			scan_push(s, n);
		}
		space(s);
		if (s->at < s->end && *s->at == ',')
			s->at++;
		else if (s->at < s->end && *s->at != ']')
			return scan_error(s, s->at, "a comma or ] belongs "
				"here, not %s", scan_near(s, s->at));
	}
	s->at++;
	*out = scan_list(s, first);
	return 0;
}

static int
value(struct scan *s, struct fr_value *out)
{
	struct span t;
	int status;

	memset(out, 0, sizeof *out);
	if (s->at == s->end)
		return scan_error(s, s->at, "a value is missing");
	if (*s->at == '"') {
		if (text(s, &t) != 0)
			return -1;
		out->kind = FR_BYTES;
		out->count = (uint32_t)t.size;
		out->u.bytes = t.at;
		return 0;
	}
	if (*s->at == '[')
		return list(s, out);
	if (word(s, "null"))
		return 0;
	status = scan_number(s, &out->u.number);
	if (status < 0)
		return -1;
	if (status == 0) {
		if (word(s, "true"))
			out->u.number = 1;
		else if (!word(s, "false"))
			return scan_error(s, s->at, "no value is written %s",
					  scan_near(s, s->at));
	}
	out->kind = FR_INT;
	return 0;
}

static int
number(struct scan *s, int64_t *out)
{
	int status = scan_number(s, out);

	if (status == 0)
		return scan_error(s, s->at, "a whole number belongs here, "
				  "not %s", scan_near(s, s->at));
	return status < 0 ? -1 : 0;
}

static int
field(struct scan *s, struct span name, struct line *l)
{
	const char *start = s->at;
	struct fr_value v;
	struct span t;

	if (span_is(name, "process")) {
		if (s->at < s->end && *s->at == '"') {
			l->foreign = true;
			return text(s, &t);
		}
		l->has_process = true;
		return number(s, &l->process);
	}
	if (span_is(name, "type")) {
		if (text(s, &t) != 0)
			return -1;
		l->type = scan_type(t);
		if (l->type == TYPE_NONE)
			return scan_error(s, start, "a type is invoke, ok, "
				"fail or info, not %s", scan_near(s, start));
		return 0;
	}
	if (span_is(name, "f"))
		return text(s, &l->f);
	if (span_is(name, "value")) {
		if (l->foreign || l->type == TYPE_INFO)
			return skip(s);
		l->has_value = true;
		return value(s, &l->value);
	}
	if (span_is(name, "key")) {
		if (value(s, &v) != 0)
			return -1;
		return v.kind == FR_NIL ? 0 : scan_key(s, start, &v, l);
	}
	if (span_is(name, "time")) {
		l->has_time = true;
		return number(s, &l->time);
	}
	if (span_is(name, "node"))
		return number(s, &l->node);
	if (span_is(name, "client"))
		return number(s, &l->client);
	return skip(s);
}

static int
object(struct scan *s)
{
	struct span name;
	struct line l;

	memset(&l, 0, sizeof l);
	l.client = -1;
	l.start = s->at++;
	space(s);
	while (s->at < s->end && *s->at != '}') {
		if (text(s, &name) != 0)
			return -1;
		space(s);
		if (s->at == s->end || *s->at != ':')
			return scan_error(s, s->at, "a colon belongs here, "
				"not %s", scan_near(s, s->at));
		s->at++;
		space(s);
		if (field(s, name, &l) != 0)
			return -1;
		space(s);
		if (s->at < s->end && *s->at == ',') {
			s->at++;
			space(s);
		} else if (s->at < s->end && *s->at != '}') {
			return scan_error(s, s->at, "a comma or } belongs "
				"here, not %s", scan_near(s, s->at));
		}
	}
	if (s->at == s->end)
		return scan_error(s, l.start, "an object that does not end");
	s->at++;
	return scan_event(s, &l);
}

int
scan_json(struct scan *s)
{
	const char *array = NULL;

	space(s);
	if (s->at < s->end && *s->at == '[')
		array = s->at++;
	for (;;) {
		space(s);
		if (s->at == s->end)
			break;
		if (*s->at == '{') {
			if (object(s) != 0)
				return -1;
		} else if (array != NULL && *s->at == ',') {
			s->at++;
		} else if (array != NULL && *s->at == ']') {
			s->at++;
			space(s);
			if (s->at < s->end)
				return scan_error(s, s->at, "something behind "
					"the end: %s", scan_near(s, s->at));
			return 0;
		} else {
			return scan_error(s, s->at, "an object {...} belongs "
				"here, not %s", scan_near(s, s->at));
		}
	}
	return array == NULL ? 0 : scan_error(s, array,
		"a list of events that does not end");
}
