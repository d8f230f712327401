/* SPDX-License-Identifier: MIT */
/*
 * Foreign histories: what is read, what becomes of processes, keys and values,
 * what is refused and where, and that what is written is read back the same.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fracas/txn.h>

#include "checker/checker.h"
#include "checker/import.h"
#include "checker/values.h"

static struct imported
good(const char *text, const char *format)
{
	struct imported i;
	struct fr_err err = { 0 };

	ck_assert_msg(import_text("good", text, strlen(text), NULL, &i,
				  &err) == 0, "%s", err.text);
	ck_assert_str_eq(i.format, format);
	return i;
}

static void
bad(const char *text, const char *format, const char *message)
{
	struct imported i, untouched;
	struct fr_err err = { 0 };

	memset(&i, 0x5a, sizeof i);
	untouched = i;
	ck_assert_int_eq(import_text("f", text, strlen(text), format, &i,
				     &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_str_eq(err.text, message);
	ck_assert_mem_eq(&i, &untouched, sizeof i);
}

static enum verdict_kind
judge(const struct imported *i, const char *model)
{
	struct check_config c = { .op_names = i->op_names,
				  .op_count = i->op_count, .model = model };
	struct fr_err err = { 0 };
	enum verdict_kind kind;
	struct verdict v;

	ck_assert_msg(check_linearizable(&i->h, &c, &v, &err) == 0, "%s",
		      err.text);
	kind = v.kind;
	verdict_free(&v);
	return kind;
}

/* ---- what is read -------------------------------------------------------- */

static void
is_write_read_and_cas(const struct imported *i)
{
	const struct fr_operation *op = i->h.ops;

	ck_assert_uint_eq(i->h.op_count, 3);
	ck_assert_uint_eq(i->op_count, 3);
	ck_assert_str_eq(i->op_names[op[0].f], "write");
	ck_assert_str_eq(i->op_names[op[1].f], "read");
	ck_assert_str_eq(i->op_names[op[2].f], "cas");
	ck_assert_int_eq(op[0].value.u.number, -3);
	ck_assert_uint_eq(op[0].outcome, FR_OK);
	ck_assert_uint_eq(op[1].outcome, FR_OK);
	ck_assert_uint_eq(op[1].value.kind, FR_NIL);
	ck_assert_int_eq(op[1].result.u.number, -3);
	ck_assert_uint_eq(op[2].outcome, FR_INFO);
	ck_assert_uint_eq(op[2].value.kind, FR_LIST);
	ck_assert_int_eq(op[2].value.u.list[0], -3);
	ck_assert_int_eq(op[2].value.u.list[1], 4);
	/* invoke write, invoke read, ok write, ok read, invoke cas */
	ck_assert_uint_eq(op[0].call_rank, 0);
	ck_assert_uint_eq(op[1].call_rank, 1);
	ck_assert_uint_eq(op[0].end_rank, 2);
	ck_assert_uint_eq(op[1].end_rank, 3);
	ck_assert_uint_eq(op[2].call_rank, 4);
	ck_assert_uint_eq(op[2].end_rank, UINT64_MAX);
	ck_assert_int_eq(op[2].ended, INT64_MAX);
	ck_assert_str_eq(i->model, "register");
	ck_assert_uint_eq(i->h.clients, 2);
	ck_assert(!i->timed && !i->pairs);
}

START_TEST(the_same_history_in_each_format)
{
	struct imported i;

	i = good("; a comment\n"
		 "[{:process 0, :type :invoke, :f :write, :value -3}\n"
		 " {:value [:a {:b #{1}}] :process :nemesis :type :info}\n"
		 " {:type :invoke :process 1 :f :read :value nil, "
		 ":error [:x \"}\" \\a #{1}]}\n"
		 " {:process 0, :type :ok, :f :write, :value -3}\n"
		 " #jepsen.history.Op{:value -3 :process 1 :type :ok :f :read}"
		 "#_{:process 9} #_ #_ 1 [2]\n"
		 " {:process 0 :type :invoke :f :cas :value [-3 4]}\n"
		 " {:process 0 :type :info :f :cas :value :timed-out}]\n",
		 "edn");
	is_write_read_and_cas(&i);
	import_free(&i);
	i = good("INFO  jepsen.util - 0\t:invoke\t:write\t-3\n"
		 "INFO  jepsen.core - Everything is fine\n"
		 "INFO  jepsen.util - 1\t:invoke\t:read\tnil\r\n"
		 "INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n"
		 "INFO  jepsen.util - 0   :ok    :write  -3\n"
		 "INFO  jepsen.util - 1\t:ok\t:read\t-3\n"
		 "INFO  jepsen.util - 0\t:invoke\t:cas\t[-3 4]\n"
		 "INFO  jepsen.util - 0\t:info\t:cas\t:timed-out",
		 "jepsen-log");
	is_write_read_and_cas(&i);
	import_free(&i);
	i = good("{\"process\":0,\"type\":\"invoke\",\"f\":\"write\","
		 "\"value\":-3}\n"
		 "{\"value\":{\"a\":1},\"process\":\"nemesis\","
		 "\"type\":\"info\"}\n"
		 "{\"type\":\"invoke\", \"more\":{\"a\":[1.5e-3,null,\"]\"],"
		 "\"b\":{}},\"process\":1,\"f\":\"read\",\"value\":null}\n"
		 "{\"process\":0,\"type\":\"ok\",\"f\":\"write\"}\n"
		 "{\"value\":-3, \"type\":\"ok\" ,\"f\":\"read\","
		 "\"process\":1 }\n"
		 "{\"process\":0,\"type\":\"invoke\",\"f\":\"cas\","
		 "\"value\":[-3, 4]}\n", "jsonl");
	is_write_read_and_cas(&i);
	import_free(&i);
}
END_TEST

