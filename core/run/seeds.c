/* SPDX-License-Identifier: MIT */
/*
 * One configuration under many seeds.
 *
 *  1. Seeds are handed out in order.  With --until-failure every seed below
 *     the lowest that failed is still brought to its end, so that it is the
 *     lowest there is, however many workers there are.
 *  2. The guard is a worker of its own, with other addresses and other memory:
 *     what depends on these gives another hash there.
 *  3. What was found is in the store within a moment, whatever ends this.
 *  4. A worker that is killed from outside is replaced, and asked for the same
 *     seeds again, which makes no difference.  One that ends twice at the same
 *     seed is killed by that seed.
 */
#include "core/run/seeds.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/units.h"
#include "core/run/fingerprint.h"
#include "core/run/signals.h"
#include "core/run/simulate.h"
#include "core/run/steps.h"
#include "core/run/swarm.h"

#define JOBS_MOST	256u
/* Of one fingerprint so many are stored in full; a seed tells the others. */
#define STORED_MOST	10u
/* Of those that did not fail every so many-th is run twice. */
#define SHARE		64u
#define PROGRESS_NS	INT64_C(100000000)
/* What memory is filled with where the guard runs. */
#define PERTURB		0xa5u

struct group {
	struct seeds_group public;
	uint64_t stored;
};

/* A worker, and the seeds that it has been asked for, in their order. */
struct lane {
	struct cell_worker *worker;
	uint64_t asked[CELL_AHEAD];	/* a ring                              */
	uint32_t first, count;
	uint64_t ended_at;		/* the seed it was at when it ended    */
	bool ended;			/* it did so once, at that seed        */
};

struct seeds {
	const struct seeds_config *config;
	struct seeds_result *out;
	struct simulation simulation;
	struct lane *lanes;
	uint32_t lane_count;
	struct cell_worker *guard;	/* NULL: not needed yet                */
	int64_t batch;
	uint64_t next;
	bool exhausted;			/* no more are handed out              */
	uint64_t lowest;		/* that failed; UINT64_MAX: none       */
	struct group *groups;
	size_t group_count, group_room;
	uint64_t *earlier;		/* seeds that were done before, sorted */
	size_t earlier_count, earlier_room;
	int64_t began, progress_at;
};

/* ---- groups of failures -------------------------------------------------------------- */

static struct group *
group_of(struct seeds *s, const char *print)
{
	struct group *g;
	size_t i;

	for (i = 0; i < s->group_count; i++)
		if (strcmp(s->groups[i].public.fingerprint, print) == 0)
			return &s->groups[i];
	mem_grow(&s->groups, &s->group_room, s->group_count + 1,
		 sizeof *s->groups);
	g = &s->groups[s->group_count++];
	memset(g, 0, sizeof *g);
	g->public.fingerprint = arena_string(&s->out->arena, print);
	g->public.violation = g->public.reason = "";
	g->public.seed = UINT64_MAX;
	return g;
}

/* ---- what was done before ------------------------------------------------------------- */

