/* SPDX-License-Identifier: MIT */
/*
 * What a change of a history does to its verdict, where that is known without
 * knowing the verdict: renaming leaves it as it is, less information never
 * makes it worse, more never better.
 *
 * For each model, for the conditions over single operations, and for each level
 * of isolation.  Seeds are fixed; set FRACAS_ORACLE to a number to try that
 * many histories of each kind.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/txn.h>

#include "tests/unit/history_changes.h"

#define HISTORIES	150

/* What a condition is tried with, besides the models of random_history.c. */
struct weak_spec {
	const char *condition;
	struct spec spec;
	const char *settings[2];	/* of the condition                   */
	bool final_reads;		/* a read may take back what another
					   one said: none must be forgotten   */
};

#define REGISTERS { { "read", T_NIL, G_VALUE_NIL },			\
		    { "write", T_VALUE, G_NIL },			\
		    { "cas", T_PAIR, G_NIL } }
#define ON_REGISTERS(name)						\
	{ name, { "register", REGISTERS, { NULL }, true, true },	\
	  { NULL }, false },						\
	{ name, { "register", { { "read", T_NIL, G_VALUE_NIL },		\
				{ "write", T_VALUE, G_NIL } },		\
		  { NULL }, false, true }, { NULL }, false }

static const struct weak_spec weak_specs[] = {
	ON_REGISTERS("sequential"),
	ON_REGISTERS("sequential-per-key"),
	ON_REGISTERS("causal"),
	ON_REGISTERS("causal-convergence"),
	ON_REGISTERS("read-your-writes"),
	ON_REGISTERS("monotonic-reads"),
	ON_REGISTERS("monotonic-writes"),
	ON_REGISTERS("writes-follow-reads"),
	ON_REGISTERS("read-committed"),
	ON_REGISTERS("read-atomic"),
	ON_REGISTERS("snapshot-isolation"),
	ON_REGISTERS("serializable"),
	ON_REGISTERS("strict-serializable"),
	{ "set-full", { "set", { { "add", T_VALUE, G_NIL },
				 { "read", T_NIL, G_LIST } },
			{ NULL }, true, false }, { NULL }, true },
	{ "set-full", { "set", { { "add", T_VALUE, G_NIL },
				 { "read", T_NIL, G_LIST } },
			{ NULL }, true, false },
	  { "stale=forbidden", NULL }, false },
	{ "total-queue", { "queue", { { "enqueue", T_VALUE, G_NIL },
				      { "dequeue", T_NIL, G_VALUE_NIL } },
			   { NULL }, true, false }, { NULL }, false },
	{ "unique-ids", { "counter", { { "add-and-get", T_VALUE, G_VALUE } },
			  { NULL }, false, false }, { NULL }, false },
	{ "counter-bounds", { "counter", { { "add", T_VALUE, G_NIL },
					   { "read", T_NIL, G_VALUE },
					   { "decrement", T_NIL, G_NIL } },
			      { NULL }, false, true }, { NULL }, false },
};

#define WEAK_SPECS (int)(sizeof weak_specs / sizeof *weak_specs)

static int
histories(void)
{
	const char *more = getenv("FRACAS_ORACLE");

	return more != NULL ? atoi(more) : HISTORIES;
}

/* ---- linearizability ----------------------------------------------------- */

