/* SPDX-License-Identifier: MIT */
/*
 * The network's families, on a small world: what each of their variants does
 * to links, at any number of nodes; that it shows in the evidence; and that
 * nothing of it stays.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/net/layer.h"
#include "nemesis/nemesis.h"
#include "tests/unit/small_world.h"

#define CLIENTS 2u

static struct small_world *world;
static struct net *net;
static struct nemesis *nemesis;
static struct plan plan;
static struct ground ground;
static char begun[4096], over[4096];
static uint32_t started, ended, effective;

static bool
no_answer(struct small_world *s, uint32_t node, const struct world_request *r,
	  struct world_reply *reply, int64_t *delay)
{
	(void)s;
	(void)node;
	(void)r;
	(void)reply;
	(void)delay;
	return false;
}

static void
on_ready(void *arg, uint32_t node, uint32_t boot)
{
	(void)arg;
	(void)node;
	(void)boot;
}

static void
on_ended(void *arg, const struct world_end *end)
{
	(void)arg;
	(void)end;
}

static void
fault_started(void *arg, const struct fault *f, const char *words)
{
	(void)arg;
	(void)f;
	started++;
	snprintf(begun, sizeof begun, "%s", words);
}

static void
fault_ended(void *arg, const struct fault *f, bool effect, const char *words)
{
	(void)arg;
	(void)f;
	ended++;
	effective += effect;
	snprintf(over, sizeof over, "%s", words);
}

static bool
notes_role(void *arg, uint32_t node, const char *name, const char *text)
{
	(void)arg;
	return node == 2 && strcmp(name, "role") == 0 &&
	       strcmp(text, "leader") == 0;
}

/* -1: the plan is refused. */
static int
make(const char *text, uint32_t nodes, uint64_t seed, struct fr_err *err)
{
	static const struct world_events events = {
		.ready = on_ready, .ended = on_ended,
	};
	static const struct nemesis_events told = {
		.started = fault_started, .ended = fault_ended,
	};
	const struct small_config config = {
		.nodes = nodes, .clients = CLIENTS, .seed = seed,
		.boot_delay = 1, .events = &events, .answer = no_answer,
	};
	struct scene scene = { .notes = notes_role };
	uint32_t i;

	ground = (struct ground){ .nodes = nodes, .clients = CLIENTS,
				  .seed = seed, .world = "sim" };
	memset(&plan, 0, sizeof plan);
	if (plan_read(text, "p", &ground, &plan, err) < 0)
		return -1;
	started = ended = effective = 0;
	begun[0] = over[0] = '\0';
	world = small_new(&config);
	net = world->base.config.net;
	for (i = 0; i < nodes; i++)
		ck_assert_int_eq(world->base.ops->boot(&world->base, i, NULL),
				 0);
	scene.world = &world->base;
	scene.ground = ground;
	nemesis = nemesis_new(&scene, &plan, &told, NULL);
	return 0;
}

static void
made(const char *text, uint32_t nodes, uint64_t seed)
{
	struct fr_err err = { 0 };

	ck_assert_msg(make(text, nodes, seed, &err) == 0, "%s: %s", text,
		      err.text);
}

static void
unmake(void)
{
	nemesis_free(nemesis);
	world->base.ops->free(&world->base);
	plan_free(&plan);
}

static void
on_stop(void *arg)
{
	(void)arg;
	world->base.ops->leave(&world->base);
}

static void
go_on(int64_t until)
{
	struct fr_err err = { 0 };

	world->base.ops->at(&world->base, until, on_stop, NULL);
	ck_assert_msg(world->base.ops->loop(&world->base, &err) == 0, "%s",
		      err.text);
}

