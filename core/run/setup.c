/* SPDX-License-Identifier: MIT */
/*
 * All that can be found out, and found wrong, before anything is started:
 * what a person gets wrong is said here, and leaves nothing behind.
 */
#include "core/run/setup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/node/nursery.h"
#include "core/run/promise.h"
#include "core/run/swarm.h"
#include "core/run/work.h"

#define INTERVAL_MOST	INT64_C(2000000000)
#define CLIENTS_DEFAULT	100u

/* ---- plugins ----------------------------------------------------------------- */

/* The plugin at `path`, probed once: its index. */
static int
add_plugin(struct setup *s, const char *name, uint32_t *index,
	   struct fr_err *err)
{
	struct plugin *p;
	char *path;
	uint32_t i;

	if (plugin_find(PLUGIN_PROTOCOL, name, &path, err) < 0)
		return -1;
	for (i = 0; i < s->plugin_count; i++) {
		if (strcmp(s->plugins[i].path, path) == 0) {
			free(path);
			*index = i;
			return 0;
		}
	}
	s->plugins = mem_resize(s->plugins, s->plugin_count + 1,
				sizeof *s->plugins);
	p = &s->plugins[s->plugin_count];
	memset(p, 0, sizeof *p);
	p->path = path;
	*index = s->plugin_count++;
	if (probe_protocol(path, &p->descriptor, err) < 0)
		return -1;
	p->described = true;
	return 0;
}

static int
find_plugins(struct setup *s, struct fr_err *err)
{
	const struct run_config *c = s->config;
	uint32_t i, index;
	int64_t node;

	if (add_plugin(s, c->protocol, &index, err) < 0)
		return -1;
	s->plugin_of = mem_array(c->nodes, sizeof *s->plugin_of);
	for (i = 0; i < c->other_count; i++) {
		if (read_int(c->others[i].name, 0, (int64_t)c->nodes - 1,
			     &node, err) < 0)
			return err_wrap(err, "--node %s=%s", c->others[i].name,
					c->others[i].value);
		if (add_plugin(s, c->others[i].value, &index, err) < 0)
			return err_wrap(err, "--node %" PRId64, node);
		s->plugin_of[node] = index;
	}
	return 0;
}

static int
find_workload(struct setup *s, struct fr_err *err)
{
	const struct run_config *c = s->config;
	const char *name = c->workload;

	if (name == NULL)
		name = s->plugins[0].descriptor.workload;
	if (*name == '\0')
		return err_usage(err, "protocol '%s' names no workload of its "
				 "own: choose one with -w (`fracas list "
				 "workloads`)", s->plugins[0].descriptor.name);
	if (plugin_find(PLUGIN_WORKLOAD, name, &s->workload_path, err) < 0 ||
	    workload_load(s->workload_path, &s->workload, err) < 0)
		return -1;
	s->op_names = workload_op_names(s->workload);
	return 0;
}

/* By operation, the request of this plugin that it is. */
static int
match_plugin(struct setup *s, struct plugin *p, struct fr_err *err)
{
	const struct fr_workload *w = s->workload;
	const struct descriptor *d = &p->descriptor;
	struct buf missing;
	uint32_t k, f;
	int status = 0;

	buf_init(&missing, 65536);
	p->requests = mem_array(w->ops.count, sizeof *p->requests);
	for (f = 0; f < w->ops.count; f++) {
		for (k = 0; k < d->request_count; k++) {
			if (strcmp(d->requests[k], s->op_names[f]) == 0)
				break;
		}
		p->requests[f] = k;
		if (k < d->request_count)
			continue;
		s->supported[f] = false;
		if (workload_op(w, f).flags & FR_OPTIONAL)
			continue;
		buf_printf(&missing, "%s'%s'", missing.size > 0 ? ", " : "",
			   s->op_names[f]);
	}
	if (missing.size > 0)
		status = err_usage(err, "protocol '%s' does not answer %s, "
				   "which workload '%s' asks for", d->name,
				   missing.data, w->name);
	buf_free(&missing);
	return status;
}