START_TEST(formats_are_guessed)
{
	static const char *const texts[][2] = {
		{ "{:process 0 :type :invoke :f :read}", "edn" },
		{ "#jepsen.Op{:process 0 :type :invoke :f :read}", "edn" },
		{ "\n , ({:process 0 :type :invoke :f :read})", "edn" },
		{ "[ {:process 0 :type :invoke :f :read} ]", "edn" },
		{ "{:process 0, :type :invoke, :f :get, :key \"0\"}\n",
		  "porcupine-kv" },
		{ "{ \"process\":0,\"type\":\"invoke\",\"f\":\"read\"}",
		  "jsonl" },
		{ "[\n{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}]",
		  "jsonl" },
		{ "DEBUG jepsen.util - 0\t:invoke\t:read\tnil", "jepsen-log" },
		{ "2026-01-31 12:00:00,000 INFO jepsen.util: 0\t:invoke\t:read"
		  "\tnil\n", "jepsen-log" },
	};
	struct imported i;
	size_t k;

	for (k = 0; k < sizeof texts / sizeof texts[0]; k++) {
		i = good(texts[k][0], texts[k][1]);
		ck_assert_uint_eq(i.h.op_count, 1);
		ck_assert_uint_eq(i.h.ops[0].outcome, FR_INFO);
		import_free(&i);
	}
}
END_TEST

START_TEST(models_are_guessed)
{
	static const char *const words[][2] = {
		{ "read", "register" }, { "cas", "register" },
		{ "enqueue", "queue" }, { "push", "stack" }, { "put", "kv" },
		{ "acquire", "mutex" }, { "transfer", "bank" },
		{ "append", "log" }, { "inc", "counter" },
		{ "contains", "set" }, { "txn", "rw-register" },
	};
	struct imported i;
	char *text;
	size_t k;

	for (k = 0; k < sizeof words / sizeof words[0]; k++) {
		text = mem_format("{:process 0 :type :invoke :f :%s}",
				  words[k][0]);
		i = good(text, "edn");
		ck_assert_str_eq(i.model, words[k][1]);
		import_free(&i);
		free(text);
	}
	i = good("{:process 0 :type :invoke :f :frobnicate}", "edn");
	ck_assert_ptr_null(i.model);
	import_free(&i);
}
END_TEST

START_TEST(texts_are_unescaped)
{
	struct imported i = good(
		"{:process 7, :type :invoke, :f :append, :key \"12\", :value "
		"\"a\\\"b\\n\\u00e4\", :time 5}\n"
		"{:process 7, :type :ok, :f :append, :key \"12\", :value "
		"\"a\\\"b\\n\\u00e4\", :time 9}\n"
		"{:process 7, :type :invoke, :f :get, :key \"12\", :value nil"
		" :time 9}", "porcupine-kv");
	const struct fr_operation *op = i.h.ops;

	ck_assert_int_eq(op[0].key, 12);
	ck_assert_int_eq(op[1].key, 12);
	ck_assert_uint_eq(i.keys.count, 0);
	ck_assert(i.timed);
	ck_assert_int_eq(op[0].called, 5);
	ck_assert_int_eq(op[0].ended, 9);
	ck_assert_uint_eq(op[0].client, 7);
	ck_assert_uint_eq(op[0].value.count, 6);
	ck_assert_mem_eq(op[0].value.u.bytes, "a\"b\n\xc3\xa4", 6);
	ck_assert_str_eq(i.model, "kv");
	import_free(&i);
	i = good("[{\"process\":1,\"type\":\"invoke\",\"f\":\"put\",\"key\":3,"
		 "\"value\":\"\\u00e4\\ud83d\\ude00\\/\\u0000\",\"client\":2,"
		 "\"node\":1,\"final\":true}]", "jsonl");
	op = i.h.ops;
	ck_assert_int_eq(op[0].key, 3);
	ck_assert_uint_eq(op[0].client, 2);
	ck_assert_uint_eq(op[0].node, 1);
	ck_assert_uint_eq(op[0].phase, FR_PHASE_FINAL);
	ck_assert_uint_eq(i.h.nodes, 2);
	ck_assert_uint_eq(op[0].value.count, 8);
	ck_assert_mem_eq(op[0].value.u.bytes, "\xc3\xa4\xf0\x9f\x98\x80/\0",
			 8);
	import_free(&i);
}
END_TEST

START_TEST(maps_sets_and_bytes_are_values)
{
	static const int64_t balances[] = { 10, 20, 30 };
	static const int64_t transfer[] = { 2, 0, 5 };
	struct imported i = good(
		"{:process 0 :type :invoke :f :transfer :value {:amount 5 :from"
		" 2 :to 0}} {:process 1 :type :invoke :f :read}"
		"{:process 1 :type :ok :f :read :value {2 30, 0 10, 1 20}}"
		"{:process 2 :type :invoke :f :x :value #{1 2}}"
		"{:process 3 :type :invoke :f :x :value #fracas/hex \"00fF\"}"
		"{:process 4 :type :invoke :f :x :value :word}"
		"{:process 5 :type :invoke :f :x :value true}"
		"{:process 6 :type :invoke :f :x :value 5N}", "edn");
	const struct fr_operation *op = i.h.ops;

	ck_assert_mem_eq(op[0].value.u.list, transfer, sizeof transfer);
	ck_assert_uint_eq(op[1].result.count, 3);
	ck_assert_mem_eq(op[1].result.u.list, balances, sizeof balances);
	ck_assert_uint_eq(op[2].value.count, 2);
	ck_assert_uint_eq(op[3].value.kind, FR_BYTES);
	ck_assert_mem_eq(op[3].value.u.bytes, "\0\xff", 2);
	ck_assert_mem_eq(op[4].value.u.bytes, "word", 4);
	ck_assert_int_eq(op[5].value.u.number, 1);
	ck_assert_int_eq(op[6].value.u.number, 5);
	import_free(&i);
}
END_TEST

