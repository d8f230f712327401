/* SPDX-License-Identifier: MIT */
/*
 * Writing a history for others: the events of its operations, in their order.
 *
 * What is written is read back as the same history: so bytes that are no text
 * are written as hexadecimal digits, and a transaction with its
 * micro-operations only where every one of them comes back as it is.  What a
 * form has no words for is refused before the first byte (fits.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/txn.h>

#include "checker/import/writer.h"

#define PART	65536u		/* bytes that are written at once             */

const char *const export_formats[] = {
	"jsonl", "one JSON object a line",
	"edn", "maps as Jepsen and Knossos write them",
	"porcupine-kv", "get, put and append of texts, as in Porcupine's tests",
	"jepsen-log", "lines of Jepsen's log, as of its runs against etcd",
	NULL
};

struct moment {
	uint64_t rank;
	uint64_t op;
	bool end;
};

/* ---- values -------------------------------------------------------------- */

/* The bytes of the character at p, or 0: that is no UTF-8. */
static size_t
character(const unsigned char *p, size_t left)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size = p[0] < 0x80 ? 1 : p[0] >= 0xf0 && p[0] < 0xf8 ? 4 :
		p[0] >= 0xe0 && p[0] < 0xf0 ? 3 :
		p[0] >= 0xc0 && p[0] < 0xe0 ? 2 : 0, i;
	unsigned int c;

	if (size < 2 || size > left)
		return size == 1 ? 1 : 0;
	c = p[0] & (0x7fu >> size);
	for (i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c < least[size] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ?
		0 : size;
}

