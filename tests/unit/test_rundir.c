/* SPDX-License-Identifier: MIT */
/* A run's folder: made, locked, swept when its owner is gone; and what is
 * found in folders of plugins. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/node/remove.h"
#include "core/run/run.h"
#include "core/run/rundir.h"

static char *home;		/* TMPDIR of each test */

static void
begin(void)
{
	const char *tmp = getenv("TMPDIR");

	home = mem_format("%s/fracas-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	ck_assert_ptr_nonnull(mkdtemp(home));
	ck_assert_int_eq(setenv("TMPDIR", home, 1), 0);
}

static void
finish(void)
{
	ck_assert_int_eq(remove_tree(home), 0);
	free(home);
}

static bool
is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(it_is_its_owners_alone_and_goes)
{
	struct fr_err err = { 0 };
	struct rundir d;
	struct stat st;
	char *path, *node;

	ck_assert_msg(rundir_make(&d, 3, &err) == 0, "%s", err.text);
	ck_assert_int_eq(stat(d.path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(d.base, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	node = mem_format("%s/node-2", d.path);
	ck_assert(is_there(node));
	path = mem_string(d.path);
	rundir_free(&d, false);
	ck_assert(!is_there(path));
	free(path);
	free(node);
}
END_TEST

START_TEST(one_that_is_held_stays_and_one_that_is_left_is_swept)
{
	struct rundir held, next;
	struct fr_err err = { 0 };
	char *left;
	int status;
	pid_t pid;

	ck_assert_int_eq(rundir_make(&held, 1, &err), 0);
	/* A process that dies without a word. */
	pid = fork();
	if (pid == 0) {
		_exit(rundir_make(&next, 1, NULL) == 0 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	left = mem_format("ls -d %s/run-%ld-* >/dev/null 2>&1", held.base,
			  (long)pid);
	ck_assert_int_eq(system(left), 0);
	ck_assert_int_eq(rundir_make(&next, 1, &err), 0);
	ck_assert_int_ne(system(left), 0);
	ck_assert(is_there(held.path));
	rundir_free(&next, false);
	rundir_free(&held, false);
	free(left);
}
END_TEST

START_TEST(what_is_kept_is_not_swept)
{
	struct rundir kept, next;
	char *path;

	ck_assert_int_eq(rundir_make(&kept, 1, NULL), 0);
	ck_assert_int_eq(rundir_keep(&kept, NULL), 0);
	path = mem_string(kept.path);
	rundir_free(&kept, true);
	ck_assert_int_eq(rundir_make(&next, 1, NULL), 0);
	ck_assert(is_there(path));
	rundir_free(&next, false);
	free(path);
}
END_TEST

START_TEST(a_link_in_its_place_is_not_followed)
{
	struct fr_err err = { 0 };
	struct rundir d;
	char *base = mem_format("%s/fracas-%u", home, (unsigned)geteuid());

	ck_assert_int_eq(symlink("/tmp", base), 0);
	ck_assert_int_eq(rundir_make(&d, 1, &err), -1);
	ck_assert_msg(strstr(err.text, "is not a folder of this user") != NULL,
		      "%s", err.text);
	ck_assert_int_eq(unlink(base), 0);
	free(base);
}
END_TEST

START_TEST(a_copy_is_the_same_and_read_only)
{
	char *from = mem_format("%s/it.so", home), *path[2];
	char sha256[SHA256_TEXT];
	struct fr_err err = { 0 };
	struct rundir d;
	struct stat st;

	write_file(from, "abc");
	ck_assert_int_eq(rundir_make(&d, 1, NULL), 0);
	ck_assert_msg(rundir_copy(&d, from, &path[0], sha256, &err) == 0, "%s",
		      err.text);
	ck_assert_str_eq(sha256, "ba7816bf8f01cfea414140de5dae2223"
			 "b00361a396177a9cb410ff61f20015ad");
	ck_assert_int_eq(stat(path[0], &st), 0);
	ck_assert_uint_eq(st.st_mode & 0222, 0);
	ck_assert_int_eq(st.st_size, 3);
	/* Another of the same name does not take its place. */
	write_file(from, "abcd");
	ck_assert_int_eq(rundir_copy(&d, from, &path[1], sha256, &err), 0);
	ck_assert_str_ne(path[0], path[1]);
	ck_assert_int_eq(stat(path[0], &st), 0);
	ck_assert_int_eq(st.st_size, 3);
	unlink(from);
	ck_assert_int_eq(rundir_copy(&d, from, &path[1], sha256, &err), -1);
	ck_assert(strstr(err.text, "No such file") != NULL);
	rundir_free(&d, false);
	free(path[0]);
	free(path[1]);
	free(from);
}
END_TEST

/* ---- finding ------------------------------------------------------------------- */

static void
add_plugin(const char *dir, const char *name, const char *text)
{
	char *path = mem_format("%s/%s%s", home, dir, name), *p;

	for (p = path + strlen(home) + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
		*p = '/';
	}
	write_file(path, text);
	free(path);
}

static void
expect(enum plugin_kind kind, const char *name, const char *ending)
{
	struct fr_err err = { 0 };
	char *path;

	ck_assert_msg(plugin_find(kind, name, &path, &err) == 0, "%s",
		      err.text);
	ck_assert(path[0] == '/');
	ck_assert_msg(strlen(path) > strlen(ending) &&
		      strcmp(path + strlen(path) - strlen(ending),
			     ending) == 0, "%s", path);
	free(path);
}

START_TEST(plugins_are_found_in_their_places)
{
	struct fr_err err = { 0 };
	char *path = NULL, *list;

	add_plugin("a/protocols/", "paxos.so", "");
	add_plugin("a/workloads/", "bank.so", "");
	add_plugin("b/protocols/raft/", "raft.so", "");
	add_plugin("b/protocols/", "paxos.so", "");
	add_plugin("b/", "mine.so", "... fracas_protocol_v1 ...");
	add_plugin("b/", "load.so", "... fracas_workload_v1 ...");
	add_plugin("b/", "junk.so", "... nothing ...");
	list = mem_format("%s/a:%s/nowhere::%s/b", home, home, home);
	ck_assert_int_eq(setenv("FRACAS_PLUGIN_PATH", list, 1), 0);
	free(list);
	/* The first one of a name is taken. */
	expect(PLUGIN_PROTOCOL, "paxos", "/a/protocols/paxos.so");
	expect(PLUGIN_PROTOCOL, "raft", "/b/protocols/raft/raft.so");
	expect(PLUGIN_WORKLOAD, "bank", "/a/workloads/bank.so");
	expect(PLUGIN_PROTOCOL, "mine", "/b/mine.so");
	expect(PLUGIN_WORKLOAD, "load", "/b/load.so");
	/* In a mixed folder each is found as what it is. */
	ck_assert_int_eq(plugin_find(PLUGIN_WORKLOAD, "mine", &path, &err),
			 -1);
	ck_assert_int_eq(plugin_find(PLUGIN_PROTOCOL, "junk", &path, &err),
			 -1);
	ck_assert_int_eq(plugin_find(PLUGIN_PROTOCOL, "paxso", &path, &err),
			 -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_msg(strstr(err.text, "did you mean 'paxos'?") != NULL, "%s",
		      err.text);
	ck_assert_int_eq(plugin_find(PLUGIN_PROTOCOL, "./gone.so", &path,
				     &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_ptr_null(path);
}
END_TEST

START_TEST(a_workload_has_to_be_one)
{
	const struct fr_workload *w = NULL;
	struct fr_err err = { 0 };
	char *path = mem_format("%s/text.so", home);

	write_file(path, "this is no shared object\n");
	ck_assert_int_eq(workload_load(path, &w, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_msg(strstr(err.text, "text.so") != NULL, "%s", err.text);
	/* A shared object, but no workload: any library. */
	ck_assert_int_eq(workload_load("libm.so.6", &w, &err), -1);
	ck_assert(strstr(err.text, "does not export fracas_workload_v1") !=
		  NULL);
	ck_assert_ptr_null(w);
	free(path);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rundir");
	TCase *t = tcase_create("rundir");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, begin, finish);
	tcase_add_test(t, it_is_its_owners_alone_and_goes);
	tcase_add_test(t,
		one_that_is_held_stays_and_one_that_is_left_is_swept);
	tcase_add_test(t, what_is_kept_is_not_swept);
	tcase_add_test(t, a_link_in_its_place_is_not_followed);
	tcase_add_test(t, a_copy_is_the_same_and_read_only);
	tcase_add_test(t, plugins_are_found_in_their_places);
	tcase_add_test(t, a_workload_has_to_be_one);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
