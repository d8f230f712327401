/* SPDX-License-Identifier: MIT */
/* Parameters of faults. */
#include "nemesis/param.h"

#include <string.h>

#include "core/base/units.h"

static const char *
bound(const char *text, const char *otherwise)
{
	return text == NULL || *text == '\0' ? otherwise : text;
}

static int
read_whole(const struct fr_param *p, const char *text, int64_t *out,
	   struct fr_err *err)
{
	int (*read)(const char *, int64_t, int64_t, int64_t *,
		    struct fr_err *) = p->kind == FR_PARAM_TIME ? read_time :
				       read_int;
	int64_t low = INT64_MIN, high = INT64_MAX;

	if (bound(p->min, NULL) != NULL &&
	    read(p->min, INT64_MIN, INT64_MAX, &low, err) < 0)
		return -1;
	if (bound(p->max, NULL) != NULL &&
	    read(p->max, INT64_MIN, INT64_MAX, &high, err) < 0)
		return -1;
	return read(text, low, high, out, err);
}

static int
read_bytes(const struct fr_param *p, const char *text, int64_t *out,
	   struct fr_err *err)
{
	uint64_t low, high, n;

	if (read_size(bound(p->min, "0"), 0, INT64_MAX, &low, err) < 0)
		return -1;
	high = INT64_MAX;
	if (bound(p->max, NULL) != NULL &&
	    read_size(p->max, 0, INT64_MAX, &high, err) < 0)
		return -1;
	if (read_size(text, low, high, &n, err) < 0)
		return -1;
	*out = (int64_t)n;
	return 0;
}

static int
read_fraction(const struct fr_param *p, const char *text, double *out,
	      struct fr_err *err)
{
	double low, high;

	if (read_real(bound(p->min, "-1e300"), -1e300, 1e300, &low, err) < 0 ||
	    read_real(bound(p->max, "1e300"), -1e300, 1e300, &high, err) < 0)
		return -1;
	return read_real(text, low, high, out, err);
}

int
param_value(const struct fr_param *p, const char *text,
	    struct fault_value *out, struct fr_err *err)
{
	int64_t number = 0;
	double real = 0;
	bool yes;
	int status = 0;

	if (text == NULL)
		text = "";
	switch (p->kind) {
	case FR_PARAM_INT:
	case FR_PARAM_TIME:
		status = read_whole(p, text, &number, err);
		break;
	case FR_PARAM_SIZE:
		status = read_bytes(p, text, &number, err);
		break;
	case FR_PARAM_BOOL:
		status = read_bool(text, &yes, err);
		number = status == 0 && yes;
		break;
	case FR_PARAM_REAL:
		status = read_fraction(p, text, &real, err);
		break;
	case FR_PARAM_TEXT:
		break;
	default:
		status = err_usage(err, "of a kind (%u) that this version does "
				   "not know", p->kind);
	}
	if (status < 0)
		return -1;
	out->number = number;
	out->real = p->kind == FR_PARAM_REAL ? real : (double)number;
	out->text = mem_string(text);
	return 0;
}
