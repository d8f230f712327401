/* SPDX-License-Identifier: MIT */
/*
 * fracas replay: a simulated run once more, step by step, in words.  The run is
 * made anew from its row in the store; its hash tells that it is the same.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cli/cli.h"
#include "core/cli/debugger.h"
#include "core/cli/stored.h"
#include "core/cli/telling.h"
#include "core/cli/value.h"
#include "core/run/judge.h"
#include "core/run/simulate.h"

/* What is printed at one stroke. */
#define PART_MOST (1u << 16)

static const char *db = "fracas.db";
static int64_t from, to = -1, node = -1, debugged = -1;
static const char *until;

static const struct opt options[] = {
	{ .kind = OPT_TIME, .name = "from", .value = "TIME", .to = &from,
	  .help = "what happened from then on, such as 1.25s (default: from "
		  "the beginning)" },
	{ .kind = OPT_TIME, .name = "to", .value = "TIME", .to = &to,
	  .help = "and up to then" },
	{ .kind = OPT_INT, .name = "node", .value = "I", .to = &node,
	  .min = 0, .max = FR_NODES_MAX - 1,
	  .help = "only what happened at node I, and to all" },
	{ .kind = OPT_TEXT, .name = "until", .value = "EVENT", .to = &until,
	  .help = "stop there, and show what each node is like: the number of "
		  "a line; what happens, and its name where it has one "
		  "(message:update, send:update, drop, request:write, answer, "
		  "timer:retry, start, claim:leader, note:role=leader, log, "
		  "fault:kill, heal, invoke, ok, fail, info, end, "
		  "phase:final); or violation, without which nothing would be "
		  "wrong yet" },
	{ .kind = OPT_INT, .name = "gdb", .value = "NODE", .to = &debugged,
	  .min = 0, .max = FR_NODES_MAX - 1,
	  .help = "the same run in gdb, which stops when this node is called "
		  "in --until's event, or last before it; without --until: "
		  "when it is first called (from --from on)" },
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "the store (default fracas.db)" },
	{ .kind = OPT_END },
};

struct replay {
	struct stored stored;
	struct setup setup;
	struct rundir dir;
	struct buf out, state;
	bool colour;
};

/* ---- where it stops ------------------------------------------------------------------- */

/* Whether the first so many events of the run show what is wrong with it. */
static bool
is_wrong(const struct replay *r, const struct telling *t, size_t count)
{
	const struct setup *s = &r->setup;
	struct assembler *assembler = assembler_new();
	struct fr_history history;
	struct run_result result = { .failure = NULL };
	struct tally tally;
	const struct judging j = {
		.history = &history, .tally = &tally,
		.workload = s->workload, .op_names = s->op_names,
		.model = r->stored.config.model, .plan = &s->plan,
		.params = &s->work_params,
		.beyond = s->beyond, .any_family = s->any_family,
		.check_time = r->stored.config.check_time,
		.check_memory = r->stored.config.check_memory,
		.check_threads = 1,
	};
	bool wrong;
	size_t i;

	tally_init(&tally);
	for (i = 0; i < count; i++) {
		assembler_event(assembler, i, &t->events[i].event);
		tally_event(&tally, &t->events[i].event);
	}
	assembler_history(assembler, &history);
	history.nodes = r->stored.config.nodes;
	history.clients = s->clients;
	judge(&j, &result);
	wrong = result.verdict == VERDICT_INVALID;
	run_result_free(&result);
	tally_free(&tally);
	assembler_free(assembler);
	return wrong;
}

/* The event without which nobody could say that anything is wrong. */
static int
find_violation(const struct replay *r, struct telling *t, struct fr_err *err)
{
	size_t low = 0, high = t->event_count, middle;

	if (high == 0 || !is_wrong(r, t, high))
		return err_usage(err, "--until violation: there is none in "
				 "run %" PRId64, r->stored.row.id);
	/* `low` events are not wrong, `high` events are. */
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (is_wrong(r, t, middle))
			high = middle;
		else
			low = middle;
	}
	t->found = t->events[high - 1].place;
	return 0;
}

/* ---- telling -------------------------------------------------------------------------- */

