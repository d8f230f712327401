/* SPDX-License-Identifier: MIT */
/*
 * A chunk of the queue as a virtual table.
 *
 * "insert into event select * from feed_event" writes a chunk with one
 * statement.  Beside one statement a row, this halves the cost: nothing is
 * bound, stepped and reset, and SQLite takes each column from where it lies.
 *
 * Values and texts become what a person with the sqlite3 shell can read:
 * numbers as INTEGER, lists as JSON, bytes as TEXT where they are UTF-8 without
 * a zero and as BLOB otherwise; `form` says which kind it was, so that it reads
 * back exactly.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/history/queue.h"

const char feed_insert_events[] =
	"insert into event (id, t, kind, node, boot, process, client, f, key,"
	" number, name, form, value, text) select * from feed_event";
const char feed_insert_messages[] =
	"insert into message (id, sent, arrived, src, dst, src_boot, type,"
	" size, fate, body) select * from feed_message";

struct feed {
	sqlite3_vtab base;
	struct chunk **chunk;
};

struct feed_cursor {
	sqlite3_vtab_cursor base;
	size_t at;
	const struct queued *now;
};

/* ---- one row ------------------------------------------------------------- */

/* How long the UTF-8 sequence at p is; 0: it is none.  A zero byte is none
 * either: half of the tools that read TEXT stop there. */
static size_t
sequence(const unsigned char *p, size_t size)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n, i;
	uint32_t c;

	if (*p < 0x80)
		return *p != 0;
	n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
	if (*p < 0xc0 || *p > 0xf4 || n > size)
		return 0;
	c = *p & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

static void
put_bytes(sqlite3_context *out, const void *data, size_t size)
{
	const unsigned char *p = data;
	size_t at = 0, n;

	while (at < size && (n = sequence(p + at, size - at)) > 0)
		at += n;
	if (size == 0)
		sqlite3_result_text(out, "", 0, SQLITE_STATIC);
	else if (at == size)
		sqlite3_result_text(out, data, (int)size, SQLITE_STATIC);
	else
		sqlite3_result_blob(out, data, (int)size, SQLITE_STATIC);
}

static void
put_list(sqlite3_context *out, const int64_t *list, uint32_t count)
{
	sqlite3_str *s = sqlite3_str_new(NULL);
	uint32_t i;
	int size;

	sqlite3_str_appendchar(s, 1, '[');
	for (i = 0; i < count; i++)
		sqlite3_str_appendf(s, i > 0 ? ",%lld" : "%lld",
				    (long long)list[i]);
	sqlite3_str_appendchar(s, 1, ']');
	size = sqlite3_str_length(s);
	if (sqlite3_str_errcode(s) != SQLITE_OK) {
		sqlite3_free(sqlite3_str_finish(s));
		sqlite3_result_error_nomem(out);
		return;
	}
	sqlite3_result_text(out, sqlite3_str_finish(s), size, sqlite3_free);
}

static void
put_value(sqlite3_context *out, const struct fr_value *v)
{
	if (v->kind == FR_INT)
		sqlite3_result_int64(out, v->u.number);
	else if (v->kind == FR_LIST)
		put_list(out, v->u.list, v->count);
	else if (v->kind == FR_BYTES)
		put_bytes(out, v->u.bytes, v->count);
}

static void
put_text(sqlite3_context *out, const char *text)
{
	if (text != NULL)
		put_bytes(out, text, strlen(text));
}

/* What is not set is NULL, as it is when nothing is put. */
static void
put_index(sqlite3_context *out, int64_t n)
{
	if (n >= 0)
		sqlite3_result_int64(out, n);
}

static int
event_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
	const struct queued_event *q = (const struct queued_event *)
		((const struct feed_cursor *)base)->now;
	const struct event *e = &q->event;

	switch (column) {
	case 0: sqlite3_result_int64(out, q->key); break;
	case 1: sqlite3_result_int64(out, e->t); break;
	case 2: sqlite3_result_int(out, (int)e->kind); break;
	case 3: put_index(out, e->node); break;
	case 4: put_index(out, e->boot); break;
	case 5: put_index(out, e->process); break;
	case 6: put_index(out, e->client); break;
	case 7: put_index(out, e->f); break;
	case 8:
		if (e->key != FR_NO_KEY)
			sqlite3_result_int64(out, e->key);
		break;
	case 9: sqlite3_result_int64(out, e->number); break;
	case 10:
		if (q->name > 0)
			sqlite3_result_int64(out, q->name);
		else
			put_text(out, e->name);
		break;
	case 11: sqlite3_result_int(out, (int)e->value.kind); break;
	case 12: put_value(out, &e->value); break;
	case 13: put_text(out, e->text); break;
	}
	return SQLITE_OK;
}

