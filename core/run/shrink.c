/* SPDX-License-Identifier: MIT */
/*
 * Shrinking: what is taken away, and in which order.
 *
 *  1. A candidate counts only where its violation has the same fingerprint.
 *     Nothing is believed without having been run.
 *  2. As soon as the run is cut off behind its violation, every choice of
 *     chance that is not dull is written down.  While operations and faults
 *     are taken away, choices stay with the messages of their time; what is
 *     not needed for the violation becomes dull.
 *  3. In the end nothing is left that could be taken away alone: the last
 *     thing that is done is to try.
 *  4. The result does not depend on the number of workers, only on a budget.
 */
#include "core/run/shrink.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/run/fingerprint.h"
#include "core/run/signals.h"

#define PROGRESS_NS	INT64_C(100000000)
/* Beginnings of the run that are tried first: 1/64, 1/32, ... */
#define BEGINNINGS	7u

/* ---- candidates ----------------------------------------------------------------------- */

static struct shrink_size
size_of(const struct tape *t)
{
	bool *seen = mem_array(t->clients, sizeof *seen);
	struct shrink_size size = {
		.ops = t->op_count, .faults = t->fault_count,
		.choices = t->choice_count, .nodes = t->nodes,
	};
	size_t i;

	for (i = 0; i < t->op_count; i++) {
		size.clients += !seen[t->ops[i].client];
		seen[t->ops[i].client] = true;
	}
	free(seen);
	return size;
}

static void
tell_progress(void *arg)
{
	struct shrink *s = arg;
	struct shrink_progress p;
	int64_t now = clock_mono();

	if (s->config->progress == NULL || now < s->progress_at)
		return;
	s->progress_at = now + PROGRESS_NS;
	p = (struct shrink_progress){
		.stage = s->stage, .size = size_of(&s->best),
		.dull = !s->best.drawn, .tried = s->pool.tried,
		.seconds = (double)(now - s->began) / 1e9,
	};
	s->config->progress(s->config->arg, &p);
}

bool
shrink_try(struct shrink *s, size_t count, pool_make_fn make, void *arg,
	   size_t *which)
{
	struct tape found;
	size_t first;

	if (shrink_over(s) || count == 0)
		return false;
	if (pool_first(&s->pool, count, make, arg, &first, s->err) < 0)
		s->failed = true;
	if (s->failed || first == count)
		return false;
	FR_ASSERT(make(arg, first, &found));
	tape_drop(&s->best);
	s->best = found;
	if (which != NULL)
		*which = first;
	return true;
}

/* ---- dull choices --------------------------------------------------------------------- */

struct choices {
	struct tape_choice *at;
	size_t count, room;
};

static void
keep_choice(void *arg, const struct tape_choice *c)
{
	struct choices *all = arg;

	if (c->dull)
		return;
	mem_grow(&all->at, &all->room, all->count + 1, sizeof *all->at);
	all->at[all->count++] = *c;
}

/* What chance chooses in the best run, but for what is dull. */
static bool
see_choices(struct shrink *s, struct choices *all)
{
	const struct cell_sink sink = { .choice = keep_choice, .arg = all };
	struct cell_done done;

	if (s->failed || pool_run(&s->pool, &s->best, JOB_CHOICES, &sink,
				  &done, s->err) < 0) {
		s->failed = true;
		return false;
	}
	run_result_free(&done.result);
	return true;
}

void
shrink_settle(struct shrink *s)
{
	struct choices all = { 0 };

	if (s->best.drawn)
		return;
	if (see_choices(s, &all)) {
		free(s->best.choices);
		s->best.choices = all.at;
		s->best.choice_count = all.count;
		s->best.anchored = false;
	} else {
		free(all.at);
	}
}

static bool
is_first_boot(const struct tape_choice *c)
{
	return c->kind == CHOICE_WORLD && c->boot == 0;
}

struct dulling {
	const struct tape *from;
	const struct choices *all;
};

