/* SPDX-License-Identifier: MIT */
/*
 * Small histories, written down: each call adds one operation, which begins
 * when the one before has ended, unless story_at says otherwise.
 */
#ifndef TESTS_WEAK_HELP_H
#define TESTS_WEAK_HELP_H

#include <stdbool.h>
#include <stdint.h>

#include "checker/conditions.h"
#include "core/base/mem.h"
#include "core/base/rand.h"

#define STORY_MAX 64

enum { F_READ, F_WRITE, F_CAS, F_ADD, F_ENQUEUE, F_DEQUEUE, F_DRAIN,
       F_GENERATE, F_SUBTRACT, F_SEND, F_POLL, F_COMMIT, F_LIST, F_TXN,
       F_DELETE, F_COUNT };

struct story {
	struct fr_operation ops[STORY_MAX];
	uint32_t count;
	uint64_t rank;
	struct arena arena;
	const char *settings[8];
	uint32_t setting_count;
	int64_t time_max;
	uint64_t memory_max;
};

extern const char *const story_names[F_COUNT];

void story_init(struct story *s);
void story_free(struct story *s);
void story_set(struct story *s, const char *setting);

struct fr_value nil(void);
struct fr_value num(int64_t n);
struct fr_value list_of(struct story *s, uint32_t count, const int64_t *at);
#define LIST(s, ...) list_of(s,						\
	(uint32_t)(sizeof((const int64_t[]){ __VA_ARGS__ }) / 8),	\
	(const int64_t[]){ __VA_ARGS__ })

/* Micro-operations, for TXN and for results. */
#define W(key, value) FR_TXN_WRITE, key, value
#define R(key, value) FR_TXN_READ, key, value
#define L(key, ...) FR_TXN_LIST, key,					\
	(int64_t)(sizeof((const int64_t[]){ __VA_ARGS__ }) / 8), __VA_ARGS__
#define EMPTY(key) FR_TXN_LIST, key, 0

struct fr_operation *story_op(struct story *s, uint32_t process, uint32_t f,
			      int64_t key, struct fr_value value,
			      uint32_t outcome, struct fr_value result);
/* Sets the ranks of the last operation. */
void story_at(struct story *s, uint64_t call, uint64_t end);
void story_read(struct story *s, uint32_t process, int64_t key, int64_t value);
void story_nil(struct story *s, uint32_t process, int64_t key);
void story_write(struct story *s, uint32_t process, int64_t key,
		 int64_t value);
#define TXN(s, process, ...) story_op(s, process, F_TXN, FR_NO_KEY,	\
	LIST(s, __VA_ARGS__), FR_OK, LIST(s, __VA_ARGS__))
#define TXN_AS(s, process, outcome, ...) story_op(s, process, F_TXN,	\
	FR_NO_KEY, LIST(s, __VA_ARGS__), outcome, nil())

/* The verdict; the caller frees it with arena_free. */
struct verdict story_check(struct story *s, const char *condition);
/* Checks and compares: kind and, of an invalid one, the violation. */
void expect(struct story *s, const char *condition, enum verdict_kind kind,
	    const char *violation);
/* Only the kind. */
enum verdict_kind judge(struct story *s, const char *condition);
/* Whether the reason or the explanation has this text. */
bool explains(struct story *s, const char *condition, const char *text);

#endif
