/* SPDX-License-Identifier: MIT */
/*
 * Swarm testing: what one seed's configuration is.
 *
 *  1. The supervisor and the cell draw the same: from the configuration and
 *     the seed, by whole numbers where it is a matter of the last digit.
 *  2. Whatever was drawn before is undone first.
 *  3. What is drawn is written down as a person would have given it, and a run
 *     with that given is the same run.
 */
#include "core/run/swarm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/units.h"

/* Of so many seeds one is plain, and one is without faults. */
#define PLAIN		4u
#define FAULTLESS	8u
/* A run with fewer operations would often have nothing to be judged by. */
#define OPS_LEAST	100
/* What no interval of faults is shorter than. */
#define INTERVAL_LEAST	INT64_C(10000000)
/* The shape of pareto's tail: hundreds of the mean do not occur. */
#define SHAPE		3

static struct rng
stream(const struct setup *s, const char *kind, const char *name)
{
	char label[FR_NAME_MAX + 32];

	snprintf(label, sizeof label, "%s %s", kind, name);
	return rng_make(s->config->seed, STREAM_SWARM, 0, 0, label);
}

/* Two digits: what people read. */
static int64_t
rounded(int64_t n)
{
	int64_t unit = 1;

	while (n / unit >= 100)
		unit *= 10;
	return n - n % unit;
}

/* Each order of magnitude as likely as the next. */
static int64_t
spread(struct rng *r, int64_t low, int64_t high)
{
	int64_t from = low > 0 ? low : 1;
	uint64_t octaves = 0, up;

	if (low >= high)
		return low;
	while (from <= high >> (octaves + 1))
		octaves++;
	/* One more where it may be nothing, or less. */
	up = rng_below(r, octaves + (low > 0 ? 1 : 2));
	if (up > octaves)
		return rng_between(r, low, 0);
	from <<= up;
	return rng_between(r, from, from > high / 2 ? high : 2 * from);
}

