/* SPDX-License-Identifier: MIT */
/* fracas merge: the results of a campaign's shards in one file. */
#include <inttypes.h>
#include <stdio.h>

#include "core/base/json.h"
#include "core/campaign/merge.h"
#include "core/cli/cli.h"

static bool json_wanted, quiet;

static const struct opt options[] = {
	{ .kind = OPT_FLAG, .letter = 'q', .name = "quiet", .to = &quiet,
	  .help = "says nothing where it works" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "what came together, as a JSON object" },
	{ .kind = OPT_END },
};

static void
tell(const struct merged *m, const char *out, int files, struct buf *to)
{
	struct json j;

	if (json_wanted) {
		j = json_begin(to);
		json_text(&j, "type", "merged");
		json_int(&j, "files", files);
		json_int(&j, "added", (int64_t)m->runs);
		json_int(&j, "there", (int64_t)m->there);
		json_int(&j, "runs", (int64_t)m->all);
		json_int(&j, "cells", (int64_t)m->cells);
		json_int(&j, "open", (int64_t)m->open);
		json_done(&j);
		return;
	}
	buf_printf(to, "%s: %" PRIu64 " run%s of %" PRIu64 " cell%s; %" PRIu64
		   " came from %d file%s", out, m->all, m->all == 1 ? "" : "s",
		   m->cells, m->cells == 1 ? "" : "s", m->runs, files,
		   files == 1 ? "" : "s");
	if (m->there > 0)
		buf_printf(to, ", %" PRIu64 " were there already", m->there);
	buf_char(to, '\n');
	if (m->open > 0)
		buf_printf(to, "%" PRIu64 " cell%s not all of %s runs yet\n",
			   m->open, m->open == 1 ? " has" : "s have",
			   m->open == 1 ? "its" : "their");
}

static int
merge_run(int argc, char **argv)
{
	struct fr_err err = { 0 };
	struct merged m;
	struct buf out;

	if (results_merge(argv[0], argv + 1, (size_t)argc - 1, &m, &err) < 0)
		return cli_fail(&err);
	buf_init(&out, 1 << 16);
	if (!quiet || json_wanted)
		tell(&m, argv[0], argc - 1, &out);
	if (out.size > 0)
		cli_print(&out);
	buf_free(&out);
	return EXIT_VALID;
}

const struct command command_merge = {
	.name = "merge",
	.arguments = "OUT.db IN.db...",
	.summary = "join the results of a campaign's shards in one file",
	.text = "The shards of a campaign (fracas campaign --shard I/N) on "
		"several machines come to the same totals as one machine: "
		"OUT.db gets all of their results, with the runs that are "
		"stored in full, and can be reported on, compared and gone on "
		"with like any other. Where it is there already, it is added "
		"to.\n\n"
		"Results of different campaign files, builds or versions are "
		"refused, and so is a run that came out differently in two "
		"files. Whatever happens, OUT.db is as before, or complete.\n",
	.examples = "fracas merge nightly.db shard-1.db shard-2.db\n"
		    "fracas merge nightly.db shard-*.db && "
		    "fracas campaign report nightly.db",
	.options = options,
	.least = 2,
	.most = -1,
	.run = merge_run,
};
