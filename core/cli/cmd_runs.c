/* SPDX-License-Identifier: MIT */
/* fracas runs: what is stored, the newest first. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/cli/cli.h"
#include "core/cli/value.h"
#include "core/history/history.h"

static const char *db = "fracas.db";
static int64_t limit = 20;
static bool json_wanted;

static const struct opt options[] = {
	{ .kind = OPT_INT, .letter = 'l', .name = "limit", .value = "N",
	  .to = &limit, .min = 0, .max = INT64_MAX,
	  .help = "only the newest N; 0: all (default 20)" },
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "the store (default fracas.db)" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object a line" },
	{ .kind = OPT_END },
};

struct listing {
	struct buf out;
	int64_t count;
	bool more;
};

/* What the nemesis was asked for; "plan" where a file said it; or NULL. */
static const char *
nemesis_of(const struct run_row *row, struct arena *a)
{
	struct value *config;
	const char *list = NULL;

	if (row->config != NULL &&
	    value_read(a, row->config, strlen(row->config), &config,
		       NULL) == 0)
		list = value_string(config, "nemesis");
	if (list != NULL && *list != '\0')
		return list;
	return row->plan != NULL && *row->plan != '\0' ? "plan" : NULL;
}

/* Of the whole run, where it has ended; else of the main phase, so far as it
 * is known.  0: nothing is. */
static int64_t
duration_of(const struct run_row *row)
{
	return row->ended > row->started ? row->ended - row->started :
	       row->duration;
}

static void
add_json(struct listing *l, const struct run_row *row)
{
	struct json j = json_begin(&l->out);
	struct arena a = { 0 };

	json_text(&j, "type", "run");
	json_int(&j, "run", row->id);
	json_real(&j, "started", (double)row->started / 1e9);
	json_text(&j, "protocol", row->protocol);
	json_text(&j, "workload", row->workload);
	json_int(&j, "nodes", row->nodes);
	json_int(&j, "clients", row->clients);
	json_text(&j, "world", row->world);
	json_text(&j, "nemesis", nemesis_of(row, &a));
	json_int(&j, "seed", (int64_t)row->seed);
	json_object(&j, "ops");
	json_int(&j, "ok", (int64_t)row->ok);
	json_int(&j, "fail", (int64_t)row->fail);
	json_int(&j, "info", (int64_t)row->info);
	json_end(&j);
	json_text(&j, "status", row->status);
	json_text(&j, "verdict", row->verdict);
	json_text(&j, "reason", row->reason);
	json_real(&j, "seconds", (double)duration_of(row) / 1e9);
	json_done(&j);
	arena_free(&a);
}

static void
add_verdict(struct buf *rows, const struct run_row *row)
{
	bool done = row->verdict != NULL && strcmp(row->status, "done") == 0;
	const char *word = done ? row->verdict : row->status, *colour = "";

	if (strcmp(word, "valid") == 0)
		colour = "\033[32m";
	else if (strcmp(word, "invalid") == 0)
		colour = "\033[31m";
	else if (strcmp(word, "running") != 0)
		colour = "\033[33m";
	if (!cli_colour(STDOUT_FILENO))
		colour = "";
	buf_text(rows, colour);
	cli_cell(rows, word);
	/* An end in disorder, of which a verdict was drawn all the same. */
	if (!done && row->verdict != NULL) {
		buf_text(rows, ", ");
		cli_cell(rows, row->verdict);
	}
	if (*colour != '\0')
		buf_text(rows, "\033[0m");
}

static void
add_row(struct listing *l, const struct run_row *row)
{
	time_t started = (time_t)(row->started / 1000000000);
	char when[32] = "?", lasted[32] = "-";
	struct arena a = { 0 };
	const char *nemesis = nemesis_of(row, &a);
	struct tm tm;

	if (localtime_r(&started, &tm) != NULL)
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	if (duration_of(row) > 0)
		time_text(duration_of(row), lasted, sizeof lasted);
	buf_printf(&l->out, "%" PRId64 "\t%s\t", row->id, when);
	cli_cell(&l->out, row->protocol != NULL ? row->protocol : "-");
	buf_char(&l->out, '\t');
	cli_cell(&l->out, row->workload != NULL ? row->workload : "-");
	buf_printf(&l->out, "\t%" PRIu32 "\t", row->nodes);
	cli_cell(&l->out, row->world != NULL ? row->world : "-");
	buf_char(&l->out, '\t');
	cli_cell(&l->out, nemesis != NULL ? nemesis : "-");
	buf_printf(&l->out, "\t%" PRIu64 "\t", row->ok + row->fail + row->info);
	add_verdict(&l->out, row);
	buf_printf(&l->out, "\t%s\n", lasted);
	arena_free(&a);
}

static int
list_run(void *arg, const struct run_row *row)
{
	struct listing *l = arg;

	if (limit > 0 && l->count == limit) {
		l->more = true;
		return 1;
	}
	l->count++;
	if (json_wanted)
		add_json(l, row);
	else
		add_row(l, row);
	return 0;
}

static void
print_table(struct listing *l)
{
	struct buf table;

	buf_init(&table, SIZE_MAX / 2);
	cli_table(l->out.data, &table);
	if (l->more)
		buf_printf(&table, "\nonly the newest %" PRId64 "; --limit 0 "
			   "shows all\n", l->count);
	cli_print(&table);
	buf_free(&table);
}

static int
runs_run(int argc, char **argv)
{
	struct listing l = { .count = 0 };
	struct fr_err err = { 0 };
	struct history *h = history_open(db, false, &err);
	int done;

	(void)argc;
	(void)argv;
	if (h == NULL)
		return cli_fail(&err);
	buf_init(&l.out, SIZE_MAX / 2);
	if (!json_wanted)
		buf_text(&l.out, "run\tbegun\tprotocol\tworkload\tnodes\tworld"
			 "\tnemesis\tops\tverdict\tlasted\n");
	done = history_runs(h, list_run, &l, &err);
	history_close(h, NULL);
	if (done == 0) {
		if (json_wanted)
			cli_print(&l.out);
		else if (l.count == 0)
			printf("%s holds no run yet\n", db);
		else
			print_table(&l);
	}
	buf_free(&l.out);
	return done < 0 ? cli_fail(&err) : EXIT_VALID;
}

const struct command command_runs = {
	.name = "runs",
	.summary = "list the stored runs, the newest first",
	.text = "A run that was killed is called interrupted: what it "
		"recorded up to then can be shown and judged like any other.\n",
	.examples = "fracas runs\n"
		    "fracas runs --limit 0 --json | "
		    "jq 'select(.verdict == \"invalid\")'",
	.options = options,
	.run = runs_run,
};
