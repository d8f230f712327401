/* SPDX-License-Identifier: MIT */
/* core/history: what is given is what is read, and what a file may be. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/history_help.h"

/* ---- given and read ------------------------------------------------------ */

static const int64_t numbers[] = { INT64_MIN, -1, 0, 1, INT64_MAX };

/* Every kind of value, and what is hard about each. */
static const struct fr_value values[] = {
	{ .kind = FR_NIL },
	{ .kind = FR_INT, .u.number = 0 },
	{ .kind = FR_INT, .u.number = INT64_MIN },
	{ .kind = FR_INT, .u.number = INT64_MAX },
	{ .kind = FR_LIST, .count = 0, .u.list = numbers },
	{ .kind = FR_LIST, .count = 1, .u.list = numbers },
	{ .kind = FR_LIST, .count = 5, .u.list = numbers },
	{ .kind = FR_BYTES, .count = 0, .u.bytes = "" },
	{ .kind = FR_BYTES, .count = 5, .u.bytes = "[1,2]" },
	{ .kind = FR_BYTES, .count = 3, .u.bytes = "a\0b" },
	{ .kind = FR_BYTES, .count = 4, .u.bytes = "\xc3\xa9\xe2\x82" },
	{ .kind = FR_BYTES, .count = 5, .u.bytes = "\xc3\xa9\xe2\x82\xac" },
	{ .kind = FR_BYTES, .count = 4, .u.bytes = "\xf0\x9f\x90\x8c" },
	{ .kind = FR_BYTES, .count = 3, .u.bytes = "\xed\xa0\x80" },
	{ .kind = FR_BYTES, .count = 2, .u.bytes = "\xc0\x80" },
	{ .kind = FR_BYTES, .count = 1, .u.bytes = "\xff" },
};

#define VALUES (sizeof values / sizeof values[0])

static void
same_value(const struct fr_value *a, const struct fr_value *b)
{
	ck_assert_uint_eq(a->kind, b->kind);
	ck_assert_uint_eq(a->count, b->count);
	if (a->kind == FR_INT)
		ck_assert_int_eq(a->u.number, b->u.number);
	else if (a->kind == FR_LIST)
		ck_assert_int_eq(memcmp(a->u.list, b->u.list,
					a->count * sizeof *a->u.list), 0);
	else if (a->kind == FR_BYTES)
		ck_assert_int_eq(memcmp(a->u.bytes, b->u.bytes, a->count), 0);
}

static int
compare_value(void *arg, uint64_t rank, const struct event *e)
{
	uint64_t *count = arg;

	ck_assert_uint_eq(rank, *count);
	same_value(&values[rank], &e->value);
	++*count;
	return 0;
}

START_TEST(values_read_back_exactly)
{
	const char *path = dir_path("v.db");
	struct history *h = must_open(path, true);
	struct fr_err err = { 0 };
	struct run_row row;
	uint64_t count = 0;
	struct event e;
	size_t i;

	must_begin(h, &row);
	for (i = 0; i < VALUES; i++) {
		e = plain_event(EVENT_OK);
		e.value = values[i];
		history_event(h, &e);
	}
	ck_assert_int_eq(history_flush(h, &err), 0);
	ck_assert_int_eq(history_events(h, row.id, compare_value, &count,
					&err), 0);
	ck_assert_uint_eq(count, VALUES);
	must_close(h);
	/* And the way a person finds them. */
	ck_assert_str_eq(ask_sqlite(path, "select value from event_text"
				    " where rank = 6"),
			 "[-9223372036854775808,-1,0,1,9223372036854775807]");
	ck_assert_str_eq(ask_sqlite(path, "select group_concat(typeof(value))"
				    " from event where form = 3"),
			 "text,text,blob,blob,text,text,blob,blob,blob");
}
END_TEST

static int
compare_fields(void *arg, uint64_t rank, const struct event *e)
{
	const struct event *want = (const struct event *)arg + rank;

	ck_assert_int_eq(e->t, want->t);
	ck_assert_int_eq(e->kind, want->kind);
	ck_assert_int_eq(e->node, want->node);
	ck_assert_int_eq(e->boot, want->boot);
	ck_assert_int_eq(e->process, want->process);
	ck_assert_int_eq(e->client, want->client);
	ck_assert_int_eq(e->f, want->f);
	ck_assert_int_eq(e->key, want->key);
	ck_assert_int_eq(e->number, want->number);
	ck_assert_pstr_eq(e->name, want->name);
	ck_assert_pstr_eq(e->text, want->text);
	return 0;
}

