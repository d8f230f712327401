/* SPDX-License-Identifier: MIT */
/* Lists as queues, stacks and logs; and sets. */
#include "verbs.h"

#define WORD		((uint32_t)sizeof(int64_t))
/* Records that one poll gives. */
#define POLL_MOST	32u

/* ---- queues, stacks ------------------------------------------------------------------ */

int
do_put_last(struct deed *d)
{
	struct object *it;
	int refused = verb_object(d, LIST, &it);

	return refused != DONE ? refused :
	       object_insert(d->me, it, it->size, &d->argument.u.number, WORD);
}

/* Takes the i-th number: it is the answer. */
static void
take(struct deed *d, struct object *it, uint32_t i)
{
	d->answer = fr_int(object_numbers(it)[i]);
	object_cut(it, i * WORD, WORD);
}

int
do_take_first(struct deed *d)
{
	struct object *it;
	int refused = verb_object(d, LIST, &it);

	if (refused == DONE && it->size > 0) {
		take(d, it, 0);
		it->number++;
	}
	return refused;
}

int
do_take_last(struct deed *d)
{
	struct object *it;
	int refused = verb_object(d, LIST, &it);

	if (refused == DONE && it->size > 0)
		take(d, it, object_count(it) - 1);
	return refused;
}

/* ---- logs ---------------------------------------------------------------------------- */

int
do_send(struct deed *d)
{
	struct object *it;
	int refused = verb_object(d, LIST, &it);

	if (refused != DONE)
		return refused;
	d->answer = fr_int(it->number + object_count(it));
	return object_insert(d->me, it, it->size, &d->argument.u.number, WORD);
}

int
do_poll(struct deed *d)
{
	const struct object *it = objects_find(&d->m->objects, d->c->key);
	int64_t from = d->argument.u.number, *pairs;
	uint32_t i, at, count;

	if (it == NULL)
		return DONE;
	if (it->kind != LIST)
		return OTHER_KIND;
	if (from < it->number)
		from = it->number;
	if (from >= it->number + object_count(it))
		return DONE;
	at = (uint32_t)(from - it->number);
	count = object_count(it) - at;
	if (count > POLL_MOST)
		count = POLL_MOST;
	d->made = pairs = fr_alloc(d->me, (size_t)count * 2 * WORD);
	if (pairs == NULL)
		return -1;
	for (i = 0; i < count; i++) {
		pairs[2 * i] = from + i;
		pairs[2 * i + 1] = object_numbers(it)[at + i];
	}
	d->answer = fr_list(pairs, 2 * count);
	return DONE;
}

int
do_commit(struct deed *d)
{
	struct object *it;
	int refused = verb_object(d, LIST, &it);

	if (refused != DONE)
		return refused;
	if (d->argument.u.number < 0 ||
	    d->argument.u.number >= it->number + object_count(it))
		return NOT_SO;
	it->mark = d->argument.u.number + 1;
	return DONE;
}

int
do_list_committed(struct deed *d)
{
	const struct object *it = objects_find(&d->m->objects, d->c->key);

	if (it != NULL && it->kind != LIST)
		return OTHER_KIND;
	if (it != NULL && it->mark > 0)
		d->answer = fr_int(it->mark - 1);
	return DONE;
}

/* ---- sets, in order --------------------------------------------------------------------- */

/* Where it is, or would be. */
static uint32_t
place(const struct object *it, int64_t number)
{
	uint32_t low = 0, high = object_count(it), middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (object_numbers(it)[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_at(const struct object *it, uint32_t at, int64_t number)
{
	return at < object_count(it) && object_numbers(it)[at] == number;
}

int
do_add(struct deed *d)
{
	int64_t number = d->argument.u.number;
	struct object *it;
	int refused = verb_object(d, SET, &it);
	uint32_t at;

	if (refused != DONE)
		return refused;
	at = place(it, number);
	return is_at(it, at, number) ? DONE :
	       object_insert(d->me, it, at * WORD, &number, WORD);
}

int
do_remove(struct deed *d)
{
	struct object *it;
	int refused = verb_object(d, SET, &it);
	uint32_t at;

	if (refused != DONE)
		return refused;
	at = place(it, d->argument.u.number);
	if (is_at(it, at, d->argument.u.number))
		object_cut(it, at * WORD, WORD);
	return DONE;
}

int
do_contains(struct deed *d)
{
	const struct object *it = objects_find(&d->m->objects, d->c->key);
	int64_t number = d->argument.u.number;

	if (it != NULL && it->kind != SET)
		return OTHER_KIND;
	d->answer = fr_int(it != NULL && is_at(it, place(it, number), number));
	return DONE;
}
