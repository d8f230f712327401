/* SPDX-License-Identifier: MIT */
/*
 * core/world: the switch's end of a carrier, alone: what comes in pieces, what
 * a stranger says, and that nng's own pair0 understands it.
 */
#include <check.h>
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/node/remove.h"
#include "core/world/live_carrier.h"

#define GREETING "\0SP\0\0\20\0\0"

static char dir[256];
static unsigned char *room;
static struct live_carrier *c;
static struct nursery_spawn spawn;
static int node = -1;			/* the node's end                      */

static void
set_up(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof dir, "%s/fracas-carrier-XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	room = mem_resize(NULL, LIVE_READ_MAX + LIVE_FRAME_MAX, 1);
	spawn = (struct nursery_spawn){ .node = 3, .boot = 7, .socket = -1 };
}

static void
tear_down(void)
{
	if (c != NULL)
		c->ops->close(c);
	if (node >= 0)
		close(node);
	free(room);
	ck_assert_int_eq(remove_tree(dir), 0);
}

static void
open_nng(pid_t pid)
{
	struct fr_err err = { 0 };

	c = live_carrier_nng.open(dir, &spawn, &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_int_eq(spawn.carrier, NURSERY_NNG);
	c->ops->asked(c);
	c->ops->spawned(c, pid);
}

static void
dial(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof name.sun_path, "%s",
		 spawn.url + strlen("ipc://"));
	node = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(node, (struct sockaddr *)&name, sizeof name),
			 0);
}

