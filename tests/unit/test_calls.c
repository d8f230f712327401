/* SPDX-License-Identifier: MIT */
/* What a protocol can call: effects, and every argument that makes no sense. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/units.h"
#include "tests/unit/node_rig.h"
#include "tests/unit/plugins/tool.h"

static struct rig rig;

static void
set_up(void)
{
	rig_init(&rig);
}

static void
tear_down(void)
{
	rig_free(&rig);
}

/* Asks for a job that goes wrong: the misuse, and the answer. */
static void
expect_wrong(int64_t job, int64_t a, int64_t b, int64_t c, int64_t answer,
	     const char *words)
{
	const struct frame *f;
	int64_t got;

	(void)rig_ask(&rig, job, a, b, c);
	f = rig_next_must_be(&rig, FRAME_MISUSE);
	ck_assert_msg(strstr(rig_text(f), words) != NULL,
		      "\"%s\" does not hold \"%s\"", rig_text(f), words);
	rig_reply(&rig, &got, 1);
	ck_assert_int_eq(got, answer);
}

/* A claim as it travels. */
static const char *
claim(const struct frame *f, int64_t *key, int64_t *value)
{
	static char what[FR_NAME_MAX + 1];
	struct fr_reader r = fr_reader(f + 1, f->body);

	wire_get_text(&r, what, sizeof what);
	*key = fr_get_i64(&r);
	*value = fr_get_i64(&r);
	ck_assert(fr_got_all(&r));
	return what;
}

/* ---- messages ------------------------------------------------------------ */

START_TEST(messages_carry_what_was_sent)
{
	const struct frame *f;
	int64_t n;
	uint32_t i;

	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, TOOL_SEND_MANY, 4, TOOL_STRICT, 3);
	for (i = 0; i < 3; i++) {
		f = rig_next_must_be(&rig, FRAME_MESSAGE);
		ck_assert_uint_eq(f->body, 64);
		ck_assert_uint_eq(f->size, sizeof *f + 64);
		ck_assert_uint_eq(f->type, TOOL_STRICT);
		ck_assert_uint_eq(f->src, 1);
		ck_assert_uint_eq(f->dst, 4);
		memcpy(&n, f + 1, sizeof n);
		ck_assert_int_eq(n, i);
	}
	rig_reply(&rig, &n, 1);
	/* To itself, as to anybody, and with a body of none and of most. */
	(void)rig_ask(&rig, TOOL_SEND, 1, TOOL_COUNTED, 0);
	f = rig_next_must_be(&rig, FRAME_MESSAGE);
	ck_assert_uint_eq(f->dst, 1);
	ck_assert_uint_eq(f->body, 0);
	rig_reply(&rig, &n, 1);
	(void)rig_ask(&rig, TOOL_SEND, 0, TOOL_COUNTED, FR_MESSAGE_MAX);
	f = rig_next_must_be(&rig, FRAME_MESSAGE);
	ck_assert_uint_eq(f->body, FR_MESSAGE_MAX);
	rig_reply(&rig, &n, 1);
	ck_assert_int_eq(n, 0);
}
END_TEST

START_TEST(a_broadcast_goes_to_every_neighbour)
{
	const struct frame *f;
	int64_t list[5];
	uint32_t seen = 0, i;

	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, TOOL_BROADCAST, TOOL_COUNTED, 9, 0);
	for (i = 0; i < 4; i++) {
		f = rig_next_must_be(&rig, FRAME_MESSAGE);
		ck_assert_uint_eq(f->size, sizeof *f + 16);
		ck_assert_uint_eq(f->body, 9);
		seen |= 1u << f->dst;
	}
	ck_assert_uint_eq(seen, 1 | 4 | 8 | 16);
	rig_reply(&rig, list, 1);
	(void)rig_ask(&rig, TOOL_NEIGHBOURS, 0, 0, 0);
	rig_expect_misuse(&rig, "NULL");
	rig_reply(&rig, list, 5);
	ck_assert_int_eq(list[0], 4);
	ck_assert_int_eq(list[1], 1);
	ck_assert_int_eq(list[4], 4001);
}
END_TEST

