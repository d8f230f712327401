/* SPDX-License-Identifier: MIT */
/*
 * Plans, read.
 *
 * The language has one line a fault:
 *
 *	at TIME for TIME FAULT
 *	at TIME until TIME FAULT
 *	at TIME until heal FAULT
 *
 * where FAULT is FAMILY[:VARIANT] [TARGET] [NAME=VALUE ...].  '#' begins a
 * comment; empty lines mean nothing.  plan_read takes the whole text or
 * nothing of it.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"
#include "nemesis/guard.h"
#include "nemesis/param.h"
#include "nemesis/plan.h"
#include "nemesis/target.h"

#define TIME_MAX	(1000 * 3600 * 1000000000ll)
#define FORM		"a line reads 'at TIME for TIME FAMILY TARGET'"

struct reader {
	const char *name;	/* of the file                                 */
	const char *line;	/* the line's beginning                        */
	uint32_t number;	/* of the line, from 1                         */
	const char *p;		/* the next thing to read                      */
	const char *end;	/* of the line, or of what is not a comment    */
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

struct word {
	const char *at;
	size_t size;
};

static bool
next_word(const char **p, const char *end, struct word *w)
{
	while (*p < end && isspace((unsigned char)**p))
		(*p)++;
	w->at = *p;
	while (*p < end && !isspace((unsigned char)**p))
		(*p)++;
	w->size = (size_t)(*p - w->at);
	return w->size > 0;
}

static bool
is(const struct word *w, const char *text)
{
	return strlen(text) == w->size && memcmp(w->at, text, w->size) == 0;
}

/* ---- one fault, without its times ---------------------------------------------- */

static int
read_family(const struct word *w, struct fault *out, struct fr_err *err)
{
	const struct variant *v;
	const struct family *f;
	char name[160], *colon;

	snprintf(name, sizeof name, "%.*s", (int)w->size, w->at);
	colon = strchr(name, ':');
	if (colon != NULL)
		*colon = '\0';
	f = family_find(name, err);
	if (f == NULL)
		return -1;
	v = colon == NULL ? f->variants : variant_find(f, colon + 1, err);
	if (v == NULL)
		return -1;
	fault_init(out, f, v);
	return 0;
}

static int
unknown_param(const struct fault *f, const char *name, const char *value,
	      bool sure, struct fr_err *err)
{
	const uint32_t count = family_params(f->family);
	struct fault_value v = { 0 };
	const char *near = NULL;
	uint32_t i;

	if (count > 0)
		near = nearest_word(name, &f->family->params[0].name, count,
				    sizeof *f->family->params);
	if (near != NULL && !sure) {
		/* It may be a note; not where it reads as the other would. */
		for (i = 0; f->family->params[i].name != near; i++)
			;
		if (f->family->params[i].kind == FR_PARAM_TEXT ||
		    param_value(&f->family->params[i], value, &v, NULL) < 0)
			return 0;
		free(v.text);
	} else if (!sure) {
		return 0;
	}
	if (near != NULL)
		return err_usage(err, "%s has no parameter '%s'; did you mean "
				 "'%s'?", f->family->name, name, near);
	return err_usage(err, "%s has no parameter '%s': see `fracas describe "
			 "%s`", f->family->name, name, f->family->name);
}

/* NAME=VALUE, or (`first`) the target. */
static int
read_argument(struct fault *f, const char *text, bool first,
	      struct fr_err *err)
{
	const char *equals = strchr(text, '=');
	const struct variant *v;
	char name[FR_NAME_MAX + 1];

	if (equals != NULL) {
		snprintf(name, sizeof name, "%.*s", (int)(equals - text),
			 text);
		if (fault_has(f, name))
			return fault_give(f, name, equals + 1, err);
		/* role=leader, or a parameter that is none. */
		if (unknown_param(f, name, equals + 1, !first, err) < 0)
			return -1;
	} else if (!first) {
		return err_usage(err, "'%s' is no parameter: write NAME=VALUE, "
				 "and a target without blanks", text);
	}
	/* "partition halves" for "partition:halves". */
	for (v = f->family->variants; v->name != NULL; v++) {
		if (strcmp(v->name, text) == 0 &&
		    f->variant == f->family->variants) {
			f->variant = v;
			return 0;
		}
	}
	fault_aim(f, text);
	return 0;
}

int
fault_parse(const char *text, const char *end, const struct ground *g,
	   struct fault *out, const char **at, struct fr_err *err)
{
	const char *p = text, *target;
	struct fault made;
	struct word w;
	bool first = true;
	char *copy;
	int status;

	*at = text;
	if (!next_word(&p, end, &w)) {
		*at = w.at;
		return err_usage(err, "the fault is missing: partition, kill, "
				 "...");
	}
	*at = target = w.at;
	if (read_family(&w, &made, err) < 0)
		return -1;
	while (next_word(&p, end, &w)) {
		*at = w.at;
		copy = mem_format("%.*s", (int)w.size, w.at);
		if (first)
			target = w.at;
		status = read_argument(&made, copy, first, err);
		free(copy);
		if (status < 0)
			goto fail;
		first = first && *made.target == '\0' &&
			made.variant == made.family->variants &&
			memchr(w.at, '=', w.size) != NULL;
	}
	*at = target;
	if (!g->stored && (fault_check(&made, g, err) < 0 ||
			   guard_fault(g, &made, err) < 0))
		goto fail;
	*out = made;
	return 0;
fail:
	err_wrap(err, "%s", made.family->name);
	fault_free(&made);
	return -1;
}

