/* SPDX-License-Identifier: MIT */
#include "reads.h"

void
reads_init(struct reads *r)
{
	*r = (struct reads){ .end = &r->first };
}

void
reads_add(struct fr_node *me, struct reads *r, uint64_t request,
	  const void *command, uint32_t size, uint64_t index)
{
	struct read *one = fr_alloc(me, sizeof *one + size);

	if (one == NULL) {
		fr_fail(me, request, "no memory");
		return;
	}
	one->request = request;
	one->index = index;
	one->round = r->round + 1;
	one->size = size;
	memcpy(one->command, command, size);
	*r->end = one;
	r->end = &one->next;
}

bool
reads_ask(const struct reads *r)
{
	const struct read *one;

	for (one = r->first; one != NULL; one = one->next)
		if (one->round > r->round)
			return true;
	return false;
}

static void
take_first(struct fr_node *me, struct reads *r)
{
	struct read *one = r->first;

	r->first = one->next;
	if (r->first == NULL)
		r->end = &r->first;
	fr_free(me, one);
}

void
reads_answer(struct fr_node *me, struct reads *r, struct machine *m)
{
	struct read *one = r->first;

	machine_answer(me, m, one->command, one->size, one->request);
	take_first(me, r);
}

void
reads_refuse(struct fr_node *me, struct reads *r, const char *why)
{
	while (r->first != NULL) {
		fr_fail(me, r->first->request, why);
		take_first(me, r);
	}
}
