/* SPDX-License-Identifier: MIT */
/*
 * core/world: the live world with nodes that do wrong: crash, exit, hang,
 * flood, lie.  The world survives all of it and says what happened.  What can
 * be done over any carrier is tried over both; _i says which.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/live_rig.h"
#include "tests/unit/plugins/live_tool.h"

#define MS 1000000ll

static struct rig rig;

static void
tear_down(void)
{
	rig_free(&rig);
}

static void
open_rig(uint32_t nodes, int carrier)
{
	rig_init(&rig, nodes, carrier);
	rig_open(&rig, "complete");
	rig_boot(&rig);
}

static void
expect_end(uint32_t node, enum end_cause cause, int status, const char *text)
{
	struct seen *s = rig_wait(&rig, SEEN_ENDED, node);

	ck_assert_msg(strstr(s->text, text) != NULL, "\"%s\" is not \"%s\"",
		      s->text, text);
	ck_assert_int_eq(s->end.cause, cause);
	ck_assert_int_eq(s->end.status, status);
}

/* The other node goes on as if nothing had happened. */
static void
expect_well(uint32_t node)
{
	struct seen *s = rig_call(&rig, node, TOOL_ECHO, 42, 0, 0, 0);

	ck_assert_int_eq(s->reply.value.u.list[0], 42);
}

/* ---- ends of its own ---------------------------------------------------------------- */

START_TEST(a_crash_is_told_with_its_handler)
{
	open_rig(2, _i);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_SIGNAL, SIGSEGV, 0, 0, 0),
			 0);
	expect_end(0, END_SIGNALLED, SIGSEGV,
		   "killed by SIGSEGV in the handler of request `signal`");
	rig_wait(&rig, SEEN_BROKEN, 0);
	ck_assert_int_eq(rig.w->ops->state(rig.w, 0, NULL), NODE_DOWN);
	expect_well(1);
	RIG_DO(&rig, boot, 0);
	rig_wait(&rig, SEEN_READY, 0);
	expect_well(0);
}
END_TEST

START_TEST(an_exit_is_told_with_its_handler)
{
	open_rig(2, _i);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_LEAVE, 3, 0, 0, 0), 0);
	expect_end(0, END_EXITED, 3,
		   "exited with status 3 in the handler of request `leave`");
	ck_assert_int_eq(rig_ask_for(&rig, 1, TOOL_ALARM, 0, 0, 0, 0), 0);
	expect_end(1, END_EXITED, 0, "exited with status 0 by itself while "
		   "idle");
}
END_TEST

START_TEST(an_end_in_start_is_told)
{
	rig_init(&rig, 1, _i);
	rig.params[0].value = "exit";
	rig_open(&rig, "complete");
	RIG_DO(&rig, boot, 0);
	expect_end(0, END_EXITED, 3, "exited with status 3 in start");
	RIG_DO(&rig, boot, 0);
	expect_end(0, END_EXITED, 3, "exited with status 3 in start");
	rig.params[0].value = "crash";
	RIG_DO(&rig, boot, 0);
	expect_end(0, END_SIGNALLED, SIGKILL, "killed by SIGKILL in start");
}
END_TEST

START_TEST(a_plugin_that_is_none_is_refused)
{
	rig_init(&rig, 3, _i);
	rig.plugins[0] = "/nowhere/at-all.so";
	rig.plugins[1] = "/etc/passwd";
	rig_open(&rig, "complete");
	RIG_DO(&rig, boot, 0);
	RIG_DO(&rig, boot, 1);
	RIG_DO(&rig, boot, 2);
	expect_end(0, END_REFUSED, 0, "/nowhere/at-all.so");
	expect_end(1, END_REFUSED, 0, "/etc/passwd");
	rig_wait(&rig, SEEN_READY, 2);
	expect_well(2);
}
END_TEST

/* ---- hanging ------------------------------------------------------------------------- */

