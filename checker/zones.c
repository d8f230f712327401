/* SPDX-License-Identifier: MIT */
/*
 * The near-linear decision for a register whose observed values have one
 * producer each (Gibbons and Korach, "Testing shared memories", 1997),
 * with compare-and-set, operations that are pending, and a first value.
 *
 * 1. A value's *cluster* is the operation that made it and all its reads.  A
 *    cas from a to b makes b's cluster follow a's at once: clusters joined so
 *    are a *block*, which nothing else can come between.
 * 2. A pending operation is there only if its value is observed, by a read or
 *    by a cas that is there itself; else the rest can do without it.
 * 3. Of a block, f is the rank of the earliest completion and s that of the
 *    latest call.  Block X has to come before Y exactly when f(X) < s(Y).
 *    There is an order exactly when no two blocks have to come before each
 *    other: in a longer circle the block with the largest s is in one of two.
 *    That is so when two forward zones [f, s] overlap, or a backward zone
 *    [s, f] lies inside a forward one.
 * 4. Where there is an order, blocks by the beginning of their zones is one.
 * 5. The first value's block begins before everything: f = 0; all the ranks
 *    are one more than the part's for that.
 */
#include "checker/engine.h"

#include <string.h>

#define MANY	(NONE - 1)	/* a value with more than one maker            */

struct zones {
	const struct part *p;
	struct budget *budget;
	struct answer *out;
	uint32_t n, values;
	uint32_t *maker;		/* of a value: operation, n or NONE    */
	uint32_t *users;		/* of a value: reads and cas from it   */
	uint32_t *child;		/* of a node: the cas that follows it  */
	uint32_t *first, *last;		/* of a node's reads: least end, last
					   call; of a block's root: f and s    */
	uint32_t *mark;			/* of a rank: root * 2, + 1 for its f  */
	uint32_t *blocks;		/* roots, in their order               */
	uint32_t block_count;
	bool too_many;			/* to name them all                    */
	uint32_t unless;		/* operations that say "not this"      */
};

static inline bool
is_there(const struct zones *z, uint32_t i)
{
	const struct part *p = z->p;

	return p->b[i] != NONE &&
		(p->ret[i] != NEVER || z->users[p->b[i]] > 0);
}

static inline bool
is_read(const struct zones *z, uint32_t i)
{
	return z->p->b[i] == NONE && !(z->p->flags[i] & OP_UNLESS);
}

/* The node whose value operation i needs, or that it is. */
static uint32_t
node_of(const struct zones *z, uint32_t i)
{
	return z->p->b[i] != NONE ? i : z->maker[z->p->a[i]];
}

/* ---- contradictions ----------------------------------------------------------------- */

static void
name(struct zones *z, uint32_t i)
{
	struct answer *out = z->out;
	uint32_t k;

	if (i >= z->n)
		return;
	for (k = 0; k < out->clash_count; k++)
		if (out->clash[k] == i)
			return;
	if (out->clash_count < sizeof out->clash / sizeof out->clash[0])
		out->clash[out->clash_count++] = i;
	else
		z->too_many = true;
}

/* Whose event is at this rank (one more than the part's)? */
static uint32_t
whose(const struct zones *z, uint32_t rank)
{
	uint32_t i;

	for (i = 0; i < z->n; i++)
		if (rank > 0 && (z->p->call[i] == rank - 1 ||
				 z->p->ret[i] == rank - 1))
			return i;
	return z->n;
}

/* The makers from one node to a later one of the same block. */
static void
name_path(struct zones *z, uint32_t a, uint32_t b)
{
	uint32_t i, steps;

	/* Of texts each read names all that came before. */
	if (z->p->shown_by != NULL)
		return;
	for (i = a, steps = 0; i != NONE && steps <= z->n; steps++) {
		if (i == b)
			break;
		i = z->child[i];
	}
	if (i != b) {
		i = a;
		a = b;
		b = i;
	}
	for (i = a; i != NONE; i = z->child[i]) {
		name(z, i);
		if (i == b)
			break;
	}
}

static void
contradiction(struct zones *z, const char *what)
{
	z->out->decision = NO;
	z->out->violation = what;
}

