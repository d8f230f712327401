/* SPDX-License-Identifier: MIT */
/*
 * One experiment, from configuration to verdict: what is needed is made, in an
 * order that leaves nothing behind when a part of it fails, the experiment is
 * run, and its history is judged.
 *
 * 1. The nursery is started before anything here has threads: before the door
 *    (nng) and before the store's writer.
 * 2. The nursery lives until the verdict stands, so that a supervisor that
 *    dies earlier, in whatever way, leaves neither processes nor its folder.
 * 3. A run that has a row in the store gets an end in it, if it can be written.
 */
#include "core/run/run.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/run/control.h"
#include "core/run/experiment.h"
#include "core/run/judge.h"
#include "core/run/setup.h"
#include "core/run/signals.h"
#include "core/run/simulate.h"

#define MEMORY_MAX	(256ull << 20)	/* of one node's fr_alloc              */
#define OUTPUT_MAX	(1ull << 20)	/* of one node's stdout and stderr     */

struct run {
	const struct run_config *config;
	int64_t began;			/* the command                         */
	int64_t zero;			/* the world's time 0 on that clock    */
	struct arena arena;
	struct setup setup;
	struct rundir dir;
	struct history *history;
	struct event_base *base;
	struct event *wake;		/* signals, and the store's failure    */
	struct net *net;
	const char **paths;		/* of plugins, by node                 */
	const char **others;		/* those to upgrade to                 */
	struct world_param *params;
	struct work work;
	bool has_work;
	struct recorder recorder;
	bool has_recorder;
	struct experiment *experiment;
	struct world *world;
	struct control control;
	struct door *door;
	struct run_row row;
	bool begun;			/* there is a row, and it has no end   */
};

/* ---- what is needed ---------------------------------------------------------- */

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;
	struct fr_err err = { 0 };
	int count = signals_count();

	(void)fd;
	(void)what;
	if (history_failed(r->history, &err) < 0)
		experiment_fail(r->experiment, err.text);
	if (count >= 2) {
		experiment_abort(r->experiment);
	} else if (count == 1 && !r->experiment->interrupted) {
		log_warn("interrupted: the run ends in order; once more to "
			 "stop at once");
		experiment_interrupt(r->experiment);
	}
}

static void
on_store_failure(void *arg)
{
	(void)arg;
	signals_wake();
}

static int
make_base(struct run *r, struct fr_err *err)
{
	struct event_config *config = event_config_new();

	if (config == NULL)
		return err_set(err, "no memory for an event loop");
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	r->base = event_base_new_with_config(config);
	event_config_free(config);
	return r->base == NULL ? err_set(err, "no event loop") : 0;
}

static int
make_world(struct run *r, struct fr_err *err)
{
	const struct run_config *c = r->config;
	struct setup *s = &r->setup;
	struct world_config config;
	uint32_t i;

	r->paths = mem_array(c->nodes, sizeof *r->paths);
	for (i = 0; i < c->nodes; i++)
		r->paths[i] = s->plugins[s->plugin_of[i]].copy;
	r->others = mem_array(s->upgrade_count, sizeof *r->others);
	for (i = 0; i < s->upgrade_count; i++)
		r->others[i] = s->plugins[s->upgrades[i]].copy;
	r->params = mem_array(s->params.count, sizeof *r->params);
	for (i = 0; i < s->params.count; i++) {
		r->params[i].name = s->params.at[i].name;
		r->params[i].value = s->params.at[i].text;
	}
	r->net = net_new(&s->topology, s->clients, &c->latency, c->seed);
	memset(&config, 0, sizeof config);
	config.nodes = c->nodes;
	config.clients = s->clients;
	config.seed = c->seed;
	config.plugins = r->paths;
	config.others = r->others;
	config.other_names = (const char *const *)s->upgrade_names;
	config.other_count = s->upgrade_count;
	config.params = r->params;
	config.param_count = s->params.count;
	config.net = r->net;
	config.dir = r->dir.path;
	config.carrier = c->carrier;
	config.boot_limit = c->boot_limit;
	config.hang_limit = c->hang_limit;
	config.memory_max = MEMORY_MAX;
	config.output_max = OUTPUT_MAX;
	config.events = c->trace == TRACE_ALL ? &experiment_events_traced :
						&experiment_events;
	config.arg = r->experiment;
	r->world = live_new(&config, r->base, err);
	if (r->world == NULL)
		return -1;
	r->zero = clock_mono() - r->world->ops->now(r->world);
	return 0;
}

