/* SPDX-License-Identifier: MIT */
/*
 * Sequential objects, as plainly as they can be written: a value, a growing
 * list of values, or a workload's own state, one for each key.
 */
#include "checker/engine.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"

struct object_of_key {
	int64_t key;
	struct fr_value value;		/* register                            */
	struct buf text;		/* kv: what was appended to            */
	struct fr_value *items;		/* collections, from `head` on         */
	size_t head, count, room;
	size_t *slots, slot_mask;	/* set: where each item is, plus one   */
	int64_t number;			/* counter, permits, mutex, last fence */
	int64_t holder;
	int64_t *balances;
	unsigned char *marks;		/* set: of each item                   */
	void *state, *next;		/* a workload's own                    */
};

struct reference {
	const struct bound *m;
	struct object_of_key *at;
	size_t count, room;
	size_t *table, mask;
};

static bool
same(const struct fr_value *a, const struct fr_value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case FR_NIL:
		return true;
	case FR_INT:
		return a->u.number == b->u.number;
	case FR_LIST:
		return a->count == b->count && (a->count == 0 ||
			memcmp(a->u.list, b->u.list,
			       a->count * sizeof *a->u.list) == 0);
	default:
		return a->count == b->count && (a->count == 0 ||
			memcmp(a->u.bytes, b->u.bytes, a->count) == 0);
	}
}

static struct fr_value
number(int64_t n)
{
	struct fr_value v;

	memset(&v, 0, sizeof v);
	v.kind = FR_INT;
	v.u.number = n;
	return v;
}

/* ---- one object a key ------------------------------------------------------------- */

static void
start(const struct bound *m, struct object_of_key *o, int64_t key)
{
	int64_t i;

	memset(o, 0, sizeof *o);
	o->key = key;
	o->value = m->initial;
	o->holder = -1;
	buf_init(&o->text, SIZE_MAX / 4);
	if (m->own != NULL) {
		o->state = mem_new((size_t)m->own->state_size + 16);
		o->next = mem_new((size_t)m->own->state_size + 16);
		m->own->init(o->state);
		return;
	}
	switch (m->model->kind) {
	case MODEL_COUNTER:
		o->number = m->initial.kind == FR_INT ?
			m->initial.u.number : 0;
		break;
	case MODEL_SEMAPHORE:
		o->number = m->permits;
		break;
	case MODEL_LOCK:
		o->number = INT64_MIN;
		break;
	case MODEL_BANK:
		o->balances = mem_array((size_t)m->accounts,
					sizeof *o->balances);
		for (i = 0; i < m->accounts; i++)
			o->balances[i] = m->balance;
		break;
	default:
		break;
	}
}

static inline size_t
slot_of(const struct reference *r, int64_t key)
{
	return (size_t)((uint64_t)key * UINT64_C(0x9e3779b97f4a7c15) >> 24) &
		r->mask;
}

static struct object_of_key *
object_of(struct reference *r, const struct fr_operation *op)
{
	int64_t key = op->key;
	size_t slot, i, mask;

	if (r->m->own != NULL)
		key = r->m->own->partition != NULL ?
			r->m->own->partition(op) : FR_NO_KEY;
	if (r->table != NULL) {
		slot = slot_of(r, key);
		for (; r->table[slot] != 0; slot = (slot + 1) & r->mask)
			if (r->at[r->table[slot] - 1].key == key)
				return &r->at[r->table[slot] - 1];
	}
	mem_grow(&r->at, &r->room, r->count + 1, sizeof *r->at);
	start(r->m, &r->at[r->count++], key);
	if (r->table == NULL || r->count * 2 > r->mask) {
		mask = r->table == NULL ? 15 : r->mask * 2 + 1;
		free(r->table);
		r->table = mem_array(mask + 1, sizeof *r->table);
		r->mask = mask;
		i = 0;
	} else {
		i = r->count - 1;
	}
	for (; i < r->count; i++) {
		slot = slot_of(r, r->at[i].key);
		while (r->table[slot] != 0)
			slot = (slot + 1) & r->mask;
		r->table[slot] = i + 1;
	}
	return &r->at[r->count - 1];
}

