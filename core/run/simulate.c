/* SPDX-License-Identifier: MIT */
/*
 * Runs in the simulated world.  The run itself happens in fracas-cell; here it
 * is asked for, and what comes of it is put on record: the supervisor alone
 * opens the store.
 */
#include "core/run/simulate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/run/judge.h"

/* Bytes kept of a message in the trace, as in the live world. */
#define TRACE_BODY 512u

int
simulation_open(struct simulation *s, const struct run_config *c,
		struct fr_err *err)
{
	memset(s, 0, sizeof *s);
	s->config = c;
	if (setup_make(&s->setup, c, err) < 0)
		return -1;
	s->history = history_open(c->db, true, err);
	/* The folder is for copies of the plugins: what is rebuilt meanwhile
	 * does not become part of a run. */
	if (s->history != NULL && rundir_make(&s->dir, 0, err) == 0 &&
	    setup_copy(&s->setup, &s->dir, err) == 0)
		return 0;
	simulation_close(s);
	return -1;
}

void
simulation_close(struct simulation *s)
{
	if (s->history != NULL)
		history_close(s->history, NULL);
	rundir_free(&s->dir, false);
	setup_free(&s->setup);
	memset(s, 0, sizeof *s);
}

/* ---- one run on record --------------------------------------------------------------- */

static void
on_event(void *history, const struct event *e)
{
	history_event(history, e);
}

static void
on_trace(void *history, const struct trace *t)
{
	history_trace(history, t, TRACE_BODY);
}

/* Where the process died nobody has recorded that. */
static void
add_death(struct history *h, const struct cell_done *done)
{
	struct event e = { .kind = EVENT_END, .node = -1, .boot = -1,
			   .process = -1, .client = -1, .f = -1,
			   .key = FR_NO_KEY };

	e.name = end_names[END_SIGNALLED];
	e.text = done->result.reason;
	history_event(h, &e);
}

static void
fill_end(struct run_row *row, struct cell_done *done, struct arena *a)
{
	struct run_result *r = &done->result;
	struct buf b;

	r->id = row->id;
	buf_init(&b, 1 << 20);
	report(r, &b);
	r->report = arena_string(&r->arena, b.data);
	buf_free(&b);
	row->status = arena_string(a, r->failure != NULL ? "broken" : "done");
	row->verdict = arena_string(a, verdict_names[r->verdict]);
	row->reason = arena_string(a, r->reason);
	row->report = arena_string(a, r->report);
	row->evidence = r->evidence == NULL ? NULL :
			arena_string(a, r->evidence);
	row->messages = r->messages;
	row->message_bytes = r->message_bytes;
	row->trace_dropped = done->extra.trace_dropped;
	row->duration = r->duration;
}

int
simulation_record(struct simulation *s, struct cell_worker *w, uint64_t seed,
		  struct cell_done *done, int64_t *id, struct fr_err *err)
{
	const struct cell_sink sink = { .event = on_event, .trace = on_trace,
					.arg = s->history };
	struct run_config config = *s->config;
	const struct run_config *before = s->setup.config;
	struct arena arena = { 0 };
	struct run_row row;
	int got = -1;

	config.seed = seed;
	s->setup.config = &config;
	if (setup_seed(&s->setup, err) < 0)
		goto restore;
	if (config.command_seed != NULL)
		config.command = arena_format(&arena, "%s --seed %" PRIu64,
					      config.command_seed, seed);
	row_fill(&s->setup, &arena, &row);
	if (history_begin(s->history, &row, err) < 0)
		goto restore;
	*id = row.id;
	if (config.began != NULL)
		config.began(config.arg, row.id,
			     setup_head(&s->setup, &arena));
	got = cell_ask(w, seed, JOB_EVENTS, err);
	if (got == 0)
		got = cell_read(w, true, &sink, done, err);
	row.ended = clock_wall();
	if (got < 0) {
		row.status = arena_string(&arena, "broken");
		(void)history_end(s->history, &row, NULL);
		goto restore;
	}
	if (done->died)
		add_death(s->history, done);
	fill_end(&row, done, &arena);
	got = history_end(s->history, &row, err);
	if (got < 0)
		run_result_free(&done->result);
restore:
	s->setup.config = before;
	arena_free(&arena);
	return got;
}

int
simulate(const struct run_config *c, struct run_result *out,
	 struct fr_err *err)
{
	struct simulation s;
	struct cell_worker *w;
	struct cell_done done;
	int status = -1;
	int64_t id;

	if (simulation_open(&s, c, err) < 0)
		return -1;
	w = cell_new(&s.setup, 0, err);
	if (w != NULL)
		status = simulation_record(&s, w, c->seed, &done, &id, err);
	if (status == 0)
		*out = done.result;
	cell_free(w);
	simulation_close(&s);
	return status;
}
