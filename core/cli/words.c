/* SPDX-License-Identifier: MIT */
/*
 * Answers and events in words.  They hold what nodes wrote: nothing of it may
 * move the cursor or end a line.
 */
#include "core/cli/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli/cli.h"

/* One line stays one line, and what would move the cursor is shown as '?'. */
static void
plain(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n' || *text == '\t')
			buf_char(out, ' ');
		else
			buf_char(out, (unsigned char)*text < 0x20 ||
				 *text == 0x7f ? '?' : *text);
	}
}

void
value_words(struct buf *out, const struct value *v)
{
	const struct value *m;

	switch (v->kind) {
	case VALUE_NULL:
		buf_text(out, "nil");
		break;
	case VALUE_BOOL:
		buf_text(out, v->truth ? "yes" : "no");
		break;
	case VALUE_NUMBER:
	case VALUE_TEXT:
		plain(out, v->text);
		break;
	case VALUE_ARRAY:
		buf_char(out, '[');
		for (m = v->members; m != NULL; m = m->next) {
			value_words(out, m);
			if (m->next != NULL)
				buf_char(out, ' ');
		}
		buf_char(out, ']');
		break;
	case VALUE_OBJECT:
		for (m = v->members; m != NULL; m = m->next) {
			plain(out, m->name);
			buf_char(out, ' ');
			value_words(out, m);
			if (m->next != NULL)
				buf_text(out, ", ");
		}
		break;
	}
}

static bool
is_list_of_objects(const struct value *v)
{
	const struct value *m;

	if (v->kind != VALUE_ARRAY || v->members == NULL)
		return false;
	for (m = v->members; m != NULL; m = m->next)
		if (m->kind != VALUE_OBJECT || m->members == NULL)
			return false;
	return true;
}

/* The first one's members are the columns. */
static void
table_words(struct buf *out, const struct value *list)
{
	const struct value *row, *column, *cell;
	struct buf text;

	buf_init(&text, 1 << 20);
	for (column = list->members->members; column != NULL;
	     column = column->next) {
		plain(&text, column->name);
		buf_char(&text, column->next != NULL ? '\t' : '\n');
	}
	for (row = list->members; row != NULL; row = row->next) {
		for (column = list->members->members; column != NULL;
		     column = column->next) {
			cell = value_member(row, column->name);
			if (cell != NULL && cell->kind != VALUE_NULL)
				value_words(&text, cell);
			buf_char(&text, column->next != NULL ? '\t' : '\n');
		}
	}
	cli_table(text.data, out);
	buf_free(&text);
}

static bool
is_object_of_texts(const struct value *v)
{
	const struct value *m;

	if (v->kind != VALUE_OBJECT || v->members == NULL)
		return false;
	for (m = v->members; m != NULL; m = m->next)
		if (m->kind != VALUE_TEXT)
			return false;
	return true;
}

/* A line a member. */
static void
pairs_words(struct buf *out, const struct value *v)
{
	const struct value *m;
	struct buf text;

	buf_init(&text, 1 << 20);
	for (m = v->members; m != NULL; m = m->next) {
		buf_text(&text, "  ");
		plain(&text, m->name);
		buf_char(&text, '\t');
		plain(&text, m->text);
		buf_char(&text, '\n');
	}
	cli_table(text.data, out);
	buf_free(&text);
}

void
answer_words(struct buf *out, const struct value *v)
{
	const struct value *m;

	if (v->kind != VALUE_OBJECT) {
		value_words(out, v);
		buf_char(out, '\n');
		return;
	}
	for (m = v->members; m != NULL; m = m->next) {
		if (strcmp(m->name, "v") == 0 || strcmp(m->name, "type") == 0)
			continue;
		if (is_list_of_objects(m)) {
			table_words(out, m);
			continue;
		}
		plain(out, m->name);
		buf_char(out, ':');
		if (is_object_of_texts(m)) {
			buf_char(out, '\n');
			pairs_words(out, m);
			continue;
		}
		buf_char(out, ' ');
		if (m->kind == VALUE_ARRAY && m->members == NULL)
			buf_text(out, "none");
		else
			value_words(out, m);
		buf_char(out, '\n');
	}
}

/* ---- events ------------------------------------------------------------- */

/* A member's text or number, without what would move the cursor. */
static void
member(struct buf *out, const char *before, const struct value *v,
       const char *name, const char *after)
{
	const struct value *m = value_member(v, name);

	if (m == NULL || m->kind == VALUE_NULL)
		return;
	buf_text(out, before);
	value_words(out, m);
	buf_text(out, after);
}

/* "write 3 = 17", "read 3", "cas 3 = [1 2]". */
static void
operation(struct buf *out, const struct value *v)
{
	member(out, "", v, "f", "");
	member(out, " ", v, "key", "");
	member(out, " = ", v, "value", "");
}

static void
asked(struct buf *out, const struct value *v)
{
	member(out, "client ", v, "client", "");
	member(out, " asks node ", v, "node", "");
	buf_text(out, ": ");
	operation(out, v);
}

