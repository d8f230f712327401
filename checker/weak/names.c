/* SPDX-License-Identifier: MIT */
/*
 * One name for what a history is held against, whether that is a sequential
 * object (linearizability) or one of the weaker conditions.
 */
#include "checker/conditions.h"

#include <string.h>

#include "core/base/units.h"

/* What others call them. */
static const char *const aliases[] = {
	"cas-register", "register", "multi-register", "register",
	"fifo-queue", "queue", "lock", "mutex",
	"sequential-consistency", "sequential",
	"causal-consistency", "causal", "coherence", "sequential-per-key",
	"eventual-convergence", "convergence", "kafka", "log-offsets",
	"wr-register", "rw-register", "strict-serializability",
	"strict-serializable", "serializability", "serializable",
	NULL
};

static const char *
listed(const char *const *names, const char *name)
{
	for (; *names != NULL; names += 2)
		if (strcmp(*names, name) == 0)
			return *names;
	return NULL;
}

static const char *
nearest(const char *const *names, const char *name)
{
	size_t count = 0;

	while (names[2 * count] != NULL)
		count++;
	return nearest_word(name, names, count, 2 * sizeof *names);
}

const char *
check_find(const char *name, struct fr_err *err)
{
	const char *found, *near;
	size_t i;

	for (i = 0; aliases[i] != NULL; i += 2)
		if (strcmp(aliases[i], name) == 0)
			name = aliases[i + 1];
	found = listed(model_names, name);
	if (found == NULL)
		found = listed(condition_names, name);
	if (found != NULL)
		return found;
	near = nearest(model_names, name);
	if (near == NULL)
		near = nearest(condition_names, name);
	if (near != NULL)
		err_usage(err, "there is no model and no condition '%s'; did "
			  "you mean '%s'?", name, near);
	else
		err_usage(err, "there is no model and no condition '%s': see "
			  "'fracas list models' and 'fracas list conditions'",
			  name);
	return NULL;
}

int
check_history(const struct fr_history *h, const struct check_config *c,
	      struct verdict *out, struct fr_err *err)
{
	struct check_config config = *c;

	if (c->own != NULL)
		return check_linearizable(h, c, out, err);
	config.model = c->model == NULL ? NULL : check_find(c->model, err);
	if (config.model == NULL)
		return -1;
	return listed(model_names, config.model) != NULL ?
		check_linearizable(h, &config, out, err) :
		check_condition(config.model, h, &config, out, err);
}

int
check_settings(const struct check_config *c, struct fr_err *err)
{
	struct fr_history nothing;
	struct verdict v;

	memset(&nothing, 0, sizeof nothing);
	nothing.size = sizeof nothing;
	nothing.op_stride = sizeof(struct fr_operation);
	if (check_history(&nothing, c, &v, err) < 0)
		return -1;
	verdict_free(&v);
	return 0;
}
