/* SPDX-License-Identifier: MIT */
/*
 * The checker against a brute-force oracle, and what it says.
 *
 * The oracle tries every order of small random histories of each model with
 * the verifier's sequential objects (checker/reference.c), which share nothing
 * with the columns, steps, search and zones under test.  Seeds are fixed; set
 * FRACAS_ORACLE to a number to try that many histories a model.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/checker.h"
#include "checker/engine.h"
#include "core/base/rand.h"

#define OPS_MOST	64
#define ORACLE_MOST	8

/* ---- small random histories ---------------------------------------------------------- */

/* What an operation takes and may answer. */
enum take { T_NIL, T_VALUE, T_PAIR, T_OFFSET, T_TRANSFER, T_TEXT,
	    T_PIECE };
enum give { G_NIL, G_VALUE, G_VALUE_NIL, G_BIT, G_LIST, G_BALANCES, G_OFFSET,
	    G_VERDICT, G_TEXT, G_PIECES };

struct kind {
	const char *name;
	enum take take;
	enum give give;
};

struct spec {
	const char *model;
	struct kind kinds[6];
	const char *settings[4];
	bool unique;		/* written values never come twice             */
	bool keys;
};

static const struct spec specs[] = {
	{ "register", { { "read", T_NIL, G_VALUE_NIL },
			{ "write", T_VALUE, G_NIL },
			{ "cas", T_PAIR, G_VERDICT } }, { NULL }, false, true },
	{ "register", { { "read", T_NIL, G_VALUE_NIL },
			{ "write", T_VALUE, G_NIL },
			{ "cas", T_PAIR, G_NIL } }, { NULL }, true, false },
	{ "register", { { "read", T_NIL, G_VALUE_NIL },
			{ "write", T_VALUE, G_NIL },
			{ "cas", T_PAIR, G_VERDICT } }, { NULL }, true, false },
	{ "register", { { "read", T_NIL, G_VALUE_NIL },
			{ "write", T_VALUE, G_NIL } },
	  { "nil-reads=any", "initial=2", NULL }, false, true },
	{ "register", { { "read", T_NIL, G_VALUE },
			{ "cas", T_PAIR, G_VERDICT } },
	  { "failed-cas=differs", "initial=1", NULL }, false, false },
	{ "kv", { { "get", T_NIL, G_TEXT }, { "put", T_TEXT, G_NIL },
		  { "append", T_TEXT, G_NIL }, { "delete", T_NIL, G_NIL } },
	  { NULL }, false, true },
	{ "kv", { { "get", T_NIL, G_PIECES }, { "append", T_PIECE, G_NIL },
		  { "get", T_NIL, G_PIECES }, { "put", T_PIECE, G_NIL } },
	  { NULL }, true, false },
	{ "kv", { { "get", T_NIL, G_PIECES }, { "append", T_PIECE, G_NIL },
		  { "delete", T_NIL, G_NIL } }, { NULL }, true, false },
	{ "set", { { "add", T_VALUE, G_NIL }, { "remove", T_VALUE, G_NIL },
		   { "contains", T_VALUE, G_BIT } }, { NULL }, false, true },
	{ "set", { { "add", T_VALUE, G_NIL }, { "remove", T_VALUE, G_NIL },
		   { "contains", T_VALUE, G_BIT }, { "read", T_NIL, G_LIST } },
	  { NULL }, false, false },
	{ "queue", { { "enqueue", T_VALUE, G_NIL },
		     { "dequeue", T_NIL, G_VALUE_NIL },
		     { "peek", T_NIL, G_VALUE_NIL } }, { NULL }, false, false },
	{ "queue", { { "enqueue", T_VALUE, G_NIL },
		     { "dequeue", T_NIL, G_VALUE_NIL } },
	  { NULL }, true, false },
	{ "stack", { { "push", T_VALUE, G_NIL },
		     { "pop", T_NIL, G_VALUE_NIL },
		     { "top", T_NIL, G_VALUE_NIL } }, { NULL }, false, false },
	{ "stack", { { "push", T_VALUE, G_NIL },
		     { "pop", T_NIL, G_VALUE_NIL } }, { NULL }, true, false },
	{ "priority-queue", { { "insert", T_VALUE, G_NIL },
			      { "poll", T_NIL, G_VALUE_NIL },
			      { "peek", T_NIL, G_VALUE_NIL } },
	  { NULL }, false, false },
	{ "priority-queue", { { "insert", T_VALUE, G_NIL },
			      { "poll", T_NIL, G_VALUE_NIL } },
	  { NULL }, true, false },
	{ "counter", { { "add", T_VALUE, G_NIL }, { "read", T_NIL, G_VALUE },
		       { "decrement", T_NIL, G_NIL },
		       { "add-and-get", T_VALUE, G_VALUE },
		       { "get-and-add", T_VALUE, G_VALUE } },
	  { NULL }, false, true },
	{ "mutex", { { "acquire", T_NIL, G_VERDICT },
		     { "release", T_NIL, G_NIL } }, { NULL }, false, true },
	{ "fenced-lock", { { "acquire", T_NIL, G_VALUE_NIL },
			   { "release", T_NIL, G_NIL } },
	  { NULL }, false, false },
	{ "semaphore", { { "acquire", T_VALUE, G_NIL },
			 { "release", T_VALUE, G_NIL } },
	  { "permits=3", NULL }, false, false },
	{ "log", { { "append", T_VALUE, G_OFFSET }, { "read", T_OFFSET,
			G_VALUE_NIL }, { "size", T_NIL, G_OFFSET },
		   { "read", T_NIL, G_LIST } }, { NULL }, false, false },
	{ "bank", { { "transfer", T_TRANSFER, G_NIL },
		    { "read", T_NIL, G_BALANCES } },
	  { "accounts=2", "balance=2", NULL }, false, false },
};

