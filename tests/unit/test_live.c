/* SPDX-License-Identifier: MIT */
/*
 * core/world: the live world with real nodes.  Every test runs over both
 * carriers; _i says which.
 */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/units.h"
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
	rig_trace(&rig);
	rig_open(&rig, "complete");
	rig_boot(&rig);
}

static enum node_state
state(uint32_t node)
{
	return rig.w->ops->state(rig.w, node, NULL);
}

static uint32_t
boot_of(uint32_t node)
{
	uint32_t boot;

	rig.w->ops->state(rig.w, node, &boot);
	return boot;
}

static const struct world_counts *
counts(void)
{
	return rig.w->ops->counts(rig.w);
}

static struct link *
link_of(uint32_t from, uint32_t to)
{
	return net_link(rig.config.net, from, to);
}

/* ---- life ----------------------------------------------------------------------- */

START_TEST(nodes_come_up_and_stop_in_order)
{
	uint32_t i;

	rig_init(&rig, 3, _i);
	rig_open(&rig, "complete");
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(state(i), NODE_DOWN);
	rig_boot(&rig);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(state(i), NODE_UP);
		ck_assert_uint_eq(boot_of(i), 0);
	}
	rig.w->ops->stop(rig.w);
	for (i = 0; i < 3; i++) {
		struct seen *s = rig_wait(&rig, SEEN_ENDED, i);

		ck_assert_int_eq(s->end.cause, END_STOPPED);
		ck_assert_str_eq(s->text, "stopped in order");
		ck_assert_int_gt(s->end.cpu_ns, 0);
		ck_assert_uint_gt(s->end.rss_bytes, 100000);
		ck_assert_int_eq(state(i), NODE_DOWN);
	}
}
END_TEST

START_TEST(start_tells_a_node_where_it_is)
{
	struct seen *s;
	FILE *file;
	char path[512];

	rig_init(&rig, 3, _i);
	snprintf(path, sizeof path, "%s/links", rig.dir);
	file = fopen(path, "we");
	fputs("0 1 7\n1 > 2 3\n", file);
	fclose(file);
	rig_open(&rig, path);
	rig_boot(&rig);
	s = rig_call(&rig, 1, TOOL_NEIGHBOURS, 0, 0, 0, 0);
	ck_assert_uint_eq(s->reply.value.count, 2);
	ck_assert_int_eq(s->reply.value.u.list[0], 7);
	ck_assert_int_eq(s->reply.value.u.list[1], 203);
	s = rig_call(&rig, 2, TOOL_NEIGHBOURS, 0, 0, 0, 0);
	ck_assert_uint_eq(s->reply.value.count, 0);
}
END_TEST

START_TEST(a_kill_takes_effect_at_once)
{
	struct seen *s;

	open_rig(2, _i);
	/* It sends as fast as it can, and then nothing of it arrives. */
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_SEND, 1, 0, 10000, 8), 0);
	rig_wait(&rig, SEEN_MESSAGE, 1);
	RIG_DO(&rig, kill, 0);
	ck_assert_int_eq(state(0), NODE_DOWN);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_ECHO, 0, 0, 0, 0), 1);
	RIG_REFUSED(&rig, kill, 0, "node 0 is not running");
	RIG_REFUSED(&rig, pause, 0, "node 0 is not running");
	RIG_REFUSED(&rig, resume, 0, "node 0 is not running");
	uint64_t sent = counts()->sent;

	s = rig_wait(&rig, SEEN_ENDED, 0);
	ck_assert_int_eq(s->end.cause, END_KILLED);
	ck_assert_int_eq(s->end.status, SIGKILL);
	ck_assert_msg(strncmp(s->text, "killed ", 7) == 0, "%s", s->text);
	ck_assert_uint_eq(counts()->sent, sent);
	/* Node 1 noticed nothing of all this but that it is quiet. */
	ck_assert_int_eq(rig_call(&rig, 1, TOOL_ECHO, 5, 0, 0, 0)
			 ->reply.value.u.list[0], 5);
}
END_TEST

