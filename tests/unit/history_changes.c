/* SPDX-License-Identifier: MIT */
/* Changes of a history; see history_changes.h. */
#include "tests/unit/history_changes.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Processes of operations that leave their session. */
#define ALONE		1000

/* ---- verdicts ------------------------------------------------------------ */

enum verdict_kind
judge(const struct made *x, const char *condition)
{
	struct check_config c = x->c;
	struct fr_err err = { 0 };
	struct verdict v;
	enum verdict_kind kind;

	if (condition != NULL)
		c.model = condition;
	c.threads = 1;
	ck_assert_msg(check_history(&x->h, &c, &v, &err) == 0, "%s: %s",
		      c.model, err.text);
	kind = v.kind;
	verdict_free(&v);
	return kind;
}

static void
show(const char *title, const struct made *x)
{
	uint64_t all[OPS_MOST];
	struct buf b;
	uint32_t i;

	for (i = 0; i < x->h.op_count; i++)
		all[i] = i;
	buf_init(&b, 1 << 20);
	check_draw(&x->h, &x->c, all, (uint32_t)x->h.op_count, &b);
	fprintf(stderr, "%s\n%s\n", title, b.size > 0 ? b.data : "");
	buf_free(&b);
}

/* ---- changes ------------------------------------------------------------- */

static int
by_call(const void *a, const void *b)
{
	const struct fr_operation *x = a, *y = b;

	return x->call_rank < y->call_rank ? -1 : x->call_rank > y->call_rank;
}

void
settle(struct made *x)
{
	struct fr_operation *op;

	qsort(x->ops, x->h.op_count, sizeof *x->ops, by_call);
	x->h.ops = x->ops;
	for (op = x->ops; op < x->ops + x->h.op_count; op++) {
		op->id = (uint64_t)(op - x->ops);
		op->called = (int64_t)op->call_rank * 1000;
		op->ended = op->outcome == FR_INFO ? INT64_MAX :
			(int64_t)op->end_rank * 1000;
	}
}

/* Room between the events: every rank times 16. */
static void
spread(struct made *x)
{
	struct fr_operation *op;

	for (op = x->ops; op < x->ops + x->h.op_count; op++) {
		op->call_rank *= 16;
		if (op->outcome != FR_INFO)
			op->end_rank *= 16;
	}
}

static struct fr_operation *
pick(struct made *x, struct rng *r)
{
	return &x->ops[rng_below(r, x->h.op_count)];
}

static struct fr_operation *
pick_ended(struct made *x, struct rng *r)
{
	struct fr_operation *op;
	int tries;

	for (tries = 0; tries < 20; tries++) {
		op = pick(x, r);
		if (op->outcome != FR_INFO)
			return op;
	}
	return NULL;
}

static uint32_t
fresh_process(const struct made *x)
{
	uint32_t most = ALONE;
	uint64_t i;

	for (i = 0; i < x->h.op_count; i++)
		if (x->ops[i].process >= most)
			most = x->ops[i].process + 1;
	return most;
}

static void
drop(struct made *x, struct fr_operation *op)
{
	size_t after = (size_t)(x->ops + x->h.op_count - (op + 1));

	memmove(op, op + 1, after * sizeof *op);
	x->h.op_count--;
}

static bool
rename_processes(struct made *x, struct rng *r)
{
	uint64_t i;

	(void)r;
	for (i = 0; i < x->h.op_count; i++) {
		x->ops[i].process = 5000 - x->ops[i].process;
		x->ops[i].client = 77 - x->ops[i].client % 64;
	}
	return true;
}

static bool
rename_keys(struct made *x, struct rng *r)
{
	uint64_t i;

	(void)r;
	for (i = 0; i < x->h.op_count; i++)
		if (x->ops[i].key != FR_NO_KEY)
			x->ops[i].key = 90 - x->ops[i].key * 7;
	return true;
}

static bool
shift_time(struct made *x, struct rng *r)
{
	uint64_t i;

	(void)r;
	for (i = 0; i < x->h.op_count; i++) {
		x->ops[i].call_rank += 1000;
		if (x->ops[i].outcome != FR_INFO)
			x->ops[i].end_rank += 1000;
	}
	spread(x);
	return true;
}

/* Where values are only compared: numbers keep their order, texts their
 * letters apart, the same everywhere. */
static char renamed_bytes[2 * OPS_MOST][64];
static int64_t renamed_lists[2 * OPS_MOST][64];

