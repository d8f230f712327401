/* SPDX-License-Identifier: MIT */
/*
 * fracas describe: all there is to know about one name.  A name that means
 * several things (a workload and a model "register") is told as each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/conditions.h"
#include "core/base/json.h"
#include "core/cli/catalogue.h"
#include "core/cli/cli.h"
#include "core/cli/describe.h"
#include "core/cli/fault_words.h"
#include "core/base/elf.h"
#include "core/node/nursery.h"
#include "core/run/run.h"
#include "core/run/work.h"

#define OUT_MAX (16u << 20)

static bool json_wanted;

static const struct opt options[] = {
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object for each thing of that name" },
	{ .kind = OPT_END },
};

static const char *const param_kinds[] = {
	"?", "number", "yes or no", "time", "size", "real", "text",
};

static const char *
param_kind(uint32_t kind)
{
	return param_kinds[kind <= FR_PARAM_TEXT ? kind : 0];
}

/* ---- parameters and names ----------------------------------------------- */

/* The lowest and highest it may be, as people write a range. */
static void
bounds(struct buf *out, const char *min, const char *max)
{
	if (min != NULL && max != NULL)
		buf_printf(out, "%s .. %s", min, max);
	else if (min != NULL)
		buf_printf(out, "from %s", min);
	else if (max != NULL)
		buf_printf(out, "up to %s", max);
}

/* What a search draws from. */
static void
knob(struct buf *out, const struct wire_param *p)
{
	if ((p->flags & FR_KNOB) == 0)
		return;
	if (p->kind == FR_PARAM_BOOL)
		buf_text(out, "either");
	else
		bounds(out, p->low != NULL ? p->low : p->min,
		       p->high != NULL ? p->high : p->max);
}

static void
params_words(struct buf *out, const struct wire_param *p, uint32_t count)
{
	bool knobs = false;
	struct buf rows;
	uint32_t i;

	if (count == 0)
		return;
	buf_init(&rows, OUT_MAX);
	for (i = 0; i < count; i++)
		knobs |= (p[i].flags & FR_KNOB) != 0;
	buf_printf(&rows, "  PARAMETER\tKIND\tDEFAULT\tBOUNDS%s\tWHAT IT "
		   "IS\n", knobs ? "\tKNOB" : "");
	for (i = 0; i < count; i++, p++) {
		buf_text(&rows, "  ");
		cli_cell(&rows, p->name);
		buf_printf(&rows, "\t%s\t", param_kind(p->kind));
		cli_cell(&rows, p->fallback != NULL ? p->fallback : "");
		buf_char(&rows, '\t');
		bounds(&rows, p->min, p->max);
		buf_char(&rows, '\t');
		if (knobs) {
			knob(&rows, p);
			buf_char(&rows, '\t');
		}
		cli_cell(&rows, p->help != NULL ? p->help : "");
		buf_char(&rows, '\n');
	}
	buf_printf(out, "\nParameters, by --set PARAMETER=VALUE%s:\n",
		   knobs ? "; `fracas sim --swarm` draws knobs" : "");
	cli_table(rows.data, out);
	buf_free(&rows);
}

static void
params_json(struct json *j, const struct wire_param *p, uint32_t count)
{
	uint32_t i;

	json_array(j, "params");
	for (i = 0; i < count; i++, p++) {
		json_object(j, NULL);
		json_text(j, "name", p->name);
		json_text(j, "kind", param_kind(p->kind));
		json_text(j, "default", p->fallback);
		json_text(j, "min", p->min);
		json_text(j, "max", p->max);
		json_bool(j, "knob", (p->flags & FR_KNOB) != 0);
		json_text(j, "low", p->low);
		json_text(j, "high", p->high);
		json_text(j, "help", p->help);
		json_end(j);
	}
	json_end(j);
}

static void
names_words(struct buf *rows, const char *name, char *const *names,
	    uint32_t count)
{
	struct buf list;
	uint32_t i;

	buf_init(&list, OUT_MAX);
	for (i = 0; i < count; i++)
		buf_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
	describe_fact(rows, name, count > 0 ? list.data : "none");
	buf_free(&list);
}

