/* SPDX-License-Identifier: MIT */
/* Frames' contents: texts, values, and what a protocol says of itself. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"
#include "core/node/descriptor.h"
#include "core/node/text.h"
#include "core/node/wire.h"

static unsigned char room[FRAME_BODY_MAX];

/* ---- texts and values ---------------------------------------------------- */

START_TEST(texts_come_back_and_are_cut_to_their_room)
{
	struct fr_writer w = fr_writer(room, sizeof room);
	struct fr_reader r;
	char text[8];

	wire_put_text(&w, "gossip");
	wire_put_text(&w, NULL);
	wire_put_text(&w, "much longer than the room");
	r = fr_reader(room, w.size);
	wire_get_text(&r, text, sizeof text);
	ck_assert_str_eq(text, "gossip");
	wire_get_text(&r, text, sizeof text);
	ck_assert_str_eq(text, "");
	wire_get_text(&r, text, sizeof text);
	ck_assert_str_eq(text, "much lo");
	ck_assert(fr_got_all(&r));
	wire_get_text(&r, text, sizeof text);
	ck_assert_str_eq(text, "");
	ck_assert(r.failed);
}
END_TEST

START_TEST(values_come_back)
{
	static const int64_t numbers[] = { 1, INT64_MIN, -7 };
	struct fr_value in[] = {
		fr_nil(), fr_int(INT64_MIN), fr_list(numbers, 3),
		fr_list(NULL, 0), fr_bytes("\0x", 2), fr_bytes("", 0)
	};
	struct fr_writer w = fr_writer(room, sizeof room);
	int64_t list[3];
	struct fr_value v;
	struct fr_reader r;
	size_t i;

	fr_put_u32(&w, 0);		/* so that a list is not at 8 */
	for (i = 0; i < sizeof in / sizeof *in; i++)
		wire_put_value(&w, &in[i]);
	ck_assert(!w.failed);
	r = fr_reader(room, w.size);
	(void)fr_get_u32(&r);
	for (i = 0; i < sizeof in / sizeof *in; i++) {
		wire_get_value(&r, &v);
		ck_assert_uint_eq(v.kind, in[i].kind);
		ck_assert_uint_eq(v.count, in[i].count);
		if (v.kind == FR_INT)
			ck_assert_int_eq(v.u.number, INT64_MIN);
		if (v.kind == FR_LIST && v.count > 0) {
			wire_fix_list(&v, list);
			ck_assert_ptr_eq(v.u.list, list);
			ck_assert_mem_eq(list, numbers, sizeof numbers);
		}
		if (v.kind == FR_BYTES && v.count > 0)
			ck_assert_mem_eq(v.u.bytes, "\0x", 2);
	}
	ck_assert(fr_got_all(&r));
}
END_TEST

/* A count that is larger than what follows takes no memory and no byte. */
START_TEST(a_value_that_lies_is_refused)
{
	static const uint32_t kinds[] = { FR_LIST, FR_BYTES, 4, 77, UINT32_MAX };
	struct fr_value v;
	struct fr_reader r;
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct fr_writer w = fr_writer(room, sizeof room);

		fr_put_u32(&w, kinds[i]);
		fr_put_u32(&w, UINT32_MAX);
		fr_put_u64(&w, 0);
		r = fr_reader(room, w.size);
		wire_get_value(&r, &v);
		ck_assert(r.failed);
		ck_assert_uint_eq(v.kind, FR_NIL);
	}
	r = fr_reader(room, 7);
	wire_get_value(&r, &v);
	ck_assert(r.failed);
}
END_TEST

/* ---- UTF-8 --------------------------------------------------------------- */

START_TEST(text_is_utf8_or_is_not)
{
	static const char *const good[] = {
		"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
		"\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"
	};
	static const char *const bad[] = {
		"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\xff",
		"\xe2\x82", "\xf0\x8f\xbf\xbf"
	};
	char text[16];
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++)
		ck_assert(text_utf8(good[i], strlen(good[i])));
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_msg(!text_utf8(bad[i], strlen(bad[i])), "%zu", i);
		strcpy(text, bad[i]);
		text_mend(text, strlen(text));
		ck_assert(text_utf8(text, strlen(text)));
		ck_assert_uint_eq(strlen(text), strlen(bad[i]));
	}
	ck_assert_uint_eq(text_cut("\xc3\xa9\xc3\xa9", 4, 3), 2);
	ck_assert_uint_eq(text_cut("\xc3\xa9\xc3\xa9", 4, 4), 4);
	ck_assert_uint_eq(text_cut("abc", 3, 2), 2);
}
END_TEST

/* ---- the descriptor ------------------------------------------------------ */

static void
on_message(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	(void)me;
	(void)from;
	(void)body;
	(void)size;
}

static void
on_request(struct fr_node *me, const struct fr_request *rq)
{
	(void)me;
	(void)rq;
}

