/* SPDX-License-Identifier: MIT */
#include "lock.h"

void
lock_start(struct fr_node *me, struct lock *lock)
{
	lock->end = &lock->first;
	fr_note(me, "role", "waiting");
}

bool
lock_wait(struct fr_node *me, struct lock *lock, const struct fr_request *rq)
{
	struct lock_waiting *w = fr_alloc(me, sizeof *w);

	if (w == NULL) {
		fr_fail(me, rq->id, "no memory");
		return false;
	}
	w->request = rq->id;
	w->number = fr_number(rq->value, 0);
	*lock->end = w;
	lock->end = &w->next;
	return true;
}

/* The one at *at goes. */
static void
leave_line(struct fr_node *me, struct lock *lock, struct lock_waiting **at)
{
	struct lock_waiting *w = *at;

	*at = w->next;
	if (*at == NULL)
		lock->end = at;
	fr_free(me, w);
}

bool
lock_enter(struct fr_node *me, struct lock *lock)
{
	struct lock_waiting *first = lock->first;

	if (first == NULL)
		return false;
	lock->held = true;
	lock->holder = first->number;
	fr_note(me, "role", "holder");
	fr_ok(me, first->request, fr_nil());
	leave_line(me, lock, &lock->first);
	return true;
}

static void
withdraw(struct fr_node *me, struct lock *lock, int64_t number)
{
	struct lock_waiting **at = &lock->first;

	while (*at != NULL && (*at)->number != number)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	fr_fail(me, (*at)->request, "withdrawn");
	leave_line(me, lock, at);
}

bool
lock_leave(struct fr_node *me, struct lock *lock, const struct fr_request *rq)
{
	int64_t number = fr_number(rq->value, 0);

	if (!lock->held || lock->holder != number) {
		withdraw(me, lock, number);
		fr_fail(me, rq->id, "it had not got the lock");
		return false;
	}
	lock->held = false;
	fr_note(me, "role", "waiting");
	fr_ok(me, rq->id, fr_nil());
	return true;
}
