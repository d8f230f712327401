/* SPDX-License-Identifier: MIT */
/*
 * Foreign histories: what is read, what is refused and where, and the known
 * verdicts of what others recorded (in FRACAS_HISTORIES, or in a folder that
 * lies beside the source tree; left out where there is none).
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checker/checker.h"
#include "checker/import.h"
#include "checker/weak/txn.h"

/* ---- what is read ---------------------------------------------------------------------- */

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
	struct imported i;
	struct fr_err err = { 0 };

	ck_assert_int_eq(import_text("f", text, strlen(text), format, &i,
				     &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_str_eq(err.text, message);
}

static void
is_write_and_read(const struct imported *i)
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
	ck_assert_int_eq(op[2].value.u.list[1], 4);
	/* invoke write, invoke read, ok write, ok read, invoke cas */
	ck_assert_uint_eq(op[0].call_rank, 0);
	ck_assert_uint_eq(op[1].call_rank, 1);
	ck_assert_uint_eq(op[0].end_rank, 2);
	ck_assert_uint_eq(op[1].end_rank, 3);
	ck_assert_uint_eq(op[2].call_rank, 4);
	ck_assert_uint_eq(op[2].end_rank, UINT64_MAX);
	ck_assert_str_eq(i->model, "register");
}

START_TEST(the_same_history_in_each_format)
{
	struct imported i;

	i = good("; a comment\n"
		 "[{:process 0, :type :invoke, :f :write, :value -3}\n"
		 " {:process :nemesis :type :info :f :start :value [:a {}]}\n"
		 " {:type :invoke :process 1 :f :read :value nil, "
		 ":error [:x \"}\" \\a #{1}]}\n"
		 " {:process 0, :type :ok, :f :write, :value -3}\n"
		 " #jepsen.history.Op{:process 1 :type :ok :f :read :value -3}"
		 "#_{:process 9}\n"
		 " {:process 0 :type :invoke :f :cas :value [-3 4]}\n"
		 " {:process 0 :type :info :f :cas :value :timed-out}]\n",
		 "edn");
	is_write_and_read(&i);
	import_free(&i);
	i = good("INFO  jepsen.util - 0\t:invoke\t:write\t-3\n"
		 "INFO  jepsen.core - Everything is fine\n"
		 "INFO  jepsen.util - 1\t:invoke\t:read\tnil\r\n"
		 "INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n"
		 "INFO  jepsen.util - 0   :ok    :write  -3\n"
		 "INFO  jepsen.util - 1\t:ok\t:read\t-3\n"
		 "INFO  jepsen.util - 0\t:invoke\t:cas\t[-3 4]\n"
		 "INFO  jepsen.util - 0\t:info\t:cas\t:timed-out", "jepsen-log");
	is_write_and_read(&i);
	import_free(&i);
	i = good("{\"process\":0,\"type\":\"invoke\",\"f\":\"write\","
		 "\"value\":-3}\n"
		 "{\"process\":\"nemesis\",\"type\":\"info\",\"value\":{}}\n"
		 "{\"type\":\"invoke\", \"more\":{\"a\":[1.5,null,\"]\"]},"
		 "\"process\":1,\"f\":\"read\",\"value\":null}\n"
		 "{\"process\":0,\"type\":\"ok\",\"f\":\"write\"}\n"
		 "{\"process\":1,\"type\":\"ok\",\"f\":\"read\",\"value\":-3}\n"
		 "{\"process\":0,\"type\":\"invoke\",\"f\":\"cas\","
		 "\"value\":[-3, 4]}\n", "jsonl");
	is_write_and_read(&i);
	import_free(&i);
}
END_TEST

