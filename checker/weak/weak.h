/* SPDX-License-Identifier: MIT */
/*
 * What the files of the weaker conditions say to each other.
 *
 * 1. One check is one struct weak.  All its memory is taken with weak_new and
 *    freed together at the end; what the verdict keeps is in its arena.
 * 2. Out of budget is not an error that each function hands upwards: weak_new
 *    and weak_tick leave the check at once, through weak_leave, and so does a
 *    history that is not of the right form.  Nothing below check_condition
 *    holds what would have to be released.
 * 3. The first violation that is reported is the verdict's; those after it
 *    are evidence.
 * 4. No recursion: a history's length must never be a stack's depth.
 */
#ifndef CHECKER_WEAK_H
#define CHECKER_WEAK_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include <fracas/workload.h>

#include "checker/checker.h"
#include "checker/conditions.h"
#include "checker/engine.h"
#include "core/base/err.h"
#include "core/base/mem.h"

struct chunk;

struct weak {
	const struct fr_history *h;
	const struct check_config *c;
	struct fr_err *err;
	struct verdict v;
	struct budget budget;
	struct chunk *chunks;
	struct buf text;		/* the explanation so far             */
	uint32_t told;			/* violations in it                   */
	uint64_t violations;
	uint32_t ticks;
	jmp_buf leave;
	/* settings */
	struct fr_value initial;
	bool nil_reads_any;
	bool stale_forbidden;
	bool stale_allowed;
	bool final_last;
	const char *isolation;
};

enum leaving { LEAVE_BUDGET = 1, LEAVE_ERROR };

/* ---- memory, budgets, findings (weak.c) ---------------------------------- */

void *weak_new(struct weak *w, size_t count, size_t size);	/* zeroed */
/* Makes *array hold `want`; what is new is zeroed. */
void weak_grow(struct weak *w, void *array_of, size_t *room, size_t want,
	       size_t size);
void weak_drop(struct weak *w, void *p);	/* early, of a large one */
void weak_release(struct weak *w);		/* all of it */
_Noreturn void weak_leave(struct weak *w, enum leaving why);
/* Called now and then in every long loop. */
void weak_tick(struct weak *w);

