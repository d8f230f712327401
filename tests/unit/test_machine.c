/* SPDX-License-Identifier: MIT */
/*
 * The state machine that logs are of: what each command answers, that one that
 * comes twice happens once, and that a snapshot is all there is.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/easy.h>
#include <fracas/txn.h>

#include "plugins/protocols/shared/machine.h"

/* ---- a host that keeps the last answer ------------------------------------------- */

static struct {
	uint32_t kind, count;
	int64_t number;
	unsigned char bytes[8192];
	char text[256];
	uint32_t value;			/* its kind                           */
	int64_t wall;
	uint64_t answers;
} told;

static void *
host_alloc(struct fr_node *me, size_t size)
{
	(void)me;
	return calloc(1, size > 0 ? size : 1);
}

static void
host_free(struct fr_node *me, void *memory)
{
	(void)me;
	free(memory);
}

static int64_t
host_wall(struct fr_node *me)
{
	(void)me;
	return told.wall;
}

static int
host_reply(struct fr_node *me, const struct fr_reply *reply)
{
	const struct fr_value *v = &reply->value;
	size_t size = v->kind == FR_LIST ? v->count * sizeof(int64_t) :
		      v->kind == FR_BYTES ? v->count : 0;

	(void)me;
	ck_assert_uint_le(size, sizeof told.bytes);
	told.kind = reply->kind;
	told.value = v->kind;
	told.count = v->count;
	told.number = fr_number(*v, 0);
	if (size > 0)
		memcpy(told.bytes, v->u.bytes, size);
	snprintf(told.text, sizeof told.text, "%s",
		 reply->text != NULL ? reply->text : "");
	told.answers++;
	return 0;
}

static const struct fr_host host = {
	.size = sizeof host, .alloc = host_alloc, .free = host_free,
	.wall = host_wall, .reply = host_reply,
};

static struct fr_node node = { .size = sizeof node, .nodes = 1, .host = &host };

/* ---- scripts ---------------------------------------------------------------------- */

struct line {
	uint32_t f;
	int64_t key;
	struct fr_value value, answer;
	const char *refused;		/* or NULL                            */
	uint64_t client;
	int64_t wall;			/* ms                                 */
};

#define COUNT(...) (uint32_t)(sizeof((int64_t[]){ __VA_ARGS__ }) / 8)
#define L(...) { .kind = FR_LIST, .count = COUNT(__VA_ARGS__),		\
		 .u = { .list = (const int64_t[]){ __VA_ARGS__ } } }
#define N(n) { .kind = FR_INT, .u = { .number = (n) } }
#define T(text_) { .kind = FR_BYTES, .count = sizeof(text_) - 1,	\
		   .u = { .bytes = (text_) } }
#define NIL { .kind = FR_NIL }
#define OTHER "something else is there"
#define HELD_TEXT "somebody has it"
#define NOT_HELD_TEXT "another one has it, or nobody"
#define NONE FR_TXN_NIL

#define DO(verb, key_, value_, answer_)					\
	{ .f = MACHINE_##verb, .key = (key_), .value = value_,		\
	  .answer = answer_ }
#define NO(verb, key_, value_, why_)					\
	{ .f = MACHINE_##verb, .key = (key_), .value = value_,		\
	  .refused = (why_) }
#define AT(ms_, verb, key_, value_, answer_)				\
	{ .f = MACHINE_##verb, .key = (key_), .value = value_,		\
	  .answer = answer_, .wall = (ms_) }

