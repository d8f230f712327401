/* SPDX-License-Identifier: MIT */
/*
 * The ground the weaker conditions stand on: memory under the budget,
 * findings, and operations in words.
 */
#include "checker/weak/weak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"

#define TOLD_MAX 8u			/* violations that are spelled out    */

/* ---- memory -------------------------------------------------------------- */

struct chunk {
	struct chunk *next, *previous;
	size_t size;
	_Alignas(16) char data[];
};

void *
weak_new(struct weak *w, size_t count, size_t size)
{
	struct chunk *c;

	if (count > (SIZE_MAX - sizeof *c) / size) {
		budget_set_out(&w->budget, OUT_MEMORY);
		weak_leave(w, LEAVE_BUDGET);
	}
	c = budget_new(&w->budget, 1, sizeof *c + count * size);
	if (c == NULL)
		weak_leave(w, LEAVE_BUDGET);
	c->size = sizeof *c + count * size;
	c->next = w->chunks;
	if (c->next != NULL)
		c->next->previous = c;
	w->chunks = c;
	return c->data;
}

void
weak_drop(struct weak *w, void *p)
{
	struct chunk *c;

	if (p == NULL)
		return;
	c = (struct chunk *)(void *)((char *)p - offsetof(struct chunk, data));
	if (c->previous != NULL)
		c->previous->next = c->next;
	else
		w->chunks = c->next;
	if (c->next != NULL)
		c->next->previous = c->previous;
	budget_free(&w->budget, c, 1, c->size);
}

void
weak_grow(struct weak *w, void *array_of, size_t *room, size_t want,
	  size_t size)
{
	size_t more = *room < 16 ? 16 : *room;
	void *old, *grown;

	if (want <= *room)
		return;
	while (more < want)
		more += more / 2;
	memcpy(&old, array_of, sizeof old);
	grown = weak_new(w, more, size);
	if (old != NULL)
		memcpy(grown, old, *room * size);
	weak_drop(w, old);
	memcpy(array_of, &grown, sizeof grown);
	*room = more;
}

void
weak_release(struct weak *w)
{
	while (w->chunks != NULL)
		weak_drop(w, w->chunks->data);
	buf_free(&w->text);
}

_Noreturn void
weak_leave(struct weak *w, enum leaving why)
{
	longjmp(w->leave, (int)why);
}

void
weak_tick(struct weak *w)
{
	if ((++w->ticks & 1023) == 0 && !budget_time(&w->budget))
		weak_leave(w, LEAVE_BUDGET);
}

/* ---- findings ------------------------------------------------------------ */

void
weak_violation(struct weak *w, const char *kind, const uint64_t *ops,
	       uint32_t count, const char *format, ...)
{
	va_list args;
	char *text;

	if (w->violations++ >= TOLD_MAX)
		return;
	w->told++;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		weak_leave(w, LEAVE_BUDGET);
	va_end(args);
	/* The first is the verdict's reason, and needs not be told twice. */
	if (w->v.kind == VERDICT_INVALID) {
		buf_printf(&w->text, "%s: %s\n", kind, text);
	} else {
		w->v.kind = VERDICT_INVALID;
		w->v.violation = kind;
		w->v.reason = arena_string(&w->v.arena, text);
		w->v.core_count = count;
		w->v.core = arena_copy(&w->v.arena, ops, count * sizeof *ops);
	}
	free(text);
}

