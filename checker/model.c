/* SPDX-License-Identifier: MIT */
/*
 * The models: how an operation of the history becomes columns of a part.
 *
 * What the columns of a model mean is known here and, where it has states
 * that are more than a value, in steps.c; nobody else looks at them.
 */
#include "checker/steps.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"

static int
wrong(const struct part *p, const struct fr_operation *op, struct fr_err *err,
      const char *what)
{
	const struct check_config *c = p->bound->config;

	return err_usage(err, "operation %llu (%s): %s; see `fracas describe "
			 "%s`", (unsigned long long)op->id, c->op_names[op->f],
			 what, p->bound->own != NULL ? p->bound->own->name :
			 p->model->name);
}

static int
put(struct part *p, uint32_t i, unsigned int kind, uint32_t a, uint32_t b,
    unsigned int flags)
{
	p->kind[i] = (uint8_t)kind;
	p->a[i] = a;
	p->b[i] = b;
	p->flags[i] = (uint8_t)flags;
	return 1;
}

static enum word
word_of(const struct part *p, const struct fr_operation *op)
{
	return p->bound->words[op->f];
}

/* A result that says "no": the operation was answered, and had no effect. */
static bool
says_no(const struct fr_operation *op)
{
	return op->outcome == FR_FAIL ||
		(op->result.kind == FR_INT && op->result.u.number == 0);
}

/* ---- registers and maps ---------------------------------------------------------- */

static int
column_cas(struct part *p, uint32_t i, const struct fr_operation *op,
	   struct fr_err *err)
{
	uint32_t from, to;

	if (op->value.kind != FR_LIST || op->value.count != 2)
		return wrong(p, op, err, "a cas needs a list [from to]");
	from = dict_number(p->dict, op->value.u.list[0]);
	to = dict_number(p->dict, op->value.u.list[1]);
	if (op->outcome != FR_INFO && says_no(op))
		return put(p, i, 0, from, NONE, OP_PURE | OP_UNLESS);
	if (from != to)
		return put(p, i, 0, from, to, 0);
	return op->outcome == FR_INFO ? 0 :
		put(p, i, 0, from, NONE, OP_PURE);
}

int
column_register(struct part *p, uint32_t i, const struct fr_operation *op,
		struct fr_err *err)
{
	switch (word_of(p, op)) {
	case W_READ:
		if (op->outcome == FR_INFO ||
		    (p->bound->nil_reads_any && op->result.kind == FR_NIL))
			return 0;
		return put(p, i, 0, dict_id(p->dict, &op->result), NONE,
			   OP_PURE);
	case W_WRITE:
		return put(p, i, 0, NONE, dict_id(p->dict, &op->value), 0);
	case W_DELETE:
		return put(p, i, 0, NONE, NIL, 0);
	case W_APPEND:
		if (op->value.kind != FR_BYTES && op->value.kind != FR_LIST &&
		    op->value.kind != FR_NIL)
			return wrong(p, op, err,
				     "an append needs a text or a list");
		p->shape = SHAPE_TEXT;
		return put(p, i, 1, NONE, dict_id(p->dict, &op->value), 0);
	default:
		return column_cas(p, i, op, err);
	}
}

static int
column_mutex(struct part *p, uint32_t i, const struct fr_operation *op,
	     struct fr_err *err)
{
	bool acquire = word_of(p, op) == W_ACQUIRE;

	(void)err;
	if (op->outcome == FR_OK && acquire && says_no(op))
		return put(p, i, 0, 1, NONE, OP_PURE);
	return put(p, i, 0, !acquire, acquire, 0);
}

/* ---- collections ------------------------------------------------------------------ */

