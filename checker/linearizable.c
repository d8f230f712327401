/* SPDX-License-Identifier: MIT */
/*
 * From a history to a verdict on linearizability: parts are decided side by
 * side, their orders merged, and whatever is said is backed by evidence.
 *
 * The verdict does not depend on which thread was first: of several parts
 * that have no linearization the one whose key came first is shown.
 */
#include "checker/collections.h"
#include "checker/steps.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/units.h"

#define THREADS_MOST	64
#define FEW		16u	/* operations of a key                 */
#define SMALL		20000	/* operations that are not worth a thread      */

const char *const verdict_names[3] = { "valid", "invalid", "unknown" };

struct check {
	const struct fr_history *h;
	const struct check_config *c;
	struct bound m;
	struct budget budget;
	struct split split;
	uint32_t *order, *counts;	/* of each part, in its place          */
	_Atomic uint32_t next;
	const char *_Atomic direct;	/* the fast decision that was used     */
	_Atomic bool searched;
	_Atomic uint32_t undecided;
	pthread_mutex_t lock;
	uint32_t bad;			/* the first part that has none        */
	struct part bad_part;
	struct answer bad_answer;
	struct fr_err err;
	bool failed;
};

/*
 * Most keys of many have few operations, and these are legal in the order in
 * which they ended.  Pending ones are tried nowhere.
 */
static bool
legal_in_order(const struct part *p, struct answer *out)
{
	uint32_t count = 0, i, k, state = p->initial, a;

	if (p->n > FEW || p->initial == NONE)
		return false;
	for (i = 0; i < p->n; i++) {
		if (p->ret[i] == NEVER)
			continue;
		for (k = count++; k > 0 && p->ret[out->order[k - 1]] >
		     p->ret[i]; k--)
			out->order[k] = out->order[k - 1];
		out->order[k] = i;
	}
	for (k = 0; k < count; k++) {
		i = out->order[k];
		a = p->a[i];
		if (p->flags[i] & OP_UNLESS ? a == state :
		    a != NONE && a != state)
			return false;
		if (p->b[i] != NONE)
			state = p->b[i];
	}
	out->count = count;
	out->decision = YES;
	out->algorithm = "in order";
	return true;
}

void
part_decide(const struct part *p, const struct fr_history *h, uint64_t steps,
	    struct answer *out, struct budget *b)
{
	out->decision = NOT_FOR_ME;
	out->frontier = p->ranks;
	if (p->shape == SHAPE_PLAIN && legal_in_order(p, out))
		return;
	if (p->shape == SHAPE_PLAIN)
		zones_decide(p, out, b);
	else if (p->model->step == step_queue)
		queue_decide(p, out, b);
	else if (p->model->step == step_stack)
		stack_decide(p, out, b);
	else if (p->model->step == step_priority)
		priority_decide(p, out, b);
	else if (p->model->step == step_counter)
		counter_decide(p, out, b);
	else if (p->model->step == step_set)
		set_decide(p, out, b);
	if (out->decision == NOT_FOR_ME)
		search_decide(p, h, steps, out, b);
}

/* ---- parts, by as many threads as there are ------------------------------------- */

static void
keep_bad(struct check *k, uint32_t which, struct part *p,
	 const struct answer *a)
{
	pthread_mutex_lock(&k->lock);
	if (which < k->bad) {
		if (k->bad != NONE)
			part_free(&k->bad_part, &k->budget);
		k->bad = which;
		k->bad_part = *p;
		k->bad_answer = *a;
	} else {
		part_free(p, &k->budget);
	}
	pthread_mutex_unlock(&k->lock);
}

/* A part with its answer; 1: out of budget, -1: it contradicts itself. */
static int
make_and_decide(struct check *k, uint32_t which, struct part *p,
		struct answer *a, struct fr_err *err)
{
	int status = part_begin(p, &k->split, which, &k->m, &k->budget);
	bool answered = status == 0 && text_flatten(p, k->h, a, &k->budget);

	if (status == 0 && !answered && !p->made)
		status = part_columns(p, k->h, err);
	if (status != 0)
		return status;
	if (!answered)
		part_decide(p, k->h, 0, a, &k->budget);
	return a->decision == NO ? text_restore(p, k->h, a) : 0;
}

