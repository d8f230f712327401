/* SPDX-License-Identifier: MIT */
/*
 * Transactions in columns: who wrote each value, what each transaction saw of
 * the others, and whether it agrees with itself.
 */
#include "checker/weak/txns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"

enum { TXN, READ, WRITE, CAS };

static const struct weak_word words_known[] = {
	{ "txn", TXN }, { "read", READ }, { "get", READ }, { "write", WRITE },
	{ "put", WRITE }, { "set", WRITE }, { "cas", CAS }, { NULL, 0 }
};

bool
weak_is_txn(const struct weak *w)
{
	uint64_t i;

	for (i = 0; i < w->h->op_count; i++)
		if (strcmp(w->c->op_names[weak_op(w, i)->f], "txn") == 0)
			return true;
	return false;
}

const struct fr_operation *
txns_op(const struct txns *t, uint32_t txn)
{
	return weak_op(t->w, t->op[txn]);
}

bool
txns_ok(const struct txns *t, uint32_t txn)
{
	return txns_op(t, txn)->outcome == FR_OK;
}

/* ---- words --------------------------------------------------------------- */

long long
txns_key(const struct txns *t, uint32_t key)
{
	return (long long)t->keys.at[key].key;
}

const char *
txns_value(struct txns *t, uint32_t value)
{
	if (value == NONE)
		return "nothing";
	return arena_format(&t->w->v.arena, "%lld",
			    (long long)t->values.at[value].value.u.number);
}

/* Of a long list the end, where things happen. */
#define ELEMENTS_TOLD 12u
#define MICROS_TOLD 16u

static void
micro_text(const struct txns *t, const struct micro *m, struct buf *out)
{
	long long key = txns_key(t, m->key);
	uint32_t i;

	if (m->kind == FR_TXN_WRITE) {
		buf_printf(out, t->lists ? "append %lld to %lld" :
			   "write %lld to %lld", (long long)
			   t->values.at[m->value].value.u.number, key);
		return;
	}
	buf_printf(out, "read %lld = ", key);
	if (m->kind == FR_TXN_READ) {
		if (m->value == NONE)
			buf_text(out, "nil");
		else
			buf_printf(out, "%lld", (long long)
				   t->values.at[m->value].value.u.number);
		return;
	}
	buf_char(out, '[');
	i = m->count > ELEMENTS_TOLD ? m->count - ELEMENTS_TOLD : 0;
	if (i > 0)
		buf_text(out, "... ");
	for (; i < m->count; i++)
		buf_printf(out, "%lld%s", (long long)m->list[i],
			   i + 1 < m->count ? " " : "");
	buf_char(out, ']');
}

const char *
txns_text(struct txns *t, uint32_t txn)
{
	const struct fr_operation *o = txns_op(t, txn);
	uint32_t i, from = t->first[txn], to = t->first[txn + 1];
	struct buf b;
	char *text;

	buf_init(&b, 1u << 16);
	for (i = from; i < to && i < from + MICROS_TOLD; i++) {
		if (i > from)
			buf_text(&b, ", ");
		micro_text(t, &t->micro[i], &b);
	}
	buf_printf(&b, "%s%s (process %u, operation %llu%s)",
		   i < to ? ", ..." : "", from == to ? "nothing" : "",
		   o->process, (unsigned long long)o->id,
		   o->outcome == FR_INFO ? ", no answer" : "");
	text = arena_string(&t->w->v.arena, b.data);
	buf_free(&b);
	return text;
}

bool
anomaly_new(struct txns *t, enum anomaly a)
{
	return t->found[a].count++ == 0;
}

