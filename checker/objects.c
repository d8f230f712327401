/* SPDX-License-Identifier: MIT */
/*
 * The sequential object of a part, with its states numbered.
 *
 * A plain register's state is the number of its value, and so is a text's.
 * Any other state is some bytes; equal bytes have one number, found by a hash
 * table.  A workload's own model may say what equal means.
 */
#include "checker/engine.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"

struct blob {
	uint64_t hash;
	size_t at;
	uint32_t size;
};

/* ---- numbering --------------------------------------------------------------------- */

static bool
grow(struct object *o)
{
	uint32_t room = o->room == 0 ? 64 : o->room * 2;
	uint32_t mask = room * 2 - 1, i, slot, *table;
	struct blob *at;

	if (room > UINT32_MAX / 4)
		return false;
	at = budget_resize(o->budget, o->at, o->room, room, sizeof *at);
	if (at == NULL)
		return false;
	o->at = at;
	o->room = room;
	table = budget_new(o->budget, (size_t)mask + 1, sizeof *table);
	if (table == NULL)
		return false;
	for (i = 0; i < o->count; i++) {
		slot = (uint32_t)at[i].hash & mask;
		while (table[slot] != 0)
			slot = (slot + 1) & mask;
		table[slot] = i + 1;
	}
	if (o->table != NULL)
		budget_free(o->budget, o->table, (size_t)o->mask + 1,
			    sizeof *table);
	o->table = table;
	o->mask = mask;
	return true;
}

static bool
keep_bytes(struct object *o, const void *data, size_t size)
{
	size_t room = o->bytes_room;
	char *bytes;

	while (room < o->bytes_size + size + 1)
		room = room == 0 ? 4096 : room * 2;
	if (room != o->bytes_room) {
		bytes = budget_resize(o->budget, o->bytes, o->bytes_room,
				      room, 1);
		if (bytes == NULL)
			return false;
		o->bytes = bytes;
		o->bytes_room = room;
	}
	if (size > 0)
		memcpy(o->bytes + o->bytes_size, data, size);
	o->bytes_size += size;
	return true;
}

static bool
equal(const struct object *o, const struct blob *b, const void *data,
      size_t size)
{
	const struct fr_model *own = o->part->bound->own;

	if (own != NULL && own->equal != NULL)
		return own->equal(o->bytes + b->at, data) != 0;
	return b->size == size &&
		(size == 0 || memcmp(o->bytes + b->at, data, size) == 0);
}

static uint32_t
number(struct object *o, const void *data, size_t size)
{
	const struct fr_model *own = o->part->bound->own;
	uint64_t hash;
	uint32_t slot;

	if (own != NULL && own->hash != NULL)
		hash = hash_mix(7, own->hash(data));
	else if (own != NULL && own->equal != NULL)
		hash = 0;	/* bytes say nothing about what is equal */
	else
		hash = hash_bytes(7, data, size);
	if (o->failed || (o->count >= o->room && !grow(o)))
		goto fail;
	slot = (uint32_t)hash & o->mask;
	for (; o->table[slot] != 0; slot = (slot + 1) & o->mask)
		if (o->at[o->table[slot] - 1].hash == hash &&
		    equal(o, &o->at[o->table[slot] - 1], data, size))
			return o->table[slot] - 1;
	if (size > UINT32_MAX || !keep_bytes(o, data, size))
		goto fail;
	o->at[o->count].hash = hash;
	o->at[o->count].at = o->bytes_size - size;
	o->at[o->count].size = (uint32_t)size;
	o->table[slot] = o->count + 1;
	return o->count++;
fail:
	o->failed = true;
	return NONE;
}

/* ---- steps -------------------------------------------------------------------------- */

static uint32_t
step_plain(struct object *o, uint32_t state, uint32_t i)
{
	const struct part *p = o->part;
	uint32_t a = p->a[i], b = p->b[i];

	if (p->flags[i] & OP_UNLESS)
		return state == a ? NONE : state;
	if (a != NONE && a != state && state != WILD)
		return NONE;
	return b != NONE ? b : a != NONE ? a : state;
}

