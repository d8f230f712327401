/* SPDX-License-Identifier: MIT */
/*
 * What several workloads need: walking a history, parameters, quantiles, and
 * a table from numbers to indices.
 */
#ifndef WORKLOADS_COMMON_H
#define WORKLOADS_COMMON_H

#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>
#include <fracas/workload.h>

/* ---- parameters ---------------------------------------------------------- */

FR_UNUSED static int64_t
work_param(struct fr_work *w, const char *name)
{
	struct fr_value v;

	if (w->host->param(w, name, &v) < 0)
		return 0;
	return fr_number(v, 0);
}

/* True with the probability that the real parameter `name` gives. */
FR_UNUSED static bool
work_chance(struct fr_work *w, const char *name)
{
	struct fr_value v;
	double p = 0;

	if (w->host->param(w, name, &v) == 0 && v.kind == FR_BYTES &&
	    v.count == sizeof p)
		memcpy(&p, v.u.bytes, sizeof p);
	return (double)(w->host->random(w) >> 11) / 9007199254740992.0 < p;
}

/* Somewhere between nothing and twice as long. */
FR_UNUSED static int64_t
work_about(struct fr_work *w, int64_t time)
{
	return (int64_t)(w->host->random(w) % (uint64_t)(2 * time + 1));
}

/* ---- in the end ---------------------------------------------------------- */

#define FINAL_TRIES	5
#define FINAL_PAUSE	FR_MS(200)

/* What a client is at: all that is asked for in the end has a number, and is
 * asked for again a few times where that fails. */
struct final {
	bool pending, failed;
	uint64_t number;
	int tries;
};

/* FR_OP: number f->number is to be asked for; or FR_WAIT. */
FR_UNUSED static int
final_next(struct final *f, uint64_t *next, struct fr_op *op)
{
	if (f->pending && f->failed && f->tries < FINAL_TRIES) {
		f->failed = false;
		op->wait = FINAL_PAUSE;
		return FR_WAIT;
	}
	if (!f->pending || f->tries >= FINAL_TRIES) {
		f->pending = true;
		f->tries = 0;
		f->number = (*next)++;
	}
	f->tries++;
	return FR_OP;
}

FR_UNUSED static void
final_ended(struct final *f, const struct fr_operation *op)
{
	f->pending = f->failed = op->outcome != FR_OK;
}

/*
 * One of each kind, one after the other, by one client on a key of its own:
 * what a protocol answers at all, it answers in a world without faults.
 */
struct sample {
	uint32_t at;			/* of the kinds: next, or under way   */
	int tries;			/* of it; below 0: it waits to try    */
};

/* No other key is as high. */
#define OWN_KEY (INT64_C(1) << 62)

/* FR_OP: kinds[s->at] is in op->f, on a key of its own; FR_DONE: that is all. */
FR_UNUSED static int
sample_next(struct fr_work *w, struct sample *s, const uint32_t *kinds,
	    uint32_t count, struct fr_op *op)
{
	while (s->at < count && (!w->host->supported(w, kinds[s->at]) ||
				 s->tries >= FINAL_TRIES)) {
		s->at++;
		s->tries = 0;
	}
	if (s->at == count)
		return FR_DONE;
	if (s->tries < 0) {
		s->tries = -s->tries;
		op->wait = FINAL_PAUSE;
		return FR_WAIT;
	}
	op->f = kinds[s->at];
	op->key = OWN_KEY;
	/* Elsewhere each time: this one may have been left out. */
	op->node = (uint32_t)s->tries % w->nodes;
	return FR_OP;
}

/* False: it was not of the sample. */
FR_UNUSED static bool
sample_ended(struct sample *s, const struct fr_operation *op)
{
	if (op->key < OWN_KEY)
		return false;
	s->at += op->outcome == FR_OK;
	s->tries = op->outcome == FR_OK ? 0 : -(s->tries + 1);
	return true;
}

/* ---- histories ----------------------------------------------------------- */