static void
answered(struct buf *out, const struct value *v)
{
	member(out, "client ", v, "client", "");
	member(out, " from node ", v, "node", "");
	buf_text(out, ": ok, ");
	operation(out, v);
}

static void
failed(struct buf *out, const struct value *v)
{
	member(out, "client ", v, "client", "");
	buf_text(out, ": did not happen");
	member(out, ", ", v, "f", "");
	member(out, ": ", v, "text", "");
}

static void
unsure(struct buf *out, const struct value *v)
{
	member(out, "client ", v, "client", "");
	buf_text(out, ": nobody knows whether it happened");
	member(out, ", ", v, "f", "");
	member(out, ": ", v, "text", "");
}

static void
booted(struct buf *out, const struct value *v)
{
	member(out, "node ", v, "node", "");
	buf_text(out, value_number(v, "boot", 0) > 0 ? " starts again" :
		 " starts");
	if (value_number(v, "boot", 0) > 0)
		member(out, " (boot ", v, "boot", ")");
}

static void
readied(struct buf *out, const struct value *v)
{
	member(out, "node ", v, "node", " is ready");
}

/* Of a node; of the whole run where no node is named. */
static void
ended(struct buf *out, const struct value *v)
{
	if (value_member(v, "node") == NULL) {
		buf_text(out, "the run is over");
		return;
	}
	member(out, "node ", v, "node", " ended");
	member(out, ": ", v, "text", "");
}

static void
faulted(struct buf *out, const struct value *v)
{
	member(out, "fault ", v, "fault", ": ");
	member(out, "", v, "name", "");
	member(out, " ", v, "text", "");
}

static void
healed(struct buf *out, const struct value *v)
{
	const struct value *effect = value_member(v, "effective");

	member(out, "fault ", v, "fault", " is over: ");
	member(out, "", v, "name", "");
	member(out, ", ", v, "text", "");
	if (effect != NULL && effect->kind == VALUE_BOOL && !effect->truth)
		buf_text(out, " (it had no effect)");
}

static void
claimed(struct buf *out, const struct value *v)
{
	member(out, "node ", v, "node", " claims ");
	member(out, "", v, "name", "");
	member(out, " ", v, "key", "");
	member(out, " is ", v, "value", "");
}

static void
noted(struct buf *out, const struct value *v)
{
	member(out, "node ", v, "node", ": ");
	member(out, "", v, "name", "");
	member(out, " = ", v, "text", "");
}

static void
logged(struct buf *out, const struct value *v)
{
	member(out, "node ", v, "node", "");
	member(out, " ", v, "name", "");
	member(out, ": ", v, "text", "");
}

static void
misused(struct buf *out, const struct value *v)
{
	member(out, "node ", v, "node", "");
	member(out, " does what a protocol must not: ", v, "text", "");
}

static void
phased(struct buf *out, const struct value *v)
{
	member(out, "phase ", v, "name", "");
	member(out, ": ", v, "text", "");
}

static void
judged(struct buf *out, const struct value *v)
{
	member(out, "", v, "verdict", "");
	member(out, ": ", v, "reason", "");
}

static void
of_another_kind(struct buf *out, const struct value *v)
{
	const struct value *m;

	member(out, "", v, "type", "");
	for (m = v->members; m != NULL; m = m->next) {
		if (strcmp(m->name, "v") == 0 || strcmp(m->name, "t") == 0 ||
		    strcmp(m->name, "type") == 0 ||
		    strcmp(m->name, "rank") == 0)
			continue;
		buf_char(out, ' ');
		plain(out, m->name);
		buf_char(out, '=');
		value_words(out, m);
	}
}

static const struct telling {
	const char *type;
	void (*tell)(struct buf *out, const struct value *v);
	const char *colour;
} tellings[] = {
	{ "invoke", asked, NULL },	{ "ok", answered, NULL },
	{ "fail", failed, "2" },	{ "info", unsure, "33" },
	{ "boot", booted, NULL },	{ "ready", readied, "32" },
	{ "end", ended, "31" },		{ "fault", faulted, "33" },
	{ "heal", healed, "32" },	{ "claim", claimed, NULL },
	{ "note", noted, "36" },	{ "log", logged, "2" },
	{ "misuse", misused, "31" },	{ "phase", phased, "1" },
	{ "verdict", judged, "1" },
};

void
event_words(struct buf *out, const struct value *v, bool colour)
{
	const struct telling *t, *end = tellings + sizeof tellings /
						   sizeof *tellings;
	const char *type = value_string(v, "type");
	const char *time = value_string(v, "t");

	for (t = tellings; t < end; t++)
		if (type != NULL && strcmp(t->type, type) == 0)
			break;
	if (time != NULL)
		buf_printf(out, "%11.6f  ", strtod(time, NULL));
	else
		buf_printf(out, "%11s  ", "");
	if (colour && t < end && t->colour != NULL)
		buf_printf(out, "\033[%sm", t->colour);
	if (t < end)
		t->tell(out, v);
	else if (v->kind == VALUE_OBJECT)
		of_another_kind(out, v);
	else
		value_words(out, v);
	if (colour && t < end && t->colour != NULL)
		buf_text(out, "\033[0m");
	buf_char(out, '\n');
}
