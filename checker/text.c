/* SPDX-License-Identifier: MIT */
/*
 * A map whose values are appended to is a register in disguise, as long as the
 * appended pieces can be told apart.
 *
 * 1. Each text that was read is parsed into pieces.  A piece that one append
 *    made tells what was there before it: the append is a cas from that text
 *    to the longer one.
 * 2. An append that nobody read makes a value that nobody reads: whatever is
 *    read afterwards begins with a put, so it is a write of something new.
 * 3. Where a piece has several makers, or a text can be parsed in two ways,
 *    the part is left as it is, and the search joins the texts.
 */
#include "checker/engine.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rand.h"

#define SIZES_MOST 32u

struct piece {
	const char *at;
	uint32_t size;			/* bytes                               */
	uint32_t appends, puts;		/* how many operations make it         */
	uint32_t op;			/* the last append of it               */
	uint32_t value;			/* its number, alone                   */
};

struct seen {				/* of an append: by which read         */
	uint32_t before, after;		/* values; after NONE: by none         */
	uint32_t read;
};

/* The pieces of the text that was parsed last, to begin from. */
struct cut {
	uint32_t end;			/* bytes up to here                    */
	uint32_t value;			/* are this value                      */
};

struct flat {
	struct part *p;
	const struct fr_history *h;
	struct budget *budget;
	struct piece *pieces;
	uint32_t piece_count, piece_room;
	uint32_t *table, mask;
	uint32_t sizes[SIZES_MOST], size_count;
	struct seen *seen;
	struct cut *cuts;
	size_t cut_count, cut_room;
	const char *last;
	uint32_t last_size;
	struct answer *out;
};

static const struct fr_operation *
op_at(const struct fr_history *h, uint64_t i)
{
	return (const void *)((const char *)h->ops + i * h->op_stride);
}

static bool
content(const struct fr_value *v, const char **at, uint32_t *size)
{
	uint64_t bytes = v->count;

	if (v->kind != FR_BYTES && v->kind != FR_LIST)
		return false;
	if (v->kind == FR_LIST)
		bytes *= sizeof *v->u.list;
	if (bytes > UINT32_MAX)
		return false;
	*at = v->u.bytes;
	*size = (uint32_t)bytes;
	return true;
}

/* ---- pieces ------------------------------------------------------------------------ */

static struct piece *
find_piece(struct flat *f, const char *at, uint32_t size, bool make)
{
	uint32_t slot = (uint32_t)hash_bytes(19, at, size) & f->mask;
	struct piece *piece;

	for (; f->table[slot] != 0; slot = (slot + 1) & f->mask) {
		piece = &f->pieces[f->table[slot] - 1];
		if (piece->size == size && memcmp(piece->at, at, size) == 0)
			return piece;
	}
	if (!make)
		return NULL;
	piece = &f->pieces[f->piece_count++];
	piece->at = at;
	piece->size = size;
	f->table[slot] = f->piece_count;
	return piece;
}

static bool
note_size(struct flat *f, uint32_t size)
{
	uint32_t i;

	for (i = 0; i < f->size_count; i++)
		if (f->sizes[i] == size)
			return true;
	if (f->size_count == SIZES_MOST)
		return false;
	f->sizes[f->size_count++] = size;
	return true;
}

/* false: not for us. */
static bool
gather(struct flat *f)
{
	const struct part *p = f->p;
	struct piece *piece;
	const char *at;
	uint32_t i, size;

	for (i = 0; i < p->n; i++) {
		if (p->flags[i] & OP_PURE || p->b[i] == NIL ||
		    p->a[i] != NONE) {
			/* Appending nothing is no write of something. */
			if (p->kind[i] == 1)
				return false;
			continue;
		}
		if (!content(&op_at(f->h, p->op[i])->value, &at, &size)) {
			if (p->kind[i] == 1)
				return false;
			continue;
		}
		if (!note_size(f, size))
			return false;
		piece = find_piece(f, at, size, true);
		piece->value = p->b[i];
		if (p->kind[i] == 1) {
			piece->appends++;
			piece->op = i;
		} else {
			piece->puts++;
		}
	}
	return true;
}