void
anomaly_found(struct txns *t, enum anomaly a, const uint32_t *txns,
	      uint32_t count, const char *format, ...)
{
	struct finding *f = &t->found[a];
	struct arena *arena = &t->w->v.arena;
	struct buf more;
	va_list args;
	char *text;
	uint32_t i;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		weak_leave(t->w, LEAVE_BUDGET);
	va_end(args);
	f->sentence = arena_string(arena, text);
	free(text);
	f->ops = arena_new(arena, count * sizeof *f->ops);
	f->op_count = count;
	buf_init(&more, 1u << 18);
	for (i = 0; i < count; i++) {
		f->ops[i] = t->op[txns[i]];
		buf_printf(&more, "%s  T%u: %s", i > 0 ? "\n" : "", i + 1,
			   txns_text(t, txns[i]));
	}
	f->more = arena_string(arena, more.size > 0 ? more.data : "");
	buf_free(&more);
}

void
anomaly_failed(struct txns *t, enum anomaly a, uint64_t op)
{
	struct finding *f = &t->found[a];
	struct arena *arena = &t->w->v.arena;
	uint64_t *ops = arena_new(arena, (f->op_count + 1) * sizeof *ops);

	memcpy(ops, f->ops, f->op_count * sizeof *ops);
	ops[f->op_count] = op;
	f->ops = ops;
	f->op_count++;
	f->more = arena_format(arena, "%s\n  T%u: %s", f->more, f->op_count,
			       weak_text(t->w, op));
}

/* ---- loading ------------------------------------------------------------- */

struct load {
	struct txns *t;
	const int *words;
	uint32_t *last;			/* of a key: value last written, + 1 */
	size_t last_room;
	uint32_t *stamp;		/* of a key: which wrote it last, + 1 */
	size_t stamp_room;
};

static uint32_t
key_id(struct txns *t, int64_t key)
{
	return pairs_number(&t->keys, key, 0, true);
}

static uint32_t
value_id(struct txns *t, int64_t key, int64_t number)
{
	uint32_t before = t->values.count;
	uint32_t id = pairs_number(&t->values, key, number, true);

	if (t->values.count > before) {
		weak_grow(t->w, &t->written, &t->written_room, (size_t)id + 1,
			  sizeof *t->written);
		memset(&t->written[id], 0, sizeof *t->written);
		t->written[id].by = BY_NOBODY;
	}
	return id;
}

static void
add_micro(struct txns *t, uint8_t kind, int64_t key, uint32_t value,
	  const struct fr_txn_micro *from)
{
	struct micro *m;

	weak_grow(t->w, &t->micro, &t->micro_room, t->micros + 1,
		  sizeof *t->micro);
	m = &t->micro[t->micros++];
	m->kind = kind;
	m->key = key_id(t, key);
	m->value = value;
	m->count = from == NULL ? 0 : from->count;
	m->list = from == NULL ? NULL : from->elements;
}

/* A write of an operation that failed, or of a transaction. */
static void
add_write(struct load *l, uint64_t op, uint32_t txn, int64_t key,
	  int64_t number)
{
	struct txns *t = l->t;
	uint32_t value = value_id(t, key, number), k;
	struct written *v = &t->written[value];

	if (txn == BY_FAILED) {
		if (v->by == BY_NOBODY) {
			v->by = BY_FAILED;
			v->failed_op = (uint32_t)op;
		}
		return;
	}
	add_micro(t, FR_TXN_WRITE, key, value, NULL);
	k = t->micro[t->micros - 1].key;
	weak_grow(t->w, &l->last, &l->last_room, (size_t)k + 1,
		  sizeof *l->last);
	weak_grow(t->w, &l->stamp, &l->stamp_room, (size_t)k + 1,
		  sizeof *l->stamp);
	if (v->by != BY_NOBODY && v->by != BY_FAILED) {
		t->many = true;
		v->by = BY_MANY;
		return;
	}
	v->by = txn;
	v->final = true;
	if (l->stamp[k] == txn + 1)
		t->written[l->last[k]].final = false;
	l->stamp[k] = txn + 1;
	l->last[k] = value;
}

static void
add_read(struct load *l, int64_t key, int64_t number)
{
	struct txns *t = l->t;
	const struct fr_value *first = &t->w->initial;
	bool nil = number == FR_TXN_NIL || (first->kind == FR_INT &&
					 number == first->u.number);

	if (number == FR_TXN_NIL && t->w->nil_reads_any)
		return;
	add_micro(t, FR_TXN_READ, key, nil ? NONE : value_id(t, key, number),
		  NULL);
}

