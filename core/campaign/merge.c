/* SPDX-License-Identifier: MIT */
/*
 * Joining results.
 *
 * 1. Everything is one transaction.  A file that is there changes by its
 *    commit; one that is not is made under another name beside it, and gets its
 *    own once it is complete and on the disk.
 * 2. A row that is there already is the same row, or nothing is merged.
 * 3. A failure's count, first seed and command follow from the results; of the
 *    examples that of the lowest seed is kept.  So the order of the files makes
 *    no difference.
 */
#include "core/campaign/merge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "core/campaign/keep.h"
#include "core/campaign/newfile.h"
#include "core/campaign/results_inside.h"
#include "core/history/store.h"

/* What one file says of itself; its last beginning. */
struct head {
	const char *path;
	struct campaign_row row;
	int64_t begun;			/* the first beginning                */
};

struct cells {
	struct cell_row *at;
	size_t count, room;
};

struct merge {
	struct arena arena;
	struct results *out, *in;	/* where to, and whence just now      */
	const char *in_path, *out_path;
	struct head head;		/* of the first, which all have to be */
	bool added_to;			/* `out` was there                    */
	bool whole;			/* ... and says it is no shard        */
	struct cells cells;		/* so far                             */
	const char **families;		/* of faults, so far                  */
	size_t family_count, family_room;
	struct merged *counts;
	/* Of the cell that is being copied. */
	struct recovery_row *recoveries;
	size_t recovery_count, recovery_room, recovery_next;
	struct failure_row *failures;
	size_t failure_count, failure_room;
	struct fr_err *err;
	bool failed;
};

/* ---- which campaign ------------------------------------------------- */

struct head_reader {
	struct merge *m;
	struct head head;
};

static int
on_campaign(void *arg, const struct campaign_row *c)
{
	struct head_reader *to = arg;
	struct campaign_row *row = &to->head.row;

	if (row->name == NULL || c->begun < to->head.begun)
		to->head.begun = c->begun;
	*row = keep_campaign(&to->m->arena, c);
	return 0;
}

static int
fits(struct merge *m, struct results *r, const char *path, struct fr_err *err)
{
	struct head_reader to = { .m = m, .head = { .path = path } };
	const struct campaign_row *first = &m->head.row, *row = &to.head.row;

	if (results_campaigns(r, on_campaign, &to, err) < 0)
		return -1;
	if (row->name == NULL)
		return err_usage(err, "%s holds no campaign", path);
	if (first->name == NULL) {
		m->head = to.head;
		return 0;
	}
	if (strcmp(first->digest, row->digest) != 0)
		return err_usage(err, "%s and %s have results of different "
				 "campaign files (%s, digest %.12s; %s, digest "
				 "%.12s): only shards of one can be merged",
				 m->head.path, path, first->file,
				 first->digest, row->file, row->digest);
	if (strcmp(first->version, row->version) != 0)
		return err_usage(err, "%s was made by fracas %s and %s by %s: "
				 "their runs cannot be taken together",
				 m->head.path, first->version, path,
				 row->version);
	if (to.head.begun < m->head.begun)
		m->head.begun = to.head.begun;
	return 0;
}

/* ---- cells ---------------------------------------------------------- */

static struct cell_row *
cell_find(struct merge *m, const char *id)
{
	size_t i;

	for (i = 0; i < m->cells.count; i++)
		if (strcmp(m->cells.at[i].id, id) == 0)
			return &m->cells.at[i];
	return NULL;
}

/* What either of two states says of a cell; that all of it is done is seen by
 * counting. */
static enum cell_state
state_of_both(enum cell_state a, enum cell_state b)
{
	if (a == CELL_FAILED || b == CELL_FAILED)
		return CELL_FAILED;
	if (a == CELL_PROVEN || b == CELL_PROVEN)
		return CELL_PROVEN;
	return CELL_OPEN;
}

static void
cell_keep(struct merge *m, const struct cell_row *c)
{
	struct cell_row *to;

	mem_grow(&m->cells.at, &m->cells.room, m->cells.count + 1,
		 sizeof *m->cells.at);
	to = &m->cells.at[m->cells.count++];
	*to = keep_cell(&m->arena, c);
	to->wanted = c->last - c->first + 1;
	to->state = state_of_both(c->state, c->state);
}

