/* SPDX-License-Identifier: MIT */
/*
 * Versions and their clocks (section 4.4), as dotted version vector sets (DVV,
 * section 5): one clock for all siblings, and a dot for each of them.
 *
 * The paper's vector clocks name a version by all that it had seen.  With one
 * entry a node, two writes that came to one node with the same context would
 * get clocks of which the second covers the first, though its writer had never
 * seen it.  A dot is that one event and nothing before it.
 */
#include "dynamo.h"

void
object_clear(struct object *o)
{
	o->clock_count = 0;
	o->value_count = 0;
}

uint64_t
object_covers(const struct object *o, uint64_t actor)
{
	uint32_t i;

	for (i = 0; i < o->clock_count; i++)
		if (o->clock[i].actor == actor)
			return o->clock[i].count;
	return 0;
}

/* The clock covers this dot, and all before it of that actor. */
static int
cover(struct object *o, struct dot dot)
{
	uint32_t i;

	for (i = 0; i < o->clock_count && o->clock[i].actor < dot.actor; i++)
		;
	if (i < o->clock_count && o->clock[i].actor == dot.actor) {
		if (o->clock[i].count < dot.count)
			o->clock[i].count = dot.count;
		return 0;
	}
	if (o->clock_count == CLOCK_MAX)
		return -1;
	memmove(&o->clock[i + 1], &o->clock[i],
		(o->clock_count++ - i) * sizeof *o->clock);
	o->clock[i] = dot;
	return 0;
}

static int
compare_dots(const struct dot *a, const struct dot *b)
{
	if (a->actor != b->actor)
		return a->actor < b->actor ? -1 : 1;
	return (a->count > b->count) - (a->count < b->count);
}

static bool
has(const struct object *o, const struct dot *dot)
{
	uint32_t i;

	for (i = 0; i < o->value_count; i++)
		if (compare_dots(&o->values[i].dot, dot) == 0)
			return true;
	return false;
}

static int
add(struct object *o, const struct sibling *s)
{
	uint32_t i;

	if (o->value_count == VALUES_MAX)
		return -1;
	for (i = 0; i < o->value_count &&
	     compare_dots(&o->values[i].dot, &s->dot) < 0; i++)
		;
	memmove(&o->values[i + 1], &o->values[i],
		(o->value_count++ - i) * sizeof *s);
	o->values[i] = *s;
	return 0;
}

/* Siblings that both have stay, and those of one that the other has not heard
 * of: whoever has, and lacks it, knows that it was replaced. */
int
object_join(struct object *mine, const struct object *theirs)
{
	uint32_t i, kept = 0;

	for (i = 0; i < mine->value_count; i++) {
		const struct dot *dot = &mine->values[i].dot;

		if (has(theirs, dot) ||
		    dot->count > object_covers(theirs, dot->actor))
			mine->values[kept++] = mine->values[i];
	}
	mine->value_count = kept;
	for (i = 0; i < theirs->value_count; i++) {
		const struct sibling *s = &theirs->values[i];

		if (!has(mine, &s->dot) &&
		    s->dot.count > object_covers(mine, s->dot.actor) &&
		    add(mine, s) < 0)
			return -1;
	}
	for (i = 0; i < theirs->clock_count; i++)
		if (cover(mine, theirs->clock[i]) < 0)
			return -1;
	return 0;
}

static bool
in_context(const struct dot *context, uint32_t count, const struct dot *dot)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (context[i].actor == dot->actor)
			return context[i].count >= dot->count;
	return false;
}

int
object_put(struct object *o, const struct dot *context, uint32_t count,
	   uint64_t actor, const int64_t *value)
{
	struct sibling s = { .dot = { actor, object_covers(o, actor) + 1 } };
	uint32_t i, kept = 0;

	for (i = 0; i < o->value_count; i++) {
#ifdef BUG_plain_clock
		/* The new count covers all of this actor's before it. */
		if (o->values[i].dot.actor == actor)
			continue;
#endif
		if (!in_context(context, count, &o->values[i].dot))
			o->values[kept++] = o->values[i];
	}
	o->value_count = kept;
#ifndef BUG_no_merge
	for (i = 0; i < count; i++)
		if (cover(o, context[i]) < 0)
			return -1;
#endif
	if (value == NULL)
		return 0;
	if (o->value_count >= PUT_MAX)
		return -1;
	s.value = *value;
	return cover(o, s.dot) < 0 ? -1 : add(o, &s);
}

size_t
object_pack(const struct object *o, void *out)
{
	const struct packed head = { o->clock_count, o->value_count };
	struct fr_writer w = fr_writer(out, PACKED_MAX);

	fr_put_bytes(&w, &head, sizeof head);
	fr_put_bytes(&w, o->clock, o->clock_count * sizeof *o->clock);
	fr_put_bytes(&w, o->values, o->value_count * sizeof *o->values);
	return w.size;
}

int
object_unpack(const void *data, size_t size, struct object *out)
{
	struct fr_reader r = fr_reader(data, size);
	const void *head = fr_get_bytes(&r, sizeof(struct packed)), *part;
	struct packed p;

	if (head == NULL)
		return -1;
	memcpy(&p, head, sizeof p);
	if (p.clock_count > CLOCK_MAX || p.value_count > VALUES_MAX)
		return -1;
	part = fr_get_bytes(&r, p.clock_count * sizeof *out->clock);
	if (part != NULL)
		memcpy(out->clock, part, p.clock_count * sizeof *out->clock);
	part = fr_get_bytes(&r, p.value_count * sizeof *out->values);
	if (part != NULL)
		memcpy(out->values, part, p.value_count * sizeof *out->values);
	out->clock_count = p.clock_count;
	out->value_count = p.value_count;
	return fr_got_all(&r) ? 0 : -1;
}

uint64_t
object_hash(const struct object *o)
{
	uint64_t sum = fr_checksum(o->value_count, o->clock,
				   o->clock_count * sizeof *o->clock);

	return mix(fr_checksum(sum, o->values,
			       o->value_count * sizeof *o->values));
}