#define SPECS (int)(sizeof specs / sizeof specs[0])

struct made {
	struct fr_operation ops[OPS_MOST];
	struct fr_history h;
	const char *names[6];
	struct check_config c;
};

static const int64_t lists[][3] = {
	{ 0 }, { 1 }, { 2 }, { 1, 2 }, { 2, 1 }, { 1, 1 }, { 2, 2 },
	{ 1, 2, 1 }, { 1, 1, 2 }, { 2, 1, 1 }, { 3 }, { 1, 3 }, { 3, 1 },
	{ 2, 3 }, { 1, 2, 3 }, { 3, 2 },
};
static const uint32_t list_sizes[] = { 0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 1, 2, 2,
				       2, 3, 2 };
static const int64_t pairs[][2] = {
	{ 1, 2 }, { 2, 1 }, { 1, 3 }, { 3, 2 }, { 2, 2 }, { 2, 3 }, { 1, 1 }
};
static const int64_t transfers[][3] = {
	{ 0, 1, 1 }, { 1, 0, 2 }, { 1, 0, 1 }, { 0, 1, 3 }, { 0, 0, 1 }
};
static const int64_t balances[][2] = {
	{ 2, 2 }, { 1, 3 }, { 3, 1 }, { 4, 0 }, { 0, 4 }, { 2, 3 }
};
static const char *const texts[] = { "", "a", "b", "ab", "ba", "aab", "aa",
				     "aba", "bb" };

static struct fr_value
list_value(const int64_t *list, uint32_t count)
{
	struct fr_value v = { FR_LIST, count, { .list = list } };

	return v;
}

static struct fr_value
int_value(int64_t n)
{
	struct fr_value v = { FR_INT, 0, { .number = n } };

	return v;
}

static struct fr_value
argument(enum take t, struct rng *r, const struct spec *s, int64_t *fresh)
{
	struct fr_value v = { FR_NIL, 0, { 0 } };
	uint64_t i;

	switch (t) {
	case T_VALUE:
		if (s->unique)
			return int_value(++*fresh);
		return int_value((int64_t)rng_below(r, 3) + 1);
	case T_PAIR:
		if (s->unique) {
			static int64_t kept[64][2];
			static uint32_t at;

			/* from anything written so far to something new */
			at = (at + 1) % 64;
			kept[at][0] = (int64_t)rng_below(r, (uint64_t)*fresh +
							 1) + 1;
			kept[at][1] = ++*fresh;
			return list_value(kept[at], 2);
		}
		return list_value(pairs[rng_below(r, 7)], 2);
	case T_OFFSET:
		return int_value((int64_t)rng_below(r, 3));
	case T_TRANSFER:
		return list_value(transfers[rng_below(r, 5)], 3);
	case T_PIECE:
		v.kind = FR_BYTES;
		v.count = 1;
		v.u.bytes = &"abcdefghijklmnopqrstuvwxyz"[*fresh];
		*fresh = (*fresh + 1) % 26;
		return v;
	case T_TEXT:
		i = rng_below(r, 3);
		v.kind = FR_BYTES;
		v.count = (uint32_t)strlen(texts[i]);
		v.u.bytes = texts[i];
		return v;
	default:
		return v;
	}
}

