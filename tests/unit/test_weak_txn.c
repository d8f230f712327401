/* SPDX-License-Identifier: MIT */
/*
 * Transactions: each anomaly by hand, and random small histories against
 * brute force over all orders, schedules of snapshots, and commit orders.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/weak_help.h"

static struct story s;

static void
setup(void)
{
	story_init(&s);
}

static void
teardown(void)
{
	story_free(&s);
}

static void
again(void)
{
	teardown();
	setup();
}

/* The anomaly is found, rules out `weakest`, and leaves `strongest`. */
static void
rules_out(const char *anomaly, const char *weakest, const char *strongest)
{
	char line[128], proved[128];

	expect(&s, weakest, VERDICT_INVALID, anomaly);
	expect(&s, "strict-serializable", VERDICT_INVALID, anomaly);
	snprintf(line, sizeof line, "  %-34s ruled out", weakest);
	ck_assert(explains(&s, weakest, line));
	if (strongest == NULL)
		return;
	expect(&s, strongest, VERDICT_VALID, NULL);
	snprintf(line, sizeof line, "  %-34s not ruled out", strongest);
	snprintf(proved, sizeof proved, "  %-34s holds", strongest);
	ck_assert(explains(&s, weakest, line) ||
		  explains(&s, weakest, proved));
}

/* ---- lists --------------------------------------------------------------- */

START_TEST(lists_in_order)
{
	TXN(&s, 0, W(1, 1), EMPTY(2));
	TXN(&s, 1, L(1, 1), W(1, 2), L(1, 1, 2));
	TXN_AS(&s, 2, FR_FAIL, W(1, 3));
	TXN_AS(&s, 3, FR_INFO, W(1, 4));
	TXN_AS(&s, 4, FR_INFO, W(1, 5));
	TXN(&s, 1, L(1, 1, 2, 5), W(2, 1));
	expect(&s, "strict-serializable", VERDICT_VALID, NULL);
	expect(&s, "list-append", VERDICT_VALID, NULL);
	ck_assert(explains(&s, "list-append",
			   "Strongest that holds: strict-serializable"));
}
END_TEST

START_TEST(nothing_read_is_unknown)
{
	TXN(&s, 0, W(1, 1));
	expect(&s, "serializable", VERDICT_UNKNOWN, NULL);
}
END_TEST

START_TEST(g0)
{
	TXN(&s, 0, W(1, 1), W(2, 1));
	story_at(&s, 0, 5);
	TXN(&s, 1, W(1, 2), W(2, 2));
	story_at(&s, 1, 6);
	TXN(&s, 2, L(1, 1, 2), L(2, 2, 1));
	rules_out("G0", "read-uncommitted", NULL);
	ck_assert(explains(&s, "read-uncommitted",
			   "T1 appended to key 1 before T2 appended 2 to it; "
			   "but T2 appended to key 2 before T1 appended 1 to "
			   "it"));
}
END_TEST

START_TEST(g1a_and_dirty_update)
{
	TXN_AS(&s, 0, FR_FAIL, W(1, 1));
	TXN(&s, 1, L(1, 1));
	rules_out("G1a", "read-committed", "read-uncommitted");
	again();
	TXN_AS(&s, 0, FR_FAIL, W(1, 1));
	TXN(&s, 1, W(1, 2));
	TXN(&s, 2, L(1, 1, 2));
	rules_out("G1a", "read-committed", "read-uncommitted");
	ck_assert(explains(&s, "read-committed", "dirty-update: T1 appended 2 "
			   "to key 1 behind 1, which T2 appended, and T2 "
			   "failed"));
	/* Without an answer it may have happened. */
	s.ops[0].outcome = FR_INFO;
	s.ops[0].end_rank = UINT64_MAX;
	expect(&s, "strict-serializable", VERDICT_VALID, NULL);
}
END_TEST

START_TEST(g1b)
{
	TXN(&s, 0, W(1, 1), W(1, 2));
	TXN(&s, 1, L(1, 1));
	rules_out("G1b", "read-committed", "read-uncommitted");
}
END_TEST

START_TEST(g1c)
{
	TXN(&s, 0, W(1, 1), L(2, 2));
	story_at(&s, 0, 5);
	TXN(&s, 1, W(2, 2), L(1, 1));
	story_at(&s, 1, 6);
	rules_out("G1c", "read-committed", "read-uncommitted");
	ck_assert(explains(&s, "read-committed",
			   "T1 appended 1 to key 1, which T2 read; but T2 "
			   "appended 2 to key 2, which T1 read"));
}
END_TEST

START_TEST(a_fractured_read)
{
	TXN(&s, 0, W(1, 1), W(2, 1));
	story_at(&s, 0, 5);
	TXN(&s, 1, L(1, 1), EMPTY(2));
	story_at(&s, 1, 6);
	rules_out("fractured-read", "read-atomic", "read-committed");
}
END_TEST

START_TEST(what_was_seen_without_an_answer_has_happened)
{
	TXN_AS(&s, 0, FR_INFO, W(1, 1), W(2, 1));
	TXN(&s, 1, L(1, 1), EMPTY(2));
	rules_out("fractured-read", "read-atomic", "read-committed");
	again();
	TXN_AS(&s, 0, FR_INFO, W(1, 1), W(2, 1));
	TXN(&s, 1, EMPTY(1), EMPTY(2));
	expect(&s, "strict-serializable", VERDICT_VALID, NULL);
}
END_TEST