static void
decide_one(struct check *k, uint32_t which)
{
	struct answer a;
	struct fr_err err;
	struct part p;
	uint32_t i, start = k->split.start[which];
	int status;

	a.order = k->order + start;
	status = make_and_decide(k, which, &p, &a, &err);
	if (status != 0) {
		pthread_mutex_lock(&k->lock);
		if (status < 0 && !k->failed) {
			k->failed = true;
			k->err = err;
		}
		pthread_mutex_unlock(&k->lock);
		atomic_fetch_add(&k->undecided, 1);
		part_free(&p, &k->budget);
		return;
	}
	if (strcmp(a.algorithm, "search") == 0)
		k->searched = true;
	else if (strcmp(a.algorithm, "in order") != 0)
		k->direct = a.algorithm;
	if (a.decision == NO) {
		keep_bad(k, which, &p, &a);
		return;
	}
	if (a.decision == YES) {
		k->counts[which] = a.count;
		for (i = 0; i < a.count; i++)
			a.order[i] = p.op[a.order[i]];
	} else {
		atomic_fetch_add(&k->undecided, 1);
	}
	part_free(&p, &k->budget);
}

static void *
work(void *arg)
{
	struct check *k = arg;
	uint32_t which, bad;

	while ((which = atomic_fetch_add(&k->next, 1)) < k->split.parts) {
		pthread_mutex_lock(&k->lock);
		bad = k->failed ? 0 : k->bad;
		pthread_mutex_unlock(&k->lock);
		if (which > bad)
			break;
		if (!budget_time(&k->budget)) {
			atomic_fetch_add(&k->undecided, 1);
			break;
		}
		decide_one(k, which);
	}
	return NULL;
}

static void
decide_all(struct check *k)
{
	pthread_t threads[THREADS_MOST];
	uint32_t want = k->c->threads, got = 0, i;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (want == 0)
		want = cores < 1 ? 1 : (uint32_t)cores;
	if (want > THREADS_MOST)
		want = THREADS_MOST;
	if (want > k->split.parts)
		want = k->split.parts;
	if (k->split.live < SMALL)
		want = 1;
	for (i = 1; i < want; i++)
		if (pthread_create(&threads[got], NULL, work, k) == 0)
			got++;
	work(k);
	for (i = 0; i < got; i++)
		pthread_join(threads[i], NULL);
}

/* ---- merging ----------------------------------------------------------------------- */

static void
put_in_order(const struct check *k, const uint32_t *first,
	     const uint32_t *length, struct verdict *v)
{
	uint64_t i;
	uint32_t at;

	v->order_count = 0;
	for (i = 0; i < k->h->op_count; i++)
		for (at = 0; at < length[i]; at++)
			v->order[v->order_count++] = k->order[first[i] + at];
}

/*
 * One order of all parts: an operation takes effect when the last call of
 * those before it in its part has been made, which is before its own end.
 */
static bool
merge(struct check *k, struct verdict *v)
{
	const struct split *s = &k->split;
	uint64_t count = k->h->op_count;
	uint32_t *first, *length, which, at, from, anchor;

	first = budget_new(&k->budget, count, sizeof *first);
	length = budget_new(&k->budget, count, sizeof *length);
	if (first == NULL || length == NULL) {
		budget_free(&k->budget, first, count, sizeof *first);
		budget_free(&k->budget, length, count, sizeof *length);
		return false;
	}
	for (which = 0; which < s->parts; which++) {
		from = s->start[which];
		anchor = 0;
		for (at = from; at < from + k->counts[which]; at++) {
			if (at == from || k->order[at] > anchor) {
				anchor = k->order[at];
				first[anchor] = at;
			}
			length[anchor]++;
		}
		v->order_count += k->counts[which];
	}
	if (budget_claim(&k->budget, v->order_count * sizeof *v->order)) {
		v->order = arena_new(&v->arena, (v->order_count + 1) *
				     sizeof *v->order);
		put_in_order(k, first, length, v);
	}
	budget_free(&k->budget, first, count, sizeof *first);
	budget_free(&k->budget, length, count, sizeof *length);
	return v->order != NULL;
}

/* ---- verdicts ------------------------------------------------------------------------ */

