/* SPDX-License-Identifier: MIT */
/* A simulated run's configuration, from its row in the store. */
#include "core/cli/stored.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli/value.h"

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
take_others(struct stored *r, const struct value *config, struct fr_err *err)
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
take_upgrades(struct stored *r, const struct value *config,
	      struct fr_err *err)
{
	const struct value *v = value_member(config, "upgrades"), *m;
	struct setting *all = arena_new(&r->arena, (members(v) + 1) *
					sizeof *all);

	for (m = v == NULL ? NULL : v->members; m != NULL; m = m->next) {
		struct setting *s = &all[r->config.upgrade_count++];

		s->name = m->name;
		s->value = plugin_path(config, value_number(v, m->name, -1));
		if (s->value == NULL)
			return err_set(err, "the stored configuration names "
				       "no plugin for upgrades to %s",
				       m->name);
	}
	r->config.upgrades = all;
	return 0;
}

static int
take_config(struct stored *r, const struct value *v, struct fr_err *err)
{
	struct run_config *c = &r->config;
	const struct value *own = value_member(v, "protocol_params");
	const struct value *work = value_member(v, "workload_params");
	const struct value *beyond = value_member(v, "beyond");
	const char *epilogue = value_string(v, "epilogue");
	const char *rate = value_string(v, "rate");
	const char *latency = value_string(v, "latency");
	struct setting *all = arena_new(&r->arena, (members(own) +
					members(work) + 1) * sizeof *all);

	*c = (struct run_config)RUN_CONFIG_DEFAULT;
	c->db = r->db;
	c->protocol = plugin_path(v, 0);
	c->workload = value_string(v, "workload_path");
	c->model = value_string(v, "model");
	c->nodes = (uint32_t)value_number(v, "nodes", 0);
	c->clients = (uint32_t)value_number(v, "clients", 0);
	c->rate = rate == NULL ? 0 : strtod(rate, NULL);
	c->ops = (uint64_t)value_number(v, "ops", 0);
	c->nemesis = value_string(v, "nemesis");
	c->byzantine = (uint32_t)value_number(v, "byzantine", 0);
	c->nemeses = value_string(v, "nemeses");
	c->beyond = beyond != NULL && beyond->truth;
	c->upgrade = value_string(v, "upgrade");
	c->core = epilogue != NULL && strcmp(epilogue, "core") == 0;
	c->topology = value_string(v, "topology");
	c->world = "sim";
	c->seed = r->row.seed;
	c->check_memory = (uint64_t)value_number(v, "check_memory", 0);
	take_settings(own, all, &c->setting_count);
	take_settings(work, all, &c->setting_count);
	c->settings = all;
	if (c->protocol == NULL || c->topology == NULL || latency == NULL)
		return err_set(err, "the stored configuration is not whole");
	if (take_time(v, "time", &c->time, err) < 0 ||
	    take_time(v, "timeout", &c->timeout, err) < 0 ||
	    take_time(v, "interval", &c->interval, err) < 0 ||
	    take_time(v, "progress", &c->progress_time, err) < 0 ||
	    take_time(v, "sync_time", &c->sync_time, err) < 0 ||
	    take_time(v, "boot_limit", &c->boot_limit, err) < 0 ||
	    take_time(v, "hang_limit", &c->hang_limit, err) < 0 ||
	    take_time(v, "check_time", &c->check_time, err) < 0 ||
	    read_dist(latency, &c->latency, err) < 0)
		return err_wrap(err, "the stored configuration");
	if (take_others(r, v, err) < 0)
		return -1;
	return take_upgrades(r, v, err);
}

/* A plan that was not drawn is brought along, as it was. */
static void
take_plan(struct stored *r)
{
	if (r->row.tape != NULL) {
		r->config.tape = r->row.tape;
		r->config.shrunk_from = r->row.shrunk_from;
		return;
	}
	if (r->config.nemesis != NULL || r->row.plan == NULL ||
	    *r->row.plan == '\0')
		return;
	r->config.plan = "the stored plan";
	r->config.plan_text = r->row.plan;
}

int
stored_find(struct stored *r, const char *db, const char *which,
	    struct fr_err *err)
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
				 "processes and clocks, and would not happen "
				 "the same way again, as only a simulated run "
				 "does (`fracas sim`); what was recorded of "
				 "it: fracas show %" PRId64 " --events --all",
				 r->row.id, r->row.id);
	if (r->row.config == NULL ||
	    value_read(&r->arena, r->row.config, strlen(r->row.config), &v,
		       err) < 0)
		return err_wrap(err, "the stored configuration");
	r->db = db;
	if (take_config(r, v, err) < 0)
		return -1;
	take_plan(r);
	return 0;
}

void
stored_free(struct stored *r)
{
	run_row_free(&r->row);
	arena_free(&r->arena);
}

uint64_t
stored_hash(const struct stored *s)
{
	struct arena a = { 0 };
	const char *hash = NULL;
	uint64_t n = 0;
	struct value *v;

	if (s->row.report != NULL &&
	    value_read(&a, s->row.report, strlen(s->row.report), &v,
		       NULL) == 0)
		hash = value_string(v, "hash");
	if (hash != NULL)
		n = strtoull(hash, NULL, 16);
	arena_free(&a);
	return n;
}