START_TEST(events_read_back_exactly)
{
	struct event events[] = {
		plain_event(EVENT_PHASE), plain_event(EVENT_NOTE),
		plain_event(EVENT_CLAIM), plain_event(EVENT_LOG),
		plain_event(EVENT_END),
	};
	struct history *h = must_open(dir_path("e.db"), true);
	struct fr_err err = { 0 };
	struct run_row row;
	size_t i;

	events[0].name = "main";
	events[1].t = INT64_MAX;
	events[1].node = 0;
	events[1].boot = 0;
	events[1].name = "role";
	events[1].text = "";
	events[2].node = INT32_MAX;
	events[2].boot = 7;
	events[2].name = "leader";
	events[2].key = INT64_MAX;
	events[2].number = INT64_MIN;
	events[3].client = 3;
	events[3].process = UINT32_MAX;
	events[3].f = 2;
	events[3].key = 0;
	events[3].name = "main";
	events[3].text = "not \xff UTF-8";
	events[4].name = "";
	events[4].text = "killed by SIGSEGV in the handler of message `query`";
	must_begin(h, &row);
	for (i = 0; i < 5; i++)
		history_event(h, &events[i]);
	ck_assert_int_eq(history_flush(h, &err), 0);
	ck_assert_msg(history_events(h, row.id, compare_fields, events,
				     &err) == 0, "%s", err.text);
	must_close(h);
}
END_TEST

struct large {
	unsigned char *bytes;
	int seen;
};

static int
compare_large(void *arg, uint64_t rank, const struct event *e)
{
	struct large *l = arg;

	if (rank % 2 == 1) {
		ck_assert_uint_eq(e->value.count, FR_MESSAGE_MAX);
		ck_assert_int_eq(memcmp(e->value.u.bytes, l->bytes,
					FR_MESSAGE_MAX), 0);
	} else {
		ck_assert_int_eq(e->value.u.number, (int64_t)rank);
	}
	l->seen++;
	return 0;
}

/* Larger than a chunk, and together larger than the queue. */
START_TEST(large_values_pass)
{
	struct history *h = must_open(dir_path("l.db"), true);
	struct fr_err err = { 0 };
	struct run_row row;
	struct large l = { malloc(FR_MESSAGE_MAX), 0 };
	struct event e = plain_event(EVENT_OK);
	int64_t i;

	for (i = 0; i < FR_MESSAGE_MAX; i++)
		l.bytes[i] = (unsigned char)(i * 7);
	must_begin(h, &row);
	for (i = 0; i < 60; i++) {
		e.value.kind = i % 2 == 1 ? FR_BYTES : FR_INT;
		e.value.count = i % 2 == 1 ? FR_MESSAGE_MAX : 0;
		if (i % 2 == 1)
			e.value.u.bytes = l.bytes;
		else
			e.value.u.number = i;
		history_event(h, &e);
	}
	ck_assert_int_eq(history_flush(h, &err), 0);
	ck_assert_int_eq(history_events(h, row.id, compare_large, &l, &err),
			 0);
	ck_assert_int_eq(l.seen, 60);
	must_close(h);
	free(l.bytes);
}
END_TEST

static int
compare_invented(void *arg, uint64_t rank, const struct event *e)
{
	uint64_t *count = arg;
	char name[32];

	snprintf(name, sizeof name, "name %" PRIu64, rank % 6000);
	ck_assert_str_eq(e->name, name);
	++*count;
	return 0;
}

/* A node may invent names without end: they are kept, if not as numbers. */
START_TEST(more_names_than_are_numbered)
{
	const char *path = dir_path("n.db");
	struct history *h = must_open(path, true);
	struct fr_err err = { 0 };
	struct run_row row;
	struct event e = plain_event(EVENT_NOTE);
	uint64_t count = 0;
	char name[32];
	int i;

	must_begin(h, &row);
	for (i = 0; i < 9000; i++) {
		snprintf(name, sizeof name, "name %d", i % 6000);
		e.name = name;
		history_event(h, &e);
	}
	ck_assert_int_eq(history_flush(h, &err), 0);
	ck_assert_int_eq(history_events(h, row.id, compare_invented, &count,
					&err), 0);
	ck_assert_uint_eq(count, 9000);
	must_close(h);
	ck_assert_str_eq(ask_sqlite(path, "select count(*) from name"),
			 "4096");
	ck_assert_str_eq(ask_sqlite(path, "select count(distinct name)"
				    " from event_text where run = 1"), "6000");
}
END_TEST

