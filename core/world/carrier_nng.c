/* SPDX-License-Identifier: MIT */
/*
 * The nng carrier, the switch's end: a pair0 socket that listens at a name of
 * its own for each boot, in the run's folder, which only its owner enters.
 *
 *  1. A message holds whole frames, many of them.
 *  2. The first to connect is the only one, and what it says counts only where
 *     the kernel names its process as the node.
 *  3. nng's threads move messages to `held`, and tell the loop by a
 *     descriptor; all that they touch is under `lock`, or atomic.
 *
 * Those descriptors are our own: nng 1.5.2 does not close the ones that it
 * makes for a pair0 socket (NNG_OPT_RECVFD), mended in nng's #1640.
 */
#include <event2/event.h>
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <nng/transport/ipc/ipc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/world/live_carrier.h"

/* Messages that are held for the switch; the rest waits in the node. */
#define HELD_MAX 16u

/* Messages that nng may hold on the way to the node. */
#define NNG_HELD 8

/* What a node gathers before it sends, and one frame beyond. */
#define RECEIVE_MAX (LIVE_READ_MAX + LIVE_FRAME_MAX)

struct nng_line {
	struct live_carrier carrier;
	nng_socket socket;
	char *url;			/* "ipc://" and the path               */
	pid_t pid;			/* 0: not known yet                    */
	_Atomic uint64_t peer;		/* who connected: pid << 32 | pipe     */
	nng_msg *message;		/* what `receive` gave                 */

	pthread_mutex_t lock;
	nng_aio *receiving;
	nng_msg *held[HELD_MAX];	/* a ring                              */
	unsigned first, count;
	bool waiting;			/* for room in it: not receiving       */
	bool ended;			/* the node's end is closed            */

	nng_aio *sending;		/* where nng had no room at once       */
	atomic_bool busy;		/* and it has none still               */
	bool was_busy;			/* `writable` has been rung, or will be*/
};

static int
nng_failed(struct fr_err *err, const char *what, int error)
{
	return err_set(err, "nng: %s: %s", what, nng_strerror(error));
}

static void
ring(int fd)
{
	const uint64_t one = 1;

	(void)!write(fd, &one, sizeof one);
}

static void
silence(int fd)
{
	uint64_t rings;

	(void)!read(fd, &rings, sizeof rings);
}

/* ---- in nng's threads ------------------------------------------------------------ */

/* A connection that is closed in here never begins. */
static void
on_connect(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
	struct nng_line *l = arg;
	uint64_t pid = 0, nobody = 0;

	(void)event;
	(void)nng_pipe_get_uint64(pipe, NNG_OPT_IPC_PEER_PID, &pid);
	if (!atomic_compare_exchange_strong(&l->peer, &nobody, pid << 32 |
					    (uint32_t)nng_pipe_id(pipe)))
		nng_pipe_close(pipe);
}

static void
on_disconnect(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
	struct nng_line *l = arg;

	(void)event;
	if ((uint32_t)nng_pipe_id(pipe) != (uint32_t)atomic_load(&l->peer))
		return;
	pthread_mutex_lock(&l->lock);
	l->ended = true;
	ring(l->carrier.readable);
	pthread_mutex_unlock(&l->lock);
}

static void
on_message(void *arg)
{
	struct nng_line *l = arg;
	bool more;

	if (nng_aio_result(l->receiving) != 0)
		return;
	pthread_mutex_lock(&l->lock);
	l->held[(l->first + l->count++) % HELD_MAX] =
		nng_aio_get_msg(l->receiving);
	l->waiting = l->count == HELD_MAX;
	more = !l->waiting && !l->ended;
	ring(l->carrier.readable);
	pthread_mutex_unlock(&l->lock);
	if (more)
		nng_recv_aio(l->socket, l->receiving);
}

static void
on_sent(void *arg)
{
	struct nng_line *l = arg;

	if (nng_aio_result(l->sending) != 0)
		nng_msg_free(nng_aio_get_msg(l->sending));
	atomic_store(&l->busy, false);
	ring(l->carrier.writable);
}

