/* SPDX-License-Identifier: MIT */
/*
 * The log of easy.h on a disk that loses what was not synced in every way that
 * it can, and on one that spoils what was: each promise by its number there.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>

#include "core/base/rand.h"
#include "core/node/disk.h"
#include "core/node/harm.h"

static struct backing *below;
static struct disk *disk;
static struct rng rng;
static uint32_t boots;
static uint64_t effects[NODE_EFFECTS];

/* ---- a host that has nothing but a disk --------------------------------------- */

static int
host_write(struct fr_node *me, const char *file, uint64_t offset,
	   const void *data, size_t size)
{
	(void)me;
	return disk_write(disk, file, offset, data, size);
}

static int64_t
host_read(struct fr_node *me, const char *file, uint64_t offset, void *data,
	  size_t size)
{
	(void)me;
	return disk_read(disk, file, offset, data, size);
}

static int
host_sync(struct fr_node *me, const char *file)
{
	(void)me;
	return disk_sync(disk, file);
}

static int
host_truncate(struct fr_node *me, const char *file, uint64_t size)
{
	(void)me;
	return disk_truncate(disk, file, size);
}

static int64_t
host_file_size(struct fr_node *me, const char *file)
{
	(void)me;
	return disk_size(disk, file);
}

static const struct fr_host host = {
	.size = sizeof host, .write = host_write, .read = host_read,
	.sync = host_sync, .truncate = host_truncate,
	.file_size = host_file_size,
};
static struct fr_node node = { .size = sizeof node, .host = &host };
static struct fr_node *me = &node;

static void
boot(const struct node_disk *faults)
{
	struct fr_err err = { 0 };

	disk_free(disk);
	disk = disk_new(below, &err);
	ck_assert_msg(disk != NULL, "%s", err.text);
	disk_set_faults(disk, faults, 1, 0, ++boots);
}

static void
set_up(void)
{
	static const struct node_disk sound;

	below = backing_memory();
	rng = rng_make((uint64_t)boots + 1, STREAM_PLUGIN, 0, 0, "test");
	boot(&sound);
}

static void
tear_down(void)
{
	disk_free(disk);
	disk = NULL;
	backing_memory_free(below);
}

/* ---- records --------------------------------------------------------------------- */

#define BYTES_MAX 1500u
#define RECORDS_MAX 4096u

/* What the log should hold, from the first on. */
static uint64_t stored[RECORDS_MAX], next_number = 1;
static uint32_t count, safe;

/* Record n is so many bytes that follow from n; none is 0. */
static uint32_t
record(uint64_t n, unsigned char *data)
{
	struct rng r = rng_make(n, STREAM_PLUGIN, 0, 0, "record");
	uint32_t size = 1 + (uint32_t)rng_below(&r, BYTES_MAX), i;

	for (i = 0; i < size; i++)
		data[i] = (unsigned char)(1 + rng_below(&r, 255));
	return size;
}

/* Reads it all: how many records there are, each as it should be. */
static uint32_t
read_log(const struct fr_wal *wal)
{
	unsigned char want[BYTES_MAX], data[BYTES_MAX];
	uint64_t at = 0;
	uint32_t found = 0;
	int64_t got;

	while ((got = fr_wal_next(me, wal, &at, data, sizeof data)) > 0) {
		ck_assert_uint_lt(found, count);
		ck_assert_int_eq(got, record(stored[found], want));
		ck_assert_int_eq(memcmp(data, want, (size_t)got), 0);
		found++;
	}
	ck_assert_int_eq(got, 0);
	return found;
}

/* After a crash, promise 1. */
static void
open_log(struct fr_wal *wal)
{
	uint32_t found;

	ck_assert_int_eq(fr_wal_open(me, wal, "log"), 0);
	found = read_log(wal);
	ck_assert_uint_ge(found, safe);
	count = safe = found;
}

static void
append(struct fr_wal *wal)
{
	unsigned char data[BYTES_MAX];
	uint32_t size = record(next_number, data);

	ck_assert_int_eq(fr_wal_append(me, wal, data, size), 0);
	ck_assert_uint_lt(count, RECORDS_MAX);
	stored[count++] = next_number++;
}

static uint64_t
offset_of(const struct fr_wal *wal, uint32_t index)
{
	uint64_t at = 0;

	while (index-- > 0)
		ck_assert_int_gt(fr_wal_next(me, wal, &at, NULL, 0), 0);
	return at;
}