/* ---- registers and maps -------------------------------------------------------------- */

static bool
empty(const struct fr_value *v)
{
	return v->kind == FR_NIL || (v->kind != FR_INT && v->count == 0);
}

/* kv: "" and [] are nil. */
static bool
same_value(const struct bound *m, const struct fr_value *a,
	   const struct fr_value *b)
{
	if (m->model->kind == MODEL_KV && empty(a) && empty(b))
		return true;
	return same(a, b);
}

static bool
append(struct object_of_key *o, const struct fr_value *piece)
{
	size_t size = piece->kind == FR_LIST ? sizeof(int64_t) : 1;

	if (empty(piece))
		return true;
	if (empty(&o->value)) {
		buf_clear(&o->text);
		o->value.kind = piece->kind;
		o->value.count = 0;
	} else if (o->value.kind != piece->kind) {
		return false;
	} else if (o->value.u.bytes != o->text.data) {
		buf_clear(&o->text);
		buf_add(&o->text, o->value.u.bytes, o->value.count * size);
	}
	buf_add(&o->text, piece->u.bytes, piece->count * size);
	o->value.count += piece->count;
	o->value.u.bytes = o->text.data;
	return true;
}

static bool
apply_register(const struct bound *m, struct object_of_key *o,
	       const struct fr_operation *op, enum word w)
{
	struct fr_value from, to;

	switch (w) {
	case W_READ:
		if (op->outcome != FR_OK ||
		    (m->nil_reads_any && op->result.kind == FR_NIL))
			return true;
		return same_value(m, &o->value, &op->result);
	case W_WRITE:
		o->value = op->value;
		return true;
	case W_DELETE:
		memset(&o->value, 0, sizeof o->value);
		return true;
	case W_APPEND:
		return append(o, &op->value);
	default:
		from = number(op->value.u.list[0]);
		to = number(op->value.u.list[1]);
		if (op->outcome == FR_FAIL ||
		    (op->outcome == FR_OK && op->result.kind == FR_INT &&
		     op->result.u.number == 0))
			return !same(&o->value, &from);
		if (!same(&o->value, &from))
			return false;
		o->value = to;
		return true;
	}
}

/* ---- collections ------------------------------------------------------------------------ */

static void
add(struct object_of_key *o, const struct fr_value *v)
{
	mem_grow(&o->items, &o->room, o->count + 1, sizeof *o->items);
	o->items[o->count++] = *v;
}

static uint64_t
hash_of(const struct fr_value *v)
{
	if (v->kind == FR_INT)
		return hash_mix(1, (uint64_t)v->u.number);
	if (v->kind == FR_NIL)
		return 0;
	return hash_bytes(v->kind, v->u.bytes, (size_t)v->count *
			  (v->kind == FR_LIST ? sizeof(int64_t) : 1));
}

/* Where v is among the set's items, or where its slot would be. */
static size_t *
set_slot(struct object_of_key *o, const struct fr_value *v)
{
	size_t slot = (size_t)hash_of(v) & o->slot_mask, k;

	for (; (k = o->slots[slot]) != 0; slot = (slot + 1) & o->slot_mask)
		if (same(&o->items[k - 1], v))
			break;
	return &o->slots[slot];
}

static void
set_room(struct object_of_key *o)
{
	size_t i, mask = o->slots == NULL ? 15 : o->slot_mask * 2 + 1;

	if (o->slots != NULL && o->count * 2 < o->slot_mask)
		return;
	free(o->slots);
	o->slots = mem_array(mask + 1, sizeof *o->slots);
	o->slot_mask = mask;
	for (i = 0; i < o->count; i++)
		*set_slot(o, &o->items[i]) = i + 1;
}

/* An item stays in the list for ever; marks[] says whether it is in the set. */
static bool
read_set(struct object_of_key *o, const struct fr_value *list)
{
	struct fr_value item;
	size_t i, *slot;
	bool right = list->count == (uint64_t)o->number;

	/* Each of them is there (1), and was not met before (2). */
	for (i = 0; i < list->count && right; i++) {
		item = number(list->u.list[i]);
		slot = set_slot(o, &item);
		right = *slot != 0 && o->marks[*slot - 1] == 1;
		if (right)
			o->marks[*slot - 1] = 2;
	}
	for (i = 0; i < o->count; i++)
		if (o->marks[i] == 2)
			o->marks[i] = 1;
	return right;
}

