/* SPDX-License-Identifier: MIT */
/*
 * Reading foreign histories: the file, and events into operations.
 *
 * 1. The text is mapped and walked through once; what was read is given back
 *    to the system, so that a large file does not stay in memory.  Texts that
 *    need no unescaping are used where they lie.
 * 2. On an error everything is released and the caller's struct is untouched.
 */
#include "checker/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checker/scan.h"
#include "checker/weak/txn.h"
#include "core/base/rand.h"
#include "core/base/units.h"

#define GIVE_BACK	(UINT64_C(16) << 20)

const char *const import_formats[] = {
	"edn", "maps as Jepsen, Knossos and Porcupine write them",
	"jepsen-log", "lines of Jepsen's log, as of etcd runs",
	"jsonl", "one JSON object a line",
	NULL
};

struct open_process {
	int64_t number;
	uint32_t process;	/* in the history                              */
	bool open;
	uint64_t op;
};

/* ---- errors ------------------------------------------------------------------------- */

int
scan_error(struct scan *s, const char *at, const char *format, ...)
{
	const char *p, *start = s->begin;
	uint64_t line = 1;
	char words[512];
	va_list args;

	for (p = s->begin; p < at && p < s->end; p++) {
		if (*p == '\n') {
			line++;
			start = p + 1;
		}
	}
	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	return err_usage(s->err, "%s:%llu:%llu: %s", s->name,
			 (unsigned long long)line,
			 (unsigned long long)(at - start) + 1, words);
}

const char *
scan_near(const struct scan *s, const char *at)
{
	static _Thread_local char text[40];
	size_t i;

	if (at >= s->end)
		return "the end of the file";
	text[0] = '"';
	for (i = 0; i < 20 && at + i < s->end && at[i] != '\n'; i++)
		text[i + 1] = at[i] >= ' ' && at[i] < 127 ? at[i] : '?';
	text[i + 1] = '"';
	text[i + 2] = '\0';
	return i == 0 ? "the end of the line" : text;
}

/* ---- numbers and lists ----------------------------------------------------------------- */

int
scan_number(struct scan *s, int64_t *out)
{
	const char *at = s->at;
	bool minus = at < s->end && *at == '-';
	uint64_t n = 0;
	unsigned int digit;

	if (at < s->end && (*at == '-' || *at == '+'))
		at++;
	if (at == s->end || *at < '0' || *at > '9')
		return 0;
	for (; at < s->end && *at >= '0' && *at <= '9'; at++) {
		digit = (unsigned int)(*at - '0');
		if (n > (UINT64_MAX - digit) / 10 ||
		    n * 10 + digit > (uint64_t)INT64_MAX + minus)
			return scan_error(s, s->at, "a number that does not "
					  "fit into 64 bits");
		n = n * 10 + digit;
	}
	if (at < s->end && (*at == '.' || *at == 'e' || *at == 'E' ||
			    *at == '/'))
		return scan_error(s, s->at, "a number that is not whole: %s",
				  scan_near(s, s->at));
	*out = minus ? (int64_t)(0 - n) : (int64_t)n;
	s->at = at;
	return 1;
}

void
scan_push(struct scan *s, int64_t n)
{
	mem_grow(&s->numbers, &s->number_room, s->number_count + 1,
		 sizeof *s->numbers);
	s->numbers[s->number_count++] = n;
}

struct fr_value
scan_list(struct scan *s, size_t first)
{
	struct fr_value v;

	memset(&v, 0, sizeof v);
	v.kind = FR_LIST;
	v.count = (uint32_t)(s->number_count - first);
	v.u.list = arena_copy(&s->out->arena, s->numbers + first,
			      v.count * sizeof *s->numbers);
	s->number_count = first;
	return v;
}

int
scan_micro(struct scan *s, const char *at, struct span f, bool has_key,
	   int64_t key, const struct fr_value *value)
{
	bool append = span_is(f, "append");
	uint32_t i;

	if (!has_key)
		return scan_error(s, at, "a micro-operation is [f key value]");
	if (append || span_is(f, "w")) {
		if (value->kind != FR_INT)
			return scan_error(s, at, "the value of a %s is a "
					  "whole number", append ? "append" :
					  "w");
		s->lists = s->lists || append;
		scan_push(s, TXN_WRITE);
		scan_push(s, key);
		scan_push(s, value->u.number);
		return 0;
	}
	if (!span_is(f, "r"))
		return scan_error(s, at, "a micro-operation is r, w or append");
	if (value->kind == FR_BYTES)
		return scan_error(s, at, "a read gives a whole number or a "
				  "list of them");
	scan_push(s, value->kind == FR_LIST ? TXN_LIST : TXN_READ);
	scan_push(s, key);
	scan_push(s, value->kind == FR_LIST ? value->count :
		  value->kind == FR_INT ? value->u.number : TXN_NIL);
	s->lists = s->lists || value->kind == FR_LIST;
	for (i = 0; value->kind == FR_LIST && i < value->count; i++)
		scan_push(s, value->u.list[i]);
	return 0;
}

