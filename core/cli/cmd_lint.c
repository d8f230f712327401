/* SPDX-License-Identifier: MIT */
/*
 * fracas lint: what is wrong with a plugin, all of it at once.
 *
 * Three ways of looking: the file's own tables (without loading it), what the
 * plugin says of itself (a protocol in a process of its own), and its default
 * workload, which must ask what it answers.
 *
 * A finding is something to be mended; a note is something to know.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/cli/cli.h"
#include "core/base/elf.h"
#include "core/node/nursery.h"
#include "core/run/run.h"
#include "core/run/work.h"

static bool json_wanted;

static const struct opt options[] = {
	{ .kind = OPT_FLAG, .name = "json", .to = &json_wanted,
	  .help = "one JSON object a finding" },
	{ .kind = OPT_END },
};

struct lint {
	struct buf out;
	uint32_t findings, notes;
};

__attribute__((format(printf, 4, 5)))
static void
tell(struct lint *l, bool finding, const char *kind, const char *format, ...)
{
	bool colour = cli_colour(1);
	struct buf text;
	va_list args;

	buf_init(&text, 1 << 20);
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	if (json_wanted) {
		struct json j = json_begin(&l->out);

		json_text(&j, "type", finding ? "finding" : "note");
		json_text(&j, "kind", kind);
		json_bytes(&j, "text", text.data, text.size);
		json_done(&j);
	} else {
		buf_printf(&l->out, "%s%s%s ", colour ? finding ?
			   "\033[31m" : "\033[2m" : "", finding ?
			   "finding:" : "note:", colour ? "\033[0m" : "");
		cli_fill(&l->out, text.data, finding ? 9 : 6, 4, 79);
		buf_char(&l->out, '\n');
	}
	if (finding)
		l->findings++;
	else
		l->notes++;
	buf_free(&text);
}

/* ---- what it takes from outside ----------------------------------------- */

struct ban {
	const char *kind, *why;
	const char *names;		/* between blanks; "x*" is a beginning */
};

static const struct ban bans[] = {
	{ "threads",
	  "a node is one thread: handlers on another one race with it, and "
	  "in simulated time nothing decides who runs first",
	  " pthread_create thrd_create clone fork vfork posix_spawn "
	  "posix_spawnp system popen daemon exec* " },
	{ "sockets",
	  "nodes talk by fr_send alone: what goes around the network is not "
	  "cut by its faults, not recorded, and does not exist in simulated "
	  "time",
	  " socket socketpair connect bind listen accept accept4 send sendto "
	  "sendmsg recv recvfrom recvmsg getaddrinfo gethostbyname* " },
	{ "files",
	  "state belongs in fr_write and fr_sync: a file of its own is not "
	  "lost by a crash, is not subject to disk faults, and is shared by "
	  "all nodes",
	  " open open64 openat openat64 creat creat64 fopen fopen64 freopen "
	  "freopen64 opendir mkdir mkdirat unlink unlinkat rename renameat "
	  "rmdir mkstemp mkstemp64 tmpfile tmpfile64 stat lstat fstatat "
	  "stat64 lstat64 access mmap mmap64 shm_open dlopen " },
	{ "time",
	  "a node's clock is fr_mono and fr_wall: it can be skewed and "
	  "simulated",
	  " clock_gettime gettimeofday time timespec_get ftime times "
	  "clock " },
	{ "waiting",
	  "a handler that waits holds up its whole node, and is ended as a "
	  "hang: use fr_after",
	  " sleep usleep nanosleep clock_nanosleep poll ppoll select pselect "
	  "epoll_wait epoll_pwait pause sem_wait pthread_cond_wait "
	  "pthread_cond_timedwait timer_create setitimer alarm " },
	{ "randomness",
	  "a run is repeated by its seed only where every choice is drawn by "
	  "fr_random",
	  " rand rand_r random random_r drand48 lrand48 mrand48 getrandom "
	  "getentropy arc4random arc4random_buf arc4random_uniform srand "
	  "srandom " },
	{ "the environment",
	  "what a plugin reads from outside is not in the record of the run: "
	  "use a parameter",
	  " getenv secure_getenv setenv putenv getpid getppid gettid "
	  "gethostname uname getuid geteuid isatty environ __environ " },
	{ "the process",
	  "the process is the host's: signals and exits are how it watches "
	  "and ends a node",
	  " exit _exit _Exit quick_exit atexit signal sigaction kill raise "
	  "tgkill prctl ptrace setrlimit setrlimit64 syscall mprotect "
	  "longjmp siglongjmp " },
};

