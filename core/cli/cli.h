/* SPDX-License-Identifier: MIT */
/*
 * The commands: one source file and one option table each, from which reading
 * the arguments, --help, the man page and shell completion come, so that none
 * can drift from the others.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/units.h"

enum opt_kind {
	OPT_END,
	OPT_GROUP,		/* a heading in the help                       */
	OPT_FLAG,		/* bool                                        */
	OPT_TEXT,		/* const char *                                */
	OPT_INT,		/* int64_t, within min .. max                  */
	OPT_REAL,		/* double, within min .. max                   */
	OPT_TIME,		/* int64_t ns, within min .. max               */
	OPT_SIZE,		/* uint64_t, within min .. max                 */
	OPT_DIST,		/* struct dist                                 */
	OPT_CHOICE,		/* const char *, one of `words` ("a|b|c")      */
	OPT_SETTING		/* struct settings: NAME=VALUE, may repeat     */
};

struct opt {
	enum opt_kind kind;
	char letter;		/* 0: none                                     */
	const char *name;	/* without dashes; for a group, the heading    */
	const char *value;	/* what stands for its value in the help       */
	void *to;
	int64_t min, max;
	const char *words;
	const char *help;	/* says the default itself                     */
};

struct settings {
	struct setting_item {
		const char *name, *value;
	} *at;
	size_t count, room;
};

/*
 * In `text`, paragraphs stand between empty lines and are filled anew; a line
 * that begins with a blank is kept as it is.
 */
struct command {
	const char *name;	/* one word, or two: "campaign report"         */
	const char *arguments;	/* "PROTOCOL", "[RUN]"                         */
	const char *summary;	/* one line                                    */
	const char *text;	/* some paragraphs for help and man page       */
	const char *examples;	/* lines that can be pasted                    */
	const struct opt *options;
	int least, most;	/* how many arguments; most -1: any number     */
	int (*run)(int argc, char **argv);	/* arguments only; exit status */
};

/* Each in cmd_NAME.c; main.c lists them. */
extern const struct command command_run, command_runs, command_show,
	command_check, command_list, command_describe, command_new,
	command_lint, command_doctor, command_ctl, command_watch,
	command_import, command_export,
	command_campaign, command_campaign_report, command_compare,
	command_merge,
	command_sim, command_replay, command_shrink, command_scenario;

extern const struct command *const commands[];	/* ended by NULL */

/* Headings of the overview, each before the command that it names. */
struct heading {
	const char *before;
	const char *text;
};

extern const struct heading headings[];		/* ended by NULL */

/*
 * Reads options into the table's targets; what is left are arguments.  On
 * --help prints it and exits 0; on an error prints one line and exits 2.
 * Every command also has --color and --help.  Where min and max are both 0, a
 * number has no bounds (but times and sizes are never negative).
 */
void cli_parse(const struct command *c, int *argc, char ***argv);
/* The same without printing or ending: 1 when help is wanted, 0, or -1. */
int cli_read(const struct command *c, int *argc, char ***argv,
	     struct fr_err *err);
/* The options that every command has; ended by OPT_END. */
extern const struct opt cli_common[];
/* What stands for its value in the help: "N", the words of a choice; NULL for
 * a flag. */
const char *cli_value_name(const struct opt *o);
void cli_overview(struct buf *out);
void cli_help(const struct command *c, struct buf *out);
void cli_man(struct buf *out);			/* the whole fracas(1)         */
void cli_completion(struct buf *out);		/* for bash                    */

/* Prints "fracas: message" and gives the status to exit with. */
int cli_fail(const struct fr_err *err);

/* Whether stdout (1) or stderr (2) takes colour: --color, NO_COLOR, a tty. */
bool cli_colour(int fd);
extern const char *cli_colour_choice;		/* "auto" "always" "never"     */
/*
 * A table for people: cells separated by tabs, rows by newlines, aligned by
 * what they take on a terminal (UTF-8; colours take nothing); a column of
 * numbers is set to the right.  On a terminal the last column is broken to
 * stay within it.
 */
void cli_table(const char *text, struct buf *out);
/* The same for so many columns; 0: as wide as it gets. */
void cli_table_fit(const char *text, size_t columns, struct buf *out);
/* Adds text as a cell, or a part of one: without tabs and newlines. */
void cli_cell(struct buf *rows, const char *text);
/* How many columns a text of one line takes. */
size_t cli_width(const char *text, size_t size);
/* `text` filled into lines of at most `columns`, behind `indent` blanks from
 * the second line on; the first begins at column `at`. */
void cli_fill(struct buf *out, const char *text, size_t at, size_t indent,
	      size_t columns);
/* Writes all of it to stdout; what goes wrong shows at the end of main. */
void cli_print(const struct buf *out);
int cli_print_errno(void);	/* of a write that failed, or 0 */

#endif
