/* SPDX-License-Identifier: MIT */
/*
 * What a frame's body is made of: texts, values and the descriptor.
 *
 * Everything that is read here may have been written by a stranger.  A reader
 * never believes a count: it is compared with a limit, or with what is left,
 * before memory is taken for it.
 */
#include "core/node/wire.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/node/descriptor.h"

void
wire_put_text(struct fr_writer *w, const char *text)
{
	size_t size = text == NULL ? 0 : strlen(text);

	if (size > UINT32_MAX) {
		w->failed = true;
		return;
	}
	fr_put_u32(w, (uint32_t)size);
	fr_put_bytes(w, text, size);
}

void
wire_get_text(struct fr_reader *r, char *text, size_t max)
{
	uint32_t size = fr_get_u32(r);
	const char *at = fr_get_bytes(r, size);

	if (max == 0)
		return;
	if (at == NULL)
		size = 0;
	if (size > max - 1)
		size = (uint32_t)(max - 1);
	if (size > 0)
		memcpy(text, at, size);
	text[size] = '\0';
}

void
wire_put_value(struct fr_writer *w, const struct fr_value *v)
{
	uint32_t i;

	fr_put_u32(w, v->kind);
	fr_put_u32(w, v->kind == FR_LIST || v->kind == FR_BYTES ? v->count : 0);
	if (v->kind == FR_INT)
		fr_put_i64(w, v->u.number);
	else if (v->kind == FR_LIST)
		for (i = 0; i < v->count && !w->failed; i++)
			fr_put_i64(w, v->u.list[i]);
	else if (v->kind == FR_BYTES)
		fr_put_bytes(w, v->u.bytes, v->count);
}

void
wire_get_value(struct fr_reader *r, struct fr_value *out)
{
	struct fr_value v = fr_nil();

	v.kind = fr_get_u32(r);
	v.count = fr_get_u32(r);
	if (v.kind == FR_INT)
		v.u.number = fr_get_i64(r);
	else if (v.kind == FR_LIST)
		v.u.list = fr_get_bytes(r, (size_t)v.count * sizeof(int64_t));
	else if (v.kind == FR_BYTES)
		v.u.bytes = fr_get_bytes(r, v.count);
	else if (v.kind != FR_NIL)
		r->failed = true;
	if (v.kind == FR_NIL || v.kind == FR_INT)
		v.count = 0;
	*out = r->failed ? fr_nil() : v;
}

void
wire_fix_list(struct fr_value *v, int64_t *room)
{
	if (v->kind != FR_LIST)
		return;
	if (v->count > 0)
		memcpy(room, v->u.list, (size_t)v->count * sizeof *room);
	v->u.list = room;
}

/* ---- the descriptor ------------------------------------------------------ */

#define HAS_DESCRIBE 1u
#define HAS_DIGEST   2u
#define HAS_TOLERANCE 4u

/* A text that may be absent altogether, which is not the same as empty. */
static void
put_optional(struct fr_writer *w, const char *text)
{
	fr_put_u32(w, text != NULL);
	if (text != NULL)
		wire_put_text(w, text);
}

static void
put_params(struct fr_writer *w, const struct fr_protocol *p)
{
	uint32_t i;

	fr_put_u32(w, p->params.count);
	for (i = 0; i < p->params.count; i++) {
		struct fr_param param = protocol_param(p, i);

		wire_put_text(w, param.name);
		fr_put_u32(w, param.kind);
		fr_put_u32(w, param.flags);
		wire_put_text(w, param.fallback);
		put_optional(w, param.min);
		put_optional(w, param.max);
		wire_put_text(w, param.help);
		put_optional(w, param.low);
		put_optional(w, param.high);
	}
}

void
wire_put_descriptor(struct fr_writer *w, const struct fr_protocol *raw)
{
	struct fr_protocol view = protocol_view(raw);
	const struct fr_protocol *p = &view;
	const struct fr_tolerance t = protocol_tolerance(p);
	uint32_t i;

	fr_put_u32(w, p->minor);
	fr_put_u64(w, p->state_size);
	wire_put_text(w, p->name);
	wire_put_text(w, p->summary);
	wire_put_text(w, p->paper);
	wire_put_text(w, p->promise);
	wire_put_text(w, p->workload);
	fr_put_u32(w, (p->describe != NULL ? HAS_DESCRIBE : 0) |
			      (p->digest != NULL ? HAS_DIGEST : 0) |
			      (p->tolerates != NULL ? HAS_TOLERANCE : 0));
	fr_put_u32(w, t.bears);
	fr_put_u32(w, (uint32_t)t.crashes);
	fr_put_u32(w, (uint32_t)t.missing);
	fr_put_u32(w, (uint32_t)t.byzantine);
	put_params(w, p);
	fr_put_u32(w, p->messages.count);
	for (i = 0; i < p->messages.count; i++)
		wire_put_text(w, protocol_message(p, i).name);
	fr_put_u32(w, p->requests.count);
	for (i = 0; i < p->requests.count; i++)
		wire_put_text(w, protocol_request(p, i).name);
	fr_put_u32(w, p->timers.count);
	for (i = 0; i < p->timers.count; i++)
		wire_put_text(w, protocol_timer(p, i).name);
}

