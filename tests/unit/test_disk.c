/* SPDX-License-Identifier: MIT */
/* A node's durable files: what is seen, what lasts, what is lost. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/rand.h"
#include "core/node/disk.h"
#include "core/node/remove.h"

static char folder[256];
static struct backing *memory;		/* NULL: in the folder */
static struct disk *disk;

/* As after a crash: what was not synced is gone. */
static void
again(void)
{
	struct fr_err err = { 0 };

	disk_free(disk);
	disk = disk_new(memory != NULL ? memory :
			backing_folder(open(folder, O_RDONLY | O_DIRECTORY)),
			&err);
	ck_assert_msg(disk != NULL, "%s", err.text);
}

static void
set_up(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%s/fracas-disk-XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	again();
}

static void
tear_down(void)
{
	disk_free(disk);
	disk = NULL;
	ck_assert_int_eq(remove_tree(folder), 0);
}

static void
set_up_memory(void)
{
	memory = backing_memory();
	again();
}

static void
tear_down_memory(void)
{
	disk_free(disk);
	disk = NULL;
	backing_memory_free(memory);
	memory = NULL;
}

static void
put(const char *file, uint64_t offset, const char *text)
{
	ck_assert_int_eq(disk_write(disk, file, offset, text, strlen(text)),
			 0);
}

static void
expect(const char *file, const char *text)
{
	char data[256];
	int64_t got = disk_read(disk, file, 0, data, sizeof data);

	ck_assert_int_eq(got, (int64_t)strlen(text));
	ck_assert_mem_eq(data, text, strlen(text));
	ck_assert_int_eq(disk_size(disk, file), (int64_t)strlen(text));
}

START_TEST(what_was_not_synced_is_lost_and_nothing_else)
{
	put("log", 0, "first");
	expect("log", "first");
	again();
	ck_assert_int_eq(disk_size(disk, "log"), FR_ENOENT);
	put("log", 0, "first");
	ck_assert_int_eq(disk_sync(disk, "log"), 0);
	put("log", 5, ", second");
	put("log", 0, "F");
	expect("log", "First, second");
	again();
	expect("log", "first");
	put("other", 0, "x");
	ck_assert_int_eq(disk_sync(disk, "log"), 0);
	again();
	expect("log", "first");
	ck_assert_int_eq(disk_size(disk, "other"), FR_ENOENT);
}
END_TEST

START_TEST(a_truncation_lasts_from_the_sync_on)
{
	put("f", 0, "0123456789");
	ck_assert_int_eq(disk_sync(disk, "f"), 0);
	ck_assert_int_eq(disk_truncate(disk, "f", 3), 0);
	expect("f", "012");
	again();
	expect("f", "0123456789");
	ck_assert_int_eq(disk_truncate(disk, "f", 3), 0);
	put("f", 3, "x");
	ck_assert_int_eq(disk_sync(disk, "f"), 0);
	again();
	expect("f", "012x");
	/* What was cut off does not come back as the file grows. */
	ck_assert_int_eq(disk_truncate(disk, "f", 1), 0);
	ck_assert_int_eq(disk_truncate(disk, "f", 4), 0);
	ck_assert_int_eq(disk_sync(disk, "f"), 0);
	again();
	ck_assert_int_eq(disk_size(disk, "f"), 4);
	{
		char data[4];

		ck_assert_int_eq(disk_read(disk, "f", 0, data, 4), 4);
		ck_assert_mem_eq(data, "0\0\0\0", 4);
	}
}
END_TEST

START_TEST(a_removal_lasts_from_the_sync_on)
{
	put("f", 0, "data");
	ck_assert_int_eq(disk_sync(disk, "f"), 0);
	ck_assert_int_eq(disk_remove(disk, "f"), 0);
	ck_assert_int_eq(disk_size(disk, "f"), FR_ENOENT);
	ck_assert_int_eq(disk_remove(disk, "f"), FR_ENOENT);
	ck_assert_int_eq(disk_list(disk, NULL, 0), 0);
	again();
	expect("f", "data");
	ck_assert_int_eq(disk_remove(disk, "f"), 0);
	ck_assert_int_eq(disk_sync(disk, "f"), 0);
	again();
	ck_assert_int_eq(disk_size(disk, "f"), FR_ENOENT);
	ck_assert_int_eq(disk_sync(disk, "f"), FR_ENOENT);
	/* One that is written again begins empty. */
	put("f", 0, "data");
	ck_assert_int_eq(disk_sync(disk, "f"), 0);
	ck_assert_int_eq(disk_remove(disk, "f"), 0);
	put("f", 2, "x");
	ck_assert_int_eq(disk_sync(disk, "f"), 0);
	again();
	ck_assert_int_eq(disk_size(disk, "f"), 3);
	/* One that never was on disk. */
	put("g", 0, "x");
	ck_assert_int_eq(disk_remove(disk, "g"), 0);
	ck_assert_int_eq(disk_sync(disk, "g"), 0);
}
END_TEST

