/* SPDX-License-Identifier: MIT */
/*
 * fracas-cell, the worker: it loads workload and protocols once, then forks a
 * cell for each run that the supervisor asks for, one at a time, watches it,
 * and hands over what it left.
 *
 *  1. A cell is never waited for without a limit: a handler that uses more
 *     processor time than is allowed, or sleeps in the kernel for so long, is
 *     told to stop (SIGXCPU), and its process is ended if it does not.
 *  2. When the supervisor is gone, so is the worker, and its cell with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/units.h"
#include "core/cell/cell.h"

/* The log of one run.  Only what is written takes memory. */
#define LOG_MOST	(UINT64_C(8) << 30)
#define LOG_LEAST	(UINT64_C(64) << 20)
/* More than this is given back between two runs. */
#define LOG_KEPT	(UINT64_C(32) << 20)
/* How often a cell is looked at. */
#define WATCH_MS	50
/* So far apart lies what depends on no address. */
#define SHIFT		((size_t)0x235000)
/* From being told to stop to being ended. */
#define GRACE_NS	INT64_C(1000000000)

/* Says what went wrong, where nobody can be told otherwise. */
_Noreturn static void
stop(const char *text)
{
	const struct cell_record r = { RECORD_TEXT, (uint32_t)strlen(text) };

	(void)!send(CELL_FD, &r, sizeof r, MSG_NOSIGNAL | MSG_MORE);
	(void)!send(CELL_FD, text, strlen(text), MSG_NOSIGNAL);
	libc_leave(EXIT_TESTBED);
}

