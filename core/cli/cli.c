/* SPDX-License-Identifier: MIT */
/*
 * Reading a command's arguments by its option table, and what every command
 * says in the same manner: errors, colour, tables.
 *
 * There is no abbreviation of long options: what a script says today must
 * mean the same when there are more options tomorrow.
 */
#include "core/cli/cli.h"

#include <errno.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *cli_colour_choice = "auto";

static bool help_wanted;

const struct opt cli_common[] = {
	{ .kind = OPT_GROUP, .name = "General" },
	{ .kind = OPT_CHOICE, .name = "color", .value = "WHEN",
	  .to = &cli_colour_choice, .words = "auto|always|never",
	  .help = "colours: auto (on a terminal, unless NO_COLOR is set), "
		  "always, never" },
	{ .kind = OPT_FLAG, .letter = 'h', .name = "help", .to = &help_wanted,
	  .help = "says this" },
	{ .kind = OPT_END },
};

/* ---- one value ---------------------------------------------------------- */

/* `text` is one of "a|b|c". */
static int
read_choice(const char *text, const char *words, struct fr_err *err)
{
	char *copy = mem_string(words), *word, *rest = copy;
	const char *list[64], *near;
	struct buf all;
	size_t count = 0, i;
	bool found = false;

	buf_init(&all, 4096);
	while ((word = strsep(&rest, "|")) != NULL) {
		FR_ASSERT(count < sizeof list / sizeof *list);
		list[count++] = word;
		found = found || strcmp(word, text) == 0;
	}
	for (i = 0; i < count; i++)
		buf_printf(&all, "%s%s",
			   i == 0 ? "" : i + 1 < count ? ", " : " or ",
			   list[i]);
	near = nearest_word(text, list, count, sizeof *list);
	if (!found && near != NULL)
		err_usage(err, "'%s' is not %s; did you mean '%s'?", text,
			  all.data, near);
	else if (!found)
		err_usage(err, "'%s' is not %s", text, all.data);
	buf_free(&all);
	free(copy);
	return found ? 0 : -1;
}

static int
read_setting(const char *text, struct settings *s, struct fr_err *err)
{
	const char *equals = strchr(text, '=');
	struct setting_item *item;
	char *name;

	if (equals == NULL || equals == text)
		return err_usage(err, "'%s' is not NAME=VALUE", text);
	mem_grow(&s->at, &s->room, s->count + 1, sizeof *s->at);
	item = &s->at[s->count++];
	name = mem_string(text);
	name[equals - text] = '\0';
	item->name = name;
	item->value = name + (equals - text) + 1;
	return 0;
}

static int
read_value(const struct opt *o, const char *text, struct fr_err *err)
{
	bool bounded = o->min != 0 || o->max != 0;
	int64_t top = bounded ? o->max : INT64_MAX;

	switch (o->kind) {
	case OPT_TEXT:
		*(const char **)o->to = text;
		return 0;
	case OPT_INT:
		return read_int(text, bounded ? o->min : INT64_MIN, top, o->to,
				err);
	case OPT_REAL:
		return read_real(text, bounded ? (double)o->min : -1e300,
				 bounded ? (double)o->max : 1e300, o->to, err);
	case OPT_TIME:
		return read_time(text, o->min, top, o->to, err);
	case OPT_SIZE:
		return read_size(text, (uint64_t)o->min,
				 bounded ? (uint64_t)o->max : UINT64_MAX,
				 o->to, err);
	case OPT_DIST:
		return read_dist(text, o->to, err);
	case OPT_CHOICE:
		if (read_choice(text, o->words, err) < 0)
			return -1;
		*(const char **)o->to = text;
		return 0;
	case OPT_SETTING:
		return read_setting(text, o->to, err);
	case OPT_END:
	case OPT_GROUP:
	case OPT_FLAG:
		break;
	}
	FR_ASSERT(!"an option that takes no value was given one");
	return -1;
}

/* ---- one option --------------------------------------------------------- */

