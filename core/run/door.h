/* SPDX-License-Identifier: MIT */
/*
 * The door to a running cluster, in nng's protocols: commands come in by
 * request and reply (a line of text, answered by one JSON object), and every
 * event goes out by publish and subscribe (JSON, one object a message).  Any
 * program in any language with an nng binding can stand outside.
 *
 * URL of the door D: commands at D ".ctl", events at D ".pub"; D begins with
 * "ipc://" and lies in the run's directory, which only its owner can enter.
 *
 * The last event of a run is {"v":1,"type":"end"}, without a "node" (with one
 * it is the end of that node); door_free itself publishes it.  Whoever has
 * seen it should close: the run waits for its watchers then, for a moment
 * only.
 */
#ifndef RUN_DOOR_H
#define RUN_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/mem.h"

/* Bytes of a command; who sends more is not listened to any longer. */
#define DOOR_LINE_MAX	65536u

struct event_base;
struct door;

/* Answers one command line by adding one JSON object to `reply`.  It must not
 * free the door. */
typedef void (*door_command_fn)(void *arg, const char *line,
				struct buf *reply);

struct door *door_new(struct event_base *base, const char *dir,
		      door_command_fn command, void *arg, struct fr_err *err);
const char *door_url(const struct door *d);
/* Whether anybody listens: events are put into words only then. */
bool door_watched(const struct door *d);
/* Never waits; a watcher that is too slow misses some. */
void door_publish(struct door *d, const struct buf *line);
void door_free(struct door *d);

/* The other side, for `fracas ctl` and `fracas watch`: one command, its answer
 * in `reply`; then events, until `each` returns non-zero or the run ends. */
int door_call(const char *url, const char *line, int64_t limit_ns,
	      struct buf *reply, struct fr_err *err);
int door_watch(const char *url, int (*each)(void *arg, const char *line,
	       size_t size), void *arg, struct fr_err *err);

#endif
