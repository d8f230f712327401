/* SPDX-License-Identifier: MIT */
/* fracas-node: the life of nodes, from loading to their end. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/units.h"
#include "tests/unit/node_rig.h"
#include "tests/unit/plugins/tool.h"

static struct rig rig;

static void
set_up(void)
{
	rig_init(&rig);
}

static void
tear_down(void)
{
	rig_free(&rig);
}

static const char *
plugin(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "tests/unit/plugins/%s", name);
	return rig_path(path);
}

/* The FATAL that a plugin's loading ends with, and the exit after it. */
static void
expect_fatal(const char *path, const char *part)
{
	const struct frame *f;

	rig_boot(&rig, path);
	f = rig_next_must_be(&rig, FRAME_FATAL);
	ck_assert_msg(strstr(rig_text(f), part) != NULL,
		      "\"%s\" does not hold \"%s\"", rig_text(f), part);
	ck_assert_ptr_null(rig_frame(&rig));
	ck_assert(WIFEXITED(rig_end(&rig)->status));
	ck_assert_int_eq(WEXITSTATUS(rig.end.status), 1);
	rig.boot++;
}

static void
write_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
}

/* ---- loading ------------------------------------------------------------- */

START_TEST(a_plugin_says_what_it_is)
{
	const struct frame *f;
	struct descriptor d;
	struct fr_err err = { 0 };

	rig_boot(&rig, plugin("tool.so"));
	f = rig_next_must_be(&rig, FRAME_HELLO);
	ck_assert_uint_eq(f->src, 1);
	ck_assert_uint_eq(f->src_boot, 0);
	ck_assert_msg(wire_get_descriptor(f + 1, f->body, &d, &err) == 0,
		      "%s", err.text);
	ck_assert_str_eq(d.name, "tool");
	ck_assert_uint_eq(d.message_count, 2);
	ck_assert_str_eq(d.messages[TOOL_STRICT], "strict");
	ck_assert_str_eq(d.requests[1], "echo");
	ck_assert_str_eq(d.timers[TOOL_AGAIN], "again");
	ck_assert_uint_eq(d.param_count, 6);
	ck_assert_str_eq(d.params[0].max, "100");
	ck_assert_ptr_null(d.params[1].min);
	ck_assert_str_eq(d.promise, "");
	descriptor_free(&d);
}
END_TEST

START_TEST(a_plugin_that_is_none_is_named)
{
	char path[400];

	expect_fatal("/no/such/plugin.so", "No such file");
	expect_fatal(rig.dir, "a folder");
	snprintf(path, sizeof path, "%s/text.so", rig.dir);
	write_file(path, "int main(void)", 14);
	expect_fatal(path, "not a shared object");
	snprintf(path, sizeof path, "%s/empty.so", rig.dir);
	write_file(path, "", 0);
	expect_fatal(path, "empty");
	expect_fatal(plugin("bad-nothing.so"), "not a protocol");
	expect_fatal(plugin("bad-version.so"), "version 2");
	rig.boot--;
	expect_fatal(plugin("bad-version.so"), "version 1");
	expect_fatal(plugin("bad-unresolved.so"),
		     "`raft_step_of_another_library`");
	expect_fatal(plugin("bad-state.so"), "state_size");
	expect_fatal(plugin("bad-handler.so"), "`second` has no handler");
}
END_TEST

/* Wherever it was cut, it is told and kills nobody. */
START_TEST(a_truncated_plugin_is_named)
{
	char path[400], *data;
	struct stat st;
	FILE *f;
	int i;

	ck_assert_int_eq(stat(plugin("tool.so"), &st), 0);
	data = malloc((size_t)st.st_size);
	f = fopen(plugin("tool.so"), "r");
	ck_assert_uint_eq(fread(data, 1, (size_t)st.st_size, f),
			  (size_t)st.st_size);
	fclose(f);
	for (i = 1; i < 8; i++) {
		snprintf(path, sizeof path, "%s/cut-%d.so", rig.dir, i);
		write_file(path, data, (size_t)(st.st_size * i / 8));
		expect_fatal(path, "truncated");
	}
	snprintf(path, sizeof path, "%s/cut-%d.so", rig.dir, i);
	write_file(path, data, 40);
	expect_fatal(path, "truncated");
	free(data);
}
END_TEST