static int
on_cell(void *arg, const struct cell_row *c)
{
	struct merge *m = arg;
	struct cell_row *to;

	if (c->state == CELL_DROPPED)
		return 0;
	to = cell_find(m, c->id);
	if (to == NULL) {
		cell_keep(m, c);
		return 0;
	}
	/* A shard that has not come to it yet does not know the build. */
	if (*to->sha256 == '\0')
		to->sha256 = keep_text(&m->arena, c->sha256);
	if (*c->sha256 != '\0' && strcmp(to->sha256, c->sha256) != 0) {
		err_usage(m->err, "%s ran another build of %s (sha256 %.12s) "
			  "in cell %s than the files before it (%.12s)",
			  m->in_path, c->protocol, c->sha256, c->name,
			  to->sha256);
		m->failed = true;
		return 1;
	}
	/* What was unknown may have moved the end of what proves a rate. */
	if (c->last > to->last) {
		to->last = c->last;
		to->wanted = c->last - c->first + 1;
	}
	to->state = state_of_both(to->state, c->state);
	return 0;
}

/* ---- results -------------------------------------------------------- */

/* There are few of them, and each fault has one. */
static const char *
family(struct merge *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->family_count; i++)
		if (strcmp(m->families[i], name) == 0)
			return m->families[i];
	mem_grow(&m->families, &m->family_room, m->family_count + 1,
		 sizeof *m->families);
	m->families[m->family_count] = keep_text(&m->arena, name);
	return m->families[m->family_count++];
}

static int
on_recovery(void *arg, const struct recovery_row *row)
{
	struct merge *m = arg;
	struct recovery_row *to;

	mem_grow(&m->recoveries, &m->recovery_room, m->recovery_count + 1,
		 sizeof *m->recoveries);
	to = &m->recoveries[m->recovery_count++];
	*to = *row;
	to->cell = NULL;		/* see on_result                      */
	to->family = family(m, row->family);
	return 0;
}

static int
on_failure(void *arg, const struct failure_row *row)
{
	struct merge *m = arg;

	mem_grow(&m->failures, &m->failure_room, m->failure_count + 1,
		 sizeof *m->failures);
	m->failures[m->failure_count++] = keep_failure(&m->arena, row);
	return 0;
}

/* 1: the same run is there already.  -1: there is another. */
static int
there(struct merge *m, const struct result_row *row, struct fr_err *err)
{
	sqlite3_stmt *s = NULL;
	char hash[20];
	int found = 0;

	snprintf(hash, sizeof hash, "%016" PRIx64, row->hash);
	if (store_prepare(m->out->db, m->out_path, "select hash = ? and "
			  "verdict = ?, verdict from result where cell = ? and "
			  "seed = ?", &s, err) < 0)
		return -1;
	sqlite3_bind_text(s, 1, hash, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, row->verdict, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 3, row->cell, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 4, (int64_t)row->seed);
	if (sqlite3_step(s) == SQLITE_ROW)
		found = sqlite3_column_int(s, 0) != 0 ? 1 :
			err_usage(err, "%s: seed %" PRIu64 " of cell %s is %s "
				  "there, and came out otherwise (%s) in the "
				  "files before it", m->in_path, row->seed,
				  cell_find(m, row->cell)->name, row->verdict,
				  (const char *)sqlite3_column_text(s, 1));
	sqlite3_finalize(s);
	return found;
}

static const char *
command_of(const struct merge *m, const struct result_row *row)
{
	size_t i;

	for (i = 0; row->fingerprint != NULL && i < m->failure_count; i++)
		if (strcmp(m->failures[i].fingerprint, row->fingerprint) == 0)
			return m->failures[i].command;
	return "";
}

static int
copy_result(struct merge *m, const struct result_row *from,
	    struct recovery_row *recoveries, uint32_t count)
{
	struct result_row row = *from;
	int found = there(m, from, m->err);

	if (found < 0)
		return -1;
	if (found > 0) {
		m->counts->there++;
		return 0;
	}
	if (row.run > 0 &&
	    history_copy(m->out->history, m->in->history, from->run, &row.run,
			 m->err) < 0)
		return -1;
	if (results_put_result(m->out, &row, recoveries, count,
			       command_of(m, from), m->err) < 0)
		return -1;
	m->counts->runs++;
	return 0;
}