START_TEST(transactions_become_one_list)
{
	static const int64_t asked[] = {
		FR_TXN_WRITE, 1, 2, FR_TXN_LIST, 3, 0
	};
	static const int64_t got[] = {
		FR_TXN_WRITE, 1, 2, FR_TXN_LIST, 3, 2, 5, 6
	};
	struct imported i = good(
		"{:process 0 :type :invoke :f :txn :value [[:append 1 2] "
		"[:r 3 nil]]}\n"
		"{:process 0 :type :ok :f :txn :value [[:append 1 2] "
		"[:r 3 [5 6]]]}\n", "edn");

	ck_assert_uint_eq(i.h.ops[0].value.count, 6);
	ck_assert_mem_eq(i.h.ops[0].value.u.list, asked, sizeof asked);
	ck_assert_str_eq(i.model, "list-append");
	ck_assert_uint_eq(i.h.ops[0].result.count, 8);
	ck_assert_mem_eq(i.h.ops[0].result.u.list, got, sizeof got);
	import_free(&i);
	i = good("{\"process\":0,\"type\":\"invoke\",\"f\":\"txn\",\"value\":"
		 "[[\"w\",1,2],[\"r\",1]]}\n", "jsonl");
	ck_assert_uint_eq(i.h.ops[0].value.count, 6);
	ck_assert_int_eq(i.h.ops[0].value.u.list[3], FR_TXN_READ);
	ck_assert(i.h.ops[0].value.u.list[5] == FR_TXN_NIL);
	import_free(&i);
	/* Keys that are texts are the same key where they are the same. */
	i = good("{:process 0 :type :invoke :f :txn :value [[:w :x 2] "
		 "[:r \"x\" nil] [:r :y nil]]}\n", "edn");
	ck_assert_int_eq(i.h.ops[0].value.u.list[1], 0);
	ck_assert_int_eq(i.h.ops[0].value.u.list[4], 0);
	ck_assert_int_eq(i.h.ops[0].value.u.list[7], 1);
	ck_assert_str_eq(i.keys.at[1], "y");
	import_free(&i);
}
END_TEST

/* ---- keys ---------------------------------------------------------------- */

START_TEST(keys_that_are_texts_never_meet_numbers)
{
	struct imported i = good(
		"{:process 0 :type :invoke :f :read :key \"b\"}"
		"{:process 1 :type :invoke :f :read :key 7}"
		"{:process 2 :type :invoke :f :read :key \"a\"}"
		"{:process 3 :type :invoke :f :read :key \"b\"}"
		"{:process 4 :type :invoke :f :read :key \"07\"}"
		"{:process 5 :type :invoke :f :read :key nil}"
		"{:process 6 :type :invoke :f :read :key \"7\"}",
		"porcupine-kv");
	const struct fr_operation *op = i.h.ops;

	ck_assert_int_eq(op[0].key, 8);
	ck_assert_int_eq(op[1].key, 7);
	ck_assert_int_eq(op[2].key, 9);
	ck_assert_int_eq(op[3].key, 8);
	ck_assert_int_eq(op[4].key, 10);
	ck_assert(op[5].key == FR_NO_KEY);
	ck_assert_int_eq(op[6].key, 7);
	ck_assert_int_eq(i.keys.first, 8);
	ck_assert_uint_eq(i.keys.count, 3);
	ck_assert_str_eq(i.keys.at[0], "b");
	ck_assert_str_eq(i.keys.at[2], "07");
	import_free(&i);
	/* The greatest number there is leaves no room behind it. */
	i = good("{:process 0 :type :invoke :f :read :key \"b\"}"
		 "{:process 1 :type :invoke :f :read :key 9223372036854775807}",
		 "porcupine-kv");
	ck_assert_int_eq(i.h.ops[0].key, i.keys.first);
	ck_assert_int_eq(i.h.ops[1].key, INT64_MAX);
	ck_assert_int_lt(i.keys.first, 0);
	import_free(&i);
}
END_TEST

START_TEST(many_keys_stay_apart)
{
	struct imported i;
	struct buf b;
	int k;

	buf_init(&b, 1 << 22);
	for (k = 0; k < 5000; k++)
		buf_printf(&b, "{:process %d :type :invoke :f :read :key "
			   "\"k%d\"}\n", k, k % 2500);
	i = good(b.data, "porcupine-kv");
	ck_assert_uint_eq(i.keys.count, 2500);
	for (k = 0; k < 5000; k++)
		ck_assert_int_eq(i.h.ops[k].key, k % 2500);
	import_free(&i);
	buf_free(&b);
}
END_TEST

START_TEST(a_pair_of_key_and_value_makes_each_value_one)
{
	struct imported i = good(
		"{:process 0 :type :invoke :f :write :value [1 5]}"
		"{:process 0 :type :ok :f :write :value [1 5]}"
		"{:process 0 :type :invoke :f :cas :value [1 [5 6]]}"
		"{:process 0 :type :info :f :cas :value :timed-out}"
		"{:process 1 :type :invoke :f :read :value [1 nil]}"
		"{:process 1 :type :ok :f :read :value [1 6]}", "edn");
	const struct fr_operation *op = i.h.ops;
	int k;

	ck_assert(i.pairs);
	for (k = 0; k < 3; k++)
		ck_assert_int_eq(op[k].key, 1);
	ck_assert_uint_eq(op[0].value.kind, FR_INT);
	ck_assert_int_eq(op[0].value.u.number, 5);
	ck_assert_int_eq(op[0].result.u.number, 5);
	ck_assert_int_eq(op[1].value.u.list[1], 6);
	ck_assert_uint_eq(op[2].value.kind, FR_NIL);
	ck_assert_int_eq(op[2].result.u.number, 6);
	ck_assert_int_eq(judge(&i, "register"), VERDICT_VALID);
	import_free(&i);
	/* Without a doubtless one it is a list, as a cas has it. */
	i = good("{:process 0 :type :invoke :f :cas :value [1 5]}", "edn");
	ck_assert(!i.pairs && i.h.ops[0].key == FR_NO_KEY);
	ck_assert_uint_eq(i.h.ops[0].value.kind, FR_LIST);
	import_free(&i);
}
END_TEST

/* ---- processes ----------------------------------------------------------- */

START_TEST(a_process_goes_on_as_another_after_an_info)
{
	struct imported i = good(
		"{:process 4 :type :invoke :f :write :value 1}"
		"{:process 4 :type :info :f :write :value 1}"
		"{:process 9 :type :invoke :f :write :value 3}"
		"{:process 4 :type :invoke :f :write :value 2}"
		"{:process 4 :type :ok :f :write :value 2}"
		"{:process -1 :type :invoke :f :write :value 2}", "edn");
	const struct fr_operation *op = i.h.ops;

	ck_assert_uint_eq(op[0].process, 4);
	ck_assert_uint_eq(op[1].process, 9);
	ck_assert_uint_eq(op[2].process, 10);
	ck_assert_uint_eq(op[3].process, 11);
	ck_assert_uint_eq(op[0].client, op[2].client);
	import_free(&i);
}
END_TEST

/* The verdict flips when an info is taken for something else.  With it as it
 * is, and made into an ok (at the info), into a fail, or left out: */