START_TEST(g_single)
{
	TXN(&s, 0, W(1, 1));
	story_at(&s, 0, 5);
	TXN(&s, 1, L(1, 1), W(2, 1));
	story_at(&s, 6, 8);
	TXN(&s, 2, EMPTY(1), L(2, 1));
	story_at(&s, 7, 9);
	rules_out("G-single", "parallel-snapshot-isolation", "read-atomic");
	expect(&s, "causal", VERDICT_INVALID, "causal");
	ck_assert(explains(&s, "serializable",
			   "T1 read key 1 without 1, which T2 appended"));
}
END_TEST

START_TEST(a_lost_update)
{
	TXN(&s, 0, EMPTY(1), W(1, 1));
	story_at(&s, 0, 5);
	TXN(&s, 1, EMPTY(1), W(1, 2));
	story_at(&s, 1, 6);
	TXN(&s, 2, L(1, 1, 2));
	rules_out("lost-update", "parallel-snapshot-isolation", "causal");
	ck_assert(explains(&s, "snapshot-isolation", "G-single: "));
}
END_TEST

START_TEST(a_long_fork)
{
	TXN(&s, 0, W(1, 1));
	story_at(&s, 0, 10);
	TXN(&s, 1, W(2, 1));
	story_at(&s, 1, 11);
	TXN(&s, 2, L(1, 1), EMPTY(2));
	story_at(&s, 2, 12);
	TXN(&s, 3, EMPTY(1), L(2, 1));
	story_at(&s, 3, 13);
	rules_out("long-fork", "snapshot-isolation",
		  "parallel-snapshot-isolation");
	expect(&s, "causal", VERDICT_VALID, NULL);
}
END_TEST

START_TEST(nonadjacent_anti_dependencies)
{
	/* A fork whose one branch has a step more. */
	TXN(&s, 0, W(1, 1));
	story_at(&s, 0, 10);
	TXN(&s, 1, W(2, 1));
	story_at(&s, 1, 11);
	TXN(&s, 2, L(1, 1), W(3, 1));
	story_at(&s, 2, 12);
	TXN(&s, 3, L(3, 1), EMPTY(2));
	story_at(&s, 3, 13);
	TXN(&s, 4, EMPTY(1), L(2, 1));
	story_at(&s, 4, 14);
	rules_out("G-nonadjacent", "snapshot-isolation",
		  "parallel-snapshot-isolation");
}
END_TEST

START_TEST(write_skew)
{
	TXN(&s, 0, EMPTY(1), W(2, 1));
	story_at(&s, 0, 5);
	TXN(&s, 1, EMPTY(2), W(1, 1));
	story_at(&s, 1, 6);
	/* Appends that nobody read are behind all that were. */
	rules_out("G2-item", "serializable", "strong-snapshot-isolation");
	expect(&s, "repeatable-read", VERDICT_INVALID, "G2-item");
	TXN(&s, 2, L(1, 1), L(2, 1));
	rules_out("G2-item", "serializable", "strong-snapshot-isolation");
}
END_TEST

START_TEST(a_process_goes_back)
{
	TXN(&s, 0, L(1, 1));
	TXN(&s, 0, W(1, 1));
	rules_out("G1c-session", "causal", "serializable");
	again();
	TXN(&s, 0, W(1, 1));
	TXN(&s, 0, EMPTY(1));
	rules_out("causal", "causal", "serializable");
	again();
	/* Behind a write that the process does not know of by reads. */
	TXN(&s, 0, W(1, 1));
	TXN(&s, 0, W(2, 1));
	TXN(&s, 1, W(2, 2));
	story_at(&s, 0, 50);
	TXN(&s, 2, EMPTY(1), L(2, 1, 2));
	s.ops[2].call_rank = 4;
	s.ops[2].end_rank = 50;
	s.ops[3].call_rank = 5;
	s.ops[3].end_rank = 51;
	s.ops[0].end_rank = 1;
	expect(&s, "causal", VERDICT_VALID, NULL);
	expect(&s, "serializable", VERDICT_VALID, NULL);
	expect(&s, "strong-session-snapshot-isolation", VERDICT_INVALID,
	       "G-single-session");
	again();
	TXN(&s, 0, EMPTY(1));
	TXN(&s, 0, W(1, 1));
	TXN(&s, 0, W(1, 2));
	TXN(&s, 1, L(1, 2, 1));
	expect(&s, "causal", VERDICT_INVALID, "G0-session");
	expect(&s, "serializable", VERDICT_VALID, NULL);
}
END_TEST