static int
by_number(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

/* false: out of budget, as the part's values then are. */
static bool
pool_room(struct part *p, size_t more)
{
	size_t want = p->pool_size + more, room = p->pool_room;
	uint32_t *pool;

	if (want <= room)
		return true;
	room = room + room / 2 + 64 > want ? room + room / 2 + 64 : want;
	pool = room > UINT32_MAX ? NULL :
		budget_resize(p->dict->budget, p->pool, p->pool_room, room,
			      sizeof *pool);
	if (pool == NULL) {
		p->dict->failed = true;
		return false;
	}
	p->pool = pool;
	p->pool_room = (uint32_t)room;
	return true;
}

/* The distinct elements of a list, in order, into the pool; NONE where one is
 * in it twice, which no set can answer. */
static void
pool_list(struct part *p, const struct fr_value *list, uint32_t *at)
{
	uint32_t i, *to;

	*at = NONE;
	if (!pool_room(p, list->count + (size_t)1))
		return;
	*at = p->pool_size;
	to = p->pool + p->pool_size;
	to[0] = list->count;
	for (i = 0; i < list->count; i++)
		to[i + 1] = dict_number(p->dict, list->u.list[i]);
	qsort(to + 1, list->count, sizeof *to, by_number);
	for (i = 1; i < list->count; i++)
		if (to[i] == to[i + 1])
			*at = NONE;
	p->pool_size += list->count + 1;
}

static int
column_set(struct part *p, uint32_t i, const struct fr_operation *op,
	   struct fr_err *err)
{
	bool alone = p->bound->by_element;
	uint32_t id, at;

	switch (word_of(p, op)) {
	case W_READ:
		if (op->outcome == FR_INFO)
			return 0;
		if (op->result.kind != FR_LIST && op->result.kind != FR_NIL)
			return wrong(p, op, err, "a read of a set gives a list");
		pool_list(p, &op->result, &at);
		return put(p, i, SET_READ, NONE, at, OP_PURE);
	case W_HAS:
		if (op->outcome == FR_INFO)
			return 0;
		if (alone)
			return put(p, i, 0, !says_no(op), NONE, OP_PURE);
		id = dict_id(p->dict, &op->value);
		return put(p, i, SET_HAS, id, !says_no(op), OP_PURE);
	case W_ADD:
		if (alone)
			return put(p, i, 0, NONE, 1, 0);
		return put(p, i, SET_ADD, dict_id(p->dict, &op->value), 0, 0);
	default:
		if (alone)
			return put(p, i, 0, NONE, 0, 0);
		return put(p, i, SET_REMOVE, dict_id(p->dict, &op->value), 0,
			   0);
	}
}

/* Queue, stack and priority queue: put, take, and look at the next. */
static int
column_queue(struct part *p, uint32_t i, const struct fr_operation *op,
	     struct fr_err *err)
{
	bool ranked = p->model->step == step_priority;
	enum word w = word_of(p, op);
	const struct fr_value *v = w == W_PUT ? &op->value : &op->result;

	if (op->outcome == FR_INFO && w == W_PEEK)
		return 0;
	if (op->outcome == FR_INFO && w == W_TAKE)
		return put(p, i, Q_TAKE, NONE, NONE, 0);
	if (v->kind == FR_NIL && w == W_PUT)
		return wrong(p, op, err, "nil cannot be put into a queue: it "
			     "is how an empty one answers");
	if (ranked && v->kind != FR_INT && v->kind != FR_NIL)
		return wrong(p, op, err, "a priority queue holds whole "
			     "numbers, the greatest first");
	if (w == W_PUT)
		return put(p, i, Q_PUT, dict_id(p->dict, v), NONE, 0);
	return put(p, i, w == W_TAKE ? Q_TAKE : Q_PEEK, NONE,
		   dict_id(p->dict, v),
		   w == W_PEEK || v->kind == FR_NIL ? OP_PURE : 0);
}

static int
column_log(struct part *p, uint32_t i, const struct fr_operation *op,
	   struct fr_err *err)
{
	uint32_t a, b = NONE;

	if (op->outcome == FR_INFO && word_of(p, op) != W_APPEND)
		return 0;
	if (op->outcome == FR_OK)
		b = dict_id(p->dict, &op->result);
	switch (word_of(p, op)) {
	case W_APPEND:
		a = dict_id(p->dict, &op->value);
		if (op->outcome == FR_OK && op->result.kind != FR_INT)
			b = NONE;
		return put(p, i, LOG_APPEND, a, b, 0);
	case W_SIZE:
		if (op->result.kind != FR_INT)
			return wrong(p, op, err, "a size is a whole number");
		return put(p, i, LOG_SIZE, NONE, b, OP_PURE);
	default:
		if (op->value.kind == FR_INT)
			return put(p, i, LOG_READ,
				   dict_id(p->dict, &op->value), b, OP_PURE);
		if (op->result.kind != FR_LIST && op->result.kind != FR_NIL)
			return wrong(p, op, err, "a read without an offset "
				     "gives the whole list");
		return put(p, i, LOG_ALL, NONE, b, OP_PURE);
	}
}

/* ---- numbers ------------------------------------------------------------------------ */

static int
column_counter(struct part *p, uint32_t i, const struct fr_operation *op,
	       struct fr_err *err)
{
	enum word w = word_of(p, op);
	bool answers = w == W_READ || w == W_ADD_GET || w == W_GET_ADD;
	unsigned int kind = COUNT_ADD;
	uint32_t amount, result = NONE;
	int64_t n = 1;

	if (w == W_READ && op->outcome == FR_INFO)
		return 0;
	if (w == W_READ && op->result.kind == FR_NIL) {
		result = dict_number(p->dict, 0);
	} else if (answers && op->outcome == FR_OK) {
		if (op->result.kind != FR_INT)
			return wrong(p, op, err,
				     "a counter answers with a whole number");
		result = dict_id(p->dict, &op->result);
	}
	if (w == W_READ)
		return put(p, i, COUNT_READ, NONE, result, OP_PURE);
	if (op->value.kind == FR_INT)
		n = op->value.u.number;
	else if (op->value.kind != FR_NIL)
		return wrong(p, op, err, "the amount is not a whole number");
	if (w == W_DECREMENT && n == INT64_MIN)
		return wrong(p, op, err, "the amount is too large");
	amount = dict_number(p->dict, w == W_DECREMENT ? -n : n);
	if (op->outcome == FR_OK && w == W_ADD_GET)
		kind = COUNT_ADD_GET;
	if (op->outcome == FR_OK && w == W_GET_ADD)
		kind = COUNT_GET_ADD;
	return put(p, i, kind, amount, result, 0);
}

static int
column_lock(struct part *p, uint32_t i, const struct fr_operation *op,
	    struct fr_err *err)
{
	uint32_t token = NONE;

	if (word_of(p, op) == W_RELEASE)
		return put(p, i, LOCK_RELEASE, op->client, NONE, 0);
	if (op->outcome == FR_OK && op->result.kind == FR_INT)
		token = dict_id(p->dict, &op->result);
	else if (op->outcome == FR_OK && op->result.kind != FR_NIL)
		return wrong(p, op, err, "a fence is a whole number");
	return put(p, i, LOCK_ACQUIRE, op->client, token, 0);
}

static int
column_semaphore(struct part *p, uint32_t i, const struct fr_operation *op,
		 struct fr_err *err)
{
	int64_t n = op->value.kind == FR_INT ? op->value.u.number : 1;

	if (n < 0 || (op->value.kind != FR_INT && op->value.kind != FR_NIL))
		return wrong(p, op, err, "permits are a whole number, not "
			     "negative");
	return put(p, i, word_of(p, op) == W_ACQUIRE ? SEM_ACQUIRE :
		   SEM_RELEASE, dict_number(p->dict, n), NONE, 0);
}

static int
column_bank(struct part *p, uint32_t i, const struct fr_operation *op,
	    struct fr_err *err)
{
	static const int64_t none[3] = { 0, 0, 0 };
	const struct fr_value nothing = {
		.kind = FR_LIST, .count = 3, .u = { .list = none },
	};
	int64_t accounts = p->bound->accounts;
	const int64_t *t;

	if (word_of(p, op) == W_READ) {
		if (op->outcome == FR_INFO)
			return 0;
		if (op->result.kind != FR_LIST)
			return wrong(p, op, err, "a read gives the list of "
				     "all balances");
		return put(p, i, BANK_READ, NONE,
			   dict_id(p->dict, &op->result), OP_PURE);
	}
	/* How many there are, and with how much, the settings say. */
	if (word_of(p, op) == W_OPEN)
		return put(p, i, BANK_TRANSFER, dict_id(p->dict, &nothing),
			   NONE, OP_PURE);
	t = op->value.u.list;
	if (op->value.kind != FR_LIST || op->value.count != 3 || t[0] < 0 ||
	    t[1] < 0 || t[0] >= accounts || t[1] >= accounts || t[2] < 0)
		return wrong(p, op, err, "a transfer is a list [from to "
			     "amount] of accounts that there are (--set "
			     "accounts=N)");
	return put(p, i, BANK_TRANSFER, dict_id(p->dict, &op->value), NONE, 0);
}

static int
column_own(struct part *p, uint32_t i, const struct fr_operation *op,
	   struct fr_err *err)
{
	(void)op;
	(void)err;
	return put(p, i, 0, NONE, NONE, 0);
}

/* ---- the list of them ------------------------------------------------------------------ */

#define END { NULL, W_NONE }

static const struct model_word register_words[] = {
	{ "read", W_READ }, { "write", W_WRITE }, { "cas", W_CAS },
	{ "get", W_READ }, { "put", W_WRITE }, { "set", W_WRITE },
	{ "compare-and-set", W_CAS }, END
};
static const struct model_word kv_words[] = {
	{ "get", W_READ }, { "put", W_WRITE }, { "append", W_APPEND },
	{ "cas", W_CAS }, { "delete", W_DELETE }, { "read", W_READ },
	{ "write", W_WRITE }, { "set", W_WRITE }, { "remove", W_DELETE }, END
};
static const struct model_word set_words[] = {
	{ "add", W_ADD }, { "remove", W_REMOVE }, { "contains", W_HAS },
	{ "read", W_READ }, { "insert", W_ADD }, { "delete", W_REMOVE }, END
};
static const struct model_word queue_words[] = {
	{ "enqueue", W_PUT }, { "dequeue", W_TAKE }, { "peek", W_PEEK },
	{ "offer", W_PUT }, { "poll", W_TAKE }, END
};
static const struct model_word stack_words[] = {
	{ "push", W_PUT }, { "pop", W_TAKE }, { "peek", W_PEEK },
	{ "top", W_PEEK }, END
};
static const struct model_word priority_words[] = {
	{ "insert", W_PUT }, { "poll", W_TAKE }, { "peek", W_PEEK },
	{ "offer", W_PUT }, { "enqueue", W_PUT }, { "dequeue", W_TAKE },
	{ "push", W_PUT }, { "pop", W_TAKE }, END
};
static const struct model_word counter_words[] = {
	{ "add", W_ADD }, { "read", W_READ }, { "increment", W_INCREMENT },
	{ "decrement", W_DECREMENT }, { "add-and-get", W_ADD_GET },
	{ "get-and-add", W_GET_ADD }, { "inc", W_INCREMENT },
	{ "dec", W_DECREMENT }, { "get", W_READ }, END
};
static const struct model_word lock_words[] = {
	{ "acquire", W_ACQUIRE }, { "release", W_RELEASE },
	{ "lock", W_ACQUIRE }, { "unlock", W_RELEASE }, END
};
static const struct model_word log_words[] = {
	{ "append", W_APPEND }, { "read", W_READ }, { "size", W_SIZE },
	{ "send", W_APPEND }, { "poll", W_READ }, END
};
static const struct model_word bank_words[] = {
	{ "transfer", W_TRANSFER }, { "read", W_READ }, { "open", W_OPEN },
	END
};

static const struct model models[] = {
	{ "register", MODEL_REGISTER, SHAPE_PLAIN,
	  register_words, column_register,
	  NULL, NULL, NULL, false },
	{ "kv", MODEL_KV, SHAPE_PLAIN,
	  kv_words, column_register,
	  NULL, NULL, NULL, false },
	{ "set", MODEL_SET, SHAPE_WORDS,
	  set_words, column_set,
	  init_empty, step_set, describe_values, true },
	{ "queue", MODEL_QUEUE, SHAPE_WORDS,
	  queue_words, column_queue,
	  init_empty, step_queue, describe_values, true },
	{ "stack", MODEL_STACK, SHAPE_WORDS,
	  stack_words, column_queue,
	  init_empty, step_stack, describe_values, true },
	{ "priority-queue", MODEL_PRIORITY, SHAPE_WORDS,
	  priority_words, column_queue,
	  init_empty, step_priority, describe_numbers, true },
	{ "counter", MODEL_COUNTER, SHAPE_WORDS,
	  counter_words, column_counter,
	  init_counter, step_counter, describe_number, false },
	{ "mutex", MODEL_MUTEX, SHAPE_PLAIN,
	  lock_words, column_mutex,
	  NULL, NULL, NULL, false },
	{ "fenced-lock", MODEL_LOCK, SHAPE_WORDS,
	  lock_words, column_lock,
	  init_lock, step_lock, describe_lock, false },
	{ "semaphore", MODEL_SEMAPHORE, SHAPE_WORDS,
	  lock_words, column_semaphore,
	  init_semaphore, step_semaphore, describe_number, false },
	{ "log", MODEL_LOG, SHAPE_WORDS,
	  log_words, column_log,
	  init_empty, step_log, describe_values, false },
	{ "bank", MODEL_BANK, SHAPE_WORDS,
	  bank_words, column_bank,
	  init_bank, step_bank, describe_numbers, false },
};

static const struct model own_model = {
	"own", MODEL_OWN, SHAPE_OWN, NULL, column_own, NULL, NULL, NULL, false
};

const char *const model_names[] = {
	"register", "read, write, cas on each key; a cas takes [from to]",
	"kv", "get, put, append, cas, delete on each key; an append joins "
		"texts or lists, and an empty one is nil",
	"set", "add, remove, contains (0 or 1), read (the whole list)",
	"queue", "first in, first out: enqueue, dequeue (nil: empty), peek",
	"stack", "last in, first out: push, pop (nil: empty), peek",
	"priority-queue", "insert, poll, peek: the greatest number first",
	"counter", "add, increment, decrement, read (nil is 0), "
		"add-and-get, get-and-add",
	"mutex", "acquire, release; an acquire that answers 0 found it held",
	"fenced-lock", "acquire (gives a fence that only grows) and release, "
		"by the same client",
	"semaphore", "acquire and release some of --set permits=N",
	"log", "append (gives the offset), read (an offset, or all), size",
	"bank", "transfer [from to amount], read (all balances), open (as "
		"they are); --set accounts=N, balance=N, negative=yes",
	NULL
};

const struct model *
model_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof models / sizeof models[0]; i++)
		if (strcmp(models[i].name, name) == 0)
			return &models[i];
	return NULL;
}