/* Two histories of different objects, mixed at will, are as good as both. */
static void
try_locality(const struct made *x, const struct spec *s, struct rng *r)
{
	struct made other, both;
	enum verdict_kind a = judge(x, NULL), b;
	uint64_t i, n = x->h.op_count, shift = rng_below(r, 40);
	struct fr_operation *op;

	if (!s->keys)
		return;
	history_make(&other, s, r, ORACLE_MOST, 3);
	other.h.ops = other.ops;
	other.c.op_names = other.names;
	b = judge(&other, NULL);
	both = *x;
	both.c.op_names = both.names;
	for (i = 0; i < n; i++) {
		both.ops[i].call_rank *= 2;
		if (both.ops[i].outcome != FR_INFO)
			both.ops[i].end_rank *= 2;
	}
	for (i = 0; i < other.h.op_count; i++) {
		op = &both.ops[n + i];
		*op = other.ops[i];
		op->key += 10;
		op->process += 300;
		op->client += 10;
		op->call_rank = (op->call_rank + shift) * 2 + 1;
		if (op->outcome != FR_INFO)
			op->end_rank = (op->end_rank + shift) * 2 + 1;
	}
	both.h.op_count = n + other.h.op_count;
	settle(&both);
	compare("beside another object's", x, &both, NULL,
		a == VERDICT_VALID && b == VERDICT_VALID ? VERDICT_VALID :
		VERDICT_INVALID, SAME);
}

/* What goes on from where a valid one ended is valid. */
static void
try_concatenation(const struct made *x, const struct spec *s, struct rng *r)
{
	struct made longer = *x;
	struct fr_err err = { 0 };
	struct verdict v;

	longer.h.ops = longer.ops;
	longer.c.op_names = longer.names;
	ck_assert_int_eq(check_linearizable(&longer.h, &longer.c, &v, &err),
			 0);
	if (v.kind == VERDICT_VALID) {
		history_tail(&longer, s, v.order, v.order_count, 5, r);
		compare("concatenated", x, &longer, NULL, VERDICT_VALID, SAME);
	}
	verdict_free(&v);
}

START_TEST(linearizability_is_moved_as_it_must_be)
{
	const struct spec *s = &specs[_i];
	struct rng r = rng_make(3, STREAM_WORKLOAD, (uint32_t)_i, 0, "moved");
	uint32_t made[CHANGES] = { 0 };
	int i, count = histories();
	struct made x;

	for (i = 0; i < count; i++) {
		history_make(&x, s, &r, i % 3 == 0 ? 14 : ORACLE_MOST,
			     2 + (uint32_t)i % 3);
		x.h.ops = x.ops;
		try_changes(&x, s, NULL, 0, &r, made);
		try_locality(&x, s, &r);
		try_concatenation(&x, s, &r);
	}
	/* A change that was never made has shown nothing. */
	for (i = 0; i < (int)CHANGES; i++)
		ck_assert_msg(made[i] > 0 || changes[i].not_for == READS,
			      "%s: never done", changes[i].name);
}
END_TEST

/* ---- the other conditions ------------------------------------------------ */

START_TEST(conditions_are_moved_as_they_must_be)
{
	const struct weak_spec *w = &weak_specs[_i];
	struct rng r = rng_make(4, STREAM_WORKLOAD, (uint32_t)_i, 0, "weak");
	uint32_t made[CHANGES] = { 0 }, kinds[3] = { 0 };
	int i, count = histories();
	struct made x;

	for (i = 0; i < count; i++) {
		history_make(&x, &w->spec, &r, i % 3 == 0 ? 14 : ORACLE_MOST,
			     2 + (uint32_t)i % 3);
		x.h.ops = x.ops;
		x.c.settings = w->settings;
		kinds[judge(&x, w->condition)]++;
		try_changes(&x, &w->spec, w->condition, ORDERS |
			    (w->final_reads ? READS : 0), &r, made);
	}
	ck_assert_msg(kinds[VERDICT_VALID] > 0 && kinds[VERDICT_INVALID] > 0,
		      "%s: %u valid, %u invalid, %u unknown", w->condition,
		      kinds[VERDICT_VALID], kinds[VERDICT_INVALID],
		      kinds[VERDICT_UNKNOWN]);
}
END_TEST

/* ---- isolation ----------------------------------------------------------- */

#define TXNS	10
#define KEYS	3
#define ROOM	96

static int64_t rooms[TXNS][ROOM];

struct store {
	int64_t list[KEYS][TXNS * 3];
	uint32_t count[KEYS];
};

