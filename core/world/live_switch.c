/* SPDX-License-Identifier: MIT */
/*
 * The switch.  What a node has sent is received in one room for all, looked at
 * where it lies, and copied once: behind what waits for its destination.  When
 * every node that had something has been read, everything is written: so the
 * cost of a message falls as the load rises.
 *
 *  1. Source and boots in a frame are the switch's, whatever was there.
 *  2. A message is judged by the link table at the moment it is read: a cut
 *     holds for everything that was not read before it.
 *  3. At most LIVE_READ_MAX bytes of a node are read in one turn, so that one
 *     that floods does not keep the others waiting.
 *  4. Nothing waits: what a destination does not take stays in its queue, and
 *     past LIVE_QUEUE_MAX the newest is dropped, and counted.
 *  5. Every message is counted in `sent`, and each copy of it, and whatever
 *     the link table adds to it, once in `delivered` or in one of `dropped`.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/world/live.h"

/* A queue that has run empty keeps this much. */
#define QUEUE_KEPT (1024u * 1024u)

/* ---- what waits for a node ------------------------------------------------------- */

static void
mark(struct live_node *n)
{
	struct live *l = n->live;

	if (n->dirty || n->blocked || !n->open)
		return;
	n->dirty = true;
	l->dirty[l->dirty_count++] = n;
	if (!l->flushing)
		event_active(l->flush, EV_TIMEOUT, 0);
	l->flushing = true;
}

static void
make_room(struct live_queue *q, size_t size)
{
	/* Frames stay at multiples of 8, also behind one that is half gone. */
	size_t waits = q->size - q->head, low = q->head % 8;

	if (q->head > low && q->head >= waits) {
		memmove(q->data + low, q->data + q->head, waits);
		q->head = low;
		q->size = low + waits;
	}
	if (q->size + size > q->room)
		mem_grow(&q->data, &q->room, q->size + size, 1);
}

static inline unsigned char *
add(struct live_queue *q, size_t size)
{
	unsigned char *at;

	if (q->size + size > q->room)
		make_room(q, size);
	at = q->data + q->size;
	q->size += size;
	return at;
}

bool
switch_full(const struct live_node *n, size_t size)
{
	return n->out.size - n->out.head + n->flying + size > LIVE_QUEUE_MAX;
}

void
switch_forget(struct live_node *n)
{
	free(n->out.data);
	memset(&n->out, 0, sizeof n->out);
}

static void
put_frame(struct live_queue *q, uint16_t kind, uint32_t boot, uint16_t dst,
	  uint64_t id, const void *body, size_t size)
{
	struct frame f = { .kind = kind, .dst = dst, .dst_boot = boot,
			   .id = id };
	unsigned char *at;

	f.body = (uint32_t)size;
	f.size = (uint32_t)((sizeof f + size + 7) & ~(size_t)7);
	at = add(q, f.size);
	memset(at + f.size - 8, 0, 8);
	memcpy(at, &f, sizeof f);
	if (size > 0)
		memcpy(at + sizeof f, body, size);
}

bool
switch_put(struct live_node *n, uint16_t kind, uint64_t id, const void *body,
	   size_t size)
{
	if (kind == FRAME_REQUEST && switch_full(n, size))
		return false;
	put_frame(&n->out, kind, n->process_boot, (uint16_t)n->id, id, body,
		  size);
	mark(n);
	return true;
}

void
switch_put_first(struct live_node *n, uint16_t kind, const void *body,
		 size_t size)
{
	struct live_queue waits = n->out;

	memset(&n->out, 0, sizeof n->out);
	put_frame(&n->out, kind, n->process_boot, (uint16_t)n->id, 0, body,
		  size);
	if (waits.size > waits.head)
		memcpy(add(&n->out, waits.size - waits.head),
		       waits.data + waits.head, waits.size - waits.head);
	free(waits.data);
	n->open = true;
	mark(n);
}

/* ---- writing ------------------------------------------------------------------------- */

static void
write_out(struct live_node *n)
{
	struct live_queue *q = &n->out;
	ssize_t put;

	while (q->head < q->size && n->carrier != NULL) {
		put = n->carrier->ops->send(n->carrier, q->data + q->head,
					    q->size - q->head);
		if (put == 0) {
			n->blocked = true;
			event_add(n->writable, NULL);
			return;
		}
		if (put < 0)
			break;		/* its end is on the way */
		q->head += (size_t)put;
	}
	q->head = q->size = 0;
	if (q->room > QUEUE_KEPT)
		switch_forget(n);
}

static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct live *l = arg;
	size_t i, count = l->dirty_count;

	(void)fd;
	(void)what;
	l->flushing = false;
	l->dirty_count = 0;
	for (i = 0; i < count; i++) {
		l->dirty[i]->dirty = false;
		if (l->dirty[i]->open)
			write_out(l->dirty[i]);
	}
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct live_node *n = arg;

	(void)fd;
	(void)what;
	n->blocked = false;
	write_out(n);
}

/* ---- messages ------------------------------------------------------------------------- */

