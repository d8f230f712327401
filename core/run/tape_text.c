/* SPDX-License-Identifier: MIT */
/*
 * Tapes as texts, a line for each thing; '#' begins a comment.
 *
 *	at TIME client I node I: OPERATION [key N] [value V]
 *	finally at TIME client I node I: OPERATION [key N] [value V]
 *	at TIME for TIME FAULT ...		(a plan's line)
 *	fault N at TIME for TIME FAULT ...	(with its number)
 *	message NAME N from node I to node I FATE
 *	message request N from client I to node I FATE
 *	message reply N from node I to client I FATE
 *	start N of node I takes TIME
 *	random N of node I boot B is NUMBER
 *	choice LABEL of node I boot B is NUMBER
 *	length TIME
 *	finally
 *	choices drawn
 *
 * FATE is `is lost`, or `takes TIME`, and behind it what applies of `passed`
 * (by those behind it) and `again TIME` (a copy).
 */
#include "core/run/tape.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/units.h"
#include "core/run/setup.h"
#include "core/world/sim.h"

/* The label of how long a node takes to start. */
#define BOOT "boot"

/* ---- names ---------------------------------------------------------------------------- */

static const struct descriptor *
descriptor_of(const struct setup *s, uint32_t node)
{
	uint32_t of = node < s->config->nodes ? s->plugin_of[node] : 0;

	return &s->plugins[of].descriptor;
}

static int
find_name(const char *word, const char *const *names, uint32_t count,
	  const char *what, uint32_t *out, struct fr_err *err)
{
	const char *near;
	uint32_t i;

	for (i = 0; i < count; i++) {
		if (strcmp(names[i], word) != 0)
			continue;
		*out = i;
		return 0;
	}
	near = nearest_word(word, names, count, sizeof *names);
	if (near != NULL)
		return err_usage(err, "there is no %s '%s'; did you mean "
				 "'%s'?", what, word, near);
	return err_usage(err, "there is no %s '%s'%s%s", what, word,
			 count > 0 ? ": take one such as " : "",
			 count > 0 ? names[0] : "");
}

static int
read_end(struct tape_line *l, const struct setup *s, const char *keyword,
	 uint32_t *out, struct fr_err *err)
{
	struct tape_word w;
	int64_t i;
	bool client;

	if (line_expect(l, keyword, err) < 0)
		return -1;
	if (!line_word(l, &w) || (strcmp(w.text, "node") != 0 &&
				  strcmp(w.text, "client") != 0)) {
		err_usage(err, "'node' or 'client' and its number have to "
			  "stand behind '%s'", keyword);
		return line_error(l, w.at, err);
	}
	client = w.text[0] == 'c';
	if (line_number(l, 0, (client ? s->clients : s->config->nodes) - 1,
			&i, err) < 0)
		return -1;
	*out = (uint32_t)i + (client ? TAPE_CLIENT : 0);
	return 0;
}

/* ---- lines ---------------------------------------------------------------------------- */

static int
read_operation(struct tape_maker *m, struct tape_line *l, int64_t at,
	       uint32_t phase, struct fr_err *err)
{
	const struct setup *s = m->setup;
	struct tape_op op = { .at = at, .phase = phase, .key = FR_NO_KEY,
			      .line = l->number };
	struct tape_word w;
	int64_t client, node;
	const char *before;

	if (line_expect(l, "client", err) < 0 ||
	    line_number(l, 0, (int64_t)s->clients - 1, &client, err) < 0 ||
	    line_expect(l, "node", err) < 0 ||
	    line_number(l, 0, (int64_t)s->config->nodes - 1, &node, err) < 0 ||
	    line_expect(l, ":", err) < 0)
		return -1;
	if (!line_word(l, &w)) {
		err_usage(err, "the operation is missing: %s, ...",
			  s->op_names[0]);
		return line_error(l, w.at, err);
	}
	if (find_name(w.text, s->op_names, s->workload->ops.count,
		      "operation", &op.f, err) < 0)
		return line_error(l, w.at, err);
	if (!s->supported[op.f]) {
		err_usage(err, "the protocol does not answer '%s'", w.text);
		return line_error(l, w.at, err);
	}
	op.client = (uint32_t)client;
	op.node = (uint32_t)node;
	for (;;) {
		before = l->at;
		if (!line_word(l, &w))
			break;
		if (strcmp(w.text, "key") == 0) {
			if (line_number(l, INT64_MIN, INT64_MAX, &op.key,
					err) < 0)
				return -1;
		} else if (strcmp(w.text, "value") == 0) {
			if (line_value(l, m->arena, &op.value, err) < 0)
				return -1;
		} else {
			l->at = before;
			break;
		}
	}
	mem_grow(&m->tape->ops, &m->op_room, m->tape->op_count + 1, sizeof op);
	m->tape->ops[m->tape->op_count++] = op;
	return 0;
}