static void
flips(const char *text, enum verdict_kind right, enum verdict_kind as_ok,
      enum verdict_kind as_fail)
{
	struct imported i = good(text, "edn");
	struct fr_operation *op = NULL;
	uint64_t k;

	ck_assert_int_eq(judge(&i, "register"), right);
	for (k = 0; k < i.h.op_count; k++)
		if (i.ops[k].outcome == FR_INFO)
			op = &i.ops[k];
	ck_assert_ptr_nonnull(op);
	op->outcome = FR_FAIL;
	op->end_rank = op->call_rank + 1;
	ck_assert_int_eq(judge(&i, "register"), as_fail);
	op->outcome = FR_OK;
	ck_assert_int_eq(judge(&i, "register"), as_ok);
	k = (uint64_t)(op - i.ops);
	memmove(op, op + 1, (i.h.op_count - k - 1) * sizeof *op);
	i.h.op_count--;
	ck_assert_int_eq(judge(&i, "register"), as_fail);
	import_free(&i);
}

START_TEST(an_info_is_neither_ok_nor_fail_nor_nothing)
{
	flips("{:process 0 :type :invoke :f :write :value 1}"
	      "{:process 0 :type :info :f :write}"
	      "{:process 1 :type :invoke :f :read}"
	      "{:process 1 :type :ok :f :read :value 1}",
	      VERDICT_VALID, VERDICT_VALID, VERDICT_INVALID);
	flips("{:process 0 :type :invoke :f :write :value 1}"
	      "{:process 0 :type :ok :f :write}"
	      "{:process 1 :type :invoke :f :write :value 2}"
	      "{:process 1 :type :info :f :write}"
	      "{:process 2 :type :invoke :f :read}"
	      "{:process 2 :type :ok :f :read :value 1}",
	      VERDICT_VALID, VERDICT_INVALID, VERDICT_VALID);
	flips("{:process 0 :type :invoke :f :write :value 1}"
	      "{:process 0 :type :ok :f :write}"
	      "{:process 1 :type :invoke :f :write :value 2}"
	      "{:process 1 :type :info :f :write}"
	      "{:process 2 :type :invoke :f :read}"
	      "{:process 2 :type :ok :f :read :value 1}"
	      "{:process 2 :type :invoke :f :read}"
	      "{:process 2 :type :ok :f :read :value 2}",
	      VERDICT_VALID, VERDICT_INVALID, VERDICT_INVALID);
}
END_TEST

/* ---- what is refused ----------------------------------------------------- */

START_TEST(errors_name_line_and_column)
{
	bad("", NULL, "f:1:1: the file is empty");
	bad("{} {:process 0 :type :invoke}", NULL,
	    "f:1:1: an event without a process");
	bad("{:process 0 :type :ok}", NULL, "f:1:1: an event without an f");
	bad("{:process 0 :f :w}", NULL, "f:1:1: an event without a type "
	    "(invoke, ok, fail or info)");
	bad("[{:process 0 :type :invoke :f :w :value [1 2}]", NULL,
	    "f:1:45: a list holds whole numbers, not \"}]\"");
	bad("{:process 0 :type :invoke :f :w :value [[r 1 [[r 1 2]]]]}", NULL,
	    "f:1:47: a list holds whole numbers, not \"[r 1 2]]]]}\"");
	bad("[{:process 0 :type :invoke :f :w}", NULL,
	    "f:1:1: a list of events that does not end");
	bad("[] {}", "edn", "f:1:4: something behind the end: \"{}\"");
	bad("{:process 0 :type :invoke :f :w :value \"abc", NULL,
	    "f:1:40: a text that does not end");
	bad("{:process 0 :type :invoke :f :w :value \"\\q\"}", NULL,
	    "f:1:41: no such escape in a text: \"\\q\"}\"");
	bad("{:process 0 :x [1 (2]}", NULL,
	    "f:1:21: this closes what was opened with (");
	bad("{:process 0 :x}", NULL, "f:1:15: a value is missing");
	bad("{:process 0 :type :invoke :f :w :value {0 1, 2 3}}", NULL,
	    "f:1:40: a map of numbers has the keys 0 to n - 1, each once");
	bad("{:process 0 :type :invoke :f :w :value {:from 1}}", NULL,
	    "f:1:40: a map with names has from, to and amount, each once");
	bad("{:process 0 :type :invoke :f :w :value #fracas/hex \"abc\"}",
	    NULL, "f:1:52: two hexadecimal digits make a byte, and here is an "
	    "odd number");
	bad("{:process 0 :type :invoke :f :w :value #inst \"2026\" 5}", NULL,
	    "f:1:54: a value is missing");
	bad("{:process 0 :type :invoke :f :w :key 1 :value [1 nil]}", NULL,
	    "f:1:1: an event with a key of its own and a value [key value]");
	bad("{:process 0 :type :invoke :f :w :key -9223372036854775808}", NULL,
	    "f:1:38: a key that is too small: -9223372036854775808");
	bad("{:process 0 :type :invoke :f :w :time 1}\n"
	    "{:process 0 :type :ok :f :w}", NULL,
	    "f:2:1: an event without a time, after others with one");
	bad("INFO  jepsen.util - 0\t:invoke\t:w\t1\nnonsense\n", NULL,
	    "f:2:1: a line of a log begins with INFO, WARN or ERROR, or with "
	    "a date, not \"nonsense\"");
	bad("INFO  jepsen.util - 0\t:invoke", NULL,
	    "f:1:30: an f is a keyword, not the end of the line");
	bad("INFO  jepsen.util - 0\t:invoke\t:w", NULL,
	    "f:1:33: a value is missing");
	bad("INFO  jepsen.util - 0\t:invoke\t:w\t1 2", NULL,
	    "f:1:36: something behind the value: \"2\"");
	bad("INFO  jepsen.util - x\t:invoke\t:w\t1", NULL,
	    "f:1:21: a process is a whole number, not \"x?:invoke?:w?1\"");
	bad("INFO  jepsen.util - 0\t:invoke\t:w\t\"a\nINFO  b\"\n", NULL,
	    "f:1:34: a text that does not end");
	bad("{\"process\":0,\"type\":\"invoke\"\"f\":\"w\"}", NULL,
	    "f:1:29: a comma or } belongs here, not \"\"f\":\"w\"}\"");
	bad("{\"process\":0,\"value\":\"\\x\",\"type\":\"invoke\",\"f\":"
	    "\"w\"}", NULL, "f:1:23: no such escape in a text: "
	    "\"\\x\",\"type\":\"invoke\",\"");
	bad("{\"process\":0", NULL, "f:1:1: an object that does not end");
	bad("{\"process\":0,\"x\":[1,}", NULL,
	    "f:1:21: no value is written \"}\"");
	bad("{\"process\":0,\"x\":01x}", NULL,
	    "f:1:20: a comma or } belongs here, not \"x}\"");
	bad("{\"process\":0,\"type\":\"invoke\",\"f\":\"w\",\"value\":[[\"r\""
	    ",1,[[\"r\",1]]]]}", NULL,
	    "f:1:55: a list holds whole numbers, not \"[\"r\",1]]]]}\"");
	bad("x", "ednn", "format ednn: there is no such one; did you mean "
	    "edn; it is auto, edn, porcupine-kv, jepsen-log or jsonl");
}
END_TEST

