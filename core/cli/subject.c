/* SPDX-License-Identifier: MIT */
/* Histories from files and from the store, in one form. */
#include "core/cli/subject.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cli/value.h"

bool
names_file(const char *word)
{
	if (strcmp(word, "last") == 0 || strcmp(word, "last-failed") == 0 ||
	    strspn(word, "0123456789") == strlen(word))
		return false;
	return strchr(word, '/') != NULL || strchr(word, '.') != NULL ||
		access(word, F_OK) == 0;
}

/* A JSON array of texts; -1: it is none. */
static int
read_texts(struct arena *a, const struct value *array, const char ***out,
	   uint32_t *count)
{
	const struct value *v;
	uint32_t n = 0;

	if (array == NULL || array->kind != VALUE_ARRAY)
		return -1;
	for (v = array->members; v != NULL; v = v->next) {
		if (v->kind != VALUE_TEXT)
			return -1;
		n++;
	}
	*out = arena_new(a, (n + (size_t)1) * sizeof **out);
	*count = n;
	for (n = 0, v = array->members; v != NULL; v = v->next)
		(*out)[n++] = v->text;
	return 0;
}

/* What fracas import wrote down besides the events. */
static void
read_config(struct subject *s, const char *config)
{
	const struct value *keys;
	const char **names;
	struct value *v;
	uint32_t count;

	if (config == NULL || value_read(&s->arena, config, strlen(config),
					 &v, NULL) != 0)
		return;
	s->model = value_string(v, "model");
	keys = value_member(v, "keys");
	if (keys == NULL ||
	    read_texts(&s->arena, value_member(keys, "names"), &names,
		       &count) != 0)
		return;
	s->keys.at = names;
	s->keys.count = count;
	s->keys.first = value_number(keys, "first", 0);
}

/* What is still being written has no verdict yet: an operation that is under
 * way would be taken for one that nobody ever heard of again. */
int
subject_refuse_running(const struct run_row *row, struct fr_err *err)
{
	return strcmp(row->status, "running") != 0 ? 0 :
		err_usage(err, "run %" PRId64 " is still running: it judges "
			  "itself when it ends; 'fracas watch %" PRId64
			  "' shows it meanwhile", row->id, row->id);
}

/* Why nothing was loaded: 0 where a limit was reached. */
static int
beyond(struct subject *s, const struct limit *limit, const struct fr_err *err)
{
	if (limit == NULL || limit->out == NULL)
		return -1;
	s->beyond = mem_string(err->text);
	return 0;
}

int
subject_of_run(struct subject *s, struct history *h, int64_t id,
	       struct limit *limit, struct fr_err *err)
{
	struct subject made;
	struct run_row row;
	struct value *ops;
	const char **names = NULL;
	int status = -1;

	memset(&made, 0, sizeof made);
	if (history_run(h, id, &row, err) < 0)
		return -1;
	if (subject_refuse_running(&row, err) < 0)
		goto done;
	if (row.ops == NULL ||
	    value_read(&made.arena, row.ops, strlen(row.ops), &ops,
		       NULL) != 0 ||
	    read_texts(&made.arena, ops, &names, &made.op_count) != 0) {
		err_set(err, "run %" PRId64 " does not say what its operations "
			"are called", id);
		goto done;
	}
	if (history_load_within(h, id, limit, &made.arena, &made.history,
				err) < 0 && beyond(&made, limit, err) < 0)
		goto done;
	made.op_names = names;
	if (row.world != NULL && strcmp(row.world, WORLD_IMPORTED) == 0) {
		made.imported_run = true;
		read_config(&made, row.config);
	}
	if (made.model == NULL && made.beyond == NULL)
		made.model = import_guess_model(&made.history, names,
						made.op_count);
	made.name = mem_format("run %" PRId64, id);
	made.run = id;
	*s = made;
	status = 0;
done:
	if (status < 0)
		arena_free(&made.arena);
	run_row_free(&row);
	return status;
}

int
subject_of_file(struct subject *s, const char *path, const char *format,
		struct limit *limit, struct fr_err *err)
{
	struct subject made;

	memset(&made, 0, sizeof made);
	if (import_file_within(path, format, limit, &made.imported, err) < 0 &&
	    beyond(&made, limit, err) < 0)
		return -1;
	made.history = made.imported.h;
	made.op_names = made.imported.op_names;
	made.op_count = made.imported.op_count;
	made.keys = made.imported.keys;
	made.model = made.imported.model;
	made.format = made.imported.format;
	made.format_guessed = format == NULL || strcmp(format, "auto") == 0;
	made.name = mem_string(path);
	*s = made;
	return 0;
}

void
subject_free(struct subject *s)
{
	free(s->name);
	free(s->beyond);
	arena_free(&s->arena);
	if (s->format != NULL)
		import_free(&s->imported);
	memset(s, 0, sizeof *s);
}
