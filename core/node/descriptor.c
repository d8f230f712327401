/* SPDX-License-Identifier: MIT */
/*
 * What a protocol says of itself: read, and checked, with a sentence about the
 * first thing that is wrong.
 *
 *  1. descriptor_check looks at nothing that the table's own sizes and counts
 *     do not promise, and believes those only within the contract's limits.
 *  2. What both sides can check is checked by both (descriptor_sane): in the
 *     node, where the message is for the author, and in the supervisor, to
 *     which a node is a stranger.
 */
#include "core/node/descriptor.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/units.h"
#include "core/node/text.h"

/* ---- reading ------------------------------------------------------------- */

/* Every structure of the contract is far smaller than this. */
#define STRUCT_MAX 65536u

struct fr_protocol
protocol_view(const struct fr_protocol *p)
{
	struct fr_protocol view = { 0 };

	memcpy(&view, p, p->size < sizeof view ? p->size : sizeof view);
	return view;
}

struct fr_tolerance
protocol_tolerance(const struct fr_protocol *p)
{
	const struct fr_tolerance *t = p->tolerates;
	struct fr_tolerance view = { 0 };

	if (t != NULL)
		memcpy(&view, t, t->size < sizeof view ? t->size :
		       sizeof view);
	return view;
}

static void
entry(void *out, size_t size, const void *table, uint32_t stride, uint32_t i)
{
	memset(out, 0, size);
	memcpy(out, (const char *)table + (size_t)stride * i,
	       stride < size ? stride : size);
}

struct fr_message
protocol_message(const struct fr_protocol *p, uint32_t i)
{
	struct fr_message m;

	entry(&m, sizeof m, p->messages.at, p->messages.stride, i);
	return m;
}

struct fr_request_kind
protocol_request(const struct fr_protocol *p, uint32_t i)
{
	struct fr_request_kind r;

	entry(&r, sizeof r, p->requests.at, p->requests.stride, i);
	return r;
}

struct fr_timer
protocol_timer(const struct fr_protocol *p, uint32_t i)
{
	struct fr_timer t;

	entry(&t, sizeof t, p->timers.at, p->timers.stride, i);
	return t;
}

struct fr_param
protocol_param(const struct fr_protocol *p, uint32_t i)
{
	struct fr_param param;

	entry(&param, sizeof param, p->params.at, p->params.stride, i);
	return param;
}

/* ---- parameters ---------------------------------------------------------- */

static int
read_text(const char *text, struct param_held *out, struct fr_err *err)
{
	size_t size = strlen(text);

	if (size > FR_TEXT_MAX)
		return err_usage(err, "longer than %u bytes", FR_TEXT_MAX);
	if (!text_utf8(text, size))
		return err_usage(err, "not UTF-8");
	out->kind = FR_BYTES;
	out->count = (uint32_t)size;
	out->text = mem_string(text);
	return 0;
}

/* Without bounds: what the kind itself allows. */
static int
read_plain(uint32_t kind, const char *text, struct param_held *out,
	   struct fr_err *err)
{
	struct param_held v = { .kind = FR_INT };
	uint64_t size = 0;
	bool yes = false;
	int got;

	switch (kind) {
	case FR_PARAM_INT:
		got = read_int(text, INT64_MIN, INT64_MAX, &v.number, err);
		break;
	case FR_PARAM_BOOL:
		got = read_bool(text, &yes, err);
		v.number = yes;
		break;
	case FR_PARAM_TIME:
		got = read_time(text, INT64_MIN, INT64_MAX, &v.number, err);
		break;
	case FR_PARAM_SIZE:
		got = read_size(text, 0, INT64_MAX, &size, err);
		v.number = (int64_t)size;
		break;
	case FR_PARAM_REAL:
		got = read_real(text, -1e300, 1e300, &v.real, err);
		v.kind = FR_BYTES;
		v.count = sizeof v.real;
		break;
	default:
		got = read_text(text, &v, err);
	}
	if (got == 0)
		*out = v;
	return got;
}

static int
compare(uint32_t kind, const struct param_held *a,
	const struct param_held *b)
{
	if (kind == FR_PARAM_REAL)
		return (a->real > b->real) - (a->real < b->real);
	return (a->number > b->number) - (a->number < b->number);
}

int
param_read(const struct wire_param *p, const char *text,
	   struct param_held *out, struct fr_err *err)
{
	struct param_held v, bound;

	if (read_plain(p->kind, text, &v, err) < 0)
		return -1;
	if (p->min != NULL && read_plain(p->kind, p->min, &bound, NULL) == 0 &&
	    compare(p->kind, &v, &bound) < 0)
		return err_usage(err, "\"%s\" is below %s, the least there is",
				 text, p->min);
	if (p->max != NULL && read_plain(p->kind, p->max, &bound, NULL) == 0 &&
	    compare(p->kind, &v, &bound) > 0)
		return err_usage(err, "\"%s\" is above %s, the most there is",
				 text, p->max);
	*out = v;
	return 0;
}

