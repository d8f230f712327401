/* SPDX-License-Identifier: MIT */
/*
 * The values of a part, numbered.
 *
 * The hash of a text s of symbols is sum s[i] * B^(n-1-i) modulo 2^61 - 1, for
 * two bases at once; then hash(st) = hash(s) * B^|t| + hash(t).  Two different
 * values of one history share both with a probability of about n^2 * 2^-110;
 * a verdict of valid is re-checked on the values themselves all the same.
 *
 * As long as there are only numbers, they are looked up by themselves.
 */
#include "checker/engine.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/rand.h"

#define PRIME	((UINT64_C(1) << 61) - 1)
#define BASE_1	UINT64_C(0x0d5a17f3c4b29e6b)	/* both below PRIME */
#define BASE_2	UINT64_C(0x17c3e85a06f1b94d)

struct dict_entry {
	uint64_t h1, h2;
	uint64_t p1, p2;		/* the bases to the power of length    */
	struct fr_value value;		/* kind FR_NIL: a concatenation        */
	uint32_t kind;
	uint32_t length;
	uint32_t head, piece;		/* of a concatenation                  */
};

static uint64_t
mulmod(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	uint64_t sum = (uint64_t)(product & PRIME) + (uint64_t)(product >> 61);

	return sum >= PRIME ? sum - PRIME : sum;
}

static uint64_t
addmod(uint64_t a, uint64_t b)
{
	uint64_t sum = a + b;

	return sum >= PRIME ? sum - PRIME : sum;
}

void
dict_init(struct dict *d, struct budget *b)
{
	memset(d, 0, sizeof *d);
	d->budget = b;
	d->count = 1;			/* nil */
}

void
dict_direct(struct dict *d, int64_t low, uint32_t count)
{
	d->low = low;
	d->direct = count;
}

void
dict_free(struct dict *d)
{
	budget_free(d->budget, d->at, d->room, sizeof *d->at);
	budget_free(d->budget, d->numbers, d->room, sizeof *d->numbers);
	if (d->table != NULL)
		budget_free(d->budget, d->table, (size_t)d->mask + 1,
			    sizeof *d->table);
	d->at = NULL;
	d->numbers = NULL;
	d->table = NULL;
}

uint32_t
dict_size(const struct dict *d)
{
	return d->direct > 0 ? d->direct + 1 : d->count;
}

/* ---- looking up ---------------------------------------------------------- */

static inline uint32_t
slot_of(const struct dict *d, const struct dict_entry *e)
{
	return (uint32_t)(e->h1 ^ e->h2 >> 7) & d->mask;
}