/* Whether `name` is in " a b c* ". */
static bool
listed(const char *names, const char *name)
{
	const char *p = names;
	size_t size;

	for (p += strspn(p, " "); *p != '\0'; p += strspn(p, " ")) {
		size = strcspn(p, " ");
		if (p[size - 1] == '*' ? strncmp(p, name, size - 1) == 0 :
		    strlen(name) == size && strncmp(p, name, size) == 0)
			return true;
		p += size;
	}
	return false;
}

static void
lint_imports(struct lint *l, const struct elf *e)
{
	const struct ban *b;
	struct buf names;
	size_t i, count;

	buf_init(&names, 1 << 16);
	for (b = bans; b < bans + sizeof bans / sizeof *bans; b++) {
		buf_clear(&names);
		count = 0;
		for (i = 0; i < e->import_count; i++)
			if (listed(b->names, e->imports[i]))
				buf_printf(&names, "%s%s", count++ > 0 ?
					   ", " : "", e->imports[i]);
		if (count > 0)
			tell(l, true, b->kind, "uses %s (%s): %s", b->kind,
			     names.data, b->why);
	}
	buf_free(&names);
}

/* What every linker and every instrumentation adds. */
static bool
is_usual(const char *name)
{
	static const char usual[] = " _init _fini _edata _end _etext "
		"fracas_protocol_v1 fracas_workload_v1 ";

	return listed(usual, name) || strncmp(name, "__", 2) == 0;
}

static void
lint_exports(struct lint *l, const struct elf *e)
{
	struct buf names;
	size_t i, count = 0;

	buf_init(&names, 1 << 20);
	for (i = 0; i < e->export_count; i++) {
		if (is_usual(e->exports[i]))
			continue;
		if (count < 8)
			buf_printf(&names, "%s%s", count > 0 ? ", " : "",
				   e->exports[i]);
		count++;
	}
	if (count > 8)
		buf_printf(&names, " and %zu more", count - 8);
	if (count > 0)
		tell(l, true, "exports", "shows more than its table (%s): "
		     "another plugin's function of the same name could be "
		     "called in its place; make them static, or compile with "
		     "-fvisibility=hidden", names.data);
	buf_free(&names);
}

static void
lint_globals(struct lint *l, const struct elf *e)
{
	struct buf names;
	char size[32];
	size_t i;

	if (e->thread_local_size > 0)
		tell(l, true, "globals", "keeps thread-local variables: state "
		     "belongs in me->state, which a crash forgets");
	/* What start-up files and compilers bring along is a few words. */
	if (!e->globals || (e->variable_count == 0 && e->writable <= 64))
		return;
	buf_init(&names, 1 << 20);
	for (i = 0; i < e->variable_count && i < 8; i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "",
			   e->variables[i]);
	if (e->variable_count > 8)
		buf_printf(&names, " and %zu more", e->variable_count - 8);
	size_text(e->writable, size, sizeof size);
	tell(l, false, "globals", "%s of global variables can change%s%s%s: "
	     "state belongs in me->state, which a crash forgets (in simulated "
	     "time each node is given its own copy of them, which costs it "
	     "time at each boot)", size, names.size > 0 ? " (" : "",
	     names.size > 0 ? names.data : "", names.size > 0 ? ")" : "");
	buf_free(&names);
}

/* ---- what it says of itself --------------------------------------------- */

static void
lint_text(struct lint *l, const char *what, const char *text, const char *why)
{
	if (text == NULL || *text == '\0')
		tell(l, true, what, "has no %s: %s", what, why);
}

