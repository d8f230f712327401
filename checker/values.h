/* SPDX-License-Identifier: MIT */
/* Values that are the same.  (The verifier has its own: reference.c.) */
#ifndef CHECKER_VALUES_H
#define CHECKER_VALUES_H

#include <stdbool.h>
#include <string.h>

#include <fracas/workload.h>

static inline bool
value_equal(const struct fr_value *a, const struct fr_value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case FR_NIL:
		return true;
	case FR_INT:
		return a->u.number == b->u.number;
	case FR_LIST:
		return a->count == b->count && (a->count == 0 ||
			memcmp(a->u.list, b->u.list,
			       a->count * sizeof *a->u.list) == 0);
	default:
		return a->count == b->count && (a->count == 0 ||
			memcmp(a->u.bytes, b->u.bytes, a->count) == 0);
	}
}

#endif
