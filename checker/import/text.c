/* SPDX-License-Identifier: MIT */
/* Places, numbers and characters of a text that is read. */
#include "checker/import/reader.h"

#include <stdio.h>
#include <string.h>

#include "core/base/units.h"

uint64_t
reader_line(const struct reader *r, const char *at)
{
	const char *p = r->begin;
	uint64_t line = 1;

	while (p < at && (p = memchr(p, '\n', (size_t)(at - p))) != NULL) {
		line++;
		p++;
	}
	return line;
}

void
reader_say(struct reader *r, const char *at, const char *format, ...)
{
	const char *start = NULL;
	char words[512];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	if (at > r->begin)
		start = memrchr(r->begin, '\n', (size_t)(at - r->begin));
	start = start == NULL ? r->begin : start + 1;
	err_usage(r->err, "%s:%llu:%llu: %s", r->name,
		  (unsigned long long)reader_line(r, at),
		  (unsigned long long)(at - start) + 1, words);
}

const char *
reader_near(const struct reader *r, const char *at)
{
	static _Thread_local char text[40];
	size_t i;

	if (at >= r->end)
		return "the end of the file";
	text[0] = '"';
	for (i = 0; i < 20 && at + i < r->end && at[i] != '\n' &&
	     at[i] != '\r'; i++)
		text[i + 1] = at[i] >= ' ' && at[i] < 127 ? at[i] : '?';
	text[i + 1] = '"';
	text[i + 2] = '\0';
	return i == 0 ? "the end of the line" : text;
}

int
reader_number(struct reader *r, int64_t *out)
{
	const char *at = r->at, *sure;
	bool minus = at < r->end && *at == '-';
	uint64_t n = 0, most = (uint64_t)INT64_MAX + minus;
	unsigned int digit;

	if (at < r->end && (*at == '-' || *at == '+'))
		at++;
	if (at == r->end || *at < '0' || *at > '9')
		return 0;
	/* So many digits fit in any case. */
	sure = r->end - at > 18 ? at + 18 : r->end;
	for (; at < sure && *at >= '0' && *at <= '9'; at++)
		n = n * 10 + (unsigned int)(*at - '0');
	for (; at < r->end && *at >= '0' && *at <= '9'; at++) {
		digit = (unsigned int)(*at - '0');
		if (n > (most - digit) / 10)
			return reader_error(r, r->at, "a number that does not "
					    "fit into 64 bits");
		n = n * 10 + digit;
	}
	if (at < r->end && (*at == '.' || *at == 'e' || *at == 'E' ||
			    *at == '/' || *at == 'M'))
		return reader_error(r, r->at, "a number that is not whole: %s",
				    reader_near(r, r->at));
	*out = minus ? (int64_t)(0 - n) : (int64_t)n;
	r->at = at;
	return 1;
}

int
reader_whole(struct reader *r, const char *what, int64_t min, int64_t max,
	     int64_t *out)
{
	const char *start = r->at;
	int status = reader_number(r, out);

	if (status == 0)
		return reader_error(r, start, "%s is a whole number, not %s",
				    what, reader_near(r, start));
	if (status > 0 && (*out < min || *out > max))
		return reader_error(r, start, "%s is between %lld and %lld",
				    what, (long long)min, (long long)max);
	return status < 0 ? -1 : 0;
}