START_TEST(real_time_goes_back)
{
	TXN(&s, 0, W(1, 1));
	TXN(&s, 1, EMPTY(1));
	rules_out("G-single-realtime", "strong-snapshot-isolation",
		  "strong-session-serializable");
	story_at(&s, 1, 3);
	expect(&s, "strict-serializable", VERDICT_VALID, NULL);
	again();
	TXN(&s, 0, W(1, 1));
	TXN(&s, 1, W(1, 2));
	TXN(&s, 2, L(1, 2, 1));
	rules_out("G0-realtime", "strong-snapshot-isolation",
		  "strong-session-serializable");
	again();
	TXN(&s, 0, L(1, 1));
	TXN(&s, 1, W(1, 1));
	rules_out("G1c-realtime", "strong-snapshot-isolation",
		  "strong-session-serializable");
	ck_assert(explains(&s, "strict-serializable",
			   "ended before T1 was called (ranks 1 and 2)"));
	/* A pending one has no end. */
	again();
	TXN_AS(&s, 0, FR_INFO, W(1, 1));
	TXN(&s, 1, EMPTY(1));
	TXN(&s, 2, L(1, 1));
	expect(&s, "strict-serializable", VERDICT_VALID, NULL);
}
END_TEST

START_TEST(lists_that_are_no_lists)
{
	TXN(&s, 0, W(1, 1), EMPTY(1));
	rules_out("internal", "read-atomic", "read-committed");
	again();
	TXN(&s, 0, W(1, 1));
	TXN(&s, 1, L(1, 1), W(1, 2), L(1, 1));
	rules_out("internal", "read-atomic", "read-committed");
	again();
	TXN(&s, 0, W(1, 1));
	TXN(&s, 1, L(1, 1, 1));
	rules_out("duplicate-elements", "read-uncommitted", NULL);
	again();
	TXN(&s, 0, W(1, 1));
	TXN(&s, 1, W(1, 2));
	TXN(&s, 2, L(1, 1, 2));
	TXN(&s, 3, L(1, 2, 1));
	rules_out("incompatible-order", "read-uncommitted", NULL);
	again();
	TXN(&s, 0, L(1, 9));
	rules_out("invented", "read-committed", "read-uncommitted");
	again();
	TXN(&s, 0, W(1, 1));
	TXN(&s, 1, W(1, 1));
	TXN(&s, 2, L(1, 1));
	/* Whose 1 it is, is not known, but there is an order... */
	expect(&s, "serializable", VERDICT_VALID, NULL);
	expect(&s, "snapshot-isolation", VERDICT_VALID, NULL);
	/* ... in which the reader comes before one of them. */
	expect(&s, "strict-serializable", VERDICT_INVALID, "no-order");
}
END_TEST

START_TEST(the_promise_can_be_named)
{
	TXN(&s, 0, EMPTY(1), W(2, 1));
	TXN(&s, 1, EMPTY(2), W(1, 1));
	expect(&s, "list-append", VERDICT_INVALID, "G2-item");
	story_set(&s, "isolation=snapshot-isolation");
	expect(&s, "list-append", VERDICT_VALID, NULL);
}
END_TEST

/* ---- registers ----------------------------------------------------------- */

#define NIL_READ(key) R(key, FR_TXN_NIL)

START_TEST(registers_by_hand)
{
	TXN(&s, 0, NIL_READ(1), W(1, 1), R(1, 1));
	TXN(&s, 1, R(1, 1), W(1, 2), W(2, 5));
	TXN(&s, 0, R(1, 2), R(2, 5));
	expect(&s, "rw-register", VERDICT_VALID, NULL);
	expect(&s, "strict-serializable", VERDICT_VALID, NULL);
	again();
	TXN_AS(&s, 0, FR_FAIL, W(1, 1));
	TXN(&s, 1, R(1, 1));
	rules_out("G1a", "read-committed", "read-uncommitted");
	again();
	TXN(&s, 0, W(1, 1), W(1, 2));
	TXN(&s, 1, R(1, 1));
	rules_out("G1b", "read-committed", "read-uncommitted");
	again();
	TXN(&s, 0, W(1, 1), R(2, 2));
	TXN(&s, 1, W(2, 2), R(1, 1));
	rules_out("G1c", "read-committed", "read-uncommitted");
	again();
	TXN(&s, 0, R(1, 9));
	rules_out("invented", "read-committed", "read-uncommitted");
	again();
	TXN(&s, 0, W(1, 1), NIL_READ(1));
	rules_out("internal", "read-atomic", "read-committed");
	again();
	TXN(&s, 0, W(1, 1), W(2, 1));
	TXN(&s, 1, R(1, 1), NIL_READ(2));
	rules_out("fractured-read", "read-atomic", "read-committed");
	again();
	TXN(&s, 0, NIL_READ(1), W(1, 1));
	TXN(&s, 1, NIL_READ(1), W(1, 2));
	rules_out("lost-update", "parallel-snapshot-isolation", "causal");
	again();
	TXN(&s, 0, NIL_READ(1), W(2, 1));
	story_at(&s, 0, 5);
	TXN(&s, 1, NIL_READ(2), W(1, 1));
	story_at(&s, 1, 6);
	rules_out("G2-item", "serializable", NULL);
	expect(&s, "strong-snapshot-isolation", VERDICT_UNKNOWN, NULL);
	ck_assert(explains(&s, "strong-snapshot-isolation", "Strongest not "
			   "ruled out: strong-snapshot-isolation"));
	again();
	TXN(&s, 0, W(1, 1));
	TXN(&s, 0, NIL_READ(1));
	rules_out("causal", "causal", "serializable");
	again();
	TXN(&s, 0, W(1, 1));
	TXN(&s, 1, NIL_READ(1));
	rules_out("G-single-realtime", "strong-snapshot-isolation",
		  "strong-session-serializable");
}
END_TEST