/* By the plan's own reader, with what errors need to name the place. */
static int
read_fault(struct tape_maker *m, struct tape_line *l, const char *from,
	   int64_t id, struct fr_err *err)
{
	struct plan plan;
	struct buf b;
	uint32_t i;
	int status;

	buf_init(&b, 64 << 20);
	for (i = 1; i < l->number; i++)
		buf_char(&b, '\n');
	for (i = 0; i < (uint32_t)(from - l->text); i++)
		buf_char(&b, ' ');
	buf_add(&b, from, (size_t)(l->end - from));
	status = plan_read(b.data, l->name, &m->setup->ground, &plan, err);
	buf_free(&b);
	if (status < 0)
		return -1;
	FR_ASSERT(plan.count == 1);
	mem_grow(&m->tape->faults, &m->fault_room,
		 (size_t)m->tape->fault_count + 1, sizeof *m->tape->faults);
	buf_init(&b, 1 << 20);
	fault_line(&plan.faults[0], &b);
	m->tape->faults[m->tape->fault_count++] = (struct tape_fault){
		.at = plan.faults[0].at, .length = plan.faults[0].length,
		.id = (uint32_t)id, .family = plan.faults[0].family,
		.words = arena_string(m->arena, b.data),
	};
	buf_free(&b);
	plan_free(&plan);
	l->at = l->end;
	return 0;
}

static int
read_at(struct tape_maker *m, struct tape_line *l, const char *from,
	uint32_t phase, int64_t id, struct fr_err *err)
{
	struct tape_word w;
	const char *before;
	int64_t at;

	if (line_time(l, &at, err) < 0)
		return -1;
	before = l->at;
	if (line_word(l, &w) && strcmp(w.text, "for") == 0 &&
	    phase == FR_PHASE_MAIN)
		return read_fault(m, l, from, id, err);
	if (strcmp(w.text, "client") == 0 && id == 0) {
		l->at = before;
		return read_operation(m, l, at, phase, err);
	}
	err_usage(err, "behind the time stands 'client' (an operation: 'client "
		  "0 node 1: read') or 'for' (a fault: 'for 1s kill 2')");
	return line_error(l, w.at, err);
}

static int
read_fate(struct tape_line *l, struct net_choice *c, struct fr_err *err)
{
	struct tape_word w;

	if (line_word(l, &w) && strcmp(w.text, "is") == 0) {
		c->lost = true;
		return line_expect(l, "lost", err);
	}
	if (strcmp(w.text, "takes") != 0) {
		err_usage(err, "a message 'is lost' or 'takes TIME'");
		return line_error(l, w.at, err);
	}
	if (line_time(l, &c->delay, err) < 0)
		return -1;
	while (line_word(l, &w)) {
		if (strcmp(w.text, "passed") == 0) {
			c->held = true;
		} else if (strcmp(w.text, "again") == 0) {
			c->twice = true;
			if (line_time(l, &c->second, err) < 0)
				return -1;
		} else {
			err_usage(err, "'%s' is nothing that happens to a "
				  "message: 'passed' (by those behind it) or "
				  "'again TIME' (a copy)", w.text);
			return line_error(l, w.at, err);
		}
	}
	return 0;
}

static int
read_message(struct tape_line *l, const struct setup *s,
	     struct tape_choice *c, struct fr_err *err)
{
	const struct descriptor *d;
	struct tape_word name;
	const char *want;
	int64_t n;