static void
take_txn(struct load *l, uint64_t i, uint32_t txn)
{
	const struct fr_operation *o = weak_op(l->t->w, i);
	const struct fr_value *v = o->outcome == FR_OK &&
		o->result.kind == FR_LIST ? &o->result : &o->value;
	struct fr_txn_micro m;
	uint32_t at = 0;
	int more;

	while ((more = fr_txn_next(v, &at, &m)) == 1) {
		if (m.kind == FR_TXN_WRITE) {
			add_write(l, i, txn, m.key, m.value);
			continue;
		}
		if ((m.kind == FR_TXN_LIST) != l->t->lists &&
		    o->outcome == FR_OK)
			weak_refuse(l->t->w, i, l->t->lists ? "it reads a "
				"register, where others read lists" :
				"it reads a list, where registers were "
				"expected");
		if (o->outcome != FR_OK)
			continue;
		if (m.kind == FR_TXN_LIST)
			add_micro(l->t, FR_TXN_LIST, m.key, NONE, &m);
		else
			add_read(l, m.key, m.value);
	}
	if (more < 0)
		weak_refuse(l->t->w, i, "number %u of its list begins no "
			    "micro-operation (read, write or list)", at + 1);
}

/* A plain operation, as a transaction of its own. */
static void
take_plain(struct load *l, uint64_t i, uint32_t txn)
{
	struct weak *w = l->t->w;
	const struct fr_operation *o = weak_op(w, i);

	if (l->t->lists)
		weak_refuse(w, i, "it is about a register, where others are "
			    "about lists");
	switch (l->words[o->f]) {
	case READ:
		if (o->outcome == FR_OK)
			add_read(l, o->key, o->result.kind == FR_NIL ?
				 FR_TXN_NIL : weak_number(w, i, &o->result));
		break;
	case WRITE:
		add_write(l, i, txn, o->key, weak_number(w, i, &o->value));
		break;
	default:
		if (o->value.kind != FR_LIST || o->value.count != 2)
			weak_refuse(w, i, "a cas takes [old new]");
		if (o->outcome == FR_OK)
			add_read(l, o->key, o->value.u.list[0]);
		add_write(l, i, txn, o->key, o->value.u.list[1]);
		break;
	}
}

static bool
any_list(struct weak *w, const int *words)
{
	const struct fr_operation *o;
	struct fr_txn_micro m;
	const struct fr_value *v;
	uint32_t at;
	uint64_t i;

	for (i = 0; i < w->h->op_count; i++) {
		o = weak_op(w, i);
		if (words[o->f] != TXN)
			continue;
		v = o->outcome == FR_OK && o->result.kind == FR_LIST ?
			&o->result : &o->value;
		at = 0;
		while (fr_txn_next(v, &at, &m) == 1)
			if (m.kind != FR_TXN_WRITE)
				return m.kind == FR_TXN_LIST;
	}
	return false;
}

/* Sessions, and a transaction's place in its own. */
static void
fill_sessions(struct txns *t)
{
	struct pairs processes;
	uint32_t *count, i, s;
	size_t room = 0;

	pairs_init(&processes, t->w, 64);
	t->session = weak_new(t->w, t->n, sizeof *t->session);
	t->place = weak_new(t->w, t->n, sizeof *t->place);
	count = NULL;
	for (i = 0; i < t->n; i++) {
		s = pairs_number(&processes, 0, txns_op(t, i)->process, true);
		weak_grow(t->w, &count, &room, (size_t)s + 1, sizeof *count);
		t->session[i] = s;
		t->place[i] = count[s]++;
	}
	t->sessions = processes.count;
}

/* ---- external reads, and a transaction's agreement with itself ----------- */

