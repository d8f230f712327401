/* SPDX-License-Identifier: MIT */
/*
 * JSON Lines: one object an event.  What an object has besides is stepped
 * over; an array of such objects is taken as well.  It is JSON to the letter:
 * no comma too many, no comment.
 *
 * Nothing recurses but values, three deep: a pair's value, in it a
 * transaction, in it what was read.
 */
#include <string.h>

#include "checker/import/reader.h"

static inline void
space(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' ||
				  *r->at == '\t' || *r->at == '\r'))
		r->at++;
}

/* ---- texts --------------------------------------------------------------- */

static int
text_error(struct reader *r, const char *start, const char *p)
{
	if (p >= r->end || *p == '\n')
		return reader_error(r, start, "a text that does not end");
	return reader_error(r, p, "a control character in a text: %s",
			    reader_near(r, p));
}

/* Over "...": what is between, as it stands; *plain: without escapes. */
static inline int
quoted(struct reader *r, struct span *out, bool *plain)
{
	const char *start = r->at, *p = r->at + 1;

	*plain = true;
	if (!next_is(r, '"'))
		return reader_error(r, r->at, "a text in \"...\" belongs here, "
				    "not %s", reader_near(r, r->at));
	for (; p < r->end && *p != '"'; p++) {
		if ((unsigned char)*p < ' ')
			return text_error(r, start, p);
		if (*p == '\\') {
			*plain = false;
			p++;
		}
	}
	if (p >= r->end)
		return text_error(r, start, p);
	r->at = p + 1;
	out->at = start + 1;
	out->size = (size_t)(p - start) - 1;
	return 0;
}

static inline int
text(struct reader *r, struct span *out)
{
	const char *start = r->at;
	bool plain;

	return quoted(r, out, &plain) != 0 ? -1 :
		reader_text(r, start, plain, "/", out);
}

static bool
word(struct reader *r, const char *what)
{
	size_t size = strlen(what);

	if ((size_t)(r->end - r->at) < size ||
	    memcmp(r->at, what, size) != 0)
		return false;
	r->at += size;
	return true;
}

/* ---- stepping over ------------------------------------------------------- */

static bool
digits(struct reader *r)
{
	const char *start = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > start;
}

static bool
any_number(struct reader *r)
{
	if (next_is(r, '-'))
		r->at++;
	if (!digits(r))
		return false;
	if (next_is(r, '.')) {
		r->at++;
		if (!digits(r))
			return false;
	}
	if (next_is(r, 'e') || next_is(r, 'E')) {
		r->at++;
		if (next_is(r, '-') || next_is(r, '+'))
			r->at++;
		return digits(r);
	}
	return true;
}

static int
skip_scalar(struct reader *r)
{
	const char *start = r->at;
	struct span ignored;
	bool plain;

	if (next_is(r, '"'))
		return quoted(r, &ignored, &plain);
	if (word(r, "true") || word(r, "false") || word(r, "null") ||
	    any_number(r))
		return 0;
	return reader_error(r, start, "no value is written %s",
			    reader_near(r, start));
}

/* "name": of a member that is stepped over. */
static int
skip_name(struct reader *r)
{
	struct span ignored;
	bool plain;

	space(r);
	if (quoted(r, &ignored, &plain) != 0)
		return -1;
	space(r);
	if (!next_is(r, ':'))
		return reader_error(r, r->at, "a colon belongs here, not %s",
				    reader_near(r, r->at));
	r->at++;
	return 0;
}

