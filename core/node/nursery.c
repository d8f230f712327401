/* SPDX-License-Identifier: MIT */
/*
 * The nursery, the supervisor's side: starting `fracas-node`, asking it for
 * nodes, hearing how they end.
 *
 *  1. Nothing here waits but nursery_free, and a send into a full socket,
 *     which the nursery always empties.
 *  2. The nursery gets its socket and standard error, and no other descriptor
 *     of the supervisor's.
 */
#include "core/node/nursery.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/place.h"
#include "core/node/ask.h"

struct nursery {
	int fd;
	pid_t pid;
	bool gone;
};

/* ---- where fracas-node is ------------------------------------------------ */

static bool
runs(const char *path)
{
	return access(path, X_OK) == 0;
}

/* "FOLDER/REST", if that can be run. */
static char *
program_in(const char *folder, const char *rest)
{
	char *path = mem_format("%s/%s", folder, rest);

	if (runs(path))
		return path;
	free(path);
	return NULL;
}

static char *
find_program(struct fr_err *err)
{
	const char *named = getenv("FRACAS_NODE");
	char *folder, *path;

	if (named != NULL && named[0] != '\0') {
		if (runs(named))
			return mem_string(named);
		(void)err_set(err, "FRACAS_NODE says %s, which cannot be run",
			      named);
		return NULL;
	}
	folder = place_built();
	if (folder == NULL)
		folder = place_installed("libexec/fracas", FRACAS_LIBEXECDIR);
	path = program_in(folder, "fracas-node");
	if (path == NULL)
		(void)err_set(err, "fracas-node is neither beside this "
			      "program nor in %s: install it, or name it in "
			      "FRACAS_NODE", folder);
	free(folder);
	return path;
}

/* ---- starting and ending it ---------------------------------------------- */

/*
 * posix_spawn neither copies the supervisor's memory nor leaves a moment in
 * which a signal handler of its could run in the child.
 */
static int
start(const char *program, const char *dir, int fd, pid_t *pid)
{
	char *argv[] = {
		(char *)(uintptr_t)"fracas-node", (char *)(uintptr_t)"nursery",
		(char *)(uintptr_t)ASK_STAMP, (char *)(uintptr_t)dir, NULL,
	};
	extern char **environ;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &all);
	posix_spawn_file_actions_init(&files);
	/* ASK_FD first: it may be one of those that are opened after it. */
	error = posix_spawn_file_actions_adddup2(&files, fd, ASK_FD);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(
			&files, 0, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(
			&files, 1, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(&files,
								 ASK_FD + 1);
	if (error == 0)
		error = posix_spawn(pid, program, &files, &how, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return error;
}

struct nursery *
nursery_new(const char *dir, struct fr_err *err)
{
	struct nursery *n = NULL;
	char *program = find_program(err);
	int pair[2], error;
	pid_t pid;

	if (program == NULL)
		return NULL;
	if (dir != NULL && dir[0] != '/') {
		err_set(err, "the run's folder %s is not an absolute path",
			dir);
		goto free_program;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		err_sys(err, "a socket for fracas-node");
		goto free_program;
	}
	error = start(program, dir, pair[1], &pid);
	close(pair[1]);
	if (error != 0) {
		errno = error;
		err_sys(err, "start %s", program);
		close(pair[0]);
		goto free_program;
	}
	n = mem_new(sizeof *n);
	n->fd = pair[0];
	n->pid = pid;
free_program:
	free(program);
	return n;
}

void
nursery_free(struct nursery *n)
{
	struct ask end = { .kind = ASK_END };
	int saved = errno;

	if (n == NULL)
		return;
	/* Whether it is still there to hear is no matter: the end of the file
	 * follows.  The folder of one that died is the caller's, too. */
	if (!n->gone)
		(void)!send(n->fd, &end, sizeof end, MSG_NOSIGNAL);
	close(n->fd);
	while (n->pid > 0 && waitpid(n->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(n);
	errno = saved;
}

int
nursery_fd(const struct nursery *n)
{
	return n->fd;
}

/* ---- asking -------------------------------------------------------------- */

static int
send_ask(struct nursery *n, const void *packet, size_t size, const int *fds,
	 size_t fd_count, struct fr_err *err)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(ASK_FDS * sizeof(int))];
	} control = { 0 };
	struct iovec part = { (void *)(uintptr_t)packet, size };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd_count > 0) {
		m.msg_control = control.room;
		m.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, fd_count * sizeof(int));
	}
	while (sendmsg(n->fd, &m, MSG_NOSIGNAL) < 0) {
		/* It has ended: why is what nursery_next has to say. */
		if (errno == EPIPE || errno == ECONNRESET)
			return 0;
		if (errno != EINTR)
			return err_sys(err, "ask the nursery");
	}
	return 0;
}