START_TEST(texts_are_unescaped)
{
	struct imported i = good(
		"{:process 7, :type :invoke, :f :append, :key \"12\", :value "
		"\"a\\\"b\\n\", :time 5}\n"
		"{:process 7, :type :ok, :f :append, :key \"12\", :value "
		"\"a\\\"b\\n\", :time 9}\n"
		"{:process 7, :type :invoke, :f :get, :key \"12\", :value nil}",
		"edn");
	const struct fr_operation *op = i.h.ops;

	ck_assert_int_eq(op[0].key, 12);
	ck_assert_int_eq(op[1].key, 12);
	ck_assert_int_eq(op[0].called, 5);
	ck_assert_int_eq(op[0].ended, 9);
	ck_assert_uint_eq(op[0].client, 7);
	ck_assert_uint_eq(op[0].value.count, 4);
	ck_assert_mem_eq(op[0].value.u.bytes, "a\"b\n", 4);
	ck_assert_str_eq(i.model, "kv");
	import_free(&i);
	i = good("[{\"process\":1,\"type\":\"invoke\",\"f\":\"put\",\"key\":3,"
		 "\"value\":\"\\u00e4\\ud83d\\ude00\\/\",\"client\":2,"
		 "\"node\":1}]", "jsonl");
	op = i.h.ops;
	ck_assert_int_eq(op[0].key, 3);
	ck_assert_uint_eq(op[0].client, 2);
	ck_assert_uint_eq(op[0].node, 1);
	ck_assert_uint_eq(op[0].value.count, 7);
	ck_assert_mem_eq(op[0].value.u.bytes, "\xc3\xa4\xf0\x9f\x98\x80/", 7);
	import_free(&i);
}
END_TEST

START_TEST(transactions_become_one_list)
{
	static const int64_t asked[] = { TXN_WRITE, 1, 2, TXN_LIST, 3, 0 };
	static const int64_t got[] = { TXN_WRITE, 1, 2, TXN_LIST, 3, 2, 5, 6 };
	struct imported i = good(
		"{:process 0 :type :invoke :f :txn :value [[:append 1 2] "
		"[:r 3 nil]]}\n"
		"{:process 0 :type :ok :f :txn :value [[:append 1 2] "
		"[:r 3 [5 6]]]}\n", "edn");

	ck_assert_uint_eq(i.h.ops[0].value.count, 6);
	ck_assert_mem_eq(i.h.ops[0].value.u.list, asked, sizeof asked);
	ck_assert_uint_eq(i.h.ops[0].result.count, 8);
	ck_assert_mem_eq(i.h.ops[0].result.u.list, got, sizeof got);
	import_free(&i);
	i = good("{\"process\":0,\"type\":\"invoke\",\"f\":\"txn\",\"value\":"
		 "[[\"w\",1,2],[\"r\",3]]}\n", "jsonl");
	ck_assert_uint_eq(i.h.ops[0].value.count, 6);
	ck_assert_int_eq(i.h.ops[0].value.u.list[3], TXN_READ);
	ck_assert(i.h.ops[0].value.u.list[5] == TXN_NIL);
	import_free(&i);
}
END_TEST

START_TEST(a_process_goes_on_as_another_after_an_info)
{
	struct imported i = good(
		"{:process 0 :type :invoke :f :write :value 1}"
		"{:process 0 :type :info :f :write :value 1}"
		"{:process 0 :type :invoke :f :write :value 2}"
		"{:process 0 :type :ok :f :write :value 2}", "edn");

	ck_assert_uint_ne(i.h.ops[0].process, i.h.ops[1].process);
	ck_assert_uint_eq(i.h.ops[0].client, i.h.ops[1].client);
	import_free(&i);
}
END_TEST

/* ---- what is refused ------------------------------------------------------------------- */

