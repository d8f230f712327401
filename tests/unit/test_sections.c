/* SPDX-License-Identifier: MIT */
/*
 * What the workloads lock, fenced-lock and bank make of a history: each of the
 * things that must not be, and its legal neighbour.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>

#include "checker/checker.h"
#include "tests/unit/fake_run.h"

#define OPS_MAX 12

enum { TAKE, GIVE, WRITE, READ };	/* as in plugins/workloads/sections.h */
enum { OPEN, TRANSFER, BALANCES };	/* as in bank.c                       */

/* The register that belongs to lock 3. */
#define LOCK 3
#define REGISTER (LOCK | INT64_C(1) << 61)

/* One operation after the other, but those that end as info. */
struct step {
	uint32_t client, f;
	int64_t value, result;		/* a number; NOTHING: nil             */
	uint32_t outcome;
	bool pair;			/* [value lease], or [token value]    */
	int64_t token;
};

struct story {
	const char *kind;		/* of the violation; NULL: it is legal*/
	struct step steps[OPS_MAX];	/* ended by outcome 0                 */
};

#define NOTHING INT64_MIN

static struct fr_operation ops[OPS_MAX];
static int64_t lists[OPS_MAX][2];

static struct fr_value
number(int64_t n)
{
	return n == NOTHING ? fr_nil() : fr_int(n);
}

static struct fr_history
history_of(const struct story *story)
{
	struct fr_history h = { .size = sizeof h, .nodes = 3, .clients = 3,
				.op_stride = sizeof *ops, .ops = ops };
	const struct step *s;
	uint64_t rank = 0;

	for (s = story->steps; s->outcome != 0; s++) {
		struct fr_operation *op = &ops[h.op_count];
		int64_t *list = lists[h.op_count];

		*op = (struct fr_operation){
			.process = (uint32_t)h.op_count,
			.client = s->client, .f = s->f, .id = h.op_count + 1,
			.outcome = s->outcome, .value = number(s->value),
			.key = s->f <= GIVE ? LOCK : REGISTER,
			.call_rank = rank, .called = (int64_t)rank,
			.ended = INT64_MAX, .end_rank = UINT64_MAX,
		};
		h.op_count++;
		rank++;
		list[0] = s->f == TAKE ? s->value : s->token;
		list[1] = s->f == TAKE ? s->token : s->value;
		if (s->pair)
			op->value = fr_list(list, 2);
		if (s->outcome == FR_INFO)
			continue;
		op->result = number(s->result);
		op->ended = (int64_t)rank;
		op->end_rank = rank++;
	}
	return h;
}

static void
expect_model(const char *workload, const struct story *story)
{
	const struct fr_workload *w = load_workload(workload);
	const char *names[8];
	struct check_config c = { .op_names = names, .threads = 1,
				  .op_count = w->ops.count,
				  .own = w->own_model };
	const struct fr_history h = history_of(story);
	struct fr_err err = { 0 };
	struct verdict v;
	uint32_t f;

	for (f = 0; f < w->ops.count; f++)
		names[f] = w->ops.at[f].name;
	ck_assert_msg(check_linearizable(&h, &c, &v, &err) == 0, "%s",
		      err.text);
	ck_assert_msg(v.kind == (story->kind != NULL ? VERDICT_INVALID :
				 VERDICT_VALID), "%s", v.reason);
	verdict_free(&v);
}

/* client, and what it does */
#define TAKES(c)	{ c, TAKE, c, NOTHING, FR_OK, false, 0 }
#define LEASES(c)	{ c, TAKE, c, NOTHING, FR_OK, true, 1000 }
#define GIVES(c)	{ c, GIVE, c, NOTHING, FR_OK, false, 0 }
#define WRITES(c, n)	{ c, WRITE, n, NOTHING, FR_OK, false, 0 }
#define READS(c, n)	{ c, READ, NOTHING, n, FR_OK, false, 0 }
#define MAY_TAKE(c)	{ c, TAKE, c, NOTHING, FR_INFO, false, 0 }
#define MAY_GIVE(c)	{ c, GIVE, c, NOTHING, FR_INFO, false, 0 }
#define MAY_WRITE(c, n)	{ c, WRITE, n, NOTHING, FR_INFO, false, 0 }