	if (!line_word(l, &name)) {
		err_usage(err, "which message? 'message NAME 1 from node 0 to "
			  "node 1 takes 5ms'");
		return line_error(l, name.at, err);
	}
	if (line_number(l, 1, INT64_MAX, &n, err) < 0 ||
	    read_end(l, s, "from", &c->from, err) < 0 ||
	    read_end(l, s, "to", &c->to, err) < 0)
		return -1;
	c->n = (uint64_t)n;
	if (c->from >= TAPE_CLIENT || c->to >= TAPE_CLIENT) {
		want = c->from >= TAPE_CLIENT ? "request" : "reply";
		if (c->from >= TAPE_CLIENT && c->to >= TAPE_CLIENT)
			err_usage(err, "clients do not talk to each other");
		else if (strcmp(name.text, want) != 0)
			err_usage(err, "what goes from there to there is a "
				  "'%s'", want);
		else
			return read_fate(l, &c->message, err);
		return line_error(l, name.at, err);
	}
	d = descriptor_of(s, c->from);
	if (find_name(name.text, (const char *const *)d->messages,
		      d->message_count, "message", &c->type, err) < 0)
		return line_error(l, name.at, err);
	if (c->from == c->to) {
		err_usage(err, "what a node sends to itself always arrives at "
			  "once");
		return line_error(l, name.at, err);
	}
	return read_fate(l, &c->message, err);
}

static int
read_start(struct tape_line *l, const struct setup *s, struct tape_choice *c,
	   struct fr_err *err)
{
	int64_t n, node, takes;

	c->kind = CHOICE_WORLD;
	memcpy(c->label, BOOT, sizeof BOOT);
	if (line_number(l, 0, UINT32_MAX, &n, err) < 0 ||
	    line_expect(l, "of node", err) < 0 ||
	    line_number(l, 0, (int64_t)s->config->nodes - 1, &node, err) < 0 ||
	    line_expect(l, "takes", err) < 0 || line_time(l, &takes, err) < 0)
		return -1;
	c->from = (uint32_t)node;
	c->boot = (uint32_t)n;
	c->value = takes < SIM_BOOT_TIME ? 0 :
		   (uint64_t)(takes - SIM_BOOT_TIME);
	return 0;
}

/* "of node 1 boot 0 is 17" */
static int
read_drawn(struct tape_line *l, const struct setup *s, struct tape_choice *c,
	   struct fr_err *err)
{
	struct tape_word w;
	int64_t node, boot;
	char *end;

	if (line_expect(l, "of node", err) < 0 ||
	    line_number(l, 0, (int64_t)s->config->nodes - 1, &node, err) < 0 ||
	    line_expect(l, "boot", err) < 0 ||
	    line_number(l, 0, UINT32_MAX, &boot, err) < 0 ||
	    line_expect(l, "is", err) < 0)
		return -1;
	c->from = (uint32_t)node;
	c->boot = (uint32_t)boot;
	(void)line_word(l, &w);
	c->value = strtoull(w.text, &end, 10);
	if (isdigit((unsigned char)w.text[0]) && *end == '\0')
		return 0;
	err_usage(err, "a number from 0 to 2^64 - 1 is missing");
	return line_error(l, w.at, err);
}

static int
read_random(struct tape_line *l, const struct setup *s, struct tape_choice *c,
	    struct fr_err *err)
{
	int64_t n;

	c->kind = CHOICE_RANDOM;
	if (line_number(l, 1, INT64_MAX, &n, err) < 0)
		return -1;
	c->n = (uint64_t)n;
	return read_drawn(l, s, c, err);
}

static int
read_world(struct tape_line *l, const struct setup *s, struct tape_choice *c,
	   struct fr_err *err)
{
	struct tape_word w;

	c->kind = CHOICE_WORLD;
	if (!line_word(l, &w) || strlen(w.text) >= sizeof c->label) {
		err_usage(err, "which choice? 'choice LABEL of node 0 boot 0 "
			  "is 17'");
		return line_error(l, w.at, err);
	}
	memcpy(c->label, w.text, strlen(w.text) + 1);
	return read_drawn(l, s, c, err);
}

static int
read_choice(struct tape_maker *m, struct tape_line *l,
	    int (*read)(struct tape_line *l, const struct setup *s,
			struct tape_choice *c, struct fr_err *err),
	    struct fr_err *err)
{
	struct tape_choice c = { .kind = CHOICE_MESSAGE };

	if (read(l, m->setup, &c, err) < 0)
		return -1;
	mem_grow(&m->tape->choices, &m->choice_room,
		 m->tape->choice_count + 1, sizeof c);
	m->tape->choices[m->tape->choice_count++] = c;
	return line_end(l, err);
}