START_TEST(errors_name_line_and_column)
{
	bad("", NULL, "f:1:1: the file is empty");
	bad("\x7f" "ELF\x02\x01", NULL, "f:1:1: neither EDN nor a Jepsen log "
	    "nor JSON Lines begins with \"?ELF??\"");
	bad("[{:process 0 :type :invoke :f :w :value 1}\n"
	    " {:process 0 :type :invoke :f :w :value 2}]", NULL,
	    "f:2:2: process 0 has an operation open already");
	bad("[{:process 0 :type :ok :f :w :value 1}]", NULL,
	    "f:1:2: process 0 ends an operation that it did not begin");
	bad("{:process 0 :type :invoke :f :w}\n{:process 0 :type :ok :f :r}",
	    NULL, "f:2:1: process 0 ends a r and had begun a w");
	bad("{:process 0 :type :invoke :f :w :time 7}\n"
	    "{:process 0 :type :ok :f :w :time 6}", NULL,
	    "f:2:1: time runs backwards: 6 after 7");
	bad("{:process 0 :type :invoke :f :w :value 1.5}", NULL,
	    "f:1:40: a number that is not whole: \"1.5}\"");
	bad("{:process 0 :type :invoke :f :w :value 99999999999999999999}",
	    NULL, "f:1:40: a number that does not fit into 64 bits");
	bad("{:process 0 :type :started :f :w}", NULL,
	    "f:1:19: a type is :invoke, :ok, :fail or :info, not "
	    "\":started :f :w}\"");
	bad("{:type :invoke :f :w}", NULL, "f:1:1: an event without a process");
	bad("{:process 0 :f :w}", NULL, "f:1:1: an event without a type "
	    "(invoke, ok, fail or info)");
	bad("{:process 0 :type :ok}", NULL, "f:1:1: an event without an f");
	bad("[{:process 0 :type :invoke :f :w :value [1 2}]", NULL,
	    "f:1:45: a list holds whole numbers, not \"}]\"");
	bad("{:process 0 :type :invoke :f :w :value [[r 1 [[r 1 2]]]]}", NULL,
	    "f:1:47: a list holds whole numbers, not \"[r 1 2]]]]}\"");
	bad("[{:process 0 :type :invoke :f :w}", NULL,
	    "f:1:1: a list of events that does not end");
	bad("[] {}", "edn", "f:1:4: something behind the end: \"{}\"");
	bad("[{:process 0", NULL, "f:1:2: a map that does not end");
	bad("{:process 0 :value \"abc", NULL,
	    "f:1:20: a text that does not end");
	bad("INFO  jepsen.util - 0\t:invoke\t:w\t1\nnonsense\n", NULL,
	    "f:2:1: a line of a log begins with INFO, WARN or ERROR, not "
	    "\"nonsense\"");
	bad("INFO  jepsen.util - 0\t:invoke", NULL,
	    "f:1:30: an f is a keyword, not the end of the file");
	bad("INFO  jepsen.util - x\t:invoke\t:w\t1", NULL,
	    "f:1:21: a process is a whole number, not \"x?:invoke?:w?1\"");
	bad("{\"process\":0,\"type\":\"invoke\",\"f\":\"w\",\"value\":1.5}",
	    NULL, "f:1:46: a number that is not whole: \"1.5}\"");
	bad("{\"process\":0,\"type\":\"invoke\"\"f\":\"w\"}", NULL,
	    "f:1:29: a comma or } belongs here, not \"\"f\":\"w\"}\"");
	bad("{\"process\":0,\"value\":\"\\x\"}", NULL,
	    "f:1:24: no such escape in a text");
	bad("{\"process\":0", NULL, "f:1:1: an object that does not end");
	bad("{\"process\":0,\"value\":[[\"r\",1,[[\"r\",1]]]]}", NULL,
	    "f:1:31: a list that is too deep");
	bad("x", "ednn", "format ednn: there is no such one; did you mean "
	    "edn");
}
END_TEST

START_TEST(depth_costs_no_stack)
{
	size_t size = 4000000;
	char *text = malloc(size + 64);
	struct imported i;
	struct fr_err err;

	ck_assert_ptr_nonnull(text);
	strcpy(text, "{:process 0 :x ");
	memset(text + 15, '[', size);
	ck_assert_int_eq(import_text("f", text, size, NULL, &i, &err), -1);
	ck_assert_str_eq(err.text, "f:1:16: a value that does not end");
	strcpy(text, "{\"process\":0,\"x\":");
	memset(text + 17, '[', size);
	ck_assert_int_eq(import_text("f", text, size, NULL, &i, &err), -1);
	ck_assert_str_eq(err.text, "f:1:18: a value that does not end");
	free(text);
}
END_TEST