static void
say_unknown(struct check *k, struct verdict *v)
{
	char text[32];

	v->kind = VERDICT_UNKNOWN;
	v->budget = k->budget.out == OUT_MEMORY ? "memory" : "time";
	if (k->budget.out == OUT_MEMORY) {
		size_text(k->c->memory_max, text, sizeof text);
		v->reason = k->c->memory_max == 0 ?
			arena_string(&v->arena, "this machine has not enough "
				     "memory to decide it") :
			arena_format(&v->arena, "the memory budget of %s ran "
				     "out", text);
	} else {
		time_text(k->c->time_max, text, sizeof text);
		v->reason = arena_format(&v->arena,
			"the time budget of %s ran out", text);
	}
	if (k->split.parts > 1)
		v->reason = arena_format(&v->arena, "%s with %u of %u keys "
			"decided", v->reason, k->next > k->undecided ?
			(k->next > k->split.parts ? k->split.parts :
			 k->next) - k->undecided : 0, k->split.parts);
}

static void
say_valid(struct check *k, struct verdict *v)
{
	struct fr_err err;

	/* The verifier marks each operation. */
	if (!merge(k, v) || !budget_claim(&k->budget, k->h->op_count)) {
		v->order = NULL;
		v->order_count = 0;
		say_unknown(k, v);
		return;
	}
	if (verify_bound(k->h, &k->m, v->order, v->order_count, &err) != 0) {
		v->kind = VERDICT_UNKNOWN;
		v->reason = arena_format(&v->arena, "this is our bug, please "
			"report it: the linearization that was found is none: "
			"%s", err.text);
		return;
	}
	v->kind = VERDICT_VALID;
	v->reason = arena_format(&v->arena,
		"all %llu operations fit into one legal order",
		(unsigned long long)v->order_count);
}

static void
conclude(struct check *k, struct verdict *v)
{
	const char *direct = k->direct;

	v->condition = "linearizability";
	v->algorithm = direct == NULL ? (k->searched ? "search" : "in order") :
		!k->searched ? direct :
		arena_format(&v->arena, "%s and search", direct);
	if (k->bad != NONE) {
		v->kind = VERDICT_INVALID;
		v->algorithm = k->bad_answer.algorithm;
		evidence_invalid(&k->bad_part, k->h, k->c, &k->bad_answer,
				 &k->budget, v);
	} else if (k->undecided > 0) {
		say_unknown(k, v);
	} else {
		say_valid(k, v);
	}
}

static int
decide_split(struct check *k, struct verdict *v, struct fr_err *err)
{
	struct budget *b = &k->budget;
	uint64_t live = k->split.live;

	k->order = budget_new(b, live, sizeof *k->order);
	k->counts = budget_new(b, k->split.parts, sizeof *k->counts);
	if (k->order == NULL || k->counts == NULL)
		k->undecided = 1;
	else
		decide_all(k);
	if (k->failed) {
		if (err != NULL)
			*err = k->err;
	} else {
		conclude(k, v);
	}
	if (k->bad != NONE)
		part_free(&k->bad_part, b);
	budget_free(b, k->order, live, sizeof *k->order);
	budget_free(b, k->counts, k->split.parts, sizeof *k->counts);
	return k->failed ? -1 : 0;
}

int
check_linearizable(const struct fr_history *h, const struct check_config *c,
		   struct verdict *out, struct fr_err *err)
{
	int64_t began = clock_mono();
	struct check k;
	struct verdict v;
	int status;

	memset(&k, 0, sizeof k);
	memset(&v, 0, sizeof v);
	k.h = h;
	k.c = c;
	k.bad = NONE;
	if (model_bind(c, h, &k.m, err) != 0)
		return -1;
	budget_init(&k.budget, c->began, c->time_max, c->memory_max);
	pthread_mutex_init(&k.lock, NULL);
	status = split_make(&k.split, h, &k.m, &k.budget, err);
	if (status > 0) {
		v.algorithm = "none";
		v.condition = "linearizability";
		k.split.parts = 0;
		say_unknown(&k, &v);
	} else if (status == 0) {
		status = decide_split(&k, &v, err);
	}
	split_free(&k.split);
	pthread_mutex_destroy(&k.lock);
	bound_free(&k.m);
	if (status < 0) {
		arena_free(&v.arena);
		return -1;
	}
	v.seconds = (double)(clock_mono() - began) * 1e-9;
	v.memory_bytes = k.budget.peak;
	*out = v;
	return 0;
}

void
verdict_free(struct verdict *v)
{
	arena_free(&v->arena);
	memset(v, 0, sizeof *v);
}
