/* SPDX-License-Identifier: MIT */
/*
 * Windows: a few operations that have no linearization, whatever was before.
 *
 * Of a plain part, take what was called before a rank and not over at another:
 * operations under way at the beginning may have happened or not, the state
 * there may be any value, and operations under way at the end may happen or
 * not.  Each of these only adds behaviours: where nothing is legal even so,
 * nothing is legal at all.  So a search that came far and is stuck for long
 * need not try all that came before.
 */
#include "checker/engine.h"

#define WIDEST 16384u

void
window_make(const struct part *p, uint32_t begin, uint32_t end, uint8_t *keep)
{
	uint32_t i;

	for (i = 0; i < p->n; i++) {
		if (p->call[i] >= end || p->ret[i] < begin)
			keep[i] = 0;
		else if (p->call[i] < begin || p->ret[i] >= end)
			keep[i] = p->flags[i] & OP_PURE ? 0 : 2;
		else
			keep[i] = 1;
	}
}

static bool
has_none(const struct part *p, const struct fr_history *h, uint64_t steps,
	 const uint8_t *keep, struct budget *b)
{
	uint32_t *from = NULL;
	struct answer a;
	struct part w;

	a.decision = UNDECIDED;
	if (part_weaken(&w, p, keep, &from, b) == 0) {
		w.initial = NONE;
		a.order = budget_new(b, w.room, sizeof *a.order);
		if (a.order != NULL)
			search_once(&w, h, steps, &a, b);
		budget_free(b, a.order, w.room, sizeof *a.order);
	}
	budget_free(b, from, w.room, sizeof *from);
	part_free(&w, b);
	return a.decision == NO;
}

/* A search stops early where something that comes later cannot be: so windows
 * that end a little later are tried, too. */
bool
window_refute(const struct part *p, const struct fr_history *h,
	      uint32_t frontier, uint64_t steps, uint8_t *keep,
	      struct budget *b)
{
	uint32_t last = frontier < p->ranks ? frontier + 1 : p->ranks;
	uint32_t size, begin, end;

	if (p->shape != SHAPE_PLAIN)
		return false;
	/* Where nothing was before, the state is known. */
	for (size = 16; size < last && size <= WIDEST; size *= 2) {
		begin = last - size;
		end = size < p->ranks - last ? last + size : p->ranks;
		window_make(p, begin, last, keep);
		if (has_none(p, h, steps, keep, b))
			return true;
		if (!budget_time(b))
			return false;
		window_make(p, begin, end, keep);
		if (has_none(p, h, steps, keep, b))
			return true;
		if (!budget_time(b))
			return false;
	}
	return false;
}
