/* SPDX-License-Identifier: MIT */
/*
 * Opening the store: what a file may be, and what is said when it is not.
 *
 * 1. A file that is not ours is never changed: application_id and version are
 *    read before anything is written.
 * 2. The schema is made, or brought forward, in one transaction that looks
 *    again once it holds the lock; two commands that make one file at the same
 *    time both find it made.
 * 3. synchronous is NORMAL: in WAL mode a commit is then a write without a
 *    sync, which SIGKILL of this process cannot undo, and only a checkpoint
 *    syncs.  A power cut may lose the last commits, but never the file with
 *    the runs of weeks in it, as OFF could.
 */
#include <errno.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/units.h"
#include "core/history/store.h"

/* ---- what SQLite says, in our words -------------------------------------- */

static int
io_error(sqlite3 *db, const char *path, const char *doing, int number,
	 struct fr_err *err)
{
	if (number == ENOSPC || number == EDQUOT || number == EFBIG)
		return err_set(err, "%s: %s: the disk is full or the file "
			       "larger than allowed (%s): make room, or use "
			       "--db FILE elsewhere", path, doing,
			       strerror(number));
	number = sqlite3_system_errno(db);
	return err_set(err, "%s: %s: %s%s%s", path, doing, sqlite3_errmsg(db),
		       number != 0 ? ": " : "",
		       number != 0 ? strerror(number) : "");
}

int
store_error(sqlite3 *db, const char *path, const char *doing,
	    struct fr_err *err)
{
	/* SQLite forgets it in some cases, and then calls nothing more that
	 * could change it. */
	int number = sqlite3_system_errno(db) != 0 ?
		     sqlite3_system_errno(db) : errno;

	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, "%s is locked by another process (waited "
			       "%d s): let it finish, or use another file with "
			       "--db FILE", path, STORE_BUSY_MS / 1000);
	case SQLITE_NOTADB:
		return err_usage(err, "%s is not an SQLite file: give the "
				 "right one with --db FILE", path);
	case SQLITE_CORRUPT:
		return err_set(err, "%s is damaged (%s): `sqlite3 %s .recover` "
			       "saves what can be saved", path,
			       sqlite3_errmsg(db), path);
	case SQLITE_FULL:
		return err_set(err, "%s: %s: the disk is full: make room, or "
			       "use --db FILE elsewhere", path, doing);
	case SQLITE_READONLY:
		return err_usage(err, "%s cannot be written: it, or its "
				 "directory, is read-only: use another file "
				 "with --db FILE", path);
	case SQLITE_CANTOPEN:
		return err_usage(err, "%s cannot be opened, or the files "
				 "%s-wal and %s-shm not made beside it (%s): "
				 "use another file with --db FILE", path, path,
				 path, strerror(number));
	case SQLITE_IOERR:
		return io_error(db, path, doing, number, err);
	default:
		return err_set(err, "%s: %s: %s", path, doing,
			       sqlite3_errmsg(db));
	}
}

int
store_exec(sqlite3 *db, const char *path, const char *sql, struct fr_err *err)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_error(db, path, "write", err);
	return 0;
}

int
store_prepare(sqlite3 *db, const char *path, const char *sql,
	      sqlite3_stmt **out, struct fr_err *err)
{
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out,
			       NULL) != SQLITE_OK)
		return store_error(db, path, "read", err);
	return 0;
}

/* ---- opening ------------------------------------------------------------- */