START_TEST(files_are_read_and_missing_ones_named)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = mem_format("%s/fracas-import-XXXXXX",
			       tmp != NULL ? tmp : "/tmp");
	char *path, *message;
	struct imported i;
	struct fr_err err = { 0 };
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = mem_format("%s/h.edn", dir);
	message = mem_format("%s: No such file or directory", path);
	ck_assert_int_eq(import_file(path, NULL, &i, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_str_eq(err.text, message);
	free(message);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	message = mem_format("%s:1:1: the file is empty", path);
	ck_assert_int_eq(import_file(path, NULL, &i, &err), -1);
	ck_assert_str_eq(err.text, message);
	free(message);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("{:process 0 :type :invoke :f :write :value \"long\"}", f);
	fclose(f);
	ck_assert_int_eq(import_file(path, "auto", &i, &err), 0);
	ck_assert_uint_eq(i.h.op_count, 1);
	ck_assert_mem_eq(i.h.ops[0].value.u.bytes, "long", 4);
	import_free(&i);
	ck_assert_int_eq(import_file(dir, NULL, &i, &err), -1);
	message = mem_format("%s: not a regular file", dir);
	ck_assert_str_eq(err.text, message);
	free(message);
	unlink(path);
	rmdir(dir);
	free(path);
	free(dir);
}
END_TEST

/* ---- third-party verdicts ---------------------------------------------------------------- */

static char *
histories(void)
{
	const char *where = getenv("FRACAS_HISTORIES");
	const char *top = getenv("top_srcdir");

	if (where != NULL)
		return mem_string(where);
	return mem_format("%s/../shared/histories", top != NULL ? top : ".");
}

static void
judge(const char *dir, const char *file, bool kv, bool knossos, bool expected)
{
	static const char *const foreign[] = {
		"nil-reads=any", "initial=0", NULL
	};
	char *path = mem_format("%s/%s", dir, file);
	struct check_config c = { .model = kv ? "kv" : "register" };
	struct imported i;
	struct verdict v;
	struct fr_err err = { 0 };

	ck_assert_msg(import_file(path, NULL, &i, &err) == 0, "%s", err.text);
	ck_assert_str_eq(i.model, c.model);
	c.op_names = i.op_names;
	c.op_count = i.op_count;
	c.settings = knossos ? foreign : NULL;
	ck_assert_msg(check_linearizable(&i.h, &c, &v, &err) == 0, "%s: %s",
		      file, err.text);
	ck_assert_msg(v.kind == (expected ? VERDICT_VALID : VERDICT_INVALID),
		      "%s: %s (%s)", file, verdict_names[v.kind], v.reason);
	ck_assert_msg(expected || (v.core_count > 0 && v.core_minimal &&
				   v.core_count <= 12),
		      "%s: a core of %u operations%s", file, v.core_count,
		      v.core_minimal ? "" : ", not shown to be minimal");
	verdict_free(&v);
	import_free(&i);
	free(path);
}

START_TEST(the_verdicts_of_others)
{
	char *dir = histories(), *list = mem_format("%s/VERDICTS.tsv", dir);
	FILE *f = fopen(list, "r");
	char line[512], *file, *model, *verdict, *rest;
	int count = 0;

	if (f == NULL) {
		fprintf(stderr, "# no third-party histories: left out\n");
		goto out;
	}
	while (fgets(line, sizeof line, f) != NULL) {
		if (line[0] == '#')
			continue;
		file = strtok_r(line, "\t\n", &rest);
		model = strtok_r(NULL, "\t\n", &rest);
		verdict = strtok_r(NULL, "\t\n", &rest);
		ck_assert_ptr_nonnull(verdict);
		judge(dir, file, strncmp(model, "kv", 2) == 0,
		      strstr(model, "initially 0") != NULL,
		      strcmp(verdict, "linearizable") == 0);
		count++;
	}
	fclose(f);
	ck_assert_int_gt(count, 0);
out:
	free(list);
	free(dir);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("checker import");
	TCase *t = tcase_create("import");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_test(t, the_same_history_in_each_format);
	tcase_add_test(t, texts_are_unescaped);
	tcase_add_test(t, transactions_become_one_list);
	tcase_add_test(t, a_process_goes_on_as_another_after_an_info);
	tcase_add_test(t, errors_name_line_and_column);
	tcase_add_test(t, depth_costs_no_stack);
	tcase_add_test(t, files_are_read_and_missing_ones_named);
	tcase_add_test(t, the_verdicts_of_others);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
