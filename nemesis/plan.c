/* SPDX-License-Identifier: MIT */
/*
 * Plans: drawn from a seed, read, and written.
 *
 * The language has one line a fault:
 *
 *	at TIME for TIME FAMILY ARGUMENT
 *
 * '#' begins a comment; empty lines mean nothing.  plan_read takes the whole
 * text or nothing of it.
 *
 * What plan_draw makes:
 * 1. it is a function of its arguments alone;
 * 2. every fault lies within 0 .. length;
 * 3. faults of one family do not overlap, those of different families may;
 * 4. every family has at least one.
 */
#include "nemesis/nemesis.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "nemesis/target.h"

#define PLAN_BYTES_MAX	(16u * 1024 * 1024)
#define PLAN_FAULTS_MAX 100000u
#define TIME_MAX	(1000 * 3600 * 1000000000ll)

struct faults {
	struct fault *at;
	size_t count, room;
};

static struct fault *
add_fault(struct faults *all, int64_t at, int64_t length,
	  const struct family *family, char *argument)
{
	struct fault *f;

	mem_grow(&all->at, &all->room, all->count + 1, sizeof *all->at);
	f = &all->at[all->count++];
	memset(f, 0, sizeof *f);
	f->at = at;
	f->length = length;
	f->family = family;
	f->argument = argument;
	return f;
}

void
plan_free(struct plan *p)
{
	uint32_t i;

	for (i = 0; i < p->count; i++)
		free(p->faults[i].argument);
	free(p->faults);
	memset(p, 0, sizeof *p);
}

