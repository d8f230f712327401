/* SPDX-License-Identifier: MIT */
/*
 * fracas-node: the nursery.  It forks nodes when the supervisor asks, says how
 * each ended, and when the supervisor is gone it ends everything, removes the
 * run's folder and goes as well.
 *
 *  1. It stays small and has one thread: forking it is cheap and safe.  It
 *     makes no call of nng's, and has no loop of libevent's; nodes have.
 *  2. It neither waits for the supervisor to read, nor for a node to do
 *     anything: it waits in poll() alone, until the end.
 *  3. A pid is signalled only while it is this process's child and has not
 *     been reaped, so it can be nobody else's.
 *  4. A node's process group dies with the node; what left the group is
 *     handed to the nursery by the kernel (it is a subreaper) and is killed
 *     as a child that nobody knows.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/node/ask.h"
#include "core/node/image.h"
#include "core/node/interpose.h"
#include "core/node/node.h"
#include "core/node/orphans.h"
#include "core/node/remove.h"

struct child {
	pid_t pid;
	uint32_t node, boot;
};

struct nest {
	const char *dir;		/* to be removed, or NULL              */
	pid_t pid;
	int signals;
	struct child *children;
	size_t child_count, child_room;
	struct nursery_said *queue;	/* not taken by the socket yet         */
	size_t queue_count, queue_room;
	struct images images;
	enum { RUNNING, ENDED, ORPHANED } state;
};

/* ---- answers ------------------------------------------------------------- */

static void
flush(struct nest *n)
{
	size_t done = 0;

	while (done < n->queue_count) {
		const struct nursery_said *said = &n->queue[done];

		if (send(ASK_FD, said, sizeof *said,
			 MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN && errno != EWOULDBLOCK &&
			    errno != ENOBUFS)
				done = n->queue_count;	/* nobody hears */
			break;
		}
		done++;
	}
	n->queue_count -= done;
	if (n->queue_count > 0 && done > 0)
		memmove(n->queue, n->queue + done,
			n->queue_count * sizeof *n->queue);
}

static void
say(struct nest *n, const struct nursery_said *said)
{
	mem_grow(&n->queue, &n->queue_room, n->queue_count + 1,
		 sizeof *n->queue);
	n->queue[n->queue_count++] = *said;
	flush(n);
}

/* ---- a node is born ------------------------------------------------------ */

static void
reset_signals(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &plain, NULL);
	/* A file that may not grow is an answer, not an end. */
	(void)signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * In the child.  What it may keep is put where it belongs, in an order in
 * which nothing is overwritten that is still needed (what came with the ask
 * has numbers above ASK_FD), and the rest is closed at one stroke.
 */
static _Noreturn void
become_node(pid_t nursery, struct node_boot *b, const int *fds)
{
	static struct node_page own_page;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != nursery)
		_exit(1);
	(void)setpgid(0, 0);
	reset_signals();
	b->page = &own_page;
	if (fds[3] >= 0) {
		void *page = mmap(NULL, sizeof *b->page, PROT_READ | PROT_WRITE,
				  MAP_SHARED, fds[3], 0);

		if (page == MAP_FAILED)
			_exit(1);
		b->page = page;
	}
	if ((fds[1] >= 0 && dup2(fds[1], 1) < 0) ||
	    dup2(fds[2] >= 0 ? fds[2] : 1, 2) < 0)
		_exit(1);
	b->socket = -1;
	if (fds[0] >= 0) {
		if (dup3(fds[0], ASK_FD, O_CLOEXEC) < 0)
			_exit(1);
		b->socket = ASK_FD;
	}
	if (close_range(fds[0] >= 0 ? ASK_FD + 1 : ASK_FD, ~0u, 0) < 0)
		_exit(1);
	node_main(b);
}

static void
spawn(struct nest *n, const struct ask *a, const char *paths, const int *fds)
{
	struct nursery_said said = {
		.kind = NURSERY_SPAWNED, .node = a->node, .boot = a->boot
	};
	struct node_boot b = {
		.mode = a->mode, .carrier = a->carrier,
		.node = a->node, .boot = a->boot,
		.plugin = paths,
		.dir = paths + a->plugin_size,
		.url = paths + a->plugin_size + a->dir_size,
	};
	const struct image *image = image_of(&n->images, b.plugin);
	pid_t pid;

	b.image = image->path;
	b.trouble = image->trouble;
	pid = fork();
	if (pid == 0)
		become_node(n->pid, &b, fds);
	if (pid < 0) {
		said.kind = NURSERY_FAILED;
		snprintf(said.text, sizeof said.text, "fork: %s",
			 strerror(errno));
		say(n, &said);
		return;
	}
	/* Both do it: neither can know which comes first. */
	(void)setpgid(pid, pid);
	mem_grow(&n->children, &n->child_room, n->child_count + 1,
		 sizeof *n->children);
	n->children[n->child_count++] =
		(struct child){pid, a->node, a->boot};
	said.pid = pid;
	say(n, &said);
}

