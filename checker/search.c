/* SPDX-License-Identifier: MIT */
/*
 * The general search: is there an order, for any model?
 *
 * Wing and Gong's search ("Testing and verifying concurrent objects", 1993)
 * with Lowe's memory of configurations ("Testing for linearizability", 2016),
 * depth first, never recursive.  A configuration is the set of operations that
 * are linearized, and the state.  The first completion that is not linearized
 * is F; candidates are those called before it.
 *
 * 1. A configuration is remembered as 128 bits: the exclusive or of one random
 *    word pair an operation, mixed with the state's number.  It is tried once.
 * 2. Eager: an operation that never changes the state and is legal now is
 *    taken at once; wherever else it could stand, it can stand here.
 * 3. Of candidates with the same effect only the one with the earliest
 *    deadline is tried: two such can change places in any linearization.
 *    Pending ones of the same effect are taken in the order of their calls,
 *    and after those that have a deadline.
 * 4. Plain models: a pending operation is taken only when a candidate needs
 *    the value it makes, maybe through other pending ones: the next operation
 *    must use the value, or the linearization could do without.
 * 5. Plain models: a value that is still needed by some deadline, and that
 *    nothing called before that deadline can make again, is not overwritten.
 */
#include "checker/engine.h"

#include <string.h>

#define PATIENCE UINT64_C(200000)	/* steps                               */

struct key {
	uint64_t low, high;
};

/* What to go back to: the trail's length, and where it stood. */
struct frame {
	uint32_t trail, state, at;
	uint32_t tried_class, tried_rank;	/* the last candidate tried    */
};

struct search {
	const struct part *p;
	struct object o;
	struct budget *budget;
	bool plain;
	uint32_t n, ok_count, pending_count, classes;
	/* A ring of the operations not linearized, in order of calls; n is
	 * its head.  Pending ones are not in it. */
	uint32_t *next, *prev;
	uint32_t *by_ret;
	uint8_t *taken;
	uint32_t at;			/* F is by_ret[at]                     */
	uint32_t state;
	struct key hash;
	uint32_t *trail;
	uint32_t trail_length;
	struct frame *frames;
	uint32_t frame_count, frame_room;
	/* Operations of the same effect are a class. */
	uint32_t *class_of;
	uint32_t *class_stamp, *class_best;
	uint32_t *pending, *pending_start, *pending_used;
	uint32_t *open, open_count;	/* classes with pending, first first   */
	/* plain: of each value a ring of those that need it, by deadline, and
	 * one of those that make it, by call; n + 1 + value is its head. */
	uint32_t *user_next, *user_prev, *maker_next, *maker_prev;
	uint32_t *first_class, *next_class;	/* with pending that make it   */
	uint32_t *want_stamp, *want;
	uint32_t want_count;
	uint32_t stamp;
	/* the memory of configurations */
	struct key *memo;
	uint64_t memo_mask, memo_count;
	uint64_t steps;
	uint32_t deepest;
};

/* ---- hashing ------------------------------------------------------------------------ */