static int
on_result(void *arg, const struct result_row *row)
{
	struct merge *m = arg;
	size_t begun, next = m->recovery_next;

	/* Both are in the order of their seeds. */
	while (next < m->recovery_count &&
	       m->recoveries[next].seed < row->seed)
		next++;
	for (begun = next; next < m->recovery_count &&
	     m->recoveries[next].seed == row->seed; next++)
		m->recoveries[next].cell = row->cell;
	m->recovery_next = next;
	m->failed = copy_result(m, row, m->recoveries + begun,
				(uint32_t)(next - begun)) < 0;
	return m->failed;
}

/* Unless there is one of a lower seed. */
static int
copy_example(struct merge *m, const struct failure_row *f)
{
	sqlite3_stmt *s = NULL;
	bool better = false;

	if (!f->shrunk)
		return 0;
	if (store_prepare(m->out->db, m->out_path, "select example_seed from "
			  "failure where cell = ? and fingerprint = ?", &s,
			  m->err) < 0)
		return -1;
	sqlite3_bind_text(s, 1, f->cell, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, f->fingerprint, -1, SQLITE_STATIC);
	if (sqlite3_step(s) == SQLITE_ROW)
		better = sqlite3_column_type(s, 0) == SQLITE_NULL ||
			 (uint64_t)sqlite3_column_int64(s, 0) >
			 f->example_seed;
	sqlite3_finalize(s);
	return better ? results_put_example(m->out, f, m->err) : 0;
}

static int
copy_cell(struct merge *m, const char *id)
{
	size_t i;

	m->recovery_count = m->recovery_next = m->failure_count = 0;
	if (results_recoveries(m->in, id, on_recovery, m, m->err) < 0 ||
	    results_failures(m->in, id, on_failure, m, m->err) < 0 ||
	    results_each(m->in, id, on_result, m, m->err) < 0 || m->failed)
		return -1;
	for (i = 0; i < m->failure_count; i++)
		if (copy_example(m, &m->failures[i]) < 0)
			return -1;
	return 0;
}

/* ---- files ---------------------------------------------------------- */

static int
copy_file(struct merge *m, const char *path)
{
	int done = -1;
	size_t i;

	m->in_path = path;
	m->in = results_open(path, false, m->err);
	if (m->in == NULL)
		return -1;
	/* All of one moment. */
	if (store_exec(m->in->db, path, "begin", m->err) < 0 ||
	    fits(m, m->in, path, m->err) < 0 ||
	    results_cells(m->in, on_cell, m, m->err) < 0 || m->failed)
		goto end;
	for (i = 0; i < m->cells.count; i++)
		if (copy_cell(m, m->cells.at[i].id) < 0)
			goto end;
	done = 0;
end:
	results_close(m->in);
	return done;
}

static int
count_runs(struct merge *m, const char *cell, uint64_t *count)
{
	sqlite3_stmt *s = NULL;

	if (store_prepare(m->out->db, m->out_path, "select count(*) from "
			  "result where cell = ?", &s, m->err) < 0)
		return -1;
	sqlite3_bind_text(s, 1, cell, -1, SQLITE_STATIC);
	if (sqlite3_step(s) == SQLITE_ROW)
		*count = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return 0;
}

/* Where a failure was the end of a cell, shards each had their own: the whole
 * ends with the first. */
static int
end_at_failure(struct merge *m, const struct cell_row *c)
{
	sqlite3_stmt *s = NULL;
	int64_t seed = -1;

	if (store_prepare(m->out->db, m->out_path, "select min(seed) from "
			  "result where cell = ? and verdict = 'invalid'", &s,
			  m->err) < 0)
		return -1;
	sqlite3_bind_text(s, 1, c->id, -1, SQLITE_STATIC);
	if (sqlite3_step(s) == SQLITE_ROW &&
	    sqlite3_column_type(s, 0) != SQLITE_NULL)
		seed = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return seed < 0 ? 0 : results_trim_cell(m->out, c->id, (uint64_t)seed,
						m->err);
}

