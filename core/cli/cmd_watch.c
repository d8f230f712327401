/* SPDX-License-Identifier: MIT */
/* fracas watch: what happens in a running cluster, while it happens. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli/cli.h"
#include "core/cli/reach.h"
#include "core/cli/words.h"
#include "core/run/door.h"

static bool json_wanted;
static bool quiet, url_wanted;
static const char *db = "fracas.db";

static const struct opt options[] = {
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "the store that knows the run (fracas.db)" },
	{ .kind = OPT_FLAG, .letter = 'q', .name = "quiet", .to = &quiet,
	  .help = "without what clients ask and are answered" },
	{ .kind = OPT_FLAG, .name = "url", .to = &url_wanted,
	  .help = "only says the URL of the run's door" },
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "the events as they come, one JSON object a line" },
	{ .kind = OPT_END },
};

static bool
is_operation(const struct value *v)
{
	static const char *const types[] = { "invoke", "ok", "fail", "info" };
	const char *type = value_string(v, "type");
	size_t i;

	for (i = 0; type != NULL && i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* A line at a time reaches whoever reads, also through a pipe. */
static int
each(void *arg, const char *line, size_t size)
{
	struct arena a = { 0 };
	struct fr_err err = { 0 };
	struct value *v;
	struct buf out;

	(void)arg;
	buf_init(&out, 16 << 20);
	if (value_read(&a, line, size, &v, &err) < 0) {
		buf_printf(&out, "%s: %.*s\n", err.text,
			   (int)(size < 200 ? size : 200), line);
	} else if (quiet && is_operation(v)) {
		/* Not wanted. */
	} else if (json_wanted) {
		buf_add(&out, line, size);
		buf_char(&out, '\n');
	} else {
		event_words(&out, v, cli_colour(1));
	}
	cli_print(&out);
	buf_free(&out);
	arena_free(&a);
	/* Nobody reads any more: there is nothing left to do. */
	return fflush(stdout) == 0 ? 0 : 1;
}

static int
watch_run(int argc, char **argv)
{
	struct fr_err err = { 0 };
	char *url;
	int64_t run;
	int result;

	if (reach_door(db, argc > 0 ? argv[0] : "last", &url, &run, &err) < 0) {
		err_wrap(&err, "watch");
		return cli_fail(&err);
	}
	if (url_wanted) {
		printf("%s\n", url);
		free(url);
		return EXIT_VALID;
	}
	result = door_watch(url, each, NULL, &err);
	free(url);
	if (result < 0) {
		if (run != 0)
			err_wrap(&err, "watch: run %" PRId64, run);
		else
			err_wrap(&err, "watch");
		return cli_fail(&err);
	}
	return EXIT_VALID;
}

const struct command command_watch = {
	.name = "watch",
	.arguments = "[RUN]",
	.summary = "see what happens in a running cluster, as it happens",
	.text = "RUN is the number of a run that is running now, `last` (the "
		"default), or the URL of its door. Each event is a line, with "
		"the seconds since the run began. It ends when the run does; "
		"a terminal that is too slow misses some events, and the run "
		"never waits for it.\n",
	.examples = "fracas watch\nfracas watch last --json | jq -c "
		    "'select(.type == \"fault\")'",
	.options = options,
	.most = 1,
	.run = watch_run,
};