static const uint32_t ways[] = { LOSE_ALL, LOSE_SUFFIX, LOSE_REORDER,
				 LOSE_TORN };

START_TEST(it_keeps_what_was_synced_whatever_else_is_lost)
{
	struct node_disk faults = { .lose = ways[_i] };
	struct fr_wal wal;
	int round, step;

	count = safe = 0;
	for (round = 0; round < 300; round++) {
		faults.draw = (uint64_t)round;
		boot(&faults);
		open_log(&wal);
		for (step = (int)rng_below(&rng, 12); step > 0; step--) {
			append(&wal);
			if (rng_below(&rng, 4) == 0) {
				ck_assert_int_eq(fr_wal_sync(me, &wal), 0);
				safe = count;
			}
			/* Promise 4. */
			if (rng_below(&rng, 8) == 0) {
				count = (uint32_t)rng_below(&rng, count + 1);
				ck_assert_int_eq(fr_wal_cut(me, &wal,
					offset_of(&wal, count)), 0);
				if (safe > count)
					safe = count;
			}
		}
		/* And within the same boot it can be opened again. */
		if (rng_below(&rng, 10) == 0)
			open_log(&wal);
	}
	ck_assert_uint_gt(next_number, 1000);
}
END_TEST

START_TEST(rot_is_told_and_nothing_is_cut_off)
{
	static const struct node_disk sound;
	struct node_harm h = { .count = 1 };
	int64_t size;
	struct fr_wal wal;
	int i, told = 0;

	for (i = 0; i < 200; i++) {
		count = safe = 0;
		tear_down();
		set_up();
		ck_assert_int_eq(fr_wal_open(me, &wal, "log"), 0);
		while (count < 10) {
			append(&wal);
			/* All in one sync, or one each. */
			if (i % 2 == 0 || count == 10)
				ck_assert_int_eq(fr_wal_sync(me, &wal), 0);
		}
		size = disk_size(disk, "log");
		h.what = i % 4 < 2 ? HARM_ROT : HARM_SECTORS;
		h.draw = (uint64_t)i;
		ck_assert_int_eq(harm_do(below, &h, 1, 0, NULL, effects, NULL),
				 0);
		boot(&sound);
		told += fr_wal_open(me, &wal, "log") == FR_EIO;
		ck_assert_int_eq(disk_size(disk, "log"), size);
	}
	/* No byte of it is 0, so that nothing is taken for a loss. */
	ck_assert_int_eq(told, 200);
}
END_TEST

START_TEST(a_hole_is_told_where_a_later_record_knows_better)
{
	static const struct node_disk sound;
	static const unsigned char zeros[2048];
	struct fr_wal wal;
	uint64_t at;

	count = safe = 0;
	ck_assert_int_eq(fr_wal_open(me, &wal, "log"), 0);
	append(&wal);
	ck_assert_int_eq(fr_wal_sync(me, &wal), 0);
	at = wal.end;
	append(&wal);
	if (_i == 1)	/* what follows was not asked to wait for it */
		append(&wal);
	ck_assert_int_eq(fr_wal_sync(me, &wal), 0);
	if (_i == 2)
		append(&wal);
	ck_assert_int_eq(fr_wal_sync(me, &wal), 0);
	ck_assert_int_eq(disk_write(disk, "log", at, zeros,
		(size_t)(offset_of(&wal, 2) - at)), 0);
	ck_assert_int_eq(disk_sync(disk, "log"), 0);
	boot(&sound);
	ck_assert_int_eq(fr_wal_open(me, &wal, "log"), _i == 2 ? FR_EIO : 0);
	if (_i < 2)
		ck_assert_uint_eq(wal.end, at);
}
END_TEST

START_TEST(after_a_sync_that_failed_the_next_one_stores_everything)
{
	static const struct node_disk fails = { .sync_fails = 1 }, sound;
	struct fr_wal wal;

	count = safe = 0;
	ck_assert_int_eq(fr_wal_open(me, &wal, "log"), 0);
	append(&wal);
	ck_assert_int_eq(fr_wal_sync(me, &wal), 0);
	safe = 1;
	disk_set_faults(disk, &fails, 1, 0, boots);
	append(&wal);
	ck_assert_int_eq(fr_wal_sync(me, &wal), FR_EIO);
	if (_i == 0) {	/* the disk itself says that all is well */
		ck_assert_int_eq(disk_sync(disk, "log"), 0);
		boot(&sound);
		open_log(&wal);
		ck_assert_uint_eq(count, 1);
		return;
	}
	append(&wal);
	ck_assert_int_eq(fr_wal_sync(me, &wal), 0);
	safe = count;
	boot(&sound);
	open_log(&wal);
	ck_assert_uint_eq(count, 3);
}
END_TEST

