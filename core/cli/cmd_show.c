/* SPDX-License-Identifier: MIT */
/*
 * fracas show: one stored run: what it was, what happened, the verdict; or its
 * events, operations, messages or the nodes' output, a line each.
 *
 * A list for people is cut in the middle, since its beginning and its end tell
 * the most: a first pass counts what would be shown, a second shows it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/cli/cli.h"
#include "core/cli/outcome.h"
#include "core/cli/words.h"
#include "core/net/net.h"
#include "core/run/judge.h"
#include "core/run/recorder.h"

/* Lines of a list at its beginning and end. */
#define LINES_FIRST	60u
#define LINES_LAST	40u
/* Printed whenever so much has come together. */
#define PART_BYTES	(1u << 20)

static const char *db = "fracas.db";
static bool events_wanted, ops_wanted, messages_wanted, log_wanted, all_wanted,
	json_wanted;

static const struct opt options[] = {
	{ .kind = OPT_GROUP, .name = "What to show (default: a summary)" },
	{ .kind = OPT_FLAG, .name = "events", .to = &events_wanted,
	  .help = "every event, in the order in which they happened" },
	{ .kind = OPT_FLAG, .name = "ops", .to = &ops_wanted,
	  .help = "the operations, in the order of their calls" },
	{ .kind = OPT_FLAG, .name = "messages", .to = &messages_wanted,
	  .help = "the messages between nodes (of a run with --trace all)" },
	{ .kind = OPT_FLAG, .name = "log", .to = &log_wanted,
	  .help = "what the nodes printed and logged" },
	{ .kind = OPT_GROUP, .name = "How" },
	{ .kind = OPT_FLAG, .letter = 'a', .name = "all", .to = &all_wanted,
	  .help = "the whole of a long list, not only its first 60 and last "
		  "40 lines" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object a line, and the whole list" },
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "the store (default fracas.db)" },
	{ .kind = OPT_END },
};

struct show {
	struct history *h;
	struct run_row row;
	struct arena arena;
	const char **ops, **types;	/* names                               */
	uint32_t op_count, type_count;
	struct buf out;
	bool colour;
	/* Of the list that is being shown: */
	uint64_t total, at;
	bool counting;
};

/* A JSON array of texts; anything else is an empty one. */
static uint32_t
read_names(struct arena *a, const char *json, const char ***out)
{
	const struct value *v;
	struct value *array;
	uint32_t count = 0;

	*out = NULL;
	if (json == NULL ||
	    value_read(a, json, strlen(json), &array, NULL) < 0 ||
	    array->kind != VALUE_ARRAY)
		return 0;
	for (v = array->members; v != NULL; v = v->next)
		count++;
	*out = arena_new(a, count * sizeof **out);
	for (count = 0, v = array->members; v != NULL; v = v->next)
		(*out)[count++] = v->text != NULL ? v->text : "?";
	return count;
}

static const char *
name_of(const char *const *names, uint32_t count, uint32_t i, char *number,
	size_t max)
{
	if (i < count)
		return names[i];
	snprintf(number, max, "#%" PRIu32, i);
	return number;
}

static void
print_part(struct show *s, size_t least)
{
	if (s->out.size >= least && s->out.size > 0) {
		cli_print(&s->out);
		buf_clear(&s->out);
	}
}

/* ---- lists --------------------------------------------------------------- */

/* Whether the next item of the list is to be shown. */
static bool
item(struct show *s)
{
	uint64_t i = s->at++;

	if (s->counting) {
		s->total++;
		return false;
	}
	if (json_wanted || all_wanted ||
	    s->total <= LINES_FIRST + LINES_LAST)
		return true;
	if (i == LINES_FIRST)
		buf_printf(&s->out, "%11s  (%" PRIu64 " more; --all shows "
			   "them)\n", "...",
			   s->total - LINES_FIRST - LINES_LAST);
	return i < LINES_FIRST || i >= s->total - LINES_LAST;
}