FR_UNUSED static const struct fr_operation *
op_at(const struct fr_history *h, uint64_t i)
{
	return (const struct fr_operation *)
		((const char *)h->ops + i * h->op_stride);
}

FR_UNUSED static bool
same_value(const struct fr_value *a, const struct fr_value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == FR_INT)
		return a->u.number == b->u.number;
	if (a->kind == FR_NIL)
		return true;
	if (a->count != b->count || a->count == 0)
		return a->count == b->count;
	return a->kind == FR_LIST ?
	       memcmp(a->u.list, b->u.list, a->count * sizeof(int64_t)) == 0 :
	       memcmp(a->u.bytes, b->u.bytes, a->count) == 0;
}

/* A value for people, cut where it is long. */
FR_UNUSED static void
say_value(const struct fr_value *v, char *text, size_t max)
{
	size_t at = 0;
	uint32_t i;

	if (v->kind == FR_INT) {
		snprintf(text, max, "%lld", (long long)v->u.number);
	} else if (v->kind == FR_BYTES) {
		snprintf(text, max, "%u bytes", v->count);
	} else if (v->kind == FR_LIST) {
		at += (size_t)snprintf(text, max, "[");
		for (i = 0; i < v->count && i < 6 && at < max; i++)
			at += (size_t)snprintf(text + at, max - at, "%s%lld",
					       i > 0 ? " " : "",
					       (long long)v->u.list[i]);
		if (at < max)
			snprintf(text + at, max - at, v->count > i ?
				 " ... %u in all]" : "]", v->count);
	} else {
		snprintf(text, max, "nil");
	}
}

FR_UNUSED static void
violation_2(struct fr_judge *j, const char *kind, uint64_t a, uint64_t b,
	    const char *sentence)
{
	uint64_t ops[2] = { a, b };

	j->violation(j, kind, ops, a == b ? 1 : 2, sentence);
}

/* ---- quantiles ----------------------------------------------------------- */

FR_UNUSED static int
compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Sorts times (ns) and reports "NAME p50" and so on, in milliseconds. */
FR_UNUSED static void
report_times(struct fr_judge *j, const char *name, int64_t *times,
	     uint64_t count)
{
	static const struct {
		const char *word;
		uint64_t percent;
	} quantiles[] = {
		{ "p50", 50 }, { "p95", 95 }, { "p99", 99 }, { "max", 100 },
	};
	char text[FR_NAME_MAX + 1];
	uint64_t at;
	size_t i;

	if (count == 0)
		return;
	qsort(times, count, sizeof *times, compare_times);
	for (i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
		/* The least one that so many are not above. */
		at = (count * quantiles[i].percent + 99) / 100;
		snprintf(text, sizeof text, "%s %s", name, quantiles[i].word);
		j->metric(j, text, (double)times[at - 1] / 1e6, "ms");
	}
}

/* ---- a table from numbers to indices ------------------------------------- */

struct index {
	uint64_t mask;
	int64_t *keys;
	uint64_t *values;		/* 0: free; else the index + 1        */
};

FR_UNUSED static struct index
index_new(struct fr_judge *j, uint64_t count)
{
	struct index x = { .mask = 15 };

	while (x.mask < 2 * count)
		x.mask = 2 * x.mask + 1;
	x.keys = j->alloc(j, (x.mask + 1) * sizeof *x.keys);
	x.values = j->alloc(j, (x.mask + 1) * sizeof *x.values);
	memset(x.values, 0, (x.mask + 1) * sizeof *x.values);
	return x;
}

FR_UNUSED static uint64_t *
index_slot(const struct index *x, int64_t key)
{
	uint64_t at = (uint64_t)key * 0x9e3779b97f4a7c15u;

	for (at = (at >> 32) & x->mask; x->values[at] != 0 &&
	     x->keys[at] != key; at = (at + 1) & x->mask)
		;
	x->keys[at] = key;
	return &x->values[at];
}

#endif
