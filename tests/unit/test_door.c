/* SPDX-License-Identifier: MIT */
/*
 * core/run/door: commands in, events out, and nobody outside can hold it up.
 * The door lives in this thread's loop, its callers in threads of their own.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>
#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

#include "core/run/door.h"

#define SECOND INT64_C(1000000000)

static char dir[100];
static struct event_base *base;
static struct door *door;
static char last_line[256];
static int answered;

/* ---- a door, and somebody in a thread of his own ------------------------ */

static void
on_command(void *arg, const char *line, struct buf *reply)
{
	ck_assert_ptr_eq(arg, last_line);
	answered++;
	snprintf(last_line, sizeof last_line, "%s", line);
	buf_printf(reply, "{\"v\":1,\"type\":\"answer\",\"line\":\"%s\"}",
		   last_line);
}

static void
make_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof dir, "%.60s/test-door-XXXXXX",
		 tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
open_door(void)
{
	struct fr_err err = { 0 };

	make_dir();
	base = event_base_new();
	door = door_new(base, dir, on_command, last_line, &err);
	ck_assert_msg(door != NULL, "%s", err.text);
}

static void
close_door(void)
{
	door_free(door);
	event_base_free(base);
	/* Fails where a socket was left behind. */
	ck_assert_int_eq(rmdir(dir), 0);
}

struct visitor {
	pthread_t thread;
	int (*visit)(struct visitor *v);
	int result, done;
	const char *line;
	int64_t limit;
	struct buf reply;
	struct fr_err err;
	/* A watcher's. */
	_Atomic int ticks;
	int numbers, wrong, stop_after;
	bool ended;
};

static void *
visitor_main(void *arg)
{
	struct visitor *v = arg;
	uint64_t one = 1;

	v->result = v->visit(v);
	ck_assert_int_eq(write(v->done, &one, sizeof one), sizeof one);
	return NULL;
}

static void
on_done(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	event_base_loopbreak(base);
}

static void
visitor_start(struct visitor *v, int (*visit)(struct visitor *v))
{
	v->visit = visit;
	v->done = eventfd(0, EFD_CLOEXEC);
	buf_init(&v->reply, 1 << 20);
	ck_assert_int_eq(pthread_create(&v->thread, NULL, visitor_main, v), 0);
}

/* Runs the door's loop until the visitor has what he came for. */
static void
visitor_serve(struct visitor *v)
{
	struct event *ev = event_new(base, v->done, EV_READ, on_done, NULL);

	event_add(ev, NULL);
	event_base_dispatch(base);
	event_free(ev);
}

static void
visitor_end(struct visitor *v)
{
	pthread_join(v->thread, NULL);
	close(v->done);
	buf_free(&v->reply);
}

static int
visit_call(struct visitor *v)
{
	return door_call(door_url(door), v->line, v->limit, &v->reply,
			 &v->err);
}

/* ---- commands ----------------------------------------------------------- */

START_TEST(a_command_is_answered)
{
	struct visitor v = { .line = "kill 3", .limit = 60 * SECOND };

	visitor_start(&v, visit_call);
	visitor_serve(&v);
	ck_assert_msg(v.result == 0, "%s", v.err.text);
	ck_assert_str_eq(v.reply.data,
			 "{\"v\":1,\"type\":\"answer\",\"line\":\"kill 3\"}");
	ck_assert_str_eq(last_line, "kill 3");
	visitor_end(&v);
}
END_TEST

static int
visit_many(struct visitor *v)
{
	char line[32], want[80];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(line, sizeof line, "status %d", i);
		snprintf(want, sizeof want, "{\"v\":1,\"type\":\"answer\","
			 "\"line\":\"status %d\"}", i);
		buf_clear(&v->reply);
		if (door_call(door_url(door), line, 60 * SECOND, &v->reply,
			      &v->err) < 0 ||
		    strcmp(v->reply.data, want) != 0)
			return -1;
	}
	return 0;
}

START_TEST(callers_at_once_get_their_own_answers)
{
	struct visitor a = { 0 }, b = { 0 };

	visitor_start(&a, visit_many);
	visitor_start(&b, visit_many);
	visitor_serve(&a);
	visitor_serve(&b);
	ck_assert_msg(a.result == 0, "%s", a.err.text);
	ck_assert_msg(b.result == 0, "%s", b.err.text);
	ck_assert_int_eq(answered, 200);
	visitor_end(&a);
	visitor_end(&b);
}
END_TEST