static int
message_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
	const struct queued_trace *q = (const struct queued_trace *)
		((const struct feed_cursor *)base)->now;
	const struct trace *t = &q->trace;

	switch (column) {
	case 0: sqlite3_result_int64(out, q->key); break;
	case 1: sqlite3_result_int64(out, t->sent); break;
	case 2: put_index(out, t->arrived); break;
	case 3: sqlite3_result_int64(out, t->src); break;
	case 4: sqlite3_result_int64(out, t->dst); break;
	case 5: sqlite3_result_int64(out, t->src_boot); break;
	case 6: sqlite3_result_int64(out, t->type); break;
	case 7: sqlite3_result_int64(out, t->size); break;
	case 8: sqlite3_result_int(out, t->fate); break;
	case 9:
		if (t->body != NULL)
			sqlite3_result_blob(out, t->body, (int)q->body,
					    SQLITE_STATIC);
		break;
	}
	return SQLITE_OK;
}

/* ---- the tables ---------------------------------------------------------- */

static int
feed_connect(sqlite3 *db, void *arg, const char *columns, sqlite3_vtab **out)
{
	struct feed *f;
	int code = sqlite3_declare_vtab(db, columns);

	if (code != SQLITE_OK)
		return code;
	f = mem_new(sizeof *f);
	f->chunk = arg;
	*out = &f->base;
	return SQLITE_OK;
}

static int
connect_events(sqlite3 *db, void *arg, int argc, const char *const *argv,
	       sqlite3_vtab **out, char **error)
{
	(void)argc;
	(void)argv;
	(void)error;
	return feed_connect(db, arg, "create table x (id, t, kind, node, boot,"
			    " process, client, f, key, number, name, form,"
			    " value, text)", out);
}

static int
connect_messages(sqlite3 *db, void *arg, int argc, const char *const *argv,
		 sqlite3_vtab **out, char **error)
{
	(void)argc;
	(void)argv;
	(void)error;
	return feed_connect(db, arg, "create table x (id, sent, arrived, src,"
			    " dst, src_boot, type, size, fate, body)", out);
}

static int
feed_disconnect(sqlite3_vtab *f)
{
	free(f);
	return SQLITE_OK;
}

/* There is one way to read it: from one end to the other. */
static int
feed_plan(sqlite3_vtab *f, sqlite3_index_info *info)
{
	(void)f;
	info->estimatedCost = 1000;
	info->estimatedRows = 1000;
	return SQLITE_OK;
}

static int
feed_open(sqlite3_vtab *f, sqlite3_vtab_cursor **out)
{
	struct feed_cursor *c = mem_new(sizeof *c);

	(void)f;
	*out = &c->base;
	return SQLITE_OK;
}

static int
feed_close(sqlite3_vtab_cursor *base)
{
	free(base);
	return SQLITE_OK;
}

static void
advance(struct feed_cursor *c, int what)
{
	struct chunk *chunk = *((struct feed *)c->base.pVtab)->chunk;

	do
		c->now = chunk_next(chunk, &c->at);
	while (c->now != NULL && (int)c->now->what != what);
}

static int
next_event(sqlite3_vtab_cursor *base)
{
	advance((struct feed_cursor *)base, QUEUED_EVENT);
	return SQLITE_OK;
}

static int
next_message(sqlite3_vtab_cursor *base)
{
	advance((struct feed_cursor *)base, QUEUED_TRACE);
	return SQLITE_OK;
}

static int
first_event(sqlite3_vtab_cursor *base, int plan, const char *words, int argc,
	    sqlite3_value **argv)
{
	(void)plan;
	(void)words;
	(void)argc;
	(void)argv;
	((struct feed_cursor *)base)->at = 0;
	return next_event(base);
}

static int
first_message(sqlite3_vtab_cursor *base, int plan, const char *words, int argc,
	      sqlite3_value **argv)
{
	(void)plan;
	(void)words;
	(void)argc;
	(void)argv;
	((struct feed_cursor *)base)->at = 0;
	return next_message(base);
}

static int
feed_ended(sqlite3_vtab_cursor *base)
{
	return ((struct feed_cursor *)base)->now == NULL;
}

static int
feed_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
	*out = (sqlite3_int64)((struct feed_cursor *)base)->at;
	return SQLITE_OK;
}

/* No xCreate: they are there by their names alone, on this connection only. */
static const sqlite3_module events_module = {
	.xConnect = connect_events,
	.xDisconnect = feed_disconnect,
	.xBestIndex = feed_plan,
	.xOpen = feed_open,
	.xClose = feed_close,
	.xFilter = first_event,
	.xNext = next_event,
	.xEof = feed_ended,
	.xColumn = event_column,
	.xRowid = feed_rowid,
};

static const sqlite3_module messages_module = {
	.xConnect = connect_messages,
	.xDisconnect = feed_disconnect,
	.xBestIndex = feed_plan,
	.xOpen = feed_open,
	.xClose = feed_close,
	.xFilter = first_message,
	.xNext = next_message,
	.xEof = feed_ended,
	.xColumn = message_column,
	.xRowid = feed_rowid,
};

int
feed_register(sqlite3 *db, struct chunk **chunk)
{
	int code = sqlite3_create_module(db, "feed_event", &events_module,
					 chunk);

	if (code == SQLITE_OK)
		code = sqlite3_create_module(db, "feed_message",
					     &messages_module, chunk);
	return code;
}