START_TEST(a_shorter_table_is_read_as_if_the_rest_were_zero)
{
	const struct frame *f;
	struct descriptor d;
	struct fr_err err = { 0 };

	rig_boot(&rig, plugin("bad-older.so"));
	f = rig_next_must_be(&rig, FRAME_HELLO);
	ck_assert_msg(wire_get_descriptor(f + 1, f->body, &d, &err) == 0,
		      "%s", err.text);
	ck_assert_uint_eq(d.message_count, 2);
	ck_assert_str_eq(d.messages[1], "second");
	ck_assert_uint_eq(d.request_count, 0);
	descriptor_free(&d);
	rig_start(&rig, &rig_plain);
	(void)rig_next_must_be(&rig, FRAME_READY);
	rig_send(&rig, FRAME_MESSAGE, 1, 0, NULL, 0);
	rig_send(&rig, FRAME_STOP, 0, 0, NULL, 0);
	ck_assert_ptr_null(rig_frame(&rig));
	ck_assert_int_eq(rig_end(&rig)->status, 0);
}
END_TEST

START_TEST(a_crash_while_loading_is_told_by_the_page)
{
	rig_boot(&rig, plugin("bad-crash.so"));
	ck_assert_ptr_null(rig_frame(&rig));
	ck_assert(WIFSIGNALED(rig_end(&rig)->status));
	ck_assert_int_eq(WTERMSIG(rig.end.status), SIGSEGV);
	ck_assert_uint_eq(atomic_load(&rig.page->doing), DOING_LOADING);
	rig.boot++;
	rig_boot(&rig, plugin("bad-leave.so"));
	ck_assert_ptr_null(rig_frame(&rig));
	ck_assert(WIFEXITED(rig_end(&rig)->status));
	ck_assert_int_eq(WEXITSTATUS(rig.end.status), 7);
	rig.boot++;
	rig_boot(&rig, plugin("bad-hang.so"));
	while (atomic_load(&rig.page->doing) != DOING_LOADING ||
	       atomic_load(&rig.page->since) == 0)
		sched_yield();
	rig_signal(&rig, SIGKILL);
	ck_assert_int_eq(WTERMSIG(rig_end(&rig)->status), SIGKILL);
}
END_TEST

START_TEST(a_probe_answers_for_every_plugin)
{
	static const struct {
		const char *name, *part;
	} bad[] = {
		{ "bad-nothing.so", "not a protocol" },
		{ "bad-version.so", "version 2" },
		{ "bad-unresolved.so", "unresolved symbol" },
		{ "bad-state.so", "state_size" },
		{ "bad-crash.so", "killed by SIGSEGV while loading" },
		{ "bad-leave.so", "exited with status 7 while loading" },
		{ "no-such.so", "No such file" },
	};
	struct descriptor d;
	struct fr_err err = { 0 };
	size_t i;

	ck_assert_msg(probe_protocol(plugin("tool.so"), &d, &err) == 0, "%s",
		      err.text);
	ck_assert_str_eq(d.name, "tool");
	descriptor_free(&d);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		memset(&err, 0, sizeof err);
		ck_assert_int_eq(probe_protocol(plugin(bad[i].name), &d, &err),
				 -1);
		ck_assert_msg(strstr(err.text, bad[i].part) != NULL &&
			      strstr(err.text, bad[i].name) != NULL,
			      "\"%s\" does not hold \"%s\"", err.text,
			      bad[i].part);
		ck_assert_int_eq(err.status, EXIT_USAGE);
	}
	ck_assert_int_eq(probe_within(plugin("bad-hang.so"), 50000000, &d,
				      &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "did not return"));
}
END_TEST

/* What is written over, or replaced, during a run changes nothing for it. */
START_TEST(a_plugin_that_is_overwritten_stays_what_it_was)
{
	char path[400], *data;
	struct stat st;
	FILE *f;

	ck_assert_int_eq(stat(plugin("tool.so"), &st), 0);
	data = malloc((size_t)st.st_size);
	f = fopen(plugin("tool.so"), "r");
	ck_assert_uint_eq(fread(data, 1, (size_t)st.st_size, f),
			  (size_t)st.st_size);
	fclose(f);
	snprintf(path, sizeof path, "%s/mine.so", rig.dir);
	write_file(path, data, (size_t)st.st_size);
	rig_boot(&rig, path);
	(void)rig_next_must_be(&rig, FRAME_HELLO);
	memset(data, 0, (size_t)st.st_size);
	write_file(path, data, (size_t)st.st_size);
	ck_assert_int_eq(truncate(path, 10), 0);
	free(data);
	rig_start(&rig, &rig_plain);
	ck_assert_ptr_nonnull(rig_expect(&rig, FRAME_READY));
	ck_assert_int_eq(rig_do(&rig, TOOL_SEND, 0, TOOL_COUNTED, 8), 0);
	rig_signal(&rig, SIGKILL);
	(void)rig_end(&rig);
	rig.boot++;
	rig_boot(&rig, path);
	(void)rig_next_must_be(&rig, FRAME_HELLO);
}
END_TEST

