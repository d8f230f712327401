/* SPDX-License-Identifier: MIT */
/*
 * Several changes at once: transfers between the accounts of a bank, which is
 * a list of balances, and transactions as fracas/txn.h writes them.
 *
 * What is asked does not say whether a key is a list or a register, so it is
 * both: a write appends, a register's value is the last of its list.
 */
#include "verbs.h"

#include <fracas/txn.h>

#define WORD		((uint32_t)sizeof(int64_t))
#define ACCOUNTS_MOST	1000

#define LAST		(-1)

/* Adds to the number at that place of a list, or puts it in as the last. */
static int
change(struct deed *d, int64_t key, int64_t place, int64_t number)
{
	struct object *it = objects_make(d->me, &d->m->objects, key, LIST);

	if (it == NULL)
		return -1;
	if (place == LAST)
		return object_insert(d->me, it, it->size, &number, WORD);
	object_numbers(it)[place] = (int64_t)
		((uint64_t)object_numbers(it)[place] + (uint64_t)number);
	return DONE;
}

/* The first change of a deed, and the others. */
static int
change_more(struct deed *d, uint32_t before, int64_t key, int64_t place,
	    int64_t number)
{
#ifdef BUG_two_steps
	if (before > 0 && d->m->rest_count < 64) {
		d->m->rest[d->m->rest_count++] = (struct change){
			key, place, number
		};
		return DONE;
	}
#endif
	(void)before;
	return change(d, key, place, number);
}

#ifdef BUG_two_steps
int
txn_settle(struct deed *d)
{
	const struct change *c = d->m->rest;
	int failed = 0;

	for (; c < d->m->rest + d->m->rest_count; c++)
		failed |= change(d, c->key, c->place, c->number) < 0;
	d->m->rest_count = 0;
	return -failed;
}
#endif

/* ---- accounts ---------------------------------------------------------------------- */

int
do_open(struct deed *d)
{
	int64_t accounts = d->argument.u.list[0];
	int64_t balance = d->argument.u.list[1];
	struct object *it;
	int refused = verb_object(d, LIST, &it);

	if (refused != DONE || it->size > 0)
		return refused;		/* it was open before */
	if (accounts < 1 || accounts > ACCOUNTS_MOST)
		return NO_ACCOUNT;
	while (refused == DONE && object_count(it) < accounts)
		refused = object_insert(d->me, it, it->size, &balance, WORD);
	return refused;
}

int
do_transfer(struct deed *d)
{
	const int64_t *list = d->argument.u.list, amount = list[2];
	struct object *it = objects_find(&d->m->objects, d->c->key);
	int64_t accounts = it != NULL ? object_count(it) : 0;

	if (it != NULL && it->kind != LIST)
		return OTHER_KIND;
	if (list[0] < 0 || list[0] >= accounts || list[1] < 0 ||
	    list[1] >= accounts)
		return NO_ACCOUNT;
	if (amount < 0)
		return NOT_ENOUGH;
#ifndef BUG_overdraft
	if (amount > object_numbers(it)[list[0]])
		return NOT_ENOUGH;
#endif
	if (change_more(d, 0, d->c->key, list[0], -amount) < 0)
		return -1;
	return change_more(d, 1, d->c->key, list[1], amount);
}

/* ---- transactions --------------------------------------------------------------------- */

const char *
txn_refuses(const struct fr_value *v)
{
	struct fr_txn_micro micro;
	uint32_t at = 0;
	int more;

	while ((more = fr_txn_next(v, &at, &micro)) > 0)
		if (micro.count > 0)
			return "a list that is to be read has no elements yet";
	return more == 0 ? NULL : "it is no transaction";
}

bool
txn_reads(const struct fr_value *v)
{
	struct fr_txn_micro micro;
	uint32_t at = 0;

	while (fr_txn_next(v, &at, &micro) > 0)
		if (micro.kind == FR_TXN_WRITE)
			return false;
	return true;
}

/* The most numbers that the answer can have; 0: it cannot be done. */
static uint32_t
room_for(struct deed *d)
{
	const struct fr_value *v = &d->argument;
	uint32_t at = 0, room = v->count;
	struct fr_txn_micro micro;
	const struct object *it;

	while (fr_txn_next(v, &at, &micro) > 0) {
		it = objects_find(&d->m->objects, micro.key);
		if (it != NULL && it->kind != LIST)
			return 0;
		/* As long as it is, and what this one appends. */
		if (micro.kind == FR_TXN_LIST)
			room += (it != NULL ? object_count(it) : 0) + v->count;
	}
	return room;
}

static void
look(struct deed *d, const struct fr_txn_micro *micro, struct fr_txn_writer *t)
{
	const struct object *it = objects_find(&d->m->objects, micro->key);
	uint32_t count = it != NULL ? object_count(it) : 0;

	if (micro->kind == FR_TXN_LIST)
		fr_txn_list(t, micro->key, count > 0 ? object_numbers(it) :
			    NULL, count);
	else
		fr_txn_read(t, micro->key, count > 0 ?
			    object_numbers(it)[count - 1] : FR_TXN_NIL);
}

int
do_txn(struct deed *d)
{
	uint32_t at = 0, changes = 0, room = room_for(d);
	struct fr_txn_micro micro;
	struct fr_txn_writer t;

	if (d->argument.count == 0)
		return DONE;
	if (room == 0)
		return OTHER_KIND;
	d->made = fr_alloc(d->me, (size_t)room * WORD);
	if (d->made == NULL)
		return -1;
	t = fr_txn_begin(d->made, room);
	while (fr_txn_next(&d->argument, &at, &micro) > 0) {
		if (micro.kind != FR_TXN_WRITE) {
			look(d, &micro, &t);
			continue;
		}
		fr_txn_write(&t, micro.key, micro.value);
		if (change_more(d, changes++, micro.key, LAST,
				micro.value) < 0)
			return -1;
	}
	d->answer = fr_txn_value(&t);
	return DONE;
}
