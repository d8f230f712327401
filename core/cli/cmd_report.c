/* SPDX-License-Identifier: MIT */
/*
 * fracas campaign report: what a campaign came to.  For people here; for
 * programs see core/campaign/report.c.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/campaign/report.h"
#include "core/cli/cli.h"
#include "core/cli/figures.h"

static const char *format = "text";
static const char *rows = "cells";

static const struct opt options[] = {
	{ .kind = OPT_CHOICE, .letter = 'f', .name = "format",
	  .to = &format, .words = "text|csv|json|junit",
	  .help = "text for people; csv by RFC 4180; json, an object a line; "
		  "junit, XML for continuous integration (default text)" },
	{ .kind = OPT_CHOICE, .name = "rows", .to = &rows,
	  .words = "cells|failures",
	  .help = "of csv: a line a cell, or a line for each way in which a "
		  "cell failed (default cells)" },
	{ .kind = OPT_END },
};

static const char *
colour(const char *code)
{
	return cli_colour(STDOUT_FILENO) ? code : "";
}

static void
plural(struct buf *out, uint64_t count, const char *what)
{
	buf_printf(out, "%" PRIu64 " %s%s", count, what, count == 1 ? "" : "s");
}

/* ---- what it was ---------------------------------------------------- */

static void
tell_head(const struct summary *s, struct buf *out)
{
	const struct campaign_row *c = &s->campaign;
	char lasted[32];

	time_text((int64_t)(s->seconds * 1e9), lasted, sizeof lasted);
	buf_text(out, "campaign ");
	plain_text(out, c->name, true);
	buf_text(out, " (");
	plain_text(out, c->file, true);
	buf_text(out, ")");
	if (c->shards > 1)
		buf_printf(out, ", shard %" PRIu32 " of %" PRIu32, c->shard,
			   c->shards);
	buf_text(out, ": ");
	plural(out, s->cell_count, "cell");
	buf_printf(out, ", %" PRIu64 " of ", s->runs);
	plural(out, s->wanted, "run");
	buf_printf(out, ", %s%" PRIu64 " failing%s, %" PRIu64 " unknown, %s "
		   "of work\n", s->invalid > 0 ? colour("\033[31m") : "",
		   s->invalid, s->invalid > 0 ? colour("\033[0m") : "",
		   s->unknown, lasted);
	if (s->dropped > 0) {
		buf_text(out, "left out: ");
		plural(out, s->dropped, "cell");
		buf_text(out, " that the file does not name any more\n");
	}
}

/* ---- the cells ------------------------------------------------------ */

static void
add_cell(struct buf *out, const struct cell_summary *c)
{
	const char *on = c->invalid > 0 ? colour("\033[31m") :
			 c->unknown > 0 ? colour("\033[33m") : "";
	struct interval i = cell_interval(c);

	buf_text(out, on);
	figure_name(out, c->row.name);
	buf_printf(out, "%s\t%" PRIu64, *on != '\0' ? "\033[0m" : "", c->runs);
	if (c->row.state == CELL_OPEN && c->runs < c->row.wanted)
		buf_printf(out, " of %" PRIu64, c->row.wanted);
	buf_printf(out, "\t%" PRIu64 "\t", c->invalid);
	figure_share(out, cell_rate(c));
	buf_char(out, '\t');
	if (cell_judged(c) > 0) {
		figure_share(out, i.low);
		buf_text(out, " .. ");
		figure_share(out, i.high);
	} else {
		buf_char(out, '-');
	}
	buf_printf(out, "\t%" PRIu64 "\t", c->unknown);
	figure_rate(out, sample_quantile(&c->throughput, 0.5));
	buf_char(out, '\t');
	figure_time(out, sample_quantile(&c->median, 0.5));
	buf_char(out, '\t');
	figure_time(out, sample_quantile(&c->p99, 0.5));
	buf_char(out, '\t');
	figure_share(out, sample_quantile(&c->availability, 0.5));
	buf_char(out, '\t');
	figure_time(out, sample_quantile(&c->recovery, 0.5));
	buf_char(out, '\t');
	figure_time(out, sample_quantile(&c->recovery, 1));
	buf_char(out, '\n');
}

static void
tell_cells(const struct summary *s, struct buf *out)
{
	struct buf table;
	size_t i;

	buf_init(&table, SIZE_MAX / 2);
	buf_text(&table, "cell\truns\tfailing\trate\t95 % sure\tunknown\tok/s"
		 "\tmedian\tp99\tavailable\trecovery\tlongest\n");
	for (i = 0; i < s->cell_count; i++)
		add_cell(&table, &s->cells[i]);
	buf_char(out, '\n');
	cli_table_fit(table.data, 0, out);
	buf_free(&table);
	buf_text(out, "\nThe rate is that of the runs that were judged. ok/s, "
		 "latencies, available (the share\nof time with progress) are "
		 "the middle one of the runs; recovery is the middle\none of "
		 "the faults, longest the worst of them.\n");
}

/* ---- what went wrong ------------------------------------------------ */

/* Several lines, each behind some blanks. */
static void
indented(struct buf *out, const char *text)
{
	struct buf plain;
	const char *line, *end;

	buf_init(&plain, SIZE_MAX / 2);
	plain_text(&plain, text, false);
	for (line = plain.data; line != NULL && *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		if (end > line)
			buf_printf(out, "     %.*s", (int)(end - line), line);
		buf_char(out, '\n');
		end += *end == '\n';
	}
	buf_free(&plain);
}