START_TEST(a_node_is_booted_again_and_its_boots_are_counted)
{
	uint32_t boot;

	open_rig(2, _i);
	RIG_REFUSED(&rig, boot, 0, "node 0 is up already");
	for (boot = 1; boot <= 5; boot++) {
		/* Without waiting for the end of the last one. */
		RIG_DO(&rig, kill, 0);
		RIG_DO(&rig, boot, 0);
		ck_assert_int_eq(state(0), NODE_BOOTING);
		ck_assert_uint_eq(boot_of(0), boot);
		RIG_REFUSED(&rig, boot, 0, "node 0 is booting already");
		RIG_REFUSED(&rig, pause, 0, "node 0 is not up yet");
		ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_ECHO, 0, 0, 0, 0),
				 1);
		ck_assert_uint_eq(rig_wait(&rig, SEEN_ENDED, 0)->boot,
				  boot - 1);
		ck_assert_uint_eq(rig_wait(&rig, SEEN_READY, 0)->boot, boot);
		rig_call(&rig, 0, TOOL_ECHO, 0, 0, 0, 0);
	}
}
END_TEST

START_TEST(boots_that_never_began_end_too_in_their_order)
{
	uint32_t boot;

	open_rig(1, _i);
	for (boot = 0; boot < 4; boot++) {
		RIG_DO(&rig, kill, 0);
		RIG_DO(&rig, boot, 0);
	}
	for (boot = 0; boot < 4; boot++) {
		struct seen *s = rig_wait(&rig, SEEN_ENDED, 0);

		ck_assert_uint_eq(s->boot, boot);
		ck_assert_int_eq(s->end.cause, END_KILLED);
		if (boot > 0)
			ck_assert_str_eq(s->text, "killed before it began");
	}
	ck_assert_uint_eq(rig_wait(&rig, SEEN_READY, 0)->boot, 4);
	ck_assert_int_eq(state(0), NODE_UP);
}
END_TEST

START_TEST(a_paused_node_keeps_what_it_is_sent)
{
	struct seen *s;

	open_rig(2, _i);
	RIG_DO(&rig, pause, 0);
	ck_assert_int_eq(state(0), NODE_PAUSED);
	RIG_REFUSED(&rig, pause, 0, "node 0 is paused already");
	RIG_REFUSED(&rig, boot, 0, "node 0 is paused");
	/* The signal takes its way over the nursery: until it has arrived,
	 * whatever is asked may be answered. */
	do
		ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_LATER, 50 * MS, 0,
					     0, 0), 0);
	while (rig_call(&rig, 1, TOOL_LATER, 100 * MS, 0, 0, 0) != NULL &&
	       rig_count(&rig, SEEN_REPLIED, 0) > 0 && rig.token < 100 &&
	       rig_wait(&rig, SEEN_REPLIED, 0) != NULL);
	rig_call(&rig, 1, TOOL_SEND, 0, 0, 3, 8);
	RIG_DO(&rig, resume, 0);
	RIG_REFUSED(&rig, resume, 0, "node 0 is not paused");
	s = rig_wait(&rig, SEEN_CLAIMED, 0);
	ck_assert_int_eq(s->key, 0);
	rig_wait(&rig, SEEN_REPLIED, 0);
	RIG_DO(&rig, pause, 0);
	RIG_DO(&rig, kill, 0);
	ck_assert_int_eq(rig_wait(&rig, SEEN_ENDED, 0)->end.cause, END_KILLED);
	RIG_DO(&rig, pause, 1);
}
END_TEST

START_TEST(a_node_that_does_not_stop_is_killed)
{
	struct seen *s;

	open_rig(2, _i);
	ck_assert_int_eq(rig_ask_for(&rig, 1, TOOL_SPIN, 0, 0, 0, 0), 0);
	rig.w->ops->stop(rig.w);
	s = rig_wait(&rig, SEEN_ENDED, 1);
	ck_assert_int_eq(s->end.cause, END_STOPPED);
	ck_assert_str_eq(s->text,
			 "did not end in order within 1 s, and was killed");
	rig_wait(&rig, SEEN_BROKEN, 1);
}
END_TEST

