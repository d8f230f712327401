/* SPDX-License-Identifier: MIT */
/*
 * A part: what its operations need and make, in columns of small numbers.
 */
#include "checker/columns.h"
#include "checker/steps.h"

#include <stdlib.h>
#include <string.h>

static const struct fr_operation *
op_at(const struct fr_history *h, uint64_t i)
{
	return (const void *)((const char *)h->ops + i * h->op_stride);
}

static bool
is_set(const struct bound *m)
{
	return m->model->kind == MODEL_SET;
}

/* ---- a part's columns ---------------------------------------------------------------- */

#define AHEAD 16u

/* The operations of a key lie far apart: they are asked for in time. */
static inline void
look_ahead(const struct fr_operation *op)
{
	__builtin_prefetch(op);
	__builtin_prefetch((const char *)op + 64);
}

struct range {
	int64_t low, high;
	uint64_t most;		/* more numbers than this are too many         */
	bool any, wide;
};

static inline void
range_add(struct range *r, int64_t n)
{
	if (!r->any)
		r->low = r->high = n;
	r->any = true;
	if (n < r->low)
		r->low = n;
	if (n > r->high)
		r->high = n;
	r->wide = (uint64_t)r->high - (uint64_t)r->low >= r->most;
}

/* Whatever of this value may be asked for. */
static inline void
range_add_value(struct range *r, const struct fr_value *v)
{
	uint32_t i;

	if (v->kind == FR_INT)
		range_add(r, v->u.number);
	else if (v->kind == FR_LIST)
		for (i = 0; i < v->count && !r->wide; i++)
			range_add(r, v->u.list[i]);
	else if (v->kind != FR_NIL)
		r->wide = true;
}

/*
 * Whole numbers that lie close together need no table.  Which models ask for
 * numbers only, and for none but those of values, results, and lists of them?
 */
static void
choose_direct(struct part *p, const struct fr_history *h)
{
	struct range r = { .most = (uint64_t)p->n * 4 + 64 };
	const struct fr_operation *op;
	bool plain = p->shape == SHAPE_PLAIN;
	enum word w;
	uint32_t i;

	if (!plain && !p->model->projects)
		return;
	range_add_value(&r, &p->bound->initial);
	for (i = 0; i < p->n && !r.wide; i++) {
		if (i + AHEAD < p->n)
			look_ahead(op_at(h, p->op[i + AHEAD]));
		op = op_at(h, p->op[i]);
		w = p->bound->words[op->f];
		/* A list is a number of its own but where it is a cas, or
		 * what is in a set. */
		if (w == W_APPEND || (plain && (w == W_CAS) !=
				      (op->value.kind == FR_LIST)))
			return;
		if ((!plain && op->value.kind == FR_LIST) ||
		    (op->result.kind == FR_LIST && (plain || w != W_READ)))
			return;
		range_add_value(&r, &op->value);
		if (w != W_CAS)
			range_add_value(&r, &op->result);
	}
	if (r.any && !r.wide)
		dict_direct(p->dict, r.low, (uint32_t)
			    ((uint64_t)r.high - (uint64_t)r.low) + 1);
}

/*
 * A pending insertion of a value that nobody saw does nothing for anybody in a
 * collection: whatever the rest does, it can do without.
 */
static bool *
seen_values(const struct part *p, struct budget *b)
{
	bool *seen = budget_new(b, dict_size(p->dict), sizeof *seen);
	bool set = p->model->step == step_set;
	uint32_t i, k;

	for (i = 0; seen != NULL && i < p->n; i++) {
		if (p->ret[i] == NEVER)
			continue;
		if (set && p->kind[i] == SET_HAS)
			seen[p->a[i]] = true;
		else if (set && p->kind[i] == SET_READ && p->b[i] != NONE)
			for (k = 1; k <= p->pool[p->b[i]]; k++)
				seen[p->pool[p->b[i] + k]] = true;
		else if (!set && p->b[i] != NONE)
			seen[p->b[i]] = true;
	}
	return seen;
}

static void
move_op(struct part *p, uint32_t to, uint32_t from)
{
	if (to == from)
		return;
	p->op[to] = p->op[from];
	p->call[to] = p->call[from];
	p->ret[to] = p->ret[from];
	p->a[to] = p->a[from];
	p->b[to] = p->b[from];
	p->kind[to] = p->kind[from];
	p->flags[to] = p->flags[from];
}

static int
drop_useless(struct part *p, struct budget *b)
{
	uint32_t size = dict_size(p->dict), i, kept = 0;
	bool *seen;

	if (!p->model->projects || p->shape != SHAPE_WORDS)
		return 0;
	seen = seen_values(p, b);
	if (seen == NULL)
		return 1;
	for (i = 0; i < p->n; i++) {
		_Static_assert(SET_ADD == 0 && Q_PUT == 0, "insertions");
		if (p->ret[i] == NEVER && p->kind[i] == 0 && !seen[p->a[i]])
			continue;
		move_op(p, kept++, i);
	}
	p->n = kept;
	budget_free(b, seen, size, sizeof *seen);
	return 0;
}

