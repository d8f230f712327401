/* SPDX-License-Identifier: MIT */
/*
 * A fuzz harness for one importer (FORMAT): whatever the bytes are, it ends
 * with an error that names a place, or with a history that keeps the rules of
 * one and that comes back the same when it is written and read again.
 *
 * With libFuzzer: ./configure CC=clang --enable-fuzzers; then
 *	tests/fuzz/fuzz_edn NEW-CORPUS tests/data/histories/foreign
 * Without, tests/fuzz/replay.c runs it over the files and what lies near them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/import.h"
#include "checker/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)							\
	((condition) ? (void)0 : wrong(#condition, __LINE__))

static void
wrong(const char *condition, int line)
{
	fprintf(stderr, "tests/fuzz/import.c:%d: not so: %s\n", line,
		condition);
	abort();
}

/* ---- a history that keeps the rules -------------------------------------- */

static void
look_at_value(const struct fr_value *v)
{
	volatile int64_t sum = 0;
	uint32_t i;

	MUST(v->kind <= FR_BYTES);
	/* Each byte is there to be read: the sanitizer sees to it. */
	for (i = 0; v->kind == FR_LIST && i < v->count; i++)
		sum = (int64_t)((uint64_t)sum ^ (uint64_t)v->u.list[i]);
	for (i = 0; v->kind == FR_BYTES && i < v->count; i++)
		sum ^= ((const char *)v->u.bytes)[i];
}

static void
look_at(const struct imported *h)
{
	const struct fr_operation *op;
	uint64_t i, rank = 0;

	MUST(h->h.op_count > 0 && h->op_count > 0);
	MUST(h->h.op_stride == sizeof *op);
	for (i = 0; i < h->h.op_count; i++) {
		op = &h->h.ops[i];
		MUST(i == 0 || op->call_rank > rank);
		rank = op->call_rank;
		MUST(op->f < h->op_count);
		MUST(op->id == i);
		MUST(op->outcome >= FR_OK && op->outcome <= FR_INFO);
		MUST((op->outcome == FR_INFO) == (op->end_rank == UINT64_MAX));
		MUST(op->end_rank > op->call_rank);
		MUST(op->ended >= op->called);
		MUST(op->outcome == FR_OK || op->result.kind == FR_NIL);
		look_at_value(&op->value);
		look_at_value(&op->result);
	}
}

/* ---- there and back ------------------------------------------------------ */

static void
must_be_same(const struct imported *a, const struct imported *b)
{
	const struct fr_operation *x, *y;
	uint64_t i;

	MUST(a->h.op_count == b->h.op_count);
	for (i = 0; i < a->h.op_count; i++) {
		x = &a->h.ops[i];
		y = &b->h.ops[i];
		MUST(strcmp(a->op_names[x->f], b->op_names[y->f]) == 0);
		MUST(x->process == y->process && x->client == y->client);
		MUST(x->node == y->node && x->phase == y->phase);
		MUST(x->outcome == y->outcome);
		MUST((x->key == FR_NO_KEY) == (y->key == FR_NO_KEY));
		MUST(x->key == y->key || a->keys.count > 0);
		MUST(x->called == y->called && x->ended == y->ended);
		/* An info may have a rank of its own, and is not written. */
		MUST(i == 0 || (x->call_rank > x[-1].end_rank) ==
		     (y->call_rank > y[-1].end_rank));
		MUST(value_equal(&x->value, &y->value));
		MUST(value_equal(&x->result, &y->result));
	}
}

static int
add_part(void *to, const char *data, size_t size)
{
	buf_add(to, data, size);
	return 0;
}

static void
there_and_back(const struct imported *h, const char *format)
{
	struct fr_err err = { 0 };
	struct imported again;
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	MUST(export_history(&h->h, h->op_names, h->op_count, &h->keys, format,
			    add_part, &b, &err) == 0);
	if (import_text("again", b.data, b.size, format, &again, &err) != 0) {
		fprintf(stderr, "%s\n%s", err.text, b.data);
		wrong("what was written can be read", __LINE__);
	}
	must_be_same(h, &again);
	import_free(&again);
	buf_free(&b);
}

/* What was only answered with "done" repeats what was asked; a get that found
 * nothing found an empty text. */
static bool
same_answer(const struct fr_operation *x, const struct fr_operation *y)
{
	return value_equal(&x->result, &y->result) ||
		(x->result.kind == FR_NIL &&
		 (value_equal(&y->result, &x->value) ||
		  (y->result.kind == FR_BYTES && y->result.count == 0)));
}

/* A form of others: all that it has comes back, or it is refused at once. */
static void
there_and_back_in(const struct imported *h, const char *format)
{
	const struct fr_operation *x, *y;
	struct fr_err err = { 0 };
	struct imported again;
	struct buf b;
	uint64_t i;

	buf_init(&b, SIZE_MAX / 2);
	if (export_history(&h->h, h->op_names, h->op_count, &h->keys, format,
			   add_part, &b, &err) != 0) {
		MUST(err.status == EXIT_USAGE && b.size == 0);
		buf_free(&b);
		return;
	}
	if (import_text("again", b.data, b.size, format, &again, &err) != 0) {
		fprintf(stderr, "%s\n%s", err.text, b.data);
		wrong("what was written can be read", __LINE__);
	}
	MUST(h->h.op_count == again.h.op_count);
	for (i = 0; i < h->h.op_count; i++) {
		x = &h->h.ops[i];
		y = &again.h.ops[i];
		MUST(strcmp(h->op_names[x->f], again.op_names[y->f]) == 0);
		MUST(x->process == y->process && x->outcome == y->outcome);
		MUST((x->key == FR_NO_KEY) == (y->key == FR_NO_KEY));
		MUST(x->key == y->key || h->keys.count > 0);
		MUST(value_equal(&x->value, &y->value) && same_answer(x, y));
	}
	import_free(&again);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fr_err err = { 0 };
	unsigned long line, column;
	struct imported h;
	char colon;

	if (import_text("f", (const char *)data, size, FORMAT, &h,
			&err) != 0) {
		MUST(err.status == EXIT_USAGE);
		MUST(sscanf(err.text, "f:%lu:%lu%c", &line, &column,
			    &colon) == 3 && colon == ':');
		MUST(line >= 1 && column >= 1 && column <= size + 1);
		return 0;
	}
	look_at(&h);
	there_and_back(&h, "jsonl");
	there_and_back(&h, "edn");
	there_and_back_in(&h, "porcupine-kv");
	there_and_back_in(&h, "jepsen-log");
	import_free(&h);
	return 0;
}
