/* SPDX-License-Identifier: MIT */
/*
 * A world for tests that hold for both: the live one, or with -DANY_SIM the
 * simulated one.  Its nodes are of hurt_tool.so.  It waits for things to
 * happen, never for time to pass on a real clock.
 */
#ifndef TEST_ANY_WORLD_H
#define TEST_ANY_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include <fracas/easy.h>

#include "core/world/world.h"

#define ANY_MS INT64_C(1000000)
#define ANY_NODES_MAX 8u

/* The node ended before it answered. */
#define ANY_BROKEN INT64_MIN

extern struct world *any;
extern const char *const any_name;		/* "live", "sim"       */

/* What was said of nodes: "ready 1.0", "end 1.0 killed: ...", "work 3 1". */
extern char any_said[65536];
/* The last answer's numbers. */
extern int64_t any_list[8];

/* A world of so many nodes, all up.  `seed`: of all that is drawn. */
void any_open(uint32_t nodes, uint64_t seed);
void any_close(void);
/* Until it holds; a test that waits for too long has failed. */
void any_until(bool (*holds)(uint64_t arg), uint64_t arg);
void any_until_state(uint32_t node, enum node_state state);
/* Until any_said holds that text. */
void any_until_said(const char *text);
/* At least so much time of the world's. */
void any_pass(int64_t ns);
/* Asks, and waits: the answer's first number, or ANY_BROKEN. */
int64_t any_call(uint32_t node, uint32_t f, int64_t a, int64_t b);
/* How often any_said holds it. */
uint32_t any_times(const char *text);
uint64_t any_effect(uint32_t node, enum node_effect effect);
/* Kills it, waits until it is down, boots it, waits until it is up. */
void any_again(uint32_t node);
void any_kill(uint32_t node);
void any_boot(uint32_t node);

#endif
