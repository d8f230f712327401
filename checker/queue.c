/* SPDX-License-Identifier: MIT */
/*
 * First in, first out, each value put in once: linear after ranking.
 *
 * 1. Value u has to be before v exactly when u was put in before v was
 *    (put_ret(u) < put_call(v)) or taken before v was (take_ret(u) <
 *    take_call(v)); with a value's own times tightened by each other (it is
 *    put in before it is taken) nothing else matters: there is a linearization
 *    exactly when this relation has no circle.
 * 2. So the front is any value that both scans reach: the one over put_call up
 *    to the least put_ret of what is left, and the one over take_call up to
 *    the least take_ret.  It is removed, and so on; where no value is reached
 *    by both, the two with the least ends contradict each other.
 * 3. A take that found nothing needs a gap in which no value is surely there.
 *    Any such gap will do: values taken before it and put in after it are
 *    not held up by it.
 * 4. A value that nobody took is before one that was taken only if a pending
 *    take took it: by the least take_ret of the values put in after it, and
 *    before the next gap that has to be empty.
 */
#include "checker/collections.h"

#include <stddef.h>
#include <string.h>

struct queue {
	struct collection c;
	uint32_t *by_put, *by_put_ret, *by_take, *by_take_ret;
	uint32_t *order;		/* of items, front first               */
	uint8_t *reached;		/* bits: 1 by puts, 2 by takes, 4 gone */
	uint32_t *free_gap;		/* of a gap: the next that may be empty*/
	uint32_t *empty_at;		/* of an empty take: its gap           */
	uint32_t *which, *deadline;
	uint32_t *reached_at;		/* room for one number a rank          */
};

static bool
rank_all(struct queue *q)
{
	const struct collection *c = &q->c;

	return collection_sort(c, offsetof(struct item, put_call),
			       q->by_put) &&
		collection_sort(c, offsetof(struct item, put_ret),
				q->by_put_ret) &&
		collection_sort(c, offsetof(struct item, take_call),
				q->by_take) &&
		collection_sort(c, offsetof(struct item, take_ret),
				q->by_take_ret);
}

/* ---- gaps that may be empty ---------------------------------------------------------- */

/* free_gap[g]: the first gap from g on where no value is surely there. */
static void
find_free(struct queue *q, bool only_taken)
{
	struct collection *c = &q->c;
	uint32_t *cover = q->free_gap, i, g, next, held = 0;
	const struct item *it;

	memset(cover, 0, (c->end + (size_t)2) * sizeof *cover);
	for (i = 0; i < c->count; i++) {
		it = &c->items[i];
		if (it->put_ret >= it->take_call ||
		    (only_taken && it->take == NONE))
			continue;
		/* Unsigned: what is added and taken off cancels out. */
		cover[it->put_ret]++;
		cover[it->take_call]--;
	}
	for (g = 0; g <= c->end; g++) {
		held += cover[g];
		cover[g] = held;
	}
	next = NONE;
	for (g = c->end + 1; g-- > 0;) {
		if (cover[g] == 0)
			next = g;
		cover[g] = next;
	}
}

static bool
place_empties(struct queue *q, bool late)
{
	struct collection *c = &q->c;
	uint32_t i, op, g, next;

	for (i = 0; i < c->empty_count; i++) {
		op = c->empties[i];
		g = q->free_gap[c->p->call[op]];
		if (g >= c->p->ret[op])
			return false;
		for (next = g; late && next < c->p->ret[op];) {
			g = next;
			next = q->free_gap[g + 1];
		}
		q->empty_at[i] = g;
	}
	return true;
}

/* ---- who must have been taken by a pending take --------------------------------------- */

/*
 * The items that were never taken and must have been, by deadline.  certain:
 * only what holds for any choice of the empty gaps.
 */