/* A copy of the next text; NULL, and the reader failed, where there is none
 * or one longer than `max` or with a zero byte in it. */
static char *
get_string(struct fr_reader *r, size_t max)
{
	uint32_t size = fr_get_u32(r);
	const char *at = fr_get_bytes(r, size);
	char *text;

	if (at == NULL || size > max || memchr(at, '\0', size) != NULL) {
		r->failed = true;
		return NULL;
	}
	text = mem_new((size_t)size + 1);
	memcpy(text, at, size);
	return text;
}

static char *
get_optional(struct fr_reader *r)
{
	if (fr_get_u32(r) == 0)
		return NULL;
	return get_string(r, FR_TEXT_MAX);
}

static uint32_t
get_count(struct fr_reader *r)
{
	uint32_t count = fr_get_u32(r);

	if (count > FR_TABLE_MAX)
		r->failed = true;
	return r->failed ? 0 : count;
}

static char **
get_names(struct fr_reader *r, uint32_t *count)
{
	char **names;
	uint32_t i;

	*count = get_count(r);
	if (*count == 0)
		return NULL;
	names = mem_array(*count, sizeof *names);
	for (i = 0; i < *count; i++)
		names[i] = get_string(r, FR_NAME_MAX);
	return names;
}

static void
get_params(struct fr_reader *r, struct descriptor *d)
{
	uint32_t i;

	d->param_count = get_count(r);
	if (d->param_count == 0)
		return;
	d->params = mem_array(d->param_count, sizeof *d->params);
	for (i = 0; i < d->param_count; i++) {
		struct wire_param *p = &d->params[i];

		p->name = get_string(r, FR_NAME_MAX);
		p->kind = fr_get_u32(r);
		p->flags = fr_get_u32(r);
		p->fallback = get_string(r, FR_TEXT_MAX);
		p->min = get_optional(r);
		p->max = get_optional(r);
		p->help = get_string(r, FR_TEXT_MAX);
		p->low = get_optional(r);
		p->high = get_optional(r);
	}
}

int
wire_get_descriptor(const void *body, size_t size, struct descriptor *out,
		    struct fr_err *err)
{
	struct fr_reader r = fr_reader(body, size);
	struct descriptor d = { 0 };
	uint32_t has;

	d.minor = fr_get_u32(&r);
	d.state_size = fr_get_u64(&r);
	d.name = get_string(&r, FR_NAME_MAX);
	d.summary = get_string(&r, FR_TEXT_MAX);
	d.paper = get_string(&r, FR_TEXT_MAX);
	d.promise = get_string(&r, FR_TEXT_MAX);
	d.workload = get_string(&r, FR_NAME_MAX);
	has = fr_get_u32(&r);
	d.has_describe = (has & HAS_DESCRIBE) != 0;
	d.has_digest = (has & HAS_DIGEST) != 0;
	d.has_tolerance = (has & HAS_TOLERANCE) != 0;
	d.tolerates.size = sizeof d.tolerates;
	d.tolerates.bears = fr_get_u32(&r);
	d.tolerates.crashes = (int32_t)fr_get_u32(&r);
	d.tolerates.missing = (int32_t)fr_get_u32(&r);
	d.tolerates.byzantine = (int32_t)fr_get_u32(&r);
	get_params(&r, &d);
	d.messages = get_names(&r, &d.message_count);
	d.requests = get_names(&r, &d.request_count);
	d.timers = get_names(&r, &d.timer_count);
	if (!fr_got_all(&r)) {
		descriptor_free(&d);
		return err_usage(err, "its descriptor is not whole");
	}
	/* The node has checked it, and a node is a stranger. */
	if (descriptor_sane(&d, err) < 0) {
		descriptor_free(&d);
		return -1;
	}
	*out = d;
	return 0;
}

static void
free_names(char **names, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

void
descriptor_free(struct descriptor *d)
{
	uint32_t i;

	free(d->name);
	free(d->summary);
	free(d->paper);
	free(d->promise);
	free(d->workload);
	for (i = 0; i < d->param_count; i++) {
		free(d->params[i].name);
		free(d->params[i].fallback);
		free(d->params[i].min);
		free(d->params[i].max);
		free(d->params[i].help);
		free(d->params[i].low);
		free(d->params[i].high);
	}
	free(d->params);
	free_names(d->messages, d->message_count);
	free_names(d->requests, d->request_count);
	free_names(d->timers, d->timer_count);
	memset(d, 0, sizeof *d);
}