/* One bound of a parameter can be read, and suits its kind. */
static int
bound_sane(const struct wire_param *p, const char *which, const char *text,
	   struct param_held *out, struct fr_err *err)
{
	if (p->kind == FR_PARAM_BOOL || p->kind == FR_PARAM_TEXT)
		return err_usage(err, "parameter `%s` has a %s, which only "
				 "numbers, times and sizes can have", p->name,
				 which);
	if (read_plain(p->kind, text, out, err) < 0)
		return err_wrap(err, "the %s of parameter `%s`", which,
				p->name);
	return 0;
}

/* What a search draws from lies within what may be set. */
static int
knob_sane(const struct wire_param *p, struct fr_err *err)
{
	struct param_held low, high, value;
	const char *least = p->low != NULL ? p->low : p->min;
	const char *most = p->high != NULL ? p->high : p->max;

	if ((p->flags & FR_KNOB) == 0) {
		if (p->low != NULL || p->high != NULL)
			return err_usage(err, "parameter `%s` has a low or a "
					 "high, which only a knob can have",
					 p->name);
		return 0;
	}
	if (p->kind == FR_PARAM_TEXT)
		return err_usage(err, "parameter `%s` is a knob and a text: "
				 "a search could not draw it", p->name);
	if (p->kind == FR_PARAM_BOOL)
		return p->low == NULL && p->high == NULL ? 0 :
		       err_usage(err, "parameter `%s` has a low or a high, "
				 "and can only be true or false", p->name);
	if (least == NULL || most == NULL)
		return err_usage(err, "parameter `%s` is a knob without min "
				 "and max: a search could not draw it",
				 p->name);
	if (param_read(p, least, &low, err) < 0)
		return err_wrap(err, "the low of parameter `%s`", p->name);
	if (param_read(p, most, &high, err) < 0)
		return err_wrap(err, "the high of parameter `%s`", p->name);
	if (compare(p->kind, &low, &high) > 0)
		return err_usage(err, "parameter `%s` has low %s above its "
				 "high %s", p->name, least, most);
	if (read_plain(p->kind, p->fallback, &value, NULL) == 0 &&
	    (compare(p->kind, &value, &low) < 0 ||
	     compare(p->kind, &value, &high) > 0))
		return err_usage(err, "the default of parameter `%s`, %s, is "
				 "not within its low %s and high %s", p->name,
				 p->fallback, least, most);
	return 0;
}

static int
param_sane(const struct wire_param *p, struct fr_err *err)
{
	struct param_held low, high, value;

	if (p->kind < FR_PARAM_INT || p->kind > FR_PARAM_TEXT)
		return err_usage(err, "parameter `%s` is of kind %u, which "
				 "there is not: take an FR_PARAM_... of "
				 "fracas/protocol.h", p->name, p->kind);
	if (p->min != NULL && bound_sane(p, "min", p->min, &low, err) < 0)
		return -1;
	if (p->max != NULL && bound_sane(p, "max", p->max, &high, err) < 0)
		return -1;
	if (p->min != NULL && p->max != NULL &&
	    compare(p->kind, &low, &high) > 0)
		return err_usage(err, "parameter `%s` has min %s above its "
				 "max %s", p->name, p->min, p->max);
	if (param_read(p, p->fallback, &value, err) < 0)
		return err_wrap(err, "the default of parameter `%s`", p->name);
	if (p->kind == FR_PARAM_TEXT)
		free(value.text);
	return knob_sane(p, err);
}

/* ---- what both sides check ----------------------------------------------- */

static int
prose_sane(const char *what, const char *text, bool line, struct fr_err *err)
{
	size_t size = strlen(text);

	if (size > FR_TEXT_MAX)
		return err_usage(err, "its %s is longer than %u bytes", what,
				 FR_TEXT_MAX);
	if (!text_utf8(text, size))
		return err_usage(err, "its %s is not UTF-8", what);
	if (line && strchr(text, '\n') != NULL)
		return err_usage(err, "its %s has more than one line", what);
	return 0;
}

/* Lower case, digits and dashes: it names files, and is typed by people. */
static int
plain_name(const char *what, const char *name, struct fr_err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (!text_name(name) || strspn(name, allowed) != strlen(name) ||
	    name[0] == '-')
		return err_usage(err, "its %s has to be 1 to %u lower-case "
				 "letters, digits and dashes", what,
				 FR_NAME_MAX);
	return 0;
}

static int
names_sane(const char *what, char *const *names, uint32_t count,
	   struct fr_err *err)
{
	uint32_t i, j;

