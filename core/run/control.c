/* SPDX-License-Identifier: MIT */
/* The commands that come through the door, and their answers. */
#include "core/run/control.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/units.h"

struct request {
	struct control *control;
	struct experiment *x;
	const char *word;	/* the command                                 */
	const char *argument;	/* the rest of the line                        */
	struct buf *reply;
};

struct command {
	const char *name;
	const char *help;
	int (*run)(struct request *r, struct fr_err *err);
};

static const char *const state_names[] = {
	[NODE_DOWN] = "down",
	[NODE_BOOTING] = "booting",
	[NODE_UP] = "up",
	[NODE_PAUSED] = "paused",
};

static void
status_node(struct json *j, struct experiment *x, uint32_t i)
{
	const struct experiment_node *n = &x->node[i];
	uint32_t boot = 0, k;

	json_object(j, NULL);
	json_int(j, "node", i);
	json_text(j, "state",
		  state_names[x->world->ops->state(x->world, i, &boot)]);
	json_int(j, "boot", boot);
	if (n->crashed)
		json_bool(j, "crashed", true);
	json_object(j, "notes");
	for (k = 0; k < n->belief_count; k++)
		json_text(j, n->beliefs[k].name, n->beliefs[k].text);
	json_end(j);
	json_end(j);
}

static int
run_status(struct request *r, struct fr_err *err)
{
	struct experiment *x = r->x;
	const struct tally *t = &x->config.recorder->tally;
	const struct fault *f;
	struct json j = json_begin(r->reply);
	uint32_t i;

	(void)err;
	json_text(&j, "type", "status");
	json_int(&j, "run", r->control->id);
	json_text(&j, "protocol", r->control->protocol);
	json_text(&j, "workload", r->control->workload);
	json_text(&j, "phase", phase_names[x->phase]);
	json_real(&j, "t", (double)x->world->ops->now(x->world) / 1e9);
	json_array(&j, "nodes");
	for (i = 0; i < x->config.nodes; i++)
		status_node(&j, x, i);
	json_end(&j);
	json_array(&j, "faults");
	for (i = 0; x->nemesis != NULL &&
	     (f = nemesis_active(x->nemesis, i)) != NULL; i++) {
		json_object(&j, NULL);
		json_int(&j, "fault", f->id);
		json_text(&j, "family", f->family->name);
		json_text(&j, "argument", f->target);
		json_end(&j);
	}
	json_end(&j);
	json_object(&j, "ops");
	json_int(&j, "ok", (int64_t)t->ok);
	json_int(&j, "fail", (int64_t)t->fail);
	json_int(&j, "info", (int64_t)t->info);
	json_end(&j);
	json_int(&j, "messages",
		 (int64_t)x->world->ops->counts(x->world)->sent);
	json_int(&j, "events", (int64_t)t->events);
	json_done(&j);
	return 0;
}

static void
done(struct request *r, const char *text)
{
	struct json j = json_begin(r->reply);

	json_text(&j, "type", "done");
	json_text(&j, "text", text);
	json_done(&j);
}

static int
one_node(struct request *r, uint32_t *node, struct fr_err *err)
{
	int64_t n;

	if (read_int(r->argument, 0, (int64_t)r->x->config.nodes - 1, &n,
		     err) < 0)
		return err_wrap(err, "%s NODE", r->word);
	*node = (uint32_t)n;
	return 0;
}

/* Any family of faults is a command: it lasts until `heal`. */
static int
run_fault(struct request *r, struct fr_err *err)
{
	char text[256], *line;
	int status;

	if (r->x->nemesis == NULL)
		return err_usage(err, "the nodes are not ready yet");
	line = mem_format("%s %s", r->word, r->argument);
	status = nemesis_do(r->x->nemesis, line, 0, err);
	free(line);
	if (status < 0)
		return -1;
	snprintf(text, sizeof text, "%s %.200s: until 'heal'", r->word,
		 r->argument);
	done(r, text);
	return 0;
}

static int
run_restart(struct request *r, struct fr_err *err)
{
	struct experiment *x = r->x;
	uint32_t node = 0, boot;
	char text[64];

	if (one_node(r, &node, err) < 0)
		return -1;
	if (x->phase != PHASE_MAIN)
		return err_usage(err, "nodes are restarted by hand in the main "
				 "phase only; this is '%s'",
				 phase_names[x->phase]);
	if (x->world->ops->state(x->world, node, &boot) != NODE_DOWN)
		return err_usage(err, "node %u is running: kill it first",
				 node);
	if (experiment_boot(x, node, err) < 0)
		return -1;
	snprintf(text, sizeof text, "node %u starts, boot %u", node, boot + 1);
	done(r, text);
	return 0;
}

