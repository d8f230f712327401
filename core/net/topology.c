/* SPDX-License-Identifier: MIT */
/*
 * Who is joined to whom: named shapes, and files.
 *
 * All named shapes are symmetric and of weight 1, and connected; a file is
 * taken as it is.  No node is joined to itself in the table: that link is
 * always there.
 */
#include "core/net/net.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fracas/protocol.h>

#include "core/base/mem.h"

#define RANDOM_DEFAULT 0.3

const char *const topology_names[] = {
	"complete", "everybody is joined to everybody",
	"ring", "each to the next, and the last to the first",
	"line", "each to the next",
	"star", "node 0 to everybody else",
	"grid", "rows as long as there are of them; right and down",
	"tree", "node 0 is the root; tree:3 has three children a node (2)",
	"random", "each pair with a probability, random:0.3; made connected",
	NULL
};

static double *
weight(struct topology *t, uint32_t from, uint32_t to)
{
	return &t->weight[(size_t)from * t->nodes + to];
}

static void
join(struct topology *t, uint32_t a, uint32_t b)
{
	*weight(t, a, b) = 1;
	*weight(t, b, a) = 1;
}

/* ---- named shapes ---------------------------------------------------------------- */

static void
make_complete(struct topology *t)
{
	uint32_t a, b;

	for (a = 0; a < t->nodes; a++)
		for (b = 0; b < a; b++)
			join(t, a, b);
}

static void
make_line(struct topology *t)
{
	uint32_t a;

	for (a = 1; a < t->nodes; a++)
		join(t, a - 1, a);
}

static void
make_ring(struct topology *t)
{
	make_line(t);
	if (t->nodes > 1)
		join(t, t->nodes - 1, 0);
}

static void
make_star(struct topology *t)
{
	uint32_t a;

	for (a = 1; a < t->nodes; a++)
		join(t, 0, a);
}

static void
make_grid(struct topology *t)
{
	uint32_t columns = 1, a;

	while (columns * columns < t->nodes)
		columns++;
	for (a = 0; a < t->nodes; a++) {
		if ((a + 1) % columns != 0 && a + 1 < t->nodes)
			join(t, a, a + 1);
		if (a + columns < t->nodes)
			join(t, a, a + columns);
	}
}

static void
make_tree(struct topology *t, uint32_t children)
{
	uint32_t a;

	for (a = 1; a < t->nodes; a++)
		join(t, a, (a - 1) / children);
}

/* The number of the part that a node is in; parts are joined as they meet. */
static uint32_t
part_of(uint32_t *part, uint32_t a)
{
	while (part[a] != a)
		a = part[a] = part[part[a]];
	return a;
}

static void
make_random(struct topology *t, double probability, uint64_t seed)
{
	struct rng r = rng_make(seed, STREAM_TOPOLOGY, 0, 0, "random");
	uint32_t *part = mem_array(t->nodes, sizeof *part);
	uint32_t a, b;

	for (a = 0; a < t->nodes; a++)
		part[a] = a;
	for (a = 1; a < t->nodes; a++) {
		for (b = 0; b < a; b++) {
			if (rng_real(&r) >= probability)
				continue;
			join(t, a, b);
			part[part_of(part, a)] = part_of(part, b);
		}
	}
	/* Nodes 0 .. a-1 are one part by then; some of them takes a's in. */
	for (a = 1; a < t->nodes; a++) {
		if (part_of(part, a) == part_of(part, 0))
			continue;
		b = (uint32_t)rng_below(&r, a);
		join(t, a, b);
		part[part_of(part, a)] = part_of(part, b);
	}
	free(part);
}

/* ---- a file ------------------------------------------------------------------------ */

struct topology_file {
	const char *name;
	char *line;
	const char *at;			/* in line                             */
	unsigned number;
};

static int __attribute__((format(printf, 3, 4)))
complain(const struct topology_file *f, struct fr_err *err,
	 const char *format, ...)
{
	char words[256];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	return err_usage(err, "topology %s, line %u, column %u: %s", f->name,
			 f->number, (unsigned)(f->at - f->line) + 1, words);
}

static void
skip_blanks(struct topology_file *f)
{
	while (*f->at == ' ' || *f->at == '\t')
		f->at++;
}

static bool
at_end(const struct topology_file *f)
{
	return *f->at == '\0' || *f->at == '#';
}

static int
read_node(struct topology_file *f, uint32_t nodes, uint32_t *out,
	  struct fr_err *err)
{
	const char *end = f->at;
	uint64_t n = 0;

	if (at_end(f))
		return complain(f, err, "a node's number is missing "
				"(FROM TO [WEIGHT], or FROM > TO [WEIGHT])");
	while (isdigit((unsigned char)*end) && n < nodes)
		n = n * 10 + (uint64_t)(*end++ - '0');
	if (end == f->at)
		return complain(f, err, "'%.*s' is not a node's number",
				(int)strcspn(f->at, " \t#"), f->at);
	if (n >= nodes)
		return complain(f, err, "there is no node %.*s, only 0 .. %u",
				(int)strspn(f->at, "0123456789"), f->at,
				nodes - 1);
	f->at = end;
	skip_blanks(f);
	*out = (uint32_t)n;
	return 0;
}

