/* SPDX-License-Identifier: MIT */
/*
 * A small world in virtual time: everything of world.h, done by one queue of
 * things to come and a few numbers for each node.  It shows that what stands
 * above world.h needs nothing else, and lets tests say exactly what happens.
 *
 * Nodes do what the test's `answer` says.  They also chatter: each sends its
 * next neighbour a message now and then, through the run's net.
 */
#ifndef TESTS_SMALL_WORLD_H
#define TESTS_SMALL_WORLD_H

#include "core/world/world.h"

#define MS	INT64_C(1000000)
#define SECOND	INT64_C(1000000000)

struct small_world;

struct small_node {
	enum node_state state;
	uint32_t boot;
	bool booted;			/* once at least                       */
	bool dying;			/* killed, not reaped                  */
	bool refuses;			/* its next boot fails                 */
	uint64_t effects[NODE_EFFECTS];
};

/* How a node answers: fills *reply and the delay.  False: it never does. */
typedef bool (*small_answer_fn)(struct small_world *s, uint32_t node,
				const struct world_request *r,
				struct world_reply *reply, int64_t *delay);

struct small_config {
	uint32_t nodes, clients;
	uint64_t seed;
	int64_t boot_delay, kill_delay, latency;
	int64_t chatter;		/* between two messages; 0: silent     */
	small_answer_fn answer;
	const struct world_events *events;
	void *arg;
	void *test;			/* for the test's own use              */
};

struct small_world {
	struct world base;		/* comes first                         */
	struct small_config config;
	struct topology topology;
	struct world_counts counts;
	struct small_node *node;
	int64_t now;
	struct small_item *items;	/* in the order in which they come     */
	uint64_t next_id;
	bool left;
	uint64_t requests, refused, late;
};

struct small_world *small_new(const struct small_config *c);
/* A node ends by its own doing, now. */
void small_crash(struct small_world *s, uint32_t node, enum end_cause cause,
		 const char *text);
struct small_world *small_of(struct world *w);

#endif