START_TEST(stopping_ends_what_is_only_beginning)
{
	rig_init(&rig, 3, _i);
	rig_open(&rig, "complete");
	RIG_DO(&rig, boot, 0);
	RIG_DO(&rig, boot, 1);
	RIG_DO(&rig, kill, 1);
	RIG_DO(&rig, boot, 1);
	rig.w->ops->stop(rig.w);
	ck_assert_int_eq(rig_wait(&rig, SEEN_ENDED, 0)->end.cause,
			 END_STOPPED);
	ck_assert_uint_eq(rig_wait(&rig, SEEN_ENDED, 1)->boot, 0);
	ck_assert_uint_eq(rig_wait(&rig, SEEN_ENDED, 1)->boot, 1);
	ck_assert_uint_eq(rig_count(&rig, SEEN_ENDED, 2), 0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_READY, 0), 0);
}
END_TEST

/* Whoever hears of the world may change it at once. */
static void
kill_who_claims(struct rig *r, const struct seen *s)
{
	if (s->kind == SEEN_CLAIMED) {
		RIG_DO(r, kill, 0);
		RIG_DO(r, boot, 0);
		RIG_DO(r, kill, s->node);
		RIG_DO(r, boot, s->node);
		r->also = NULL;
	}
}

START_TEST(an_event_may_kill_its_own_node)
{
	open_rig(2, _i);
	rig.also = kill_who_claims;
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_SEND, 1, 0, 5000, 8), 0);
	rig_wait(&rig, SEEN_ENDED, 0);
	rig_wait(&rig, SEEN_ENDED, 1);
	ck_assert_uint_eq(rig_wait(&rig, SEEN_READY, 0)->boot, 1);
	ck_assert_uint_eq(rig_wait(&rig, SEEN_READY, 1)->boot, 1);
	ck_assert_uint_eq(rig_count(&rig, SEEN_CLAIMED, 1), 1);
	rig_call(&rig, 0, TOOL_ECHO, 0, 0, 0, 0);
	rig_call(&rig, 1, TOOL_ECHO, 0, 0, 0, 0);
}
END_TEST

/* ---- messages ---------------------------------------------------------------------- */

static bool
all_counted(struct rig *r)
{
	return rig_count(r, SEEN_CLAIMED, 1) >= 3000;
}

START_TEST(messages_arrive_once_and_in_order)
{
	int64_t i;

	rig_init(&rig, 3, _i);
	rig_open(&rig, "complete");
	rig_boot(&rig);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 3000, 1000);
	rig_until(&rig, all_counted);
	for (i = 0; i < 3000; i++) {
		struct seen *s = rig_wait(&rig, SEEN_CLAIMED, 1);

		ck_assert_int_eq(s->key, i);
		ck_assert_int_eq(s->value, 0);
	}
	ck_assert_uint_eq(counts()->sent, 3000);
	ck_assert_uint_eq(counts()->delivered, 3000);
	ck_assert_uint_eq(counts()->bytes, 3000 * 1000);
	ck_assert_uint_eq(link_of(0, 1)->sent, 3000);
}
END_TEST

START_TEST(large_messages_pass)
{
	struct seen *s;

	open_rig(2, _i);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 5, FR_MESSAGE_MAX);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 5, FR_MESSAGE_MAX - 3);
	s = rig_wait(&rig, SEEN_MESSAGE, 1);
	ck_assert_uint_eq(s->message.size, FR_MESSAGE_MAX);
	rig_wait(&rig, SEEN_CLAIMED, 1);
	while (rig_count(&rig, SEEN_CLAIMED, 1) < 10)
		rig_wait(&rig, SEEN_CLAIMED, 1);
	ck_assert_int_eq(rig_call(&rig, 0, TOOL_SEND, 1, 0, 1,
				  FR_MESSAGE_MAX + 1)->reply.value.u.number,
			 FR_ELIMIT);
}
END_TEST

START_TEST(a_node_can_send_to_itself)
{
	struct seen *s;

	open_rig(2, _i);
	net_cut(rig.config.net, 0, 0);
	rig_call(&rig, 0, TOOL_SEND, 0, 0, 1, 8);
	s = rig_wait(&rig, SEEN_CLAIMED, 0);
	ck_assert_int_eq(s->value, 0);
	s = rig_wait(&rig, SEEN_MESSAGE, 0);
	ck_assert_uint_eq(s->message.src, 0);
	ck_assert_int_eq(s->message.fate, FATE_DELIVERED);
}
END_TEST

