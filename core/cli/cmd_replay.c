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
#include "core/cli/value.h"
#include "core/cli/words.h"
#include "core/run/recorder.h"
#include "core/run/simulate.h"
#include "core/run/steps.h"
#include "core/world/steps.h"

/* What is printed at one stroke. */
#define PART_MOST (1u << 16)

static const char *db = "fracas.db";
static int64_t from, until = -1, node = -1;

static const struct opt options[] = {
	{ .kind = OPT_TIME, .name = "from", .value = "TIME", .to = &from,
	  .help = "what happened from then on, such as 1.25s (default: from "
		  "the beginning)" },
	{ .kind = OPT_TIME, .name = "to", .value = "TIME", .to = &until,
	  .help = "and up to then" },
	{ .kind = OPT_INT, .name = "node", .value = "I", .to = &node,
	  .min = 0, .max = FR_NODES_MAX - 1,
	  .help = "only what happened at node I, and to all" },
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "the store (default fracas.db)" },
	{ .kind = OPT_END },
};

/* ---- the run, from its row ------------------------------------------------------------ */

struct replay {
	struct arena arena;
	struct run_row row;
	struct run_config config;
	char *plan;			/* a file with it, or NULL             */
	struct setup setup;
	struct rundir dir;
	struct buf out;
	bool colour;
};

static int
take_time(const struct value *v, const char *name, int64_t *out,
	  struct fr_err *err)
{
	const char *text = value_string(v, name);

	return text == NULL ? 0 : read_time(text, 0, INT64_MAX, out, err);
}

/* The members of an object, as settings behind those that are there. */
static void
take_settings(const struct value *v, struct setting *all, uint32_t *count)
{
	const struct value *m;
	uint32_t i;

	for (m = v == NULL ? NULL : v->members; m != NULL; m = m->next) {
		for (i = 0; i < *count; i++)
			if (strcmp(all[i].name, m->name) == 0)
				break;
		if (i == *count)
			all[(*count)++] = (struct setting){ m->name, m->text };
	}
}

static uint32_t
members(const struct value *v)
{
	const struct value *m;
	uint32_t count = 0;

	for (m = v == NULL ? NULL : v->members; m != NULL; m = m->next)
		count++;
	return count;
}

static const char *
plugin_path(const struct value *config, int64_t index)
{
	const struct value *list = value_member(config, "plugins"), *p;

	for (p = list == NULL ? NULL : list->members; p != NULL; p = p->next)
		if (index-- == 0)
			return value_string(p, "path");
	return NULL;
}

static int
take_others(struct replay *r, const struct value *config, struct fr_err *err)
{
	const struct value *v = value_member(config, "other_nodes"), *m;
	struct setting *others = arena_new(&r->arena, (members(v) + 1) *
					   sizeof *others);

	for (m = v == NULL ? NULL : v->members; m != NULL; m = m->next) {
		struct setting *o = &others[r->config.other_count];

		o->name = m->name;
		o->value = plugin_path(config, value_number(v, m->name, -1));
		if (o->value == NULL)
			return err_set(err, "the stored configuration names "
				       "no plugin for node %s", m->name);
		r->config.other_count++;
	}
	r->config.others = others;
	return 0;
}

static int
take_config(struct replay *r, const struct value *v, struct fr_err *err)
{
	struct run_config *c = &r->config;
	const struct value *own = value_member(v, "protocol_params");
	const struct value *work = value_member(v, "workload_params");
	const char *rate = value_string(v, "rate");
	const char *latency = value_string(v, "latency");
	struct setting *all = arena_new(&r->arena, (members(own) +
					members(work) + 1) * sizeof *all);

	*c = (struct run_config)RUN_CONFIG_DEFAULT;
	c->protocol = plugin_path(v, 0);
	c->workload = value_string(v, "workload_path");
	c->model = value_string(v, "model");
	c->nodes = (uint32_t)value_number(v, "nodes", 0);
	c->clients = (uint32_t)value_number(v, "clients", 0);
	c->rate = rate == NULL ? 0 : strtod(rate, NULL);
	c->ops = (uint64_t)value_number(v, "ops", 0);
	c->nemesis = value_string(v, "nemesis");
	c->topology = value_string(v, "topology");
	c->world = "sim";
	c->seed = r->row.seed;
	c->db = db;
	c->check_memory = (uint64_t)value_number(v, "check_memory", 0);
	take_settings(own, all, &c->setting_count);
	take_settings(work, all, &c->setting_count);
	c->settings = all;
	if (c->protocol == NULL || c->topology == NULL || latency == NULL)
		return err_set(err, "the stored configuration is not whole");
	if (take_time(v, "time", &c->time, err) < 0 ||
	    take_time(v, "timeout", &c->timeout, err) < 0 ||
	    take_time(v, "interval", &c->interval, err) < 0 ||
	    take_time(v, "sync_time", &c->sync_time, err) < 0 ||
	    take_time(v, "boot_limit", &c->boot_limit, err) < 0 ||
	    take_time(v, "hang_limit", &c->hang_limit, err) < 0 ||
	    take_time(v, "check_time", &c->check_time, err) < 0 ||
	    read_dist(latency, &c->latency, err) < 0)
		return err_wrap(err, "the stored configuration");
	return take_others(r, v, err);
}

