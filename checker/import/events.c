/* SPDX-License-Identifier: MIT */
/*
 * Events into operations.
 *
 * 1. A process has one operation open at a time; an end belongs to it, and is
 *    about the same f and key.
 * 2. The number that the file gives a process is kept, but for one that goes
 *    on after an info, or that does not fit: such are numbered behind all the
 *    others, in the order of their calls (from AGAIN on while it is read).
 * 3. Times are all or none: without them an event's number is its time.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <fracas/txn.h>

#include "checker/import/reader.h"
#include "core/base/rand.h"

#define AGAIN		(UINT32_C(1) << 31)
#define OPS_MAX		(UINT64_C(1) << 31)
#define NONE		UINT32_MAX
/* Clients of processes whose numbers do not fit. */
#define STRANGERS	(UINT32_C(1) << 30)
#define GIVE_BACK	(UINT64_C(8) << 20)
#define TEXT_BLOCK	(1u << 20)
#define SMALL_MOST	(UINT64_C(1) << 20)
#define LOOK		(UINT64_C(1) << 19)	/* bytes between two looks    */
/* What may come between them: a large page of operations, one of the file. */
#define BETWEEN		(UINT64_C(4) << 20)

struct process {
	int64_t number;		/* in the file                                */
	uint32_t process;	/* in the history; NONE: at its next call     */
	uint32_t client;
	bool open;
	uint64_t op;
	const char *called_at;	/* the line of it                             */
};

/* ---- processes and names ------------------------------------------------- */

static void
place_process(struct reader *r, uint32_t i)
{
	struct index *x = &r->process_index;
	uint32_t slot = (uint32_t)hash_mix(3, (uint64_t)r->processes[i].number)
		& x->mask;

	while (x->slots[slot] != 0)
		slot = (slot + 1) & x->mask;
	x->slots[slot] = i + 1;
}

static struct process *
new_process(struct reader *r, int64_t number)
{
	struct index *x = &r->process_index;
	bool fits = number >= 0 && number < AGAIN;
	struct process *p;
	uint32_t i;

	mem_grow(&r->processes, &r->process_room, x->count + (size_t)1,
		 sizeof *r->processes);
	p = &r->processes[x->count++];
	memset(p, 0, sizeof *p);
	p->number = number;
	p->process = fits ? (uint32_t)number : NONE;
	p->client = fits ? (uint32_t)number : STRANGERS + x->count - 1;
	if (fits && p->process > r->process_most)
		r->process_most = p->process;
	if (x->slots != NULL && x->count * 2 <= x->mask) {
		place_process(r, x->count - 1);
		return p;
	}
	x->mask = x->slots == NULL ? 63 : x->mask * 2 + 1;
	free(x->slots);
	x->slots = mem_array((size_t)x->mask + 1, sizeof *x->slots);
	for (i = 0; i < x->count; i++)
		place_process(r, i);
	return p;
}

static struct process *
find_process(struct reader *r, int64_t number)
{
	struct index *x = &r->process_index;
	uint32_t slot = (uint32_t)hash_mix(3, (uint64_t)number) & x->mask;
	struct process *p;

	for (; x->slots != NULL && x->slots[slot] != 0;
	     slot = (slot + 1) & x->mask) {
		p = &r->processes[x->slots[slot] - 1];
		if (p->number == number)
			return p;
	}
	return new_process(r, number);
}

/* Small numbers, which are most, have a table of their own. */
static inline struct process *
process_of(struct reader *r, int64_t number)
{
	size_t old = r->small_room;
	struct process *p;

	if ((uint64_t)number >= SMALL_MOST)
		return find_process(r, number);
	if ((uint64_t)number < old && r->small[number] != 0)
		return &r->processes[r->small[number] - 1];
	p = find_process(r, number);
	mem_grow(&r->small, &r->small_room, (size_t)number + 1,
		 sizeof *r->small);
	memset(r->small + old, 0, (r->small_room - old) * sizeof *r->small);
	r->small[number] = (uint32_t)(p - r->processes) + 1;
	return p;
}

