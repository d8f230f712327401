/* SPDX-License-Identifier: MIT */
/*
 * The fast reader of usual lines against the general one: a blank behind a line
 * makes it unusual and moves nothing, so both must give the same history, or
 * the same error at the same place.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "checker/import.h"
#include "core/base/rand.h"

#define CLIENTS 4u

struct writer {
	struct rng r;
	struct buf out;
	bool open[CLIENTS];
	uint32_t f[CLIENTS];
	bool timed, keyed, is_long;
	int64_t time;
};

static uint32_t
draw(struct writer *w, uint32_t n)
{
	return (uint32_t)rng_below(&w->r, n);
}

static void
write_value(struct writer *w)
{
	static const char *const values[] = {
		"null", "0", "7", "-12", "123456789012345678",
		"1234567890123456789", "9223372036854775807", "12345678",
		"\"\"", "\"text\"", "\"exactly8\"", "\"a \\\"quoted\\\" one\"",
		"\"\\u00e9\"", "\"\xc3\xa9 and more than eight\"", "[1,2]",
		"[-5,12345678]", "[]", "[1,2,3]", "[ 1,2]", "true", "1.5",
		"{\"hex\":\"00ff\"}", "[\"k\",1]", "01", "+4",
	};
	uint32_t count = sizeof values / sizeof *values;

	/* What is refused, or turns the file into pairs, comes seldom, and
	 * never in a long one: it would soon be over. */
	if (w->is_long || draw(w, 50) > 0)
		count = 14 + draw(w, 2) * 5;
	buf_text(&w->out, values[draw(w, count)]);
}

static void
write_members(struct writer *w, uint32_t client, bool end)
{
	static const char *const names[] = { "read", "write", "a-long-name" };
	static const char *const ends[] = { "ok", "ok", "fail", "info" };
	uint32_t order[6] = { 0, 1, 2, 3, 4, 5 }, i, k, swap;
	bool any = false;

	for (i = 0; i < 6 && draw(w, 3) == 0; i++) {
		k = draw(w, 6);
		swap = order[i];
		order[i] = order[k];
		order[k] = swap;
	}
	for (i = 0; i < 6; i++) {
		if ((order[i] == 3 && !w->keyed) ||
		    (order[i] == 5 && !w->timed && draw(w, 9) > 0))
			continue;
		buf_text(&w->out, any ? "," : "");
		any = true;
		switch (order[i]) {
		case 0:
			buf_printf(&w->out, "\"process\":%u", client);
			break;
		case 1:
			buf_printf(&w->out, "\"type\":\"%s\"", end ?
				   ends[draw(w, 4)] : "invoke");
			break;
		case 2:
			buf_printf(&w->out, "\"f\":\"%s\"",
				   names[w->f[client]]);
			break;
		case 3:
			buf_printf(&w->out, "\"key\":%u", client % 3);
			break;
		case 4:
			buf_text(&w->out, "\"value\":");
			write_value(w);
			break;
		default:
			if (w->timed)
				buf_printf(&w->out, "\"time\":%lld",
					   (long long)(w->time += draw(w,
						UINT32_MAX)));
			else
				buf_text(&w->out, draw(w, 2) ? "\"node\":2" :
					 "\"client\":9");
			break;
		}
	}
}

/* The text of a history, of so many lines; some are spoilt. */
static void
write_history(struct writer *w, uint64_t seed, uint32_t lines)
{
	uint32_t i, client;
	bool end;

	memset(w, 0, sizeof *w);
	w->r = rng_make(seed, STREAM_WORKLOAD, 0, 0, "quick");
	buf_init(&w->out, 64u << 20);
	w->is_long = lines > 1000;
	w->timed = draw(w, 2);
	w->keyed = draw(w, 2);
	for (i = 0; i < lines; i++) {
		client = draw(w, CLIENTS);
		end = w->open[client];
		w->open[client] = !end;
		if (!end)
			w->f[client] = draw(w, 3);
		buf_char(&w->out, '{');
		write_members(w, client, end);
		buf_text(&w->out, "}\n");
	}
	if (draw(w, 4) == 0) {
		size_t at = (size_t)rng_below(&w->r, w->out.size);

		if (w->out.data[at] != '\n')
			w->out.data[at] = "x\"\\{}[],:0-\x01"[draw(w, 12)];
	}
}

