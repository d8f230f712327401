/* SPDX-License-Identifier: MIT */
/*
 * fracas: finds the command, reads its options, runs it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/cli/cli.h"

static bool man_wanted, completion_wanted;

static int
help_run(int argc, char **argv);

static const struct opt help_options[] = {
	{ .kind = OPT_FLAG, .name = "man", .to = &man_wanted,
	  .help = "writes the whole man page, for man -l" },
	{ .kind = OPT_FLAG, .name = "completion", .to = &completion_wanted,
	  .help = "writes the completion for bash, for source" },
	{ .kind = OPT_END },
};

static const struct command command_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.summary = "what there is, and more about one command",
	.examples = "fracas help run\nfracas help --man | man -l -\n"
		    "source <(fracas help --completion)",
	.options = help_options,
	.most = 1,
	.run = help_run,
};

const struct command *const commands[] = {
	&command_run, &command_sim, &command_campaign, &command_watch, &command_ctl,
	&command_runs, &command_show, &command_replay, &command_shrink,
	&command_scenario, &command_check,
	&command_import, &command_export,
	&command_list, &command_describe,
	&command_new, &command_lint,
	&command_doctor, &command_help,
	NULL,
};

const struct heading headings[] = {
	{ "run", "Try a protocol" },
	{ "runs", "Look at what was stored" },
	{ "list", "What is installed" },
	{ "new", "Write a protocol" },
	{ "doctor", "Help" },
	{ NULL, NULL },
};

#define COMMANDS (sizeof commands / sizeof *commands - 1)

static const struct command *
command_find(const char *name, struct fr_err *err)
{
	const char *names[COMMANDS], *near;
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
		names[i] = commands[i]->name;
	}
	near = nearest_word(name, names, COMMANDS, sizeof *names);
	if (near != NULL)
		err_usage(err, "there is no command '%s'; did you mean '%s'?",
			  name, near);
	else
		err_usage(err, "there is no command '%s'; 'fracas help' "
			  "lists them", name);
	return NULL;
}

static int
help_run(int argc, char **argv)
{
	const struct command *c;
	struct fr_err err = { 0 };
	struct buf out;

	buf_init(&out, 1 << 22);
	if (argc > 0) {
		c = command_find(argv[0], &err);
		if (c == NULL)
			return cli_fail(&err);
		cli_help(c, &out);
	} else if (man_wanted) {
		cli_man(&out);
	} else if (completion_wanted) {
		cli_completion(&out);
	} else {
		cli_overview(&out);
	}
	cli_print(&out);
	buf_free(&out);
	return EXIT_VALID;
}

/* What stands before the command: only what asks about fracas itself. */
static int
without_command(const char *text)
{
	static const char *const known[] = { "--help", "--version" };
	struct fr_err err = { 0 };
	const char *near;

	if (strcmp(text, "--version") == 0 || strcmp(text, "-V") == 0) {
		printf("fracas %s\n", FRACAS_VERSION);
		return EXIT_VALID;
	}
	if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0)
		return help_run(0, NULL);
	near = nearest_word(text, known, 2, sizeof *known);
	if (near != NULL)
		err_usage(&err, "there is no option '%s'; did you mean '%s'?",
			  text, near);
	else
		err_usage(&err, "the command comes before options such as "
			  "'%s'; 'fracas help' lists the commands", text);
	return cli_fail(&err);
}

/* A result that could not be written is not a result. */
static int
finish(int status)
{
	struct fr_err err = { 0 };

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == 0)
		errno = cli_print_errno();
	err_sys(&err, "write to the standard output");
	return cli_fail(&err);
}

int
main(int argc, char **argv)
{
	const struct command *c;
	struct fr_err err = { 0 };

	if (argc < 2)
		return finish(help_run(0, NULL));
	if (argv[1][0] == '-')
		return finish(without_command(argv[1]));
	c = command_find(argv[1], &err);
	if (c == NULL)
		return cli_fail(&err);
	argc -= 2;
	argv += 2;
	cli_parse(c, &argc, &argv);
	return finish(c->run(argc, argv));
}
