/* SPDX-License-Identifier: MIT */
#include "stream.h"

/* ---- who stands where ------------------------------------------------ */

uint32_t
stream_source(struct fr_node *me, uint32_t node)
{
	const struct config *now = &configs(me)->now;
	uint32_t at = config_index(now->members, now->count, node);

	if (at == 0 || (at == now->count && !now->acknowledged))
		return me->nodes;
	return now->members[stream(me)->kind->line ? at - 1 : 0];
}

static bool
is_behind(struct fr_node *me, uint32_t node)
{
	return node != me->id && node < me->nodes &&
	       stream_source(me, node) == me->id;
}

bool
stream_is_member(struct fr_node *me, uint32_t node)
{
	const struct config *now = &configs(me)->now;

	return config_has(now->members, now->count, node);
}

bool
stream_is_first(struct fr_node *me)
{
	return config_place(me) == 0;
}

bool
stream_is_last(struct fr_node *me)
{
	return config_place(me) + 1 == configs(me)->now.count;
}

bool
stream_is_whole(struct fr_node *me)
{
	struct stream *s = stream(me);
	const struct config *now = &s->configs.now;

#ifdef BUG_joins_early
	return true;
#endif
	return !s->lacks && (config_has(now->old, now->old_count, me->id) ||
			     s->history.copied == now->view ||
			     s->history.copied == now->old_view);
}

static void
note(struct fr_node *me)
{
	struct stream *s = stream(me);
	const char *role = !stream_is_member(me, me->id) ? s->kind->spare :
			   stream_is_first(me) ? s->kind->first :
			   stream_is_last(me) ? s->kind->last :
						s->kind->middle;

	char view[32];

	if (s->configs.silent)
		role = "silent";
	if (s->role != role)
		fr_note(me, "role", role);
	s->role = role;
	snprintf(view, sizeof view, "%llu%s",
		 (unsigned long long)s->configs.now.view,
		 s->configs.now.acknowledged ? "" : " (not acknowledged)");
	fr_note(me, "view", view);
}

/* ---- a disk that fails is as good as a crash ------------------------- */

void
stream_silence(struct fr_node *me, const char *why)
{
	struct stream *s = stream(me);

	if (s->configs.silent)
		return;
	fr_log(me, "silent from now on: %s", why);
	s->configs.silent = true;
	note(me);
	stream_refuse(me, "this node's disk failed");
	history_give_up(me, &s->history, "this node's disk failed");
	fr_cancel(me, STREAM_FLUSH, 0);
	fr_after(me, STREAM_REVIVE, 4 * s->configs.beat, 0);
}

/* ---- down ------------------------------------------------------------ */

/* One message with what comes next for it; how many updates that is. */
static uint64_t
send_some(struct fr_node *me, uint32_t to)
{
	struct stream *s = stream(me);
	struct link *l = &s->links[to];
	struct history *h = &s->history;
	struct fr_writer w = fr_writer(s->body, sizeof s->body);
	struct forward f = {
		.number = s->configs.now.number, .after = l->sent,
		.base = h->base, .last = h->synced, .clean = h->clean,
		.round = s->round,
	};
	uint64_t most = l->have + STREAM_WINDOW;

	fr_put_bytes(&w, &f, sizeof f);
	while (l->sent < h->synced && l->sent < most) {
		const struct update *u = history_at(h, l->sent + 1);

		if (u == NULL || w.size + 4 + u->size > w.max)
			break;
		fr_put_u32(&w, u->size);
		fr_put_bytes(&w, u->command, u->size);
		l->sent++;
		f.count++;
	}
	memcpy(s->body, &f, sizeof f);
	fr_send(me, to, STREAM_FORWARD, s->body, w.size);
	return f.count;
}

/* What is new, or at least that nothing is. */
static void
send_to(struct fr_node *me, uint32_t to, bool anyway)
{
	struct stream *s = stream(me);
	struct link *l = &s->links[to];

	while (anyway || (l->fits && l->sent < s->history.synced &&
			  l->sent < l->have + STREAM_WINDOW)) {
		if (send_some(me, to) == 0)
			break;
		anyway = false;
	}
}

void
stream_send(struct fr_node *me, bool anyway)
{
	uint32_t node;

	for (node = 0; node < me->nodes; node++)
		if (is_behind(me, node))
			send_to(me, node, anyway &&
					  stream(me)->links[node].fits);
}