/* A read of nil in a file about lists is an empty list. */
static void
fix_lists(struct fr_value *v)
{
	int64_t *list;
	uint32_t at = 0, before;
	struct txn_micro m;

	if (v->kind != FR_LIST)
		return;
	list = (int64_t *)(uintptr_t)v->u.list;	/* ours: of the arena */
	for (before = 0; txn_next(v, &at, &m) == 1; before = at) {
		if (m.kind != TXN_READ || m.value != TXN_NIL)
			continue;
		list[before] = TXN_LIST;
		list[before + 2] = 0;
	}
}

int
scan_key(struct scan *s, const char *at, const struct fr_value *v,
	 struct line *l)
{
	const char *p = v->u.bytes;
	char text[24], *end;

	if (v->kind == FR_LIST)
		return scan_error(s, at, "a key is a number or a text");
	l->has_key = true;
	if (v->kind == FR_INT) {
		l->key = v->u.number;
	} else if (v->count > 0 && v->count < 19 && p[0] >= '0' &&
		   p[0] <= '9') {
		memcpy(text, p, v->count);
		text[v->count] = '\0';
		l->key = strtoll(text, &end, 10);
		if (*end == '\0')
			return 0;
	}
	if (v->kind == FR_BYTES)
		l->key = (int64_t)(hash_bytes(17, p, v->count) >> 1);
	return 0;
}

/* ---- events ------------------------------------------------------------------------------ */

enum event_type
scan_type(struct span s)
{
	if (span_is(s, "invoke"))
		return TYPE_INVOKE;
	if (span_is(s, "ok"))
		return TYPE_OK;
	if (span_is(s, "fail"))
		return TYPE_FAIL;
	return span_is(s, "info") ? TYPE_INFO : TYPE_NONE;
}

static struct open_process *
process_of(struct scan *s, int64_t number)
{
	uint32_t slot, mask, i;
	struct open_process *p;

	if (s->table != NULL) {
		slot = (uint32_t)hash_mix(3, (uint64_t)number) & s->mask;
		for (; s->table[slot] != 0; slot = (slot + 1) & s->mask) {
			p = &s->processes[s->table[slot] - 1];
			if (p->number == number)
				return p;
		}
	}
	mem_grow(&s->processes, &s->process_room, s->process_count + 1,
		 sizeof *s->processes);
	p = &s->processes[s->process_count++];
	memset(p, 0, sizeof *p);
	p->number = number;
	p->process = s->next_process++;
	if (s->table == NULL || s->process_count * 2 > s->mask) {
		mask = s->table == NULL ? 63 : s->mask * 2 + 1;
		free(s->table);
		s->table = mem_array((size_t)mask + 1, sizeof *s->table);
		s->mask = mask;
		i = 0;
	} else {
		i = (uint32_t)s->process_count - 1;
	}
	for (; i < s->process_count; i++) {
		slot = (uint32_t)hash_mix(3, (uint64_t)
					  s->processes[i].number) & s->mask;
		while (s->table[slot] != 0)
			slot = (slot + 1) & s->mask;
		s->table[slot] = i + 1;
	}
	return p;
}

static uint32_t
name_number(struct scan *s, struct span f)
{
	struct imported *out = s->out;
	uint32_t i;

	for (i = 0; i < out->op_count; i++)
		if (s->names[i].size == f.size &&
		    memcmp(s->names[i].at, f.at, f.size) == 0)
			return i;
	mem_grow(&s->names, &s->name_room, out->op_count + (size_t)1,
		 sizeof *s->names);
	s->names[out->op_count].at = memcpy(arena_new(&out->arena,
						      f.size + 1),
					    f.at, f.size);
	s->names[out->op_count].size = f.size;
	return out->op_count++;
}

