/* SPDX-License-Identifier: MIT */
/* A simulated run as a story. */
#include "core/cli/telling.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "core/cli/value.h"
#include "core/cli/words.h"
#include "core/run/recorder.h"
#include "core/run/steps.h"
#include "core/world/steps.h"

#define NOBODY UINT32_MAX

/* ---- until ------------------------------------------------------------------------------ */

static const char *const step_kinds[STEP_KINDS] = {
	[STEP_BOOT] = "start", [STEP_PAUSE] = "pause",
	[STEP_RESUME] = "resume", [STEP_CLOCK] = "clock",
	[STEP_MESSAGE] = "message", [STEP_DROP] = "drop",
	[STEP_REQUEST] = "request", [STEP_TIMER] = "timer",
	[STEP_SENT] = "send", [STEP_ANSWER] = "answer",
	[STEP_FAULT] = "harm",
};

static const char *const kinds[] = {
	"start", "pause", "resume", "clock", "message", "drop", "request",
	"timer", "send", "answer", "harm", "invoke", "ok", "fail", "info", "boot",
	"ready", "end", "fault", "heal", "claim", "note", "log", "misuse",
	"phase", "violation",
};

bool
telling_is_violation(const char *until)
{
	return strcmp(until, "violation") == 0;
}

int
telling_check(const char *until, struct fr_err *err)
{
	const size_t count = sizeof kinds / sizeof *kinds;
	char kind[32];
	const char *near;
	int64_t number;
	size_t i;

	if (isdigit((unsigned char)*until))
		return read_int(until, 1, INT64_MAX, &number, err);
	snprintf(kind, sizeof kind, "%.*s", (int)strcspn(until, ":"), until);
	for (i = 0; i < count; i++)
		if (strcmp(kinds[i], kind) == 0)
			return 0;
	near = nearest_word(kind, kinds, count, sizeof *kinds);
	if (near != NULL)
		return err_usage(err, "nothing is called '%s'; did you mean "
				 "'%s'?", kind, near);
	return err_usage(err, "'%s' is neither a number of a line nor "
			 "something that happens, such as message:update, "
			 "claim:leader or violation", until);
}

/* "kind", "kind:name", or "kind:name=text". */
static bool
matches(const char *until, const char *kind, const char *name,
	const char *text)
{
	size_t size = strlen(kind);

	if (strncmp(until, kind, size) != 0)
		return false;
	if (until[size] == '\0')
		return true;
	if (until[size] != ':' || name == NULL)
		return false;
	until += size + 1;
	size = strlen(name);
	if (strncmp(until, name, size) != 0)
		return false;
	return until[size] == '\0' || (until[size] == '=' && text != NULL &&
				       strcmp(until + size + 1, text) == 0);
}

/* ---- a line ----------------------------------------------------------------------------- */

static bool
wanted(const struct telling *t, int64_t when, int64_t who)
{
	return when >= t->from && (t->to < 0 || when <= t->to) &&
	       (t->node < 0 || who < 0 || who == t->node);
}

static bool
is_until(const struct telling *t, const char *kind, const char *name,
	 const char *text)
{
	if (t->until == NULL || t->found.line > 0)
		return false;
	if (isdigit((unsigned char)*t->until))
		return t->at.line == strtoull(t->until, NULL, 10);
	return matches(t->until, kind, name, text);
}

/*
 * Begins a line; true: its words are wanted, and t->out takes them.  `below`:
 * it belongs to the last line that does not.
 */
static bool
begin(struct telling *t, int64_t when, int64_t who, bool below,
      const char *kind, const char *name, const char *text)
{
	t->at.line++;
	t->at.t = when;
	if (!wanted(t, when, who))
		return false;
	if (is_until(t, kind, name, text))
		t->found = t->at;
	if (t->out == NULL || (t->last > 0 && t->at.line > t->last))
		return false;
	buf_printf(t->out, "%7" PRIu64 "  ", t->at.line);
	if (below)
		buf_printf(t->out, "%11s      ", "");
	else
		buf_printf(t->out, "%11.6f  ", (double)when / 1e9);
	return true;
}

