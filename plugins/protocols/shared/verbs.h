/* SPDX-License-Identifier: MIT */
/*
 * What can be done with a state machine's objects; machine.c's business.
 *
 *	get, read		all of it: a number, a text, a list; or nil
 *	put, write		a number or a text, in the place of what is there
 *	append, cas, delete	of a text; [old new] numbers; of anything
 *	increment, decrement	a number, by the one that is given, or by 1
 *	enqueue, dequeue	a number; the oldest one, or nil
 *	push, pop		a number; the newest one, or nil
 *	send, poll		a number, answered by its offset; from an offset
 *				[offset number offset number ...], some of them
 *	commit, list-committed	an offset; the one committed last, or nil
 *	add, remove, contains	a number of a set
 *	lock, unlock		by the owner whose number is given; [owner time]
 *				to lock it for so long
 *	acquire, release	the same; answered by a token that only grows
 *	store			[token number]: a number, unless a later token
 *				has been there
 *	open, transfer		[accounts balance]; [from to amount]
 *	txn			fracas/txn.h: all of it at once.  Lists, and
 *				registers, which are the last of a list
 */
#ifndef SHARED_VERBS_H
#define SHARED_VERBS_H

#include "machine.h"

/* Why something is not done.  It happens everywhere alike, and is remembered:
 * the numbers travel in snapshots. */
enum refusal {
	DONE, NOT_SO, OTHER_KIND, HELD, NOT_HELD, OLD_TOKEN, NO_ACCOUNT,
	NOT_ENOUGH, REFUSALS
};

extern const char *const refusals[REFUSALS];

/* One command that is being done. */
struct deed {
	struct fr_node *me;
	struct machine *m;
	const struct command *c;
	struct fr_value argument;
	struct fr_value answer;
	void *made;			/* what the answer needs, to be freed */
};

/* One of the above, or -1: no memory. */
int verb_do(struct deed *d);
/* NULL, or what is wrong with such an argument. */
const char *verb_refuses(uint32_t f, const struct fr_value *argument);
bool verb_reads(uint32_t f, const struct fr_value *argument);

/* ---- each of them -------------------------------------------------------------- */

/* The object, where it is of that kind or there was none; else OTHER_KIND. */
int verb_object(struct deed *d, uint32_t kind, struct object **out);

/* verbs_lists.c */
int do_put_last(struct deed *d);
int do_take_first(struct deed *d);
int do_take_last(struct deed *d);
int do_send(struct deed *d);
int do_poll(struct deed *d);
int do_commit(struct deed *d);
int do_list_committed(struct deed *d);
int do_add(struct deed *d);
int do_remove(struct deed *d);
int do_contains(struct deed *d);

/* verbs_locks.c */
int do_lock(struct deed *d);
int do_acquire(struct deed *d);
int do_unlock(struct deed *d);
int do_store(struct deed *d);

/* verbs_txn.c */
int do_open(struct deed *d);
int do_transfer(struct deed *d);
int do_txn(struct deed *d);
const char *txn_refuses(const struct fr_value *argument);
bool txn_reads(const struct fr_value *argument);
#ifdef BUG_two_steps
int txn_settle(struct deed *d);
#endif

#endif