/* One micro-operation on the store, or on what it was before. */
static void
do_micro(struct store *now, const struct store *seen, bool lists,
	 struct fr_txn_writer *t, int64_t *fresh, struct rng *r)
{
	int64_t key = (int64_t)rng_below(r, KEYS);
	uint32_t count = seen->count[key];

	if (rng_below(r, 2) == 0) {
		now->list[key][now->count[key]++] = ++*fresh;
		fr_txn_write(t, key, *fresh);
	} else if (lists) {
		fr_txn_list(t, key, seen->list[key], count);
	} else {
		fr_txn_read(t, key, count == 0 ? FR_TXN_NIL :
			    seen->list[key][count - 1]);
	}
}

/* Each process has its operations one after the other. */
static void
assign_processes(struct made *x)
{
	uint64_t free_at[TXNS] = { 0 }, i;
	uint32_t p;

	for (i = 0; i < x->h.op_count; i++) {
		for (p = 0; free_at[p] > x->ops[i].call_rank; p++)
			;
		free_at[p] = x->ops[i].outcome == FR_INFO ? UINT64_MAX :
			x->ops[i].end_rank;
		x->ops[i].process = x->ops[i].client = p;
	}
}

/* An operation of its time: the i-th, stretched over some of its neighbours. */
static void
stretch(struct fr_operation *op, uint32_t i, struct rng *r)
{
	op->key = FR_NO_KEY;
	op->outcome = rng_below(r, 10) == 0 ? FR_INFO :
		rng_below(r, 20) == 0 ? FR_FAIL : FR_OK;
	op->call_rank = 32 * i + rng_below(r, 16);
	op->end_rank = 32 * i + 17 + rng_below(r, 60);
	if (op->outcome == FR_INFO)
		op->end_rank = UINT64_MAX;
	if (op->outcome != FR_OK)
		memset(&op->result, 0, sizeof op->result);
}

/* One after the other, some of which see the past. */
static void
make_txns(struct made *x, bool lists, struct rng *r)
{
	static struct store stores[TXNS + 1];
	uint32_t i, k, count = 3 + (uint32_t)rng_below(r, TXNS - 2), ago;
	struct fr_txn_writer t;
	struct fr_operation *op;
	int64_t fresh = 0;

	memset(x, 0, sizeof *x);
	memset(stores, 0, sizeof stores);
	x->names[0] = "txn";
	x->c.op_names = x->names;
	x->c.op_count = 1;
	x->h.size = sizeof x->h;
	x->h.op_stride = sizeof *x->ops;
	x->h.ops = x->ops;
	x->h.op_count = count;
	for (i = 0; i < count; i++) {
		op = &x->ops[i];
		stores[i + 1] = stores[i];
		ago = rng_below(r, 4) == 0 ? (uint32_t)rng_below(r, i + 1) : i;
		t = fr_txn_begin(rooms[i], ROOM);
		for (k = 0; k < 1 + i % 3; k++)
			do_micro(&stores[i + 1], ago == i ? &stores[i + 1] :
				 &stores[ago], lists, &t, &fresh, r);
		ck_assert(!t.full);
		op->value = op->result = fr_txn_value(&t);
		stretch(op, i, r);
	}
	settle(x);
	assign_processes(x);
}

/* Who keeps a model keeps all that are weaker. */
static void
try_models(const struct made *x, uint32_t *valid, uint32_t *invalid)
{
	enum verdict_kind kinds[ISOLATIONS];
	int m, weaker;

	for (m = 0; m < ISOLATIONS; m++)
		kinds[m] = judge(x, isolation_models[m].name);
	for (m = 0; m < ISOLATIONS; m++) {
		valid[m] += kinds[m] == VERDICT_VALID;
		invalid[m] += kinds[m] == VERDICT_INVALID;
		for (weaker = 0; weaker < m; weaker++) {
			if ((isolation_models[m].weaker & 1u << weaker) == 0)
				continue;
			if (kinds[m] == VERDICT_VALID)
				ck_assert_int_ne(kinds[weaker],
						 VERDICT_INVALID);
			if (kinds[weaker] == VERDICT_INVALID)
				ck_assert_int_eq(kinds[m], VERDICT_INVALID);
		}
	}
}