static int
compare_trace(void *arg, const struct trace *t)
{
	uint64_t *count = arg, i = *count;

	ck_assert_int_eq(t->sent, (int64_t)i);
	ck_assert_int_eq(t->arrived, i % 3 == 0 ? -1 : (int64_t)i + 5);
	ck_assert_uint_eq(t->src, i % 5);
	ck_assert_uint_eq(t->dst, i % 4);
	ck_assert_uint_eq(t->src_boot, i / 100);
	ck_assert_uint_eq(t->type, i % 2);
	ck_assert_uint_eq(t->size, 8);
	ck_assert_uint_eq(t->fate, i % 3 == 0 ? 2 : 0);
	if (i % 2 == 0)
		ck_assert_int_eq(memcmp(t->body, "abcdef", 6), 0);
	else
		ck_assert_ptr_null(t->body);
	++*count;
	return 0;
}

START_TEST(messages_read_back_exactly)
{
	const char *path = dir_path("t.db");
	struct history *h = must_open(path, true);
	struct fr_err err = { 0 };
	struct run_row row;
	struct event e = plain_event(EVENT_BOOT);
	uint64_t i, events, traces, dropped, count = 0;
	struct trace t;

	must_begin(h, &row);
	for (i = 0; i < 1000; i++) {
		memset(&t, 0, sizeof t);
		t.sent = (int64_t)i;
		t.arrived = i % 3 == 0 ? -1 : (int64_t)i + 5;
		t.src = (uint32_t)(i % 5);
		t.dst = (uint32_t)(i % 4);
		t.src_boot = (uint32_t)(i / 100);
		t.type = i % 2;
		t.size = 8;
		t.fate = i % 3 == 0 ? 2 : 0;
		t.body = "abcdefgh";
		history_trace(h, &t, i % 2 == 0 ? 6 : 0);
		if (i % 10 == 0)
			history_event(h, &e);
	}
	ck_assert_int_eq(history_flush(h, &err), 0);
	history_counts(h, &events, &traces, &dropped);
	ck_assert_uint_eq(events, 100);
	ck_assert_uint_eq(traces, 1000);
	ck_assert_uint_eq(dropped, 0);
	ck_assert_int_eq(history_traces(h, row.id, compare_trace, &count,
					&err), 0);
	ck_assert_uint_eq(count, 1000);
	must_close(h);
	ck_assert_str_eq(ask_sqlite(path, "select count(*) from message_text"
				    " where run = 1 and type = 'update' and"
				    " fate = 'cut'"), "167");
}
END_TEST

static int
stop_at_three(void *arg, uint64_t rank, const struct event *e)
{
	(void)e;
	*(uint64_t *)arg = rank;
	return rank == 3;
}

START_TEST(a_reader_may_stop)
{
	struct history *h = must_open(dir_path("s.db"), true);
	struct fr_err err = { 0 };
	struct run_row row;
	struct event e;
	uint64_t i, last = 0;

	must_begin(h, &row);
	for (i = 0; i < 10; i++) {
		e = numbered_event(i);
		history_event(h, &e);
	}
	ck_assert_int_eq(history_flush(h, &err), 0);
	ck_assert_int_eq(history_events(h, row.id, stop_at_three, &last,
					&err), 0);
	ck_assert_uint_eq(last, 3);
	must_close(h);
}
END_TEST

/* ---- runs ---------------------------------------------------------------- */

