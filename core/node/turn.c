/* SPDX-License-Identifier: MIT */
/*
 * A node's turns: handlers called, and what they gather written out.
 *
 *  1. Handlers get bodies where they were received, and nothing is copied on
 *     the way in; on the way out a frame is written once, into `out`.
 *  2. Nothing here knows what time it is, or what carries the frames.
 */
#include "core/node/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"

struct host *the_host;

#define OUT_FIRST (64u * 1024u)
#define OUT_KEPT  (CARRIER_BATCH + 2 * OUT_FIRST)

/* ---- out ----------------------------------------------------------------- */

void
host_flush(struct host *h)
{
	if (h->out.size == 0)
		return;
	h->sending = true;
	if (h->carrier->ops->send(h->carrier, h->out.data, h->out.size) < 0)
		_exit(0);
	h->out.size = 0;
	h->sending = false;
	if (h->out.room > OUT_KEPT) {
		free(h->out.data);
		h->out.room = OUT_FIRST;
		h->out.data = mem_resize(NULL, h->out.room, 1);
	}
}

static void
out_grow(struct host *h, size_t want)
{
	size_t room = h->out.room == 0 ? OUT_FIRST : h->out.room;

	while (room < want)
		room *= 2;
	h->out.data = mem_resize(h->out.data, room, 1);
	h->out.room = room;
}

void *
out_begin(struct host *h, size_t body_max)
{
	size_t want = sizeof(struct frame) + body_max + 8;

	if (h->out.size >= CARRIER_BATCH)
		host_flush(h);
	if (h->out.size + want > h->out.room)
		out_grow(h, h->out.size + want);
	return h->out.data + h->out.size + sizeof(struct frame);
}

void
out_end(struct host *h, uint16_t kind, uint16_t type, uint16_t dst,
	uint64_t id, size_t body)
{
	struct frame *f = (struct frame *)(void *)(h->out.data + h->out.size);
	size_t size = sizeof *f + ((body + 7) & ~(size_t)7);

	if (size > sizeof *f + body)
		memset((char *)(f + 1) + body, 0, size - sizeof *f - body);
	f->size = (uint32_t)size;
	f->body = (uint32_t)body;
	f->kind = kind;
	f->type = type;
	f->src = (uint16_t)h->id;
	f->dst = dst;
	f->src_boot = h->boot;
	f->dst_boot = 0;
	f->id = id;
	h->out.size += size;
}

void
out_message(struct host *h, uint16_t type, uint16_t dst, const void *body,
	    size_t size)
{
	size_t room = (size + 7) & ~(size_t)7, whole = sizeof(struct frame) +
						       room;
	struct frame *f;
	char *at;

	if (h->out.size >= CARRIER_BATCH ||
	    h->out.size + whole > h->out.room)
		(void)out_begin(h, size);
	f = (struct frame *)(void *)(h->out.data + h->out.size);
	at = (char *)(f + 1);
	*f = (struct frame){
		.size = (uint32_t)whole, .body = (uint32_t)size,
		.kind = FRAME_MESSAGE, .type = type, .src = (uint16_t)h->id,
		.dst = dst, .src_boot = h->boot,
	};
	if (size > 0) {
		/* What fills the last word up, before the body is. */
		memset(at + room - 8, 0, 8);
		memcpy(at, body, size);
	}
	h->out.size += whole;
}

static void
out_text(struct host *h, uint16_t kind, const char *text)
{
	size_t max = strlen(text) + 4;
	struct fr_writer w = fr_writer(out_begin(h, max), max);

	wire_put_text(&w, text);
	out_end(h, kind, 0, 0, 0, w.size);
}

int
misuse(struct host *h, int answer, const char *format, ...)
{
	char text[512];
	va_list args;

	if (h->misuses > MISUSE_MAX)
		return answer;
	if (h->misuses++ == MISUSE_MAX) {
		out_text(h, FRAME_MISUSE, "more of the kind follows, and is "
			 "not recorded");
		return answer;
	}
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	out_text(h, FRAME_MISUSE, text);
	return answer;
}

_Noreturn void
fatal(struct host *h, const char *format, ...)
{
	char text[1400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	out_text(h, FRAME_FATAL, text);
	host_flush(h);
	h->leave(h, 1);
	abort();
}

/* ---- the plugin's code --------------------------------------------------- */

void
plugin_since(struct host *h)
{
	PAGE_SET(h->page, since, clock_mono());
}

void
host_message(struct host *h, const struct frame *f, const void *body)
{
	const struct fr_message *m;

	if (f->type >= h->protocol.messages.count) {
		misuse(h, 0, "received a message of type %u from node %u: "
		       "there are %u types", f->type, f->src,
		       h->protocol.messages.count);
		return;
	}
	m = &h->messages[f->type];
	if (f->body < m->min_size) {
		misuse(h, 0, "received message `%s` of %u bytes from node %u: "
		       "it has at least %u", m->name, f->body, f->src,
		       m->min_size);
		return;
	}
	plugin_enter(h, DOING_MESSAGE, f->type);
	m->handler(&h->node, f->src, body, f->body);
	plugin_leave(h);
}

void
host_timer(struct host *h, const struct timer_due *due)
{
	plugin_enter(h, DOING_TIMER, due->timer);
	h->timer_kinds[due->timer].handler(&h->node, due->tag);
	plugin_leave(h);
}

/* ---- a boot's beginning and end ------------------------------------------ */

void
host_describe(struct host *h, const struct fr_protocol *raw)
{
	const struct fr_protocol *p = &h->protocol;
	uint32_t i;

	h->raw = raw;
	h->protocol = protocol_view(raw);
	h->messages = mem_array(p->messages.count, sizeof *h->messages);
	h->requests = mem_array(p->requests.count, sizeof *h->requests);
	h->timer_kinds = mem_array(p->timers.count, sizeof *h->timer_kinds);
	for (i = 0; i < p->messages.count; i++)
		h->messages[i] = protocol_message(p, i);
	for (i = 0; i < p->requests.count; i++)
		h->requests[i] = protocol_request(p, i);
	for (i = 0; i < p->timers.count; i++)
		h->timer_kinds[i] = protocol_timer(p, i);
}

static void
free_params(struct host *h)
{
	uint32_t i;

	for (i = 0; h->params != NULL && i < h->protocol.params.count; i++)
		free(h->params[i].value.text);
	free(h->params);
}

void
host_release(struct host *h)
{
	size_t i;

	free_params(h);
	for (i = 0; i < h->memory.room; i++)
		if (h->memory.slots[i].value != MAP_NONE)
			free((void *)(uintptr_t)h->memory.slots[i].key);
	map_free(&h->memory);
	map_free(&h->open);
	free(h->list);
	timers_free(&h->timers);
	disk_free(h->disk);
	free(h->node.state);
	free(h->neighbours);
	free(h->messages);
	free(h->requests);
	free(h->timer_kinds);
	free(h->out.data);
	memset(h, 0, sizeof *h);
}