static void
say(const void *data, size_t size)
{
	const char *at = data;
	ssize_t n;

	while (size > 0) {
		n = send(CELL_FD, at, size, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			libc_leave(0);
		at += n;
		size -= (size_t)n;
	}
}

static void
hear(void *data, size_t size)
{
	char *at = data;
	ssize_t n;

	while (size > 0) {
		n = recv(CELL_FD, at, size, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			libc_leave(0);
		at += n;
		size -= (size_t)n;
	}
}

/* ---- the watch ----------------------------------------------------------------------- */

struct watch {
	pid_t pid;
	clockid_t clock;
	uint64_t turns;
	int64_t cpu, since;	/* when it was seen to move last               */
	int64_t told;		/* when it was told to stop; 0: not            */
};

static int64_t
cpu_of(const struct watch *w)
{
	struct timespec t;

	if (clock_gettime(w->clock, &t) < 0)
		return 0;
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Whether it sleeps in the kernel. */
static bool
sleeps(pid_t pid)
{
	char name[64], text[512], *at;
	ssize_t got = -1;
	int fd;

	snprintf(name, sizeof name, "/proc/%ld/stat", (long)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		got = read(fd, text, sizeof text - 1);
		close(fd);
	}
	if (got <= 0)
		return false;
	text[got] = '\0';
	at = strrchr(text, ')');
	return at != NULL && (at[2] == 'S' || at[2] == 'D' || at[2] == 'T');
}

/* True: it was ended. */
static bool
look(struct watch *w, const struct cell *c)
{
	const struct node_page *page = &c->shared->page.page;
	uint64_t turns = atomic_load(&page->turns);
	int64_t now = clock_mono(), cpu = cpu_of(w);
	int64_t limit = c->config.hang_limit;

	if (turns != w->turns || atomic_load(&page->doing) == DOING_IDLE) {
		w->turns = turns;
		w->cpu = cpu;
		w->since = now;
		w->told = 0;
		return false;
	}
	if (cpu - w->cpu < limit && (now - w->since < limit || !sleeps(w->pid)))
		return false;
	if (w->told == 0) {
		w->told = now;
		(void)kill(w->pid, SIGXCPU);
		return false;
	}
	if (now - w->told < GRACE_NS)
		return false;
	(void)kill(w->pid, SIGKILL);
	return true;
}

/* Where there is nothing that would say so (Linux before 5.3). */
static bool
is_over(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) <
	       0 || info.si_pid == pid;
}

static void
await(const struct cell *c, pid_t pid, struct cell_head *head)
{
	struct watch w = { .pid = pid, .turns = UINT64_MAX };
	struct pollfd on[2] = {
		{ .fd = pidfd_open(pid, 0), .events = POLLIN },
		{ .fd = CELL_FD, .events = POLLRDHUP },
	};
	const struct sim_page *page = &c->shared->page;
	struct rusage used;
	int status;

	(void)clock_getcpuclockid(pid, &w.clock);
	for (;;) {
		if (poll(on, 2, on[0].fd < 0 ? 1 : WATCH_MS) < 0 &&
		    errno != EINTR)
			break;
		if (on[0].fd < 0 ? is_over(pid) : on[0].revents != 0)
			break;
		if (on[1].revents & (POLLRDHUP | POLLHUP | POLLERR)) {
			(void)kill(pid, SIGKILL);
			libc_leave(0);
		}
		if (look(&w, c))
			head->hung = 1;
	}
	if (on[0].fd >= 0)
		close(on[0].fd);
	while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
		;
	head->status = status;
	head->ended = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	head->node = atomic_load(&page->node);
	head->doing = atomic_load(&page->page.doing);
	head->index = atomic_load(&page->page.index);
	head->t = atomic_load(&page->now);
	head->cpu_ns = ((int64_t)used.ru_utime.tv_sec +
			used.ru_stime.tv_sec) * 1000000000 +
		       ((int64_t)used.ru_utime.tv_usec +
			used.ru_stime.tv_usec) * 1000;
}

/* ---- a job --------------------------------------------------------------------------- */

static void
reset_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	size_t i;

	/* The supervisor ends it; a terminal's Ctrl-C is not for it. */
	for (i = 0; i < sizeof sigs / sizeof *sigs; i++)
		(void)signal(sigs[i], SIG_IGN);
}

static void
work(struct cell *c, const struct cell_job *job)
{
	struct cell_head head = { .seed = job->seed };
	pid_t parent = getpid(), pid;

	memset(&c->shared->page, 0, sizeof c->shared->page);
	atomic_store(&c->shared->page.page.doing, DOING_IDLE);
	atomic_store(&c->shared->used, 0);
	atomic_store(&c->shared->full, 0);
	pid = fork();
	if (pid < 0)
		stop("no process for a run: too many processes, or too little "
		     "memory");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			libc_leave(0);
		(void)close(CELL_FD);
		once(c, job);
	}
	await(c, pid, &head);
	head.size = atomic_load(&c->shared->used);
	if (head.size > c->room)
		head.size = c->room;	/* a plugin wrote over it */
	say(&head, sizeof head);
	say(c->shared->log, head.size);
	if (head.size > LOG_KEPT)
		(void)madvise(c->shared, sizeof *c->shared + c->room,
			      MADV_REMOVE);
}

/* ---- the worker ---------------------------------------------------------------------- */

static int
make_shared(struct cell *c, struct fr_err *err)
{
	void *at;

	for (c->room = LOG_MOST; c->room >= LOG_LEAST; c->room /= 4) {
		at = mmap(NULL, sizeof *c->shared + c->room,
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS |
			  MAP_NORESERVE, -1, 0);
		if (at != MAP_FAILED) {
			c->shared = at;
			return 0;
		}
	}
	return err_sys(err, "memory for the log of a run");
}

static void *volatile taken;		/* for as long as the worker lives     */

/*
 * Memory that is not what it was elsewhere, nor where: what is mapped and
 * allocated from here on lies at other addresses, on a machine that always
 * begins at the same ones, too.
 */
static void
perturb(int fill)
{
	(void)mallopt(M_PERTURB, fill);
	(void)mmap(NULL, SHIFT, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		   MAP_NORESERVE, -1, 0);
	taken = malloc(SHIFT / 64);
}

