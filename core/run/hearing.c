/* SPDX-License-Identifier: MIT */
/*
 * The experts: the checker, asked about each model and condition that the
 * workload names; and the workload's own check.
 */
#include "core/run/court.h"

#include <string.h>

#include "checker/conditions.h"
#include "core/base/units.h"
#include "core/run/promise.h"

/* Operations that are drawn; and nobody reads lines without end. */
#define DRAWN_MAX	24u
#define COLUMNS_MAX	200u

static struct check_config
checker_config(const struct court *c, const struct promise *p)
{
	const struct judging *j = c->j;
	struct check_config config;

	memset(&config, 0, sizeof config);
	config.op_names = j->op_names;
	config.op_count = j->workload->ops.count;
	config.time_max = j->check_time;
	config.memory_max = j->check_memory;
	config.threads = j->check_threads;
	if (p != NULL) {
		config.own = p->own;
		config.model = p->own == NULL ? p->name : NULL;
		config.settings = p->settings;
	}
	return config;
}

/* Lines, those that are too long cut off (never within a character). */
static void
add_lines(struct buf *out, const char *text)
{
	size_t size, kept;

	for (; *text != '\0'; text += size + (text[size] == '\n')) {
		size = kept = strcspn(text, "\n");
		if (size > COLUMNS_MAX) {
			kept = COLUMNS_MAX - 4;
			while (kept > 0 && (text[kept] & 0xc0) == 0x80)
				kept--;
		}
		buf_add(out, text, kept);
		buf_text(out, kept < size ? " ...\n" : "\n");
	}
}

static void
draw(struct court *c, const struct check_config *config, const uint64_t *ops,
     uint32_t count)
{
	struct buf b;

	if (count == 0)
		return;
	buf_init(&b, COURT_EVIDENCE_MAX / 2);
	check_draw(c->j->history, config, ops,
		   count < DRAWN_MAX ? count : DRAWN_MAX, &b);
	if (b.size > 0)
		add_lines(&c->evidence, b.data);
	buf_free(&b);
	if (count > DRAWN_MAX)
		buf_printf(&c->evidence, "and %u more operations\n",
			   count - DRAWN_MAX);
}

/* ---- the models and conditions ----------------------------------------------- */

static void
hear_valid(struct court *c, const struct verdict *v)
{
	struct arena *a = &c->out->arena;

	if (v->reason == NULL)
		return;
	c->proof = c->proof == NULL ? arena_string(a, v->reason) :
		arena_format(a, "%s; %s", c->proof, v->reason);
}

static void
hear_invalid(struct court *c, const struct check_config *config,
	     const struct verdict *v)
{
	bool first = court_violation(c, v->violation != NULL ? v->violation :
				     "not-linearizable", "%s", v->reason);

	if (!first)
		return;
	/* The explanation has the picture, where there is one. */
	if (v->explanation != NULL)
		add_lines(&c->evidence, v->explanation);
	else
		draw(c, config, v->core, v->core_count);
}

static void
hear_promise(struct court *c, const struct promise *p, int64_t deadline)
{
	struct check_config config = checker_config(c, p);
	struct fr_err err = { 0 };
	struct verdict v;

	if (config.time_max > 0) {
		config.time_max = deadline - clock_mono();
		if (config.time_max < 1)
			config.time_max = 1;
	}
	memset(&v, 0, sizeof v);
	if (check_history(c->j->history, &config, &v, &err) < 0) {
		court_doubt(c, "the checker could not judge: %s", err.text);
		return;
	}
	c->out->check_seconds += v.seconds;
	if (v.algorithm != NULL && c->out->algorithm == NULL)
		c->out->algorithm = arena_string(&c->out->arena, v.algorithm);
	switch (v.kind) {
	case VERDICT_VALID:
		hear_valid(c, &v);
		break;
	case VERDICT_INVALID:
		hear_invalid(c, &config, &v);
		break;
	case VERDICT_UNKNOWN:
		court_doubt(c, "%s", v.reason);
		break;
	}
	verdict_free(&v);
}

void
court_hear_promises(struct court *c)
{
	const struct judging *j = c->j;
	int64_t deadline = clock_mono() + j->check_time;
	struct fr_err err = { 0 };
	struct promises all;
	uint32_t i;

	if (j->tally->invoked == 0)
		return;
	if (promises_make(&all, j->workload, j->params, j->model, &err) < 0) {
		court_doubt(c, "the checker could not judge: %s", err.text);
		return;
	}
	for (i = 0; i < all.count; i++)
		hear_promise(c, &all.at[i], deadline);
	promises_free(&all);
}

/* ---- the workload's own check ------------------------------------------------ */

struct hearing {
	struct fr_judge judge;		/* what the check sees: comes first    */
	struct court *court;
	struct arena arena;
};

static struct court *
court_of(struct fr_judge *j)
{
	return ((struct hearing *)(void *)j)->court;
}

static void
hear_violation(struct fr_judge *j, const char *kind, const uint64_t *ops,
	       uint32_t op_count, const char *sentence)
{
	struct court *c = court_of(j);
	const struct check_config config = checker_config(c, NULL);
	uint32_t i;

	if (!court_violation(c, kind == NULL ? "violation" : kind, "%s",
			     sentence == NULL ? "" : sentence))
		return;
	for (i = 0; i < op_count; i++) {
		if (ops[i] >= c->j->history->op_count)
			return;		/* not ours to trust               */
	}
	draw(c, &config, ops, op_count);
}

static void
hear_unknown(struct fr_judge *j, const char *sentence)
{
	court_doubt(court_of(j), "%s", sentence == NULL ? "" : sentence);
}

static void
hear_metric(struct fr_judge *j, const char *name, double value,
	    const char *unit)
{
	court_metric(court_of(j), name, value, unit);
}

static void *
hear_alloc(struct fr_judge *j, size_t size)
{
	return arena_new(&((struct hearing *)(void *)j)->arena, size);
}

static int
hear_param(struct fr_judge *j, const char *name, struct fr_value *out)
{
	const struct params *params = court_of(j)->j->params;
	const struct param_value *v = params == NULL ? NULL :
		params_get(params, name);

	if (v == NULL)
		return FR_ENOENT;
	*out = v->value;
	return 0;
}

void
court_hear_check(struct court *c)
{
	struct hearing h = {
		.judge = {
			.size = sizeof h.judge,
			.violation = hear_violation,
			.unknown = hear_unknown,
			.metric = hear_metric,
			.alloc = hear_alloc,
			.param = hear_param,
		},
		.court = c,
	};
	int64_t began = clock_mono();

	if (c->j->workload->check == NULL || c->j->tally->invoked == 0)
		return;
	c->j->workload->check(c->j->history, &h.judge);
	arena_free(&h.arena);
	c->out->check_seconds += (double)(clock_mono() - began) / 1e9;
}
