/* SPDX-License-Identifier: MIT */
/*
 * The nng carrier, the switch's end.  A node opens a pair0 socket of nng's and
 * dials; here, what nng says over ipc:// is spoken on a plain socket: a
 * greeting of 8 bytes each way, then messages, each one byte (1), its size in
 * 8 bytes, the highest first, and the body.
 *
 * Why not nng itself?  In Debian 12's nng 1.5.2 closing a pair0 socket leaks
 * its descriptors (nng #1640) and, with messages under way, can wait for ever
 * and take every later close with it (#1543).  A run closes one for each node
 * that is killed.  Nothing is lost: whatever speaks pair0 can connect.
 *
 *  1. Each boot listens at a name of its own, in the run's folder, which only
 *     its owner enters; the first that the kernel names as the node's process
 *     is connected, and nobody else.
 *  2. To the switch the bodies are one stream of frames; where a message ends
 *     does not matter here.  What is sent are messages of whole frames.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/world/live_carrier.h"

/* Zero, "SP", version 0, protocol 16 (pair, version 0), nothing. */
#define GREETING "\0SP\0\0\20\0\0"
#define GREETING_SIZE 8u

#define HEAD_SIZE 9u

/* What a node gathers before it sends, and one frame beyond. */
#define RECEIVE_MAX (LIVE_READ_MAX + LIVE_FRAME_MAX)

struct line {
	struct live_carrier carrier;
	int fd;				/* listening, then connected           */
	bool connected, greeted;
	pid_t pid;
	char *url;			/* "ipc://" and the path               */
	struct live_rest rest;

	unsigned char head[HEAD_SIZE];	/* of the message that comes           */
	size_t head_size;		/* how much of it is there             */
	uint64_t body_left;		/* of the body, then                   */

	unsigned char out_head[HEAD_SIZE];	/* of the one that goes        */
	size_t out_head_left, out_left;
};

static const char *
path_of(const struct line *l)
{
	return l->url + strlen("ipc://");
}

/* ---- connecting ------------------------------------------------------------------ */

static int
listen_at(struct line *l, struct fr_err *err)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	if (strlen(path_of(l)) >= sizeof name.sun_path)
		return err_set(err, "%s is too long for a socket's name: set "
			       "TMPDIR to a shorter folder", path_of(l));
	memcpy(name.sun_path, path_of(l), strlen(path_of(l)));
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0 ||
	    bind(l->fd, (struct sockaddr *)&name, sizeof name) < 0 ||
	    listen(l->fd, 4) < 0)
		return err_sys(err, "listen at %s", path_of(l));
	return 0;
}

static struct live_carrier *
line_open(const char *dir, struct nursery_spawn *s, struct fr_err *err)
{
	struct line *l = mem_new(sizeof *l);

	l->carrier.ops = &live_carrier_nng;
	l->fd = -1;
	l->url = mem_format("ipc://%s/node-%u.%u.sock", dir, s->node, s->boot);
	if (listen_at(l, err) < 0) {
		if (l->fd >= 0)
			close(l->fd);
		free(l->url);
		free(l);
		return NULL;
	}
	l->carrier.readable = l->carrier.writable = l->fd;
	s->carrier = NURSERY_NNG;
	s->url = l->url;
	s->socket = -1;
	return &l->carrier;
}

static void
line_asked(struct live_carrier *c)
{
	(void)c;
}

static void
line_spawned(struct live_carrier *c, pid_t pid)
{
	((struct line *)c)->pid = pid;
}

/* Somebody knocks. */
static void
line_accept(struct line *l)
{
	int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred who = { 0 };
	socklen_t size = sizeof who;

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 ||
	    who.pid != l->pid ||
	    send(fd, GREETING, GREETING_SIZE, MSG_NOSIGNAL) !=
	    (ssize_t)GREETING_SIZE) {
		close(fd);
		return;
	}
	live_enlarge(fd);
	close(l->fd);
	(void)unlink(path_of(l));
	l->fd = l->carrier.readable = l->carrier.writable = fd;
	l->connected = true;
}

/* ---- receiving ---------------------------------------------------------------------- */

