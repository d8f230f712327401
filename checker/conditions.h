/* SPDX-License-Identifier: MIT */
/*
 * The conditions that are weaker than linearizability, or about something
 * else: what a history promises its readers, decided and explained.
 *
 * check_condition takes the same history and the same configuration as
 * check_linearizable and fills the same verdict.  It looks at op_names,
 * settings, time_max and memory_max of the configuration and nothing else.
 * A verdict is valid, invalid, or unknown: the budget ran out, or the history
 * shows nothing (no read, one final read ...), and the reason says which.
 *
 * An operation that ended as info may have happened or not, whichever keeps
 * the promise; one that failed did not happen.  Sessions are processes.
 *
 * What an operation is, is told by its name (op_names):
 *
 *   registers	  read get | write put set | cas ([old new])
 *		  sequential, sequential-per-key, causal, causal-convergence,
 *		  read-your-writes, monotonic-reads, monotonic-writes,
 *		  writes-follow-reads, convergence
 *   growing sets add broadcast insert | read get: a list
 *		  set-full, convergence
 *   queues	  enqueue put send | dequeue take poll: a value, nil: empty
 *		  | drain: a list		total-queue
 *   identifiers  every name			unique-ids
 *   counters	  add increment inc | subtract decrement dec | read get
 *		  (no argument: one)		counter-bounds
 *   logs	  send append (value) -> its offset | poll (first offset, or
 *		  nil) -> [offset value offset value ...] | commit (offset) |
 *		  list list-committed committed -> an offset or nil
 *						log-offsets
 *   transactions txn, as in fracas/txn.h; and registers, each operation
 *		  a transaction of its own
 *		  list-append, rw-register, and each model of isolation
 *
 * Settings ("name=value"):
 *   initial=N		what a register or a counter holds at first
 *   nil-reads=any	a read of nil tells nothing (else: nothing was there)
 *   stale=forbidden	set-full: an element that was known must be in each
 *			later read (else stale reads are only counted)
 *   isolation=MODEL	list-append, rw-register: which model is promised
 *			(else serializable)
 */
#ifndef CHECKER_CONDITIONS_H
#define CHECKER_CONDITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <fracas/txn.h>
#include <fracas/workload.h>

#include "checker/checker.h"
#include "core/base/err.h"

/* Name, help, name, help, ... ended by NULL. */
extern const char *const condition_names[];

/*
 * -1: the condition, a setting or an operation's name is unknown, or a value
 * is not of the form that the condition is about (names the operation).
 * Otherwise *out is filled; verdict_free frees it.
 */
int check_condition(const char *condition, const struct fr_history *h,
		    const struct check_config *c, struct verdict *out,
		    struct fr_err *err);

/* ---- models and conditions by one name ------------------------------------- */

/*
 * The name of a model or a condition, which may be given as others call it
 * ("cas-register" is a register); NULL: there is none, and the error offers
 * the nearest.
 */
const char *check_find(const char *name, struct fr_err *err);
/* Judges by c->own or c->model, which may name a condition as well. */
int check_history(const struct fr_history *h, const struct check_config *c,
		  struct verdict *out, struct fr_err *err);
/* Whether c->settings suit c->model, before there is a history. */
int check_settings(const struct check_config *c, struct fr_err *err);

/* What a condition is about, for people; ended by one without a name. */
struct condition_about {
	const char *name;
	const char *operations;		/* what it understands                */
	const char *settings;		/* lines "name=value  help"           */
};

extern const struct condition_about conditions_about[];

/* ---- claims -------------------------------------------------------------- */

/* What a node stated: `what` about `key` is `value`, everywhere, for ever. */
struct check_claim {
	const char *what;
	int64_t key;
	int64_t value;
	uint32_t node;
	uint32_t boot;
	int64_t t;			/* nanoseconds since the run began    */
};

/*
 * Whether two claims contradict each other.  `core` of the verdict holds the
 * indices of the first two that do.  Without any claim: unknown.
 */
void check_claims(const struct check_claim *claims, uint64_t count,
		  struct verdict *out);

/* ---- models of isolation ------------------------------------------------- */

/*
 * From weak to strong.  `weaker` lists what each one includes directly, so
 * that a history that rules out a model rules out each that includes it.
 */
enum isolation {
	READ_UNCOMMITTED, READ_COMMITTED, READ_ATOMIC, CAUSAL,
	PARALLEL_SNAPSHOT, SNAPSHOT, REPEATABLE_READ, SERIALIZABLE,
	SESSION_SNAPSHOT, SESSION_SERIALIZABLE, STRONG_SNAPSHOT,
	STRICT_SERIALIZABLE,
	ISOLATIONS
};

struct isolation_model {
	const char *name;
	const char *help;
	uint32_t weaker;		/* a set of 1u << enum isolation      */
};

extern const struct isolation_model isolation_models[ISOLATIONS];

#endif
