/* SPDX-License-Identifier: MIT */
/* Small random histories of each model, and the oracle that judges them. */
#ifndef TESTS_RANDOM_HISTORY_H
#define TESTS_RANDOM_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "checker/checker.h"
#include "checker/engine.h"
#include "core/base/rand.h"

#define OPS_MOST	64
#define ORACLE_MOST	8

/* What an operation takes and may answer. */
enum take { T_NIL, T_VALUE, T_PAIR, T_OFFSET, T_TRANSFER, T_TEXT,
	    T_PIECE, T_FEW, T_OVERLAP };
enum give { G_NIL, G_VALUE, G_VALUE_NIL, G_BIT, G_LIST, G_BALANCES, G_OFFSET,
	    G_VERDICT, G_TEXT, G_PIECES, G_DOWN, G_SUBSET, G_OVERLAP };

struct kind {
	const char *name;
	enum take take;
	enum give give;
};

struct spec {
	const char *model;
	struct kind kinds[6];
	const char *settings[4];
	bool unique;		/* written values never come twice             */
	bool keys;
};

/* One row a model and a way to use it. */
extern const struct spec specs[];
extern const int spec_count;

struct made {
	struct fr_operation ops[OPS_MOST];
	struct fr_history h;
	const char *names[6];
	struct check_config c;
};

/* Up to `most` operations of so many clients; x is filled anew. */
void history_make(struct made *x, const struct spec *s, struct rng *r,
		  uint32_t most, uint32_t clients);
/*
 * Some operations more, one after the other, when all that ended has ended:
 * each answers what follows from `order`, a legal order of x.
 */
void history_tail(struct made *x, const struct spec *s, const uint64_t *order,
		  uint64_t count, uint32_t more, struct rng *r);
/* Whether there is a legal order: all are tried, of ORACLE_MOST at most. */
bool history_oracle(const struct made *x);
/* As bits: which operations must be in an order, and which may. */
void history_masks(const struct made *x, const struct bound *m, uint32_t *must,
		   uint32_t *may);
bool history_orders(const struct bound *m, const struct made *x, uint32_t must,
		    uint32_t may, uint32_t *order, uint32_t count);

#endif
