/* SPDX-License-Identifier: MIT */
/* A plugin that does what it is told: see tool.h. */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fracas/easy.h>

#include "tool.h"

extern char **environ;

struct tool_state {
	int64_t counted;	/* messages                                    */
	int64_t fired;		/* timers                                      */
	unsigned char zero[4096];
};

static unsigned char room[2 * 1024 * 1024];
static char text[8192];

/* Which numbers a handler has as its arguments. */
struct job {
	struct fr_node *me;
	const struct fr_request *rq;
	int64_t a, b, c;
};

static void
say_int(const struct job *j, int64_t n)
{
	fr_ok(j->me, j->rq->id, fr_list(&n, 1));
}

static void
say_list(const struct job *j, const int64_t *list, uint32_t count)
{
	fr_ok(j->me, j->rq->id, fr_list(list, count));
}

static void
say_text(const struct job *j)
{
	fr_ok(j->me, j->rq->id, fr_bytes(text, (uint32_t)strlen(text)));
}

/* ---- messages, timers ---------------------------------------------------- */

static void
tool_counted(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct tool_state *s = me->state;
	int64_t first = 0;

	memcpy(&first, body, size < sizeof first ? size : sizeof first);
	if (((uintptr_t)body & 7) != 0)
		fr_claim(me, "unaligned", s->counted, 1);
	s->counted++;
	fr_claim(me, "counted", from, first);
}

static void
tool_once(struct fr_node *me, uint64_t tag)
{
	struct tool_state *s = me->state;

	fr_claim(me, "once", (int64_t)tag, s->fired++);
}

/* For ever, at once: it must not keep the node from anything else. */
static void
tool_again(struct fr_node *me, uint64_t tag)
{
	fr_after(me, TOOL_AGAIN, 0, tag);
}

static void
do_send(const struct job *j)
{
	say_int(j, fr_send(j->me, (uint32_t)j->a, (uint32_t)j->b, room,
			   (size_t)j->c));
}

static void
do_send_null(const struct job *j)
{
	say_int(j, fr_send(j->me, (uint32_t)j->a, (uint32_t)j->b, NULL,
			   (size_t)j->c));
}

static void
do_send_many(const struct job *j)
{
	int64_t i, body[8] = { 0 };

	for (i = 0; i < j->c; i++) {
		body[0] = i;
		fr_send(j->me, (uint32_t)j->a, (uint32_t)j->b, body,
			sizeof body);
	}
	say_int(j, i);
}

static void
do_broadcast(const struct job *j)
{
	say_int(j, fr_broadcast(j->me, (uint32_t)j->a, room, (size_t)j->b));
}

static void
do_neighbours(const struct job *j)
{
	struct fr_neighbour at[8];
	int64_t list[9];
	uint32_t i, n = fr_neighbours(j->me, at, 8);

	list[0] = n;
	for (i = 0; i < n && i < 8; i++)
		list[i + 1] = at[i].node * 1000 + (int64_t)at[i].weight;
	fr_neighbours(j->me, NULL, 4);
	say_list(j, list, i + 1);
}

static void
do_after(const struct job *j)
{
	say_int(j, fr_after(j->me, (uint32_t)j->a, j->b, (uint64_t)j->c));
}

static void
do_cancel(const struct job *j)
{
	say_int(j, fr_cancel(j->me, (uint32_t)j->a, (uint64_t)j->b));
}

/* ---- clocks and randomness ----------------------------------------------- */

static void
do_clocks(const struct job *j)
{
	int64_t list[4] = {fr_mono(j->me), fr_wall(j->me)};
	struct fr_bounds b = fr_wall_bounds(j->me);

	list[2] = b.earliest;
	list[3] = b.latest;
	say_list(j, list, 4);
}