/* ---- a node ends --------------------------------------------------------- */

static bool
known(void *arg, pid_t pid)
{
	const struct nest *n = arg;
	size_t i;

	for (i = 0; i < n->child_count; i++)
		if (n->children[i].pid == pid)
			return true;
	return false;
}

static int64_t
nanoseconds(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_usec * 1000;
}

/* Reaps what has ended; true where there may be more. */
static bool
reap(struct nest *n)
{
	struct nursery_said said = { .kind = NURSERY_ENDED };
	siginfo_t info = { 0 };
	struct rusage used;
	size_t i;

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    info.si_pid == 0)
		return false;
	for (i = 0; i < n->child_count; i++)
		if (n->children[i].pid == info.si_pid)
			break;
	/* Not reaped yet, so the number of the group is still its own. */
	if (i < n->child_count)
		(void)kill(-info.si_pid, SIGKILL);
	orphans_kill(known, n);
	if (wait4(info.si_pid, &said.status, 0, &used) < 0 ||
	    i == n->child_count)
		return true;
	said.node = n->children[i].node;
	said.boot = n->children[i].boot;
	said.pid = info.si_pid;
	said.cpu_ns = nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime);
	said.rss_bytes = (uint64_t)used.ru_maxrss * 1024;
	n->children[i] = n->children[--n->child_count];
	say(n, &said);
	return true;
}

/* ---- the supervisor asks ------------------------------------------------- */

static void
signal_node(struct nest *n, const struct ask *a)
{
	size_t i;

	for (i = 0; i < n->child_count; i++)
		if (n->children[i].node == a->node &&
		    n->children[i].boot == a->boot)
			(void)kill(-n->children[i].pid, a->signal);
}

/* Three texts that end where they say, within what came. */
static bool
whole(const struct ask *a, const char *paths, size_t size)
{
	uint64_t sum = (uint64_t)a->plugin_size + a->dir_size + a->url_size;

	return a->plugin_size > 0 && a->dir_size > 0 && a->url_size > 0 &&
	       sum == size && paths[a->plugin_size - 1] == '\0' &&
	       paths[a->plugin_size + a->dir_size - 1] == '\0' &&
	       paths[size - 1] == '\0';
}

static size_t
take_fds(struct msghdr *m, int *fds)
{
	struct cmsghdr *c;
	size_t count = 0;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), count * sizeof(int));
	}
	return count;
}

static void
obey(struct nest *n, const struct ask *a, const char *paths, size_t size,
     const int *fds, size_t count)
{
	struct nursery_said said = {
		.kind = NURSERY_FAILED, .node = a->node, .boot = a->boot
	};
	int place[ASK_FDS];
	size_t i, next = 0;

	for (i = 0; i < ASK_FDS; i++)
		place[i] = (a->has & 1u << i) != 0 && next < count ?
			   fds[next++] : -1;
	if (a->kind == ASK_END) {
		n->state = ENDED;
	} else if (a->kind == ASK_SIGNAL) {
		signal_node(n, a);
	} else if (a->kind == ASK_SPAWN && whole(a, paths, size) &&
		   (size_t)__builtin_popcount(a->has) == count) {
		spawn(n, a, paths, place);
	} else {
		snprintf(said.text, sizeof said.text,
			 "descriptors are used up, or the ask makes no sense");
		say(n, &said);
	}
}

/* Takes one packet; false where there is none now. */
static bool
hear(struct nest *n)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(ASK_FDS * sizeof(int))];
	} control;
	union {
		struct ask ask;
		char room[ASK_MAX];
	} packet;
	struct iovec part = { &packet, sizeof packet };
	struct msghdr m = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof control,
	};
	int fds[ASK_FDS];
	size_t count, i;
	ssize_t size;

	size = recvmsg(ASK_FD, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (size < 0)
		return errno == EINTR;
	if (size < (ssize_t)sizeof packet.ask) {
		n->state = ORPHANED;
		return false;
	}
	count = take_fds(&m, fds);
	obey(n, &packet.ask, packet.room + sizeof packet.ask,
	     (size_t)size - sizeof packet.ask, fds, count);
	for (i = 0; i < count; i++)
		close(fds[i]);
	return n->state == RUNNING;
}