/* The same with a blank at the end of each line. */
static void
make_unusual(const struct buf *from, struct buf *to)
{
	size_t i;

	buf_init(to, 64u << 20);
	for (i = 0; i < from->size; i++) {
		if (from->data[i] == '\n')
			buf_char(to, ' ');
		buf_char(to, from->data[i]);
	}
}

static bool
same_value(const struct fr_value *a, const struct fr_value *b)
{
	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == FR_BYTES || a->kind == FR_LIST)
		return a->count == 0 || memcmp(a->u.bytes, b->u.bytes,
			a->count * (a->kind == FR_LIST ? 8u : 1u)) == 0;
	return a->kind == FR_NIL || a->u.number == b->u.number;
}

static void
compare(const struct imported *a, const struct imported *b)
{
	const struct fr_operation *x, *y;
	uint64_t i;

	ck_assert_uint_eq(a->h.op_count, b->h.op_count);
	ck_assert_uint_eq(a->h.clients, b->h.clients);
	ck_assert_uint_eq(a->h.nodes, b->h.nodes);
	ck_assert(a->pairs == b->pairs && a->timed == b->timed);
	for (i = 0; i < a->h.op_count; i++) {
		x = &a->h.ops[i];
		y = &b->h.ops[i];
		ck_assert_msg(x->process == y->process &&
			      x->client == y->client && x->node == y->node &&
			      x->f == y->f && x->outcome == y->outcome &&
			      x->phase == y->phase && x->key == y->key &&
			      x->called == y->called && x->ended == y->ended &&
			      x->call_rank == y->call_rank &&
			      x->end_rank == y->end_rank && x->id == y->id &&
			      same_value(&x->value, &y->value) &&
			      same_value(&x->result, &y->result),
			      "operation %llu differs", (unsigned long long)i);
	}
}

/* Whether it could be read. */
static bool
both_ways(uint64_t seed, uint32_t lines)
{
	struct fr_err fast_err = { 0 }, slow_err = { 0 };
	struct imported fast, slow;
	struct writer w;
	struct buf unusual;
	int a, b;

	write_history(&w, seed, lines);
	make_unusual(&w.out, &unusual);
	a = import_text("h", w.out.data, w.out.size, "jsonl", &fast, &fast_err);
	b = import_text("h", unusual.data, unusual.size, "jsonl", &slow,
			&slow_err);
	ck_assert_msg(a == b, "seed %llu: %s / %s", (unsigned long long)seed,
		      fast_err.text, slow_err.text);
	if (a == 0) {
		compare(&fast, &slow);
		import_free(&fast);
		import_free(&slow);
	} else {
		/* What stands there is quoted, with the blank. */
		fast_err.text[strcspn(fast_err.text, "\"")] = '\0';
		slow_err.text[strcspn(slow_err.text, "\"")] = '\0';
		ck_assert_str_eq(fast_err.text, slow_err.text);
	}
	buf_free(&w.out);
	buf_free(&unusual);
	return a == 0;
}

START_TEST(short_files_are_read_alike)
{
	const char *more = getenv("FRACAS_ORACLE");
	uint64_t i, count = more != NULL ? strtoull(more, NULL, 10) : 2000;
	uint64_t good = 0;

	for (i = 1; i <= count; i++)
		good += both_ways(i, 1 + (uint32_t)(i % 40));
	ck_assert_uint_ge(good, count / 10);
	ck_assert_uint_le(good, count - count / 10);
}
END_TEST

/* Long enough for several chunks, which several threads scan. */
START_TEST(long_files_are_read_alike)
{
	uint64_t i, good = 0;

	for (i = 1; i <= 12; i++)
		good += both_ways(1000000 + i, 8000);
	ck_assert_uint_ge(good, 3);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("quick");
	TCase *t = tcase_create("usual lines");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_test(t, short_files_are_read_alike);
	tcase_add_test(t, long_files_are_read_alike);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
