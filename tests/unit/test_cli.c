/* SPDX-License-Identifier: MIT */
/* core/cli: options, help, tables, words, and what a file says of itself. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cli/cli.h"
#include "core/base/elf.h"
#include "core/cli/value.h"
#include "core/cli/words.h"

/* ---- a command with an option of every kind ----------------------------- */

static bool quiet, verbose;
static const char *name, *world;
static int64_t nodes, length;
static double rate;
static uint64_t size;
static struct dist delay;
static struct settings settings;

static const struct opt options[] = {
	{ .kind = OPT_INT, .letter = 'n', .name = "nodes", .to = &nodes,
	  .min = 1, .max = 1024, .help = "how many nodes there are (5)" },
	{ .kind = OPT_TEXT, .letter = 'w', .name = "workload",
	  .value = "WORKLOAD", .to = &name, .help = "what clients do" },
	{ .kind = OPT_TIME, .letter = 't', .name = "time", .to = &length,
	  .max = 3600 * INT64_C(1000000000), .help = "how long" },
	{ .kind = OPT_REAL, .letter = 'r', .name = "rate", .to = &rate,
	  .min = 0, .max = 1000, .help = "operations a second" },
	{ .kind = OPT_GROUP, .name = "The network" },
	{ .kind = OPT_SIZE, .name = "size", .to = &size, .help = "bytes" },
	{ .kind = OPT_DIST, .name = "latency", .to = &delay,
	  .help = "how long a message takes" },
	{ .kind = OPT_CHOICE, .name = "world", .to = &world,
	  .words = "live|sim", .help = "where" },
	{ .kind = OPT_SETTING, .name = "set", .to = &settings,
	  .help = "a parameter" },
	{ .kind = OPT_FLAG, .letter = 'q', .name = "quiet", .to = &quiet,
	  .help = "says less" },
	{ .kind = OPT_FLAG, .letter = 'v', .name = "verbose", .to = &verbose,
	  .help = "says more" },
	{ .kind = OPT_END },
};

