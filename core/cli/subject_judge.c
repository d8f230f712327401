/* SPDX-License-Identifier: MIT */
/* A history that was given as a file, or imported before, is judged. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/conditions.h"
#include "core/base/json.h"
#include "core/cli/subject.h"

struct counts {
	uint64_t ok, fail, info;
};

/* What others call the models. */
static const char *const aliases[] = {
	"cas-register", "register", "multi-register", "register",
	"fifo-queue", "queue", "lock", "mutex", NULL
};

static const char *
model_of(const char *name)
{
	size_t i;

	for (i = 0; name != NULL && aliases[i] != NULL; i += 2)
		if (strcmp(aliases[i], name) == 0)
			return aliases[i + 1];
	return name;
}

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

static void
operations_json(struct json *j, const struct subject *s,
		const struct check_config *c, const uint64_t *ops,
		uint64_t op_count)
{
	const struct fr_operation *op;
	struct buf words;
	uint64_t i;

	json_array(j, "core");
	for (i = 0; i < op_count; i++) {
		op = (const void *)((const char *)s->history.ops +
				    ops[i] * s->history.op_stride);
		buf_init(&words, 1 << 16);
		check_describe(&s->history, c, ops[i], &words);
		json_object(j, NULL);
		json_int(j, "id", (int64_t)op->id);
		json_int(j, "process", op->process);
		json_text(j, "f", s->op_names[op->f]);
		if (key_name(s, op->key) != NULL)
			json_text(j, "key", key_name(s, op->key));
		else if (op->key != FR_NO_KEY)
			json_int(j, "key", op->key);
		json_value(j, "value", &op->value);
		json_text(j, "outcome", op->outcome == FR_OK ? "ok" :
			  op->outcome == FR_FAIL ? "fail" : "info");
		json_value(j, "result", &op->result);
		json_text(j, "text", words.data);
		json_end(j);
		buf_free(&words);
	}
	json_end(j);
}

static void
tell_json(const struct subject *s, const struct check_config *c,
	  const struct verdict *v, bool explain, struct buf *out)
{
	struct json j = json_begin(out);
	struct counts n = count(&s->history);
	uint64_t i;

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
	json_int(&j, "memory", (int64_t)v->memory_bytes);
	if (v->kind == VERDICT_INVALID) {
		operations_json(&j, s, c, v->core, v->core_count);
		json_bool(&j, "core_minimal", v->core_minimal);
		if (v->frontier != UINT64_MAX)
			json_int(&j, "frontier", (int64_t)v->frontier);
	}
	if (explain && v->order != NULL) {
		json_array(&j, "linearization");
		for (i = 0; i < v->order_count; i++)
			json_int(&j, NULL, (int64_t)v->order[i]);
		json_end(&j);
	}
	if (explain)
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
	static const char *const colours[] = {
		[VERDICT_VALID] = "\033[1;32m",
		[VERDICT_INVALID] = "\033[1;31m",
		[VERDICT_UNKNOWN] = "\033[1;33m",
	};
	bool colour = cli_colour(STDOUT_FILENO);
	struct counts n = count(&s->history);
	char took[32];

	time_text((int64_t)(v->seconds * 1e9), took, sizeof took);
	buf_printf(out, "%s", s->name);
	if (s->format != NULL)
		buf_printf(out, ", read as %s%s", s->format,
			   s->format_guessed ? " (a guess; --format says "
			   "another)" : "");
	buf_printf(out, ": %" PRIu64 " ok, %" PRIu64 " fail, %" PRIu64 " info\n"
		   "judged as %s%s", n.ok, n.fail, n.info, c->model,
		   o->model == NULL ? " (a guess; --model says another)" : "");
	if (v->algorithm != NULL)
		buf_printf(out, ", by %s in %s", v->algorithm, took);
	buf_printf(out, "\n\n%s%s%s: ", colour ? colours[v->kind] : "",
		   verdict_names[v->kind], colour ? "\033[0m" : "");
	if (v->violation != NULL)
		buf_printf(out, "%s: ", v->violation);
	buf_printf(out, "%s\n", v->reason == NULL ? "" : v->reason);
	tell_keys(s, v, out);
	if (o->explain && v->explanation != NULL)
		buf_printf(out, "\n%s", v->explanation);
	else if (v->kind == VERDICT_INVALID)
		buf_text(out, "'--explain' shows why\n");
	if (out->size > 0 && out->data[out->size - 1] != '\n')
		buf_char(out, '\n');
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

static bool
is_listed(const char *const *names, const char *name)
{
	for (; *names != NULL; names += 2)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static const char *
nearest_of(const char *const *names, const char *name)
{
	size_t count = 0;

	while (names[2 * count] != NULL)
		count++;
	return nearest_word(name, names, count, 2 * sizeof *names);
}

static int
unknown_model(const char *name, struct fr_err *err)
{
	const char *near = nearest_of(model_names, name);

	if (near == NULL)
		near = nearest_of(condition_names, name);
	return err_usage(err, "there is no model and no condition '%s'%s%s%s",
			 name, near != NULL ? "; did you mean '" :
			 ": see 'fracas list models'", near != NULL ? near : "",
			 near != NULL ? "'?" : "");
}

/* A model for linearizability, or else a condition. */
static int
check(const struct subject *s, const struct check_config *c,
      struct verdict *v, struct fr_err *err)
{
	int status = is_listed(model_names, c->model) ?
		check_linearizable(&s->history, c, v, err) :
		is_listed(condition_names, c->model) ?
		check_condition(c->model, &s->history, c, v, err) :
		unknown_model(c->model, err);

	return status < 0 ? err_wrap(err, "%s", s->name) : status;
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

	if (model == NULL) {
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
	c.model = model_of(model);
	c.settings = setting_texts(&arena, o->settings);
	c.time_max = o->time_max;
	c.memory_max = o->memory_max;
	memset(&v, 0, sizeof v);
	if (check(s, &c, &v, &err) < 0) {
		arena_free(&arena);
		return cli_fail(&err);
	}
	buf_init(&out, SIZE_MAX / 2);
	if (o->json)
		tell_json(s, &c, &v, o->explain, &out);
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
