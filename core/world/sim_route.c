/* SPDX-License-Identifier: MIT */
/*
 * Frames that leave a node: messages to their links, answers to theirs, and
 * what it says of itself to whoever listens.
 */
#include "core/world/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/node/text.h"

/* ---- messages ------------------------------------------------------------------------ */

static void
trace(struct sim *s, const struct frame *f, int64_t sent, int64_t arrived,
      uint8_t fate)
{
	const struct world_config *c = &s->world.config;
	struct world_message m;

	if (c->events->message == NULL)
		return;
	m = (struct world_message){
		.sent = sent, .arrived = arrived, .src = f->src, .dst = f->dst,
		.src_boot = f->src_boot, .type = f->type, .size = f->body,
		.fate = fate, .body = f + 1,
	};
	c->events->message(c->arg, &m);
}

static void
drop(struct sim *s, const struct frame *f, int64_t sent, uint8_t fate)
{
	s->counts.dropped[fate]++;
	sim_step(s, STEP_DROP, f->dst, f->src, f->type, fate, f + 1, f->body);
	trace(s, f, sent, -1, fate);
}

static void
fly(struct sim *s, struct sim_node *d, struct frame *f, int64_t arrives)
{
	struct sim_event *e;
	unsigned char *copy;
	uint32_t at;

	if (d->state == NODE_DOWN || d->flying + f->size > SIM_QUEUE_MAX) {
		drop(s, f, s->now, d->state == NODE_DOWN ? TRACE_DOWN :
							   TRACE_FULL);
		return;
	}
	f->dst_boot = d->boot;
	copy = sim_room(&s->queue, f->size);
	memcpy(copy, f, f->size);
	if (arrives < s->now + SIM_HOP)
		arrives = s->now + SIM_HOP;
	at = queue_add(&s->queue, arrives, SIM_ARRIVE, d->slot);
	e = &s->queue.events[at];
	e->frames.at = copy;
	e->frames.size = f->size;
	e->frames.sent = s->now;
	d->flying += f->size;
}

/* What comes besides a message: an old one, or a forged one. */
static void
fly_extra(struct sim_node *n, struct sim_node *d, const struct extra *e)
{
	struct sim_queue *q = &n->sim->queue;
	const struct old *old = e->old;
	size_t size = (sizeof(struct frame) + old->size + 7) & ~(size_t)7;
	struct frame *f = sim_room(q, size);

	memset(f, 0, size);
	f->size = (uint32_t)size;
	f->body = old->size;
	f->kind = FRAME_MESSAGE;
	f->type = old->type;
	f->src = (uint16_t)n->id;
	f->src_boot = e->forged ? n->boot : old->src_boot;
	f->dst = (uint16_t)d->id;
	memcpy(f + 1, old->body, old->size);
	net_edit(&e->edit, e->edited, f + 1, old->size);
	fly(n->sim, d, f, e->arrives);
	sim_room_free(q, f, size);
}

/* A link that is cut, or bad in another way. */
static void
route_slowly(struct sim_node *n, struct sim_node *d, struct frame *f)
{
	struct sim *s = n->sim;
	struct net *net = s->world.config.net;
	struct fate fate = sim_send(s, n->id, d->id, f->type, f->body);
	struct sim_node *second = NULL;
	uint32_t i;

	for (i = 0; i < fate.extra_count; i++)
		fly_extra(n, d, &fate.extras[i]);
	if (net->kept != NULL)
		net_keep(net, s->now, n->id, d->id, f->type, f->src_boot,
			 f + 1, f->body);
	if (fate.kind != FATE_DELIVERED) {
		drop(s, f, s->now, (uint8_t)fate.kind);
		return;
	}
	if (fate.edit_count > 0)
		net_edit(fate.edits, fate.edit_count, f + 1, f->body);
	if (fate.instances != FATE_FIRST)
		second = twin_of(d);
	for (i = 0; i < fate.copies; i++) {
		if (second == NULL || fate.instances & FATE_FIRST)
			fly(s, d, f, fate.arrives[i]);
		if (second != NULL)
			fly(s, second, f, fate.arrives[i]);
	}
}

static void
route_message(struct sim_node *n, struct frame *f)
{
	struct sim *s = n->sim;
	struct net *net = s->world.config.net;
	/* What it says to itself is for this instance. */
	struct sim_node *d = f->dst == n->id ? n : &s->nodes[f->dst];
	int64_t arrives;

	s->counts.sent++;
	s->counts.bytes += f->body;
	f->src = (uint16_t)n->id;
	f->src_boot = n->boot;
	sim_tell(s, STEP_SENT, n->id, d->id, f->type, 0, f + 1, f->body);
	/* The short ways are chance's alone: whoever chooses sees them all. */
	if (s->options.chooser != NULL)
		route_slowly(n, d, f);
	else if (net_at_once(net, s->now, n->id, d->id))
		fly(s, d, f, s->now);
	else if (net_late(net, s->now, n->id, d->id, &arrives))
		fly(s, d, f, arrives);
	else
		route_slowly(n, d, f);
}

void
route_arrived(struct sim *s, uint32_t event)
{
	struct sim_event e = s->queue.events[event];
	const struct frame *f = (const struct frame *)(void *)e.frames.at;
	struct sim_node *n = &s->nodes[e.node];
	bool taken = false;

	if (f->kind == FRAME_REQUEST) {
		taken = calls_arrived(s, f);
	} else if (n->state == NODE_DOWN || n->boot != f->dst_boot) {
		drop(s, f, e.frames.sent, TRACE_DOWN);
	} else if (f->type >= n->plugin->descriptor->message_count) {
		drop(s, f, e.frames.sent, TRACE_BOUNCED);
	} else {
		s->counts.delivered++;
		trace(s, f, e.frames.sent, s->now, FATE_DELIVERED);
		taken = true;
	}
	if (taken) {
		node_arrive(n, event);
		return;
	}
	n->flying -= e.frames.size;
	sim_room_free(&s->queue, e.frames.at, e.frames.size);
	queue_drop(&s->queue, event);
}

