/* SPDX-License-Identifier: MIT */
/*
 * The log on the disk: one file of records, the first of which says where it
 * begins.  To forget its beginning it is written anew under the next number
 * (its generation), which the term's slot then names: a crash in between finds
 * the old file whole.
 */
#include "raft.h"

struct record {
	uint64_t index, term;
	uint32_t kind, size;
};

uint64_t
log_last(const struct log *l)
{
	return l->base + l->count;
}

struct entry *
log_at(const struct log *l, uint64_t index)
{
	return index > l->base && index <= log_last(l) ?
	       l->at[index - l->base - 1] : NULL;
}

uint64_t
log_term(const struct log *l, uint64_t index)
{
	const struct entry *e = log_at(l, index);

	if (e != NULL)
		return e->term;
	return index == l->base ? l->base_term : UINT64_MAX;
}

/* ---- in memory --------------------------------------------------------------- */

static int
remember(struct fr_node *me, struct log *l, const struct record *r,
	 const void *data, uint64_t place)
{
	uint64_t room = l->room > 0 ? 2 * l->room : 64;
	struct entry *e, **at;

	if (l->count == l->room) {
		at = fr_alloc(me, room * sizeof *at);
		if (at == NULL)
			return -1;
		if (l->count > 0)
			memcpy(at, l->at, l->count * sizeof *at);
		fr_free(me, l->at);
		l->at = at;
		l->room = room;
	}
	e = fr_alloc(me, sizeof *e + r->size);
	if (e == NULL)
		return -1;
	e->term = r->term;
	e->kind = r->kind;
	e->size = r->size;
	e->place = place;
	if (r->size > 0)
		memcpy(e->data, data, r->size);
	l->at[l->count++] = e;
	return 0;
}

static void
forget_from(struct fr_node *me, struct log *l, uint64_t index)
{
	while (log_last(l) >= index && l->count > 0)
		fr_free(me, l->at[--l->count]);
}

void
log_drop(struct fr_node *me)
{
	struct log *l = &((struct raft *)me->state)->log;
	uint64_t i;

	for (i = 0; i < l->count; i++) {
		if (l->at[i]->request != 0)
			fr_unsure(me, l->at[i]->request,
				  "this node's disk failed");
		fr_free(me, l->at[i]);
	}
	fr_free(me, l->at);
}

/* ---- on the disk -------------------------------------------------------------- */

static int
put_record(struct fr_node *me, struct fr_wal *file, const struct record *r,
	   const void *data)
{
	unsigned char body[sizeof *r + COMMAND_MAX];

	if (r->size > COMMAND_MAX)
		return -1;
	memcpy(body, r, sizeof *r);
	if (r->size > 0)
		memcpy(body + sizeof *r, data, r->size);
	return fr_wal_append(me, file, body, (uint32_t)sizeof *r + r->size);
}

int
log_append(struct fr_node *me, uint64_t term, uint32_t kind, const void *data,
	   uint32_t size)
{
	struct log *l = &((struct raft *)me->state)->log;
	const struct record r = { log_last(l) + 1, term, kind, size };
	uint64_t place = l->journal.file.end;

	if (put_record(me, &l->journal.file, &r, data) < 0)
		return -1;
	return remember(me, l, &r, data, place);
}

int
log_sync(struct fr_node *me)
{
	struct raft *s = me->state;

#ifdef BUG_sync_ignored
	(void)fr_wal_sync(me, &s->log.journal.file);
	return 0;
#endif
	return fr_wal_sync(me, &s->log.journal.file);
}

int
log_cut(struct fr_node *me, uint64_t index)
{
	struct log *l = &((struct raft *)me->state)->log;
	const struct entry *e = log_at(l, index);

	if (e == NULL)
		return 0;
	if (fr_wal_cut(me, &l->journal.file, e->place) < 0)
		return -1;
	forget_from(me, l, index);
	return 0;
}

/* A new file that begins behind `index`, where the base members voted, with
 * what is kept of the old one. */
static int
write_anew(struct fr_node *me, struct log *l, uint64_t index, uint64_t term,
	   uint64_t first_kept)
{
	const struct members *m = &((struct raft *)me->state)->base_members;
	const struct record base = { index, term, BASE, sizeof *m };
	uint64_t i;

	if (journal_renew(me, &l->journal) < 0 ||
	    put_record(me, &l->journal.file, &base, m) < 0)
		return -1;
	for (i = first_kept; i <= log_last(l); i++) {
		struct entry *e = log_at(l, i);
		const struct record r = { i, e->term, e->kind, e->size };

		e->place = l->journal.file.end;
		if (put_record(me, &l->journal.file, &r, e->data) < 0)
			return -1;
	}
	return fr_wal_sync(me, &l->journal.file);
}

int
log_rebase(struct fr_node *me, uint64_t index, uint64_t term, bool all)
{
	struct log *l = &((struct raft *)me->state)->log;
	uint64_t first = all ? log_last(l) + 1 : index + 1, gone, i;

	if (write_anew(me, l, index, term, first) < 0 ||
	    election_save(me) < 0)
		return -1;
	journal_settle(me, &l->journal);
	gone = first - l->base - 1;
	for (i = 0; i < gone; i++)
		fr_free(me, l->at[i]);
	l->count -= gone;
	if (l->count > 0)
		memmove(l->at, l->at + gone, l->count * sizeof *l->at);
	l->base = index;
	l->base_term = term;
	return 0;
}

static int
read_records(struct fr_node *me, struct log *l)
{
	struct members *m = &((struct raft *)me->state)->base_members;
	unsigned char body[sizeof(struct record) + COMMAND_MAX];
	uint64_t at = 0, place = 0;
	struct record r;
	int64_t got;

	while ((got = fr_wal_next(me, &l->journal.file, &at, body, sizeof body)) > 0) {
		if (got < (int64_t)sizeof r)
			return -1;
		memcpy(&r, body, sizeof r);
		if (got != (int64_t)(sizeof r + r.size))
			return -1;
		if (place == 0 && r.kind == BASE && r.size == sizeof *m) {
			l->base = r.index;
			l->base_term = r.term;
			memcpy(m, body + sizeof r, sizeof *m);
		} else if (place == 0 || r.index != log_last(l) + 1 ||
			   remember(me, l, &r, body + sizeof r, place) < 0) {
			return -1;
		}
		place = at;
	}
	return got == 0 ? 0 : -1;
}

int
log_open(struct fr_node *me)
{
	struct log *l = &((struct raft *)me->state)->log;
	const bool first = l->journal.generation == 0;

	if (journal_open(me, &l->journal, "log", l->journal.generation) < 0)
		return -1;
	if (!first)
		return read_records(me, l);
	if (write_anew(me, l, 0, 0, 1) < 0)
		return -1;
	return election_save(me);
}
