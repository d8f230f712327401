/* SPDX-License-Identifier: MIT */
/*
 * fracas/txn.h - a transaction as one operation: how its micro-operations are
 * written into the one list of numbers that a request and its answer carry.
 *
 *	FR_TXN_READ   key value		read a register
 *	FR_TXN_WRITE  key value		write a register, append to a list
 *	FR_TXN_LIST   key count v1 ...	read a list
 *
 * The micro-operations follow each other without a separator, in the order of
 * the program.  A request carries what is asked: an FR_TXN_READ with
 * FR_TXN_NIL as its value, an FR_TXN_LIST with a count of 0.  The result of an
 * FR_OK carries the same micro-operations with what was read: FR_TXN_NIL is a
 * register that was never written, a count of 0 an empty list.  An operation
 * that ended otherwise is known by its request alone.
 *
 * The operation is called "txn", and its own key is not looked at: FR_NO_KEY.
 * A history is about registers or about lists, not both: it is about lists
 * when it has an FR_TXN_LIST.  For the checker to see most, each value is
 * written to a key at most once.  A workload asks for the judgement with
 *
 *	.conditions = FR_CONDITIONS({ "list-append", "isolation=$isolation" })
 *
 * This is inline code over fracas/protocol.h, for a workload that makes
 * transactions and for a protocol that does them: it walks the request with
 * fr_txn_next and writes the result with the same calls that made the request.
 */
#ifndef FRACAS_TXN_H
#define FRACAS_TXN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <fracas/protocol.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FR_TXN_READ	0
#define FR_TXN_WRITE	1
#define FR_TXN_APPEND	FR_TXN_WRITE
#define FR_TXN_LIST	2

#define FR_TXN_NIL	INT64_MIN	/* a register that holds nothing      */

/* Writes a transaction into `room` numbers of the caller's. */
struct fr_txn_writer {
	int64_t *at;
	uint32_t count, room;
	bool full;		/* something did not fit, nor what followed */
};

static inline struct fr_txn_writer
fr_txn_begin(int64_t *at, uint32_t room)
{
	struct fr_txn_writer t = { at, 0, room, false };

	return t;
}

static inline void
fr_txn_add(struct fr_txn_writer *t, int64_t kind, int64_t key, int64_t number)
{
	if (t->full || t->room - t->count < 3) {
		t->full = true;
		return;
	}
	t->at[t->count++] = kind;
	t->at[t->count++] = key;
	t->at[t->count++] = number;
}

/* Both for a request (value FR_TXN_NIL) and for a result. */
static inline void
fr_txn_read(struct fr_txn_writer *t, int64_t key, int64_t value)
{
	fr_txn_add(t, FR_TXN_READ, key, value);
}

static inline void
fr_txn_write(struct fr_txn_writer *t, int64_t key, int64_t value)
{
	fr_txn_add(t, FR_TXN_WRITE, key, value);
}

static inline void
fr_txn_append(struct fr_txn_writer *t, int64_t key, int64_t value)
{
	fr_txn_add(t, FR_TXN_APPEND, key, value);
}

/* Both for a request (no elements) and for a result. */
static inline void
fr_txn_list(struct fr_txn_writer *t, int64_t key, const int64_t *elements,
	    uint32_t count)
{
	if (t->full || t->room - t->count < 3 ||
	    t->room - t->count - 3 < count) {
		t->full = true;
		return;
	}
	fr_txn_add(t, FR_TXN_LIST, key, count);
	if (count > 0)
		memcpy(t->at + t->count, elements, count * sizeof *elements);
	t->count += count;
}

/* The list as a value; good as long as the numbers are. */
static inline struct fr_value
fr_txn_value(const struct fr_txn_writer *t)
{
	struct fr_value v;

	memset(&v, 0, sizeof v);
	v.kind = FR_LIST;
	v.count = t->count;
	v.u.list = t->at;
	return v;
}

/* One micro-operation as it is read back. */
struct fr_txn_micro {
	int64_t kind;
	int64_t key;
	int64_t value;			/* of FR_TXN_READ and FR_TXN_WRITE    */
	const int64_t *elements;	/* of FR_TXN_LIST                     */
	uint32_t count;
};

/*
 * The next micro-operation of `v`; *at begins with 0.  1: *out is filled; 0:
 * that was all; -1: what is at *at is none.
 */
static inline int
fr_txn_next(const struct fr_value *v, uint32_t *at, struct fr_txn_micro *out)
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
	if (p[0] == FR_TXN_READ || p[0] == FR_TXN_WRITE)
		return 1;
	if (p[0] != FR_TXN_LIST || p[2] < 0 || p[2] > (int64_t)(left - 3)) {
		*at -= 3;
		return -1;
	}
	out->count = (uint32_t)p[2];
	out->elements = p + 3;
	*at += out->count;
	return 1;
}

#ifdef __cplusplus
}
#endif
#endif
