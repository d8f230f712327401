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
	.most = 2,
	.run = help_run,
};

const struct command *const commands[] = {
	&command_run, &command_sim, &command_campaign,
	&command_campaign_report, &command_watch, &command_ctl,
	&command_runs, &command_show, &command_replay, &command_shrink,
	&command_scenario, &command_check,
	&command_compare, &command_merge,
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

/* `words`, ended by NULL, begin with the command's name; takes them along. */
static bool
is_named(const struct command *c, char ***words)
{
	size_t size = strcspn(c->name, " ");
	const char *second = c->name[size] == ' ' ? c->name + size + 1 : NULL;
	char **w = *words;

	if (strlen(w[0]) != size || memcmp(w[0], c->name, size) != 0 ||
	    (second != NULL && (w[1] == NULL || strcmp(w[1], second) != 0)))
		return false;
	*words += second != NULL ? 2 : 1;
	return true;
}

/* A name of two words goes before one of its first alone. */
static const struct command *
command_find(char ***words, struct fr_err *err)
{
	const char *names[COMMANDS], *near, *name = **words;
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (strchr(commands[i]->name, ' ') != NULL &&
		    is_named(commands[i], words))
			return commands[i];
	for (i = 0; i < COMMANDS; i++) {
		if (is_named(commands[i], words))
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
	char *two[] = { argc > 0 ? argv[0] : NULL, argc > 1 ? argv[1] : NULL,
			NULL }, **words = two;
	const struct command *c;
	struct fr_err err = { 0 };
	struct buf out;

	buf_init(&out, 1 << 22);
	if (argc > 0) {
		c = command_find(&words, &err);
		if (c != NULL && *words != NULL)
			err_usage(&err, "help: '%s' is one argument too many; "
				  "'fracas help' lists the commands", *words);
		if (c == NULL || *words != NULL)
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
	char **words;

	if (argc < 2)
		return finish(help_run(0, NULL));
	if (argv[1][0] == '-')
		return finish(without_command(argv[1]));
	words = argv + 1;
	c = command_find(&words, &err);
	if (c == NULL)
		return cli_fail(&err);
	argc -= (int)(words - argv);
	argv = words;
	cli_parse(c, &argc, &argv);
	return finish(c->run(argc, argv));
}
