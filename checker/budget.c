/* SPDX-License-Identifier: MIT */
/*
 * Budgets: memory is measured where it is taken, time at the clock.
 *
 * Only large things (columns, tables, states) are counted: they are all but a
 * few kilobytes of what a check takes.
 */
#include "checker/engine.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "core/base/units.h"

#define HUGE_PAGE	((uintptr_t)2 << 20)

void
budget_init(struct budget *b, int64_t time_max, uint64_t memory_max)
{
	int64_t now = clock_mono();

	b->deadline = time_max <= 0 || time_max > INT64_MAX - now ?
		INT64_MAX : now + time_max;
	b->memory_max = memory_max == 0 ? UINT64_MAX : memory_max;
	atomic_init(&b->memory, 0);
	atomic_init(&b->peak, 0);
	atomic_init(&b->out, OUT_NOTHING);
}

void
budget_set_out(struct budget *b, enum ran_out what)
{
	int nothing = OUT_NOTHING;

	atomic_compare_exchange_strong(&b->out, &nothing, (int)what);
}

static bool
charge(struct budget *b, uint64_t bytes)
{
	uint64_t now = atomic_fetch_add(&b->memory, bytes) + bytes;
	uint64_t peak = atomic_load(&b->peak);

	if (now > b->memory_max) {
		atomic_fetch_sub(&b->memory, bytes);
		budget_set_out(b, OUT_MEMORY);
		return false;
	}
	while (now > peak &&
	       !atomic_compare_exchange_weak(&b->peak, &peak, now))
		;
	return true;
}

/* Large things are asked for in large pages. */
static void
ask_for_pages(void *p, uint64_t bytes)
{
	uintptr_t first = ((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	uintptr_t end = ((uintptr_t)p + bytes) & ~(HUGE_PAGE - 1);

	if (bytes >= 2 * HUGE_PAGE && end > first)
		madvise((void *)first, end - first, MADV_HUGEPAGE);
}

void *
budget_new(struct budget *b, size_t count, size_t size)
{
	void *p;

	if (count == 0)
		count = 1;
	if (!charge(b, (uint64_t)count * size))
		return NULL;
	p = calloc(count, size);
	if (p == NULL) {
		atomic_fetch_sub(&b->memory, (uint64_t)count * size);
		budget_set_out(b, OUT_MEMORY);
		return NULL;
	}
	ask_for_pages(p, (uint64_t)count * size);
	return p;
}

void *
budget_resize(struct budget *b, void *p, size_t old, size_t count, size_t size)
{
	void *grown;

	/* While it is copied, both may be there. */
	if (!charge(b, (uint64_t)count * size))
		return NULL;
	grown = reallocarray(p, count, size);
	if (grown == NULL) {
		atomic_fetch_sub(&b->memory, (uint64_t)count * size);
		budget_set_out(b, OUT_MEMORY);
		return NULL;
	}
	atomic_fetch_sub(&b->memory, (uint64_t)old * size);
	ask_for_pages(grown, (uint64_t)count * size);
	return grown;
}

void
budget_free(struct budget *b, void *p, size_t count, size_t size)
{
	if (p == NULL)
		return;
	if (count == 0)
		count = 1;
	free(p);
	atomic_fetch_sub(&b->memory, (uint64_t)count * size);
}

bool
budget_time(struct budget *b)
{
	if (b->deadline == INT64_MAX || clock_mono() < b->deadline)
		return true;
	budget_set_out(b, OUT_TIME);
	return false;
}
