/* SPDX-License-Identifier: MIT */
/*
 * Parameters: what a protocol or a workload declares, set by people, read and
 * kept within bounds.
 *
 * A struct params holds one value for each declaration, in their order, at
 * all times a valid one.
 */
#include "core/run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
read_bound(const char *text, int (*read)(const char *, int64_t, int64_t,
	   int64_t *, struct fr_err *), int64_t otherwise, int64_t *out,
	   struct fr_err *err)
{
	*out = otherwise;
	if (text == NULL || *text == '\0')
		return 0;
	return read(text, INT64_MIN, INT64_MAX, out, err);
}

static int
read_number(const struct wire_param *d, const char *text, int64_t *out,
	    struct fr_err *err)
{
	int (*read)(const char *, int64_t, int64_t, int64_t *,
		    struct fr_err *) = read_int;
	int64_t low, high;

	if (d->kind == FR_PARAM_TIME)
		read = read_time;
	if (read_bound(d->min, read, INT64_MIN, &low, err) < 0 ||
	    read_bound(d->max, read, INT64_MAX, &high, err) < 0)
		return -1;
	return read(text, low, high, out, err);
}

static int
read_bytes(const struct wire_param *d, const char *text, int64_t *out,
	   struct fr_err *err)
{
	uint64_t low = 0, high = INT64_MAX, n;

	if (d->min != NULL && *d->min != '\0' &&
	    read_size(d->min, 0, INT64_MAX, &low, err) < 0)
		return -1;
	if (d->max != NULL && *d->max != '\0' &&
	    read_size(d->max, 0, INT64_MAX, &high, err) < 0)
		return -1;
	if (read_size(text, low, high, &n, err) < 0)
		return -1;
	*out = (int64_t)n;
	return 0;
}

static int
read_fraction(const struct wire_param *d, const char *text, double *out,
	      struct fr_err *err)
{
	double low = -1e300, high = 1e300;

	if (d->min != NULL && *d->min != '\0' &&
	    read_real(d->min, -1e300, 1e300, &low, err) < 0)
		return -1;
	if (d->max != NULL && *d->max != '\0' &&
	    read_real(d->max, -1e300, 1e300, &high, err) < 0)
		return -1;
	return read_real(text, low, high, out, err);
}

static void
value_free(struct param_value *v)
{
	free(v->name);
	free(v->text);
	if (v->value.kind == FR_BYTES)
		free((void *)(uintptr_t)v->value.u.bytes);
}

/* One value, read by its declaration. */
static int
value_read(const struct wire_param *d, const char *text,
	   struct param_value *out, struct fr_err *err)
{
	struct fr_value v = { .kind = FR_INT };
	double real;
	bool yes;

	switch (d->kind) {
	case FR_PARAM_INT:
	case FR_PARAM_TIME:
		if (read_number(d, text, &v.u.number, err) < 0)
			return -1;
		break;
	case FR_PARAM_SIZE:
		if (read_bytes(d, text, &v.u.number, err) < 0)
			return -1;
		break;
	case FR_PARAM_BOOL:
		if (read_bool(text, &yes, err) < 0)
			return -1;
		v.u.number = yes;
		break;
	case FR_PARAM_REAL:
		if (read_fraction(d, text, &real, err) < 0)
			return -1;
		v.kind = FR_BYTES;
		v.count = sizeof real;
		v.u.bytes = mem_copy(&real, sizeof real);
		break;
	case FR_PARAM_TEXT:
		if (strlen(text) > FR_TEXT_MAX)
			return err_usage(err, "longer than %u bytes",
					 FR_TEXT_MAX);
		v.kind = FR_BYTES;
		v.count = (uint32_t)strlen(text);
		v.u.bytes = mem_string(text);
		break;
	default:
		return err_usage(err, "of a kind (%u) that this version does "
				 "not know", d->kind);
	}
	out->name = mem_string(d->name);
	out->text = mem_string(text);
	out->kind = d->kind;
	out->value = v;
	return 0;
}

int
params_make(const struct wire_param *declared, uint32_t count,
	    struct params *out, struct fr_err *err)
{
	struct params made = { 0 };
	uint32_t i;

	made.at = mem_array(count, sizeof *made.at);
	for (i = 0; i < count; i++) {
		if (value_read(&declared[i], declared[i].fallback == NULL ? "" :
			       declared[i].fallback, &made.at[i], err) < 0) {
			err_wrap(err, "the default of parameter '%s'",
				 declared[i].name);
			params_free(&made);
			return -1;
		}
		made.count++;
	}
	*out = made;
	return 0;
}

static int
unknown(const struct wire_param *declared, uint32_t count, const char *name,
	struct fr_err *err)
{
	const char *near = NULL;
	const char **names;
	uint32_t i;

	if (count == 0)
		return err_usage(err, "there is no parameter '%s': nothing "
				 "can be set here", name);
	names = mem_array(count, sizeof *names);
	for (i = 0; i < count; i++)
		names[i] = declared[i].name;
	near = nearest_word(name, names, count, sizeof *names);
	if (near != NULL)
		err_usage(err, "there is no parameter '%s'; did you mean "
			  "'%s'?", name, near);
	else
		err_usage(err, "there is no parameter '%s': `fracas describe` "
			  "lists those of a protocol or workload", name);
	free(names);
	return -1;
}

int
params_set(struct params *p, const struct wire_param *declared,
	   uint32_t count, const char *name, const char *value,
	   struct fr_err *err)
{
	struct param_value v;
	bool any = false;
	uint32_t i;

	FR_ASSERT(p->count == count);
	for (i = 0; i < count; i++) {
		if (strcmp(declared[i].name, name) != 0)
			continue;
		any = true;
		if (value_read(&declared[i], value, &v, err) < 0)
			return err_wrap(err, "parameter '%s'", name);
		value_free(&p->at[i]);
		p->at[i] = v;
	}
	return any ? 0 : unknown(declared, count, name, err);
}

const struct param_value *
params_get(const struct params *p, const char *name)
{
	uint32_t i;

	for (i = 0; i < p->count; i++) {
		if (strcmp(p->at[i].name, name) == 0)
			return &p->at[i];
	}
	return NULL;
}

int
params_apply(const struct setting *settings, uint32_t setting_count,
	     const struct param_set *sets, uint32_t set_count,
	     struct fr_err *err)
{
	struct wire_param *all;
	uint32_t i, j, count = 0, taken;
	bool known;

	for (i = 0; i < setting_count; i++) {
		known = false;
		for (j = 0; j < set_count; j++) {
			if (params_get(sets[j].values, settings[i].name) ==
			    NULL)
				continue;
			known = true;
			if (params_set(sets[j].values, sets[j].declared,
				       sets[j].count, settings[i].name,
				       settings[i].value, err) < 0)
				return err_wrap(err, "--set %s=%s (%s)",
						settings[i].name,
						settings[i].value,
						sets[j].whose);
		}
		if (known)
			continue;
		/* The nearest name among all of them. */
		for (j = 0; j < set_count; j++)
			count += sets[j].count;
		all = mem_array(count, sizeof *all);
		for (j = 0, taken = 0; j < set_count; taken += sets[j++].count)
			memcpy(all + taken, sets[j].declared,
			       sets[j].count * sizeof *all);
		unknown(all, count, settings[i].name, err);
		free(all);
		return err_wrap(err, "--set %s=%s", settings[i].name,
				settings[i].value);
	}
	return 0;
}

void
params_free(struct params *p)
{
	uint32_t i;

	for (i = 0; i < p->count; i++)
		value_free(&p->at[i]);
	free(p->at);
	memset(p, 0, sizeof *p);
}
