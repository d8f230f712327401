/* SPDX-License-Identifier: MIT */
/*
 * The tables of campaigns, and writing them.
 *
 * The file is a history: runs that are stored in full are in it, and `fracas
 * show`, `replay` and the others read them there.  These tables are beside the
 * history's, with a version of their own (table `campaign_schema`), so that the
 * history's may change without them.
 *
 * For people with the sqlite3 shell:
 *
 *	select name, verdict, count(*) from result join cell on cell = id
 *	  group by 1, 2;
 *	select name, fingerprint, count, words from failure join cell
 *	  on cell = id;
 */
#include "core/campaign/results_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/units.h"
#include "core/history/store.h"

#define RESULTS_VERSION 1

static const char schema[] =
"create table campaign_schema (version integer not null) strict;\n"

"create table campaign (\n"
"	id integer primary key,\n"
"	name text not null, file text not null, text text not null,\n"
"	digest text not null,\n"
"	shard integer not null, shards integer not null,\n"
"	version text not null,		-- of fracas\n"
"	machine text not null,\n"
"	begun integer not null,		-- wall clock, ns\n"
"	owner text			-- the process that writes it, or null\n"
") strict;\n"

"create table cell (\n"
"	id text primary key,		-- from its key: everywhere the same\n"
"	position integer not null,	-- in the file\n"
"	key text not null unique,\n"
"	name text not null,\n"
"	protocol text not null, workload text not null,\n"
"	nemesis text not null, nodes integer not null,\n"
"	topology text not null, world text not null,\n"
"	settings text not null, command text not null,\n"
"	sha256 text not null,		-- of the protocol's file\n"
"	first integer not null, last integer not null,	-- seeds\n"
"	wanted integer not null,	-- how many of them\n"
"	state text not null		-- open, done, failed, proven, dropped\n"
") strict, without rowid;\n"

"create table result (\n"
"	cell text not null, seed integer not null,\n"
"	verdict text not null,		-- valid, invalid, unknown\n"
"	violation text, fingerprint text, reason text,\n"
"	hash text not null,\n"
"	ok integer not null, fail integer not null,\n"
"	info integer not null,\n"
"	throughput real not null,	-- ok a second in the main phase\n"
"	median_ns integer, p99_ns integer,	-- of what ended ok\n"
"	availability real,		-- share of time with progress\n"
"	faults_started integer not null,\n"
"	faults_effective integer not null,\n"
"	seconds real not null,		-- that it took\n"
"	disturbed integer not null,	-- 1: the machine had no time for it\n"
"	attempts integer not null,\n"
"	run integer,			-- where it is in full, or null\n"
"	primary key (cell, seed)\n"
") strict, without rowid;\n"

"create table recovery (\n"
"	cell text not null, seed integer not null,\n"
"	fault integer not null,		-- its number in the run\n"
"	family text not null,\n"
"	ns integer,			-- null: nothing succeeded after it\n"
"	primary key (cell, seed, fault)\n"
") strict, without rowid;\n"

"create table failure (\n"
"	cell text not null, fingerprint text not null,\n"
"	violation text, reason text,	-- of the first seed\n"
"	count integer not null, first_seed integer not null,\n"
"	run integer,			-- of the first seed\n"
"	command text not null,		-- does the first seed again\n"
"	example_seed integer,		-- what it was shrunk from, or null\n"
"	minimal integer,\n"
"	operations integer, faults integer, deviations integer,\n"
"	nodes integer,\n"
"	words text, scenario text,\n"
"	primary key (cell, fingerprint)\n"
") strict, without rowid;\n"

"insert into campaign_schema values (1);\n";

const char *const cell_state_names[] = {
	"open", "done", "failed", "proven", "dropped",
};

/* ---- opening -------------------------------------------------------------------- */

static int
failed(struct results *r, struct fr_err *err)
{
	return store_error(r->db, r->path, "write results", err);
}

/* The tables' version; 0: there are none. */
static int
version_of(struct results *r, int64_t *version, struct fr_err *err)
{
	sqlite3_stmt *s;
	int code;

	*version = 0;
	if (store_prepare(r->db, r->path, "select 1 from sqlite_schema where "
			  "name = 'campaign_schema'", &s, err) < 0)
		return -1;
	code = sqlite3_step(s);
	sqlite3_finalize(s);
	if (code == SQLITE_DONE)
		return 0;
	if (store_prepare(r->db, r->path, "select version from "
			  "campaign_schema", &s, err) < 0)
		return -1;
	if (sqlite3_step(s) == SQLITE_ROW)
		*version = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return *version > 0 ? 0 : failed(r, err);
}