static int64_t
ns(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
do_libc_clocks(const struct job *j)
{
	struct timespec t;
	struct timeval v;
	int64_t list[5];

	clock_gettime(CLOCK_REALTIME, &t);
	list[0] = ns(t);
	gettimeofday(&v, NULL);
	list[1] = (int64_t)v.tv_sec * 1000000000 + v.tv_usec * 1000;
	list[2] = (int64_t)time(NULL) * 1000000000;
	timespec_get(&t, TIME_UTC);
	list[3] = ns(t);
	clock_gettime(CLOCK_MONOTONIC, &t);
	list[4] = ns(t);
	say_list(j, list, 5);
}

static void
do_random(const struct job *j)
{
	int64_t list[4];
	int i;

	for (i = 0; i < 4; i++)
		list[i] = (int64_t)fr_random(j->me);
	say_list(j, list, 4);
}

static void
do_libc_random(const struct job *j)
{
	int64_t list[10] = { 0 };

	list[0] = rand();
	list[1] = random();
	srand(7);
	list[2] = rand();
	srandom(7);
	list[3] = random();
	(void)!getrandom(&list[4], 8, 0);
	(void)!getentropy(&list[5], 8);
	list[6] = arc4random();
	list[7] = lrand48();
	list[8] = (int64_t)(drand48() * 1e15);
	arc4random_buf(&list[9], 8);
	say_list(j, list, 10);
}

static void
do_sleep_until(const struct job *j)
{
	int64_t at = fr_wall(j->me) + j->a;
	struct timespec t = {at / 1000000000, at % 1000000000};

	clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
	say_int(j, fr_wall(j->me) - at);
}

/* ---- files --------------------------------------------------------------- */

static void
do_write(const struct job *j)
{
	memset(room, (int)j->c, (size_t)j->b % sizeof room);
	say_int(j, fr_write(j->me, "file", (uint64_t)j->a, room,
			    (size_t)j->b));
}

static void
do_read(const struct job *j)
{
	int64_t got = fr_read(j->me, "file", (uint64_t)j->a, room,
			      (size_t)j->b);

	if (got < 0)
		say_int(j, got);
	else
		fr_ok(j->me, j->rq->id, fr_bytes(room, (uint32_t)got));
}

static void
do_sync(const struct job *j)
{
	say_int(j, fr_sync(j->me, "file"));
}

static void
do_truncate(const struct job *j)
{
	say_int(j, fr_truncate(j->me, "file", (uint64_t)j->a));
}

static void
do_remove(const struct job *j)
{
	say_int(j, fr_remove(j->me, "file"));
}

static void
do_files(const struct job *j)
{
	struct fr_file files[8];
	uint32_t i, n = j->me->host->list(j->me, files, 8);
	size_t at = 0;

	text[0] = '\0';
	for (i = 0; i < n && i < 8; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s %llu ",
				       files[i].name,
				       (unsigned long long)files[i].size);
	say_text(j);
}

static void
do_bad_files(const struct job *j)
{
	int64_t list[8];

	list[0] = fr_write(j->me, "../out", 0, "x", 1);
	list[1] = fr_write(j->me, ".hidden", 0, "x", 1);
	list[2] = fr_write(j->me, "", 0, "x", 1);
	list[3] = fr_write(j->me, NULL, 0, "x", 1);
	list[4] = fr_write(j->me, "file", UINT64_MAX, "x", 1);
	list[5] = fr_write(j->me, "file", 0, NULL, 1);
	list[6] = fr_read(j->me, "nothing", 0, room, 1);
	list[7] = fr_sync(j->me, "nothing");
	say_list(j, list, 8);
}

/* ---- memory, replies, words ---------------------------------------------- */

static void
do_alloc(const struct job *j)
{
	void *p = fr_alloc(j->me, (size_t)j->a);

	fr_free(j->me, p);
	say_int(j, p != NULL);
}

static void
do_free_twice(const struct job *j)
{
	void *p = fr_alloc(j->me, 100);

	fr_free(j->me, NULL);
	fr_free(j->me, p);
	fr_free(j->me, p);
	say_int(j, 0);
}

static void
do_free_strange(const struct job *j)
{
	fr_free(j->me, room);
	say_int(j, 0);
}

static void
do_reply_twice(const struct job *j)
{
	say_int(j, 1);
	say_int(j, 2);
}

static void
do_reply_nobody(const struct job *j)
{
	int64_t answer = fr_ok(j->me, j->rq->id + 1000, fr_nil());

	say_int(j, answer);
}

static void
do_reply_strange(const struct job *j)
{
	struct fr_value v = fr_nil();
	int64_t list[5];

	v.kind = 77;
	list[0] = fr_ok(j->me, j->rq->id, v);
	v = fr_bytes(NULL, 5);
	list[1] = fr_ok(j->me, j->rq->id, v);
	v = fr_bytes(room, 0xffffffff);
	list[2] = fr_ok(j->me, j->rq->id, v);
	list[3] = j->me->host->reply(j->me, NULL);
	list[4] = fr_reply_(j->me, j->rq->id, 9, fr_nil(), NULL, 0);
	say_list(j, list, 5);
}

static void
do_redirect(const struct job *j)
{
	if (fr_redirect(j->me, j->rq->id, (uint32_t)j->a) < 0)
		fr_fail(j->me, j->rq->id, "no such node");
}

static void
do_never(const struct job *j)
{
	(void)j;
}

static void
do_log_strange(const struct job *j)
{
	memset(text, 'x', 6000);
	text[6000] = '\0';
	j->me->host->log(j->me, FR_LOG_INFO, "caf\xe9");
	j->me->host->log(j->me, FR_LOG_INFO, text);
	j->me->host->log(j->me, FR_LOG_INFO, NULL);
	j->me->host->log(j->me, 9, "nine");
	say_int(j, 0);
}

static void
do_claim_strange(const struct job *j)
{
	memset(text, 'y', 100);
	text[100] = '\0';
	fr_claim(j->me, text, 1, 2);
	fr_claim(j->me, NULL, 1, 2);
	fr_claim(j->me, "\xff\xff", 1, 2);
	fr_note(j->me, "", "x");
	fr_note(j->me, "role", NULL);
	say_int(j, 0);
}

static void
do_facts(const struct job *j)
{
	fr_claim(j->me, "leader", 7, -1);
	fr_note(j->me, "role", "leader");
	fr_log(j->me, "%s", "gr\xc3\xbc\xc3\x9f" "e");
	say_int(j, 0);
}

static void
do_params(const struct job *j)
{
	int64_t list[6];

	list[0] = fr_param(j->me, "count");
	list[1] = fr_param(j->me, "flag");
	list[2] = fr_param(j->me, "delay");
	list[3] = fr_param(j->me, "room");
	list[4] = (int64_t)(fr_param_real(j->me, "share") * 1000);
	list[5] = (int64_t)strlen(fr_param_text(j->me, "words"));
	(void)fr_param(j->me, "no_such");
	say_list(j, list, 6);
}

static void
do_misuse(const struct job *j)
{
	int64_t i;

	for (i = 0; i < j->a; i++)
		fr_send(j->me, 1000, TOOL_COUNTED, NULL, 0);
	say_int(j, i);
}

/* ---- the process --------------------------------------------------------- */

static void
do_fds(const struct job *j)
{
	char path[64], to[256];
	struct dirent *entry;
	DIR *dir = opendir("/proc/self/fd");
	size_t at = 0;
	ssize_t n;

	text[0] = '\0';
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(dir))
			continue;
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		n = readlink(path, to, sizeof to - 1);
		to[n < 0 ? 0 : n] = '\0';
		at += (size_t)snprintf(text + at, sizeof text - at, "%d %s\n",
				       fd, to);
	}
	if (dir != NULL)
		closedir(dir);
	say_text(j);
}