static inline uint64_t
scramble(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline void
toggle(struct search *s, uint32_t i)
{
	uint64_t z = ((uint64_t)i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	s->hash.low ^= scramble(z);
	s->hash.high ^= scramble(z ^ UINT64_C(0xd6e8feb86659fd93));
}

static bool
memo_grow(struct search *s)
{
	uint64_t room = s->memo == NULL ? 256 : (s->memo_mask + 1) * 4, i, slot;
	struct key *memo = budget_new(s->budget, room, sizeof *memo);

	if (memo == NULL)
		return false;
	for (i = 0; s->memo != NULL && i <= s->memo_mask; i++) {
		if (s->memo[i].low == 0 && s->memo[i].high == 0)
			continue;
		slot = s->memo[i].low & (room - 1);
		while (memo[slot].low != 0 || memo[slot].high != 0)
			slot = (slot + 1) & (room - 1);
		memo[slot] = s->memo[i];
	}
	if (s->memo != NULL)
		budget_free(s->budget, s->memo, s->memo_mask + 1,
			    sizeof *memo);
	s->memo = memo;
	s->memo_mask = room - 1;
	return true;
}

/* 1: the configuration is new; 0: it was here; -1: no memory. */
static int
memo_add(struct search *s)
{
	struct key k = s->hash, *m;
	uint64_t z = ((uint64_t)s->state + 1) * UINT64_C(0xd1342543de82ef95);
	uint64_t slot;

	k.low ^= scramble(z);
	k.high ^= scramble(z ^ UINT64_C(0x2545f4914f6cdd1d));
	if (k.low == 0 && k.high == 0)
		k.low = 1;
	/* Where there is no memory to grow, fill what is there. */
	if (s->memo == NULL || (s->memo_count * 4 > s->memo_mask * 3 &&
	    !memo_grow(s)))
		return -1;
	for (slot = k.low & s->memo_mask;; slot = (slot + 1) & s->memo_mask) {
		m = &s->memo[slot];
		if (m->low == k.low && m->high == k.high)
			return 0;
		if (m->low == 0 && m->high == 0)
			break;
	}
	*m = k;
	s->memo_count++;
	return 1;
}

/* ---- setting up ---------------------------------------------------------------------- */

/* Numbers the effects; a workload's own operations are all different. */
static bool
make_classes(struct search *s)
{
	const struct part *p = s->p;
	uint32_t mask = 15, *table, i, slot, other;
	uint64_t h;

	if (p->shape == SHAPE_OWN) {
		for (i = 0; i < p->n; i++)
			s->class_of[i] = i;
		s->classes = p->n;
		return true;
	}
	while (mask < p->n * 2u && mask < UINT32_MAX / 4)
		mask = mask * 2 + 1;
	table = budget_new(s->budget, (size_t)mask + 1, sizeof *table);
	if (table == NULL)
		return false;
	for (i = 0; i < p->n; i++) {
		h = scramble(((uint64_t)p->a[i] << 32 | p->b[i]) +
			     (uint64_t)p->kind[i] * 77 + p->flags[i]);
		for (slot = (uint32_t)h & mask; table[slot] != 0;
		     slot = (slot + 1) & mask) {
			other = table[slot] - 1;
			if (p->a[other] == p->a[i] && p->b[other] == p->b[i] &&
			    p->kind[other] == p->kind[i] &&
			    p->flags[other] == p->flags[i])
				break;
		}
		if (table[slot] == 0) {
			table[slot] = i + 1;
			s->class_of[i] = s->classes++;
		} else {
			s->class_of[i] = s->class_of[table[slot] - 1];
		}
	}
	budget_free(s->budget, table, (size_t)mask + 1, sizeof *table);
	return true;
}

static bool
make_pending(struct search *s)
{
	const struct part *p = s->p;
	uint32_t i, c, b;

	s->pending = budget_new(s->budget, s->pending_count,
				sizeof *s->pending);
	s->pending_start = budget_new(s->budget, s->classes + 1u,
				      sizeof *s->pending_start);
	s->pending_used = budget_new(s->budget, s->classes,
				     sizeof *s->pending_used);
	s->open = budget_new(s->budget, s->pending_count, sizeof *s->open);
	if (s->pending == NULL || s->pending_start == NULL ||
	    s->pending_used == NULL || s->open == NULL)
		return false;
	for (i = 0; i < p->n; i++)
		if (p->ret[i] == NEVER)
			s->pending_start[s->class_of[i] + 1]++;
	for (c = 0; c < s->classes; c++)
		s->pending_start[c + 1] += s->pending_start[c];
	for (i = 0; i < p->n; i++) {
		if (p->ret[i] != NEVER)
			continue;
		c = s->class_of[i];
		s->pending[s->pending_start[c] + s->pending_used[c]++] = i;
		if (s->pending_used[c] > 1)
			continue;
		s->open[s->open_count++] = c;
		b = p->b[i];
		if (s->plain && b != NONE) {
			s->next_class[c] = s->first_class[b];
			s->first_class[b] = c;
		}
	}
	memset(s->pending_used, 0, s->classes * sizeof *s->pending_used);
	return true;
}

static inline void
ring_out(uint32_t *next, uint32_t *prev, uint32_t i)
{
	next[prev[i]] = next[i];
	prev[next[i]] = prev[i];
}

/* Puts back what was taken out last. */
static inline void
ring_in(uint32_t *next, uint32_t *prev, uint32_t i)
{
	next[prev[i]] = i;
	prev[next[i]] = i;
}

static inline void
ring_add(uint32_t *next, uint32_t *prev, uint32_t head, uint32_t i)
{
	prev[i] = prev[head];
	next[i] = head;
	next[prev[head]] = i;
	prev[head] = i;
}

static inline bool
is_user(const struct part *p, uint32_t i)
{
	return p->a[i] != NONE && p->ret[i] != NEVER &&
		!(p->flags[i] & OP_UNLESS);
}

/* The ring of a value begins and ends here. */
static inline uint32_t
head_of(const struct search *s, uint32_t value)
{
	return s->n + 1 + value;
}

static bool
make_values(struct search *s)
{
	const struct part *p = s->p;
	uint32_t i, k, v = p->values;
	size_t room = (size_t)s->n + 1 + v;

	s->user_next = budget_new(s->budget, room, sizeof *s->user_next);
	s->user_prev = budget_new(s->budget, room, sizeof *s->user_prev);
	s->maker_next = budget_new(s->budget, room, sizeof *s->maker_next);
	s->maker_prev = budget_new(s->budget, room, sizeof *s->maker_prev);
	s->first_class = budget_new(s->budget, v, sizeof *s->first_class);
	s->next_class = budget_new(s->budget, s->classes,
				   sizeof *s->next_class);
	s->want_stamp = budget_new(s->budget, v, sizeof *s->want_stamp);
	s->want = budget_new(s->budget, v, sizeof *s->want);
	if (s->user_next == NULL || s->user_prev == NULL ||
	    s->maker_next == NULL || s->maker_prev == NULL ||
	    s->first_class == NULL || s->next_class == NULL ||
	    s->want_stamp == NULL || s->want == NULL)
		return false;
	memset(s->first_class, 0xff, v * sizeof *s->first_class);
	for (i = s->n + 1; i < room; i++)
		s->user_next[i] = s->user_prev[i] = s->maker_next[i] =
			s->maker_prev[i] = i;
	for (k = 0; k < s->ok_count; k++) {
		i = s->by_ret[k];
		if (is_user(p, i))
			ring_add(s->user_next, s->user_prev,
				 head_of(s, p->a[i]), i);
	}
	for (i = 0; i < p->n; i++)
		if (p->b[i] != NONE)
			ring_add(s->maker_next, s->maker_prev,
				 head_of(s, p->b[i]), i);
	return true;
}

static bool
make_order(struct search *s)
{
	const struct part *p = s->p;
	uint32_t *bucket, i, last = p->n;

	bucket = budget_new(s->budget, p->ranks, sizeof *bucket);
	if (bucket == NULL)
		return false;
	s->next[last] = s->prev[last] = last;
	for (i = 0; i < p->n; i++) {
		if (p->ret[i] == NEVER) {
			s->pending_count++;
			continue;
		}
		bucket[p->ret[i]] = i + 1;
		s->prev[i] = last;
		s->next[last] = i;
		last = i;
	}
	s->next[last] = p->n;
	s->prev[p->n] = last;
	for (i = 0; i < p->ranks; i++)
		if (bucket[i] != 0)
			s->by_ret[s->ok_count++] = bucket[i] - 1;
	budget_free(s->budget, bucket, p->ranks, sizeof *bucket);
	return true;
}

static bool
set_up(struct search *s, const struct part *p, const struct fr_history *h,
       struct budget *b)
{
	size_t n = p->n;

	memset(s, 0, sizeof *s);
	s->p = p;
	s->budget = b;
	s->n = p->n;
	s->plain = p->shape == SHAPE_PLAIN;
	if (object_init(&s->o, p, h, b) != 0)
		return false;
	s->state = s->o.initial;
	s->next = budget_new(b, n + 1, sizeof *s->next);
	s->prev = budget_new(b, n + 1, sizeof *s->prev);
	s->by_ret = budget_new(b, n, sizeof *s->by_ret);
	s->taken = budget_new(b, n, sizeof *s->taken);
	s->trail = budget_new(b, n, sizeof *s->trail);
	s->class_of = budget_new(b, n, sizeof *s->class_of);
	s->class_stamp = budget_new(b, n, sizeof *s->class_stamp);
	s->class_best = budget_new(b, n, sizeof *s->class_best);
	return s->next != NULL && s->prev != NULL && s->by_ret != NULL &&
		s->taken != NULL && s->trail != NULL && s->class_of != NULL &&
		s->class_stamp != NULL && s->class_best != NULL &&
		make_order(s) && make_classes(s) &&
		(!s->plain || make_values(s)) && make_pending(s) &&
		memo_grow(s);
}

static void
tear_down(struct search *s)
{
	struct budget *b = s->budget;
	size_t n = s->n, v = s->p->values;

	object_free(&s->o);
	budget_free(b, s->next, n + 1, sizeof *s->next);
	budget_free(b, s->prev, n + 1, sizeof *s->prev);
	budget_free(b, s->by_ret, n, sizeof *s->by_ret);
	budget_free(b, s->taken, n, sizeof *s->taken);
	budget_free(b, s->trail, n, sizeof *s->trail);
	budget_free(b, s->class_of, n, sizeof *s->class_of);
	budget_free(b, s->class_stamp, n, sizeof *s->class_stamp);
	budget_free(b, s->class_best, n, sizeof *s->class_best);
	budget_free(b, s->pending, s->pending_count, sizeof *s->pending);
	budget_free(b, s->open, s->pending_count, sizeof *s->open);
	budget_free(b, s->pending_start, s->classes + 1u,
		    sizeof *s->pending_start);
	budget_free(b, s->pending_used, s->classes, sizeof *s->pending_used);
	budget_free(b, s->user_next, n + 1 + v, sizeof *s->user_next);
	budget_free(b, s->user_prev, n + 1 + v, sizeof *s->user_prev);
	budget_free(b, s->maker_next, n + 1 + v, sizeof *s->maker_next);
	budget_free(b, s->maker_prev, n + 1 + v, sizeof *s->maker_prev);
	budget_free(b, s->first_class, v, sizeof *s->first_class);
	budget_free(b, s->next_class, s->classes, sizeof *s->next_class);
	budget_free(b, s->want_stamp, v, sizeof *s->want_stamp);
	budget_free(b, s->want, v, sizeof *s->want);
	budget_free(b, s->frames, s->frame_room, sizeof *s->frames);
	if (s->memo != NULL)
		budget_free(b, s->memo, s->memo_mask + 1, sizeof *s->memo);
}

/* ---- moving --------------------------------------------------------------------------- */

/* The state after i, or NONE. */
static inline uint32_t
step(struct search *s, uint32_t i)
{
	const struct part *p = s->p;
	uint32_t a, b;

	if (!s->plain)
		return s->o.step(&s->o, s->state, i);
	a = p->a[i];
	b = p->b[i];
	if (p->flags[i] & OP_UNLESS)
		return s->state == a ? NONE : s->state;
	if (a != NONE && a != s->state && s->state != WILD)
		return NONE;
	return b != NONE ? b : a != NONE ? a : s->state;
}

static void
take(struct search *s, uint32_t i, uint32_t state)
{
	const struct part *p = s->p;

	s->trail[s->trail_length++] = i;
	toggle(s, i);
	s->state = state;
	if (s->plain && p->b[i] != NONE)
		ring_out(s->maker_next, s->maker_prev, i);
	if (p->ret[i] == NEVER) {
		s->pending_used[s->class_of[i]]++;
		return;
	}
	if (s->plain && is_user(p, i))
		ring_out(s->user_next, s->user_prev, i);
	s->next[s->prev[i]] = s->next[i];
	s->prev[s->next[i]] = s->prev[i];
	s->taken[i] = 1;
	while (s->at < s->ok_count && s->taken[s->by_ret[s->at]])
		s->at++;
}

static void
go_back(struct search *s, const struct frame *f)
{
	const struct part *p = s->p;
	uint32_t i;

	while (s->trail_length > f->trail) {
		i = s->trail[--s->trail_length];
		toggle(s, i);
		if (s->plain && p->b[i] != NONE)
			ring_in(s->maker_next, s->maker_prev, i);
		if (p->ret[i] == NEVER) {
			s->pending_used[s->class_of[i]]--;
			continue;
		}
		if (s->plain && is_user(p, i))
			ring_in(s->user_next, s->user_prev, i);
		s->next[s->prev[i]] = i;
		s->prev[s->next[i]] = i;
		s->taken[i] = 0;
	}
	s->state = f->state;
	s->at = f->at;
}

/* A candidate is called before this rank. */
static inline uint32_t
horizon(const struct search *s)
{
	return s->at < s->ok_count ? s->p->ret[s->by_ret[s->at]] : 0;
}

/* Takes all that never change the state and are legal now. */
static void
settle(struct search *s)
{
	const struct part *p = s->p;
	uint32_t limit = horizon(s), i, next;

	for (i = s->next[s->n]; i != s->n && p->call[i] < limit; i = next) {
		next = s->next[i];
		if (!(p->flags[i] & OP_PURE) || step(s, i) != s->state)
			continue;
		take(s, i, s->state);
		limit = horizon(s);
	}
}

/* ---- choosing --------------------------------------------------------------------------- */

struct choice {
	uint32_t class, rank;		/* the smaller, the earlier tried      */
	uint32_t op, state;
};

static inline bool
before(uint32_t class_a, uint32_t rank_a, uint32_t class_b, uint32_t rank_b)
{
	return class_a != class_b ? class_a < class_b : rank_a < rank_b;
}

static void
want(struct search *s, uint32_t value)
{
	if (s->want_stamp[value] == s->stamp)
		return;
	s->want_stamp[value] = s->stamp;
	s->want[s->want_count++] = value;
}

/* Can what i makes be overwritten at once?  Nobody is left to see it, or
 * somebody else makes it again before the next is called that needs it. */
static bool
may_hide(const struct search *s, uint32_t i, uint32_t made)
{
	const struct part *p = s->p;
	uint32_t head = head_of(s, made), user = s->user_next[head];
	uint32_t maker = s->maker_next[head];

	if (user == head)
		return true;
	if (maker == i)
		maker = s->maker_next[maker];
	return maker != head && p->ret[maker] < p->call[user];
}

/* How promising i is: a small number is tried early. */
static uint32_t
promise(const struct search *s, uint32_t i)
{
	const struct part *p = s->p;
	uint32_t first = s->by_ret[s->at], made;

	if (!s->plain)
		return p->ret[i] == NEVER;
	made = p->b[i] != NONE ? p->b[i] : p->a[i];
	if (first != i && p->a[first] == made &&
	    !(p->flags[first] & OP_UNLESS))
		return 0;
	if (s->want_stamp[made] == s->stamp)
		return 2;
	if (may_hide(s, i, made))
		return 1;
	return i == first ? 3 : 4;
}

/* Rule 5. */
static bool
must_stay(const struct search *s, uint32_t i)
{
	const struct part *p = s->p;
	uint32_t head, user, maker;

	if (!s->plain || s->state == WILD || p->b[i] == s->state)
		return false;
	head = head_of(s, s->state);
	user = s->user_next[head];
	if (user == i)
		user = s->user_next[user];
	if (user == head)
		return false;
	maker = s->maker_next[head];
	return maker == head || p->call[maker] > p->ret[user];
}

static void
consider(struct search *s, uint32_t i, const struct frame *f,
	 struct choice *best)
{
	uint32_t class, rank, state;

	if (must_stay(s, i))
		return;
	class = promise(s, i);
	rank = s->p->ret[i] == NEVER ? s->p->ranks + s->p->call[i] :
		s->p->ret[i];
	if (!before(f->tried_class, f->tried_rank, class, rank + 1) ||
	    (best->op != NONE &&
	     !before(class, rank, best->class, best->rank)))
		return;
	state = step(s, i);
	if (state == NONE)
		return;
	best->class = class;
	best->rank = rank;
	best->op = i;
	best->state = state;
}

/* The next of class c that is pending and was called in time, or NONE. */
static uint32_t
next_pending(const struct search *s, uint32_t c, uint32_t limit)
{
	uint32_t at = s->pending_start[c] + s->pending_used[c], i;

	if (at >= s->pending_start[c + 1] || s->class_stamp[c] == s->stamp)
		return NONE;
	i = s->pending[at];
	return s->p->call[i] < limit ? i : NONE;
}

static void
consider_pending(struct search *s, uint32_t limit, bool all,
		 const struct frame *f, struct choice *best)
{
	const struct part *p = s->p;
	uint32_t c, i, k;

	if (all) {
		for (k = 0; k < s->open_count; k++) {
			c = s->open[k];
			if (p->call[s->pending[s->pending_start[c]]] >= limit)
				break;
			if ((i = next_pending(s, c, limit)) != NONE)
				consider(s, i, f, best);
		}
		return;
	}
	for (k = 0; k < s->want_count; k++) {
		for (c = s->first_class[s->want[k]]; c != NONE;
		     c = s->next_class[c]) {
			if ((i = next_pending(s, c, limit)) == NONE)
				continue;
			if (p->a[i] == NONE || p->a[i] == s->state ||
			    s->state == WILD)
				consider(s, i, f, best);
			else
				want(s, p->a[i]);
		}
	}
}

/* The best candidate after the last one tried; op NONE: there is none. */
static struct choice
choose(struct search *s, const struct frame *f)
{
	const struct part *p = s->p;
	struct choice best = { 0, 0, NONE, NONE };
	uint32_t limit = horizon(s), i, c;
	bool all = !s->plain;

	s->stamp++;
	s->want_count = 0;
	for (i = s->next[s->n]; i != s->n && p->call[i] < limit;
	     i = s->next[i]) {
		if (s->plain && p->a[i] != NONE && p->a[i] != s->state) {
			if (!(p->flags[i] & OP_UNLESS))
				want(s, p->a[i]);
		} else if (s->plain && (p->flags[i] & OP_UNLESS)) {
			all = true;	/* anything that changes the value */
		}
		c = s->class_of[i];
		if (s->class_stamp[c] != s->stamp ||
		    p->ret[i] < p->ret[s->class_best[c]]) {
			s->class_stamp[c] = s->stamp;
			s->class_best[c] = i;
		}
	}
	for (i = s->next[s->n]; i != s->n && p->call[i] < limit;
	     i = s->next[i])
		if (s->class_best[s->class_of[i]] == i &&
		    (!(p->flags[i] & OP_PURE) || s->state == WILD))
			consider(s, i, f, &best);
	if (s->pending_count > 0)
		consider_pending(s, limit, all, f, &best);
	return best;
}

static bool
push(struct search *s)
{
	uint32_t room = s->frame_room == 0 ? 64 : s->frame_room * 2;
	struct frame *f;

	if (s->frame_count == s->frame_room) {
		f = budget_resize(s->budget, s->frames, s->frame_room, room,
				  sizeof *f);
		if (f == NULL)
			return false;
		s->frames = f;
		s->frame_room = room;
	}
	f = &s->frames[s->frame_count++];
	f->trail = s->trail_length;
	f->state = s->state;
	f->at = s->at;
	f->tried_class = f->tried_rank = 0;
	return true;
}

/* ---- the search --------------------------------------------------------------------------- */

/* A value that is read and that nothing can ever have made. */
static bool
impossible(struct search *s, struct answer *out)
{
	const struct part *p = s->p;
	uint32_t i;

	if (!s->plain || p->initial == NONE)
		return false;
	for (i = 0; i < p->n; i++) {
		if (!is_user(p, i) || p->a[i] == p->initial ||
		    s->maker_next[head_of(s, p->a[i])] !=
		    head_of(s, p->a[i]))
			continue;
		out->decision = NO;
		out->violation = "invented";
		out->clash[0] = i;
		out->clash_count = 1;
		return true;
	}
	return false;
}

static void
search(struct search *s, uint64_t steps, struct answer *out)
{
	struct frame *f;
	struct choice c;
	int fresh;

	for (;;) {
		settle(s);
		if (s->at > s->deepest)
			s->deepest = s->at;
		if (s->at == s->ok_count) {
			out->decision = YES;
			return;
		}
		fresh = memo_add(s);
		if (fresh < 0 || (fresh > 0 && !push(s)) || s->o.failed)
			return;
		for (;;) {
			if ((++s->steps & 255) == 0 &&
			    (!budget_time(s->budget) ||
			     s->budget->out != OUT_NOTHING))
				return;
			if (steps != 0 && s->steps > steps) {
				out->out = OUT_STEPS;
				return;
			}
			if (s->frame_count == 0) {
				out->decision = NO;
				return;
			}
			f = &s->frames[s->frame_count - 1];
			go_back(s, f);
			c = choose(s, f);
			if (s->o.failed)
				return;
			if (c.op != NONE)
				break;
			s->frame_count--;
		}
		f->tried_class = c.class;
		f->tried_rank = c.rank + 1;
		take(s, c.op, c.state);
	}
}

void
search_once(const struct part *p, const struct fr_history *h, uint64_t steps,
	    struct answer *out, struct budget *b)
{
	struct search s;

	out->algorithm = "search";
	out->decision = UNDECIDED;
	out->clash_count = 0;
	out->violation = NULL;
	out->frontier = p->ranks;
	out->out = OUT_NOTHING;
	if (set_up(&s, p, h, b) && !impossible(&s, out)) {
		search(&s, steps, out);
		if (s.deepest < s.ok_count)
			out->frontier = p->ret[s.by_ret[s.deepest]];
		if (out->decision == YES) {
			memcpy(out->order, s.trail,
			       s.trail_length * sizeof *s.trail);
			out->count = s.trail_length;
		}
	}
	if (out->decision == UNDECIDED && out->out == OUT_NOTHING)
		out->out = (enum ran_out)b->out;
	tear_down(&s);
}

/*
 * A search that is stuck looks back over a window from where it came to, and
 * begins again, with more patience, where that proves nothing.
 */
void
search_decide(const struct part *p, const struct fr_history *h, uint64_t steps,
	      struct answer *out, struct budget *b)
{
	uint64_t patience = PATIENCE + 4 * (uint64_t)p->n;
	uint8_t *keep;

	if (p->shape != SHAPE_PLAIN || p->initial == NONE ||
	    (steps != 0 && steps <= patience)) {
		search_once(p, h, steps, out, b);
		return;
	}
	keep = budget_new(b, p->n, 1);
	for (;;) {
		search_once(p, h, steps != 0 && steps < patience ? steps :
			    patience, out, b);
		if (out->out != OUT_STEPS || keep == NULL ||
		    (steps != 0 && steps <= patience))
			break;
		if (window_refute(p, h, out->frontier, PATIENCE / 10, keep,
				  b)) {
			out->decision = NO;
			out->out = OUT_NOTHING;
			break;
		}
		if (!budget_time(b)) {
			out->out = OUT_TIME;
			break;
		}
		patience *= 8;
	}
	budget_free(b, keep, p->n, 1);
}
