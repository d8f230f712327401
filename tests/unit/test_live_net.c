/* SPDX-License-Identifier: MIT */
/*
 * core/world: what faults do to messages and instances of real nodes.  Every
 * test runs over both carriers; _i says which.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/net/layer.h"
#include "tests/unit/live_rig.h"
#include "tests/unit/plugins/live_tool.h"

#define MS 1000000ll

static struct rig rig;
static struct layer a;

static void
tear_down(void)
{
	rig_free(&rig);
}

static void
open_rig(uint32_t nodes, int carrier)
{
	memset(&a, 0, sizeof a);
	a.key = 5;
	rig_init(&rig, nodes, carrier);
	rig_trace(&rig);
	rig_open(&rig, "complete");
	rig_boot(&rig);
}

static void
lay(uint32_t from, uint32_t to)
{
	net_lay(rig.config.net, &a, from, to);
}

static bool
twin_is_up(struct rig *r)
{
	return r->w->ops->twin_state(r->w, 1) == NODE_UP;
}

static bool
twin_is_down(struct rig *r)
{
	return r->w->ops->twin_state(r->w, 1) == NODE_DOWN;
}

START_TEST(old_packets_come_again)
{
	struct seen *s;
	int64_t i;

	open_rig(2, _i);
	net_keep_on(rig.config.net);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 3, 8);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(rig_wait(&rig, SEEN_CLAIMED, 1)->key, i);
	a.replay = 1;
	lay(0, 1);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 1, 8);
	rig_wait(&rig, SEEN_CLAIMED, 1);
	s = rig_wait(&rig, SEEN_CLAIMED, 1);
	ck_assert(s->key >= 0 && s->key < 3 && s->value == 0);
	ck_assert_uint_eq(a.replayed, 1);
	ck_assert_uint_eq(rig.w->ops->counts(rig.w)->sent, 4);
	ck_assert_uint_eq(rig.w->ops->counts(rig.w)->delivered, 5);
}
END_TEST

START_TEST(one_says_what_another_said)
{
	open_rig(3, _i);
	net_keep_on(rig.config.net);
	a.forge = 1;
	lay(0, 1);
	rig_call(&rig, 2, TOOL_SEND, 1, 0, 1, 64);
	ck_assert_int_eq(rig_wait(&rig, SEEN_CLAIMED, 1)->value, 2);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 1, 8);
	ck_assert_int_eq(rig_wait(&rig, SEEN_CLAIMED, 1)->value, 0);
	/* From 0, who never sent so much. */
	ck_assert_int_eq(rig_wait(&rig, SEEN_CLAIMED, 1)->value, 0);
	ck_assert_uint_eq(rig_wait(&rig, SEEN_MESSAGE, 1)->message.size, 64);
	ck_assert_uint_eq(rig_wait(&rig, SEEN_MESSAGE, 1)->message.size, 8);
	ck_assert_uint_eq(rig_wait(&rig, SEEN_MESSAGE, 1)->message.size, 64);
	ck_assert_uint_eq(a.forged, 1);
}
END_TEST

START_TEST(what_is_withheld_is_on_record)
{
	open_rig(2, _i);
	a.withhold = 1;
	lay(0, 1);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 2, 8);
	ck_assert_int_eq(rig_wait(&rig, SEEN_MESSAGE, 1)->message.fate,
			 FATE_WITHHELD);
	ck_assert_str_eq(trace_name(FATE_WITHHELD), "withheld");
	ck_assert_uint_eq(rig.w->ops->counts(rig.w)->dropped[FATE_WITHHELD],
			  2);
}
END_TEST

START_TEST(clients_can_be_lied_to)
{
	struct seen *s;

	open_rig(2, _i);
	a.field = 1;
	/* Client 0 is endpoint 2. */
	lay(0, 2);
	s = rig_call(&rig, 0, TOOL_ECHO, 11, 22, 33, 44);
	ck_assert_uint_eq(s->reply.kind, FR_REPLY_OK);
	ck_assert_uint_eq(s->reply.value.count, 4);
	ck_assert(s->reply.value.u.list[0] != 11 ||
		  s->reply.value.u.list[1] != 22 ||
		  s->reply.value.u.list[2] != 33 ||
		  s->reply.value.u.list[3] != 44);
	s = rig_call(&rig, 1, TOOL_ECHO, 11, 22, 33, 44);
	ck_assert_int_eq(s->reply.value.u.list[0], 11);
	ck_assert_int_eq(s->reply.value.u.list[3], 44);
	ck_assert_uint_eq(a.mutated, 1);
}
END_TEST