static const struct line script[] = {
	/* A map. */
	DO(GET, 1, NIL, NIL), DO(PUT, 1, N(7), NIL), DO(READ, 1, NIL, N(7)),
	DO(CAS, 1, L(7, 8), NIL),
	NO(CAS, 1, L(7, 9), "another value is there"),
	NO(APPEND, 1, T("x"), OTHER), DO(GET, 1, NIL, N(8)),
	DO(APPEND, 2, T("ab"), NIL), DO(APPEND, 2, T("cd"), NIL),
	DO(GET, 2, NIL, T("abcd")), DO(WRITE, 2, T("e"), NIL),
	DO(GET, 2, NIL, T("e")), DO(DELETE, 2, NIL, NIL),
	DO(GET, 2, NIL, NIL), NO(CAS, 2, L(0, 1), "another value is there"),
	/* Counters. */
	DO(INCREMENT, 3, NIL, NIL), DO(INCREMENT, 3, N(10), NIL),
	DO(DECREMENT, 3, N(4), NIL), DO(READ, 3, NIL, N(7)),
	/* Queues, stacks. */
	DO(DEQUEUE, 4, NIL, NIL), DO(ENQUEUE, 4, N(1), NIL),
	DO(ENQUEUE, 4, N(2), NIL), DO(ENQUEUE, 4, N(3), NIL),
	DO(DEQUEUE, 4, NIL, N(1)), DO(POP, 4, NIL, N(3)),
	DO(READ, 4, NIL, L(2)), DO(DEQUEUE, 4, NIL, N(2)),
	DO(POP, 4, NIL, NIL), DO(PUSH, 5, N(1), NIL), DO(PUSH, 5, N(2), NIL),
	DO(POP, 5, NIL, N(2)), DO(POP, 5, NIL, N(1)),
	NO(ENQUEUE, 1, N(1), OTHER), NO(DEQUEUE, 1, NIL, OTHER),
	/* Logs. */
	DO(POLL, 6, N(0), NIL), DO(LIST_COMMITTED, 6, NIL, NIL),
	DO(SEND, 6, N(50), N(0)), DO(SEND, 6, N(60), N(1)),
	DO(SEND, 6, N(70), N(2)), DO(POLL, 6, N(0), L(0, 50, 1, 60, 2, 70)),
	DO(POLL, 6, N(2), L(2, 70)), DO(POLL, 6, N(3), NIL),
	DO(POLL, 6, N(-5), L(0, 50, 1, 60, 2, 70)), DO(COMMIT, 6, N(1), NIL),
	DO(LIST_COMMITTED, 6, NIL, N(1)),
	NO(COMMIT, 6, N(3), "another value is there"),
	DO(COMMIT, 6, N(0), NIL), DO(LIST_COMMITTED, 6, NIL, N(0)),
	/* What is taken off the front keeps the others' offsets. */
	DO(DEQUEUE, 6, NIL, N(50)), DO(POLL, 6, N(0), L(1, 60, 2, 70)),
	DO(SEND, 6, N(80), N(3)), NO(SEND, 3, N(1), OTHER),
	NO(POLL, 3, N(0), OTHER), NO(LIST_COMMITTED, 3, NIL, OTHER),
	/* Sets. */
	DO(CONTAINS, 7, N(1), N(0)), DO(ADD, 7, N(5), NIL),
	DO(ADD, 7, N(-1), NIL), DO(ADD, 7, N(9), NIL), DO(ADD, 7, N(5), NIL),
	DO(READ, 7, NIL, L(-1, 5, 9)), DO(CONTAINS, 7, N(5), N(1)),
	DO(CONTAINS, 7, N(6), N(0)), DO(REMOVE, 7, N(5), NIL),
	DO(REMOVE, 7, N(6), NIL), DO(READ, 7, NIL, L(-1, 9)),
	NO(ADD, 6, N(1), OTHER), NO(CONTAINS, 6, N(1), OTHER),
	/* Locks: whose, until when. */
	DO(LOCK, 8, N(1), NIL), NO(LOCK, 8, N(2), HELD_TEXT),
	NO(LOCK, 8, N(1), HELD_TEXT), NO(UNLOCK, 8, N(2), NOT_HELD_TEXT),
	DO(UNLOCK, 8, N(1), NIL), NO(UNLOCK, 8, N(1), NOT_HELD_TEXT),
	AT(100, LOCK, 8, L(1, FR_MS(50)), NIL),
	{ .f = MACHINE_LOCK, .key = 8, .value = L(2, FR_MS(50)),
	  .refused = HELD_TEXT, .wall = 149 },
	AT(150, LOCK, 8, L(2, FR_MS(50)), NIL),
	{ .f = MACHINE_UNLOCK, .key = 8, .value = N(1),
	  .refused = NOT_HELD_TEXT, .wall = 151 },
	/* It has lapsed, and nobody has come: it is still his to give. */
	AT(300, UNLOCK, 8, N(2), NIL),
	DO(ACQUIRE, 9, N(1), N(1)), DO(RELEASE, 9, N(1), NIL),
	DO(ACQUIRE, 9, N(2), N(2)), NO(ACQUIRE, 9, N(1), HELD_TEXT),
	DO(STORE, 10, L(1, 100), NIL), DO(STORE, 10, L(2, 200), NIL),
	NO(STORE, 10, L(1, 300), "a later token has been here"),
	DO(STORE, 10, L(2, 400), NIL), DO(READ, 10, NIL, N(400)),
	/* Accounts. */
	NO(TRANSFER, 11, L(0, 1, 1), "there is no such account"),
	NO(OPEN, 11, L(0, 10), "there is no such account"),
	DO(OPEN, 11, L(3, 10), NIL), DO(OPEN, 11, L(5, 99), NIL),
	DO(TRANSFER, 11, L(0, 1, 4), NIL), DO(READ, 11, NIL, L(6, 14, 10)),
	NO(TRANSFER, 11, L(0, 1, 7), "so much is not there"),
	NO(TRANSFER, 11, L(0, 1, -1), "so much is not there"),
	NO(TRANSFER, 11, L(0, 3, 1), "there is no such account"),
	NO(TRANSFER, 11, L(-1, 0, 1), "there is no such account"),
	DO(TRANSFER, 11, L(1, 1, 14), NIL), DO(TRANSFER, 11, L(1, 2, 14), NIL),
	DO(READ, 11, NIL, L(6, 0, 24)),
	/* Transactions: they see what they have done themselves. */
	DO(TXN, FR_NO_KEY, NIL, NIL),
	DO(TXN, FR_NO_KEY, L(FR_TXN_LIST, 12, 0, FR_TXN_APPEND, 12, 1,
			     FR_TXN_LIST, 12, 0, FR_TXN_APPEND, 13, 2),
	   L(FR_TXN_LIST, 12, 0, FR_TXN_APPEND, 12, 1,
	     FR_TXN_LIST, 12, 1, 1, FR_TXN_APPEND, 13, 2)),
	DO(TXN, FR_NO_KEY, L(FR_TXN_APPEND, 12, 3, FR_TXN_LIST, 12, 0,
			     FR_TXN_LIST, 13, 0, FR_TXN_READ, 12, NONE,
			     FR_TXN_READ, 14, NONE),
	   L(FR_TXN_APPEND, 12, 3, FR_TXN_LIST, 12, 2, 1, 3,
	     FR_TXN_LIST, 13, 1, 2, FR_TXN_READ, 12, 3,
	     FR_TXN_READ, 14, NONE)),
	/* All of it, or nothing. */
	NO(TXN, FR_NO_KEY, L(FR_TXN_WRITE, 12, 4, FR_TXN_WRITE, 1, 5), OTHER),
	DO(TXN, FR_NO_KEY, L(FR_TXN_LIST, 12, 0),
	   L(FR_TXN_LIST, 12, 2, 1, 3)),
};

