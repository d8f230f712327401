/* SPDX-License-Identifier: MIT */
/* One step of each model whose state is a vector of numbers. */
#include "checker/steps.h"

#include <inttypes.h>
#include <string.h>

/* Room for count numbers, whatever is in them. */
static int64_t *
resize(struct words *w, size_t count)
{
	mem_grow(&w->at, &w->room, count, sizeof *w->at);
	w->count = count;
	return w->at;
}

static int
same(struct words *next, const int64_t *state, size_t count)
{
	resize(next, count);
	if (count > 0)
		memcpy(next->at, state, count * sizeof *state);
	return 1;
}

/* The state with `value` put in before place `at`. */
static int
put_at(struct words *next, const int64_t *state, size_t count, size_t at,
       int64_t value)
{
	int64_t *to = resize(next, count + 1);

	memcpy(to, state, at * sizeof *state);
	to[at] = value;
	memcpy(to + at + 1, state + at, (count - at) * sizeof *state);
	return 1;
}

static int
take_at(struct words *next, const int64_t *state, size_t count, size_t at)
{
	int64_t *to = resize(next, count - 1);

	memcpy(to, state, at * sizeof *state);
	memcpy(to + at, state + at + 1, (count - at - 1) * sizeof *state);
	return 1;
}

/* The first place whose number is not below `value`. */
static size_t
place(const int64_t *state, size_t count, int64_t value)
{
	size_t low = 0, high = count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (state[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
init_empty(const struct part *p, struct words *state)
{
	(void)p;
	resize(state, 0);
}

/* ---- set: the elements' numbers in order ------------------------------------------ */

STEP(step_set)
{
	size_t at, k;
	const uint32_t *list;
	bool there;

	if (p->kind[i] == SET_READ) {
		if (p->b[i] == NONE)
			return 0;
		list = p->pool + p->b[i];
		if (list[0] != count)
			return 0;
		for (k = 0; k < count; k++)
			if (state[k] != (int64_t)list[k + 1])
				return 0;
		return same(next, state, count);
	}
	at = place(state, count, p->a[i]);
	there = at < count && state[at] == (int64_t)p->a[i];
	switch (p->kind[i]) {
	case SET_HAS:
		return there == (p->b[i] != 0) ? same(next, state, count) : 0;
	case SET_ADD:
		return there ? same(next, state, count) :
			put_at(next, state, count, at, p->a[i]);
	default:
		return there ? take_at(next, state, count, at) :
			same(next, state, count);
	}
}

/* ---- queues: the values, front or bottom or least first --------------------------- */

/* Takes from place `at`, or looks there; `number` is what lies there. */
static int
take_or_peek(const struct part *p, uint32_t i, const int64_t *state,
	     size_t count, size_t at, struct words *next)
{
	bool any = p->b[i] == NONE;

	if (count == 0)
		return any || p->b[i] == NIL ? same(next, state, count) : 0;
	if (!any && (int64_t)p->b[i] != state[at])
		return 0;
	return p->kind[i] == Q_TAKE ? take_at(next, state, count, at) :
		same(next, state, count);
}

STEP(step_queue)
{
	if (p->kind[i] == Q_PUT)
		return put_at(next, state, count, count, p->a[i]);
	return take_or_peek(p, i, state, count, 0, next);
}

STEP(step_stack)
{
	if (p->kind[i] == Q_PUT)
		return put_at(next, state, count, count, p->a[i]);
	return take_or_peek(p, i, state, count, count - 1, next);
}

/* The numbers themselves, the least first. */
STEP(step_priority)
{
	bool nothing = p->b[i] == NIL, any = p->b[i] == NONE;
	int64_t n;

	if (p->kind[i] == Q_PUT) {
		n = dict_int(p->dict, p->a[i]);
		return put_at(next, state, count, place(state, count, n), n);
	}
	if (count == 0)
		return nothing || any ? same(next, state, count) : 0;
	if (nothing)
		return 0;
	if (!any && dict_int(p->dict, p->b[i]) != state[count - 1])
		return 0;
	return p->kind[i] == Q_TAKE ? take_at(next, state, count, count - 1) :
		same(next, state, count);
}

/* ---- log: the values in order ------------------------------------------------------- */

static bool
log_is(const struct part *p, const int64_t *state, size_t count, uint32_t id)
{
	const struct fr_value *list = dict_list(p->dict, id);
	size_t k;

	if (list->count != count)
		return false;
	for (k = 0; k < count; k++)
		if (!dict_is_int(p->dict, (uint32_t)state[k]) ||
		    dict_int(p->dict, (uint32_t)state[k]) != list->u.list[k])
			return false;
	return true;
}

STEP(step_log)
{
	int64_t offset;

	switch (p->kind[i]) {
	case LOG_APPEND:
		if (p->b[i] != NONE &&
		    dict_int(p->dict, p->b[i]) != (int64_t)count)
			return 0;
		return put_at(next, state, count, count, p->a[i]);
	case LOG_READ:
		offset = dict_int(p->dict, p->a[i]);
		if (offset < 0 || (uint64_t)offset >= count) {
			if (p->b[i] != NIL)
				return 0;
		} else if ((int64_t)p->b[i] != state[offset]) {
			return 0;
		}
		return same(next, state, count);
	case LOG_ALL:
		return log_is(p, state, count, p->b[i]) ?
			same(next, state, count) : 0;
	default:
		return dict_int(p->dict, p->b[i]) == (int64_t)count ?
			same(next, state, count) : 0;
	}
}

/* ---- counter: one number ------------------------------------------------------------- */

void
init_counter(const struct part *p, struct words *state)
{
	resize(state, 1)[0] = p->bound->initial.kind == FR_INT ?
		p->bound->initial.u.number : 0;
}

STEP(step_counter)
{
	int64_t amount = 0, sum;

	if (p->a[i] != NONE)
		amount = dict_int(p->dict, p->a[i]);
	/* It wraps, as a machine's counter does. */
	sum = (int64_t)((uint64_t)state[0] + (uint64_t)amount);
	if (p->kind[i] == COUNT_ADD_GET && dict_int(p->dict, p->b[i]) != sum)
		return 0;
	if ((p->kind[i] == COUNT_GET_ADD || p->kind[i] == COUNT_READ) &&
	    dict_int(p->dict, p->b[i]) != state[0])
		return 0;
	same(next, state, count);
	next->at[0] = sum;
	return 1;
}

/* ---- fenced lock: the holder (-1: nobody) and the last fence -------------------------- */

void
init_lock(const struct part *p, struct words *state)
{
	int64_t *at = resize(state, 2);

	(void)p;
	at[0] = -1;
	at[1] = INT64_MIN;
}

STEP(step_lock)
{
	int64_t fence;

	if (p->kind[i] == LOCK_RELEASE) {
		if (state[0] != (int64_t)p->a[i])
			return 0;
		same(next, state, count);
		next->at[0] = -1;
		return 1;
	}
	if (state[0] != -1 || state[1] == INT64_MAX)
		return 0;
	/* A fence that nobody saw was at least one more than the last. */
	fence = p->b[i] != NONE ? dict_int(p->dict, p->b[i]) : state[1] + 1;
	if (fence <= state[1])
		return 0;
	same(next, state, count);
	next->at[0] = p->a[i];
	next->at[1] = fence;
	return 1;
}

/* ---- semaphore: the permits that are free ---------------------------------------------- */

void
init_semaphore(const struct part *p, struct words *state)
{
	resize(state, 1)[0] = p->bound->permits;
}

STEP(step_semaphore)
{
	int64_t n = dict_int(p->dict, p->a[i]);

	if (p->kind[i] == SEM_ACQUIRE ? n > state[0] :
	    n > p->bound->permits - state[0])
		return 0;
	same(next, state, count);
	next->at[0] += p->kind[i] == SEM_ACQUIRE ? -n : n;
	return 1;
}

/* ---- bank: the balances ------------------------------------------------------------------ */

void
init_bank(const struct part *p, struct words *state)
{
	size_t i, count = (size_t)p->bound->accounts;
	int64_t *at = resize(state, count);

	for (i = 0; i < count; i++)
		at[i] = p->bound->balance;
}

STEP(step_bank)
{
	const struct fr_value *list;
	int64_t left;

	if (p->kind[i] == BANK_READ) {
		list = dict_list(p->dict, p->b[i]);
		if (list->count != count ||
		    memcmp(list->u.list, state, count * sizeof *state) != 0)
			return 0;
		return same(next, state, count);
	}
	list = dict_list(p->dict, p->a[i]);
	left = (int64_t)((uint64_t)state[list->u.list[0]] -
			 (uint64_t)list->u.list[2]);
	if (left < 0 && !p->bound->negative)
		return 0;
	same(next, state, count);
	next->at[list->u.list[0]] = left;
	next->at[list->u.list[1]] = (int64_t)
		((uint64_t)next->at[list->u.list[1]] +
		 (uint64_t)list->u.list[2]);
	return 1;
}

/* ---- states in words ------------------------------------------------------------------------ */

DESCRIBE(describe_values)
{
	size_t i;

	buf_char(out, '[');
	for (i = 0; i < count; i++) {
		if (i > 0)
			buf_char(out, ' ');
		dict_text(p->dict, (uint32_t)state[i], out);
	}
	buf_char(out, ']');
}

DESCRIBE(describe_numbers)
{
	size_t i;

	(void)p;
	buf_char(out, '[');
	for (i = 0; i < count; i++)
		buf_printf(out, "%s%" PRId64, i > 0 ? " " : "", state[i]);
	buf_char(out, ']');
}

DESCRIBE(describe_number)
{
	(void)p;
	(void)count;
	buf_printf(out, "%" PRId64, state[0]);
}

DESCRIBE(describe_lock)
{
	(void)p;
	(void)count;
	if (state[0] < 0)
		buf_text(out, "free");
	else
		buf_printf(out, "held by client %" PRId64, state[0]);
	if (state[1] != INT64_MIN)
		buf_printf(out, " with last fence %" PRId64, state[1]);
}