static uint32_t
find_forced(struct queue *q, bool certain, uint32_t *of_rank)
{
	struct collection *c = &q->c;
	const struct item *it;
	uint32_t i, k, rank, count = 0, due, last, op, g, next;

	/* of_rank[r]: the earliest deadline that what is there from r on has
	 * to meet. */
	memset(of_rank, 0xff, (c->end + (size_t)3) * sizeof *of_rank);
	for (i = 0; i < c->count; i++) {
		it = &c->items[i];
		if (it->take != NONE && it->take_ret < of_rank[it->put_call])
			of_rank[it->put_call] = it->take_ret;
	}
	for (i = 0; i < c->empty_count; i++) {
		op = c->empties[i];
		rank = q->empty_at[i] + 1;
		due = rank;
		if (certain) {
			rank = c->p->call[op];
			for (g = next = q->free_gap[rank];
			     next < c->p->ret[op];) {
				g = next;
				next = q->free_gap[g + 1];
			}
			due = g + 1;
		}
		if (due < of_rank[rank])
			of_rank[rank] = due;
	}
	last = NONE;
	for (rank = c->end + 2; rank-- > 0;) {
		if (of_rank[rank] < last)
			last = of_rank[rank];
		of_rank[rank] = last;
	}
	/* In order of put_ret deadlines only grow. */
	for (k = 0; k < c->count; k++) {
		i = q->by_put_ret[k];
		it = &c->items[i];
		if (it->take != NONE || it->put_ret >= c->end)
			continue;
		due = of_rank[it->put_ret + 1];
		if (due == NONE)
			continue;
		q->which[count] = i;
		q->deadline[count++] = due;
	}
	return count;
}

/* The first of them and what was put in after it and taken. */
static void
clash_of_forced(struct queue *q)
{
	struct collection *c = &q->c;
	const struct item *it = &c->items[q->which[0]];
	uint32_t i;

	for (i = 0; i < c->count; i++) {
		if (c->items[i].take == NONE ||
		    c->items[i].take_ret != q->deadline[0])
			continue;
		if (c->items[i].put_call > it->put_ret)
			collection_clash(c, "order", q->which[0], i);
		return;
	}
}

/* ---- the order ---------------------------------------------------- */

static uint32_t
first_left(const struct queue *q, const uint32_t *sorted, uint32_t *at)
{
	while (*at < q->c.count && q->reached[sorted[*at]] & 4)
		(*at)++;
	return *at < q->c.count ? sorted[*at] : NONE;
}

/* Topological order by two scans.  false: a and b contradict each other. */
static bool
scan(struct queue *q, uint32_t *a, uint32_t *b)
{
	const struct item *it = q->c.items;
	uint32_t puts = 0, takes = 0, put_ret = 0, take_ret = 0;
	uint32_t done = 0, made = 0, count = q->c.count, i;

	memset(q->reached, 0, count);
	while (done < count) {
		*a = first_left(q, q->by_put_ret, &put_ret);
		*b = first_left(q, q->by_take_ret, &take_ret);
		while (puts < count && it[q->by_put[puts]].put_call <
		       it[*a].put_ret) {
			i = q->by_put[puts++];
			q->reached[i] |= 1;
			if (q->reached[i] == 3)
				q->order[made++] = i;
		}
		while (takes < count && it[q->by_take[takes]].take_call <
		       it[*b].take_ret) {
			i = q->by_take[takes++];
			q->reached[i] |= 2;
			if (q->reached[i] == 3)
				q->order[made++] = i;
		}
		if (made == done)
			return false;
		while (done < made)
			q->reached[q->order[done++]] |= 4;
	}
	return true;
}

/*
 * Everything that an empty gap separates is taken before it or put in after
 * it.  Times are multiplied by four: a gap g becomes 4g + 2, and what it cuts
 * off ends at 4g + 1 or begins at 4g + 3.
 */