static bool
apply_set(struct object_of_key *o, const struct fr_operation *op, enum word w)
{
	size_t *slot, i;
	bool there;

	set_room(o);
	if (w == W_READ)
		return op->outcome != FR_OK || read_set(o, &op->result);
	slot = set_slot(o, &op->value);
	if (*slot == 0) {
		add(o, &op->value);
		o->marks = mem_resize(o->marks, o->room, sizeof *o->marks);
		o->marks[o->count - 1] = 0;
		*slot = o->count;
	}
	i = *slot - 1;
	there = o->marks[i] != 0;
	if (w == W_HAS)
		return op->outcome != FR_OK || there ==
			!(op->result.kind == FR_INT &&
			  op->result.u.number == 0);
	o->number += (int)(w == W_ADD) - (int)there;
	o->marks[i] = w == W_ADD;
	return true;
}

/* The greatest first: a heap of numbers. */
static void
heap_put(struct object_of_key *o, const struct fr_value *v)
{
	struct fr_value *h;
	size_t i, up;

	add(o, v);
	h = o->items;
	for (i = o->count - 1; i > 0; i = up) {
		up = (i - 1) / 2;
		if (h[up].u.number >= v->u.number)
			break;
		h[i] = h[up];
	}
	h[i] = *v;
}

static void
heap_take(struct object_of_key *o)
{
	struct fr_value *h = o->items, last = h[--o->count];
	size_t i = 0, down;

	for (; (down = 2 * i + 1) < o->count; i = down) {
		if (down + 1 < o->count &&
		    h[down + 1].u.number > h[down].u.number)
			down++;
		if (h[down].u.number <= last.u.number)
			break;
		h[i] = h[down];
	}
	h[i] = last;
}

static bool
apply_queue(const struct bound *m, struct object_of_key *o,
	    const struct fr_operation *op, enum word w)
{
	char kind = m->model->name[0];	/* queue, stack, priority-queue */
	const struct fr_value *next;

	if (w == W_PUT) {
		if (kind == 'p')
			heap_put(o, &op->value);
		else
			add(o, &op->value);
		return true;
	}
	if (o->head == o->count)
		return op->outcome != FR_OK || op->result.kind == FR_NIL;
	next = kind == 's' ? &o->items[o->count - 1] : &o->items[o->head];
	if (op->outcome == FR_OK && !same(next, &op->result))
		return false;
	if (w == W_PEEK)
		return true;
	if (kind == 'p')
		heap_take(o);
	else if (kind == 's')
		o->count--;
	else
		o->head++;
	return true;
}

static bool
apply_log(struct object_of_key *o, const struct fr_operation *op, enum word w)
{
	const struct fr_value *r = &op->result;
	int64_t at;
	size_t i;

	if (w == W_APPEND) {
		if (op->outcome == FR_OK && r->kind == FR_INT &&
		    r->u.number != (int64_t)o->count)
			return false;
		add(o, &op->value);
		return true;
	}
	if (op->outcome != FR_OK)
		return true;
	if (w == W_SIZE)
		return r->u.number == (int64_t)o->count;
	if (op->value.kind == FR_INT) {
		at = op->value.u.number;
		if (at < 0 || (uint64_t)at >= o->count)
			return r->kind == FR_NIL;
		return same(&o->items[at], r);
	}
	if (r->count != o->count)
		return false;
	for (i = 0; i < o->count; i++)
		if (o->items[i].kind != FR_INT ||
		    o->items[i].u.number != r->u.list[i])
			return false;
	return true;
}

/* ---- numbers and locks ------------------------------------------------------------------- */

static bool
apply_counter(struct object_of_key *o, const struct fr_operation *op,
	      enum word w)
{
	int64_t amount = op->value.kind == FR_INT ? op->value.u.number : 1;
	int64_t before = o->number;
	bool known = op->outcome == FR_OK;