static void
rename_value(struct fr_value *v, uint32_t slot)
{
	uint32_t i;

	if (v->kind == FR_INT) {
		v->u.number = v->u.number * 3 + 1000;
	} else if (v->kind == FR_LIST && v->count <= 64) {
		for (i = 0; i < v->count; i++)
			renamed_lists[slot][i] = v->u.list[i] * 3 + 1000;
		v->u.list = renamed_lists[slot];
	} else if (v->kind == FR_BYTES && v->count <= 64) {
		for (i = 0; i < v->count; i++)
			renamed_bytes[slot][i] = (char)
				(((const char *)v->u.bytes)[i] - 'a' + 'A');
		v->u.bytes = renamed_bytes[slot];
	}
}

static bool
values_are_names(const struct spec *s)
{
	static const char *const models[] = {
		"register", "kv", "set", "queue", "stack", "priority-queue",
		"log",
	};
	size_t i;

	for (i = 0; s->settings[0] == NULL &&
	     i < sizeof models / sizeof *models; i++)
		if (strcmp(models[i], s->model) == 0)
			return true;
	return false;
}

static void
rename_values(struct made *x, const struct spec *s)
{
	uint32_t i;

	for (i = 0; i < x->h.op_count; i++) {
		const struct kind *k = &s->kinds[x->ops[i].f];

		if (k->take != T_OFFSET)
			rename_value(&x->ops[i].value, 2 * i);
		if (k->give != G_OFFSET && k->give != G_BIT &&
		    k->give != G_VERDICT)
			rename_value(&x->ops[i].result, 2 * i + 1);
	}
}

static bool
is_read(const struct made *x, const struct fr_operation *op)
{
	static const char *const reads[] = {
		"read", "get", "contains", "peek", "top", "size"
	};
	size_t i;

	for (i = 0; i < sizeof reads / sizeof *reads; i++)
		if (strcmp(x->names[op->f], reads[i]) == 0)
			return true;
	return false;
}

static bool
drop_a_read(struct made *x, struct rng *r)
{
	struct fr_operation *op = pick(x, r);

	if (!is_read(x, op))
		return false;
	drop(x, op);
	return true;
}

/* It was called earlier, or ended later, or both. */
static bool
widen(struct made *x, struct rng *r)
{
	struct fr_operation *op = pick_ended(x, r);
	uint64_t how = 1 + rng_below(r, 3);

	if (op == NULL)
		return false;
	spread(x);
	/* Two of a process must not overlap. */
	op->process = fresh_process(x);
	if ((how & 1) && op->call_rank > 0)
		op->call_rank = rng_below(r, op->call_rank / 16) * 16 + 3;
	if (how & 2)
		op->end_rank += rng_below(r, 16) * 16 + 5;
	if (op->call_rank > op->end_rank)
		return false;
	return true;
}

static bool
narrow(struct made *x, struct rng *r)
{
	struct fr_operation *op = pick_ended(x, r);

	if (op == NULL)
		return false;
	spread(x);
	op->call_rank += rng_below(r, op->end_rank - op->call_rank);
	op->end_rank -= rng_below(r, op->end_rank - op->call_rank);
	/* No two events at once. */
	op->call_rank = op->call_rank / 16 * 16 + 1;
	op->end_rank = op->end_rank / 16 * 16 + 15;
	return true;
}

static void
forget_end(struct made *x, struct fr_operation *op)
{
	op->process = fresh_process(x);
	op->outcome = FR_INFO;
	op->end_rank = UINT64_MAX;
	memset(&op->result, 0, sizeof op->result);
}

static bool
ok_becomes_info(struct made *x, struct rng *r)
{
	struct fr_operation *op = pick(x, r);

	if (op->outcome != FR_OK)
		return false;
	forget_end(x, op);
	return true;
}

static bool
fail_becomes_info(struct made *x, struct rng *r)
{
	struct fr_operation *op = pick(x, r);

	if (op->outcome != FR_FAIL)
		return false;
	forget_end(x, op);
	return true;
}

