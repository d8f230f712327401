/* SPDX-License-Identifier: MIT */
/*
 * fracas import: a history that others wrote becomes a stored run.
 *
 * It is read as a whole before the store is touched: of a bad file nothing is
 * imported.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/cli/subject.h"

static const char *db = "fracas.db", *format = "auto", *model;
static bool json_wanted;

static const struct opt options[] = {
	{ .kind = OPT_CHOICE, .letter = 'f', .name = "format",
	  .value = "FORMAT",
	  .words = "auto|edn|porcupine-kv|jepsen-log|jsonl", .to = &format,
	  .help = "what the file is (default auto: by its beginning)" },
	{ .kind = OPT_TEXT, .letter = 'm', .name = "model", .value = "NAME",
	  .to = &model,
	  .help = "what the operations were done to, for 'fracas check' "
		  "(default: by their names)" },
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "the store (default fracas.db)" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object, in a line" },
	{ .kind = OPT_END },
};

/* ---- the row ------------------------------------------------------------- */

static char *
config_json(const struct subject *s)
{
	struct json j;
	struct buf b;
	char *text;
	uint32_t i;

	buf_init(&b, SIZE_MAX / 2);
	j = json_begin(&b);
	json_text(&j, "file", s->name);
	json_text(&j, "format", s->format);
	if (s->model != NULL)
		json_text(&j, "model", s->model);
	if (s->keys.count > 0) {
		json_object(&j, "keys");
		json_int(&j, "first", s->keys.first);
		json_array(&j, "names");
		for (i = 0; i < s->keys.count; i++)
			json_text(&j, NULL, s->keys.at[i]);
		json_end(&j);
		json_end(&j);
	}
	json_done(&j);
	text = mem_string(b.data);
	buf_free(&b);
	return text;
}

static char *
names_json(const struct subject *s)
{
	struct json j;
	struct buf b;
	char *text, *at;
	uint32_t i;

	buf_init(&b, SIZE_MAX / 2);
	j = json_begin(&b);
	json_array(&j, "a");
	for (i = 0; i < s->op_count; i++)
		json_text(&j, NULL, s->op_names[i]);
	json_done(&j);
	/* The array alone: {"v":1,"a":[...]} */
	at = strchr(b.data, '[');
	text = mem_string(at);
	*strrchr(text, '}') = '\0';
	buf_free(&b);
	return text;
}

static void
fill_row(struct run_row *row, const struct subject *s)
{
	const char *slash = strrchr(s->name, '/');

	memset(row, 0, sizeof *row);
	row->protocol = mem_string(slash != NULL ? slash + 1 : s->name);
	row->world = mem_string(WORLD_IMPORTED);
	row->config = config_json(s);
	row->ops = names_json(s);
	row->version = mem_string(FRACAS_VERSION);
	row->command = mem_format("fracas import %s --format %s", s->name,
				  s->format);
	row->nodes = s->history.nodes;
	row->clients = s->history.clients;
	row->duration = s->history.duration;
	row->started = clock_wall();
}

/* ---- the events ---------------------------------------------------------- */

struct moment {
	uint64_t rank, op;
	bool end;
};

