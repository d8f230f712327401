/* SPDX-License-Identifier: MIT */
/* fracas list: what is installed, a line each. */
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/cli/catalogue.h"
#include "core/cli/cli.h"
#include "core/cli/fault_words.h"

#define FACT_INDENT	17
#define FACT_COLUMNS	78

static bool json_wanted, names_wanted, markdown_wanted;

static const struct opt options[] = {
	{ .kind = OPT_FLAG, .name = "names", .to = &names_wanted,
	  .help = "only the names, a line each; nothing is loaded" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object a line" },
	{ .kind = OPT_FLAG, .name = "markdown", .to = &markdown_wanted,
	  .help = "protocols, workloads or (the default) faults as a table in "
		  "Markdown" },
	{ .kind = OPT_END },
};

static void
list_json(const struct catalogue *c, struct buf *out)
{
	const struct item *item;

	for (item = c->at; item < c->at + c->count; item++) {
		struct json j = json_begin(out);

		json_text(&j, "type", item_names[item->kind]);
		json_text(&j, "name", item->name);
		json_text(&j, "summary", item->summary);
		if (item->kind == ITEM_PROTOCOL && item->problem == NULL) {
			json_text(&j, "promise", item->promise);
			json_text(&j, "bears", item->bears);
			json_text(&j, "paper", item->paper);
			json_text(&j, "workload", item->workload);
		}
		if (item->path != NULL)
			json_text(&j, "path", item->path);
		if (item->problem != NULL)
			json_text(&j, "problem", item->problem);
		json_done(&j);
	}
}

static void
list_kind(const struct catalogue *c, enum item_kind kind, struct buf *out)
{
	const char *on = cli_colour(1) ? "\033[31m" : "";
	const char *off = cli_colour(1) ? "\033[0m" : "";
	const struct item *item;
	struct buf rows;

	buf_init(&rows, 1 << 20);
	for (item = c->at; item < c->at + c->count; item++) {
		if (item->kind != kind)
			continue;
		buf_text(&rows, "  ");
		cli_cell(&rows, item->name);
		buf_char(&rows, '\t');
		if (item->problem != NULL) {
			buf_printf(&rows, "%sdoes not load:%s ", on, off);
			cli_cell(&rows, item->problem);
		} else {
			cli_cell(&rows, item->summary);
		}
		buf_char(&rows, '\n');
	}
	if (rows.size > 0)
		cli_table(rows.data, out);
	else
		buf_text(out, "  none\n");
	buf_free(&rows);
}

static void
fact(struct buf *out, const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	buf_printf(out, "  %-*s", FACT_INDENT - 2, name);
	cli_fill(out, text, FACT_INDENT, FACT_INDENT, FACT_COLUMNS);
	buf_char(out, '\n');
}

/* What one asks before one takes one: a few lines for each. */
static void
list_protocols(const struct catalogue *c, struct buf *out)
{
	const char *on = cli_colour(1) ? "\033[1m" : "";
	const char *off = cli_colour(1) ? "\033[0m" : "";
	const struct item *item;

	for (item = c->at; item < c->at + c->count; item++) {
		buf_text(out, item > c->at ? "\n" : "");
		buf_text(out, on);
		cli_cell(out, item->name);
		buf_printf(out, "%s\n", off);
		fact(out, "is", item->summary);
		fact(out, "promise", item->promise);
		fact(out, "bears", item->bears);
		fact(out, "paper", item->paper);
		fact(out, "workload", item->workload);
		fact(out, "does not load", item->problem);
	}
	buf_text(out, c->count > 0 ? "\n'fracas describe NAME' says more about "
		 "one.\n" : "none\n");
}

/* ---- Markdown ---------------------------------------------------------------- */

static void
mark(struct buf *out, const char *text)
{
	buf_char(out, ' ');
	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '|')
			buf_char(out, '\\');
		buf_char(out, *text == '\n' ? ' ' : *text);
	}
	buf_text(out, " |");
}