START_TEST(files_are_listed_in_order_of_name)
{
	struct fr_file files[3];

	put("b.2", 0, "12");
	put("a", 0, "1");
	put("c_-", 0, "");
	ck_assert_int_eq(disk_sync(disk, "b.2"), 0);
	again();
	put("a", 0, "1");
	put("c_-", 0, "");
	ck_assert_uint_eq(disk_list(disk, NULL, 0), 3);
	ck_assert_uint_eq(disk_list(disk, files, 2), 3);
	ck_assert_str_eq(files[0].name, "a");
	ck_assert_str_eq(files[1].name, "b.2");
	ck_assert_uint_eq(files[1].size, 2);
	ck_assert_uint_eq(disk_list(disk, files, 3), 3);
	ck_assert_str_eq(files[2].name, "c_-");
	ck_assert_uint_eq(files[2].size, 0);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	static const char *const bad[] = {
		"", ".", "..", ".x", "a/b", "/etc/passwd", "a b", "\xc3\xbc",
		("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
		 "ffffffffff1234")
	};
	char data[1];
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_int_eq(disk_write(disk, bad[i], 0, "x", 1),
				 FR_EINVAL);
		ck_assert_int_eq(disk_read(disk, bad[i], 0, data, 1),
				 FR_EINVAL);
		ck_assert_int_eq(disk_sync(disk, bad[i]), FR_EINVAL);
		ck_assert_int_eq(disk_truncate(disk, bad[i], 0), FR_EINVAL);
		ck_assert_int_eq(disk_remove(disk, bad[i]), FR_EINVAL);
		ck_assert_int_eq(disk_size(disk, bad[i]), FR_EINVAL);
		ck_assert_ptr_nonnull(disk_name_wrong(bad[i]));
	}
	ck_assert_ptr_nonnull(disk_name_wrong(NULL));
	ck_assert_int_eq(disk_write(disk, "f", 0, NULL, 1), FR_EINVAL);
	ck_assert_int_eq(disk_write(disk, "f", FR_FILE_MAX, "x", 1),
			 FR_ELIMIT);
	ck_assert_int_eq(disk_write(disk, "f", UINT64_MAX, "x", 1),
			 FR_ELIMIT);
	ck_assert_int_eq(disk_truncate(disk, "f", FR_FILE_MAX + 1ull),
			 FR_ELIMIT);
	ck_assert_int_eq(disk_size(disk, "f"), FR_ENOENT);
	ck_assert_int_eq(disk_write(disk, "f", FR_FILE_MAX - 1, "x", 1), 0);
	ck_assert_int_eq(disk_read(disk, "f", 5, data, 1), 1);
	ck_assert_int_eq(data[0], 0);
	ck_assert_int_eq(disk_read(disk, "f", FR_FILE_MAX, data, 1), 0);
}
END_TEST

START_TEST(unsynced_memory_and_files_have_an_end)
{
	static char block[1 << 20];
	char name[16];
	uint64_t at = 0;
	uint32_t i;
	int got;

	while ((got = disk_write(disk, "f", at, block, sizeof block)) == 0)
		at += sizeof block;
	ck_assert_int_eq(got, FR_ENOSPC);
	ck_assert_uint_ge(at, DISK_DIRTY_MAX - 2 * sizeof block);
	ck_assert_int_eq(disk_remove(disk, "f"), 0);
	ck_assert_int_eq(disk_write(disk, "f", 0, block, sizeof block), 0);
	for (i = 0; i < DISK_FILES_MAX - 1; i++) {
		snprintf(name, sizeof name, "n%u", i);
		ck_assert_int_eq(disk_write(disk, name, 0, "", 0), 0);
	}
	ck_assert_int_eq(disk_write(disk, "more", 0, "", 0), FR_ENOSPC);
}
END_TEST