START_TEST(a_command_is_one_line)
{
	struct visitor v = { .line = "heal\nkill 0", .limit = 60 * SECOND };

	visitor_start(&v, visit_call);
	visitor_serve(&v);
	ck_assert_int_eq(v.result, 0);
	ck_assert_str_eq(last_line, "heal");
	visitor_end(&v);
}
END_TEST

START_TEST(a_command_that_is_too_long_is_not_sent)
{
	struct fr_err err = { 0 };
	char *line = malloc(70000);

	memset(line, 'x', 70000);
	line[69999] = '\0';
	ck_assert_int_eq(door_call(door_url(door), line, SECOND, NULL, &err),
			 -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	free(line);
}
END_TEST

START_TEST(a_run_that_does_not_answer_is_given_up)
{
	struct fr_err err = { 0 };
	struct buf reply;

	buf_init(&reply, 100);
	/* Nobody runs the loop. */
	ck_assert_int_eq(door_call(door_url(door), "status", SECOND / 20,
				   &reply, &err), -1);
	ck_assert_str_eq(err.text, "no answer in time");
	ck_assert_uint_eq(reply.size, 0);
	buf_free(&reply);
}
END_TEST

static void
on_command_end(void *arg, const char *line, struct buf *reply)
{
	(void)arg;
	(void)line;
	(void)reply;
	event_base_loopbreak(base);
}

START_TEST(a_run_that_ends_is_noticed_by_who_waits)
{
	struct visitor v = { .line = "status", .limit = 0 };
	struct fr_err err = { 0 };
	char *folder = mem_format("%s/other", dir);
	struct door *first = door;

	ck_assert_int_eq(mkdir(folder, 0700), 0);
	door = door_new(base, folder, on_command_end, NULL, &err);
	ck_assert_ptr_nonnull(door);
	visitor_start(&v, visit_call);
	/* Ends when the command has come: its answer is nothing. */
	event_base_dispatch(base);
	door_free(door);
	door = first;
	pthread_join(v.thread, NULL);
	/* The empty answer was still sent. */
	ck_assert_msg(v.result == 0, "%s", v.err.text);
	ck_assert_uint_eq(v.reply.size, 0);
	close(v.done);
	buf_free(&v.reply);
	ck_assert_int_eq(rmdir(folder), 0);
	free(folder);
}
END_TEST

/* ---- events ------------------------------------------------------------- */

__attribute__((format(printf, 1, 2)))
static void
publish(const char *format, ...)
{
	struct buf line;
	va_list args;

	buf_init(&line, 1000);
	va_start(args, format);
	buf_vprintf(&line, format, args);
	va_end(args);
	door_publish(door, &line);
	buf_free(&line);
}

static int
on_event(void *arg, const char *line, size_t size)
{
	struct visitor *v = arg;
	char text[80];
	int number;

	snprintf(text, sizeof text, "%.*s", (int)size, line);
	if (strstr(text, "\"tick\"") != NULL) {
		atomic_fetch_add(&v->ticks, 1);
	} else if (sscanf(text, "{\"v\":1,\"type\":\"number\",\"n\":%d}",
			  &number) == 1) {
		if (number != v->numbers++)
			v->wrong++;
	} else if (strcmp(text, "{\"v\":1,\"type\":\"end\"}") == 0) {
		v->ended = true;
	} else if (strstr(text, "\"node\":1") == NULL) {
		v->wrong++;
	}
	return v->stop_after > 0 && v->numbers >= v->stop_after;
}

static int
visit_watch(struct visitor *v)
{
	return door_watch(door_url(door), on_event, v, &v->err);
}

/* What is there to be done, and a moment for others. */
static void
turn(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	usleep(1000);
}

/* Until what is published arrives: a watcher comes when he comes. */
static void
tick_until(struct visitor **v, int count)
{
	int i;

	for (i = 0; i < count;) {
		publish("{\"v\":1,\"type\":\"tick\"}\n");
		turn();
		if (atomic_load(&v[i]->ticks) > 0)
			i++;
	}
}

START_TEST(watchers_see_every_event_in_order_until_the_end)
{
	struct visitor a = { 0 }, b = { 0 }, *both[] = { &a, &b };
	int i;

	ck_assert(!door_watched(door));
	publish("{\"v\":1,\"type\":\"nobody hears\"}");
	visitor_start(&a, visit_watch);
	visitor_start(&b, visit_watch);
	tick_until(both, 2);
	ck_assert(door_watched(door));
	/* The end of a node is not the end of the run. */
	publish("{\"v\":1,\"type\":\"end\",\"rank\":7,\"node\":1}");
	for (i = 0; i < 1000; i++)
		publish("{\"v\":1,\"type\":\"number\",\"n\":%d}\n", i);
	publish("{\"v\":1,\"type\":\"end\"}\n");
	for (i = 0; i < 2; i++) {
		visitor_serve(both[i]);
		visitor_end(both[i]);
		ck_assert_msg(both[i]->result == 0, "%s", both[i]->err.text);
		ck_assert_int_eq(both[i]->numbers, 1000);
		ck_assert_int_eq(both[i]->wrong, 0);
		ck_assert(both[i]->ended);
	}
	/* Both have gone, and it is known. */
	while (door_watched(door))
		turn();
}
END_TEST

START_TEST(a_watcher_may_leave)
{
	struct visitor v = { .stop_after = 3 }, *one = &v;
	int i;

	visitor_start(&v, visit_watch);
	tick_until(&one, 1);
	for (i = 0; i < 10; i++)
		publish("{\"v\":1,\"type\":\"number\",\"n\":%d}\n", i);
	visitor_serve(&v);
	visitor_end(&v);
	ck_assert_int_eq(v.result, 0);
	ck_assert_int_eq(v.numbers, 3);
	ck_assert(!v.ended);
}
END_TEST

START_TEST(the_door_says_goodbye_itself)
{
	struct visitor v = { 0 }, *one = &v;

	visitor_start(&v, visit_watch);
	tick_until(&one, 1);
	door_free(door);
	door = NULL;
	visitor_end(&v);
	ck_assert_int_eq(v.result, 0);
	ck_assert(v.ended);
	ck_assert_int_eq(v.wrong, 0);
}
END_TEST

/* ---- nng itself ------------------------------------------------------------ */

/*
 * With nng's own library on either side.  Its sockets are left to the end of
 * the process: closing one while something comes can take for ever.
 */
static int
visit_with_nng(struct visitor *v)
{
	char *url = mem_format("%s.ctl", door_url(door)), *data;
	char heal[] = "heal";
	nng_socket ask, watch;
	size_t size;
	int i;

	ck_assert_int_eq(nng_req0_open(&ask), 0);
	ck_assert_int_eq(nng_dial(ask, url, NULL, 0), 0);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(nng_send(ask, heal, 4, 0), 0);
		ck_assert_int_eq(nng_recv(ask, &data, &size, NNG_FLAG_ALLOC),
				 0);
		buf_add(&v->reply, data, size);
		nng_free(data, size);
	}
	memcpy(url + strlen(url) - 3, "pub", 3);
	ck_assert_int_eq(nng_sub0_open(&watch), 0);
	nng_socket_set(watch, NNG_OPT_SUB_SUBSCRIBE, "", 0);
	ck_assert_int_eq(nng_dial(watch, url, NULL, 0), 0);
	while (!v->ended && v->wrong == 0) {
		ck_assert_int_eq(nng_recv(watch, &data, &size,
					  NNG_FLAG_ALLOC), 0);
		on_event(v, data, size);
		nng_free(data, size);
	}
	free(url);
	return 0;
}