static inline uint32_t
slot_of_number(const struct dict *d, int64_t n)
{
	return (uint32_t)((uint64_t)n * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
		d->mask;
}

static void
hash_number(struct dict_entry *e, int64_t n)
{
	memset(e, 0, sizeof *e);
	e->kind = e->value.kind = FR_INT;
	e->value.u.number = n;
	e->h1 = hash_mix(1, (uint64_t)n) & PRIME;
	e->h2 = hash_mix(2, (uint64_t)n) & PRIME;
	e->p1 = e->p2 = 1;
}

/* A table for `room` entries, of which those that are there are put in. */
static bool
make_table(struct dict *d, uint32_t room)
{
	uint32_t size = room * 2, i, slot, *table;

	table = budget_new(d->budget, size, sizeof *table);
	if (table == NULL)
		return false;
	if (d->table != NULL)
		budget_free(d->budget, d->table, (size_t)d->mask + 1,
			    sizeof *table);
	d->table = table;
	d->mask = size - 1;
	for (i = 1; i < d->count; i++) {
		slot = d->at == NULL ? slot_of_number(d, d->numbers[i]) :
			slot_of(d, &d->at[i]);
		while (table[slot] != 0)
			slot = (slot + 1) & d->mask;
		table[slot] = i;
	}
	return true;
}

static bool
grow(struct dict *d)
{
	uint32_t room = d->room == 0 ? 32 : d->room * 2;
	struct dict_entry *at;
	int64_t *numbers;

	if (room > UINT32_MAX / 4)
		return false;
	if (d->at != NULL) {
		at = budget_resize(d->budget, d->at, d->room, room,
				   sizeof *at);
		if (at == NULL)
			return false;
		d->at = at;
	} else {
		numbers = budget_resize(d->budget, d->numbers, d->room, room,
					sizeof *numbers);
		if (numbers == NULL)
			return false;
		d->numbers = numbers;
	}
	d->room = room;
	return make_table(d, room);
}

/* From numbers to values of any kind, each under its number. */
static bool
widen(struct dict *d)
{
	uint32_t room = d->room == 0 ? 32 : d->room, i;
	struct dict_entry *at = budget_new(d->budget, room, sizeof *at);

	if (at == NULL)
		return false;
	for (i = 1; i < d->count; i++)
		hash_number(&at[i], d->numbers[i]);
	budget_free(d->budget, d->numbers, d->room, sizeof *d->numbers);
	d->numbers = NULL;
	d->at = at;
	d->room = room;
	return make_table(d, room);
}

/* The number of what has this content; made where it is new. */
static uint32_t
find(struct dict *d, const struct dict_entry *e)
{
	const struct dict_entry *o;
	uint32_t slot;

	if (d->failed || (d->at == NULL && !widen(d)) ||
	    (d->count >= d->room && !grow(d))) {
		d->failed = true;
		return NIL;
	}
	slot = slot_of(d, e);
	while (d->table[slot] != 0) {
		o = &d->at[d->table[slot]];
		if (o->h1 == e->h1 && o->h2 == e->h2 && o->kind == e->kind &&
		    o->length == e->length)
			return d->table[slot];
		slot = (slot + 1) & d->mask;
	}
	d->table[slot] = d->count;
	d->at[d->count] = *e;
	return d->count++;
}

static uint32_t
find_number(struct dict *d, int64_t n)
{
	struct dict_entry e;
	uint32_t slot;

	if (d->at != NULL) {
		hash_number(&e, n);
		return find(d, &e);
	}
	if (d->failed || (d->count >= d->room && !grow(d))) {
		d->failed = true;
		return NIL;
	}
	for (slot = slot_of_number(d, n); d->table[slot] != 0;
	     slot = (slot + 1) & d->mask)
		if (d->numbers[d->table[slot]] == n)
			return d->table[slot];
	d->table[slot] = d->count;
	d->numbers[d->count] = n;
	return d->count++;
}

/* ---- hashes -------------------------------------------------------------- */

/* Eight bytes at a time: value[k][byte] is (byte + 1) * B^(7 - k). */
static struct {
	uint64_t value[2][8][256];
	uint64_t eighth[2];
	uint64_t of_two[2][32];		/* B^(2^k)                             */
} powers;

__attribute__((constructor))
static void
make_powers(void)
{
	static const uint64_t bases[2] = { BASE_1, BASE_2 };
	uint64_t power;
	unsigned int which, k, byte;

	for (which = 0; which < 2; which++) {
		power = 1;
		for (k = 8; k-- > 0;) {
			for (byte = 0; byte < 256; byte++)
				powers.value[which][k][byte] =
					mulmod(power, byte + 1);
			power = mulmod(power, bases[which]);
		}
		powers.eighth[which] = power;
		power = bases[which];
		for (k = 0; k < 32; k++) {
			powers.of_two[which][k] = power;
			power = mulmod(power, power);
		}
	}
}

static uint64_t
power_of(unsigned int which, uint32_t length)
{
	uint64_t power = 1;
	unsigned int k;

	for (k = 0; length > 0; k++, length >>= 1)
		if (length & 1)
			power = mulmod(power, powers.of_two[which][k]);
	return power;
}

static inline uint64_t
hash_eight(const uint64_t table[8][256], uint64_t eighth, uint64_t h,
	   const unsigned char *bytes)
{
	uint64_t sum = 0;
	unsigned int k;

	/* Eight numbers below 2^61 do not overflow. */
	for (k = 0; k < 8; k++)
		sum += table[k][bytes[k]];
	sum = (sum & PRIME) + (sum >> 61);
	return addmod(mulmod(h, eighth), sum >= PRIME ? sum - PRIME : sum);
}

static void
hash_symbol(struct dict_entry *e, uint64_t symbol)
{
	e->h1 = addmod(mulmod(e->h1, BASE_1), symbol);
	e->h2 = addmod(mulmod(e->h2, BASE_2), symbol);
}

uint32_t
dict_id(struct dict *d, const struct fr_value *v)
{
	struct dict_entry e;
	const unsigned char *bytes = v->u.bytes;
	uint32_t i;

	if (v->kind == FR_NIL)
		return NIL;
	if (d->direct > 0) {
		FR_ASSERT(v->kind == FR_INT);
		return (uint32_t)(v->u.number - d->low) + 1;
	}
	if (v->kind == FR_INT)
		return find_number(d, v->u.number);
	if (d->fold_empty && v->count == 0)
		return NIL;
	memset(&e, 0, sizeof e);
	e.kind = v->kind;
	e.value = *v;
	e.length = v->count;
	switch (v->kind) {
	case FR_LIST:
		for (i = 0; i < v->count; i++)
			hash_symbol(&e, hash_mix(3, (uint64_t)v->u.list[i]) %
				    PRIME);
		break;
	default:
		for (i = 0; i + 8 <= v->count; i += 8) {
			e.h1 = hash_eight(powers.value[0], powers.eighth[0],
					  e.h1, bytes + i);
			e.h2 = hash_eight(powers.value[1], powers.eighth[1],
					  e.h2, bytes + i);
		}
		for (; i < v->count; i++)
			hash_symbol(&e, bytes[i] + 1u);
		break;
	}
	e.p1 = power_of(0, e.length);
	e.p2 = power_of(1, e.length);
	return find(d, &e);
}

uint32_t
dict_number(struct dict *d, int64_t n)
{
	struct fr_value v;

	memset(&v, 0, sizeof v);
	v.kind = FR_INT;
	v.u.number = n;
	return dict_id(d, &v);
}

uint32_t
dict_concat(struct dict *d, uint32_t id, uint32_t piece)
{
	const struct dict_entry *s, *t;
	struct dict_entry e;
	uint32_t made;

	if (piece == NIL)
		return id;
	if (id == NIL)
		return piece;
	if (d->at == NULL)
		return NONE;	/* numbers */
	s = &d->at[id];
	t = &d->at[piece];
	if (s->kind != t->kind || s->kind == FR_INT ||
	    s->length > UINT32_MAX - t->length)
		return NONE;
	memset(&e, 0, sizeof e);
	e.kind = s->kind;
	e.length = s->length + t->length;
	e.h1 = addmod(mulmod(s->h1, t->p1), t->h1);
	e.h2 = addmod(mulmod(s->h2, t->p2), t->h2);
	e.p1 = mulmod(s->p1, t->p1);
	e.p2 = mulmod(s->p2, t->p2);
	e.head = id;
	e.piece = piece;
	made = find(d, &e);
	return d->failed ? NONE : made;
}

bool
dict_is_int(const struct dict *d, uint32_t id)
{
	return id != NIL && (d->at == NULL || d->at[id].kind == FR_INT);
}

int64_t
dict_int(const struct dict *d, uint32_t id)
{
	FR_ASSERT(dict_is_int(d, id));
	return d->direct > 0 ? d->low + (int64_t)(id - 1) :
		d->at == NULL ? d->numbers[id] : d->at[id].value.u.number;
}

const struct fr_value *
dict_list(const struct dict *d, uint32_t id)
{
	static const struct fr_value nothing;

	if (id == NIL || d->at == NULL || d->at[id].kind != FR_LIST)
		return &nothing;
	return &d->at[id].value;
}

/* A concatenation's pieces, last one first. */
static void
text_of_chain(const struct dict *d, uint32_t id, struct buf *out)
{
	uint32_t *chain = NULL;
	size_t count = 0, room = 0;
	const struct dict_entry *e;
	uint32_t i;

	for (; d->at[id].value.kind == FR_NIL; id = d->at[id].head) {
		mem_grow(&chain, &room, count + 2, sizeof *chain);
		chain[count++] = d->at[id].piece;
	}
	mem_grow(&chain, &room, count + 1, sizeof *chain);
	chain[count++] = id;
	buf_char(out, d->at[id].kind == FR_LIST ? '[' : '"');
	while (count-- > 0) {
		e = &d->at[chain[count]];
		if (e->kind == FR_BYTES) {
			buf_add(out, e->value.u.bytes, e->value.count);
			continue;
		}
		for (i = 0; i < e->value.count; i++)
			buf_printf(out, "%lld%s",
				   (long long)e->value.u.list[i],
				   count > 0 || i + 1 < e->value.count ?
				   " " : "");
	}
	buf_char(out, d->at[id].kind == FR_LIST ? ']' : '"');
	free(chain);
}

void
dict_text(const struct dict *d, uint32_t id, struct buf *out)
{
	if (id == NIL)
		buf_text(out, "nil");
	else if (id >= dict_size(d))
		buf_text(out, "what nobody read");
	else if (d->at == NULL)
		buf_printf(out, "%lld", (long long)dict_int(d, id));
	else if (d->at[id].value.kind != FR_NIL)
		value_text(out, &d->at[id].value);
	else
		text_of_chain(d, id, out);
}
