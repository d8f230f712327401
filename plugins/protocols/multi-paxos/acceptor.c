/* SPDX-License-Identifier: MIT */
/*
 * The acceptor: what it promised and what it accepted, on its disk before it
 * says so (invariant 1; Live, section 4.2).  The promise has a slot of its own;
 * acceptances are records of a journal.
 */
#include "multi-paxos.h"

struct saved {
	uint64_t promised, generation;
};

struct record {
	uint64_t index;
	struct entry_head head;
};

static int
save(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	const struct saved saved = { s->promised, s->journal.generation };

	return fr_save(me, "promise", &saved, sizeof saved);
}

int
acceptor_promise(struct fr_node *me, uint64_t ballot)
{
	struct multi_paxos *s = me->state;

	if (ballot <= s->promised)
		return 0;
	s->promised = ballot;
#ifdef BUG_promise_not_durable
	return 0;
#endif
	return save(me);
}

static int
put_record(struct fr_node *me, uint64_t index, const struct entry_head *head,
	   const void *data)
{
	struct multi_paxos *s = me->state;
	unsigned char body[sizeof(struct record) + COMMAND_MAX];
	const struct record r = { index, *head };

	if (head->size > COMMAND_MAX)
		return -1;
	memcpy(body, &r, sizeof r);
	if (head->size > 0)
		memcpy(body + sizeof r, data, head->size);
#ifdef BUG_accept_not_durable
	return 0;
#endif
	return fr_wal_append(me, &s->journal.file, body,
			     (uint32_t)sizeof r + head->size);
}

int
acceptor_accept(struct fr_node *me, uint64_t index,
		const struct entry_head *head, const void *data,
		uint64_t request)
{
	struct multi_paxos *s = me->state;
	struct entry *e = slots_at(&s->slots, index);

	/* What is chosen is the same, and so is what a ballot asks for. */
	if (index <= s->slots.base ||
	    (e != NULL && (e->chosen || e->ballot == head->ballot)))
		return 0;
	e = slots_put(me, &s->slots, index, head, data);
	if (e == NULL)
		return -1;
	e->request = request;
	return put_record(me, index, head, data);
}

int
acceptor_sync(struct fr_node *me)
{
	struct multi_paxos *s = me->state;

	return journal_sync(me, &s->journal);
}

/* ---- phase 1b -------------------------------------------------------------------- */

static void
refuse(struct fr_node *me, uint32_t to, uint64_t ballot)
{
	struct multi_paxos *s = me->state;
	const struct refused no = { ballot, s->promised };

	fr_send(me, to, REFUSED, &no, sizeof no);
}

static bool
put_report(struct fr_writer *w, uint64_t index, const struct entry *e)
{
	struct entry_head head = { e->ballot, e->kind, e->size };

	if (w->max - w->size < sizeof index + sizeof head + e->size)
		return false;
	if (e->chosen)
		head.ballot = CHOSEN;
	fr_put_bytes(w, &index, sizeof index);
	fr_put_bytes(w, &head, sizeof head);
	fr_put_bytes(w, e->data, e->size);
	return true;
}

/* All that it accepted from `from` on, or as much as fits. */
static void
report(struct fr_node *me, uint32_t to, uint64_t from)
{
	struct multi_paxos *s = me->state;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	struct promise p = { .ballot = s->promised, .from = from };
	const struct entry *e;
	uint64_t i;

	p.first = from > s->slots.base ? from : s->slots.base + 1;
	fr_put_bytes(&w, &p, sizeof p);
	for (i = p.first; i <= slots_last(&s->slots); i++) {
		e = slots_at(&s->slots, i);
		if (e == NULL)
			continue;
		if (!put_report(&w, i, e)) {
			p.next = i;
			break;
		}
		p.count++;
	}
	memcpy(s->body, &p, sizeof p);
	fr_send(me, to, PROMISE, s->body, w.size);
}