START_TEST(a_run_row_reads_back_exactly)
{
	char *text = mem_string("text");
	struct run_row row = {
		.protocol = text, .plugin = text, .sha256 = text,
		.workload = text, .world = text, .seed = UINT64_MAX,
		.config = text, .plan = text, .ops = NULL, .version = text,
		.machine = text, .command = text, .door = NULL, .nodes = 7,
		.clients = UINT32_MAX, .started = 123456789012345678,
	}, got;
	const char *path = dir_path("r.db");
	struct history *h = must_open(path, true);
	struct fr_err err = { 0 };
	struct event e;
	uint64_t i;

	ck_assert_int_eq(history_begin(h, &row, &err), 0);
	ck_assert_int_eq(history_run(h, row.id, &got, &err), 0);
	ck_assert_str_eq(got.status, "running");
	ck_assert_int_eq(got.ended, 0);
	ck_assert_ptr_null(got.verdict);
	ck_assert_uint_eq(got.seed, UINT64_MAX);
	ck_assert_uint_eq(got.clients, UINT32_MAX);
	ck_assert_int_eq(got.started, 123456789012345678);
	ck_assert_str_eq(got.plan, "text");
	ck_assert_ptr_null(got.ops);
	ck_assert_ptr_null(got.door);
	run_row_free(&got);
	for (i = 0; i < 80; i++) {
		e = numbered_event(i);
		history_event(h, &e);
	}
	row.status = NULL;
	row.verdict = text;
	row.evidence = text;
	row.messages = 1 << 20;
	row.duration = 77;
	row.trace_dropped = 5;
	ck_assert_int_eq(history_end(h, &row, &err), 0);
	ck_assert_int_eq(history_run(h, row.id, &got, &err), 0);
	ck_assert_str_eq(got.status, "done");
	ck_assert_str_eq(got.verdict, "text");
	ck_assert_str_eq(got.evidence, "text");
	ck_assert_ptr_null(got.reason);
	ck_assert_uint_eq(got.messages, 1 << 20);
	ck_assert_uint_eq(got.trace_dropped, 5);
	ck_assert_int_eq(got.duration, 77);
	ck_assert_int_gt(got.ended, got.started);
	ck_assert_uint_eq(got.ok + got.info, 40);
	ck_assert_uint_gt(got.info, 0);
	ck_assert_uint_eq(got.fail, 0);
	run_row_free(&got);
	must_close(h);
	free(text);
}
END_TEST

static int
note_id(void *arg, const struct run_row *row)
{
	int64_t *ids = arg;

	*ids = *ids * 10 + row->id;
	return row->id == 2;
}

/* Several runs, one after the other, on one handle. */
START_TEST(a_verdict_is_put_in_the_place_of_another)
{
	struct fr_err err = { 0 };
	struct history *h = must_open(dir_path("verdict.db"), true);
	struct run_row row = { .protocol = (char *)(uintptr_t)"p" }, got;

	ck_assert_int_eq(history_begin(h, &row, &err), 0);
	row.verdict = (char *)(uintptr_t)"unknown";
	ck_assert_int_eq(history_end(h, &row, &err), 0);
	ck_assert_int_eq(history_verdict(h, row.id, "invalid", "why", "{}",
					 "lines", &err), 0);
	ck_assert_int_eq(history_run(h, row.id, &got, &err), 0);
	ck_assert_str_eq(got.verdict, "invalid");
	ck_assert_str_eq(got.reason, "why");
	ck_assert_str_eq(got.report, "{}");
	ck_assert_str_eq(got.evidence, "lines");
	ck_assert_str_eq(got.status, "done");
	run_row_free(&got);
	ck_assert_int_eq(history_verdict(h, row.id, "valid", "because", NULL,
					 NULL, &err), 0);
	ck_assert_int_eq(history_run(h, row.id, &got, &err), 0);
	ck_assert_ptr_null(got.evidence);
	run_row_free(&got);
	ck_assert_int_eq(history_verdict(h, 99, "valid", "", NULL, NULL,
					 &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "no run 99"));
	ck_assert_int_eq(history_close(h, &err), 0);
}
END_TEST

