/* SPDX-License-Identifier: MIT */
/*
 * Requests of clients, and their answers.  A call is
 *
 *	SENT	 on its link to the node
 *	OPEN	 with the node, which owes an answer
 *	REPLIED	 answered, and the answer is on its link back
 *
 * and then forgotten by us.  What a node is given is the name of a call, which
 * nobody else's answer can use: it holds for that node and that boot alone.
 *
 *  1. A client hears of a call at most once: a reply, or that its connection
 *     broke; and never after it has given up waiting.
 *  2. Clients speak over connections that notice damage: a request or a reply
 *     that its link corrupts is lost.  One that is duplicated reaches the node
 *     twice, as two calls of the same operation; the first answer counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/world/live.h"

/* ---- requests ------------------------------------------------------------------------ */

static void
tell_broken(struct live *l, struct call *c)
{
	const struct world_config *config = &l->world.config;
	struct call was = *c;

	if (!was.forgotten)
		call_forget(&l->calls, was.client, was.token);
	call_end(&l->calls, c);
	if (!was.forgotten)
		config->events->broken(config->arg, was.client, was.token,
				       was.node);
}

/* A request on a slow link: this, and the frame's body behind it. */
struct errand {
	struct live *live;
	uint64_t call;
	size_t size;
};

static void
deliver(struct live *l, struct call *c, const void *body, size_t size)
{
	struct live_node *n = &l->nodes[c->slot];

	c->state = CALL_OPEN;
	/* Where there is no room it is lost, as on its way. */
	if (!switch_put(n, FRAME_REQUEST, call_name(&l->calls, c), body, size))
		call_end(&l->calls, c);
}

static void
on_request(void *arg)
{
	struct errand *e = arg;
	struct live *l = e->live;
	struct call *c = call_find(&l->calls, e->call);
	struct live_node *n;
	enum node_state state;

	if (c == NULL)
		return;
	n = &l->nodes[c->slot];
	state = life_state(n);
	if (n->boot != c->boot || (state != NODE_UP && state != NODE_PAUSED))
		tell_broken(l, c);
	else
		deliver(l, c, e + 1, e->size);
}

static size_t
request_size(const struct world_request *r)
{
	return 64 + (r->value.kind == FR_LIST ? 8 * (size_t)r->value.count :
		     r->value.kind == FR_BYTES ? r->value.count : 8);
}

int
calls_request(struct live *l, uint32_t node, const struct world_request *r)
{
	struct live_node *n = &l->nodes[node];
	enum node_state state = life_state(n);
	size_t max = request_size(r);
	int64_t now = live_now(l);
	struct fr_writer w;
	struct errand *e;
	struct fate fate;
	struct call as;
	uint64_t call;
	uint32_t i;

	if (state != NODE_UP && state != NODE_PAUSED)
		return 1;
	FR_ASSERT(max <= FRAME_BODY_MAX);
	e = mem_new(sizeof *e + max);
	w = fr_writer(e + 1, max);
	fr_put_u32(&w, r->f);
	fr_put_i64(&w, r->key);
	fr_put_u64(&w, r->process);
	fr_put_u64(&w, r->seq);
	wire_put_value(&w, &r->value);
	FR_ASSERT(!w.failed);
	e->live = l;
	e->size = w.size;
	fate = net_send(l->world.config.net, now, l->world.config.nodes +
			r->client, node, w.size);
	/* One connection leads to one instance. */
	if (fate.kind == FATE_DELIVERED && fate.instances == FATE_SECOND &&
	    twin_of(n) != NULL)
		n = twin_of(n);
	as = (struct call){
		.client = r->client, .node = n->id, .slot = n->slot,
		.boot = n->boot, .token = r->token,
	};
	for (i = 0; i < fate.copies && !fate.corrupt; i++) {
		call = call_add(&l->calls, &as);
		if (fate.arrives[i] <= now) {
			deliver(l, call_find(&l->calls, call), e + 1, e->size);
			continue;
		}
		e->call = call;
		live_at(l, fate.arrives[i], on_request,
			mem_copy(e, sizeof *e + e->size), true);
	}
	free(e);
	return 0;
}

void
calls_broken(struct live_node *n, uint32_t boot)
{
	struct live *l = n->live;
	struct call *c;
	size_t i = 0;

	/* Events may make new calls; none of them is of this boot. */
	while ((c = call_open(&l->calls, n->slot, boot, &i)) != NULL)
		tell_broken(l, c);
}