/* The number of an operation's name; -1: none, said so. */
static int
name_number(struct reader *r, const struct line *l)
{
	struct imported *out = r->out;
	struct span f = l->f;
	uint32_t i;

	for (i = 0; i < out->op_count; i++)
		if (r->names[i].size == f.size &&
		    memcmp(r->names[i].at, f.at, f.size) == 0)
			return (int)i;
	if (f.size > FR_NAME_MAX || memchr(f.at, '\0', f.size) != NULL)
		return reader_error(r, l->start, "the name of an operation has "
			"up to %u bytes, none of them zero", FR_NAME_MAX);
	if (out->op_count == FR_TABLE_MAX)
		return reader_error(r, l->start, "more than %u kinds of "
				    "operations", FR_TABLE_MAX);
	mem_grow(&r->names, &r->name_room, out->op_count + (size_t)1,
		 sizeof *r->names);
	r->names[out->op_count].at = memcpy(arena_new(&out->arena,
						      f.size + 1),
					    f.at, f.size);
	r->names[out->op_count].size = f.size;
	return (int)out->op_count++;
}

/* ---- events -------------------------------------------------------------- */

#define IS(span, word) (memcmp((span).at, word, sizeof(word) - 1) == 0)

/* Asked for every field of every event: so by the size first. */
static enum field
field_of(struct span name)
{
	switch (name.size) {
	case 1:
		return name.at[0] == 'f' ? FIELD_F : FIELD_NONE;
	case 3:
		return IS(name, "key") ? FIELD_KEY : FIELD_NONE;
	case 4:
		return IS(name, "type") ? FIELD_TYPE :
			IS(name, "time") ? FIELD_TIME :
			IS(name, "node") ? FIELD_NODE : FIELD_NONE;
	case 5:
		return IS(name, "value") ? FIELD_VALUE :
			IS(name, "final") ? FIELD_FINAL : FIELD_NONE;
	case 6:
		return IS(name, "client") ? FIELD_CLIENT : FIELD_NONE;
	case 7:
		return IS(name, "process") ? FIELD_PROCESS : FIELD_NONE;
	default:
		return FIELD_NONE;
	}
}

int
reader_field(struct reader *r, const char *at, struct line *l,
	    struct span name, enum field *out)
{
	*out = field_of(name);
	if (*out < FIELD_NONE && l->seen & 1u << *out)
		return reader_error(r, at, "an event with %.*s twice",
				    (int)name.size, name.at);
	l->seen |= 1u << *out;
	return 0;
}

/* A text of the file, copied: the file's pages are given back. */
static void
keep_text(struct reader *r, struct fr_value *v)
{
	struct arena *arena = &r->out->arena;
	const char *at = v->u.bytes;

	if (v->kind != FR_BYTES || at < r->begin || at >= r->end)
		return;
	if (v->count == 0) {
		v->u.bytes = "";
		return;
	}
	if (v->count > TEXT_BLOCK / 16) {
		v->u.bytes = arena_copy(arena, v->u.bytes, v->count);
		return;
	}
	if (r->text_room < v->count) {
		r->text = arena_new(arena, TEXT_BLOCK);
		r->text_room = TEXT_BLOCK;
	}
	v->u.bytes = memcpy(r->text, v->u.bytes, v->count);
	r->text += v->count;
	r->text_room -= v->count;
}

static int
begin(struct reader *r, const struct line *l, struct process *p)
{
	struct imported *out = r->out;
	struct fr_operation *op;
	int f;

	if (p->open)
		return reader_error(r, l->start, "process %lld calls while its "
			"operation of line %llu is open",
			(long long)l->process, (unsigned long long)
			reader_line(r, p->called_at));
	if (out->h.op_count >= OPS_MAX)
		return reader_error(r, l->start, "too many operations");
	f = name_number(r, l);
	if (f < 0)
		return -1;
	if (p->process == NONE) {
		mem_grow(&r->again_ops, &r->again_room, r->again + (size_t)1,
			 sizeof *r->again_ops);
		r->again_ops[r->again] = out->h.op_count;
		p->process = AGAIN + r->again++;
	}
	if (out->h.op_count == r->room) {
		mem_grow(&out->ops, &r->room, r->room + 1, sizeof *out->ops);
		memory_large(out->ops, r->room * sizeof *out->ops);
	}
	op = &out->ops[out->h.op_count];
	memset(op, 0, sizeof *op);
	op->process = p->process;
	op->client = l->seen & 1u << FIELD_CLIENT ? (uint32_t)l->client :
		p->client;
	op->node = (uint32_t)l->node;
	op->f = (uint32_t)f;
	op->outcome = FR_INFO;
	op->phase = l->final ? FR_PHASE_FINAL : FR_PHASE_MAIN;
	op->key = l->has_key ? l->key : FR_NO_KEY;
	op->value = l->raw.value;
	op->called = l->time;
	op->ended = INT64_MAX;
	op->call_rank = r->rank;
	op->end_rank = UINT64_MAX;
	op->id = out->h.op_count;
	keep_text(r, &op->value);
	p->open = true;
	p->called_at = l->start;
	p->op = out->h.op_count++;
	if (op->client >= r->clients)
		r->clients = op->client + 1;
	if (op->node >= out->h.nodes && l->seen & 1u << FIELD_NODE)
		out->h.nodes = op->node + 1;
	return 0;
}