static int
compare_seeds(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
count(struct seeds *s, const char *verdict)
{
	if (strcmp(verdict, "valid") == 0)
		s->out->valid++;
	else if (strcmp(verdict, "invalid") == 0)
		s->out->invalid++;
	else
		s->out->unknown++;
}

static int
on_earlier(void *arg, const struct seed_row *r)
{
	struct seeds *s = arg;
	struct group *g;

	if (r->seed < s->config->first || r->seed > s->config->last)
		return 0;
	mem_grow(&s->earlier, &s->earlier_room, s->earlier_count + 1,
		 sizeof *s->earlier);
	s->earlier[s->earlier_count++] = r->seed;
	s->out->skipped++;
	count(s, r->verdict);
	if (r->fingerprint == NULL)
		return 0;
	g = group_of(s, r->fingerprint);
	g->public.count++;
	g->stored += r->run > 0;
	if (r->seed < g->public.seed) {
		g->public.seed = r->seed;
		g->public.run = r->run;
		g->public.reason = g->public.fingerprint;
	}
	if (r->seed < s->lowest)
		s->lowest = r->seed;
	return 0;
}

/* What has to be the same for the runs to be: everything but the seed. */
static int
begin_batch(struct seeds *s, struct fr_err *err)
{
	struct run_config config = *s->config->run;
	struct setup *setup = &s->simulation.setup;
	const struct run_config *before = setup->config;
	struct arena a = { 0 };
	struct run_row row;
	struct batch_row b;
	char key[20];
	int status;

	config.seed = 0;
	setup->config = &config;
	row_fill(setup, &a, &row);
	setup->config = before;
	snprintf(key, sizeof key, "%016" PRIx64,
		 hash_text(hash_text(0, row.config),
			   config.plan != NULL ? row.plan : ""));
	b = (struct batch_row){
		.key = key, .protocol = row.protocol,
		.workload = row.workload, .config = row.config,
		.command = row.command,
	};
	status = history_batch_begin(s->simulation.history, &b,
				     s->config->resume, &s->batch, err);
	arena_free(&a);
	if (status < 0 || !s->config->resume)
		return status;
	if (history_batch_seeds(s->simulation.history, s->batch, on_earlier, s,
				err) < 0)
		return -1;
	if (s->earlier_count > 0)
		qsort(s->earlier, s->earlier_count, sizeof *s->earlier,
		      compare_seeds);
	return 0;
}

/* ---- a run is done ------------------------------------------------------------------- */

static int
need_guard(struct seeds *s, struct fr_err *err)
{
	if (s->guard == NULL)
		s->guard = cell_new(&s->simulation.setup, PERTURB, err);
	return s->guard == NULL ? -1 : 0;
}

/* The same seed gave something else: where? */
static int
unsteady(struct seeds *s, uint64_t seed, struct fr_err *err)
{
	struct cell_worker *plain;
	char *words = NULL;
	int status;

	s->out->unsteady++;
	if (s->out->unsteady > 1)
		return 0;
	plain = cell_new(&s->simulation.setup, 0, err);
	if (plain == NULL)
		return -1;
	status = steps_differ(plain, s->guard, &s->simulation.setup, seed,
			      &words, err);
	cell_free(plain);
	if (status < 0)
		return -1;
	s->out->unsteady_seed = seed;
	s->out->unsteady_words = arena_string(&s->out->arena, words);
	free(words);
	return 0;
}

static int
ask_guard(struct seeds *s, uint64_t seed, bool store, struct cell_done *again,
	  int64_t *run, struct fr_err *err)
{
	const struct cell_sink none = { 0 };

	if (need_guard(s, err) < 0)
		return -1;
	if (store)
		return simulation_record(&s->simulation, s->guard, seed, again,
					 run, err);
	if (cell_ask(s->guard, seed, 0, err) < 0)
		return -1;
	return cell_read(s->guard, true, &none, again, err);
}

/* Once more: in full for a failure, else only for its hash. */
static int
repeat(struct seeds *s, const struct cell_done *done, bool store, int64_t *run,
       struct fr_err *err)
{
	struct cell_done again;
	bool same;
	int got;

	*run = 0;
	if (history_batch_flush(s->simulation.history, err) < 0)
		return -1;
	got = ask_guard(s, done->seed, store, &again, run, err);
	if (got < 0 && s->guard != NULL && cell_gone(s->guard)) {
		/* Invariant 4 */
		cell_free(s->guard);
		s->guard = NULL;
		got = ask_guard(s, done->seed, store, &again, run, err);
	}
	if (got < 0)
		return -1;
	same = again.result.hash == done->result.hash &&
	       again.died == done->died &&
	       again.result.verdict == done->result.verdict;
	run_result_free(&again.result);
	s->out->repeated++;
	return same ? 0 : unsteady(s, done->seed, err);
}

/* Afterwards the setup has what --swarm draws for this seed. */
static int
draw_again(struct seeds *s, uint64_t seed, struct fr_err *err)
{
	struct setup *setup = &s->simulation.setup;
	const struct run_config *before = setup->config;
	struct run_config config = *before;
	int status;

	if (!config.swarm)
		return 0;
	config.seed = seed;
	setup->config = &config;
	status = swarm_draw(setup, err);
	setup->config = before;
	return status;
}

static int
on_failure(struct seeds *s, const struct cell_done *done, const char *print,
	   int64_t *run, struct fr_err *err)
{
	struct group *g = group_of(s, print);
	struct seeds_failure f = {
		.seed = done->seed, .result = &done->result,
		.fingerprint = print, .first = g->public.count == 0,
	};
	struct arena *a = &s->out->arena;

	g->public.count++;
	if (g->stored < (s->config->stored_most > 0 ?
			 s->config->stored_most : STORED_MOST) || done->seed < g->public.seed) {
		if (repeat(s, done, true, run, err) < 0)
			return -1;
		g->stored++;
	}
	if (done->seed < g->public.seed) {
		g->public.seed = done->seed;
		g->public.run = *run;
		g->public.violation = arena_string(a,
			done->result.violation == NULL ? "" :
			done->result.violation);
		g->public.reason = arena_string(a, done->result.reason);
	}
	if (done->seed < s->lowest)
		s->lowest = done->seed;
	f.run = *run;
	if (s->config->failure == NULL)
		return 0;
	if (draw_again(s, done->seed, err) < 0)
		return -1;
	f.drawn = s->simulation.setup.drawn;
	s->config->failure(s->config->arg, &f);
	return 0;
}

static int
tell_result(struct seeds *s, const struct cell_done *done,
	    const struct seed_row *row, struct fr_err *err)
{
	const struct seeds_one one = {
		.seed = done->seed, .result = &done->result,
		.fingerprint = row->fingerprint, .run = row->run,
		.seconds = (double)done->cpu_ns / 1e9,
	};

	return s->config->result(s->config->arg, &one, err);
}

static int
on_done(struct seeds *s, const struct cell_done *done, struct fr_err *err)
{
	const struct run_result *r = &done->result;
	struct seed_row row = {
		.seed = done->seed, .verdict = verdict_names[r->verdict],
		.hash = r->hash, .ok = r->ok, .fail = r->fail,
		.info = r->info, .messages = r->messages,
	};
	struct arena a = { 0 };
	int status = 0;

	/* Invariant 1: what is above the lowest is as if it had not been. */
	if (s->config->until_failure && done->seed > s->lowest)
		return 0;
	s->out->broken += r->failure != NULL;
	s->out->done++;
	count(s, row.verdict);
	if (r->verdict == VERDICT_INVALID) {
		row.fingerprint = fingerprint(&a, r);
		status = on_failure(s, done, row.fingerprint, &row.run, err);
	} else if (done->seed % SHARE == 0 && r->failure == NULL) {
		status = repeat(s, done, false, &row.run, err);
	}
	if (r->verdict == VERDICT_UNKNOWN && s->out->doubt == NULL) {
		s->out->doubt = arena_string(&s->out->arena, r->reason);
		s->out->doubt_seed = done->seed;
	}
	if (status == 0)
		status = s->config->result != NULL ?
			 tell_result(s, done, &row, err) :
			 history_batch_seed(s->simulation.history, s->batch,
					    &row, err);
	arena_free(&a);
	return status;
}

/* ---- handing out --------------------------------------------------------------------- */

/* The next seed that was not done before; false: there is none. */
static bool
take_next(struct seeds *s, uint64_t *seed)
{
	if (s->config->deadline > 0 && clock_mono() > s->config->deadline &&
	    !s->exhausted)
		s->exhausted = s->out->late = true;
	while (!s->exhausted) {
		*seed = s->next;
		s->exhausted = s->next == s->config->last;
		s->next++;
		if (s->config->until_failure && *seed > s->lowest)
			return false;
		if (s->config->wants != NULL &&
		    !s->config->wants(s->config->arg, *seed))
			continue;
		if (s->earlier_count == 0 ||
		    bsearch(seed, s->earlier, s->earlier_count,
			    sizeof *s->earlier, compare_seeds) == NULL)
			return true;
	}
	return false;
}

static uint32_t
flags_of(const struct seeds *s)
{
	return s->config->result != NULL ? JOB_FIGURES : 0;
}

/* What it was asked for that is not done yet, by another worker. */
static int
replace(struct seeds *s, struct lane *l, struct fr_err *err)
{
	uint64_t seed = l->asked[l->first];
	uint32_t i;

	if (!cell_gone(l->worker))
		return -1;
	if (l->count == 0 || (l->ended && l->ended_at == seed))
		return err_wrap(err, "seed %" PRIu64 ", twice", seed);
	l->ended = true;
	l->ended_at = seed;
	cell_free(l->worker);
	l->worker = cell_new(&s->simulation.setup, 0, err);
	if (l->worker == NULL)
		return -1;
	for (i = 0; i < l->count; i++)
		if (cell_ask(l->worker, l->asked[(l->first + i) % CELL_AHEAD],
			     flags_of(s), err) < 0)
			return -1;
	return 0;
}

static int
hand_out(struct seeds *s, struct lane *l, struct fr_err *err)
{
	uint64_t seed;

	while (l->count < CELL_AHEAD && !s->out->interrupted &&
	       take_next(s, &seed)) {
		l->asked[(l->first + l->count++) % CELL_AHEAD] = seed;
		if (cell_ask(l->worker, seed, flags_of(s), err) < 0 &&
		    replace(s, l, err) < 0)
			return -1;
	}
	return 0;
}

static void
tell_progress(struct seeds *s)
{
	const struct seeds_progress p = {
		.done = s->out->done + s->out->skipped,
		.all = s->config->last - s->config->first + 1,
		.valid = s->out->valid, .invalid = s->out->invalid,
		.unknown = s->out->unknown,
		.seconds = (double)(clock_mono() - s->began) / 1e9,
	};

	if (s->config->progress == NULL || clock_mono() < s->progress_at)
		return;
	s->progress_at = clock_mono() + PROGRESS_NS;
	s->config->progress(s->config->arg, &p);
}

static int
read_lane(struct seeds *s, struct lane *l, struct fr_err *err)
{
	const struct cell_sink none = { 0 };
	struct cell_done done;
	int got, status = 0;

	while ((got = cell_read(l->worker, false, &none, &done, err)) > 0) {
		if (l->count == 0 || done.seed != l->asked[l->first]) {
			run_result_free(&done.result);
			return err_set(err, "fracas-cell answered for seed %"
				       PRIu64 ", which it was not asked for",
				       done.seed);
		}
		l->first = (l->first + 1) % CELL_AHEAD;
		l->count--;
		status = on_done(s, &done, err);
		run_result_free(&done.result);
		if (status < 0)
			return -1;
		tell_progress(s);
		/* Before the rest is read: so it is never without work. */
		if (hand_out(s, l, err) < 0)
			return -1;
	}
	return got < 0 ? replace(s, l, err) : 0;
}

static bool
any_under_way(const struct seeds *s)
{
	uint32_t i;

	for (i = 0; i < s->lane_count; i++)
		if (s->lanes[i].count > 0)
			return true;
	return false;
}

static int
loop(struct seeds *s, int signals, struct fr_err *err)
{
	struct pollfd *on = mem_array(s->lane_count + 1, sizeof *on);
	uint32_t i, last = s->lane_count;
	int status = 0;

	for (i = 0; i < s->lane_count && status == 0; i++)
		status = hand_out(s, &s->lanes[i], err);
	on[last].fd = signals;
	while (status == 0 && any_under_way(s) && !s->out->interrupted) {
		for (i = 0; i <= last; i++) {
			on[i].events = POLLIN;
			on[i].revents = 0;
			if (i < last)
				on[i].fd = cell_fd(s->lanes[i].worker);
		}
		if (poll(on, last + 1, -1) < 0 && errno != EINTR) {
			status = err_sys(err, "poll");
			break;
		}
		if (on[last].revents != 0 && signals_count() > 0)
			s->out->interrupted = true;
		for (i = 0; i < last && status == 0; i++)
			if (on[i].revents != 0)
				status = read_lane(s, &s->lanes[i], err);
	}
	free(on);
	return status;
}

/* ---- all of it ----------------------------------------------------------------------- */

static int
start_workers(struct seeds *s, struct fr_err *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t all = s->config->last - s->config->first + 1;
	uint32_t want = s->config->jobs;
	struct cell_worker *worker;

	if (want == 0)
		want = processors < 1 ? 1 : (uint32_t)processors;
	if (want > JOBS_MOST)
		want = JOBS_MOST;
	if (all != 0 && want > all)
		want = (uint32_t)all;
	s->lanes = mem_array(want, sizeof *s->lanes);
	for (; s->lane_count < want; s->lane_count++) {
		worker = cell_new(&s->simulation.setup, 0, err);
		if (worker == NULL)
			return -1;
		s->lanes[s->lane_count].worker = worker;
	}
	return 0;
}

static int
compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return compare_seeds(&x->public.seed, &y->public.seed);
}