START_TEST(a_node_that_does_not_return_is_ended)
{
	rig_init(&rig, 3, _i);
	rig.config.hang_limit = 300 * MS;
	rig_open(&rig, "complete");
	rig_boot(&rig);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_SPIN, 0, 0, 0, 0), 0);
	expect_end(0, END_HUNG, SIGKILL, "did not return from the handler of "
		   "request `spin` for 0.3 s (used 0.");
	ck_assert_int_eq(rig_ask_for(&rig, 1, TOOL_SLEEP, 0, 0, 0, 0), 0);
	expect_end(1, END_HUNG, SIGKILL, "did not return from the handler of "
		   "request `sleep` for 0.3 s (used 0.0 s of CPU)");
	ck_assert_int_eq(rig_ask_for(&rig, 2, TOOL_TIMER, 1 * MS, 0, 0, 0), 0);
	expect_end(2, END_HUNG, SIGKILL, "the handler of timer `stuck`");
}
END_TEST

START_TEST(neither_idle_nor_paused_nodes_hang)
{
	rig_init(&rig, 2, _i);
	rig.config.hang_limit = 200 * MS;
	rig_open(&rig, "complete");
	rig_boot(&rig);
	RIG_DO(&rig, pause, 0);
	rig_call(&rig, 1, TOOL_LATER, 1500 * MS, 0, 0, 0);
	RIG_DO(&rig, resume, 0);
	expect_well(0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_ENDED, 0), 0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_ENDED, 1), 0);
}
END_TEST

START_TEST(a_node_that_does_not_become_ready_is_ended)
{
	char hang[600];
	const char *slash;

	rig_init(&rig, 2, _i);
	slash = strrchr(rig.plugin, '/');
	snprintf(hang, sizeof hang, "%.*s/live_hang.so",
		 (int)(slash - rig.plugin), rig.plugin);
	rig.plugins[0] = hang;
	rig.params[0].value = "spin";
	rig.config.boot_limit = 300 * MS;
	rig_open(&rig, "complete");
	RIG_DO(&rig, boot, 0);
	RIG_DO(&rig, boot, 1);
	expect_end(0, END_REFUSED, 0,
		   "not ready after 0.3 s: in a constructor while loading");
	expect_end(1, END_REFUSED, 0, "not ready after 0.3 s: in start");
}
END_TEST

START_TEST(a_supervisor_that_was_held_up_blames_nobody)
{
	const struct timespec nap = { .tv_sec = 1, .tv_nsec = 500 * MS };

	rig_init(&rig, 2, _i);
	rig.config.boot_limit = rig.config.hang_limit = 300 * MS;
	rig_open(&rig, "complete");
	RIG_DO(&rig, boot, 0);
	RIG_DO(&rig, boot, 1);
	nanosleep(&nap, NULL);
	rig_wait(&rig, SEEN_READY, 0);
	rig_wait(&rig, SEEN_READY, 1);
	nanosleep(&nap, NULL);
	expect_well(0);
	expect_well(1);
	ck_assert_uint_eq(rig_count(&rig, SEEN_ENDED, 0), 0);
}
END_TEST

/* ---- output ----------------------------------------------------------------------------- */

static void
print(uint32_t node, const char *text)
{
	ck_assert_int_eq(rig_ask(&rig, node, TOOL_PRINT,
				 fr_bytes(text, (uint32_t)strlen(text))), 0);
}

START_TEST(what_is_printed_is_told_line_by_line)
{
	char text[10000];
	struct seen *s;

	open_rig(1, _i);
	print(0, "one\ntwo\n\nno end");
	s = rig_wait_text(&rig, SEEN_SAID, 0, "one");
	ck_assert_int_eq(s->from, OUTPUT_STDOUT);
	rig_wait_text(&rig, SEEN_SAID, 0, "two");
	s = rig_wait_text(&rig, SEEN_SAID, 0, "one");
	ck_assert_int_eq(s->from, OUTPUT_STDERR);
	rig_wait_text(&rig, SEEN_SAID, 0, "two");
	/* The line that was begun, and one that is too long. */
	memset(text, 'x', sizeof text);
	memcpy(text + sizeof text - 6, "\nlast\n", 6);
	ck_assert_int_eq(rig_ask(&rig, 0, TOOL_PRINT,
				 fr_bytes(text, sizeof text)), 0);
	rig_wait_text(&rig, SEEN_SAID, 0, "last");
	rig_wait_text(&rig, SEEN_SAID, 0, "last");
	s = rig_wait_text(&rig, SEEN_SAID, 0, "no endxxx");
	ck_assert_uint_eq(strlen(s->text), FR_TEXT_MAX - 1);
	ck_assert_uint_eq(rig_count(&rig, SEEN_SAID, 0), 10);
	/* What it said last is told before its end. */
	print(0, "farewell");
	rig_wait(&rig, SEEN_REPLIED, 0);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_LEAVE, 1, 0, 0, 0), 0);
	rig_wait(&rig, SEEN_ENDED, 0);
	ck_assert_str_eq(rig.seen[rig.count - 1]->text, "");	/* broken */
	ck_assert_uint_eq(rig_count(&rig, SEEN_SAID, 0), 12);
}
END_TEST