/* ---- characters ---------------------------------------------------------- */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int
hex4(struct reader *r, const char *at, const char *end, uint32_t *out)
{
	uint32_t n = 0;
	int i, digit;

	for (i = 0; i < 4; i++) {
		digit = at + i < end ? hex_digit(at[i]) : -1;
		if (digit < 0)
			return reader_error(r, at, "\\u needs four "
					    "hexadecimal digits");
		n = n * 16 + (uint32_t)digit;
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

int
reader_unicode(struct reader *r, const char **at, const char *end, char **to)
{
	const char *p = *at;
	uint32_t c, low;

	if (hex4(r, p, end, &c) != 0)
		return -1;
	p += 4;
	if (c >= 0xd800 && c < 0xdc00 && end - p >= 6 && p[0] == '\\' &&
	    p[1] == 'u') {
		if (hex4(r, p + 2, end, &low) != 0)
			return -1;
		if (low < 0xdc00 || low > 0xdfff)
			return reader_error(r, *at, "half of a surrogate "
					    "pair");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		p += 6;
	} else if (c >= 0xd800 && c <= 0xdfff) {
		return reader_error(r, *at, "half of a surrogate pair");
	}
	*to = utf8(*to, c);
	*at = p;
	return 0;
}

int
reader_unescape(struct reader *r, struct span text, const char *also,
		struct span *out)
{
	const char *p = text.at, *end = text.at + text.size;
	char *copy = arena_new(&r->out->arena, text.size + 1);
	char *to = copy, c;

	while (p < end) {
		if (*p != '\\') {
			*to++ = *p++;
			continue;
		}
		p++;
		switch (c = *p++) {
		case 'n': *to++ = '\n'; break;
		case 't': *to++ = '\t'; break;
		case 'r': *to++ = '\r'; break;
		case 'b': *to++ = '\b'; break;
		case 'f': *to++ = '\f'; break;
		case '"': case '\\': *to++ = c; break;
		case 'u':
			if (reader_unicode(r, &p, end, &to) != 0)
				return -1;
			break;
		default:
			if (c == '\0' || strchr(also, c) == NULL)
				return reader_error(r, p - 2, "no such escape "
					"in a text: %s",
					reader_near(r, p - 2));
			*to++ = c;
			break;
		}
	}
	out->at = copy;
	out->size = (size_t)(to - copy);
	return 0;
}

int
reader_text(struct reader *r, const char *at, bool plain, const char *also,
	    struct span *text)
{
	if (text->size > TEXT_MAX)
		return reader_error(r, at, "a text of more than %u bytes",
				    TEXT_MAX);
	return plain ? 0 : reader_unescape(r, *text, also, text);
}

int
reader_hex(struct reader *r, const char *at, struct span text,
	   struct fr_value *out)
{
	char *bytes = arena_new(&r->out->arena, text.size / 2 + 1);
	int high, low;
	size_t i;

	if (text.size % 2 != 0)
		return reader_error(r, at, "two hexadecimal digits make a "
				    "byte, and here is an odd number");
	for (i = 0; i < text.size; i += 2) {
		high = hex_digit(text.at[i]);
		low = hex_digit(text.at[i + 1]);
		if (high < 0 || low < 0)
			return reader_error(r, at, "not all of these are "
				"hexadecimal digits: %s", reader_near(r, at));
		bytes[i / 2] = (char)(high << 4 | low);
	}
	*out = span_value((struct span){ bytes, text.size / 2 });
	return 0;
}

/* ---- words --------------------------------------------------------------- */

int
reader_type(struct reader *r, const char *at, struct span word,
	    enum event_type *out)
{
	static const char *const types[] = { "invoke", "ok", "fail", "info" };
	const char *near;
	char text[24];
	size_t i;

	*out = span_is(word, "invoke") ? TYPE_INVOKE :
		span_is(word, "ok") ? TYPE_OK :
		span_is(word, "fail") ? TYPE_FAIL :
		span_is(word, "info") ? TYPE_INFO : TYPE_NONE;
	if (*out != TYPE_NONE)
		return 0;
	i = word.size < sizeof text ? word.size : sizeof text - 1;
	memcpy(text, word.at, i);
	text[i] = '\0';
	near = nearest_word(text, types, 4, sizeof *types);
	return reader_error(r, at, "a type is invoke, ok, fail or info, not "
			    "%s%s%s", reader_near(r, at),
			    near != NULL ? "; did you mean " : "",
			    near != NULL ? near : "");
}

char
reader_opener(char closer)
{
	return closer == ')' ? '(' : closer == ']' ? '[' :
		closer == '}' ? '{' : '\0';
}