/* A head is complete.  False: nothing that a node would send. */
static bool
begin_message(struct line *l)
{
	size_t i;

	l->head_size = 0;
	l->body_left = 0;
	for (i = 1; i < HEAD_SIZE; i++)
		l->body_left = l->body_left << 8 | l->head[i];
	return l->head[0] == 1 && l->body_left <= RECEIVE_MAX;
}

/*
 * Leaves only the bodies of `size` bytes at data, without gaps: how many bytes
 * that are.  -1: this is not what nng says.
 */
static ssize_t
unpack(struct line *l, unsigned char *data, size_t size)
{
	size_t at = 0, kept = 0, part, want;

	while (at < size) {
		if (l->greeted && l->body_left > 0) {
			part = size - at < l->body_left ? size - at :
			       (size_t)l->body_left;
			memmove(data + kept, data + at, part);
			l->body_left -= part;
			kept += part;
			at += part;
			continue;
		}
		want = (l->greeted ? HEAD_SIZE : GREETING_SIZE) - l->head_size;
		part = size - at < want ? size - at : want;
		memcpy(l->head + l->head_size, data + at, part);
		l->head_size += part;
		at += part;
		if (part < want)
			break;
		if (l->greeted && !begin_message(l))
			return -1;
		if (!l->greeted && memcmp(l->head, GREETING, GREETING_SIZE) != 0)
			return -1;
		l->greeted = true;
		l->head_size = 0;
	}
	return (ssize_t)kept;
}

static ssize_t
line_receive(struct live_carrier *c, unsigned char *room,
	     unsigned char **data)
{
	struct line *l = (struct line *)c;
	ssize_t got;

	if (!l->connected) {
		line_accept(l);
		return 0;
	}
	got = live_receive(l->fd, room + l->rest.size);
	if (got <= 0)
		return got;
	got = unpack(l, room + l->rest.size, (size_t)got);
	if (got <= 0)
		return got;
	*data = room;
	return got + (ssize_t)live_rest_take(&l->rest, room);
}

static void
line_done(struct live_carrier *c, const unsigned char *rest, size_t size)
{
	live_rest_keep(&((struct line *)c)->rest, rest, size);
}

/* ---- sending ------------------------------------------------------------------------- */

/* As many whole frames as make a message. */
static void
begin_sending(struct line *l, const unsigned char *data, size_t size)
{
	const struct frame *f;
	size_t i;

	while (l->out_left < size) {
		f = (const struct frame *)(const void *)(data + l->out_left);
		if (l->out_left > 0 && l->out_left + f->size > LIVE_WRITE_MAX)
			break;
		l->out_left += f->size;
	}
	FR_ASSERT(l->out_left <= size);
	l->out_head[0] = 1;
	for (i = 1; i < HEAD_SIZE; i++)
		l->out_head[i] = (unsigned char)((uint64_t)l->out_left >>
						 8 * (HEAD_SIZE - 1 - i));
	l->out_head_left = HEAD_SIZE;
}

static ssize_t
line_send(struct live_carrier *c, const unsigned char *data, size_t size)
{
	struct line *l = (struct line *)c;
	struct iovec parts[2];
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t put;

	if (!l->connected)
		return -1;
	if (l->out_left == 0)
		begin_sending(l, data, size);
	do {
		parts[0].iov_base = l->out_head + HEAD_SIZE - l->out_head_left;
		parts[0].iov_len = l->out_head_left;
		parts[1].iov_base = (void *)(uintptr_t)data;
		parts[1].iov_len = l->out_left;
		put = sendmsg(l->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (put > 0 && (size_t)put <= l->out_head_left) {
			/* Of the body, nothing yet. */
			l->out_head_left -= (size_t)put;
			errno = EINTR;
			put = -1;
		}
	} while (put < 0 && errno == EINTR);
	if (put < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	put -= (ssize_t)l->out_head_left;
	l->out_head_left = 0;
	l->out_left -= (size_t)put;
	return put;
}

static void
line_close(struct live_carrier *c)
{
	struct line *l = (struct line *)c;

	close(l->fd);
	if (!l->connected)
		(void)unlink(path_of(l));
	live_rest_free(&l->rest);
	free(l->url);
	free(l);
}

const struct live_carrier_ops live_carrier_nng = {
	.open = line_open,
	.asked = line_asked,
	.spawned = line_spawned,
	.receive = line_receive,
	.done = line_done,
	.send = line_send,
	.close = line_close,
};