START_TEST(what_is_sent_in_start_waits_for_those_who_boot)
{
	uint32_t i;

	rig_init(&rig, 4, _i);
	rig.params[0].value = "send";
	rig_open(&rig, "complete");
	rig_boot(&rig);
	for (i = 0; i < 4; i++) {
		rig_wait(&rig, SEEN_CLAIMED, i);
		rig_wait(&rig, SEEN_CLAIMED, i);
		rig_wait(&rig, SEEN_CLAIMED, i);
	}
	ck_assert_uint_eq(counts()->delivered, 12);
}
END_TEST

START_TEST(a_cut_is_exact)
{
	struct seen *s;

	open_rig(2, _i);
	net_cut(rig.config.net, 0, 1);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 7, 8);
	rig_call(&rig, 1, TOOL_SEND, 0, 0, 1, 8);
	s = rig_wait(&rig, SEEN_MESSAGE, 1);
	ck_assert_int_eq(s->message.fate, FATE_CUT);
	ck_assert_int_eq(s->message.arrived, -1);
	ck_assert_uint_eq(s->message.type, 0);
	rig_wait(&rig, SEEN_CLAIMED, 0);
	net_join(rig.config.net, 0, 1);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 1, 8);
	ck_assert_int_eq(rig_wait(&rig, SEEN_CLAIMED, 1)->key, 0);
	ck_assert_uint_eq(counts()->dropped[FATE_CUT], 7);
	ck_assert_uint_eq(link_of(0, 1)->dropped, 7);
	ck_assert_uint_eq(rig_count(&rig, SEEN_CLAIMED, 1), 1);
}
END_TEST

START_TEST(nodes_that_are_not_joined_cannot_talk)
{
	rig_init(&rig, 3, _i);
	rig_trace(&rig);
	rig_open(&rig, "line");
	rig_boot(&rig);
	rig_call(&rig, 0, TOOL_SEND, 2, 0, 1, 8);
	ck_assert_int_eq(rig_wait(&rig, SEEN_MESSAGE, 2)->message.fate,
			 FATE_NO_LINK);
}
END_TEST

START_TEST(a_slow_link_delays_and_keeps_order)
{
	struct seen *s;
	int64_t i;

	open_rig(2, _i);
	link_of(0, 1)->delay = (struct dist){ DIST_UNIFORM, 20 * MS, 40 * MS,
					      0 };
	link_shape(link_of(0, 1));
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 50, 8);
	for (i = 0; i < 50; i++) {
		s = rig_wait(&rig, SEEN_MESSAGE, 1);
		ck_assert_int_eq(s->message.fate, FATE_DELIVERED);
		ck_assert_int_ge(s->message.arrived - s->message.sent,
				 20 * MS);
		ck_assert_int_eq(rig_wait(&rig, SEEN_CLAIMED, 1)->key, i);
	}
}
END_TEST

START_TEST(what_flies_to_a_node_that_dies_does_not_arrive)
{
	struct seen *s;

	open_rig(2, _i);
	link_of(0, 1)->delay.a = 200 * MS;
	link_shape(link_of(0, 1));
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 3, 8);
	RIG_DO(&rig, kill, 1);
	RIG_DO(&rig, boot, 1);
	while (counts()->dropped[TRACE_DOWN] < 3) {
		s = rig_wait(&rig, SEEN_MESSAGE, 1);
		ck_assert_int_eq(s->message.fate, TRACE_DOWN);
	}
	rig_wait_text(&rig, SEEN_READY, 1, "");
	rig_call(&rig, 1, TOOL_ECHO, 0, 0, 0, 0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_CLAIMED, 1), 0);
	ck_assert_uint_eq(counts()->delivered, 0);
}
END_TEST

START_TEST(a_message_to_a_dead_node_is_dropped)
{
	open_rig(2, _i);
	RIG_DO(&rig, kill, 1);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 4, 8);
	ck_assert_uint_eq(counts()->dropped[TRACE_DOWN], 4);
	ck_assert_int_eq(rig_wait(&rig, SEEN_MESSAGE, 1)->message.fate,
			 TRACE_DOWN);
}
END_TEST

