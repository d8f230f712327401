/* SPDX-License-Identifier: MIT */
/*
 * What nodes say besides messages.  Everything here was written by a stranger:
 * a body that is not what its kind promises ends the node, texts are cut to
 * their limits, and what can be said without end is told only so often.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/world/live.h"

static void
refuse(struct live_node *n, const char *what)
{
	life_give_up(n, END_REFUSED,
		     mem_format("sent a broken frame (%s)", what));
}

static void
hello(struct live_node *n, const void *body, size_t size)
{
	struct fr_err err = { 0 };

	if (n->life != LIFE_LOADING) {
		refuse(n, "a second HELLO");
		return;
	}
	if (wire_get_descriptor(body, size, &n->descriptor, &err) < 0) {
		life_give_up(n, END_REFUSED, mem_string(err.text));
		return;
	}
	n->described = true;
	(void)life_step(n, ON_HELLO, NULL);
}

static void
ready(struct live_node *n, size_t size)
{
	if (size != 0)
		refuse(n, "READY with a body");
	else if (life_step(n, ON_READY, NULL) < 0)
		refuse(n, "READY out of turn");
}

static void
fatal(struct live_node *n, struct fr_reader *r)
{
	char text[FR_TEXT_MAX + 1];

	wire_get_text(r, text, sizeof text);
	if (!fr_got_all(r)) {
		refuse(n, "FATAL");
		return;
	}
	life_decide(n, END_REFUSED, 0, mem_string(text));
	(void)life_step(n, ON_FATAL, NULL);
}

static void
claim(struct live_node *n, struct fr_reader *r)
{
	const struct world_config *c = &n->live->world.config;
	char what[FR_NAME_MAX + 1];
	int64_t key, value;

	wire_get_text(r, what, sizeof what);
	key = fr_get_i64(r);
	value = fr_get_i64(r);
	if (!fr_got_all(r))
		refuse(n, "a claim");
	else if (!is_twin(n))
		c->events->claimed(c->arg, n->id, n->process_boot, what, key,
				   value);
}

static void
note(struct live_node *n, struct fr_reader *r)
{
	const struct world_config *c = &n->live->world.config;
	char name[FR_NAME_MAX + 1], text[FR_TEXT_MAX + 1];

	wire_get_text(r, name, sizeof name);
	wire_get_text(r, text, sizeof text);
	if (!fr_got_all(r))
		refuse(n, "a note");
	else if (!is_twin(n))
		c->events->noted(c->arg, n->id, n->process_boot, name, text);
}

static void
logged(struct live_node *n, struct fr_reader *r)
{
	const struct world_config *c = &n->live->world.config;
	uint32_t level = fr_get_u32(r);
	char text[FR_TEXT_MAX + 1];
	uint64_t cost;

	wire_get_text(r, text, sizeof text);
	if (!fr_got_all(r) || level > FR_LOG_ERROR) {
		refuse(n, "a log line");
		return;
	}
	if (n->log_left == 0)
		return;
	cost = strlen(text) + 1;
	if (cost > n->log_left) {
		n->log_left = 0;
		level = FR_LOG_WARN;
		snprintf(text, sizeof text, "fracas: this node has logged too "
			 "much; the rest of this boot is dropped");
	} else {
		n->log_left -= cost;
	}
	c->events->said(c->arg, n->id, n->process_boot, OUTPUT_LOG, level,
			text);
}

void
words_misuse(struct live_node *n, const char *text)
{
	const struct world_config *c = &n->live->world.config;

	if (n->misuse_left == 0)
		return;
	if (--n->misuse_left == 0)
		text = "and more of the like, which is not told for this boot";
	c->events->misused(c->arg, n->id, n->process_boot, text);
}

static void
misuse(struct live_node *n, struct fr_reader *r)
{
	char text[FR_TEXT_MAX + 1];

	wire_get_text(r, text, sizeof text);
	if (fr_got_all(r))
		words_misuse(n, text);
	else
		refuse(n, "a misuse");
}

void
words_heard(struct live_node *n, struct frame *f)
{
	struct fr_reader r = fr_reader(f + 1, f->body);

	/* Before it has said what it is it can only say that it cannot. */
	if (!n->described && f->kind != FRAME_HELLO && f->kind != FRAME_FATAL &&
	    f->kind != FRAME_MISUSE) {
		refuse(n, "it has not said HELLO");
		return;
	}
	switch (f->kind) {
	case FRAME_HELLO:
		hello(n, f + 1, f->body);
		break;
	case FRAME_READY:
		ready(n, f->body);
		break;
	case FRAME_FATAL:
		fatal(n, &r);
		break;
	case FRAME_REPLY:
		calls_reply(n, f);
		break;
	case FRAME_CLAIM:
		claim(n, &r);
		break;
	case FRAME_NOTE:
		note(n, &r);
		break;
	case FRAME_LOG:
		logged(n, &r);
		break;
	case FRAME_MISUSE:
		misuse(n, &r);
		break;
	default:
		refuse(n, "a kind that no node sends");
	}
}
