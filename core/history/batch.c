/* SPDX-License-Identifier: MIT */
/*
 * Many runs of one configuration that differ in their seed: a row each, in the
 * table `seed`, which says what came of it; and a whole run for those worth
 * looking at.
 *
 * Rows are written by the connection of the caller's thread, so many in one
 * transaction: history_batch_flush ends it, and has to be called before a run
 * begins, whose writer has a connection of its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "core/history/store.h"

/* Rows in one transaction, and how long it may be open. */
#define ROWS_MOST	2000u
#define OPEN_MOST	INT64_C(500000000)

static int
failed(struct history *h, const char *doing, struct fr_err *err)
{
	return store_error(h->db, h->path, doing, err);
}

/* The last one of this key; 0: there is none. */
static int
find(struct history *h, const char *key, int64_t *id, struct fr_err *err)
{
	sqlite3_stmt *s;
	int code;

	if (store_prepare(h->db, h->path, "select id from batch where key = ? "
			  "order by id desc limit 1", &s, err) < 0)
		return -1;
	sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
	code = sqlite3_step(s);
	*id = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 :
	       failed(h, "look for earlier seeds", err);
}

int
history_batch_begin(struct history *h, const struct batch_row *b, bool resume,
		    int64_t *id, struct fr_err *err)
{
	sqlite3_stmt *s;
	int64_t found = 0;
	int code;

	if (resume && find(h, b->key, &found, err) < 0)
		return -1;
	if (found > 0) {
		*id = found;
		return 0;
	}
	if (store_prepare(h->db, h->path, "insert into batch (key, protocol, "
			  "workload, config, command, started) values "
			  "(?, ?, ?, ?, ?, ?)", &s, err) < 0)
		return -1;
	sqlite3_bind_text(s, 1, b->key, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, b->protocol, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 3, b->workload, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 4, b->config, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 5, b->command, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 6, clock_wall());
	code = sqlite3_step(s);
	sqlite3_finalize(s);
	if (code != SQLITE_DONE)
		return failed(h, "begin the record of seeds", err);
	*id = sqlite3_last_insert_rowid(h->db);
	return 0;
}

int
history_batch_flush(struct history *h, struct fr_err *err)
{
	if (h->batch_rows == 0)
		return 0;
	h->batch_rows = 0;
	sqlite3_finalize(h->batch_insert);
	h->batch_insert = NULL;
	return store_exec(h->db, h->path, "commit", err);
}

static void
bind_seed(sqlite3_stmt *s, int64_t batch, const struct seed_row *r)
{
	char number[24], hash[20];

	snprintf(number, sizeof number, "%" PRIu64, r->seed);
	snprintf(hash, sizeof hash, "%016" PRIx64, r->hash);
	sqlite3_bind_int64(s, 1, batch);
	sqlite3_bind_text(s, 2, number, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(s, 3, r->verdict, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(s, 4, r->fingerprint, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(s, 5, hash, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(s, 6, (int64_t)r->ok);
	sqlite3_bind_int64(s, 7, (int64_t)r->fail);
	sqlite3_bind_int64(s, 8, (int64_t)r->info);
	sqlite3_bind_int64(s, 9, (int64_t)r->messages);
	if (r->run > 0)
		sqlite3_bind_int64(s, 10, r->run);
	else
		sqlite3_bind_null(s, 10);
}

int
history_batch_seed(struct history *h, int64_t batch, const struct seed_row *r,
		   struct fr_err *err)
{
	int code;

	if (h->batch_rows == 0) {
		if (store_exec(h->db, h->path, "begin immediate", err) < 0)
			return -1;
		if (store_prepare(h->db, h->path, "insert or replace into "
				  "seed values (?,?,?,?,?,?,?,?,?,?)",
				  &h->batch_insert, err) < 0) {
			(void)store_exec(h->db, h->path, "rollback", NULL);
			return -1;
		}
		h->batch_since = clock_mono();
	}
	h->batch_rows++;
	bind_seed(h->batch_insert, batch, r);
	code = sqlite3_step(h->batch_insert);
	sqlite3_reset(h->batch_insert);
	if (code != SQLITE_DONE)
		return failed(h, "record a seed", err);
	if (h->batch_rows >= ROWS_MOST ||
	    clock_mono() - h->batch_since > OPEN_MOST)
		return history_batch_flush(h, err);
	return 0;
}

int
history_batch_seeds(struct history *h, int64_t batch, int (*each)(void *arg,
		    const struct seed_row *r), void *arg, struct fr_err *err)
{
	sqlite3_stmt *s;
	struct seed_row r;
	int code, stop = 0;

	if (store_prepare(h->db, h->path, "select seed, verdict, fingerprint, "
			  "hash, ok, fail, info, messages, run from seed "
			  "where batch = ?", &s, err) < 0)
		return -1;
	sqlite3_bind_int64(s, 1, batch);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && !stop) {
		memset(&r, 0, sizeof r);
		r.seed = strtoull((const char *)sqlite3_column_text(s, 0),
				  NULL, 10);
		r.verdict = (const char *)sqlite3_column_text(s, 1);
		r.fingerprint = (const char *)sqlite3_column_text(s, 2);
		r.hash = strtoull((const char *)sqlite3_column_text(s, 3),
				  NULL, 16);
		r.ok = (uint64_t)sqlite3_column_int64(s, 4);
		r.fail = (uint64_t)sqlite3_column_int64(s, 5);
		r.info = (uint64_t)sqlite3_column_int64(s, 6);
		r.messages = (uint64_t)sqlite3_column_int64(s, 7);
		r.run = sqlite3_column_int64(s, 8);
		stop = each(arg, &r);
	}
	sqlite3_finalize(s);
	return code == SQLITE_DONE || stop ? 0 :
	       failed(h, "read earlier seeds", err);
}
