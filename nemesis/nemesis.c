/* SPDX-License-Identifier: MIT */
/*
 * A plan carried out against a world.
 *
 * 1. A fault goes through its stages in order and never back.
 * 2. `started` is told exactly once for a fault that leaves WAITING for ON,
 *    and `ended` exactly once for each that was told to have started.
 * 3. Once healed, nothing starts any more.
 */
#include "nemesis/nemesis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "nemesis/families.h"

/* How often an end is tried again, and for how long. */
#define AGAIN_NS	1000000
#define AGAIN_LIMIT_NS	10000000000

const struct family *const families[] = {
	&family_partition,
	&family_kill,
	&family_pause,
	NULL
};

const struct family *
family_find(const char *name, struct fr_err *err)
{
	const char *names[sizeof families / sizeof *families];
	const char *near;
	size_t count;

	for (count = 0; families[count] != NULL; count++) {
		if (strcmp(families[count]->name, name) == 0)
			return families[count];
		names[count] = families[count]->name;
	}
	near = nearest_word(name, names, count, sizeof *names);
	if (near != NULL)
		err_usage(err, "there is no fault '%s'; did you mean '%s'?",
			  name, near);
	else
		err_usage(err, "there is no fault '%s': see `fracas list "
			  "faults`", name);
	return NULL;
}

enum stage { WAITING, ON, ENDING, OVER };

struct entry {
	struct nemesis *nemesis;
	struct fault *fault;
	enum stage stage;
	bool own;		/* by hand: the fault is ours to free          */
	uint64_t timer;		/* of the next step; 0: none                   */
	int64_t since;		/* when ENDING began                           */
};

struct nemesis {
	struct world *world;
	const struct nemesis_events *events;
	void *arg;
	struct entry **entries;
	size_t count, room;
	uint32_t started, effective;
	bool healed;
};

static void entry_end(struct entry *e);

static void
set_timer(struct entry *e, int64_t t, world_timer_fn fn)
{
	struct world *w = e->nemesis->world;

	if (e->timer != 0)
		w->ops->cancel(w, e->timer);
	e->timer = w->ops->at(w, t, fn, e);
}

static void
clear_timer(struct entry *e)
{
	struct world *w = e->nemesis->world;

	if (e->timer != 0)
		w->ops->cancel(w, e->timer);
	e->timer = 0;
}

static void
on_end(void *arg)
{
	struct entry *e = arg;

	e->timer = 0;
	entry_end(e);
}

/* -1: the fault could not begin; nothing was told. */
static int
entry_begin(struct entry *e, struct fr_err *err)
{
	struct nemesis *n = e->nemesis;
	struct world *w = n->world;
	struct fault *f = e->fault;
	struct buf words;
	uint32_t given;

	FR_ASSERT(e->stage == WAITING);
	given = f->id;
	n->started++;
	if (given == 0)
		f->id = n->started;
	buf_init(&words, 65536);
	if (f->family->start(w, f, &words, err) < 0) {
		n->started--;
		f->id = given;
		e->stage = OVER;
		buf_free(&words);
		return -1;
	}
	e->stage = ON;
	f->on = true;
	n->events->started(n->arg, f, words.size > 0 ? words.data : "");
	buf_free(&words);
	if (f->length > 0)
		set_timer(e, w->ops->now(w) + f->length, on_end);
	return 0;
}

static void
on_begin(void *arg)
{
	struct entry *e = arg;
	struct nemesis *n = e->nemesis;
	struct fr_err err = { 0 };

	e->timer = 0;
	if (entry_begin(e, &err) == 0)
		return;
	/* It is in the plan: that it came to nothing belongs on record. */
	n->started++;
	if (e->fault->id == 0)
		e->fault->id = n->started;
	n->events->started(n->arg, e->fault, e->fault->argument);
	n->events->ended(n->arg, e->fault, false, err.text);
}