/* More files than are kept open, each with a synced and a new part. */
START_TEST(many_files_are_reached_in_turn)
{
	char name[16], data[8];
	int i, round;

	for (round = 0; round < 3; round++)
		for (i = 0; i < 50; i++) {
			snprintf(name, sizeof name, "f%d", i);
			ck_assert_int_eq(disk_write(disk, name,
						    (uint64_t)round, "x", 1),
					 0);
			ck_assert_int_eq(disk_sync(disk, name), 0);
		}
	again();
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof name, "f%d", i);
		ck_assert_int_eq(disk_read(disk, name, 0, data, 8), 3);
		ck_assert_mem_eq(data, "xxx", 3);
	}
}
END_TEST

/* ---- against the simplest there could be --------------------------------- */

#define SIZE 40000

struct plain {
	bool there;
	size_t size;
	unsigned char data[SIZE];
};

static void
compare(const char *name, const struct plain *p, struct rng *r)
{
	static unsigned char data[SIZE];
	size_t from = (size_t)rng_below(r, SIZE), want;
	int64_t got = disk_read(disk, name, from, data,
				(size_t)rng_below(r, SIZE));

	if (!p->there) {
		ck_assert_int_eq(disk_size(disk, name), FR_ENOENT);
		return;
	}
	ck_assert_int_eq(disk_size(disk, name), (int64_t)p->size);
	ck_assert_int_ge(got, 0);
	ck_assert_mem_eq(data, p->data + from, (size_t)got);
	got = disk_read(disk, name, 0, data, SIZE);
	want = p->size;
	ck_assert_int_eq(got, (int64_t)want);
	ck_assert_mem_eq(data, p->data, want);
}

START_TEST(a_disk_does_what_an_array_would)
{
	struct rng r = rng_make((uint64_t)_i, STREAM_DISK, 0, 0, "disk");
	static struct plain now[2], synced[2];
	static unsigned char bytes[9000];
	static const char *const names[2] = { "one", "two" };
	size_t i, k, size, at;
	int got;

	memset(now, 0, sizeof now);
	memset(synced, 0, sizeof synced);
	for (i = 0; i < 4000; i++) {
		size_t which = (size_t)rng_below(&r, 2);
		struct plain *p = &now[which];
		const char *name = names[which];

		switch (rng_below(&r, 10)) {
		case 0:
			got = disk_sync(disk, name);
			ck_assert(got == 0 ||
				  (got == FR_ENOENT && !p->there));
			synced[which] = *p;
			break;
		case 1:
			size = (size_t)rng_below(&r, SIZE);
			ck_assert_int_eq(disk_truncate(disk, name, size), 0);
			p->there = true;
			if (size < p->size)
				memset(p->data + size, 0, SIZE - size);
			p->size = size;
			break;
		case 2:
			if (rng_below(&r, 4) > 0)
				break;
			ck_assert_int_eq(disk_remove(disk, name),
					 p->there ? 0 : FR_ENOENT);
			memset(p, 0, sizeof *p);
			break;
		case 3:
			if (rng_below(&r, 3) > 0)
				break;
			again();
			memcpy(now, synced, sizeof now);
			break;
		default:
			size = (size_t)rng_below(&r, rng_below(&r, 2) == 0 ?
						 100 : sizeof bytes);
			at = rng_below(&r, 2) == 0 ? p->size :
			     (size_t)rng_below(&r, SIZE - size);
			if (at + size > SIZE)
				break;
			for (k = 0; k < size; k++)
				bytes[k] = (unsigned char)rng_next(&r);
			ck_assert_int_eq(disk_write(disk, name, at, bytes,
						    size), 0);
			memcpy(p->data + at, bytes, size);
			p->there = true;
			if (size > 0 && at + size > p->size)
				p->size = at + size;
		}
		compare(name, p, &r);
	}
}
END_TEST

/* ---- the real disk's trouble --------------------------------------------- */

