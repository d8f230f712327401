/* SPDX-License-Identifier: MIT */
/*
 * Eventual convergence: when all is healed and quiet, the final reads of a
 * key agree, and what they agree on was written.
 *
 * It is promised for a system at rest: a change without an answer must have
 * taken its effect, or none, before the final reads.
 *
 * The final reads are those of the final phase, or, with final=last, the last
 * of these of a key at each node; where there is none, those
 * that were called after the last change had ended.  A list agrees with
 * another as a set where the changes are adds (add, broadcast, insert), else
 * element by element.
 */
#include "checker/values.h"
#include "checker/weak/weak.h"

#include <stdlib.h>
#include <string.h>

enum { READ, WRITE, CAS, ADD, DELETE };

static const struct weak_word words_known[] = {
	{ "read", READ }, { "get", READ }, { "write", WRITE },
	{ "put", WRITE }, { "set", WRITE }, { "cas", CAS }, { "add", ADD },
	{ "broadcast", ADD }, { "insert", ADD },
	{ "delete", DELETE }, { NULL, 0 }
};

struct final {
	uint64_t first;			/* the first final read, + 1          */
	uint64_t count;
	bool written;			/* a change of this key was ok        */
	bool deleted;			/* one may have removed it            */
	bool adds;
};

struct converge {
	struct weak *w;
	const int *words;
	struct pairs keys;
	struct pairs written;		/* what may be there                  */
	struct final *key;
	uint64_t reads, compared;
};

static void
take_change(struct converge *c, uint64_t i, uint64_t *quiet)
{
	const struct fr_operation *o = weak_op(c->w, i);
	struct final *key = &c->key[pairs_number(&c->keys, o->key, 0, true)];
	uint32_t j;

	if (c->words[o->f] == READ || o->outcome == FR_FAIL)
		return;
	if (o->outcome == FR_OK) {
		key->written = true;
		if (o->end_rank > *quiet)
			*quiet = o->end_rank;
	}
	if (c->words[o->f] == ADD)
		key->adds = true;
	if (c->words[o->f] == DELETE) {
		key->deleted = true;
		return;
	}
	if (o->value.kind == FR_LIST && c->words[o->f] == CAS &&
	    o->value.count == 2)
		pairs_number(&c->written, o->key, o->value.u.list[1], true);
	else if (o->value.kind == FR_LIST && c->words[o->f] == ADD)
		for (j = 0; j < o->value.count; j++)
			pairs_number(&c->written, o->key, o->value.u.list[j],
				     true);
	else
		pairs_id(&c->written, o->key, &o->value, true);
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t *
sorted(struct weak *w, const struct fr_value *v)
{
	int64_t *at = weak_new(w, v->count, sizeof *at);

	if (v->count > 0) {
		memcpy(at, v->u.list, v->count * sizeof *at);
		qsort(at, v->count, sizeof *at, by_number);
	}
	return at;
}

static bool
agree(struct converge *c, const struct fr_value *a, const struct fr_value *b,
      bool as_sets)
{
	int64_t *x, *y;
	bool same;

	if (!as_sets)
		return value_equal(a, b);
	if (a->count != b->count)
		return false;
	x = sorted(c->w, a);
	y = sorted(c->w, b);
	same = memcmp(x, y, a->count * sizeof *x) == 0;
	weak_drop(c->w, x);
	weak_drop(c->w, y);
	return same;
}

/* The first thing in v that nobody wrote; false: all was. */
static bool
unexplained(struct converge *c, int64_t key, const struct final *f,
	    const struct fr_value *v, struct fr_value *out)
{
	uint32_t j;

	*out = *v;
	if (!f->adds) {
		if (value_equal(v, &c->w->initial))
			return f->written && !f->deleted;
		return pairs_id(&c->written, key, v, false) == NONE;
	}
	for (j = 0; v->kind == FR_LIST && j < v->count; j++)
		if (pairs_number(&c->written, key, v->u.list[j], false) ==
		    NONE) {
			memset(out, 0, sizeof *out);
			out->kind = FR_INT;
			out->u.number = v->u.list[j];
			return true;
		}
	return false;
}

static void
take_final(struct converge *c, uint64_t i)
{
	const struct fr_operation *o = weak_op(c->w, i), *other;
	struct final *f = &c->key[pairs_number(&c->keys, o->key, 0, false)];
	struct fr_value what;
	const int64_t *at;
	uint64_t ops[2] = { i, f->first - 1 };
	uint32_t count;

	if (f->adds)
		weak_list(c->w, i, &o->result, &at, &count);
	c->reads++;
	f->count++;
	if (f->first == 0) {
		f->first = i + 1;
	} else {
		c->compared++;
		other = weak_op(c->w, f->first - 1);
		if (!agree(c, &o->result, &other->result, f->adds))
			weak_violation(c->w, "diverged", ops, 2,
				       "final reads differ: %s, but %s",
				       weak_text(c->w, ops[1]),
				       weak_text(c->w, i));
	}
	if (!unexplained(c, o->key, f, &o->result, &what))
		return;
	if (!f->adds && value_equal(&what, &c->w->initial))
		weak_violation(c->w, "forgotten", ops, 1, "%s: the key was "
			       "written, and the first value is back",
			       weak_text(c->w, i));
	else
		weak_violation(c->w, "invented", ops, 1, "%s: nobody wrote %s",
			       weak_text(c->w, i), weak_value_text(c->w,
								   &what));
}

void
weak_convergence(struct weak *w)
{
	struct converge c = { .w = w };
	const struct fr_operation *o;
	uint64_t i, quiet = 0, pending = 0;
	bool phase = false, *last = NULL;

	c.words = weak_words(w, words_known);
	pairs_init(&c.keys, w, 64);
	pairs_init(&c.written, w, w->h->op_count);
	for (i = 0; i < w->h->op_count; i++)
		pairs_number(&c.keys, weak_op(w, i)->key, 0, true);
	c.key = weak_new(w, c.keys.count, sizeof *c.key);
	for (i = 0; i < w->h->op_count; i++) {
		o = weak_op(w, i);
		take_change(&c, i, &quiet);
		if (c.words[o->f] == READ && o->outcome == FR_OK &&
		    o->phase == FR_PHASE_FINAL)
			phase = true;
		pending += c.words[o->f] != READ && o->outcome == FR_INFO;
	}
	if (w->final_last)
		last = weak_last_reads(w, c.words, READ);
	for (i = 0; i < w->h->op_count; i++) {
		o = weak_op(w, i);
		if (last != NULL && !last[i])
			continue;
		if (c.words[o->f] != READ || o->outcome != FR_OK ||
		    (phase ? o->phase != FR_PHASE_FINAL :
		     o->call_rank <= quiet))
			continue;
		if (w->nil_reads_any && o->result.kind == FR_NIL)
			continue;
		take_final(&c, i);
		weak_tick(w);
	}
	if (c.reads == 0)
		weak_unknown(w, "there is no final read: none in the final "
			     "phase, none after the last change");
	else if (c.compared == 0)
		weak_unknown(w, "no key has two final reads to compare");
	weak_note(w, "%llu final reads on %u keys%s; %llu changes were never "
		  "answered.", (unsigned long long)c.reads, c.keys.count,
		  phase ? "" : " (after the last change, for want of a final "
		  "phase)", (unsigned long long)pending);
}
