/* SPDX-License-Identifier: MIT */
/*
 * core/net: what becomes of a message.  Chances are counted over fixed seeds,
 * so that what passes once passes always.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/net/net.h"

#define MANY 20000
#define MS 1000000ll

static struct topology t;
static struct net *net;
static struct link *l;

static void
make(const char *shape, uint32_t nodes, uint32_t clients,
     const struct dist *delay, uint64_t seed)
{
	net_free(net);
	topology_free(&t);
	ck_assert_int_eq(topology_make(shape, nodes, 1, &t, NULL), 0);
	net = net_new(&t, clients, delay, seed);
	if (nodes > 1)
		l = net_link(net, 0, 1);
}

static void
set_up(void)
{
	memset(&t, 0, sizeof t);
	net = NULL;
	make("complete", 3, 2, NULL, 1);
}

static void
tear_down(void)
{
	net_free(net);
	topology_free(&t);
}

START_TEST(a_plain_link_delivers_at_once)
{
	struct fate f = net_send(net, 5, 0, 1, 100);

	ck_assert_int_eq(f.kind, FATE_DELIVERED);
	ck_assert_uint_eq(f.copies, 1);
	ck_assert_int_eq(f.arrives[0], 5);
	ck_assert(!f.corrupt);
	ck_assert(net_at_once(net, 5, 0, 1));
	ck_assert_uint_eq(l->sent, 2);
	ck_assert_uint_eq(l->dropped, 0);
}
END_TEST

START_TEST(only_what_the_topology_joins_can_talk)
{
	make("line", 3, 2, NULL, 1);
	ck_assert_int_eq(net_send(net, 0, 0, 2, 1).kind, FATE_NO_LINK);
	ck_assert(!net_at_once(net, 0, 0, 2));
	ck_assert_int_eq(net_send(net, 0, 0, 1, 1).kind, FATE_DELIVERED);
	ck_assert_uint_eq(net_link(net, 0, 2)->dropped, 1);
	/* Clients 3 and 4: with every node, and not with each other. */
	ck_assert_int_eq(net_send(net, 0, 3, 0, 1).kind, FATE_DELIVERED);
	ck_assert_int_eq(net_send(net, 0, 2, 4, 1).kind, FATE_DELIVERED);
	ck_assert_int_eq(net_send(net, 0, 3, 4, 1).kind, FATE_NO_LINK);
	ck_assert(!net_at_once(net, 0, 3, 4));
}
END_TEST

START_TEST(a_link_to_oneself_cannot_be_cut)
{
	const struct dist slow = { DIST_CONST, 5 * MS, 0, 0 };

	make("line", 3, 1, &slow, 1);
	net_cut(net, 1, 1);
	ck_assert_int_eq(net_send(net, 7, 1, 1, 1).kind, FATE_DELIVERED);
	ck_assert_int_eq(net_send(net, 7, 1, 1, 1).arrives[0], 7);
	ck_assert(net_at_once(net, 7, 1, 1));
	net_join(net, 1, 1);
}
END_TEST

START_TEST(cuts_are_counted_and_directed)
{
	net_cut(net, 0, 1);
	net_cut(net, 0, 1);
	ck_assert_int_eq(net_send(net, 0, 0, 1, 1).kind, FATE_CUT);
	ck_assert_int_eq(net_send(net, 0, 0, 1, 1).copies, 0);
	ck_assert_int_eq(net_send(net, 0, 1, 0, 1).kind, FATE_DELIVERED);
	net_join(net, 0, 1);
	ck_assert_int_eq(net_send(net, 0, 0, 1, 1).kind, FATE_CUT);
	ck_assert(!net_at_once(net, 0, 0, 1));
	net_join(net, 0, 1);
	ck_assert_int_eq(net_send(net, 0, 0, 1, 1).kind, FATE_DELIVERED);
	ck_assert_uint_eq(l->sent, 4);
	ck_assert_uint_eq(l->dropped, 3);
}
END_TEST

