/* SPDX-License-Identifier: MIT */
/*
 * The store as a cell has it: the writing half of history.h, into memory that
 * is shared with the worker.  Whatever becomes of the cell, what it has
 * recorded is there.
 */
#include "core/cell/cell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>

#include "core/base/mem.h"
#include "core/node/descriptor.h"

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

/* ---- steps, with words for their bodies ----------------------------------------------- */

static void
value_words(const struct fr_value *v, char *text, size_t max)
{
	size_t used = strlen(text);
	int64_t n;
	uint32_t i;

	switch (v->kind) {
	case FR_INT:
		snprintf(text + used, max - used, " %" PRId64, v->u.number);
		break;
	case FR_LIST:
		/* As it travels, not aligned. */
		for (i = 0; i < v->count && used < max - 32; i++) {
			memcpy(&n, (const char *)v->u.bytes + i * sizeof n,
			       sizeof n);
			used += (size_t)snprintf(text + used, max - used,
						 "%s%" PRId64, i == 0 ? " [" :
						 " ", n);
		}
		snprintf(text + used, max - used, "%s", v->count == 0 ?
			 " []" : i < v->count ? " ...]" : "]");
		break;
	case FR_BYTES:
		snprintf(text + used, max - used, " of %u bytes", v->count);
		break;
	}
}

/* "write, key 3, 7" */
static void
request_words(const struct fr_protocol *p, const struct sim_step *s,
	      char *text, size_t max)
{
	struct fr_reader r = fr_reader(s->body, s->size);
	uint32_t f = fr_get_u32(&r);
	int64_t key = fr_get_i64(&r);
	struct fr_value v;
	int size;

	fr_get_u64(&r);
	fr_get_u64(&r);
	wire_get_value(&r, &v);
	if (r.failed || f >= p->requests.count)
		return;
	size = snprintf(text, max, "%s", protocol_request(p, f).name);
	if (key != FR_NO_KEY)
		size += snprintf(text + size, max - (size_t)size, " key %"
				 PRId64, key);
	if (v.kind != FR_NIL) {
		snprintf(text + size, max - (size_t)size, ",");
		value_words(&v, text, max);
	}
}

/* "ok 7", "fail: not the leader" */
static void
answer_words(const struct sim_step *s, char *text, size_t max)
{
	struct fr_reader r = fr_reader(s->body, s->size);
	uint32_t kind = fr_get_u32(&r), node = fr_get_u32(&r);
	char why[STEP_TEXT / 2];
	struct fr_value v;
	int size;

	wire_get_value(&r, &v);
	wire_get_text(&r, why, sizeof why);
	if (kind == FR_REPLY_REDIRECT) {
		snprintf(text, max, "ask node %u", node);
		return;
	}
	size = snprintf(text, max, "%s", kind == FR_REPLY_OK ? "ok" :
			kind == FR_REPLY_FAIL ? "it did not happen" :
			"nobody knows whether it happened");
	if (kind == FR_REPLY_OK)
		value_words(&v, text, max);
	else if (*why != '\0')
		snprintf(text + size, max - (size_t)size, ": %s", why);
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

	switch (s->kind) {
	case STEP_MESSAGE:
	case STEP_SENT:
	case STEP_DROP:
		if (p.describe != NULL && s->index < p.messages.count &&
		    s->size >= protocol_message(&p, s->index).min_size)
			p.describe(s->index, s->body, s->size, text,
				   sizeof text);
		break;
	case STEP_REQUEST:
		request_words(&p, s, text, sizeof text);
		break;
	case STEP_ANSWER:
		answer_words(s, text, sizeof text);
		break;
	case STEP_END:
		snprintf(text, sizeof text, "%.*s", (int)s->size,
			 (const char *)s->body);
		break;
	default:
		break;
	}
	text[sizeof text - 1] = '\0';
	step.text = (uint32_t)strlen(text);
	buf_clear(&h->body);
	buf_add(&h->body, &step, sizeof step);
	buf_add(&h->body, text, step.text);
	if (!room_for(h, 3) ||
	    !append(h, RECORD_STEP, h->body.data, h->body.size))
		h->dropped++;
}
