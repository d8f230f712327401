/* SPDX-License-Identifier: MIT */
/*
 * Figures of the checker: from a file of JSON Lines to a verdict, on histories
 * that a seeded generator makes by running an atomic object.
 *
 *	checker [SCALE]		the standard cases, their sizes times SCALE
 *	checker MODEL OPS CLIENTS KEYS VALUES PENDING [LATE [SEED]]
 *
 * VALUES 0: every written value is new.  PENDING: how many in 10,000 never get
 * an answer.  LATE 1: one read near the end is wrong.  Each case runs in a
 * process of its own, whose peak of memory is what is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checker/checker.h"
#include "checker/import.h"
#include "core/base/rand.h"
#include "core/base/units.h"

struct shape {
	const char *name, *model;
	uint64_t ops;
	uint32_t clients, keys, values, pending;
	bool late;
	uint64_t seed;
	double limit;		/* seconds that are promised; 0: none          */
};

/* ---- atomic objects ----------------------------------------------------------------- */

struct cell {
	int64_t value;		/* register; 0: nil                            */
	int64_t *items;		/* queue, stack, set, pieces of a text         */
	size_t head, count, room;
};

struct client {
	uint32_t process, f, key;
	int64_t a, b;		/* the arguments                               */
	int64_t result;
	bool open, done, ok, lost;
	size_t length;		/* of the text that a get saw                  */
};

struct generator {
	const struct shape *s;
	FILE *out;
	struct rng r;
	struct cell *cells;
	struct client *clients;
	uint32_t next_process;
	int64_t fresh;
	uint64_t called;
	int64_t old;		/* a value of long ago                         */
	bool spoilt;
};

static void
put(struct cell *c, int64_t v)
{
	mem_grow(&c->items, &c->room, c->count + 1, sizeof *c->items);
	c->items[c->count++] = v;
}

static int64_t
new_value(struct generator *g)
{
	return g->s->values == 0 ? ++g->fresh :
		(int64_t)rng_below(&g->r, g->s->values) + 1;
}

static const char *const words[][4] = {
	{ "read", "write", "cas", NULL },
	{ "get", "append", "put", NULL },
	{ "dequeue", "enqueue", NULL, NULL },
	{ "pop", "push", NULL, NULL },
	{ "contains", "add", "remove", NULL },
	{ "read", "add", NULL, NULL },
};

static uint32_t
kind_of(const char *model)
{
	static const char *const models[] = {
		"register", "kv", "queue", "stack", "set", "counter"
	};
	uint32_t i;

	for (i = 0; i < 6; i++)
		if (strcmp(models[i], model) == 0)
			return i;
	if (strcmp(model, "cas-register") == 0)
		return 0;
	fprintf(stderr, "no generator for %s\n", model);
	exit(2);
}

static void
choose(struct generator *g, struct client *c)
{
	uint32_t kind = kind_of(g->s->model);
	bool cas = g->s->model[0] == 'c' && kind == 0;
	struct cell *o;

	c->key = (uint32_t)rng_below(&g->r, g->s->keys);
	o = &g->cells[c->key];
	c->f = (uint32_t)rng_below(&g->r, cas || kind == 4 ? 3 : 2);
	c->a = c->b = 0;
	if (kind == 1 && c->f == 1 && rng_below(&g->r, 8) == 0)
		c->f = 2;	/* a text stays short */
	if (kind == 4)
		c->a = c->f == 1 || o->count == 0 ? ++g->fresh :
			llabs(o->items[o->count - 1 -
				       rng_below(&g->r, o->count < 50 ?
						 o->count : 50)]);
	else if (kind == 5)
		c->a = 1;
	else if (c->f > 0)
		c->a = new_value(g);
	if (kind == 0 && c->f == 2)
		c->b = new_value(g);
}

static void
effect(struct generator *g, struct client *c)
{
	struct cell *o = &g->cells[c->key];
	size_t i;

	c->ok = true;
	switch (kind_of(g->s->model)) {
	case 0:
		c->result = o->value;
		if (c->f == 2)
			c->ok = o->value == c->a;
		if (c->f > 0 && c->ok)
			o->value = c->f == 1 ? c->a : c->b;
		break;
	case 1:
		if (c->f == 2)
			o->head = o->count;
		if (c->f > 0)
			put(o, c->a);
		c->result = (int64_t)o->head;
		c->length = o->count;
		break;
	case 2:
	case 3:
		if (c->f == 1) {
			put(o, c->a);
			break;
		}
		c->result = 0;
		if (o->head < o->count)
			c->result = g->s->model[0] == 'q' ?
				o->items[o->head++] : o->items[--o->count];
		break;
	case 4:
		/* Only the latest are ever asked for: few are looked at. */
		for (i = o->count; i > 0 && o->count - i < 400; i--)
			if (o->items[i - 1] == c->a)
				break;
		if (i > 0 && o->items[i - 1] != c->a)
			i = 0;
		c->result = i > 0;
		if (c->f == 1 && i == 0)
			put(o, c->a);
		else if (c->f == 2 && i > 0)
			o->items[i - 1] = -o->items[i - 1];
		break;
	default:
		if (c->f == 1)
			o->value += c->a;
		c->result = o->value;
		break;
	}
	c->done = true;
}

