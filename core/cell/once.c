/* SPDX-License-Identifier: MIT */
/*
 * One run in a cell: from a seed to a verdict.  The experiment is the same as
 * in the live world; only the world below it and the store beside it differ.
 *
 * Nothing is freed: the process ends with the run.
 */
#include "core/cell/cell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/run/experiment.h"
#include "core/run/judge.h"

#define MEMORY_MAX	(256ull << 20)	/* of one node's fr_alloc              */
#define OUTPUT_MAX	(1ull << 20)	/* of one node's stdout and stderr     */

struct once {
	struct cell *cell;
	const struct cell_job *job;
	struct history *log;
	struct work work;
	struct recorder recorder;
	struct experiment *experiment;
	struct world *world;
	struct arena arena;
	struct tape *tape;		/* or NULL                             */
	uint64_t steps;			/* so far                              */
	bool told;			/* what there was to tell at job->stop */
};

static void
tell_state(struct once *o)
{
	o->told = true;
	state_tell(o->log, o->world, o->experiment);
}

static void
watch(void *arg, const struct sim_step *s, uint64_t hash)
{
	struct once *o = arg;
	const struct sim_plugin *plugin = o->cell->plugins[s->node];
	uint64_t stop = o->job->stop;

	if (s->kind != STEP_SENT && s->kind != STEP_ANSWER)
		o->steps++;
	/* Before the first thing that is not of that step any more. */
	if (stop > 0 && o->steps > stop && o->cell->folder == NULL &&
	    !o->told && sim_runs() == NULL)
		tell_state(o);
	if (o->job->flags & JOB_STEPS)
		store_step(o->log, s, hash, plugin);
	if (stop > 0 && o->steps == stop && o->cell->folder != NULL &&
	    !o->told && s->node == o->cell->node) {
		o->told = true;
		cell_handler = state_handler(plugin, s);
		cell_here();
	}
}

static void
make_experiment(struct once *o)
{
	const struct run_config *c = &o->cell->config;
	struct setup *s = &o->cell->setup;
	const struct experiment_config config = {
		.recorder = &o->recorder,
		.work = &o->work,
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
		.tape = o->tape,
	};

	recorder_init(&o->recorder, o->job->flags & JOB_EVENTS ? o->log : NULL,
		      c->nodes, s->op_names, s->workload->ops.count);
	o->experiment = experiment_new(&config);
}

static void
make_world(struct once *o)
{
	const struct run_config *c = &o->cell->config;
	struct setup *s = &o->cell->setup;
	const struct sim_options options = {
		.plugins = o->cell->plugins,
		.others = o->cell->others,
		.sync_time = c->sync_time,
		.page = &o->cell->shared->page,
		.chooser = o->tape == NULL && !(o->job->flags & JOB_CHOICES) ?
			   NULL : taped(o->tape, o->job->flags & JOB_CHOICES ?
					o->log : NULL, c->nodes, s->clients),
		.step = o->job->flags & JOB_STEPS || o->job->stop > 0 ?
			watch : NULL,
		.arg = o,
	};
	bool traced = c->trace == TRACE_ALL && o->job->flags & JOB_EVENTS;
	struct world_param *params = mem_array(s->params.count,
					       sizeof *params);
	struct world_config config = {
		.nodes = c->nodes,
		.clients = s->clients,
		.seed = c->seed,
		.params = params,
		.param_count = s->params.count,
		.others = (const char *const *)s->upgrade_names,
		.other_names = (const char *const *)s->upgrade_names,
		.other_count = s->upgrade_count,
		.net = net_new(&s->topology, s->clients, &s->latency,
			       c->seed),
		.boot_limit = c->boot_limit,
		.hang_limit = c->hang_limit,
		.memory_max = MEMORY_MAX,
		.output_max = OUTPUT_MAX,
		.events = traced ? &experiment_events_traced :
				   &experiment_events,
		.arg = o->experiment,
	};
	uint32_t i;

	for (i = 0; i < s->params.count; i++) {
		params[i].name = s->params.at[i].name;
		params[i].value = s->params.at[i].text;
	}
	o->world = sim_new(&config, &options);
}

