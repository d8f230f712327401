/* SPDX-License-Identifier: MIT */
/* What fracas describe says of everything, and of the checker's conditions. */
#include "core/cli/describe.h"

#include <stdlib.h>
#include <string.h>

#include "checker/conditions.h"
#include "core/base/json.h"
#include "core/cli/cli.h"

#define OUT_MAX (16u << 20)

void
describe_fact(struct buf *rows, const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	buf_printf(rows, "  %s\t", name);
	cli_cell(rows, text);
	buf_char(rows, '\n');
}

void
describe_title(struct buf *out, const char *kind, const char *name,
	       const char *summary)
{
	bool colour = cli_colour(1);

	buf_printf(out, "%s%s%s%s%s%s\n", colour ? "\033[1m" : "", name,
		   colour ? "\033[0m" : "", *kind != '\0' ? ", a " : "", kind,
		   summary != NULL && *summary != '\0' ? ":" : "");
	if (summary != NULL && *summary != '\0')
		buf_printf(out, "  %s\n", summary);
}

static const struct condition_about *
about(const char *name)
{
	const struct condition_about *a;

	for (a = conditions_about; a->name != NULL; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

static void
condition_json(struct buf *out, const struct item *item,
	       const struct condition_about *a)
{
	const char *line, *tab, *end;
	struct json j = json_begin(out);
	char *text;

	json_text(&j, "type", item_names[item->kind]);
	json_text(&j, "name", item->name);
	json_text(&j, "summary", item->summary);
	json_text(&j, "operations", a->operations);
	json_array(&j, "settings");
	for (line = a->settings; *line != '\0'; line = end + 1) {
		tab = strchr(line, '\t');
		end = strchr(line, '\n');
		json_object(&j, NULL);
		text = mem_format("%.*s", (int)(tab - line), line);
		json_text(&j, "setting", text);
		free(text);
		text = mem_format("%.*s", (int)(end - tab - 1), tab + 1);
		json_text(&j, "help", text);
		free(text);
		json_end(&j);
	}
	json_end(&j);
	json_done(&j);
}

/* Which models there are, where one can be chosen. */
static void
isolation_words(struct buf *out)
{
	struct buf rows;
	int i;

	buf_text(out, "\nModels of isolation, from weak to strong:\n");
	buf_init(&rows, OUT_MAX);
	for (i = 0; i < ISOLATIONS; i++)
		buf_printf(&rows, "  %s\t%s\n", isolation_models[i].name,
			   isolation_models[i].help);
	cli_table(rows.data, out);
	buf_free(&rows);
}

void
describe_condition(struct buf *out, const struct item *item, bool json)
{
	const struct condition_about *a = about(item->name);
	const char *line, *end;
	struct buf rows;

	FR_ASSERT(a != NULL);
	if (json) {
		condition_json(out, item, a);
		return;
	}
	describe_title(out, "condition", item->name, item->summary);
	buf_init(&rows, OUT_MAX);
	describe_fact(&rows, "operations", a->operations);
	cli_table(rows.data, out);
	buf_clear(&rows);
	for (line = a->settings; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		buf_printf(&rows, "  %.*s\n", (int)(end - line), line);
	}
	if (rows.size > 0) {
		buf_text(out, "\nSettings:\n");
		cli_table(rows.data, out);
	}
	if (strstr(a->settings, "isolation=") != NULL)
		isolation_words(out);
	buf_free(&rows);
	buf_printf(out, "\nUse it: fracas run PROTOCOL --model %s\n"
		   "        fracas check RUN|FILE --model %s\n"
		   "        .conditions = FR_CONDITIONS({ \"%s\" }) in a "
		   "workload\n", item->name, item->name, item->name);
}