START_TEST(fractures_of_unordered_versions)
{
	/* Each must be the older one. */
	TXN(&s, 0, W(1, 1), W(2, 1));
	TXN(&s, 1, W(1, 2), W(2, 2));
	TXN(&s, 2, R(1, 1), R(2, 2));
	rules_out("fractured-read", "read-atomic", "read-committed");
}
END_TEST

START_TEST(plain_operations_are_transactions)
{
	story_write(&s, 0, 1, 5);
	story_nil(&s, 1, 1);
	expect(&s, "serializable", VERDICT_VALID, NULL);
	expect(&s, "strict-serializable", VERDICT_INVALID,
	       "G-single-realtime");
	story_op(&s, 2, F_CAS, 1, LIST(&s, 5, 6), FR_OK, nil());
	story_op(&s, 3, F_CAS, 1, LIST(&s, 5, 7), FR_OK, nil());
	expect(&s, "serializable", VERDICT_INVALID, "lost-update");
}
END_TEST

START_TEST(many_readers_of_one_version)
{
	uint32_t i;

	/* So many that edges go through a node in between. */
	for (i = 0; i < 20; i++) {
		TXN(&s, i, EMPTY(1), W(2, i));
		story_at(&s, i, 1000);
	}
	for (i = 0; i < 20; i++) {
		TXN(&s, 50 + i, W(1, i));
		story_at(&s, 100 + i, 1100);
	}
	TXN(&s, 99, EMPTY(1), EMPTY(2));
	story_at(&s, 200, 1200);
	expect(&s, "strict-serializable", VERDICT_VALID, NULL);
	s.count -= 2;
	TXN(&s, 69, EMPTY(2), W(1, 19));
	story_at(&s, 150, 1150);
	expect(&s, "serializable", VERDICT_INVALID, "G2-item");
	expect(&s, "snapshot-isolation", VERDICT_VALID, NULL);
}
END_TEST

/* ---- brute force --------------------------------------------------------- */

#define MOST 6
#define KEYS 2
#define LONG 12

/* Lists as they stand; registers are lists of which the end counts. */
struct store {
	int64_t at[KEYS][LONG];
	uint32_t count[KEYS];
};

static bool lists;

/* Runs transaction i on what it sees; false: it read something else. */
static bool
run(uint32_t i, const struct store *sees, struct store *own)
{
	const struct fr_operation *o = &s.ops[i];
	const struct fr_value *v = o->outcome == FR_OK ? &o->result :
		&o->value;
	struct fr_txn_micro m;
	struct store now = *sees;
	uint32_t at = 0;
	int64_t value;

	memset(own, 0, sizeof *own);
	while (fr_txn_next(v, &at, &m) == 1) {
		if (m.kind == FR_TXN_WRITE) {
			now.at[m.key][now.count[m.key]++] = m.value;
			own->at[m.key][own->count[m.key]++] = m.value;
			continue;
		}
		if (o->outcome != FR_OK)
			continue;
		value = now.count[m.key] == 0 ? FR_TXN_NIL :
			now.at[m.key][now.count[m.key] - 1];
		if (lists ? m.count != now.count[m.key] ||
		    memcmp(m.elements, now.at[m.key],
			   m.count * sizeof value) != 0 : m.value != value)
			return false;
	}
	return true;
}

static void
apply(struct store *to, const struct store *own)
{
	int k;

	for (k = 0; k < KEYS; k++) {
		memcpy(to->at[k] + to->count[k], own->at[k],
		       own->count[k] * sizeof own->at[k][0]);
		to->count[k] += own->count[k];
	}
}

enum mode { FREE, SESSIONS, TIME };

/* Must i be before j? */
static bool
before(uint32_t i, uint32_t j, enum mode mode)
{
	bool session = i < j && s.ops[i].process == s.ops[j].process;

	return mode == FREE ? false : mode == SESSIONS ? session :
		session || s.ops[i].end_rank < s.ops[j].call_rank;
}

static bool
optional(uint32_t i)
{
	return s.ops[i].outcome != FR_OK;
}

static bool
brute_serial(uint32_t done, const struct store *now, enum mode mode)
{
	struct store own, next;
	uint32_t i, j;
	bool all = true;

	for (i = 0; i < s.count; i++) {
		if ((done & 1u << i) != 0 || s.ops[i].outcome == FR_FAIL)
			continue;
		all &= optional(i);
		for (j = 0; j < s.count; j++)
			if ((done & 1u << j) == 0 && !optional(j) &&
			    before(j, i, mode))
				break;
		if (j < s.count || !run(i, now, &own))
			continue;
		next = *now;
		apply(&next, &own);
		if (brute_serial(done | 1u << i, &next, mode))
			return true;
	}
	return all;
}

/* Every schedule of starts and commits; the first of two writers that both
 * have started commits, the other cannot. */
struct snapshot {
	uint32_t started, committed;
	struct store now, own[MOST];
	uint32_t seen[MOST][KEYS];	/* how much there was at the start */
};

