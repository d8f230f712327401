/* SPDX-License-Identifier: MIT */
/* fracas compare: what a change made worse, or better, beyond chance. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/campaign/compare.h"
#include "core/campaign/report.h"
#include "core/cli/cli.h"
#include "core/cli/figures.h"

static double alpha = 0.05;
static bool all, strict, json_wanted;

static const struct opt options[] = {
	{ .kind = OPT_REAL, .name = "alpha", .value = "P", .to = &alpha,
	  .max = 1,
	  .help = "how often a difference may be reported where there is none, "
		  "of all comparisons together (default 0.05)" },
	{ .kind = OPT_FLAG, .name = "all", .to = &all,
	  .help = "also lists what does not differ by more than chance" },
	{ .kind = OPT_FLAG, .name = "strict", .to = &strict,
	  .help = "a violation that BEFORE.db does not have is worse, too, "
		  "however rare it is" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object a line: each comparison, each violation "
		  "that is new, and what it all comes to" },
	{ .kind = OPT_END },
};

static const char *const changes[] = { "none", "worse", "better" };

/* ---- for people ----------------------------------------------------- */

static void
figure(struct buf *out, enum aspect aspect, double value)
{
	switch (aspect) {
	case ASPECT_THROUGHPUT:
		figure_rate(out, value);
		break;
	case ASPECT_MEDIAN:
	case ASPECT_P99:
	case ASPECT_RECOVERY:
		figure_time(out, value);
		break;
	default:
		figure_share(out, value);
	}
}

static void
add_row(struct buf *out, const struct comparison *c)
{
	buf_text(out, "  ");
	figure_name(out, c->after->row.name);
	buf_printf(out, "\t%s", aspect_names[c->aspect]);
	/* The middle one goes without saying. */
	if (c->percent == 100)
		buf_text(out, " (largest)");
	else if (c->percent != 0 && c->percent != 50)
		buf_printf(out, " (p%" PRIu32 ")", c->percent);
	buf_char(out, '\t');
	figure(out, c->aspect, c->was);
	buf_char(out, '\t');
	figure(out, c->aspect, c->is);
	buf_printf(out, "\t%.2g\n", c->p);
}

static void
tell_changes(const struct comparisons *c, enum change change,
	     const char *heading, const char *colour, struct buf *out)
{
	struct buf rows;
	size_t i, count = 0;

	buf_init(&rows, SIZE_MAX / 2);
	buf_text(&rows, "  cell\twhat\tbefore\tafter\tp\n");
	for (i = 0; i < c->count; i++) {
		if (c->at[i].change != change)
			continue;
		add_row(&rows, &c->at[i]);
		count++;
	}
	if (count > 0) {
		buf_printf(out, "\n%s%s%s\n",
			   cli_colour(STDOUT_FILENO) ? colour : "", heading,
			   cli_colour(STDOUT_FILENO) ? "\033[0m" : "");
		cli_table_fit(rows.data, 0, out);
	}
	buf_free(&rows);
}

static void
tell_fresh(const struct comparisons *c, struct buf *out)
{
	const struct failure_summary *f;
	const struct failure_row *row;
	size_t i;

	if (c->fresh_count > 0)
		buf_text(out, "\nViolations that were not seen before\n");
	for (i = 0; i < c->fresh_count; i++) {
		f = c->fresh[i];
		row = &f->places[0].row;
		buf_text(out, "  ");
		figure_name(out, f->protocol);
		buf_text(out, ": ");
		figure_name(out, row->violation != NULL ? row->violation :
			    row->fingerprint);
		buf_printf(out, ", %" PRIu64 " time%s; to see it:\n    ",
			   f->count, f->count == 1 ? "" : "s");
		figure_name(out, row->command);
		buf_char(out, '\n');
	}
}

static void
tell_alone(const struct cell_summary *const *cells, size_t count,
	   const char *path, struct buf *out)
{
	size_t i;

	if (count == 0)
		return;
	buf_printf(out, "\nonly in %s, and not compared:\n", path);
	for (i = 0; i < count; i++) {
		buf_text(out, "  ");
		figure_name(out, cells[i]->row.name);
		buf_char(out, '\n');
	}
}