/* ---- words --------------------------------------------------------------------------- */

static void
logged(struct sim_node *n, const struct frame *f, struct fr_reader *r)
{
	const struct world_config *c = &n->sim->world.config;
	enum output_from from = f->type == 0 ? OUTPUT_LOG :
				(enum output_from)(f->type - 1);
	uint32_t level = fr_get_u32(r);
	char text[FR_TEXT_MAX + 1];
	uint64_t cost;

	wire_get_text(r, text, sizeof text);
	if (n->log_left == 0)
		return;
	cost = strlen(text) + 1;
	if (cost > n->log_left) {
		n->log_left = 0;
		level = FR_LOG_WARN;
		from = OUTPUT_LOG;
		snprintf(text, sizeof text, "fracas: this node has logged too "
			 "much; the rest of this boot is dropped");
	} else {
		n->log_left -= cost;
	}
	c->events->said(c->arg, n->id, n->boot, from, level, text);
}

static void
word(struct sim_node *n, const struct frame *f)
{
	struct sim *s = n->sim;
	const struct world_config *c = &s->world.config;
	char name[FR_NAME_MAX + 1], text[FR_TEXT_MAX + 1];
	struct fr_reader r = fr_reader(f + 1, f->body);
	int64_t key, value;

	sim_step(s, STEP_WORD, n->id, 0, f->kind, 0, f + 1, f->body);
	switch (f->kind) {
	case FRAME_CLAIM:
		wire_get_text(&r, name, sizeof name);
		key = fr_get_i64(&r);
		value = fr_get_i64(&r);
		if (!is_twin(n))
			c->events->claimed(c->arg, n->id, n->boot, name, key,
					   value);
		break;
	case FRAME_NOTE:
		wire_get_text(&r, name, sizeof name);
		wire_get_text(&r, text, sizeof text);
		if (!is_twin(n))
			c->events->noted(c->arg, n->id, n->boot, name, text);
		break;
	case FRAME_LOG:
		logged(n, f, &r);
		break;
	case FRAME_MISUSE:
		wire_get_text(&r, text, sizeof text);
		c->events->misused(c->arg, n->id, n->boot, text);
		break;
	case FRAME_FATAL:
		wire_get_text(&r, text, sizeof text);
		node_end(n, s->now, END_REFUSED, 0, mem_string(text));
		break;
	case FRAME_READY:
		n->state = NODE_UP;
		if (!is_twin(n))
			c->events->ready(c->arg, n->id, n->boot);
		break;
	}
}

void
route_all(struct sim_node *n, const unsigned char *data, size_t size)
{
	uint32_t life = n->life;
	struct frame *f;
	size_t at;

	for (at = 0; at < size && n->life == life; at += f->size) {
		f = (struct frame *)(void *)(uintptr_t)(data + at);
		if (f->kind == FRAME_MESSAGE)
			route_message(n, f);
		else if (f->kind == FRAME_REPLY)
			calls_reply(n, f);
		else
			word(n, f);
	}
}

void
route_later(struct sim_node *n, int64_t t, const void *data, size_t size)
{
	struct sim *s = n->sim;
	unsigned char *copy = sim_room(&s->queue, size);
	struct sim_event *e;
	uint32_t at;

	memcpy(copy, data, size);
	at = queue_add(&s->queue, t, SIM_DEPART, n->slot);
	e = &s->queue.events[at];
	e->life = n->life;
	e->frames.at = copy;
	e->frames.size = size;
	n->departed = true;
}

/* ---- standard output and error ---------------------------------------------------------- */

/* As a frame behind what else it has said in this handler. */
static void
put_line(struct sim_node *n, enum output_from from)
{
	struct buf *line = &n->line[from];
	struct fr_writer w = fr_writer(out_begin(n->host, FR_TEXT_MAX + 8),
				       FR_TEXT_MAX + 8);

	if (line->size > 0)
		text_mend(line->data, line->size);
	fr_put_u32(&w, FR_LOG_INFO);
	wire_put_text(&w, line->size > 0 ? line->data : "");
	out_end(n->host, FRAME_LOG, (uint16_t)(1 + from), 0, 0, w.size);
	buf_clear(line);
}

void
sim_wrote(enum output_from from, const char *data, size_t size)
{
	struct sim_node *n = sim_runs();
	bool plugin = interpose_plugin;
	size_t i;

	if (n == NULL || n->host == NULL)
		return;
	interpose_plugin = false;
	for (i = 0; i < size; i++) {
		if (data[i] != '\n')
			buf_char(&n->line[from], data[i]);
		if (data[i] == '\n' || n->line[from].size == FR_TEXT_MAX)
			put_line(n, from);
	}
	interpose_plugin = plugin;
}

/* ---- the host's end of it -------------------------------------------------------------- */

/* In the middle of a handler: what it has sent so far leaves now, but nobody
 * is told before it has returned. */
static int
carrier_send(struct carrier *c, const void *data, size_t size)
{
	struct sim_node *n = (struct sim_node *)(void *)
		((char *)c - offsetof(struct sim_node, carrier));

	n->turned += size;
	if (n->turned > SIM_TURN_MAX)
		sim_flooded(n);
	route_later(n, n->time - SIM_UPTIME, data, size);
	return 0;
}

const struct carrier_ops sim_carrier_ops = { .send = carrier_send };