START_TEST(nng_can_ask_and_watch)
{
	struct visitor v = { 0 };
	int i;

	visitor_start(&v, visit_with_nng);
	while (!door_watched(door))
		turn();
	while (atomic_load(&v.ticks) == 0) {
		publish("{\"v\":1,\"type\":\"tick\"}\n");
		turn();
	}
	/* No more at once than a subscriber of nng keeps. */
	for (i = 0; i < 100; i++)
		publish("{\"v\":1,\"type\":\"number\",\"n\":%d}\n", i);
	publish("{\"v\":1,\"type\":\"end\"}\n");
	visitor_serve(&v);
	ck_assert_str_eq(v.reply.data,
			 "{\"v\":1,\"type\":\"answer\",\"line\":\"heal\"}"
			 "{\"v\":1,\"type\":\"answer\",\"line\":\"heal\"}"
			 "{\"v\":1,\"type\":\"answer\",\"line\":\"heal\"}");
	ck_assert_int_eq(v.numbers, 100);
	ck_assert_int_eq(v.wrong, 0);
	visitor_end(&v);
}
END_TEST

/* What is asked by door_call is answered by nng, for ever the same. */
static void *
nng_answers(void *arg)
{
	nng_socket rep = *(nng_socket *)arg;
	size_t size;
	char *data;

	while (nng_recv(rep, &data, &size, NNG_FLAG_ALLOC) == 0)
		nng_send(rep, data, size, NNG_FLAG_ALLOC);
	return NULL;
}

