/* SPDX-License-Identifier: MIT */
/*
 * The models whose state is a vector of numbers: what their columns hold, and
 * one step of each.  A step is legal (1, and `next` is filled) or not (0).
 */
#ifndef CHECKER_STEPS_H
#define CHECKER_STEPS_H

#include "checker/engine.h"

/* Kinds of operations.                a                  b                   */
enum { SET_ADD,			/* element                                    */
       SET_REMOVE,		/* element                                    */
       SET_HAS,			/* element            0 or 1                  */
       SET_READ };		/*                    in the pool, or NONE    */
enum { Q_PUT,			/* value                                      */
       Q_TAKE,			/*                    value, NIL, NONE: any   */
       Q_PEEK };		/*                    value or NIL            */
enum { LOG_APPEND,		/* value              offset, NONE: any       */
       LOG_READ,		/* offset             value or NIL            */
       LOG_ALL,			/*                    a list                  */
       LOG_SIZE };		/*                    number                  */
enum { COUNT_ADD,		/* number                                     */
       COUNT_READ,		/*                    number                  */
       COUNT_ADD_GET,		/* number             number afterwards       */
       COUNT_GET_ADD };		/* number             number before           */
enum { LOCK_ACQUIRE,		/* client             fence, NONE: any        */
       LOCK_RELEASE };		/* client                                     */
enum { SEM_ACQUIRE,		/* number                                     */
       SEM_RELEASE };		/* number                                     */
enum { BANK_TRANSFER,		/* [from to amount]                           */
       BANK_READ };		/*                    list                    */

#define STEP(name)							\
	int name(const struct part *p, uint32_t i, const int64_t *state, \
		 size_t count, struct words *next)
#define DESCRIBE(name)							\
	void name(const struct part *p, const int64_t *state, size_t count, \
		  struct buf *out)

STEP(step_set);
STEP(step_queue);
STEP(step_stack);
STEP(step_priority);
STEP(step_counter);
STEP(step_lock);
STEP(step_semaphore);
STEP(step_log);
STEP(step_bank);

void init_empty(const struct part *p, struct words *state);
void init_counter(const struct part *p, struct words *state);
void init_lock(const struct part *p, struct words *state);
void init_semaphore(const struct part *p, struct words *state);
void init_bank(const struct part *p, struct words *state);

DESCRIBE(describe_values);
DESCRIBE(describe_numbers);
DESCRIBE(describe_number);
DESCRIBE(describe_lock);

#endif
