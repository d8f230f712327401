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
 * 4. A text that was read has one parse, so its pieces are its name: a value
 *    is numbered when its last piece is met, and no text is ever hashed.
 * 5. The columns are made from the history: they need not have been there.
 */
#include "checker/engine.h"

#include <stdlib.h>
#include <string.h>

#define SIZES_MOST 32u
#define AHEAD	16u

struct piece {
	const char *at;
	uint64_t head;			/* its first eight bytes               */
	uint32_t size;			/* bytes                               */
	uint32_t appends, puts;		/* how many operations make it         */
	uint32_t op;			/* the last append of it               */
	uint32_t value;			/* its number, where it was put        */
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

struct size {
	uint32_t bytes, count;
};

/* What an operation does, before its value is known. */
enum { DO_SET, DO_PUT, DO_APPEND, DO_SEE, DO_READ };

struct flat {
	struct part *p;
	const struct fr_history *h;
	struct budget *budget;
	struct piece *pieces;
	uint32_t piece_count;
	uint32_t *table, mask;
	struct size sizes[SIZES_MOST];	/* of pieces, the most frequent first  */
	uint32_t size_count, longest;
	uint32_t kind;			/* FR_BYTES or FR_LIST: of all texts   */
	bool prefix_free;		/* no piece begins with another        */
	uint8_t *what;			/* of an operation                     */
	uint32_t *value;		/* of an operation: piece or value     */
	uint32_t next;			/* the next value's number             */
	uint32_t appends;
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
is_empty(const struct fr_value *v)
{
	return v->kind == FR_NIL || (v->kind != FR_INT && v->count == 0);
}

/* A text or list like all others here. */
static bool
content(struct flat *f, const struct fr_value *v, const char **at,
	uint32_t *size)
{
	uint64_t bytes = v->count;

	if (v->kind != FR_BYTES && v->kind != FR_LIST)
		return false;
	if (f->kind == FR_NIL)
		f->kind = v->kind;
	if (v->kind == FR_LIST)
		bytes *= sizeof *v->u.list;
	if (v->kind != f->kind || bytes > UINT32_MAX / 2)
		return false;
	*at = v->u.bytes;
	*size = (uint32_t)bytes;
	return true;
}

/* ---- pieces ------------------------------------------------------------------------ */

static inline uint64_t
head_of(const char *at, uint32_t size)
{
	uint64_t w = 0;

	if (size >= sizeof w)
		memcpy(&w, at, sizeof w);
	else
		memcpy(&w, at, size);
	return w;
}

static inline uint32_t
slot_of(const struct flat *f, const char *at, uint32_t size, uint64_t head)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = (head ^ size) * odd;