	for (i = 0; i < count; i++) {
		if (!text_name(names[i]))
			return err_usage(err, "the name of %s %u has to be 1 "
					 "to %u letters, digits, '_', '-' and "
					 "'.'", what, i, FR_NAME_MAX);
		for (j = 0; j < i; j++)
			if (strcmp(names[i], names[j]) == 0)
				return err_usage(err, "%s %u and %s %u are "
						 "both named `%s`", what, j,
						 what, i, names[i]);
	}
	return 0;
}

static int
params_sane(const struct descriptor *d, struct fr_err *err)
{
	uint32_t i, j;

	for (i = 0; i < d->param_count; i++) {
		const struct wire_param *p = &d->params[i];

		if (!text_name(p->name))
			return err_usage(err, "the name of parameter %u has "
					 "to be 1 to %u letters, digits, '_', "
					 "'-' and '.'", i, FR_NAME_MAX);
		for (j = 0; j < i; j++)
			if (strcmp(p->name, d->params[j].name) == 0)
				return err_usage(err, "parameters %u and %u "
						 "are both named `%s`", j, i,
						 p->name);
		if (prose_sane("parameter's help", p->help, true, err) < 0 ||
		    param_sane(p, err) < 0)
			return -1;
	}
	return 0;
}

static int
share_sane(const char *what, int32_t number, struct fr_err *err)
{
	if (number >= FR_ALL && number <= (int32_t)FR_NODES_MAX)
		return 0;
	return err_usage(err, "its tolerance says that it bears %d %s nodes: "
			 "write a count, FR_MINORITY, FR_THIRD, "
			 "FR_ALL_BUT_ONE or FR_ALL", number, what);
}

int
descriptor_sane(const struct descriptor *d, struct fr_err *err)
{
	if (plain_name("name", d->name, err) < 0)
		return -1;
	if (d->workload[0] != '\0' &&
	    plain_name("workload", d->workload, err) < 0)
		return -1;
	if (prose_sane("summary", d->summary, true, err) < 0 ||
	    prose_sane("paper", d->paper, false, err) < 0 ||
	    prose_sane("promise", d->promise, false, err) < 0)
		return -1;
	if (d->state_size > FR_STATE_MAX)
		return err_usage(err, "its state_size is %llu bytes, and the "
				 "most there is %u",
				 (unsigned long long)d->state_size,
				 FR_STATE_MAX);
	if (params_sane(d, err) < 0 ||
	    names_sane("message", d->messages, d->message_count, err) < 0 ||
	    names_sane("request", d->requests, d->request_count, err) < 0 ||
	    names_sane("timer", d->timers, d->timer_count, err) < 0 ||
	    share_sane("crashed", d->tolerates.crashes, err) < 0 ||
	    share_sane("missing", d->tolerates.missing, err) < 0 ||
	    share_sane("byzantine", d->tolerates.byzantine, err) < 0)
		return -1;
	return 0;
}

/* ---- what only the node can check ---------------------------------------- */

/* Most of the smallest entry that ever was: a name and a handler. */
#define ENTRY_MIN (2 * sizeof(void *))

static int
table_sane(const char *what, const void *at, uint32_t count, uint32_t stride,
	   struct fr_err *err)
{
	if (count > FR_TABLE_MAX)
		return err_usage(err, "its table of %ss has %u entries, and "
				 "the most there may be is %u", what, count,
				 FR_TABLE_MAX);
	if (count == 0)
		return 0;
	if (at == NULL)
		return err_usage(err, "its table of %ss has %u entries and no "
				 "address", what, count);
	if (stride < ENTRY_MIN || stride > STRUCT_MAX ||
	    stride % sizeof(void *) != 0)
		return err_usage(err, "its table of %ss says that an entry "
				 "has %u bytes: write it with the macro of "
				 "fracas/protocol.h", what, stride);
	return 0;
}

/* One entry of a table: a gap left by designated initialisers has neither. */
static int
handler_sane(const char *what, uint32_t i, const char *name, bool handler,
	     struct fr_err *err)
{
	if (name == NULL && !handler)
		return err_usage(err, "%s %u has no name and no handler: the "
				 "table has a gap there", what, i);
	if (name == NULL)
		return err_usage(err, "%s %u has no name", what, i);
	if (!handler)
		return err_usage(err, "%s `%.*s` has no handler", what,
				 (int)FR_NAME_MAX, name);
	return 0;
}

