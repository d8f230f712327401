/* SPDX-License-Identifier: MIT */
/*
 * View changes (section 4.2).
 *
 * Who does not hear of its primary for a while tells everybody that it is for
 * the next view (StartViewChange).  When f others are, too, it tells that view's
 * primary how far its log goes, and in which view it was normal last
 * (DoViewChange).  Of f + 1 such logs the one of the latest normal view counts,
 * and of those the longest: the new primary fetches what it lacks of it, and
 * tells everybody that the view begins (StartView).
 */
#include "viewstamped.h"

void
view_wait(struct fr_node *me)
{
	struct viewstamped *s = me->state;

	fr_after(me, VIEW,
		 fr_random_between(me, s->patience, 2 * s->patience), 0);
}

void
view_change(struct fr_node *me, uint64_t view)
{
	struct viewstamped *s = me->state;
	uint32_t i;

	normal_leave(me);
	transfer_stop(me);
	s->status = VIEW_CHANGE;
	s->view = view;
	set_clear(&s->changers);
	for (i = 0; i < me->nodes; i++)
		s->peers[i].has = false;
	note(me);
	view_wait(me);
	view_beat(me);
}

void
on_view(struct fr_node *me, uint64_t tag)
{
	struct viewstamped *s = me->state;

	(void)tag;
	if (s->status == RECOVERING)
		recovery_again(me);
	else if (!is_primary(me) || !normal_heard(me))
		view_change(me, s->view + 1);
	view_wait(me);
}

/* ---- the new primary ------------------------------------------------------------------ */

static bool
better(const struct do_view_change *a, const struct do_view_change *b)
{
#ifdef BUG_longest_log
	return a->op > b->op;
#endif
	return a->normal != b->normal ? a->normal > b->normal : a->op > b->op;
}

static void
choose(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	uint32_t i, best = me->id, count = 0;

	for (i = 0; i < me->nodes; i++) {
		if (!recovery_counts(s, i))
			continue;
		count++;
		if (better(&s->peers[i].change, &s->peers[best].change))
			best = i;
	}
	if (count < s->quorum || !recovery_counts(s, me->id) || s->transfer.from != 0)
		return;
	if (best == me->id)
		view_start(me);
	else
		transfer_begin(me, best, s->view,
			       s->peers[best].change.normal);
}

void
view_start(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	uint64_t commit = s->commit;
	uint32_t i;

	for (i = 0; i < me->nodes; i++)
		if (recovery_counts(s, i) && s->peers[i].change.commit > commit)
			commit = s->peers[i].change.commit;
	fr_claim(me, "log that a view began with", (int64_t)s->view,
		 (int64_t)slots_last(&s->log));
	normal_enter(me, s->view);
	normal_commit(me, commit);
}

static void
take_change(struct fr_node *me, uint32_t from, const struct do_view_change *d,
	    uint32_t incarnation)
{
	struct viewstamped *s = me->state;
	struct peer *peer = &s->peers[from];

	peer->has = true;
	peer->change = *d;
	peer->incarnation = incarnation;
	choose(me);
}

void
on_do_view_change(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	struct viewstamped *s = me->state;
	const struct do_view_change *d = body;
	uint32_t incarnation;

	if (!recovery_merge(me, from, body, sizeof *d, size, &incarnation) ||
	    s->status == RECOVERING || d->view < s->view ||
	    primary_of(me, d->view) != me->id ||
	    (d->view == s->view && s->status == NORMAL))
		return;
	if (d->view > s->view)
		view_change(me, d->view);
	take_change(me, from, d, incarnation);
}

/* ---- all of them -------------------------------------------------------------------------- */

/* When f others are for it, too. */
static void
do_view_change(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	const struct do_view_change d = { s->view, s->normal,
					  slots_last(&s->log), s->commit };
	uint32_t to = primary_of(me, s->view);

	if (set_size(&s->changers) + 1 < s->quorum)
		return;
	if (to == me->id)
		take_change(me, to, &d, s->incarnation);
	else
		recovery_send(me, to, DO_VIEW_CHANGE, &d, sizeof d);
}

void
view_beat(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	const struct start_view_change c = { s->view };

	fr_broadcast(me, START_VIEW_CHANGE, &c, sizeof c);
	do_view_change(me);
}

void
on_start_view_change(struct fr_node *me, uint32_t from, const void *body,
		     size_t size)
{
	struct viewstamped *s = me->state;
	const struct start_view_change *c = body;

	(void)size;
#ifndef BUG_recovering_votes
	if (s->status == RECOVERING)
		return;
#endif
	if (c->view < s->view || (c->view == s->view && s->status == NORMAL))
		return;
	if (c->view > s->view)
		view_change(me, c->view);
	set_add(&s->changers, from);
	do_view_change(me);
}

void
on_start_view(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	/* Its log is fetched; who is normal in it already says how far. */
	const struct start_view *v = body;
	const struct commit c = { v->view, v->commit };

	on_commit(me, from, &c, size);
}
