/* SPDX-License-Identifier: MIT */
/*
 * What the option tables say, in three forms: --help, the man page and the
 * completion for bash.  None has words of its own about an option.
 */
#include "core/cli/cli.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_COLUMNS	79u
#define HELP_INDENT	24u

/* ---- paragraphs --------------------------------------------------------- */

/*
 * Cuts `text` into what is told apart by `each`: a paragraph to be filled, or
 * a line to be kept as it is (it began with a blank), or NULL for the gap
 * between two of them.
 */
static void
each_part(const char *text, void (*each)(struct buf *out, const char *part,
	  bool verbatim), struct buf *out)
{
	const char *end, *line;
	char *part;

	while (text != NULL && *text != '\0') {
		if (*text == '\n') {
			each(out, NULL, false);
			text += strspn(text, "\n");
			continue;
		}
		end = text + strcspn(text, "\n");
		if (*text == ' ' || *text == '\t') {
			part = mem_format("%.*s", (int)(end - text), text);
			each(out, part, true);
		} else {
			/* On to an empty line, or one that begins blank. */
			while (*end == '\n' && end[1] != '\0' &&
			       strchr("\n \t", end[1]) == NULL) {
				line = end + 1;
				end = line + strcspn(line, "\n");
			}
			part = mem_format("%.*s", (int)(end - text), text);
			each(out, part, false);
		}
		free(part);
		text = *end == '\n' ? end + 1 : end;
	}
}

/* ---- --help ------------------------------------------------------------- */

static void
blanks(struct buf *out, size_t count)
{
	while (count-- > 0)
		buf_char(out, ' ');
}

static void
help_part(struct buf *out, const char *part, bool verbatim)
{
	if (part == NULL) {
		buf_char(out, '\n');
	} else if (verbatim) {
		buf_printf(out, "%s\n", part);
	} else {
		cli_fill(out, part, 0, 0, HELP_COLUMNS);
		buf_char(out, '\n');
	}
}

const char *
cli_value_name(const struct opt *o)
{
	if (o->kind == OPT_FLAG)
		return NULL;
	if (o->value != NULL)
		return o->value;
	switch (o->kind) {
	case OPT_CHOICE:
		return o->words;
	case OPT_INT:
		return "N";
	case OPT_REAL:
		return "X";
	case OPT_TIME:
		return "TIME";
	case OPT_SIZE:
		return "SIZE";
	case OPT_DIST:
		return "DIST";
	case OPT_SETTING:
		return "NAME=VALUE";
	default:
		return "TEXT";
	}
}

static void
help_option(struct buf *out, const struct opt *o)
{
	const char *value = cli_value_name(o);
	size_t begun = out->size;

	if (o->kind == OPT_GROUP) {
		buf_printf(out, "\n%s:\n", o->name);
		return;
	}
	if (o->letter != '\0')
		buf_printf(out, "  -%c", o->letter);
	else
		buf_text(out, "    ");
	if (o->name != NULL)
		buf_printf(out, "%s--%s", o->letter != '\0' ? ", " : "  ",
			   o->name);
	if (value != NULL)
		buf_printf(out, " %s", value);
	if (out->size - begun + 2 > HELP_INDENT) {
		buf_char(out, '\n');
		begun = out->size;
	}
	blanks(out, HELP_INDENT - (out->size - begun));
	cli_fill(out, o->help, HELP_INDENT, HELP_INDENT, HELP_COLUMNS);
	buf_char(out, '\n');
}

static void
usage(struct buf *out, const struct command *c)
{
	static const char head[] = "usage: fracas  [OPTION ...] ";
	const char *arguments = c->arguments != NULL ? c->arguments : "";
	bool long_line = sizeof head - 1 + strlen(c->name) +
		strlen(arguments) > HELP_COLUMNS;

	buf_printf(out, "fracas %s [OPTION ...]%s%s", c->name,
		   *arguments == '\0' ? "" : long_line ? "\n       " : " ",
		   arguments);
}

/* A sentence's beginning and end, where a summary is only its middle. */
static void
sentence(struct buf *out, const char *summary)
{
	size_t size = strlen(summary);

	buf_char(out, (char)toupper((unsigned char)*summary));
	if (size > 0)
		buf_text(out, summary + 1);
	if (size > 0 && strchr(".!?", summary[size - 1]) == NULL)
		buf_char(out, '.');
}

