/* SPDX-License-Identifier: MIT */
/*
 * Doing a campaign.
 *
 * Each result is committed by itself: SQLite in WAL mode does that without
 * waiting for the disk, and nothing that is done can be lost by SIGKILL.
 */
#include "core/campaign/campaign.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"
#include "core/base/units.h"
#include "core/campaign/state.h"
#include "core/run/seeds.h"

#define PROGRESS_NS INT64_C(100000000)
/* Runs of a cell in its first turn, where cells take turns; then twice as many
 * in each. */
#define TURN 32u

bool
campaign_mine(const char *cell, uint64_t seed, uint32_t shard,
	      uint32_t shards)
{
	return hash_mix(hash_text(0, cell), seed) % shards == shard - 1;
}

/* ---- telling -------------------------------------------------------------------- */

void
campaign_tell(struct campaign *k, const char *doing, bool now)
{
	double seconds = (double)(clock_mono() - k->began) / 1e9;
	const struct campaign_progress p = {
		.done = k->out->done, .wanted = k->out->wanted,
		.invalid = k->out->invalid, .unknown = k->out->unknown,
		.cells_ended = k->ended, .cells = k->config->file->cell_count,
		.rate = seconds > 0 ? (double)k->out->now / seconds : 0,
		.seconds = seconds, .cell = k->at->c->name, .doing = doing,
	};

	if (k->config->progress == NULL ||
	    (!now && clock_mono() < k->progress_at))
		return;
	k->progress_at = clock_mono() + PROGRESS_NS;
	k->config->progress(k->config->arg, &p);
}

static void
warn(struct campaign *k, const char *text)
{
	if (k->config->warn != NULL)
		k->config->warn(k->config->arg, text);
}

/* ---- one result --------------------------------------------------------------------- */

void
campaign_count(struct campaign *k, struct cell_at *s, uint64_t seed,
	       const char *verdict)
{
	bool invalid = strcmp(verdict, "invalid") == 0;
	bool valid = strcmp(verdict, "valid") == 0;

	k->out->done++;
	k->out->valid += valid;
	k->out->invalid += invalid;
	k->out->unknown += !valid && !invalid;
	s->valid += valid;
	s->invalid += invalid;
	s->unknown += !valid && !invalid;
	if (invalid && seed < s->lowest)
		s->lowest = seed;
}

static bool
first_of_kind(struct cell_at *s, const char *fingerprint)
{
	uint64_t h = hash_text(0, fingerprint);
	size_t i;

	for (i = 0; i < s->kind_count; i++)
		if (s->kinds[i] == h)
			return false;
	mem_grow(&s->kinds, &s->kind_room, s->kind_count + 1,
		 sizeof *s->kinds);
	s->kinds[s->kind_count++] = h;
	return true;
}

static void
tell_failure(struct campaign *k, struct cell_at *s,
	     const struct result_row *row, const char *command)
{
	const struct failure_row f = {
		.cell = row->cell, .fingerprint = row->fingerprint,
		.violation = row->violation, .reason = row->reason,
		.count = 1, .first_seed = row->seed, .run = row->run,
		.command = command,
	};

	if (first_of_kind(s, row->fingerprint) && k->config->failure != NULL)
		k->config->failure(k->config->arg, s->c, &f);
}

int
campaign_record(struct campaign *k, struct cell_at *s,
		const struct run_result *r, struct result_row *row,
		struct fr_err *err)
{
	struct recovery_row *recoveries =
		mem_array(r->recovery_count, sizeof *recoveries);
	char *command = mem_format("%s --seed %" PRIu64, s->c->command,
				   row->seed);
	uint32_t i;
	int there;

	row->cell = s->c->id;
	row->hash = strcmp(s->c->config.world, "sim") == 0 ? r->hash : 0;
	row->ok = r->ok;
	row->fail = r->fail;
	row->info = r->info;
	row->throughput = r->duration <= 0 ? 0 :
			  (double)r->ok * 1e9 / (double)r->duration;
	row->median_ns = r->median;
	row->p99_ns = r->p99;
	row->availability = r->availability;
	row->faults_started = r->faults_started;
	row->faults_effective = r->faults_effective;
	for (i = 0; i < r->recovery_count; i++)
		recoveries[i] = (struct recovery_row){
			.cell = s->c->id, .seed = row->seed,
			.fault = r->recoveries[i].fault,
			.family = r->recoveries[i].family,
			.ns = r->recoveries[i].ns };
	there = results_put_result(k->results, row, recoveries,
				   r->recovery_count, command, err);
	if (there == 0) {
		campaign_count(k, s, row->seed, row->verdict);
		k->out->now++;
		k->out->disturbed += row->disturbed;
		if (row->fingerprint != NULL)
			tell_failure(k, s, row, command);
		campaign_tell(k, NULL, false);
	}
	free(recoveries);
	free(command);
	return there < 0 ? -1 : 0;
}