#define LINES (sizeof script / sizeof *script)

/* The size of the command of line i. */
static uint32_t
command_of(const struct line *l, uint64_t seq, void *body)
{
	const struct fr_request rq = {
		.size = sizeof rq, .f = l->f, .id = 1, .key = l->key,
		.value = l->value, .client = l->client, .seq = seq,
	};

	told.wall = FR_MS(l->wall);
	return machine_command(&node, &rq, body);
}

static void
check_answer(size_t i)
{
	const struct line *l = &script[i];
	const struct fr_value *v = &l->answer;

	if (l->refused != NULL) {
		ck_assert_msg(told.kind == FR_REPLY_FAIL, "line %zu", i);
		ck_assert_str_eq(told.text, l->refused);
		return;
	}
	ck_assert_msg(told.kind == FR_REPLY_OK, "line %zu: %s", i, told.text);
	ck_assert_msg(told.value == v->kind, "line %zu: kind %u", i,
		      told.value);
	ck_assert_msg(told.number == fr_number(*v, 0), "line %zu: %lld", i,
		      (long long)told.number);
	if (v->kind != FR_LIST && v->kind != FR_BYTES)
		return;
	ck_assert_msg(told.count == v->count, "line %zu: %u", i, told.count);
	ck_assert_msg(memcmp(told.bytes, v->u.bytes, v->kind == FR_LIST ?
			     v->count * sizeof(int64_t) : v->count) == 0,
		      "line %zu", i);
}