START_TEST(messages_that_make_no_sense_are_named)
{
	rig_run(&rig, &rig_plain);
	expect_wrong(TOOL_SEND, 77, TOOL_COUNTED, 8, FR_EINVAL,
		     "sent message `counted` to node 77: there are 5 nodes");
	expect_wrong(TOOL_SEND, 0, 9, 8, FR_EINVAL, "type 9");
	expect_wrong(TOOL_SEND, 0, TOOL_STRICT, 1 << 30, FR_ELIMIT,
		     "`strict` of 1073741824 bytes");
	expect_wrong(TOOL_SEND, 0, TOOL_COUNTED, -1, FR_ELIMIT, "`counted`");
	expect_wrong(TOOL_SEND_NULL, 0, TOOL_COUNTED, 8, FR_EINVAL, "NULL");
	ck_assert_int_eq(rig_do(&rig, TOOL_SEND_NULL, 0, TOOL_COUNTED, 0), 0);
	expect_wrong(TOOL_BROADCAST, 9, 8, 0, FR_EINVAL, "type 9");
}
END_TEST

START_TEST(messages_that_come_are_checked)
{
	unsigned char body[24] = { 7 };
	int64_t key, value;

	rig_run(&rig, &rig_plain);
	rig_send(&rig, FRAME_MESSAGE, TOOL_STRICT, 3, body, 15);
	rig_expect_misuse(&rig, "`strict` of 15 bytes from node 3");
	rig_send(&rig, FRAME_MESSAGE, 8, 2, body, 15);
	rig_expect_misuse(&rig, "type 8 from node 2");
	rig_send(&rig, FRAME_MESSAGE, TOOL_STRICT, 4, body, 17);
	ck_assert_str_eq(claim(rig_next_must_be(&rig, FRAME_CLAIM), &key,
			       &value), "counted");
	ck_assert_int_eq(key, 4);
	ck_assert_int_eq(value, 7);
	/* For another boot: never seen. */
	rig.boot = 9;
	rig_send(&rig, FRAME_MESSAGE, TOOL_COUNTED, 4, body, 8);
	rig_send(&rig, FRAME_STOP, 0, 0, NULL, 0);
	rig.boot = 0;
	body[0] = 8;
	rig_send(&rig, FRAME_MESSAGE, TOOL_COUNTED, 4, body, 8);
	(void)claim(rig_next_must_be(&rig, FRAME_CLAIM), &key, &value);
	ck_assert_int_eq(value, 8);
}
END_TEST

/* More than all the buffers between: nothing is lost, and order is kept. */
START_TEST(a_flood_comes_through_in_order)
{
	const int64_t many = 40000;
	const struct frame *f;
	int64_t i, n;

	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, TOOL_SEND_MANY, 0, TOOL_COUNTED, many);
	for (i = 0; i < many; i++) {
		f = rig_next_must_be(&rig, FRAME_MESSAGE);
		memcpy(&n, f + 1, sizeof n);
		ck_assert_int_eq(n, i);
	}
	rig_reply(&rig, &n, 1);
	ck_assert_int_eq(n, many);
	/* And in the other direction, in frames of every size. */
	for (i = 0; i < 3000; i++) {
		static unsigned char body[4096];
		int64_t key, value;

		memcpy(body, &i, sizeof i);
		rig_send(&rig, FRAME_MESSAGE, TOOL_COUNTED, 2, body,
			 8 + (size_t)(i * 37 % 4000));
		/* A switch takes what comes: fifty are on their way. */
		if (i < 50)
			continue;
		ck_assert_str_eq(claim(rig_next_must_be(&rig, FRAME_CLAIM),
				       &key, &value), "counted");
		ck_assert_int_eq(value, i - 50);
	}
}
END_TEST

START_TEST(the_largest_message_comes_in)
{
	unsigned char *body = calloc(1, FR_MESSAGE_MAX);
	int64_t key, value;
	int i;

	rig_run(&rig, &rig_plain);
	for (i = 1; i < 4; i++) {
		body[0] = (unsigned char)i;
		rig_send(&rig, FRAME_MESSAGE, TOOL_COUNTED, 2, body,
			 FR_MESSAGE_MAX);
		(void)claim(rig_next_must_be(&rig, FRAME_CLAIM), &key, &value);
		ck_assert_int_eq(value, i);
	}
	free(body);
}
END_TEST