/* A violation: its word, operations that show it, a sentence. */
void weak_violation(struct weak *w, const char *kind, const uint64_t *ops,
		    uint32_t count, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Nothing can be said, unless there is a violation. */
void weak_unknown(struct weak *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A line of the explanation. */
void weak_note(struct weak *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Leaves with a message that names the operation. */
_Noreturn void weak_refuse(struct weak *w, uint64_t op, const char *format,
			   ...) __attribute__((format(printf, 3, 4)));

static inline const struct fr_operation *
weak_op(const struct weak *w, uint64_t i)
{
	return (const struct fr_operation *)(const void *)
		((const char *)w->h->ops + i * w->h->op_stride);
}

/* "process 3 read key 1 -> 5 (operation 12)". */
void weak_describe(const struct weak *w, uint64_t op, struct buf *out);
/* The same as text that lasts as long as the verdict; these three are empty
 * once so many violations were told that another would not be. */
const char *weak_text(struct weak *w, uint64_t op);
const char *weak_value_text(struct weak *w, const struct fr_value *v);
/* " of key 7", or "" where there is none. */
const char *weak_key_text(struct weak *w, int64_t key);

/* ---- what operations are called (weak.c) --------------------------------- */

struct weak_word {
	const char *name;		/* NULL: the end                      */
	int word;
};

/* For each f its word; refuses a history that has an operation without one. */
const int *weak_words(struct weak *w, const struct weak_word *table);

/* By operation: is it the last ok `read` of the final phase of its key at its
 * node?  NULL where that phase has none. */
bool *weak_last_reads(struct weak *w, const int *words, int read);

/* The number an operation was given; refuses one without. */
int64_t weak_number(struct weak *w, uint64_t op, const struct fr_value *v);
/* A list (nil is an empty one); refuses anything else. */
void weak_list(struct weak *w, uint64_t op, const struct fr_value *v,
	       const int64_t **at, uint32_t *count);

/* ---- numbering (pairs.c) ------------------------------------------------- */

/* (key, value) pairs, numbered 0, 1, 2, ... in the order of first sight. */
struct pair {
	uint64_t hash;
	int64_t key;
	struct fr_value value;
};

struct pairs {
	struct weak *w;
	struct pair *at;
	uint32_t count;
	size_t room;
	uint32_t *table;
	uint32_t mask;
};

void pairs_init(struct pairs *p, struct weak *w, uint64_t expected);
/* `make` false: NONE where it is not there. */
uint32_t pairs_id(struct pairs *p, int64_t key, const struct fr_value *v,
		  bool make);
uint32_t pairs_number(struct pairs *p, int64_t key, int64_t number, bool make);

/* Sorts indices 0..n-1 so that key[order[i]] does not fall; stable. */
uint32_t *weak_order(struct weak *w, const uint64_t *key, uint32_t n);

/* ---- directed graphs (graph.c) ------------------------------------------- */

/* Why an edge is there: one of eight kinds, and a detail of the maker's. */
#define WHY(kind, detail)	((uint32_t)(kind) << 29 | (detail))
#define WHY_KIND(why)		((why) >> 29)
#define WHY_DETAIL(why)		((why) & 0x1fffffffu)
#define WHY_DETAIL_MAX		0x1fffffffu
#define KINDS(kind)		(1u << (kind))
#define ALL_KINDS		0xffu

struct edge {
	uint32_t from, to;
	uint32_t why;
};

struct edges {
	struct edge *at;
	size_t count, room;
};

void edges_add(struct weak *w, struct edges *e, uint32_t from, uint32_t to,
	       uint32_t why);

/*
 * Edges by node: those of u are start[u] .. start[u + 1] - 1 of to and why.
 * Nodes from `real` on only pass on what leads to them: a cycle's length does
 * not count them.
 */
struct graph {
	uint32_t nodes, real;
	uint32_t *start;
	uint32_t *to;
	uint32_t *why;
};

/* Drops e's memory. */
void graph_make(struct graph *g, struct weak *w, uint32_t nodes, uint32_t real,
		struct edges *e);
void graph_free(struct graph *g, struct weak *w);
/* The strong components of the edges of these kinds, numbered so that an edge
 * between two leads to the lower one; returns how many there are. */
uint32_t graph_components(struct weak *w, const struct graph *g,
			  uint32_t kinds, uint32_t *component);
/* The nodes so that every edge leads forward; NULL: there is a cycle. */
uint32_t *graph_sort(struct weak *w, const struct graph *g, uint32_t kinds);

/* A closed walk: from[i] along edge[i] to from[i + 1], and back to from[0]. */
struct cycle {
	uint32_t count;			/* edges; 0: none was found           */
	uint32_t length;		/* edges that lead to real nodes      */
	uint32_t *from;
	uint32_t *edge;			/* indices into to and why            */
	bool gave_up;			/* too much work: a shorter one, or
					   one at all, may be there           */
};

/* What a cycle is to be made of. */
struct quest {
	uint32_t must;			/* kinds, one of which it begins with */
	uint32_t rest;			/* kinds of its other edges           */
	uint32_t apart;			/* kinds of which no two may touch    */
	uint64_t work;			/* edges to look at; 0: no limit      */
};

/* A shortest cycle (or closed walk, with `apart`) that fits. */
void graph_cycle(struct weak *w, const struct graph *g, const struct quest *q,
		 struct cycle *out);

/* ---- register histories in columns (regs.c) ------------------------------ */

#define RF_INITIAL	(UINT32_MAX - 1)	/* it read the first value    */
#define RF_MANY		(UINT32_MAX - 2)	/* several wrote that value   */

/*
 * A node is an operation that happened; it reads, writes, or does both (cas).
 * Nodes are sorted by session and, within one, by call.
 */
struct regs {
	uint32_t n;
	uint64_t *op;
	uint32_t *session;
	uint32_t *key;
	uint32_t *read;			/* value, or NONE                     */
	uint32_t *write;		/* value, or NONE                     */
	uint32_t *from;			/* the node it reads, RF_..., NONE    */
	uint32_t sessions;
	uint32_t *first;		/* of a session; sessions + 1         */
	uint32_t keys;
	uint32_t *initial;		/* of a key: its first value          */
	struct pairs names;		/* of keys                            */
	struct pairs values;		/* of (key, value)                    */
	uint32_t reads, many;		/* how many; how many RF_MANY         */
	/* The writes to each key, by session and place. */
	uint32_t *writes;		/* nodes                              */
	struct block *block;
	uint32_t *first_block;		/* of a key; keys + 1                 */
};

/* Those of one session to one key: writes[begin .. end - 1]. */
struct block {
	uint32_t session, begin, end;
};

/*
 * Loads what happened: what failed is left out, and so is a pending write
 * that nobody read.  Reports a read of what nobody wrote, and leaves it out.
 */
void regs_load(struct regs *r, struct weak *w);
/* One key of them, for itself; in the same numbers of values. */
void regs_part(struct regs *out, const struct regs *r, struct weak *w,
	       uint32_t key);
/* The last write of a block before node `limit` (of that session); NONE. */
uint32_t regs_last(const struct regs *r, const struct block *b,
		   uint32_t limit);
/* The first one at or behind node `limit`; NONE. */
uint32_t regs_next(const struct regs *r, const struct block *b,
		   uint32_t limit);
/* After a check: says unknown where the history shows too little. */
void regs_conclude(const struct regs *r, struct weak *w);
/* What a node wrote: "3", for sentences. */
const char *regs_written(const struct regs *r, struct weak *w, uint32_t node);

/* ---- the conditions ------------------------------------------------------ */

void weak_set_full(struct weak *w);
void weak_queue(struct weak *w);
void weak_ids(struct weak *w);
void weak_counter(struct weak *w);
void weak_log(struct weak *w);
void weak_convergence(struct weak *w);
void weak_monotonic_reads(struct weak *w);
void weak_read_your_writes(struct weak *w);
void weak_monotonic_writes(struct weak *w);
void weak_writes_follow_reads(struct weak *w);
void weak_causal(struct weak *w);
void weak_causal_convergence(struct weak *w);
void weak_sequential(struct weak *w);
void weak_sequential_per_key(struct weak *w);

/* The algorithm of weak_isolation, whose core are transactions T1, T2, ... */
#define ISOLATION "dependency cycles"

/* Whether the history is one of transactions (an operation named txn). */
bool weak_is_txn(const struct weak *w);
/* lists: 1 must be lists, 0 must be registers, -1 either. */
void weak_isolation(struct weak *w, enum isolation promised, int lists);

#endif
