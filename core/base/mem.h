/* SPDX-License-Identifier: MIT */
/*
 * Memory: allocation that stops the program cleanly when there is none (tools
 * and supervisor; what a plugin can reach uses plain malloc and checks), an
 * arena, and a growing buffer that is made with its maximum.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *mem_new(size_t size);			/* zeroed, never NULL */
void *mem_array(size_t count, size_t size);	/* zeroed, overflow checked */
void *mem_resize(void *old, size_t count, size_t size);	/* not zeroed */
char *mem_string(const char *text);
char *mem_format(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
void *mem_copy(const void *data, size_t size);	/* NULL for size 0 */

/*
 * Grows *array (of `size`-byte items, *room of them) so that `want` fit,
 * doubling.  For struct { T *at; size_t count, room; } in the usual manner.
 */
void mem_grow(void *array_of, size_t *room, size_t want, size_t size);

/* An arena: many small things that are freed together.  {0} is an empty one. */
struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used, room, total;
};

void *arena_new(struct arena *a, size_t size);	/* zeroed, aligned to 16 */
void *arena_copy(struct arena *a, const void *data, size_t size);
char *arena_string(struct arena *a, const char *text);
char *arena_format(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a);

/*
 * A growing byte buffer.  Adding past `max` adds nothing and sets `full`,
 * which stays: check once, at the end.  data always ends with a zero byte
 * beyond size, so that text can be used as a string.
 */
struct buf {
	char *data;
	size_t size, room, max;
	bool full;
};

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);
void buf_clear(struct buf *b);			/* keeps the memory */
void buf_add(struct buf *b, const void *data, size_t size);
void buf_text(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* Room for size bytes at the end, counted as added; NULL when full. */
void *buf_space(struct buf *b, size_t size);
/* Forgets the first `size` bytes. */
void buf_drop(struct buf *b, size_t size);

#endif