static int
complete(struct reader *r, const struct line *l, struct process *p)
{
	struct fr_operation *op;

	if (!p->open)
		return reader_error(r, l->start, "process %lld ends an "
			"operation that it did not call",
			(long long)l->process);
	op = &r->out->ops[p->op];
	if (l->f.size != r->names[op->f].size ||
	    memcmp(l->f.at, r->names[op->f].at, l->f.size) != 0)
		return reader_error(r, l->start, "process %lld ends a %.*s and "
			"had called a %.*s", (long long)l->process,
			(int)(l->f.size < 64 ? l->f.size : 64), l->f.at,
			(int)r->names[op->f].size, r->names[op->f].at);
	if (l->has_key && op->key != l->key)
		return reader_error(r, l->start, "process %lld ends an "
			"operation on another key than it called",
			(long long)l->process);
	p->open = false;
	if (l->type == TYPE_INFO) {
		/* It may yet happen: the process goes on as another one. */
		p->process = NONE;
		return 0;
	}
	op->outcome = l->type == TYPE_OK ? FR_OK : FR_FAIL;
	op->ended = l->time;
	op->end_rank = r->rank;
	if (l->type != TYPE_OK)
		return 0;
	op->result = l->raw.value;
	/* Most often it repeats what was asked. */
	if (op->result.kind == FR_BYTES && op->value.kind == FR_BYTES &&
	    op->result.count == op->value.count &&
	    memcmp(op->result.u.bytes, op->value.u.bytes,
		   op->value.count) == 0)
		op->result = op->value;
	else
		keep_text(r, &op->result);
	return 0;
}

static int
set_time(struct reader *r, struct line *l)
{
	bool has = l->seen & 1u << FIELD_TIME;

	if (r->rank == 0)
		r->out->timed = has;
	else if (r->out->timed != has)
		return reader_error(r, l->start, has ? "an event with a time, "
			"after others without one" :
			"an event without a time, after others with one");
	if (!has)
		l->time = (int64_t)r->rank;
	else if (r->rank > 0 && l->time < r->last_time)
		return reader_error(r, l->start, "time runs backwards: %lld "
			"after %lld", (long long)l->time,
			(long long)r->last_time);
	r->last_time = l->time;
	return 0;
}

static void
give_back(struct reader *r)
{
	size_t done = (size_t)(r->at - r->dropped) & ~(size_t)65535;

	madvise((void *)(uintptr_t)r->dropped, done, MADV_DONTNEED);
	r->dropped += done;
}

/* Of what has been made so far. */
static int
keep_within(struct reader *r)
{
	uint64_t made = r->out->arena.total +
		r->out->h.op_count * sizeof *r->out->ops;

	if (made - r->looked_at < LOOK)
		return 0;
	r->looked_at = made;
	return limit_check(r->limit, BETWEEN, WHILE_READ, r->err);
}

