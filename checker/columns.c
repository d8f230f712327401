/* SPDX-License-Identifier: MIT */
/*
 * How an operation of the history becomes columns of a part: what it needs and
 * what it makes, model by model.
 *
 * What the columns of a model mean is known here and, where it has states
 * that are more than a value, in steps.c; nobody else looks at them.
 */
#include "checker/columns.h"

#include <stdlib.h>
#include <string.h>

#include "checker/steps.h"

static int
wrong(const struct part *p, const struct fr_operation *op, struct fr_err *err,
      const char *what)
{
	const struct check_config *c = p->bound->config;

	return err_usage(err, "operation %llu (%s): %s; see `fracas describe "
			 "%s`", (unsigned long long)op->id, c->op_names[op->f],
			 what, p->bound->own != NULL ? p->bound->own->name :
			 p->model->name);
}

static int
put(struct part *p, uint32_t i, unsigned int kind, uint32_t a, uint32_t b,
    unsigned int flags)
{
	p->kind[i] = (uint8_t)kind;
	p->a[i] = a;
	p->b[i] = b;
	p->flags[i] = (uint8_t)flags;
	return 1;
}

static enum word
word_of(const struct part *p, const struct fr_operation *op)
{
	return p->bound->words[op->f];
}

/* A result that says "no": the operation was answered, and had no effect. */
static bool
says_no(const struct fr_operation *op)
{
	return op->outcome == FR_FAIL ||
		(op->result.kind == FR_INT && op->result.u.number == 0);
}

/* ---- registers and maps ---------------------------------------------------------- */

static int
column_cas(struct part *p, uint32_t i, const struct fr_operation *op,
	   struct fr_err *err)
{
	uint32_t from, to;

	if (op->value.kind != FR_LIST || op->value.count != 2)
		return wrong(p, op, err, "a cas needs a list [from to]");
	from = dict_number(p->dict, op->value.u.list[0]);
	to = dict_number(p->dict, op->value.u.list[1]);
	if (op->outcome != FR_INFO && says_no(op))
		return put(p, i, 0, from, NONE, OP_PURE | OP_UNLESS);
	if (from != to)
		return put(p, i, 0, from, to, 0);
	return op->outcome == FR_INFO ? 0 :
		put(p, i, 0, from, NONE, OP_PURE);
}

COLUMN(column_register)
{
	switch (word_of(p, op)) {
	case W_READ:
		if (op->outcome == FR_INFO ||
		    (p->bound->nil_reads_any && op->result.kind == FR_NIL))
			return 0;
		return put(p, i, 0, dict_id(p->dict, &op->result), NONE,
			   OP_PURE);
	case W_WRITE:
		return put(p, i, 0, NONE, dict_id(p->dict, &op->value), 0);
	case W_DELETE:
		return put(p, i, 0, NONE, NIL, 0);
	case W_APPEND:
		if (op->value.kind != FR_BYTES && op->value.kind != FR_LIST &&
		    op->value.kind != FR_NIL)
			return wrong(p, op, err,
				     "an append needs a text or a list");
		p->shape = SHAPE_TEXT;
		return put(p, i, 1, NONE, dict_id(p->dict, &op->value), 0);
	default:
		return column_cas(p, i, op, err);
	}
}

COLUMN(column_mutex)
{
	bool acquire = word_of(p, op) == W_ACQUIRE;

	(void)err;
	if (op->outcome == FR_OK && acquire && says_no(op))
		return put(p, i, 0, 1, NONE, OP_PURE);
	return put(p, i, 0, !acquire, acquire, 0);
}

/* ---- collections ------------------------------------------------------------------ */

