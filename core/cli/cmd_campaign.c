/* SPDX-License-Identifier: MIT */
/* fracas campaign: many runs of many configurations, from one file. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/campaign/campaign.h"
#include "core/cli/cli.h"
#include "core/cli/stored.h"
#include "core/run/signals.h"

static const char *db, *shard;
static int64_t jobs;
static bool dry, json_wanted, quiet, again, resume;

static const struct opt options[] = {
	{ .kind = OPT_FLAG, .name = "dry-run", .to = &dry,
	  .help = "only say which cells there are, and how many runs" },
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "where the results are (default: FILE with .db in the place "
		  "of .yaml, in this folder)" },
	{ .kind = OPT_TEXT, .name = "shard", .value = "I/N", .to = &shard,
	  .help = "only the I-th of N parts, which together are the whole: "
		  "one on each machine" },
	{ .kind = OPT_INT, .name = "jobs", .value = "N", .to = &jobs,
	  .min = 1, .max = 256,
	  .help = "so many runs at a time (default: as the file says, or "
		  "simulated ones one a processor and live ones one by one)" },
	{ .kind = OPT_FLAG, .name = "resume", .to = &resume,
	  .help = "go on with results that must be there; without it they are "
		  "begun where they are not" },
	{ .kind = OPT_FLAG, .name = "again", .to = &again,
	  .help = "forget what was done with protocols that were built anew "
		  "since" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object a line: the campaign, each failure, each "
		  "cell that ended, and the totals" },
	{ .kind = OPT_FLAG, .letter = 'q', .name = "quiet", .to = &quiet,
	  .help = "only the totals" },
	{ .kind = OPT_END },
};

/* ---- what is printed ------------------------------------------------------------- */

static void
print_json(struct json *j, struct buf *b)
{
	json_done(j);
	cli_print(b);
	buf_free(b);
	fflush(stdout);
}

static void
clear_line(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static void
progress(void *arg, const struct campaign_progress *p)
{
	uint64_t left = p->wanted > p->done ? p->wanted - p->done : 0;
	char time[32] = "";

	(void)arg;
	if (p->rate > 0)
		time_text((int64_t)((double)left / p->rate * 1e9), time,
			  sizeof time);
	fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " runs  failing %"
		PRIu64 "  unknown %" PRIu64 "  cells %u of %u  %.1f/s  %s%s"
		"[%s%s%s]", p->done, p->wanted, p->invalid, p->unknown,
		p->cells_ended, p->cells, p->rate, time,
		*time == '\0' ? "" : " left  ", p->cell,
		p->doing == NULL ? "" : ": ", p->doing == NULL ? "" :
		p->doing);
	fflush(stderr);
}

static void
failure(void *arg, const struct campaign_cell *c, const struct failure_row *f)
{
	struct json j;
	struct buf b;

	(void)arg;
	clear_line();
	if (!json_wanted) {
		printf("%s: seed %" PRIu64 ": %s: %s\n", c->name,
		       f->first_seed, f->violation == NULL ? "violation" :
		       f->violation, f->reason);
		fflush(stdout);
		return;
	}
	buf_init(&b, 1 << 20);
	j = json_begin(&b);
	json_text(&j, "type", "failure");
	json_text(&j, "cell", c->id);
	json_text(&j, "name", c->name);
	json_int(&j, "seed", (int64_t)f->first_seed);
	json_text(&j, "violation", f->violation);
	json_text(&j, "reason", f->reason);
	json_text(&j, "fingerprint", f->fingerprint);
	if (f->run > 0)
		json_int(&j, "run", f->run);
	else
		json_null(&j, "run");
	json_text(&j, "command", f->command);
	print_json(&j, &b);
}

