/* SPDX-License-Identifier: MIT */
/* fracas check: judges a stored run again. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/cli/cli.h"
#include "core/run/run.h"

static const char *db = "fracas.db";
static bool json_wanted, quiet;

static const struct opt options[] = {
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "the store (default fracas.db)" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object, in a line" },
	{ .kind = OPT_FLAG, .letter = 'q', .name = "quiet", .to = &quiet,
	  .help = "only the verdict: valid, invalid or unknown" },
	{ .kind = OPT_END },
};

static void
tell_json(const struct run_result *r, struct buf *out)
{
	struct json j = json_begin(out);
	char hash[24];

	snprintf(hash, sizeof hash, "%016" PRIx64, r->hash);
	json_text(&j, "type", "verdict");
	json_text(&j, "verdict", verdict_names[r->verdict]);
	json_text(&j, "reason", r->reason);
	json_text(&j, "hash", hash);
	json_object(&j, "ops");
	json_int(&j, "ok", (int64_t)r->ok);
	json_int(&j, "fail", (int64_t)r->fail);
	json_int(&j, "info", (int64_t)r->info);
	json_end(&j);
	json_text(&j, "violation", r->violation);
	json_text(&j, "algorithm", r->algorithm);
	json_real(&j, "seconds", r->check_seconds);
	json_done(&j);
}

static void
tell_metrics(const struct run_result *r, struct buf *out)
{
	struct buf rows;
	uint32_t i;

	if (r->metric_count == 0)
		return;
	buf_init(&rows, 1 << 20);
	for (i = 0; i < r->metric_count; i++) {
		buf_text(&rows, "  ");
		cli_cell(&rows, r->metrics[i].name);
		buf_printf(&rows, "\t%.6g ", r->metrics[i].value);
		cli_cell(&rows, r->metrics[i].unit);
		buf_char(&rows, '\n');
	}
	buf_text(out, "\nFigures\n");
	cli_table(rows.data, out);
	buf_free(&rows);
}

static void
tell_words(const struct run_result *r, struct buf *out)
{
	static const char *const colours[] = {
		[VERDICT_VALID] = "\033[1;32m",
		[VERDICT_INVALID] = "\033[1;31m",
		[VERDICT_UNKNOWN] = "\033[1;33m",
	};
	bool colour = cli_colour(STDOUT_FILENO);
	char took[32];

	time_text((int64_t)(r->check_seconds * 1e9), took, sizeof took);
	buf_printf(out, "run %" PRId64 " was judged again: %" PRIu64 " ok, %"
		   PRIu64 " fail, %" PRIu64 " info", r->id, r->ok, r->fail,
		   r->info);
	if (r->algorithm != NULL)
		buf_printf(out, "; by %s in %s", r->algorithm, took);
	buf_char(out, '\n');
	tell_metrics(r, out);
	buf_printf(out, "\n%s%s%s: ", colour ? colours[r->verdict] : "",
		   verdict_names[r->verdict], colour ? "\033[0m" : "");
	if (r->violation != NULL)
		buf_printf(out, "%s: ", r->violation);
	buf_printf(out, "%s\n", r->reason);
	if (r->evidence != NULL && r->evidence[0] != '\0')
		buf_printf(out, "\n%s", r->evidence);
	if (out->size > 0 && out->data[out->size - 1] != '\n')
		buf_char(out, '\n');
}

/* What is still being written has no verdict yet: an operation that is under
 * way would be taken for one that nobody ever heard of again. */
static int
refuse_running(struct history *h, int64_t id, struct fr_err *err)
{
	struct run_row row;
	int done = 0;

	if (history_run(h, id, &row, err) < 0)
		return -1;
	if (strcmp(row.status, "running") == 0)
		done = err_usage(err, "run %" PRId64 " is still running: it "
				 "judges itself when it ends; 'fracas watch %"
				 PRId64 "' shows it meanwhile", id, id);
	run_row_free(&row);
	return done;
}

static int
check_run(int argc, char **argv)
{
	struct fr_err err = { 0 };
	struct run_result r;
	struct history *h;
	struct buf out;
	int64_t id;
	int status;

	h = history_open(db, false, &err);
	if (h == NULL)
		return cli_fail(&err);
	if (history_find(h, argc > 0 ? argv[0] : "last", &id, &err) < 0 ||
	    refuse_running(h, id, &err) < 0 ||
	    run_judge_again(h, id, &r, &err) < 0) {
		history_close(h, NULL);
		return cli_fail(&err);
	}
	history_close(h, NULL);
	buf_init(&out, SIZE_MAX / 2);
	if (json_wanted)
		tell_json(&r, &out);
	else if (quiet)
		buf_printf(&out, "%s\n", verdict_names[r.verdict]);
	else
		tell_words(&r, &out);
	cli_print(&out);
	buf_free(&out);
	status = run_exit_status(&r);
	run_result_free(&r);
	return status;
}

const struct command command_check = {
	.name = "check",
	.arguments = "[RUN]",
	.summary = "judge a stored run again",
	.text = "RUN is a number, `last` (the default), or `last-failed`. "
		"The run is judged from what is stored alone, in the same way "
		"as when it ended; one that was interrupted is judged from "
		"what it recorded. The exit status is that of the verdict: 0 "
		"valid, 1 invalid, 3 unknown.\n",
	.examples = "fracas check last-failed\nfracas check 7 --json",
	.options = options,
	.most = 1,
	.run = check_run,
};