static int
read_weight(struct topology_file *f, double *out, struct fr_err *err)
{
	double w = 1;
	char *end;

	if (!at_end(f)) {
		w = strtod(f->at, &end);
		if (end == f->at || !isfinite(w) || w <= 0 ||
		    strchr(" \t#", *end) == NULL)
			return complain(f, err, "'%.*s' is not a weight "
					"above 0",
					(int)strcspn(f->at, " \t#"),
					f->at);
		f->at = end;
		skip_blanks(f);
	}
	if (!at_end(f))
		return complain(f, err, "'%.*s' is too much: a line is "
				"FROM TO [WEIGHT]",
				(int)strcspn(f->at, " \t#"), f->at);
	*out = w;
	return 0;
}

static int
read_link(struct topology_file *f, struct topology *t, struct fr_err *err)
{
	const char *second;
	uint32_t from, to;
	bool one_way;
	double w = 1;

	skip_blanks(f);
	if (at_end(f))
		return 0;
	if (read_node(f, t->nodes, &from, err) < 0)
		return -1;
	one_way = *f->at == '>';
	if (one_way) {
		f->at++;
		skip_blanks(f);
	}
	second = f->at;
	if (read_node(f, t->nodes, &to, err) < 0)
		return -1;
	if (from == to || *weight(t, from, to) > 0 ||
	    (!one_way && *weight(t, to, from) > 0)) {
		f->at = second;
		if (from == to)
			return complain(f, err, "node %u needs no link to "
					"itself", from);
		return complain(f, err, "%u and %u are joined already", from,
				to);
	}
	if (read_weight(f, &w, err) < 0)
		return -1;
	*weight(t, from, to) = w;
	if (!one_way)
		*weight(t, to, from) = w;
	return 0;
}

static int
read_file(const char *name, struct topology *t, struct fr_err *err)
{
	struct topology_file f = { .name = name };
	FILE *file = fopen(name, "re");
	size_t room = 0;
	ssize_t size;
	int status = 0;

	if (file == NULL) {
		err_sys(err, "topology %s", name);
		if (err != NULL)
			err->status = EXIT_USAGE;
		return -1;
	}
	errno = 0;
	while (status == 0 && (size = getline(&f.line, &room, file)) >= 0) {
		f.number++;
		f.at = f.line;
		while (size > 0 && (f.line[size - 1] == '\n' ||
				    f.line[size - 1] == '\r'))
			f.line[--size] = '\0';
		if (memchr(f.line, '\0', (size_t)size) != NULL) {
			f.at += strlen(f.line);
			status = complain(&f, err, "this is not text");
		} else {
			status = read_link(&f, t, err);
		}
	}
	if (status == 0 && ferror(file)) {
		status = err_sys(err, "topology %s", name);
		if (err != NULL)
			err->status = EXIT_USAGE;
	}
	free(f.line);
	fclose(file);
	return status;
}

/* ---- by name ------------------------------------------------------------------------ */

static int
no_such(const char *text, struct fr_err *err)
{
	const char *near;
	size_t count = 0;

	while (topology_names[count] != NULL)
		count += 2;
	near = nearest_word(text, topology_names, count / 2,
			    2 * sizeof *topology_names);
	if (near != NULL)
		return err_usage(err, "there is no topology '%s'; did you "
				 "mean '%s'?", text, near);
	return err_usage(err, "there is no topology '%s', and no file of that "
			 "name (complete, ring, line, star, grid, tree:K, "
			 "random:P, or a path)", text);
}

/* What stands behind "name:", or "name" alone; NULL: another name. */
static const char *
argument(const char *text, const char *name)
{
	size_t size = strlen(name);

	if (strncmp(text, name, size) != 0)
		return NULL;
	if (text[size] == '\0')
		return "";
	return text[size] == ':' ? text + size + 1 : NULL;
}

static int
make(const char *text, struct topology *t, uint64_t seed, struct fr_err *err)
{
	static const struct {
		const char *name;
		void (*make)(struct topology *t);
	} plain[] = {
		{ "complete", make_complete }, { "ring", make_ring },
		{ "line", make_line }, { "star", make_star },
		{ "grid", make_grid },
	};
	double probability = RANDOM_DEFAULT;
	int64_t children = 2;
	const char *rest;
	size_t i;

	for (i = 0; i < sizeof plain / sizeof *plain; i++) {
		if (strcmp(text, plain[i].name) == 0) {
			plain[i].make(t);
			return 0;
		}
	}
	if ((rest = argument(text, "tree")) != NULL) {
		if (*rest != '\0' &&
		    read_int(rest, 1, FR_NODES_MAX, &children, err) < 0)
			return err_wrap(err, "topology '%s'", text);
		make_tree(t, (uint32_t)children);
		return 0;
	}
	if ((rest = argument(text, "random")) != NULL) {
		if (*rest != '\0' &&
		    read_real(rest, 0, 1, &probability, err) < 0)
			return err_wrap(err, "topology '%s'", text);
		make_random(t, probability, seed);
		return 0;
	}
	if (strchr(text, '/') != NULL || access(text, F_OK) == 0)
		return read_file(text, t, err);
	return no_such(text, err);
}

int
topology_make(const char *text, uint32_t nodes, uint64_t seed,
	      struct topology *out, struct fr_err *err)
{
	struct topology t = { .nodes = nodes };

	if (nodes == 0 || nodes > FR_NODES_MAX)
		return err_usage(err, "%u nodes: there can be 1 .. %u", nodes,
				 FR_NODES_MAX);
	t.weight = mem_array((size_t)nodes * nodes, sizeof *t.weight);
	if (make(text, &t, seed, err) < 0) {
		topology_free(&t);
		return -1;
	}
	*out = t;
	return 0;
}

void
topology_free(struct topology *t)
{
	free(t->weight);
	t->weight = NULL;
	t->nodes = 0;
}