/* ---- where a node lives -------------------------------------------------- */

START_TEST(a_node_has_its_own_descriptors_only)
{
	const char *list;
	char copy[8192], *line, *save = NULL;
	int fd, leak = open("/dev/zero", O_RDONLY), sockets = 0, pipes = 0;
	char to[256], printed[2][256] = { "", "" };

	rig_run(&rig, &rig_plain);
	ck_assert_int_ge(leak, 0);
	(void)rig_do(&rig, TOOL_WRITE, 0, 10, 1);
	(void)rig_do(&rig, TOOL_SYNC, 0, 0, 0);
	list = rig_do_bytes(&rig, TOOL_FDS, 0, 0, NULL);
	snprintf(copy, sizeof copy, "%s", list);
	for (line = strtok_r(copy, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		ck_assert_int_eq(sscanf(line, "%d %255s", &fd, to), 2);
		if (fd == 0)
			ck_assert_str_eq(to, "/dev/null");
		else if (fd == 1 || fd == 2)
			memcpy(printed[fd - 1], to, sizeof to);
		/* libevent has a pipe to itself. */
		else if (strncmp(to, "pipe:", 5) == 0 &&
			 strcmp(to, printed[0]) != 0 &&
			 strcmp(to, printed[1]) != 0)
			pipes++;
		else if (strncmp(to, "socket:", 7) == 0)
			sockets++;
		else
			ck_assert_msg(strncmp(to, "anon_inode:", 11) == 0 ||
				      strncmp(to, rig.node_dir,
					      strlen(rig.node_dir)) == 0,
				      "a strange descriptor: %s", line);
	}
	ck_assert_int_eq(sockets, 1);
	ck_assert_int_le(pipes, 2);
	ck_assert_int_eq(strncmp(printed[0], "pipe:", 5), 0);
	ck_assert_int_eq(strncmp(printed[1], "pipe:", 5), 0);
	close(leak);
}
END_TEST

START_TEST(a_node_has_its_own_group_folder_and_environment)
{
	int64_t self[5];
	const char *text;

	ck_assert_int_eq(setenv("SECRET", "1", 1), 0);
	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, TOOL_SELF, 0, 0, 0);
	rig_reply(&rig, self, 5);
	ck_assert_int_eq(self[0], 0);
	ck_assert_int_eq(self[1], 1);		/* one thread               */
	ck_assert_int_ne(self[2], getpid());	/* but the nursery          */
	ck_assert_int_eq(self[3], 0);		/* the state is zero        */
	text = rig_do_bytes(&rig, TOOL_ENVIRONMENT, 0, 0, NULL);
	ck_assert_ptr_null(strstr(text, "SECRET"));
	ck_assert_ptr_nonnull(strstr(text, "PATH="));
	ck_assert_ptr_nonnull(strstr(strstr(text, "cwd="), rig.node_dir));
}
END_TEST

START_TEST(what_a_node_prints_comes_through_its_pipes)
{
	char text[64] = "";

	rig_run(&rig, &rig_plain);
	ck_assert_int_eq(rig_do(&rig, TOOL_PRINT, 0, 0, 0), 0);
	ck_assert_int_eq(read(rig.out, text, sizeof text - 1), 10);
	ck_assert_str_eq(text, "to stdout\n");
	ck_assert_int_eq(read(rig.err, text, sizeof text - 1), 10);
	ck_assert_str_eq(text, "to stderr\n");
}
END_TEST

/* ---- how nodes end ------------------------------------------------------- */

START_TEST(a_node_ends_in_order)
{
	rig_run(&rig, &rig_plain);
	rig_send(&rig, FRAME_STOP, 0, 0, NULL, 0);
	ck_assert_ptr_null(rig_frame(&rig));
	ck_assert_int_eq(rig_end(&rig)->status, 0);
	ck_assert_uint_gt(rig.end.rss_bytes, 0);
	ck_assert_uint_eq(atomic_load(&rig.page->doing), DOING_EXIT);
}
END_TEST

