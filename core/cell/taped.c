/* SPDX-License-Identifier: MIT */
/*
 * A tape at work: what it says of a choice is done; what it does not speak of
 * is dull, or left to chance where the tape has it so.
 *
 * Choices are found by their labels in a table; the number of a message is
 * counted here, among those of its type between the same two ends, whether
 * they got through or not.  Those of an anchored tape are found by their time:
 * the table then holds the first of those with the same ends and type, and
 * each is for the next such message at about its time.
 */
#include "core/cell/cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rand.h"

/* fr_random's dull answer: the middle.  fr_random_below takes it for any n. */
#define RANDOM_DULL	(UINT64_C(1) << 63)
/* So far from its time an anchored choice is still meant. */
#define NEAR		INT64_C(700000)

struct taped {
	struct sim_chooser chooser;
	const struct tape *tape;	/* or NULL                             */
	struct history *log;		/* or NULL                             */
	bool dull;
	uint32_t nodes, ends;
	struct tape_choice *anchored;	/* sorted, without their numbers       */
	size_t *next;			/* by the first of its kind: the next  */
	const struct tape_choice **table;	/* open addressing             */
	size_t room;				/* a power of two              */
	uint64_t **counts;		/* by link, then by type               */
	uint32_t *types;		/* by link: how many there are         */
	int64_t *last;			/* by link: the last arrival           */
	struct buf line;
	/* The message that is being sent. */
	struct tape_choice now;
};

/* ---- finding -------------------------------------------------------------------------- */

static uint64_t
hash_choice(const struct tape_choice *c)
{
	uint64_t h = hash_mix(c->kind, (uint64_t)c->from << 32 | c->to);

	h = hash_mix(h, (uint64_t)c->type << 32 | c->boot);
	return hash_text(hash_mix(h, c->n), c->label);
}

static const struct tape_choice *
find(const struct taped *t, const struct tape_choice *c)
{
	size_t at;

	if (t->room == 0)
		return NULL;
	for (at = hash_choice(c) & (t->room - 1); t->table[at] != NULL;
	     at = (at + 1) & (t->room - 1))
		if (choice_same(t->table[at], c))
			return t->table[at];
	return NULL;
}

/* By their labels but for the number of a message, then by time. */
static int
compare_anchored(const void *a, const void *b)
{
	const struct tape_choice *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return x->t < y->t ? -1 : x->t > y->t;
}

static void
make_anchored(struct taped *t)
{
	size_t count = t->tape->choice_count, i;

	t->anchored = mem_copy(t->tape->choices,
			       count * sizeof *t->anchored);
	t->next = mem_array(count, sizeof *t->next);
	qsort(t->anchored, count, sizeof *t->anchored, compare_anchored);
	for (i = 0; i < count; i++) {
		t->next[i] = i;
		if (t->anchored[i].kind == CHOICE_MESSAGE)
			t->anchored[i].n = 0;
	}
}

static void
make_table(struct taped *t)
{
	const struct tape_choice *all;
	size_t i, at;

	if (t->tape == NULL || t->tape->choice_count == 0)
		return;
	if (t->tape->anchored)
		make_anchored(t);
	all = t->anchored != NULL ? t->anchored : t->tape->choices;
	for (t->room = 16; t->room < 2 * t->tape->choice_count;)
		t->room *= 2;
	t->table = mem_array(t->room, sizeof *t->table);
	for (i = 0; i < t->tape->choice_count; i++) {
		if (t->anchored != NULL && i > 0 &&
		    choice_same(&all[i], &all[i - 1]))
			continue;
		at = hash_choice(&all[i]) & (t->room - 1);
		while (t->table[at] != NULL)
			at = (at + 1) & (t->room - 1);
		t->table[at] = &all[i];
	}
}

/* What an anchored tape has for this message. */
static const struct tape_choice *
find_near(struct taped *t, const struct tape_choice *c)
{
	struct tape_choice label = *c;
	const struct tape_choice *first;
	size_t at, begin;

	label.n = 0;
	first = find(t, &label);
	if (first == NULL)
		return NULL;
	begin = (size_t)(first - t->anchored);
	for (at = t->next[begin]; at < t->tape->choice_count &&
	     choice_same(&t->anchored[at], first) &&
	     t->anchored[at].t < c->t - NEAR; at++)
		;
	t->next[begin] = at;
	if (at == t->tape->choice_count ||
	    !choice_same(&t->anchored[at], first) ||
	    t->anchored[at].t > c->t + NEAR)
		return NULL;
	t->next[begin]++;
	return &t->anchored[at];
}

static void
put_on_record(struct taped *t, const struct tape_choice *c)
{
	if (t->log == NULL)
		return;
	buf_clear(&t->line);
	choice_put(&t->line, c);
	store_record(t->log, RECORD_CHOICE, &t->line);
}

/* ---- messages ------------------------------------------------------------------------- */

static uint64_t
count(struct taped *t, uint32_t from, uint32_t to, uint32_t type)
{
	size_t link = (size_t)from * t->ends + to;
	uint32_t was = t->types[link];

	if (type >= was) {
		t->counts[link] = mem_resize(t->counts[link], (size_t)type + 1,
					     sizeof **t->counts);
		memset(t->counts[link] + was, 0, (type + 1 - was) *
		       sizeof **t->counts);
		t->types[link] = type + 1;
	}
	return ++t->counts[link][type];
}

