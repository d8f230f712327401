/* SPDX-License-Identifier: MIT */
/*
 * The values of foreign histories: lists, maps, transactions, keys, and values
 * that are [key value].
 *
 * 1. A list under way lies in reader.numbers; a nested one lies behind it and
 *    is taken off before the outer one goes on.
 * 2. While the file is read a key that is a text has a number of its own range
 *    (KEY_TEXTS and up), which no key that is a number may have.
 */
#include <stdlib.h>
#include <string.h>

#include <fracas/txn.h>

#include "checker/import/reader.h"
#include "core/base/rand.h"

/* ---- lists and maps ------------------------------------------------------ */

int
reader_push(struct reader *r, const char *at, int64_t n)
{
	if (r->number_count >= LIST_MAX)
		return reader_error(r, at, "a list of more than %u numbers",
				    LIST_MAX);
	mem_grow(&r->numbers, &r->number_room, r->number_count + 1,
		 sizeof *r->numbers);
	r->numbers[r->number_count++] = n;
	return 0;
}

struct fr_value
reader_take_list(struct reader *r, size_t first)
{
	struct fr_value v;
	size_t size;
	void *list;

	memset(&v, 0, sizeof v);
	v.kind = FR_LIST;
	v.count = (uint32_t)(r->number_count - first);
	size = v.count * sizeof *r->numbers;
	v.u.list = list = arena_new(&r->out->arena, size);
	if (size > 0)
		memcpy(list, r->numbers + first, size);
	r->number_count = first;
	return v;
}

int
reader_take_map(struct reader *r, const char *at, size_t first,
		struct fr_value *out)
{
	size_t count = (r->number_count - first) / 2, i;
	const int64_t *pair = count > 0 ? r->numbers + first : NULL;
	int64_t *list = arena_new(&r->out->arena, count * sizeof *list);
	char *met = mem_array(count, 1);
	bool fits = true;

	for (i = 0; i < count && fits; i++) {
		fits = pair[2 * i] >= 0 && pair[2 * i] < (int64_t)count &&
			!met[pair[2 * i]];
		if (!fits)
			break;
		met[pair[2 * i]] = 1;
		list[pair[2 * i]] = pair[2 * i + 1];
	}
	free(met);
	r->number_count = first;
	if (!fits)
		return reader_error(r, at, "a map of numbers has the keys 0 "
				    "to n - 1, each once");
	memset(out, 0, sizeof *out);
	out->kind = FR_LIST;
	out->count = (uint32_t)count;
	out->u.list = list;
	return 0;
}

int
reader_transfer_part(struct reader *r, const char *at, struct span name,
		     int64_t n, struct transfer *t)
{
	static const char *const names[] = { "from", "to", "amount" };
	unsigned int i = 0;

	while (i < 3 && !span_is(name, names[i]))
		i++;
	if (i == 3 || (t->seen & 1u << i))
		return reader_error(r, at, "a map with names has from, to and "
				    "amount, each once");
	t->seen |= 1u << i;
	t->at[i] = n;
	return 0;
}

int
reader_take_transfer(struct reader *r, const char *at, size_t first,
		     const struct transfer *t, struct fr_value *out)
{
	if (r->number_count > first)
		return reader_error(r, at, "a map has names or numbers, not "
				    "both");
	if (t->seen != 7)
		return reader_error(r, at, "a map with names has from, to and "
				    "amount, each once");
	memset(out, 0, sizeof *out);
	out->kind = FR_LIST;
	out->count = 3;
	out->u.list = arena_copy(&r->out->arena, t->at, sizeof t->at);
	return 0;
}

/* ---- transactions -------------------------------------------------------- */

int
reader_push_micro(struct reader *r, const char *at, struct span f, int64_t key,
	   const struct fr_value *value)
{
	bool append = span_is(f, "append");
	uint32_t i;

	if (append || span_is(f, "w")) {
		if (value->kind != FR_INT)
			return reader_error(r, at, "the value of a %s is a "
				"whole number", append ? "append" : "w");
		r->lists = r->lists || append;
		return reader_push(r, at, FR_TXN_WRITE) != 0 ||
			reader_push(r, at, key) != 0 ||
			reader_push(r, at, value->u.number) != 0 ? -1 : 0;
	}
	if (!span_is(f, "r"))
		return reader_error(r, at, "a micro-operation is r, w or "
				    "append, not %s", reader_near(r, at));
	if (value->kind == FR_BYTES)
		return reader_error(r, at, "a read gives a whole number or a "
				    "list of them");
	if (value->kind == FR_INT && value->u.number == FR_TXN_NIL)
		return reader_error(r, at, "%lld stands for nil in a "
				    "transaction", (long long)FR_TXN_NIL);
	r->lists = r->lists || value->kind == FR_LIST;
	if (reader_push(r, at, value->kind == FR_LIST ? FR_TXN_LIST :
			FR_TXN_READ) != 0 || reader_push(r, at, key) != 0 ||
	    reader_push(r, at, value->kind == FR_LIST ? value->count :
			value->kind == FR_INT ? value->u.number :
			FR_TXN_NIL) != 0)
		return -1;
	for (i = 0; value->kind == FR_LIST && i < value->count; i++)
		if (reader_push(r, at, value->u.list[i]) != 0)
			return -1;
	return 0;
}