/* ---- back ------------------------------------------------------------ */

/* All behind this one have what it has, and so has it. */
static bool
is_complete(struct fr_node *me)
{
	struct stream *s = stream(me);
	const struct config *now = &s->configs.now;
	uint32_t i;

#ifdef BUG_incomplete_view
	return true;
#endif
	if (!stream_is_first(me) &&
	    (!s->fits || s->history.synced < s->source_last))
		return false;
	for (i = 0; i < now->count; i++) {
		const struct link *l = &s->links[now->members[i]];

		if (is_behind(me, now->members[i]) &&
		    l->complete <= s->history.synced)
			return false;
	}
	return stream_is_whole(me);
}

static void
report_to(struct fr_node *me, uint32_t to, uint64_t number, bool again)
{
	struct stream *s = stream(me);
	const struct stored a = {
		.number = number, .have = s->history.synced,
		.clean = s->history.clean, .round = s->source_round,
		.copy = s->coming_base, .offset = s->coming_got,
		.fits = s->fits, .complete = is_complete(me),
		.lacks = !stream_is_whole(me), .again = again,
	};

	if (to < me->nodes)
		fr_send(me, to, STREAM_STORED, &a, sizeof a);
}

void
stream_report(struct fr_node *me, bool again)
{
	report_to(me, stream_source(me, me->id), configs(me)->now.number,
		  again);
}

uint64_t
stream_answered(struct fr_node *me)
{
	struct stream *s = stream(me);
	const struct config *now = &s->configs.now;
	uint64_t least = s->round;
	uint32_t i;

	for (i = 0; i < now->count; i++)
		if (is_behind(me, now->members[i]) &&
		    s->links[now->members[i]].round < least)
			least = s->links[now->members[i]].round;
	return least;
}

/* How far all members behind this one have it. */
static uint64_t
stored_behind(struct fr_node *me)
{
	struct stream *s = stream(me);
	const struct config *now = &s->configs.now;
	uint64_t least = s->history.synced;
	uint32_t i;

#ifdef BUG_clean_on_receipt
	return least;
#endif
	for (i = 0; i < now->count; i++) {
		const struct link *l = &s->links[now->members[i]];
		uint64_t has = s->kind->line ? l->clean : l->have;

		if (is_behind(me, now->members[i]) && has < least)
			least = has;
	}
	return least;
}

void
stream_clean(struct fr_node *me, uint64_t upto)
{
	struct stream *s = stream(me);
	struct history *h = &s->history;
	const struct config *now = &s->configs.now;
	const uint32_t first = now->members[0];
	struct done done = { .number = now->number };

	if (upto > h->synced)
		upto = h->synced;
	if (upto <= h->clean || s->configs.silent || !stream_acknowledged(me))
		return;
	if (history_do(me, h, upto) < 0) {
		stream_silence(me, "no memory for the state");
		return;
	}
	/* It comes to the first one along the line, too, but later. */
	done.clean = upto;
	if (s->kind->line && stream_is_last(me) &&
	    stream_source(me, me->id) != first && first != me->id)
		fr_send(me, first, STREAM_DONE, &done, sizeof done);
}

/* Somebody may be waiting for copies, or for what is not saved yet. */
static bool
is_copying(struct fr_node *me)
{
	struct stream *s = stream(me);
	uint32_t i;

	for (i = 0; i < me->nodes; i++)
		if (is_behind(me, i) && s->links[i].heard > 0 &&
		    fr_mono(me) - s->links[i].heard < s->configs.patience &&
		    (!s->links[i].fits || s->links[i].have < s->history.clean))
			return true;
	return false;
}

void
stream_move_on(struct fr_node *me)
{
	struct stream *s = stream(me);
	struct history *h = &s->history;

	if (stream_is_first(me) && is_complete(me))
		config_acknowledge(me);
	if (s->kind->line ? stream_is_member(me, me->id) : stream_is_first(me))
		stream_clean(me, stored_behind(me));
	if (s->configs.silent)
		return;
	s->kind->moved(me);
	if (h->clean - h->base >= s->compact && !is_copying(me) &&
	    history_compact(me, h) < 0)
		stream_silence(me, "the disk would not keep the state");
}

