/* SPDX-License-Identifier: MIT */
/* Maps and counters, and the table of all. */
#include "verbs.h"

const char *const refusals[REFUSALS] = {
	[NOT_SO] = "another value is there",
	[OTHER_KIND] = "something else is there",
	[HELD] = "somebody has it",
	[NOT_HELD] = "another one has it, or nobody",
	[OLD_TOKEN] = "a later token has been here",
	[NO_ACCOUNT] = "there is no such account",
	[NOT_ENOUGH] = "so much is not there",
};

int
verb_object(struct deed *d, uint32_t kind, struct object **out)
{
	*out = objects_make(d->me, &d->m->objects, d->c->key, kind);
	if (*out == NULL)
		return -1;
	return (*out)->kind == kind ? DONE : OTHER_KIND;
}

/* ---- the map ----------------------------------------------------------------------- */

static int
do_get(struct deed *d)
{
	d->answer = object_value(objects_find(&d->m->objects, d->c->key));
	return DONE;
}

static int
do_put(struct deed *d)
{
	struct objects *o = &d->m->objects;
	bool text = d->argument.kind == FR_BYTES;
	struct object *it;

	objects_drop(d->me, o, d->c->key);
	it = objects_make(d->me, o, d->c->key, text ? TEXT : NUMBER);
	if (it == NULL)
		return -1;
	it->number = fr_number(d->argument, 0);
	return text ? object_insert(d->me, it, 0, d->argument.u.bytes,
				    d->argument.count) : DONE;
}

static int
do_append(struct deed *d)
{
	struct object *it;
	int refused = verb_object(d, TEXT, &it);

	return refused != DONE ? refused :
	       object_insert(d->me, it, it->size, d->argument.u.bytes,
			     d->argument.count);
}

static int
do_cas(struct deed *d)
{
	struct object *it = objects_find(&d->m->objects, d->c->key);

	if (it == NULL || it->kind != NUMBER ||
	    it->number != d->argument.u.list[0])
		return NOT_SO;
	it->number = d->argument.u.list[1];
	return DONE;
}

static int
do_delete(struct deed *d)
{
	objects_drop(d->me, &d->m->objects, d->c->key);
	return DONE;
}

/* ---- counters ---------------------------------------------------------------------- */

static int
count(struct deed *d, bool down)
{
	uint64_t by = (uint64_t)fr_number(d->argument, 1);
	struct object *it;
	int refused = verb_object(d, NUMBER, &it);

	if (refused == DONE)
		it->number = (int64_t)((uint64_t)it->number +
				       (down ? 0 - by : by));
	return refused;
}

static int
do_increment(struct deed *d)
{
	return count(d, false);
}

static int
do_decrement(struct deed *d)
{
	return count(d, true);
}

/* ---- the table ---------------------------------------------------------------------- */

/* What it takes: nothing, a number, a text, so many numbers, a transaction. */
enum {
	NOTHING = 1, A_NUMBER = 2, A_TEXT = 4, NUMBERS = 8, TRANSACTION = 16
};

static const struct verb {
	int (*run)(struct deed *d);
	uint32_t takes, count;
	bool reads;
} verbs[MACHINE_VERBS] = {
	[MACHINE_GET] = { do_get, NOTHING, 0, true },
	[MACHINE_READ] = { do_get, NOTHING, 0, true },
	[MACHINE_PUT] = { do_put, A_NUMBER | A_TEXT, 0, false },
	[MACHINE_WRITE] = { do_put, A_NUMBER | A_TEXT, 0, false },
	[MACHINE_APPEND] = { do_append, A_TEXT, 0, false },
	[MACHINE_CAS] = { do_cas, NUMBERS, 2, false },
	[MACHINE_DELETE] = { do_delete, NOTHING, 0, false },
	[MACHINE_INCREMENT] = { do_increment, NOTHING | A_NUMBER, 0, false },
	[MACHINE_DECREMENT] = { do_decrement, NOTHING | A_NUMBER, 0, false },
	[MACHINE_ENQUEUE] = { do_put_last, A_NUMBER, 0, false },
	[MACHINE_DEQUEUE] = { do_take_first, NOTHING, 0, false },
	[MACHINE_PUSH] = { do_put_last, A_NUMBER, 0, false },
	[MACHINE_POP] = { do_take_last, NOTHING, 0, false },
	[MACHINE_SEND] = { do_send, A_NUMBER, 0, false },
	[MACHINE_POLL] = { do_poll, A_NUMBER, 0, true },
	[MACHINE_COMMIT] = { do_commit, A_NUMBER, 0, false },
	[MACHINE_LIST_COMMITTED] = { do_list_committed, NOTHING, 0, true },
	[MACHINE_ADD] = { do_add, A_NUMBER, 0, false },
	[MACHINE_REMOVE] = { do_remove, A_NUMBER, 0, false },
	[MACHINE_CONTAINS] = { do_contains, A_NUMBER, 0, true },
	[MACHINE_LOCK] = { do_lock, A_NUMBER | NUMBERS, 2, false },
	[MACHINE_UNLOCK] = { do_unlock, A_NUMBER, 0, false },
	[MACHINE_ACQUIRE] = { do_acquire, A_NUMBER | NUMBERS, 2, false },
	[MACHINE_RELEASE] = { do_unlock, A_NUMBER, 0, false },
	[MACHINE_STORE] = { do_store, NUMBERS, 2, false },
	[MACHINE_OPEN] = { do_open, NUMBERS, 2, false },
	[MACHINE_TRANSFER] = { do_transfer, NUMBERS, 3, false },
	[MACHINE_TXN] = { do_txn, NOTHING | TRANSACTION, 0, false },
};

int
verb_do(struct deed *d)
{
	d->answer = fr_nil();
#ifdef BUG_two_steps
	if (!verb_reads(d->c->f, &d->argument) && txn_settle(d) < 0)
		return -1;
#endif
	return verbs[d->c->f].run(d);
}

const char *
verb_refuses(uint32_t f, const struct fr_value *v)
{
	const struct verb *verb = &verbs[f];
	bool fits = false;

	if (v->kind == FR_LIST && verb->takes & TRANSACTION)
		return txn_refuses(v);
	if (v->kind == FR_NIL)
		fits = verb->takes & NOTHING;
	else if (v->kind == FR_INT)
		fits = verb->takes & A_NUMBER;
	else if (v->kind == FR_BYTES)
		fits = verb->takes & A_TEXT;
	else if (v->kind == FR_LIST)
		fits = verb->takes & NUMBERS && v->count == verb->count;
	return fits ? NULL : "it does not take such a value";
}

bool
verb_reads(uint32_t f, const struct fr_value *v)
{
	return verbs[f].takes & TRANSACTION ? txn_reads(v) : verbs[f].reads;
}