static int
sum_up(struct seeds *s, struct fr_err *err)
{
	struct seeds_result *out = s->out;
	const struct setup *setup = &s->simulation.setup;
	size_t i;

	if (s->group_count > 0)
		qsort(s->groups, s->group_count, sizeof *s->groups,
		      compare_groups);
	out->groups = arena_new(&out->arena,
				s->group_count * sizeof *out->groups);
	out->group_count = (uint32_t)s->group_count;
	for (i = 0; i < s->group_count; i++) {
		out->groups[i] = s->groups[i].public;
		if (draw_again(s, out->groups[i].seed, err) < 0)
			return -1;
		if (setup->drawn != NULL)
			out->groups[i].drawn = arena_string(&out->arena,
							    setup->drawn);
	}
	out->seconds = (double)(clock_mono() - s->began) / 1e9;
	return 0;
}

int
seeds_run(const struct seeds_config *c, struct seeds_result *out,
	  struct fr_err *err)
{
	struct seeds s = { .config = c, .out = out, .next = c->first,
			   .lowest = UINT64_MAX };
	int status = -1, signals;
	uint32_t i;

	memset(out, 0, sizeof *out);
	s.began = clock_mono();
	if (simulation_open(&s.simulation, c->run, err) < 0)
		return -1;
	signals = signals_take(err);
	if (signals >= 0 &&
	    (c->result != NULL || begin_batch(&s, err) == 0) &&
	    start_workers(&s, err) == 0)
		status = loop(&s, signals, err);
	for (i = 0; i < s.lane_count; i++)
		cell_free(s.lanes[i].worker);
	cell_free(s.guard);
	/* Invariant 3; the first error is the one to tell. */
	if (history_batch_flush(s.simulation.history,
				status == 0 ? err : NULL) < 0)
		status = -1;
	signals_give_back();
	if (status == 0)
		status = sum_up(&s, err);
	if (status < 0)
		seeds_result_free(out);
	simulation_close(&s.simulation);
	free(s.lanes);
	free(s.groups);
	free(s.earlier);
	return status;
}

void
seeds_result_free(struct seeds_result *r)
{
	arena_free(&r->arena);
	memset(r, 0, sizeof *r);
}

int
seeds_exit_status(const struct seeds_result *r)
{
	if (r->invalid > 0)
		return EXIT_INVALID;
	if (r->interrupted)
		return EXIT_INTERRUPTED;
	if (r->broken > 0)
		return EXIT_TESTBED;
	return r->unknown > 0 || r->unsteady > 0 ? EXIT_UNKNOWN : EXIT_VALID;
}