static int
by_rank(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static struct event
event_of(const struct fr_operation *op, bool end)
{
	struct event e = { .boot = -1, .node = (int32_t)op->node,
			   .process = op->process,
			   .client = (int32_t)op->client, .f = (int32_t)op->f,
			   .key = op->key, .number = 0 };

	e.t = end ? op->ended : op->called;
	e.kind = !end ? EVENT_INVOKE : op->outcome == FR_OK ? EVENT_OK :
		EVENT_FAIL;
	if (!end)
		e.value = op->value;
	else if (op->outcome == FR_OK)
		e.value = op->result;
	return e;
}

static void
store_events(struct history *h, const struct subject *s)
{
	const struct fr_operation *op = s->history.ops;
	uint64_t i, count = 0, n = s->history.op_count;
	struct moment *all = mem_array(n * 2, sizeof *all);
	uint32_t phase = FR_PHASE_MAIN;
	struct event e;

	for (i = 0; i < n; i++) {
		all[count++] = (struct moment){ op[i].call_rank, i, false };
		if (op[i].outcome != FR_INFO)
			all[count++] = (struct moment){ op[i].end_rank, i,
							true };
	}
	qsort(all, count, sizeof *all, by_rank);
	for (i = 0; i < count; i++) {
		op = &s->history.ops[all[i].op];
		e = event_of(op, all[i].end);
		if (!all[i].end && op->phase != phase) {
			struct event final = { .kind = EVENT_PHASE, .t = e.t,
				.node = -1, .boot = -1, .process = -1,
				.client = -1, .f = -1, .key = FR_NO_KEY,
				.name = op->phase == FR_PHASE_FINAL ?
					"final" : "main" };

			history_event(h, &final);
			phase = op->phase;
		}
		history_event(h, &e);
	}
	free(all);
}

static int
store(const struct subject *s, struct run_row *row, struct fr_err *err)
{
	struct history *h = history_open(db, true, err);
	const struct fr_operation *op = s->history.ops;
	uint64_t i;
	int status = -1;

	if (h == NULL)
		return -1;
	fill_row(row, s);
	if (history_begin(h, row, err) < 0)
		goto close;
	store_events(h, s);
	for (i = 0; i < s->history.op_count; i++) {
		row->ok += op[i].outcome == FR_OK;
		row->fail += op[i].outcome == FR_FAIL;
		row->info += op[i].outcome == FR_INFO;
	}
	row->status = mem_string("done");
	row->verdict = mem_string(verdict_names[VERDICT_UNKNOWN]);
	row->reason = mem_format("imported from %s, and not judged yet: "
				 "'fracas check %" PRId64 "' does", s->name,
				 row->id);
	row->ended = clock_wall();
	status = history_end(h, row, err);
close:
	if (history_close(h, status == 0 ? err : NULL) < 0)
		status = -1;
	return status;
}

/* ---- the command --------------------------------------------------------- */

static void
tell(const struct subject *s, const struct run_row *row)
{
	struct json j;
	struct buf out;

	buf_init(&out, 1 << 20);
	if (json_wanted) {
		j = json_begin(&out);
		json_text(&j, "type", "imported");
		json_int(&j, "run", row->id);
		json_text(&j, "file", s->name);
		json_text(&j, "format", s->format);
		json_text(&j, "model", s->model);
		json_object(&j, "ops");
		json_int(&j, "ok", (int64_t)row->ok);
		json_int(&j, "fail", (int64_t)row->fail);
		json_int(&j, "info", (int64_t)row->info);
		json_end(&j);
		json_done(&j);
	} else {
		buf_printf(&out, "run %" PRId64 ": %s, read as %s: %" PRIu64
			   " ok, %" PRIu64 " fail, %" PRIu64 " info; %s%s\n",
			   row->id, s->name, s->format, row->ok, row->fail,
			   row->info, s->model == NULL ? "its model is not "
			   "known: 'fracas check' needs --model" :
			   "to be judged as ", s->model == NULL ? "" :
			   s->model);
		if (!s->imported.timed)
			buf_text(&out, "it has no times: the events are "
				 "numbered instead, a nanosecond each\n");
	}
	cli_print(&out);
	buf_free(&out);
}

static int
import_run(int argc, char **argv)
{
	struct fr_err err = { 0 };
	struct run_row row;
	struct subject s;
	int status;

	(void)argc;
	if (subject_of_file(&s, argv[0], format, NULL, &err) < 0)
		return cli_fail(&err);
	if (model != NULL)
		s.model = model;
	memset(&row, 0, sizeof row);
	status = store(&s, &row, &err);
	if (status == 0)
		tell(&s, &row);
	run_row_free(&row);
	subject_free(&s);
	return status < 0 ? cli_fail(&err) : EXIT_VALID;
}

const struct command command_import = {
	.name = "import",
	.arguments = "FILE",
	.summary = "store a history that others wrote",
	.text = "The file becomes a run, which show, check and export work on "
		"like on any other. Nothing of a bad file is imported: the "
		"error names the line and the column. 'fracas check FILE' "
		"judges a file without storing it.\n"
		"\n"
		"Formats: edn, maps as Jepsen and Knossos write them, in a "
		"vector or one after another; porcupine-kv, such a map a "
		"line, with a :key; jepsen-log, the lines of Jepsen's log, "
		"'INFO  jepsen.util - PROCESS TAB :TYPE TAB :F TAB VALUE'; "
		"and jsonl.\n"
		"\n"
		IMPORT_JSONL_HELP,
	.examples = "fracas import history.edn\n"
		    "fracas import jepsen.log --format jepsen-log --db "
		    "others.db",
	.options = options,
	.least = 1,
	.most = 1,
	.run = import_run,
};