/* Every text of up to three of the first six letters. */
static bool
pieces(uint32_t i, struct fr_value *v)
{
	static char texts_of[258][4];
	static uint32_t sizes[258];
	uint32_t size, k, n = 0, at, code;

	for (size = 0; size <= 3 && texts_of[257][0] == 0; size++) {
		code = size == 0 ? 1 : size == 1 ? 6 : size == 2 ? 36 : 215;
		for (k = 0; k < code; k++, n++) {
			sizes[n] = size;
			for (at = 0; at < size; at++)
				texts_of[n][at] = (char)('a' + (at == 0 ?
					k % 6 : at == 1 ? k / 6 % 6 :
					k / 36));
		}
	}
	if (i >= 258)
		return false;
	v->kind = FR_BYTES;
	v->count = sizes[i];
	v->u.bytes = texts_of[i];
	return true;
}

/* The i-th possible answer; false: there are no more. */
static bool
answer(enum give g, uint32_t i, struct fr_value *v)
{
	memset(v, 0, sizeof *v);
	switch (g) {
	case G_NIL:
		return i == 0;
	case G_VALUE_NIL:
		if (i == 0)
			return true;
		*v = int_value(i);
		return i <= (uint32_t)OPS_MOST;
	case G_VALUE:
		*v = int_value((int64_t)i - 2);
		return i <= 14;
	case G_BIT:
		*v = int_value(i);
		return i < 2;
	case G_VERDICT:
		if (i == 1)
			*v = int_value(0);
		return i < 2;
	case G_PIECES:
		return pieces(i, v);
	case G_LIST:
		if (i >= sizeof lists / sizeof lists[0])
			return false;
		*v = list_value(lists[i], list_sizes[i]);
		return true;
	case G_BALANCES:
		if (i >= 6)
			return false;
		*v = list_value(balances[i], 2);
		return true;
	case G_OFFSET:
		*v = int_value(i);
		return i < 4;
	default:
		if (i >= sizeof texts / sizeof texts[0])
			return false;
		v->kind = FR_BYTES;
		v->count = (uint32_t)strlen(texts[i]);
		v->u.bytes = texts[i];
		return true;
	}
}

/* Does this sequence have a legal run?  Fresh objects each time. */
static bool
legal(const struct bound *m, const struct made *x, const uint32_t *order,
      uint32_t count)
{
	struct reference *o = reference_new(m);
	uint32_t i;
	bool ok = true;

	for (i = 0; i < count && ok; i++)
		ok = reference_apply(o, &x->ops[order[i]]);
	reference_free(o);
	return ok;
}

/*
 * A run of an atomic object: each operation takes effect at one moment between
 * its call and its end, and answers what it found.  Then one answer in some
 * is changed, one operation in some never ends, or fails.
 */
