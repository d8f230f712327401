/* SPDX-License-Identifier: MIT */
/*
 * Small random histories of each model, and the oracle that tries every order
 * of them with the verifier's sequential objects (checker/reference.c), which
 * share nothing with the columns, steps, search and zones under test.
 */
#include "tests/unit/random_history.h"

#include <check.h>
#include <string.h>

const struct spec specs[] = {
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
	/* One amount, and sets that only grow, have decisions of their own. */
	{ "counter", { { "increment", T_NIL, G_NIL },
		       { "read", T_NIL, G_VALUE } }, { NULL }, true, false },
	{ "counter", { { "increment", T_NIL, G_NIL },
		       { "read", T_NIL, G_VALUE },
		       { "add-and-get", T_NIL, G_VALUE },
		       { "get-and-add", T_NIL, G_VALUE } },
	  { "initial=1", NULL }, true, false },
	{ "counter", { { "decrement", T_NIL, G_NIL },
		       { "read", T_NIL, G_DOWN } }, { NULL }, true, false },
	{ "set", { { "add", T_FEW, G_NIL }, { "read", T_NIL, G_SUBSET },
		   { "contains", T_FEW, G_BIT }, { "add", T_FEW, G_NIL } },
	  { NULL }, true, false },
	{ "set", { { "add", T_FEW, G_NIL }, { "read", T_NIL, G_SUBSET } },
	  { NULL }, true, false },
	/* Texts that can be cut in several ways. */
	{ "kv", { { "get", T_NIL, G_OVERLAP },
		  { "append", T_OVERLAP, G_NIL },
		  { "get", T_NIL, G_OVERLAP }, { "put", T_OVERLAP, G_NIL },
		  { "append", T_OVERLAP, G_NIL } }, { NULL }, false, false },
};

const int spec_count = sizeof specs / sizeof specs[0];

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

/* Pieces that can be cut in several ways. */
static const char *const overlapping[] = { "a", "b", "c", "bc", "ab" };

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
	case T_FEW:
		return int_value((int64_t)rng_below(r, 4) + 1);
	case T_OVERLAP:
		v.kind = FR_BYTES;
		v.u.bytes = overlapping[rng_below(r, 5)];
		v.count = (uint32_t)strlen(v.u.bytes);
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

/* Every set of the numbers 1 to 4. */
static bool
subset(uint32_t i, struct fr_value *v)
{
	static int64_t lists_of[16][4];
	uint32_t k, size = 0;

	if (i >= 16)
		return false;
	for (k = 0; k < 4; k++)
		if (i >> k & 1)
			lists_of[i][size++] = k + 1;
	*v = list_value(lists_of[i], size);
	return true;
}

/* Every text of up to five of three letters, the short ones first. */
static bool
overlap_text(uint32_t i, struct fr_value *v)
{
	static char texts_of[364][6];
	uint32_t size = 0, count = 1, rest = i, k;

	while (rest >= count && size < 5) {
		rest -= count;
		count *= 3;
		size++;
	}
	if (rest >= count)
		return false;
	for (k = 0; k < size; k++, rest /= 3)
		texts_of[i][k] = (char)('a' + rest % 3);
	v->kind = FR_BYTES;
	v->count = size;
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
	case G_DOWN:
		*v = int_value(1 - (int64_t)i);
		return i <= 14;
	case G_SUBSET:
		return subset(i, v);
	case G_OVERLAP:
		return overlap_text(i, v);
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
history_legal(const struct bound *m, const struct made *x, const uint32_t *order,
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

/* Some calls come at the very moment of the end before them: they overlap. */
static void
make_ties(struct made *x, struct rng *r)
{
	struct fr_operation *op, *other;

	for (op = x->ops; op < x->ops + x->h.op_count; op++) {
		if (op->outcome == FR_INFO || rng_below(r, 3) > 0)
			continue;
		for (other = x->ops; other < x->ops + x->h.op_count; other++)
			if (other->call_rank == op->end_rank + 1 &&
			    other->client != op->client)
				other->call_rank = op->end_rank;
	}
}

/*
 * A run of an atomic object: each operation takes effect at one moment between
 * its call and its end, and answers what it found.  Then one answer in some
 * is changed, one operation in some never ends, or fails.
 */
void
history_make(struct made *x, const struct spec *s, struct rng *r, uint32_t most,
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
				if (history_legal(&m, x, order, effects + 1))
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
	make_ties(x, r);
	bound_free(&m);
}

void
history_tail(struct made *x, const struct spec *s, const uint64_t *order,
	     uint64_t count, uint32_t more, struct rng *r)
{
	uint32_t all[OPS_MOST], n = 0, i, tries;
	uint64_t rank = 0;
	struct fr_operation *op;
	struct fr_err err;
	struct bound m;
	/* Written values and pieces that were not there before. */
	int64_t fresh = 20;

	for (i = 0; i < x->h.op_count; i++) {
		op = &x->ops[i];
		if (op->call_rank >= rank)
			rank = op->call_rank + 1;
		if (op->outcome != FR_INFO && op->end_rank >= rank)
			rank = op->end_rank + 1;
	}
	for (n = 0; n < count; n++)
		all[n] = (uint32_t)order[n];
	for (tries = 0; tries < more && x->h.op_count < OPS_MOST; tries++) {
		i = (uint32_t)x->h.op_count;
		op = &x->ops[i];
		memset(op, 0, sizeof *op);
		op->f = (uint32_t)rng_below(r, x->c.op_count);
		op->process = op->client = 1;
		op->key = s->keys ? (int64_t)rng_below(r, 2) : FR_NO_KEY;
		op->value = argument(s->kinds[op->f].take, r, s, &fresh);
		op->outcome = FR_OK;
		op->id = i;
		op->call_rank = rank++;
		op->end_rank = rank++;
		op->called = (int64_t)op->call_rank * 1000;
		op->ended = (int64_t)op->end_rank * 1000;
		x->h.op_count++;
		ck_assert_int_eq(model_bind(&x->c, &x->h, &m, &err), 0);
		all[n] = i;
		for (i = 0; answer(s->kinds[op->f].give, i, &op->result); i++)
			if (history_legal(&m, x, all, n + 1))
				break;
		if (answer(s->kinds[op->f].give, i, &op->result))
			n++;
		else
			x->h.op_count--;
		bound_free(&m);
	}
}

/* ---- the oracle ---------------------------------------------------------------------- */

/* must: bits of those that have to be there, and before their ends. */
bool
history_orders(const struct bound *m, const struct made *x, uint32_t must,
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
		if (history_legal(m, x, order, count + 1) &&
		    history_orders(m, x, must & ~(1u << i), may & ~(1u << i),
			       order, count + 1))
			return true;
	}
	return false;
}

void
history_masks(const struct made *x, const struct bound *m, uint32_t *must,
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

bool
history_oracle(const struct made *x)
{
	uint32_t order[ORACLE_MOST], must, may;
	struct bound m;
	struct fr_err err;
	bool ok;

	ck_assert_int_eq(model_bind(&x->c, &x->h, &m, &err), 0);
	history_masks(x, &m, &must, &may);
	ok = history_orders(&m, x, must, may, order, 0);
	bound_free(&m);
	return ok;
}
