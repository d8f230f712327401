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

#include <fracas/protocol.h>

#include "nemesis/guard.h"
#include "nemesis/plan.h"

/* How often an end is tried again, and for how long. */
#define AGAIN_NS	1000000
#define AGAIN_LIMIT_NS	10000000000

enum stage { WAITING, ON, ENDING, OVER };

struct entry {
	struct nemesis *nemesis;
	struct fault *fault;
	enum stage stage;
	bool own;		/* by hand: the fault is ours to free          */
	uint64_t timer;		/* of its beginning or end; 0: none            */
	uint64_t beat;		/* of the family's next step; 0: none          */
	int64_t since;		/* when ENDING began                           */
};

struct nemesis {
	struct scene scene;
	/* Who was dead once, where a protocol does not bear that they come
	 * back. */
	bool fallen[FR_NODES_MAX];
	const struct nemesis_events *events;
	void *arg;
	struct entry **entries;
	size_t count, room;
	uint32_t started, effective;
	bool healed;
};

static void entry_end(struct entry *e);

static int64_t
now(const struct nemesis *n)
{
	return n->scene.world->ops->now(n->scene.world);
}

static void
set_timer(struct entry *e, uint64_t *timer, int64_t t, world_timer_fn fn)
{
	struct world *w = e->nemesis->scene.world;

	if (*timer != 0)
		w->ops->cancel(w, *timer);
	*timer = w->ops->at(w, t, fn, e);
}

static void
clear_timer(struct entry *e, uint64_t *timer)
{
	struct world *w = e->nemesis->scene.world;

	if (*timer != 0)
		w->ops->cancel(w, *timer);
	*timer = 0;
}

static void
on_end(void *arg)
{
	struct entry *e = arg;

	e->timer = 0;
	entry_end(e);
}

static void on_beat(void *arg);

static void
next_beat(struct entry *e)
{
	if (e->fault->next > 0)
		set_timer(e, &e->beat, now(e->nemesis) + e->fault->next,
			  on_beat);
}

static void
on_beat(void *arg)
{
	struct entry *e = arg;
	struct fault *f = e->fault;

	e->beat = 0;
	FR_ASSERT(e->stage == ON && f->family->step != NULL);
	f->next = 0;
	f->family->step(&e->nemesis->scene, f);
	next_beat(e);
}

static void
drop_state(struct fault *f)
{
	if (f->family->drop != NULL)
		f->family->drop(f);
	else
		free(f->state);
	f->state = NULL;
	free(f->held);
	f->held = NULL;
}

/* -1: the fault could not begin; nothing was told. */
static int
entry_begin(struct entry *e, struct fr_err *err)
{
	struct nemesis *n = e->nemesis;
	struct fault *f = e->fault;
	struct buf words;
	uint32_t given;

	FR_ASSERT(e->stage == WAITING);
	given = f->id;
	n->started++;
	if (given == 0)
		f->id = n->started;
	f->began = now(n);
	f->next = 0;
	buf_init(&words, 65536);
	if (f->family->start(&n->scene, f, &words, err) < 0) {
		n->started--;
		f->id = given;
		drop_state(f);
		e->stage = OVER;
		buf_free(&words);
		return -1;
	}
	e->stage = ON;
	f->on = true;
	n->events->started(n->arg, f, words.size > 0 ? words.data : "");
	buf_free(&words);
	if (f->length > 0)
		set_timer(e, &e->timer, f->began + f->length, on_end);
	next_beat(e);
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
	n->events->started(n->arg, e->fault, e->fault->target);
	n->events->ended(n->arg, e->fault, false, err.text);
}

static void
entry_end(struct entry *e)
{
	struct nemesis *n = e->nemesis;
	struct fault *f = e->fault;
	struct buf words;
	bool effective;

	if (e->stage == ON) {
		e->stage = ENDING;
		e->since = now(n);
	}
	FR_ASSERT(e->stage == ENDING);
	clear_timer(e, &e->timer);
	clear_timer(e, &e->beat);
	if (!f->family->end(&n->scene, f) &&
	    now(n) - e->since < AGAIN_LIMIT_NS) {
		set_timer(e, &e->timer, now(n) + AGAIN_NS, on_end);
		return;
	}
	e->stage = OVER;
	f->on = false;
	buf_init(&words, 65536);
	effective = f->family->effect(&n->scene, f, &words);
	if (effective)
		n->effective++;
	n->events->ended(n->arg, f, effective,
			 words.size > 0 ? words.data : "");
	buf_free(&words);
	drop_state(f);
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
nemesis_new(const struct scene *s, struct plan *p,
	    const struct nemesis_events *ev, void *arg)
{
	struct nemesis *n = mem_new(sizeof *n);
	struct entry *e;
	uint32_t i;

	n->scene = *s;
	n->scene.nemesis = n;
	n->events = ev;
	n->arg = arg;
	for (i = 0; i < p->count; i++) {
		e = add_entry(n, &p->faults[i], false);
		set_timer(e, &e->timer, now(n) + p->faults[i].at, on_begin);
		if (p->faults[i].family->prepare != NULL)
			p->faults[i].family->prepare(&n->scene, &p->faults[i]);
	}
	return n;
}

int
nemesis_do(struct nemesis *n, const char *line, int64_t length,
	   struct fr_err *err)
{
	const struct ground *g = &n->scene.ground;
	struct fault *f = mem_new(sizeof *f);
	const char *at;
	struct entry *e;

	if (n->healed) {
		free(f);
		return err_usage(err, "the faults of this run are over");
	}
	if (fault_parse(line, line + strlen(line), g, f, &at, err) < 0) {
		free(f);
		return -1;
	}
	f->at = now(n);
	f->by_hand = true;
	f->length = length;
	if (fault_settle(f, g, err) < 0) {
		err_wrap(err, "%s", f->family->name);
		goto fail;
	}
	e = add_entry(n, f, true);
	if (entry_begin(e, err) == 0)
		return 0;
	err_wrap(err, "%s", f->family->name);
	n->count--;
	free(e);
fail:
	fault_free(f);
	free(f);
	return -1;
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
		clear_timer(n->entries[i], &n->entries[i]->timer);
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

void
nemesis_held(const struct nemesis *n, const struct fault *f, bool *held)
{
	const struct ground *g = &n->scene.ground;
	const struct fault *o;
	uint32_t i, k;

	for (i = 0; (o = nemesis_active(n, i)) != NULL; i++) {
		if (o == f || o->held == NULL ||
		    !guard_together(f->variant->cost, o->variant->cost))
			continue;
		for (k = 0; k < g->nodes; k++)
			held[k] |= o->held[k];
	}
	for (k = 0; k < g->nodes && f->variant->cost == COST_CRASH; k++)
		held[k] |= n->fallen[k];
}

void
nemesis_hold(struct nemesis *n, struct fault *f, const bool *in)
{
	const struct ground *g = &n->scene.ground;
	uint32_t k;

	free(f->held);
	f->held = mem_copy(in, g->nodes * sizeof *in);
	for (k = 0; k < g->nodes && f->variant->cost == COST_CRASH &&
	     g->bears != NULL &&
	     (g->bears->bears & FR_BEARS_RECOVERY) == 0; k++)
		n->fallen[k] |= in[k];
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
	struct entry *e;
	size_t i;

	if (n == NULL)
		return;
	for (i = 0; i < n->count; i++) {
		e = n->entries[i];
		clear_timer(e, &e->timer);
		clear_timer(e, &e->beat);
		drop_state(e->fault);
		if (e->own) {
			fault_free(e->fault);
			free(e->fault);
		}
		free(e);
	}
	free(n->entries);
	free(n);
}
