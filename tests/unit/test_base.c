/* SPDX-License-Identifier: MIT */
/* core/base: what everything else stands on. */
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/rand.h"
#include "core/base/units.h"

START_TEST(errors_are_wrapped_inside_out)
{
	struct fr_err err = { 0 };

	errno = ENOENT;
	ck_assert_int_eq(err_sys(&err, "open"), -1);
	ck_assert_int_eq(err_wrap(&err, "load plugin %s", "x"), -1);
	ck_assert_str_eq(err.text,
			 "load plugin x: open: No such file or directory");
	ck_assert_int_eq(err.status, EXIT_TESTBED);
	err_usage(&err, "no");
	err_wrap(&err, "outer");
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_int_eq(err_set(NULL, "nobody listens"), -1);
}
END_TEST

START_TEST(an_error_longer_than_its_room_is_cut)
{
	struct fr_err err = { 0 };
	char text[3000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	err_set(&err, "%s", text);
	ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
	err_wrap(&err, "%s", text);
	ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
}
END_TEST

START_TEST(an_arena_keeps_what_it_gave)
{
	struct arena a = { 0 };
	char *texts[1000], *large;
	int i;

	for (i = 0; i < 1000; i++) {
		texts[i] = arena_format(&a, "text %d", i);
		if (i % 100 == 0) {
			large = arena_new(&a, 100000);
			memset(large, 1, 100000);
		}
	}
	for (i = 0; i < 1000; i++) {
		char want[32];

		snprintf(want, sizeof want, "text %d", i);
		ck_assert_str_eq(texts[i], want);
		ck_assert_uint_eq((uintptr_t)texts[i] % 16, 0);
	}
	arena_free(&a);
	ck_assert_ptr_null(a.blocks);
}
END_TEST

START_TEST(a_buffer_stops_at_its_maximum)
{
	struct buf b;
	int i;

	buf_init(&b, 10);
	buf_text(&b, "12345");
	buf_printf(&b, "%d", 678);
	ck_assert_str_eq(b.data, "12345678");
	ck_assert(!b.full);
	buf_text(&b, "9ab");
	ck_assert(b.full);
	buf_char(&b, 'x');
	ck_assert_uint_eq(b.size, 8);
	buf_drop(&b, 3);
	ck_assert_str_eq(b.data, "45678");
	buf_free(&b);

	buf_init(&b, 1 << 20);
	for (i = 0; i < 1000; i++)
		buf_printf(&b, "%0*d", i, 1);
	ck_assert_uint_eq(b.size, 999 * 1000 / 2 + 1);
	ck_assert_uint_eq(strlen(b.data), b.size);
	buf_free(&b);
}
END_TEST

START_TEST(random_numbers_are_told_by_their_place)
{
	struct rng a = rng_make(1, STREAM_NETWORK, 2, 0, "delay");
	struct rng b = rng_make(1, STREAM_NETWORK, 2, 0, "delay");
	struct rng other;
	uint64_t first = rng_next(&a);
	int i;

	/* A pinned value: a change of the generator changes every seed. */
	ck_assert_uint_eq(first, rng_next(&b));
	ck_assert_uint_eq(hash_text(0, "fracas"), 3811731924230102427ull);
	for (i = 0; i < 4; i++) {
		other = rng_make(1 + (i == 0), STREAM_NETWORK + (i == 1),
				 2 + (i == 2), i == 3, "delay");
		ck_assert_uint_ne(first, rng_next(&other));
	}
	other = rng_make(1, STREAM_NETWORK, 2, 0, "loss");
	ck_assert_uint_ne(first, rng_next(&other));
}
END_TEST

START_TEST(random_numbers_are_even)
{
	struct rng r = rng_make(7, STREAM_WORKLOAD, 0, 0, "");
	unsigned counts[6] = { 0 };
	double sum = 0;
	int i;

	for (i = 0; i < 60000; i++)
		counts[rng_below(&r, 6)]++;
	for (i = 0; i < 6; i++)
		ck_assert(counts[i] > 9500 && counts[i] < 10500);
	for (i = 0; i < 10000; i++) {
		double x = rng_real(&r);

		ck_assert(x >= 0 && x < 1);
		sum += x;
	}
	ck_assert(sum > 4900 && sum < 5100);
	for (i = 0; i < 1000; i++) {
		int64_t n = rng_between(&r, -3, 3);

		ck_assert(n >= -3 && n <= 3);
	}
	ck_assert_uint_eq(rng_below(&r, 0), 0);
	ck_assert_uint_eq(rng_below(&r, 1), 0);
	rng_between(&r, INT64_MIN, INT64_MAX);
}
END_TEST

START_TEST(times_are_read_as_people_write_them)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{ "0", 0 },	       { "250us", 250000 },
		{ "5ms", 5000000 },    { "1.5s", 1500000000 },
		{ "2m", 120000000000 }, { "1h", 3600000000000 },
		{ "17ns", 17 },
	};
	static const char *const bad[] = { "", "5", "5 ms", "ms", "5mss",
					   "1e", "nan", "infs", "0x10s", " 5s" };
	struct fr_err err;
	int64_t ns;
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++) {
		ck_assert_msg(read_time(good[i].text, 0, INT64_MAX, &ns,
					&err) == 0, "%s", good[i].text);
		ck_assert_int_eq(ns, good[i].ns);
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		ns = 42;
		ck_assert_msg(read_time(bad[i], 0, INT64_MAX, &ns, &err) < 0,
			      "'%s' was read as %ld", bad[i], (long)ns);
		ck_assert_int_eq(err.status, EXIT_USAGE);
		ck_assert_int_eq(ns, 42);
	}
	ck_assert_int_lt(read_time("-1s", 0, 1000000000, &ns, &err), 0);
	ck_assert_str_eq(err.text, "-1s is not within 0s .. 1s");
}
END_TEST

