/* SPDX-License-Identifier: MIT */
/*
 * Locks, for good or with a time limit (a lease), with fences or without; and
 * what a fence protects.
 *
 * What time it is, commands say: the clock of who made them.  So everybody
 * lets a lock lapse at the same place in the log; but whose lease has lapsed
 * does not know it.  That is what tokens are for: a store with an older one
 * than has been there comes too late (Kleppmann, "How to do distributed
 * locking", 2016).
 */
#include "verbs.h"

static int
lock(struct deed *d, bool fenced)
{
	int64_t owner = fr_item(d->argument, 0, d->c->number);
	int64_t lease = fr_item(d->argument, 1, INT64_MAX);
	struct object *it;
	int refused = verb_object(d, LOCK, &it);

	if (refused != DONE)
		return refused;
	if (it->held && d->c->at < it->until)
		return HELD;
	it->mark = owner;
	it->held = true;
	it->until = lease > INT64_MAX - d->c->at ? INT64_MAX :
						   d->c->at + lease;
	if (!fenced)
		return DONE;
#ifdef BUG_same_token
	it->number = 1;
#else
	it->number++;
#endif
	d->answer = fr_int(it->number);
	return DONE;
}

int
do_lock(struct deed *d)
{
	return lock(d, false);
}

int
do_acquire(struct deed *d)
{
	return lock(d, true);
}

int
do_unlock(struct deed *d)
{
	struct object *it;
	int refused = verb_object(d, LOCK, &it);

	if (refused != DONE)
		return refused;
	if (!it->held)
		return NOT_HELD;
#ifndef BUG_any_owner
	if (it->mark != d->c->number)
		return NOT_HELD;
#endif
	it->held = false;
	return DONE;
}

int
do_store(struct deed *d)
{
	int64_t token = d->argument.u.list[0];
	struct object *it;
	int refused = verb_object(d, NUMBER, &it);

	if (refused != DONE)
		return refused;
#ifndef BUG_no_fence
	if (token < it->mark)
		return OLD_TOKEN;
#endif
	it->mark = token;
	it->number = d->argument.u.list[1];
	return DONE;
}