static bool
separate(struct queue *q)
{
	struct collection *c = &q->c;
	uint32_t room = c->end + 2, *last, *next, i, g, early, late;
	struct item *it;

	last = budget_new(c->budget, room, sizeof *last);
	next = budget_new(c->budget, room, sizeof *next);
	if (last == NULL || next == NULL)
		goto out;
	/* The last empty gap before g, the first from g on; both plus one. */
	for (i = 0; i < c->empty_count; i++)
		last[q->empty_at[i] + 1] = next[q->empty_at[i]] =
			q->empty_at[i] + 1;
	for (g = 1; g < room; g++)
		if (last[g] == 0)
			last[g] = last[g - 1];
	for (g = room - 1; g-- > 0;)
		if (next[g] == 0)
			next[g] = next[g + 1];
	for (i = 0; i < c->count; i++) {
		it = &c->items[i];
		early = it->take_call <= c->end ? next[it->take_call] : 0;
		late = last[it->take_call <= c->end ? it->take_call :
			    c->end + 1];
		it->put_call *= 4;
		it->put_ret *= 4;
		it->take_call *= 4;
		it->take_ret *= 4;
		if (early > 0 && it->take_ret > 4 * early - 3)
			it->take_ret = 4 * early - 3;
		if (late > 0 && it->put_call < 4 * late - 1)
			it->put_call = 4 * late - 1;
		if (it->put_ret > it->take_ret)
			it->put_ret = it->take_ret;
		if (it->take_call < it->put_call)
			it->take_call = it->put_call;
	}
	c->end = c->end * 4 + 4;
out:
	budget_free(c->budget, last, room, sizeof *last);
	budget_free(c->budget, next, room, sizeof *next);
	return last != NULL && next != NULL;
}

/* ---- the linearization ---------------------------------------------------- */

/*
 * A put as early as those in front allow, a take as late as those behind do;
 * at the same time a take is before an empty one, and that before a put.
 */
static void
lay_out(struct queue *q)
{
	struct collection *c = &q->c;
	struct answer *out = c->out;
	uint32_t *put_at = q->by_put, *take_at = q->by_take;
	uint32_t i, k, e = 0, d = 0, n = 0, at = 0, count = c->count;
	uint32_t put, take, empty;

	for (k = 0; k < count; k++) {
		i = q->order[k];
		if (c->items[i].put_call > at)
			at = c->items[i].put_call;
		put_at[k] = at;
	}
	at = NONE;
	for (k = count; k-- > 0;) {
		i = q->order[k];
		if (c->items[i].take_ret < at)
			at = c->items[i].take_ret;
		take_at[k] = at;
	}
	while (e < count || d < count || n < c->empty_count) {
		put = e < count ? put_at[e] : NONE;
		take = d < count ? take_at[d] : NONE;
		empty = n < c->empty_count ? 4 * q->empty_at[n] + 2 : NONE;
		if (take <= put && take <= empty && d < e) {
			i = c->items[q->order[d++]].take;
			if (i != NONE)
				out->order[out->count++] = i;
		} else if (empty <= put && n < c->empty_count) {
			out->order[out->count++] = c->empties[n++];
		} else {
			out->order[out->count++] =
				c->items[q->order[e++]].put;
		}
	}
	out->decision = YES;
}

/* In order of their gaps: those of one gap in any order. */
static void
sort_empties(struct queue *q)
{
	struct collection *c = &q->c;
	uint32_t i, k, op, gap;

	/* Calls are in order and so nearly are the gaps. */
	for (i = 1; i < c->empty_count; i++) {
		op = c->empties[i];
		gap = q->empty_at[i];
		for (k = i; k > 0 && q->empty_at[k - 1] > gap; k--) {
			c->empties[k] = c->empties[k - 1];
			q->empty_at[k] = q->empty_at[k - 1];
		}
		c->empties[k] = op;
		q->empty_at[k] = gap;
	}
}

/* ---- deciding ---------------------------------------------------- */

/* What no pending take can mend: the values that were taken, alone. */
static bool
taken_are_legal(struct queue *q)
{
	struct collection *c = &q->c;
	uint32_t count = c->count, i, kept = 0, a, b;
	struct item swap;
	bool ok;

	find_free(q, true);
	if (!place_empties(q, false)) {
		c->out->decision = NO;
		c->out->violation = "not-empty";
		return false;
	}
	for (i = 0; i < count; i++) {
		if (c->items[i].take == NONE)
			continue;
		swap = c->items[kept];
		c->items[kept++] = c->items[i];
		c->items[i] = swap;
	}
	c->count = kept;
	ok = rank_all(q);
	if (!ok) {
		c->out->decision = UNDECIDED;
		c->out->out = OUT_MEMORY;
	} else if (!scan(q, &a, &b)) {
		collection_clash(c, "order", a, b);
		ok = false;
	}
	c->count = count;
	return ok;
}