/* Does every plugin answer what the workload asks? */
static int
match_requests(struct setup *s, struct fr_err *err)
{
	const struct fr_workload *w = s->workload;
	uint32_t i, f;

	s->supported = mem_array(w->ops.count, sizeof *s->supported);
	for (f = 0; f < w->ops.count; f++)
		s->supported[f] = true;
	for (i = 0; i < s->plugin_count; i++)
		if (match_plugin(s, &s->plugins[i], err) < 0)
			return -1;
	for (f = 0; f < w->ops.count && !s->supported[f]; f++)
		;
	if (f == w->ops.count)
		return err_usage(err, "protocol '%s' answers nothing of what "
				 "workload '%s' asks for",
				 s->plugins[0].descriptor.name, w->name);
	s->requests = mem_array(s->config->nodes, sizeof *s->requests);
	for (i = 0; i < s->config->nodes; i++)
		s->requests[i] = s->plugins[s->plugin_of[i]].requests;
	return 0;
}

/* ---- parameters ---------------------------------------------------------------- */

/* What any of the protocols declares; the first of a name counts. */
static void
merge_declared(struct setup *s)
{
	const struct descriptor *d;
	uint32_t i, k, j, count = 0;

	for (i = 0; i < s->plugin_count; i++)
		count += s->plugins[i].descriptor.param_count;
	s->declared = mem_array(count, sizeof *s->declared);
	for (i = 0; i < s->plugin_count; i++) {
		d = &s->plugins[i].descriptor;
		for (k = 0; k < d->param_count; k++) {
			for (j = 0; j < s->declared_count; j++) {
				if (strcmp(s->declared[j].name,
					   d->params[k].name) == 0)
					break;
			}
			if (j == s->declared_count)
				s->declared[s->declared_count++] =
					d->params[k];
		}
	}
}

static int
set_parameters(struct setup *s, struct fr_err *err)
{
	const struct run_config *c = s->config;
	char protocol[96], workload[96];
	struct param_set sets[2];

	merge_declared(s);
	s->work_declared = workload_params(s->workload);
	if (params_make(s->declared, s->declared_count, &s->params, err) < 0)
		return err_wrap(err, "protocol '%s'",
				s->plugins[0].descriptor.name);
	if (params_make(s->work_declared, s->workload->params.count,
			&s->work_params, err) < 0)
		return err_wrap(err, "workload '%s'", s->workload->name);
	snprintf(protocol, sizeof protocol, "protocol %s",
		 s->plugins[0].descriptor.name);
	snprintf(workload, sizeof workload, "workload %s", s->workload->name);
	sets[0] = (struct param_set){ &s->params, s->declared,
				      s->declared_count, protocol };
	sets[1] = (struct param_set){ &s->work_params, s->work_declared,
				      s->workload->params.count, workload };
	return params_apply(c->settings, c->setting_count, sets, 2, err);
}

/* Is what it shall be held against known? */
static int
check_promises(const struct setup *s, struct fr_err *err)
{
	struct promises p;

	if (promises_make(&p, s->workload, &s->work_params, s->config->model,
			  err) < 0)
		return -1;
	promises_free(&p);
	return 0;
}

/* ---- the faults ------------------------------------------------------------------ */

/* The plan that was brought along, drawn where it leaves something open. */
static int
read_plan(struct setup *s, struct plan *out, struct fr_err *err)
{
	const struct run_config *c = s->config;
	const char *slash = strrchr(c->plan, '/');
	const char *name = slash == NULL ? c->plan : slash + 1;
	char at[32], time[32];
	uint32_t i;

	if (plan_read(s->plan_text, name, &s->ground, out, err) < 0)
		return -1;
	for (i = 0; i < out->count; i++) {
		if (out->faults[i].at < c->time)
			continue;
		time_exact(out->faults[i].at, at, sizeof at);
		time_exact(c->time, time, sizeof time);
		err_usage(err, "%s:%u:1: a %s at %s would never begin: the "
			  "main phase ends after %s (-t)", name,
			  out->faults[i].line, out->faults[i].family->name,
			  at, time);
		plan_free(out);
		return -1;
	}
	return 0;
}

/* The ground, as it is for this seed. */
static void
survey(struct setup *s)
{
	s->ground.seed = s->config->seed;
	s->ground.nodes = s->config->nodes;
	s->ground.clients = s->clients;
}

/* What follows from the seed. */
static int
seed_plan(struct setup *s, struct plan *out, struct fr_err *err)
{
	const struct run_config *c = s->config;

	survey(s);
	if (s->nemesis != NULL)
		return plan_draw(s->nemesis, s->interval, c->time, &s->ground,
				 out, err);
	if (c->plan != NULL)
		return read_plan(s, out, err);
	return 0;
}

