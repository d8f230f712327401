/* SPDX-License-Identifier: MIT */
/*
 * Operations for people: one in words, and a few as bars over time.
 *
 * The diagram keeps the order of events, not their distances: an event a step,
 * so that what overlaps is seen at once.
 */
#include "checker/checker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/txn.h>

#include "core/base/json.h"
#include "core/base/units.h"

#define WIDTH	78u
#define LABEL_MAX 16u

static const struct fr_operation *
op_at(const struct fr_history *h, uint64_t i)
{
	return (const void *)((const char *)h->ops + i * h->op_stride);
}

static bool
same_value(const struct fr_value *a, const struct fr_value *b)
{
	return a->kind == b->kind && a->kind == FR_INT &&
		a->u.number == b->u.number;
}

/* A long list's end, where things happen. */
#define ELEMENTS_TOLD	12u
#define MICROS_TOLD	16u

static void
micro_text(const struct fr_txn_micro *m, bool lists, struct buf *out)
{
	uint32_t i;

	if (m->kind == FR_TXN_WRITE) {
		buf_printf(out, "%s %" PRId64 " to %" PRId64,
			   lists ? "append" : "write", m->value, m->key);
		return;
	}
	buf_printf(out, "read %" PRId64 " = ", m->key);
	if (m->kind == FR_TXN_READ) {
		if (m->value == FR_TXN_NIL)
			buf_text(out, "nil");
		else
			buf_printf(out, "%" PRId64, m->value);
		return;
	}
	i = m->count > ELEMENTS_TOLD ? m->count - ELEMENTS_TOLD : 0;
	buf_text(out, i > 0 ? "[... " : "[");
	for (; i < m->count; i++)
		buf_printf(out, "%" PRId64 "%s", m->elements[i],
			   i + 1 < m->count ? " " : "");
	buf_char(out, ']');
}

static bool
is_txn(const struct fr_value *v, bool *lists)
{
	struct fr_txn_micro m;
	uint32_t at = 0;
	int more;

	*lists = false;
	while ((more = fr_txn_next(v, &at, &m)) == 1)
		*lists |= m.kind == FR_TXN_LIST;
	return more == 0 && at > 0;
}

bool
check_txn_text(const struct fr_operation *op, struct buf *out)
{
	const struct fr_value *v = op->outcome == FR_OK &&
		op->result.kind == FR_LIST ? &op->result : &op->value;
	struct fr_txn_micro m;
	uint32_t at = 0, count;
	bool lists;

	if (!is_txn(v, &lists))
		return false;
	for (count = 0; fr_txn_next(v, &at, &m) == 1; count++) {
		buf_text(out, count > 0 ? ", " : "");
		if (count == MICROS_TOLD) {
			buf_text(out, "...");
			break;
		}
		micro_text(&m, lists, out);
	}
	buf_text(out, op->outcome == FR_OK ? "" :
		 op->outcome == FR_FAIL ? " -> failed" : " -> no answer");
	return true;
}

/* "write 17 -> ok", without who did it. */
static void
describe_what(const struct fr_history *h, const struct check_config *c,
	      uint64_t i, struct buf *out)
{
	const struct fr_operation *op = op_at(h, i);
	char own[512];

	if (c->own != NULL && c->own->describe_op != NULL) {
		own[0] = '\0';
		c->own->describe_op(op, own, sizeof own);
		own[sizeof own - 1] = '\0';
		buf_text(out, own);
		return;
	}
	if (op->f < c->op_count && strcmp(c->op_names[op->f], "txn") == 0 &&
	    check_txn_text(op, out))
		return;
	buf_text(out, op->f < c->op_count ? c->op_names[op->f] : "?");
	if (op->key != FR_NO_KEY)
		buf_printf(out, " key %" PRId64, op->key);
	if (op->value.kind != FR_NIL) {
		buf_char(out, ' ');
		value_text(out, &op->value);
	}
	switch (op->outcome) {
	case FR_OK:
		buf_text(out, " -> ");
		/* What merely repeats the argument says no more than ok. */
		if ((op->result.kind == FR_NIL && op->value.kind != FR_NIL) ||
		    same_value(&op->result, &op->value))
			buf_text(out, "ok");
		else
			value_text(out, &op->result);
		break;
	case FR_FAIL:
		buf_text(out, " -> failed");
		break;
	default:
		buf_text(out, " -> no answer");
		break;
	}
}

void
check_describe(const struct fr_history *h, const struct check_config *c,
	       uint64_t op, struct buf *out)
{
	buf_printf(out, "client %u: ", op_at(h, op)->client);
	describe_what(h, c, op, out);
}

/* ---- the diagram -------------------------------------------------------------------- */

struct mark {
	uint64_t rank;
	uint32_t which;		/* of the operations                           */
	uint32_t end;		/* 0 the call, 1 the end                       */
	uint32_t column;
};

static int
by_rank(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (int)x->end - (int)y->end;
}

