/* SPDX-License-Identifier: MIT */
/* Links in order: see fifo.h. */
#include "fifo.h"

/* At once, of what has no acknowledgement. */
#define REPEAT_MOST 32u

static struct fifo_frame *
frame_make(struct fr_node *me, uint32_t type, const void *body, size_t size)
{
	struct fifo_frame *frame = fr_alloc(me, sizeof *frame + size);

	if (frame == NULL)
		return NULL;
	frame->number = ((const struct fifo_head *)body)->number;
	frame->type = type;
	frame->size = (uint32_t)size;
	memcpy(frame->body, body, size);
	return frame;
}

int
fifo_send(struct fr_node *me, struct fifo *f, uint32_t to, uint32_t type,
	  void *body, size_t size)
{
	struct fifo_link *link = &f->links[to];
	struct fifo_frame **end = &link->out, *frame;

	((struct fifo_head *)body)->number = link->sent + 1;
	frame = frame_make(me, type, body, size);
	if (frame == NULL)
		return -1;
	if (link->out == NULL)
		fr_after(me, f->timer, f->again, to);
	while (*end != NULL)
		end = &(*end)->next;
	*end = frame;
	link->sent++;
	fr_send(me, to, type, body, size);
	return 0;
}

void
fifo_on_timer(struct fr_node *me, struct fifo *f, uint64_t to)
{
	struct fifo_frame *frame = f->links[to].out;
	uint32_t left = REPEAT_MOST;

	if (frame == NULL)
		return;
	for (; frame != NULL && left > 0; frame = frame->next, left--)
		fr_send(me, (uint32_t)to, frame->type, frame->body,
			frame->size);
	fr_after(me, f->timer, f->again, to);
}

void
fifo_on_ack(struct fr_node *me, struct fifo *f, uint32_t from,
	    const void *body)
{
	struct fifo_link *link = &f->links[from];
	const struct fifo_ack *m = body;
	struct fifo_frame *frame;

	while ((frame = link->out) != NULL && frame->number < m->next) {
		link->acknowledged = frame->number;
		link->out = frame->next;
		fr_free(me, frame);
	}
	if (link->out == NULL)
		fr_cancel(me, f->timer, from);
}

/* One that is new is kept, in its place. */
static void
keep(struct fr_node *me, struct fifo_link *link, uint32_t type,
     const void *body, size_t size)
{
	uint64_t number = ((const struct fifo_head *)body)->number;
	struct fifo_frame **at = &link->in, *frame;

	if (number <= link->received || number > link->received + FIFO_WINDOW)
		return;
	while (*at != NULL && (*at)->number < number)
		at = &(*at)->next;
	if (*at != NULL && (*at)->number == number)
		return;
	frame = frame_make(me, type, body, size);
	if (frame == NULL)
		return;
	frame->next = *at;
	*at = frame;
}

static void
deliver(struct fr_node *me, struct fifo *f, uint32_t from,
	struct fifo_frame *frame)
{
#ifdef BUG_no_order
	if (frame->delivered)
		return;
	frame->delivered = true;
#endif
	f->deliver(me, from, frame->type, frame->body, frame->size);
}

void
fifo_receive(struct fr_node *me, struct fifo *f, uint32_t from, uint32_t type,
	     const void *body, size_t size)
{
	struct fifo_link *link = &f->links[from];
	struct fifo_frame *frame;
	struct fifo_ack ack;

	keep(me, link, type, body, size);
#ifdef BUG_no_order
	for (frame = link->in; frame != NULL; frame = frame->next)
		deliver(me, f, from, frame);
#endif
	while ((frame = link->in) != NULL &&
	       frame->number == link->received + 1) {
		link->received++;
		link->in = frame->next;
		deliver(me, f, from, frame);
		fr_free(me, frame);
	}
	ack.next = link->received + 1;
	fr_send(me, from, f->ack, &ack, sizeof ack);
}