static void
take_plan(struct setup *s, const struct plan *plan)
{
	struct buf words;

	plan_free(&s->plan);
	free(s->beyond);
	s->plan = *plan;
	buf_init(&words, 65536);
	s->beyond = plan_beyond(&s->plan, &s->ground, &words) ?
		    mem_string(words.data) : NULL;
	buf_free(&words);
}

/* Of the protocol itself; where the plugins are moved, it is another place. */
static const struct fr_tolerance *
tolerance(const struct setup *s)
{
	return s->plugins[0].descriptor.has_tolerance ?
	       &s->plugins[0].descriptor.tolerates : NULL;
}

static bool
has_entry(const char *list, const char *entry)
{
	size_t size = strlen(entry);

	for (; *list != '\0'; list += *list == ',') {
		if (strncmp(list, entry, size) == 0 &&
		    (list[size] == ',' || list[size] == '\0'))
			return true;
		list = strchrnul(list, ',');
	}
	return false;
}

/* The families that --nemesis means: by name, and "all" spelt out. */
static int
find_families(struct setup *s, struct fr_err *err)
{
	const struct run_config *c = s->config;
	char *names = NULL;

	s->ground = (struct ground){
		.nodes = c->nodes,
		.clients = s->clients,
		.world = c->world,
		.bears = tolerance(s),
		.beyond = c->beyond,
		.liars = c->byzantine,
		.upgrade = c->upgrade,
	};
	if (c->nemesis == NULL && c->plan == NULL && c->tape == NULL)
		return 0;
	if (c->nemeses != NULL) {
		if (nemeses_load(c->nemeses, &names, err) < 0)
			return err_wrap(err, "--nemesis");
		free(names);
		names = NULL;
	}
	if (nemeses_load(c->nemesis, &names, err) < 0)
		return err_wrap(err, "--nemesis");
	if (c->nemesis == NULL)
		return 0;
	s->any_family = c->swarm || has_entry(names, "all");
	s->families = plan_families(names, &s->ground, err);
	free(names);
	if (s->families == NULL)
		return -1;
	s->nemesis = mem_string(s->families);
	return 0;
}

/* The faults of a tape are the plan. */
int
setup_plan(struct setup *s, const struct tape *t, struct fr_err *err)
{
	struct plan plan = { 0 };

	survey(s);
	plan.faults = mem_array(t->fault_count, sizeof *plan.faults);
	for (; plan.count < t->fault_count; plan.count++) {
		if (tape_fault_make(&t->faults[plan.count], &s->ground,
				    &plan.faults[plan.count], err) < 0) {
			plan_free(&plan);
			return -1;
		}
	}
	take_plan(s, &plan);
	return 0;
}

static int
take_tape(struct setup *s, struct fr_err *err)
{
	struct tape *t = mem_new(sizeof *t);

	if (tape_read(s->config->tape, "the tape", s, &s->tape_arena, t,
		      err) < 0) {
		free(t);
		return -1;
	}
	s->tape = t;
	return setup_plan(s, t, err);
}

static int
make_plan(struct setup *s, struct fr_err *err)
{
	const struct run_config *c = s->config;
	struct plan plan = { 0 };

	if (c->nemesis != NULL && c->plan != NULL)
		return err_usage(err, "--nemesis draws a plan and --plan "
				 "brings one: give one of them");
	if (find_families(s, err) < 0)
		return -1;
	if (c->tape != NULL)
		return take_tape(s, err);
	if (c->plan_text != NULL)
		s->plan_text = mem_string(c->plan_text);
	else if (c->plan != NULL)
		s->plan_text = plan_load(c->plan, err);
	if ((c->plan != NULL && s->plan_text == NULL) ||
	    seed_plan(s, &plan, err) < 0)
		return -1;
	take_plan(s, &plan);
	return 0;
}

/* ---- all of it ------------------------------------------------------------------- */

