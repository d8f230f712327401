/* SPDX-License-Identifier: MIT */
/*
 * State transfer (sections 5.2 and 5.3).
 *
 * Three kinds of replicas fetch a log: who lacks something of the view in which
 * it is normal, or learns of a later view; a new primary, from whoever had the
 * best log; and who recovers.  What comes is put aside, and takes the place of
 * what is in the log behind what is executed when all of it is there, and the
 * view with it, at once: the paper's replica forgets first and asks then, and
 * lacks what it acknowledged if another view change comes in between.
 *
 * Where the log asked does not go back so far, an image of the state is sent,
 * in pieces.  It, too, is put aside: who installed it at once would, in its old
 * view, speak of operations that it has from a later one.
 */
#include "viewstamped.h"

/* ---- who fetches -------------------------------------------------------------------------- */

static void
ask(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	const struct transfer *t = &s->transfer;
	const struct get_state g = {
		t->view, t->normal, slots_last(&t->slots) + 1, s->coming.last,
		s->coming.got,
	};

	s->asked = fr_mono(me);
	fr_send(me, t->from - 1, GET_STATE, &g, sizeof g);
}

void
transfer_again(struct fr_node *me)
{
	struct viewstamped *s = me->state;

	if (s->transfer.from != 0 && fr_mono(me) - s->asked >= s->beat)
		ask(me);
}

void
transfer_stop(struct fr_node *me)
{
	struct viewstamped *s = me->state;

	s->transfer.from = 0;
	slots_reset(me, &s->transfer.slots, 0);
	image_drop(me, &s->coming);
}

void
transfer_begin(struct fr_node *me, uint32_t from, uint64_t view,
	       uint64_t normal)
{
	struct viewstamped *s = me->state;
	struct transfer *t = &s->transfer;

	if (t->from == from + 1 && t->view == view && t->normal == normal) {
		transfer_again(me);
		return;
	}
	transfer_stop(me);
#ifdef BUG_truncates
	if (s->status != RECOVERING && view == normal && view != s->normal) {
		slots_cut(me, &s->log, s->commit + 1);
		s->view = s->normal = view;
		s->status = NORMAL;
	}
#endif
	t->from = from + 1;
	t->view = view;
	t->normal = normal;
	/* Of one view, mine is the beginning of theirs. */
	slots_reset(me, &t->slots, s->normal == normal &&
		    s->status != RECOVERING ? slots_last(&s->log) : s->commit);
	ask(me);
}

/* The image takes the place of what was executed.  False: it makes no sense, or
 * there is no memory. */
static bool
install(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	uint64_t last;

	if (s->coming.last <= s->commit)
		return true;
	if (image_use(me, &s->coming, &s->machine, &last, sizeof last) < 0)
		return false;
#ifdef BUG_no_client_table
	s->machine.session_count = 0;
#endif
	s->commit = last;
	slots_forget(me, &s->log, last);
	return true;
}

/* The same for the log.  False: no memory. */
static bool
adopt(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	const struct slots *new = &s->transfer.slots;
	const struct entry *e;
	uint64_t op = new->base > s->commit ? new->base : s->commit;

	if (s->transfer.normal == s->normal && s->status != RECOVERING) {
		/* It may have grown since. */
		if (slots_last(&s->log) > op)
			op = slots_last(&s->log);
	} else {
		slots_cut(me, &s->log, op + 1);
	}
	while (op < slots_last(new)) {
		struct entry_head head;

		e = slots_at(new, ++op);
		head = (struct entry_head){ e->ballot, e->kind, e->size };
		if (slots_put(me, &s->log, op, &head, e->data) == NULL)
			return false;
	}
	return true;
}

/* All of it is there. */
static void
finish(struct fr_node *me, uint64_t commit)
{
	struct viewstamped *s = me->state;
	const bool starts = s->transfer.normal != s->transfer.view;
	const uint64_t view = s->transfer.view;

	normal_leave(me);
	if ((image_whole(&s->coming) && !install(me)) || !adopt(me)) {
		recovery_begin(me);
		return;
	}
	transfer_stop(me);
	if (starts)
		view_start(me);
	else
		normal_enter(me, view);
	normal_commit(me, commit);
}