static void
do_environment(const struct job *j)
{
	size_t at = 0;
	int i;

	text[0] = '\0';
	for (i = 0; environ[i] != NULL; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s\n",
				       environ[i]);
	snprintf(text + at, sizeof text - at, "cwd=%s",
		 getcwd((char *)room, 4096) == NULL ? "?" : (char *)room);
	say_text(j);
}

static int64_t
status_line(const char *name)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");
	int64_t n = -1;

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			n = atoll(line + strlen(name));
	if (f != NULL)
		fclose(f);
	return n;
}

static void
do_self(const struct job *j)
{
	const struct tool_state *s = j->me->state;
	int64_t list[5] = {getpgid(0) - getpid(), status_line("Threads:"),
			   getppid()};
	size_t i;

	for (i = 0; i < sizeof s->zero; i++)
		list[3] += s->zero[i];
	list[4] = status_line("VmRSS:");
	say_list(j, list, 5);
}

static void
do_segv(const struct job *j)
{
	volatile uintptr_t nowhere = 8;

	fr_log(j->me, "about to fail");
	*(volatile int *)nowhere = 1;
}

static void
do_abort(const struct job *j)
{
	fr_log(j->me, "about to fail");
	abort();
}

static int
deeper(volatile char *above, int depth)
{
	volatile char here[4096];

	here[0] = above == NULL ? 0 : (char)(above[0] + 1);
	if (depth < 0)
		return here[0];
	return deeper(here, depth + 1) + here[0];
}

