/* SPDX-License-Identifier: MIT */
/*
 * The rows of runs: begun, ended, found, listed.
 *
 * A run whose row says "running" and whose owner is gone was interrupted.  A
 * reader says so without writing it; the next run to begin writes it down,
 * with the operations counted from the events that are there.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "core/history/store.h"

enum field_kind { FIELD_TEXT, FIELD_I64, FIELD_U32, FIELD_SEED };

/* One table from which reading and writing come; id stands before them. */
static const struct field {
	const char *column;
	size_t at;
	enum field_kind kind;
	bool at_end;			/* history_end writes it again         */
} fields[] = {
#define FIELD(name, kind, at_end) \
	{ #name, offsetof(struct run_row, name), kind, at_end }
	FIELD(protocol, FIELD_TEXT, false),
	FIELD(plugin, FIELD_TEXT, false),
	FIELD(sha256, FIELD_TEXT, false),
	FIELD(workload, FIELD_TEXT, false),
	FIELD(world, FIELD_TEXT, false),
	FIELD(seed, FIELD_SEED, false),
	FIELD(config, FIELD_TEXT, false),
	FIELD(plan, FIELD_TEXT, false),
	FIELD(ops, FIELD_TEXT, false),
	FIELD(message_types, FIELD_TEXT, false),
	FIELD(version, FIELD_TEXT, false),
	FIELD(machine, FIELD_TEXT, false),
	FIELD(command, FIELD_TEXT, false),
	FIELD(door, FIELD_TEXT, false),
	FIELD(nodes, FIELD_U32, false),
	FIELD(clients, FIELD_U32, false),
	FIELD(started, FIELD_I64, false),
	FIELD(ended, FIELD_I64, true),
	FIELD(status, FIELD_TEXT, true),
	FIELD(verdict, FIELD_TEXT, true),
	FIELD(reason, FIELD_TEXT, true),
	FIELD(report, FIELD_TEXT, true),
	FIELD(evidence, FIELD_TEXT, true),
	FIELD(messages, FIELD_I64, true),
	FIELD(message_bytes, FIELD_I64, true),
	FIELD(trace_dropped, FIELD_I64, true),
	FIELD(duration, FIELD_I64, true),
	FIELD(ok, FIELD_I64, true),
	FIELD(fail, FIELD_I64, true),
	FIELD(info, FIELD_I64, true),
	FIELD(waited, FIELD_I64, true),
	FIELD(tape, FIELD_TEXT, false),
	FIELD(shrunk_from, FIELD_I64, false),
#undef FIELD
};

#define FIELDS (sizeof fields / sizeof fields[0])

static void
bind_field(sqlite3_stmt *s, int i, const struct field *f,
	   const struct run_row *row)
{
	const char *at = (const char *)row + f->at;
	char *text, number[24];
	uint64_t wide;
	uint32_t narrow;

	switch (f->kind) {
	case FIELD_TEXT:
		memcpy(&text, at, sizeof text);
		sqlite3_bind_text(s, i, text, -1, SQLITE_STATIC);
		break;
	case FIELD_I64:
		memcpy(&wide, at, sizeof wide);
		sqlite3_bind_int64(s, i, (int64_t)wide);
		break;
	case FIELD_U32:
		memcpy(&narrow, at, sizeof narrow);
		sqlite3_bind_int64(s, i, narrow);
		break;
	case FIELD_SEED:
		memcpy(&wide, at, sizeof wide);
		snprintf(number, sizeof number, "%" PRIu64, wide);
		sqlite3_bind_text(s, i, number, -1, SQLITE_TRANSIENT);
		break;
	}
}

static void
read_field(sqlite3_stmt *s, int i, const struct field *f, struct run_row *row)
{
	const char *words = (const char *)sqlite3_column_text(s, i);
	char *at = (char *)row + f->at, *text = NULL;
	uint64_t wide = 0;
	uint32_t narrow;

	switch (f->kind) {
	case FIELD_TEXT:
		if (words != NULL)
			text = mem_string(words);
		memcpy(at, &text, sizeof text);
		break;
	case FIELD_I64:
		wide = (uint64_t)sqlite3_column_int64(s, i);
		memcpy(at, &wide, sizeof wide);
		break;
	case FIELD_U32:
		narrow = (uint32_t)sqlite3_column_int64(s, i);
		memcpy(at, &narrow, sizeof narrow);
		break;
	case FIELD_SEED:
		if (words != NULL)
			wide = strtoull(words, NULL, 10);
		memcpy(at, &wide, sizeof wide);
		break;
	}
}

void
run_row_free(struct run_row *row)
{
	char *text;
	size_t i;

	for (i = 0; i < FIELDS; i++) {
		if (fields[i].kind != FIELD_TEXT)
			continue;
		memcpy(&text, (char *)row + fields[i].at, sizeof text);
		free(text);
	}
	memset(row, 0, sizeof *row);
}

/* ---- writing ------------------------------------------------------------- */

/* Operations by their end, as far as they are in the file. */
static int
count_operations(struct history *h, int64_t run, struct run_row *row,
		 struct fr_err *err)
{
	sqlite3_stmt *s = NULL;
	int64_t invoked;
	int done = 0;

	if (store_prepare(h->db, h->path, "select total(kind = 1),"
			  " total(kind = 2), total(kind = 3) from event"
			  " where id between ? and ?", &s, err) < 0)
		return -1;
	sqlite3_bind_int64(s, 1, store_key(run, 0));
	sqlite3_bind_int64(s, 2, store_key(run + 1, 0) - 1);
	if (sqlite3_step(s) == SQLITE_ROW) {
		invoked = sqlite3_column_int64(s, 0);
		row->ok = (uint64_t)sqlite3_column_int64(s, 1);
		row->fail = (uint64_t)sqlite3_column_int64(s, 2);
		row->info = (uint64_t)invoked < row->ok + row->fail ? 0 :
			    (uint64_t)invoked - row->ok - row->fail;
	} else {
		done = store_error(h->db, h->path, "read", err);
	}
	sqlite3_finalize(s);
	return done;
}

static int
mark_interrupted(struct history *h, int64_t run, struct fr_err *err)
{
	struct run_row row = { 0 };
	sqlite3_stmt *s = NULL;
	int done = 0;

	if (count_operations(h, run, &row, err) < 0 ||
	    store_prepare(h->db, h->path, "update run set status ="
			  " 'interrupted', ok = ?, fail = ?, info = ?"
			  " where id = ?", &s, err) < 0)
		return -1;
	sqlite3_bind_int64(s, 1, (int64_t)row.ok);
	sqlite3_bind_int64(s, 2, (int64_t)row.fail);
	sqlite3_bind_int64(s, 3, (int64_t)row.info);
	sqlite3_bind_int64(s, 4, run);
	if (sqlite3_step(s) != SQLITE_DONE)
		done = store_error(h->db, h->path, "write", err);
	sqlite3_finalize(s);
	return done;
}

static int
mark_all_interrupted(struct history *h, struct fr_err *err)
{
	int64_t *runs = NULL;
	size_t count = 0, room = 0, i;
	sqlite3_stmt *s = NULL;
	int code, done = 0;

	if (store_prepare(h->db, h->path, "select id, owner from run where"
			  " status = 'running'", &s, err) < 0)
		return -1;
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		if (!owner_gone((const char *)sqlite3_column_text(s, 1)))
			continue;
		mem_grow(&runs, &room, count + 1, sizeof *runs);
		runs[count++] = sqlite3_column_int64(s, 0);
	}
	if (code != SQLITE_DONE)
		done = store_error(h->db, h->path, "read", err);
	sqlite3_finalize(s);
	for (i = 0; i < count && done == 0; i++)
		done = mark_interrupted(h, runs[i], err);
	free(runs);
	return done;
}