int
reader_event(struct reader *r, struct line *l)
{
	struct process *p;

	if (l->foreign)
		return 0;
	if (!(l->seen & 1u << FIELD_PROCESS))
		return reader_error(r, l->start, "an event without a process");
	if (l->type == TYPE_NONE)
		return reader_error(r, l->start, "an event without a type "
				    "(invoke, ok, fail or info)");
	if (l->f.size == 0)
		return reader_error(r, l->start, "an event without an f");
	if (l->raw.pair) {
		if (l->has_key)
			return reader_error(r, l->start, "an event with a key "
				"of its own and a value [key value]");
		l->has_key = true;
		l->key = l->raw.key;
	}
	if (set_time(r, l) != 0)
		return -1;
	p = process_of(r, l->process);
	if ((l->type == TYPE_INVOKE ? begin(r, l, p) :
	     complete(r, l, p)) != 0)
		return -1;
	r->rank++;
	if (r->limit != NULL && keep_within(r) != 0)
		return -1;
	if (r->mapped && (size_t)(r->at - r->dropped) > GIVE_BACK)
		give_back(r);
	return 0;
}

/* ---- at the end ---------------------------------------------------------- */

/* The micro-operations of a transaction, once it is known what it is about. */
static void
fix_transaction(const struct reader *r, struct fr_value *v, uint64_t move)
{
	uint32_t at = 0, before;
	struct fr_txn_micro m;
	int64_t *list;

	if (v->kind != FR_LIST)
		return;
	list = (int64_t *)(uintptr_t)v->u.list;	/* ours: of the arena */
	for (before = 0; fr_txn_next(v, &at, &m) == 1; before = at) {
		if (r->txn_texts && m.key < KEY_TEXTS + KEY_TEXTS_MAX)
			list[before + 1] = (int64_t)((uint64_t)m.key + move);
		/* A read of nil in a file about lists is an empty list. */
		if (r->lists && m.kind == FR_TXN_READ &&
		    m.value == FR_TXN_NIL) {
			list[before] = FR_TXN_LIST;
			list[before + 2] = 0;
		}
	}
}

/* Keys that are texts come behind those that are numbers. */
static uint64_t
name_keys(struct reader *r)
{
	struct key_names *k = &r->out->keys;
	const char **names;
	uint32_t i, count = r->key_index.count;

	if (count == 0)
		return 0;
	names = arena_new(&r->out->arena, count * sizeof *names);
	for (i = 0; i < count; i++)
		names[i] = r->keys[i].at;
	k->at = names;
	k->count = count;
	if (!r->numeric || r->key_most < 0)
		k->first = 0;
	else if (r->key_most < INT64_MAX - (int64_t)count)
		k->first = r->key_most + 1;
	else
		k->first = KEY_TEXTS;
	return (uint64_t)k->first - (uint64_t)KEY_TEXTS;
}

int
reader_finish(struct reader *r)
{
	struct imported *out = r->out;
	struct fr_operation *op;
	uint64_t i, move;
	bool fix;

	if (out->h.op_count == 0)
		return reader_error(r, r->end, "no operation in the whole "
				    "file");
	if ((uint64_t)r->process_most + r->again >= UINT32_MAX)
		return reader_error(r, r->end, "too many processes");
	out->pairs = r->pairs;
	move = name_keys(r);
	for (i = 0; i < r->again; i++)
		out->ops[r->again_ops[i]].process +=
			r->process_most + 1 - AGAIN;
	fix = r->key_index.count > 0 || r->lists || r->txn_texts;
	for (i = 0; fix && i < out->h.op_count; i++) {
		op = &out->ops[i];
		if (op->key != FR_NO_KEY &&
		    op->key < KEY_TEXTS + KEY_TEXTS_MAX)
			op->key = (int64_t)((uint64_t)op->key + move);
		if (r->lists || r->txn_texts) {
			fix_transaction(r, &op->value, move);
			fix_transaction(r, &op->result, move);
		}
	}
	out->h.clients = r->clients <= out->h.op_count * 2 + 1024 ?
		r->clients : r->process_index.count;
	out->h.duration = r->last_time > 0 ? r->last_time : 0;
	return 0;
}

/* For another attempt: everything of the first goes. */
void
reader_reset(struct reader *r)
{
	free(r->out->ops);
	arena_free(&r->out->arena);
	memset(r->out, 0, sizeof *r->out);
	free(r->processes);
	free(r->process_index.slots);
	free(r->small);
	free(r->again_ops);
	free(r->names);
	free(r->keys);
	free(r->key_index.slots);
	free(r->numbers);
}