static void
on_timer(struct fr_node *me, uint64_t tag)
{
	(void)me;
	(void)tag;
}

/* What each test spoils. */
static struct fr_message messages[300];
static struct fr_request_kind requests[2];
static struct fr_timer timers[2];
static struct fr_param params[2];
static struct fr_protocol protocol;

static void
set_up(void)
{
	memset(messages, 0, sizeof messages);
	messages[0] = (struct fr_message){ "query", on_message, 8, 0 };
	messages[1] = (struct fr_message){ "update", on_message, 16, 0 };
	requests[0] = (struct fr_request_kind){ "read", on_request };
	requests[1] = (struct fr_request_kind){ "write", on_request };
	timers[0] = (struct fr_timer){ "retry", on_timer };
	timers[1] = (struct fr_timer){ "tick", on_timer };
	params[0] = (struct fr_param){"wait", FR_PARAM_TIME, FR_KNOB, "5ms",
				      "1ms", "1s", "how long", "2ms", NULL};
	params[1] = (struct fr_param){"fast", FR_PARAM_BOOL, 0, "false", NULL,
				      NULL, NULL, NULL, NULL};
	protocol = (struct fr_protocol){
		FR_HEAD,
		.name = "abd-1", .summary = "one line", .workload = "register",
		.promise = "two\nlines",
		.params = { params, 2, sizeof *params },
		.state_size = 64,
		.messages = { messages, 2, sizeof *messages },
		.requests = { requests, 2, sizeof *requests },
		.timers = { timers, 2, sizeof *timers },
	};
}

START_TEST(a_descriptor_comes_back)
{
	struct fr_writer w = fr_writer(room, sizeof room);
	struct fr_err err = { 0 };
	struct descriptor d;

	ck_assert_msg(descriptor_check(&protocol, &err) == 0, "%s", err.text);
	wire_put_descriptor(&w, &protocol);
	ck_assert(!w.failed);
	ck_assert_msg(wire_get_descriptor(room, w.size, &d, &err) == 0, "%s",
		      err.text);
	ck_assert_str_eq(d.name, "abd-1");
	ck_assert_str_eq(d.paper, "");
	ck_assert_str_eq(d.promise, "two\nlines");
	ck_assert_str_eq(d.workload, "register");
	ck_assert_uint_eq(d.state_size, 64);
	ck_assert_uint_eq(d.param_count, 2);
	ck_assert_str_eq(d.params[0].min, "1ms");
	ck_assert_uint_eq(d.params[0].flags, FR_KNOB);
	ck_assert_str_eq(d.params[0].low, "2ms");
	ck_assert_ptr_null(d.params[0].high);
	ck_assert_ptr_null(d.params[1].max);
	ck_assert_str_eq(d.params[1].help, "");
	ck_assert_str_eq(d.messages[1], "update");
	ck_assert_str_eq(d.requests[0], "read");
	ck_assert_str_eq(d.timers[1], "tick");
	ck_assert(!d.has_digest);
	descriptor_free(&d);
}
END_TEST

/* Cut anywhere, or with any byte changed, it is refused or sound. */
START_TEST(a_descriptor_of_a_stranger_is_checked)
{
	struct rng r = rng_make(1, STREAM_PLUGIN, 0, 0, "descriptor");
	struct fr_writer w = fr_writer(room, sizeof room);
	unsigned char *copy;
	struct fr_err err;
	struct descriptor d;
	size_t i;

	wire_put_descriptor(&w, &protocol);
	for (i = 0; i < w.size; i++)
		ck_assert_int_eq(wire_get_descriptor(room, i, &d, &err), -1);
	for (i = 0; i < 20000; i++) {
		copy = malloc(w.size);
		memcpy(copy, room, w.size);
		copy[rng_below(&r, w.size)] = (unsigned char)rng_next(&r);
		copy[rng_below(&r, w.size)] = (unsigned char)rng_next(&r);
		if (wire_get_descriptor(copy, w.size, &d, &err) == 0) {
			ck_assert_int_eq(descriptor_sane(&d, &err), 0);
			descriptor_free(&d);
		}
		free(copy);
	}
}
END_TEST

static void
wrong(const char *words)
{
	struct fr_err err = { 0 };

	ck_assert_int_eq(descriptor_check(&protocol, &err), -1);
	ck_assert_msg(strstr(err.text, words) != NULL,
		      "\"%s\" does not hold \"%s\"", err.text, words);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	set_up();
}