START_TEST(runs_do_not_mix)
{
	struct history *h = must_open(dir_path("m.db"), true);
	char invalid[] = "invalid", valid[] = "valid";
	struct fr_err err = { 0 };
	struct run_row row;
	struct event e;
	uint64_t i, run;
	int64_t id, ids = 0;

	for (run = 1; run <= 4; run++) {
		must_begin(h, &row);
		ck_assert_int_eq(row.id, (int64_t)run);
		for (i = 0; i < run * 100; i++) {
			e = numbered_event(i);
			/* The same name, met in another order. */
			e.name = i % 2 == run % 2 ? "one" : "two";
			history_event(h, &e);
		}
		row.verdict = run == 2 || run == 3 ? invalid : valid;
		ck_assert_int_eq(history_end(h, &row, &err), 0);
	}
	for (run = 1; run <= 4; run++)
		ck_assert_uint_eq(check_numbered(h, (int64_t)run), run * 100);
	ck_assert_int_eq(history_find(h, "last", &id, &err), 0);
	ck_assert_int_eq(id, 4);
	ck_assert_int_eq(history_find(h, "last-failed", &id, &err), 0);
	ck_assert_int_eq(id, 3);
	ck_assert_int_eq(history_find(h, "2", &id, &err), 0);
	ck_assert_int_eq(id, 2);
	ck_assert_int_eq(history_runs(h, note_id, &ids, &err), 0);
	ck_assert_int_eq(ids, 432);
	must_close(h);
}
END_TEST

START_TEST(a_run_that_is_not_there)
{
	static const char *const bad[] = {
		"0", "-1", "", "latest", "7x", "99999999999999999999",
	};
	struct history *h = must_open(dir_path("f.db"), true);
	struct fr_err err = { 0 };
	struct run_row row;
	int64_t id = 55;
	size_t i;

	ck_assert_int_eq(history_find(h, "last", &id, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "holds no run yet"));
	must_begin(h, &row);
	ck_assert_int_eq(history_find(h, "last-failed", &id, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "invalid"));
	ck_assert_int_eq(history_find(h, "2", &id, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "no run 2"));
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_int_eq(history_find(h, bad[i], &id, &err), -1);
		ck_assert_int_eq(err.status, EXIT_USAGE);
	}
	ck_assert_int_eq(history_find(h, "lst", &id, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "did you mean last?"));
	ck_assert_int_eq(history_run(h, 2, &row, &err), -1);
	ck_assert_int_eq(id, 55);
	must_close(h);
}
END_TEST

/* ---- with the sqlite3 shell's eyes --------------------------------------- */

START_TEST(the_views_put_it_into_words)
{
	const char *path = dir_path("w.db");
	struct history *h = must_open(path, true);
	struct fr_err err = { 0 };
	struct run_row row;
	struct event e;
	uint64_t i;

	must_begin(h, &row);
	for (i = 0; i < 82; i++) {
		e = numbered_event(i);
		history_event(h, &e);
	}
	e = plain_event(EVENT_FAULT);
	e.name = "partition";
	e.text = "0,1|2,3,4";
	history_event(h, &e);
	ck_assert_int_eq(history_end(h, &row, &err), 0);
	must_begin(h, &row);
	for (i = 0; i < 50; i++) {
		e = numbered_event(i);
		history_event(h, &e);
	}
	must_close(h);
	ck_assert_str_eq(ask_sqlite(path, "select count(*) from operation"
				    " where run = 1"), "42");
	ck_assert_str_eq(ask_sqlite(path, "select count(*) from operation"
				    " where run = 1 and outcome = 'info' and"
				    " ended is null and ms is null"), "6");
	ck_assert_str_eq(ask_sqlite(path, "select f || ' ' || value || ' ' ||"
				    " result || ' ' || ms from operation"
				    " where run = 1 and id = 9"),
			 "write 9 13 0.004");
	ck_assert_str_eq(ask_sqlite(path, "select why from operation where"
				    " run = 1 and outcome = 'info' limit 1"),
			 "no answer within 1 s");
	ck_assert_str_eq(ask_sqlite(path, "select kind || ' ' || name || ' ' "
				    "|| text from event_text where run = 1"
				    " and rank = 82"),
			 "fault partition 0,1|2,3,4");
	ck_assert_str_eq(ask_sqlite(path, "select count(*) from event_text"
				    " where run = 2"), "50");
	ck_assert_str_eq(ask_sqlite(path, "pragma integrity_check"), "ok");
	ck_assert_str_eq(ask_sqlite(path, "select strict from"
				    " pragma_table_list('event')"), "1");
}
END_TEST