static void *
nng_publishes(void *arg)
{
	static char tick[] = "{\"v\":1,\"type\":\"number\",\"n\":0}";
	nng_socket pub = *(nng_socket *)arg;

	while (nng_send(pub, tick, sizeof tick - 1, 0) == 0)
		usleep(1000);
	return NULL;
}

START_TEST(nng_can_be_asked_and_watched)
{
	struct visitor v = { .stop_after = 1 };
	char *url = mem_format("ipc://%s/nng.ctl", dir);
	pthread_t answers, publishes;
	nng_socket rep, pub;

	buf_init(&v.reply, 1000);
	ck_assert_int_eq(nng_rep0_open(&rep), 0);
	ck_assert_int_eq(nng_listen(rep, url, NULL, 0), 0);
	memcpy(url + strlen(url) - 3, "pub", 3);
	ck_assert_int_eq(nng_pub0_open(&pub), 0);
	ck_assert_int_eq(nng_listen(pub, url, NULL, 0), 0);
	pthread_create(&answers, NULL, nng_answers, &rep);
	pthread_create(&publishes, NULL, nng_publishes, &pub);
	url[strlen(url) - 4] = '\0';
	ck_assert_msg(door_call(url, "status", 60 * SECOND, &v.reply,
				&v.err) == 0, "%s", v.err.text);
	ck_assert_str_eq(v.reply.data, "status");
	ck_assert_msg(door_watch(url, on_event, &v, &v.err) == 0, "%s",
		      v.err.text);
	ck_assert_int_eq(v.numbers, 1);
	buf_free(&v.reply);
	/* The two listeners stay until the process ends. */
	memmove(url, url + strlen("ipc://"), strlen(url + 6) + 1);
	strcat(url, ".ctl");
	ck_assert_int_eq(unlink(url), 0);
	memcpy(url + strlen(url) - 3, "pub", 3);
	ck_assert_int_eq(unlink(url), 0);
	free(url);
}
END_TEST

/* ---- guests without manners ------------------------------------------------ */

/* A bare connection to one of the door's sockets. */
static int
knock(const char *suffix)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_lt(snprintf(address.sun_path, sizeof address.sun_path,
				  "%s/door.%s", dir, suffix),
			 (int)sizeof address.sun_path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address,
				 sizeof address), 0);
	return fd;
}