START_TEST(a_bad_link_loses_doubles_and_corrupts)
{
	const unsigned char *body;
	unsigned bits = 0, i;
	struct seen *s;

	open_rig(2, _i);
	link_of(0, 1)->loss = 1;
	link_shape(link_of(0, 1));
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 1, 8);
	ck_assert_int_eq(rig_wait(&rig, SEEN_MESSAGE, 1)->message.fate,
			 FATE_LOST);
	link_of(0, 1)->loss = 0;
	link_of(0, 1)->duplicate = 1;
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 1, 8);
	rig_wait(&rig, SEEN_CLAIMED, 1);
	rig_wait(&rig, SEEN_CLAIMED, 1);
	rig_wait(&rig, SEEN_MESSAGE, 1);
	rig_wait(&rig, SEEN_MESSAGE, 1);
	ck_assert_uint_eq(counts()->sent, 2);
	ck_assert_uint_eq(counts()->delivered, 2);
	link_of(0, 1)->duplicate = 0;
	link_of(0, 1)->corrupt = 1;
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 1, 64);
	s = rig_wait(&rig, SEEN_MESSAGE, 1);
	ck_assert_uint_eq(s->message.size, 64);
	body = s->message.body;
	for (i = 0; i < 64 * 8; i++)
		bits += body[i / 8] >> i % 8 & 1;
	ck_assert_uint_eq(bits, 1);
}
END_TEST

START_TEST(a_node_that_does_not_read_loses_the_newest)
{
	uint64_t full;

	rig_init(&rig, 2, _i);
	rig_open(&rig, "complete");
	rig_boot(&rig);
	RIG_DO(&rig, pause, 1);
	/* 200 MB, of which 16 wait in the switch and some on the way. */
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 200, FR_MESSAGE_MAX);
	full = counts()->dropped[TRACE_FULL];
	ck_assert_uint_gt(full, 50);
	ck_assert_uint_lt(full, 190);
	ck_assert_uint_eq(counts()->delivered + full, 200);
	RIG_DO(&rig, resume, 1);
	while (rig_count(&rig, SEEN_CLAIMED, 1) < 200 - full)
		rig_wait(&rig, SEEN_CLAIMED, 1);
	/* And it is as good as new. */
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 1, 8);
	while (rig_count(&rig, SEEN_CLAIMED, 1) < 201 - full)
		rig_wait(&rig, SEEN_CLAIMED, 1);
	rig_call(&rig, 1, TOOL_ECHO, 0, 0, 0, 0);
}
END_TEST

/* ---- clients ------------------------------------------------------------------------- */

START_TEST(values_pass_both_ways)
{
	static const int64_t list[3] = { 1, INT64_MIN, INT64_MAX };
	const struct fr_value values[] = {
		fr_nil(), fr_int(-7), fr_list(list, 3), fr_list(list, 0),
		fr_bytes("a\0b", 3), fr_bytes("", 0),
	};
	struct fr_value v;
	size_t i;

	open_rig(1, _i);
	for (i = 0; i < sizeof values / sizeof *values; i++) {
		ck_assert_int_eq(rig_ask(&rig, 0, TOOL_ECHO, values[i]), 0);
		struct seen *s = rig_wait(&rig, SEEN_REPLIED, 0);

		v = s->reply.value;
		ck_assert_uint_eq(s->token, rig.token);
		ck_assert_uint_eq(s->reply.kind, FR_REPLY_OK);
		ck_assert_uint_eq(v.kind, values[i].kind);
		ck_assert_uint_eq(v.count, values[i].count);
		if (v.kind == FR_INT)
			ck_assert_int_eq(v.u.number, -7);
		if (v.kind == FR_LIST && v.count > 0)
			ck_assert_mem_eq(v.u.list, list, sizeof list);
		if (v.kind == FR_BYTES && v.count > 0)
			ck_assert_mem_eq(v.u.bytes, "a\0b", 3);
	}
}
END_TEST

START_TEST(an_unanswered_request_breaks_with_its_node)
{
	struct seen *s;
	uint64_t first;

	open_rig(2, _i);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_SILENT, 0, 0, 0, 0), 0);
	first = rig.token;
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_SILENT, 0, 0, 0, 0), 0);
	rig_wait(&rig, SEEN_NOTED, 0);
	rig_wait(&rig, SEEN_NOTED, 0);
	rig_call(&rig, 0, TOOL_ECHO, 0, 0, 0, 0);
	/* This one waits no more, and hears nothing. */
	rig.w->ops->forget(rig.w, 0, first);
	RIG_DO(&rig, kill, 0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_BROKEN, 0), 0);
	s = rig_wait(&rig, SEEN_BROKEN, 0);
	ck_assert_uint_eq(s->token, first + 1);
	rig_call(&rig, 1, TOOL_ECHO, 0, 0, 0, 0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_BROKEN, 0), 1);
}
END_TEST