int
tape_line(struct tape_maker *m, struct tape_line *l,
	  const struct tape_word *first, struct fr_err *err)
{
	const char *word = first->text;
	struct tape_word w;
	int64_t id;

	if (strcmp(word, "at") == 0)
		return read_at(m, l, first->at, FR_PHASE_MAIN, 0, err);
	if (strcmp(word, "message") == 0)
		return read_choice(m, l, read_message, err);
	if (strcmp(word, "start") == 0)
		return read_choice(m, l, read_start, err);
	if (strcmp(word, "random") == 0)
		return read_choice(m, l, read_random, err);
	if (strcmp(word, "choice") == 0)
		return read_choice(m, l, read_world, err);
	if (strcmp(word, "fault") == 0) {
		if (line_number(l, 1, UINT32_MAX, &id, err) < 0)
			return -1;
		while (l->at < l->end && isspace((unsigned char)*l->at))
			l->at++;
		w.at = l->at;
		return line_expect(l, "at", err) < 0 ? -1 :
		       read_at(m, l, w.at, FR_PHASE_MAIN, id, err);
	}
	if (strcmp(word, "finally") == 0) {
		m->tape->final = true;
		if (!line_word(l, &w))
			return 0;
		l->at = w.at;
		return line_expect(l, "at", err) < 0 ? -1 :
		       read_at(m, l, w.at, FR_PHASE_FINAL, 0, err);
	}
	if (strcmp(word, "length") == 0)
		return line_time(l, &m->tape->length, err) < 0 ? -1 :
		       line_end(l, err);
	if (strcmp(word, "choices") == 0) {
		m->tape->drawn = true;
		return line_expect(l, "drawn", err) < 0 ? -1 :
		       line_end(l, err);
	}
	return 1;
}

/* Of one instant they stay as they were written. */
static void
sort_faults(struct tape *t)
{
	struct tape_fault f;
	uint32_t i, k;

	for (i = 1; i < t->fault_count; i++) {
		f = t->faults[i];
		for (k = i; k > 0 && f.at < t->faults[k - 1].at; k--)
			t->faults[k] = t->faults[k - 1];
		t->faults[k] = f;
	}
}

int
tape_made(struct tape_maker *m, struct fr_err *err)
{
	struct tape *t = m->tape;
	size_t i, k;

	for (i = 0; i < t->choice_count; i++)
		for (k = 0; k < i; k++)
			if (choice_same(&t->choices[i], &t->choices[k]))
				return err_usage(err, "two lines say what is to "
						 "become of one message: its "
						 "number counts those of its "
						 "name between the same two");
	sort_faults(t);
	for (i = 0; i < t->fault_count; i++)
		if (t->faults[i].id == 0)
			t->faults[i].id = (uint32_t)i + 1;
	tape_sort(t);
	return 0;
}

int
tape_read(const char *text, const char *name, const struct setup *s,
	  struct arena *a, struct tape *out, struct fr_err *err)
{
	struct tape t = { .seed = s->config->seed, .nodes = s->config->nodes,
			  .clients = s->clients };
	struct tape_maker m = { .arena = a, .setup = s, .tape = &t };
	struct tape_line l = { .name = name };
	struct tape_word w;
	int got;

	while (line_next(&l, &text)) {
		if (!line_word(&l, &w))
			continue;
		got = tape_line(&m, &l, &w, err);
		if (got == 0)
			got = line_end(&l, err);
		if (got > 0) {
			err_usage(err, "'%s' begins no line of a tape",
				  w.text);
			line_error(&l, w.at, err);
		}
		if (got != 0)
			goto fail;
	}
	if (tape_made(&m, err) < 0)
		goto fail;
	*out = t;
	return 0;
fail:
	tape_drop(&t);
	return -1;
}

/* ---- writing -------------------------------------------------------------------------- */

void
tape_op_text(const struct tape_op *op, const struct setup *s, struct buf *out)
{
	char at[32];

	time_exact(op->at, at, sizeof at);
	buf_printf(out, "%sat %s client %u node %u: %s",
		   op->phase == FR_PHASE_FINAL ? "finally " : "", at,
		   op->client, op->node, s->op_names[op->f]);
	if (op->key != FR_NO_KEY)
		buf_printf(out, " key %" PRId64, op->key);
	if (op->value.kind != FR_NIL) {
		buf_text(out, " value ");
		value_text(out, &op->value);
	}
}

static void
end_text(uint32_t end, struct buf *out)
{
	if (end >= TAPE_CLIENT)
		buf_printf(out, "client %u", end - TAPE_CLIENT);
	else
		buf_printf(out, "node %u", end);
}

