/* SPDX-License-Identifier: MIT */
/*
 * core/net: what faults lay over links.  Chances are counted over fixed seeds,
 * so that what passes once passes always.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/net/layer.h"

#define MANY 5000
#define MS 1000000ll

static struct topology t;
static struct net *net;
static struct layer a, b;

static void
make(uint64_t seed)
{
	net_free(net);
	topology_free(&t);
	ck_assert_int_eq(topology_make("complete", 3, 1, &t, NULL), 0);
	net = net_new(&t, 2, NULL, seed);
	memset(&a, 0, sizeof a);
	memset(&b, 0, sizeof b);
	a.key = 11;
	b.key = 22;
}

static void
set_up(void)
{
	memset(&t, 0, sizeof t);
	net = NULL;
	make(1);
}

static void
tear_down(void)
{
	net_free(net);
	topology_free(&t);
}

START_TEST(a_layer_comes_and_goes)
{
	struct link *l = net_link(net, 0, 1);

	ck_assert(l->plain);
	net_lay(net, &a, 0, 1);
	net_lay(net, &a, 0, 1);		/* it lies there already */
	net_lay(net, &a, 1, 1);		/* and here nothing does */
	ck_assert(!l->plain);
	ck_assert_uint_eq(a.links, 1);
	ck_assert(!net_at_once(net, 0, 0, 1));
	net_lift(net, &a, 1, 0);	/* not there */
	net_lift_all(net, &a);
	ck_assert(l->plain);
	ck_assert_uint_eq(a.links, 0);
	ck_assert(net_at_once(net, 0, 0, 1));
}
END_TEST

START_TEST(cuts_of_two_faults_heal_alone)
{
	a.cut = b.cut = true;
	net_lay(net, &a, 0, 1);
	net_send(net, 0, 0, 1, 8);
	net_lay(net, &b, 0, 1);
	ck_assert_int_eq(net_send(net, 0, 0, 1, 8).kind, FATE_CUT);
	net_lift_all(net, &a);
	ck_assert_int_eq(net_send(net, 0, 0, 1, 8).kind, FATE_CUT);
	net_lift_all(net, &b);
	ck_assert_int_eq(net_send(net, 0, 0, 1, 8).kind, FATE_DELIVERED);
	/* What both had cut was dropped by both. */
	ck_assert_uint_eq(a.cut_off, 2);
	ck_assert_uint_eq(b.cut_off, 2);
	ck_assert_uint_eq(net_link(net, 0, 1)->dropped, 3);
}
END_TEST

/* Which of 64 messages of 0>1 are lost, as bits. */
static uint64_t
lost(void)
{
	uint64_t bits = 0;
	int i;

	for (i = 0; i < 64; i++)
		bits |= (uint64_t)(net_send(net, i * MS, 0, 1, 8).kind ==
				   FATE_LOST) << i;
	return bits;
}

START_TEST(layers_disturb_neither_each_other_nor_the_link)
{
	uint64_t one, other, both, own, all;

	a.loss = 0.3;
	b.loss = 0.3;
	net_lay(net, &a, 0, 1);
	one = lost();
	make(1);
	b.loss = 0.3;
	net_lay(net, &b, 0, 1);
	other = lost();
	make(1);
	net_link(net, 0, 1)->loss = 0.2;
	link_shape(net_link(net, 0, 1));
	own = lost();
	make(1);
	a.loss = b.loss = 0.3;
	net_lay(net, &b, 0, 1);
	net_lay(net, &a, 0, 1);
	both = lost();
	make(1);
	a.loss = b.loss = 0.3;
	a.delay.a = 3 * MS;
	a.late = 0.5;
	a.duplicate = a.reorder = a.corrupt = a.field = 0.5;
	net_link(net, 0, 1)->loss = 0.2;
	link_shape(net_link(net, 0, 1));
	net_lay(net, &a, 0, 1);
	net_lay(net, &b, 0, 1);
	all = lost();
	ck_assert(one != 0 && other != 0 && own != 0 && one != other);
	ck_assert_uint_eq(both, one | other);
	ck_assert_uint_eq(all, one | other | own);
	ck_assert_uint_eq(a.lost + b.lost,
			  (uint64_t)__builtin_popcountll(all & ~own));
}
END_TEST

