/* SPDX-License-Identifier: MIT */
/*
 * Budgets: time at the clock, memory by the account of the system.
 *
 * The budget is the whole process's, with the history that was loaded before.
 * Three things make up what is held against it:
 *
 * 1. What was resident when the check began.
 * 2. What was taken from here and not given back, whether or not it has been
 *    touched: columns, tables, states, all that is large.
 * 3. The slack: every now and then the system is asked what is resident, and
 *    what it says beyond 1 and 2 (small things, what the allocator keeps of
 *    what was freed) counts as well.  Before anybody is refused because of it
 *    the allocator gives back what it can.
 */
#include "checker/engine.h"

#include <stdlib.h>

#include "core/base/limit.h"
#include "core/base/units.h"

#define STEP_LEAST	(UINT64_C(64) << 10)
#define STEP_MOST	(UINT64_C(1) << 20)

void
budget_init(struct budget *b, int64_t began, int64_t time_max,
	    uint64_t memory_max)
{
	int64_t from = began != 0 ? began : clock_mono();

	b->deadline = time_max <= 0 || time_max > INT64_MAX - from ?
		INT64_MAX : from + time_max;
	b->memory_max = memory_max == 0 ? UINT64_MAX : memory_max;
	b->before = memory_max == 0 ? 0 : memory_now();
	/* What loading left in the allocator's hands is of use to nobody. */
	if (b->before > b->memory_max / 4) {
		memory_trim();
		b->before = memory_now();
	}
	b->step = b->memory_max / 256;
	if (b->step < STEP_LEAST)
		b->step = STEP_LEAST;
	if (b->step > STEP_MOST)
		b->step = STEP_MOST;
	atomic_init(&b->memory, 0);
	atomic_init(&b->peak, b->before);
	atomic_init(&b->taken, 0);
	atomic_init(&b->slack, 0);
	atomic_init(&b->out, OUT_NOTHING);
}

void
budget_set_out(struct budget *b, enum ran_out what)
{
	int nothing = OUT_NOTHING;

	atomic_compare_exchange_strong(&b->out, &nothing, (int)what);
}

/* Of `held` bytes `fresh` have not been touched yet. */
static void
look(struct budget *b, uint64_t held, uint64_t fresh)
{
	uint64_t resident = memory_now();
	uint64_t known = b->before + held - fresh;

	atomic_store(&b->slack, resident > known ? resident - known : 0);
}

static bool
charge(struct budget *b, uint64_t bytes)
{
	uint64_t held = atomic_fetch_add(&b->memory, bytes) + bytes, now;
	uint64_t peak = atomic_load(&b->peak);

	if (b->memory_max != UINT64_MAX &&
	    atomic_fetch_add(&b->taken, bytes) + bytes >= b->step) {
		atomic_store(&b->taken, 0);
		look(b, held, bytes);
	}
	now = b->before + held + b->slack;
	if (now > b->memory_max && b->slack > 0) {
		memory_trim();
		look(b, held, bytes);
		now = b->before + held + b->slack;
	}
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

uint64_t
budget_left(const struct budget *b)
{
	uint64_t now = b->before + atomic_load(&b->memory) +
		atomic_load(&b->slack);

	return now < b->memory_max ? b->memory_max - now : 0;
}

bool
budget_claim(struct budget *b, uint64_t bytes)
{
	return charge(b, bytes);
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
	memory_large(p, (uint64_t)count * size);
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
	memory_large(grown, (uint64_t)count * size);
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
