/* SPDX-License-Identifier: MIT */
/*
 * From a history to parts: one pass that groups the operations by what they
 * are about, and one over the ranks that numbers each part's events.
 *
 * Ranks replace times: a part's events are numbered 0, 1, 2, ...  Where a
 * completion and a call of the history have the same rank, the call comes
 * first: they overlap.
 */
#include "checker/steps.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"

static const struct fr_operation *
op_at(const struct fr_history *h, uint64_t i)
{
	return (const void *)((const char *)h->ops + i * h->op_stride);
}

static bool
is_live(const struct bound *m, const struct fr_operation *op)
{
	return op->outcome != FR_FAIL ||
		(m->failed_cas && m->words != NULL &&
		 m->words[op->f] == W_CAS);
}

static bool
is_set(const struct bound *m)
{
	return m->model->kind == MODEL_SET;
}

/* ---- what an operation is about -------------------------------------------------- */

struct subject {
	int64_t key;
	int64_t inner;		/* set: which element                          */
};

static struct subject
subject_of(const struct bound *m, const struct fr_operation *op)
{
	struct subject s = { op->key, 0 };
	const struct fr_value *v = &op->value;

	if (m->own != NULL) {
		s.key = m->own->partition != NULL ? m->own->partition(op) :
			FR_NO_KEY;
	} else if (m->by_element && is_set(m)) {
		if (v->kind == FR_INT)
			s.inner = v->u.number;
		else if (v->kind == FR_BYTES)
			s.inner = (int64_t)hash_bytes(11, v->u.bytes,
						      v->count);
		else if (v->kind == FR_LIST)
			s.inner = (int64_t)hash_bytes(13, v->u.list,
				(size_t)v->count * sizeof *v->u.list);
	}
	return s;
}

struct subjects {
	struct budget *budget;
	struct subject *at;
	uint32_t *table;
	uint32_t count, room, mask;
};

static bool
subjects_grow(struct subjects *s)
{
	uint32_t room = s->room == 0 ? 64 : s->room * 2;
	uint32_t mask = room * 2 - 1, i, slot, *table;
	struct subject *at;

	if (room > UINT32_MAX / 4)
		return false;
	at = budget_resize(s->budget, s->at, s->room, room, sizeof *at);
	if (at == NULL)
		return false;
	s->at = at;
	s->room = room;
	table = budget_new(s->budget, (size_t)mask + 1, sizeof *table);
	if (table == NULL)
		return false;
	for (i = 0; i < s->count; i++) {
		slot = (uint32_t)hash_mix((uint64_t)at[i].key,
					  (uint64_t)at[i].inner) & mask;
		while (table[slot] != 0)
			slot = (slot + 1) & mask;
		table[slot] = i + 1;
	}
	if (s->table != NULL)
		budget_free(s->budget, s->table, (size_t)s->mask + 1,
			    sizeof *table);
	s->table = table;
	s->mask = mask;
	return true;
}

static uint32_t
subject_number(struct subjects *s, struct subject what)
{
	uint32_t slot, k;

	if (s->count >= s->room && !subjects_grow(s))
		return NONE;
	slot = (uint32_t)hash_mix((uint64_t)what.key, (uint64_t)what.inner) &
		s->mask;
	for (; (k = s->table[slot]) != 0; slot = (slot + 1) & s->mask)
		if (s->at[k - 1].key == what.key &&
		    s->at[k - 1].inner == what.inner)
			return k - 1;
	s->at[s->count] = what;
	s->table[slot] = s->count + 1;
	return s->count++;
}

static void
subjects_free(struct subjects *s)
{
	budget_free(s->budget, s->at, s->room, sizeof *s->at);
	if (s->table != NULL)
		budget_free(s->budget, s->table, (size_t)s->mask + 1,
			    sizeof *s->table);
}

/* ---- a history that contradicts itself -------------------------------------------- */

struct process {
	uint32_t process;
	uint64_t ended;		/* rank of its last end                        */
	uint64_t op;
};

static int
by_process(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	if (x->process != y->process)
		return x->process < y->process ? -1 : 1;
	return x->op < y->op ? -1 : x->op > y->op;
}

static int
overlap(const struct fr_history *h, uint64_t first, uint64_t second,
	struct fr_err *err)
{
	const struct fr_operation *a = op_at(h, first), *b = op_at(h, second);

	return err_usage(err, "operation %llu: process %u called it while its "
			 "operation %llu was still open",
			 (unsigned long long)b->id, b->process,
			 (unsigned long long)a->id);
}