/* What it said before is heard, and the page tells where it was. */
static void
expect_death(int64_t job, int64_t arg)
{
	const struct frame *f;

	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, job, arg, 0, 0);
	f = rig_expect(&rig, FRAME_LOG);
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(rig_text(f), "about to fail");
	ck_assert_ptr_null(rig_frame(&rig));
	(void)rig_end(&rig);
	ck_assert_uint_eq(atomic_load(&rig.page->doing), DOING_REQUEST);
	ck_assert_uint_eq(atomic_load(&rig.page->index), 0);
	rig.boot++;
}

START_TEST(a_node_that_fails_is_heard_to_the_last_word)
{
	expect_death(TOOL_SEGV, 0);
	ck_assert_int_eq(WTERMSIG(rig.end.status), SIGSEGV);
	expect_death(TOOL_ABORT, 0);
	ck_assert_int_eq(WTERMSIG(rig.end.status), SIGABRT);
	expect_death(TOOL_OVERFLOW, 0);
	ck_assert_int_eq(WTERMSIG(rig.end.status), SIGSEGV);
	expect_death(TOOL_EXIT, 5);
	ck_assert(WIFEXITED(rig.end.status));
	ck_assert_int_eq(WEXITSTATUS(rig.end.status), 5);
}
END_TEST

START_TEST(a_hang_is_seen_in_the_page)
{
	const struct frame *f;
	uint64_t turns;

	rig_run(&rig, &rig_plain);
	turns = atomic_load(&rig.page->turns);
	(void)rig_ask(&rig, TOOL_HANG, 0, 0, 0);
	while (atomic_load(&rig.page->turns) == turns)
		sched_yield();
	ck_assert_uint_eq(atomic_load(&rig.page->turns), turns + 1);
	ck_assert_uint_eq(atomic_load(&rig.page->doing), DOING_REQUEST);
	ck_assert_int_le(atomic_load(&rig.page->since), clock_mono());
	/* Asked to end, it still hands over what was said. */
	rig_signal(&rig, SIGABRT);
	f = rig_expect(&rig, FRAME_LOG);
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(rig_text(f), "about to hang");
	ck_assert_int_eq(WTERMSIG(rig_end(&rig)->status), SIGABRT);
}
END_TEST

START_TEST(a_paused_node_goes_on)
{
	int64_t got;
	char state = 0, path[64];
	FILE *f;

	rig_run(&rig, &rig_plain);
	(void)rig_do(&rig, TOOL_SEND, 0, TOOL_COUNTED, 8);
	rig_signal(&rig, SIGSTOP);
	(void)rig_ask(&rig, TOOL_SEND, 0, TOOL_COUNTED, 8);
	while (rig.pid == 0) {
		struct nursery_said said;

		if (nursery_next(rig.nursery, &said) > 0)
			rig.pid = said.pid;
	}
	snprintf(path, sizeof path, "/proc/%d/stat", (int)rig.pid);
	while (state != 'T') {
		f = fopen(path, "r");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_eq(fscanf(f, "%*d (%*[^)]) %c", &state), 1);
		fclose(f);
	}
	rig_signal(&rig, SIGCONT);
	rig_reply(&rig, &got, 1);
	ck_assert_int_eq(got, 0);
	/* A signal to a boot that is not there is nobody's. */
	rig.boot++;
	rig_signal(&rig, SIGKILL);
	rig.boot--;
	ck_assert_int_eq(rig_do(&rig, TOOL_SEND, 0, TOOL_COUNTED, 8), 0);
}
END_TEST

static int
pid_fd(int64_t pid)
{
	return (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
}

static void
wait_gone(int fd)
{
	struct pollfd on = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return;
	ck_assert_int_eq(poll(&on, 1, 60000), 1);
	close(fd);
}

START_TEST(children_of_a_plugin_end_with_it)
{
	int64_t pid;
	int fd;

	rig_run(&rig, &rig_plain);
	pid = rig_do(&rig, TOOL_FORK, 0, 0, 0);
	ck_assert_int_gt(pid, 1);
	fd = pid_fd(pid);
	ck_assert_int_ge(fd, 0);
	rig_signal(&rig, SIGKILL);
	(void)rig_end(&rig);
	wait_gone(fd);
	/* One that forks and exits does not say the node's words again. */
	rig.boot++;
	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, TOOL_FORK_EXIT, 0, 0, 0);
	(void)rig_expect(&rig, FRAME_LOG);
	(void)rig_next_must_be(&rig, FRAME_REPLY);
}
END_TEST