/* 0 is "a", 26 is "aa"; with a prefix "T", 0 is "T1". */
void
check_label(const char *prefix, uint32_t i, char *text, size_t max)
{
	char reversed[8];
	uint32_t count = 0;
	size_t size = 0;

	if (prefix != NULL) {
		snprintf(text, max, "%s%" PRIu32, prefix, i + 1);
		return;
	}
	for (i++; i > 0; i = (i - 1) / 26)
		reversed[count++] = (char)('a' + (i - 1) % 26);
	while (count > 0 && size + 1 < max)
		text[size++] = reversed[--count];
	text[size] = '\0';
}

/* Lays the events out from left to right; a bar has room for its letter. */
static uint32_t
place_marks(struct mark *marks, uint32_t count, const char *prefix,
	    uint32_t *from, uint32_t *to)
{
	uint32_t i, column = 0, least;
	char name[LABEL_MAX];

	for (i = 0; i < count; i++) {
		if (i > 0)
			column += 2;
		if (marks[i].end) {
			check_label(prefix, marks[i].which, name, sizeof name);
			least = from[marks[i].which] + 3 +
				(uint32_t)strlen(name);
			if (column < least)
				column = least;
			to[marks[i].which] = column;
		} else {
			from[marks[i].which] = column;
		}
		marks[i].column = column;
	}
	return column + 1;
}

static void
draw_bar(char *row, const char *name, uint32_t from, uint32_t to, bool open)
{
	size_t size;
	uint32_t middle;

	memset(row + from, '-', to - from + 1);
	row[from] = '|';
	row[to] = open ? '>' : '|';
	size = strlen(name);
	middle = from + (to - from + 1 - (uint32_t)size) / 2;
	if (middle <= from)
		middle = from + 1;
	memcpy(row + middle, name, size);
}

static void
draw_rows(const struct fr_history *h, const uint64_t *ops, uint32_t count,
	  const char *prefix, const uint32_t *from, const uint32_t *to, uint32_t width,
	  struct buf *out)
{
	uint32_t i, k, process;
	char *row = mem_new(width + 1), title[32], name[LABEL_MAX];
	bool *done = mem_array(count, sizeof *done);
	const struct fr_operation *op;

	for (i = 0; i < count; i++) {
		if (done[i])
			continue;
		process = op_at(h, ops[i])->process;
		memset(row, ' ', width);
		row[width] = '\0';
		for (k = i; k < count; k++) {
			op = op_at(h, ops[k]);
			if (op->process != process)
				continue;
			done[k] = true;
			check_label(prefix, k, name, sizeof name);
			draw_bar(row, name, from[k], to[k],
				 op->outcome == FR_INFO);
		}
		for (k = width; k > 0 && row[k - 1] == ' '; k--)
			row[k - 1] = '\0';
		snprintf(title, sizeof title, "client %u",
			 op_at(h, ops[i])->client);
		buf_printf(out, "  %-11s %s\n", title, row);
	}
	free(row);
	free(done);
}

static void
draw_legend(const struct fr_history *h, const struct check_config *c,
	    const uint64_t *ops, uint32_t count, struct buf *out)
{
	char name[LABEL_MAX], from[32], to[32];
	const struct fr_operation *op;
	uint32_t i;

	for (i = 0; i < count; i++) {
		op = op_at(h, ops[i]);
		check_label(NULL, i, name, sizeof name);
		buf_printf(out, "  %-2s ", name);
		check_describe(h, c, ops[i], out);
		time_text(op->called, from, sizeof from);
		if (op->outcome == FR_INFO) {
			buf_printf(out, "   (called at %s)\n", from);
			continue;
		}
		time_text(op->ended, to, sizeof to);
		buf_printf(out, "   (from %s to %s)\n", from, to);
	}
}

void
check_bars(const struct fr_history *h, const uint64_t *ops, uint32_t count,
	   const char *prefix, struct buf *out)
{
	struct mark *marks = mem_array((size_t)count * 2, sizeof *marks);
	uint32_t *from = mem_array(count, sizeof *from);
	uint32_t *to = mem_array(count, sizeof *to);
	uint32_t i, used = 0, width;
	const struct fr_operation *op;

	for (i = 0; i < count; i++) {
		op = op_at(h, ops[i]);
		marks[used].rank = op->call_rank;
		marks[used++].which = i;
		if (op->outcome == FR_INFO)
			continue;
		marks[used].rank = op->end_rank;
		marks[used].which = i;
		marks[used++].end = 1;
	}
	qsort(marks, used, sizeof *marks, by_rank);
	width = place_marks(marks, used, prefix, from, to) + 4;
	for (i = 0; i < count; i++)
		if (op_at(h, ops[i])->outcome == FR_INFO)
			to[i] = width - 1;
	/* Too many for a screen: the list beneath still says it all. */
	if (count > 0 && width + 14 <= 4 * WIDTH)
		draw_rows(h, ops, count, prefix, from, to, width, out);
	free(marks);
	free(from);
	free(to);
}

void
check_draw(const struct fr_history *h, const struct check_config *c,
	   const uint64_t *ops, uint32_t count, struct buf *out)
{
	check_bars(h, ops, count, NULL, out);
	draw_legend(h, c, ops, count, out);
}
