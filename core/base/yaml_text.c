/* SPDX-License-Identifier: MIT */
/* Texts in YAML: plain, quoted, and in blocks. */
#include <stdlib.h>
#include <string.h>

#include "core/base/yaml_inside.h"

/* ---- in quotes ---------------------------------------------------------------- */

static int
hex(const struct yaml_reader *r, const char *p, size_t digits, uint32_t *out)
{
	uint32_t n = 0;
	size_t i;
	char c;

	for (i = 0; i < digits; i++) {
		c = p + i < r->end ? p[i] : '\0';
		if (c >= '0' && c <= '9')
			n = n * 16 + (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n * 16 + (uint32_t)(c - 'a') + 10;
		else if (c >= 'A' && c <= 'F')
			n = n * 16 + (uint32_t)(c - 'A') + 10;
		else
			return -1;
	}
	*out = n;
	return 0;
}

static void
add_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_char(b, (char)c);
	} else if (c < 0x800) {
		buf_char(b, (char)(0xc0 | c >> 6));
		buf_char(b, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_char(b, (char)(0xe0 | c >> 12));
		buf_char(b, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_char(b, (char)(0x80 | (c & 0x3f)));
	}
}

/* Behind a backslash at r->at; r->at is behind it then. */
static int
escape(struct yaml_reader *r, struct buf *b)
{
	static const char from[] = "nt\"\\/", to[] = "\n\t\"\\/";
	const char *p = r->at + 1, *known;
	uint32_t c;

	known = p < r->end && *p != '\0' ? strchr(from, *p) : NULL;
	if (known != NULL) {
		buf_char(b, to[known - from]);
		r->at = p + 1;
		return 0;
	}
	if (p < r->end && (*p == 'x' || *p == 'u')) {
		size_t digits = *p == 'x' ? 2 : 4;

		if (hex(r, p + 1, digits, &c) < 0)
			return yaml_error(r, r->at, "\\%c needs %zu "
					  "hexadecimal digits", *p, digits);
		if (c == 0 || (c >= 0xd800 && c <= 0xdfff))
			return yaml_error(r, r->at, "that is no character");
		add_utf8(b, c);
		r->at = p + 1 + digits;
		return 0;
	}
	return yaml_error(r, r->at, "there is no such escape; there are \\n \\t "
			  "\\\" \\\\ \\/ \\xNN \\uNNNN");
}

static int
quoted(struct yaml_reader *r, struct buf *b)
{
	const char quote = *r->at, *open = r->at++;

	for (;;) {
		if (yaml_eol(r, r->at))
			return yaml_error(r, open, "this quote is not closed "
					  "on its line (for a text of several "
					  "lines there are | and >)");
		if (*r->at == quote && quote == '\'' && r->at + 1 < r->end &&
		    r->at[1] == '\'') {
			buf_char(b, '\'');
			r->at += 2;
		} else if (*r->at == quote) {
			r->at++;
			return 0;
		} else if (*r->at == '\\' && quote == '"') {
			if (escape(r, b) < 0)
				return -1;
		} else {
			buf_char(b, *r->at++);
		}
	}
}

/* ---- plain ---------------------------------------------------------------------- */

/* What a plain text may not begin with, and what it would mean. */
static const char *
refused_start(const struct yaml_reader *r)
{
	const char *p = r->at;

	switch (*p) {
	case '&':
	case '*':
		return "anchors and aliases (& and *) are not read here: write "
		       "it out, or put the text in quotes";
	case '!':
		return "tags (!) are not read here: put the text in quotes";
	case '%':
	case '@':
	case '`':
		return "a plain text cannot begin with % @ or `: put it in "
		       "quotes";
	case '|':
	case '>':
		return "| and > begin a text of several lines, behind `key:` "
		       "or `-` and not in brackets";
	case '?':
	case '-':
		return yaml_gap(r, p + 1) ? "a text was expected here" : NULL;
	case ':':
		return yaml_gap(r, p + 1) ? "a key was expected before the "
		       "colon" : NULL;
	case ',':
	case ']':
	case '}':
	case '[':
	case '{':
	case '#':
		return "a text was expected here";
	default:
		return NULL;
	}
}

/* Where the plain text at p ends, without the blanks behind it. */
static const char *
plain_end(const struct yaml_reader *r, const char *p, bool flow)
{
	const char *last = p;

	for (; !yaml_eol(r, p); p++) {
		if (*p == ':' && (yaml_gap(r, p + 1) ||
				  (flow && strchr(",[]{}", p[1]) != NULL)))
			break;
		if (*p == '#' && p > last)
			break;
		if (flow && strchr(",[]{}", *p) != NULL)
			break;
		if (!yaml_blank(*p))
			last = p + 1;
	}
	return last;
}

int
yaml_scalar(struct yaml_reader *r, bool flow, struct yaml **out)
{
	const char *start = r->at, *why;
	struct yaml *y = yaml_node(r, YAML_TEXT);
	struct buf b;
	int status = 0;

	if (y == NULL)
		return -1;
	if (*start != '"' && *start != '\'') {
		why = refused_start(r);
		if (why != NULL)
			return yaml_error(r, start, "%s", why);
		r->at = plain_end(r, start, flow);
		buf_init(&b, YAML_SIZE_MAX);
		buf_add(&b, start, (size_t)(r->at - start));
	} else {
		y->quoted = true;
		buf_init(&b, YAML_SIZE_MAX);
		status = quoted(r, &b);
	}
	if (status == 0) {
		y->text = arena_string(r->arena, b.size > 0 ? b.data : "");
		*out = y;
	}
	buf_free(&b);
	return status;
}

bool
yaml_key_here(const struct yaml_reader *r)
{
	const char *p = r->at;
	char quote = *p;

	if (quote == '"' || quote == '\'') {
		for (p++; !yaml_eol(r, p); p++) {
			if (*p == '\\' && quote == '"' && !yaml_eol(r, p + 1))
				p++;
			else if (*p == quote && quote == '\'' &&
				 p + 1 < r->end && p[1] == quote)
				p++;
			else if (*p == quote)
				break;
		}
		if (yaml_eol(r, p))
			return false;
		for (p++; !yaml_eol(r, p) && yaml_blank(*p); p++)
			;
	} else {
		if (*p == '[' || *p == '{')
			return false;
		p = plain_end(r, p, false);
		while (!yaml_eol(r, p) && yaml_blank(*p))
			p++;
	}
	return p < r->end && *p == ':' && yaml_gap(r, p + 1);
}

/* ---- blocks ---------------------------------------------------------------------- */

struct block {
	bool folded;
	char chomp;		/* '-' no newline at the end, '+' all, else one */
};

/* The line of | or > itself. */
static int
block_head(struct yaml_reader *r, struct block *b)
{
	b->folded = *r->at == '>';
	b->chomp = ' ';
	r->at++;
	if (r->at < r->end && (*r->at == '-' || *r->at == '+'))
		b->chomp = *r->at++;
	if (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		return yaml_error(r, r->at, "an indentation cannot be given "
				  "here: that of the first line counts");
	if (!yaml_gap(r, r->at))
		return yaml_error(r, r->at, "behind | or > only - or + may "
				  "stand");
	while (!yaml_eol(r, r->at) && yaml_blank(*r->at))
		r->at++;
	if (!yaml_eol(r, r->at) && *r->at != '#')
		return yaml_error(r, r->at, "the text begins on the next "
				  "line");
	while (!yaml_eol(r, r->at))
		r->at++;
	return 0;
}

static void
next_line(struct yaml_reader *r)
{
	if (r->at < r->end) {
		r->at++;
		r->line++;
		r->line_start = r->at;
	}
}

/* One more line of it, and the empty ones that were before it. */
static void
add_line(struct buf *b, const struct block *k, size_t *empty, bool first,
	 bool deep, bool *was_deep, const char *from, const char *to)
{
	bool fold = k->folded && !first && !deep && !*was_deep;
	size_t i, breaks = *empty + !first;

	/* Of the breaks between two lines that are filled into one, one is a
	 * blank where it is alone, and nothing where there are more. */
	if (fold && breaks == 1)
		buf_char(b, ' ');
	for (i = fold; i < breaks; i++)
		buf_char(b, '\n');
	buf_add(b, from, (size_t)(to - from));
	*was_deep = deep;
	*empty = 0;
}

int
yaml_block_text(struct yaml_reader *r, int parent, struct yaml **out)
{
	struct yaml *y = yaml_node(r, YAML_TEXT);
	bool first = true, was_deep = false;
	size_t empty = 0, indent = 0, i;
	struct block k;
	const char *p;
	struct buf b;

	if (y == NULL || block_head(r, &k) < 0)
		return -1;
	buf_init(&b, YAML_SIZE_MAX);
	for (next_line(r); r->at < r->end; next_line(r)) {
		for (p = r->at; *p == ' '; p++)
			;
		if (yaml_eol(r, p)) {
			r->at = p;
			empty++;
			continue;
		}
		if (p - r->at <= parent)
			break;
		if (first)
			indent = (size_t)(p - r->at);
		if ((size_t)(p - r->at) < indent) {
			buf_free(&b);
			return yaml_error(r, p, "this line is indented less "
					  "than the first of its text, and "
					  "more than what the text belongs "
					  "to");
		}
		p = r->at + indent;
		while (!yaml_eol(r, r->at))
			r->at++;
		add_line(&b, &k, &empty, first, yaml_blank(*p), &was_deep, p,
			 r->at);
		first = false;
	}
	if (k.chomp != '-' && !first)
		buf_char(&b, '\n');
	for (i = 0; k.chomp == '+' && i < empty; i++)
		buf_char(&b, '\n');
	y->quoted = true;
	y->text = arena_string(r->arena, b.size > 0 ? b.data : "");
	buf_free(&b);
	*out = y;
	return 0;
}
