/* SPDX-License-Identifier: MIT */
/* A configuration of the search: set up, moved forth and back, remembered. */
#include "checker/search.h"

#include <string.h>

/* ---- hashing ------------------------------------------------------------------------ */

static inline void
toggle(struct search *s, uint32_t i)
{
	uint64_t z = ((uint64_t)i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	s->hash.low ^= scramble(z);
	s->hash.high ^= scramble(z ^ UINT64_C(0xd6e8feb86659fd93));
}

bool
keys_grow(struct budget *b, struct key **table, uint64_t *mask)
{
	uint64_t room = *table == NULL ? 256 : (*mask + 1) * 4, i, slot;
	struct key *grown = budget_new(b, room, sizeof *grown), *old = *table;

	if (grown == NULL)
		return false;
	for (i = 0; old != NULL && i <= *mask; i++) {
		if (old[i].low == 0 && old[i].high == 0)
			continue;
		slot = old[i].low & (room - 1);
		while (grown[slot].low != 0 || grown[slot].high != 0)
			slot = (slot + 1) & (room - 1);
		grown[slot] = old[i];
	}
	if (old != NULL)
		budget_free(b, old, *mask + 1, sizeof *old);
	*table = grown;
	*mask = room - 1;
	return true;
}

int
keys_add(struct key *table, uint64_t mask, struct key k)
{
	uint64_t slot;
	struct key *m;

	for (slot = k.low & mask;; slot = (slot + 1) & mask) {
		m = &table[slot];
		if (m->low == k.low && m->high == k.high)
			return 0;
		if (m->low == 0 && m->high == 0)
			break;
	}
	*m = k;
	return 1;
}

struct key
search_key(const struct search *s)
{
	struct key k = s->hash;
	uint64_t z = ((uint64_t)s->state + 1) * UINT64_C(0xd1342543de82ef95);

	k.low ^= scramble(z);
	k.high ^= scramble(z ^ UINT64_C(0x2545f4914f6cdd1d));
	if (k.low == 0 && k.high == 0)
		k.low = 1;
	return k;
}

int
search_remember(struct search *s)
{
	struct key k = search_key(s);
	int fresh;

	k.low ^= s->epoch;
	k.low |= k.low == 0 && k.high == 0;
	if (s->memo_count * 4 > s->memo_mask * 3 &&
	    !keys_grow(s->budget, &s->memo, &s->memo_mask))
		return -1;
	fresh = keys_add(s->memo, s->memo_mask, k);
	s->memo_count += (uint64_t)fresh;
	return fresh;
}

/* ---- setting up ---------------------------------------------------------------------- */

/* Zeroed room for so many numbers; NULL: there is none. */
static uint32_t *
new_block(struct search *s, int which, size_t count)
{
	s->blocks[which].at = budget_new(s->budget, count, sizeof(uint32_t));
	s->blocks[which].count = count;
	return s->blocks[which].at;
}

static uint32_t *
carve(uint32_t **at, size_t count)
{
	uint32_t *piece = *at;

	*at += count;
	return piece;
}

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
	uint32_t i, c, b, *at;

	at = new_block(s, PENDING_BLOCK, 2 * (size_t)s->pending_count +
			  3 * (size_t)s->classes + 1);
	if (at == NULL)
		return false;
	s->pending = carve(&at, s->pending_count);
	s->open = carve(&at, s->pending_count);
	s->pending_start = carve(&at, s->classes + (size_t)1);
	s->pending_used = carve(&at, s->classes);
	s->loose = (uint8_t *)at;
	memset(s->loose, s->plain, s->classes);
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

static inline void
ring_add(uint32_t *next, uint32_t *prev, uint32_t head, uint32_t i)
{
	prev[i] = prev[head];
	next[i] = head;
	next[prev[head]] = i;
	prev[head] = i;
}

static bool
make_values(struct search *s)
{
	const struct part *p = s->p;
	uint32_t i, k, v = p->values, *at;
	size_t room = (size_t)s->n + 1 + v;

	at = new_block(s, VALUE_BLOCK, 4 * room + 3 * (size_t)v +
			  s->classes);
	if (at == NULL)
		return false;
	s->user_next = carve(&at, room);
	s->user_prev = carve(&at, room);
	s->maker_next = carve(&at, room);
	s->maker_prev = carve(&at, room);
	s->first_class = carve(&at, v);
	s->want_stamp = carve(&at, v);
	s->want = carve(&at, v);
	s->next_class = carve(&at, s->classes);
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

bool
search_set_up(struct search *s, const struct part *p,
	      const struct fr_history *h, struct budget *b)
{
	size_t n = p->n;
	uint32_t *at;

	memset(s, 0, sizeof *s);
	s->p = p;
	s->budget = b;
	s->n = p->n;
	s->plain = p->shape == SHAPE_PLAIN;
	if (object_init(&s->o, p, h, b) != 0)
		return false;
	s->state = s->o.initial;
	at = new_block(s, MAIN_BLOCK, 7 * n + 2);
	if (at == NULL)
		return false;
	s->next = carve(&at, n + 1);
	s->prev = carve(&at, n + 1);
	s->by_ret = carve(&at, n);
	s->class_of = carve(&at, n);
	s->class_stamp = carve(&at, n);
	s->class_best = carve(&at, n);
	s->taken = (uint8_t *)at;
	s->trail_room = p->n + 64;
	s->trail = budget_new(b, s->trail_room, sizeof *s->trail);
	return s->trail != NULL && make_order(s) && make_classes(s) &&
		(!s->plain || make_values(s)) && make_pending(s) &&
		keys_grow(b, &s->memo, &s->memo_mask) && cuts_find(s);
}

void
search_tear_down(struct search *s)
{
	struct budget *b = s->budget;
	int i;

	object_free(&s->o);
	for (i = 0; i < BLOCKS; i++)
		budget_free(b, s->blocks[i].at, s->blocks[i].count,
			    sizeof *s->blocks[i].at);
	budget_free(b, s->trail, s->trail_room, sizeof *s->trail);
	budget_free(b, s->frames, s->frame_room, sizeof *s->frames);
	if (s->memo != NULL)
		budget_free(b, s->memo, s->memo_mask + 1, sizeof *s->memo);
	cuts_free(s);
}

/* ---- moving --------------------------------------------------------------------------- */

/* Puts back what was taken out last. */
static inline void
ring_in(uint32_t *next, uint32_t *prev, uint32_t i)
{
	next[prev[i]] = i;
	prev[next[i]] = i;
}

void
search_take(struct search *s, uint32_t i, uint32_t state)
{
	const struct part *p = s->p;

	s->trail[s->trail_length++] = i;
	s->state = state;
	if (is_loose(s, i)) {
		s->pending_used[s->class_of[i]]++;
		return;
	}
	toggle(s, i);
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

void
search_go_back(struct search *s, const struct frame *f)
{
	const struct part *p = s->p;
	uint32_t i;

	while (s->trail_length > f->trail) {
		i = s->trail[--s->trail_length];
		if (is_loose(s, i)) {
			s->pending_used[s->class_of[i]]--;
			continue;
		}
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