START_TEST(a_node_ends_when_the_switch_is_gone)
{
	rig_run(&rig, &rig_plain);
	shutdown(rig.socket, SHUT_RDWR);
	close(rig.socket);
	rig.socket = -1;
	ck_assert_int_eq(rig_end(&rig)->status, 0);
}
END_TEST

/* ---- the nursery --------------------------------------------------------- */

START_TEST(a_free_nursery_leaves_nobody)
{
	struct stat st;
	int fd;

	rig_run(&rig, &rig_plain);
	fd = pid_fd(rig_do(&rig, TOOL_FORK, 0, 0, 0));
	nursery_free(rig.nursery);
	rig.nursery = NULL;
	wait_gone(fd);
	/* In order: the folder is the caller's. */
	ck_assert_int_eq(stat(rig.node_dir, &st), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(a_dead_nursery_takes_its_nodes_with_it)
{
	struct pollfd on = { .fd = nursery_fd(rig.nursery), .events = POLLIN };
	struct nursery_said said = { 0 };
	int64_t self[3];

	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, TOOL_SELF, 0, 0, 0);
	rig_reply(&rig, self, 3);
	ck_assert_int_eq(kill((pid_t)self[2], SIGKILL), 0);
	ck_assert_ptr_null(rig_frame(&rig));
	while (said.kind != NURSERY_GONE) {
		ck_assert_int_eq(poll(&on, 1, 60000), 1);
		while (said.kind != NURSERY_GONE &&
		       nursery_next(rig.nursery, &said) > 0)
			;
	}
	ck_assert_ptr_nonnull(strstr(said.text, "signal 9"));
	ck_assert_int_eq(nursery_next(rig.nursery, &said), 0);
}
END_TEST

/* What a plugin can leave in its folder to be in the way. */
static void
litter(const char *dir, const char *outside)
{
	char path[600];
	int fd = open(dir, O_RDONLY | O_DIRECTORY), next, i;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(symlinkat(outside, fd, "link"), 0);
	ck_assert_int_eq(mkdirat(fd, "locked", 0700), 0);
	snprintf(path, sizeof path, "%s/locked/file", dir);
	write_file(path, "x", 1);
	snprintf(path, sizeof path, "%s/locked", dir);
	ck_assert_int_eq(chmod(path, 0), 0);
	for (i = 0; i < 3000; i++) {
		ck_assert_int_eq(mkdirat(fd, "deep", 0700), 0);
		next = openat(fd, "deep", O_RDONLY | O_DIRECTORY);
		ck_assert_int_ge(next, 0);
		close(fd);
		fd = next;
	}
	close(fd);
}

START_TEST(a_killed_supervisor_leaves_nothing)
{
	char outside[300], witness[400];
	int64_t self[3], tell[3] = { 0 };
	struct stat st;
	int pipes[2], node, nursery, stray;
	pid_t supervisor;

	snprintf(outside, sizeof outside, "%s-outside", rig.dir);
	ck_assert_int_eq(mkdir(outside, 0700), 0);
	snprintf(witness, sizeof witness, "%s/witness", outside);
	write_file(witness, "x", 1);
	nursery_free(rig.nursery);
	rig.nursery = NULL;
	ck_assert_int_eq(pipe(pipes), 0);
	supervisor = fork();
	if (supervisor == 0) {
		struct fr_err err = { 0 };

		close(pipes[0]);
		litter(rig.node_dir, outside);
		rig.nursery = nursery_new(rig.dir, &err);
		ck_assert_ptr_nonnull(rig.nursery);
		rig_run(&rig, &rig_plain);
		tell[2] = rig_do(&rig, TOOL_FORK, 0, 0, 0);
		(void)rig_ask(&rig, TOOL_SELF, 0, 0, 0);
		rig_reply(&rig, self, 3);
		tell[1] = self[2];
		(void)rig_ask(&rig, TOOL_HANG, 0, 0, 0);
		while (rig.pid == 0) {
			struct nursery_said said;

			if (nursery_next(rig.nursery, &said) > 0)
				rig.pid = said.pid;
		}
		tell[0] = rig.pid;
		(void)!write(pipes[1], tell, sizeof tell);
		for (;;)
			pause();
	}
	close(pipes[1]);
	ck_assert_int_eq(read(pipes[0], tell, sizeof tell), sizeof tell);
	close(pipes[0]);
	node = pid_fd(tell[0]);
	nursery = pid_fd(tell[1]);
	stray = pid_fd(tell[2]);
	ck_assert_int_ge(nursery, 0);
	/* Ctrl-C is the supervisor's alone. */
	ck_assert_int_eq(kill((pid_t)tell[1], SIGINT), 0);
	ck_assert_int_eq(kill((pid_t)tell[1], SIGTERM), 0);
	ck_assert_int_eq(kill((pid_t)tell[1], SIGHUP), 0);
	ck_assert_int_eq(kill((pid_t)tell[1], 0), 0);
	ck_assert_int_eq(kill(supervisor, SIGKILL), 0);
	wait_gone(nursery);
	wait_gone(node);
	wait_gone(stray);
	ck_assert_int_eq(stat(rig.dir, &st), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(stat(witness, &st), 0);
	ck_assert_int_eq(waitpid(supervisor, NULL, 0), supervisor);
	ck_assert_int_eq(unlink(witness), 0);
	ck_assert_int_eq(rmdir(outside), 0);
	ck_assert_int_eq(mkdir(rig.dir, 0700), 0);
}
END_TEST

START_TEST(a_nursery_that_cannot_start_is_named)
{
	struct pollfd on;
	struct nursery_said said;
	struct fr_err err = { 0 };
	struct nursery *n;

	/* Something else that can be run, and says nothing. */
	ck_assert_int_eq(setenv("FRACAS_NODE", "/bin/false", 1), 0);
	n = nursery_new(NULL, &err);
	ck_assert_ptr_nonnull(n);
	on = (struct pollfd){ .fd = nursery_fd(n), .events = POLLIN };
	ck_assert_int_eq(poll(&on, 1, 60000), 1);
	ck_assert_int_eq(nursery_next(n, &said), 1);
	ck_assert_int_eq(said.kind, NURSERY_GONE);
	ck_assert_ptr_nonnull(strstr(said.text, "status 1"));
	nursery_free(n);
	ck_assert_int_eq(setenv("FRACAS_NODE", "/no/such/program", 1), 0);
	ck_assert_ptr_null(nursery_new(NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "/no/such/program"));
}
END_TEST

/* Started by hand, or by a fracas of another build, it says so. */
START_TEST(a_program_of_another_build_is_named)
{
	struct nursery_said said;
	char path[4200];
	int pair[2], status;
	pid_t pid;

	snprintf(path, sizeof path, "%s 2>/dev/null", getenv("FRACAS_NODE"));
	status = system(path);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), EXIT_USAGE);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		if (pair[1] != 3)
			dup2(pair[1], 3);
		execl(getenv("FRACAS_NODE"), "fracas-node", "nursery",
		      "fracas-of-yesterday", (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	ck_assert_int_eq(recv(pair[0], &said, sizeof said, 0), sizeof said);
	ck_assert_int_eq(said.kind, NURSERY_GONE);
	ck_assert_ptr_nonnull(strstr(said.text, "fracas-of-yesterday"));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), EXIT_TESTBED);
	close(pair[0]);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("node");
	TCase *t = tcase_create("node");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_plugin_says_what_it_is);
	tcase_add_test(t, a_plugin_that_is_none_is_named);
	tcase_add_test(t, a_truncated_plugin_is_named);
	tcase_add_test(t, a_shorter_table_is_read_as_if_the_rest_were_zero);
	tcase_add_test(t, a_crash_while_loading_is_told_by_the_page);
	tcase_add_test(t, a_probe_answers_for_every_plugin);
	tcase_add_test(t, a_plugin_that_is_overwritten_stays_what_it_was);
	tcase_add_test(t, a_node_has_its_own_descriptors_only);
	tcase_add_test(t, a_node_has_its_own_group_folder_and_environment);
	tcase_add_test(t, what_a_node_prints_comes_through_its_pipes);
	tcase_add_test(t, a_node_ends_in_order);
	tcase_add_test(t, a_node_that_fails_is_heard_to_the_last_word);
	tcase_add_test(t, a_hang_is_seen_in_the_page);
	tcase_add_test(t, a_paused_node_goes_on);
	tcase_add_test(t, children_of_a_plugin_end_with_it);
	tcase_add_test(t, a_node_ends_when_the_switch_is_gone);
	tcase_add_test(t, a_free_nursery_leaves_nobody);
	tcase_add_test(t, a_dead_nursery_takes_its_nodes_with_it);
	tcase_add_test(t, a_killed_supervisor_leaves_nothing);
	tcase_add_test(t, a_nursery_that_cannot_start_is_named);
	tcase_add_test(t, a_program_of_another_build_is_named);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