static uint32_t
step_text(struct object *o, uint32_t state, uint32_t i)
{
	uint32_t next;

	if (o->part->kind[i] == 0)
		return step_plain(o, state, i);
	next = dict_concat(o->part->dict, state, o->part->b[i]);
	o->failed = o->failed || o->part->dict->failed;
	return next;
}

static uint32_t
step_words(struct object *o, uint32_t state, uint32_t i)
{
	const struct blob *b = &o->at[state];
	const int64_t *words = (const int64_t *)(const void *)
		(o->bytes + b->at);

	if (!o->part->model->step(o->part, i, words,
				  b->size / sizeof *words, &o->scratch))
		return NONE;
	if (o->part->flags[i] & OP_PURE)
		return state;
	return number(o, o->scratch.at, o->scratch.count * sizeof *words);
}

static uint32_t
step_own(struct object *o, uint32_t state, uint32_t i)
{
	const struct fr_model *own = o->part->bound->own;
	const struct fr_operation *op = (const void *)
		((const char *)o->history->ops +
		 (size_t)o->part->op[i] * o->history->op_stride);

	memset(o->own_scratch, 0, own->state_size);
	if (!own->step(o->bytes + o->at[state].at, op, o->own_scratch))
		return NONE;
	return number(o, o->own_scratch, own->state_size);
}

/* ---- making one ---------------------------------------------------------------------- */

int
object_init(struct object *o, const struct part *p,
	    const struct fr_history *h, struct budget *b)
{
	memset(o, 0, sizeof *o);
	o->part = p;
	o->history = h;
	o->budget = b;
	o->initial = p->initial == NONE ? WILD : p->initial;
	switch (p->shape) {
	case SHAPE_PLAIN:
		o->step = step_plain;
		break;
	case SHAPE_TEXT:
		o->step = step_text;
		break;
	case SHAPE_WORDS:
		o->step = step_words;
		p->model->init(p, &o->scratch);
		o->initial = number(o, o->scratch.at, o->scratch.count *
				    sizeof *o->scratch.at);
		break;
	case SHAPE_OWN:
		o->step = step_own;
		/* Bytes that the model does not set are zero; the padding to
		 * 16 keeps every state aligned for any member. */
		o->own_scratch = mem_new((size_t)p->bound->own->state_size +
					 16);
		p->bound->own->init(o->own_scratch);
		o->initial = number(o, o->own_scratch,
				    p->bound->own->state_size);
		break;
	}
	return o->failed ? -1 : 0;
}

void
object_free(struct object *o)
{
	budget_free(o->budget, o->bytes, o->bytes_room, 1);
	budget_free(o->budget, o->at, o->room, sizeof *o->at);
	if (o->table != NULL)
		budget_free(o->budget, o->table, (size_t)o->mask + 1,
			    sizeof *o->table);
	free(o->scratch.at);
	free(o->own_scratch);
}

void
object_describe(const struct object *o, uint32_t state, struct buf *out)
{
	const struct part *p = o->part;
	const struct fr_model *own = p->bound->own;
	char text[512];

	if (p->shape == SHAPE_WORDS) {
		p->model->describe(p, (const int64_t *)(const void *)
				   (o->bytes + o->at[state].at),
				   o->at[state].size / sizeof(int64_t), out);
	} else if (p->shape == SHAPE_OWN) {
		if (own->describe_state == NULL) {
			buf_printf(out, "number %u", state);
			return;
		}
		text[0] = '\0';
		own->describe_state(o->bytes + o->at[state].at, text,
				    sizeof text);
		text[sizeof text - 1] = '\0';
		buf_text(out, text);
	} else if (state == WILD) {
		buf_text(out, "any value");
	} else if (p->model->kind == MODEL_MUTEX) {
		buf_text(out, state == 1 ? "held" : "free");
	} else if (p->model->kind == MODEL_SET) {
		buf_text(out, state == 1 ? "in the set" : "not in the set");
	} else {
		dict_text(p->dict, state, out);
	}
}