/* The two operations of a block that bound its zone, and what joins them. */
static void
name_block(struct zones *z, uint32_t root)
{
	uint32_t f = whose(z, z->first[root]), s = whose(z, z->last[root]);

	name(z, f);
	name(z, s);
	name_path(z, f == z->n ? root : node_of(z, f),
		  s == z->n ? root : node_of(z, s));
}

/* ---- who is there --------------------------------------------------------------------- */

/* Makers and users of each value, needs going back along pending cas.  false:
 * a value that is observed has several makers. */
static bool
gather(struct zones *z)
{
	const struct part *p = z->p;
	uint32_t i, v, top = 0, *stack = z->blocks;

	memset(z->maker, 0xff, z->values * sizeof *z->maker);
	z->maker[p->initial] = z->n;
	for (i = 0; i < z->n; i++) {
		if (p->flags[i] & OP_UNLESS) {
			z->unless++;
			continue;
		}
		if (p->a[i] != NONE && p->ret[i] != NEVER)
			z->users[p->a[i]]++;
		v = p->b[i];
		if (v != NONE)
			z->maker[v] = z->maker[v] == NONE ? i : MANY;
	}
	for (i = 0; i < z->n; i++)
		if (p->ret[i] == NEVER && p->a[i] != NONE &&
		    z->users[p->b[i]] > 0)
			stack[top++] = i;
	while (top > 0) {
		i = stack[--top];
		v = p->a[i];
		if (z->users[v]++ > 0)
			continue;
		i = z->maker[v];
		if (i < z->n && p->ret[i] == NEVER && p->a[i] != NONE)
			stack[top++] = i;
	}
	for (v = 0; v < z->values; v++)
		if (z->maker[v] == MANY && z->users[v] > 0)
			return false;
	return true;
}

/* Children of cas, and what the reads of each node reach.  false: answered. */
static bool
join(struct zones *z)
{
	const struct part *p = z->p;
	uint32_t i, node;

	memset(z->child, 0xff, (z->n + (size_t)1) * sizeof *z->child);
	memset(z->first, 0xff, (z->n + (size_t)1) * sizeof *z->first);
	for (i = 0; i < z->n; i++) {
		if (p->a[i] == NONE || (p->flags[i] & OP_UNLESS) ||
		    !(is_read(z, i) || is_there(z, i)))
			continue;
		node = z->maker[p->a[i]];
		if (node == NONE) {
			name(z, i);
			contradiction(z, "invented");
			return false;
		}
		if (is_read(z, i)) {
			if (p->ret[i] + 1 < z->first[node])
				z->first[node] = p->ret[i] + 1;
			if (p->call[i] + 1 > z->last[node])
				z->last[node] = p->call[i] + 1;
			continue;
		}
		if (z->child[node] != NONE) {
			name(z, node);
			name(z, z->child[node]);
			name(z, i);
			contradiction(z, "double-cas");
			return false;
		}
		z->child[node] = i;
	}
	return true;
}

/* ---- blocks ------------------------------------------------------------------------------ */

/* Walks a block from its root: its order within, and its zone. */
static bool
walk(struct zones *z, uint32_t root)
{
	const struct part *p = z->p;
	uint32_t node, ret, latest = 0, earliest = root == z->n ? 0 : NEVER;
	uint32_t bad;

	for (node = root; node != NONE; node = z->child[node]) {
		if (node < z->n) {
			ret = p->ret[node] == NEVER ? NEVER : p->ret[node] + 1;
			if (ret < latest) {
				bad = whose(z, latest);
				name(z, bad);
				name(z, node);
				name_path(z, node_of(z, bad), node);
				contradiction(z, "order");
				return false;
			}
			if (p->call[node] + 1 > latest)
				latest = p->call[node] + 1;
			if (ret < earliest)
				earliest = ret;
			z->mark[p->call[node]] = NONE - 1;
		}
		if (z->first[node] < latest) {
			bad = whose(z, latest);
			name(z, bad);
			name(z, whose(z, z->first[node]));
			name_path(z, node_of(z, bad), node);
			contradiction(z, bad == node ? "future-read" :
				      "order");
			return false;
		}
		if (z->last[node] > latest)
			latest = z->last[node];
		if (z->first[node] < earliest)
			earliest = z->first[node];
	}
	z->first[root] = earliest;
	z->last[root] = latest;
	return true;
}