static void
trace(struct live *l, const struct frame *f, int64_t sent, int64_t arrived,
      uint8_t fate)
{
	const struct world_config *c = &l->world.config;
	struct world_message m = {
		.sent = sent, .arrived = arrived, .src = f->src, .dst = f->dst,
		.src_boot = f->src_boot, .type = f->type, .size = f->body,
		.fate = fate, .body = f + 1,
	};

	c->events->message(c->arg, &m);
}

static void
drop(struct live *l, const struct frame *f, int64_t sent, uint8_t fate)
{
	l->counts.dropped[fate]++;
	if (l->world.config.events->message != NULL)
		trace(l, f, sent, -1, fate);
}

/* Its link has let it through, and the destination takes messages. */
static inline void
arrive(struct live *l, struct live_node *d, struct frame *f, int64_t sent,
       int64_t now)
{
	if (d->described && f->type >= d->descriptor.message_count) {
		drop(l, f, sent, TRACE_BOUNCED);
		return;
	}
	if (switch_full(d, f->size)) {
		drop(l, f, sent, TRACE_FULL);
		return;
	}
	f->dst_boot = d->boot;
	memcpy(add(&d->out, f->size), f, f->size);
	if (!d->dirty)
		mark(d);
	l->counts.delivered++;
	if (l->world.config.events->message != NULL)
		trace(l, f, sent, now, FATE_DELIVERED);
}

/* A message on a slow link: this, and the frame behind it. */
struct flight {
	struct live *live;
	struct live_node *to;
	int64_t sent;
};

static void
on_arrival(void *arg)
{
	struct flight *i = arg;
	struct frame *f = (struct frame *)(void *)(i + 1);
	struct live_node *d = i->to;

	d->flying -= f->size;
	if (!d->takes || d->boot != f->dst_boot)
		drop(i->live, f, i->sent, TRACE_DOWN);
	else
		arrive(i->live, d, f, i->sent, live_now(i->live));
}

static void
fly(struct live *l, struct live_node *d, struct frame *f, int64_t sent,
    int64_t arrives)
{
	struct flight *i;

	if (switch_full(d, f->size)) {
		drop(l, f, sent, TRACE_FULL);
		return;
	}
	f->dst_boot = d->boot;
	i = mem_resize(NULL, sizeof *i + f->size, 1);
	i->live = l;
	i->to = d;
	i->sent = sent;
	memcpy(i + 1, f, f->size);
	d->flying += f->size;
	live_at(l, arrives, on_arrival, i, true);
}

static void
arrive_or_fly(struct live *l, struct live_node *d, uint32_t boot,
	      struct frame *f, int64_t now, int64_t arrives)
{
	/* The trace may have changed the world since the last one. */
	if (!d->takes || d->boot != boot)
		drop(l, f, now, TRACE_DOWN);
	else if (arrives <= now)
		arrive(l, d, f, now, now);
	else
		fly(l, d, f, now, arrives);
}

/* What comes besides a message: old ones, forged ones. */
static struct frame *
extra_frame(const struct extra *e, const struct live_node *n,
	    const struct live_node *d)
{
	const struct old *old = e->old;
	size_t size = (sizeof(struct frame) + old->size + 7) & ~(size_t)7;
	struct frame *f = mem_new(size);

	f->size = (uint32_t)size;
	f->body = old->size;
	f->kind = FRAME_MESSAGE;
	f->type = old->type;
	f->src = (uint16_t)n->id;
	f->src_boot = e->forged ? n->process_boot : old->src_boot;
	f->dst = (uint16_t)d->id;
	memcpy(f + 1, old->body, old->size);
	net_edit(&e->edit, e->edited, f + 1, old->size);
	return f;
}

/* A link that is cut, slow, or bad in another way. */
static void
route_slowly(struct live *l, struct live_node *n, struct live_node *d,
	     struct frame *f, int64_t now)
{
	struct net *net = l->world.config.net;
	struct fate fate = net_send(net, now, n->id, d->id, f->body);
	struct frame *extra[FATE_EXTRAS];
	struct live_node *second = twin_of(d);
	uint32_t boot = d->boot, second_boot = 0, i;

	if (second == NULL)
		fate.instances = FATE_FIRST;
	else
		second_boot = second->boot;
	for (i = 0; i < fate.extra_count; i++)
		extra[i] = extra_frame(&fate.extras[i], n, d);
	if (net->kept != NULL)
		net_keep(net, now, n->id, d->id, f->type, f->src_boot, f + 1,
			 f->body);
	if (fate.kind != FATE_DELIVERED)
		drop(l, f, now, (uint8_t)fate.kind);
	else
		net_edit(fate.edits, fate.edit_count, f + 1, f->body);
	for (i = 0; i < fate.copies; i++) {
		if (fate.instances & FATE_FIRST)
			arrive_or_fly(l, d, boot, f, now, fate.arrives[i]);
		if (fate.instances & FATE_SECOND)
			arrive_or_fly(l, second, second_boot, f, now,
				      fate.arrives[i]);
	}
	for (i = 0; i < fate.extra_count; i++) {
		arrive_or_fly(l, d, boot, extra[i], now,
			      fate.extras[i].arrives);
		free(extra[i]);
	}
}

