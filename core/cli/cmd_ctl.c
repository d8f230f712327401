/* SPDX-License-Identifier: MIT */
/* fracas ctl: one command to a running cluster, and its answer. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli/cli.h"
#include "core/cli/reach.h"
#include "core/cli/words.h"
#include "core/run/door.h"

static bool json_wanted;
static const char *db = "fracas.db";
static int64_t limit = 10 * INT64_C(1000000000);

static const struct opt options[] = {
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "the store that knows the run (fracas.db)" },
	{ .kind = OPT_TIME, .name = "limit", .to = &limit, .min = 1000000,
	  .max = 3600 * INT64_C(1000000000),
	  .help = "how long to wait for the answer (10s)" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "the answer as it came, one JSON object" },
	{ .kind = OPT_END },
};

/* The answer, in words or as it came.  One that says what was wrong with the
 * command exits with 2. */
static int
tell(const struct buf *reply, struct fr_err *err)
{
	struct arena a = { 0 };
	struct value *v;
	struct buf out;
	const char *type, *text;
	bool wrong;

	if (value_read(&a, reply->size > 0 ? reply->data : "", reply->size,
		       &v, err) < 0) {
		err_wrap(err, "ctl: the answer");
		arena_free(&a);
		return cli_fail(err);
	}
	type = value_string(v, "type");
	text = value_string(v, "text");
	wrong = type != NULL && strcmp(type, "error") == 0;
	buf_init(&out, 4 << 20);
	if (json_wanted) {
		buf_add(&out, reply->data, reply->size);
		if (out.data[out.size - 1] != '\n')
			buf_char(&out, '\n');
	} else if (wrong) {
		err_usage(err, "ctl: %s", text != NULL ? text : "refused");
		cli_fail(err);
	} else if (text != NULL) {
		buf_printf(&out, "%s\n", text);
	} else {
		answer_words(&out, v);
	}
	cli_print(&out);
	buf_free(&out);
	arena_free(&a);
	return wrong ? EXIT_USAGE : EXIT_VALID;
}

static int
ctl_run(int argc, char **argv)
{
	struct fr_err err = { 0 };
	struct buf line, reply;
	char *url;
	int64_t run;
	int i, status;

	if (reach_door(db, argv[0], &url, &run, &err) < 0) {
		err_wrap(&err, "ctl");
		return cli_fail(&err);
	}
	buf_init(&line, 1 << 20);
	buf_init(&reply, 4 << 20);
	for (i = 1; i < argc; i++)
		buf_printf(&line, "%s%s", i > 1 ? " " : "", argv[i]);
	if (door_call(url, line.size > 0 ? line.data : "", limit, &reply,
		      &err) < 0) {
		if (run != 0)
			err_wrap(&err, "ctl: run %" PRId64, run);
		else
			err_wrap(&err, "ctl");
		status = cli_fail(&err);
	} else {
		status = tell(&reply, &err);
	}
	buf_free(&reply);
	buf_free(&line);
	free(url);
	return status;
}

const struct command command_ctl = {
	.name = "ctl",
	.arguments = "RUN COMMAND...",
	.summary = "send a command to a running cluster",
	.text = "RUN is the number of a run that is running now, `last`, or "
		"the URL of its door. COMMAND is one of:\n"
		"\n"
		"  status                how the cluster stands\n"
		"  kill 3                ends a node, or several: 0,3\n"
		"  restart 3             starts a node that is down\n"
		"  pause 3, resume 3     stops a node where it is\n"
		"  partition 0,1|2,3,4   cuts the network between groups\n"
		"  heal                  ends every fault that is on\n"
		"  stop                  ends the run in order, and judges it\n"
		"  help                  all there are\n"
		"\n"
		"What the shell takes for its own, as '|', needs quotes.\n",
	.examples = "fracas ctl last status\n"
		    "fracas ctl last kill 3\n"
		    "fracas ctl last 'partition 0,1|2,3,4'",
	.options = options,
	.least = 2,
	.most = -1,
	.run = ctl_run,
};