/* The one asked has what is asked for, or, if it is normal, something later. */
static bool
fits(struct fr_node *me, uint32_t from, const struct new_state *n)
{
	struct viewstamped *s = me->state;
	struct transfer *t = &s->transfer;

	if (t->from != from + 1 || n->view < t->view)
		return false;
	if (t->normal != t->view)
		return n->view == t->view && n->normal == t->normal;
	if (n->normal != n->view)
		return false;
	if (n->view > t->view) {
		t->view = t->normal = n->view;
		slots_reset(me, &t->slots, s->commit);
		ask(me);
		return false;
	}
	return true;
}

void
on_new_state(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct viewstamped *s = me->state;
	struct fr_reader r = fr_reader(body, size);
	struct slots *slots = &s->transfer.slots;
	struct entry_head head;
	struct new_state n;
	const void *data;

	memcpy(&n, fr_get_bytes(&r, sizeof n), sizeof n);
	if (!fits(me, from, &n) || n.first != slots_last(slots) + 1)
		return;
	view_wait(me);
	for (; n.count > 0; n.count--) {
		data = entry_read(&r, &head);
		if (data == NULL || slots_put(me, slots, slots_last(slots) + 1,
					      &head, data) == NULL)
			return;
	}
	if (slots_last(slots) >= n.op)
		finish(me, n.commit);
	else
		ask(me);
}

/* One more piece of an image, which stays aside with what comes behind it. */
void
on_snapshot(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct viewstamped *s = me->state;
	struct transfer *t = &s->transfer;
	const struct piece *piece = body;
	uint64_t got = s->coming.got;

	if (t->from != from + 1 || piece->last <= slots_last(&t->slots) ||
	    !image_collect(me, &s->coming, piece, piece + 1,
			   size - sizeof *piece))
		return;
	view_wait(me);
	if (image_whole(&s->coming))
		slots_reset(me, &t->slots, piece->last);
	else if (s->coming.got == got)
		return;
	ask(me);
}

/* ---- who is asked --------------------------------------------------------------------------- */

static void
send_image(struct fr_node *me, uint32_t to, const struct get_state *g)
{
	struct viewstamped *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	struct image new;

	/* One is made when it is asked for, and serves until the log has gone
	 * on without it. */
	if (s->image.data == NULL || s->image.last < s->log.base) {
		if (image_make(me, &new, &s->machine, s->commit, &s->commit,
			       sizeof s->commit) < 0)
			return;
		image_keep(me, &s->image, &new);
	}
	s->taught = fr_mono(me);
	image_piece(&s->image, g->last == s->image.last ? g->offset : 0,
		    s->chunk, &w);
	fr_send(me, to, SNAPSHOT, s->body, w.size);
}

void
on_get_state(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct viewstamped *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	const struct get_state *g = body;
	struct new_state n = {
		.view = s->view, .normal = s->normal,
		.op = slots_last(&s->log), .commit = s->commit,
		.first = g->first,
	};

	(void)size;
	if (s->status == RECOVERING || s->view < g->view ||
	    (s->status != NORMAL &&
	     (s->view != g->view || s->normal != g->normal)))
		return;
	if (g->first <= s->log.base) {
		send_image(me, from, g);
		return;
	}
	fr_put_bytes(&w, &n, sizeof n);
	n.count = slots_write(&s->log, g->first, n.op, &w);
	memcpy(s->body, &n, sizeof n);
	fr_send(me, from, NEW_STATE, s->body, w.size);
}

/* What backups may still lack stays, and nobody who fetches an image is made to
 * begin anew; but not for ever. */
void
transfer_compact(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	uint64_t kept = s->compact / 4, since = s->commit - s->log.base;

	if (since < s->compact + kept ||
	    (s->taught != 0 && since < 4 * (uint64_t)s->compact &&
	     fr_mono(me) - s->taught < s->patience))
		return;
	slots_forget(me, &s->log, s->commit - kept);
	if (s->image.last < s->log.base)
		image_drop(me, &s->image);
}
