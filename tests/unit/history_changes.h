/* SPDX-License-Identifier: MIT */
/*
 * Changes of a history, each with what it does to the verdict, known without
 * knowing the verdict: renaming leaves it as it is, less information never
 * makes it worse, more never better.
 */
#ifndef TESTS_HISTORY_CHANGES_H
#define TESTS_HISTORY_CHANGES_H

#include "checker/conditions.h"
#include "tests/unit/random_history.h"

enum direction { SAME, WEAKER, STRONGER };

/* Changes that are left out: those that only a single order of all allows;
 * those that forget what a read said. */
#define ORDERS	1u
#define READS	2u

struct change {
	const char *name;
	bool (*make)(struct made *x, struct rng *r);
	enum direction direction;
	uint32_t not_for;
};

#define CHANGES 12

extern const struct change changes[CHANGES];

/* By x's own model, or by a condition. */
enum verdict_kind judge(const struct made *x, const char *condition);
/* After a change of ranks: in the order of calls, with times to fit. */
void settle(struct made *x);
/* Fails the test, and shows both, where `after` went the wrong way. */
void compare(const char *what, const struct made *before,
	     const struct made *after, const char *condition,
	     enum verdict_kind was, enum direction direction);
/*
 * Every change once but those `not_for` this; made[i] counts the i-th.  s is
 * NULL where the values are no names that could be others.
 */
void try_changes(const struct made *x, const struct spec *s,
		 const char *condition, uint32_t not_for, struct rng *r,
		 uint32_t *made);

#endif
