/* SPDX-License-Identifier: MIT */
/* fracas export: a stored run, or a file, as a history for other tools. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cli/subject.h"

static const char *db = "fracas.db", *format = "jsonl", *from, *output;

static const struct opt options[] = {
	{ .kind = OPT_CHOICE, .letter = 'f', .name = "format",
	  .words = "jsonl|edn|porcupine-kv|jepsen-log", .to = &format,
	  .help = "what to write (default jsonl)" },
	{ .kind = OPT_TEXT, .letter = 'o', .name = "output", .value = "FILE",
	  .to = &output, .help = "where to (default: the standard output)" },
	{ .kind = OPT_CHOICE, .name = "from", .value = "FORMAT",
	  .words = "auto|edn|porcupine-kv|jepsen-log|jsonl", .to = &from,
	  .help = "takes a file in this format, not a run" },
	{ .kind = OPT_TEXT, .name = "db", .value = "FILE", .to = &db,
	  .help = "the store (default fracas.db)" },
	{ .kind = OPT_END },
};

/* A file is made when there is something to write: what is refused leaves
 * the one that was there. */
struct target {
	FILE *f;
	int error;			/* of what failed                      */
};

static int
write_part(void *arg, const char *data, size_t size)
{
	struct target *to = arg;

	errno = 0;
	if (to->f == NULL)
		to->f = fopen(output, "we");
	if (to->f != NULL && fwrite(data, 1, size, to->f) == size)
		return 0;
	to->error = errno;
	return 1;
}

static int
load(struct subject *s, const char *word, struct fr_err *err)
{
	struct history *h;
	int64_t id;
	int status;

	if (from != NULL || names_file(word))
		return subject_of_file(s, word, from, NULL, err);
	h = history_open(db, false, err);
	if (h == NULL)
		return -1;
	status = history_find(h, word, &id, err) < 0 ? -1 :
		subject_of_run(s, h, id, NULL, err);
	history_close(h, NULL);
	return status;
}

static int
write_all(const struct subject *s, struct target *to, struct fr_err *err)
{
	return export_history(&s->history, s->op_names, s->op_count, &s->keys,
			      format, write_part, to, err);
}

static int
write_file(const struct subject *s, struct fr_err *err)
{
	struct target to = { 0 };
	int status = write_all(s, &to, err);

	if (status == 0 && write_part(&to, "", 0) != 0)
		status = -1;
	if (to.f != NULL && fclose(to.f) != 0 && status == 0) {
		to.error = errno;
		status = -1;
	}
	if (to.error != 0) {
		errno = to.error;
		err_sys(err, "%s", output);
		if (to.f == NULL && err != NULL)
			err->status = EXIT_USAGE;
	}
	if (status != 0 && to.f != NULL)
		unlink(output);
	return status;
}

static int
export_run(int argc, char **argv)
{
	struct target to = { .f = stdout };
	struct fr_err err = { 0 };
	struct subject s;
	int status;

	if (load(&s, argc > 0 ? argv[0] : "last", &err) < 0)
		return cli_fail(&err);
	/* What cannot be written to stdout shows at the end of main. */
	status = output != NULL ? write_file(&s, &err) :
		write_all(&s, &to, &err);
	subject_free(&s);
	return status < 0 ? cli_fail(&err) : EXIT_VALID;
}

const struct command command_export = {
	.name = "export",
	.arguments = "[RUN|FILE]",
	.summary = "write a run's operations for other tools",
	.text = "RUN is a number, `last` (the default), or `last-failed`; a "
		"FILE is one that 'fracas import' reads. What is written are "
		"the calls of operations and their ends, in their order, "
		"which 'fracas import' and 'fracas check' read back as the "
		"same history; 'fracas import --help' describes jsonl. edn is "
		"what Jepsen, Knossos and Elle read: a map an event. "
		"porcupine-kv is what Porcupine's tests read (get, put and "
		"append of texts, all of which were answered), jepsen-log the "
		"log of Jepsen's runs against etcd, which these read, too. "
		"Both leave out times, clients and nodes; what else they have "
		"no words for is refused, and nothing written.\n",
	.examples = "fracas export 7 > run-7.jsonl\n"
		    "fracas export last-failed --format edn -o failed.edn\n"
		    "fracas export 7 --format jepsen-log > run-7.log",
	.options = options,
	.most = 1,
	.run = export_run,
};