static void
say(int fd, const void *data, size_t size)
{
	ck_assert_int_eq(send(fd, data, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* Runs the loop until the door has hung up. */
static void
until_hung_up(int fd)
{
	char part[4096];
	ssize_t n;

	do {
		turn();
		n = recv(fd, part, sizeof part, MSG_DONTWAIT);
	} while (n > 0 || (n < 0 && errno == EAGAIN));
	close(fd);
}

static void
still_answers(void)
{
	struct visitor v = { .line = "status", .limit = 60 * SECOND };
	int before = answered;

	visitor_start(&v, visit_call);
	visitor_serve(&v);
	ck_assert_msg(v.result == 0, "%s", v.err.text);
	ck_assert_int_eq(answered, before + 1);
	visitor_end(&v);
}

/* What makes a listener of nng 1.5.2 deaf for ever. */
START_TEST(who_hangs_up_while_greeting_leaves_the_door_open)
{
	static const char greeting[8] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 };
	size_t said;
	int fd, i;

	for (said = 0; said <= sizeof greeting; said++) {
		for (i = 0; i < 10; i++) {
			fd = knock("ctl");
			say(fd, greeting, said);
			close(fd);
			fd = knock("pub");
			say(fd, greeting, said);
			close(fd);
			if (i % 3 == 0)
				turn();
		}
	}
	still_answers();
	ck_assert(!door_watched(door));
}
END_TEST

START_TEST(who_is_no_guest_is_shown_out)
{
	static const struct {
		const char *suffix, *bytes;
		size_t size;
	} strangers[] = {
		{ "ctl", "GET / HTTP/1.1\r\n\r\n", 18 },
		/* A subscriber among the commands, and the other way round. */
		{ "ctl", "\0SP\0\0\x21\0\0", 8 },
		{ "pub", "\0SP\0\0\x30\0\0", 8 },
		/* A subscriber who talks. */
		{ "pub", "\0SP\0\0\x21\0\0x", 9 },
		/* A frame of another kind; of an absurd size. */
		{ "ctl", "\0SP\0\0\x30\0\0\2\0\0\0\0\0\0\0\0", 17 },
		{ "ctl", "\0SP\0\0\x30\0\0\1\377\377\377\377\377\377"
		  "\377\377", 17 },
		{ "ctl", "\0SP\0\0\x30\0\0\1\0\0\0\0\0\1\0\1", 17 },
		/* A request without a number; with a way that has no end. */
		{ "ctl", "\0SP\0\0\x30\0\0\1\0\0\0\0\0\0\0\0", 17 },
		{ "ctl", "\0SP\0\0\x30\0\0\1\0\0\0\0\0\0\0\3abc", 20 },
		{ "ctl", "\0SP\0\0\x30\0\0\1\0\0\0\0\0\0\0\60"
		  "aaaabbbbccccddddeeeeffffgggghhhhiiiijjjjkkkk\200bbb",
		  17 + 48 },
	};
	size_t i;
	int fd;

	for (i = 0; i < sizeof strangers / sizeof *strangers; i++) {
		fd = knock(strangers[i].suffix);
		say(fd, strangers[i].bytes, strangers[i].size);
		until_hung_up(fd);
	}
	ck_assert_int_eq(answered, 0);
	ck_assert(!door_watched(door));
	still_answers();
}
END_TEST

START_TEST(a_crowd_is_turned_away_and_goes)
{
	int fds[200], i;

	for (i = 0; i < 200; i++) {
		fds[i] = knock("ctl");
		turn();
	}
	/* The last ones were not let in. */
	until_hung_up(fds[199]);
	for (i = 0; i < 199; i++)
		close(fds[i]);
	still_answers();
}
END_TEST

/* Asks and asks, and reads no answer. */
START_TEST(who_does_not_take_his_answers_is_shown_out)
{
	static const char greeting[8] = { 0, 'S', 'P', 0, 0, 0x30, 0, 0 };
	char frame[9 + 4 + 4000] = { 1, 0, 0, 0, 0, 0, 0, 4004 >> 8,
				     (char)(4004 & 0xff), (char)0x80 };
	int fd = knock("ctl");
	ssize_t n;

	memset(frame + 13, 'x', 4000);
	say(fd, greeting, sizeof greeting);
	/* His answers fill what is kept for him, and he goes. */
	for (;;) {
		n = send(fd, frame, sizeof frame, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			break;
		/* Half a frame would be another one's beginning. */
		while (n > 0 && n < (ssize_t)sizeof frame) {
			ssize_t more;

			turn();
			more = send(fd, frame + n, sizeof frame - (size_t)n,
				    MSG_NOSIGNAL | MSG_DONTWAIT);
			if (more < 0 && errno != EAGAIN)
				break;
			n += more > 0 ? more : 0;
		}
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	ck_assert(errno == EPIPE || errno == ECONNRESET);
	close(fd);
	still_answers();
}
END_TEST

/* A subscriber that greets and then never reads a byte. */
static int
stalled_subscriber(void)
{
	static const char hello[8] = { 0, 'S', 'P', 0, 0, 0x21, 0, 0 };
	int fd = knock("pub");

	say(fd, hello, sizeof hello);
	while (!door_watched(door))
		turn();
	return fd;
}

START_TEST(a_watcher_that_stalls_holds_up_nobody)
{
	struct buf line;
	int fd = stalled_subscriber(), i;

	/* Many times what any socket buffer holds. */
	buf_init(&line, 2000);
	memset(buf_space(&line, 1000), 'x', 1000);
	for (i = 0; i < 20000; i++) {
		door_publish(door, &line);
		if (i % 100 == 0)
			event_base_loop(base, EVLOOP_NONBLOCK);
	}
	buf_free(&line);
	still_answers();
	/* Nor the end of the run, while he still stands there. */
	door_free(door);
	door = NULL;
	close(fd);
}
END_TEST

/* ---- a supervisor that is killed -------------------------------------------- */

/* Before any of nng's threads exist. */
static pid_t
fork_supervisor(int ready)
{
	struct fr_err err = { 0 };
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	base = event_base_new();
	door = door_new(base, dir, on_command, last_line, &err);
	if (door == NULL || write(ready, "!", 1) != 1)
		_exit(1);
	for (;;) {
		publish("{\"v\":1,\"type\":\"tick\"}\n");
		turn();
	}
}

static int
kill_it(void *arg, const char *line, size_t size)
{
	pid_t *pid = arg;

	(void)line;
	(void)size;
	if (*pid != 0)
		kill(*pid, SIGKILL);
	*pid = 0;
	return 0;
}

START_TEST(a_run_that_was_killed_ends_the_watching)
{
	char *url, byte, *path;
	struct fr_err err = { 0 };
	pid_t pid, victim;
	int ready[2];

	make_dir();
	ck_assert_int_eq(pipe(ready), 0);
	pid = victim = fork_supervisor(ready[1]);
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	url = mem_format("ipc://%s/door", dir);
	ck_assert_msg(door_watch(url, kill_it, &victim, &err) == 0, "%s",
		      err.text);
	ck_assert_int_eq(victim, 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	/* Its sockets still lie there: nobody answers. */
	ck_assert_int_eq(door_call(url, "status", SECOND, NULL, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "nobody answers"));
	close(ready[0]);
	free(url);
	path = mem_format("%s/door.ctl", dir);
	ck_assert_int_eq(unlink(path), 0);
	memcpy(path + strlen(path) - 3, "pub", 3);
	ck_assert_int_eq(unlink(path), 0);
	free(path);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* ---- where there is no door --------------------------------------------- */

START_TEST(where_nobody_is_is_said)
{
	struct fr_err err = { 0 };
	struct buf reply;

	buf_init(&reply, 100);
	ck_assert_int_eq(door_call("ipc:///nowhere/door", "status", SECOND,
				   &reply, &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_str_eq(err.text, "nobody answers at ipc:///nowhere/door.ctl:"
			 " the run is over");
	ck_assert_int_eq(door_watch("ipc:///nowhere/door", on_event, NULL,
				    &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_int_eq(door_call("over there", "status", SECOND, &reply,
				   &err), -1);
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "is not the URL of a door"));
	buf_free(&reply);
}
END_TEST

START_TEST(a_folder_too_deep_for_a_socket_is_said)
{
	struct fr_err err = { 0 };
	char deep[120];

	memset(deep, 'd', sizeof deep);
	deep[0] = '/';
	deep[sizeof deep - 1] = '\0';
	base = event_base_new();
	ck_assert_ptr_null(door_new(base, deep, on_command, NULL, &err));
	ck_assert_int_eq(err.status, EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "set TMPDIR to a shorter"));
	/* One that fits, but is not there. */
	deep[60] = '\0';
	ck_assert_ptr_null(door_new(base, deep, on_command, NULL, &err));
	ck_assert_int_eq(err.status, EXIT_TESTBED);
	event_base_free(base);
}
END_TEST

START_TEST(only_its_owner_can_knock)
{
	struct stat st;
	char *path = mem_format("%s/door.ctl", dir);

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	free(path);
	path = mem_format("ipc://%s/door", dir);
	ck_assert_str_eq(door_url(door), path);
	free(path);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("door");
	TCase *t = tcase_create("door"), *none = tcase_create("no door");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, open_door, close_door);
	tcase_add_test(t, a_command_is_answered);
	tcase_add_test(t, callers_at_once_get_their_own_answers);
	tcase_add_test(t, a_command_is_one_line);
	tcase_add_test(t, a_command_that_is_too_long_is_not_sent);
	tcase_add_test(t, a_run_that_does_not_answer_is_given_up);
	tcase_add_test(t, a_run_that_ends_is_noticed_by_who_waits);
	tcase_add_test(t, watchers_see_every_event_in_order_until_the_end);
	tcase_add_test(t, a_watcher_may_leave);
	tcase_add_test(t, the_door_says_goodbye_itself);
	tcase_add_test(t, a_watcher_that_stalls_holds_up_nobody);
	tcase_add_test(t, nng_can_ask_and_watch);
	tcase_add_test(t, nng_can_be_asked_and_watched);
	tcase_add_test(t, who_hangs_up_while_greeting_leaves_the_door_open);
	tcase_add_test(t, who_is_no_guest_is_shown_out);
	tcase_add_test(t, a_crowd_is_turned_away_and_goes);
	tcase_add_test(t, who_does_not_take_his_answers_is_shown_out);
	tcase_add_test(t, only_its_owner_can_knock);
	suite_add_tcase(s, t);
	tcase_set_timeout(none, 120);
	tcase_add_test(none, a_run_that_was_killed_ends_the_watching);
	tcase_add_test(none, where_nobody_is_is_said);
	tcase_add_test(none, a_folder_too_deep_for_a_socket_is_said);
	suite_add_tcase(s, none);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
