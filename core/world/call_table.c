/* SPDX-License-Identifier: MIT */
/* The table of calls: places, and a chain of them for each client. */
#include "core/world/call_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void
call_table_init(struct call_table *t, uint32_t clients)
{
	memset(t, 0, sizeof *t);
	t->clients = mem_array(clients, sizeof *t->clients);
}

void
call_table_free(struct call_table *t)
{
	free(t->at);
	free(t->clients);
}

uint64_t
call_name(const struct call_table *t, const struct call *c)
{
	return (uint64_t)c->generation << 32 | (uint32_t)(c - t->at);
}

struct call *
call_find(struct call_table *t, uint64_t name)
{
	uint32_t at = (uint32_t)name;

	if (at >= t->count || t->at[at].generation != name >> 32 ||
	    t->at[at].generation % 2 == 0)
		return NULL;
	return &t->at[at];
}

uint64_t
call_add(struct call_table *t, const struct call *as)
{
	uint32_t at = t->unused, generation = 0;
	struct call *c;

	if (at > 0) {
		c = &t->at[--at];
		t->unused = c->next;
		generation = c->generation;
	} else {
		mem_grow(&t->at, &t->room, t->count + 1, sizeof *t->at);
		at = (uint32_t)t->count++;
		c = &t->at[at];
	}
	*c = *as;
	c->generation = generation + 1;
	c->state = CALL_SENT;
	c->forgotten = false;
	c->previous = 0;
	c->next = t->clients[c->client];
	if (c->next > 0)
		t->at[c->next - 1].previous = at + 1;
	t->clients[c->client] = at + 1;
	return call_name(t, c);
}

/* The client does not wait for it: it is in nobody's chain any more. */
static void
unchain(struct call_table *t, struct call *c)
{
	if (c->forgotten)
		return;
	c->forgotten = true;
	if (c->previous > 0)
		t->at[c->previous - 1].next = c->next;
	else
		t->clients[c->client] = c->next;
	if (c->next > 0)
		t->at[c->next - 1].previous = c->previous;
}

void
call_end(struct call_table *t, struct call *c)
{
	unchain(t, c);
	c->generation++;
	c->next = t->unused;
	t->unused = (uint32_t)(c - t->at) + 1;
}

void
call_forget(struct call_table *t, uint32_t client, uint64_t token)
{
	uint32_t at, next;

	for (at = t->clients[client]; at > 0; at = next) {
		next = t->at[at - 1].next;
		if (t->at[at - 1].token == token)
			unchain(t, &t->at[at - 1]);
	}
}

struct call *
call_open(struct call_table *t, uint32_t slot, uint32_t boot, size_t *from)
{
	struct call *c;

	while (*from < t->count) {
		c = &t->at[(*from)++];
		if (c->generation % 2 == 1 && c->slot == slot &&
		    c->boot == boot && c->state == CALL_OPEN)
			return c;
	}
	return NULL;
}