	for (; size > 8; size -= 8) {
		at += 8;
		h = (h ^ h >> 29 ^ head_of(at, size - 8)) * odd;
	}
	return (uint32_t)(h >> 32) & f->mask;
}

static inline struct piece *
find_piece(struct flat *f, const char *at, uint32_t size, bool make)
{
	uint64_t head = head_of(at, size);
	uint32_t slot = slot_of(f, at, size, head);
	struct piece *piece;

	for (; f->table[slot] != 0; slot = (slot + 1) & f->mask) {
		piece = &f->pieces[f->table[slot] - 1];
		if (piece->size == size && piece->head == head &&
		    (size <= 8 || memcmp(piece->at, at, size) == 0))
			return piece;
	}
	if (!make)
		return NULL;
	piece = &f->pieces[f->piece_count++];
	piece->at = at;
	piece->head = head;
	piece->size = size;
	f->table[slot] = f->piece_count;
	return piece;
}

static bool
note_size(struct flat *f, uint32_t size)
{
	struct size found = { size, 0 };
	uint32_t i;

	for (i = 0; i < f->size_count && f->sizes[i].bytes != size; i++)
		;
	if (i == SIZES_MOST)
		return false;
	if (i < f->size_count)
		found = f->sizes[i];
	else
		f->size_count++;
	found.count++;
	for (; i > 0 && f->sizes[i - 1].count < found.count; i--)
		f->sizes[i] = f->sizes[i - 1];
	f->sizes[i] = found;
	if (size > f->longest)
		f->longest = size;
	return true;
}

/* Are all of one size, or end with one byte that is nowhere else in them? */
static bool
have_an_end(const struct flat *f)
{
	const struct piece *piece;
	char last;
	uint32_t i;

	if (f->size_count <= 1)
		return true;
	if (f->kind != FR_BYTES)
		return false;
	last = f->pieces[0].at[f->pieces[0].size - 1];
	for (i = 0; i < f->piece_count; i++) {
		piece = &f->pieces[i];
		if (memchr(piece->at, last, piece->size) !=
		    piece->at + piece->size - 1)
			return false;
	}
	return true;
}

static bool
are_prefix_free(struct flat *f)
{
	const struct piece *piece;
	uint32_t i, k;

	if (have_an_end(f))
		return true;
	for (i = 0; i < f->piece_count; i++) {
		piece = &f->pieces[i];
		for (k = 0; k < f->size_count; k++)
			if (f->sizes[k].bytes < piece->size &&
			    find_piece(f, piece->at, f->sizes[k].bytes,
				       false) != NULL)
				return false;
	}
	return true;
}

/* ---- what there is ------------------------------------------------------------------ */

/* 1: noted, 0: it says nothing and goes, -1: this part is not for us. */
static int
note(struct flat *f, uint32_t i, const struct fr_operation *op)
{
	const struct bound *m = f->p->bound;
	enum word w = m->words[op->f];
	const struct fr_value *v = w == W_READ ? &op->result : &op->value;
	struct piece *piece;
	const char *at;
	uint32_t size;

	if (w == W_READ && (op->outcome == FR_INFO ||
			    (m->nil_reads_any && v->kind == FR_NIL)))
		return 0;
	if (w != W_READ && w != W_WRITE && w != W_APPEND && w != W_DELETE)
		return -1;
	f->what[i] = w == W_READ ? DO_SEE : DO_SET;
	f->value[i] = NIL;
	/* Appending nothing is no write of something. */
	if (w == W_DELETE || is_empty(v))
		return w == W_APPEND ? -1 : 1;
	if (v->kind == FR_INT) {
		f->value[i] = dict_id(f->p->dict, v);
		return w == W_APPEND || f->p->dict->failed ? -1 : 1;
	}
	if (!content(f, v, &at, &size))
		return -1;
	if (w == W_READ) {
		f->what[i] = DO_READ;
		return 1;
	}
	if (!note_size(f, size))
		return -1;
	piece = find_piece(f, at, size, true);
	f->what[i] = w == W_APPEND ? DO_APPEND : DO_PUT;
	f->value[i] = (uint32_t)(piece - f->pieces);
	if (w == W_APPEND) {
		f->appends++;
		piece->appends++;
		piece->op = i;
	} else {
		piece->puts++;
	}
	return 1;
}

static void
look_ahead(const struct flat *f, uint32_t i)
{
	const struct fr_operation *op;

	if (i + 2 * AHEAD >= f->p->n)
		return;
	op = op_at(f->h, f->p->op[i + 2 * AHEAD]);
	__builtin_prefetch(op);
	__builtin_prefetch((const char *)op + 64);
	op = op_at(f->h, f->p->op[i + AHEAD]);
	__builtin_prefetch(op->outcome == FR_OK && op->result.kind != FR_NIL ?
			   op->result.u.bytes : op->value.u.bytes);
}

/* What says nothing goes, as it would from the columns.  false: the part is
 * not for us, and what was not looked at is still there. */
static bool
gather(struct flat *f)
{
	struct part *p = f->p;
	uint32_t i, kept = 0, rest;
	int status = 1;

	for (i = 0; i < p->n; i++) {
		look_ahead(f, i);
		status = note(f, kept, op_at(f->h, p->op[i]));
		if (status < 0)
			break;
		p->op[kept] = p->op[i];
		p->call[kept] = p->call[i];
		p->ret[kept] = p->ret[i];
		kept += (uint32_t)status;
	}
	rest = p->n - i;
	if (kept < i) {
		/* Nothing of a part that has columns says nothing. */
		FR_ASSERT(!p->made);
		memmove(p->op + kept, p->op + i, rest * sizeof *p->op);
		memmove(p->call + kept, p->call + i, rest * sizeof *p->call);
		memmove(p->ret + kept, p->ret + i, rest * sizeof *p->ret);
		p->n = kept + rest;
	}
	return status >= 0 && (f->appends > 0 || p->made);
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
		if (f->sizes[i].bytes > left)
			continue;
		piece = find_piece(f, text, f->sizes[i].bytes, false);
		if (piece == NULL || (!first && piece->appends == 0))
			continue;
		if (found != NULL)
			*many = true;
		found = piece;
		if (f->prefix_free)
			break;
	}
	/* Several appends of it, or a put as well where both could be. */
	if (found != NULL && (found->appends > 1 ||
	    (first && found->appends > 0 && found->puts > 0)))
		*many = true;
	return *many ? NULL : found;
}

