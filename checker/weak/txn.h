/* SPDX-License-Identifier: MIT */
/*
 * A transaction as one operation: how its micro-operations are written into
 * the one list of numbers that a request and its answer carry.
 *
 *	TXN_READ   key value		read a register
 *	TXN_WRITE  key value		write a register, append to a list
 *	TXN_LIST   key count v1 ... vn	read a list
 *
 * The micro-operations follow each other without a separator, in the order of
 * the program.  A request carries what is asked: a TXN_READ with TXN_NIL as
 * its value, a TXN_LIST with a count of 0.  The result of an FR_OK carries the
 * same micro-operations with what was read: TXN_NIL is a register that was
 * never written, a count of 0 an empty list.  An operation that ended
 * otherwise is known by its request alone.
 *
 * A history is about registers or about lists, not both: it is about lists
 * when it has a TXN_LIST.  For the checker to see most, each value is written
 * to a key at most once.
 *
 * The operation's own key is not looked at: FR_NO_KEY.  This header depends on
 * the public contract only, so that a workload can use it as it is.
 */
#ifndef CHECKER_WEAK_TXN_H
#define CHECKER_WEAK_TXN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <fracas/protocol.h>

#define TXN_READ	0
#define TXN_WRITE	1
#define TXN_APPEND	TXN_WRITE
#define TXN_LIST	2

#define TXN_NIL		INT64_MIN	/* a register that holds nothing      */

/* Writes a transaction into `room` numbers of the caller's. */
struct txn_writer {
	int64_t *at;
	uint32_t count, room;
	bool full;		/* something did not fit, nor what followed */
};

static inline struct txn_writer
txn_begin(int64_t *at, uint32_t room)
{
	struct txn_writer t = { at, 0, room, false };

	return t;
}

static inline void
txn_add(struct txn_writer *t, int64_t kind, int64_t key, int64_t number)
{
	if (t->full || t->room - t->count < 3) {
		t->full = true;
		return;
	}
	t->at[t->count++] = kind;
	t->at[t->count++] = key;
	t->at[t->count++] = number;
}

/* Both for a request (value TXN_NIL) and for a result. */
static inline void
txn_read(struct txn_writer *t, int64_t key, int64_t value)
{
	txn_add(t, TXN_READ, key, value);
}

static inline void
txn_write(struct txn_writer *t, int64_t key, int64_t value)
{
	txn_add(t, TXN_WRITE, key, value);
}

static inline void
txn_append(struct txn_writer *t, int64_t key, int64_t value)
{
	txn_add(t, TXN_APPEND, key, value);
}

/* Both for a request (no elements) and for a result. */
static inline void
txn_list(struct txn_writer *t, int64_t key, const int64_t *elements,
	 uint32_t count)
{
	if (t->full || t->room - t->count < 3 ||
	    t->room - t->count - 3 < count) {
		t->full = true;
		return;
	}
	txn_add(t, TXN_LIST, key, count);
	if (count > 0)
		memcpy(t->at + t->count, elements, count * sizeof *elements);
	t->count += count;
}

/* The list as a value; good as long as the numbers are. */
static inline struct fr_value
txn_value(const struct txn_writer *t)
{
	struct fr_value v;

	memset(&v, 0, sizeof v);
	v.kind = FR_LIST;
	v.count = t->count;
	v.u.list = t->at;
	return v;
}

/* One micro-operation as it is read back. */
struct txn_micro {
	int64_t kind;
	int64_t key;
	int64_t value;			/* of TXN_READ and TXN_WRITE          */
	const int64_t *elements;	/* of TXN_LIST                        */
	uint32_t count;
};

/*
 * The next micro-operation of `v`; *at begins with 0.  1: *out is filled; 0:
 * that was all; -1: what is at *at is none.
 */
static inline int
txn_next(const struct fr_value *v, uint32_t *at, struct txn_micro *out)
{
	const int64_t *p;
	uint32_t left;

	if (v->kind == FR_NIL)
		return 0;
	if (v->kind != FR_LIST)
		return -1;
	left = v->count - *at;
	if (left == 0)
		return 0;
	if (left < 3)
		return -1;
	p = v->u.list + *at;
	out->kind = p[0];
	out->key = p[1];
	out->value = p[2];
	out->elements = NULL;
	out->count = 0;
	*at += 3;
	if (p[0] == TXN_READ || p[0] == TXN_WRITE)
		return 1;
	if (p[0] != TXN_LIST || p[2] < 0 || p[2] > (int64_t)(left - 3)) {
		*at -= 3;
		return -1;
	}
	out->count = (uint32_t)p[2];
	out->elements = p + 3;
	*at += out->count;
	return 1;
}

#endif
