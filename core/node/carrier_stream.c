/* SPDX-License-Identifier: MIT */
/*
 * The stream carrier: one buffer that is read into as far as it goes, handed
 * out as it lies, and closed up when its frames are used.
 *
 * What remains is less than one frame and moves to the front, where frames
 * keep the alignment that their size, a multiple of 8, gives them.
 */
#include "core/node/carrier.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/mem.h"

#define ROOM_FIRST CARRIER_BATCH

struct stream {
	struct carrier carrier;
	unsigned char *data;
	size_t size, room;
	bool filled;		/* the last read took all there was room for   */
};

static ssize_t
stream_receive(struct carrier *c, unsigned char **data)
{
	struct stream *s = (struct stream *)c;
	ssize_t got;

	do
		got = recv(c->fd, s->data + s->size, s->room - s->size,
			   MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return -1;
	if (got < 0) {
		s->filled = false;
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	}
	s->filled = (size_t)got == s->room - s->size;
	s->size += (size_t)got;
	*data = s->data;
	return (ssize_t)s->size;
}

static bool
stream_used(struct carrier *c, size_t size)
{
	struct stream *s = (struct stream *)c;
	uint32_t next = 0;

	s->size -= size;
	if (s->size > 0 && size > 0)
		memmove(s->data, s->data + size, s->size);
	/* A frame that is larger than the buffer says so in its head. */
	if (s->size >= sizeof next)
		memcpy(&next, s->data, sizeof next);
	if (next > s->room && next <= CARRIER_FRAME_MAX) {
		s->data = mem_resize(s->data, CARRIER_FRAME_MAX, 1);
		s->room = CARRIER_FRAME_MAX;
		return true;
	}
	return s->filled;
}

static int
stream_send(struct carrier *c, const void *data, size_t size)
{
	const char *at = data;
	ssize_t n;

	while (size > 0) {
		n = send(c->fd, at, size, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			/* The switch takes everything: this is not long. */
			struct pollfd on = { .fd = c->fd, .events = POLLOUT };

			(void)poll(&on, 1, -1);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static void
stream_close(struct carrier *c)
{
	(void)c;		/* the kernel has it all */
}

struct carrier *
carrier_stream(int socket)
{
	static const struct carrier_ops ops = {
		.receive = stream_receive, .used = stream_used,
		.send = stream_send, .close = stream_close,
		.signal_safe = true,
	};
	struct stream *s = mem_new(sizeof *s);

	s->carrier.ops = &ops;
	s->carrier.fd = socket;
	s->room = ROOM_FIRST;
	s->data = mem_resize(NULL, s->room, 1);
	return &s->carrier;
}
