/* SPDX-License-Identifier: MIT */
/*
 * EDN, as far as histories need it: maps with keywords, and whatever else may
 * stand in them is stepped over.  Commas are white space, ; begins a comment,
 * #tag before a map says nothing, #_ hides the next map.
 */
#include "checker/scan.h"

#include <string.h>

static void
space(struct scan *s)
{
	for (; s->at < s->end; s->at++) {
		if (*s->at == ';') {
			while (s->at < s->end && *s->at != '\n')
				s->at++;
			if (s->at == s->end)
				return;
		} else if (*s->at != ' ' && *s->at != ',' && *s->at != '\n' &&
			   *s->at != '\t' && *s->at != '\r') {
			return;
		}
	}
}

static bool
ends_token(char c)
{
	return c == ' ' || c == ',' || c == '\n' || c == '\t' || c == '\r' ||
		c == '}' || c == ']' || c == ')' || c == '{' || c == '[' ||
		c == '(' || c == '"' || c == ';';
}

static struct span
token(struct scan *s)
{
	struct span t = { s->at, 0 };

	while (s->at < s->end && !ends_token(*s->at))
		s->at++;
	t.size = (size_t)(s->at - t.at);
	return t;
}

static int
text(struct scan *s, struct fr_value *out)
{
	const char *start = s->at++, *p;
	bool plain = true;
	char *to, *copy;

	for (; s->at < s->end && *s->at != '"'; s->at++) {
		if (*s->at == '\\') {
			plain = false;
			s->at++;
		}
	}
	if (s->at >= s->end)
		return scan_error(s, start, "a text that does not end");
	memset(out, 0, sizeof *out);
	out->kind = FR_BYTES;
	out->u.bytes = start + 1;
	out->count = (uint32_t)(s->at - start - 1);
	if ((size_t)(s->at - start) > UINT32_MAX / 2)
		return scan_error(s, start, "a text that is too long");
	if (!plain) {
		to = copy = arena_new(&s->out->arena, out->count + (size_t)1);
		for (p = start + 1; p < s->at; p++) {
			if (*p != '\\') {
				*to++ = *p;
				continue;
			}
			p++;
			*to++ = *p == 'n' ? '\n' : *p == 't' ? '\t' :
				*p == 'r' ? '\r' : *p;
		}
		out->u.bytes = copy;
		out->count = (uint32_t)(to - copy);
	}
	s->at++;
	return 0;
}

/* Over one value of any shape, however deep, without recursion. */
static int
skip(struct scan *s)
{
	const char *start = s->at;
	struct fr_value ignored;
	uint64_t depth = 0;
	bool tagged;

	do {
		space(s);
		if (s->at == s->end)
			return scan_error(s, start, "a value that does not "
					  "end");
		tagged = false;
		switch (*s->at) {
		case '[': case '(': case '{':
			depth++;
			s->at++;
			break;
		case ']': case ')': case '}':
			if (depth == 0)
				return scan_error(s, s->at, "a value is "
						  "missing");
			depth--;
			s->at++;
			break;
		case '"':
			if (text(s, &ignored) != 0)
				return -1;
			break;
		case '\\':
			s->at += s->end - s->at > 1 ? 2 : 1;
			token(s);
			break;
		case '#':
			s->at++;
			if (s->at < s->end && *s->at == '{')
				break;
			token(s);
			tagged = true;
			break;
		default:
			if (token(s).size == 0)
				return scan_error(s, s->at, "no value begins "
					"with %s", scan_near(s, s->at));
			break;
		}
	} while (depth > 0 || tagged);
	return 0;
}

/* [f key value] */
static int
micro(struct scan *s)
{
	const char *start = s->at++;
	struct fr_value value = { FR_NIL, 0, { 0 } };
	struct span f;
	int64_t key = 0;
	bool has_key;
	int status;

	s->in_micro = true;
	space(s);
	f = token(s);
	if (f.size > 0 && f.at[0] == ':') {
		f.at++;
		f.size--;
	}
	space(s);
	status = scan_number(s, &key);
	if (status < 0)
		return -1;
	has_key = status > 0;
	space(s);
	if (s->at < s->end && *s->at != ']' && scan_edn_value(s, &value) != 0)
		return -1;
	space(s);
	if (s->at == s->end || *s->at != ']')
		return scan_error(s, start, "a micro-operation is [f key "
				  "value]");
	s->at++;
	s->in_micro = false;
	return scan_micro(s, start, f, has_key, key, &value);
}

/* A list or a set of whole numbers, or a transaction. */
static int
list(struct scan *s, char closer, struct fr_value *out)
{
	const char *start = s->at++;
	size_t first = s->number_count;
	int64_t n;
	int status;

	for (;;) {
		space(s);
		if (s->at == s->end)
			return scan_error(s, start, "a list that does not end");
		if (*s->at == closer)
			break;
		if (*s->at == '[' && closer == ']' && !s->in_micro) {
			if (micro(s) != 0)
				return -1;
			continue;
		}
		status = scan_number(s, &n);
		if (status < 0)
			return -1;
		if (status == 0)
			return scan_error(s, s->at, "a list holds whole "
				"numbers, not %s", scan_near(s, s->at));
		scan_push(s, n);
	}
	s->at++;
	*out = scan_list(s, first);
	return 0;
}