START_TEST(nonsense_from_the_switch_ends_the_node)
{
	struct frame f = { .size = 7 };

	rig_run(&rig, &rig_plain);
	rig_send_raw(&rig, &f, sizeof f);
	ck_assert_ptr_nonnull(strstr(rig_text(rig_next_must_be(
		&rig, FRAME_FATAL)), "7 bytes"));
	ck_assert_int_eq(WEXITSTATUS(rig_end(&rig)->status), 1);
}
END_TEST

/* ---- timers and clocks --------------------------------------------------- */

START_TEST(timers_fire_once_in_order)
{
	int64_t key, value;

	rig_run(&rig, &rig_plain);
	(void)rig_do(&rig, TOOL_AFTER, TOOL_ONCE, 900000000000, 40);
	(void)rig_do(&rig, TOOL_AFTER, TOOL_ONCE, INT64_MAX, 50);
	(void)rig_do(&rig, TOOL_CANCEL, TOOL_ONCE, 40, 0);
	(void)rig_do(&rig, TOOL_CANCEL, TOOL_ONCE, 41, 0);
	/* The last to be set: its reply comes before it fires. */
	(void)rig_do(&rig, TOOL_AFTER, TOOL_ONCE, 3000000, 30);
	ck_assert_str_eq(claim(rig_next_must_be(&rig, FRAME_CLAIM), &key,
			       &value), "once");
	ck_assert_int_eq(key, 30);
	(void)rig_do(&rig, TOOL_AFTER, TOOL_ONCE, 900000000000, 60);
	/* Set anew, it has the new time. */
	(void)rig_ask(&rig, TOOL_AFTER, TOOL_ONCE, 0, 60);
	(void)claim(rig_expect(&rig, FRAME_CLAIM), &key, &value);
	ck_assert_int_eq(key, 60);
	ck_assert_int_eq(value, 1);
	expect_wrong(TOOL_AFTER, 7, 0, 0, FR_EINVAL, "timer 7");
	expect_wrong(TOOL_CANCEL, 7, 0, 0, FR_EINVAL, "timer 7");
	expect_wrong(TOOL_AFTER, TOOL_ONCE, -5, 0, FR_EINVAL,
		     "`once` to 5 ns before now");
	expect_wrong(TOOL_AFTER, TOOL_ONCE, INT64_MIN, 0, FR_EINVAL, "`once`");
}
END_TEST

START_TEST(a_timer_that_is_always_due_starves_nobody)
{
	int64_t key, value;

	rig_run(&rig, &rig_plain);
	(void)rig_do(&rig, TOOL_AFTER, TOOL_AGAIN, 0, 1);
	(void)rig_ask(&rig, TOOL_AFTER, TOOL_ONCE, 1000, 2);
	(void)claim(rig_expect(&rig, FRAME_CLAIM), &key, &value);
	ck_assert_int_eq(key, 2);
	ck_assert_int_eq(rig_do(&rig, TOOL_CANCEL, TOOL_AGAIN, 1, 0), 0);
}
END_TEST

/* Everything libc gives is within a second of the node's own clock. */
static void
expect_node_time(int64_t offset)
{
	int64_t clocks[4], libc[5], now = clock_wall() + offset;
	int i;

	(void)rig_ask(&rig, TOOL_CLOCKS, 0, 0, 0);
	rig_reply(&rig, clocks, 4);
	(void)rig_ask(&rig, TOOL_LIBC_CLOCKS, 0, 0, 0);
	rig_reply(&rig, libc, 5);
	/* A wide margin: the offsets that are told apart are of hours. */
	ck_assert_int_lt(llabs(clocks[1] - now), 600000000000);
	for (i = 0; i < 4; i++)
		ck_assert_int_lt(llabs(libc[i] - now), 600000000000);
	ck_assert_int_lt(llabs(libc[4] - clock_mono()), 600000000000);
}

static void
set_clock(int64_t offset, double rate, int64_t error)
{
	unsigned char body[24];
	struct fr_writer w = fr_writer(body, sizeof body);
	uint64_t bits;

	fr_put_i64(&w, offset);
	memcpy(&bits, &rate, sizeof bits);
	fr_put_u64(&w, bits);
	fr_put_i64(&w, error);
	rig_send(&rig, FRAME_CLOCK, 0, 0, body, w.size);
}