/* Appends text with its final zero; the size with it, or 0 for too long. */
static uint32_t
put_path(char **at, const char *text)
{
	size_t size = strlen(text == NULL ? "" : text) + 1;

	if (size > PATH_MAX)
		return 0;
	memcpy(*at, text == NULL ? "" : text, size);
	*at += size;
	return (uint32_t)size;
}

int
nursery_spawn(struct nursery *n, const struct nursery_spawn *s,
	      struct fr_err *err)
{
	const int given[ASK_FDS] = { s->socket, s->out, s->err, s->page };
	union {
		struct ask ask;
		char room[ASK_MAX];
	} packet = { .ask = { .kind = ASK_SPAWN } };
	struct ask *ask = &packet.ask;
	char *at = packet.room + sizeof *ask;
	int fds[ASK_FDS];
	size_t count = 0, i;

	ask->mode = s->mode;
	ask->carrier = s->carrier;
	ask->node = s->node;
	ask->boot = s->boot;
	ask->plugin_size = put_path(&at, s->plugin);
	ask->dir_size = put_path(&at, s->dir);
	ask->url_size = put_path(&at, s->url);
	if (ask->plugin_size == 0 || ask->dir_size == 0 || ask->url_size == 0)
		return err_set(err, "a path of node %u is longer than %d "
			       "bytes", s->node, PATH_MAX);
	for (i = 0; i < ASK_FDS; i++)
		if (given[i] >= 0) {
			fds[count++] = given[i];
			ask->has |= 1u << i;
		}
	return send_ask(n, &packet, (size_t)(at - packet.room), fds, count,
			err);
}

int
nursery_signal(struct nursery *n, uint32_t node, uint32_t boot, int sig,
	       struct fr_err *err)
{
	struct ask ask = {
		.kind = ASK_SIGNAL, .node = node, .boot = boot, .signal = sig,
	};

	return send_ask(n, &ask, sizeof ask, NULL, 0, err);
}

/* ---- hearing ------------------------------------------------------------- */

/* It ended: why, as far as its parent can tell. */
static void
gone(struct nursery *n, struct nursery_said *said)
{
	int status = 0;

	memset(said, 0, sizeof *said);
	said->kind = NURSERY_GONE;
	said->pid = n->pid;
	if (n->pid > 0 && waitpid(n->pid, &status, 0) == n->pid)
		n->pid = 0;
	said->status = status;
	if (WIFSIGNALED(status))
		snprintf(said->text, sizeof said->text,
			 "fracas-node was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(said->text, sizeof said->text,
			 "fracas-node exited with status %d",
			 WEXITSTATUS(status));
	n->gone = true;
}

int
nursery_next(struct nursery *n, struct nursery_said *said)
{
	struct nursery_said got;
	ssize_t size;

	if (n->gone)
		return 0;
	/* A reset comes before what was said last: it is passed over. */
	do
		size = recv(n->fd, &got, sizeof got, MSG_DONTWAIT);
	while (size < 0 && (errno == EINTR || errno == ECONNRESET));
	if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (size != (ssize_t)sizeof got) {
		gone(n, said);
		return 1;
	}
	/* Its last words: it could not begin at all. */
	if (got.kind == NURSERY_GONE) {
		if (waitpid(n->pid, &got.status, 0) == n->pid)
			n->pid = 0;
		n->gone = true;
	}
	*said = got;
	return 1;
}