static void
names_json(struct json *j, const char *name, char *const *names,
	   uint32_t count)
{
	uint32_t i;

	json_array(j, name);
	for (i = 0; i < count; i++)
		json_text(j, NULL, names[i]);
	json_end(j);
}

/* ---- a protocol --------------------------------------------------------- */

static void
protocol_words(struct buf *out, const struct descriptor *d, const char *path,
	       const char *name)
{
	struct buf rows;
	char *text, size[32];

	describe_title(out, "protocol", d->name, d->summary);
	buf_init(&rows, OUT_MAX);
	describe_fact(&rows, "promise", d->promise);
	describe_fact(&rows, "paper", d->paper);
	describe_fact(&rows, "workload", d->workload);
	text = fault_tolerance(d);
	describe_fact(&rows, "bears", text);
	free(text);
	names_words(&rows, "requests", d->requests, d->request_count);
	names_words(&rows, "messages", d->messages, d->message_count);
	names_words(&rows, "timers", d->timers, d->timer_count);
	size_text(d->state_size, size, sizeof size);
	describe_fact(&rows, "state", size);
	if (d->has_describe || d->has_digest)
		describe_fact(&rows, "also", d->has_describe && d->has_digest ?
		     "puts its messages into words, digests its state" :
		     d->has_describe ? "puts its messages into words" :
		     "digests its state");
	text = mem_format("version %d.%u", FR_MAJOR, d->minor);
	describe_fact(&rows, "contract", text);
	describe_fact(&rows, "file", path);
	cli_table(rows.data, out);
	params_words(out, d->params, d->param_count);
	buf_printf(out, "\nTry it: fracas run %s\n", name);
	free(text);
	buf_free(&rows);
}

static void
protocol_json(struct buf *out, const struct descriptor *d, const char *path)
{
	struct json j = json_begin(out);

	json_text(&j, "type", "protocol");
	json_text(&j, "name", d->name);
	json_text(&j, "summary", d->summary);
	json_text(&j, "promise", d->promise);
	json_text(&j, "paper", d->paper);
	json_text(&j, "workload", d->workload);
	fault_tolerance_json(&j, d);
	names_json(&j, "requests", d->requests, d->request_count);
	names_json(&j, "messages", d->messages, d->message_count);
	names_json(&j, "timers", d->timers, d->timer_count);
	json_int(&j, "state_size", (int64_t)d->state_size);
	json_int(&j, "minor", d->minor);
	json_bool(&j, "describes", d->has_describe);
	json_bool(&j, "digests", d->has_digest);
	params_json(&j, d->params, d->param_count);
	json_text(&j, "path", path);
	json_done(&j);
}

/* ---- a workload --------------------------------------------------------- */

static const struct fr_op_kind *
op_at(const struct fr_workload *w, uint32_t i)
{
	return (const void *)((const char *)w->ops.at +
			      (size_t)i * w->ops.stride);
}

static const char *
model_of(const struct fr_workload *w)
{
	if (w->model != NULL)
		return w->model;
	return w->own_model != NULL ? w->own_model->name : NULL;
}

static struct fr_condition
condition_at(const struct fr_workload *w, uint32_t i)
{
	struct fr_condition c = { NULL, NULL };
	size_t stride = w->conditions.stride;

	memcpy(&c, (const char *)w->conditions.at + (size_t)i * stride,
	       stride < sizeof c ? stride : sizeof c);
	return c;
}

/* "linearizability against the model kv, monotonic-reads, and ..." */
static void
judged_by(const struct fr_workload *w, struct buf *rows)
{
	struct fr_condition c;
	struct buf text;
	uint32_t i;

	buf_init(&text, OUT_MAX);
	if (model_of(w) != NULL)
		buf_printf(&text, "linearizability against the model %s",
			   model_of(w));
	for (i = 0; i < w->conditions.count; i++) {
		c = condition_at(w, i);
		buf_printf(&text, "%s%s", text.size > 0 ? ", and " : "",
			   c.name != NULL ? c.name : "?");
		if (c.settings != NULL)
			buf_printf(&text, " with %s", c.settings);
	}
	if (w->check != NULL)
		buf_printf(&text, "%sa check of its own over the whole "
			   "history", text.size > 0 ? ", and " : "");
	describe_fact(rows, "judged by", text.size > 0 ? text.data : "nothing");
	buf_free(&text);
}