START_TEST(everything_wrong_is_named)
{
	static char longest[FR_TEXT_MAX + 2];

	memset(longest, 'x', sizeof longest - 1);
	protocol.size = 0;
	wrong("FR_HEAD");
	protocol.size = 1 << 30;
	wrong("FR_HEAD");
	protocol.name = NULL;
	wrong("no name");
	protocol.name = "Big Name";
	wrong("its name");
	protocol.name = "";
	wrong("its name");
	protocol.workload = "a b";
	wrong("its workload");
	protocol.summary = "two\nlines";
	wrong("more than one line");
	protocol.paper = "caf\xe9";
	wrong("not UTF-8");
	protocol.promise = longest;
	wrong("longer than 4096");
	protocol.state_size = (size_t)FR_STATE_MAX + 1;
	wrong("1073741825 bytes");
	messages[1].handler = NULL;
	wrong("message `update` has no handler");
	messages[1].name = NULL;
	wrong("message 1 has no name");
	messages[0] = (struct fr_message){ 0 };
	wrong("gap");
	messages[1].name = "query";
	wrong("both named `query`");
	messages[1].name = "with space";
	wrong("name of message 1");
	messages[1].min_size = FR_MESSAGE_MAX + 1;
	wrong("min_size");
	requests[0].handler = NULL;
	wrong("request `read` has no handler");
	requests[0].name = longest;
	wrong("name of request 0");
	timers[1].handler = NULL;
	wrong("timer `tick` has no handler");
	timers[1].name = "retry";
	wrong("both named `retry`");
	protocol.messages.count = FR_TABLE_MAX + 1;
	wrong("257 entries");
	protocol.messages.stride = 4;
	wrong("an entry has 4 bytes");
	protocol.requests.stride = 17;
	wrong("an entry has 17 bytes");
	protocol.timers.at = NULL;
	wrong("no address");
}
END_TEST

START_TEST(every_wrong_parameter_is_named)
{
	params[0].name = NULL;
	wrong("parameter 0 has no name");
	params[0].fallback = NULL;
	wrong("`wait` has no default");
	params[0].name = "fast";
	wrong("both named `fast`");
	params[0].kind = 0;
	wrong("`wait` is of kind 0");
	params[0].fallback = "5";
	wrong("default of parameter `wait`");
	params[0].fallback = "2s";
	wrong("above 1s");
	params[0].fallback = "1us";
	wrong("below 1ms");
	params[0].min = "soon";
	wrong("the min of parameter `wait`");
	params[0].min = "2s";
	wrong("min 2s above its max 1s");
	params[0].max = NULL;
	wrong("knob");
	params[0].low = "1us";
	wrong("low of parameter `wait`: \"1us\" is below 1ms");
	params[0].high = "2s";
	wrong("high of parameter `wait`");
	params[0].low = "10ms";
	params[0].high = "4ms";
	wrong("low 10ms above its high 4ms");
	params[0].low = "6ms";
	wrong("not within its low 6ms and high 1s");
	params[1].high = "true";
	wrong("which only a knob can have");
	params[1].flags = FR_KNOB;
	params[1].high = "true";
	wrong("can only be true or false");
	params[1].max = "true";
	wrong("`fast` has a max");
	params[1].fallback = "perhaps";
	wrong("default of parameter `fast`");
	params[1].help = "two\nlines";
	wrong("more than one line");
}
END_TEST

START_TEST(parameters_are_read_within_their_bounds)
{
	struct wire_param p = {
		.name = (char[]){ "n" }, .fallback = (char[]){ "1.5" },
		.min = (char[]){ "-1" }, .max = (char[]){ "2" },
		.kind = FR_PARAM_REAL,
	};
	struct param_held v;
	struct fr_err err;

	ck_assert_int_eq(param_read(&p, "1.25", &v, &err), 0);
	ck_assert_uint_eq(v.kind, FR_BYTES);
	ck_assert_uint_eq(v.count, sizeof(double));
	ck_assert_double_eq(v.real, 1.25);
	ck_assert_int_eq(param_read(&p, "2.01", &v, &err), -1);
	ck_assert_int_eq(param_read(&p, "-1.01", &v, &err), -1);
	ck_assert_double_eq(v.real, 1.25);
	p.kind = FR_PARAM_TEXT;
	p.min = p.max = NULL;
	ck_assert_int_eq(param_read(&p, "words", &v, &err), 0);
	ck_assert_uint_eq(v.count, 5);
	free(v.text);
	ck_assert_int_eq(param_read(&p, "\xff", &v, &err), -1);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("wire");
	TCase *t = tcase_create("wire");

	tcase_add_checked_fixture(t, set_up, NULL);
	tcase_add_test(t, texts_come_back_and_are_cut_to_their_room);
	tcase_add_test(t, values_come_back);
	tcase_add_test(t, a_value_that_lies_is_refused);
	tcase_add_test(t, text_is_utf8_or_is_not);
	tcase_add_test(t, a_descriptor_comes_back);
	tcase_add_test(t, a_descriptor_of_a_stranger_is_checked);
	tcase_add_test(t, everything_wrong_is_named);
	tcase_add_test(t, every_wrong_parameter_is_named);
	tcase_add_test(t, parameters_are_read_within_their_bounds);
	tcase_set_timeout(t, 60);
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