/* Processes with numbers that are too far apart for a table. */
static int
check_sparse(const struct fr_history *h, struct fr_err *err)
{
	struct process *all = mem_array(h->op_count, sizeof *all);
	uint64_t i;
	int status = 0;

	for (i = 0; i < h->op_count; i++) {
		all[i].process = op_at(h, i)->process;
		all[i].ended = op_at(h, i)->end_rank;
		all[i].op = i;
	}
	qsort(all, h->op_count, sizeof *all, by_process);
	for (i = 1; i < h->op_count && status == 0; i++)
		if (all[i].process == all[i - 1].process &&
		    op_at(h, all[i].op)->call_rank < all[i - 1].ended)
			status = overlap(h, all[i - 1].op, all[i].op, err);
	free(all);
	return status;
}

/* The rest of what one operation can contradict; *rank is the last call's. */
static int
check_operation(const struct fr_operation *op, uint64_t *rank,
		struct fr_err *err)
{
	if (op->call_rank < *rank)
		return err_usage(err, "operation %llu: it was called before "
				 "the one that stands before it",
				 (unsigned long long)op->id);
	*rank = op->call_rank;
	if (op->outcome < FR_OK || op->outcome > FR_INFO)
		return err_usage(err, "operation %llu: outcome %u is none",
				 (unsigned long long)op->id, op->outcome);
	if (op->outcome != FR_INFO && op->end_rank <= op->call_rank)
		return err_usage(err, "operation %llu: it ended before it was "
				 "called", (unsigned long long)op->id);
	return 0;
}

static int
check_history(struct split *s, struct fr_err *err)
{
	const struct fr_history *h = s->h;
	const struct fr_operation *op, *before;
	uint64_t *last = NULL, i, k, rank = 0;
	uint64_t limit = h->op_count * 4 + 1024;
	size_t room = 0, old;
	bool sparse = false;
	int status = 0;

	if (h->op_count > 1000000000)
		return err_usage(err, "a history of more than 1,000,000,000 "
				 "operations cannot be checked");
	s->low = INT64_MAX;
	s->high = INT64_MIN;
	for (i = 0; i < h->op_count && status == 0; i++) {
		op = op_at(h, i);
		status = check_operation(op, &rank, err);
		s->low = op->key < s->low ? op->key : s->low;
		s->high = op->key > s->high ? op->key : s->high;
		sparse = sparse || op->process >= limit;
		if (status != 0 || sparse)
			continue;
		if (op->process >= room) {
			old = room;
			mem_grow(&last, &room, (size_t)op->process + 1,
				 sizeof *last);
			memset(last + old, 0, (room - old) * sizeof *last);
		}
		/* Of each process: its last operation, plus one. */
		k = last[op->process];
		last[op->process] = i + 1;
		if (k == 0)
			continue;
		before = op_at(h, k - 1);
		if (before->outcome == FR_INFO ||
		    before->end_rank > op->call_rank)
			status = overlap(h, k - 1, i, err);
	}
	free(last);
	return status == 0 && sparse ? check_sparse(h, err) : status;
}

/* ---- splitting --------------------------------------------------------------------- */

/* Where each operation of the history went. */
struct places {
	uint32_t *part;		/* NONE: it failed                             */
	uint32_t *place;
	uint32_t *next;		/* of a part: its next rank                    */
};

struct event {
	uint64_t rank;
	uint32_t what;		/* operation * 2, + 1 for the end              */
};

static int
by_rank(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	/* A call before an end of the same rank: they overlap. */
	return (int)(x->what & 1) - (int)(y->what & 1);
}

static inline void
number_event(struct split *s, const struct places *at, uint32_t what)
{
	uint32_t place = at->place[what / 2];
	uint32_t rank = at->next[at->part[what / 2]]++;

	if (what & 1)
		s->ret[place] = rank;
	else
		s->call[place] = rank;
}

/* Each event at its rank, which no other has: false where one is shared. */
static bool
number_by_bucket(struct split *s, const struct places *at, uint32_t *bucket,
		 uint64_t ranks)
{
	const struct fr_operation *op;
	uint64_t i, rank;

	memset(bucket, 0xff, ranks * sizeof *bucket);
	for (i = 0; i < s->h->op_count; i++) {
		if (at->part[i] == NONE)
			continue;
		op = op_at(s->h, i);
		if (bucket[op->call_rank] != NONE)
			return false;
		bucket[op->call_rank] = (uint32_t)i * 2;
		if (op->outcome == FR_INFO)
			continue;
		if (bucket[op->end_rank] != NONE)
			return false;
		bucket[op->end_rank] = (uint32_t)i * 2 + 1;
	}
	for (rank = 0; rank < ranks; rank++)
		if (bucket[rank] != NONE)
			number_event(s, at, bucket[rank]);
	return true;
}