static void
workload_words(struct buf *out, const struct fr_workload *w, const char *path)
{
	struct wire_param *params = workload_params(w);
	struct buf rows;
	uint32_t i;

	describe_title(out, "workload", w->name, w->summary);
	buf_init(&rows, OUT_MAX);
	describe_fact(&rows, "promise", w->promise);
	judged_by(w, &rows);
	describe_fact(&rows, "file", path);
	cli_table(rows.data, out);
	buf_clear(&rows);
	buf_text(&rows, "  OPERATION\tKIND\tWHAT IT DOES\n");
	for (i = 0; i < w->ops.count; i++) {
		const struct fr_op_kind *op = op_at(w, i);

		buf_text(&rows, "  ");
		cli_cell(&rows, op->name);
		buf_printf(&rows, "\t%s%s\t", (op->flags & FR_PURE) != 0 ?
			   "changes nothing" : "changes",
			   (op->flags & FR_OPTIONAL) != 0 ? ", optional" : "");
		cli_cell(&rows, op->help != NULL ? op->help : "");
		buf_char(&rows, '\n');
	}
	buf_text(out, "\nOperations, which the protocol must answer:\n");
	cli_table(rows.data, out);
	params_words(out, params, w->params.count);
	buf_printf(out, "\nUse it: fracas run PROTOCOL --workload %s\n",
		   w->name);
	buf_free(&rows);
	free(params);
}

static void
workload_json(struct buf *out, const struct fr_workload *w, const char *path)
{
	struct wire_param *params = workload_params(w);
	struct json j = json_begin(out);
	uint32_t i;

	json_text(&j, "type", "workload");
	json_text(&j, "name", w->name);
	json_text(&j, "summary", w->summary);
	json_text(&j, "promise", w->promise);
	json_text(&j, "model", model_of(w));
	json_array(&j, "conditions");
	for (i = 0; i < w->conditions.count; i++) {
		const struct fr_condition c = condition_at(w, i);

		json_object(&j, NULL);
		json_text(&j, "name", c.name);
		json_text(&j, "settings", c.settings);
		json_end(&j);
	}
	json_end(&j);
	json_bool(&j, "check", w->check != NULL);
	json_array(&j, "operations");
	for (i = 0; i < w->ops.count; i++) {
		const struct fr_op_kind *op = op_at(w, i);

		json_object(&j, NULL);
		json_text(&j, "name", op->name);
		json_bool(&j, "pure", (op->flags & FR_PURE) != 0);
		json_bool(&j, "optional", (op->flags & FR_OPTIONAL) != 0);
		json_text(&j, "help", op->help);
		json_end(&j);
	}
	json_end(&j);
	params_json(&j, params, w->params.count);
	json_text(&j, "path", path);
	json_done(&j);
	free(params);
}

/* ---- plugins, by name or by path ---------------------------------------- */

static int
describe_protocol(struct buf *out, const char *path, const char *name,
		  struct fr_err *err)
{
	struct descriptor d;

	if (probe_protocol(path, &d, err) < 0)
		return -1;
	if (json_wanted)
		protocol_json(out, &d, path);
	else
		protocol_words(out, &d, path, name);
	descriptor_free(&d);
	return 0;
}

static int
describe_workload(struct buf *out, const char *path, struct fr_err *err)
{
	const struct fr_workload *w;
	struct elf elf;

	/* It is loaded into this very process: so look before. */
	if (elf_read(path, &elf, err) < 0)
		return -1;
	elf_free(&elf);
	if (workload_load(path, &w, err) < 0)
		return -1;
	if (json_wanted)
		workload_json(out, w, path);
	else
		workload_words(out, w, path);
	return 0;
}