static void
write_value(struct generator *g, const struct client *c, bool end)
{
	uint32_t kind = kind_of(g->s->model);
	const struct cell *o = &g->cells[c->key];
	int64_t shown = end && c->f == 0 ? c->result : c->a;
	size_t i;

	if (kind == 1) {
		if (c->f > 0) {
			fprintf(g->out, "\"<%lld>\"", (long long)c->a);
		} else if (!end) {
			fputs("null", g->out);
		} else {
			putc('"', g->out);
			for (i = (size_t)c->result; i < c->length; i++)
				fprintf(g->out, "<%lld>",
					(long long)o->items[i]);
			putc('"', g->out);
		}
		return;
	}
	if (kind == 0 && c->f == 2) {
		fprintf(g->out, "[%lld,%lld]", (long long)c->a,
			(long long)c->b);
	} else if (c->f == 0 && !end && kind != 4) {
		fputs("null", g->out);
	} else if (c->f == 0 && end && shown == 0 && kind != 4 && kind != 5) {
		fputs("null", g->out);
	} else {
		fprintf(g->out, "%lld", (long long)(shown < 0 ? -shown :
						    shown));
	}
}

static void
event(struct generator *g, const struct client *c, const char *type)
{
	fprintf(g->out, "{\"process\":%u,\"type\":\"%s\",\"f\":\"%s\"",
		c->process, type, words[kind_of(g->s->model)][c->f]);
	if (g->s->keys > 1)
		fprintf(g->out, ",\"key\":%u", c->key);
	fputs(",\"value\":", g->out);
	write_value(g, c, type[0] == 'o');
	fputs("}\n", g->out);
}

/* A read that sees what was there long ago. */
static void
spoil(struct generator *g, struct client *c)
{
	if (g->called == g->s->ops / 2 && g->old == 0)
		g->old = g->cells[c->key].value;
	if (!g->s->late || g->spoilt || g->called < g->s->ops / 10 * 9 ||
	    c->f != 0 || c->key != 0)
		return;
	c->result = g->old;
	g->spoilt = true;
}

static void
step(struct generator *g)
{
	struct client *c = &g->clients[rng_below(&g->r, g->s->clients)];

	if (!c->open) {
		if (g->called == g->s->ops)
			return;
		g->called++;
		choose(g, c);
		c->open = true;
		c->done = false;
		c->lost = rng_below(&g->r, 10000) < g->s->pending;
		event(g, c, "invoke");
	} else if (!c->done) {
		if (c->lost && rng_below(&g->r, 2) == 0) {
			c->done = true;
			return;
		}
		effect(g, c);
		if (kind_of(g->s->model) == 0)
			spoil(g, c);
	} else if (c->lost) {
		event(g, c, "info");
		c->process = g->next_process++;
		c->open = false;
	} else {
		event(g, c, c->ok ? "ok" : "fail");
		c->open = false;
	}
}

static void
generate(const struct shape *s, const char *path)
{
	struct generator g = { .s = s };
	uint64_t before;
	uint32_t i;
	bool open;

	g.out = fopen(path, "w");
	if (g.out == NULL) {
		perror(path);
		exit(4);
	}
	g.r = rng_make(s->seed, STREAM_WORKLOAD, 0, 0, "bench");
	g.cells = mem_array(s->keys, sizeof *g.cells);
	g.clients = mem_array(s->clients, sizeof *g.clients);
	for (i = 0; i < s->clients; i++)
		g.clients[i].process = g.next_process++;
	do {
		before = g.called;
		step(&g);
		open = g.called < s->ops || g.called != before;
		for (i = 0; i < s->clients && !open; i++)
			open = g.clients[i].open;
	} while (open);
	for (i = 0; i < s->keys; i++)
		free(g.cells[i].items);
	free(g.cells);
	free(g.clients);
	if (fclose(g.out) != 0) {
		perror(path);
		exit(4);
	}
}

/* ---- measuring -------------------------------------------------------------------------- */

