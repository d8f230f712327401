/* SPDX-License-Identifier: MIT */
/* A table of transactions and what became of them; see decisions.h. */
#include "decisions.h"

struct decision *
decisions_find(const struct decisions *all, int64_t id)
{
	struct decision *d = all->at[(uint64_t)id % DECISIONS_BUCKETS];

	while (d != NULL && d->id != id)
		d = d->next;
	return d;
}

struct decision *
decisions_get(struct fr_node *me, struct decisions *all, int64_t id)
{
	struct decision **at = &all->at[(uint64_t)id % DECISIONS_BUCKETS], *d;

	d = decisions_find(all, id);
	if (d != NULL)
		return d;
	d = fr_alloc(me, all->each);
	if (d == NULL)
		return NULL;
	d->id = id;
	d->next = *at;
	*at = d;
	return d;
}

void
decision_made(struct fr_node *me, struct decision *d, bool commit)
{
	fr_claim(me, "decision", d->id, commit);
	d->state = commit ? COMMITTED : ABORTED;
	if (d->asked)
		fr_ok(me, d->request, fr_int(commit));
	d->asked = false;
}

bool
decision_votes(struct fr_node *me, const struct fr_request *rq)
{
	if (rq->value.kind == FR_LIST && rq->value.count == me->nodes)
		return true;
	fr_fail(me, rq->id, "a transaction has one vote for each node");
	return false;
}

void
decision_answer(struct fr_node *me, const struct fr_request *rq,
		const struct decisions *all)
{
	const struct decision *d = decisions_find(all, rq->key);

	if (d == NULL || d->state == UNHEARD)
		fr_ok(me, rq->id, fr_nil());
	else if (d->state == DOUBT)
		fr_ok(me, rq->id, fr_int(2));
	else
		fr_ok(me, rq->id, fr_int(d->state == COMMITTED));
}

uint64_t
decisions_digest(const struct decisions *all)
{
	const struct decision *d;
	uint64_t sum = 0, i;

	for (i = 0; i < DECISIONS_BUCKETS; i++)
		for (d = all->at[i]; d != NULL; d = d->next)
			sum += fr_checksum(d->state, &d->id, sizeof d->id);
	return sum;
}
