/* SPDX-License-Identifier: MIT */
/*
 * relay [INFLIGHT [SECONDS [NODES]]] - the yardstick for the switch.
 *
 * A star of forked processes on stream sockets that throw messages of 64 bytes
 * to and fro, INFLIGHT between each two of them, through a parent that only
 * copies: reads are as large as they come, and everything is written once per
 * turn.  Nothing is checked, counted apart, cut or delayed, so this is about
 * as fast as any switch in a process of its own can be.  Prints messages a
 * second.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NODES_MAX 64
#define ROOM (1u << 20)

struct message {
	uint32_t src, dst;
	unsigned char body[64];
};

struct end {
	int fd;
	unsigned char *in, *out;
	size_t in_size, out_size;
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
end_init(struct end *e, int fd)
{
	e->fd = fd;
	e->in = malloc(ROOM);
	e->out = malloc(ROOM);
	e->in_size = e->out_size = 0;
	if (e->in == NULL || e->out == NULL)
		err(1, "memory");
}

static void
add(struct end *e, const struct message *m)
{
	if (e->out_size + sizeof *m > ROOM)
		errx(1, "more is in flight than the yardstick is made for");
	memcpy(e->out + e->out_size, m, sizeof *m);
	e->out_size += sizeof *m;
}

static void
flush(struct end *e)
{
	ssize_t put;

	if (e->out_size == 0)
		return;
	put = send(e->fd, e->out, e->out_size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (put < 0 && errno != EAGAIN)
		exit(0);
	if (put <= 0)
		return;
	e->out_size -= (size_t)put;
	memmove(e->out, e->out + put, e->out_size);
}

/* The number of whole messages that are there. */
static size_t
fill(struct end *e, int flags)
{
	ssize_t got = recv(e->fd, e->in + e->in_size, ROOM - e->in_size,
			   flags);

	if (got == 0 || (got < 0 && errno != EAGAIN))
		exit(0);
	if (got > 0)
		e->in_size += (size_t)got;
	return e->in_size / sizeof(struct message);
}

static void
used(struct end *e, size_t count)
{
	e->in_size -= count * sizeof(struct message);
	memmove(e->in, e->in + count * sizeof(struct message), e->in_size);
}

/* Throws everything back to where it came from. */
static _Noreturn void
player(int fd, uint32_t id, uint32_t nodes, uint32_t inflight)
{
	struct message m = { .src = id };
	struct pollfd p = { .fd = fd };
	struct end e;
	size_t count, i;
	uint32_t k;

	end_init(&e, fd);
	for (m.dst = id + 1; m.dst < nodes; m.dst++)
		for (k = 0; k < inflight; k++)
			add(&e, &m);
	for (;;) {
		flush(&e);
		p.events = POLLIN | (e.out_size > 0 ? POLLOUT : 0);
		if (poll(&p, 1, -1) < 0)
			err(1, "poll");
		count = fill(&e, MSG_DONTWAIT);
		for (i = 0; i < count; i++) {
			memcpy(&m, e.in + i * sizeof m, sizeof m);
			m.dst = m.src;
			m.src = id;
			add(&e, &m);
		}
		used(&e, count);
	}
}

static uint64_t
turn(int poller, struct end *ends, uint32_t nodes)
{
	struct epoll_event ready[NODES_MAX];
	struct message m;
	uint64_t moved = 0;
	size_t count, j;
	int i, n = epoll_wait(poller, ready, NODES_MAX, 1000);

	for (i = 0; i < n; i++) {
		struct end *e = ready[i].data.ptr;

		count = fill(e, MSG_DONTWAIT);
		for (j = 0; j < count; j++) {
			memcpy(&m, e->in + j * sizeof m, sizeof m);
			add(&ends[m.dst % nodes], &m);
		}
		used(e, count);
		moved += count;
	}
	for (j = 0; j < nodes; j++)
		flush(&ends[j]);
	return moved;
}

int
main(int argc, char **argv)
{
	uint32_t inflight = argc > 1 ? (uint32_t)atoi(argv[1]) : 16;
	double seconds = argc > 2 ? atof(argv[2]) : 2, begin;
	uint32_t nodes = argc > 3 ? (uint32_t)atoi(argv[3]) : 5, i;
	int poller = epoll_create1(EPOLL_CLOEXEC), pair[2];
	static struct end ends[NODES_MAX];
	pid_t pids[NODES_MAX], parent = getpid();
	uint64_t moved = 0;

	if (poller < 0 || nodes < 2 || nodes > NODES_MAX || seconds <= 0)
		errx(2, "usage: relay [INFLIGHT [SECONDS [NODES]]]");
	for (i = 0; i < nodes; i++) {
		struct epoll_event on = { .events = EPOLLIN };

		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
			err(1, "socketpair");
		pids[i] = fork();
		if (pids[i] < 0)
			err(1, "fork");
		if (pids[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != parent)
				_exit(1);
			close(pair[0]);
			player(pair[1], i, nodes, inflight);
		}
		close(pair[1]);
		end_init(&ends[i], pair[0]);
		on.data.ptr = &ends[i];
		epoll_ctl(poller, EPOLL_CTL_ADD, pair[0], &on);
	}
	/* A moment to get going, which does not count. */
	for (begin = now(); now() - begin < seconds / 10;)
		turn(poller, ends, nodes);
	for (begin = now(); now() - begin < seconds;)
		moved += turn(poller, ends, nodes);
	printf("%.0f\n", (double)moved / (now() - begin));
	for (i = 0; i < nodes; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}
