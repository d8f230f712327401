/* SPDX-License-Identifier: MIT */
/*
 * The nursery: a small process, started before the supervisor has threads or
 * much memory, that forks the nodes, reaps them, and outlives a supervisor
 * that was killed just long enough to take the nodes and the run's directory
 * with it.
 *
 * This is the supervisor's side.  The other side is `fracas-node`, whose main
 * is the nursery itself (node/main.c): fork without exec gives a node in a
 * fifth of a millisecond.  They speak over one SOCK_SEQPACKET socket, whose
 * end of file tells the nursery that the supervisor is gone.
 */
#ifndef NODE_NURSERY_H
#define NODE_NURSERY_H

#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"
#include "core/node/wire.h"

struct nursery;

enum nursery_mode {
	NURSERY_NODE,		/* a node of a live run                        */
	NURSERY_PROBE		/* load, say HELLO or FATAL, exit              */
};

enum nursery_carrier {
	NURSERY_STREAM,		/* fds[0] is the node's end of a socket pair   */
	NURSERY_NNG		/* dial `url`                                  */
};

struct nursery_spawn {
	enum nursery_mode mode;
	enum nursery_carrier carrier;
	uint32_t node, boot;
	const char *plugin;	/* absolute path of the shared object          */
	const char *dir;	/* the node's own directory, its cwd           */
	const char *url;	/* NURSERY_NNG                                 */
	int socket;		/* NURSERY_STREAM, else -1; not closed here    */
	int out, err;		/* become 1 and 2; not closed here; -1: null   */
	int page;		/* a memfd of one struct node_page; -1: none   */
};

enum nursery_kind {
	NURSERY_SPAWNED,	/* pid                                         */
	NURSERY_FAILED,		/* text: why there is no process               */
	NURSERY_ENDED,		/* pid, status (as of waitpid), cpu, rss       */
	NURSERY_GONE		/* the nursery itself ended: text; said once   */
};

struct nursery_said {
	enum nursery_kind kind;
	uint32_t node, boot;
	pid_t pid;
	int status;
	int64_t cpu_ns;
	uint64_t rss_bytes;
	char text[256];
};

/*
 * Starts `fracas-node` (found beside this program in the build tree, else in
 * the installed place, else where FRACAS_NODE says).  `dir`, where not NULL,
 * is removed with all below it when the supervisor is gone without having
 * called nursery_free.
 *
 * A plugin is copied into memory at its first spawn, and every node of this
 * nursery gets that copy: a file that is rebuilt, or written over, while a run
 * goes on changes nothing for it.
 */
struct nursery *nursery_new(const char *dir, struct fr_err *err);
/* Everything it started is killed and reaped when this returns.  The folder
 * stays: it is the caller's to remove, or to keep.  NULL is allowed. */
void nursery_free(struct nursery *n);
/* Readable when nursery_next has something, and for ever after GONE. */
int nursery_fd(const struct nursery *n);
/* Asks; the answer comes through nursery_next.  Asking one that has ended is
 * no error here: GONE says so, and why. */
int nursery_spawn(struct nursery *n, const struct nursery_spawn *s,
		  struct fr_err *err);
/* 1 and *said, or 0 when there is nothing more now. */
int nursery_next(struct nursery *n, struct nursery_said *said);
/*
 * The nursery signals: it knows which pid is still its child, and says nothing
 * where there is none any more.  The signal goes to the node's process group,
 * so that children of the plugin stop and end with it.  A node that hangs can
 * be sent SIGABRT first: its host then hands over what the plugin said last.
 */
int nursery_signal(struct nursery *n, uint32_t node, uint32_t boot, int sig,
		   struct fr_err *err);

/*
 * Loads a plugin in a process of its own and tells what it is: blocking, with
 * a time limit; for commands.  Says which symbol is missing, that it is not a
 * shared object, of another version, that it crashed while loading (and how).
 */
int probe_protocol(const char *path, struct descriptor *out,
		   struct fr_err *err);
/* The same with a limit other than its 10 seconds; ns. */
int probe_within(const char *path, int64_t limit, struct descriptor *out,
		 struct fr_err *err);

#endif