static int
run_resume(struct request *r, struct fr_err *err)
{
	struct world *w = r->x->world;
	uint32_t node = 0, boot;
	char text[64];

	if (one_node(r, &node, err) < 0)
		return -1;
	if (w->ops->state(w, node, &boot) != NODE_PAUSED)
		return err_usage(err, "node %u is not paused", node);
	if (w->ops->resume(w, node, err) < 0)
		return -1;
	snprintf(text, sizeof text, "node %u goes on", node);
	done(r, text);
	return 0;
}

static int
run_heal(struct request *r, struct fr_err *err)
{
	if (r->x->nemesis == NULL)
		return err_usage(err, "the nodes are not ready yet");
	nemesis_end_all(r->x->nemesis);
	done(r, "every fault that was on has ended");
	return 0;
}

static int
run_stop(struct request *r, struct fr_err *err)
{
	(void)err;
	if (r->x->phase > PHASE_MAIN) {
		done(r, "the run is ending already");
		return 0;
	}
	experiment_stop(r->x, "stopped through the door");
	done(r, "the run heals, does its final operations and ends");
	return 0;
}

static int run_help(struct request *r, struct fr_err *err);

static const struct command control_commands[] = {
	{ "status", "what the run is doing, and each node", run_status },
	{ "kill", "kill NODES: they end without a word", run_fault },
	{ "restart", "restart NODE: a node that is down starts again",
	  run_restart },
	{ "pause", "pause NODES: they stop where they are", run_fault },
	{ "resume", "resume NODE: a paused node goes on", run_resume },
	{ "partition", "partition 0,1|2,3,4: groups that cannot reach each "
	  "other", run_fault },
	{ "FAULT", "any other fault as in a plan, without times: delay 0>1 "
	  "mean=20ms", run_fault },
	{ "heal", "ends every fault that is on", run_heal },
	{ "stop", "ends the main phase; then come the final operations and "
	  "the verdict", run_stop },
	{ "help", "these lines", run_help },
};

#define COMMANDS (sizeof control_commands / sizeof *control_commands)

static int
run_help(struct request *r, struct fr_err *err)
{
	struct json j = json_begin(r->reply);
	size_t i;

	(void)err;
	json_text(&j, "type", "help");
	json_object(&j, "commands");
	for (i = 0; i < COMMANDS; i++)
		json_text(&j, control_commands[i].name,
			  control_commands[i].help);
	json_done(&j);
	return 0;
}

static int
dispatch(struct request *r, struct fr_err *err)
{
	const char *near;
	char family[64];
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(control_commands[i].name, r->word) != 0)
			continue;
		if (r->x == NULL && control_commands[i].run != run_help)
			return err_usage(err, "the run has not begun, or is "
					 "over");
		return control_commands[i].run(r, err);
	}
	/* Every family of faults is a command: "partition:ring", "delay". */
	snprintf(family, sizeof family, "%.*s",
		 (int)strcspn(r->word, ":"), r->word);
	if (r->x != NULL && family_find(family, NULL) != NULL)
		return run_fault(r, err);
	near = nearest_word(r->word, &control_commands[0].name, COMMANDS,
			    sizeof *control_commands);
	if (near != NULL)
		return err_usage(err, "there is no command '%s'; did you mean "
				 "'%s'?", r->word, near);
	return err_usage(err, "there is no command '%s': 'help' lists them",
			 r->word);
}

void
control_command(void *arg, const char *line, struct buf *reply)
{
	struct control *control = arg;
	struct request r = { .control = control, .reply = reply };
	struct fr_err err = { 0 };
	char word[64], argument[4096];
	size_t size;
	struct json j;

	line += strspn(line, " \t");
	size = strcspn(line, " \t\r\n");
	snprintf(word, sizeof word, "%.*s", (int)(size < 63 ? size : 63),
		 line);
	line += size;
	line += strspn(line, " \t");
	snprintf(argument, sizeof argument, "%s", line);
	for (size = strlen(argument); size > 0 &&
	     isspace((unsigned char)argument[size - 1]);)
		argument[--size] = '\0';
	r.x = control->experiment;
	r.word = word;
	r.argument = argument;
	if (dispatch(&r, &err) == 0)
		return;
	buf_clear(reply);
	j = json_begin(reply);
	json_text(&j, "type", "error");
	json_text(&j, "text", err.text);
	json_done(&j);
}
