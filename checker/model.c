/* SPDX-License-Identifier: MIT */
/*
 * The models: their names, their words, and what of them a history's names of
 * operations and its settings choose.
 */
#include "checker/columns.h"
#include "checker/steps.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"

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
