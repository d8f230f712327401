/* SPDX-License-Identifier: MIT */
/*
 * From a history to parts: one pass over the operations, which are large, says
 * of each what it is about and puts its events at their ranks; then one over
 * the ranks numbers each part's events.
 *
 * Ranks replace times: a part's events are numbered 0, 1, 2, ...  Where a
 * completion and a call of the history have the same rank, the call comes
 * first: they overlap.
 */
#include "checker/steps.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"

#define SMALL_KEYS	4095

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

/* Of each process its last operation. */
struct last {
	uint64_t *op;		/* plus one                                    */
	size_t room;
	uint64_t limit;		/* of numbers that have a place here           */
	bool sparse;		/* some have none                              */
};

static int
check_process(const struct fr_history *h, uint64_t i, struct last *last,
	      struct fr_err *err)
{
	const struct fr_operation *op = op_at(h, i), *before;
	size_t old = last->room;
	uint64_t k;

	if (op->process >= last->limit) {
		last->sparse = true;
		return 0;
	}
	if (op->process >= old) {
		mem_grow(&last->op, &last->room, (size_t)op->process + 1,
			 sizeof *last->op);
		memset(last->op + old, 0,
		       (last->room - old) * sizeof *last->op);
	}
	k = last->op[op->process];
	last->op[op->process] = i + 1;
	if (k == 0)
		return 0;
	before = op_at(h, k - 1);
	return before->outcome == FR_INFO || before->end_rank > op->call_rank ?
		overlap(h, k - 1, i, err) : 0;
}

/* ---- splitting --------------------------------------------------------------------- */

/* Where each operation of the history went. */
struct places {
	uint32_t *part;		/* NONE: it failed                             */
	uint32_t *place;
	uint32_t *next;		/* of a part: its next rank                    */
	/* Of a rank: its operation * 2, + 1 for the end; NONE: no event. */
	uint32_t *bucket;
	uint64_t room, ranks;
	bool shared;		/* two events have one rank                    */
	bool far;		/* ranks lie too far apart                     */
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

/* ---- the pass over the operations -------------------------------------------------- */

static bool
bucket_grow(struct split *s, struct places *at, uint64_t rank)
{
	uint64_t most = s->h->op_count * 8 + 1024;
	uint64_t room = at->room == 0 ? s->h->op_count * 2 + 64 : most;
	uint32_t *grown;

	if (room <= rank)
		room = most;
	if (rank >= most) {
		at->far = true;
		return true;
	}
	grown = budget_resize(s->budget, at->bucket, at->room, room,
			      sizeof *grown);
	if (grown == NULL)
		return false;
	memset(grown + at->room, 0xff, (room - at->room) * sizeof *grown);
	at->bucket = grown;
	at->room = room;
	return true;
}

/* false: no memory. */
static inline bool
put_event(struct split *s, struct places *at, uint64_t rank, uint32_t what)
{
	if (at->shared || at->far)
		return true;
	if (rank >= at->room && !bucket_grow(s, at, rank))
		return false;
	if (at->far)
		return true;
	if (at->bucket[rank] != NONE)
		at->shared = true;
	at->bucket[rank] = what;
	if (rank >= at->ranks)
		at->ranks = rank + 1;
	return true;
}

/* Numbers of keys, small ones in a table of their own. */
struct keys {
	struct subjects subjects;
	uint32_t *small;	/* plus one; SMALL_KEYS: no key                */
	bool whole;		/* the key is all that matters                 */
};

static inline uint32_t
part_of(struct keys *k, const struct bound *m, const struct fr_operation *op)
{
	int64_t key = op->key == FR_NO_KEY ? SMALL_KEYS : op->key;
	uint32_t part;

	if (!k->whole || key < 0 || key > SMALL_KEYS ||
	    op->key == SMALL_KEYS)
		return subject_number(&k->subjects, subject_of(m, op));
	if (k->small[key] != 0)
		return k->small[key] - 1;
	part = subject_number(&k->subjects, subject_of(m, op));
	if (part != NONE)
		k->small[key] = part + 1;
	return part;
}

/* 1: out of budget. */
static int
look_at_all(struct split *s, const struct bound *m, struct keys *k,
	    struct places *at, struct fr_err *err)
{
	struct last last = { .limit = s->h->op_count * 4 + 1024 };
	const struct fr_operation *op;
	uint64_t i, rank = 0;
	int status = 0;

	for (i = 0; i < s->h->op_count && status == 0; i++) {
		op = op_at(s->h, i);
		at->part[i] = NONE;
		status = check_operation(op, &rank, err);
		if (status == 0)
			status = check_process(s->h, i, &last, err);
		if (status != 0 || !is_live(m, op))
			continue;
		s->live++;
		at->part[i] = part_of(k, m, op);
		if (at->part[i] == NONE ||
		    !put_event(s, at, op->call_rank, (uint32_t)i * 2) ||
		    (op->outcome != FR_INFO &&
		     !put_event(s, at, op->end_rank, (uint32_t)i * 2 + 1)))
			status = 1;
	}
	free(last.op);
	s->parts = k->subjects.count;
	return status == 0 && last.sparse ? check_sparse(s->h, err) : status;
}

/* ---- ranks --------------------------------------------------------------------------- */

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
number_events(struct split *s, struct places *at)
{
	uint64_t rank;
	bool done = true;

	at->next = budget_new(s->budget, s->parts, sizeof *at->next);
	if (at->next == NULL)
		return false;
	memset(s->ret, 0xff, s->live * sizeof *s->ret);
	if (at->shared || at->far) {
		done = number_by_sort(s, at);
	} else {
		for (rank = 0; rank < at->ranks; rank++)
			if (at->bucket[rank] != NONE)
				number_event(s, at, at->bucket[rank]);
	}
	budget_free(s->budget, at->next, s->parts, sizeof *at->next);
	return done;
}

/* ---- the whole ----------------------------------------------------------------------- */

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
	struct keys keys = { .subjects = { .budget = b } };
	uint64_t count = h->op_count;
	struct places at;
	int status = 1;

	memset(s, 0, sizeof *s);
	memset(&at, 0, sizeof at);
	s->budget = b;
	s->h = h;
	if (count > 1000000000)
		return err_usage(err, "a history of more than 1,000,000,000 "
				 "operations cannot be checked");
	keys.whole = m->own == NULL && !(m->by_element && is_set(m));
	keys.small = budget_new(b, SMALL_KEYS + 1, sizeof *keys.small);
	at.part = budget_new(b, count, sizeof *at.part);
	at.place = budget_new(b, count, sizeof *at.place);
	if (keys.small != NULL && at.part != NULL && at.place != NULL)
		status = look_at_all(s, m, &keys, &at, err);
	if (status == 0 && (!group(s, &keys.subjects, &at) ||
			    !number_events(s, &at)))
		status = 1;
	budget_free(b, keys.small, SMALL_KEYS + 1, sizeof *keys.small);
	budget_free(b, at.part, count, sizeof *at.part);
	budget_free(b, at.place, count, sizeof *at.place);
	budget_free(b, at.bucket, at.room, sizeof *at.bucket);
	subjects_free(&keys.subjects);
	return status;
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