void
cli_help(const struct command *c, struct buf *out)
{
	const struct opt *o;

	buf_text(out, "usage: ");
	usage(out, c);
	buf_text(out, "\n\n");
	sentence(out, c->summary);
	buf_char(out, '\n');
	if (c->text != NULL && *c->text != '\0') {
		buf_char(out, '\n');
		each_part(c->text, help_part, out);
	}
	if (c->options != NULL && c->options->kind != OPT_END &&
	    c->options->kind != OPT_GROUP)
		buf_text(out, "\nOptions:\n");
	for (o = c->options; o != NULL && o->kind != OPT_END; o++)
		help_option(out, o);
	for (o = cli_common; o->kind != OPT_END; o++)
		help_option(out, o);
	if (c->examples != NULL && *c->examples != '\0') {
		const char *line = c->examples;

		buf_text(out, "\nExamples:\n");
		while (*line != '\0') {
			size_t size = strcspn(line, "\n");

			line += strspn(line, " \t");
			size = strcspn(line, "\n");
			buf_printf(out, "  %.*s\n", (int)size, line);
			line += size;
			line += *line == '\n';
		}
	}
}

void
cli_overview(struct buf *out)
{
	const struct command *const *c;
	const struct heading *h;
	const char *name;

	buf_text(out,
		 "usage: fracas COMMAND [OPTION ...] [ARGUMENT ...]\n\n"
		 "Trial by fault for distributed protocols: real processes, "
		 "a network that is cut\nand clocks that lie, clients, and a "
		 "checker that says whether the protocol kept\nits promise.\n");
	for (c = commands; *c != NULL; c++) {
		for (h = headings; h->before != NULL; h++)
			if (strcmp(h->before, (*c)->name) == 0)
				buf_printf(out, "\n%s:\n", h->text);
		/* The second word of two stands below the first. */
		name = strchr((*c)->name, ' ');
		buf_printf(out, "%s%-*s %s\n", name != NULL ? "   " : "  ",
			   name != NULL ? 9 : 10, name != NULL ? name :
			   (*c)->name, (*c)->summary);
	}
	buf_text(out,
		 "\n'fracas COMMAND --help' says more about one, 'man fracas' "
		 "about all.\n"
		 "It exits with 0 valid, 1 invalid, 2 wrong usage, 3 unknown, "
		 "4 testbed failed.\n");
}

/* ---- the man page ------------------------------------------------------- */

/* Text in troff: what it takes for its own is escaped. */
static void
roff(struct buf *out, const char *text)
{
	bool first = true;

	for (; *text != '\0'; text++) {
		if (first && (*text == '.' || *text == '\''))
			buf_text(out, "\\&");
		switch (*text) {
		case '\\':
			buf_text(out, "\\e");
			break;
		case '-':
			buf_text(out, "\\-");
			break;
		case '\'':
			buf_text(out, "\\(aq");
			break;
		case '`':
			buf_text(out, "\\(ga");
			break;
		case '~':
			buf_text(out, "\\(ti");
			break;
		case '^':
			buf_text(out, "\\(ha");
			break;
		default:
			buf_char(out, *text);
			break;
		}
		first = *text == '\n';
	}
}

/* In one line, between quotes: the argument of a macro. */
static void
roff_argument(struct buf *out, const char *text)
{
	buf_char(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_text(out, "\\(dq");
		else if (*text == '-')
			buf_text(out, "\\-");
		else if (*text == '\\')
			buf_text(out, "\\e");
		else
			buf_char(out, *text == '\n' ? ' ' : *text);
	}
	buf_char(out, '"');
}

/* A line kept as it is, with its own blanks at the front. */
static void
roff_verbatim(struct buf *out, const char *lines)
{
	buf_text(out, ".PP\n.RS 4\n.nf\n");
	while (*lines != '\0') {
		size_t size;
		char *line;

		lines += strspn(lines, "\t");
		size = strcspn(lines, "\n");
		line = mem_format("%.*s", (int)size, lines);
		roff(out, line);
		buf_char(out, '\n');
		free(line);
		lines += size;
		lines += *lines == '\n';
	}
	buf_text(out, ".fi\n.RE\n");
}