/* One file that nodes may become, probed as any. */
static int
add_upgrade(struct setup *s, const char *name, struct fr_err *err)
{
	const struct run_config *c = s->config;
	const char *file = name;
	uint32_t i, index;

	for (i = 0; i < s->upgrade_count; i++)
		if (strcmp(s->upgrade_names[i], name) == 0)
			return 0;
	for (i = 0; i < c->upgrade_count; i++)
		if (strcmp(c->upgrades[i].name, name) == 0)
			file = c->upgrades[i].value;
	if (add_plugin(s, file, &index, err) < 0)
		return err_wrap(err, "upgrade to=%s", name);
	s->upgrade_names = mem_resize(s->upgrade_names, s->upgrade_count + 1,
				      sizeof *s->upgrade_names);
	s->upgrades = mem_resize(s->upgrades, s->upgrade_count + 1,
				 sizeof *s->upgrades);
	s->upgrade_names[s->upgrade_count] = mem_string(name);
	s->upgrades[s->upgrade_count++] = index;
	return 0;
}

/* What the plan upgrades to, and what a command at the door may. */
static int
find_upgrades(struct setup *s, struct fr_err *err)
{
	const struct fault *f;
	struct plugin *p;
	const char *to;
	uint32_t i;

	if (s->config->upgrade != NULL &&
	    add_upgrade(s, s->config->upgrade, err) < 0)
		return -1;
	for (i = 0; i < s->plan.count; i++) {
		f = &s->plan.faults[i];
		if (strcmp(f->family->name, "upgrade") != 0)
			continue;
		to = fault_text(f, "to");
		if (*to != '\0' && add_upgrade(s, to, err) < 0)
			return -1;
	}
	s->other_requests = mem_array(s->upgrade_count,
				      sizeof *s->other_requests);
	for (i = 0; i < s->upgrade_count; i++) {
		p = &s->plugins[s->upgrades[i]];
		if (p->requests == NULL && match_plugin(s, p, err) < 0)
			return -1;
		s->other_requests[i] = p->requests;
	}
	s->ground.bears = tolerance(s);
	return 0;
}

/* What one world can do and the other cannot. */
static int
check_world(const struct run_config *c, struct fr_err *err)
{
	if (c->world == NULL || strcmp(c->world, "live") == 0)
		return 0;
	if (strcmp(c->world, "sim") != 0)
		return err_usage(err, "there is no world '%s': take live or "
				 "sim", c->world);
	if (strcmp(c->carrier, "stream") != 0)
		return err_usage(err, "--carrier: there is nothing to carry "
				 "in the simulated world, where all nodes are "
				 "in one process");
	if (c->keep)
		return err_usage(err, "--keep: nodes have no folders in the "
				 "simulated world; their disks are memory");
	return 0;
}

static int
check_numbers(const struct run_config *c, struct fr_err *err)
{
	if (c->nodes < 1 || c->nodes > FR_NODES_MAX)
		return err_usage(err, "-n: a run has 1 .. %u nodes",
				 FR_NODES_MAX);
	if (c->clients > CLIENTS_MAX)
		return err_usage(err, "-c: a run has 1 .. %u clients",
				 CLIENTS_MAX);
	if (c->time <= 0)
		return err_usage(err, "-t: the main phase has to last longer "
				 "than 0");
	if (c->timeout <= 0 || c->boot_limit <= 0 || c->hang_limit <= 0)
		return err_usage(err, "a time limit has to be longer than 0");
	if (c->interval < 0)
		return err_usage(err, "--interval has to be longer than 0");
	if (c->seed > INT64_MAX)
		return err_usage(err, "--seed: at most %" PRId64, INT64_MAX);
	return check_world(c, err);
}

void
setup_base(struct setup *s)
{
	const struct run_config *c = s->config;

	s->clients = c->clients > 0 ? c->clients :
		     c->nodes < CLIENTS_DEFAULT ? c->nodes : CLIENTS_DEFAULT;
	s->rate = c->rate < 0 ? setup_rate(s->clients) : c->rate;
	s->latency = c->latency;
	free(s->nemesis);
	s->nemesis = s->families == NULL ? NULL : mem_string(s->families);
	s->interval = c->interval;
	if (s->interval == 0) {
		/* Several of each in a short run, too. */
		s->interval = c->time / 3;
		if (s->interval > INTERVAL_MOST)
			s->interval = INTERVAL_MOST;
		if (s->interval < 1)
			s->interval = 1;
	}
}

double
setup_rate(uint32_t clients)
{
	double rate = RATE_CLIENT * (double)clients;

	return rate > RATE_ALL ? RATE_ALL : rate;
}