/* None of them, all but how long nodes took to start, all of them. */
static bool
make_dull(void *arg, size_t i, struct tape *out)
{
	const struct dulling *d = arg;
	size_t k;

	tape_copy(d->from, out);
	free(out->choices);
	out->choices = mem_array(d->all->count, sizeof *out->choices);
	out->choice_count = 0;
	out->drawn = false;
	for (k = 0; k < d->all->count && i > 0; k++)
		if (i == 2 || !is_first_boot(&d->all->at[k]))
			out->choices[out->choice_count++] = d->all->at[k];
	return true;
}

static bool
make_choices_dull(struct shrink *s)
{
	struct choices all = { 0 };
	struct dulling d = { .all = &all };
	struct tape from;
	bool found = false;

	if (!s->best.drawn || shrink_over(s))
		return false;
	s->stage = "what chance does";
	if (see_choices(s, &all)) {
		tape_copy(&s->best, &from);
		d.from = &from;
		found = shrink_try(s, 3, make_dull, &d, NULL);
		tape_drop(&from);
	}
	free(all.at);
	return found;
}

/* ---- taking away ---------------------------------------------------------------------- */

enum kind { FAMILIES, FAULTS, CLIENTS, OPERATIONS, OPS, CHOICES };

static const char *const stages[] = {
	[FAMILIES] = "kinds of faults", [FAULTS] = "faults",
	[CLIENTS] = "clients", [OPERATIONS] = "kinds of operations",
	[OPS] = "operations", [CHOICES] = "choices of chance",
};

/* Elements of the best tape, in groups that go together. */
struct reduction {
	const struct tape *from;
	enum kind kind;
	uint32_t *group;		/* by element                          */
	size_t count, groups;
	size_t size, start;		/* of what is left out; chunk to begin */
};

static uint64_t
key_of(const struct tape *t, enum kind kind, size_t i)
{
	switch (kind) {
	case FAMILIES:
		return (uintptr_t)t->faults[i].family;
	case CLIENTS:
		return t->ops[i].client;
	case OPERATIONS:
		return t->ops[i].f;
	default:
		return i;
	}
}

static size_t
count_of(const struct tape *t, enum kind kind)
{
	return kind <= FAULTS ? t->fault_count :
	       kind == CHOICES ? t->choice_count : t->op_count;
}

static void
make_groups(struct reduction *r, const struct tape *t, enum kind kind)
{
	uint64_t *keys;
	size_t i, k;

	r->from = t;
	r->kind = kind;
	r->count = count_of(t, kind);
	r->groups = 0;
	free(r->group);
	r->group = mem_array(r->count, sizeof *r->group);
	keys = mem_array(r->count, sizeof *keys);
	for (i = 0; i < r->count; i++) {
		k = kind == FAMILIES || kind == CLIENTS ||
		    kind == OPERATIONS ? 0 : r->groups;
		for (; k < r->groups && keys[k] != key_of(t, kind, i); k++)
			;
		if (k == r->groups)
			keys[r->groups++] = key_of(t, kind, i);
		r->group[i] = (uint32_t)k;
	}
	free(keys);
}

static size_t
chunks(const struct reduction *r)
{
	return (r->groups + r->size - 1) / r->size;
}

/* Without the groups of one chunk. */
static bool
make_without(void *arg, size_t i, struct tape *out)
{
	const struct reduction *r = arg;
	size_t low = (r->start + i) % chunks(r) * r->size;
	size_t high = low + r->size, k, kept = 0;

	tape_copy(r->from, out);
	for (k = 0; k < r->count; k++) {
		if (r->group[k] >= low && r->group[k] < high)
			continue;
		if (r->kind <= FAULTS)
			out->faults[kept] = out->faults[k];
		else if (r->kind == CHOICES)
			out->choices[kept] = out->choices[k];
		else
			out->ops[kept] = out->ops[k];
		kept++;
	}
	if (r->kind <= FAULTS)
		out->fault_count = (uint32_t)kept;
	else if (r->kind == CHOICES)
		out->choice_count = kept;
	else
		out->op_count = kept;
	out->anchored = r->kind != CHOICES && !out->drawn;
	return true;
}

/*
 * Leaves out ever smaller chunks, until no group can be left out alone.
 * Behind one that could be, it goes on where it was.
 */