static void
man_part(struct buf *out, const char *part, bool verbatim)
{
	if (part == NULL)
		return;
	if (verbatim) {
		roff_verbatim(out, part);
		return;
	}
	buf_text(out, ".PP\n");
	roff(out, part);
	buf_char(out, '\n');
}

static void
man_option(struct buf *out, const struct opt *o)
{
	const char *value = cli_value_name(o);

	if (o->kind == OPT_GROUP) {
		buf_text(out, ".PP\n.I ");
		roff_argument(out, o->name);
		buf_char(out, '\n');
		return;
	}
	buf_text(out, ".TP\n");
	if (o->letter != '\0')
		buf_printf(out, "\\fB\\-%c\\fR%s", o->letter,
			   o->name != NULL ? ", " : "");
	if (o->name != NULL) {
		buf_text(out, "\\fB\\-\\-");
		roff(out, o->name);
		buf_text(out, "\\fR");
	}
	if (value != NULL) {
		buf_text(out, " \\fI");
		roff(out, value);
		buf_text(out, "\\fR");
	}
	buf_char(out, '\n');
	roff(out, o->help);
	buf_char(out, '\n');
}

static void
man_command(struct buf *out, const struct command *c)
{
	const struct opt *o;
	struct buf line;

	buf_init(&line, 4096);
	usage(&line, c);
	buf_text(out, ".SS ");
	roff_argument(out, line.data);
	buf_char(out, '\n');
	buf_clear(&line);
	sentence(&line, c->summary);
	roff(out, line.data);
	buf_char(out, '\n');
	each_part(c->text, man_part, out);
	for (o = c->options; o != NULL && o->kind != OPT_END; o++)
		man_option(out, o);
	if (c->examples != NULL && *c->examples != '\0')
		roff_verbatim(out, c->examples);
	buf_free(&line);
}

/* What holds for all commands; as troff, for it is nobody's --help. */
static const char man_top[] =
	".SH NAME\n"
	"fracas \\- trial by fault for distributed protocols\n"
	".SH SYNOPSIS\n"
	".B fracas\n"
	".I COMMAND\n"
	".RI [ OPTION \" ...] [\" ARGUMENT \" ...]\"\n"
	".SH DESCRIPTION\n"
	"A supervisor starts a process for each node of a distributed "
	"protocol, loaded from\n"
	"a shared object; clients work against them; faults cut the network "
	"and kill, pause and\n"
	"restart processes; everything that is observed goes into an SQLite "
	"file, and a checker\n"
	"says whether the protocol kept its promise, with the evidence.\n"
	".PP\n"
	"Options and arguments may be mixed; what follows \\fB\\-\\-\\fR is "
	"arguments. A value may be\n"
	"written as \\fB\\-\\-name\\fR=\\fIvalue\\fR, \\fB\\-\\-name\\fR "
	"\\fIvalue\\fR, \\fB\\-n\\fR\\fI5\\fR or \\fB\\-n\\fR \\fI5\\fR. "
	"Names are never abbreviated.\n"
	".SH COMMANDS\n";

static const char man_end[] =
	".SH WRITING QUANTITIES\n"
	"Times: 250us, 5ms, 3s, 2m, 1h. Sizes: 512, 64K, 16M, 2G. Ranges: "
	"1..1000.\n"
	"Distributions: const:1ms, uniform:1ms,5ms, exp:2ms, "
	"pareto:1ms,1.5.\n"
	"A protocol or workload is a name, or a path to a shared object (it "
	"has a slash or\n"
	"ends in .so). A stored run is its number, \\fBlast\\fR or "
	"\\fBlast\\-failed\\fR.\n"
	".SH EXIT STATUS\n"
	".TP\n.B 0\nvalid: the promise was kept; or the command did what it "
	"was asked\n"
	".TP\n.B 1\ninvalid: it was broken, and the evidence says how\n"
	".TP\n.B 2\nwrong usage or configuration\n"
	".TP\n.B 3\nunknown: nothing could be said, and why; never a "
	"success\n"
	".TP\n.B 4\nthe testbed itself could not do its work\n"
	".SH ENVIRONMENT\n"
	".TP\n.B FRACAS_PLUGIN_PATH\nfolders, separated by colons, where "
	"protocols, workloads and nemeses are looked for first\n"
	".TP\n.B FRACAS_NODE\nthe program that becomes the nodes, in place "
	"of the installed one\n"
	".TP\n.B NO_COLOR\nwhere set to anything, no colours\n"
	".TP\n.B TMPDIR\nwhere runs keep their files while they last\n"
	".SH FILES\n"
	".TP\n.I fracas.db\nthe runs, in the current folder unless "
	"\\fB\\-\\-db\\fR says otherwise: one SQLite file\n"
	".TP\n.I $TMPDIR/fracas\\-UID/run\\-*\na run's folder, gone when it "
	"ends unless \\fB\\-\\-keep\\fR is given\n"
	".SH SEE ALSO\n"
	".BR sqlite3 (1)\n";

