/* SPDX-License-Identifier: MIT */
/*
 * The store as a cell has it: the writing half of history.h, into memory that
 * is shared with the worker.  Whatever becomes of the cell, what it has
 * recorded is there.
 */
#include "core/cell/cell.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* Of a message's body that is described in a step. */
#define STEP_TEXT 512u

struct history {
	struct cell_shared *shared;
	size_t room;
	uint64_t dropped;		/* of the trace                        */
	struct buf body;
};

struct history *
store_log(struct cell_shared *shared, size_t room)
{
	struct history *h = mem_new(sizeof *h);

	h->shared = shared;
	h->room = room;
	buf_init(&h->body, 64u << 20);
	return h;
}

static bool
append(struct history *h, uint32_t kind, const void *data, size_t size)
{
	uint64_t used = atomic_load_explicit(&h->shared->used,
					     memory_order_relaxed);
	const struct cell_record r = { kind, (uint32_t)size };
	unsigned char *at = h->shared->log + used;
	uint64_t whole = sizeof r + ((size + 7) & ~(uint64_t)7);

	if (whole > h->room - used)
		return false;
	memcpy(at, &r, sizeof r);
	if (size > 0)
		memcpy(at + sizeof r, data, size);
	atomic_store_explicit(&h->shared->used, used + whole,
			      memory_order_release);
	return true;
}

void
store_record(struct history *h, uint32_t kind, const struct buf *body)
{
	if (!append(h, kind, body->data, body->size))
		atomic_store(&h->shared->full, 1);
}

uint64_t
store_dropped(const struct history *h)
{
	return h->dropped;
}

/* Half of the room is the trace's, and a quarter is kept for the result. */
static bool
room_for(const struct history *h, uint64_t part)
{
	return atomic_load_explicit(&h->shared->used, memory_order_relaxed) <
	       h->room / 4 * part;
}

void
history_event(struct history *h, const struct event *e)
{
	buf_clear(&h->body);
	cell_put_event(&h->body, e);
	if (h->body.full || !room_for(h, 3) ||
	    !append(h, RECORD_EVENT, h->body.data, h->body.size))
		atomic_store(&h->shared->full, 1);
}

void
history_trace(struct history *h, const struct trace *t, uint32_t max_body)
{
	buf_clear(&h->body);
	cell_put_trace(&h->body, t, max_body);
	if (!room_for(h, 2) ||
	    !append(h, RECORD_TRACE, h->body.data, h->body.size))
		h->dropped++;
}

void
store_step(void *history, const struct sim_step *s, uint64_t hash,
	   const struct sim_plugin *plugin)
{
	struct history *h = history;
	struct fr_protocol p = protocol_view(plugin->protocol);
	char text[STEP_TEXT] = "";
	struct cell_step step = {
		.t = s->t, .id = s->id, .hash = hash,
		.body_hash = hash_bytes(0, s->body, s->size),
		.kind = s->kind, .node = s->node, .peer = s->peer,
		.index = s->index, .size = (uint32_t)s->size,
	};

	if ((s->kind == STEP_MESSAGE || s->kind == STEP_DROP) &&
	    p.describe != NULL && s->index < p.messages.count &&
	    s->size >= protocol_message(&p, s->index).min_size)
		p.describe(s->index, s->body, s->size, text, sizeof text);
	if (s->kind == STEP_END)
		snprintf(text, sizeof text, "%.*s", (int)s->size,
			 (const char *)s->body);
	text[sizeof text - 1] = '\0';
	step.text = (uint32_t)strlen(text);
	buf_clear(&h->body);
	buf_add(&h->body, &step, sizeof step);
	buf_add(&h->body, text, step.text);
	if (!room_for(h, 3) ||
	    !append(h, RECORD_STEP, h->body.data, h->body.size))
		h->dropped++;
}