/* What fuzzing found: places that are not in the file, and nothing at all. */
START_TEST(escaped_and_empty_things_have_their_place_too)
{
	struct imported i;

	bad("{\"process\":0,\"type\":\"invoke\",\"f\":\"w\",\"value\":{\"hex\""
	    ":\"0\\u0066\\f8\"}}", NULL,
	    "f:1:53: not all of these are hexadecimal digits: "
	    "\"\"0\\u0066\\f8\"}}\"");
	bad("{\"process\":0,\"type\":\"invoke\",\"f\":\"w\",\"value\":[[\""
	    "\\u0078\",1]]}", NULL, "f:1:47: a micro-operation is r, w or "
	    "append, not \"[\"\\u0078\",1]]}\"");
	bad("{\"process\":0,\"type\":\"invoke\",\"f\":\"w\",\"value\":{"
	    "\"\\u0035.5\":1}}", NULL, "f:1:47: a map with names has from, to "
	    "and amount, each once");
	bad("{:process 0 :type :invoke :f :w :value {0 1, :from 0 :to 1 "
	    ":amount 5}}", NULL,
	    "f:1:40: a map has names or numbers, not both");
	i = good("{\"process\":0,\"type\":\"invoke\",\"f\":\"w\",\"value\":\""
		 "\"}\n{\"process\":1,\"type\":\"invoke\",\"f\":\"w\","
		 "\"value\":[]}\n{\"process\":2,\"type\":\"invoke\",\"f\":"
		 "\"w\",\"value\":{}}", "jsonl");
	ck_assert_uint_eq(i.h.ops[0].value.kind, FR_BYTES);
	ck_assert_ptr_nonnull(i.h.ops[0].value.u.bytes);
	ck_assert_uint_eq(i.h.ops[1].value.kind, FR_LIST);
	ck_assert_ptr_nonnull(i.h.ops[1].value.u.list);
	ck_assert_uint_eq(i.h.ops[2].value.kind, FR_LIST);
	ck_assert_uint_eq(i.h.ops[2].value.count, 0);
	import_free(&i);
}
END_TEST

START_TEST(there_is_a_limit_to_names)
{
	struct imported i;
	struct fr_err err;
	struct buf b;
	int k;

	buf_init(&b, 1 << 20);
	for (k = 0; k < 257; k++)
		buf_printf(&b, "{:process %d :type :invoke :f :f%d}\n", k, k);
	ck_assert_int_eq(import_text("f", b.data, b.size, NULL, &i, &err), -1);
	ck_assert_str_eq(err.text,
			 "f:257:1: more than 256 kinds of operations");
	buf_free(&b);
}
END_TEST

START_TEST(depth_costs_no_stack)
{
	static const char *const before[] = {
		"{:process 0 :x ", "{\"process\":0,\"x\":",
		"{:process 0 :type :invoke :f :w :value ",
	};
	size_t size = 4000000, k;
	char *text = malloc(size + 64);
	struct imported i;
	struct fr_err err;

	ck_assert_ptr_nonnull(text);
	for (k = 0; k < 3; k++) {
		strcpy(text, before[k]);
		memset(text + strlen(before[k]), '[', size);
		ck_assert_int_eq(import_text("f", text, size, NULL, &i, &err),
				 -1);
	}
	memset(text, ' ', size);
	for (k = 0; k + 2 < size; k += 2)
		memcpy(text + k, "#_", 2);
	ck_assert_int_eq(import_text("f", text, size, "edn", &i, &err), -1);
	free(text);
}
END_TEST

/* ---- there and back ------------------------------------------------------ */

static int
add_part(void *to, const char *data, size_t size)
{
	buf_add(to, data, size);
	return 0;
}

static int
refuse(void *to, const char *data, size_t size)
{
	(void)to;
	(void)data;
	(void)size;
	return 1;
}

START_TEST(what_is_written_is_plain_to_read)
{
	struct imported i = good(
		"{:process 0 :type :invoke :f :txn :key :k :value [["
		":append 1 2] [:r 3 nil]] :time 4}"
		"{:process 0 :type :ok :f :txn :value [[:append 1 2] [:r 3 "
		"[]]] :time 5}"
		"{:process 1 :type :invoke :f \"odd name\" :value \"a\\\"b\" "
		":time 6}"
		"{:process 1 :type :fail :f \"odd name\" :time 7}",
		"porcupine-kv");
	struct fr_err err = { 0 };
	struct buf b;

	buf_init(&b, 1 << 20);
	ck_assert_int_eq(export_history(&i.h, i.op_names, i.op_count, &i.keys,
					"jsonl", add_part, &b, &err), 0);
	ck_assert_str_eq(b.data,
		"{\"process\":0,\"type\":\"invoke\",\"f\":\"txn\",\"key\":\"k\""
		",\"value\":[[\"append\",1,2],[\"r\",3,[]]],\"time\":4,"
		"\"client\":0,\"node\":0}\n"
		"{\"process\":0,\"type\":\"ok\",\"f\":\"txn\",\"key\":\"k\","
		"\"value\":[[\"append\",1,2],[\"r\",3,[]]],\"time\":5}\n"
		"{\"process\":1,\"type\":\"invoke\",\"f\":\"odd name\","
		"\"value\":\"a\\\"b\",\"time\":6,\"client\":1,\"node\":0}\n"
		"{\"process\":1,\"type\":\"fail\",\"f\":\"odd name\","
		"\"value\":\"a\\\"b\",\"time\":7}\n");
	buf_clear(&b);
	ck_assert_int_eq(export_history(&i.h, i.op_names, i.op_count, &i.keys,
					"edn", add_part, &b, &err), 0);
	ck_assert_str_eq(b.data,
		"{:process 0, :type :invoke, :f :txn, :key \"k\", :value "
		"[[:append 1 2] [:r 3 []]], :time 4, :client 0, :node 0}\n"
		"{:process 0, :type :ok, :f :txn, :key \"k\", :value "
		"[[:append 1 2] [:r 3 []]], :time 5}\n"
		"{:process 1, :type :invoke, :f \"odd name\", :value "
		"\"a\\\"b\", :time 6, :client 1, :node 0}\n"
		"{:process 1, :type :fail, :f \"odd name\", :value \"a\\\"b\""
		", :time 7}\n");
	ck_assert_int_eq(export_history(&i.h, i.op_names, i.op_count, &i.keys,
					"xml", add_part, &b, &err), -1);
	ck_assert_str_eq(err.text, "format xml: histories are written as "
			 "jsonl, edn, porcupine-kv or jepsen-log");
	ck_assert_int_eq(export_history(&i.h, i.op_names, i.op_count, &i.keys,
					"edn", refuse, NULL, &err), -1);
	ck_assert_int_eq(export_history(&i.h, i.op_names, 1, &i.keys, "edn",
					add_part, &b, &err), -1);
	buf_free(&b);
	import_free(&i);
}
END_TEST