static int
take_config(struct cell *c, struct fr_err *err)
{
	static struct arena arena;	/* for as long as the worker lives */
	uint64_t head[2];
	void *data;
	int status;

	hear(head, sizeof head);
	if (head[0] > 64u << 20)
		return err_set(err, "the supervisor's word about the run is "
			       "too long");
	data = mem_new((size_t)head[0] + 1);
	hear(data, (size_t)head[0]);
	status = cell_get_config(data, (size_t)head[0], &arena, &c->config,
				 err);
	free(data);
	if (head[1] != 0)
		perturb((int)head[1]);
	return status;
}

static int
prepare(struct cell *c, struct fr_err *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_sys(err, "prctl");
	reset_signals();
	(void)setpgid(0, 0);
	if (interpose_start(err) < 0 || libc_start(err) < 0 ||
	    make_shared(c, err) < 0 || take_config(c, err) < 0 ||
	    setup_make(&c->setup, &c->config, err) < 0)
		return -1;
	return plugins_make(c, err);
}

/* ---- for a debugger ------------------------------------------------------------------- */

/* One run, in this process: the file says which. */
_Noreturn static void
alone(struct cell *c, char *path)
{
	static struct arena arena;
	struct cell_job job = { .flags = 0 };
	struct cell_alone head;
	struct fr_err err = { 0 };
	FILE *file = fopen(path, "re");
	void *data;

	if (file == NULL || fread(&head, sizeof head, 1, file) != 1 ||
	    head.config > 64u << 20 || head.tape > 1u << 30)
		goto unread;
	data = mem_new((size_t)head.config + 1);
	if (fread(data, 1, (size_t)head.config, file) != head.config)
		goto unread;
	buf_init(&c->tape, 1u << 30);
	job.tape = (uint32_t)head.tape;
	if (job.tape > 0 && fread(buf_space(&c->tape, job.tape), 1, job.tape,
				  file) != job.tape)
		goto unread;
	fclose(file);
	job.seed = head.seed;
	job.stop = head.stop;
	c->node = head.node;
	c->folder = dirname(path);
	if (cell_get_config(data, (size_t)head.config, &arena, &c->config,
			    &err) == 0 &&
	    interpose_start(&err) == 0 && libc_start(&err) == 0 &&
	    make_shared(c, &err) == 0 &&
	    setup_make(&c->setup, &c->config, &err) == 0 &&
	    plugins_make(c, &err) == 0)
		once(c, &job);
	dprintf(STDERR_FILENO, "fracas-cell: %s\n", err.text);
	libc_leave(EXIT_TESTBED);
unread:
	dprintf(STDERR_FILENO, "fracas-cell: %s cannot be read\n", path);
	libc_leave(EXIT_TESTBED);
}

int
main(int argc, char **argv)
{
	static struct cell c;
	struct rlimit no_core = { 0, 0 };
	const struct cell_record ready = { RECORD_RESULT, 0 };
	struct fr_err err = { 0 };
	struct cell_job job;

	if (argc == 4 && strcmp(argv[1], CELL_STAMP) == 0 &&
	    strcmp(argv[2], "alone") == 0)
		alone(&c, argv[3]);
	if (argc < 2 || strcmp(argv[1], CELL_STAMP) != 0) {
		fprintf(stderr, "fracas-cell: this program is started by "
			"fracas, and does nothing by itself\n");
		return EXIT_USAGE;
	}
	(void)setrlimit(RLIMIT_CORE, &no_core);
	if (prepare(&c, &err) < 0)
		stop(err.text);
	say(&ready, sizeof ready);
	buf_init(&c.tape, 1u << 30);
	for (;;) {
		hear(&job, sizeof job);
		buf_clear(&c.tape);
		if (job.tape > 0)
			hear(buf_space(&c.tape, job.tape), job.tape);
		work(&c, &job);
	}
}