START_TEST(a_flood_of_output_is_capped_and_starves_nobody)
{
	uint32_t i, said;

	rig_init(&rig, 2, _i);
	rig.config.output_max = 1000;
	rig_open(&rig, "complete");
	rig_boot(&rig);
	rig_call(&rig, 0, TOOL_FLOOD, 0, 0, 0, 0);
	rig_wait_text(&rig, SEEN_SAID, 0, "written too much");
	said = (uint32_t)rig_count(&rig, SEEN_SAID, 0);
	ck_assert_uint_eq(said, 1000 / 37 + 1);
	for (i = 0; i < 100; i++)
		expect_well(1);
	expect_well(0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_SAID, 0), said);
	/* A new boot may speak again. */
	RIG_DO(&rig, kill, 0);
	RIG_DO(&rig, boot, 0);
	rig_wait(&rig, SEEN_READY, 0);
	print(0, "good morning\n");
	rig_wait_text(&rig, SEEN_SAID, 0, "good morning");
}
END_TEST

START_TEST(a_flood_of_log_lines_is_capped)
{
	rig_init(&rig, 1, _i);
	rig.config.output_max = 1000;
	rig_open(&rig, "complete");
	rig_boot(&rig);
	rig_call(&rig, 0, TOOL_LOG, 10000, 0, 0, 0);
	rig_wait_text(&rig, SEEN_SAID, 0, "line 0");
	rig_wait_text(&rig, SEEN_SAID, 0, "logged too much");
	ck_assert_uint_lt(rig_count(&rig, SEEN_SAID, 0), 200);
	expect_well(0);
}
END_TEST

/* ---- misuse, through the host ------------------------------------------------------------- */

START_TEST(what_the_contract_forbids_is_told_and_goes_on)
{
	open_rig(2, _i);
	ck_assert_int_eq(rig_call(&rig, 0, TOOL_SEND, 77, 0, 1, 8)
			 ->reply.value.u.number, FR_EINVAL);
	rig_wait_text(&rig, SEEN_MISUSED, 0, "77");
	ck_assert_int_eq(rig_call(&rig, 0, TOOL_SEND, 1, 9, 1, 8)
			 ->reply.value.u.number, FR_EINVAL);
	rig_wait(&rig, SEEN_MISUSED, 0);
	/* Shorter than the handler wants: the host of the other drops it. */
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 1, 3);
	rig_wait_text(&rig, SEEN_MISUSED, 1, "counted");
	expect_well(0);
	expect_well(1);
}
END_TEST

START_TEST(a_node_that_leaves_its_carrier_is_ended)
{
	open_rig(2, 0);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_CLOSE, 0, 0, 0, 0), 0);
	expect_end(0, END_REFUSED, 0, "closed its connection to the switch");
	expect_well(1);
}
END_TEST

START_TEST(the_death_of_the_nursery_breaks_the_world)
{
	struct fr_err err = { 0 };

	open_rig(2, _i);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_PARENT, 0, 0, 0, 0), 0);
	rig_wait_text(&rig, SEEN_BROKE, 0, "killed by signal 9");
	ck_assert_int_eq(rig.w->ops->loop(rig.w, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "fracas-node"));
	ck_assert_int_eq(rig.w->ops->boot(rig.w, 0, &err), -1);
}
END_TEST

/* ---- frames that no host would write ------------------------------------ */

struct raw {
	unsigned char data[4096];
	size_t size;
};