/* How many of MANY messages, one a millisecond, have a property. */
static unsigned
count(bool (*has)(const struct fate *f))
{
	unsigned n = 0;
	int i;

	link_shape(l);
	for (i = 0; i < MANY; i++) {
		struct fate f = net_send(net, i * MS, 0, 1, 10);

		n += has(&f);
	}
	return n;
}

static bool
lost(const struct fate *f)
{
	return f->kind == FATE_LOST;
}

static bool
doubled(const struct fate *f)
{
	return f->copies == 2;
}

static bool
corrupted(const struct fate *f)
{
	ck_assert_uint_eq(f->edit_count, f->corrupt);
	return f->corrupt;
}

START_TEST(probabilities_are_what_they_say)
{
	unsigned n;

	l->loss = 0.1;
	n = count(lost);
	ck_assert_uint_gt(n, MANY / 10 - 200);
	ck_assert_uint_lt(n, MANY / 10 + 200);
	ck_assert_uint_eq(l->dropped, n);
	l->loss = 0;
	l->duplicate = 0.25;
	n = count(doubled);
	ck_assert_uint_gt(n, MANY / 4 - 300);
	ck_assert_uint_lt(n, MANY / 4 + 300);
	l->duplicate = 0;
	l->corrupt = 0.01;
	n = count(corrupted);
	ck_assert_uint_gt(n, 130);
	ck_assert_uint_lt(n, 270);
	l->corrupt = 1;
	ck_assert_uint_eq(count(corrupted), MANY);
	/* A body of nothing has no bit to flip. */
	ck_assert(!net_send(net, 0, 0, 1, 0).corrupt);
	l->loss = 1;
	ck_assert_uint_eq(count(lost), MANY);
}
END_TEST

START_TEST(every_bit_can_be_hit)
{
	unsigned hit[16] = { 0 };
	struct fate f;
	uint16_t body;
	int i;

	l->corrupt = 1;
	link_shape(l);
	for (i = 0; i < 3200; i++) {
		f = net_send(net, 0, 0, 1, 2);
		body = 0;
		net_edit(f.edits, f.edit_count, &body, 2);
		ck_assert(body != 0 && (body & (body - 1)) == 0);
		hit[__builtin_ctz(body)]++;
	}
	for (i = 0; i < 16; i++)
		ck_assert(hit[i] > 140 && hit[i] < 260);
}
END_TEST

START_TEST(delays_have_their_distribution)
{
	const struct dist exponential = { DIST_EXP, 2 * MS, 0, 0 };
	double sum = 0;
	int i, short_ones = 0;

	make("complete", 2, 1, &exponential, 9);
	/* Far apart, so that keeping order changes nothing. */
	for (i = 0; i < MANY; i++) {
		int64_t now = i * 1000 * MS;
		int64_t d = net_send(net, now, 0, 1, 1).arrives[0] - now;

		ck_assert(d >= 0);
		sum += (double)d;
		short_ones += d < 2 * MS;
	}
	ck_assert(sum / MANY > 1.9e6 && sum / MANY < 2.1e6);
	/* 1 - 1/e of them are below the mean. */
	ck_assert(short_ones > 0.61 * MANY && short_ones < 0.655 * MANY);
	/* Clients' links are links too, and one's own is not. */
	ck_assert(!net_link(net, 2, 0)->plain && !net_link(net, 0, 2)->plain);
	ck_assert(net_link(net, 1, 1)->plain);
}
END_TEST

