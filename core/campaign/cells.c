/* SPDX-License-Identifier: MIT */
/*
 * Cells from a matrix: their configurations, keys, commands and names.
 *
 * Cells with one key are one cell.
 */
#include "core/campaign/file_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"
#include "core/base/shell.h"
#include "core/run/setup.h"

/* Of the simulated world's links, where nothing is said. */
#define SIM_LATENCY 1000000

/* ---- cells ------------------------------------------------------------------------ */

static int
compare_settings(const void *a, const void *b)
{
	const struct setting *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
put_settings(const struct campaign_cell *c, struct buf *out)
{
	char *word;
	uint32_t i;

	for (i = 0; i < c->setting_count; i++) {
		word = mem_format("%s=%s", c->settings[i].name,
				  c->settings[i].value);
		buf_text(out, " --set ");
		shell_word(out, word);
		free(word);
	}
}

/* The command that does one run of it, or its key. */
static const char *
words_of(struct reading *r, const struct campaign_cell *c, bool key)
{
	const struct axis_value *p = &c->values[AXIS_OF_PROTOCOL];
	const char *world = c->values[AXIS_OF_WORLD].text, *text;
	struct buf b;
	uint32_t i;

	buf_init(&b, 1 << 20);
	buf_printf(&b, "%s%s ", key ? "" : "fracas ",
		   world == NULL ? "sim" : "run");
	shell_word(&b, key || p->path == NULL ? p->text : p->path);
	for (i = 0; i < AXES; i++)
		axis_words(i, &c->values[i], key, &b);
	put_settings(c, &b);
	text = arena_string(r->a, b.data);
	buf_free(&b);
	return text;
}

static const char *
settings_words(struct reading *r, const struct campaign_cell *c)
{
	const char *text;
	struct buf b;
	uint32_t i;

	buf_init(&b, 1 << 20);
	for (i = 0; i < c->setting_count; i++)
		buf_printf(&b, "%s%s=%s", i > 0 ? " " : "",
			   c->settings[i].name, c->settings[i].value);
	text = arena_string(r->a, b.size > 0 ? b.data : "");
	buf_free(&b);
	return text;
}

static int
configure(struct reading *r, struct campaign_cell *c)
{
	struct fr_err why = { 0 };
	uint32_t i;

	c->config = (struct run_config)RUN_CONFIG_DEFAULT;
	c->config.world = "sim";
	c->config.door = false;
	for (i = 0; i < AXES; i++)
		if (axis_apply(i, &c->values[i], &c->config, &why) < 0)
			return yaml_wrong(r->out->file, c->values[i].at,
					  r->err, "%s", why.text);
	if (!c->config.latency_given && strcmp(c->config.world, "sim") == 0)
		c->config.latency = (struct dist){ .kind = DIST_EXP,
						   .a = SIM_LATENCY };
	if (c->config.swarm && strcmp(c->config.world, "sim") != 0)
		return yaml_wrong(r->out->file, c->at, r->err, "a swarm is for "
				  "the simulated world");
	c->config.settings = c->settings;
	c->config.setting_count = c->setting_count;
	c->config.command = c->config.command_seed = c->command;
	return 0;
}

/* Whether it was there already.  Two labels of different files are wrong. */
static int
known(struct reading *r, const struct campaign_cell *c, bool *out)
{
	const struct campaign_cell *o;
	uint32_t i;

	*out = false;
	for (i = 0; i < r->out->cell_count; i++) {
		o = &r->out->cells[i];
		if (strcmp(o->id, c->id) != 0)
			continue;
		if (strcmp(o->key, c->key) != 0)
			return err_set(r->err, "two cells have the id %s: "
				       "change one of them a little: %s; %s",
				       c->id, c->key, o->key);
		if (strcmp(o->command, c->command) != 0)
			return yaml_wrong(r->out->file, c->at, r->err,
					  "another protocol has the label "
					  "'%s', in line %u: give this one "
					  "another (label: NAME)",
					  c->values[AXIS_OF_PROTOCOL].text,
					  o->at->line);
		if (o->first != c->first || o->last != c->last)
			return yaml_wrong(r->out->file, c->at, r->err,
					  "this cell is there already, with "
					  "the seeds %" PRIu64 "..%" PRIu64
					  " (line %u): leave one of them out",
					  o->first, o->last, o->at->line);
		*out = true;
	}
	return 0;
}

static int
add_cell(struct reading *r, const struct matrix *m, const uint32_t *at,
	 const uint32_t *param_at)
{
	struct campaign_file *f = r->out;
	struct campaign_cell c = { .first = m->first, .last = m->last };
	bool there;
	uint32_t i;

	for (i = 0; i < AXES; i++)
		if (m->axes[i].count > 0)
			c.values[i] = m->axes[i].at[at[i]];
	c.at = c.values[AXIS_OF_PROTOCOL].at;
	c.settings = arena_new(r->a, (m->param_count + 1) *
			       sizeof *c.settings);
	for (i = 0; i < m->param_count; i++)
		c.settings[c.setting_count++] = (struct setting){
			m->params[i].name,
			m->params[i].values.at[param_at[i]].text };
	if (c.setting_count > 0)
		qsort(c.settings, c.setting_count, sizeof *c.settings,
		      compare_settings);
	c.settings_text = settings_words(r, &c);
	c.key = words_of(r, &c, true);
	c.command = words_of(r, &c, false);
	snprintf(c.id, sizeof c.id, "%012" PRIx64,
		 hash_text(0, c.key) >> 16);
	if (known(r, &c, &there) < 0)
		return -1;
	if (there)
		return 0;
	if (f->cell_count == CELLS_MAX)
		return yaml_wrong(f->file, c.at, r->err, "more than %u cells",
				  CELLS_MAX);
	if (configure(r, &c) < 0)
		return -1;
	mem_grow(&f->cells, &r->cell_room, f->cell_count + 1,
		 sizeof *f->cells);
	f->cells[f->cell_count++] = c;
	return 0;
}

/* The next combination, the last key turning fastest; false: that was all. */
static bool
turn(const struct matrix *m, uint32_t *at, uint32_t *param_at)
{
	uint32_t i;

	for (i = m->param_count; i-- > 0;) {
		if (++param_at[i] < m->params[i].values.count)
			return true;
		param_at[i] = 0;
	}
	for (i = AXES; i-- > 0;) {
		if (m->axes[i].count == 0)
			continue;
		if (++at[i] < m->axes[i].count)
			return true;
		at[i] = 0;
	}
	return false;
}

int
file_cells(struct reading *r, const struct matrix *m)
{
	uint32_t at[AXES] = { 0 }, param_at[PARAMS_MAX] = { 0 };

	do {
		if (add_cell(r, m, at, param_at) < 0)
			return -1;
	} while (turn(m, at, param_at));
	return 0;
}

/* ---- names ----------------------------------------------------------------------------- */

static bool
varies(const struct campaign_file *f, uint32_t axis)
{
	uint32_t i;

	for (i = 1; i < f->cell_count; i++)
		if (!axis_same(f->cells[i].values[axis].text,
			  f->cells[0].values[axis].text))
			return true;
	return false;
}

static bool
setting_varies(const struct campaign_file *f, const char *name)
{
	const char *first = NULL, *here;
	uint32_t i, k;

	for (i = 0; i < f->cell_count; i++) {
		here = NULL;
		for (k = 0; k < f->cells[i].setting_count; k++)
			if (strcmp(f->cells[i].settings[k].name, name) == 0)
				here = f->cells[i].settings[k].value;
		if (i == 0)
			first = here;
		else if (!axis_same(first, here))
			return true;
	}
	return false;
}

static void
name_axis(uint32_t i, const struct axis_value *v, struct buf *b)
{
	if (i == AXIS_OF_WORKLOAD && v->text != NULL)
		buf_printf(b, " %s", v->text);
	else if (i == AXIS_OF_NEMESIS)
		buf_printf(b, " %s", v->text != NULL ? v->text : "no-faults");
	else if (i == AXIS_OF_WORLD)
		buf_printf(b, " %s", v->text != NULL ? v->text : "sim");
	else if (axes[i].kind == AXIS_FLAG && v->text != NULL)
		buf_printf(b, " %s", axes[i].name);
	else if (v->text != NULL && i != AXIS_OF_WORKLOAD)
		buf_printf(b, " %s=%s", axes[i].name, v->text);
	else if (strcmp(axes[i].name, "nodes") == 0)
		buf_text(b, " nodes=5");
}

/* The protocol, and what differs between cells. */
void
file_names(struct reading *r)
{
	struct campaign_file *f = r->out;
	struct campaign_cell *c;
	bool shown[AXES];
	struct buf b;
	uint32_t i, k;

	for (k = 0; k < AXES; k++)
		shown[k] = varies(f, k);
	for (i = 0; i < f->cell_count; i++) {
		c = &f->cells[i];
		buf_init(&b, 1 << 16);
		buf_text(&b, c->values[AXIS_OF_PROTOCOL].text);
		for (k = 1; k < AXES; k++)
			if (shown[k])
				name_axis(k, &c->values[k], &b);
		for (k = 0; k < c->setting_count; k++)
			if (setting_varies(f, c->settings[k].name))
				buf_printf(&b, " %s=%s", c->settings[k].name,
					   c->settings[k].value);
		c->name = arena_string(r->a, b.data);
		buf_free(&b);
	}
}

/* ---- whether they can be run ------------------------------------------------------------ */

int
campaign_check(const struct campaign_file *f, struct fr_err *err)
{
	const struct campaign_cell *c;
	struct fr_err why = { 0 };
	struct setup setup;
	uint32_t i;

	for (i = 0; i < f->cell_count; i++) {
		c = &f->cells[i];
		if (setup_make(&setup, &c->config, &why) < 0) {
			yaml_wrong(f->file, c->at, err, "%s: %s", c->name,
				   why.text);
			if (err != NULL)
				err->status = why.status;
			return -1;
		}
		setup_free(&setup);
	}
	return 0;
}