static struct frame *
add_frame(struct raw *raw, uint16_t kind, uint64_t id, const void *body,
	  size_t size)
{
	struct frame *f = (struct frame *)(void *)(raw->data + raw->size);

	memset(f, 0, sizeof *f);
	f->size = (uint32_t)((sizeof *f + size + 7) & ~(size_t)7);
	f->body = (uint32_t)size;
	f->kind = kind;
	f->id = id;
	if (size > 0)
		memcpy(f + 1, body, size);
	raw->size += f->size;
	ck_assert_uint_le(raw->size, sizeof raw->data);
	return f;
}

static void
say_raw(const struct raw *raw)
{
	ck_assert_int_eq(rig_ask(&rig, 0, TOOL_RAW,
				 fr_bytes(raw->data, (uint32_t)raw->size)), 0);
}

static const struct broken {
	uint16_t kind;
	uint32_t size, body;		/* of the head; 0: as it should be     */
	const char *content;
	uint32_t content_size;
	const char *text;
} broken[] = {
	{ FRAME_MESSAGE, 8, 0, "", 0, "its size" },
	{ FRAME_MESSAGE, 33, 0, "", 0, "the size of its body" },
	{ FRAME_MESSAGE, UINT32_MAX, 0, "", 0, "its size" },
	{ FRAME_MESSAGE, 1u << 30, 1u << 30, "", 0, "its size" },
	{ FRAME_MESSAGE, 32, 100, "", 0, "the size of its body" },
	{ FRAME_MESSAGE, 40, UINT32_MAX - 40, "", 0, "the size of its body" },
	{ FRAME_MESSAGE, 32 + (1u << 20) + 8, (1u << 20) + 1, "", 0,
	  "a message of more than 1 MiB" },
	{ FRAME_START, 0, 0, "", 0, "a kind that no node sends" },
	{ 999, 0, 0, "", 0, "a kind that no node sends" },
	{ FRAME_HELLO, 0, 0, "", 0, "a second HELLO" },
	{ FRAME_READY, 0, 0, "", 0, "READY out of turn" },
	{ FRAME_READY, 0, 0, "x", 1, "READY with a body" },
	{ FRAME_REPLY, 0, 0, "", 0, "a reply" },
	{ FRAME_REPLY, 0, 0, "\1\0\0\0\0\0\0\0\2\0\0\0\377\377\377\377\0\0\0",
	  20, "a reply" },
	{ FRAME_REPLY, 0, 0, "\11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20,
	  "a reply" },
	{ FRAME_REPLY, 0, 0, "\1\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\0\0\0\0", 20,
	  "a reply" },
	{ FRAME_CLAIM, 0, 0, "\377\377\377\377", 4, "a claim" },
	{ FRAME_NOTE, 0, 0, "\1\0\0\0a", 5, "a note" },
	{ FRAME_LOG, 0, 0, "\1\0\0\0\0\0\0\0z", 9, "a log line" },
	{ FRAME_LOG, 0, 0, "\11\0\0\0\0\0\0\0", 8, "a log line" },
	{ FRAME_MISUSE, 0, 0, "", 0, "a misuse" },
	{ FRAME_FATAL, 0, 0, "\377\0\0\0x", 5, "FATAL" },
};

START_TEST(a_frame_that_breaks_the_format_ends_the_node)
{
	const struct broken *b = &broken[_i];
	struct raw raw = { .size = 0 };
	struct frame *f;
	char text[128];

	open_rig(2, 0);
	f = add_frame(&raw, b->kind, 0, b->content, b->content_size);
	if (b->size > 0) {
		f->size = b->size;
		f->body = b->body;
	}
	say_raw(&raw);
	snprintf(text, sizeof text, "sent a broken frame (%s)", b->text);
	expect_end(0, END_REFUSED, 0, text);
	expect_well(1);
	RIG_DO(&rig, boot, 0);
	rig_wait(&rig, SEEN_READY, 0);
	expect_well(0);
}
END_TEST

