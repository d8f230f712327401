/* SPDX-License-Identifier: MIT */
/*
 * Helpers for live runs.
 *
 * A helper is told (cell, seed) through a socket and answers with one packet:
 * a struct answer and the result as cells give theirs (cell_wire.h).  It ends
 * when its socket does, and is killed when the campaign is gone.
 */
#include "core/campaign/live_runs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/units.h"
#include "core/run/cell_wire.h"

#define ANSWER_MAX (256u << 20)

struct question {
	uint32_t cell, attempt;
	uint64_t seed;
};

struct answer {
	struct fr_err err;
	int64_t id, held_up, took;
	uint32_t interrupted;
	uint64_t size;			/* of the result behind it             */
};

struct live_runs {
	struct helper {
		pid_t pid;
		int fd;
		bool busy;
		struct question asked;
	} *helpers;
	uint32_t count;
};

/* ---- the helper -------------------------------------------------------------------- */

/* All of it, or false: the other end is gone. */
static bool
put_all(int fd, const void *data, size_t size)
{
	const char *at = data;
	ssize_t n;

	while (size > 0) {
		n = send(fd, at, size, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

static bool
get_all(int fd, void *data, size_t size)
{
	char *at = data;
	ssize_t n;

	while (size > 0) {
		n = recv(fd, at, size, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

static void
do_run(const struct campaign_file *f, const char *db,
       const struct question *q, struct answer *a, struct buf *out)
{
	struct run_config c = f->cells[q->cell].config;
	const struct cell_extra none = { 0 };
	int64_t began = clock_mono();
	struct run_result r;

	c.db = db;
	c.seed = q->seed;
	if (run_experiment(&c, &r, &a->err) < 0) {
		if (a->err.status == 0)
			a->err.status = EXIT_TESTBED;
		return;
	}
	a->id = r.id;
	a->held_up = r.held_up;
	a->interrupted = r.interrupted;
	a->took = clock_mono() - began;
	cell_put_result(out, &r, &none);
	a->size = out->size;
	run_result_free(&r);
}

_Noreturn static void
helper(const struct campaign_file *f, const char *db, int fd)
{
	struct question q;
	struct answer a;
	struct buf b;

	while (get_all(fd, &q, sizeof q)) {
		memset(&a, 0, sizeof a);
		buf_init(&b, ANSWER_MAX);
		do_run(f, db, &q, &a, &b);
		if (!put_all(fd, &a, sizeof a) ||
		    !put_all(fd, b.data, b.size))
			break;
		buf_free(&b);
	}
	_exit(0);
}

/* ---- the campaign's side ------------------------------------------------------------ */

static int
start_one(const struct campaign_file *f, const char *db, struct live_runs *l,
	  struct fr_err *err)
{
	struct helper *h = &l->helpers[l->count];
	pid_t parent = getpid();
	int ends[2];
	uint32_t i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, "socketpair");
	h->pid = fork();
	if (h->pid < 0) {
		err_sys(err, "fork");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (h->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		/* Of the others: one that is closed here must be closed. */
		for (i = 0; i < l->count; i++)
			close(l->helpers[i].fd);
		close(ends[0]);
		helper(f, db, ends[1]);
	}
	close(ends[1]);
	h->fd = ends[0];
	l->count++;
	return 0;
}

struct live_runs *
live_runs_start(const struct campaign_file *f, const char *db, uint32_t jobs,
		struct fr_err *err)
{
	struct live_runs *l = mem_new(sizeof *l);

	l->helpers = mem_array(jobs, sizeof *l->helpers);
	while (l->count < jobs) {
		if (start_one(f, db, l, err) < 0) {
			live_runs_stop(l);
			return NULL;
		}
	}
	return l;
}

void
live_runs_stop(struct live_runs *l)
{
	uint32_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->count; i++) {
		/* Its nursery sees it go, and cleans up behind it. */
		(void)kill(l->helpers[i].pid, SIGKILL);
		close(l->helpers[i].fd);
		while (waitpid(l->helpers[i].pid, NULL, 0) < 0 &&
		       errno == EINTR)
			;
	}
	free(l->helpers);
	free(l);
}

bool
live_runs_free(const struct live_runs *l)
{
	return live_runs_busy(l) < l->count;
}

uint32_t
live_runs_busy(const struct live_runs *l)
{
	uint32_t i, busy = 0;

	for (i = 0; i < l->count; i++)
		busy += l->helpers[i].busy;
	return busy;
}

int
live_runs_ask(struct live_runs *l, uint32_t cell, uint64_t seed,
	      uint32_t attempt, struct fr_err *err)
{
	struct helper *h = l->helpers;

	while (h->busy)
		h++;
	h->asked = (struct question){ .cell = cell, .attempt = attempt,
				       .seed = seed };
	if (!put_all(h->fd, &h->asked, sizeof h->asked))
		return err_set(err, "the process for live runs is gone");
	h->busy = true;
	return 0;
}

/* What one of them says, which has begun to. */
static int
hear(struct helper *h, struct live_run *out, struct fr_err *err)
{
	struct cell_extra extra;
	struct answer a;
	char *data;
	int status = 0;

	if (!get_all(h->fd, &a, sizeof a) || a.size > ANSWER_MAX)
		goto gone;
	h->busy = false;
	memset(out, 0, sizeof *out);
	out->cell = h->asked.cell;
	out->seed = h->asked.seed;
	out->attempt = h->asked.attempt;
	out->err = a.err;
	out->seconds = (double)a.took / 1e9;
	if (a.err.status != 0)
		return 0;
	data = mem_new(a.size + 1);
	if (!get_all(h->fd, data, a.size) ||
	    cell_get_result(data, a.size, &out->result, &extra) < 0)
		status = -1;
	free(data);
	if (status < 0)
		goto gone;
	out->result.id = a.id;
	out->result.held_up = a.held_up;
	out->result.interrupted = a.interrupted != 0;
	return 0;
gone:
	return err_set(err, "the process that did a live run (seed %llu) "
		       "ended before it was over",
		       (unsigned long long)h->asked.seed);
}

int
live_runs_wait(struct live_runs *l, int wake, int64_t until,
	       struct live_run *out, struct fr_err *err)
{
	struct pollfd *on = mem_array(l->count + 1, sizeof *on);
	int64_t left;
	int status = 0, got;
	uint32_t i;

	for (i = 0; i < l->count; i++) {
		on[i].fd = l->helpers[i].busy ? l->helpers[i].fd : -1;
		on[i].events = POLLIN;
	}
	on[i].fd = wake;
	on[i].events = POLLIN;
	left = until == 0 ? -1 : (until - clock_mono()) / 1000000 + 1;
	got = poll(on, l->count + 1, left < -1 ? 0 : left > 1000000 ?
		   1000000 : (int)left);
	if (got < 0 && errno != EINTR)
		status = err_sys(err, "poll");
	for (i = 0; got > 0 && i < l->count; i++) {
		if (on[i].revents == 0)
			continue;
		status = hear(&l->helpers[i], out, err) < 0 ? -1 : 1;
		break;
	}
	free(on);
	return status;
}
