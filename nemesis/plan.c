/* SPDX-License-Identifier: MIT */
/*
 * Plans: drawn from a seed, and written.  script.c reads them.
 *
 * What plan_draw makes:
 * 1. it is a function of its arguments alone, and what an entry of the list
 *    contributes, of the seed and that entry's name alone (but for what the
 *    guard takes away where several together would be too many);
 * 2. every fault lies within 0 .. length;
 * 3. faults of one entry do not overlap, those of different entries may;
 * 4. every entry has at least one, unless the guard took it away.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "nemesis/guard.h"
#include "nemesis/param.h"
#include "nemesis/plan.h"
#include "nemesis/target.h"

#define ENTRIES_MAX 64u
#define VARIANTS_MAX 64u

void
plan_free(struct plan *p)
{
	uint32_t i;

	for (i = 0; i < p->count; i++)
		fault_free(&p->faults[i]);
	free(p->faults);
	memset(p, 0, sizeof *p);
}

struct fault *
faults_add(struct faults *all)
{
	mem_grow(&all->at, &all->room, all->count + 1, sizeof *all->at);
	return &all->at[all->count++];
}

static int
compare_faults(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	/* `id` holds the order in which they were made, while sorting. */
	return x->id < y->id ? -1 : x->id > y->id;
}

void
faults_finish(struct faults *all, struct plan *out)
{
	uint32_t i;

	for (i = 0; i < all->count; i++)
		all->at[i].id = i;
	if (all->count > 0)
		qsort(all->at, all->count, sizeof *all->at, compare_faults);
	for (i = 0; i < all->count; i++)
		all->at[i].id = 0;
	out->faults = all->at;
	out->count = (uint32_t)all->count;
}

void
faults_free(struct faults *all)
{
	struct plan p = { all->at, (uint32_t)all->count };

	plan_free(&p);
}

void
plan_text(const struct plan *p, struct buf *out)
{
	char at[32], length[32];
	uint32_t i;

	for (i = 0; i < p->count; i++) {
		time_exact(p->faults[i].at, at, sizeof at);
		time_exact(p->faults[i].length, length, sizeof length);
		if (p->faults[i].length == 0)
			buf_printf(out, "at %s until heal ", at);
		else
			buf_printf(out, "at %s for %s ", at, length);
		fault_line(&p->faults[i], out);
		buf_char(out, '\n');
	}
}

/* ---- what is open is drawn ---------------------------------------------------- */

static int
draw_target(struct fault *f, const struct ground *g, struct rng *rng,
	    struct fr_err *err)
{
	if (f->family->draw != NULL)
		return f->family->draw(f, g, rng, err);
	if ((fault_aims(f) & (AIM_NODES | AIM_GROUPS | AIM_LINKS)) != 0)
		target_draw_some(f, g, rng, guard_most(g, f->variant->cost));
	else if ((fault_aims(f) & AIM_CLIENTS) != 0)
		fault_aim(f, "one");
	return 0;
}

int
fault_check(const struct fault *f, const struct ground *g, struct fr_err *err)
{
	const char *why = family_impossible(f->family, f->variant, g->world);

	if (why != NULL)
		return err_usage(err, "impossible in the %s world: %s",
				 g->world, why);
	if (target_check(f, g, err) < 0)
		return -1;
	if (f->family->check != NULL)
		return f->family->check(f, g, err);
	return 0;
}

int
fault_settle(struct fault *f, const struct ground *g, struct fr_err *err)
{
	struct rng rng = fault_rng(f, g, "target");
	const uint32_t aims = fault_aims(f);

	/* What never has a target may have something else to be drawn. */
	if (*f->target == '\0' &&
	    ((aims & AIM_ALL) == 0 || aims == AIM_ALL) &&
	    draw_target(f, g, &rng, err) < 0)
		return -1;
	return target_settle(f, g, &rng, err);
}

/* ---- a schedule --------------------------------------------------------------- */

struct entry {
	char name[2 * FR_NAME_MAX + 2];		/* as it stands in the list    */
	const struct family *family;
	const struct variant *variants[VARIANTS_MAX];	/* to draw from        */
	uint32_t count;
	uint64_t weight;			/* of all of them              */
};

/* People read these times: no more than they can use. */
static int64_t
rounded(int64_t ns)
{
	int64_t unit = ns >= 100000000 ? 1000000 : 1000;

	return ns - ns % unit;
}

/* Can this be drawn here at all? */
static int
possible(const struct family *f, const struct variant *v,
	 const struct ground *g, struct fr_err *err)
{
	const char *why = family_impossible(f, v, g->world);
	struct rng rng = rng_make(0, STREAM_FAULTS, 0, 0, "possible");
	struct fault trial;
	int status;

	if (why != NULL)
		return err_usage(err, "%s is impossible in the %s world: %s",
				 f->name, g->world, why);
	if (guard_variant(g, f, v, err) < 0)
		return -1;
	fault_init(&trial, f, v);
	status = draw_target(&trial, g, &rng, err);
	if (status == 0)
		status = fault_check(&trial, g, err);
	fault_free(&trial);
	return status;
}

/* The variants among which the bare name draws; -1: none is possible. */
static int
mix(struct entry *e, const struct ground *g, struct fr_err *err)
{
	const struct variant *v;
	struct fr_err first = { 0 }, *to;

	for (v = e->family->variants; v->name != NULL; v++) {
		to = first.text[0] == '\0' ? &first : NULL;
		if (v->weight == 0 || possible(e->family, v, g, to) < 0)
			continue;
		FR_ASSERT(e->count < VARIANTS_MAX);
		e->variants[e->count++] = v;
		e->weight += v->weight;
	}
	if (e->count > 0)
		return 0;
	if (err != NULL)
		*err = first;
	return -1;
}