/* Everybody says something to everybody, every millisecond. */
static void
talk(int64_t until)
{
	uint32_t i, k, ends = ground.nodes + CLIENTS;
	uint64_t body = 7;
	struct fate f;
	int64_t now;

	for (now = world->now; now < until; now += MS) {
		go_on(now);
		for (i = 0; i < ends; i++) {
			for (k = 0; k < ends; k++) {
				if (i == k || (i >= ground.nodes &&
					       k >= ground.nodes))
					continue;
				f = net_send(net, now, i, k, 64);
				net_edit(f.edits, f.edit_count, &body, 8);
				if (net->kept != NULL && i < ground.nodes &&
				    k < ground.nodes)
					net_keep(net, now, i, k, 0, 0, &body,
						 8);
			}
		}
		for (i = 0; i < CLIENTS; i++)
			for (k = 0; k < ground.nodes; k++)
				(void)net_whim(net, i, k);
	}
	go_on(until);
}

static uint32_t
touched(void)
{
	uint32_t i, k, ends = ground.nodes + CLIENTS, count = 0;

	for (i = 0; i < ends; i++)
		for (k = 0; k < ends; k++)
			count += net_link(net, i, k)->layer_count;
	return count;
}

static uint32_t
cuts(uint32_t from, uint32_t to)
{
	return net_link(net, from, to)->cuts;
}

/* ---- every variant ------------------------------------------------------------------ */

static const struct {
	const char *fault;
	uint32_t least;		/* nodes that it takes                         */
	const char *effect;	/* in its evidence                             */
} faults[] = {
	{ "partition", 2, "messages dropped" },
	{ "partition one", 2, "messages dropped" },
	{ "partition:halves", 2, "messages dropped" },
	{ "partition:random", 2, "messages dropped" },
	{ "partition majority", 2, "messages dropped" },
	{ "partition:ring", 3, "messages dropped" },
	{ "partition:bridge", 3, "messages dropped" },
	{ "partition:oneway", 2, "messages dropped" },
	{ "partition:directed", 2, "messages dropped" },
	{ "partition:clients", 1, "messages dropped" },
	{ "partition:flapping on=9ms off=9ms", 2, "dropped, cut " },
	{ "partition:swizzle", 2, "messages dropped" },
	{ "delay:tail", 2, "messages delayed, by " },
	{ "delay:jitter", 2, "messages delayed, by " },
	{ "delay:slow by=3ms", 2, "by 3.00ms on average and 3.00ms at most" },
	{ "loss", 2, " lost" },
	{ "loss:most", 2, " lost" },
	{ "duplicate", 2, "messages delivered twice" },
	{ "reorder", 2, "messages overtaken" },
	{ "corrupt:bit", 2, "messages damaged" },
	{ "corrupt:burst", 2, "messages damaged" },
	{ "bandwidth", 2, "delayed, by " },
	{ "replay age=10ms", 2, "old messages delivered again" },
	{ "byzantine:mutate", 2, "messages changed" },
	{ "byzantine:equivocate", 2, "messages changed for some" },
	{ "byzantine:withhold", 2, "messages withheld" },
	{ "byzantine:forge", 3, "messages forged" },
	{ "byzantine:answer", 1, "answers changed" },
};

START_TEST(each_takes_effect_and_leaves_nothing)
{
	struct fr_err err = { 0 };
	char text[128];
	uint32_t nodes;

	snprintf(text, sizeof text, "at 100ms for 100ms %s",
		 faults[_i].fault);
	for (nodes = 1; nodes <= 7; nodes++) {
		if (make(text, nodes, nodes, &err) < 0) {
			/* It makes no sense there, and says why. */
			ck_assert_uint_lt(nodes, faults[_i].least);
			ck_assert_int_eq(err.status, EXIT_USAGE);
			ck_assert(strstr(err.text, "node") != NULL);
			continue;
		}
		talk(99 * MS);
		ck_assert_uint_eq(touched(), 0);
		talk(198 * MS);
		ck_assert_uint_eq(started, 1);
		if (nodes < faults[_i].least) {
			/* Two cannot forge what a third one said. */
			unmake();
			continue;
		}
		ck_assert_str_ne(begun, "");
		ck_assert_uint_eq(ended, 0);
		talk(300 * MS);
		/* What is late may still be under way. */
		ck_assert_uint_eq(touched(), 0);
		go_on(10 * SECOND);
		ck_assert_uint_eq(ended, 1);
		ck_assert_msg(effective == 1, "%s of %u: %s",
			      faults[_i].fault, nodes, over);
		ck_assert_msg(strstr(over, faults[_i].effect) != NULL,
			      "%s: %s", faults[_i].fault, over);
		unmake();
	}
}
END_TEST