static int
make_tables(struct results *r, struct fr_err *err)
{
	int64_t version;

	/* Another process may be about to make them, too. */
	if (results_begin(r, err) < 0)
		return -1;
	if (version_of(r, &version, err) == 0 &&
	    (version > 0 || store_exec(r->db, r->path, schema, err) == 0) &&
	    results_commit(r, err) == 0)
		return 0;
	results_rollback(r);
	return -1;
}

struct results *
results_open(const char *path, bool write, struct fr_err *err)
{
	struct results *r = mem_new(sizeof *r);
	int64_t version;

	r->history = history_open(path, write, err);
	if (r->history == NULL) {
		free(r);
		return NULL;
	}
	r->db = r->history->db;
	r->path = r->history->path;
	if (version_of(r, &version, err) < 0)
		goto fail;
	if (version > RESULTS_VERSION) {
		err_usage(err, "%s has results of version %" PRId64 ", and "
			  "this fracas (%s) knows versions up to %d: use a "
			  "newer fracas", path, version, FRACAS_VERSION,
			  RESULTS_VERSION);
		goto fail;
	}
	if (version == 0 && !write) {
		err_usage(err, "%s holds no results of a campaign: 'fracas "
			  "campaign FILE' makes them", path);
		goto fail;
	}
	if (version == 0 && make_tables(r, err) < 0)
		goto fail;
	return r;
fail:
	results_close(r);
	return NULL;
}

void
results_close(struct results *r)
{
	char sql[80];

	if (r == NULL)
		return;
	sqlite3_finalize(r->add_result);
	sqlite3_finalize(r->add_recovery);
	sqlite3_finalize(r->add_failure);
	if (r->owned > 0) {
		snprintf(sql, sizeof sql, "update campaign set owner = null "
			 "where id = %" PRId64, r->owned);
		/* Where it cannot be said, that process is gone, which the
		 * next one sees. */
		(void)store_exec(r->db, r->path, sql, NULL);
	}
	history_close(r->history, NULL);
	free(r);
}

int
results_begin(struct results *r, struct fr_err *err)
{
	return store_exec(r->db, r->path, "begin immediate", err);
}

int
results_commit(struct results *r, struct fr_err *err)
{
	return store_exec(r->db, r->path, "commit", err);
}

void
results_rollback(struct results *r)
{
	(void)store_exec(r->db, r->path, "rollback", NULL);
}

/* ---- values ---------------------------------------------------------------------- */

/*
 * Binds by a word of letters: t text (NULL: null), n int64_t, u unsigned,
 * z int64_t that is null where it is not above 0, m the same where it is below
 * 0, r double, s double that is null where it is below 0.
 */
static void
bind(sqlite3_stmt *s, const char *kinds, ...)
{
	va_list args;
	double real;
	int64_t n;
	int i;

	va_start(args, kinds);
	for (i = 1; *kinds != '\0'; kinds++, i++) {
		switch (*kinds) {
		case 't':
			sqlite3_bind_text(s, i, va_arg(args, const char *), -1,
					  SQLITE_TRANSIENT);
			break;
		case 'u':
			sqlite3_bind_int64(s, i, va_arg(args, unsigned));
			break;
		case 'n':
		case 'z':
		case 'm':
			n = va_arg(args, int64_t);
			if ((*kinds == 'z' && n <= 0) ||
			    (*kinds == 'm' && n < 0))
				sqlite3_bind_null(s, i);
			else
				sqlite3_bind_int64(s, i, n);
			break;
		case 'r':
		case 's':
			real = va_arg(args, double);
			if (*kinds == 's' && real < 0)
				sqlite3_bind_null(s, i);
			else
				sqlite3_bind_double(s, i, real);
			break;
		default:
			FR_ASSERT(!"a kind of value");
		}
	}
	va_end(args);
}

/* Takes the statement along, but for one that is kept. */
static int
run(struct results *r, sqlite3_stmt *s, bool kept, struct fr_err *err)
{
	int code = sqlite3_step(s);
	int status = code == SQLITE_DONE || code == SQLITE_ROW ? 0 :
		     failed(r, err);

	if (kept)
		sqlite3_reset(s);
	else
		sqlite3_finalize(s);
	return status;
}

static int
once(struct results *r, const char *sql, sqlite3_stmt **s, struct fr_err *err)
{
	return store_prepare(r->db, r->path, sql, s, err);
}