START_TEST(a_printed_time_reads_back)
{
	struct rng r = rng_make(1, STREAM_WORKLOAD, 0, 0, "");
	char text[32];
	int64_t ns, back;
	int i;

	for (i = 0; i < 2000; i++) {
		ns = rng_between(&r, 0, 1ll << rng_below(&r, 50));
		time_exact(ns, text, sizeof text);
		ck_assert_int_eq(read_time(text, 0, INT64_MAX, &back, NULL), 0);
		ck_assert_int_eq(ns, back);
	}
	time_text(1500000, text, sizeof text);
	ck_assert_str_eq(text, "1.50ms");
	time_text(999999999, text, sizeof text);
	ck_assert_str_eq(text, "1000ms");
	time_text(150000000000, text, sizeof text);
	ck_assert_str_eq(text, "2m30s");
}
END_TEST

START_TEST(sizes_ranges_and_numbers)
{
	struct fr_err err;
	uint64_t size, low, high;
	int64_t n;
	bool b;

	ck_assert_int_eq(read_size("64K", 0, UINT64_MAX, &size, &err), 0);
	ck_assert_uint_eq(size, 65536);
	ck_assert_int_eq(read_size("1.5M", 0, UINT64_MAX, &size, &err), 0);
	ck_assert_uint_eq(size, 1572864);
	ck_assert_int_lt(read_size("-1", 0, 10, &size, &err), 0);
	ck_assert_int_lt(read_size("64Q", 0, 10, &size, &err), 0);
	ck_assert_int_eq(read_range("3..7", &low, &high, &err), 0);
	ck_assert(low == 3 && high == 7);
	ck_assert_int_eq(read_range("9", &low, &high, &err), 0);
	ck_assert(low == 9 && high == 9);
	ck_assert_int_lt(read_range("7..3", &low, &high, &err), 0);
	ck_assert_int_lt(read_range("..3", &low, &high, &err), 0);
	ck_assert_int_lt(read_int("12x", 0, 100, &n, &err), 0);
	ck_assert_int_lt(read_int("99999999999999999999", INT64_MIN, INT64_MAX,
				  &n, &err), 0);
	ck_assert_int_eq(read_bool("yes", &b, &err), 0);
	ck_assert(b);
	ck_assert_int_lt(read_bool("maybe", &b, &err), 0);
}
END_TEST

START_TEST(distributions)
{
	static const char *const texts[] = { "const:1ms", "uniform:1ms,5ms",
					     "exp:2ms", "pareto:1ms,1.5" };
	static const char *const bad[] = { "exp", "exp:", "exp:1ms,2",
					   "uniform:5ms,1ms", "uniform:1ms",
					   "pareto:1ms", "normal:1ms", "" };
	struct rng r = rng_make(3, STREAM_NETWORK, 0, 0, "");
	struct fr_err err;
	struct dist d;
	char text[64];
	double sum = 0;
	size_t i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		ck_assert_msg(read_dist(texts[i], &d, &err) == 0, "%s",
			      texts[i]);
		dist_text(&d, text, sizeof text);
		ck_assert_str_eq(text, texts[i]);
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(read_dist(bad[i], &d, &err) < 0, "%s", bad[i]);
	ck_assert_int_lt(read_dist("expo:1ms", &d, &err), 0);
	ck_assert_str_eq(err.text, "there is no distribution 'expo'; did you "
			 "mean 'exp'?");
	read_dist("exp:2ms", &d, NULL);
	for (i = 0; i < 10000; i++)
		sum += (double)dist_draw(&d, &r);
	ck_assert(sum / 10000 > 1.9e6 && sum / 10000 < 2.1e6);
	read_dist("pareto:1ms,0.1", &d, NULL);
	for (i = 0; i < 10000; i++)
		ck_assert_int_ge(dist_draw(&d, &r), 1000000);
}
END_TEST

