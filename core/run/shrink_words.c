/* SPDX-License-Identifier: MIT */
/*
 * What is left of a run that was shrunk, in words: a sentence for each thing
 * that is told on its tape, in the order of time, with what came of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/run/scenario.h"
#include "core/run/shrink.h"

struct sentence {
	int64_t t;
	char *text;
};

struct teller {
	struct shrink *shrink;
	int64_t began;			/* the main phase                      */
	struct sentence *at;
	size_t count, room;
	int64_t *asked;			/* by client: its sentence, or -1      */
};

__attribute__((format(printf, 3, 4)))
static void
say(struct teller *t, int64_t when, const char *format, ...)
{
	va_list args;
	struct buf b;

	buf_init(&b, 1 << 20);
	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	mem_grow(&t->at, &t->room, t->count + 1, sizeof *t->at);
	t->at[t->count].t = when;
	t->at[t->count++].text = mem_string(b.data == NULL ? "" : b.data);
	buf_free(&b);
}

__attribute__((format(printf, 3, 4)))
static void
say_more(struct teller *t, int64_t which, const char *format, ...)
{
	struct sentence *s = &t->at[which];
	char *before = s->text;
	va_list args;
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_text(&b, before);
	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	s->text = mem_string(b.data);
	free(before);
	buf_free(&b);
}

static const char *
when(const struct teller *t, int64_t time, char *text, size_t max)
{
	time_text(time - t->began, text, max);
	return text;
}

/* ---- operations and faults ------------------------------------------------------------ */

static void
asked(struct teller *t, const struct event *e)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	if (e->value.kind != FR_NIL) {
		buf_char(&b, ' ');
		value_text(&b, &e->value);
	}
	if (e->key != FR_NO_KEY)
		buf_printf(&b, " (key %" PRId64 ")", e->key);
	say(t, e->t, "client %d asks node %d to %s%s", e->client, e->node,
	    t->shrink->simulation.setup.op_names[e->f],
	    b.size > 0 ? b.data : "");
	buf_free(&b);
	t->asked[e->client] = (int64_t)t->count - 1;
}

static void
answered(struct teller *t, const struct event *e)
{
	int64_t which = t->asked[e->client];
	char at[32];
	struct buf b;

	if (which < 0)
		return;
	t->asked[e->client] = -1;
	when(t, e->t, at, sizeof at);
	buf_init(&b, 1 << 20);
	value_text(&b, &e->value);
	if (e->kind == EVENT_OK && e->value.kind == FR_NIL &&
	    strstr(t->at[which].text, " to read") == NULL)
		say_more(t, which, "; done at %s", at);
	else if (e->kind == EVENT_OK)
		say_more(t, which, "; the answer, at %s: %s", at, b.data);
	else
		say_more(t, which, "; %s%s%s", e->kind == EVENT_FAIL ?
			 "it fails" : "nobody knows whether it happens",
			 e->text == NULL ? "" : ": ",
			 e->text == NULL ? "" : e->text);
	buf_free(&b);
}

static void
hear_event(void *arg, const struct event *e)
{
	struct teller *t = arg;

	switch (e->kind) {
	case EVENT_INVOKE:
		asked(t, e);
		break;
	case EVENT_OK:
	case EVENT_FAIL:
	case EVENT_INFO:
		answered(t, e);
		break;
	case EVENT_FAULT:
		say(t, e->t, "%s %s", e->name, e->text == NULL ? "" : e->text);
		break;
	case EVENT_HEAL:
		say(t, e->t, "that %s is over", e->name);
		break;
	case EVENT_END:
		if (strcmp(e->name, end_names[END_KILLED]) != 0 &&
		    strcmp(e->name, end_names[END_STOPPED]) != 0)
			say(t, e->t, "node %d ends by itself: %s", e->node,
			    e->text);
		break;
	case EVENT_PHASE:
		if (strcmp(e->name, "main") == 0)
			t->began = e->t;
		else if (strcmp(e->name, "final") == 0)
			say(t, e->t, "everything is healed, and the nodes are "
			    "quiet");
		break;
	default:
		break;
	}
}

