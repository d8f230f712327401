/* SPDX-License-Identifier: MIT */
/*
 * A run from one file into another, under a new number: all of its rows as
 * they are, so that it can be shown, judged and replayed there.
 */
#include <string.h>

#include "core/history/store.h"

/* What a table's first column is. */
enum first { FIRST_RUN, FIRST_KEY };

struct copying {
	struct history *to, *from;
	int64_t run, as;		/* its numbers there and here         */
};

static int
failed(struct history *h, const char *doing, struct fr_err *err)
{
	return store_error(h->db, h->path, doing, err);
}

/* "insert into TABLE values (?, ?, ...)" with as many as it has. */
static int
prepare_insert(struct history *to, const char *table, int columns,
	       sqlite3_stmt **out, struct fr_err *err)
{
	struct buf sql;
	int done, i;

	buf_init(&sql, 4096);
	buf_printf(&sql, "insert into %s values (", table);
	for (i = 0; i < columns; i++)
		buf_text(&sql, i > 0 ? ", ?" : "?");
	buf_char(&sql, ')');
	done = store_prepare(to->db, to->path, sql.data, out, err);
	buf_free(&sql);
	return done;
}

static int
insert(struct history *to, sqlite3_stmt *s, struct fr_err *err)
{
	int code = sqlite3_step(s);

	sqlite3_reset(s);
	return code == SQLITE_DONE ? 0 : failed(to, "copy a run", err);
}

/* The rows of the run in one table, but for `run` itself. */
static int
copy_table(const struct copying *c, const char *table, const char *select,
	   enum first first, struct fr_err *err)
{
	int64_t low = first == FIRST_KEY ? store_key(c->run, 0) : c->run;
	int64_t high = first == FIRST_KEY ? store_key(c->run + 1, 0) - 1 :
		       c->run;
	int64_t base = first == FIRST_KEY ? store_key(c->as, 0) : c->as;
	sqlite3_stmt *read = NULL, *write = NULL;
	int columns, code = SQLITE_DONE, done = -1, i;

	if (store_prepare(c->from->db, c->from->path, select, &read, err) < 0)
		return -1;
	columns = sqlite3_column_count(read);
	if (prepare_insert(c->to, table, columns, &write, err) < 0)
		goto end;
	sqlite3_bind_int64(read, 1, low);
	sqlite3_bind_int64(read, 2, high);
	while ((code = sqlite3_step(read)) == SQLITE_ROW) {
		sqlite3_bind_int64(write, 1, base +
				   (sqlite3_column_int64(read, 0) - low));
		for (i = 1; i < columns; i++)
			sqlite3_bind_value(write, i + 1,
					   sqlite3_column_value(read, i));
		if (insert(c->to, write, err) < 0)
			goto end;
	}
	done = code == SQLITE_DONE ? 0 : failed(c->from, "read a run", err);
end:
	sqlite3_finalize(read);
	sqlite3_finalize(write);
	return done;
}

/* 1: there is no such run. */
static int
copy_row(struct copying *c, struct fr_err *err)
{
	sqlite3_stmt *read = NULL, *write = NULL;
	int columns, code, done = -1, i;

	if (store_prepare(c->from->db, c->from->path,
			  "select * from run where id = ?", &read, err) < 0)
		return -1;
	sqlite3_bind_int64(read, 1, c->run);
	code = sqlite3_step(read);
	columns = sqlite3_column_count(read);
	if (code == SQLITE_DONE) {
		done = 1;
		goto end;
	}
	if (code != SQLITE_ROW) {
		failed(c->from, "read a run", err);
		goto end;
	}
	if (prepare_insert(c->to, "run", columns, &write, err) < 0)
		goto end;
	/* Its number, the first column, is given by the file. */
	for (i = 1; i < columns; i++)
		if (strcmp(sqlite3_column_name(read, i), "shrunk_from") == 0)
			sqlite3_bind_int64(write, i + 1, 0);
		else
			sqlite3_bind_value(write, i + 1,
					   sqlite3_column_value(read, i));
	if (insert(c->to, write, err) < 0)
		goto end;
	c->as = sqlite3_last_insert_rowid(c->to->db);
	done = c->as <= STORE_RUNS_MAX ? 0 :
	       err_set(err, "%s is full: it holds %lld runs", c->to->path,
		       (long long)STORE_RUNS_MAX);
end:
	sqlite3_finalize(read);
	sqlite3_finalize(write);
	return done;
}

int
history_copy(struct history *to, struct history *from, int64_t run,
	     int64_t *as, struct fr_err *err)
{
	struct copying c = { .to = to, .from = from, .run = run };
	int done = copy_row(&c, err);

	if (done > 0) {
		*as = 0;
		return 0;
	}
	if (done < 0 ||
	    copy_table(&c, "event", "select * from event where id between "
		       "? and ?", FIRST_KEY, err) < 0 ||
	    copy_table(&c, "message", "select * from message where id between "
		       "? and ?", FIRST_KEY, err) < 0 ||
	    copy_table(&c, "name", "select * from name where run between "
		       "? and ?", FIRST_RUN, err) < 0)
		return -1;
	*as = c.as;
	return 0;
}
