/* SPDX-License-Identifier: MIT */
/* Before and after. */
#include "core/campaign/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/campaign/report.h"

const char *const aspect_names[ASPECTS] = {
	"failing", "unknown", "ok/s", "median latency", "p99 latency",
	"available", "recovery",
};

/* Of which more is better. */
static bool
more_is_better(enum aspect aspect)
{
	return aspect == ASPECT_THROUGHPUT || aspect == ASPECT_AVAILABILITY;
}

static const struct sample *
sample_of(const struct cell_summary *c, enum aspect aspect)
{
	switch (aspect) {
	case ASPECT_THROUGHPUT:
		return &c->throughput;
	case ASPECT_MEDIAN:
		return &c->median;
	case ASPECT_P99:
		return &c->p99;
	case ASPECT_AVAILABILITY:
		return &c->availability;
	default:
		return &c->longest;
	}
}

/* ---- one comparison ------------------------------------------------- */

/* -1, 0, 1: whether it became less, neither or more.  p is not yet corrected.
 * false: there is nothing to compare. */
static bool
rates(struct comparison *c, int *direction)
{
	const struct cell_summary *a = c->before, *b = c->after;
	bool failing = c->aspect == ASPECT_FAILING;
	uint64_t a_hits = failing ? a->invalid : a->unknown;
	uint64_t b_hits = failing ? b->invalid : b->unknown;
	uint64_t a_all = failing ? cell_judged(a) : a->runs;
	uint64_t b_all = failing ? cell_judged(b) : b->runs;

	if (a_all == 0 || b_all == 0)
		return false;
	c->was = (double)a_hits / (double)a_all;
	c->is = (double)b_hits / (double)b_all;
	c->p = fisher(a_hits, a_all, b_hits, b_all);
	*direction = (c->is > c->was) - (c->is < c->was);
	return true;
}

static bool
samples(struct comparison *c, int *direction)
{
	static const uint32_t percents[] = { 50, 95, 5, 99, 1, 100 };
	const struct sample *a = sample_of(c->before, c->aspect);
	const struct sample *b = sample_of(c->after, c->aspect);
	struct rank_test t;
	double was, is;
	size_t i;

	if (a->count == 0 || b->count == 0)
		return false;
	t = rank_test(a->at, a->count, b->at, b->count);
	c->p = t.p;
	*direction = (t.larger < 0.5) - (t.larger > 0.5);
	c->percent = 50;
	c->was = sample_quantile(a, 0.5);
	c->is = sample_quantile(b, 0.5);
	/* The first that shows the direction, so that the table does not say
	 * the contrary, or nothing. */
	for (i = 0; i < sizeof percents / sizeof *percents; i++) {
		was = sample_quantile(a, percents[i] / 100.0);
		is = sample_quantile(b, percents[i] / 100.0);
		if ((is > was) - (is < was) != *direction)
			continue;
		c->percent = percents[i];
		c->was = was;
		c->is = is;
		break;
	}
	return true;
}

static void
compare_cells(struct comparisons *out, const struct cell_summary *before,
	      const struct cell_summary *after)
{
	struct comparison c;
	enum aspect aspect;
	int direction;
	bool there;

	for (aspect = 0; aspect < ASPECTS; aspect++) {
		c = (struct comparison){ .before = before, .after = after,
					 .aspect = aspect };
		there = aspect <= ASPECT_UNKNOWN ? rates(&c, &direction) :
			samples(&c, &direction);
		if (!there)
			continue;
		if (direction != 0)
			c.change = (direction > 0) == more_is_better(aspect) ?
				   CHANGE_BETTER : CHANGE_WORSE;
		mem_grow(&out->at, &out->room, out->count + 1,
			 sizeof *out->at);
		out->at[out->count++] = c;
	}
}

/* ---- all of them ---------------------------------------------------- */

static const struct cell_summary *
match(const struct summary *s, const struct cell_summary *cell)
{
	size_t i;

	for (i = 0; i < s->cell_count; i++)
		if (strcmp(s->cells[i].row.key, cell->row.key) == 0)
			return &s->cells[i];
	return NULL;
}

static void
correct(struct comparisons *out, double alpha)
{
	double *p = mem_array(out->count + 1, sizeof *p);
	size_t i;

	for (i = 0; i < out->count; i++)
		p[i] = out->at[i].p;
	holm(p, out->count);
	for (i = 0; i < out->count; i++) {
		out->at[i].p = p[i];
		if (p[i] > alpha)
			out->at[i].change = CHANGE_NONE;
		out->worse += out->at[i].change == CHANGE_WORSE;
		out->better += out->at[i].change == CHANGE_BETTER;
	}
	free(p);
}

/* Whether `s` showed it, in any of its cells. */
static bool
known(const struct summary *s, const struct failure_summary *f)
{
	const struct failure_summary *g;
	size_t i;

	for (i = 0; i < s->failure_count; i++) {
		g = &s->failures[i];
		if (strcmp(g->protocol, f->protocol) == 0 &&
		    strcmp(g->places[0].row.fingerprint,
			   f->places[0].row.fingerprint) == 0)
			return true;
	}
	return false;
}

static bool
in_matched_cell(const struct summary *s, const struct failure_summary *f)
{
	size_t i;

	for (i = 0; i < f->place_count; i++)
		if (match(s, f->places[i].cell) != NULL)
			return true;
	return false;
}

void
compare(const struct summary *before, const struct summary *after,
	double alpha, struct comparisons *out)
{
	const struct cell_summary *other;
	size_t i;

	memset(out, 0, sizeof *out);
	out->only_before = mem_array(before->cell_count + 1,
				     sizeof *out->only_before);
	out->only_after = mem_array(after->cell_count + 1,
				    sizeof *out->only_after);
	out->fresh = mem_array(after->failure_count + 1, sizeof *out->fresh);
	for (i = 0; i < before->cell_count; i++) {
		other = match(after, &before->cells[i]);
		if (other == NULL) {
			out->only_before[out->only_before_count++] =
				&before->cells[i];
			continue;
		}
		compare_cells(out, &before->cells[i], other);
		out->cells++;
	}
	for (i = 0; i < after->cell_count; i++)
		if (match(before, &after->cells[i]) == NULL)
			out->only_after[out->only_after_count++] =
				&after->cells[i];
	for (i = 0; i < after->failure_count; i++)
		if (in_matched_cell(before, &after->failures[i]) &&
		    !known(before, &after->failures[i]))
			out->fresh[out->fresh_count++] = &after->failures[i];
	correct(out, alpha);
}

void
comparisons_free(struct comparisons *c)
{
	free(c->at);
	free(c->only_before);
	free(c->only_after);
	free(c->fresh);
	memset(c, 0, sizeof *c);
}