static uint32_t
end_name(const struct taped *t, uint32_t end)
{
	return end < t->nodes ? end : TAPE_CLIENT + end - t->nodes;
}

/* What chance and faults made of it; false: that it does not arrive is no
 * matter of chance. */
static bool
see_fate(const struct fate *f, int64_t now, struct net_choice *c)
{
	*c = (struct net_choice){ .lost = f->kind != FATE_DELIVERED };
	if (c->lost)
		return f->kind == FATE_LOST || f->kind == FATE_CHOKED;
	c->held = f->held;
	c->delay = f->arrives[0] - now;
	c->twice = f->copies > 1;
	if (c->twice)
		c->second = f->arrives[1] - now;
	return true;
}

/*
 * What is told happens as it is told; what is not is dull, but stays behind
 * what was sent before it, as links have it.
 */
static void
do_fate(struct fate *f, int64_t now, int64_t *last,
	const struct net_choice *told, int64_t dull)
{
	int64_t arrives = now + (told != NULL ? told->delay : dull);
	bool held = told != NULL && told->held;

	if (told != NULL && told->lost) {
		f->kind = FATE_LOST;
		f->copies = 0;
		return;
	}
	if (told == NULL && arrives < *last)
		arrives = *last;
	f->kind = FATE_DELIVERED;
	f->copies = 1;
	f->held = held;
	f->arrives[0] = arrives;
	if (told != NULL && told->twice) {
		f->copies = 2;
		f->arrives[1] = now + told->second;
		if (f->arrives[1] < arrives)
			f->arrives[1] = arrives;
		arrives = f->arrives[1];
	}
	if (!held && arrives > *last)
		*last = arrives;
}

static struct fate
taped_send(void *arg, struct net *net, int64_t now, uint32_t from, uint32_t to,
	   uint32_t type, uint64_t size)
{
	struct taped *t = arg;
	struct fate f = net_send(net, now, from, to, size);
	const struct link *l = net_link(net, from, to);
	int64_t *last = &t->last[(size_t)from * t->ends + to];
	int64_t dull = tape_dull_delay(&l->delay);
	const struct tape_choice *told;
	struct tape_choice *c = &t->now;

	if (from == to)
		return f;
	memset(c, 0, sizeof *c);
	c->kind = CHOICE_MESSAGE;
	c->from = end_name(t, from);
	c->to = end_name(t, to);
	c->type = type;
	c->n = count(t, from, to, type);
	c->t = now;
	if (!see_fate(&f, now, &c->message))
		return f;
	told = t->anchored != NULL ? find_near(t, c) : find(t, c);
	if (told != NULL || t->dull) {
		do_fate(&f, now, last, told == NULL ? NULL : &told->message,
			dull);
		(void)see_fate(&f, now, &c->message);
	}
	/* One that only stays in its place is as dull as any. */
	c->dull = !c->message.lost && !c->message.held && !c->message.twice &&
		  (c->message.delay == dull || (t->dull && told == NULL));
	put_on_record(t, c);
	return f;
}

/* ---- the others ----------------------------------------------------------------------- */

static uint64_t
take(struct taped *t, struct tape_choice *c, uint64_t drawn, uint64_t dull)
{
	const struct tape_choice *told = find(t, c);

	c->value = told != NULL ? told->value : t->dull ? dull : drawn;
	c->dull = c->value == dull;
	put_on_record(t, c);
	return c->value;
}

static uint64_t
taped_choice(void *arg, const char *label, uint32_t node, uint32_t boot,
	     uint64_t drawn)
{
	struct tape_choice c;

	memset(&c, 0, sizeof c);
	c.kind = CHOICE_WORLD;
	c.from = node;
	c.boot = boot;
	snprintf(c.label, sizeof c.label, "%s", label);
	return take(arg, &c, drawn, 0);
}

static uint64_t
taped_random(void *arg, uint32_t node, uint32_t boot, uint64_t i,
	     uint64_t drawn)
{
	struct tape_choice c;

	memset(&c, 0, sizeof c);
	c.kind = CHOICE_RANDOM;
	c.from = node;
	c.boot = boot;
	c.n = i;
	return take(arg, &c, drawn, RANDOM_DULL);
}

const struct sim_chooser *
taped(const struct tape *tape, struct history *log, uint32_t nodes,
      uint32_t clients)
{
	struct taped *t = mem_new(sizeof *t);
	size_t links;

	t->tape = tape;
	t->log = log;
	t->dull = tape != NULL && !tape->drawn;
	t->nodes = nodes;
	t->ends = nodes + clients;
	links = (size_t)t->ends * t->ends;
	t->counts = mem_array(links, sizeof *t->counts);
	t->types = mem_array(links, sizeof *t->types);
	t->last = mem_array(links, sizeof *t->last);
	buf_init(&t->line, 4096);
	make_table(t);
	t->chooser = (struct sim_chooser){
		.send = taped_send, .choice = taped_choice,
		.random = taped_random, .prompt = t->dull, .arg = t,
	};
	return &t->chooser;
}