/* All of a machine, in memory that is to be freed. */
static void *
image_of(const struct machine *m, size_t *size)
{
	void *image;
	struct fr_writer w;

	*size = machine_size(m);
	image = malloc(*size);
	w = fr_writer(image, *size);
	machine_write(m, &w);
	ck_assert(!w.failed);
	ck_assert_uint_eq(w.size, *size);
	return image;
}

static int
read_image(struct machine *m, const void *image, size_t size)
{
	struct fr_reader r = fr_reader(image, size);

	return machine_read(&node, m, &r);
}

static void
run_script(struct machine *m, size_t from, size_t upto)
{
	unsigned char body[COMMAND_MAX];
	uint32_t size;
	size_t i;

	for (i = from; i < upto; i++) {
		size = command_of(&script[i], i + 1, body);
		ck_assert_msg(size > 0, "line %zu: %s", i, told.text);
		ck_assert_int_eq(machine_apply(&node, m, body, size, 1), 0);
		check_answer(i);
	}
}

/* ---- tests ------------------------------------------------------------------------- */

START_TEST(each_command_is_answered_as_it_should)
{
	struct machine *m = calloc(1, sizeof *m);

	run_script(m, 0, LINES);
	machine_clear(&node, m);
	ck_assert_uint_eq(m->objects.count, 0);
	free(m);
}
END_TEST

START_TEST(a_command_that_comes_twice_happens_once)
{
	struct machine *m = calloc(1, sizeof *m);
	unsigned char body[COMMAND_MAX];
	uint64_t digest;
	uint32_t size;
	size_t i;

	for (i = 0; i < LINES; i++) {
		run_script(m, i, i + 1);
		digest = machine_digest(m);
		size = command_of(&script[i], i + 1, body);
		memset(&told, 0, sizeof told);
		ck_assert_int_eq(machine_apply(&node, m, body, size, 1), 0);
		check_answer(i);
		ck_assert_uint_eq(machine_digest(m), digest);
		/* Nobody waits for it here. */
		told.answers = 0;
		ck_assert_int_eq(machine_apply(&node, m, body, size, 0), 0);
		ck_assert_uint_eq(told.answers, 0);
	}
	/* Long ago. */
	size = command_of(&script[1], 2, body);
	ck_assert_int_eq(machine_apply(&node, m, body, size, 1), 0);
	ck_assert_uint_eq(told.kind, FR_REPLY_FAIL);
	ck_assert_uint_eq(machine_digest(m), digest);
	machine_clear(&node, m);
	free(m);
}
END_TEST

/* After each command: what is read from a snapshot goes on as the machine it
 * was taken of, and has the same snapshot. */