/* Of three replies to client 0, by the only node. */
static bool
sent_back(struct rig *r)
{
	return net_link(r->config.net, 0, 1)->sent >= 3;
}

START_TEST(a_reply_that_nobody_waits_for_is_dropped_and_counted)
{
	open_rig(1, _i);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_LATER, 1 * MS, 0, 0, 0),
			 0);
	rig.w->ops->forget(rig.w, 0, rig.token);
	rig_call(&rig, 0, TOOL_LATER, 100 * MS, 0, 0, 0);
	ck_assert_uint_eq(counts()->late, 1);
	ck_assert_uint_eq(rig_count(&rig, SEEN_REPLIED, 0), 1);
	/* And one that is forgotten while the reply is on its way. */
	link_of(0, 1)->delay.a = 100 * MS;
	link_shape(link_of(0, 1));
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_ECHO, 0, 0, 0, 0), 0);
	uint64_t token = rig.token;

	rig_until(&rig, sent_back);
	rig.w->ops->forget(rig.w, 0, token);
	rig_call(&rig, 0, TOOL_ECHO, 0, 0, 0, 0);
	ck_assert_uint_eq(counts()->late, 2);
	ck_assert_uint_eq(rig_count(&rig, SEEN_REPLIED, 0), 2);
}
END_TEST

START_TEST(clients_have_links_too)
{
	struct seen *s;

	open_rig(2, _i);
	/* Cut on the way there: nothing happens at all. */
	net_cut(rig.config.net, 2, 0);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_SILENT, 0, 0, 0, 0), 0);
	rig_call(&rig, 1, TOOL_ECHO, 0, 0, 0, 0);
	net_join(rig.config.net, 2, 0);
	/* Cut on the way back: it happens, and the client does not learn. */
	net_cut(rig.config.net, 0, 2);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_SEND, 1, 0, 1, 8), 0);
	rig_wait(&rig, SEEN_CLAIMED, 1);
	net_join(rig.config.net, 0, 2);
	rig_call(&rig, 0, TOOL_ECHO, 0, 0, 0, 0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_NOTED, 0), 0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_REPLIED, 0), 1);
	/* Slow: it takes its time, both ways. */
	link_of(2, 0)->delay.a = link_of(0, 2)->delay.a = 15 * MS;
	link_shape(link_of(2, 0));
	link_shape(link_of(0, 2));
	int64_t begin = rig.w->ops->now(rig.w);

	rig_call(&rig, 0, TOOL_ECHO, 0, 0, 0, 0);
	ck_assert_int_ge(rig.w->ops->now(rig.w) - begin, 30 * MS);
	/* Slow, and the node dies before it arrives. */
	link_of(2, 0)->delay.a = 100 * MS;
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_ECHO, 0, 0, 0, 0), 0);
	RIG_DO(&rig, kill, 0);
	RIG_DO(&rig, boot, 0);
	s = rig_wait(&rig, SEEN_BROKEN, 0);
	ck_assert_uint_eq(s->token, rig.token);
}
END_TEST

START_TEST(a_doubled_request_is_answered_once)
{
	open_rig(2, _i);
	link_of(2, 0)->duplicate = 1;
	link_shape(link_of(2, 0));
	/* The node does it twice: that is what it has client and seq for. */
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 1, 8);
	rig_wait(&rig, SEEN_CLAIMED, 1);
	rig_wait(&rig, SEEN_CLAIMED, 1);
	rig_call(&rig, 0, TOOL_ECHO, 0, 0, 0, 0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_REPLIED, 0), 2);
	ck_assert_uint_eq(rig_count(&rig, SEEN_MISUSED, 0), 0);
	ck_assert_uint_ge(counts()->late, 1);
}
END_TEST

