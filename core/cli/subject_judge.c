/* SPDX-License-Identifier: MIT */
/* A history that was given as a file, or imported before, is judged. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/conditions.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/cli/outcome.h"
#include "core/cli/subject.h"

struct counts {
	uint64_t ok, fail, info;
};

static struct counts
count(const struct fr_history *h)
{
	const struct fr_operation *op;
	struct counts c = { 0, 0, 0 };
	uint64_t i;

	for (i = 0; i < h->op_count; i++) {
		op = (const void *)((const char *)h->ops + i * h->op_stride);
		c.ok += op->outcome == FR_OK;
		c.fail += op->outcome == FR_FAIL;
		c.info += op->outcome == FR_INFO;
	}
	return c;
}

/* What the file calls a key that is a text there, or NULL. */
static const char *
key_name(const struct subject *s, int64_t key)
{
	uint64_t i = (uint64_t)key - (uint64_t)s->keys.first;

	return key != FR_NO_KEY && i < s->keys.count ? s->keys.at[i] : NULL;
}

/* ---- telling ------------------------------------------------------------- */

static const struct fr_operation *
operation(const struct subject *s, uint64_t i)
{
	return (const void *)((const char *)s->history.ops +
			      i * s->history.op_stride);
}

/* `label`: what the explanation calls it, or NULL. */
static void
operation_json(struct json *j, const char *name, const struct subject *s,
	       const struct check_config *c, uint64_t i, const char *label)
{
	static const char *const outcomes[] = {
		[FR_OK] = "ok", [FR_FAIL] = "fail", [FR_INFO] = "info",
	};
	const struct fr_operation *op = operation(s, i);
	struct buf words;

	buf_init(&words, 1 << 16);
	check_describe(&s->history, c, i, &words);
	json_object(j, name);
	if (label != NULL)
		json_text(j, "name", label);
	json_int(j, "id", (int64_t)op->id);
	json_int(j, "process", op->process);
	json_int(j, "client", op->client);
	json_text(j, "f", s->op_names[op->f]);
	if (key_name(s, op->key) != NULL)
		json_text(j, "key", key_name(s, op->key));
	else if (op->key != FR_NO_KEY)
		json_int(j, "key", op->key);
	json_value(j, "value", &op->value);
	json_text(j, "outcome", outcomes[op->outcome]);
	json_value(j, "result", &op->result);
	json_int(j, "called", op->called);
	if (op->outcome == FR_INFO)
		json_null(j, "ended");
	else
		json_int(j, "ended", op->ended);
	json_text(j, "text", words.data);
	json_end(j);
	buf_free(&words);
}

static void
ids_json(struct json *j, const char *name, const struct subject *s,
	 const uint64_t *ops, uint64_t count)
{
	uint64_t i;

	json_array(j, name);
	for (i = 0; i < count; i++)
		json_int(j, NULL, (int64_t)operation(s, ops[i])->id);
	json_end(j);
}

/* Why there is no order: what is needed for that, how far one comes, and what
 * stands in the way of each that could be next. */
static void
invalid_json(struct json *j, const struct subject *s,
	     const struct check_config *c, const struct verdict *v)
{
	char label[16];
	uint32_t i;

	json_array(j, "core");
	for (i = 0; i < v->core_count; i++) {
		check_label(v->core_prefix, i, label, sizeof label);
		operation_json(j, NULL, s, c, v->core[i], label);
	}
	json_end(j);
	json_bool(j, "core_minimal", v->core_minimal);
	if (v->frontier != UINT64_MAX)
		operation_json(j, "frontier", s, c, v->frontier, NULL);
	if (v->state == NULL)
		return;
	ids_json(j, "beginning", s, v->beginning, v->beginning_count);
	json_text(j, "state", v->state);
	json_array(j, "candidates");
	for (i = 0; i < v->obstacle_count; i++) {
		json_object(j, NULL);
		json_int(j, "id", (int64_t)operation(s, v->obstacles[i].op)->
			 id);
		json_text(j, "why", v->obstacles[i].why);
		json_end(j);
	}
	json_end(j);
}

