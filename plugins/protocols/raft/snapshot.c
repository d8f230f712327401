/* SPDX-License-Identifier: MIT */
/*
 * The state as a whole in the place of the log's beginning (section 7).
 *
 * A snapshot is on the disk before the log forgets what is in it, and before
 * the leader hears that it has come: so that a crash in between finds the one
 * or the other.  It carries who votes, as the log did.
 */
#include "raft.h"

struct image_head {
	uint64_t last, term;
	struct members members;
};

/* Entries that followers may still lack stay: sending them a few is cheaper
 * than sending everything. */
static uint64_t
kept(const struct raft *s)
{
	return s->compact / 4;
}

/* ---- taking ---------------------------------------------------------------------- */

/* Who votes as of an index in the log. */
static struct members
members_at(const struct raft *s, uint64_t index)
{
	struct members m = s->base_members;
	const struct entry *e;

	for (; index > s->log.base; index--) {
		e = log_at(&s->log, index);
		if (e->kind == MEMBERS && e->size == sizeof m) {
			memcpy(&m, e->data, sizeof m);
			break;
		}
	}
	return m;
}

/* Forgets what the snapshot has made needless. */
static void
compact(struct fr_node *me)
{
	struct raft *s = me->state;
	uint64_t base = s->applied > kept(s) ? s->applied - kept(s) : 0;

	if (base <= s->log.base)
		return;
	s->base_members = members_at(s, base);
	if (log_rebase(me, base, log_term(&s->log, base), false) < 0)
		raft_silence(me, "the disk would not keep the log");
}

/* The one at hand is on its way to somebody who listens. */
static bool
in_use(struct fr_node *me)
{
	struct raft *s = me->state;
	uint32_t i;

	for (i = 0; s->role == LEADER && i < me->nodes; i++)
		if (s->peers[i].snapshot && members_follows(s, i) &&
		    fr_mono(me) - s->peers[i].heard < s->election)
			return true;
	return false;
}

static void
take(struct fr_node *me)
{
	struct raft *s = me->state;
	const struct image_head head = {
		.last = s->applied, .term = log_term(&s->log, s->applied),
		.members = members_at(s, s->applied),
	};
	struct image new;

	if (image_make(me, &new, &s->machine, s->applied, &head,
		       sizeof head) < 0)
		return;			/* another time */
	image_keep(me, &s->image, &new);
	if (image_save(me, &new) < 0)
		raft_silence(me, "the disk would not keep the snapshot");
	else
		compact(me);
}

void
snapshot_take(struct fr_node *me)
{
	struct raft *s = me->state;

	if (s->applied - s->image.last >= s->compact && !in_use(me))
		take(me);
}

/* ---- sending ---------------------------------------------------------------------- */

void
snapshot_send(struct fr_node *me, uint32_t to)
{
	struct raft *s = me->state;
	struct peer *p = &s->peers[to];
	struct fr_writer w = fr_writer(s->body, sizeof s->body);

	if (s->image.data == NULL)
		return;
	if (!p->snapshot || p->snapshot_last != s->image.last) {
		p->snapshot = true;
		p->snapshot_last = s->image.last;
		p->offset = 0;
	}
	fr_put_u64(&w, s->term);
	image_piece(&s->image, p->offset, s->chunk, &w);
	fr_send(me, to, SNAPSHOT, s->body, w.size);
}

void
on_installed(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct raft *s = me->state;
	const struct installed *i = body;
	struct peer *p = &s->peers[from];

	(void)size;
	if (s->silent)
		return;
	if (i->term > s->term) {
		election_follow(me, i->term, 0);
		return;
	}
	if (i->term < s->term || s->role != LEADER || !p->snapshot ||
	    i->last != p->snapshot_last)
		return;
	p->heard = fr_mono(me);
	if (i->whole) {
		p->snapshot = false;
		p->probing = true;
		p->in_flight = 0;
		if (i->last > p->match)
			p->match = i->last;
		p->next = p->match + 1;
		replicate_to(me, from);
	} else if (i->offset > p->offset && i->offset <= s->image.size) {
		p->offset = i->offset;
		snapshot_send(me, from);
	}
}