START_TEST(delays_add_up_and_are_counted)
{
	struct fate f;

	a.late = b.late = 1;
	a.delay.a = 5 * MS;
	b.delay.a = 7 * MS;
	net_lay(net, &a, 0, 1);
	net_lay(net, &b, 0, 1);
	f = net_send(net, 100 * MS, 0, 1, 8);
	ck_assert_int_eq(f.arrives[0], 112 * MS);
	ck_assert_uint_eq(a.delayed, 1);
	ck_assert_int_eq(a.delay_max, 5 * MS);
	ck_assert_int_eq(b.delay_sum, 7 * MS);
	ck_assert_int_ge(b.last, 112 * MS);
	net_lift_all(net, &b);
	/* In order all the same, while the slow one is under way. */
	ck_assert_int_eq(net_send(net, 101 * MS, 0, 1, 8).arrives[0],
			 112 * MS);
	ck_assert_int_eq(net_send(net, 200 * MS, 0, 1, 8).arrives[0],
			 205 * MS);
	net_lift_all(net, &a);
	ck_assert_int_eq(net_send(net, 204 * MS, 0, 1, 8).arrives[0],
			 205 * MS);
	ck_assert_int_eq(net_send(net, 300 * MS, 0, 1, 8).arrives[0],
			 300 * MS);
}
END_TEST

START_TEST(a_tail_has_an_end)
{
	int64_t most = 0, now;
	int i;

	a.late = 1;
	a.delay = (struct dist){ DIST_PARETO, 20 * MS, 0, 1.1 };
	a.delay_most = 3000 * MS;
	net_lay(net, &a, 0, 1);
	for (i = 0; i < MANY; i++) {
		now = i * 10000 * MS;
		now = net_send(net, now, 0, 1, 8).arrives[0] - now;
		ck_assert(now >= 20 * MS && now <= 3000 * MS);
		if (now > most)
			most = now;
	}
	ck_assert_int_eq(most, 3000 * MS);
	ck_assert_int_eq(a.delay_max, most);
}
END_TEST

START_TEST(copies_come_in_order)
{
	int64_t last = 0;
	struct fate f;
	uint64_t copies = 0;
	uint32_t k;
	int i;

	a.duplicate = b.duplicate = 0.5;
	a.gap = (struct dist){ DIST_UNIFORM, 0, 2 * MS, 0 };
	net_lay(net, &a, 0, 1);
	net_lay(net, &b, 0, 1);
	for (i = 0; i < MANY; i++) {
		f = net_send(net, i * MS, 0, 1, 8);
		copies += f.copies - 1;
		for (k = 0; k < f.copies; k++) {
			ck_assert_int_ge(f.arrives[k], last);
			last = f.arrives[k];
		}
	}
	ck_assert_uint_eq(copies, a.duplicated + b.duplicated);
	ck_assert_uint_gt(a.duplicated, MANY * 45 / 100);
	ck_assert_uint_lt(a.duplicated, MANY * 55 / 100);
}
END_TEST

START_TEST(one_is_overtaken_only_where_one_comes_before_it)
{
	int64_t arrives[MANY];
	uint64_t overtaken = 0;
	int i, k;

	a.reorder = 0.2;
	a.hold.a = 5 * MS;
	net_lay(net, &a, 0, 1);
	for (i = 0; i < MANY; i++)
		arrives[i] = net_send(net, i * MS, 0, 1, 8).arrives[0];
	for (i = 0; i < MANY; i++) {
		for (k = i + 1; k < i + 6 && k < MANY; k++) {
			if (arrives[k] < arrives[i]) {
				overtaken++;
				break;
			}
		}
	}
	ck_assert_uint_gt(overtaken, MANY / 10);
	/* Holds that follow each other closely are counted once. */
	ck_assert_uint_gt(a.overtaken, overtaken / 2);
	ck_assert_uint_le(a.overtaken, overtaken);
	/* One at a time overtakes nobody. */
	make(1);
	a.reorder = 1;
	a.hold.a = 5 * MS;
	net_lay(net, &a, 0, 1);
	net_send(net, 0, 0, 1, 8);
	net_lift_all(net, &a);
	net_send(net, 10 * MS, 0, 1, 8);
	ck_assert_uint_eq(a.overtaken, 0);
}
END_TEST