void
cli_man(struct buf *out)
{
	const struct command *const *c;
	const struct opt *o;

	buf_text(out, ".\\\" Made by 'fracas help --man' from the option "
		 "tables.\n");
	buf_printf(out, ".TH FRACAS 1 \"\" \"fracas %s\" \"User Commands\"\n",
		   FRACAS_VERSION);
	buf_text(out, ".nh\n.ad l\n");
	buf_text(out, man_top);
	for (c = commands; *c != NULL; c++)
		man_command(out, *c);
	buf_text(out, ".SH OPTIONS OF EVERY COMMAND\n");
	for (o = cli_common; o->kind != OPT_END; o++)
		if (o->kind != OPT_GROUP)
			man_option(out, o);
	buf_text(out, man_end);
}

/* ---- completion for bash ------------------------------------------------ */

/* Lists of `fracas list --names`, or "files", "runs", "commands". */
struct completes {
	const char *word, *list;
};

/* What may stand as an argument, by the word that stands for it in the help. */
static const struct completes arguments[] = {
	{ "PROTOCOL", "protocols" }, { "RUN|FILE", "runs files" },
	{ "RUN", "runs" }, { "NAME", "all" },
	{ "FILE", "files" }, { "COMMAND", "commands" }, { NULL, NULL },
};

/* What may stand as a value, by the option's name. */
static const struct completes values[] = {
	{ "workload", "workloads" }, { "model", "models conditions" },
	{ "nemesis", "faults" }, { "topology", "topologies" },
	{ NULL, NULL },
};

static const char *
completes(const struct completes *known, const char *word)
{
	size_t size;

	if (word == NULL)
		return NULL;
	word += *word == '[';
	for (; known->word != NULL; known++) {
		size = strlen(known->word);
		if (strncmp(word, known->word, size) == 0 &&
		    !isalnum((unsigned char)word[size]))
			return known->list;
	}
	return NULL;
}

static void
completion_flags(struct buf *out, const struct opt *o)
{
	for (; o != NULL && o->kind != OPT_END; o++)
		if (o->kind != OPT_GROUP && o->name != NULL)
			buf_printf(out, "--%s ", o->name);
}

/* A pattern of bash: a name of two words has its blank quoted. */
static void
completion_name(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++) {
		if (*name == ' ')
			buf_char(out, '\\');
		buf_char(out, *name);
	}
}

/* A command of two words: first the second is offered, then it is one. */
static void
completion_second(struct buf *out, const struct command *c, bool offer)
{
	const char *blank = strchr(c->name, ' ');

	if (blank == NULL)
		return;
	if (offer)
		buf_printf(out, "\tcase $COMP_CWORD:$command in 2:%.*s) "
			   "words+=' %s' ;; esac\n", (int)(blank - c->name),
			   c->name, blank + 1);
	else
		buf_printf(out, "\tcase $COMP_CWORD:$command:${COMP_WORDS[2]-}"
			   " in 2:*) ;; *:%.*s:%s) command='%s' ;; esac\n",
			   (int)(blank - c->name), c->name, blank + 1,
			   c->name);
}