static int
insert_run(struct history *h, const struct run_row *row, int64_t *id,
	   struct fr_err *err)
{
	struct run_row copy = *row;
	sqlite3_stmt *s = NULL;
	char owner[160], running[] = "running";
	struct buf sql;
	size_t i;
	int done;

	copy.status = running;
	copy.ended = 0;
	if (copy.started == 0)
		copy.started = clock_wall();
	buf_init(&sql, 8192);
	buf_text(&sql, "insert into run (owner");
	for (i = 0; i < FIELDS; i++)
		buf_printf(&sql, ", %s", fields[i].column);
	buf_text(&sql, ") values (?");
	for (i = 0; i < FIELDS; i++)
		buf_text(&sql, ", ?");
	buf_char(&sql, ')');
	done = store_prepare(h->db, h->path, sql.data, &s, err);
	buf_free(&sql);
	if (done < 0)
		return -1;
	owner_self(owner, sizeof owner);
	sqlite3_bind_text(s, 1, owner, -1, SQLITE_STATIC);
	for (i = 0; i < FIELDS; i++)
		bind_field(s, (int)i + 2, &fields[i], &copy);
	if (sqlite3_step(s) != SQLITE_DONE)
		done = store_error(h->db, h->path, "write", err);
	sqlite3_finalize(s);
	if (done == 0)
		*id = sqlite3_last_insert_rowid(h->db);
	return done;
}