/* ---- choices -------------------------------------------------------------------------- */

static bool
on_tape(const struct tape *t, const struct tape_choice *c)
{
	size_t i;

	for (i = 0; i < t->choice_count; i++)
		if (choice_same(&t->choices[i], c))
			return true;
	return false;
}

static void
message_words(struct teller *t, const struct tape_choice *c, struct buf *out)
{
	const struct net_choice *m = &c->message;
	int64_t arrives = c->t + m->delay;
	char at[32], takes[32];

	choice_words(c, &t->shrink->simulation.setup, out);
	time_text(arrives - c->t, takes, sizeof takes);
	if (m->lost)
		buf_text(out, " is lost");
	else
		buf_printf(out, " takes %s, until %s", takes,
			   when(t, arrives, at, sizeof at));
	if (m->held)
		buf_text(out, ", and others pass it");
	if (m->twice)
		buf_printf(out, ", and comes again at %s",
			   when(t, c->t + m->second, at, sizeof at));
}

static void
hear_choice(void *arg, const struct tape_choice *c)
{
	struct teller *t = arg;
	struct buf b;

	if (t->shrink->best.drawn || !on_tape(&t->shrink->best, c))
		return;
	if (c->kind == CHOICE_RANDOM) {
		say(t, INT64_MIN, "number %" PRIu64 " of those that node %u "
		    "draws at random (in boot %u) is %" PRIu64, c->n, c->from,
		    c->boot, c->value);
		return;
	}
	if (c->kind == CHOICE_WORLD) {
		say(t, INT64_MIN, "what chance does to node %u in boot %u "
		    "(%s): %" PRIu64, c->from, c->boot, c->label, c->value);
		return;
	}
	buf_init(&b, 65536);
	message_words(t, c, &b);
	say(t, c->t, "%s", b.data);
	buf_free(&b);
}

/* ---- all of it ------------------------------------------------------------------------ */

/* Of one time they stay as they were heard. */
static void
sort(struct teller *t)
{
	struct sentence s;
	size_t i, k;

	for (i = 1; i < t->count; i++) {
		s = t->at[i];
		for (k = i; k > 0 && s.t < t->at[k - 1].t; k--)
			t->at[k] = t->at[k - 1];
		t->at[k] = s;
	}
}

static void
write_all(const struct teller *t, struct buf *out)
{
	char at[32];
	size_t i;

	for (i = 0; i < t->count; i++) {
		at[0] = '\0';
		if (t->at[i].t != INT64_MIN)
			when(t, t->at[i].t, at, sizeof at);
		buf_printf(out, "%2zu. %8s  %s\n", i + 1, at, t->at[i].text);
	}
}

int
shrink_words(struct shrink *s, struct buf *words, struct buf *scenario)
{
	struct teller t = { .shrink = s };
	const struct cell_sink sink = { .event = hear_event,
					.choice = hear_choice, .arg = &t };
	struct cell_done done;
	uint32_t clients = s->simulation.setup.clients;
	size_t i;
	int status;

	t.asked = mem_array(clients, sizeof *t.asked);
	for (i = 0; i < clients; i++)
		t.asked[i] = -1;
	status = pool_run(&s->pool, &s->best, JOB_EVENTS | JOB_CHOICES, &sink,
			  &done, s->err);
	if (status == 0) {
		sort(&t);
		write_all(&t, words);
		scenario_text(s->config->run, &s->simulation.setup, &s->best,
			      &done.result, words->size > 0 ? words->data : "",
			      scenario);
		run_result_free(&done.result);
	}
	for (i = 0; i < t.count; i++)
		free(t.at[i].text);
	free(t.at);
	free(t.asked);
	return status;
}