/* ---- upon receiving -------------------------------------------------- */

/*
 * Invariant 3, as far as this node can see it.  What it has beyond its source,
 * when a view begins, was not everywhere, and so was never answered; and none
 * of it is done.  A copy in its place would have less for a while than this
 * node vouched for in the view before.
 */
static bool
fits(struct fr_node *me, const struct forward *f)
{
	struct stream *s = stream(me);
	struct history *h = &s->history;

	if (!stream_is_whole(me))
		return false;
	if (h->synced < f->base) {
		s->lacks = true;
		s->fits = false;
		return false;
	}
	if (!s->fits && h->synced > f->last && h->clean <= f->last &&
	    !s->configs.now.acknowledged &&
	    history_cut(me, h, f->last) < 0) {
		stream_silence(me, "the disk would not keep the state");
		return false;
	}
	if (h->synced <= f->last && f->after <= h->synced)
		s->fits = true;
	return s->fits;
}

/* -1: the disk failed. */
static int
take(struct fr_node *me, const struct forward *f, size_t size)
{
	struct history *h = &stream(me)->history;
	struct fr_reader r = fr_reader(f + 1, size - sizeof *f);
	uint64_t i;

	for (i = 0; i < f->count; i++) {
		uint32_t bytes = fr_get_u32(&r);
		const void *command = fr_get_bytes(&r, bytes);

		if (command == NULL || f->after + i > h->last)
			break;
		if (f->after + i == h->last &&
		    history_append(me, h, command, bytes, 0) < 0)
			return -1;
	}
	return history_sync(me, h);
}

/* From its source, and of the present configuration (invariant 2). */
static bool
is_due(struct fr_node *me, uint32_t from, const struct forward *f)
{
	struct stream *s = stream(me);

#ifdef BUG_no_fence
	if (f->number < s->configs.now.number && stream_is_member(me, me->id)) {
		s->fits = true;
		return true;
	}
#endif
	return f->number == s->configs.now.number &&
	       from == stream_source(me, me->id);
}

void
stream_on_forward(struct fr_node *me, uint32_t from, const void *body,
		  size_t size)
{
	struct stream *s = stream(me);
	const struct forward *f = body;
	struct history *h = &s->history;
	uint64_t clean = h->clean, had = h->synced;
	bool fitted = s->fits;

	if (s->configs.silent || !is_due(me, from, f))
		return;
	if (!fits(me, f)) {
		if (!s->configs.silent && !stream_is_whole(me))
			stream_report(me, false);
		return;
	}
	if (take(me, f, size) < 0) {
		stream_silence(me, "the disk would not store it");
		return;
	}
	if (f->last > s->source_last)
		s->source_last = f->last;
	if (f->round > s->source_round)
		s->source_round = f->round;
	if (h->synced >= f->last)
		s->configs.whole = s->configs.now.view;
	if (h->synced > had)
		stream_send(me, false);
	stream_clean(me, f->clean);
	stream_move_on(me);
	if (s->configs.silent)
		return;
	/* Who stands in a line reports what those behind it have, and nothing
	 * new otherwise. */
	if (!s->kind->line || !s->configs.now.acknowledged || f->count == 0 ||
	    !fitted || !stream_is_member(me, me->id) || h->clean > clean)
		report_to(me, from, f->number, false);
}

void
stream_on_stored(struct fr_node *me, uint32_t from, const void *body,
		 size_t size)
{
	struct stream *s = stream(me);
	const struct stored *a = body;
	struct link *l = &s->links[from];
	uint64_t clean = s->history.clean;
	bool complete = is_complete(me), anyway = false;

	(void)size;
	if (s->configs.silent || a->number != s->configs.now.number ||
	    !is_behind(me, from))
		return;
	l->heard = fr_mono(me);
	/* Who does not know yet whether its own history fits does not say to
	 * others whether theirs does. */
	if (!stream_is_first(me) && !s->fits)
		return;
	if (a->lacks) {
		stream_send_copy(me, from, a);
		return;
	}
	if (!a->fits) {
		/* It is told where its source stands, and finds out. */
		l->sent = a->have < s->history.base ? s->history.base :
			  a->have > s->history.synced ? s->history.synced :
			  a->have;
		send_some(me, from);
		return;
	}
	l->fits = true;
	if (a->have > l->have)
		l->have = a->have;
	if (a->complete && a->have >= l->complete)
		l->complete = a->have + 1;
	if (a->clean > l->clean)
		l->clean = a->clean;
	if (a->round > l->round)
		l->round = a->round;
	if (l->sent < l->have)
		l->sent = l->have;
	if (a->again) {
		/* Nothing came of what was sent. */
		if (l->have == l->have_before && l->sent > l->have)
			l->sent = l->have;
		l->have_before = l->have;
		anyway = l->round < s->round || l->have < s->history.synced ||
			 a->clean < s->history.clean;
	}
	stream_move_on(me);
	if (s->configs.silent)
		return;
	send_to(me, from, anyway);
	if (s->history.clean > clean || is_complete(me) != complete)
		stream_report(me, false);
}

