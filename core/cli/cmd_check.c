/* SPDX-License-Identifier: MIT */
/*
 * fracas check: judges a stored run again, as it was judged when it ended; or
 * a file, an imported run, or any run by another model, by the checker alone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/cli/outcome.h"
#include "core/cli/subject.h"
#include "core/run/run.h"

#define TIME_DEFAULT	INT64_C(60000000000)
#define MEMORY_DEFAULT	(UINT64_C(1) << 30)
#define NOT_GIVEN	INT64_MIN

static const char *db = "fracas.db", *format;
static bool json_wanted, quiet;
static struct settings settings;
static int64_t time_limit = NOT_GIVEN;
static uint64_t memory_limit = UINT64_MAX;
static struct judging_options judging = { .settings = &settings };

static const struct opt options[] = {
	{ .kind = OPT_GROUP, .name = "Files" },
	{ .kind = OPT_CHOICE, .letter = 'f', .name = "format",
	  .value = "FORMAT",
	  .words = "auto|edn|porcupine-kv|jepsen-log|jsonl", .to = &format,
	  .help = "takes a file in this format; auto: by its beginning, which "
		  "is also how a word that names a file is taken" },
	{ .kind = OPT_GROUP, .name = "How to judge" },
	{ .kind = OPT_TEXT, .letter = 'm', .name = "model", .value = "NAME",
	  .to = &judging.model,
	  .help = "what the operations were done to (of 'fracas list "
		  "models'), or a condition such as sequential, causal or "
		  "list-append; default: by their names" },
	{ .kind = OPT_SETTING, .letter = 's', .name = "set",
	  .value = "NAME=VALUE", .to = &settings,
	  .help = "a setting of the model, such as nil-reads=any (a read of "
		  "nil tells nothing) or initial=0; may repeat" },
	{ .kind = OPT_TIME, .name = "time-limit", .value = "TIME",
	  .to = &time_limit, .min = 0, .max = INT64_MAX,
	  .help = "for loading and judging; after it the verdict is unknown; "
		  "0: none (default 60s)" },
	{ .kind = OPT_SIZE, .name = "memory-limit", .value = "SIZE",
	  .to = &memory_limit,
	  .help = "the same for memory, that of the history and all else of "
		  "the process included (default 1G)" },
	{ .kind = OPT_GROUP, .name = "What to say" },
	{ .kind = OPT_FLAG, .letter = 'e', .name = "explain",
	  .to = &judging.explain,
	  .help = "why a file is not valid, as a diagram and in sentences; "
		  "with --json also the linearization of one that is" },
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
tell_words(const struct run_result *r, struct buf *out)
{
	char took[32];

	time_text((int64_t)(r->check_seconds * 1e9), took, sizeof took);
	buf_printf(out, "run %" PRId64 " was judged again: %" PRIu64 " ok, %"
		   PRIu64 " fail, %" PRIu64 " info", r->id, r->ok, r->fail,
		   r->info);
	if (r->algorithm != NULL)
		buf_printf(out, "; by %s in %s", r->algorithm, took);
	buf_char(out, '\n');
	outcome_metrics(r->metrics, r->metric_count, out);
	outcome_verdict(verdict_names[r->verdict], r->violation, r->reason,
			r->evidence, out);
}

/* Options that are only about what the checker judges alone. */
static int
refuse_options(int64_t id, struct fr_err *err)
{
	const char *name = settings.count > 0 ? "--set" :
		time_limit != NOT_GIVEN ? "--time-limit" :
		memory_limit != UINT64_MAX ? "--memory-limit" : NULL;

	return name == NULL ? 0 : err_usage(err, "%s goes with --model: "
		"without it run %" PRId64 " is judged as it was when it ended",
		name, id);
}

/* 1: by the checker alone; 0: as when it ended; -1. */
static int
which_way(struct history *h, int64_t id, struct fr_err *err)
{
	struct run_row row;
	int status;

	if (history_run(h, id, &row, err) < 0)
		return -1;
	status = subject_refuse_running(&row, err);
	if (status == 0 && (judging.model != NULL || (row.world != NULL &&
			    strcmp(row.world, WORLD_IMPORTED) == 0)))
		status = 1;
	else if (status == 0)
		status = refuse_options(id, err);
	run_row_free(&row);
	return status;
}

static int
judge_subject(struct subject *s)
{
	int status;

	judging.json = json_wanted;
	judging.quiet = quiet;
	judging.db = db;
	status = subject_judge(s, &judging);
	subject_free(s);
	return status;
}

static int
check_stored(const char *word)
{
	struct fr_err err = { 0 };
	struct run_result r;
	struct subject s;
	struct history *h;
	struct buf out;
	int64_t id;
	int status, way;

	h = history_open(db, false, &err);
	if (h == NULL)
		return cli_fail(&err);
	way = history_find(h, word, &id, &err) < 0 ? -1 :
		which_way(h, id, &err);
	if (way < 0 || (way == 1 ? subject_of_run(&s, h, id, &judging.limit,
						     &err) :
			run_judge_again(h, id, &r, &err)) < 0) {
		history_close(h, NULL);
		return cli_fail(&err);
	}
	history_close(h, NULL);
	if (way == 1)
		return judge_subject(&s);
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

static int
check_run(int argc, char **argv)
{
	const char *word = argc > 0 ? argv[0] : "last";
	struct fr_err err = { 0 };
	struct subject s;

	memory_tidy();
	judging.limit.began = clock_mono();
	judging.limit.time_max = time_limit != NOT_GIVEN ? time_limit :
		TIME_DEFAULT;
	judging.limit.memory_max = memory_limit != UINT64_MAX ? memory_limit :
		MEMORY_DEFAULT;
	if (format == NULL && !names_file(word))
		return check_stored(word);
	if (argc == 0) {
		err_usage(&err, "--format goes with a FILE, and none is "
			  "named");
		return cli_fail(&err);
	}
	if (subject_of_file(&s, word, format, &judging.limit, &err) < 0)
		return cli_fail(&err);
	return judge_subject(&s);
}

const struct command command_check = {
	.name = "check",
	.arguments = "[RUN|FILE]",
	.summary = "judge a stored run again, or a history that others wrote",
	.text = "RUN is a number, `last` (the default), or `last-failed`. "
		"The run is judged from what is stored alone, in the same way "
		"as when it ended; one that was interrupted is judged from "
		"what it recorded.\n"
		"\n"
		"A FILE is a history in one of the formats that 'fracas import "
		"--help' describes; its operations are judged for "
		"linearizability by a model. So is a run that was imported, "
		"and any run with --model.\n"
		"\n"
		"The exit status is that of the verdict: 0 valid, 1 invalid, 3 "
		"unknown; 2: the file is none that can be read.\n",
	.examples = "fracas check last-failed\nfracas check 7 --json\n"
		    "fracas check history.edn --model register --set "
		    "nil-reads=any --explain",
	.options = options,
	.most = 1,
	.run = check_run,
};