static void
configure(void)
{
	/* Nobody asks for the figures, and they cost a lock an allocation. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int
open_flags(const char *name, int flags, sqlite3 **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, configure);
	/* A library built without threads could not have a writer. */
	FR_ASSERT(sqlite3_threadsafe());
	if (sqlite3_open_v2(name, out, flags | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		return -1;
	sqlite3_extended_result_codes(*out, 1);
	sqlite3_busy_timeout(*out, STORE_BUSY_MS);
	/* The file may be a stranger's: its schema is not to be believed. */
	sqlite3_db_config(*out, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*out, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return 0;
}

int
store_connect(const char *path, sqlite3 **out, struct fr_err *err)
{
	sqlite3 *db = NULL;
	int done;

	if (open_flags(path, SQLITE_OPEN_READWRITE, &db) < 0 ||
	    sqlite3_exec(db, "pragma synchronous = normal", NULL, NULL,
			 NULL) != SQLITE_OK) {
		done = store_error(db, path, "open", err);
		sqlite3_close(db);
		return done;
	}
	*out = db;
	return 0;
}

/* One number from one statement.  -1: SQLite has the error. */
static int
ask(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *s = NULL;
	int done = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW) {
		*out = sqlite3_column_int64(s, 0);
		done = 0;
	}
	/* Its error stays in db. */
	if (sqlite3_finalize(s) != SQLITE_OK)
		done = -1;
	return done;
}

/* What stands at `path`, before SQLite is asked. */
static int
look_at(const char *path, bool make, struct fr_err *err)
{
	char *copy, *dir;
	struct stat st;
	int done = 0;

	if (*path == '\0')
		return err_usage(err, "the name of the history file is empty: "
				 "give one with --db FILE");
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return err_usage(err, "%s is a directory: give a file "
					 "with --db FILE", path);
		if (!S_ISREG(st.st_mode))
			return err_usage(err, "%s is not a regular file: give "
					 "one with --db FILE", path);
		return 0;
	}
	if (errno != ENOENT) {
		err_sys(err, "%s", path);
		if (err != NULL)
			err->status = EXIT_USAGE;
		return -1;
	}
	if (!make)
		return err_usage(err, "there is no file %s: 'fracas run' makes "
				 "one, --db FILE names another", path);
	copy = mem_string(path);
	dir = dirname(copy);
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
		done = err_usage(err, "%s: there is no directory %s: make it, "
				 "or use another file with --db FILE", path,
				 dir);
	free(copy);
	return done;
}

/*
 * Read-only medium: SQLite cannot make the files that WAL mode wants beside
 * it.  Nobody else can write it either, so it is read as it stands; unless a
 * log was left, whose rows would be missing.
 */
static int
open_unchanging(const char *path, sqlite3 **db)
{
	char *log = mem_format("%s-wal", path), *uri;
	struct stat st;
	struct buf b;
	int done = -1;

	if (stat(log, &st) < 0 || st.st_size == 0) {
		buf_init(&b, SIZE_MAX / 2);
		buf_text(&b, "file:");
		for (; *path != '\0'; path++) {
			if (strchr("%?#", *path) != NULL)
				buf_printf(&b, "%%%02x", (unsigned char)*path);
			else
				buf_char(&b, *path);
		}
		buf_text(&b, "?immutable=1");
		uri = b.data;
		sqlite3_close(*db);
		*db = NULL;
		done = open_flags(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
				  db);
		buf_free(&b);
	}
	free(log);
	return done;
}

/* What tells whose file it is, all of one moment: it may just be being made. */
static int
ask_marks(sqlite3 *db, int64_t *application, int64_t *version,
	  int64_t *tables)
{
	bool alone = sqlite3_get_autocommit(db) != 0;

	if (alone && sqlite3_exec(db, "begin", NULL, NULL, NULL) != SQLITE_OK)
		return -1;
	if (ask(db, "pragma application_id", application) < 0 ||
	    ask(db, "pragma user_version", version) < 0 ||
	    ask(db, "select count(*) from sqlite_schema", tables) < 0)
		return -1;
	return !alone || sqlite3_exec(db, "commit", NULL, NULL, NULL) ==
	       SQLITE_OK ? 0 : -1;
}

/* 0: a file of ours, and its version; an empty one has version 0. */
static int
recognise(sqlite3 *db, const char *path, int64_t *version,
	  struct fr_err *err)
{
	int64_t application, tables, n;

	if (ask_marks(db, &application, &n, &tables) < 0)
		return store_error(db, path, "open", err);
	if (application == 0 && n == 0 && tables == 0) {
		*version = 0;
		return 0;
	}
	if (application != STORE_APPLICATION || n < 1)
		return err_usage(err, "%s is an SQLite file, but not one that "
				 "fracas made: give the right one with --db "
				 "FILE", path);
	if (n > store_version)
		return err_usage(err, "%s is of version %lld, and this fracas "
				 "(%s) knows versions up to %d: use a newer "
				 "fracas, or another file with --db FILE",
				 path, (long long)n, FRACAS_VERSION,
				 store_version);
	*version = n;
	return 0;
}

/* Going over to WAL needs the file for itself for a moment, and SQLite does
 * not wait for that by itself. */
static int
use_wal(sqlite3 *db, const char *path, struct fr_err *err)
{
	int64_t until = clock_mono() + STORE_BUSY_MS * INT64_C(1000000);

	for (;;) {
		if (sqlite3_exec(db, "pragma journal_mode = wal", NULL, NULL,
				 NULL) == SQLITE_OK)
			return 0;
		if ((sqlite3_errcode(db) & 0xff) != SQLITE_BUSY ||
		    clock_mono() > until)
			return store_error(db, path, "open", err);
		usleep(2000);
	}
}

static int
bring_forward(sqlite3 *db, const char *path, struct fr_err *err)
{
	int64_t version;
	char number[128];

	if (store_exec(db, path, "begin immediate", err) < 0)
		return -1;
	if (recognise(db, path, &version, err) < 0)
		goto undo;
	for (; version < store_version; version++)
		if (store_exec(db, path, store_steps[version], err) < 0)
			goto undo;
	snprintf(number, sizeof number,
		 "pragma application_id = %d; pragma user_version = %d; commit",
		 STORE_APPLICATION, store_version);
	if (store_exec(db, path, number, err) < 0)
		goto undo;
	return 0;
undo:
	sqlite3_exec(db, "rollback", NULL, NULL, NULL);
	return -1;
}

/* Makes the file what this version wants, where that is asked and possible. */
static int
prepare(struct history *h, bool make, int64_t version, struct fr_err *err)
{
	h->writable = sqlite3_db_readonly(h->db, "main") == 0;
	if (make && !h->writable)
		return err_usage(err, "%s cannot be written%s%s: use another "
				 "file with --db FILE", h->path,
				 access(h->path, W_OK) < 0 ? ": " : "",
				 access(h->path, W_OK) < 0 ?
				 strerror(errno) : "");
	if (!make && version == 0)
		return err_usage(err, "%s is empty: it holds no run yet",
				 h->path);
	if (version < store_version && !h->writable)
		return err_usage(err, "%s is of version %lld and read-only, so "
				 "it cannot be brought to version %d: copy it "
				 "to where you may write", h->path,
				 (long long)version, store_version);
	if (make && use_wal(h->db, h->path, err) < 0)
		return -1;
	if (version < store_version &&
	    bring_forward(h->db, h->path, err) < 0)
		return -1;
	return store_exec(h->db, h->path, "pragma synchronous = normal", err);
}

struct history *
history_open(const char *path, bool make, struct fr_err *err)
{
	struct history *h;
	int64_t version;
	int code;

	if (look_at(path, make, err) < 0)
		return NULL;
	h = mem_new(sizeof *h);
	/* A leading ':' would mean something else to SQLite. */
	h->path = mem_format("%s%s", *path == ':' ? "./" : "", path);
	if (open_flags(h->path, SQLITE_OPEN_READWRITE |
		       (make ? SQLITE_OPEN_CREATE : 0), &h->db) < 0) {
		store_error(h->db, h->path, "open", err);
		goto fail;
	}
	if (recognise(h->db, h->path, &version, err) < 0) {
		code = sqlite3_errcode(h->db) & 0xff;
		if (make || (code != SQLITE_CANTOPEN &&
			     code != SQLITE_READONLY) ||
		    open_unchanging(h->path, &h->db) < 0 ||
		    recognise(h->db, h->path, &version, err) < 0)
			goto fail;
	}
	/* A file that is new has nothing to lose yet: no syncs. */
	if (version == 0)
		sqlite3_exec(h->db, "pragma synchronous = off", NULL, NULL,
			     NULL);
	if (prepare(h, make, version, err) < 0)
		goto fail;
	return h;
fail:
	sqlite3_close(h->db);
	free(h->path);
	free(h);
	return NULL;
}

int
history_close(struct history *h, struct fr_err *err)
{
	int done = 0;

	if (h == NULL)
		return 0;
	if (h->writer != NULL)
		done = writer_free(h->writer, err);
	sqlite3_close(h->db);
	free(h->path);
	free(h);
	return done;
}
