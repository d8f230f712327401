/* SPDX-License-Identifier: MIT */
/*
 * Tapes: made, copied, and sent to a cell.
 *
 * A cell gets them from its own supervisor, but checks them as if it had not:
 * an index that is wrong here would be one more way to crash.
 */
#include "core/run/tape.h"

#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>

/* More would be no sense: of anything in one tape. */
#define TAPE_MOST (1u << 24)

void
tape_copy(const struct tape *from, struct tape *to)
{
	*to = *from;
	to->ops = mem_copy(from->ops, from->op_count * sizeof *to->ops);
	to->choices = mem_copy(from->choices,
			       from->choice_count * sizeof *to->choices);
	to->faults = mem_copy(from->faults,
			      from->fault_count * sizeof *to->faults);
}

void
tape_drop(struct tape *t)
{
	free(t->ops);
	free(t->choices);
	free(t->faults);
	memset(t, 0, sizeof *t);
}

static bool
before(const struct tape_op *a, const struct tape_op *b)
{
	return a->phase != b->phase ? a->phase < b->phase : a->at < b->at;
}

/* Nearly always in order, and of one instant to stay in theirs. */
void
tape_sort(struct tape *t)
{
	struct tape_op op;
	size_t i, k;

	for (i = 1; i < t->op_count; i++) {
		op = t->ops[i];
		for (k = i; k > 0 && before(&op, &t->ops[k - 1]); k--)
			t->ops[k] = t->ops[k - 1];
		t->ops[k] = op;
	}
}

int64_t
tape_faults_end(const struct tape *t)
{
	int64_t end = 0;
	uint32_t i;

	for (i = 0; i < t->fault_count; i++)
		if (t->faults[i].at + t->faults[i].length > end)
			end = t->faults[i].at + t->faults[i].length;
	return end;
}

bool
choice_same(const struct tape_choice *a, const struct tape_choice *b)
{
	return a->kind == b->kind && a->from == b->from && a->to == b->to &&
	       a->type == b->type && a->boot == b->boot && a->n == b->n &&
	       strcmp(a->label, b->label) == 0;
}

int64_t
tape_dull_delay(const struct dist *d)
{
	return d->kind == DIST_UNIFORM ? d->a + (d->b - d->a) / 2 : d->a;
}

/* ---- to a cell ------------------------------------------------------------------------ */

/* Both ends are of one build: what has no pointers travels as it is. */
struct head {
	struct tape plain;
	uint64_t size_of_choice;
};

static void
put_text(struct buf *b, const void *text, uint32_t size)
{
	buf_add(b, &size, sizeof size);
	buf_add(b, text, size);
}

static void
put_value(struct buf *b, const struct fr_value *v)
{
	if (v->kind == FR_LIST)
		put_text(b, v->u.list,
			 v->count * (uint32_t)sizeof *v->u.list);
	else if (v->kind == FR_BYTES)
		put_text(b, v->u.bytes, v->count);
}

void
choice_put(struct buf *b, const struct tape_choice *c)
{
	buf_add(b, c, sizeof *c);
}

int
choice_get(const void *data, size_t size, struct tape_choice *out)
{
	if (size != sizeof *out)
		return -1;
	memcpy(out, data, size);
	out->label[sizeof out->label - 1] = '\0';
	return out->kind > CHOICE_RANDOM ? -1 : 0;
}

void
tape_put(struct buf *b, const struct tape *t)
{
	const struct head head = { *t, sizeof(struct tape_choice) };
	struct tape_op op;
	size_t i;

	buf_add(b, &head, sizeof head);
	for (i = 0; i < t->op_count; i++) {
		op = t->ops[i];
		if (op.value.kind != FR_INT)
			op.value.u.list = NULL;	/* it comes behind this */
		buf_add(b, &op, sizeof op);
		put_value(b, &t->ops[i].value);
	}
	for (i = 0; i < t->choice_count; i++)
		choice_put(b, &t->choices[i]);
	for (i = 0; i < t->fault_count; i++) {
		const struct tape_fault *f = &t->faults[i];

		buf_add(b, f, sizeof *f);
		put_text(b, f->family->name, (uint32_t)strlen(f->family->name));
		put_text(b, f->words, (uint32_t)strlen(f->words));
	}
}

static void
get(struct fr_reader *r, void *out, size_t size)
{
	const void *at = fr_get_bytes(r, size);

	if (at != NULL)
		memcpy(out, at, size);
	else
		memset(out, 0, size);
}

static void *
get_text(struct fr_reader *r, struct arena *a, uint32_t *size)
{
	const void *at;
	char *copy;

	get(r, size, sizeof *size);
	at = fr_get_bytes(r, *size);
	if (at == NULL)
		return NULL;
	copy = arena_new(a, (size_t)*size + 1);
	memcpy(copy, at, *size);
	return copy;
}

static void
get_value(struct fr_reader *r, struct arena *a, struct fr_value *v)
{
	uint32_t size;

	if (v->kind == FR_LIST) {
		v->u.list = get_text(r, a, &size);
		if (v->u.list == NULL || size != v->count * sizeof(int64_t))
			r->failed = true;
	} else if (v->kind == FR_BYTES) {
		v->u.bytes = get_text(r, a, &size);
		if (v->u.bytes == NULL || size != v->count)
			r->failed = true;
	} else if (v->kind != FR_NIL && v->kind != FR_INT) {
		r->failed = true;
	}
}

static int
get_fault(struct fr_reader *r, struct arena *a, struct tape_fault *f,
	  struct fr_err *err)
{
	const char *name;
	uint32_t size;

	get(r, f, sizeof *f);
	name = get_text(r, a, &size);
	f->words = get_text(r, a, &size);
	if (name == NULL || f->words == NULL)
		return err_set(err, "a tape is cut off");
	f->family = family_find(name, err);
	return f->family == NULL ? -1 : 0;
}

int
tape_get(const void *data, size_t size, struct arena *a, struct tape *out,
	 struct fr_err *err)
{
	struct fr_reader r = fr_reader(data, size);
	struct head head;
	struct tape t;
	const void *at;
	size_t i;

	get(&r, &head, sizeof head);
	t = head.plain;
	if (r.failed || head.size_of_choice != sizeof(struct tape_choice) ||
	    t.op_count > TAPE_MOST || t.choice_count > TAPE_MOST ||
	    t.fault_count > TAPE_MOST || t.nodes == 0 || t.clients == 0)
		return err_set(err, "a tape that makes no sense");
	t.ops = arena_new(a, t.op_count * sizeof *t.ops);
	for (i = 0; i < t.op_count && !r.failed; i++) {
		get(&r, &t.ops[i], sizeof t.ops[i]);
		get_value(&r, a, &t.ops[i].value);
		if (t.ops[i].node >= t.nodes || t.ops[i].client >= t.clients)
			r.failed = true;
	}
	t.choices = arena_new(a, t.choice_count * sizeof *t.choices);
	for (i = 0; i < t.choice_count && !r.failed; i++) {
		at = fr_get_bytes(&r, sizeof *t.choices);
		if (at == NULL ||
		    choice_get(at, sizeof *t.choices, &t.choices[i]) < 0)
			r.failed = true;
	}
	t.faults = arena_new(a, t.fault_count * sizeof *t.faults);
	for (i = 0; i < t.fault_count && !r.failed; i++)
		if (get_fault(&r, a, &t.faults[i], err) < 0)
			return -1;
	if (!fr_got_all(&r))
		return err_set(err, "a tape that makes no sense");
	*out = t;
	return 0;
}