START_TEST(a_link_keeps_order)
{
	const struct dist wild = { DIST_UNIFORM, 0, 100 * MS, 0 };
	int64_t last = 0, overtaken = 0;
	struct fate f;
	int i;

	make("complete", 2, 0, &wild, 3);
	l->duplicate = 0.1;
	for (i = 0; i < 2000; i++) {
		f = net_send(net, i * MS, 0, 1, 1);
		ck_assert_int_ge(f.arrives[0], i * MS);
		ck_assert_int_ge(f.arrives[0], last);
		ck_assert_int_ge(f.arrives[f.copies - 1], f.arrives[0]);
		last = f.arrives[f.copies - 1];
	}
	/* And when the link becomes quick, what is behind stays behind. */
	memset(&l->delay, 0, sizeof l->delay);
	l->duplicate = 0;
	link_shape(l);
	ck_assert(l->plain);
	ck_assert_int_gt(last, i * MS);
	ck_assert(!net_at_once(net, i * MS, 0, 1));
	ck_assert_int_eq(net_send(net, i * MS, 0, 1, 1).arrives[0], last);
	ck_assert(net_at_once(net, last, 0, 1));

	/* One that reorders does not; neither does its delay have to vary. */
	make("complete", 2, 0, NULL, 3);
	l->reorder = 0.2;
	link_shape(l);
	last = 0;
	for (i = 0; i < 2000; i++) {
		f = net_send(net, i * MS / 10, 0, 1, 1);
		ck_assert_int_ge(f.arrives[0], i * MS / 10);
		overtaken += f.arrives[0] < last;
		if (f.arrives[0] > last)
			last = f.arrives[0];
	}
	ck_assert_int_gt(overtaken, 500);
}
END_TEST

START_TEST(bytes_occupy_the_line)
{
	l->bandwidth = 1000000;		/* a byte a microsecond */
	link_shape(l);
	ck_assert_int_eq(net_send(net, 0, 0, 1, 1000).arrives[0], MS);
	ck_assert_int_eq(net_send(net, 0, 0, 1, 500).arrives[0],
			 MS + MS / 2);
	/* An idle line is not saved up. */
	ck_assert_int_eq(net_send(net, 10 * MS, 0, 1, 1000).arrives[0],
			 11 * MS);
	/* What is lost was on the line, too. */
	l->loss = 1;
	net_send(net, 20 * MS, 0, 1, 1000);
	l->loss = 0;
	ck_assert_int_eq(net_send(net, 20 * MS, 0, 1, 1000).arrives[0],
			 22 * MS);
	/* The other direction is another line. */
	ck_assert_int_eq(net_send(net, 20 * MS, 1, 0, 1000).arrives[0],
			 20 * MS);
}
END_TEST

START_TEST(choices_are_told_by_seed_link_and_number)
{
	const struct dist d = { DIST_EXP, MS, 0, 0 };
	int64_t first[100], other[100];
	int i, same = 0;

	make("complete", 3, 0, &d, 7);
	for (i = 0; i < 100; i++)
		first[i] = net_send(net, i * 1000 * MS, 0, 1, 1).arrives[0];
	/* Another link's traffic, and another choice of this link's. */
	make("complete", 3, 0, &d, 7);
	l->duplicate = 0.5;
	l->corrupt = 0.5;
	link_shape(l);
	for (i = 0; i < 100; i++) {
		net_send(net, i * 1000 * MS, 2, 1, 1);
		ck_assert_int_eq(net_send(net, i * 1000 * MS, 0, 1, 1)
				 .arrives[0], first[i]);
	}
	make("complete", 3, 0, &d, 8);
	for (i = 0; i < 100; i++) {
		other[i] = net_send(net, i * 1000 * MS, 0, 1, 1).arrives[0];
		same += other[i] == first[i];
	}
	ck_assert_int_lt(same, 3);
	make("complete", 3, 0, &d, 7);
	for (same = i = 0; i < 100; i++)
		same += net_send(net, i * 1000 * MS, 1, 0, 1).arrives[0] ==
			first[i];
	ck_assert_int_lt(same, 3);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("net");
	TCase *c = tcase_create("net");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_plain_link_delivers_at_once);
	tcase_add_test(c, only_what_the_topology_joins_can_talk);
	tcase_add_test(c, a_link_to_oneself_cannot_be_cut);
	tcase_add_test(c, cuts_are_counted_and_directed);
	tcase_add_test(c, probabilities_are_what_they_say);
	tcase_add_test(c, every_bit_can_be_hit);
	tcase_add_test(c, delays_have_their_distribution);
	tcase_add_test(c, a_link_keeps_order);
	tcase_add_test(c, bytes_occupy_the_line);
	tcase_add_test(c, choices_are_told_by_seed_link_and_number);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
