/* SPDX-License-Identifier: MIT */
/*
 * Normal operation (section 4.1).
 *
 * The primary numbers what clients ask, and sends it to the backups; when f of
 * them have it and all before it, it is committed, executed and answered.  Who
 * lacks something in between fetches it.  Up to `window` operations are under
 * way; what comes in one moment travels together; what gets lost is sent again
 * with a heartbeat, which tells the backups that the primary lives.
 *
 * Reads are operations like any other: a primary alone cannot know that there
 * is no later view (section 6.3 would trust clocks for that).
 */
#include "viewstamped.h"

/* ---- executing --------------------------------------------------------------------- */

void
normal_commit(struct fr_node *me, uint64_t commit)
{
	struct viewstamped *s = me->state;
	struct entry *e;

	while (s->commit < commit &&
	       (e = slots_at(&s->log, s->commit + 1)) != NULL) {
		s->commit++;
		fr_claim(me, "operation committed", (int64_t)s->commit,
			 (int64_t)fr_checksum(e->kind, e->data, e->size));
		if (machine_apply(me, &s->machine, e->data, e->size,
				  e->request) < 0) {
			/* No memory: as if it had crashed. */
			recovery_begin(me);
			return;
		}
		e->request = 0;
	}
	transfer_compact(me);
}

/* ---- the primary -------------------------------------------------------------------- */

void
normal_request(struct fr_node *me, const struct fr_request *rq)
{
	struct viewstamped *s = me->state;

	queue_add(me, &s->queue, &s->machine, rq);
	if (!s->flushing)
		fr_after(me, FLUSH, 0, 0);
	s->flushing = true;
}

/* As the window allows. */
static void
number(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	struct entry_head head = { .ballot = s->view };
	struct waiting *w;
	struct entry *e;

	while (slots_last(&s->log) < s->commit + s->window &&
	       (w = queue_take(&s->queue)) != NULL) {
		head.size = w->size;
		e = slots_put(me, &s->log, slots_last(&s->log) + 1, &head,
			      w->command);
		if (e != NULL)
			e->request = w->request;
		else
			fr_fail(me, w->request, "no memory");
		fr_free(me, w);
	}
}

/* From `first` on, as many as may travel together.  Where it goes on. */
static uint64_t
prepare(struct fr_node *me, uint32_t to, uint64_t first)
{
	struct viewstamped *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	struct prepare p = { .view = s->view, .first = first,
			     .commit = s->commit };

	fr_put_bytes(&w, &p, sizeof p);
	p.count = slots_write(&s->log, first, first + s->batch - 1, &w);
	memcpy(s->body, &p, sizeof p);
	fr_send(me, to, PREPARE, s->body, w.size);
	return first + p.count;
}

/* Of f + 1 replicas one will be asked in every view change. */
static void
count(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	uint64_t op = s->commit + 1;
	uint32_t i, yes, quorum = s->quorum;

#ifdef BUG_early_answer
	quorum--;
#endif
	for (; op <= slots_last(&s->log); op++) {
		for (i = yes = 0; i < me->nodes; i++)
			yes += i == me->id || s->peers[i].op >= op;
		if (yes < quorum)
			break;
	}
	normal_commit(me, op - 1);
	if (s->queue.first != NULL && !s->flushing) {
		fr_after(me, FLUSH, 0, 0);
		s->flushing = true;
	}
}

void
on_flush(struct fr_node *me, uint64_t tag)
{
	struct viewstamped *s = me->state;
	uint64_t first;
	uint32_t to;

	(void)tag;
	s->flushing = false;
	if (!is_primary(me))
		return;
	number(me);
	for (to = 0; to < me->nodes; to++)
		for (first = s->sent + 1; to != me->id &&
		     first <= slots_last(&s->log);)
			first = prepare(me, to, first);
	s->sent = slots_last(&s->log);
	if (s->quorum == 1)
		count(me);
}