/* ---- twins ------------------------------------------------------------------------- */

START_TEST(two_instances_answer_to_one_name)
{
	char path[512], text[64] = "";
	struct seen *s;
	FILE *file;

	open_rig(2, _i);
	snprintf(path, sizeof path, "%s/node-1/kept", rig.dir);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	fputs("what was synced", file);
	fclose(file);
	RIG_DO(&rig, twin, 1);
	RIG_REFUSED(&rig, twin, 1, "node 1 has a twin already");
	rig_until(&rig, twin_is_up);
	/* It has what the disk held. */
	snprintf(path, sizeof path, "%s/node-1.twin-1/kept", rig.dir);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(text, sizeof text, file));
	fclose(file);
	ck_assert_str_eq(text, "what was synced");
	/* Messages to the second: the first does not see them, and what the
	 * second claims is nobody's. */
	a.second = 1;
	lay(0, 1);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 3, 8);
	s = rig_wait(&rig, SEEN_MESSAGE, 1);
	ck_assert_int_eq(s->message.fate, FATE_DELIVERED);
	net_lift_all(rig.config.net, &a);
	rig_call(&rig, 0, TOOL_SEND, 1, 0, 1, 8);
	rig_wait(&rig, SEEN_CLAIMED, 1);
	ck_assert_uint_eq(rig_count(&rig, SEEN_CLAIMED, 1), 1);
	ck_assert_uint_eq(a.to_second, 3);
	/* A client's request to the second: its word is node 1's. */
	lay(2, 1);
	rig_call(&rig, 1, TOOL_SEND, 0, 0, 1, 8);
	ck_assert_int_eq(rig_wait(&rig, SEEN_CLAIMED, 0)->value, 1);
	ck_assert_uint_eq(a.to_second, 4);
	/* Its end is not the node's, and it can come again. */
	rig.w->ops->untwin(rig.w, 1);
	rig_until(&rig, twin_is_down);
	ck_assert_uint_eq(rig_count(&rig, SEEN_ENDED, 1), 0);
	ck_assert_uint_eq(rig_count(&rig, SEEN_READY, 1), 1);
	rig_call(&rig, 1, TOOL_ECHO, 0, 0, 0, 0);
	RIG_DO(&rig, twin, 1);
	rig_until(&rig, twin_is_up);
	/* One that ends by itself is told of, with what it owed. */
	ck_assert_int_eq(rig_ask_for(&rig, 1, TOOL_LEAVE, 7, 0, 0, 0), 0);
	rig_wait(&rig, SEEN_BROKEN, 1);
	rig_wait_text(&rig, SEEN_SAID, 1, "the second instance of this node "
		      "ended: exited with status 7");
	ck_assert_uint_eq(rig_count(&rig, SEEN_ENDED, 1), 0);
	ck_assert_int_eq(rig.w->ops->state(rig.w, 1, NULL), NODE_UP);
	rig_call(&rig, 1, TOOL_ECHO, 0, 0, 0, 0);
	/* Where there is no second, the first takes it all. */
	ck_assert(twin_is_down(&rig));
}
END_TEST

START_TEST(a_node_may_die_before_its_twin)
{
	open_rig(2, _i);
	RIG_REFUSED(&rig, resume, 1, "not paused");
	RIG_DO(&rig, kill, 1);
	RIG_REFUSED(&rig, twin, 1, "node 1 is not up");
	RIG_DO(&rig, boot, 1);
	rig_wait(&rig, SEEN_ENDED, 1);
	rig_wait(&rig, SEEN_READY, 1);
	RIG_DO(&rig, twin, 1);
	rig_until(&rig, twin_is_up);
	RIG_DO(&rig, kill, 1);
	rig_wait(&rig, SEEN_ENDED, 1);
	ck_assert(twin_is_up(&rig));
	RIG_DO(&rig, boot, 1);
	rig_wait(&rig, SEEN_READY, 1);
	rig_call(&rig, 1, TOOL_ECHO, 0, 0, 0, 0);
	/* And the world ends with both. */
	rig.w->ops->stop(rig.w);
	ck_assert(twin_is_down(&rig));
	ck_assert_uint_eq(rig_count(&rig, SEEN_ENDED, 1), 3);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		old_packets_come_again,
		one_says_what_another_said,
		what_is_withheld_is_on_record,
		clients_can_be_lied_to,
		two_instances_answer_to_one_name,
		a_node_may_die_before_its_twin,
	};
	Suite *s = suite_create("live_net");
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
