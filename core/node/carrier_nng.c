/* SPDX-License-Identifier: MIT */
/*
 * The nng carrier: a pair0 socket that dials the switch.  One message holds
 * the frames of one turn.
 *
 * This is a shared object of its own (fracas-nng.so) and uses nothing of
 * fracas-node's but headers.  It is opened after the fork, so nng is never
 * forked.
 */
#include "core/node/carrier.h"

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A batch of many frames, or one frame of the largest kind. */
#define MESSAGE_MAX (CARRIER_BATCH + 2 * CARRIER_FRAME_MAX)

/* How long the last frames may take at the end; ms. */
#define LAST 1000

struct carrier *fracas_carrier_nng(const char *url, struct fr_err *err);

struct nng {
	struct carrier carrier;
	nng_socket socket;
	nng_msg *held;		/* handed out                                  */
	unsigned char *copy;	/* of a message that does not lie at 8         */
	atomic_bool closing;	/* by ourselves                                */
};

/*
 * In a thread of nng's.  nng would dial again for ever; but the switch listens
 * for one connection a boot, and when that is cut the node is as good as dead.
 */
static void
on_disconnect(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
	struct nng *n = arg;

	(void)pipe;
	(void)event;
	if (!atomic_load(&n->closing))
		_exit(0);
}

static ssize_t
nng_carrier_receive(struct carrier *c, unsigned char **data)
{
	struct nng *n = (struct nng *)c;
	nng_msg *message;
	size_t size;
	int error = nng_recvmsg(n->socket, &message, NNG_FLAG_NONBLOCK);

	if (error == NNG_EAGAIN || error == NNG_EINTR)
		return 0;
	if (error != 0)
		return -1;
	size = nng_msg_len(message);
	if (size == 0) {
		nng_msg_free(message);
		return 0;
	}
	*data = nng_msg_body(message);
	if ((uintptr_t)*data % 8 != 0) {
		n->copy = malloc(size);
		if (n->copy == NULL) {
			nng_msg_free(message);
			return -1;
		}
		memcpy(n->copy, *data, size);
		*data = n->copy;
	}
	n->held = message;
	return (ssize_t)size;
}

/* A message holds whole frames: what is left over would be nonsense. */
static bool
nng_carrier_used(struct carrier *c, size_t size)
{
	struct nng *n = (struct nng *)c;

	(void)size;
	if (n->held == NULL)
		return false;
	nng_msg_free(n->held);
	n->held = NULL;
	free(n->copy);
	n->copy = NULL;
	return true;
}

static int
nng_carrier_send(struct carrier *c, const void *data, size_t size)
{
	struct nng *n = (struct nng *)c;
	nng_msg *message;

	if (nng_msg_alloc(&message, size) != 0)
		return -1;
	memcpy(nng_msg_body(message), data, size);
	if (nng_sendmsg(n->socket, message, 0) != 0) {
		nng_msg_free(message);
		return -1;
	}
	return 0;
}

/*
 * A sent message may still be with nng's threads, and closing drops it.  But
 * the socket keeps no queue: when it takes another one, an empty one here, the
 * one before is with the kernel.
 */
static void
nng_carrier_close(struct carrier *c)
{
	struct nng *n = (struct nng *)c;
	nng_msg *empty;

	atomic_store(&n->closing, true);
	(void)nng_socket_set_ms(n->socket, NNG_OPT_SENDTIMEO, LAST);
	if (nng_msg_alloc(&empty, 0) == 0 &&
	    nng_sendmsg(n->socket, empty, 0) != 0)
		nng_msg_free(empty);
	(void)nng_close(n->socket);
}

static struct carrier *
failed(struct fr_err *err, const char *what, const char *url, int error)
{
	if (err != NULL) {
		err->status = EXIT_TESTBED;
		snprintf(err->text, sizeof err->text, "nng: %s %s: %s", what,
			 url, nng_strerror(error));
	}
	return NULL;
}

struct carrier *
fracas_carrier_nng(const char *url, struct fr_err *err)
{
	static const struct carrier_ops ops = {
		.receive = nng_carrier_receive, .used = nng_carrier_used,
		.send = nng_carrier_send, .close = nng_carrier_close,
	};
	struct nng *n = calloc(1, sizeof *n);
	int error;

	if (n == NULL)
		return failed(err, "memory for", url, NNG_ENOMEM);
	n->carrier.ops = &ops;
	if ((error = nng_pair0_open(&n->socket)) != 0)
		goto fail;
	if ((error = nng_socket_set_size(n->socket, NNG_OPT_RECVMAXSZ,
					 MESSAGE_MAX)) != 0 ||
	    (error = nng_socket_set_ms(n->socket, NNG_OPT_RECONNMINT,
				       5)) != 0 ||
	    (error = nng_socket_set_ms(n->socket, NNG_OPT_RECONNMAXT,
				       20)) != 0 ||
	    (error = nng_socket_get_int(n->socket, NNG_OPT_RECVFD,
					&n->carrier.fd)) != 0 ||
	    (error = nng_pipe_notify(n->socket, NNG_PIPE_EV_REM_POST,
				     on_disconnect, n)) != 0 ||
	    (error = nng_dial(n->socket, url, NULL, 0)) != 0) {
		atomic_store(&n->closing, true);
		(void)nng_close(n->socket);
		goto fail;
	}
	return &n->carrier;
fail:
	free(n);
	return failed(err, "dial", url, error);
}