static int
columns(struct part *p, const struct fr_history *h, struct fr_err *err)
{
	uint32_t i, kept = 0, count = p->n;
	int status;

	for (i = 0; i < count; i++) {
		p->op[kept] = p->op[i];
		p->call[kept] = p->call[i];
		p->ret[kept] = p->ret[i];
		status = p->model->column(p, kept, op_at(h, p->op[i]), err);
		if (status < 0)
			return -1;
		kept += (uint32_t)status;
	}
	p->n = kept;
	return p->dict->failed ? 1 : 0;
}

/* One block for all that is the part's own. */
static bool
part_room(struct part *p, struct budget *b)
{
	size_t room = p->room;

	p->block_size = room * (2 * sizeof *p->a + 2) +
		(p->weakened ? 3 * room * sizeof *p->op : 0);
	p->a = p->block = budget_new(b, p->block_size, 1);
	if (p->a == NULL)
		return false;
	p->b = p->a + room;
	p->kind = (uint8_t *)(p->b + room);
	if (p->weakened) {
		p->op = p->b + room;
		p->call = p->op + room;
		p->ret = p->call + room;
		p->kind = (uint8_t *)(p->ret + room);
	}
	p->flags = p->kind + room;
	return true;
}

int
part_begin(struct part *p, const struct split *s, uint32_t which,
	   struct bound *m, struct budget *b)
{
	uint32_t start = s->start[which];

	memset(p, 0, sizeof *p);
	p->n = p->room = s->start[which + 1] - start;
	p->ranks = p->n * 2;
	p->op = s->op + start;
	p->call = s->call + start;
	p->ret = s->ret + start;
	p->key = s->key[which];
	p->model = m->model;
	p->bound = m;
	p->shape = m->model->shape;
	p->dict = mem_new(sizeof *p->dict);
	dict_init(p->dict, b);
	p->dict->fold_empty = m->model->kind == MODEL_KV;
	return part_room(p, b) ? 0 : 1;
}

int
part_columns(struct part *p, const struct fr_history *h, struct fr_err *err)
{
	const struct bound *m = p->bound;
	int status;

	p->shape = m->model->shape;
	if (dict_size(p->dict) == 1 && (m->model->column == column_register ||
	    (m->model->projects && !(is_set(m) && m->by_element))))
		choose_direct(p, h);
	p->initial = dict_id(p->dict, &m->initial);
	status = columns(p, h, err);
	if (status != 0)
		return status;
	p->made = true;
	p->values = dict_size(p->dict);
	if (m->model->kind == MODEL_MUTEX || (is_set(m) && m->by_element)) {
		p->shape = SHAPE_PLAIN;
		p->initial = 0;
		p->values = 2;
	}
	return drop_useless(p, p->dict->budget);
}

int
part_make(struct part *p, const struct split *s, uint32_t which,
	  struct bound *m, struct budget *b, struct fr_err *err)
{
	int status = part_begin(p, s, which, m, b);

	return status != 0 ? status : part_columns(p, s->h, err);
}

int
part_weaken(struct part *out, const struct part *p, const uint8_t *keep,
	    uint32_t **from, struct budget *b)
{
	uint32_t i, k = 0, count = 0;

	*out = *p;
	out->weakened = true;
	out->shown_by = NULL;
	for (i = 0; i < p->n; i++)
		count += keep[i] != 0;
	out->room = count;
	*from = budget_new(b, count, sizeof **from);
	if (!part_room(out, b) || *from == NULL)
		return 1;
	for (i = 0; i < p->n; i++) {
		if (keep[i] == 0 || (keep[i] == 2 && (p->flags[i] & OP_PURE)))
			continue;
		out->op[k] = p->op[i];
		out->call[k] = p->call[i];
		out->ret[k] = keep[i] == 2 ? NEVER : p->ret[i];
		out->a[k] = p->a[i];
		out->b[k] = p->b[i];
		out->kind[k] = p->kind[i];
		out->flags[k] = p->flags[i];
		(*from)[k++] = i;
	}
	out->n = k;
	return 0;
}

void
part_free(struct part *p, struct budget *b)
{
	budget_free(b, p->shown_by, p->room, sizeof *p->shown_by);
	budget_free(b, p->block, p->block_size, 1);
	if (!p->weakened) {
		budget_free(b, p->pool, p->pool_room, sizeof *p->pool);
		if (p->dict != NULL)
			dict_free(p->dict);
		free(p->dict);
	}
}