START_TEST(the_file_names_kinds_as_we_do)
{
	const char *path = dir_path("k.db");
	char sql[80];
	int kind, known = 0;

	must_close(must_open(path, true));
	for (kind = 0; kind < 100; kind++) {
		if (strcmp(event_name((enum event_kind)kind), "unknown") == 0)
			continue;
		snprintf(sql, sizeof sql, "select name from event_kind"
			 " where id = %d", kind);
		ck_assert_str_eq(ask_sqlite(path, sql),
				 event_name((enum event_kind)kind));
		known++;
	}
	snprintf(sql, sizeof sql, "select count(*) = %d from event_kind",
		 known);
	ck_assert_str_eq(ask_sqlite(path, sql), "1");
}
END_TEST

START_TEST(rows_are_small)
{
	const char *path = dir_path("b.db");
	struct history *h = must_open(path, true);
	struct fr_err err = { 0 };
	struct run_row row;
	struct event e;
	struct stat st;
	uint64_t i;

	must_begin(h, &row);
	for (i = 0; i < 50000; i++) {
		e = numbered_event(i);
		history_event(h, &e);
	}
	ck_assert_int_eq(history_end(h, &row, &err), 0);
	must_close(h);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_le(st.st_size / 50000, 60);
}
END_TEST

/* ---- what a file may be -------------------------------------------------- */

/* history_open fails with `status` and words that hold both. */
static void
refuse(const char *path, bool make, int status, const char *words)
{
	struct fr_err err = { 0 };
	struct history *h = history_open(path, make, &err);

	ck_assert_msg(h == NULL, "%s was opened", path);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
	if (*path != '\0')
		ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
	ck_assert_int_eq(err.status, status);
	ck_assert_ptr_null(strchr(err.text, '\n'));
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

START_TEST(names_that_are_no_file)
{
	char path[600];

	refuse("", true, EXIT_USAGE, "empty");
	refuse(dir_path("no.db"), false, EXIT_USAGE, "there is no file");
	refuse(dir_path("no/x.db"), true, EXIT_USAGE, "no directory");
	refuse(dir_path("."), true, EXIT_USAGE, "is a directory");
	snprintf(path, sizeof path, "%s", dir_path("pipe"));
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refuse(path, true, EXIT_USAGE, "not a regular file");
	write_file(dir_path("plain"), "");
	refuse(dir_path("plain/x.db"), true, EXIT_USAGE, "Not a directory");
}
END_TEST

START_TEST(a_file_of_something_else_is_left_alone)
{
	static const char story[] = "Once upon a time there was no database.\n";
	char text[100], longer[9000];
	const char *path = dir_path("story.txt");
	FILE *f;

	write_file(path, story);
	refuse(path, true, EXIT_USAGE, "not an SQLite file");
	refuse(path, false, EXIT_USAGE, "not an SQLite file");
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof text, f));
	fclose(f);
	ck_assert_str_eq(text, story);
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	write_file(path, longer);
	refuse(path, true, EXIT_USAGE, "not an SQLite file");

	path = dir_path("other.db");
	tell_sqlite(path, "create table thing (id integer)");
	refuse(path, true, EXIT_USAGE, "not one that fracas made");
	ck_assert_str_eq(ask_sqlite(path, "select group_concat(name) from"
				    " sqlite_schema"), "thing");
	ck_assert_str_eq(ask_sqlite(path, "pragma journal_mode"), "delete");
	path = dir_path("other2.db");
	tell_sqlite(path, "pragma application_id = 7");
	refuse(path, true, EXIT_USAGE, "not one that fracas made");
}
END_TEST

START_TEST(a_newer_version_is_refused)
{
	const char *path = dir_path("new.db");

	must_close(must_open(path, true));
	tell_sqlite(path, "pragma user_version = 99");
	refuse(path, true, EXIT_USAGE, "is of version 99, and this fracas");
	refuse(path, false, EXIT_USAGE, "versions up to 3");
}
END_TEST

START_TEST(an_empty_file_becomes_ours)
{
	const char *path = dir_path("empty.db");

	write_file(path, "");
	refuse(path, false, EXIT_USAGE, "is empty");
	must_close(must_open(path, true));
	ck_assert_str_eq(ask_sqlite(path, "pragma user_version"), "3");
	ck_assert_str_eq(ask_sqlite(path, "pragma application_id"),
			 "1718772067");
	ck_assert_str_eq(ask_sqlite(path, "pragma journal_mode"), "wal");
	must_close(must_open(path, false));
}
END_TEST

