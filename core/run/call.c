/* SPDX-License-Identifier: MIT */
/*
 * The door, seen from outside: nng's REQ for one command, its SUB to watch.
 *
 * nng's threads do nothing of ours but wake a descriptor when the run has
 * gone; what comes is read here, where poll says that something is there.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/req.h>

#include "core/base/units.h"
#include "core/run/door.h"

#define EVENT_MAX	(8u << 20)	/* one event                           */

static int
door_error(struct fr_err *err, int result, const char *what)
{
	return err_set(err, "%s: %s", what, nng_strerror(result));
}

/* A caller's socket, and what tells that the run behind it has gone. */
struct caller {
	nng_socket socket;
	bool open;
	int readable;
	int gone;
};

static void
supervisor_left(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	struct caller *c = arg;
	uint64_t one = 1;

	(void)pipe;
	(void)ev;
	/* In nng's thread.  A counter that is full wakes as well. */
	if (write(c->gone, &one, sizeof one) < 0)
		return;
}

static void
caller_close(struct caller *c)
{
	if (c->open)
		nng_close(c->socket);
	if (c->gone >= 0)
		close(c->gone);
}

/* After `open` the socket is dialled; -1 leaves nothing behind. */
static int
caller_dial(struct caller *c, const char *url, const char *suffix,
	    struct fr_err *err)
{
	char *whole = mem_format("%s%s", url, suffix);
	int result;

	c->gone = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->gone < 0) {
		err_sys(err, "eventfd");
		goto fail;
	}
	nng_pipe_notify(c->socket, NNG_PIPE_EV_REM_POST, supervisor_left, c);
	nng_socket_set_size(c->socket, NNG_OPT_RECVMAXSZ, EVENT_MAX);
	result = nng_socket_get_int(c->socket, NNG_OPT_RECVFD, &c->readable);
	if (result == 0)
		result = nng_dial(c->socket, whole, NULL, 0);
	if (result == NNG_ECONNREFUSED || result == NNG_ENOENT ||
	    result == NNG_ECLOSED) {
		err_usage(err, "nobody answers at %s: the run is over", whole);
		goto fail;
	}
	if (result == NNG_EINVAL || result == NNG_ENOTSUP ||
	    result == NNG_EADDRINVAL) {
		err_usage(err, "'%s' is not the URL of a door, such as "
			  "ipc:///run/user/1000/run/door", url);
		goto fail;
	}
	if (result == NNG_ETIMEDOUT) {
		err_set(err, "no answer in time");
		goto fail;
	}
	if (result != 0) {
		door_error(err, result, whole);
		goto fail;
	}
	free(whole);
	return 0;
fail:
	free(whole);
	caller_close(c);
	return -1;
}

/*
 * Waits for a message: 1 and *msg, 0 when the run has gone and nothing is
 * left to read, -1 when `until` (0: never) has come or polling failed.
 */
static int
caller_next(struct caller *c, int64_t until, nng_msg **msg, struct fr_err *err)
{
	struct pollfd p[2] = {
		{ .fd = c->readable, .events = POLLIN },
		{ .fd = c->gone, .events = POLLIN },
	};
	int64_t rest;
	int result;

	for (;;) {
		result = nng_recvmsg(c->socket, msg, NNG_FLAG_NONBLOCK);
		if (result == 0)
			return 1;
		/* REQ, which must not ask twice, has lost whom it asked. */
		if (result == NNG_ECONNRESET || result == NNG_ECONNSHUT)
			return 0;
		if (result != NNG_EAGAIN)
			return door_error(err, result, "receive");
		if (p[1].revents != 0)
			return 0;
		rest = until == 0 ? -1 : (until - clock_mono() + 999999) /
					 1000000;
		if (until != 0 && rest <= 0)
			return err_set(err, "no answer in time");
		if (poll(p, 2, rest > 60000 ? 60000 : (int)rest) < 0 &&
		    errno != EINTR)
			return err_sys(err, "poll");
	}
}

int
door_call(const char *url, const char *line, int64_t limit_ns,
	  struct buf *reply, struct fr_err *err)
{
	struct caller c = { .gone = -1 };
	int64_t until = limit_ns > 0 ? clock_mono() + limit_ns : 0;
	nng_msg *msg;
	int result;

	if (strlen(line) >= DOOR_LINE_MAX)
		return err_usage(err, "the command is longer than %u bytes",
				 DOOR_LINE_MAX);
	if ((result = nng_req0_open(&c.socket)) != 0)
		return door_error(err, result, "open a socket");
	c.open = true;
	if (limit_ns > 0)
		nng_socket_set_ms(c.socket, NNG_OPT_SENDTIMEO,
				  (nng_duration)((limit_ns + 999999) /
						 1000000));
	/* A command is said once: "kill 3" twice is something else. */
	nng_socket_set_ms(c.socket, NNG_OPT_REQ_RESENDTIME,
			  NNG_DURATION_INFINITE);
	if (caller_dial(&c, url, ".ctl", err) < 0)
		return -1;
	result = nng_send(c.socket, (void *)(uintptr_t)line, strlen(line), 0);
	if (result != 0) {
		door_error(err, result, "send");
		result = -1;
		goto close_caller;
	}
	result = caller_next(&c, until, &msg, err);
	if (result == 0)
		result = err_set(err, "the run ended before it answered");
	if (result > 0) {
		buf_add(reply, nng_msg_body(msg), nng_msg_len(msg));
		nng_msg_free(msg);
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
	struct caller c = { .gone = -1 };
	bool over = false;
	nng_msg *msg;
	int result;

	if ((result = nng_sub0_open(&c.socket)) != 0)
		return door_error(err, result, "open a socket");
	c.open = true;
	nng_socket_set_int(c.socket, NNG_OPT_RECVBUF, 8192);
	nng_socket_set(c.socket, NNG_OPT_SUB_SUBSCRIBE, "", 0);
	if (caller_dial(&c, url, ".pub", err) < 0)
		return -1;
	do {
		result = caller_next(&c, 0, &msg, err);
		if (result <= 0)
			break;
		over = is_end(nng_msg_body(msg), nng_msg_len(msg));
		if (each(arg, nng_msg_body(msg), nng_msg_len(msg)) != 0)
			over = true;
		nng_msg_free(msg);
	} while (!over);
	caller_close(&c);
	return result < 0 ? -1 : 0;
}