START_TEST(a_node_has_its_own_time)
{
	const int64_t hour = 3600000000000;
	struct rig_start s = rig_plain;
	int64_t clocks[4];

	s.offset = -24 * hour;
	s.error = 5000;
	rig_run(&rig, &s);
	expect_node_time(-24 * hour);
	(void)rig_ask(&rig, TOOL_CLOCKS, 0, 0, 0);
	rig_reply(&rig, clocks, 4);
	ck_assert_int_eq(clocks[3] - clocks[2], 10000);
	set_clock(7 * hour, 1, 9000);
	expect_node_time(7 * hour);
	(void)rig_ask(&rig, TOOL_CLOCKS, 0, 0, 0);
	rig_reply(&rig, clocks, 4);
	ck_assert_int_eq(clocks[3] - clocks[2], 18000);
}
END_TEST

/* A timer of ten hours fires now when the node's clock runs a thousandfold. */
START_TEST(timers_run_on_the_nodes_own_rate)
{
	struct rig_start s = rig_plain;
	int64_t before[4], after[4], key, value;

	s.rate = 0.001;
	rig_run(&rig, &s);
	(void)rig_do(&rig, TOOL_AFTER, TOOL_ONCE, 200000000, 1);
	(void)rig_ask(&rig, TOOL_CLOCKS, 0, 0, 0);
	rig_reply(&rig, before, 4);
	set_clock(0, 1000, 0);
	(void)claim(rig_next_must_be(&rig, FRAME_CLAIM), &key, &value);
	ck_assert_int_eq(key, 1);
	(void)rig_ask(&rig, TOOL_CLOCKS, 0, 0, 0);
	rig_reply(&rig, after, 4);
	/* It never jumps back, and the timer's delay has passed on it. */
	ck_assert_int_ge(after[0] - before[0], 190000000);
}
END_TEST

START_TEST(sleeping_until_an_instant_means_the_nodes)
{
	struct rig_start s = rig_plain;

	s.offset = 1000000000000000;
	rig_run(&rig, &s);
	ck_assert_int_ge(rig_do(&rig, TOOL_SLEEP_UNTIL, 2000000, 0, 0), 0);
	ck_assert_int_ge(rig_do(&rig, TOOL_SLEEP_UNTIL, -2000000, 0, 0),
			 2000000);
}
END_TEST

/* ---- randomness ---------------------------------------------------------- */

static void
draw(uint64_t seed, uint32_t boot, int64_t *own, int64_t *libc)
{
	struct rig_start s = rig_plain;

	s.seed = seed;
	rig.boot = boot;
	rig_run(&rig, &s);
	(void)rig_ask(&rig, TOOL_RANDOM, 0, 0, 0);
	rig_reply(&rig, own, 4);
	(void)rig_ask(&rig, TOOL_LIBC_RANDOM, 0, 0, 0);
	rig_reply(&rig, libc, 10);
	rig_signal(&rig, SIGKILL);
	(void)rig_end(&rig);
}

START_TEST(randomness_follows_from_the_seed_the_node_and_the_boot)
{
	int64_t own[3][4], libc[3][10];
	int i;

	draw(5, 0, own[0], libc[0]);
	draw(5, 1, own[1], libc[1]);
	draw(6, 2, own[2], libc[2]);
	for (i = 0; i < 4; i++)
		ck_assert_int_ne(own[0][i], own[1][i]);
	for (i = 0; i < 10; i++)
		ck_assert_int_ne(libc[0][i], libc[1][i]);
	/* Seeding by hand: the same seed, the same numbers. */
	ck_assert_int_eq(libc[0][2], libc[0][3]);
	ck_assert_int_ne(libc[0][2], libc[2][2]);
	rig_free(&rig);
	rig_init(&rig);
	draw(5, 0, own[1], libc[1]);
	ck_assert_mem_eq(own[0], own[1], sizeof own[0]);
	ck_assert_mem_eq(libc[0], libc[1], sizeof libc[0]);
}
END_TEST

/* ---- files --------------------------------------------------------------- */