static int
handlers_sane(const struct fr_protocol *p, struct fr_err *err)
{
	uint32_t i;

	for (i = 0; i < p->messages.count; i++) {
		struct fr_message m = protocol_message(p, i);

		if (handler_sane("message", i, m.name, m.handler != NULL,
				 err) < 0)
			return -1;
		if (m.min_size > FR_MESSAGE_MAX)
			return err_usage(err, "message `%.*s` has a min_size "
					 "of %u bytes, and no message has "
					 "more than %u", (int)FR_NAME_MAX,
					 m.name, m.min_size, FR_MESSAGE_MAX);
	}
	for (i = 0; i < p->requests.count; i++) {
		struct fr_request_kind r = protocol_request(p, i);

		if (handler_sane("request", i, r.name, r.handler != NULL,
				 err) < 0)
			return -1;
	}
	for (i = 0; i < p->timers.count; i++) {
		struct fr_timer t = protocol_timer(p, i);

		if (handler_sane("timer", i, t.name, t.handler != NULL,
				 err) < 0)
			return -1;
	}
	for (i = 0; i < p->params.count; i++) {
		struct fr_param param = protocol_param(p, i);

		if (param.name == NULL)
			return err_usage(err, "parameter %u has no name", i);
		if (param.fallback == NULL)
			return err_usage(err, "parameter `%.*s` has no "
					 "default", (int)FR_NAME_MAX,
					 param.name);
	}
	return 0;
}

static char *
copy(const char *text)
{
	return mem_string(text == NULL ? "" : text);
}

static char *
copy_optional(const char *text)
{
	return text == NULL ? NULL : mem_string(text);
}

static void
copy_params(struct descriptor *d, const struct fr_protocol *p)
{
	uint32_t i;

	d->param_count = p->params.count;
	if (d->param_count > 0)
		d->params = mem_array(d->param_count, sizeof *d->params);
	for (i = 0; i < d->param_count; i++) {
		struct fr_param param = protocol_param(p, i);

		d->params[i] = (struct wire_param){
			.name = copy(param.name),
			.fallback = copy(param.fallback),
			.min = copy_optional(param.min),
			.max = copy_optional(param.max),
			.help = copy(param.help),
			.low = copy_optional(param.low),
			.high = copy_optional(param.high),
			.kind = param.kind,
			.flags = param.flags,
		};
	}
}

/* `p` has passed table_sane and handlers_sane. */
static void
descriptor_of(const struct fr_protocol *p, struct descriptor *d)
{
	uint32_t i;

	memset(d, 0, sizeof *d);
	d->minor = p->minor;
	d->state_size = p->state_size;
	d->name = copy(p->name);
	d->summary = copy(p->summary);
	d->paper = copy(p->paper);
	d->promise = copy(p->promise);
	d->workload = copy(p->workload);
	d->has_tolerance = p->tolerates != NULL;
	d->tolerates = protocol_tolerance(p);
	copy_params(d, p);
	d->message_count = p->messages.count;
	d->request_count = p->requests.count;
	d->timer_count = p->timers.count;
	d->messages = mem_array(FR_TABLE_MAX, sizeof *d->messages);
	d->requests = mem_array(FR_TABLE_MAX, sizeof *d->requests);
	d->timers = mem_array(FR_TABLE_MAX, sizeof *d->timers);
	for (i = 0; i < d->message_count; i++)
		d->messages[i] = copy(protocol_message(p, i).name);
	for (i = 0; i < d->request_count; i++)
		d->requests[i] = copy(protocol_request(p, i).name);
	for (i = 0; i < d->timer_count; i++)
		d->timers[i] = copy(protocol_timer(p, i).name);
}

static int
tolerance_sane(const struct fr_protocol *p, struct fr_err *err)
{
	if (p->tolerates != NULL &&
	    (p->tolerates->size < sizeof(uint32_t) ||
	     p->tolerates->size > STRUCT_MAX))
		return err_usage(err, "its tolerance says that it has %u "
				 "bytes: write it with FR_TOLERATES",
				 p->tolerates->size);
	return 0;
}

int
descriptor_check(const struct fr_protocol *p, struct fr_err *err)
{
	struct descriptor d;
	struct fr_protocol view;
	int sane;

	if (p->size < offsetof(struct fr_protocol, summary) ||
	    p->size > STRUCT_MAX)
		return err_usage(err, "its table says that it has %u bytes: "
				 "begin it with FR_HEAD", p->size);
	view = protocol_view(p);
	if (view.name == NULL)
		return err_usage(err, "it has no name");
	if (table_sane("message", view.messages.at, view.messages.count,
		       view.messages.stride, err) < 0 ||
	    table_sane("request", view.requests.at, view.requests.count,
		       view.requests.stride, err) < 0 ||
	    table_sane("timer", view.timers.at, view.timers.count,
		       view.timers.stride, err) < 0 ||
	    table_sane("param", view.params.at, view.params.count,
		       view.params.stride, err) < 0 ||
	    handlers_sane(&view, err) < 0 ||
	    tolerance_sane(&view, err) < 0)
		return -1;
	descriptor_of(&view, &d);
	sane = descriptor_sane(&d, err);
	descriptor_free(&d);
	return sane;
}
