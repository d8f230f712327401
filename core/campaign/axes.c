/* SPDX-License-Identifier: MIT */
/*
 * The keys of a cell.
 *
 * A value is brought to one form when it is read ("3000ms" is "3s"), and what
 * is the default anyway is as if it had not been said: so one configuration has
 * one key, however it is written.
 */
#include "core/campaign/axes.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/shell.h"
#include "core/base/units.h"

#define AT(field) offsetof(struct run_config, field)
#define HOUR INT64_C(3600000000000)
#define MS   INT64_C(1000000)

const struct axis axes[AXES] = {
	{ "protocol", "protocols", NULL, AXIS_PROTOCOL, AT(protocol), 0, 0 },
	{ "workload", "workloads", "-w", AXIS_WORKLOAD, AT(workload), 0, 0 },
	{ "nemesis", "nemeses", "--nemesis", AXIS_NEMESIS, AT(nemesis), 0, 0 },
	{ "nodes", NULL, "-n", AXIS_U32, AT(nodes), 1, FR_NODES_MAX },
	{ "topology", "topologies", "--topology", AXIS_PLACE, AT(topology),
	  0, 0 },
	{ "world", "worlds", NULL, AXIS_WORLD, AT(world), 0, 0 },
	{ "model", "models", "--model", AXIS_TEXT, AT(model), 0, 0 },
	{ "clients", NULL, "-c", AXIS_U32, AT(clients), 1, CLIENTS_MAX },
	{ "rate", "rates", "-r", AXIS_REAL, AT(rate), 0, 100000000 },
	{ "time", "times", "-t", AXIS_TIME, AT(time), MS, 1000 * HOUR },
	{ "ops", NULL, "--ops", AXIS_U64, AT(ops), 1, 1000000000 },
	{ "timeout", "timeouts", "--timeout", AXIS_TIME, AT(timeout), MS,
	  HOUR },
	{ "interval", "intervals", "--interval", AXIS_TIME, AT(interval), MS,
	  1000 * HOUR },
	{ "latency", "latencies", "--latency", AXIS_DIST, AT(latency), 0, 0 },
	{ "swarm", NULL, "--swarm", AXIS_FLAG, AT(swarm), 0, 0 },
	{ "plan", "plans", "--plan", AXIS_FILE, AT(plan), 0, 0 },
	{ "upgrade", "upgrades", "--upgrade", AXIS_FILE, AT(upgrade), 0, 0 },
	{ "beyond", NULL, "--beyond", AXIS_FLAG, AT(beyond), 0, 0 },
	{ "progress", NULL, "--progress", AXIS_TIME, AT(progress_time), 0,
	  HOUR },
	{ "epilogue", "epilogues", "--epilogue", AXIS_EPILOGUE, AT(core), 0,
	  0 },
	{ "sync-time", "sync-times", "--sync-time", AXIS_TIME, AT(sync_time),
	  0, HOUR },
	{ "boot-limit", NULL, "--boot-limit", AXIS_TIME, AT(boot_limit), MS,
	  HOUR },
	{ "hang-limit", NULL, "--hang-limit", AXIS_TIME, AT(hang_limit), MS,
	  HOUR },
	{ "check-time", NULL, "--check-time", AXIS_TIME, AT(check_time), MS,
	  1000 * HOUR },
	{ "check-memory", NULL, "--check-memory", AXIS_SIZE,
	  AT(check_memory), 1 << 20, INT64_C(1) << 42 },
};

int
axis_find(const char *name)
{
	int i;

	for (i = 0; i < AXES; i++)
		if (strcmp(axes[i].name, name) == 0 ||
		    (axes[i].plural != NULL &&
		     strcmp(axes[i].plural, name) == 0))
			return i;
	return -1;
}

/* ---- reading -------------------------------------------------------------------- */

/* A number in its only form; -1 and what is wrong with it. */
static int
normal(const struct axis *x, const char *text, char *out, size_t max,
       struct fr_err *err)
{
	struct run_config c = RUN_CONFIG_DEFAULT;
	uint64_t size;
	int64_t n;
	double real;
	bool truth;

