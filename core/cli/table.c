/* SPDX-License-Identifier: MIT */
/*
 * Text on a terminal: how wide it is, paragraphs filled to a width, and tables.
 *
 * Widths are counted here and not by wcwidth, so that a table is the same in
 * every locale: a byte that is not UTF-8 takes one column, as terminals show
 * it.
 */
#include "core/cli/cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMN_GAP	2u
#define COLUMNS_MAX	64u
#define LAST_LEAST	20u	/* narrower than this, nothing is broken       */

/* ---- width -------------------------------------------------------------- */

struct span {
	uint32_t first, last;
};

/* Unicode's combining marks and format characters, as far as text has them. */
static const struct span narrow[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd },
	{ 0x0610, 0x061a }, { 0x064b, 0x065f }, { 0x0900, 0x0902 },
	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200b, 0x200f },
	{ 0x202a, 0x202e }, { 0x2060, 0x2064 }, { 0x20d0, 0x20ff },
	{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff },
};

/* East Asian wide and full-width ones, and pictures. */
static const struct span wide[] = {
	{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0x33ff },
	{ 0x3400, 0x4dbf }, { 0x4e00, 0x9fff }, { 0xa000, 0xa4cf },
	{ 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
	{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

static bool
within(uint32_t c, const struct span *spans, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (c >= spans[i].first && c <= spans[i].last)
			return true;
	return false;
}

/* One character: its bytes, and its code point (a stray byte is itself). */
static size_t
decode(const unsigned char *p, size_t size, uint32_t *c)
{
	size_t n = *p >= 0xf0 && *p <= 0xf4 ? 4 : *p >= 0xe0 ? 3 :
		   *p >= 0xc2 ? 2 : 1, i;

	*c = *p;
	if (n == 1 || *p > 0xf4 || n > size)
		return 1;
	*c = *p & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*c = *p;
			return 1;
		}
		*c = *c << 6 | (p[i] & 0x3fu);
	}
	return n;
}

/* The bytes of "ESC [ ... m" at p, or 0. */
static size_t
colour_size(const unsigned char *p, size_t size)
{
	size_t i = 2;

	if (size < 3 || p[0] != 0x1b || p[1] != '[')
		return 0;
	while (i < size && (isdigit(p[i]) || p[i] == ';'))
		i++;
	return i < size && p[i] == 'm' ? i + 1 : 0;
}

size_t
cli_width(const char *text, size_t size)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t width = 0, n;
	uint32_t c;

	while (size > 0) {
		n = colour_size(p, size);
		if (n == 0) {
			n = decode(p, size, &c);
			if (n == 1 || !within(c, narrow,
					      sizeof narrow / sizeof *narrow))
				width += n > 1 && within(c, wide, sizeof wide /
							 sizeof *wide) ? 2 : 1;
		}
		p += n;
		size -= n;
	}
	return width;
}

static void
blanks(struct buf *out, size_t count)
{
	while (count-- > 0)
		buf_char(out, ' ');
}

/* ---- paragraphs --------------------------------------------------------- */

void
cli_fill(struct buf *out, const char *text, size_t at, size_t indent,
	 size_t columns)
{
	size_t size, width;
	bool first = true;

	for (text += strspn(text, " \t\n"); *text != '\0';
	     text += strspn(text, " \t\n")) {
		size = strcspn(text, " \t\n");
		width = cli_width(text, size);
		if (!first && at + 1 + width > columns) {
			buf_char(out, '\n');
			blanks(out, indent);
			at = indent;
		} else if (!first) {
			buf_char(out, ' ');
			at++;
		}
		buf_add(out, text, size);
		at += width;
		text += size;
		first = false;
	}
}

/* ---- tables ------------------------------------------------------------- */

struct column {
	size_t width;
	bool number;		/* every cell below the first row is one       */
	bool seen;		/* one is there                                */
};

static bool
is_number(const char *text, size_t size)
{
	size_t i;

	if (size > 1 && (*text == '-' || *text == '+')) {
		text++;
		size--;
	}
	if (size == 0 || !isdigit((unsigned char)*text))
		return false;
	for (i = 0; i < size; i++)
		if (!isdigit((unsigned char)text[i]) &&
		    strchr(".,%", text[i]) == NULL)
			return false;
	return true;
}

/* Where the cell at `text` ends: at a tab, a newline or the end. */
static size_t
cell_size(const char *text)
{
	return strcspn(text, "\t\n");
}

static size_t
measure(const char *text, struct column *columns)
{
	size_t count = 0, at = 0, row = 0, size, width;

	for (; *text != '\0'; text++) {
		FR_ASSERT(at < COLUMNS_MAX);
		size = cell_size(text);
		width = cli_width(text, size);
		if (width > columns[at].width)
			columns[at].width = width;
		if (row > 0 && size > 0) {
			columns[at].number = is_number(text, size) &&
				(columns[at].number || !columns[at].seen);
			columns[at].seen = true;
		}
		if (at + 1 > count)
			count = at + 1;
		text += size;
		at++;
		if (*text != '\t') {
			at = 0;
			row++;
		}
		if (*text == '\0')
			break;
	}
	return count;
}

void
cli_table_fit(const char *text, size_t columns, struct buf *out)
{
	struct column column[COLUMNS_MAX] = { { 0 } };
	size_t count = measure(text, column), at, indent, size, pad, i;
	char *cell;

	while (*text != '\0') {
		indent = 0;
		for (at = 0;; at++, text++) {
			size = cell_size(text);
			pad = column[at].width - cli_width(text, size);
			if (column[at].number)
				blanks(out, pad);
			if (at + 1 == count && columns > 0 &&
			    indent + LAST_LEAST <= columns) {
				cell = mem_format("%.*s", (int)size, text);
				cli_fill(out, cell, indent, indent, columns);
				free(cell);
			} else {
				buf_add(out, text, size);
			}
			text += size;
			if (*text != '\t')
				break;
			if (!column[at].number)
				blanks(out, pad);
			blanks(out, COLUMN_GAP);
			indent += column[at].width + COLUMN_GAP;
		}
		/* No blanks at the end of a line whose last cells are empty. */
		for (i = out->size; i > 0 && out->data[i - 1] == ' '; i--)
			;
		if (i < out->size && !out->full) {
			out->size = i;
			out->data[i] = '\0';
		}
		buf_char(out, '\n');
		if (*text == '\n')
			text++;
	}
}

void
cli_cell(struct buf *rows, const char *text)
{
	for (; *text != '\0'; text++)
		buf_char(rows, *text == '\t' || *text == '\n' ? ' ' : *text);
}

void
cli_table(const char *text, struct buf *out)
{
	struct winsize size;

	if (isatty(1) && ioctl(1, TIOCGWINSZ, &size) == 0)
		cli_table_fit(text, size.ws_col, out);
	else
		cli_table_fit(text, 0, out);
}