/* With the empty gaps early or late: YES, or NOT_FOR_ME. */
static void
attempt(struct queue *q, bool late)
{
	struct collection *c = &q->c;
	uint32_t forced = 0, a, b;

	find_free(q, true);
	if (!place_empties(q, late) || !rank_all(q))
		return;
	if (c->left > 0)
		forced = find_forced(q, false, q->reached_at);
	if (forced > 0 && !collection_match(c, q->which, q->deadline, forced))
		return;
	find_free(q, false);
	if (!place_empties(q, late))
		return;
	sort_empties(q);
	if (!separate(q) || !rank_all(q) || !scan(q, &a, &b))
		return;
	lay_out(q);
}

static void
decide(struct queue *q)
{
	struct collection *c = &q->c;
	size_t size = c->count * sizeof *c->items;
	uint32_t end = c->end, left = c->left, forced;
	struct item *copy;

	if (!taken_are_legal(q))
		return;
	if (!rank_all(q))
		return;
	forced = c->left > 0 ? find_forced(q, true, q->reached_at) : 0;
	if (forced > 0 && !collection_match(c, q->which, q->deadline,
					    forced)) {
		c->out->decision = NO;
		c->out->violation = "order";
		if (c->lost_count == 0)
			clash_of_forced(q);
		return;
	}
	for (; forced > 0; forced--) {
		struct item *it = &c->items[q->which[forced - 1]];

		it->take = NONE;
		it->take_call = end;
		it->take_ret = end + 1;
	}
	c->left = left;
	copy = budget_new(c->budget, c->count, sizeof *copy);
	if (copy == NULL)
		return;
	memcpy(copy, c->items, size);
	attempt(q, false);
	if (c->out->decision != YES && c->empty_count > 0) {
		memcpy(c->items, copy, size);
		c->end = end;
		c->left = left;
		attempt(q, true);
	}
	budget_free(c->budget, copy, c->count, sizeof *copy);
}

void
queue_decide(const struct part *p, struct answer *out, struct budget *b)
{
	struct queue q;
	uint32_t n, ranks = p->ranks + 3;

	memset(&q, 0, sizeof q);
	out->algorithm = "queue";
	if (!collection_gather(&q.c, p, out, b))
		goto out;
	n = q.c.count;
	q.by_put = budget_new(b, n, sizeof *q.by_put);
	q.by_put_ret = budget_new(b, n, sizeof *q.by_put_ret);
	q.by_take = budget_new(b, n, sizeof *q.by_take);
	q.by_take_ret = budget_new(b, n, sizeof *q.by_take_ret);
	q.order = budget_new(b, n, sizeof *q.order);
	q.reached = budget_new(b, n, 1);
	q.which = budget_new(b, n, sizeof *q.which);
	q.deadline = budget_new(b, n, sizeof *q.deadline);
	q.empty_at = budget_new(b, q.c.empty_count, sizeof *q.empty_at);
	q.free_gap = budget_new(b, ranks, sizeof *q.free_gap);
	q.reached_at = budget_new(b, ranks, sizeof *q.reached_at);
	out->count = 0;
	if (q.by_put != NULL && q.by_put_ret != NULL && q.by_take != NULL &&
	    q.by_take_ret != NULL && q.order != NULL && q.reached != NULL &&
	    q.which != NULL && q.deadline != NULL && q.empty_at != NULL &&
	    q.free_gap != NULL && q.reached_at != NULL) {
		decide(&q);
	} else {
		out->decision = UNDECIDED;
		out->out = OUT_MEMORY;
	}
	budget_free(b, q.by_put, n, sizeof *q.by_put);
	budget_free(b, q.by_put_ret, n, sizeof *q.by_put_ret);
	budget_free(b, q.by_take, n, sizeof *q.by_take);
	budget_free(b, q.by_take_ret, n, sizeof *q.by_take_ret);
	budget_free(b, q.order, n, sizeof *q.order);
	budget_free(b, q.reached, n, 1);
	budget_free(b, q.which, n, sizeof *q.which);
	budget_free(b, q.deadline, n, sizeof *q.deadline);
	budget_free(b, q.empty_at, q.c.empty_count, sizeof *q.empty_at);
	budget_free(b, q.free_gap, ranks, sizeof *q.free_gap);
	budget_free(b, q.reached_at, ranks, sizeof *q.reached_at);
out:
	collection_free(&q.c);
}
