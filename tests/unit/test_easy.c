/* SPDX-License-Identifier: MIT */
/*
 * fracas/easy.h: the slot and the log over disks that crash, fail and rot, and
 * what is only arithmetic.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>

#include "tests/unit/fake_host.h"

/* A protocol whose one request does what the test wants done. */
static void (*action)(struct fr_node *me);

static void
on_do(struct fr_node *me, const struct fr_request *rq)
{
	action(me);
	fr_ok(me, rq->id, fr_nil());
}

static const struct fr_protocol doer = {
	FR_HEAD,
	.name = "doer",
	.requests = FR_REQUESTS({ "do", on_do }),
};

static void
ignore(void *arg, uint64_t id, const struct fr_reply *reply)
{
	(void)arg;
	(void)id;
	(void)reply;
}

static struct fake *
world(uint64_t seed)
{
	struct fake_config c = { .protocol = &doer, .nodes = 1,
				 .seed = seed, .replied = ignore };

	return fake_new(&c);
}

static void
now(struct fake *f, void (*what)(struct fr_node *me))
{
	struct fr_request rq = { .size = sizeof rq, .id = 1 };

	action = what;
	ck_assert(fake_ask(f, 0, &rq));
	while (fake_step(f))
		;
}

static void
crash(struct fake *f)
{
	fake_kill(f, 0);
	fake_boot(f, 0);
}

/* ---- the slot ------------------------------------------------------------ */

#define SLOT 1500			/* more than one part of 512 */

static int saved, tried, failed, loaded;

static void
save_next(struct fr_node *me)
{
	unsigned char data[SLOT];

	memset(data, ++tried, sizeof data);
	if (fr_save(me, "slot", data, sizeof data - (size_t)(tried % 7)) == 0)
		saved = tried;
	else
		failed++;
}

static void
load_it(struct fr_node *me)
{
	unsigned char data[SLOT] = { 0 };
	int64_t got = fr_load(me, "slot", data, sizeof data);
	int i, size;

	loaded = 0;
	if (saved == 0 && got == FR_ENOENT)
		return;
	/* What was saved last, or what was being saved since. */
	ck_assert_int_ge(data[0], saved);
	ck_assert_int_le(data[0], tried);
	size = SLOT - data[0] % 7;
	ck_assert_int_eq(got, size);
	for (i = 0; i < size; i++)
		if (data[i] != data[0])
			ck_abort_msg("a mixture of %d and %d", data[0],
				     data[i]);
	loaded = data[0];
}

START_TEST(a_slot_is_never_a_mixture)
{
	struct fake *f = world((uint64_t)_i);
	int round;

	saved = tried = failed = loaded = 0;
	for (round = 0; round < 60; round++) {
		fake_disk_errors(f, 0.1);
		now(f, save_next);
		fake_disk_errors(f, 0);
		now(f, load_it);
		if (fake_random(f, 2) == 0) {
			crash(f);
			now(f, load_it);
			saved = loaded;		/* it was on the disk */
		}
	}
	ck_assert_int_gt(saved, 0);
	ck_assert_int_gt(failed, 0);
	fake_free(f);
}
END_TEST

static void
load_empty(struct fr_node *me)
{
	char data[4];

	ck_assert_int_eq(fr_load(me, "none", data, sizeof data), FR_ENOENT);
	ck_assert_int_eq(fr_save(me, "none", NULL, 0), 0);
	ck_assert_int_eq(fr_load(me, "none", data, sizeof data), 0);
	ck_assert_int_eq(fr_save(me, "none", "abcdef", 6), 0);
	/* Less room than there is: the size tells. */
	ck_assert_int_eq(fr_load(me, "none", data, sizeof data), 6);
	ck_assert(memcmp(data, "abcd", 4) == 0);
}

START_TEST(a_slot_may_be_empty_or_longer_than_asked)
{
	struct fake *f = world(1);

	now(f, load_empty);
	fake_free(f);
}
END_TEST

/* ---- the log ------------------------------------------------------------- */

static uint64_t appended, synced, found;
static int opened;

/* Record i is i % 700 + 1 bytes of i. */
static uint32_t
record(uint64_t i, unsigned char *data)
{
	uint32_t size = (uint32_t)(i % 700 + 1);

	memset(data, (int)(i % 251), size);
	return size;
}

