/* SPDX-License-Identifier: MIT */
/*
 * Register histories in columns: who wrote what each read saw.
 *
 * 1. A node's index tells its session and its place there: node a of a session
 *    is before node b of it exactly when a < b.
 * 2. from[] of a node is the only operation that can have written what it
 *    read, or says that there is none, or that there are several.
 */
#include "checker/weak/weak.h"

#include <string.h>

enum { READ, WRITE, CAS };

static const struct weak_word words_known[] = {
	{ "read", READ }, { "get", READ }, { "write", WRITE },
	{ "put", WRITE }, { "set", WRITE }, { "cas", CAS }, { NULL, 0 }
};

/* Who wrote a value. */
struct writers {
	uint32_t happened;		/* ok or pending                      */
	uint64_t failed_by;		/* + 1                                */
	uint32_t node;
	bool seen;
	bool dropped;			/* by an operation that is left out   */
};

/* What an operation does, before it is known whether it happened. */
struct access {
	uint32_t key, read, write;	/* NONE where it does not             */
	bool keep;
};

struct load {
	struct weak *w;
	struct regs *r;
	const int *words;
	struct access *at;		/* of an operation                    */
	struct writers *by;		/* of a value                         */
	uint32_t n;
};

static uint32_t
value_of(struct load *l, uint64_t i, const struct fr_value *v)
{
	return pairs_id(&l->r->values, weak_op(l->w, i)->key, v, true);
}

static void
read_access(struct load *l, uint64_t i)
{
	const struct fr_operation *o = weak_op(l->w, i);
	struct access *a = &l->at[i];
	struct fr_value part = { .kind = FR_INT };

	a->key = pairs_number(&l->r->names, o->key, 0, true);
	a->read = a->write = NONE;
	switch (l->words[o->f]) {
	case READ:
		if (o->outcome == FR_OK && !(l->w->nil_reads_any &&
					     o->result.kind == FR_NIL))
			a->read = value_of(l, i, &o->result);
		break;
	case WRITE:
		a->write = value_of(l, i, &o->value);
		break;
	default:
		if (o->value.kind != FR_LIST || o->value.count != 2)
			weak_refuse(l->w, i, "a cas takes [old new]");
		part.u.number = o->value.u.list[0];
		a->read = value_of(l, i, &part);
		part.u.number = o->value.u.list[1];
		a->write = value_of(l, i, &part);
		break;
	}
}

/* Ok ones happened; a pending one did where its value was seen, and a pending
 * cas then saw its old value in turn. */
static void
decide_kept(struct load *l)
{
	const struct fr_operation *o;
	struct access *a;
	uint64_t i;
	bool more = true;

	for (i = 0; i < l->w->h->op_count; i++) {
		o = weak_op(l->w, i);
		a = &l->at[i];
		if (a->write != NONE && o->outcome == FR_FAIL)
			l->by[a->write].failed_by = i + 1;
		else if (a->write != NONE)
			l->by[a->write].happened++;
		a->keep = o->outcome == FR_OK &&
			(a->read != NONE || a->write != NONE);
		if (a->keep && a->read != NONE)
			l->by[a->read].seen = true;
	}
	while (more) {
		more = false;
		for (i = 0; i < l->w->h->op_count; i++) {
			o = weak_op(l->w, i);
			a = &l->at[i];
			if (o->outcome != FR_INFO || a->keep ||
			    a->write == NONE || !l->by[a->write].seen)
				continue;
			a->keep = more = true;
			if (a->read != NONE)
				l->by[a->read].seen = true;
		}
		weak_tick(l->w);
	}
}

/* A read of what nobody can have written is a violation by itself; and so is a
 * cas that needs what it alone writes. */