/*
 * How much of the last text this one begins with, cut at a piece; not so far
 * that what comes now could make another piece fit where one was cut off.
 */
static void
resume(struct flat *f, const char *text, uint32_t size)
{
	uint32_t common = 0, least = size < f->last_size ? size : f->last_size;
	uint32_t start;

	if (f->cut_count > 0 && f->cuts[f->cut_count - 1].end <= size &&
	    memcmp(text, f->last, f->cuts[f->cut_count - 1].end) == 0)
		common = f->cuts[f->cut_count - 1].end;
	while (common < least && text[common] == f->last[common])
		common++;
	while (f->cut_count > 0) {
		start = f->cut_count > 1 ? f->cuts[f->cut_count - 2].end : 0;
		if (f->cuts[f->cut_count - 1].end <= common &&
		    (f->prefix_free || start + f->longest <= common))
			break;
		f->cut_count--;
	}
}

/* What the text is with one more piece; NONE: a contradiction. */
static uint32_t
extend(struct flat *f, uint32_t value, struct piece *piece, uint32_t i)
{
	struct seen *s;

	if (piece->appends == 0)	/* a put: the text begins here */
		return piece->value;
	s = &f->seen[piece->op];
	if (s->after == NONE) {
		*s = (struct seen){ value, f->next++, i };
	} else if (s->before != value) {
		contradiction(f, "order", s->read, i);
		return NONE;
	}
	return s->after;
}

/* Parses what operation i read.  false: not for us, or a contradiction. */
static bool
parse(struct flat *f, uint32_t i)
{
	struct piece *piece;
	const char *text;
	uint32_t size, at, value;
	bool many = false;

	if (!content(f, &op_at(f->h, f->p->op[i])->result, &text, &size))
		return false;
	if (f->last != NULL)
		resume(f, text, size);
	f->last = text;
	f->last_size = size;
	for (;;) {
		at = 0;
		value = NIL;
		if (f->cut_count > 0) {
			at = f->cuts[f->cut_count - 1].end;
			value = f->cuts[f->cut_count - 1].value;
		}
		if (at == size)
			break;
		piece = match(f, text + at, size - at, at == 0, &many);
		if (many)
			return false;
		if (piece == NULL) {
			contradiction(f, "invented", i, i);
			return false;
		}
		value = extend(f, value, piece, i);
		if (value == NONE)
			return false;
		if (f->cut_count == f->cut_room)
			mem_grow(&f->cuts, &f->cut_room, f->cut_count + 1,
				 sizeof *f->cuts);
		f->cuts[f->cut_count].end = at + piece->size;
		f->cuts[f->cut_count++].value = value;
	}
	f->value[i] = value;
	return true;
}

static bool
parse_all(struct flat *f)
{
	uint32_t i;

	f->prefix_free = are_prefix_free(f);
	f->next = dict_size(f->p->dict);
	for (i = 0; i < f->piece_count; i++)
		if (f->pieces[i].puts > 0)
			f->pieces[i].value = f->next++;
	for (i = 0; i < f->p->n; i++)
		f->seen[i].after = NONE;
	for (i = 0; i < f->p->n; i++) {
		if (f->what[i] != DO_READ)
			continue;
		look_ahead(f, i);
		if (!parse(f, i))
			return false;
	}
	return true;
}

