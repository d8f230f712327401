/* SPDX-License-Identifier: MIT */
/*
 * One shard: locks and data.
 *
 * The locks of a transaction are its acts themselves: from the moment when it
 * gets all that it needs here until it is decided it is in the list of deals,
 * and whoever clashes with it cannot have its own.  So they are as durable as
 * what it agreed to (invariant 2 of two-phase-store.c).
 */
#include "store.h"

static const struct order *
order_of(const struct deal *d, size_t *count)
{
	*count = (d->t.size - sizeof(struct order)) / sizeof(struct act);
	return (const struct order *)(const void *)d->t.asked;
}

/* ---- data ---------------------------------------------------------------- */

/*
 * What act number `at` finds: what is there, and what the transaction has put
 * there before.  Without `numbers` it is only counted.
 */
static uint32_t
look(const struct store *s, const struct order *o, size_t at, int64_t *numbers)
{
	const struct act *a = &o->acts[at];
	const struct object *it = objects_find(&s->objects, a->key);
	uint32_t count = it == NULL ? 0 : object_count(it);
	size_t i;

	if (count > 0 && numbers != NULL)
		memcpy(numbers, object_numbers(it), count * sizeof *numbers);
	for (i = 0; i < at; i++) {
		if (o->acts[i].kind != PUT || o->acts[i].key != a->key)
			continue;
		if (numbers != NULL)
			numbers[count] = o->acts[i].a;
		count++;
	}
	return count;
}

/* Whether so much is in the account. */
static bool
can_change(const struct store *s, const struct act *a)
{
	const struct object *it = objects_find(&s->objects, a->key);

	return it != NULL && a->a >= 0 && a->a < object_count(it) &&
	       object_numbers(it)[a->a] + a->b >= 0;
}

/* For each act that finds something: how many numbers, and which. */
void
shard_result(struct fr_node *me, struct transaction *t, struct fr_writer *w)
{
	const struct store *s = me->state;
	size_t count, i;
	const struct order *o = order_of((struct deal *)t, &count);
	uint32_t found, k;
	int64_t *numbers;

	for (i = 0; i < count; i++) {
		if (o->acts[i].kind == CHANGE) {
			fr_put_u32(w, can_change(s, &o->acts[i]));
			continue;
		}
		if (act_writes(&o->acts[i]))
			continue;
		found = look(s, o, i, NULL);
		numbers = fr_alloc(me, (found + 1) * sizeof *numbers);
		w->failed |= numbers == NULL;
		if (w->failed)
			return;
		look(s, o, i, numbers);
		/* Of a register the last number is all. */
		k = o->acts[i].kind == GET && found > 0 ? found - 1 : 0;
		fr_put_u32(w, found - k);
		fr_put_bytes(w, numbers + k, (found - k) * sizeof *numbers);
		fr_free(me, numbers);
	}
}

/* -1: no memory. */
static int
apply(struct fr_node *me, const struct act *a)
{
	struct store *s = me->state;
	struct object *it = objects_make(me, &s->objects, a->key, LIST);
	int64_t i;

	if (it == NULL)
		return -1;
	if (a->kind == PUT)
		return object_insert(me, it, it->size, &a->a, sizeof a->a);
	if (a->kind == CHANGE)
		object_numbers(it)[a->a] += a->b;
	if (a->kind == OPEN && object_count(it) == 0)
		for (i = 0; i < a->a; i++)
			if (object_insert(me, it, it->size, &a->b,
					  sizeof a->b) < 0)
				return -1;
	return 0;
}

/* ---- locks --------------------------------------------------------------- */

static bool
clash(const struct deal *d, const struct deal *e)
{
	size_t m, n, i, k;
	const struct order *o = order_of(d, &m), *p = order_of(e, &n);

	for (i = 0; i < m; i++)
		for (k = 0; k < n; k++) {
			if (o->acts[i].key != p->acts[k].key)
				continue;
#ifdef BUG_reads_lock_nothing
			if (!act_writes(&o->acts[i]) ||
			    !act_writes(&p->acts[k]))
				continue;
#endif
			if (act_writes(&o->acts[i]) || act_writes(&p->acts[k]))
				return true;
		}
	return false;
}

static bool
older(const struct deal *d, const struct deal *e)
{
	size_t count;
	uint64_t a = order_of(d, &count)->age, b = order_of(e, &count)->age;

	return a != b ? a < b : d->t.d.id < e->t.d.id;
}

static void
list(struct store *s, struct deal *d)
{
	struct deal **at = &s->deals;

	while (*at != NULL && older(*at, d))
		at = &(*at)->next;
	d->next = *at;
	*at = d;
	d->listed = true;
}

static void
unlist(struct store *s, struct deal *d)
{
	struct deal **at = &s->deals;

	if (!d->listed)
		return;
	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	d->listed = d->holds = false;
}

enum { HAS_TO_WAIT, HAS_TO_DIE, CAN_HAVE };

/* Wait-die (Rosenkrantz, Stearns, Lewis 1978): only the older waits. */
static int
chance(const struct store *s, const struct deal *d)
{
	const struct deal *e;
	int what = CAN_HAVE;

	for (e = s->deals; e != NULL; e = e->next) {
		if (e == d || !clash(d, e))
			continue;
		if (older(e, d))
			return HAS_TO_DIE;
		if (e->holds)
			what = HAS_TO_WAIT;
	}
	return what;
}

/* Whether all that was found can be said. */
static bool
can_say(struct fr_node *me, struct deal *d)
{
	unsigned char room[TWO_PHASE_MAX];
	struct fr_writer w = fr_writer(room, sizeof room);

	shard_result(me, &d->t, &w);
	return !w.failed;
}

/* Whoever can have its locks gets them, and agrees; the oldest first. */
static void
grant(struct fr_node *me)
{
	struct store *s = me->state;
	struct deal *d;
	int what;

	if (s->granting)
		return;
	s->granting = true;
	for (d = s->deals; d != NULL;) {
		what = d->holds ? HAS_TO_WAIT : chance(s, d);
		if (what == HAS_TO_WAIT) {
			d = d->next;
			continue;
		}
		d->holds = what == CAN_HAVE;
		two_phase_vote(me, &d->t, d->holds && can_say(me, d));
#ifdef BUG_releases_when_it_agrees
		unlist(s, d);
#endif
		d = s->deals;		/* the list is another one now */
	}
	s->granting = false;
}

void
shard_weigh(struct fr_node *me, struct transaction *t)
{
	struct store *s = me->state;
	struct deal *d = (struct deal *)t;
	size_t count;
	uint64_t age;

	if (t->size < sizeof(struct order)) {
		two_phase_vote(me, t, false);
		return;
	}
	age = order_of(d, &count)->age / FR_NODES_MAX;
	if (age > s->clock)
		s->clock = age;
	list(s, d);
	grant(me);
}

/* Invariant 2: also what it has only read. */
void
shard_restore(struct fr_node *me, struct transaction *t)
{
	struct deal *d = (struct deal *)t;

#ifdef BUG_restores_no_locks
	return;
#endif
	list(me->state, d);
	d->holds = true;
}

void
shard_settle(struct fr_node *me, struct transaction *t, bool commit)
{
	struct store *s = me->state;
	struct deal *d = (struct deal *)t;
	size_t count, i;
	const struct order *o = order_of(d, &count);

	unlist(s, d);
	for (i = 0; commit && i < count; i++)
		if (act_writes(&o->acts[i]) && apply(me, &o->acts[i]) < 0) {
			/* It has to say no more: what it has is not right. */
			fr_log(me, "no memory: this node is silent");
			s->two_phase.silent = true;
		}
	grant(me);
}