START_TEST(the_narrowest_line_counts_and_drops_what_is_too_much)
{
	struct fate f;
	int i;

	a.bandwidth = 1000;		/* a byte a millisecond */
	a.backlog = 50 * MS;
	b.bandwidth = 1000000;
	net_lay(net, &a, 0, 1);
	net_lay(net, &b, 0, 1);
	f = net_send(net, 0, 0, 1, 10);
	ck_assert_int_eq(f.arrives[0], 10 * MS);
	for (i = 0; i < 5; i++)
		f = net_send(net, 0, 0, 1, 10);
	ck_assert_int_eq(f.arrives[0], 60 * MS);
	f = net_send(net, 0, 0, 1, 10);
	ck_assert_int_eq(f.kind, FATE_CHOKED);
	ck_assert_uint_eq(a.choked, 1);
	ck_assert_uint_eq(a.delayed, 6);
	ck_assert_uint_eq(b.delayed + b.choked, 0);
	/* With the line free again there is room; never for too much. */
	f = net_send(net, 60 * MS, 0, 1, 9000);
	ck_assert_int_eq(f.kind, FATE_CHOKED);
	ck_assert_int_eq(net_send(net, 60 * MS, 0, 1, 10).arrives[0], 70 * MS);
	net_lift_all(net, &a);
	net_lift_all(net, &b);
	ck_assert_int_eq(net_send(net, 61 * MS, 0, 1, 10).arrives[0], 70 * MS);
	ck_assert_int_eq(net_send(net, 80 * MS, 0, 1, 10).arrives[0], 80 * MS);
}
END_TEST

START_TEST(bursts_flip_bits_and_never_none)
{
	unsigned char body[64];
	struct fate f;
	int i, k, bits;

	a.corrupt = 1;
	a.bits = 16;
	net_lay(net, &a, 0, 1);
	for (i = 0; i < MANY; i++) {
		f = net_send(net, 0, 0, 1, sizeof body);
		ck_assert(f.corrupt);
		memset(body, 0, sizeof body);
		net_edit(f.edits, f.edit_count, body, sizeof body);
		for (bits = k = 0; k < (int)sizeof body; k++)
			bits += __builtin_popcount(body[k]);
		ck_assert_int_ge(bits, 1);
		ck_assert_int_le(bits, 16);
	}
	ck_assert_uint_eq(a.corrupted, MANY);
	/* Nothing has no bits. */
	ck_assert(!net_send(net, 0, 0, 1, 0).corrupt);
}
END_TEST

START_TEST(a_changed_field_is_another_number)
{
	unsigned char was[24], body[24];
	unsigned touched[24] = { 0 };
	struct fate f;
	int i, k;

	a.field = 1;
	net_lay(net, &a, 0, 1);
	for (i = 0; i < MANY; i++) {
		for (k = 0; k < 24; k++)
			was[k] = body[k] = (unsigned char)(k * 7);
		f = net_send(net, 0, 0, 1, sizeof body);
		/* It is no damage: a checksum would not see it. */
		ck_assert(!f.corrupt);
		net_edit(f.edits, f.edit_count, body, sizeof body);
		ck_assert(memcmp(was, body, sizeof body) != 0);
		for (k = 0; k < 24; k++)
			touched[k] += was[k] != body[k];
	}
	for (k = 0; k < 24; k++)
		ck_assert_uint_gt(touched[k], MANY / 50);
	ck_assert_uint_eq(a.mutated, MANY);
	/* The shortest body is not left alone, and nothing behind it is hit. */
	for (i = 0; i < 100; i++) {
		body[0] = 0;
		body[1] = 77;
		f = net_send(net, 0, 0, 1, 1);
		net_edit(f.edits, f.edit_count, body, 1);
		ck_assert(body[0] != 0 && body[1] == 77);
	}
}
END_TEST

