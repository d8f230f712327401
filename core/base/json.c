/* SPDX-License-Identifier: MIT */
/* Writing JSON, and values for people. */
#include "core/base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"

size_t
utf8_length(const unsigned char *p, size_t size)
{
	size_t n, i;
	uint32_t c;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2, c = p[0] & 0x1fu;
	else if ((p[0] & 0xf0) == 0xe0)
		n = 3, c = p[0] & 0x0fu;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4, c = p[0] & 0x07u;
	else
		return 0;
	if (n > size)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c <= 0xdfff))) ||
	    (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	return n;
}

static void
add_text(struct buf *b, const void *data, size_t size)
{
	const unsigned char *p = data;
	size_t n;

	buf_char(b, '"');
	while (size > 0) {
		n = utf8_length(p, size);
		if (n == 0 || *p < 0x20 || *p == 0x7f) {
			if (*p == '\n')
				buf_text(b, "\\n");
			else if (*p == '\t')
				buf_text(b, "\\t");
			else
				buf_printf(b, "\\u%04x", *p);
			n = 1;
		} else if (*p == '"' || *p == '\\') {
			buf_char(b, '\\');
			buf_char(b, (char)*p);
		} else {
			buf_add(b, p, n);
		}
		p += n;
		size -= n;
	}
	buf_char(b, '"');
}

static void
begin(struct json *j, const char *name)
{
	if (!j->first)
		buf_char(j->b, ',');
	j->first = false;
	if (name != NULL) {
		add_text(j->b, name, strlen(name));
		buf_char(j->b, ':');
	}
}

static void
open_level(struct json *j, const char *name, char opener, char closer)
{
	begin(j, name);
	FR_ASSERT(j->depth < sizeof j->closer);
	buf_char(j->b, opener);
	j->closer[j->depth++] = closer;
	j->first = true;
}

struct json
json_begin(struct buf *b)
{
	struct json j = { .b = b, .first = true };

	open_level(&j, NULL, '{', '}');
	json_int(&j, "v", 1);
	return j;
}

void
json_object(struct json *j, const char *name)
{
	open_level(j, name, '{', '}');
}

void
json_array(struct json *j, const char *name)
{
	open_level(j, name, '[', ']');
}

void
json_end(struct json *j)
{
	FR_ASSERT(j->depth > 0);
	buf_char(j->b, j->closer[--j->depth]);
	j->first = false;
}

void
json_done(struct json *j)
{
	while (j->depth > 0)
		json_end(j);
	buf_char(j->b, '\n');
}

void
json_bytes(struct json *j, const char *name, const void *data, size_t size)
{
	begin(j, name);
	add_text(j->b, data, size);
}

void
json_text(struct json *j, const char *name, const char *text)
{
	if (text == NULL)
		json_null(j, name);
	else
		json_bytes(j, name, text, strlen(text));
}

void
json_int(struct json *j, const char *name, int64_t n)
{
	begin(j, name);
	buf_printf(j->b, "%" PRId64, n);
}

void
json_real(struct json *j, const char *name, double n)
{
	begin(j, name);
	if (isfinite(n))
		buf_printf(j->b, "%.10g", n);
	else
		buf_text(j->b, "null");
}

void
json_bool(struct json *j, const char *name, bool b)
{
	begin(j, name);
	buf_text(j->b, b ? "true" : "false");
}

void
json_null(struct json *j, const char *name)
{
	begin(j, name);
	buf_text(j->b, "null");
}

void
json_value(struct json *j, const char *name, const struct fr_value *v)
{
	uint32_t i;

	switch (v->kind) {
	case FR_INT:
		json_int(j, name, v->u.number);
		break;
	case FR_LIST:
		json_array(j, name);
		for (i = 0; i < v->count; i++)
			json_int(j, NULL, v->u.list[i]);
		json_end(j);
		break;
	case FR_BYTES:
		json_bytes(j, name, v->u.bytes, v->count);
		break;
	default:
		json_null(j, name);
		break;
	}
}

void
value_text(struct buf *b, const struct fr_value *v)
{
	uint32_t i;

	switch (v->kind) {
	case FR_INT:
		buf_printf(b, "%" PRId64, v->u.number);
		break;
	case FR_LIST:
		buf_char(b, '[');
		for (i = 0; i < v->count; i++)
			buf_printf(b, "%s%" PRId64, i > 0 ? " " : "",
				   v->u.list[i]);
		buf_char(b, ']');
		break;
	case FR_BYTES:
		add_text(b, v->u.bytes, v->count);
		break;
	default:
		buf_text(b, "nil");
		break;
	}
}