/* ---- keys ---------------------------------------------------------------- */

int
reader_number_key(struct reader *r, const char *at, int64_t n)
{
	if (n < KEY_TEXTS + KEY_TEXTS_MAX)
		return reader_error(r, at, "a key that is too small: %lld",
				    (long long)n);
	if (!r->numeric || n > r->key_most)
		r->key_most = n;
	r->numeric = true;
	return 0;
}

bool
reader_is_number(struct span t, int64_t *out)
{
	bool minus = t.size > 0 && t.at[0] == '-';
	size_t i = minus;
	int64_t n = 0;

	if (t.size == i || t.size - i > 18 || t.at[i] < '0' ||
	    t.at[i] > '9' || (t.at[i] == '0' && t.size > 1))
		return false;
	for (; i < t.size; i++) {
		if (t.at[i] < '0' || t.at[i] > '9')
			return false;
		n = n * 10 + (t.at[i] - '0');
	}
	*out = minus ? -n : n;
	return true;
}

static void
place_key(struct reader *r, uint32_t i)
{
	struct index *x = &r->key_index;
	uint32_t slot = (uint32_t)hash_bytes(5, r->keys[i].at,
					     r->keys[i].size) & x->mask;

	while (x->slots[slot] != 0)
		slot = (slot + 1) & x->mask;
	x->slots[slot] = i + 1;
}

static int
new_key(struct reader *r, const char *at, struct span text)
{
	struct index *x = &r->key_index;
	uint32_t i;

	if (x->count >= KEY_TEXTS_MAX)
		return reader_error(r, at, "too many keys");
	if (memchr(text.at, '\0', text.size) != NULL)
		return reader_error(r, at, "a key with a zero byte");
	mem_grow(&r->keys, &r->key_room, x->count + (size_t)1,
		 sizeof *r->keys);
	/* With a zero behind it, since it is given as a string at the end. */
	r->keys[x->count].at = memcpy(arena_new(&r->out->arena,
						text.size + 1), text.at,
				      text.size);
	r->keys[x->count++].size = text.size;
	if (x->slots != NULL && x->count * 2 <= x->mask) {
		place_key(r, x->count - 1);
		return 0;
	}
	x->mask = x->slots == NULL ? 63 : x->mask * 2 + 1;
	free(x->slots);
	x->slots = mem_array((size_t)x->mask + 1, sizeof *x->slots);
	for (i = 0; i < x->count; i++)
		place_key(r, i);
	return 0;
}

int
reader_text_key(struct reader *r, const char *at, struct span text,
		int64_t *out)
{
	struct index *x = &r->key_index;
	const struct span *k;
	uint32_t slot;

	if (reader_is_number(text, out))
		return reader_number_key(r, at, *out);
	slot = (uint32_t)hash_bytes(5, text.at, text.size) & x->mask;
	for (; x->slots != NULL && x->slots[slot] != 0;
	     slot = (slot + 1) & x->mask) {
		k = &r->keys[x->slots[slot] - 1];
		if (k->size == text.size &&
		    memcmp(k->at, text.at, text.size) == 0) {
			*out = KEY_TEXTS + x->slots[slot] - 1;
			return 0;
		}
	}
	*out = KEY_TEXTS + x->count;
	return new_key(r, at, text);
}

/* ---- [key value] --------------------------------------------------------- */

int
reader_settle(struct reader *r, const char *at, struct raw *raw)
{
	if (raw->pair) {
		if (r->pairs)
			return 0;
		/* What was read before has to be read in another way. */
		r->pairs = r->restart = true;
		r->pair_at = at;
		return -1;
	}
	if (!r->pairs)
		return 0;
	if (!raw->maybe || raw->value.kind != FR_LIST ||
	    raw->value.count != 2)
		return reader_error(r, at, "a value [key value] belongs here, "
			"as in line %llu, not %s", (unsigned long long)
			reader_line(r, r->pair_at), reader_near(r, at));
	raw->pair = true;
	raw->key = raw->value.u.list[0];
	raw->value.u.number = raw->value.u.list[1];
	raw->value.kind = FR_INT;
	raw->value.count = 0;
	return reader_number_key(r, at, raw->key);
}
