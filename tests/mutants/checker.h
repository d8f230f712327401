/* SPDX-License-Identifier: MIT */
/*
 * Mutants of the checker: the real one, which is handed the history as a
 * checker with this bug would take it.  Compiled under one of the names
 *
 *	BUG_info_as_ok		what has no answer happened, before all else
 *				ended; a read saw what it says, nil
 *	BUG_info_as_fail	what has no answer did not happen
 *	BUG_info_dropped	what has no answer is not there at all
 *	BUG_fail_as_ok		what failed happened
 *	BUG_tie_as_before	what ends at the moment of a call is before it
 *	BUG_key_lost		all keys are one
 *	BUG_session_lost	no operation knows of another of its process
 *
 * The tests of the checker must fail with each: see checker.sh.
 */
#ifndef MUTANTS_CHECKER_H
#define MUTANTS_CHECKER_H

#include <stdlib.h>
#include <string.h>

#include "checker/checker.h"

struct mutant {
	struct fr_history h;
	struct fr_operation *ops;
	uint64_t *index;		/* of an operation in the real one    */
};

static inline bool
mutant_has(struct fr_operation *op)
{
#ifdef BUG_info_dropped
	return op->outcome != FR_INFO;
#else
	(void)op;
	return true;
#endif
}

static inline void
mutant_bend(struct fr_operation *op, uint64_t end)
{
	(void)op;
	(void)end;
#ifdef BUG_info_as_ok
	if (op->outcome == FR_INFO) {
		op->outcome = FR_OK;
		op->end_rank = end;
	}
#endif
#ifdef BUG_info_as_fail
	if (op->outcome == FR_INFO) {
		op->outcome = FR_FAIL;
		op->end_rank = end;
	}
#endif
#ifdef BUG_fail_as_ok
	if (op->outcome == FR_FAIL)
		op->outcome = FR_OK;
#endif
#ifdef BUG_tie_as_before
	op->call_rank = op->call_rank * 2 + 1;
	if (op->outcome != FR_INFO)
		op->end_rank *= 2;
#endif
#ifdef BUG_key_lost
	op->key = op->key == FR_NO_KEY ? FR_NO_KEY : 0;
#endif
#ifdef BUG_session_lost
	op->process = (uint32_t)op->id + 100000;
#endif
}

static inline void
mutant_take(struct mutant *m, const struct fr_history *h)
{
	const struct fr_operation *op;
	uint64_t i, end = 0;

	m->h = *h;
	m->ops = calloc(h->op_count + 1, sizeof *m->ops);
	m->index = calloc(h->op_count + 1, sizeof *m->index);
	for (i = 0, m->h.op_count = 0; i < h->op_count; i++) {
		op = (const void *)((const char *)h->ops + i * h->op_stride);
		if (op->call_rank >= end)
			end = op->call_rank + 1;
		if (op->outcome != FR_INFO && op->end_rank >= end)
			end = op->end_rank + 1;
		m->ops[m->h.op_count] = *op;
		m->index[m->h.op_count] = i;
		m->h.op_count += mutant_has(&m->ops[m->h.op_count]);
	}
	for (i = 0; i < m->h.op_count; i++)
		mutant_bend(&m->ops[i], end + i);
	m->h.ops = m->ops;
	m->h.op_stride = sizeof *m->ops;
}

/* The verdict speaks of the real history. */
static inline void
mutant_give(struct mutant *m, struct verdict *v)
{
	uint64_t i;

	for (i = 0; v != NULL && i < v->order_count; i++)
		v->order[i] = m->index[v->order[i]];
	for (i = 0; v != NULL && i < v->core_count; i++)
		v->core[i] = m->index[v->core[i]];
	if (v != NULL && v->frontier < m->h.op_count)
		v->frontier = m->index[v->frontier];
	free(m->ops);
	free(m->index);
}

#endif