static void
ended(void *arg, const struct campaign_cell *c, const struct cell_row *row,
      uint64_t valid, uint64_t invalid, uint64_t unknown)
{
	struct json j;
	struct buf b;

	(void)arg;
	buf_init(&b, 1 << 20);
	j = json_begin(&b);
	json_text(&j, "type", "cell");
	json_text(&j, "cell", c->id);
	json_text(&j, "name", c->name);
	json_text(&j, "state", cell_state_names[row->state]);
	json_int(&j, "wanted", (int64_t)row->wanted);
	json_int(&j, "valid", (int64_t)valid);
	json_int(&j, "invalid", (int64_t)invalid);
	json_int(&j, "unknown", (int64_t)unknown);
	json_text(&j, "command", c->command);
	print_json(&j, &b);
}

static void
warn(void *arg, const char *text)
{
	(void)arg;
	clear_line();
	fprintf(stderr, "fracas: %s\n", text);
}

static void
totals_json(const struct campaign_totals *t)
{
	struct json j;
	struct buf b;

	buf_init(&b, 1 << 20);
	j = json_begin(&b);
	json_text(&j, "type", "totals");
	json_int(&j, "wanted", (int64_t)t->wanted);
	json_int(&j, "done", (int64_t)t->done);
	json_int(&j, "now", (int64_t)t->now);
	json_int(&j, "valid", (int64_t)t->valid);
	json_int(&j, "invalid", (int64_t)t->invalid);
	json_int(&j, "unknown", (int64_t)t->unknown);
	json_int(&j, "disturbed", (int64_t)t->disturbed);
	json_int(&j, "cells", t->cells);
	json_int(&j, "cells_failing", t->cells_failing);
	json_int(&j, "cells_open", t->cells_open);
	json_int(&j, "repeated", (int64_t)t->repeated);
	json_int(&j, "unsteady", (int64_t)t->unsteady);
	json_bool(&j, "interrupted", t->interrupted);
	json_bool(&j, "late", t->late);
	json_bool(&j, "spent", t->spent);
	json_real(&j, "seconds", t->seconds);
	print_json(&j, &b);
}

static void
totals(const struct campaign_file *f, const struct campaign_totals *t)
{
	char time[32];

	time_text((int64_t)(t->seconds * 1e9), time, sizeof time);
	if (!quiet)
		putchar('\n');
	printf("%s: %u cell%s, %" PRIu64 " runs: %" PRIu64 " valid, %" PRIu64
	       " invalid, %" PRIu64 " unknown; %u cell%s failing; %s\n",
	       f->name, t->cells, t->cells == 1 ? "" : "s", t->done, t->valid,
	       t->invalid, t->unknown, t->cells_failing,
	       t->cells_failing == 1 ? "" : "s", time);
	if (quiet)
		return;
	if (t->now < t->done)
		printf("%" PRIu64 " of them had been done before\n",
		       t->done - t->now);
	if (t->disturbed > 0)
		printf("%" PRIu64 " of the unknown ones were disturbed by the "
		       "machine\n", t->disturbed);
	if (t->broken > 0)
		printf("%" PRIu64 " could not be done\n", t->broken);
	if (t->interrupted || t->late || t->spent)
		printf("%s: %u cell%s left to do; the same command goes on\n",
		       t->interrupted ? "interrupted" : "the budget is spent",
		       t->cells_open, t->cells_open == 1 ? " is" : "s are");
	printf("the results are in %s; what they come to:\n"
	       "  fracas campaign report %s\n", db, db);
}

/* ---- cells, and no runs ------------------------------------------------------------- */