static int
by_number(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

/* false: out of budget, as the part's values then are. */
static bool
pool_room(struct part *p, size_t more)
{
	size_t want = p->pool_size + more, room = p->pool_room;
	uint32_t *pool;

	if (want <= room)
		return true;
	room = room + room / 2 + 64 > want ? room + room / 2 + 64 : want;
	pool = room > UINT32_MAX ? NULL :
		budget_resize(p->dict->budget, p->pool, p->pool_room, room,
			      sizeof *pool);
	if (pool == NULL) {
		p->dict->failed = true;
		return false;
	}
	p->pool = pool;
	p->pool_room = (uint32_t)room;
	return true;
}

/* The distinct elements of a list, in order, into the pool; NONE where one is
 * in it twice, which no set can answer. */
static void
pool_list(struct part *p, const struct fr_value *list, uint32_t *at)
{
	uint32_t i, *to;

	*at = NONE;
	if (!pool_room(p, list->count + (size_t)1))
		return;
	*at = p->pool_size;
	to = p->pool + p->pool_size;
	to[0] = list->count;
	for (i = 0; i < list->count; i++)
		to[i + 1] = dict_number(p->dict, list->u.list[i]);
	qsort(to + 1, list->count, sizeof *to, by_number);
	for (i = 1; i < list->count; i++)
		if (to[i] == to[i + 1])
			*at = NONE;
	p->pool_size += list->count + 1;
}

COLUMN(column_set)
{
	bool alone = p->bound->by_element;
	uint32_t id, at;

	switch (word_of(p, op)) {
	case W_READ:
		if (op->outcome == FR_INFO)
			return 0;
		if (op->result.kind != FR_LIST && op->result.kind != FR_NIL)
			return wrong(p, op, err, "a read of a set gives a list");
		pool_list(p, &op->result, &at);
		return put(p, i, SET_READ, NONE, at, OP_PURE);
	case W_HAS:
		if (op->outcome == FR_INFO)
			return 0;
		if (alone)
			return put(p, i, 0, !says_no(op), NONE, OP_PURE);
		id = dict_id(p->dict, &op->value);
		return put(p, i, SET_HAS, id, !says_no(op), OP_PURE);
	case W_ADD:
		if (alone)
			return put(p, i, 0, NONE, 1, 0);
		return put(p, i, SET_ADD, dict_id(p->dict, &op->value), 0, 0);
	default:
		if (alone)
			return put(p, i, 0, NONE, 0, 0);
		return put(p, i, SET_REMOVE, dict_id(p->dict, &op->value), 0,
			   0);
	}
}

/* Queue, stack and priority queue: put, take, and look at the next. */
COLUMN(column_queue)
{
	bool ranked = p->model->step == step_priority;
	enum word w = word_of(p, op);
	const struct fr_value *v = w == W_PUT ? &op->value : &op->result;

	if (op->outcome == FR_INFO && w == W_PEEK)
		return 0;
	if (op->outcome == FR_INFO && w == W_TAKE)
		return put(p, i, Q_TAKE, NONE, NONE, 0);
	if (v->kind == FR_NIL && w == W_PUT)
		return wrong(p, op, err, "nil cannot be put into a queue: it "
			     "is how an empty one answers");
	if (ranked && v->kind != FR_INT && v->kind != FR_NIL)
		return wrong(p, op, err, "a priority queue holds whole "
			     "numbers, the greatest first");
	if (w == W_PUT)
		return put(p, i, Q_PUT, dict_id(p->dict, v), NONE, 0);
	return put(p, i, w == W_TAKE ? Q_TAKE : Q_PEEK, NONE,
		   dict_id(p->dict, v),
		   w == W_PEEK || v->kind == FR_NIL ? OP_PURE : 0);
}

COLUMN(column_log)
{
	uint32_t a, b = NONE;

	if (op->outcome == FR_INFO && word_of(p, op) != W_APPEND)
		return 0;
	if (op->outcome == FR_OK)
		b = dict_id(p->dict, &op->result);
	switch (word_of(p, op)) {
	case W_APPEND:
		a = dict_id(p->dict, &op->value);
		if (op->outcome == FR_OK && op->result.kind != FR_INT)
			b = NONE;
		return put(p, i, LOG_APPEND, a, b, 0);
	case W_SIZE:
		if (op->result.kind != FR_INT)
			return wrong(p, op, err, "a size is a whole number");
		return put(p, i, LOG_SIZE, NONE, b, OP_PURE);
	default:
		if (op->value.kind == FR_INT)
			return put(p, i, LOG_READ,
				   dict_id(p->dict, &op->value), b, OP_PURE);
		if (op->result.kind != FR_LIST && op->result.kind != FR_NIL)
			return wrong(p, op, err, "a read without an offset "
				     "gives the whole list");
		return put(p, i, LOG_ALL, NONE, b, OP_PURE);
	}
}

/* ---- numbers ------------------------------------------------------------------------ */

COLUMN(column_counter)
{
	enum word w = word_of(p, op);
	bool answers = w == W_READ || w == W_ADD_GET || w == W_GET_ADD;
	unsigned int kind = COUNT_ADD;
	uint32_t amount, result = NONE;
	int64_t n = 1;

	if (w == W_READ && op->outcome == FR_INFO)
		return 0;
	if (w == W_READ && op->result.kind == FR_NIL) {
		result = dict_number(p->dict, 0);
	} else if (answers && op->outcome == FR_OK) {
		if (op->result.kind != FR_INT)
			return wrong(p, op, err,
				     "a counter answers with a whole number");
		result = dict_id(p->dict, &op->result);
	}
	if (w == W_READ)
		return put(p, i, COUNT_READ, NONE, result, OP_PURE);
	if (op->value.kind == FR_INT)
		n = op->value.u.number;
	else if (op->value.kind != FR_NIL)
		return wrong(p, op, err, "the amount is not a whole number");
	if (w == W_DECREMENT && n == INT64_MIN)
		return wrong(p, op, err, "the amount is too large");
	amount = dict_number(p->dict, w == W_DECREMENT ? -n : n);
	if (op->outcome == FR_OK && w == W_ADD_GET)
		kind = COUNT_ADD_GET;
	if (op->outcome == FR_OK && w == W_GET_ADD)
		kind = COUNT_GET_ADD;
	return put(p, i, kind, amount, result, 0);
}

COLUMN(column_lock)
{
	uint32_t token = NONE;

	if (word_of(p, op) == W_RELEASE)
		return put(p, i, LOCK_RELEASE, op->client, NONE, 0);
	if (op->outcome == FR_OK && op->result.kind == FR_INT)
		token = dict_id(p->dict, &op->result);
	else if (op->outcome == FR_OK && op->result.kind != FR_NIL)
		return wrong(p, op, err, "a fence is a whole number");
	return put(p, i, LOCK_ACQUIRE, op->client, token, 0);
}

COLUMN(column_semaphore)
{
	int64_t n = op->value.kind == FR_INT ? op->value.u.number : 1;

	if (n < 0 || (op->value.kind != FR_INT && op->value.kind != FR_NIL))
		return wrong(p, op, err, "permits are a whole number, not "
			     "negative");
	return put(p, i, word_of(p, op) == W_ACQUIRE ? SEM_ACQUIRE :
		   SEM_RELEASE, dict_number(p->dict, n), NONE, 0);
}

COLUMN(column_bank)
{
	static const int64_t none[3] = { 0, 0, 0 };
	const struct fr_value nothing = {
		.kind = FR_LIST, .count = 3, .u = { .list = none },
	};
	int64_t accounts = p->bound->accounts;
	const int64_t *t;

	if (word_of(p, op) == W_READ) {
		if (op->outcome == FR_INFO)
			return 0;
		if (op->result.kind != FR_LIST)
			return wrong(p, op, err, "a read gives the list of "
				     "all balances");
		return put(p, i, BANK_READ, NONE,
			   dict_id(p->dict, &op->result), OP_PURE);
	}
	/* How many there are, and with how much, the settings say. */
	if (word_of(p, op) == W_OPEN)
		return put(p, i, BANK_TRANSFER, dict_id(p->dict, &nothing),
			   NONE, OP_PURE);
	t = op->value.u.list;
	if (op->value.kind != FR_LIST || op->value.count != 3 || t[0] < 0 ||
	    t[1] < 0 || t[0] >= accounts || t[1] >= accounts || t[2] < 0)
		return wrong(p, op, err, "a transfer is a list [from to "
			     "amount] of accounts that there are (--set "
			     "accounts=N)");
	return put(p, i, BANK_TRANSFER, dict_id(p->dict, &op->value), NONE, 0);
}

COLUMN(column_own)
{
	(void)op;
	(void)err;
	return put(p, i, 0, NONE, NONE, 0);
}