/* ---- the nursery --------------------------------------------------------- */

static void
run(struct nest *n)
{
	struct signalfd_siginfo info;
	struct pollfd on[2] = { { .fd = ASK_FD }, { .fd = n->signals } };

	while (n->state == RUNNING) {
		on[0].events = POLLIN | (n->queue_count > 0 ? POLLOUT : 0);
		on[1].events = POLLIN;
		if (poll(on, 2, -1) < 0)
			continue;
		if (on[1].revents != 0) {
			while (read(n->signals, &info, sizeof info) > 0)
				;
			while (reap(n))
				;
		}
		flush(n);
		while (on[0].revents & (POLLIN | POLLHUP | POLLERR) && hear(n))
			;
	}
}

/* Nobody is left when this returns. */
static void
end_all(struct nest *n)
{
	size_t i;

	for (i = 0; i < n->child_count; i++)
		(void)kill(-n->children[i].pid, SIGKILL);
	n->child_count = 0;
	do
		orphans_kill(known, n);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

/* What a node finds in its environment, besides TMPDIR and HOME. */
static void
clean_environment(void)
{
	static const char *const kept[] = {
		"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
		"TSAN_OPTIONS", "GCOV_PREFIX", "GCOV_PREFIX_STRIP",
		"LLVM_PROFILE_FILE"
	};
	char *values[sizeof kept / sizeof *kept];
	size_t i;

	for (i = 0; i < sizeof kept / sizeof *kept; i++) {
		const char *value = getenv(kept[i]);

		values[i] = value == NULL ? NULL : mem_string(value);
	}
	(void)clearenv();
	(void)setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	(void)setenv("LANG", "C.UTF-8", 1);
	for (i = 0; i < sizeof kept / sizeof *kept; i++)
		if (values[i] != NULL) {
			(void)setenv(kept[i], values[i], 1);
			free(values[i]);
		}
}

static int
prepare(struct nest *n, struct fr_err *err)
{
	static const int ignored[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2,
		SIGTSTP,
	};
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct rlimit no_core = { 0, 0 };
	sigset_t child;
	size_t i;

	/* Three descriptors always, so that nothing of ours becomes one. */
	while (fcntl(2, F_GETFD) < 0)
		if (open("/dev/null", O_RDWR) < 0)
			return err_sys(err, "/dev/null");
	for (i = 0; i < sizeof ignored / sizeof *ignored; i++)
		(void)sigaction(ignored[i], &ignore, NULL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	n->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (n->signals < 0)
		return err_sys(err, "signalfd");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return err_sys(err, "become a subreaper");
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)fcntl(ASK_FD, F_SETFD, FD_CLOEXEC);
	clean_environment();
	if (chdir("/") < 0)
		return err_sys(err, "/");
	return interpose_start(err);
}

int
main(int argc, char **argv)
{
	struct nursery_said said = { .kind = NURSERY_GONE };
	/* Static: what it holds is held to the end, in every child too. */
	static struct nest n;
	struct fr_err err = { 0 };

	n.pid = getpid();
	if (argc < 3 || strcmp(argv[1], "nursery") != 0) {
		fprintf(stderr, "fracas-node: this program is started by "
			"fracas, and does nothing by itself\n");
		return EXIT_USAGE;
	}
	if (strcmp(argv[2], ASK_STAMP) != 0)
		err_set(&err, "%s is of another build than this program (%s, "
			"and not %s): install both anew", argv[0], ASK_STAMP,
			argv[2]);
	else
		(void)prepare(&n, &err);
	if (err.status != 0) {
		snprintf(said.text, sizeof said.text, "%.*s",
			 (int)sizeof said.text - 1, err.text);
		(void)!send(ASK_FD, &said, sizeof said, MSG_NOSIGNAL);
		return EXIT_TESTBED;
	}
	n.dir = argc > 3 ? argv[3] : NULL;
	run(&n);
	end_all(&n);
	if (n.state == ORPHANED && n.dir != NULL)
		(void)remove_tree(n.dir);
	return 0;
}
