/* SPDX-License-Identifier: MIT */
/*
 * core/history when things go wrong: killed writers, full disks, failing
 * writes, locks, queues that are full, two runs at once.
 *
 * Between SQLite and the disk lies a VFS of the test's, which is the ordinary
 * one but for its writes: they can be held back at a gate, and the Nth can
 * fail.
 */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/rand.h"
#include "core/base/units.h"
#include "tests/unit/history_help.h"

/* ---- a disk that does as it is told -------------------------------------- */

static sqlite3_vfs shim, *real;

/* The real one has a table of functions for each kind of file. */
static struct {
	const sqlite3_io_methods *real;
	sqlite3_io_methods ours;
} kinds[4];

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_long writes_left = LONG_MAX;	/* then they fail */
static int failure = SQLITE_FULL;

static int
shim_write(sqlite3_file *f, const void *data, int size, sqlite3_int64 at)
{
	int i = 0;

	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	if (atomic_fetch_sub(&writes_left, 1) <= 0)
		return failure;
	while (f->pMethods != &kinds[i].ours)
		i++;
	return kinds[i].real->xWrite(f, data, size, at);
}

static int
shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags,
	  int *out)
{
	int code = real->xOpen(vfs, name, f, flags, out), i = 0;

	if (code != SQLITE_OK || f->pMethods == NULL)
		return code;
	while (kinds[i].real != NULL && kinds[i].real != f->pMethods)
		i++;
	if (kinds[i].real == NULL) {
		kinds[i].real = f->pMethods;
		kinds[i].ours = *f->pMethods;
		kinds[i].ours.xWrite = shim_write;
	}
	f->pMethods = &kinds[i].ours;
	return code;
}

static void
shim_install(void)
{
	real = sqlite3_vfs_find(NULL);
	ck_assert_ptr_nonnull(real);
	shim = *real;
	shim.zName = "test";
	shim.xOpen = shim_open;
	ck_assert_int_eq(sqlite3_vfs_register(&shim, 1), SQLITE_OK);
}

static void
give_numbered(struct history *h, uint64_t from, uint64_t to)
{
	struct event e;
	uint64_t i;

	for (i = from; i < to; i++) {
		e = numbered_event(i);
		history_event(h, &e);
	}
}

/* ---- killed -------------------------------------------------------------- */

/* Writes without end, and says how far it has come. */
_Noreturn static void
write_for_ever(const char *path, _Atomic uint64_t *given)
{
	struct fr_err err;
	struct history *h = history_open(path, true, &err);
	char name[] = "abd", ops[] = "[\"read\"]";
	struct run_row row = {
		.protocol = name, .ops = ops, .nodes = 5, .clients = 4,
	};
	struct event e;
	uint64_t i;

	if (h == NULL || history_begin(h, &row, &err) < 0)
		_exit(1);
	for (i = 0;; i++) {
		e = numbered_event(i);
		history_event(h, &e);
		atomic_store(given, i + 1);
		/* Now and then the last ones are certainly in the file. */
		if (i % 7000 == 6999 && history_flush(h, &err) < 0)
			_exit(1);
	}
}

START_TEST(any_moment_is_a_good_one_to_be_killed)
{
	_Atomic uint64_t *given = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct rng rng = rng_make(1, STREAM_FAULTS, 0, 0, "kill");
	const char *path = dir_path("kill.db");
	struct fr_err err = { 0 };
	struct history *h;
	struct run_row row;
	uint64_t until, found, total = 0;
	int64_t id;
	pid_t child;
	int i, status;

	for (i = 0; i < 12; i++) {
		until = rng_below(&rng, 40000) + 1;
		atomic_store(given, 0);
		child = fork();
		if (child == 0)
			write_for_ever(path, given);
		while (atomic_load(given) < until &&
		       waitpid(child, &status, WNOHANG) == 0)
			sched_yield();
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		waitpid(child, &status, 0);

		h = must_open(path, false);
		ck_assert_int_eq(history_find(h, "last", &id, &err), 0);
		ck_assert_int_eq(id, i + 1);
		ck_assert_int_eq(history_run(h, id, &row, &err), 0);
		ck_assert_str_eq(row.status, "interrupted");
		ck_assert_int_eq(row.ended, 0);
		found = check_numbered(h, id);
		ck_assert_uint_le(found, atomic_load(given) + 1);
		ck_assert_uint_ge(found, (until - 1) / 7000 * 7000);
		ck_assert_uint_eq(row.ok + row.fail + row.info,
				  found / 8 * 4 +
				  (found % 8 < 4 ? found % 8 : 4));
		total += found;
		run_row_free(&row);
		must_close(h);
		/* The one who reads does not write it down. */
		ck_assert_str_eq(ask_sqlite(path, "select status from run"
					    " order by id desc limit 1"),
				 "running");
	}
	ck_assert_uint_gt(total, 0);
	/* The next to write does. */
	h = must_open(path, true);
	must_begin(h, &row);
	ck_assert_str_eq(ask_sqlite(path, "select count(*) from run where"
				    " status = 'interrupted' and ok + info >="
				    " 0"), "12");
	ck_assert_str_eq(ask_sqlite(path, "select status from run where id ="
				    " 13"), "running");
	must_close(h);
	ck_assert_str_eq(ask_sqlite(path, "pragma integrity_check"), "ok");
}
END_TEST

