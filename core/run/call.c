/* SPDX-License-Identifier: MIT */
/*
 * The door, seen from outside: one command and its answer; the events.
 *
 * Without nng's library, as the other side (see door.c): in nng 1.5.2, closing
 * a socket while events still come can, once in some thousand times, take for
 * ever (nng #1543), and a dial cannot be given a limit.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/units.h"
#include "core/run/door.h"
#include "core/run/sp.h"

#define EVENT_MAX	(8u << 20)	/* one event, or one answer            */
#define GREETING_LIMIT	(10 * INT64_C(1000000000))

struct caller {
	int fd;
	int64_t until;			/* 0: for ever                         */
	struct buf in;
	size_t at;			/* what is before has been read        */
};

/* 0 when something can be done, -1 when the time is over. */
static int
caller_wait(struct caller *c, short what, struct fr_err *err)
{
	struct pollfd p = { .fd = c->fd, .events = what };
	int64_t rest = -1;
	int n;

	do {
		if (c->until != 0) {
			rest = (c->until - clock_mono() + 999999) / 1000000;
			if (rest <= 0)
				return err_set(err, "no answer in time");
		}
		n = poll(&p, 1, rest > 60000 ? 60000 : (int)rest);
		if (n < 0 && errno != EINTR)
			return err_sys(err, "poll");
	} while (n <= 0);
	return 0;
}

static int
caller_send(struct caller *c, const void *data, size_t size,
	    struct fr_err *err)
{
	const char *p = data;
	ssize_t n;