/* ---- beginning and ending ----------------------------------------------------------- */

static int
prepare(struct nng_line *l, struct fr_err *err)
{
	int error;

	if ((error = nng_socket_set_size(l->socket, NNG_OPT_RECVMAXSZ,
					 RECEIVE_MAX)) != 0 ||
	    (error = nng_socket_set_int(l->socket, NNG_OPT_RECVBUF,
					NNG_HELD)) != 0 ||
	    (error = nng_socket_set_int(l->socket, NNG_OPT_SENDBUF,
					NNG_HELD)) != 0)
		return nng_failed(err, "options", error);
	if ((error = nng_aio_alloc(&l->receiving, on_message, l)) != 0 ||
	    (error = nng_aio_alloc(&l->sending, on_sent, l)) != 0)
		return nng_failed(err, "operations", error);
	if ((error = nng_pipe_notify(l->socket, NNG_PIPE_EV_ADD_PRE,
				     on_connect, l)) != 0 ||
	    (error = nng_pipe_notify(l->socket, NNG_PIPE_EV_REM_POST,
				     on_disconnect, l)) != 0)
		return nng_failed(err, "watch connections", error);
	if ((error = nng_listen(l->socket, l->url, NULL, 0)) != 0)
		return nng_failed(err, l->url, error);
	return 0;
}

static void
line_free(struct nng_line *l)
{
	if (l->carrier.readable >= 0)
		close(l->carrier.readable);
	if (l->carrier.writable >= 0)
		close(l->carrier.writable);
	pthread_mutex_destroy(&l->lock);
	free(l->url);
	free(l);
}

static void
line_close(struct live_carrier *c)
{
	struct nng_line *l = (struct nng_line *)c;

	/* None of nng's threads is in a function above, nor will one be, when
	 * these have returned. */
	if (l->receiving != NULL)
		nng_aio_stop(l->receiving);
	if (l->sending != NULL)
		nng_aio_stop(l->sending);
	nng_close(l->socket);
	if (l->receiving != NULL)
		nng_aio_free(l->receiving);
	if (l->sending != NULL)
		nng_aio_free(l->sending);
	for (; l->count > 0; l->count--)
		nng_msg_free(l->held[l->first++ % HELD_MAX]);
	if (l->message != NULL)
		nng_msg_free(l->message);
	(void)unlink(l->url + strlen("ipc://"));
	line_free(l);
}

static struct live_carrier *
line_open(const char *dir, struct nursery_spawn *s, struct fr_err *err)
{
	struct nng_line *l = mem_new(sizeof *l);
	int error;

	l->carrier.ops = &live_carrier_nng;
	l->carrier.writable_how = EV_READ;
	l->carrier.readable = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->carrier.writable = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&l->lock, NULL);
	l->url = mem_format("ipc://%s/node-%u.%u.sock", dir, s->node, s->boot);
	if (l->carrier.readable < 0 || l->carrier.writable < 0) {
		err_sys(err, "eventfd");
		goto failed;
	}
	if (strlen(l->url) - strlen("ipc://") >=
	    sizeof((struct sockaddr_un *)0)->sun_path) {
		err_set(err, "%s is too long for a socket's name: set TMPDIR "
			"to a shorter folder", l->url + strlen("ipc://"));
		goto failed;
	}
	if ((error = nng_pair0_open(&l->socket)) != 0) {
		nng_failed(err, "a socket", error);
		goto failed;
	}
	if (prepare(l, err) < 0) {
		line_close(&l->carrier);
		return NULL;
	}
	s->carrier = NURSERY_NNG;
	s->url = l->url;
	s->socket = -1;
	return &l->carrier;
failed:
	line_free(l);
	return NULL;
}

static void
line_asked(struct live_carrier *c)
{
	(void)c;
}

static void
line_spawned(struct live_carrier *c, pid_t pid)
{
	struct nng_line *l = (struct nng_line *)c;

	l->pid = pid;
	nng_recv_aio(l->socket, l->receiving);
}