static void
end(struct telling *t)
{
	buf_char(t->out, '\n');
	if (t->flush != NULL)
		t->flush(t->out);
}

/* It is a line of its own, and what this node does now stands below it. */
static void
top(struct telling *t, uint32_t node, int64_t when)
{
	t->top_node = node;
	t->top_t = when;
}

static bool
is_below(const struct telling *t, int64_t node, int64_t when)
{
	return node >= 0 && t->top_node == (uint64_t)node && t->top_t == when;
}

/* ---- messages that leave ------------------------------------------------------------------ */

static const struct descriptor *
descriptor(const struct telling *t, uint32_t node)
{
	const struct setup *s = t->setup;

	return node < s->config->nodes ?
	       &s->plugins[s->plugin_of[node]].descriptor : NULL;
}

static const char *
message_name(const struct telling *t, const struct cell_step *s)
{
	const struct descriptor *d = descriptor(t, s->node);

	return d != NULL && s->index < d->message_count ?
	       d->messages[s->index] : "?";
}

static void
tell_sent(struct telling *t)
{
	const struct cell_step *s = &t->sent;
	const char *name = message_name(t, s);
	bool below = is_below(t, s->node, s->t);

	if (s->kind == 0)
		return;
	if (begin(t, s->t, s->node, below, "send", name, NULL)) {
		if (!below)
			buf_printf(t->out, "node %u ", s->node);
		buf_printf(t->out, "sends `%s` to node%s %s", name,
			   t->sent_count > 1 ? "s" : "", t->sent_to.data);
		if (*t->sent_text != '\0')
			buf_printf(t->out, ": %s", t->sent_text);
		end(t);
	}
	t->sent.kind = 0;
	free(t->sent_text);
	t->sent_text = NULL;
}

/* The same to several is told at one stroke. */
static void
send(struct telling *t, const struct cell_step *s, const char *text)
{
	if (t->sent.kind != 0 &&
	    (t->sent.node != s->node || t->sent.index != s->index ||
	     t->sent.t != s->t || strcmp(t->sent_text, text) != 0))
		tell_sent(t);
	if (t->sent.kind == 0) {
		t->sent = *s;
		t->sent_text = mem_string(text);
		t->sent_count = 0;
		buf_clear(&t->sent_to);
	}
	buf_printf(&t->sent_to, "%s%u", t->sent_count++ > 0 ? ", " : "",
		   s->peer);
}

/* ---- steps ------------------------------------------------------------------------------ */

static void
answer(struct telling *t, const struct cell_step *s, const char *text)
{
	bool below = is_below(t, s->node, s->t);

	if (!begin(t, s->t, s->node, below, "answer", NULL, NULL))
		return;
	if (!below)
		buf_printf(t->out, "node %u ", s->node);
	buf_printf(t->out, "answers client %u: %s", s->peer, text);
	end(t);
}

/* What `until` may call it: the message, the timer, the operation. */
static const char *
step_name(const struct telling *t, const struct cell_step *s,
	  const char *text, char *room, size_t max)
{
	const struct descriptor *d = descriptor(t, s->node);

	switch (s->kind) {
	case STEP_MESSAGE:
	case STEP_DROP:
		return message_name(t, s);
	case STEP_TIMER:
		return d != NULL && s->index < d->timer_count ?
		       d->timers[s->index] : NULL;
	case STEP_REQUEST:
		snprintf(room, max, "%.*s", (int)strcspn(text, " ,"), text);
		return room;
	}
	return NULL;
}

static void
tell_step(struct telling *t, const struct cell_step *s, const char *text)
{
	char room[FR_NAME_MAX + 1];
	const char *name = step_name(t, s, text, room, sizeof room);

	if (s->kind != STEP_DROP)
		top(t, s->node, s->t);
	if (!begin(t, s->t, s->node, false, step_kinds[s->kind], name, NULL))
		return;
	step_words(t->setup, s, text, t->out);
	end(t);
}

