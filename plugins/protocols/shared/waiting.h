/* SPDX-License-Identifier: MIT */
/* Clients' commands that wait for a place in the log, in the order in which
 * they came. */
#ifndef SHARED_WAITING_H
#define SHARED_WAITING_H

#include "machine.h"

struct waiting {
	struct waiting *next;
	uint64_t request;
	uint32_t size;
	unsigned char command[];
};

struct queue {
	struct waiting *first, **end;
};

void queue_init(struct queue *q);
/* What was done already is answered, what makes no sense refused; else it
 * waits. */
void queue_add(struct fr_node *me, struct queue *q, const struct machine *m,
	       const struct fr_request *rq);
/* The first, which is the caller's to free; NULL: there is none. */
struct waiting *queue_take(struct queue *q);
void queue_refuse(struct fr_node *me, struct queue *q, const char *why);

#endif
