/* SPDX-License-Identifier: MIT */
/* Memory, arenas and growing buffers. */
#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"

#define ARENA_BLOCK 65536u

struct arena_block {
	struct arena_block *next;
	_Alignas(16) char data[];
};

_Noreturn static void
out_of_memory(size_t size)
{
	fprintf(stderr, "fracas: out of memory (%zu bytes were wanted)\n",
		size);
	exit(EXIT_TESTBED);
}

void *
mem_new(size_t size)
{
	return mem_array(1, size);
}

void *
mem_array(size_t count, size_t size)
{
	void *p = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);

	if (p == NULL)
		out_of_memory(count * size);
	return p;
}

void *
mem_resize(void *old, size_t count, size_t size)
{
	void *p;

	if (count == 0 || size == 0)
		count = size = 1;
	p = reallocarray(old, count, size);
	if (p == NULL)
		out_of_memory(count * size);
	return p;
}

void *
mem_copy(const void *data, size_t size)
{
	void *p;

	if (size == 0)
		return NULL;
	p = malloc(size);
	if (p == NULL)
		out_of_memory(size);
	memcpy(p, data, size);
	return p;
}

char *
mem_string(const char *text)
{
	return mem_copy(text, strlen(text) + 1);
}

char *
mem_format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		out_of_memory(0);
	va_end(args);
	return text;
}

void
mem_grow(void *array_of, size_t *room, size_t want, size_t size)
{
	void *old;
	size_t more = *room < 8 ? 8 : *room;

	if (want <= *room)
		return;
	while (more < want)
		more *= 2;
	memcpy(&old, array_of, sizeof old);
	old = mem_resize(old, more, size);
	memcpy(array_of, &old, sizeof old);
	*room = more;
}

/* ---- arena ------------------------------------------------------------------- */

void *
arena_new(struct arena *a, size_t size)
{
	struct arena_block *b;
	size_t room;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (a->blocks == NULL || size > a->room - a->used) {
		/* What nobody uses of a large one need never be touched. */
		room = size > ARENA_BLOCK ? size : ARENA_BLOCK;
		b = size > ARENA_BLOCK / 4 ? calloc(1, sizeof *b + room) :
					     malloc(sizeof *b + room);
		if (b == NULL)
			out_of_memory(room);
		/* A large one must not waste what the last block has left. */
		if (a->blocks != NULL && size > ARENA_BLOCK / 4) {
			b->next = a->blocks->next;
			a->blocks->next = b;
			a->total += room;
			return b->data;
		}
		b->next = a->blocks;
		a->blocks = b;
		a->used = 0;
		a->room = room;
		a->total += room;
		if (size > ARENA_BLOCK / 4) {
			a->used = size;
			return a->blocks->data;
		}
	}
	p = a->blocks->data + a->used;
	a->used += size;
	memset(p, 0, size);
	return p;
}

void *
arena_copy(struct arena *a, const void *data, size_t size)
{
	void *p = arena_new(a, size);

	if (size > 0)
		memcpy(p, data, size);
	return p;
}

char *
arena_string(struct arena *a, const char *text)
{
	return arena_copy(a, text, strlen(text) + 1);
}

char *
arena_format(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text, *copy;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		out_of_memory(0);
	va_end(args);
	copy = arena_string(a, text);
	free(text);
	return copy;
}

void
arena_free(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	memset(a, 0, sizeof *a);
}

/* ---- buffer ------------------------------------------------------------------ */

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof *b);
	b->max = max;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max);
}

void
buf_clear(struct buf *b)
{
	b->size = 0;
	b->full = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void *
buf_space(struct buf *b, size_t size)
{
	size_t at = b->size;

	if (b->full || size > b->max - b->size) {
		b->full = true;
		return NULL;
	}
	mem_grow(&b->data, &b->room, b->size + size + 1, 1);
	b->size += size;
	b->data[b->size] = '\0';
	return b->data + at;
}

void
buf_add(struct buf *b, const void *data, size_t size)
{
	void *p = buf_space(b, size);

	if (p != NULL && size > 0)
		memcpy(p, data, size);
}

void
buf_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_vprintf(struct buf *b, const char *format, va_list args)
{
	char small[256], *large = NULL;
	va_list again;
	int size;

	va_copy(again, args);
	size = vsnprintf(small, sizeof small, format, args);
	FR_ASSERT(size >= 0);
	if ((size_t)size < sizeof small) {
		buf_add(b, small, (size_t)size);
	} else {
		if (vasprintf(&large, format, again) < 0)
			out_of_memory((size_t)size);
		buf_add(b, large, (size_t)size);
		free(large);
	}
	va_end(again);
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(b, format, args);
	va_end(args);
}

void
buf_drop(struct buf *b, size_t size)
{
	FR_ASSERT(size <= b->size);
	if (size == 0)
		return;
	b->size -= size;
	memmove(b->data, b->data + size, b->size + 1);
}