/* What is kept is prepared the first time. */
static int
prepare(struct results *r, const char *sql, sqlite3_stmt **s,
	struct fr_err *err)
{
	return *s != NULL ? 0 : once(r, sql, s, err);
}

/* ---- the campaign and its cells ---------------------------------------------------- */

/* Whether nobody writes here any more; the first who does is told. */
static int
alone(struct results *r, struct fr_err *err)
{
	sqlite3_stmt *s;
	const char *owner;
	int status = 0;

	if (once(r, "select owner from campaign where owner is not null "
		    "and id <> ?", &s, err) < 0)
		return -1;
	bind(s, "n", r->owned);
	while (status == 0 && sqlite3_step(s) == SQLITE_ROW) {
		owner = (const char *)sqlite3_column_text(s, 0);
		if (!owner_gone(owner))
			status = err_usage(err, "%s: another `fracas campaign` "
					   "writes its results there (%s): let "
					   "it end, or give another file with "
					   "--db FILE", r->path, owner);
	}
	sqlite3_finalize(s);
	return status;
}

int
results_put_campaign(struct results *r, const struct campaign_row *c,
		     struct fr_err *err)
{
	sqlite3_stmt *s;

	if (once(r, "insert into campaign (name, file, text, digest, shard, "
		    "shards, version, machine, begun) values "
		    "(?, ?, ?, ?, ?, ?, ?, ?, ?)", &s, err) < 0)
		return -1;
	bind(s, "ttttuuttn", c->name, c->file, c->text, c->digest, c->shard,
	     c->shards, c->version, c->machine, c->begun);
	return run(r, s, false, err);
}

int
results_own(struct results *r, struct fr_err *err)
{
	sqlite3_stmt *s;
	char self[256];

	if (alone(r, err) < 0)
		return -1;
	owner_self(self, sizeof self);
	if (once(r, "update campaign set owner = case when id = (select "
		    "max(id) from campaign) then ? end", &s, err) < 0)
		return -1;
	bind(s, "t", self);
	if (run(r, s, false, err) < 0)
		return -1;
	if (once(r, "select max(id) from campaign", &s, err) < 0)
		return -1;
	if (sqlite3_step(s) == SQLITE_ROW)
		r->owned = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return r->owned > 0 ? 0 : failed(r, err);
}

int
results_put_cell(struct results *r, const struct cell_row *c,
		 struct fr_err *err)
{
	sqlite3_stmt *s;

	if (once(r, "insert or replace into cell values "
		    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", &s,
		    err) < 0)
		return -1;
	bind(s, "tuttttt" "utttttnnnt", c->id, c->position, c->key, c->name,
	     c->protocol, c->workload, c->nemesis, c->nodes, c->topology,
	     c->world, c->settings, c->command, c->sha256, (int64_t)c->first,
	     (int64_t)c->last, (int64_t)c->wanted,
	     cell_state_names[c->state]);
	return run(r, s, false, err);
}

int
results_cell_state(struct results *r, const char *cell, enum cell_state state,
		   struct fr_err *err)
{
	sqlite3_stmt *s;

	if (once(r, "update cell set state = ? where id = ?", &s, err) < 0)
		return -1;
	bind(s, "tt", cell_state_names[state], cell);
	return run(r, s, false, err);
}

int
results_drop_cells(struct results *r, struct fr_err *err)
{
	return store_exec(r->db, r->path,
			  "update cell set state = 'dropped'", err);
}

/* Each of these about one cell, and a seed. */
static int
about_cell(struct results *r, const char *const *sql, size_t count,
	   const char *cell, uint64_t seed, struct fr_err *err)
{
	sqlite3_stmt *s;
	size_t i;

	for (i = 0; i < count; i++) {
		if (once(r, sql[i], &s, err) < 0)
			return -1;
		sqlite3_bind_text(s, 1, cell, -1, SQLITE_TRANSIENT);
		if (sqlite3_bind_parameter_count(s) > 1)
			sqlite3_bind_int64(s, 2, (int64_t)seed);
		if (run(r, s, false, err) < 0)
			return -1;
	}
	return 0;
}

int
results_clear_cell(struct results *r, const char *cell, struct fr_err *err)
{
	static const char *const sql[] = {
		"delete from result where cell = ?1",
		"delete from recovery where cell = ?1",
		"delete from failure where cell = ?1",
	};

	return about_cell(r, sql, 3, cell, 0, err);
}