static int
show_event(void *arg, uint64_t rank, const struct event *e)
{
	struct arena a = { 0 };
	struct show *s = arg;
	struct value *v;
	struct buf line;

	if ((log_wanted && !events_wanted && e->kind != EVENT_LOG) || !item(s))
		return 0;
	if (json_wanted) {
		event_json(e, s->ops, s->op_count, rank, &s->out);
	} else {
		/* In the words that `fracas watch` has for it. */
		buf_init(&line, SIZE_MAX / 2);
		event_json(e, s->ops, s->op_count, rank, &line);
		if (value_read(&a, line.data, line.size, &v, NULL) == 0)
			event_words(&s->out, v, s->colour);
		buf_free(&line);
		arena_free(&a);
	}
	print_part(s, PART_BYTES);
	return 0;
}

static void
message_json(struct show *s, const struct trace *t, const char *type,
	     const char *fate)
{
	struct json j = json_begin(&s->out);

	json_text(&j, "type", "message");
	json_real(&j, "sent", (double)t->sent / 1e9);
	if (t->arrived >= 0)
		json_real(&j, "arrived", (double)t->arrived / 1e9);
	else
		json_null(&j, "arrived");
	json_int(&j, "from", t->src);
	json_int(&j, "boot", t->src_boot);
	json_int(&j, "to", t->dst);
	json_text(&j, "message", type);
	json_int(&j, "size", t->size);
	json_text(&j, "fate", fate);
	json_done(&j);
}

static const char *
fate_name(uint8_t fate)
{
	switch (fate) {
	case TRACE_DOWN:
		return "the node was down";
	case TRACE_FULL:
		return "its queue was full";
	case TRACE_BOUNCED:
		return "no such node or type, or too short";
	default:
		return fate < FATE_KINDS ? fate_names[fate] : "unknown";
	}
}

static int
show_message(void *arg, const struct trace *t)
{
	struct show *s = arg;
	char number[16], took[32];
	const char *type, *fate = fate_name(t->fate);

	if (!item(s))
		return 0;
	type = name_of(s->types, s->type_count, t->type, number,
		       sizeof number);
	if (json_wanted) {
		message_json(s, t, type, fate);
	} else {
		buf_printf(&s->out, "%11.6f  %" PRIu32 " -> %" PRIu32 "  ",
			   (double)t->sent / 1e9, t->src, t->dst);
		cli_cell(&s->out, type);
		buf_printf(&s->out, "  %" PRIu32 " bytes  %s", t->size, fate);
		if (t->arrived >= 0) {
			time_text(t->arrived - t->sent, took, sizeof took);
			buf_printf(&s->out, " after %s", took);
		}
		buf_char(&s->out, '\n');
	}
	print_part(s, PART_BYTES);
	return 0;
}

static const char *const outcomes[] = {
	[FR_OK] = "ok", [FR_FAIL] = "fail", [FR_INFO] = "info",
};

static void
operation_json(struct show *s, const struct fr_operation *op, const char *f)
{
	struct json j = json_begin(&s->out);

	json_text(&j, "type", "operation");
	json_int(&j, "id", (int64_t)op->id);
	json_int(&j, "process", op->process);
	json_int(&j, "client", op->client);
	json_int(&j, "node", op->node);
	json_text(&j, "f", f);
	if (op->key != FR_NO_KEY)
		json_int(&j, "key", op->key);
	json_value(&j, "value", &op->value);
	json_text(&j, "outcome", outcomes[op->outcome]);
	json_value(&j, "result", &op->result);
	json_text(&j, "phase", op->phase == FR_PHASE_FINAL ? "final" : "main");
	json_real(&j, "called", (double)op->called / 1e9);
	if (op->outcome == FR_INFO)
		json_null(&j, "ended");
	else
		json_real(&j, "ended", (double)op->ended / 1e9);
	json_done(&j);
}