static void
show_cells(const struct campaign_file *f)
{
	const struct campaign_cell *c;
	struct buf rows, out;
	uint64_t runs = 0, here;
	struct json j;
	uint32_t i;

	buf_init(&rows, 64 << 20);
	buf_init(&out, 128 << 20);
	buf_text(&rows, "  cell\tseeds\tcommand\n");
	for (i = 0; i < f->cell_count; i++) {
		c = &f->cells[i];
		here = c->last - c->first + 1;
		runs += here;
		if (json_wanted) {
			j = json_begin(&out);
			json_text(&j, "type", "cell");
			json_text(&j, "cell", c->id);
			json_text(&j, "name", c->name);
			json_int(&j, "first", (int64_t)c->first);
			json_int(&j, "last", (int64_t)c->last);
			json_text(&j, "command", c->command);
			json_done(&j);
			continue;
		}
		buf_text(&rows, "  ");
		cli_cell(&rows, c->name);
		buf_printf(&rows, "\t%" PRIu64 "..%" PRIu64 "\t", c->first,
			   c->last);
		cli_cell(&rows, c->command);
		buf_char(&rows, '\n');
	}
	if (!json_wanted && !quiet)
		cli_table_fit(rows.data, 0, &out);
	if (!json_wanted)
		buf_printf(&out, "%s%u cell%s, %" PRIu64 " run%s%s\n",
			   quiet ? "" : "\n", f->cell_count,
			   f->cell_count == 1 ? "" : "s", runs,
			   runs == 1 ? "" : "s",
			   f->until != UNTIL_SEEDS || f->proof > 0 ||
			   f->runs_max > 0 || f->time_max > 0 ?
			   " at most: there is a budget" : "");
	cli_print(&out);
	buf_free(&rows);
	buf_free(&out);
}

/* ---- the command ------------------------------------------------------------------------ */

static int
shrink(void *arg, int64_t run, int64_t budget, struct shrink_result *out,
       struct fr_err *err)
{
	struct stored stored = { .row.id = 0 };
	struct shrink_config c = { .run = &stored.config, .budget = budget,
				   .jobs = (uint32_t)jobs };
	char number[24];
	int status;

	(void)arg;
	snprintf(number, sizeof number, "%" PRId64, run);
	if (stored_find(&stored, db, number, err) < 0) {
		stored_free(&stored);
		return -1;
	}
	c.plan = stored.row.plan;
	c.id = stored.row.id;
	c.hash = stored_hash(&stored);
	status = shrink_run(&c, out, err);
	stored_free(&stored);
	return status;
}

/* "2/4" */
static int
read_shard(struct campaign_config *c, struct fr_err *err)
{
	char end;

	c->shard = c->shards = 1;
	if (shard == NULL)
		return 0;
	if (sscanf(shard, "%" SCNu32 "/%" SCNu32 "%c", &c->shard, &c->shards,
		   &end) != 2 || strchr(shard, '-') != NULL ||
	    c->shard < 1 || c->shards > 100000 || c->shard > c->shards)
		return err_usage(err, "--shard: '%s' should be like 2/4: the "
				 "second of four", shard);
	return 0;
}

static void
name_db(const char *file)
{
	static char name[4096];
	const char *base = strrchr(file, '/'), *dot;

	if (db != NULL)
		return;
	base = base == NULL ? file : base + 1;
	dot = strrchr(base, '.');
	snprintf(name, sizeof name, "%.*s.db", dot == NULL ?
		 (int)strlen(base) : (int)(dot - base), base);
	db = name;
}

static int
status_of(const struct campaign_totals *t)
{
	if (t->invalid > 0)
		return EXIT_INVALID;
	if (t->interrupted)
		return EXIT_INTERRUPTED;
	if (t->broken > 0)
		return EXIT_TESTBED;
	return t->unknown > 0 || t->unsteady > 0 ? EXIT_UNKNOWN : EXIT_VALID;
}

static void
begin_json(const struct campaign_config *c)
{
	struct json j;
	struct buf b;

	buf_init(&b, 1 << 20);
	j = json_begin(&b);
	json_text(&j, "type", "campaign");
	json_text(&j, "name", c->file->name);
	json_int(&j, "cells", c->file->cell_count);
	json_int(&j, "shard", c->shard);
	json_int(&j, "shards", c->shards);
	json_text(&j, "db", db);
	print_json(&j, &b);
}

