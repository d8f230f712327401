/* SPDX-License-Identifier: MIT */
/*
 * Reading foreign histories: the file, its format, and what it looks like.
 *
 * 1. The text is mapped and walked through once; what was read is given back
 *    to the system, and nothing of what was made points into it.  What is no
 *    regular file (a pipe) is read into memory first.
 * 2. On an error everything is released and the caller's struct is untouched.
 */
#include "checker/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fracas/txn.h>

#include "checker/import/reader.h"
#include "core/base/units.h"

#define PIPE_MAX	(UINT64_C(4) << 30)

const char *const import_formats[] = {
	"edn", "maps as Jepsen and Knossos write them",
	"porcupine-kv", "EDN with a :key, a map a line, as in Porcupine's "
		"tests",
	"jepsen-log", "lines of Jepsen's log, as of its runs against etcd",
	"jsonl", "one JSON object a line",
	NULL
};

static int (*const readers[])(struct reader *r) = {
	reader_edn, reader_edn, reader_log, reader_jsonl
};

enum format { EDN, PORCUPINE, LOG, JSONL, FORMATS };

/* ---- what it looks like -------------------------------------------------- */

static bool
has(const char *const *names, uint32_t count, const char *name)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static const struct fr_operation *
op_at(const struct fr_history *h, uint64_t i)
{
	return (const void *)((const char *)h->ops + i * h->op_stride);
}

/* Of the results of an operation, the first that is not nil. */
static uint32_t
kind_of_results(const struct fr_history *h, const char *const *names,
		const char *name)
{
	const struct fr_operation *op;
	uint64_t i;

	for (i = 0; i < h->op_count; i++) {
		op = op_at(h, i);
		if (op->outcome == FR_OK && op->result.kind != FR_NIL &&
		    strcmp(names[op->f], name) == 0)
			return op->result.kind;
	}
	return FR_NIL;
}

/* Whether some transaction reads a list. */
static bool
has_lists(const struct fr_history *h, const char *const *names)
{
	const struct fr_operation *op;
	struct fr_txn_micro m;
	uint32_t at;
	uint64_t i;

	for (i = 0; i < h->op_count; i++) {
		op = op_at(h, i);
		if (strcmp(names[op->f], "txn") != 0)
			continue;
		for (at = 0; fr_txn_next(&op->value, &at, &m) == 1;)
			if (m.kind == FR_TXN_LIST)
				return true;
	}
	return false;
}

static const char *
guess_model(const struct fr_history *h, const char *const *op_names,
	    uint32_t op_count)
{
	static const char *const signs[] = {
		"enqueue", "queue", "push", "stack",
		"insert", "priority-queue", "transfer", "bank",
		"acquire", "mutex", "lock", "mutex", "cas", "register",
		"compare-and-set", "register", "write", "register",
		"put", "kv", "get", "kv", "contains", "set",
		"increment", "counter", "inc", "counter", NULL
	};
	size_t s;

	if (has(op_names, op_count, "txn"))
		return has_lists(h, op_names) ? "list-append" : "rw-register";
	if (has(op_names, op_count, "append"))
		return has(op_names, op_count, "get") ? "kv" : "log";
	for (s = 0; signs[s] != NULL; s += 2)
		if (has(op_names, op_count, signs[s]))
			return signs[s + 1];
	if (!has(op_names, op_count, "add"))
		return has(op_names, op_count, "read") ? "register" : NULL;
	return kind_of_results(h, op_names, "read") == FR_LIST ? "set" :
		"counter";
}

const char *
import_guess_model(const struct fr_history *h, const char *const *op_names,
		   uint32_t op_count)
{
	uint64_t i;

	/* A stored run may be damaged. */
	for (i = 0; i < h->op_count; i++)
		if (op_at(h, i)->f >= op_count)
			return NULL;
	return guess_model(h, op_names, op_count);
}

/* EDN, of which the first map has been found: with a :key? */
static enum format
which_edn(const char *at, const char *end)
{
	const char *line = memchr(at, '\n', (size_t)(end - at));
	size_t size = (size_t)((line == NULL ? end : line) - at);

	return *at == '{' && memmem(at, size, ":key ", 5) != NULL &&
		memmem(at, size, ":process ", 9) != NULL ? PORCUPINE : EDN;
}

static enum format
guess_format(const char *p, const char *end)
{
	const char *start, *line = memchr(p, '\n', (size_t)(end - p));
	struct span first = { p, (size_t)((line == NULL ? end : line) - p) };
	bool plain = true;

	if (reader_is_log_line(first))
		return LOG;
	for (start = p; p < end; p++) {
		if (*p == ';' || *p == '#' || *p == '(' || *p == ',')
			return EDN;
		if (*p == ':' || *p == ']')
			return plain ? which_edn(start, end) : EDN;
		if (*p == '"')
			return plain ? FORMATS : JSONL;
		if (*p == '[' || *p == '{')
			plain = false;
		else if (*p == '}')
			return EDN;
		else if (*p != ' ' && *p != '\n' && *p != '\t' && *p != '\r')
			return FORMATS;
		if (*p == '{' && end - p > 1 && p[1] == ':')
			return which_edn(p, end);
		if (plain)
			start = p + 1;
	}
	return FORMATS;
}