/* One case a value: `run:--world|run:-w) words="live sim" ;;`. */
static void
completion_values(struct buf *out, const char *command, const struct opt *o)
{
	const char *list;

	for (; o != NULL && o->kind != OPT_END; o++) {
		if (o->kind == OPT_GROUP || o->kind == OPT_FLAG)
			continue;
		list = completes(values, o->name);
		if (list == NULL && strstr(cli_value_name(o), "FILE") != NULL)
			list = "files";
		buf_char(out, '\t');
		completion_name(out, command);
		buf_printf(out, ":--%s", o->name);
		if (o->letter != '\0') {
			buf_char(out, '|');
			completion_name(out, command);
			buf_printf(out, ":-%c", o->letter);
		}
		buf_text(out, ") ");
		if (o->kind == OPT_CHOICE) {
			const char *p;

			buf_text(out, "words='");
			for (p = o->words; *p != '\0'; p++)
				buf_char(out, *p == '|' ? ' ' : *p);
			buf_text(out, "' list='' ;;\n");
		} else {
			buf_printf(out, "words='' list='%s' ;;\n",
				   list != NULL ? list : "none");
		}
	}
}

static void
completion_command(struct buf *out, const struct command *c)
{
	const char *list = completes(arguments, c->arguments);
	bool words = list == NULL && c->arguments != NULL &&
		c->arguments[0] == '[' && strchr(c->arguments, '|') != NULL;

	buf_text(out, "\t");
	completion_name(out, c->name);
	buf_text(out, ") flags='");
	completion_flags(out, c->options);
	completion_flags(out, cli_common);
	buf_text(out, "'");
	if (words) {
		const char *p;

		buf_text(out, " words='");
		for (p = c->arguments; *p != '\0'; p++)
			buf_char(out, strchr("[]|", *p) != NULL ? ' ' : *p);
		buf_text(out, "'");
	} else if (list != NULL) {
		buf_printf(out, " list='%s'", list);
	}
	buf_text(out, " ;;\n");
}

static const char completion_end[] =
	"\tfor list in $list; do case $list in\n"
	"\tfiles) compopt -o default ;;\n"
	"\truns) words+=' last last-failed' ;;\n"
	"\tall) words+=\" $(\"$1\" list --names 2>/dev/null)\" ;;\n"
	"\tnone|commands) ;;\n"
	"\t*) words+=\" $(\"$1\" list --names \"$list\" 2>/dev/null)\" ;;\n"
	"\tesac; done\n"
	"\t# Paths to shared objects are protocols and workloads too.\n"
	"\tcase $list in protocols|workloads|all) compopt -o default ;; "
	"esac\n"
	"\t# Faults are a list: what is before the last comma stays.\n"
	"\tlocal before=''\n"
	"\tcase $list:$word in faults:*,*) before=${word%,*}, ;; esac\n"
	"\tmapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$words\" -- "
	"\"${word#\"$before\"}\")\n"
	"}\n"
	"complete -F _fracas fracas\n";

void
cli_completion(struct buf *out)
{
	const struct command *const *c;

	buf_text(out,
		 "# bash completion for fracas, made by 'fracas help "
		 "--completion'\n"
		 "_fracas()\n{\n"
		 "\tlocal word=$2 previous=$3 command=${COMP_WORDS[1]-}\n"
		 "\tlocal flags='' words='' list=''\n"
		 "\tCOMPREPLY=()\n");
	for (c = commands; *c != NULL; c++)
		completion_second(out, *c, false);
	buf_text(out, "\tcase $command in\n");
	for (c = commands; *c != NULL; c++)
		completion_command(out, *c);
	buf_text(out, "\tesac\n");
	for (c = commands; *c != NULL; c++)
		completion_second(out, *c, true);
	buf_text(out,
		 "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		 "\t\tflags='--help --version' list='' words='");
	for (c = commands; *c != NULL; c++)
		buf_printf(out, "%.*s ", (int)strcspn((*c)->name, " "),
			   (*c)->name);
	buf_text(out,
		 "'\n\tfi\n"
		 "\tcase $command:$previous in\n");
	for (c = commands; *c != NULL; c++)
		completion_values(out, (*c)->name, (*c)->options);
	buf_text(out,
		 "\t*:--color) words='auto always never' list='' ;;\n"
		 "\t*) case $word in -*) words=$flags list='' ;; esac ;;\n"
		 "\tesac\n");
	buf_text(out, completion_end);
}