START_TEST(a_snapshot_is_all_there_is)
{
	struct machine *m = calloc(1, sizeof *m), *n = calloc(1, sizeof *n);
	size_t i, size, again;
	void *image, *same;

	for (i = 0; i <= LINES; i++) {
		image = image_of(m, &size);
		ck_assert_int_eq(read_image(n, image, size), 0);
		ck_assert_uint_eq(machine_digest(n), machine_digest(m));
		same = image_of(n, &again);
		ck_assert_uint_eq(again, size);
		ck_assert_int_eq(memcmp(image, same, size), 0);
		free(image);
		free(same);
		if (i == LINES)
			break;
		/* The two take turns. */
		run_script(n, i, i + 1);
		run_script(m, i, i + 1);
	}
	machine_clear(&node, m);
	machine_clear(&node, n);
	free(m);
	free(n);
}
END_TEST

START_TEST(a_snapshot_that_was_cut_is_refused)
{
	struct machine *m = calloc(1, sizeof *m);
	size_t size, cut;
	void *image, *part;

	run_script(m, 0, LINES);
	image = image_of(m, &size);
	for (cut = 0; cut < size; cut++) {
		part = malloc(cut + 1);
		memcpy(part, image, cut);
		ck_assert_int_eq(read_image(m, part, cut), -1);
		free(part);
	}
	part = calloc(1, size + 1);
	memcpy(part, image, size);
	ck_assert_int_eq(read_image(m, part, size + 1), -1);
	ck_assert_int_eq(read_image(m, image, size), 0);
	machine_clear(&node, m);
	free(image);
	free(part);
	free(m);
}
END_TEST

START_TEST(what_only_reads_leaves_no_trace)
{
	struct machine *m = calloc(1, sizeof *m);
	unsigned char body[COMMAND_MAX];
	uint64_t reads = 0;
	size_t i, size, again;
	void *image, *same;

	for (i = 0; i < LINES; i++) {
		const struct fr_request rq = {
			.size = sizeof rq, .f = script[i].f,
			.value = script[i].value,
		};

		if (!machine_reads(&rq)) {
			run_script(m, i, i + 1);
			continue;
		}
		reads++;
		image = image_of(m, &size);
		machine_answer(&node, m, body,
			       command_of(&script[i], i + 1, body), 1);
		check_answer(i);
		same = image_of(m, &again);
		ck_assert_uint_eq(again, size);
		ck_assert_int_eq(memcmp(image, same, size), 0);
		free(image);
		free(same);
	}
	ck_assert_uint_gt(reads, 20);
	machine_clear(&node, m);
	free(m);
}
END_TEST

static const struct line senseless[] = {
	DO(PUT, 1, NIL, NIL), DO(PUT, 1, L(1, 2), NIL), DO(GET, 1, N(1), NIL),
	DO(APPEND, 1, N(1), NIL), DO(CAS, 1, L(1, 2, 3), NIL),
	DO(CAS, 1, N(1), NIL), DO(INCREMENT, 1, T("x"), NIL),
	DO(ENQUEUE, 1, NIL, NIL), DO(DEQUEUE, 1, N(1), NIL),
	DO(POLL, 1, NIL, NIL), DO(LOCK, 1, NIL, NIL), DO(LOCK, 1, L(1), NIL),
	DO(STORE, 1, N(1), NIL), DO(OPEN, 1, L(1), NIL),
	DO(TRANSFER, 1, L(0, 1), NIL), DO(TXN, 1, N(1), NIL),
	DO(TXN, 1, L(FR_TXN_READ, 1), NIL), DO(TXN, 1, L(9, 1, 1), NIL),
	DO(TXN, 1, L(FR_TXN_LIST, 1, 1, 7), NIL),
};