static const struct story lock_stories[] = {
	{ NULL, { TAKES(0), WRITES(0, 1), READS(0, 1), GIVES(0), TAKES(1),
		  READS(1, 1), WRITES(1, 2), READS(1, 2), GIVES(1) } },
	{ "held", { TAKES(0), TAKES(1) } },
	{ "held by oneself", { TAKES(0), TAKES(0) } },
	{ "not the owner", { TAKES(0), GIVES(1) } },
	{ "free", { TAKES(0), GIVES(0), GIVES(0) } },
	{ "written by another", { TAKES(0), WRITES(1, 1) } },
	{ "written without", { WRITES(0, 1) } },
	{ "another's", { TAKES(0), WRITES(0, 1), READS(0, 2) } },
	{ "lost", { TAKES(0), WRITES(0, 1), READS(0, NOTHING) } },
	/* What had no answer may have happened, or not. */
	{ NULL, { MAY_TAKE(0), GIVES(0) } },
	{ NULL, { MAY_TAKE(0), TAKES(1), GIVES(1) } },
	{ NULL, { TAKES(0), MAY_GIVE(0), TAKES(1) } },
	{ NULL, { TAKES(0), MAY_WRITE(0, 1), READS(0, 1) } },
	{ NULL, { TAKES(0), MAY_WRITE(0, 1), READS(0, NOTHING) } },
	/* A lease may lapse, but then who had it writes no more. */
	{ NULL, { LEASES(0), LEASES(1), WRITES(1, 2), READS(1, 2) } },
	{ "late", { LEASES(0), LEASES(1), WRITES(0, 1) } },
	{ "late, and seen", { LEASES(0), MAY_WRITE(0, 1), LEASES(1),
			      WRITES(1, 2), READS(1, 1) } },
	{ "late release", { LEASES(0), LEASES(1), GIVES(0) } },
	{ "held for good", { TAKES(0), LEASES(1) } },
};

START_TEST(a_lock_is_one_client_s)
{
	expect_model("plugins/workloads/lock", &lock_stories[_i]);
}
END_TEST

#define TOKEN(c, t)	{ c, TAKE, c, t, FR_OK, false, 0 }
#define LEASED(c, t)	{ c, TAKE, c, t, FR_OK, true, 1000 }
#define STORES(c, t, n)	{ c, WRITE, n, NOTHING, FR_OK, true, t }

static const struct story fenced_stories[] = {
	{ NULL, { TOKEN(0, 1), STORES(0, 1, 7), READS(0, 7), GIVES(0),
		  TOKEN(1, 2), STORES(1, 2, 8), READS(1, 8), GIVES(1) } },
	{ "held", { TOKEN(0, 1), TOKEN(1, 2) } },
	{ "not the owner", { TOKEN(0, 1), GIVES(1) } },
	{ "same token", { TOKEN(0, 1), GIVES(0), TOKEN(1, 1) } },
	{ "lower token", { LEASED(0, 2), LEASED(1, 1) } },
	{ "old token", { STORES(1, 2, 8), STORES(0, 1, 7) } },
	{ "old token, seen", { STORES(1, 2, 8), READS(1, 7) } },
	/* Whoever comes too late, and is not too late yet. */
	{ NULL, { LEASED(0, 1), LEASED(1, 2), STORES(0, 1, 7),
		  STORES(1, 2, 8), READS(1, 8) } },
	{ NULL, { LEASED(0, 1), LEASED(1, 2), GIVES(0) } },
	{ NULL, { STORES(0, 1, 7), STORES(0, 1, 8), READS(0, 8) } },
};

START_TEST(a_fence_keeps_late_writers_out)
{
	expect_model("plugins/workloads/fenced-lock", &fenced_stories[_i]);
}
END_TEST

/* ---- bank -------------------------------------------------------------------------- */

static const struct {
	const char *kind;
	int64_t balances[3];
	uint32_t count;
} banks[] = {
	{ NULL, { 10, 10, 10 }, 3 },
	{ NULL, { 0, 30, 0 }, 3 },
	{ "total", { 10, 10, 9 }, 3 },
	{ "total", { 10, 10, 11 }, 3 },
	{ "total", { 10, 10, 0 }, 2 },
	{ "overdrawn", { -1, 21, 10 }, 3 },
};

START_TEST(money_is_not_made_or_lost)
{
	static const char *const settings[] = { "accounts", "3", "balance",
						"10", NULL };
	struct fr_operation read = {
		.f = BALANCES, .outcome = FR_OK, .key = 1,
		.result = fr_list(banks[_i].balances, banks[_i].count),
		.end_rank = 1, .ended = 1, .id = 1,
	};
	const struct fr_history h = {
		.size = sizeof h, .nodes = 1, .clients = 1,
		.op_stride = sizeof read, .ops = &read, .op_count = 1,
	};
	struct fake_judged out = { 0 };

	fake_judge(load_workload("plugins/workloads/bank"), &h, settings,
		   &out);
	if (banks[_i].kind == NULL)
		ck_assert_ptr_null(out.violation);
	else
		ck_assert_str_eq(out.violation, banks[_i].kind);
	fake_judged_free(&out);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

int
main(void)
{
	Suite *s = suite_create("sections");
	TCase *t = tcase_create("sections");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, a_lock_is_one_client_s, 0, COUNT(lock_stories));
	tcase_add_loop_test(t, a_fence_keeps_late_writers_out, 0,
			    COUNT(fenced_stories));
	tcase_add_loop_test(t, money_is_not_made_or_lost, 0, COUNT(banks));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