static int
read_entry(struct entry *e, const struct ground *g, struct fr_err *err)
{
	char name[sizeof e->name];
	const struct variant *v;
	char *colon;

	snprintf(name, sizeof name, "%s", e->name);
	colon = strchr(name, ':');
	if (colon != NULL)
		*colon = '\0';
	e->family = family_find(name, err);
	if (e->family == NULL)
		return -1;
	if (colon == NULL)
		return mix(e, g, err);
	v = variant_find(e->family, colon + 1, err);
	if (v == NULL || possible(e->family, v, g, err) < 0)
		return -1;
	e->variants[e->count++] = v;
	e->weight = 1;
	return 0;
}

static const struct variant *
draw_variant(const struct entry *e, struct rng *rng)
{
	uint64_t drawn;
	uint32_t i;

	if (e->count == 1)
		return e->variants[0];
	drawn = rng_below(rng, e->weight);
	for (i = 0; drawn >= e->variants[i]->weight; i++)
		drawn -= e->variants[i]->weight;
	return e->variants[i];
}

static int
draw_entry(struct faults *all, const struct entry *e, int64_t interval,
	   int64_t length, const struct ground *g, struct fr_err *err)
{
	struct rng rng = rng_make(g->seed, STREAM_FAULTS, 0, 0, e->name);
	int64_t slots = length / interval, slot, begin, lasts, i;
	struct fault *f;

	if (slots < 1)
		slots = 1;
	if (slots > PLAN_FAULTS_MAX)
		return err_usage(err, "one %s in each interval would be more "
				 "than %u faults", e->name, PLAN_FAULTS_MAX);
	slot = length / slots;
	for (i = 0; i < slots; i++) {
		/* Begins in the first two fifths, lasts about half. */
		begin = (int64_t)((0.1 + 0.3 * rng_real(&rng)) * (double)slot);
		lasts = (int64_t)((0.4 + 0.2 * rng_real(&rng)) * (double)slot);
		f = faults_add(all);
		fault_init(f, e->family, draw_variant(e, &rng));
		f->at = rounded(i * slot + begin);
		f->length = rounded(lasts) > 0 ? rounded(lasts) : 1;
		if (draw_target(f, g, &rng, err) < 0 ||
		    target_settle(f, g, &rng, err) < 0)
			return -1;
	}
	return 0;
}

/* "all": whatever can be here. */
static uint32_t
every_entry(struct entry *entries, const struct ground *g)
{
	const struct family *f;
	uint32_t count = 0;
	size_t i;

	for (i = 0; (f = family_at(i)) != NULL && count < ENTRIES_MAX; i++) {
		memset(&entries[count], 0, sizeof *entries);
		snprintf(entries[count].name, sizeof entries[count].name, "%s",
			 f->name);
		entries[count].family = f;
		if (mix(&entries[count], g, NULL) == 0)
			count++;
	}
	return count;
}

/* How many; -1: one of them makes no sense. */
static int
read_list(const char *list, const struct ground *g, struct entry *entries,
	  struct fr_err *err)
{
	uint32_t count = 0, i;
	const char *end;
	struct entry *e;

	if (strcmp(list, "all") == 0) {
		count = every_entry(entries, g);
		if (count == 0)
			return err_usage(err, "the protocol bears no family "
					 "of faults on %u node%s; --beyond "
					 "tries them all the same", g->nodes,
					 g->nodes == 1 ? "" : "s");
		return (int)count;
	}
	for (;; list = end + 1) {
		end = strchrnul(list, ',');
		if (count == ENTRIES_MAX)
			return err_usage(err, "more than %u faults in one "
					 "list", ENTRIES_MAX);
		e = &entries[count];
		memset(e, 0, sizeof *e);
		snprintf(e->name, sizeof e->name, "%.*s", (int)(end - list),
			 list);
		for (i = 0; i < count; i++) {
			if (strcmp(entries[i].name, e->name) == 0)
				return err_usage(err, "it names %s twice",
						 e->name);
		}
		if (read_entry(e, g, err) < 0)
			return -1;
		count++;
		if (*end == '\0')
			return (int)count;
	}
}

char *
plan_families(const char *list, const struct ground *g, struct fr_err *err)
{
	struct entry *entries = mem_array(ENTRIES_MAX, sizeof *entries);
	int count = strcmp(list, "all") != 0 ? 0 :
		    read_list(list, g, entries, err), i;
	struct buf names;
	char *made = NULL;

	buf_init(&names, 1 << 16);
	for (i = 0; i < count; i++)
		buf_printf(&names, "%s%s", i > 0 ? "," : "", entries[i].name);
	if (count >= 0)
		made = mem_string(names.size > 0 ? names.data : list);
	buf_free(&names);
	free(entries);
	return made;
}

int
plan_draw(const char *list, int64_t interval, int64_t length,
	  const struct ground *g, struct plan *out, struct fr_err *err)
{
	struct entry *entries = mem_array(ENTRIES_MAX, sizeof *entries);
	int count = read_list(list, g, entries, err), i;
	struct faults all = { 0 };

	for (i = 0; i < count; i++) {
		if (draw_entry(&all, &entries[i], interval, length, g, err) < 0)
			break;
	}
	free(entries);
	if (count < 0 || i < count) {
		faults_free(&all);
		return err_wrap(err, "--nemesis %s", list);
	}
	faults_finish(&all, out);
	guard_apart(g, out);
	guard_plan(g, out);
	return 0;
}