static bool
reduce(struct shrink *s, enum kind kind)
{
	struct reduction r = { 0 };
	bool any = false;
	size_t which;

	s->stage = stages[kind];
	if (!shrink_over(s) && kind != CHOICES)
		shrink_settle(s);
	make_groups(&r, &s->best, kind);
	r.size = r.groups;
	while (r.groups > 0 && r.size > 0 && !shrink_over(s)) {
		if (shrink_try(s, chunks(&r), make_without, &r, &which)) {
			r.start = (r.start + which) % chunks(&r);
			any = true;
			if (s->best.anchored)
				shrink_settle(s);
			make_groups(&r, &s->best, kind);
			if (r.size > r.groups)
				r.size = r.groups;
			if (r.groups > 0)
				r.start %= chunks(&r);
			continue;
		}
		r.size = r.size == 1 ? 0 : (r.size + 1) / 2;
		r.start = 0;
	}
	free(r.group);
	return any;
}

/* ---- the end of the run --------------------------------------------------------------- */

struct cutting {
	const struct tape *from;
	int64_t length;			/* of the main phase, as it is         */
	int64_t at[BEGINNINGS];
};

/* What is behind `at` does not happen; the main phase ends when all is done
 * (even candidates), or then. */
static bool
make_beginning(void *arg, size_t i, struct tape *out)
{
	const struct cutting *c = arg;
	int64_t end = c->at[i / 2];
	size_t k, kept = 0;
	uint32_t f;

	tape_copy(c->from, out);
	for (k = 0; k < out->op_count; k++)
		if (out->ops[k].phase == FR_PHASE_MAIN &&
		    out->ops[k].at <= end)
			out->ops[kept++] = out->ops[k];
	out->op_count = kept;
	for (f = 0; f < out->fault_count && out->faults[f].at <= end; f++)
		;
	out->fault_count = f;
	out->final = false;
	out->length = i % 2 == 0 ? 0 : end;
	return true;
}

/* With its final phase: as it was, but over as soon as all is done. */
static bool
make_with_final(void *arg, size_t i, struct tape *out)
{
	const struct cutting *c = arg;

	(void)i;
	tape_copy(c->from, out);
	out->length = 0;
	return true;
}

static void
cut_end(struct shrink *s)
{
	struct tape whole;
	struct cutting c = { .from = &whole };
	size_t i, which;
	int64_t low;

	s->stage = "the end of the run";
	tape_copy(&s->best, &whole);
	c.length = whole.length > 0 ? whole.length :
		   whole.op_count > 0 ? whole.ops[whole.op_count - 1].at : 0;
	for (i = 0; i < BEGINNINGS; i++)
		c.at[i] = c.length >> (BEGINNINGS - 1 - i);
	if (shrink_try(s, 2 * BEGINNINGS, make_beginning, &c, &which)) {
		low = which < 2 ? 0 : c.at[which / 2 - 1];
		for (i = 0; i < BEGINNINGS; i++)
			c.at[i] = low + (c.at[which / 2] - low) *
				  (int64_t)(i + 1) / (BEGINNINGS + 1);
		(void)shrink_try(s, 2 * BEGINNINGS, make_beginning, &c, NULL);
	} else {
		(void)shrink_try(s, 1, make_with_final, &c, NULL);
	}
	tape_drop(&whole);
}

/* ---- all of it ------------------------------------------------------------------------ */

static bool
make_best(void *arg, size_t i, struct tape *out)
{
	(void)i;
	tape_copy(arg, out);
	return true;
}

/* Until none of it can be made smaller alone. */
static void
reduce_all(struct shrink *s)
{
	bool again = true;

	while (again && !shrink_over(s)) {
		again = make_choices_dull(s);
		again |= reduce(s, FAMILIES);
		again |= reduce(s, CLIENTS);
		again |= reduce(s, OPERATIONS);
		again |= reduce(s, FAULTS);
		again |= reduce(s, OPS);
		again |= shrink_nodes(s, false);
		if (!s->best.drawn)
			again |= reduce(s, CHOICES);
	}
}