static void
read_back(struct fr_node *me)
{
	unsigned char want[700], data[700];
	struct fr_wal wal;
	uint64_t at = 0;
	int64_t got;

	found = 0;
	opened = fr_wal_open(me, &wal, "log");
	if (opened < 0)
		return;
	while ((got = fr_wal_next(me, &wal, &at, data, sizeof data)) > 0) {
		ck_assert_int_eq(got, record(found, want));
		ck_assert(memcmp(data, want, (size_t)got) == 0);
		found++;
	}
	ck_assert_int_eq(got, 0);
}

static void
append_some(struct fr_node *me)
{
	unsigned char data[700];
	struct fr_wal wal;
	int i;

	if (fr_wal_open(me, &wal, "log") < 0)
		return;
	for (i = 0; i < 5; i++) {
		if (fr_wal_append(me, &wal, data, record(appended, data)) < 0)
			continue;
		appended++;
		if (i % 3 == 0 && fr_wal_sync(me, &wal) == 0)
			synced = appended;
	}
}

START_TEST(a_log_keeps_what_was_synced_and_ends_clean)
{
	struct fake *f = world((uint64_t)_i);
	int round;

	appended = synced = 0;
	for (round = 0; round < 40; round++) {
		fake_disk_errors(f, 0.1);
		now(f, append_some);
		fake_disk_errors(f, 0);
		now(f, read_back);
		ck_assert_int_eq(opened, 0);
		ck_assert_uint_eq(found, appended);
		if (fake_random(f, 2) != 0)
			continue;
		crash(f);
		now(f, read_back);
		ck_assert_int_eq(opened, 0);
		ck_assert_uint_ge(found, synced);
		ck_assert_uint_le(found, appended);
		appended = synced = found;
	}
	ck_assert_uint_gt(appended, 0);
	fake_free(f);
}
END_TEST

static void
append_ten(struct fr_node *me)
{
	unsigned char data[700];
	struct fr_wal wal;
	int i;

	ck_assert_int_eq(fr_wal_open(me, &wal, "log"), 0);
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(fr_wal_append(me, &wal, data,
				 record(appended++, data)), 0);
	ck_assert_int_eq(fr_wal_append(me, &wal, data, 0), FR_EINVAL);
	ck_assert_int_eq(fr_wal_sync(me, &wal), 0);
}

START_TEST(rot_in_the_middle_is_not_taken_for_a_torn_end)
{
	struct fake *f = world(1);

	appended = 0;
	now(f, append_ten);
	fake_kill(f, 0);
	ck_assert(fake_rot(f, 0, "log"));
	fake_boot(f, 0);
	now(f, read_back);
	ck_assert_int_eq(opened, FR_EIO);
	fake_free(f);
}
END_TEST

static void
cut_to_three(struct fr_node *me)
{
	unsigned char data[700];
	struct fr_wal wal;
	uint64_t at = 0;
	int i;

	ck_assert_int_eq(fr_wal_open(me, &wal, "log"), 0);
	for (i = 0; i < 3; i++)
		ck_assert_int_gt(fr_wal_next(me, &wal, &at, data,
					     sizeof data), 0);
	ck_assert_int_eq(fr_wal_cut(me, &wal, wal.end + 1), FR_EINVAL);
	ck_assert_int_eq(fr_wal_cut(me, &wal, at), 0);
	appended = 3;
}

START_TEST(a_log_is_cut_and_goes_on)
{
	struct fake *f = world(1);

	appended = 0;
	now(f, append_ten);
	now(f, cut_to_three);
	now(f, read_back);
	ck_assert_uint_eq(found, 3);
	now(f, append_ten);
	now(f, read_back);
	ck_assert_int_eq(opened, 0);
	ck_assert_uint_eq(found, 13);
	fake_free(f);
}
END_TEST

/* A disk that cannot be read now is not an empty disk. */
static int failures;

static int64_t
failing_read(struct fr_node *me, const char *file, uint64_t offset, void *data,
	     size_t size)
{
	(void)me;
	(void)file;
	(void)offset;
	(void)data;
	(void)size;
	failures++;
	return FR_EIO;
}

static void
read_without_luck(struct fr_node *me)
{
	struct fr_host bad = *me->host;
	const struct fr_host *good = me->host;
	struct fr_wal wal;
	char data[4] = "";

	ck_assert_int_eq(fr_save(me, "slot", "abc", 3), 0);
	bad.read = failing_read;
	me->host = &bad;
	ck_assert_int_eq(fr_load(me, "slot", data, 3), FR_EIO);
	ck_assert_int_eq(fr_save(me, "slot", "def", 3), FR_EIO);
	ck_assert_int_eq(fr_wal_open(me, &wal, "log"), FR_EIO);
	me->host = good;
	ck_assert_int_gt(failures, 0);
	ck_assert_int_eq(fr_load(me, "slot", data, 3), 3);
	ck_assert_str_eq(data, "abc");
}

