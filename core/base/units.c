/* SPDX-License-Identifier: MIT */
/* How people write quantities. */
#include "core/base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* ---- numbers ----------------------------------------------------------------- */

int
read_int(const char *text, int64_t min, int64_t max, int64_t *out,
	 struct fr_err *err)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || isspace((unsigned char)*text))
		return err_usage(err, "'%s' is not a whole number", text);
	if (errno == ERANGE || n < min || n > max)
		return err_usage(err, "%s is not within %" PRId64 " .. %" PRId64,
				 text, min, max);
	*out = n;
	return 0;
}

int
read_real(const char *text, double min, double max, double *out,
	  struct fr_err *err)
{
	char *end;
	double n;

	n = strtod(text, &end);
	if (end == text || *end != '\0' || isspace((unsigned char)*text) ||
	    !isfinite(n))
		return err_usage(err, "'%s' is not a number", text);
	if (n < min || n > max)
		return err_usage(err, "%s is not within %g .. %g", text, min,
				 max);
	*out = n;
	return 0;
}

int
read_bool(const char *text, bool *out, struct fr_err *err)
{
	static const char *const yes[] = { "true", "yes", "on", "1" };
	static const char *const no[] = { "false", "no", "off", "0" };
	size_t i;

	for (i = 0; i < sizeof yes / sizeof *yes; i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*out = strcmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return err_usage(err, "'%s' is neither true nor false", text);
}

/* ---- times and sizes ----------------------------------------------------------- */

struct unit {
	const char *name;
	double factor;
};

static const struct unit time_units[] = {
	{ "ns", 1 },	 { "us", 1e3 },	   { "ms", 1e6 },
	{ "s", 1e9 },	 { "m", 60e9 },	   { "h", 3600e9 },
	{ NULL, 0 },
};

static const struct unit size_units[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "K", 1024.0 },
	{ "M", 1024.0 * 1024 },
	{ "G", 1024.0 * 1024 * 1024 },
	{ "T", 1024.0 * 1024 * 1024 * 1024 },
	{ NULL, 0 },
};

/* A number and a unit; -1 when it is not that. */
static int
quantity(const char *text, const struct unit *units, double *out)
{
	char *end;
	double n;

	if (!isdigit((unsigned char)*text) && *text != '-' && *text != '.')
		return -1;
	if (strpbrk(text, "xX") != NULL)	/* strtod reads hexadecimal */
		return -1;
	n = strtod(text, &end);
	if (end == text || !isfinite(n))
		return -1;
	for (; units->name != NULL; units++) {
		if (strcasecmp(end, units->name) == 0 &&
		    (strlen(end) != 1 || *end != 'M' ||
		     units->name[0] == 'M')) {
			*out = n * units->factor;
			return 0;
		}
	}
	return -1;
}

int
read_time(const char *text, int64_t min, int64_t max, int64_t *out,
	  struct fr_err *err)
{
	char low[32], high[32];
	double n;

	if (strcmp(text, "0") == 0)
		n = 0;
	else if (quantity(text, time_units, &n) < 0)
		return err_usage(err, "'%s' is not a time such as 250us, 5ms, "
				 "3s or 2m", text);
	if (n < (double)min || n > (double)max) {
		time_exact(min, low, sizeof low);
		time_exact(max, high, sizeof high);
		return err_usage(err, "%s is not within %s .. %s", text, low,
				 high);
	}
	*out = n >= 9.2e18 ? INT64_MAX : (int64_t)llround(n);
	return 0;
}

int
read_size(const char *text, uint64_t min, uint64_t max, uint64_t *out,
	  struct fr_err *err)
{
	char low[32], high[32];
	double n;

	if (quantity(text, size_units, &n) < 0)
		return err_usage(err, "'%s' is not a size such as 512, 64K or "
				 "16M", text);
	if (n < (double)min || n > (double)max) {
		size_text(min, low, sizeof low);
		size_text(max, high, sizeof high);
		return err_usage(err, "%s is not within %s .. %s", text, low,
				 high);
	}
	*out = n >= 1.8e19 ? UINT64_MAX : (uint64_t)(n + 0.5);
	return 0;
}

int
read_range(const char *text, uint64_t *low, uint64_t *high,
	   struct fr_err *err)
{
	char first[32];
	const char *dots = strstr(text, "..");
	size_t size = dots == NULL ? strlen(text) : (size_t)(dots - text);
	int64_t a, b;

	if (size >= sizeof first)
		return err_usage(err, "'%s' is not a range such as 1..1000",
				 text);
	memcpy(first, text, size);
	first[size] = '\0';
	if (read_int(first, 0, INT64_MAX, &a, err) < 0)
		return err_wrap(err, "range '%s'", text);
	b = a;
	if (dots != NULL && read_int(dots + 2, 0, INT64_MAX, &b, err) < 0)
		return err_wrap(err, "range '%s'", text);
	if (b < a)
		return err_usage(err, "range '%s' ends before it begins", text);
	*low = (uint64_t)a;
	*high = (uint64_t)b;
	return 0;
}

