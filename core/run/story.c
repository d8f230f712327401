/* SPDX-License-Identifier: MIT */
/* What happened in a run, in words, in the order of time. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "core/run/judge.h"

/* Lines of a story; of a longer one the middle is left out. */
#define LINES_FIRST	40u
#define LINES_LAST	20u

struct line {
	int64_t t;
	size_t order;
	char *text;
};

struct lines {
	struct line *at;
	size_t count, room;
};

__attribute__((format(printf, 3, 4)))
static void
add(struct lines *all, int64_t t, const char *format, ...)
{
	struct line *l;
	va_list args;
	struct buf b;

	buf_init(&b, 65536);
	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	mem_grow(&all->at, &all->room, all->count + 1, sizeof *all->at);
	l = &all->at[all->count];
	l->t = t;
	l->order = all->count++;
	l->text = mem_string(b.data == NULL ? "" : b.data);
	buf_free(&b);
}

static int
compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->t != y->t)
		return x->t < y->t ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void
add_phases(struct lines *all, const struct tally *t, uint32_t nodes)
{
	const struct tally_phase *p;
	char after[FR_TEXT_MAX];
	size_t i;

	for (i = 0; i < t->phase_count; i++) {
		p = &t->phases[i];
		snprintf(after, sizeof after, "%s%s%s",
			 p->text == NULL ? "" : " (",
			 p->text == NULL ? "" : p->text,
			 p->text == NULL ? "" : ")");
		if (strcmp(p->name, "main") == 0)
			add(all, p->t, "%u node%s ready; the clients begin",
			    nodes, nodes == 1 ? "" : "s");
		else if (strcmp(p->name, "heal") == 0)
			add(all, p->t, "the main phase ends%s; everything is "
			    "healed", after);
		else if (strcmp(p->name, "final") == 0)
			add(all, p->t, "the nodes are quiet%s; the final "
			    "operations begin", after);
		else if (strcmp(p->name, "end") == 0)
			add(all, p->t, "the run ends%s", after);
		else if (strcmp(p->name, "progress") == 0)
			add(all, p->t, "the clients go on, to see whether "
			    "anything moves again");
		else if (p->before != PHASE_WENT_WELL)
			add(all, p->t, "%s", p->text == NULL ? p->name :
			    p->text);
	}
}

static void
add_faults(struct lines *all, const struct tally *t)
{
	const struct tally_fault *f;
	char lasted[32];
	size_t i;

	for (i = 0; i < t->fault_count; i++) {
		f = &t->faults[i];
		if (f->ended < 0) {
			add(all, f->began, "fault %u: %s %s, and it never "
			    "ended", f->id, f->family, f->what);
			continue;
		}
		time_text(f->ended - f->began, lasted, sizeof lasted);
		add(all, f->began, "fault %u: %s %s for %s: %s%s", f->id,
		    f->family, f->what, lasted,
		    f->effective ? "" : "no effect: ", f->effect);
	}
}

void
story(const struct tally *t, uint32_t nodes, struct buf *out)
{
	struct lines all = { 0 };
	const struct tally_misuse *m;
	const struct tally_end *e;
	size_t i;

	add_phases(&all, t, nodes);
	add_faults(&all, t);
	for (i = 0; i < t->end_count; i++) {
		e = &t->ends[i];
		add(&all, e->t, "node %d %s: %s", e->node, end_is_crash(e) ?
		    "ended by itself" : "could not be started", e->text);
	}
	for (i = 0; i < t->misuse_count; i++) {
		m = &t->misuses[i];
		if (m->count == 1)
			add(&all, m->t, "misuse by node %d: %s", m->node,
			    m->text);
		else
			add(&all, m->t, "misuse by node %d, and %" PRIu64
			    " times in all: %s", m->node, m->count, m->text);
	}
	if (t->contradictions > 0)
		add(&all, t->contradiction.second.t, "node %d contradicts what "
		    "node %d claimed of %s", t->contradiction.second.node,
		    t->contradiction.first.node, t->contradiction.first.what);
	if (all.count > 0)
		qsort(all.at, all.count, sizeof *all.at, compare_lines);
	for (i = 0; i < all.count; i++) {
		if (all.count > LINES_FIRST + LINES_LAST && i == LINES_FIRST)
			buf_printf(out, "%10s  (%zu more)\n", "...", all.count -
				   LINES_FIRST - LINES_LAST);
		if (i < LINES_FIRST || i >= all.count - LINES_LAST ||
		    all.count <= LINES_FIRST + LINES_LAST)
			buf_printf(out, "%9.3fs  %s\n",
				   (double)all.at[i].t / 1e9, all.at[i].text);
	}
	for (i = 0; i < all.count; i++)
		free(all.at[i].text);
	free(all.at);
}
