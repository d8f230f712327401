/* SPDX-License-Identifier: MIT */
/* The guard, and targets of every kind. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/protocol.h>

#include "nemesis/families.h"
#include "nemesis/guard.h"
#include "nemesis/param.h"
#include "nemesis/target.h"
#include "tests/unit/small_world.h"

static struct ground
on(const struct fr_tolerance *t, uint32_t nodes, uint64_t seed)
{
	return (struct ground){ .nodes = nodes, .clients = 3, .seed = seed,
				.world = "sim", .bears = t };
}

static const struct fr_tolerance careful = {
	.size = sizeof careful, .bears = FR_BEARS_RECOVERY | FR_BEARS_DELAY,
	.crashes = FR_MINORITY,
};

static const struct fr_tolerance forgetful = {
	.size = sizeof forgetful, .crashes = 2,
};

START_TEST(numbers_are_shares)
{
	static const struct {
		int32_t number;
		uint32_t nodes, most;
	} cases[] = {
		{ FR_MINORITY, 5, 2 }, { FR_MINORITY, 4, 1 },
		{ FR_MINORITY, 1, 0 }, { FR_THIRD, 4, 1 }, { FR_THIRD, 3, 0 },
		{ FR_THIRD, 7, 2 }, { FR_ALL_BUT_ONE, 5, 4 }, { 3, 5, 3 },
		{ 0, 5, 0 }, { 9, 5, 5 }, { FR_ALL, 5, UINT32_MAX },
	};
	struct fr_tolerance t = { .size = sizeof t };
	struct ground g;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		t.crashes = cases[i].number;
		g = on(&t, cases[i].nodes, 1);
		ck_assert_uint_eq(guard_most(&g, COST_CRASH), cases[i].most);
		g.beyond = true;
		ck_assert_uint_eq(guard_most(&g, COST_CRASH), UINT32_MAX);
		g = on(NULL, cases[i].nodes, 1);
		ck_assert_uint_eq(guard_most(&g, COST_CRASH), UINT32_MAX);
	}
}
END_TEST

/* Adds the nodes of a fault to the set. */
static void
add_nodes(const struct fault *f, const struct ground *g, bool *in)
{
	bool more[FR_NODES_MAX] = { false };
	uint32_t i;

	ck_assert(target_static(f, g, more));
	for (i = 0; i < g->nodes; i++)
		in[i] |= more[i];
}

static uint32_t
size_of(const bool *in, uint32_t nodes)
{
	uint32_t i, count = 0;

	for (i = 0; i < nodes; i++)
		count += in[i];
	return count;
}

START_TEST(a_drawn_plan_never_kills_more_than_is_borne)
{
	const struct fault *f, *o;
	bool dead[FR_NODES_MAX];
	uint32_t nodes, i, k, most = 0, kills = 0;
	struct ground g;
	struct plan p;
	uint64_t seed;

	for (seed = 0; seed < 200; seed++) {
		nodes = 3 + (uint32_t)seed % 6;
		g = on(&careful, nodes, seed);
		ck_assert(plan_draw("kill,pause", SECOND / 4, 4 * SECOND, &g,
				    &p, NULL) == 0);
		for (i = 0; i < p.count; i++) {
			f = &p.faults[i];
			if (f->variant->cost != COST_CRASH)
				continue;
			memset(dead, 0, sizeof dead);
			for (k = 0; k <= i; k++) {
				o = &p.faults[k];
				if (o->variant->cost == COST_CRASH &&
				    o->at + o->length >= f->at)
					add_nodes(o, &g, dead);
			}
			kills++;
			ck_assert_uint_le(size_of(dead, nodes),
					  (nodes - 1) / 2);
			if (size_of(dead, nodes) > most)
				most = size_of(dead, nodes);
		}
		ck_assert(!plan_beyond(&p, &g, NULL));
		plan_free(&p);
	}
	ck_assert_uint_ge(most, 3);
	ck_assert_uint_ge(kills, 1000);
}
END_TEST

START_TEST(without_recovery_the_dead_stay_counted)
{
	bool dead[FR_NODES_MAX];
	uint32_t i, more = 0;
	struct ground g;
	struct plan p;
	uint64_t seed;

	for (seed = 0; seed < 100; seed++) {
		g = on(&forgetful, 7, seed);
		memset(dead, 0, sizeof dead);
		ck_assert(plan_draw("kill", SECOND / 4, 4 * SECOND, &g, &p,
				    NULL) == 0);
		for (i = 0; i < p.count; i++)
			add_nodes(&p.faults[i], &g, dead);
		ck_assert_uint_le(size_of(dead, 7), 2);
		more += p.count > 2;
		plan_free(&p);
	}
	/* Those two die again and again. */
	ck_assert_uint_ge(more, 90);
}
END_TEST