static void
unknown_json(struct json *j, const struct judging_options *o,
	     const struct verdict *v)
{
	json_text(j, "budget", v->budget);
	json_real(j, "time_limit", (double)o->limit.time_max * 1e-9);
	json_int(j, "memory_limit", (int64_t)o->limit.memory_max);
}

/* Of the whole process: what its budget is about. */
static uint64_t
most_memory(const struct verdict *v)
{
	uint64_t peak = memory_peak();

	return peak != 0 ? peak : v->memory_bytes;
}

/* `all`: with the linearization, which is as long as the history. */
static void
tell_json(const struct subject *s, const struct check_config *c,
	  const struct verdict *v, const struct judging_options *o, bool all,
	  struct buf *out)
{
	struct json j = json_begin(out);
	struct counts n = count(&s->history);

	json_text(&j, "type", "verdict");
	json_text(&j, "verdict", verdict_names[v->kind]);
	json_text(&j, "reason", v->reason);
	json_object(&j, "ops");
	json_int(&j, "ok", (int64_t)n.ok);
	json_int(&j, "fail", (int64_t)n.fail);
	json_int(&j, "info", (int64_t)n.info);
	json_end(&j);
	json_text(&j, "violation", v->violation);
	json_text(&j, "algorithm", v->algorithm);
	json_real(&j, "seconds", v->seconds);
	if (s->run != 0)
		json_int(&j, "run", s->run);
	else
		json_text(&j, "file", s->name);
	json_text(&j, "format", s->format);
	json_text(&j, "model", c->model);
	json_text(&j, "condition", v->condition);
	json_int(&j, "memory", (int64_t)most_memory(v));
	if (v->kind == VERDICT_INVALID)
		invalid_json(&j, s, c, v);
	if (v->kind == VERDICT_UNKNOWN)
		unknown_json(&j, o, v);
	if (v->order != NULL && all)
		ids_json(&j, "linearization", s, v->order, v->order_count);
	json_text(&j, "explanation", v->explanation);
	json_done(&j);
}

/* The checker knows the keys' numbers only. */
static void
tell_keys(const struct subject *s, const struct verdict *v, struct buf *out)
{
	const struct fr_operation *op;
	int64_t told = FR_NO_KEY;
	uint32_t i;

	for (i = 0; i < v->core_count; i++) {
		op = (const void *)((const char *)s->history.ops +
				    v->core[i] * s->history.op_stride);
		if (op->key == told || key_name(s, op->key) == NULL)
			continue;
		told = op->key;
		buf_printf(out, "key %" PRId64 " is ", told);
		cli_cell(out, key_name(s, told));
		buf_char(out, '\n');
	}
}

static void
tell_words(const struct subject *s, const struct check_config *c,
	   const struct verdict *v, const struct judging_options *o,
	   struct buf *out)
{
	struct counts n = count(&s->history);
	char took[32];

	time_text((int64_t)(v->seconds * 1e9), took, sizeof took);
	buf_printf(out, "%s", s->name);
	if (s->format != NULL)
		buf_printf(out, ", read as %s%s", s->format,
			   s->format_guessed ? " (a guess; --format says "
			   "another)" : "");
	buf_printf(out, ": %" PRIu64 " ok, %" PRIu64 " fail, %" PRIu64 " info\n",
		   n.ok, n.fail, n.info);
	if (c->model != NULL)
		buf_printf(out, "judged as %s%s", c->model, o->model == NULL ?
			   " (a guess; --model says another)" : "");
	if (v->algorithm != NULL)
		buf_printf(out, ", by %s in %s", v->algorithm, took);
	if (c->model != NULL)
		buf_char(out, '\n');
	outcome_verdict(verdict_names[v->kind], v->violation, v->reason,
			o->explain ? v->explanation : NULL, out);
	tell_keys(s, v, out);
	if (!o->explain && v->kind == VERDICT_INVALID)
		buf_text(out, "'--explain' shows why\n");
}

