/* SPDX-License-Identifier: MIT */
/* The recorder. */
#include "core/run/recorder.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"

/* Notes, log lines and misuses kept of one node. */
#define TALK_MAX	20000u
/* The largest event: a value of FR_MESSAGE_MAX, escaped. */
#define LINE_MAX_BYTES	(8u << 20)

void
recorder_init(struct recorder *r, struct history *h, uint32_t nodes,
	      const char *const *op_names, uint32_t op_count)
{
	memset(r, 0, sizeof *r);
	r->history = h;
	r->assembler = assembler_new();
	tally_init(&r->tally);
	r->op_names = op_names;
	r->op_count = op_count;
	r->nodes = nodes;
	r->talk = mem_array(nodes, sizeof *r->talk);
	buf_init(&r->line, LINE_MAX_BYTES);
}

void
recorder_free(struct recorder *r)
{
	assembler_free(r->assembler);
	tally_free(&r->tally);
	free(r->talk);
	buf_free(&r->line);
}

struct event
event_make(int64_t t, enum event_kind kind)
{
	return (struct event){
		.t = t, .kind = kind, .node = -1, .boot = -1, .process = -1,
		.client = -1, .f = -1, .key = FR_NO_KEY,
	};
}

void
event_json(const struct event *e, const char *const *op_names,
	   uint32_t op_count, uint64_t rank, struct buf *out)
{
	struct json j = json_begin(out);

	json_text(&j, "type", event_name(e->kind));
	json_int(&j, "rank", (int64_t)rank);
	json_real(&j, "t", (double)e->t / 1e9);
	if (e->node >= 0)
		json_int(&j, "node", e->node);
	if (e->boot >= 0)
		json_int(&j, "boot", e->boot);
	if (e->client >= 0)
		json_int(&j, "client", e->client);
	if (e->process >= 0)
		json_int(&j, "process", e->process);
	if (e->f >= 0 && (uint32_t)e->f < op_count)
		json_text(&j, "f", op_names[e->f]);
	switch (e->kind) {
	case EVENT_INVOKE:
	case EVENT_OK:
		if (e->key != FR_NO_KEY)
			json_int(&j, "key", e->key);
		json_value(&j, "value", &e->value);
		break;
	case EVENT_CLAIM:
		json_int(&j, "key", e->key);
		json_int(&j, "value", e->number);
		break;
	case EVENT_FAULT:
		json_int(&j, "fault", e->number);
		break;
	case EVENT_HEAL:
		json_int(&j, "fault", e->number);
		json_bool(&j, "effective", e->key == 1);
		break;
	case EVENT_LOG:
		json_int(&j, "level", e->number);
		break;
	default:
		break;
	}
	if (e->name != NULL)
		json_text(&j, "name", e->name);
	if (e->text != NULL)
		json_text(&j, "text", e->text);
	json_done(&j);
}

uint64_t
recorder_event(struct recorder *r, const struct event *e)
{
	uint64_t rank = r->rank++;

	if (r->history != NULL)
		history_event(r->history, e);
	assembler_event(r->assembler, rank, e);
	tally_event(&r->tally, e);
	if (r->door != NULL && door_watched(r->door)) {
		buf_clear(&r->line);
		event_json(e, r->op_names, r->op_count, rank, &r->line);
		if (!r->line.full)
			door_publish(r->door, &r->line);
	}
	return rank;
}

void
recorder_talk(struct recorder *r, const struct event *e)
{
	FR_ASSERT(e->node >= 0 && (uint32_t)e->node < r->nodes);
	if (r->talk[e->node] == TALK_MAX) {
		r->silenced++;
		return;
	}
	r->talk[e->node]++;
	recorder_event(r, e);
}