static void
tell_example(const struct failure_row *row, struct buf *out)
{
	if (row->words == NULL || *row->words == '\0')
		return;
	buf_printf(out, "   the smallest example%s, from seed %" PRIu64 ": ",
		   row->minimal ? "" : " so far", row->example_seed);
	plural(out, row->operations, "operation");
	buf_text(out, ", ");
	plural(out, row->faults, "fault");
	buf_text(out, ", ");
	plural(out, row->deviations, "choice");
	buf_text(out, "\n");
	indented(out, row->words);
}

static void
tell_places(const struct failure_summary *f, struct buf *out)
{
	size_t i;

	if (f->place_count == 1) {
		buf_text(out, "   in ");
		plain_text(out, f->places[0].cell->row.name, true);
		buf_char(out, '\n');
		return;
	}
	buf_printf(out, "   in %zu cells:", f->place_count);
	for (i = 0; i < f->place_count; i++) {
		buf_printf(out, "%s %" PRIu64 " in ", i > 0 ? "," : "",
			   f->places[i].row.count);
		plain_text(out, f->places[i].cell->row.name, true);
	}
	buf_char(out, '\n');
}

static void
tell_failure(const struct failure_summary *f, size_t number, struct buf *out)
{
	const struct failure_row *row = &f->example->row;
	const struct failure_row *first = &f->places[0].row;

	buf_printf(out, "\n%zu. ", number);
	plain_text(out, f->protocol, true);
	buf_printf(out, ": %s", colour("\033[31m"));
	plain_text(out, row->violation != NULL ? row->violation :
		   row->fingerprint, true);
	buf_printf(out, "%s, ", colour("\033[0m"));
	plural(out, f->count, "time");
	buf_printf(out, ", first with seed %" PRIu64 "\n", first->first_seed);
	if (first->reason != NULL) {
		buf_text(out, "   ");
		plain_text(out, first->reason, true);
		buf_char(out, '\n');
	}
	tell_places(f, out);
	tell_example(row, out);
	buf_text(out, "   to see it again:\n     ");
	plain_text(out, first->command, true);
	buf_char(out, '\n');
}

static void
tell_unknown(const struct summary *s, struct buf *out)
{
	const struct cell_summary *c;
	size_t i;

	if (s->unknown == 0)
		return;
	buf_text(out, "\nWhere nothing could be said\n");
	for (i = 0; i < s->cell_count; i++) {
		c = &s->cells[i];
		if (c->unknown == 0)
			continue;
		buf_printf(out, "   %" PRIu64 " of %" PRIu64 " in ",
			   c->unknown, c->runs);
		plain_text(out, c->row.name, true);
		if (c->disturbed > 0)
			buf_printf(out, " (%" PRIu64 " of them disturbed by "
				   "the machine)", c->disturbed);
		buf_printf(out, "; seed %" PRIu64 ": ", c->unknown_seed);
		plain_text(out, c->unknown_reason != NULL ?
			   c->unknown_reason : "no reason was given", true);
		buf_char(out, '\n');
	}
}

static void
report_people(const struct summary *s, struct buf *out)
{
	size_t i;

	tell_head(s, out);
	tell_cells(s, out);
	if (s->failure_count > 0)
		buf_text(out, "\nWhat went wrong\n");
	for (i = 0; i < s->failure_count; i++)
		tell_failure(&s->failures[i], i + 1, out);
	tell_unknown(s, out);
}

static int
report_run(int argc, char **argv)
{
	struct fr_err err = { 0 };
	struct summary s;
	struct buf out;

	(void)argc;
	if (strcmp(rows, "cells") != 0 && strcmp(format, "csv") != 0) {
		err_usage(&err, "--rows goes with --format csv: the others "
			  "hold both");
		return cli_fail(&err);
	}
	if (summary_read(&s, argv[0], &err) < 0)
		return cli_fail(&err);
	buf_init(&out, SIZE_MAX / 2);
	if (strcmp(format, "junit") == 0)
		report_junit(&s, &out);
	else if (strcmp(format, "json") == 0)
		report_json(&s, &out);
	else if (strcmp(format, "text") == 0)
		report_people(&s, &out);
	else if (strcmp(rows, "cells") == 0)
		report_csv_cells(&s, &out);
	else
		report_csv_failures(&s, &out);
	cli_print(&out);
	buf_free(&out);
	summary_free(&s);
	return EXIT_VALID;
}

const struct command command_campaign_report = {
	.name = "campaign report",
	.arguments = "FILE.db",
	.summary = "what a campaign came to, also while it goes on",
	.text = "A line for each cell: how many of its runs fail, within which "
		"bounds the rate lies by 95 % (Wilson's interval), how many "
		"are unknown, throughput, latency, the share of time with "
		"progress, and how long faults were felt. Below it each "
		"violation once, however often it came: the seed to see it "
		"with and the smallest example there is.\n\n"
		"The exit status says only whether it could be told.\n",
	.examples = "fracas campaign report nightly.db\n"
		    "fracas campaign report nightly.db --format junit "
		    ">report.xml\n"
		    "fracas campaign report nightly.db -f json | "
		    "jq 'select(.type == \"cell\" and .invalid > 0)'",
	.options = options,
	.least = 1,
	.most = 1,
	.run = report_run,
};