/* Over one value of any shape, without recursion. */
static int
skip(struct reader *r)
{
	const char *start = r->at;
	char open[DEPTH_MAX];
	uint32_t depth = 0;

	for (;;) {
		space(r);
		if (r->at == r->end)
			return reader_error(r, start, "a value that does not "
					    "end");
		if (next_is(r, '[') || next_is(r, '{')) {
			if (depth == DEPTH_MAX)
				return reader_error(r, r->at, "nested deeper "
					"than %u", DEPTH_MAX);
			open[depth++] = *r->at++;
			space(r);
			if (r->at < r->end &&
			    reader_opener(*r->at) != open[depth - 1]) {
				if (open[depth - 1] == '{' &&
				    skip_name(r) != 0)
					return -1;
				continue;
			}
		} else if (skip_scalar(r) != 0) {
			return -1;
		}
		/* A value ended, or nothing was in it. */
		for (;;) {
			if (depth == 0)
				return 0;
			space(r);
			if (r->at == r->end)
				return reader_error(r, start, "a value that "
						    "does not end");
			if (next_is(r, ','))
				break;
			if (reader_opener(*r->at) != open[depth - 1])
				return reader_error(r, r->at, "a comma or %c "
					"belongs here, not %s",
					open[depth - 1] == '{' ? '}' : ']',
					reader_near(r, r->at));
			depth--;
			r->at++;
		}
		r->at++;
		if (open[depth - 1] == '{' && skip_name(r) != 0)
			return -1;
	}
}

/* ---- values -------------------------------------------------------------- */

static int value(struct reader *r, unsigned int level, struct raw *out);

/* After an item: 1, there is another; 0, `closer` was read; -1. */
static int
more(struct reader *r, const char *start, char closer)
{
	space(r);
	if (r->at == r->end)
		return reader_error(r, start, closer == ']' ?
			"a list that does not end" :
			"an object that does not end");
	if (next_is(r, closer)) {
		r->at++;
		return 0;
	}
	if (!next_is(r, ','))
		return reader_error(r, r->at, "a comma or %c belongs here, "
			"not %s", closer, reader_near(r, r->at));
	r->at++;
	space(r);
	return 1;
}

/* A key that stands in a value: a number or a text; 0: none. */
static int
inner_key(struct reader *r, int64_t *out)
{
	const char *start = r->at;
	struct span t;
	int status;

	if (next_is(r, '"')) {
		if (text(r, &t) != 0)
			return -1;
		return reader_text_key(r, start, t, out) != 0 ? -1 : 1;
	}
	status = reader_number(r, out);
	if (status > 0 && reader_number_key(r, start, *out) != 0)
		return -1;
	return status;
}

/* ["append", key, value], of which the bracket was read. */
static int
micro(struct reader *r, const char *start)
{
	static const char form[] = "a micro-operation is [\"f\", key, value]";
	struct raw inner;
	struct span f;
	int64_t key;
	int status;

	memset(&inner, 0, sizeof inner);
	space(r);
	if (text(r, &f) != 0 || (status = more(r, start, ']')) < 0)
		return -1;
	if (status == 0)
		return reader_error(r, start, "%s", form);
	status = inner_key(r, &key);
	if (status < 0)
		return -1;
	if (status == 0)
		return reader_error(r, start, "%s", form);
	if (key < KEY_TEXTS + KEY_TEXTS_MAX)
		r->txn_texts = true;
	status = more(r, start, ']');
	if (status > 0) {
		if (value(r, 2, &inner) != 0)
			return -1;
		status = more(r, start, ']');
		if (status > 0)
			return reader_error(r, start, "%s", form);
	}
	return status < 0 ? -1 :
		reader_push_micro(r, start, f, key, &inner.value);
}

/* The second of a pair, and its end. */
static int
pair(struct reader *r, const char *start, int64_t key, struct raw *out)
{
	int status;

	if (value(r, 1, out) != 0)
		return -1;
	out->pair = true;
	out->key = key;
	status = more(r, start, ']');
	return status > 0 ? reader_error(r, start, "a pair is [key, value]") :
		status;
}