static int
compare_faults(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	/* `id` holds the order in which they were written, while sorting. */
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Sorts, and gives the result to *out. */
static void
finish(struct faults *all, struct plan *out)
{
	uint32_t i;

	for (i = 0; i < all->count; i++)
		all->at[i].id = i;
	if (all->count > 0)
		qsort(all->at, all->count, sizeof *all->at, compare_faults);
	for (i = 0; i < all->count; i++)
		all->at[i].id = 0;
	out->faults = all->at;
	out->count = (uint32_t)all->count;
}

void
plan_text(const struct plan *p, struct buf *out)
{
	char at[32], length[32];
	uint32_t i;

	for (i = 0; i < p->count; i++) {
		time_exact(p->faults[i].at, at, sizeof at);
		time_exact(p->faults[i].length, length, sizeof length);
		buf_printf(out, "at %s for %s %s %s\n", at, length,
			   p->faults[i].family->name, p->faults[i].argument);
	}
}

/* ---- drawing ----------------------------------------------------------------- */

/* People read these times: no more than they can use. */
static int64_t
rounded(int64_t ns)
{
	int64_t unit = ns >= 100000000 ? 1000000 : 1000;

	return ns - ns % unit;
}

static int
draw_family(struct faults *all, const struct family *family, int64_t interval,
	    int64_t length, uint32_t nodes, uint64_t seed, struct fr_err *err)
{
	struct rng rng = rng_make(seed, STREAM_FAULTS, 0, 0, family->name);
	int64_t slots = length / interval, slot, begin, lasts, i;
	char *argument;

	if (family->check("one", nodes, err) < 0)
		return err_wrap(err, "--nemesis %s", family->name);
	if (slots < 1)
		slots = 1;
	if (slots > PLAN_FAULTS_MAX)
		return err_usage(err, "one %s in each interval would be more "
				 "than %u faults", family->name,
				 PLAN_FAULTS_MAX);
	slot = length / slots;
	for (i = 0; i < slots; i++) {
		/* Begins in the first two fifths, lasts about half. */
		begin = (int64_t)((0.1 + 0.3 * rng_real(&rng)) * (double)slot);
		lasts = (int64_t)((0.4 + 0.2 * rng_real(&rng)) * (double)slot);
		argument = family->draw(&rng, nodes);
		if (argument == NULL)
			return err_set(err, "--nemesis %s: nothing could be "
				       "drawn", family->name);
		begin = rounded(i * slot + begin);
		lasts = rounded(lasts);
		add_fault(all, begin, lasts > 0 ? lasts : 1, family, argument);
	}
	return 0;
}

int
plan_draw(const char *list, int64_t interval, int64_t length, uint32_t nodes,
	  uint64_t seed, struct plan *out, struct fr_err *err)
{
	const struct family *chosen[64], *family;
	struct faults all = { 0 };
	struct plan made = { 0 };
	uint32_t count = 0, i;
	const char *end;
	char name[64];

	for (;; list = end + 1) {
		end = strchrnul(list, ',');
		snprintf(name, sizeof name, "%.*s", (int)(end - list), list);
		family = family_find(name, err);
		if (family == NULL)
			goto fail;
		for (i = 0; i < count; i++) {
			if (chosen[i] == family) {
				err_usage(err, "--nemesis names %s twice",
					  family->name);
				goto fail;
			}
		}
		FR_ASSERT(count < sizeof chosen / sizeof *chosen);
		chosen[count++] = family;
		if (draw_family(&all, family, interval, length, nodes, seed,
				err) < 0)
			goto fail;
		if (*end == '\0')
			break;
	}
	finish(&all, out);
	return 0;
fail:
	finish(&all, &made);
	plan_free(&made);
	return -1;
}

/* ---- reading ----------------------------------------------------------------- */

struct reader {
	const char *name;	/* of the file                                 */
	const char *line;	/* the line's beginning                        */
	uint32_t number;	/* of the line, from 1                         */
	const char *p;		/* the next thing to read                      */
	const char *end;	/* of the line, or of what is not a comment    */
};

struct word {
	const char *at;
	char text[128];
};

/* Puts "plan.txt:3:5: " before the error. */
static int
where(const struct reader *r, const char *at, struct fr_err *err)
{
	char inner[sizeof err->text];
	int status;

	if (err == NULL)
		return -1;
	status = err->status;
	memcpy(inner, err->text, sizeof inner);
	err_usage(err, "%s:%u:%u: %.900s", r->name, r->number,
		  (unsigned)(at - r->line) + 1, inner);
	err->status = status;
	return -1;
}

/* The next word; one that is too long for any purpose is cut short. */
static bool
next_word(struct reader *r, struct word *w)
{
	size_t size = 0;

	while (r->p < r->end && isspace((unsigned char)*r->p))
		r->p++;
	w->at = r->p;
	for (; r->p < r->end && !isspace((unsigned char)*r->p); r->p++) {
		if (size < sizeof w->text - 1)
			w->text[size++] = *r->p;
	}
	w->text[size] = '\0';
	return size > 0;
}

/* A fixed word, and the time behind it. */
static int
keyword_time(struct reader *r, const char *keyword, int64_t min, int64_t *out,
	     struct fr_err *err)
{
	struct word w;

	if (!next_word(r, &w)) {
		err_usage(err, "'%s TIME' is missing: a line reads 'at TIME "
			  "for TIME FAMILY ARGUMENT'", keyword);
		return where(r, w.at, err);
	}
	if (strcmp(w.text, keyword) != 0) {
		err_usage(err, "'%s' stands where '%s' should: a line reads "
			  "'at TIME for TIME FAMILY ARGUMENT'", w.text,
			  keyword);
		return where(r, w.at, err);
	}
	if (!next_word(r, &w)) {
		err_usage(err, "a time is missing behind '%s'", keyword);
		return where(r, w.at, err);
	}
	if (read_time(w.text, INT64_MIN / 2, TIME_MAX, out, err) < 0)
		return where(r, w.at, err);
	if (*out < min) {
		if (min > 0)
			err_usage(err, "'for %s': a fault has to end after it "
				  "begins", w.text);
		else
			err_usage(err, "'at %s' lies before the main phase "
				  "begins", w.text);
		return where(r, w.at, err);
	}
	return 0;
}

static int
read_line(struct reader *r, uint32_t nodes, struct faults *all,
	  struct fr_err *err)
{
	const struct family *family;
	const char *rest, *stop;
	int64_t at, length;
	char *argument;
	struct word w;

	if (keyword_time(r, "at", 0, &at, err) < 0 ||
	    keyword_time(r, "for", 1, &length, err) < 0)
		return -1;
	if (!next_word(r, &w)) {
		err_usage(err, "the fault is missing: partition, kill, ...");
		return where(r, w.at, err);
	}
	family = family_find(w.text, err);
	if (family == NULL)
		return where(r, w.at, err);
	/* The argument is the rest of the line. */
	for (rest = r->p; rest < r->end && isspace((unsigned char)*rest);)
		rest++;
	for (stop = r->end; stop > rest && isspace((unsigned char)stop[-1]);)
		stop--;
	if (rest == stop) {
		err_usage(err, "%s of whom? It takes %s", family->name,
			  family->argument);
		return where(r, rest, err);
	}
	argument = mem_new((size_t)(stop - rest) + 1);
	memcpy(argument, rest, (size_t)(stop - rest));
	if (family->check(argument, nodes, err) < 0) {
		err_wrap(err, "%s", family->name);
		free(argument);
		return where(r, rest, err);
	}
	/* The line's number, for the search for overlaps. */
	add_fault(all, at, length, family, argument)->id = r->number;
	return 0;
}

/* Two faults of one process family at one time on one node: the later one
 * could not do anything, and nobody means that. */
static int
find_overlap(const struct reader *r, const struct faults *all, uint32_t nodes,
	     struct fr_err *err)
{
	bool a[FR_NODES_MAX], b[FR_NODES_MAX];
	const struct fault *f, *g;
	char text[2][32];
	size_t i, j;
	uint32_t k;

	for (i = 0; i < all->count; i++) {
		f = &all->at[i];
		memset(a, 0, sizeof a);
		if (target_list(f->argument, strlen(f->argument), nodes, a,
				NULL) < 0)
			continue;	/* groups, or a description */
		for (j = 0; j < i; j++) {
			g = &all->at[j];
			if (g->family != f->family ||
			    f->at >= g->at + g->length ||
			    g->at >= f->at + f->length)
				continue;
			memset(b, 0, sizeof b);
			if (target_list(g->argument, strlen(g->argument),
					nodes, b, NULL) < 0)
				continue;
			for (k = 0; k < nodes && !(a[k] && b[k]); k++)
				;
			if (k == nodes)
				continue;
			time_exact(g->at, text[0], sizeof text[0]);
			time_exact(g->at + g->length, text[1], sizeof text[1]);
			return err_usage(err, "%s:%u:1: %s of node %u overlaps "
					 "with line %u, which has it from %s "
					 "to %s", r->name, f->id,
					 f->family->name, k, g->id, text[0],
					 text[1]);
		}
	}
	return 0;
}

int
plan_read(const char *text, const char *name, uint32_t nodes,
	  struct plan *out, struct fr_err *err)
{
	struct reader r = { .name = name };
	struct faults all = { 0 };
	struct plan made = { 0 };
	const char *eol, *p;

	for (r.line = text; *r.line != '\0'; r.line = eol + (*eol == '\n')) {
		r.number++;
		eol = strchrnul(r.line, '\n');
		r.p = r.line;
		r.end = memchr(r.line, '#', (size_t)(eol - r.line));
		if (r.end == NULL)
			r.end = eol;
		for (p = r.line; p < r.end && isspace((unsigned char)*p);)
			p++;
		if (p == r.end)
			continue;
		if (all.count == PLAN_FAULTS_MAX) {
			err_usage(err, "more than %u faults", PLAN_FAULTS_MAX);
			where(&r, p, err);
			goto fail;
		}
		if (read_line(&r, nodes, &all, err) < 0)
			goto fail;
	}
	if (find_overlap(&r, &all, nodes, err) < 0)
		goto fail;
	finish(&all, out);
	return 0;
fail:
	finish(&all, &made);
	plan_free(&made);
	return -1;
}

int
plan_file(const char *path, uint32_t nodes, struct plan *out,
	  struct fr_err *err)
{
	FILE *file = fopen(path, "re");
	const char *name;
	struct buf text;
	char part[4096];
	int status = -1;
	size_t got;

	if (file == NULL) {
		err_sys(err, "plan '%s'", path);
		if (err != NULL)
			err->status = EXIT_USAGE;
		return -1;
	}
	buf_init(&text, PLAN_BYTES_MAX);
	while ((got = fread(part, 1, sizeof part, file)) > 0)
		buf_add(&text, part, got);
	if (ferror(file)) {
		err_sys(err, "plan '%s'", path);
		if (err != NULL)
			err->status = EXIT_USAGE;
	} else if (text.full) {
		err_usage(err, "plan '%s' is larger than 16M", path);
	} else if (text.size > 0 && memchr(text.data, '\0', text.size)) {
		err_usage(err, "plan '%s' is not a text", path);
	} else {
		name = strrchr(path, '/');
		name = name == NULL ? path : name + 1;
		status = plan_read(text.size > 0 ? text.data : "", name, nodes,
				   out, err);
	}
	buf_free(&text);
	fclose(file);
	return status;
}
