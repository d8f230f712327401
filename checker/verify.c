/* SPDX-License-Identifier: MIT */
/*
 * The independent verifier: is this order a linearization?
 *
 * 1. Every operation that ended well is in it, once; none that failed is.
 * 2. None stands before one that was over when it was called.
 * 3. One after the other, each is legal (reference.c).
 *
 * An operation that changes nothing and whose result says nothing (a pending
 * read, say) may be left out; it could stand anywhere.
 */
#include "checker/engine.h"

#include <stdlib.h>

static const struct fr_operation *
op_at(const struct fr_history *h, uint64_t i)
{
	return (const void *)((const char *)h->ops + i * h->op_stride);
}

static int
verify(const struct fr_history *h, const struct bound *m,
       struct reference *object, const uint64_t *order, uint64_t count,
       unsigned char *seen, struct fr_err *err)
{
	const struct fr_operation *op;
	uint64_t i, latest_call = 0;

	for (i = 0; i < count; i++) {
		if (order[i] >= h->op_count || seen[order[i]]++)
			return err_set(err, "place %llu: not an operation, or "
				       "one that was there already",
				       (unsigned long long)i);
		op = op_at(h, order[i]);
		if (op->outcome == FR_FAIL && !m->failed_cas)
			return err_set(err, "operation %llu failed",
				       (unsigned long long)op->id);
		if (op->outcome != FR_INFO && op->end_rank < latest_call)
			return err_set(err, "operation %llu was over before "
				       "one that stands before it was called",
				       (unsigned long long)op->id);
		if (op->call_rank > latest_call)
			latest_call = op->call_rank;
		if (!reference_apply(object, op))
			return err_set(err, "operation %llu is not legal "
				       "where it stands",
				       (unsigned long long)op->id);
	}
	for (i = 0; i < h->op_count; i++) {
		op = op_at(h, i);
		if (op->outcome == FR_OK && !seen[i] &&
		    !(m->nil_reads_any && op->result.kind == FR_NIL &&
		      m->words[op->f] == W_READ))
			return err_set(err, "operation %llu is not in it",
				       (unsigned long long)op->id);
	}
	return 0;
}

int
verify_bound(const struct fr_history *h, const struct bound *m,
	     const uint64_t *order, uint64_t order_count, struct fr_err *err)
{
	struct reference *object = reference_new(m);
	unsigned char *seen = mem_array(h->op_count, 1);
	int status = verify(h, m, object, order, order_count, seen, err);

	free(seen);
	reference_free(object);
	return status;
}

int
check_verify(const struct fr_history *h, const struct check_config *c,
	     const uint64_t *order, uint64_t order_count, struct fr_err *err)
{
	struct bound m;
	int status;

	if (model_bind(c, h, &m, err) != 0)
		return -1;
	status = verify_bound(h, &m, order, order_count, err);
	bound_free(&m);
	return status;
}