static bool
brute_snapshot(const struct snapshot *was, enum mode mode)
{
	struct snapshot next;
	uint32_t i, j, k;
	bool all = true;

	for (i = 0; i < s.count; i++) {
		if ((was->committed & 1u << i) != 0 ||
		    s.ops[i].outcome == FR_FAIL)
			continue;
		all &= optional(i);
		next = *was;
		if ((was->started & 1u << i) == 0) {
			for (j = 0; j < s.count; j++)
				if (!optional(j) && before(j, i, mode) &&
				    (was->committed & 1u << j) == 0)
					break;
			if (j < s.count ||
			    !run(i, &was->now, &next.own[i]))
				continue;
			next.started |= 1u << i;
			memcpy(next.seen[i], was->now.count,
			       sizeof next.seen[i]);
		} else {
			for (k = 0; k < KEYS; k++)
				if (next.own[i].count[k] > 0 &&
				    was->now.count[k] != next.seen[i][k])
					break;
			if (k < KEYS)
				continue;
			next.committed |= 1u << i;
			apply(&next.now, &next.own[i]);
		}
		if (brute_snapshot(&next, mode))
			return true;
	}
	return all;
}

/* ---- commit orders of registers (Biswas, Enea 2019) ---------------------- */

static bool
writes(uint32_t i, int64_t key, int64_t *last)
{
	const struct fr_operation *o = &s.ops[i];
	struct fr_txn_micro m;
	uint32_t at = 0;
	bool any = false;

	while (fr_txn_next(&o->value, &at, &m) == 1)
		if (m.kind == FR_TXN_WRITE && m.key == key) {
			*last = m.value;
			any = true;
		}
	return any;
}

/* Who left `value` in `key`: -1 for nil, -2 for nobody. */
static int
source(int64_t key, int64_t value)
{
	uint32_t i;
	int64_t last = 0;

	if (value == FR_TXN_NIL)
		return -1;
	for (i = 0; i < s.count; i++)
		if (s.ops[i].outcome != FR_FAIL && writes(i, key, &last) &&
		    last == value)
			return (int)i;
	return -2;
}

struct external {
	uint32_t txn;
	int64_t key;
	int from;
};

static struct external externals[64];
static uint32_t external_count;
static bool known[MOST][MOST];		/* what must be seen, closed or not   */

/* Fills externals; false: reads within a transaction contradict it, or what
 * was read nobody left. */
static bool
find_externals(void)
{
	struct fr_txn_micro m;
	int64_t own[KEYS];
	bool has[KEYS];
	uint32_t i, at;

	external_count = 0;
	for (i = 0; i < s.count; i++) {
		if (s.ops[i].outcome != FR_OK)
			continue;
		memset(has, 0, sizeof has);
		at = 0;
		while (fr_txn_next(&s.ops[i].result, &at, &m) == 1) {
			if (m.kind == FR_TXN_READ) {
				if (has[m.key] && own[m.key] != m.value)
					return false;
				if (!has[m.key]) {
					externals[external_count].txn = i;
					externals[external_count].key = m.key;
					externals[external_count++].from =
						source(m.key, m.value);
					if (source(m.key, m.value) == -2)
						return false;
				}
			}
			has[m.key] = true;
			own[m.key] = m.value;
		}
	}
	return true;
}

static bool
commit_order(uint32_t done, uint32_t *place, uint32_t count, enum mode mode)
{
	struct external *e;
	uint32_t i, j;
	int64_t last;
	bool bad;

	if (count == s.count) {
		for (j = 0; j < external_count; j++) {
			e = &externals[j];
			for (i = 0; i < s.count; i++)
				if ((int)i != e->from && i != e->txn &&
				    s.ops[i].outcome != FR_FAIL &&
				    writes(i, e->key, &last) &&
				    known[i][e->txn] &&
				    (e->from < 0 || place[i] >
				     place[e->from]))
					return false;
		}
		return true;
	}
	for (i = 0; i < s.count; i++) {
		if ((done & 1u << i) != 0)
			continue;
		bad = false;
		for (j = 0; j < external_count; j++)
			bad |= externals[j].txn == i &&
				externals[j].from >= 0 &&
				(done & 1u << externals[j].from) == 0;
		for (j = 0; j < s.count; j++)
			bad |= (done & 1u << j) == 0 && before(j, i, mode);
		if (bad)
			continue;
		place[i] = count;
		if (commit_order(done | 1u << i, place, count + 1, mode))
			return true;
	}
	return false;
}

/* Read atomic: what was read from; causal: all before in sessions and reads. */
static bool
brute_commit(bool causal)
{
	uint32_t place[MOST], i, j, k;

	if (!find_externals())
		return false;
	memset(known, 0, sizeof known);
	for (i = 0; i < external_count; i++)
		if (externals[i].from >= 0)
			known[externals[i].from][externals[i].txn] = true;
	for (i = 0; causal && i < s.count; i++)
		for (j = 0; j < s.count; j++)
			known[i][j] |= before(i, j, SESSIONS);
	for (k = 0; causal && k < s.count; k++)
		for (i = 0; i < s.count; i++)
			for (j = 0; j < s.count; j++)
				known[i][j] |= known[i][k] && known[k][j];
	return commit_order(0, place, 0, causal ? SESSIONS : FREE);
}

/* ---- random histories ---------------------------------------------------- */

/* A careless database: a snapshot may be old, and a read may be of another
 * moment than its neighbours. */