static void
make_experiment(struct run *r)
{
	const struct run_config *c = r->config;
	struct setup *s = &r->setup;
	const struct experiment_config config = {
		.recorder = &r->recorder,
		.work = &r->work,
		.plan = &s->plan,
		.ground = &s->ground,
		.nodes = c->nodes,
		.clients = s->clients,
		.requests = s->requests,
		.other_requests = s->other_requests,
		.rate = s->rate,
		.time = c->time,
		.progress_time = c->progress_time,
		.core = c->core,
		.timeout = c->timeout,
		.boot_limit = c->boot_limit,
		.hang_limit = c->hang_limit,
		.ops = c->ops,
		.seed = c->seed,
		.progress = c->progress,
		.arg = c->arg,
	};

	recorder_init(&r->recorder, r->history, c->nodes, s->op_names,
		      s->workload->ops.count);
	r->has_recorder = true;
	r->experiment = experiment_new(&config);
}

static char *
text(struct run *r, const char *words)
{
	return arena_string(&r->arena, words);
}

static int
prepare(struct run *r, struct fr_err *err)
{
	const struct run_config *c = r->config;
	struct setup *s = &r->setup;
	int fd;

	if (setup_make(s, c, err) < 0)
		return -1;
	if (work_init(&r->work, s->workload, &s->work_params, s->supported,
		      c->nodes, s->clients, c->seed, err) < 0)
		return -1;
	r->has_work = true;
	r->history = history_open(c->db, true, err);
	if (r->history == NULL)
		return -1;
	if (rundir_make(&r->dir, c->nodes, err) < 0 ||
	    setup_copy(s, &r->dir, err) < 0 || make_base(r, err) < 0)
		return -1;
	make_experiment(r);
	if (make_world(r, err) < 0)
		return -1;
	/* Invariant 1: from here on there may be threads. */
	fd = signals_take(err);
	if (fd < 0)
		return -1;
	r->wake = event_new(r->base, fd, EV_READ | EV_PERSIST, on_wake, r);
	if (r->wake == NULL || event_add(r->wake, NULL) < 0)
		return err_set(err, "no event for signals");
	if (c->door) {
		r->door = door_new(r->base, r->dir.path, control_command,
				   &r->control, err);
		if (r->door == NULL)
			return -1;
		r->recorder.door = r->door;
	}
	row_fill(s, &r->arena, &r->row);
	if (r->door != NULL)
		r->row.door = text(r, door_url(r->door));
	history_on_failure(r->history, on_store_failure, r);
	if (history_begin(r->history, &r->row, err) < 0)
		return -1;
	r->begun = true;
	return 0;
}

/* ---- its end -------------------------------------------------------------------- */

static int
end_row(struct run *r, const char *status, struct fr_err *err)
{
	uint64_t events, traces;

	r->begun = false;
	r->row.status = text(r, status);
	r->row.ended = clock_wall();
	history_counts(r->history, &events, &traces, &r->row.trace_dropped);
	return history_end(r->history, &r->row, err);
}

/* Takes apart what prepare has made, as far as it came. */
static void
take_apart(struct run *r, bool keep)
{
	/* Invariant 3: a run that never came to its end. */
	if (r->begun)
		end_row(r, "broken", NULL);
	experiment_free(r->experiment);
	if (r->world != NULL)
		r->world->ops->free(r->world);
	if (r->history != NULL)
		history_close(r->history, NULL);
	door_free(r->door);
	if (r->wake != NULL)
		event_free(r->wake);
	signals_give_back();
	if (r->base != NULL)
		event_base_free(r->base);
	if (r->net != NULL)
		net_free(r->net);
	if (r->has_recorder)
		recorder_free(&r->recorder);
	if (r->has_work)
		work_free(&r->work);
	rundir_free(&r->dir, keep);
	free(r->paths);
	free(r->others);
	free(r->params);
	setup_free(&r->setup);
	arena_free(&r->arena);
}

/* ---- the verdict ------------------------------------------------------------------ */