/* What was only answered with "done" repeats what was asked; and Porcupine's
 * form writes nothing where nothing was found. */
static bool
same_answer(const struct fr_operation *a, const struct fr_operation *b,
	    bool kv)
{
	return value_equal(&a->result, &b->result) ||
		(a->result.kind == FR_NIL &&
		 (kv && a->value.kind == FR_NIL ?
		  b->result.kind == FR_BYTES && b->result.count == 0 :
		  value_equal(&b->result, &a->value)));
}

/* What all forms have; names by their letters: they are numbered as met. */
static void
are_the_same(const struct imported *x, const struct imported *y)
{
	const struct fr_operation *a, *b;
	uint64_t i;

	ck_assert_uint_eq(x->h.op_count, y->h.op_count);
	for (i = 0; i < x->h.op_count; i++) {
		a = &x->h.ops[i];
		b = &y->h.ops[i];
		ck_assert_str_eq(x->op_names[a->f], y->op_names[b->f]);
		ck_assert_uint_eq(a->process, b->process);
		ck_assert_uint_eq(a->outcome, b->outcome);
		ck_assert_uint_eq(a->call_rank, b->call_rank);
		ck_assert_uint_eq(a->end_rank, b->end_rank);
		ck_assert_int_eq(a->key, b->key);
		ck_assert(value_equal(&a->value, &b->value));
		ck_assert(same_answer(a, b, strcmp(y->format, "porcupine-kv")
				      == 0));
	}
}

static struct imported
as_edn(const char *text)
{
	struct fr_err err = { 0 };
	struct imported i;

	ck_assert_msg(import_text("edn", text, strlen(text), "edn", &i,
				  &err) == 0, "%s", err.text);
	return i;
}

static void
there_and_back(const char *text, const char *form, const char *want)
{
	struct imported i = as_edn(text), again;
	struct fr_err err = { 0 };
	struct buf b;

	buf_init(&b, 1 << 20);
	ck_assert_msg(export_history(&i.h, i.op_names, i.op_count, &i.keys,
				     form, add_part, &b, &err) == 0,
		      "%s", err.text);
	ck_assert_str_eq(b.data, want);
	again = good(b.data, form);
	are_the_same(&i, &again);
	import_free(&again);
	import_free(&i);
	buf_free(&b);
}

START_TEST(the_forms_of_others_are_written_as_they_write_them)
{
	there_and_back(
		"{:process 0 :type :invoke :f :put :key \"a\\\"b\" :value "
		"\"x\\ny\"}"
		"{:process 1 :type :invoke :f :get :key 7}"
		"{:process 1 :type :ok :f :get :value nil}"
		"{:process 0 :type :ok :f :put :value nil}"
		"{:process 1 :type :invoke :f :append :key 7 :value \"z\"}"
		"{:process 1 :type :ok :f :append :value \"z\"}",
		"porcupine-kv",
		"{:process 0, :type :invoke, :f :put, :key \"a\\\"b\", "
		":value \"x\\ny\"}\n"
		"{:process 1, :type :invoke, :f :get, :key \"7\", "
		":value nil}\n"
		"{:process 1, :type :ok, :f :get, :key \"7\", "
		":value \"\"}\n"
		"{:process 0, :type :ok, :f :put, :key \"a\\\"b\", "
		":value \"x\\ny\"}\n"
		"{:process 1, :type :invoke, :f :append, :key \"7\", "
		":value \"z\"}\n"
		"{:process 1, :type :ok, :f :append, :key \"7\", "
		":value \"z\"}\n");
	there_and_back(
		"{:process 0 :type :invoke :f :write :value -3}"
		"{:process 0 :type :ok :f :write :value nil}"
		"{:process 0 :type :invoke :f :cas :value [-3 4]}"
		"{:process 0 :type :fail :f :cas}"
		"{:process 0 :type :invoke :f :cas :value [1 4]}"
		"{:process 3 :type :invoke :f :read}"
		"{:process 3 :type :ok :f :read :value 4}"
		"{:process 3 :type :invoke :f :append :value 4}"
		"{:process 3 :type :ok :f :append :value nil}",
		"jepsen-log",
		"INFO  jepsen.util - 0\t:invoke\t:write\t-3\n"
		"INFO  jepsen.util - 0\t:ok\t:write\t-3\n"
		"INFO  jepsen.util - 0\t:invoke\t:cas\t[-3 4]\n"
		"INFO  jepsen.util - 0\t:fail\t:cas\t[-3 4]\n"
		"INFO  jepsen.util - 0\t:invoke\t:cas\t[1 4]\n"
		"INFO  jepsen.util - 3\t:invoke\t:read\tnil\n"
		"INFO  jepsen.util - 3\t:ok\t:read\t4\n"
		"INFO  jepsen.util - 3\t:invoke\t:append\t4\n"
		"INFO  jepsen.util - 3\t:ok\t:append\tnil\n");
	/* Keys: a read's nil shows what the brackets are. */
	there_and_back(
		"{:process 0 :type :invoke :f :write :key 1 :value 2}"
		"{:process 0 :type :ok :f :write :value 2}"
		"{:process 0 :type :invoke :f :read :key \"k\"}"
		"{:process 0 :type :ok :f :read :value [4 5]}",
		"jepsen-log",
		"INFO  jepsen.util - 0\t:invoke\t:write\t[1 2]\n"
		"INFO  jepsen.util - 0\t:ok\t:write\t[1 2]\n"
		"INFO  jepsen.util - 0\t:invoke\t:read\t[\"k\" nil]\n"
		"INFO  jepsen.util - 0\t:ok\t:read\t[\"k\" [4 5]]\n");
}
END_TEST