static int
find_format(struct reader *r, const char *format, enum format *out)
{
	unsigned int f;
	const char *near;

	if (format == NULL || strcmp(format, "auto") == 0) {
		*out = guess_format(r->begin, r->end);
		return *out < FORMATS ? 0 : reader_error(r, r->begin,
			"neither EDN nor a log of Jepsen nor JSON Lines begins "
			"with %s", reader_near(r, r->begin));
	}
	for (f = 0; f < FORMATS; f++) {
		if (strcmp(format, import_formats[2 * f]) == 0) {
			*out = (enum format)f;
			return 0;
		}
	}
	near = nearest_word(format, import_formats, FORMATS,
			    2 * sizeof *import_formats);
	return err_usage(r->err, "format %s: there is no such one%s%s; it is "
			 "auto, edn, porcupine-kv, jepsen-log or jsonl",
			 format, near != NULL ? "; did you mean " : "",
			 near != NULL ? near : "");
}

/* ---- the whole ----------------------------------------------------------- */

static void
finish(struct reader *r, enum format format)
{
	struct imported *out = r->out;
	uint32_t i;

	out->op_names = arena_new(&out->arena, (out->op_count + (size_t)1) *
				  sizeof *out->op_names);
	for (i = 0; i < out->op_count; i++)
		out->op_names[i] = r->names[i].at;
	out->format = import_formats[2 * format];
	out->h.size = sizeof out->h;
	out->h.op_stride = sizeof *out->ops;
	out->h.ops = out->ops;
	out->model = guess_model(&out->h, out->op_names, out->op_count);
}

static int
import(const char *name, const char *data, size_t size, bool mapped,
       const char *format, struct limit *limit, struct imported *out,
       struct fr_err *err)
{
	struct reader r = { .name = name, .limit = limit }, again;
	struct imported made;
	enum format f = EDN;
	int status;

	memset(&made, 0, sizeof made);
	r.begin = r.at = r.dropped = data;
	r.end = data + size;
	r.mapped = mapped;
	r.out = &made;
	r.err = err;
	if (size == 0)
		return reader_error(&r, data, "the file is empty");
	if (find_format(&r, format, &f) != 0)
		return -1;
	again = r;
	status = readers[f](&r);
	if (r.restart) {
		again.pairs = true;
		again.pair_at = r.pair_at;
		reader_reset(&r);
		r = again;
		status = readers[f](&r);
	}
	if (status == 0)
		status = reader_finish(&r);
	if (status == 0) {
		finish(&r, f);
		*out = made;
		memset(&made, 0, sizeof made);
	}
	r.out = &made;
	reader_reset(&r);
	return status;
}

int
import_text(const char *name, const char *data, size_t size,
	    const char *format, struct imported *out, struct fr_err *err)
{
	return import(name, data, size, false, format, NULL, out, err);
}

/* ---- files --------------------------------------------------------------- */

/* All of a pipe, in a mapping of its own. */
static int
read_pipe(int fd, const char *path, struct limit *limit, void **map,
	  size_t *size, struct fr_err *err)
{
	size_t room = 1 << 20, count = 0;
	void *at = mmap(NULL, room, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *more;
	ssize_t got;

	if (at == MAP_FAILED)
		return err_sys(err, "%s", path);
	while ((got = read(fd, (char *)at + count, room - count)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err_sys(err, "%s: read", path);
			goto unmap;
		}
		count += (size_t)got;
		if (count < room)
			continue;
		if (limit_check(limit, room, WHILE_READ, err) != 0)
			goto unmap;
		if (room >= PIPE_MAX) {
			err_usage(err, "%s: more than 4 GiB come through a "
				  "pipe: use a file", path);
			goto unmap;
		}
		more = mremap(at, room, room * 2, MREMAP_MAYMOVE);
		if (more == MAP_FAILED) {
			err_sys(err, "%s", path);
			goto unmap;
		}
		at = more;
		room *= 2;
	}
	more = mremap(at, room, count == 0 ? 1 : count, MREMAP_MAYMOVE);
	*map = more == MAP_FAILED ? at : more;
	*size = count;
	return 0;
unmap:
	munmap(at, room);
	return -1;
}

static int
map_file(int fd, const char *path, struct limit *limit, void **map,
	 size_t *size, bool *mapped, struct fr_err *err)
{
	struct stat st;
	void *at;

	if (fstat(fd, &st) != 0)
		return err_sys(err, "%s", path);
	if (S_ISDIR(st.st_mode))
		return err_usage(err, "%s: a directory, not a file", path);
	*mapped = S_ISREG(st.st_mode);
	if (!*mapped)
		return read_pipe(fd, path, limit, map, size, err);
	if (st.st_size == 0)
		return err_usage(err, "%s:1:1: the file is empty", path);
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return err_sys(err, "%s: map", path);
	madvise(at, (size_t)st.st_size, MADV_SEQUENTIAL);
	*map = at;
	*size = (size_t)st.st_size;
	return 0;
}

int
import_file_within(const char *path, const char *format,
		   struct limit *limit, struct imported *out,
		   struct fr_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), status;
	struct fr_err ignored = { 0 };
	bool mapped = false;
	size_t size = 0;
	void *map = NULL;

	if (err == NULL)
		err = &ignored;
	if (fd < 0) {
		err_sys(err, "%s", path);
		err->status = EXIT_USAGE;
		return -1;
	}
	status = map_file(fd, path, limit, &map, &size, &mapped, err);
	close(fd);
	if (status != 0)
		return -1;
	status = import(path, map, size, mapped, format, limit, out, err);
	munmap(map, size == 0 ? 1 : size);
	return status;
}

int
import_file(const char *path, const char *format, struct imported *out,
	    struct fr_err *err)
{
	return import_file_within(path, format, NULL, out, err);
}

void
import_free(struct imported *i)
{
	free(i->ops);
	arena_free(&i->arena);
	memset(i, 0, sizeof *i);
}