struct reader {
	const struct command *command;
	int argc, next;
	char **argv;
};

static const struct opt *
find_in(const struct opt *o, char letter, const char *name, size_t size)
{
	for (; o != NULL && o->kind != OPT_END; o++) {
		if (o->kind == OPT_GROUP)
			continue;
		if (letter != '\0' ? o->letter == letter :
		    o->name != NULL && strlen(o->name) == size &&
		    memcmp(o->name, name, size) == 0)
			return o;
	}
	return NULL;
}

/* By its letter, or where that is 0 by `size` bytes of its name. */
static const struct opt *
find(const struct command *c, char letter, const char *name, size_t size)
{
	const struct opt *o = find_in(c->options, letter, name, size);

	return o != NULL ? o : find_in(cli_common, letter, name, size);
}

static size_t
names_in(const struct opt *o, const char **names, size_t count, size_t max)
{
	for (; o != NULL && o->kind != OPT_END; o++)
		if (o->kind != OPT_GROUP && o->name != NULL && count < max)
			names[count++] = o->name;
	return count;
}

static int
unknown_name(const struct command *c, const char *name, size_t size,
	     struct fr_err *err)
{
	const char *names[128], *near;
	char word[64];
	size_t count;

	count = names_in(c->options, names, 0, 128);
	count = names_in(cli_common, names, count, 128);
	snprintf(word, sizeof word, "%.*s", (int)(size < 63 ? size : 63), name);
	near = nearest_word(word, names, count, sizeof *names);
	if (near != NULL)
		return err_usage(err, "there is no option '--%s'; did you "
				 "mean '--%s'?", word, near);
	return err_usage(err, "there is no option '--%s'; 'fracas %s --help' "
			 "lists them", word, c->name);
}

/*
 * What stands behind an option that takes a value.  "-1" and "-.5" are values,
 * "-" is one too; another option is not, it must be said as --name=-value.
 */
static int
next_value(struct reader *r, const char *option, const struct opt *o,
	   const char **value, struct fr_err *err)
{
	const char *text;

	if (r->next == r->argc)
		return err_usage(err, "%s needs a value: %s", option,
				 cli_value_name(o));
	text = r->argv[r->next];
	if (text[0] == '-' && text[1] != '\0' && text[1] != '.' &&
	    !isdigit((unsigned char)text[1]))
		return err_usage(err, "%s needs a value, and '%s' looks like "
				 "an option", option, text);
	r->next++;
	*value = text;
	return 0;
}

static int
set(const struct opt *o, const char *option, const char *value,
    struct fr_err *err)
{
	if (read_value(o, value, err) < 0)
		return err_wrap(err, "%s", option);
	return 0;
}

static int
long_option(struct reader *r, const char *text, struct fr_err *err)
{
	const char *name = text + 2, *equals = strchr(name, '='), *value;
	size_t size = equals != NULL ? (size_t)(equals - name) : strlen(name);
	const struct opt *o = find(r->command, '\0', name, size);
	char option[80];

	if (o == NULL)
		return unknown_name(r->command, name, size, err);
	snprintf(option, sizeof option, "--%s", o->name);
	if (o->kind == OPT_FLAG) {
		if (equals != NULL)
			return err_usage(err, "%s takes no value", option);
		*(bool *)o->to = true;
		return 0;
	}
	if (equals != NULL)
		value = equals + 1;
	else if (next_value(r, option, o, &value, err) < 0)
		return -1;
	return set(o, option, value, err);
}

/* "-qn5": letters, the last of which may have its value behind it. */
static int
short_options(struct reader *r, const char *text, struct fr_err *err)
{
	const char *value;
	const struct opt *o;
	char option[3] = "-?";

	for (text++; *text != '\0'; text++) {
		option[1] = *text;
		o = find(r->command, *text, NULL, 0);
		if (o == NULL)
			return err_usage(err, "there is no option '%s'; "
					 "'fracas %s --help' lists them",
					 isprint((unsigned char)*text) ?
					 option : "-?", r->command->name);
		if (o->kind == OPT_FLAG) {
			*(bool *)o->to = true;
			continue;
		}
		if (text[1] != '\0')
			value = text + 1;
		else if (next_value(r, option, o, &value, err) < 0)
			return -1;
		return set(o, option, value, err);
	}
	return 0;
}