static int
begin(struct scan *s, const struct line *l, struct open_process *p)
{
	struct imported *out = s->out;
	struct fr_operation *op;

	if (p->open)
		return scan_error(s, l->start, "process %lld has an operation "
			"open already", (long long)l->process);
	if (out->h.op_count >= UINT32_MAX / 2)
		return scan_error(s, l->start, "too many operations");
	mem_grow(&out->ops, &s->room, out->h.op_count + 1, sizeof *out->ops);
	op = &out->ops[out->h.op_count];
	memset(op, 0, sizeof *op);
	op->process = p->process;
	op->client = (uint32_t)(l->client >= 0 ? l->client : l->process);
	op->node = (uint32_t)l->node;
	op->f = name_number(s, l->f);
	op->outcome = FR_INFO;
	op->key = l->has_key ? l->key : FR_NO_KEY;
	op->value = l->value;
	op->called = l->time;
	op->ended = INT64_MAX;
	op->call_rank = s->rank;
	op->end_rank = UINT64_MAX;
	op->id = out->h.op_count;
	p->open = true;
	p->op = out->h.op_count++;
	return 0;
}

static int
complete(struct scan *s, const struct line *l, struct open_process *p)
{
	struct fr_operation *op;

	if (!p->open)
		return scan_error(s, l->start, "process %lld ends an "
			"operation that it did not begin",
			(long long)l->process);
	op = &s->out->ops[p->op];
	if (name_number(s, l->f) != op->f)
		return scan_error(s, l->start, "process %lld ends a %.*s and "
			"had begun a %.*s", (long long)l->process,
			(int)l->f.size, l->f.at,
			(int)s->names[op->f].size, s->names[op->f].at);
	if (l->has_key && op->key != l->key)
		return scan_error(s, l->start, "process %lld ends an operation "
			"on another key than it began", (long long)l->process);
	p->open = false;
	if (l->type == TYPE_INFO) {
		/* It may yet happen: the process goes on as another one. */
		p->process = s->next_process++;
		return 0;
	}
	op->outcome = l->type == TYPE_OK ? FR_OK : FR_FAIL;
	op->ended = l->time;
	op->end_rank = s->rank;
	if (l->type == TYPE_OK)
		op->result = l->value;
	return 0;
}