static bool
number_by_sort(struct split *s, const struct places *at)
{
	const struct fr_operation *op;
	struct event *all;
	uint64_t i, count = 0;

	all = budget_new(s->budget, s->live * 2, sizeof *all);
	if (all == NULL)
		return false;
	for (i = 0; i < s->h->op_count; i++) {
		if (at->part[i] == NONE)
			continue;
		op = op_at(s->h, i);
		all[count].rank = op->call_rank;
		all[count++].what = (uint32_t)i * 2;
		if (op->outcome == FR_INFO)
			continue;
		all[count].rank = op->end_rank;
		all[count++].what = (uint32_t)i * 2 + 1;
	}
	qsort(all, count, sizeof *all, by_rank);
	for (i = 0; i < count; i++)
		number_event(s, at, all[i].what);
	budget_free(s->budget, all, s->live * 2, sizeof *all);
	return true;
}

static bool
number_events(struct split *s, struct places *at, uint64_t ranks)
{
	uint32_t *bucket;
	bool done = false;

	at->next = budget_new(s->budget, s->parts, sizeof *at->next);
	if (at->next == NULL)
		return false;
	memset(s->ret, 0xff, s->live * sizeof *s->ret);
	if (ranks < s->h->op_count * 8 + 1024) {
		bucket = budget_new(s->budget, ranks, sizeof *bucket);
		if (bucket == NULL)
			goto out;
		done = number_by_bucket(s, at, bucket, ranks);
		budget_free(s->budget, bucket, ranks, sizeof *bucket);
	}
	if (!done)
		done = number_by_sort(s, at);
out:
	budget_free(s->budget, at->next, s->parts, sizeof *at->next);
	return done;
}

/* Numbers the subjects; ranks: one more than the last one. */
static bool
find_subjects(struct split *s, const struct bound *m, uint32_t *part,
	      struct subjects *subjects, uint64_t *ranks)
{
	const struct fr_operation *op;
	uint64_t i, span = (uint64_t)s->high - (uint64_t)s->low;
	bool keys = m->own == NULL && !(m->by_element && is_set(m));
	uint32_t *direct = NULL, k;

	if (keys && span < s->h->op_count * 4 + 1024) {
		direct = budget_new(s->budget, span + 1, sizeof *direct);
		if (direct == NULL)
			return false;
	}
	for (i = 0; i < s->h->op_count; i++) {
		op = op_at(s->h, i);
		part[i] = NONE;
		if (!is_live(m, op))
			continue;
		s->live++;
		if (op->call_rank >= *ranks)
			*ranks = op->call_rank + 1;
		if (op->outcome != FR_INFO && op->end_rank >= *ranks)
			*ranks = op->end_rank + 1;
		k = direct != NULL ? direct[op->key - s->low] : 0;
		part[i] = k != 0 ? k - 1 :
			subject_number(subjects, subject_of(m, op));
		if (part[i] == NONE)
			break;
		if (direct != NULL)
			direct[op->key - s->low] = part[i] + 1;
	}
	if (direct != NULL)
		budget_free(s->budget, direct, span + 1, sizeof *direct);
	s->parts = subjects->count;
	return i == s->h->op_count;
}

/* Groups the live operations by subject, each group in the order of calls. */
static bool
group(struct split *s, const struct subjects *subjects, struct places *at)
{
	uint64_t i, count = s->h->op_count;
	uint32_t k, *next;

	s->start = budget_new(s->budget, (size_t)s->parts + 1,
			      sizeof *s->start);
	s->key = budget_new(s->budget, s->parts, sizeof *s->key);
	s->op = budget_new(s->budget, s->live, sizeof *s->op);
	s->call = budget_new(s->budget, s->live, sizeof *s->call);
	s->ret = budget_new(s->budget, s->live, sizeof *s->ret);
	next = budget_new(s->budget, s->parts, sizeof *next);
	if (s->start == NULL || s->key == NULL || s->op == NULL ||
	    s->call == NULL || s->ret == NULL || next == NULL) {
		budget_free(s->budget, next, s->parts, sizeof *next);
		return false;
	}
	for (i = 0; i < count; i++)
		if (at->part[i] != NONE)
			s->start[at->part[i] + 1]++;
	for (k = 0; k < s->parts; k++) {
		s->key[k] = subjects->at[k].key;
		s->start[k + 1] += s->start[k];
		next[k] = s->start[k];
	}
	for (i = 0; i < count; i++) {
		if (at->part[i] == NONE)
			continue;
		at->place[i] = next[at->part[i]]++;
		s->op[at->place[i]] = (uint32_t)i;
	}
	budget_free(s->budget, next, s->parts, sizeof *next);
	return true;
}