START_TEST(what_was_synced_is_there_after_a_kill)
{
	const char *text;
	size_t size;

	rig_run(&rig, &rig_plain);
	ck_assert_int_eq(rig_do(&rig, TOOL_WRITE, 0, 5, 'a'), 0);
	ck_assert_int_eq(rig_do(&rig, TOOL_SYNC, 0, 0, 0), 0);
	ck_assert_int_eq(rig_do(&rig, TOOL_WRITE, 3, 5, 'b'), 0);
	ck_assert_str_eq(rig_do_bytes(&rig, TOOL_READ, 0, 100, &size),
			 "aaabbbbb");
	rig_signal(&rig, SIGKILL);
	(void)rig_end(&rig);
	rig.boot++;
	rig_run(&rig, &rig_plain);
	text = rig_do_bytes(&rig, TOOL_READ, 0, 100, &size);
	ck_assert_str_eq(text, "aaaaa");
	ck_assert_str_eq(rig_do_bytes(&rig, TOOL_FILES, 0, 0, NULL),
			 "file 5 ");
	/* The folder stays the node's, wherever the plugin goes. */
	ck_assert_int_eq(rig_do(&rig, TOOL_CHDIR, 0, 0, 0), 0);
	ck_assert_int_eq(rig_do(&rig, TOOL_TRUNCATE, 2, 0, 0), 0);
	ck_assert_int_eq(rig_do(&rig, TOOL_SYNC, 0, 0, 0), 0);
	rig_send(&rig, FRAME_STOP, 0, 0, NULL, 0);
	(void)rig_end(&rig);
	rig.boot++;
	rig_run(&rig, &rig_plain);
	ck_assert_str_eq(rig_do_bytes(&rig, TOOL_READ, 0, 100, &size), "aa");
	ck_assert_int_eq(rig_do(&rig, TOOL_REMOVE, 0, 0, 0), 0);
	ck_assert_int_eq(rig_do(&rig, TOOL_READ, 0, 1, 0), FR_ENOENT);
}
END_TEST

START_TEST(files_that_make_no_sense_are_named)
{
	int64_t list[8];

	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, TOOL_BAD_FILES, 0, 0, 0);
	rig_expect_misuse(&rig, "begins with a dot");
	rig_expect_misuse(&rig, "begins with a dot");
	rig_expect_misuse(&rig, "an empty name");
	rig_expect_misuse(&rig, "no name");
	rig_expect_misuse(&rig, "beyond the");
	rig_expect_misuse(&rig, "NULL");
	rig_reply(&rig, list, 8);
	ck_assert_int_eq(list[0], FR_EINVAL);
	ck_assert_int_eq(list[3], FR_EINVAL);
	ck_assert_int_eq(list[4], FR_ELIMIT);
	ck_assert_int_eq(list[5], FR_EINVAL);
	ck_assert_int_eq(list[6], FR_ENOENT);
	ck_assert_int_eq(list[7], FR_ENOENT);
}
END_TEST

/* ---- replies ------------------------------------------------------------- */

START_TEST(a_value_comes_back_as_it_was)
{
	static const int64_t numbers[] = { INT64_MIN, -1, 0, INT64_MAX };
	struct fr_value values[] = {
		fr_nil(), fr_int(-5), fr_list(numbers, 4), fr_list(NULL, 0),
		fr_bytes("a\0b", 3), fr_bytes(NULL, 0)
	};
	unsigned char body[128];
	const struct frame *f;
	struct fr_reader r;
	size_t i;

	rig_run(&rig, &rig_plain);
	for (i = 0; i < sizeof values / sizeof *values; i++) {
		struct fr_writer w = fr_writer(body, sizeof body);
		struct fr_value back;

		fr_put_u32(&w, 1);
		fr_put_i64(&w, 3);
		fr_put_u64(&w, 1);
		fr_put_u64(&w, 1);
		wire_put_value(&w, &values[i]);
		rig_send(&rig, FRAME_REQUEST, 0, 0, body, w.size);
		f = rig_next_must_be(&rig, FRAME_REPLY);
		r = fr_reader(f + 1, f->body);
		ck_assert_uint_eq(fr_get_u32(&r), FR_REPLY_OK);
		(void)fr_get_u32(&r);
		wire_get_value(&r, &back);
		ck_assert_uint_eq(back.kind, values[i].kind);
		ck_assert_uint_eq(back.count, values[i].count);
		if (back.kind == FR_INT)
			ck_assert_int_eq(back.u.number, -5);
		if (back.kind == FR_LIST && back.count > 0)
			ck_assert_mem_eq(back.u.list, numbers, sizeof numbers);
		if (back.kind == FR_BYTES && back.count > 0)
			ck_assert_mem_eq(back.u.bytes, "a\0b", 3);
	}
}
END_TEST

