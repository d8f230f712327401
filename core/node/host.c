/* SPDX-License-Identifier: MIT */
/*
 * The node host: one loop that takes frames and timers, calls the protocol's
 * handlers, and writes at the end of each turn what they gathered.
 *
 *  1. Handlers get bodies where they were received, and nothing is copied on
 *     the way in; on the way out a frame is written once, into `out`.
 *  2. Nothing waits but poll in the loop, and host_flush when the switch is
 *     slow, which always takes what nodes send.
 *  3. When the switch is gone, so is the node.
 */
#include "core/node/host.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/base/units.h"
#include "core/node/load.h"
#include "core/node/sandbox.h"

static struct host the_node;

/* Reads in one turn, before timers get theirs. */
#define READS_MAX 8

/* ---- how it ends --------------------------------------------------------- */

/*
 * The plugin dies in a handler: what it sent and said before goes out first,
 * or nobody would learn its last words.  Not over nng, whose threads may hold
 * anything.
 */
static void
last_words(int sig)
{
	struct host *h = the_host;

	interpose_plugin = false;
	if (!h->sending && h->out.size > 0 && h->carrier != NULL &&
	    h->carrier->ops->signal_safe) {
		h->sending = true;
		(void)h->carrier->ops->send(h->carrier, h->out.data,
					    h->out.size);
	}
	(void)raise(sig);
}

/* On a stack of its own, as the plugin may have used up the other. */
static void
catch_death(void)
{
	static const int deadly[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP,
	};
	static char room[16384];
	stack_t stack = { .ss_sp = room, .ss_size = sizeof room };
	struct sigaction action = {
		.sa_handler = last_words,
		.sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK),
	};
	size_t i;

	if (sigaltstack(&stack, NULL) < 0)
		return;
	for (i = 0; i < sizeof deadly / sizeof *deadly; i++)
		(void)sigaction(deadly[i], &action, NULL);
}

/* The plugin called exit(). */
static void
at_exit(void)
{
	interpose_plugin = false;
	if (!the_host->sending)
		host_flush(the_host);
}

/* The plugin forked: its child is not the node, and says nothing. */
static void
in_child(void)
{
	the_host->out.size = 0;
	if (the_host->carrier != NULL)
		(void)close(the_host->carrier->fd);
}

/* ---- the loop ------------------------------------------------------------ */