START_TEST(what_makes_no_sense_is_refused_at_once)
{
	struct machine *m = calloc(1, sizeof *m);
	unsigned char body[COMMAND_MAX];
	uint32_t size;

	ck_assert_uint_eq(command_of(&senseless[_i], 1, body), 0);
	ck_assert_uint_eq(told.kind, FR_REPLY_FAIL);
	ck_assert_uint_gt(strlen(told.text), 0);
	/* Nor does it pass as a command: one whose argument was cut off. */
	size = command_of(&script[3], 1, body);
	ck_assert_int_eq(machine_apply(&node, m, body, size - 8, 1), -1);
	ck_assert_int_eq(machine_apply(&node, m, body, 8, 1), -1);
	free(m);
}
END_TEST

START_TEST(a_text_that_is_too_long_is_refused)
{
	static unsigned char long_text[COMMAND_MAX];
	struct line l = { .f = MACHINE_PUT, .key = 1 };
	unsigned char body[COMMAND_MAX];

	l.value = fr_bytes(long_text, COMMAND_MAX - sizeof(struct command));
	ck_assert_uint_eq(command_of(&l, 1, body), COMMAND_MAX);
	l.value.count++;
	ck_assert_uint_eq(command_of(&l, 1, body), 0);
	ck_assert_uint_eq(told.kind, FR_REPLY_FAIL);
}
END_TEST

/* One after the other, and then the first ones again: who has been forgotten
 * is a new one, and the last ones are not. */
START_TEST(who_was_silent_longest_is_forgotten)
{
	struct machine *m = calloc(1, sizeof *m);
	struct line l = DO(INCREMENT, 1, NIL, NIL);
	unsigned char body[COMMAND_MAX];
	uint32_t size;

	for (l.client = 0; l.client <= MACHINE_SESSIONS; l.client++) {
		size = command_of(&l, 1, body);
		ck_assert_int_eq(machine_apply(&node, m, body, size, 1), 0);
	}
	for (l.client = 0; l.client < 3; l.client += 2) {
		size = command_of(&l, 1, body);
		ck_assert_int_eq(machine_apply(&node, m, body, size, 1), 0);
	}
	/* 0 was forgotten, and so was 1 for it; 2 was not. */
	ck_assert_int_eq(objects_find(&m->objects, 1)->number,
			 MACHINE_SESSIONS + 2);
	machine_clear(&node, m);
	free(m);
}
END_TEST

START_TEST(a_request_that_was_done_is_known)
{
	struct machine *m = calloc(1, sizeof *m);
	struct fr_request rq = { .size = sizeof rq, .id = 1, .seq = 1 };

	ck_assert(!machine_repeated(&node, m, &rq));
	run_script(m, 0, 2);		/* the second one changes something */
	ck_assert(machine_repeated(&node, m, &rq));
	ck_assert_uint_eq(told.kind, FR_REPLY_FAIL);
	rq.seq = 2;
	ck_assert(machine_repeated(&node, m, &rq));
	ck_assert_uint_eq(told.kind, FR_REPLY_OK);
	rq.seq = 3;
	ck_assert(!machine_repeated(&node, m, &rq));
	machine_clear(&node, m);
	free(m);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("machine");
	TCase *t = tcase_create("machine");
	SRunner *r;
	int failed;

	tcase_add_test(t, each_command_is_answered_as_it_should);
	tcase_add_test(t, a_command_that_comes_twice_happens_once);
	tcase_add_test(t, a_snapshot_is_all_there_is);
	tcase_add_test(t, a_snapshot_that_was_cut_is_refused);
	tcase_add_test(t, what_only_reads_leaves_no_trace);
	tcase_add_loop_test(t, what_makes_no_sense_is_refused_at_once, 0,
			    (int)(sizeof senseless / sizeof *senseless));
	tcase_add_test(t, a_text_that_is_too_long_is_refused);
	tcase_add_test(t, who_was_silent_longest_is_forgotten);
	tcase_add_test(t, a_request_that_was_done_is_known);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