static void
random_story(uint64_t seed, uint32_t most, bool final_reads)
{
	struct rng r = rng_make(seed, STREAM_WORKLOAD, 0, 0, "txn");
	struct store now = { { { 0 } }, { 0 } };
	uint32_t moment[MOST + 1][KEYS] = { { 0 } }, length, base[KEYS];
	uint32_t n = 2 + (uint32_t)rng_below(&r, most - 1), i, j, micros, snap;
	int64_t value = 0, key, room[128], out[LONG];
	bool own_process = rng_below(&r, 2) == 0;
	struct fr_operation *o;
	struct fr_txn_writer t;
	struct store own;

	again();
	for (i = 0; i < n; i++) {
		memset(&own, 0, sizeof own);
		t = fr_txn_begin(room, 128);
		snap = (uint32_t)rng_below(&r, i + 1);
		if (rng_below(&r, 2) == 0)
			snap = i;
		memcpy(base, moment[snap], sizeof base);
		for (j = 0; j < KEYS; j++)
			if (rng_below(&r, 3) == 0)
				base[j] = moment[rng_below(&r, i + 1)][j];
		micros = (lists ? 1 : 2) + (uint32_t)rng_below(&r, 4);
		for (j = 0; j < micros; j++) {
			key = (int64_t)rng_below(&r, KEYS);
			if (rng_below(&r, 2) == 0 && own.count[key] < 2) {
				own.at[key][own.count[key]++] = value;
				fr_txn_write(&t, key, value++);
				continue;
			}
			length = base[key];
			memcpy(out, now.at[key], length * sizeof *out);
			memcpy(out + length, own.at[key],
			       own.count[key] * sizeof *out);
			length += own.count[key];
			if (lists)
				fr_txn_list(&t, key, out, length);
			else
				fr_txn_read(&t, key, length == 0 ? FR_TXN_NIL :
					 out[length - 1]);
		}
		o = story_op(&s, own_process ? i : (uint32_t)rng_below(&r, 2),
			     F_TXN, FR_NO_KEY, list_of(&s, t.count, t.at),
			     FR_OK, list_of(&s, t.count, t.at));
		story_at(&s, 10 * i, 10 * i + 5 +
			 (own_process ? rng_below(&r, 30) : 0));
		if (rng_below(&r, 8) == 0) {
			o->outcome = FR_INFO;
			o->end_rank = UINT64_MAX;
			o->process = 20 + i;
			o->result = nil();
			if (rng_below(&r, 2) == 0)
				memset(&own, 0, sizeof own);
		}
		apply(&now, &own);
		memcpy(moment[i + 1], now.count, sizeof moment[0]);
	}
	if (!final_reads)
		return;
	t = fr_txn_begin(room, 128);
	for (key = 0; key < KEYS; key++)
		fr_txn_list(&t, key, now.at[key], now.count[key]);
	story_op(&s, 50, F_TXN, FR_NO_KEY, list_of(&s, t.count, t.at), FR_OK,
		 list_of(&s, t.count, t.at));
	story_at(&s, 1000, 1001);
}

static void
compare(const char *condition, bool holds, uint64_t seed)
{
	enum verdict_kind kind = judge(&s, condition);
	struct verdict v;

	if (kind == (holds ? VERDICT_VALID : VERDICT_INVALID))
		return;
	v = story_check(&s, condition);
	ck_abort_msg("seed %llu: %s is %s by brute force, and otherwise here: "
		     "%s\n%s", (unsigned long long)seed, condition,
		     holds ? "valid" : "invalid", v.reason, v.explanation);
}

START_TEST(every_order_of_lists_is_tried)
{
	static const char *const serial[] = { "serializable",
		"strong-session-serializable", "strict-serializable" };
	static const char *const snapshots[] = { "snapshot-isolation",
		"strong-session-snapshot-isolation",
		"strong-snapshot-isolation" };
	struct store empty = { { { 0 } }, { 0 } };
	struct snapshot start;
	uint32_t holds[6] = { 0 };
	uint64_t seed;
	enum mode m;
	bool can;

	lists = true;
	memset(&start, 0, sizeof start);
	for (seed = 0; seed < 2500; seed++) {
		random_story(seed, 4, true);
		for (m = FREE; m <= TIME; m++) {
			can = brute_serial(0, &empty, m);
			compare(serial[m], can, seed);
			holds[m] += can;
			can = brute_snapshot(&start, m);
			compare(snapshots[m], can, seed);
			holds[3 + m] += can;
		}
	}
	for (m = FREE; m <= TIME; m++) {
		ck_assert_uint_gt(holds[m], 300);
		ck_assert_uint_lt(holds[m], 2200);
		ck_assert_uint_gt(holds[3 + m], holds[m]);
	}
}
END_TEST

/* Found, or shown to be impossible: every verdict is that of brute force. */
START_TEST(every_order_of_registers_is_tried)
{
	static const char *const serial[] = { "serializable",
		"strong-session-serializable", "strict-serializable" };
	struct store empty = { { { 0 } }, { 0 } };
	uint32_t holds[3] = { 0 }, unknown = 0, total = 0;
	uint64_t seed;
	enum mode m;
	bool can;

	lists = false;
	for (seed = 0; seed < 3000; seed++) {
		random_story(seed, 5, false);
		for (m = FREE; m <= TIME; m++) {
			total++;
			if (judge(&s, serial[m]) == VERDICT_UNKNOWN) {
				unknown++;
				continue;
			}
			can = brute_serial(0, &empty, m);
			compare(serial[m], can, seed);
			holds[m] += can;
		}
	}
	/* Only where nobody read anything. */
	ck_assert_uint_lt(unknown, total / 20);
	for (m = FREE; m <= TIME; m++) {
		ck_assert_uint_gt(holds[m], 300);
		ck_assert_uint_lt(holds[m], 2700);
	}
}
END_TEST