START_TEST(replies_that_make_no_sense_are_named)
{
	int64_t list[5], n;
	const struct frame *f;
	struct fr_reader r;

	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, TOOL_REPLY_TWICE, 0, 0, 0);
	rig_reply(&rig, &n, 1);
	ck_assert_int_eq(n, 1);
	f = rig_next_must_be(&rig, FRAME_MISUSE);
	ck_assert_ptr_nonnull(strstr(rig_text(f), "answered"));
	expect_wrong(TOOL_REPLY_NOBODY, 0, 0, 0, FR_EINVAL, "never asked");
	(void)rig_ask(&rig, TOOL_REPLY_STRANGE, 0, 0, 0);
	rig_expect_misuse(&rig, "kind 77");
	rig_expect_misuse(&rig, "NULL");
	rig_expect_misuse(&rig, "4294967295 bytes");
	rig_expect_misuse(&rig, "without a reply");
	rig_expect_misuse(&rig, "kind 9");
	rig_reply(&rig, list, 5);
	ck_assert_int_eq(list[0], FR_EINVAL);
	ck_assert_int_eq(list[2], FR_ELIMIT);
	(void)rig_ask(&rig, TOOL_REDIRECT, 77, 0, 0);
	rig_expect_misuse(&rig, "node 77: there are 5 nodes");
	f = rig_next_must_be(&rig, FRAME_REPLY);
	r = fr_reader(f + 1, f->body);
	ck_assert_uint_eq(fr_get_u32(&r), FR_REPLY_FAIL);
	(void)rig_ask(&rig, TOOL_REDIRECT, 4, 0, 0);
	f = rig_next_must_be(&rig, FRAME_REPLY);
	r = fr_reader(f + 1, f->body);
	ck_assert_uint_eq(fr_get_u32(&r), FR_REPLY_REDIRECT);
	ck_assert_uint_eq(fr_get_u32(&r), 4);
}
END_TEST

START_TEST(a_request_that_is_none_is_refused_by_the_host)
{
	unsigned char body[64];
	struct fr_writer w = fr_writer(body, sizeof body);
	const struct frame *f;
	struct fr_reader r;

	rig_run(&rig, &rig_plain);
	fr_put_u32(&w, 55);
	fr_put_i64(&w, 0);
	fr_put_u64(&w, 0);
	fr_put_u64(&w, 0);
	fr_put_u64(&w, 0);
	rig_send(&rig, FRAME_REQUEST, 0, 0, body, w.size);
	f = rig_next_must_be(&rig, FRAME_REPLY);
	r = fr_reader(f + 1, f->body);
	ck_assert_uint_eq(f->id, rig.request);
	ck_assert_uint_eq(fr_get_u32(&r), FR_REPLY_FAIL);
}
END_TEST

/* Never answering is no fault; there is an end to what is kept, though. */
START_TEST(unanswered_requests_are_bounded)
{
	const struct frame *f = NULL;
	struct fr_reader r;
	uint32_t i;

	rig_run(&rig, &rig_plain);
	for (i = 0; i < 65536 + 1; i++)
		(void)rig_ask(&rig, TOOL_NEVER, 0, 0, 0);
	f = rig_next_must_be(&rig, FRAME_REPLY);
	ck_assert_uint_eq(f->id, 65536 + 1);
	r = fr_reader(f + 1, f->body);
	ck_assert_uint_eq(fr_get_u32(&r), FR_REPLY_FAIL);
}
END_TEST

/* ---- words, memory, parameters ------------------------------------------- */

START_TEST(facts_and_words_arrive)
{
	const struct frame *f;
	int64_t key, value;
	char name[64], text[64];
	struct fr_reader r;

	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, TOOL_FACTS, 0, 0, 0);
	f = rig_next_must_be(&rig, FRAME_CLAIM);
	ck_assert_str_eq(claim(f, &key, &value), "leader");
	ck_assert_int_eq(key, 7);
	ck_assert_int_eq(value, -1);
	f = rig_next_must_be(&rig, FRAME_NOTE);
	r = fr_reader(f + 1, f->body);
	wire_get_text(&r, name, sizeof name);
	wire_get_text(&r, text, sizeof text);
	ck_assert_str_eq(name, "role");
	ck_assert_str_eq(text, "leader");
	f = rig_next_must_be(&rig, FRAME_LOG);
	ck_assert_str_eq(rig_text(f), "gr\xc3\xbc\xc3\x9f" "e");
}
END_TEST