static void
make_history(struct made *x, const struct spec *s, struct rng *r, uint32_t most,
	     uint32_t clients)
{
	uint32_t open[8], effect[8], order[OPS_MOST], effects = 0, n, p, k, i;
	uint32_t kinds, target = 2 + (uint32_t)rng_below(r, most - 1);
	uint64_t rank = 0, events = 0;
	struct fr_operation *op;
	struct bound m;
	struct fr_err err;
	int64_t fresh = 0;

	memset(x, 0, sizeof *x);
	for (kinds = 0; kinds < 6 && s->kinds[kinds].name != NULL; kinds++)
		x->names[kinds] = s->kinds[kinds].name;
	x->c.op_names = x->names;
	x->c.op_count = kinds;
	x->c.model = s->model;
	x->c.settings = s->settings;
	x->h.size = sizeof x->h;
	x->h.op_stride = sizeof x->ops[0];
	x->h.ops = x->ops;
	memset(open, 0xff, sizeof open);
	ck_assert_int_eq(model_bind(&x->c, &x->h, &m, &err), 0);
	/* The words of all, not only of those that are there already. */
	for (i = 0; i < kinds; i++) {
		x->ops[0].f = i;
		x->h.op_count = 1;
		bound_free(&m);
		ck_assert_int_eq(model_bind(&x->c, &x->h, &m, &err), 0);
	}
	bound_free(&m);
	for (i = 0; i < kinds; i++)
		x->ops[i].f = i;
	x->h.op_count = kinds;
	ck_assert_int_eq(model_bind(&x->c, &x->h, &m, &err), 0);
	memset(x->ops, 0, sizeof x->ops);
	n = 0;
	while (events++ < most * 20) {
		p = (uint32_t)rng_below(r, clients);
		if (open[p] == NONE) {
			if (n == target)
				continue;
			k = (uint32_t)rng_below(r, kinds);
			op = &x->ops[n];
			op->f = k;
			op->process = op->client = p;
			op->key = s->keys ? (int64_t)rng_below(r, 2) :
				FR_NO_KEY;
			op->value = argument(s->kinds[k].take, r, s, &fresh);
			op->call_rank = rank++;
			op->called = (int64_t)op->call_rank * 1000;
			op->outcome = FR_INFO;
			op->id = n;
			open[p] = n++;
			effect[p] = 0;
		} else if (effect[p] == 0) {
			op = &x->ops[open[p]];
			op->outcome = FR_OK;
			order[effects] = open[p];
			k = (uint32_t)rng_below(r, 3);
			for (i = 0; answer(s->kinds[op->f].give, i,
					   &op->result); i++)
				if (legal(&m, x, order, effects + 1))
					break;
			effect[p] = answer(s->kinds[op->f].give, i,
					   &op->result) ? 1 : 2;
			if (effect[p] == 1)
				effects++;
			else
				memset(&op->result, 0, sizeof op->result);
		} else {
			op = &x->ops[open[p]];
			op->end_rank = rank++;
			op->ended = (int64_t)op->end_rank * 1000;
			op->outcome = effect[p] == 1 ? FR_OK : FR_FAIL;
			open[p] = NONE;
		}
	}
	x->h.op_count = n;
	/* Spoil it. */
	for (i = 0; i < n; i++) {
		op = &x->ops[i];
		if (op->end_rank == 0 || rng_below(r, 8) == 0) {
			op->outcome = FR_INFO;
		} else if (op->outcome == FR_OK && rng_below(r, 5) == 0) {
			k = (uint32_t)rng_below(r, 5);
			if (most > ORACLE_MOST && rng_below(r, most) > 3)
				continue;
			if (!answer(s->kinds[op->f].give, k, &op->result))
				answer(s->kinds[op->f].give, 0, &op->result);
		}
		if (op->outcome == FR_OK &&
		    rng_below(r, most > ORACLE_MOST ? 10 * most : 10) == 0)
			op->outcome = FR_FAIL;
		if (op->outcome == FR_INFO) {
			op->end_rank = UINT64_MAX;
			op->ended = INT64_MAX;
		}
		if (op->outcome != FR_OK)
			memset(&op->result, 0, sizeof op->result);
		/* What nobody waits for calls under a new name. */
		op->process = op->outcome == FR_INFO ? 100 + i : op->process;
	}
	bound_free(&m);
}

/* ---- the oracle ---------------------------------------------------------------------- */

/* must: bits of those that have to be there, and before their ends. */
static bool
all_orders(const struct bound *m, const struct made *x, uint32_t must,
	   uint32_t may, uint32_t *order, uint32_t count)
{
	uint32_t i, k, n = (uint32_t)x->h.op_count;

	if (must == 0)
		return true;
	for (i = 0; i < n; i++) {
		if (!((must | may) >> i & 1))
			continue;
		for (k = 0; k < n; k++)
			if (must >> k & 1 && x->ops[k].end_rank <
			    x->ops[i].call_rank)
				break;
		if (k < n)
			continue;
		order[count] = i;
		if (legal(m, x, order, count + 1) &&
		    all_orders(m, x, must & ~(1u << i), may & ~(1u << i),
			       order, count + 1))
			return true;
	}
	return false;
}

