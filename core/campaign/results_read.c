/* SPDX-License-Identifier: MIT */
/* Reading what campaigns came to. */
#include "core/campaign/results_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/history/store.h"

static const char *
text(sqlite3_stmt *s, int i)
{
	return (const char *)sqlite3_column_text(s, i);
}

/* For what is never null, unless a stranger made the file. */
static const char *
word(sqlite3_stmt *s, int i)
{
	const char *t = text(s, i);

	return t == NULL ? "" : t;
}

static int64_t
number_or(sqlite3_stmt *s, int i, int64_t otherwise)
{
	return sqlite3_column_type(s, i) == SQLITE_NULL ? otherwise :
	       sqlite3_column_int64(s, i);
}

static uint64_t
unsigned_of(sqlite3_stmt *s, int i)
{
	return (uint64_t)sqlite3_column_int64(s, i);
}

/* Each row of a question about a cell, or all; `row` has its own each. */
static int
each_row(struct results *r, const char *sql, const char *cell,
	 int (*row)(void *to, sqlite3_stmt *s), void *to, struct fr_err *err)
{
	sqlite3_stmt *s;
	int code, stop = 0;

	if (store_prepare(r->db, r->path, sql, &s, err) < 0)
		return -1;
	if (sqlite3_bind_parameter_count(s) > 0)
		sqlite3_bind_text(s, 1, cell, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && !stop)
		stop = row(to, s);
	sqlite3_finalize(s);
	return code == SQLITE_DONE || stop ? 0 :
	       store_error(r->db, r->path, "read results", err);
}

/* ---- campaigns ------------------------------------------------------------------- */

struct campaign_reader {
	int (*each)(void *arg, const struct campaign_row *c);
	void *arg;
};

static int
campaign_row(void *to, sqlite3_stmt *s)
{
	const struct campaign_reader *reader = to;
	const struct campaign_row c = {
		.name = word(s, 0), .file = word(s, 1), .text = word(s, 2),
		.digest = word(s, 3), .shard = (uint32_t)unsigned_of(s, 4),
		.shards = (uint32_t)unsigned_of(s, 5), .version = word(s, 6),
		.machine = word(s, 7), .begun = sqlite3_column_int64(s, 8),
	};

	return reader->each(reader->arg, &c);
}

int
results_campaigns(struct results *r, int (*each)(void *arg,
		  const struct campaign_row *c), void *arg,
		  struct fr_err *err)
{
	struct campaign_reader to = { each, arg };

	return each_row(r, "select name, file, text, digest, shard, shards, "
			"version, machine, begun from campaign order by id",
			NULL, campaign_row, &to, err);
}

/* ---- cells ------------------------------------------------------------------------ */

struct cell_reader {
	int (*each)(void *arg, const struct cell_row *c);
	void *arg;
};

static enum cell_state
state_of(const char *name)
{
	enum cell_state state = CELL_DROPPED;

	while (state > CELL_OPEN && strcmp(cell_state_names[state], name) != 0)
		state--;
	return state;
}

static int
cell_row(void *to, sqlite3_stmt *s)
{
	const struct cell_reader *reader = to;
	struct cell_row c = {
		.position = (uint32_t)unsigned_of(s, 1), .key = word(s, 2),
		.name = word(s, 3), .protocol = word(s, 4),
		.workload = word(s, 5), .nemesis = word(s, 6),
		.nodes = (uint32_t)unsigned_of(s, 7), .topology = word(s, 8),
		.world = word(s, 9), .settings = word(s, 10),
		.command = word(s, 11), .sha256 = word(s, 12),
		.first = unsigned_of(s, 13), .last = unsigned_of(s, 14),
		.wanted = unsigned_of(s, 15), .state = state_of(word(s, 16)),
	};

	snprintf(c.id, sizeof c.id, "%s", word(s, 0));
	return reader->each(reader->arg, &c);
}

int
results_cells(struct results *r, int (*each)(void *arg,
	      const struct cell_row *c), void *arg, struct fr_err *err)
{
	struct cell_reader to = { each, arg };

	return each_row(r, "select id, position, key, name, protocol, "
			"workload, nemesis, nodes, topology, world, settings, "
			"command, sha256, first, last, wanted, state from cell "
			"order by state = 'dropped', position, id", NULL,
			cell_row, &to, err);
}