/* Nothing is sent: nothing comes of it, and it says so. */
START_TEST(without_messages_none_takes_effect)
{
	char text[128];

	snprintf(text, sizeof text, "at 1ms for 50ms %s", faults[_i].fault);
	made(text, 5, 1);
	go_on(10 * SECOND);
	ck_assert_uint_eq(ended, 1);
	ck_assert_uint_eq(effective, 0);
	ck_assert_str_ne(over, "");
	ck_assert_uint_eq(touched(), 0);
	unmake();
}
END_TEST

/* A run that is given up in the middle of it. */
START_TEST(each_can_be_given_up)
{
	char text[128];

	snprintf(text, sizeof text, "at 1ms for 50ms %s", faults[_i].fault);
	made(text, 5, 1);
	talk(20 * MS);
	ck_assert_uint_eq(started, 1);
	ck_assert_uint_eq(ended, 0);
	unmake();
}
END_TEST

/* What a plan says is what happens: read back, it cuts the same. */
START_TEST(a_drawn_plan_says_it_all)
{
	bool before[7][7], after[7][7];
	uint32_t i, k;
	char text[128];
	struct buf b;

	snprintf(text, sizeof text, "at 1ms for 50ms %s", faults[_i].fault);
	made(text, 5, 3);
	go_on(6 * MS);
	for (i = 0; i < 7; i++)
		for (k = 0; k < 7; k++)
			before[i][k] = net_link(net, i, k)->layer_count > 0;
	buf_init(&b, 65536);
	plan_text(&plan, &b);
	unmake();
	/* Another seed: nothing may be left to it but each message's fate. */
	made(b.data, 5, strncmp(faults[_i].fault, "byz", 3) == 0 ? 3 : 4);
	go_on(6 * MS);
	for (i = 0; i < 7; i++)
		for (k = 0; k < 7; k++)
			after[i][k] = net_link(net, i, k)->layer_count > 0;
	if (strstr(text, "flapping") == NULL)
		ck_assert_msg(memcmp(before, after, sizeof before) == 0, "%s", b.data);
	buf_free(&b);
	unmake();
}
END_TEST

/* ---- shapes --------------------------------------------------------------------------- */

START_TEST(a_ring_leaves_everybody_a_majority_and_no_two_the_same)
{
	uint32_t nodes, i, k, reached;
	uint64_t seen[9];

	for (nodes = 4; nodes < 9; nodes++) {
		made("at 1ms for 50ms partition:ring", nodes, nodes);
		go_on(5 * MS);
		for (i = 0; i < nodes; i++) {
			seen[i] = 0;
			for (k = reached = 0; k < nodes; k++) {
				ck_assert_uint_eq(cuts(i, k), cuts(k, i));
				if (cuts(i, k) == 0)
					seen[i] |= (uint64_t)1 << k;
			}
			reached = (uint32_t)__builtin_popcountll(seen[i]);
			ck_assert_uint_gt(2 * reached, nodes);
			/* Of four and six, everybody but one is a majority. */
			ck_assert(nodes == 4 || reached < nodes);
			for (k = 0; k < i; k++)
				ck_assert(seen[i] != seen[k]);
		}
		unmake();
	}
	/* Of three each is heard by one. */
	made("at 1ms for 50ms partition:ring", 3, 1);
	go_on(5 * MS);
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(cuts(i, 0) + cuts(i, 1) + cuts(i, 2), 1);
	unmake();
}
END_TEST

START_TEST(one_way_is_one_way)
{
	made("at 1ms for 50ms partition:oneway 0,1>2", 4, 1);
	go_on(5 * MS);
	ck_assert_uint_eq(touched(), 2);
	ck_assert(cuts(0, 2) == 1 && cuts(1, 2) == 1);
	unmake();
}
END_TEST