int
history_begin(struct history *h, struct run_row *row, struct fr_err *err)
{
	int64_t id;

	FR_ASSERT(h->run == 0 && row->protocol != NULL);
	if (h->writer == NULL && writer_new(h, &h->writer, err) < 0)
		return -1;
	if (history_flush(h, err) < 0 ||
	    store_exec(h->db, h->path, "begin immediate", err) < 0)
		return -1;
	if (mark_all_interrupted(h, err) < 0 ||
	    insert_run(h, row, &id, err) < 0)
		goto undo;
	if (id > STORE_RUNS_MAX) {
		err_usage(err, "%s holds as many runs as it can number: use "
			  "another file with --db FILE", h->path);
		goto undo;
	}
	if (store_exec(h->db, h->path, "commit", err) < 0)
		goto undo;
	writer_begin(h->writer, id);
	h->run = row->id = id;
	return 0;
undo:
	sqlite3_exec(h->db, "rollback", NULL, NULL, NULL);
	return -1;
}

int
history_flush(struct history *h, struct fr_err *err)
{
	return h->writer == NULL ? 0 : writer_flush(h->writer, err);
}

/* Every event is in the file before the verdict that was drawn from it. */
int
history_end(struct history *h, const struct run_row *row, struct fr_err *err)
{
	struct run_row copy = *row;
	sqlite3_stmt *s = NULL;
	char done_word[] = "done";
	struct fr_err lost = { 0 };
	struct buf sql;
	size_t i;
	int n = 0, done, flushed;

	FR_ASSERT(h->run != 0 && row->id == h->run);
	flushed = history_flush(h, &lost);
	writer_totals(h->writer, &copy);
	if (copy.ended == 0)
		copy.ended = clock_wall();
	if (copy.status == NULL || strcmp(copy.status, "running") == 0)
		copy.status = done_word;
	h->run = 0;
	buf_init(&sql, 8192);
	buf_text(&sql, "update run set ");
	for (i = 0; i < FIELDS; i++)
		if (fields[i].at_end)
			buf_printf(&sql, "%s%s = ?", n++ > 0 ? ", " : "",
				   fields[i].column);
	buf_text(&sql, " where id = ?");
	done = store_prepare(h->db, h->path, sql.data, &s, err);
	buf_free(&sql);
	if (done < 0)
		return -1;
	for (i = 0, n = 0; i < FIELDS; i++)
		if (fields[i].at_end)
			bind_field(s, ++n, &fields[i], &copy);
	sqlite3_bind_int64(s, ++n, row->id);
	if (sqlite3_step(s) != SQLITE_DONE)
		done = store_error(h->db, h->path, "write", err);
	sqlite3_finalize(s);
	if (flushed < 0) {
		/* The first failure says more than what came of it. */
		if (err != NULL)
			*err = lost;
		return -1;
	}
	return done;
}

int
history_verdict(struct history *h, int64_t run, const char *verdict,
		const char *reason, const char *report, const char *evidence,
		struct fr_err *err)
{
	const char *const texts[] = { verdict, reason, report, evidence };
	sqlite3_stmt *s = NULL;
	int i, done = 0;

	FR_ASSERT(h->run != run);
	if (store_prepare(h->db, h->path, "update run set verdict = ?, reason "
			  "= ?, report = ?, evidence = ? where id = ? and "
			  "status <> 'running'", &s, err) < 0)
		return -1;
	for (i = 0; i < 4; i++)
		sqlite3_bind_text(s, i + 1, texts[i], -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 5, run);
	if (sqlite3_step(s) != SQLITE_DONE)
		done = store_error(h->db, h->path, "write", err);
	else if (sqlite3_changes(h->db) == 0)
		done = err_usage(err, "%s: there is no run %" PRId64 " that "
				 "has ended", h->path, run);
	sqlite3_finalize(s);
	return done;
}

/* ---- reading ------------------------------------------------------------- */

static int
select_runs(struct history *h, const char *where, sqlite3_stmt **out,
	    struct fr_err *err)
{
	struct buf sql;
	size_t i;
	int done;

