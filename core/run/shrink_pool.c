/* SPDX-License-Identifier: MIT */
/*
 * Candidates, tried side by side.
 *
 *  1. They are handed out in order, and all before the first that keeps the
 *     violation are brought to their end: so it is the first there is.
 *  2. A worker has two at most: one at work, and the next.  What was handed
 *     out behind a success is work for nothing.
 */
#include "core/run/shrink_pool.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/units.h"
#include "core/run/fingerprint.h"
#include "core/run/signals.h"

#define AHEAD		2u
#define JOBS_MOST	64u

struct pool_worker {
	struct cell_worker *cell;
	size_t under_way[AHEAD];
	uint32_t count;
};

int
pool_start(struct pool *p, const struct setup *s, uint32_t jobs,
	   struct fr_err *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (jobs == 0)
		jobs = processors < 1 ? 1 : (uint32_t)processors;
	if (jobs > JOBS_MOST)
		jobs = JOBS_MOST;
	p->setup = s;
	p->workers = mem_array(jobs, sizeof *p->workers);
	for (; p->count < jobs; p->count++) {
		p->workers[p->count].cell = cell_new(s, 0, err);
		if (p->workers[p->count].cell == NULL)
			return -1;
	}
	return 0;
}

void
pool_stop(struct pool *p)
{
	uint32_t i;

	for (i = 0; i < p->count; i++)
		cell_free(p->workers[i].cell);
	free(p->workers);
	p->workers = NULL;
	p->count = 0;
}

static void
look_around(struct pool *p)
{
	if (clock_mono() >= p->deadline)
		p->late = true;
	if (signals_count() > 0)
		p->interrupted = true;
	if (p->progress != NULL)
		p->progress(p->arg);
}

static bool
keeps(const struct pool *p, const struct run_result *r)
{
	struct arena a = { 0 };
	const char *print = fingerprint(&a, r);
	bool same = print != NULL && strcmp(print, p->fingerprint) == 0;

	arena_free(&a);
	return same;
}

/* ---- side by side --------------------------------------------------------------------- */

struct round {
	struct pool *pool;
	size_t next, first;
	pool_make_fn make;
	void *arg;
};

static int
hand_out(struct round *r, struct pool_worker *w, struct fr_err *err)
{
	struct tape t;
	int status;

	while (w->count < AHEAD && r->next < r->first && !pool_over(r->pool)) {
		w->under_way[w->count] = r->next++;
		if (!r->make(r->arg, r->next - 1, &t))
			continue;
		status = cell_ask_tape(w->cell, &t, 0, err);
		tape_drop(&t);
		if (status < 0)
			return -1;
		w->count++;
		r->pool->tried++;
	}
	return 0;
}

static int
take_back(struct round *r, struct pool_worker *w, struct fr_err *err)
{
	const struct cell_sink none = { 0 };
	struct cell_done done;
	size_t i;
	int got;

	while ((got = cell_read(w->cell, false, &none, &done, err)) > 0) {
		i = w->under_way[0];
		w->under_way[0] = w->under_way[1];
		w->count--;
		if (i < r->first && keeps(r->pool, &done.result))
			r->first = i;
		run_result_free(&done.result);
		if (hand_out(r, w, err) < 0)
			return -1;
	}
	return got;
}

static bool
at_work(const struct pool *p)
{
	uint32_t i;

	for (i = 0; i < p->count; i++)
		if (p->workers[i].count > 0)
			return true;
	return false;
}

int
pool_first(struct pool *p, size_t count, pool_make_fn make, void *arg,
	   size_t *which, struct fr_err *err)
{
	struct round r = { .pool = p, .first = count,
			   .make = make, .arg = arg };
	struct pollfd *on = mem_array(p->count + 1, sizeof *on);
	int status = 0;
	uint32_t i;

	for (i = 0; i < p->count; i++) {
		on[i].fd = cell_fd(p->workers[i].cell);
		on[i].events = POLLIN;
		if (status == 0)
			status = hand_out(&r, &p->workers[i], err);
	}
	on[i].fd = p->signals;
	on[i].events = POLLIN;
	while (status == 0 && at_work(p)) {
		if (poll(on, p->count + 1, -1) < 0 && errno != EINTR) {
			status = err_sys(err, "poll");
			break;
		}
		look_around(p);
		for (i = 0; i < p->count && status == 0; i++)
			if (on[i].revents != 0)
				status = take_back(&r, &p->workers[i], err);
	}
	free(on);
	/* One that was found when the time was over is as good as any. */
	*which = r.first;
	return status;
}

int
pool_run(struct pool *p, const struct tape *t, uint32_t flags,
	 const struct cell_sink *sink, struct cell_done *done,
	 struct fr_err *err)
{
	struct cell_worker *w = p->workers[0].cell;

	FR_ASSERT(!at_work(p));
	if ((t == NULL ? cell_ask(w, p->setup->config->seed, flags, err) :
			 cell_ask_tape(w, t, flags, err)) < 0)
		return -1;
	return cell_read(w, true, sink, done, err) < 0 ? -1 : 0;
}