START_TEST(a_redirect_says_where)
{
	struct seen *s;

	open_rig(2, _i);
	s = rig_call(&rig, 0, TOOL_REDIRECT, 1, 0, 0, 0);
	ck_assert_uint_eq(s->reply.kind, FR_REPLY_REDIRECT);
	ck_assert_uint_eq(s->reply.redirect, 1);
}
END_TEST

/* ---- clocks and timers --------------------------------------------------------------------- */

START_TEST(a_nodes_clock_is_set_and_stays_so_over_a_restart)
{
	struct node_clock c = { .offset = -3600 * 1000 * MS, .rate = 1 };
	int64_t wall, last;

	open_rig(2, _i);
	ck_assert_int_eq(rig.w->ops->set_clock(rig.w, 0, &c, NULL), 0);
	wall = rig_call(&rig, 0, TOOL_WALL, 0, 0, 0, 0)->reply.value.u.number;
	ck_assert_int_le(wall, clock_wall() - 3599 * 1000 * MS);
	wall = rig_call(&rig, 1, TOOL_WALL, 0, 0, 0, 0)->reply.value.u.number;
	ck_assert_int_ge(wall, clock_wall() - 60 * 1000 * MS);
	/* A clock that runs fast, set while nobody is there; and a restart
	 * does not take back what it has gained. */
	RIG_DO(&rig, kill, 0);
	rig_wait(&rig, SEEN_ENDED, 0);
	c.rate = 100;
	ck_assert_int_eq(rig.w->ops->set_clock(rig.w, 0, &c, NULL), 0);
	RIG_DO(&rig, boot, 0);
	rig_wait(&rig, SEEN_READY, 0);
	last = rig_call(&rig, 0, TOOL_WALL, 0, 0, 0, 0)->reply.value.u.number;
	rig_call(&rig, 1, TOOL_LATER, 50 * MS, 0, 0, 0);
	wall = rig_call(&rig, 0, TOOL_WALL, 0, 0, 0, 0)->reply.value.u.number;
	ck_assert_int_ge(wall - last, 5000 * MS);
	RIG_DO(&rig, kill, 0);
	RIG_DO(&rig, boot, 0);
	rig_wait(&rig, SEEN_READY, 0);
	last = rig_call(&rig, 0, TOOL_WALL, 0, 0, 0, 0)->reply.value.u.number;
	ck_assert_int_gt(last, wall);
	c.rate = 0;
	ck_assert_int_eq(rig.w->ops->set_clock(rig.w, 0, &c, NULL), -1);
}
END_TEST

static int order[8];
static int ordered;

static void
on_first(void *arg)
{
	order[ordered++] = 1;
	(void)arg;
}

static void
on_second(void *arg)
{
	order[ordered++] = 2;
	(void)arg;
}

static void
on_last(void *arg)
{
	order[ordered++] = 3;
	rig.w->ops->leave(arg);
}

START_TEST(timers_fire_in_order_and_not_when_taken_back)
{
	int64_t now;
	uint64_t id;

	rig_init(&rig, 1, _i);
	rig_open(&rig, "complete");
	now = rig.w->ops->now(rig.w);
	ordered = 0;
	rig.w->ops->at(rig.w, now + 20 * MS, on_last, rig.w);
	rig.w->ops->at(rig.w, now + 10 * MS, on_first, NULL);
	id = rig.w->ops->at(rig.w, now + 5 * MS, on_first, NULL);
	rig.w->ops->at(rig.w, now + 10 * MS, on_second, NULL);
	rig.w->ops->at(rig.w, -5, on_second, NULL);
	ck_assert_uint_ne(id, 0);
	rig.w->ops->cancel(rig.w, id);
	rig.w->ops->cancel(rig.w, id);
	ck_assert_int_eq(rig.w->ops->loop(rig.w, NULL), 0);
	ck_assert_int_eq(ordered, 4);
	ck_assert_int_eq(order[0], 2);
	ck_assert_int_eq(order[1], 1);
	ck_assert_int_eq(order[2], 2);
	ck_assert_int_eq(order[3], 3);
	ck_assert_int_ge(rig.w->ops->now(rig.w), now + 20 * MS);
	/* Who has left before does not stay. */
	rig.w->ops->leave(rig.w);
	ck_assert_int_eq(rig.w->ops->loop(rig.w, NULL), 0);
}
END_TEST

/* ---- nothing stays behind ------------------------------------------------------------------- */

