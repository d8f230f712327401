/* SPDX-License-Identifier: MIT */
/* What clients ask, reads that wait, and words for people. */
#include "stream.h"

bool
stream_acknowledged(struct fr_node *me)
{
#ifdef BUG_serves_early
	return true;
#endif
	return configs(me)->now.acknowledged;
}

bool
stream_serves(struct fr_node *me)
{
	return !configs(me)->silent && stream_acknowledged(me) &&
	       stream_is_member(me, me->id);
}

/* ---- clients --------------------------------------------------------- */

void
stream_redirect(struct fr_node *me, const struct fr_request *rq,
		uint32_t place)
{
	struct stream *s = stream(me);
	const struct config *now = &s->configs.now;
	uint32_t node = now->members[place < now->count ? place :
				     now->count - 1];

	if (s->configs.silent)
		fr_fail(me, rq->id, "this node's disk failed");
	else if (!now->acknowledged)
		fr_fail(me, rq->id, "the view is not acknowledged yet");
	else
		fr_redirect(me, rq->id, node);
}

void
stream_update(struct fr_node *me, const struct fr_request *rq)
{
	struct stream *s = stream(me);
	unsigned char command[COMMAND_MAX];
	uint32_t size;

	if (!stream_serves(me) || !stream_is_first(me)) {
		stream_redirect(me, rq, 0);
		return;
	}
	size = machine_command(me, rq, command);
	if (size == 0)
		return;
#ifdef BUG_early_answer
	if (history_append(me, &s->history, command, size, 0) < 0) {
		stream_silence(me, "the disk would not store it");
		return;
	}
	fr_ok(me, rq->id, fr_nil());
#else
	if (history_append(me, &s->history, command, size, rq->id) < 0) {
		fr_unsure(me, rq->id, "the disk would not store it");
		stream_silence(me, "the disk would not store it");
		return;
	}
#endif
	/* What comes at the same time is synced and sent together. */
	if (!s->flushing)
		fr_after(me, STREAM_FLUSH, 0, 0);
	s->flushing = true;
}

void
stream_on_flush(struct fr_node *me, uint64_t tag)
{
	struct stream *s = stream(me);

	(void)tag;
	s->flushing = false;
	if (s->configs.silent)
		return;
	if (history_sync(me, &s->history) < 0) {
		stream_silence(me, "the disk would not store it");
		return;
	}
	stream_send(me, false);
	stream_move_on(me);
}

void
stream_wait(struct fr_node *me, const struct fr_request *rq, uint64_t round)
{
	struct stream *s = stream(me);
	unsigned char command[COMMAND_MAX];
	uint32_t size = machine_command(me, rq, command);
	struct waiting *w;

	if (size == 0)
		return;
	w = fr_alloc(me, sizeof *w + size);
	if (w == NULL) {
		fr_fail(me, rq->id, "no memory");
		return;
	}
	w->request = rq->id;
	w->round = round;
	w->key = rq->key;
	w->size = size;
	memcpy(w->command, command, size);
	*s->reads_end = w;
	s->reads_end = &w->next;
}

void
stream_answer(struct fr_node *me, uint64_t round,
	      bool (*ready)(struct fr_node *me, struct waiting *w))
{
	struct stream *s = stream(me);
	struct waiting **at = &s->reads, *w;

	while ((w = *at) != NULL) {
		if (w->round > round || (ready != NULL && !ready(me, w))) {
			at = &w->next;
			continue;
		}
		machine_answer(me, &s->history.machine, w->command, w->size,
			       w->request);
		*at = w->next;
		fr_free(me, w);
	}
	s->reads_end = at;
}

void
stream_refuse(struct fr_node *me, const char *why)
{
	struct stream *s = stream(me);
	struct waiting *w;

	while ((w = s->reads) != NULL) {
		fr_fail(me, w->request, why);
		s->reads = w->next;
		fr_free(me, w);
	}
	s->reads_end = &s->reads;
}

/* ---- for people ------------------------------------------------------ */

void
stream_describe(uint32_t type, const void *body, size_t size, char *text,
		size_t max)
{
	const struct forward *f = body;
	const struct stored *a = body;
	const struct done *d = body;
	const struct copy *c = body;

	(void)size;
#define U(x) ((unsigned long long)(x))
	if (type < CONFIG_MESSAGES)
		config_describe(type, body, text, max);
	else if (type == STREAM_FORWARD)
		snprintf(text, max, "configuration %llu, %llu updates after "
			 "%llu, of %llu; clean up to %llu", U(f->number),
			 U(f->count), U(f->after), U(f->last), U(f->clean));
	else if (type == STREAM_STORED && a->lacks)
		snprintf(text, max, "configuration %llu, needs a copy",
			 U(a->number));
	else if (type == STREAM_STORED)
		snprintf(text, max, "configuration %llu, has %llu%s, clean up "
			 "to %llu%s", U(a->number), U(a->have),
			 a->fits ? "" : " (which may not fit)", U(a->clean),
			 a->complete ? "; complete" : "");
	else if (type == STREAM_DONE)
		snprintf(text, max, "configuration %llu, done up to %llu",
			 U(d->number), U(d->clean));
	else
		snprintf(text, max, "configuration %llu, state after update "
			 "%llu, bytes from %llu of %llu", U(c->number),
			 U(c->base), U(c->offset), U(c->total));
#undef U
}

uint64_t
stream_digest(const struct fr_node *me)
{
	const struct stream *s = me->state;

	return config_digest(&s->configs) ^ history_digest(&s->history);
}
