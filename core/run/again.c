/* SPDX-License-Identifier: MIT */
/*
 * A stored run, judged again: from its row and its events alone, in the same
 * way as when it ended.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/run/judge.h"
#include "core/run/work.h"

/* A text of the configuration's JSON, from behind its quote on: the caller's
 * to free.  *end, if wanted, is its closing quote. */
static char *
unquote(const char *p, const char **end)
{
	char *out, *o;
	unsigned code;

	out = o = mem_new(strlen(p) + 1);
	for (; *p != '"' && *p != '\0'; p++) {
		if (*p == '\\' && p[1] == 'u' &&
		    sscanf(p + 2, "%4x", &code) == 1) {
			*o++ = (char)code;
			p += 5;
		} else if (*p == '\\' && p[1] != '\0') {
			p++;
			*o++ = *p == 'n' ? '\n' : *p == 't' ? '\t' : *p;
		} else {
			*o++ = *p;
		}
	}
	*o = '\0';
	if (end != NULL)
		*end = p;
	return out;
}

/*
 * The text of a member of the configuration's JSON, which setup.c wrote: the
 * caller's to free, or NULL.  Inside a text a quote is always escaped, so that
 * `"name":"` can only be a member's beginning.
 */
static char *
config_text(const char *config, const char *name)
{
	char *member = mem_format("\"%s\":\"", name);
	const char *p = config == NULL ? NULL : strstr(config, member);

	if (p != NULL)
		p += strlen(member);
	free(member);
	return p == NULL ? NULL : unquote(p, NULL);
}

/*
 * The workload's parameters as the run had them.  One that the workload of
 * today does not have, or not with that value, is left out.
 */
static int
stored_params(const struct run_row *row, const struct fr_workload *w,
	      struct params *out, struct fr_err *err)
{
	static const char member[] = "\"workload_params\":{";
	const char *p = row->config == NULL ? NULL :
		strstr(row->config, member);
	struct wire_param *declared = workload_params(w);
	struct fr_err ignored = { 0 };
	char *name, *value;

	if (params_make(declared, w->params.count, out, err) < 0) {
		free(declared);
		return -1;
	}
	for (p = p == NULL ? "" : p + sizeof member - 1; *p == '"';) {
		name = unquote(p + 1, &p);
		value = strncmp(p, "\":\"", 3) == 0 ? unquote(p + 3, &p) : NULL;
		if (value != NULL)
			params_set(out, declared, w->params.count, name,
				   value, &ignored);
		free(name);
		free(value);
		p += value != NULL && *p == '"';
		p += value != NULL && *p == ',';
	}
	free(declared);
	return 0;
}

static int
load_workload(const struct run_row *row, const struct fr_workload **out,
	      struct fr_err *err)
{
	char *path = config_text(row->config, "workload_path");
	int status;

	/* By the path it had; by its name where that is not there any more. */
	if (path == NULL || access(path, R_OK) < 0) {
		free(path);
		path = NULL;
		if (row->workload == NULL || *row->workload == '\0')
			return err_usage(err, "run %" PRId64 " has no workload "
					 "that could judge it", row->id);
		if (plugin_find(PLUGIN_WORKLOAD, row->workload, &path,
				err) < 0)
			return -1;
	}
	status = workload_load(path, out, err);
	free(path);
	return status;
}

static int
feed(void *tally, uint64_t rank, const struct event *e)
{
	(void)rank;
	tally_event(tally, e);
	return 0;
}

static void
fill(const struct judging *j, const struct run_row *row,
     struct run_result *out)
{
	struct buf b;
	char *hash;

	judge(j, out);
	/* A simulated run's is of every step of its world, too, and these are
	 * not stored. */
	if (row->world != NULL && strcmp(row->world, "sim") == 0 &&
	    (hash = config_text(row->report, "hash")) != NULL) {
		out->hash = strtoull(hash, NULL, 16);
		free(hash);
	}
	out->id = row->id;
	out->seed = row->seed;
	/* What the tally cannot know: how long the command took before. */
	out->first_ok = j->tally->first_ok;
	buf_init(&b, 1 << 20);
	story(j->tally, row->nodes, &b);
	out->story = arena_string(&out->arena, b.size > 0 ? b.data : "");
	buf_clear(&b);
	report(out, &b);
	out->report = arena_string(&out->arena, b.size > 0 ? b.data : "");
	buf_free(&b);
}

int
run_judge_again(struct history *h, int64_t id, struct run_result *out,
		struct fr_err *err)
{
	struct run_row row;
	const struct run_config defaults = RUN_CONFIG_DEFAULT;
	struct fr_history history;
	struct arena arena = { 0 };
	struct plan plan = { 0 };
	struct params params = { 0 };
	struct ground ground = { .world = "live", .stored = true };
	struct judging j = { .history = &history, .plan = &plan,
			     .params = &params };
	const char **names = NULL;
	char *model = NULL, *beyond = NULL, *nemesis, *names_of = NULL;
	struct tally tally;
	int status = -1;

	if (history_run(h, id, &row, err) < 0)
		return -1;
	nemesis = config_text(row.config, "nemeses");
	/* Families that are not there any more are missed when the plan is
	 * read. */
	(void)nemeses_load(nemesis, &names_of, NULL);
	free(names_of);
	free(nemesis);
	tally_init(&tally);
	ground.nodes = row.nodes;
	ground.clients = row.clients;
	if (load_workload(&row, &j.workload, err) < 0 ||
	    stored_params(&row, j.workload, &params, err) < 0 ||
	    history_load(h, id, &arena, &history, err) < 0 ||
	    history_events(h, id, feed, &tally, err) < 0)
		goto done;
	if (row.plan != NULL && *row.plan != '\0' &&
	    plan_read(row.plan, "the stored plan", &ground, &plan, err) < 0)
		goto done;
	names = workload_op_names(j.workload);
	model = config_text(row.config, "model");
	beyond = config_text(row.config, "went_beyond");
	j.tally = &tally;
	j.op_names = names;
	j.model = model;
	j.beyond = beyond;
	j.any_family = row.config != NULL &&
		       strstr(row.config, "\"any_family\":true") != NULL;
	j.check_time = defaults.check_time;
	j.check_memory = defaults.check_memory;
	j.interrupted = row.status != NULL &&
			strcmp(row.status, "interrupted") == 0;
	memset(out, 0, sizeof *out);
	fill(&j, &row, out);
	status = 0;
done:
	free(names);
	free(model);
	free(beyond);
	params_free(&params);
	plan_free(&plan);
	tally_free(&tally);
	arena_free(&arena);
	run_row_free(&row);
	return status;
}
