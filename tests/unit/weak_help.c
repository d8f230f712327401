/* SPDX-License-Identifier: MIT */
/* Small histories, written down. */
#include "tests/unit/weak_help.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

const char *const story_names[F_COUNT] = {
	"read", "write", "cas", "add", "enqueue", "dequeue", "drain",
	"generate", "subtract", "send", "poll", "commit", "list", "txn",
	"delete"
};

void
story_init(struct story *s)
{
	memset(s, 0, sizeof *s);
}

void
story_free(struct story *s)
{
	arena_free(&s->arena);
}

void
story_set(struct story *s, const char *setting)
{
	s->settings[s->setting_count++] = setting;
}

struct fr_value
nil(void)
{
	struct fr_value v;

	memset(&v, 0, sizeof v);
	return v;
}

struct fr_value
num(int64_t n)
{
	struct fr_value v = nil();

	v.kind = FR_INT;
	v.u.number = n;
	return v;
}

struct fr_value
list_of(struct story *s, uint32_t count, const int64_t *at)
{
	struct fr_value v = nil();

	v.kind = FR_LIST;
	v.count = count;
	v.u.list = arena_copy(&s->arena, at, count * sizeof *at);
	return v;
}

struct fr_operation *
story_op(struct story *s, uint32_t process, uint32_t f, int64_t key,
	 struct fr_value value, uint32_t outcome, struct fr_value result)
{
	struct fr_operation *o = &s->ops[s->count++];	/* one is spare */

	FR_ASSERT(s->count < STORY_MAX);
	memset(o, 0, sizeof *o);
	o->process = o->client = process;
	o->f = f;
	o->key = key;
	o->value = value;
	o->outcome = outcome;
	o->result = result;
	o->id = s->count - 1;
	o->call_rank = s->rank++;
	o->called = (int64_t)o->call_rank;
	o->end_rank = outcome == FR_INFO ? UINT64_MAX : s->rank++;
	o->ended = outcome == FR_INFO ? INT64_MAX : (int64_t)o->end_rank;
	return o;
}

void
story_at(struct story *s, uint64_t call, uint64_t end)
{
	struct fr_operation *o = &s->ops[s->count - 1];

	o->call_rank = call;
	o->end_rank = end;
	o->called = (int64_t)call;
	o->ended = end == UINT64_MAX ? INT64_MAX : (int64_t)end;
}

void
story_read(struct story *s, uint32_t process, int64_t key, int64_t value)
{
	story_op(s, process, F_READ, key, nil(), FR_OK, num(value));
}

void
story_nil(struct story *s, uint32_t process, int64_t key)
{
	story_op(s, process, F_READ, key, nil(), FR_OK, nil());
}

void
story_write(struct story *s, uint32_t process, int64_t key, int64_t value)
{
	story_op(s, process, F_WRITE, key, num(value), FR_OK, nil());
}

struct verdict
story_check(struct story *s, const char *condition)
{
	struct fr_history h;
	struct check_config c;
	struct verdict v;
	struct fr_err err;

	memset(&h, 0, sizeof h);
	h.size = sizeof h;
	h.op_stride = sizeof s->ops[0];
	h.ops = s->ops;
	h.op_count = s->count;
	memset(&c, 0, sizeof c);
	c.op_names = story_names;
	c.op_count = F_COUNT;
	c.settings = s->settings;
	c.time_max = s->time_max;
	c.memory_max = s->memory_max;
	memset(&err, 0, sizeof err);
	if (check_condition(condition, &h, &c, &v, &err) != 0)
		ck_abort_msg("%s: %s", condition, err.text);
	return v;
}

void
expect(struct story *s, const char *condition, enum verdict_kind kind,
       const char *violation)
{
	static const char *const names[] = { "valid", "invalid", "unknown" };
	struct verdict v = story_check(s, condition);

	if (v.kind != kind)
		ck_abort_msg("%s: %s instead of %s: %s\n%s", condition,
			     names[v.kind], names[kind], v.reason,
			     v.explanation);
	ck_assert_ptr_nonnull(v.reason);
	if (kind == VERDICT_INVALID) {
		if (strcmp(v.violation, violation) != 0)
			ck_abort_msg("%s: %s instead of %s: %s\n%s", condition,
				     v.violation, violation, v.reason,
				     v.explanation);
		ck_assert_uint_gt(v.core_count, 0);
	}
	arena_free(&v.arena);
}

enum verdict_kind
judge(struct story *s, const char *condition)
{
	struct verdict v = story_check(s, condition);
	enum verdict_kind kind = v.kind;

	arena_free(&v.arena);
	return kind;
}

bool
explains(struct story *s, const char *condition, const char *text)
{
	struct verdict v = story_check(s, condition);
	bool there = (v.explanation != NULL &&
		strstr(v.explanation, text) != NULL) ||
		(v.reason != NULL && strstr(v.reason, text) != NULL);

	if (!there)
		fprintf(stderr, "# not there: %s\n%s\n%s\n", text, v.reason,
			v.explanation);
	arena_free(&v.arena);
	return there;
}