static unsigned
descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* nng closes what it had in a thread of its own. */
static void
expect_descriptors(unsigned want)
{
	const struct timespec moment = { .tv_nsec = MS };
	int64_t limit = clock_mono() + 10000 * MS;

	while (descriptors() != want && clock_mono() < limit)
		nanosleep(&moment, NULL);
	ck_assert_uint_eq(descriptors(), want);
}

START_TEST(no_descriptor_and_no_file_stays)
{
	unsigned before, i;

	/* What nng keeps for itself it opens once. */
	open_rig(2, _i);
	rig_free(&rig);
	before = descriptors();
	for (i = 0; i < 3; i++) {
		open_rig(3, _i);
		RIG_DO(&rig, kill, 0);
		RIG_DO(&rig, boot, 0);
		RIG_DO(&rig, kill, 1);
		RIG_DO(&rig, pause, 2);
		rig_wait(&rig, SEEN_ENDED, 0);
		rig_free(&rig);
		expect_descriptors(before);
	}
	/* Without `stop`, and in the middle of it all. */
	open_rig(3, _i);
	ck_assert_int_eq(rig_ask_for(&rig, 0, TOOL_SEND, 1, 0, 1000, 1000),
			 0);
	rig_wait(&rig, SEEN_CLAIMED, 1);
	rig.w->ops->free(rig.w);
	rig.w = NULL;
	rig_free(&rig);
	expect_descriptors(before);
	open_rig(1, _i);
}
END_TEST

START_TEST(a_world_that_cannot_be_says_why)
{
	struct fr_err err = { 0 };

	rig_init(&rig, 1, _i);
	rig.config.carrier = "strem";
	ck_assert_int_eq(topology_make("ring", 1, 1, &rig.topology, NULL), 0);
	rig.config.net = net_new(&rig.topology, 1, NULL, 1);
	ck_assert_ptr_null(live_new(&rig.config, NULL, &err));
	ck_assert_str_eq(err.text, "there is no carrier 'strem'; did you mean "
			 "'stream'?");
	ck_assert_int_eq(err.status, EXIT_USAGE);
	rig.config.carrier = "stream";
	setenv("FRACAS_NODE", "/nowhere/fracas-node", 1);
	ck_assert_ptr_null(live_new(&rig.config, NULL, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/fracas-node"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		nodes_come_up_and_stop_in_order,
		start_tells_a_node_where_it_is,
		a_kill_takes_effect_at_once,
		a_node_is_booted_again_and_its_boots_are_counted,
		boots_that_never_began_end_too_in_their_order,
		a_paused_node_keeps_what_it_is_sent,
		a_node_that_does_not_stop_is_killed,
		stopping_ends_what_is_only_beginning,
		an_event_may_kill_its_own_node,
		messages_arrive_once_and_in_order,
		large_messages_pass,
		a_node_can_send_to_itself,
		what_is_sent_in_start_waits_for_those_who_boot,
		a_cut_is_exact,
		nodes_that_are_not_joined_cannot_talk,
		a_slow_link_delays_and_keeps_order,
		what_flies_to_a_node_that_dies_does_not_arrive,
		a_message_to_a_dead_node_is_dropped,
		a_bad_link_loses_doubles_and_corrupts,
		a_node_that_does_not_read_loses_the_newest,
		values_pass_both_ways,
		an_unanswered_request_breaks_with_its_node,
		a_reply_that_nobody_waits_for_is_dropped_and_counted,
		clients_have_links_too,
		a_doubled_request_is_answered_once,
		a_redirect_says_where,
		a_nodes_clock_is_set_and_stays_so_over_a_restart,
		timers_fire_in_order_and_not_when_taken_back,
		no_descriptor_and_no_file_stays,
		a_world_that_cannot_be_says_why,
	};
	Suite *s = suite_create("live");
	SRunner *r;
	size_t i;
	int failed;

	for (i = 0; i < sizeof tests / sizeof *tests; i++) {
		TCase *c = tcase_create(tests[i]->name);

		tcase_set_timeout(c, 180);
		tcase_add_checked_fixture(c, NULL, tear_down);
		tcase_add_loop_test(c, tests[i], 0, 2);
		suite_add_tcase(s, c);
	}
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