/* What nobody heard of again never was: drops knowledge of what may be. */
static bool
info_becomes_fail(struct made *x, struct rng *r)
{
	struct fr_operation *op = pick(x, r);
	uint64_t i, last = 0;

	if (op->outcome != FR_INFO)
		return false;
	for (i = 0; i < x->h.op_count; i++) {
		if (x->ops[i].outcome != FR_INFO && x->ops[i].end_rank > last)
			last = x->ops[i].end_rank;
		if (x->ops[i].call_rank > last)
			last = x->ops[i].call_rank;
	}
	op->outcome = FR_FAIL;
	op->end_rank = last + 1;
	return true;
}

/* The same again, somewhere, and nobody knows what became of it. */
static bool
add_an_info(struct made *x, struct rng *r)
{
	struct fr_operation *op;
	uint64_t at;

	if (x->h.op_count == OPS_MOST)
		return false;
	spread(x);
	at = pick(x, r)->call_rank + 1 + rng_below(r, 15);
	op = &x->ops[x->h.op_count];
	*op = *pick(x, r);
	op->client = 50;
	forget_end(x, op);
	op->call_rank = at;
	x->h.op_count++;
	return true;
}

/* From some moment on a process is another one. */
static bool
split_a_session(struct made *x, struct rng *r)
{
	struct fr_operation *from = pick(x, r);
	uint32_t old = from->process, now = fresh_process(x);

	for (; from < x->ops + x->h.op_count; from++)
		if (from->process == old)
			from->process = now;
	return true;
}

/* Everything after some moment is not known yet. */
static bool
take_a_prefix(struct made *x, struct rng *r)
{
	uint64_t at = rng_below(r, x->ops[x->h.op_count - 1].call_rank + 1);
	uint32_t i;

	for (i = 0; i < x->h.op_count; i++)
		if (x->ops[i].call_rank > at)
			break;
	if (i == 0)
		return false;
	x->h.op_count = i;
	while (i-- > 0)
		if (x->ops[i].outcome != FR_INFO && x->ops[i].end_rank > at)
			forget_end(x, &x->ops[i]);
	return true;
}

/* ---- in which direction -------------------------------------------------- */

const struct change changes[CHANGES] = {
	{ "processes renamed", rename_processes, SAME, 0 },
	{ "keys renamed", rename_keys, SAME, 0 },
	{ "time shifted and stretched", shift_time, SAME, 0 },
	{ "a read dropped", drop_a_read, WEAKER, READS },
	{ "an interval widened", widen, WEAKER, 0 },
	{ "an interval narrowed", narrow, STRONGER, 0 },
	{ "ok turned into info", ok_becomes_info, WEAKER, READS },
	{ "fail turned into info", fail_becomes_info, WEAKER, 0 },
	{ "info turned into fail", info_becomes_fail, STRONGER, 0 },
	{ "an info added", add_an_info, WEAKER, ORDERS },
	{ "a session split", split_a_session, WEAKER, 0 },
	{ "a prefix taken", take_a_prefix, WEAKER, ORDERS },
};

void
compare(const char *what, const struct made *before, const struct made *after,
	const char *condition, enum verdict_kind was, enum direction direction)
{
	enum verdict_kind is = judge(after, condition);

	if (direction == SAME && is == was)
		return;
	if (direction == WEAKER && !(was == VERDICT_VALID &&
				     is == VERDICT_INVALID))
		return;
	if (direction == STRONGER && !(was == VERDICT_INVALID &&
				       is == VERDICT_VALID))
		return;
	show("before", before);
	show("after", after);
	ck_abort_msg("%s: %s: it was %s, and is %s", condition != NULL ?
		     condition : before->c.model, what, verdict_names[was],
		     verdict_names[is]);
}

void
try_changes(const struct made *x, const struct spec *s, const char *condition,
	    uint32_t not_for, struct rng *r, uint32_t *made)
{
	enum verdict_kind was = judge(x, condition);
	const struct change *c;
	struct made after;
	uint32_t i;

	for (i = 0; i < CHANGES; i++) {
		c = &changes[i];
		if ((c->not_for & not_for) != 0)
			continue;
		after = *x;
		after.h.ops = after.ops;
		after.c.op_names = after.names;
		if (!c->make(&after, r))
			continue;
		settle(&after);
		if (after.h.op_count == 0)
			continue;
		made[i]++;
		compare(c->name, x, &after, condition, was, c->direction);
	}
	if (s == NULL || !values_are_names(s))
		return;
	after = *x;
	after.h.ops = after.ops;
	after.c.op_names = after.names;
	rename_values(&after, s);
	compare("values renamed", x, &after, condition, was, SAME);
}