static int
must_not_be_called(void *to, const char *data, size_t size)
{
	(void)to;
	(void)data;
	(void)size;
	ck_abort_msg("something was written");
	return 1;
}

static void
cannot_be_written(const char *text, const char *form, const char *message)
{
	struct imported i = as_edn(text);
	struct fr_err err = { 0 };

	ck_assert_int_eq(export_history(&i.h, i.op_names, i.op_count, &i.keys,
					form, must_not_be_called, NULL, &err),
			 -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_str_eq(err.text, message);
	import_free(&i);
}

#define GET "{:process 0 :type :invoke :f :get :key 1}" \
	"{:process 0 :type :ok :f :get :value \"x\"}"
#define KV(op, why) \
	"operation 1 (" op ") cannot be written as porcupine-kv: " why
#define READ "{:process 0 :type :invoke :f :read}" \
	"{:process 0 :type :ok :f :read :value 3}"
#define LOG(op, why) \
	"operation 1 (" op ") cannot be written as jepsen-log: " why

START_TEST(what_a_form_has_no_words_for_is_not_written)
{
	static const char *const kv[][2] = {
		{ ":invoke :f :delete :key 1}",
		  KV("delete", "the form has get, put and append") },
		{ ":invoke :f :put :value \"x\"}",
		  KV("put", "the form has a key in each operation, and this "
		     "one has none") },
		{ ":invoke :f :put :key 1 :value \"x\"}",
		  KV("put", "nobody knows how it ended, and in the form "
		     "everything ends") },
		{ ":invoke :f :put :key 1 :value \"x\"}"
		  "{:process 0 :type :fail :f :put}",
		  KV("put", "it failed, and in the form nothing does") },
		{ ":invoke :f :put :key 1 :value 5}"
		  "{:process 0 :type :ok :f :put}",
		  KV("put", "the form has values that are texts") },
		{ ":invoke :f :put :key 1 :value #fracas/hex \"ff\"}"
		  "{:process 0 :type :ok :f :put}",
		  KV("put", "the form has values that are texts") },
		{ ":invoke :f :get :key 1}"
		  "{:process 0 :type :ok :f :get :value 5}",
		  KV("get", "the form has values that are texts") },
		{ ":invoke :f :get :key 1 :value \"x\"}"
		  "{:process 0 :type :ok :f :get :value \"x\"}",
		  KV("get", "a get has no argument in the form") },
		{ ":invoke :f :put :key 1 :value \"x\"}"
		  "{:process 0 :type :ok :f :put :value \"y\"}",
		  KV("put", "the form has no room for its answer") },
	}, *const log[][2] = {
		{ ":invoke :f \"odd name\"}",
		  LOG("odd name", "its name is no keyword") },
		{ ":invoke :f :read :key 1}",
		  LOG("read", "it has a key, and others have none") },
		{ ":invoke :f :cas :value [1 2]}"
		  "{:process 0 :type :ok :f :cas :value 0}",
		  LOG("cas", "the form has no room for its answer") },
	};
	size_t k;
	char *text;

	for (k = 0; k < sizeof kv / sizeof *kv; k++) {
		text = mem_format("%s{:process 0 :type %s", GET, kv[k][0]);
		cannot_be_written(text, "porcupine-kv", kv[k][1]);
		free(text);
	}
	for (k = 0; k < sizeof log / sizeof *log; k++) {
		text = mem_format("%s{:process 0 :type %s", READ, log[k][0]);
		cannot_be_written(text, "jepsen-log", log[k][1]);
		free(text);
	}
	cannot_be_written(GET "{:process 0 :type :invoke :f :read}",
		"jepsen-log", LOG("read", "it has no key, and others have "
				  "one"));
	/* [1 2] alone would be a list. */
	cannot_be_written(
		"{:process 0 :type :invoke :f :write :key 1 :value 2}",
		"jepsen-log", "operation 0 (write) cannot be written as "
		"jepsen-log: it has a key, and no value of the history shows "
		"that [key value] is not a list");
}
END_TEST

/* ---- files --------------------------------------------------------------- */

static char *
scratch(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = mem_format("%s/fracas-import-XXXXXX",
			       tmp != NULL ? tmp : "/tmp");

	ck_assert_ptr_nonnull(mkdtemp(dir));
	return dir;
}

static void
refused_file(const char *path, const char *words)
{
	char *message = mem_format("%s%s", path, words);
	struct fr_err err = { 0 };
	struct imported i;

	ck_assert_int_eq(import_file(path, NULL, &i, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_str_eq(err.text, message);
	free(message);
}

START_TEST(files_are_read_and_missing_ones_named)
{
	char *dir = scratch(), *path = mem_format("%s/h.edn", dir);
	struct imported i;
	struct fr_err err = { 0 };
	FILE *f;

	refused_file(path, ": No such file or directory");
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	refused_file(path, ":1:1: the file is empty");
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("{:process 0 :type :invoke :f :write :value \"long\"}", f);
	fclose(f);
	ck_assert_int_eq(import_file(path, "auto", &i, &err), 0);
	/* Nothing points into the file any more. */
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_uint_eq(i.h.op_count, 1);
	ck_assert_mem_eq(i.h.ops[0].value.u.bytes, "long", 4);
	import_free(&i);
	refused_file(dir, ": a directory, not a file");
	unlink(path);
	rmdir(dir);
	free(path);
	free(dir);
}
END_TEST

/* ---- budgets --------------------------------------------------------------- */

#define PAIRS 150000		/* of a write and a read, some 45 MB            */

static void
write_pairs(const char *path)
{
	FILE *f = fopen(path, "w");
	int i;

	ck_assert_ptr_nonnull(f);
	for (i = 0; i < PAIRS; i++)
		fprintf(f, "{\"process\":0,\"type\":\"invoke\",\"f\":"
			"\"write\",\"value\":%d}\n"
			"{\"process\":1,\"type\":\"invoke\",\"f\":"
			"\"read\",\"value\":null}\n"
			"{\"process\":0,\"type\":\"ok\",\"f\":\"write\","
			"\"value\":%d}\n"
			"{\"process\":1,\"type\":\"ok\",\"f\":\"read\","
			"\"value\":%d}\n", i, i, i);
	ck_assert_int_eq(fclose(f), 0);
}

/* What a process of its own, which does this and nothing else, says: 0 valid,
 * 2 unknown, within the budget; or another number. */
static int
judge_within(const char *path, uint64_t memory_max)
{
	struct limit limit = { .memory_max = memory_max };
	struct check_config c = { .model = "register",
				  .memory_max = memory_max };
	struct fr_err err = { 0 };
	struct imported i;
	struct verdict v;

	memory_tidy();
	if (import_file_within(path, NULL, &limit, &i, &err) != 0) {
		if (err.status != EXIT_UNKNOWN ||
		    strcmp(limit.out, "memory") != 0 ||
		    strstr(err.text, "ran out while the file was read") ==
		    NULL)
			return 10;
		v.kind = VERDICT_UNKNOWN;
	} else {
		c.op_names = i.op_names;
		c.op_count = i.op_count;
		if (check_linearizable(&i.h, &c, &v, &err) != 0)
			return 11;
		if (v.kind == VERDICT_UNKNOWN &&
		    strcmp(v.budget, "memory") != 0)
			return 12;
	}
	/* A twentieth, and what the kernel counts late. */
	if (memory_peak() > memory_max + memory_max / 20 + (1 << 20))
		return 13;
	return (int)v.kind;
}

START_TEST(a_memory_budget_holds_for_the_history_too)
{
	/* From one that holds nothing to one that is ample: between them some
	 * hold the history, and some what it takes to judge it. */
	static const uint64_t budgets[] = { 8, 16, 24, 32, 40, 48, 1024 };
	char *dir = scratch(), *path = mem_format("%s/h.jsonl", dir);
	size_t k, last = sizeof budgets / sizeof *budgets - 1;
	int status, said;
	pid_t pid;

	write_pairs(path);
	for (k = 0; memory_now() != 0 && k <= last; k++) {
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			_exit(judge_within(path, budgets[k] << 20));
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFEXITED(status));
		said = WEXITSTATUS(status);
		ck_assert_msg((said == VERDICT_UNKNOWN && k < last) ||
			      (said == VERDICT_VALID && k > 1),
			      "with %llu MiB: %d",
			      (unsigned long long)budgets[k], said);
	}
	unlink(path);
	rmdir(dir);
	free(path);
	free(dir);
}
END_TEST

/* Larger than what is given back at once, so that no page is needed twice. */
START_TEST(a_large_file_and_a_pipe_are_the_same)
{
	static const char line[] = "{:process %d :type :%s :f :write :value "
		"\"%0200d\" :time %d}\n";
	char *dir = scratch(), *path = mem_format("%s/h.edn", dir);
	struct imported a, b;
	struct fr_err err = { 0 };
	char text[240];
	int k, fd[2];
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	for (k = 0; k < 50000; k++) {
		fprintf(f, line, k % 7, "invoke", k, 2 * k);
		fprintf(f, line, k % 7, "ok", k, 2 * k + 1);
	}
	fclose(f);
	ck_assert_int_eq(import_file(path, NULL, &a, &err), 0);
	ck_assert_int_eq(pipe(fd), 0);
	if (fork() == 0) {
		close(fd[0]);
		dup2(fd[1], 1);
		execlp("cat", "cat", path, (char *)NULL);
		_exit(127);
	}
	close(fd[1]);
	snprintf(text, sizeof text, "/proc/self/fd/%d", fd[0]);
	ck_assert_msg(import_file(text, NULL, &b, &err) == 0, "%s", err.text);
	close(fd[0]);
	ck_assert_uint_eq(a.h.op_count, 50000);
	ck_assert_uint_eq(b.h.op_count, 50000);
	for (k = 0; k < 50000; k++) {
		snprintf(text, sizeof text, "%0200d", k);
		ck_assert_uint_eq(a.h.ops[k].value.count, 200);
		ck_assert_mem_eq(a.h.ops[k].value.u.bytes, text, 200);
		ck_assert_mem_eq(b.h.ops[k].result.u.bytes, text, 200);
		ck_assert_int_eq(a.h.ops[k].ended, 2 * k + 1);
	}
	import_free(&a);
	import_free(&b);
	unlink(path);
	rmdir(dir);
	free(path);
	free(dir);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("import");
	TCase *t = tcase_create("import");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_test(t, the_same_history_in_each_format);
	tcase_add_test(t, formats_are_guessed);
	tcase_add_test(t, models_are_guessed);
	tcase_add_test(t, texts_are_unescaped);
	tcase_add_test(t, maps_sets_and_bytes_are_values);
	tcase_add_test(t, transactions_become_one_list);
	tcase_add_test(t, keys_that_are_texts_never_meet_numbers);
	tcase_add_test(t, many_keys_stay_apart);
	tcase_add_test(t, a_pair_of_key_and_value_makes_each_value_one);
	tcase_add_test(t, a_process_goes_on_as_another_after_an_info);
	tcase_add_test(t, an_info_is_neither_ok_nor_fail_nor_nothing);
	tcase_add_test(t, errors_name_line_and_column);
	tcase_add_test(t, escaped_and_empty_things_have_their_place_too);
	tcase_add_test(t, there_is_a_limit_to_names);
	tcase_add_test(t, depth_costs_no_stack);
	tcase_add_test(t, what_is_written_is_plain_to_read);
	tcase_add_test(t, the_forms_of_others_are_written_as_they_write_them);
	tcase_add_test(t, what_a_form_has_no_words_for_is_not_written);
	tcase_add_test(t, files_are_read_and_missing_ones_named);
	tcase_add_test(t, a_memory_budget_holds_for_the_history_too);
	tcase_add_test(t, a_large_file_and_a_pipe_are_the_same);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
