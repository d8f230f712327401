/* SPDX-License-Identifier: MIT */
/* Which families there are, and what a fault of one carries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fracas/protocol.h>

#include "core/base/units.h"
#include "nemesis/families.h"
#include "nemesis/param.h"

#define GUESTS_MAX 64u

/* One line each, in the order in which people read of them. */
static const struct family *const house[] = {
	&family_partition,
	&family_delay,
	&family_loss,
	&family_duplicate,
	&family_reorder,
	&family_corrupt,
	&family_bandwidth,
	&family_replay,
	&family_kill,
	&family_pause,
	&family_slow,
	&family_crash_at,
	&family_amnesia,
	&family_upgrade,
	&family_clock,
	&family_disk,
	&family_byzantine,
	&family_twins,
	&family_client,
};

#define HOUSE (sizeof house / sizeof *house)

static const struct family *guests[GUESTS_MAX];
static size_t guest_count;

const struct family *
family_at(size_t i)
{
	if (i < HOUSE)
		return house[i];
	return i - HOUSE < guest_count ? guests[i - HOUSE] : NULL;
}

static const struct family *
look_up(const char *name)
{
	const struct family *f;
	size_t i;

	for (i = 0; (f = family_at(i)) != NULL; i++) {
		if (strcmp(f->name, name) == 0)
			break;
	}
	return f;
}

const struct family *
family_find(const char *name, struct fr_err *err)
{
	const char *names[HOUSE + GUESTS_MAX], *near;
	const struct family *f = look_up(name);
	size_t count;

	if (f != NULL)
		return f;
	for (count = 0; (f = family_at(count)) != NULL; count++)
		names[count] = f->name;
	near = nearest_word(name, names, count, sizeof *names);
	if (near != NULL)
		err_usage(err, "there is no fault '%s'; did you mean '%s'?",
			  name, near);
	else
		err_usage(err, "there is no fault '%s': see `fracas list "
			  "faults`", name);
	return NULL;
}

int
family_add(const struct family *f, struct fr_err *err)
{
	if (look_up(f->name) != NULL)
		return err_usage(err, "there is a fault '%s' already",
				 f->name);
	if (guest_count == GUESTS_MAX)
		return err_usage(err, "more than %u families of plugins",
				 GUESTS_MAX);
	guests[guest_count++] = f;
	return 0;
}

const struct variant *
variant_find(const struct family *f, const char *name, struct fr_err *err)
{
	const struct variant *v;
	const char *near, *names[64];
	size_t count = 0;

	for (v = f->variants; v->name != NULL; v++) {
		if (strcmp(v->name, name) == 0)
			return v;
		if (count < sizeof names / sizeof *names)
			names[count++] = v->name;
	}
	near = nearest_word(name, names, count, sizeof *names);
	if (near != NULL)
		err_usage(err, "%s has no variant '%s'; did you mean '%s'?",
			  f->name, name, near);
	else
		err_usage(err, "%s has no variant '%s': see `fracas describe "
			  "%s`", f->name, name, f->name);
	return NULL;
}

const char *
family_impossible(const struct family *f, const struct variant *v,
		  const char *world)
{
	const bool live = strcmp(world, "live") == 0;
	const char *why = live ? f->not_live : f->not_sim;

	return why != NULL ? why : live ? v->not_live : v->not_sim;
}

/* ---- parameters -------------------------------------------------------------------- */

uint32_t
family_params(const struct family *f)
{
	uint32_t count = 0;

	while (f->params != NULL && f->params[count].name != NULL)
		count++;
	return count;
}

static uint32_t
param_index(const struct fault *f, const char *name)
{
	uint32_t i, count = family_params(f->family);

	for (i = 0; i < count; i++) {
		if (strcmp(f->family->params[i].name, name) == 0)
			break;
	}
	return i;
}

static const struct fault_value *
value_of(const struct fault *f, const char *name)
{
	const uint32_t i = param_index(f, name);

	FR_ASSERT(i < family_params(f->family));
	return &f->values[i];
}

