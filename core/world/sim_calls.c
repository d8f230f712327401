/* SPDX-License-Identifier: MIT */
/*
 * Requests of clients and their answers, as in the live world: what a node is
 * given is the name of a call, which holds for that node and that boot alone.
 *
 *  1. A client hears of a call at most once: a reply, or that its connection
 *     broke; and never after it has given up waiting.
 *  2. Clients speak over connections that notice damage: a request or a reply
 *     that its link corrupts is lost.  One that is duplicated reaches the node
 *     twice, as two calls of the same operation; the first answer counts.
 */
#include "core/world/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* ---- requests ------------------------------------------------------------------------ */

uint32_t
calls_client(struct sim *s, uint64_t name)
{
	const struct call *c = call_find(&s->calls, name);

	return c == NULL ? UINT32_MAX : c->client;
}

static void
tell_broken(struct sim *s, struct call *c)
{
	const struct world_config *config = &s->world.config;
	struct call was = *c;

	if (!was.forgotten)
		call_forget(&s->calls, was.client, was.token);
	call_end(&s->calls, c);
	if (!was.forgotten)
		config->events->broken(config->arg, was.client, was.token,
				       was.node);
}

bool
calls_arrived(struct sim *s, const struct frame *f)
{
	struct call *c = call_find(&s->calls, f->id);
	struct sim_node *n;

	if (c == NULL)
		return false;
	n = &s->nodes[c->slot];
	if (n->boot != c->boot ||
	    (n->state != NODE_UP && n->state != NODE_PAUSED)) {
		tell_broken(s, c);
		return false;
	}
	c->state = CALL_OPEN;
	return true;
}

static size_t
request_size(const struct world_request *r)
{
	return 64 + (r->value.kind == FR_LIST ? 8 * (size_t)r->value.count :
		     r->value.kind == FR_BYTES ? r->value.count : 8);
}

int
calls_request(struct sim *s, uint32_t node, const struct world_request *r)
{
	struct sim_node *n = &s->nodes[node];
	size_t max = request_size(r), size;
	struct frame *f, *copy;
	struct fr_writer w;
	struct fate fate;
	struct call as;
	uint32_t i, at;

	if (n->state != NODE_UP && n->state != NODE_PAUSED)
		return 1;
	FR_ASSERT(max <= FRAME_BODY_MAX);
	f = sim_room(&s->queue, sizeof *f + max);
	w = fr_writer(f + 1, max);
	fr_put_u32(&w, r->f);
	fr_put_i64(&w, r->key);
	fr_put_u64(&w, r->process);
	fr_put_u64(&w, r->seq);
	wire_put_value(&w, &r->value);
	FR_ASSERT(!w.failed);
	size = sizeof *f + w.size;
	*f = (struct frame){
		.size = (uint32_t)size, .body = (uint32_t)w.size,
		.kind = FRAME_REQUEST, .dst = (uint16_t)node,
		.dst_boot = n->boot,
	};
	fate = sim_send(s, s->world.config.nodes + r->client, node, 0, w.size);
	/* One connection leads to one instance. */
	if (fate.kind == FATE_DELIVERED && fate.instances == FATE_SECOND &&
	    twin_of(n) != NULL)
		n = twin_of(n);
	as = (struct call){
		.client = r->client, .node = n->id, .slot = n->slot,
		.boot = n->boot, .token = r->token,
	};
	for (i = 0; i < fate.copies && !fate.corrupt; i++) {
		copy = sim_room(&s->queue, size);
		memcpy(copy, f, size);
		copy->id = call_add(&s->calls, &as);
		copy->dst_boot = n->boot;
		at = queue_add(&s->queue, fate.arrives[i] > s->now + SIM_HOP ?
			       fate.arrives[i] : s->now + SIM_HOP, SIM_ARRIVE,
			       n->slot);
		s->queue.events[at].frames.at = (unsigned char *)copy;
		s->queue.events[at].frames.size = size;
		s->queue.events[at].frames.sent = s->now;
		n->flying += size;
	}
	sim_room_free(&s->queue, f, sizeof *f + max);
	return 0;
}

void
calls_broken(struct sim *s, uint32_t slot, uint32_t boot)
{
	struct call *c;
	size_t i = 0;

	/* Events may make new calls; none of them is of this boot. */
	while ((c = call_open(&s->calls, slot, boot, &i)) != NULL)
		tell_broken(s, c);
}

/* ---- replies ------------------------------------------------------------------------- */

/* The host has checked all of it. */
static void
read_reply(struct sim *s, const struct frame *f, struct world_reply *out,
	   char *text, size_t max)
{
	struct fr_reader r = fr_reader(f + 1, f->body);

	out->kind = fr_get_u32(&r);
	out->redirect = fr_get_u32(&r);
	wire_get_value(&r, &out->value);
	wire_get_text(&r, text, max);
	out->text = text;
	FR_ASSERT(fr_got_all(&r));
	if (out->value.kind == FR_LIST && out->value.count > 0) {
		mem_grow(&s->list, &s->list_room, out->value.count,
			 sizeof *s->list);
		wire_fix_list(&out->value, s->list);
	}
}

void
calls_replied(struct sim *s, const struct frame *f)
{
	const struct world_config *config = &s->world.config;
	struct call *c = call_find(&s->calls, f->id);
	char text[FR_TEXT_MAX + 1];
	struct world_reply reply;
	bool forgotten;

	if (c == NULL)
		return;
	read_reply(s, f, &reply, text, sizeof text);
	reply.client = c->client;
	reply.token = c->token;
	reply.node = c->node;
	sim_step(s, STEP_REPLY, c->node, c->client, reply.kind, c->token,
		 f + 1, f->body);
	forgotten = c->forgotten;
	/* A second copy of the same operation has nobody waiting, either. */
	if (!forgotten)
		call_forget(&s->calls, c->client, c->token);
	call_end(&s->calls, c);
	if (forgotten)
		s->counts.late++;
	else
		config->events->replied(config->arg, &reply);
}

void
calls_reply(struct sim_node *n, const struct frame *f)
{
	struct sim *s = n->sim;
	struct call *c = call_find(&s->calls, f->id);
	struct fate fate;
	uint32_t at;
	void *copy;

	/* The host lets no reply through that is not to an open request. */
	FR_ASSERT(c != NULL && c->slot == n->slot && c->state == CALL_OPEN);
	sim_tell(s, STEP_ANSWER, n->id, c->client, 0, c->token, f + 1,
		 f->body);
	fate = sim_send(s, c->node, s->world.config.nodes + c->client, 0,
			f->body);
	if (fate.kind != FATE_DELIVERED || fate.corrupt) {
		call_end(&s->calls, c);
		return;
	}
	c->state = CALL_REPLIED;
	/* A second copy would find the call gone. */
	copy = sim_room(&s->queue, f->size);
	memcpy(copy, f, f->size);
	world_lie(&fate, (struct frame *)copy + 1, f->body);
	at = queue_add(&s->queue, fate.arrives[0] > s->now + SIM_HOP ?
		       fate.arrives[0] : s->now + SIM_HOP, SIM_REPLY, n->slot);
	s->queue.events[at].frames.at = copy;
	s->queue.events[at].frames.size = f->size;
}
