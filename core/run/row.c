/* SPDX-License-Identifier: MIT */
/* What the store is told of a run when it begins. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/units.h"
#include "core/run/setup.h"

char *
row_machine(struct arena *a)
{
	struct utsname machine;

	memset(&machine, 0, sizeof machine);
	uname(&machine);
	return arena_format(a, "%s %s %s, %ld processors", machine.sysname,
			    machine.release, machine.machine,
			    sysconf(_SC_NPROCESSORS_ONLN));
}

void
row_fill(const struct setup *s, struct arena *a, struct run_row *row)
{
	const struct run_config *c = s->config;
	const struct plugin *p = &s->plugins[0];
	struct buf plan;

	memset(row, 0, sizeof *row);
	row->protocol = arena_string(a, p->descriptor.name);
	row->plugin = arena_string(a, p->path);
	row->sha256 = arena_string(a, p->sha256);
	row->workload = arena_string(a, s->workload->name);
	row->world = arena_string(a, c->world);
	row->seed = c->seed;
	row->config = setup_config(s, a);
	buf_init(&plan, 64 << 20);
	plan_text(&s->plan, &plan);
	row->plan = arena_string(a, plan.size > 0 ? plan.data : "");
	buf_free(&plan);
	row->ops = setup_names(s->op_names, s->workload->ops.count, a);
	row->message_types =
		setup_names((const char *const *)p->descriptor.messages,
			    p->descriptor.message_count, a);
	row->version = arena_string(a, FRACAS_VERSION);
	row->machine = row_machine(a);
	row->command = arena_string(a, c->command == NULL ? "" : c->command);
	row->tape = c->tape == NULL ? NULL : arena_string(a, c->tape);
	row->shrunk_from = c->shrunk_from;
	row->nodes = c->nodes;
	row->clients = s->clients;
	row->started = clock_wall();
	row->status = arena_string(a, "running");
}