/* As in edn.c: whole numbers, micro-operations, or a pair. */
static int
list(struct reader *r, unsigned int level, struct raw *out)
{
	const char *start = r->at++, *item;
	size_t first = r->number_count, count = 0;
	bool transaction = false;
	int64_t key = 0;
	int status;

	space(r);
	status = next_is(r, ']') ? 0 : 1;
	if (status == 0)
		r->at++;
	for (; status > 0; count++) {
		item = r->at;
		if (next_is(r, '[') && level < 2 &&
		    (count == 0 || transaction)) {
			transaction = true;
			r->at++;
			if (micro(r, item) != 0)
				return -1;
			status = more(r, start, ']');
			continue;
		}
		status = transaction ? 0 : reader_number(r, &key);
		if (status < 0)
			return -1;
		if (status > 0) {
			if (reader_push(r, item, key) != 0)
				return -1;
			status = more(r, start, ']');
			continue;
		}
		if (r->at == r->end)
			return reader_error(r, start, "a list that does not "
					    "end");
		if (level > 0 || transaction || count > 1 ||
		    (count == 0 && !next_is(r, '"')))
			return reader_error(r, item, "a list holds whole "
				"numbers, not %s", reader_near(r, item));
		r->number_count = first;
		if (count == 1)
			return reader_number_key(r, start, key) != 0 ? -1 :
				pair(r, start, key, out);
		if (inner_key(r, &key) < 0)
			return -1;
		status = more(r, start, ']');
		if (status == 0)
			return reader_error(r, item, "a list holds whole "
				"numbers, not %s", reader_near(r, item));
		return status < 0 ? -1 : pair(r, start, key, out);
	}
	if (status < 0)
		return -1;
	out->value = reader_take_list(r, first);
	out->maybe = count == 2 && !transaction;
	return 0;
}

static int
member_name(struct reader *r, struct span *out)
{
	if (text(r, out) != 0)
		return -1;
	space(r);
	if (!next_is(r, ':'))
		return reader_error(r, r->at, "a colon belongs here, not %s",
				    reader_near(r, r->at));
	r->at++;
	space(r);
	return 0;
}

/* {"hex":"00ff"}, {"0":10,"1":20}, {"from":0,"to":1,"amount":5} */
static int
map(struct reader *r, struct raw *out)
{
	const char *start = r->at++, *item;
	size_t first = r->number_count;
	struct transfer t = { 0 };
	struct span name, hex;
	bool named = false;
	int status;
	int64_t n;

	space(r);
	status = next_is(r, '}') ? 0 : 1;
	if (status == 0)
		r->at++;
	while (status > 0) {
		item = r->at;
		if (member_name(r, &name) != 0)
			return -1;
		if (span_is(name, "hex") && next_is(r, '"')) {
			item = r->at;
			if (text(r, &hex) != 0 ||
			    reader_hex(r, item, hex, &out->value) != 0)
				return -1;
			status = more(r, start, '}');
			return status > 0 || named || r->number_count > first ?
				reader_error(r, start, "hex stands alone") :
				status;
		}
		if (!reader_is_number(name, &n))
			named = true;
		else if (reader_push(r, item, n) != 0)
			return -1;
		if (reader_whole(r, "what this map holds", INT64_MIN,
				 INT64_MAX, &n) != 0 ||
		    (named ? reader_transfer_part(r, item, name, n, &t) :
		     reader_push(r, item, n)) != 0)
			return -1;
		status = more(r, start, '}');
	}
	if (status < 0)
		return -1;
	return named ? reader_take_transfer(r, start, first, &t, &out->value) :
		reader_take_map(r, start, first, &out->value);
}

static int
value(struct reader *r, unsigned int level, struct raw *out)
{
	struct fr_value *v = &out->value;
	struct span t;
	int status;

	memset(out, 0, sizeof *out);
	if (r->at == r->end)
		return reader_error(r, r->at, "a value is missing");
	switch (*r->at) {
	case '"':
		if (text(r, &t) != 0)
			return -1;
		*v = span_value(t);
		return 0;
	case '[':
		return list(r, level, out);
	case '{':
		return map(r, out);
	case 'n':
		if (word(r, "null"))
			return 0;
		break;
	case 't': case 'f':
		v->u.number = *r->at == 't';
		if (word(r, "true") || word(r, "false")) {
			v->kind = FR_INT;
			return 0;
		}
		break;
	default:
		status = reader_number(r, &v->u.number);
		if (status < 0)
			return -1;
		if (status > 0) {
			v->kind = FR_INT;
			return 0;
		}
		break;
	}
	return reader_error(r, r->at, "no value is written %s",
			    reader_near(r, r->at));
}

static int
event_value(struct reader *r, struct line *l)
{
	const char *start = r->at;

	r->number_count = 0;
	l->read = true;
	return value(r, 0, &l->raw) != 0 ? -1 :
		reader_settle(r, start, &l->raw);
}