	switch (x->kind) {
	case AXIS_U32:
	case AXIS_U64:
		if (read_int(text, x->min, x->max, &n, err) < 0)
			return -1;
		snprintf(out, max, "%" PRId64, n);
		return 0;
	case AXIS_REAL:
		if (read_real(text, (double)x->min, (double)x->max, &real,
			      err) < 0)
			return -1;
		snprintf(out, max, "%.15g", real);
		return 0;
	case AXIS_TIME:
		if (read_time(text, x->min, x->max, &n, err) < 0)
			return -1;
		time_exact(n, out, max);
		return 0;
	case AXIS_SIZE:
		if (read_size(text, (uint64_t)x->min, (uint64_t)x->max, &size,
			      err) < 0)
			return -1;
		snprintf(out, max, "%" PRIu64, size);
		return 0;
	case AXIS_DIST:
		if (read_dist(text, &c.latency, err) < 0)
			return -1;
		dist_text(&c.latency, out, max);
		return 0;
	case AXIS_FLAG:
		if (read_bool(text, &truth, err) < 0)
			return -1;
		snprintf(out, max, "%s", truth ? "yes" : "");
		return 0;
	default:
		snprintf(out, max, "%s", text);
		return 0;
	}
}

/* Whether a value in its only form is what is there without it. */
static bool
is_default(const struct axis *x, const char *text)
{
	const struct run_config c = RUN_CONFIG_DEFAULT;
	const char *at = (const char *)&c + x->offset;
	uint32_t u32;
	uint64_t u64;
	double real;
	int64_t n, said;

	switch (x->kind) {
	case AXIS_U32:
		memcpy(&u32, at, sizeof u32);
		return strtoul(text, NULL, 10) == u32;
	case AXIS_U64:
	case AXIS_SIZE:
		memcpy(&u64, at, sizeof u64);
		return strtoull(text, NULL, 10) == u64;
	case AXIS_REAL:
		memcpy(&real, at, sizeof real);
		return strtod(text, NULL) == real;
	case AXIS_TIME:
		memcpy(&n, at, sizeof n);
		return read_time(text, 0, INT64_MAX, &said, NULL) == 0 &&
		       said == n;
	case AXIS_FLAG:
		return *text == '\0';
	case AXIS_EPILOGUE:
		return strcmp(text, "heal") == 0;
	case AXIS_NEMESIS:
		return strcmp(text, "none") == 0;
	case AXIS_WORLD:
		return strcmp(text, "sim") == 0;
	case AXIS_PLACE:
		return strcmp(text, c.topology) == 0;
	default:
		return false;
	}
}

static const char *
path_from(struct arena *a, const char *dir, const char *path)
{
	return *path == '/' || strcmp(dir, ".") == 0 ? path :
	       arena_format(a, "%s/%s", dir, path);
}

static int
read_protocol(const char *file, const char *dir, const struct yaml *y,
	      struct arena *a, struct axis_value *out, struct fr_err *err)
{
	static const char *const keys[] = { "name", "path", "label" };
	const char *text[3] = { NULL, NULL, NULL };
	const struct yaml *m;
	int i;

	if (yaml_expect_map(file, y, "a protocol", keys, 3, err) < 0)
		return -1;
	for (i = 0; i < 3; i++) {
		m = yaml_member(y, keys[i]);
		if (m == NULL || m->kind == YAML_NOTHING)
			continue;
		if (yaml_expect_text(file, m, keys[i], err) < 0)
			return -1;
		text[i] = m->text;
	}
	if (text[0] == NULL && text[1] == NULL)
		return yaml_wrong(file, y, err, "a protocol needs a name or a "
				  "path");
	out->text = text[2] != NULL ? text[2] : text[0] != NULL ? text[0] :
		    text[1];
	out->path = text[1] != NULL ? path_from(a, dir, text[1]) : text[0];
	return 0;
}

/* A list of families: those that are done in one run. */
static int
read_families(const char *file, const struct yaml *y, struct arena *a,
	      struct axis_value *out, struct fr_err *err)
{
	const struct yaml *m;
	struct buf b;

	buf_init(&b, 1 << 16);
	for (m = y->first; m != NULL; m = m->next) {
		if (yaml_expect_text(file, m, "a family of faults", err) < 0) {
			buf_free(&b);
			return -1;
		}
		buf_printf(&b, "%s%s", b.size > 0 ? "," : "", m->text);
	}
	out->text = b.size > 0 ? arena_string(a, b.data) : NULL;
	buf_free(&b);
	return out->text != NULL ? 0 :
	       yaml_wrong(file, y, err, "an empty list of faults; `none` says "
			  "that there are none");
}

