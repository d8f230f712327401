/* SPDX-License-Identifier: MIT */
#include "slots.h"

#include "machine.h"

static bool
reach(struct fr_node *me, struct slots *s, uint64_t count)
{
	uint64_t room = s->room > 0 ? s->room : 64;
	struct entry **at;

	while (room < count)
		room *= 2;
	if (room > s->room) {
		at = fr_alloc(me, room * sizeof *at);
		if (at == NULL)
			return false;
		if (s->count > 0)
			memcpy(at, s->at, s->count * sizeof *at);
		fr_free(me, s->at);
		s->at = at;
		s->room = room;
	}
	while (s->count < count)
		s->at[s->count++] = NULL;
	return true;
}

struct entry *
slots_put(struct fr_node *me, struct slots *s, uint64_t index,
	  const struct entry_head *head, const void *data)
{
	struct entry *e;

	if (index <= s->base || index - s->base > SLOTS_MAX)
		return NULL;
	e = fr_alloc(me, sizeof *e + head->size);
	if (e == NULL || !reach(me, s, index - s->base)) {
		fr_free(me, e);
		return NULL;
	}
	e->ballot = head->ballot;
	e->kind = head->kind;
	e->size = head->size;
	if (head->size > 0)
		memcpy(e->data, data, head->size);
	fr_free(me, s->at[index - s->base - 1]);
	s->at[index - s->base - 1] = e;
	return e;
}

void
slots_cut(struct fr_node *me, struct slots *s, uint64_t index)
{
	while (s->count > 0 && slots_last(s) >= index)
		fr_free(me, s->at[--s->count]);
}

void
slots_forget(struct fr_node *me, struct slots *s, uint64_t index)
{
	uint64_t i, gone;

	if (index <= s->base)
		return;
	gone = index - s->base < s->count ? index - s->base : s->count;
	for (i = 0; i < gone; i++)
		fr_free(me, s->at[i]);
	s->count -= gone;
	if (s->count > 0)
		memmove(s->at, s->at + gone, s->count * sizeof *s->at);
	s->base = index;
}

void
slots_reset(struct fr_node *me, struct slots *s, uint64_t base)
{
	slots_cut(me, s, 0);
	s->base = base;
}

void
slots_give_up(struct fr_node *me, struct slots *s, uint64_t first,
	      uint64_t last, const char *why)
{
	struct entry *e;
	uint64_t i;

	if (last > slots_last(s))
		last = slots_last(s);
	for (i = first; i <= last; i++) {
		e = slots_at(s, i);
		if (e == NULL || e->request == 0)
			continue;
		fr_unsure(me, e->request, why);
		e->request = 0;
	}
}

uint64_t
slots_write(const struct slots *s, uint64_t first, uint64_t last,
	    struct fr_writer *w)
{
	const struct entry *e;
	uint64_t i;

	for (i = first; i <= last; i++) {
		e = slots_at(s, i);
		if (e == NULL || !entry_write(w, e))
			break;
	}
	return i - first;
}

bool
entry_write(struct fr_writer *w, const struct entry *e)
{
	const struct entry_head head = { e->ballot, e->kind, e->size };

	if (w->max - w->size < sizeof head + e->size)
		return false;
	fr_put_bytes(w, &head, sizeof head);
	fr_put_bytes(w, e->data, e->size);
	return true;
}

const void *
entry_read(struct fr_reader *r, struct entry_head *head)
{
	const void *at = fr_get_bytes(r, sizeof *head);

	if (at == NULL)
		return NULL;
	memcpy(head, at, sizeof *head);
	return head->size <= COMMAND_MAX ? fr_get_bytes(r, head->size) : NULL;
}