/* ---- judging ------------------------------------------------------------- */

/* "name=value", ..., ended by NULL. */
static const char *const *
setting_texts(struct arena *a, const struct settings *s)
{
	const char **all = arena_new(a, (s->count + 1) * sizeof *all);
	size_t i;

	for (i = 0; i < s->count; i++)
		all[i] = arena_format(a, "%s=%s", s->at[i].name,
				      s->at[i].value);
	return all;
}

static int
exit_status(enum verdict_kind kind)
{
	return kind == VERDICT_VALID ? EXIT_VALID :
		kind == VERDICT_INVALID ? EXIT_INVALID : EXIT_UNKNOWN;
}

/* What `show` and `runs` say of an imported run from now on. */
static void
store_verdict(const struct subject *s, const struct check_config *c,
	      const struct verdict *v, const struct judging_options *o)
{
	struct fr_err err = { 0 };
	struct history *h = history_open(o->db, true, &err);
	struct buf report;
	char *reason;

	if (h == NULL) {
		log_warn("the verdict is not stored: %s", err.text);
		return;
	}
	buf_init(&report, SIZE_MAX / 2);
	tell_json(s, c, v, o, false, &report);
	report.data[--report.size] = '\0';	/* a line, not its end */
	reason = mem_format("%s%s%s (as %s)", v->violation != NULL ?
			    v->violation : "", v->violation != NULL ? ": " :
			    "", v->reason, c->model);
	if (history_verdict(h, s->run, verdict_names[v->kind], reason,
			    report.data, v->explanation, &err) < 0)
		log_warn("the verdict is not stored: %s", err.text);
	history_close(h, NULL);
	buf_free(&report);
	free(reason);
}

/* The verdict on what did not fit within the limits. */
static void
not_loaded(const struct subject *s, const struct judging_options *o,
	   struct verdict *v)
{
	v->kind = VERDICT_UNKNOWN;
	v->reason = arena_string(&v->arena, s->beyond);
	v->budget = o->limit.out;
	v->frontier = UINT64_MAX;
}

int
subject_judge(const struct subject *s, const struct judging_options *o)
{
	const char *model = o->model != NULL ? o->model : s->model;
	struct check_config c;
	struct fr_err err = { 0 };
	struct arena arena = { 0 };
	struct verdict v;
	struct buf out;
	int status;

	if (model == NULL && s->beyond == NULL) {
		err_usage(&err, "%s: its operations (%s%s%s) do not tell what "
			  "they were done to: name it with --model, of "
			  "'fracas list models'", s->name,
			  s->op_count > 0 ? s->op_names[0] : "none",
			  s->op_count > 1 ? ", " : "",
			  s->op_count > 1 ? s->op_names[1] : "");
		return cli_fail(&err);
	}
	memset(&c, 0, sizeof c);
	c.op_names = s->op_names;
	c.op_count = s->op_count;
	c.model = model != NULL ? check_find(model, &err) : NULL;
	c.settings = setting_texts(&arena, o->settings);
	c.began = o->limit.began;
	c.time_max = o->limit.time_max;
	c.memory_max = o->limit.memory_max;
	memset(&v, 0, sizeof v);
	if ((model != NULL && c.model == NULL) || (s->beyond == NULL &&
	    check_history(&s->history, &c, &v, &err) < 0)) {
		err_wrap(&err, "%s", s->name);
		arena_free(&arena);
		return cli_fail(&err);
	}
	if (s->beyond != NULL)
		not_loaded(s, o, &v);
	else if (s->imported_run)
		store_verdict(s, &c, &v, o);
	buf_init(&out, SIZE_MAX / 2);
	if (o->json)
		tell_json(s, &c, &v, o, true, &out);
	else if (o->quiet)
		buf_printf(&out, "%s\n", verdict_names[v.kind]);
	else
		tell_words(s, &c, &v, o, &out);
	cli_print(&out);
	buf_free(&out);
	status = exit_status(v.kind);
	verdict_free(&v);
	arena_free(&arena);
	return status;
}