START_TEST(words_that_make_no_sense_are_named)
{
	const struct frame *f;
	int64_t n;

	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, TOOL_LOG_STRANGE, 0, 0, 0);
	f = rig_next_must_be(&rig, FRAME_MISUSE);
	ck_assert_ptr_nonnull(strstr(rig_text(f), "not UTF-8"));
	f = rig_next_must_be(&rig, FRAME_LOG);
	ck_assert_str_eq(rig_text(f), "caf?");
	f = rig_next_must_be(&rig, FRAME_MISUSE);
	ck_assert_ptr_nonnull(strstr(rig_text(f), "cut"));
	f = rig_next_must_be(&rig, FRAME_LOG);
	ck_assert_uint_eq(strlen(rig_text(f)), FR_TEXT_MAX);
	f = rig_next_must_be(&rig, FRAME_MISUSE);
	ck_assert_ptr_nonnull(strstr(rig_text(f), "NULL"));
	f = rig_next_must_be(&rig, FRAME_MISUSE);
	ck_assert_ptr_nonnull(strstr(rig_text(f), "level 9"));
	f = rig_next_must_be(&rig, FRAME_LOG);
	ck_assert_str_eq(rig_text(f), "nine");
	rig_reply(&rig, &n, 1);
	/* A name is never cut or mended: it is refused. */
	(void)rig_ask(&rig, TOOL_CLAIM_STRANGE, 0, 0, 0);
	f = rig_next_must_be(&rig, FRAME_MISUSE);
	ck_assert_ptr_nonnull(strstr(rig_text(f), "more than 63 bytes"));
	f = rig_next_must_be(&rig, FRAME_MISUSE);
	ck_assert_ptr_nonnull(strstr(rig_text(f), "NULL"));
	f = rig_next_must_be(&rig, FRAME_MISUSE);
	ck_assert_ptr_nonnull(strstr(rig_text(f), "not UTF-8"));
	f = rig_next_must_be(&rig, FRAME_MISUSE);
	ck_assert_ptr_nonnull(strstr(rig_text(f), "empty name"));
	f = rig_next_must_be(&rig, FRAME_MISUSE);
	ck_assert_ptr_nonnull(strstr(rig_text(f), "without a text"));
	(void)rig_next_must_be(&rig, FRAME_REPLY);
}
END_TEST

START_TEST(misuse_is_recorded_twenty_times)
{
	int i;

	rig_run(&rig, &rig_plain);
	(void)rig_ask(&rig, TOOL_MISUSE, 500, 0, 0);
	for (i = 0; i < 20; i++)
		ck_assert_ptr_nonnull(strstr(rig_text(rig_next_must_be(
			&rig, FRAME_MISUSE)), "node 1000"));
	ck_assert_ptr_nonnull(strstr(rig_text(rig_next_must_be(
		&rig, FRAME_MISUSE)), "not recorded"));
	(void)rig_next_must_be(&rig, FRAME_REPLY);
	(void)rig_ask(&rig, TOOL_MISUSE, 500, 0, 0);
	(void)rig_next_must_be(&rig, FRAME_REPLY);
}
END_TEST

START_TEST(memory_has_a_limit_and_an_owner)
{
	struct rig_start s = rig_plain;
	int64_t n;

	s.memory_max = 100000;
	rig_run(&rig, &s);
	ck_assert_int_eq(rig_do(&rig, TOOL_ALLOC, 100000, 0, 0), 1);
	ck_assert_int_eq(rig_do(&rig, TOOL_ALLOC, 100000, 0, 0), 1);
	ck_assert_int_eq(rig_do(&rig, TOOL_ALLOC, 100001, 0, 0), 0);
	ck_assert_int_eq(rig_do(&rig, TOOL_ALLOC, -1, 0, 0), 0);
	ck_assert_int_eq(rig_do(&rig, TOOL_ALLOC, 0, 0, 0), 1);
	(void)rig_ask(&rig, TOOL_FREE_TWICE, 0, 0, 0);
	rig_expect_misuse(&rig, "freed it twice");
	rig_reply(&rig, &n, 1);
	expect_wrong(TOOL_FREE_STRANGE, 0, 0, 0, 0, "did not give");
}
END_TEST

