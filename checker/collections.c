/* SPDX-License-Identifier: MIT */
/* What the decisions for queues, stacks and priority queues share. */
#include "checker/collections.h"

#include <string.h>

#include "checker/steps.h"

#define RANKS_MOST	(UINT32_MAX / 8)

void
collection_clash(struct collection *c, const char *what, uint32_t item,
		 uint32_t other)
{
	struct answer *out = c->out;
	const struct item *both[2];
	uint32_t i, count = 0;

	both[0] = item == NONE ? NULL : &c->items[item];
	both[1] = other == NONE || other == item ? NULL : &c->items[other];
	for (i = 0; i < 2; i++) {
		if (both[i] == NULL)
			continue;
		out->clash[count++] = both[i]->put;
		if (both[i]->take != NONE)
			out->clash[count++] = both[i]->take;
	}
	out->clash_count = count;
	out->violation = what;
	out->decision = NO;
}

static bool
no(struct answer *out, const char *what, uint32_t a, uint32_t b)
{
	out->decision = NO;
	out->violation = what;
	out->clash[0] = a;
	out->clash[1] = b;
	out->clash_count = b == NONE ? 1 : 2;
	return false;
}

/* Who puts and who takes each value; 0 is nobody, and n + 1 many. */
static bool
sort_out(struct collection *c, uint32_t *put, uint32_t *take)
{
	const struct part *p = c->p;
	uint32_t i, *of;

	for (i = 0; i < p->n; i++) {
		if (p->kind[i] == Q_PEEK)
			return false;
		if (p->kind[i] == Q_TAKE && p->b[i] == NIL) {
			c->empties[c->empty_count++] = i;
			continue;
		}
		if (p->kind[i] == Q_TAKE && p->b[i] == NONE) {
			c->lost[c->lost_count++] = i;
			continue;
		}
		if (p->kind[i] == Q_TAKE && p->ret[i] == NEVER)
			return false;
		of = p->kind[i] == Q_PUT ? &put[p->a[i]] : &take[p->b[i]];
		if (*of != 0 && p->kind[i] == Q_PUT)
			return false;
		if (*of != 0)
			*of = p->n + 1;
		else
			*of = i + 1;
	}
	return true;
}

static bool
make_items(struct collection *c, const uint32_t *put, const uint32_t *take,
	   uint32_t values)
{
	const struct part *p = c->p;
	struct item *it;
	uint32_t v, i;

	/* A take of what nobody put, or of what was taken before. */
	for (i = 0; i < p->n; i++) {
		if (p->kind[i] != Q_TAKE || p->b[i] == NIL || p->b[i] == NONE)
			continue;
		v = p->b[i];
		if (put[v] == 0)
			return no(c->out, "invented", i, NONE);
		if (take[v] > p->n) {
			for (v = 0; p->kind[v] != Q_TAKE ||
			     p->b[v] != p->b[i]; v++)
				;
			if (v == i)
				continue;
			no(c->out, "duplicate", v, i);
			c->out->clash[c->out->clash_count++] =
				put[p->b[i]] - 1;
			return false;
		}
	}
	for (v = 0; v < values; v++) {
		/* A pending one that nobody took: the rest can do without. */
		if (put[v] == 0 ||
		    (take[v] == 0 && p->ret[put[v] - 1] == NEVER))
			continue;
		it = &c->items[c->count++];
		it->put = put[v] - 1;
		it->take = take[v] == 0 ? NONE : take[v] - 1;
		it->put_call = p->call[it->put];
		it->put_ret = p->ret[it->put];
		it->take_call = c->end;
		it->take_ret = c->end + 1;
		if (it->take == NONE) {
			c->left++;
			continue;
		}
		it->take_call = p->call[it->take];
		it->take_ret = p->ret[it->take];
		if (it->take_ret < it->put_call)
			return no(c->out, "future-read", it->put, it->take);
		if (it->take_ret < it->put_ret)
			it->put_ret = it->take_ret;
		if (it->take_call < it->put_call)
			it->take_call = it->put_call;
	}
	return true;
}

bool
collection_gather(struct collection *c, const struct part *p,
		  struct answer *out, struct budget *b)
{
	uint32_t values = dict_size(p->dict), *put, *take;
	bool ok = false;

	memset(c, 0, sizeof *c);
	c->p = p;
	c->budget = b;
	c->out = out;
	c->room = p->n;
	c->end = p->ranks;
	out->decision = NOT_FOR_ME;
	out->clash_count = 0;
	out->violation = NULL;
	out->out = OUT_NOTHING;
	if (p->ranks > RANKS_MOST)
		return false;
	c->items = budget_new(b, p->n, sizeof *c->items);
	c->empties = budget_new(b, p->n, sizeof *c->empties);
	c->lost = budget_new(b, p->n, sizeof *c->lost);
	put = budget_new(b, values, sizeof *put);
	take = budget_new(b, values, sizeof *take);
	if (c->items == NULL || c->empties == NULL || c->lost == NULL ||
	    put == NULL || take == NULL) {
		out->decision = UNDECIDED;
		out->out = OUT_MEMORY;
	} else {
		ok = sort_out(c, put, take) &&
			make_items(c, put, take, values);
	}
	budget_free(b, put, values, sizeof *put);
	budget_free(b, take, values, sizeof *take);
	return ok;
}

void
collection_free(struct collection *c)
{
	budget_free(c->budget, c->items, c->room, sizeof *c->items);
	budget_free(c->budget, c->empties, c->room, sizeof *c->empties);
	budget_free(c->budget, c->lost, c->room, sizeof *c->lost);
}

bool
collection_sort(const struct collection *c, size_t member, uint32_t *out)
{
	uint32_t *start, i, key, room = c->end + 3;

	start = budget_new(c->budget, room, sizeof *start);
	if (start == NULL)
		return false;
	for (i = 0; i < c->count; i++) {
		memcpy(&key, (const char *)&c->items[i] + member, sizeof key);
		start[key + 1]++;
	}
	for (i = 1; i < room; i++)
		start[i] += start[i - 1];
	for (i = 0; i < c->count; i++) {
		memcpy(&key, (const char *)&c->items[i] + member, sizeof key);
		out[start[key]++] = i;
	}
	budget_free(c->budget, start, room, sizeof *start);
	return true;
}

bool
collection_match(struct collection *c, const uint32_t *which,
		 const uint32_t *deadline, uint32_t count)
{
	struct item *it;
	uint32_t i, op;

	if (count > c->lost_count)
		return false;
	for (i = 0; i < count; i++) {
		it = &c->items[which[i]];
		op = c->lost[i];
		if (c->p->call[op] >= deadline[i])
			return false;
		it->take = op;
		it->take_call = c->p->call[op] > it->put_call ?
			c->p->call[op] : it->put_call;
		it->take_ret = c->end + 1;
		c->left--;
	}
	return true;
}