/* ---- lines ------------------------------------------------------------------------ */

static int
read_moment(struct reader *r, const struct word *keyword, int64_t *out,
	    const char **at, struct fr_err *err)
{
	char text[128];
	struct word w;

	if (!next_word(&r->p, r->end, &w)) {
		err_usage(err, "a time is missing behind '%.*s'",
			  (int)keyword->size, keyword->at);
		return where(r, w.at, err);
	}
	*at = w.at;
	snprintf(text, sizeof text, "%.*s", (int)w.size, w.at);
	if (is(keyword, "until") && strcmp(text, "heal") == 0) {
		*out = INT64_MAX;
		return 0;
	}
	if (read_time(text, INT64_MIN / 2, TIME_MAX, out, err) < 0)
		return where(r, w.at, err);
	return 0;
}

static int
misplaced(const struct reader *r, const struct word *w, const char *wanted,
	  struct fr_err *err)
{
	if (w->size == 0)
		err_usage(err, "'%s TIME' is missing: " FORM, wanted);
	else
		err_usage(err, "'%.*s' stands where '%s' should: " FORM,
			  (int)w->size, w->at, wanted);
	return where(r, w->at, err);
}

/* "at 1s for 2s": length 0 is until everything is healed. */
static int
read_times(struct reader *r, int64_t *at, int64_t *length, struct fr_err *err)
{
	const char *place;
	struct word w;
	int64_t t;

	if (!next_word(&r->p, r->end, &w) || !is(&w, "at"))
		return misplaced(r, &w, "at", err);
	if (read_moment(r, &w, at, &place, err) < 0)
		return -1;
	if (*at < 0) {
		err_usage(err, "'at %.*s' lies before the main phase begins",
			  (int)(r->p - place), place);
		return where(r, place, err);
	}
	if (!next_word(&r->p, r->end, &w) || !(is(&w, "for") ||
					       is(&w, "until")))
		return misplaced(r, &w, "for", err);
	if (read_moment(r, &w, &t, &place, err) < 0)
		return -1;
	if (t == INT64_MAX) {
		*length = 0;
		return 0;
	}
	*length = is(&w, "for") ? t : t - *at;
	if (*length > 0)
		return 0;
	err_usage(err, "'%.*s %.*s': a fault has to end after it begins",
		  (int)w.size, w.at, (int)(r->p - place), place);
	return where(r, place, err);
}

static int
read_line(struct reader *r, const struct ground *g, struct faults *all,
	  struct fr_err *err)
{
	const char *place;
	int64_t at, length;
	struct fault made, *f;

	if (read_times(r, &at, &length, err) < 0)
		return -1;
	if (fault_parse(r->p, r->end, g, &made, &place, err) < 0)
		return where(r, place, err);
	made.at = at;
	made.length = length;
	made.line = r->number;
	f = faults_add(all);
	*f = made;
	if (!g->stored && fault_settle(f, g, err) < 0)
		return where(r, r->line, err);
	return 0;
}

/* ---- faults that are in each other's way --------------------------------------- */

/* Two faults that hold a node's process at one time: the later one could not
 * do what it says, and nobody means that. */
static int
find_overlap(const struct reader *r, const struct faults *all,
	     const struct ground *ground, struct fr_err *err)
{
	const struct fault *f, *g;
	char text[2][32];
	uint32_t node;
	size_t i, j;

	for (i = 0; i < all->count; i++) {
		f = &all->at[i];
		for (j = 0; j < i; j++) {
			g = &all->at[j];
			if (!guard_overlap(ground, f, g, &node))
				continue;
			time_exact(g->at, text[0], sizeof text[0]);
			time_exact(g->at + g->length, text[1],
				   sizeof text[1]);
			return err_usage(err, "%s:%u:1: %s of node %u overlaps "
					 "with the %s of line %u, which has it "
					 "from %s to %s", r->name, f->line,
					 f->family->name, node,
					 g->family->name, g->line, text[0],
					 g->length == 0 ? "the end" : text[1]);
		}
	}
	return 0;
}

int
plan_read(const char *text, const char *name, const struct ground *g,
	  struct plan *out, struct fr_err *err)
{
	struct reader r = { .name = name };
	struct faults all = { 0 };
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
		if (read_line(&r, g, &all, err) < 0)
			goto fail;
	}
	if (!g->stored && find_overlap(&r, &all, g, err) < 0)
		goto fail;
	faults_finish(&all, out);
	return 0;
fail:
	faults_free(&all);
	return -1;
}

char *
plan_load(const char *path, struct fr_err *err)
{
	FILE *file = fopen(path, "re");
	char part[4096], *made = NULL;
	struct buf text;
	size_t got;

	if (file == NULL) {
		err_sys(err, "plan '%s'", path);
		if (err != NULL)
			err->status = EXIT_USAGE;
		return NULL;
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
		made = mem_string(text.size > 0 ? text.data : "");
	}
	buf_free(&text);
	fclose(file);
	return made;
}