static int
nothing(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static const struct command try_it = {
	.name = "try", .arguments = "PROTOCOL [FILE...]",
	.summary = "tries it", .options = options, .least = 1, .most = 2,
	.text = "A first paragraph that\nis filled.\n\n  one  kept\n  as it "
		"is\n\n.not a request\n",
	.examples = "fracas try abd -n 5\nfracas try 'x'",
	.run = nothing,
};

const struct command *const commands[] = { &try_it, NULL };
const struct heading headings[] = { { "try", "Trying" }, { NULL, NULL } };

static struct fr_err err;
static char *arguments[32];
static int argument_count;

/* Reads the words of a line; what cli_read gives. */
static int
reads(const char *line)
{
	static char words[32][80];
	char **argv = arguments;
	const char *end;

	memset(&err, 0, sizeof err);
	for (argument_count = 0; *line != '\0'; line = end + (*end == ' ')) {
		end = strchrnul(line, ' ');
		snprintf(words[argument_count], 80, "%.*s", (int)(end - line),
			 line);
		arguments[argument_count] = words[argument_count];
		argument_count++;
	}
	return cli_read(&try_it, &argument_count, &argv, &err);
}

static void
refused(const char *line, const char *why)
{
	ck_assert_msg(reads(line) == -1, "taken: %s", line);
	ck_assert_str_eq(err.text, why);
	ck_assert_int_eq(err.status, EXIT_USAGE);
}

START_TEST(options_are_read_in_every_form)
{
	ck_assert_int_eq(reads("abd -n 5"), 0);
	ck_assert_int_eq(nodes, 5);
	ck_assert_int_eq(reads("-n6 abd"), 0);
	ck_assert_int_eq(nodes, 6);
	ck_assert_int_eq(reads("abd --nodes 7"), 0);
	ck_assert_int_eq(nodes, 7);
	ck_assert_int_eq(reads("--nodes=8 abd more"), 0);
	ck_assert_int_eq(nodes, 8);
	ck_assert_int_eq(argument_count, 2);
	ck_assert_str_eq(arguments[0], "abd");
	ck_assert_str_eq(arguments[1], "more");
	ck_assert_int_eq(reads("abd -qvn9 more"), 0);
	ck_assert(quiet && verbose);
	ck_assert_int_eq(nodes, 9);
	ck_assert_str_eq(arguments[1], "more");
	ck_assert_int_eq(reads("abd --workload= -q"), 0);
	ck_assert_str_eq(name, "");
}
END_TEST

START_TEST(every_kind_of_value_is_read)
{
	ck_assert_int_eq(reads("abd -t 250ms -r 1.5 --size 64K --world sim "
			       "--latency exp:2ms -w register --set a=1 "
			       "--set b=c=d"), 0);
	ck_assert_int_eq(length, 250000000);
	ck_assert_double_eq(rate, 1.5);
	ck_assert_uint_eq(size, 65536);
	ck_assert_str_eq(world, "sim");
	ck_assert_int_eq(delay.kind, DIST_EXP);
	ck_assert_str_eq(name, "register");
	ck_assert_uint_eq(settings.count, 2);
	ck_assert_str_eq(settings.at[0].name, "a");
	ck_assert_str_eq(settings.at[1].name, "b");
	ck_assert_str_eq(settings.at[1].value, "c=d");
}
END_TEST

START_TEST(what_is_behind_two_dashes_is_arguments)
{
	quiet = false;
	ck_assert_int_eq(reads("-- -q --nodes"), 0);
	ck_assert(!quiet);
	ck_assert_int_eq(argument_count, 2);
	ck_assert_str_eq(arguments[0], "-q");
	ck_assert_int_eq(reads("abd -"), 0);
	ck_assert_str_eq(arguments[1], "-");
	/* A number is not an option where there is none of that letter. */
	ck_assert_int_eq(reads("abd -5"), 0);
	ck_assert_str_eq(arguments[1], "-5");
}
END_TEST

START_TEST(a_wrong_option_names_the_nearest)
{
	refused("abd --noeds 5",
		"try: there is no option '--noeds'; did you mean '--nodes'?");
	refused("abd --coulour=never",
		"try: there is no option '--coulour'; did you mean "
		"'--color'?");
	refused("abd --node 5",
		"try: there is no option '--node'; did you mean '--nodes'?");
	refused("abd --xyzzy", "try: there is no option '--xyzzy'; 'fracas "
		"try --help' lists them");
	refused("abd -x", "try: there is no option '-x'; 'fracas try --help' "
		"lists them");
	refused("abd --world liv",
		"try: --world: 'liv' is not live or sim; did you mean "
		"'live'?");
	refused("abd --world mars", "try: --world: 'mars' is not live or sim");
}
END_TEST

START_TEST(a_wrong_value_is_told_exactly)
{
	nodes = 3;
	refused("abd -n 0", "try: -n: 0 is not within 1 .. 1024");
	refused("abd --nodes 100000",
		"try: --nodes: 100000 is not within 1 .. 1024");
	refused("abd -n -1", "try: -n: -1 is not within 1 .. 1024");
	refused("abd -n five", "try: -n: 'five' is not a whole number");
	ck_assert_int_eq(nodes, 3);
	/* A range error, not an unknown option. */
	ck_assert_int_eq(reads("abd -t -1s"), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "-t: -1s is not within 0s"));
	refused("abd -t -1", "try: -t: '-1' is not a time such as 250us, "
		"5ms, 3s or 2m");
	refused("abd -n", "try: -n needs a value: N");
	refused("abd --workload", "try: --workload needs a value: WORKLOAD");
	refused("abd --workload -q", "try: --workload needs a value, and '-q' "
		"looks like an option");
	refused("abd --quiet=yes", "try: --quiet takes no value");
	refused("abd --set a", "try: --set: 'a' is not NAME=VALUE");
	refused("abd --set =a", "try: --set: '=a' is not NAME=VALUE");
	refused("abd -r 2000", "try: -r: 2000 is not within 0 .. 1000");
}
END_TEST

START_TEST(arguments_are_counted)
{
	refused("", "try: PROTOCOL is missing; 'fracas try --help' says "
		"more");
	refused("a b c", "try: 'c' is one argument too many; 'fracas try "
		"--help' says more");
}
END_TEST

START_TEST(help_is_asked_for_anywhere)
{
	ck_assert_int_eq(reads("--help"), 1);
	ck_assert_int_eq(reads("a b c -h"), 1);
	ck_assert_int_eq(reads("-qh"), 1);
	/* What was wrong before it is said first. */
	refused("-n 0 --help", "try: -n: 0 is not within 1 .. 1024");
}
END_TEST