/* A plan that was not drawn is brought along, as it was. */
static int
take_plan(struct replay *r, struct fr_err *err)
{
	const char *tmp = getenv("TMPDIR"), *plan = r->row.plan;
	size_t size = plan == NULL ? 0 : strlen(plan);
	ssize_t put;
	int fd;

	if (r->config.nemesis != NULL || size == 0)
		return 0;
	r->plan = mem_format("%s/fracas-plan-XXXXXX", tmp == NULL ? "/tmp" :
			     tmp);
	fd = mkstemp(r->plan);
	if (fd < 0)
		return err_sys(err, "a file for the plan");
	put = write(fd, plan, size);
	close(fd);
	r->config.plan = r->plan;
	return put == (ssize_t)size ? 0 : err_sys(err, "write the plan");
}

static void
drop_plan(struct replay *r)
{
	if (r->plan != NULL)
		(void)unlink(r->plan);
	free(r->plan);
	r->plan = NULL;
	r->config.plan = NULL;
}

static int
find(struct replay *r, const char *which, struct fr_err *err)
{
	struct history *h = history_open(db, false, err);
	struct value *v;
	int64_t id;
	int status = -1;

	if (h == NULL)
		return -1;
	if (history_find(h, which, &id, err) == 0 &&
	    history_run(h, id, &r->row, err) == 0)
		status = 0;
	history_close(h, NULL);
	if (status < 0)
		return -1;
	if (r->row.world == NULL || strcmp(r->row.world, "sim") != 0)
		return err_usage(err, "run %" PRId64 " was made with real "
				 "processes and clocks: only a simulated run "
				 "(`fracas sim`) happens the same way twice",
				 r->row.id);
	if (r->row.config == NULL ||
	    value_read(&r->arena, r->row.config, strlen(r->row.config), &v,
		       err) < 0)
		return err_wrap(err, "the stored configuration");
	if (take_config(r, v, err) < 0 || take_plan(r, err) < 0)
		return -1;
	return 0;
}

/* ---- telling -------------------------------------------------------------------------- */

static bool
wanted(int64_t t, int64_t who)
{
	return t >= from && (until < 0 || t <= until) &&
	       (node < 0 || who < 0 || who == node);
}

static void
flush(struct replay *r, size_t most)
{
	if (r->out.size <= most)
		return;
	cli_print(&r->out);
	buf_clear(&r->out);
}

static void
on_event(void *arg, const struct event *e)
{
	struct replay *r = arg;
	struct arena a = { 0 };
	struct value *v;
	struct buf line;

	if (!wanted(e->t, e->node))
		return;
	buf_init(&line, 16 << 20);
	event_json(e, r->setup.op_names, r->setup.workload->ops.count, 0,
		   &line);
	if (value_read(&a, line.data, line.size, &v, NULL) == 0)
		event_words(&r->out, v, r->colour);
	buf_free(&line);
	arena_free(&a);
	flush(r, PART_MOST);
}

/* Boots, ends and words are told as events. */
static void
on_step(void *arg, const struct cell_step *s, const char *text)
{
	struct replay *r = arg;

	if (!wanted(s->t, s->node) || s->kind == STEP_BOOT ||
	    s->kind == STEP_END || s->kind == STEP_WORD ||
	    s->kind == STEP_REPLY)
		return;
	buf_printf(&r->out, "%11.6f  ", (double)s->t / 1e9);
	step_words(&r->setup, s, text, &r->out);
	buf_char(&r->out, '\n');
	flush(r, PART_MOST);
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
	if (r->row.report != NULL &&
	    value_read(&a, r->row.report, strlen(r->row.report), &v,
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
tell(struct replay *r, struct fr_err *err)
{
	const struct cell_sink sink = { .event = on_event, .step = on_step,
					.arg = r };
	struct cell_worker *w;
	struct cell_done done;
	int status;

	w = cell_new(&r->setup, 0, err);
	/* Both have read it; whoever reads this output may leave early. */
	drop_plan(r);
	if (w == NULL)
		return -1;
	status = cell_ask(w, r->config.seed, JOB_EVENTS | JOB_STEPS, err);
	if (status == 0)
		status = cell_read(w, true, &sink, &done, err);
	cell_free(w);
	if (status < 0)
		return -1;
	buf_printf(&r->out, "\n%s: %s\n", verdict_names[done.result.verdict],
		   done.result.reason);
	flush(r, 0);
	status = same(r, &done, err);
	run_result_free(&done.result);
	return status;
}

static int
make(struct replay *r, struct fr_err *err)
{
	if (setup_make(&r->setup, &r->config, err) < 0)
		return -1;
	if (rundir_make(&r->dir, 0, err) < 0 ||
	    setup_copy(&r->setup, &r->dir, err) < 0)
		return -1;
	if (r->row.sha256 != NULL &&
	    strcmp(r->row.sha256, r->setup.plugins[0].sha256) != 0)
		return err_usage(err, "%s has changed since run %" PRId64
				 ": with another plugin it would be another "
				 "run", r->config.protocol, r->row.id);
	return tell(r, err);
}

static int
replay_run(int argc, char **argv)
{
	struct replay r = { .colour = cli_colour(STDOUT_FILENO) };
	struct fr_err err = { 0 };
	int status;

	buf_init(&r.out, 64 << 20);
	status = find(&r, argc > 0 ? argv[0] : "last", &err);
	if (status == 0) {
		status = make(&r, &err);
		rundir_free(&r.dir, false);
		setup_free(&r.setup);
	}
	drop_plan(&r);
	buf_free(&r.out);
	run_row_free(&r.row);
	arena_free(&r.arena);
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
	"nodes said of themselves. That it is the same run is known by its "
	"hash.",
	.examples =
	"fracas replay last-failed --from 1.2s --to 1.3s\n"
	"fracas replay 7 --node 2 | less",
	.options = options,
	.most = 1,
	.run = replay_run,
};
