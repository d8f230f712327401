/* SPDX-License-Identifier: MIT */
/*
 * Events and messages read back, exactly as they were given; and a run's
 * operations put together from them.
 *
 * The file may be damaged or a stranger's: a value that is not what its form
 * says is an error that names run and event, and nothing is taken on trust.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/history/assemble.h"
#include "core/history/store.h"

/* ---- values -------------------------------------------------------------- */

struct reader {
	struct history *h;
	int64_t run;
	sqlite3_stmt *rows, *name;
	/* The run's names as far as they were met; texts[0] is of number 1. */
	char **texts;
	size_t text_count, text_room;
	int64_t *list;
	size_t list_room;
};

/* "[1,-2]", as it was written. */
static int
read_list(struct reader *r, const char *p, struct fr_value *out)
{
	size_t count = 0;
	char *end;

	if (p == NULL || *p++ != '[')
		return -1;
	mem_grow(&r->list, &r->list_room, 1, sizeof *r->list);
	while (*p != ']') {
		if (count > 0 && *p++ != ',')
			return -1;
		mem_grow(&r->list, &r->list_room, count + 1, sizeof *r->list);
		errno = 0;
		r->list[count++] = strtoll(p, &end, 10);
		if (errno != 0 || end == p || count > UINT32_MAX)
			return -1;
		p = end;
	}
	out->kind = FR_LIST;
	out->count = (uint32_t)count;
	out->u.list = r->list;
	return p[1] == '\0' ? 0 : -1;
}

static int
read_value(struct reader *r, int column, int64_t form, struct fr_value *out)
{
	sqlite3_value *v = sqlite3_column_value(r->rows, column);
	int type = sqlite3_value_type(v);

	memset(out, 0, sizeof *out);
	switch (form) {
	case FR_NIL:
		return type == SQLITE_NULL ? 0 : -1;
	case FR_INT:
		out->kind = FR_INT;
		out->u.number = sqlite3_column_int64(r->rows, column);
		return type == SQLITE_INTEGER ? 0 : -1;
	case FR_LIST:
		return type != SQLITE_TEXT ? -1 :
		       read_list(r, (const char *)
				 sqlite3_column_text(r->rows, column), out);
	case FR_BYTES:
		if (type != SQLITE_TEXT && type != SQLITE_BLOB)
			return -1;
		out->kind = FR_BYTES;
		out->u.bytes = sqlite3_column_blob(r->rows, column);
		out->count = (uint32_t)sqlite3_column_bytes(r->rows, column);
		/* SQLite has no pointer for nothing; a value always has. */
		if (out->u.bytes == NULL)
			out->u.bytes = "";
		return 0;
	default:
		return -1;
	}
}

/* A name by its number, looked for when it is first met: so it is seen in the
 * same state of the file as the event. */