static void
check(const struct shape *s, const char *path)
{
	struct check_config c = { .model = s->model[0] == 'c' &&
				  s->model[1] == 'a' ? "register" : s->model,
				  .time_max = INT64_C(60000000000),
				  .memory_max = UINT64_C(2) << 30 };
	struct fr_err err = { 0 };
	struct imported i;
	struct verdict v;
	struct rusage use;
	int64_t began = clock_mono(), read, done;

	if (import_file(path, "jsonl", &i, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(4);
	}
	read = clock_mono();
	c.op_names = i.op_names;
	c.op_count = i.op_count;
	if (check_linearizable(&i.h, &c, &v, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(4);
	}
	done = clock_mono();
	getrusage(RUSAGE_SELF, &use);
	printf("%-34s %9llu %-8s %-16s %7.3f %7.3f %7.3f %6ld %s\n", s->name,
	       (unsigned long long)i.h.op_count, verdict_names[v.kind],
	       v.algorithm, (double)(read - began) * 1e-9,
	       (double)(done - read) * 1e-9, (double)(done - began) * 1e-9,
	       use.ru_maxrss / 1024, s->limit <= 0 ? "" :
	       (double)(done - began) * 1e-9 <= s->limit ? "kept" : "MISSED");
	if (v.kind != (s->late ? VERDICT_INVALID : VERDICT_VALID))
		printf("    %s\n", v.reason);
	if (v.kind == VERDICT_INVALID)
		printf("    core of %u%s: %s\n", v.core_count,
		       v.core_minimal ? "" : " (not minimal)", v.reason);
	verdict_free(&v);
	import_free(&i);
}

static void
run(const struct shape *s, const char *dir)
{
	char *path = mem_format("%s/history.jsonl", dir);
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		generate(s, path);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	child = fork();
	if (child == 0) {
		check(s, path);
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	unlink(path);
	free(path);
}

static const struct shape standard[] = {
	{ "register, unique values", "register", 10000, 20, 1, 0, 100, false,
	  1, 0 },
	{ "register, unique values", "register", 100000, 20, 1, 0, 100, false,
	  1, 0 },
	{ "register, unique values", "register", 1000000, 20, 1, 0, 100,
	  false, 1, 1 },
	{ "register, late violation", "register", 1000000, 20, 1, 0, 100,
	  true, 1, 0 },
	{ "register, unique values", "register", 10000000, 20, 1, 0, 100,
	  false, 1, 0 },
	{ "queue", "queue", 1000000, 20, 1, 0, 100, false, 1, 1 },
	{ "stack", "stack", 1000000, 20, 1, 0, 100, false, 1, 1 },
	{ "set", "set", 1000000, 20, 1, 0, 100, false, 1, 1 },
	{ "register, 100 keys", "register", 1000000, 20, 100, 0, 0, false, 1,
	  0.5 },
	{ "kv with append, 100 keys", "kv", 1000000, 20, 100, 0, 0, false, 1,
	  1 },
	{ "cas-register, 5 values", "cas-register", 100000, 5, 1, 5, 0, false,
	  1, 2 },
	{ "cas-register, 5 values, pending", "cas-register", 1000000, 5, 1, 5,
	  500, false, 1, 0 },
	{ "register, 5 values, 20 clients", "register", 100000, 20, 1, 5, 0,
	  false, 1, 0 },
	{ "cas-register, much pending", "cas-register", 100000, 20, 1, 5,
	  2000, false, 5, 0 },
	{ "counter", "counter", 1000000, 20, 1, 0, 100, false, 1, 0 },
};

int
main(int argc, char **argv)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = mem_format("%s/fracas-bench-XXXXXX",
			       tmp != NULL ? tmp : "/tmp");
	struct shape s = { .keys = 1, .seed = 1 };
	double scale = argc == 2 ? atof(argv[1]) : 1;
	size_t i;

	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return 4;
	}
	printf("%-34s %9s %-8s %-16s %7s %7s %7s %6s\n", "history",
	       "operations", "verdict", "algorithm", "read s", "check s",
	       "total s", "MiB");
	if (argc > 6) {
		s.name = s.model = argv[1];
		s.ops = strtoull(argv[2], NULL, 10);
		s.clients = (uint32_t)atoi(argv[3]);
		s.keys = (uint32_t)atoi(argv[4]);
		s.values = (uint32_t)atoi(argv[5]);
		s.pending = (uint32_t)atoi(argv[6]);
		s.late = argc > 7 && atoi(argv[7]) != 0;
		s.seed = argc > 8 ? strtoull(argv[8], NULL, 10) : 1;
		run(&s, dir);
	} else {
		for (i = 0; i < sizeof standard / sizeof standard[0]; i++) {
			s = standard[i];
			s.ops = (uint64_t)((double)s.ops * scale);
			run(&s, dir);
		}
	}
	rmdir(dir);
	free(dir);
	return 0;
}