	while (size > 0) {
		n = send(c->fd, p, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN) {
			if (caller_wait(c, POLLOUT, err) < 0)
				return -1;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "send");
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

static const char *
caller_data(const struct caller *c)
{
	return c->in.data + c->at;
}

/* 1 when there are `want` bytes, 0 when the other side has gone before. */
static int
caller_fill(struct caller *c, size_t want, struct fr_err *err)
{
	char part[65536];
	ssize_t n;

	while (c->in.size - c->at < want) {
		buf_drop(&c->in, c->at);
		c->at = 0;
		n = recv(c->fd, part, sizeof part, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return 0;
		if (n > 0)
			buf_add(&c->in, part, (size_t)n);
		else if (errno != EAGAIN && errno != EINTR)
			return err_sys(err, "receive");
		else if (caller_wait(c, POLLIN, err) < 0)
			return -1;
	}
	return 1;
}

/* 1 when a whole frame stands there, of so many bytes behind its head; 0 when
 * the other side has gone. */
static int
caller_frame(struct caller *c, size_t *size, struct fr_err *err)
{
	uint64_t next;
	int result;

	result = caller_fill(c, SP_HEAD, err);
	if (result <= 0)
		return result;
	next = sp_size(caller_data(c));
	if (next > EVENT_MAX)
		return err_set(err, "what comes is not of a door");
	result = caller_fill(c, SP_HEAD + (size_t)next, err);
	if (result > 0)
		*size = (size_t)next;
	return result;
}

/* "ipc://PATH" with the suffix. */
static int
address_make(const char *url, const char *suffix, struct sockaddr_un *address,
	     struct fr_err *err)
{
	static const char scheme[] = "ipc://";
	const char *path = url + sizeof scheme - 1;

	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	if (strncmp(url, scheme, sizeof scheme - 1) != 0 || *path != '/' ||
	    strlen(path) + strlen(suffix) >= sizeof address->sun_path)
		return err_usage(err, "'%s' is not the URL of a door, such as "
				 "ipc:///tmp/fracas-1000/run-1-x/door", url);
	strcpy(address->sun_path, path);
	strcat(address->sun_path, suffix);
	return 0;
}

static int
caller_connect(struct caller *c, const struct sockaddr_un *address,
	       struct fr_err *err)
{
	while (connect(c->fd, (const struct sockaddr *)address,
		       sizeof *address) < 0) {
		/* It is there, and many are before us. */
		if (errno == EAGAIN &&
		    (c->until == 0 || clock_mono() < c->until)) {
			poll(NULL, 0, 5);
			continue;
		}
		if (errno == EAGAIN)
			return err_set(err, "no answer in time");
		if (errno == ENOENT || errno == ECONNREFUSED)
			return err_usage(err, "nobody answers at ipc://%s: "
					 "the run is over", address->sun_path);
		return err_sys(err, "ipc://%s", address->sun_path);
	}
	return 0;
}

static int
caller_greet(struct caller *c, uint8_t own, uint8_t other, struct fr_err *err)
{
	unsigned char greeting[SP_GREETING];
	int result;

	sp_greeting(greeting, own);
	if (caller_send(c, greeting, sizeof greeting, err) < 0)
		return -1;
	result = caller_fill(c, sizeof greeting, err);
	if (result < 0)
		return -1;
	sp_greeting(greeting, other);
	if (result == 0)
		return err_usage(err, "the run is over, or as many as there is "
				 "room for are talking to it");
	if (memcmp(caller_data(c), greeting, sizeof greeting) != 0)
		return err_usage(err, "who answers is not a door");
	c->at += sizeof greeting;
	return 0;
}

static void
caller_close(struct caller *c)
{
	if (c->fd >= 0)
		close(c->fd);
	buf_free(&c->in);
}

/* -1 leaves nothing behind. */
static int
caller_open(struct caller *c, const char *url, const char *suffix,
	    uint8_t own, uint8_t other, int64_t limit, struct fr_err *err)
{
	struct sockaddr_un address;

	if (address_make(url, suffix, &address, err) < 0)
		return -1;
	buf_init(&c->in, SP_HEAD + EVENT_MAX + 65536);
	c->at = 0;
	c->until = limit > 0 ? clock_mono() + limit : 0;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		err_sys(err, "socket");
	else if (caller_connect(c, &address, err) == 0 &&
		 caller_greet(c, own, other, err) == 0)
		return 0;
	caller_close(c);
	return -1;
}

int
door_call(const char *url, const char *line, int64_t limit_ns,
	  struct buf *reply, struct fr_err *err)
{
	static const unsigned char number[4] = { 0x80, 0, 0, 1 };
	unsigned char head[SP_HEAD];
	struct caller c;
	size_t size = 0;
	int result;

	if (strlen(line) + sizeof number > DOOR_LINE_MAX)
		return err_usage(err, "the command is longer than %zu bytes",
				 DOOR_LINE_MAX - sizeof number);
	if (caller_open(&c, url, ".ctl", SP_REQ, SP_REP, limit_ns, err) < 0)
		return -1;
	sp_head(head, sizeof number + strlen(line));
	if (caller_send(&c, head, sizeof head, err) < 0 ||
	    caller_send(&c, number, sizeof number, err) < 0 ||
	    caller_send(&c, line, strlen(line), err) < 0) {
		result = -1;
		goto close_caller;
	}
	result = caller_frame(&c, &size, err);
	if (result < 0)
		goto close_caller;
	if (result == 0) {
		result = err_set(err, "the run ended before it answered");
	} else if (size < sizeof number ||
		   memcmp(caller_data(&c) + SP_HEAD, number, sizeof number) != 0) {
		result = err_set(err, "what comes is not of a door");
	} else {
		buf_add(reply, caller_data(&c) + SP_HEAD + sizeof number,
			size - sizeof number);
		result = 0;
	}
close_caller:
	caller_close(&c);
	return result;
}

/*
 * {"v":1,"type":"end",...}: the type is always the second member.  The end of
 * a node has the same type, and names it.  A text cannot pretend: its quotes
 * are escaped.
 */
static bool
is_end(const char *line, size_t size)
{
	static const char end[] = "{\"v\":1,\"type\":\"end\"";
	static const char node[] = "\"node\":";

	return size >= sizeof end - 1 &&
	       memcmp(line, end, sizeof end - 1) == 0 &&
	       memmem(line, size, node, sizeof node - 1) == NULL;
}

int
door_watch(const char *url, int (*each)(void *arg, const char *line,
	   size_t size), void *arg, struct fr_err *err)
{
	struct caller c;
	const char *line;
	bool over = false;
	size_t size = 0;
	int result = 0;

	if (caller_open(&c, url, ".pub", SP_SUB, SP_PUB, GREETING_LIMIT,
			err) < 0)
		return -1;
	c.until = 0;
	while (!over && (result = caller_frame(&c, &size, err)) > 0) {
		line = caller_data(&c) + SP_HEAD;
		over = is_end(line, size);
		if (each(arg, line, size) != 0)
			over = true;
		c.at += SP_HEAD + size;
	}
	caller_close(&c);
	return result < 0 ? -1 : 0;
}