/* ---- parsing ------------------------------------------------------------------------- */

static void
contradiction(struct flat *f, const char *what, uint32_t a, uint32_t b)
{
	f->out->decision = NO;
	f->out->violation = what;
	f->out->clash[0] = a;
	f->out->clash[1] = b;
	f->out->clash_count = a == b ? 1 : 2;
}

/* The only piece that the text goes on with; NULL: none or several. */
static struct piece *
match(struct flat *f, const char *text, uint32_t left, bool first, bool *many)
{
	struct piece *piece, *found = NULL;
	uint32_t i;

	for (i = 0; i < f->size_count; i++) {
		if (f->sizes[i] > left)
			continue;
		piece = find_piece(f, text, f->sizes[i], false);
		if (piece == NULL || (!first && piece->appends == 0))
			continue;
		if (found != NULL)
			*many = true;
		found = piece;
	}
	/* Several appends of it, or a put as well where both could be. */
	if (found != NULL && (found->appends > 1 ||
	    (first && found->appends > 0 && found->puts > 0)))
		*many = true;
	return *many ? NULL : found;
}

/* How much of the last text this one begins with, cut at a piece. */
static void
resume(struct flat *f, const char *text, uint32_t size)
{
	uint32_t common = 0, least = size < f->last_size ? size : f->last_size;

	if (f->cut_count > 0 && f->cuts[f->cut_count - 1].end <= size &&
	    memcmp(text, f->last, f->cuts[f->cut_count - 1].end) == 0)
		return;
	while (common < least && text[common] == f->last[common])
		common++;
	while (f->cut_count > 0 && f->cuts[f->cut_count - 1].end > common)
		f->cut_count--;
}

/* What the text is with one more piece; NONE: a contradiction, or failure. */
static uint32_t
extend(struct flat *f, uint32_t value, const struct piece *piece, uint32_t i)
{
	struct dict *d = f->p->dict;
	struct seen *s;
	uint32_t id;

	if (piece->appends == 0)	/* a put: the text begins here */
		return piece->value;
	s = &f->seen[piece->op];
	id = dict_concat(d, value, piece->value);
	if (d->failed || id == NONE)
		return NONE;
	if (s->after == NONE) {
		*s = (struct seen){ value, id, i };
	} else if (s->after != id) {
		contradiction(f, "order", s->read, i);
		return NONE;
	}
	return id;
}

/* Parses what operation i read.  false: not for us, or a contradiction. */
static bool
parse(struct flat *f, uint32_t i)
{
	const char *text;
	struct piece *piece;
	struct cut *last;
	uint32_t size, at, value;
	bool many = false;

	if (!content(&op_at(f->h, f->p->op[i])->result, &text, &size))
		return true;
	resume(f, text, size);
	f->last = text;
	f->last_size = size;
	for (;;) {
		last = f->cut_count > 0 ? &f->cuts[f->cut_count - 1] : NULL;
		at = last != NULL ? last->end : 0;
		if (at == size)
			return true;
		piece = match(f, text + at, size - at, at == 0, &many);
		if (many)
			return false;
		if (piece == NULL) {
			contradiction(f, "invented", i, i);
			return false;
		}
		value = extend(f, last != NULL ? last->value : NIL, piece, i);
		if (value == NONE)
			return false;
		mem_grow(&f->cuts, &f->cut_room, f->cut_count + 1,
			 sizeof *f->cuts);
		f->cuts[f->cut_count].end = at + piece->size;
		f->cuts[f->cut_count++].value = value;
	}
}

/* ---- the register ------------------------------------------------------------------------ */