START_TEST(clients_are_cut_off_as_it_says)
{
	made("at 1ms for 50ms partition:clients c0|1+2>c1", 3, 1);
	go_on(5 * MS);
	ck_assert_uint_eq(touched(), 3);
	ck_assert(cuts(3, 1) == 1 && cuts(1, 3) == 1 && cuts(2, 4) == 1);
	unmake();
}
END_TEST

START_TEST(who_leads_is_found_when_it_starts)
{
	made("at 1ms for 50ms partition role=leader", 4, 1);
	go_on(5 * MS);
	ck_assert_uint_eq(touched(), 6);
	ck_assert(cuts(2, 0) == 1 && cuts(0, 2) == 1 && cuts(3, 2) == 1);
	unmake();
	/* Nobody is one: it is on record, and nothing is cut. */
	made("at 1ms for 50ms partition role=candidate", 4, 1);
	go_on(60 * MS);
	ck_assert_uint_eq(ended, 1);
	ck_assert_uint_eq(effective, 0);
	ck_assert(strstr(over, "no node notes role=candidate") != NULL);
	unmake();
}
END_TEST

START_TEST(a_flap_is_cut_and_joined_again)
{
	int64_t t, flips = 0;
	uint32_t was = 0, is;

	made("at 0s for 1s partition:flapping 0|1 on=20ms off=40ms", 2, 1);
	for (t = 1; t < 1000; t++) {
		go_on(t * MS);
		is = cuts(0, 1);
		flips += is != was;
		was = is;
	}
	/* About a turn in 60 ms. */
	ck_assert_int_gt(flips, 20);
	ck_assert_int_lt(flips, 60);
	go_on(1010 * MS);
	ck_assert_uint_eq(touched(), 0);
	unmake();
}
END_TEST

START_TEST(a_swizzle_cuts_one_by_one_and_joins_in_another_order)
{
	bool cut[5] = { false }, is;
	int order[5], joined[5], at = 0, back = 0, other = 0;
	uint64_t seed;
	uint32_t i;
	int64_t t;

	for (seed = 1; seed <= 8; seed++) {
		made("at 0s for 1s partition:swizzle all", 5, seed);
		at = back = 0;
		memset(cut, 0, sizeof cut);
		for (t = 0; t < 1001; t++) {
			go_on(t * MS + 1);
			/* Whoever is cut is so from everybody, twice where
			 * the other is, too. */
			for (i = 0; i < 5; i++) {
				is = cuts(i, (i + 1) % 5) > 0 &&
				     cuts(i, (i + 2) % 5) > 0 &&
				     cuts(i, (i + 3) % 5) > 0 &&
				     cuts(i, (i + 4) % 5) > 0;
				if (is && !cut[i] && at < 5)
					order[at++] = (int)i;
				if (!is && cut[i] && back < 5)
					joined[back++] = (int)i;
				cut[i] = is;
			}
		}
		ck_assert_int_eq(at, 5);
		ck_assert_int_eq(back, 5);
		other += memcmp(order, joined, sizeof order) != 0;
		ck_assert_uint_eq(touched(), 0);
		unmake();
	}
	ck_assert_int_ge(other, 7);
}
END_TEST

START_TEST(clients_misbehave_only_while_it_lasts)
{
	static const char *const variants[] = { "duplicate", "retry",
						"vanish" };
	struct whim w;
	char text[64];
	uint32_t i, k;

	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof text, "at 1ms for 50ms client:%s c1 "
			 "chance=1", variants[i]);
		made(text, 3, 1);
		go_on(5 * MS);
		for (k = 0; k < 3; k++) {
			ck_assert_ptr_null(net_whim(net, 0, k).layer);
			w = net_whim(net, 1, k);
			ck_assert_ptr_nonnull(w.layer);
			ck_assert_int_eq(w.again, i == 0);
			ck_assert_int_eq(w.retry, i == 1);
			ck_assert_int_eq(w.vanish, i == 2);
			ck_assert_int_le(w.patience, 20 * MS);
		}
		go_on(60 * MS);
		ck_assert_ptr_null(net_whim(net, 1, 0).layer);
		ck_assert_uint_eq(ended, 1);
		ck_assert_uint_eq(effective, 0);
		ck_assert_str_eq(over, "no client did anything out of order");
		unmake();
	}
}
END_TEST