static void
masks(const struct made *x, const struct bound *m, uint32_t *must,
      uint32_t *may)
{
	const struct fr_operation *op;
	uint32_t i;

	*must = *may = 0;
	for (i = 0; i < x->h.op_count; i++) {
		op = &x->ops[i];
		/* A cas that failed says something where a setting says so. */
		if (op->outcome == FR_OK || (op->outcome == FR_FAIL &&
		    m->failed_cas && m->words[op->f] == W_CAS))
			*must |= 1u << i;
		else if (op->outcome == FR_INFO)
			*may |= 1u << i;
	}
}

static bool
oracle(const struct made *x)
{
	uint32_t order[ORACLE_MOST], must, may;
	struct bound m;
	struct fr_err err;
	bool ok;

	ck_assert_int_eq(model_bind(&x->c, &x->h, &m, &err), 0);
	masks(x, &m, &must, &may);
	ok = all_orders(&m, x, must, may, order, 0);
	bound_free(&m);
	return ok;
}

static void
show(const struct made *x, const struct verdict *v)
{
	struct buf b;
	uint64_t all[OPS_MOST];
	uint32_t i;

	for (i = 0; i < x->h.op_count; i++)
		all[i] = i;
	buf_init(&b, 1 << 20);
	check_draw(&x->h, &x->c, all, (uint32_t)x->h.op_count, &b);
	fprintf(stderr, "%s\n%s\n%s: %s\n%s\n", x->c.model, b.data,
		v->algorithm, v->reason,
		v->explanation == NULL ? "" : v->explanation);
	buf_free(&b);
}

/*
 * The core has no linearization even where all other updates may or may not
 * have happened and all other reads are forgotten; and it has one as soon as
 * that is said of any one of the core, too.
 */
static bool
core_is_right(const struct made *x, const struct verdict *v)
{
	static const char *const reads[] = {
		"read", "get", "contains", "peek", "top", "size"
	};
	uint32_t order[ORACLE_MOST], must, may, core = 0, i, k;
	struct bound m;
	struct fr_err err;
	bool right;

	ck_assert_int_eq(model_bind(&x->c, &x->h, &m, &err), 0);
	masks(x, &m, &must, &may);
	for (k = 0; k < v->core_count; k++)
		core |= 1u << v->core[k];
	right = core != 0 && (core & ~must) == 0;
	may |= must & ~core;
	for (i = 0; i < x->h.op_count; i++)
		for (k = 0; k < sizeof reads / sizeof *reads; k++)
			if (strcmp(x->names[x->ops[i].f], reads[k]) == 0)
				may &= ~(1u << i);
	right = right && !all_orders(&m, x, core, may, order, 0);
	for (i = 0; i < x->h.op_count && right; i++) {
		if (!(core >> i & 1))
			continue;
		for (k = 0; k < sizeof reads / sizeof *reads; k++)
			if (strcmp(x->names[x->ops[i].f], reads[k]) == 0)
				break;
		right = all_orders(&m, x, core & ~(1u << i),
				   k < sizeof reads / sizeof *reads ? may :
				   may | 1u << i, order, 0);
	}
	bound_free(&m);
	return right;
}

static void
compare(struct made *x, bool expected)
{
	struct verdict v;
	struct fr_err err;

	ck_assert_msg(check_linearizable(&x->h, &x->c, &v, &err) == 0, "%s",
		      err.text);
	if (v.kind != (expected ? VERDICT_VALID : VERDICT_INVALID) ||
	    (v.kind == VERDICT_VALID &&
	     check_verify(&x->h, &x->c, v.order, v.order_count, &err) != 0)) {
		show(x, &v);
		ck_abort_msg("%s, and the oracle says %s",
			     verdict_names[v.kind],
			     expected ? "valid" : "invalid");
	}
	if (v.kind == VERDICT_INVALID && !core_is_right(x, &v)) {
		show(x, &v);
		ck_abort_msg("the core is not minimal, or is legal");
	}
	verdict_free(&v);
}