static void
drop_invented(struct load *l)
{
	struct regs *r = l->r;
	struct access *a;
	struct writers *by;
	uint64_t ops[2], i;
	const char *text;

	for (i = 0; i < l->w->h->op_count; i++) {
		a = &l->at[i];
		if (!a->keep || a->read == NONE)
			continue;
		by = &l->by[a->read];
		if (a->read == r->initial[a->key] || by->happened >
		    (uint64_t)(a->read == a->write))
			continue;
		a->keep = false;
		if (a->write != NONE)
			l->by[a->write].dropped = true;
		text = weak_value_text(l->w, &r->values.at[a->read].value);
		ops[0] = i;
		ops[1] = by->failed_by - 1;
		if (by->failed_by == 0)
			weak_violation(l->w, "invented", ops, 1, "%s: nobody "
				       "%swrote %s", weak_text(l->w, i),
				       a->read == a->write ? "else " : "",
				       text);
		else
			weak_violation(l->w, "invented", ops, 2, "%s: the only "
				       "write of %s failed: %s",
				       weak_text(l->w, i), text,
				       weak_text(l->w, ops[1]));
	}
}

/* Nodes, by session and call. */
static void
fill_nodes(struct load *l)
{
	struct regs *r = l->r;
	struct weak *w = l->w;
	struct pairs sessions;
	uint32_t *session, *fill, s, node;
	uint64_t i;

	pairs_init(&sessions, w, 64);
	session = weak_new(w, w->h->op_count, sizeof *session);
	for (i = 0; i < w->h->op_count; i++) {
		if (!l->at[i].keep)
			continue;
		session[i] = pairs_number(&sessions, 0,
					  weak_op(w, i)->process, true);
		r->n++;
	}
	r->sessions = sessions.count;
	r->first = weak_new(w, (size_t)r->sessions + 1, sizeof *r->first);
	fill = weak_new(w, (size_t)r->sessions + 1, sizeof *fill);
	r->op = weak_new(w, r->n, sizeof *r->op);
	r->session = weak_new(w, r->n, sizeof *r->session);
	r->key = weak_new(w, r->n, sizeof *r->key);
	r->read = weak_new(w, r->n, sizeof *r->read);
	r->write = weak_new(w, r->n, sizeof *r->write);
	r->from = weak_new(w, r->n, sizeof *r->from);
	for (i = 0; i < w->h->op_count; i++)
		if (l->at[i].keep)
			r->first[session[i] + 1]++;
	for (s = 0; s < r->sessions; s++)
		r->first[s + 1] += r->first[s];
	for (i = 0; i < w->h->op_count; i++) {
		if (!l->at[i].keep)
			continue;
		s = session[i];
		node = r->first[s] + fill[s]++;
		r->op[node] = i;
		r->session[node] = s;
		r->key[node] = l->at[i].key;
		r->read[node] = l->at[i].read;
		r->write[node] = l->at[i].write;
		if (r->write[node] != NONE)
			l->by[r->write[node]].node = node;
	}
	weak_drop(w, session);
}

static void
fill_from(struct load *l)
{
	struct regs *r = l->r;
	const struct writers *by;
	uint32_t i;
	bool initial;

	for (i = 0; i < r->n; i++) {
		r->from[i] = NONE;
		if (r->read[i] == NONE)
			continue;
		r->reads++;
		by = &l->by[r->read[i]];
		initial = r->read[i] == r->initial[r->key[i]];
		if (by->happened + initial > 1) {
			r->from[i] = RF_MANY;
			r->many++;
		} else if (by->dropped && !initial) {
			r->from[i] = RF_MANY;	/* that is told already       */
		} else {
			r->from[i] = initial ? RF_INITIAL : by->node;
		}
	}
}

static void
fill_blocks(struct regs *r, struct weak *w)
{
	uint32_t *fill, i, k, count = 0, blocks = 0, node;

	fill = weak_new(w, (size_t)r->keys + 2, sizeof *fill);
	for (i = 0; i < r->n; i++)
		if (r->write[i] != NONE) {
			fill[r->key[i] + 2]++;
			count++;
		}
	for (k = 0; k < r->keys; k++)
		fill[k + 2] += fill[k + 1];
	r->writes = weak_new(w, count, sizeof *r->writes);
	for (i = 0; i < r->n; i++)
		if (r->write[i] != NONE)
			r->writes[fill[r->key[i] + 1]++] = i;
	r->block = weak_new(w, count, sizeof *r->block);
	r->first_block = weak_new(w, (size_t)r->keys + 1,
				  sizeof *r->first_block);
	for (k = 0; k < r->keys; k++) {
		r->first_block[k] = blocks;
		for (i = fill[k]; i < fill[k + 1]; i++) {
			node = r->writes[i];
			if (blocks == r->first_block[k] ||
			    r->block[blocks - 1].session != r->session[node]) {
				r->block[blocks].session = r->session[node];
				r->block[blocks++].begin = i;
			}
			r->block[blocks - 1].end = i + 1;
		}
	}
	r->first_block[r->keys] = blocks;
}