static void
do_overflow(const struct job *j)
{
	fr_log(j->me, "about to fail");
	say_int(j, deeper(NULL, 0));
}

static void
do_exit(const struct job *j)
{
	fr_log(j->me, "about to fail");
	exit((int)j->a);
}

static void
do_hang(const struct job *j)
{
	volatile int64_t turns = j->a;

	fr_log(j->me, "about to hang");
	for (;;)
		turns++;
}

static void
do_fork(const struct job *j)
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		signal(SIGTERM, SIG_IGN);
		for (;;)
			pause();
	}
	say_int(j, pid);
}

static void
do_fork_exit(const struct job *j)
{
	pid_t pid;
	int status;

	fr_log(j->me, "said once");
	pid = fork();
	if (pid == 0)
		exit(3);
	waitpid(pid, &status, 0);
	say_int(j, WEXITSTATUS(status));
}

static void *
thread(void *arg)
{
	struct fr_node *me = arg;

	return (void *)(intptr_t)fr_send(me, 0, TOOL_COUNTED, NULL, 0);
}

static void
do_thread(const struct job *j)
{
	void *answer = NULL;
	pthread_t t;

	if (pthread_create(&t, NULL, thread, j->me) == 0)
		pthread_join(t, &answer);
	say_int(j, (int64_t)(intptr_t)answer);
}

static void
do_print(const struct job *j)
{
	printf("to stdout\n");
	fprintf(stderr, "to stderr\n");
	say_int(j, 0);
}

static void
do_chdir(const struct job *j)
{
	say_int(j, chdir("/"));
}

/* ---- the protocol -------------------------------------------------------- */