static void
tell_people(const struct comparisons *c, char **paths, struct buf *out)
{
	buf_printf(out, "before: %s, after: %s: %zu cell%s in both, %zu "
		   "comparisons\n", paths[0], paths[1], c->cells,
		   c->cells == 1 ? "" : "s", c->count);
	tell_changes(c, CHANGE_WORSE, "Worse", "\033[1;31m", out);
	tell_changes(c, CHANGE_BETTER, "Better", "\033[1;32m", out);
	if (all)
		tell_changes(c, CHANGE_NONE, "No more than chance", "", out);
	tell_fresh(c, out);
	tell_alone(c->only_before, c->only_before_count, paths[0], out);
	tell_alone(c->only_after, c->only_after_count, paths[1], out);
	if (c->count == 0)
		buf_text(out, "\nNothing can be compared.\n");
	else
		buf_printf(out, "\n%zu worse, %zu better, %zu no more than "
			   "chance (p above %g, corrected for %zu "
			   "comparisons)\n", c->worse, c->better,
			   c->count - c->worse - c->better, alpha, c->count);
}

/* ---- for programs --------------------------------------------------- */

static int
status_of(const struct comparisons *c)
{
	if (c->worse > 0 || (strict && c->fresh_count > 0))
		return EXIT_INVALID;
	return c->count == 0 ? EXIT_UNKNOWN : EXIT_VALID;
}

static void
tell_programs(const struct comparisons *c, struct buf *out)
{
	const struct comparison *x;
	const struct failure_row *row;
	struct json j;
	size_t i;

	for (i = 0; i < c->count; i++) {
		x = &c->at[i];
		j = json_begin(out);
		json_text(&j, "type", "comparison");
		json_text(&j, "cell", x->after->row.name);
		json_text(&j, "what", aspect_names[x->aspect]);
		json_text(&j, "change", changes[x->change]);
		if (x->percent > 0)
			json_int(&j, "percent", x->percent);
		else
			json_null(&j, "percent");
		json_real(&j, "before", x->was);
		json_real(&j, "after", x->is);
		json_real(&j, "p", x->p);
		json_done(&j);
	}
	for (i = 0; i < c->fresh_count; i++) {
		row = &c->fresh[i]->places[0].row;
		j = json_begin(out);
		json_text(&j, "type", "new-violation");
		json_text(&j, "protocol", c->fresh[i]->protocol);
		json_text(&j, "violation", row->violation);
		json_text(&j, "fingerprint", row->fingerprint);
		json_int(&j, "count", (int64_t)c->fresh[i]->count);
		json_text(&j, "command", row->command);
		json_done(&j);
	}
	j = json_begin(out);
	json_text(&j, "type", "compared");
	json_int(&j, "cells", (int64_t)c->cells);
	json_int(&j, "only_before", (int64_t)c->only_before_count);
	json_int(&j, "only_after", (int64_t)c->only_after_count);
	json_int(&j, "comparisons", (int64_t)c->count);
	json_int(&j, "worse", (int64_t)c->worse);
	json_int(&j, "better", (int64_t)c->better);
	json_int(&j, "new_violations", (int64_t)c->fresh_count);
	json_done(&j);
}

static int
compare_run(int argc, char **argv)
{
	struct fr_err err = { 0 };
	struct summary before, after;
	struct comparisons c;
	struct buf out;
	int status;

	(void)argc;
	if (summary_read(&before, argv[0], &err) < 0)
		return cli_fail(&err);
	if (summary_read(&after, argv[1], &err) < 0) {
		summary_free(&before);
		return cli_fail(&err);
	}
	compare(&before, &after, alpha, &c);
	buf_init(&out, SIZE_MAX / 2);
	if (json_wanted)
		tell_programs(&c, &out);
	else
		tell_people(&c, argv, &out);
	cli_print(&out);
	status = status_of(&c);
	buf_free(&out);
	comparisons_free(&c);
	summary_free(&before);
	summary_free(&after);
	return status;
}

const struct command command_compare = {
	.name = "compare",
	.arguments = "BEFORE.db AFTER.db",
	.summary = "two campaigns: what became worse or better beyond chance",
	.text = "Cells with the same configuration are compared: how many runs "
		"fail or are unknown (Fisher's exact test), throughput, "
		"latency, the share of time with progress, and the longest "
		"recovery of each run (Mann and Whitney's test). As many "
		"comparisons find differences by chance, all p values are "
		"corrected by Holm's method.\n\n"
		"The exit status is 1 where something became worse, 3 where "
		"there was nothing to compare, else 0.\n",
	.examples = "fracas compare before.db after.db\n"
		    "fracas compare --json before.db after.db | "
		    "jq 'select(.change == \"worse\")'",
	.options = options,
	.least = 2,
	.most = 2,
	.run = compare_run,
};