/* ---- help --------------------------------------------------------------- */

static int
longest_line(const char *text)
{
	int longest = 0, at;

	for (; *text != '\0'; text += at + (text[at] == '\n')) {
		at = (int)strcspn(text, "\n");
		longest = at > longest ? at : longest;
	}
	return longest;
}

START_TEST(help_tells_every_option)
{
	const struct opt *o;
	struct buf out;
	char flag[40];

	buf_init(&out, 1 << 16);
	cli_help(&try_it, &out);
	ck_assert_ptr_eq(strstr(out.data, "usage: fracas try [OPTION ...] "
				"PROTOCOL [FILE...]\n\nTries it.\n"),
			 out.data);
	for (o = options; o->kind != OPT_END; o++) {
		snprintf(flag, sizeof flag, o->kind == OPT_GROUP ? "\n%s:\n" :
			 "--%s", o->name);
		ck_assert_msg(strstr(out.data, flag) != NULL, "%s", flag);
		if (o->help != NULL)
			ck_assert_ptr_nonnull(strstr(out.data, o->help));
	}
	ck_assert_ptr_nonnull(strstr(out.data, "--color WHEN"));
	ck_assert_ptr_nonnull(strstr(out.data, "--world live|sim"));
	ck_assert_ptr_nonnull(strstr(out.data, "\nA first paragraph that is "
				     "filled.\n\n  one  kept\n  as it is\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "\n  fracas try abd -n 5\n"));
	ck_assert_int_lt(longest_line(out.data), 80);
	buf_free(&out);
}
END_TEST

START_TEST(the_overview_fits_a_screen)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	cli_overview(&out);
	ck_assert_ptr_nonnull(strstr(out.data, "\nTrying:\n  try        "
				     "tries it\n"));
	ck_assert_int_lt(longest_line(out.data), 80);
	buf_free(&out);
}
END_TEST

START_TEST(the_man_page_escapes_what_troff_would_take)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	cli_man(&out);
	ck_assert_ptr_nonnull(strstr(out.data, "\n\\&.not a request\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "\n.nf\n  one  kept\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "fracas try \\(aqx\\(aq\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "\n\\fB\\-n\\fR, "
				     "\\fB\\-\\-nodes\\fR \\fIN\\fR\n"));
	ck_assert_ptr_nonnull(strstr(out.data, ".SS \"fracas try [OPTION ...]"
				     " PROTOCOL [FILE...]\"\n"));
	buf_free(&out);
}
END_TEST

START_TEST(completion_knows_words_and_lists)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	cli_completion(&out);
	ck_assert_ptr_nonnull(strstr(out.data, "try:--world) words='live sim'"
				     " list='' ;;"));
	ck_assert_ptr_nonnull(strstr(out.data, "try:--workload|try:-w) "
				     "words='' list='workloads' ;;"));
	ck_assert_ptr_nonnull(strstr(out.data, "list='protocols'"));
	buf_free(&out);
}
END_TEST

/* ---- tables ------------------------------------------------------------- */

static void
table_is(const char *text, size_t columns, const char *want)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	cli_table_fit(text, columns, &out);
	ck_assert_str_eq(out.data != NULL ? out.data : "", want);
	buf_free(&out);
}

START_TEST(tables_are_aligned_by_what_is_seen)
{
	table_is("", 0, "");
	table_is("a\tbb\nccc\td\n", 0, "a    bb\nccc  d\n");
	/* Two bytes, one column; three bytes, two columns; a colour, none. */
	table_is("\xc3\xa9\tx\nab\ty\n", 0, "\xc3\xa9   x\nab  y\n");
	table_is("\xe4\xb8\xad\tx\nabc\ty\n", 0, "\xe4\xb8\xad   x\nabc  y\n");
	table_is("\033[31mr\033[0m\tx\nab\ty\n", 0,
		 "\033[31mr\033[0m   x\nab  y\n");
	/* A combining accent takes nothing, a stray byte one. */
	ck_assert_uint_eq(cli_width("e\xcc\x81", 3), 1);
	ck_assert_uint_eq(cli_width("\xff\xc3", 2), 2);
	ck_assert_uint_eq(cli_width("\xf0\x9f\x98\x80", 4), 2);
	/* Rows that are shorter, cells that are empty. */
	table_is("a\tb\tc\n\nd\n", 0, "a  b  c\n\nd\n");
	table_is("a\t\tc\nd\te\t", 0, "a     c\nd  e\n");
}
END_TEST