START_TEST(who_sends_is_told_by_the_descriptor)
{
	const int64_t body = 5;
	struct raw raw = { .size = 0 };
	struct seen *s;
	struct frame *f;

	rig_init(&rig, 3, 0);
	rig_trace(&rig);
	rig_open(&rig, "complete");
	rig_boot(&rig);
	/* As if from node 2 of another boot; and to where nobody is; and of a
	 * type that there is not. */
	f = add_frame(&raw, FRAME_MESSAGE, 0, &body, sizeof body);
	f->src = 2;
	f->src_boot = 99;
	f->dst_boot = 99;
	f->dst = 1;
	f = add_frame(&raw, FRAME_MESSAGE, 0, &body, sizeof body);
	f->dst = 77;
	f = add_frame(&raw, FRAME_MESSAGE, 0, &body, sizeof body);
	f->dst = 1;
	f->type = 500;
	say_raw(&raw);
	s = rig_wait(&rig, SEEN_CLAIMED, 1);
	ck_assert_int_eq(s->key, 5);
	ck_assert_int_eq(s->value, 0);
	s = rig_wait(&rig, SEEN_MESSAGE, 1);
	ck_assert_uint_eq(s->message.src, 0);
	ck_assert_uint_eq(s->message.src_boot, 0);
	s = rig_wait(&rig, SEEN_MESSAGE, 77);
	ck_assert_int_eq(s->message.fate, TRACE_BOUNCED);
	s = rig_wait(&rig, SEEN_MESSAGE, 1);
	ck_assert_int_eq(s->message.fate, TRACE_BOUNCED);
	ck_assert_uint_eq(rig.w->ops->counts(rig.w)->dropped[TRACE_BOUNCED],
			  2);
	expect_well(0);
}
END_TEST

START_TEST(replies_count_once_and_only_from_who_was_asked)
{
	/* ok, node 0, nil, no text */
	static const char ok[20] = "\1\0\0\0";
	struct raw raw = { .size = 0 };
	uint64_t before;

	open_rig(2, 0);
	/* The request of node 1 is the first call: id 1 << 32 | 0. */
	ck_assert_int_eq(rig_ask_for(&rig, 1, TOOL_SILENT, 0, 0, 0, 0), 0);
	rig_wait(&rig, SEEN_NOTED, 1);
	before = rig.token;
	add_frame(&raw, FRAME_REPLY, 1ull << 32, ok, sizeof ok);
	add_frame(&raw, FRAME_REPLY, 0, ok, sizeof ok);
	add_frame(&raw, FRAME_REPLY, UINT64_MAX, ok, sizeof ok);
	say_raw(&raw);
	rig_wait_text(&rig, SEEN_MISUSED, 0, "it was not asked");
	rig_wait_text(&rig, SEEN_MISUSED, 0, "it was not asked");
	rig_wait_text(&rig, SEEN_MISUSED, 0, "it was not asked");
	expect_well(0);
	/* Node 1 answers its own, twice. */
	ck_assert_uint_eq(rig_count(&rig, SEEN_REPLIED, 1), 0);
	raw.size = 0;
	add_frame(&raw, FRAME_REPLY, 1ull << 32, ok, sizeof ok);
	add_frame(&raw, FRAME_REPLY, 1ull << 32, ok, sizeof ok);
	ck_assert_int_eq(rig_ask(&rig, 1, TOOL_RAW,
				 fr_bytes(raw.data, (uint32_t)raw.size)), 0);
	ck_assert_uint_eq(rig_wait(&rig, SEEN_REPLIED, 1)->token, before);
	rig_wait_text(&rig, SEEN_MISUSED, 1, "had answered before");
	expect_well(1);
}
END_TEST

START_TEST(a_redirect_to_nowhere_is_a_failure)
{
	/* redirect, to node 9 */
	static const char redirect[20] = "\4\0\0\0\11\0\0\0";
	struct raw raw = { .size = 0 };
	struct seen *s;

	open_rig(1, 0);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_SILENT, 0, 0, 0, 0), 0);
	rig_wait(&rig, SEEN_NOTED, 0);
	add_frame(&raw, FRAME_REPLY, 1ull << 32, redirect, sizeof redirect);
	say_raw(&raw);
	s = rig_wait_text(&rig, SEEN_REPLIED, 0, "node 9");
	ck_assert_uint_eq(s->reply.kind, FR_REPLY_FAIL);
	rig_wait_text(&rig, SEEN_MISUSED, 0, "does not exist");
}
END_TEST

