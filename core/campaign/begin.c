/* SPDX-License-Identifier: MIT */
/* A campaign begins, or goes on: what its file wants meets what was done. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sha2.h>

#include "core/base/units.h"
#include "core/campaign/state.h"
#include "core/run/setup.h"

static int
compare_seeds(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

bool
campaign_wants(const struct campaign *k, const struct cell_at *s,
	       uint64_t seed)
{
	const struct campaign_config *c = k->config;

	if (c->shards > 1 &&
	    !campaign_mine(s->c->id, seed, c->shard, c->shards))
		return false;
	return s->earlier_count == 0 ||
	       bsearch(&seed, s->earlier, s->earlier_count,
		       sizeof *s->earlier, compare_seeds) == NULL;
}

static uint64_t
wanted(const struct campaign *k, const struct cell_at *s)
{
	const struct campaign_config *c = k->config;
	uint64_t seed, count = 0;

	if (c->shards == 1)
		return s->last - s->c->first + 1;
	for (seed = s->c->first; seed <= s->last; seed++)
		count += campaign_mine(s->c->id, seed, c->shard, c->shards);
	return count;
}

void
campaign_row(const struct campaign *k, const struct cell_at *s,
	     struct cell_row *row)
{
	const struct campaign_cell *c = s->c;

	*row = (struct cell_row){
		.position = (uint32_t)(s - k->cells), .key = c->key,
		.name = c->name,
		.protocol = c->values[AXIS_OF_PROTOCOL].text,
		.workload = c->config.workload == NULL ? "" :
			    c->values[AXIS_OF_WORKLOAD].text,
		.nemesis = c->config.nemesis == NULL ? "" :
			   c->config.nemesis,
		.nodes = c->config.nodes, .topology = c->config.topology,
		.world = c->config.world, .settings = c->settings_text,
		.command = c->command, .sha256 = s->sha256,
		.first = c->first, .last = s->last,
		.wanted = wanted(k, s), .state = s->state,
	};
	memcpy(row->id, c->id, sizeof row->id);
}

/* ---- what was done ----------------------------------------------------------------- */

struct earlier {
	struct campaign *k;
	struct cell_at *s;
};

static int
on_result(void *arg, const struct result_row *row)
{
	struct earlier *e = arg;
	struct cell_at *s = e->s;

	if (row->seed < s->c->first || row->seed > s->limit)
		return 0;
	mem_grow(&s->earlier, &s->earlier_room, s->earlier_count + 1,
		 sizeof *s->earlier);
	s->earlier[s->earlier_count++] = row->seed;
	campaign_count(e->k, s, row->seed, row->verdict);
	return 0;
}

struct builds {
	struct campaign *k;
	char (*at)[65];			/* sha256 of what was run, by cell     */
};

static int
keep_build(void *arg, const struct cell_row *row)
{
	struct builds *b = arg;
	uint32_t i;

	for (i = 0; i < b->k->config->file->cell_count; i++)
		if (strcmp(b->k->cells[i].c->id, row->id) == 0)
			snprintf(b->at[i], sizeof b->at[i], "%s",
				 row->sha256);
	return 0;
}

static int
is_there(void *arg, const struct result_row *row)
{
	(void)row;
	*(bool *)arg = true;
	return 1;
}

/* A protocol that was built anew has not been tried yet. */
static int
other_build(struct campaign *k, const struct cell_at *s, struct fr_err *err)
{
	bool there = false;

	if (k->config->again)
		return results_clear_cell(k->results, s->c->id, err);
	if (results_each(k->results, s->c->id, is_there, &there, err) < 0)
		return -1;
	if (!there)
		return 0;
	return err_usage(err, "%s: its protocol was built anew since %s has "
			 "results of it: --again forgets these; --db FILE "
			 "keeps them and begins another file, which can be "
			 "held against this one", s->c->name, k->config->db);
}

static int
check_builds(struct campaign *k, struct fr_err *err)
{
	uint32_t i, count = k->config->file->cell_count;
	struct builds b = { .k = k, .at = mem_array(count, sizeof *b.at) };
	int status = results_cells(k->results, keep_build, &b, err);

	for (i = 0; i < count && status == 0; i++)
		if (*b.at[i] != '\0' &&
		    strcmp(b.at[i], k->cells[i].sha256) != 0)
			status = other_build(k, &k->cells[i], err);
	free(b.at);
	return status;
}

/* ---- all of it ------------------------------------------------------------------------ */

static int
begin_cell(struct campaign *k, struct cell_at *s, struct fr_err *err)
{
	const struct campaign_file *f = k->config->file;
	char *path;

	if (plugin_find(PLUGIN_PROTOCOL, s->c->config.protocol, &path,
			err) < 0)
		return -1;
	if (SHA256File(path, s->sha256) == NULL) {
		err_sys(err, "%s", path);
		free(path);
		return -1;
	}
	free(path);
	s->next = s->c->first;
	s->limit = s->c->last;
	s->last = s->limit;
	s->lowest = UINT64_MAX;
	if (f->proof > 0) {
		/* Twice as many where nothing else is said: some may say
		 * nothing. */
		if (s->c->first + f->proof - 1 < s->last)
			s->last = s->c->first + f->proof - 1;
		else if (f->proof < UINT64_MAX / 4 && !f->seeds_said)
			s->limit = s->c->first + 2 * f->proof - 1;
	}
	return 0;
}

static int
put_campaign(struct campaign *k, struct fr_err *err)
{
	const struct campaign_config *c = k->config;
	struct campaign_row row = {
		.name = c->file->name, .file = c->file->file,
		.text = c->file->text, .digest = c->file->digest,
		.shard = c->shard, .shards = c->shards,
		.version = FRACAS_VERSION, .begun = clock_wall(),
	};
	struct arena a = { 0 };
	int status;

	row.machine = row_machine(&a);
	status = results_put_campaign(k->results, &row, err);
	arena_free(&a);
	return status < 0 ? -1 : results_own(k->results, err);
}

static int
put_cells(struct campaign *k, struct fr_err *err)
{
	struct earlier e = { .k = k };
	struct cell_row row;
	uint32_t i;

	if (results_drop_cells(k->results, err) < 0)
		return -1;
	for (i = 0; i < k->config->file->cell_count; i++) {
		e.s = &k->cells[i];
		/* It may have been called dropped, or done with fewer seeds. */
		campaign_row(k, e.s, &row);
		if (results_put_cell(k->results, &row, err) < 0 ||
		    results_each(k->results, e.s->c->id, on_result, &e,
				 err) < 0)
			return -1;
		k->out->wanted += row.wanted;
	}
	return 0;
}

int
campaign_begin(struct campaign *k, struct fr_err *err)
{
	const struct campaign_file *f = k->config->file;
	uint32_t i;

	for (i = 0; i < f->cell_count; i++) {
		k->cells[i].c = &f->cells[i];
		if (begin_cell(k, &k->cells[i], err) < 0)
			return -1;
	}
	if (results_begin(k->results, err) < 0)
		return -1;
	if (check_builds(k, err) == 0 && put_campaign(k, err) == 0 &&
	    put_cells(k, err) == 0 && results_commit(k->results, err) == 0)
		return 0;
	results_rollback(k->results);
	return -1;
}