/* Too long for the oracle: a valid one is verified, and of an invalid one the
 * core's operations alone are no more legal. */
static void
compare_long(struct made *x)
{
	struct verdict v;
	struct fr_err err;

	ck_assert_msg(check_linearizable(&x->h, &x->c, &v, &err) == 0, "%s",
		      err.text);
	ck_assert_int_ne(v.kind, VERDICT_UNKNOWN);
	if (v.kind == VERDICT_VALID)
		ck_assert_int_eq(check_verify(&x->h, &x->c, v.order,
					      v.order_count, &err), 0);
	else if (v.core_count == 0 || v.core_count > 10) {
		show(x, &v);
		ck_abort_msg("a core of %u operations", v.core_count);
	}
	verdict_free(&v);
}

START_TEST(every_verdict_is_the_oracles)
{
	const struct spec *s = &specs[_i];
	const char *more = getenv("FRACAS_ORACLE");
	struct rng r = rng_make(1, STREAM_WORKLOAD, (uint32_t)_i, 0, "oracle");
	int i, count = more != NULL ? atoi(more) : 250, valid = 0;
	struct made x;

	for (i = 0; i < count; i++) {
		bool expected;

		make_history(&x, s, &r, ORACLE_MOST, 3);
		x.h.ops = x.ops;
		expected = oracle(&x);
		valid += expected;
		compare(&x, expected);
	}
	/* Both kinds must have been tried, or nothing was. */
	ck_assert_int_ge(valid, count / 50);
	ck_assert_int_le(valid, count - count / 50);
}
END_TEST

/* ---- each fast decision against the search ------------------------------------------------- */

/* Of the only part of x; false: the fast way was not for it. */
static bool
both_ways(const struct made *x, int *valid)
{
	struct budget b;
	struct bound m;
	struct split split;
	struct part p;
	struct answer fast, slow = { .order = (uint32_t[OPS_MOST]){ 0 } };
	struct fr_err err;
	uint32_t order[OPS_MOST];
	bool mine = false;

	budget_init(&b, 0, 0);
	ck_assert_int_eq(model_bind(&x->c, &x->h, &m, &err), 0);
	ck_assert_int_eq(split_make(&split, &x->h, &m, &b, &err), 0);
	if (split.parts == 1) {
		ck_assert_int_eq(part_make(&p, &split, 0, &m, &b, &err), 0);
		search_decide(&p, &x->h, 0, &slow, &b);
		fast.order = order;
		if (!text_flatten(&p, &x->h, &fast, &b))
			part_decide(&p, &x->h, 0, &fast, &b);
		mine = strcmp(fast.algorithm, "search") != 0;
		if (fast.decision != slow.decision) {
			struct verdict v;

			check_linearizable(&x->h, &x->c, &v, &err);
			show(x, &v);
			ck_abort_msg("%s says %d and the search %d",
				     fast.algorithm, fast.decision,
				     slow.decision);
		}
		*valid += slow.decision == YES;
		part_free(&p, &b);
	}
	split_free(&split);
	bound_free(&m);
	/* Whatever was charged was given back. */
	ck_assert_uint_eq(b.memory, 0);
	return mine;
}

START_TEST(fast_decisions_are_the_searchs)
{
	const struct spec *s = &specs[_i];
	const char *more = getenv("FRACAS_ORACLE");
	struct rng r = rng_make(2, STREAM_WORKLOAD, (uint32_t)_i, 0, "both");
	int i, count = more != NULL ? atoi(more) : 250, valid = 0, mine = 0;
	struct made x;

	if (!s->unique)
		return;
	for (i = 0; i < count; i++) {
		make_history(&x, s, &r, 14 + (uint32_t)i % 11,
			     3 + (uint32_t)i % 4);
		x.h.ops = x.ops;
		mine += both_ways(&x, &valid);
		compare_long(&x);
	}
	ck_assert_int_ge(valid, count / 20);
	ck_assert_int_le(valid, count - count / 20);
	ck_assert_int_ge(mine, count / 4);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("checker");
	TCase *t = tcase_create("oracle");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_loop_test(t, every_verdict_is_the_oracles, 0, SPECS);
	tcase_add_loop_test(t, fast_decisions_are_the_searchs, 0, SPECS);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