START_TEST(parameters_are_read_as_their_kind)
{
	static const char *const set[] = {
		"count", "77", "delay", "2s", "share", "0.5",
		"words", "two words", "of_another_plugin", "1", NULL
	};
	static const char *const beyond[] = { "count", "101", NULL };
	struct rig_start s = rig_plain;
	int64_t list[6];

	rig_run(&rig, &s);
	(void)rig_ask(&rig, TOOL_PARAMS, 0, 0, 0);
	rig_expect_misuse(&rig, "`no_such`");
	rig_reply(&rig, list, 6);
	ck_assert_int_eq(list[0], 3);
	ck_assert_int_eq(list[1], 1);
	ck_assert_int_eq(list[2], 5000000);
	ck_assert_int_eq(list[3], 65536);
	ck_assert_int_eq(list[4], 250);
	ck_assert_int_eq(list[5], 4);
	rig_signal(&rig, SIGKILL);
	(void)rig_end(&rig);
	rig.boot++;
	s.params = set;
	rig_run(&rig, &s);
	(void)rig_ask(&rig, TOOL_PARAMS, 0, 0, 0);
	rig_reply(&rig, list, 6);
	ck_assert_int_eq(list[0], 77);
	ck_assert_int_eq(list[2], 2000000000);
	ck_assert_int_eq(list[4], 500);
	ck_assert_int_eq(list[5], 9);
	rig_signal(&rig, SIGKILL);
	(void)rig_end(&rig);
	rig.boot++;
	s.params = beyond;
	rig_boot(&rig, rig_path("tests/unit/plugins/tool.so"));
	(void)rig_next_must_be(&rig, FRAME_HELLO);
	rig_start(&rig, &s);
	ck_assert_ptr_nonnull(strstr(rig_text(rig_next_must_be(
		&rig, FRAME_FATAL)), "parameter `count`"));
}
END_TEST

START_TEST(another_thread_is_refused)
{
	rig_run(&rig, &rig_plain);
	ck_assert_int_eq(rig_do(&rig, TOOL_THREAD, 0, 0, 0), FR_EINVAL);
	rig_expect_misuse(&rig, "another thread");
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("calls");
	TCase *t = tcase_create("calls");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, messages_carry_what_was_sent);
	tcase_add_test(t, a_broadcast_goes_to_every_neighbour);
	tcase_add_test(t, messages_that_make_no_sense_are_named);
	tcase_add_test(t, messages_that_come_are_checked);
	tcase_add_test(t, a_flood_comes_through_in_order);
	tcase_add_test(t, the_largest_message_comes_in);
	tcase_add_test(t, nonsense_from_the_switch_ends_the_node);
	tcase_add_test(t, timers_fire_once_in_order);
	tcase_add_test(t, a_timer_that_is_always_due_starves_nobody);
	tcase_add_test(t, a_node_has_its_own_time);
	tcase_add_test(t, timers_run_on_the_nodes_own_rate);
	tcase_add_test(t, sleeping_until_an_instant_means_the_nodes);
	tcase_add_test(t, randomness_follows_from_the_seed_the_node_and_the_boot);
	tcase_add_test(t, what_was_synced_is_there_after_a_kill);
	tcase_add_test(t, files_that_make_no_sense_are_named);
	tcase_add_test(t, a_value_comes_back_as_it_was);
	tcase_add_test(t, replies_that_make_no_sense_are_named);
	tcase_add_test(t, a_request_that_is_none_is_refused_by_the_host);
	tcase_add_test(t, unanswered_requests_are_bounded);
	tcase_add_test(t, facts_and_words_arrive);
	tcase_add_test(t, words_that_make_no_sense_are_named);
	tcase_add_test(t, misuse_is_recorded_twenty_times);
	tcase_add_test(t, memory_has_a_limit_and_an_owner);
	tcase_add_test(t, parameters_are_read_as_their_kind);
	tcase_add_test(t, another_thread_is_refused);
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
