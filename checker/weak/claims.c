/* SPDX-License-Identifier: MIT */
/* Claims: two values for one (what, key) are a contradiction. */
#include "checker/conditions.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"
#include "core/base/units.h"

static bool
same(const struct check_claim *a, const struct check_claim *b)
{
	return a->key == b->key && strcmp(a->what, b->what) == 0;
}

static void
contradiction(struct verdict *v, const struct check_claim *claims, uint64_t first,
	      uint64_t second)
{
	const struct check_claim *a = &claims[first], *b = &claims[second];
	uint64_t core[2] = { first, second };

	v->kind = VERDICT_INVALID;
	v->violation = "claim";
	v->reason = arena_format(&v->arena, "%s %lld is %lld for node %u "
				 "(boot %u) and %lld for node %u (boot %u)",
				 a->what, (long long)a->key,
				 (long long)a->value, a->node, a->boot,
				 (long long)b->value, b->node, b->boot);
	v->core = arena_copy(&v->arena, core, sizeof core);
	v->core_count = 2;
}

void
check_claims(const struct check_claim *claims, uint64_t count, struct verdict *out)
{
	int64_t began = clock_mono();
	struct verdict v = { .kind = VERDICT_VALID, .algorithm = "table",
			     .condition = "claims" };
	uint64_t size = 64, slot, i, *table;

	while (size < count * 2)
		size *= 2;
	table = mem_array(size, sizeof *table);
	for (i = 0; i < count; i++) {
		slot = hash_text((uint64_t)claims[i].key, claims[i].what) &
			(size - 1);
		while (table[slot] != 0 &&
		       !same(&claims[table[slot] - 1], &claims[i]))
			slot = (slot + 1) & (size - 1);
		if (table[slot] == 0) {
			table[slot] = i + 1;
			continue;
		}
		if (claims[table[slot] - 1].value != claims[i].value) {
			contradiction(&v, claims, table[slot] - 1, i);
			break;
		}
	}
	free(table);
	if (count == 0) {
		v.kind = VERDICT_UNKNOWN;
		v.reason = arena_string(&v.arena, "nothing was claimed");
	} else if (v.kind == VERDICT_VALID) {
		v.reason = arena_format(&v.arena, "no two of %llu claims "
					"contradict each other",
					(unsigned long long)count);
	}
	v.memory_bytes = size * sizeof *table;
	v.seconds = (double)(clock_mono() - began) * 1e-9;
	*out = v;
}
