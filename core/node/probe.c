/* SPDX-License-Identifier: MIT */
/*
 * Asking a plugin what it is, in a process of its own: it may crash, hang or
 * exit while it is loaded, and each of these is an answer.
 */
#include "core/node/nursery.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/units.h"

#define LIMIT 10000000000		/* 10 s */

struct probe {
	const char *path;
	struct nursery *nursery;
	int socket;			/* our end                             */
	struct node_page *page;
	struct buf got;
	int64_t deadline;
	bool closed;			/* its end is closed                   */
	bool ended;			/* and it is reaped, so:               */
	int status;
};

/* The whole frame that the node has sent, or NULL. */
static const struct frame *
frame_of(const struct probe *p)
{
	const struct frame *f = (const struct frame *)(void *)p->got.data;

	if (p->got.size < sizeof *f || f->size < sizeof *f ||
	    f->size > p->got.size || f->body > f->size - sizeof *f)
		return NULL;
	return f;
}

static void
hear_node(struct probe *p)
{
	char part[16384];
	ssize_t n;

	do
		n = recv(p->socket, part, sizeof part, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		buf_add(&p->got, part, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		p->closed = true;
}

/* -1 where the nursery could not do its work. */
static int
hear_nursery(struct probe *p, struct fr_err *err)
{
	struct nursery_said said;

	while (nursery_next(p->nursery, &said) > 0) {
		if (said.kind == NURSERY_FAILED || said.kind == NURSERY_GONE)
			return err_set(err, "%s", said.text);
		if (said.kind == NURSERY_ENDED) {
			p->ended = true;
			p->status = said.status;
		}
	}
	return 0;
}

/* How it ended, or that it did not, without a word. */
static int
silent(const struct probe *p, struct fr_err *err)
{
	const char *where = atomic_load(&p->page->doing) == DOING_LOADING ?
			    "while loading (in a constructor)" :
			    "after loading";

	if (!p->ended)
		return err_usage(err, "%s: it did not return %s", p->path,
				 where);
	if (WIFSIGNALED(p->status))
		return err_usage(err, "%s: killed by SIG%s %s", p->path,
				 sigabbrev_np(WTERMSIG(p->status)) == NULL ?
				 "?" : sigabbrev_np(WTERMSIG(p->status)),
				 where);
	return err_usage(err, "%s: exited with status %d %s", p->path,
			 WEXITSTATUS(p->status), where);
}

static int
understand(const struct probe *p, struct descriptor *out, struct fr_err *err)
{
	const struct frame *f = frame_of(p);
	char text[1400];
	struct fr_reader r;

	if (f == NULL)
		return silent(p, err);
	if (f->kind == FRAME_FATAL) {
		r = fr_reader(f + 1, f->body);
		wire_get_text(&r, text, sizeof text);
		return err_usage(err, "%s", text);
	}
	if (f->kind != FRAME_HELLO)
		return err_usage(err, "%s: it wrote to a descriptor that is "
				 "not its own", p->path);
	if (wire_get_descriptor(f + 1, f->body, out, err) < 0)
		return err_wrap(err, "%s", p->path);
	return 0;
}

static int
wait_for(struct probe *p, struct fr_err *err)
{
	struct pollfd on[2] = {
		{ .fd = p->socket, .events = POLLIN },
		{ .fd = nursery_fd(p->nursery), .events = POLLIN },
	};
	int64_t left;

	while (frame_of(p) == NULL && !(p->closed && p->ended)) {
		left = p->deadline - clock_mono();
		if (left <= 0)
			break;
		/* A closed end is readable for ever. */
		on[0].fd = p->closed ? -1 : p->socket;
		if (poll(on, 2, (int)(left / 1000000) + 1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(err, "poll");
		}
		if (on[0].revents != 0)
			hear_node(p);
		if (on[1].revents != 0 && hear_nursery(p, err) < 0)
			return -1;
	}
	return 0;
}

static int
run(struct probe *p, struct descriptor *out, struct fr_err *err)
{
	struct nursery_spawn spawn = {
		.mode = NURSERY_PROBE, .carrier = NURSERY_STREAM,
		.plugin = p->path, .out = -1, .err = -1,
	};
	int pair[2], page, got = -1;

	page = memfd_create("fracas-page", MFD_CLOEXEC);
	if (page < 0 || ftruncate(page, sizeof *p->page) < 0) {
		(void)err_sys(err, "a page for a node");
		goto close_page;
	}
	p->page = mmap(NULL, sizeof *p->page, PROT_READ, MAP_SHARED, page, 0);
	if (p->page == MAP_FAILED) {
		(void)err_sys(err, "a page for a node");
		goto close_page;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		(void)err_sys(err, "a socket for a node");
		goto unmap;
	}
	p->socket = pair[0];
	spawn.socket = pair[1];
	spawn.page = page;
	got = nursery_spawn(p->nursery, &spawn, err);
	close(pair[1]);
	if (got == 0)
		got = wait_for(p, err);
	if (got == 0)
		got = understand(p, out, err);
	close(p->socket);
unmap:
	munmap(p->page, sizeof *p->page);
close_page:
	if (page >= 0)
		close(page);
	return got;
}

int
probe_within(const char *path, int64_t limit, struct descriptor *out,
	     struct fr_err *err)
{
	struct probe p = { .deadline = clock_mono() + limit };
	char *full = realpath(path, NULL);
	int got = -1;

	if (full == NULL)
		return err_usage(err, "%s: %s", path, strerror(errno));
	p.path = full;
	buf_init(&p.got, sizeof(struct frame) + FRAME_BODY_MAX + 8);
	p.nursery = nursery_new(NULL, err);
	if (p.nursery != NULL)
		got = run(&p, out, err);
	nursery_free(p.nursery);
	buf_free(&p.got);
	free(full);
	return got;
}

int
probe_protocol(const char *path, struct descriptor *out, struct fr_err *err)
{
	return probe_within(path, LIMIT, out, err);
}