/* ---- replies --------------------------------------------------------------------------- */

/* A reply on a slow link: this, and the frame's body behind it. */
struct answer {
	struct live *live;
	uint64_t call;
	size_t size;
};

/*
 * Reads what a node has answered.  -1: that is no reply.  The value points
 * into the body, or into l->list.
 */
static int
read_reply(struct live *l, const void *body, size_t size,
	   struct world_reply *out, char *text, size_t max)
{
	struct fr_reader r = fr_reader(body, size);

	out->kind = fr_get_u32(&r);
	out->redirect = fr_get_u32(&r);
	wire_get_value(&r, &out->value);
	wire_get_text(&r, text, max);
	out->text = text;
	if (!fr_got_all(&r) || out->kind < FR_REPLY_OK ||
	    out->kind > FR_REPLY_REDIRECT)
		return -1;
	if (out->value.kind == FR_LIST && out->value.count > 0) {
		mem_grow(&l->list, &l->list_room, out->value.count,
			 sizeof *l->list);
		wire_fix_list(&out->value, l->list);
	}
	return 0;
}

/* It has come through the link.  The body was looked at before. */
static void
hand_over(struct live *l, uint64_t name, const void *body, size_t size)
{
	const struct world_config *config = &l->world.config;
	struct call *c = call_find(&l->calls, name);
	char text[FR_TEXT_MAX + 1];
	struct world_reply reply;
	bool forgotten;

	if (c == NULL || read_reply(l, body, size, &reply, text,
				    sizeof text) < 0)
		return;
	reply.client = c->client;
	reply.token = c->token;
	reply.node = c->node;
	if (reply.kind == FR_REPLY_REDIRECT &&
	    reply.redirect >= config->nodes) {
		snprintf(text, sizeof text, "redirected to node %u, which "
			 "does not exist", reply.redirect);
		reply.kind = FR_REPLY_FAIL;
	}
	forgotten = c->forgotten;
	/* A second copy of the same operation has nobody waiting, either. */
	if (!forgotten)
		call_forget(&l->calls, c->client, c->token);
	call_end(&l->calls, c);
	if (forgotten)
		l->counts.late++;
	else
		config->events->replied(config->arg, &reply);
}

static void
on_reply(void *arg)
{
	struct answer *a = arg;

	hand_over(a->live, a->call, a + 1, a->size);
}

static void
send_back(struct live *l, struct call *c, struct frame *f)
{
	uint64_t name = call_name(&l->calls, c);
	int64_t now = live_now(l);
	struct answer *a;
	struct fate fate;

	fate = net_send(l->world.config.net, now, c->node,
			l->world.config.nodes + c->client, f->body);
	if (fate.kind != FATE_DELIVERED || fate.corrupt) {
		call_end(&l->calls, c);
		return;
	}
	c->state = CALL_REPLIED;
	world_lie(&fate, f + 1, f->body);
	/* A second copy would find the call gone. */
	if (fate.arrives[0] <= now) {
		hand_over(l, name, f + 1, f->body);
		return;
	}
	a = mem_resize(NULL, sizeof *a + f->body, 1);
	a->live = l;
	a->call = name;
	a->size = f->body;
	memcpy(a + 1, f + 1, f->body);
	live_at(l, fate.arrives[0], on_reply, a, true);
}

void
calls_reply(struct live_node *n, struct frame *f)
{
	struct live *l = n->live;
	struct call *c = call_find(&l->calls, f->id);
	char text[FR_TEXT_MAX + 1];
	struct world_reply reply;
	char *redirect;

	if (read_reply(l, f + 1, f->body, &reply, text, sizeof text) < 0) {
		life_give_up(n, END_REFUSED,
			     mem_string("sent a broken frame (a reply)"));
		return;
	}
	if (c == NULL || c->slot != n->slot || c->boot != n->process_boot ||
	    c->state != CALL_OPEN) {
		l->counts.late++;
		words_misuse(n, "answered a request that it was not asked, or "
			     "had answered before");
		return;
	}
	if (reply.kind == FR_REPLY_REDIRECT &&
	    reply.redirect >= l->world.config.nodes) {
		redirect = mem_format("redirected a request to node %u, which "
				      "does not exist", reply.redirect);
		words_misuse(n, redirect);
		free(redirect);
		/* The event may have changed the world. */
		c = call_find(&l->calls, f->id);
		if (c == NULL || c->state != CALL_OPEN)
			return;
	}
	send_back(l, c, f);
}