START_TEST(a_write_that_failed_leaves_nothing_behind)
{
	struct node_disk fails = { .write_fails = 3 };
	unsigned char data[BYTES_MAX];
	struct fr_wal wal;
	uint32_t size, failed = 0;
	int round, step;

	count = safe = 0;
	for (round = 0; round < 100; round++) {
		fails.draw = (uint64_t)round + 1;
		fails.lose = round % 2 == 0 ? LOSE_ALL : LOSE_REORDER;
		fails.write_fails = 0;
		boot(&fails);
		open_log(&wal);
		fails.write_fails = 3;
		disk_set_faults(disk, &fails, 1, 0, boots);
		for (step = 0; step < 6; step++) {
			size = record(next_number, data);
			if (fr_wal_append(me, &wal, data, size) < 0) {
				failed++;
				continue;
			}
			stored[count++] = next_number++;
			if (fr_wal_sync(me, &wal) == 0)
				safe = count;
		}
	}
	ck_assert_uint_gt(failed, 100);
	ck_assert_uint_gt(safe, 50);
}
END_TEST

/* A record as version 1 wrote it. */
static void
append_old(uint64_t *end, const void *data, uint32_t size)
{
	struct fr_wal_head head = { .size = size, .mark = FR_WAL_MARK };
	uint32_t at;

	head.checksum = *end ^ size;
	for (at = 0; at < size; at += 512)
		head.checksum = fr_checksum(head.checksum,
			(const char *)data + at,
			size - at < 512 ? size - at : 512);
	ck_assert_int_eq(disk_write(disk, "log", *end, &head, sizeof head),
			 0);
	ck_assert_int_eq(disk_write(disk, "log", *end + sizeof head, data,
				    size), 0);
	*end += sizeof head + size;
}

START_TEST(a_log_of_version_1_is_read_and_goes_on)
{
	static const struct node_disk sound;
	unsigned char data[BYTES_MAX];
	struct fr_wal wal;
	uint64_t end = 0, whole;
	uint32_t size;
	char byte;

	for (count = 0; count < 5; count++) {
		size = record(next_number, data);
		append_old(&end, data, size);
		stored[count] = next_number++;
	}
	whole = end;
	if (_i == 1)		/* the last is torn */
		ck_assert_int_eq(disk_truncate(disk, "log", end - 1), 0);
	if (_i == 2) {		/* the first is spoilt */
		ck_assert_int_eq(disk_read(disk, "log", 20, &byte, 1), 1);
		byte ^= 4;
		ck_assert_int_eq(disk_write(disk, "log", 20, &byte, 1), 0);
	}
	ck_assert_int_eq(disk_sync(disk, "log"), 0);
	boot(&sound);
	ck_assert_int_eq(fr_wal_open(me, &wal, "log"), _i == 2 ? FR_EIO : 0);
	if (_i == 2)
		return;
	safe = count = read_log(&wal);
	ck_assert_uint_eq(count, _i == 1 ? 4 : 5);
	if (_i == 0)
		ck_assert_uint_eq(wal.end, whole);
	append(&wal);
	ck_assert_int_eq(fr_wal_sync(me, &wal), 0);
	safe = count;
	boot(&sound);
	open_log(&wal);
	ck_assert_uint_eq(count, _i == 1 ? 5 : 6);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wal");
	TCase *t = tcase_create("wal");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, it_keeps_what_was_synced_whatever_else_is_lost,
			    0, 4);
	tcase_add_test(t, rot_is_told_and_nothing_is_cut_off);
	tcase_add_loop_test(t, a_hole_is_told_where_a_later_record_knows_better,
			    0, 3);
	tcase_add_loop_test(t,
		after_a_sync_that_failed_the_next_one_stores_everything, 0, 2);
	tcase_add_test(t, a_write_that_failed_leaves_nothing_behind);
	tcase_add_loop_test(t, a_log_of_version_1_is_read_and_goes_on, 0, 3);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