static void
judge_run(struct run *r, struct run_result *out)
{
	const struct setup *s = &r->setup;
	const struct tally *t = &r->recorder.tally;
	struct fr_history h;
	struct judging j = {
		.history = &h,
		.tally = t,
		.workload = s->workload,
		.op_names = s->op_names,
		.params = &s->work_params,
		.model = r->config->model,
		.plan = &s->plan,
		.beyond = s->beyond,
		.any_family = s->any_family,
		.check_time = r->config->check_time,
		.check_memory = r->config->check_memory,
		.interrupted = r->experiment->interrupted,
		.failure = r->experiment->failure,
	};
	struct buf b;

	assembler_history(r->recorder.assembler, &h);
	h.nodes = r->config->nodes;
	h.clients = s->clients;
	h.messages = r->row.messages;
	h.message_bytes = r->row.message_bytes;
	h.duration = r->experiment->duration;
	judge(&j, out);
	out->id = r->row.id;
	out->seed = r->config->seed;
	out->first_ok = t->first_ok < 0 ? -1 :
			t->first_ok + r->zero - r->began;
	buf_init(&b, 1 << 20);
	story(t, h.nodes, &b);
	if (r->recorder.silenced > 0)
		buf_printf(&b, "%10s  %" PRIu64 " more notes, log lines and "
			   "misuses were not kept\n", "", r->recorder.silenced);
	out->story = arena_string(&out->arena, b.size > 0 ? b.data : "");
	buf_clear(&b);
	report(out, &b);
	out->report = arena_string(&out->arena, b.size > 0 ? b.data : "");
	if (r->door != NULL && door_watched(r->door)) {
		buf_char(&b, '\n');
		door_publish(r->door, &b);
	}
	buf_free(&b);
}

/* Interrupted twice: the nodes go, the record stays, nothing is judged. */
static int
give_up(struct run *r, struct fr_err *err)
{
	int64_t id = r->row.id;

	end_row(r, "interrupted", NULL);
	err_set(err, "interrupted twice: run %" PRId64 " was stopped at once "
		"and not judged; `fracas check %" PRId64 "` judges what there "
		"is", id, id);
	if (err != NULL)
		err->status = EXIT_INTERRUPTED;
	return -1;
}

/* What is in memory is in the file, or the run says that it is not. */
static int
store_verdict(struct run *r, struct run_result *out)
{
	struct fr_err err = { 0 };

	r->row.verdict = text(r, verdict_names[out->verdict]);
	r->row.reason = text(r, out->reason);
	r->row.report = text(r, out->report);
	r->row.evidence = out->evidence == NULL ? NULL :
			  text(r, out->evidence);
	r->row.duration = out->duration;
	if (end_row(r, out->failure != NULL ? "broken" :
		       out->interrupted ? "interrupted" : "done", &err) < 0 &&
	    out->failure == NULL) {
		out->failure = arena_string(&out->arena, err.text);
		return -1;
	}
	return 0;
}

static int
run_all(struct run *r, struct run_result *out, struct fr_err *err)
{
	const struct world_counts *counts;
	struct fr_err broke = { 0 };

	if (prepare(r, err) < 0)
		return -1;
	r->control.experiment = r->experiment;
	r->control.id = r->row.id;
	r->control.protocol = r->row.protocol;
	r->control.workload = r->row.workload;
	if (r->config->began != NULL)
		r->config->began(r->config->arg, r->row.id,
				 setup_head(&r->setup, &r->arena));
	if (experiment_run(r->experiment, r->world, err) < 0)
		return -1;
	r->control.experiment = NULL;
	if (r->experiment->aborted)
		return give_up(r, err);
	signals_end_at_once("fracas: stopped while the history was judged; "
			    "`fracas check last` judges it again\n");
	counts = r->world->ops->counts(r->world);
	r->row.messages = counts->sent;
	r->row.message_bytes = counts->bytes;
	/* Only what is in the file may be called stored. */
	if (history_flush(r->history, &broke) < 0)
		experiment_fail(r->experiment, broke.text);
	memset(out, 0, sizeof *out);
	judge_run(r, out);
	out->held_up = counts->held_up;
	if (store_verdict(r, out) < 0) {
		out->verdict = VERDICT_UNKNOWN;
		out->violation = NULL;
		out->reason = out->failure;
	}
	if (r->config->keep) {
		if (rundir_keep(&r->dir, &broke) < 0)
			log_warn("%s", broke.text);
		else
			out->dir = arena_string(&out->arena, r->dir.path);
	}
	return 0;
}

int
run_experiment(const struct run_config *c, struct run_result *out,
	       struct fr_err *err)
{
	struct run r;
	int status;

	if (c->world != NULL && strcmp(c->world, "sim") == 0)
		return simulate(c, out, err);
	memset(&r, 0, sizeof r);
	r.config = c;
	r.began = clock_mono();
	status = run_all(&r, out, err);
	take_apart(&r, status == 0 && out->dir != NULL);
	return status;
}

void
run_result_free(struct run_result *r)
{
	arena_free(&r->arena);
	memset(r, 0, sizeof *r);
}

int
run_exit_status(const struct run_result *r)
{
	if (r->failure != NULL)
		return EXIT_TESTBED;
	switch (r->verdict) {
	case VERDICT_VALID:
		return EXIT_VALID;
	case VERDICT_INVALID:
		return EXIT_INVALID;
	case VERDICT_UNKNOWN:
		break;
	}
	return EXIT_UNKNOWN;
}