static const char *
name_text(struct reader *r, int64_t id)
{
	const char *text = NULL;
	size_t i;

	if (id < 1 || id > 1 << 20)
		return NULL;
	i = (size_t)id - 1;
	if (i < r->text_count && r->texts[i] != NULL)
		return r->texts[i];
	sqlite3_bind_int64(r->name, 1, r->run);
	sqlite3_bind_int64(r->name, 2, id);
	if (sqlite3_step(r->name) == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(r->name, 0);
	if (text != NULL) {
		mem_grow(&r->texts, &r->text_room, i + 1, sizeof *r->texts);
		for (; r->text_count <= i; r->text_count++)
			r->texts[r->text_count] = NULL;
		r->texts[i] = mem_string(text);
		text = r->texts[i];
	}
	sqlite3_reset(r->name);
	return text;
}

static int
read_name(struct reader *r, int column, const char **out)
{
	switch (sqlite3_column_type(r->rows, column)) {
	case SQLITE_NULL:
		*out = NULL;
		return 0;
	case SQLITE_INTEGER:
		*out = name_text(r, sqlite3_column_int64(r->rows, column));
		return *out == NULL ? -1 : 0;
	default:
		*out = (const char *)sqlite3_column_text(r->rows, column);
		return *out == NULL ? -1 : 0;
	}
}

static int64_t
read_index(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL ? -1 :
	       sqlite3_column_int64(s, column);
}

/* ---- rows ---------------------------------------------------------------- */

static int
reader_open(struct reader *r, struct history *h, int64_t run, const char *sql,
	    struct fr_err *err)
{
	memset(r, 0, sizeof *r);
	r->h = h;
	r->run = run;
	if (store_prepare(h->db, h->path, sql, &r->rows, err) < 0)
		return -1;
	if (store_prepare(h->db, h->path, "select text from name where run = ?"
			  " and id = ?", &r->name, err) < 0) {
		sqlite3_finalize(r->rows);
		return -1;
	}
	sqlite3_bind_int64(r->rows, 1, store_key(run, 0));
	sqlite3_bind_int64(r->rows, 2, store_key(run + 1, 0) - 1);
	return 0;
}

static void
reader_close(struct reader *r)
{
	size_t i;

	for (i = 0; i < r->text_count; i++)
		free(r->texts[i]);
	free(r->texts);
	free(r->list);
	sqlite3_finalize(r->rows);
	sqlite3_finalize(r->name);
}

static int
read_event(struct reader *r, struct event *e)
{
	sqlite3_stmt *s = r->rows;

	e->t = sqlite3_column_int64(s, 1);
	e->kind = (enum event_kind)sqlite3_column_int(s, 2);
	e->node = (int32_t)read_index(s, 3);
	e->boot = (int32_t)read_index(s, 4);
	e->process = read_index(s, 5);
	e->client = (int32_t)read_index(s, 6);
	e->f = (int32_t)read_index(s, 7);
	e->key = sqlite3_column_type(s, 8) == SQLITE_NULL ? FR_NO_KEY :
		 sqlite3_column_int64(s, 8);
	e->number = sqlite3_column_int64(s, 9);
	e->text = (const char *)sqlite3_column_text(s, 13);
	return read_name(r, 10, &e->name) < 0 ||
	       read_value(r, 12, sqlite3_column_int64(s, 11),
			  &e->value) < 0 ? -1 : 0;
}

int
history_events(struct history *h, int64_t run, int (*each)(void *arg,
	       uint64_t rank, const struct event *e), void *arg,
	       struct fr_err *err)
{
	struct reader r;
	struct event e;
	uint64_t rank;
	int code, done = 0;

	if (reader_open(&r, h, run, "select id, t, kind, node, boot, process,"
			" client, f, key, number, name, form, value, text"
			" from event where id between ? and ? order by id",
			err) < 0)
		return -1;
	while ((code = sqlite3_step(r.rows)) == SQLITE_ROW) {
		rank = (uint64_t)(sqlite3_column_int64(r.rows, 0) -
				  store_key(run, 0));
		if (read_event(&r, &e) < 0) {
			done = err_set(err, "%s: run %" PRId64 ", event %"
				       PRIu64 " is damaged: its name or value "
				       "is not what it should be", h->path,
				       run, rank);
			break;
		}
		if (each(arg, rank, &e) != 0)
			break;
	}
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		done = store_error(h->db, h->path, "read", err);
	reader_close(&r);
	return done;
}

int
history_traces(struct history *h, int64_t run, int (*each)(void *arg,
	       const struct trace *t), void *arg, struct fr_err *err)
{
	struct reader r;
	struct trace t;
	int code, done = 0;

	if (reader_open(&r, h, run, "select sent, arrived, src, dst, src_boot,"
			" type, size, fate, body from message"
			" where id between ? and ? order by id", err) < 0)
		return -1;
	while ((code = sqlite3_step(r.rows)) == SQLITE_ROW) {
		t.sent = sqlite3_column_int64(r.rows, 0);
		t.arrived = read_index(r.rows, 1);
		t.src = (uint32_t)sqlite3_column_int64(r.rows, 2);
		t.dst = (uint32_t)sqlite3_column_int64(r.rows, 3);
		t.src_boot = (uint32_t)sqlite3_column_int64(r.rows, 4);
		t.type = (uint32_t)sqlite3_column_int64(r.rows, 5);
		t.size = (uint32_t)sqlite3_column_int64(r.rows, 6);
		t.fate = (uint8_t)sqlite3_column_int64(r.rows, 7);
		t.body = sqlite3_column_blob(r.rows, 8);
		if (each(arg, &t) != 0)
			break;
	}
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		done = store_error(h->db, h->path, "read", err);
	reader_close(&r);
	return done;
}

/* ---- operations ---------------------------------------------------------- */

#define LOOK		4096		/* events between two looks           */
#define WHILE_READ	"while the run was read"

struct loading {
	struct assembler *assembler;
	struct limit *limit;
	uint64_t events;
	bool beyond;
	struct fr_err *err;
};

static int
assemble_event(void *arg, uint64_t rank, const struct event *e)
{
	struct loading *l = arg;

	if (++l->events % LOOK == 0)
		l->beyond = limit_check(l->limit, 0, WHILE_READ, l->err) < 0;
	if (l->beyond)
		return 1;
	assembler_event(l->assembler, rank, e);
	return assembler_check(l->assembler, NULL) < 0;
}

/* The operations lie in the arena from now on; for a while there are two. */
static int
keep_operations(struct loading *l, struct arena *arena,
		struct fr_history *out)
{
	struct fr_history made;
	uint64_t size;

	assembler_history(l->assembler, &made);
	size = made.op_count * sizeof *made.ops;
	if (limit_check(l->limit, size, WHILE_READ, l->err) < 0)
		return -1;
	made.ops = arena_copy(arena, made.ops, size);
	*out = made;
	return 0;
}

int
history_load(struct history *h, int64_t run, struct arena *arena,
	     struct fr_history *out, struct fr_err *err)
{
	return history_load_within(h, run, NULL, arena, out, err);
}

int
history_load_within(struct history *h, int64_t run, struct limit *limit,
		    struct arena *arena, struct fr_history *out,
		    struct fr_err *err)
{
	struct assembler *a = assembler_in(arena);
	struct loading l = { .assembler = a, .limit = limit, .err = err };
	struct run_row row;
	int done;

	if (history_run(h, run, &row, err) < 0) {
		assembler_free(a);
		return -1;
	}
	done = history_events(h, run, assemble_event, &l, err);
	if (done == 0 && assembler_check(a, err) < 0)
		done = err_wrap(err, "%s: run %" PRId64, h->path, run);
	if (l.beyond || (done == 0 && keep_operations(&l, arena, out) < 0))
		done = -1;
	if (done == 0) {
		out->nodes = row.nodes;
		out->clients = row.clients;
		out->messages = row.messages;
		out->message_bytes = row.message_bytes;
		if (row.duration > 0)
			out->duration = row.duration;
	}
	run_row_free(&row);
	assembler_free(a);
	return done;
}