START_TEST(a_pid_that_was_given_away_again_is_not_the_writer)
{
	const char *path = dir_path("pid.db");
	struct history *h = must_open(path, true);
	struct fr_err err = { 0 };
	struct run_row row, got;

	must_begin(h, &row);
	ck_assert_int_eq(history_run(h, row.id, &got, &err), 0);
	ck_assert_str_eq(got.status, "running");
	run_row_free(&got);
	/* The same process, started at another time. */
	tell_sqlite(path, "update run set owner = owner || '1'");
	ck_assert_int_eq(history_run(h, row.id, &got, &err), 0);
	ck_assert_str_eq(got.status, "interrupted");
	run_row_free(&got);
	/* Another boot of the machine. */
	tell_sqlite(path, "update run set owner = 'boot 1 space 1 pid 1"
		    " start 1'");
	ck_assert_int_eq(history_run(h, row.id, &got, &err), 0);
	ck_assert_str_eq(got.status, "interrupted");
	run_row_free(&got);
	/* Nobody knows. */
	tell_sqlite(path, "update run set owner = 'nonsense'");
	ck_assert_int_eq(history_run(h, row.id, &got, &err), 0);
	ck_assert_str_eq(got.status, "running");
	run_row_free(&got);
	must_close(h);
}
END_TEST

/* ---- full, failing ------------------------------------------------------- */