START_TEST(two_never_hold_one_process)
{
	uint32_t i, k, node;
	struct ground g;
	struct plan p;
	uint64_t seed;

	for (seed = 0; seed < 200; seed++) {
		g = on(NULL, 2 + (uint32_t)seed % 5, seed);
		ck_assert(plan_draw("kill,pause", SECOND / 4, 4 * SECOND, &g,
				    &p, NULL) == 0);
		ck_assert_uint_ge(p.count, 2);
		for (i = 0; i < p.count; i++) {
			for (k = 0; k < i; k++)
				ck_assert(!guard_overlap(&g, &p.faults[i],
							 &p.faults[k],
							 &node));
		}
		plan_free(&p);
	}
}
END_TEST

START_TEST(what_is_not_borne_is_refused)
{
	struct ground g = on(&forgetful, 5, 1);
	struct fr_err err = { 0 };
	uint32_t i, kills;
	struct buf words;
	struct plan p;

	ck_assert_int_eq(plan_draw("pause", SECOND, SECOND, &g, &p, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_msg(strstr(err.text, "does not say that it bears 'delay'") !=
		      NULL, "%s", err.text);
	ck_assert_int_eq(plan_read("at 0 for 1s kill 0-2", "p", &g, &p, &err),
			 -1);
	ck_assert_msg(strstr(err.text, "p:1:18: kill: kill of 3 nodes: the "
			     "protocol bears 2 of 5 at once") != NULL, "%s",
		      err.text);
	/* All that is left. */
	ck_assert_int_eq(plan_draw("all", SECOND, SECOND, &g, &p, NULL), 0);
	for (i = 0, kills = 0; i < p.count; i++) {
		ck_assert_uint_eq(p.faults[i].variant->needs, 0);
		kills += p.faults[i].variant->cost == COST_CRASH;
	}
	/* Whoever died once is lost: the families that end processes share. */
	ck_assert(kills >= 1 && kills <= 2);
	plan_free(&p);
	/* Beyond it, it is done, and said. */
	g.beyond = true;
	ck_assert_int_eq(plan_read("at 0 for 1s kill 0-2\nat 2s for 1s pause 1"
				   "\nat 4s for 1s kill 0", "p", &g, &p,
				   &err), 0);
	buf_init(&words, 4096);
	ck_assert(plan_beyond(&p, &g, &words));
	ck_assert_str_eq(words.data, "kill of 3 nodes, pause");
	buf_free(&words);
	plan_free(&p);
}
END_TEST

START_TEST(skew_is_all_but_a_lying_bound)
{
	static const struct fr_tolerance skew = {
		.size = sizeof skew, .bears = FR_BEARS_SKEW,
	}, clocks = {
		.size = sizeof clocks, .bears = FR_BEARS_CLOCKS,
	};
	const struct variant *v = family_clock.variants;
	const struct ground some = on(&skew, 5, 1), any = on(&clocks, 5, 1);
	const struct ground none = on(&forgetful, 5, 1);
	struct fr_err err = { 0 };

	for (; v->name != NULL; v++) {
		bool rates = strcmp(v->name, "drift") == 0;
		bool lie = strcmp(v->name, "bound") == 0;

		ck_assert_int_eq(guard_variant(&none, &family_clock, v, &err),
				 -1);
		ck_assert_int_eq(guard_variant(&some, &family_clock, v, &err),
				 rates || lie ? -1 : 0);
		ck_assert_int_eq(guard_variant(&any, &family_clock, v, &err),
				 rates ? -1 : 0);
	}
}
END_TEST

/* ---- targets ------------------------------------------------------------------ */

/* A family that aims at links and clients, for these tests. */
static const struct variant plain[] = {
	{ .name = "plain", .weight = 1 },
	{ .name = NULL },
};
static const struct family linked = { .name = "linked", .variants = plain,
				      .aims = AIM_LINKS | AIM_ALL };
static const struct family asked = { .name = "asked", .variants = plain,
				     .aims = AIM_CLIENTS };

static struct small_world *
make_world(uint32_t nodes)
{
	static const struct world_events none;
	const struct small_config c = { .nodes = nodes, .clients = 3,
					.seed = 1, .events = &none };

	return small_new(&c);
}

static const struct {
	const char *text;
	uint32_t count;		/* of links, of 4 nodes and 3 clients          */
	const char *first;	/* in words                                    */
} links_of[] = {
	{ "0>1", 1, "link 0>1" },
	{ "0>1+1>2", 2, "link 0>1 and 1 more" },
	{ "0,1>2,3", 4, "link 0>2 and 3 more" },
	{ "0|1", 2, "link 0>1 and 1 more" },
	{ "0|1,2|3", 10, "link 0>1 and 9 more" },
	{ "2", 6, "link 0>2 and 5 more" },
	{ "", 12, "link 0>1 and 11 more" },
	{ "all", 12, "link 0>1 and 11 more" },
	{ "c0>1", 1, "link c0>1" },
	{ "clients|2", 6, "link 2>c0 and 5 more" },
	{ "c0-1>all", 8, "link c0>0 and 7 more" },
	{ "c2", 8, "link 0>c2 and 7 more" },
	{ "role=king>nodes", 3, "link 3>0 and 2 more" },
};

static bool
notes(void *arg, uint32_t node, const char *name, const char *text)
{
	(void)arg;
	return node == 3 && strcmp(name, "role") == 0 &&
	       strcmp(text, "king") == 0;
}

START_TEST(links_are_read)
{
	struct small_world *w = make_world(4);
	const struct scene s = { .world = &w->base, .ground = on(NULL, 4, 1),
				 .notes = notes };
	struct fr_err err = { 0 };
	struct links l;
	struct fault f;
	struct buf words;

	fault_init(&f, &linked, plain);
	fault_aim(&f, links_of[_i].text);
	ck_assert_msg(target_check(&f, &s.ground, &err) == 0, "%s", err.text);
	ck_assert_msg(target_links(&s, &f, &l, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(l.count, links_of[_i].count);
	buf_init(&words, 4096);
	target_links_words(&l, 4, &words);
	ck_assert_str_eq(words.data, links_of[_i].first);
	buf_free(&words);
	free(l.at);
	fault_free(&f);
	w->base.ops->free(&w->base);
}
END_TEST

static const struct {
	const struct family *family;
	const char *text, *error;
} bad_targets[] = {
	{ &linked, "0>1>2", "one '>' a link" },
	{ &linked, "0>", "is not a list of nodes" },
	{ &linked, "0>9", "there is no node 9" },
	{ &linked, "c7>0", "there is no client 7: the clients are 0 .. 2" },
	{ &linked, "0>0", "names no link" },
	{ &linked, "c0>c1", "names no link" },
	{ &linked, "0>1+2", "'2' is no link" },
	{ &linked, "minorty", "did you mean 'minority'" },
	{ &linked, "=king", "write NAME=TEXT" },
	{ &asked, "1", "names nodes" },
	{ &asked, "c0>1", "is no target here" },
	{ &asked, "c0,c0", "client 0 is named twice" },
	{ &family_kill, "c0", "is not a list of nodes" },
	{ &family_partition, "0,1|1,2", "node 1 is named twice" },
};

START_TEST(bad_targets_are_refused)
{
	const struct ground g = on(NULL, 4, 1);
	struct fr_err err = { 0 };
	struct fault f;

	fault_init(&f, bad_targets[_i].family,
		   bad_targets[_i].family->variants);
	fault_aim(&f, bad_targets[_i].text);
	ck_assert_int_eq(target_check(&f, &g, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_msg(strstr(err.text, bad_targets[_i].error) != NULL, "%s",
		      err.text);
	fault_free(&f);
}
END_TEST

START_TEST(clients_are_drawn)
{
	const struct ground g = on(NULL, 4, 1);
	struct scene s = { .ground = g };
	bool in[3] = { false }, seen[3] = { false };
	struct fault f;
	struct rng rng = rng_make(1, STREAM_FAULTS, 0, 0, "test");
	uint32_t i, k;

	for (i = 0; i < 50; i++) {
		fault_init(&f, &asked, plain);
		fault_aim(&f, "one");
		ck_assert_int_eq(target_settle(&f, &g, &rng, NULL), 0);
		memset(in, 0, sizeof in);
		ck_assert_int_eq(target_clients(&s, &f, in, NULL), 0);
		ck_assert_uint_eq(size_of(in, 3), 1);
		for (k = 0; k < 3; k++)
			seen[k] |= in[k];
		fault_free(&f);
	}
	ck_assert_uint_eq(size_of(seen, 3), 3);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("guard");
	TCase *guard = tcase_create("guard"), *aim = tcase_create("targets");
	SRunner *runner;
	int failed;

	tcase_add_test(guard, numbers_are_shares);
	tcase_add_test(guard, a_drawn_plan_never_kills_more_than_is_borne);
	tcase_add_test(guard, without_recovery_the_dead_stay_counted);
	tcase_add_test(guard, two_never_hold_one_process);
	tcase_add_test(guard, what_is_not_borne_is_refused);
	tcase_add_test(guard, skew_is_all_but_a_lying_bound);
	suite_add_tcase(s, guard);
	tcase_add_loop_test(aim, links_are_read, 0,
			    sizeof links_of / sizeof *links_of);
	tcase_add_loop_test(aim, bad_targets_are_refused, 0,
			    sizeof bad_targets / sizeof *bad_targets);
	tcase_add_test(aim, clients_are_drawn);
	suite_add_tcase(s, aim);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
