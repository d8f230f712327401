/* SPDX-License-Identifier: MIT */
/*
 * Numbering: (key, value) pairs in an open-addressing table, and a stable
 * sort of indices by a 64-bit key.
 */
#include "checker/weak/weak.h"

#include <string.h>

#include "checker/values.h"
#include "core/base/rand.h"

static uint64_t
value_hash(int64_t key, const struct fr_value *v)
{
	uint64_t h = hash_mix((uint64_t)key, v->kind);

	switch (v->kind) {
	case FR_NIL:
		return h;
	case FR_INT:
		return hash_mix(h, (uint64_t)v->u.number);
	case FR_LIST:
		return hash_bytes(h, v->u.list, v->count * sizeof *v->u.list);
	default:
		return hash_bytes(h, v->u.bytes, v->count);
	}
}

static void
rehash(struct pairs *p, uint32_t size)
{
	uint32_t i, slot;

	weak_drop(p->w, p->table);
	p->table = weak_new(p->w, size, sizeof *p->table);
	p->mask = size - 1;
	for (i = 0; i < p->count; i++) {
		slot = (uint32_t)p->at[i].hash & p->mask;
		while (p->table[slot] != 0)
			slot = (slot + 1) & p->mask;
		p->table[slot] = i + 1;
	}
}

void
pairs_init(struct pairs *p, struct weak *w, uint64_t expected)
{
	uint32_t size = 64;

	while (size < expected * 2 && size < UINT32_C(1) << 30)
		size *= 2;
	memset(p, 0, sizeof *p);
	p->w = w;
	rehash(p, size);
}

uint32_t
pairs_id(struct pairs *p, int64_t key, const struct fr_value *v, bool make)
{
	uint64_t hash = value_hash(key, v);
	uint32_t slot = (uint32_t)hash & p->mask;
	struct pair *e;

	for (; p->table[slot] != 0; slot = (slot + 1) & p->mask) {
		e = &p->at[p->table[slot] - 1];
		if (e->hash == hash && e->key == key &&
		    value_equal(&e->value, v))
			return p->table[slot] - 1;
	}
	if (!make)
		return NONE;
	weak_grow(p->w, &p->at, &p->room, (size_t)p->count + 1, sizeof *e);
	e = &p->at[p->count];
	e->hash = hash;
	e->key = key;
	e->value = *v;
	p->table[slot] = ++p->count;
	if (p->count > p->mask / 2)
		rehash(p, (p->mask + 1) * 2);
	return p->count - 1;
}

uint32_t
pairs_number(struct pairs *p, int64_t key, int64_t number, bool make)
{
	struct fr_value v;

	memset(&v, 0, sizeof v);
	v.kind = FR_INT;
	v.u.number = number;
	return pairs_id(p, key, &v, make);
}

/* Eight bits a pass, from the low end; passes that change nothing are left
 * out. */
uint32_t *
weak_order(struct weak *w, const uint64_t *key, uint32_t n)
{
	uint32_t *a = weak_new(w, n, sizeof *a);
	uint32_t *b = weak_new(w, n, sizeof *b), *t;
	uint32_t count[257], i, byte, digit;

	for (i = 0; i < n; i++)
		a[i] = i;
	for (byte = 0; byte < 64; byte += 8) {
		memset(count, 0, sizeof count);
		for (i = 0; i < n; i++)
			count[(key[i] >> byte & 255) + 1]++;
		for (digit = 0; digit < 256; digit++)
			if (count[digit + 1] == n)
				break;
		if (digit < 256)
			continue;
		for (digit = 1; digit < 256; digit++)
			count[digit] += count[digit - 1];
		for (i = 0; i < n; i++)
			b[count[key[a[i]] >> byte & 255]++] = a[i];
		t = a;
		a = b;
		b = t;
		weak_tick(w);
	}
	weak_drop(w, b);
	return a;
}