int
split_make(struct split *s, const struct fr_history *h, struct bound *m,
	   struct budget *b, struct fr_err *err)
{
	struct subjects subjects = { .budget = b };
	uint64_t count = h->op_count, ranks = 0;
	struct places at;
	bool ok = false;

	memset(s, 0, sizeof *s);
	memset(&at, 0, sizeof at);
	s->budget = b;
	s->h = h;
	if (check_history(s, err) != 0)
		return -1;
	at.part = budget_new(b, count, sizeof *at.part);
	at.place = budget_new(b, count, sizeof *at.place);
	if (at.part != NULL && at.place != NULL)
		ok = find_subjects(s, m, at.part, &subjects, &ranks) &&
			group(s, &subjects, &at) &&
			number_events(s, &at, ranks);
	budget_free(b, at.part, count, sizeof *at.part);
	budget_free(b, at.place, count, sizeof *at.place);
	subjects_free(&subjects);
	return ok ? 0 : 1;
}

void
split_free(struct split *s)
{
	budget_free(s->budget, s->start, (size_t)s->parts + 1,
		    sizeof *s->start);
	budget_free(s->budget, s->key, s->parts, sizeof *s->key);
	budget_free(s->budget, s->op, s->live, sizeof *s->op);
	budget_free(s->budget, s->call, s->live, sizeof *s->call);
	budget_free(s->budget, s->ret, s->live, sizeof *s->ret);
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
	bool any, wide;
};

static void
range_add(struct range *r, const struct fr_value *v)
{
	uint32_t i;

	if (v->kind == FR_INT) {
		if (!r->any || v->u.number < r->low)
			r->low = v->u.number;
		if (!r->any || v->u.number > r->high)
			r->high = v->u.number;
		r->any = true;
	} else if (v->kind == FR_LIST && v->count == 2) {
		for (i = 0; i < 2; i++) {
			struct fr_value n = { FR_INT, 0,
				{ .number = v->u.list[i] } };

			range_add(r, &n);
		}
	} else if (v->kind != FR_NIL) {
		r->wide = true;
	}
}

/* A register of whole numbers that lie close together needs no table. */
static void
choose_direct(struct part *p, const struct fr_history *h)
{
	struct range r = { 0, 0, false, false };
	const struct fr_operation *op;
	enum word w;
	uint32_t i;

	range_add(&r, &p->bound->initial);
	for (i = 0; i < p->n && !r.wide; i++) {
		if (i + AHEAD < p->n)
			look_ahead(op_at(h, p->op[i + AHEAD]));
		op = op_at(h, p->op[i]);
		w = p->bound->words[op->f];
		if (w == W_APPEND ||
		    (w == W_CAS) != (op->value.kind == FR_LIST))
			return;
		range_add(&r, w == W_READ ? &op->result : &op->value);
	}
	if (r.any && !r.wide &&
	    (uint64_t)r.high - (uint64_t)r.low < (uint64_t)p->n * 4 + 64)
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
part_make(struct part *p, const struct split *s, uint32_t which,
	  struct bound *m, struct budget *b, struct fr_err *err)
{
	uint32_t start = s->start[which];
	int status;

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
	if (!part_room(p, b))
		return 1;
	if (m->model->column == column_register)
		choose_direct(p, s->h);
	p->initial = dict_id(p->dict, &m->initial);
	status = columns(p, s->h, err);
	if (status != 0)
		return status;
	p->values = dict_size(p->dict);
	if (m->model->kind == MODEL_MUTEX || (is_set(m) && m->by_element)) {
		p->shape = SHAPE_PLAIN;
		p->initial = 0;
		p->values = 2;
	}
	return drop_useless(p, b);
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
		free(p->pool);
		if (p->dict != NULL)
			dict_free(p->dict);
		free(p->dict);
	}
}