/* ---- binding ------------------------------------------------------------------------------ */

static int
bind_setting(struct bound *m, const char *text, struct fr_err *err)
{
	static const char *const known[] = {
		"nil-reads", "failed-cas", "initial", "permits", "accounts",
		"balance", "negative"
	};
	const char *equals = strchr(text, '='), *value, *near;
	size_t size;
	char name[32];

	if (equals == NULL)
		return err_usage(err, "setting %s: write NAME=VALUE, such as "
				 "nil-reads=any", text);
	value = equals + 1;
	size = (size_t)(equals - text);
	if (size >= sizeof name)
		size = sizeof name - 1;
	memcpy(name, text, size);
	name[size] = '\0';
	if (strcmp(name, "nil-reads") == 0) {
		if (strcmp(value, "any") != 0 && strcmp(value, "nil") != 0)
			return err_usage(err, "nil-reads=%s: it is any (the "
				"value is not known) or nil", value);
		m->nil_reads_any = value[0] == 'a';
		return 0;
	}
	if (strcmp(name, "failed-cas") == 0) {
		if (strcmp(value, "differs") != 0 &&
		    strcmp(value, "nothing") != 0)
			return err_usage(err, "failed-cas=%s: it is differs "
				"(the value was another one) or nothing",
				value);
		m->failed_cas = value[0] == 'd';
		return 0;
	}
	if (strcmp(name, "initial") == 0) {
		if (strcmp(value, "nil") == 0)
			return 0;
		m->initial.kind = FR_INT;
		if (read_int(value, INT64_MIN, INT64_MAX,
			     &m->initial.u.number, NULL) != 0) {
			m->initial.kind = FR_BYTES;
			m->initial.count = (uint32_t)strlen(value);
			m->initial.u.bytes = arena_string(&m->arena, value);
		}
		return 0;
	}
	if (strcmp(name, "permits") == 0)
		return read_int(value, 0, INT64_MAX, &m->permits, err);
	if (strcmp(name, "accounts") == 0)
		return read_int(value, 1, 1000000, &m->accounts, err);
	if (strcmp(name, "balance") == 0)
		return read_int(value, 0, INT32_MAX, &m->balance, err);
	if (strcmp(name, "negative") == 0)
		return read_bool(value, &m->negative, err);
	near = nearest_word(name, known, sizeof known / sizeof known[0],
			    sizeof known[0]);
	return err_usage(err, "setting %s: the checker knows no such one%s%s",
			 name, near != NULL ? "; did you mean " : "",
			 near != NULL ? near : "");
}

