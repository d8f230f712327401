/* SPDX-License-Identifier: MIT */
/*
 * Links that lose nothing, double nothing and keep the order, made of links
 * that do all of that: numbers, acknowledgements, and repetition (what a sliding
 * window protocol does; Stenning 1976).  They last as long as nobody crashes.
 *
 * Every message that goes over such a link begins with a struct fifo_head; its
 * handler calls fifo_receive with its own type, and what has become due is
 * delivered, in order, once.  There is one timer, whose tag is the peer.
 */
#ifndef SHARED_FIFO_H
#define SHARED_FIFO_H

#include <fracas/easy.h>

/* So many that come too early are kept; the others come again. */
#define FIFO_WINDOW 1024u

struct fifo_head {
	uint64_t number;		/* 1, 2, ... on this link             */
};

struct fifo_ack {
	uint64_t next;			/* the one that is waited for         */
};

struct fifo_frame {
	struct fifo_frame *next;
	uint64_t number;
	uint32_t type, size;
#ifdef BUG_no_order
	bool delivered;
#endif
	uint64_t body[];		/* its head and all                   */
};

struct fifo_link {
	uint64_t sent, acknowledged;	/* the numbers of the last ones       */
	struct fifo_frame *out;		/* not acknowledged, in order         */
	uint64_t received;		/* the last that was delivered        */
	struct fifo_frame *in;		/* that came too early, in order      */
};

/* `body` begins with its struct fifo_head. */
typedef void (*fifo_deliver_fn)(struct fr_node *me, uint32_t from,
				uint32_t type, const void *body, size_t size);

struct fifo {
	uint32_t ack, timer;		/* a message's type, and the timer    */
	int64_t again;			/* repeat what has no answer so long  */
	fifo_deliver_fn deliver;
	struct fifo_link links[FR_NODES_MAX];
};

/* Fills in the head.  -1: there is no memory. */
int fifo_send(struct fr_node *me, struct fifo *f, uint32_t to, uint32_t type,
	      void *body, size_t size);
/* Messages on their way to that peer, as far as this node knows. */
static inline uint64_t
fifo_under_way(const struct fifo *f, uint32_t to)
{
	return f->links[to].sent - f->links[to].acknowledged;
}

void fifo_receive(struct fr_node *me, struct fifo *f, uint32_t from,
		  uint32_t type, const void *body, size_t size);
void fifo_on_ack(struct fr_node *me, struct fifo *f, uint32_t from,
		 const void *body);
void fifo_on_timer(struct fr_node *me, struct fifo *f, uint64_t to);

#endif