/* Sets the timer's descriptor to the first deadline, if that has changed. */
static void
rearm(struct host *h)
{
	const struct timer_due *first = timers_first(&h->timers);
	int64_t when = first == NULL ? INT64_MAX :
				       clock_real(&h->clock, first->deadline);
	struct itimerspec at = { 0 };

	if (when == h->armed)
		return;
	h->armed = when;
	if (when != INT64_MAX) {
		if (when < 1)
			when = 1;	/* 0 would stop it */
		at.it_value.tv_sec = when / 1000000000;
		at.it_value.tv_nsec = when % 1000000000;
	}
	(void)timerfd_settime(h->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void
end_turn(struct host *h)
{
	if (atomic_load_explicit(&h->foreign, memory_order_relaxed)) {
		atomic_store(&h->foreign, false);
		misuse(h, 0, "called the host from another thread, or "
		       "outside of a callback: only the one that runs may");
	}
	rearm(h);
	host_flush(h);
	h->stale = 0;
}

static void
take(struct host *h, const struct frame *f)
{
	const void *body = f + 1;

	if (f->dst_boot != h->boot)
		return;			/* meant for another boot */
	if (f->kind == FRAME_STOP)
		host_stop(h);
	if (f->kind == FRAME_START && !h->started)
		host_start(h, body, f->body);
	else if (!h->started)
		return;
	else if (f->kind == FRAME_MESSAGE)
		host_message(h, f, body);
	else if (f->kind == FRAME_REQUEST)
		host_request(h, f, body);
	else if (f->kind == FRAME_CLOCK)
		host_clock(h, body, f->body);
	else if (f->kind == FRAME_FAULTS)
		host_faults(h, body, f->body);
}

/* Takes whole frames; how many bytes they were. */
static size_t
take_all(struct host *h, const unsigned char *data, size_t size)
{
	size_t at = 0;

	while (size - at >= sizeof(struct frame)) {
		const struct frame *f =
			(const struct frame *)(const void *)(data + at);

		if (f->size < sizeof *f || f->size % 8 != 0 ||
		    f->size > CARRIER_FRAME_MAX ||
		    f->body > f->size - sizeof *f)
			fatal(h, "the switch sent a frame of %u bytes with a "
			      "body of %u", f->size, f->body);
		if (f->size > size - at)
			break;
		take(h, f);
		at += f->size;
	}
	return at;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct host *h = arg;
	unsigned char *data = NULL;
	bool more = true;
	ssize_t got;
	int reads;

	(void)fd;
	(void)what;
	for (reads = 0; more && reads < READS_MAX; reads++) {
		got = h->carrier->ops->receive(h->carrier, &data);
		if (got < 0)
			_exit(0);
		if (got == 0)
			break;
		more = h->carrier->ops->used(h->carrier,
					     take_all(h, data, (size_t)got));
	}
	end_turn(h);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct host *h = arg;
	uint64_t order = h->timers.order, times;
	struct timer_due due;
	int64_t now;

	(void)what;
	(void)!read(fd, &times, sizeof times);
	h->armed = INT64_MAX;
	now = clock_node_mono(&h->clock, clock_mono());
	while (timers_take(&h->timers, now, order, &due))
		host_timer(h, &due);
	end_turn(h);
}

/*
 * The timer is a descriptor of its own: it knows nanoseconds, and unlike a
 * precise timer of libevent's it costs nothing in a turn that does not move
 * it.
 */
static _Noreturn void
loop(struct host *h)
{
	struct event_config *config = event_config_new();

	if (config == NULL)
		fatal(h, "no memory for a loop");
	(void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK |
					    EVENT_BASE_FLAG_IGNORE_ENV);
	h->base = event_base_new_with_config(config);
	event_config_free(config);
	h->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC |
						      TFD_NONBLOCK);
	if (h->base == NULL || h->timer_fd < 0)
		fatal(h, "the loop: %s", strerror(errno));
	h->armed = INT64_MAX;
	h->readable = event_new(h->base, h->carrier->fd, EV_READ | EV_PERSIST,
				on_readable, h);
	h->timer = event_new(h->base, h->timer_fd, EV_READ | EV_PERSIST,
			     on_timer, h);
	if (h->readable == NULL || h->timer == NULL ||
	    event_add(h->readable, NULL) < 0 || event_add(h->timer, NULL) < 0)
		fatal(h, "the loop: %s", strerror(errno));
	/* A carrier that is told of the edge alone may have something. */
	on_readable(h->carrier->fd, EV_READ, h);
	(void)event_base_dispatch(h->base);
	fatal(h, "the loop ended");
}

/* ---- the life of a node -------------------------------------------------- */

static void
leave(struct host *h, int status)
{
	h->carrier->ops->close(h->carrier);
	_exit(status);
}

/* On purpose: nothing of the process sees it coming. */
static void
die(struct host *h)
{
	host_flush(h);
	h->carrier->ops->close(h->carrier);
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

static void
hello(struct host *h)
{
	struct fr_writer w = fr_writer(out_begin(h, FRAME_BODY_MAX),
				       FRAME_BODY_MAX);

	wire_put_descriptor(&w, h->raw);
	if (w.failed)
		fatal(h, "what it says of itself is more than %u bytes",
		      FRAME_BODY_MAX);
	out_end(h, FRAME_HELLO, 0, 0, 0, w.size);
	host_flush(h);
}

static void
connect_carrier(struct host *h, const struct node_boot *b)
{
	struct fr_err err = { 0 };

	h->carrier = b->carrier == NURSERY_STREAM ? carrier_stream(b->socket) :
						    carrier_nng(b->url, &err);
	if (h->carrier == NULL) {
		fprintf(stderr, "fracas-node: %s\n", err.text);
		_exit(1);
	}
}

_Noreturn void
node_main(const struct node_boot *b)
{
	struct host *h = &the_node;
	struct fr_err err = { 0 };

	the_host = h;
	h->leave = leave;
	h->die = die;
	h->page = b->page;
	h->effects = h->page->effects;
	h->id = b->node;
	h->boot = b->boot;
	PAGE_SET(h->page, since, clock_mono());
	PAGE_SET(h->page, doing, DOING_LOADING);
	sandbox_name(b->node);
	connect_carrier(h, b);
	catch_death();
	(void)atexit(at_exit);
	(void)pthread_atfork(NULL, NULL, in_child);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (b->image == NULL)
		fatal(h, "%s: %s", b->plugin, b->trouble);
	h->folder = -1;
	if (b->dir[0] != '\0') {
		h->folder = sandbox_enter(b->dir, &err);
		if (h->folder < 0)
			fatal(h, "%s", err.text);
	}
	if (load_protocol(b->image, &h->raw, &err) < 0)
		fatal(h, "%s: %s", b->plugin, err.text);
	host_describe(h, h->raw);
	hello(h);
	if (b->mode == NURSERY_PROBE) {
		h->carrier->ops->close(h->carrier);
		_exit(0);
	}
	plugin_leave(h);
	loop(h);
}