static int
check_word(const struct axis *x, const char *text, struct fr_err *err)
{
	if (x->kind == AXIS_WORLD && strcmp(text, "sim") != 0 &&
	    strcmp(text, "live") != 0)
		return err_usage(err, "'%.100s' is no world; there are sim and "
				 "live", text);
	if (x->kind == AXIS_EPILOGUE && strcmp(text, "heal") != 0 &&
	    strcmp(text, "core") != 0)
		return err_usage(err, "'%.100s' is no epilogue; there are heal "
				 "and core", text);
	if (*text == '\0')
		return err_usage(err, "%s is empty", x->name);
	return 0;
}

int
axis_read(const char *file, const char *dir, uint32_t axis,
	  const struct yaml *y, struct arena *a, struct axis_value *out,
	  struct fr_err *err)
{
	const struct axis *x = &axes[axis];
	struct axis_value v = { .at = y };
	struct fr_err why = { 0 };
	char text[512];

	if (x->kind == AXIS_PROTOCOL && y->kind == YAML_MAP) {
		if (read_protocol(file, dir, y, a, &v, err) < 0)
			return -1;
		*out = v;
		return 0;
	}
	if (x->kind == AXIS_NEMESIS && y->kind == YAML_LIST) {
		if (read_families(file, y, a, &v, err) < 0)
			return -1;
		*out = v;
		return 0;
	}
	if (yaml_expect_text(file, y, x->name, err) < 0)
		return -1;
	if (strlen(y->text) >= sizeof text)
		return yaml_wrong(file, y, err, "%s: longer than %zu bytes",
				  x->name, sizeof text - 1);
	if (check_word(x, y->text, &why) < 0 ||
	    normal(x, y->text, text, sizeof text, &why) < 0)
		return yaml_wrong(file, y, err, "%s: %s", x->name, why.text);
	if (!is_default(x, text)) {
		v.text = arena_string(a, text);
		if (x->kind == AXIS_FILE ||
		    ((x->kind == AXIS_PROTOCOL || x->kind == AXIS_WORKLOAD ||
		      x->kind == AXIS_PLACE) && strchr(text, '/') != NULL))
			v.path = path_from(a, dir, v.text);
	}
	*out = v;
	return 0;
}

/* ---- into a configuration --------------------------------------------------------- */

int
axis_apply(uint32_t axis, const struct axis_value *v,
	   struct run_config *config, struct fr_err *err)
{
	const struct axis *x = &axes[axis];
	const char *text = v->path != NULL ? v->path : v->text;
	char *at = (char *)config + x->offset;
	uint32_t u32;
	uint64_t u64;
	int64_t n;
	double real;

	if (text == NULL)
		return 0;
	switch (x->kind) {
	case AXIS_U32:
		u32 = (uint32_t)strtoul(text, NULL, 10);
		memcpy(at, &u32, sizeof u32);
		return 0;
	case AXIS_U64:
	case AXIS_SIZE:
		u64 = strtoull(text, NULL, 10);
		memcpy(at, &u64, sizeof u64);
		return 0;
	case AXIS_REAL:
		real = strtod(text, NULL);
		memcpy(at, &real, sizeof real);
		return 0;
	case AXIS_TIME:
		if (read_time(text, x->min, x->max, &n, err) < 0)
			return -1;
		memcpy(at, &n, sizeof n);
		return 0;
	case AXIS_DIST:
		config->latency_given = true;
		return read_dist(text, &config->latency, err);
	case AXIS_FLAG:
		*(bool *)(void *)at = true;
		return 0;
	case AXIS_EPILOGUE:
		config->core = true;
		return 0;
	default:
		memcpy(at, &text, sizeof text);
		return 0;
	}
}

/* ---- in words ------------------------------------------------------------------------ */

bool
axis_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

void
axis_words(uint32_t axis, const struct axis_value *v, bool key,
	   struct buf *out)
{
	const struct axis *x = &axes[axis];

	if (v->text == NULL || x->option == NULL)
		return;
	buf_printf(out, " %s", x->option);
	if (x->kind == AXIS_FLAG)
		return;
	buf_char(out, ' ');
	shell_word(out, key || v->path == NULL ? v->text : v->path);
}