int
results_trim_cell(struct results *r, const char *cell, uint64_t seed,
		  struct fr_err *err)
{
	static const char *const sql[] = {
		"delete from result where cell = ?1 and seed > ?2",
		"delete from recovery where cell = ?1 and seed > ?2",
		"delete from failure where cell = ?1 and first_seed > ?2",
		"update failure set count = (select count(*) from result r "
		"where r.cell = ?1 and r.fingerprint = failure.fingerprint) "
		"where cell = ?1",
	};

	return about_cell(r, sql, 4, cell, seed, err);
}

/* ---- results ----------------------------------------------------------------------- */

static int
add_recoveries(struct results *r, const struct recovery_row *at,
	       uint32_t count, struct fr_err *err)
{
	uint32_t i;

	if (prepare(r, "insert into recovery values (?, ?, ?, ?, ?)",
		    &r->add_recovery, err) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		bind(r->add_recovery, "tnutm", at[i].cell,
		     (int64_t)at[i].seed, at[i].fault, at[i].family,
		     at[i].ns);
		if (run(r, r->add_recovery, true, err) < 0)
			return -1;
	}
	return 0;
}

static int
count_failure(struct results *r, const struct result_row *row,
	      const char *command, struct fr_err *err)
{
	if (prepare(r, "insert into failure (cell, fingerprint, violation, "
		    "reason, count, first_seed, run, command) values "
		    "(?, ?, ?, ?, 1, ?, ?, ?) on conflict do update set "
		    "count = count + 1, "
		    "violation = iif(excluded.first_seed < first_seed, "
		    "excluded.violation, violation), "
		    "reason = iif(excluded.first_seed < first_seed, "
		    "excluded.reason, reason), "
		    "run = iif(excluded.first_seed < first_seed, "
		    "excluded.run, run), "
		    "command = iif(excluded.first_seed < first_seed, "
		    "excluded.command, command), "
		    "first_seed = min(first_seed, excluded.first_seed)",
		    &r->add_failure, err) < 0)
		return -1;
	bind(r->add_failure, "ttttnzt", row->cell, row->fingerprint,
	     row->violation, row->reason, (int64_t)row->seed, row->run,
	     command);
	return run(r, r->add_failure, true, err);
}

/* 0, or 1 where it was there. */
static int
add_result(struct results *r, const struct result_row *row,
	   struct fr_err *err)
{
	char hash[20];

	if (prepare(r, "insert or ignore into result values (?, ?, ?, ?, ?, "
		    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		    &r->add_result, err) < 0)
		return -1;
	snprintf(hash, sizeof hash, "%016" PRIx64, row->hash);
	bind(r->add_result, "tnttttt" "nnnrmms" "uurnuz", row->cell,
	     (int64_t)row->seed, row->verdict, row->violation,
	     row->fingerprint, row->reason, hash, (int64_t)row->ok,
	     (int64_t)row->fail, (int64_t)row->info, row->throughput,
	     row->median_ns, row->p99_ns, row->availability,
	     row->faults_started, row->faults_effective, row->seconds,
	     (int64_t)row->disturbed, row->attempts, row->run);
	if (run(r, r->add_result, true, err) < 0)
		return -1;
	return sqlite3_changes(r->db) == 0;
}

int
results_put_result(struct results *r, const struct result_row *row,
		   const struct recovery_row *recoveries, uint32_t count,
		   const char *command, struct fr_err *err)
{
	/* All of it or nothing, also within a transaction of the caller's. */
	int there;

	if (store_exec(r->db, r->path, "savepoint result", err) < 0)
		return -1;
	there = add_result(r, row, err);
	if (there == 0 &&
	    (add_recoveries(r, recoveries, count, err) < 0 ||
	     (row->fingerprint != NULL &&
	      count_failure(r, row, command, err) < 0)))
		there = -1;
	if (there < 0)
		(void)store_exec(r->db, r->path, "rollback to result", NULL);
	if (store_exec(r->db, r->path, "release result",
		       there < 0 ? NULL : err) < 0)
		return -1;
	return there;
}

int
results_put_example(struct results *r, const struct failure_row *f,
		    struct fr_err *err)
{
	sqlite3_stmt *s;

	if (once(r, "update failure set example_seed = ?, minimal = ?, "
		    "operations = ?, faults = ?, deviations = ?, nodes = ?, "
		    "words = ?, scenario = ? where cell = ? and "
		    "fingerprint = ?", &s, err) < 0)
		return -1;
	bind(s, "nnuuuutttt", (int64_t)f->example_seed, (int64_t)f->minimal,
	     f->operations, f->faults, f->deviations, f->nodes, f->words,
	     f->scenario, f->cell, f->fingerprint);
	return run(r, s, false, err);
}
