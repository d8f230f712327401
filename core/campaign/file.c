/* SPDX-License-Identifier: MIT */
/*
 * Cells from the campaign file.
 *
 *  1. The matrix is every combination of the values of its keys; `set` has a
 *     key for each parameter.
 *  2. An entry of `include` is a matrix of its own, and takes what it does not
 *     say from the file where that has one value of it.
 *  3. An entry of `exclude` takes away every cell of the matrix that has all
 *     that it says; one that takes nothing away is an error.
 */
#include "core/campaign/file_inside.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sha2.h>

#include "core/base/units.h"

#define SHRINK_BUDGET INT64_C(10000000000)

/* ---- values ---------------------------------------------------------------------- */

static int
read_choice(struct reading *r, uint32_t axis, const struct yaml *y,
	    struct choice *out)
{
	bool list = y->kind == YAML_LIST;
	const struct yaml *m = list ? y->first : y;
	uint32_t i, count = list ? (uint32_t)y->count : 1;

	if (count == 0)
		return yaml_wrong(r->out->file, y, r->err, "%s: an empty list "
				  "leaves nothing to run", axes[axis].name);
	out->at = arena_new(r->a, count * sizeof *out->at);
	for (i = 0; i < count; i++, m = m->next)
		if (axis_read(r->out->file, r->dir, axis, m, r->a, &out->at[i],
			      r->err) < 0)
			return -1;
	out->count = count;
	return 0;
}

static int
read_param(struct reading *r, const struct yaml *y, struct param *out)
{
	bool list = y->kind == YAML_LIST;
	const struct yaml *m = list ? y->first : y;
	uint32_t i, count = list ? (uint32_t)y->count : 1;

	if (count == 0)
		return yaml_wrong(r->out->file, y, r->err, "%s: an empty list "
				  "leaves nothing to run", y->key);
	out->name = y->key;
	out->values.at = arena_new(r->a, count * sizeof *out->values.at);
	out->values.count = count;
	for (i = 0; i < count; i++, m = m->next) {
		if (yaml_expect_text(r->out->file, m, y->key, r->err) < 0)
			return -1;
		out->values.at[i].at = m;
		out->values.at[i].text = m->text;
	}
	return 0;
}

static int
read_params(struct reading *r, const struct yaml *y, struct matrix *to)
{
	const struct yaml *m;
	uint32_t i;

	if (y->kind != YAML_MAP)
		return yaml_wrong(r->out->file, y, r->err, "set is a map of "
				  "parameters (`set: {name: value}`), and this "
				  "is %s", yaml_is(y));
	for (m = y->first; m != NULL; m = m->next) {
		for (i = 0; i < to->param_count; i++)
			if (strcmp(to->params[i].name, m->key) == 0)
				break;
		if (i == PARAMS_MAX)
			return yaml_wrong(r->out->file, m, r->err, "more than "
					  "%u parameters", PARAMS_MAX);
		if (read_param(r, m, &to->params[i]) < 0)
			return -1;
		to->param_count += i == to->param_count;
	}
	return 0;
}

static int
read_seeds(struct reading *r, const struct yaml *y, struct matrix *to)
{
	struct fr_err why = { 0 };
	uint64_t low, high;

	if (yaml_expect_text(r->out->file, y, "seeds", r->err) < 0)
		return -1;
	if (read_range(y->text, &low, &high, &why) < 0)
		return yaml_wrong(r->out->file, y, r->err, "seeds: %s",
				  why.text);
	/* One number says how many. */
	if (strstr(y->text, "..") == NULL)
		low = 1;
	if (high > INT64_MAX || high - low >= SEEDS_MAX || high == 0)
		return yaml_wrong(r->out->file, y, r->err, "seeds: so many as "
				  "500, or a range as 1..500; at most %" PRIu64,
				  SEEDS_MAX);
	to->first = low;
	to->last = high;
	return 0;
}