/* ---- all of them -------------------------------------------------------- */

/* The word of "PROTOCOL [RUN] FILE..." that stands at `index`. */
static void
argument_name(const char *arguments, int index, char *name, size_t max)
{
	const char *end;

	snprintf(name, max, "an argument");
	if (arguments == NULL)
		return;
	for (;; index--) {
		arguments += strspn(arguments, " ");
		end = arguments + strcspn(arguments, " ");
		if (end == arguments)
			return;
		if (index == 0)
			break;
		arguments = end;
	}
	while (end > arguments && end[-1] == '.')
		end--;
	snprintf(name, max, "%.*s", (int)(end - arguments), arguments);
}

static int
check_count(const struct command *c, int count, char **arguments,
	    struct fr_err *err)
{
	char name[80];

	if (count < c->least) {
		argument_name(c->arguments, count, name, sizeof name);
		return err_usage(err, "%s is missing; 'fracas %s --help' says "
				 "more", name, c->name);
	}
	if (c->most >= 0 && count > c->most)
		return err_usage(err, "'%s' is one argument too many; 'fracas "
				 "%s --help' says more", arguments[c->most],
				 c->name);
	return 0;
}

int
cli_read(const struct command *c, int *argc, char ***argv, struct fr_err *err)
{
	struct reader r = { .command = c, .argc = *argc, .argv = *argv };
	bool only_arguments = false;
	int count = 0, result;
	char *text;

	help_wanted = false;
	while (r.next < r.argc) {
		text = r.argv[r.next++];
		if (only_arguments || text[0] != '-' || text[1] == '\0' ||
		    (isdigit((unsigned char)text[1]) &&
		     find(c, text[1], NULL, 0) == NULL)) {
			/* Never overtakes r.next: what it replaces was read. */
			r.argv[count++] = text;
			continue;
		}
		if (strcmp(text, "--") == 0) {
			only_arguments = true;
			continue;
		}
		result = text[1] == '-' ? long_option(&r, text, err) :
			 short_options(&r, text, err);
		if (result < 0)
			return err_wrap(err, "%s", c->name);
		if (help_wanted)
			return 1;
	}
	if (check_count(c, count, r.argv, err) < 0)
		return err_wrap(err, "%s", c->name);
	*argc = count;
	return 0;
}

void
cli_parse(const struct command *c, int *argc, char ***argv)
{
	struct fr_err err = { 0 };
	struct buf out;
	int result = cli_read(c, argc, argv, &err);

	if (result < 0)
		exit(cli_fail(&err));
	if (result > 0) {
		buf_init(&out, 1 << 20);
		cli_help(c, &out);
		cli_print(&out);
		buf_free(&out);
		exit(fflush(stdout) == 0 ? EXIT_VALID : EXIT_TESTBED);
	}
}

int
cli_fail(const struct fr_err *err)
{
	fflush(stdout);
	fprintf(stderr, "%sfracas:%s %s\n", cli_colour(2) ? "\033[31m" : "",
		cli_colour(2) ? "\033[0m" : "", err->text);
	return err->status != 0 ? err->status : EXIT_TESTBED;
}

bool
cli_colour(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (strcmp(cli_colour_choice, "always") == 0)
		return true;
	if (strcmp(cli_colour_choice, "never") == 0)
		return false;
	return (no == NULL || *no == '\0') && isatty(fd) &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

/* Of the first write that failed: at the end stdio has forgotten it. */
static int print_errno;

void
cli_print(const struct buf *out)
{
	if (out->size > 0 &&
	    fwrite(out->data, 1, out->size, stdout) < out->size &&
	    print_errno == 0)
		print_errno = errno;
}

int
cli_print_errno(void)
{
	return print_errno;
}
