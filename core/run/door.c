/* SPDX-License-Identifier: MIT */
/*
 * The door, seen from inside: nng's REP for commands and PUB for events.
 *
 * It speaks nng's protocol (sp.h) without nng's library, for two reasons that
 * tests have shown.  In nng 1.5.2 a listener is deaf for ever once anybody has
 * hung up during the greeting, were it a `fracas ctl` that was interrupted, and
 * one of its threads then spins; a supervisor must survive who knocks.  And a
 * supervisor that does without needs no threads for the door.
 *
 *  1. All happens in the loop's thread, and nothing waits: an answer is queued
 *     for the one who asked, an event for each who watches; who does not read
 *     loses events, or, if it is answers that he does not take, his place.
 *     The one exception is the end: door_free gives those who are there a
 *     moment to take what is theirs, and to go.
 *  2. What comes in is a stranger's: a length is looked at before memory is
 *     taken, there are at most GUESTS_MAX, and who does not greet in time goes.
 *  3. A guest is freed only by his own read event or by door_free, so that no
 *     list changes under who walks it.
 */
#include "core/run/door.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/base/units.h"
#include "core/run/sp.h"

#define DOOR_REPLY_MAX	(1u << 20)
#define GUESTS_MAX	64
#define QUEUE_MAX	(4u << 20)	/* bytes kept for one guest            */
#define GREETING_LIMIT	10		/* seconds                             */
#define DOOR_LINGER	300		/* ms, at the end, for who is there    */

struct guest;

/* One of the two sockets. */
struct entrance {
	struct door *door;
	uint8_t own, other;	/* the protocols of the two sides              */
	int fd;
	struct event *knock;
	char *path;
};

struct door {
	struct event_base *base;
	struct entrance commands, events;
	struct guest *guests;
	int guest_count, watchers;
	bool closing;		/* nobody is obeyed any more                   */
	int spare;		/* given up to turn somebody away when there
				   are no more descriptors                     */
	door_command_fn command;
	void *arg;
	char *url;
};

struct guest {
	struct entrance *entrance;
	struct guest *next, **link;
	int fd;
	bool greeted;
	struct event *readable, *writable;
	struct buf in, out;
	size_t sent;		/* of out                                      */
};

/* ---- guests --------------------------------------------------------------- */

static void
guest_free(struct guest *g)
{
	struct door *d = g->entrance->door;

	if (g->greeted && g->entrance == &d->events)
		d->watchers--;
	d->guest_count--;
	*g->link = g->next;
	if (g->next != NULL)
		g->next->link = g->link;
	if (g->readable != NULL)
		event_free(g->readable);
	if (g->writable != NULL)
		event_free(g->writable);
	close(g->fd);
	buf_free(&g->in);
	buf_free(&g->out);
	free(g);
}