int64_t
fault_number(const struct fault *f, const char *name)
{
	return value_of(f, name)->number;
}

double
fault_real(const struct fault *f, const char *name)
{
	return value_of(f, name)->real;
}

const char *
fault_text(const struct fault *f, const char *name)
{
	return value_of(f, name)->text;
}

bool
fault_given(const struct fault *f, const char *name)
{
	return value_of(f, name)->given;
}

bool
fault_has(const struct fault *f, const char *name)
{
	return param_index(f, name) < family_params(f->family);
}

static void
value_free(struct fault_value *v)
{
	free(v->text);
	memset(v, 0, sizeof *v);
}

int
fault_give(struct fault *f, const char *name, const char *text,
	   struct fr_err *err)
{
	const uint32_t i = param_index(f, name);
	struct fault_value v = { .given = true };

	FR_ASSERT(i < family_params(f->family));
	if (f->values[i].given)
		return err_usage(err, "%s is given twice", name);
	if (param_value(&f->family->params[i], text, &v, err) < 0)
		return err_wrap(err, "%s", name);
	value_free(&f->values[i]);
	f->values[i] = v;
	return 0;
}

void
fault_set(struct fault *f, const char *name, const char *text)
{
	struct fr_err err = { 0 };

	if (value_of(f, name)->given)
		return;
	if (fault_give(f, name, text, &err) < 0)
		FR_ASSERT(!"a family draws within its own bounds");
}

void
fault_aim(struct fault *f, const char *target)
{
	char *copy = mem_string(target);

	free(f->target);
	f->target = copy;
}

bool
fault_is(const struct fault *f, const char *variant)
{
	return strcmp(f->variant->name, variant) == 0;
}

uint32_t
fault_aims(const struct fault *f)
{
	return f->variant->aims != 0 ? f->variant->aims : f->family->aims;
}

void
fault_init(struct fault *f, const struct family *family,
	   const struct variant *variant)
{
	uint32_t i, count = family_params(family);
	struct fr_err err = { 0 };

	memset(f, 0, sizeof *f);
	f->family = family;
	f->variant = variant;
	f->target = mem_string("");
	f->values = mem_array(count, sizeof *f->values);
	for (i = 0; i < count; i++) {
		if (param_value(&family->params[i],
				family->params[i].fallback, &f->values[i],
				&err) < 0)
			FR_ASSERT(!"a default lies within its bounds");
	}
}

void
fault_free(struct fault *f)
{
	uint32_t i, count = family_params(f->family);

	for (i = 0; i < count; i++)
		value_free(&f->values[i]);
	free(f->values);
	free(f->target);
	free(f->held);
	memset(f, 0, sizeof *f);
}

/* ---- in words ------------------------------------------------------------------------ */

void
fault_name(const struct fault *f, struct buf *out)
{
	buf_text(out, f->family->name);
	if (f->variant != f->family->variants)
		buf_printf(out, ":%s", f->variant->name);
}

void
fault_line(const struct fault *f, struct buf *out)
{
	uint32_t i, count = family_params(f->family);

	fault_name(f, out);
	if (*f->target != '\0')
		buf_printf(out, " %s", f->target);
	for (i = 0; i < count; i++) {
		if (f->values[i].given)
			buf_printf(out, " %s=%s", f->family->params[i].name,
				   f->values[i].text);
	}
}

struct rng
fault_rng(const struct fault *f, const struct ground *g, const char *label)
{
	struct buf words;
	struct rng rng;
	uint64_t hash;

	buf_init(&words, 1 << 20);
	fault_line(f, &words);
	hash = hash_mix(hash_text(0, words.data), (uint64_t)f->at);
	buf_free(&words);
	rng = rng_make(g->seed, STREAM_FAULTS, (uint32_t)hash,
		       (uint32_t)(hash >> 32), label);
	return rng;
}
