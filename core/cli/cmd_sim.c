/* SPDX-License-Identifier: MIT */
/* fracas sim: experiments in virtual time. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/cli/run_command.h"
#include "core/run/seeds.h"

/* Failures that are told one by one; of more, only their number. */
#define TOLD_MOST 20u

struct telling {
	const struct run_config *config;
	bool json, quiet, progress;
	uint64_t told;
};

static void
progress(void *arg, const struct seeds_progress *p)
{
	double rate = p->seconds > 0 ? (double)p->done / p->seconds : 0;
	uint64_t left = p->all - p->done;

	(void)arg;
	fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " seeds  valid %"
		PRIu64 "  invalid %" PRIu64 "  unknown %" PRIu64
		"  %.0f/s  %.0fs left", p->done, p->all, p->valid, p->invalid,
		p->unknown, rate, rate > 0 ? (double)left / rate : 0);
	fflush(stderr);
}

static void
failure_json(const struct seeds_failure *f)
{
	struct json j;
	char hash[20];
	struct buf b;

	buf_init(&b, 1 << 20);
	j = json_begin(&b);
	snprintf(hash, sizeof hash, "%016" PRIx64, f->result->hash);
	json_text(&j, "type", "failure");
	json_int(&j, "seed", (int64_t)f->seed);
	if (f->run > 0)
		json_int(&j, "run", f->run);
	else
		json_null(&j, "run");
	json_text(&j, "violation", f->result->violation);
	json_text(&j, "reason", f->result->reason);
	json_text(&j, "fingerprint", f->fingerprint);
	json_text(&j, "hash", hash);
	if (f->drawn != NULL)
		json_text(&j, "drawn", f->drawn);
	json_done(&j);
	cli_print(&b);
	buf_free(&b);
	fflush(stdout);
}

static void
failure(void *arg, const struct seeds_failure *f)
{
	struct telling *t = arg;

	if (t->json)
		failure_json(f);
	else if (!t->quiet && t->told++ < TOLD_MOST) {
		if (t->progress)
			fputs("\r\033[K", stderr);
		printf("seed %" PRIu64 ": %s: %s", f->seed,
		       f->result->violation == NULL ? "violation" :
		       f->result->violation, f->result->reason);
		if (f->run > 0)
			printf(" (run %" PRId64 ")", f->run);
		if (f->drawn != NULL)
			printf(" [%s]", f->drawn);
		putchar('\n');
		fflush(stdout);
	}
}

/* ---- the end ------------------------------------------------------------------------- */

static void
show_groups(const struct seeds_result *r, struct buf *out)
{
	const struct seeds_group *g;
	struct buf rows;
	uint32_t i;

	buf_init(&rows, 4 << 20);
	buf_text(&rows, "  seeds\tfirst\trun\twhat is wrong\n");
	for (i = 0; i < r->group_count; i++) {
		g = &r->groups[i];
		buf_printf(&rows, "  %" PRIu64 "\t%" PRIu64 "\t", g->count,
			   g->seed);
		if (g->run > 0)
			buf_printf(&rows, "%" PRId64, g->run);
		buf_char(&rows, '\t');
		cli_cell(&rows, g->fingerprint);
		buf_char(&rows, '\n');
	}
	buf_text(out, "\nFailures\n");
	cli_table(rows.data, out);
	buf_free(&rows);
}

static void
show_db(const struct run_config *c, struct buf *out)
{
	if (strcmp(c->db, "fracas.db") != 0)
		buf_printf(out, " --db %s", c->db);
	buf_char(out, '\n');
}

static void
show_summary(const struct telling *t, const struct seeds_result *r,
	     struct buf *out)
{
	const struct seeds_group *g = r->groups;

	if (r->group_count > 0)
		show_groups(r, out);
	buf_printf(out, "\n%" PRIu64 " seeds: %" PRIu64 " valid, %" PRIu64
		   " invalid, %" PRIu64 " unknown, in %.1fs",
		   r->done + r->skipped, r->valid, r->invalid, r->unknown,
		   r->seconds);
	if (r->seconds > 0 && r->done > 0)
		buf_printf(out, " (%.0f a minute)",
			   (double)r->done * 60 / r->seconds);
	buf_char(out, '\n');
	if (r->skipped > 0)
		buf_printf(out, "%" PRIu64 " of them had been done before\n",
			   r->skipped);
	if (r->interrupted)
		buf_text(out, "interrupted: the same command with --resume "
			 "does the rest\n");
	if (r->doubt != NULL)
		buf_printf(out, "unknown, for example seed %" PRIu64 ": %s\n",
			   r->doubt_seed, r->doubt);
	if (r->unsteady > 0)
		buf_printf(out, "NOT DETERMINISTIC: %" PRIu64 " of %" PRIu64
			   " runs that were run twice gave something else; "
			   "seed %" PRIu64 ", %s\n", r->unsteady, r->repeated,
			   r->unsteady_seed, r->unsteady_words);
	if (r->group_count == 0)
		return;
	if (g->run > 0) {
		buf_printf(out, "to look at the first failure, and how it came "
			   "about:\n  fracas show %" PRId64, g->run);
		show_db(t->config, out);
		buf_printf(out, "  fracas replay %" PRId64, g->run);
		show_db(t->config, out);
	}
	buf_printf(out, "to run it again:\n  %s --seed %" PRIu64 "\n",
		   t->config->command_seed, g->seed);
	if (g->drawn != NULL)
		buf_printf(out, "which draws: %s\n", g->drawn);
}