START_TEST(isolation_is_moved_as_it_must_be)
{
	struct rng r = rng_make(5, STREAM_WORKLOAD, (uint32_t)_i, 0, "txn");
	uint32_t made[CHANGES] = { 0 }, valid[ISOLATIONS] = { 0 };
	uint32_t invalid[ISOLATIONS] = { 0 };
	int i, m, count = histories() * 2;
	struct made x;

	for (i = 0; i < count; i++) {
		make_txns(&x, _i == 1, &r);
		try_models(&x, valid, invalid);
		m = (int)rng_below(&r, ISOLATIONS);
		try_changes(&x, NULL, isolation_models[m].name, ORDERS, &r,
			    made);
	}
	for (m = READ_ATOMIC; m < ISOLATIONS; m++)
		ck_assert_msg(valid[m] > 0 && invalid[m] > 0,
			      "%s: %u valid, %u invalid",
			      isolation_models[m].name, valid[m], invalid[m]);
}
END_TEST

/* ---- logs ---------------------------------------------------------------- */

/* A log that is sent to and polled; now and then an offset or a value is
 * wrong. */
static void
make_log(struct made *x, struct rng *r)
{
	uint32_t i, k, count = 3 + (uint32_t)rng_below(r, TXNS - 2), from, n;
	int64_t length = 0;
	struct fr_operation *op;

	memset(x, 0, sizeof *x);
	x->names[0] = "send";
	x->names[1] = "poll";
	x->c.op_names = x->names;
	x->c.op_count = 2;
	x->h.size = sizeof x->h;
	x->h.op_stride = sizeof *x->ops;
	x->h.ops = x->ops;
	x->h.op_count = count;
	for (i = 0; i < count; i++) {
		op = &x->ops[i];
		op->f = (uint32_t)rng_below(r, 2);
		op->value.kind = FR_INT;
		if (op->f == 0) {
			op->value.u.number = 500 + length;
			op->result.kind = FR_INT;
			op->result.u.number = length++;
		} else {
			from = (uint32_t)rng_below(r, (uint64_t)length + 1);
			n = (uint32_t)rng_below(r, (uint64_t)length - from + 1);
			for (k = 0; k < n; k++) {
				rooms[i][2 * k] = from + k;
				rooms[i][2 * k + 1] = 500 + from + k;
			}
			if (n > 0 && rng_below(r, 6) == 0)
				rooms[i][rng_below(r, 2 * n)]++;
			op->value.u.number = from;
			op->result.kind = FR_LIST;
			op->result.count = 2 * n;
			op->result.u.list = rooms[i];
		}
		stretch(op, i, r);
	}
	settle(x);
	assign_processes(x);
}

START_TEST(logs_are_moved_as_they_must_be)
{
	struct rng r = rng_make(6, STREAM_WORKLOAD, 0, 0, "log");
	uint32_t made[CHANGES] = { 0 }, kinds[3] = { 0 };
	int i, count = histories() * 4;
	struct made x;

	for (i = 0; i < count; i++) {
		make_log(&x, &r);
		kinds[judge(&x, "log-offsets")]++;
		try_changes(&x, NULL, "log-offsets", ORDERS, &r, made);
	}
	ck_assert_uint_gt(kinds[VERDICT_VALID], 0);
	ck_assert_uint_gt(kinds[VERDICT_INVALID], 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("metamorphic");
	TCase *t = tcase_create("metamorphic");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_loop_test(t, linearizability_is_moved_as_it_must_be, 0,
			    spec_count);
	tcase_add_loop_test(t, conditions_are_moved_as_they_must_be, 0,
			    WEAK_SPECS);
	tcase_add_loop_test(t, isolation_is_moved_as_it_must_be, 0, 2);
	tcase_add_test(t, logs_are_moved_as_they_must_be);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