static void
entry_end(struct entry *e)
{
	struct nemesis *n = e->nemesis;
	struct world *w = n->world;
	struct fault *f = e->fault;
	struct buf words;
	bool effective;

	if (e->stage == ON) {
		e->stage = ENDING;
		e->since = w->ops->now(w);
	}
	FR_ASSERT(e->stage == ENDING);
	clear_timer(e);
	if (!f->family->end(w, f) &&
	    w->ops->now(w) - e->since < AGAIN_LIMIT_NS) {
		set_timer(e, w->ops->now(w) + AGAIN_NS, on_end);
		return;
	}
	e->stage = OVER;
	f->on = false;
	buf_init(&words, 65536);
	effective = f->family->effect(w, f, &words);
	if (effective)
		n->effective++;
	n->events->ended(n->arg, f, effective,
			 words.size > 0 ? words.data : "");
	buf_free(&words);
	free(f->state);
	f->state = NULL;
}

static struct entry *
add_entry(struct nemesis *n, struct fault *f, bool own)
{
	struct entry *e = mem_new(sizeof *e);

	e->nemesis = n;
	e->fault = f;
	e->own = own;
	mem_grow(&n->entries, &n->room, n->count + 1, sizeof *n->entries);
	n->entries[n->count++] = e;
	return e;
}

struct nemesis *
nemesis_new(struct world *w, struct plan *p, const struct nemesis_events *ev,
	    void *arg)
{
	struct nemesis *n = mem_new(sizeof *n);
	int64_t now = w->ops->now(w);
	uint32_t i;

	n->world = w;
	n->events = ev;
	n->arg = arg;
	for (i = 0; i < p->count; i++)
		set_timer(add_entry(n, &p->faults[i], false),
			  now + p->faults[i].at, on_begin);
	return n;
}

static void
free_fault(struct fault *f)
{
	free(f->argument);
	free(f);
}

int
nemesis_do(struct nemesis *n, const char *name, const char *argument,
	   int64_t length, struct fr_err *err)
{
	const struct family *family = family_find(name, err);
	struct fault *f;
	struct entry *e;

	if (family == NULL)
		return -1;
	if (n->healed)
		return err_usage(err, "the faults of this run are over");
	if (family->check(argument, n->world->config.nodes, err) < 0)
		return err_wrap(err, "%s", name);
	f = mem_new(sizeof *f);
	f->at = n->world->ops->now(n->world);
	f->length = length;
	f->family = family;
	f->argument = mem_string(argument);
	e = add_entry(n, f, true);
	if (entry_begin(e, err) < 0) {
		n->count--;
		free(e);
		free_fault(f);
		return err_wrap(err, "%s", name);
	}
	return 0;
}

void
nemesis_end_all(struct nemesis *n)
{
	size_t i;

	for (i = 0; i < n->count; i++) {
		if (n->entries[i]->stage == ON)
			entry_end(n->entries[i]);
	}
}

void
nemesis_heal(struct nemesis *n)
{
	size_t i;

	n->healed = true;
	for (i = 0; i < n->count; i++) {
		if (n->entries[i]->stage != WAITING)
			continue;
		clear_timer(n->entries[i]);
		n->entries[i]->stage = OVER;
	}
	nemesis_end_all(n);
}

uint32_t
nemesis_on(const struct nemesis *n)
{
	uint32_t on = 0;
	size_t i;

	for (i = 0; i < n->count; i++)
		on += n->entries[i]->stage == ON ||
		      n->entries[i]->stage == ENDING;
	return on;
}

const struct fault *
nemesis_active(const struct nemesis *n, uint32_t index)
{
	size_t i;

	for (i = 0; i < n->count; i++) {
		if (n->entries[i]->stage != ON &&
		    n->entries[i]->stage != ENDING)
			continue;
		if (index-- == 0)
			return n->entries[i]->fault;
	}
	return NULL;
}

void
nemesis_counts(const struct nemesis *n, uint32_t *started,
	       uint32_t *effective)
{
	*started = n->started;
	*effective = n->effective;
}

void
nemesis_free(struct nemesis *n)
{
	size_t i;

	if (n == NULL)
		return;
	for (i = 0; i < n->count; i++) {
		clear_timer(n->entries[i]);
		free(n->entries[i]->fault->state);
		n->entries[i]->fault->state = NULL;
		if (n->entries[i]->own)
			free_fault(n->entries[i]->fault);
		free(n->entries[i]);
	}
	free(n->entries);
	free(n);
}