static void
show_operation(struct show *s, const struct fr_operation *op)
{
	char number[16], took[32];
	const char *f;

	if (!item(s))
		return;
	f = name_of(s->ops, s->op_count, op->f, number, sizeof number);
	if (json_wanted) {
		operation_json(s, op, f);
		print_part(s, PART_BYTES);
		return;
	}
	buf_printf(&s->out, "%11.6f  #%" PRIu64 "  client %" PRIu32
		   " at node %" PRIu32 ": ", (double)op->called / 1e9, op->id,
		   op->client, op->node);
	cli_cell(&s->out, f);
	if (op->key != FR_NO_KEY)
		buf_printf(&s->out, " key %" PRId64, op->key);
	if (op->value.kind != FR_NIL) {
		buf_char(&s->out, ' ');
		value_text(&s->out, &op->value);
	}
	buf_printf(&s->out, " -> %s", outcomes[op->outcome]);
	if (op->outcome == FR_OK && op->result.kind != FR_NIL) {
		buf_char(&s->out, ' ');
		value_text(&s->out, &op->result);
	}
	if (op->outcome != FR_INFO) {
		time_text(op->ended - op->called, took, sizeof took);
		buf_printf(&s->out, "  (%s)", took);
	}
	buf_char(&s->out, '\n');
	print_part(s, PART_BYTES);
}

static int
show_operations(struct show *s, struct fr_err *err)
{
	struct fr_history history;
	uint64_t i;

	if (history_load(s->h, s->row.id, &s->arena, &history, err) < 0)
		return -1;
	s->total = history.op_count;
	s->at = 0;
	for (i = 0; i < history.op_count; i++)
		show_operation(s, &history.ops[i]);
	return 0;
}

/* Twice: to count, and to show.  JSON is never cut, and needs no count. */
static int
show_list(struct show *s, bool messages, struct fr_err *err)
{
	int64_t id = s->row.id;
	int pass;

	for (pass = json_wanted || all_wanted ? 1 : 0; pass < 2; pass++) {
		s->counting = pass == 0;
		if (pass == 0)
			s->total = 0;
		s->at = 0;
		if ((messages ? history_traces(s->h, id, show_message, s, err) :
		     history_events(s->h, id, show_event, s, err)) < 0)
			return -1;
	}
	if (s->at == 0 && !json_wanted)
		buf_printf(&s->out, "run %" PRId64 " has none%s\n", id,
			   messages ? ": only --trace all keeps messages" :
			   "");
	return 0;
}

/* ---- the summary --------------------------------------------------------- */

static void
add_operations(struct show *s, const struct fr_history *history)
{
	uint32_t i, kinds = s->op_count;
	struct op_counts *counts;
	const char **names;

	/* A file may speak of more than it names. */
	for (i = 0; i < history->op_count; i++)
		if (history->ops[i].f >= kinds &&
		    history->ops[i].f < FR_TABLE_MAX)
			kinds = history->ops[i].f + 1;
	names = arena_new(&s->arena, kinds * sizeof *names);
	for (i = 0; i < kinds; i++)
		names[i] = i < s->op_count ? s->ops[i] :
			arena_format(&s->arena, "#%" PRIu32, i);
	counts = arena_new(&s->arena, kinds * sizeof *counts);
	count_operations(history, names, kinds, false, &s->arena, counts);
	outcome_operations(counts, kinds, &s->out);
}

static void
add_line(struct buf *rows, const char *what, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	buf_printf(rows, "  %s\t", what);
	cli_cell(rows, text);
	buf_char(rows, '\n');
}