static void
list_markdown(const struct catalogue *c, enum item_kind kind, struct buf *out)
{
	const struct item *item;

	if (kind == ITEM_FAULT)
		fault_markdown(out);
	else if (kind == ITEM_PROTOCOL)
		buf_text(out, "| protocol | what it is | tried by | paper |\n"
			 "|---|---|---|---|\n");
	else
		buf_text(out, "| workload | what clients do | what has to "
			 "hold |\n|---|---|---|\n");
	for (item = c->at; item < c->at + c->count; item++) {
		if (kind == ITEM_FAULT || item->problem != NULL)
			continue;
		buf_printf(out, "| `%s` |", item->name);
		mark(out, item->summary);
		if (kind == ITEM_PROTOCOL) {
			buf_printf(out, " `%s` |", item->workload == NULL ?
				   "" : item->workload);
			mark(out, item->paper);
		} else {
			mark(out, item->promise);
		}
		buf_char(out, '\n');
	}
}

/* ---- the command ------------------------------------------------------------- */

/* All kinds, or one by its plural; -1 with the nearest otherwise. */
static int
which_kind(const char *word, struct fr_err *err)
{
	const char *near;
	int kind;

	for (kind = 0; kind < ITEM_KINDS; kind++)
		if (strcmp(word, item_plurals[kind]) == 0 ||
		    strcmp(word, item_names[kind]) == 0)
			return kind;
	near = nearest_word(word, item_plurals, ITEM_KINDS,
			    sizeof *item_plurals);
	if (near != NULL)
		return err_usage(err, "list: there are no '%s' to list; did "
				 "you mean '%s'?", word, near);
	return err_usage(err, "list: there are no '%s' to list, but "
			 "protocols, workloads, faults, models, conditions and "
			 "topologies",
			 word);
}

static int
list_run(int argc, char **argv)
{
	struct catalogue c = { .count = 0 };
	struct fr_err err = { 0 };
	struct buf out;
	int kind, only = -1;
	size_t i;

	if (argc > 0 && (only = which_kind(argv[0], &err)) < 0)
		return cli_fail(&err);
	if (markdown_wanted && only < 0)
		only = ITEM_FAULT;
	if (markdown_wanted && only != ITEM_PROTOCOL &&
	    only != ITEM_WORKLOAD && only != ITEM_FAULT) {
		err_usage(&err, "list: of %s there is no table in Markdown, but "
			  "of protocols, workloads and faults",
			  item_plurals[only]);
		return cli_fail(&err);
	}
	for (kind = 0; kind < ITEM_KINDS; kind++)
		if (only < 0 || kind == only)
			catalogue_add(&c, (enum item_kind)kind, !names_wanted);
	buf_init(&out, 16 << 20);
	if (names_wanted) {
		for (i = 0; i < c.count; i++)
			buf_printf(&out, "%s\n", c.at[i].name);
	} else if (json_wanted) {
		list_json(&c, &out);
	} else if (markdown_wanted) {
		list_markdown(&c, (enum item_kind)only, &out);
	} else if (only == ITEM_PROTOCOL) {
		list_protocols(&c, &out);
	} else {
		for (kind = 0; kind < ITEM_KINDS; kind++) {
			if (only >= 0 && kind != only)
				continue;
			buf_printf(&out, "%s%c%s:\n", out.size > 0 ? "\n" : "",
				   item_plurals[kind][0] - 'a' + 'A',
				   item_plurals[kind] + 1);
			list_kind(&c, (enum item_kind)kind, &out);
		}
		if (only < 0)
			buf_text(&out, "\n'fracas describe NAME' says more "
				 "about one.\n");
	}
	cli_print(&out);
	buf_free(&out);
	catalogue_free(&c);
	return EXIT_VALID;
}

const struct command command_list = {
	.name = "list",
	.arguments = "[protocols|workloads|faults|models|conditions|"
		     "topologies]",
	.summary = "what is installed, a line each",
	.text = "`fracas list protocols` says of each protocol what it is, what "
		"it promises, which faults it bears meanwhile, whose it is, "
		"and by which workload it is tried.\n"
		"\n"
		"Models are sequential objects: a history is linearizable if "
		"one of them could have answered so. Conditions are weaker, or "
		"about something else. 'fracas run' and 'fracas check' take "
		"either with --model.\n"
		"\n"
		"A plugin that cannot be loaded is listed with the reason.\n",
	.examples = "fracas list\nfracas list protocols --json",
	.options = options,
	.most = 1,
	.run = list_run,
};