static int
shrink_it(struct shrink *s, struct fr_err *err)
{
	struct tape first;

	if (shrink_record(s, err) < 0)
		return -1;
	s->out->before = size_of(&s->best);
	tape_copy(&s->best, &first);
	if (!shrink_try(s, 1, make_best, &first, NULL) && !shrink_over(s)) {
		tape_drop(&first);
		return err_set(err, "run %" PRId64 " does not fail in the same "
			       "way when its operations are told one by one: "
			       "it cannot be shrunk", s->config->id);
	}
	tape_drop(&first);
	cut_end(s);
	reduce_all(s);
	while (shrink_nodes(s, true))
		reduce_all(s);
	/* What was made tidy may need less. */
	while (!shrink_over(s) && shrink_tidy(s))
		reduce_all(s);
	s->out->minimal = !shrink_over(s) && !s->best.drawn;
	return s->failed ? -1 : 0;
}

/* What is left becomes a run of its own. */
static int
store(struct shrink *s, struct fr_err *err)
{
	struct run_config c = *s->config->run;
	struct shrink_result *out = s->out;
	struct cell_worker *w = NULL;
	struct cell_done done;
	struct simulation sim;
	struct buf text;
	int status = -1;

	buf_init(&text, 256u << 20);
	tape_text(&s->best, &s->simulation.setup, &text);
	c.tape = text.size > 0 ? text.data : "";
	c.shrunk_from = s->config->id;
	c.nemesis = c.plan = NULL;
	c.nodes = s->best.nodes;
	c.clients = s->best.clients;
	c.seed = s->best.seed;
	c.ops = 0;
	c.command = arena_format(&out->arena, "fracas shrink %" PRId64,
				 s->config->id);
	if (simulation_open(&sim, &c, err) < 0)
		goto done;
	w = cell_new(&sim.setup, 0, err);
	if (w != NULL)
		status = simulation_record(&sim, w, c.seed, &done, &out->run,
					   err);
	cell_free(w);
	simulation_close(&sim);
	if (status == 0)
		out->result = done.result;
done:
	buf_free(&text);
	return status;
}

static int
finish(struct shrink *s, struct fr_err *err)
{
	struct shrink_result *out = s->out;
	struct buf words, scenario;
	int status;

	out->after = size_of(&s->best);
	out->drawn = s->best.drawn;
	out->tried = s->pool.tried;
	out->late = s->pool.late;
	out->interrupted = s->pool.interrupted;
	buf_init(&words, 64u << 20);
	buf_init(&scenario, 256u << 20);
	status = shrink_words(s, &words, &scenario);
	if (status == 0) {
		out->words = arena_string(&out->arena, words.size > 0 ?
					  words.data : "");
		out->scenario = arena_string(&out->arena, scenario.data);
		status = store(s, err);
	}
	buf_free(&words);
	buf_free(&scenario);
	out->seconds = (double)(clock_mono() - s->began) / 1e9;
	return status;
}

int
shrink_run(const struct shrink_config *c, struct shrink_result *out,
	   struct fr_err *err)
{
	struct shrink s = { .config = c, .out = out, .err = err,
			    .stage = "the run as it was" };
	int status = -1;

	memset(out, 0, sizeof *out);
	s.began = clock_mono();
	if (simulation_open(&s.simulation, c->run, err) < 0)
		return -1;
	s.pool.deadline = c->budget > 0 ? s.began + c->budget : INT64_MAX;
	s.pool.progress = tell_progress;
	s.pool.arg = &s;
	s.pool.signals = signals_take(err);
	if (s.pool.signals >= 0 &&
	    pool_start(&s.pool, &s.simulation.setup, c->jobs, err) == 0 &&
	    shrink_it(&s, err) == 0)
		status = finish(&s, err);
	pool_stop(&s.pool);
	signals_give_back();
	simulation_close(&s.simulation);
	tape_drop(&s.best);
	arena_free(&s.arena);
	if (status < 0)
		shrink_result_free(out);
	return status;
}

void
shrink_result_free(struct shrink_result *r)
{
	run_result_free(&r->result);
	arena_free(&r->arena);
	memset(r, 0, sizeof *r);
}