static void
tell(struct buf *words, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void
tell(struct buf *words, const char *format, ...)
{
	va_list args;

	if (words->size > 0)
		buf_text(words, "; ");
	va_start(args, format);
	buf_vprintf(words, format, args);
	va_end(args);
}

/* ---- the faults ---------------------------------------------------------------------- */

/*
 * Each is on or off; where all would be off, the one that came nearest is on.
 * So another family beside them changes nothing for these.
 */
static void
draw_families(struct setup *s, struct buf *words)
{
	char *all = s->nemesis, *one, *rest = NULL, *nearest = NULL;
	struct rng none = stream(s, "faults", "none"), r;
	uint64_t draw, least = UINT64_MAX;
	struct buf on;

	buf_init(&on, 65536);
	if (rng_below(&none, FAULTLESS) != 0) {
		for (one = strtok_r(all, ",", &rest); one != NULL;
		     one = strtok_r(NULL, ",", &rest)) {
			r = stream(s, "family", one);
			draw = rng_next(&r);
			if (draw < least) {
				least = draw;
				nearest = one;
			}
			if (draw >> 63 == 0)
				buf_printf(&on, "%s%s", on.size > 0 ? "," : "",
					   one);
		}
		if (on.size == 0 && nearest != NULL)
			buf_text(&on, nearest);
	}
	one = on.size == 0 ? NULL : mem_string(on.data);
	buf_free(&on);
	free(all);
	s->nemesis = one;
	tell(words, "%s", one == NULL ? "no faults" : one);
}

static void
draw_interval(struct setup *s, struct buf *words)
{
	struct rng r = stream(s, "faults", "interval");
	int64_t interval = rounded(spread(&r, s->interval / 16,
					  s->interval));
	char text[32];

	if (s->config->interval != 0 || s->nemesis == NULL)
		return;
	if (interval < INTERVAL_LEAST)
		interval = INTERVAL_LEAST;
	if (interval > s->config->time)
		interval = s->config->time;
	s->interval = interval;
	time_exact(interval, text, sizeof text);
	tell(words, "interval %s", text);
}

/* ---- the network and the load -------------------------------------------------------- */

/* The protocol counts on messages that arrive in time. */
static bool
is_synchronous(const struct setup *s)
{
	return s->ground.bears != NULL && !s->config->beyond &&
	       (s->ground.bears->bears & FR_BEARS_DELAY) == 0;
}

static void
draw_latency(struct setup *s, struct buf *words)
{
	struct rng r = stream(s, "network", "latency");
	int64_t mean = s->latency.a;
	struct dist d = { .kind = DIST_CONST };
	uint64_t shape;
	char text[64];

	if (s->config->latency_given || rng_below(&r, 3) == 0)
		return;
	mean = rounded(spread(&r, mean / 10, mean * 10));
	shape = rng_below(&r, 4);
	/* A tail like pareto's is a delay without a bound. */
	if (shape == 3 && is_synchronous(s))
		shape = 2;
	switch (shape) {
	case 0:
		d.a = mean;
		break;
	case 1:
		d = (struct dist){ .kind = DIST_UNIFORM, .b = 2 * mean };
		break;
	case 2:
		d = (struct dist){ .kind = DIST_EXP, .a = mean };
		break;
	default:
		d = (struct dist){ .kind = DIST_PARETO,
				   .a = rounded(mean * (SHAPE - 1) / SHAPE),
				   .shape = SHAPE };
	}
	s->latency = d;
	dist_text(&d, text, sizeof text);
	tell(words, "latency %s", text);
}

static void
draw_load(struct setup *s, struct buf *words)
{
	static const double factors[] = { 0.25, 1, 2, 4 };
	struct rng who = stream(s, "load", "clients");
	struct rng how = stream(s, "load", "rate");
	const struct run_config *c = s->config;
	double rate, factor = factors[rng_below(&how, 4)];

	if (c->clients == 0 && rng_below(&who, 2) == 0) {
		s->clients = 1 + (uint32_t)rng_below(&who, 4 * s->clients);
		if (s->clients > CLIENTS_MAX)
			s->clients = CLIENTS_MAX;
		tell(words, "%u client%s", s->clients,
		     s->clients == 1 ? "" : "s");
	}
	if (c->rate >= 0)
		return;
	s->rate = setup_rate(s->clients);
	rate = s->rate * factor;
	if (factor == 1 || (factor < 1 &&
			    rate * (double)c->time / 1e9 < OPS_LEAST))
		return;
	s->rate = rate;
	tell(words, "%g operations/s", rate);
}

/* ---- knobs --------------------------------------------------------------------------- */

static bool
is_set(const struct setup *s, const char *name)
{
	uint32_t i;

	for (i = 0; i < s->config->setting_count; i++)
		if (strcmp(s->config->settings[i].name, name) == 0)
			return true;
	return false;
}

/* Within, with each order of magnitude as likely as the next; on failure (a
 * workload's bounds have not been looked at) the error tells. */
static int
draw_within(const struct wire_param *p, const char *low, const char *high,
	    struct rng *r, char *text, size_t max, struct fr_err *err)
{
	double real[2];
	uint64_t size[2];
	int64_t n[2];

	switch (p->kind) {
	case FR_PARAM_INT:
		if (read_int(low, INT64_MIN, INT64_MAX, &n[0], err) < 0 ||
		    read_int(high, n[0], INT64_MAX, &n[1], err) < 0)
			return -1;
		snprintf(text, max, "%" PRId64, spread(r, n[0], n[1]));
		return 0;
	case FR_PARAM_TIME:
		if (read_time(low, INT64_MIN, INT64_MAX, &n[0], err) < 0 ||
		    read_time(high, n[0], INT64_MAX, &n[1], err) < 0)
			return -1;
		n[1] = spread(r, n[0], n[1]);
		if (rounded(n[1]) > n[0])
			n[1] = rounded(n[1]);
		time_exact(n[1], text, max);
		return 0;
	case FR_PARAM_SIZE:
		if (read_size(low, 0, INT64_MAX, &size[0], err) < 0 ||
		    read_size(high, size[0], INT64_MAX, &size[1], err) < 0)
			return -1;
		snprintf(text, max, "%" PRId64, spread(r, (int64_t)size[0],
						       (int64_t)size[1]));
		return 0;
	case FR_PARAM_REAL:
		if (read_real(low, -1e300, 1e300, &real[0], err) < 0 ||
		    read_real(high, real[0], 1e300, &real[1], err) < 0)
			return -1;
		/* In hundredths of the way, each of which is one number. */
		snprintf(text, max, "%.9g", real[0] + (real[1] - real[0]) *
			 (double)(1 + rng_below(r, 99)) / 100);
		return 0;
	}
	return err_usage(err, "a text is no knob");
}

/* The value that this seed gives it, in `text`; *drawn: not its default. */
static int
draw_knob(const struct setup *s, const struct wire_param *p, char *text,
	  size_t max, bool *drawn, struct fr_err *err)
{
	struct rng r = stream(s, "knob", p->name);
	const char *low = p->low != NULL ? p->low : p->min;
	const char *high = p->high != NULL ? p->high : p->max;
	uint64_t way = rng_below(&r, 8);

	*drawn = way >= 4;
	if (way < 4 || ((low == NULL || high == NULL) &&
			p->kind != FR_PARAM_BOOL)) {
		snprintf(text, max, "%s", p->fallback == NULL ? "" :
			 p->fallback);
		*drawn = false;
	} else if (p->kind == FR_PARAM_BOOL) {
		snprintf(text, max, "%s", way % 2 == 0 ? "true" : "false");
	} else if (way < 6) {
		snprintf(text, max, "%s", way == 4 ? low : high);
	} else if (draw_within(p, low, high, &r, text, max, err) < 0) {
		return err_wrap(err, "the bounds of knob '%s'", p->name);
	}
	return 0;
}

static int
draw_knobs(struct setup *s, struct params *values,
	   const struct wire_param *declared, const struct params *beside,
	   bool plain, struct buf *words, struct fr_err *err)
{
	const struct wire_param *p;
	char text[256];
	bool drawn;
	uint32_t i;

	for (i = 0; i < values->count; i++) {
		p = &declared[i];
		/* What has one name is set to one value, and has two bounds. */
		if ((p->flags & FR_KNOB) == 0 || is_set(s, p->name) ||
		    params_get(beside, p->name) != NULL)
			continue;
		if (draw_knob(s, p, text, sizeof text, &drawn, err) < 0)
			return -1;
		if (plain || !drawn)
			snprintf(text, sizeof text, "%s", p->fallback == NULL ?
				 "" : p->fallback);
		else
			tell(words, "%s=%s", p->name, text);
		if (params_set(values, declared, values->count, p->name, text,
			       err) < 0)
			return -1;
	}
	return 0;
}

/* ---- all of it ----------------------------------------------------------------------- */

int
swarm_draw(struct setup *s, struct fr_err *err)
{
	struct rng arm = stream(s, "arm", "");
	bool plain = rng_below(&arm, PLAIN) == 0;
	struct buf words;
	int status;

	setup_base(s);
	free(s->drawn);
	s->drawn = NULL;
	buf_init(&words, 65536);
	if (!plain) {
		if (s->nemesis != NULL)
			draw_families(s, &words);
		draw_interval(s, &words);
		draw_latency(s, &words);
		draw_load(s, &words);
	}
	status = draw_knobs(s, &s->params, s->declared, &s->work_params,
			    plain, &words, err);
	if (status == 0)
		status = draw_knobs(s, &s->work_params, s->work_declared,
				    &s->params, plain, &words, err);
	if (status == 0)
		s->drawn = mem_string(plain ? "plain" : words.size > 0 ?
				      words.data : "as given");
	buf_free(&words);
	return status;
}
