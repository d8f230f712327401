/* SPDX-License-Identifier: MIT */
/* Adding up what a campaign's file holds. */
#include "core/campaign/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/campaign/keep.h"
#include "core/campaign/results_inside.h"
#include "core/campaign/stats.h"
#include "core/history/store.h"

/* What the readers hand on: rows come by cell, so the last one is kept. */
struct reading {
	struct summary *s;
	struct cell_summary *cell;
	uint64_t seed;			/* of the last recovery               */
};

static void
sample_add(struct sample *x, double value)
{
	mem_grow(&x->at, &x->room, x->count + 1, sizeof *x->at);
	x->at[x->count++] = value;
}

/* NULL: dropped, or a row without a cell. */
static struct cell_summary *
cell_of(struct reading *r, const char *id)
{
	struct summary *s = r->s;
	size_t i;

	if (r->cell != NULL && strcmp(r->cell->row.id, id) == 0)
		return r->cell;
	r->cell = NULL;
	for (i = 0; i < s->cell_count && r->cell == NULL; i++)
		if (strcmp(s->cells[i].row.id, id) == 0)
			r->cell = &s->cells[i];
	return r->cell;
}

/* ---- rows ----------------------------------------------------------- */

static int
on_campaign(void *arg, const struct campaign_row *c)
{
	struct summary *s = ((struct reading *)arg)->s;

	s->campaign = keep_campaign(&s->arena, c);
	return 0;
}

static int
on_cell(void *arg, const struct cell_row *c)
{
	struct summary *s = ((struct reading *)arg)->s;
	struct cell_summary *cell;

	if (c->state == CELL_DROPPED) {
		s->dropped++;
		return 0;
	}
	mem_grow(&s->cells, &s->cell_room, s->cell_count + 1,
		 sizeof *s->cells);
	cell = &s->cells[s->cell_count++];
	memset(cell, 0, sizeof *cell);
	cell->row = keep_cell(&s->arena, c);
	s->wanted += c->wanted;
	return 0;
}

static void
count_verdict(struct summary *s, struct cell_summary *cell,
	      const struct result_row *row)
{
	if (strcmp(row->verdict, "valid") == 0) {
		cell->valid++;
		s->valid++;
	} else if (strcmp(row->verdict, "invalid") == 0) {
		cell->invalid++;
		s->invalid++;
	} else {
		if (cell->unknown++ == 0) {
			cell->unknown_seed = row->seed;
			cell->unknown_reason = keep_text(&s->arena,
							 row->reason);
		}
		s->unknown++;
	}
}

static int
on_result(void *arg, const struct result_row *row)
{
	struct reading *r = arg;
	struct cell_summary *cell = cell_of(r, row->cell);

	if (cell == NULL)
		return 0;
	cell->runs++;
	cell->disturbed += row->disturbed;
	cell->ok += row->ok;
	cell->fail += row->fail;
	cell->info += row->info;
	cell->faults_started += row->faults_started;
	cell->faults_effective += row->faults_effective;
	cell->seconds += row->seconds;
	r->s->runs++;
	r->s->seconds += row->seconds;
	count_verdict(r->s, cell, row);
	/* What the machine had no time for says nothing of the protocol. */
	if (row->disturbed)
		return 0;
	sample_add(&cell->throughput, row->throughput);
	if (row->median_ns >= 0)
		sample_add(&cell->median, (double)row->median_ns);
	if (row->p99_ns >= 0)
		sample_add(&cell->p99, (double)row->p99_ns);
	if (row->availability >= 0)
		sample_add(&cell->availability, row->availability);
	return 0;
}

static int
on_recovery(void *arg, const struct recovery_row *row)
{
	struct reading *r = arg;
	const struct cell_summary *before = r->cell;
	struct cell_summary *cell = cell_of(r, row->cell);
	double ns = row->ns < 0 ? INFINITY : (double)row->ns, *last;

	if (cell == NULL)
		return 0;
	sample_add(&cell->recovery, ns);
	if (cell == before && r->seed == row->seed && cell->longest.count > 0) {
		last = &cell->longest.at[cell->longest.count - 1];
		*last = fmax(*last, ns);
	} else {
		sample_add(&cell->longest, ns);
	}
	r->seed = row->seed;
	return 0;
}

/* ---- failures ------------------------------------------------------- */