void
on_prepare_ok(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct viewstamped *s = me->state;
	const struct prepare_ok *ok = body;
	struct peer *peer = &s->peers[from];

	(void)size;
	if (!is_primary(me) || ok->view != s->view)
		return;
	peer->joined = true;
	peer->heard = fr_mono(me);
	if (ok->op > peer->op)
		peer->op = ok->op;
	count(me);
}

void
normal_beat(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	const struct start_view begun = { s->view, slots_last(&s->log),
					  s->commit };
	const struct commit beat = { s->view, s->commit };
	uint32_t to;

	for (to = 0; to < me->nodes; to++) {
		const struct peer *peer = &s->peers[to];

		if (to == me->id)
			continue;
		if (!peer->joined)
			fr_send(me, to, START_VIEW, &begun, sizeof begun);
		else if (peer->op < slots_last(&s->log) &&
			 peer->op >= s->log.base)
			prepare(me, to, peer->op + 1);
		else
			fr_send(me, to, COMMIT, &beat, sizeof beat);
	}
}

bool
normal_heard(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	uint32_t i, heard = 0;

	for (i = 0; i < me->nodes; i++)
		heard += i == me->id ||
			 fr_mono(me) - s->peers[i].heard < 2 * s->patience;
	return heard >= s->quorum;
}

/* ---- a backup -------------------------------------------------------------------------- */

/* True: the sender is the primary of the view in which this replica is normal.
 * A later view, or one that it waits for, is fetched. */
static bool
follows(struct fr_node *me, uint32_t from, uint64_t view)
{
	struct viewstamped *s = me->state;

	if (s->status == RECOVERING || view < s->view)
		return false;
	view_wait(me);
	if (view == s->view && s->status == NORMAL)
		return true;
	transfer_begin(me, from, view, view);
	return false;
}

static void
acknowledge(struct fr_node *me)
{
	struct viewstamped *s = me->state;
	const struct prepare_ok ok = { s->view, slots_last(&s->log) };

	fr_send(me, primary_of(me, s->view), PREPARE_OK, &ok, sizeof ok);
}

void
on_prepare(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct viewstamped *s = me->state;
	struct fr_reader r = fr_reader(body, size);
	struct entry_head head;
	struct prepare p;
	const void *data;
	uint64_t op;

	memcpy(&p, fr_get_bytes(&r, sizeof p), sizeof p);
	if (!follows(me, from, p.view))
		return;
	if (p.first > slots_last(&s->log) + 1) {
		transfer_begin(me, from, p.view, p.view);
		return;
	}
	for (op = p.first; op < p.first + p.count; op++) {
		data = entry_read(&r, &head);
		if (data == NULL)
			return;
		if (op == slots_last(&s->log) + 1 &&
		    slots_put(me, &s->log, op, &head, data) == NULL)
			break;
	}
	acknowledge(me);
	normal_commit(me, p.commit);
}

void
on_commit(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct viewstamped *s = me->state;
	const struct commit *c = body;

	(void)size;
	if (!follows(me, from, c->view))
		return;
	if (c->commit > slots_last(&s->log))
		transfer_begin(me, from, c->view, c->view);
	acknowledge(me);
	normal_commit(me, c->commit);
}

/* ---- entering and leaving ----------------------------------------------------------------- */

void
normal_enter(struct fr_node *me, uint64_t view)
{
	struct viewstamped *s = me->state;
	uint32_t i;

	s->status = NORMAL;
	s->view = s->normal = view;
	s->sent = slots_last(&s->log);
	for (i = 0; i < me->nodes; i++)
		s->peers[i] = (struct peer){ .heard = fr_mono(me) };
	note(me);
	view_wait(me);
	if (is_primary(me))
		normal_beat(me);
	else
		acknowledge(me);
}

void
normal_leave(struct fr_node *me)
{
	struct viewstamped *s = me->state;

	queue_refuse(me, &s->queue, "the view changes");
	slots_give_up(me, &s->log, s->commit + 1, slots_last(&s->log),
		      "the view changes: another primary may finish it");
}