void
stream_on_done(struct fr_node *me, uint32_t from, const void *body,
	       size_t size)
{
	struct stream *s = stream(me);
	const struct config *now = &s->configs.now;
	const struct done *done = body;

	(void)size;
	if (s->configs.silent || done->number != now->number ||
	    from != now->members[now->count - 1])
		return;
	stream_clean(me, done->clean);
	if (!s->configs.silent)
		stream_move_on(me);
}

/* ---- time, boot, another configuration ------------------------------- */

static void
changed(struct fr_node *me, const struct config *before)
{
	struct stream *s = stream(me);

	memset(s->links, 0, sizeof s->links);
	s->fits = s->lacks = false;
	s->source_last = s->source_round = 0;
	s->configs.whole = CONFIG_NONE;
	stream_drop_coming(me);
	if (before->view != s->configs.now.view)
		stream_refuse(me, "there is another view now");
	if (!stream_is_first(me))
		history_give_up(me, &s->history, "another node is the first "
				"one now");
	note(me);
	/* Invariant 4: what was begun before is part of what it has. */
	if (history_sync(me, &s->history) < 0) {
		stream_silence(me, "the disk would not store it");
		return;
	}
	stream_report(me, false);
	stream_move_on(me);
}

static void
sured(struct fr_node *me)
{
	stream(me)->kind->moved(me);
}

void
stream_on_beat(struct fr_node *me, uint64_t tag)
{
	struct stream *s = stream(me);

	(void)tag;
	if (s->configs.silent)
		return;
	fr_after(me, STREAM_BEAT, s->configs.beat, 0);
	config_tick(me);
	stream_report(me, true);
	stream_move_on(me);
}

static void
begin(struct fr_node *me, bool revived)
{
	struct stream *s = stream(me);

	s->reads_end = &s->reads;
	s->configs.changed = changed;
	s->configs.sured = sured;
	s->configs.whole = CONFIG_NONE;
	s->compact = (uint64_t)fr_param(me, "compact");
	s->chunk = (uint64_t)fr_param(me, "chunk");
	if (config_start(me) < 0 || history_open(me, &s->history) < 0 ||
	    (revived && (config_save(me) < 0 ||
			 history_compact(me, &s->history) < 0))) {
		stream_silence(me, "what is on the disk cannot be trusted");
		return;
	}
	s->round = s->configs.round;
	note(me);
	fr_after(me, STREAM_BEAT, 0, 0);
	/* The last of a line need not ask what is clean. */
	stream_move_on(me);
}

void
stream_start(struct fr_node *me, const struct stream_kind *kind)
{
	stream(me)->kind = kind;
	begin(me, false);
}

/*
 * As if it had crashed when the disk failed, and started now; but what it reads
 * may have come to the disk or not, so that it is written once more, and no
 * round of before is begun again.
 */
void
stream_on_revive(struct fr_node *me, uint64_t tag)
{
	struct stream *s = stream(me);
	const struct stream_kind *kind = s->kind;
	uint64_t round = s->configs.round > s->round ? s->configs.round :
						       s->round;

	(void)tag;
	fr_cancel(me, STREAM_BEAT, 0);
	history_drop(me, &s->history);
	fr_free(me, s->image);
	fr_free(me, s->coming);
	memset(s, 0, sizeof *s);
	s->kind = kind;
	s->configs.round = (uint32_t)round + 1;
	begin(me, true);
}