START_TEST(a_liar_lies_to_its_camp_alone)
{
	uint32_t k, deceived;

	made("at 1ms for 50ms byzantine:equivocate 1", 5, 1);
	go_on(5 * MS);
	deceived = touched();
	ck_assert(deceived == 2);
	for (k = 0; k < 7; k++)
		deceived -= net_link(net, 1, k)->layer_count;
	ck_assert_uint_eq(deceived, 0);
	ck_assert_ptr_nonnull(strstr(begun, "node 1 to nodes "));
	unmake();
	/* No other's word, and no client's. */
	made("at 1ms for 50ms byzantine:mutate 0,3", 5, 1);
	go_on(5 * MS);
	ck_assert_uint_eq(touched(), 8);
	for (k = 0; k < 5; k++)
		ck_assert_uint_eq(net_link(net, 0, k)->layer_count, k != 0);
	unmake();
}
END_TEST

START_TEST(a_world_without_twins_says_so)
{
	made("at 1ms for 50ms twins 1", 3, 1);
	go_on(60 * MS);
	ck_assert_uint_eq(ended, 1);
	ck_assert_uint_eq(effective, 0);
	ck_assert_str_eq(over, "the small world has no second instances");
	unmake();
}
END_TEST

static const struct {
	const char *text, *error;
} bad[] = {
	{ "partition:clients 0|1", "no client" },
	{ "partition:ring 0,1", "it aims at nobody in particular" },
	{ "twins 1 second=0.9 together=0.2", "second and together are more" },
	{ "delay by=9s", "by" },
	{ "delay by=never", "by" },
	{ "delay 0>9", "there is no node 9" },
	{ "loss chance=2", "chance" },
	{ "corrupt bits=0", "bits" },
	{ "bandwidth rate=0", "rate" },
	{ "client c2", "there is no client 2" },
	{ "client 0", "names nodes" },
	{ "byzantine:lies 1", "has no variant 'lies'" },
	{ "replay 0>1 old=2", "has no parameter 'old'" },
};

START_TEST(bad_ones_are_refused)
{
	struct fr_err err = { 0 };
	char text[128];

	snprintf(text, sizeof text, "at 1s for 1s %s", bad[_i].text);
	ck_assert_msg(make(text, 5, 1, &err) < 0, "%s", text);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_msg(strstr(err.text, bad[_i].error) != NULL, "%s", err.text);
}
END_TEST

int
main(void)
{
	const int count = (int)(sizeof faults / sizeof *faults);
	Suite *s = suite_create("families");
	TCase *c = tcase_create("families");
	SRunner *r;
	int failed;

	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, each_takes_effect_and_leaves_nothing, 0, count);
	tcase_add_loop_test(c, without_messages_none_takes_effect, 0, count);
	tcase_add_loop_test(c, each_can_be_given_up, 0, count);
	tcase_add_loop_test(c, a_drawn_plan_says_it_all, 0, count);
	tcase_add_test(c, a_ring_leaves_everybody_a_majority_and_no_two_the_same);
	tcase_add_test(c, one_way_is_one_way);
	tcase_add_test(c, clients_are_cut_off_as_it_says);
	tcase_add_test(c, who_leads_is_found_when_it_starts);
	tcase_add_test(c, a_flap_is_cut_and_joined_again);
	tcase_add_test(c, a_swizzle_cuts_one_by_one_and_joins_in_another_order);
	tcase_add_test(c, clients_misbehave_only_while_it_lasts);
	tcase_add_test(c, a_liar_lies_to_its_camp_alone);
	tcase_add_test(c, a_world_without_twins_says_so);
	tcase_add_loop_test(c, bad_ones_are_refused, 0,
			    (int)(sizeof bad / sizeof *bad));
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
