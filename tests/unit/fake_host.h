/* SPDX-License-Identifier: MIT */
/*
 * A small world in memory for testing protocols: struct fr_host in virtual
 * time, with links that delay, lose and double, cuts, crashes, disks that
 * forget what was not synced or fail, and clocks that are wrong.  One seed,
 * one result.
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include <fracas/protocol.h>

struct fake_config {
	const struct fr_protocol *protocol;
	uint32_t nodes;
	uint32_t grid;			/* columns; 0: all are joined         */
	uint64_t seed;
	int64_t delay_min, delay_max;
	double loss, duplicate;
	double disk_errors;		/* of a write or sync                 */
	const char *const *settings;	/* name, text, ..., NULL              */
	/* NULL reply: the node died with the request in hand. */
	void (*replied)(void *arg, uint64_t id, const struct fr_reply *reply);
	void *arg;
};

struct fake;

struct fake *fake_new(const struct fake_config *c);
void fake_free(struct fake *f);
void fake_boot(struct fake *f, uint32_t node);
void fake_kill(struct fake *f, uint32_t node);
bool fake_up(const struct fake *f, uint32_t node);
void fake_cut(struct fake *f, uint32_t a, uint32_t b, bool cut);
void fake_clock(struct fake *f, uint32_t node, int64_t wall_offset);
void fake_disk_errors(struct fake *f, double probability);
/* Flips a bit in the middle of a file of a dead node; false: no such file. */
bool fake_rot(struct fake *f, uint32_t node, const char *file);
/* False: the node is down.  The answer comes by replied, never from here. */
bool fake_ask(struct fake *f, uint32_t node, const struct fr_request *rq);
void fake_at(struct fake *f, int64_t t, void (*fn)(void *arg), void *arg);
int64_t fake_now(const struct fake *f);
uint64_t fake_random(struct fake *f, uint64_t below);
/* One event; false: there is none. */
bool fake_step(struct fake *f);
uint64_t fake_messages(const struct fake *f);
uint64_t fake_digest(const struct fake *f, uint32_t node);
/* What the protocol did that no protocol may, or NULL: a claim that
 * contradicts another, an answer to nobody, a message too long. */
const char *fake_misdeed(const struct fake *f);

#endif
