/* SPDX-License-Identifier: MIT */
/*
 * What is chosen, applied in order; and how a node that missed some of it
 * catches up (Live, section 5.1).
 *
 * Who lacks something asks whoever told it that there is more, again and again
 * from where it stands: it is answered with what is chosen there, or, where
 * that is not kept any more, with a piece of the snapshot.  A snapshot is on the
 * disk before what is in it is forgotten.
 */
#include "multi-paxos.h"

/* ---- in order ---------------------------------------------------------------------- */

static void take_image(struct fr_node *me);

void
learner_advance(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	struct entry *e;

	while (!s->silent && (e = slots_at(&s->slots, s->applied + 1)) != NULL &&
	       e->chosen) {
		s->applied++;
		fr_claim(me, "command chosen", (int64_t)s->applied,
			 (int64_t)fr_checksum(e->kind, e->data, e->size));
		if (e->kind == COMMAND &&
		    machine_apply(me, &s->machine, e->data, e->size,
				  e->request) < 0)
			silence(me, "a command could not be done");
		e->request = 0;
	}
	if (!s->silent)
		take_image(me);
}

void
learner_learn(struct fr_node *me, uint64_t index, const struct entry_head *head,
	      const void *data)
{
	struct multi_paxos *s = me->state;
	struct entry *e = slots_at(&s->slots, index);
	uint64_t request = e != NULL ? e->request : 0;

	if (index <= s->applied || (e != NULL && e->chosen))
		return;
	if (request != 0)
		fr_unsure(me, request, "another leader decided it");
	e = slots_put(me, &s->slots, index, head, data);
	if (e != NULL)
		e->chosen = true;
}

void
learner_told(struct fr_node *me, uint32_t from, uint64_t ballot,
	     uint64_t chosen)
{
	struct multi_paxos *s = me->state;
	struct entry *e;
	uint64_t i;

	for (i = s->applied + 1;
	     i <= chosen && i <= slots_last(&s->slots); i++) {
		e = slots_at(&s->slots, i);
		if (e != NULL && e->ballot == ballot)
			e->chosen = true;
	}
	learner_advance(me);
	if (!s->silent && s->applied < chosen)
		learner_ask(me, from);
}

/* ---- catching up -------------------------------------------------------------------- */

static void
ask_now(struct fr_node *me, uint32_t from)
{
	struct multi_paxos *s = me->state;
	const struct learn l = { s->applied + 1, s->coming.last,
				 s->coming.got };

	s->asked = fr_mono(me);
	fr_send(me, from, LEARN, &l, sizeof l);
}

void
learner_ask(struct fr_node *me, uint32_t from)
{
	struct multi_paxos *s = me->state;

	if (s->asked == 0 || fr_mono(me) - s->asked >= s->heartbeat)
		ask_now(me, from);
}

static void
teach(struct fr_node *me, uint32_t to, uint64_t from)
{
	struct multi_paxos *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	struct learned l = { .first = from, .chosen = s->applied };

	fr_put_bytes(&w, &l, sizeof l);
	l.count = slots_write(&s->slots, from, s->applied, &w);
	memcpy(s->body, &l, sizeof l);
	if (l.count > 0)
		fr_send(me, to, LEARNED, s->body, w.size);
}

void
on_learn(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct multi_paxos *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	const struct learn *l = body;

	(void)size;
	if (!takes_part(s))
		return;
	if (l->from > s->slots.base) {
		teach(me, from, l->from);
		return;
	}
	s->taught = fr_mono(me);
	image_piece(&s->image, l->last == s->image.last ? l->offset : 0,
		    s->chunk, &w);
	fr_send(me, from, SNAPSHOT, s->body, w.size);
}

/* It stands further on now: a candidate may know enough. */
static void
go_on(struct fr_node *me, uint32_t from, bool more)
{
	struct multi_paxos *s = me->state;

	if (s->silent)
		return;
	if (more)
		ask_now(me, from);
	leader_try(me);
}

void
on_learned(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct multi_paxos *s = me->state;
	struct fr_reader r = fr_reader(body, size);
	uint64_t i, before = s->applied;
	struct entry_head head;
	struct learned l;
	const void *data;

	memcpy(&l, fr_get_bytes(&r, sizeof l), sizeof l);
	if (!takes_part(s))
		return;
	for (i = 0; i < l.count; i++) {
		data = entry_read(&r, &head);
		if (data == NULL)
			return;
		head.ballot = CHOSEN;
		learner_learn(me, l.first + i, &head, data);
	}
	learner_advance(me);
	if (s->applied > before)
		go_on(me, from, s->applied < l.chosen);
}

/* ---- snapshots ----------------------------------------------------------------------- */

/* Instances that others may still lack stay: telling them a few is cheaper
 * than telling everything. */
static uint64_t
keep_from(const struct multi_paxos *s)
{
	uint64_t kept = s->compact / 4;

	return s->applied > kept ? s->applied - kept : 0;
}

/* Enough has been applied since the last one, and nobody is just reading that;
 * but nobody may hold it up for ever. */
static bool
is_time(struct fr_node *me)
{
	const struct multi_paxos *s = me->state;
	uint64_t since = s->applied - s->image.last;

	if (since < s->compact)
		return false;
	return since >= 4 * (uint64_t)s->compact || s->taught == 0 ||
	       fr_mono(me) - s->taught > s->election;
}

static void
take_image(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	struct image new;

	if (!is_time(me) || image_make(me, &new, &s->machine, s->applied,
				       &s->applied, sizeof s->applied) < 0)
		return;
	image_keep(me, &s->image, &new);
	if (image_save(me, &new) < 0)
		silence(me, "the disk would not keep the snapshot");
	else if (keep_from(s) > s->slots.base &&
		 acceptor_forget(me, keep_from(s)) < 0)
		silence(me, "the disk would not keep what is accepted");
}

/* The state becomes what the image says; -1: it makes no sense. */
static int
use(struct fr_node *me, const struct image *image)
{
	struct multi_paxos *s = me->state;

	if (image_use(me, image, &s->machine, &s->applied,
		      sizeof s->applied) < 0)
		return -1;
#ifdef BUG_sessions_lost
	s->machine.session_count = 0;
#endif
	return 0;
}

static void
install(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	const struct image new = s->coming;

	s->coming = (struct image){ 0 };
	if (new.last <= s->applied) {
		fr_free(me, new.data);
		return;
	}
	slots_give_up(me, &s->slots, 1, new.last,
		      "it was not seen how it ended");
	image_keep(me, &s->image, &new);
	if (image_save(me, &new) < 0 || use(me, &new) < 0 ||
	    acceptor_forget(me, s->applied) < 0) {
		silence(me, "a snapshot could not be installed");
		return;
	}
	learner_advance(me);
}

void
on_snapshot(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct multi_paxos *s = me->state;
	const struct piece *piece = body;
	uint64_t before = s->coming.got;

	if (!takes_part(s) || piece->last <= s->applied ||
	    !image_collect(me, &s->coming, piece, piece + 1,
			   size - sizeof *piece))
		return;
	if (image_whole(&s->coming))
		install(me);
	else if (s->coming.got == before)
		return;
	go_on(me, from, true);
}

/* ---- at boot --------------------------------------------------------------------------- */

int
learner_load(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	int found = image_load(me, &s->image);

	if (found == FR_ENOENT)
		return 0;
	if (found < 0 || use(me, &s->image) < 0)
		return -1;
	s->image.last = s->slots.base = s->applied;
	return 0;
}