/* What it was: enough to repeat it. */
static void
add_head(struct show *s)
{
	const struct run_row *r = &s->row;
	time_t started = (time_t)(r->started / 1000000000);
	char when[64] = "?", lasted[32], main_phase[32];
	struct value *config;
	struct buf rows;
	struct tm tm;

	buf_printf(&s->out, "run %" PRId64 ": %s, workload %s, %" PRIu32
		   " node%s, %" PRIu32 " client%s, %s world, seed %" PRIu64
		   "\n\n", r->id, r->protocol,
		   r->workload != NULL ? r->workload : "none", r->nodes,
		   r->nodes == 1 ? "" : "s", r->clients,
		   r->clients == 1 ? "" : "s",
		   r->world != NULL ? r->world : "?", r->seed);
	buf_init(&rows, SIZE_MAX / 2);
	if (localtime_r(&started, &tm) != NULL)
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	add_line(&rows, "begun", when);
	if (r->ended > r->started) {
		time_text(r->ended - r->started, lasted, sizeof lasted);
		time_text(r->duration, main_phase, sizeof main_phase);
		buf_printf(&rows, "  lasted\t%s, of which %s in the main "
			   "phase\n", lasted, main_phase);
	}
	if (strcmp(r->status, "done") != 0)
		add_line(&rows, "status", r->status);
	add_line(&rows, "protocol", r->plugin);
	add_line(&rows, "sha256", r->sha256);
	add_line(&rows, "fracas", r->version);
	add_line(&rows, "machine", r->machine);
	if (r->config != NULL &&
	    value_read(&s->arena, r->config, strlen(r->config), &config,
		       NULL) == 0)
		add_line(&rows, "drawn", value_string(config, "swarm"));
	add_line(&rows, "again", r->command);
	cli_table(rows.data, &s->out);
	buf_free(&rows);
}

static int
tally(void *arg, uint64_t rank, const struct event *e)
{
	(void)rank;
	tally_event(arg, e);
	return 0;
}

static void
add_messages(struct show *s)
{
	const struct run_row *r = &s->row;
	char size[32], waited[32];

	size_text(r->message_bytes, size, sizeof size);
	if (r->messages > 0)
		buf_printf(&s->out, "\n%" PRIu64 " messages between nodes, %s "
			   "in all\n", r->messages, size);
	if (r->trace_dropped > 0)
		buf_printf(&s->out, "%" PRIu64 " of them are missing in the "
			   "trace: they came faster than the disk could take "
			   "them\n", r->trace_dropped);
	if (r->waited > 100000000) {
		time_text(r->waited, waited, sizeof waited);
		buf_printf(&s->out, "the run waited %s for the store, which "
			   "slowed it down\n", waited);
	}
}

static void
add_verdict(struct show *s)
{
	const struct run_row *r = &s->row;

	if (r->verdict == NULL) {
		buf_printf(&s->out, "\nno verdict: the run %s\n",
			   strcmp(r->status, "running") == 0 ?
			   "has not ended yet" : "was not brought to its end");
		if (strcmp(r->status, "running") != 0)
			buf_printf(&s->out, "'fracas check %" PRId64 "%s%s' "
				   "judges what it recorded\n", r->id,
				   strcmp(db, "fracas.db") == 0 ? "" :
				   " --db ",
				   strcmp(db, "fracas.db") == 0 ? "" : db);
		return;
	}
	outcome_verdict(r->verdict, NULL, r->reason, r->evidence, &s->out);
}

static int
show_summary(struct show *s, struct fr_err *err)
{
	struct metric figures[PROGRESS_FIGURES];
	struct fr_history history;
	struct tally t;
	int done;

	tally_init(&t);
	done = history_events(s->h, s->row.id, tally, &t, err);
	if (done == 0)
		done = history_load(s->h, s->row.id, &s->arena, &history, err);
	add_head(s);
	if (done == 0) {
		buf_text(&s->out, "\nWhat happened\n");
		story(&t, s->row.nodes, &s->out);
		if (history.op_count > 0)
			add_operations(s, &history);
		outcome_metrics(figures, progress_figures(&t, figures),
				&s->out);
		add_messages(s);
	}
	/* Also of a run whose events are damaged. */
	add_verdict(s);
	tally_free(&t);
	return done;
}

/* Texts that are JSON themselves stand in it as they are. */
static void
add_raw(struct show *s, struct json *j, const char *name, const char *text)
{
	struct value *v;

	if (text == NULL ||
	    value_read(&s->arena, text, strlen(text), &v, NULL) < 0)
		json_null(j, name);
	else
		buf_printf(j->b, ",\"%s\":%s", name, text);
}