static void
lint_param(struct lint *l, const struct wire_param *p)
{
	if (p->help == NULL || *p->help == '\0')
		tell(l, true, "params", "parameter '%s' has no help: nobody "
		     "knows what to set it to", p->name);
	if (p->fallback == NULL)
		tell(l, true, "params", "parameter '%s' has no default",
		     p->name);
	if ((p->flags & FR_KNOB) != 0 && p->kind != FR_PARAM_BOOL &&
	    ((p->min == NULL && p->low == NULL) ||
	     (p->max == NULL && p->high == NULL)))
		tell(l, true, "params", "parameter '%s' is a knob without "
		     "bounds: a search would not know where to draw it from",
		     p->name);
}

static bool
has_word(char *const *words, uint32_t count, const char *word)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static const struct fr_op_kind *
op_at(const struct fr_workload *w, uint32_t i)
{
	return (const void *)((const char *)w->ops.at +
			      (size_t)i * w->ops.stride);
}

/* Its default workload must be there and ask what it answers. */
static void
lint_workload(struct lint *l, const struct descriptor *d)
{
	const struct fr_workload *w;
	struct fr_err err = { 0 };
	const struct fr_op_kind *op;
	struct buf asked;
	char *path;
	uint32_t i, j;

	if (*d->workload == '\0') {
		tell(l, true, "workload", "names no workload: `fracas run` "
		     "would not know what to try it with");
		return;
	}
	if (plugin_find(PLUGIN_WORKLOAD, d->workload, &path, &err) < 0) {
		tell(l, true, "workload", "%s", err.text);
		return;
	}
	if (workload_load(path, &w, &err) < 0) {
		tell(l, true, "workload", "%s", err.text);
		free(path);
		return;
	}
	free(path);
	buf_init(&asked, 1 << 16);
	for (i = 0; i < w->ops.count; i++) {
		op = op_at(w, i);
		buf_printf(&asked, "%s%s", i > 0 ? ", " : "", op->name);
		if ((op->flags & FR_OPTIONAL) == 0 &&
		    !has_word(d->requests, d->request_count, op->name))
			tell(l, true, "requests", "does not answer '%s', which "
			     "its workload '%s' asks", op->name, w->name);
	}
	for (i = 0; i < d->request_count; i++) {
		for (j = 0; j < w->ops.count; j++)
			if (strcmp(d->requests[i], op_at(w, j)->name) == 0)
				break;
		if (j == w->ops.count)
			tell(l, false, "requests", "answers '%s', which its "
			     "workload '%s' never asks (it asks %s)",
			     d->requests[i], w->name,
			     asked.size > 0 ? asked.data : "nothing");
	}
	buf_free(&asked);
}

static void
lint_protocol(struct lint *l, const char *path)
{
	struct descriptor d;
	struct fr_err err = { 0 };
	uint32_t i;

	if (probe_protocol(path, &d, &err) < 0) {
		tell(l, true, "load", "%s", err.text);
		return;
	}
	lint_text(l, "summary", d.summary,
		  "one line that says what it is, for `fracas list`");
	lint_text(l, "promise", d.promise,
		  "what it keeps, and under which faults; a test needs to "
		  "know what to hold it to");
	lint_text(l, "paper", d.paper,
		  "who described it, where and when; or \"own design\"");
	for (i = 0; i < d.param_count; i++)
		lint_param(l, &d.params[i]);
	if (d.request_count == 0)
		tell(l, true, "requests", "answers no requests: clients have "
		     "nothing to ask, and nothing can be judged");
	else
		lint_workload(l, &d);
	if (!d.has_describe && d.message_count > 0)
		tell(l, false, "describe", "does not put its messages into "
		     "words (.describe): traces show bytes");
	descriptor_free(&d);
}