/* ---- receiving ---------------------------------------------------------------------- */

/* The connection has ended, and nothing is held: what nng has still. */
static nng_msg *
take_last(struct nng_line *l)
{
	nng_msg *message = NULL;

	/* What it has taken on its way out it has put down when this
	 * returns. */
	nng_aio_cancel(l->receiving);
	nng_aio_wait(l->receiving);
	if (l->count > 0) {
		message = l->held[l->first++ % HELD_MAX];
		l->count--;
	} else if (nng_recvmsg(l->socket, &message, NNG_FLAG_NONBLOCK) != 0) {
		message = NULL;
	}
	return message;
}

/* The next message.  NULL: there is none, or none any more (*ended). */
static nng_msg *
take(struct nng_line *l, bool *ended)
{
	nng_msg *message = NULL;
	bool more = false;

	pthread_mutex_lock(&l->lock);
	*ended = l->ended;
	if (l->count > 0) {
		message = l->held[l->first++ % HELD_MAX];
		l->count--;
		more = l->waiting && !l->ended && l->count <= HELD_MAX / 2;
		if (more)
			l->waiting = false;
	}
	if (l->count == 0 && !l->ended)
		silence(l->carrier.readable);
	pthread_mutex_unlock(&l->lock);
	if (more)
		nng_recv_aio(l->socket, l->receiving);
	if (message == NULL && *ended)
		message = take_last(l);
	return message;
}

static ssize_t
line_receive(struct live_carrier *c, unsigned char *room,
	     unsigned char **data)
{
	struct nng_line *l = (struct nng_line *)c;
	size_t size;
	bool ended;

	l->message = take(l, &ended);
	if (l->message == NULL)
		return ended ? -1 : 0;
	size = nng_msg_len(l->message);
	if ((pid_t)(atomic_load(&l->peer) >> 32) != l->pid)
		return -1;	/* a stranger */
	if (size == 0) {
		nng_msg_free(l->message);
		l->message = NULL;
		return 0;
	}
	*data = nng_msg_body(l->message);
	/* nng aligns bodies as malloc does; this keeps it from mattering. */
	if ((uintptr_t)*data % 8 != 0) {
		FR_ASSERT(size <= LIVE_READ_MAX + LIVE_FRAME_MAX);
		memcpy(room, *data, size);
		*data = room;
	}
	return (ssize_t)size;
}

static bool
line_done(struct live_carrier *c, const unsigned char *rest, size_t size)
{
	struct nng_line *l = (struct nng_line *)c;

	(void)rest;
	if (l->message != NULL)
		nng_msg_free(l->message);
	l->message = NULL;
	return size == 0;
}

/* ---- sending ------------------------------------------------------------------------- */

static ssize_t
line_send(struct live_carrier *c, const unsigned char *data, size_t size)
{
	struct nng_line *l = (struct nng_line *)c;
	const struct frame *f;
	nng_msg *message;
	size_t whole = 0;
	int error;

	if (atomic_load(&l->busy))
		return 0;
	if (l->was_busy)
		silence(c->writable);
	l->was_busy = false;
	while (whole < size) {
		f = (const struct frame *)(const void *)(data + whole);
		if (whole > 0 && whole + f->size > LIVE_WRITE_MAX)
			break;
		whole += f->size;
	}
	FR_ASSERT(whole <= size);
	if (nng_msg_alloc(&message, whole) != 0)
		return -1;
	memcpy(nng_msg_body(message), data, whole);
	error = nng_sendmsg(l->socket, message, NNG_FLAG_NONBLOCK);
	if (error == NNG_EAGAIN) {
		l->was_busy = true;
		atomic_store(&l->busy, true);
		nng_aio_set_msg(l->sending, message);
		nng_send_aio(l->socket, l->sending);
	} else if (error != 0) {
		nng_msg_free(message);
		return -1;
	}
	return (ssize_t)whole;
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
