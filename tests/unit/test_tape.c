/* SPDX-License-Identifier: MIT */
/*
 * Tapes as texts and on their way to a cell, and the fingerprints by which
 * two failures are one.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/run/fingerprint.h"
#include "core/run/setup.h"

/* Three nodes of one protocol, two clients of one workload. */
static char query[] = "query", update[] = "update";
static char *messages[] = { query, update };
static struct plugin plugin = {
	.descriptor = { .messages = messages, .message_count = 2 },
};
static uint32_t plugin_of[3];
static const char *op_names[] = { "read", "write", "cas" };
static bool supported[] = { true, true, false };
static const struct fr_workload workload = { .ops = { .count = 3 } };
static const struct run_config config = { .nodes = 3, .seed = 7 };
static const struct setup setup = {
	.config = &config, .clients = 2, .plugins = &plugin,
	.plugin_count = 1, .plugin_of = plugin_of, .workload = &workload,
	.op_names = op_names, .supported = supported,
	.ground = { .nodes = 3, .clients = 2, .world = "sim" },
};

static void
read_it(const char *text, struct arena *a, struct tape *t)
{
	struct fr_err err = { 0 };

	ck_assert_msg(tape_read(text, "t", &setup, a, t, &err) == 0, "%s",
		      err.text);
}

static void
says(const struct tape *t, const char *want)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	tape_text(t, &setup, &b);
	ck_assert_str_eq(b.size > 0 ? b.data : "", want);
	buf_free(&b);
}

static const char all[] =
	"choices drawn\n"
	"length 2s\n"
	"at 1s for 500ms partition 0|1,2\n"
	"fault 7 at 2s for 1ms kill 2\n"
	"at 0s client 0 node 1: write key 3 value 7\n"
	"at 10ms client 1 node 2: read key -3\n"
	"at 10ms client 0 node 0: write value [1 -2 3]\n"
	"finally at 5us client 1 node 0: write value \"a # \\\"b\\\"\\n\"\n"
	"message query 1 from node 0 to node 2 is lost\n"
	"message update 12 from node 2 to node 0 takes 1500us\n"
	"message request 1 from client 1 to node 0 takes 3ms again 5ms\n"
	"message reply 2 from node 0 to client 0 takes 0s passed\n"
	"start 1 of node 2 takes 1700us\n"
	"random 3 of node 1 boot 0 is 18446744073709551615\n"
	"choice disk of node 1 boot 2 is 5\n";

START_TEST(a_text_comes_back_as_it_was)
{
	struct arena a = { 0 };
	struct tape t;

	read_it(all, &a, &t);
	says(&t, all);
	ck_assert_uint_eq(t.seed, 7);
	ck_assert_uint_eq(t.nodes, 3);
	ck_assert_uint_eq(t.clients, 2);
	ck_assert(t.drawn && t.final);
	ck_assert_int_eq(tape_faults_end(&t), 2001000000);
	tape_drop(&t);
	arena_free(&a);
}
END_TEST

START_TEST(what_is_written_in_any_order_is_put_in_order)
{
	struct arena a = { 0 };
	struct tape t;

	read_it("# first the end\n"
		"finally\n"
		"at 2s client 0 node 0: read   # the last\n"
		"\n"
		"  at 1s client 1 node 1: read\n"
		"at 1s for 1s kill 1\n"
		"at 1s client 0 node 2: read\n"
		"at 0 for 1s pause 0\n", &a, &t);
	says(&t, "at 0s for 1s pause 0\n"
	     "at 1s for 1s kill 1\n"
	     "at 1s client 1 node 1: read\n"
	     "at 1s client 0 node 2: read\n"
	     "at 2s client 0 node 0: read\n"
	     "finally\n");
	tape_drop(&t);
	arena_free(&a);
}
END_TEST

START_TEST(a_cell_gets_what_was_sent)
{
	struct arena a = { 0 }, other = { 0 };
	struct fr_err err = { 0 };
	struct tape t, got;
	struct buf b;
	size_t size;

	read_it(all, &a, &t);
	buf_init(&b, 1 << 20);
	tape_put(&b, &t);
	ck_assert_int_eq(tape_get(b.data, b.size, &other, &got, &err), 0);
	says(&got, all);
	/* A part of it is none, and crashes nothing. */
	for (size = 0; size < b.size; size++)
		ck_assert_int_eq(tape_get(b.data, size, &other, &got, NULL),
				 -1);
	/* Nor does one that names what is not there. */
	t.ops[0].node = 3;
	buf_clear(&b);
	tape_put(&b, &t);
	ck_assert_int_eq(tape_get(b.data, b.size, &other, &got, NULL), -1);
	buf_free(&b);
	tape_drop(&t);
	arena_free(&a);
	arena_free(&other);
}
END_TEST