START_TEST(a_read_that_fails_loses_nothing)
{
	struct fake *f = world(1);

	appended = 0;
	now(f, append_ten);
	now(f, read_without_luck);
	now(f, read_back);
	ck_assert_int_eq(opened, 0);
	ck_assert_uint_eq(found, 10);
	fake_free(f);
}
END_TEST

/* ---- bodies, values, chance ---------------------------------------------- */

START_TEST(what_is_put_is_got)
{
	unsigned char body[32];
	struct fr_writer w = fr_writer(body, sizeof body);
	struct fr_reader r;

	fr_put_u32(&w, 0x01020304);
	fr_put_u64(&w, UINT64_MAX - 1);
	fr_put_i64(&w, INT64_MIN);
	fr_put_bytes(&w, "xyz", 3);
	ck_assert(!w.failed);
	ck_assert_uint_eq(w.size, 23);
	ck_assert_int_eq(body[0], 4);		/* little-endian, everywhere */
	r = fr_reader(body, w.size);
	ck_assert_uint_eq(fr_get_u32(&r), 0x01020304);
	ck_assert_uint_eq(fr_get_u64(&r), UINT64_MAX - 1);
	ck_assert_int_eq(fr_get_i64(&r), INT64_MIN);
	ck_assert(!fr_got_all(&r));
	ck_assert(memcmp(fr_get_bytes(&r, 3), "xyz", 3) == 0);
	ck_assert(fr_got_all(&r));
	/* Too much sticks, in both. */
	ck_assert_uint_eq(fr_get_u32(&r), 0);
	ck_assert(r.failed && !fr_got_all(&r));
	fr_put_u64(&w, 1);
	fr_put_u64(&w, 1);
	ck_assert(w.failed);
	ck_assert_uint_eq(w.size, 31);
	fr_put_bytes(&w, "x", 1);
	ck_assert_uint_eq(w.size, 31);
}
END_TEST

START_TEST(values_give_their_number_or_the_fallback)
{
	static const int64_t list[] = { 4, 5 };

	ck_assert(fr_is_nil(fr_nil()));
	ck_assert(!fr_is_nil(fr_int(0)));
	ck_assert_int_eq(fr_number(fr_int(-3), 9), -3);
	ck_assert_int_eq(fr_number(fr_nil(), 9), 9);
	ck_assert_int_eq(fr_item(fr_list(list, 2), 1, 9), 5);
	ck_assert_int_eq(fr_item(fr_list(list, 2), 2, 9), 9);
	ck_assert_int_eq(fr_item(fr_int(4), 0, 9), 9);
	ck_assert_uint_eq(fr_bytes("abc", 3).count, 3);
}
END_TEST

static void
draw(struct fr_node *me)
{
	int count[3] = { 0 }, i;
	int64_t n;

	for (i = 0; i < 3000; i++)
		count[fr_random_below(me, 3)]++;
	for (i = 0; i < 3; i++)
		ck_assert_int_gt(count[i], 800);
	ck_assert_uint_eq(fr_random_below(me, 0), 0);
	ck_assert_uint_eq(fr_random_below(me, 1), 0);
	for (i = 0; i < 100; i++) {
		n = fr_random_between(me, -2, 2);
		ck_assert(n >= -2 && n <= 2);
	}
	ck_assert_int_eq(fr_random_between(me, 7, 7), 7);
	fr_random_between(me, INT64_MIN, INT64_MAX);
	ck_assert_uint_eq(fr_majority(me), 1);
}

START_TEST(chance_is_even)
{
	struct fake *f = world(1);

	now(f, draw);
	fake_free(f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("easy");
	TCase *t = tcase_create("easy");
	SRunner *r;
	int bad;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_slot_is_never_a_mixture, 0, 50);
	tcase_add_test(t, a_slot_may_be_empty_or_longer_than_asked);
	tcase_add_loop_test(t, a_log_keeps_what_was_synced_and_ends_clean, 0,
			    50);
	tcase_add_test(t, rot_in_the_middle_is_not_taken_for_a_torn_end);
	tcase_add_test(t, a_log_is_cut_and_goes_on);
	tcase_add_test(t, a_read_that_fails_loses_nothing);
	tcase_add_test(t, what_is_put_is_got);
	tcase_add_test(t, values_give_their_number_or_the_fallback);
	tcase_add_test(t, chance_is_even);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad == 0 ? 0 : 1;
}