START_TEST(a_file_that_cannot_grow_is_told_and_kept)
{
	static char block[65536];
	struct rlimit small = { 30000, RLIM_INFINITY };
	struct rlimit large = { RLIM_INFINITY, RLIM_INFINITY };

	memset(block, 'x', sizeof block);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(disk_write(disk, "f", 0, block, 20000), 0);
	ck_assert_int_eq(disk_sync(disk, "f"), 0);
	ck_assert_int_eq(disk_write(disk, "f", 0, block, sizeof block), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	ck_assert_int_eq(disk_sync(disk, "f"), FR_ELIMIT);
	ck_assert_int_eq(disk_size(disk, "f"), sizeof block);
	/* When there is room again, nothing was forgotten. */
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &large), 0);
	ck_assert_int_eq(disk_sync(disk, "f"), 0);
	again();
	ck_assert_int_eq(disk_size(disk, "f"), sizeof block);
}
END_TEST

START_TEST(a_name_that_is_no_file_is_told)
{
	char path[300];

	snprintf(path, sizeof path, "%s/d", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/link", folder);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	again();
	ck_assert_uint_eq(disk_list(disk, NULL, 0), 0);
	ck_assert_int_eq(disk_write(disk, "d", 0, "x", 1), 0);
	ck_assert_int_eq(disk_sync(disk, "d"), FR_EIO);
	ck_assert_int_eq(disk_write(disk, "link", 0, "x", 1), 0);
	ck_assert_int_eq(disk_sync(disk, "link"), FR_EIO);
}
END_TEST

/* Bytes that this process has read and written so far. */
static uint64_t
moved(void)
{
	unsigned long long in = 0, out = 0;
	FILE *f = fopen("/proc/self/io", "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "rchar: %llu wchar: %llu", &in, &out), 2);
	fclose(f);
	return in + out;
}

START_TEST(an_append_costs_the_same_at_any_length)
{
	unsigned char record[100];
	uint64_t at = 0, i, k, before = moved();
	int bad = 0;

	/* No assertion within: it would write to Check's own pipe. */
	for (i = 0; i < 3000; i++) {
		memset(record, (int)(i & 0xff), sizeof record);
		bad |= disk_write(disk, "wal", at, record, sizeof record);
		bad |= disk_sync(disk, "wal");
		at += sizeof record;
	}
	/* Each record is written once, and nothing is read back. */
	before = moved() - before;
	ck_assert_int_eq(bad, 0);
	ck_assert_uint_ge(before, at);
	ck_assert_uint_lt(before, at + 8192);
	again();
	ck_assert_int_eq(disk_size(disk, "wal"), (int64_t)at);
	for (i = 0; i < 3000; i++) {
		ck_assert_int_eq(disk_read(disk, "wal", i * 100, record, 100),
				 100);
		for (k = 0; k < 100; k++)
			ck_assert_uint_eq(record[k], i & 0xff);
	}
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("disk");
	TCase *t = tcase_create("disk");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, what_was_not_synced_is_lost_and_nothing_else);
	tcase_add_test(t, a_truncation_lasts_from_the_sync_on);
	tcase_add_test(t, a_removal_lasts_from_the_sync_on);
	tcase_add_test(t, files_are_listed_in_order_of_name);
	tcase_add_test(t, what_makes_no_sense_is_refused);
	tcase_add_test(t, unsynced_memory_and_files_have_an_end);
	tcase_add_test(t, many_files_are_reached_in_turn);
	tcase_add_loop_test(t, a_disk_does_what_an_array_would, 0, 4);
	tcase_add_test(t, a_file_that_cannot_grow_is_told_and_kept);
	tcase_add_test(t, a_name_that_is_no_file_is_told);
	tcase_add_test(t, an_append_costs_the_same_at_any_length);
	suite_add_tcase(s, t);

	/* The same, without files below: what a simulated node has. */
	t = tcase_create("memory");
	tcase_add_checked_fixture(t, set_up_memory, tear_down_memory);
	tcase_add_test(t, what_was_not_synced_is_lost_and_nothing_else);
	tcase_add_test(t, a_truncation_lasts_from_the_sync_on);
	tcase_add_test(t, a_removal_lasts_from_the_sync_on);
	tcase_add_test(t, files_are_listed_in_order_of_name);
	tcase_add_test(t, unsynced_memory_and_files_have_an_end);
	tcase_add_loop_test(t, a_disk_does_what_an_array_would, 0, 4);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