/* A cas that no walk came to follows itself, round a circle. */
static bool
circle(struct zones *z)
{
	const struct part *p = z->p;
	uint32_t i, k;

	for (i = 0; i < z->n; i++) {
		if (p->a[i] == NONE || p->b[i] == NONE || !is_there(z, i) ||
		    z->mark[p->call[i]] == NONE - 1)
			continue;
		/* From here back until a node comes again: it is on it. */
		for (k = 0; k < z->n; k++)
			i = z->maker[p->a[i]];
		k = i;
		do {
			name(z, k);
			k = z->maker[p->a[k]];
		} while (k != i);
		contradiction(z, "circle");
		return true;
	}
	return false;
}

static bool
make_blocks(struct zones *z)
{
	const struct part *p = z->p;
	uint32_t i;

	memset(z->mark, 0xff, p->ranks * sizeof *z->mark);
	if (!walk(z, z->n))
		return false;
	for (i = 0; i < z->n; i++)
		if (p->a[i] == NONE && is_there(z, i) && !walk(z, i))
			return false;
	if (circle(z))
		return false;
	memset(z->mark, 0xff, p->ranks * sizeof *z->mark);
	for (i = 0; i < z->n; i++) {
		if (p->a[i] != NONE || !is_there(z, i))
			continue;
		z->mark[z->first[i] - 1] = i * 2 + 1;
		z->mark[z->last[i] - 1] = i * 2;
	}
	return true;
}

/* Over the ranks: blocks in order, or two that contradict each other. */
static bool
sweep(struct zones *z)
{
	uint32_t rank, root, open = NONE, s;

	z->blocks[z->block_count++] = z->n;
	s = z->last[z->n];
	if (s > 0)
		open = z->n;
	for (rank = 1; rank <= z->p->ranks; rank++) {
		if (open != NONE && z->last[open] == rank) {
			open = NONE;
			continue;
		}
		if (z->mark[rank - 1] == NONE)
			continue;
		root = z->mark[rank - 1] / 2;
		if ((z->mark[rank - 1] & 1) == 0) {
			z->blocks[z->block_count++] = root;
			continue;
		}
		if (z->last[root] > z->first[root])
			z->blocks[z->block_count++] = root;
		if (open != NONE && z->first[open] < z->last[root]) {
			name_block(z, open);
			name_block(z, root);
			contradiction(z, "stale-read");
			return false;
		}
		if (z->last[root] > z->first[root])
			open = root;
	}
	return true;
}

/* ---- the order ------------------------------------------------------------------------------ */

static void
lay_out(struct zones *z)
{
	const struct part *p = z->p;
	uint32_t *start = z->last, *reads = z->first, at = 0, k, i, node;

	memset(reads, 0, (z->n + (size_t)1) * sizeof *reads);
	for (i = 0; i < z->n; i++)
		if (is_read(z, i))
			reads[z->maker[p->a[i]]]++;
	for (k = 0; k < z->block_count; k++) {
		for (node = z->blocks[k]; node != NONE;
		     node = z->child[node]) {
			if (node < z->n)
				z->out->order[at++] = node;
			start[node] = at;
			at += reads[node];
		}
	}
	for (i = 0; i < z->n; i++)
		if (is_read(z, i))
			z->out->order[start[z->maker[p->a[i]]]++] = i;
	z->out->count = at;
	z->out->decision = YES;
}

/* ---- operations that saw another value ------------------------------------------------------- */

/*
 * Puts each into the first place of the order where its time allows it and
 * the value is another.  This finds a place nearly always; where it does not,
 * another order might: the search is asked.
 */