START_TEST(numbers_are_set_to_the_right)
{
	table_is("NAME\tCOUNT\nab\t5\nc\t12000\n", 0,
		 "NAME  COUNT\nab        5\nc     12000\n");
	table_is("NAME\tCOUNT\nab\t5\nc\tmany\n", 0,
		 "NAME  COUNT\nab    5\nc     many\n");
	table_is("A\tP\nx\t1.5%\ny\t-20%\n", 0, "A     P\nx  1.5%\ny  -20%\n");
}
END_TEST

START_TEST(the_last_column_is_broken_to_fit)
{
	table_is("a\tone two three four five six\n", 24,
		 "a  one two three four\n   five six\n");
	table_is("a\tone two three four five six\n", 10,
		 "a  one two three four five six\n");
}
END_TEST

/* ---- JSON in words ------------------------------------------------------ */

static struct value *
value(struct arena *a, const char *text)
{
	struct value *v = NULL;

	ck_assert_msg(value_read(a, text, strlen(text), &v, &err) == 0,
		      "%s: %s", text, err.text);
	return v;
}

static void
words_are(const char *text, const char *want)
{
	struct arena a = { 0 };
	struct buf out;

	buf_init(&out, 1 << 16);
	value_words(&out, value(&a, text));
	ck_assert_str_eq(out.data, want);
	buf_free(&out);
	arena_free(&a);
}

START_TEST(json_is_read)
{
	struct arena a = { 0 };
	struct value *v;

	words_are(" null ", "nil");
	words_are("[true,false,-1.5e3,\"x\",[],{}]", "[yes no -1.5e3 x [] ]");
	words_are("{\"a\" : 1 , \"b\":[1,2]}", "a 1, b [1 2]");
	words_are("\"\\u00e9\\ud83d\\ude00\\/\\\"\"",
		  "\xc3\xa9\xf0\x9f\x98\x80/\"");
	words_are("\"a\\nb\\u001b[31m\\u0000\"", "a b?[31m ");
	v = value(&a, "{\"n\":7,\"t\":\"x\",\"big\":1e99,\"n\":8}");
	ck_assert_int_eq(value_number(v, "n", 0), 7);
	ck_assert_int_eq(value_number(v, "t", -1), -1);
	ck_assert_int_eq(value_number(v, "big", -1), -1);
	ck_assert_str_eq(value_string(v, "t"), "x");
	ck_assert_ptr_null(value_string(v, "none"));
	arena_free(&a);
}
END_TEST

START_TEST(what_is_not_json_is_refused)
{
	static const char *const bad[] = {
		"", " ", "{", "}", "[1", "[1,]", "[1 2]", "{\"a\"}", "{a:1}",
		"{\"a\":1,}", "\"abc", "\"\\", "\"\\x\"", "\"\\u12\"",
		"\"\\u12g4\"", "tru", "nulls", "1 2", "0x10", "nan", "--1",
		"1-", "'a'", "{\"a\":}", "[,1]",
	};
	struct arena a = { 0 };
	struct value *v;
	char deep[300];
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		/* Exactly its bytes, so that reading further would be seen. */
		char *copy = mem_copy(bad[i], strlen(bad[i]));

		ck_assert_msg(value_read(&a, copy != NULL ? copy : "",
					 strlen(bad[i]), &v, &err) == -1,
			      "taken: %s", bad[i]);
		free(copy);
	}
	memset(deep, '[', sizeof deep);
	ck_assert_int_eq(value_read(&a, deep, sizeof deep, &v, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "too deep"));
	ck_assert_int_eq(value_read(&a, "[1,2,?]", 7, &v, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "at byte 5"));
	arena_free(&a);
}
END_TEST

static void
event_is(const char *text, const char *want)
{
	struct arena a = { 0 };
	struct buf out;

	buf_init(&out, 1 << 16);
	event_words(&out, value(&a, text), false);
	ck_assert_str_eq(out.data, want);
	buf_free(&out);
	arena_free(&a);
}

