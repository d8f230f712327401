/* SPDX-License-Identifier: MIT */
/*
 * EDN, as far as histories need it: maps with keywords, and whatever else may
 * stand in them is stepped over.  Commas are white space, ; begins a comment,
 * a #tag says nothing about what follows, #_ hides the next form.
 *
 * Nothing recurses but values, three deep: a pair's value, in it a
 * transaction, in it what was read.
 */
#include <string.h>

#include "checker/import/reader.h"

/* ---- white space and tokens ---------------------------------------------- */

static void
blank(struct reader *r)
{
	for (; r->at < r->end; r->at++) {
		if (*r->at == ';') {
			r->at = memchr(r->at, '\n', (size_t)(r->end - r->at));
			if (r->at == NULL)
				r->at = r->end;
			if (r->at == r->end)
				return;
		} else if (*r->at != ' ' && *r->at != ',' && *r->at != '\n' &&
			   *r->at != '\t' && *r->at != '\r') {
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
token(struct reader *r)
{
	struct span t = { r->at, 0 };

	while (r->at < r->end && !ends_token(*r->at))
		r->at++;
	t.size = (size_t)(r->at - t.at);
	return t;
}

/* ---- texts --------------------------------------------------------------- */

/* Over "...": what is between, as it stands; *plain: without escapes. */
static int
quoted(struct reader *r, struct span *out, bool *plain)
{
	const char *start = r->at++;

	*plain = true;
	for (; r->at < r->end && *r->at != '"'; r->at++) {
		if (*r->at == '\\') {
			*plain = false;
			r->at++;
		}
	}
	if (r->at >= r->end) {
		r->at = r->end;
		return reader_error(r, start, "a text that does not end");
	}
	out->at = start + 1;
	out->size = (size_t)(r->at - start) - 1;
	r->at++;
	return 0;
}

static int
text(struct reader *r, struct span *out)
{
	const char *start = r->at;
	bool plain;

	return quoted(r, out, &plain) != 0 ? -1 :
		reader_text(r, start, plain, "", out);
}

/* ---- stepping over ------------------------------------------------------- */

/* Over one form of any shape, without recursion. */
static int
skip(struct reader *r)
{
	const char *start = r->at;
	char open[DEPTH_MAX];
	struct span ignored;
	uint32_t depth = 0;
	bool more, plain;

	do {
		more = false;
		blank(r);
		if (r->at == r->end)
			return reader_error(r, start, "a value that does not "
					    "end");
		switch (*r->at) {
		case '[': case '(': case '{':
			if (depth == DEPTH_MAX)
				return reader_error(r, r->at, "nested deeper "
					"than %u", DEPTH_MAX);
			open[depth++] = *r->at++;
			break;
		case ']': case ')': case '}':
			if (depth == 0)
				return reader_error(r, r->at, "a value is "
						    "missing");
			if (open[--depth] != reader_opener(*r->at))
				return reader_error(r, r->at, "this closes "
					"what was opened with %c",
					open[depth]);
			r->at++;
			break;
		case '"':
			if (quoted(r, &ignored, &plain) != 0)
				return -1;
			break;
		case '\\':
			r->at += r->end - r->at > 1 ? 2 : 1;
			token(r);
			break;
		case '#':	/* a tag, a set, a form that is hidden */
			r->at++;
			token(r);
			more = true;
			break;
		default:
			if (token(r).size == 0)
				return reader_error(r, r->at, "no value begins "
					"with %s", reader_near(r, r->at));
			break;
		}
	} while (depth > 0 || more);
	return 0;
}

/* White space, and forms that are hidden by #_ (#_ #_ a b hides two). */
static int
space(struct reader *r)
{
	uint64_t hidden = 0;

	for (;;) {
		blank(r);
		if (r->end - r->at > 1 && r->at[0] == '#' && r->at[1] == '_') {
			r->at += 2;
			hidden++;
		} else if (hidden > 0) {
			if (skip(r) != 0)
				return -1;
			hidden--;
		} else {
			return 0;
		}
	}
}

/* ---- values -------------------------------------------------------------- */

static int value(struct reader *r, unsigned int level, struct raw *out);

static int
expect(struct reader *r, const char *start, char closer, const char *what)
{
	if (space(r) != 0)
		return -1;
	if (!next_is(r, closer))
		return reader_error(r, r->at < r->end ? r->at : start, "%s, "
				    "not %s", what, reader_near(r, r->at));
	r->at++;
	return 0;
}

/* A key that stands in a value: a number, a text or a keyword; 0: none. */
static int
inner_key(struct reader *r, int64_t *out)
{
	const char *start = r->at;
	struct span t;
	int status;

	if (next_is(r, '"')) {
		if (text(r, &t) != 0)
			return -1;
	} else if (next_is(r, ':')) {
		r->at++;
		t = token(r);
	} else {
		status = reader_number(r, out);
		if (status > 0 && reader_number_key(r, start, *out) != 0)
			return -1;
		return status;
	}
	return reader_text_key(r, start, t, out) != 0 ? -1 : 1;
}

/* [f key value], of which the bracket was read. */
static int
micro(struct reader *r, const char *start, char closer)
{
	static const char form[] = "a micro-operation is [f key value]";
	struct raw inner;
	struct span f;
	int64_t key;
	int status;

	memset(&inner, 0, sizeof inner);
	if (space(r) != 0)
		return -1;
	f = token(r);
	if (f.size > 0 && f.at[0] == ':') {
		f.at++;
		f.size--;
	}
	if (space(r) != 0)
		return -1;
	status = inner_key(r, &key);
	if (status == 0)
		return reader_error(r, start, "%s", form);
	if (status < 0 || space(r) != 0)
		return -1;
	if (key < KEY_TEXTS + KEY_TEXTS_MAX)
		r->txn_texts = true;
	if (!next_is(r, closer) && value(r, 2, &inner) != 0)
		return -1;
	if (expect(r, start, closer, form) != 0)
		return -1;
	return reader_push_micro(r, start, f, key, &inner.value);
}

/*
 * A list: of whole numbers; of micro-operations; or a pair of a key and
 * anything.  level: 0 at the top, 1 in a pair, 2 in a micro-operation.
 */
static int
list(struct reader *r, char closer, unsigned int level, struct raw *out)
{
	const char *start = r->at++, *item;
	size_t first = r->number_count, count;
	bool transaction = false;
	int64_t key = 0;
	int status;

	for (count = 0;; count++) {
		if (space(r) != 0)
			return -1;
		item = r->at;
		if (r->at == r->end)
			return reader_error(r, start,
					    "a list that does not end");
		if (*r->at == closer)
			break;
		if ((*r->at == '[' || *r->at == '(') && level < 2 &&
		    (count == 0 || transaction)) {
			transaction = true;
			r->at++;
			if (micro(r, item, *item == '[' ? ']' : ')') != 0)
				return -1;
			continue;
		}
		status = transaction ? 0 : reader_number(r, &key);
		if (status > 0 && reader_push(r, item, key) != 0)
			return -1;
		if (status > 0)
			continue;
		if (status < 0)
			return -1;
		if (level > 0 || transaction || count > 1 ||
		    (count == 0 && *item != '"' && *item != ':'))
			return reader_error(r, item, "a list holds whole "
				"numbers, not %s", reader_near(r, item));
		/* It can only be a pair. */
		if (count == 0) {
			if (inner_key(r, &key) < 0 || space(r) != 0)
				return -1;
		} else if (reader_number_key(r, start, key) != 0) {
			return -1;
		}
		r->number_count = first;
		if (value(r, 1, out) != 0)
			return -1;
		out->pair = true;
		out->key = key;
		return expect(r, start, closer, "a pair is [key value]");
	}
	r->at++;
	out->value = reader_take_list(r, first);
	out->maybe = count == 2 && !transaction;
	return 0;
}

static int
set(struct reader *r, struct raw *out)
{
	const char *start = r->at++;
	size_t first = r->number_count;
	int64_t n;

	for (;;) {
		if (space(r) != 0)
			return -1;
		if (r->at == r->end)
			return reader_error(r, start, "a set that does not "
					    "end");
		if (*r->at == '}')
			break;
		if (reader_whole(r, "what a set holds", INT64_MIN, INT64_MAX,
				 &n) != 0 || reader_push(r, r->at, n) != 0)
			return -1;
	}
	r->at++;
	out->value = reader_take_list(r, first);
	return 0;
}

/* {0 10, 1 20} or {:from 0, :to 1, :amount 5} */
static int
map(struct reader *r, struct raw *out)
{
	const char *start = r->at++, *item;
	size_t first = r->number_count;
	struct transfer t = { 0 };
	bool named = false;
	struct span name;
	int64_t n;

	for (;;) {
		if (space(r) != 0)
			return -1;
		item = r->at;
		if (r->at == r->end)
			return reader_error(r, start, "a map that does not "
					    "end");
		if (*r->at == '}')
			break;
		name.size = 0;
		if (*r->at == ':') {
			r->at++;
			name = token(r);
			named = true;
		} else if (reader_whole(r, "a key of this map", INT64_MIN,
					INT64_MAX, &n) != 0 ||
			   reader_push(r, item, n) != 0) {
			return -1;
		}
		if (space(r) != 0 ||
		    reader_whole(r, "what this map holds", INT64_MIN,
				 INT64_MAX, &n) != 0)
			return -1;
		if ((named ? reader_transfer_part(r, item, name, n, &t) :
		     reader_push(r, item, n)) != 0)
			return -1;
	}
	r->at++;
	return named ? reader_take_transfer(r, start, first, &t, &out->value) :
		reader_take_map(r, start, first, &out->value);
}

/* nil, true, false, a keyword */
static int
word(struct reader *r, struct fr_value *out)
{
	const char *start = r->at;
	struct span t = token(r);

	if (span_is(t, "nil"))
		return 0;
	if (span_is(t, "true") || span_is(t, "false")) {
		out->kind = FR_INT;
		out->u.number = t.size == 4;
		return 0;
	}
	if (t.size > 1 && t.at[0] == ':' && t.size <= TEXT_MAX) {
		*out = span_value((struct span){ t.at + 1, t.size - 1 });
		return 0;
	}
	return reader_error(r, start, "no value is written %s",
			    reader_near(r, start));
}

/* After a #: a set; bytes; or the value behind a tag. */
static int
tagged(struct reader *r, unsigned int level, struct raw *out)
{
	struct span tag, digits;
	const char *start;

	for (;;) {
		r->at++;
		if (next_is(r, '{'))
			return set(r, out);
		tag = token(r);
		if (tag.size == 0)
			return reader_error(r, r->at, "a tag belongs behind "
				"#, not %s", reader_near(r, r->at));
		if (space(r) != 0)
			return -1;
		if (!next_is(r, '#'))
			break;
	}
	if (!span_is(tag, "fracas/hex"))
		return value(r, level, out);
	if (!next_is(r, '"'))
		return reader_error(r, r->at, "a text belongs behind the tag, "
				    "not %s", reader_near(r, r->at));
	start = r->at;
	return text(r, &digits) != 0 ? -1 :
		reader_hex(r, start, digits, &out->value);
}

static int
value(struct reader *r, unsigned int level, struct raw *out)
{
	const char *start = r->at;
	struct span t;
	int status;

	memset(out, 0, sizeof *out);
	if (r->at == r->end)
		return reader_error(r, r->at, "a value is missing");
	switch (*r->at) {
	case '"':
		if (text(r, &t) != 0)
			return -1;
		out->value = span_value(t);
		return 0;
	case '[':
		return list(r, ']', level, out);
	case '(':
		return list(r, ')', level, out);
	case '{':
		return map(r, out);
	case '#':
		return tagged(r, level, out);
	default:
		break;
	}
	status = reader_number(r, &out->value.u.number);
	if (status < 0)
		return -1;
	if (status == 0)
		return word(r, &out->value);
	out->value.kind = FR_INT;
	if (next_is(r, 'N'))
		r->at++;		/* a BigInt that fits all the same */
	if (r->at < r->end && !ends_token(*r->at))
		return reader_error(r, start, "no value is written %s",
				    reader_near(r, start));
	return 0;
}

int
reader_edn_value(struct reader *r, struct raw *out)
{
	const char *start = r->at;

	r->number_count = 0;
	return value(r, 0, out) != 0 ? -1 : reader_settle(r, start, out);
}

/* ---- events -------------------------------------------------------------- */

/* An f or a type: a keyword, a symbol or a text. */
static int
name(struct reader *r, const char *what, struct span *out)
{
	const char *start = r->at;

	if (next_is(r, '"'))
		return text(r, out);
	*out = token(r);
	if (out->size > 1 && out->at[0] == ':') {
		out->at++;
		out->size--;
		return 0;
	}
	return reader_error(r, start, "%s is a keyword, not %s", what,
			    reader_near(r, start));
}

static int
key(struct reader *r, struct line *l)
{
	const char *start = r->at;
	int status = inner_key(r, &l->key);
	struct span t;

	if (status != 0) {
		l->has_key = status > 0;
		return status < 0 ? -1 : 0;
	}
	t = token(r);
	return span_is(t, "nil") ? 0 :
		reader_error(r, start, "a key is a number or a text, not %s",
			     reader_near(r, start));
}

static int
truth(struct reader *r, bool *out)
{
	const char *start = r->at;
	struct span t = token(r);

	*out = span_is(t, "true");
	return *out || span_is(t, "false") ? 0 :
		reader_error(r, start, "true or false belongs here, not %s",
			     reader_near(r, start));
}

static int
field_value(struct reader *r, struct line *l, enum field f)
{
	const char *start = r->at;
	struct span t;

	switch (f) {
	case FIELD_PROCESS:
		l->foreign = next_is(r, ':');
		return l->foreign ? skip(r) :
			reader_whole(r, "a process", INT64_MIN, INT64_MAX,
				     &l->process);
	case FIELD_TYPE:
		return name(r, "a type", &t) != 0 ? -1 :
			reader_type(r, start, t, &l->type);
	case FIELD_F:
		return name(r, "an f", &l->f);
	case FIELD_VALUE:
		l->value_at = start;
		if (!(l->seen & 1u << FIELD_PROCESS) || !reader_says(l))
			return skip(r);
		l->read = true;
		return reader_edn_value(r, &l->raw);
	case FIELD_KEY:
		return key(r, l);
	case FIELD_TIME:
		return reader_whole(r, "a time", INT64_MIN, INT64_MAX,
				    &l->time);
	case FIELD_NODE:
		return next_is(r, 'n') || next_is(r, '"') ? skip(r) :
			reader_whole(r, "a node", 0, INT32_MAX - 1, &l->node);
	case FIELD_CLIENT:
		return reader_whole(r, "a client", 0, INT32_MAX - 1,
				    &l->client);
	case FIELD_FINAL:
		return truth(r, &l->final);
	default:
		return skip(r);
	}
}

static int
entry(struct reader *r, struct line *l)
{
	const char *start = r->at;
	enum field f;
	struct span t;

	if (!next_is(r, ':'))	/* any form may be a key of a map */
		return skip(r) != 0 || space(r) != 0 || skip(r) != 0 ? -1 : 0;
	r->at++;
	t = token(r);
	if (reader_field(r, start, l, t, &f) != 0 || space(r) != 0)
		return -1;
	if (r->at == r->end || *r->at == '}')
		return reader_error(r, r->at, "a value is missing");
	return field_value(r, l, f);
}

static int
event(struct reader *r)
{
	const char *end;
	struct line l;

	memset(&l, 0, sizeof l);
	l.start = r->at++;
	for (;;) {
		if (space(r) != 0)
			return -1;
		if (r->at == r->end)
			return reader_error(r, l.start, "a map that does not "
					    "end");
		if (*r->at == '}')
			break;
		if (entry(r, &l) != 0)
			return -1;
	}
	end = ++r->at;
	if (l.value_at != NULL && !l.read && reader_says(&l)) {
		/* It stood before the type. */
		r->at = l.value_at;
		if (reader_edn_value(r, &l.raw) != 0)
			return -1;
		r->at = end;
	}
	return reader_event(r, &l);
}

int
reader_edn(struct reader *r)
{
	const char *start = NULL;
	char closer = '\0';

	if (space(r) != 0)
		return -1;
	if (next_is(r, '[') || next_is(r, '(')) {
		closer = *r->at == '[' ? ']' : ')';
		start = r->at++;
	}
	for (;;) {
		if (space(r) != 0)
			return -1;
		if (r->at == r->end)
			break;
		if (*r->at == '{') {
			if (event(r) != 0)
				return -1;
		} else if (*r->at == '#') {
			token(r);	/* a tag, as of a record */
		} else if (closer != '\0' && *r->at == closer) {
			r->at++;
			if (space(r) != 0)
				return -1;
			return r->at == r->end ? 0 : reader_error(r, r->at,
				"something behind the end: %s",
				reader_near(r, r->at));
		} else {
			return reader_error(r, r->at, "a map {...} belongs "
				"here, not %s", reader_near(r, r->at));
		}
	}
	return closer == '\0' ? 0 : reader_error(r, start,
		"a list of events that does not end");
}