/* What the socket takes now.  What went wrong is seen when it is read. */
static void
guest_flush(struct guest *g)
{
	ssize_t n = 0;

	while (g->sent < g->out.size) {
		n = send(g->fd, g->out.data + g->sent, g->out.size - g->sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n <= 0)
			break;
		g->sent += (size_t)n;
	}
	if (g->sent == g->out.size || g->sent > QUEUE_MAX / 4) {
		buf_drop(&g->out, g->sent);
		g->sent = 0;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		shutdown(g->fd, SHUT_RDWR);
	else if (g->out.size > 0)
		event_add(g->writable, NULL);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	guest_flush(arg);
}

/* Queues a frame of two parts, whole or not at all. */
static bool
guest_queue(struct guest *g, const void *first, size_t first_size,
	    const void *second, size_t second_size)
{
	size_t size = first_size + second_size;
	unsigned char head[SP_HEAD];

	if (size + SP_HEAD > QUEUE_MAX - g->out.size)
		return false;
	sp_head(head, size);
	buf_add(&g->out, head, sizeof head);
	buf_add(&g->out, first, first_size);
	buf_add(&g->out, second, second_size);
	return true;
}

/* ---- commands ------------------------------------------------------------- */

/* false: it is no request, or nobody takes the answer. */
static bool
answer(struct guest *g, const char *data, size_t size)
{
	struct door *d = g->entrance->door;
	struct buf reply;
	size_t way = 0;
	char *line;
	bool done;

	do {
		if (size < way + 4 || way == 4 * SP_HOPS_MAX)
			return false;
		way += 4;
	} while ((data[way - 4] & 0x80) == 0);
	line = mem_format("%.*s", (int)(size - way), data + way);
	line[strcspn(line, "\r\n")] = '\0';
	buf_init(&reply, DOOR_REPLY_MAX);
	d->command(d->arg, line, &reply);
	done = guest_queue(g, data, way, reply.data, reply.size);
	buf_free(&reply);
	free(line);
	return done;
}

/* Every whole frame that is there.  false: this is no guest. */
static bool
read_frames(struct guest *g)
{
	uint64_t size;

	while (g->in.size >= SP_HEAD) {
		size = sp_size(g->in.data);
		if (size > DOOR_LINE_MAX)
			return false;
		if (g->in.size < SP_HEAD + size)
			return true;
		if (!answer(g, g->in.data + SP_HEAD, (size_t)size))
			return false;
		buf_drop(&g->in, SP_HEAD + (size_t)size);
	}
	return true;
}

static bool
greets(const struct guest *g)
{
	unsigned char want[SP_GREETING];

	sp_greeting(want, g->entrance->other);
	return memcmp(g->in.data, want, sizeof want) == 0;
}

/* What has come so far.  false: this is no guest. */
static bool
guest_read(struct guest *g)
{
	struct door *d = g->entrance->door;

	if (!g->greeted) {
		if (g->in.size < SP_GREETING)
			return true;
		if (!greets(g))
			return false;
		buf_drop(&g->in, SP_GREETING);
		g->greeted = true;
		event_remove_timer(g->readable);
		if (g->entrance == &d->events)
			d->watchers++;
	}
	/* A subscriber has nothing to say. */
	if (g->entrance == &d->events)
		return g->in.size == 0;
	if (!read_frames(g))
		return false;
	guest_flush(g);
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct guest *g = arg;
	char part[16384];
	ssize_t n;

	n = recv(fd, part, sizeof part, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR) &&
	    (what & EV_TIMEOUT) == 0)
		return;
	if (n > 0)
		buf_add(&g->in, part, (size_t)n);
	if (n <= 0 || g->in.full || g->entrance->door->closing ||
	    !guest_read(g))
		guest_free(g);
}

static void
on_knock(evutil_socket_t fd, short what, void *arg)
{
	struct timeval limit = { .tv_sec = GREETING_LIMIT };
	unsigned char own[SP_GREETING];
	struct entrance *e = arg;
	struct door *d = e->door;
	struct guest *g;
	int guest = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (guest < 0 && (errno == EMFILE || errno == ENFILE)) {
		/* Else he would knock for ever. */
		close(d->spare);
		guest = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (guest >= 0)
			close(guest);
		d->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return;
	}
	if (guest < 0)
		return;
	if (d->guest_count == GUESTS_MAX) {
		close(guest);
		return;
	}
	g = mem_new(sizeof *g);
	g->entrance = e;
	g->fd = guest;
	g->next = d->guests;
	g->link = &d->guests;
	if (g->next != NULL)
		g->next->link = &g->next;
	d->guests = g;
	d->guest_count++;
	buf_init(&g->in, 2 * DOOR_LINE_MAX);
	buf_init(&g->out, QUEUE_MAX);
	g->readable = event_new(d->base, guest, EV_READ | EV_PERSIST,
				on_readable, g);
	g->writable = event_new(d->base, guest, EV_WRITE, on_writable, g);
	if (g->readable == NULL || g->writable == NULL ||
	    event_add(g->readable, &limit) < 0) {
		guest_free(g);
		return;
	}
	sp_greeting(own, e->own);
	buf_add(&g->out, own, sizeof own);
	guest_flush(g);
}

/* ---- the supervisor's side ------------------------------------------------ */

static int
entrance_open(struct entrance *e, struct fr_err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	e->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (e->fd < 0)
		return err_sys(err, "open the door: socket");
	FR_ASSERT(strlen(e->path) < sizeof address.sun_path);
	memcpy(address.sun_path, e->path, strlen(e->path));
	if (bind(e->fd, (struct sockaddr *)&address, sizeof address) < 0)
		return err_sys(err, "open the door: %s", e->path);
	if (chmod(e->path, 0600) < 0 || listen(e->fd, GUESTS_MAX) < 0)
		return err_sys(err, "open the door: %s", e->path);
	e->knock = event_new(e->door->base, e->fd, EV_READ | EV_PERSIST,
			     on_knock, e);
	if (e->knock == NULL || event_add(e->knock, NULL) < 0)
		return err_set(err, "open the door: no more events");
	return 0;
}

