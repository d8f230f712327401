/* SPDX-License-Identifier: MIT */
/*
 * How long the weaker conditions take, on histories made here from a seed:
 *	bench/weak [micro-operations]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/conditions.h"
#include "core/base/mem.h"
#include "core/base/rand.h"

#define CLIENTS 20u
#define LIST_MAX 64u			/* elements of a key before the next */
#define ACTIVE 16u			/* keys in use at a time             */

static const char *const names[] = { "txn", "read", "write", "add" };

enum { F_TXN, F_READ, F_WRITE, F_ADD };

struct made {
	struct arena arena;
	struct fr_operation *ops;
	uint64_t count;
	struct rng r;
};

/* Each client in turn; its operation ends when it is its turn again. */
static struct fr_operation *
next_op(struct made *m, uint32_t f, int64_t key)
{
	struct fr_operation *o = &m->ops[m->count];
	uint64_t i = m->count++;

	o->process = o->client = (uint32_t)(i % CLIENTS);
	o->f = f;
	o->key = key;
	o->outcome = FR_OK;
	o->id = i;
	o->call_rank = 2 * i;
	o->end_rank = 2 * (i + CLIENTS - 1) + 1;
	o->called = (int64_t)o->call_rank;
	o->ended = (int64_t)o->end_rank;
	return o;
}

struct store {
	int64_t at[ACTIVE][LIST_MAX];
	uint32_t count[ACTIVE];
	int64_t key[ACTIVE];
	int64_t next_key, next_value;
};

/* Serializable: one after the other, in the order of calls. */
static void
make_txns(struct made *m, uint64_t micros, bool lists)
{
	static struct store s;
	static int64_t room[8 * (LIST_MAX + 4)];
	struct fr_operation *o;
	struct fr_txn_writer t;
	uint64_t done = 0;
	uint32_t n, i, k;

	m->ops = mem_array(micros, sizeof *m->ops);
	memset(&s, 0, sizeof s);
	for (k = 0; k < ACTIVE; k++)
		s.key[k] = s.next_key++;
	while (done < micros) {
		n = 1 + (uint32_t)rng_below(&m->r, 4);
		t = fr_txn_begin(room, sizeof room / sizeof *room);
		for (i = 0; i < n; i++, done++) {
			k = (uint32_t)rng_below(&m->r, ACTIVE);
			if (rng_below(&m->r, 2) == 0) {
				s.at[k][s.count[k]++] = ++s.next_value;
				fr_txn_write(&t, s.key[k], s.next_value);
			} else if (lists) {
				fr_txn_list(&t, s.key[k], s.at[k], s.count[k]);
			} else {
				fr_txn_read(&t, s.key[k], s.count[k] == 0 ?
					 FR_TXN_NIL : s.at[k][s.count[k] - 1]);
			}
			if (s.count[k] == LIST_MAX) {
				s.count[k] = 0;
				s.key[k] = s.next_key++;
			}
		}
		o = next_op(m, F_TXN, FR_NO_KEY);
		o->result = fr_txn_value(&t);
		o->result.u.list = arena_copy(&m->arena, t.at,
					      t.count * sizeof *t.at);
		o->value = o->result;
	}
}

static void
make_registers(struct made *m, uint64_t count, uint32_t keys)
{
	int64_t *value = mem_array(keys, sizeof *value);
	struct fr_operation *o;
	uint64_t i;
	uint32_t k;

	m->ops = mem_array(count, sizeof *m->ops);
	for (i = 0; i < count; i++) {
		k = (uint32_t)rng_below(&m->r, keys);
		if (rng_below(&m->r, 2) == 0) {
			o = next_op(m, F_WRITE, k);
			o->value.kind = FR_INT;
			o->value.u.number = value[k] = (int64_t)i + 1;
			continue;
		}
		o = next_op(m, F_READ, k);
		o->result.kind = value[k] == 0 ? FR_NIL : FR_INT;
		o->result.u.number = value[k];
	}
	free(value);
}

static void
measure(struct made *m, const char *condition, const char *what)
{
	struct check_config c;
	struct fr_history h;
	struct verdict v;
	struct fr_err err;

	memset(&c, 0, sizeof c);
	c.op_names = names;
	c.op_count = sizeof names / sizeof *names;
	memset(&h, 0, sizeof h);
	h.op_stride = sizeof *m->ops;
	h.ops = m->ops;
	h.op_count = m->count;
	if (check_condition(condition, &h, &c, &v, &err) != 0) {
		fprintf(stderr, "%s: %s\n", condition, err.text);
		exit(1);
	}
	printf("%-24s %-44s %-8s %8.3f s %7.0f MB\n", condition, what,
	       v.kind == VERDICT_VALID ? "valid" : v.kind == VERDICT_INVALID ?
	       "invalid" : "unknown", v.seconds,
	       (double)v.memory_bytes * 1e-6);
	arena_free(&v.arena);
}

static void
clear(struct made *m)
{
	arena_free(&m->arena);
	free(m->ops);
	memset(m, 0, sizeof *m);
	m->r = rng_make(1, STREAM_WORKLOAD, 0, 0, "bench");
}

/* What a careless database does now and then: an append goes astray. */
static void
spoil(struct made *m)
{
	struct fr_operation *o = &m->ops[m->count * 9 / 10];
	struct fr_txn_writer t;
	int64_t *at;

	at = arena_new(&m->arena, 16 * sizeof *at);
	t = fr_txn_begin(at, 16);
	fr_txn_list(&t, 0, NULL, 0);
	fr_txn_append(&t, 0, -1);
	o->value = o->result = fr_txn_value(&t);
}

int
main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	struct made m = { { 0 }, NULL, 0, { 0, 0 } };
	char what[64];

	clear(&m);
	make_txns(&m, n, true);
	snprintf(what, sizeof what, "%llu micro-operations",
		 (unsigned long long)n);
	measure(&m, "list-append", what);
	measure(&m, "strict-serializable", what);
	spoil(&m);
	snprintf(what, sizeof what, "%llu micro-operations, a late violation",
		 (unsigned long long)n);
	measure(&m, "strict-serializable", what);
	clear(&m);
	make_txns(&m, n, false);
	snprintf(what, sizeof what, "%llu micro-operations",
		 (unsigned long long)n);
	measure(&m, "rw-register", what);
	clear(&m);
	make_registers(&m, n / 10, 100);
	snprintf(what, sizeof what, "%llu operations, 100 keys",
		 (unsigned long long)n / 10);
	measure(&m, "causal", what);
	measure(&m, "causal-convergence", what);
	measure(&m, "monotonic-reads", what);
	measure(&m, "read-your-writes", what);
	measure(&m, "monotonic-writes", what);
	measure(&m, "writes-follow-reads", what);
	measure(&m, "sequential", what);
	measure(&m, "sequential-per-key", what);
	clear(&m);
	return 0;
}
