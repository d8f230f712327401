/* SPDX-License-Identifier: MIT */
/*
 * A live world for tests: it writes down what happens, and waits for things to
 * happen, never for time to pass.
 */
#ifndef TEST_LIVE_RIG_H
#define TEST_LIVE_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include <fracas/easy.h>

#include "core/world/world.h"

enum seen_kind {
	SEEN_READY,
	SEEN_ENDED,
	SEEN_REPLIED,
	SEEN_BROKEN,
	SEEN_CLAIMED,
	SEEN_NOTED,
	SEEN_SAID,
	SEEN_MISUSED,
	SEEN_MESSAGE,
	SEEN_BROKE
};

struct seen {
	enum seen_kind kind;
	bool taken;			/* a test has asked for it             */
	uint32_t node, boot;
	struct world_end end;
	struct world_reply reply;
	struct world_message message;
	uint32_t client;
	uint64_t token;
	int64_t key, value;
	enum output_from from;
	uint32_t level;
	char *text;			/* never NULL                          */
	void *data;			/* a reply's value, a message's body   */
};

struct rig {
	char dir[256], *plugin;
	struct topology topology;
	struct world_param params[4];
	struct world_config config;
	struct world_events events;
	struct event_base *base;
	struct world *w;
	const char *plugins[8];
	struct seen **seen;
	size_t count, room;
	uint64_t token;
	int carrier;			/* 0: stream, 1: nng                   */
	/* Called for each event, if not NULL: it may call the world. */
	void (*also)(struct rig *r, const struct seen *s);
};

extern const char *const rig_carriers[2];

/* Fills in a configuration of `nodes` nodes with the tool; change it,
 * and then... */
void rig_init(struct rig *r, uint32_t nodes, int carrier);
/* ...have every message written down, if that is wanted, */
void rig_trace(struct rig *r);
/* make the world, */
void rig_open(struct rig *r, const char *topology);
/* and boot all nodes, until they are up. */
void rig_boot(struct rig *r);
void rig_free(struct rig *r);

/* Waits until such an event has happened that was not asked for yet. */
struct seen *rig_wait(struct rig *r, enum seen_kind kind, uint32_t node);
/* The same, and what it says holds `part`. */
struct seen *rig_wait_text(struct rig *r, enum seen_kind kind, uint32_t node,
			   const char *part);
/* How many there were, asked for or not. */
size_t rig_count(const struct rig *r, enum seen_kind kind, uint32_t node);
/* Waits until that is true. */
void rig_until(struct rig *r, bool (*is)(struct rig *r));

/* Asks for client 0.  What world_request answers; the token is r->token. */
int rig_ask(struct rig *r, uint32_t node, uint32_t f, struct fr_value value);
/* The same, with numbers. */
int rig_ask_for(struct rig *r, uint32_t node, uint32_t f, int64_t a,
		int64_t b, int64_t c, int64_t d);
/* Asks, and waits for the answer. */
struct seen *rig_call(struct rig *r, uint32_t node, uint32_t f, int64_t a,
		      int64_t b, int64_t c, int64_t d);

/* Such a call of the world fails, and says so. */
#define RIG_REFUSED(r, call, node, what)				\
	do {								\
		struct fr_err err_ = { 0 };				\
		ck_assert_int_eq((r)->w->ops->call((r)->w, node, &err_), \
				 -1);					\
		ck_assert_msg(strstr(err_.text, what) != NULL, "%s",	\
			      err_.text);				\
	} while (0)

/* Such a call works. */
#define RIG_DO(r, call, node)						\
	do {								\
		struct fr_err err_ = { 0 };				\
		ck_assert_msg((r)->w->ops->call((r)->w, node, &err_) == 0, \
			      "%s", err_.text);				\
	} while (0)

#endif