static enum word
word_find(const struct model *m, const char *text)
{
	const struct model_word *w;

	for (w = m->words; w->text != NULL; w++)
		if (strcmp(w->text, text) == 0)
			return w->word;
	return W_NONE;
}

/* The words of those operations that are in the history. */
static int
bind_words(struct bound *m, const struct fr_history *h, struct fr_err *err)
{
	const struct check_config *c = m->config;
	const struct fr_operation *op;
	const char *at, *near;
	size_t count;
	uint64_t i;

	m->words = arena_new(&m->arena, (c->op_count + 1) * sizeof *m->words);
	m->by_element = true;
	at = (const char *)h->ops;
	for (i = 0; i < h->op_count; i++, at += h->op_stride) {
		op = (const struct fr_operation *)at;
		if (op->f >= c->op_count)
			return err_usage(err, "operation %llu: there is no "
				"operation number %u",
				(unsigned long long)op->id, op->f);
		if (m->own != NULL || m->words[op->f] != W_NONE)
			continue;
		m->words[op->f] = word_find(m->model, c->op_names[op->f]);
		if (m->words[op->f] == W_READ)
			m->by_element = false;
		if (m->words[op->f] != W_NONE)
			continue;
		for (count = 0; m->model->words[count].text != NULL; count++)
			;
		near = nearest_word(c->op_names[op->f], &m->model->words->text,
				    count, sizeof *m->model->words);
		return err_usage(err, "the model %s has no operation %s%s%s",
				 m->model->name, c->op_names[op->f],
				 near != NULL ? "; did you mean " : "",
				 near != NULL ? near : "");
	}
	return 0;
}

