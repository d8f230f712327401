/* SPDX-License-Identifier: MIT */
/*
 * What carries frames between a node and the switch: a stream socket pair, or
 * an nng socket.  Both carry the same bytes, gathered once per turn of the
 * loop.
 */
#ifndef NODE_CARRIER_H
#define NODE_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"
#include "core/node/wire.h"

/* The host writes what it gathered when it is more than this. */
#define CARRIER_BATCH (256u * 1024u)

struct carrier;

struct carrier_ops {
	/*
	 * Takes what has come.  *data is 8-aligned, begins with a frame and
	 * stays good until carrier_used; it may end within a frame.  The
	 * number of bytes; 0: nothing now; -1: the switch is gone.
	 */
	ssize_t (*receive)(struct carrier *c, unsigned char **data);
	/*
	 * The first `size` bytes, whole frames, have been dealt with.  True
	 * where there may be more to receive right now.
	 */
	bool (*used)(struct carrier *c, size_t size);
	/* Whole frames; returns when they are on their way.  -1: gone. */
	int (*send)(struct carrier *c, const void *data, size_t size);
	/* Sends what is on its way still, in order. */
	void (*close)(struct carrier *c);
	bool signal_safe;	/* send may be called in a signal handler      */
};

struct carrier {
	const struct carrier_ops *ops;
	int fd;			/* readable when there is something to receive */
};

/* Frames are this large at the most, and never smaller than a head. */
#define CARRIER_FRAME_MAX (sizeof(struct frame) + FRAME_BODY_MAX + 8)

struct carrier *carrier_stream(int socket);

/*
 * In a shared object of its own, fracas-nng.so beside fracas-node: a node that
 * does not use nng does not carry it either.  NULL and *err.
 */
struct carrier *carrier_nng(const char *url, struct fr_err *err);

typedef struct carrier *(*carrier_nng_fn)(const char *url, struct fr_err *err);
#define CARRIER_NNG_OBJECT "fracas-nng.so"
#define CARRIER_NNG_SYMBOL "fracas_carrier_nng"

#endif