void
on_prepare(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct multi_paxos *s = me->state;
	const struct prepare *p = body;

	(void)size;
	if (!takes_part(s))
		return;
	if (p->ballot < s->promised) {
		refuse(me, from, p->ballot);
		return;
	}
	if (p->ballot > s->promised) {
		leader_outbid(me, p->ballot);
		if (acceptor_promise(me, p->ballot) < 0) {
			silence(me, "the disk would not keep a promise");
			return;
		}
	}
	if (from != me->id)
		leader_wait(me);
	report(me, from, p->from);
}

/* ---- phase 2b -------------------------------------------------------------------- */

/* How many of the entries it has, on its disk; -1: it fails. */
static int64_t
accept_all(struct fr_node *me, const struct accept *a, struct fr_reader *r)
{
	struct entry_head head;
	const void *data;
	uint64_t i;

	for (i = 0; i < a->count; i++) {
		data = entry_read(r, &head);
		head.ballot = a->ballot;
		if (data == NULL ||
		    acceptor_accept(me, a->first + i, &head, data, 0) < 0)
			return -1;
	}
	return i == 0 || acceptor_sync(me) == 0 ? (int64_t)i : -1;
}

void
on_accept(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct multi_paxos *s = me->state;
	struct fr_reader r = fr_reader(body, size);
	struct accepted answer;
	struct accept a;

	memcpy(&a, fr_get_bytes(&r, sizeof a), sizeof a);
	if (!takes_part(s))
		return;
	if (a.ballot < s->promised) {
		refuse(me, from, a.ballot);
		return;
	}
	leader_heard(me, a.ballot);
	if (acceptor_promise(me, a.ballot) < 0) {
		silence(me, "the disk would not keep a promise");
		return;
	}
	/* Who is too far behind learns first. */
	if (a.first + a.count <= s->slots.base + SLOTS_MAX) {
		if (accept_all(me, &a, &r) < 0) {
			silence(me, "the disk would not keep what it accepts");
			return;
		}
		answer = (struct accepted){ a.ballot, a.first, a.count,
					    a.round };
		fr_send(me, from, ACCEPTED, &answer, sizeof answer);
	}
	learner_told(me, from, a.ballot, a.chosen);
}

/* ---- the disk --------------------------------------------------------------------- */

int
acceptor_forget(struct fr_node *me, uint64_t base)
{
	struct multi_paxos *s = me->state;
	const struct entry *e;
	uint64_t i;

	slots_forget(me, &s->slots, base);
	if (journal_renew(me, &s->journal) < 0)
		return -1;
	for (i = base + 1; i <= slots_last(&s->slots); i++) {
		struct entry_head head;

		e = slots_at(&s->slots, i);
		if (e == NULL)
			continue;
		head = (struct entry_head){ e->chosen ? CHOSEN : e->ballot,
					    e->kind, e->size };
		if (put_record(me, i, &head, e->data) < 0)
			return -1;
	}
	if (acceptor_sync(me) < 0 || save(me) < 0)
		return -1;
	journal_settle(me, &s->journal);
	return 0;
}

static int
read_records(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	unsigned char body[sizeof(struct record) + COMMAND_MAX];
	struct entry *e;
	struct record r;
	uint64_t at = 0;
	int64_t got;

	while ((got = fr_wal_next(me, &s->journal.file, &at, body,
				  sizeof body)) > 0) {
		if (got < (int64_t)sizeof r)
			return -1;
		memcpy(&r, body, sizeof r);
		if (got != (int64_t)(sizeof r + r.head.size))
			return -1;
		if (r.index <= s->slots.base)
			continue;	/* the snapshot has it */
		e = slots_put(me, &s->slots, r.index, &r.head,
			      body + sizeof r);
		if (e == NULL)
			return -1;
		e->chosen = r.head.ballot == CHOSEN;
	}
	return got == 0 ? 0 : -1;
}

int
acceptor_load(struct fr_node *me)
{
	struct multi_paxos *s = me->state;
	struct saved saved = { 0 };
	int64_t got = fr_load(me, "promise", &saved, sizeof saved);

	if (got != FR_ENOENT && got != (int64_t)sizeof saved)
		return -1;
	s->promised = saved.promised;
	if (journal_open(me, &s->journal, "accepted", saved.generation) < 0)
		return -1;
	return read_records(me);
}