	if (w == W_READ)
		return !known || before == (op->result.kind == FR_INT ?
					    op->result.u.number : 0);
	if (w == W_DECREMENT)
		amount = -amount;
	o->number = (int64_t)((uint64_t)before + (uint64_t)amount);
	if (w == W_ADD_GET && known)
		return op->result.u.number == o->number;
	if (w == W_GET_ADD && known)
		return op->result.u.number == before;
	return true;
}

static bool
apply_lock(const struct bound *m, struct object_of_key *o,
	   const struct fr_operation *op, enum word w)
{
	int64_t n = op->value.kind == FR_INT ? op->value.u.number : 1;
	bool known = op->outcome == FR_OK && op->result.kind == FR_INT;

	switch (m->model->name[0]) {
	case 's':	/* semaphore */
		if (w == W_ACQUIRE ? n > o->number :
		    n > m->permits - o->number)
			return false;
		o->number += w == W_ACQUIRE ? -n : n;
		return true;
	case 'm':	/* mutex */
		if (w == W_ACQUIRE && known && op->result.u.number == 0)
			return o->number == 1;
		if (o->number == (w == W_ACQUIRE))
			return false;
		o->number = w == W_ACQUIRE;
		return true;
	default:	/* fenced-lock */
		if (w == W_RELEASE) {
			if (o->holder != (int64_t)op->client)
				return false;
			o->holder = -1;
			return true;
		}
		if (o->holder != -1 || o->number == INT64_MAX ||
		    (known && op->result.u.number <= o->number))
			return false;
		o->holder = op->client;
		o->number = known ? op->result.u.number : o->number + 1;
		return true;
	}
}

static bool
apply_bank(const struct bound *m, struct object_of_key *o,
	   const struct fr_operation *op, enum word w)
{
	const int64_t *t = op->value.u.list;

	if (w == W_READ)
		return op->outcome != FR_OK ||
			(op->result.count == (uint64_t)m->accounts &&
			 memcmp(op->result.u.list, o->balances,
				(size_t)m->accounts * sizeof(int64_t)) == 0);
	if (w == W_OPEN)
		return true;
	if (o->balances[t[0]] < t[2] && !m->negative)
		return false;
	o->balances[t[0]] = (int64_t)((uint64_t)o->balances[t[0]] -
				      (uint64_t)t[2]);
	o->balances[t[1]] = (int64_t)((uint64_t)o->balances[t[1]] +
				      (uint64_t)t[2]);
	return true;
}

/* ---- the whole ------------------------------------------------------------------------------ */

struct reference *
reference_new(const struct bound *m)
{
	struct reference *r = mem_new(sizeof *r);

	r->m = m;
	return r;
}

bool
reference_apply(struct reference *r, const struct fr_operation *op)
{
	struct object_of_key *o = object_of(r, op);
	const struct bound *m = r->m;
	enum word w = m->words[op->f];
	void *swap;

	if (m->own != NULL) {
		memset(o->next, 0, m->own->state_size);
		if (!m->own->step(o->state, op, o->next))
			return false;
		swap = o->state;
		o->state = o->next;
		o->next = swap;
		return true;
	}
	switch (m->model->kind) {
	case MODEL_REGISTER:
	case MODEL_KV:
		return apply_register(m, o, op, w);
	case MODEL_SET:
		return apply_set(o, op, w);
	case MODEL_COUNTER:
		return apply_counter(o, op, w);
	case MODEL_LOG:
		return apply_log(o, op, w);
	case MODEL_BANK:
		return apply_bank(m, o, op, w);
	case MODEL_MUTEX:
	case MODEL_LOCK:
	case MODEL_SEMAPHORE:
		return apply_lock(m, o, op, w);
	default:
		return apply_queue(m, o, op, w);
	}
}

void
reference_free(struct reference *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		buf_free(&r->at[i].text);
		free(r->at[i].items);
		free(r->at[i].slots);
		free(r->at[i].balances);
		free(r->at[i].marks);
		free(r->at[i].state);
		free(r->at[i].next);
	}
	free(r->at);
	free(r->table);
	free(r);
}