int
setup_seed(struct setup *s, struct fr_err *err)
{
	const struct run_config *c = s->config;
	struct topology topology;
	struct plan plan = { 0 };

	if (c->swarm && swarm_draw(s, err) < 0)
		return -1;
	if (topology_make(c->topology, c->nodes, c->seed, &topology, err) < 0)
		return -1;
	topology_free(&s->topology);
	s->topology = topology;
	if (s->tape != NULL)
		return setup_plan(s, s->tape, err);
	if (seed_plan(s, &plan, err) < 0)
		return -1;
	take_plan(s, &plan);
	return 0;
}

int
setup_make(struct setup *s, const struct run_config *c, struct fr_err *err)
{
	memset(s, 0, sizeof *s);
	s->config = c;
	if (check_numbers(c, err) < 0)
		return -1;
	setup_base(s);
	/* What is upgraded to follows from the plan. */
	if (find_plugins(s, err) < 0 || find_workload(s, err) < 0 ||
	    match_requests(s, err) < 0 ||
	    topology_make(c->topology, c->nodes, c->seed, &s->topology,
			  err) < 0 ||
	    make_plan(s, err) < 0 || find_upgrades(s, err) < 0 ||
	    set_parameters(s, err) < 0 ||
	    check_promises(s, err) < 0) {
		setup_free(s);
		return -1;
	}
	return 0;
}

int
setup_copy(struct setup *s, const struct rundir *dir, struct fr_err *err)
{
	struct plugin *p;
	uint32_t i;

	for (i = 0; i < s->plugin_count; i++) {
		p = &s->plugins[i];
		if (rundir_copy(dir, p->path, &p->copy, p->sha256, err) < 0)
			return -1;
	}
	return 0;
}

void
setup_free(struct setup *s)
{
	uint32_t i;

	for (i = 0; i < s->plugin_count; i++) {
		free(s->plugins[i].path);
		free(s->plugins[i].copy);
		free(s->plugins[i].requests);
		if (s->plugins[i].described)
			descriptor_free(&s->plugins[i].descriptor);
	}
	free(s->plugins);
	free(s->plugin_of);
	free(s->requests);
	for (i = 0; i < s->upgrade_count; i++)
		free(s->upgrade_names[i]);
	free(s->upgrade_names);
	free(s->upgrades);
	free(s->other_requests);
	free(s->workload_path);
	free(s->op_names);
	free(s->supported);
	free(s->drawn);
	free(s->nemesis);
	params_free(&s->params);
	params_free(&s->work_params);
	free(s->declared);
	free(s->work_declared);
	topology_free(&s->topology);
	plan_free(&s->plan);
	if (s->tape != NULL)
		tape_drop(s->tape);
	free(s->tape);
	arena_free(&s->tape_arena);
	free(s->families);
	free(s->plan_text);
	free(s->beyond);
	memset(s, 0, sizeof *s);
}

/* ---- for the record ---------------------------------------------------------------- */

static char *
kept(struct buf *b, struct arena *a)
{
	char *text;

	while (b->size > 0 && b->data[b->size - 1] == '\n')
		b->data[--b->size] = '\0';
	text = arena_string(a, b->size > 0 ? b->data : "");
	buf_free(b);
	return text;
}

char *
setup_names(const char *const *names, uint32_t count, struct arena *a)
{
	static const char head[] = "{\"v\":1,\"names\":";
	struct json j;
	struct buf b;
	char *text;
	uint32_t i;

	buf_init(&b, 1 << 20);
	j = json_begin(&b);
	json_array(&j, "names");
	for (i = 0; i < count; i++)
		json_text(&j, NULL, names[i]);
	json_done(&j);
	/* The array alone: without what stands around it. */
	text = kept(&b, a) + sizeof head - 1;
	text[strlen(text) - 1] = '\0';
	return text;
}

static void
json_time(struct json *j, const char *name, int64_t ns)
{
	char text[32];

	time_exact(ns, text, sizeof text);
	json_text(j, name, text);
}