	buf_init(&sql, 8192);
	buf_text(&sql, "select id, owner");
	for (i = 0; i < FIELDS; i++)
		buf_printf(&sql, ", %s", fields[i].column);
	buf_printf(&sql, " from run %s", where);
	done = store_prepare(h->db, h->path, sql.data, out, err);
	buf_free(&sql);
	return done;
}

static int
read_run(struct history *h, sqlite3_stmt *s, struct run_row *out,
	 struct fr_err *err)
{
	struct run_row row = { 0 };
	size_t i;

	row.id = sqlite3_column_int64(s, 0);
	for (i = 0; i < FIELDS; i++)
		read_field(s, (int)i + 2, &fields[i], &row);
	if (row.status == NULL)
		row.status = mem_string("broken");
	if (strcmp(row.status, "running") == 0) {
		if (owner_gone((const char *)sqlite3_column_text(s, 1))) {
			free(row.status);
			row.status = mem_string("interrupted");
		}
		if (count_operations(h, row.id, &row, err) < 0) {
			run_row_free(&row);
			return -1;
		}
	}
	*out = row;
	return 0;
}

static int
no_such_run(struct history *h, const char *which, struct fr_err *err)
{
	return err_usage(err, "%s has no run %s: 'fracas runs' lists what "
			 "there is", h->path, which);
}

int
history_find(struct history *h, const char *which, int64_t *id,
	     struct fr_err *err)
{
	static const char *const words[] = { "last", "last-failed" };
	const char *sql = "select max(id) from run where id = ?", *near;
	sqlite3_stmt *s = NULL;
	int64_t wanted = 0;
	int done = 0;

	if (strcmp(which, "last") == 0) {
		sql = "select max(id) from run";
	} else if (strcmp(which, "last-failed") == 0) {
		sql = "select max(id) from run where verdict = 'invalid'";
	} else if (read_int(which, 1, STORE_RUNS_MAX, &wanted, NULL) < 0) {
		near = nearest_word(which, words, 2, sizeof words[0]);
		return err_usage(err, "a run is a number, last or last-failed, "
				 "not '%s'%s%s%s", which,
				 near != NULL ? ": did you mean " : "",
				 near != NULL ? near : "",
				 near != NULL ? "?" : "");
	}
	if (store_prepare(h->db, h->path, sql, &s, err) < 0)
		return -1;
	if (wanted > 0)
		sqlite3_bind_int64(s, 1, wanted);
	if (sqlite3_step(s) != SQLITE_ROW)
		done = store_error(h->db, h->path, "read", err);
	else if (sqlite3_column_type(s, 0) != SQLITE_NULL)
		*id = sqlite3_column_int64(s, 0);
	else if (wanted > 0)
		done = no_such_run(h, which, err);
	else
		done = err_usage(err, "%s holds no run%s", h->path,
				 strcmp(which, "last") == 0 ? " yet" :
				 " with the verdict invalid");
	sqlite3_finalize(s);
	return done;
}

int
history_run(struct history *h, int64_t id, struct run_row *out,
	    struct fr_err *err)
{
	sqlite3_stmt *s = NULL;
	char which[24];
	int code, done;

	if (select_runs(h, "where id = ?", &s, err) < 0)
		return -1;
	sqlite3_bind_int64(s, 1, id);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW) {
		done = read_run(h, s, out, err);
	} else if (code == SQLITE_DONE) {
		snprintf(which, sizeof which, "%" PRId64, id);
		done = no_such_run(h, which, err);
	} else {
		done = store_error(h->db, h->path, "read", err);
	}
	sqlite3_finalize(s);
	return done;
}

int
history_runs(struct history *h, int (*each)(void *arg,
	     const struct run_row *row), void *arg, struct fr_err *err)
{
	struct run_row row;
	sqlite3_stmt *s = NULL;
	int code, done = 0;
	bool enough = false;

	if (select_runs(h, "order by id desc", &s, err) < 0)
		return -1;
	while (!enough && (code = sqlite3_step(s)) == SQLITE_ROW) {
		if (read_run(h, s, &row, err) < 0) {
			done = -1;
			break;
		}
		enough = each(arg, &row) != 0;
		run_row_free(&row);
	}
	if (done == 0 && !enough && code != SQLITE_DONE)
		done = store_error(h->db, h->path, "read", err);
	sqlite3_finalize(s);
	return done;
}