static bool
flatten(struct flat *f)
{
	struct part *p = f->p;
	uint32_t i, fresh;

	for (i = 0; i < p->n; i++)
		f->seen[i].after = NONE;
	if (!gather(f))
		return false;
	for (i = 0; i < p->n; i++)
		if ((p->flags[i] & OP_PURE) && p->a[i] != NONE &&
		    p->a[i] != NIL && !(p->flags[i] & OP_UNLESS) &&
		    !parse(f, i))
			return false;
	fresh = dict_size(p->dict);
	for (i = 0; i < p->n; i++) {
		if (p->kind[i] != 1)
			continue;
		p->kind[i] = 0;
		if (f->seen[i].after != NONE) {
			p->a[i] = f->seen[i].before;
			p->b[i] = f->seen[i].after;
		} else {
			p->b[i] = fresh++;
		}
	}
	for (i = 0; i < p->n; i++)
		p->shown_by[i] = f->seen[i].after != NONE ?
			f->seen[i].read : NONE;
	p->values = fresh;
	p->shape = SHAPE_PLAIN;
	return true;
}

void
text_restore(struct part *p, const struct fr_history *h, struct answer *a)
{
	uint32_t i, k, read, count = a->clash_count;

	if (p->shown_by == NULL)
		return;
	for (i = 0; i < count; i++) {
		read = p->shown_by[a->clash[i]];
		for (k = 0; k < a->clash_count && read != NONE; k++)
			if (a->clash[k] == read)
				read = NONE;
		if (read != NONE && a->clash_count <
		    sizeof a->clash / sizeof a->clash[0])
			a->clash[a->clash_count++] = read;
	}
	for (i = 0; i < p->n; i++) {
		if (p->bound->words[op_at(h, p->op[i])->f] != W_APPEND)
			continue;
		p->kind[i] = 1;
		p->a[i] = NONE;
		p->b[i] = dict_id(p->dict, &op_at(h, p->op[i])->value);
	}
	p->shape = SHAPE_TEXT;
}

/*
 * What cas and other reads need is said by texts, which stay what they are; so
 * a part with a cas is not for us, nor one that begins with a text.
 */
static bool
is_for_us(const struct part *p)
{
	uint32_t i;

	if (p->shape != SHAPE_TEXT || p->initial != NIL)
		return false;
	for (i = 0; i < p->n; i++)
		if ((p->flags[i] & OP_UNLESS) ||
		    (p->a[i] != NONE && p->b[i] != NONE))
			return false;
	return true;
}

bool
text_flatten(struct part *p, const struct fr_history *h, struct answer *out,
	     struct budget *b)
{
	struct flat f = { .p = p, .h = h, .budget = b, .out = out };
	uint32_t size = 16;
	bool decided;

	out->decision = NOT_FOR_ME;
	if (!is_for_us(p))
		return false;
	while (size < p->n * (uint64_t)2 && size < UINT32_MAX / 4)
		size *= 2;
	f.mask = size - 1;
	f.piece_room = p->n;
	f.pieces = budget_new(b, p->n, sizeof *f.pieces);
	f.table = budget_new(b, size, sizeof *f.table);
	f.seen = budget_new(b, p->n, sizeof *f.seen);
	p->shown_by = budget_new(b, p->room, sizeof *p->shown_by);
	if (f.pieces == NULL || f.table == NULL || f.seen == NULL ||
	    p->shown_by == NULL || !flatten(&f)) {
		budget_free(b, p->shown_by, p->room, sizeof *p->shown_by);
		p->shown_by = NULL;
	}
	decided = out->decision == NO;
	if (decided) {
		out->algorithm = "texts";
		out->out = OUT_NOTHING;
		out->count = 0;
		out->frontier = p->ranks;
	}
	budget_free(b, f.pieces, p->n, sizeof *f.pieces);
	budget_free(b, f.table, size, sizeof *f.table);
	budget_free(b, f.seen, p->n, sizeof *f.seen);
	free(f.cuts);
	return decided;
}