static void
lint_own_workload(struct lint *l, const char *path)
{
	const struct fr_workload *w;
	struct wire_param *params;
	struct fr_err err = { 0 };
	uint32_t i;

	if (workload_load(path, &w, &err) < 0) {
		tell(l, true, "load", "%s", err.text);
		return;
	}
	lint_text(l, "summary", w->summary,
		  "one line that says what it is, for `fracas list`");
	lint_text(l, "promise", w->promise, "what a protocol must keep");
	if (w->model == NULL && w->own_model == NULL && w->check == NULL &&
	    w->conditions.count == 0)
		tell(l, true, "judging", "has neither a model nor conditions "
		     "nor a check: nothing would be judged");
	if (w->ops.count == 0)
		tell(l, true, "operations", "has no operations");
	for (i = 0; i < w->ops.count; i++)
		if (op_at(w, i)->help == NULL || *op_at(w, i)->help == '\0')
			tell(l, true, "operations", "operation '%s' has no "
			     "help", op_at(w, i)->name);
	params = workload_params(w);
	for (i = 0; i < w->params.count; i++)
		lint_param(l, &params[i]);
	free(params);
}

/* ---- the command -------------------------------------------------------- */

/* An other version's table is said by the probe, which knows both. */
static bool
exports_any(const struct elf *e, const char *beginning)
{
	size_t i;

	for (i = 0; i < e->export_count; i++)
		if (strncmp(e->exports[i], beginning, strlen(beginning)) == 0)
			return true;
	return false;
}

static void
finish(struct lint *l, const char *path)
{
	if (json_wanted) {
		struct json j = json_begin(&l->out);

		json_text(&j, "type", "lint");
		json_text(&j, "file", path);
		json_int(&j, "findings", l->findings);
		json_int(&j, "notes", l->notes);
		json_done(&j);
	} else if (l->findings == 0) {
		buf_printf(&l->out, "%s: nothing to complain about\n", path);
	} else {
		buf_printf(&l->out, "%s: %u to be mended\n", path,
			   l->findings);
	}
}

static int
lint_run(int argc, char **argv)
{
	struct lint l = { .findings = 0 };
	struct fr_err err = { 0 };
	struct elf e;
	char *path;

	(void)argc;
	if (plugin_find(PLUGIN_PROTOCOL, argv[0], &path, &err) < 0)
		goto fail;
	if (elf_read(path, &e, &err) < 0)
		goto free_path;
	if (!exports_any(&e, "fracas_protocol_v") &&
	    !exports_any(&e, "fracas_workload_v")) {
		err_usage(&err, "%s is a shared object, but no plugin: it "
			  "exports neither fracas_protocol_v%d (see "
			  "FR_PROTOCOL) nor fracas_workload_v%d", path,
			  FR_MAJOR, FR_MAJOR);
		elf_free(&e);
		goto free_path;
	}
	buf_init(&l.out, 16 << 20);
	if (exports_any(&e, "fracas_protocol_v")) {
		lint_protocol(&l, path);
		lint_imports(&l, &e);
		lint_globals(&l, &e);
	} else {
		lint_own_workload(&l, path);
	}
	lint_exports(&l, &e);
	finish(&l, path);
	cli_print(&l.out);
	buf_free(&l.out);
	elf_free(&e);
	free(path);
	return l.findings == 0 ? EXIT_VALID : EXIT_INVALID;
free_path:
	free(path);
fail:
	err_wrap(&err, "lint");
	err.status = EXIT_USAGE;
	return cli_fail(&err);
}

const struct command command_lint = {
	.name = "lint",
	.arguments = "FILE.so",
	.summary = "say what is wrong with a plugin",
	.text = "Loads it in a process of its own and looks at its file: "
		"what does not load and why, what is not documented, "
		"requests that do not match its workload, and what it takes "
		"from outside that a protocol must not (threads, sockets, "
		"files, clocks, randomness, the environment).\n"
		"\n"
		"The exit status is 0 where there is nothing to mend, 1 where "
		"there is, 2 where FILE is no plugin.\n",
	.examples = "fracas lint ./mine.so",
	.options = options,
	.least = 1,
	.most = 1,
	.run = lint_run,
};