static const char *
name_of_message(const struct tape_choice *c, const struct setup *s)
{
	const struct descriptor *d;

	if (c->from >= TAPE_CLIENT)
		return "request";
	if (c->to >= TAPE_CLIENT)
		return "reply";
	d = descriptor_of(s, c->from);
	return c->type < d->message_count ? d->messages[c->type] : "?";
}

static void
time_added(const char *word, int64_t ns, struct buf *out)
{
	char text[32];

	time_exact(ns, text, sizeof text);
	buf_printf(out, " %s %s", word, text);
}

void
choice_text(const struct tape_choice *c, const struct setup *s,
	    struct buf *out)
{
	const struct net_choice *m = &c->message;

	if (c->kind == CHOICE_RANDOM) {
		buf_printf(out, "random %" PRIu64 " of node %u boot %u is %"
			   PRIu64, c->n, c->from, c->boot, c->value);
		return;
	}
	if (c->kind == CHOICE_WORLD && strcmp(c->label, BOOT) != 0) {
		buf_printf(out, "choice %s of node %u boot %u is %" PRIu64,
			   c->label, c->from, c->boot, c->value);
		return;
	}
	if (c->kind == CHOICE_WORLD) {
		buf_printf(out, "start %u of node %u", c->boot, c->from);
		time_added("takes", SIM_BOOT_TIME + (int64_t)c->value, out);
		return;
	}
	buf_printf(out, "message %s %" PRIu64 " from ", name_of_message(c, s),
		   c->n);
	end_text(c->from, out);
	buf_text(out, " to ");
	end_text(c->to, out);
	if (m->lost) {
		buf_text(out, " is lost");
		return;
	}
	time_added("takes", m->delay, out);
	if (m->held)
		buf_text(out, " passed");
	if (m->twice)
		time_added("again", m->second, out);
}

void
choice_words(const struct tape_choice *c, const struct setup *s,
	     struct buf *out)
{
	if (c->from >= TAPE_CLIENT || c->to >= TAPE_CLIENT)
		buf_printf(out, "the %s", name_of_message(c, s));
	else
		buf_printf(out, "the message `%s`", name_of_message(c, s));
	buf_text(out, " from ");
	end_text(c->from, out);
	buf_text(out, " to ");
	end_text(c->to, out);
}

/* ---- faults -------------------------------------------------------------------------- */

static void
line_of(const struct tape_fault *f, struct buf *out)
{
	char at[32], length[32];

	time_exact(f->at, at, sizeof at);
	time_exact(f->length, length, sizeof length);
	buf_printf(out, "at %s for %s %s\n", at, length, f->words);
}

void
tape_fault_text(const struct tape_fault *f, struct buf *out)
{
	buf_printf(out, "fault %u ", f->id);
	line_of(f, out);
}

int
tape_fault_make(const struct tape_fault *f, const struct ground *g,
		struct fault *out, struct fr_err *err)
{
	struct ground record = *g;
	struct plan plan;
	struct buf b;
	int status;

	/* As it was: whoever made it was on guard. */
	record.stored = true;
	buf_init(&b, 1 << 20);
	line_of(f, &b);
	status = plan_read(b.data, "the tape", &record, &plan, err);
	buf_free(&b);
	if (status < 0)
		return -1;
	FR_ASSERT(plan.count == 1);
	*out = plan.faults[0];
	out->id = f->id;
	plan.count = 0;
	plan_free(&plan);
	return 0;
}

void
tape_text(const struct tape *t, const struct setup *s, struct buf *out)
{
	char text[32];
	size_t i;

	if (t->drawn)
		buf_text(out, "choices drawn\n");
	if (t->length > 0) {
		time_exact(t->length, text, sizeof text);
		buf_printf(out, "length %s\n", text);
	}
	for (i = 0; i < t->fault_count; i++)
		if (t->faults[i].id != i + 1)
			tape_fault_text(&t->faults[i], out);
		else
			line_of(&t->faults[i], out);
	for (i = 0; i < t->op_count; i++) {
		tape_op_text(&t->ops[i], s, out);
		buf_char(out, '\n');
	}
	for (i = 0; i < t->choice_count; i++) {
		choice_text(&t->choices[i], s, out);
		buf_char(out, '\n');
	}
	if (t->final && (t->op_count == 0 ||
			 t->ops[t->op_count - 1].phase != FR_PHASE_FINAL))
		buf_text(out, "finally\n");
}