char *
setup_config(const struct setup *s, struct arena *a)
{
	static const char *const traces[] = { "none", "counts", "all" };
	const struct run_config *c = s->config;
	char text[128];
	struct json j;
	struct buf b;
	uint32_t i;

	buf_init(&b, 4 << 20);
	j = json_begin(&b);
	/* What judging again needs comes first. */
	json_text(&j, "model", c->model);
	json_text(&j, "workload_path", s->workload_path);
	json_int(&j, "nodes", c->nodes);
	json_int(&j, "clients", s->clients);
	json_real(&j, "rate", s->rate);
	json_time(&j, "time", c->time);
	json_int(&j, "ops", (int64_t)c->ops);
	json_time(&j, "timeout", c->timeout);
	json_text(&j, "nemesis", s->nemesis);
	/* Where those are that have no name of their own. */
	if (c->nemeses != NULL || (c->nemesis != NULL &&
				   strstr(c->nemesis, ".so") != NULL))
		json_text(&j, "nemeses", c->nemeses != NULL ? c->nemeses :
			  c->nemesis);
	json_time(&j, "interval", s->interval);
	json_int(&j, "byzantine", c->byzantine);
	json_bool(&j, "beyond", c->beyond);
	json_text(&j, "upgrade", c->upgrade);
	json_text(&j, "went_beyond", s->beyond);
	json_bool(&j, "any_family", s->any_family);
	json_time(&j, "progress", c->progress_time);
	json_text(&j, "epilogue", c->core ? "core" : "heal");
	json_text(&j, "topology", c->topology);
	dist_text(&s->latency, text, sizeof text);
	json_text(&j, "latency", text);
	if (c->swarm)
		json_text(&j, "swarm", s->drawn == NULL ? "" : s->drawn);
	json_text(&j, "world", c->world);
	if (strcmp(c->world, "sim") == 0)
		json_time(&j, "sync_time", c->sync_time);
	else
		json_text(&j, "carrier", c->carrier);
	json_int(&j, "seed", (int64_t)c->seed);
	json_text(&j, "trace", traces[c->trace]);
	json_time(&j, "boot_limit", c->boot_limit);
	json_time(&j, "hang_limit", c->hang_limit);
	json_time(&j, "check_time", c->check_time);
	json_int(&j, "check_memory", (int64_t)c->check_memory);
	json_object(&j, "protocol_params");
	for (i = 0; i < s->params.count; i++)
		json_text(&j, s->params.at[i].name, s->params.at[i].text);
	json_end(&j);
	json_object(&j, "workload_params");
	for (i = 0; i < s->work_params.count; i++)
		json_text(&j, s->work_params.at[i].name,
			  s->work_params.at[i].text);
	json_end(&j);
	json_array(&j, "plugins");
	for (i = 0; i < s->plugin_count; i++) {
		json_object(&j, NULL);
		json_text(&j, "name", s->plugins[i].descriptor.name);
		json_text(&j, "path", s->plugins[i].path);
		json_text(&j, "sha256", s->plugins[i].sha256);
		json_end(&j);
	}
	json_end(&j);
	json_object(&j, "other_nodes");
	for (i = 0; i < c->nodes; i++) {
		snprintf(text, sizeof text, "%u", i);
		if (s->plugin_of[i] != 0)
			json_int(&j, text, s->plugin_of[i]);
	}
	json_end(&j);
	json_object(&j, "upgrades");
	for (i = 0; i < s->upgrade_count; i++)
		json_int(&j, s->upgrade_names[i], s->upgrades[i]);
	json_done(&j);
	return kept(&b, a);
}

char *
setup_head(const struct setup *s, struct arena *a)
{
	const struct run_config *c = s->config;
	char time[32], latency[128];
	struct buf b;

	buf_init(&b, 65536);
	time_text(c->time, time, sizeof time);
	buf_printf(&b, "%s under workload %s: %u node%s, %u client%s, ",
		   s->plugins[0].descriptor.name, s->workload->name, c->nodes,
		   c->nodes == 1 ? "" : "s", s->clients,
		   s->clients == 1 ? "" : "s");
	if (s->rate > 0)
		buf_printf(&b, "%g operations/s, ", s->rate);
	buf_printf(&b, "%s, seed %" PRIu64, time, c->seed);
	if (strcmp(c->topology, "complete") != 0)
		buf_printf(&b, ", topology %s", c->topology);
	if (s->latency.a > 0 || s->latency.b > 0) {
		dist_text(&s->latency, latency, sizeof latency);
		buf_printf(&b, ", latency %s", latency);
	}
	if (s->nemesis != NULL)
		buf_printf(&b, ", nemesis %s", s->nemesis);
	else if (c->plan != NULL)
		buf_printf(&b, ", plan %s", c->plan);
	if (s->drawn != NULL)
		buf_printf(&b, "; drawn: %s", s->drawn);
	return kept(&b, a);
}