static void
flush(struct buf *out)
{
	if (out->size <= PART_MOST)
		return;
	cli_print(out);
	buf_clear(out);
}

static void
on_state(void *arg, const char *line)
{
	struct telling *t = arg;

	if (t->out != NULL)
		buf_printf(&((struct replay *)t->user)->state, "  %s\n", line);
}

static int
same(const struct replay *r, const struct cell_done *done, struct fr_err *err)
{
	struct arena a = { 0 };
	struct value *v;
	const char *stored = NULL;
	char hash[20];
	int status = 0;

	snprintf(hash, sizeof hash, "%016" PRIx64, done->result.hash);
	if (r->stored.row.report != NULL &&
	    value_read(&a, r->stored.row.report,
		       strlen(r->stored.row.report), &v,
		       NULL) == 0)
		stored = value_string(v, "hash");
	if (stored != NULL && strcmp(stored, hash) != 0)
		status = err_set(err, "this was not the same run: its hash is "
				 "%s, and %s is stored; the plugin does not "
				 "do the same twice, or fracas has changed",
				 hash, stored);
	arena_free(&a);
	return status;
}

static int
once(struct replay *r, struct cell_worker *w, struct telling *t,
     struct cell_done *done, struct fr_err *err)
{
	const struct cell_sink sink = {
		.event = telling_event, .step = telling_step,
		.state = on_state, .arg = t,
	};
	int status = cell_ask(w, r->stored.config.seed,
			      JOB_EVENTS | JOB_STEPS, err);

	t->user = r;
	if (status == 0)
		status = cell_read(w, true, &sink, done, err);
	if (status < 0)
		return -1;
	telling_end(t);
	return 0;
}

/* The place where it is to stop, of a run that is not told. */
static int
search(struct replay *r, struct cell_worker *w, struct telling_place *found,
       struct fr_err *err)
{
	struct telling t;
	struct cell_done done;
	int status;

	telling_init(&t, &r->setup);
	t.from = from;
	t.to = to;
	t.node = node;
	t.until = until;
	t.keep = until != NULL && telling_is_violation(until);
	t.handler_of = debugged;
	status = once(r, w, &t, &done, err);
	if (status == 0)
		run_result_free(&done.result);
	/* Where all of it ended there is nobody to record that. */
	if (status == 0 && t.keep && done.died)
		t.found = t.at;
	else if (status == 0 && t.keep)
		status = find_violation(r, &t, err);
	else if (status == 0 && until == NULL)
		t.found = t.first_handler;
	if (status == 0 && t.found.line == 0)
		status = until != NULL ?
			 err_usage(err, "--until %s: nothing like that happens "
				   "in what is looked at of run %" PRId64,
				   until, r->stored.row.id) :
			 err_usage(err, "--gdb %" PRId64 ": nothing calls this "
				   "node in what is looked at of run %" PRId64,
				   debugged, r->stored.row.id);
	*found = t.found;
	telling_free(&t);
	return status;
}

static void
tell_state(struct replay *r, const struct telling_place *stop)
{
	buf_printf(&r->out, "\nAfter line %" PRIu64 ", at %.6fs\n%s",
		   stop->line, (double)stop->t / 1e9,
		   r->state.size > 0 ? r->state.data : "");
	buf_printf(&r->out, "\nto look into a node there:\n  fracas replay %"
		   PRId64 " --until %" PRIu64 " --gdb NODE%s%s\n",
		   r->stored.row.id,
		   stop->line, strcmp(db, "fracas.db") == 0 ? "" : " --db ",
		   strcmp(db, "fracas.db") == 0 ? "" : db);
}

static int
tell(struct replay *r, struct cell_worker *w, const struct telling_place *stop,
     struct fr_err *err)
{
	const char *evidence = NULL;
	struct telling t;
	struct cell_done done;
	int status;

