/* SPDX-License-Identifier: MIT */
/* What the tests of core/history share. */
#include "tests/unit/history_help.h"

#include <check.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[256];

void
dir_make(void)
{
	const char *under = getenv("TMPDIR");

	snprintf(dir, sizeof dir, "%s/fracas-test-XXXXXX",
		 under != NULL ? under : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
remove_all(const char *path)
{
	struct dirent *entry;
	char inner[512];
	DIR *d;

	chmod(path, 0700);
	d = opendir(path);
	if (d != NULL) {
		while ((entry = readdir(d)) != NULL) {
			if (strcmp(entry->d_name, ".") == 0 ||
			    strcmp(entry->d_name, "..") == 0)
				continue;
			snprintf(inner, sizeof inner, "%s/%.200s", path,
				 entry->d_name);
			if (entry->d_type == DT_DIR)
				remove_all(inner);
			else
				unlink(inner);
		}
		closedir(d);
	}
	rmdir(path);
}

void
dir_remove(void)
{
	remove_all(dir);
}

const char *
dir_path(const char *name)
{
	static char paths[128][512];
	static unsigned next;
	char *path = paths[next++ % 128];

	snprintf(path, sizeof paths[0], "%s/%s", dir, name);
	return path;
}

struct history *
must_open(const char *path, bool make)
{
	struct fr_err err = { 0 };
	struct history *h = history_open(path, make, &err);

	ck_assert_msg(h != NULL, "%s", err.text);
	return h;
}

void
must_begin(struct history *h, struct run_row *row)
{
	static char name[] = "abd", work[] = "register", world[] = "live",
		ops[] = "[\"read\",\"write\",\"cas\"]",
		types[] = "[\"query\",\"update\"]";
	struct fr_err err = { 0 };

	memset(row, 0, sizeof *row);
	row->protocol = name;
	row->workload = work;
	row->world = world;
	row->ops = ops;
	row->message_types = types;
	row->nodes = 5;
	row->clients = 4;
	ck_assert_msg(history_begin(h, row, &err) == 0, "%s", err.text);
}

void
must_close(struct history *h)
{
	struct fr_err err = { 0 };

	ck_assert_msg(history_close(h, &err) == 0, "%s", err.text);
}

struct event
plain_event(enum event_kind kind)
{
	struct event e = {
		.kind = kind, .node = -1, .boot = -1, .process = -1,
		.client = -1, .f = -1, .key = FR_NO_KEY,
	};

	return e;
}

/*
 * Four clients take turns: all call, then all end, each ninth as an info; then
 * its client goes on as another process.
 */
struct event
numbered_event(uint64_t i)
{
	uint64_t round = i / 8;
	int32_t client = (int32_t)(i % 4);
	struct event e;

	if (i % 8 < 4)
		e = plain_event(EVENT_INVOKE);
	else
		e = plain_event((round + (uint64_t)client) % 9 == 8 ?
				EVENT_INFO : EVENT_OK);
	e.t = (int64_t)i * 1000;
	e.client = client;
	e.process = client + 4 * (int64_t)((round + (uint64_t)client) / 9);
	e.f = (int32_t)(round % 3);
	e.key = (int64_t)(round % 5);
	e.node = client;
	e.value.kind = FR_INT;
	e.value.u.number = (int64_t)i;
	if (e.kind == EVENT_INFO)
		e.text = "no answer within 1 s";
	return e;
}

struct prefix {
	uint64_t count, open;
};

static int
check_event(void *arg, uint64_t rank, const struct event *e)
{
	struct prefix *p = arg;
	struct event want = numbered_event(p->count);

	/* Check notes every assertion that holds, too: not one a row. */
	if (rank != p->count || e->t != want.t || e->kind != want.kind ||
	    e->process != want.process ||
	    e->value.u.number != want.value.u.number)
		ck_abort_msg("event %" PRIu64 " is not the one given as %"
			     PRIu64, rank, p->count);
	p->open += e->kind == EVENT_INVOKE;
	p->open -= e->kind == EVENT_OK;
	p->count++;
	return 0;
}

static struct prefix
read_prefix(struct history *h, int64_t run)
{
	struct fr_err err = { 0 };
	struct prefix p = { 0 };

	ck_assert_msg(history_events(h, run, check_event, &p, &err) == 0,
		      "%s", err.text);
	return p;
}

uint64_t
check_events(struct history *h, int64_t run)
{
	return read_prefix(h, run).count;
}

uint64_t
check_numbered(struct history *h, int64_t run)
{
	struct prefix p = read_prefix(h, run);
	struct fr_err err = { 0 };
	struct fr_history history;
	struct arena arena = { 0 };
	uint64_t i;

	ck_assert_msg(history_load(h, run, &arena, &history, &err) == 0,
		      "%s", err.text);
	for (i = 0; i < history.op_count; i++) {
		if (history.ops[i].outcome == FR_INFO)
			p.open--;
		else if (history.ops[i].end_rank !=
			 history.ops[i].call_rank + 4)
			ck_abort_msg("operation %" PRIu64 " has the end of "
				     "another", history.ops[i].id);
	}
	ck_assert_uint_eq(p.open, 0);
	ck_assert_uint_eq(history.nodes, 5);
	arena_free(&arena);
	return p.count;
}

static sqlite3 *
open_sqlite(const char *path)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 20000);
	return db;
}

const char *
ask_sqlite(const char *path, const char *sql)
{
	static char text[4096];
	sqlite3 *db = open_sqlite(path);
	const unsigned char *found;
	sqlite3_stmt *s;

	ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK,
		      "%s", sqlite3_errmsg(db));
	ck_assert_msg(sqlite3_step(s) == SQLITE_ROW, "no row: %s: %s", sql,
		      sqlite3_errmsg(db));
	found = sqlite3_column_text(s, 0);
	snprintf(text, sizeof text, "%s",
		 found == NULL ? "NULL" : (const char *)found);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return text;
}

void
tell_sqlite(const char *path, const char *sql)
{
	sqlite3 *db = open_sqlite(path);

	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK,
		      "%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}
