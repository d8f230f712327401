/* SPDX-License-Identifier: MIT */
/*
 * What the files about transactions say to each other.
 *
 * 1. A transaction is numbered 0, 1, 2, ... in the order of calls; those that
 *    failed have no number, and of their writes only the values are kept.
 * 2. A value is one (key, value) pair; `by` of it is the one transaction that
 *    wrote it, or says that there is none or several.
 * 3. The external read of a key is what a transaction saw of the others: its
 *    first read of that key, less what it had appended itself.
 */
#ifndef CHECKER_WEAK_TXNS_H
#define CHECKER_WEAK_TXNS_H

#include "checker/weak/weak.h"

#define BY_NOBODY	UINT32_MAX
#define BY_FAILED	(UINT32_MAX - 1)
#define BY_MANY		(UINT32_MAX - 2)

struct micro {
	uint8_t kind;			/* FR_TXN_...                         */
	uint32_t key;
	uint32_t value;			/* NONE: nil, or a list               */
	uint32_t count;
	const int64_t *list;
};

struct written {
	uint32_t by;			/* a transaction, or BY_...           */
	uint32_t failed_op;		/* of BY_FAILED                       */
	uint32_t place;			/* in the key's order, from 1; 0: ?   */
	bool final;			/* its transaction's last to the key  */
};

/* An external read: of list length `version`, or of value `value`. */
struct seen {
	uint32_t txn, key;
	uint32_t version;		/* lists                              */
	uint32_t value;			/* the last element or value; NONE:
					   the first, empty one; UNSURE       */
	bool writes;			/* the transaction writes that key    */
};

/* Vector clocks take four bytes for each of these at most. */
#define CLOCKS_MAX	(UINT64_C(1) << 28)

#define UNSURE	(UINT32_MAX - 3)

enum edge_kind { E_WW, E_WR, E_RW, E_SESSION, E_TIME, E_ATOMIC, E_CAUSAL,
		 E_THROUGH };

enum anomaly {
	A_DUPLICATE, A_INCOMPATIBLE, A_INVENTED, A_INTERNAL, A_G1A, A_G1B,
	A_DIRTY, A_G0, A_G1C, A_FRACTURED, A_LOST, A_SINGLE, A_FORK, A_APART,
	A_G2, A_CAUSAL,
	A_G0_SESSION, A_G1C_SESSION, A_SINGLE_SESSION, A_APART_SESSION,
	A_G2_SESSION,
	A_G0_TIME, A_G1C_TIME, A_SINGLE_TIME, A_APART_TIME, A_G2_TIME,
	ANOMALIES
};

struct finding {
	uint64_t count;			/* 0: not found                       */
	uint64_t *ops;
	uint32_t op_count;
	const char *sentence;
	const char *more;		/* lines, or NULL                     */
};

struct txns {
	struct weak *w;
	bool lists;
	bool many;			/* a value was written twice          */
	uint32_t n;
	uint32_t *op;			/* of a transaction                   */
	uint32_t *first;		/* its micro-operations; n + 1        */
	struct micro *micro;
	size_t micros, micro_room;
	struct pairs keys, values;
	struct written *written;	/* of a value                         */
	size_t written_room;
	struct seen *seen;		/* by transaction                     */
	size_t seens, seen_room;
	uint32_t *first_seen;		/* of a transaction; n + 1            */
	uint32_t sessions;
	uint32_t *session;		/* of a transaction                   */
	uint32_t *place;		/* of a transaction, in its session   */
	/* Lists: the values of a key in their order. */
	uint32_t *version, *first_version;	/* keys + 1                   */
	struct edges edges;
	uint32_t nodes;			/* transactions, then others          */
	uint32_t *mark;			/* of a transaction: scratch          */
	bool *unlike;			/* lists: it read what is no prefix   */
	struct graph graph;
	struct finding found[ANOMALIES];
	uint32_t gave_up;		/* a set of anomalies                 */
	uint64_t reads;
};

/* txns.c */
void txns_load(struct txns *t, struct weak *w, int lists);
const struct fr_operation *txns_op(const struct txns *t, uint32_t txn);
bool txns_ok(const struct txns *t, uint32_t txn);
/* The first of each kind is kept, with its words; the others are counted. */
bool anomaly_new(struct txns *t, enum anomaly a);
void anomaly_found(struct txns *t, enum anomaly a, const uint32_t *txns,
		   uint32_t count, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* One more operation that shows it: that failed, so it has no number. */
void anomaly_failed(struct txns *t, enum anomaly a, uint64_t op);
/* "append 3 to 1, read 2 = [5 6] (process 4, operation 17)". */
const char *txns_text(struct txns *t, uint32_t txn);
const char *txns_value(struct txns *t, uint32_t value);	/* "3" */
long long txns_key(const struct txns *t, uint32_t key);
/*
 * All readers of one version saw less than each of the later ones: edges from
 * its writer (BY_...: none) and its readers to their writers.
 */
void txns_follow(struct txns *t, uint32_t writer, const uint32_t *readers,
		 uint32_t reader_count, const uint32_t *later,
		 uint32_t later_count);

/* Orders and what contradicts them: append.c, rw_register.c. */
void txns_lists(struct txns *t);
void txns_registers(struct txns *t);
/* Fractured reads and causality: atomic.c; after the two above. */
void txns_atomic(struct txns *t);
void txns_causal(struct txns *t);
/* Cycles: cycles.c; takes the edges. */
void txns_cycles(struct txns *t);

/*
 * One order of all that keeps the edges of these kinds, which becomes the
 * verdict's: order.c; after txns_cycles.  NONE: every one was tried.
 * tries_max: 0: as many as the budget allows.
 */
enum order { ORDER_FOUND, ORDER_NONE, ORDER_UNDECIDED };

/* Of a search that found none: the longest beginning, and what could come next
 * but does not fit. */
struct no_order {
	uint32_t placed, must;		/* transactions                       */
	uint32_t *txns, count;
	uint64_t *ops;
};

/*
 * Whether it is one: each that is ok once, each read of what is there; and as
 * far as `kinds` asks for that, in each process's order and behind what had
 * ended before.  replay.c.
 */
bool txns_replay(const struct txns *t, uint32_t kinds, const uint32_t *order,
		 uint32_t count);
enum order txns_order(struct txns *t, uint32_t kinds, uint64_t tries_max,
		      struct no_order *out);

/* Sets of 1u << enum anomaly, of 1u << enum isolation: isolation.c. */
uint32_t anomalies_found(const struct txns *t);
uint32_t models_ruled_out(const struct txns *t, uint32_t anomalies);

#endif