static const struct {
	const char *text, *want;
} wrong[] = {
	{ "at 5 client 0 node 0: read", "t:1:4: " },
	{ "at 5ms client 2 node 0: read", "t:1:15: " },
	{ "at 5ms client 0 node 3: read", "t:1:22: " },
	{ "at 5ms client 0 node 0 read", "t:1:24: 'read' stands where ':'" },
	{ "at 5ms client 0 node 0: raed",
	  "t:1:25: there is no operation 'raed'; did you mean 'read'?" },
	{ "at 5ms client 0 node 0: cas",
	  "t:1:25: the protocol does not answer 'cas'" },
	{ "at 5ms client 0 node 0: write value x",
	  "t:1:37: 'x' is no value" },
	{ "at 5ms client 0 node 0: write value \"x",
	  "t:1:37: the text that begins here has no end" },
	{ "at 5ms client 0 node 0: write value [1 x]", "t:1:37: " },
	{ "at 5ms client 0 node 0: read 7", "t:1:30: '7' is too much" },
	{ "at 5ms kill 0", "t:1:8: behind the time stands 'client'" },
	{ "\n\nat 5ms for 1s kil 0", "t:3:15: there is no fault 'kil'" },
	{ "at 5ms for 1s kill 3", "t:1:20: kill: " },
	{ "finally at 5ms for 1s kill 2", "t:1:16: behind the time" },
	{ "message qeury 1 from node 0 to node 1 is lost",
	  "t:1:9: there is no message 'qeury'; did you mean 'query'?" },
	{ "message query 0 from node 0 to node 1 is lost", "t:1:15: " },
	{ "message query 1 from node 0 to node 0 is lost", "t:1:9: " },
	{ "message query 1 from client 0 to node 1 is lost",
	  "t:1:9: what goes from there to there is a 'request'" },
	{ "message request 1 from client 0 to client 1 is lost", "t:1:9: " },
	{ "message query 1 from node 0 to node 1 is late",
	  "t:1:42: 'late' stands where 'lost' should" },
	{ "message query 1 from node 0 to node 1 takes 1ms twice",
	  "t:1:49: 'twice' is nothing that happens" },
	{ "random 1 of node 0 boot 0 is many", "t:1:30: a number" },
	{ "choices dull", "t:1:9: 'dull' stands where 'drawn' should" },
	{ "nodes 3", "t:1:1: 'nodes' begins no line" },
	{ "message query 1 from node 0 to node 1 is lost\n"
	  "message query 1 from node 0 to node 1 takes 1ms",
	  "two lines say" },
};

START_TEST(what_is_wrong_is_named_with_its_place)
{
	struct fr_err err = { 0 };
	struct arena a = { 0 };
	struct tape t;

	ck_assert_int_eq(tape_read(wrong[_i].text, "t", &setup, &a, &t,
				   &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_msg(strncmp(err.text, wrong[_i].want,
			      strlen(wrong[_i].want)) == 0, "got: %s\nwant: %s",
		      err.text, wrong[_i].want);
	ck_assert_ptr_null(strchr(err.text, '\n'));
	arena_free(&a);
}
END_TEST

/* ---- fingerprints --------------------------------------------------------------------- */

static const char *
print_of(struct arena *a, const char *word, const char *reason)
{
	const struct run_result r = {
		.verdict = VERDICT_INVALID, .violation = word,
		.reason = reason,
	};

	return fingerprint(a, &r);
}

START_TEST(one_mistake_has_one_fingerprint)
{
	const struct run_result valid = { .verdict = VERDICT_VALID };
	struct arena a = { 0 };
	const char *print = print_of(&a, "stale-read", "key 1: (client 0: "
		"read key 1 -> 297) has no place among 3 other operations");

	ck_assert_ptr_null(fingerprint(&a, &valid));
	ck_assert_str_eq(print, "stale-read: key #: (client #: read key # -> "
			 "#) has no place");
	/* Another number of operations, another value, none. */
	ck_assert_str_eq(print, print_of(&a, "stale-read", "key 0: (client 12:"
		" read key 0 -> nil) has no place among 1 other operation"));
	ck_assert_str_eq(print, print_of(&a, "stale-read", "key 0: (client 1: "
		"read key 0 -> -1) was over before (client 2: read key 0 -> "
		"nil) was called"));
	/* Another kind, another operation. */
	ck_assert_str_ne(print, print_of(&a, "order", "key 1: (client 0: "
		"read key 1 -> 297) has no place among 3 other operations"));
	ck_assert_str_ne(print, print_of(&a, "stale-read", "key 1: (client 0: "
		"write key 1 297 -> ok) has no place among 3 other "
		"operations"));
	ck_assert_str_eq(print_of(&a, "crash", "node 1 ended by itself: killed "
				  "by SIGSEGV at 0.125s, nilpotent"),
			 "crash: node # ended by itself: killed by SIGSEGV at "
			 "#s, nilpotent");
	arena_free(&a);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tape");
	TCase *text = tcase_create("text"), *print = tcase_create("print");
	SRunner *runner;
	int failed;

	tcase_add_test(text, a_text_comes_back_as_it_was);
	tcase_add_test(text, what_is_written_in_any_order_is_put_in_order);
	tcase_add_test(text, a_cell_gets_what_was_sent);
	tcase_add_loop_test(text, what_is_wrong_is_named_with_its_place, 0,
			    sizeof wrong / sizeof *wrong);
	tcase_add_test(print, one_mistake_has_one_fingerprint);
	suite_add_tcase(suite, text);
	suite_add_tcase(suite, print);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
