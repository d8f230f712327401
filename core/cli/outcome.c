/* SPDX-License-Identifier: MIT */
/* Operations, figures and a verdict, for people. */
#include "core/cli/outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/units.h"
#include "core/cli/cli.h"

static void
add_time(struct buf *rows, int64_t ns)
{
	char text[32] = "-";

	if (ns >= 0)
		time_text(ns, text, sizeof text);
	buf_printf(rows, "\t%s", text);
}

void
outcome_operations(const struct op_counts *ops, uint32_t count,
		   struct buf *out)
{
	const struct op_counts *o;
	struct buf rows;

	buf_init(&rows, 1 << 20);
	buf_text(&rows, "  operation\tok\tfail\tinfo\tmedian\tp99\tslowest\n");
	for (o = ops; o < ops + count; o++) {
		if (o->ok + o->fail + o->info == 0)
			continue;
		buf_text(&rows, "  ");
		cli_cell(&rows, o->name);
		buf_printf(&rows, "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64,
			   o->ok, o->fail, o->info);
		add_time(&rows, o->median);
		add_time(&rows, o->p99);
		add_time(&rows, o->max);
		buf_char(&rows, '\n');
	}
	buf_text(out, "\nOperations\n");
	cli_table(rows.data, out);
	buf_free(&rows);
}

void
outcome_metrics(const struct metric *metrics, uint32_t count, struct buf *out)
{
	const struct metric *m;
	struct buf rows;

	if (count == 0)
		return;
	buf_init(&rows, 1 << 20);
	for (m = metrics; m < metrics + count; m++) {
		buf_text(&rows, "  ");
		cli_cell(&rows, m->name);
		/* What is small and no whole number, more exactly. */
		buf_printf(&rows, "\t%.*f", m->value < 100 &&
			   m->value != (double)(int64_t)m->value ? 2 : 0,
			   m->value);
		if (*m->unit != '\0') {
			buf_char(&rows, ' ');
			cli_cell(&rows, m->unit);
		}
		buf_char(&rows, '\n');
	}
	buf_text(out, "\nFigures\n");
	cli_table(rows.data, out);
	buf_free(&rows);
}

void
outcome_verdict(const char *verdict, const char *violation,
		const char *reason, const char *evidence, struct buf *out)
{
	const char *on = "", *off = "";

	if (cli_colour(STDOUT_FILENO)) {
		off = "\033[0m";
		on = strcmp(verdict, verdict_names[VERDICT_VALID]) == 0 ?
			"\033[1;32m" :
			strcmp(verdict, verdict_names[VERDICT_INVALID]) == 0 ?
			"\033[1;31m" : "\033[1;33m";
	}
	buf_printf(out, "\n%s%s%s: ", on, verdict, off);
	if (violation != NULL)
		buf_printf(out, "%s: ", violation);
	buf_printf(out, "%s\n", reason != NULL ? reason : "");
	if (evidence == NULL || *evidence == '\0')
		return;
	buf_printf(out, "\n%s", evidence);
	if (out->data[out->size - 1] != '\n')
		buf_char(out, '\n');
}