static inline void
route(struct live *l, struct live_node *n, struct frame *f, int64_t now)
{
	struct live_node *d;

	l->counts.sent++;
	l->counts.bytes += f->body;
	f->src = (uint16_t)n->id;
	f->src_boot = n->process_boot;
	if (f->dst >= l->world.config.nodes) {
		drop(l, f, now, TRACE_BOUNCED);
		return;
	}
	/* What it says to itself is for this instance. */
	d = f->dst == n->id ? n : &l->nodes[f->dst];
	if (!net_at_once(l->world.config.net, now, n->id, d->id))
		route_slowly(l, n, d, f, now);
	else if (d->takes)
		arrive(l, d, f, now, now);
	else
		drop(l, f, now, TRACE_DOWN);
}

/* ---- reading --------------------------------------------------------------------------- */

/* What is wrong with a frame's head, or NULL. */
static inline const char *
wrong(const struct frame *f)
{
	if (f->size < sizeof *f || f->size > LIVE_FRAME_MAX)
		return "its size";
	if (f->size != ((sizeof *f + (uint64_t)f->body + 7) & ~(uint64_t)7))
		return "the size of its body";
	if (f->kind == FRAME_MESSAGE && f->body > FR_MESSAGE_MAX)
		return "a message of more than 1 MiB";
	return NULL;
}

static void
refuse(struct live_node *n, const char *what)
{
	life_give_up(n, END_REFUSED,
		     mem_format("sent a broken frame (%s)", what));
}

/* A frame that is whole; false where nothing of this node is to follow. */
static inline bool
heard(struct live *l, struct live_node *n, struct frame *f, int64_t now)
{
	struct live_carrier *c = n->carrier;

	if (f->kind == FRAME_MESSAGE && n->described)
		route(l, n, f, now);
	else
		words_heard(n, f);
	return n->carrier == c;
}

/* The carrier is to be polled elsewhere from now on. */
static void
move(struct live_node *n)
{
	event_free(n->readable);
	event_free(n->writable);
	n->readable = n->writable = NULL;
	if (switch_attach(n, NULL) < 0 || event_add(n->readable, NULL) < 0)
		life_give_up(n, END_REFUSED,
			     mem_string("libevent has no event for it"));
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct live_node *n = arg;
	struct live *l = n->live;
	struct live_carrier *c = n->carrier;
	unsigned char *data;
	int64_t now = live_now(l);
	ssize_t size = c->ops->receive(c, l->room, &data);
	size_t at = 0;
	struct frame *f;
	const char *bad;

	(void)what;
	if (fd != c->readable)
		move(n);
	if (size < 0)
		life_deaf(n);
	if (size <= 0)
		return;
	l->reading = c;
	while ((size_t)size - at >= sizeof *f) {
		f = (struct frame *)(void *)(data + at);
		bad = wrong(f);
		if (bad != NULL) {
			refuse(n, bad);
			break;
		}
		if (f->size > (size_t)size - at)
			break;
		at += f->size;
		if (!heard(l, n, f, now))
			break;
	}
	l->reading = NULL;
	if (l->reading_closed)
		c->ops->close(c);
	else
		c->ops->done(c, data + at, (size_t)size - at);
	l->reading_closed = false;
}

/* ---- a node's carrier -------------------------------------------------------------------- */

int
switch_attach(struct live_node *n, struct fr_err *err)
{
	struct live_carrier *c = n->carrier;
	struct event_base *base = n->live->base;

	n->readable = event_new(base, c->readable, EV_READ | EV_PERSIST,
				on_readable, n);
	n->writable = event_new(base, c->writable, EV_WRITE, on_writable, n);
	n->blocked = false;
	if (n->readable == NULL || n->writable == NULL)
		return err_set(err, "libevent has no event for node %u",
			       n->id);
	return 0;
}

void
switch_listen(struct live_node *n)
{
	n->carrier->ops->spawned(n->carrier, n->pid);
	event_add(n->readable, NULL);
}

void
switch_close(struct live_node *n)
{
	struct live *l = n->live;

	if (n->carrier == NULL)
		return;
	if (n->readable != NULL)
		event_free(n->readable);
	if (n->writable != NULL)
		event_free(n->writable);
	n->readable = n->writable = NULL;
	if (l->reading == n->carrier)
		l->reading_closed = true;
	else
		n->carrier->ops->close(n->carrier);
	n->carrier = NULL;
	n->open = n->blocked = false;
	switch_forget(n);
}

/* ---- the switch ---------------------------------------------------------------------------- */

int
switch_new(struct live *l, struct fr_err *err)
{
	l->room = mem_resize(NULL, LIVE_READ_MAX + LIVE_FRAME_MAX, 1);
	l->dirty = mem_array(live_slots(l), sizeof *l->dirty);
	l->flush = event_new(l->base, -1, 0, on_flush, l);
	if (l->flush == NULL)
		return err_set(err, "libevent has no event for the switch");
	return 0;
}

void
switch_free(struct live *l)
{
	if (l->flush != NULL)
		event_free(l->flush);
	free(l->dirty);
	free(l->room);
}