void
time_exact(int64_t ns, char *text, size_t max)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {
		{ "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 },
	};
	size_t i;

	if (ns == 0) {
		snprintf(text, max, "0s");
		return;
	}
	for (i = 0; i < sizeof units / sizeof *units; i++) {
		if (ns % units[i].ns == 0) {
			snprintf(text, max, "%" PRId64 "%s", ns / units[i].ns,
				 units[i].name);
			return;
		}
	}
	snprintf(text, max, "%" PRId64 "ns", ns);
}

void
time_text(int64_t ns, char *text, size_t max)
{
	static const struct unit units[] = {
		{ "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 },
	};
	double n = (double)ns, size = fabs(n);
	size_t i;

	if (ns == 0) {
		snprintf(text, max, "0s");
		return;
	}
	if (size >= 120e9) {
		snprintf(text, max, "%.0fm%02.0fs",
			 trunc(n / 60e9), fabs(fmod(n, 60e9)) / 1e9);
		return;
	}
	for (i = 0; i < 3 && size < units[i].factor; i++)
		;
	n /= units[i].factor;
	size /= units[i].factor;
	snprintf(text, max, "%.*f%s",
		 units[i].factor <= 1 || size >= 99.95 ? 0 :
		 size >= 9.995 ? 1 : 2, n, units[i].name);
}

void
size_text(uint64_t bytes, char *text, size_t max)
{
	static const char *const names[] = { "", "K", "M", "G", "T" };
	double n = (double)bytes;
	size_t i = 0;

	while (n >= 1024 && i < 4) {
		n /= 1024;
		i++;
	}
	if (n == floor(n))
		snprintf(text, max, "%.0f%s", n, names[i]);
	else
		snprintf(text, max, "%.1f%s", n, names[i]);
}

/* ---- distributions --------------------------------------------------------------- */

#define DIST_MAX (3600 * 1000000000ll)

int
read_dist(const char *text, struct dist *out, struct fr_err *err)
{
	static const char *const kinds[] = { "const", "uniform", "exp",
					     "pareto" };
	char first[64];
	const char *arguments = strchr(text, ':'), *comma;
	struct dist d = { DIST_CONST, 0, 0, 0 };
	const char *near;
	size_t size;
	int i;

	if (arguments == NULL) {
		/* A bare time is a constant. */
		if (read_time(text, 0, DIST_MAX, &d.a, NULL) < 0)
			goto bad;
		*out = d;
		return 0;
	}
	size = (size_t)(arguments++ - text);
	if (size >= sizeof first)
		goto bad;
	memcpy(first, text, size);
	first[size] = '\0';
	for (i = 0; i < 4 && strcmp(first, kinds[i]) != 0; i++)
		;
	if (i == 4) {
		near = nearest_word(first, kinds, 4, sizeof *kinds);
		if (near != NULL)
			return err_usage(err, "there is no distribution '%s'; "
					 "did you mean '%s'?", first, near);
		goto bad;
	}
	d.kind = i;
	comma = strchr(arguments, ',');
	size = comma == NULL ? strlen(arguments) : (size_t)(comma - arguments);
	if (size >= sizeof first)
		goto bad;
	memcpy(first, arguments, size);
	first[size] = '\0';
	if ((comma != NULL) != (i == DIST_UNIFORM || i == DIST_PARETO))
		goto bad;
	if (read_time(first, 0, DIST_MAX, &d.a, err) < 0)
		return err_wrap(err, "distribution '%s'", text);
	if (i == DIST_UNIFORM &&
	    read_time(comma + 1, d.a, DIST_MAX, &d.b, err) < 0)
		return err_wrap(err, "distribution '%s'", text);
	if (i == DIST_PARETO &&
	    read_real(comma + 1, 0.1, 100, &d.shape, err) < 0)
		return err_wrap(err, "distribution '%s'", text);
	*out = d;
	return 0;
bad:
	return err_usage(err, "'%s' is not a distribution such as const:1ms, "
			 "uniform:1ms,5ms, exp:2ms or pareto:1ms,1.5", text);
}

void
dist_text(const struct dist *d, char *text, size_t max)
{
	char a[32], b[32];

	time_exact(d->a, a, sizeof a);
	time_exact(d->b, b, sizeof b);
	switch (d->kind) {
	case DIST_CONST:
		snprintf(text, max, "const:%s", a);
		break;
	case DIST_UNIFORM:
		snprintf(text, max, "uniform:%s,%s", a, b);
		break;
	case DIST_EXP:
		snprintf(text, max, "exp:%s", a);
		break;
	case DIST_PARETO:
		snprintf(text, max, "pareto:%s,%g", a, d->shape);
		break;
	}
}

#define LN_2	0.6931471805599453094

/*
 * The natural logarithm by additions, multiplications and divisions alone, of
 * a normal number > 0, to the last digit or two.  libm's takes another way on
 * processors with fused multiplication, which may end in another last digit,
 * and what is drawn has to be the same everywhere.
 */
static inline double
log_plain(double x)
{
	const uint64_t low_bits = 0x3fe6a09e667f3bcdull;	/* sqrt(1/2)    */
	uint64_t bits, above;
	double s, q, q2, low, mid, high;

	/* x = y * 2^power, y from sqrt(1/2) up to sqrt(2): without a branch,
	 * which would be guessed wrong every second time. */
	memcpy(&bits, &x, sizeof bits);
	above = (bits - low_bits) & 0xfff0000000000000ull;
	bits -= above;
	memcpy(&x, &bits, sizeof x);
	/* ln y = 2 artanh((y - 1) / (y + 1)), of which |s| < 0.172; in pairs,
	 * which a processor works out side by side. */
	s = (x - 1) / (x + 1);
	q = s * s;
	q2 = q * q;
	low = 2 + q * (2.0 / 3) + q2 * (2.0 / 5 + q * (2.0 / 7));
	mid = 2.0 / 9 + q * (2.0 / 11) + q2 * (2.0 / 13 + q * (2.0 / 15));
	high = 2.0 / 17 + q * (2.0 / 19) + q2 * (2.0 / 21);
	q2 *= q2;
	return (double)((int64_t)above >> 52) * LN_2 +
	       s * (low + q2 * (mid + q2 * high));
}

/* e to the power of x, in the same way; x is not negative. */
static double
exp_plain(double x)
{
	double left, sum = 1;
	int power, i;

	/* Beyond that it is more than anybody draws. */
	if (x > 700)
		return 1e300;
	power = (int)(x / LN_2);
	left = x - power * LN_2;
	/* Taylor's series, from its end; left < 0.694: so many terms do. */
	for (i = 20; i > 0; i--)
		sum = 1 + sum * left / i;
	return ldexp(sum, power);
}

int64_t
dist_draw(const struct dist *d, struct rng *r)
{
	double drawn = 0;

	switch (d->kind) {
	case DIST_CONST:
		return d->a;
	case DIST_UNIFORM:
		return rng_between(r, d->a, d->b);
	case DIST_EXP:
		drawn = -log_plain(1 - rng_real(r)) * (double)d->a;
		break;
	case DIST_PARETO:
		drawn = (double)d->a *
			exp_plain(-log_plain(1 - rng_real(r)) / d->shape);
		break;
	}
	return drawn > (double)DIST_MAX ? DIST_MAX : (int64_t)drawn;
}

/* ---- the nearest word --------------------------------------------------------------- */

#define WORD_MAX 63

/* Damerau's distance (optimal string alignment), without regard to case. */
static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *old = rows[0], *last = rows[1], *row = rows[2], *t;
	size_t na = strlen(a), nb = strlen(b), i, j, n;

	if (na > WORD_MAX || nb > WORD_MAX)
		return SIZE_MAX;
	for (j = 0; j <= nb; j++)
		last[j] = j;
	for (i = 1; i <= na; i++) {
		row[0] = i;
		for (j = 1; j <= nb; j++) {
			int same = tolower((unsigned char)a[i - 1]) ==
				   tolower((unsigned char)b[j - 1]);

			n = last[j - 1] + !same;
			if (last[j] + 1 < n)
				n = last[j] + 1;
			if (row[j - 1] + 1 < n)
				n = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && old[j - 2] + 1 < n)
				n = old[j - 2] + 1;
			row[j] = n;
		}
		t = old;
		old = last;
		last = row;
		row = t;
	}
	return last[nb];
}

const char *
nearest_word(const char *word, const char *const *first, size_t count,
	     size_t stride)
{
	const char *best = NULL, *other;
	size_t least = strlen(word) / 3 + 2, i, n;

	for (i = 0; i < count; i++) {
		other = *(const char *const *)(const void *)
			((const char *)first + i * stride);
		n = distance(word, other);
		/* The beginning of a longer word is near, however long. */
		if (strlen(word) >= 3 &&
		    strncasecmp(word, other, strlen(word)) == 0)
			n = 1;
		if (n < least) {
			least = n;
			best = other;
		}
	}
	return best;
}

/* ---- clocks ---------------------------------------------------------------------------- */

static int64_t
clock_read(clockid_t id)
{
	struct timespec ts;

	FR_ASSERT(clock_gettime(id, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t
clock_mono(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

int64_t
clock_wall(void)
{
	return clock_read(CLOCK_REALTIME);
}