/* What a cycle does not show, the search does. */
START_TEST(no_cycle_but_no_order_either)
{
	struct verdict v;

	/* 1 and 2 to x by two, seen the one way in y's and the other way in
	 * z's company. */
	TXN(&s, 0, W(1, 1), W(2, 1));
	story_at(&s, 0, 50);
	TXN(&s, 1, W(1, 2), W(3, 2));
	story_at(&s, 1, 51);
	TXN(&s, 2, R(1, 1), R(3, 2));
	story_at(&s, 2, 52);
	TXN(&s, 3, R(1, 2), R(2, 1));
	story_at(&s, 3, 53);
	v = story_check(&s, "serializable");
	ck_assert_int_eq(v.kind, VERDICT_INVALID);
	ck_assert_ptr_null(v.order);
	arena_free(&v.arena);
	/* One of them alone has an order, which is given. */
	s.count = 3;
	v = story_check(&s, "serializable");
	ck_assert_int_eq(v.kind, VERDICT_VALID);
	ck_assert_uint_eq(v.order_count, 3);
	ck_assert_uint_eq(v.order[0], 1);
	ck_assert_uint_eq(v.order[1], 0);
	ck_assert_uint_eq(v.order[2], 2);
	ck_assert_ptr_nonnull(strstr(v.reason, "and even strict-serializable: "
				     "3 transactions fit into one order"));
	arena_free(&v.arena);
}
END_TEST

/* Values that come again, and a search that has no end in time. */
START_TEST(a_search_for_an_order_keeps_its_budget)
{
	struct verdict v;
	uint32_t i;

	for (i = 0; i < 22; i++)
		TXN(&s, i, W(1, i % 2), W(2, i % 3), W(3, i % 5));
	for (i = 0; i < 30; i++)
		TXN(&s, 100, R(1, i % 2), R(2, (i + 1) % 3), R(3, i % 5));
	s.time_max = 20000000;
	v = story_check(&s, "serializable");
	ck_assert_int_eq(v.kind, VERDICT_UNKNOWN);
	ck_assert_str_eq(v.budget, "time");
	arena_free(&v.arena);
}
END_TEST

START_TEST(every_commit_order_of_registers_is_tried)
{
	uint32_t atomic = 0, causal = 0, total = 0;
	enum verdict_kind kind;
	uint64_t seed;
	bool can;

	lists = false;
	for (seed = 0; seed < 3000; seed++) {
		random_story(seed, 5, false);
		kind = judge(&s, "read-atomic");
		if (kind == VERDICT_UNKNOWN)
			continue;
		total++;
		can = brute_commit(false);
		compare("read-atomic", can, seed);
		atomic += can;
		can = brute_commit(true);
		compare("causal", can, seed);
		causal += can;
	}
	ck_assert_uint_gt(total - atomic, 100);
	ck_assert_uint_gt(atomic - causal, 100);
	ck_assert_uint_gt(causal, total / 10);
}
END_TEST

START_TEST(names_do_not_matter)
{
	static const char *const models[] = { "read-committed", "read-atomic",
		"causal", "snapshot-isolation", "serializable",
		"strict-serializable" };
	enum verdict_kind kind[6];
	struct fr_txn_micro m;
	uint64_t seed;
	uint32_t i, j, k, at, from;
	int64_t *v;

	for (seed = 0; seed < 600; seed++) {
		lists = seed % 2 == 0;
		random_story(seed, 5, false);
		for (i = 0; i < 6; i++)
			kind[i] = judge(&s, models[i]);
		for (i = 0; i < s.count; i++) {
			s.ops[i].process = 900 - s.ops[i].process * 7;
			for (j = 0; j < 2; j++) {
				const struct fr_value *l = j == 0 ?
					&s.ops[i].value : &s.ops[i].result;

				at = 0;
				v = (int64_t *)(uintptr_t)l->u.list;
				while (from = at,
				       fr_txn_next(l, &at, &m) == 1) {
					v[from + 1] = 40 - 3 * m.key;
					if (m.kind != FR_TXN_LIST &&
					    m.value != FR_TXN_NIL)
						v[from + 2] = -5 * m.value;
					for (k = 0; k < m.count; k++)
						v[from + 3 + k] *= -5;
				}
			}
		}
		for (i = 0; i < 6; i++)
			ck_assert_int_eq(judge(&s, models[i]), kind[i]);
	}
}
END_TEST

START_TEST(stronger_models_are_ruled_out_with_weaker_ones)
{
	enum verdict_kind kind[ISOLATIONS];
	uint64_t seed;
	uint32_t m, weaker;

	for (seed = 0; seed < 600; seed++) {
		lists = seed % 2 == 0;
		random_story(seed, 5, lists);
		for (m = 0; m < ISOLATIONS; m++)
			kind[m] = judge(&s, isolation_models[m].name);
		for (m = 0; m < ISOLATIONS; m++)
			for (weaker = 0; weaker < m; weaker++)
				if ((isolation_models[m].weaker &
				     1u << weaker) != 0 &&
				    kind[weaker] == VERDICT_INVALID)
					ck_assert_int_eq(kind[m],
							 VERDICT_INVALID);
	}
}
END_TEST

