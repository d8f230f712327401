/* SPDX-License-Identifier: MIT */
/*
 * Coming back without any memory (section 4.3), in two rounds (Michael,
 * section 4):
 *
 *  1. "Which was I?"  It asks until so many others have answered that one of
 *     them knew its latest incarnation; it is the next one.
 *  2. "I am that one.  Which view is it?"  Who is normal notes the incarnation
 *     first, and then answers.  When enough have, and the primary of the latest
 *     view that they know of is among them, it fetches that one's log.
 *
 * A nonce tells answers of this round from others.  Until it is normal it says
 * nothing else.  A message that changes views, or answers here, carries what its
 * sender knows of all incarnations, and does not count with one that knows of a
 * later incarnation of its sender: so what was said before a crash is not
 * believed behind it.
 */
#include "viewstamped.h"

/* ---- crash vectors ---------------------------------------------------------------------- */

void
recovery_send(struct fr_node *me, uint32_t to, uint32_t type, const void *head,
	      size_t size)
{
	struct viewstamped *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);

	fr_put_bytes(&w, head, size);
	fr_put_bytes(&w, s->incarnations, me->nodes * sizeof(uint32_t));
	fr_send(me, to, type, s->body, w.size);
}

bool
recovery_merge(struct fr_node *me, uint32_t from, const void *body, size_t head,
	       size_t size, uint32_t *incarnation)
{
	struct viewstamped *s = me->state;
	uint32_t vector[FR_NODES_MAX], i;

	if (size != head + me->nodes * sizeof *vector)
		return false;
	memcpy(vector, (const char *)body + head, size - head);
	for (i = 0; i < me->nodes; i++)
		if (vector[i] > s->incarnations[i])
			s->incarnations[i] = vector[i];
	*incarnation = vector[from];
	return true;
}

bool
recovery_counts(const struct viewstamped *s, uint32_t node)
{
#ifdef BUG_no_crash_vector
	return s->peers[node].has;
#endif
	return s->peers[node].has &&
	       s->peers[node].incarnation == s->incarnations[node];
}

/* ---- who recovers ------------------------------------------------------------------------- */

static void
ask(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	uint32_t i;

	s->nonce = fr_random(me);
	for (i = 0; i < me->nodes; i++)
		s->peers[i].has = false;
	recovery_beat(me);
}

void
recovery_beat(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	const struct recovery r = { s->nonce, s->incarnation };

	if (s->transfer.from == 0)
		fr_broadcast(me, RECOVERY, &r, sizeof r);
}

void
recovery_again(struct fr_node *me)
{
	transfer_stop(me);
	ask(me);
}

void
recovery_begin(struct fr_node *me)
{
	struct viewstamped *s = me->state;

	normal_leave(me);
	transfer_stop(me);
	slots_reset(me, &s->log, 0);
	machine_clear(me, &s->machine);
	image_drop(me, &s->image);
	s->status = RECOVERING;
	s->view = s->normal = s->commit = 0;
	s->incarnation = 0;
	note(me);
	view_wait(me);
	ask(me);
}

/* Known to enough others, it may ask for the state. */
static void
next_incarnation(struct fr_node *me)
{
	struct viewstamped *s = me->state;

	s->incarnation = ++s->incarnations[me->id];
	ask(me);
}

void
on_recovery_response(struct fr_node *me, uint32_t from, const void *body,
		     size_t size)
{
	struct viewstamped *s = me->state;
	const struct recovery_response *r = body;
	struct peer *peer = &s->peers[from];
	uint32_t i, primary, incarnation, count = 0;
	uint64_t view = 0;

	if (s->status != RECOVERING || r->nonce != s->nonce ||
	    s->transfer.from != 0 ||
	    !recovery_merge(me, from, body, sizeof *r, size, &incarnation))
		return;
	peer->has = true;
	peer->incarnation = incarnation;
	peer->view = r->view;
	for (i = 0; i < me->nodes; i++) {
		if (!recovery_counts(s, i))
			continue;
		count++;
		if (s->peers[i].view > view)
			view = s->peers[i].view;
	}
	primary = primary_of(me, view);
#ifdef BUG_from_anybody
	primary = from;
#endif
	if (count < s->others)
		return;
	if (s->incarnation == 0)
		next_incarnation(me);
	else if (recovery_counts(s, primary) && s->peers[primary].view == view)
		transfer_begin(me, primary, view, view);
}

/* ---- who answers ---------------------------------------------------------------------------- */

void
on_recovery(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct viewstamped *s = me->state;
	const struct recovery *r = body;
	const struct recovery_response answer = { r->nonce, s->view };

	(void)size;
	if (r->incarnation > s->incarnations[from])
		s->incarnations[from] = (uint32_t)r->incarnation;
	if (s->status == RECOVERING ||
	    (r->incarnation != 0 && s->status != NORMAL))
		return;
	recovery_send(me, from, RECOVERY_RESPONSE, &answer, sizeof answer);
}