void
regs_load(struct regs *r, struct weak *w)
{
	struct load l = { .w = w, .r = r };
	uint64_t i;
	uint32_t k;

	memset(r, 0, sizeof *r);
	l.words = weak_words(w, words_known);
	l.at = weak_new(w, w->h->op_count, sizeof *l.at);
	pairs_init(&r->values, w, w->h->op_count);
	pairs_init(&r->names, w, 64);
	for (i = 0; i < w->h->op_count; i++) {
		read_access(&l, i);
		weak_tick(w);
	}
	r->keys = r->names.count;
	r->initial = weak_new(w, r->keys, sizeof *r->initial);
	for (k = 0; k < r->keys; k++)
		r->initial[k] = pairs_id(&r->values, r->names.at[k].key,
					 &w->initial, true);
	l.by = weak_new(w, r->values.count, sizeof *l.by);
	decide_kept(&l);
	drop_invented(&l);
	fill_nodes(&l);
	fill_from(&l);
	fill_blocks(r, w);
	weak_drop(w, l.at);
	weak_drop(w, l.by);
}

void
regs_part(struct regs *out, const struct regs *r, struct weak *w, uint32_t key)
{
	uint32_t *to = weak_new(w, r->n, sizeof *to), i, n = 0, s, from;

	*out = *r;
	for (i = 0; i < r->n; i++)
		to[i] = r->key[i] == key ? n++ : NONE;
	out->op = weak_new(w, n, sizeof *out->op);
	out->session = weak_new(w, n, sizeof *out->session);
	out->key = weak_new(w, n, sizeof *out->key);
	out->read = weak_new(w, n, sizeof *out->read);
	out->write = weak_new(w, n, sizeof *out->write);
	out->from = weak_new(w, n, sizeof *out->from);
	out->first = weak_new(w, (size_t)r->sessions + 1, sizeof *out->first);
	out->n = n;
	n = 0;
	for (s = 0; s < r->sessions; s++) {
		out->first[s] = n;
		for (i = r->first[s]; i < r->first[s + 1]; i++) {
			if (to[i] == NONE)
				continue;
			from = r->from[i];
			out->op[n] = r->op[i];
			out->session[n] = s;
			out->key[n] = key;
			out->read[n] = r->read[i];
			out->write[n] = r->write[i];
			out->from[n++] = from < r->n ? to[from] : from;
		}
	}
	out->first[s] = n;
	fill_blocks(out, w);
	weak_drop(w, to);
}

uint32_t
regs_next(const struct regs *r, const struct block *b, uint32_t limit)
{
	uint32_t low = b->begin, high = b->end, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (r->writes[middle] < limit)
			low = middle + 1;
		else
			high = middle;
	}
	return low < b->end ? r->writes[low] : NONE;
}

uint32_t
regs_last(const struct regs *r, const struct block *b, uint32_t limit)
{
	uint32_t low = b->begin, high = b->end, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (r->writes[middle] < limit)
			low = middle + 1;
		else
			high = middle;
	}
	return low > b->begin ? r->writes[low - 1] : NONE;
}

void
regs_conclude(const struct regs *r, struct weak *w)
{
	weak_note(w, "%u operations of %u processes on %u keys, %u of them "
		  "reads.", r->n, r->sessions, r->keys, r->reads);
	if (r->reads == 0)
		weak_unknown(w, "no read was answered");
	else if (r->many > 0)
		weak_unknown(w, "%u reads saw a value that was written more "
			     "than once, so that it is not known which write "
			     "they saw; the other reads contradict nothing",
			     r->many);
}

const char *
regs_written(const struct regs *r, struct weak *w, uint32_t node)
{
	const struct pair *p = &r->values.at[r->write[node]];

	return arena_format(&w->v.arena, "%s%s", weak_value_text(w, &p->value),
			    weak_key_text(w, p->key));
}