/* A transaction whose answer is not known tells less: what was not ruled out
 * stays so. */
START_TEST(fewer_reads_never_break_what_held)
{
	struct fr_txn_micro m;
	struct fr_txn_writer t;
	int64_t room[128];
	bool held[ISOLATIONS];
	uint64_t seed;
	uint32_t i, at, model;

	for (seed = 0; seed < 800; seed++) {
		lists = seed % 2 == 0;
		random_story(seed, 5, lists);
		for (model = 0; model < ISOLATIONS; model++)
			held[model] = judge(&s, isolation_models[model].name)
				== VERDICT_VALID;
		i = (uint32_t)(seed % s.count);
		if (s.ops[i].outcome != FR_OK)
			continue;
		t = fr_txn_begin(room, 128);
		at = 0;
		while (fr_txn_next(&s.ops[i].result, &at, &m) == 1)
			if (m.kind == FR_TXN_WRITE)
				fr_txn_write(&t, m.key, m.value);
		s.ops[i].value = s.ops[i].result =
			list_of(&s, t.count, t.at);
		for (model = 0; model < ISOLATIONS; model++)
			if (held[model] && judge(&s,
			    isolation_models[model].name) == VERDICT_INVALID)
				ck_abort_msg("seed %llu: %s broke",
					     (unsigned long long)seed,
					     isolation_models[model].name);
	}
}
END_TEST

START_TEST(the_encoding_is_read_back)
{
	int64_t room[13];
	struct fr_txn_writer t = fr_txn_begin(room, 13);
	struct fr_value v;
	struct fr_txn_micro m;
	uint32_t at = 0;

	fr_txn_append(&t, 7, 70);
	fr_txn_list(&t, 8, (const int64_t[]){ 1, 2 }, 2);
	fr_txn_read(&t, 9, FR_TXN_NIL);
	ck_assert(!t.full);
	v = fr_txn_value(&t);
	ck_assert_int_eq(fr_txn_next(&v, &at, &m), 1);
	ck_assert_int_eq(m.kind, FR_TXN_APPEND);
	ck_assert_int_eq(m.value, 70);
	ck_assert_int_eq(fr_txn_next(&v, &at, &m), 1);
	ck_assert_int_eq(m.kind, FR_TXN_LIST);
	ck_assert_uint_eq(m.count, 2);
	ck_assert_int_eq(m.elements[1], 2);
	ck_assert_int_eq(fr_txn_next(&v, &at, &m), 1);
	ck_assert_int_eq(m.value, FR_TXN_NIL);
	ck_assert_int_eq(fr_txn_next(&v, &at, &m), 0);
	fr_txn_write(&t, 1, 1);
	ck_assert(t.full);
	ck_assert_uint_eq(t.count, 11);
	/* A count that says more than there is. */
	room[5] = 9;
	at = 0;
	ck_assert_int_eq(fr_txn_next(&v, &at, &m), 1);
	ck_assert_int_eq(fr_txn_next(&v, &at, &m), -1);
	ck_assert_uint_eq(at, 3);
	room[5] = -1;
	ck_assert_int_eq(fr_txn_next(&v, &at, &m), -1);
	v.count = 5;
	ck_assert_int_eq(fr_txn_next(&v, &at, &m), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("weak txn");
	TCase *t = tcase_create("txn");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, lists_in_order);
	tcase_add_test(t, nothing_read_is_unknown);
	tcase_add_test(t, g0);
	tcase_add_test(t, g1a_and_dirty_update);
	tcase_add_test(t, g1b);
	tcase_add_test(t, g1c);
	tcase_add_test(t, a_fractured_read);
	tcase_add_test(t, what_was_seen_without_an_answer_has_happened);
	tcase_add_test(t, g_single);
	tcase_add_test(t, a_lost_update);
	tcase_add_test(t, a_long_fork);
	tcase_add_test(t, nonadjacent_anti_dependencies);
	tcase_add_test(t, write_skew);
	tcase_add_test(t, a_process_goes_back);
	tcase_add_test(t, real_time_goes_back);
	tcase_add_test(t, lists_that_are_no_lists);
	tcase_add_test(t, the_promise_can_be_named);
	tcase_add_test(t, registers_by_hand);
	tcase_add_test(t, fractures_of_unordered_versions);
	tcase_add_test(t, plain_operations_are_transactions);
	tcase_add_test(t, many_readers_of_one_version);
	tcase_add_test(t, every_order_of_lists_is_tried);
	tcase_add_test(t, every_order_of_registers_is_tried);
	tcase_add_test(t, no_cycle_but_no_order_either);
	tcase_add_test(t, a_search_for_an_order_keeps_its_budget);
	tcase_add_test(t, every_commit_order_of_registers_is_tried);
	tcase_add_test(t, names_do_not_matter);
	tcase_add_test(t, stronger_models_are_ruled_out_with_weaker_ones);
	tcase_add_test(t, fewer_reads_never_break_what_held);
	tcase_add_test(t, the_encoding_is_read_back);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
