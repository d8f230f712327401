/* SPDX-License-Identifier: MIT */
/*
 * Cutting a history where nothing is under way (search.c, rule 7).
 *
 * What is left to do from a cut on follows from the state there and from the
 * pending operations that were used: so a search that reaches it can forget
 * how, and all that it remembered on the way.  Where nothing leads on, that is
 * remembered of the cut, and the piece before it is searched anew, for another
 * way to end.  So the states in which a piece can end are found one by one,
 * and only as many as are needed.
 *
 * 1. cuts[goal] is the first cut behind `at`; goal == cut_count: there is none.
 * 2. Whatever was settled behind a cut follows from the state at it.
 * 3. Where the completion that is linearized last before a cut tells the state
 *    and all that can be the last tell the same one, the cut is sure: pending
 *    operations behind it belong to the next piece.  Where nothing leads on
 *    from there, there is no linearization, and nobody needs to look back.
 */
#include <string.h>

#include "checker/search.h"

/* The state after i as the last of all: NONE: it does not tell. */
static uint32_t
state_after(const struct part *p, uint32_t i)
{
	return p->flags[i] & OP_UNLESS ? NONE :
		p->b[i] != NONE ? p->b[i] : p->a[i];
}

/* Of the first `count` completions, those behind their last call can be the
 * last of all. */
static bool
is_sure(const struct search *s, uint32_t count, uint32_t last_call)
{
	const struct part *p = s->p;
	uint32_t state = state_after(p, s->by_ret[count - 1]), k;

	if (!s->plain || state == NONE)
		return false;
	for (k = count - 1; k-- > 0 && p->ret[s->by_ret[k]] > last_call;)
		if (state_after(p, s->by_ret[k]) != state)
			return false;
	return true;
}

static bool
add_cut(struct search *s, uint32_t at, bool sure)
{
	uint32_t room = s->cut_room == 0 ? 64 : s->cut_room * 2;
	struct cut *cuts;

	if (s->cut_count == s->cut_room) {
		cuts = budget_resize(s->budget, s->cuts, s->cut_room, room,
				     sizeof *cuts);
		if (cuts == NULL)
			return false;
		s->cuts = cuts;
		s->cut_room = room;
	}
	s->cuts[s->cut_count++] = (struct cut){ at, sure };
	return true;
}

bool
cuts_find(struct search *s)
{
	const struct part *p = s->p;
	uint32_t called = 0, i = s->next[s->n], k, last_call = 0;

	for (k = 0; k + 1 < s->ok_count; k++) {
		for (; i != s->n && p->call[i] < p->ret[s->by_ret[k]];
		     i = s->next[i]) {
			last_call = p->call[i];
			called++;
		}
		if (called == k + 1 &&
		    !add_cut(s, called, is_sure(s, called, last_call)))
			return false;
	}
	return true;
}

void
cuts_free(struct search *s)
{
	budget_free(s->budget, s->cuts, s->cut_room, sizeof *s->cuts);
	budget_free(s->budget, s->marks, s->mark_room, sizeof *s->marks);
	if (s->dead != NULL)
		budget_free(s->budget, s->dead, s->dead_mask + 1,
			    sizeof *s->dead);
}

/* ---- on the way ------------------------------------------------------------ */

static void
forget(struct search *s)
{
	s->epoch += UINT64_C(0x9e3779b97f4a7c15);
	if (s->memo_count * 4 < s->memo_mask)
		return;
	memset(s->memo, 0, (s->memo_mask + 1) * sizeof *s->memo);
	s->memo_count = 0;
}

static bool
is_dead(const struct search *s, struct key k)
{
	uint64_t slot = k.low & s->dead_mask;

	if (s->dead == NULL)
		return false;
	for (; s->dead[slot].low != 0 || s->dead[slot].high != 0;
	     slot = (slot + 1) & s->dead_mask)
		if (s->dead[slot].low == k.low && s->dead[slot].high == k.high)
			return true;
	return false;
}

static bool
add_dead(struct search *s, struct key k)
{
	if ((s->dead == NULL || s->dead_count * 2 > s->dead_mask) &&
	    !keys_grow(s->budget, &s->dead, &s->dead_mask))
		return false;
	s->dead_count += (uint64_t)keys_add(s->dead, s->dead_mask, k);
	return true;
}

/* All pending operations that were called by now are loose. */
static bool
all_loose(const struct search *s)
{
	uint32_t k, limit = horizon(s), c;

	for (k = 0; k < s->open_count; k++) {
		c = s->open[k];
		if (s->p->call[s->pending[s->pending_start[c]]] >= limit)
			break;
		if (!s->loose[c])
			return false;
	}
	return true;
}

int
cuts_pass(struct search *s)
{
	uint32_t room = s->mark_room == 0 ? 16 : s->mark_room * 2, passed;
	struct key k = search_key(s);
	struct mark *m;

	if (is_dead(s, k))
		return 0;
	if (s->mark_count == s->mark_room) {
		m = budget_resize(s->budget, s->marks, s->mark_room, room,
				  sizeof *m);
		if (m == NULL)
			return -1;
		s->marks = m;
		s->mark_room = room;
	}
	passed = s->goal;
	while (s->goal < s->cut_count && s->cuts[s->goal].at <= s->at)
		passed = s->goal++;
	m = &s->marks[s->mark_count++];
	m->key = k;
	m->start = (struct frame){ s->trail_length, s->state, s->at, 0, 0 };
	m->goal = s->goal;
	m->frames = s->frame_count +
		(s->mark_count > 1 ? m[-1].frames : 0);
	m->sure = s->cuts[passed].sure && all_loose(s);
	if (m->sure)
		s->settled = s->at;
	s->frame_count = 0;
	forget(s);
	return 1;
}

/* Stands where the last mark is, or at the beginning. */
static void
return_to_mark(struct search *s)
{
	static const struct frame nothing;
	struct frame start = nothing;

	start.state = s->o.initial;
	s->goal = 0;
	if (s->mark_count > 0) {
		start = s->marks[s->mark_count - 1].start;
		s->goal = s->marks[s->mark_count - 1].goal;
	}
	search_go_back(s, &start);
	s->frame_count = 0;
	forget(s);
}

int
cuts_back(struct search *s)
{
	const struct mark *m;

	if (s->mark_count == 0)
		return 0;
	m = &s->marks[--s->mark_count];
	if (m->sure)
		return 0;
	if (!add_dead(s, m->key))
		return -1;
	return_to_mark(s);
	return 1;
}

void
cuts_begin(struct search *s)
{
	s->settled = 0;
	cuts_again(s, 0);
}

void
cuts_again(struct search *s, uint32_t at)
{
	uint32_t low = 0, high = at > s->settled ? s->frame_count : 0, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (s->frames[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low > 0) {
		search_go_back(s, &s->frames[low - 1]);
		s->frame_count = low - 1;
		forget(s);
		return;
	}
	if (at < s->settled)
		at = s->settled;
	while (s->mark_count > 0 &&
	       s->marks[s->mark_count - 1].start.at > at)
		s->mark_count--;
	return_to_mark(s);
}