/* One seed, one delay, to the last digit and on every machine. */
START_TEST(what_is_drawn_is_the_same_everywhere)
{
	static const struct {
		const char *text;
		uint64_t hash;
	} drawn[] = {
		{ "uniform:1ms,5ms", 0xfbec8a752627142cull },
		{ "exp:2ms", 0x7210a42e29047193ull },
		{ "pareto:1ms,1.5", 0x7a82427de45d42c6ull },
		{ "pareto:3us,0.1", 0x530fc4ab5d3f281cull },
	};
	struct dist d;
	struct rng r;
	uint64_t hash;
	double u, want;
	size_t i, k;

	for (i = 0; i < sizeof drawn / sizeof *drawn; i++) {
		ck_assert_int_eq(read_dist(drawn[i].text, &d, NULL), 0);
		r = rng_make(11, STREAM_NETWORK, 0, 0, drawn[i].text);
		for (hash = k = 0; k < 20000; k++)
			hash = hash_mix(hash, (uint64_t)dist_draw(&d, &r));
		ck_assert_msg(hash == drawn[i].hash, "%s: %#" PRIx64,
			      drawn[i].text, hash);
	}
	/* And it is what it should be. */
	read_dist("pareto:1s,1.5", &d, NULL);
	for (k = 0; k < 1000; k++) {
		r = rng_make(k, STREAM_NETWORK, 0, 0, "");
		u = 1 - rng_real(&r);
		want = 1e9 * pow(u, -1 / 1.5);
		r = rng_make(k, STREAM_NETWORK, 0, 0, "");
		ck_assert(fabs((double)dist_draw(&d, &r) - want) <=
			  1 + want * 1e-13);
	}
}
END_TEST

START_TEST(the_nearest_word)
{
	static const char *const words[] = { "register", "echo", "broadcast",
					     "unique-ids" };

	ck_assert_str_eq(nearest_word("regsiter", words, 4, sizeof *words),
			 "register");
	ck_assert_str_eq(nearest_word("unique", words, 4, sizeof *words),
			 "unique-ids");
	ck_assert_str_eq(nearest_word("ehco", words, 4, sizeof *words), "echo");
	ck_assert_ptr_null(nearest_word("zzzzzzz", words, 4, sizeof *words));
}
END_TEST

START_TEST(json_is_always_valid)
{
	static const int64_t list[] = { 1, -2 };
	struct fr_value v = { FR_LIST, 2, { .list = list } };
	struct buf b;
	struct json j;

	buf_init(&b, 4096);
	j = json_begin(&b);
	json_text(&j, "text", "a\"b\\c\n\x01 \xc3\xa9 \xff \xed\xa0\x80");
	json_object(&j, "o");
	json_array(&j, "a");
	json_int(&j, NULL, INT64_MIN);
	json_real(&j, NULL, 0.5);
	json_real(&j, NULL, INFINITY);
	json_end(&j);
	json_end(&j);
	json_value(&j, "list", &v);
	json_bool(&j, "yes", true);
	json_text(&j, "none", NULL);
	json_array(&j, "open");
	json_done(&j);
	ck_assert_str_eq(b.data,
		"{\"v\":1,\"text\":\"a\\\"b\\\\c\\n\\u0001 \xc3\xa9 \\u00ff "
		"\\u00ed\\u00a0\\u0080\",\"o\":{\"a\":[-9223372036854775808,"
		"0.5,null]},\"list\":[1,-2],\"yes\":true,\"none\":null,"
		"\"open\":[]}\n");
	buf_clear(&b);
	value_text(&b, &v);
	ck_assert_str_eq(b.data, "[1 -2]");
	buf_free(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("base");
	TCase *t = tcase_create("base");
	SRunner *r;
	int failed;

	tcase_add_test(t, errors_are_wrapped_inside_out);
	tcase_add_test(t, an_error_longer_than_its_room_is_cut);
	tcase_add_test(t, an_arena_keeps_what_it_gave);
	tcase_add_test(t, a_buffer_stops_at_its_maximum);
	tcase_add_test(t, random_numbers_are_told_by_their_place);
	tcase_add_test(t, random_numbers_are_even);
	tcase_add_test(t, times_are_read_as_people_write_them);
	tcase_add_test(t, a_printed_time_reads_back);
	tcase_add_test(t, sizes_ranges_and_numbers);
	tcase_add_test(t, distributions);
	tcase_add_test(t, what_is_drawn_is_the_same_everywhere);
	tcase_add_test(t, the_nearest_word);
	tcase_add_test(t, json_is_always_valid);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
