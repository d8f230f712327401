/* SPDX-License-Identifier: MIT */
/* Families of faults, and what a protocol bears of them, in words. */
#include "core/cli/fault_words.h"

#include <fracas/protocol.h>

#include "core/cli/cli.h"
#include "nemesis/guard.h"
#include "nemesis/target.h"

#define OUT_MAX (16u << 20)

/* Where it is possible: "both", or one and why not the other. */
static const char *
worlds(const struct family *f, const struct variant *v, const char **why)
{
	const char *live = family_impossible(f, v, "live");
	const char *sim = family_impossible(f, v, "sim");

	*why = live != NULL ? live : sim;
	return live != NULL ? "sim" : sim != NULL ? "live" : "both";
}

/* ---- one, for programs ----------------------------------------------------------------- */

static void
variants_json(struct json *j, const struct family *f)
{
	const struct variant *v;
	uint32_t i;

	json_array(j, "variants");
	for (v = f->variants; v->name != NULL; v++) {
		json_object(j, NULL);
		json_text(j, "name", v->name);
		json_text(j, "help", v->help);
		json_int(j, "weight", v->weight);
		json_text(j, "not_live", family_impossible(f, v, "live"));
		json_text(j, "not_sim", family_impossible(f, v, "sim"));
		json_array(j, "needs");
		for (i = 0; bears_names[2 * i] != NULL; i++) {
			if (v->needs & (1u << i))
				json_text(j, NULL, bears_names[2 * i]);
		}
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

static void
fault_json(struct buf *out, const struct family *f, const char *path)
{
	struct json j = json_begin(out);
	const struct fr_param *p;
	struct buf aims;

	json_text(&j, "type", "fault");
	json_text(&j, "name", f->name);
	json_text(&j, "summary", f->summary);
	buf_init(&aims, OUT_MAX);
	target_help(f->aims, &aims);
	json_text(&j, "target", aims.data);
	buf_free(&aims);
	variants_json(&j, f);
	json_array(&j, "parameters");
	for (p = f->params; p != NULL && p->name != NULL; p++) {
		json_object(&j, NULL);
		json_text(&j, "name", p->name);
		json_text(&j, "default", p->fallback);
		json_text(&j, "min", p->min);
		json_text(&j, "max", p->max);
		json_text(&j, "help", p->help);
		json_end(&j);
	}
	json_end(&j);
	if (path != NULL)
		json_text(&j, "path", path);
	json_done(&j);
}

/* ---- one, for people -------------------------------------------------------------------- */

static void
variants_words(struct buf *out, const struct family *f)
{
	const struct variant *v;
	struct buf rows;
	const char *why;
	uint32_t i;

	buf_init(&rows, OUT_MAX);
	buf_text(&rows, "  VARIANT\tWORLDS\tNEEDS\tWHAT IT DOES\n");
	for (v = f->variants; v->name != NULL; v++) {
		buf_printf(&rows, "  %s%s\t%s\t", v->name, v->weight > 0 ? "" :
			   " *", worlds(f, v, &why));
		for (i = 0; bears_names[2 * i] != NULL; i++) {
			if (v->needs & (1u << i))
				buf_printf(&rows, "%s ", bears_names[2 * i]);
		}
		buf_char(&rows, '\t');
		cli_cell(&rows, v->help);
		if (why != NULL) {
			buf_text(&rows, "; not in the other: ");
			cli_cell(&rows, why);
		}
		buf_char(&rows, '\n');
	}
	buf_text(out, "\nVariants (in a plan the bare name means the first; "
		 "--nemesis mixes all but those with a *):\n");
	cli_table(rows.data, out);
	buf_free(&rows);
}

static void
params_words(struct buf *out, const struct family *f)
{
	const struct fr_param *p = f->params;
	struct buf rows;

	if (p == NULL || p->name == NULL)
		return;
	buf_init(&rows, OUT_MAX);
	buf_text(&rows, "  PARAMETER\tDEFAULT\tBOUNDS\tMEANING\n");
	for (; p->name != NULL; p++) {
		buf_printf(&rows, "  %s\t%s\t%s%s%s\t", p->name,
			   p->fallback != NULL && *p->fallback != '\0' ?
			   p->fallback : "-", p->min != NULL ? p->min : "",
			   p->min != NULL || p->max != NULL ? " .. " : "",
			   p->max != NULL ? p->max : "");
		cli_cell(&rows, p->help);
		buf_char(&rows, '\n');
	}
	buf_text(out, "\nParameters:\n");
	cli_table(rows.data, out);
	buf_free(&rows);
}

void
fault_describe(struct buf *out, const struct family *f, const char *path,
	       bool json)
{
	const char *on = cli_colour(1) ? "\033[1m" : "";
	const char *off = cli_colour(1) ? "\033[0m" : "";
	struct buf rows;

	if (json) {
		fault_json(out, f, path);
		return;
	}
	buf_printf(out, "%s%s%s, a family of faults:\n  %s\n", on, f->name,
		   off, f->summary);
	buf_init(&rows, OUT_MAX);
	buf_text(&rows, "  target\t");
	target_help(f->aims, &rows);
	buf_char(&rows, '\n');
	if (path != NULL) {
		buf_text(&rows, "  file\t");
		cli_cell(&rows, path);
		buf_char(&rows, '\n');
	}
	cli_table(rows.data, out);
	buf_free(&rows);
	variants_words(out, f);
	params_words(out, f);
	buf_printf(out, "\nUse it: fracas run PROTOCOL --nemesis %s\n",
		   f->name);
	buf_printf(out, "In a plan: at 1s for 500ms %s TARGET NAME=VALUE\n",
		   f->name);
	buf_printf(out, "By hand, while a run lasts: fracas ctl last %s "
		   "TARGET\n", f->name);
}

/* ---- all of them ------------------------------------------------------------------------- */

/* A cell of a table in Markdown. */
static void
cell(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			buf_char(out, '\\');
		buf_char(out, *text);
	}
}

static void
family_row(struct buf *out, const struct family *f)
{
	const struct fr_param *p;
	const struct variant *v;
	const char *why, *where = NULL;
	bool same = true;

	for (v = f->variants; v->name != NULL; v++) {
		if (where != NULL && where != worlds(f, v, &why))
			same = false;
		where = worlds(f, v, &why);
	}
	buf_printf(out, "| `%s` | ", f->name);
	cell(out, f->summary);
	buf_text(out, " | ");
	for (v = f->variants; v->name != NULL; v++) {
		buf_printf(out, "%s`%s`", v == f->variants ? "" : ", ",
			   v->name);
		if (!same)
			buf_printf(out, " (%s)", worlds(f, v, &why));
	}
	buf_text(out, " | ");
	for (p = f->params; p != NULL && p->name != NULL; p++)
		buf_printf(out, "%s`%s=%s`", p == f->params ? "" : ", ",
			   p->name, p->fallback == NULL ? "" : p->fallback);
	buf_printf(out, " | %s |\n", same ? where : "as said");
}

void
fault_markdown(struct buf *out)
{
	const struct family *f;
	size_t i;

	buf_text(out, "| family | what happens | variants | parameters and "
		 "defaults | worlds |\n|---|---|---|---|---|\n");
	for (i = 0; (f = family_at(i)) != NULL; i++) {
		if (f->guest == NULL)
			family_row(out, f);
	}
}

/* ---- what a protocol bears ------------------------------------------------------------------ */

char *
fault_tolerance(const struct descriptor *d)
{
	const struct fr_tolerance *t = &d->tolerates;
	struct buf b;
	uint32_t i;
	char *text;

	if (!d->has_tolerance)
		return mem_string("it does not say: the guard is off, and "
				  "every fault is let through");
	buf_init(&b, 4096);
	buf_text(&b, "crashed nodes: ");
	bears_number(t->crashes, &b);
	buf_text(&b, (t->bears & FR_BEARS_RECOVERY) != 0 ? " at once" :
		 " in all");
	buf_text(&b, "; missing nodes, with progress: ");
	bears_number(t->missing, &b);
	buf_text(&b, "; byzantine nodes: ");
	bears_number(t->byzantine, &b);
	for (i = 0; bears_names[2 * i] != NULL; i++) {
		if (t->bears & (1u << i))
			buf_printf(&b, "; %s", bears_names[2 * i]);
	}
	text = mem_string(b.data);
	buf_free(&b);
	return text;
}

void
fault_tolerance_json(struct json *j, const struct descriptor *d)
{
	const struct fr_tolerance *t = &d->tolerates;
	uint32_t i;

	if (!d->has_tolerance) {
		json_text(j, "tolerates", NULL);
		return;
	}
	json_object(j, "tolerates");
	json_int(j, "crashes", t->crashes);
	json_int(j, "missing", t->missing);
	json_int(j, "byzantine", t->byzantine);
	json_array(j, "bears");
	for (i = 0; bears_names[2 * i] != NULL; i++) {
		if (t->bears & (1u << i))
			json_text(j, NULL, bears_names[2 * i]);
	}
	json_end(j);
	json_end(j);
}