	telling_init(&t, &r->setup);
	t.out = &r->out;
	t.flush = flush;
	t.colour = r->colour;
	t.from = from;
	t.to = to;
	t.node = node;
	t.last = stop->line;
	cell_stop_at(w, stop->steps);
	status = once(r, w, &t, &done, err);
	telling_free(&t);
	if (status < 0)
		return -1;
	if (done.result.verdict == VERDICT_INVALID)
		evidence = done.result.evidence;
	if (stop->line > 0)
		tell_state(r, stop);
	else
		buf_printf(&r->out, "\n%s%s%s: %s\n",
			   evidence == NULL ? "" : evidence,
			   evidence == NULL ? "" : "\n",
			   verdict_names[done.result.verdict],
			   done.result.reason);
	cli_print(&r->out);
	status = same(r, &done, err);
	run_result_free(&done.result);
	return status;
}

/* ---- all of it ------------------------------------------------------------------------ */

static int
look(struct replay *r, struct fr_err *err)
{
	struct telling_place stop = { .line = 0 };
	struct cell_worker *w = cell_new(&r->setup, 0, err);
	int status = w == NULL ? -1 : 0;

	if (status == 0 && (until != NULL || debugged >= 0))
		status = search(r, w, &stop, err);
	if (status == 0 && debugged < 0)
		status = tell(r, w, &stop, err);
	cell_free(w);
	if (status < 0 || debugged < 0)
		return status;
	if (stop.handler == 0)
		return err_usage(err, "--gdb %" PRId64 ": nothing has called "
				 "this node until line %" PRIu64 " of run %"
				 PRId64, debugged, stop.line, r->stored.row.id);
	return debug_run(&r->setup, r->dir.path, stop.handler,
			 (uint32_t)debugged, err);
}

static int
make(struct replay *r, struct fr_err *err)
{
	if (setup_make(&r->setup, &r->stored.config, err) < 0)
		return -1;
	if (rundir_make(&r->dir, 0, err) < 0 ||
	    setup_copy(&r->setup, &r->dir, err) < 0)
		return -1;
	if (r->stored.row.sha256 != NULL &&
	    strcmp(r->stored.row.sha256, r->setup.plugins[0].sha256) != 0)
		return err_usage(err, "%s has changed since run %" PRId64
				 ": with another plugin it would be another "
				 "run", r->stored.config.protocol,
				 r->stored.row.id);
	return look(r, err);
}

static int
replay_run(int argc, char **argv)
{
	struct replay r = { .colour = cli_colour(STDOUT_FILENO) };
	struct fr_err err = { 0 };
	int status;

	if (until != NULL && telling_check(until, &err) < 0) {
		err_wrap(&err, "--until");
		return cli_fail(&err);
	}
	buf_init(&r.out, 64 << 20);
	buf_init(&r.state, 64 << 20);
	status = stored_find(&r.stored, db, argc > 0 ? argv[0] : "last",
			     &err);
	if (status == 0) {
		status = make(&r, &err);
		rundir_free(&r.dir, false);
		setup_free(&r.setup);
	}
	stored_free(&r.stored);
	buf_free(&r.out);
	buf_free(&r.state);
	return status < 0 ? cli_fail(&err) : EXIT_VALID;
}

const struct command command_replay = {
	.name = "replay",
	.arguments = "[RUN]",
	.summary = "a simulated run once more, step by step, in words",
	.text =
	"RUN is a number, `last` (the default), or `last-failed`. The run is "
	"made again from what is stored of it, and told in the order of its "
	"virtual time: who got which message, whose timer ran out, what "
	"clients asked and were answered, what the nemesis did, and what "
	"nodes said of themselves. What a node does stands below what it was "
	"called for. That it is the same run is known by its hash.\n"
	"\n"
	"With --until it stops at a line and shows each node: whether it is "
	"up, what it noted last, a digest of its state if its protocol gives "
	"one, its timers, and what is under way to it. --gdb goes into the "
	"handler that is called there, with the plugin's symbols (compile it "
	"with -g): the run is made again under gdb, and comes to the same "
	"place each time.",
	.examples =
	"fracas replay last-failed --from 1.2s --to 1.3s\n"
	"fracas replay last-failed --until violation | tail -n 50\n"
	"fracas replay 7 --node 2 --until claim:leader\n"
	"fracas replay 7 --until message:append --gdb 2",
	.options = options,
	.most = 1,
	.run = replay_run,
};
