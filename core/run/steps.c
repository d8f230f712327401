/* SPDX-License-Identifier: MIT */
/* The steps of a simulated run: in words, and compared. */
#include "core/run/steps.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "core/world/steps.h"

/* ---- in words ------------------------------------------------------------------------ */

static const char *
name_of(char *const *names, uint32_t count, uint32_t index)
{
	return index < count ? names[index] : "?";
}

static void
frame_words(uint32_t kind, struct buf *out)
{
	static const char *const words[] = {
		[FRAME_READY] = "is ready",
		[FRAME_CLAIM] = "states a fact",
		[FRAME_NOTE] = "notes what it believes",
		[FRAME_LOG] = "logs",
		[FRAME_MISUSE] = "does what a protocol must not",
		[FRAME_FATAL] = "cannot go on",
	};

	if (kind < sizeof words / sizeof *words && words[kind] != NULL)
		buf_text(out, words[kind]);
	else
		buf_printf(out, "says something of kind %u", kind);
}

static void
hurt_words(uint32_t fault, struct buf *out)
{
	static const char *const words[] = {
		[STEP_SET_CRASH] = "is to crash at a point",
		[STEP_SET_DISK] = "has its disk changed",
		[STEP_SET_SLOW] = "is to be slow, or not any more",
		[STEP_HARM] = "has its files changed",
		[STEP_REPLACE] = "is to be of another file",
	};

	buf_text(out, fault < sizeof words / sizeof *words ? words[fault] :
		 "is done something to");
}

void
step_words(const struct setup *s, const struct cell_step *step,
	   const char *text, struct buf *out)
{
	const struct descriptor *d;
	const char *message;

	if (step->node >= s->config->nodes) {
		buf_printf(out, "node %u, which there is not", step->node);
		return;
	}
	d = &s->plugins[s->plugin_of[step->node]].descriptor;
	message = name_of(d->messages, d->message_count, step->index);
	buf_printf(out, "node %u ", step->node);
	switch (step->kind) {
	case STEP_BOOT:
		buf_printf(out, "runs `start` (boot %" PRIu64 ")", step->id);
		break;
	case STEP_END:
		buf_text(out, "ends");
		break;
	case STEP_PAUSE:
		buf_text(out, "is paused");
		break;
	case STEP_RESUME:
		buf_text(out, "goes on");
		break;
	case STEP_CLOCK:
		buf_text(out, "has its clock changed");
		break;
	case STEP_FAULT:
		hurt_words(step->index, out);
		break;
	case STEP_MESSAGE:
		buf_printf(out, "receives `%s` from node %u (%u bytes)",
			   message, step->peer, step->size);
		break;
	case STEP_DROP:
		buf_printf(out, "does not get `%s` from node %u (%s)",
			   message, step->peer,
			   trace_name((uint8_t)step->id));
		break;
	case STEP_SENT:
		buf_printf(out, "sends `%s` to node %u", message, step->peer);
		break;
	case STEP_ANSWER:
		buf_printf(out, "answers client %u", step->peer);
		break;
	case STEP_REQUEST:
		buf_printf(out, "is asked by client %u", step->peer);
		break;
	case STEP_REPLY:
		buf_printf(out, "has answered client %u", step->peer);
		break;
	case STEP_TIMER:
		buf_printf(out, "has timer `%s` (%" PRIu64 ") run out",
			   name_of(d->timers, d->timer_count, step->index),
			   step->id);
		break;
	case STEP_WORD:
		frame_words(step->index, out);
		break;
	default:
		buf_printf(out, "does something of kind %u", step->kind);
	}
	if (*text != '\0')
		buf_printf(out, ": %s", text);
}

/* ---- compared ------------------------------------------------------------------------ */

struct kept {
	struct cell_step step;
	char *text;
};

struct steps {
	struct kept *at;
	size_t count, room;
};

static void
keep(void *arg, const struct cell_step *step, const char *text)
{
	struct steps *all = arg;

	mem_grow(&all->at, &all->room, all->count + 1, sizeof *all->at);
	all->at[all->count].step = *step;
	all->at[all->count++].text = mem_string(text);
}

static void
steps_free(struct steps *all)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		free(all->at[i].text);
	free(all->at);
}

static int
collect(struct cell_worker *w, uint64_t seed, struct steps *all,
	struct fr_err *err)
{
	const struct cell_sink sink = { .step = keep, .arg = all };
	struct cell_done done;

	if (cell_ask(w, seed, JOB_STEPS, err) < 0 ||
	    cell_read(w, true, &sink, &done, err) < 0)
		return -1;
	run_result_free(&done.result);
	return 0;
}

static void
told(const struct setup *s, const struct steps *all, size_t i,
     struct buf *out)
{
	if (i >= all->count) {
		buf_text(out, "nothing more happens");
		return;
	}
	buf_printf(out, "at %.6fs ", (double)all->at[i].step.t / 1e9);
	step_words(s, &all->at[i].step, all->at[i].text, out);
}

int
steps_differ(struct cell_worker *a, struct cell_worker *b,
	     const struct setup *s, uint64_t seed, char **words,
	     struct fr_err *err)
{
	struct steps one = { 0 }, two = { 0 };
	struct buf out;
	size_t i = 0;
	int status;

	status = collect(a, seed, &one, err);
	if (status == 0)
		status = collect(b, seed, &two, err);
	if (status == 0) {
		/* The hash of a step is of all before it, too. */
		while (i < one.count && i < two.count &&
		       one.at[i].step.hash == two.at[i].step.hash &&
		       one.at[i].step.body_hash == two.at[i].step.body_hash)
			i++;
		buf_init(&out, 65536);
		if (i == one.count && i == two.count) {
			buf_text(&out, "a third and a fourth time it did not "
				 "differ");
		} else {
			buf_printf(&out, "first at step %zu: once, ", i + 1);
			told(s, &one, i, &out);
			buf_text(&out, "; once, ");
			told(s, &two, i, &out);
		}
		*words = mem_string(out.data);
		buf_free(&out);
	}
	steps_free(&one);
	steps_free(&two);
	return status;
}