static void
show_json(struct show *s)
{
	const struct run_row *r = &s->row;
	struct json j = json_begin(&s->out);

	json_text(&j, "type", "run");
	json_int(&j, "run", r->id);
	json_text(&j, "protocol", r->protocol);
	json_text(&j, "plugin", r->plugin);
	json_text(&j, "sha256", r->sha256);
	json_text(&j, "workload", r->workload);
	json_text(&j, "world", r->world);
	json_int(&j, "seed", (int64_t)r->seed);
	json_int(&j, "nodes", r->nodes);
	json_int(&j, "clients", r->clients);
	add_raw(s, &j, "config", r->config);
	add_raw(s, &j, "operations", r->ops);
	add_raw(s, &j, "message_types", r->message_types);
	json_text(&j, "plan", r->plan);
	json_text(&j, "version", r->version);
	json_text(&j, "machine", r->machine);
	json_text(&j, "command", r->command);
	json_real(&j, "started", (double)r->started / 1e9);
	if (r->ended > 0)
		json_real(&j, "ended", (double)r->ended / 1e9);
	else
		json_null(&j, "ended");
	json_real(&j, "main_seconds", (double)r->duration / 1e9);
	json_text(&j, "status", r->status);
	json_object(&j, "ops");
	json_int(&j, "ok", (int64_t)r->ok);
	json_int(&j, "fail", (int64_t)r->fail);
	json_int(&j, "info", (int64_t)r->info);
	json_end(&j);
	json_int(&j, "messages", (int64_t)r->messages);
	json_int(&j, "message_bytes", (int64_t)r->message_bytes);
	json_int(&j, "trace_dropped", (int64_t)r->trace_dropped);
	json_real(&j, "waited_seconds", (double)r->waited / 1e9);
	json_text(&j, "verdict", r->verdict);
	json_text(&j, "reason", r->reason);
	json_text(&j, "evidence", r->evidence);
	add_raw(s, &j, "report", r->report);
	json_done(&j);
}

/* ---- the command --------------------------------------------------------- */

static int
show_what_is_wanted(struct show *s, struct fr_err *err)
{
	bool list = events_wanted || log_wanted || ops_wanted ||
		    messages_wanted;

	if (!list && json_wanted) {
		show_json(s);
		return 0;
	}
	if (!list)
		return show_summary(s, err);
	if ((events_wanted || log_wanted) && show_list(s, false, err) < 0)
		return -1;
	if (ops_wanted && show_operations(s, err) < 0)
		return -1;
	return messages_wanted ? show_list(s, true, err) : 0;
}

static int
show_run(int argc, char **argv)
{
	struct show s = { .colour = cli_colour(STDOUT_FILENO) };
	struct fr_err err = { 0 };
	int64_t id;
	int done;

	s.h = history_open(db, false, &err);
	if (s.h == NULL)
		return cli_fail(&err);
	if (history_find(s.h, argc > 0 ? argv[0] : "last", &id, &err) < 0 ||
	    history_run(s.h, id, &s.row, &err) < 0) {
		history_close(s.h, NULL);
		return cli_fail(&err);
	}
	buf_init(&s.out, SIZE_MAX / 2);
	s.op_count = read_names(&s.arena, s.row.ops, &s.ops);
	s.type_count = read_names(&s.arena, s.row.message_types, &s.types);
	done = show_what_is_wanted(&s, &err);
	print_part(&s, 0);
	history_close(s.h, NULL);
	buf_free(&s.out);
	arena_free(&s.arena);
	run_row_free(&s.row);
	return done < 0 ? cli_fail(&err) : EXIT_VALID;
}

const struct command command_show = {
	.name = "show",
	.arguments = "[RUN]",
	.summary = "show a stored run: what it was, what happened, the verdict",
	.text = "RUN is a number, `last` (the default), or `last-failed`: the "
		"last one with the verdict invalid. A run can be shown while "
		"it is going on.\n"
		"\n"
		"The store is an SQLite file with views for people: with the "
		"sqlite3 shell try\n"
		"\n"
		"  select * from operation where run = 7 and outcome = 'info';\n"
		"  select * from event_text where run = 7 and kind = 'fault';\n",
	.examples = "fracas show last-failed\n"
		    "fracas show 7 --ops --all | grep 'key 3'\n"
		    "fracas show 7 --events --json | "
		    "jq 'select(.type == \"fault\")'",
	.options = options,
	.most = 1,
	.run = show_run,
};