static struct failure_summary *
failure_of(struct summary *s, const char *protocol, const char *fingerprint)
{
	struct failure_summary *f;
	size_t i;

	for (i = 0; i < s->failure_count; i++) {
		f = &s->failures[i];
		if (strcmp(f->protocol, protocol) == 0 &&
		    strcmp(f->places[0].row.fingerprint, fingerprint) == 0)
			return f;
	}
	mem_grow(&s->failures, &s->failure_room, s->failure_count + 1,
		 sizeof *s->failures);
	f = &s->failures[s->failure_count++];
	memset(f, 0, sizeof *f);
	f->protocol = protocol;
	return f;
}

static int
on_failure(void *arg, const struct failure_row *row)
{
	struct reading *r = arg;
	struct summary *s = r->s;
	struct cell_summary *cell = cell_of(r, row->cell);
	struct failure_summary *f;

	if (cell == NULL)
		return 0;
	f = failure_of(s, cell->row.protocol, row->fingerprint);
	f->count += row->count;
	mem_grow(&f->places, &f->room, f->place_count + 1, sizeof *f->places);
	f->places[f->place_count++] = (struct failure_place){
		.cell = cell, .row = keep_failure(&s->arena, row),
	};
	return 0;
}

static int
by_position(const void *a, const void *b)
{
	const struct failure_place *x = a, *y = b;

	return (x->cell > y->cell) - (x->cell < y->cell);
}

static int
by_first_place(const void *a, const void *b)
{
	const struct failure_summary *x = a, *y = b;
	uint64_t i = x->places[0].row.first_seed;
	uint64_t j = y->places[0].row.first_seed;
	int order = by_position(&x->places[0], &y->places[0]);

	return order != 0 ? order : (i > j) - (i < j);
}

/* What a person has to read of an example. */
static uint64_t
size_of(const struct failure_row *row)
{
	return (uint64_t)row->operations + row->faults + row->deviations;
}

static void
failures_order(struct summary *s)
{
	struct failure_summary *f;
	const struct failure_place *p;
	size_t i, j;

	for (i = 0; i < s->failure_count; i++) {
		f = &s->failures[i];
		qsort(f->places, f->place_count, sizeof *f->places,
		      by_position);
		f->example = &f->places[0];
		for (j = 1; j < f->place_count; j++) {
			p = &f->places[j];
			if (p->row.shrunk && (!f->example->row.shrunk ||
					      size_of(&p->row) <
					      size_of(&f->example->row)))
				f->example = p;
		}
	}
	if (s->failure_count > 1)
		qsort(s->failures, s->failure_count, sizeof *s->failures,
		      by_first_place);
}

/* ---- all of it ------------------------------------------------------ */

static void
each_sample(struct cell_summary *c, void (*each)(struct sample *x))
{
	each(&c->throughput);
	each(&c->median);
	each(&c->p99);
	each(&c->availability);
	each(&c->longest);
	each(&c->recovery);
}

static void
sample_sort(struct sample *x)
{
	sort_reals(x->at, x->count);
}

static void
sample_free(struct sample *x)
{
	free(x->at);
}

int
summary_read(struct summary *s, const char *path, struct fr_err *err)
{
	struct results *r = results_open(path, false, err);
	struct reading to = { .s = s };
	int done = -1;
	size_t i;

	if (r == NULL)
		return -1;
	memset(s, 0, sizeof *s);
	/* All of one moment: the campaign may be going on. */
	if (store_exec(r->db, r->path, "begin", err) == 0 &&
	    results_campaigns(r, on_campaign, &to, err) == 0 &&
	    results_cells(r, on_cell, &to, err) == 0 &&
	    results_each(r, NULL, on_result, &to, err) == 0 &&
	    results_recoveries(r, NULL, on_recovery, &to, err) == 0 &&
	    results_failures(r, NULL, on_failure, &to, err) == 0)
		done = 0;
	results_close(r);
	for (i = 0; i < s->cell_count; i++)
		each_sample(&s->cells[i], sample_sort);
	if (done == 0 && s->campaign.name == NULL)
		done = err_usage(err, "%s holds no campaign yet: 'fracas "
				 "campaign FILE' begins one", path);
	if (done < 0)
		summary_free(s);
	else
		failures_order(s);
	return done;
}

void
summary_free(struct summary *s)
{
	size_t i;

	for (i = 0; i < s->cell_count; i++)
		each_sample(&s->cells[i], sample_free);
	for (i = 0; i < s->failure_count; i++)
		free(s->failures[i].places);
	free(s->cells);
	free(s->failures);
	arena_free(&s->arena);
	memset(s, 0, sizeof *s);
}