/* ---- events -------------------------------------------------------------- */

static int
key(struct reader *r, struct line *l)
{
	const char *start = r->at;
	int status;

	if (word(r, "null"))
		return 0;
	status = inner_key(r, &l->key);
	l->has_key = status > 0;
	return status != 0 ? (status < 0 ? -1 : 0) :
		reader_error(r, start, "a key is a number or a text, not %s",
			     reader_near(r, start));
}

static int
field_value(struct reader *r, struct line *l, enum field f)
{
	const char *start = r->at;
	struct span t;

	switch (f) {
	case FIELD_PROCESS:
		l->foreign = next_is(r, '"');
		return l->foreign ? text(r, &t) :
			reader_whole(r, "a process", INT64_MIN, INT64_MAX,
				     &l->process);
	case FIELD_TYPE:
		return text(r, &t) != 0 ? -1 :
			reader_type(r, start, t, &l->type);
	case FIELD_F:
		return text(r, &l->f);
	case FIELD_VALUE:
		l->value_at = start;
		if (!(l->seen & 1u << FIELD_PROCESS) || !reader_says(l))
			return skip(r);
		return event_value(r, l);
	case FIELD_KEY:
		return key(r, l);
	case FIELD_TIME:
		return reader_whole(r, "a time", INT64_MIN, INT64_MAX,
				    &l->time);
	case FIELD_NODE:
		return next_is(r, '"') || next_is(r, 'n') ? skip(r) :
			reader_whole(r, "a node", 0, INT32_MAX - 1, &l->node);
	case FIELD_CLIENT:
		return reader_whole(r, "a client", 0, INT32_MAX - 1,
				    &l->client);
	case FIELD_FINAL:
		l->final = word(r, "true");
		return l->final || word(r, "false") ? 0 :
			reader_error(r, start, "true or false belongs here, "
				     "not %s", reader_near(r, start));
	default:
		return skip(r);
	}
}

static int
member(struct reader *r, struct line *l)
{
	const char *start = r->at;
	struct span name;
	enum field f;

	if (member_name(r, &name) != 0)
		return -1;
	return reader_field(r, start, l, name, &f) != 0 ? -1 :
		field_value(r, l, f);
}

static int
event(struct reader *r)
{
	const char *end;
	struct line l;
	int status;

	memset(&l, 0, sizeof l);
	l.start = r->at++;
	space(r);
	status = next_is(r, '}') ? 0 : 1;
	if (status == 0)
		r->at++;
	while (status > 0) {
		if (r->at == r->end)
			return reader_error(r, l.start, "an object that does "
					    "not end");
		if (member(r, &l) != 0)
			return -1;
		status = more(r, l.start, '}');
	}
	if (status < 0)
		return -1;
	if (l.value_at != NULL && !l.read && reader_says(&l)) {
		/* It stood before the type. */
		end = r->at;
		r->at = l.value_at;
		if (event_value(r, &l) != 0)
			return -1;
		r->at = end;
	}
	return reader_event(r, &l);
}

/* [ {...}, {...} ] */
static int
array(struct reader *r)
{
	const char *start = r->at++;
	int status;

	space(r);
	status = next_is(r, ']') ? 0 : 1;
	if (status == 0)
		r->at++;
	while (status > 0) {
		if (!next_is(r, '{'))
			return reader_error(r, r->at, "an object {...} belongs "
				"here, not %s", reader_near(r, r->at));
		if (event(r) != 0)
			return -1;
		status = more(r, start, ']');
	}
	space(r);
	if (status == 0 && r->at < r->end)
		return reader_error(r, r->at, "something behind the end: %s",
				    reader_near(r, r->at));
	return status;
}

/* The events up to `to`, where one begins or the text ends. */
static int
events(struct reader *r, const char *to)
{
	for (space(r); r->at < to; space(r)) {
		if (!next_is(r, '{'))
			return reader_error(r, r->at, "an object {...} belongs "
				"here, not %s", reader_near(r, r->at));
		if (event(r) != 0)
			return -1;
	}
	return 0;
}

int
reader_jsonl(struct reader *r)
{
	space(r);
	return next_is(r, '[') ? array(r) : reader_quick(r, events);
}