/* ---- installing --------------------------------------------------------------------- */

/* Their commands are in the snapshot, or gone: nobody knows which. */
static void
give_up(struct fr_node *me, uint64_t upto)
{
	struct raft *s = me->state;
	struct entry *e;
	uint64_t i;

	for (i = s->log.base + 1; i <= upto; i++) {
		e = log_at(&s->log, i);
		if (e != NULL && e->request != 0) {
			fr_unsure(me, e->request, "it was not seen how it "
				  "ended: the leader changed");
			e->request = 0;
		}
	}
}

/*
 * Where the log holds the snapshot's last entry, what follows it is good and
 * stays; else nothing in it is (figure 13, steps 6 and 7).
 */
static int
fit_log(struct fr_node *me, const struct image_head *head)
{
	struct raft *s = me->state;
	bool fits = log_term(&s->log, head->last) == head->term;

#ifdef BUG_snapshot_not_durable
	if (head->last < s->log.base)
		return 0;
#endif
	if (head->last < s->log.base)
		return -1;
#ifdef BUG_keeps_suffix
	fits = log_last(&s->log) >= head->last;
#endif
	give_up(me, fits ? head->last : log_last(&s->log));
	if (fits)
		return 0;
#ifndef BUG_members_lost
	s->base_members = head->members;
#endif
	return log_rebase(me, head->last, head->term, true);
}

/* The machine becomes what the image says, and so does what is before the log.
 * -1: it makes no sense. */
static int
use(struct fr_node *me, const struct image *image)
{
	struct raft *s = me->state;
	struct image_head head;

	if (image_use(me, image, &s->machine, &head, sizeof head) < 0)
		return -1;
	s->commit = s->applied = head.last;
	return fit_log(me, &head);
}

static void
install(struct fr_node *me)
{
	struct raft *s = me->state;
	const struct image new = s->coming;

	s->coming = (struct image){ 0 };
#ifndef BUG_snapshot_not_durable
	if (image_save(me, &new) < 0) {
		raft_silence(me, "the disk would not keep the snapshot");
		return;
	}
#endif
	if (use(me, &new) < 0) {
		raft_silence(me, "a snapshot could not be installed");
		return;
	}
	image_keep(me, &s->image, &new);
	members_find(me);
	raft_claim(me, new.last);
}

void
on_snapshot(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct raft *s = me->state;
	const struct snapshot *i = body;
	const struct piece *piece = &i->piece;
	struct installed answer = { .last = piece->last };

	if (s->silent)
		return;
	if (i->term >= s->term) {
		if (i->term > s->term || s->leader != from + 1 ||
		    s->role != FOLLOWER)
			election_follow(me, i->term, from + 1);
		s->leader_heard = fr_mono(me);
		election_wait(me);
		if (piece->last <= s->commit)
			answer.whole = 1;
		else if (!image_collect(me, &s->coming, piece, i + 1,
					size - sizeof *i))
			return;
		else if (image_whole(&s->coming))
			install(me);
	}
	if (s->silent)
		return;
	answer.term = s->term;
	answer.offset = s->coming.got;
	if (piece->last <= s->commit)
		answer.whole = 1;
	fr_send(me, from, INSTALLED, &answer, sizeof answer);
}

/* ---- at boot ----------------------------------------------------------------------- */

/* Before the log is opened: the snapshot; after it: that they fit. */
int
snapshot_load(struct fr_node *me)
{
	struct raft *s = me->state;
	int found = image_load(me, &s->image);

	if (found == FR_ENOENT)
		return 0;
	if (found < 0 || use(me, &s->image) < 0)
		return -1;
	s->image.last = s->applied;
	return 0;
}
