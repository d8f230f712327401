/* SPDX-License-Identifier: MIT */
/* fracas shrink: the same violation, in as few words as it takes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/cli/cli.h"
#include "core/cli/stored.h"
#include "core/run/shrink.h"
#include "core/run/signals.h"

static const char *db = "fracas.db", *scenario;
static int64_t jobs, budget;
static bool json_wanted, quiet;

static const struct opt options[] = {
	{ .kind = OPT_TEXT, .name = "scenario", .value = "FILE",
	  .to = &scenario,
	  .help = "write what is left as a scenario, for `fracas scenario`" },
	{ .kind = OPT_TIME, .name = "budget", .value = "TIME", .to = &budget,
	  .help = "stop after this, with the best so far (default: until "
		  "nothing can be left out)" },
	{ .kind = OPT_INT, .name = "jobs", .value = "N", .to = &jobs,
	  .min = 1, .max = 64,
	  .help = "so many candidates at a time (default: one a processor); "
		  "the result is the same" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "the result as one JSON object" },
	{ .kind = OPT_FLAG, .letter = 'q', .name = "quiet", .to = &quiet,
	  .help = "no progress; only what is left" },
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "the store (default fracas.db)" },
	{ .kind = OPT_END },
};

static void
progress(void *arg, const struct shrink_progress *p)
{
	(void)arg;
	fprintf(stderr, "\r\033[K%zu operation%s, %zu fault%s, ",
		p->size.ops, p->size.ops == 1 ? "" : "s", p->size.faults,
		p->size.faults == 1 ? "" : "s");
	if (p->dull)
		fprintf(stderr, "%zu choice%s, ", p->size.choices,
			p->size.choices == 1 ? "" : "s");
	fprintf(stderr, "%u node%s  (%" PRIu64 " tried, %.1fs; now %s)",
		p->size.nodes, p->size.nodes == 1 ? "" : "s", p->tried,
		p->seconds, p->stage);
	fflush(stderr);
}

static void
put_size(const struct shrink_size *s, bool choices, struct buf *out)
{
	buf_printf(out, "%zu operation%s by %u client%s, %zu fault%s, ",
		   s->ops, s->ops == 1 ? "" : "s", s->clients,
		   s->clients == 1 ? "" : "s", s->faults,
		   s->faults == 1 ? "" : "s");
	if (choices)
		buf_printf(out, "%zu deviation%s, ", s->choices,
			   s->choices == 1 ? "" : "s");
	buf_printf(out, "%u node%s", s->nodes, s->nodes == 1 ? "" : "s");
}

static void
show_db(struct buf *out)
{
	if (strcmp(db, "fracas.db") != 0)
		buf_printf(out, " --db %s", db);
	buf_char(out, '\n');
}

static void
show(const struct stored *stored, const struct shrink_result *r,
     struct buf *out)
{
	buf_printf(out, "run %" PRId64 ": ", stored->row.id);
	put_size(&r->before, !r->drawn && r->before.choices > 0, out);
	buf_printf(out, "\nrun %" PRId64 ": ", r->run);
	put_size(&r->after, !r->drawn, out);
	buf_printf(out, "  (%" PRIu64 " candidates, %.1fs)\n\n", r->tried,
		   r->seconds);
	buf_text(out, r->words);
	buf_printf(out, "\n%s: %s\n", r->result.violation == NULL ?
		   "invalid" : r->result.violation, r->result.reason);
	if (r->result.evidence != NULL)
		buf_printf(out, "\n%s", r->result.evidence);
	buf_char(out, '\n');
	if (r->interrupted || r->late)
		buf_printf(out, "This is the best that was found until %s; "
			   "`fracas shrink %" PRId64 "` goes on from here.\n",
			   r->interrupted ? "it was interrupted" :
			   "the budget was used up", r->run);
	else if (r->minimal)
		buf_text(out, "Without any one of these operations, faults and "
			 "deviations it does not happen. All else is as dull "
			 "as it can be.\n");
	else
		buf_text(out, "Without any one of these operations and faults "
			 "it does not happen. What the network does comes "
			 "from the seed: it could not be told one by one.\n");
	buf_printf(out, "step by step:\n  fracas replay %" PRId64, r->run);
	show_db(out);
}

static void
size_json(struct json *j, const char *name, const struct shrink_size *s)
{
	json_object(j, name);
	json_int(j, "operations", (int64_t)s->ops);
	json_int(j, "faults", (int64_t)s->faults);
	json_int(j, "deviations", (int64_t)s->choices);
	json_int(j, "nodes", s->nodes);
	json_int(j, "clients", s->clients);
	json_end(j);
}

static void
show_json(const struct stored *stored, const struct shrink_result *r,
	  struct buf *out)
{
	struct json j = json_begin(out);
	char hash[20];

	snprintf(hash, sizeof hash, "%016" PRIx64, r->result.hash);
	json_text(&j, "type", "shrunk");
	json_int(&j, "run", r->run);
	json_int(&j, "shrunk_from", stored->row.id);
	json_text(&j, "violation", r->result.violation);
	json_text(&j, "reason", r->result.reason);
	json_text(&j, "fingerprint", r->fingerprint);
	json_text(&j, "hash", hash);
	size_json(&j, "before", &r->before);
	size_json(&j, "after", &r->after);
	json_bool(&j, "minimal", r->minimal);
	json_bool(&j, "interrupted", r->interrupted);
	json_bool(&j, "late", r->late);
	json_int(&j, "candidates", (int64_t)r->tried);
	json_real(&j, "seconds", r->seconds);
	json_text(&j, "words", r->words);
	json_text(&j, "scenario", r->scenario);
	json_done(&j);
}

static int
write_scenario(const struct shrink_result *r, struct fr_err *err)
{
	FILE *file = fopen(scenario, "we");

	if (file == NULL)
		return err_sys(err, "write %s", scenario);
	if (fputs(r->scenario, file) < 0 || ferror(file)) {
		err_sys(err, "write %s", scenario);
		fclose(file);
		return -1;
	}
	return fclose(file) == 0 ? 0 : err_sys(err, "write %s", scenario);
}

static int
shrink(struct stored *stored, bool *interrupted, struct fr_err *err)
{
	bool watched = isatty(STDERR_FILENO) && !quiet && !json_wanted;
	const struct shrink_config c = {
		.run = &stored->config, .plan = stored->row.plan,
		.id = stored->row.id, .hash = stored_hash(stored),
		.jobs = (uint32_t)jobs, .budget = budget,
		.progress = watched ? progress : NULL,
	};
	struct shrink_result r;
	struct buf out;
	int status;

	if (stored->row.verdict == NULL ||
	    strcmp(stored->row.verdict, "invalid") != 0)
		return err_usage(err, "run %" PRId64 " is %s: there is no "
				 "violation to shrink", stored->row.id,
				 stored->row.verdict == NULL ? "not judged" :
				 stored->row.verdict);
	status = shrink_run(&c, &r, err);
	if (watched)
		fputs("\r\033[K", stderr);
	if (status < 0)
		return -1;
	if (scenario != NULL)
		status = write_scenario(&r, err);
	buf_init(&out, 256u << 20);
	if (json_wanted)
		show_json(stored, &r, &out);
	else if (quiet)
		buf_text(&out, r.words);
	else
		show(stored, &r, &out);
	cli_print(&out);
	buf_free(&out);
	*interrupted = r.interrupted;
	shrink_result_free(&r);
	return status;
}

static int
shrink_command(int argc, char **argv)
{
	struct stored stored = { .row.id = 0 };
	struct fr_err err = { 0 };
	bool interrupted = false;
	int status;

	status = stored_find(&stored, db, argc > 0 ? argv[0] : "last-failed",
			     &err);
	if (status == 0)
		status = shrink(&stored, &interrupted, &err);
	stored_free(&stored);
	if (status < 0)
		return cli_fail(&err);
	return interrupted ? EXIT_INTERRUPTED : EXIT_VALID;
}

const struct command command_shrink = {
	.name = "shrink",
	.arguments = "[RUN]",
	.summary = "the same violation with as little as it takes",
	.text =
	"RUN is a number, `last`, or `last-failed` (the default): a simulated "
	"run that is invalid. Its end, faults, clients, operations and nodes "
	"are taken away as long as the violation stays what it is; then every "
	"message takes the usual time, but for those few that must not. What "
	"is left is told in sentences, and stored as a run of its own, which "
	"`fracas replay` shows step by step.\n"
	"\n"
	"The result is minimal: without any one of its operations, faults and "
	"deviations the violation is gone. Ctrl-C ends the search with the "
	"best so far.",
	.examples =
	"fracas shrink last-failed\n"
	"fracas shrink 7 --scenario inversion.scenario",
	.options = options,
	.most = 1,
	.run = shrink_command,
};