START_TEST(events_are_told_in_words)
{
	event_is("{\"v\":1,\"type\":\"invoke\",\"rank\":1,\"t\":1.5,\"node\":2,"
		 "\"client\":3,\"f\":\"write\",\"key\":0,\"value\":17}",
		 "   1.500000  client 3 asks node 2: write 0 = 17\n");
	event_is("{\"v\":1,\"type\":\"ok\",\"t\":2,\"node\":2,\"client\":3,"
		 "\"f\":\"read\",\"key\":0,\"value\":null}",
		 "   2.000000  client 3 from node 2: ok, read 0\n");
	event_is("{\"v\":1,\"type\":\"end\",\"t\":2,\"node\":1,\"boot\":0,"
		 "\"name\":\"signalled\",\"text\":\"killed by SIGSEGV\"}",
		 "   2.000000  node 1 ended: killed by SIGSEGV\n");
	event_is("{\"v\":1,\"type\":\"end\"}",
		 "             the run is over\n");
	event_is("{\"v\":1,\"type\":\"verdict\",\"run\":7,\"verdict\":"
		 "\"valid\",\"reason\":\"it fits\",\"seed\":1}",
		 "             valid: it fits\n");
	event_is("{\"v\":1,\"type\":\"heal\",\"t\":3,\"fault\":2,"
		 "\"effective\":false,\"name\":\"kill\",\"text\":\"none\"}",
		 "   3.000000  fault 2 is over: kill, none (it had no "
		 "effect)\n");
	event_is("{\"v\":1,\"type\":\"new\",\"t\":3,\"x\":1,\"y\":[2]}",
		 "   3.000000  new x=1 y=[2]\n");
	event_is("[1]", "             [1]\n");
}
END_TEST

START_TEST(an_answer_is_lines_and_tables)
{
	struct arena a = { 0 };
	struct buf out;

	buf_init(&out, 1 << 16);
	answer_words(&out, value(&a, "{\"v\":1,\"type\":\"status\","
		     "\"phase\":\"main\",\"nodes\":[{\"node\":0,\"state\":"
		     "\"up\"},{\"node\":1,\"state\":\"down\",\"more\":1}]}"));
	ck_assert_str_eq(out.data, "phase: main\nnode  state\n   0  up\n"
			 "   1  down\n");
	buf_clear(&out);
	answer_words(&out, value(&a, "{\"faults\":[],\"ops\":{\"ok\":1,"
		     "\"fail\":0},\"commands\":{\"kill\":\"ends\","
		     "\"heal\":\"mends\"}}"));
	ck_assert_str_eq(out.data, "faults: none\nops: ok 1, fail 0\n"
			 "commands:\n  kill  ends\n  heal  mends\n");
	buf_free(&out);
	arena_free(&a);
}
END_TEST

/* ---- shared objects ----------------------------------------------------- */

static char folder[128];

static void
make_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%.90s/test-cli-XXXXXX",
		 tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
remove_folder(void)
{
	char *file = mem_format("%s/file", folder);

	unlink(file);
	free(file);
	ck_assert_int_eq(rmdir(folder), 0);
}

static const char *
write_file(const void *data, size_t count)
{
	static char path[160];
	int fd;

	snprintf(path, sizeof path, "%s/file", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, count), (ssize_t)count);
	close(fd);
	return path;
}

/* This very program: position independent, with imports of its own. */
static unsigned char *
read_self(size_t *count)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	unsigned char *data;
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	data = mem_new((size_t)st.st_size);
	ck_assert_int_eq(read(fd, data, (size_t)st.st_size), st.st_size);
	close(fd);
	*count = (size_t)st.st_size;
	return data;
}

START_TEST(what_a_file_needs_is_seen)
{
	struct elf e;
	size_t i;
	bool found = false;

	if (elf_read("/proc/self/exe", &e, &err) < 0) {
		/* Not position independent: then that is what is said. */
		ck_assert_ptr_nonnull(strstr(err.text, "a program"));
		return;
	}
	for (i = 0; i < e.import_count; i++)
		found = found || strcmp(e.imports[i], "mkdtemp") == 0;
	ck_assert(found);
	ck_assert_uint_gt(e.writable, 0);
	ck_assert(!elf_exports(&e, "fracas_protocol_v1"));
	elf_free(&e);
}
END_TEST