static void
entrance_close(struct entrance *e)
{
	if (e->knock != NULL) {
		event_free(e->knock);
		unlink(e->path);
	}
	if (e->fd >= 0)
		close(e->fd);
	free(e->path);
}

struct door *
door_new(struct event_base *base, const char *dir, door_command_fn command,
	 void *arg, struct fr_err *err)
{
	struct sockaddr_un address;
	struct door *d;
	size_t longest = strlen(dir) + strlen("/door.ctl");

	if (longest >= sizeof address.sun_path) {
		err_usage(err, "open the door: the run's folder %s is too "
			  "deep for a socket (%zu characters, at most %zu): "
			  "set TMPDIR to a shorter path", dir, longest,
			  sizeof address.sun_path - 1);
		return NULL;
	}
	d = mem_new(sizeof *d);
	d->base = base;
	d->command = command;
	d->arg = arg;
	d->url = mem_format("ipc://%s/door", dir);
	d->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	d->commands = (struct entrance){ .door = d, .fd = -1,
		.own = SP_REP, .other = SP_REQ,
		.path = mem_format("%s/door.ctl", dir) };
	d->events = (struct entrance){ .door = d, .fd = -1,
		.own = SP_PUB, .other = SP_SUB,
		.path = mem_format("%s/door.pub", dir) };
	if (entrance_open(&d->commands, err) < 0 ||
	    entrance_open(&d->events, err) < 0) {
		door_free(d);
		return NULL;
	}
	return d;
}

const char *
door_url(const struct door *d)
{
	return d->url;
}

bool
door_watched(const struct door *d)
{
	return d->watchers > 0;
}

static void
publish(struct door *d, const char *line, size_t size)
{
	struct guest *g;

	for (g = d->guests; g != NULL; g = g->next) {
		if (!g->greeted || g->entrance != &d->events)
			continue;
		/* Sent when the loop comes to it, many at once. */
		if (guest_queue(g, line, size, NULL, 0))
			event_add(g->writable, NULL);
	}
}

void
door_publish(struct door *d, const struct buf *line)
{
	size_t size = line->size;

	if (!door_watched(d) || size == 0)
		return;
	if (line->data[size - 1] == '\n')
		size--;
	publish(d, line->data, size);
}

/*
 * The last event; then until the last guest has gone, as ours do when they
 * have it or their answer, or the moment is over: what is under way when a
 * socket closes can be lost.  The loop may not run any more: this is a small
 * one.
 */
static void
say_goodbye(struct door *d)
{
	static const char end[] = "{\"v\":1,\"type\":\"end\"}";
	int64_t until = clock_mono() + DOOR_LINGER * INT64_C(1000000);
	struct pollfd p[GUESTS_MAX];
	struct guest *g, *next;
	nfds_t count, i;
	int64_t rest;

	publish(d, end, sizeof end - 1);
	while (d->guests != NULL) {
		count = 0;
		for (g = d->guests; g != NULL; g = g->next) {
			guest_flush(g);
			p[count].fd = g->fd;
			p[count].events = g->out.size > 0 ? POLLIN | POLLOUT :
							    POLLIN;
			count++;
		}
		rest = (until - clock_mono()) / 1000000;
		if (rest <= 0 ||
		    (poll(p, count, (int)rest) < 0 && errno != EINTR))
			return;
		/* In the same order; a guest may go, none comes. */
		for (i = 0, g = d->guests; g != NULL; g = next, i++) {
			next = g->next;
			if ((p[i].revents & ~POLLOUT) != 0)
				on_readable(g->fd, EV_READ, g);
		}
	}
}

void
door_free(struct door *d)
{
	struct guest *g, *next;

	if (d == NULL)
		return;
	d->closing = true;
	entrance_close(&d->commands);
	entrance_close(&d->events);
	for (g = d->guests; g != NULL; g = next) {
		next = g->next;
		if (!g->greeted)
			guest_free(g);
	}
	say_goodbye(d);
	while (d->guests != NULL)
		guest_free(d->guests);
	if (d->spare >= 0)
		close(d->spare);
	free(d->url);
	free(d);
}