/* The cells with what they have now, and the beginning of the whole. */
static int
finish(struct merge *m)
{
	struct campaign_row whole = m->head.row;
	struct cell_row *c;
	uint64_t runs = 0;

	for (c = m->cells.at; c < m->cells.at + m->cells.count; c++) {
		if ((c->state == CELL_FAILED && end_at_failure(m, c) < 0) ||
		    count_runs(m, c->id, &runs) < 0)
			return -1;
		/* A bound is reached when all the shards have done theirs. */
		if (c->state == CELL_OPEN && runs >= c->wanted)
			c->state = CELL_DONE;
		else if (c->state == CELL_PROVEN && runs < c->wanted)
			c->state = CELL_OPEN;
		if (results_put_cell(m->out, c, m->err) < 0)
			return -1;
		m->counts->all += runs;
		m->counts->open += c->state == CELL_OPEN;
	}
	m->counts->cells = m->cells.count;
	if (m->whole)
		return 0;
	whole.shard = whole.shards = 1;
	whole.begun = m->head.begun;
	return results_put_campaign(m->out, &whole, m->err);
}

/* In one transaction, of which nothing is there if it fails. */
static int
merge_into(struct merge *m, char *const *in, size_t count)
{
	size_t i;

	if (results_begin(m->out, m->err) < 0)
		return -1;
	if (m->added_to) {
		m->in_path = m->out_path;
		if (results_own(m->out, m->err) < 0 ||
		    fits(m, m->out, m->out_path, m->err) < 0 ||
		    results_cells(m->out, on_cell, m, m->err) < 0 ||
		    m->failed)
			goto undo;
		m->whole = m->head.row.shards == 1;
	}
	for (i = 0; i < count; i++)
		if (copy_file(m, in[i]) < 0)
			goto undo;
	if (finish(m) < 0 || results_commit(m->out, m->err) < 0)
		goto undo;
	return 0;
undo:
	results_rollback(m->out);
	return -1;
}

/* ---- which way ------------------------------------------------------ */

static int
merge_anew(struct merge *m, const char *out, char *const *in, size_t count)
{
	char *path = newfile_name(out);
	int done = -1;

	newfile_clear(out, path);
	m->out_path = path;
	m->out = results_open(path, true, m->err);
	if (m->out != NULL) {
		done = merge_into(m, in, count);
		/* The log goes into the file, and away. */
		results_close(m->out);
		if (done == 0)
			done = newfile_publish(path, out, m->err);
	}
	newfile_remove(path);
	free(path);
	return done;
}

static int
merge_more(struct merge *m, const char *out, char *const *in, size_t count)
{
	int done;

	m->added_to = true;
	m->out_path = out;
	/* First to read: a file that is not a campaign's stays as it is. */
	m->out = results_open(out, false, m->err);
	if (m->out == NULL)
		return -1;
	results_close(m->out);
	m->out = results_open(out, true, m->err);
	if (m->out == NULL)
		return -1;
	done = merge_into(m, in, count);
	results_close(m->out);
	return done;
}

/* None may be the other, by whatever name. */
static int
check_names(const char *out, char *const *in, size_t count, bool *out_there,
	    struct fr_err *err)
{
	struct stat to, from;
	size_t i;

	*out_there = stat(out, &to) == 0;
	for (i = 0; *out_there && i < count; i++)
		if (stat(in[i], &from) == 0 && to.st_dev == from.st_dev &&
		    to.st_ino == from.st_ino)
			return err_usage(err, "%s is what is written, and one "
					 "of the files to read: leave it out, "
					 "what it holds stays", out);
	return 0;
}

int
results_merge(const char *out, char *const *in, size_t count,
	      struct merged *counts, struct fr_err *err)
{
	struct merged found = { 0 };
	struct merge m = { .counts = &found, .err = err };
	bool out_there;
	int done;

	if (check_names(out, in, count, &out_there, err) < 0)
		return -1;
	done = out_there ? merge_more(&m, out, in, count) :
	       merge_anew(&m, out, in, count);
	free(m.cells.at);
	free(m.families);
	free(m.recoveries);
	free(m.failures);
	arena_free(&m.arena);
	if (done == 0)
		*counts = found;
	return done;
}