START_TEST(misuse_is_told_only_so_often)
{
	static const char text[8] = "\4\0\0\0bad!";
	struct raw raw = { .size = 0 };
	int i;

	open_rig(1, 0);
	for (i = 0; i < 100; i++)
		add_frame(&raw, FRAME_MISUSE, 0, text, sizeof text);
	say_raw(&raw);
	say_raw(&raw);
	rig_wait_text(&rig, SEEN_MISUSED, 0, "more of the like");
	expect_well(0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_MISUSED, 0), 100);
}
END_TEST

/* ---- words ------------------------------------------------------------- */

START_TEST(doing_is_put_into_words)
{
	char query[] = "query", *names[] = { query };
	struct descriptor d = { .messages = names, .message_count = 1 };
	static const struct {
		uint32_t doing, index;
		const char *text;
	} words[] = {
		{ DOING_LOADING, 0, "in a constructor while loading" },
		{ DOING_IDLE, 0, "while idle" },
		{ DOING_START, 0, "in start" },
		{ DOING_MESSAGE, 0, "in the handler of message `query`" },
		{ DOING_MESSAGE, 1, "in the handler of message 1" },
		{ DOING_TIMER, 7, "in the handler of timer 7" },
		{ DOING_REQUEST, 0, "in the handler of request 0" },
		{ DOING_EXIT, 0, "while ending" },
		{ 4711, 0, "while doing nobody knows what" },
	};
	char text[128];
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++) {
		doing_text(&d, words[i].doing, words[i].index, text,
			   sizeof text);
		ck_assert_str_eq(text, words[i].text);
	}
	doing_text(NULL, DOING_MESSAGE, 0, text, sizeof text);
	ck_assert_str_eq(text, "in the handler of message 0");
	for (i = 0; i < END_CAUSES; i++)
		ck_assert_ptr_nonnull(end_names[i]);
	ck_assert_str_eq(trace_name(FATE_CUT), "cut");
	ck_assert_str_eq(trace_name(TRACE_FULL), "queue full");
	ck_assert_str_eq(trace_name(255), "unknown");
}
END_TEST

int
main(void)
{
	const TTest *const both[] = {
		a_crash_is_told_with_its_handler,
		an_exit_is_told_with_its_handler,
		an_end_in_start_is_told,
		a_plugin_that_is_none_is_refused,
		a_node_that_does_not_return_is_ended,
		neither_idle_nor_paused_nodes_hang,
		a_node_that_does_not_become_ready_is_ended,
		a_supervisor_that_was_held_up_blames_nobody,
		what_is_printed_is_told_line_by_line,
		a_flood_of_output_is_capped_and_starves_nobody,
		a_flood_of_log_lines_is_capped,
		what_the_contract_forbids_is_told_and_goes_on,
		the_death_of_the_nursery_breaks_the_world,
	};
	const TTest *const stream[] = {
		a_node_that_leaves_its_carrier_is_ended,
		who_sends_is_told_by_the_descriptor,
		replies_count_once_and_only_from_who_was_asked,
		a_redirect_to_nowhere_is_a_failure,
		misuse_is_told_only_so_often,
	};
	Suite *s = suite_create("live, bad");
	TCase *c = tcase_create("both carriers");
	SRunner *r;
	size_t i;
	int failed;

	tcase_set_timeout(c, 180);
	tcase_add_checked_fixture(c, NULL, tear_down);
	for (i = 0; i < sizeof both / sizeof *both; i++)
		tcase_add_loop_test(c, both[i], 0, 2);
	suite_add_tcase(s, c);
	c = tcase_create("raw frames");
	tcase_set_timeout(c, 180);
	tcase_add_checked_fixture(c, NULL, tear_down);
	tcase_add_loop_test(c, a_frame_that_breaks_the_format_ends_the_node,
			    0, (int)(sizeof broken / sizeof *broken));
	for (i = 0; i < sizeof stream / sizeof *stream; i++)
		tcase_add_test(c, stream[i]);
	suite_add_tcase(s, c);
	c = tcase_create("words");
	tcase_add_test(c, doing_is_put_into_words);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