/* ---- the register ------------------------------------------------------------------------ */

static void
make_columns(struct flat *f)
{
	struct part *p = f->p;
	uint32_t i, value;

	for (i = 0; i < p->n; i++) {
		value = f->value[i];
		p->kind[i] = 0;
		p->flags[i] = 0;
		p->a[i] = NONE;
		p->shown_by[i] = NONE;
		switch (f->what[i]) {
		case DO_SEE:
		case DO_READ:
			p->a[i] = value;
			p->b[i] = NONE;
			p->flags[i] = OP_PURE;
			break;
		case DO_PUT:
			p->b[i] = f->pieces[value].value;
			break;
		case DO_APPEND:
			p->b[i] = f->seen[i].after;
			if (p->b[i] == NONE) {
				p->b[i] = f->next++;
				break;
			}
			p->a[i] = f->seen[i].before;
			p->shown_by[i] = f->seen[i].read;
			break;
		default:
			p->b[i] = value;
			break;
		}
	}
	p->initial = NIL;
	p->values = f->next;
	p->shape = SHAPE_PLAIN;
	p->made = true;
}

/* 1: out of budget. */
int
text_restore(struct part *p, const struct fr_history *h, struct answer *a)
{
	uint32_t i, k, read, count = a->clash_count;

	if (p->made && p->shown_by == NULL)
		return 0;
	for (i = 0; i < count && p->shown_by != NULL; i++) {
		read = p->shown_by[a->clash[i]];
		for (k = 0; k < a->clash_count && read != NONE; k++)
			if (a->clash[k] == read)
				read = NONE;
		if (read != NONE && a->clash_count <
		    sizeof a->clash / sizeof a->clash[0])
			a->clash[a->clash_count++] = read;
	}
	/* Nothing can be wrong with what was parsed. */
	return part_columns(p, h, NULL);
}

/* What a cas needs is said by texts, which stay what they are: it is not for
 * us, nor is what begins with a text. */
static bool
is_for_us(const struct part *p)
{
	const struct bound *m = p->bound;
	uint32_t f;

	if (m->model->kind != MODEL_KV || m->initial.kind != FR_NIL ||
	    p->initial != NIL || (p->made && p->shape != SHAPE_TEXT))
		return false;
	for (f = 0; f < m->config->op_count; f++)
		if (m->words[f] == W_APPEND)
			return true;
	return false;
}

bool
text_flatten(struct part *p, const struct fr_history *h, struct answer *out,
	     struct budget *b)
{
	struct flat f = { .p = p, .h = h, .budget = b, .out = out };
	uint32_t size = 16, n = p->n;
	bool decided;

	out->decision = NOT_FOR_ME;
	if (!is_for_us(p))
		return false;
	while (size < p->n * (uint64_t)2 && size < UINT32_MAX / 4)
		size *= 2;
	f.mask = size - 1;
	f.pieces = budget_new(b, n, sizeof *f.pieces);
	f.table = budget_new(b, size, sizeof *f.table);
	f.seen = budget_new(b, n, sizeof *f.seen);
	f.what = budget_new(b, n, sizeof *f.what);
	f.value = budget_new(b, n, sizeof *f.value);
	p->shown_by = budget_new(b, p->room, sizeof *p->shown_by);
	if (f.pieces != NULL && f.table != NULL && f.seen != NULL &&
	    f.what != NULL && f.value != NULL && p->shown_by != NULL &&
	    gather(&f) && parse_all(&f)) {
		make_columns(&f);
	} else {
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
	budget_free(b, f.pieces, n, sizeof *f.pieces);
	budget_free(b, f.table, size, sizeof *f.table);
	budget_free(b, f.seen, n, sizeof *f.seen);
	budget_free(b, f.what, n, sizeof *f.what);
	budget_free(b, f.value, n, sizeof *f.value);
	free(f.cuts);
	return decided;
}