/* The keys that a matrix has; others are taken for `extra`. */
static int
read_matrix(struct reading *r, const struct yaml *map, const char *what,
	    const char *const *extra, size_t extra_count, struct matrix *to)
{
	const char *keys[2 * AXES + 16];
	const struct yaml *m, *seen[AXES] = { NULL };
	size_t count = 0, i;
	int axis;

	for (i = 0; i < extra_count; i++)
		keys[count++] = extra[i];
	keys[count++] = "set";
	keys[count++] = "seeds";
	for (i = 0; i < AXES; i++) {
		keys[count++] = axes[i].name;
		if (axes[i].plural != NULL)
			keys[count++] = axes[i].plural;
	}
	if (yaml_expect_map(r->out->file, map, what, keys, count, r->err) < 0)
		return -1;
	for (m = map->first; m != NULL; m = m->next) {
		if (strcmp(m->key, "set") == 0) {
			if (read_params(r, m, to) < 0)
				return -1;
		} else if (strcmp(m->key, "seeds") == 0) {
			if (read_seeds(r, m, to) < 0)
				return -1;
		}
		axis = axis_find(m->key);
		if (axis < 0)
			continue;
		if (seen[axis] != NULL)
			return yaml_wrong_key(r->out->file, m, r->err, "'%s' "
					      "is the same key as '%s' in line "
					      "%u", m->key, seen[axis]->key,
					      seen[axis]->key_line);
		seen[axis] = m;
		if (read_choice(r, (uint32_t)axis, m, &to->axes[axis]) < 0)
			return -1;
	}
	return 0;
}

/* ---- include and exclude ----------------------------------------------------------- */

/* Invariant 2. */
static int
inherit(struct reading *r, const struct yaml *y, struct matrix *m)
{
	const struct matrix *file = &r->matrix;
	uint32_t i, k;

	for (i = 0; i < AXES; i++) {
		if (m->axes[i].count > 0 || file->axes[i].count == 0)
			continue;
		if (file->axes[i].count > 1)
			return yaml_wrong(r->out->file, y, r->err, "say which "
					  "%s: the file has %u values of it",
					  axes[i].name, file->axes[i].count);
		m->axes[i] = file->axes[i];
	}
	for (i = 0; i < file->param_count; i++) {
		for (k = 0; k < m->param_count; k++)
			if (strcmp(m->params[k].name,
				   file->params[i].name) == 0)
				break;
		if (k == m->param_count && k < PARAMS_MAX &&
		    file->params[i].values.count == 1)
			m->params[m->param_count++] = file->params[i];
	}
	if (m->last == 0) {
		m->first = file->first;
		m->last = file->last;
	}
	return m->axes[AXIS_OF_PROTOCOL].count > 0 ? 0 :
	       yaml_wrong(r->out->file, y, r->err, "say which protocol");
}

static int
include(struct reading *r, const struct yaml *y)
{
	const struct yaml *m;
	struct matrix one;

	if (y->kind != YAML_LIST)
		return yaml_wrong(r->out->file, y, r->err, "include is a list "
				  "of cells, and this is %s", yaml_is(y));
	for (m = y->first; m != NULL; m = m->next) {
		memset(&one, 0, sizeof one);
		if (read_matrix(r, m, "a cell", NULL, 0, &one) < 0 ||
		    inherit(r, m, &one) < 0 || file_cells(r, &one) < 0)
			return -1;
	}
	return 0;
}

static bool
among(const struct choice *c, const char *text)
{
	uint32_t i;

	for (i = 0; i < c->count; i++)
		if (axis_same(c->at[i].text, text))
			return true;
	return false;
}

static bool
excluded(const struct matrix *by, const struct campaign_cell *c)
{
	uint32_t i, k;

	for (i = 0; i < AXES; i++)
		if (by->axes[i].count > 0 &&
		    !among(&by->axes[i], c->values[i].text))
			return false;
	for (i = 0; i < by->param_count; i++) {
		for (k = 0; k < c->setting_count; k++)
			if (strcmp(c->settings[k].name,
				   by->params[i].name) == 0)
				break;
		if (k == c->setting_count ||
		    !among(&by->params[i].values, c->settings[k].value))
			return false;
	}
	return true;
}