/* What is known of a key within the transaction at hand. */
struct inside {
	uint32_t txn;			/* + 1: else nothing is known         */
	uint32_t read;			/* the last read of it, + 1           */
	uint32_t write;			/* the last write of it, + 1          */
	uint32_t since;			/* writes since that read             */
	uint32_t own;			/* all writes of it                   */
	bool seen;
};

/* The last `own` elements of a list must be the writes up to `write`. */
static bool
ends_with(const struct txns *t, const struct micro *m, uint32_t write,
	  uint32_t own, const uint32_t *previous)
{
	uint32_t i = m->count, done;

	if (own > m->count)
		return false;
	for (done = 0; done < own; done++, write = previous[write - 1])
		if (m->list[--i] != t->values.at[t->micro[write - 1].value].
		    value.u.number)
			return false;
	return true;
}

static bool
agrees(const struct txns *t, const struct micro *m, const struct inside *k,
       const uint32_t *previous)
{
	const struct micro *before = k->read > 0 ? &t->micro[k->read - 1] :
		NULL;

	if (m->kind == FR_TXN_READ) {
		if (k->write > k->read)
			return m->value == t->micro[k->write - 1].value;
		return before == NULL || m->value == before->value;
	}
	if (before != NULL)
		return m->count == before->count + k->since &&
			(before->count == 0 || memcmp(m->list, before->list,
			 before->count * sizeof *m->list) == 0) &&
			ends_with(t, m, k->write, k->since, previous);
	return ends_with(t, m, k->write, k->own, previous);
}

/* What a transaction writes later it cannot have seen. */
static void
check_future(struct txns *t, uint32_t txn, const struct seen *s)
{
	if (s->value >= UNSURE || t->written[s->value].by != txn ||
	    !anomaly_new(t, A_INTERNAL))
		return;
	anomaly_found(t, A_INTERNAL, &txn, 1, "T1 reads %s from key %lld, "
		      "which it writes only later", txns_value(t, s->value),
		      txns_key(t, s->key));
}

static void
see(struct txns *t, uint32_t txn, const struct micro *m, uint32_t own)
{
	struct seen *s;

	/* A register that was written before tells nothing of the others. */
	if (m->kind == FR_TXN_READ && own > 0)
		return;
	weak_grow(t->w, &t->seen, &t->seen_room, t->seens + 1,
		  sizeof *t->seen);
	s = &t->seen[t->seens++];
	s->txn = txn;
	s->key = m->key;
	s->writes = false;
	s->version = m->kind == FR_TXN_LIST ? m->count - own : 0;
	s->value = m->value;
	if (m->kind == FR_TXN_LIST)
		s->value = s->version == 0 ? NONE :
			pairs_number(&t->values, t->keys.at[m->key].key,
				     m->list[s->version - 1], false);
	if (m->kind == FR_TXN_LIST && s->version > 0 && s->value == NONE)
		s->value = UNSURE;	/* nobody wrote it: told elsewhere    */
	check_future(t, txn, s);
}

static void
look_inside(struct txns *t, uint32_t txn, struct inside *inside,
	    uint32_t *previous)
{
	const struct micro *m;
	struct inside *k;
	uint32_t i, s;

	for (i = t->first[txn]; i < t->first[txn + 1]; i++) {
		m = &t->micro[i];
		k = &inside[m->key];
		if (k->txn != txn + 1) {
			memset(k, 0, sizeof *k);
			k->txn = txn + 1;
		}
		if (m->kind == FR_TXN_WRITE) {
			previous[i] = k->write;
			k->write = i + 1;
			k->since++;
			k->own++;
			continue;
		}
		t->reads++;
		if (!agrees(t, m, k, previous)) {
			if (anomaly_new(t, A_INTERNAL))
				anomaly_found(t, A_INTERNAL, &txn, 1,
				      "T1 reads key "
				      "%lld otherwise than its own reads and "
				      "writes before allow",
				      txns_key(t, m->key));
		} else if (!k->seen) {
			see(t, txn, m, k->own);
		}
		k->seen = true;
		k->read = i + 1;
		k->since = 0;
	}
	for (s = t->first_seen[txn]; s < t->seens; s++)
		t->seen[s].writes = inside[t->seen[s].key].own > 0;
}

