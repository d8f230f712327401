/* SPDX-License-Identifier: MIT */
#include "waiting.h"

void
queue_init(struct queue *q)
{
	*q = (struct queue){ .end = &q->first };
}

void
queue_add(struct fr_node *me, struct queue *q, const struct machine *m,
	  const struct fr_request *rq)
{
	unsigned char body[COMMAND_MAX];
	struct waiting *w;
	uint32_t size;

	if (machine_repeated(me, m, rq))
		return;
	size = machine_command(me, rq, body);
	if (size == 0)
		return;
	w = fr_alloc(me, sizeof *w + size);
	if (w == NULL) {
		fr_fail(me, rq->id, "no memory");
		return;
	}
	w->request = rq->id;
	w->size = size;
	memcpy(w->command, body, size);
	*q->end = w;
	q->end = &w->next;
}

struct waiting *
queue_take(struct queue *q)
{
	struct waiting *w = q->first;

	if (w == NULL)
		return NULL;
	q->first = w->next;
	if (q->first == NULL)
		q->end = &q->first;
	return w;
}

void
queue_refuse(struct fr_node *me, struct queue *q, const char *why)
{
	struct waiting *w;

	while ((w = queue_take(q)) != NULL) {
		fr_fail(me, w->request, why);
		fr_free(me, w);
	}
}