static void
judge_it(struct once *o, struct run_result *out, struct cell_extra *x)
{
	const struct run_config *c = &o->cell->config;
	const struct setup *s = &o->cell->setup;
	const struct tally *t = &o->recorder.tally;
	const struct world_counts *counts = o->world->ops->counts(o->world);
	struct fr_history h;
	const struct judging j = {
		.history = &h,
		.tally = t,
		.workload = s->workload,
		.op_names = s->op_names,
		.params = &s->work_params,
		.model = c->model,
		.plan = &s->plan,
		.beyond = s->beyond,
		.any_family = s->any_family,
		.check_time = c->check_time,
		.check_memory = c->check_memory,
		.check_threads = 1,
		.failure = o->experiment->failure,
		.brief = (o->job->flags &
			  (JOB_EVENTS | JOB_STEPS | JOB_FIGURES)) == 0,
	};
	size_t checkpoints;
	struct buf b;

	assembler_history(o->recorder.assembler, &h);
	h.nodes = c->nodes;
	h.clients = s->clients;
	h.messages = counts->sent;
	h.message_bytes = counts->bytes;
	h.duration = o->experiment->duration;
	memset(out, 0, sizeof *out);
	judge(&j, out);
	out->seed = c->seed;
	out->first_ok = t->first_ok;
	buf_init(&b, 1 << 20);
	if (o->job->flags & (JOB_EVENTS | JOB_STEPS))
		story(t, h.nodes, &b);
	if (o->recorder.silenced > 0)
		buf_printf(&b, "%10s  %" PRIu64 " more notes, log lines and "
			   "misuses were not kept\n", "",
			   o->recorder.silenced);
	out->story = b.size > 0 ? b.data : "";
	/* Of the world's steps and of what was recorded of them. */
	out->hash = hash_mix(sim_hash(o->world, &x->steps), t->hash);
	x->checkpoints = sim_checkpoints(o->world, &checkpoints);
	x->checkpoint_count = (uint32_t)checkpoints;
	x->events = t->events;
	x->trace_dropped = store_dropped(o->log);
}

/* The cell cannot do its work: why. */
static _Noreturn void
give_up(struct once *o, const struct fr_err *err)
{
	struct buf b;

	if (o->cell->folder != NULL)
		dprintf(STDERR_FILENO, "fracas-cell: %s\n", err->text);
	buf_init(&b, 65536);
	buf_text(&b, err->text);
	store_record(o->log, RECORD_TEXT, &b);
	libc_leave(EXIT_TESTBED);
}

/* What a tape says of the configuration: it may have fewer of all. */
static int
take_tape(struct once *o, struct fr_err *err)
{
	struct run_config *c = &o->cell->config;
	struct setup *s = &o->cell->setup;
	struct tape *t;
	size_t i;

	if (o->job->tape == 0)
		return 0;
	t = arena_new(&o->arena, sizeof *t);
	if (tape_get(o->cell->tape.data, o->cell->tape.size, &o->arena, t,
		     err) < 0)
		return -1;
	for (i = 0; i < t->op_count; i++)
		if (t->ops[i].f >= s->workload->ops.count)
			return err_set(err, "a tape of another workload");
	if (t->nodes > c->nodes || t->clients > s->clients)
		return err_set(err, "a tape of more nodes or clients");
	c->nodes = t->nodes;
	c->nemesis = NULL;
	c->ops = 0;
	/* Who is still at work then will end: by answers, or by timeouts. */
	c->time = t->length > 0 ? t->length : INT64_MAX / 4;
	s->clients = t->clients;
	o->tape = t;
	return 0;
}

/*
 * exit() was called, and not by a plugin, whose own goes elsewhere: there was
 * no memory left (base/mem.c).  That is nobody's crash.
 */
static struct history *the_log;

static void
ended_early(void)
{
	char text[] = "there was not enough memory for the run: make it "
		      "shorter, or do fewer at a time";
	const struct buf b = { .data = text, .size = sizeof text - 1 };

	store_record(the_log, RECORD_TEXT, &b);
	libc_leave(EXIT_TESTBED);
}

void
once(struct cell *c, const struct cell_job *job)
{
	struct once o = { .cell = c, .job = job };
	struct setup *s = &c->setup;
	struct run_result result;
	struct cell_extra extra;
	struct fr_err err = { 0 };
	struct buf b;

	o.log = the_log = store_log(c->shared, c->room);
	(void)atexit(ended_early);
	c->config.seed = job->seed;
	if (take_tape(&o, &err) < 0 || setup_seed(s, &err) < 0 ||
	    (o.tape != NULL && setup_plan(s, o.tape, &err) < 0) ||
	    work_init(&o.work, s->workload, &s->work_params, s->supported,
		      c->config.nodes, s->clients, job->seed, &err) < 0)
		give_up(&o, &err);
	make_experiment(&o);
	make_world(&o);
	if (experiment_run(o.experiment, o.world, &err) < 0)
		give_up(&o, &err);
	if (job->stop > 0 && !o.told && c->folder == NULL)
		tell_state(&o);
	judge_it(&o, &result, &extra);
	if (c->folder != NULL) {
		dprintf(STDOUT_FILENO, "the run is over: %s: %s\nhash %016"
			PRIx64 "\n", verdict_names[result.verdict],
			result.reason, result.hash);
		libc_leave(0);
	}
	buf_init(&b, 64 << 20);
	cell_put_result(&b, &result, &extra);
	store_record(o.log, RECORD_RESULT, &b);
	libc_leave(0);
}
