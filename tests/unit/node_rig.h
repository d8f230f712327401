/* SPDX-License-Identifier: MIT */
/*
 * A switch for one node, for tests: it starts fracas-node, boots a plugin in
 * it, speaks frames with it, and waits for events, never for time.
 */
#ifndef TEST_NODE_RIG_H
#define TEST_NODE_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <fracas/easy.h>

#include "core/base/mem.h"
#include "core/node/nursery.h"
#include "core/node/wire.h"

struct rig;

/* Another way than a socket pair to the node; see node_rig_nng.c. */
struct rig_line {
	/* Fills in how the node finds us. */
	void (*open)(struct rig *r, struct nursery_spawn *s);
	void (*send)(struct rig *r, const void *data, size_t size);
	/* Adds what comes to r->in; false at the end. */
	bool (*receive)(struct rig *r);
	void (*close)(struct rig *r);
};

/* NULL: a socket pair. */
extern const struct rig_line *rig_line;

struct rig {
	struct nursery *nursery;
	char dir[256];			/* a run's folder                      */
	char node_dir[300];
	int socket;			/* to the node                         */
	int out, err;			/* what it prints                      */
	struct node_page *page;
	int page_fd;
	struct buf in;
	uint32_t boot;
	bool ended;			/* and how:                            */
	struct nursery_said end;
	pid_t pid;
	uint64_t request;		/* the last one's id                   */
};

/* How a node is started; { 0 } is what most tests want, after rig_plain. */
struct rig_start {
	uint32_t node, nodes;
	uint64_t seed;
	int64_t base, offset, error;
	double rate;
	uint64_t memory_max;
	const char *const *params;	/* name, value, ..., NULL              */
};

extern const struct rig_start rig_plain;

/* Paths of what is built: "tests/unit/plugins/tool.so", "fracas-node". */
const char *rig_path(const char *name);

void rig_init(struct rig *r);
/* Ends everything and removes the folder. */
void rig_free(struct rig *r);

/* Spawns a node; its first frame is then on its way. */
void rig_boot(struct rig *r, const char *plugin);
/* Boots, checks the descriptor, starts with `s`, and waits for READY. */
void rig_run(struct rig *r, const struct rig_start *s);
void rig_start(struct rig *r, const struct rig_start *s);

void rig_send(struct rig *r, uint16_t kind, uint16_t type, uint16_t src,
	      const void *body, size_t size);
void rig_send_raw(struct rig *r, const void *data, size_t size);
/* The next frame, or NULL at the end; good until the next call. */
const struct frame *rig_frame(struct rig *r);
/* The next frame of this kind; others are passed over. */
const struct frame *rig_expect(struct rig *r, uint16_t kind);
/* The text in a frame of MISUSE, FATAL (first) or LOG (after the level). */
const char *rig_text(const struct frame *f);
void rig_expect_misuse(struct rig *r, const char *part);
/* A MISUSE, LOG or FATAL must not be among the frames up to `kind`. */
const struct frame *rig_next_must_be(struct rig *r, uint16_t kind);

/* Asks for a job of tool.h and gives its id. */
uint64_t rig_ask(struct rig *r, int64_t job, int64_t a, int64_t b, int64_t c);
/* The reply's list; at least `count` numbers. */
void rig_reply(struct rig *r, int64_t *list, uint32_t count);
/* Both, for one number. */
int64_t rig_do(struct rig *r, int64_t job, int64_t a, int64_t b, int64_t c);
/* Both, for bytes, with a zero behind them. */
const char *rig_do_bytes(struct rig *r, int64_t job, int64_t a, int64_t b,
			 size_t *size);

void rig_signal(struct rig *r, int sig);
/* Waits until the node has ended. */
const struct nursery_said *rig_end(struct rig *r);

#endif