static void
fit_unless(struct zones *z, uint32_t *after, uint32_t *state,
	   uint32_t *called, uint32_t *merged)
{
	const struct part *p = z->p;
	struct answer *out = z->out;
	uint32_t *due = z->first, count = out->count, i, j, low, high, latest;

	/* Gap j is before the j-th; called[j]: what has to be over by then;
	 * due[j]: by when it has to be. */
	state[0] = p->initial;
	called[0] = 0;
	for (j = 0; j < count; j++) {
		i = out->order[j];
		called[j + 1] = p->call[i] + 1 > called[j] ?
			p->call[i] + 1 : called[j];
		state[j + 1] = p->b[i] != NONE ? p->b[i] : state[j];
	}
	due[count] = NEVER;
	for (j = count; j-- > 0;) {
		i = p->ret[out->order[j]];
		i = i == NEVER ? NEVER : i + 1;
		due[j] = i < due[j + 1] ? i : due[j + 1];
	}
	memset(after, 0xff, (z->n + (size_t)1) * sizeof *after);
	/* In reverse, so that each gap's list is in the order of calls. */
	for (i = z->n; i-- > 0;) {
		if (!(p->flags[i] & OP_UNLESS))
			continue;
		low = 0;
		high = count;
		while (low < high) {
			j = low + (high - low) / 2;
			if (due[j] > p->call[i] + 1)
				high = j;
			else
				low = j + 1;
		}
		while (low <= count && called[low] < p->ret[i] + 1 &&
		       state[low] == p->a[i])
			low++;
		if (low > count || called[low] >= p->ret[i] + 1)
			return;
		z->child[i] = after[low];
		after[low] = i;
	}
	latest = 0;
	for (j = 0, low = 0; j <= count; j++) {
		for (i = after[j]; i != NONE; i = z->child[i])
			merged[low++] = i;
		if (j < count)
			merged[low++] = out->order[j];
	}
	for (j = 0; j < low; j++) {
		i = merged[j];
		if (p->ret[i] != NEVER && p->ret[i] + 1 < latest)
			return;
		if (p->call[i] + 1 > latest)
			latest = p->call[i] + 1;
	}
	memcpy(out->order, merged, low * sizeof *merged);
	out->count = low;
	out->decision = YES;
}

static void
place_unless(struct zones *z)
{
	struct budget *b = z->budget;
	size_t room = z->n + (size_t)1;
	uint32_t *after = budget_new(b, room, sizeof *after);
	uint32_t *state = budget_new(b, room, sizeof *state);
	uint32_t *called = budget_new(b, room, sizeof *called);
	uint32_t *merged = budget_new(b, room, sizeof *merged);

	z->out->decision = NOT_FOR_ME;
	if (after != NULL && state != NULL && called != NULL && merged != NULL)
		fit_unless(z, after, state, called, merged);
	budget_free(b, after, room, sizeof *after);
	budget_free(b, state, room, sizeof *state);
	budget_free(b, called, room, sizeof *called);
	budget_free(b, merged, room, sizeof *merged);
}

void
zones_decide(const struct part *p, struct answer *out, struct budget *b)
{
	struct zones z = { .p = p, .budget = b, .out = out, .n = p->n,
			   .values = p->values };
	size_t nodes = p->n + (size_t)1;

	out->algorithm = "zones";
	out->decision = NOT_FOR_ME;
	out->clash_count = 0;
	out->violation = NULL;
	out->out = OUT_NOTHING;
	if (p->shape != SHAPE_PLAIN || p->initial == NONE)
		return;
	z.maker = budget_new(b, z.values, sizeof *z.maker);
	z.users = budget_new(b, z.values, sizeof *z.users);
	z.child = budget_new(b, nodes, sizeof *z.child);
	z.first = budget_new(b, nodes, sizeof *z.first);
	z.last = budget_new(b, nodes, sizeof *z.last);
	z.blocks = budget_new(b, nodes, sizeof *z.blocks);
	z.mark = budget_new(b, p->ranks, sizeof *z.mark);
	if (z.maker == NULL || z.users == NULL || z.child == NULL ||
	    z.first == NULL || z.last == NULL || z.blocks == NULL ||
	    z.mark == NULL) {
		out->decision = UNDECIDED;
		out->out = OUT_MEMORY;
	} else {
		if (gather(&z) && join(&z) && make_blocks(&z) && sweep(&z)) {
			lay_out(&z);
			if (z.unless > 0)
				place_unless(&z);
		}
	}
	if (z.too_many)
		out->clash_count = 0;
	budget_free(b, z.maker, z.values, sizeof *z.maker);
	budget_free(b, z.users, z.values, sizeof *z.users);
	budget_free(b, z.child, nodes, sizeof *z.child);
	budget_free(b, z.first, nodes, sizeof *z.first);
	budget_free(b, z.last, nodes, sizeof *z.last);
	budget_free(b, z.blocks, nodes, sizeof *z.blocks);
	budget_free(b, z.mark, p->ranks, sizeof *z.mark);
}
