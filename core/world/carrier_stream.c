/* SPDX-License-Identifier: MIT */
/*
 * The stream carrier, the switch's end: a socket pair.  And what both carriers
 * have in common: the room that is read into belongs to the switch, one for
 * all nodes, so that it stays in the cache; what is kept here is only the
 * beginning of a frame whose end has not come.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/world/live_carrier.h"

/* Asked for; the kernel gives what it allows. */
#define SOCKET_BUFFER (4 * 1024 * 1024)

/* More than this is given back when it is not needed. */
#define REST_KEPT 65536u

/* ---- in common ------------------------------------------------------------------- */

void
live_enlarge(int fd)
{
	int size = SOCKET_BUFFER;

	/* The first needs a privilege, the second is cut to what is usual. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
		       sizeof size) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof size);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof size) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof size);
}

ssize_t
live_receive(int fd, unsigned char *room)
{
	ssize_t got;

	do
		got = recv(fd, room, LIVE_READ_MAX, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return got <= 0 ? -1 : got;
}

size_t
live_rest_take(const struct live_rest *r, unsigned char *room)
{
	if (r->size > 0)
		memcpy(room, r->data, r->size);
	return r->size;
}

void
live_rest_keep(struct live_rest *r, const unsigned char *data, size_t size)
{
	FR_ASSERT(size < LIVE_FRAME_MAX);
	r->size = size;
	if (size == 0 && r->room > REST_KEPT)
		live_rest_free(r);
	if (size == 0)
		return;
	mem_grow(&r->data, &r->room, size, 1);
	memcpy(r->data, data, size);
}

void
live_rest_free(struct live_rest *r)
{
	free(r->data);
	memset(r, 0, sizeof *r);
}

/* ---- the carrier ------------------------------------------------------------------- */

struct stream {
	struct live_carrier carrier;
	int fd, theirs;
	struct live_rest rest;
};

static struct live_carrier *
stream_open(const char *dir, struct nursery_spawn *s, struct fr_err *err)
{
	struct stream *st;
	int pair[2];

	(void)dir;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		err_sys(err, "a socket for node %u", s->node);
		return NULL;
	}
	live_enlarge(pair[0]);
	live_enlarge(pair[1]);
	st = mem_new(sizeof *st);
	st->carrier.ops = &live_carrier_stream;
	st->carrier.readable = st->carrier.writable = st->fd = pair[0];
	st->theirs = pair[1];
	s->carrier = NURSERY_STREAM;
	s->socket = st->theirs;
	return &st->carrier;
}

static void
stream_asked(struct live_carrier *c)
{
	struct stream *st = (struct stream *)c;

	close(st->theirs);
	st->theirs = -1;
}

static void
stream_spawned(struct live_carrier *c, pid_t pid)
{
	/* Who is at the other end is told by the descriptor. */
	(void)c;
	(void)pid;
}

static ssize_t
stream_receive(struct live_carrier *c, unsigned char *room,
	       unsigned char **data)
{
	struct stream *st = (struct stream *)c;
	ssize_t got = live_receive(st->fd, room + st->rest.size);

	if (got <= 0)
		return got;
	*data = room;
	return got + (ssize_t)live_rest_take(&st->rest, room);
}

static void
stream_done(struct live_carrier *c, const unsigned char *rest, size_t size)
{
	live_rest_keep(&((struct stream *)c)->rest, rest, size);
}

static ssize_t
stream_send(struct live_carrier *c, const unsigned char *data, size_t size)
{
	struct stream *st = (struct stream *)c;
	ssize_t put;

	do
		put = send(st->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return put;
}

static void
stream_close(struct live_carrier *c)
{
	struct stream *st = (struct stream *)c;

	close(st->fd);
	if (st->theirs >= 0)
		close(st->theirs);
	live_rest_free(&st->rest);
	free(st);
}

const struct live_carrier_ops live_carrier_stream = {
	.open = stream_open,
	.asked = stream_asked,
	.spawned = stream_spawned,
	.receive = stream_receive,
	.done = stream_done,
	.send = stream_send,
	.close = stream_close,
};