int
scan_edn_value(struct scan *s, struct fr_value *out)
{
	const char *start = s->at;
	struct span t;
	int status;

	memset(out, 0, sizeof *out);
	if (s->at == s->end)
		return scan_error(s, s->at, "a value is missing");
	switch (*s->at) {
	case '"':
		return text(s, out);
	case '[':
		return list(s, ']', out);
	case '(':
		return list(s, ')', out);
	case '#':
		if (s->end - s->at > 1 && s->at[1] == '{') {
			s->at++;
			return list(s, '}', out);
		}
		break;
	default:
		break;
	}
	status = scan_number(s, &out->u.number);
	if (status < 0)
		return -1;
	if (status > 0) {
		if (s->at < s->end && !ends_token(*s->at))
			return scan_error(s, start, "no value is written %s",
					  scan_near(s, start));
		out->kind = FR_INT;
		return 0;
	}
	t = token(s);
	if (span_is(t, "nil"))
		return 0;
	if (span_is(t, "true") || span_is(t, "false")) {
		out->kind = FR_INT;
		out->u.number = t.size == 4;
		return 0;
	}
	if (t.size > 1 && t.at[0] == ':') {
		out->kind = FR_BYTES;
		out->count = (uint32_t)t.size - 1;
		out->u.bytes = t.at + 1;
		return 0;
	}
	return scan_error(s, start, "no value is written %s",
			  scan_near(s, start));
}

/* A keyword's name: nil or something else gives none. */
static struct span
keyword(struct scan *s)
{
	struct span t = token(s);

	if (t.size == 0 || t.at[0] != ':') {
		t.size = 0;
		return t;
	}
	t.at++;
	t.size--;
	return t;
}

static int
whole(struct scan *s, const char *what, int64_t *out)
{
	int status = scan_number(s, out);

	if (status == 0)
		return scan_error(s, s->at, "%s is a whole number, not %s",
				  what, scan_near(s, s->at));
	return status < 0 ? -1 : 0;
}

static int
key_value(struct scan *s, struct line *l)
{
	const char *start = s->at;
	struct fr_value v;

	if (scan_edn_value(s, &v) != 0)
		return -1;
	if (v.kind == FR_NIL)
		return 0;
	return scan_key(s, start, &v, l);
}

static int
entry(struct scan *s, struct line *l)
{
	const char *start = s->at;
	struct span name = keyword(s), t;

	if (name.size == 0)
		return scan_error(s, start, "a keyword belongs here, not %s",
				  scan_near(s, start));
	space(s);
	start = s->at;
	if (span_is(name, "process")) {
		if (s->at < s->end && *s->at == ':') {
			l->foreign = true;
			return skip(s);
		}
		l->has_process = true;
		return whole(s, "a process", &l->process);
	}
	if (span_is(name, "type")) {
		t = keyword(s);
		l->type = scan_type(t);
		if (l->type == TYPE_NONE)
			return scan_error(s, start, "a type is :invoke, :ok, "
				":fail or :info, not %s",
				scan_near(s, start));
		return 0;
	}
	if (span_is(name, "f")) {
		l->f = keyword(s);
		if (l->f.size == 0)
			return scan_error(s, start, "an f is a keyword, not %s",
					  scan_near(s, start));
		return 0;
	}
	if (span_is(name, "key"))
		return key_value(s, l);
	if (span_is(name, "time")) {
		l->has_time = true;
		return whole(s, "a time", &l->time);
	}
	if (span_is(name, "value")) {
		/* What an info or the nemesis says is not looked at. */
		if (l->foreign || l->type == TYPE_INFO)
			return skip(s);
		l->has_value = true;
		return scan_edn_value(s, &l->value);
	}
	return skip(s);
}

static int
map(struct scan *s)
{
	struct line l;

	memset(&l, 0, sizeof l);
	l.client = -1;
	l.start = s->at++;
	for (;;) {
		space(s);
		if (s->at == s->end)
			return scan_error(s, l.start, "a map that does not "
					  "end");
		if (*s->at == '}')
			break;
		if (entry(s, &l) != 0)
			return -1;
	}
	s->at++;
	return scan_event(s, &l);
}

int
scan_edn(struct scan *s)
{
	const char *start = NULL;
	char closer = '\0';

	space(s);
	if (s->at < s->end && (*s->at == '[' || *s->at == '(')) {
		closer = *s->at == '[' ? ']' : ')';
		start = s->at++;
	}
	for (;;) {
		space(s);
		if (s->at == s->end)
			break;
		if (*s->at == '{') {
			if (map(s) != 0)
				return -1;
		} else if (s->end - s->at > 1 && s->at[0] == '#' &&
			   s->at[1] == '_') {
			s->at += 2;
			if (skip(s) != 0)
				return -1;
		} else if (*s->at == '#') {
			token(s);	/* a tag, as of a record */
		} else if (closer != '\0' && *s->at == closer) {
			s->at++;
			space(s);
			if (s->at < s->end)
				return scan_error(s, s->at, "something behind "
					"the end: %s", scan_near(s, s->at));
			return 0;
		} else {
			return scan_error(s, s->at, "a map {...} belongs "
				"here, not %s", scan_near(s, s->at));
		}
	}
	if (closer != '\0')
		return scan_error(s, start, "a list of events that does not "
				  "end");
	return 0;
}
