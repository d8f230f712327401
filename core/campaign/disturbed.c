/* SPDX-License-Identifier: MIT */
/*
 * Live runs of a cell, and what is to be thought of them.
 *
 * A live run needs the machine: where that kept the supervisor from its work,
 * every message was late, and a timeout that ran out says nothing about the
 * protocol.  Such a run is no failure but disturbed, and done again.  One that
 * is valid is so in spite of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "core/campaign/state.h"
#include "core/run/fingerprint.h"
#include "core/run/signals.h"

static int
record(struct campaign *k, struct cell_at *s, const struct live_run *l,
       bool disturbed, struct fr_err *err)
{
	const struct run_result *r = &l->result;
	struct arena a = { 0 };
	struct result_row row = {
		.seed = l->seed, .verdict = verdict_names[r->verdict],
		.violation = r->violation, .fingerprint = fingerprint(&a, r),
		.reason = r->reason, .seconds = l->seconds,
		.attempts = l->attempt, .run = r->id,
	};
	char held[32];
	int status;

	if (disturbed) {
		time_text(r->held_up, held, sizeof held);
		row.reason = arena_format(&a, "disturbed in each of %u "
			"attempts: the machine held the supervisor up for %s; "
			"the last was %s: %s", l->attempt, held, row.verdict,
			r->reason);
		row.verdict = verdict_names[VERDICT_UNKNOWN];
		row.violation = row.fingerprint = NULL;
		row.disturbed = true;
	}
	status = campaign_record(k, s, r, &row, err);
	arena_free(&a);
	return status;
}

static int
on_run(struct campaign *k, struct cell_at *s, struct live_run *l,
       struct fr_err *err)
{
	bool disturbed = l->result.verdict != VERDICT_VALID &&
			 l->result.held_up > DISTURBED_NS;

	/* What was interrupted, or our own failure, is not done. */
	if (l->result.interrupted) {
		k->out->interrupted = true;
		return 0;
	}
	if (l->result.failure != NULL) {
		if (k->out->broken++ == 0 && k->config->warn != NULL)
			k->config->warn(k->config->arg, l->result.failure);
		return 0;
	}
	if (disturbed && l->attempt < ATTEMPTS)
		return live_runs_ask(k->live, (uint32_t)(s - k->cells),
				     l->seed, l->attempt + 1, err);
	return record(k, s, l, disturbed, err);
}

static int
hand_out(struct campaign *k, struct cell_at *s, uint64_t *seed, uint64_t to,
	 struct fr_err *err)
{
	for (; *seed <= to && live_runs_free(k->live); ++*seed) {
		if (k->stops && *seed > s->lowest)
			break;
		if (k->deadline > 0 && clock_mono() > k->deadline) {
			k->out->late = true;
			break;
		}
		if (campaign_wants(k, s, *seed) &&
		    live_runs_ask(k->live, (uint32_t)(s - k->cells), *seed, 1,
				  err) < 0)
			return -1;
	}
	return 0;
}

int
campaign_live(struct campaign *k, struct cell_at *s, uint64_t to,
	      struct fr_err *err)
{
	int signals = signals_take(err), got, status = 0;
	uint64_t seed = s->next;
	struct live_run run;

	if (signals < 0)
		return -1;
	while (status == 0 && !k->out->interrupted) {
		status = hand_out(k, s, &seed, to, err);
		if (status < 0 || live_runs_busy(k->live) == 0)
			break;
		got = live_runs_wait(k->live, signals,
				     clock_mono() + INT64_C(200000000), &run,
				     err);
		if (got < 0)
			status = -1;
		else if (got > 0 && run.err.status == EXIT_INTERRUPTED)
			k->out->interrupted = true;
		else if (got > 0 && run.err.status != 0) {
			*err = run.err;
			status = err_wrap(err, "%s, seed %" PRIu64,
					  s->c->name, run.seed);
		} else if (got > 0) {
			status = on_run(k, s, &run, err);
			run_result_free(&run.result);
		}
		if (signals_count() > 0)
			k->out->interrupted = true;
		campaign_tell(k, NULL, false);
	}
	signals_give_back();
	return status;
}