static void
count_call(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

/*
 * A run on a disk that gives out: it is told once, nobody waits, and what was
 * written can be read, once there is room.
 */
static void
fill(const char *path, const char *words)
{
	struct history *h = must_open(path, true);
	struct fr_err err = { 0 };
	struct run_row row;
	atomic_int calls = 0;
	uint64_t i = 0;

	history_on_failure(h, count_call, &calls);
	must_begin(h, &row);
	while (history_failed(h, &err) == 0 && i < 20000000) {
		give_numbered(h, i, i + 100);
		i += 100;
	}
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
	ck_assert_int_eq(err.status, EXIT_TESTBED);
	/* More than the queue holds: it must not wait for anything. */
	give_numbered(h, i, i + 400000);
	memset(&err, 0, sizeof err);
	ck_assert_int_eq(history_flush(h, &err), -1);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
	memset(&err, 0, sizeof err);
	ck_assert_int_eq(history_end(h, &row, &err), -1);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
	memset(&err, 0, sizeof err);
	ck_assert_int_eq(history_close(h, &err), -1);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
	ck_assert_int_eq(atomic_load(&calls), 1);
}

START_TEST(a_file_that_may_not_grow)
{
	const char *path = dir_path("limit.db");
	struct rlimit limit, small;
	struct history *h;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = 700000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	fill(path, "the disk is full");
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	h = must_open(path, false);
	ck_assert_uint_gt(check_numbered(h, 1), 1000);
	must_close(h);
	ck_assert_str_eq(ask_sqlite(path, "pragma integrity_check"), "ok");
}
END_TEST

/* A disk that is really full, where the tests may make one. */
START_TEST(a_disk_that_is_full)
{
	const char *path = dir_path("full/x.db");
	struct history *h;

	ck_assert_int_eq(mkdir(dir_path("full"), 0700), 0);
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", dir_path("full"), "tmpfs", 0, "size=1m") < 0)
		return;
	fill(path, "the disk is full");
	h = must_open(path, false);
	ck_assert_uint_gt(check_numbered(h, 1), 1000);
	must_close(h);
	ck_assert_int_eq(umount(dir_path("full")), 0);
}
END_TEST

/* The Nth write fails, for every N up to where none does any more: an error in
 * words or none, and always a file that can be read, or none. */
START_TEST(every_write_may_fail)
{
	static const int failures[] = {
		SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_READONLY,
	};
	char name[40], valid[] = "valid";
	struct fr_err err;
	struct history *h;
	struct run_row row;
	int n, failed, all_done = 0;
	uint64_t found;

	shim_install();
	for (n = 0; all_done < 3; n++) {
		ck_assert_int_lt(n, 1000);
		failure = failures[n % 3];
		snprintf(name, sizeof name, "write%d.db", n);
		memset(&row, 0, sizeof row);
		memset(&err, 0, sizeof err);
		atomic_store(&writes_left, n);
		row.protocol = valid;
		row.nodes = 5;
		failed = 1;
		h = history_open(dir_path(name), true, &err);
		if (h != NULL && history_begin(h, &row, &err) == 0) {
			give_numbered(h, 0, 3000);
			failed = history_flush(h, &err) < 0;
			give_numbered(h, 3000, 6000);
			failed |= history_end(h, &row, &err) < 0;
		}
		failed |= history_close(h, failed ? NULL : &err) < 0;
		atomic_store(&writes_left, LONG_MAX);
		if (failed)
			ck_assert_msg(err.status != 0 &&
				      strstr(err.text, name) != NULL,
				      "%d: %s", n, err.text);
		all_done = failed ? 0 : all_done + 1;
		h = history_open(dir_path(name), false, &err);
		if (h == NULL) {
			ck_assert_int_ne(failed, 0);
			continue;
		}
		if (row.id == 1) {
			found = check_numbered(h, 1);
			ck_assert_uint_le(found, 6000);
			if (!failed)
				ck_assert_uint_eq(found, 6000);
		}
		must_close(h);
		unlink(dir_path(name));
	}
	ck_assert_int_gt(n, 20);
}
END_TEST

/* ---- the queue ----------------------------------------------------------- */

/* While the disk stands still the trace is dropped, and counted; events are
 * not. */
START_TEST(a_full_queue_drops_the_trace_and_counts_it)
{
	struct history *h;
	struct fr_err err = { 0 };
	struct run_row row, got;
	struct trace t = { .size = 4, .body = "body" };
	uint64_t given = 0, events, traces, dropped = 0;

	shim_install();
	h = must_open(dir_path("q.db"), true);
	must_begin(h, &row);
	pthread_mutex_lock(&gate);
	while (dropped < 1000 && given < 10000000) {
		history_trace(h, &t, 0);
		given++;
		history_counts(h, &events, &traces, &dropped);
	}
	ck_assert_uint_eq(dropped, 1000);
	/* There is still room for some thousand events. */
	give_numbered(h, 0, 4000);
	history_counts(h, &events, &traces, &dropped);
	ck_assert_uint_eq(events, 0);
	pthread_mutex_unlock(&gate);
	ck_assert_int_eq(history_flush(h, &err), 0);
	history_counts(h, &events, &traces, &dropped);
	ck_assert_uint_eq(events, 4000);
	ck_assert_uint_eq(traces + dropped, given);
	ck_assert_uint_eq(dropped, 1000);
	ck_assert_int_eq(history_end(h, &row, &err), 0);
	ck_assert_int_eq(history_run(h, row.id, &got, &err), 0);
	ck_assert_uint_eq(got.trace_dropped, 1000);
	run_row_free(&got);
	ck_assert_uint_eq(check_numbered(h, row.id), 4000);
	must_close(h);
}
END_TEST

struct giver {
	struct history *h;
	_Atomic uint64_t given;
};

static void *
give_many(void *arg)
{
	struct giver *g = arg;
	uint64_t i;

	for (i = 0; i < 300000; i++) {
		give_numbered(g->h, i, i + 1);
		atomic_store(&g->given, i + 1);
	}
	return NULL;
}

/* An event waits for room, and none is lost. */
START_TEST(a_full_queue_makes_events_wait)
{
	struct giver g = { 0 };
	struct fr_err err = { 0 };
	struct run_row row, got;
	pthread_t thread;
	uint64_t before = 1;
	int still;

	shim_install();
	g.h = must_open(dir_path("w.db"), true);
	must_begin(g.h, &row);
	pthread_mutex_lock(&gate);
	ck_assert_int_eq(pthread_create(&thread, NULL, give_many, &g), 0);
	/* More than the queue may hold, so it comes to a stand; for that we
	 * take a second without a step.  Were the thread only slow, this would
	 * check less, and not fail. */
	for (still = 0; still < 100; still++) {
		usleep(10000);
		if (atomic_load(&g.given) != before)
			still = 0;
		before = atomic_load(&g.given);
	}
	ck_assert_uint_lt(before, 300000);
	pthread_mutex_unlock(&gate);
	pthread_join(thread, NULL);
	ck_assert_int_eq(history_end(g.h, &row, &err), 0);
	ck_assert_int_eq(history_run(g.h, row.id, &got, &err), 0);
	ck_assert_int_gt(got.waited, 0);
	run_row_free(&got);
	ck_assert_uint_eq(check_numbered(g.h, row.id), 300000);
	must_close(g.h);
}
END_TEST

/* ---- at the same time ---------------------------------------------------- */

_Noreturn static void
write_one_run(const char *path, int ready, int64_t *id)
{
	struct fr_err err = { 0 };
	char name[] = "abd", byte;
	struct run_row row = { .protocol = name, .nodes = 5, .clients = 4 };
	struct history *h;
	uint64_t i;

	/* All at once. */
	if (read(ready, &byte, 1) != 0)
		_exit(2);
	h = history_open(path, true, &err);
	if (h == NULL || history_begin(h, &row, &err) < 0)
		goto fail;
	for (i = 0; i < 40000; i += 500) {
		give_numbered(h, i, i + 500);
		if (history_flush(h, &err) < 0)
			goto fail;
	}
	*id = row.id;
	if (history_end(h, &row, &err) < 0 || history_close(h, &err) < 0)
		goto fail;
	_exit(0);
fail:
	fprintf(stderr, "# %s\n", err.text);
	_exit(1);
}

/* Four make the file, and write a run each into it; a reader looks on. */
START_TEST(runs_at_the_same_time)
{
	enum { N = 4 };
	int64_t *ids = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *path = dir_path("two.db");
	struct fr_err err = { 0 };
	int ready[2], i, status, seen = 0;
	struct history *h;
	struct run_row row;
	pid_t child[N];

	ck_assert_int_eq(pipe(ready), 0);
	for (i = 0; i < N; i++) {
		child[i] = fork();
		if (child[i] == 0) {
			close(ready[1]);
			write_one_run(path, ready[0], &ids[i]);
		}
	}
	close(ready[0]);
	close(ready[1]);
	while (waitpid(child[0], &status, WNOHANG) == 0) {
		if (access(path, F_OK) < 0)
			continue;
		h = history_open(path, false, NULL);
		if (h == NULL)
			continue;	/* not made yet */
		if (history_run(h, 1, &row, &err) == 0) {
			run_row_free(&row);
			check_events(h, 1);
			seen++;
		}
		must_close(h);
	}
	ck_assert_int_eq(status, 0);
	for (i = 1; i < N; i++) {
		waitpid(child[i], &status, 0);
		ck_assert_int_eq(status, 0);
	}
	h = must_open(path, false);
	for (i = 0; i < N; i++) {
		ck_assert_int_ge(ids[i], 1);
		ck_assert_int_le(ids[i], N);
		ck_assert_uint_eq(check_numbered(h, ids[i]), 40000);
	}
	must_close(h);
	ck_assert_int_gt(seen, 0);
}
END_TEST

START_TEST(a_lock_that_is_never_released)
{
	const char *path = dir_path("lock.db");
	struct history *h = must_open(path, true);
	struct fr_err err = { 0 };
	struct run_row row = { 0 };
	char name[] = "abd";
	sqlite3 *other;

	must_begin(h, &row);
	ck_assert_int_eq(history_end(h, &row, &err), 0);
	ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other, "begin immediate", NULL, NULL,
				      NULL), SQLITE_OK);
	row.protocol = name;
	ck_assert_int_eq(history_begin(h, &row, &err), -1);
	ck_assert_msg(strstr(err.text, "lock.db is locked by another process"
			     " (waited 5 s)") != NULL, "%s", err.text);
	ck_assert_int_eq(err.status, EXIT_TESTBED);
	/* Reading goes on meanwhile; and after it, writing. */
	ck_assert_uint_eq(check_numbered(h, 1), 0);
	sqlite3_close(other);
	must_begin(h, &row);
	ck_assert_int_eq(row.id, 2);
	must_close(h);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("history in trouble");
	TCase *t = tcase_create("trouble");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, dir_make, dir_remove);
	tcase_set_timeout(t, 300);
	tcase_add_test(t, any_moment_is_a_good_one_to_be_killed);
	tcase_add_test(t, a_pid_that_was_given_away_again_is_not_the_writer);
	tcase_add_test(t, a_file_that_may_not_grow);
	tcase_add_test(t, a_disk_that_is_full);
	tcase_add_test(t, every_write_may_fail);
	tcase_add_test(t, a_full_queue_drops_the_trace_and_counts_it);
	tcase_add_test(t, a_full_queue_makes_events_wait);
	tcase_add_test(t, runs_at_the_same_time);
	tcase_add_test(t, a_lock_that_is_never_released);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