/* ---- results ---------------------------------------------------------------------- */

struct result_reader {
	int (*each)(void *arg, const struct result_row *row);
	void *arg;
};

static int
result_row(void *to, sqlite3_stmt *s)
{
	const struct result_reader *reader = to;
	const struct result_row row = {
		.cell = word(s, 0), .seed = unsigned_of(s, 1),
		.verdict = word(s, 2), .violation = text(s, 3),
		.fingerprint = text(s, 4), .reason = text(s, 5),
		.hash = strtoull(word(s, 6), NULL, 16),
		.ok = unsigned_of(s, 7), .fail = unsigned_of(s, 8),
		.info = unsigned_of(s, 9),
		.throughput = sqlite3_column_double(s, 10),
		.median_ns = number_or(s, 11, -1),
		.p99_ns = number_or(s, 12, -1),
		.availability = sqlite3_column_type(s, 13) == SQLITE_NULL ?
				-1 : sqlite3_column_double(s, 13),
		.faults_started = (uint32_t)unsigned_of(s, 14),
		.faults_effective = (uint32_t)unsigned_of(s, 15),
		.seconds = sqlite3_column_double(s, 16),
		.disturbed = unsigned_of(s, 17) != 0,
		.attempts = (uint32_t)unsigned_of(s, 18),
		.run = number_or(s, 19, 0),
	};

	return reader->each(reader->arg, &row);
}

int
results_each(struct results *r, const char *cell, int (*each)(void *arg,
	     const struct result_row *row), void *arg, struct fr_err *err)
{
	struct result_reader to = { each, arg };

	return each_row(r, "select * from result where ?1 is null or "
			"cell = ?1 order by cell, seed", cell, result_row,
			&to, err);
}

struct recovery_reader {
	int (*each)(void *arg, const struct recovery_row *row);
	void *arg;
};

static int
recovery_row(void *to, sqlite3_stmt *s)
{
	const struct recovery_reader *reader = to;
	const struct recovery_row row = {
		.cell = word(s, 0), .seed = unsigned_of(s, 1),
		.fault = (uint32_t)unsigned_of(s, 2), .family = word(s, 3),
		.ns = number_or(s, 4, -1),
	};

	return reader->each(reader->arg, &row);
}

int
results_recoveries(struct results *r, const char *cell,
		   int (*each)(void *arg, const struct recovery_row *row),
		   void *arg, struct fr_err *err)
{
	struct recovery_reader to = { each, arg };

	return each_row(r, "select * from recovery where ?1 is null or "
			"cell = ?1 order by cell, seed, fault", cell,
			recovery_row, &to, err);
}

/* ---- failures --------------------------------------------------------------------- */

struct failure_reader {
	int (*each)(void *arg, const struct failure_row *row);
	void *arg;
};

static int
failure_row(void *to, sqlite3_stmt *s)
{
	const struct failure_reader *reader = to;
	const struct failure_row row = {
		.cell = word(s, 0), .fingerprint = word(s, 1),
		.violation = text(s, 2), .reason = text(s, 3),
		.count = unsigned_of(s, 4), .first_seed = unsigned_of(s, 5),
		.run = number_or(s, 6, 0), .command = word(s, 7),
		.shrunk = sqlite3_column_type(s, 8) != SQLITE_NULL,
		.example_seed = unsigned_of(s, 8),
		.minimal = unsigned_of(s, 9) != 0,
		.operations = (uint32_t)unsigned_of(s, 10),
		.faults = (uint32_t)unsigned_of(s, 11),
		.deviations = (uint32_t)unsigned_of(s, 12),
		.nodes = (uint32_t)unsigned_of(s, 13), .words = text(s, 14),
		.scenario = text(s, 15),
	};

	return reader->each(reader->arg, &row);
}

int
results_failures(struct results *r, const char *cell,
		 int (*each)(void *arg, const struct failure_row *row),
		 void *arg, struct fr_err *err)
{
	struct failure_reader to = { each, arg };

	return each_row(r, "select * from failure where ?1 is null or "
			"cell = ?1 order by cell, first_seed, fingerprint",
			cell, failure_row, &to, err);
}
