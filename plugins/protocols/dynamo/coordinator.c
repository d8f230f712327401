/* SPDX-License-Identifier: MIT */
/*
 * Requests (sections 4.5, 4.6 and 5): the node that takes one asks those that
 * keep the key, or who stands in for them, and answers when R or W have.
 *
 * A write is coordinated by a node that keeps the key, which others redirect
 * clients to (as the client-driven coordination of section 6.4 does); only
 * where none of those seems to be there, by another one.  It first stores the
 * write itself, as a version of its own, and then sends the whole object.
 * A read is coordinated by any node; after its answer it tells those that were
 * behind (read repair).
 */
#include "dynamo.h"

/* One of the N: whose copy it is, and who was asked for it. */
struct slot {
	uint32_t home, at;
	bool done;
	uint64_t had;			/* of a read: what it had             */
};

struct op {
	struct op *next;
	uint64_t id, request;
	int64_t key;
	uint32_t range;
	bool writes, answered;
	uint32_t acks, slots;
	int64_t until;			/* then nobody is asked any more      */
	struct slot slot[REPLICAS_MAX];
	struct object object;		/* what is written, or was read       */
};

static struct op **
op_of(struct dynamo *s, uint64_t id)
{
	struct op **at = &s->ops;

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static void
forget(struct fr_node *me, struct op *op)
{
	struct dynamo *s = me->state;
	struct op **at = op_of(s, op->id);

	*at = op->next;
	fr_cancel(me, PATIENCE, op->id);
	fr_free(me, op);
}

void
coordinator_drop(struct fr_node *me, const char *why)
{
	struct dynamo *s = me->state;

	while (s->ops != NULL) {
		if (!s->ops->answered && s->ops->writes)
			fr_unsure(me, s->ops->request, why);
		else if (!s->ops->answered)
			fr_fail(me, s->ops->request, why);
		forget(me, s->ops);
	}
}

/* ---- who is asked --------------------------------------------------------------- */

/* Who stands in for a home: the next node on the ring, behind the N, that is
 * there, and stands in for nobody else yet; the home where there is none. */
static uint32_t
stand_in(struct fr_node *me, const struct op *op, uint32_t home)
{
	struct dynamo *s = me->state;
	uint32_t nodes[FR_NODES_MAX], i, k;
	uint32_t count = ring_walk(me, op->range, nodes);

	for (i = s->n; i < count; i++) {
		for (k = 0; k < op->slots && op->slot[k].at != nodes[i]; k++)
			;
		if (k == op->slots && !dynamo_suspects(me, nodes[i]))
			return nodes[i];
	}
	return home;
}

/* Does an answer from there count?  In a strict quorum, from the N only. */
static bool
counts(const struct dynamo *s, const struct slot *slot)
{
#ifdef BUG_sloppy_reads
	return true;
#endif
	return s->sloppy || slot->at == slot->home;
}

static void
ask(struct fr_node *me, struct op *op, const struct slot *slot)
{
	const struct store head = { op->id, op->key, slot->home, 0 };
	const struct fetch fetch = { op->id, op->key };

	if (op->writes)
		dynamo_send(me, slot->at, STORE, &head, &op->object);
	else
		fr_send(me, slot->at, FETCH, &fetch, sizeof fetch);
}

/* All that are not done; those that seem to be gone have a stand-in. */
static void
ask_all(struct fr_node *me, struct op *op)
{
	struct dynamo *s = me->state;
	bool stands_in = s->sloppy;
	uint32_t i;

#ifdef BUG_sloppy_reads
	stands_in = true;
#endif
	fr_after(me, PATIENCE, s->patience, op->id);
	for (i = 0; i < op->slots; i++) {
		struct slot *slot = &op->slot[i];

		if (slot->done)
			continue;
		if (stands_in && slot->at != me->id &&
		    dynamo_suspects(me, slot->at))
			slot->at = stand_in(me, op, slot->home);
		ask(me, op, slot);
	}
}

/* ---- reads ------------------------------------------------------------------------- */

/* [n value ... context ...] */
static void
answer_read(struct fr_node *me, struct op *op)
{
	int64_t list[1 + VALUES_MAX + 2 * CLOCK_MAX];
	const struct object *o = &op->object;
	uint32_t i, count = 1;

	list[0] = o->value_count;
	for (i = 0; i < o->value_count; i++)
		list[count++] = o->values[i].value;
	for (i = 0; i < o->clock_count; i++) {
		list[count++] = (int64_t)o->clock[i].actor;
		list[count++] = (int64_t)o->clock[i].count;
	}
	fr_ok(me, op->request, fr_list(list, count));
}

/* Whoever had less than all of them together is told (read repair). */
static void
repair(struct fr_node *me, const struct op *op)
{
	const struct dynamo *s = me->state;
	struct store head = { .key = op->key };
	uint64_t all = object_hash(&op->object);
	uint32_t i;

	for (i = 0; s->repair && i < op->slots; i++) {
		const struct slot *slot = &op->slot[i];

		if (!slot->done || slot->had == all || slot->at != slot->home)
			continue;
		head.home = slot->home;
		dynamo_send(me, slot->at, STORE, &head, &op->object);
	}
}

/* ---- both ---------------------------------------------------------------------------- */

static void
answered(struct fr_node *me, struct op *op, struct slot *slot, uint32_t by)
{
	struct dynamo *s = me->state;
	uint32_t i, done = 0, homes = 0;

	if (slot->done)
		return;
	slot->done = true;
	slot->at = by;
	op->acks += counts(s, slot);
	if (!op->answered && op->acks >= (op->writes ? s->w : s->r)) {
		op->answered = true;
		if (op->writes)
			fr_ok(me, op->request, fr_nil());
		else
			answer_read(me, op);
	}
	for (i = 0; i < op->slots; i++) {
		done += op->slot[i].done;
		homes += op->slot[i].done && op->slot[i].at == op->slot[i].home;
	}
	if (homes == op->slots)
		dynamo_all_answer(me);
	if (done < op->slots || !op->answered)
		return;
	if (!op->writes)
		repair(me, op);
	forget(me, op);
}

/* Some have not answered: they are thought to be gone, for a while. */
void
on_patience(struct fr_node *me, uint64_t id)
{
	struct dynamo *s = me->state;
	struct op *op = *op_of(s, id);
	uint32_t i;

	if (op == NULL)
		return;
	for (i = 0; i < op->slots; i++)
		if (!op->slot[i].done)
			dynamo_suspect(me, op->slot[i].at);
	if (op->answered && !op->writes) {
		repair(me, op);
		forget(me, op);
		return;
	}
	if (fr_mono(me) < op->until) {
		ask_all(me, op);
		return;
	}
	if (!op->answered && op->writes)
		fr_unsure(me, op->request, "too few nodes have stored it");
	else if (!op->answered)
		fr_fail(me, op->request, "too few nodes answer");
	forget(me, op);
}

void
on_stored(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct dynamo *s = me->state;
	const struct stored *r = body;
	struct op *op = *op_of(s, r->op);
	struct copy *c;
	uint32_t i;

	(void)size;
	dynamo_heard(me, from);
	if (s->silent)
		return;
	c = store_find(me, r->key, r->home);
	if (r->hint && r->home == from && c != NULL && c->hash == r->hash)
		(void)store_forget(me, c);	/* it was handed over */
	for (i = 0; op != NULL && op->writes && i < op->slots; i++)
		if (op->slot[i].home == r->home) {
			answered(me, op, &op->slot[i], from);
			return;
		}
}

void
on_fetched(struct fr_node *me, uint32_t from, const void *body, size_t size)
{
	struct dynamo *s = me->state;
	const struct store *head = body;
	struct op *op = *op_of(s, head->op);
	uint32_t i;

	dynamo_heard(me, from);
	if (s->silent || op == NULL || op->writes)
		return;
	/* From whom it was to come, or from the home, too late but at last. */
	for (i = 0; i < op->slots && op->slot[i].home != from &&
	     op->slot[i].at != from; i++)
		;
	if (i == op->slots || op->slot[i].done ||
	    object_unpack(head + 1, size - sizeof *head, &s->theirs) < 0 ||
	    object_join(&op->object, &s->theirs) < 0)
		return;
	op->slot[i].had = object_hash(&s->theirs);
	answered(me, op, &op->slot[i], from);
}

/* ---- from clients ---------------------------------------------------------------------- */

static struct op *
begin(struct fr_node *me, const struct fr_request *rq, bool writes)
{
	struct dynamo *s = me->state;
	struct op *op = s->silent ? NULL : fr_alloc(me, sizeof *op);
	uint32_t nodes[FR_NODES_MAX], i;

	if (op == NULL) {
		fr_fail(me, rq->id, s->silent ? "this node's disk failed" :
						"no memory");
		return NULL;
	}
	op->id = ++s->last_op;
	op->request = rq->id;
	op->key = rq->key;
	op->range = ring_range(me, rq->key);
	op->writes = writes;
	op->until = fr_mono(me) + s->give_up;
	op->slots = s->n;
	ring_walk(me, op->range, nodes);
	for (i = 0; i < op->slots; i++)
		op->slot[i].home = op->slot[i].at = nodes[i];
	op->next = s->ops;
	s->ops = op;
	return op;
}

void
on_read(struct fr_node *me, const struct fr_request *rq)
{
	struct op *op = begin(me, rq, false);

	if (op != NULL)
		ask_all(me, op);
}

/* The slot of the copy that this node writes to: its own, or that of the first
 * home where none of them seems to be there.  NULL: the client was sent to
 * one that does. */
static struct slot *
coordinates(struct fr_node *me, struct op *op)
{
	struct dynamo *s = me->state;
	uint32_t i, to = op->slots;

	for (i = 0; i < op->slots; i++)
		if (op->slot[i].home == me->id)
			return &op->slot[i];
	for (i = op->slots; i-- > 0;)
		if (!dynamo_suspects(me, op->slot[i].home))
			to = i;
	if (to == op->slots && s->sloppy) {
		op->slot[0].at = me->id;
		return &op->slot[0];
	}
	to = to < op->slots ? to : (uint32_t)fr_random_below(me, op->slots);
	fr_redirect(me, op->request, op->slot[to].home);
	forget(me, op);
	return NULL;
}

/* A context is [actor count ...]; `skip` is what stands before it. */
static uint32_t
read_context(const struct fr_request *rq, uint32_t skip, struct dot *context)
{
	uint32_t i, count = 0;

	for (i = skip; i + 1 < rq->value.count && count < CLOCK_MAX; i += 2)
		context[count++] = (struct dot){
			(uint64_t)rq->value.u.list[i],
			(uint64_t)rq->value.u.list[i + 1]
		};
	return count;
}

/* Invariant 2, for the testbed to watch. */
static void
claim(struct fr_node *me, int64_t key, uint64_t actor, uint64_t count,
      int64_t value)
{
	char what[FR_NAME_MAX + 1];

	snprintf(what, sizeof what, "key %lld, actor %llu", (long long)key,
		 (unsigned long long)actor);
	fr_claim(me, what, (int64_t)count, value);
}

static void
change(struct fr_node *me, const struct fr_request *rq, const int64_t *value)
{
	struct dot context[CLOCK_MAX];
	uint32_t count = read_context(rq, value != NULL, context);
	struct op *op = begin(me, rq, true);
	struct slot *own = op != NULL ? coordinates(me, op) : NULL;
	uint64_t actor;

	if (own == NULL)
		return;
	actor = store_actor(me, op->key, own->home);
	store_get(me, op->key, own->home, &op->object);
	if (object_put(&op->object, context, count, actor, value) < 0) {
		fr_fail(me, rq->id, "too many siblings: read, and "
				    "replace them");
		forget(me, op);
		return;
	}
	/* Whoever cannot store it is silent, and has dropped the request. */
	if (store_set(me, op->key, own->home, actor, &op->object) < 0)
		return;
	if (value != NULL)
		claim(me, op->key, actor, object_covers(&op->object, actor),
		      *value);
	answered(me, op, own, me->id);
	if (*op_of(me->state, op->id) == op)
		ask_all(me, op);
}

void
on_write(struct fr_node *me, const struct fr_request *rq)
{
	int64_t value = fr_item(rq->value, 0, 0);

	if (rq->value.kind == FR_LIST && rq->value.count % 2 == 1)
		change(me, rq, &value);
	else
		fr_fail(me, rq->id, "a write is [value context ...]");
}

void
on_delete(struct fr_node *me, const struct fr_request *rq)
{
	if (rq->value.kind == FR_LIST && rq->value.count % 2 == 0)
		change(me, rq, NULL);
	else
		fr_fail(me, rq->id, "a delete is [context ...]");
}