void
telling_step(void *telling, const struct cell_step *s, const char *text)
{
	struct telling *t = telling;

	if (s->kind == STEP_SENT) {
		send(t, s, text);
		return;
	}
	tell_sent(t);
	t->said = s->kind == STEP_WORD;
	if (s->kind == STEP_ANSWER) {
		answer(t, s, text);
		return;
	}
	t->at.steps++;
	/* Not every protocol has a start. */
	if (s->node == t->handler_of &&
	    ((s->kind == STEP_BOOT && t->until != NULL &&
	      matches(t->until, "start", NULL, NULL)) || s->kind == STEP_MESSAGE ||
	     s->kind == STEP_REQUEST || s->kind == STEP_TIMER))
		t->at.handler = t->at.steps;
	/* Ends, words and answers that arrive are told as events. */
	if (s->kind < STEP_KINDS && step_kinds[s->kind] != NULL)
		tell_step(t, s, text);
	if (t->at.handler == t->at.steps && t->first_handler.line == 0 &&
	    wanted(t, s->t, s->node))
		t->first_handler = t->at;
}

/* ---- events ----------------------------------------------------------------------------- */

static void
keep(struct telling *t, const struct event *e)
{
	struct told_event *to;
	struct event *copy;
	size_t size;

	mem_grow(&t->events, &t->event_room, t->event_count + 1,
		 sizeof *t->events);
	to = &t->events[t->event_count++];
	copy = &to->event;
	*copy = *e;
	to->place = t->at;
	if (e->name != NULL)
		copy->name = arena_string(&t->arena, e->name);
	if (e->text != NULL)
		copy->text = arena_string(&t->arena, e->text);
	if (e->value.kind != FR_LIST && e->value.kind != FR_BYTES)
		return;
	size = e->value.count * (e->value.kind == FR_LIST ?
				 sizeof *e->value.u.list : 1);
	copy->value.u.bytes = arena_new(&t->arena, size + 1);
	memcpy((void *)(uintptr_t)copy->value.u.bytes, e->value.u.bytes, size);
}

/* The words of `fracas watch`, without the time before them. */
static void
event_text(struct telling *t, const struct event *e)
{
	struct arena a = { 0 };
	struct buf json, line;
	struct value *v;

	buf_init(&json, 16 << 20);
	buf_init(&line, 16 << 20);
	event_json(e, t->setup->op_names, t->setup->workload->ops.count, 0,
		   &json);
	if (value_read(&a, json.data, json.size, &v, NULL) == 0) {
		event_words(&line, v, t->colour);
		line.data[line.size - 1] = '\0';
		buf_text(t->out, line.data + strlen("           ") + 2);
	}
	buf_free(&json);
	buf_free(&line);
	arena_free(&a);
}

void
telling_event(void *telling, const struct event *e)
{
	struct telling *t = telling;
	const struct setup *s = t->setup;
	const char *name = e->name;
	bool below = t->said && is_below(t, e->node, e->t);

	tell_sent(t);
	if (e->kind <= EVENT_INFO)
		name = e->f >= 0 && (uint32_t)e->f < s->workload->ops.count ?
		       s->op_names[e->f] : NULL;
	if (!below)
		top(t, NOBODY, 0);
	if (begin(t, e->t, e->node, below, event_name(e->kind), name,
		  e->text)) {
		event_text(t, e);
		end(t);
	}
	if (t->keep)
		keep(t, e);
}

/* ---- beginning and end ------------------------------------------------------------------- */

void
telling_init(struct telling *t, const struct setup *s)
{
	memset(t, 0, sizeof *t);
	t->setup = s;
	t->to = t->node = t->handler_of = -1;
	t->top_node = NOBODY;
	buf_init(&t->sent_to, 1 << 20);
}

void
telling_end(struct telling *t)
{
	tell_sent(t);
}

void
telling_free(struct telling *t)
{
	free(t->sent_text);
	buf_free(&t->sent_to);
	free(t->events);
	arena_free(&t->arena);
}