START_TEST(a_lie_is_the_same_to_all_who_are_told_it)
{
	unsigned char x[16], y[16], z[16], other[16];
	struct fate f;
	int i;

	a.lie = 1;
	net_lay(net, &a, 0, 1);
	net_lay(net, &a, 0, 2);
	/* The links have carried different numbers of messages. */
	net_send(net, 0, 0, 2, 16);
	for (i = 0; i < 200; i++) {
		memset(x, i, sizeof x);
		memcpy(y, x, sizeof y);
		memcpy(z, x, sizeof z);
		f = net_send(net, 0, 0, 1, 16);
		net_edit(f.edits, f.edit_count, x, 16);
		f = net_send(net, 0, 0, 2, 16);
		net_edit(f.edits, f.edit_count, y, 16);
		ck_assert_mem_eq(x, y, 16);
		ck_assert_mem_ne(x, z, 16);
		memset(other, i + 1, sizeof other);
		net_edit(f.edits, f.edit_count, other, 16);
		ck_assert_mem_ne(x, other, 16);
	}
	ck_assert_uint_eq(a.lied, 401);
}
END_TEST

START_TEST(withheld_is_told_from_lost)
{
	a.withhold = 1;
	net_lay(net, &a, 0, 1);
	ck_assert_int_eq(net_send(net, 0, 0, 1, 8).kind, FATE_WITHHELD);
	ck_assert_uint_eq(a.withheld, 1);
	ck_assert_uint_eq(a.lost, 0);
	ck_assert_str_eq(fate_names[FATE_WITHHELD], "withheld");
}
END_TEST

/* Of the last message: what came with it (and is good until the next is kept),
 * as it was and as it is after its edit. */
static uint64_t old_body, old_edited;

/* Sends a message as a world does, and keeps it. */
static struct fate
send_kept(int64_t now, uint32_t from, uint32_t to, uint64_t body)
{
	struct fate f = net_send(net, now, from, to, sizeof body);
	const struct extra *e = f.extras;

	if (f.extra_count > 0) {
		ck_assert_uint_eq(e->old->type, 3);
		ck_assert_uint_eq(e->old->src_boot, 9);
		ck_assert_uint_eq(e->old->size, 8);
		memcpy(&old_body, e->old->body, sizeof old_body);
		old_edited = old_body;
		net_edit(&e->edit, e->edited, &old_edited, sizeof old_edited);
	}
	net_keep(net, now, from, to, 3, 9, &body, sizeof body);
	return f;
}

START_TEST(old_packets_come_again)
{
	uint64_t spread = 0;
	struct fate f;
	int i;

	a.replay = 1;
	a.age = 100 * MS;
	net_keep_on(net);
	ck_assert(!net_at_once(net, 0, 0, 1));
	for (i = 0; i < 1000; i++)
		send_kept(i * MS, 0, 1, (uint64_t)i);
	net_lay(net, &a, 0, 1);
	for (; i < 1300; i++) {
		f = send_kept(i * MS, 0, 1, (uint64_t)i);
		ck_assert_uint_eq(f.extra_count, 1);
		ck_assert(!f.extras[0].forged && !f.extras[0].edited);
		ck_assert_int_ge(f.extras[0].arrives, i * MS);
		ck_assert_uint_lt(old_body, (uint64_t)i - 100);
		spread |= 1ull << old_body / 100;
	}
	ck_assert_uint_eq(a.replayed, 300);
	/* From all of what was, and not only from its beginning or end. */
	ck_assert_int_ge(__builtin_popcountll(spread), 5);
	/* Another link has nothing that is old. */
	net_lay(net, &a, 1, 0);
	ck_assert_uint_eq(send_kept(i * MS, 1, 0, 5).extra_count, 0);
	net_lift_all(net, &a);
	ck_assert_uint_eq(send_kept(i * MS, 0, 1, 5).extra_count, 0);
}
END_TEST

START_TEST(what_is_forged_was_said_by_others)
{
	struct fate f;
	int i, whole = 0;

	net_keep_on(net);
	for (i = 0; i < 50; i++)
		send_kept(i * MS, 2, 1, 1000);
	a.forge = 1;
	net_lay(net, &a, 0, 1);
	for (i = 0; i < 200; i++) {
		f = send_kept((100 + i) * MS, 0, 1, 7);
		ck_assert_uint_eq(f.extra_count, 1);
		ck_assert(f.extras[0].forged);
		ck_assert_uint_eq(old_body, 1000);
		ck_assert_int_eq(old_edited == 1000, !f.extras[0].edited);
		whole += old_edited == 1000;
	}
	ck_assert(whole > 60 && whole < 140);
	ck_assert_uint_eq(a.forged, 200);
}
END_TEST

