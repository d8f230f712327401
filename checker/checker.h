/* SPDX-License-Identifier: MIT */
/*
 * The checker: histories in, verdicts out, with the proof in hand.
 *
 * It knows no process, no socket and no file.  A verdict is valid, invalid or
 * unknown; each carries its evidence.  Unknown is never shown as success.
 */
#ifndef CHECKER_CHECKER_H
#define CHECKER_CHECKER_H

#include <stdbool.h>
#include <stdint.h>

#include <fracas/workload.h>

#include "core/base/err.h"
#include "core/base/mem.h"

enum verdict_kind { VERDICT_VALID, VERDICT_INVALID, VERDICT_UNKNOWN };

extern const char *const verdict_names[3];

/* What an operation of the history is called and does, in the model's eyes:
 * names[f] is the workload's word ("read", "write", "cas"). */
struct check_config {
	const char *const *op_names;
	uint32_t op_count;
	const char *model;		/* a name in model_names, or NULL      */
	const struct fr_model *own;	/* or the workload's                   */
	const char *const *settings;	/* "nil-reads=any", ...; ended by NULL */
	int64_t time_max;		/* ns; 0: unlimited                    */
	uint64_t memory_max;		/* bytes of the process; 0: unlimited  */
	uint32_t threads;		/* 0: one a core                       */
	int64_t began;			/* of the time; clock_mono; 0: now     */
};

/*
 * The evidence.  valid: `order` is a linearization of ops (indices), which
 * check_verify has re-checked.  invalid: `core` is a smallest set that has
 * none, even if every other read had not been made, and every other update may
 * or may not have happened; were this said of any one of the core as well,
 * there would be one.
 */
struct verdict {
	enum verdict_kind kind;
	struct arena arena;		/* of everything below                 */
	const char *algorithm;		/* "zones", "search", ...              */
	const char *condition;		/* "linearizability", ...              */
	const char *violation;		/* a fixed word, or NULL: "stale-read" */
	char *reason;			/* one sentence                        */
	char *explanation;		/* some lines for people, or NULL      */
	uint64_t *order;
	uint64_t order_count;
	uint64_t *core;
	uint32_t core_count;
	/* What the explanation calls them: NULL: a, b, ...; "T": T1, T2, ... */
	const char *core_prefix;
	bool core_minimal;		/* every one was shown to be needed    */
	/* The first operation whose end no linearization reaches: up to
	 * there, there is one.  UINT64_MAX: not known. */
	uint64_t frontier;
	double seconds;
	uint64_t memory_bytes;		/* the process had at most; where there
					   was no budget, the checker's alone  */
	/* invalid, where the core is small: a longest legal beginning of it,
	 * the state to which that leads in words, and why none of the others
	 * can be next.  state NULL: not known. */
	uint64_t *beginning;
	uint32_t beginning_count, obstacle_count;
	const char *state;
	struct obstacle {
		uint64_t op;
		const char *why;
	} *obstacles;
	const char *budget;		/* unknown: "time", "memory"; or NULL  */
};

/* Names and one line each, ended by NULL: name, help, name, help, ... */
extern const char *const model_names[];

/* -1: the model or a setting is unknown, or the history contradicts itself
 * (names the operation).  Otherwise *out is filled; verdict_free frees. */
int check_linearizable(const struct fr_history *h,
		       const struct check_config *c, struct verdict *out,
		       struct fr_err *err);
void verdict_free(struct verdict *v);

/*
 * An independent verifier of some fifty lines: is `order` (indices into ops)
 * a linearization?  0, or -1 with what is wrong.
 */
int check_verify(const struct fr_history *h, const struct check_config *c,
		 const uint64_t *order, uint64_t order_count,
		 struct fr_err *err);

/* A diagram in text: one row a process, bars over time, of these operations,
 * with a line a operation beneath. */
void check_draw(const struct fr_history *h, const struct check_config *c,
		const uint64_t *ops, uint32_t count, struct buf *out);

/* What operation i of a picture is called: "a", or with a prefix "T1". */
void check_label(const char *prefix, uint32_t i, char *text, size_t max);

/* The bars alone, with such labels. */
void check_bars(const struct fr_history *h, const uint64_t *ops,
		uint32_t count, const char *prefix, struct buf *out);

/* A transaction (fracas/txn.h) and how it ended in words; false: it is none,
 * and nothing was added. */
bool check_txn_text(const struct fr_operation *op, struct buf *out);

/* One operation in words: "client 3: write 17 -> ok". */
void check_describe(const struct fr_history *h, const struct check_config *c,
		    uint64_t op, struct buf *out);

#endif
