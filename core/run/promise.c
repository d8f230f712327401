/* SPDX-License-Identifier: MIT */
/*
 * From the names and settings of a workload to what the checker takes.  All
 * that can be wrong with them is found here, before anything is started.
 */
#include "core/run/promise.h"

#include <string.h>

#include "checker/conditions.h"
#include "core/run/work.h"

#define SETTINGS_MAX 32u

/* "name=$param" becomes "name=" and the parameter's text. */
static const char *
expand(struct arena *a, const char *setting, const struct params *params,
       struct fr_err *err)
{
	const char *dollar = strstr(setting, "=$");
	const struct param_value *v;

	if (dollar == NULL)
		return setting;
	v = params == NULL ? NULL : params_get(params, dollar + 2);
	if (v == NULL) {
		err_usage(err, "setting '%s': the workload has no parameter "
			  "'%s'", setting, dollar + 2);
		return NULL;
	}
	return arena_format(a, "%.*s%s", (int)(dollar + 1 - setting), setting,
			    v->text);
}

/* Words with commas between them; each is name=value. */
static const char *const *
split(struct arena *a, const char *text, const struct params *params,
      struct fr_err *err)
{
	const char **all = arena_new(a, (SETTINGS_MAX + 1) * sizeof *all);
	char *copy = arena_string(a, text == NULL ? "" : text), *word, *rest;
	uint32_t count = 0;

	for (word = strtok_r(copy, ",", &rest); word != NULL;
	     word = strtok_r(NULL, ",", &rest)) {
		word += strspn(word, " ");
		if (count == SETTINGS_MAX) {
			err_usage(err, "more than %u settings", SETTINGS_MAX);
			return NULL;
		}
		if (strchr(word, '=') == NULL) {
			err_usage(err, "setting '%s': write NAME=VALUE", word);
			return NULL;
		}
		all[count] = expand(a, word, params, err);
		if (all[count++] == NULL)
			return NULL;
	}
	return all;
}

/* `own`: the workload's own model, or NULL. */
static int
add(struct promises *p, const char *name, const struct fr_model *own,
    const char *settings, const struct params *params, struct fr_err *err)
{
	struct promise *made = &p->at[p->count];
	struct check_config c;

	made->own = own;
	made->name = own != NULL ? own->name : check_find(name, err);
	if (own == NULL && made->name == NULL)
		return -1;
	made->settings = split(&p->arena, settings, params, err);
	if (made->settings == NULL)
		return err_wrap(err, "%s", name);
	memset(&c, 0, sizeof c);
	c.model = made->name;
	c.settings = made->settings;
	if (own == NULL && check_settings(&c, err) < 0)
		return err_wrap(err, "%s", made->name);
	p->count++;
	return 0;
}

static int
add_asked(struct promises *p, const char *asked, const struct params *params,
	  struct fr_err *err)
{
	const char *colon = strchr(asked, ':');
	char *name = arena_string(&p->arena, asked);

	if (colon != NULL)
		name[colon - asked] = '\0';
	if (add(p, name, NULL, colon == NULL ? NULL : colon + 1, params,
		err) < 0)
		return err_wrap(err, "--model");
	return 0;
}

static int
add_all(struct promises *p, const struct fr_workload *w,
	const struct params *params, struct fr_err *err)
{
	struct fr_condition c;
	uint32_t i;

	if (w->own_model != NULL &&
	    add(p, "its own model", w->own_model, NULL, params, err) < 0)
		return -1;
	if (w->own_model == NULL && w->model != NULL &&
	    add(p, w->model, NULL, NULL, params, err) < 0)
		return -1;
	for (i = 0; i < w->conditions.count; i++) {
		c = workload_condition(w, i);
		if (c.name == NULL)
			return err_usage(err, "condition %u has no name", i);
		if (add(p, c.name, NULL, c.settings, params, err) < 0)
			return -1;
	}
	return 0;
}

int
promises_make(struct promises *p, const struct fr_workload *w,
	      const struct params *params, const char *asked,
	      struct fr_err *err)
{
	struct promises made;
	int status;

	memset(&made, 0, sizeof made);
	made.at = arena_new(&made.arena, (w->conditions.count + (size_t)1) *
			    sizeof *made.at);
	status = asked != NULL ? add_asked(&made, asked, params, err) :
		add_all(&made, w, params, err);
	if (status < 0) {
		arena_free(&made.arena);
		return asked != NULL ? -1 :
			err_wrap(err, "workload '%s'", w->name);
	}
	*p = made;
	return 0;
}

void
promises_free(struct promises *p)
{
	arena_free(&p->arena);
	memset(p, 0, sizeof *p);
}