static void
summary_json(const struct telling *t, const struct seeds_result *r,
	     uint64_t first, uint64_t last, struct buf *out)
{
	struct json j = json_begin(out);
	uint32_t i;

	(void)t;
	json_text(&j, "type", "seeds");
	json_int(&j, "first", (int64_t)first);
	json_int(&j, "last", (int64_t)last);
	json_int(&j, "done", (int64_t)r->done);
	json_int(&j, "skipped", (int64_t)r->skipped);
	json_int(&j, "valid", (int64_t)r->valid);
	json_int(&j, "invalid", (int64_t)r->invalid);
	json_int(&j, "unknown", (int64_t)r->unknown);
	json_array(&j, "failures");
	for (i = 0; i < r->group_count; i++) {
		json_object(&j, NULL);
		json_text(&j, "fingerprint", r->groups[i].fingerprint);
		json_int(&j, "seeds", (int64_t)r->groups[i].count);
		json_int(&j, "first", (int64_t)r->groups[i].seed);
		if (r->groups[i].drawn != NULL)
			json_text(&j, "drawn", r->groups[i].drawn);
		if (r->groups[i].run > 0)
			json_int(&j, "run", r->groups[i].run);
		else
			json_null(&j, "run");
		json_end(&j);
	}
	json_end(&j);
	json_int(&j, "repeated", (int64_t)r->repeated);
	json_int(&j, "unsteady", (int64_t)r->unsteady);
	json_text(&j, "unsteady_words", r->unsteady_words);
	json_bool(&j, "interrupted", r->interrupted);
	json_real(&j, "seconds", r->seconds);
	json_done(&j);
}

int
run_seeds(const struct run_config *c, bool json, bool quiet)
{
	struct telling t = {
		.config = c, .json = json, .quiet = quiet,
		.progress = !json && !quiet && isatty(STDERR_FILENO),
	};
	struct run_config one = *c;
	struct seeds_config many = {
		.run = &one, .jobs = (uint32_t)run_many.jobs,
		.until_failure = run_many.until_failure,
		.resume = run_many.resume, .failure = failure,
		.progress = t.progress ? progress : NULL, .arg = &t,
	};
	struct fr_err err = { 0 };
	struct seeds_result r;
	struct buf out;
	int status;

	one.began = NULL;
	one.progress = NULL;
	if (read_range(run_many.seeds, &many.first, &many.last, &err) < 0) {
		err_wrap(&err, "--seeds");
		return cli_fail(&err);
	}
	if (many.last > INT64_MAX) {
		err_usage(&err, "--seeds: at most %" PRId64, INT64_MAX);
		return cli_fail(&err);
	}
	one.seed = many.first;
	status = seeds_run(&many, &r, &err);
	if (t.progress)
		fputs("\r\033[K", stderr);
	if (status < 0)
		return cli_fail(&err);
	buf_init(&out, 16 << 20);
	if (json)
		summary_json(&t, &r, many.first, many.last, &out);
	else if (!quiet)
		show_summary(&t, &r, &out);
	else
		buf_printf(&out, "%" PRIu64 " valid, %" PRIu64 " invalid, %"
			   PRIu64 " unknown\n", r.valid, r.invalid,
			   r.unknown);
	cli_print(&out);
	buf_free(&out);
	status = seeds_exit_status(&r);
	seeds_result_free(&r);
	return status;
}

static int
sim_run(int argc, char **argv)
{
	return run_command("sim", argc, argv);
}

const struct command command_sim = {
	.name = "sim",
	.arguments = "PROTOCOL",
	.summary = "tries a protocol in virtual time: one seed, one result",
	.text =
	"The same as `fracas run --world sim`: the same plugin, clients, "
	"faults and verdict, but all nodes in one process, in virtual time, "
	"and everything that is left to chance drawn from the seed. The same "
	"seed gives the same run, event by event, and the hash that is "
	"printed with it says so.\n"
	"\n"
	"Time passes when something happens: a run of ten seconds takes as "
	"long as its events take to compute. Messages take a millisecond on "
	"average (--latency), fr_sync half of one (--sync-time), handlers "
	"nothing. What a plugin asks of libc (the time, random numbers, "
	"sleeping, exit) is answered in virtual time, too.\n"
	"\n"
	"With --seeds one run is made for each seed, all processors at work. "
	"A run that fails is run again, elsewhere in memory, to be stored in "
	"full (of one kind of failure ten at most); the others leave a row in "
	"the table `seed`. Ctrl-C keeps what was found, and the same command "
	"with --resume goes on; a worker that is killed is replaced.\n"
	"\n"
	"With --swarm each seed draws a configuration of its own. One run "
	"cannot be good at everything: what is always on hides what would "
	"show without it. Drawn is what the command leaves open, by the "
	"seed and its own name, so that nothing disturbs the rest: each family "
	"of --nemesis is on or off (`--nemesis all`: of every family there "
	"is; one seed in eight has no faults); the interval, from a sixteenth "
	"of what it would be; the latency, a tenth to ten times as long, as "
	"const, uniform, exp or pareto; clients and rate, up to four times "
	"as many; and every second knob of the protocol and the workload, at "
	"its lowest, its highest, or between (`fracas describe` lists them). "
	"Every fourth seed is plain. What was drawn is told with each "
	"failure, by `fracas show`, and drawn again by --seed N --swarm.",
	.examples =
	"fracas sim abd --nemesis partition,kill --seed 42\n"
	"fracas sim ./mine.so --nemesis partition --seeds 1..10000\n"
	"fracas sim ./mine.so --nemesis all --swarm --seeds 1..10000 "
	"--until-failure",
	.options = run_options,
	.least = 1,
	.most = 1,
	.run = sim_run,
};