static int
do_campaign(const struct campaign_file *f, struct fr_err *err)
{
	bool told = !quiet && !json_wanted;
	struct campaign_config c = {
		.file = f, .db = db, .jobs = (uint32_t)jobs, .again = again,
		.progress = told && isatty(STDERR_FILENO) ? progress : NULL,
		.failure = quiet ? NULL : failure,
		.ended = json_wanted ? ended : NULL,
		.shrink = shrink, .warn = warn,
	};
	struct campaign_totals t;
	int status;

	if (read_shard(&c, err) < 0)
		return -1;
	if (resume && access(db, F_OK) < 0)
		return err_usage(err, "--resume: there is no file %s to go on "
				 "with", db);
	if (json_wanted)
		begin_json(&c);
	status = campaign_run(&c, &t, err);
	if (c.progress != NULL)
		clear_line();
	if (status < 0)
		return -1;
	if (json_wanted)
		totals_json(&t);
	else
		totals(f, &t);
	return status_of(&t);
}

static int
campaign_command(int argc, char **argv)
{
	struct campaign_file f;
	struct fr_err err = { 0 };
	int status;

	(void)argc;
	name_db(argv[0]);
	if (campaign_read(argv[0], &f, &err) < 0)
		return cli_fail(&err);
	status = campaign_check(&f, &err);
	if (status == 0 && dry)
		show_cells(&f);
	else if (status == 0)
		status = do_campaign(&f, &err);
	campaign_file_free(&f);
	return status < 0 ? cli_fail(&err) : status;
}

const struct command command_campaign = {
	.name = "campaign",
	.arguments = "FILE",
	.summary = "many runs of many configurations, from one file",
	.text =
	"FILE is YAML. Its keys are the options of `fracas run`, each with one "
	"value or a list of them; the cells of the campaign are all that these "
	"come to together, and each is run with every seed.\n"
	"\n"
	"  protocols: [abd, {path: ./raft.so, label: mine}]\n"
	"  nemeses: [none, kill, [partition, kill]]\n"
	"  nodes: [3, 5]\n"
	"  set: {batch: [1, 8]}\n"
	"  time: 3s\n"
	"  seeds: 1..500\n"
	"\n"
	"Keys of a cell: protocol, workload, nemesis, nodes, topology, world "
	"(sim, the default, or live), model, clients, rate, time, ops, "
	"timeout, interval, latency, swarm, plan, upgrade, beyond, progress, "
	"epilogue, sync-time, boot-limit, hang-limit, check-time, "
	"check-memory, set and seeds; lists may be called by the plural. "
	"Paths begin at the folder of FILE. `include` is a list of further "
	"cells, which take what they do not say from the file; `exclude` a "
	"list of what to leave out of the matrix: each entry takes away the "
	"cells that have all that it says.\n"
	"\n"
	"`budget` limits it: `runs` and `time` (of one command) of all "
	"together, and then the cells take turns; `until: failure` ends a cell "
	"at its first failure, `until: first failure` everything; `confidence: "
	"95% below 0.1%` does as many runs as it takes to be so sure, and ends "
	"a cell where it fails; `shrink` is the time for one example (10s; 0: "
	"none). `jobs` is how many runs are done at a time.\n"
	"\n"
	"Results go to one file, beside the runs that failed in full; the "
	"first failure of each kind is made as small as it gets. A run that is "
	"done is never done again: after Ctrl-C, a crash, or a change of FILE "
	"the same command does the rest. A live run that did not go well while "
	"the machine kept the supervisor from its work for more than 200ms is "
	"disturbed, and repeated up to three times.\n"
	"\n"
	"The exit status is that of the worst run: 1 where one was invalid, 3 "
	"where one was unknown, else 0.",
	.examples =
	"fracas campaign nightly.yaml --dry-run\n"
	"fracas campaign nightly.yaml\n"
	"fracas campaign nightly.yaml --shard 2/4 --db nightly-2.db",
	.options = options,
	.least = 1,
	.most = 1,
	.run = campaign_command,
};