int
scan_event(struct scan *s, const struct line *line)
{
	struct open_process *p;
	struct line l = *line;
	size_t done;

	if (l.foreign)		/* the nemesis, say */
		return 0;
	if (!l.has_process)
		return scan_error(s, l.start, "an event without a process");
	if (l.type == TYPE_NONE)
		return scan_error(s, l.start, "an event without a type (invoke,"
				  " ok, fail or info)");
	if (l.f.size == 0)
		return scan_error(s, l.start, "an event without an f");
	if (!l.has_time)
		l.time = (int64_t)s->rank;
	else if (l.time < s->last_time)
		return scan_error(s, l.start, "time runs backwards: %lld after "
				  "%lld", (long long)l.time,
				  (long long)s->last_time);
	else
		s->last_time = l.time;
	p = process_of(s, l.process);
	if ((l.type == TYPE_INVOKE ? begin(s, &l, p) :
	     complete(s, &l, p)) != 0)
		return -1;
	s->rank++;
	done = (size_t)(s->at - s->dropped);
	if (s->mapped && done > GIVE_BACK) {
		done &= ~(size_t)65535;
		madvise((void *)(uintptr_t)s->dropped, done, MADV_DONTNEED);
		s->dropped += done;
	}
	return 0;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static bool
has(const struct imported *i, const char *name)
{
	uint32_t k;

	for (k = 0; k < i->op_count; k++)
		if (strcmp(i->op_names[k], name) == 0)
			return true;
	return false;
}

/* What the names of the operations look like. */
static const char *
guess_model(const struct imported *i)
{
	static const char *const signs[] = {
		"enqueue", "queue", "push", "stack", "insert",
		"priority-queue", "transfer", "bank", "acquire", "mutex",
		"lock", "mutex", "cas", "register", "write", "register",
		"put", "kv", "get", "kv", "contains", "set",
		"increment", "counter", NULL
	};
	uint64_t k;
	size_t s;

	if (has(i, "append") && has(i, "get"))
		return "kv";
	for (s = 0; signs[s] != NULL; s += 2)
		if (has(i, signs[s]))
			return signs[s + 1];
	if (!has(i, "add"))
		return has(i, "read") ? "register" : NULL;
	for (k = 0; k < i->h.op_count; k++)
		if (i->ops[k].outcome == FR_OK &&
		    i->ops[k].result.kind == FR_LIST)
			return "set";
	return "counter";
}

static const char *
guess_format(const char *data, size_t size)
{
	size_t i = 0;

	for (;;) {
		while (i < size && (data[i] == ' ' || data[i] == '\n' ||
				    data[i] == '\t' || data[i] == '\r' ||
				    data[i] == ','))
			i++;
		if (i < size && data[i] == ';')
			return "edn";
		if (i >= size || (data[i] != '[' && data[i] != '(' &&
				  data[i] != '{' && data[i] != '#'))
			break;
		if (data[i] == '(' || data[i] == '#')
			return "edn";
		i++;
	}
	if (i > 0 && i < size && (data[i] == ':' || data[i] == ']'))
		return "edn";
	if (i > 0 && i < size && data[i] == '"')
		return "jsonl";
	if (i + 4 < size && (memcmp(data + i, "INFO", 4) == 0 ||
			     memcmp(data + i, "WARN", 4) == 0 ||
			     memcmp(data + i, "DEBU", 4) == 0 ||
			     memcmp(data + i, "ERRO", 4) == 0))
		return "jepsen-log";
	return NULL;
}

static void
finish(struct scan *s)
{
	struct imported *out = s->out;
	uint64_t i;
	uint32_t k;

	out->op_names = arena_new(&out->arena, (out->op_count + (size_t)1) *
				  sizeof *out->op_names);
	for (k = 0; k < out->op_count; k++)
		out->op_names[k] = s->names[k].at;
	for (i = 0; s->lists && i < out->h.op_count; i++) {
		fix_lists(&out->ops[i].value);
		fix_lists(&out->ops[i].result);
	}
	out->h.size = sizeof out->h;
	out->h.op_stride = sizeof *out->ops;
	out->h.ops = out->ops;
	out->h.clients = (uint32_t)s->process_count;
	out->h.duration = s->last_time;
	out->model = guess_model(out);
}

static int
read_all(struct scan *s, const char *format)
{
	const char *near, *guessed = guess_format(s->begin,
						  (size_t)(s->end - s->begin));

	if (s->begin == s->end)
		return scan_error(s, s->begin, "the file is empty");
	if (format == NULL || strcmp(format, "auto") == 0) {
		format = guessed;
		if (format == NULL)
			return scan_error(s, s->begin, "neither EDN nor a "
				"Jepsen log nor JSON Lines begins with %s",
				scan_near(s, s->begin));
	}
	if (strcmp(format, "edn") == 0) {
		s->out->format = "edn";
		return scan_edn(s);
	}
	if (strcmp(format, "jepsen-log") == 0) {
		s->out->format = "jepsen-log";
		return scan_log(s);
	}
	if (strcmp(format, "jsonl") == 0) {
		s->out->format = "jsonl";
		return scan_json(s);
	}
	near = nearest_word(format, import_formats, 3,
			    2 * sizeof *import_formats);
	return err_usage(s->err, "format %s: there is no such one%s%s", format,
			 near != NULL ? "; did you mean " : "",
			 near != NULL ? near : "");
}

static int
import(const char *name, const char *data, size_t size, bool mapped,
       const char *format, struct imported *out, struct fr_err *err)
{
	struct imported made;
	struct scan s;
	int status;

	memset(&made, 0, sizeof made);
	memset(&s, 0, sizeof s);
	s.name = name;
	s.begin = s.at = s.dropped = data;
	s.end = data + size;
	s.mapped = mapped;
	s.out = &made;
	s.err = err;
	s.last_time = INT64_MIN;
	status = read_all(&s, format);
	if (status == 0) {
		finish(&s);
		*out = made;
	} else {
		free(made.ops);
		arena_free(&made.arena);
	}
	free(s.processes);
	free(s.table);
	free(s.names);
	free(s.numbers);
	return status;
}

int
import_text(const char *name, const char *data, size_t size,
	    const char *format, struct imported *out, struct fr_err *err)
{
	return import(name, data, size, false, format, out, err);
}

int
import_file(const char *path, const char *format, struct imported *out,
	    struct fr_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), status = -1;
	struct stat st;
	void *map;

	if (fd < 0) {
		err_sys(err, "%s", path);
		goto usage;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		err_usage(err, "%s: not a regular file", path);
		goto close;
	}
	if (st.st_size == 0) {
		err_usage(err, "%s:1:1: the file is empty", path);
		goto close;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		err_sys(err, "%s: map", path);
		goto close;
	}
	madvise(map, (size_t)st.st_size, MADV_SEQUENTIAL);
	status = import(path, map, (size_t)st.st_size, true, format, out, err);
	if (status != 0) {
		munmap(map, (size_t)st.st_size);
	} else {
		out->map = map;
		out->map_size = (size_t)st.st_size;
	}
close:
	close(fd);
	return status;
usage:
	if (err != NULL)
		err->status = EXIT_USAGE;
	return -1;
}

void
import_free(struct imported *i)
{
	free(i->ops);
	arena_free(&i->arena);
	if (i->map != NULL)
		munmap(i->map, i->map_size);
	memset(i, 0, sizeof *i);
}