static char *format_text(struct weak *w, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static char *
format_text(struct weak *w, const char *format, va_list args)
{
	char *text, *copy;

	if (vasprintf(&text, format, args) < 0)
		weak_leave(w, LEAVE_BUDGET);
	copy = arena_string(&w->v.arena, text);
	free(text);
	return copy;
}

void
weak_unknown(struct weak *w, const char *format, ...)
{
	va_list args;

	if (w->v.kind != VERDICT_VALID)
		return;
	va_start(args, format);
	w->v.kind = VERDICT_UNKNOWN;
	w->v.reason = format_text(w, format, args);
	va_end(args);
}

void
weak_note(struct weak *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(&w->text, format, args);
	va_end(args);
	buf_char(&w->text, '\n');
}

_Noreturn void
weak_refuse(struct weak *w, uint64_t op, const char *format, ...)
{
	const struct fr_operation *o = weak_op(w, op);
	va_list args;
	char *text;

	va_start(args, format);
	text = format_text(w, format, args);
	va_end(args);
	err_usage(w->err, "operation %llu (%s of process %u): %s",
		  (unsigned long long)o->id, w->c->op_names[o->f], o->process,
		  text);
	weak_leave(w, LEAVE_ERROR);
}

/* ---- words --------------------------------------------------------------- */

void
weak_describe(const struct weak *w, uint64_t op, struct buf *out)
{
	const struct fr_operation *o = weak_op(w, op);

	buf_printf(out, "process %u ", o->process);
	if (strcmp(w->c->op_names[o->f], "txn") == 0 &&
	    check_txn_text(o, out)) {
		buf_printf(out, " (operation %llu)", (unsigned long long)o->id);
		return;
	}
	buf_text(out, w->c->op_names[o->f]);
	if (o->key != FR_NO_KEY)
		buf_printf(out, " key %lld", (long long)o->key);
	if (o->value.kind != FR_NIL) {
		buf_char(out, ' ');
		value_text(out, &o->value);
	}
	if (o->outcome == FR_OK) {
		buf_text(out, " -> ");
		if (o->result.kind == FR_NIL)
			buf_text(out, o->value.kind == FR_NIL ? "nil" : "ok");
		else
			value_text(out, &o->result);
	} else {
		buf_text(out, o->outcome == FR_FAIL ? " -> failed" :
			 " -> no answer");
	}
	buf_printf(out, " (operation %llu)", (unsigned long long)o->id);
}

const char *
weak_text(struct weak *w, uint64_t op)
{
	struct buf b;
	char *text;

	if (w->violations >= TOLD_MAX)
		return "";
	buf_init(&b, 4096);
	weak_describe(w, op, &b);
	text = arena_string(&w->v.arena, b.data);
	buf_free(&b);
	return text;
}

const char *
weak_value_text(struct weak *w, const struct fr_value *v)
{
	struct buf b;
	char *text;

	if (w->violations >= TOLD_MAX)
		return "";
	buf_init(&b, 256);
	value_text(&b, v);
	text = arena_format(&w->v.arena, "%s%s",
			    b.data == NULL ? "" : b.data,
			    b.full ? "..." : "");
	buf_free(&b);
	return text;
}

const char *
weak_key_text(struct weak *w, int64_t key)
{
	if (key == FR_NO_KEY || w->violations >= TOLD_MAX)
		return "";
	return arena_format(&w->v.arena, " of key %lld", (long long)key);
}

static int
word_of(const struct weak_word *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table->word;
	return -1;
}

const int *
weak_words(struct weak *w, const struct weak_word *table)
{
	const struct weak_word *t;
	struct buf known;
	uint64_t i;
	uint32_t f;
	int *words;

	words = weak_new(w, w->c->op_count, sizeof *words);
	for (f = 0; f < w->c->op_count; f++)
		words[f] = word_of(table, w->c->op_names[f]);
	for (i = 0; i < w->h->op_count; i++) {
		f = weak_op(w, i)->f;
		if (words[f] >= 0)
			continue;
		buf_init(&known, 512);
		for (t = table; t->name != NULL; t++)
			buf_printf(&known, "%s%s", t == table ? "" : ", ",
				   t->name);
		err_usage(w->err, "%s does not know the operation \"%s\"; it "
			  "knows %s", w->v.condition, w->c->op_names[f],
			  known.data);
		buf_free(&known);
		weak_leave(w, LEAVE_ERROR);
	}
	return words;
}

bool *
weak_last_reads(struct weak *w, const int *words, int read)
{
	const struct fr_operation *o;
	struct pairs places;
	uint64_t *last = NULL, i;
	size_t room = 0;
	uint32_t id;
	bool *is;

	pairs_init(&places, w, 64);
	for (i = 0; i < w->h->op_count; i++) {
		o = weak_op(w, i);
		if (words[o->f] != read || o->outcome != FR_OK ||
		    o->phase != FR_PHASE_FINAL)
			continue;
		id = pairs_number(&places, o->key, o->node, true);
		weak_grow(w, &last, &room, (size_t)id + 1, sizeof *last);
		last[id] = i;
	}
	if (places.count == 0)
		return NULL;
	is = weak_new(w, w->h->op_count, sizeof *is);
	for (id = 0; id < places.count; id++)
		is[last[id]] = true;
	return is;
}

int64_t
weak_number(struct weak *w, uint64_t op, const struct fr_value *v)
{
	if (v->kind != FR_INT)
		weak_refuse(w, op, "a number was expected, not %s",
			    weak_value_text(w, v));
	return v->u.number;
}

void
weak_list(struct weak *w, uint64_t op, const struct fr_value *v,
	  const int64_t **at, uint32_t *count)
{
	*at = NULL;
	*count = 0;
	if (v->kind == FR_NIL)
		return;
	if (v->kind != FR_LIST)
		weak_refuse(w, op, "a list was expected, not %s",
			    weak_value_text(w, v));
	*at = v->u.list;
	*count = v->count;
}