static int
exclude(struct reading *r, const struct yaml *y)
{
	struct campaign_file *f = r->out;
	const struct yaml *m;
	struct matrix one;
	uint32_t i, left;

	if (y->kind != YAML_LIST)
		return yaml_wrong(f->file, y, r->err, "exclude is a list of "
				  "what to leave out, and this is %s",
				  yaml_is(y));
	for (m = y->first; m != NULL; m = m->next) {
		memset(&one, 0, sizeof one);
		if (read_matrix(r, m, "an exclusion", NULL, 0, &one) < 0)
			return -1;
		if (yaml_member(m, "seeds") != NULL)
			return yaml_wrong(f->file, yaml_member(m, "seeds"),
					  r->err, "cells are left out whole, "
					  "not some of their seeds");
		for (i = left = 0; i < f->cell_count; i++)
			if (!excluded(&one, &f->cells[i]))
				f->cells[left++] = f->cells[i];
		if (left == f->cell_count)
			return yaml_wrong(f->file, m, r->err, "this leaves out "
					  "nothing: no cell is like that");
		f->cell_count = left;
	}
	return 0;
}

/* ---- budgets ------------------------------------------------------------------------- */

uint64_t
campaign_proof(double confidence, double rate)
{
	/* (1 - rate)^n <= 1 - confidence */
	return (uint64_t)ceil(log1p(-confidence) / log1p(-rate) - 1e-9);
}

/* "95% below 0.1%" */
static int
read_confidence(struct reading *r, const struct yaml *y)
{
	struct campaign_file *f = r->out;
	double sure, rate;
	char end;

	if (yaml_expect_text(f->file, y, "confidence", r->err) < 0)
		return -1;
	if (sscanf(y->text, "%lf %% below %lf %%%c", &sure, &rate, &end) != 2 ||
	    !(sure > 0 && sure < 100 && rate > 0 && rate < 100))
		return yaml_wrong(f->file, y, r->err, "confidence: '%.100s' "
				  "should be like '95%% below 0.1%%'", y->text);
	f->proof = campaign_proof(sure / 100, rate / 100);
	f->proof_text = y->text;
	if (f->proof > SEEDS_MAX)
		return yaml_wrong(f->file, y, r->err, "confidence: that takes "
				  "%" PRIu64 " runs of each cell, and %" PRIu64
				  " are allowed", f->proof, SEEDS_MAX);
	return 0;
}

static int
read_until(struct reading *r, const struct yaml *y)
{
	if (yaml_expect_text(r->out->file, y, "until", r->err) < 0)
		return -1;
	if (strcmp(y->text, "failure") == 0)
		r->out->until = UNTIL_FAILURE;
	else if (strcmp(y->text, "first failure") == 0)
		r->out->until = UNTIL_FIRST_FAILURE;
	else
		return yaml_wrong(r->out->file, y, r->err, "until: '%.100s' is "
				  "neither `failure` (the end of each cell that "
				  "fails) nor `first failure` (of all)",
				  y->text);
	return 0;
}

static int
read_number(struct reading *r, const struct yaml *y, int64_t max, bool time,
	    int64_t *out)
{
	struct fr_err why = { 0 };

	if (yaml_expect_text(r->out->file, y, y->key, r->err) < 0)
		return -1;
	if ((time ? read_time(y->text, 0, max, out, &why) :
	     read_int(y->text, 1, max, out, &why)) < 0)
		return yaml_wrong(r->out->file, y, r->err, "%s: %s", y->key,
				  why.text);
	return 0;
}

static int
read_budget(struct reading *r, const struct yaml *y)
{
	static const char *const keys[] = { "runs", "time", "until",
					    "confidence", "shrink" };
	struct campaign_file *f = r->out;
	const struct yaml *m;
	int64_t runs = 0;
	int status = 0;

	if (yaml_expect_map(f->file, y, "a budget", keys, 5, r->err) < 0)
		return -1;
	for (m = y->first; m != NULL && status == 0; m = m->next) {
		if (strcmp(m->key, "runs") == 0)
			status = read_number(r, m, INT64_MAX, false, &runs);
		else if (strcmp(m->key, "time") == 0)
			status = read_number(r, m, INT64_MAX, true,
					     &f->time_max);
		else if (strcmp(m->key, "shrink") == 0)
			status = read_number(r, m, INT64_MAX, true,
					     &f->shrink_budget);
		else if (strcmp(m->key, "until") == 0)
			status = read_until(r, m);
		else
			status = read_confidence(r, m);
	}
	f->runs_max = (uint64_t)runs;
	return status;
}

