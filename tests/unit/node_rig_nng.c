/* SPDX-License-Identifier: MIT */
/* The rig over nng: the same tests, over the other carrier. */
#include <check.h>
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/unit/node_rig.h"

static nng_socket line;
static bool is_open;
static int ended = -1;		/* readable when the node has gone             */
static char url[400];

static void
on_end(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
	uint64_t one = 1;

	(void)pipe;
	(void)event;
	(void)arg;
	(void)!write(ended, &one, sizeof one);
}

static void
line_open(struct rig *r, struct nursery_spawn *s)
{
	snprintf(url, sizeof url, "ipc://%s/line-%u", r->dir, r->boot);
	ended = eventfd(0, EFD_CLOEXEC);
	ck_assert_int_ge(ended, 0);
	ck_assert_int_eq(nng_pair0_open(&line), 0);
	is_open = true;
	ck_assert_int_eq(nng_socket_set_size(line, NNG_OPT_RECVMAXSZ, 4 << 20),
			 0);
	ck_assert_int_eq(nng_socket_set_int(line, NNG_OPT_SENDBUF, 32), 0);
	ck_assert_int_eq(nng_pipe_notify(line, NNG_PIPE_EV_REM_POST, on_end,
					 NULL), 0);
	ck_assert_int_eq(nng_listen(line, url, NULL, 0), 0);
	s->carrier = NURSERY_NNG;
	s->socket = -1;
	s->url = url;
}

static void
line_send(struct rig *r, const void *data, size_t size)
{
	(void)r;
	ck_assert_int_eq(nng_send(line, (void *)(uintptr_t)data, size, 0), 0);
}

static bool
line_receive(struct rig *r)
{
	struct pollfd on[2] = { { .events = POLLIN },
				{ .events = POLLIN } };
	nng_msg *message;
	int error;

	ck_assert_int_eq(nng_socket_get_int(line, NNG_OPT_RECVFD, &on[0].fd),
			 0);
	on[1].fd = ended;
	ck_assert_msg(poll(on, 2, 60000) > 0, "nothing comes");
	error = nng_recvmsg(line, &message, NNG_FLAG_NONBLOCK);
	if (error != 0)
		return on[1].revents == 0;
	buf_add(&r->in, nng_msg_body(message), nng_msg_len(message));
	nng_msg_free(message);
	return true;
}

static void
line_close(struct rig *r)
{
	(void)r;
	if (!is_open)
		return;
	ck_assert_int_eq(nng_close(line), 0);
	close(ended);
	is_open = false;
}

static const struct rig_line nng_line = {
	line_open, line_send, line_receive, line_close
};

__attribute__((constructor)) static void
use_nng(void)
{
	rig_line = &nng_line;
}