void
txns_load(struct txns *t, struct weak *w, int lists)
{
	struct load l = { .t = t };
	const struct fr_operation *o;
	struct inside *inside;
	uint32_t *previous, txn;
	uint64_t i;

	memset(t, 0, sizeof *t);
	t->w = w;
	l.words = weak_words(w, words_known);
	t->lists = lists == 1 || (lists < 0 && any_list(w, l.words));
	pairs_init(&t->keys, w, 64);
	pairs_init(&t->values, w, w->h->op_count);
	t->op = weak_new(w, w->h->op_count, sizeof *t->op);
	t->first = weak_new(w, w->h->op_count + 1, sizeof *t->first);
	for (i = 0; i < w->h->op_count; i++) {
		o = weak_op(w, i);
		weak_tick(w);
		txn = o->outcome == FR_FAIL ? BY_FAILED : t->n++;
		if (txn != BY_FAILED)
			t->op[txn] = (uint32_t)i;
		if (l.words[o->f] == TXN)
			take_txn(&l, i, txn);
		else if (txn != BY_FAILED || l.words[o->f] == WRITE)
			take_plain(&l, i, txn);
		t->first[t->n] = (uint32_t)t->micros;
	}
	fill_sessions(t);
	inside = weak_new(w, t->keys.count, sizeof *inside);
	previous = weak_new(w, t->micros, sizeof *previous);
	t->first_seen = weak_new(w, (size_t)t->n + 1, sizeof *t->first_seen);
	for (txn = 0; txn < t->n; txn++) {
		weak_tick(w);
		t->first_seen[txn] = (uint32_t)t->seens;
		if (txns_ok(t, txn))
			look_inside(t, txn, inside, previous);
	}
	t->first_seen[t->n] = (uint32_t)t->seens;
	weak_drop(w, inside);
	weak_drop(w, previous);
	t->mark = weak_new(w, t->n, sizeof *t->mark);
	t->nodes = t->n;
}

/* ---- edges --------------------------------------------------------------- */

#define DIRECT_MAX 24u

static void
follow_edge(struct txns *t, uint32_t from, uint32_t value, uint32_t kind)
{
	uint32_t to = t->written[value].by;

	if (from != to)
		edges_add(t->w, &t->edges, from, to, WHY(kind, value));
}

/*
 * Few: an edge for each pair.  Many: through a node in between; only what is
 * itself among the later ones must not come back to itself that way, and has
 * edges of its own to the first of them.
 */
void
txns_follow(struct txns *t, uint32_t writer, const uint32_t *readers,
	    uint32_t reader_count, const uint32_t *later, uint32_t later_count)
{
	uint32_t i, j, node, by, kind;

	if (later_count == 0)
		return;
	if ((uint64_t)(reader_count + 1) * later_count <=
	    (uint64_t)2 * (reader_count + later_count) + DIRECT_MAX) {
		for (j = 0; j < later_count; j++) {
			if (writer < BY_MANY)
				follow_edge(t, writer, later[j], E_WW);
			for (i = 0; i < reader_count; i++)
				follow_edge(t, readers[i], later[j], E_RW);
		}
		return;
	}
	node = t->nodes++;
	for (j = 0; j < later_count; j++) {
		by = t->written[later[j]].by;
		t->mark[by] = node;
		edges_add(t->w, &t->edges, node, by,
			  WHY(E_THROUGH, later[j]));
	}
	for (i = 0; i <= reader_count; i++) {
		by = i < reader_count ? readers[i] : writer;
		if (by >= BY_MANY)
			continue;
		kind = i < reader_count ? E_RW : E_WW;
		if (t->mark[by] != node)
			edges_add(t->w, &t->edges, by, node, WHY(kind, 0));
		for (j = 0; t->mark[by] == node && j < later_count &&
		     j < DIRECT_MAX; j++)
			follow_edge(t, by, later[j], kind);
		weak_tick(t->w);
	}
}
