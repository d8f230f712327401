/* SPDX-License-Identifier: MIT */
/*
 * What carries frames between the switch and a node, the switch's end.  One is
 * made for each boot and never used again: what a dead process left in it can
 * not reach its successor.  Nothing here waits.
 */
#ifndef WORLD_LIVE_CARRIER_H
#define WORLD_LIVE_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"
#include "core/node/nursery.h"

/* The largest frame there is. */
#define LIVE_FRAME_MAX (sizeof(struct frame) + FRAME_BODY_MAX)
_Static_assert(LIVE_FRAME_MAX % 8 == 0, "a frame's size is a multiple of 8");

/* What one node is read, and written, in one turn of the loop. */
#define LIVE_READ_MAX  (256u * 1024u)
#define LIVE_WRITE_MAX (256u * 1024u)

struct live_carrier;

struct live_carrier_ops {
	/*
	 * Makes a new one, and completes *s with what the node needs.  `dir` is
	 * the run's folder.
	 */
	struct live_carrier *(*open)(const char *dir, struct nursery_spawn *s,
				     struct fr_err *err);
	/* The nursery has been asked: what was for the node is closed here. */
	void (*asked)(struct live_carrier *c);
	/* The node's process; from now on its frames are received. */
	void (*spawned)(struct live_carrier *c, pid_t pid);
	/*
	 * Takes what has come, at most about LIVE_READ_MAX.  `room` has space
	 * for LIVE_READ_MAX + LIVE_FRAME_MAX bytes and is 8-aligned.  *data
	 * begins with a frame, is 8-aligned, may be written to, and is good
	 * until `done`.  The number of bytes; 0: nothing now; -1: the node's
	 * end is closed and everything was received.
	 */
	ssize_t (*receive)(struct live_carrier *c, unsigned char *room,
			   unsigned char **data);
	/* All but the last `size` bytes, at `rest`, was dealt with: they are
	 * the beginning of a frame. */
	void (*done)(struct live_carrier *c, const unsigned char *rest,
		     size_t size);
	/*
	 * The number of bytes that are on their way; 0: none now, poll
	 * `writable`; -1: nobody is there any more.  data begins with a frame,
	 * or where the last call stopped.
	 */
	ssize_t (*send)(struct live_carrier *c, const unsigned char *data,
			size_t size);
	void (*close)(struct live_carrier *c);
};

struct live_carrier {
	const struct live_carrier_ops *ops;
	/* To be polled: something has come, or the other end is closed; there
	 * is room again.  `receive` may change them. */
	int readable, writable;
};

extern const struct live_carrier_ops live_carrier_stream;
extern const struct live_carrier_ops live_carrier_nng;

/* ---- for carriers (carrier_stream.c) ----------------------------------------- */

/* The beginning of a frame.  {0} is nothing. */
struct live_rest {
	unsigned char *data;
	size_t size, room;
};

/* Puts it into the room, before what has been received behind it. */
size_t live_rest_take(const struct live_rest *r, unsigned char *room);
void live_rest_keep(struct live_rest *r, const unsigned char *data,
		    size_t size);
void live_rest_free(struct live_rest *r);

/* At most LIVE_READ_MAX bytes; 0: none now; -1: none any more. */
ssize_t live_receive(int fd, unsigned char *room);
/* Makes a socket's buffers large. */
void live_enlarge(int fd);

#endif