static void
say(const void *data, size_t size)
{
	ck_assert_int_eq(send(node, data, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* Waits until it can be received from, and does. */
static ssize_t
receive(unsigned char **data)
{
	struct pollfd p = { .fd = c->readable, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 60000), 1);
	return c->ops->receive(c, room, data);
}

/* Connects to it as a node would. */
static void
greet(void)
{
	unsigned char *data;
	char back[8];

	dial();
	say(GREETING, 8);
	ck_assert_int_eq(receive(&data), 0);
	ck_assert_int_eq(recv(node, back, 8, MSG_WAITALL), 8);
	ck_assert_mem_eq(back, GREETING, 8);
	ck_assert_int_eq(receive(&data), 0);
}

/* A frame of `size` bytes whose body counts up from `first`. */
static void
make_frame(unsigned char *at, uint32_t size, unsigned first)
{
	struct frame f = { .size = size, .kind = FRAME_MESSAGE };
	uint32_t i;

	f.body = size - (uint32_t)sizeof f;
	memcpy(at, &f, sizeof f);
	for (i = 0; i < f.body; i++)
		at[sizeof f + i] = (unsigned char)(first + i);
}

static void
make_head(unsigned char *at, uint64_t size)
{
	int i;

	at[0] = 1;
	for (i = 1; i < 9; i++)
		at[i] = (unsigned char)(size >> 8 * (8 - i));
}

START_TEST(messages_come_in_pieces_of_any_size)
{
	unsigned char wire[9 + 96 + 9 + 9 + 40 + 48], want[184], *data;
	size_t piece, at, have, part;
	ssize_t got;

	/* Two messages, three frames, and an empty message between. */
	make_frame(want, 96, 1);
	make_frame(want + 96, 40, 2);
	make_frame(want + 136, 48, 3);
	make_head(wire, 96);
	memcpy(wire + 9, want, 96);
	make_head(wire + 105, 0);
	make_head(wire + 114, 88);
	memcpy(wire + 123, want + 96, 88);
	open_nng(getpid());
	greet();
	for (piece = 1; piece <= sizeof wire; piece++) {
		have = 0;
		for (at = 0; at < sizeof wire; at += part) {
			part = sizeof wire - at < piece ? sizeof wire - at :
			       piece;
			say(wire + at, part);
			got = receive(&data);
			ck_assert_int_ge(got, 0);
			if (got == 0)
				continue;
			ck_assert_uint_eq((uintptr_t)data % 8, 0);
			have = (size_t)got;
			ck_assert_mem_eq(data, want, have);
			/* Nothing of it is used, so it stays. */
			c->ops->done(c, data, have);
		}
		ck_assert_uint_eq(have, sizeof want);
		c->ops->done(c, data, 0);
	}
	close(node);
	node = -1;
	ck_assert_int_eq(receive(&data), -1);
}
END_TEST

START_TEST(a_stranger_is_shown_out)
{
	unsigned char *data;
	char back;

	/* The node is another process than this one. */
	open_nng(getppid());
	dial();
	ck_assert_int_eq(receive(&data), 0);
	ck_assert_int_eq(recv(node, &back, 1, 0), 0);
	close(node);
	/* And the line is free for the node still. */
	c->ops->spawned(c, getpid());
	greet();
}
END_TEST

static const struct {
	const char *says;
	size_t size;
} wrong[] = {
	{ "\0SP\0\0\21\0\0", 8 },		/* another protocol    */
	{ "GET / HT", 8 },
	{ GREETING "\2\0\0\0\0\0\0\0\10", 17 },	/* no message          */
	{ GREETING "\1\377\377\377\377\377\377\377\377", 17 },
	{ GREETING "\1\0\0\0\0\0\100\0\0", 17 },	/* 4 MiB      */
};

START_TEST(what_is_not_nng_is_not_heard)
{
	unsigned char *data;

	open_nng(getpid());
	dial();
	say(wrong[_i].says, wrong[_i].size);
	ck_assert_int_eq(receive(&data), 0);
	ck_assert_int_eq(receive(&data), -1);
}
END_TEST

START_TEST(what_is_sent_are_messages_of_whole_frames)
{
	const size_t frames = 40, size = 100000;
	unsigned char *out = mem_new(frames * size), *in = mem_new(9 + 300000);
	size_t at = 0, have = 0, i;
	struct pollfd p;
	ssize_t put, got;
	uint64_t left;

	for (i = 0; i < frames; i++)
		make_frame(out + i * size, (uint32_t)size, (unsigned)i);
	open_nng(getpid());
	greet();
	/* More than the kernel takes; this end reads when it has to. */
	while (at < frames * size || have < frames * size) {
		if (at < frames * size) {
			put = c->ops->send(c, out + at, frames * size - at);
			ck_assert_int_ge(put, 0);
			at += (size_t)put;
			if (put > 0)
				continue;
		}
		ck_assert_int_eq(recv(node, in, 9, MSG_WAITALL), 9);
		ck_assert_uint_eq(in[0], 1);
		for (left = 0, i = 1; i < 9; i++)
			left = left << 8 | in[i];
		ck_assert(left % size == 0 && left > 0 &&
			  left <= LIVE_WRITE_MAX);
		for (; left > 0; left -= (uint64_t)got, have += (size_t)got) {
			/* It may be in the middle of this one. */
			p = (struct pollfd){ .fd = node, .events = POLLIN };
			while (poll(&p, 1, 0) == 0 && at < frames * size) {
				put = c->ops->send(c, out + at,
						   frames * size - at);
				ck_assert_int_ge(put, 0);
				at += (size_t)put;
			}
			got = recv(node, in, left, 0);
			ck_assert_int_gt(got, 0);
			ck_assert_mem_eq(in, out + have, (size_t)got);
		}
	}
	free(out);
	free(in);
}
END_TEST

START_TEST(nng_itself_understands_it)
{
	unsigned char frames[136], back[136], *data;
	size_t have = 0, size = sizeof back;
	nng_socket s;
	ssize_t got;

	make_frame(frames, 96, 5);
	make_frame(frames + 96, 40, 6);
	open_nng(getpid());
	ck_assert_int_eq(nng_pair0_open(&s), 0);
	ck_assert_int_eq(nng_socket_set_ms(s, NNG_OPT_RECVTIMEO, 60000), 0);
	/* Room for what is sent before it is connected. */
	ck_assert_int_eq(nng_socket_set_int(s, NNG_OPT_SENDBUF, 4), 0);
	ck_assert_int_eq(nng_dial(s, spawn.url, NULL, NNG_FLAG_NONBLOCK), 0);
	ck_assert_int_eq(nng_send(s, frames, 96, 0), 0);
	ck_assert_int_eq(nng_send(s, frames + 96, 40, 0), 0);
	while (have < sizeof frames) {
		got = receive(&data);
		ck_assert_int_ge(got, 0);
		if (got == 0)
			continue;
		have = (size_t)got;
		ck_assert_mem_eq(data, frames, have);
		c->ops->done(c, data, have);
	}
	ck_assert_int_eq(c->ops->send(c, frames, sizeof frames),
			 sizeof frames);
	ck_assert_int_eq(nng_recv(s, back, &size, 0), 0);
	ck_assert_uint_eq(size, sizeof frames);
	ck_assert_mem_eq(back, frames, sizeof frames);
	/* What the process does at its end is nng's own affair. */
}
END_TEST

START_TEST(a_name_that_is_too_long_is_told)
{
	struct fr_err err = { 0 };
	char deep[200];

	memset(deep, 'x', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	ck_assert_ptr_null(live_carrier_nng.open(deep, &spawn, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "shorter folder"));
	ck_assert_ptr_null(live_carrier_nng.open("/nowhere/at/all", &spawn,
						 &err));
	ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
}
END_TEST

START_TEST(a_stream_gives_what_it_got)
{
	unsigned char frames[136], *data;
	struct fr_err err = { 0 };
	ssize_t got;

	make_frame(frames, 96, 5);
	make_frame(frames + 96, 40, 6);
	c = live_carrier_stream.open(dir, &spawn, &err);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(spawn.carrier, NURSERY_STREAM);
	node = dup(spawn.socket);
	c->ops->asked(c);
	c->ops->spawned(c, getpid());
	ck_assert_int_eq(c->ops->receive(c, room, &data), 0);
	say(frames, 100);
	got = receive(&data);
	ck_assert_int_eq(got, 100);
	ck_assert_mem_eq(data, frames, 100);
	c->ops->done(c, data + 96, 4);
	say(frames + 100, 36);
	ck_assert_int_eq(receive(&data), 40);
	ck_assert_mem_eq(data, frames + 96, 40);
	c->ops->done(c, data + 40, 0);
	ck_assert_int_eq(c->ops->send(c, frames, 136), 136);
	close(node);
	node = -1;
	ck_assert_int_eq(receive(&data), -1);
	ck_assert_int_eq(c->ops->send(c, frames, 136), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("carriers");
	TCase *t = tcase_create("carriers");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, messages_come_in_pieces_of_any_size);
	tcase_add_test(t, a_stranger_is_shown_out);
	tcase_add_loop_test(t, what_is_not_nng_is_not_heard, 0,
			    (int)(sizeof wrong / sizeof *wrong));
	tcase_add_test(t, what_is_sent_are_messages_of_whole_frames);
	tcase_add_test(t, nng_itself_understands_it);
	tcase_add_test(t, a_name_that_is_too_long_is_told);
	tcase_add_test(t, a_stream_gives_what_it_got);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