bool
writer_is_text(const char *bytes, size_t size)
{
	size_t i = 0, step;

	while (i < size) {
		step = character((const unsigned char *)bytes + i, size - i);
		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

static void
put_text(struct buf *b, const char *at, size_t size)
{
	size_t i, from = 0;

	buf_char(b, '"');
	for (i = 0; i < size; i++) {
		if (at[i] != '"' && at[i] != '\\' &&
		    (unsigned char)at[i] >= ' ' && at[i] != 127)
			continue;
		buf_add(b, at + from, i - from);
		from = i + 1;
		if (at[i] == '"' || at[i] == '\\')
			buf_printf(b, "\\%c", at[i]);
		else if (at[i] == '\n')
			buf_text(b, "\\n");
		else
			buf_printf(b, "\\u%04x", (unsigned char)at[i]);
	}
	buf_add(b, at + from, size - from);
	buf_char(b, '"');
}

static void
put_bytes(struct writer *w, const struct fr_value *v)
{
	uint32_t i;

	if (writer_is_text(v->u.bytes, v->count)) {
		put_text(&w->b, v->u.bytes, v->count);
		return;
	}
	buf_text(&w->b, w->edn ? "#fracas/hex \"" : "{\"hex\":\"");
	for (i = 0; i < v->count; i++)
		buf_printf(&w->b, "%02x",
			   ((const unsigned char *)v->u.bytes)[i]);
	buf_text(&w->b, w->edn ? "\"" : "\"}");
}

static void
put_number(struct buf *b, int64_t n)
{
	char text[24], *at = text + sizeof text;
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	do
		*--at = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (n < 0)
		*--at = '-';
	buf_add(b, at, (size_t)(text + sizeof text - at));
}

static void
put_numbers(struct writer *w, const int64_t *list, uint32_t count)
{
	uint32_t i;

	buf_char(&w->b, '[');
	for (i = 0; i < count; i++) {
		if (i > 0)
			buf_char(&w->b, w->edn ? ' ' : ',');
		put_number(&w->b, list[i]);
	}
	buf_char(&w->b, ']');
}

static void
put_micro(struct writer *w, const struct fr_txn_micro *m)
{
	const char *f = m->kind != FR_TXN_WRITE ? "r" :
		w->lists ? "append" : "w";
	const char *between = w->edn ? " " : ",";

	buf_printf(&w->b, w->edn ? "[:%s " : "[\"%s\",", f);
	put_number(&w->b, m->key);
	buf_text(&w->b, between);
	if (m->kind == FR_TXN_LIST)
		put_numbers(w, m->elements, m->count);
	else if (m->kind == FR_TXN_READ && m->value == FR_TXN_NIL)
		buf_text(&w->b, w->edn ? "nil" : "null");
	else
		put_number(&w->b, m->value);
	buf_char(&w->b, ']');
}

static void
put_transaction(struct writer *w, const struct fr_value *v)
{
	struct fr_txn_micro m;
	uint32_t at = 0;

	buf_char(&w->b, '[');
	while (fr_txn_next(v, &at, &m) == 1) {
		put_micro(w, &m);
		if (at < v->count)
			buf_char(&w->b, w->edn ? ' ' : ',');
	}
	buf_char(&w->b, ']');
}

/* Whether it comes back as it is when it is written with its operations. */
static bool
is_transaction(const struct writer *w, const struct fr_operation *op,
	       const struct fr_value *v)
{
	struct fr_txn_micro m;
	uint32_t at = 0;
	int status;

	if (strcmp(w->op_names[op->f], "txn") != 0)
		return false;
	while ((status = fr_txn_next(v, &at, &m)) == 1) {
		if (w->lists && m.kind == FR_TXN_READ)
			return false;
		if (m.kind == FR_TXN_WRITE && m.value == FR_TXN_NIL)
			return false;
	}
	return status == 0;
}

static void
put_value(struct writer *w, const struct fr_operation *op,
	  const struct fr_value *v)
{
	switch (v->kind) {
	case FR_INT:
		put_number(&w->b, v->u.number);
		break;
	case FR_LIST:
		if (is_transaction(w, op, v))
			put_transaction(w, v);
		else
			put_numbers(w, v->u.list, v->count);
		break;
	case FR_BYTES:
		put_bytes(w, v);
		break;
	default:
		buf_text(&w->b, w->edn ? "nil" : "null");
		break;
	}
}

/* ---- events -------------------------------------------------------------- */

/* `, :name ` or `,"name":` */
static void
name(struct writer *w, const char *text)
{
	if (w->edn)
		buf_printf(&w->b, ", :%s ", text);
	else
		buf_printf(&w->b, ",\"%s\":", text);
}

static void
number(struct writer *w, const char *text, int64_t n)
{
	name(w, text);
	put_number(&w->b, n);
}

bool
writer_is_keyword(const char *text)
{
	const char *p;

	for (p = text; (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
	     (p > text && (*p == '-' || *p == '_' || *p == '?' ||
			   (*p >= '0' && *p <= '9'))); p++)
		;
	return p > text && *p == '\0';
}

/* A key that has a name; NULL: it is a number. */
const char *
writer_key_name(const struct writer *w, int64_t key)
{
	const struct key_names *k = w->keys;
	uint64_t i = k == NULL ? 0 : (uint64_t)key - (uint64_t)k->first;

	return k != NULL && i < k->count ? k->at[i] : NULL;
}

static void
put_key(struct writer *w, int64_t key)
{
	const char *text = writer_key_name(w, key);

	if (text != NULL)
		put_text(&w->b, text, strlen(text));
	else
		put_number(&w->b, key);
}

static const char *
type_of(const struct fr_operation *op, bool end)
{
	return !end ? "invoke" : op->outcome == FR_OK ? "ok" : "fail";
}

/* jsonl and edn: all that is known. */
static void
put_map(struct writer *w, const struct fr_operation *op, bool end)
{
	const char *type = type_of(op, end), *f = w->op_names[op->f];

	buf_text(&w->b, w->edn ? "{:process " : "{\"process\":");
	put_number(&w->b, op->process);
	name(w, "type");
	buf_printf(&w->b, w->edn ? ":%s" : "\"%s\"", type);
	name(w, "f");
	if (w->edn && writer_is_keyword(f))
		buf_printf(&w->b, ":%s", f);
	else
		put_text(&w->b, f, strlen(f));
	if (op->key != FR_NO_KEY) {
		name(w, "key");
		put_key(w, op->key);
	}
	name(w, "value");
	put_value(w, op, end && op->outcome == FR_OK ? &op->result :
		  &op->value);
	number(w, "time", end ? op->ended : op->called);
	if (!end) {
		number(w, "client", op->client);
		number(w, "node", op->node);
		if (op->phase == FR_PHASE_FINAL) {
			name(w, "final");
			buf_text(&w->b, "true");
		}
	}
	buf_text(&w->b, "}\n");
}

/* Of what was only answered with "done", others repeat what was asked. */
static const struct fr_value *
value_at(const struct fr_operation *op, bool end, bool repeats)
{
	return !end || op->outcome != FR_OK ||
		(repeats && op->result.kind == FR_NIL) ?
		&op->value : &op->result;
}

/* Each key and each value is a text, and nothing but what is asked of a get is
 * nil. */
static void
put_kv(struct writer *w, const struct fr_operation *op, bool end)
{
	const char *f = w->op_names[op->f], *text;
	bool get = strcmp(f, "get") == 0;
	const struct fr_value *v = value_at(op, end, !get);

	buf_printf(&w->b, "{:process %u, :type :%s, :f :%s, :key ",
		   op->process, type_of(op, end), f);
	text = writer_key_name(w, op->key);
	if (text != NULL)
		put_text(&w->b, text, strlen(text));
	else
		buf_printf(&w->b, "\"%lld\"", (long long)op->key);
	buf_text(&w->b, ", :value ");
	if (v->kind == FR_BYTES)
		put_text(&w->b, v->u.bytes, v->count);
	else
		buf_text(&w->b, end ? "\"\"" : "nil");
	buf_text(&w->b, "}\n");
}

/* Where operations have keys a value is [key value]. */
static void
put_log(struct writer *w, const struct fr_operation *op, bool end)
{
	const char *f = w->op_names[op->f];

	buf_printf(&w->b, "INFO  jepsen.util - %u\t:%s\t:%s\t", op->process,
		   type_of(op, end), f);
	if (op->key != FR_NO_KEY) {
		buf_char(&w->b, '[');
		put_key(w, op->key);
		buf_char(&w->b, ' ');
	}
	put_value(w, op, value_at(op, end, writer_repeats(f)));
	buf_text(&w->b, op->key != FR_NO_KEY ? "]\n" : "\n");
}

static void
put_event(struct writer *w, const struct fr_operation *op, bool end)
{
	if (w->form == FORM_KV)
		put_kv(w, op, end);
	else if (w->form == FORM_LOG)
		put_log(w, op, end);
	else
		put_map(w, op, end);
}

static int
by_rank(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (int)x->end - (int)y->end;
}

/* Calls and ends, in order. */
static struct moment *
moments(const struct fr_history *h, uint64_t *count)
{
	struct moment *all = mem_array(h->op_count * 2, sizeof *all);
	const struct fr_operation *op;
	uint64_t i, n = 0;

	for (i = 0; i < h->op_count; i++) {
		op = writer_op(h, i);
		all[n++] = (struct moment){ op->call_rank, i, false };
		if (op->outcome != FR_INFO)
			all[n++] = (struct moment){ op->end_rank, i, true };
	}
	qsort(all, n, sizeof *all, by_rank);
	*count = n;
	return all;
}

static int
look(struct writer *w, uint32_t op_count, struct fr_err *err)
{
	const struct fr_operation *op;
	struct fr_txn_micro m;
	uint64_t i;
	uint32_t at;

	for (i = 0; i < w->h->op_count; i++) {
		op = writer_op(w->h, i);
		if (op->f >= op_count)
			return err_set(err, "operation %llu has no name: there "
				"is no number %u", (unsigned long long)op->id,
				op->f);
		if (strcmp(w->op_names[op->f], "txn") != 0)
			continue;
		for (at = 0; fr_txn_next(&op->value, &at, &m) == 1;)
			w->lists = w->lists || m.kind == FR_TXN_LIST;
		if (op->outcome != FR_OK)
			continue;
		for (at = 0; fr_txn_next(&op->result, &at, &m) == 1;)
			w->lists = w->lists || m.kind == FR_TXN_LIST;
	}
	return 0;
}

static int
find_form(const char *format, enum form *out, struct fr_err *err)
{
	uint32_t i;

	for (i = 0; export_formats[2 * i] != NULL; i++) {
		if (strcmp(format, export_formats[2 * i]) == 0) {
			*out = (enum form)i;
			return 0;
		}
	}
	return err_usage(err, "format %s: histories are written as jsonl, edn, "
			 "porcupine-kv or jepsen-log", format);
}

int
export_history(const struct fr_history *h, const char *const *op_names,
	       uint32_t op_count, const struct key_names *keys,
	       const char *format, export_write_fn write, void *arg,
	       struct fr_err *err)
{
	struct writer w = { .h = h, .op_names = op_names, .keys = keys };
	struct moment *all;
	uint64_t i, count;
	int status = 0;

	if (find_form(format, &w.form, err) != 0 ||
	    look(&w, op_count, err) != 0 || writer_fits(&w, err) != 0)
		return -1;
	w.edn = w.form != FORM_JSONL;
	all = moments(h, &count);
	buf_init(&w.b, SIZE_MAX / 2);
	for (i = 0; i < count && status == 0; i++) {
		put_event(&w, writer_op(h, all[i].op), all[i].end);
		if (w.b.size < PART && i + 1 < count)
			continue;
		status = write(arg, w.b.data, w.b.size);
		buf_clear(&w.b);
	}
	free(all);
	buf_free(&w.b);
	return status == 0 ? 0 : err_set(err, "the history could not be "
					 "written");
}