static void (*const jobs[])(const struct job *j) = {
	[TOOL_SEND] = do_send,
	[TOOL_SEND_NULL] = do_send_null,
	[TOOL_SEND_MANY] = do_send_many,
	[TOOL_BROADCAST] = do_broadcast,
	[TOOL_NEIGHBOURS] = do_neighbours,
	[TOOL_AFTER] = do_after,
	[TOOL_CANCEL] = do_cancel,
	[TOOL_CLOCKS] = do_clocks,
	[TOOL_LIBC_CLOCKS] = do_libc_clocks,
	[TOOL_RANDOM] = do_random,
	[TOOL_LIBC_RANDOM] = do_libc_random,
	[TOOL_WRITE] = do_write,
	[TOOL_READ] = do_read,
	[TOOL_SYNC] = do_sync,
	[TOOL_TRUNCATE] = do_truncate,
	[TOOL_REMOVE] = do_remove,
	[TOOL_FILES] = do_files,
	[TOOL_BAD_FILES] = do_bad_files,
	[TOOL_ALLOC] = do_alloc,
	[TOOL_FREE_TWICE] = do_free_twice,
	[TOOL_FREE_STRANGE] = do_free_strange,
	[TOOL_REPLY_TWICE] = do_reply_twice,
	[TOOL_REPLY_NOBODY] = do_reply_nobody,
	[TOOL_REPLY_STRANGE] = do_reply_strange,
	[TOOL_REDIRECT] = do_redirect,
	[TOOL_NEVER] = do_never,
	[TOOL_LOG_STRANGE] = do_log_strange,
	[TOOL_CLAIM_STRANGE] = do_claim_strange,
	[TOOL_FACTS] = do_facts,
	[TOOL_FDS] = do_fds,
	[TOOL_ENVIRONMENT] = do_environment,
	[TOOL_SELF] = do_self,
	[TOOL_PARAMS] = do_params,
	[TOOL_SEGV] = do_segv,
	[TOOL_ABORT] = do_abort,
	[TOOL_OVERFLOW] = do_overflow,
	[TOOL_EXIT] = do_exit,
	[TOOL_HANG] = do_hang,
	[TOOL_FORK] = do_fork,
	[TOOL_FORK_EXIT] = do_fork_exit,
	[TOOL_THREAD] = do_thread,
	[TOOL_SLEEP_UNTIL] = do_sleep_until,
	[TOOL_MISUSE] = do_misuse,
	[TOOL_PRINT] = do_print,
	[TOOL_CHDIR] = do_chdir,
};

static void
tool_do(struct fr_node *me, const struct fr_request *rq)
{
	struct job j = {me, rq, fr_item(rq->value, 1, 0),
			fr_item(rq->value, 2, 0), fr_item(rq->value, 3, 0)};
	int64_t which = fr_item(rq->value, 0, -1);

	if (which < 0 || which >= (int64_t)(sizeof jobs / sizeof *jobs))
		fr_fail(me, rq->id, "no such job");
	else
		jobs[which](&j);
}

static void
tool_echo(struct fr_node *me, const struct fr_request *rq)
{
	fr_ok(me, rq->id, rq->value);
}

static void
tool_start(struct fr_node *me)
{
	fr_claim(me, "started", me->boot, me->nodes);
}

static const struct fr_param tool_params[] = {
	{ "count", FR_PARAM_INT, FR_KNOB, "3", "1", "100", "a number" },
	{ "flag", FR_PARAM_BOOL, 0, "true", NULL, NULL, "a flag" },
	{ "delay", FR_PARAM_TIME, 0, "5ms", "0", NULL, "a time" },
	{ "room", FR_PARAM_SIZE, 0, "64K", NULL, "1M", "a size" },
	{ "share", FR_PARAM_REAL, 0, "0.25", "0", "1", "a share" },
	{ "words", FR_PARAM_TEXT, 0, "none", NULL, NULL, "words" },
};

FR_PROTOCOL = {
	FR_HEAD,
	.name = "tool",
	.summary = "does what it is told",
	.workload = "none",
	.params = {tool_params, 6, sizeof(struct fr_param)},
	.state_size = sizeof(struct tool_state),
	.start = tool_start,
	.messages = FR_MESSAGES(
		[TOOL_COUNTED] = { "counted", tool_counted, 0 },
		[TOOL_STRICT] = { "strict", tool_counted, 16 }),
	.requests = FR_REQUESTS({ "do", tool_do }, { "echo", tool_echo }),
	.timers = FR_TIMERS([TOOL_ONCE] = { "once", tool_once },
			    [TOOL_AGAIN] = { "again", tool_again }),
};