/* ---- in the simulated world --------------------------------------------------------- */

static bool
wants(void *arg, uint64_t seed)
{
	struct campaign *k = arg;

	return campaign_wants(k, k->at, seed);
}

static int
on_result(void *arg, const struct seeds_one *one, struct fr_err *err)
{
	struct campaign *k = arg;
	const struct run_result *r = one->result;
	struct result_row row = {
		.seed = one->seed, .verdict = verdict_names[r->verdict],
		.violation = r->violation, .fingerprint = one->fingerprint,
		.reason = r->reason, .seconds = one->seconds, .attempts = 1,
		.run = one->run,
	};

	/* Ours, not the protocol's: it is not done. */
	if (r->failure != NULL) {
		if (k->out->broken++ == 0)
			warn(k, r->failure);
		return 0;
	}
	return campaign_record(k, k->at, r, &row, err);
}

static int
do_seeds(struct campaign *k, struct cell_at *s, uint64_t to,
	 struct fr_err *err)
{
	struct run_config config = s->c->config;
	const struct seeds_config many = {
		.run = &config, .first = s->next, .last = to,
		.jobs = k->jobs, .until_failure = k->stops,
		.wants = wants, .result = on_result, .stored_most = 1,
		.deadline = k->deadline, .arg = k,
	};
	struct seeds_result r;
	char *words;

	config.db = k->config->db;
	config.seed = s->next;
	if (seeds_run(&many, &r, err) < 0)
		return err_wrap(err, "%s", s->c->name);
	k->out->interrupted |= r.interrupted;
	k->out->late |= r.late;
	k->out->repeated += r.repeated;
	k->out->unsteady += r.unsteady;
	if (r.unsteady > 0) {
		words = mem_format("%s: NOT DETERMINISTIC: %" PRIu64 " of %"
				   PRIu64 " runs that were run twice gave "
				   "something else; seed %" PRIu64 ", %s",
				   s->c->name, r.unsteady, r.repeated,
				   r.unsteady_seed, r.unsteady_words);
		warn(k, words);
		free(words);
	}
	seeds_result_free(&r);
	return 0;
}

/* ---- turns ------------------------------------------------------------------------------ */

/* The last seed of a turn of so many runs. */
static uint64_t
turn_end(struct campaign *k, const struct cell_at *s, uint64_t runs)
{
	uint64_t last = s->last, seed;

	if (k->stops && s->lowest <= last)
		last = s->lowest - 1;
	if (runs == UINT64_MAX || s->next > last)
		return last;
	for (seed = s->next; seed < last; seed++)
		if (campaign_wants(k, s, seed) && --runs == 0)
			break;
	return seed;
}

/*
 * Whether the cell is at its end, and which.  Runs that say nothing prove
 * nothing: there are others in their place, where this is all of the campaign.
 */
static enum cell_state
state_of(struct campaign *k, struct cell_at *s)
{
	const struct campaign_file *f = k->config->file;

	if (k->stops && s->invalid > 0 && s->next >= s->lowest)
		return CELL_FAILED;
	if (s->next <= s->last)
		return CELL_OPEN;
	if (f->proof == 0 || k->config->shards > 1)
		return CELL_DONE;
	if (s->valid >= f->proof)
		return CELL_PROVEN;
	if (s->last >= s->limit)
		return CELL_DONE;
	s->last += f->proof - s->valid;
	if (s->last > s->limit)
		s->last = s->limit;
	return CELL_OPEN;
}

struct recount {
	struct campaign *k;
	struct cell_at *s;
};

static int
count_again(void *arg, const struct result_row *row)
{
	struct recount *r = arg;

	campaign_count(r->k, r->s, row->seed, row->verdict);
	return 0;
}

/* What is behind the first failure is as if it had not been. */
static int
trim(struct campaign *k, struct cell_at *s, struct fr_err *err)
{
	struct campaign_totals *out = k->out;
	struct recount r = { k, s };
	uint64_t before = out->done;

	if (results_trim_cell(k->results, s->c->id, s->lowest, err) < 0)
		return -1;
	out->done -= s->valid + s->invalid + s->unknown;
	out->valid -= s->valid;
	out->invalid -= s->invalid;
	out->unknown -= s->unknown;
	s->valid = s->invalid = s->unknown = 0;
	if (results_each(k->results, s->c->id, count_again, &r, err) < 0)
		return -1;
	before -= out->done;
	out->now -= before < out->now ? before : out->now;
	return 0;
}