static void
not_elf(const char *data, size_t count, const char *why)
{
	struct elf e;

	memset(&err, 0, sizeof err);
	ck_assert_int_eq(elf_read(write_file(data, count), &e, &err), -1);
	ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
	ck_assert_int_eq(err.status, EXIT_USAGE);
}

START_TEST(what_is_no_shared_object_is_told)
{
	struct elf e;

	not_elf("", 0, "it is empty");
	not_elf("#!/bin/sh\n", 10, "does not begin as ELF files do");
	not_elf("\177ELF", 4, "does not begin as ELF files do");
	not_elf("\177ELF\1\1\1\0\0\0\0\0\0\0\0\0", 16, "another kind of");
	not_elf("\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16,
		__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ?
		"headers lie beyond" : "another kind of");
	ck_assert_int_eq(elf_read(folder, &e, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "is not a file"));
	ck_assert_int_eq(elf_read("/nowhere/x.so", &e, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
	ck_assert_int_eq(err.status, EXIT_USAGE);
}
END_TEST

/* Cut off anywhere, it is refused: its section headers stand at the end. */
START_TEST(a_truncated_file_is_refused)
{
	struct elf e;
	size_t count, at;
	unsigned char *data = read_self(&count);

	for (at = 0; at < count; at += at < 256 ? 1 : count / 61) {
		ck_assert_msg(elf_read(write_file(data, at), &e, &err) == -1,
			      "taken at %zu", at);
	}
	free(data);
}
END_TEST

/* Any byte of what is read first may be anything: no crash, no overrun. */
START_TEST(a_damaged_file_is_survived)
{
	struct elf e;
	size_t count, i, tables, at;
	unsigned char *data = read_self(&count), old;
	uint64_t seed = 1;

	memcpy(&tables, data + 40, sizeof tables);	/* e_shoff */
	ck_assert_uint_lt(tables, count);
	for (i = 0; i < 400; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		at = i % 2 == 0 ? 16 + (seed >> 33) % 800 :
		     tables + (seed >> 33) % (count - tables);
		old = data[at];
		data[at] = (unsigned char)(seed >> 25);
		if (elf_read(write_file(data, count), &e, &err) == 0)
			elf_free(&e);
		else
			ck_assert_int_eq(err.status, EXIT_USAGE);
		data[at] = old;
	}
	free(data);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cli");
	TCase *t = tcase_create("options"), *help = tcase_create("help"),
	      *table = tcase_create("tables"), *json = tcase_create("json"),
	      *elf = tcase_create("shared objects");
	SRunner *r;
	int failed;

	tcase_add_test(t, options_are_read_in_every_form);
	tcase_add_test(t, every_kind_of_value_is_read);
	tcase_add_test(t, what_is_behind_two_dashes_is_arguments);
	tcase_add_test(t, a_wrong_option_names_the_nearest);
	tcase_add_test(t, a_wrong_value_is_told_exactly);
	tcase_add_test(t, arguments_are_counted);
	tcase_add_test(t, help_is_asked_for_anywhere);
	suite_add_tcase(s, t);
	tcase_add_test(help, help_tells_every_option);
	tcase_add_test(help, the_overview_fits_a_screen);
	tcase_add_test(help, the_man_page_escapes_what_troff_would_take);
	tcase_add_test(help, completion_knows_words_and_lists);
	suite_add_tcase(s, help);
	tcase_add_test(table, tables_are_aligned_by_what_is_seen);
	tcase_add_test(table, numbers_are_set_to_the_right);
	tcase_add_test(table, the_last_column_is_broken_to_fit);
	suite_add_tcase(s, table);
	tcase_add_test(json, json_is_read);
	tcase_add_test(json, what_is_not_json_is_refused);
	tcase_add_test(json, events_are_told_in_words);
	tcase_add_test(json, an_answer_is_lines_and_tables);
	suite_add_tcase(s, json);
	tcase_set_timeout(elf, 120);
	tcase_add_checked_fixture(elf, make_folder, remove_folder);
	tcase_add_test(elf, what_a_file_needs_is_seen);
	tcase_add_test(elf, what_is_no_shared_object_is_told);
	tcase_add_test(elf, a_truncated_file_is_refused);
	tcase_add_test(elf, a_damaged_file_is_survived);
	suite_add_tcase(s, elf);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