static int
describe_file(struct buf *out, const char *name, struct fr_err *err)
{
	struct elf elf;
	char *path;
	const struct family *f;
	bool workload, fault;
	int result;

	if (plugin_find(PLUGIN_PROTOCOL, name, &path, err) < 0)
		return -1;
	if (elf_read(path, &elf, err) < 0) {
		free(path);
		return -1;
	}
	workload = elf_exports(&elf, "fracas_workload_v1") &&
		   !elf_exports(&elf, "fracas_protocol_v1");
	fault = elf_exports(&elf, "fracas_nemesis_v1");
	elf_free(&elf);
	result = fault ? nemesis_load(path, &f, err) : workload ? describe_workload(out, path, err) :
		 describe_protocol(out, path, name, err);
	if (fault && result == 0)
		fault_describe(out, f, path, json_wanted);
	free(path);
	return result;
}

/* ---- the rest ----------------------------------------------------------- */

static void
describe_simple(struct buf *out, const struct item *item)
{
	if (json_wanted) {
		struct json j = json_begin(out);

		json_text(&j, "type", item_names[item->kind]);
		json_text(&j, "name", item->name);
		json_text(&j, "summary", item->summary);
		json_done(&j);
		return;
	}
	describe_title(out, item->kind == ITEM_MODEL ?
	      "model of a sequential object" : "topology", item->name,
	      item->summary);
	buf_printf(out, "\nUse it: fracas run PROTOCOL --%s %s\n",
		   item_names[item->kind], item->name);
}

static int
describe_item(struct buf *out, const struct item *item, struct fr_err *err)
{
	const struct family *f;

	switch (item->kind) {
	case ITEM_PROTOCOL:
		return describe_protocol(out, item->path, item->name, err);
	case ITEM_WORKLOAD:
		return describe_workload(out, item->path, err);
	case ITEM_FAULT:
		f = family_find(item->name, NULL);
		if (item->path != NULL &&
		    nemesis_load(item->path, &f, err) < 0)
			return -1;
		fault_describe(out, f, item->path, json_wanted);
		return 0;
	case ITEM_CONDITION:
		describe_condition(out, item, json_wanted);
		return 0;
	default:
		describe_simple(out, item);
		return 0;
	}
}

static int
describe_name(struct buf *out, const char *name, struct fr_err *err)
{
	struct catalogue c = { .count = 0 };
	const char *near;
	int kind, found = 0, result = 0;
	size_t i;

	for (kind = 0; kind < ITEM_KINDS; kind++)
		catalogue_add(&c, (enum item_kind)kind, false);
	for (i = 0; i < c.count && result == 0; i++) {
		if (strcmp(c.at[i].name, name) != 0)
			continue;
		if (found++ > 0 && !json_wanted)
			buf_char(out, '\n');
		result = describe_item(out, &c.at[i], err);
	}
	if (found == 0) {
		near = c.count == 0 ? NULL : nearest_word(name, &c.at->name,
							  c.count,
							  sizeof *c.at);
		if (near != NULL)
			result = err_usage(err, "there is no '%s'; did you "
					   "mean '%s'?", name, near);
		else
			result = err_usage(err, "there is no '%s'; 'fracas "
					   "list' says what there is", name);
	}
	catalogue_free(&c);
	return result;
}

static int
describe_run(int argc, char **argv)
{
	const char *name = argv[0], *end = strrchr(name, '.');
	struct fr_err err = { 0 };
	struct buf out;
	bool file = strchr(name, '/') != NULL ||
		    (end != NULL && strcmp(end, ".so") == 0);
	int result;

	(void)argc;
	buf_init(&out, OUT_MAX);
	result = file ? describe_file(&out, name, &err) :
		 describe_name(&out, name, &err);
	cli_print(&out);
	buf_free(&out);
	if (result < 0) {
		err_wrap(&err, "describe");
		return cli_fail(&err);
	}
	return EXIT_VALID;
}

const struct command command_describe = {
	.name = "describe",
	.arguments = "NAME",
	.summary = "all about a protocol, workload, fault, model, condition "
		   "or topology",
	.text = "What it is and promises, its parameters with defaults and "
		"bounds, its messages, requests and timers. NAME may be a "
		"path to a shared object. A name that means several things "
		"is told as each.\n",
	.examples = "fracas describe abd\nfracas describe ./mine.so",
	.options = options,
	.least = 1,
	.most = 1,
	.run = describe_run,
};
