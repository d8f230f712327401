/* SPDX-License-Identifier: MIT */
/* fracas scenario: runs that are told step by step. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "core/cli/cli.h"
#include "core/run/scenario.h"

static const char *db = "fracas.db", *protocol;
static bool json_wanted, quiet;

static const struct opt options[] = {
	{ .kind = OPT_TEXT, .name = "protocol", .value = "NAME",
	  .to = &protocol,
	  .help = "this protocol, a name or a path to a .so, in the place of "
		  "the one that the file names" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object for each file" },
	{ .kind = OPT_FLAG, .letter = 'q', .name = "quiet", .to = &quiet,
	  .help = "only what was not as expected" },
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "where the run is stored, with all others (default "
		  "fracas.db)" },
	{ .kind = OPT_END },
};

static void
show(const char *path, const struct scenario_result *r, struct buf *out)
{
	buf_text(out, r->complaints);
	if (quiet)
		return;
	if (r->failed == 0)
		buf_printf(out, "%s: as expected (run %" PRId64 ", %s)\n",
			   path, r->run, verdict_names[r->result.verdict]);
	else
		buf_printf(out, "%s: not as expected; step by step: fracas "
			   "replay %" PRId64 "%s%s\n", path, r->run,
			   strcmp(db, "fracas.db") == 0 ? "" : " --db ",
			   strcmp(db, "fracas.db") == 0 ? "" : db);
}

static void
show_json(const char *path, const struct scenario_result *r, struct buf *out)
{
	struct json j = json_begin(out);
	const char *line, *end;
	char text[4096], hash[20];

	snprintf(hash, sizeof hash, "%016" PRIx64, r->result.hash);
	json_text(&j, "type", "scenario");
	json_text(&j, "file", path);
	json_bool(&j, "passed", r->failed == 0);
	json_int(&j, "expected", r->expected);
	json_array(&j, "failed");
	for (line = r->complaints; *line != '\0'; line = end + 1) {
		end = strchrnul(line, '\n');
		snprintf(text, sizeof text, "%.*s", (int)(end - line), line);
		json_text(&j, NULL, text);
		if (*end == '\0')
			break;
	}
	json_end(&j);
	json_int(&j, "run", r->run);
	json_text(&j, "verdict", verdict_names[r->result.verdict]);
	json_text(&j, "violation", r->result.violation);
	json_text(&j, "reason", r->result.reason);
	json_text(&j, "hash", hash);
	json_done(&j);
}

static int
one(const char *path)
{
	const struct scenario_config c = { .path = path, .protocol = protocol,
					   .db = db };
	struct fr_err err = { 0 };
	struct scenario_result r;
	struct buf out;
	int status;

	if (scenario_run(&c, &r, &err) < 0)
		return cli_fail(&err);
	buf_init(&out, 16u << 20);
	if (json_wanted)
		show_json(path, &r, &out);
	else
		show(path, &r, &out);
	cli_print(&out);
	buf_free(&out);
	status = r.result.failure != NULL ? EXIT_TESTBED :
		 r.failed > 0 ? EXIT_INVALID : EXIT_VALID;
	scenario_result_free(&r);
	return status;
}

static int
scenario_command(int argc, char **argv)
{
	int i, status, worst = EXIT_VALID;

	for (i = 0; i < argc; i++) {
		status = one(argv[i]);
		if (status > worst)
			worst = status;
	}
	return worst;
}

const struct command command_scenario = {
	.name = "scenario",
	.arguments = "FILE...",
	.summary = "runs that are told step by step, and what must come of them",
	.text =
	"A scenario says who asks what and when, which faults there are, and "
	"which messages are slow or lost; everything else is as dull as it can "
	"be: a message takes a millisecond, nothing is lost. It is run in "
	"virtual time and compared with what it expects. The exit status is 0 "
	"where all is as expected, 1 where it is not, 2 where a file is "
	"wrong.\n"
	"\n"
	"  # Two reads after a write that is still under way\n"
	"  protocol abd\n"
	"  nodes 3\n"
	"  at 0 client 0 node 0: write key 0 value 1\n"
	"  at 10ms client 1 node 1: read key 0 gives 1 by 20ms\n"
	"  message update 1 from node 0 to node 2 takes 1s\n"
	"  at 100ms for 50ms partition 0|1,2\n"
	"  finally at 0 client 1 node 2: read key 0 gives 1\n"
	"  expect valid\n"
	"\n"
	"What runs is told by protocol, workload, model, nodes, clients, seed, "
	"set NAME=VALUE, topology, latency, timeout and sync-time. What is "
	"expected of an operation stands behind it (gives VALUE, succeeds, "
	"fails, is unsure; by TIME), the rest behind `expect`: valid, invalid "
	"[WORD], unknown, node 2 role=leader by 1s, node 2 claims leader 3 2, "
	"hash HEX. `fracas shrink --scenario` writes such a file.",
	.examples =
	"fracas scenario inversion.scenario\n"
	"fracas scenario tests/*.scenario --protocol ./mine.so",
	.options = options,
	.least = 1,
	.most = -1,
	.run = scenario_command,
};