/* With a bound to prove, the seeds are as many as that takes. */
static int
fit_seeds(struct reading *r, const struct yaml *root)
{
	struct campaign_file *f = r->out;
	const struct yaml *seeds = yaml_member(root, "seeds");
	struct matrix *m = &r->matrix;

	if (m->last > 0 && f->proof > 0 &&
	    m->last - m->first + 1 < f->proof)
		return yaml_wrong(f->file, seeds, r->err, "%s takes %" PRIu64
				  " runs without a failure: give so many "
				  "seeds, or none", f->proof_text, f->proof);
	f->seeds_said = seeds != NULL;
	if (m->last == 0) {
		m->first = 1;
		m->last = f->proof > 0 ? f->proof : 100;
	}
	return 0;
}

/* ---- all of it -------------------------------------------------------------------------- */

static int
read_rest(struct reading *r, const struct yaml *root)
{
	const struct yaml *name = yaml_member(root, "name");
	const struct yaml *budget = yaml_member(root, "budget");
	const struct yaml *jobs = yaml_member(root, "jobs");
	int64_t n = 0;

	if (name != NULL && yaml_expect_text(r->out->file, name, "name",
					     r->err) < 0)
		return -1;
	r->out->name = name != NULL ? name->text : r->out->file;
	if (budget != NULL && read_budget(r, budget) < 0)
		return -1;
	if (jobs != NULL && read_number(r, jobs, 256, false, &n) < 0)
		return -1;
	r->out->jobs = (uint32_t)n;
	return fit_seeds(r, root);
}

static int
read_all(struct reading *r, const struct yaml *root)
{
	static const char *const keys[] = { "name", "include", "exclude",
					    "budget", "jobs" };
	const struct yaml *more = yaml_member(root, "include");
	const struct yaml *less = yaml_member(root, "exclude");
	struct matrix *m = &r->matrix;

	if (root->kind == YAML_NOTHING)
		return yaml_wrong(r->out->file, root, r->err, "the file is "
				  "empty: a campaign names its protocols "
				  "(`protocols: [abd, raft]`)");
	if (read_matrix(r, root, "a campaign", keys, 5, m) < 0 ||
	    read_rest(r, root) < 0)
		return -1;
	if (m->axes[AXIS_OF_PROTOCOL].count == 0 && more == NULL)
		return yaml_wrong(r->out->file, root, r->err, "no protocols: "
				  "name them (`protocols: [abd, raft]`)");
	if (m->axes[AXIS_OF_PROTOCOL].count > 0 && file_cells(r, m) < 0)
		return -1;
	if (less != NULL && exclude(r, less) < 0)
		return -1;
	if (more != NULL && include(r, more) < 0)
		return -1;
	if (r->out->cell_count == 0)
		return yaml_wrong(r->out->file, root, r->err, "nothing is left "
				  "to run");
	file_names(r);
	return 0;
}

int
campaign_read(const char *file, struct campaign_file *out,
	      struct fr_err *err)
{
	struct reading r = { .out = out, .err = err };
	const char *slash = strrchr(file, '/');
	struct yaml *root;

	memset(out, 0, sizeof *out);
	r.a = &out->arena;
	out->file = arena_string(r.a, file);
	out->shrink_budget = SHRINK_BUDGET;
	r.dir = slash == NULL ? "." : slash == file ? "/" :
		arena_format(r.a, "%.*s", (int)(slash - file), file);
	if (yaml_read_file(r.a, out->file, &root, &out->text, err) < 0 ||
	    read_all(&r, root) < 0) {
		campaign_file_free(out);
		return -1;
	}
	SHA256Data((const uint8_t *)out->text, strlen(out->text),
		   out->digest);
	return 0;
}

void
campaign_file_free(struct campaign_file *f)
{
	free(f->cells);
	arena_free(&f->arena);
	memset(f, 0, sizeof *f);
}