START_TEST(a_damaged_file_says_so)
{
	const char *path = dir_path("damaged.db");
	struct fr_err err = { 0 };
	struct history *h;
	struct run_row row;
	struct event e;
	uint64_t i;
	FILE *f;

	h = must_open(path, true);
	must_begin(h, &row);
	for (i = 0; i < 5000; i++) {
		e = numbered_event(i);
		history_event(h, &e);
	}
	ck_assert_int_eq(history_end(h, &row, &err), 0);
	must_close(h);
	f = fopen(path, "r+");
	fseek(f, 60000, SEEK_SET);
	for (i = 0; i < 100000; i++)
		fputc('?', f);
	fclose(f);
	h = must_open(path, false);
	i = 0;
	ck_assert_int_eq(history_events(h, row.id, stop_at_three, &i, NULL),
			 0);
	ck_assert_int_eq(history_load(h, row.id, &(struct arena){ 0 },
				      &(struct fr_history){ 0 }, &err), -1);
	ck_assert_msg(strstr(err.text, "is damaged") != NULL, "%s", err.text);
	must_close(h);
}
END_TEST

/* Rows that no version of ours writes: an error that names them. */
START_TEST(rows_that_make_no_sense)
{
	static const char *const harm[] = {
		"update event set form = 9 where id & 0xff = 7",
		"update event set form = 2, value = '[1,x]' where id & 255 = 7",
		"update event set form = 2, value = '[1' where id & 255 = 7",
		"update event set form = 1, value = 'x' where id & 255 = 7",
		"update event set form = 0 where id & 255 = 7",
		"update event set name = 55 where id & 255 = 7",
	};
	const char *path = dir_path("harm.db");
	struct arena arena = { 0 };
	struct fr_history history;
	struct fr_err err;
	struct history *h;
	struct run_row row;
	struct event e;
	char copy[600], command[80];
	uint64_t i;
	size_t k;

	h = must_open(path, true);
	must_begin(h, &row);
	for (i = 0; i < 20; i++) {
		e = numbered_event(i);
		history_event(h, &e);
	}
	must_close(h);
	for (k = 0; k < sizeof harm / sizeof harm[0]; k++) {
		snprintf(command, sizeof command, "harm%zu.db", k);
		snprintf(copy, sizeof copy, "vacuum into '%s'",
			 dir_path(command));
		tell_sqlite(path, copy);
		tell_sqlite(dir_path(command), harm[k]);
		h = must_open(dir_path(command), false);
		memset(&err, 0, sizeof err);
		ck_assert_int_eq(history_load(h, 1, &arena, &history, &err),
				 -1);
		ck_assert_msg(strstr(err.text, "run 1, event 7 is damaged") !=
			      NULL, "%zu: %s", k, err.text);
		must_close(h);
		arena_free(&arena);
	}
	/* And events that contradict each other. */
	tell_sqlite(path, "delete from event where id & 255 = 2");
	h = must_open(path, false);
	ck_assert_int_eq(history_load(h, 1, &arena, &history, &err), -1);
	ck_assert_msg(strstr(err.text, "run 1: event 6 (ok of process 2)") !=
		      NULL, "%s", err.text);
	must_close(h);
	arena_free(&arena);
}
END_TEST

START_TEST(names_that_mean_something_to_sqlite)
{
	const char *const names[] = { ":memory:", "a b?mode=ro#x%41.db", "é" };
	size_t i;

	ck_assert_int_eq(chdir(dir_path(".")), 0);
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		must_close(must_open(names[i], true));
		ck_assert_int_eq(access(names[i], F_OK), 0);
		must_close(must_open(names[i], false));
	}
}
END_TEST

/*
 * As somebody who may not write.  Where the tests run as root, which no
 * permission stops, they go on as nobody.
 */