int
model_bind(const struct check_config *c, const struct fr_history *h,
	   struct bound *out, struct fr_err *err)
{
	const char *near;
	struct bound m;
	size_t i, count;

	memset(&m, 0, sizeof m);
	m.config = c;
	m.own = c->own;
	m.permits = 1;
	m.accounts = 8;
	m.balance = 10;
	m.model = c->own != NULL ? &own_model :
		c->model != NULL ? model_find(c->model) : NULL;
	if (m.model == NULL) {
		for (count = 0; model_names[count] != NULL; count += 2)
			;
		near = c->model == NULL ? NULL :
			nearest_word(c->model, model_names, count / 2,
				     2 * sizeof *model_names);
		return err_usage(err, "model %s: the checker knows no such "
				 "one%s%s; `fracas list models` shows them",
				 c->model == NULL ? "(none)" : c->model,
				 near != NULL ? "; did you mean " : "",
				 near != NULL ? near : "");
	}
	for (i = 0; c->settings != NULL && c->settings[i] != NULL; i++)
		if (bind_setting(&m, c->settings[i], err) != 0)
			goto fail;
	if (bind_words(&m, h, err) != 0)
		goto fail;
	*out = m;
	return 0;
fail:
	arena_free(&m.arena);
	return -1;
}

void
bound_free(struct bound *b)
{
	arena_free(&b->arena);
}