START_TEST(keeping_changes_nothing)
{
	const struct dist d = { DIST_EXP, 2 * MS, 0, 0 };
	int64_t first[100];
	int i;

	net_free(net);
	net = net_new(&t, 2, &d, 5);
	for (i = 0; i < 100; i++)
		first[i] = net_send(net, i * MS, 0, 1, 8).arrives[0];
	net_free(net);
	net = net_new(&t, 2, &d, 5);
	net_keep_on(net);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(send_kept(i * MS, 0, 1, 1).arrives[0],
				 first[i]);
}
END_TEST

START_TEST(each_message_finds_its_instance)
{
	unsigned took[4] = { 0 };
	int i;

	ck_assert_uint_eq(net_send(net, 0, 0, 1, 8).instances, FATE_FIRST);
	a.second = 0.4;
	a.both = 0.2;
	net_lay(net, &a, 0, 1);
	for (i = 0; i < MANY; i++)
		took[net_send(net, 0, 0, 1, 8).instances]++;
	ck_assert_uint_eq(took[0], 0);
	ck_assert(took[FATE_FIRST] > MANY * 37 / 100 &&
		  took[FATE_FIRST] < MANY * 43 / 100);
	ck_assert_uint_eq(took[FATE_SECOND], a.to_second);
	ck_assert_uint_eq(took[FATE_FIRST | FATE_SECOND], a.to_both);
	ck_assert(a.to_second > MANY * 37 / 100 &&
		  a.to_second < MANY * 43 / 100);
}
END_TEST

START_TEST(clients_have_whims_only_where_a_fault_says_so)
{
	unsigned again = 0, retry = 0, vanish = 0, elsewhere = 0;
	struct whim w;
	int i;

	for (i = 0; i < 10; i++)
		ck_assert_ptr_null(net_whim(net, 0, 1).layer);
	a.again = 0.3;
	a.retry = 0.2;
	a.vanish = 0.1;
	a.patience.a = 5 * MS;
	net_lay(net, &a, 3, 0);
	net_lay(net, &a, 3, 1);
	for (i = 0; i < MANY; i++) {
		w = net_whim(net, 0, (uint32_t)i % 2);
		ck_assert((w.again || w.retry || w.vanish) ==
			  (w.layer == &a));
		again += w.again;
		retry += w.retry;
		vanish += w.vanish;
		elsewhere += w.elsewhere;
		if (w.layer != NULL)
			ck_assert(w.patience == 5 * MS && w.gone > 0);
		/* The other client has none. */
		ck_assert_ptr_null(net_whim(net, 1, 0).layer);
	}
	ck_assert(again > MANY * 27 / 100 && again < MANY * 33 / 100);
	ck_assert(retry > MANY * 17 / 100 && retry < MANY * 23 / 100);
	ck_assert(vanish > MANY * 8 / 100 && vanish < MANY * 12 / 100);
	ck_assert_uint_gt(elsewhere, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("layer");
	TCase *c = tcase_create("layer");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_layer_comes_and_goes);
	tcase_add_test(c, cuts_of_two_faults_heal_alone);
	tcase_add_test(c, layers_disturb_neither_each_other_nor_the_link);
	tcase_add_test(c, delays_add_up_and_are_counted);
	tcase_add_test(c, a_tail_has_an_end);
	tcase_add_test(c, copies_come_in_order);
	tcase_add_test(c, one_is_overtaken_only_where_one_comes_before_it);
	tcase_add_test(c, the_narrowest_line_counts_and_drops_what_is_too_much);
	tcase_add_test(c, bursts_flip_bits_and_never_none);
	tcase_add_test(c, a_changed_field_is_another_number);
	tcase_add_test(c, a_lie_is_the_same_to_all_who_are_told_it);
	tcase_add_test(c, withheld_is_told_from_lost);
	tcase_add_test(c, old_packets_come_again);
	tcase_add_test(c, what_is_forged_was_said_by_others);
	tcase_add_test(c, keeping_changes_nothing);
	tcase_add_test(c, each_message_finds_its_instance);
	tcase_add_test(c, clients_have_whims_only_where_a_fault_says_so);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