/* Its end, if that is it: on record, with small examples. */
static int
settle(struct campaign *k, struct cell_at *s, struct fr_err *err)
{
	struct cell_row row;

	s->state = state_of(k, s);
	if (s->state == CELL_OPEN)
		return 0;
	if (s->state == CELL_FAILED &&
	    trim(k, s, err) < 0)
		return -1;
	if (results_cell_state(k->results, s->c->id, s->state, err) < 0)
		return -1;
	k->ended++;
	if (campaign_shrink(k, s, err) < 0)
		return -1;
	campaign_row(k, s, &row);
	if (k->config->ended != NULL)
		k->config->ended(k->config->arg, s->c, &row, s->valid,
				 s->invalid, s->unknown);
	return 0;
}

static int
take_turn(struct campaign *k, struct cell_at *s, uint64_t runs,
	  struct fr_err *err)
{
	bool sim = strcmp(s->c->config.world, "sim") == 0;
	uint64_t most = k->config->file->runs_max, to;

	k->at = s;
	if (most > 0 && k->out->done >= most) {
		k->out->spent = true;
		return 0;
	}
	if (most > 0 && runs > most - k->out->done)
		runs = most - k->out->done;
	to = turn_end(k, s, runs);
	campaign_tell(k, NULL, true);
	/* What was done takes no time. */
	while (s->next <= to && !campaign_wants(k, s, s->next))
		s->next++;
	if (s->next <= to && (sim ? do_seeds(k, s, to, err) :
				    campaign_live(k, s, to, err)) < 0)
		return -1;
	if (k->out->interrupted || k->out->late)
		return 0;
	s->next = to + 1;
	return settle(k, s, err);
}

static bool
over(const struct campaign *k)
{
	return k->out->interrupted || k->out->late || k->out->spent ||
	       (k->config->file->until == UNTIL_FIRST_FAILURE &&
		k->out->cells_failing > 0);
}

static int
do_cells(struct campaign *k, struct fr_err *err)
{
	const struct campaign_file *f = k->config->file;
	bool turns = f->runs_max > 0 || f->time_max > 0;
	uint64_t runs = turns ? TURN : UINT64_MAX;
	bool any = true;
	uint32_t i;

	while (any && !over(k)) {
		any = false;
		for (i = 0; i < f->cell_count && !over(k); i++) {
			if (k->cells[i].state != CELL_OPEN)
				continue;
			if (take_turn(k, &k->cells[i], runs, err) < 0)
				return -1;
			any |= k->cells[i].state == CELL_OPEN;
			k->out->cells_failing += k->cells[i].state ==
						 CELL_FAILED;
		}
		if (turns && runs < UINT64_MAX / 2)
			runs *= 2;
	}
	/* What there is not enough budget for has small examples, too. */
	for (i = 0; i < f->cell_count && !k->out->interrupted; i++)
		if (k->cells[i].state == CELL_OPEN &&
		    campaign_shrink(k, &k->cells[i], err) < 0)
			return -1;
	return 0;
}

/* ---- all of it -------------------------------------------------------------------------- */

static void
sum_up(struct campaign *k)
{
	struct campaign_totals *out = k->out;
	uint32_t i;

	out->cells = k->config->file->cell_count;
	out->cells_failing = out->cells_open = 0;
	for (i = 0; i < out->cells; i++) {
		out->cells_failing += k->cells[i].invalid > 0;
		out->cells_open += k->cells[i].state == CELL_OPEN;
	}
	out->seconds = (double)(clock_mono() - k->began) / 1e9;
}

static bool
any_live(const struct campaign_file *f)
{
	uint32_t i;

	for (i = 0; i < f->cell_count; i++)
		if (strcmp(f->cells[i].config.world, "live") == 0)
			return true;
	return false;
}

int
campaign_run(const struct campaign_config *c, struct campaign_totals *out,
	     struct fr_err *err)
{
	struct campaign k = { .config = c, .out = out };
	int status = -1;
	uint32_t i;

	memset(out, 0, sizeof *out);
	k.began = clock_mono();
	k.jobs = c->jobs > 0 ? c->jobs : c->file->jobs;
	k.stops = c->file->until != UNTIL_SEEDS || c->file->proof > 0;
	k.deadline = c->file->time_max > 0 ? k.began + c->file->time_max : 0;
	k.cells = mem_array(c->file->cell_count, sizeof *k.cells);
	k.at = k.cells;
	if (any_live(c->file)) {
		k.live = live_runs_start(c->file, c->db,
					 k.jobs > 0 ? k.jobs : 1, err);
		if (k.live == NULL)
			goto done;
	}
	k.results = results_open(c->db, true, err);
	if (k.results != NULL && campaign_begin(&k, err) == 0)
		status = do_cells(&k, err);
	if (status == 0)
		sum_up(&k);
done:
	live_runs_stop(k.live);
	results_close(k.results);
	for (i = 0; i < c->file->cell_count; i++) {
		free(k.cells[i].earlier);
		free(k.cells[i].kinds);
	}
	free(k.cells);
	return status;
}