static void
be_nobody(void)
{
	ck_assert_int_eq(chmod(dir_path("."), 0755), 0);
	ck_assert_int_eq(chdir(dir_path(".")), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
}

static void
be_again(void)
{
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}

START_TEST(what_may_not_be_written_can_be_read)
{
	struct history *h = must_open(dir_path("ro.db"), true);
	struct fr_err err = { 0 };
	struct run_row row;
	struct event e;
	uint64_t i;

	must_begin(h, &row);
	for (i = 0; i < 100; i++) {
		e = numbered_event(i);
		history_event(h, &e);
	}
	ck_assert_int_eq(history_end(h, &row, &err), 0);
	must_close(h);
	chmod(dir_path("ro.db"), 0444);
	be_nobody();
	if (access("ro.db", R_OK) < 0 && geteuid() != getuid()) {
		be_again();	/* TMPDIR is closed to others */
		return;
	}
	if (geteuid() == getuid())
		chmod(".", 0555);
	refuse("ro.db", true, EXIT_USAGE, "ro.db");
	h = must_open("ro.db", false);
	ck_assert_uint_eq(check_numbered(h, 1), 100);
	must_close(h);
	refuse("fresh.db", true, EXIT_USAGE, "fresh.db");
	chmod(".", 0755);
	be_again();
}
END_TEST

START_TEST(a_file_that_may_not_be_written)
{
	const char *path = dir_path("ro.db");

	must_close(must_open(path, true));
	chmod(path, 0444);
	chmod(dir_path("."), 0777);
	be_nobody();
	chmod(".", 0777);
	if (access("ro.db", R_OK) == 0)
		refuse("ro.db", true, EXIT_USAGE, "cannot be written");
	be_again();
}
END_TEST

/* Made by hand, as version 1 was on the day it was released. */
START_TEST(a_file_of_version_1_reads_for_ever)
{
	const char *top = getenv("top_srcdir"), *path = dir_path("one.db");
	char name[600], *sql;
	struct fr_err err = { 0 };
	struct history *h;
	struct run_row row;
	uint64_t count = 0;
	FILE *f;
	long size;

	snprintf(name, sizeof name, "%s/tests/data/history-1.sql",
		 top != NULL ? top : ".");
	f = fopen(name, "r");
	ck_assert_msg(f != NULL, "%s: %s", name, strerror(errno));
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	sql = mem_new((size_t)size + 1);
	ck_assert_uint_eq(fread(sql, 1, (size_t)size, f), (size_t)size);
	fclose(f);
	tell_sqlite(path, sql);
	free(sql);
	h = must_open(path, true);
	ck_assert_int_eq(history_run(h, 1, &row, &err), 0);
	ck_assert_str_eq(row.protocol, "abd");
	ck_assert_uint_eq(row.seed, 42);
	ck_assert_str_eq(row.verdict, "valid");
	run_row_free(&row);
	ck_assert_uint_eq(check_numbered(h, 1), 40);
	ck_assert_int_eq(history_events(h, 2, compare_value, &count, &err),
			 0);
	ck_assert_uint_eq(count, VALUES);
	count = 0;
	ck_assert_int_eq(history_traces(h, 1, compare_trace, &count, &err),
			 0);
	ck_assert_uint_eq(count, 6);
	/* And goes on. */
	must_begin(h, &row);
	ck_assert_int_eq(row.id, 3);
	must_close(h);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("history");
	TCase *t = tcase_create("given and read");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, dir_make, dir_remove);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, values_read_back_exactly);
	tcase_add_test(t, events_read_back_exactly);
	tcase_add_test(t, large_values_pass);
	tcase_add_test(t, more_names_than_are_numbered);
	tcase_add_test(t, messages_read_back_exactly);
	tcase_add_test(t, a_reader_may_stop);
	tcase_add_test(t, a_run_row_reads_back_exactly);
	tcase_add_test(t, a_verdict_is_put_in_the_place_of_another);
	tcase_add_test(t, runs_do_not_mix);
	tcase_add_test(t, a_run_that_is_not_there);
	tcase_add_test(t, the_views_put_it_into_words);
	tcase_add_test(t, the_file_names_kinds_as_we_do);
	tcase_add_test(t, rows_are_small);
	suite_add_tcase(s, t);
	t = tcase_create("files");
	tcase_add_checked_fixture(t, dir_make, dir_remove);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, names_that_are_no_file);
	tcase_add_test(t, a_file_of_something_else_is_left_alone);
	tcase_add_test(t, a_newer_version_is_refused);
	tcase_add_test(t, an_empty_file_becomes_ours);
	tcase_add_test(t, a_damaged_file_says_so);
	tcase_add_test(t, rows_that_make_no_sense);
	tcase_add_test(t, names_that_mean_something_to_sqlite);
	tcase_add_test(t, what_may_not_be_written_can_be_read);
	tcase_add_test(t, a_file_that_may_not_be_written);
	tcase_add_test(t, a_file_of_version_1_reads_for_ever);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
